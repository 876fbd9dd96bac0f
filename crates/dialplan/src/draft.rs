//! The files as they were read: every value has its type and its place, no name has been looked up yet.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::{Holidays, Person, Schedule, Turn, Zone};
use gudok_model::{GroupSettings, Name, PhoneNumber, ProjectId, QueueSettings, TrunkId};

use gudok_speech::Locale;

use crate::decision::{Ack, Announce, AnswerFirst, Keys, RecordPolicy};
use crate::memory::Value;
use crate::plan::Choice;
use crate::text::{Spot, Word};

/// Everything all files say.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) numbers: Vec<DraftNumber>,
    pub(crate) schedules: BTreeMap<Name, DraftSchedule>,
    pub(crate) holidays: BTreeMap<Name, DraftCalendar>,
    pub(crate) rosters: BTreeMap<Name, DraftRoster>,
    pub(crate) groups: BTreeMap<Name, DraftGroup>,
    pub(crate) queues: BTreeMap<Name, DraftQueue>,
    pub(crate) flows: BTreeMap<Name, DraftFlow>,
    pub(crate) not_ready_reasons: Vec<Choice>,
    pub(crate) dispositions: Vec<Choice>,
}

pub(crate) struct DraftNumber {
    pub(crate) dids: Vec<(PhoneNumber, Spot)>,
    pub(crate) label: Option<String>,
    pub(crate) project: ProjectId,
    pub(crate) trunk: Option<TrunkId>,
    pub(crate) answer: AnswerFirst,
    pub(crate) record: RecordPolicy,
    pub(crate) locale: Locale,
    pub(crate) lookup_deadline: Duration,
    pub(crate) zone: Option<Zone>,
    pub(crate) flow: Option<Word>,
    pub(crate) schedule: Option<Word>,
    pub(crate) after_hours: Option<Word>,
    pub(crate) busy: Option<Word>,
    pub(crate) allow_closed: Option<Vec<Word>>,
    pub(crate) at: Spot,
}

pub(crate) struct DraftSchedule {
    pub(crate) schedule: Schedule,
    pub(crate) holidays: Option<Word>,
    pub(crate) at: Spot,
}

/// Every `[[holidays]]` of one calendar.
#[derive(Default)]
pub(crate) struct DraftCalendar {
    pub(crate) days: Holidays,
    /// The calendar whose days it has besides its own.
    pub(crate) extends: Option<Word>,
}

pub(crate) struct DraftRoster {
    pub(crate) people: Vec<Person>,
    pub(crate) turns: Turns,
    /// The table beside the plan that they came from.
    pub(crate) sheet: Option<Name>,
    /// When somebody must be on duty, with the zone of the turns.
    pub(crate) hours: Schedule,
    pub(crate) at: Spot,
}

/// Where the turns of a roster are.
pub(crate) enum Turns {
    Here(Vec<Turn>),
    /// In a table beside the plan that is read when all files are known.
    Sheet(Word),
}

pub(crate) struct DraftGroup {
    pub(crate) settings: GroupSettings,
    pub(crate) at: Spot,
}

pub(crate) struct DraftQueue {
    pub(crate) settings: QueueSettings,
    pub(crate) group: Word,
    pub(crate) at: Spot,
}

pub(crate) struct DraftFlow {
    pub(crate) steps: Vec<DraftStep>,
    pub(crate) at: Spot,
}

pub(crate) struct DraftStep {
    pub(crate) action: Action,
    /// The key that makes it what it is.
    pub(crate) at: Spot,
}

pub(crate) enum Action {
    Play {
        prompts: Vec<Name>,
        notice: bool,
    },
    Lookup,
    When {
        condition: Word,
        then: Branch,
        otherwise: Option<Branch>,
    },
    Goto(Word),
    Menu(DraftMenu),
    Ask(Box<DraftAsk>),
    Set(Vec<(Word, DraftValue)>),
    Queue(DraftQueueStep),
    External {
        number: PhoneNumber,
        trunk: Option<TrunkId>,
        ring: Duration,
        music: Name,
        ack: Option<Ack>,
        on_not_answered: Option<Word>,
    },
    Duty {
        roster: Word,
        trunk: Option<TrunkId>,
        music: Name,
        ack: Option<Ack>,
        on_nobody: Option<Word>,
    },
    Voicemail {
        prompts: Vec<Name>,
        max: Duration,
    },
    Close {
        prompts: Vec<Name>,
        reason: Name,
    },
    HangUp {
        reason: Name,
    },
}

/// What a menu and a question have in common.
pub(crate) struct DraftQuestion {
    pub(crate) prompts: Vec<Name>,
    pub(crate) keys: Keys,
    pub(crate) tries: u8,
    pub(crate) on_invalid: Vec<Name>,
    pub(crate) on_timeout: Vec<Name>,
    pub(crate) otherwise: Option<Branch>,
}

pub(crate) struct DraftMenu {
    pub(crate) question: DraftQuestion,
    pub(crate) keys: Vec<(char, Branch)>,
}

pub(crate) struct DraftAsk {
    pub(crate) name: Name,
    pub(crate) question: DraftQuestion,
    pub(crate) least: u8,
    pub(crate) check: Option<Word>,
}

/// What a variable is set to.
pub(crate) enum DraftValue {
    Fixed(Value),
    /// An expression.
    Told(Word),
}

pub(crate) struct DraftQueueStep {
    pub(crate) queue: Word,
    pub(crate) priority: u8,
    pub(crate) wait: Duration,
    pub(crate) leave_empty: bool,
    pub(crate) music: Name,
    pub(crate) announce: Option<Announce>,
    pub(crate) on_timeout: Option<Word>,
    pub(crate) on_no_operators: Option<Word>,
    pub(crate) on_full: Option<Word>,
}

/// Where a condition or a key leads.
pub(crate) enum Branch {
    Flow(Word),
    Steps(Vec<DraftStep>),
}

impl DraftStep {
    /// This step and every step within it.
    pub(crate) fn each<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        let mut into = |branch: &'a Branch| {
            if let Branch::Steps(steps) = branch {
                steps.iter().for_each(|step| step.each(see));
            }
        };
        match &self.action {
            Action::When {
                then, otherwise, ..
            } => [Some(then), otherwise.as_ref()]
                .into_iter()
                .flatten()
                .for_each(into),
            Action::Menu(menu) => {
                menu.keys.iter().for_each(|(_, branch)| into(branch));
                menu.question.otherwise.iter().for_each(into);
            }
            Action::Ask(ask) => ask.question.otherwise.iter().for_each(into),
            Action::Play { .. }
            | Action::Lookup
            | Action::Goto(_)
            | Action::Set(_)
            | Action::Queue(_)
            | Action::External { .. }
            | Action::Duty { .. }
            | Action::Voicemail { .. }
            | Action::Close { .. }
            | Action::HangUp { .. } => {}
        }
    }
}
