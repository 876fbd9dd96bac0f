//! `[supervision]`: what operators are told of supervisors in their talks.
use crate::draft::{Draft, DraftSupervision};
use crate::reader::Item;
use crate::shape::plan as shape;
use crate::text::{Problems, Spot, error};

/// Reads `[supervision]`.
pub(super) fn read(item: Item<'_>, at: &Spot, draft: &mut Draft, problems: &mut Problems<'_>) {
    let Some(table) = item.shaped(&shape::SUPERVISION, problems) else {
        return;
    };
    let told = table.get("told").and_then(|item| item.flag(problems));
    table.finish("в [supervision]", problems);
    if let Some(first) = &draft.supervision {
        let place = problems.texts().place(&first.at);
        let ru = format!("[supervision] уже есть в {place}");
        let en = format!("[supervision] is already at {place}");
        return problems.say(at, error("duplicate", ru, en));
    }
    draft.supervision = Some(DraftSupervision {
        told: told.unwrap_or(true),
        at: at.clone().into(),
    });
}
