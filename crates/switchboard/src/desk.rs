//! What the desk hears and says: the content of `cti.v1`, without its envelope.
//!
//! `cti` wraps these into `{v, epoch, stream, seq, ts, type, call_id, data}`; nothing here knows of sequence
//! numbers or sockets.
use std::collections::BTreeMap;
use std::fmt;

use gudok_dialplan::Typed;
use gudok_model::{
    Actor, CallId, Caller, ClientMatch, GroupId, Name, OfferEnd, OfferId, OperatorId, Parsed,
    PhoneNumber, QueueId, Reason, Region, RequestKind, RequestOutcome, RequestSource, RequestState,
    SupervisionMode, Wall,
};
use serde::{Deserialize, Serialize};

use crate::asked_aside::AskedAside;
use crate::dial_out::DialOut;
use crate::in_hand::{Before, InHand, Keys, ParkedCall, Party, Supervising};
use crate::supervise::Directive;

/// An event on the stream `agent:self`. The serialised tag is the event's `type`, the rest its `data`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum DeskEvent {
    /// The operator's own state changed.
    #[serde(rename = "agent.state")]
    State(OperatorState),
    /// A call is offered: the screen pop. To be acknowledged with [`DeskCommand::PopAck`].
    #[serde(rename = "offer.created")]
    OfferCreated(Box<Card>),
    /// The card of an offer or of a talk changed (late client data comes as `client.enriched`).
    #[serde(rename = "offer.updated")]
    OfferUpdated(Box<Card>),
    /// The offer is over: stop ringing.
    #[serde(rename = "offer.closed")]
    OfferClosed {
        /// Which.
        offer_id: OfferId,
        /// Its call.
        call_id: CallId,
        /// How it ended.
        reason: OfferEnd,
    },
    /// The phone rings.
    #[serde(rename = "call.ringing")]
    Ringing {
        /// The call.
        call_id: CallId,
    },
    /// How a call that the operator makes goes.
    #[serde(rename = "call.dialling")]
    Dialling {
        /// The call.
        call_id: CallId,
        /// `phone` (the own phone rings), `customer` (they are dialled), `ringing`, `notice` (they answered and hear that they are
        /// recorded); over: `busy`, `declined`, `no_answer`, `not_found`, `unreachable`, `cancelled`, `denied`, `called_in` (they called
        /// us meanwhile), `failed`.
        state: Name,
    },
    /// The talk begins.
    #[serde(rename = "call.answered")]
    Answered {
        /// The call.
        call_id: CallId,
    },
    /// Hold.
    #[serde(rename = "call.held")]
    Held {
        /// The call.
        call_id: CallId,
    },
    /// Off hold.
    #[serde(rename = "call.resumed")]
    Resumed {
        /// The call.
        call_id: CallId,
    },
    /// How a word aside goes: of those that the desk began, and where the caller left in the middle of any.
    #[serde(rename = "call.consult")]
    Consult {
        /// The call.
        call_id: CallId,
        /// Whom the operator asks: an operator's id, or a number.
        with: String,
        /// `ringing`, `answered`, `conference`; over: `busy`, `declined`, `not_found`, `no_answer`, `hung_up`, `cancelled`; `caller_gone`: the
        /// two talk on alone.
        state: Name,
    },
    /// A colleague asks this operator aside: the card is there before the phone rings.
    #[serde(rename = "call.asked")]
    AskedAside(Box<AskedAside>),
    /// The operator passed the caller on from the desk; their part of the talk ends.
    #[serde(rename = "call.transferred")]
    Transferred {
        /// The call.
        call_id: CallId,
        /// To whom: an operator's id, a queue, a number.
        to: String,
        /// After a word aside.
        attended: bool,
    },
    /// The operator's voice is taken off, or put on again.
    #[serde(rename = "call.muted")]
    Muted {
        /// The call.
        call_id: CallId,
        /// Off or on.
        on: bool,
    },
    /// A supervisor is in the operator's talk so from now on: where the plan tells of those who listen, and whoever is heard.
    #[serde(rename = "supervision.started")]
    SupervisionStarted {
        /// The call.
        call_id: CallId,
        /// Who.
        by: OperatorId,
        /// How.
        mode: SupervisionMode,
    },
    /// They are in it no more, while the talk goes on; with its end they are gone without a word.
    #[serde(rename = "supervision.stopped")]
    SupervisionStopped {
        /// The call.
        call_id: CallId,
        /// Who.
        by: OperatorId,
    },
    /// On the supervisor's own desk: how their part in the talk of somebody else goes.
    #[serde(rename = "supervision.state")]
    Supervision(Supervising),
    /// A caller is parked; every desk is told.
    #[serde(rename = "call.parked")]
    Parked(ParkedCall),
    /// The place is free again: taken by somebody, too long, or the caller is gone.
    #[serde(rename = "call.unparked")]
    Unparked {
        /// The call.
        call_id: CallId,
        /// Which place.
        slot: u16,
        /// Who took the caller; None: nobody.
        by: Option<OperatorId>,
    },
    /// The talk is over; wrap-up begins.
    #[serde(rename = "call.ended")]
    Ended {
        /// The call.
        call_id: CallId,
        /// Who ended it: `caller`, `operator`, `supervisor` (who has taken it over), `system`.
        by: Name,
    },
    /// The caller said how the talk was, after it; again when they said whether the matter is settled.
    #[serde(rename = "call.rated")]
    Rated {
        /// The call.
        call_id: CallId,
        /// 1, the worst, to 5.
        mark: u8,
        /// The plan calls such a mark low.
        low: bool,
        /// Whether the matter is settled, once they said so.
        solved: Option<bool>,
    },
    /// Client data came after the card.
    #[serde(rename = "client.enriched")]
    ClientEnriched {
        /// The call.
        call_id: CallId,
        /// What was found.
        client: ClientMatch,
    },
    /// A request to call somebody, one of the operator's, got further or is over.
    #[serde(rename = "callback.changed")]
    CallbackChanged(Box<CallbackNews>),
    /// The time of such a request is over, and nobody has talked with whom it is about.
    #[serde(rename = "callback.due")]
    CallbackDue(Box<CallbackNews>),
    /// Recording began.
    #[serde(rename = "recording.started")]
    RecordingStarted {
        /// The call.
        call_id: CallId,
    },
    /// Something the operator must know: the phone is gone, the server drains …
    #[serde(rename = "system.alert")]
    Alert {
        /// Stable slug.
        what: Name,
        /// Russian, for the screen.
        text: String,
    },
}

/// A request to call somebody, as those who owe it see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CallbackNews {
    /// Its id, for [`DeskCommand::CallbackTake`] and the others.
    pub request: CallId,
    /// What for.
    pub kind: RequestKind,
    /// Whom to call.
    pub number: PhoneNumber,
    /// Who is to call; None: everybody.
    pub group: Option<GroupId>,
    /// By when.
    pub due: Wall,
    /// How far it is.
    pub state: RequestState,
    /// How often the customer was called.
    pub attempts: u8,
    /// It is over, in this way.
    pub end: Option<RequestOutcome>,
    /// What it is about; None: told by an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<CallbackAbout>,
}

/// What a request to call somebody is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CallbackAbout {
    /// When they asked, were promised a call, or were missed.
    pub asked_at: Wall,
    /// How it came.
    pub source: RequestSource,
    /// What they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What proves that they asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Name>,
}

/// One displayed state (behaviour 5.1), with its parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OperatorState {
    /// Grows with each change; a command's `expect` is compared with it.
    pub version: u64,
    /// `logged_out`, `not_ready`, `ready`, `reserved`, `ringing`, `talking`, `hold`, `consult`, `conference`, `wrap_up`, `dialing`, `preview`, `device_down`.
    pub display: Name,
    /// Reason of `not_ready`.
    pub reason: Option<Name>,
    /// Who made them ready, not ready or logged out last. None: an older run did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// What is taken up when the present work ends: `ready` or a not-ready reason.
    pub next: Option<Name>,
    /// Whether the phone and the desk are there.
    pub endpoint_up: bool,
    /// The call in hand.
    pub call_id: Option<CallId>,
    /// In this state since.
    pub since: Wall,
    /// End of the ringing or of the wrap-up; of a break, when it is too long.
    pub deadline: Option<Wall>,
    /// In the wrap-up, once it was extended: how long it is for that, and when it ends however much is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Extended>,
    /// For which groups they work, where a supervisor or they themselves have said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<GroupId>>,
}

/// A wrap-up that its operator has made longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Extended {
    /// Added so far. Seconds.
    pub by_s: u64,
    /// In how many steps.
    pub times: u32,
    /// It ends then at the latest.
    pub max_until: Wall,
}

/// The screen pop (карточка звонка).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// The offer.
    pub offer_id: OfferId,
    /// Which attempt this is for the call; fences late commands.
    pub offer_epoch: u32,
    /// The call.
    pub call_id: CallId,
    /// When the ringing ends.
    pub ring_deadline: Wall,
    /// `accept` or `auto`.
    pub require: Name,
    /// About the call.
    pub call: CardCall,
    /// Who calls. The number may be withheld.
    pub caller: Caller,
    /// What we know of them.
    pub client: ClientMatch,
    /// What they typed when the plan asked, by the name of the answer: an account number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<Name, Answered>,
    /// The request for which we call; None: no request, or they call us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Box<CallbackNews>>,
    /// Why this call came to this operator, Russian.
    pub why: Vec<Reason>,
    /// To draw timers by.
    pub server_now: Wall,
}

/// What a caller has typed, for the operator to read. May be an account number: `Debug` shows its end alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The digits.
    pub text: String,
    /// Whether there were as many as asked for, and the plan's check held.
    pub valid: bool,
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = Typed::try_from(self.text.clone()).unwrap_or_default();
        write!(f, "{} {}", typed.masked(), self.valid)
    }
}

/// The call's part of the card.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CardCall {
    /// `in`.
    pub direction: Name,
    /// The number dialled, E.164 where it is one.
    pub did: String,
    /// Its label.
    pub did_label: String,
    /// Whose number it is.
    pub project: Name,
    /// The queue.
    pub queue: QueueId,
    /// The group the operator was chosen from.
    pub group: GroupId,
    /// 0–9.
    pub priority: u8,
    /// Waited so far. Milliseconds.
    pub waited_ms: u64,
    /// 1 for the first offer of the call.
    pub attempt: u32,
    /// Whether the call is recorded.
    pub record: bool,
    /// Whether the notice was played to its end.
    pub notice_played: bool,
    /// Whether the caller had waited in an earlier call, hung up, and has the place of then; said where it is so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    /// What the call has come through, where somebody has talked with the caller already.
    #[serde(flatten)]
    pub before: Before,
}

/// What a desk may ask for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "cmd", content = "args", rename_all = "snake_case")]
pub enum DeskCommand {
    /// The card is on the screen.
    PopAck {
        /// For which offer.
        offer_id: OfferId,
    },
    /// Take calls. While busy: after the present work.
    Ready,
    /// Take no calls. While busy: after the present work.
    NotReady {
        /// From the list of reasons; mandatory.
        reason: Name,
    },
    /// Say no to an offer.
    Reject {
        /// Which.
        offer_id: OfferId,
    },
    /// End the talk.
    HangUp {
        /// Which call.
        call_id: CallId,
    },
    /// Say what the call was about.
    Disposition {
        /// Which call.
        call_id: CallId,
        /// From the list of codes.
        code: Name,
        /// Free text, at most 2 000 characters.
        note: Option<String>,
        /// End the wrap-up now.
        done: bool,
    },
    /// More time for the work after the talk, within what the queue lets be added.
    Extend {
        /// How much. Seconds, 1–3 600.
        by_s: u32,
    },
    /// Call whom a request of theirs is about: their own phone rings first.
    CallbackTake {
        /// Which.
        request: CallId,
    },
    /// Put such a call off.
    CallbackLater {
        /// Which.
        request: CallId,
        /// Until then; within [`LATER_MAX_DAYS`](crate::LATER_MAX_DAYS).
        at: Wall,
    },
    /// Nobody needs to call; not of those whom nobody answered.
    CallbackCancel {
        /// Which.
        request: CallId,
        /// Why; at most 2 000 characters.
        why: String,
    },
    /// A customer wants no calls: the one of a request of theirs, or of the call in hand.
    DoNotCall {
        /// The request, or the call.
        of: CallId,
        /// What for, a word of the purposes. None: nothing at all.
        purpose: Option<Name>,
        /// What they said; at most 400 characters.
        why: String,
    },
    /// Leave the seat. While busy: after the present work.
    Logout,
    /// Take calls for these of one's groups alone, until another sign-in.
    Serve {
        /// Some of [`DeskSnapshot::groups`]; all of them: as before.
        groups: Vec<GroupId>,
    },
    /// A supervisor's word.
    Direct(Directive),
    /// Call a client: the own phone rings first. Answered with `denied` where a rule is not kept.
    Dial(Box<DialOut>),
    /// Whether they may be called: asks, dials nobody, and is to be followed by [`Self::Dial`] or [`Self::Skip`] within a minute.
    Preview(Box<DialOut>),
    /// Do not call whom one looks at, and why not; None: one does not say.
    Skip(Option<Name>),
    /// [`Directive::Quiet`], as desks of earlier versions said it.
    Quiet {
        /// Which: `service_level` …
        alarm: Name,
        /// The queue or the trunk; empty: of the whole hotline.
        subject: Name,
        /// For so long; 0: they do again. Seconds.
        for_s: u32,
    },
    /// Put the caller on hold: they hear music.
    Hold {
        /// Which call.
        call_id: CallId,
    },
    /// Take the caller back.
    Resume {
        /// Which call.
        call_id: CallId,
    },
    /// Press keys for the caller's side.
    Keys {
        /// Which call.
        call_id: CallId,
        /// Which keys.
        keys: Keys,
    },
    /// Pass the caller on, blind.
    Transfer {
        /// Which call.
        call_id: CallId,
        /// To whom: an operator, a queue, a group, a number outside.
        to: Parsed,
    },
    /// Ask somebody aside; the caller hears music.
    Consult {
        /// Which call.
        call_id: CallId,
        /// Whom: an operator, a number outside.
        to: Parsed,
    },
    /// Join the caller with whom the operator asks.
    Complete {
        /// Which call.
        call_id: CallId,
    },
    /// Ask no more; back to the caller.
    CancelConsult {
        /// Which call.
        call_id: CallId,
    },
    /// Take the operator's voice off, or put it on again.
    Mute {
        /// Which call.
        call_id: CallId,
        /// Off or on.
        on: bool,
    },
    /// Bring the caller into the word aside.
    Conference {
        /// Which call.
        call_id: CallId,
    },
    /// Send somebody out of the conference.
    Drop {
        /// Which call.
        call_id: CallId,
        /// Whom.
        party: Party,
    },
    /// A supervisor is to be in the talk of somebody else so: their own phone is rung, or, where they are in it already, the way is
    /// another one.
    Supervise {
        /// Which call.
        call_id: CallId,
        /// How.
        mode: SupervisionMode,
    },
    /// A supervisor leaves the talk of somebody else.
    Leave {
        /// Which call.
        call_id: CallId,
    },
    /// Leave the caller in a numbered place, for anybody to take.
    Park {
        /// Which call.
        call_id: CallId,
        /// Which place, from 1 to [`PARKED_MAX`](crate::PARKED_MAX); None: the first that is free.
        slot: Option<u16>,
    },
    /// Take the caller out of a place: the operator's phone rings for them.
    Unpark {
        /// Which place.
        slot: u16,
    },
}

impl DeskCommand {
    /// The call it is about, where it names one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::PopAck { offer_id } | Self::Reject { offer_id } => Some(offer_id.call),
            Self::HangUp { call_id }
            | Self::Disposition { call_id, .. }
            | Self::Hold { call_id }
            | Self::Resume { call_id }
            | Self::Keys { call_id, .. }
            | Self::Transfer { call_id, .. }
            | Self::Consult { call_id, .. }
            | Self::Complete { call_id }
            | Self::CancelConsult { call_id }
            | Self::Mute { call_id, .. }
            | Self::Conference { call_id }
            | Self::Drop { call_id, .. }
            | Self::Supervise { call_id, .. }
            | Self::Leave { call_id }
            | Self::Park { call_id, .. } => Some(*call_id),
            Self::Ready
            | Self::NotReady { .. }
            | Self::Extend { .. }
            | Self::CallbackTake { .. }
            | Self::CallbackLater { .. }
            | Self::CallbackCancel { .. }
            | Self::DoNotCall { .. }
            | Self::Logout
            | Self::Dial(_)
            | Self::Preview(_)
            | Self::Skip(_)
            | Self::Serve { .. }
            | Self::Quiet { .. }
            | Self::Unpark { .. } => None,
            Self::Direct(directive) => directive.call(),
        }
    }

    /// What was dialled at a desk, read as the hotline's own phones dial.
    #[must_use]
    pub fn dialled(mut self, read: impl FnOnce(&str) -> Parsed) -> Self {
        match &mut self {
            Self::Transfer { to, .. } | Self::Consult { to, .. } => *to = read(&to.raw),
            Self::Dial(dial) | Self::Preview(dial) => dial.number = read(&dial.number.raw),
            _ => {}
        }
        self
    }

    /// What the number tells of its place, for whom is to be called.
    #[must_use]
    pub fn placed(mut self, region_of: impl FnOnce(&PhoneNumber) -> Option<Region>) -> Self {
        if let Self::Dial(dial) | Self::Preview(dial) = &mut self {
            dial.region = dial.number.e164.as_ref().and_then(region_of);
        }
        self
    }
}

/// The answer to a command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CommandResult {
    /// Done (or taken note of, for the time after the present work).
    Ok,
    /// Not done.
    Error {
        /// `invalid_state`, `unknown_offer`, `unknown_call`, `unknown_reason`, `unknown_code`, `not_your_call`,
        /// `break_quota`, `extend_limit`,
        /// `stale_session`, `phone_holds`, `slot_taken`, `slot_empty`, `not_allowed`, `unknown_operator`, `supervisors_max`, `unknown_target`, `target_away`, `target_busy`, `queue_closed` …
        code: Name,
        /// The state that was met.
        actual: Option<Name>,
    },
    /// A rule of calls out is not kept: nobody was called.
    Denied {
        /// Which rule.
        rule: Name,
        /// Where it is written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Name>,
        /// Why. Russian, for the screen.
        text: String,
    },
}

/// How a talk may have ended, to choose from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ResultChoice {
    /// Stable: `SOLVED`.
    pub code: Name,
    /// As the plan has it, for the screen. Russian.
    pub text: String,
    /// Without a few words besides it is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub note: bool,
}

/// A reason for which one may take a break.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BreakChoice {
    /// Stable: `LUNCH`.
    pub code: Name,
    /// Russian, for the screen.
    pub text: String,
    /// Longer than this somebody is told. Seconds. None: it may last.
    pub max_s: Option<u64>,
    /// Whether enough stay on the line for it now.
    pub allowed: bool,
}

/// Everything a desk needs to draw itself from nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DeskSnapshot {
    /// Who.
    pub operator: OperatorId,
    /// As shown.
    pub name: String,
    /// The state.
    pub state: OperatorState,
    /// The offer that rings, or the card of the talk or wrap-up in hand.
    pub card: Option<Box<Card>>,
    /// The talk in hand.
    pub talk: Option<InHand>,
    /// By whom they are asked aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedAside>,
    /// The talk of somebody else in which they are as a supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervising: Option<Supervising>,
    /// Who is parked, by place.
    pub parked: Vec<ParkedCall>,
    /// Not-ready reasons one may choose from.
    pub reasons: Vec<Name>,
    /// The same, with what binds each of these breaks.
    pub breaks: Vec<BreakChoice>,
    /// The groups one works for, and may choose from ([`DeskCommand::Serve`]).
    pub groups: Vec<GroupId>,
    /// Disposition codes one may choose from.
    pub dispositions: Vec<Name>,
    /// The same with their texts, as the plan has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<ResultChoice>,
    /// Those of them that are refused without a note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noted: Vec<Name>,
    /// Open requests to call somebody that are theirs, those due first, at most [`CALLBACKS_SHOWN`](crate::CALLBACKS_SHOWN).
    pub callbacks: Vec<CallbackNews>,
    /// How many more there are.
    pub callbacks_more: usize,
    /// The server was restarted in the wrap-up in hand; its card is lost, its call may still be written up.
    pub resumed: bool,
}
