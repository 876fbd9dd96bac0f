//! Who is capped by policy (5.1): limits of people by name. Whoever has reached one is offered no call, though they are as ready as
//! they said; as soon as it binds them no more they are offered calls again, and nobody's word is needed for it (I6).
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gudok_model::{CapSettings, Mono, Name, Now, OperatorId, Wall};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::talked::Talked;
use crate::tally::Doing;
use crate::timer::Timer;

/// The span of `calls_per_hour`.
const HOUR: Duration = Duration::from_secs(3_600);

/// The limits of the plan, and what they go by that nothing else keeps.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Caps {
    rules: Vec<Rule>,
    /// When they began to talk with callers, of those whom a number of calls binds; the last hour, oldest first.
    taken: BTreeMap<OperatorId, VecDeque<Mono>>,
    /// How long they talked, of those whom a time in talks binds.
    #[serde(default)]
    talked: BTreeMap<OperatorId, Talked>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Rule {
    settings: CapSettings,
    /// When the admission ends, on the clock that is never set.
    until: Option<Mono>,
}

/// Why somebody is offered no call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Capped {
    /// The name of the limit.
    pub(crate) policy: Name,
    /// What of it. Russian.
    pub(crate) why: String,
}

impl Capped {
    /// As it is displayed.
    pub(crate) fn reason(&self) -> Name {
        format!("cap:{}", self.policy).into()
    }
}

impl Caps {
    /// Whether a person is bound, and when that is another, as far as time alone goes.
    pub(crate) fn judge(&self, id: &OperatorId, now: Mono) -> (Option<Capped>, Option<Mono>) {
        let (mut capped, mut next) = (None, None);
        for rule in self.of(id) {
            for (why, at) in self.parts(rule, id, now) {
                next = [next, at].into_iter().flatten().min();
                capped = capped.or_else(|| {
                    Some(Capped {
                        policy: rule.settings.id.clone(),
                        why: why?,
                    })
                });
            }
        }
        (capped, next)
    }

    /// The limits that bind somebody.
    fn of(&self, id: &OperatorId) -> impl Iterator<Item = &Rule> {
        let rules = self.rules.iter();
        rules.filter(move |rule| rule.settings.operators.contains(id))
    }

    /// Each part of a limit: why it binds, if it does, and when to look again.
    fn parts(
        &self,
        rule: &Rule,
        id: &OperatorId,
        now: Mono,
    ) -> [(Option<String>, Option<Mono>); 3] {
        let CapSettings {
            calls_per_hour,
            talk_max,
            ..
        } = &rule.settings;
        let full = calls_per_hour.and_then(|most| {
            let freed = self.freed(id, most, now)?;
            Some((format!("звонков за час — {most}"), freed))
        });
        let talk = talk_max.and_then(|max| {
            let freed = self.talked.get(id)?.freed(max)?;
            let minutes = max.as_secs() / 60;
            Some((format!("разговоров за смену — {minutes} мин"), freed))
        });
        let over = rule.until.filter(|until| *until <= now);
        [
            (full.as_ref().map(|it| it.0.clone()), full.map(|it| it.1)),
            (talk.as_ref().map(|it| it.0.clone()), talk.map(|it| it.1)),
            (
                over.map(|_| "допуск кончился".to_owned()),
                rule.until.filter(|until| *until > now),
            ),
        ]
    }

    /// When the oldest of so many calls is an hour ago. None: there were fewer.
    fn freed(&self, id: &OperatorId, most: u32, now: Mono) -> Option<Mono> {
        let taken = self.taken.get(id)?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let first = taken.len().checked_sub(most)?;
        let freed = *taken.get(first)? + HOUR;
        (freed > now).then_some(freed)
    }

    /// Most calls that are to be remembered of somebody.
    fn remembered(&self, id: &OperatorId) -> usize {
        let most = self.of(id).filter_map(|rule| rule.settings.calls_per_hour);
        let most = most.max();
        usize::try_from(most.unwrap_or(0)).unwrap_or(usize::MAX)
    }

    fn note(&mut self, id: &OperatorId, at: Mono) {
        let most = self.remembered(id);
        if most == 0 {
            return;
        }
        let taken = self.taken.entry(id.clone()).or_default();
        let place = taken.partition_point(|taken| *taken <= at);
        taken.insert(place, at);
        // One more than bind: the last may come to be none.
        while taken.len() > most.saturating_add(1) {
            taken.pop_front();
        }
    }

    /// Nobody was reached by the talk that began then.
    pub(crate) fn untake(&mut self, id: &OperatorId, since: Mono) {
        let taken = self.taken.get_mut(id);
        if let Some(taken) = taken.filter(|it| it.back() == Some(&since)) {
            taken.pop_back();
        }
    }

    fn binds_talk(&self, id: &OperatorId) -> bool {
        self.of(id).any(|rule| rule.settings.talk_max.is_some())
    }
}

impl Acd {
    /// The limits of the plan; replaces the former. What was taken within the hour counts on.
    pub(crate) fn set_caps(&mut self, now: Now, caps: Vec<CapSettings>) {
        let on_clock = |until: Wall| now.mono + until.since(now.wall);
        let rule = |settings: CapSettings| Rule {
            until: settings.until.map(on_clock),
            settings,
        };
        self.caps.rules = caps.into_iter().map(rule).collect();
        let mut taken = std::mem::take(&mut self.caps.taken);
        taken.retain(|id, _| self.caps.remembered(id) > 0);
        self.caps.taken = taken;
        let everybody: Vec<OperatorId> = self.operators.keys().cloned().collect();
        for id in &everybody {
            self.edit(id, |_| {});
        }
    }

    /// After each change of a person, before it is looked whether they are routable.
    pub(crate) fn keep_cap(&mut self, id: &OperatorId, before: Doing, after: Doing) {
        let Some(operator) = self.operators.get(id) else {
            return;
        };
        let known = operator.capped.is_some() || operator.cap_at.is_some();
        if self.caps.rules.is_empty() && !known {
            return;
        }
        if after.begins_talk(before) {
            self.caps.note(id, self.now);
        }
        self.keep_talked(id);
        let (capped, next) = self.caps.judge(id, self.now);
        let Some(operator) = self.operators.get_mut(id) else {
            return;
        };
        operator.capped = capped;
        if operator.cap_at == next {
            return;
        }
        if let Some(at) = std::mem::replace(&mut operator.cap_at, next) {
            self.timers.cancel(at, Timer::Cap(id.clone()));
        }
        if let Some(at) = next {
            self.timers.set(at, Timer::Cap(id.clone()));
        }
    }

    /// By the account of the session, which outlives a restart. Who has no seat has talked nothing.
    fn keep_talked(&mut self, id: &OperatorId) {
        let session = self.operators.get(id).and_then(|who| who.session);
        let bound = session.filter(|_| self.caps.binds_talk(id));
        let shift = bound.and(self.shift(id, self.now));
        let Some(shift) = shift.filter(|shift| Some(shift.session) == session) else {
            self.caps.talked.remove(id);
            return;
        };
        let (talked, now) = (shift.tally.talk_us, self.now);
        let new = || Talked::before(shift.session, talked, shift.length_us, now);
        let kept = self.caps.talked.entry(id.clone()).or_insert_with(new);
        if kept.session != shift.session {
            *kept = new();
        }
        kept.goes_on(talked, now);
    }

    /// What somebody took in the run before counts on.
    pub(crate) fn took_before(&mut self, id: &OperatorId, at: Vec<Mono>) {
        for at in at {
            self.caps.note(id, at);
        }
        self.edit(id, |_| {});
    }

    /// A limit may bind somebody no more, or from now on.
    pub(crate) fn cap_due(&mut self, id: &OperatorId) {
        if let Some(operator) = self.operators.get_mut(id) {
            operator.cap_at = None;
        }
        self.edit(id, |_| {});
    }
}
