//! Skills, ladders and emergencies as a call's record tells them.
use gudok_model::{Actor, CallEvent, OpenRequest, RequestState};
use gudok_switchboard::{Config, Input, Output};
use insta::assert_snapshot;

use crate::callbacks::left_open;
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

/// Who is asked besides the queue's own group counts among those who are there, from the step of the ladder on, or raised by hand.
#[test]
fn whoever_is_asked_now_is_there() {
    let plan = SKILLED.replace(
        "[skill.law]",
        "[group.second]\noperators = [\"petr\"]\nring = \"60s\"\n\n[skill.law]",
    );
    let plan = plan.replace(
        "relax = [{ after = \"20s\", needs = { law = 1 } }]",
        "relax = [{ after = \"20s\", add = \"second\" }]",
    );
    let mut world = World::new(&plan);
    let there = |world: &World| world.board.at_work_for(&"support".into(), world.now.mono);
    world.play("0 operators ivan anna petr\n 1 petr sits\n 2 A calls\n 21 end");
    assert_eq!(there(&world), 0, "nobody of the queue's own group sits");
    world.play("23 end");
    assert_eq!(there(&world), 1, "the ladder has come so far");
    world.play("24 A hangs up\n 25 end");
    assert_eq!(there(&world), 0, "nobody waits any more");
    let raised = [("second".into(), Actor::Supervisor("olga".into()))].into();
    let cursors = [].into();
    world.input(Input::GroupsBefore { cursors, raised });
    assert_eq!(there(&world), 1, "raised by hand");
    world.play("26 petr phone down\n 27 end");
    assert_eq!(there(&world), 0, "no phone");
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

/// The same, where callers may ask for a call back: B's card says English, and Ivan, who knows too little, is free first.
fn promise(config: Config, script: &str) -> String {
    let plan = OWN
        .replace(
            "on_timeout = \"sorry\"\non_full = \"sorry\"\non_no_operators = \"sorry\"",
            "leave_empty = false\nkeys = { 1 = [{ callback = \"support\" }] }\non_timeout = \"sorry\"\non_full = \"sorry\"",
        )
        .replace("[[number]]\n", &format!("{OUTBOUND}[[number]]\n"));
    let mut world = World::with(config, &plan, 0);
    world.play(
        "0 operators ivan anna
         1 anna sits
         2 Z calls +79990000009
         3 anna answers
         4 B calls +79990000002
         30 B presses 1
         35 B presses 1
         38 listen
         40 ivan sits",
    );
    world.play(script);
    let lines = world.story.lines().map(str::trim);
    let told = ["OWED", "offered", "dial +", "OVER", "! "];
    let lines = lines.filter(|line| told.iter().any(|it| line.contains(it)));
    lines.collect::<Vec<_>>().join("\n")
}

const OUTBOUND: &str = r#"
[outbound]
zone = "Europe/Moscow"
night = "23:00-07:00"
talk_max = "10m"
limits = { at_once = 5, per_hour = 60, roubles_per_day = 5000 }
operator = { at_once = 2, per_hour = 60, roubles_per_day = 5000 }

[outbound.prefixes]
"+79" = { minute = "2.50", zone = "Europe/Moscow" }

[[outbound.cli]]
number = "+78000000001"

"#;

const CALLED_BACK: &str = "60 anna hangs-up
         63 anna answers
         65 customer rings
         70 customer answers
         90 customer hangs-up
         95 end";

/// Who was promised a call is called by somebody who knows what the plan had said they need.
#[test]
fn a_promise_keeps_what_its_caller_needs() {
    assert_snapshot!(promise(Config::default(), CALLED_BACK), @r"
    60.000 ? * offered ?#1 to anna
    63.000 ? dial +79990000002 from +78000000001 showing withheld, no name
    90.000 B * Callback OVER: Done
    ");
}

/// Journals of an earlier version are played as they were: anybody calls.
#[test]
fn in_an_earlier_version_anybody_called() {
    let mut config = serde_json::to_value(Config::default()).expect("plain");
    let keys = config.as_object_mut().expect("a table");
    keys.remove("promise_needs").expect("the key");
    let config = serde_json::from_value(config).expect("read back");
    assert_snapshot!(promise(config, "45 end"), @"43.001 ? * offered ?#1 to ivan");
}

/// What was open when the run before ended is called by somebody who knows it; of a skill that the plan has no more nothing is asked.
#[test]
fn what_a_promise_needs_outlives_the_run() {
    let called_by = |skill: &str| {
        let plan = OWN.replace("[[number]]\n", &format!("{OUTBOUND}[[number]]\n"));
        let mut world = World::new(&plan);
        world.play("0 operators ivan anna\n 1 ivan sits\n 1 anna sits\n 2 listen");
        let left = left_open(RequestState::Requested, world.now.wall);
        let needs = [(skill.into(), 2)].into();
        let requests = vec![OpenRequest { needs, ..left }];
        world.input(Input::Owed { requests });
        world.play("90 end");
        let offered = world.outputs.iter().find_map(|output| match output {
            Output::Fact {
                fact: CallEvent::Offered { operator, .. },
                ..
            } => Some(operator.to_string()),
            _ => None,
        });
        offered.expect("somebody is asked")
    };
    assert_eq!([called_by("english"), called_by("gone")], ["anna", "ivan"]);
}
