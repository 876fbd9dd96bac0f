//! What is measured for alarms: each is read from what it is about, and from nothing else.
use std::fmt::Write as _;

use gudok_model::Wall;

use super::*;

const NOW: Now = Now {
    wall: Wall(1_000_000_000),
    mono: Mono(1_000_000_000),
};

fn queue(waiting: u32) -> QueueNow {
    QueueNow {
        waiting,
        ..QueueNow::empty("tech".into())
    }
}

fn told(readings: impl IntoIterator<Item = Reading>) -> String {
    let mut lines = String::new();
    for Reading {
        what,
        subject,
        project,
        level,
    } in readings
    {
        let project = project.map_or_else(String::new, |it| format!(" of {it}"));
        writeln!(lines, "{} {subject:?}{project} {level}", what.word()).expect("a string");
    }
    lines
}

#[test]
fn a_queue_where_nobody_is_expected_asks_for_nobody() {
    assert_eq!(Walls::of_queue(&queue(0), (false, 0)), None);
    let waits = told(Walls::of_queue(&queue(2), (false, 0)));
    assert_eq!(waits, "nobody_ready \"tech\" 0\n");
    // Who is there may be of a group that is asked besides the queue's own: the machine says.
    let expected = told(Walls::of_queue(&queue(0), (true, 7)));
    assert_eq!(expected, "nobody_ready \"tech\" 7\n");
}

/// What is of the whole hotline is measured before and while something is wrong, and ten minutes after the last look that found it.
#[test]
fn what_is_of_the_whole_hotline() {
    let mut walls = Walls::new();
    let mut readings = told(walls.of_all(NOW.mono));
    walls.set_upkeep(Upkeep {
        disk_free: Some(4),
        ..Upkeep::default()
    });
    walls.found(NOW.mono, "invariant");
    walls.found(NOW.mono, "oldest_waiting_beside_free");
    walls.found(NOW.mono, "no such alarm");
    readings += "—\n";
    readings += &told(walls.of_all(NOW.mono));
    let later = Mono(NOW.mono.0 + 600_000_000);
    readings += "—\n";
    readings += &told(walls.of_all(later));
    insta::assert_snapshot!(readings, @r#"
    invariant "" 0
    oldest_waiting_beside_free "" 0
    —
    invariant "" 1
    oldest_waiting_beside_free "" 1
    disk "" 4
    —
    invariant "" 0
    oldest_waiting_beside_free "" 0
    disk "" 4
    "#);
}

/// Each project owes its own callers; what came to nothing is told by the group that is to see to it.
#[test]
fn what_is_owed_is_measured_for_each_project() {
    let owed = |overdue, exhausted| OwedNow {
        overdue,
        exhausted,
        ..OwedNow::default()
    };
    let of = |project: &str, group: Option<&str>| (project.into(), group.map(GroupId::from));
    let mut walls = Walls::new();
    walls.set_upkeep(Upkeep {
        owed: BTreeMap::from([
            (of("gas", Some("tech")), owed(1, 0)),
            (of("isp", None), owed(2, 1)),
            (of("isp", Some("tech")), owed(3, 4)),
        ]),
        ..Upkeep::default()
    });
    insta::assert_snapshot!(told(walls.of_debts()), @r#"
    callback_exhausted "tech" of gas 0
    callback_exhausted "" of isp 1
    callback_exhausted "tech" of isp 4
    callback_overdue "" of gas 1
    callback_overdue "" of isp 5
    "#);
}
