//! What is in the journal: everything the switchboard was told and everything it asked for, in order.
//!
//! `replay` feeds the inputs to a new switchboard and compares; `explain` and the database read the facts.
use std::path::Path;

use gudok_dialplan::load::Source;
use gudok_journal::{Record, Seq};
use gudok_model::{CallEvent, CallId, Now};
use gudok_switchboard::{Config, Input, Output};
use serde::{Deserialize, Serialize};

use crate::versions::Version;

/// One record of the journal.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Entry {
    /// The daemon started: everything before is history, the switchboard begins empty.
    Boot {
        /// When.
        now: Now,
        /// Version of the daemon.
        version: String,
        /// What the switchboard was made with.
        config: Config,
    },
    /// A plan came into force.
    Plan {
        /// When.
        now: Now,
        /// The files, whole: an old call is replayed with the text it was decided by.
        sources: Vec<PlanText>,
        /// Which it is in the history; none in the journals of a gudok that kept none.
        #[serde(default)]
        version: Option<Box<Version>>,
    },
    /// The switchboard was told something.
    Input {
        /// When.
        now: Now,
        /// What.
        input: Input,
    },
    /// A timer of the switchboard was due.
    Timeout {
        /// When.
        now: Now,
    },
    /// The switchboard asked for something. Facts among the outputs are entries of their own.
    Output {
        /// What.
        output: Output,
    },
    /// A fact of a call, of the switchboard's telling.
    Fact(Fact),
    /// A fact of a call that the driver measured: how a leg sounded, where the recording lies.
    Measured(Fact),
}

/// One fact with its time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Fact {
    /// When.
    pub now: Now,
    /// Of which call.
    pub call: CallId,
    /// What.
    pub event: CallEvent,
}

/// A file of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PlanText {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl From<&Source> for PlanText {
    fn from(source: &Source) -> Self {
        Self {
            name: source.name.clone(),
            text: source.text.clone(),
        }
    }
}

impl From<PlanText> for Source {
    fn from(text: PlanText) -> Self {
        Self {
            name: text.name,
            text: text.text,
        }
    }
}

impl Entry {
    /// The record's kind, so that a reader can pass over what it does not need without parsing it.
    pub(crate) fn kind(&self) -> u16 {
        match self {
            Self::Boot { .. } => BOOT,
            Self::Plan { .. } => PLAN,
            Self::Input { .. } => 3,
            Self::Timeout { .. } => 4,
            Self::Output { .. } => 5,
            Self::Fact(_) => FACT,
            Self::Measured(_) => MEASURED,
        }
    }
}

/// Kind of [`Entry::Boot`].
pub(crate) const BOOT: u16 = 1;
/// Kind of [`Entry::Plan`].
pub(crate) const PLAN: u16 = 2;
/// Kind of [`Entry::Fact`].
pub(crate) const FACT: u16 = 6;
/// Kind of [`Entry::Measured`].
pub(crate) const MEASURED: u16 = 7;

/// Kind of a message over SIP, which is no [`Entry`]: see `gudok_trace::message`.
pub(crate) const MESSAGE: u16 = 8;

/// Entries of a journal folder from `from` on. What cannot be read is told to the log and passed over.
pub(crate) fn entries(folder: &Path, from: Seq) -> impl Iterator<Item = (Seq, Entry)> {
    let entries = records(folder, from).filter(|record| record.kind != MESSAGE);
    entries.filter_map(|record| Some((record.seq, decode(&record)?)))
}

/// Facts alone: what the database is made of.
pub(crate) fn facts(folder: &Path, from: Seq) -> impl Iterator<Item = (Seq, Fact)> {
    let wanted = records(folder, from).filter(|record| matches!(record.kind, FACT | MEASURED));
    wanted.filter_map(|record| match decode(&record)? {
        Entry::Fact(fact) | Entry::Measured(fact) => Some((record.seq, fact)),
        Entry::Boot { .. }
        | Entry::Plan { .. }
        | Entry::Input { .. }
        | Entry::Timeout { .. }
        | Entry::Output { .. } => None,
    })
}

/// Records of every kind. What cannot be read is told to the log and passed over.
pub(crate) fn records(folder: &Path, from: Seq) -> impl Iterator<Item = Record> {
    gudok_journal::read(folder, from).filter_map(|record| {
        record
            .inspect_err(|problem| tracing::warn!(%problem, "journal: a stretch cannot be read"))
            .ok()
    })
}

/// The entry; none for what this version does not know, which is told to the log.
pub(crate) fn decode(record: &Record) -> Option<Entry> {
    let entry = serde_json::from_slice(&record.payload);
    entry
        .inspect_err(|error| tracing::warn!(seq = record.seq.0, %error, "journal: unknown entry"))
        .ok()
}
