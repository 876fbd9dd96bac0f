//! Calls that nobody answered: told just before their end, with an owner; and who is to be called.
use std::time::Duration;

use gudok_model::{Asked, CallEvent, CallId, PhoneNumber, RequestSource, Wall};
use gudok_switchboard::{Config, Input, Output, Switchboard};
use insta::assert_snapshot;
use uuid::Uuid;

use crate::plans::{DAY, RING};
use crate::world::{World, feed};

fn with_missed() -> Config {
    Config {
        missed: true,
        ..Config::default()
    }
}

fn with_register(plan: &str) -> World {
    World::with(with_missed(), plan, 0)
}

/// What the register is told, and how calls ended.
fn missed(plan: &str, script: &str) -> String {
    let story = with_register(plan).tell(script);
    let words = ["MISSED", "SHORT", "OWED", "ENDED"];
    let told = story
        .lines()
        .filter(|line| words.iter().any(|word| line.contains(word)));
    told.map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn who_waits_in_vain_is_missed_by_the_group_of_the_queue() {
    assert_snapshot!(missed(RING, "1 A calls\n 30 A hangs up\n 60 end"), @"
    30.000 A * MISSED +79990000001 of support
    30.000 A * OWED Missed for +79990000001 by support
    30.000 A * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    ");
}

#[test]
fn who_leaves_at_once_and_who_hides_are_in_the_register_and_nobody_calls_them() {
    assert_snapshot!(missed(RING, "1 A calls\n 3 A hangs up\n 60 end"), @"
    3.000 A * SHORT +79990000001 of support
    3.000 A * ENDED AbandonedQueue { short: true }: Success caller-hung-up
    ");
    let unknown = "30.000 A * MISSED nobody knows of support
30.000 A * ENDED AbandonedQueue { short: false }: Success caller-hung-up";
    // From abroad, and from a line that costs whoever calls it: nobody may call there.
    for caller in ["anonymous", "+375290000001", "+78090000001"] {
        let script = format!("1 A calls {caller}\n 30 A hangs up\n 60 end");
        assert_eq!(missed(RING, &script), unknown);
    }
}

#[test]
fn who_is_answered_or_leaves_a_message_is_not_missed() {
    let told = missed(RING, "1 A calls\n 70 A hangs up\n 100 end");
    assert!(
        !told.contains("MISSED") && told.contains("Voicemail"),
        "{told}"
    );
    let told = missed(
        DAY,
        "0 operators ivan\n 0 ivan sits\n 1 A calls\n 9 ivan answers\n 30 A hangs up\n 60 end",
    );
    assert!(
        !told.contains("MISSED") && told.contains("ENDED Answered"),
        "{told}"
    );
}

#[test]
fn the_register_is_replayed_as_it_was_and_an_earlier_journal_has_none() {
    let mut world = with_register(RING);
    world.play("1 A calls\n 30 A hangs up\n 60 end");
    let mut board = Switchboard::new(with_missed());
    let mut again = Vec::new();
    for (now, event) in &world.journal {
        feed(&mut board, *now, event.clone());
        again.extend(std::iter::from_fn(|| board.poll_output()));
    }
    assert!(again == world.outputs, "a replay differs");
    let old = serde_json::to_value(Config::default()).map(|mut config| {
        config.as_object_mut().expect("a table").remove("missed");
        serde_json::from_value::<Config>(config).expect("readable")
    });
    assert!(!old.expect("plain data").missed);
}

#[test]
fn a_form_is_promised_a_call_within_twenty_minutes_or_when_it_says() {
    let begun = World::new(DAY).now.wall + Duration::from_secs(1);
    let in_hours = |hours: u64| Some(begun + Duration::from_secs(hours * 3_600));
    let dues = [(None, None), (in_hours(2), None), (None, in_hours(2))];
    let minutes = dues.map(|(due, not_before)| {
        // Of one number they would be one request.
        let mut world = with_register(DAY);
        world.play("1 end");
        let due = promised(&mut world, asked(due, not_before));
        (due.0 - begun.0) / 60_000_000
    });
    assert_eq!(
        minutes,
        [20, 120, 140],
        "twenty minutes from when they wish"
    );
}

fn asked(due: Option<Wall>, not_before: Option<Wall>) -> Asked {
    let number = PhoneNumber::try_from("+79990000001".to_owned());
    Asked {
        project: "demo".into(),
        number: number.expect("a number"),
        region: None,
        source: RequestSource::Web,
        due,
        not_before,
        group: None,
        line: None,
        note: Some("тариф".into()),
        basis: None,
    }
}

/// By when it is promised: the record and whoever asked are told the same.
fn promised(world: &mut World, asked: Asked) -> Wall {
    let id = CallId(Uuid::from_u128(900));
    let (asked, source) = (Box::new(asked), RequestSource::Web);
    world
        .board
        .handle_input(world.now, Input::Asked { id, asked });
    let outputs: Vec<_> = std::iter::from_fn(|| world.board.poll_output()).collect();
    let due = outputs.iter().find_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Requested { due, detail, .. },
            ..
        } => (detail.source == source && detail.note.is_some()).then_some(*due),
        _ => None,
    });
    let due = due.expect("promised");
    let is_told = |output: &Output| matches!(output, Output::Asked { due: told, refused: None, .. } if *told == due);
    assert!(outputs.iter().any(is_told), "{outputs:?}");
    due
}
