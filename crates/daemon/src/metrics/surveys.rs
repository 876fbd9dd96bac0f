//! What callers said of talks, by queue: names of the plan, never a caller or an operator.
use gudok_model::CallEvent;

use super::Metrics;

impl Metrics {
    /// A fact of a call, where it is one of a survey.
    pub(super) fn survey(&self, fact: &CallEvent) {
        match fact {
            CallEvent::Surveyed { queue, .. } => self.add(
                "gudok_survey_asked_total",
                "Callers who were asked how the talk was.",
                &[("queue", queue.as_str())],
            ),
            CallEvent::Rated {
                queue, mark, low, ..
            } => {
                let mark = mark.to_string();
                self.add(
                    "gudok_survey_marks_total",
                    "Marks that callers gave talks, 1 to 5.",
                    &[("queue", queue.as_str()), ("mark", &mark)],
                );
                if *low {
                    self.add(
                        "gudok_survey_low_total",
                        "Of gudok_survey_marks_total: low ones, as the plan has it.",
                        &[("queue", queue.as_str())],
                    );
                }
            }
            CallEvent::Resolved { queue, solved, .. } => self.add(
                "gudok_survey_solved_total",
                "Callers who said whether their matter is settled.",
                &[
                    ("queue", queue.as_str()),
                    ("solved", if *solved { "yes" } else { "no" }),
                ],
            ),
            _ => {}
        }
    }

    fn add(&self, name: &'static str, help: &'static str, labels: &[(&'static str, &str)]) {
        self.registry.counter(name, help, labels).inc();
    }
}
