//! Calls that begin with us: how many are wanted, what comes of them, which rules say no, what counts against the limits.
use gudok_model::{CallEvent, Outcome};
use gudok_outbound::Load;

use super::Metrics;

impl Metrics {
    /// A fact of a call of ours; of any other it says nothing. Rules and ends are words of the plan and of the code.
    pub(super) fn outbound(&self, fact: &CallEvent) {
        let registry = &self.registry;
        match fact {
            CallEvent::Dialled { purpose, .. } => {
                let text = "Calls out that were wanted, by purpose.";
                let purpose = [("purpose", &**purpose)];
                let wanted = registry.counter("gudok_outbound_attempts_total", text, &purpose);
                wanted.inc();
            }
            CallEvent::OutboundDenied { rule, .. } => {
                let text = "Calls out that a rule did not allow.";
                let rule = [("rule", &**rule)];
                registry
                    .counter("gudok_outbound_denied_total", text, &rule)
                    .inc();
            }
            CallEvent::Ended {
                outcome: Outcome::Out { reached },
                termination,
            } => {
                let result = match reached {
                    true => "answered",
                    false => &*termination.reason,
                };
                let text = "Calls out that are over, by what came of them.";
                let result = [("result", result)];
                registry
                    .counter("gudok_outbound_ended_total", text, &result)
                    .inc();
            }
            _ => {}
        }
    }

    /// What counts against the limits of all together now.
    pub(crate) fn outbound_load(&self, load: Load) {
        let of = |name: &'static str, help: &'static str, value: u64| {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            self.registry.gauge(name, help, &[]).set(value);
        };
        let (active, hour) = (load.at_once.into(), load.last_hour.into());
        of(
            "gudok_outbound_active",
            "Calls out that ring or talk.",
            active,
        );
        of(
            "gudok_outbound_last_hour",
            "Calls out begun within the last hour.",
            hour,
        );
        let help = "What calls out cost within the last 24 hours, with what is set aside for those that go on. Kopecks.";
        of("gudok_outbound_day_kopecks", help, load.last_day.0);
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::Termination;
    use gudok_outbound::Kopecks;

    use super::*;

    #[test]
    fn what_came_of_calls_out_is_counted() {
        let metrics = Metrics::new();
        let ended = |reached, why| CallEvent::Ended {
            outcome: Outcome::Out { reached },
            termination: Termination::success(why),
        };
        metrics.fact(&ended(true, "caller-hung-up"));
        metrics.fact(&ended(false, "busy"));
        metrics.fact(&CallEvent::OutboundDenied {
            rule: "prefix".into(),
            place: None,
            text: String::new(),
        });
        metrics.outbound_load(Load {
            at_once: 2,
            last_hour: 7,
            last_day: Kopecks(570),
        });
        let text = metrics.registry().text();
        for line in [
            "gudok_outbound_ended_total{result=\"answered\"} 1",
            "gudok_outbound_ended_total{result=\"busy\"} 1",
            "gudok_outbound_denied_total{rule=\"prefix\"} 1",
            "gudok_outbound_active 2",
            "gudok_outbound_last_hour 7",
            "gudok_outbound_day_kopecks 570",
            "gudok_calls_ended_total{outcome=\"out_reached\"} 1",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
