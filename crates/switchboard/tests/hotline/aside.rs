//! Keys of a queue: a call back for who does not want to wait, the place kept meanwhile, another way for who wants one.
use insta::assert_snapshot;

use crate::plans::ASIDE;
use crate::world::World;

fn story(script: &str) -> String {
    World::new(ASIDE).tell(script)
}

/// What is heard, pressed and decided, and who is rung.
fn heard(script: &str) -> String {
    let told = [
        "play ",
        "keys ",
        "KEY",
        "Announced",
        "queued",
        "dial ",
        "offer",
        "OWED",
        "bridge",
        "ENDED",
    ];
    let story = story(script);
    let lines = story.lines();
    let lines = lines.filter(|line| told.iter().any(|it| line.contains(it)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn who_presses_one_is_owed_a_call_and_stands_in_no_queue() {
    let story = story(
        "0 operators ivan
         1 A calls
         2 B calls
         40 A presses 1
         42 A presses 1
         60 ivan sits
         61 ivan answers
         90 end",
    );
    assert_snapshot!(story);
}

#[test]
fn who_says_nothing_is_back_in_their_place_before_those_who_came_later() {
    let heard = heard(
        "0 operators ivan
         1 A calls
         2 B calls
         40 A presses 1
         50 ivan sits
         51 ivan answers
         52 ivan hangs-up
         62 ivan answers
         80 end",
    );
    assert_snapshot!(heard);
}

#[test]
fn a_key_stops_the_phone_that_rings_and_it_rings_again_for_who_comes_back() {
    let heard = heard(
        "0 operators ivan
         1 A calls
         10 ivan sits
         12 A presses 1
         30 ivan answers
         50 end",
    );
    assert_snapshot!(heard);
}

#[test]
fn the_wait_runs_on_while_questions_are_answered() {
    let heard = heard(
        "0 operators ivan
         1 A calls
         118 A presses 1
         140 end",
    );
    assert_snapshot!(heard);
}

#[test]
fn another_key_leads_elsewhere_and_any_other_means_nothing() {
    let heard = heard(
        "0 operators ivan
         1 A calls
         10 A presses 5
         20 A presses 0 by tone
         60 end",
    );
    assert_snapshot!(heard);
}

#[test]
fn a_press_in_two_forms_is_one() {
    let heard = heard(
        "0 operators ivan
         1 A calls
         10 A presses 1
         10.2 A presses 1 by info
         11 A hangs up
         20 end",
    );
    assert!(!heard.contains("OWED"), "{heard}");
    assert!(heard.contains("ENDED AbandonedQueue"), "{heard}");
}

#[test]
fn who_is_near_the_head_is_told_of_no_key() {
    let told = heard(
        "0 operators ivan
         1 A calls +79990000001 +78000000003
         2 B calls +79990000002 +78000000003
         40 end",
    );
    let hints = told.lines().filter(|line| line.contains("queue_callback"));
    let to: Vec<&str> = hints.collect();
    assert!(to.iter().all(|line| line.contains(" B ")), "{told}");
    assert!(!to.is_empty(), "{told}");
}

#[test]
fn a_drain_lets_go_who_comes_back() {
    let heard = heard(
        "0 operators ivan
         1 A calls
         10 A presses 1
         12 drain
         60 end",
    );
    assert!(heard.contains("ENDED ClosedMsg"), "{heard}");
}

/// A key tries somebody outside; nothing is said of where it leads if they do not take the call.
fn tried(script: &str) -> String {
    let key =
        r#"0 = [{ external = "+79990001122", ring = "20s", ack = { prompts = ["duty_ack"] } }]"#;
    let plan = ASIDE.replace("0 = \"message\"", key);
    assert_ne!(plan, ASIDE);
    let story = World::new(&plan).tell(script);
    let told = [
        "queued",
        "dial ",
        "offer",
        "bridge",
        "ENDED",
        "not_answered",
        "back",
    ];
    let lines = story.lines();
    let lines = lines.filter(|line| told.iter().any(|it| line.contains(it)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn who_tried_somebody_outside_in_vain_is_back_in_their_place() {
    let told = tried(
        "0 operators ivan
         1 A calls
         2 B calls
         10 A presses 0
         11 outside rings
         12 outside answers
         35 ivan sits
         36 ivan answers
         37 ivan hangs-up
         47 ivan answers
         60 end",
    );
    assert_snapshot!(told);
}

#[test]
fn while_somebody_outside_rings_operators_are_for_the_others() {
    let told = tried(
        "0 operators ivan
         1 A calls
         2 B calls
         10 A presses 0
         11 outside rings
         12 ivan sits
         13 ivan answers
         14 ivan hangs-up
         60 end",
    );
    assert_snapshot!(told);
}

#[test]
fn the_wait_runs_on_while_somebody_outside_rings() {
    let told = tried(
        "0 operators ivan
         1 A calls
         110 A presses 0
         111 outside rings
         122 ivan sits
         160 end",
    );
    assert!(told.contains("ENDED ClosedMsg"), "{told}");
    assert!(!told.contains("offered"), "{told}");
}

#[test]
fn who_is_taken_outside_gives_up_the_place() {
    let told = tried(
        "0 operators ivan
         1 A calls
         10 A presses 0
         11 outside rings
         12 outside answers
         14 outside presses-1
         20 ivan sits
         40 outside hangs-up
         60 end",
    );
    assert_snapshot!(told);
}

/// A question for six digits, and behind it a queue that is left by any of two keys.
const ASKED: &str = r##"
[[number]]
did = "+78000000001"
label = "Очередь за вопросом"
project = "hotline"
record = "off"
flow = "main"

[group.support]
operators = ["ivan"]

[[flow.main]]
ask = "account"
prompts = ["say_account"]
digits = "6"
end = "#"
otherwise = "message"

[[flow.main]]
queue = "support"
wait = "2m"
music = "music"
keys = { 3 = "message", "#" = "message" }
leave_empty = false
on_timeout = "message"
on_full = "message"

[[flow.message]]
close = "bye"
reason = "left"
"##;

/// What is on record of who types `keys` and comes to the queue.
fn typed(keys: &str) -> String {
    let script = format!("0 operators ivan\n2 A calls\n{keys}\n40 end");
    World::new(ASKED).tell(&script)
}

#[test]
fn the_end_of_an_answer_that_comes_late_is_no_key_of_the_queue() {
    let digits = "4 A presses 4\n4.2 A presses 5\n4.4 A presses 0\n4.6 A presses 2\n4.8 A presses 1\n5 A presses 7";
    for late in ["#", "3"] {
        let story = typed(&format!("{digits}\n5.3 A presses {late}"));
        assert!(story.contains("typed \"450217\""), "{story}");
        assert!(!story.contains("ENDED"), "{late}: {story}");
        let meant = typed(&format!("{digits}\n9 A presses {late}"));
        assert!(meant.contains("ENDED ClosedMsg"), "{late}: {meant}");
    }
    // One too many, and then the end.
    let both = typed(&format!("{digits}\n5.2 A presses 8\n5.5 A presses #"));
    assert!(!both.contains("ENDED"), "{both}");
}

/// While a caller answers the offer, the plan that others get has no such queue: the promise is theirs all the same, and
/// silence leads on by the way out of the queue that they came to.
#[test]
fn a_queue_that_is_removed_meanwhile_lets_go_who_comes_back() {
    let without = ASIDE
        .replace("\"support\"", "\"other\"")
        .replace("[group.support]", "[group.other]");
    let after = |script: &str| {
        let mut world = World::new(ASIDE);
        world.play("0 operators ivan\n 1 A calls\n 10 A presses 1\n 11 listen");
        world.plan(&without);
        world.tell(script)
    };
    let silent = after("60 end");
    assert!(silent.contains("ENDED ClosedMsg"), "{silent}");
    let promised = after("12 A presses 1\n 60 end");
    assert!(
        promised.contains("OWED Callback for +79990000001 by support"),
        "{promised}"
    );
}

/// The last operator leaves and another comes while a caller answers questions: nothing has happened to them.
#[test]
fn the_last_logout_does_not_take_the_place_of_who_is_aside() {
    let leaves = ASIDE.replace(
        "leave_empty = false",
        "leave_empty = true\non_no_operators = \"sorry\"",
    );
    let heard = World::new(&leaves).tell(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         3 A presses 1
         4 ivan says logout
         6 anna sits
         40 anna answers
         50 end",
    );
    assert!(heard.contains("bridged with"), "{heard}");
}

/// A wait that is over, and a key that comes before anybody has looked at the clock: it is over once, and where it leads to
/// another queue the caller stands there.
#[test]
fn a_key_that_comes_when_the_wait_is_over_ends_it_once() {
    let plan = ASIDE
        .replace("wait = \"2m\"", "wait = \"1m\"")
        .replace(
            "keys = { 1 = [{ callback = \"support\" }], 0 = \"message\" }",
            "keys = { 2 = [{ set = { tried = true } }] }",
        )
        .replacen("offer = { say = [\"queue_callback\"] }\n", "", 1)
        .replacen("on_timeout = \"sorry\"", "on_timeout = \"again\"", 1)
        + r#"
[[flow.again]]
queue = "support"
wait = "10m"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"
"#;
    let script = "0 operators ivan\n 1 A calls\n 61.5 late A presses 2\n 90 ivan sits\n 91 ivan answers\n 100 ivan hangs-up\n 130 end";
    let story = World::new(&plan).tell(script);
    assert!(story.contains("ENDED Answered"), "{story}");
    assert!(
        !story.contains("Expired") && !story.contains("offer_expired"),
        "{story}"
    );
}
