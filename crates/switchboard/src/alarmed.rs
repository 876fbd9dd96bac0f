//! Alarms that are on, and those of which nobody wants to hear for a while: on record with whoever said so.
//!
//! Named policies: what is of one project's callers or people is told to, and kept quiet by, whoever sees that project (S07); what is
//! of all who share a queue, by whoever sees the queue. What an earlier version measured of all projects together is told only to
//! whoever sees them all.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{
    Actor, AlarmKind, FloorEvent, GroupId, Name, Now, OperatorId, ProjectId, QueueId, Wall, Which,
};

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
        (kind, subject, project): (AlarmKind, Name, Option<ProjectId>),
        level: Option<u64>,
    ) {
        let what = Name::from(kind.word());
        let which = Which {
            what: what.clone(),
            subject: subject.clone(),
            project: project.clone(),
        };
        let fact = match level {
            Some(level) => {
                let is_news = self.alarmed.comes(now.wall, which, level);
                is_news.then_some(FloorEvent::AlarmOn {
                    what,
                    subject,
                    project,
                    level,
                })
            }
            None => {
                let was = self.alarmed.goes(&which);
                was.then_some(FloorEvent::AlarmOff {
                    what,
                    subject,
                    project,
                })
            }
        };
        if let Some(fact) = fact {
            self.floor_fact(fact);
        }
    }

    /// Nobody wants to hear of an alarm for so long, whether it is on or not; zero: they do again. Of what is of their project or of
    /// a queue that they direct a supervisor may say so, of all else an admin.
    pub(crate) fn quiet(
        &mut self,
        now: Now,
        (by, actor): (&Speaker, Actor),
        which: Which,
        length: Duration,
    ) -> Result<(), Rejection> {
        let which = self.hushable(by, &actor, which).ok_or(Rejection {
            code: "unknown_alarm".into(),
            actual: None,
        })?;
        let until = (!length.is_zero()).then(|| now.wall + length.min(QUIET_LONGEST));
        self.floor_fact(FloorEvent::AlarmQuiet {
            what: which.what.clone(),
            subject: which.subject.clone(),
            project: which.project.clone(),
            until,
            actor,
        });
        self.alarmed.hush(now.wall, which, until);
        Ok(())
    }

    /// Which alarm is meant, where the speaker may say so.
    fn hushable(&self, by: &Speaker, actor: &Actor, which: Which) -> Option<Which> {
        let kind = AlarmKind::named(&which.what)?;
        if which.project.is_some() && !kind.is_of_project() {
            return None;
        }
        match (actor, by) {
            (Actor::Admin(_), _) | (_, Speaker::Admin(_)) => Some(which),
            (_, Speaker::Operator(id)) => {
                self.hushable_of(kind, &View::of(self.profile(id)?)?, which)
            }
        }
    }

    fn hushable_of(&self, kind: AlarmKind, view: &View, which: Which) -> Option<Which> {
        let View::Project(own) = view else {
            return Some(which);
        };
        if !kind.is_of_project() {
            let queue = QueueId::new(which.subject.clone());
            return (kind.is_of_queue() && self.shows_queue(view, &queue)).then_some(which);
        }
        let project = which.project.unwrap_or_else(|| own.clone());
        let which = Which {
            project: Some(project).filter(|it| it == own),
            ..which
        };
        let may = which.project.is_some()
            && (self.alarmed.is_on(&which) || self.has_subject(kind, view, &which.subject));
        may.then_some(which)
    }

    /// Whether there may be such an alarm in this view, on or not: what nobody can have would only take the room of others.
    fn has_subject(&self, kind: AlarmKind, view: &View, subject: &Name) -> bool {
        match kind {
            AlarmKind::BreakTooLong | AlarmKind::HoldTooLong => {
                self.is_seen(view, &OperatorId::new(subject.clone()))
            }
            AlarmKind::CallbackExhausted => {
                let group = GroupId::new(subject.clone());
                subject.is_empty() || self.reaches_group(&view.reach(), &group)
            }
            AlarmKind::CallbackOverdue => subject.is_empty(),
            _ => self.shows_queue(view, &QueueId::new(subject.clone())),
        }
    }

    /// Of one project, whoever sees it; of the people of a queue, whoever sees the queue; of the machine, everybody. Trunks are of all
    /// projects together: a foreign one's are told to nobody (S07).
    fn shows_alarm(&self, view: &View, which: &Which) -> bool {
        match (AlarmKind::named(&which.what), &which.project) {
            (_, Some(project)) => view.sees(project),
            (Some(AlarmKind::NobodyReady), None) => {
                self.shows_queue(view, &QueueId::new(which.subject.clone()))
            }
            (Some(AlarmKind::TrunkDown), None) => self.sees_all(view),
            (Some(kind), None) if kind.is_of_project() => self.sees_all(view),
            _ => true,
        }
    }

    fn sees_all(&self, view: &View) -> bool {
        let mut numbers = self.plan.iter().flat_map(|plan| plan.numbers());
        numbers.all(|it| view.sees(&it.project))
    }

    /// The alarms that are on, of what the viewer sees: as in a [`picture`](Self::picture), without the rest of it.
    pub fn alarms_now(&self, now: Wall, view: &View) -> BTreeMap<Which, AlarmNow> {
        let seen = self.alarmed.iter();
        let seen = seen.filter(|(which, _)| self.shows_alarm(view, which));
        let told = seen.filter_map(|(which, stands)| {
            let alarm = AlarmNow {
                which: which.clone(),
                since: stands.since?,
                level: stands.level,
                quiet_until: self.alarmed.quiet_until(now, which),
            };
            Some((which.clone(), alarm))
        });
        told.collect()
    }
}
