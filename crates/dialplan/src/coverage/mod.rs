//! The proof that no moment of the next year is left unanswered (behaviour Q0).
//!
//! Time is cut into the finite number of cells in which no condition changes by the clock alone. In each cell the flows
//! are walked both ways wherever something else decides, for every kind of caller there may be. Every way must meet a person (a
//! queue, a number outside), take a message or promise a call back; one that ends before with a closing phrase is a gap, unless the number allows
//! that reason (`allow_closed`). So is a way that goes to the limit of steps, round and round or straight on
//! ([`STEPS_EXCEEDED`]). Queues are left at once when they are full or nobody is there: what comes then is walked too. A hang-up
//! without a word has its `allow_hangup`, and the flow for busy times is a promise by itself.
//!
//! Calls that are under way as time passes from one cell to the next are walked by themselves ([`Seam`]), and so are those to
//! numbers of which a schedule is closed by hand ([`ByHand`]).
use std::collections::BTreeSet;
use std::fmt;

use gudok_calendar::Overrides;
use gudok_model::{Name, Wall};
use serde::Serialize;

use crate::flow::At;
use crate::plan::{Number, Plan};
use crate::timeline::Timelines;

mod cells;
mod graph;
mod horizon;
mod night;
mod proof;
mod walk;

pub use horizon::{DAYS, DAYS_MAX, Horizon};
pub use night::AtNight;
use proof::Proof;

/// The reason of a gap that is a way to the limit of steps, and of the closing phrase a live call ends with there. May stand in
/// `allow_closed`.
pub const STEPS_EXCEEDED: &str = "steps_exceeded";

/// Most stretches of one gap that are listed; the others are counted.
pub const LISTED_MAX: usize = 200;

/// What becomes of the calls to every number.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Coverage {
    /// As in the plan.
    pub numbers: Vec<Covered>,
    /// How often a condition was evaluated.
    pub evaluated: u64,
    /// How often the flows were walked.
    pub walked: u64,
}

/// What becomes of the calls to one number.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Covered {
    /// As people call it.
    pub label: String,
    /// Where it stands in the plan.
    pub place: Name,
    /// The zone the days are counted in.
    pub zone: Name,
    /// From here …
    pub from: Wall,
    /// … to here.
    pub to: Wall,
    /// Into how many cells the time was cut.
    pub cells: usize,
    /// How calls may end and when, neighbours taken together where they end alike.
    pub stretches: Vec<Stretch>,
    /// Ends that only a call comes to that is under way while a condition changes.
    pub seams: Vec<Seam>,
    /// What becomes of calls when somebody closes a schedule by hand.
    pub by_hand: Vec<ByHand>,
    /// Ends that nobody wanted.
    pub gaps: Vec<Gap>,
    /// Promises to call back whose time would run while nobody is there.
    pub at_night: Vec<AtNight>,
    /// Places of conditions that were too much work to be worked out: each counts as one that may hold or not.
    pub unproved: Vec<Name>,
    #[serde(skip)]
    pub(crate) unproved_at: Vec<At>,
}

/// An end that calls may come to which began before a condition changed and asked it after that.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Seam {
    /// Which.
    pub ending: Ending,
    /// How many such moments there are.
    pub count: usize,
    /// The first of them, at most [`LISTED_MAX`].
    pub at: Vec<Wall>,
}

/// What becomes of calls while one schedule is closed by hand (`gudok schedule NAME closed`), be it before the call or while it
/// is under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ByHand {
    /// Which schedule.
    pub schedule: Name,
    /// The flow a call begins with then; None: the schedule is asked later only.
    pub flow: Option<Name>,
    /// Every end some call may come to first that begins then.
    pub ends: BTreeSet<Ending>,
}

/// A stretch of time in which calls may end so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Stretch {
    /// From here …
    pub from: Wall,
    /// … to here.
    pub until: Wall,
    /// Every end some call may come to first.
    pub ends: BTreeSet<Ending>,
}

/// What a call comes to first: a person, a message, or the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum Ending {
    /// A queue with people behind it.
    Queue {
        /// Which.
        queue: Name,
    },
    /// A number outside, masked.
    External {
        /// Which.
        number: String,
    },
    /// One operator by name.
    Operator {
        /// As the plan says it.
        operator: Name,
    },
    /// Whoever is on duty at that hour.
    Duty {
        /// By which roster.
        roster: Name,
    },
    /// Somebody of a group calls back.
    Callback {
        /// Which.
        group: Name,
    },
    /// A message is taken.
    Voicemail,
    /// A closing phrase.
    Closed {
        /// Why.
        reason: Name,
        /// Where it stands.
        place: Name,
    },
    /// The receiver is put down; the plan says why.
    HungUp {
        /// Why.
        reason: Name,
    },
    /// Going round, to the limit of steps.
    Round {
        /// Where the circle begins.
        place: Name,
        /// Whether a caller goes round who does nothing; else only keys lead round, and that is nobody's fault.
        silent: bool,
    },
    /// More steps in a row than a call may take.
    TooLong {
        /// The first that is not taken.
        place: Name,
    },
}

impl Coverage {
    /// Holds every number to its hours, as if those without `allow_closed` had an empty one.
    pub fn hold_all(&mut self) {
        let gaps = self.numbers.iter_mut().flat_map(|it| &mut it.gaps);
        for gap in gaps {
            gap.strict |= gap.cause == Cause::Hours;
        }
    }
}

/// An end without a person or a message that the number does not allow.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Gap {
    /// The step that ends the call.
    pub place: Name,
    /// Its reason.
    pub reason: Name,
    /// When a call may come there.
    pub cause: Cause,
    /// Whether it is an error: the number said which reasons it allows, and it is a matter of hours.
    pub strict: bool,
    /// How many stretches there are.
    pub count: usize,
    /// The first of them, at most [`LISTED_MAX`].
    pub stretches: Vec<Listed>,
    /// How long they are together. Minutes.
    pub minutes: i64,
    /// The conditions that lead there at the beginning of the first stretch, in order.
    pub because: Vec<String>,
    #[serde(skip)]
    pub(crate) at: At,
    /// Where the last stretch ends, listed or not.
    #[serde(skip)]
    pub(crate) until: Option<Wall>,
}

/// When a call may come to a gap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// At these hours.
    Hours,
    /// Being under way at these moments: see [`Seam`].
    Seam,
    /// When somebody closes this schedule by hand: see [`ByHand`].
    ByHand(Name),
}

/// One stretch of a gap.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Listed {
    /// From here …
    pub from: Wall,
    /// … to here.
    pub until: Wall,
    /// In the zone of the number: `вс 03.01.2027 02:00–02:10`; of a seam `вт 10.11.2026 20:00`.
    pub shown: String,
}

/// Russian: `очередь tech`, `закрывающая фраза (holiday, 8800.toml:145:11)`.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue { queue } => write!(f, "очередь {queue}"),
            Self::External { number } => write!(f, "внешний номер {number}"),
            Self::Operator { operator } => write!(f, "оператор {operator}"),
            Self::Duty { roster } => write!(f, "дежурный по графику {roster}"),
            Self::Voicemail => f.write_str("голосовая почта"),
            Self::Callback { group } => write!(f, "обратный звонок, группа {group}"),
            Self::Closed { reason, place } => write!(f, "закрывающая фраза ({reason}, {place})"),
            Self::HungUp { reason } => write!(f, "отбой без слов ({reason})"),
            Self::Round {
                place,
                silent: true,
            } => write!(f, "круг до предела шагов (с {place})"),
            Self::Round { place, .. } => write!(f, "круг по клавишам звонящего (с {place})"),
            Self::TooLong { place } => write!(f, "предел шагов подряд (у {place})"),
        }
    }
}

impl Plan {
    /// Proves every number of the plan over the horizon, and tells what becomes of its calls.
    pub fn coverage(&self, horizon: Horizon) -> Coverage {
        self.coverage_under(horizon, &Overrides::NONE)
    }

    /// The same while this is set by hand over its schedules.
    pub fn coverage_under(&self, horizon: Horizon, by_hand: &Overrides) -> Coverage {
        let span = horizon.widest(self.numbers.iter().map(|number| &number.zone));
        let mut timelines = Timelines::new(self, span, by_hand);
        let mut walked = 0;
        let mut covered = |number: &Number| {
            let span = horizon.span(&number.zone);
            let proof = Proof::new(self, number, span, by_hand);
            proof.covered(&mut timelines, &mut walked)
        };
        let numbers = self.numbers.iter().map(&mut covered).collect();
        Coverage {
            numbers,
            evaluated: timelines.evaluated,
            walked,
        }
    }
}

impl Plan {
    /// Gaps that are there only for what is set by hand, or are longer for it: a line each, for people. Russian.
    pub fn gaps_by_hand(&self, horizon: Horizon, by_hand: &Overrides) -> Vec<String> {
        let (usual, under) = (
            self.coverage(horizon),
            self.coverage_under(horizon, by_hand),
        );
        let mut lines = Vec::new();
        for (before, now) in usual.numbers.iter().zip(&under.numbers) {
            let longer = |gap: &&Gap| {
                let same = |known: &&Gap| known.at == gap.at && known.reason == gap.reason;
                let mut known = before
                    .gaps
                    .iter()
                    .filter(|known| known.cause == Cause::Hours);
                let known = known.find(same).map_or(0, |known| known.minutes);
                gap.cause == Cause::Hours && gap.minutes > known
            };
            for gap in now.gaps.iter().filter(longer) {
                let (label, place, reason) = (&now.label, &gap.place, &gap.reason);
                let shown: Vec<&str> = (gap.stretches.iter().take(3))
                    .map(|it| it.shown.as_str())
                    .collect();
                lines.push(format!(
                    "номер «{label}»: вызов может кончиться у {place}, ни с кем не поговорив (причина {reason}): {}",
                    shown.join(", ")
                ));
            }
        }
        lines
    }
}

impl Ending {
    /// The reason and place of an end that meets nobody and takes no message.
    pub(crate) fn reason(&self) -> Option<(Name, Name)> {
        match self {
            Self::Closed { reason, place } => Some((reason.clone(), place.clone())),
            Self::Round {
                place,
                silent: true,
            }
            | Self::TooLong { place } => Some((STEPS_EXCEEDED.into(), place.clone())),
            Self::Queue { .. }
            | Self::External { .. }
            | Self::Operator { .. }
            | Self::Duty { .. }
            | Self::Voicemail
            | Self::Callback { .. }
            | Self::HungUp { .. }
            | Self::Round { .. } => None,
        }
    }
}
