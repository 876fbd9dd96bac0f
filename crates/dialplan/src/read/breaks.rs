//! `[not_ready_reasons]`: `LUNCH = "Обед"`, or with what binds such a break.
use gudok_model::Name;
use toml::de::DeValue;

use super::text;
use crate::plan::BreakReason;
use crate::reader::Item;
use crate::shape::plan as shape;
use crate::text::Problems;

pub(super) fn read(item: Item<'_>, code: Name, problems: &mut Problems<'_>) -> Option<BreakReason> {
    let DeValue::Table(_) = item.value else {
        let label = item.word(problems)?.text;
        return Some(BreakReason::free(code, label));
    };
    let table = item.shaped(&shape::BREAK, problems)?;
    let label = table.need("text", problems);
    let label = label.and_then(|item| text(item, problems));
    let max = table.get("max");
    let max = max.and_then(|item| item.duration(problems, shape::BREAK_MAX));
    let keep_ready = table.get("keep_ready");
    let keep_ready = keep_ready.and_then(|item| item.number(problems, shape::KEEP_READY));
    table.finish("в причине перерыва", problems);
    Some(BreakReason {
        code,
        label: label?,
        max,
        keep_ready: keep_ready.unwrap_or(0),
    })
}
