//! Who called before waits for who talked with them then.
use gudok_model::CallEvent;
use gudok_switchboard::Output;
use insta::assert_snapshot;

use crate::world::World;

const STICKY: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
record = "off"
flow = "main"

[group.support]
operators = ["ivan", "anna"]
strategy = "linear"
wrap_up = "0s"

[queue.support]
sticky = { by = "last", wait = "15s" }

[[flow.main]]
queue = "support"
wait = "2m"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "nobody"
"#;

/// The second call of a number is for the operator of the first, whom the list of the group has below: free at once, busy for
/// as long as was said. Another number, and one that is not shown, is for anybody.
#[test]
fn who_talked_with_the_number_last_is_asked_first() {
    let story = World::new(STICKY).tell(
        "0 operators ivan anna
         1 anna sits
         2 A calls +79990000001
         3 anna answers
         5 A hangs up
         6 ivan sits
         10 B calls +79990000001
         11 anna answers
         12 C calls +79990000001
         13 D calls +79990000002
         14 ivan answers
         16 D hangs up
         40 end",
    );
    let told = ["queued", "offered", "closed: ", "bridged"];
    let lines = story.lines().filter(|line| line.contains(" * "));
    let lines = lines.filter(|line| told.iter().any(|it| line.contains(it)));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
     2.001 A * queued in support at 0
     2.001 A * offered A#1 to anna
     3.000 A * bridged with A/1 after 999 ms
     5.000 A * offer A#1 closed: BridgedEnded
    10.001 B * queued in support at 0
    10.001 B * offered B#1 to anna
    11.000 B * bridged with B/1 after 999 ms
    12.001 C * queued in support at 0
    13.001 D * queued in support at 0
    13.001 D * offered D#1 to ivan
    14.000 D * bridged with D/1 after 999 ms
    16.000 D * offer D#1 closed: BridgedEnded
    27.001 C * offered C#1 to ivan
    ");
}

/// Who took the caller over after a consultation is the one who talked with them last.
#[test]
fn who_took_the_caller_over_is_asked_first() {
    let mut world = World::new(STICKY);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         1 A calls +79990000001
         2 ivan answers
         3 anna sits
         3 anna says not_ready LUNCH
         4 ivan dials anna
         5 anna answers
         6 ivan joins
         7 A hangs up
         8 anna says ready
         10 B calls +79990000001
         11 end",
    );
    let offers = world.outputs.iter().filter_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Offered { operator, .. },
            ..
        } => Some(operator.as_str()),
        _ => None,
    });
    assert_eq!(offers.collect::<Vec<_>>(), ["ivan", "anna", "anna"]);
}
