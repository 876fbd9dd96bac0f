//! The law of calls out, and what it needs to mean anything.
use crate::support::{loaded, source};

const LAW: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[law.house_hours]
article = "порядок организации"
from = 2026-01-01
hours = "09:00-21:00"

[[flow.main]]
close = ["goodbye"]
reason = "main"
"#;

fn warned(text: &str) -> Vec<String> {
    let warnings = loaded(&source(text)).warnings;
    let of_law = warnings.iter().filter(|it| it.message.contains("закон"));
    of_law
        .map(|it| format!("{} {}: {}", it.code, it.place(), it.message))
        .collect()
}

#[test]
fn a_law_that_rules_nothing_is_warned_of() {
    assert_eq!(
        warned(LAW),
        [
            "unused 8800.toml:7:6: правило закона «house_hours» ничего не значит: в плане нет [outbound]"
        ]
    );
    let ruled = LAW.to_owned()
        + "\n[outbound]\nzone = \"Europe/Moscow\"\nprefixes = { \"+7495\" = \"denied\" }\n";
    assert!(warned(&ruled).is_empty());
}
