//! No hour of the next year is left unanswered: what the proof finds, and that a clock read every minute finds the same.
use std::fmt::Write as _;

use gudok_dialplan::coverage::Coverage;
use gudok_dialplan::{Horizon, Problem, Severity, Source, accept};

use crate::keys::MENU;
use crate::support::{hotline, irkutsk, loaded, source};

pub(crate) mod brute;
mod by_hand;
mod callers;
mod many;
mod queues;
mod seams;
mod steps;
mod work;

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
on_timeout = "message"
on_no_operators = "message"
on_full = "message"

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["voicemail_thanks"]
reason = "message_taken"

[[flow.night]]
close = ["night_closed"]
reason = "night"
"#
    )
}

fn codes(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code).collect()
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
      │ 03.01.2027 02:00–02:10; всего 10 мин из 9588 ч
        ╭─[8800.toml:36:1]
     35 │ [[flow.night]]
     36 │ close = ["night_closed"]
        · ─────
     37 │ reason = "night"
        ╰────

      как вызов сюда попадает:
        8800.toml:5:12: неверно: schedule.round.open (график «round» закрыт: 02:00, воскресенье,
      рабочие часы 00:00–02:00, 02:10–24:00)
      поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
      allow_closed = ["night"]
      [en] a call may end here without having met anybody (reason night): 10 min in 1 stretches
      how a call gets here is told above, in Russian
      put a queue, an external number or voicemail before it, or allow the number to end so:
      allow_closed = ["night"]
    "#);
    let whole = accept(
        &source(&round_the_clock("")),
        Horizon::from_date("2026-11-10").expect("a date"),
    );
    // Nothing but that somebody might close it by hand.
    let codes = whole.map(|accepted| codes(&accepted.warnings));
    assert_eq!(codes.ok(), Some(vec!["uncovered_by_hand"]));
}

#[test]
fn the_hotline_ends_as_it_says() {
    let plan = loaded(&hotline()).plan;
    let coverage = plan.coverage(Horizon::from_date("2026-12-28").expect("a date").days(8));
    insta::assert_snapshot!(told(&coverage), @r#"
    Горячая линия: cells 8
      540 min {External { number: "+7999•••0101" }, Voicemail}
      660 min {Queue { queue: "reserve" }, Queue { queue: "tech" }, External { number: "+7999•••0101" }, Voicemail, Closed { reason: "all_busy", place: "8800.toml:126:11" }, Closed { reason: "all_busy", place: "8800.toml:129:1" }, Closed { reason: "blocked", place: "8800.toml:133:1" }}
      780 min {External { number: "+7999•••0101" }, Voicemail}
      660 min {Queue { queue: "reserve" }, Queue { queue: "tech" }, External { number: "+7999•••0101" }, Voicemail, Closed { reason: "all_busy", place: "8800.toml:126:11" }, Closed { reason: "all_busy", place: "8800.toml:129:1" }, Closed { reason: "blocked", place: "8800.toml:133:1" }}
      780 min {External { number: "+7999•••0101" }, Voicemail}
      300 min {Queue { queue: "reserve" }, Queue { queue: "tech" }, External { number: "+7999•••0101" }, Voicemail, Closed { reason: "all_busy", place: "8800.toml:126:11" }, Closed { reason: "all_busy", place: "8800.toml:129:1" }, Closed { reason: "blocked", place: "8800.toml:133:1" }}
      2040 min {External { number: "+7999•••0101" }, Voicemail}
      5760 min {External { number: "+7999•••0101" }, Closed { reason: "holiday", place: "8800.toml:150:64" }}
    Аварийная линия: cells 1
      11520 min {Queue { queue: "emergency" }, External { number: "+7999•••0101" }}
    "#);
}

/// Every gap and every seam of a plan's first number from a date on: when, why, where.
pub(crate) fn gaps(text: &str, date: &str, days: u32) -> String {
    gaps_of(&loaded(&source(text)).plan.coverage(from(date, days)))
}

fn gaps_of(coverage: &Coverage) -> String {
    let mut told = String::new();
    for gap in &coverage.numbers[0].gaps {
        let shown: Vec<&str> = gap.stretches.iter().map(|it| it.shown.as_str()).collect();
        let (cause, reason, place) = (&gap.cause, &gap.reason, &gap.place);
        let shown = shown[..shown.len().min(2)].join(", ");
        writeln!(told, "{cause:?} {reason} {place}: {shown} ({})", gap.count)
            .expect("a string takes all");
        for because in &gap.because {
            writeln!(told, "  {because}").expect("a string takes all");
        }
    }
    told
}

fn from(date: &str, days: u32) -> Horizon {
    Horizon::from_date(date).expect("a date").days(days)
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

      возможно, вы имели в виду (did you mean): night
      допустимо (allowed): message_taken, night, steps_exceeded
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
ack = { prompts = ["duty_ack"] }
on_nobody = "night"
"#;
    let text = round_the_clock("2026-11-11 = \"closed\"");
    let text = text.replace("after_hours = \"night\"", "after_hours = \"away\"") + turns;
    insta::assert_snapshot!(refused(&source(&text)), @r#"
    uncovered

      × номер «Круглые сутки»: вызов может кончиться здесь, ни с кем не поговорив (причина night): ср
      │ 11.11.2026 08:00–08:30; всего 30 мин из 9588 ч
        ╭─[8800.toml:36:1]
     35 │ [[flow.night]]
     36 │ close = ["night_closed"]
        · ─────
     37 │ reason = "night"
        ╰────

      как вызов сюда попадает:
        8800.toml:5:12: неверно: schedule.round.open (график «round» закрыт: 11 ноября — закрыто в
      графике)
        8800.toml:47:1: график дежурств «duty»: никто не дежурит
      поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
      allow_closed = ["night"]
      [en] a call may end here without having met anybody (reason night): 30 min in 1 stretches
      how a call gets here is told above, in Russian
      put a queue, an external number or voicemail before it, or allow the number to end so:
      allow_closed = ["night"]
    "#);
    let always = round_the_clock("2026-11-11 = [\"00:00-08:00\", \"09:00-24:00\"]");
    let always = always.replace("after_hours = \"night\"", "after_hours = \"away\"");
    let always = always + &turns.replace("08:30", "08:00");
    let proved = loaded(&source(&always))
        .plan
        .coverage(Horizon::from_date("2026-11-11").expect("a date").days(1));
    insta::assert_snapshot!(told(&proved), @r#"
Круглые сутки: cells 3
  480 min {Queue { queue: "tech" }, Voicemail}
  60 min {Duty { roster: "duty" }}
  900 min {Queue { queue: "tech" }, Voicemail}
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
      after 200 steps the circle is cut by the closing message

    uncovered

      × номер «+78001234567»: вызов может кончиться здесь, ни с кем не поговорив (причина plain): вт
      │ 10.11.2026 04:00 – вт 14.12.2027 24:00; всего 9596 ч из 9596 ч
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
      [en] a call may end here without having met anybody (reason plain): 575760 min in 1 stretches
      how a call gets here is told above, in Russian
      put a queue, an external number or voicemail before it, or allow the number to end so:
      allow_closed = ["plain"]

    uncovered

      × номер «+78001234567»: вызов может кончиться здесь, ни с кем не поговорив (причина sorry): вт
      │ 10.11.2026 04:00 – вт 14.12.2027 24:00; всего 9596 ч из 9596 ч
        ╭─[8800.toml:44:1]
     43 │ [[flow.sorry]]
     44 │ close = ["sorry"]
        · ─────
     45 │ reason = "sorry"
        ╰────

      как вызов сюда попадает:
        8800.toml:37:1: очередь «tech»: никого нет на линии, или служба останавливается
      поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
      allow_closed = ["sorry"]
      [en] a call may end here without having met anybody (reason sorry): 575760 min in 1 stretches
      how a call gets here is told above, in Russian
      put a queue, an external number or voicemail before it, or allow the number to end so:
      allow_closed = ["sorry"]
    "#);
}
