//! The member who has been idle longest since the end of the last *work*.
use super::{Choice, Question};
use crate::reason::reason;

/// Counts from the end of the wrap-up, not of the talk: otherwise an operator with long paperwork
/// would be called first for having worked most.
pub(super) fn choose(question: &Question<'_>) -> Option<Choice> {
    let mut free = question.bench.by_idle.iter();
    let (since, operator) = free.find(|(_, operator)| !(question.barred)(operator))?;
    let idle = question.now.since(*since).as_secs();
    Some(Choice {
        operator: operator.clone(),
        why: reason("longest_idle", format!("свободен дольше всех: {idle} с")),
    })
}
