//! Who has reached a limit of the plan is offered nothing, and their desk shows which; nobody is made ready by it (5.1, I6).
use gudok_model::{Actor, Wall};
use gudok_switchboard::Input;

use crate::world::World;

const PLAN: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
answer = "answer"
record = "off"
flow = "main"

[group.support]
operators = ["ivan"]
strategy = "linear"
ring = "15s"
wrap_up = "0s"

[cap.novices]
operators = ["ivan"]
calls_per_hour = 1

[[flow.main]]
queue = "support"
wait = "2h"
on_timeout = "bye"
on_full = "bye"
on_no_operators = "bye"

[[flow.bye]]
close = "goodbye"
reason = "bye"
"#;

#[test]
fn the_desk_shows_the_limit_and_calls_come_again_when_it_is_over() {
    let mut world = World::new(PLAN);
    world.play(
        "0 operators ivan
         1 ivan sits
         2 A calls
         3 ivan answers
         20 A hangs up
         30 B calls +79990000002
         60 end",
    );
    let state = world.board.snapshot(&"ivan".into()).expect("a seat").state;
    assert_eq!(&*state.display, "not_ready");
    assert_eq!(state.reason.as_deref(), Some("cap:novices"));
    assert_eq!(state.actor, Some(Actor::Policy("novices".into())));
    // An hour after they began to talk with A.
    let story = world.tell("3620 end");
    let offered = story.lines().find(|line| line.contains("B * offered"));
    let offered = offered.map(str::trim_start);
    assert!(
        offered.is_some_and(|line| line.starts_with("3603")),
        "{story}"
    );
}

/// Whoever works by a phone alone is ready as the phone comes, and nobody says it again: it holds when the limit is gone.
#[test]
fn whose_admission_is_over_is_ready_again_by_a_plan_that_lets_them() {
    let over = "until = \"2001-01-01T00:00+03:00\"";
    let mut world = World::new(&PLAN.replace("calls_per_hour = 1", over));
    world.play("0 operators ivan*\n1 ivan phone up\n2 end");
    let shown = |world: &World| {
        let state = world.board.snapshot(&"ivan".into()).expect("a seat").state;
        let by = state.actor.map(|it| it.to_string());
        (state.display.to_string(), by.unwrap_or_default())
    };
    let [bound, free] = [
        ("not_ready", "policy novices"),
        ("ready", "policy phone_only"),
    ]
    .map(|(display, by)| (display.to_owned(), by.to_owned()));
    assert_eq!(shown(&world), bound);
    world.plan(PLAN);
    assert_eq!(shown(&world), free);
}

/// Limits count over a restart: the talk of the run before is an hour ago when it is, and not when this run is an hour old.
#[test]
fn calls_of_the_hour_before_a_restart_count() {
    let offered = |ago: &[i64]| {
        let mut world = World::new(PLAN);
        world.play("0 operators ivan\n 3999 ivan sits\n 4000 end");
        let at = |ago: &i64| Wall(world.now.wall.0 - ago * 1_000_000);
        let talks = ago.iter().map(|ago| ("ivan".into(), at(ago))).collect();
        world.input(Input::TalkedLately { talks });
        world.play("4002 A calls\n 7590 end");
        let mut lines = world.story.lines();
        let line = lines.find(|line| line.contains("A * offered"));
        line.and_then(|line| line.trim().split('.').next().map(str::to_owned))
    };
    assert_eq!(offered(&[]).as_deref(), Some("4002"));
    assert_eq!(offered(&[3_600]).as_deref(), Some("4002"), "an hour ago");
    assert_eq!(
        offered(&[600, 3_000]).as_deref(),
        Some("7000"),
        "the latest binds"
    );
}
