//! The work of a proof has its bounds, and what lies behind the present moment is over.
use gudok_dialplan::{Horizon, accept};

use super::{codes, from, gaps, round_the_clock};
use crate::support::{irkutsk, loaded, source};

/// Closed while this holds.
fn shut(condition: &str) -> String {
    let text = round_the_clock("").replace("after_hours = \"night\"", "after_hours = \"message\"");
    let text = text.replace(
        "[[flow.night]]\nclose",
        &format!("[[flow.main]]\nwhen = '{condition}'\ngoto = \"night\"\n\n[[flow.night]]\nclose"),
    );
    // The condition comes before the queue.
    let queue = text.find("[[flow.main]]\nqueue").expect("a queue");
    let message = text.find("[[flow.message]]").expect("a message");
    let asked = text.find("[[flow.main]]\nwhen").expect("a condition");
    let night = text.find("[[flow.night]]").expect("a night");
    format!(
        "{}{}{}{}{}",
        &text[..queue],
        &text[asked..night],
        &text[queue..message],
        &text[message..asked],
        &text[night..]
    )
}

#[test]
fn what_is_over_today_refuses_nothing() {
    let text = round_the_clock("2026-11-10 = [\"00:00-02:00\", \"02:10-24:00\"]");
    let at = |local| accept(&source(&text), Horizon::from_now(irkutsk(local)));
    assert!(at("2026-11-10T02:09").is_err());
    assert!(at("2026-11-10T02:10").is_ok());
    assert!(at("2026-11-10T12:00").is_ok());
}

/// A minute of one day is looked at on that day only: other days are told by their date.
#[test]
fn minutes_of_a_day_are_few() {
    let text = shut("now.date == \"2027-01-03\" && now.hour == 2 && now.minute < 10");
    insta::assert_snapshot!(gaps(&text, "2026-11-10", 400), @r#"
Hours night 8800.toml:40:1: вс 03.01.2027 02:00–02:10 (1)
  8800.toml:5:12: верно: schedule.round.open (график «round» открыт)
  8800.toml:22:1: верно: now.date == "2027-01-03" && now.hour == 2 && now.minute < 10
"#);
    let coverage = loaded(&source(&text))
        .plan
        .coverage(from("2026-11-10", 400));
    assert!(coverage.evaluated < 1_000, "{}", coverage.evaluated);
}

#[test]
fn a_condition_that_changes_every_minute_is_said_not_to_be_proved() {
    let text = shut("now.minute % 2 == 0 && now.date != \"2027-01-03\"")
        .replace("allow_closed = []", "allow_closed = [\"night\"]");
    let accepted = accept(&source(&text), from("2026-11-10", 400)).expect("accepted");
    assert_eq!(codes(&accepted.warnings), ["not_proved"]);
    insta::assert_snapshot!(accepted.warnings[0].render(), @r#"
    not_proved

      ⚠ номер «Круглые сутки»: условие меняется слишком часто, и за ним не уследить: считается, что
      │ оно то верно, то нет
        ╭─[8800.toml:22:1]
     21 │ [[flow.main]]
     22 │ when = 'now.minute % 2 == 0 && now.date != "2027-01-03"'
        · ────
     23 │ goto = "night"
        ╰────

      спрашивайте часы и дни, а минуты — только вместе с ними: now.date == "2026-12-31" && now.minute
      < 30
      [en] not proved: the condition changes too often, it counts as unknown
      ask for hours and days, and for minutes only beside them: now.date == "2026-12-31" && now.minute
      < 30
    "#);
    assert!(
        accepted.coverage.evaluated < 600_000,
        "{}",
        accepted.coverage.evaluated
    );
    // Where nobody allows it, it is a gap: it counts as one that may hold.
    let strict = text.replace("allow_closed = [\"night\"]", "allow_closed = []");
    assert!(accept(&source(&strict), from("2026-11-10", 400)).is_err());
}
