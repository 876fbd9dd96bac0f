//! No hour of the next year is left unanswered: what the proof finds, and that a clock read every minute finds the same.
use std::collections::BTreeSet;
use std::fmt::Write as _;

use gudok_dialplan::coverage::{Coverage, Ending};
use gudok_dialplan::{Decision, Horizon, Plan, Severity, Source, StepEnd, accept};
use gudok_model::{ClientClass, Name, Wall};
use proptest::prelude::*;

use crate::keys::MENU;
use crate::support::{Call, hotline, irkutsk, loaded, source};

const MINUTE: i64 = 60_000_000;

/// A line that is served round the clock, with this in its schedule.
fn round_the_clock(dates: &str) -> String {
    format!(
        r#"
[[number]]
did = "+78001234567"
label = "Круглые сутки"
schedule = "round"
flow = "main"
after_hours = "night"
allow_closed = []
record = "off"

[schedule.round]
zone = "Asia/Irkutsk"
windows = ["00:00-24:00"]

[schedule.round.dates]
{dates}

[group.tech]
operators = ["101"]

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "night"
on_no_operators = "night"
on_full = "night"

[[flow.night]]
close = ["night_closed"]
reason = "night"
"#
    )
}

fn refused(sources: &[Source]) -> String {
    let horizon = Horizon::from_now(irkutsk("2026-11-10T12:00"));
    let problems = accept(sources, horizon).expect_err("refused");
    let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    shown.join("\n")
}

#[test]
fn ten_minutes_that_nobody_serves_are_named() {
    let hole = "2027-01-03 = [\"00:00-02:00\", \"02:10-24:00\"]";
    insta::assert_snapshot!(refused(&source(&round_the_clock(hole))), @r#"
uncovered

  × номер «Круглые сутки»: вызов может кончиться здесь, ни с кем не поговорив (причина night): вс
  │ 03.01.2027 02:00–02:10; всего 10 мин из 9600 ч
    ╭─[8800.toml:29:1]
 28 │ [[flow.night]]
 29 │ close = ["night_closed"]
    · ─────
 30 │ reason = "night"
    ╰────

  как вызов сюда попадает:
    8800.toml:5:12: неверно: schedule.round.open (график «round» закрыт: 02:00, воскресенье,
  рабочие часы 00:00–02:00, 02:10–24:00)
  поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
  allow_closed = ["night"]
  [en] a call may end here without having met anybody (reason night): 10 min in 1 stretches
"#);
    let whole = accept(
        &source(&round_the_clock("")),
        Horizon::from_date("2026-11-10").expect("a date"),
    );
    assert!(whole.is_ok_and(|accepted| accepted.warnings.is_empty()));
}

#[test]
fn the_hotline_ends_as_it_says() {
    let plan = loaded(&hotline()).plan;
    let coverage = plan.coverage(Horizon::from_date("2026-12-28").expect("a date").days(8));
    insta::assert_snapshot!(told(&coverage), @r#"
Горячая линия: cells 8
  540 min {External { number: "+7999•••0101" }, Voicemail}
  660 min {Queue { queue: "tech" }, Closed { reason: "blocked", place: "8800.toml:128:1" }}
  780 min {External { number: "+7999•••0101" }, Voicemail}
  660 min {Queue { queue: "tech" }, Closed { reason: "blocked", place: "8800.toml:128:1" }}
  780 min {External { number: "+7999•••0101" }, Voicemail}
  300 min {Queue { queue: "tech" }, Closed { reason: "blocked", place: "8800.toml:128:1" }}
  2040 min {External { number: "+7999•••0101" }, Voicemail}
  5760 min {External { number: "+7999•••0101" }, Closed { reason: "holiday", place: "8800.toml:145:11" }}
Аварийная линия: cells 1
  11520 min {Queue { queue: "tech" }}
"#);
}

fn told(coverage: &Coverage) -> String {
    let mut told = String::new();
    for number in &coverage.numbers {
        writeln!(told, "{}: cells {}", number.label, number.cells).expect("a string takes all");
        for stretch in &number.stretches {
            let hours = (stretch.until.0 - stretch.from.0) / MINUTE;
            writeln!(told, "  {hours} min {:?}", stretch.ends).expect("a string takes all");
        }
        assert_eq!(number.gaps, []);
    }
    told
}

#[test]
fn a_number_that_says_nothing_is_only_warned() {
    let text = round_the_clock("2027-01-03 = \"closed\"").replace("allow_closed = []\n", "");
    let accepted = accept(
        &source(&text),
        Horizon::from_date("2026-11-10").expect("a date"),
    );
    let warnings = accepted.expect("accepted").warnings;
    let shown: Vec<_> = warnings
        .iter()
        .map(|problem| problem.message.clone())
        .collect();
    insta::assert_debug_snapshot!(shown, @r#"
[
    "номер «Круглые сутки»: вызов может кончиться здесь, ни с кем не поговорив (причина night): вс 03.01.2027 00:00–24:00; всего 24 ч из 9600 ч",
]
"#);
    assert!(
        warnings
            .iter()
            .all(|problem| problem.severity == Severity::Warning)
    );
}

#[test]
fn an_allowed_reason_is_one_that_there_is() {
    let text = round_the_clock("").replace("allow_closed = []", "allow_closed = [\"nigt\"]");
    insta::assert_snapshot!(refused(&source(&text)), @r#"
unknown_reason

  × нет закрывающей фразы с причиной «nigt»
   ╭─[8800.toml:8:17]
 7 │ after_hours = "night"
 8 │ allow_closed = ["nigt"]
   ·                 ──────
 9 │ record = "off"
   ╰────

  возможно, вы имели в виду: night
  допустимо: night
  [en] no closing phrase has the reason "nigt"
"#);
}

/// A roster is written for two nights; after the last turn there is nobody.
#[test]
fn nights_that_nobody_is_on_duty_are_named() {
    let turns = r#"
[roster.duty]
zone = "Asia/Irkutsk"
shifts = [{ person = "ivanov", from = 2026-11-10T00:00:00, till = 2026-11-11T08:00:00 }, { person = "ivanov", from = 2026-11-11T08:30:00, till = 2026-11-12T00:00:00 }]

[roster.duty.people]
ivanov = "+79990000101"

[[flow.away]]
duty = "duty"
on_nobody = "night"
"#;
    let text = round_the_clock("2026-11-11 = \"closed\"");
    let text = text.replace("after_hours = \"night\"", "after_hours = \"away\"") + turns;
    insta::assert_snapshot!(refused(&source(&text)), @r#"
uncovered

  × номер «Круглые сутки»: вызов может кончиться здесь, ни с кем не поговорив (причина night): ср
  │ 11.11.2026 08:00–08:30; всего 30 мин из 9600 ч
    ╭─[8800.toml:29:1]
 28 │ [[flow.night]]
 29 │ close = ["night_closed"]
    · ─────
 30 │ reason = "night"
    ╰────

  как вызов сюда попадает:
    8800.toml:5:12: неверно: schedule.round.open (график «round» закрыт: 11 ноября — закрыто в
  графике)
    8800.toml:40:1: график дежурств «duty»: никто не дежурит
  поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
  allow_closed = ["night"]
  [en] a call may end here without having met anybody (reason night): 30 min in 1 stretches
"#);
    let always = round_the_clock("2026-11-11 = [\"00:00-08:00\", \"09:00-24:00\"]");
    let always = always.replace("after_hours = \"night\"", "after_hours = \"away\"");
    let always = always + &turns.replace("08:30", "08:00");
    let proved = loaded(&source(&always))
        .plan
        .coverage(Horizon::from_date("2026-11-11").expect("a date").days(1));
    insta::assert_snapshot!(told(&proved), @r#"
Круглые сутки: cells 3
  480 min {Queue { queue: "tech" }}
  60 min {Duty { roster: "duty" }}
  900 min {Queue { queue: "tech" }}
"#);
}

/// Every key, and none, is a way.
#[test]
fn a_key_behind_which_nobody_is_is_named() {
    let text = MENU.replace(
        "record = \"off\"",
        "record = \"off\"\nallow_closed = [\"gold\"]",
    );
    insta::assert_snapshot!(refused(&source(&text)), @r#"
circle

  ⚠ звонок может ходить по кругу через ветку «main»
    ╭─[8800.toml:12:1]
 11 │ [[flow.main]]
 12 │ menu = ["welcome"]
    · ────
 13 │ on_invalid = ["no_such_key"]
    ╰────

  круг оборвётся после 200 шагов закрывающей фразой
  [en] a call can go round through flow `main`

uncovered

  × номер «+78001234567»: вызов может кончиться здесь, ни с кем не поговорив (причина plain): вт
  │ 10.11.2026 00:00 – вт 14.12.2027 24:00; всего 9600 ч из 9600 ч
    ╭─[8800.toml:33:1]
 32 │ [[flow.main]]
 33 │ close = ["plain"]
    · ─────
 34 │ reason = "plain"
    ╰────

  как вызов сюда попадает:
    8800.toml:29:1: если неверно: vars.class == "gold" && vars.times == 2 && vars.known
  поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
  allow_closed = ["plain"]
  [en] a call may end here without having met anybody (reason plain): 576000 min in 1 stretches
"#);
}

/// Two hundred schedules of windows, short weeks and holidays, fifty numbers that each look at some of them: the work is
/// that of the cells, and not of the minutes of a year (576 000 for each number).
#[test]
fn fifty_numbers_and_two_hundred_schedules_are_little_work() {
    let mut text = String::from(
        "[group.tech]\noperators = [\"101\"]\n\n[[flow.message]]\nvoicemail = [\"voicemail_intro\"]\n\n[[flow.message]]\nclose = [\"goodbye\"]\nreason = \"night\"\n",
    );
    for i in 0..200 {
        let (from, to) = (i % 12, 12 + i % 11);
        write!(text, "\n[schedule.s{i}]\nzone = \"{}\"\nwindows = [\"mon-fri {from:02}:{:02}-{to}:15\", \"sat,sun 22:00-08:{:02}\"]\n", ZONES[i % 4], i % 60, i % 60).expect("a string takes all");
    }
    for i in 0..50 {
        let (a, b, c, d) = (i, 50 + i, 100 + i, 150 + i);
        write!(
            text,
            "\n[[number]]\ndid = \"+780012345{i:02}\"\nrecord = \"off\"\nallow_closed = []\nschedule = \"s{a}\"\nflow = \"main{i}\"\nafter_hours = \"night{i}\"\n\n[[flow.main{i}]]\nqueue = \"tech\"\nwait = \"60s\"\non_timeout = \"night{i}\"\non_no_operators = \"night{i}\"\non_full = \"night{i}\"\n\n[[flow.night{i}]]\nwhen = 'schedule.s{b}.open && now.hour >= 9 && client.class != \"vip\"'\ngoto = \"message\"\n\n[[flow.night{i}]]\nwhen = 'schedule.s{c}.reason == \"hours\" || schedule.s{d}.open'\ngoto = \"message\"\n\n[[flow.night{i}]]\nexternal = \"+79990000101\"\non_not_answered = \"message\"\n"
        )
        .expect("a string takes all");
    }
    let plan = loaded(&source(&text)).plan;
    let coverage = plan.coverage(Horizon::from_date("2026-11-10").expect("a date"));
    let cells: usize = coverage.numbers.iter().map(|number| number.cells).sum();
    assert!(coverage.numbers.iter().all(|number| number.gaps.is_empty()));
    assert!(cells > 50_000, "{cells}");
    assert!(coverage.evaluated < 20_000, "{}", coverage.evaluated);
    assert!(coverage.walked < 1_000, "{}", coverage.walked);
}

const ZONES: [&str; 4] = [
    "Asia/Irkutsk",
    "Europe/Moscow",
    "Europe/Berlin",
    "Asia/Kamchatka",
];

/// A condition with facts of the call that no other asks: `u` is how many there were before.
fn condition() -> impl Strategy<Value = String> {
    let time = prop_oneof![
        prop::sample::select(&["a", "b"][..]).prop_map(|s| format!("schedule.{s}.open")),
        (
            prop::sample::select(&["a", "b"][..]),
            prop::sample::select(&["open", "date", "holiday", "day_off", "weekday", "hours"][..])
        )
            .prop_map(|(s, why)| format!("schedule.{s}.reason == \"{why}\"")),
        (0..3).prop_map(|count| format!("roster.r.on_duty >= {count}")),
        prop::sample::select(&["x", "y", ""][..])
            .prop_map(|who| format!("roster.r.first == \"{who}\"")),
        (0..24).prop_map(|hour| format!("now.hour >= {hour}")),
        (0..1440).prop_map(|minute| format!("now.hour * 60 + now.minute < {minute}")),
        prop::sample::select(&["mon", "sat", "sun"][..])
            .prop_map(|day| format!("now.weekday == \"{day}\"")),
        Just("now.date == \"2026-10-25\"".to_owned()),
    ];
    let call = Just("has(client.field.U)".to_owned());
    let leaf = prop_oneof![3 => time, 1 => call];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

/// Where a condition leads.
fn branch() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "goto = \"next\"",
            "then = [{ close = [\"goodbye\"], reason = \"one\" }]",
            "then = [{ close = [\"goodbye\"], reason = \"two\" }]",
            "then = [{ voicemail = [\"voicemail_intro\"] }, { close = [\"goodbye\"], reason = \"message_taken\" }]",
            "then = [{ play = [\"greeting\"] }]",
            "then = [{ duty = \"r\", on_nobody = \"last\" }]",
        ][..],
    )
}

fn windows() -> impl Strategy<Value = String> {
    let days = prop::sample::select(&["mon-fri", "sat,sun", "daily", "sun", "fri"][..]);
    let time = prop_oneof![3 => (0u16..96).prop_map(|q| q * 15), 1 => 0u16..1440];
    (days, time.clone(), time).prop_filter_map("empty", |(days, from, to)| {
        (from != to).then(|| {
            format!(
                "\"{days} {:02}:{:02}-{:02}:{:02}\"",
                from / 60,
                from % 60,
                to / 60,
                to % 60
            )
        })
    })
}

/// A turn of these days, by people who may be there together or not at all.
fn turn() -> impl Strategy<Value = String> {
    let hours = (0u16..72, 1u16..30, 0u16..60);
    (prop::sample::select(&["x", "y"][..]), hours, 0..3).prop_map(
        |(who, (from, long, minute), order)| {
            let at = |hour: u16| {
                format!(
                    "2026-10-{:02}T{:02}:{minute:02}:00",
                    24 + hour / 24,
                    hour % 24
                )
            };
            format!(
                "{{ person = \"{who}\", from = {}, till = {}, order = {order} }}",
                at(from),
                at(from + long)
            )
        },
    )
}

prop_compose! {
    /// A plan over the days on which clocks are set back in Berlin and some are exceptions, and how many facts of the call it asks.
    fn plan()(
        zones in prop::collection::vec(prop::sample::select(&ZONES[..]), 3),
        windows in prop::collection::vec(prop::collection::vec(windows(), 1..3), 2),
        date in prop::sample::select(&["\"closed\"", "\"10:00-12:30\"", "[\"00:00-02:00\", \"02:10-24:00\"]"][..]),
        kind in prop::sample::select(&["holiday", "off", "short", "work"][..]),
        turns in prop::collection::vec(turn(), 0..4),
        main in prop::collection::vec((condition(), branch()), 1..4),
        next in prop::collection::vec((condition(), branch()), 0..3),
    ) -> (String, usize) {
        let mut text = format!(
            "[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nzone = \"{}\"\nschedule = \"a\"\nflow = \"main\"\nafter_hours = \"next\"\nallow_closed = []\n\n[group.tech]\noperators = [\"101\"]\n\n[[holidays]]\ncalendar = \"ru\"\nyear = 2026\nsource = \"test\"\ndays = [{{ date = 2026-10-26, kind = \"{kind}\" }}]\n", zones[2]);
        for (name, (zone, windows)) in ["a", "b"].iter().zip(zones.iter().zip(&windows)) {
            let windows = windows.join(", ");
            write!(text, "\n[schedule.{name}]\nzone = \"{zone}\"\nwindows = [{windows}]\nholidays = \"ru\"\nshort_days = \"1h\"\n\n[schedule.{name}.dates]\n2026-10-25 = {date}\n").expect("a string takes all");
        }
        let turns = turns.join(", ");
        write!(text, "\n[roster.r]\nzone = \"{}\"\nshifts = [{turns}]\n\n[roster.r.people]\nx = \"+79990000111\"\ny = \"+79990000112\"\n", zones[0]).expect("a string takes all");
        let mut unknown = 0;
        for (flow, steps) in [("main", main), ("next", next)] {
            for (condition, branch) in steps {
                let mut named = String::new();
                for (i, part) in condition.split(".U").enumerate() {
                    if i > 0 {
                        write!(named, ".u{unknown}").expect("a string takes all");
                        unknown += 1;
                    }
                    named.push_str(part);
                }
                // A flow that leads to itself would be a circle.
                let branch = if flow == "next" { branch.replace("goto = \"next\"", "goto = \"last\"") } else { branch.to_owned() };
                write!(text, "\n[[flow.{flow}]]\nwhen = '{named}'\n{branch}\n").expect("a string takes all");
            }
            write!(text, "\n[[flow.{flow}]]\nqueue = \"tech\"\nwait = \"60s\"\non_timeout = \"last\"\non_no_operators = \"last\"\non_full = \"last\"\n").expect("a string takes all");
        }
        text.push_str("\n[[flow.last]]\nclose = [\"goodbye\"]\nreason = \"last\"\n");
        (text, unknown)
    }
}

/// What a call of this minute comes to first, by the very code that serves it.
fn first(plan: &Plan, call: &Call) -> Ending {
    let (number, mut cursor) = plan.enter(&call.dialled, &call.trunk).expect("our number");
    let mut end = None;
    loop {
        let step = plan.step(number, &cursor, end, &call.facts());
        let place = || -> Name {
            step.reasons
                .last()
                .and_then(|r| r.place.clone())
                .expect("a place")
        };
        match &step.decision {
            Decision::Queue { queue, .. } => {
                return Ending::Queue {
                    queue: queue.as_str().into(),
                };
            }
            Decision::External { .. } if step.reasons.iter().any(|r| &*r.code == "duty") => {
                return Ending::Duty { roster: "r".into() };
            }
            Decision::External { number, .. } => {
                return Ending::External {
                    number: number.masked(),
                };
            }
            Decision::Voicemail { .. } => return Ending::Voicemail,
            Decision::Close { reason, .. } => {
                return Ending::Closed {
                    reason: reason.clone(),
                    place: place(),
                };
            }
            Decision::HangUp { reason } => {
                return Ending::HungUp {
                    reason: reason.clone(),
                };
            }
            Decision::AwaitLookup { .. } => end = Some(StepEnd::LookedUp),
            Decision::Play { .. } => end = Some(StepEnd::Played),
            Decision::Ask { .. } => end = Some(StepEnd::Silent),
        }
        cursor = step.cursor;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, max_global_rejects: 4096, ..ProptestConfig::default() })]

    /// Three days, minute by minute, every caller the plan can tell from another.
    #[test]
    fn the_proof_is_what_each_minute_says((text, unknown) in plan()) {
        prop_assume!(unknown <= 2);
        // Where a step can never be come to, there is no plan; the proof is about plans.
        let Ok(loaded) = gudok_dialplan::load(&source(&text)) else { return Err(TestCaseError::reject("no plan")) };
        let plan = loaded.plan;
        let coverage = plan.coverage(Horizon::from_date("2026-10-24").expect("a date").days(3));
        let covered = &coverage.numbers[0];
        let names: Vec<String> = (0..unknown).map(|i| format!("u{i}")).collect();
        let mut calls: Vec<Call> = (0..1usize << unknown)
            .map(|mask| {
                let fields: Vec<(&str, &str)> = names.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, n)| (n.as_str(), "x")).collect();
                Call::at("+78001234567", "2026-01-12T12:00").of_client(ClientClass::Regular, &fields)
            })
            .collect();
        let mut stretches = covered.stretches.iter().peekable();
        let mut at = covered.from;
        while at < covered.to {
            while stretches.next_if(|stretch| stretch.until <= at).is_some() {}
            let proved = &stretches.peek().expect("the span is covered").ends;
            let mut found = BTreeSet::new();
            for call in &mut calls {
                call.now = at;
                found.insert(first(&plan, call));
            }
            prop_assert_eq!(&found, proved, "at {:?} of\n{}", at, text);
            at = Wall(at.0 + MINUTE);
        }
    }
}
