//! What the card of the next operator has of those before.
use gudok_switchboard::desk::{Card, DeskEvent};
use gudok_switchboard::{Config, Output};
use serde_json::{Value, json};

use crate::plans::DAY;
use crate::world::World;

/// The last card a desk was shown, as a journal has it.
fn card(world: &World, of: &str) -> Value {
    let mut cards = world.outputs.iter().filter_map(|output| match output {
        Output::Desk {
            operator,
            event: DeskEvent::OfferCreated(card) | DeskEvent::OfferUpdated(card),
        } if operator.as_str() == of => Some(card),
        _ => None,
    });
    let card: &Card = cards.next_back().expect("a card");
    serde_json::to_value(&card.call).expect("plain")
}

fn played(hand: bool, script: &str) -> World {
    let config = Config {
        hand,
        ..Config::default()
    };
    let mut world = World::with(config, DAY, 0);
    world.play(
        "0 operators ivan anna petr
         0 ivan sits
         1 A calls
         6 ivan answers
         7 anna sits
         7 petr sits",
    );
    world.play(script);
    world
}

#[test]
fn the_card_follows_the_call() {
    let mut world = played(true, "10 ivan says transfer anna");
    let first = card(&world, "ivan");
    assert_eq!(
        (&first["path"], &first["transferred_from"]),
        (&Value::Null, &Value::Null)
    );
    let passed = card(&world, "anna");
    assert_eq!(passed["transferred_from"], json!("ivan"));
    assert_eq!(passed["path"], json!(["queue support", "operator ivan"]));
    assert_eq!(passed["notes"], Value::Null);

    // What is written down after the transfer is shown to whoever has the caller by then, once.
    world.play(
        "12 anna answers\n 13 ivan says disposition SOLVED\n 14 ivan says disposition SOLVED done",
    );
    let note = json!({ "operator": "ivan", "code": "SOLVED", "note": null });
    assert_eq!(card(&world, "anna")["notes"], json!([note]));

    // To the next one after a word, with everything before.
    world.play("15 anna says consult petr\n 16 petr answers\n 17 anna says complete");
    let joined = card(&world, "petr");
    assert_eq!(joined["transferred_from"], json!("anna"));
    assert_eq!(
        joined["path"],
        json!(["queue support", "operator ivan", "operator anna"])
    );
    assert_eq!(joined["notes"], json!([note]));
}

/// Who gets their own caller back was passed nothing by anybody else.
#[test]
fn a_caller_who_comes_back_was_passed_on_by_nobody_else() {
    let world = played(
        true,
        "10 ivan says transfer anna\n 12 anna declines\n 13 end",
    );
    let back = card(&world, "ivan");
    assert_eq!(back["transferred_from"], Value::Null);
    assert_eq!(back["path"], json!(["queue support", "operator ivan"]));
}

/// A journal of an earlier version has cards without.
#[test]
fn cards_of_an_earlier_version_are_as_they_were() {
    let world = played(false, "10 ivan refers anna\n 11 end");
    assert_eq!(card(&world, "anna")["path"], Value::Null);
}

/// However often a call goes round, its card is bounded.
#[test]
fn a_long_course_has_its_beginning_and_its_end() {
    let mut world = played(true, "7 end");
    for n in 0..20 {
        let (from, to) = if n % 2 == 0 {
            ("ivan", "anna")
        } else {
            ("anna", "ivan")
        };
        let at = 10 + n * 4;
        let answered = at + 1;
        world.play(&format!(
            "{at} {from} says transfer {to}\n {answered} {to} answers"
        ));
        world.play(&format!("{} {from} says disposition SOLVED done", at + 2));
        world.play(&format!("{} {from} says not_ready LUNCH", at + 3));
    }
    let path = card(&world, "ivan")["path"].clone();
    let path = path.as_array().expect("a path");
    assert_eq!((path.len(), &path[0]), (16, &json!("queue support")));
}
