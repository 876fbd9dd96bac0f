//! Who wants no calls: the word at a desk and elsewhere, what it closes, what it keeps from being dialled, and the own wish after it.
use gudok_model::{Actor, Asked, Refusal, RefusalWord, RequestSource, Wall};
use gudok_switchboard::Input;

use crate::callbacks::{KEPT, asked, asks};
use crate::outgoing::lines;
use crate::schedules::replays;
use crate::world::World;

const CUSTOMER: &str = "+79990000001";

/// Whom ivan may call by hand and by requests.
fn floor() -> World {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan anna\n 0 ivan sits\n 1 listen");
    world
}

fn refusal(word: RefusalWord) -> Input {
    Input::Refusal {
        project: "hotline".into(),
        number: CUSTOMER.to_owned().try_into().expect("a number"),
        purpose: None,
        word,
    }
}

fn refused() -> Input {
    refusal(RefusalWord::Refuse {
        by: Actor::Admin("petrova".into()),
        why: "не звоните больше".into(),
    })
}

/// What tells of calls and of who wants none.
fn told(world: &World) -> String {
    let words = [
        "dial",
        "denied",
        "NO CALLS",
        "no calls",
        "OVER",
        "stands",
        "BE CALLED",
    ];
    lines(&world.story, &words)
}

#[test]
fn a_word_at_the_desk_closes_what_is_owed_and_nobody_calls_any_more() {
    let mut world = floor();
    asks(&mut world, 'W', asked(CUSTOMER));
    world.play("2 ivan says do_not_call W не звоните\n 3 end");
    let told = told(&world);
    assert!(told.contains("Callback OVER: Dnc"), "{told}");
    assert!(
        told.contains("+79990000001 WANTS NO CALLS for anything"),
        "{told}"
    );
    // Ivan's own phone rang already: it stops, and the customer's is not rung.
    assert!(!told.contains("dial +79990000001"), "{told}");
    world.play(&format!("20 ivan says dial {CUSTOMER}\n 21 end"));
    let told = lines(&world.story, &["denied by"]);
    assert!(told.contains("denied by dnc at ivan 2026-03-02"), "{told}");
    replays(&world);
}

#[test]
fn an_admins_word_holds_until_it_is_lifted() {
    let mut world = floor();
    world.input(refused());
    world.play(&format!("5 ivan says dial {CUSTOMER}\n 6 end"));
    world.input(refusal(RefusalWord::Lift {
        by: Actor::Admin("petrova".into()),
        why: "договор № 5".into(),
    }));
    world.play(&format!("10 ivan says dial {CUSTOMER}\n 11 end"));
    let told = told(&world);
    assert!(
        told.contains("5.000 [ivan] denied by dnc at petrova"),
        "{told}"
    );
    assert!(told.contains("+79990000001 MAY BE CALLED"), "{told}");
    assert!(told.contains("10.000 ?/1 dial ivan"), "{told}");
    world.input(refusal(RefusalWord::Lift {
        by: Actor::Admin("petrova".into()),
        why: "ещё раз".into(),
    }));
    assert!(world.story.contains("unknown_refusal"), "{}", world.story);
    replays(&world);
}

#[test]
fn who_asks_again_is_called_for_that_and_who_is_asked_for_is_not() {
    let mut world = floor();
    world.input(refused());
    world.play("5 end");
    // Somebody of ours asks in their name: that is no wish of theirs.
    let by_us = Asked {
        source: RequestSource::Api,
        ..asked(CUSTOMER)
    };
    asks(&mut world, 'X', by_us);
    assert!(world.story.contains("X is refused: dnc"), "{}", world.story);
    assert!(!world.story.contains("X * OWED"), "{}", world.story);
    asks(&mut world, 'W', asked(CUSTOMER));
    world.play("8 ivan answers\n 10 customer answers\n 20 ivan hangs-up\n 30 end");
    let told = told(&world);
    assert!(told.contains("dial +79990000001 from"), "{told}");
    // It was for that one call.
    world.play(&format!("60 ivan says dial {CUSTOMER}\n 61 end"));
    let told = lines(&world.story, &["denied by"]);
    assert!(
        told.contains("60.000 [ivan] denied by dnc at petrova"),
        "{told}"
    );
    replays(&world);
}

#[test]
fn what_the_runs_before_were_told_holds_from_the_first_moment() {
    let mut world = floor();
    world.input(Input::RefusedBefore {
        refusals: vec![Refusal {
            project: "hotline".into(),
            number: CUSTOMER.to_owned().try_into().expect("a number"),
            purpose: Some("service".into()),
            by: Actor::Operator("anna".into()),
            at: Wall(0),
            why: "не звоните".into(),
        }],
    });
    world.play(&format!("5 ivan says dial {CUSTOMER}\n 6 end"));
    let told = lines(&world.story, &["denied by", "dial ivan"]);
    assert!(
        told.starts_with("5.000 [ivan] denied by dnc at anna"),
        "{told}"
    );
    replays(&world);
}

#[test]
fn a_form_for_a_number_that_nobody_may_call_is_refused_at_once() {
    let mut world = floor();
    asks(&mut world, 'W', asked("+73952000001"));
    let told = lines(&world.story, &["W "]);
    assert!(
        told.contains("W is refused: no_prefix") && !told.contains("OWED"),
        "{told}"
    );
    replays(&world);
}
