//! A look at a few things at a time, for a daemon that runs: what must be true after every step, and whether somebody waits beside
//! somebody who is free (behaviour 5.2; pain 7 of its list).
use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use gudok_model::{CallId, GroupId, Mono, OperatorId, QueueId};

use crate::acd::Acd;

/// Things of each kind in one look.
const LOOK_AT: usize = 32;

/// Who waits so long beside somebody who is free is told of.
const STALLED_AFTER: Duration = Duration::from_secs(2);

/// The same thing is told again after this.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Where the looks are: they go round and round.
#[derive(Debug, Default)]
pub struct Probe {
    call: Option<CallId>,
    operator: Option<OperatorId>,
    queue: Option<QueueId>,
    group: Option<GroupId>,
    /// Since when callers are seen to wait beside somebody who is free.
    stalled: BTreeMap<QueueId, Mono>,
    told: BTreeMap<&'static str, Mono>,
}

/// Something that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// `invariant`, or `oldest_waiting_beside_free`.
    pub what: &'static str,
    /// English, for the log.
    pub detail: String,
}

impl Acd {
    /// Looks at the next few calls, operators, queues and groups; each kind of finding is told once a minute. Costs microseconds,
    /// however many there are: it changes nothing, and belongs between two steps.
    pub fn look(&self, probe: &mut Probe, now: Mono) -> Vec<Finding> {
        let mut found = Vec::new();
        for (id, call) in next(&self.calls, &mut probe.call) {
            let offers = call.offers.iter();
            let mut checks = offers.map(|(index, offer)| {
                let index = *index;
                self.check_offer(gudok_model::OfferId { call: *id, index }, offer)
            });
            let checked = checks.find(Result::is_err).unwrap_or(Ok(()));
            found.extend(checked.and_then(|()| self.check_call(*id, call)).err());
        }
        for (id, operator) in next(&self.operators, &mut probe.operator) {
            let offered = operator.offer().filter(|offer| {
                let call = self.calls.get(&offer.call);
                call.is_some_and(|call| call.offers.contains_key(&offer.index))
            });
            found.extend(self.check_operator(id, operator, offered).err());
        }
        for (id, group) in next(&self.groups, &mut probe.group) {
            found.extend(self.check_group(id, group).err());
        }
        for (id, _) in next(&self.queues, &mut probe.queue) {
            found.extend(self.look_at_queue(id, probe, now));
        }
        probe.stalled.retain(|id, _| self.queues.contains_key(id));
        let broken = found.into_iter().next().map(|detail| Finding {
            what: "invariant",
            detail,
        });
        let stalled = self.stalled(probe, now);
        let all = broken.into_iter().chain(stalled);
        all.filter(|it| probe.tells(it.what, now)).collect()
    }

    /// That a caller and an operator do not meet is a fault when it lasts: the step that brings them together may be still to come.
    fn look_at_queue(&self, id: &QueueId, probe: &mut Probe, now: Mono) -> Option<String> {
        match self.check_queue(id) {
            Err(why) if why.starts_with("I4") => {
                probe.stalled.entry(id.clone()).or_insert(now);
                None
            }
            checked => {
                probe.stalled.remove(id);
                checked.err()
            }
        }
    }

    fn stalled(&self, probe: &Probe, now: Mono) -> Option<Finding> {
        let mut lasting = probe.stalled.iter();
        let (id, _) = lasting.find(|(_, since)| now.since(**since) > STALLED_AFTER)?;
        let detail = self.check_queue(id).err()?;
        Some(Finding {
            what: "oldest_waiting_beside_free",
            detail: format!("queue {id}: {detail}"),
        })
    }
}

impl Probe {
    fn tells(&mut self, what: &'static str, now: Mono) -> bool {
        let told = self.told.get(what);
        let is_new = told.is_none_or(|told| now.since(*told) >= TOLD_EVERY);
        if is_new {
            self.told.insert(what, now);
        }
        is_new
    }
}

/// The next few after those of the look before; from the beginning again behind the last.
fn next<'a, K: Ord + Clone, V>(
    map: &'a BTreeMap<K, V>,
    after: &mut Option<K>,
) -> Vec<(&'a K, &'a V)> {
    let from = after.take().map_or(Bound::Unbounded, Bound::Excluded);
    let some: Vec<_> = map.range((from, Bound::Unbounded)).take(LOOK_AT).collect();
    *after = match some.len() == LOOK_AT {
        true => some.last().map(|(id, _)| (*id).clone()),
        false => None,
    };
    some
}

#[cfg(test)]
mod tests {
    use gudok_model::{
        Actor, AutoAnswer, GroupSettings, Now, OperatorProfile, QueueSettings, SessionId, Strategy,
        Wall,
    };
    use uuid::Uuid;

    use super::*;
    use crate::Input;
    use crate::call::OrderKey;

    fn tell(acd: &mut Acd, input: Input) {
        let now = Now {
            mono: Mono(1),
            wall: Wall(1),
        };
        acd.handle_input(now, input);
        while acd.poll_output().is_some() {}
    }

    /// Fifty operators of one group, of whom the last is ready.
    fn floor() -> Acd {
        let mut acd = Acd::new();
        let name = |n: usize| OperatorId::from(format!("op{n:02}").as_str());
        let profile = |n: usize| OperatorProfile {
            id: name(n),
            name: "Анна".into(),
            project: "demo".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: true,
            phone: None,
            role: gudok_model::Role::Operator,
        };
        tell(&mut acd, Input::Operators((0..50).map(profile).collect()));
        let mut group = GroupSettings::usual("tech".into(), (0..50).map(name).collect());
        group.strategy = Strategy::Linear;
        let queue = QueueSettings::usual("tech".into(), "tech".into());
        tell(
            &mut acd,
            Input::Configured {
                groups: vec![group],
                queues: vec![queue],
                skills: Vec::new(),
            },
        );
        let (operator, session) = (name(49), SessionId(1));
        tell(
            &mut acd,
            Input::Phone {
                operator: operator.clone(),
                live: true,
            },
        );
        tell(
            &mut acd,
            Input::Login {
                operator: operator.clone(),
                session,
            },
        );
        let actor = Actor::Operator(operator.clone());
        tell(&mut acd, Input::Ready { operator, actor });
        acd
    }

    fn at(secs: u64) -> Mono {
        Mono(1) + Duration::from_secs(secs)
    }

    #[test]
    fn nothing_is_found_where_nothing_is_wrong() {
        let (acd, mut probe) = (floor(), Probe::default());
        for second in 0..10 {
            assert_eq!(acd.look(&mut probe, at(second)), []);
        }
    }

    #[test]
    fn a_broken_invariant_is_found_in_a_round_and_told_once_a_minute() {
        let (mut acd, mut probe) = (floor(), Probe::default());
        // A bug that makes somebody ready whom no person made so: nothing but a look at that one tells.
        let who = acd
            .operators
            .get_mut(&OperatorId::from("op49"))
            .expect("known");
        who.by = Actor::Policy("login".into());
        assert_eq!(acd.look(&mut probe, at(0)), [], "the first 32 are well");
        let found = acd.look(&mut probe, at(1));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "invariant");
        assert!((2..60).all(|second| acd.look(&mut probe, at(second)).is_empty()));
        let again = (61..64).flat_map(|second| acd.look(&mut probe, at(second)));
        assert_eq!(again.count(), 1);
    }

    #[test]
    fn who_waits_beside_somebody_free_for_two_seconds_is_told_of() {
        let (mut acd, mut probe) = (floor(), Probe::default());
        let call = CallId(Uuid::from_u128(7));
        let key = OrderKey::new(0, Mono(1), 1);
        let queue = acd.queues.get_mut(&QueueId::from("tech")).expect("known");
        queue.insert(Mono(1), key, call, 0);
        for second in 0..=2 {
            assert_eq!(acd.look(&mut probe, at(second)), []);
        }
        let found = acd.look(&mut probe, at(3));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "oldest_waiting_beside_free");
        let queue = acd.queues.get_mut(&QueueId::from("tech")).expect("known");
        queue.remove(key, call);
        assert_eq!(acd.look(&mut probe, at(70)), []);
    }
}
