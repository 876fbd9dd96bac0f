//! From the top of the admin's list, one more phone after each step while nobody has answered.
use super::{Choice, Question};
use crate::reason::reason;

/// Who rings already is not free, so the first free one is the next.
pub(super) fn choose(question: &Question<'_>) -> Option<Choice> {
    let mut free = question.bench.by_place.iter();
    let (place, operator) = free.find(|(_, operator)| !(question.barred)(operator))?;
    let secs = question.group.settings.step.as_secs();
    let text = format!("по списку, место {}; ещё один каждые {secs} с", place + 1);
    Some(Choice {
        operator: operator.clone(),
        why: reason("progressive", text),
    })
}
