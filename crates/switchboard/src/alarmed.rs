//! Alarms that are on, and those of which nobody wants to hear for a while: on record with whoever said so.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Actor, AlarmKind, FloorEvent, Name, Now, QueueId, Wall, Which};

use crate::floor::Rejection;
use crate::supervise::Speaker;
use crate::switchboard::Switchboard;
use crate::wall::{AlarmNow, View};

/// Longest that an alarm is kept quiet. A day.
pub const QUIET_LONGEST: Duration = Duration::from_secs(24 * 3_600);

impl Switchboard {
    /// An alarm came on or went off; told again, nothing changes.
    pub(crate) fn on_alarm(
        &mut self,
        now: Now,
        what: AlarmKind,
        subject: Name,
        level: Option<u64>,
    ) {
        let (what, subject) = (Name::from(what.word()), subject);
        let which = (what.clone(), subject.clone());
        let fact = match level {
            Some(level) => {
                let is_news = self.alarmed.comes(now.wall, which, level);
                is_news.then_some(FloorEvent::AlarmOn {
                    what,
                    subject,
                    level,
                })
            }
            None => {
                let was = self.alarmed.goes(&which);
                was.then_some(FloorEvent::AlarmOff { what, subject })
            }
        };
        if let Some(fact) = fact {
            self.floor_fact(fact);
        }
    }

    /// Nobody wants to hear of an alarm for so long, whether it is on or not; zero: they do again. Of a queue whoever directs it
    /// may say so, of all else an admin.
    pub(crate) fn quiet(
        &mut self,
        now: Now,
        (by, actor): (&Speaker, Actor),
        which: Which,
        length: Duration,
    ) -> Result<(), Rejection> {
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

    fn may_hush(&self, by: &Speaker, actor: &Actor, subject: &Name) -> bool {
        match (actor, by) {
            (Actor::Admin(_), _) | (_, Speaker::Admin(_)) => true,
            (_, Speaker::Operator(id)) => {
                let view = self.profile(id).and_then(View::of);
                let queue = QueueId::new(subject.clone());
                view.is_some_and(|view| self.shows_queue(&view, &queue))
            }
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
        let seen = self.alarmed.iter();
        let seen = seen.filter(|((what, subject), _)| self.shows_alarm(view, what, subject));
        let told = seen.filter_map(|(which, stands)| {
            let alarm = AlarmNow {
                what: which.0.clone(),
                subject: which.1.clone(),
                since: stands.since?,
                level: stands.level,
                quiet_until: stands.quiet_until.filter(|it| *it > now),
            };
            Some((which.clone(), alarm))
        });
        told.collect()
    }
}
