//! Rules of alarms: their queues are queues of the plan.
use gudok_model::{AlarmRule, Name, QueueId};

use crate::draft::Draft;
use crate::text::{Problems, error};

pub(super) fn rules(draft: &Draft, queues: &[Name], problems: &mut Problems<'_>) -> Vec<AlarmRule> {
    let mut rules = Vec::new();
    for alarm in &draft.alarms {
        let queue = alarm.queue.as_ref();
        if let Some(word) = queue.filter(|word| !queues.iter().any(|it| **it == *word.text)) {
            let ru = format!("нет такой очереди: «{}»", word.text);
            let said = error(
                "unknown_queue",
                ru,
                format!("unknown queue {:?}", word.text),
            );
            problems.say(&word.at, said.one_of(&word.text, queues));
            continue;
        }
        rules.push(AlarmRule {
            queue: queue.map(|word| QueueId::new(word.text.as_str())),
            ..alarm.rule.clone()
        });
    }
    rules
}
