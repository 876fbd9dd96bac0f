//! Which versions of the plan came into force, who put them there and why: the history that a rollback goes back by.
//!
//! A version is in the database before it is in force, and in the journal when it is. A database that is away keeps no
//! version out: what it has not taken is tried again, and found in the journal by the next start.
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gudok_dialplan::load::{Source, fingerprint, is_roster};
use gudok_dialplan::plan::Plan;
use gudok_journal::Seq;
use gudok_model::Wall;
use gudok_store::{Added, Store, VersionRow};
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
    /// Of a rollback, and of what follows it while it holds: which version it went back to.
    #[serde(default)]
    pub back_to: Option<u64>,
    /// The name by which calls know it.
    pub generation: String,
    /// What it does otherwise than the one before, in Russian; at most [`SUMMARY_LINES_MAX`] and one.
    pub summary: Vec<String>,
    /// The fingerprint of the files that lay on disk then, rosters and tests apart; empty: they could not be read.
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

    /// What goes on with the rollback of `held`: only the rosters are newer.
    pub(crate) fn holding(mut self, held: &Self) -> Self {
        self.back_to = held.back_to;
        if held.disk.is_empty() {
            self.disk.clear();
        }
        self
    }

    /// From where it came, in Russian.
    pub(crate) fn came(&self) -> String {
        match (self.origin, self.back_to) {
            (Origin::Start, None) => "запуск".to_owned(),
            (Origin::Start, Some(to)) => format!("запуск, откат к версии {to} в силе"),
            (Origin::Signal, None) => "SIGHUP".to_owned(),
            (Origin::Signal, Some(to)) => format!("SIGHUP, откат к версии {to} в силе"),
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

    /// It was gone back to, away from the files that still lie on disk: these do not come into force by themselves, and
    /// where they are its own there is nothing to hold. Nobody knows what was gone back from where it could not be read:
    /// then no other file comes into force by itself.
    pub(crate) fn holds_against(&self, disk: &str) -> bool {
        let Version {
            back_to, disk: was, ..
        } = &self.version;
        let is_left = was.is_empty() || was == disk;
        let left = back_to.is_some() && !disk.is_empty() && is_left;
        left && *disk != *fingerprint(&self.files())
    }

    /// Its files with the rosters as they lie on disk now; one that is not there any more stays as it was.
    pub(crate) fn with_rosters_of(&self, disk: &[Source]) -> Vec<Source> {
        let newer = |it: &Source| disk.iter().find(|lies| lies.name == it.name).cloned();
        let of_today = |it: Source| {
            is_roster(&it.name)
                .then(|| newer(&it))
                .flatten()
                .unwrap_or(it)
        };
        self.files().into_iter().map(of_today).collect()
    }

    /// As the history has it.
    pub(crate) fn row(&self) -> VersionRow {
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

/// What became of a version on its way into the history; the worst comes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum OnRecord {
    /// It is there.
    Written,
    /// Another plan has its number there: of a database that was put back, or of two daemons with one.
    Taken,
    /// The database has not taken it yet.
    NotYet,
}

fn told(row: &VersionRow, added: Added) -> OnRecord {
    if added != Added::Taken {
        return OnRecord::Written;
    }
    tracing::error!(
        version = row.number,
        generation = row.generation,
        "another plan has this number in the history: this one is in the journal alone"
    );
    OnRecord::Taken
}

/// The history as the daemon writes it.
pub(crate) struct History {
    store: Store,
    unwritten: Mutex<VecDeque<VersionRow>>,
    /// One was let go: the next start finds it in the journal.
    let_go: AtomicBool,
}

impl History {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            unwritten: Mutex::default(),
            let_go: AtomicBool::new(false),
        }
    }

    /// Writes a version down.
    pub(crate) async fn keep(&self, edition: &Edition) -> OnRecord {
        self.keep_row(edition.row()).await
    }

    /// The same of one that is ready to be written.
    pub(crate) async fn keep_row(&self, row: VersionRow) -> OnRecord {
        {
            let mut rows = self.rows();
            rows.push_back(row);
            if rows.len() > UNWRITTEN_MAX {
                rows.pop_front();
                self.let_go.store(true, Ordering::Relaxed);
            }
        }
        self.catch_up().await
    }

    /// Whether something waits for the database.
    pub(crate) fn is_behind(&self) -> bool {
        !self.rows().is_empty()
    }

    /// Writes down what waits, oldest first.
    pub(crate) async fn catch_up(&self) -> OnRecord {
        let mut on_record = OnRecord::Written;
        loop {
            let Some(row) = self.rows().front().cloned() else {
                return on_record;
            };
            match timeout(WRITTEN_WITHIN, self.store.add_version(&row)).await {
                Ok(Ok(added)) => {
                    self.rows().retain(|it| *it != row);
                    on_record = on_record.max(told(&row, added));
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, version = row.number, "a version of the plan is not written down yet");
                    return OnRecord::NotYet;
                }
                Err(_) => {
                    tracing::error!(
                        version = row.number,
                        "a version of the plan is not written down yet: the database is busy"
                    );
                    return OnRecord::NotYet;
                }
            }
        }
    }

    /// Everything that is in the journal up to the facts in the database is in the history too: the next start need not
    /// look there.
    pub(crate) async fn advance(&self) {
        if self.is_behind() || self.let_go.load(Ordering::Relaxed) {
            return;
        }
        let advanced = async {
            let position = self.store.position().await?;
            self.store.versions_are_known_to(position).await
        };
        match timeout(WRITTEN_WITHIN, advanced).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the history of plans will be read again"),
            Err(_) => {
                tracing::warn!("the history of plans will be read again: the database is busy");
            }
        }
    }

    fn rows(&self) -> MutexGuard<'_, VecDeque<VersionRow>> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last version before the one in force of which an author of plans has written something else; `versions` are newest
/// first. Rosters change by the week: to go back past one is not to go back. What was gone back to counts as where it was.
pub(crate) fn before(now: &Version, versions: &[Version]) -> Option<u64> {
    let from = now.back_to.unwrap_or(now.number);
    let current = written(now, versions);
    let is_other = |it: &&Version| match (written(it, versions), current) {
        (Some(it), Some(current)) => it != current,
        _ => it.generation != now.generation,
    };
    let mut earlier = versions.iter().filter(|it| it.number < from);
    earlier.find(is_other).map(|it| it.number)
}

/// The fingerprint of its own files: of those that lay on disk, or of the version that it went back to. None: that is
/// forgotten.
fn written<'a>(version: &'a Version, versions: &'a [Version]) -> Option<&'a str> {
    let mut it = version;
    while let Some(to) = it.back_to {
        it = versions
            .iter()
            .find(|known| known.number == to && to < it.number)?;
    }
    Some(it.disk.as_str()).filter(|disk| !disk.is_empty())
}

/// Brings the history up to what is journaled. It has a position of its own: facts may have been taken after a version
/// that was not.
///
/// # Errors
/// When the database does not take it.
pub(crate) async fn catch_up(journal: &Path, store: &Store) -> anyhow::Result<()> {
    let from = Seq(store.versions_known_to().await? + 1);
    let mut known = store.position().await?;
    for (seq, _, version, sources) in journaled(journal, from) {
        known = known.max(seq.0);
        if let Some(version) = version {
            let row = Edition { version, sources }.row();
            told(&row, store.add_version(&row).await?);
        }
    }
    store.versions_are_known_to(known).await?;
    Ok(())
}

/// The plan that came into force last, as the journal has it: of a gudok that kept no history yet.
pub(crate) fn last_in_journal(journal: &Path) -> Option<(Wall, Vec<PlanText>)> {
    let last = journaled(journal, Seq(1)).last();
    last.map(|(_, at, _, sources)| (at, sources))
}

fn journaled(
    journal: &Path,
    from: Seq,
) -> impl Iterator<Item = (Seq, Wall, Option<Version>, Vec<PlanText>)> {
    let plans = records::records(journal, from).filter(|record| record.kind == PLAN);
    plans.filter_map(|record| match records::decode(&record)? {
        Entry::Plan {
            now,
            sources,
            version,
        } => Some((record.seq, now.wall, version.map(|it| *it), sources)),
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

    /// The history of some changes: number, what it went back to, and which plan it is.
    fn of_past((number, back_to, plan): (u64, Option<u64>, &str)) -> Version {
        Version {
            number,
            at: Wall(0),
            origin: Origin::Command,
            author: String::new(),
            reason: String::new(),
            back_to,
            generation: plan.to_owned(),
            summary: Vec::new(),
            disk: String::new(),
        }
    }

    #[test]
    fn going_back_twice_goes_further_back_and_not_forth() {
        let mut past = vec![
            (1, None, "a"),
            (2, None, "b"),
            (3, None, "b"),
            (4, None, "c"),
        ];
        for (expected, plan) in [(Some(3), "b"), (Some(1), "a"), (None, "")] {
            let now = of_past(past[past.len() - 1]);
            let all: Vec<Version> = past.iter().rev().copied().map(of_past).collect();
            let to = before(&now, &all);
            assert_eq!(to, expected, "{past:?}");
            past.push((now.number + 1, to, plan));
        }
    }

    /// As [`of_past`], with what an author of plans has written of it; `None` of what was gone back to lies in `disk`.
    fn written_as(past: (u64, Option<u64>, &str), disk: &str) -> Version {
        Version {
            disk: disk.to_owned(),
            ..of_past(past)
        }
    }

    #[test]
    fn a_roster_that_was_imported_is_nothing_to_go_back_past() {
        let mut past = vec![
            written_as((1, None, "a1"), "A"),
            written_as((2, None, "b1"), "B"),
            written_as((3, None, "b2"), "B"),
            written_as((4, None, "b3"), "B"),
        ];
        past.reverse();
        assert_eq!(before(&past[0], &past), Some(1));
        // Gone back to, and a roster under it: what lies on disk is still the other plan.
        past.insert(0, written_as((5, Some(1), "a3"), "B"));
        past.insert(0, written_as((6, Some(1), "a4"), "B"));
        assert_eq!(before(&past[0], &past), None);
        past.insert(0, written_as((7, None, "c4"), "C"));
        assert_eq!(before(&past[0], &past), Some(6));
    }

    fn file(name: &str, text: &str) -> PlanText {
        PlanText {
            name: name.into(),
            text: text.into(),
        }
    }

    fn gone_back(sources: Vec<PlanText>) -> Edition {
        let version = version(Origin::Rollback);
        Edition { version, sources }
    }

    #[test]
    fn only_the_files_that_a_rollback_left_are_held_back() {
        let mut it = gone_back(vec![file("8800.toml", "old")]);
        assert!(it.holds_against("11ee11ee11ee11ee"));
        assert!(!it.holds_against("22dd22dd22dd22dd"), "they are others");
        it.version.disk = fingerprint(&it.files()).to_string();
        let own = it.version.disk.clone();
        assert!(!it.holds_against(&own), "they are its own");
        it.version.disk = String::new();
        assert!(it.holds_against("22dd22dd22dd22dd"), "they were not read");
        it.version = version(Origin::Command);
        it.version.back_to = None;
        assert!(!it.holds_against("11ee11ee11ee11ee"));
    }

    #[test]
    fn what_was_gone_back_to_takes_the_rosters_of_today_and_nothing_else() {
        let was = [
            file("8800.toml", "old"),
            file("a.roster.csv", "spring"),
            file("b.roster.csv", "spring"),
        ];
        let lies = [
            file("8800.toml", "new"),
            file("a.roster.csv", "summer"),
            file("c.roster.csv", "summer"),
        ];
        let disk: Vec<Source> = lies.map(Source::from).into();
        let taken = gone_back(was.into()).with_rosters_of(&disk);
        let taken: Vec<PlanText> = taken.iter().map(PlanText::from).collect();
        let expected = [
            file("8800.toml", "old"),
            file("a.roster.csv", "summer"),
            file("b.roster.csv", "spring"),
        ];
        assert_eq!(taken, expected);
    }

    #[test]
    fn what_goes_otherwise_is_kept_within_bounds() {
        let lines = (0..SUMMARY_LINES_MAX + 3).map(|it| it.to_string());
        let kept = version(Origin::Start).otherwise(lines.collect()).summary;
        assert_eq!(kept.len(), SUMMARY_LINES_MAX + 1);
        assert_eq!(kept.last().map(String::as_str), Some("… и ещё 3"));
    }
}
