//! What the plan says to do next, and how the doing ended.
use std::time::Duration;

use gudok_model::{
    ClientMatch, Name, OperatorId, Owed, PhoneNumber, QueueId, Reason, RequestKind, TrunkId,
};
use serde::{Deserialize, Serialize};

use crate::memory::Memory;
use crate::typed::{KeySet, Typed};

/// A place in the plan. Plain data, so that it is journaled with the call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cursor {
    /// The flow.
    pub flow: Name,
    /// The step in it, from 0.
    pub step: u16,
    /// Steps taken so far by the call; bounded by `STEPS_MAX`.
    pub taken: u16,
    /// Who on duty was called in vain by the step at which the call is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Name>,
    /// How often the question at this step was put in vain; 0 at any other step.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked: u8,
    /// Which try of a question the call is at; behind the question, how many it took. 0 before the first one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u8,
}

/// A message of an older version.
fn heard_some_time() -> Owed {
    Owed::usual(RequestKind::Voicemail)
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// How the caller's leg is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFirst {
    /// 200 at once; prompts after it. The owner pays from here.
    #[default]
    Answer,
    /// 180 until an operator answers; no prompts before. (A `play` before the answer is a load error.)
    Ring,
    /// 183; prompts are early media, free of charge; 200 when an operator answers.
    EarlyMedia,
}

/// When the recording begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordPolicy {
    /// When the notice was played to its end. A flow that can reach an operator without the notice is a load error.
    #[default]
    AfterNotice,
    /// At the answer; the admin states that the notice is given otherwise.
    FromAnswer,
    /// Never.
    Off,
}

/// Whose words with an operator aside are recorded, on a track that the caller's recording does not have (behaviour 5.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordConsultations {
    /// Nobody's: whoever is asked has not agreed to it.
    #[default]
    Off,
    /// Those of colleagues, whose consent is in their contract.
    Colleagues,
    /// Those of numbers outside, too; the admin states that they are told of it otherwise.
    All,
}

/// What a caller hears of the queue while they wait (behaviour Q9).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Announce<P = Name> {
    /// The place, as long as it only gets better.
    pub position: bool,
    /// The expected wait, where enough callers like this one have waited lately.
    pub wait: bool,
    /// From the beginning of one to the beginning of the next.
    pub every: Duration,
    /// Said after them: names in the pack.
    pub prompts: Vec<P>,
}

impl<P> Announce<P> {
    /// The same with these words.
    pub(crate) fn saying<Q>(&self, prompts: Vec<Q>) -> Announce<Q> {
        Announce {
            position: self.position,
            wait: self.wait,
            every: self.every,
            prompts,
        }
    }
}

/// What a caller who waits may press, and how they are told of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WaitKeys {
    /// Keys that lead away from the queue; any other means nothing.
    pub keys: KeySet,
    /// What is said of them; None: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Hint>,
}

/// What is said of the keys of a queue while a caller waits (behaviour Q9).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hint<P = Name> {
    /// Names in the pack.
    pub prompts: Vec<P>,
    /// From coming to the queue to the first time.
    pub after: Duration,
    /// From one time to the next.
    pub every: Duration,
    /// Only to whom has this place or a worse one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// Not to whom waits less than this, where the expected wait is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Duration>,
}

impl<P> Hint<P> {
    /// The same with these words.
    pub(crate) fn saying<Q>(&self, prompts: Vec<Q>) -> Hint<Q> {
        Hint {
            prompts,
            after: self.after,
            every: self.every,
            position: self.position,
            wait: self.wait,
        }
    }
}

/// The next thing to do for a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Decision {
    /// Play, then go on with [`StepEnd::Played`].
    Play {
        /// Names in the pack.
        prompts: Vec<Name>,
        /// This is the recording notice: recording may begin when it ended.
        notice: bool,
    },
    /// Wait for the lookup that began at the INVITE, not beyond `deadline` after the INVITE; then
    /// [`StepEnd::LookedUp`]. Ends at once when the answer is there already.
    AwaitLookup {
        /// From the INVITE.
        deadline: Duration,
    },
    /// Search the client by something that was typed, not beyond `deadline` from now; then [`StepEnd::Searched`]. Who is found
    /// alone is the client of the call from then on.
    Find {
        /// The field of the client.
        by: Name,
        /// What it is to be.
        value: String,
        /// From now.
        deadline: Duration,
    },
    /// Say these and take the caller's keys. Ends with [`StepEnd::Typed`] or [`StepEnd::Silent`]; asked again by the plan
    /// itself, as often as it says.
    Ask {
        /// Names in the pack.
        prompts: Vec<Name>,
        /// What the digits are; None: one key of a menu.
        answer: Option<Name>,
        /// How they are taken.
        keys: Keys,
    },
    /// Wait in a queue. Ends with [`StepEnd::Answered`] (the call is over when the talk is),
    /// [`StepEnd::TimedOut`], [`StepEnd::NoOperators`], [`StepEnd::Full`], [`StepEnd::Failed`], [`StepEnd::Removed`],
    /// [`StepEnd::Closed`] or, by
    /// one of its keys, [`StepEnd::Typed`].
    Queue {
        /// Which.
        queue: QueueId,
        /// 0–9.
        priority: u8,
        /// Most time to wait, counted from the first queue the call entered.
        wait_max: Duration,
        /// Whether to leave at once when nobody of the group is logged in.
        leave_empty: bool,
        /// What the caller hears, repeated.
        music: Name,
        /// What is said of the queue in between.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        announce: Option<Announce>,
        /// What the caller may press meanwhile: it ends with [`StepEnd::Typed`], and the place is kept as long as the caller
        /// hears words and answers questions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keys: Option<WaitKeys>,
    },
    /// Dial a number outside. Ends with [`StepEnd::Answered`] or [`StepEnd::NotAnswered`].
    External {
        /// Which; from the plan's own text only.
        number: PhoneNumber,
        /// Through which trunk; None: the one the call came in by.
        trunk: Option<TrunkId>,
        /// Ring time.
        ring: Duration,
        /// What the caller hears, repeated.
        music: Name,
        /// Whoever answers takes the call by a key; None: by answering.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ack: Option<Ack>,
    },
    /// Ring one operator, where they take calls now. Ends with [`StepEnd::Answered`], [`StepEnd::TimedOut`] (they did not take it) or
    /// [`StepEnd::NoOperators`] (they cannot be rung).
    Operator {
        /// Whom.
        operator: OperatorId,
        /// By whose rules and in whose record: the queue of a group that lists them.
        queue: QueueId,
        /// Longest; the group's own ring time holds too.
        ring: Duration,
        /// What the caller hears, repeated.
        music: Name,
    },
    /// Take a message: prompts, then a beep, then up to `max`; `#` or hang-up ends it. Ends with
    /// [`StepEnd::Played`] when the caller is still there.
    Voicemail {
        /// Said before the beep.
        prompts: Vec<Name>,
        /// Longest message.
        max: Duration,
        /// Who is to listen to it.
        #[serde(default = "heard_some_time")]
        owed: Owed,
    },
    /// Promise to call back, say so and hang up: the outcome is `callback_requested`.
    Promise {
        /// Who owes it.
        owed: Owed,
        /// Who left a queue for it keeps the place there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keep_place: bool,
        /// Whom to call; None: the caller, at the number they call from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<PhoneNumber>,
        /// How the promise is said, and what after it: names in the pack.
        prompts: Vec<Name>,
    },
    /// Say these and hang up: the outcome is `closed_msg`.
    Close {
        /// Said before hanging up.
        prompts: Vec<Name>,
        /// Why, for the record: a slug such as `night`.
        reason: Name,
    },
    /// Hang up without a word; allowed with a named reason only.
    HangUp {
        /// Why, for the record.
        reason: Name,
    },
}

/// Whoever answers outside hears these words and takes the call by a key, so that a mailbox takes nobody's call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ack<P = Name> {
    /// Names in the pack, said to whoever answered.
    pub prompts: Vec<P>,
    /// The key that takes the call.
    pub take: char,
    /// The key that passes it on at once.
    pub pass: Option<char>,
    /// From the end of the prompts; then it is passed on.
    pub timeout: Duration,
}

impl<P> Ack<P> {
    /// The same with these words.
    pub(crate) fn saying<Q>(&self, prompts: Vec<Q>) -> Ack<Q> {
        Ack {
            prompts,
            take: self.take,
            pass: self.pass,
            timeout: self.timeout,
        }
    }
}

/// How keys are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Keys {
    /// So many end it by themselves; at most [`KEYS_MAX`](crate::typed::KEYS_MAX).
    pub most: u8,
    /// The key that ends it before that.
    pub end: Option<char>,
    /// From the end of the prompts to the first key.
    pub first: Duration,
    /// From one key to the next.
    pub between: Duration,
    /// Whether the first key stops the prompts; else keys count from their end on.
    pub barge_in: bool,
    /// Whether keys that were pressed before the question are its first ones; else they are forgotten. Nothing without
    /// `barge_in`.
    #[serde(default)]
    pub type_ahead: bool,
    /// Of a menu, which keys it has: another one that was pressed before the question was meant for something else. Nothing
    /// where digits are asked for.
    #[serde(default)]
    pub has: KeySet,
}

/// How the last thing ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepEnd {
    /// Prompts or a message ended.
    Played,
    /// The lookup answered or its deadline passed.
    LookedUp,
    /// What a search by something typed has brought.
    Searched(Hit),
    /// Someone answered.
    Answered,
    /// Waited too long.
    TimedOut,
    /// Nobody of the group is logged in.
    NoOperators,
    /// The queue was full.
    Full,
    /// The queue could not go on with the call by a fault of ours; said to steps that have `on_error` only.
    Failed,
    /// The queue is not in the plan any more; said to steps that have `on_removed` only, to others it is
    /// [`NoOperators`](Self::NoOperators).
    Removed,
    /// The queue has closed to who waits there.
    Closed,
    /// The external number did not answer.
    NotAnswered,
    /// These keys were pressed.
    Typed(Typed),
    /// No key was pressed in time.
    Silent,
}

/// What a search has brought.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hit {
    /// Exactly one client.
    One,
    /// Nobody has it.
    None,
    /// Several clients share it.
    Many,
    /// No answer in time, or none that can be understood.
    Error,
}

impl Hit {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::One, Self::None, Self::Many, Self::Error];

    /// What this answer is; one that is not there yet came to nothing.
    pub fn of(client: &ClientMatch) -> Self {
        match client {
            ClientMatch::One { .. } => Self::One,
            ClientMatch::Many { .. } => Self::Many,
            ClientMatch::None { .. } | ClientMatch::NoNumber => Self::None,
            ClientMatch::Pending | ClientMatch::Error { .. } => Self::Error,
        }
    }
}

/// A decision with its reasons and the place it came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where in the plan; handed back to [`Plan::step`](crate::plan::Plan::step) with how it ended.
    pub cursor: Cursor,
    /// What to do.
    pub decision: Decision,
    /// Why, in the order considered: conditions that were false are named too.
    pub reasons: Vec<Reason>,
    /// What the call keeps in mind from now on, where this has changed it.
    pub memory: Option<Memory>,
}
