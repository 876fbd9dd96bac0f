//! The three service levels, each under the name of its formula.
use std::sync::Arc;

use arc_swap::ArcSwap;
use gudok_store::levels::{Counts, FORMULAS};

use super::Metrics;

/// What they are made of, as it was counted last.
pub(super) type Levels = Arc<ArcSwap<Counts>>;

const HELP: &str = "Share of the last hour's calls that were served in time, by formula: sl1 answered<=T/answered, sl2 (answered<=T + abandoned<=T)/(answered + abandoned), sl3 answered<=T/(offered - abandoned<short); T = 20 s, short = 5 s. Absent where there was no such call.";

/// They are read when somebody asks for the page.
pub(super) fn of(registry: &gudok_web::Metrics) -> Levels {
    let levels = Levels::default();
    let counted = Arc::clone(&levels);
    registry.on_scrape(move |scrape| {
        let counts = counted.load();
        for formula in FORMULAS {
            if let Some(ratio) = (formula.of)(&counts).ratio() {
                let labels = [("formula", formula.name)];
                scrape.gauge("gudok_service_level", HELP, &labels, ratio);
            }
        }
    });
    levels
}

impl Metrics {
    /// How the last hour was.
    pub(crate) fn levels(&self, counts: &Counts) {
        self.levels.store(Arc::new(*counts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_that_nobody_can_count_has_no_figure() {
        let metrics = Metrics::new();
        assert!(!metrics.registry().text().contains("gudok_service_level{"));
        let one_who_left = Counts {
            offered: 1,
            abandoned: 1,
            ..Counts::default()
        };
        metrics.levels(&one_who_left);
        let page = metrics.registry().text();
        for formula in ["sl2", "sl3"] {
            let line = format!("gudok_service_level{{formula=\"{formula}\"}} 0\n");
            assert!(page.contains(&line), "{line}{page}");
        }
        assert!(!page.contains("formula=\"sl1\""), "nobody was answered");
    }
}
