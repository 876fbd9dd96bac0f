//! Alarms that are on, and those of which nobody wants to hear for a while: on record with whoever said so.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Actor, AlarmKind, FloorEvent, Name, Now, OperatorId, QueueId, Wall};

use crate::floor::Rejection;
use crate::switchboard::Switchboard;
use crate::wall::{AlarmNow, View};

/// Most alarms that are quiet at one time; beyond it the one that ends first is loud again.
pub const QUIET_MAX: usize = 256;

/// Longest that an alarm is kept quiet. A day.
pub const QUIET_LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// What and of whom; of the whole hotline where that is empty.
type Which = (Name, Name);

/// What is on and what is quiet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarmed {
    /// Since when, and what it came on by.
    on: BTreeMap<Which, (Wall, u64)>,
    /// Until when.
    quiet: BTreeMap<Which, Wall>,
}

impl Alarmed {
    fn hush(&mut self, now: Wall, which: Which, until: Option<Wall>) {
        self.quiet.retain(|_, until| *until > now);
        let Some(until) = until else {
            self.quiet.remove(&which);
            return;
        };
        self.quiet.insert(which, until);
        if self.quiet.len() > QUIET_MAX {
            let first = self.quiet.iter().min_by_key(|(_, until)| **until);
            if let Some(first) = first.map(|(which, _)| which.clone()) {
                self.quiet.remove(&first);
            }
        }
    }
}

impl Switchboard {
    /// An alarm came on or went off; told again, nothing changes.
    pub(crate) fn on_alarm(
        &mut self,
        now: Now,
        what: AlarmKind,
        subject: Name,
        level: Option<u64>,
    ) {
        let which = (Name::from(what.word()), subject);
        let was = self.alarmed.on.contains_key(&which);
        let (what, subject) = which.clone();
        match level {
            Some(level) if !was => {
                self.alarmed.on.insert(which, (now.wall, level));
                self.floor_fact(FloorEvent::AlarmOn {
                    what,
                    subject,
                    level,
                });
            }
            None if was => {
                self.alarmed.on.remove(&which);
                self.floor_fact(FloorEvent::AlarmOff { what, subject });
            }
            _ => {}
        }
    }

    /// Nobody wants to hear of an alarm for so long, whether it is on or not; zero: they do again. Of a queue whoever directs it
    /// may say so, of all else an admin.
    pub(crate) fn quiet(
        &mut self,
        now: Now,
        by: &OperatorId,
        which: Which,
        length: Duration,
    ) -> Result<(), Rejection> {
        let actor = self.supervisor(by)?;
        let (what, subject) = &which;
        if AlarmKind::named(what).is_none() || !self.may_hush(by, &actor, subject) {
            return Err(Rejection {
                code: "unknown_alarm".into(),
                actual: None,
            });
        }
        let until = (!length.is_zero()).then(|| now.wall + length.min(QUIET_LONGEST));
        self.floor_fact(FloorEvent::AlarmQuiet {
            what: what.clone(),
            subject: subject.clone(),
            until,
            actor,
        });
        self.alarmed.hush(now.wall, which, until);
        Ok(())
    }

    fn may_hush(&self, by: &OperatorId, actor: &Actor, subject: &Name) -> bool {
        let view = self.profile(by).and_then(View::of);
        let queue = QueueId::new(subject.clone());
        match actor {
            Actor::Admin(_) => true,
            _ => view.is_some_and(|view| self.shows_queue(&view, &queue)),
        }
    }

    /// Of a queue, whoever sees it; of the machine, everybody. Trunks and what is owed are of all projects together: a foreign
    /// one's are told to nobody (S07).
    fn shows_alarm(&self, view: &View, what: &Name, subject: &Name) -> bool {
        match AlarmKind::named(what) {
            Some(kind) if kind.is_of_queue() => {
                self.shows_queue(view, &QueueId::new(subject.clone()))
            }
            Some(AlarmKind::TrunkDown | AlarmKind::CallbackOverdue) => {
                let mut numbers = self.plan.iter().flat_map(|plan| plan.numbers());
                numbers.all(|it| view.sees(&it.project))
            }
            _ => true,
        }
    }

    /// The alarms that are on, of what the viewer sees.
    pub(crate) fn alarms_now(&self, now: Wall, view: &View) -> BTreeMap<Which, AlarmNow> {
        let on = self.alarmed.on.iter();
        let seen = on.filter(|((what, subject), _)| self.shows_alarm(view, what, subject));
        let told = seen.map(|(which, (since, level))| {
            let alarm = AlarmNow {
                what: which.0.clone(),
                subject: which.1.clone(),
                since: *since,
                level: *level,
                quiet_until: self
                    .alarmed
                    .quiet
                    .get(which)
                    .copied()
                    .filter(|it| *it > now),
            };
            (which.clone(), alarm)
        });
        told.collect()
    }
}
