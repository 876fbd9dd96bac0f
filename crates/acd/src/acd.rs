//! The machine: inputs and time in, outputs out. Each kind of input has its own file; here is what
//! they share: the state, the step and the bookkeeping after it.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gudok_model::{BreakRule, CallId, GroupId, Mono, Name, Now, OperatorId, QueueId};
use serde::{Deserialize, Serialize};

use crate::call::{Call, OrderKey};
use crate::caps::Caps;
use crate::empty::Emptiness;
use crate::expiry::Expiries;
use crate::group::Group;
use crate::ledger::Ledger;
use crate::operator::{Operator, Shown, WrapUp};
use crate::queue::Queue;
use crate::shelf::Shelf;
use crate::skills::Skills;
use crate::tally::{Doing, Tally};
use crate::timer::{Timer, Timers};
use crate::{Input, Output};

/// All queues and all operators of the hotline. One owner, no locks; see the crate's page for the rules.
///
/// After each `handle_*` call, take outputs with [`poll_output`](Self::poll_output) until there are none,
/// then sleep until [`poll_timeout`](Self::poll_timeout).
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Acd {
    pub(crate) operators: BTreeMap<OperatorId, Operator>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
    pub(crate) skills: Skills,
    /// Levels of them that end some day.
    #[serde(default)]
    pub(crate) expiries: Expiries,
    /// What each has done since they sat down.
    pub(crate) tallies: BTreeMap<OperatorId, Tally>,
    pub(crate) queues: BTreeMap<QueueId, Queue>,
    pub(crate) calls: BTreeMap<CallId, Call>,
    /// The account of each session.
    pub(crate) ledgers: BTreeMap<OperatorId, Ledger>,
    /// What binds breaks, by their reasons.
    pub(crate) breaks: BTreeMap<Name, BreakRule>,
    /// Limits of people.
    #[serde(default)]
    pub(crate) caps: Caps,
    /// Calls that left their queue.
    pub(crate) shelf: Shelf,
    pub(crate) timers: Timers,
    /// Numbers calls and their departures.
    pub(crate) seq: u64,
    pub(crate) draining: bool,
    /// The latest moment seen.
    pub(crate) now: Mono,
    /// Groups where a caller and an operator may have become a match.
    pub(crate) dirty: BTreeSet<GroupId>,
    /// Groups whose last member logged out.
    pub(crate) emptied: BTreeSet<GroupId>,
    /// Queues that say when they are empty.
    #[serde(default)]
    pub(crate) empty: Emptiness,
    /// Queues that are closed and let nobody wait meanwhile.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) closed: BTreeSet<QueueId>,
    /// Those of them that somebody may have to leave.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) closing: BTreeSet<QueueId>,
    /// Who waits for whom, in the order in which they came.
    pub(crate) awaited: BTreeMap<OperatorId, BTreeSet<(OrderKey, CallId)>>,
    /// Operators who are waited for and may have become free.
    pub(crate) freed: BTreeSet<OperatorId>,
    /// Operators whose face may have changed.
    pub(crate) touched: BTreeSet<OperatorId>,
    pub(crate) outputs: VecDeque<Output>,
    /// The call this step has to do with; see [`Acd::serving`].
    #[serde(skip)]
    pub(crate) serving: Option<CallId>,
    /// The end of a ringing leaves something undone, as in an earlier version.
    #[serde(default)]
    pub(crate) loose_ends: bool,
    /// Strategies and limits go by counts of their own, as in an earlier version.
    #[serde(default)]
    pub(crate) counts_twice: bool,
    /// Who serves other groups is not asked how many stay, as in an earlier version.
    #[serde(default)]
    pub(crate) serves_freely: bool,
}

impl Acd {
    /// No groups, no queues, no operators; they come as inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// As an earlier version had it, for a replay of its journals: where somebody who is paused is rung by name and refuses again,
    /// the first pause ends the second; and who was rung for by somebody whom a reload took out of the group does not leave a queue
    /// that is empty by then.
    #[must_use]
    pub fn with_loose_ends(self) -> Self {
        Self {
            loose_ends: true,
            ..self
        }
    }

    /// As an earlier version had it, for a replay of its journals: strategies and limits go by what is counted beside the account
    /// of a session. That has calls that reached nobody, and after a restart the talks that an operator dialled; and it is not told
    /// how much of the talk those were.
    #[must_use]
    pub fn counting_twice(self) -> Self {
        Self {
            counts_twice: true,
            ..self
        }
    }

    /// As an earlier version had it, for a replay of its journals: who leaves a group by `Serves` leaves it however few stay.
    #[must_use]
    pub fn serving_freely(self) -> Self {
        Self {
            serves_freely: true,
            ..self
        }
    }

    /// Takes in one event. One that does not fit the state yields `Output::Rejected` and changes nothing.
    ///
    /// Timers that were due *before* `now` fire first, so that a late driver decides as a punctual one;
    /// an event at the very instant of a deadline still counts.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        self.serving = None;
        if let Some(before) = now.mono.0.checked_sub(1) {
            self.fire(now, Mono(before));
        }
        self.now = self.now.max(now.mono);
        self.dispatch(now, input);
        self.finish(now);
    }

    /// Fires every timer that is due at `now`. Calling it early or twice does no harm.
    pub fn handle_timeout(&mut self, now: Now) {
        self.serving = None;
        self.fire(now, now.mono);
    }

    /// The next thing to do, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called. None: nothing is due ever.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.timers.next()
    }

    /// The call that a timer or the matcher works at, inside a `handle_*` alone. A driver that survives a panic learns
    /// from it whose call the bug ended.
    pub fn serving(&self) -> Option<CallId> {
        self.serving
    }

    fn dispatch(&mut self, now: Now, input: Input) {
        match input {
            Input::Configured {
                groups,
                queues,
                skills,
            } => {
                self.learn(now, &skills);
                self.configure(now, groups, queues);
            }
            Input::WhenEmpty { queues } => self.set_empty(queues),
            Input::Expected { queue, on } => self.expect(queue, on),
            Input::Closed { queue, on } => self.set_closed(queue, on),
            Input::Operators(profiles) => self.set_operators(now, profiles),
            Input::Breaks(rules) => self.set_breaks(rules),
            Input::Caps(caps) => self.set_caps(now, caps),
            Input::Queued {
                call,
                queue,
                priority,
                since,
                deadline,
                leave_empty,
                first,
                sticky,
                resumed,
                stays,
                promised,
                needs,
            } => {
                let since = since.min(now.mono);
                let entry = crate::waiting::Entry {
                    queue,
                    priority,
                    since,
                    deadline,
                    leave_empty,
                    first,
                    only: false,
                    sticky,
                    resumed,
                    stays,
                    promised,
                    needs,
                };
                self.enqueue(now, call, entry);
            }
            Input::Named {
                call,
                queue,
                since,
                deadline,
                operator,
            } => {
                let entry = crate::waiting::Entry {
                    queue,
                    priority: 0,
                    since: since.min(now.mono),
                    deadline,
                    leave_empty: false,
                    first: vec![operator],
                    only: true,
                    sticky: None,
                    resumed: false,
                    stays: false,
                    promised: false,
                    needs: gudok_model::Needs::new(),
                };
                self.enqueue(now, call, entry);
            }
            Input::Aside { call } => self.step_aside(now, call),
            Input::Gone { call } => self.gone(now, call),
            Input::Login { operator, session } => self.login(now, &operator, session),
            Input::Logout { operator, actor } => self.logout(now, &operator, actor),
            Input::Desk {
                operator,
                session,
                live,
            } => self.desk(now, &operator, session, live),
            Input::Phone { operator, live } => self.phone(now, &operator, live),
            Input::Ready { operator, actor } => self.ready(now, &operator, actor),
            Input::NotReady {
                operator,
                reason,
                actor,
            } => self.not_ready(now, &operator, reason, actor),
            Input::Force {
                operator,
                to,
                actor,
            } => self.force(now, &operator, to, actor),
            Input::Preview {
                operator,
                attempt,
                lasts,
            } => self.preview(now, &operator, attempt, lasts),
            Input::Skipped { operator, attempt } => self.preview_ended(&operator, Some(attempt)),
            Input::Dialling {
                operator,
                attempt,
                call,
                hold_max,
            } => self.dialling(&operator, attempt, (call, hold_max)),
            Input::DialAnswered { operator, attempt } => {
                self.dial_answered(now, &operator, attempt);
            }
            Input::DialEnded {
                operator,
                attempt,
                wrap_up,
            } => self.dial_ended(now, &operator, attempt, wrap_up),
            Input::Alerting { offer } => self.alerting(now, offer),
            Input::Answered { offer } => self.answered(now, offer),
            Input::Rejected { offer } => self.rejected(now, offer),
            Input::Redirected { offer, to } => self.redirected(now, offer, &to),
            Input::Unanswered { offer } => self.unanswered(now, offer),
            Input::DeviceFailed { offer } => self.device_failed(now, offer),
            Input::Held { operator, on } => self.held(&operator, on),
            Input::Consulting { operator, on } => self.consulting(&operator, on),
            Input::Conferring { operator, on } => self.conferring(&operator, on),
            Input::TalkEnded { operator, call } => self.talk_ended(now, &operator, call),
            Input::InVain {
                operator,
                call,
                at_most,
            } => self.in_vain(now, &operator, call, at_most),
            Input::Kept { operator, call, of } => self.keep_for(now, &operator, call, of),
            Input::Joined { call, operator } => self.joined(now, call, &operator),
            Input::Engaged { operator, call, on } => self.engaged(&operator, call, on),
            Input::Disposed {
                operator,
                call,
                done,
            } => self.disposed(now, &operator, call, done),
            Input::Extend { operator, by } => self.extend(&operator, by),
            Input::WrapUpResumed {
                operator,
                call,
                left,
                disposed,
            } => self.resume_wrap_up(now, &operator, WrapUp::resumed(now, call, left, disposed)),
            Input::Restored { person } => self.restore(now, *person),
            Input::Cursor { group, operator } => self.set_cursor(&group, operator),
            Input::Taken { operator, at } => self.took_before(&operator, at),
            Input::Given { operator, groups } => self.give_groups(&operator, groups),
            Input::Reserve { .. }
            | Input::Regroup { .. }
            | Input::Reprioritise { .. }
            | Input::Assign { .. } => self.by_hand(now, input),
            Input::Serves { operator, groups } => self.choose_groups(&operator, groups),
            Input::Drain => self.drain(),
        }
    }

    /// Fires what is due at or before `until`, then matches once: a caller whose time is up at the
    /// same instant as a wrap-up is not offered any more.
    fn fire(&mut self, now: Now, until: Mono) {
        self.now = self.now.max(now.mono);
        let mut fired = false;
        while let Some(timer) = self.timers.take_due(until) {
            self.serving = self.owner(&timer);
            self.expire(now, timer);
            self.serving = None;
            fired = true;
        }
        if fired {
            self.finish(now);
        }
    }

    /// The call a timer is for: of an operator's wrap-up it is the call that is written up.
    fn owner(&self, timer: &Timer) -> Option<CallId> {
        match timer {
            Timer::CallDeadline(call)
            | Timer::Aging(call)
            | Timer::Relax(call)
            | Timer::Progress(call)
            | Timer::Sticky(call) => Some(*call),
            Timer::Offer(offer) => Some(offer.call),
            Timer::WrapUp(operator) | Timer::Hold(operator) => {
                self.operators.get(operator)?.face().call
            }
            Timer::Cooldown(_)
            | Timer::PhoneFailed(_)
            | Timer::DeskGrace(_)
            | Timer::Break(_)
            | Timer::Back(_)
            | Timer::Preview(_)
            | Timer::Cap(_)
            | Timer::Expiry
            | Timer::Measure(_) => None,
        }
    }

    fn expire(&mut self, now: Now, timer: Timer) {
        match timer {
            Timer::CallDeadline(call) => self.wait_timed_out(now, call),
            Timer::Aging(call) => self.age(now, call),
            Timer::Relax(call) => self.relax(now, call),
            Timer::Sticky(call) => self.waited_for_one(call),
            Timer::Progress(call) => self.ring_one_more(now, call),
            Timer::Measure(operator) => self.measure_again(&operator),
            Timer::Offer(offer) => self.offer_due(now, offer),
            Timer::WrapUp(operator) => self.end_wrap_up(now, &operator),
            Timer::Cooldown(operator) => self.edit(&operator, |who| who.cooldown_until = None),
            Timer::PhoneFailed(operator) => {
                self.edit(&operator, |who| who.endpoint.phone_failed_until = None);
            }
            Timer::DeskGrace(operator) => {
                self.edit(&operator, |who| who.endpoint.desk_grace_until = None);
            }
            Timer::Break(operator) => self.break_too_long(&operator),
            Timer::Hold(operator) => self.hold_too_long(&operator),
            Timer::Back(operator) => self.not_back(&operator),
            Timer::Cap(operator) => self.cap_due(&operator),
            Timer::Expiry => self.level_due(now),
            Timer::Preview(operator) => self.preview_ended(&operator, None),
        }
    }

    /// After each step: callers of closed queues and those without operators leave, matches are made, faces are announced.
    fn finish(&mut self, now: Now) {
        self.sweep_closed(now);
        self.sweep_emptied(now);
        self.match_waiting(now);
        // Who has just been rung may have been the last who was there: that is judged now, not when something else happens.
        if self.empty.has_changed() {
            self.sweep_emptied(now);
            self.match_waiting(now);
        }
        // Whose phone was taken for an emergency waits for nobody in a closed queue either.
        self.sweep_closed(now);
        self.announce(now);
    }

    /// Changes an operator and brings everything that depends on it up to date.
    pub(crate) fn edit(&mut self, id: &OperatorId, change: impl FnOnce(&mut Operator)) {
        let Some(operator) = self.operators.get_mut(id) else {
            return;
        };
        let before = Doing::of(operator);
        change(operator);
        let after = Doing::of(operator);
        if before != after && self.counts_twice {
            let tally = self.tallies.entry(id.clone()).or_default();
            tally.goes_on(before, after, self.now);
        }
        self.keep_cap(id, before, after);
        self.touched.insert(id.clone());
        self.relist(id);
        self.recount(id);
        self.count_presence(id);
    }

    /// Brings the groups' counts of logged-in members up to date.
    fn recount(&mut self, id: &OperatorId) {
        let Some(operator) = self.operators.get(id) else {
            return;
        };
        let wanted = operator.session.is_some() && !operator.removed;
        self.count_as(id, wanted);
    }

    /// Counts a member, or does so no more.
    pub(crate) fn count_as(&mut self, id: &OperatorId, wanted: bool) {
        let Some(operator) = self.operators.get_mut(id) else {
            return;
        };
        let counted = std::mem::replace(&mut operator.counted, wanted);
        if wanted == counted {
            return;
        }
        if !wanted {
            self.forsake(id);
        }
        let Some(operator) = self.operators.get(id) else {
            return;
        };
        // Whoever is in two groups of a queue counts once.
        let mut asked: BTreeSet<&QueueId> = BTreeSet::new();
        for group_id in &operator.groups {
            let group = self.groups.get(group_id).into_iter();
            asked.extend(group.flat_map(|it| it.queues.iter().chain(&it.helps)));
        }
        for queue in asked {
            if let Some(queue) = self.queues.get_mut(queue) {
                queue.logged_in = queue.logged_in.map(|count| match wanted {
                    true => count + 1,
                    false => count.saturating_sub(1),
                });
                queue.alarmed &= !wanted;
            }
        }
        for group_id in &operator.groups {
            let Some(group) = self.groups.get_mut(group_id) else {
                continue;
            };
            if wanted {
                group.logged_in += 1;
            } else {
                group.logged_in = group.logged_in.saturating_sub(1);
                if group.logged_in == 0 {
                    self.emptied.insert(group_id.clone());
                }
            }
        }
    }

    /// Tells of each face that is not as it was told last.
    fn announce(&mut self, now: Now) {
        for id in std::mem::take(&mut self.touched) {
            self.keep_clocks(now, &id);
            self.keep_ledger(now, &id);
            let Some(operator) = self.operators.get_mut(&id) else {
                self.outputs
                    .push_back(Output::StateChanged { operator: id });
                continue;
            };
            let face = operator.face();
            let shown = &mut operator.shown;
            let same_intent = shown.intent == operator.intent;
            if !same_intent {
                shown.intent = operator.intent.clone();
            }
            if shown.face == face {
                if !same_intent {
                    let operator = id;
                    self.outputs.push_back(Output::MindChanged { operator });
                }
                continue;
            }
            let same = shown.face.display == face.display && shown.face.reason == face.reason;
            let since = if same { shown.since } else { now.wall };
            let version = shown.version + 1;
            operator.shown = Shown {
                version,
                since,
                face,
                intent: operator.intent.clone(),
            };
            self.outputs
                .push_back(Output::StateChanged { operator: id });
        }
    }

    /// Answers an input that does not fit.
    pub(crate) fn refuse(&mut self, code: &str, operator: Option<&OperatorId>) {
        let met = operator.and_then(|id| self.operators.get(id));
        let actual = met.map(|operator| operator.face().display.slug().into());
        self.outputs.push_back(Output::Rejected {
            code: code.into(),
            actual,
        });
    }

    /// The next number, for calls and departures.
    pub(crate) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }
}
