//! The waiting: into a queue, up in it, out of it.
use std::collections::{BTreeSet, VecDeque};

use gudok_model::{CallId, Mono, Needs, Now, OfferEnd, OfferId, OperatorId, QueueId, Revoked};

use crate::acd::Acd;
use crate::call::{Aging, Call, OrderKey, PRIORITY_MAX, Past, Place, Waiting};
use crate::empty::Edge;
use crate::guard::{Guard, guard};
use crate::input::{NAMED_MAX, Sticky};
use crate::operator::Operator;
use crate::output::{Output, WaitEnd};
use crate::timer::Timer;

/// What a call says when it comes to a queue.
pub(crate) struct Entry {
    pub(crate) queue: QueueId,
    pub(crate) priority: u8,
    pub(crate) since: Mono,
    pub(crate) deadline: Mono,
    pub(crate) leave_empty: bool,
    pub(crate) first: Vec<OperatorId>,
    /// Nobody is asked after them.
    pub(crate) only: bool,
    /// Whom they wait for before anybody else is asked.
    pub(crate) sticky: Option<Sticky>,
    /// It has the place of an earlier call in this queue.
    pub(crate) resumed: bool,
    /// They wait on though the queue is closed.
    pub(crate) stays: bool,
    /// Nobody waits with it on the line.
    pub(crate) promised: bool,
    /// What an operator must know for it besides what the queue asks (Q4).
    pub(crate) needs: Needs,
}

/// The order of a place that was kept, and when its priority grows next.
type Kept = (OrderKey, Option<Mono>);

impl Acd {
    /// A call enters its first queue or another one, or comes back to the place that was kept for it.
    pub(crate) fn enqueue(&mut self, now: Now, id: CallId, entry: Entry) {
        let kept = self.place_kept(id, &entry);
        let edge = self.edge(id, &entry);
        match self.calls.get(&id).map(|call| &call.place) {
            Some(Place::Waiting(it)) if it.queue == entry.queue && !it.aside => {
                return self.refuse("already_queued", None);
            }
            Some(Place::Talking { .. }) => return self.refuse("invalid_state", None),
            Some(Place::Waiting(_) | Place::Leaving) => self.take_out(now, id, OfferEnd::Revoked),
            None => {}
        }
        let past = match self.shelf.take(id) {
            Some(past) => past,
            None => Past::none(self.next_seq()),
        };
        match self.door(now, id, &entry, (&past, edge)) {
            Some(why) => {
                let departure = self.next_seq();
                self.shelf.put(departure, id, past);
                self.outputs.push_back(Output::WaitEnded { call: id, why });
            }
            None => self.enter(now, id, past, (entry, kept)),
        }
    }

    /// The place in this queue that was kept, unless the plan now asks for another. It is not counted anew: settings that
    /// were reloaded meanwhile would give another one, and nobody changes places by a reload (Q16).
    fn place_kept(&self, id: CallId, entry: &Entry) -> Option<Kept> {
        let call = self.calls.get(&id)?;
        let waiting = call.waiting()?;
        let is_it = waiting.aside && waiting.queue == entry.queue;
        let said = call.past.ages_since(entry.priority).is_some();
        let same = !entry.only
            && is_it
            && (waiting.base == Some(entry.priority) || said)
            && waiting.key.since == entry.since;
        same.then_some((waiting.key, waiting.aging_at))
    }

    /// By which edge of an emptiness it is judged: who answered questions in the queue has waited there all the time.
    fn edge(&self, id: CallId, entry: &Entry) -> Edge {
        match self.kept_in(id) == Some(&entry.queue) {
            true => Edge::Leave,
            false => Edge::Join,
        }
    }

    /// Why the call may not come in, if it may not. In a drain (Q15) nobody would ever be asked for it: it goes on in its
    /// plan, rather than hear music until its time is up.
    fn door(
        &self,
        now: Now,
        id: CallId,
        entry: &Entry,
        (past, edge): (&Past, Edge),
    ) -> Option<WaitEnd> {
        let Some(queue) = self.queues.get(&entry.queue) else {
            return Some(WaitEnd::Removed);
        };
        if self.is_closed_to(entry, past) {
            return Some(WaitEnd::Closed);
        }
        // Whoever is kept for this very caller is behind the queue for them, whatever they count as for others.
        let has_own = entry.first.iter().any(|who| self.is_kept_for(who, id));
        if entry.leave_empty && !has_own && self.is_empty_for(queue, edge, entry, now.mono) {
            return Some(WaitEnd::NoOperators);
        }
        if entry.deadline <= now.mono {
            return Some(WaitEnd::TimedOut);
        }
        if self.draining && (entry.first.is_empty() || entry.only) {
            return Some(WaitEnd::NoOperators);
        }
        let takes = |who: &OperatorId| self.operators.get(who).is_some_and(Operator::routable);
        if entry.only && !entry.first.iter().any(takes) {
            return Some(WaitEnd::NoOperators);
        }
        // Who was passed on to a person takes no place from those who wait for anybody; who has talked with somebody, or comes
        // back to the queue they had waited in, is not sent off as one who comes when there are too many.
        let back = past.waited_in.as_ref() == Some(&entry.queue);
        let new = entry.first.is_empty() && !past.talked() && !back && !entry.resumed;
        (queue.is_full() && new && guard(Guard::QueueFull)).then_some(WaitEnd::Full)
    }

    fn enter(
        &mut self,
        now: Now,
        id: CallId,
        mut past: Past,
        (entry, kept): (Entry, Option<Kept>),
    ) {
        let passed_on = !entry.first.is_empty();
        if !entry.only {
            past.waited_in = Some(entry.queue.clone());
        }
        self.alarm_if_nobody(&entry.queue);
        self.look_again(&entry.queue);
        self.look_if_closed(&entry.queue);
        let own = self.own_class(&entry.queue, &entry.needs);
        let Some(queue) = self.queues.get_mut(&entry.queue) else {
            return;
        };
        let place =
            kept.unwrap_or_else(|| new_place(now, &entry, &past, Aging::of(&queue.settings)));
        let (key, aging_at) = place;
        if entry.only {
            queue.alone.insert(id);
        } else {
            queue.insert(now.mono, key, id, own);
            queue.promise(id, entry.promised);
            self.dirty.extend(queue.groups().cloned());
        }
        let waiting = Waiting {
            queue: entry.queue,
            key,
            base: Some(entry.priority),
            deadline: entry.deadline,
            leave_empty: entry.leave_empty,
            aside: false,
            aging_at: None,
            relax_at: None,
            progress_at: None,
            sticky: None,
            round: 0,
            named: entry.first.into_iter().take(NAMED_MAX).collect(),
            only: entry.only,
            promised: entry.promised,
            stays: entry.stays,
            needs: entry.needs,
            assigned: false,
            pointed: None,
        };
        self.calls
            .insert(id, Call::new(past, Place::Waiting(waiting)));
        self.timers.set(entry.deadline, Timer::CallDeadline(id));
        self.plan_aging(id, aging_at);
        self.plan_relax(now.mono, id);
        if passed_on {
            self.ask_by_name(now, id);
        } else if let Some(sticky) = entry.sticky.filter(|_| key.priority() < PRIORITY_MAX) {
            self.wait_for_one(now, id, sticky);
        }
    }

    /// Why there is no way back to a place, if there is none.
    fn way_back(&self, now: Now, back: &Waiting) -> Option<WaitEnd> {
        if !self.has_queue(&back.queue) {
            return Some(WaitEnd::Removed);
        }
        // Nobody is asked after the one whom the call was for.
        if back.only || back.deadline <= now.mono {
            return Some(WaitEnd::TimedOut);
        }
        self.draining.then_some(WaitEnd::NoOperators)
    }

    /// Back to the old place: the phone that won died before the first word.
    pub(crate) fn return_to_queue(&mut self, now: Now, id: CallId, mut back: Waiting) {
        if !guard(Guard::PlaceKept) {
            back.key.since = now.mono;
        }
        if let Some(why) = self.way_back(now, &back) {
            self.shelve(id);
            return self.outputs.push_back(Output::WaitEnded { call: id, why });
        }
        // Whoever was asked by name need not be one of the queue: nobody of it has come or gone by this.
        self.look_again(&back.queue);
        self.look_if_closed(&back.queue);
        let own = self.own_class(&back.queue, &back.needs);
        let Some(queue) = self.queues.get_mut(&back.queue) else {
            return;
        };
        queue.insert(now.mono, back.key, id, own);
        queue.promise(id, back.promised);
        self.dirty.extend(queue.groups().cloned());
        let aging = Aging::of(&queue.settings);
        self.timers.set(back.deadline, Timer::CallDeadline(id));
        let (key, round) = (back.key, back.round);
        if let Some(call) = self.calls.get_mut(&id) {
            call.place = Place::Waiting(Waiting {
                round,
                aside: false,
                aging_at: None,
                relax_at: None,
                progress_at: None,
                sticky: None,
                named: VecDeque::new(),
                ..back
            });
        }
        let left = aging.left(key.priority(), now.mono.since(key.since));
        self.plan_aging(id, left.map(|left| now.mono + left));
        self.plan_relax(now.mono, id);
    }

    /// The caller answers questions: the place is kept, and whoever rings for them stops. `Queued` brings them back to it,
    /// since their order goes by when they came first (Q1).
    pub(crate) fn step_aside(&mut self, now: Now, id: CallId) {
        self.unstick(id);
        let waiting = self.calls.get_mut(&id).and_then(Call::waiting_mut);
        let Some(waiting) = waiting.filter(|waiting| !waiting.aside) else {
            return self.refuse("unknown_call", None);
        };
        waiting.aside = guard(Guard::AsideIsNotAsked);
        waiting.named.clear();
        if let Some(queue) = self.queues.get_mut(&waiting.queue) {
            queue.mark_aside(waiting.key, id);
        }
        let offers = self.calls.get(&id).map(|call| call.live_offers(id));
        let offers = offers.filter(|_| guard(Guard::AsideStopsRinging));
        for offer in offers.unwrap_or_default() {
            self.revoke(now, offer, Revoked::Requeue);
        }
    }

    /// The caller left, or the plan took the call away. The call stays known: it may come again.
    pub(crate) fn gone(&mut self, now: Now, id: CallId) {
        let place = self.calls.get(&id).map(|call| call.place.clone());
        match place {
            Some(Place::Waiting(_) | Place::Leaving) => {
                self.take_out(now, id, OfferEnd::CallerGone);
            }
            Some(Place::Talking { offer, .. }) => {
                let offer = self.offer_mut(OfferId {
                    call: id,
                    index: offer,
                });
                if let Some(operator) = offer.map(|offer| offer.operator.clone()) {
                    self.talk_ended(now, &operator, id);
                }
            }
            None if self.shelf.has(id) => {}
            None => self.refuse("unknown_call", None),
        }
    }

    /// The caller waited long enough.
    pub(crate) fn wait_timed_out(&mut self, now: Now, id: CallId) {
        if guard(Guard::CallerDeadline) {
            self.end_wait(now, id, WaitEnd::TimedOut);
        }
    }

    /// The call leaves the queue without an operator and goes on elsewhere.
    pub(crate) fn end_wait(&mut self, now: Now, id: CallId, why: WaitEnd) {
        self.take_out(now, id, OfferEnd::Revoked);
        self.outputs.push_back(Output::WaitEnded { call: id, why });
    }

    /// Callers who do not wait in an empty queue leave (Q8). Who answers questions meanwhile is judged so at the door when
    /// they come back: somebody may be there again.
    pub(crate) fn sweep_emptied(&mut self, now: Now) {
        for group in std::mem::take(&mut self.emptied) {
            let Some(group) = self.groups.get(&group).filter(|group| group.logged_in == 0) else {
                continue;
            };
            let queues = group.queues.iter().chain(&group.helps).cloned();
            let queues: Vec<QueueId> = queues.collect();
            self.leave_empty(now, &queues);
        }
        let changed = self.changed_queues();
        self.leave_empty(now, &changed);
    }

    /// Those of these queues that are empty are left by whom it concerns, in the order in which they came.
    fn leave_empty(&mut self, now: Now, queues: &[QueueId]) {
        let queues = queues.iter().filter_map(|id| self.queues.get(id));
        let mut leaving: Vec<(u64, CallId)> = Vec::new();
        for id in queues.flat_map(|queue| self.bereft(queue)) {
            let call = self.calls.get(&id);
            let unwilling = |call: &&Call| {
                let waiting = call.waiting().filter(|it| it.leave_empty && !it.aside);
                waiting.is_some_and(|it| call.is_open() || !self.has_rule(&it.queue))
            };
            leaving.extend(call.filter(unwilling).map(|call| (call.past.seq, id)));
        }
        leaving.sort_unstable();
        for (_, id) in leaving.into_iter().filter(|_| guard(Guard::EmptiedQueue)) {
            self.end_wait(now, id, WaitEnd::NoOperators);
        }
    }

    /// No new offers from now on (Q15): [`let_go`](Self::let_go) looks at every queue once, then where something changes.
    pub(crate) fn drain(&mut self) {
        self.draining = true;
        self.dirty.extend(self.groups.keys().cloned());
    }

    /// In a drain nobody will be asked any more for a caller for whom nobody rings now: they go on in their plan, in the
    /// order of Q1, like those who come later.
    pub(crate) fn let_go(&mut self, now: Now) {
        let groups = std::mem::take(&mut self.dirty);
        let groups = groups.iter().filter_map(|id| self.groups.get(id));
        let queues = groups.flat_map(|group| &group.queues);
        let open = queues.filter_map(|id| self.queues.get(id));
        let open = open.flat_map(|queue| queue.open.classes().chain([&queue.held]));
        let leaving: BTreeSet<_> = open.flatten().copied().collect();
        for (_, call) in leaving {
            self.serving = Some(call);
            self.end_wait(now, call, WaitEnd::NoOperators);
        }
        self.serving = None;
    }

    /// The caller's priority grows by one (Q2).
    pub(crate) fn age(&mut self, now: Now, id: CallId) {
        let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) else {
            return;
        };
        waiting.aging_at = None;
        let old = waiting.key;
        let Some(queue) = self.queues.get_mut(&waiting.queue) else {
            return;
        };
        let aging = Aging::of(&queue.settings);
        if aging.next(old.priority()).is_none() {
            return;
        }
        waiting.key = old.raised();
        let key = waiting.key;
        queue.rekey(old, key, id);
        let next = aging.next(key.priority());
        self.plan_aging(id, next.map(|step| now.mono + step));
        self.relist_ringing(id);
    }

    /// Sets or clears the moment of the next growth.
    pub(crate) fn plan_aging(&mut self, id: CallId, at: Option<Mono>) {
        let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut waiting.aging_at, at) {
            self.timers.cancel(old, Timer::Aging(id));
        }
        if let Some(at) = at {
            self.timers.set(at, Timer::Aging(id));
        }
    }

    /// Out of the queue; its offers end with `end`.
    fn take_out(&mut self, now: Now, id: CallId, end: OfferEnd) {
        if self.unqueue(id).is_none() {
            return;
        }
        self.mark_leaving(id);
        let offers = self.calls.get(&id).map(|call| call.live_offers(id));
        let offers = offers.filter(|_| guard(Guard::GoneStopsRinging));
        for offer in offers.unwrap_or_default() {
            match end {
                OfferEnd::Revoked => self.revoke(now, offer, Revoked::Requeue),
                _ => self.close_offer(now, offer, end),
            }
        }
        self.shelve(id);
    }

    /// Takes the call off the queue's lists and off the clock; its place is left to the caller.
    pub(crate) fn unqueue(&mut self, id: CallId) -> Option<Waiting> {
        self.plan_aging(id, None);
        self.set_relax(id, None);
        self.set_progress(id, None);
        self.unstick(id);
        let waiting = self.calls.get(&id)?.waiting()?.clone();
        self.timers
            .cancel(waiting.deadline, Timer::CallDeadline(id));
        if let Some(queue) = self.queues.get_mut(&waiting.queue) {
            queue.remove(waiting.key, id);
        }
        Some(waiting)
    }

    /// From here on no end of an offer opens the call again.
    pub(crate) fn mark_leaving(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.place = Place::Leaving;
        }
    }

    /// The call is nowhere; what must be known of it is kept.
    pub(crate) fn shelve(&mut self, id: CallId) {
        if let Some(call) = self.calls.remove(&id) {
            let departure = self.next_seq();
            self.shelf.put(departure, id, call.past);
        }
    }

    fn alarm_if_nobody(&mut self, id: &QueueId) {
        if self.logged_in(id) > 0 && !self.is_missed(id) {
            return;
        }
        let Some(queue) = self.queues.get_mut(id).filter(|queue| !queue.alarmed) else {
            return;
        };
        queue.alarmed = true;
        self.outputs.push_back(Output::Alarm {
            what: "queue_without_operators".into(),
            detail: format!("a caller waits in queue {id} and nobody of its group is logged in"),
        });
    }
}

/// The place of who comes, by how long they have waited already; with a priority said by hand, since it was said.
fn new_place(now: Now, entry: &Entry, past: &Past, aging: Aging) -> Kept {
    let waited = now
        .mono
        .since(past.ages_since(entry.priority).unwrap_or(entry.since));
    let priority = aging.aged(entry.priority, waited);
    let left = aging.left(priority, waited);
    let key = OrderKey::new(priority, entry.since, past.seq);
    (key, left.map(|left| now.mono + left))
}
