//! Very many things wrong at once: the first are shown, all are counted, and nothing small hides anything large.
use gudok_dialplan::{Horizon, Mistakes, Severity, Source, accept};

use super::GOOD;
use crate::support::source;

/// More than are listed.
const MANY: usize = 130;

/// Groups that no queue leads to: a warning each.
fn idle_groups(count: usize) -> String {
    let group = |index| format!("\n[group.idle{index}]\noperators = [\"101\"]\n");
    (0..count).map(group).collect()
}

/// Who calls at night is promised nobody.
fn with_gap() -> String {
    GOOD.replace("flow = \"main\"", "allow_closed = []\nflow = \"main\"")
}

/// A test that no plan here passes.
fn failing() -> Source {
    Source {
        name: "8800.test.toml".into(),
        text: r#"[[test]]
name = "нет такого"
given = { from = "+79990000042", to = "+78001234567", at = "2026-11-10T12:00" }
expect = { ends = "voicemail" }
"#
        .into(),
    }
}

fn refused(files: &[Source]) -> Mistakes {
    let horizon = Horizon::from_date("2026-11-10").expect("a date").days(7);
    accept(files, horizon).expect_err("it is wrong")
}

fn codes(mistakes: &Mistakes, severity: Severity) -> Vec<&str> {
    let these = mistakes.iter().filter(|it| it.severity == severity);
    these.map(|it| it.code).collect()
}

#[test]
fn no_number_of_warnings_hides_a_test_that_fails() {
    let mut files = source(&format!("{}{}", with_gap(), idle_groups(MANY)));
    let gaps = refused(&files);
    assert_eq!(codes(&gaps, Severity::Error), ["uncovered"]);
    assert!(gaps.is_only_gaps());
    files.push(failing());
    let failed = refused(&files);
    assert_eq!(codes(&failed, Severity::Error), ["test_failed"]);
    assert!(!failed.is_only_gaps(), "{failed:?}");
    let warnings = failed
        .iter()
        .filter(|it| it.severity == Severity::Warning)
        .collect::<Vec<_>>();
    assert_eq!(warnings.len(), 100);
    let last = warnings
        .last()
        .and_then(|it| it.remedy.as_ref().map(|it| it.ru.as_str()));
    let more = format!("и ещё замечаний: {};", MANY - 100);
    assert!(last.is_some_and(|it| it.contains(&more)), "{last:?}");
}

#[test]
fn errors_that_are_not_shown_are_counted() {
    let wrong = (0..MANY).map(|index| format!("\n[group.g{index}]\nrign = \"20s\"\n"));
    let text = format!("{GOOD}{}", wrong.collect::<String>());
    let refused = refused(&source(&text));
    let listed = codes(&refused, Severity::Error).len();
    assert!(listed < refused.errors, "{listed} of {}", refused.errors);
    assert!(!refused.is_only_gaps());
    let last = refused.iter().rfind(|it| it.severity == Severity::Error);
    let note = last
        .and_then(|it| it.remedy.as_ref().map(|it| it.ru.as_str()))
        .unwrap_or_default();
    let more = format!("и ещё ошибок: {};", refused.errors - listed);
    assert!(note.contains(&more), "{note}");
}
