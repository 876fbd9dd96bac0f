//! Skills, ladders and emergencies as a call's record tells them.
use gudok_switchboard::Config;
use insta::assert_snapshot;

use crate::world::World;

const SKILLED: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
record = "off"
flow = "main"

[[number]]
did = "+78000000003"
project = "hotline"
record = "off"
flow = "gas"

[group.support]
operators = ["ivan", "anna"]
ring = "60s"
wrap_up = "0s"

[skill.law]
anna = 3
ivan = 1

[queue.support]
needs = { law = 3 }
relax = [{ after = "20s", needs = { law = 1 } }]

[queue.gas]
group = "support"
preempt = true

[[flow.main]]
queue = "support"
wait = "2m"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"

[[flow.gas]]
queue = "gas"
priority = 9
wait = "2m"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "nobody"
"#;

const SCRIPT: &str = "0 operators ivan
     1 ivan sits
     2 A calls
     30 B calls +79990000002 +78000000003
     31 ivan answers
     40 end";

fn record(config: Config) -> String {
    let story = World::with(config, SKILLED, 0).tell(SCRIPT);
    let told = ["queued", "Relaxed", "offered", "closed: ", "bridged"];
    let lines = story.lines().filter(|line| line.contains(" * "));
    let lines = lines.filter(|line| told.iter().any(|it| line.contains(it)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Who knows too little is asked when the ladder says so, and an emergency takes the phone that rings for them.
#[test]
fn a_step_of_a_ladder_and_why_an_offer_was_taken_back_are_on_record() {
    assert_snapshot!(record(Config::default()), @r"
     2.001 A * queued in support at 0
    22.001 A * Relaxed { queue: support, step: 1, waited_ms: 20000 }
    22.001 A * offered A#1 to ivan
    30.001 B * queued in gas at 9
    30.001 A * offer A#1 closed: Revoked, Preempted
    30.001 B * offered B#1 to ivan
    31.000 B * bridged with B/1 after 999 ms
    ");
}

/// Journals of an earlier version are played as they were: neither is told.
#[test]
fn an_earlier_version_told_neither() {
    let mut config = serde_json::to_value(Config::default()).expect("plain");
    let keys = config.as_object_mut().expect("a table");
    keys.remove("ladder_told").expect("the key");
    let config = serde_json::from_value(config).expect("read back");
    assert_snapshot!(record(config), @r"
     2.001 A * queued in support at 0
    22.001 A * offered A#1 to ivan
    30.001 B * queued in gas at 9
    30.001 A * offer A#1 closed: Revoked
    30.001 B * offered B#1 to ivan
    31.000 B * bridged with B/1 after 999 ms
    ");
}

/// One queue for all; the client's card says that this one is to be served in English.
const OWN: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
answer = "answer"
record = "off"
flow = "main"

[group.support]
operators = ["ivan", "anna"]
strategy = "linear"
ring = "60s"
wrap_up = "0s"

[skill.english]
anna = 3
ivan = 1

[queue.other]
group = "support"

[[flow.main]]
when = 'caller.number == "+79990000002"'
then = [{ needs = { english = 2 } }]

[[flow.main]]
queue = "support"
wait = "2m"
on_timeout = "sorry"
on_full = "sorry"
on_no_operators = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "nobody"
"#;

/// Q4: callers of one queue need different things; who was sent to another queue by an operator needs it there, too.
#[test]
fn q4_what_a_caller_needs_goes_with_the_call() {
    let told = |story: &str| {
        let told = ["needs", "queued", "offered", "bridged"];
        let lines = story.lines().filter(|line| line.contains(" * "));
        let lines = lines.filter(|line| told.iter().any(|it| line.contains(it)));
        lines.collect::<Vec<_>>().join("\n")
    };
    let story = World::new(OWN).tell(
        "0 operators ivan anna
         1 ivan sits
         1 anna sits
         2 B calls +79990000002
         3 anna answers
         4 A calls
         5 ivan answers
         30 anna refers other
         40 end",
    );
    assert_snapshot!(told(&story), @r"
     2.001 B * queued in support at 0
     2.001 B * offered B#1 to anna
     3.000 B * bridged with B/1 after 999 ms
     4.001 A * queued in support at 0
     4.001 A * offered A#1 to ivan
     5.000 A * bridged with A/1 after 999 ms
    30.000 B * queued in other at 0
    30.000 B * offered B#2 to anna
    ");
}
