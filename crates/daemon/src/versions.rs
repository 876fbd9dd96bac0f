//! Which versions of the plan came into force, who put them there and why: the history that a rollback goes back by.
//!
//! A version is in the database before it is in force, and in the journal when it is. A database that is away keeps no
//! version out: what it has not taken is tried again, and found in the journal by the next start.
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gudok_dialplan::load::Source;
use gudok_dialplan::plan::Plan;
use gudok_journal::Seq;
use gudok_model::Wall;
use gudok_store::{Store, VersionRow};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::records::{self, Entry, PLAN, PlanText};

/// How long a version that comes into force waits for the database.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);
/// Most versions that wait for a database that is away; the oldest is let go, the journal has it.
const UNWRITTEN_MAX: usize = 16;
/// Most lines of what a version does otherwise that are kept with it; the rest is counted.
const SUMMARY_LINES_MAX: usize = 40;

/// A version of the plan: everything but its text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    /// 1, 2, 3 … Never given twice.
    pub number: u64,
    /// When it came into force.
    pub at: Wall,
    /// From where.
    pub origin: Origin,
    /// Who put it there.
    pub author: String,
    /// Why; empty where nobody said.
    pub reason: String,
    /// Of a rollback: which version it went back to.
    #[serde(default)]
    pub back_to: Option<u64>,
    /// The name by which calls know it.
    pub generation: String,
    /// What it does otherwise than the one before, in Russian; at most [`SUMMARY_LINES_MAX`] and one.
    pub summary: Vec<String>,
    /// The fingerprint of the files that lay on disk then; empty: they could not be read.
    pub disk: String,
}

/// Where a version came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// The daemon began with it.
    Start,
    /// SIGHUP.
    Signal,
    /// `gudok reload`.
    Command,
    /// The pages.
    Api,
    /// Somebody went back to an earlier one.
    Rollback,
}

/// A version with its whole text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Edition {
    /// Which.
    pub version: Version,
    /// Its files, tests included.
    pub sources: Vec<PlanText>,
}

/// Who wants something, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Why {
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
    /// By which way.
    pub origin: Origin,
}

impl Why {
    /// SIGHUP: nobody knows who sent it.
    pub(crate) fn signal() -> Self {
        Self {
            author: "SIGHUP".to_owned(),
            reason: String::new(),
            origin: Origin::Signal,
        }
    }
}

impl Version {
    /// What comes after `last` from this moment on.
    pub(crate) fn after(last: u64, at: Wall, why: Why, plan: &Plan, disk: &str) -> Self {
        Self {
            number: last + 1,
            at,
            origin: why.origin,
            author: why.author,
            reason: why.reason,
            back_to: None,
            generation: plan.generation().to_string(),
            summary: Vec::new(),
            disk: disk.to_owned(),
        }
    }

    /// The same with what it does otherwise.
    pub(crate) fn otherwise(mut self, mut lines: Vec<String>) -> Self {
        let more = lines.len().saturating_sub(SUMMARY_LINES_MAX);
        lines.truncate(SUMMARY_LINES_MAX);
        if more > 0 {
            lines.push(format!("… и ещё {more}"));
        }
        self.summary = lines;
        self
    }

    /// It was gone back to, away from the files that still lie on disk: these do not come into force by themselves.
    pub(crate) fn holds_against(&self, disk: &str) -> bool {
        self.origin == Origin::Rollback && !disk.is_empty() && self.disk == disk
    }

    /// From where it came, in Russian.
    pub(crate) fn came(&self) -> String {
        match (self.origin, self.back_to) {
            (Origin::Start, _) => "запуск".to_owned(),
            (Origin::Signal, _) => "SIGHUP".to_owned(),
            (Origin::Command, _) => "gudok reload".to_owned(),
            (Origin::Api, _) => "API".to_owned(),
            (Origin::Rollback, Some(to)) => format!("откат к версии {to}"),
            (Origin::Rollback, None) => "откат".to_owned(),
        }
    }
}

impl Edition {
    /// The files as the plan is read from them.
    pub(crate) fn files(&self) -> Vec<Source> {
        self.sources.iter().cloned().map(Source::from).collect()
    }

    fn row(&self) -> VersionRow {
        let Version {
            number,
            at,
            origin,
            author,
            reason,
            back_to,
            generation,
            summary,
            disk,
        } = &self.version;
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        VersionRow {
            number: signed(*number),
            at: at.0,
            origin: slug(*origin),
            author: author.clone(),
            reason: reason.clone(),
            back_to: back_to.map(signed),
            generation: generation.clone(),
            summary: summary.join("\n"),
            disk: disk.clone(),
            // Two texts a file: there is nothing in it that is no JSON.
            files: serde_json::to_string(&self.sources).unwrap_or_default(),
        }
    }
}

fn slug(origin: Origin) -> String {
    let json = serde_json::to_value(origin).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// The version of a row; None for one of a later gudok.
pub(crate) fn of_row(row: &VersionRow) -> Option<Version> {
    let unsigned = |number: i64| u64::try_from(number).ok();
    Some(Version {
        number: unsigned(row.number)?,
        at: Wall(row.at),
        origin: serde_json::from_value(row.origin.as_str().into()).ok()?,
        author: row.author.clone(),
        reason: row.reason.clone(),
        back_to: row.back_to.and_then(unsigned),
        generation: row.generation.clone(),
        summary: row.summary.lines().map(str::to_owned).collect(),
        disk: row.disk.clone(),
    })
}

/// The version of a row with its text.
pub(crate) fn edition(row: &VersionRow) -> Option<Edition> {
    let sources = serde_json::from_str(&row.files).ok()?;
    let version = of_row(row)?;
    Some(Edition { version, sources })
}

/// The history as the daemon writes it.
pub(crate) struct History {
    store: Store,
    unwritten: Mutex<VecDeque<VersionRow>>,
}

impl History {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            unwritten: Mutex::default(),
        }
    }

    /// Writes a version down; false: the database has not taken it yet.
    pub(crate) async fn keep(&self, edition: &Edition) -> bool {
        {
            let mut rows = self.rows();
            rows.push_back(edition.row());
            if rows.len() > UNWRITTEN_MAX {
                rows.pop_front();
            }
        }
        self.catch_up().await
    }

    /// Whether something waits for the database.
    pub(crate) fn is_behind(&self) -> bool {
        !self.rows().is_empty()
    }

    /// Writes down what waits, oldest first; false: something still does.
    pub(crate) async fn catch_up(&self) -> bool {
        loop {
            let Some(row) = self.rows().front().cloned() else {
                return true;
            };
            match timeout(WRITTEN_WITHIN, self.store.add_version(&row)).await {
                Ok(Ok(())) => self.rows().retain(|it| it.number != row.number),
                Ok(Err(error)) => {
                    tracing::error!(%error, version = row.number, "a version of the plan is not written down yet");
                    return false;
                }
                Err(_) => {
                    tracing::error!(
                        version = row.number,
                        "a version of the plan is not written down yet: the database is busy"
                    );
                    return false;
                }
            }
        }
    }

    fn rows(&self) -> MutexGuard<'_, VecDeque<VersionRow>> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings the history up to what the last run journaled; to be called before the facts of calls are, whose position says
/// from where the database may lack something.
///
/// # Errors
/// When the database does not take it.
pub(crate) async fn catch_up(journal: &Path, store: &Store) -> anyhow::Result<()> {
    let from = Seq(store.position().await? + 1);
    let editions: Vec<Edition> = journaled(journal, from)
        .filter_map(|(_, version, sources)| {
            let version = version?;
            Some(Edition { version, sources })
        })
        .collect();
    for edition in editions {
        store.add_version(&edition.row()).await?;
    }
    Ok(())
}

/// The plan that came into force last, as the journal has it: of a gudok that kept no history yet.
pub(crate) fn last_in_journal(journal: &Path) -> Option<(Wall, Vec<PlanText>)> {
    let last = journaled(journal, Seq(1)).last();
    last.map(|(at, _, sources)| (at, sources))
}

fn journaled(
    journal: &Path,
    from: Seq,
) -> impl Iterator<Item = (Wall, Option<Version>, Vec<PlanText>)> {
    let plans = records::records(journal, from).filter(|record| record.kind == PLAN);
    plans.filter_map(|record| match records::decode(&record)? {
        Entry::Plan {
            now,
            sources,
            version,
        } => Some((now.wall, version.map(|it| *it), sources)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(origin: Origin) -> Version {
        Version {
            number: 7,
            at: Wall(1_795_320_000_000_000),
            origin,
            author: "petrova".into(),
            reason: "новый график".into(),
            back_to: Some(5),
            generation: "00ff00ff00ff00ff".into(),
            summary: vec!["номер «Горячая линия»: 12 ч в неделю пойдут иначе".into()],
            disk: "11ee11ee11ee11ee".into(),
        }
    }

    #[test]
    fn what_is_written_down_is_what_came_into_force() {
        for origin in [
            Origin::Start,
            Origin::Signal,
            Origin::Command,
            Origin::Api,
            Origin::Rollback,
        ] {
            let sources = vec![PlanText {
                name: "8800.toml".into(),
                text: "[[number]]\n".into(),
            }];
            let version = version(origin);
            let whole = Edition { version, sources };
            assert_eq!(edition(&whole.row()), Some(whole));
        }
    }

    #[test]
    fn only_the_files_that_a_rollback_left_are_held_back() {
        let back = version(Origin::Rollback);
        assert!(back.holds_against("11ee11ee11ee11ee"));
        assert!(!back.holds_against("22dd22dd22dd22dd"), "they are others");
        assert!(!version(Origin::Command).holds_against("11ee11ee11ee11ee"));
    }

    #[test]
    fn what_goes_otherwise_is_kept_within_bounds() {
        let lines = (0..SUMMARY_LINES_MAX + 3).map(|it| it.to_string());
        let kept = version(Origin::Start).otherwise(lines.collect()).summary;
        assert_eq!(kept.len(), SUMMARY_LINES_MAX + 1);
        assert_eq!(kept.last().map(String::as_str), Some("… и ещё 3"));
    }
}
