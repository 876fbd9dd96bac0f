//! Parameters of sub-flows in the places where it is easy to miss one: whatever they are called, however they are written.
use gudok_dialplan::StepEnd::TimedOut;
use gudok_dialplan::{Horizon, Mistakes, accept, load};

use crate::support::{Call, loaded, source};

/// A sub-flow that is called once, with `{when}` in it.
fn plan(when: &str) -> String {
    format!(
        r#"
[[number]]
did = "+78001234567"
flow = "main"
record = "off"
allow_closed = []

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00"]

[roster.night]
zone = "Asia/Irkutsk"
shifts = [{{ person = "ivanov", from = 2026-11-01T00:00:00, till = 2026-12-31T00:00:00 }}]

[roster.night.people]
ivanov = "+79990000101"

[group.tech]
operators = ["101"]

[[flow.main]]
call = "offer"
with = {{ line = "tech", hours = "office", team = "night", vip = true, tariff = "gold" }}

[[flow.offer]]
params = {{ line = "queue", hours = "schedule", team = "roster", vip = "bool", tariff = "text" }}

[[flow.offer]]
when = {when}
then = [{{ play = ["please_wait"] }}]

[[flow.offer]]
queue = "param.line"
wait = "60s"
on_timeout = "message"
on_no_operators = "message"
on_full = "message"

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "message_taken"
"#
    )
}

/// What a call does in the plan with this condition, which the proof of hours has looked at too.
fn story(when: &str) -> String {
    let text = plan(when);
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let refused = |problems: Mistakes| -> String {
        problems.iter().map(|problem| problem.render()).collect()
    };
    if let Err(problems) = accept(&source(&text), horizon) {
        return refused(problems);
    }
    let plan = loaded(&source(&text)).plan;
    Call::at("+78001234567", "2026-11-10T12:00").story(&plan, &[TimedOut])
}

#[test]
fn a_parameter_is_found_however_the_condition_is_written() {
    let ways = [
        ("schedule.office.open", "'schedule.param .hours.open'"),
        (
            "roster.night.on_duty > 0",
            "\"\"\"roster\n  .param\n  .team.on_duty > 0\"\"\"",
        ),
        ("queue.tech.ready > 0", "'queue.param. line .ready > 0'"),
        (
            "caller.display != r'\\' && schedule.office.reason == \"open\"",
            "\"\"\"caller.display != r'\\\\' && schedule.param.hours.reason == \\\"open\\\"\"\"\"",
        ),
        (
            "// it's so\ntrue && \"gold\".startsWith(\"g\")",
            "\"\"\"// it's so\nparam . vip && param.tariff .startsWith('g')\"\"\"",
        ),
    ];
    for (by_hand, written) in ways {
        let told = story(written);
        assert!(told.contains("[condition_true]"), "{written}: {told}");
        assert!(!told.contains("param"), "{by_hand}: {told}");
    }
}

#[test]
fn a_parameter_that_no_value_comes_to_is_no_fact_of_a_call() {
    let all = [
        "'(param).vip'",
        "'(schedule.param).hours.open'",
        "'(queue).param.line.ready > 0'",
    ];
    let told: Vec<String> = all.map(story).into();
    insta::assert_snapshot!(told.join("\n"), @r#"
    unknown_fact

      × нет такого факта: «param»
        ╭─[8800.toml:30:8]
     29 │ [[flow.offer]]
     30 │ when = '(param).vip'
        ·        ─────────────
     31 │ then = [{ play = ["please_wait"] }]
        ╰────

      допустимо (allowed): caller, dialled, trunk, client, schedule, now, queue, roster, answer,
      attempt, vars
      с параметрами этого вызова: (param).vip
      вызвано отсюда (called from): 8800.toml:23:1
      [en] unknown fact `param`
      with the parameters of this call: (param).vip

    unknown_schedule

      × нет такого графика: «param»
        ╭─[8800.toml:30:8]
     29 │ [[flow.offer]]
     30 │ when = '(schedule.param).hours.open'
        ·        ─────────────────────────────
     31 │ then = [{ play = ["please_wait"] }]
        ╰────

      допустимо (allowed): office
      с параметрами этого вызова: (schedule.param).hours.open
      вызвано отсюда (called from): 8800.toml:23:1
      [en] unknown schedule `param`
      with the parameters of this call: (schedule.param).hours.open

    unknown_queue

      × нет такой очереди: «param»
        ╭─[8800.toml:30:8]
     29 │ [[flow.offer]]
     30 │ when = '(queue).param.line.ready > 0'
        ·        ──────────────────────────────
     31 │ then = [{ play = ["please_wait"] }]
        ╰────

      допустимо (allowed): tech
      с параметрами этого вызова: (queue).param.line.ready > 0
      вызвано отсюда (called from): 8800.toml:23:1
      [en] unknown queue `param`
      with the parameters of this call: (queue).param.line.ready > 0
    "#);
}

#[test]
fn a_parameter_may_be_called_as_a_key_is() {
    for name in ["check", "set", "when", "with", "call"] {
        let text = plan("'param.vip'")
            .replace("param.line", &format!("param.{name}"))
            .replace("{ line =", &format!("{{ {name} ="));
        let good = text.replace("call = \"offer\"", "call = \"first\"");
        let good = format!(
            "{good}\n[[flow.first]]\nparams = {{ {name} = \"queue\", hours = \"schedule\", team = \"roster\", vip = \"bool\", tariff = \"text\" }}\n\n[[flow.first]]\ncall = \"offer\"\nwith = {{ {name} = \"param.{name}\", hours = \"param.hours\", team = \"param.team\", vip = \"param.vip\", tariff = \"param.tariff\" }}\n"
        );
        let plan = loaded(&source(&good)).plan;
        let told = Call::at("+78001234567", "2026-11-10T12:00").story(&plan, &[TimedOut]);
        assert!(told.contains("Queue { queue: tech"), "{name}: {told}");

        let typo = format!("{name} = \"param.typo\"");
        let bad = good.replace(
            &format!("{name} = \"param.{name}\", hours"),
            &format!("{typo}, hours"),
        );
        assert_ne!(bad, good);
        let problems = load(&source(&bad)).expect_err("no such parameter");
        let told: Vec<_> = problems
            .iter()
            .map(|it| (it.code, it.message.as_str()))
            .collect();
        assert_eq!(
            told,
            [("unknown_param", "у ветки нет параметра «typo»")],
            "{name}"
        );
    }
}

#[test]
fn each_sub_flow_is_looked_at_by_itself() {
    // Twelve that are not too long, each of two thousand steps: together they are more than the calls of one plan may be.
    let mut many = plan("'param.vip'");
    for n in 0..12 {
        many.push_str(&format!("\n[[flow.long{n}]]\nparams = {{}}\n"));
        many.push_str(&format!("\n[[flow.mid{n}]]\nparams = {{}}\n"));
        for _ in 0..100 {
            many.push_str(&format!("\n[[flow.long{n}]]\ncall = \"mid{n}\"\n"));
        }
        for _ in 0..19 {
            many.push_str(&format!("\n[[flow.mid{n}]]\nplay = [\"please_wait\"]\n"));
        }
    }
    let warnings = loaded(&source(&many)).warnings;
    assert!(
        warnings.iter().all(|it| it.code == "unused"),
        "{warnings:?}"
    );
}
