//! Values in words: what callers hear of facts, what is noted of it, and what is proved beforehand.
use gudok_calendar::Overrides;
use gudok_dialplan::{Horizon, accept, load};
use gudok_model::ClientClass;

use crate::support::{Call, irkutsk, loaded, source, typed};

/// A plan that says this first.
fn plan(play: &str) -> String {
    format!(
        r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
ask = "account"
prompts = ["ask_account"]
digits = "4-10"
otherwise = "main_2"

[[flow.main]]
goto = "main_2"

[[flow.main_2]]
play = {play}

[[flow.main_2]]
close = ["goodbye"]
reason = "over"
"#
    )
}

/// What is said at that step, and why, to a client with these fields who has typed an account.
fn said(play: &str, fields: &[(&str, &str)]) -> String {
    said_by(&plan(play), fields)
}

fn said_by(plan: &str, fields: &[(&str, &str)]) -> String {
    let call = Call::at("+78001234567", "2026-01-12T12:30").of_client(ClientClass::Regular, fields);
    let told = call.story(&loaded(&source(plan)).plan, &[typed("45021702")]);
    let lines = told
        .lines()
        .skip_while(|line| !line.contains("[goto]"))
        .skip(1);
    let lines = lines.take_while(|line| !line.contains("[played]"));
    let shown = lines.map(|line| line.replace("8800.toml:20:1 ", ""));
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_ticket_is_said_in_groups_and_noted_masked() {
    let play =
        r#"["your_ticket", { say = "ticket", value = "client.field.ticket" }, "please_wait"]"#;
    insta::assert_snapshot!(said(play, &[("ticket", "INC-104217")]), @r#"
      [play] фразы: your_ticket, ticket(client.field.ticket), please_wait
      [said] говорим ticket(client.field.ticket): ••••••••17
    Play { prompts: ["your_ticket", "ticket_number", "digit_one", "digit_zero", "digit_four", "pause", "digit_two", "digit_one", "digit_seven", "please_wait"], notice: false }
    "#);
}

#[test]
fn numbers_agree_with_what_is_counted_and_dates_stand_in_their_case() {
    let play = r#"["open", { say = "date", value = "now.date", case = "genitive" },
        { say = "time", value = '"9:00"', case = "genitive" },
        { say = "number", value = "queue.tech.logged_in", unit = "minute" },
        { say = "number", value = "21", gender = "feminine" },
        { say = "duration", value = "client.field.outage" },
        { say = "money", value = "client.field.debt" },
        { say = "position", value = "queue.tech.waiting + 1" }]"#;
    let fields = [("outage", "3661"), ("debt", "1520,50")];
    insta::assert_snapshot!(said(play, &fields), @r#"
      [play] фразы: open, date(now.date), time("9:00"), number(queue.tech.logged_in), number(21), duration(client.field.outage), money(client.field.debt), position(queue.tech.waiting + 1)
      [said] говорим date(now.date): «двенадцатого января»
      [said] говорим time("9:00"): «девяти часов»
      [said] говорим number(queue.tech.logged_in): «две минуты»
      [said] говорим number(21): «двадцать одна»
      [said] говорим duration(client.field.outage): «один час одна минута одна секунда»
      [said] говорим money(client.field.debt): «одна тысяча пятьсот двадцать рублей пятьдесят копеек»
      [said] говорим position(queue.tech.waiting + 1): «Вы первый в очереди»
    Play { prompts: ["open", "dg_12", "month_1", "g_9", "hour_many", "n_2f", "minute_few", "n_20", "n_1f", "digit_one", "hour_one", "n_1f", "minute_one", "n_1f", "second_one", "n_1f", "thousand_one", "n_500", "n_20", "ruble_many", "n_50", "kopeck_many", "you_are", "o_1", "in_queue"], notice: false }
    "#);
}

#[test]
fn what_was_typed_is_read_back_and_nobody_reads_it_in_a_reason() {
    let play = r#"["you_typed", { say = "digits", value = "answer.account" },
        { say = "phone", value = "caller.number" }]"#;
    let told = said(play, &[]);
    insta::assert_snapshot!(told, @r#"
      [play] фразы: you_typed, digits(answer.account), phone(caller.number)
      [said] говорим digits(answer.account): ••••••02
      [said] говорим phone(caller.number): ••••••••••42
    Play { prompts: ["you_typed", "digit_four", "digit_five", "digit_zero", "pause", "digit_two", "digit_one", "digit_seven", "pause", "digit_zero", "digit_two", "plus", "digit_seven", "n_900", "n_90", "digit_nine", "digit_zero", "digit_zero", "digit_zero", "digit_zero", "digit_zero", "n_40", "digit_two"], notice: false }
    "#);
    let reasons: String = told.lines().filter(|line| line.starts_with("  ")).collect();
    assert!(
        !reasons.contains("4502") && !reasons.contains("0042"),
        "{reasons}"
    );
}

#[test]
fn what_cannot_be_said_is_left_out_or_something_else_is_said_with_the_reason() {
    let play = r#"["hello", { say = "date", value = "client.field.visit" },
        { say = "ticket", value = "client.field.ticket", else = ["no_ticket", "please_wait"] },
        { say = "number", value = "client.field.flat" }]"#;
    let fields = [("visit", "завтра"), ("flat", "")];
    insta::assert_snapshot!(said(play, &fields), @r#"
      [play] фразы: hello, date(client.field.visit), ticket(client.field.ticket), number(client.field.flat)
      [not_said] не сказать date(client.field.visit): «завтра» не годится; пропускаем
      [not_said] не сказать ticket(client.field.ticket): client.field.ticket: у клиента нет такого поля; вместо него no_ticket, please_wait
      [not_said] не сказать number(client.field.flat): значения нет; пропускаем
    Play { prompts: ["hello", "no_ticket", "please_wait"], notice: false }
    "#);
}

#[test]
fn mistakes_have_their_place_and_their_remedy() {
    let problems = |play: &str| {
        let problems = load(&source(&plan(play))).expect_err("no such plan");
        let shown = problems.iter().map(|problem| {
            let (line, column) = (problem.line, problem.column);
            let meant = problem.meant.as_ref().map(|it| format!(" ({it}?)"));
            let remedy = problem.remedy.as_ref().map(|it| format!(" → {}", it.ru));
            let (meant, remedy) = (meant.unwrap_or_default(), remedy.unwrap_or_default());
            format!(
                "{line}:{column} {}: {}{meant}{remedy}",
                problem.code, problem.message
            )
        });
        shown.collect::<Vec<_>>().join("\n")
    };
    let told = [
        r#"["a", { say = "tiket", value = "client.field.ticket" }]"#,
        r#"["a", { say = "ticket", value = "clent.field.ticket" }]"#,
        r#"["a", { say = "ticket" }]"#,
        r#"["a", { say = "ticket", value = "client.id", gender = "neuter" }]"#,
        r#"["a", { say = "number", value = "1", gender = "neuter", unit = "day" }]"#,
        r#"["a", { say = "date", value = "queue.tech.ready" }]"#,
        r#"["a", { say = "number", value = "schedule" }]"#,
        r#"["a", { say = "number", value = "1.5" }]"#,
        r#"["a", { say = "time", value = '"24:00"' }]"#,
        r#"["a", { say = "position", value = "0" }]"#,
        r#"[{ say = "ticket", value = "client.field.ticket" }]"#,
        r#"["a", { say = "ticket", value = "client.id", else = [] }]"#,
        r#"["a", { sai = "ticket", value = "client.id" }]"#,
    ]
    .map(problems);
    insta::assert_snapshot!(told.join("\n"), @r#"
    20:22 unknown_word: так значений не говорят: «tiket» (ticket?)
    20:41 unknown_fact: нет такого факта: «clent» (client?)
    20:14 missing_key: не хватает ключа «value» → добавьте строку value = …
    20:53 unknown_key: «gender» здесь ничего не меняет
    20:45 two_meanings: род задаёт то, что считают: gender при unit лишний → уберите gender
    20:38 wrong_type: say = "date" так не говорят: целое число → нужна строка с датой: '"2026-11-23"' или 'client.field.visit'
    20:41 unknown_fact: «schedule» — ещё не значение: после точки нужно слово
    20:41 wrong_type: вслух такого не сказать: дробное число → говорят целые числа и строки; дробное — int(…)
    20:38 out_of_range: такого не сказать как say = "time" → нужна строка со временем: '"9:00"' или 'client.field.visit_time'
    20:42 out_of_range: такого не сказать как say = "position" → нужно место, от 1: 'queue.tech.waiting + 1'
    20:1 unheard: здесь может не прозвучать ничего: значения бывают и такие, что их не сказать → добавьте фразу, или else = "фраза" к одному из значений
    20:60 out_of_range: нужно от 1 до 16 фраз
    20:14 missing_key: не хватает ключа «say» → добавьте строку say = …
    20:16 unknown_key: неизвестный ключ «sai» в say (say?)
    "#);
}

#[test]
fn the_pack_is_asked_for_every_piece_that_a_value_may_need() {
    let play =
        r#"[{ say = "date", value = "client.field.visit", case = "genitive", else = "soon" }]"#;
    let loaded = loaded(&source(&plan(play)));
    let prompts = loaded.plan.prompts();
    assert!(prompts.contains_key("soon"));
    for piece in ["dg_1", "dg_30", "n_20", "month_12"] {
        let place = prompts.get(piece).map(|place| &**place);
        assert_eq!(place, Some("8800.toml:20:1"), "{piece}");
    }
    assert!(!prompts.contains_key("d_1") && !prompts.contains_key("hour_one"));
}

#[test]
fn a_value_may_be_a_parameter_and_a_constant_is_certain() {
    let text = plan(r#"[{ say = "time", value = '"9:00"' }]"#).replace(
        "[[flow.main_2]]\nclose",
        r#"[[flow.hours]]
params = { till = "text", sorry = "prompt" }

[[flow.hours]]
play = [{ say = "time", value = "param.till", case = "genitive", else = "param.sorry" }]

[[flow.main_2]]
call = "hours"
with = { till = "20:00", sorry = "all_busy" }

[[flow.main_2]]
close"#,
    );
    let call = Call::at("+78001234567", "2026-01-12T12:00");
    let told = call.story(&loaded(&source(&text)).plan, &[typed("45021702")]);
    assert!(
        told.contains("«девять часов ровно»") && told.contains("«двадцати часов»"),
        "{told}"
    );
    let wrong = text.replace("till = \"20:00\"", "till = \"20.00\"");
    let problems = load(&source(&wrong)).expect_err("no time");
    assert!(
        problems.iter().any(|it| it.code == "out_of_range"),
        "{problems:?}"
    );
}

#[test]
fn tests_beside_the_plan_hear_the_words() {
    let text = plan(
        r#"["a", { say = "date", value = "now.date" }, { say = "digits", value = "answer.account" }]"#,
    );
    let tests = |words: &str| {
        let mut sources = source(&text);
        sources.push(gudok_dialplan::Source {
            name: "8800.test.toml".into(),
            text: format!(
                r#"[[test]]
name = "дата и счёт"
given = {{ from = "+79990000042", to = "+78001234567", at = "2026-01-12T12:00" }}
happens = ["keys 450217#"]
expect = {{ says = ["a", "goodbye"], hears = {words} }}
"#
            ),
        });
        let now = irkutsk("2026-01-12T12:00");
        accept(&sources, Horizon::from_now(now)).map(|_| ())
    };
    assert_eq!(
        tests(r#"["двенадцатое января", "два один семь"]"#).map_err(|it| it.len()),
        Ok(())
    );
    let problems = tests(r#""тринадцатое января""#).expect_err("another day");
    insta::assert_snapshot!(problems[0].message, @r#"тест «дата и счёт» не прошёл: ожидалось hears = ["тринадцатое января"], а вышло: ["двенадцатое января четыре пять ноль, два один семь"]"#);
}

#[test]
fn what_says_another_value_does_something_else() {
    let version = |play: &str| loaded(&source(&plan(play))).plan;
    let before = version(r#"["a", { say = "date", value = "now.date" }]"#);
    let now = irkutsk("2026-01-12T12:00");
    let parts = |play: &str| {
        let difference =
            version(play).differs_from(&before, Horizon::from_now(now), &Overrides::NONE);
        difference
            .numbers
            .iter()
            .flat_map(|it| &it.ways)
            .map(|way| way.after.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        parts(r#"["a", { say = "date", value = "now.date" }]"#),
        Vec::<String>::new()
    );
    for other in [
        "{ say = \"date\", value = \"now.date\", case = \"genitive\" }",
        "{ say = \"date\", value = \"client.field.visit\" }",
        "\"b\"",
    ] {
        assert_eq!(parts(&format!("[\"a\", {other}]")).len(), 1, "{other}");
    }
}

/// A CRM writes UTC; callers hear the clock of the number. What is no moment is not said.
#[test]
fn a_time_with_its_zone_is_said_as_the_clock_of_the_number_shows_it() {
    let play = r#"["hello", { say = "date", value = "client.field.visit" }, { say = "time", value = "client.field.visit" },
        { say = "time", value = "client.field.later" }]"#;
    let fields = [("visit", "2026-11-23T20:21:00Z"), ("later", "20:21+03:00")];
    let there = plan(play).replace(
        "record = \"off\"",
        "record = \"off\"\nschedule = \"all\"\nafter_hours = \"main\"",
    ) + "\n[schedule.all]\nzone = \"Asia/Irkutsk\"\nwindows = [\"mon-fri 09:00-18:00\"]\n";
    insta::assert_snapshot!(said_by(&there, &fields), @r#"
      8800.toml:13:1 [ask] спрашиваем «account», фразы: ask_account
    Ask { prompts: ["ask_account"], answer: Some("account"), keys: Keys { most: 10, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:13:1 [typed] «account»: набрано ••••••02
      8800.toml:19:1 [goto] переход в ветку «main_2»
      8800.toml:22:1 [play] фразы: hello, date(client.field.visit), time(client.field.visit), time(client.field.later)
      8800.toml:22:1 [said] говорим date(client.field.visit): «двадцать четвёртое ноября»
      8800.toml:22:1 [said] говорим time(client.field.visit): «четыре часа двадцать одна минута»
      8800.toml:22:1 [not_said] не сказать time(client.field.later): это не время; пропускаем
    Play { prompts: ["hello", "n_20", "d_4", "month_11", "digit_four", "hour_few", "n_20", "n_1f", "minute_one"], notice: false }
    "#);
}
