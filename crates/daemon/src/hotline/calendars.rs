//! Production calendars that end soon: told from the first of November on, so that no January is a plain week by mistake.
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_model::{Mono, Now};

use crate::metrics::Metrics;

/// It is said so often.
const SAID_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// When it was last said.
#[derive(Debug, Default)]
pub(super) struct Calendars {
    said: Option<Mono>,
}

impl Calendars {
    /// Tells the page and, once a day, the log; gives what is missing, in English.
    pub(super) fn tell(&mut self, now: Now, plan: &Plan, metrics: &Metrics) -> Vec<String> {
        let missing = plan.missing_years(now.wall);
        metrics.calendars_missing(missing.len());
        let due = self
            .said
            .is_none_or(|said| now.mono.since(said) >= SAID_EVERY);
        if due && !missing.is_empty() {
            self.said = Some(now.mono);
            metrics.alarm("calendar_year");
            for problem in &missing {
                tracing::warn!(place = %problem.place(), "{}", problem.message_en);
            }
        }
        missing
            .into_iter()
            .map(|problem| problem.message_en)
            .collect()
    }
}
