//! The plan a start begins with: the files, or the version that was in force when they are refused or were gone back from.
//!
//! Who wrote a plan with an error and was told so has left the old one in force; a crash a night later must not find the
//! hotline without any. Why it is so: `decisions/0004-which-plan-a-start-begins-with.md`.
use std::path::Path;
use std::sync::Arc;

use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::{Source, fingerprint};
use gudok_dialplan::problem::Problem;
use gudok_model::Wall;
use gudok_store::Store;

use crate::clock::wall;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::plans::{self, Fitting, PlanError};
use crate::reload::InForce;
use crate::standing::{Standing, Stands};
use crate::verbs::Refused;
use crate::versions::{self, Edition, Origin, Version, Why};
use crate::voice::Voice;

/// What would come into force of the folder of plans, and whether it may.
pub(crate) struct OnDisk {
    /// The fingerprint of the files that lie there; empty: they cannot be read.
    pub disk: String,
    /// The files it is made of.
    pub sources: Vec<Source>,
    /// The plan, or why it is none.
    pub plan: Result<Fitting, PlanError>,
    /// It is the version that was gone back to, with the rosters that lie there: the other files wait for `gudok reload`.
    pub held: bool,
    /// Hours that it leaves without an answer all the same.
    pub gaps: Option<PlanError>,
}

impl OnDisk {
    /// Reads and checks. `held`: what is in force, which may hold against the files that lie there. Blocks on the disk.
    pub(crate) fn read(config: &Config, voice: &Voice, held: Option<&Edition>) -> Self {
        let sources = match plans::sources(&config.paths.dialplans) {
            Ok(sources) => sources,
            Err(error) => {
                return Self {
                    disk: String::new(),
                    sources: Vec::new(),
                    plan: Err(error),
                    held: false,
                    gaps: None,
                };
            }
        };
        let disk = fingerprint(&sources).to_string();
        let horizon = Horizon::from_now(wall());
        let Some(held) = held.filter(|held| held.holds_against(&disk)) else {
            return Self {
                plan: Fitting::accepted(config, voice, &sources, horizon),
                disk,
                sources,
                held: false,
                gaps: None,
            };
        };
        let sources = held.with_rosters_of(&sources);
        // As it was gone back to: gaps that came near by themselves keep no roster out.
        let (plan, gaps) = Fitting::once_accepted(config, voice, &sources, horizon);
        Self {
            disk,
            sources,
            plan,
            held: true,
            gaps,
        }
    }
}

/// The files of [`OnDisk`].
struct Lies {
    disk: String,
    sources: Vec<Source>,
    held: bool,
}

/// The end of the history.
struct Last {
    /// Its number; 0: there is no history.
    number: u64,
    /// The version, where it can be read.
    edition: Option<Edition>,
}

/// What a start has to choose with.
pub(crate) struct Beginning<'a> {
    pub config: &'a Config,
    pub voice: &'a Voice,
    pub metrics: &'a Metrics,
    pub stands: &'a Stands,
}

impl Beginning<'_> {
    /// The plan to begin with. Nothing is written of it: the start may fail yet.
    ///
    /// # Errors
    /// The files are refused, and there is no version to go on with; or the database does not answer.
    pub(crate) async fn choose(
        &self,
        on_disk: OnDisk,
        store: &Store,
    ) -> anyhow::Result<(InForce, Edition)> {
        versions::catch_up(&self.config.paths.journal, store).await?;
        let row = store.last_version().await?;
        // The numbers go on even where a later gudok wrote what we cannot read.
        let number = row.as_ref().and_then(|row| row.number.try_into().ok());
        let number = number.unwrap_or(0);
        let last = row.as_ref().and_then(versions::edition);
        if row.is_some() && last.is_none() {
            tracing::error!(
                version = number,
                "план: последняя версия истории не читается"
            );
        }
        let on_disk = self.or_what_holds(on_disk, last.as_ref());
        let last = Last {
            number,
            edition: last,
        };
        let lies = Lies {
            disk: on_disk.disk,
            sources: on_disk.sources,
            held: on_disk.held,
        };
        Ok(match on_disk.plan {
            Ok(it) => self.take(lies, it, last)?,
            Err(error) => self.instead(&error, lies, last)?,
        })
    }

    /// What was gone back to, where it holds against the files and can be read.
    fn or_what_holds(&self, on_disk: OnDisk, last: Option<&Edition>) -> OnDisk {
        let Some(last) = last.filter(|last| last.holds_against(&on_disk.disk)) else {
            return on_disk;
        };
        if let Err(error) = Fitting::loaded(self.config, self.voice, &last.files()) {
            tracing::error!("план: версия отката не читается\n{}", error.render());
            return on_disk;
        }
        let held = OnDisk::read(self.config, self.voice, Some(last));
        if let Some(gaps) = &held.gaps {
            self.metrics.alarm("plan_gaps");
            tracing::error!("план: {}", gaps.render());
        }
        held
    }

    /// The files come into force; they are the version that was, where they are its text.
    fn take(&self, lies: Lies, it: Fitting, last: Last) -> Result<(InForce, Edition), Refused> {
        let number = last.number;
        let Lies {
            disk,
            sources,
            held,
        } = lies;
        let last = last.edition.map(|last| last.version);
        let version = match last {
            // What was gone back from is gone from the disk, and held back no more.
            Some(last) if last.generation == **it.plan.generation() && !held => {
                Version { disk, ..last }
            }
            Some(last) if last.generation == **it.plan.generation() => last,
            last => {
                let next = Version::after(number, wall(), start(), &it.plan, &disk);
                match last.filter(|_| held) {
                    Some(last) => next.holding(&last),
                    None => next,
                }
            }
        };
        if held {
            tracing::warn!(
                version = version.number,
                "план: действует версия {} ({}); файлы на диске другие и не менялись: gudok reload введёт их",
                version.number,
                version.came()
            );
        }
        Standing::of(&version, held).tell(self.stands, self.metrics);
        let sources = sources.iter().map(Into::into).collect();
        let edition = Edition { version, sources };
        Ok((in_force(it, &edition), edition))
    }

    /// The files are refused. Gaps that came near by themselves, of files that were in force, keep no hotline from
    /// starting; else it goes on with the version that was.
    fn instead(
        &self,
        error: &PlanError,
        lies: Lies,
        last: Last,
    ) -> Result<(InForce, Edition), Refused> {
        if error.is_only_gaps()
            && let Ok(it) = Fitting::loaded(self.config, self.voice, &lies.sources)
            && last
                .edition
                .as_ref()
                .is_none_or(|last| last.version.generation == **it.plan.generation())
        {
            self.metrics.alarm("plan_gaps");
            tracing::error!("план: {}", error.render());
            return self.take(lies, it, last);
        }
        let journal = &self.config.paths.journal;
        let Some(last) = last.edition.or_else(|| of_journal(journal, last.number)) else {
            return Err(Refused(error.render()));
        };
        let chosen = self.go_on_with(&last);
        let (chosen, edition) = chosen.map_err(|older| {
            let (new, number) = (error.render(), last.version.number);
            let older = older.render();
            Refused(format!(
                "{new}\nверсия {number}, которая действовала, тоже не принимается:\n{older}"
            ))
        })?;
        self.metrics.alarm("plan_refused");
        let number = edition.version.number;
        tracing::error!(
            version = number,
            "план на диске не принят, действует версия {number}\n{}",
            error.render()
        );
        let standing = Standing::of(&edition.version, true).refusing(wall(), error);
        standing.tell(self.stands, self.metrics);
        Ok((chosen, edition))
    }

    fn go_on_with(&self, last: &Edition) -> Result<(InForce, Edition), PlanError> {
        let it = Fitting::loaded(self.config, self.voice, &last.files())?;
        Ok((in_force(it, last), last.clone()))
    }
}

fn in_force(it: Fitting, edition: &Edition) -> InForce {
    let bare = it.plan.bare_rosters(wall());
    let ends = it.plan.skills_that_end(wall());
    for number in it.plan.numbers_without_busy() {
        let place = number.place();
        tracing::warn!("план: {place}: у номера нет ветки busy; что писать, скажет gudok check");
    }
    for warning in it.warnings.iter().chain(&bare).chain(&ends) {
        tracing::warn!("план: {}", in_log(warning));
    }
    InForce {
        plan: Arc::new(it.plan),
        edition: Arc::new(edition.clone()),
    }
}

/// Without the picture: the line of the plan may have a number of somebody in it, whole.
fn in_log(warning: &Problem) -> String {
    let (place, message) = (warning.place(), &warning.message);
    format!("{place}: {message}; что писать, скажет gudok check")
}

fn start() -> Why {
    Why {
        author: String::new(),
        reason: String::new(),
        origin: Origin::Start,
    }
}

/// The plan that came into force last, where the history does not have it, as what comes after its `last` version.
fn of_journal(journal: &Path, last: u64) -> Option<Edition> {
    let (at, sources): (Wall, _) = versions::last_in_journal(journal)?;
    let files: Vec<Source> = sources.iter().cloned().map(Source::from).collect();
    let plan = gudok_dialplan::load::load(&files).ok()?.plan;
    let version = Version::after(last, at, start(), &plan, &fingerprint(&files));
    Some(Edition { version, sources })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_anybody_is_whole_in_what_a_start_logs_of_a_plan() {
        let text = "[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nzone = \"UTC\"\nflow = \"main\"\n\n\
                    [[flow.main]]\nexternal = \"+79990000105\"\non_not_answered = \"bye\"\n\n\
                    [[flow.bye]]\nclose = [\"goodbye\"]\nreason = \"nobody\"\n";
        let file = Source {
            name: "8800.toml".into(),
            text: text.into(),
        };
        let loaded = gudok_dialplan::load::load(&[file]).expect("a plan");
        let logged: Vec<String> = loaded.warnings.iter().map(in_log).collect();
        assert_eq!(
            logged,
            [
                "8800.toml:8:1: мобильный +7999•••0105: звонок берёт тот, кто первым снимет трубку, и автоответчик тоже: вызов на нём и кончится; что писать, скажет gudok check"
            ]
        );
    }
}
