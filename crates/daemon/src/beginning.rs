//! The plan a start begins with: the files, or the version that was in force when they are refused or were gone back from.
//!
//! Who wrote a plan with an error and was told so has left the old one in force; a crash a night later must not find the
//! hotline without any. Why it is so: `decisions/0004-which-plan-a-start-begins-with.md`.
use std::path::Path;
use std::sync::Arc;

use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::{Source, fingerprint};
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

/// What lies in the folder of plans, and whether it may come into force.
pub(crate) struct OnDisk {
    /// The fingerprint of the files; empty: they cannot be read.
    pub disk: String,
    /// The files.
    pub sources: Vec<Source>,
    /// The plan, or why it is none.
    pub plan: Result<Fitting, PlanError>,
}

impl OnDisk {
    /// Whether it is this version's plan; the tests beside it may be others.
    fn is(&self, version: &Version) -> bool {
        let plan = self.plan.as_ref();
        plan.is_ok_and(|it| **it.plan.generation() == version.generation)
    }

    /// Reads and checks. Blocks on the disk.
    pub(crate) fn read(config: &Config, voice: &Voice) -> Self {
        let sources = match plans::sources(&config.paths.dialplans) {
            Ok(sources) => sources,
            Err(error) => {
                return Self {
                    disk: String::new(),
                    sources: Vec::new(),
                    plan: Err(error),
                };
            }
        };
        let horizon = Horizon::from_now(wall());
        Self {
            disk: fingerprint(&sources).to_string(),
            plan: Fitting::accepted(config, voice, &sources, horizon),
            sources,
        }
    }
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
        if let Some(last) = &last
            && last.version.holds_against(&on_disk.disk)
            && !on_disk.is(&last.version)
        {
            match self.go_on_with(last) {
                Ok(chosen) => return Ok(self.held(chosen)),
                Err(error) => {
                    tracing::error!("план: версия отката не читается\n{}", error.render());
                }
            }
        }
        let last = Last {
            number,
            edition: last,
        };
        Ok(match on_disk.plan {
            Ok(it) => self.take(on_disk.sources, &on_disk.disk, it, last)?,
            Err(error) => self.instead(&error, on_disk.sources, &on_disk.disk, last)?,
        })
    }

    /// The files come into force; they are the version that was, where they are its text.
    fn take(
        &self,
        sources: Vec<Source>,
        disk: &str,
        it: Fitting,
        last: Last,
    ) -> Result<(InForce, Edition), Refused> {
        let number = last.number;
        let same = last
            .edition
            .filter(|last| last.version.generation == **it.plan.generation());
        let version = match same {
            Some(last) => last.version,
            None => Version::after(number, wall(), start(), &it.plan, disk),
        };
        Standing::of(&version, false).tell(self.stands, self.metrics);
        let sources = sources.iter().map(Into::into).collect();
        let edition = Edition { version, sources };
        Ok((in_force(it, &edition), edition))
    }

    /// The files are refused. Gaps that came near by themselves, of files that were in force, keep no hotline from
    /// starting; else it goes on with the version that was.
    fn instead(
        &self,
        error: &PlanError,
        sources: Vec<Source>,
        disk: &str,
        last: Last,
    ) -> Result<(InForce, Edition), Refused> {
        if error.is_only_gaps()
            && let Ok(it) = Fitting::loaded(self.config, self.voice, &sources)
            && last
                .edition
                .as_ref()
                .is_none_or(|last| last.version.generation == **it.plan.generation())
        {
            self.metrics.alarm("plan_gaps");
            tracing::error!("план: {}", error.render());
            return self.take(sources, disk, it, last);
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

    fn held(&self, chosen: (InForce, Edition)) -> (InForce, Edition) {
        let version = &chosen.1.version;
        let number = version.number;
        tracing::warn!(
            version = number,
            "план: действует версия {number} ({}); файлы на диске другие и не менялись: gudok reload введёт их",
            version.came()
        );
        Standing::of(version, true).tell(self.stands, self.metrics);
        chosen
    }
}

fn in_force(it: Fitting, edition: &Edition) -> InForce {
    let bare = it.plan.bare_rosters(wall());
    for warning in it.warnings.iter().chain(&bare) {
        tracing::warn!("план: {}", warning.render());
    }
    InForce {
        plan: Arc::new(it.plan),
        version: edition.version.clone(),
    }
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
