//! What is in the journal: everything the switchboard was told and everything it asked for, in order.
//!
//! `replay` feeds the inputs to a new switchboard and compares; `explain` and the database read the facts.
use std::path::Path;

use gudok_dialplan::load::Source;
use gudok_journal::{Record, Seq};
use gudok_model::{CallEvent, CallId, FloorEvent, Now, Wall};
use gudok_switchboard::{Config, Input, Output};
use serde::{Deserialize, Serialize};

use crate::versions::{Edition, Version};

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
        config: Box<Config>,
        /// When the run before was alive for the last time. None: an earlier version did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut: Option<Wall>,
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
    /// A fact of the floor, of the switchboard's telling.
    Floor {
        /// When.
        now: Now,
        /// What.
        event: FloorEvent,
    },
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
            Self::Input { .. } => INPUT,
            Self::Timeout { .. } => TIMEOUT,
            Self::Output { .. } => OUTPUT,
            Self::Fact(_) => FACT,
            Self::Measured(_) => MEASURED,
            Self::Floor { .. } => FLOOR,
        }
    }
}

/// A plan's record with everything but the moment it comes into force: what is long is not written where calls are served.
#[derive(Debug)]
pub(crate) struct PlanRecord {
    /// JSON from behind the moment to the end of the version.
    rest: String,
}

#[derive(Serialize)]
struct Rest<'a> {
    sources: &'a [PlanText],
    version: &'a Version,
}

impl PlanRecord {
    pub(crate) fn of(edition: &Edition) -> Self {
        let Edition { version, sources } = edition;
        // Two texts a file: there is nothing in it that is no JSON.
        let rest = serde_json::to_string(&Rest { sources, version }).unwrap_or_default();
        let rest = rest.trim_start_matches('{').to_owned();
        Self { rest }
    }

    /// The payload of [`Entry::Plan`].
    pub(crate) fn write(&self, now: Now, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"Plan":{"now":"#);
        // Two numbers.
        let _ = serde_json::to_writer(&mut *out, &now);
        out.push(b',');
        out.extend_from_slice(self.rest.as_bytes());
        out.push(b'}');
    }
}

/// Kind of [`Entry::Boot`].
pub(crate) const BOOT: u16 = 1;
/// Kind of [`Entry::Plan`].
pub(crate) const PLAN: u16 = 2;
/// Kind of [`Entry::Input`].
pub(crate) const INPUT: u16 = 3;
/// Kind of [`Entry::Timeout`].
pub(crate) const TIMEOUT: u16 = 4;
/// Kind of [`Entry::Output`].
pub(crate) const OUTPUT: u16 = 5;
/// Kind of [`Entry::Fact`].
pub(crate) const FACT: u16 = 6;
/// Kind of [`Entry::Measured`].
pub(crate) const MEASURED: u16 = 7;

/// Kind of a message over SIP, which is no [`Entry`]: see `gudok_trace::message`.
pub(crate) const MESSAGE: u16 = 8;

/// Kind of [`Entry::Floor`].
pub(crate) const FLOOR: u16 = 9;

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
        | Entry::Output { .. }
        | Entry::Floor { .. } => None,
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

#[cfg(test)]
mod tests {
    use gudok_model::Mono;

    use super::*;
    use crate::versions::Origin;

    #[test]
    fn a_plan_that_is_written_beforehand_is_read_as_every_plan() {
        let now = Now {
            mono: Mono(5),
            wall: Wall(7),
        };
        let version = Version {
            number: 3,
            at: Wall(7),
            origin: Origin::Rollback,
            author: "petrova".into(),
            reason: "«рано»".into(),
            back_to: Some(1),
            generation: "00ff".into(),
            summary: vec!["иначе".into()],
            disk: String::new(),
        };
        let sources = vec![PlanText {
            name: "8800.toml".into(),
            text: "{\"}\n".into(),
        }];
        let edition = Edition { version, sources };
        let mut payload = Vec::new();
        PlanRecord::of(&edition).write(now, &mut payload);
        let record = Record {
            seq: Seq(1),
            kind: PLAN,
            payload,
        };
        let Edition { version, sources } = edition;
        let version = Some(Box::new(version));
        let whole = Entry::Plan {
            now,
            sources,
            version,
        };
        assert_eq!(decode(&record), Some(whole));
    }
}
