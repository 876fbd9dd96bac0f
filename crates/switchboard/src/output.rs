//! What the switchboard asks of the world. The driver performs it and answers with inputs.
use std::time::Duration;

use gudok_model::{
    Actor, AutoAnswer, CallEvent, CallId, FloorEvent, Forced, LegId, Name, OperatorId, PhoneNumber,
    ProjectId, RequestKind, SessionId, TrunkId, Wall,
};
use serde::{Deserialize, Serialize};

use crate::desk::{CommandResult, DeskEvent};
use crate::in_hand::Keys;
use crate::supervise::{Speaker, ToSpeaker};

/// Something to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "output", rename_all = "snake_case")]
pub enum Output {
    /// 180 to the caller, or to an operator who dials.
    Ring {
        /// Leg 0 of a call, or a leg that an operator dialled by.
        leg: LegId,
    },
    /// 183 with media to the caller; prompts can be played from now on.
    EarlyMedia {
        /// Leg 0 of a call.
        leg: LegId,
    },
    /// 200 to whom we rang so. All facts before it in this drain are on disk before it is sent.
    Answer {
        /// Leg 0 of a call, or a leg that an operator dialled by.
        leg: LegId,
    },
    /// A final refusal to whoever dialled; `LegEnded` follows.
    Refuse {
        /// Leg 0 of a call, or a leg that an operator dialled by.
        leg: LegId,
        /// 400–699.
        status: u16,
        /// Retry-After. Seconds.
        retry_after_secs: Option<u32>,
    },
    /// Answers [`Input::Referred`](crate::Input): 202 takes it, anything else refuses it.
    AnswerRefer {
        /// Which leg asked.
        leg: LegId,
        /// Its name for the wish.
        refer: u32,
        /// The answer.
        status: u16,
    },
    /// What becomes of a wish that was taken; the leg may be over already.
    ReferProgress {
        /// Which leg asked.
        leg: LegId,
        /// Its name for the wish.
        refer: u32,
        /// 180, or the last word: 200–699.
        status: u16,
    },
    /// Dials a new leg.
    Dial {
        /// Its id.
        leg: LegId,
        /// Whom.
        target: DialTarget,
        /// The number shown to the party, and the name. None: withheld.
        shown_number: Option<PhoneNumber>,
        /// The display name shown.
        shown_name: Option<String>,
        /// How the phone is told to answer by itself.
        auto_answer: AutoAnswer,
        /// Whether somebody of ours calls, rather than a caller. None in the journals of versions that did not write it.
        #[serde(default)]
        colleague: Option<bool>,
        /// `X-` headers for the phone: call, queue, client.
        headers: Vec<(String, String)>,
    },
    /// Ends a leg in whatever phase it is; `LegEnded` follows.
    HangUp {
        /// Which.
        leg: LegId,
        /// Whether the call was answered elsewhere (Reason: SIP;cause=200;text="Call completed elsewhere").
        elsewhere: bool,
    },
    /// Plays prompts to one leg, one after the other; replaces what it hears now.
    Play {
        /// To whom.
        leg: LegId,
        /// Number of this playback, unique in the call.
        play: u32,
        /// Names in the prompt pack, such as `greeting`, `music`.
        prompts: Vec<Name>,
        /// From the start again after the end, until stopped. Then no `PlayEnded` comes.
        repeat: bool,
    },
    /// No `PlayEnded` came in time: the call goes on without it. To be counted, nothing more.
    PlayLost {
        /// On which leg.
        leg: LegId,
        /// Which playback.
        play: u32,
    },
    /// Silence on a leg; no `PlayEnded` comes.
    StopPlay {
        /// On which.
        leg: LegId,
    },
    /// The caller's keys are awaited from now on, or not any more: where they can come as tones only, the voice is listened to.
    AwaitDigits {
        /// On which leg.
        leg: LegId,
        /// On or off.
        on: bool,
    },
    /// The caller speaks, and `#` ends it: where that can come as a tone only, the voice is listened to for it, until
    /// [`AwaitDigits`](Self::AwaitDigits) says no more.
    AwaitHash {
        /// On which leg.
        leg: LegId,
    },
    /// The party of an answered leg talks with somebody else from now on: its phone is told who.
    Identify {
        /// Which.
        leg: LegId,
        /// The number shown, and the name. None: withheld.
        shown_number: Option<PhoneNumber>,
        /// The display name shown.
        shown_name: Option<String>,
    },
    /// Presses keys on a leg (RFC 4733).
    SendKeys {
        /// To whom: the caller.
        leg: LegId,
        /// Which.
        keys: Keys,
    },
    /// The two legs hear each other from the next frame on; what either heard before stops.
    Bridge {
        /// The caller.
        a: LegId,
        /// The other.
        b: LegId,
    },
    /// Each of these legs hears exactly those that it names, mixed, from the next frame on. The whole room of a call is said anew at
    /// each change; an empty one ends it, and its legs hear nothing until told otherwise.
    Mix {
        /// The call.
        call: CallId,
        /// Who hears whom; at most 8.
        parties: Vec<Hears>,
    },
    /// The legs of a bridge hear nothing until told otherwise.
    Unbridge {
        /// One leg of the bridge.
        leg: LegId,
    },
    /// Records the caller's leg from now on.
    StartRecording {
        /// The call.
        call: CallId,
    },
    /// Records what is said with whoever was asked aside, from now on: a track of its own, which ends with the leg at the latest.
    RecordConsultation {
        /// The leg of whoever is asked.
        leg: LegId,
        /// Who asks.
        by: OperatorId,
        /// Who is asked: `operator 102`, `external +7 *** **67`.
        with: Name,
    },
    /// What is said on this leg is of that track no more.
    EndConsultation {
        /// The leg of whoever was asked.
        leg: LegId,
    },
    /// A stretch that must not be in the file begins (payment data) or ends; the timeline goes on.
    PauseRecording {
        /// The call.
        call: CallId,
        /// On or off.
        on: bool,
    },
    /// Marks the present moment in the recording's sidecar: `voicemail_begin`, `voicemail_end`, `hold` …
    MarkRecording {
        /// The call.
        call: CallId,
        /// What happens now.
        mark: Name,
    },
    /// Asks the client directory and the CRM.
    Lookup {
        /// For which call.
        call: CallId,
        /// The number.
        number: PhoneNumber,
        /// After this the switchboard goes on without an answer.
        deadline: Duration,
    },
    /// Asks them for the client with this value in this field; the question before it, by what was typed then, is old.
    Search {
        /// For which call.
        call: CallId,
        /// Which of its searches, from 1.
        search: u16,
        /// The field.
        by: Name,
        /// What it is to be: at most 64 characters, whatever the caller wrote.
        value: String,
        /// After this the switchboard goes on without an answer.
        deadline: Duration,
    },
    /// An event for one operator's desks.
    Desk {
        /// Whose.
        operator: OperatorId,
        /// What.
        event: DeskEvent,
    },
    /// Answers a desk's command, exactly once.
    DeskResult {
        /// Whose.
        operator: OperatorId,
        /// Which session asked.
        session: SessionId,
        /// The command's id.
        id: String,
        /// The answer.
        result: CommandResult,
        /// When, of a command that was refused before the machine heard of it: no input says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Wall>,
    },
    /// What came of a supervisor's word, exactly once: [`Input::Force`](crate::Input).
    Forced {
        /// About whom.
        operator: OperatorId,
        /// What they were to be.
        to: Forced,
        /// Whose word it was.
        actor: Actor,
        /// The answer.
        result: CommandResult,
    },
    /// What came of a word at another door than a desk, exactly once: [`Input::Directed`](crate::Input).
    Directed {
        /// Who said it.
        by: Speaker,
        /// As it came.
        id: String,
        /// The answer.
        result: CommandResult,
        /// What more there is to say of what was done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told: Option<ToSpeaker>,
    },
    /// What came of a wish to call somebody, exactly once: [`Input::Dial`](crate::Input).
    Dialled {
        /// Whose wish.
        operator: OperatorId,
        /// The driver's name of it.
        id: u64,
        /// The call that rings their phone now.
        call: Option<CallId>,
        /// The answer.
        result: CommandResult,
    },
    /// The desk's session is over: another one took the seat.
    DeskClose {
        /// Whose.
        operator: OperatorId,
        /// Which.
        session: SessionId,
    },
    /// What stands for [`Input::Asked`](crate::Input), exactly once.
    Asked {
        /// What was asked.
        id: CallId,
        /// The request that stands for it: itself, or the one of its number that was open.
        open: CallId,
        /// Whether it is itself.
        is_new: bool,
        /// By when.
        due: Wall,
        /// `callbacks_full`: nothing stands for it, and nothing was kept.
        refused: Option<Name>,
    },
    /// What came of [`Input::RequestWord`](crate::Input), exactly once.
    RequestDone {
        /// Whose matter it is.
        project: ProjectId,
        /// Whom it is to call.
        number: PhoneNumber,
        /// What for.
        kind: RequestKind,
        /// `unknown_request`, `invalid_state`, `not_allowed` …
        result: CommandResult,
    },
    /// What came of [`Input::Refusal`](crate::Input), exactly once.
    RefusalDone {
        /// `reason_missing`, `unknown_purpose`, `unknown_refusal`, `dnc_full` …
        result: CommandResult,
    },
    /// A fact for the record.
    Fact {
        /// Of which call.
        call: CallId,
        /// What.
        fact: CallEvent,
    },
    /// A fact of the floor for the record; no answer to a caller waits for it.
    Floor {
        /// What.
        event: FloorEvent,
    },
    /// Someone should look now. The slug is from a bounded set.
    Alarm {
        /// `queue_without_operators`, `offer_expired`, `stuck_call` …
        what: Name,
        /// For the log, in English.
        detail: String,
    },
}

/// What one leg of a room hears.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hears {
    /// Who hears.
    pub leg: LegId,
    /// Whom.
    pub from: Vec<LegId>,
}

/// Whom to dial.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum DialTarget {
    /// The operator's registered phone.
    Operator {
        /// Who.
        operator: OperatorId,
    },
    /// A number outside, through a trunk; only from the dialplan's own list.
    External {
        /// Which number.
        number: PhoneNumber,
        /// Through which trunk; None: the trunk the call came in by.
        trunk: Option<TrunkId>,
    },
    /// A client whom we call: leg 0 of a call that begins with us.
    Customer {
        /// Which number.
        number: PhoneNumber,
        /// Through which trunk; None: through any that may show the number.
        trunk: Option<TrunkId>,
        /// The number to show, and no other: a trunk that may not is no way.
        cli: PhoneNumber,
    },
}
