//! Brings the groups' lists of a person up to date with what is true of them.
use std::time::Duration;

use gudok_model::{CallId, GroupId, Now, OperatorId, SkillSettings, Strategy};

use crate::acd::Acd;
use crate::bench::{Free, Standing};
use crate::call::OrderKey;
use crate::group::Group;
use crate::operator::{Intent, Next, Operator, Work};
use crate::skills::Skills;
use crate::timer::Timer;

/// How often the share of the session at work is looked at again of who is free, where a group goes by it (`least_occupied`).
pub const MEASURE_EVERY: Duration = Duration::from_secs(60);

impl Acd {
    /// Everybody is listed by what they know, so nobody is while that changes; `configure` enrolls them anew.
    pub(crate) fn learn(&mut self, now: Now, settings: &[SkillSettings]) {
        let everybody: Vec<OperatorId> = self.operators.keys().cloned().collect();
        for id in &everybody {
            self.stand(id, Standing::default());
        }
        self.skills = Skills::new(settings);
        self.set_expiries(now, settings);
    }

    /// Lists a person as they are now.
    pub(crate) fn relist(&mut self, id: &OperatorId) {
        let Some(operator) = self.operators.get(id) else {
            return;
        };
        let free = operator.routable().then(|| self.free_as(id, operator));
        let rings = self.rings_for(operator);
        self.stand(id, Standing { free, rings });
    }

    /// As before where nothing has changed: measures that time changes are taken anew by a timer.
    fn free_as(&self, id: &OperatorId, operator: &Operator) -> Free {
        let known = operator.standing.free;
        if let Some(known) = known.filter(|known| known.since == operator.idle_since) {
            return known;
        }
        let goes_by_share = self
            .groups_of(operator)
            .any(|group| group.settings.strategy == Strategy::LeastOccupied);
        Free {
            since: operator.idle_since,
            measures: self.measures(id),
            measure_at: goes_by_share.then(|| self.now + MEASURE_EVERY),
        }
    }

    /// The caller for whom the phone of a person only rings, whom a more urgent one may take: they are asked for as one of
    /// many, and would be free if it rang no more.
    fn rings_for(&self, operator: &Operator) -> Option<OrderKey> {
        let (Work::Reserved(ring) | Work::Ringing(ring)) = &operator.work else {
            return None;
        };
        let stays = operator
            .next
            .as_ref()
            .is_none_or(|wish| wish.next == Next::Ready)
            && operator.intent == Intent::Ready
            && operator.engaged.is_none()
            && operator.endpoint_up()
            && !operator.removed;
        if !stays || !self.groups_of(operator).any(|group| group.preempted) {
            return None;
        }
        let waiting = self.calls.get(&ring.offer.call)?.waiting()?;
        waiting.named.is_empty().then_some(waiting.key)
    }

    /// The place in the order of a call is another: so is what the phones that ring for it ring for.
    pub(crate) fn relist_ringing(&mut self, call: CallId) {
        let offers = self.calls.get(&call).map(|call| &call.offers);
        let rung = offers
            .into_iter()
            .flatten()
            .map(|(_, offer)| offer.operator.clone());
        for operator in rung.collect::<Vec<_>>() {
            self.relist(&operator);
        }
    }

    fn groups_of(&self, operator: &Operator) -> impl Iterator<Item = &Group> {
        let groups = operator.groups.iter();
        groups.filter_map(|id| self.groups.get(id))
    }

    /// Takes a person off the lists and puts them back otherwise.
    pub(crate) fn stand(&mut self, id: &OperatorId, wanted: Standing) {
        let Some(operator) = self.operators.get_mut(id) else {
            return;
        };
        let listed = std::mem::replace(&mut operator.standing, wanted);
        if wanted == listed {
            return;
        }
        let groups: Vec<GroupId> = operator.groups.clone();
        for group_id in &groups {
            let Some(group) = self.groups.get_mut(group_id) else {
                continue;
            };
            group.unlist(id, &listed, &self.skills);
            group.list(id, &wanted, &self.skills);
            let is_news = wanted.free.is_some() || (wanted.rings.is_some() && group.preempted);
            if is_news {
                self.dirty.insert(group_id.clone());
            }
        }
        if wanted.free.is_some() && self.awaited.contains_key(id) {
            self.freed.insert(id.clone());
        }
        self.measure_from(id, listed.free, wanted.free);
    }

    fn measure_from(&mut self, id: &OperatorId, listed: Option<Free>, wanted: Option<Free>) {
        let at = |free: Option<Free>| free.and_then(|free| free.measure_at);
        if let Some(at) = at(listed) {
            self.timers.cancel(at, Timer::Measure(id.clone()));
        }
        if let Some(at) = at(wanted) {
            self.timers.set(at, Timer::Measure(id.clone()));
        }
    }

    /// The share at work falls while somebody is free.
    pub(crate) fn measure_again(&mut self, id: &OperatorId) {
        let Some(standing) = self.operators.get(id).map(|who| who.standing) else {
            return;
        };
        let measures = self.measures(id);
        let again = |free| Free {
            measures,
            measure_at: Some(self.now + MEASURE_EVERY),
            ..free
        };
        let free = standing.free.map(again);
        self.stand(id, Standing { free, ..standing });
    }
}
