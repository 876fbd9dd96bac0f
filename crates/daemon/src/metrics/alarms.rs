//! Alarms that are on, each by what it is and of whom.
use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use gudok_model::Name;

use super::Metrics;

/// What was on in this run, and whether it is now: by what and of whom.
pub(super) type On = Arc<ArcSwap<BTreeMap<(Name, Name), bool>>>;

const HELP: &str = "1 while the alarm is on and nobody has quieted it; the subject is a queue or a trunk. Absent where it was never on since the start.";

pub(super) fn of(registry: &gudok_web::Metrics) -> On {
    let on = On::default();
    let told = Arc::clone(&on);
    registry.on_scrape(move |scrape| {
        for ((what, subject), loud) in told.load().iter() {
            let labels = [("what", &**what), ("subject", &**subject)];
            scrape.gauge("gudok_alarm", HELP, &labels, f64::from(u8::from(*loud)));
        }
    });
    on
}

impl Metrics {
    /// Which alarms are on, and whether somebody is to hear of them.
    pub(crate) fn alarms_on(&self, loud: BTreeMap<(Name, Name), bool>) {
        let known = self.alarms.load();
        if loud == **known {
            return;
        }
        let off = known.keys().map(|which| (which.clone(), false));
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
        let which = || (Name::from("service_level"), Name::from("tech"));
        let line = |value: &str| format!("{{what=\"service_level\",subject=\"tech\"}} {value}\n");
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
