//! The member of whom something is least: calls, talk, or the share of the session at work. Each login begins from nothing.
use gudok_model::Strategy;

use super::{Choice, Question};
use crate::reason::reason;

/// Among equals the one who is idle longest.
pub(super) fn choose(question: &Question<'_>) -> Option<Choice> {
    let mut free = question.bench.by_measure.iter();
    let (measure, _, operator) = free.find(|(_, _, operator)| !(question.barred)(operator))?;
    let why = match question.group.settings.strategy {
        Strategy::FewestCalls => {
            let text = format!("меньше всех разговоров за смену: {measure}");
            reason("fewest_calls", text)
        }
        Strategy::LeastTalk => {
            let text = format!("меньше всех говорил за смену: {} с", measure / 1_000_000);
            reason("least_talk", text)
        }
        _ => {
            let text = format!("меньше всех занят за смену: {} %", measure / 10);
            reason("least_occupied", text)
        }
    };
    Some(Choice {
        operator: operator.clone(),
        why,
    })
}
