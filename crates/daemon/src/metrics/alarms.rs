//! Alarms that are on, each by what it is and of whom.
use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use gudok_model::{ProjectId, Which};

use super::Metrics;

/// What was on in this run, and whether it is now.
pub(super) type On = Arc<ArcSwap<BTreeMap<Which, bool>>>;

/// Most series that stay on the page at zero: alarms of operators are many. Beyond it only what is on is told.
const STAY_MAX: usize = 1_000;

const HELP: &str = "1 while the alarm is on and nobody has quieted it; the subject is a queue, a trunk, an operator or a group, the project is empty of what all share. Absent where it was never on since the start.";

pub(super) fn of(registry: &gudok_web::Metrics) -> On {
    let on = On::default();
    let told = Arc::clone(&on);
    registry.on_scrape(move |scrape| {
        for (which, loud) in told.load().iter() {
            let project = which.project.as_ref().map_or("", ProjectId::as_str);
            let labels = [
                ("what", &*which.what),
                ("subject", &*which.subject),
                ("project", project),
            ];
            scrape.gauge("gudok_alarm", HELP, &labels, f64::from(u8::from(*loud)));
        }
    });
    on
}

impl Metrics {
    /// Which alarms are on, and whether somebody is to hear of them.
    pub(crate) fn alarms_on(&self, loud: BTreeMap<Which, bool>) {
        let known = self.alarms.load();
        if loud == **known {
            return;
        }
        let off = known.keys().map(|which| (which.clone(), false));
        let off = off.take(STAY_MAX.saturating_sub(loud.len()));
        let mut all: BTreeMap<_, _> = off.collect();
        all.extend(loud);
        self.alarms.store(Arc::new(all));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_one_while_it_is_loud_and_stays_on_the_page_as_zero() {
        let metrics = Metrics::new();
        let which = || Which {
            what: "service_level".into(),
            subject: "tech".into(),
            project: Some("isp".into()),
        };
        let line = |value: &str| {
            format!("{{what=\"service_level\",subject=\"tech\",project=\"isp\"}} {value}\n")
        };
        let has = |value: &str| metrics.registry().text().contains(&line(value));
        assert!(!metrics.registry().text().contains("gudok_alarm{"));
        metrics.alarms_on(BTreeMap::from([(which(), true)]));
        assert!(has("1"), "{}", metrics.registry().text());
        metrics.alarms_on(BTreeMap::from([(which(), false)]));
        assert!(has("0"), "it is quiet");
        metrics.alarms_on(BTreeMap::new());
        assert!(has("0"), "it is off");
    }
}
