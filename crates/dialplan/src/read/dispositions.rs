//! `[dispositions]`: `SOLVED = "Решено"`, or with what must be said besides.
use gudok_model::Name;
use toml::de::DeValue;

use super::text;
use crate::plan::Choice;
use crate::reader::Item;
use crate::shape::plan as shape;
use crate::text::Problems;

pub(super) fn read(item: Item<'_>, code: Name, problems: &mut Problems<'_>) -> Option<Choice> {
    let DeValue::Table(_) = item.value else {
        let label = item.word(problems)?.text;
        return Some(Choice {
            code,
            label,
            needs_note: false,
        });
    };
    let table = item.shaped(&shape::DISPOSITION, problems)?;
    let label = table.need("text", problems);
    let label = label.and_then(|item| text(item, problems));
    let note = table.get("note").and_then(|item| item.flag(problems));
    table.finish("в результате разговора", problems);
    Some(Choice {
        code,
        label: label?,
        needs_note: note.unwrap_or(false),
    })
}
