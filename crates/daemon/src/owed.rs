//! What callers are owed, on the page of metrics; an alarm for what is overdue.
use std::time::Duration;

use gudok_model::Wall;
use gudok_store::{OpenRequests, Store};
use tokio::sync::watch;

use crate::clock::wall;
use crate::metrics::Metrics;
use crate::serve::until;

/// It is looked so often: promises are made in minutes.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Looks until the daemon stops.
pub(crate) async fn watch(store: Store, metrics: Metrics, stopped: watch::Receiver<bool>) {
    let stop = until(stopped);
    tokio::pin!(stop);
    let mut overdue = 0;
    loop {
        overdue = look(&store, &metrics, wall(), overdue).await;
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = &mut stop => return,
        }
    }
}

/// Tells the page, and raises the alarm when more are overdue than were; gives how many are.
async fn look(store: &Store, metrics: &Metrics, now: Wall, before: i64) -> i64 {
    let open = match store.open_requests(now).await {
        Ok(open) => open,
        Err(error) => {
            tracing::warn!(%error, "nobody knows what callers are owed");
            return before;
        }
    };
    metrics.requests(&open, now);
    let overdue = open.iter().map(|kind: &OpenRequests| kind.overdue).sum();
    if overdue > before {
        metrics.alarm("requests_overdue");
        tracing::error!(
            overdue,
            "alarm: callers wait for what they were promised; gudok requests --open lists it"
        );
    }
    overdue
}

#[cfg(test)]
mod tests {
    use gudok_model::{CallEvent, CallId, RequestEnd, RequestKind};
    use gudok_store::{Fact, Projector};

    use super::*;

    #[tokio::test]
    async fn what_is_overdue_is_told_and_raises_one_alarm() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let metrics = Metrics::new();
        let call = CallId(uuid::Uuid::from_u128(1));
        let fact = |seq, event| Fact {
            seq,
            at: Wall(0),
            call,
            event,
        };
        let promised = CallEvent::Requested {
            kind: RequestKind::Callback,
            number: None,
            due: Wall(100),
            group: None,
            length_ms: None,
            waited_ms: None,
            detail: Box::default(),
        };
        let mut projector = Projector::new(&store);
        projector.project(&[fact(1, promised)]).await.unwrap();
        let alarms = || {
            metrics
                .registry()
                .text()
                .contains("what=\"requests_overdue\"")
        };

        assert_eq!(look(&store, &metrics, Wall(100), 0).await, 0);
        assert!(!alarms(), "it is due now, and not overdue");
        assert_eq!(look(&store, &metrics, Wall(101), 0).await, 1);
        assert_eq!(look(&store, &metrics, Wall(102), 1).await, 1);
        let page = metrics.registry().text();
        for line in [
            "gudok_alarms_total{what=\"requests_overdue\"} 1\n",
            "gudok_requests_open{kind=\"callback\"} 1\n",
            "gudok_requests_open{kind=\"voicemail\"} 0\n",
            "gudok_requests_overdue{kind=\"callback\"} 1\n",
        ] {
            assert!(page.contains(line), "{line}{page}");
        }
        let done = CallEvent::RequestClosed {
            request: 1,
            end: RequestEnd::Done,
            by: "ivanov".into(),
            note: None,
        };
        projector.project(&[fact(2, done)]).await.unwrap();
        assert_eq!(look(&store, &metrics, Wall(200), 1).await, 0);
        let page = metrics.registry().text();
        assert!(page.contains("gudok_requests_open{kind=\"callback\"} 0\n"));
    }
}
