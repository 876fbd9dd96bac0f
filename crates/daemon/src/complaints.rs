//! Why a plan was refused, for a program: each complaint with its place. People read the same as a picture.
use gudok_dialplan::problem::{Problem, Severity};
use serde::{Deserialize, Serialize};

use crate::hotline::schedules::Silenced;
use crate::plans::PlanError;

/// Most complaints of one answer; the others are counted.
pub(crate) const COMPLAINTS_MAX: usize = 100;

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Complaint {
    /// The file, where it lies in one.
    pub file: Option<String>,
    /// From 1.
    pub line: Option<u32>,
    /// In characters, from 1.
    pub column: Option<u32>,
    /// Stable and short: `unknown_key`.
    pub code: String,
    /// What is wrong. Russian.
    pub message: String,
    /// What is wrong. English.
    pub message_en: String,
    /// What to write or do instead. Russian.
    pub remedy: Option<String>,
    /// What to write or do instead. English.
    pub remedy_en: Option<String>,
}

impl Complaint {
    fn of(problem: &Problem) -> Self {
        Self {
            file: Some(problem.file.to_string()),
            line: Some(problem.line),
            column: Some(problem.column),
            code: problem.code.to_owned(),
            message: problem.message.clone(),
            message_en: problem.message_en.clone(),
            remedy: problem.remedy.as_ref().map(|it| it.ru.clone()),
            remedy_en: problem.remedy.as_ref().map(|it| it.en.clone()),
        }
    }

    /// At a place that is only named, such as `8800.toml:3:1`.
    fn at(place: &str, code: &str, message: String, message_en: String) -> Self {
        // Of a sub-flow's step the calls that lead there are named behind it.
        let place = place.split(" (").next().unwrap_or_default();
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next().and_then(|it| it.parse().ok());
        let line = parts.next().and_then(|it| it.parse().ok());
        Self {
            file: parts.next().map(str::to_owned),
            line,
            column,
            code: code.to_owned(),
            message,
            message_en,
            remedy: None,
            remedy_en: None,
        }
    }

    /// `8800.toml:3:1`; None where it is at no place of a file.
    pub(crate) fn place(&self) -> Option<String> {
        let (file, line, column) = (self.file.as_ref()?, self.line?, self.column?);
        Some(format!("{file}:{line}:{column}"))
    }
}

impl PlanError {
    /// Every complaint in order, at most [`COMPLAINTS_MAX`], and how many there are.
    pub(crate) fn complaints(&self) -> (Vec<Complaint>, usize) {
        match self {
            Self::Wrong { problems } => {
                let errors = problems.iter().filter(|it| it.severity == Severity::Error);
                let some = errors.take(COMPLAINTS_MAX).map(Complaint::of);
                (some.collect(), problems.errors)
            }
            Self::NoPrompt { missing, .. } => {
                let one = |it: &crate::plans::Missing| {
                    let (said, said_en) = (
                        format!("нет фразы «{}»", it.name),
                        format!("there is no prompt «{}»", it.name),
                    );
                    Complaint::at(
                        it.place.as_deref().unwrap_or(""),
                        "no_prompt",
                        said,
                        said_en,
                    )
                };
                let some = missing.iter().take(COMPLAINTS_MAX).map(one);
                (some.collect(), missing.len())
            }
            Self::Unreadable { .. } => (vec![self.whole("unreadable", "a file cannot be read")], 1),
            Self::TooMuch { path, .. } => {
                let mut told = self.whole("too_much", "the plan is too large");
                let name = path.extension().and_then(|_| path.file_name());
                told.file = name.map(|name| name.to_string_lossy().into_owned());
                (vec![told], 1)
            }
            Self::Changing { .. } => (
                vec![self.whole("changing", "the files change while they are read")],
                1,
            ),
            Self::Voice(_) => (
                vec![self.whole("no_voice", "the prompts cannot be played")],
                1,
            ),
            Self::Silenced { silenced } => {
                let one = |it: &Silenced| {
                    let said = format!("нет записи объявления, заданного вручную: {it}");
                    let said_en = format!("no recording of «{}», announced by hand", it.prompt);
                    Complaint::at("", "announced", said, said_en)
                };
                let some = silenced.iter().take(COMPLAINTS_MAX).map(one);
                (some.collect(), silenced.len())
            }
            Self::NoTrunk { .. } => (
                vec![self.whole("no_trunk", "the plan names trunks the configuration lacks")],
                1,
            ),
            Self::NoOutbound { steps } => {
                let one = |it: &crate::plans::Stuck| {
                    let trunk = &it.trunk;
                    let said = format!(
                        "по транку «{trunk}» вызов не уйдёт: у него нет раздела [trunk.outbound]"
                    );
                    let said_en = format!("trunk `{trunk}` has no section outbound");
                    Complaint::at(&it.place, "no_outbound", said, said_en)
                };
                let some = steps.iter().take(COMPLAINTS_MAX).map(one);
                (some.collect(), steps.len())
            }
            Self::NoWayOut => (
                vec![self.whole("no_way_out", "no trunk has a section outbound")],
                1,
            ),
        }
    }

    fn whole(&self, code: &str, message_en: &str) -> Complaint {
        Complaint::at("", code, self.to_string(), message_en.to_owned())
    }
}
