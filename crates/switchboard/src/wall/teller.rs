//! What of a wall is news: each thing on it at most once in a while, whole, so that news that is missed is made good by the next.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_model::{CallId, GroupId, Mono, OperatorId, QueueId, Which};

use super::{AlarmNow, CallNow, GroupOwes, OperatorNow, OwedNow, Picture, QueueNow};

/// One thing on a wall is told anew at most so often; what changes meanwhile is told together.
pub const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Something on the wall is another than it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WallEvent {
    /// A queue.
    Queue(QueueNow),
    /// A queue that the viewer sees no more.
    QueueGone(QueueId),
    /// An operator.
    Operator(OperatorNow),
    /// An operator who is on the books no more.
    OperatorGone(OperatorId),
    /// What a group owes; None: everybody.
    Owed(GroupOwes),
    /// A call.
    Call(CallNow),
    /// A call that is over.
    CallGone(CallId),
    /// An alarm came on, or is quiet from now on, or no more.
    Alarm(AlarmNow),
    /// An alarm went off.
    AlarmOff(AlarmNow),
}

/// An event with the queues whose streams it belongs to, besides that of all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// What.
    pub event: WallEvent,
    /// Those it was of before and those it is of now.
    pub queues: BTreeSet<QueueId>,
}

/// What one view was told last. Bounded by what there is to see.
#[derive(Debug, Default)]
pub struct Teller {
    told: Picture,
    /// When; of what was told longer ago nothing need be known.
    at: BTreeMap<Subject, Mono>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Subject {
    Queue(QueueId),
    Operator(OperatorId),
    Call(CallId),
    Alarm(Which),
    Owed(Option<GroupId>),
}

impl Teller {
    /// For somebody who has this picture.
    pub fn of(picture: Picture) -> Self {
        Self {
            told: picture,
            at: BTreeMap::new(),
        }
    }

    /// The news since it was asked last, but for what was told less than [`TOLD_EVERY`] ago: that waits.
    pub fn tell(&mut self, now: Mono, picture: &Picture) -> Vec<Told> {
        self.at.retain(|_, at| now.since(*at) < TOLD_EVERY);
        let (told, at) = (&mut self.told, &mut self.at);
        let mut may = |subject| {
            let is_due = !at.contains_key(&subject);
            if is_due {
                at.insert(subject, now);
            }
            is_due
        };
        let mut news = Vec::new();
        for (was, is) in others(&mut told.alarms, &picture.alarms, |id| {
            may(Subject::Alarm(id.clone()))
        }) {
            news.push(of_alarm(was, is));
        }
        for (was, is) in others(&mut told.queues, &picture.queues, |id| {
            may(Subject::Queue(id.clone()))
        }) {
            news.push(of_queue(was, is));
        }
        for (was, is) in others(&mut told.owed, &picture.owed, |id| {
            may(Subject::Owed(id.clone()))
        }) {
            news.push(of_owed(was, is));
        }
        for (was, is) in others(&mut told.calls, &picture.calls, |id| {
            may(Subject::Call(*id))
        }) {
            news.push(of_call(was, is));
        }
        for (was, is) in others(&mut told.operators, &picture.operators, |id| {
            may(Subject::Operator(id.clone()))
        }) {
            news.push(of_operator(was, is));
        }
        news.into_iter().flatten().collect()
    }
}

/// What is another, was and is; from now on it counts as told.
fn others<K: Ord + Clone, V: PartialEq + Clone>(
    told: &mut BTreeMap<K, V>,
    seen: &BTreeMap<K, V>,
    mut may: impl FnMut(&K) -> bool,
) -> Vec<(Option<V>, Option<V>)> {
    // Nearly all of it is as it was: that is looked at where it lies.
    let gone = told.keys().filter(|id| !seen.contains_key(*id));
    let other = seen.iter().filter(|(id, is)| told.get(*id) != Some(*is));
    let other = other.map(|(id, _)| id);
    let ids: BTreeSet<K> = gone.chain(other).cloned().collect();
    let mut found = Vec::new();
    for id in ids {
        if !may(&id) {
            continue;
        }
        let is = seen.get(&id).cloned();
        let was = match &is {
            Some(is) => told.insert(id, is.clone()),
            None => told.remove(&id),
        };
        found.push((was, is));
    }
    found
}

/// What is owed no more is none.
fn of_owed(was: Option<GroupOwes>, is: Option<GroupOwes>) -> Option<Told> {
    let group = is.as_ref().or(was.as_ref())?.group.clone();
    let owed = is.map_or_else(OwedNow::default, |it| it.owed);
    Some(Told {
        event: WallEvent::Owed(GroupOwes { group, owed }),
        queues: BTreeSet::new(),
    })
}

fn of_queue(was: Option<QueueNow>, is: Option<QueueNow>) -> Option<Told> {
    let queue = is.as_ref().or(was.as_ref())?.queue.clone();
    Some(Told {
        queues: BTreeSet::from([queue.clone()]),
        event: is.map_or(WallEvent::QueueGone(queue), WallEvent::Queue),
    })
}

fn of_call(was: Option<CallNow>, is: Option<CallNow>) -> Option<Told> {
    let both = [was.as_ref(), is.as_ref()].into_iter().flatten();
    let queues = both.clone().filter_map(|it| it.queue.clone()).collect();
    let call = both.last()?.call;
    let event = is.map_or(WallEvent::CallGone(call), WallEvent::Call);
    Some(Told { event, queues })
}

fn of_operator(was: Option<OperatorNow>, is: Option<OperatorNow>) -> Option<Told> {
    let both = [was.as_ref(), is.as_ref()].into_iter().flatten();
    let queues = both.clone().flat_map(|it| it.queues.clone()).collect();
    let operator = both.last()?.operator.clone();
    let event = is.map_or(WallEvent::OperatorGone(operator), WallEvent::Operator);
    Some(Told { event, queues })
}

fn of_alarm(was: Option<AlarmNow>, is: Option<AlarmNow>) -> Option<Told> {
    let queue = is.as_ref().or(was.as_ref())?.queue();
    let event = match (is, was) {
        (Some(is), _) => WallEvent::Alarm(is),
        (None, Some(was)) => WallEvent::AlarmOff(was),
        (None, None) => return None,
    };
    Some(Told {
        event,
        queues: queue.into_iter().collect(),
    })
}
