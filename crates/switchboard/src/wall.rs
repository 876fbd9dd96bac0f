//! The wall: what a supervisor sees of the hotline at a moment, and what of it is another than it was. Values cut to what the
//! viewer may see: nothing of a foreign project is in them (scenario S07), so none of it can leave by a stream of theirs.
//!
//! Moments stand where a length would grow: who draws the wall counts from them, and a caller who only waits on is no news.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{
    AlarmKind, CallId, GroupId, Mono, OperatorId, OperatorProfile, ProjectId, QueueId, Role, Wall,
    Which,
};

use crate::call::{Call, Phase, Talk};
use crate::live::state;
use crate::switchboard::Switchboard;
use crate::whose::Reach;

mod teller;
mod things;

pub use teller::{TOLD_EVERY, Teller, Told, WallEvent};
pub use things::{
    AlarmNow, CallNow, GroupOwes, Level, OperatorNow, OwedNow, QueueNow, Today, TooLong,
};

/// What somebody sees of the hotline.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum View {
    /// Calls and operators of one project, and the queues its callers may come to; callers' numbers masked: a supervisor's.
    Project(ProjectId),
    /// Everything, with numbers: an admin's.
    All,
}

/// The hotline as somebody sees it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Picture {
    /// Queues of the plan.
    pub queues: BTreeMap<QueueId, QueueNow>,
    /// Operators on the books.
    pub operators: BTreeMap<OperatorId, OperatorNow>,
    /// Calls that are not over.
    pub calls: BTreeMap<CallId, CallNow>,
    /// Alarms that are on.
    pub alarms: BTreeMap<Which, AlarmNow>,
    /// What callers are owed, by the group that owes it, each once; None: by everybody. The driver knows.
    pub owed: BTreeMap<Option<GroupId>, GroupOwes>,
}

impl View {
    /// What this person sees. None: no wall at all.
    pub fn of(profile: &OperatorProfile) -> Option<Self> {
        match profile.role {
            Role::Operator => None,
            Role::Supervisor => Some(Self::Project(profile.project.clone())),
            Role::Admin => Some(Self::All),
        }
    }

    pub(crate) fn reach(&self) -> Reach {
        match self {
            Self::Project(own) => Reach::Of(own.clone()),
            Self::All => Reach::All,
        }
    }

    /// Whether something of this project may be seen.
    pub fn sees(&self, project: &ProjectId) -> bool {
        match self {
            Self::Project(own) => own == project,
            Self::All => true,
        }
    }
}

impl Picture {
    /// What of it is of one queue. None: the viewer sees no such queue.
    #[must_use]
    pub fn of_queue(mut self, queue: &QueueId) -> Option<Self> {
        self.queues.retain(|id, _| id == queue);
        self.operators.retain(|_, it| it.queues.contains(queue));
        self.owed.clear();
        self.calls.retain(|_, it| it.queue.as_ref() == Some(queue));
        self.alarms
            .retain(|_, alarm| alarm.queue().as_ref() == Some(queue));
        (!self.queues.is_empty()).then_some(self)
    }
}

impl Switchboard {
    /// What everybody with a wall sees of the hotline.
    pub fn views(&self) -> BTreeMap<OperatorId, View> {
        let seats = self.seats.iter();
        let views = seats.filter_map(|(id, seat)| Some((id.clone(), View::of(&seat.profile)?)));
        views.collect()
    }

    /// The hotline as it is now, in such a view. Looks at everybody and at every call: for once a second, not for each step.
    pub fn picture(&self, now: Wall, view: &View) -> Picture {
        let seen = |call: &&Call| view.sees(&call.number.project) && !is_over(call);
        let calls = self.calls.values().filter(seen);
        let calls = calls.map(|call| (call.id, self.call_now(view, call)));
        let mut picture = Picture {
            calls: calls.collect(),
            alarms: self.alarms_now(now, view),
            ..Picture::default()
        };
        picture.operators = self.operators_now(now, view, &picture.calls);
        picture.queues = self.queues_now(view, &picture);
        picture
    }

    /// Whether somebody is to be behind this queue now, by the schedule or the roster it goes by.
    pub fn expects(&self, queue: &QueueId) -> bool {
        self.expected.get(queue).copied().unwrap_or(false)
    }

    /// Who works, or would take a call at once, for those who wait in this queue now, of groups that are asked besides its own too.
    pub fn at_work_for(&self, queue: &QueueId, now: Mono) -> u32 {
        self.acd.at_work_for(queue, now)
    }

    fn call_now(&self, view: &View, call: &Call) -> CallNow {
        let talk = call.talk();
        let waits = match &call.phase {
            Phase::Waiting(wait) => Some((&wait.queue, wait.priority)),
            _ => call
                .aside
                .as_ref()
                .map(|aside| (&aside.queue, call.priority())),
        };
        // A promise stands in a queue, and nobody waits on the line for it.
        let since = call
            .queued_since
            .filter(|_| waits.is_some() && !call.seeks_customer());
        let own = |id: &&OperatorId| self.is_seen(view, id);
        let talking = call.in_hand().map(|talk| &talk.operator);
        let offered = call.offers.values().map(|offer| &offer.operator);
        CallNow {
            call: call.id,
            project: call.number.project.clone(),
            label: call.number.label.clone(),
            phase: state(call).into(),
            queue: waits.map(|(queue, _)| queue).or(talk.map(came_by)).cloned(),
            priority: waits.map(|(_, priority)| priority),
            arrived: call.arrived.wall,
            waits_since: since.map(|since| moment(call, since)),
            talks_since: talk.map(|talk| moment(call, talk.since)),
            operators: talking
                .into_iter()
                .chain(offered)
                .filter(own)
                .cloned()
                .collect(),
            number: call.shown_number().map(|number| match view {
                View::All => number.to_string(),
                View::Project(_) => number.masked(),
            }),
        }
    }

    pub(crate) fn is_seen(&self, view: &View, operator: &OperatorId) -> bool {
        let seat = self.seats.get(operator);
        seat.is_some_and(|seat| view.sees(&seat.profile.project))
    }

    fn operators_now(
        &self,
        now: Wall,
        view: &View,
        calls: &BTreeMap<CallId, CallNow>,
    ) -> BTreeMap<OperatorId, OperatorNow> {
        let own = self.seats.iter();
        let own = own.filter(|(_, seat)| view.sees(&seat.profile.project));
        // By hand somebody works for other groups than the plan lists them in.
        let mut said: Vec<(OperatorId, Vec<GroupId>)> = Vec::new();
        let mut operators: BTreeMap<OperatorId, OperatorNow> = own
            .filter_map(|(id, seat)| {
                let state = self.state(id)?;
                said.extend(state.groups.map(|groups| (id.clone(), groups)));
                let operator = OperatorNow {
                    operator: id.clone(),
                    name: seat.profile.name.clone(),
                    project: seat.profile.project.clone(),
                    groups: Vec::new(),
                    queues: BTreeSet::new(),
                    display: state.display,
                    reason: state.reason,
                    next: state.next,
                    since: state.since,
                    deadline: state.deadline,
                    too_long: self.too_long(now, id),
                    actor: state.actor,
                    call: state.call_id.filter(|call| calls.contains_key(call)),
                };
                Some((id.clone(), operator))
            })
            .collect();
        self.put_into_groups(view, &said, &mut operators);
        operators
    }

    /// What of theirs is past its time at this moment.
    fn too_long(&self, now: Wall, operator: &OperatorId) -> Option<TooLong> {
        let limits = self.acd.limits(operator);
        let held = limits.held.and_then(|(call, until)| {
            let call = self.calls.get(&call)?;
            Some((AlarmKind::HoldTooLong, moment(call, until)))
        });
        let away = limits.away.map(|until| (AlarmKind::BreakTooLong, until));
        let past = [held, away].into_iter().flatten();
        let mut past = past.filter(|(_, since)| *since <= now);
        past.next().map(|(what, since)| TooLong { what, since })
    }

    fn put_into_groups(
        &self,
        view: &View,
        said: &[(OperatorId, Vec<GroupId>)],
        operators: &mut BTreeMap<OperatorId, OperatorNow>,
    ) {
        let Some(plan) = &self.plan else { return };
        for group in plan.groups() {
            let fed = plan.queues().iter().filter(|it| it.group == group.id);
            let fed = fed.filter(|it| self.shows_queue(view, &it.id));
            let queues: Vec<&QueueId> = fed.map(|it| &it.id).collect();
            let listed = group.operators.iter();
            let listed = listed.filter(|id| said.iter().all(|(it, _)| it != *id));
            let by_hand = said.iter().filter(|(_, it)| it.contains(&group.id));
            for id in listed.chain(by_hand.map(|(id, _)| id)) {
                if let Some(operator) = operators.get_mut(id) {
                    operator.groups.push(group.id.clone());
                    operator.queues.extend(queues.iter().copied().cloned());
                }
            }
        }
    }

    fn queues_now(&self, view: &View, seen: &Picture) -> BTreeMap<QueueId, QueueNow> {
        let queues = self.plan.iter().flat_map(|plan| plan.queues());
        let mut queues: BTreeMap<QueueId, QueueNow> = queues
            .filter(|queue| self.shows_queue(view, &queue.id))
            .map(|queue| (queue.id.clone(), QueueNow::empty(queue.id.clone())))
            .collect();
        for call in seen.calls.values() {
            let queue = call.queue.as_ref().and_then(|id| queues.get_mut(id));
            if let Some(queue) = queue {
                queue.add(call);
            }
        }
        for operator in seen.operators.values() {
            for id in &operator.queues {
                if let Some(queue) = queues.get_mut(id) {
                    queue.add_operator(&operator.display);
                }
            }
        }
        queues
    }

    /// Whether callers of theirs may come to this queue of the plan.
    pub(crate) fn shows_queue(&self, view: &View, queue: &QueueId) -> bool {
        self.reaches_queue(&view.reach(), queue)
    }
}

/// The caller is gone and nobody talks on: what is left is paper.
fn is_over(call: &Call) -> bool {
    matches!(call.phase, Phase::Ending)
}

fn came_by(talk: &Talk) -> &QueueId {
    &talk.from.queue
}

/// A moment of a call on the clock of people, by the one at which it came: so it stays the same however that clock is set since.
fn moment(call: &Call, at: Mono) -> Wall {
    let arrived = call.arrived;
    let micros =
        |length: std::time::Duration| i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
    let (after, before) = (at.since(arrived.mono), arrived.mono.since(at));
    Wall(
        arrived
            .wall
            .0
            .saturating_add(micros(after))
            .saturating_sub(micros(before)),
    )
}
