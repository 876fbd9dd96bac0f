//! The files as they were read: every value has its type and its place, no name has been looked up yet.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::{Holidays, Person, Schedule, Turn, Zone};
use gudok_model::{
    AlarmRule, CapSettings, GroupSettings, Name, PhoneNumber, ProjectId, QueueSettings,
    SkillSettings, TrunkId, WhenEmpty,
};
use gudok_outbound::{Law, Rules};
use gudok_speech::{Locale, Manner};

use crate::decision::{Ack, Announce, AnswerFirst, Hint, Keys, RecordConsultations, RecordPolicy};
use crate::edges::Retry;
use crate::hours::AtClose;
use crate::memory::{Kind, Value};
use crate::plan::{BreakReason, Choice};
use crate::reader::is_slug;
use crate::survey::Survey;
use crate::text::{Place, Word};

/// Everything all files say. Two are equal when they say the same, wherever it stands.
#[derive(PartialEq, Default)]
pub(crate) struct Draft {
    pub(crate) numbers: Vec<DraftNumber>,
    pub(crate) schedules: BTreeMap<Name, DraftSchedule>,
    pub(crate) holidays: BTreeMap<Name, DraftCalendar>,
    pub(crate) rosters: BTreeMap<Name, DraftRoster>,
    pub(crate) groups: BTreeMap<Name, DraftGroup>,
    pub(crate) skills: BTreeMap<Name, DraftSkill>,
    pub(crate) caps: BTreeMap<Name, DraftCap>,
    pub(crate) queues: BTreeMap<Name, DraftQueue>,
    pub(crate) surveys: BTreeMap<Name, DraftSurvey>,
    pub(crate) flows: BTreeMap<Name, DraftFlow>,
    pub(crate) subflows: BTreeMap<Name, DraftSubflow>,
    pub(crate) outbound: Option<DraftOutbound>,
    /// Every `[law.NAME]`.
    pub(crate) law: BTreeMap<Name, Law>,
    /// Where each of them stands.
    pub(crate) law_at: BTreeMap<Name, Place>,
    pub(crate) alarms: Vec<DraftAlarm>,
    pub(crate) not_ready_reasons: Vec<BreakReason>,
    pub(crate) dispositions: Vec<Choice>,
    pub(crate) supervision: Option<DraftSupervision>,
}

/// `[supervision]`.
#[derive(PartialEq)]
pub(crate) struct DraftSupervision {
    pub(crate) told: bool,
    pub(crate) at: Place,
}

/// `[[alarm]]`; the queue of its rule is put in when all files are known.
#[derive(PartialEq)]
pub(crate) struct DraftAlarm {
    pub(crate) rule: AlarmRule,
    pub(crate) queue: Option<Word>,
}

/// `[outbound]`, without its law and its calendar.
#[derive(PartialEq)]
pub(crate) struct DraftOutbound {
    pub(crate) rules: Rules,
    pub(crate) holidays: Option<Word>,
    pub(crate) at: Place,
}

#[derive(PartialEq)]
pub(crate) struct DraftNumber {
    pub(crate) dids: Vec<(PhoneNumber, Place)>,
    pub(crate) label: Option<String>,
    pub(crate) project: ProjectId,
    pub(crate) trunk: Option<TrunkId>,
    pub(crate) answer: AnswerFirst,
    pub(crate) record: RecordPolicy,
    pub(crate) record_consultations: RecordConsultations,
    pub(crate) locale: Locale,
    pub(crate) lookup_deadline: Duration,
    pub(crate) zone: Option<Zone>,
    pub(crate) flow: Option<Word>,
    pub(crate) schedule: Option<Word>,
    pub(crate) after_hours: Option<Word>,
    pub(crate) busy: Option<Word>,
    pub(crate) allow_closed: Option<Vec<Word>>,
    pub(crate) at: Place,
}

#[derive(PartialEq)]
pub(crate) struct DraftSchedule {
    pub(crate) schedule: Schedule,
    pub(crate) holidays: Option<Word>,
    pub(crate) at: Place,
}

/// Every `[[holidays]]` of one calendar.
#[derive(PartialEq, Default)]
pub(crate) struct DraftCalendar {
    pub(crate) days: Holidays,
    /// Where the days of each year are taken from: a text of each `[[holidays]]`.
    pub(crate) sources: BTreeMap<i16, Vec<String>>,
    /// The calendar whose days it has besides its own.
    pub(crate) extends: Option<Word>,
}

#[derive(PartialEq)]
pub(crate) struct DraftRoster {
    pub(crate) people: Vec<Person>,
    pub(crate) turns: Turns,
    /// The table beside the plan that they came from.
    pub(crate) sheet: Option<Name>,
    /// When somebody must be on duty, with the zone of the turns.
    pub(crate) hours: Schedule,
    /// Within which time a shift is to be accepted; None: it passes by the clock.
    pub(crate) accept_within: Option<Duration>,
    pub(crate) at: Place,
}

/// Where the turns of a roster are.
#[derive(PartialEq)]
pub(crate) enum Turns {
    Here(Vec<Turn>),
    /// In a table beside the plan that is read when all files are known.
    Sheet(Word),
}

#[derive(PartialEq)]
pub(crate) struct DraftGroup {
    pub(crate) settings: GroupSettings,
    /// Whose weights are said.
    pub(crate) weighed: Vec<Word>,
    pub(crate) at: Place,
}

/// Who knows something, as they are written: the linker finds them among the groups.
#[derive(PartialEq)]
pub(crate) struct DraftSkill {
    pub(crate) settings: SkillSettings,
    pub(crate) people: Vec<Word>,
    /// Whose level ends, and when, as it is written.
    pub(crate) ends: Vec<(Word, Word)>,
    pub(crate) at: Place,
}

/// A limit of some people; the linker finds them among the groups.
#[derive(PartialEq)]
pub(crate) struct DraftCap {
    pub(crate) settings: CapSettings,
    pub(crate) people: Vec<Word>,
    /// As it is written.
    pub(crate) until: Option<String>,
    pub(crate) at: Place,
}

#[derive(PartialEq)]
pub(crate) struct DraftQueue {
    pub(crate) settings: QueueSettings,
    pub(crate) group: Word,
    /// The groups of its ladder, as they are written.
    pub(crate) added: Vec<Word>,
    /// Where the steps of its ladder stand.
    pub(crate) rungs: Vec<Place>,
    /// The skills that it and its ladder name, as they are written.
    pub(crate) skills: Vec<Word>,
    pub(crate) survey: Option<Word>,
    pub(crate) edges: DraftEdges,
    pub(crate) exits: DraftExits,
    pub(crate) at: Place,
}

/// How callers come to a queue and leave it.
#[derive(PartialEq)]
pub(crate) struct DraftEdges {
    pub(crate) resume_window: Duration,
    pub(crate) empty: Option<DraftEmpty>,
    pub(crate) retry: Retry,
    pub(crate) hours: Option<DraftHours>,
}

/// When a queue is open.
#[derive(PartialEq)]
pub(crate) struct DraftHours {
    pub(crate) schedule: Word,
    pub(crate) at_close: AtClose,
}

/// Where callers of a queue go who meet nobody there, where a step says nothing else.
#[derive(PartialEq, Default)]
pub(crate) struct DraftExits {
    pub(crate) on_timeout: Option<Word>,
    pub(crate) on_no_operators: Option<Word>,
    pub(crate) on_full: Option<Word>,
    pub(crate) on_error: Option<Word>,
    pub(crate) on_removed: Option<Word>,
    pub(crate) on_closed: Option<Word>,
}

/// When nobody is behind a queue.
#[derive(PartialEq)]
pub(crate) struct DraftEmpty {
    pub(crate) when: WhenEmpty,
    /// The schedule or roster by which somebody is to be there.
    pub(crate) expects: Option<Word>,
    pub(crate) within: Duration,
}

#[derive(PartialEq)]
pub(crate) struct DraftSurvey {
    pub(crate) survey: Survey,
    pub(crate) at: Place,
}

#[derive(PartialEq)]
pub(crate) struct DraftFlow {
    pub(crate) steps: Vec<DraftStep>,
    pub(crate) at: Place,
}

/// A flow that is called with parameters and comes back.
#[derive(PartialEq)]
pub(crate) struct DraftSubflow {
    pub(crate) params: Params,
    pub(crate) steps: Vec<DraftStep>,
    pub(crate) at: Place,
}

/// The parameters of a sub-flow.
pub(crate) type Params = BTreeMap<Name, ParamKind>;

/// What a parameter may be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ParamKind {
    Flag,
    Int,
    Text,
    Queue,
    Flow,
    Prompt,
    Roster,
    Schedule,
}

#[derive(PartialEq)]
pub(crate) struct DraftStep {
    pub(crate) action: Action,
    /// The key that makes it what it is.
    pub(crate) at: Place,
}

#[derive(PartialEq)]
pub(crate) enum Action {
    Play {
        prompts: Vec<DraftUtterance>,
        notice: bool,
    },
    Lookup,
    Find(Box<DraftFind>),
    When {
        condition: Word,
        then: Branch,
        otherwise: Option<Branch>,
    },
    Goto(Word),
    Menu(DraftMenu),
    Ask(Box<DraftAsk>),
    Callback(Box<DraftCallback>),
    Set(Vec<(Word, DraftValue)>),
    /// What an operator must know for the caller, by skill; 0: no more.
    Needs(Vec<(Word, u8)>),
    Call(DraftCall),
    Queue(Box<DraftQueueStep>),
    External {
        number: PhoneNumber,
        trunk: Option<TrunkId>,
        ring: Duration,
        music: Name,
        ack: Option<Ack<DraftUtterance>>,
        on_not_answered: Option<Word>,
    },
    Operator(Box<DraftOperator>),
    Duty {
        roster: Word,
        trunk: Option<TrunkId>,
        music: Name,
        ack: Option<Ack<DraftUtterance>>,
        on_nobody: Option<Word>,
    },
    Voicemail {
        prompts: Vec<DraftUtterance>,
        max: Duration,
        owed: DraftOwed,
    },
    Close {
        prompts: Vec<DraftUtterance>,
        reason: Name,
    },
    HangUp {
        reason: Name,
    },
}

/// One thing that callers hear.
#[derive(PartialEq)]
pub(crate) enum DraftUtterance {
    Prompt(Name),
    Value(Box<DraftSay>),
}

/// A value in words.
#[derive(PartialEq)]
pub(crate) struct DraftSay {
    /// As the language calls it: `ticket`.
    pub(crate) word: &'static str,
    pub(crate) manner: Manner,
    /// An expression.
    pub(crate) value: Word,
    pub(crate) otherwise: Vec<Name>,
}

impl DraftUtterance {
    /// Whether it is one of these prompts.
    pub(crate) fn is_prompt(&self, names: &[&str]) -> bool {
        matches!(self, Self::Prompt(name) if names.contains(&&**name))
    }
}

impl From<&str> for DraftUtterance {
    fn from(prompt: &str) -> Self {
        Self::Prompt(prompt.into())
    }
}

/// Who owes what is promised, and within what time.
#[derive(PartialEq)]
pub(crate) struct DraftOwed {
    pub(crate) group: Option<Word>,
    pub(crate) within: Duration,
    /// In whose open hours the time counts.
    pub(crate) schedule: Option<Word>,
}

/// What a menu and a question have in common.
#[derive(PartialEq)]
pub(crate) struct DraftQuestion {
    pub(crate) prompts: Vec<DraftUtterance>,
    pub(crate) keys: Keys,
    pub(crate) tries: u8,
    pub(crate) on_invalid: Vec<DraftUtterance>,
    pub(crate) on_timeout: Vec<DraftUtterance>,
    pub(crate) otherwise: Option<Branch>,
}

#[derive(PartialEq)]
pub(crate) struct DraftMenu {
    pub(crate) question: DraftQuestion,
    pub(crate) keys: Vec<(char, Branch)>,
}

#[derive(PartialEq)]
pub(crate) struct DraftAsk {
    pub(crate) name: Name,
    pub(crate) question: DraftQuestion,
    pub(crate) least: u8,
    pub(crate) check: Option<Word>,
}

/// A call for one operator by name.
#[derive(PartialEq)]
pub(crate) struct DraftOperator {
    /// An operator of a group, or an expression that gives one.
    pub(crate) who: Word,
    pub(crate) ring: Duration,
    pub(crate) music: Name,
    pub(crate) on_not_answered: Option<Word>,
    pub(crate) on_unavailable: Option<Word>,
    pub(crate) on_unknown: Option<Word>,
}

/// A search of the client by something that the caller said.
#[derive(PartialEq)]
pub(crate) struct DraftFind {
    /// An expression.
    pub(crate) value: Word,
    /// The field of the client.
    pub(crate) by: Name,
    /// How long it may take; None: as the lookup at the beginning.
    pub(crate) within: Option<Duration>,
    pub(crate) on_none: Option<Branch>,
    pub(crate) on_many: Option<Branch>,
    pub(crate) on_error: Option<Branch>,
}

/// A step that goes through a sub-flow and on.
#[derive(PartialEq)]
pub(crate) struct DraftCall {
    pub(crate) name: Word,
    pub(crate) with: Vec<(Word, DraftArgument)>,
}

/// What a parameter is given: a value of the text, or the name of a parameter of the caller's own (`param.X`).
#[derive(PartialEq)]
pub(crate) struct DraftArgument {
    pub(crate) value: Value,
    pub(crate) at: Place,
}

/// The offer to call back.
#[derive(PartialEq)]
pub(crate) struct DraftCallback {
    pub(crate) owed: DraftOwed,
    /// The offer itself; what is asked on the way is asked as it is.
    pub(crate) question: DraftQuestion,
    /// The key of who is called at their own number, and who says that a number is right.
    pub(crate) own: char,
    /// The key of who types another number, or types it anew.
    pub(crate) other: char,
    /// Who left a queue for it keeps the place there.
    pub(crate) keep_place: bool,
    /// Said before a number is typed, after it, and after the promise.
    pub(crate) number: Vec<DraftUtterance>,
    pub(crate) check: Vec<DraftUtterance>,
    pub(crate) thanks: Vec<DraftUtterance>,
}

/// What a variable is set to.
#[derive(PartialEq)]
pub(crate) enum DraftValue {
    Fixed(Value),
    /// An expression.
    Told(Word),
}

#[derive(PartialEq)]
pub(crate) struct DraftQueueStep {
    pub(crate) queue: Word,
    pub(crate) priority: u8,
    pub(crate) wait: Duration,
    pub(crate) leave_empty: bool,
    pub(crate) music: Name,
    pub(crate) announce: Option<Announce<DraftUtterance>>,
    /// What a caller who waits may press, and what is said of it.
    pub(crate) keys: Vec<(char, Branch)>,
    pub(crate) hint: Option<Hint<DraftUtterance>>,
    pub(crate) exits: DraftExits,
}

/// Where a condition or a key leads.
#[derive(PartialEq)]
pub(crate) enum Branch {
    Flow(Word),
    Steps(Vec<DraftStep>),
}

/// The parameter that a text of a sub-flow names: `param.line`. No name of anything has a dot in it.
pub(crate) fn param_of(text: &str) -> Option<&str> {
    let name = text.strip_prefix("param.")?;
    is_slug(name).then_some(name)
}

impl ParamKind {
    /// The words of the language.
    pub(crate) const WORDS: [(&'static str, Self); 8] = [
        ("bool", Self::Flag),
        ("int", Self::Int),
        ("text", Self::Text),
        ("queue", Self::Queue),
        ("flow", Self::Flow),
        ("prompt", Self::Prompt),
        ("roster", Self::Roster),
        ("schedule", Self::Schedule),
    ];

    /// As the language has it.
    pub(crate) fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(word, _)| word)
    }

    /// What a condition sees of it.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Flag => Kind::Bool,
            Self::Int => Kind::Int,
            _ => Kind::Text,
        }
    }
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
            Action::Queue(queue) => queue.keys.iter().for_each(|(_, branch)| into(branch)),
            Action::Ask(ask) => ask.question.otherwise.iter().for_each(into),
            Action::Find(find) => [&find.on_none, &find.on_many, &find.on_error]
                .into_iter()
                .flatten()
                .for_each(into),
            Action::Callback(offer) => offer.question.otherwise.iter().for_each(into),
            Action::Play { .. }
            | Action::Lookup
            | Action::Goto(_)
            | Action::Set(_)
            | Action::Needs(_)
            | Action::Call(_)
            | Action::External { .. }
            | Action::Operator(_)
            | Action::Duty { .. }
            | Action::Voicemail { .. }
            | Action::Close { .. }
            | Action::HangUp { .. } => {}
        }
    }
}
