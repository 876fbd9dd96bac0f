//! The facts of a call, in order: what is journaled first and projected to the database second.
use serde::{Deserialize, Serialize};

use crate::{
    Actor, AttemptId, CallId, Caller, ClientMatch, Dialled, EndCause, EndReason, GroupId, LegId,
    LegQuality, Name, OfferEnd, OfferId, OperatorId, Outcome, PhoneNumber, ProjectId, QueueId,
    Refusal, Region, RequestDetail, RequestEnd, RequestKind, RequestOutcome, RequestState, Revoked,
    SupervisionMode, Termination, TrunkId, Wall,
};

/// The code of [`CallEvent::Disposed`] when the wrap-up ran out and the operator had said nothing (behaviour 5.2).
pub const NO_DISPOSITION: &str = "AUTO";

/// Why a decision was taken: a stable code, a place in the admin's file and the words for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// Stable and short: `schedule_closed`, `longest_idle`, `refused_recently` …
    pub code: Name,
    /// `8800.toml:41:3`, where an admin's line decided.
    pub place: Option<Name>,
    /// Russian, for the card and `gudok explain`.
    pub text: String,
}

/// What gives us the right to call somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CallBasis {
    /// `request`, `contract`, `consent`, `debt`.
    pub ground: Name,
    /// What proves it: the number of a contract, of a request, of a recorded consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Name>,
}

/// One fact of one call. Past tense. The record of the call is the fold of these.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallEvent {
    /// An INVITE was admitted. Written before any answer.
    Arrived {
        /// Whose number it is.
        project: ProjectId,
        /// Where it came in.
        trunk: TrunkId,
        /// Who calls.
        caller: Caller,
        /// Which number.
        dialled: Dialled,
        /// SIP Call-ID of the caller's leg, for the carrier's support desk.
        sip_call_id: String,
        /// The caller's number of the Session-ID (RFC 7989), 32 hex digits: in the carrier's logs too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_id: Option<String>,
        /// Generation of the dialplan that rules this call to its end.
        plan: Name,
    },
    /// Somebody of ours wants to call a client: the first fact of such a call, whether or not the rules let it out.
    Dialled {
        /// Which attempt.
        attempt: AttemptId,
        /// Who calls; None: whoever of a queue is free.
        by: Option<OperatorId>,
        /// Whom.
        number: PhoneNumber,
        /// What the number tells of its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<Region>,
        /// `service`, `debt`, `advertising`, `survey`.
        purpose: Name,
        /// On which ground.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basis: Option<CallBasis>,
        /// The number of ours that is shown; None: none may be.
        cli: Option<PhoneNumber>,
        /// Whose number that is.
        project: ProjectId,
        /// Generation of the dialplan that rules this call to its end.
        plan: Name,
        /// Every rule that is kept, with its place.
        rules: Vec<Reason>,
        /// Whether some rule counts it as a contact.
        counted: bool,
        /// What a begun minute costs.
        minute_kopecks: u64,
        /// The request it keeps, by its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<CallId>,
    },
    /// The rules do not let this call out, at its beginning or any more.
    OutboundDenied {
        /// Which rule.
        rule: Name,
        /// Where it is written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Name>,
        /// Why. Russian.
        text: String,
    },
    /// The dialplan decided something.
    Decided {
        /// What: `play greeting`, `queue tech` …
        decision: String,
        /// Why, most decisive first.
        reasons: Vec<Reason>,
    },
    /// The lookup answered (again, when late).
    ClientMatched {
        /// What was found.
        client: ClientMatch,
        /// After the card had been shown or the deadline had passed.
        late: bool,
        /// The field by which something typed was searched for; None: the number was looked up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Name>,
    },
    /// The caller's leg was answered by us (200).
    Answered,
    /// The caller was asked for keys; how the plan took them is in the decision that follows.
    Typed {
        /// Of which answer; None: of a menu.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<Name>,
        /// What was pressed, whole: it may be an account number. Empty: nothing.
        digits: String,
    },
    /// Who answered outside was asked to take the call by a key.
    Acknowledged {
        /// The leg outside.
        leg: LegId,
        /// Took it; else passed it on, pressed nothing, or hung up.
        taken: bool,
    },
    /// The recording notice was played to its end.
    NoticePlayed {
        /// Which text, for the law: every prompt of it, `greeting + notice`.
        notice: Name,
    },
    /// The caller began to speak a message. Where we are cut before its end it is owed to them all the same.
    MessageBegan {
        /// Who is to listen to it; None: everybody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        /// How long after its end, at most. Milliseconds.
        within_ms: u64,
    },
    /// Something was promised to the caller, or they left a message: a request. It is named by the number of this record.
    Requested {
        /// What for.
        kind: RequestKind,
        /// Whom to call; None: nobody knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<PhoneNumber>,
        /// By when.
        due: Wall,
        /// Whose it is; None: everybody's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        /// Of a message: how long it is, in the recording of the call. Milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        length_ms: Option<u64>,
        /// How long the caller had waited who left a queue by a key for it. Milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waited_ms: Option<u64>,
        /// What else there is to it.
        #[serde(default, skip_serializing_if = "RequestDetail::is_plain")]
        detail: Box<RequestDetail>,
    },
    /// A caller was answered by nobody, and nothing was promised to them: told just before the end of the call.
    Missed {
        /// Whom to call; None: the number was withheld, or is none that may be called.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<PhoneNumber>,
        /// The group that owes a call; None: everybody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        /// The queue they were in last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<QueueId>,
        /// They left within seconds: nobody is asked to call.
        short: bool,
    },
    /// A request to call somebody got further; told under the id of the request.
    RequestMoved {
        /// Whose it is.
        project: ProjectId,
        /// Whom to call.
        number: PhoneNumber,
        /// What for.
        kind: RequestKind,
        /// How far.
        to: RequestState,
    },
    /// A request to call somebody is over; told under the id of the request. One that is closed already stays as it is.
    RequestOver {
        /// Whose it is.
        project: ProjectId,
        /// Whom it was to call.
        number: PhoneNumber,
        /// What for.
        kind: RequestKind,
        /// How.
        end: RequestOutcome,
        /// The call by which they were talked with, or called themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<CallId>,
        /// What was said of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A customer wants no calls; told under the id of the call or the request they said it in, or one of its own.
    CallsRefused {
        /// Who, what for, and who says so.
        refusal: Refusal,
    },
    /// They may be called again.
    CallsAllowed {
        /// Whose customer it is.
        project: ProjectId,
        /// Whom.
        number: PhoneNumber,
        /// What for. None: what was refused for anything at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        purpose: Option<Name>,
        /// Whose word it is.
        by: Actor,
        /// On which ground.
        why: String,
    },
    /// A request that its customer had closed by calling themselves is open again: nobody talked with them in that call. Told under
    /// the id of the request, just before the end of the call; where another of its key is open by then, that one stands.
    RequestBack {
        /// Whose it is.
        project: ProjectId,
        /// Whom to call.
        number: PhoneNumber,
        /// What for.
        kind: RequestKind,
        /// The call that had closed it.
        call: CallId,
        /// How far.
        to: RequestState,
    },
    /// A request of this call was closed by somebody; one that is closed already stays as it is.
    RequestClosed {
        /// Which: the number of the record that tells of it.
        request: u64,
        /// How.
        end: RequestEnd,
        /// Who says so.
        by: String,
        /// What they say of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The caller entered a queue.
    Queued {
        /// Which.
        queue: QueueId,
        /// 0–9.
        priority: u8,
    },
    /// The caller had hung up while waiting and has called again soon: they stand where they would stand if they had not
    /// (behaviour Q1).
    Resumed {
        /// The call in which they waited before.
        former: CallId,
        /// Since the first queue of the first of those calls. Milliseconds.
        waited_ms: u64,
    },
    /// A caller who waits pressed a key of the queue: the place is kept while words are heard and questions answered.
    KeyInQueue {
        /// Which queue.
        queue: QueueId,
        /// Which key.
        key: char,
        /// Since the first queue. Milliseconds.
        waited_ms: u64,
    },
    /// A step of the ladder of a queue came for a caller who waits: more are asked for them (behaviour Q5).
    Relaxed {
        /// Which queue.
        queue: QueueId,
        /// Which step, from 1.
        step: u8,
        /// Since the first queue. Milliseconds.
        waited_ms: u64,
    },
    /// A caller who waits was told how things stand (behaviour Q9).
    Announced {
        /// The place in the queue that was said, from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<u32>,
        /// The expected wait that was said, in minutes; 0: less than one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_minutes: Option<u32>,
        /// The words with numbers in them, then the names of the prompts after them.
        text: String,
    },
    /// The call was offered to an operator.
    Offered {
        /// The offer.
        offer: OfferId,
        /// To whom.
        operator: OperatorId,
        /// As one of which group: its times and its work after talks. None: an older run wrote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        /// Why this operator and not another.
        reasons: Vec<Reason>,
    },
    /// The desk showed the card, or the budget ran out.
    Popped {
        /// The offer.
        offer: OfferId,
        /// Acknowledged by the desk in time.
        acknowledged: bool,
        /// From push to acknowledgement (or to the end of the budget). Microseconds.
        took_us: u32,
    },
    /// A leg was dialled.
    LegDialled {
        /// The leg.
        leg: LegId,
        /// The operator, for an operator's leg.
        operator: Option<OperatorId>,
        /// The number, for an external leg.
        number: Option<PhoneNumber>,
    },
    /// A dialled leg rings.
    LegRinging {
        /// The leg.
        leg: LegId,
    },
    /// A dialled leg was answered.
    LegAnswered {
        /// The leg.
        leg: LegId,
        /// The party's number of the Session-ID (RFC 7989), where it says one: 32 hex digits, in the logs of its side too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_id: Option<String>,
    },
    /// A leg ended.
    LegEnded {
        /// The leg.
        leg: LegId,
        /// Why.
        cause: EndCause,
        /// What the party said of it, where it was the party and said anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<EndReason>,
    },
    /// How a leg sounded, once it is over.
    LegMeasured {
        /// The leg.
        leg: LegId,
        /// The statistics.
        quality: LegQuality,
    },
    /// An offer ended.
    OfferClosed {
        /// The offer.
        offer: OfferId,
        /// To whom it was.
        operator: OperatorId,
        /// How.
        end: OfferEnd,
        /// Why it was taken back, where it was; None: an older run wrote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revoked: Option<Revoked>,
    },
    /// Two legs hear each other.
    Bridged {
        /// The caller.
        a: LegId,
        /// The other party.
        b: LegId,
        /// The operator, where it is one.
        operator: Option<OperatorId>,
        /// Waited in the queue. Milliseconds.
        waited_ms: u64,
    },
    /// A party put the other on hold, or took it back.
    Held {
        /// Who did.
        leg: LegId,
        /// On or off.
        on: bool,
    },
    /// An operator pressed keys for the caller's side; which ones is on no record.
    KeysSent {
        /// Who.
        by: OperatorId,
        /// How many.
        count: usize,
    },
    /// An operator's voice was taken off, or put on again.
    Muted {
        /// The operator's leg.
        leg: LegId,
        /// Off or on.
        on: bool,
    },
    /// More than two hear each other.
    Conferenced {
        /// Who: the caller, the operator, whoever they asked.
        parties: Vec<LegId>,
    },
    /// A supervisor is in the talk in this way from now on, or, off, is not in it any more. Whoever has taken the talk over is its
    /// operator, and does not leave it so.
    Supervised {
        /// Who.
        by: OperatorId,
        /// How; off: how they were in it last.
        mode: SupervisionMode,
        /// On or off.
        on: bool,
    },
    /// An operator left the caller in a numbered place; their part of the talk ends here.
    Parked {
        /// Who did.
        by: OperatorId,
        /// Which place.
        slot: u16,
    },
    /// The place is free again.
    Unparked {
        /// Who took the caller; None: nobody within the time, or the caller is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<OperatorId>,
        /// Which place.
        slot: u16,
    },
    /// By hand a caller who waits has another priority.
    Reprioritised {
        /// Whose word it is.
        by: Actor,
        /// The effective one it had. 0–9.
        from: u8,
        /// The one it has. 0–9.
        to: u8,
    },
    /// By hand a caller who waits is offered to this operator next.
    Assigned {
        /// Whose word it is.
        by: Actor,
        /// To whom.
        to: OperatorId,
    },
    /// By hand something is said to the caller while they wait.
    AnnouncedByHand {
        /// Whose word it is.
        by: Actor,
        /// What, by the names of prompts.
        text: String,
    },
    /// An operator passed the caller on; their part of the talk ends here.
    Transferred {
        /// Who did.
        by: OperatorId,
        /// To whom: `operator 102`, `queue tech`, `external +7 *** **67`.
        to: String,
        /// After a consultation.
        attended: bool,
    },
    /// Recording began; the offset is from the answer.
    RecordingStarted {
        /// File name under the recordings folder, without its ending.
        file: String,
        /// From the answer. Milliseconds.
        offset_ms: u64,
    },
    /// A stretch that is missing in the recording, with the reason.
    RecordingGap {
        /// From the start of the recording. Milliseconds.
        at_ms: u64,
        /// How long. Milliseconds.
        length_ms: u64,
        /// `disk`, `queue_full`, `paused` …
        reason: Name,
    },
    /// The recording is sealed.
    RecordingSealed {
        /// File name under the recordings folder, with its ending.
        file: String,
        /// Length. Milliseconds.
        length_ms: u64,
        /// SHA-256 of the file, hex.
        sha256: String,
    },
    /// What an operator said aside is sealed, on a track of its own that the caller never heard.
    ConsultationRecorded {
        /// Who asked.
        by: OperatorId,
        /// Who was asked: `operator 102`, `external +7 *** **67`.
        with: Name,
        /// File name under the recordings folder, with its ending.
        file: String,
        /// From the start of the call's recording. Milliseconds; None where that was lost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset_ms: Option<u64>,
        /// Length. Milliseconds.
        length_ms: u64,
        /// SHA-256 of the file, hex.
        sha256: String,
    },
    /// The operator hung up, and the caller was asked how the talk was: heard the first question to its end, or answered it.
    Surveyed {
        /// What is asked: its name in the plan.
        survey: Name,
        /// The queue of the talk.
        queue: QueueId,
        /// Who talked.
        operator: OperatorId,
    },
    /// The caller rated the talk.
    Rated {
        /// The queue of the talk.
        queue: QueueId,
        /// Who talked.
        operator: OperatorId,
        /// 1, the worst, to 5.
        mark: u8,
        /// The plan calls such a mark low: somebody should look.
        low: bool,
    },
    /// The caller said whether the matter of the call is settled.
    Resolved {
        /// The queue of the talk.
        queue: QueueId,
        /// Who talked.
        operator: OperatorId,
        /// What they said.
        solved: bool,
    },
    /// The operator said what the call was about.
    Disposed {
        /// Who.
        operator: OperatorId,
        /// The code; [`NO_DISPOSITION`] when the wrap-up ran out without one.
        code: Name,
        /// Free text.
        note: Option<String>,
    },
    /// The wrap-up of the operator is over.
    WrapUpEnded {
        /// Who.
        operator: OperatorId,
        /// How long. Milliseconds.
        took_ms: u64,
    },
    /// The call is over. Exactly one per call, though facts may follow (measures, recording, wrap-up).
    Ended {
        /// The one outcome.
        outcome: Outcome,
        /// What ended it.
        termination: Termination,
    },
}
