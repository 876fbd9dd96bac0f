//! What goes into the switchboard. Every input is journaled, so that a replay sees the same.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::{Acceptance, Override};
use gudok_model::{
    Actor, AlarmKind, AlarmStands, Asked, CallId, Caller, ClientMatch, Dialled, EndCause,
    EndReason, Forced, Given, LegId, Name, OfferId, OpenRequest, OperatorId, OperatorProfile,
    Parsed, PhoneNumber, ProjectId, QueueId, Refusal, RefusalWord, RequestKind, RequestWord,
    Seated, SessionId, TrunkId, Wall,
};
use serde::{Deserialize, Serialize};

use crate::cost::SpentBefore;
use crate::desk::DeskCommand;
use crate::dial_out::{DialOut, PastAttempt};
use crate::hidden::Blocked;
use crate::press::{AttackMode, PressBefore};
use crate::seat::PHONE_SESSION;
use crate::supervise::{Directive, Speaker};

/// Something happened in the world.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// The operators as the admin set them up; replaces the former list. People keep their state by id.
    Operators {
        /// All of them.
        operators: Vec<OperatorProfile>,
    },
    /// An INVITE was admitted; leg 0 waits for our answer.
    CallArrived {
        /// The new call; its id comes from the driver.
        call: CallId,
        /// Where it came in.
        trunk: TrunkId,
        /// Who calls.
        caller: Caller,
        /// Stands for a number that is kept back from us, so that limits hold for it: equal numbers of one run of the driver
        /// have equal marks, and no number can be told from its mark. None: nothing is kept back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        withheld: Option<u64>,
        /// Which number.
        dialled: Dialled,
        /// SIP Call-ID, for the record.
        sip_call_id: String,
        /// The caller's number of the Session-ID (RFC 7989), 32 hex digits: in the carrier's logs too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_id: Option<String>,
        /// There are more calls than can be served: a few words for this one, or a refusal.
        #[serde(default)]
        brief: bool,
        /// The caller's side takes no telephone-event, so its keys come as tones or by INFO, if at all; see
        /// [`PressLimits::when_no_digits`](crate::PressLimits::when_no_digits).
        #[serde(default)]
        no_digits: bool,
    },
    /// Whether callers are asked whether they are people.
    Attack {
        /// By hand or by itself.
        mode: AttackMode,
    },
    /// What earlier runs knew of callers; once, at the start.
    PressBefore {
        /// Whoever is not in it is a stranger.
        before: Box<PressBefore>,
    },
    /// Whoever withheld the number in this call, of this run, is blocked, or no more: their calls come to the plan as those
    /// of a client of class `blocked`. Means nothing for any other call, and beyond the latest
    /// [`HIDDEN_MAX`](crate::HIDDEN_MAX) of them.
    Block {
        /// Which call of theirs.
        call: CallId,
        /// Until when. None: no more.
        until: Option<Wall>,
    },
    /// Who was blocked when the last run ended, by marks that stand for their numbers in this one too; once, at the start.
    Blocked {
        /// At most [`BLOCKED_MAX`](crate::BLOCKED_MAX); of more, those whose time ends last are kept.
        blocked: Vec<Blocked>,
    },
    /// Who was asked how a talk was in earlier runs, and when last; once, at the start.
    Surveyed {
        /// At most [`ASKED_MAX`](crate::ASKED_MAX); of more, those asked last are kept.
        callers: Vec<(PhoneNumber, Wall)>,
    },
    /// What [`Output::StartRecording`](crate::Output::StartRecording) asked for could not begin: nothing of the call is kept.
    NotRecorded {
        /// Which.
        call: CallId,
    },
    /// A schedule is set by hand for a while; after a restart what is still in force is told anew.
    Schedule {
        /// Which.
        schedule: Name,
        /// What is set in the place of what was set of its kind; None takes everything back.
        set: Option<Override>,
    },
    /// Somebody has accepted a shift of a roster; after a restart the latest of them are told anew.
    Accepted {
        /// Which.
        roster: Name,
        /// Who, which shift and when.
        acceptance: Acceptance,
    },
    /// What somebody said by mistake is taken back, before a restart: after it, it is not told anew.
    TakenBack {
        /// Of which roster.
        roster: Name,
        /// Whose acceptance.
        person: Name,
        /// Which of theirs: when it was said.
        at: Wall,
        /// Who takes it back. For the journal, as what follows.
        by: String,
        /// Why.
        why: String,
    },
    /// The prompts were read anew; replaces [`Config::prompt_lengths`](crate::Config::prompt_lengths) for what plays from now on.
    Prompts {
        /// How long each is, by its name. Milliseconds.
        lengths: BTreeMap<Name, u32>,
    },
    /// What calls of earlier runs have cost; once, at the start.
    Spent {
        /// By line.
        lines: Vec<SpentBefore>,
    },
    /// A dialled leg rings.
    LegRinging {
        /// Which.
        leg: LegId,
    },
    /// A dialled leg was answered, its media is ready. For leg 0: our 200 went out.
    LegAnswered {
        /// Which.
        leg: LegId,
        /// Of a dialled one: its party's number of the Session-ID (RFC 7989), 32 hex digits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_id: Option<String>,
    },
    /// A leg is over, in whatever phase it was. Exactly one per leg.
    LegEnded {
        /// Which.
        leg: LegId,
        /// Why.
        cause: EndCause,
        /// What the party said of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<EndReason>,
    },
    /// The phone of a dialled leg points to a colleague (3xx); its `LegEnded` follows.
    LegRedirected {
        /// Which.
        leg: LegId,
        /// To whom: whatever the phone wrote before the host.
        to: OperatorId,
    },
    /// A party put us on hold or took us back (re-INVITE).
    LegHeld {
        /// Which.
        leg: LegId,
        /// On or off.
        on: bool,
    },
    /// First RTP of a dialled leg arrived (or was given up waiting for).
    LegHeard {
        /// Which.
        leg: LegId,
    },
    /// A party asks for somebody else in its place (REFER). [`Output::AnswerRefer`](crate::Output) follows, once.
    Referred {
        /// Which.
        leg: LegId,
        /// Names the wish in the leg.
        refer: u32,
        /// Whom.
        to: ReferTo,
    },
    /// An operator's phone, which proved whose it is, dials somebody who is no number of the plan.
    OperatorDials {
        /// [`Switchboard::consult_leg`](crate::Switchboard::consult_leg) where they talk with a caller, else leg 0 of a
        /// new call. `LegEnded` follows in any case.
        leg: LegId,
        /// Who.
        operator: OperatorId,
        /// Whom: an operator's id, or a number outside.
        to: Parsed,
    },
    /// A playback that was asked for once came to its end.
    PlayEnded {
        /// On which leg.
        leg: LegId,
        /// Which `Play`.
        play: u32,
    },
    /// A digit was pressed.
    Digit {
        /// On which leg.
        leg: LegId,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
        /// How it came.
        #[serde(default)]
        form: DigitForm,
    },
    /// The lookup answered; again when a second source answers later.
    LookupDone {
        /// For which call.
        call: CallId,
        /// What was found.
        client: ClientMatch,
    },
    /// What a search by something typed has brought: [`Output::Search`](crate::Output::Search) asked for it.
    SearchDone {
        /// For which call.
        call: CallId,
        /// Which of its searches.
        search: u16,
        /// What was found.
        client: ClientMatch,
    },
    /// The operator's phone has a live contact, or has none any more.
    Phone {
        /// Whose.
        operator: OperatorId,
        /// Whether it is there.
        live: bool,
    },
    /// An operator's desk connected and was authenticated.
    DeskConnected {
        /// Who.
        operator: OperatorId,
        /// The connection's session.
        session: SessionId,
        /// Whether an older session is to be replaced.
        takeover: bool,
    },
    /// The desk's connection is gone (heartbeat missed or closed).
    DeskLost {
        /// Who.
        operator: OperatorId,
        /// Which session.
        session: SessionId,
    },
    /// The desk showed the card.
    PopAcked {
        /// Who.
        operator: OperatorId,
        /// For which offer.
        offer: OfferId,
    },
    /// The desk wants something. Repeats of an id never get here.
    DeskCommand {
        /// Who.
        operator: OperatorId,
        /// From which session.
        session: SessionId,
        /// The command's id (UUID text), returned with the result.
        id: String,
        /// What.
        command: DeskCommand,
    },
    /// A supervisor's word about an operator; who may have one is the driver's to know. [`Output::Forced`](crate::Output) follows.
    Force {
        /// About whom.
        operator: OperatorId,
        /// What they are to be.
        to: Forced,
        /// Whose word it is: a supervisor's or an admin's.
        actor: Actor,
    },
    /// A supervisor's or an admin's word, at another door than a desk. [`Output::Directed`](crate::Output) follows.
    Directed {
        /// Who says it; whether they may is judged here.
        by: Speaker,
        /// Returned with the answer.
        id: String,
        /// What they want.
        directive: Directive,
    },
    /// An alarm came on or went off ([`Alarms`](crate::alarms::Alarms) told the driver so).
    Alarm {
        /// Which.
        what: AlarmKind,
        /// The queue, the trunk, the operator or the group; empty: of all there is.
        subject: Name,
        /// The one project it is of; None: of what all share.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        /// What it came on by. None: it went off.
        level: Option<u64>,
    },
    /// After a restart, once the plan and the operators are known: what supervisors had set in the run before, and which alarms were
    /// on or quiet ([`Input::words_before`]).
    WordsBefore {
        /// Groups given by hand to those without a seat, in the order they were; under another plan they are over.
        given: Vec<GivenBefore>,
        /// The alarms.
        alarms: Vec<AlarmStands>,
    },
    /// After a restart, once the operators are known: who had a seat when the run before was cut.
    Restored {
        /// When that was.
        cut: Wall,
        /// Each once.
        people: Vec<Comeback>,
    },
    /// After a restart: how things stood with groups.
    GroupsBefore {
        /// Whom those that go round asked last.
        cursors: BTreeMap<gudok_model::GroupId, OperatorId>,
        /// Those that are asked at once by hand, and whose word that is.
        #[serde(default)]
        raised: BTreeMap<gudok_model::GroupId, Actor>,
    },
    /// After a restart: who was cut off while waiting in a queue.
    PlacesLeft {
        /// Their places.
        places: Vec<PlaceLeft>,
    },
    /// After a restart: who talked with whom last, the latest at the end.
    TalkedBefore {
        /// Numbers that were shown, each with an operator.
        talks: Vec<(PhoneNumber, OperatorId)>,
    },
    /// After a restart, once the plan and the operators are known: who began to talk with callers within the last hour.
    TalkedLately {
        /// Each talk, with the moment it began.
        talks: Vec<(OperatorId, Wall)>,
    },
    /// After a restart, once the operators are known: work after talks that was under way of those without a seat.
    Resumed {
        /// One an operator at most.
        wrap_ups: Vec<ResumedWrapUp>,
        /// Work of whomever else that goes on no more, since they did another after it: it ended at its `until`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        over: Vec<ResumedWrapUp>,
    },
    /// An operator calls a client from elsewhere than their desk; [`Output::Dialled`](crate::Output) follows.
    Dial {
        /// Who; the driver knows that it is they.
        operator: OperatorId,
        /// The driver's name of the wish, returned with the answer.
        id: u64,
        /// Whom, and what for.
        dial: Box<DialOut>,
    },
    /// Whom earlier runs called; once, at the start.
    OutboundBefore {
        /// Of as many days as some limit counts.
        attempts: Vec<PastAttempt>,
    },
    /// Somebody asks for a call by a form. [`Output::Asked`](crate::Output) follows.
    Asked {
        /// The id it has where nothing stands for it yet; no call has it.
        id: CallId,
        /// What is asked.
        asked: Box<Asked>,
    },
    /// Somebody says something of a request. [`Output::RequestDone`](crate::Output) follows.
    RequestWord {
        /// Whose matter it is.
        project: ProjectId,
        /// Whom it is to call.
        number: PhoneNumber,
        /// What for.
        kind: RequestKind,
        /// What is said.
        word: RequestWord,
    },
    /// Somebody says that a customer wants no calls, or does again. [`Output::RefusalDone`](crate::Output) follows.
    Refusal {
        /// Whose customer.
        project: ProjectId,
        /// Whom.
        number: PhoneNumber,
        /// What for. None: anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        purpose: Option<Name>,
        /// What is said.
        word: RefusalWord,
    },
    /// Who wants no calls, as the runs before left it; at the start, before anybody is called.
    RefusedBefore {
        /// At most [`REFUSALS_MAX`](gudok_outbound::REFUSALS_MAX) in all.
        refusals: Vec<Refusal>,
    },
    /// What was to be called when the last run ended; once, at the start, after the plan and the operators.
    Owed {
        /// At most [`CALLBACKS_MAX`](crate::CALLBACKS_MAX); of more, those behind are left to people.
        requests: Vec<OpenRequest>,
    },
    /// Stop taking calls; let those that live end (behaviour Q15).
    Drain,
    /// Click-to-call and callbacks come here later; an allowed external number for the duty person.
    DutyNumber {
        /// The group it belongs to.
        group: gudok_model::GroupId,
        /// The number, or none any more.
        number: Option<PhoneNumber>,
    },
}

/// How a digit came. A peer may send one press in two forms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DigitForm {
    /// A telephone-event in the media (RFC 4733).
    #[default]
    Event,
    /// A SIP INFO.
    Info,
    /// A tone in the voice.
    Tone,
}

/// Who is to be put in a party's place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "refer_to", rename_all = "snake_case")]
pub enum ReferTo {
    /// Whoever is called so: an operator, a queue, a group, a number outside.
    Person {
        /// As it was asked for.
        number: Parsed,
    },
    /// The party that another leg of theirs speaks with.
    Party {
        /// Which leg.
        leg: LegId,
    },
}

/// Somebody who had a seat when the run before was cut.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Comeback {
    /// What the facts of the floor came to.
    pub seated: Seated,
    /// Their work after a talk, as the record of the call has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up: Option<ResumedWrapUp>,
    /// Most that may be added to it in all. None: what is usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extend_max: Option<Duration>,
    /// Groups that a supervisor had given them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
}

/// Groups that a supervisor gave somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GivenBefore {
    /// To whom.
    pub operator: OperatorId,
    /// Which, and under which plan.
    pub given: Given,
}

/// The place of somebody who was cut off while waiting in a queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlaceLeft {
    /// In which call.
    pub call: CallId,
    /// Who waited, with a number that was shown.
    pub caller: PhoneNumber,
    /// The number they had dialled.
    pub did: PhoneNumber,
    /// The queue.
    pub queue: QueueId,
    /// With which priority, 0–9.
    pub priority: u8,
    /// When they came to their first queue.
    pub since: Wall,
    /// Who calls after that begins anew.
    pub until: Wall,
}

/// A wrap-up that a restart interrupted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ResumedWrapUp {
    /// Of which call; it is over, and known to the record alone.
    pub call: CallId,
    /// Whose.
    pub operator: OperatorId,
    /// When it began.
    pub since: Wall,
    /// When it ends; a moment that has passed ends it at once.
    pub until: Wall,
    /// The disposition is on record.
    pub disposed: bool,
}

impl Comeback {
    /// Whether they sat at a desk; else the phone alone is their seat.
    pub fn has_desk(&self) -> bool {
        self.seated.session != PHONE_SESSION
    }
}

impl Input {
    /// The call it is about, where it names one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::CallArrived { call, .. }
            | Self::LookupDone { call, .. }
            | Self::SearchDone { call, .. }
            | Self::NotRecorded { call } => Some(*call),
            Self::LegRinging { leg }
            | Self::LegAnswered { leg, .. }
            | Self::LegEnded { leg, .. }
            | Self::LegRedirected { leg, .. }
            | Self::LegHeld { leg, .. }
            | Self::LegHeard { leg }
            | Self::PlayEnded { leg, .. }
            | Self::Digit { leg, .. }
            | Self::Referred { leg, .. }
            | Self::OperatorDials { leg, .. } => Some(leg.call),
            Self::PopAcked { offer, .. } => Some(offer.call),
            Self::DeskCommand { command, .. } => command.call(),
            Self::Directed { directive, .. } => directive.call(),
            Self::Operators { .. }
            | Self::Phone { .. }
            | Self::DeskConnected { .. }
            | Self::DeskLost { .. }
            | Self::Force { .. }
            | Self::WordsBefore { .. }
            | Self::Restored { .. }
            | Self::GroupsBefore { .. }
            | Self::PlacesLeft { .. }
            | Self::TalkedBefore { .. }
            | Self::TalkedLately { .. }
            | Self::Alarm { .. }
            | Self::Resumed { .. }
            | Self::Dial { .. }
            | Self::OutboundBefore { .. }
            | Self::Asked { .. }
            | Self::RequestWord { .. }
            | Self::Refusal { .. }
            | Self::RefusedBefore { .. }
            | Self::Owed { .. }
            | Self::Drain
            | Self::Attack { .. }
            | Self::PressBefore { .. }
            | Self::Block { .. }
            | Self::Blocked { .. }
            | Self::Surveyed { .. }
            | Self::Schedule { .. }
            | Self::Spent { .. }
            | Self::Prompts { .. }
            | Self::Accepted { .. }
            | Self::TakenBack { .. }
            | Self::DutyNumber { .. } => None,
        }
    }
}
