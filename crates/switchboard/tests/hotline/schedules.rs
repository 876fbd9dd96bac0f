//! Schedules set by hand while calls come.
use gudok_calendar::{Override, Set};
use gudok_model::Wall;
use gudok_switchboard::{Config, Input, Switchboard};
use insta::assert_snapshot;

use crate::plans::{DAY, EARLY};
use crate::world::{World, feed};

/// Of the only schedule, for so many seconds.
fn set(world: &World, set: Set, secs: i64) -> Input {
    let since = world.now.wall;
    let set = Override {
        set,
        since,
        until: Wall(since.0 + secs * 1_000_000),
        who: "ivanov".into(),
        why: "авария".into(),
    };
    Input::Schedule {
        schedule: "work".into(),
        set: Some(set),
    }
}

/// A replay of the same inputs asks for the same.
pub(crate) fn replays(world: &World) {
    let mut board = Switchboard::new(Config::default());
    let mut again = Vec::new();
    for (now, event) in &world.journal {
        feed(&mut board, *now, event.clone());
        again.extend(std::iter::from_fn(|| board.poll_output()));
    }
    assert!(again == world.outputs, "a replay differs");
}

#[test]
fn closed_by_hand_holds_for_the_next_call_and_ends_by_itself() {
    let mut world = World::new(DAY);
    let closed = set(&world, Set::Closed, 60);
    world.input(closed);
    world.play("1 A calls\n 59 end");
    assert_eq!(world.board.overrides().list(world.now.wall).count(), 1);
    world.play("60 B calls\n 61 B hangs up\n 62 end");
    let cleared = Input::Schedule {
        schedule: "work".into(),
        set: None,
    };
    let closed = set(&world, Set::Closed, 60);
    world.input(closed);
    world.input(cleared);
    world.play("63 C calls\n 64 C hangs up\n 65 end");
    replays(&world);
    assert_snapshot!(world.tell("66 end"), @r"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: close night
     1.001 A play night_closed
     3.001 A hang up
     3.002 A * A over: ByUs
     3.002 A * ENDED ClosedMsg: Success night
    60.000 B * arrived for hotline
    60.000 B lookup within 800ms
    60.000 B answer
    60.001 B * answered
    60.001 B * decided: play greeting
    60.001 B play greeting
    61.000 B * B over: HungUp
    61.000 B * ENDED AbandonedIvr: Success caller-hung-up
    63.000 C * arrived for hotline
    63.000 C lookup within 800ms
    63.000 C answer
    63.001 C * answered
    63.001 C * decided: play greeting
    63.001 C play greeting
    64.000 C * C over: HungUp
    64.000 C * ENDED AbandonedIvr: Success caller-hung-up
    ");
}

#[test]
fn an_announcement_is_heard_before_anything_else() {
    for plan in [DAY, EARLY] {
        let mut world = World::new(plan);
        let announced = set(
            &world,
            Set::Announce {
                prompt: "emergency".into(),
            },
            60,
        );
        world.input(announced);
        world.play("1 A calls\n 3.5 A hangs up\n 4 end");
        replays(&world);
        let story = world.tell("5 end");
        let heard = story.find("play emergency");
        let rest = story.find("play greeting");
        match plan == DAY {
            true => assert!(heard < rest && heard.is_some(), "{story}"),
            // The number of that plan has no schedule.
            false => assert_eq!(heard, None, "{story}"),
        }
    }
}

#[test]
fn an_announcement_is_in_the_language_of_the_number() {
    let english = DAY.replacen("[[number]]", "[[number]]\nlocale = \"en\"", 1);
    assert_ne!(english, DAY);
    let mut world = World::new(&english);
    let emergency = Set::Announce {
        prompt: "emergency".into(),
    };
    let announced = set(&world, emergency, 60);
    world.input(announced);
    world.play("1 A calls\n 3.5 A hangs up\n 4 end");
    replays(&world);
    let story = world.tell("5 end");
    let heard = story.find("play en/emergency");
    assert!(
        heard.is_some() && heard < story.find("play en/greeting"),
        "{story}"
    );
}

#[test]
fn people_on_duty_are_called_one_after_the_other() {
    let roster = r#"
[roster.duty]
zone = "Europe/Moscow"
ring = "10s"
people = { anna = "+79990000101", petr = { number = "+79990000102", ring = "15s" } }
shifts = [
  { person = "petr", from = 2026-03-01T00:00:00, till = 2026-03-08T00:00:00, order = 2 },
  { person = "anna", from = 2026-03-01T00:00:00, till = 2026-03-08T00:00:00, order = 1 },
]
"#;
    let external = "external = \"+79990001122\"\nring = \"20s\"\non_not_answered = \"message\"";
    let plan = DAY.replace(external, "duty = \"duty\"\non_nobody = \"message\"") + roster;
    assert!(plan.contains("on_nobody"));
    let script = "1 A calls\n 5.1 listen\n 25 outside answers\n 30 A hangs up\n 31 end";
    let mut world = World::new(&plan);
    world.play(script);
    replays(&world);
    assert_snapshot!(world.tell("32 end"), @r"
    15.001 A/1 hang up
    15.001 A * decided: external +7999•••0102
    15.001 A play music for ever
    15.001 A * dialled A/2
    15.001 A/2 dial +79990000102 showing +79990000001, no name
    15.002 A * A/1 over: ByUs
    25.000 A * A/2 answered
    25.000 A bridge A/2
    25.000 A * bridged with A/2 after 19999 ms
    30.000 A * A over: HungUp
    30.000 A/2 hang up
    30.000 A * ENDED OverflowedExternal { answered: true }: Success caller-hung-up
    30.001 A * A/2 over: ByUs
    ");
    let script = "1 A calls\n 29.9 listen\n 31 A hangs up\n 32 end";
    assert_snapshot!(World::new(&plan).tell(script), @r"
    30.001 A/2 hang up
    30.001 A * decided: voicemail
    30.001 A play voicemail_intro
    30.002 A * A/2 over: ByUs
    31.000 A * A over: HungUp
    31.000 A * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    ");
}
