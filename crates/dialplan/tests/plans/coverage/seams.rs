//! Time passes while a call goes on: a condition asked later may say what it did not say before.
use gudok_dialplan::accept;

use super::{codes, from, gaps};
use crate::support::{loaded, source};

/// Open or closed is asked at the beginning, and once more after these steps.
fn twice(steps: &str) -> String {
    format!(
        r#"
[[number]]
did = "+78001234567"
record = "off"
allow_closed = []
schedule = "office"
flow = "main"
after_hours = "message"

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["daily 09:00-20:00"]

[group.tech]
operators = ["101"]

{steps}

[[flow.main]]
when = 'schedule.office.open'
then = [{{ queue = "tech", wait = "60s", on_timeout = "message", on_no_operators = "message", on_full = "message" }}]

[[flow.main]]
close = ["night_closed"]
reason = "night"

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "taken"
"#
    )
}

#[test]
fn what_is_asked_twice_may_have_changed_in_between() {
    let text = twice("[[flow.main]]\nplay = [\"greeting\"]");
    insta::assert_snapshot!(gaps(&text, "2026-11-10", 2), @r#"
Seam night 8800.toml:25:1: вт 10.11.2026 20:00, ср 11.11.2026 20:00 (2)
  8800.toml:6:12: верно: schedule.office.open (график «office» открыт)
  8800.toml:21:1: неверно: schedule.office.open (график «office» закрыт: 20:00, вторник, рабочие часы 09:00–20:00)
"#);
    // A warning, told as what it is: the bound of what a phrase lasts is a generous one.
    let accepted = accept(&source(&text), from("2026-11-10", 2)).expect("accepted");
    assert_eq!(codes(&accepted.warnings), ["uncovered_seam"]);
    insta::assert_snapshot!(accepted.warnings[0].render(), @r#"
    uncovered_seam

      ⚠ номер «+78001234567», на стыке: вызов может кончиться здесь, ни с кем не поговорив (причина
      │ night), если пришёл до вт 10.11.2026 20:00, ср 11.11.2026 20:00, а дошёл сюда после
        ╭─[8800.toml:25:1]
     24 │ [[flow.main]]
     25 │ close = ["night_closed"]
        · ─────
     26 │ reason = "night"
        ╰────

      как вызов сюда попадает:
        8800.toml:6:12: верно: schedule.office.open (график «office» открыт)
        8800.toml:21:1: неверно: schedule.office.open (график «office» закрыт: 20:00, вторник, рабочие
      часы 09:00–20:00)
      поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
      allow_closed = ["night"]
      [en] a call may end here without having met anybody (reason night): under way at one of 2
      moments
      how a call gets here is told above, in Russian
      put a queue, an external number or voicemail before it, or allow the number to end so:
      allow_closed = ["night"]
    "#);
}

#[test]
fn where_no_time_passes_nothing_changes() {
    let text = twice("[[flow.main]]\nset = { seen = true }");
    assert_eq!(gaps(&text, "2026-11-10", 2), "");
    let coverage = loaded(&source(&text)).plan.coverage(from("2026-11-10", 2));
    assert_eq!(coverage.numbers[0].seams, []);
}

/// Once closed is closed: no call sees the evening first and the day behind it.
#[test]
fn time_goes_one_way() {
    let text = twice(
        "[[flow.main]]\nplay = [\"greeting\"]\n\n[[flow.main]]\nwhen = '!schedule.office.open'\ngoto = \"message\"\n\n[[flow.main]]\nplay = [\"greeting\"]",
    );
    let text = text.replace("windows = [\"daily 09:00-20:00\"]", "windows = [\"daily 09:00-20:00\"]\n\n[schedule.shop]\nzone = \"Asia/Irkutsk\"\nwindows = [\"daily 09:00-21:00\"]");
    let text = text.replacen(
        "when = 'schedule.office.open'",
        "when = 'schedule.office.open || schedule.shop.open'",
        1,
    );
    assert_eq!(gaps(&text, "2026-11-10", 2), "");
}

/// A wait that ends because the last operator goes home may end in another hour.
#[test]
fn a_wait_takes_time_too() {
    let text = twice(
        "[[flow.main]]\nqueue = \"tech\"\nwait = \"60s\"\non_timeout = \"message\"\non_no_operators = \"later\"\non_full = \"message\"",
    );
    let text = text
        .replace("[[flow.main]]\nwhen", "[[flow.later]]\nwhen")
        .replace("[[flow.main]]\nclose", "[[flow.later]]\nclose");
    insta::assert_snapshot!(gaps(&text, "2026-11-10", 1), @r#"
Seam night 8800.toml:29:1: вт 10.11.2026 20:00 (1)
  8800.toml:6:12: верно: schedule.office.open (график «office» открыт)
  8800.toml:18:1: очередь «tech»: никого нет на линии, или служба останавливается
  8800.toml:25:1: неверно: schedule.office.open (график «office» закрыт: 20:00, вторник, рабочие часы 09:00–20:00)
"#);
}
