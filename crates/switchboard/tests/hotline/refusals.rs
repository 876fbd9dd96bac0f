//! Who wants no calls: the word at a desk and elsewhere, what it closes, what it keeps from being dialled, and the own wish after it.
use gudok_model::{Actor, Asked, Refusal, RefusalWord, RequestSource, Wall};
use gudok_outbound::REFUSALS_MAX;
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
        told.contains("5.000 [ivan] denied by dnc at anna"),
        "{told}"
    );
    assert!(!told.contains("dial ivan"), "{told}");
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

/// A plan of one project calls in its name, of whatever project whoever calls is.
#[test]
fn in_a_plan_of_one_project_its_refusals_hold_for_an_operator_of_another() {
    let mut world = World::new(KEPT);
    world.play("0 operators ivan@shop\n 0 ivan sits\n 1 listen");
    world.input(refused());
    world.play(&format!("5 ivan says dial {CUSTOMER}\n 6 end"));
    let told = lines(&world.story, &["denied by", "dial ivan"]);
    assert!(
        told.contains("5.000 [ivan] denied by dnc at petrova"),
        "{told}"
    );
    assert!(!told.contains("dial ivan"), "{told}");
    replays(&world);
}

/// What becomes of a promise once ivan sits down.
fn kept(plan: &str, is_refused: bool, promise: &str) -> String {
    let mut world = World::new(plan);
    world.play("0 operators ivan");
    if is_refused {
        world.input(refused());
    }
    world.play(promise);
    assert!(
        world.story.contains(&format!("for {CUSTOMER} by")),
        "{}",
        world.story
    );
    world.play("120 ivan sits\n 124 end");
    if world.story.contains("dial ivan") {
        world.play("125 ivan answers");
    }
    world.play("140 end");
    replays(&world);
    told(&world)
}

#[test]
fn a_key_for_the_own_number_is_a_wish_and_the_key_of_somebody_else_is_none() {
    let dialled = format!("dial {CUSTOMER}");
    let own = format!("1 A calls {CUSTOMER}\n 30 A presses 1\n 35 A presses 1\n 100 end");
    assert!(kept(KEPT, true, &own).contains(&dialled));
    let typed: String = "89990000001#"
        .chars()
        .zip(45..)
        .map(|(key, at)| format!("{at} A presses {key}\n"))
        .collect();
    let of_another = format!(
        "1 A calls +79990000005\n 30 A presses 1\n 40 A presses 2\n {typed} 85 A presses 1\n 100 end"
    );
    assert!(kept(KEPT, false, &of_another).contains(&dialled));
    let told = kept(KEPT, true, &of_another);
    assert!(!told.contains(&dialled), "{told}");
}

#[test]
fn what_the_plan_promises_when_there_are_too_many_is_no_wish() {
    let words = "close = [\"all_busy\", \"callback_promise\"]\nreason = \"queue_full\"";
    let busy = "flow = \"main\"\nbusy = \"busy\"\n";
    let plan = KEPT.replacen("flow = \"main\"\n", busy, 1);
    let plan = format!("{plan}\n[[flow.busy]]\n{words}\n");
    let promise = format!("0 crowd\n 1 A calls {CUSTOMER}\n 100 end");
    let dialled = format!("dial {CUSTOMER}");
    assert!(kept(&plan, false, &promise).contains(&dialled));
    let told = kept(&plan, true, &promise);
    assert!(!told.contains(&dialled), "{told}");
}

#[test]
fn a_word_for_which_there_is_no_room_stops_what_is_open_all_the_same() {
    let mut world = floor();
    let other = |n: usize| Refusal {
        project: "hotline".into(),
        number: format!("+7998{n:07}").try_into().expect("a number"),
        purpose: None,
        by: Actor::Operator("anna".into()),
        at: Wall(0),
        why: "не звоните".into(),
    };
    let refusals = (0..REFUSALS_MAX).map(other).collect();
    world.input(Input::RefusedBefore { refusals });
    asks(&mut world, 'W', asked(CUSTOMER));
    world.play("2 ivan says do_not_call W не звоните\n 3 end");
    let told = told(&world);
    assert!(told.contains("Callback OVER: Dnc"), "{told}");
    assert!(!told.contains("dial +79990000001"), "{told}");
    assert!(!told.contains("WANTS NO CALLS"), "{told}");
    assert!(world.story.contains("! dnc_full"), "{told}");
    replays(&world);
}

#[test]
fn who_says_it_again_has_it_on_record_again_and_what_they_asked_for_meanwhile_is_over() {
    let mut world = floor();
    world.input(refused());
    world.play("5 end");
    asks(&mut world, 'W', asked(CUSTOMER));
    world.input(refused());
    world.play("10 end");
    let told = told(&world);
    assert_eq!(told.matches("WANTS NO CALLS").count(), 2, "{told}");
    assert!(told.contains("Callback OVER: Dnc"), "{told}");
    replays(&world);
}
