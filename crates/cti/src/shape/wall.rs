//! What supervisors are told, as it goes over the wire.
use std::collections::BTreeSet;

use gudok_model::{Actor, CallId, GroupId, Name, OperatorId, ProjectId, QueueId, Wall};
use gudok_switchboard::wall::{
    AlarmNow, CallNow, GroupOwes, OperatorNow, OwedNow, Picture, QueueNow, Today, TooLong,
    WallEvent,
};
use serde::Serialize;
use serde_json::Value;

use super::{ServerFrame, Time, VERSION};
use crate::protocol::WallStream;

impl<'a> ServerFrame<'a> {
    pub(crate) fn refused(stream: &WallStream, code: &'static str) -> Self {
        Self::Refused {
            v: VERSION,
            stream: stream.name(),
            code,
        }
    }

    pub(crate) fn wall_resumed(
        epoch: &'a str,
        stream: &WallStream,
        (from_seq, seq): (u64, u64),
    ) -> Self {
        Self::Resumed {
            v: VERSION,
            epoch,
            stream: stream.name().into(),
            from_seq,
            seq,
        }
    }

    pub(crate) fn wall_reset(epoch: &'a str, stream: &WallStream) -> Self {
        Self::Reset {
            v: VERSION,
            epoch,
            stream: stream.name().into(),
            reason: "slow",
        }
    }

    pub(crate) fn wall_snapshot(
        (epoch, seq, ts): (&'a str, u64, Wall),
        stream: &WallStream,
        picture: &'a Picture,
    ) -> Self {
        Self::WallSnapshot {
            v: VERSION,
            epoch,
            stream: stream.name(),
            seq,
            ts: Time(ts),
            state: WirePicture::of(picture),
        }
    }
}

/// A picture as JSON, with the moment it is of: as in a snapshot, for pages.
pub fn wall_json(picture: &Picture, now: Wall) -> Value {
    let told = Page {
        now: Time(now),
        picture: WirePicture::of(picture),
    };
    serde_json::to_value(told).expect("plain structs with text keys always serialise")
}

/// An event in its envelope, as JSON text.
pub(crate) fn wall_text(
    (epoch, seq, ts): (&str, u64, Wall),
    stream: &WallStream,
    event: &WallEvent,
) -> String {
    let (kind, call_id, data) = parts(event);
    let envelope = Envelope {
        v: VERSION,
        epoch,
        stream: stream.name(),
        seq,
        ts: Time(ts),
        r#type: kind,
        call_id,
        data,
    };
    serde_json::to_string(&envelope).expect("plain structs with text keys always serialise")
}

fn parts(event: &WallEvent) -> (&'static str, Option<CallId>, Data<'_>) {
    match event {
        WallEvent::Queue(queue) => ("queue.stats", None, Data::Queue(WireQueue::of(queue))),
        WallEvent::QueueGone(queue) => ("queue.gone", None, Data::QueueGone { queue }),
        WallEvent::Operator(operator) => {
            let data = Data::Operator(WireOperator::of(operator));
            ("operator.state", operator.call, data)
        }
        WallEvent::OperatorGone(operator) => {
            ("operator.gone", None, Data::OperatorGone { operator })
        }
        WallEvent::Owed(owes) => ("owed.stats", None, Data::Owes(WireOwes::of(owes))),
        WallEvent::Call(call) => (
            "call.state",
            Some(call.call),
            Data::Call(WireCall::of(call)),
        ),
        WallEvent::CallGone(call) => ("call.gone", Some(*call), Data::CallGone { call_id: *call }),
        WallEvent::Alarm(alarm) => (
            "system.alert",
            None,
            Data::Alarm(WireAlarm::of(alarm, true)),
        ),
        WallEvent::AlarmOff(alarm) => (
            "system.alert",
            None,
            Data::Alarm(WireAlarm::of(alarm, false)),
        ),
    }
}

#[derive(Serialize)]
struct Page<'a> {
    now: Time,
    #[serde(flatten)]
    picture: WirePicture<'a>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    v: u8,
    epoch: &'a str,
    stream: String,
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
    Queue(WireQueue<'a>),
    QueueGone { queue: &'a QueueId },
    Owes(WireOwes<'a>),
    Operator(WireOperator<'a>),
    OperatorGone { operator: &'a OperatorId },
    Call(WireCall<'a>),
    CallGone { call_id: CallId },
    Alarm(WireAlarm<'a>),
}

#[derive(Serialize)]
pub(crate) struct WirePicture<'a> {
    queues: Vec<WireQueue<'a>>,
    operators: Vec<WireOperator<'a>>,
    calls: Vec<WireCall<'a>>,
    alarms: Vec<WireAlarm<'a>>,
    owed: Vec<WireOwes<'a>>,
}

impl<'a> WirePicture<'a> {
    fn of(picture: &'a Picture) -> Self {
        let alarms = picture.alarms.values();
        Self {
            queues: picture.queues.values().map(WireQueue::of).collect(),
            operators: picture.operators.values().map(WireOperator::of).collect(),
            calls: picture.calls.values().map(WireCall::of).collect(),
            alarms: alarms.map(|it| WireAlarm::of(it, true)).collect(),
            owed: picture.owed.values().map(WireOwes::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct WireQueue<'a> {
    queue: &'a QueueId,
    waiting: u32,
    oldest: Option<Time>,
    oldest_emergency: Option<Time>,
    talking: u32,
    ready: u32,
    busy: u32,
    wrap_up: u32,
    not_ready: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    callbacks: Option<WireOwed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    today: Option<WireToday>,
}

impl<'a> WireQueue<'a> {
    fn of(queue: &'a QueueNow) -> Self {
        Self {
            queue: &queue.queue,
            waiting: queue.waiting,
            oldest: queue.oldest.map(Time),
            oldest_emergency: queue.oldest_emergency.map(Time),
            talking: queue.talking,
            ready: queue.ready,
            busy: queue.busy,
            wrap_up: queue.wrap_up,
            not_ready: queue.not_ready,
            callbacks: queue.owed.map(WireOwed::of),
            today: queue.today.as_ref().map(WireToday::of),
        }
    }
}

#[derive(Serialize)]
struct WireOwed {
    open: u32,
    overdue: u32,
    oldest: Option<Time>,
    missed: u32,
    missed_overdue: u32,
    exhausted: u32,
}

/// What one group owes; null: everybody.
#[derive(Serialize)]
struct WireOwes<'a> {
    group: Option<&'a GroupId>,
    #[serde(flatten)]
    owed: WireOwed,
}

impl<'a> WireOwes<'a> {
    fn of(owes: &'a GroupOwes) -> Self {
        Self {
            group: owes.group.as_ref(),
            owed: WireOwed::of(owes.owed),
        }
    }
}

impl WireOwed {
    fn of(owed: OwedNow) -> Self {
        Self {
            open: owed.open,
            overdue: owed.overdue,
            oldest: owed.oldest.map(Time),
            missed: owed.missed,
            missed_overdue: owed.missed_overdue,
            exhausted: owed.exhausted,
        }
    }
}

#[derive(Serialize)]
struct WireToday {
    since: Time,
    offered: u64,
    answered: u64,
    abandoned: u64,
    t_ms: u64,
    short_ms: u64,
    levels: Vec<WireLevel>,
}

#[derive(Serialize)]
struct WireLevel {
    name: &'static str,
    formula: &'static str,
    part: u64,
    of: u64,
}

impl WireToday {
    fn of(today: &Today) -> Self {
        let levels = today.levels.iter().map(|level| WireLevel {
            name: level.name,
            formula: level.formula,
            part: level.part,
            of: level.of,
        });
        Self {
            since: Time(today.since),
            offered: today.offered,
            answered: today.answered,
            abandoned: today.abandoned,
            t_ms: today.t_ms,
            short_ms: today.short_ms,
            levels: levels.collect(),
        }
    }
}

#[derive(Serialize)]
struct WireOperator<'a> {
    operator: &'a OperatorId,
    name: &'a str,
    groups: &'a [GroupId],
    queues: &'a BTreeSet<QueueId>,
    display: &'a Name,
    reason: Option<&'a Name>,
    next: Option<&'a Name>,
    since: Time,
    deadline: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    too_long: Option<WireTooLong>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a Actor>,
    call_id: Option<CallId>,
}

impl<'a> WireOperator<'a> {
    fn of(operator: &'a OperatorNow) -> Self {
        Self {
            operator: &operator.operator,
            name: &operator.name,
            groups: &operator.groups,
            queues: &operator.queues,
            display: &operator.display,
            reason: operator.reason.as_ref(),
            next: operator.next.as_ref(),
            since: Time(operator.since),
            deadline: operator.deadline.map(Time),
            too_long: operator.too_long.map(WireTooLong::of),
            actor: operator.actor.as_ref(),
            call_id: operator.call,
        }
    }
}

/// What lasts longer than it may, and since when it does.
#[derive(Serialize)]
struct WireTooLong {
    what: &'static str,
    since: Time,
}

impl WireTooLong {
    fn of(it: TooLong) -> Self {
        Self {
            what: it.what.word(),
            since: Time(it.since),
        }
    }
}

#[derive(Serialize)]
struct WireCall<'a> {
    call_id: CallId,
    project: &'a ProjectId,
    label: &'a str,
    phase: &'a Name,
    queue: Option<&'a QueueId>,
    priority: Option<u8>,
    arrived: Time,
    waits_since: Option<Time>,
    talks_since: Option<Time>,
    operators: &'a [OperatorId],
    number: Option<&'a str>,
}

impl<'a> WireCall<'a> {
    fn of(call: &'a CallNow) -> Self {
        Self {
            call_id: call.call,
            project: &call.project,
            label: &call.label,
            phase: &call.phase,
            queue: call.queue.as_ref(),
            priority: call.priority,
            arrived: Time(call.arrived),
            waits_since: call.waits_since.map(Time),
            talks_since: call.talks_since.map(Time),
            operators: &call.operators,
            number: call.number.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct WireAlarm<'a> {
    what: &'a Name,
    subject: &'a Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a ProjectId>,
    on: bool,
    since: Time,
    level: u64,
    quiet_until: Option<Time>,
    text: String,
}

impl<'a> WireAlarm<'a> {
    fn of(alarm: &'a AlarmNow, on: bool) -> Self {
        Self {
            what: &alarm.which.what,
            subject: &alarm.which.subject,
            project: alarm.which.project.as_ref(),
            on,
            since: Time(alarm.since),
            level: alarm.level,
            quiet_until: alarm.quiet_until.map(Time),
            text: alarm.text(),
        }
    }
}
