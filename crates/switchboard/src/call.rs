//! One call as the switchboard sees it: its legs, what it does now, and what is known of it.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::decision::{Announce, Cursor, Decision, WaitKeys};
use gudok_dialplan::plan::{Number, Plan};
use gudok_dialplan::{Ack, Memory};
use gudok_model::{
    CallId, Caller, ClientMatch, Dialled, GroupId, LegId, Mono, Name, Now, OfferId, OperatorId,
    Outcome, Owed, PhoneNumber, Presentation, QueueId, Reason, Termination, TrunkId,
};

use crate::after_talk::AfterTalk;
use crate::aside::Aside;
use crate::check_human::HumanCheck;
use crate::conference::Room;
use crate::consult::Consult;
use crate::course::Course;
use crate::hand::Hold;
use crate::keys::{Listening, Presses};
use crate::outgoing::{Dialling, Out};
use crate::park::Parked;
use crate::press::Whose;
use crate::resumed_place::Left;
use crate::supervision::Supervision;
use crate::transfer::Transfer;

/// The whole state of one call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) arrived: Now,
    pub(crate) trunk: TrunkId,
    pub(crate) caller: Caller,
    /// The mark of a number that is kept back.
    pub(crate) withheld: Option<u64>,
    pub(crate) dialled: Dialled,
    /// The generation that was in force at the INVITE rules the call to its end.
    pub(crate) plan: Arc<Plan>,
    pub(crate) number: Arc<Number>,
    /// Where the plan stands.
    pub(crate) cursor: Cursor,
    pub(crate) phase: Phase,
    pub(crate) access: Access,
    pub(crate) client: ClientMatch,
    /// The lookup's deadline has passed or a card was shown: what comes now is late.
    pub(crate) lookup_late: bool,
    pub(crate) searched: Searched,
    /// Legs that are not over, by index.
    pub(crate) legs: BTreeMap<u16, Leg>,
    pub(crate) next_leg: u16,
    pub(crate) next_play: u32,
    /// Offers that are not closed; the one that won is in [`Phase::Talking`].
    pub(crate) offers: BTreeMap<OfferId, Offer>,
    /// The last offer that was told of; a later one that closes was never begun.
    pub(crate) offers_told: u16,
    /// When the call entered its first queue (Q1: never moved back).
    pub(crate) queued_since: Option<Mono>,
    /// The queue it was in last.
    pub(crate) last_queue: Option<QueueId>,
    /// The place the caller had in an earlier call of theirs.
    pub(crate) former: Option<Left>,
    /// The priority a supervisor gave it.
    pub(crate) by_hand: Option<u8>,
    /// The queue that was left by a key, as long as nothing but words and questions came after.
    pub(crate) aside: Option<Aside>,
    /// How long the call waited counts for what others are told; once, also where phones that won are lost again.
    pub(crate) wait_noted: bool,
    /// The last place in a queue that the caller was told: a worse one is never said.
    pub(crate) position_said: Option<u32>,
    pub(crate) notice_played: bool,
    pub(crate) recording: Recording,
    /// Reached for good: whatever comes later, this is the outcome.
    pub(crate) settled: Option<Outcome>,
    /// Sent outside at least once.
    pub(crate) sent_outside: bool,
    pub(crate) requeues: u8,
    /// Went on by `on_error` once: the next fault of ours ends it.
    pub(crate) failed_over: bool,
    /// Operators whose wrap-up of this call runs.
    pub(crate) wrap_ups: BTreeSet<OperatorId>,
    /// Operators who named a disposition.
    pub(crate) disposed: BTreeSet<OperatorId>,
    /// Came when there were too many: it gets a few words.
    pub(crate) brief: bool,
    /// The caller has yet to show that it is a person.
    pub(crate) check: Option<HumanCheck>,
    pub(crate) ending: Option<Ending>,
    /// How the number outside that rings takes the call.
    pub(crate) ack: Option<(LegId, Ack)>,
    /// Answers and variables of the plan.
    pub(crate) memory: Memory,
    /// Keys that were pressed before anybody asked for them, for the question that comes; the first [`KEYS_MAX`], more are
    /// forgotten.
    ///
    /// [`KEYS_MAX`]: gudok_dialplan::KEYS_MAX
    pub(crate) ahead: VecDeque<char>,
    /// The caller's side takes no telephone-event.
    pub(crate) no_digits: bool,
    /// Keys of late, to know a press that comes twice.
    pub(crate) presses: Presses,
    /// Who hears whom, where a bridge is not enough.
    pub(crate) room: Room,
    /// What it has come through.
    pub(crate) course: Course,
    /// Whom the operator asks meanwhile.
    pub(crate) consult: Option<Consult>,
    /// Supervisors in the talk, at most [`SUPERVISORS_MAX`](crate::SUPERVISORS_MAX), in the order in which they came.
    pub(crate) supervisions: Vec<Supervision>,
    /// Passed on, and nobody has answered yet.
    pub(crate) transfer: Option<Transfer>,
    /// The operator hung up, and the caller is asked how the talk was.
    pub(crate) after_talk: Option<Box<AfterTalk>>,
    /// It began with us, and the caller's leg is that of whom we call.
    pub(crate) out: Option<Box<Out>>,
}

/// How far the caller's leg is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// It is we who ring there, or will.
    Called,
    /// 180 went out: nothing can be heard.
    Ringing,
    /// 183 went out: prompts can be heard.
    Early,
    /// Our 200 is on its way.
    Answering,
    /// Our 200 went out.
    Answered,
    /// The caller's leg is over.
    Over,
}

/// Whether the caller's leg is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Recording {
    /// Not begun.
    Off,
    /// Running.
    On,
    /// Begun for a message only; between messages nothing reaches the file.
    Paused,
    /// It was to begin, and could not.
    Refused,
}

/// What was searched by something typed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Searched {
    /// How often; the number of the last search.
    pub(crate) count: u16,
    /// By what, as long as the plan waits for it.
    pub(crate) awaited: bool,
    /// The field of the last search.
    pub(crate) by: Option<Name>,
    /// One was found: what the number says does not count any more.
    pub(crate) found: bool,
}

/// What a call does now. Every phase ends by something outside or by a timer; none can last in silence.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Phase {
    /// Within one input only: the next decision is being made.
    Deciding,
    /// The caller hears a question, or keys are awaited.
    Listening(Listening),
    /// Waits for our 200; then the decision is performed, or the plan entered when there is none yet.
    Answering(Option<Box<Decision>>),
    /// The caller hears prompts; `notice` names all of them when they are the recording notice.
    Playing { play: u32, notice: Option<Name> },
    /// The plan waits for the lookup.
    LookingUp,
    /// In a queue.
    Waiting(Wait),
    /// It is we who call: the operator's own phone rings, then the customer's.
    Dialling(Box<Dialling>),
    /// With an operator.
    Talking(Talk),
    /// The caller is gone; the operator and whoever they asked aside talk on.
    Apart(Talk),
    /// A number outside rings.
    CallingOut { leg: LegId },
    /// Somebody answered outside and is asked to take the call.
    Acknowledging(Acknowledging),
    /// In a numbered place, for anybody to take.
    Parked(Box<Parked>),
    /// With a number outside.
    TalkingOut { leg: LegId },
    /// Leaving a message.
    Message {
        stage: MessageStage,
        wanted: Message,
    },
    /// The last words; then the end.
    Closing { play: u32, end: Ending },
    /// Every leg was told to end.
    Ending,
}

/// Who answered outside, and what it hears.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Acknowledging {
    pub(crate) leg: LegId,
    pub(crate) ack: Ack,
    /// While it is heard.
    pub(crate) play: Option<u32>,
}

/// The priority of emergencies (behaviour Q2).
const EMERGENCY: u8 = 9;

/// A place in a queue.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Wait {
    pub(crate) queue: QueueId,
    pub(crate) priority: u8,
    pub(crate) deadline: Mono,
    pub(crate) leave_empty: bool,
    pub(crate) music: Name,
    /// What is heard before the music goes on.
    pub(crate) intro: Option<Intro>,
    /// What a supervisor has said to the queue meanwhile, to be heard after it.
    pub(crate) then: Vec<Name>,
    /// When the call came to this queue.
    pub(crate) entered: Mono,
    /// How long of that it answered questions, its place kept.
    pub(crate) aside: Duration,
    /// What is said of the queue in between.
    pub(crate) announce: Option<Arc<Announce>>,
    /// What the caller may press meanwhile.
    pub(crate) keys: Option<Arc<WaitKeys>>,
}

impl Wait {
    /// Whether words are heard in the music.
    pub(crate) fn speaks(&self, now: Mono) -> bool {
        self.intro.is_some_and(|it| now < it.until)
    }
}

/// Words in the music of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Intro {
    pub(crate) play: u32,
    /// Whoever has not told of its end by then has lost it.
    pub(crate) until: Mono,
    /// Whether it gives way to the music when somebody is asked to take the call: an announcement of the queue does, a word on
    /// why the caller waits again does not.
    pub(crate) gives_way: bool,
}

/// A talk with an operator.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Talk {
    pub(crate) leg: LegId,
    pub(crate) operator: OperatorId,
    /// As one of which group the first who talked was asked: the caller who is passed on stays its own.
    pub(crate) group: GroupId,
    pub(crate) offer: OfferId,
    pub(crate) since: Mono,
    /// The operator's phone was heard (or waited for long enough).
    pub(crate) heard: bool,
    pub(crate) hold: Hold,
    /// The operator's voice is taken off.
    pub(crate) muted: bool,
    /// What the call had come to before.
    pub(crate) settled_before: Option<Outcome>,
    /// The place the call came from, to go back to when the phone dies.
    pub(crate) from: Wait,
}

/// A message that is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Message {
    /// The longest.
    pub(crate) max: Duration,
    /// A shorter one is none.
    pub(crate) least: Duration,
    /// Who is to listen to it.
    pub(crate) owed: Owed,
}

/// How far a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MessageStage {
    /// Prompts before the beep.
    Prompts { play: u32 },
    /// The beep.
    Beep { play: u32 },
    /// The caller speaks; `alone` when nothing but the message is recorded.
    Speaking { alone: bool, since: Mono },
}

/// What the last fact of the call will say.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    pub(crate) termination: Termination,
    /// [`gudok_model::CallEvent::Ended`] was told.
    pub(crate) told: bool,
}

/// A leg that is not over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Leg {
    pub(crate) role: Role,
    pub(crate) answered: bool,
    /// We hung up; only its end is still to come.
    pub(crate) dismissed: bool,
    /// The playback whose end is awaited by a deadline.
    pub(crate) playing: Option<u32>,
}

/// What a leg is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Caller,
    Operator {
        operator: OperatorId,
        offer: OfferId,
    },
    Outside,
    /// The operator's own phone, which rings before whom they call.
    Own {
        operator: OperatorId,
    },
    /// By which the operator dials somebody else.
    Aside,
    /// Whom the operator dials.
    Consulted,
    /// A supervisor in the talk of somebody else.
    Supervisor,
}

/// An offer that is not closed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Offer {
    pub(crate) operator: OperatorId,
    pub(crate) group: GroupId,
    pub(crate) queue: QueueId,
    pub(crate) attempt: u32,
    pub(crate) ring_deadline: Mono,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) stage: OfferStage,
}

/// How far an offer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OfferStage {
    /// The card was sent; the phone does not ring before it is shown.
    Popping { since: Mono },
    /// The phone was dialled.
    Dialled { leg: LegId },
}

impl Leg {
    /// One that begins.
    pub(crate) fn new(role: Role) -> Self {
        Self {
            role,
            answered: false,
            dismissed: false,
            playing: None,
        }
    }
}

impl MessageStage {
    /// Whether this stage waits for that playback.
    pub(crate) fn plays(self, ended: u32) -> bool {
        match self {
            Self::Prompts { play } | Self::Beep { play } => play == ended,
            Self::Speaking { .. } => false,
        }
    }
}

impl Ending {
    /// Not told yet.
    pub(crate) fn new(outcome: Outcome, termination: Termination) -> Self {
        Self {
            outcome,
            termination,
            told: false,
        }
    }
}

impl Call {
    /// As whom the caller is counted.
    pub(crate) fn whose(&self) -> Option<Whose> {
        Whose::of(&self.caller, self.withheld)
    }

    /// The caller's leg.
    pub(crate) fn caller_leg(&self) -> LegId {
        LegId::caller(self.id)
    }

    /// Whether the caller can hear a prompt now.
    pub(crate) fn can_hear(&self) -> bool {
        matches!(self.access, Access::Early | Access::Answered)
    }

    /// Whether the caller's leg is there and nobody told it to end.
    pub(crate) fn is_open(&self) -> bool {
        self.ending.is_none() && self.access != Access::Over
    }

    /// The outcome that the call has come to for good; a message that is long enough is one.
    pub(crate) fn reached(&self, now: Mono) -> Option<Outcome> {
        let speaks = match &self.phase {
            Phase::Message {
                stage: MessageStage::Speaking { since, .. },
                wanted,
            } => now.since(*since) >= wanted.least,
            _ => false,
        };
        self.settled.or(speaks.then_some(Outcome::Voicemail))
    }

    /// The outcome if the caller left now (behaviour Q14).
    pub(crate) fn outcome_if_left(&self, now: Mono, short: Duration) -> Outcome {
        if let Some(outcome) = self.reached(now) {
            return outcome;
        }
        match &self.phase {
            Phase::Closing { end, .. } => end.outcome,
            Phase::CallingOut { .. } | Phase::Acknowledging(_) => {
                Outcome::OverflowedExternal { answered: false }
            }
            Phase::Deciding
            | Phase::Answering(_)
            | Phase::Playing { .. }
            | Phase::Listening(_)
            | Phase::LookingUp
            | Phase::Waiting(_)
            | Phase::Dialling(_)
            | Phase::Talking(_)
            | Phase::Apart(_)
            | Phase::Parked(_)
            | Phase::TalkingOut { .. }
            | Phase::Message { .. }
            | Phase::Ending => match self.waits_since() {
                Some(since) => Outcome::AbandonedQueue {
                    short: now.since(since) <= short,
                },
                None => Outcome::AbandonedIvr,
            },
        }
    }

    /// Since the first queue, else since the operator was rung whom the call is for by name.
    fn waits_since(&self) -> Option<Mono> {
        let rung = match (&self.phase, self.talk()) {
            (Phase::Waiting(wait), _) => Some(wait.entered),
            // Whom we called waits for nobody.
            (_, talk) => talk
                .filter(|_| !self.is_out())
                .map(|talk| talk.from.entered),
        };
        self.queued_since.or(rung)
    }

    /// Waited since then; zero when nobody was waited for.
    pub(crate) fn waited(&self, now: Mono) -> Duration {
        self.waits_since()
            .map_or(Duration::ZERO, |since| now.since(since))
    }

    /// With what priority it waits where the plan says this one: what was said by hand holds, but for an emergency of the plan.
    pub(crate) fn ranks(&self, of_plan: u8) -> u8 {
        self.by_hand
            .filter(|_| of_plan < EMERGENCY)
            .unwrap_or(of_plan)
    }

    /// Priority in the queue; 0 when it waits in none.
    pub(crate) fn priority(&self) -> u8 {
        match (&self.phase, self.talk()) {
            (Phase::Waiting(wait), _) => wait.priority,
            (_, Some(talk)) => talk.from.priority,
            (_, None) => 0,
        }
    }

    /// The number other parties may see.
    pub(crate) fn shown_number(&self) -> Option<PhoneNumber> {
        match self.caller.presentation {
            Presentation::Allowed => self.caller.e164().cloned(),
            Presentation::Restricted | Presentation::Unavailable => None,
        }
    }

    /// The operator in talk.
    pub(crate) fn talk(&self) -> Option<&Talk> {
        match &self.phase {
            Phase::Talking(talk) => Some(talk),
            Phase::Dialling(_)
            | Phase::Apart(_)
            | Phase::Parked(_)
            | Phase::Deciding
            | Phase::Answering(_)
            | Phase::Playing { .. }
            | Phase::Listening(_)
            | Phase::LookingUp
            | Phase::Waiting(_)
            | Phase::CallingOut { .. }
            | Phase::Acknowledging(_)
            | Phase::TalkingOut { .. }
            | Phase::Message { .. }
            | Phase::Closing { .. }
            | Phase::Ending => None,
        }
    }

    /// The operator in talk, with the caller or, when they are gone, with whoever was asked aside; or on the way to whom they call.
    pub(crate) fn in_hand(&self) -> Option<&Talk> {
        match &self.phase {
            Phase::Dialling(dialling) => Some(&dialling.talk),
            Phase::Apart(talk) => Some(talk),
            _ => self.talk(),
        }
    }

    /// Whether nothing of the call is left to wait for.
    pub(crate) fn is_done(&self) -> bool {
        self.ending.as_ref().is_some_and(|end| end.told)
            && self.legs.is_empty()
            && self.offers.is_empty()
            && self.wrap_ups.is_empty()
    }
}
