//! What conditions see, and what becomes of those that cannot be told.
use gudok_dialplan::load;
use gudok_model::{ClientClass, Confidence, Region};

use crate::support::{Call, loaded, source};

/// The last reason of a call's first condition.
fn asked(condition: &str, call: &Call) -> String {
    let text = format!(
        r#"
[[number]]
did = "+78001234567"
record = "off"
zone = "Asia/Irkutsk"
flow = "main"

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00"]

[group.tech]
operators = ["101"]

[[flow.main]]
when = '''{condition}'''
then = [{{ close = ["goodbye"], reason = "yes" }}]

[[flow.main]]
close = ["goodbye"]
reason = "no"
"#
    );
    let plan = loaded(&source(&text)).plan;
    let story = call.story(&plan, &[]);
    let line = story.lines().next().unwrap_or_default();
    line.split_once('[')
        .map(|(_, rest)| format!("[{rest}"))
        .unwrap_or_default()
}

fn call() -> Call {
    Call::at("+78001234567", "2026-01-12T12:34")
}

#[test]
fn every_fact_can_be_asked() {
    let vip = call().of_client(ClientClass::Vip, &[("tariff", "gold"), ("debt", "1500")]);
    let conditions = [
        r#"caller.number.startsWith("+7999") && caller.kind == "mobile" && !caller.anonymous"#,
        r#"caller.display == "" && dialled.number == "+78001234567" && trunk == "carrier""#,
        r#"client.match == "one" && client.id == "17" && client.name.contains("Пример")"#,
        r#"client.class in ["vip", "engineer"] && client.source == "local""#,
        r#"client.field["tariff"] == "gold" && client.field.tariff == "gold""#,
        r#"has(client.field.debt) && int(client.field.debt) > 1000"#,
        r#""debt" in client.field && size(client.field) == 2"#,
        r#"schedule.office.open && schedule.office.reason == "open""#,
        r#"now.hour == 12 && now.minute == 34 && now.weekday == "mon" && now.date == "2026-01-12""#,
        r#"queue.tech.ready == 1 && queue.tech.logged_in >= 1 && queue.tech.waiting + 1 == 1"#,
        r#"queue.tech.longest_wait < 60 ? true : false"#,
        r#"["+7999", "+7395"].exists(code, caller.number.startsWith(code))"#,
    ];
    let answers: Vec<_> = conditions
        .iter()
        .map(|condition| asked(condition, &vip))
        .collect();
    insta::assert_snapshot!(answers.join("\n"), @r#"
    [condition_true] верно: caller.number.startsWith("+7999") && caller.kind == "mobile" && !caller.anonymous (caller.number = "+7999•••0042"; caller.kind = "mobile"; caller.anonymous = false)
    [condition_true] верно: caller.display == "" && dialled.number == "+78001234567" && trunk == "carrier" (caller.display = ""; dialled.number = "+7800•••4567"; trunk = "carrier")
    [condition_true] верно: client.match == "one" && client.id == "17" && client.name.contains("Пример") (client.match = "one"; client.id = "17"; client.name = "ООО «Пример»")
    [condition_true] верно: client.class in ["vip", "engineer"] && client.source == "local" (client.class = "vip"; client.source = "local")
    [condition_true] верно: client.field["tariff"] == "gold" && client.field.tariff == "gold" (client.field: полей 2; client.field.tariff = "gold")
    [condition_true] верно: has(client.field.debt) && int(client.field.debt) > 1000 (client.field: полей 2; client.field.debt = "1500")
    [condition_true] верно: "debt" in client.field && size(client.field) == 2 (client.field: полей 2)
    [condition_true] верно: schedule.office.open && schedule.office.reason == "open" (график «office» открыт)
    [condition_true] верно: now.hour == 12 && now.minute == 34 && now.weekday == "mon" && now.date == "2026-01-12" (now.hour = 12; now.minute = 34; now.weekday = "mon"; now.date = "2026-01-12")
    [condition_true] верно: queue.tech.ready == 1 && queue.tech.logged_in >= 1 && queue.tech.waiting + 1 == 1 (queue.tech.ready = 1; queue.tech.logged_in = 2; queue.tech.waiting = 0)
    [condition_true] верно: queue.tech.longest_wait < 60 ? true : false (queue.tech.longest_wait = 0)
    [condition_true] верно: ["+7999", "+7395"].exists(code, caller.number.startsWith(code)) (caller.number = "+7999•••0042")
    "#);
}

#[test]
fn what_cannot_be_told_is_false() {
    let answers = [
        asked(r#"client.field.tariff == "gold""#, &call()),
        asked(
            r#"client.field.tariff != "gold""#,
            &call().of_client(ClientClass::Regular, &[]),
        ),
        asked(r#"client.field["tariff"] == "gold""#, &call()),
        asked(
            r#"has(client.field.tariff) && client.field.tariff == "gold""#,
            &call(),
        ),
        asked(r#"int(client.name) > 0"#, &call()),
        asked(r#"100 / queue.tech.waiting > 0"#, &call()),
        asked(
            r#"client.field.tariff == "gold" || caller.kind == "mobile""#,
            &call(),
        ),
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    [condition_error] не вычислилось, значит неверно: client.field.tariff == "gold" (client.field.tariff: у клиента нет такого поля)
    [condition_error] не вычислилось, значит неверно: client.field.tariff != "gold" (client.field.tariff: у клиента нет такого поля)
    [condition_error] не вычислилось, значит неверно: client.field["tariff"] == "gold" (у клиента нет поля «tariff»)
    [condition_false] неверно: has(client.field.tariff) && client.field.tariff == "gold" (client.field: полей 0; client.field.tariff: нет такого поля)
    [condition_error] не вычислилось, значит неверно: int(client.name) > 0 (int(…): это не число)
    [condition_error] не вычислилось, значит неверно: 100 / queue.tech.waiting > 0 (деление на ноль)
    [condition_true] верно: client.field.tariff == "gold" || caller.kind == "mobile" (client.field.tariff: нет такого поля; caller.kind = "mobile")
    "#);
}

#[test]
fn an_anonymous_caller_has_no_number() {
    let anonymous = call().anonymous();
    insta::assert_snapshot!(asked(r#"caller.anonymous && caller.number == """#, &anonymous), @r#"[condition_true] верно: caller.anonymous && caller.number == "" (caller.anonymous = true; caller.number = "")"#);
    insta::assert_snapshot!(asked(r#"client.match == "no_number""#, &anonymous), @r#"[condition_true] верно: client.match == "no_number" (client.match = "no_number")"#);
}

/// On a Sunday at 23:34 in Irkutsk, where the line is; in Vladivostok it is Monday already.
fn from(code: &str, zone: Option<&str>, confidence: Confidence) -> Call {
    let mut call = Call::at("+78001234567", "2026-01-11T23:34");
    call.caller.region = Some(Region {
        code: code.into(),
        also: (code == "RU-MOW").then(|| "RU-MOS".into()),
        name: "Приморский край".into(),
        zone: zone.map(Into::into),
        confidence,
    });
    call
}

#[test]
fn the_region_of_the_caller_and_the_time_there_can_be_asked() {
    let far = from("RU-PRI", Some("Asia/Vladivostok"), Confidence::Mobile);
    for condition in [
        r#"caller.region == "RU-PRI" && caller.region_also == """#,
        r#"caller.region_name.contains("Приморский") && caller.zone == "Asia/Vladivostok""#,
        r#"caller.region_confidence in ["exact", "code", "mobile"]"#,
        r#"caller.local_hour == 1 && caller.local_weekday == "mon" && now.weekday == "sun""#,
    ] {
        let answer = asked(condition, &far);
        assert!(answer.starts_with("[condition_true]"), "{answer}");
    }
    let moscow = from("RU-MOW", Some("Europe/Moscow"), Confidence::Mixed);
    let either = r#""RU-MOS" in [caller.region, caller.region_also]"#;
    assert!(asked(either, &moscow).starts_with("[condition_true]"));
}

#[test]
fn where_the_time_of_the_caller_is_not_known_no_condition_on_it_holds() {
    let (nowhere, country) = (call(), from("RU", None, Confidence::Country));
    let answers = [
        asked(
            r#"caller.region == "" && caller.region_confidence == "unknown""#,
            &nowhere,
        ),
        asked(r#"caller.local_hour < 9"#, &nowhere),
        asked(r#"!(caller.local_hour < 9)"#, &country),
        asked(r#"caller.local_weekday != "sun""#, &country),
        asked(r#"caller.zone == "" || caller.local_hour < 9"#, &country),
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    [condition_true] верно: caller.region == "" && caller.region_confidence == "unknown" (caller.region = ""; caller.region_confidence = "unknown")
    [condition_error] не вычислилось, значит неверно: caller.local_hour < 9 (caller.local_hour: часовой пояс звонящего неизвестен)
    [condition_error] не вычислилось, значит неверно: !(caller.local_hour < 9) (caller.local_hour: часовой пояс звонящего неизвестен)
    [condition_error] не вычислилось, значит неверно: caller.local_weekday != "sun" (caller.local_weekday: часовой пояс звонящего неизвестен)
    [condition_true] верно: caller.zone == "" || caller.local_hour < 9 (caller.zone = ""; caller.local_hour: часовой пояс звонящего неизвестен)
    "#);
}

/// Which complaint a plan with this condition gets; None: it loads.
fn refused(condition: &str) -> Option<String> {
    let text = format!(
        "[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nzone = \"Asia/Irkutsk\"\nflow = \"main\"\n\n[[flow.main]]\nwhen = '''{condition}'''\nthen = [{{ close = [\"goodbye\"], reason = \"yes\" }}]\n\n[[flow.main]]\nclose = [\"goodbye\"]\nreason = \"no\"\n"
    );
    let problems = load(&source(&text)).err()?;
    let codes: Vec<&str> = problems.iter().map(|it| it.code).collect();
    Some(codes.join(" "))
}

/// A condition of exactly so many bytes: as many terms as go into it.
fn of_bytes(bytes: usize) -> String {
    let terms = "now.hour>1||".repeat(bytes / 12 - 2);
    let last = "now.hour>1";
    let filled = format!("{terms}{last}");
    let spaces = " ".repeat(bytes - filled.len());
    format!("{filled}{spaces}")
}

fn in_brackets(deep: usize) -> String {
    format!("{}now.hour > 1{}", "(".repeat(deep), ")".repeat(deep))
}

/// What a decision may cost is bounded by what may be written: so long, so deep, one loop at a time.
#[test]
fn a_condition_has_a_budget() {
    assert_eq!(refused(&of_bytes(1_000)), None);
    assert_eq!(refused(&of_bytes(1_001)).as_deref(), Some("too_long"));
    assert_eq!(refused(&in_brackets(40)), None);
    assert_eq!(refused(&in_brackets(41)).as_deref(), Some("too_long"));
    let signs = |count: usize| format!("{}(now.hour > 1)", "!".repeat(count));
    assert_eq!(refused(&signs(38)), None);
    assert_eq!(refused(&signs(40)).as_deref(), Some("too_long"));

    let one = r#"["1", "2"].exists(a, a == trunk)"#;
    assert_eq!(refused(&format!("{one} || {one}")), None);
    let two = r#"["1", "2"].exists(a, ["3", "4"].exists(b, a + b == trunk))"#;
    assert_eq!(refused(two).as_deref(), Some("bad_condition"));
    // In the list that is gone through, too, a loop would multiply the work of the other.
    let many = "1, ".repeat(150);
    let wide = format!("[{many}1].exists(a, [{many}1].exists(b, a < b))");
    assert_eq!(refused(&wide).as_deref(), Some("bad_condition"));
}

/// As wide and as deep as may be written, it is still decided.
#[test]
fn the_largest_condition_is_decided() {
    for condition in [of_bytes(1_000), in_brackets(40), "1+".repeat(490) + "1 > 0"] {
        let told = asked(&condition, &call());
        assert!(told.starts_with("[condition_true]"), "{told}");
    }
}
