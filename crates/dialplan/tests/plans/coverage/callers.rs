//! Facts of one caller go together: what no caller can be is no gap.
use super::gaps;

/// Closes under this condition, after these steps; else there is help.
fn when(steps: &str, condition: &str) -> String {
    format!(
        r#"
[[number]]
did = "+78001234567"
trunk = "carrier"
record = "off"
allow_closed = []
flow = "main"

[group.tech]
operators = ["101"]

{steps}

[[flow.main]]
when = '{condition}'
then = [{{ close = ["goodbye"], reason = "gone" }}]

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "message"
on_no_operators = "message"
on_full = "message"

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "taken"
"#
    )
}

#[test]
fn what_the_table_of_facts_rules_out_is_no_gap() {
    for never in [
        "caller.anonymous && caller.number == \"+79990000042\"",
        "caller.number == \"\" && caller.region == \"RU-IRK\"",
        "caller.anonymous && caller.local_hour < 9",
        "client.match == \"none\" && client.class == \"vip\"",
        "client.match != \"one\" && client.name != \"\"",
        "client.class == \"unknown\" && has(client.field.tariff)",
        "caller.anonymous && client.class == \"vip\"",
        "client.class == \"vip\" && client.class == \"lead\"",
        "dialled.number == \"+78001234568\"",
        "trunk == \"other\"",
    ] {
        assert_eq!(gaps(&when("", never), "2026-11-10", 1), "", "{never}");
    }
}

#[test]
fn what_may_be_stays_a_gap() {
    for may in [
        "caller.anonymous && client.class == \"blocked\"",
        "!caller.anonymous && caller.number == \"\"",
        "client.class == \"vip\" && has(client.field.tariff)",
        "client.match == \"pending\"",
        "client.match == \"many\" && client.class == \"unknown\"",
        "caller.number.startsWith(\"+7395\")",
        "dialled.number == \"+78001234567\" && trunk == \"carrier\"",
    ] {
        assert!(
            gaps(&when("", may), "2026-11-10", 1).contains("gone"),
            "{may}"
        );
    }
}

#[test]
fn who_was_asked_is_the_same_caller_a_step_later() {
    let vip_is_helped = "[[flow.main]]\nwhen = 'client.class == \"vip\"'\nthen = [{ queue = \"tech\", wait = \"60s\", on_timeout = \"message\", on_no_operators = \"message\", on_full = \"message\" }]";
    let vip = "client.class in [\"vip\"]";
    assert_eq!(gaps(&when(vip_is_helped, vip), "2026-11-10", 1), "");
    // A phrase later the directory may have answered.
    let later = format!("{vip_is_helped}\n\n[[flow.main]]\nplay = [\"greeting\"]");
    assert!(gaps(&when(&later, vip), "2026-11-10", 1).contains("gone"));
    // Behind a lookup nothing is awaited any more; whether the number is shown does not change.
    let pending = "client.match == \"pending\"";
    assert_eq!(
        gaps(
            &when("[[flow.main]]\nlookup = true", pending),
            "2026-11-10",
            1
        ),
        ""
    );
    let hidden = vip_is_helped.replace("client.class == \"vip\"", "caller.anonymous");
    let hidden = format!("{hidden}\n\n[[flow.main]]\nplay = [\"greeting\"]");
    assert_eq!(
        gaps(&when(&hidden, "caller.anonymous && true"), "2026-11-10", 1),
        ""
    );
}
