//! Shadow mode: a new version of the plan runs beside the one in force on live calls, and nothing comes of it but a report.
//!
//! The line only hands over what was decided and on what, without waiting; a thread of its own decides. However slow the other
//! version is, and whatever it panics at, no call notices: what does not fit the queue is left out and counted.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_dialplan::shadow::{Report, Seen, Shadow};
use gudok_model::{CallId, Wall};
use gudok_switchboard::Switchboard;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::metrics::{Metrics, ShadowCounters};
use crate::versions::Why;

/// Decisions that may wait for the thread; more are left out and counted.
const WAITING_MAX: usize = 4_096;
/// Longest a report waits for the decisions before it.
const REPORT_WITHIN: Duration = Duration::from_secs(2);

/// A version beside, as the reloader keeps it. It ends when this and the [`Eye`] are dropped.
pub(crate) struct Beside {
    /// The folder it was read from.
    pub folder: PathBuf,
    /// The name of its plan.
    pub generation: String,
    /// Since when.
    pub since: Wall,
    /// Who started it, and why.
    pub why: Why,
    told: SyncSender<Told>,
    dropped: Arc<AtomicU64>,
}

/// What is known of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Found {
    /// What the other version would have done.
    #[serde(flatten)]
    pub report: Report,
    /// Decisions that did not fit the queue; calls under way then are followed no more.
    pub dropped: u64,
    /// Decisions at which the other version panicked: a bug, of no call.
    pub panics: u64,
}

/// What goes to the thread.
enum Told {
    /// A decision; `gap`: some before it were left out, of whichever calls.
    Seen { gap: bool, seen: Box<Seen> },
    /// This call is over.
    Ended(CallId),
    /// How it stands, once everything before is decided.
    Report(oneshot::Sender<(Report, u64)>),
}

/// The line's end of it.
pub(crate) struct Eye {
    told: SyncSender<Told>,
    dropped: Arc<AtomicU64>,
    counters: ShadowCounters,
    gap: bool,
    /// What the switchboard had let go when it was last looked at.
    missed: u64,
}

impl Eye {
    /// Everything that was decided since the last look.
    pub(crate) fn watch(&mut self, switchboard: &mut Switchboard) {
        let missed = switchboard.unseen();
        if missed > self.missed {
            self.left_out(missed - self.missed);
            self.missed = missed;
        }
        while let Some(seen) = switchboard.poll_seen() {
            self.see(seen);
        }
    }

    /// Hands over, without waiting.
    fn see(&mut self, seen: Seen) {
        let (gap, seen) = (self.gap, Box::new(seen));
        self.gap = false;
        if self.told.try_send(Told::Seen { gap, seen }).is_err() {
            self.left_out(1);
        }
    }

    /// A call is over: it is followed no more. Where there is no room to say so, it is let go with what is left out.
    pub(crate) fn ended(&mut self, call: CallId) {
        if self.told.try_send(Told::Ended(call)).is_err() {
            self.gap = true;
        }
    }

    fn left_out(&mut self, decisions: u64) {
        self.gap = true;
        self.dropped.fetch_add(decisions, Ordering::Relaxed);
        self.counters.dropped.add(decisions);
    }
}

impl std::fmt::Debug for Eye {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Eye")
    }
}

impl Beside {
    /// Begins: gives what to keep, and what the line is to have.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(crate) fn begin(
        plan: Arc<Plan>,
        folder: PathBuf,
        since: Wall,
        why: Why,
        metrics: &Metrics,
    ) -> std::io::Result<(Self, Eye)> {
        let (told, inbox) = sync_channel(WAITING_MAX);
        let generation = plan.generation().to_string();
        let counters = metrics.shadow();
        let mine = counters.clone();
        std::thread::Builder::new()
            .name("shadow".into())
            .spawn(move || follow(Shadow::new(plan), &inbox, &mine))?;
        let dropped = Arc::new(AtomicU64::new(0));
        let eye = Eye {
            told: told.clone(),
            dropped: Arc::clone(&dropped),
            counters,
            gap: false,
            missed: 0,
        };
        let beside = Self {
            folder,
            generation,
            since,
            why,
            told,
            dropped,
        };
        Ok((beside, eye))
    }

    /// What has come of everything that was decided so far; None: it is too far behind to tell.
    pub(crate) async fn found(&self) -> Option<Found> {
        let (answer, told) = oneshot::channel();
        self.told.try_send(Told::Report(answer)).ok()?;
        let (report, panics) = timeout(REPORT_WITHIN, told).await.ok()?.ok()?;
        Some(Found {
            report,
            dropped: self.dropped.load(Ordering::Relaxed),
            panics,
        })
    }
}

/// Until nobody tells anything any more.
fn follow(mut shadow: Shadow, inbox: &Receiver<Told>, counters: &ShadowCounters) {
    let (mut panics, mut known) = (0, (0, 0));
    while let Ok(told) = inbox.recv() {
        match told {
            Told::Seen { gap, seen } => {
                if gap {
                    shadow.let_go();
                }
                // It takes the call out before it decides: after a panic it is as it was, without that call.
                let observed = catch_unwind(AssertUnwindSafe(|| shadow.observe(&seen)));
                panics += u64::from(observed.is_err());
            }
            Told::Ended(call) => shadow.ended(call),
            Told::Report(answer) => {
                let _ = answer.send((shadow.report(), panics));
            }
        }
        let now = shadow.counts();
        counters.calls.add(now.0 - known.0);
        counters.otherwise.add(now.1 - known.1);
        known = now;
    }
}
