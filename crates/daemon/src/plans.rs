//! The dialplans folder: read whole, checked whole, swapped whole or not at all.
use std::path::{Path, PathBuf};

use gudok_dialplan::accept::{Accepted, accept};
use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::{Loaded, SHEET_ENDING, Source, load};
use gudok_dialplan::plan::Plan;
use gudok_dialplan::problem::{Mistakes, Problem, Severity};
use gudok_model::Name;

use crate::complaints::COMPLAINTS_MAX;
use crate::config;
use crate::voice::Voice;

/// Largest file that is read. Bytes.
const FILE_MAX: u64 = 1024 * 1024;
/// Most files of one folder.
const FILES_MAX: usize = 256;

/// Why no plan came of the folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// The folder or a file cannot be read.
    #[error("{}: не читается: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Too many files, or one that is too large.
    #[error("{}: {what}", path.display())]
    TooMuch {
        /// Which.
        path: PathBuf,
        /// What.
        what: &'static str,
    },
    /// The plan names prompts that nobody recorded.
    #[error("план называет фразы, которых нет: {}; есть: {}", listed(missing), known.join(", "))]
    NoPrompt {
        /// What is missing.
        missing: Vec<Missing>,
        /// What there is.
        known: Vec<String>,
    },
    /// The plan names trunks that the configuration does not have.
    #[error("план называет транки, которых нет в настройках: {}; есть: {}", missing.join(", "), known.join(", "))]
    NoTrunk {
        /// What is missing.
        missing: Vec<String>,
        /// What there is.
        known: Vec<String>,
    },
    /// The plan calls numbers outside and no call may leave.
    #[error("план звонит на внешние номера, а ни у одного транка нет раздела [trunk.outbound]")]
    NoWayOut,
    /// The text is wrong.
    #[error("план не принят: ошибок — {}", problems.errors)]
    Wrong {
        /// Everything that is wrong.
        problems: Mistakes,
    },
}

/// A prompt that nobody recorded, and who says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Missing {
    /// Its name.
    pub name: Name,
    /// Where the plan first says it: `8800.toml:3:1`.
    pub place: Option<Name>,
}

fn listed(missing: &[Missing]) -> String {
    let said = missing.iter().map(|it| match &it.place {
        Some(place) => format!("{} ({place})", it.name),
        None => it.name.to_string(),
    });
    said.collect::<Vec<_>>().join(", ")
}

impl PlanError {
    /// Whether the plan is right in all but hours that nobody answers.
    pub(crate) fn is_only_gaps(&self) -> bool {
        matches!(self, Self::Wrong { problems } if problems.is_only_gaps())
    }

    /// As [`render`](Self::render), with at most [`COMPLAINTS_MAX`] pictures: what goes over a socket.
    pub(crate) fn shown(&self) -> String {
        let Self::Wrong { problems } = self else {
            return self.render();
        };
        let errors = problems.iter().filter(|it| it.severity == Severity::Error);
        let shown = errors.take(COMPLAINTS_MAX).map(Problem::render);
        let shown: Vec<String> = shown.chain([self.to_string()]).collect();
        shown.join("\n")
    }

    /// What to show an admin: every problem with its place and remedy.
    pub(crate) fn render(&self) -> String {
        match self {
            Self::Wrong { problems } => problems
                .iter()
                .map(Problem::render)
                .chain([self.to_string()])
                .collect::<Vec<_>>()
                .join("\n"),
            Self::Unreadable { .. }
            | Self::TooMuch { .. }
            | Self::NoPrompt { .. }
            | Self::NoTrunk { .. }
            | Self::NoWayOut => self.to_string(),
        }
    }
}

/// Reads every `*.toml` and `*.roster.csv` of the folder, in order of names, and checks them together; the tests among
/// them are not run.
///
/// # Errors
/// When anything is unreadable or wrong; a plan with one error is no plan.
pub(crate) fn read(folder: &Path) -> Result<(Vec<Source>, Loaded), PlanError> {
    let sources = sources(folder)?;
    let loaded = load(&sources).map_err(|problems| PlanError::Wrong { problems })?;
    Ok((sources, loaded))
}

/// As [`read`], for a plan that is to come into force: the tests beside it pass, and no hour from now on is left unanswered.
///
/// # Errors
/// As [`read`]; failed tests and gaps are problems with places too.
pub(crate) fn accepted(
    folder: &Path,
    horizon: Horizon,
) -> Result<(Vec<Source>, Accepted), PlanError> {
    let sources = sources(folder)?;
    let accepted = accept(&sources, horizon).map_err(|problems| PlanError::Wrong { problems })?;
    Ok((sources, accepted))
}

/// A plan and what someone should look at, once it fits the configuration and the prompts.
pub(crate) struct Fitting {
    /// The plan.
    pub plan: Plan,
    /// Never an error.
    pub warnings: Vec<Problem>,
}

impl Fitting {
    /// Files that may come into force: their tests pass, no hour is left unanswered, prompts and trunks are there.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub(crate) fn accepted(
        config: &config::Config,
        voice: &Voice,
        sources: &[Source],
        horizon: Horizon,
    ) -> Result<Self, PlanError> {
        let accepted =
            accept(sources, horizon).map_err(|problems| PlanError::Wrong { problems })?;
        let (plan, warnings) = (accepted.plan, accepted.warnings);
        Self { plan, warnings }.checked(config, voice)
    }

    /// The same without tests and proof: of files that came into force before.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn loaded(
        config: &config::Config,
        voice: &Voice,
        sources: &[Source],
    ) -> Result<Self, PlanError> {
        let loaded = load(sources).map_err(|problems| PlanError::Wrong { problems })?;
        let (plan, warnings) = (loaded.plan, loaded.warnings);
        Self { plan, warnings }.checked(config, voice)
    }

    /// Files that came into force before: gaps that came near by themselves keep nobody from going back, and are given.
    ///
    /// # Errors
    /// As [`accepted`](Self::accepted), with all that is wrong but gaps.
    pub(crate) fn once_accepted(
        config: &config::Config,
        voice: &Voice,
        sources: &[Source],
        horizon: Horizon,
    ) -> (Result<Self, PlanError>, Option<PlanError>) {
        match Self::accepted(config, voice, sources, horizon) {
            Err(gaps) if gaps.is_only_gaps() => (Self::loaded(config, voice, sources), Some(gaps)),
            other => (other, None),
        }
    }

    fn checked(self, config: &config::Config, voice: &Voice) -> Result<Self, PlanError> {
        prompts_are_there(&self.plan, voice)?;
        trunks_are_there(&self.plan, &config.trunks)?;
        Ok(self)
    }
}

/// Every prompt a caller may hear can be played: a missing one would be silence.
///
/// # Errors
/// With the names that are missing and those there are.
pub(crate) fn prompts_are_there(plan: &Plan, voice: &Voice) -> Result<(), PlanError> {
    let said = |name: Name| Missing {
        place: plan.prompts().get(&name).cloned(),
        name,
    };
    let missing = voice.missing(plan.prompts().keys());
    let missing: Vec<Missing> = missing.into_iter().map(said).collect();
    let known = voice.names().map(ToString::to_string).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(PlanError::NoPrompt { missing, known })
    }
}

/// Every trunk the plan names is in the configuration, and its outside numbers have a way out.
///
/// # Errors
/// With the names that are missing, or when no trunk lets calls leave.
pub(crate) fn trunks_are_there(plan: &Plan, trunks: &[config::Trunk]) -> Result<(), PlanError> {
    let known = || trunks.iter().map(|trunk| trunk.name.clone());
    let missing: Vec<String> = plan
        .trunks()
        .iter()
        .map(ToString::to_string)
        .filter(|name| known().all(|known| known != *name))
        .collect();
    if !missing.is_empty() {
        let known = known().collect();
        return Err(PlanError::NoTrunk { missing, known });
    }
    let may_leave = trunks.iter().any(|trunk| trunk.outbound.is_some());
    if plan.external_numbers().is_empty() || may_leave {
        Ok(())
    } else {
        Err(PlanError::NoWayOut)
    }
}

/// Those files, as they are.
///
/// # Errors
/// When anything is unreadable or too much.
pub(crate) fn sources(folder: &Path) -> Result<Vec<Source>, PlanError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| PlanError::Unreadable { path, error }
    };
    let entries = std::fs::read_dir(folder).map_err(unreadable(folder))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            name.is_some_and(|name| name.ends_with(".toml") || name.ends_with(SHEET_ENDING))
        })
        .collect();
    files.sort();
    if files.len() > FILES_MAX {
        return Err(PlanError::TooMuch {
            path: folder.to_owned(),
            what: "слишком много файлов",
        });
    }
    let mut sources = Vec::new();
    for file in files {
        let length = std::fs::metadata(&file).map_err(unreadable(&file))?.len();
        if length > FILE_MAX {
            return Err(PlanError::TooMuch {
                path: file,
                what: "файл больше 1 МиБ",
            });
        }
        let text = std::fs::read_to_string(&file).map_err(unreadable(&file))?;
        let name = file
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        sources.push(Source { name, text });
    }
    Ok(sources)
}
