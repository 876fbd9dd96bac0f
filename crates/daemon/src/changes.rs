//! What may be asked of the plan in force, and what is answered: the same to a command and to the pages.
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::complaints::Complaint;
use crate::plans::PlanError;
use crate::shadow::{Beside, Found};
use crate::versions::{OnRecord, Version, Why};
use crate::voice::Changes;

/// Requests that may wait while a plan is read; more are refused at once.
pub(crate) const WAITING_MAX: usize = 8;

/// Most things of one kind that someone should look at and that an answer names.
const LOOKED_AT_MAX: usize = 20;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Change {
    /// What lies on disk.
    Reload {
        /// Who asks, and why.
        why: Why,
    },
    /// An earlier version.
    Back {
        /// Which; None: the one before.
        to: Option<u64>,
        /// Which version the one who asks takes for the one in force: where it is another, nothing is done.
        #[serde(default)]
        expected: Option<u64>,
        /// Who asks, and why.
        why: Why,
    },
    /// A version beside the one in force, from this folder; the one that was beside ends.
    ShadowStart {
        /// Which.
        folder: PathBuf,
        /// Who asks, and why.
        why: Why,
    },
    /// No version beside any more.
    ShadowOff,
    /// What the version beside has found.
    ShadowStatus,
}

/// The same with whoever waits for the answer.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub change: Change,
    pub answer: oneshot::Sender<Told>,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Whether what was asked for is in force now.
    pub done: bool,
    /// Which version is in force now.
    pub version: u64,
    /// Its plan.
    pub generation: String,
    /// Whether other files lie on disk.
    pub differs_from_disk: bool,
    /// What it does otherwise than the one before. Russian.
    pub summary: Vec<String>,
    /// Why it is refused.
    pub complaints: Vec<Complaint>,
    /// How many there are; more than are listed where there are very many.
    pub complaints_count: usize,
    /// How many prompts are others than before; None: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<Changes>,
    /// What the version beside has found, where there is one and it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Found>,
    /// What someone should look at all the same. Russian.
    pub warnings: Vec<String>,
    /// The whole for people. Russian.
    pub text: String,
}

impl Told {
    fn of(done: bool, version: &Version, text: String) -> Self {
        Self {
            done,
            version: version.number,
            generation: version.generation.clone(),
            differs_from_disk: false,
            summary: Vec::new(),
            complaints: Vec::new(),
            complaints_count: 0,
            voice: None,
            shadow: None,
            warnings: Vec::new(),
            text,
        }
    }

    /// A new version is in force.
    pub(crate) fn in_force(version: &Version, differs_from_disk: bool) -> Self {
        let mut text = format!(
            "действует версия {} ({}), план {}\n",
            version.number,
            version.came(),
            version.generation
        );
        for line in &version.summary {
            text += &format!("{line}\n");
        }
        if differs_from_disk {
            text += "файлы на диске другие; они вступят в силу по gudok reload, а изменённые — и по SIGHUP или при запуске; таблицы смен берутся с диска как всегда\n";
        }
        let mut told = Self::of(true, version, text);
        told.differs_from_disk = differs_from_disk;
        told.summary.clone_from(&version.summary);
        told
    }

    /// The files are the plan in force.
    pub(crate) fn same(version: &Version) -> Self {
        let number = version.number;
        Self::of(
            true,
            version,
            format!("план тот же: действует версия {number}\n"),
        )
    }

    /// What was gone back to stays.
    pub(crate) fn held(version: &Version) -> Self {
        let (number, came) = (version.number, version.came());
        let text = format!(
            "остаётся версия {number} ({came}): файлы на диске не менялись; введёт их gudok reload\n"
        );
        let mut told = Self::of(false, version, text);
        told.differs_from_disk = true;
        told
    }

    /// It is refused; another version is in force as before.
    pub(crate) fn refused(version: &Version, error: &PlanError) -> Self {
        let (complaints, count) = error.complaints();
        let number = version.number;
        let text = format!("{}\nдействует прежняя версия {number}\n", error.shown());
        let mut told = Self::of(false, version, text);
        told.complaints = complaints;
        told.complaints_count = count;
        told
    }

    /// It cannot be done at all.
    pub(crate) fn impossible(version: &Version, why: String) -> Self {
        Self::of(false, version, why + "\n")
    }

    /// A version runs beside, or none does any more.
    pub(crate) fn beside(version: &Version, said: &str) -> Self {
        Self::of(true, version, format!("{said}\n"))
    }

    /// What the version beside has found.
    pub(crate) fn found(version: &Version, beside: &Beside, found: Found) -> Self {
        let Beside { folder, why, .. } = beside;
        let (folder, since) = (
            folder.display(),
            crate::verbs::schedule::local(beside.since.0),
        );
        let mut text = format!(
            "рядом с версией {} идёт план {} из {folder}, с {since} ({}{}{})\n",
            version.number,
            beside.generation,
            why.author,
            if why.reason.is_empty() { "" } else { ": " },
            why.reason
        );
        let report = &found.report;
        if !report.generation.is_empty() && *report.generation != *version.generation {
            text += &format!(
                "счёт — по плану {}, который действовал; по нынешнему вызовов ещё не было\n",
                report.generation
            );
        }
        text += &format!(
            "вызовов {}, иначе пошли бы {}\n",
            report.calls, report.otherwise
        );
        for way in &report.ways {
            let (flow, step, calls) = (&way.flow, way.step, way.calls);
            let (before, after) = (&way.before, &way.after);
            let named: Vec<String> = way.examples.iter().map(ToString::to_string).collect();
            let place = match step {
                0 => "объявление, заданное вручную".to_owned(),
                u16::MAX => "после последнего шага".to_owned(),
                step => format!("шаг {step}"),
            };
            text += &format!(
                "поток {flow}, {place}: {calls}\n  сейчас: {before}\n  было бы: {after}\n  например: {}\n",
                named.join(", ")
            );
        }
        let unknown = report.let_go + report.unlisted;
        if unknown + found.dropped + found.panics > 0 {
            text += &format!(
                "не перечислено вызовов: {unknown}; пропущено решений: {}; внутренних ошибок: {}\n",
                found.dropped, found.panics
            );
        }
        let mut told = Self::of(true, version, text);
        told.shadow = Some(found);
        told
    }

    /// A bug while it was read.
    pub(crate) fn broken(version: &Version) -> Self {
        let why = "внутренняя ошибка при чтении плана: она в журнале службы";
        Self::impossible(version, why.to_owned())
    }

    /// Whether the history has it.
    pub(crate) fn on_record(&mut self, on_record: OnRecord) {
        match on_record {
            OnRecord::Written => {}
            OnRecord::Taken => self.warn(
                "версия действует, но в истории под её номером другой план: есть она только в журнале".into(),
            ),
            OnRecord::NotYet => {
                self.warn("версия действует, но в истории её ещё нет: база не отвечает".into());
            }
        }
    }

    /// The prompts are others.
    pub(crate) fn speak(&mut self, changes: Changes) {
        let Changes { new, changed, gone } = changes;
        self.voice = Some(changes);
        self.add(&[format!(
            "фразы перечитаны: новых — {new}, изменённых — {changed}, убранных — {gone}"
        )]);
    }

    /// More of what is so now.
    pub(crate) fn add(&mut self, lines: &[String]) {
        for line in lines {
            self.text += &format!("{line}\n");
        }
    }

    /// What someone should look at, a line each: the first [`LOOKED_AT_MAX`], the rest is counted.
    pub(crate) fn warn_of(&mut self, lines: &[String]) {
        for line in lines.iter().take(LOOKED_AT_MAX) {
            self.warn(line.clone());
        }
        if let Some(more) = lines.len().checked_sub(LOOKED_AT_MAX + 1) {
            self.warn(format!(
                "и ещё замечаний: {}; они в журнале службы",
                more + 1
            ));
        }
    }

    /// Something else is not as it should be.
    pub(crate) fn warn(&mut self, what: String) {
        self.text += &format!("ВНИМАНИЕ: {what}\n");
        self.warnings.push(what);
    }
}
