//! Who hangs up in a queue and calls again soon stands where they would have stood (behaviour Q1).
use gudok_model::{CallEvent, CallId};
use gudok_switchboard::desk::{Card, DeskEvent};
use gudok_switchboard::{Config, Output};

use crate::world::{World, call_id};

const PLAN: &str = r#"
[[number]]
did = ["+78000000001", "+78000000002"]
project = "hotline"
answer = "answer"
record = "off"
flow = "main"

[group.support]
operators = ["ivan"]
strategy = "linear"
ring = "15s"
wrap_up = "0s"

[queue.support]

[[flow.main]]
queue = "support"
wait = "5m"
leave_empty = false
on_timeout = "bye"
on_full = "bye"

[[flow.bye]]
close = "goodbye"
reason = "all_busy"
"#;

/// A and B wait, A hangs up at 20 s; ivan takes calls after `script`.
fn after(mut world: World, script: &str) -> World {
    world.play(
        "0 operators ivan
         0 ivan sits
         0 ivan says not_ready LUNCH
         1 A calls +79990000001
         5 B calls +79990000002
         20 A hangs up",
    );
    world.play(script);
    world.play("400 end");
    world
}

fn cards(world: &World) -> impl Iterator<Item = &Card> {
    world.outputs.iter().filter_map(|output| match output {
        Output::Desk {
            event: DeskEvent::OfferCreated(card),
            ..
        } => Some(&**card),
        _ => None,
    })
}

fn first(world: &World) -> &Card {
    cards(world).next().expect("somebody is offered")
}

fn resumed(world: &World) -> Vec<(CallId, CallId, u64)> {
    let facts = world.outputs.iter().filter_map(|output| match output {
        Output::Fact {
            call,
            fact: CallEvent::Resumed { former, waited_ms },
        } => Some((*call, *former, *waited_ms)),
        _ => None,
    });
    facts.collect()
}

#[test]
fn who_calls_again_is_served_before_those_who_came_after_them() {
    let world = after(
        World::new(PLAN),
        "60 C calls +79990000001\n 70 ivan says ready",
    );
    assert_eq!(
        first(&world).call_id,
        call_id('C'),
        "before B, who waits since 5 s"
    );
    let told = resumed(&world);
    assert_eq!(told, [(call_id('C'), call_id('A'), 59_000)]);
    let card = &first(&world).call;
    assert!(card.resumed);
    assert_eq!(
        card.waited_ms, 9_999,
        "the wait of this call, from its 200 on"
    );
}

#[test]
fn a_place_is_had_once() {
    let world = after(
        World::new(PLAN),
        "60 C calls +79990000001\n 61 D calls +79990000001\n 70 ivan says ready\n 80 ivan answers\n 90 C hangs up",
    );
    assert_eq!(resumed(&world).len(), 1);
    let order: Vec<CallId> = cards(&world).map(|card| card.call_id).collect();
    assert_eq!(order[..2], [call_id('C'), call_id('B')]);
}

#[test]
fn who_hangs_up_again_keeps_it() {
    let world = after(
        World::new(PLAN),
        "60 C calls +79990000001\n 65 C hangs up\n 170 D calls +79990000001\n 180 ivan says ready",
    );
    assert_eq!(first(&world).call_id, call_id('D'));
    assert_eq!(resumed(&world)[1], (call_id('D'), call_id('C'), 169_000));
}

#[test]
fn too_late_from_elsewhere_or_to_elsewhere_is_a_new_caller() {
    for script in [
        "141 C calls +79990000001\n 150 ivan says ready",
        "60 C calls +79990000003\n 70 ivan says ready",
        "60 C calls +79990000001 +78000000002\n 70 ivan says ready",
    ] {
        let world = after(World::new(PLAN), script);
        assert_eq!(first(&world).call_id, call_id('B'), "{script}");
        assert_eq!(resumed(&world), [], "{script}");
    }
}

#[test]
fn who_withholds_the_number_has_no_place_to_come_back_to() {
    let mut world = World::new(PLAN);
    world.play(
        "0 operators ivan
         0 ivan sits
         0 ivan says not_ready LUNCH
         1 A calls private
         5 B calls +79990000002
         20 A hangs up
         60 C calls private
         70 ivan says ready
         80 end",
    );
    assert_eq!(first(&world).call_id, call_id('B'));
    assert_eq!(resumed(&world), []);
}

#[test]
fn a_queue_may_keep_no_places_and_an_older_journal_keeps_none() {
    let none = PLAN.replace("[queue.support]", "[queue.support]\nresume_window = \"0s\"");
    let older = Config {
        resumes: false,
        ..Config::default()
    };
    for world in [World::new(&none), World::with(older, PLAN, 0)] {
        let world = after(world, "60 C calls +79990000001\n 70 ivan says ready");
        assert_eq!(first(&world).call_id, call_id('B'));
        assert_eq!(resumed(&world), []);
    }
}

#[test]
fn a_window_of_the_plan_is_the_one_that_counts() {
    let long = PLAN.replace("[queue.support]", "[queue.support]\nresume_window = \"5m\"");
    let world = after(
        World::new(&long),
        "300 C calls +79990000001\n 302 ivan says ready",
    );
    assert_eq!(first(&world).call_id, call_id('C'));
}

/// The plan gives the class of the call; who comes back is not put below the one they had.
#[test]
fn the_priority_of_the_queue_that_was_left_comes_back_too() {
    let by_line = PLAN
        .replace(
            "[[flow.main]]\nqueue",
            "[[flow.main]]\nwhen = 'queue.support.waiting == 0'\nthen = \"urgent\"\n\n[[flow.main]]\nqueue",
        )
        .replace(
            "[[flow.bye]]",
            "[[flow.urgent]]\nqueue = \"support\"\npriority = 5\nwait = \"5m\"\nleave_empty = false\n\
             on_timeout = \"bye\"\non_full = \"bye\"\n\n[[flow.bye]]",
        );
    let world = after(
        World::new(&by_line),
        "60 C calls +79990000001\n 70 ivan says ready",
    );
    let card = &first(&world).call;
    assert_eq!(first(&world).call_id, call_id('C'));
    assert_eq!(card.priority, 5, "as in the call that was given up");
}

#[test]
fn who_did_not_come_to_the_queue_has_the_place_still() {
    let greeted = PLAN.replace(
        "[[flow.main]]\nqueue",
        "[[flow.main]]\nplay = \"greeting\"\n\n[[flow.main]]\nqueue",
    );
    let world = after(
        World::new(&greeted),
        "60 C calls +79990000001\n 61 C hangs up\n 100 D calls +79990000001\n 110 ivan says ready",
    );
    assert_eq!(first(&world).call_id, call_id('D'));
    let told = resumed(&world);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1, call_id('A'));
}

/// Whether a call is an emergency is said by the plan of this call, not by the one that was given up.
#[test]
fn the_class_of_the_emergencies_is_not_handed_on() {
    let sos = PLAN
        .replace(
            "[[flow.main]]\nqueue",
            "[[flow.main]]\nwhen = 'queue.support.waiting == 0'\nthen = \"sos\"\n\n[[flow.main]]\nqueue",
        )
        .replace(
            "[[flow.bye]]",
            "[[flow.sos]]\nqueue = \"support\"\npriority = 9\nwait = \"5m\"\nleave_empty = false\n\
             on_timeout = \"bye\"\non_full = \"bye\"\n\n[[flow.bye]]",
        );
    let world = after(
        World::new(&sos),
        "60 C calls +79990000001\n 70 ivan says ready",
    );
    assert_eq!(first(&world).call_id, call_id('C'));
    assert_eq!(first(&world).call.priority, 8);
}

/// B fills the queue meanwhile: who calls again has the place still, who is new hears that there is none.
#[test]
fn a_full_queue_takes_who_comes_back_to_it() {
    let small = PLAN.replace("[queue.support]", "[queue.support]\ncallers_max = 1");
    let mut world = World::new(&small);
    world.play(
        "0 operators ivan
         0 ivan sits
         0 ivan says not_ready LUNCH
         1 A calls +79990000001
         20 A hangs up
         21 B calls +79990000002
         60 C calls +79990000001
         61 D calls +79990000003
         70 ivan says ready
         71 ivan answers
         75 C hangs up
         90 end",
    );
    let order: Vec<CallId> = cards(&world).map(|card| card.call_id).collect();
    assert_eq!(order, [call_id('C'), call_id('B')], "and D has none");
}
