//! What the ACD shows of itself: answers to questions, never handles.
use std::collections::BTreeSet;
use std::time::Duration;

use gudok_model::{
    Actor, CallId, GroupId, Mono, Name, OfferId, OperatorId, QueueId, SessionId, Wall,
};

use crate::acd::Acd;
use crate::call::Call;
use crate::classes::Class;
use crate::named::{is_free, is_there};
use crate::operator::{Display, Operator, Work};

/// One operator as everybody sees them (behaviour 5.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatorView {
    /// Who.
    pub operator: OperatorId,
    /// Grows by one with each `StateChanged`; a desk's command names the version it saw.
    pub version: u64,
    /// `logged_out`, `reserved`, `ringing`, `talking`, `hold`, `consult`, `wrap_up`, `dialing`, `preview`, `device_down`, `not_ready`, `ready`:
    /// the first that is true.
    pub display: Name,
    /// Reason of `not_ready`: `login`, `rona`, what the operator said, or `cap:NAME` of who is ready and has reached a limit.
    pub reason: Option<Name>,
    /// Who made them ready, not ready or logged out, whatever they do meanwhile.
    pub actor: Actor,
    /// The limit for which they are offered no call, whatever they do meanwhile.
    pub capped: Option<Name>,
    /// What is taken up when the present work ends: `ready`, `logged_out` or a not-ready reason.
    pub next: Option<Name>,
    /// Whose word that is.
    pub next_by: Option<Actor>,
    /// Whether the operator sits at a desk (or works by phone alone).
    pub logged_in: bool,
    /// The present session.
    pub session: Option<SessionId>,
    /// Whether phone and desk are there; the desk is not asked for from those who work by phone alone.
    pub endpoint_up: bool,
    /// The one predicate: a call may be offered now.
    pub routable: bool,
    /// The call between operators in which they ring or talk, or the caller's call for which they are consulted.
    pub engaged: Option<CallId>,
    /// The call in hand is one they dialled, or had from whoever did: no offer led to it.
    pub dialled: bool,
    /// The call in hand: offered, talked with or written up.
    pub call: Option<CallId>,
    /// The offer in hand, while it rings or the talk lasts.
    pub offer: Option<OfferId>,
    /// Calls missed in a row.
    pub misses: u32,
    /// In the displayed state since.
    pub since: Wall,
    /// End of the ringing or of the wrap-up; of a break, when it is too long.
    pub deadline: Option<Wall>,
    /// The work after a talk.
    pub wrap_up: Option<WrapUpView>,
    /// For which groups they work, where a supervisor or they themselves said so; else those of the plan.
    pub groups: Option<Vec<GroupId>>,
}

/// Work after a talk, as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrapUpView {
    /// When it began.
    pub since: Wall,
    /// Added by the operator so far.
    pub extended: Duration,
    /// In how many steps.
    pub extensions: u32,
    /// When it ends however much is added.
    pub until_most: Wall,
}

/// Whether a person can be rung for a call that is for them by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Ready or not, they can.
    Yes,
    /// Another call is in hand.
    Busy,
    /// No seat, no phone, or the seat is given up after the present work.
    Away,
}

/// One queue at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QueueView {
    /// Callers in the queue, those who are being offered or answer questions meanwhile included.
    pub waiting: u32,
    /// Whether a new caller would be sent on.
    pub full: bool,
    /// Operators of the group who are logged in, whatever they do, and of those that its ladder adds.
    pub logged_in: u32,
    /// Operators of the group who know enough for callers who need nothing of their own, and could take a call at once.
    pub ready: u32,
    /// How long the caller who waits longest has waited since the first queue.
    pub longest_wait: Duration,
    /// Of those who wait: promises, with whom nobody is on the line.
    pub promised: u32,
    /// The longest wait of those who are on the line.
    pub longest_on_line: Duration,
}

impl Acd {
    /// One operator, or `None` if the config has no such person.
    pub fn operator(&self, id: &OperatorId) -> Option<OperatorView> {
        let operator = self.operators.get(id)?;
        let face = operator.face();
        Some(OperatorView {
            operator: id.clone(),
            version: operator.shown.version,
            display: face.display.slug().into(),
            reason: face.reason,
            actor: operator.by.clone(),
            capped: operator.capped.as_ref().map(|it| it.policy.clone()),
            next: face.next,
            next_by: operator.next.as_ref().map(|wish| wish.by.clone()),
            logged_in: operator.session.is_some(),
            session: face.session,
            endpoint_up: face.endpoint_up,
            routable: operator.routable(),
            engaged: operator.engaged,
            dialled: matches!(operator.work, Work::Out(_)),
            call: face.call,
            offer: face.offer,
            misses: operator.misses,
            since: operator.shown.since,
            deadline: face.deadline,
            wrap_up: operator.wrap_up(),
            groups: face.groups,
        })
    }

    /// Whether this person can be rung for this call by name.
    pub fn may_be_asked(&self, call: CallId, operator: &OperatorId) -> Asked {
        match self.operators.get(operator) {
            Some(who) if is_there(who) && is_free(call, who) => Asked::Yes,
            Some(who) if is_there(who) => Asked::Busy,
            _ => Asked::Away,
        }
    }

    /// Whether this person can ring a colleague: nothing rings, no talk, no other call between operators.
    pub fn may_dial(&self, operator: &OperatorId) -> bool {
        let free = |who: &Operator| {
            matches!(who.work, Work::Idle | Work::WrapUp(_)) && who.engaged.is_none()
        };
        self.operators.get(operator).is_some_and(free)
    }

    /// The groups among which this person may choose.
    pub fn groups_of_theirs(&self, operator: &OperatorId) -> Vec<GroupId> {
        self.home(operator)
    }

    /// Whether this person may take a break for this reason now, as far as those who stay go.
    pub fn may_break(&self, operator: &OperatorId, reason: &Name) -> bool {
        let by = Actor::Operator(operator.clone());
        !self.leaves_too_few(operator, reason, &by)
    }

    /// Everybody in the config.
    pub fn operators(&self) -> impl Iterator<Item = &OperatorId> {
        self.operators.keys()
    }

    /// Whether the ladder of no queue adds this group. No: there is no such group.
    pub fn helps_nobody(&self, id: &GroupId) -> bool {
        let group = self.groups.get(id);
        group.is_some_and(|group| group.helps.is_empty())
    }

    /// One queue at `now`, or `None` if the dialplan has no such queue.
    pub fn queue(&self, id: &QueueId, now: Mono) -> Option<QueueView> {
        let queue = self.queues.get(id)?;
        let group = self.groups.get(&queue.settings.group);
        let logged_in = self.logged_in(id);
        let first = queue.by_since.first();
        let waited = |since: Option<Mono>| since.map_or(Duration::ZERO, |since| now.since(since));
        Some(QueueView {
            waiting: count(queue.len()),
            full: queue.is_full(),
            logged_in,
            ready: group
                .and_then(|group| group.bench(queue.needs(Class::default())))
                .map_or(0, |bench| count(bench.ready())),
            longest_wait: waited(first.map(|(since, _)| *since)),
            promised: count(queue.promised()),
            longest_on_line: waited(queue.first_on_line()),
        })
    }

    /// Who works, or would take a call at once, for those who wait in a queue now: of its own group and of those that are asked
    /// besides, since its ladder has come so far for whoever waits longest, or somebody raised them. Each once.
    pub fn at_work_for(&self, id: &QueueId, now: Mono) -> u32 {
        let Some(queue) = self.queues.get(id) else {
            return 0;
        };
        let first = queue.by_since.first();
        let rung = first.map_or(0, |(since, _)| queue.rung_at(*since, now));
        let groups = queue.groups().filter_map(|id| self.groups.get(id));
        let asked = groups.filter(|group| Self::is_asked(queue, group, rung));
        let works = |id: &&OperatorId| self.operators.get(*id).is_some_and(Operator::works);
        let people = asked.flat_map(|group| group.places.keys()).filter(works);
        count(people.collect::<BTreeSet<_>>().len())
    }

    /// Every queue of the dialplan.
    pub fn queues(&self) -> impl Iterator<Item = &QueueId> {
        self.queues.keys()
    }

    /// The queue in which the caller's place is kept while they answer questions.
    pub fn kept_in(&self, call: CallId) -> Option<&QueueId> {
        let waiting = self.calls.get(&call).and_then(Call::waiting);
        waiting.filter(|it| it.aside).map(|it| &it.queue)
    }

    /// Whether the call waits for an operator, whoever that may be.
    pub fn waits(&self, call: CallId) -> bool {
        self.calls
            .get(&call)
            .is_some_and(|it| it.waiting().is_some())
    }

    /// The caller's place in the queue from 1, those who are being offered included. None: not in a queue, or for one
    /// person by name, which is no place.
    /// Walks the callers before this one; for announcements, not for each step.
    pub fn position(&self, call: CallId) -> Option<u32> {
        let waiting = self.calls.get(&call)?.waiting()?;
        if waiting.only {
            return None;
        }
        let queue = self.queues.get(&waiting.queue)?;
        Some(count(queue.position(waiting.key, call)))
    }
}

impl Operator {
    /// At the desk, with a phone, and on no break.
    fn works(&self) -> bool {
        !matches!(
            self.face().display,
            Display::LoggedOut | Display::NotReady | Display::DeviceDown
        )
    }

    fn wrap_up(&self) -> Option<WrapUpView> {
        let Work::WrapUp(wrap_up) = &self.work else {
            return None;
        };
        let left = wrap_up.extend_max.saturating_sub(wrap_up.extended);
        Some(WrapUpView {
            since: wrap_up.since,
            extended: wrap_up.extended,
            extensions: wrap_up.extensions,
            until_most: wrap_up.deadline_wall + left,
        })
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
