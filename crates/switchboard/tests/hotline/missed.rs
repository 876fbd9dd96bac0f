//! Calls that nobody answered: told just before their end, with an owner; and who is to be called.
use gudok_switchboard::{Config, Switchboard};
use insta::assert_snapshot;

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
