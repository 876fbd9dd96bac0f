//! When nobody is behind a queue (Q8): by how its operators are absent, and whether somebody is expected there.
//!
//! A queue that says nothing of it is empty as soon as nobody is logged in; of those nothing is kept here. For the others the
//! operators of all their groups are counted by how they are absent, as they change, so that a door asks six numbers.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{Absence, CallId, Mono, Needs, OperatorId, QueueId, WhenEmpty};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::classes::Class;
use crate::guard::{Guard, guard};
use crate::operator::{Intent, Operator, Work};
use crate::output::Output;
use crate::queue::Queue;
use crate::waiting::Entry;

/// Queues that say when they are empty.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Emptiness {
    rules: BTreeMap<QueueId, WhenEmpty>,
    /// Somebody is to be there by now, or soon.
    expected: BTreeSet<QueueId>,
    /// Operators of each of them who are logged in, by how they are absent: in the order of [`WAYS`].
    there: BTreeMap<QueueId, [u32; WAYS.len()]>,
    /// As what each of them is counted, and where.
    counted: BTreeMap<OperatorId, (Presence, Vec<QueueId>)>,
    /// Queues where somebody has come or gone.
    changed: BTreeSet<QueueId>,
}

/// How somebody who is logged in is absent; None: they could take a call.
type Presence = Option<Absence>;

/// All ways to be logged in.
const WAYS: [Presence; 6] = [
    None,
    Some(Absence::Paused),
    Some(Absence::InUse),
    Some(Absence::Ringing),
    Some(Absence::Unavailable),
    Some(Absence::WrapUp),
];

/// Who asks whether a queue is empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edge {
    /// Who comes.
    Join,
    /// Who waits.
    Leave,
}

impl Emptiness {
    /// Nobody is counted any more; everybody is to be counted anew.
    pub(crate) fn forget_people(&mut self) {
        self.there.clear();
        self.counted.clear();
        self.changed = self.rules.keys().cloned().collect();
    }

    /// Whether everybody is absent by these; by none of them nobody is.
    fn is_bare(&self, queue: &QueueId, absences: &BTreeSet<Absence>) -> bool {
        let there = |(way, count): (&Presence, &u32)| {
            *count > 0 && way.is_none_or(|absence| !absences.contains(&absence))
        };
        let counts = self.there.get(queue);
        let is_there = counts.is_some_and(|counts| WAYS.iter().zip(counts).any(there));
        !absences.is_empty() && !is_there
    }

    /// Whether there are queues to be looked at again.
    pub(crate) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    fn count(&mut self, (presence, queues): &(Presence, Vec<QueueId>), more: bool) {
        for queue in queues {
            let counts = self.there.entry(queue.clone()).or_default();
            let counts = WAYS.iter().zip(counts);
            for (_, count) in counts.filter(|(way, _)| *way == presence) {
                *count = match more {
                    true => *count + 1,
                    false => count.saturating_sub(1),
                };
            }
        }
        self.changed.extend(queues.iter().cloned());
    }
}

impl Acd {
    /// When the queues of the configuration that follows are empty, where they say so; replaces the former. Where somebody is
    /// expected is told anew after it: a queue that expects nobody any more is in no list to be told of.
    pub(crate) fn set_empty(&mut self, rules: BTreeMap<QueueId, WhenEmpty>) {
        self.empty.expected.clear();
        self.empty.rules = rules;
        self.empty.forget_people();
        self.empty.changed.clear();
        let everybody: Vec<OperatorId> = self.operators.keys().cloned().collect();
        for id in &everybody {
            self.count_presence(id);
        }
        // What it comes to is looked at when the queues are those it is said of.
        self.empty.changed.clear();
    }

    /// Somebody is to be behind a queue by now or soon, or nobody is.
    pub(crate) fn expect(&mut self, queue: QueueId, on: bool) {
        let is_new = match on {
            true => self.empty.expected.insert(queue.clone()),
            false => self.empty.expected.remove(&queue),
        };
        if is_new {
            self.empty.changed.insert(queue);
        }
    }

    /// Somebody has come to a queue: what holds of those who wait holds of them.
    pub(crate) fn look_again(&mut self, queue: &QueueId) {
        if self.empty.rules.contains_key(queue) {
            self.empty.changed.insert(queue.clone());
        }
    }

    /// Whether a queue says when it is empty. Those for whom somebody rings do not leave it then.
    pub(crate) fn has_rule(&self, queue: &QueueId) -> bool {
        self.empty.rules.contains_key(queue)
    }

    /// Whether nobody is behind a queue for who comes to it so, and nobody is expected there.
    pub(crate) fn is_empty_for(&self, queue: &Queue, edge: Edge, entry: &Entry, now: Mono) -> bool {
        let rung = queue.rung_at(entry.since, now);
        let needs = || queue.settings.needs_for(&entry.needs, rung);
        self.is_empty(queue, edge, needs)
    }

    /// Who waits in a queue and has nobody behind it.
    pub(crate) fn bereft(&self, queue: &Queue) -> Vec<CallId> {
        let rule = self.empty.rules.get(&queue.settings.id);
        let by_skill = rule.is_some_and(|rule| rule.leave.contains(&Absence::BelowSkill));
        let has_nobody = |class| self.is_empty(queue, Edge::Leave, || queue.needs(class).clone());
        if !by_skill {
            return match has_nobody(Class::default()) {
                true => queue.calls(),
                false => Vec::new(),
            };
        }
        let classes: BTreeSet<Class> = queue
            .open
            .known()
            .into_iter()
            .filter(|it| has_nobody(*it))
            .collect();
        if classes.is_empty() {
            return Vec::new();
        }
        let calls = queue.calls().into_iter();
        calls
            .filter(|call| classes.contains(&queue.open.class(*call)))
            .collect()
    }

    fn is_empty(&self, queue: &Queue, edge: Edge, needs: impl Fn() -> Needs) -> bool {
        let id = &queue.settings.id;
        let rule = self.empty.rules.get(id);
        let expected = self.empty.expected.contains(id) && guard(Guard::ExpectedStay);
        match (rule.filter(|_| guard(Guard::EmptyByAbsence)), edge) {
            (None, _) => self.logged_in(id) == 0,
            (Some(_), _) if expected => false,
            (Some(rule), Edge::Join) => self.is_bare(queue, &rule.join, needs),
            (Some(rule), Edge::Leave) => self.is_bare(queue, &rule.leave, needs),
        }
    }

    /// Whether everybody is absent by these. Where it is asked what they know, member by member: that is of the caller.
    fn is_bare(
        &self,
        queue: &Queue,
        absences: &BTreeSet<Absence>,
        needs: impl Fn() -> Needs,
    ) -> bool {
        if !absences.contains(&Absence::BelowSkill) {
            return self.empty.is_bare(&queue.settings.id, absences);
        }
        let needs = needs();
        let groups = queue.groups().filter_map(|id| self.groups.get(id));
        let mut members = groups.flat_map(|group| group.places.keys());
        let is_there = |id: &OperatorId| {
            let who = self.operators.get(id);
            let who = who.filter(|who| who.session.is_some() && !who.removed);
            who.is_some_and(|who| absence(who).is_none_or(|it| !absences.contains(&it)))
        };
        !members.any(|id| is_there(id) && self.skills.meets(id, &needs))
    }

    /// Whether somebody is expected in a queue where nobody is.
    pub(crate) fn is_missed(&self, id: &QueueId) -> bool {
        let rule = self.empty.rules.get(id);
        let rule = rule.filter(|_| self.empty.expected.contains(id));
        rule.zip(self.queues.get(id)).is_some_and(|(rule, queue)| {
            let is_bare = |class| self.is_bare(queue, &rule.leave, || queue.needs(class).clone());
            classes(rule, queue).into_iter().any(is_bare)
        })
    }

    /// Queues that may have become empty since this was asked last; of those where somebody is missed it is told.
    pub(crate) fn changed_queues(&mut self) -> Vec<QueueId> {
        let changed = std::mem::take(&mut self.empty.changed);
        for id in &changed {
            self.alarm_if_missed(id);
        }
        changed.into_iter().collect()
    }

    fn alarm_if_missed(&mut self, id: &QueueId) {
        let missed = self.is_missed(id);
        let Some(queue) = self.queues.get_mut(id) else {
            return;
        };
        if !missed {
            queue.alarmed &= queue.logged_in == Some(0);
        } else if !queue.alarmed && !queue.calls().is_empty() {
            queue.alarmed = true;
            self.outputs.push_back(Output::Alarm {
                what: "queue_without_operators".into(),
                detail: format!(
                    "callers wait in queue {id} and nobody of those who are expected is there"
                ),
            });
        }
    }

    /// Brings the counts of the queues that say when they are empty up to date.
    pub(crate) fn count_presence(&mut self, id: &OperatorId) {
        if self.empty.rules.is_empty() {
            return;
        }
        let is = self.presence(id);
        let was = self.empty.counted.get(id);
        if was == is.as_ref() {
            return;
        }
        if let Some(was) = self.empty.counted.remove(id) {
            self.empty.count(&was, false);
        }
        if let Some(is) = is {
            self.empty.count(&is, true);
            self.empty.counted.insert(id.clone(), is);
        }
    }

    /// As what an operator counts, and in which queues; in each once. None: as nobody.
    fn presence(&self, id: &OperatorId) -> Option<(Presence, Vec<QueueId>)> {
        let operator = self.operators.get(id)?;
        let there = operator.session.is_some() && !operator.removed;
        let groups = operator.groups.iter().filter_map(|id| self.groups.get(id));
        let queues = groups.flat_map(|group| group.queues.iter().chain(&group.helps));
        let ruled: BTreeSet<&QueueId> = queues
            .filter(|id| self.empty.rules.contains_key(*id))
            .collect();
        there.then(|| (absence(operator), ruled.into_iter().cloned().collect()))
    }

    /// Whether the counts are what a look at everybody comes to (I9).
    pub(crate) fn check_presence(&self) -> Result<(), String> {
        let mut anew = Emptiness::default();
        let everybody = self
            .operators
            .keys()
            .filter(|_| !self.empty.rules.is_empty());
        for presence in everybody.filter_map(|id| self.presence(id)) {
            anew.count(&presence, true);
        }
        for queue in self.empty.rules.keys() {
            let of = |it: &Emptiness| it.there.get(queue).copied().unwrap_or_default();
            let (kept, there) = (of(&self.empty), of(&anew));
            if kept != there {
                return Err(format!("I9: queue {queue} counts {kept:?} of {there:?}"));
            }
        }
        Ok(())
    }
}

/// For whom it is asked whether anybody is there: where it is asked what operators know, for each kind of those who wait.
fn classes(rule: &WhenEmpty, queue: &Queue) -> BTreeSet<Class> {
    let by_skill = rule.leave.contains(&Absence::BelowSkill);
    let callers = queue.len() + queue.alone.len();
    match by_skill && callers > 0 {
        true => queue.open.kinds(callers),
        false => BTreeSet::from([Class::default()]),
    }
}

/// How somebody who is logged in is absent: the first that is true.
fn absence(operator: &Operator) -> Presence {
    match &operator.work {
        Work::Reserved(_) | Work::Ringing(_) => Some(Absence::Ringing),
        Work::WrapUp(_) => Some(Absence::WrapUp),
        Work::Idle if operator.engaged.is_some() => Some(Absence::InUse),
        Work::Idle if !operator.endpoint_up() => Some(Absence::Unavailable),
        Work::Idle if operator.intent != Intent::Ready || operator.capped.is_some() => {
            Some(Absence::Paused)
        }
        Work::Idle => None,
        _ => Some(Absence::InUse),
    }
}
