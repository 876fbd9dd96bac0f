//! Queues with hours of their own (behaviour Q0): who comes when they are closed, who waits as they close, and whom operators would
//! send there.
use gudok_calendar::{Override, Set};
use gudok_model::Wall;
use gudok_switchboard::Input;

use crate::schedules::replays;
use crate::world::World;

/// Monday noon in Moscow. Sales close at half past twelve; what a queue says holds for every step that says nothing.
const PLAN: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
answer = "answer"
record = "off"
flow = "main"

[group.support]
operators = ["ivan", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "0s"

[schedule.day]
zone = "Europe/Moscow"
windows = ["mon-fri 09:00-12:30"]

[queue.line]
group = "support"
schedule = "day"
at_close = "stay"
on_closed = "shut"
on_timeout = "late"
on_full = "late"
on_no_operators = "nobody"

[queue.other]
group = "support"

[[flow.main]]
queue = "line"
wait = "10m"

[[flow.shut]]
close = "goodbye"
reason = "shut"

[[flow.late]]
close = "goodbye"
reason = "late"

[[flow.nobody]]
close = "goodbye"
reason = "nobody"
"#;

fn leaving() -> String {
    PLAN.replace("at_close = \"stay\"", "at_close = \"leave\"")
}

/// Nobody is ready, and a caller comes a minute before the queue closes.
const LATE: &str =
    "0 operators ivan\n 0 ivan sits\n 0 ivan says not_ready LUNCH\n 1740 A calls +79990000001";

#[test]
fn who_comes_when_it_is_closed_goes_to_on_closed() {
    let story = World::new(PLAN).tell(
        "0 operators ivan\n 0 ivan sits\n 1799 A calls +79990000001\n 1800 B calls +79990000002\n 1820 end",
    );
    assert!(story.contains("A * offered A#1 to ivan"), "{story}");
    assert!(
        story.contains("B * ENDED ClosedMsg: Success shut"),
        "{story}"
    );
    assert!(!story.contains("B * queued"), "{story}");
}

#[test]
fn who_waits_stays_where_nothing_else_is_said_and_it_is_on_record() {
    let mut world = World::new(PLAN);
    world.play(LATE);
    world.play("1810 ivan says ready\n 1812 ivan answers\n 1820 end");
    replays(&world);
    let story = world.tell("1821 end");
    assert!(
        story.contains("1800.000 A * decided: queue line closed, waits on"),
        "{story}"
    );
    assert!(story.contains("A * bridged with A/1"), "{story}");
}

#[test]
fn who_waits_leaves_where_the_queue_says_so() {
    let mut world = World::new(&leaving());
    world.play(LATE);
    world.play("1810 end");
    replays(&world);
    let story = world.tell("1811 end");
    assert!(
        story.contains("1800.000 A * decided: close shut"),
        "{story}"
    );
    assert!(
        story.contains("A * ENDED ClosedMsg: Success shut"),
        "{story}"
    );
}

/// The phone rings as the queue closes: whoever takes it talks; when nobody does, the caller goes.
#[test]
fn a_phone_that_rings_rings_on() {
    let script = "0 operators ivan\n 0 ivan sits\n 1795 A calls +79990000001\n 1796 ivan rings";
    let story = World::new(&leaving()).tell(&format!("{script}\n 1803 ivan answers\n 1810 end"));
    assert!(story.contains("A * bridged with A/1"), "{story}");
    let story = World::new(&leaving()).tell(&format!("{script}\n 1850 end"));
    assert!(
        story.contains("A * ENDED ClosedMsg: Success shut"),
        "{story}"
    );
}

#[test]
fn closed_by_hand_is_closed_at_once_and_open_again_when_that_is_over() {
    let mut world = World::new(&leaving());
    world.play("0 operators ivan\n 0 ivan sits\n 0 ivan says not_ready LUNCH\n 1 A calls +79990000001\n 10 end");
    let now = world.now.wall;
    world.input(Input::Schedule {
        schedule: "day".into(),
        set: Some(Override {
            set: Set::Closed,
            since: now,
            until: Wall(now.0 + 60_000_000),
            who: "ivanov".into(),
            why: "авария".into(),
        }),
    });
    world.play("20 B calls +79990000002\n 70 C calls +79990000003\n 80 end");
    replays(&world);
    let story = world.tell("81 end");
    assert!(
        story.contains("A * ENDED ClosedMsg: Success shut"),
        "{story}"
    );
    assert!(
        story.contains("B * ENDED ClosedMsg: Success shut"),
        "{story}"
    );
    assert!(story.contains("C * queued in line"), "{story}");
    assert!(!story.contains("C * ENDED"), "{story}");
}

/// The operator is told before the caller is moved: the talk goes on.
#[test]
fn nobody_is_passed_on_to_a_closed_queue() {
    let plan = PLAN
        .replace("queue = \"line\"\nwait", "queue = \"other\"\non_timeout = \"late\"\non_full = \"late\"\non_no_operators = \"nobody\"\nwait");
    let story = World::new(&plan).tell(
        "0 operators ivan petr
         0 ivan sits
         0 petr sits
         1 A calls +79990000001
         2 ivan rings
         3 ivan answers
         1801 ivan says transfer line
         1805 end",
    );
    assert!(
        story.contains("[ivan] error queue_closed in talking"),
        "{story}"
    );
    assert!(!story.contains("passed on"), "{story}");
}

/// A word that names a group is the queue of that name, whichever of the group's queues comes first, closed as that may be.
#[test]
fn a_group_is_meant_by_the_queue_of_its_name() {
    let plan = PLAN
        .replace("queue = \"line\"\nwait", "queue = \"other\"\non_timeout = \"late\"\non_full = \"late\"\non_no_operators = \"nobody\"\nwait");
    let story = World::new(&plan).tell(
        "0 operators ivan petr
         0 ivan sits
         0 petr sits
         1 A calls +79990000001
         2 ivan rings
         3 ivan answers
         1801 ivan says transfer support
         1805 end",
    );
    assert!(story.contains("ivan passes on to queue support"), "{story}");
}

/// Whom somebody has talked with waits on when the queue closes meanwhile, whatever brings them back to it: the phone died, nobody
/// took them from their place, a colleague did not answer.
#[test]
fn who_has_talked_is_not_turned_out() {
    let ways = [
        "1802 ivan dies",
        "1795 ivan says park 7\n 1796 ivan says logout",
        "1795 ivan says transfer petr\n 1796 petr rings",
        "1802 ivan says transfer petr\n 1803 petr rings",
    ];
    for way in ways {
        let mut world = World::new(&leaving());
        world.play(
            "0 operators ivan petr
             0 ivan sits
             0 petr sits
             0 petr says not_ready LUNCH
             1780 A calls +79990000001
             1781 ivan rings
             1782 ivan answers",
        );
        world.play(way);
        world.play("2200 end");
        replays(&world);
        let story = world.tell("2201 petr says ready\n 2203 petr answers\n 2205 end");
        assert!(!story.contains("ENDED"), "{way}: {story}");
    }
}

/// A version without hours opens the queue; one that closes it keeps those who came with a version that does not.
#[test]
fn another_plan_has_other_hours() {
    let open = leaving().replace(
        "schedule = \"day\"\nat_close = \"leave\"\non_closed = \"shut\"\n",
        "",
    );
    let mut world = World::new(&open);
    world.play("0 operators ivan\n 0 ivan sits\n 0 ivan says not_ready LUNCH\n 1900 A calls +79990000001\n 1910 end");
    world.plan(&leaving());
    let story = world.tell("1920 end");
    // The version that the call came with knows no such end of a wait.
    assert!(!story.contains("ENDED"), "{story}");
    let mut world = World::new(&leaving());
    world.play("0 operators ivan\n 0 ivan sits\n 0 ivan says not_ready LUNCH\n 1801 end");
    world.plan(&open);
    let story = world.tell("1810 A calls +79990000001\n 1820 end");
    assert!(story.contains("A * queued in line"), "{story}");
    assert!(!story.contains("ENDED"), "{story}");
}
