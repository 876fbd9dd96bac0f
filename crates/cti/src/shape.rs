//! The server's frames as they go over the wire: own structs, so that `cti.v1` stays what it is when the
//! types inside change. Described for client makers in `protocol.md`; additive changes only.
use std::borrow::Cow;
use std::collections::BTreeMap;

use gudok_model::{
    Actor, CallId, Caller, ClientMatch, Confidence, GroupId, IdentitySource, Kind, Name, OfferEnd,
    OfferId, OperatorId, PhoneNumber, Presentation, Reason, Region, SupervisionMode, Wall,
};
use gudok_switchboard::asked_aside::AskedAside;
use gudok_switchboard::desk::{
    Answered, BreakChoice, Card, CardCall, CommandResult, DeskEvent, DeskSnapshot, Extended,
    OperatorState, ResultChoice,
};
use gudok_switchboard::in_hand::{InHand, ParkedCall, Supervising};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::args::Misfit;
use crate::config::HEARTBEAT_SECS;
use crate::protocol::{FrameError, STREAM};

mod request;
mod wall;

use request::WireCallback;
use wall::WirePicture;
pub use wall::wall_json;
pub(crate) use wall::wall_text;

/// Version of the envelope.
const VERSION: u8 = 1;

/// A server frame that is not an event of a stream.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one serialisation, on the stack"
)]
pub(crate) enum ServerFrame<'a> {
    Hello {
        v: u8,
        server_epoch: &'a str,
        now: Time,
        heartbeat_s: u64,
    },
    Welcome {
        v: u8,
        operator: &'a OperatorId,
        session: u64,
        primary: bool,
        epoch: &'a str,
        seq: u64,
    },
    /// The role of this connection changed.
    Desk {
        v: u8,
        primary: bool,
    },
    Snapshot {
        v: u8,
        epoch: &'a str,
        stream: &'static str,
        seq: u64,
        ts: Time,
        state: State<'a>,
    },
    /// A subscription was resumed: events `from_seq + 1 ..= seq` follow, then the live ones.
    Resumed {
        v: u8,
        epoch: &'a str,
        stream: Cow<'static, str>,
        from_seq: u64,
        seq: u64,
    },
    /// Of a stream for supervisors.
    #[serde(rename = "snapshot")]
    WallSnapshot {
        v: u8,
        epoch: &'a str,
        stream: String,
        seq: u64,
        ts: Time,
        state: WirePicture<'a>,
    },
    /// Such a stream is not theirs, there is none, or there are too many.
    Refused {
        v: u8,
        stream: String,
        code: &'static str,
    },
    /// What the client has is no longer continuous; a snapshot follows.
    Reset {
        v: u8,
        epoch: &'a str,
        stream: Cow<'static, str>,
        reason: &'static str,
    },
    Result {
        v: u8,
        id: Uuid,
        ok: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Refusal<'a>>,
    },
    Ping {
        v: u8,
        now: Time,
        seq: u64,
    },
    Pong {
        v: u8,
        now: Time,
    },
    Error {
        v: u8,
        code: &'static str,
        text: String,
    },
}

/// Why a command was not done.
#[derive(Serialize)]
pub(crate) struct Refusal<'a> {
    code: &'a str,
    actual: Option<&'a str>,
    /// Which argument does not fit; absent: there is no such command.
    #[serde(skip_serializing_if = "Option::is_none")]
    arg: Option<&'static str>,
    /// Of a rule that is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    /// Why, for the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl<'a> Refusal<'a> {
    fn of(code: &'a str) -> Self {
        Self {
            code,
            actual: None,
            arg: None,
            rule: None,
            place: None,
            text: None,
        }
    }
}

impl<'a> ServerFrame<'a> {
    pub(crate) fn hello(epoch: &'a str, now: Wall) -> Self {
        Self::Hello {
            v: VERSION,
            server_epoch: epoch,
            now: Time(now),
            heartbeat_s: HEARTBEAT_SECS,
        }
    }

    pub(crate) fn welcome(
        operator: &'a OperatorId,
        session: u64,
        primary: bool,
        epoch: &'a str,
        seq: u64,
    ) -> Self {
        Self::Welcome {
            v: VERSION,
            operator,
            session,
            primary,
            epoch,
            seq,
        }
    }

    pub(crate) fn desk(primary: bool) -> Self {
        Self::Desk {
            v: VERSION,
            primary,
        }
    }

    pub(crate) fn snapshot(epoch: &'a str, seq: u64, ts: Wall, state: &'a DeskSnapshot) -> Self {
        Self::Snapshot {
            v: VERSION,
            epoch,
            stream: STREAM,
            seq,
            ts: Time(ts),
            state: State::of(state),
        }
    }

    pub(crate) fn resumed(epoch: &'a str, from_seq: u64, seq: u64) -> Self {
        Self::Resumed {
            v: VERSION,
            epoch,
            stream: STREAM.into(),
            from_seq,
            seq,
        }
    }

    pub(crate) fn reset(epoch: &'a str, reason: &'static str) -> Self {
        Self::Reset {
            v: VERSION,
            epoch,
            stream: STREAM.into(),
            reason,
        }
    }

    /// Of a command that is not understood: it is not done, and not remembered.
    pub(crate) fn misfit(id: Uuid, misfit: Misfit) -> Self {
        Self::Result {
            v: VERSION,
            id,
            ok: false,
            error: Some(Refusal {
                arg: misfit.arg(),
                ..Refusal::of("bad_command")
            }),
        }
    }

    pub(crate) fn result(id: Uuid, result: &'a CommandResult) -> Self {
        let error = match result {
            CommandResult::Ok => None,
            CommandResult::Error { code, actual } => Some(Refusal {
                actual: actual.as_deref(),
                ..Refusal::of(code)
            }),
            CommandResult::Denied { rule, place, text } => Some(Refusal {
                rule: Some(rule),
                place: place.as_deref(),
                text: Some(text),
                ..Refusal::of("outbound_denied")
            }),
        };
        Self::Result {
            v: VERSION,
            id,
            ok: error.is_none(),
            error,
        }
    }

    pub(crate) fn ping(now: Wall, seq: u64) -> Self {
        Self::Ping {
            v: VERSION,
            now: Time(now),
            seq,
        }
    }

    pub(crate) fn pong(now: Wall) -> Self {
        Self::Pong {
            v: VERSION,
            now: Time(now),
        }
    }

    pub(crate) fn error(code: &'static str, text: impl Into<String>) -> Self {
        Self::Error {
            v: VERSION,
            code,
            text: text.into(),
        }
    }

    pub(crate) fn bad(error: &FrameError) -> Self {
        Self::error(error.code(), error.to_string())
    }

    /// The frame as JSON text.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("plain structs with text keys always serialise")
    }
}

/// An event in its envelope, as JSON text.
pub(crate) fn event_text(epoch: &str, seq: u64, ts: Wall, event: &DeskEvent) -> String {
    let (kind, call_id, data) = parts(event);
    let envelope = Envelope {
        v: VERSION,
        epoch,
        stream: STREAM,
        seq,
        ts: Time(ts),
        r#type: kind,
        call_id,
        data,
    };
    serde_json::to_string(&envelope).expect("plain structs with text keys always serialise")
}

#[derive(Serialize)]
struct Envelope<'a> {
    v: u8,
    epoch: &'a str,
    stream: &'static str,
    seq: u64,
    ts: Time,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<CallId>,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    State(AgentState<'a>),
    Card(WireCard<'a>),
    OfferClosed {
        offer_id: OfferText,
        call_id: CallId,
        reason: OfferEnd,
    },
    Call {
        call_id: CallId,
    },
    Ended {
        call_id: CallId,
        by: &'a Name,
    },
    Consult {
        call_id: CallId,
        with: &'a str,
        state: &'a Name,
    },
    AskedAside(Box<WireAsked<'a>>),
    Transferred {
        call_id: CallId,
        to: &'a str,
        attended: bool,
    },
    Muted {
        call_id: CallId,
        on: bool,
    },
    SupervisionStarted {
        call_id: CallId,
        by: &'a OperatorId,
        mode: SupervisionMode,
    },
    SupervisionStopped {
        call_id: CallId,
        by: &'a OperatorId,
    },
    Supervision(&'a Supervising),
    Parked(WireParked<'a>),
    Callback(Box<WireCallback<'a>>),
    Unparked {
        call_id: CallId,
        slot: u16,
        by: Option<&'a OperatorId>,
    },
    Rated {
        call_id: CallId,
        mark: u8,
        low: bool,
        solved: Option<bool>,
    },
    Enriched {
        call_id: CallId,
        client: &'a ClientMatch,
    },
    Dialling {
        call_id: CallId,
        state: &'a Name,
    },
    Alert {
        what: &'a Name,
        text: &'a str,
    },
}

/// The `type`, the call it belongs to, and the `data` of an event.
fn parts(event: &DeskEvent) -> (&'static str, Option<CallId>, Data<'_>) {
    let call = |kind, call_id: &CallId| (kind, Some(*call_id), Data::Call { call_id: *call_id });
    match event {
        DeskEvent::State(state) => {
            let data = Data::State(AgentState::of(state));
            ("agent.state", state.call_id, data)
        }
        DeskEvent::OfferCreated(created) => card("offer.created", created),
        DeskEvent::OfferUpdated(updated) => card("offer.updated", updated),
        DeskEvent::OfferClosed {
            offer_id,
            call_id,
            reason,
        } => {
            let data = Data::OfferClosed {
                offer_id: OfferText(*offer_id),
                call_id: *call_id,
                reason: *reason,
            };
            ("offer.closed", Some(*call_id), data)
        }
        DeskEvent::Ringing { call_id } => call("call.ringing", call_id),
        DeskEvent::Dialling { call_id, state } => {
            let data = Data::Dialling {
                call_id: *call_id,
                state,
            };
            ("call.dialling", Some(*call_id), data)
        }
        DeskEvent::Answered { call_id } => call("call.answered", call_id),
        DeskEvent::Held { call_id } => call("call.held", call_id),
        DeskEvent::Resumed { call_id } => call("call.resumed", call_id),
        DeskEvent::Consult {
            call_id,
            with,
            state,
        } => {
            let data = Data::Consult {
                call_id: *call_id,
                with,
                state,
            };
            ("call.consult", Some(*call_id), data)
        }
        DeskEvent::AskedAside(asked) => {
            let data = Data::AskedAside(Box::new(WireAsked::of(asked)));
            ("call.asked", Some(asked.call_id), data)
        }
        DeskEvent::Transferred {
            call_id,
            to,
            attended,
        } => {
            let data = Data::Transferred {
                call_id: *call_id,
                to,
                attended: *attended,
            };
            ("call.transferred", Some(*call_id), data)
        }
        DeskEvent::Muted { call_id, on } => {
            let data = Data::Muted {
                call_id: *call_id,
                on: *on,
            };
            ("call.muted", Some(*call_id), data)
        }
        DeskEvent::SupervisionStarted { call_id, by, mode } => {
            let data = Data::SupervisionStarted {
                call_id: *call_id,
                by,
                mode: *mode,
            };
            ("supervision.started", Some(*call_id), data)
        }
        DeskEvent::SupervisionStopped { call_id, by } => {
            let data = Data::SupervisionStopped {
                call_id: *call_id,
                by,
            };
            ("supervision.stopped", Some(*call_id), data)
        }
        DeskEvent::Supervision(own) => {
            let data = Data::Supervision(own);
            ("supervision.state", Some(own.call_id), data)
        }
        DeskEvent::Parked(parked) => {
            let data = Data::Parked(WireParked::of(parked));
            ("call.parked", Some(parked.call_id), data)
        }
        DeskEvent::Unparked { call_id, slot, by } => {
            let data = Data::Unparked {
                call_id: *call_id,
                slot: *slot,
                by: by.as_ref(),
            };
            ("call.unparked", Some(*call_id), data)
        }
        DeskEvent::CallbackChanged(news) => {
            let data = Data::Callback(Box::new(WireCallback::of(news)));
            ("callback.changed", None, data)
        }
        DeskEvent::CallbackDue(news) => {
            let data = Data::Callback(Box::new(WireCallback::of(news)));
            ("callback.due", None, data)
        }
        DeskEvent::Ended { call_id, by } => {
            let data = Data::Ended {
                call_id: *call_id,
                by,
            };
            ("call.ended", Some(*call_id), data)
        }
        DeskEvent::Rated {
            call_id,
            mark,
            low,
            solved,
        } => {
            let data = Data::Rated {
                call_id: *call_id,
                mark: *mark,
                low: *low,
                solved: *solved,
            };
            ("call.rated", Some(*call_id), data)
        }
        DeskEvent::ClientEnriched { call_id, client } => {
            let data = Data::Enriched {
                call_id: *call_id,
                client,
            };
            ("client.enriched", Some(*call_id), data)
        }
        DeskEvent::RecordingStarted { call_id } => call("recording.started", call_id),
        DeskEvent::Alert { what, text } => ("system.alert", None, Data::Alert { what, text }),
    }
}

fn card<'a>(kind: &'static str, card: &'a Card) -> (&'static str, Option<CallId>, Data<'a>) {
    (kind, Some(card.call_id), Data::Card(WireCard::of(card)))
}

#[derive(Serialize)]
pub(crate) struct State<'a> {
    operator: &'a OperatorId,
    name: &'a str,
    agent: AgentState<'a>,
    card: Option<WireCard<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    talk: Option<&'a InHand>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<WireAsked<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supervising: Option<&'a Supervising>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parked: Vec<WireParked<'a>>,
    reasons: &'a [Name],
    breaks: &'a [BreakChoice],
    groups: &'a [GroupId],
    dispositions: &'a [Name],
    #[serde(skip_serializing_if = "<[ResultChoice]>::is_empty")]
    results: &'a [ResultChoice],
    #[serde(skip_serializing_if = "<[Name]>::is_empty")]
    noted: &'a [Name],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    callbacks: Vec<WireCallback<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callbacks_more: Option<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resumed: bool,
}

impl<'a> State<'a> {
    fn of(snapshot: &'a DeskSnapshot) -> Self {
        Self {
            operator: &snapshot.operator,
            name: &snapshot.name,
            agent: AgentState::of(&snapshot.state),
            card: snapshot.card.as_deref().map(WireCard::of),
            talk: snapshot.talk.as_ref(),
            asked: snapshot.asked.as_ref().map(WireAsked::of),
            supervising: snapshot.supervising.as_ref(),
            parked: snapshot.parked.iter().map(WireParked::of).collect(),
            reasons: &snapshot.reasons,
            breaks: &snapshot.breaks,
            groups: &snapshot.groups,
            dispositions: &snapshot.dispositions,
            results: &snapshot.results,
            noted: &snapshot.noted,
            callbacks: snapshot.callbacks.iter().map(WireCallback::of).collect(),
            callbacks_more: Some(snapshot.callbacks_more).filter(|more| *more > 0),
            resumed: snapshot.resumed,
        }
    }
}

#[derive(Serialize)]
struct AgentState<'a> {
    version: u64,
    display: &'a Name,
    reason: Option<&'a Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a Actor>,
    next: Option<&'a Name>,
    endpoint_up: bool,
    call_id: Option<CallId>,
    since: Time,
    deadline: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended: Option<WireExtended>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<&'a [GroupId]>,
}

#[derive(Serialize)]
struct WireExtended {
    by_s: u64,
    times: u32,
    max_until: Time,
}

impl From<Extended> for WireExtended {
    fn from(extended: Extended) -> Self {
        Self {
            by_s: extended.by_s,
            times: extended.times,
            max_until: Time(extended.max_until),
        }
    }
}

impl<'a> AgentState<'a> {
    fn of(state: &'a OperatorState) -> Self {
        Self {
            version: state.version,
            display: &state.display,
            reason: state.reason.as_ref(),
            actor: state.actor.as_ref(),
            next: state.next.as_ref(),
            endpoint_up: state.endpoint_up,
            call_id: state.call_id,
            since: Time(state.since),
            deadline: state.deadline.map(Time),
            extended: state.extended.map(WireExtended::from),
            groups: state.groups.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct WireCard<'a> {
    offer_id: OfferText,
    offer_epoch: u32,
    call_id: CallId,
    ring_deadline: Time,
    require: &'a Name,
    call: &'a CardCall,
    caller: WireCaller<'a>,
    client: &'a ClientMatch,
    answers: &'a BTreeMap<Name, Answered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Box<WireCallback<'a>>>,
    why: &'a [Reason],
    server_now: Time,
}

impl<'a> WireCard<'a> {
    fn of(card: &'a Card) -> Self {
        Self {
            offer_id: OfferText(card.offer_id),
            offer_epoch: card.offer_epoch,
            call_id: card.call_id,
            ring_deadline: Time(card.ring_deadline),
            require: &card.require,
            call: &card.call,
            caller: WireCaller::of(&card.caller),
            client: &card.client,
            answers: &card.answers,
            request: card.request.as_deref().map(WireCallback::of).map(Box::new),
            why: &card.why,
            server_now: Time(card.server_now),
        }
    }
}

/// A colleague asks.
#[derive(Serialize)]
struct WireAsked<'a> {
    call_id: CallId,
    by: &'a OperatorId,
    name: &'a str,
    state: &'a Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<WireCard<'a>>,
}

impl<'a> WireAsked<'a> {
    fn of(asked: &'a AskedAside) -> Self {
        Self {
            call_id: asked.call_id,
            by: &asked.by,
            name: &asked.name,
            state: &asked.state,
            card: asked.card.as_deref().map(WireCard::of),
        }
    }
}

/// A caller in a numbered place.
#[derive(Serialize)]
struct WireParked<'a> {
    call_id: CallId,
    slot: u16,
    by: &'a OperatorId,
    until: Time,
}

impl<'a> WireParked<'a> {
    fn of(parked: &'a ParkedCall) -> Self {
        Self {
            call_id: parked.call_id,
            slot: parked.slot,
            by: &parked.by,
            until: Time(parked.until),
        }
    }
}

/// The caller, flat, as screens expect it.
#[derive(Serialize)]
struct WireCaller<'a> {
    raw: &'a str,
    e164: Option<&'a PhoneNumber>,
    kind: Kind,
    display: Option<&'a str>,
    presentation: Presentation,
    asserted_by: IdentitySource,
    region: Option<WireRegion<'a>>,
}

/// Where the number was issued.
#[derive(Serialize)]
struct WireRegion<'a> {
    code: &'a str,
    also: Option<&'a str>,
    name: &'a str,
    zone: Option<&'a str>,
    confidence: Confidence,
}

impl<'a> WireRegion<'a> {
    fn of(region: &'a Region) -> Self {
        Self {
            code: &region.code,
            also: region.also.as_deref(),
            name: &region.name,
            zone: region.zone.as_deref(),
            confidence: region.confidence,
        }
    }
}

impl<'a> WireCaller<'a> {
    fn of(caller: &'a Caller) -> Self {
        Self {
            raw: &caller.number.raw,
            e164: caller.number.e164.as_ref(),
            kind: caller.number.kind,
            display: caller.display.as_deref(),
            presentation: caller.presentation,
            asserted_by: caller.asserted_by,
            region: caller.region.as_ref().map(WireRegion::of),
        }
    }
}

/// RFC 3339 in UTC, microseconds where there are any: `2026-11-22T00:05:00.25Z`.
pub(crate) struct Time(Wall);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Outside the years -9999..9999 there is no such text; the epoch is shown instead of a panic.
        let time = jiff::Timestamp::from_microsecond(self.0.0).unwrap_or_default();
        serializer.collect_str(&time)
    }
}

/// `<call uuid>#<index>`: one string is easier to keep in a page than two parts.
struct OfferText(OfferId);

impl Serialize for OfferText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
