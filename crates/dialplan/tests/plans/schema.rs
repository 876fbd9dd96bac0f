//! The schema for editors says what the reader says: each plan that loads fits it, and each key and value it knows is read.
use gudok_dialplan::{Horizon, Source, accept, load, schema};
use jsonschema::Validator;
use serde_json::Value;

use crate::keys::MENU;
use crate::subflows::CALLS;
use crate::support::{hotline, irkutsk, source};

/// A plan in which every key of the language stands.
pub(crate) const EVERY_KEY: &str = r##"
[[number]]
did = ["+78001234567", "+78001234568"]
label = "Горячая линия"
project = "main"
trunk = "carrier"
answer = "answer"
record = "after_notice"
record_consultations = "colleagues"
locale = "ru"
lookup_deadline = "800ms"
zone = "Asia/Irkutsk"
schedule = "office"
after_hours = "night"
busy = "night"
allow_closed = ["night", "gone"]
flow = "main"

[[holidays]]
calendar = "ru"
year = 2026
source = "ТК РФ, ст. 112"
days = [{ date = 2026-01-07, kind = "holiday", name = "Рождество", week = 6 }]

[[holidays]]
calendar = "ru"
year = 2027
source = "ТК РФ, ст. 112"
provisional = true
days = []

[[holidays]]
calendar = "tatarstan"
extends = "ru"
year = 2026
source = "закон республики"
days = [{ date = "2026-03-20", kind = "off" }]

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00"]
holidays = "tatarstan"
week = 5
short_days = "1h"

[schedule.office.dates]
2026-12-30 = "09:00-14:00"
2026-12-31 = "closed"
2026-07-17 = { closed = "переезд" }
2026-07-18 = ["09:00-12:00", "13:00-15:00"]

[roster.duty]
zone = "Asia/Irkutsk"
ring = "30s"
hours = "daily 20:00-08:00"
handover = "accept"
accept_within = "30m"
shifts = [{ person = "ivanov", from = 2026-01-01T00:00:00, till = "2027-12-31T00:00", order = 1, substitute = "petrova" }]

[roster.duty.people]
ivanov = "+79990000101"
petrova = { number = "+79990000102", name = "Анна Петрова", ring = "40s" }

[group.tech]
operators = ["101", "102"]
strategy = "ring_all"
ring = "20s"
wrap_up = "10s"
reject_delay = "5s"
refuse_memory = "60s"
misses_max = 3
ring_max = 20
step = "5s"

[group.reserve]
operators = ["103"]
strategy = "weighted_random"
weights = { 103 = 3 }

[skill.english]
101 = 5
103 = { level = 1, until = "2027-03-01T00:00+03:00" }

[cap.novices]
operators = ["101"]
calls_per_hour = 10
talk_max = "6h"
until = "2027-03-01T00:00+03:00"

[queue.second]
group = "tech"
schedule = "office"
at_close = "leave"
on_closed = "outside"
on_timeout = "outside"
on_full = "outside"
on_no_operators = "outside"
on_error = "outside"
on_removed = "outside"
weight = 20
callers_max = 50
aging = "60s"
aging_max = 8
max_starve = "5m"
needs = { english = 3 }
preempt = true
sticky = { by = "last", wait = "15s" }
relax = [{ after = "20s", add = "reserve" }, { after = "45s", needs = { english = 0 } }]
wrap_up = "20s"
wrap_up_max = "5m"
hold_max = "2m"
survey = "quality"
resume_window = "3m"
callback = { tries = 2, pause = "10m" }
empty = { join = ["logged_out"], leave = ["logged_out", "paused", "in_use", "ringing", "unavailable", "wrap_up", "below_skill"], expects = "office", within = "10m" }

[survey.quality]
prompts = ["rate_call"]
ask_solved = "rate_solved"
thanks = ["rate_thanks"]
low = 2
share = 50
again = "24h"
talk_min = "10s"
tell_operator = true
timeout = "5s"
tries = 2
barge_in = true
on_invalid = ["menu_invalid"]
on_timeout = "please_wait"

[[alarm]]
what = "oldest_waiting"
queue = "tech"
on = "3m"
off = "1m"
for = "10s"

[[alarm]]
what = "service_level"
on = 60
off = 75

[not_ready_reasons]
LUNCH = { text = "Обед", max = "40m", keep_ready = 2 }
TRAINING = "Обучение"

[supervision]
told = false

[outbound]
zone = "Europe/Moscow"
holidays = "ru"
night = "23:00-07:00"
talk_max = "60m"
limits = { at_once = 5, per_hour = 60, roubles_per_day = 10000 }
operator = { at_once = 1, per_hour = 30, roubles_per_day = 3000 }

[outbound.prefixes]
"+7" = { minute = "2.50" }
"+7809" = "denied"
"+375" = { minute = "9,05", zone = "Europe/Minsk" }

[[outbound.cli]]
number = "+74950000001"
owner = "ООО «Ромашка»"
label = "Ромашка поддержка"
category = "Услуги связи"
contract = "77-41"
valid_to = 2027-08-31
purposes = ["service", "debt"]

[law.debt_hours]
article = "230-ФЗ, ст. 7, ч. 3, п. 1"
from = "2017-01-01"
till = 2030-01-01
purposes = ["debt"]
to = ["mobile", "geo"]
hours = "08:00-22:00"
days_off = "09:00-20:00"

[law.debt_contacts]
article = "230-ФЗ, ст. 7, ч. 3, п. 3"
from = 2017-01-01
contacts = { day = 1, week = 2, month = 8 }

[law.ads_consent]
article = "38-ФЗ, ст. 18, ч. 1"
from = 2006-07-01
basis = ["consent"]
proof = true

[law.label]
article = "126-ФЗ, ст. 45, п. 9.1"
from = 2025-09-01
label = true

[dispositions]
OTHER = { text = "Другое", note = true }
REQUEST = "Заявка"

[[flow.offer]]
params = { line = "queue", hello = "prompt", next = "flow", vip = "bool", least = "int", tariff = "text", who = "roster", hours = "schedule" }

[[flow.offer]]
play = "param.hello"

[[flow.offer]]
when = 'param.vip && queue.param.line.ready > param.least && client.name == param.tariff && schedule.param.hours.open && roster.param.who.on_duty > 0'
goto = "param.next"
else = [{ play = ["please_wait"] }]

[[flow.main]]
play = ["greeting", "notice", { say = "date", value = "now.date", case = "genitive", else = "soon" },
    { say = "number", value = "queue.second.waiting", unit = "person" }, { say = "number", value = "1", gender = "neuter" }]
notice = true

[[flow.main]]
lookup = true

[[flow.main]]
menu = ["menu_main"]
keys = { 1 = "people", "*" = [{ play = ["please_wait"] }, { goto = "people" }] }
timeout = "5s"
tries = 2
barge_in = false
type_ahead = true
on_invalid = "menu_invalid"
on_timeout = ["menu_invalid"]
otherwise = "people"

[[flow.people]]
call = "offer"
with = { line = "tech", hello = "greeting", next = "night", vip = true, least = 2, tariff = "gold", who = "duty", hours = "office" }

[[flow.people]]
ask = "account"
prompts = ["ask_account"]
digits = "6-10"
end = "#"
between = "4s"
check = 'answer.startsWith("45")'
timeout = "7s"
tries = 3
barge_in = true
type_ahead = false
on_invalid = ["menu_invalid"]
on_timeout = ["menu_invalid"]
otherwise = [{ set = { asked = true, times = 3, class = 'client.class' } }]

[[flow.people]]
when = 'client.class == "lead"'
then = [{ operator = "answer.account", ring = "20s", music = "music", on_not_answered = "wait", on_unavailable = "wait", on_unknown = "wait" }]

[[flow.people]]
lookup = "answer.account"
by = "account"
deadline = "2s"
on_none = [{ play = ["menu_invalid"] }]
on_many = "wait"
on_error = "wait"

[[flow.people]]
when = 'client.class == "blocked"'
then = [{ hangup = true, allow_hangup = "spam" }]
else = "wait"

[[flow.wait]]
needs = { english = 1 }

[[flow.wait]]
queue = "second"
wait = "60s"
priority = 3
leave_empty = true
music = "music"
announce = { position = true, wait = true, every = "30s", say = ["please_wait"] }
keys = { 1 = [{ callback = "tech" }], "*" = "outside" }
offer = { say = ["queue_callback"], after = "30s", every = "1m", position = 2, wait = "2m" }
on_timeout = "outside"
on_full = "outside"
on_no_operators = "outside"
on_error = "outside"
on_removed = "outside"
on_closed = "outside"

[[flow.outside]]
external = "+79990000101"
trunk = "carrier"
ring = "30s"
music = "music"
on_not_answered = "night"
ack = { prompts = ["duty_ack"], timeout = "10s", keys = { 1 = "take", 2 = "pass" } }

[[flow.night]]
play = ["notice"]
notice = true

[[flow.night]]
duty = "duty"
trunk = "carrier"
music = "music"
on_nobody = "callback"
ack = { prompts = ["duty_ack"] }

[[flow.callback]]
callback = "tech"
due = "20m"
schedule = "office"
key = "1"
other_key = "2"
prompts = ["callback_offer"]
ask_number = ["callback_number"]
check_number = ["callback_check"]
thanks = "goodbye"
keep_place = true
timeout = "5s"
tries = 2
barge_in = true
type_ahead = false
on_invalid = ["menu_invalid"]
on_timeout = ["menu_invalid"]
otherwise = "message"

[[flow.message]]
voicemail = ["voicemail_intro"]
max = "2m"
group = "tech"
due = "1h"
schedule = "office"

[[flow.message]]
when = 'caller.anonymous'
then = [{ close = ["goodbye"], reason = "gone" }]

[[flow.message]]
close = "goodbye"
reason = "night"
"##;

/// Tests in which every key of theirs stands.
const EVERY_TEST: &str = r#"
[[test]]
name = "все ключи"
given = { from = "+79990000042", to = "+78001234567", at = 2026-11-10T12:00:00, region = "RU-IRK", trunk = "carrier", client = { class = "vip", tariff = "gold" }, queues = { second = { waiting = 3, ready = 0, logged_in = 2, longest_wait = 40 } }, accepted = { duty = ["petrova"] }, directory = { account = { 4512345 = { class = "vip" }, 17 = "many" } } }
happens = ["keys 1", "keys 4512345", "answered after 20s", "keys 4", "keys 1"]
expect = { flow = ["main", "people", "offer"], queue = "second", external = [], says = ["greeting"], hears = "ноября", not_says = "goodbye", priority = 3, needs = { english = 1 }, ends = "operator", rating = 4, solved = true }

[[test]]
name = "ночь"
given = { from = "anonymous", to = "+78001234567", at = "2026-11-11T23:00", client = "none" }
happens = "not_answered"
expect = { external = "+79990000102", ends = "voicemail", reason = "gone" }
"#;

fn validator(schema: &str) -> Validator {
    let schema: Value = serde_json::from_str(schema).expect("a schema is JSON");
    jsonschema::draft7::meta::validate(&schema).expect("a schema of draft 7");
    jsonschema::draft7::new(&schema).expect("a schema")
}

/// A file as an editor sees it: moments are texts.
fn seen(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::Datetime(at) => at.to_string().into(),
        toml::Value::Array(list) => list.iter().map(seen).collect(),
        toml::Value::Table(table) => {
            let seen = table.iter().map(|(key, value)| (key.clone(), seen(value)));
            Value::Object(seen.collect())
        }
    }
}

fn read(text: &str) -> toml::Value {
    toml::Value::Table(toml::from_str(text).expect("TOML"))
}

fn fits(validator: &Validator, text: &str) -> Result<(), String> {
    let seen = seen(&read(text));
    let Some(wrong) = validator.iter_errors(&seen).next() else {
        return Ok(());
    };
    let said = wrong.to_string();
    // What stands there is repeated whole where several things may.
    let said = match said.contains("'anyOf'") {
        true => "fits nothing that may stand there",
        false => &said,
    };
    Err(format!("{said} at {}", wrong.instance_path()))
}

fn beside(tests: &str) -> Vec<Source> {
    let mut sources = source(EVERY_KEY);
    sources.push(Source {
        name: "8800.test.toml".into(),
        text: tests.into(),
    });
    sources
}

fn accepted(tests: &str) -> Result<usize, String> {
    let horizon = Horizon::from_now(irkutsk("2026-11-10T12:00")).days(7);
    let accepted = accept(&beside(tests), horizon).map(|accepted| accepted.tests);
    accepted.map_err(|problems| format!("{problems:#?}"))
}

#[test]
fn the_schemas_beside_the_plans_are_those_of_this_version() {
    for (name, made) in [
        ("plan.schema.json", schema::of_plan()),
        ("test.schema.json", schema::of_tests()),
    ] {
        let path = format!("{}/../../dialplans/{name}", env!("CARGO_MANIFEST_DIR"));
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
        assert!(
            parsed(&there) == parsed(&made),
            "dialplans/{name} is another: `gudok schema` prints the one of this version"
        );
    }
}

#[test]
fn every_plan_that_loads_fits() {
    let plans = validator(&schema::of_plan());
    for Source { name, text } in hotline() {
        assert_eq!(fits(&plans, &text), Ok(()), "{name}");
    }
    for text in [MENU, CALLS, EVERY_KEY] {
        if let Err(problems) = load(&source(text)) {
            panic!("{problems:#?}");
        }
        assert_eq!(fits(&plans, text), Ok(()));
    }
    let tests = validator(&schema::of_tests());
    let beside_the_hotline = include_str!("../../../../dialplans/8800.test.toml");
    assert_eq!(fits(&tests, beside_the_hotline), Ok(()));
    assert_eq!(accepted(EVERY_TEST), Ok(2));
    assert_eq!(fits(&tests, EVERY_TEST), Ok(()));
}

/// The keys and values of a document, each by the way to it.
fn ways(value: &toml::Value, here: &[Way], found: &mut Vec<Vec<Way>>) {
    let mut go = |way: Way, inner: &toml::Value| {
        let mut there = here.to_vec();
        there.push(way);
        found.push(there.clone());
        ways(inner, &there, found);
    };
    match value {
        toml::Value::Table(table) => {
            for (key, inner) in table {
                go(Way::Key(key.clone()), inner);
            }
        }
        toml::Value::Array(list) => {
            for (at, inner) in list.iter().enumerate() {
                go(Way::At(at), inner);
            }
        }
        _ => {}
    }
}

#[derive(Clone, PartialEq, Debug)]
enum Way {
    Key(String),
    At(usize),
}

/// The table or list that holds the end of the way.
fn holder<'v>(value: &'v mut toml::Value, way: &[Way]) -> &'v mut toml::Value {
    let inner = &way[..way.len() - 1];
    inner.iter().fold(value, |value, way| match way {
        Way::Key(key) => &mut value[key.as_str()],
        Way::At(at) => &mut value[*at],
    })
}

/// The document with a fraction at the end of the way: no key of the language takes one.
fn with_a_fraction(document: &toml::Value, way: &[Way]) -> toml::Value {
    let mut changed = document.clone();
    let holder = holder(&mut changed, way);
    match way.last().expect("a way") {
        Way::Key(key) => holder[key.as_str()] = 1.5.into(),
        Way::At(at) => holder[*at] = 1.5.into(),
    }
    changed
}

/// The document with the last key of the way spelled otherwise; None: the way ends in a list.
fn with_another_key(document: &toml::Value, way: &[Way]) -> Option<toml::Value> {
    let Some(Way::Key(key)) = way.last() else {
        return None;
    };
    let mut changed = document.clone();
    let table = holder(&mut changed, way).as_table_mut().expect("a table");
    let value = table.remove(key).expect("the key");
    table.insert(format!("{key}-Я"), value);
    Some(changed)
}

/// What is refused of a document by both, by the reader alone, and by the schema alone.
fn compared(text: &str, schema: &Validator, loads: impl Fn(&str) -> bool) -> (usize, Vec<String>) {
    let document = read(text);
    let mut all = Vec::new();
    ways(&document, &[], &mut all);
    let (mut both, mut one) = (0, Vec::new());
    for way in &all {
        let changed = [
            ("a fraction", Some(with_a_fraction(&document, way))),
            ("another key", with_another_key(&document, way)),
        ];
        for (how, changed) in changed {
            let Some(changed) = changed else { continue };
            let written = toml::to_string(&changed).expect("TOML");
            let (read, fits) = (loads(&written), schema.is_valid(&seen(&changed)));
            match (read, fits) {
                (false, false) => both += 1,
                _ => one.push(format!("{how} at {way:?}: reader {read}, schema {fits}")),
            }
        }
    }
    (both, one)
}

#[test]
fn the_reader_and_the_schema_refuse_the_same_keys_and_kinds_of_values() {
    let plans = validator(&schema::of_plan());
    let (both, one) = compared(EVERY_KEY, &plans, |text| load(&source(text)).is_ok());
    assert_eq!(one, Vec::<String>::new());
    assert!(both > 300, "{both}");
    let tests = validator(&schema::of_tests());
    let (both, one) = compared(EVERY_TEST, &tests, |text| {
        let horizon = Horizon::from_now(irkutsk("2026-11-10T12:00")).days(1);
        accept(&beside(text), horizon).is_ok()
    });
    // A client may have fields of any name, and be found by any of any value.
    let is_free = |way: &&String| {
        way.starts_with("another key")
            && (way.contains("\"client\"), Key(") || way.contains("\"directory\"), Key("))
    };
    let told: Vec<&String> = one.iter().filter(|way| !is_free(way)).collect();
    assert_eq!(told, Vec::<&String>::new());
    assert!(both > 50, "{both}");
}

/// Every key of every table of a schema, with its description: which table has which.
fn keys(schema: &Value, found: &mut Vec<(Vec<String>, String)>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                let table: Vec<String> = properties.keys().cloned().collect();
                found.extend(properties.keys().map(|key| (table.clone(), key.clone())));
            }
            object.values().for_each(|inner| keys(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| keys(inner, found)),
        _ => {}
    }
}

/// With the test above: no key is in the schema that the reader does not read.
#[test]
fn the_plans_of_these_tests_have_every_key_of_the_schema() {
    for (schema, text) in [
        (schema::of_plan(), EVERY_KEY),
        (schema::of_tests(), EVERY_TEST),
    ] {
        let mut known = Vec::new();
        keys(&serde_json::from_str(&schema).expect("JSON"), &mut known);
        let (document, mut tables) = (read(text), Vec::new());
        tables_of(&document, &mut tables);
        for (table, key) in known {
            let is_there = |there: &&Vec<String>| {
                there.contains(&key) && there.iter().all(|key| table.contains(key))
            };
            let there = tables.iter().any(|there| is_there(&there));
            // The fields of a client are free.
            assert!(
                there || key == "class",
                "no example of {key} among {table:?}"
            );
        }
    }
}

fn tables_of(value: &toml::Value, found: &mut Vec<Vec<String>>) {
    match value {
        toml::Value::Table(table) => {
            found.push(table.keys().cloned().collect());
            table.values().for_each(|inner| tables_of(inner, found));
        }
        toml::Value::Array(list) => list.iter().for_each(|inner| tables_of(inner, found)),
        _ => {}
    }
}

#[test]
fn mistakes_that_an_editor_can_show_it_shows() {
    let plans = validator(&schema::of_plan());
    let said = |of: &str, bad: &str| {
        assert!(EVERY_KEY.contains(of), "{of}");
        let text = EVERY_KEY.replacen(of, bad, 1);
        assert!(load(&source(&text)).is_err(), "{bad}");
        fits(&plans, &text).expect_err(bad)
    };
    let all = [
        ("strategy = \"ring_all\"", "strategy = \"ringall\""),
        ("misses_max = 3", "misses_max = 1000"),
        ("wrap_up = \"10s\"", "wrap_up = \"10 s\""),
        ("did = [\"+78001234567\", ", "did = [\"88001234567\", "),
        ("operators = ", "operator = "),
        ("[queue.second]", "[queue.Second]"),
        ("kind = \"holiday\"", "kind = \"vacation\""),
        ("vip = \"bool\"", "vip = \"boolean\""),
        ("lookup = true", "lookup = false"),
        ("wait = \"60s\"", "wiat = \"60s\""),
    ];
    let told: Vec<String> = all.iter().map(|(of, bad)| said(of, bad)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "ringall" is not one of "longest_idle", "fewest_calls" or 8 other candidates at /group/tech/strategy
    1000 is greater than the maximum of 100 at /group/tech/misses_max
    "10 s" does not match "^[0-9]+(ms|s|m|h)$" at /group/tech/wrap_up
    fits nothing that may stand there at /number/0/did
    Additional properties are not allowed ('operator' was unexpected) at /group/tech
    Additional properties are not allowed ('Second' was unexpected) at /queue
    "vacation" is not one of "holiday", "off" or 3 other candidates at /holidays/0/days/0/kind
    fits nothing that may stand there at /flow/offer/0
    fits nothing that may stand there at /flow/main/1
    fits nothing that may stand there at /flow/wait/1
    "#);
}
