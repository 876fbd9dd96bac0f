//! The three service levels of the last hour, on the page of metrics.
use std::time::Duration;

use gudok_model::Wall;
use gudok_store::Store;
use gudok_store::levels::Terms;
use gudok_store::report::Asked;
use tokio::sync::watch;

use crate::clock::wall;
use crate::metrics::Metrics;
use crate::serve::until;

/// Of calls that arrived so lately.
const LATELY: Duration = Duration::from_secs(3_600);
/// It is counted so often: an hour changes little in a minute.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Counts until the daemon stops.
pub(crate) async fn watch(store: Store, metrics: Metrics, stopped: watch::Receiver<bool>) {
    let stop = until(stopped);
    tokio::pin!(stop);
    loop {
        look(&store, &metrics, wall()).await;
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = &mut stop => return,
        }
    }
}

async fn look(store: &Store, metrics: &Metrics, now: Wall) {
    let lately = i64::try_from(LATELY.as_micros()).unwrap_or(i64::MAX);
    let asked = Asked {
        from: Wall(now.0.saturating_sub(lately)),
        to: now,
        project: None,
        terms: Terms::default(),
    };
    match store.report(&asked, |_| String::new()).await {
        Ok(report) => metrics.levels(&report.total.counts),
        Err(error) => tracing::warn!(%error, "nobody knows how well callers are served"),
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{CallEvent, CallId, Outcome, Termination};
    use gudok_store::{Fact, Projector};

    use super::*;

    #[tokio::test]
    async fn a_formula_that_nobody_can_count_has_no_figure() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("gudok.db"))
            .await
            .expect("opens");
        let metrics = Metrics::new();
        let hour = 3_600_000_000;
        let level = |text: &str| metrics.registry().text().contains(text);
        look(&store, &metrics, Wall(hour)).await;
        assert!(!level("gudok_service_level{"));

        let call = CallId(uuid::Uuid::from_u128(1));
        let fact = |seq, at, event| Fact {
            seq,
            at: Wall(at),
            call,
            event,
        };
        let (queue, priority) = ("support".into(), 0);
        let queued = CallEvent::Queued { queue, priority };
        let ended = CallEvent::Ended {
            outcome: Outcome::AbandonedQueue { short: false },
            termination: Termination::success("hung-up"),
        };
        let facts = [fact(1, 1_000_000, queued), fact(2, 40_000_000, ended)];
        Projector::new(&store)
            .project(&facts)
            .await
            .expect("applied");
        look(&store, &metrics, Wall(hour)).await;
        let page = metrics.registry().text();
        for line in ["{formula=\"sl2\"} 0\n", "{formula=\"sl3\"} 0\n"] {
            let line = format!("gudok_service_level{line}");
            assert!(page.contains(&line), "{line}{page}");
        }
        assert!(!level("formula=\"sl1\""), "nobody was answered");
        look(&store, &metrics, Wall(3 * hour)).await;
        assert!(!level("gudok_service_level{"), "that was long ago");
    }
}
