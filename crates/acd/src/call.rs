//! One call as the ACD knows it: where it is, who is being rung for it, who refused it.
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gudok_model::{CallId, Mono, Needs, OfferId, OperatorId, QueueId, QueueSettings};
use serde::{Deserialize, Serialize};

use crate::guard::{Guard, guard};
use crate::input::POINTED_MAX;
use crate::offer::{Offer, Phase};
use crate::sticky::Stuck;

/// Refusals remembered of one call; beyond it the oldest is forgotten.
pub(crate) const REFUSALS_MAX: usize = 64;

/// Operators remembered of one call whose phones pointed elsewhere; beyond it the oldest is forgotten.
pub(crate) const AWAY_MAX: usize = 64;

/// A call that is in a queue or with an operator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) past: Past,
    pub(crate) place: Place,
    /// Offers that are not over, by index.
    pub(crate) offers: BTreeMap<u16, Offer>,
}

/// What stays known of a call after it left the queue, so that offers go on being numbered and
/// refusals stay known when the plan sends it to another one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Past {
    /// Order of the first entry, over all queues (Q1).
    pub(crate) seq: u64,
    /// Index of the last offer made; 0: none yet.
    pub(crate) offers_made: u16,
    /// Oldest first, each operator once.
    pub(crate) refusals: Vec<Refusal>,
    /// Whose phones pointed elsewhere, followed or not. Oldest first, each operator once.
    pub(crate) away: Vec<OperatorId>,
    /// How many of their pointings were followed.
    pub(crate) followed: usize,
    /// The queue it waited in last.
    #[serde(default)]
    pub(crate) waited_in: Option<QueueId>,
    /// The priority that was said by hand, wherever the call comes to wait with it.
    #[serde(default)]
    pub(crate) said: Option<SaidPriority>,
    /// An operator has taken it, whatever came of that.
    #[serde(default)]
    pub(crate) taken: bool,
}

/// A priority that a supervisor gave a caller: what was waited before it raises it no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SaidPriority {
    pub(crate) priority: u8,
    /// The waiting that raises it counts from here.
    pub(crate) since: Mono,
}

/// Where a call is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Place {
    /// In a queue, offered or not.
    Waiting(Waiting),
    /// With an operator; the place in the queue is kept for the case that the winner's phone dies
    /// before the first word.
    Talking { offer: u16, back: Waiting },
    /// On the way out: its offers are being closed, then it goes on the shelf.
    Leaving,
}

/// A place in a queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) queue: QueueId,
    pub(crate) key: OrderKey,
    /// The priority it came with; None: a journal of an earlier version does not say.
    #[serde(default)]
    pub(crate) base: Option<u8>,
    pub(crate) deadline: Mono,
    pub(crate) leave_empty: bool,
    /// Answers questions meanwhile: the place is kept, nobody is asked.
    #[serde(default)]
    pub(crate) aside: bool,
    /// When the priority grows next.
    pub(crate) aging_at: Option<Mono>,
    /// When one more group is asked for it.
    #[serde(default)]
    pub(crate) relax_at: Option<Mono>,
    /// When one more phone rings for it.
    pub(crate) progress_at: Option<Mono>,
    /// Whom they wait for before anybody else is asked.
    #[serde(default)]
    pub(crate) sticky: Option<Stuck>,
    /// Rounds of offers so far.
    pub(crate) round: u32,
    /// Who is asked by name; the first of them is being asked now. Empty: anybody of the group.
    pub(crate) named: VecDeque<OperatorId>,
    /// After those who are named nobody is asked.
    #[serde(default)]
    pub(crate) only: bool,
    /// Nobody waits with it on the line.
    #[serde(default)]
    pub(crate) promised: bool,
    /// They wait on though the queue is closed.
    #[serde(default)]
    pub(crate) stays: bool,
    /// What an operator must know for it besides what the queue asks.
    #[serde(default)]
    pub(crate) needs: Needs,
    /// Who is named was chosen by hand.
    #[serde(default)]
    pub(crate) assigned: bool,
    /// Whose phone pointed to whom: the last that was followed.
    pub(crate) pointed: Option<(OperatorId, OperatorId)>,
}

/// The order in a queue: the smaller is served first (Q1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct OrderKey {
    /// 9 less the effective priority.
    lateness: u8,
    /// Effective time of entry.
    pub(crate) since: Mono,
    pub(crate) seq: u64,
}

/// Somebody who is not asked again for this call while others are there (Q4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) operator: OperatorId,
    pub(crate) until: Mono,
    pub(crate) why: RefusalKind,
}

/// Why not again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum RefusalKind {
    Rejected,
    Missed,
    /// Talked with the caller before and passed the call on.
    Talked,
}

impl Call {
    pub(crate) fn new(past: Past, place: Place) -> Self {
        Self {
            past,
            place,
            offers: BTreeMap::new(),
        }
    }

    /// The place in a queue, if it is in one.
    pub(crate) fn waiting(&self) -> Option<&Waiting> {
        match &self.place {
            Place::Waiting(waiting) => Some(waiting),
            Place::Talking { .. } | Place::Leaving => None,
        }
    }

    pub(crate) fn waiting_mut(&mut self) -> Option<&mut Waiting> {
        match &mut self.place {
            Place::Waiting(waiting) => Some(waiting),
            Place::Talking { .. } | Place::Leaving => None,
        }
    }

    /// In a queue and rung for nobody: an operator is wanted.
    pub(crate) fn is_open(&self) -> bool {
        self.waiting().is_some_and(|waiting| !waiting.aside) && self.offers.is_empty()
    }

    /// Ids of the offers that are not over.
    pub(crate) fn live_offers(&self, id: CallId) -> Vec<OfferId> {
        self.offers
            .keys()
            .map(|&index| OfferId { call: id, index })
            .collect()
    }

    /// Whether some offer was accepted (I2 counts them).
    pub(crate) fn accepted(&self) -> usize {
        let accepted = |offer: &&Offer| offer.phase == Phase::Accepted;
        self.offers.values().filter(accepted).count()
    }
}

impl Past {
    /// A call that comes for the first time.
    pub(crate) fn none(seq: u64) -> Self {
        Self {
            seq,
            offers_made: 0,
            refusals: Vec::new(),
            away: Vec::new(),
            followed: 0,
            waited_in: None,
            said: None,
            taken: false,
        }
    }

    /// Remembers that the phone of this operator pointed elsewhere.
    pub(crate) fn points_away(&mut self, operator: &OperatorId) {
        self.away.retain(|it| it != operator);
        if self.away.len() == AWAY_MAX {
            self.away.remove(0);
        }
        self.away.push(operator.clone());
    }

    /// Whether the call may go where a phone points: [`POINTED_MAX`] times, and to nobody who has refused it or whose own
    /// phone pointed elsewhere.
    pub(crate) fn may_follow(&self, to: &OperatorId, now: Mono) -> bool {
        let declined = self.away.contains(to) || self.refusal(to, now).is_some();
        self.followed < POINTED_MAX && !declined
    }

    /// The moment from which waiting raises who comes with this priority; None: from the first queue.
    pub(crate) fn ages_since(&self, priority: u8) -> Option<Mono> {
        let said = self.said.filter(|said| said.priority == priority);
        said.map(|said| said.since)
    }

    /// Remembers a refusal; the newest is last.
    pub(crate) fn remember(&mut self, operator: OperatorId, until: Mono, why: RefusalKind) {
        self.refusals.retain(|refusal| refusal.operator != operator);
        if self.refusals.len() == REFUSALS_MAX {
            self.refusals.remove(0);
        }
        self.refusals.push(Refusal {
            operator,
            until,
            why,
        });
    }

    /// Whether somebody talked with the caller already.
    pub(crate) fn talked(&self) -> bool {
        let talked = |refusal: &Refusal| refusal.why == RefusalKind::Talked;
        self.refusals.iter().any(talked)
    }

    /// Whether no closing queue sends them off: whom an operator has taken is not hung up on because of the hour.
    pub(crate) fn is_kept(&self) -> bool {
        self.taken || self.talked()
    }

    /// The refusal of this operator that still counts at `now`.
    pub(crate) fn refusal(&self, operator: &OperatorId, now: Mono) -> Option<&Refusal> {
        self.refusals
            .iter()
            .find(|refusal| refusal.operator == *operator && refusal.until > now)
    }
}

impl OrderKey {
    /// `priority` above 9 counts as 9.
    pub(crate) fn new(priority: u8, since: Mono, seq: u64) -> Self {
        Self {
            lateness: PRIORITY_MAX - priority.min(PRIORITY_MAX),
            since,
            seq,
        }
    }

    /// The effective priority, 0–9.
    pub(crate) fn priority(self) -> u8 {
        PRIORITY_MAX - self.lateness
    }

    /// The same place one priority higher.
    pub(crate) fn raised(self) -> Self {
        Self {
            lateness: self.lateness.saturating_sub(1),
            ..self
        }
    }
}

/// The highest priority: emergencies, set by the plan only.
pub(crate) const PRIORITY_MAX: u8 = 9;

/// How waiting raises the priority (Q2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aging {
    /// One more for each of these that were waited. None: never.
    step: Option<Duration>,
    /// The highest priority that waiting alone can reach; the emergency class stays apart.
    most: u8,
}

impl Aging {
    pub(crate) fn of(queue: &QueueSettings) -> Self {
        Self {
            step: queue.aging.filter(|step| !step.is_zero()),
            most: queue.aging_max.min(QueueSettings::AGING_MAX),
        }
    }

    /// The effective priority after `waited`.
    pub(crate) fn aged(self, base: u8, waited: Duration) -> u8 {
        let base = base.min(PRIORITY_MAX);
        if self.left(base, waited).is_none() {
            return base;
        }
        let step = self.step.map_or(1, |step| step.as_micros().max(1));
        let grown = u128::from(base).saturating_add(waited.as_micros() / step);
        u8::try_from(grown).map_or(self.most, |grown| grown.min(self.most))
    }

    /// How long until a caller of this effective priority, who waited so long, goes up by one.
    pub(crate) fn left(self, priority: u8, waited: Duration) -> Option<Duration> {
        let step = self.step.filter(|_| priority < self.most)?;
        Some(step.saturating_sub(self.into_step(waited)))
    }

    /// How much of the present step has been waited.
    pub(crate) fn into_step(self, waited: Duration) -> Duration {
        let step = self.step.map_or(1, |step| step.as_micros().max(1));
        let past = waited.as_micros() % step;
        Duration::from_micros(u64::try_from(past).unwrap_or(0))
    }

    /// How long until a caller who has just gone up to this does so again.
    pub(crate) fn next(self, priority: u8) -> Option<Duration> {
        self.step
            .filter(|_| priority < self.most || !guard(Guard::AgingStops))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(n: usize) -> OperatorId {
        OperatorId::from(format!("{n}").as_str())
    }

    /// The last word of one operator counts; of too many the first is forgotten, who may be asked for this call anew.
    #[test]
    fn beyond_the_limit_the_oldest_refusal_is_forgotten() {
        let (mut past, until) = (Past::none(0), Mono(60));
        for n in (0..REFUSALS_MAX).chain([0]) {
            past.remember(operator(n), until, RefusalKind::Rejected);
        }
        let barred = |past: &Past, n| past.refusal(&operator(n), Mono(0)).is_some();
        assert!((0..REFUSALS_MAX).all(|n| barred(&past, n)));
        past.remember(operator(REFUSALS_MAX), until, RefusalKind::Missed);
        assert_eq!(past.refusals.len(), REFUSALS_MAX);
        assert!(!barred(&past, 1) && barred(&past, 0) && barred(&past, REFUSALS_MAX));
    }

    /// Phones that point in a circle are followed so often and no more; whose phone pointed away is not pointed to.
    #[test]
    fn phones_that_point_elsewhere_are_followed_so_often() {
        let mut past = Past::none(0);
        for n in 0..=AWAY_MAX {
            past.points_away(&operator(n));
        }
        assert_eq!(past.away.len(), AWAY_MAX);
        assert!(past.may_follow(&operator(0), Mono(0)), "forgotten");
        assert!(!past.may_follow(&operator(1), Mono(0)));
        past.followed = POINTED_MAX;
        assert!(!past.may_follow(&operator(0), Mono(0)));
    }
}
