//! Sub-flows: a call of one is its steps with the values in them, whatever looks at the plan.
use gudok_calendar::Overrides;
use gudok_dialplan::StepEnd::{self, NoOperators, TimedOut};
use gudok_dialplan::{Horizon, Source, accept, load};

use crate::support::{Call, irkutsk, loaded, source, typed};

/// Two lines that are offered alike: other words, other people, another way out; and a sub-flow within the sub-flow.
pub(crate) const CALLS: &str = r#"
[[number]]
did = "+78001234567"
schedule = "office"
flow = "sales"
after_hours = "repair"
record = "off"
allow_closed = []

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00"]

[group.tech]
operators = ["101"]

[group.sellers]
operators = ["102"]

[[flow.offer]]
params = { line = "queue", hello = "prompt", otherwise = "flow", vip = "bool", tariff = "text", least = "int", hours = "schedule" }

[[flow.offer]]
play = ["param.hello", "notice"]

[[flow.offer]]
when = 'param.vip && client.field["tariff"] == param.tariff'
then = [{ play = ["vip_greeting"] }]

[[flow.offer]]
call = "number"
with = { words = "param.hello", vip = "param.vip" }

[[flow.offer]]
when = 'queue.param.line.ready < param.least || !schedule.param.hours.open'
then = [{ play = ["please_wait"] }]

[[flow.offer]]
queue = "param.line"
wait = "60s"
on_timeout = "param.otherwise"
on_no_operators = "param.otherwise"
on_full = "param.otherwise"

[[flow.number]]
params = { words = "prompt", vip = "bool" }

[[flow.number]]
when = '!param.vip'
then = [{ ask = "account", prompts = ["param.words"], digits = "4", tries = 1, otherwise = [{ set = { lost = 'param.vip ? "vip" : "other"' } }] }]

[[flow.sales]]
call = "offer"
with = { line = "sellers", hello = "sales_hello", otherwise = "message", vip = true, tariff = "gold", least = 2, hours = "office" }

[[flow.repair]]
when = 'caller.anonymous'
goto = "message"

[[flow.repair]]
call = "offer"
with = { line = "tech", hello = "repair_hello", otherwise = "message", vip = false, tariff = "", least = -1, hours = "office" }

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "message_taken"
"#;

/// The same by hand.
const BY_HAND: &str = r#"
[[number]]
did = "+78001234567"
schedule = "office"
flow = "sales"
after_hours = "repair"
record = "off"
allow_closed = []

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00"]

[group.tech]
operators = ["101"]

[group.sellers]
operators = ["102"]

[[flow.sales]]
play = ["sales_hello", "notice"]

[[flow.sales]]
when = 'true && client.field["tariff"] == "gold"'
then = [{ play = ["vip_greeting"] }]

[[flow.sales]]
when = '!true'
then = [{ ask = "account", prompts = ["sales_hello"], digits = "4", tries = 1, otherwise = [{ set = { lost = 'true ? "vip" : "other"' } }] }]

[[flow.sales]]
when = 'queue.sellers.ready < 2 || !schedule.office.open'
then = [{ play = ["please_wait"] }]

[[flow.sales]]
queue = "sellers"
wait = "60s"
on_timeout = "message"
on_no_operators = "message"
on_full = "message"

[[flow.repair]]
when = 'caller.anonymous'
goto = "message"

[[flow.repair]]
play = ["repair_hello", "notice"]

[[flow.repair]]
when = 'false && client.field["tariff"] == ""'
then = [{ play = ["vip_greeting"] }]

[[flow.repair]]
when = '!false'
then = [{ ask = "account", prompts = ["repair_hello"], digits = "4", tries = 1, otherwise = [{ set = { lost = 'false ? "vip" : "other"' } }] }]

[[flow.repair]]
when = 'queue.tech.ready < (-1) || !schedule.office.open'
then = [{ play = ["please_wait"] }]

[[flow.repair]]
queue = "tech"
wait = "60s"
on_timeout = "message"
on_no_operators = "message"
on_full = "message"

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "message_taken"
"#;

fn story(plan: &str, local: &str, ends: &[StepEnd]) -> String {
    let loaded = loaded(&source(plan));
    Call::at("+78001234567", local).story(&loaded.plan, ends)
}

#[test]
fn a_call_is_the_steps_of_its_sub_flow_with_the_values_in_them() {
    insta::assert_snapshot!(story(CALLS, "2026-01-12T21:00", &[typed("4502"), NoOperators]), @r#"
      8800.toml:4:12 [condition_false] неверно: schedule.office.open (график «office» закрыт: 21:00, понедельник, рабочие часы 09:00–20:00)
      8800.toml:6:15 [goto] переход в ветку «repair»
      8800.toml:57:1 [condition_false] неверно: caller.anonymous (caller.anonymous = false)
      8800.toml:61:1 [call] вызов подветки «offer»
      8800.toml:24:1 (вызов 8800.toml:61:1) [play] фразы: repair_hello, notice
    Play { prompts: ["repair_hello", "notice"], notice: false }
      8800.toml:24:1 (вызов 8800.toml:61:1) [played] доиграно
      8800.toml:27:1 (вызов 8800.toml:61:1) [condition_false] неверно: false && client.field["tariff"] == "" (client.field: полей 0)
      8800.toml:31:1 (вызов 8800.toml:61:1) [call] вызов подветки «number»
      8800.toml:49:1 (вызов 8800.toml:31:1 ← 8800.toml:61:1) [condition_true] верно: !false
      8800.toml:50:11 (вызов 8800.toml:31:1 ← 8800.toml:61:1) [ask] спрашиваем «account», фразы: repair_hello
    Ask { prompts: ["repair_hello"], answer: Some("account"), keys: Keys { most: 4, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:50:11 (вызов 8800.toml:31:1 ← 8800.toml:61:1) [typed] «account»: набрано ••••
      8800.toml:35:1 (вызов 8800.toml:61:1) [condition_true] верно: queue.tech.ready < (-1) || !schedule.office.open (queue.tech.ready = 1; график «office» закрыт: 21:00, понедельник, рабочие часы 09:00–20:00)
      8800.toml:36:11 (вызов 8800.toml:61:1) [play] фразы: please_wait
    Play { prompts: ["please_wait"], notice: false }
      8800.toml:36:11 (вызов 8800.toml:61:1) [played] доиграно
      8800.toml:39:1 (вызов 8800.toml:61:1) [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
      8800.toml:39:1 (вызов 8800.toml:61:1) [no_operators] очередь «tech»: в группе никого нет
      8800.toml:65:1 [voicemail] голосовое сообщение до 120 с
    Voicemail { prompts: ["voicemail_intro"], max: 120s, owed: Owed { group: None, within: 86400s, schedule: None } }
      8800.toml:65:1 [played] доиграно
      8800.toml:68:1 [close] закрывающая фраза: goodbye (причина: message_taken)
    Close { prompts: ["goodbye"], reason: "message_taken" }
    "#);
}

#[test]
fn nothing_is_otherwise_than_in_a_plan_that_was_written_out() {
    let (called, written) = (loaded(&source(CALLS)), loaded(&source(BY_HAND)));
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(28);
    for (new, old) in [(&called, &written), (&written, &called)] {
        let difference = new.plan.differs_from(&old.plan, horizon, &Overrides::NONE);
        assert_eq!(difference.lines(), ["вызовы пойдут как прежде"]);
    }
    let decisions = |plan: &str, local, ends: &[StepEnd]| {
        let story = story(plan, local, ends);
        let decisions = story.lines().filter(|line| !line.starts_with("  "));
        decisions.map(str::to_owned).collect::<Vec<_>>()
    };
    for local in ["2026-01-12T12:00", "2026-01-12T21:00"] {
        for ends in [
            &[TimedOut][..],
            &[typed("4502"), TimedOut],
            &[typed("45"), NoOperators],
        ] {
            assert_eq!(
                decisions(CALLS, local, ends),
                decisions(BY_HAND, local, ends)
            );
        }
    }
    let shown = |plan: &gudok_dialplan::Plan| {
        let covered = &plan.coverage(horizon).numbers[0];
        let stretches = covered
            .stretches
            .iter()
            .map(|it| (it.from, it.until, it.ends.clone()));
        (covered.gaps.len(), stretches.collect::<Vec<_>>())
    };
    assert_eq!(shown(&called.plan), shown(&written.plan));
}

#[test]
fn what_differs_by_a_value_alone_is_told() {
    let other = CALLS.replace("line = \"sellers\", hello", "line = \"tech\", hello");
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let (old, new) = (loaded(&source(CALLS)), loaded(&source(&other)));
    insta::assert_snapshot!(new.plan.differs_from(&old.plan, horizon, &Overrides::NONE).lines().join("\n"), @r"
    номер «+78001234567» (+78001234567): 55 ч в неделю пойдут иначе
      все: пн 09.11.2026 09:00–20:00, вт 10.11.2026 09:00–20:00, ср 11.11.2026 09:00–20:00 … и ещё 2; всего 55 ч
        было:  фразы: please_wait (8800.toml:36:11 (вызов 8800.toml:53:1))
        будет: очередь «tech», приоритет 0, ждать до 60 с (8800.toml:39:1 (вызов 8800.toml:53:1))
    очередь sellers: когда никого нет (empty): join logged_out, leave logged_out, ждут по графику office и за 900 с до него (по умолчанию) → когда все вышли
    очередь tech: когда никого нет (empty): когда все вышли → join logged_out, leave logged_out, ждут по графику office и за 900 с до него (по умолчанию)
    ");
}

#[test]
fn a_test_beside_the_plan_sees_the_sub_flows_a_call_passed() {
    let tests = |flow: &str| {
        let mut sources = source(CALLS);
        let text = format!(
            "[[test]]\nname = \"ночь\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T22:00\" }}\nhappens = [\"keys 4502\", \"timed_out\"]\nexpect = {{ flow = {flow}, queue = \"tech\", ends = \"voicemail\" }}\n"
        );
        sources.push(Source {
            name: "8800.test.toml".into(),
            text,
        });
        let horizon = Horizon::from_now(irkutsk("2026-11-10T12:00"));
        accept(&sources, horizon).map(|accepted| accepted.tests)
    };
    assert_eq!(
        tests("[\"repair\", \"offer\", \"number\", \"offer\", \"message\"]").ok(),
        Some(1)
    );
    let refused = tests("[\"offer\", \"repair\"]").expect_err("it came back to no flow");
    assert!(refused[0].message.contains("ожидалось flow"), "{refused:?}");
}

/// What is wrong with the plan when this is replaced.
fn instead(of: &str, bad: &str) -> String {
    assert!(CALLS.contains(of), "{of}");
    let sources = source(&CALLS.replace(of, bad));
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let problems = match accept(&sources, horizon) {
        Ok(accepted) => accepted.warnings,
        Err(problems) => problems.list,
    };
    let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    shown.join("\n")
}

#[test]
fn mistakes_of_a_call_have_its_place() {
    let all = [
        ("call = \"number\"", "call = \"nunber\""),
        ("call = \"number\"", "call = \"message\""),
        ("goto = \"message\"", "goto = \"number\""),
        ("least = 2, ", ""),
        ("least = 2, ", "laest = 2, "),
        ("least = 2, ", "least = \"two\", "),
        ("line = \"sellers\"", "line = \"selers\""),
        (
            "otherwise = \"message\", vip = true",
            "otherwise = \"massage\", vip = true",
        ),
        ("hello = \"sales_hello\"", "hello = \"Sales hello\""),
        (
            "hours = \"office\" }\n\n[[flow.repair]]",
            "hours = \"ofice\" }\n\n[[flow.repair]]",
        ),
    ];
    let told: Vec<String> = all.iter().map(|(of, bad)| instead(of, bad)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    unknown_subflow

      × нет такой подветки: «nunber»
        ╭─[8800.toml:31:8]
     30 │ [[flow.offer]]
     31 │ call = "nunber"
        ·        ────────
     32 │ with = { words = "param.hello", vip = "param.vip" }
        ╰────

      возможно, вы имели в виду (did you mean): number
      допустимо (allowed): number, offer
      [en] unknown sub-flow "nunber"

    unknown_subflow

      × «message» — не подветка: из неё не возвращаются
        ╭─[8800.toml:31:8]
     30 │ [[flow.offer]]
     31 │ call = "message"
        ·        ─────────
     32 │ with = { words = "param.hello", vip = "param.vip" }
        ╰────

      уйти в неё — goto; подветку начинает шаг params = { … }, хотя бы пустой: params = {}
      [en] unknown sub-flow "message"
      to go there, write goto; a sub-flow begins with params = { … }, at least an empty one: params =
      {}

    unknown_flow

      × «number» — подветка: в неё не уходят, её вызывают
        ╭─[8800.toml:58:8]
     57 │ when = 'caller.anonymous'
     58 │ goto = "number"
        ·        ────────
     59 │
        ╰────

      напишите шаг call = "number"
      [en] "number" is a sub-flow: it is called, not gone to
      write the step call = "number"

    missing_key

      × подветке «offer» не дан параметр «least»
        ╭─[8800.toml:53:8]
     52 │ [[flow.sales]]
     53 │ call = "offer"
        ·        ───────
     54 │ with = { line = "sellers", hello = "sales_hello", otherwise = "message", vip = true, tariff = "gold", hours = "office" }
        ╰────

      добавьте в вызов with = { least = … }: вид int
      [en] sub-flow `offer` is not given its parameter `least`
      add with = { least = … } to the call: int

    missing_key

      × подветке «offer» не дан параметр «least»
        ╭─[8800.toml:53:8]
     52 │ [[flow.sales]]
     53 │ call = "offer"
        ·        ───────
     54 │ with = { line = "sellers", hello = "sales_hello", otherwise = "message", vip = true, tariff = "gold", laest = 2, hours = "office" }
        ╰────

      добавьте в вызов with = { least = … }: вид int
      [en] sub-flow `offer` is not given its parameter `least`
      add with = { least = … } to the call: int

    unknown_param

      × у подветки «offer» нет параметра «laest»
        ╭─[8800.toml:54:103]
     53 │ call = "offer"
     54 │ with = { line = "sellers", hello = "sales_hello", otherwise = "message", vip = true, tariff = "gold", laest = 2, hours = "office" }
        ·                                                                                                       ─────
     55 │
        ╰────

      возможно, вы имели в виду (did you mean): least
      допустимо (allowed): hello, hours, least, line, otherwise, tariff, vip
      [en] sub-flow `offer` has no parameter `laest`

    wrong_type

      × параметр «least» — вида int, а дано другое
        ╭─[8800.toml:54:111]
     53 │ call = "offer"
     54 │ with = { line = "sellers", hello = "sales_hello", otherwise = "message", vip = true, tariff = "gold", least = "two", hours = "office" }
        ·                                                                                                               ─────
     55 │
        ╰────

      [en] parameter `least` is of the kind int

    unknown_queue

      × нет такой очереди и такой группы: «selers»
        ╭─[8800.toml:54:17]
     53 │ call = "offer"
     54 │ with = { line = "selers", hello = "sales_hello", otherwise = "message", vip = true, tariff = "gold", least = 2, hours = "office" }
        ·                 ────────
     55 │
        ╰────

      возможно, вы имели в виду (did you mean): sellers
      допустимо (allowed): sellers, tech
      [en] unknown queue "selers"

    unknown_flow

      × нет такой ветки: «massage»
        ╭─[8800.toml:54:63]
     53 │ call = "offer"
     54 │ with = { line = "sellers", hello = "sales_hello", otherwise = "massage", vip = true, tariff = "gold", least = 2, hours = "office" }
        ·                                                               ─────────
     55 │
        ╰────

      возможно, вы имели в виду (did you mean): message
      допустимо (allowed): message, repair, sales
      [en] unknown flow "massage"

    bad_name

      × имя «Sales hello» не годится
        ╭─[8800.toml:54:36]
     53 │ call = "offer"
     54 │ with = { line = "sellers", hello = "Sales hello", otherwise = "message", vip = true, tariff = "gold", least = 2, hours = "office" }
        ·                                    ─────────────
     55 │
        ╰────

      имя — строчные латинские буквы, цифры и «_», не больше 40 знаков
      [en] not a name: "Sales hello"
      a name is small Latin letters, digits and `_`, 40 characters at most

    unknown_schedule

      × нет такого графика: «ofice»
        ╭─[8800.toml:54:122]
     53 │ call = "offer"
     54 │ with = { line = "sellers", hello = "sales_hello", otherwise = "message", vip = true, tariff = "gold", least = 2, hours = "ofice" }
        ·                                                                                                                          ───────
     55 │
        ╰────

      возможно, вы имели в виду (did you mean): office
      допустимо (allowed): office
      [en] unknown schedule "ofice"
    "#);
}

#[test]
fn mistakes_of_a_sub_flow_are_told_once_and_at_its_place() {
    let all = [
        ("vip = \"bool\", tariff", "vip = \"boolean\", tariff"),
        (
            "play = [\"param.hello\", \"notice\"]",
            "play = [\"param.helo\", \"notice\"]",
        ),
        (
            "play = [\"param.hello\", \"notice\"]",
            "play = [\"param.line\", \"notice\"]",
        ),
        ("queue = \"param.line\"", "queue = \"param.vip\""),
        ("'param.vip && ", "'param.vpi && "),
        ("'param.vip && ", "'param.least && "),
        ("queue.param.line.ready", "queue.param.hello.ready"),
        ("words = \"param.hello\"", "words = \"param.line\""),
        (
            "play = [\"vip_greeting\"]",
            "play = [\"vip_greeting\"], notise = true",
        ),
        ("when = 'caller.anonymous'", "when = 'param.vip'"),
        (
            "voicemail = [\"voicemail_intro\"]",
            "voicemail = [\"param.hello\"]",
        ),
        (
            "[[flow.number]]\nwhen",
            "[[flow.number]]\nparams = {}\n[[flow.number]]\nwhen",
        ),
        ("params = { words", "play = [\"notice\"]\nparams = { words"),
    ];
    let told: Vec<String> = all.iter().map(|(of, bad)| instead(of, bad)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    unknown_word

      × нет такого вида параметра: «boolean»
        ╭─[8800.toml:21:72]
     20 │ [[flow.offer]]
     21 │ params = { line = "queue", hello = "prompt", otherwise = "flow", vip = "boolean", tariff = "text", least = "int", hours = "schedule" }
        ·                                                                        ─────────
     22 │
        ╰────

      допустимо (allowed): bool, int, text, queue, flow, prompt, roster, schedule
      [en] unknown kind of parameter "boolean"

    unknown_param

      × у подветки нет параметра «vip»
        ╭─[8800.toml:27:15]
     26 │ [[flow.offer]]
     27 │ when = 'param.vip && client.field["tariff"] == param.tariff'
        ·               ───
     28 │ then = [{ play = ["vip_greeting"] }]
        ╰────

      допустимо (allowed): hello, hours, least, line, otherwise, tariff
      [en] the sub-flow has no parameter `vip`

    unknown_param

      × у ветки нет параметра «vip»
        ╭─[8800.toml:32:39]
     31 │ call = "number"
     32 │ with = { words = "param.hello", vip = "param.vip" }
        ·                                       ───────────
     33 │
        ╰────

      возможно, вы имели в виду (did you mean): param.line
      допустимо (allowed): param.hello, param.hours, param.least, param.line, param.otherwise,
      param.tariff
      [en] the flow has no parameter "vip"

    unknown_param

      × у подветки «offer» нет параметра «vip»
        ╭─[8800.toml:54:74]
     53 │ call = "offer"
     54 │ with = { line = "sellers", hello = "sales_hello", otherwise = "message", vip = true, tariff = "gold", least = 2, hours = "office" }
        ·                                                                          ───
     55 │
        ╰────

      допустимо (allowed): hello, hours, least, line, otherwise, tariff
      [en] sub-flow `offer` has no parameter `vip`

    unknown_param

      × у подветки «offer» нет параметра «vip»
        ╭─[8800.toml:62:72]
     61 │ call = "offer"
     62 │ with = { line = "tech", hello = "repair_hello", otherwise = "message", vip = false, tariff = "", least = -1, hours = "office" }
        ·                                                                        ───
     63 │
        ╰────

      допустимо (allowed): hello, hours, least, line, otherwise, tariff
      [en] sub-flow `offer` has no parameter `vip`

    unknown_param

      × у ветки нет параметра «helo»
        ╭─[8800.toml:24:9]
     23 │ [[flow.offer]]
     24 │ play = ["param.helo", "notice"]
        ·         ────────────
     25 │
        ╰────

      возможно, вы имели в виду (did you mean): param.hello
      допустимо (allowed): param.hello, param.hours, param.least, param.line, param.otherwise,
      param.tariff, param.vip
      [en] the flow has no parameter "helo"

    wrong_type

      × параметр «line» — вида queue, а здесь нужен prompt
        ╭─[8800.toml:24:1]
     23 │ [[flow.offer]]
     24 │ play = ["param.line", "notice"]
        · ────
     25 │
        ╰────

      [en] parameter `line` is of the kind queue, prompt is needed here

    wrong_type

      × параметр «vip» — вида bool, а здесь нужен queue
        ╭─[8800.toml:39:9]
     38 │ [[flow.offer]]
     39 │ queue = "param.vip"
        ·         ───────────
     40 │ wait = "60s"
        ╰────

      [en] parameter `vip` is of the kind bool, queue is needed here

    unknown_param

      × у подветки нет параметра «vpi»
        ╭─[8800.toml:27:15]
     26 │ [[flow.offer]]
     27 │ when = 'param.vpi && client.field["tariff"] == param.tariff'
        ·               ───
     28 │ then = [{ play = ["vip_greeting"] }]
        ╰────

      возможно, вы имели в виду (did you mean): vip
      допустимо (allowed): hello, hours, least, line, otherwise, tariff, vip
      [en] the sub-flow has no parameter `vpi`

    wrong_type

      × здесь нужно «да» или «нет», а это целое число
        ╭─[8800.toml:27:9]
     26 │ [[flow.offer]]
     27 │ when = 'param.least && client.field["tariff"] == param.tariff'
        ·         ───────────
     28 │ then = [{ play = ["vip_greeting"] }]
        ╰────

      сравните значение: ==, !=, <, >, in
      [en] expected a bool, found int
      compare the value: ==, !=, <, >, in

    unknown_param

      × у подветки нет такого параметра вида queue: «hello»
        ╭─[8800.toml:35:21]
     34 │ [[flow.offer]]
     35 │ when = 'queue.param.hello.ready < param.least || !schedule.param.hours.open'
        ·                     ─────
     36 │ then = [{ play = ["please_wait"] }]
        ╰────

      допустимо (allowed): line
      [en] the sub-flow has no queue parameter `hello`

    wrong_type

      × параметр «line» — вида queue, а здесь нужен prompt
        ╭─[8800.toml:32:18]
     31 │ call = "number"
     32 │ with = { words = "param.line", vip = "param.vip" }
        ·                  ────────────
     33 │
        ╰────

      [en] parameter `line` is of the kind queue, prompt is needed here

    unknown_key

      × неизвестный ключ «notise» в шаге play
        ╭─[8800.toml:28:36]
     27 │ when = 'param.vip && client.field["tariff"] == param.tariff'
     28 │ then = [{ play = ["vip_greeting"], notise = true }]
        ·                                    ──────
     29 │
        ╰────

      возможно, вы имели в виду (did you mean): notice
      допустимо (allowed): play, notice
      [en] unknown key `notise`

    unknown_fact

      × нет такого факта: «param»
        ╭─[8800.toml:57:9]
     56 │ [[flow.repair]]
     57 │ when = 'param.vip'
        ·         ─────
     58 │ goto = "message"
        ╰────

      допустимо (allowed): caller, dialled, trunk, client, schedule, now, queue, roster, answer,
      attempt, vars
      [en] unknown fact `param`

    unknown_param

      × у ветки нет параметра «hello»
        ╭─[8800.toml:65:14]
     64 │ [[flow.message]]
     65 │ voicemail = ["param.hello"]
        ·              ─────────────
     66 │
        ╰────

      параметры есть у подветки: её первый шаг — params = { имя = "вид" }
      [en] the flow has no parameter "hello"
      a sub-flow has parameters: its first step is params = { name = "type" }

    misplaced

      × params стоит в ветке первым и один, без действия рядом
        ╭─[8800.toml:49:1]
     48 │ [[flow.number]]
     49 │ params = {}
        · ──────
     50 │ [[flow.number]]
        ╰────

      [en] `params` stands first in its flow, and alone

    unknown_key

      × неизвестный ключ «play» рядом с params
        ╭─[8800.toml:46:1]
     45 │ [[flow.number]]
     46 │ play = ["notice"]
        · ────
     47 │ params = { words = "prompt", vip = "bool" }
        ╰────

      допустимо (allowed): params
      [en] unknown key `play`
    "#);
}

#[test]
fn what_only_one_call_does_wrong_names_the_call_too() {
    let all = [
        // Never true for the values of one call.
        (
            "client.field[\"tariff\"] == param.tariff",
            "client.class == param.tariff",
        ),
        // The sub-flow comes back, and there is nothing behind the call.
        (
            "goto = \"message\"\n",
            "goto = \"quiet\"\n\n[[flow.quiet]]\ncall = \"number\"\nwith = { words = \"notice\", vip = true }\n",
        ),
        // A gap in the hours of one of the numbers.
        (
            "[[flow.offer]]\nqueue = \"param.line\"",
            "[[flow.offer]]\nwhen = 'param.least < 0'\nthen = [{ close = [\"goodbye\"], reason = \"night\" }]\n\n[[flow.offer]]\nqueue = \"param.line\"",
        ),
    ];
    let told: Vec<String> = all.iter().map(|(of, bad)| instead(of, bad)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    unknown_word

      × сравнение никогда не будет верно: такого слова нет: «»
        ╭─[8800.toml:27:8]
     26 │ [[flow.offer]]
     27 │ when = 'param.vip && client.class == param.tariff'
        ·        ───────────────────────────────────────────
     28 │ then = [{ play = ["vip_greeting"] }]
        ╰────

      допустимо (allowed): regular, vip, lead, engineer, blocked, unknown
      с параметрами этого вызова: false && client.class == ""
      вызвано отсюда (called from): 8800.toml:61:1
      [en] never equal: no such word ""
      with the parameters of this call: false && client.class == ""

    unknown_word

      × сравнение никогда не будет верно: такого слова нет: «gold»
        ╭─[8800.toml:27:8]
     26 │ [[flow.offer]]
     27 │ when = 'param.vip && client.class == param.tariff'
        ·        ───────────────────────────────────────────
     28 │ then = [{ play = ["vip_greeting"] }]
        ╰────

      допустимо (allowed): regular, vip, lead, engineer, blocked, unknown
      с параметрами этого вызова: true && client.class == "gold"
      вызвано отсюда (called from): 8800.toml:53:1
      [en] never equal: no such word "gold"
      with the parameters of this call: true && client.class == "gold"

    silent_end

      × после этого шага ветка «quiet» кончается молчанием
        ╭─[8800.toml:49:1]
     48 │ [[flow.number]]
     49 │ when = '!param.vip'
        · ────
     50 │ then = [{ ask = "account", prompts = ["param.words"], digits = "4", tries = 1, otherwise = [{ set = { lost = 'param.vip ? "vip" : "other"' } }] }]
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), обещанием
      перезвонить (callback), переходом (goto) или hangup с allow_hangup
      вызвано отсюда (called from): 8800.toml:61:1
      [en] flow `quiet` ends in silence after this step
      end it with `queue`, `external`, `close`, `callback`, `goto` or `hangup` with `allow_hangup`

    silent_end

      × после этого шага ветка «quiet» кончается молчанием
        ╭─[8800.toml:50:11]
     49 │ when = '!param.vip'
     50 │ then = [{ ask = "account", prompts = ["param.words"], digits = "4", tries = 1, otherwise = [{ set = { lost = 'param.vip ? "vip" : "other"' } }] }]
        ·           ───
     51 │
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), обещанием
      перезвонить (callback), переходом (goto) или hangup с allow_hangup
      вызвано отсюда (called from): 8800.toml:61:1
      [en] flow `quiet` ends in silence after this step
      end it with `queue`, `external`, `close`, `callback`, `goto` or `hangup` with `allow_hangup`

    silent_end

      × после этого шага ветка «quiet» кончается молчанием
        ╭─[8800.toml:50:95]
     49 │ when = '!param.vip'
     50 │ then = [{ ask = "account", prompts = ["param.words"], digits = "4", tries = 1, otherwise = [{ set = { lost = 'param.vip ? "vip" : "other"' } }] }]
        ·                                                                                               ───
     51 │
        ╰────

      закончите очередью (queue), внешним номером (external), закрывающей фразой (close), обещанием
      перезвонить (callback), переходом (goto) или hangup с allow_hangup
      вызвано отсюда (called from): 8800.toml:61:1
      [en] flow `quiet` ends in silence after this step
      end it with `queue`, `external`, `close`, `callback`, `goto` or `hangup` with `allow_hangup`

    uncovered

      × номер «+78001234567»: вызов может кончиться здесь, ни с кем не поговорив (причина night): пн
      │ 09.11.2026 00:00–09:00, пн 09.11.2026 20:00 – вт 10.11.2026 09:00, вт 10.11.2026 20:00 – ср
      │ 11.11.2026 09:00 … и ещё: 3; всего 113 ч из 168 ч
        ╭─[8800.toml:40:11]
     39 │ when = 'param.least < 0'
     40 │ then = [{ close = ["goodbye"], reason = "night" }]
        ·           ─────
     41 │
        ╰────

      как вызов сюда попадает:
        8800.toml:4:12: неверно: schedule.office.open (график «office» закрыт: 00:00, понедельник,
      рабочие часы 09:00–20:00)
        8800.toml:61:1: неверно: caller.anonymous
        8800.toml:27:1 (вызов 8800.toml:65:1): неверно: false && client.field["tariff"] == ""
        8800.toml:53:1 (вызов 8800.toml:31:1 ← 8800.toml:65:1): верно: !false
        8800.toml:35:1 (вызов 8800.toml:65:1): верно: queue.tech.ready < (-1) || !schedule.office.open
      (график «office» закрыт: 00:00, понедельник, рабочие часы 09:00–20:00)
        8800.toml:39:1 (вызов 8800.toml:65:1): верно: (-1) < 0
      поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
      allow_closed = ["night"]
      вызвано отсюда (called from): 8800.toml:65:1
      [en] a call may end here without having met anybody (reason night): 6780 min in 6 stretches
      how a call gets here is told above, in Russian
      put a queue, an external number or voicemail before it, or allow the number to end so:
      allow_closed = ["night"]
    "#);
}

#[test]
fn sub_flows_end() {
    let round = "[[flow.number]]\ncall = \"offer\"\nwith = { line = \"tech\", hello = \"param.words\", otherwise = \"message\", vip = true, tariff = \"\", least = 1, hours = \"office\" }\n\n[[flow.number]]\nwhen";
    insta::assert_snapshot!(instead("[[flow.number]]\nwhen", round), @r#"
    endless

      × подветки вызывают друг друга по кругу: number → offer → number
        ╭─[8800.toml:31:8]
     30 │ [[flow.offer]]
     31 │ call = "number"
        ·        ────────
     32 │ with = { words = "param.hello", vip = "param.vip" }
        ╰────

      уберите один из этих вызовов
      вызвано отсюда (called from): 8800.toml:49:1
      [en] sub-flows call each other in a circle: number → offer → number
      remove one of these calls
    "#);

    // Each calls the next one so often: without a bound that is 10⁶ steps, or a depth of 20.
    let refused = |levels: usize, times: usize| {
        let mut many = CALLS.to_owned();
        for n in 0..levels {
            let next = match n + 1 == levels {
                true => "number".to_owned(),
                false => format!("s{}", n + 1),
            };
            let with = "with = { words = \"param.words\", vip = \"param.vip\" }";
            let call = format!("[[flow.s{n}]]\ncall = \"{next}\"\n{with}\n").repeat(times);
            let params = "params = { words = \"prompt\", vip = \"bool\" }";
            many.push_str(&format!("\n[[flow.s{n}]]\n{params}\n{call}"));
        }
        let problems = load(&source(&many)).expect_err("too much");
        let mut told: Vec<_> = problems.iter().map(|it| it.message.clone()).collect();
        told.dedup();
        told
    };
    assert_eq!(
        refused(20, 1),
        ["вызовы подветок слишком глубоки: больше 8 один в другом"]
    );
    assert_eq!(
        refused(6, 10),
        ["вызовы подветок слишком велики: вместе больше 20000 шагов"]
    );
}

#[test]
fn sub_flows_that_are_looked_at_one_by_one_do_not_add_up() {
    let wide = "[[flow.wide]]\nplay = [\"please_wait\"]\n".repeat(150);
    let mut many = format!("{CALLS}\n[[flow.wide]]\nparams = {{}}\n{wide}");
    // Some 7500 steps each by itself.
    for n in 0..3 {
        let calls = format!("[[flow.s{n}]]\ncall = \"wide\"\n").repeat(50);
        many.push_str(&format!("\n[[flow.s{n}]]\nparams = {{}}\n{calls}"));
    }
    let told = loaded(&source(&many)).warnings;
    assert_eq!(told.len(), 4, "nothing calls them: {told:?}");
}

#[test]
fn what_nobody_calls_is_warned_of_and_looked_at() {
    let lonely = "\n[[flow.lonely]]\nparams = { line = \"queue\" }\n\n[[flow.lonely]]\nqueue = \"param.line\"\nwait = \"60s\"\non_timeout = \"message\"\non_full = \"message\"\non_no_operators = \"mesage\"\n";
    let problems = load(&source(&format!("{CALLS}{lonely}"))).expect_err("a bad name");
    let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    unknown_flow

      × нет такой ветки: «mesage»
        ╭─[8800.toml:79:19]
     78 │ on_full = "message"
     79 │ on_no_operators = "mesage"
        ·                   ────────
        ╰────

      возможно, вы имели в виду (did you mean): message
      допустимо (allowed): message, repair, sales
      [en] unknown flow "mesage"
    "#);
    let good = format!("{CALLS}{}", lonely.replace("mesage", "message"));
    let warned: Vec<_> = loaded(&source(&good))
        .warnings
        .iter()
        .map(|it| it.render())
        .collect();
    insta::assert_snapshot!(warned.join("\n"), @r###"
    unused

      ⚠ подветку «lonely» никто не вызывает
        ╭─[8800.toml:71:8]
     70 │
     71 │ [[flow.lonely]]
        ·        ──────
     72 │ params = { line = "queue" }
        ╰────

      [en] nothing calls sub-flow `lonely`
    "###);
}
