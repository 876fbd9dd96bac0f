//! What is measured for alarms: each of the nine is read from what it is about, and from nothing else.
use std::fmt::Write as _;

use gudok_model::Wall;

use super::*;

const NOW: Now = Now {
    wall: Wall(1_000_000_000),
    mono: Mono(1_000_000_000),
};

fn queue() -> QueueNow {
    QueueNow {
        queue: "tech".into(),
        waiting: 0,
        oldest: None,
        oldest_emergency: None,
        talking: 0,
        ready: 0,
        busy: 0,
        wrap_up: 0,
        not_ready: 0,
        owed: None,
        today: None,
    }
}

fn told(readings: &[Reading]) -> String {
    let mut lines = String::new();
    for Reading {
        what,
        subject,
        level,
    } in readings
    {
        writeln!(lines, "{} {subject:?} {level}", what.word()).expect("a string");
    }
    lines
}

fn ago(secs: i64) -> Option<Wall> {
    Some(Wall(NOW.wall.0 - secs * 1_000_000))
}

#[test]
fn a_queue_where_nobody_is_expected_asks_for_nobody() {
    let walls = Walls::new();
    insta::assert_snapshot!(told(&walls.of_queue(NOW, &queue(), (false, 0))), @r#"
    oldest_waiting "tech" 0
    oldest_emergency "tech" 0
    "#);
}

#[test]
fn who_waits_and_who_is_there() {
    let walls = Walls::new();
    let waits = QueueNow {
        waiting: 2,
        oldest: ago(75),
        oldest_emergency: ago(31),
        not_ready: 3,
        ..queue()
    };
    insta::assert_snapshot!(told(&walls.of_queue(NOW, &waits, (false, 0))), @r#"
    oldest_waiting "tech" 75
    oldest_emergency "tech" 31
    nobody_ready "tech" 0
    "#);
    // Who is there may be of a group that is asked besides the queue's own: the machine says.
    insta::assert_snapshot!(told(&walls.of_queue(NOW, &queue(), (true, 7))), @r#"
    oldest_waiting "tech" 0
    oldest_emergency "tech" 0
    nobody_ready "tech" 7
    "#);
}

/// What of no queue is measured, before and while something is wrong, and ten minutes after the last look that found it.
#[test]
fn what_is_of_the_whole_hotline() {
    let mut walls = Walls::new();
    let mut readings = told(&walls.of_all(NOW.mono));
    walls.set_upkeep(Upkeep {
        overdue: 3,
        disk_free: Some(4),
        ..Upkeep::default()
    });
    walls.found(NOW.mono, "invariant");
    walls.found(NOW.mono, "oldest_waiting_beside_free");
    walls.found(NOW.mono, "no such alarm");
    readings += "—\n";
    readings += &told(&walls.of_all(NOW.mono));
    let later = Mono(NOW.mono.0 + 600_000_000);
    readings += "—\n";
    readings += &told(&walls.of_all(later));
    insta::assert_snapshot!(readings, @r#"
    callback_overdue "" 0
    invariant "" 0
    oldest_waiting_beside_free "" 0
    —
    callback_overdue "" 3
    invariant "" 1
    oldest_waiting_beside_free "" 1
    disk "" 4
    —
    callback_overdue "" 3
    invariant "" 0
    oldest_waiting_beside_free "" 0
    disk "" 4
    "#);
}
