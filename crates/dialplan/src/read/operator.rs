//! `operator`: a call for one person.
use std::time::Duration;

use super::flow::music;
use crate::draft::{Action, DraftOperator};
use crate::reader::Table;
use crate::shape::plan::RING;
use crate::text::Problems;

pub(super) fn operator(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Action> {
    let who = table.get("operator")?.word(problems);
    let ring = table
        .get("ring")
        .and_then(|item| item.duration(problems, RING));
    let music = music(table, problems);
    let mut exit = |key| table.get(key).and_then(|item| item.word(problems));
    let (on_not_answered, on_unavailable) = (exit("on_not_answered"), exit("on_unavailable"));
    let on_unknown = exit("on_unknown");
    Some(Action::Operator(Box::new(DraftOperator {
        who: who?,
        ring: ring.unwrap_or(Duration::from_secs(20)),
        music,
        on_not_answered,
        on_unavailable,
        on_unknown,
    })))
}
