//! Every kind of mistake, as the admin sees it.
use gudok_dialplan::{Severity, Source, load};

use crate::support::{loaded, source};

mod calendars;
mod conditions;
mod many;
mod outbound;
mod ways;
mod words;

/// A small plan without a mistake.
const GOOD: &str = r#"
[[number]]
did = "+78001234567"
schedule = "office"
flow = "main"
after_hours = "night"

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00"]

[group.tech]
operators = ["101", "102"]

[[flow.main]]
play = ["greeting", "notice"]
notice = true

[[flow.main]]
lookup = true

[[flow.main]]
when = 'client.class == "vip"'
goto = "night"

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "night"
on_no_operators = "night"
on_full = "night"

[[flow.night]]
close = ["night_closed"]
reason = "night"
"#;

/// The good plan with one thing replaced, as it is refused.
fn instead(of: &str, bad: &str) -> String {
    assert!(GOOD.contains(of), "{of}");
    refused(&GOOD.replace(of, bad))
}

/// The good plan with something added, as it is refused.
fn with(more: &str) -> String {
    refused(&format!("{GOOD}{more}"))
}

fn refused(text: &str) -> String {
    shown(&source(text))
}

fn shown(sources: &[Source]) -> String {
    let problems = match load(sources) {
        Ok(loaded) => loaded.warnings,
        Err(problems) => {
            assert!(
                problems
                    .iter()
                    .any(|problem| problem.severity == Severity::Error)
            );
            problems.list
        }
    };
    let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    shown.join("\n")
}

#[test]
fn the_good_plan_is_good() {
    assert!(loaded(&source(GOOD)).warnings.is_empty());
}

#[test]
fn a_file_that_is_not_toml() {
    insta::assert_snapshot!(refused("[[number]]\ndid = +7800\nflow = \"main"), @r#"
    syntax

      × это не TOML: строка не закрыта кавычкой
       ╭─[8800.toml:3:12]
     2 │ did = +7800
     3 │ flow = "main
       ·            ─
       ╰────

      проверьте кавычки, скобки и знак «=» в этой строке
      [en] invalid basic string, expected `"`
      check quotes, brackets and `=` of this line
    "#);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = GOOD
        .replace("Irkutsk", "Irkutks")
        .replace("\"60s\"", "\"60\"")
        .replace("goto = ", "gto = ");
    let problems = load(&source(&text)).expect_err("mistakes");
    let list: Vec<_> = problems
        .iter()
        .map(|p| format!("{} {}", p.place(), p.code))
        .collect();
    insta::assert_snapshot!(list.join("\n"), @r"
    8800.toml:9:8 unknown_zone
    8800.toml:23:1 missing_key
    8800.toml:24:1 unknown_key
    8800.toml:28:8 bad_duration
    ");
}

#[test]
fn an_empty_plan_is_none() {
    insta::assert_snapshot!(shown(&[]), @r"
    no_numbers

      × в плане нет ни одного номера
       ╭─[dialplan:1:1]
       ╰────

      добавьте [[number]] с did и flow
      [en] the plan has no number
      add [[number]] with `did` and `flow`
    ");
}
