//! The edges of a queue: a fault of ours, a queue that leaves the plan, and people who are expected (behaviour Q0, Q8, Q16).
use gudok_calendar::{Override, Set};
use gudok_model::Wall;
use gudok_switchboard::{Config, Input};

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

[group.other]
operators = ["ivan"]

[queue.line]
group = "support"

[[flow.main]]
queue = "line"
wait = "5m"
on_timeout = "late"
on_full = "full"
on_no_operators = "nobody"

[[flow.late]]
close = "goodbye"
reason = "late"

[[flow.full]]
close = "goodbye"
reason = "full"

[[flow.nobody]]
close = "goodbye"
reason = "nobody"

[[flow.fault]]
close = "all_busy"
reason = "fault"
"#;

/// With these keys in the step.
fn with(keys: &str) -> String {
    PLAN.replace("wait = \"5m\"", &format!("wait = \"5m\"\n{keys}"))
}

/// No leg may be dialled: the first offer is a fault of ours.
fn faulty(plan: &str) -> String {
    let config = Config {
        legs_max: 0,
        ..Config::default()
    };
    World::with(config, plan, 0).tell("0 operators ivan\n 0 ivan sits\n 1 A calls\n 60 end")
}

#[test]
fn a_fault_goes_to_on_error() {
    let story = faulty(&with("on_error = \"fault\""));
    assert!(story.contains("! stuck_call"), "{story}");
    assert!(story.contains("play all_busy"), "{story}");
    assert!(story.contains("ENDED ClosedMsg: Success fault"), "{story}");
    let without = faulty(PLAN);
    assert!(without.contains("play technical_problem"), "{without}");
    assert!(
        without.contains("ENDED Failed: ServerError too-many-legs"),
        "{without}"
    );
}

#[test]
fn a_second_fault_is_the_end() {
    let again = with("on_error = \"again\"")
        + "[[flow.again]]\nplay = \"greeting\"\n\n[[flow.again]]\nqueue = \"support\"\nwait = \"10m\"\n\
           on_timeout = \"late\"\non_full = \"full\"\non_no_operators = \"nobody\"\non_error = \"fault\"\n";
    let story = faulty(&again);
    assert_eq!(story.matches("! stuck_call").count(), 2, "{story}");
    assert!(story.contains("play greeting"), "{story}");
    assert!(story.contains("play technical_problem"), "{story}");
    assert!(
        story.contains("ENDED Failed: ServerError too-many-legs"),
        "{story}"
    );
}

/// A waits, and the queue is not in the next version.
fn removed(keys: &str) -> String {
    let mut world = World::new(&with(keys));
    world.play("0 operators ivan\n 0 ivan sits\n 0 ivan says not_ready LUNCH\n 1 A calls\n 10 end");
    world.plan(
        &PLAN
            .replace("[queue.line]", "[queue.new]")
            .replace("queue = \"line\"", "queue = \"new\""),
    );
    world.tell("20 end")
}

#[test]
fn a_queue_that_leaves_the_plan_hands_its_callers_to_on_removed() {
    let story = removed("on_removed = \"fault\"");
    assert!(story.contains("ENDED ClosedMsg: Success fault"), "{story}");
    let story = removed("");
    assert!(story.contains("ENDED ClosedMsg: Success nobody"), "{story}");
}

/// Monday noon in Moscow; the office opens at half past.
fn office() -> String {
    let schedule = "[schedule.office]\nzone = \"Europe/Moscow\"\nwindows = [\"mon-fri 12:30-18:00\"]\n\n[queue.line]\n\
        empty = { expects = \"office\", within = \"15m\" }";
    PLAN.replace("[queue.line]", schedule)
}

#[test]
fn nobody_is_sent_away_from_those_who_are_late_for_work() {
    let story = World::new(&office()).tell(
        "0 operators ivan
         1 A calls +79990000001
         890 B calls +79990000002
         905 C calls +79990000003
         906 listen
         1300 end",
    );
    assert!(!story.contains("nobody"), "{story}");
    assert!(
        story.contains("C * ENDED ClosedMsg: Success late"),
        "{story}"
    );
    let mut world = World::new(&office());
    world.play("0 operators ivan\n 1 A calls +79990000001\n 890 B calls +79990000002\n 905 listen");
    let story = world.tell("905 C calls +79990000003\n 920 end");
    assert!(story.contains("! queue_without_operators"), "{story}");
}

#[test]
fn who_is_not_expected_yet_is_not_waited_for() {
    let story = World::new(&office()).tell(
        "0 operators ivan
         1 A calls +79990000001
         890 B calls +79990000002
         899 end",
    );
    assert_eq!(
        story.matches("ENDED ClosedMsg: Success nobody").count(),
        2,
        "{story}"
    );
}

#[test]
fn closed_by_hand_lets_those_who_wait_go() {
    let mut world = World::new(&office());
    world.play("0 operators ivan\n 905 C calls\n 910 listen");
    let now = world.now.wall;
    world.input(Input::Schedule {
        schedule: "office".into(),
        set: Some(Override {
            set: Set::Closed,
            since: now,
            until: Wall(now.0 + 3_600_000_000),
            who: "ivanov".into(),
            why: "авария".into(),
        }),
    });
    let story = world.tell("920 end");
    assert!(story.contains("ENDED ClosedMsg: Success nobody"), "{story}");
}

/// Everybody is on a break: who would wait leaves, where the queue says so.
#[test]
fn a_queue_may_count_breaks_as_nobody() {
    let script =
        "0 operators ivan\n 0 ivan sits\n 1 ivan says not_ready LUNCH\n 2 A calls\n 20 end";
    let paused = PLAN.replace(
        "[queue.line]",
        "[queue.line]\nempty = { leave = [\"logged_out\", \"paused\"] }",
    );
    let story = World::new(&paused).tell(script);
    assert!(story.contains("ENDED ClosedMsg: Success nobody"), "{story}");
    let story = World::new(PLAN).tell(script);
    assert!(!story.contains("ENDED"), "{story}");
}

/// The number is open from half past twelve, and nothing is said of when its queue is empty.
fn by_number() -> String {
    let schedule = "[schedule.office]\nzone = \"Europe/Moscow\"\nwindows = [\"mon-fri 12:30-18:00\"]\n\n[queue.line]";
    let number = "schedule = \"office\"\nafter_hours = \"nobody\"\nflow = \"main\"";
    let plan = PLAN.replacen("flow = \"main\"", number, 1);
    plan.replace("[queue.line]", schedule)
}

/// Q8: nobody is logged in, but by the schedule of the number somebody must be: they wait, with an alarm.
#[test]
fn q8_by_default_the_schedule_of_the_number_says_whether_somebody_must_be_there() {
    let script = "0 operators ivan\n 1805 A calls\n 1900 end";
    let story = World::new(&by_number()).tell(script);
    assert!(!story.contains("ENDED"), "{story}");
    assert!(story.contains("! queue_without_operators"), "{story}");
    // After hours they were led elsewhere; who waits still as it closes and finds nobody leaves.
    let late = "0 operators ivan\n 21590 A calls\n 21610 end";
    let story = World::new(&by_number()).tell(late);
    assert!(story.contains("ENDED ClosedMsg: Success nobody"), "{story}");
    // By its own word the queue lets them go at once.
    let own = by_number().replace(
        "[queue.line]",
        "[queue.line]\nempty = { leave = [\"logged_out\"] }",
    );
    let story = World::new(&own).tell(script);
    assert!(story.contains("ENDED ClosedMsg: Success nobody"), "{story}");
}

/// Journals of an earlier version are played as they were: who comes when nobody is logged in is sent on.
#[test]
fn q8_an_earlier_version_waited_for_nobody_without_a_word() {
    let mut config = serde_json::to_value(Config::default()).expect("plain");
    let keys = config.as_object_mut().expect("a table");
    keys.remove("waits_for_late").expect("the key");
    let config: Config = serde_json::from_value(config).expect("read back");
    let story =
        World::with(config, &by_number(), 0).tell("0 operators ivan\n 1805 A calls\n 1900 end");
    assert!(story.contains("ENDED ClosedMsg: Success nobody"), "{story}");
}
