//! Always from the top of the admin's list.
use super::{Choice, Question};
use crate::reason::reason;

pub(super) fn choose(question: &Question<'_>) -> Option<Choice> {
    let mut free = question.bench.by_place.iter();
    let (place, operator) = free.find(|(_, operator)| !(question.barred)(operator))?;
    let text = format!("первый свободный по списку группы, место {}", place + 1);
    Some(Choice {
        operator: operator.clone(),
        why: reason("linear", text),
    })
}
