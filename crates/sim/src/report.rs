//! What a day came to.
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use gudok_model::{Name, OfferEnd, Outcome};

/// Counts of a day, and one number that stands for all that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// The seed of the day.
    pub seed: u64,
    /// Calls that came in.
    pub arrivals: u64,
    /// How they ended; the sum is `arrivals`.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// How the offers ended.
    pub offers: BTreeMap<OfferEnd, u64>,
    /// Alarms by their slug.
    pub alarms: BTreeMap<Name, u64>,
    /// Waiting time of those who were answered: median, 95th percentile, longest.
    pub waits: [Duration; 3],
    /// How often somebody who waited was told how things stand.
    pub announcements: u64,
    /// How often the daemon started anew.
    pub restarts: u64,
    /// Work after talks that went on then.
    pub wrap_ups_resumed: u64,
    /// Requests to call somebody: `opened`, and how those that are over ended.
    pub requests: BTreeMap<Name, u64>,
    /// How our own calls ended: by hand and of requests.
    pub calls_out: BTreeMap<Outcome, u64>,
    /// How often a supervisor came into a talk, or was in it in another way.
    pub supervised: u64,
    /// Inputs given to the switchboard; the invariants were checked after each.
    pub inputs: u64,
    /// Virtual time that passed.
    pub span: Duration,
    /// The same seed gives the same number; any difference in what happened gives another.
    pub hash: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, p95, longest] = self.waits.map(|wait| wait.as_secs());
        writeln!(
            f,
            "seed {}: {} calls, hash {:016x}",
            self.seed, self.arrivals, self.hash
        )?;
        writeln!(f, "outcomes {:?}", self.outcomes)?;
        writeln!(f, "offers {:?}", self.offers)?;
        writeln!(f, "alarms {:?}", self.alarms)?;
        writeln!(f, "waited {median} s, p95 {p95} s, longest {longest} s")?;
        writeln!(f, "{} announcements", self.announcements)?;
        writeln!(
            f,
            "{} restarts, {} wrap-ups went on",
            self.restarts, self.wrap_ups_resumed
        )?;
        writeln!(
            f,
            "requests {:?}, calls out {:?}, {} times in talks of others",
            self.requests, self.calls_out, self.supervised
        )?;
        write!(
            f,
            "{} inputs in {} s of virtual time",
            self.inputs,
            self.span.as_secs()
        )
    }
}

/// Median, 95th percentile and longest.
pub(crate) fn quantiles(mut waits: Vec<Duration>) -> [Duration; 3] {
    waits.sort_unstable();
    let last = waits.len().saturating_sub(1);
    let at = |percent: usize| waits.get(last * percent / 100).copied().unwrap_or_default();
    [at(50), at(95), at(100)]
}
