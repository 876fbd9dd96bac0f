//! A queue is left at once when it is full, when nobody is there and when there is no wait left: what comes then is walked.
use super::gaps;

fn plan(step: &str) -> String {
    format!(
        r#"
[[number]]
did = "+78001234567"
record = "off"
allow_closed = []
flow = "main"

[group.tech]
operators = ["101"]

[group.more]
operators = ["102"]

[[flow.main]]
{step}

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "taken"

[[flow.busy]]
close = ["all_busy"]
reason = "all_busy"
"#
    )
}

#[test]
fn who_comes_to_a_full_queue_has_met_nobody() {
    let full = "queue = \"tech\"\nwait = \"60s\"\non_timeout = \"message\"\non_no_operators = \"message\"\non_full = \"busy\"\n[[flow.more]]\nqueue = \"more\"\nwait = \"60s\"\non_timeout = \"message\"\non_no_operators = \"message\"\non_full = \"message\"";
    insta::assert_snapshot!(gaps(&plan(full), "2026-11-10", 1), @r#"
Hours all_busy 8800.toml:35:1: вт 10.11.2026 00:00–24:00 (1)
  8800.toml:15:1: очередь «tech»: мест нет
"#);
    let empty = full
        .replacen("on_full = \"busy\"", "on_full = \"message\"", 1)
        .replacen(
            "on_no_operators = \"message\"",
            "on_no_operators = \"busy\"",
            1,
        );
    insta::assert_snapshot!(gaps(&plan(&empty), "2026-11-10", 1), @r#"
Hours all_busy 8800.toml:35:1: вт 10.11.2026 00:00–24:00 (1)
  8800.toml:15:1: очередь «tech»: никого нет на линии, или служба останавливается
"#);
    // Who has waited in vain is another matter: people were asked.
    let waited = full
        .replacen("on_full = \"busy\"", "on_full = \"message\"", 1)
        .replacen("on_timeout = \"message\"", "on_timeout = \"busy\"", 1);
    assert_eq!(gaps(&plan(&waited), "2026-11-10", 1), "");
}

/// Callers are kept though nobody is there; but as the service goes down they are sent on.
#[test]
fn a_queue_that_keeps_its_callers_is_left_in_a_drain() {
    let kept = "queue = \"tech\"\nwait = \"60s\"\nleave_empty = false\non_timeout = \"busy\"\non_full = \"message\"";
    insta::assert_snapshot!(gaps(&plan(kept), "2026-11-10", 1), @r#"
Hours all_busy 8800.toml:29:1: вт 10.11.2026 00:00–24:00 (1)
  8800.toml:15:1: очередь «tech»: никого нет на линии, или служба останавливается
"#);
}

/// `wait` counts from the first queue: who was sent on after half a minute has none left for a second one of half a minute.
#[test]
fn a_second_queue_may_have_no_wait_left() {
    let twice = |wait: &str| {
        plan(&format!(
            "queue = \"tech\"\nwait = \"30s\"\non_timeout = \"message\"\non_no_operators = \"more\"\non_full = \"message\"\n\n[[flow.more]]\nqueue = \"more\"\nwait = \"{wait}\"\non_timeout = \"busy\"\non_no_operators = \"message\"\non_full = \"message\""
        ))
    };
    insta::assert_snapshot!(gaps(&twice("30s"), "2026-11-10", 1), @r#"
Hours all_busy 8800.toml:36:1: вт 10.11.2026 00:00–24:00 (1)
  8800.toml:15:1: очередь «tech»: никого нет на линии, или служба останавливается
  8800.toml:22:1: очередь «more»: ждать уже нечего (wait считается от первой очереди)
"#);
    assert_eq!(gaps(&twice("31s"), "2026-11-10", 1), "");
}
