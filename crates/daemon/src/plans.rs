//! The dialplans folder: read whole, checked whole, swapped whole or not at all.
use std::path::{Path, PathBuf};

use gudok_dialplan::accept::{Accepted, accept, accept_strictly};
use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::{Loaded, Source, load};
use gudok_dialplan::plan::Plan;
use gudok_dialplan::problem::{Mistakes, Problem, Severity};
use gudok_model::{Name, TrunkId};

use crate::complaints::COMPLAINTS_MAX;
use crate::config;
pub(crate) use crate::folder::sources;
use crate::hotline::schedules::Silenced;
use crate::voice::{Voice, VoiceError};

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
    /// Too many files, one that is too large, or all of them together.
    #[error("{}: {what}", path.display())]
    TooMuch {
        /// Which.
        path: PathBuf,
        /// What, with the limit.
        what: String,
    },
    /// Somebody writes there while it is read.
    #[error("{}: файлы меняются, пока их читают; повторите, когда они записаны", path.display())]
    Changing {
        /// The folder.
        path: PathBuf,
    },
    /// The prompts beside the plan cannot be played.
    #[error("фразы: {0}")]
    Voice(VoiceError),
    /// The plan names prompts that nobody recorded.
    #[error("план называет фразы, которых нет: {}; есть: {}", listed(missing), known.join(", "))]
    NoPrompt {
        /// What is missing.
        missing: Vec<Missing>,
        /// What there is.
        known: Vec<String>,
    },
    /// What is announced by hand has no recording any more.
    #[error(
        "записи объявлений, которые сейчас заданы вручную, исчезли: {}",
        joined(silenced)
    )]
    Silenced {
        /// Which. Never empty.
        silenced: Vec<Silenced>,
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
    /// A step names a trunk by which no call may leave: nobody outside would be reached there, whatever other trunks can.
    #[error(
        "по названному транку вызов не уйдёт, у него нет раздела [trunk.outbound]: {}",
        stuck(steps)
    )]
    NoOutbound {
        /// Which steps. Never empty.
        steps: Vec<Stuck>,
    },
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

/// A step that calls outside by a trunk without a way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stuck {
    /// The trunk it names.
    pub trunk: String,
    /// `8800.toml:30:1`.
    pub place: Name,
}

impl Stuck {
    fn of((trunk, place): (&TrunkId, &Name)) -> Self {
        Self {
            trunk: trunk.to_string(),
            place: place.clone(),
        }
    }
}

fn stuck(steps: &[Stuck]) -> String {
    let said = steps.iter().take(COMPLAINTS_MAX);
    let said = said.map(|it| format!("{} ({})", it.trunk, it.place));
    said.collect::<Vec<_>>().join(", ")
}

fn joined(silenced: &[Silenced]) -> String {
    let told = silenced.iter().map(ToString::to_string);
    told.collect::<Vec<_>>().join(", ")
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
            | Self::Changing { .. }
            | Self::Voice(_)
            | Self::NoPrompt { .. }
            | Self::Silenced { .. }
            | Self::NoTrunk { .. }
            | Self::NoOutbound { .. }
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
    config: &config::Config,
    horizon: Horizon,
) -> Result<(Vec<Source>, Accepted), PlanError> {
    let sources = sources(&config.paths.dialplans)?;
    let accepted = proved(config, &sources, horizon)?;
    Ok((sources, accepted))
}

/// Through the gate that the configuration wants.
fn proved(
    config: &config::Config,
    sources: &[Source],
    horizon: Horizon,
) -> Result<Accepted, PlanError> {
    let accepted = match config.plans.strict {
        true => accept_strictly(sources, horizon),
        false => accept(sources, horizon),
    };
    accepted.map_err(|problems| PlanError::Wrong { problems })
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
        let accepted = proved(config, sources, horizon)?;
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

/// Every trunk the plan names is in the configuration, its outside numbers have a way out, and so has each step that names
/// the trunk itself: it goes by no other.
///
/// # Errors
/// With the names that are missing, when no trunk lets calls leave, or with the steps whose trunk does not.
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
    let may_leave = |name: &str| {
        let mut trunks = trunks.iter();
        trunks.any(|trunk| trunk.outbound.is_some() && (name.is_empty() || trunk.name == name))
    };
    if !plan.external_numbers().is_empty() && !may_leave("") {
        return Err(PlanError::NoWayOut);
    }
    let stuck = plan.steps_by_trunk();
    let stuck = stuck.filter(|(trunk, _)| !may_leave(trunk.as_str()));
    let steps: Vec<Stuck> = stuck.map(Stuck::of).collect();
    match steps.is_empty() {
        true => Ok(()),
        false => Err(PlanError::NoOutbound { steps }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotline::tests::Folder;

    #[test]
    fn the_packs_have_every_phrase_of_the_plan_that_is_shipped() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../dialplans"));
        let (_, loaded) = read(folder).expect("the plan is good");
        let voice = Voice::read_with(None, None).expect("the built-in packs");
        let told = prompts_are_there(&loaded.plan, &voice).map_err(|error| error.to_string());
        assert_eq!(told, Ok(()));
    }

    const OUTSIDE: &str = r#"
[[number]]
did = "+78001234567"
label = "Наружу"
record = "off"
flow = "main"

[[flow.main]]
external = "+79990000009"
trunk = "spare"
ring = "20s"
on_not_answered = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "nobody"
"#;

    /// What is said of the plan where this is behind the trunk that it names.
    fn refused(of_spare: &str) -> Option<PlanError> {
        let folder = Folder::new();
        let path = folder.path().join("gudok.toml");
        let text = std::fs::read_to_string(&path).expect("readable");
        let outbound =
            "[trunk.outbound]\naddress = \"127.0.0.1:9\"\nnumber = \"8 800 123-45-67\"\n";
        let spare = "[[trunk]]\nname = \"spare\"\nsources = [\"10.0.0.0/8\"]\n";
        let of_spare = of_spare.replace("OUT", outbound);
        let trunks = format!("{outbound}\n{spare}{of_spare}\n[paths]");
        std::fs::write(&path, text.replace("[paths]", &trunks)).expect("written");
        let source = Source {
            name: "8800.toml".into(),
            text: OUTSIDE.into(),
        };
        let plan = load(&[source]).expect("a plan").plan;
        trunks_are_there(&plan, &folder.config().trunks).err()
    }

    #[test]
    fn a_step_that_names_a_trunk_without_a_way_out_is_refused_with_its_place() {
        let error = refused("").expect("no call leaves by it");
        let (complaints, count) = error.complaints();
        assert_eq!(count, 1);
        let place = complaints[0].place();
        assert_eq!(place.as_deref(), Some("8800.toml:9:1"), "{complaints:?}");
        assert!(complaints[0].message.contains("spare"), "{complaints:?}");
        assert!(refused("OUT").is_none());
    }
}
