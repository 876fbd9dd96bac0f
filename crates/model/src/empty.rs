//! When nobody is behind a queue: by what its operators are taken for not there (behaviour Q8).
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Why an operator of a group counts as not there. Each is in one of these, or could take a call; of one caller or another they
/// may know too little besides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// No seat.
    LoggedOut,
    /// Not ready.
    Paused,
    /// Talks, or is consulted.
    InUse,
    /// Rings, or will in a moment.
    Ringing,
    /// The phone or the desk is away.
    Unavailable,
    /// Works on a call that is over.
    WrapUp,
    /// Does not know as much as the caller needs by now; whatever else they do.
    BelowSkill,
}

/// When callers do not come to a queue, and when those who wait in it leave: as soon as every operator of its groups is absent in
/// one of these ways. Empty: never.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WhenEmpty {
    /// Who comes is sent on.
    pub join: BTreeSet<Absence>,
    /// Who waits is sent on.
    pub leave: BTreeSet<Absence>,
}

impl Default for WhenEmpty {
    /// Where nobody is logged in, for both.
    fn default() -> Self {
        let logged_out = BTreeSet::from([Absence::LoggedOut]);
        Self {
            join: logged_out.clone(),
            leave: logged_out,
        }
    }
}
