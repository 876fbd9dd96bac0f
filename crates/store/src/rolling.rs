//! How callers of each queue were served today and in the last hour, counted as the facts come in, by the rules of a
//! [`report`](crate::report): nobody asks the database for it. Pure: facts and moments in, counts out.
//!
//! A call counts by its arrival, once it is over, in the queue it was in last. What a day had before the first fact is added
//! with [`Rolling::before`].
use std::collections::{BTreeMap, VecDeque};

use gudok_model::{CallEvent, CallId, Outcome, ProjectId, QueueId, Wall};

use crate::levels::{Counts, Terms};
use crate::report::ReportCall;

/// Most calls that are not over; of more, the oldest are not counted.
const OPEN_MAX: usize = 10_000;
/// Most queues of projects; what is beyond is not counted.
const KEYS_MAX: usize = 10_000;
/// The last hour, by minutes of arrival.
const MINUTES: i64 = 60;
const MINUTE_US: i64 = 60_000_000;

/// Whose callers, in which queue.
type Key = (ProjectId, QueueId);

/// The figures as they stand.
#[derive(Debug, Default)]
pub struct Rolling {
    terms: Terms,
    day: Wall,
    open: BTreeMap<CallId, Open>,
    lines: BTreeMap<Key, Line>,
}

#[derive(Debug)]
struct Open {
    project: ProjectId,
    call: ReportCall,
}

#[derive(Debug, Default)]
struct Line {
    today: Counts,
    /// By minute of arrival, the oldest first.
    lately: VecDeque<(i64, Counts)>,
}

impl Rolling {
    /// What calls are counted by.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// When the day began that counts.
    pub fn day(&self) -> Wall {
        self.day
    }

    /// The day that counts began then; another one than before begins with nothing.
    pub fn begin_day(&mut self, at: Wall) {
        if self.day != at {
            self.day = at;
            for line in self.lines.values_mut() {
                line.today = Counts::default();
            }
        }
    }

    /// What this day had before the first fact.
    pub fn before(&mut self, project: ProjectId, queue: QueueId, counts: &Counts) {
        if let Some(line) = self.line((project, queue)) {
            line.today += counts;
        }
    }

    /// The same of the last hour: of calls that arrived in the minute of this moment.
    pub fn before_in_minute(
        &mut self,
        project: ProjectId,
        queue: QueueId,
        at: Wall,
        counts: &Counts,
    ) {
        if let Some(line) = self.line((project, queue)) {
            *line.of_minute(minute(at.0), minute(at.0)) += counts;
        }
    }

    /// One more fact.
    pub fn fact(&mut self, at: Wall, id: CallId, fact: &CallEvent) {
        match fact {
            CallEvent::Arrived { project, .. } => self.arrived(at, id, project),
            CallEvent::Queued { queue, .. } => {
                if let Some(open) = self.open.get_mut(&id) {
                    open.call.queue = Some(queue.to_string());
                    open.call.queued_at.get_or_insert(at.0);
                }
            }
            CallEvent::Bridged { waited_ms, .. } => {
                if let Some(open) = self.open.get_mut(&id) {
                    let waited = i64::try_from(*waited_ms).unwrap_or(i64::MAX);
                    open.call.waited_ms.get_or_insert(waited);
                }
            }
            CallEvent::Ended { outcome, .. } => self.ended(at, id, *outcome),
            _ => {}
        }
    }

    /// Of this day: of these callers, or of all, in this queue.
    pub fn today(&self, project: Option<&ProjectId>, queue: &QueueId) -> Counts {
        let mut sum = Counts::default();
        let lines = self.lines.iter().filter(|((whose, which), _)| {
            which == queue && project.is_none_or(|project| project == whose)
        });
        lines.for_each(|(_, line)| sum += &line.today);
        sum
    }

    /// Of the hour before this moment, by whole minutes, in each queue the callers of each project.
    pub fn hours(&self, now: Wall) -> impl Iterator<Item = (&ProjectId, &QueueId, Counts)> {
        let from = minute(now.0) - MINUTES;
        self.lines.iter().map(move |((project, queue), line)| {
            let mut sum = Counts::default();
            let fresh = line.lately.iter().filter(|(minute, _)| *minute > from);
            fresh.for_each(|(_, counts)| sum += counts);
            (project, queue, sum)
        })
    }

    /// Of the same hour: in this queue, or in all.
    pub fn hour(&self, now: Wall, queue: Option<&QueueId>) -> Counts {
        let mut sum = Counts::default();
        let of = self.hours(now);
        let of = of.filter(|(_, which, _)| queue.is_none_or(|queue| queue == *which));
        of.for_each(|(_, _, counts)| sum += &counts);
        sum
    }

    fn arrived(&mut self, at: Wall, id: CallId, project: &ProjectId) {
        let call = ReportCall {
            arrived_at: at.0,
            ..ReportCall::default()
        };
        let open = Open {
            project: project.clone(),
            call,
        };
        self.open.insert(id, open);
        if self.open.len() > OPEN_MAX {
            self.open.pop_first();
        }
    }

    fn ended(&mut self, at: Wall, id: CallId, outcome: Outcome) {
        let Some(mut open) = self.open.remove(&id) else {
            return;
        };
        open.call.ended_at = Some(at.0);
        open.call.outcome = Some(crate::fold::outcome(outcome).0.to_owned());
        let (Some((left, waited)), Some(queue)) = (open.call.left(), &open.call.queue) else {
            return;
        };
        let (terms, day) = (self.terms, self.day.0);
        let key = (open.project, QueueId::new(queue.as_str()));
        let Some(line) = self.line(key) else { return };
        let arrived = open.call.arrived_at;
        if arrived >= day {
            line.today.add(left, waited, &terms);
        }
        line.of_minute(minute(arrived), minute(at.0))
            .add(left, waited, &terms);
    }

    fn line(&mut self, key: Key) -> Option<&mut Line> {
        if self.lines.len() >= KEYS_MAX && !self.lines.contains_key(&key) {
            return None;
        }
        Some(self.lines.entry(key).or_default())
    }
}

impl Line {
    /// The counts of a minute, which need not be the last; what is older than an hour is let go.
    fn of_minute(&mut self, at: i64, now: i64) -> &mut Counts {
        while self
            .lately
            .front()
            .is_some_and(|(minute, _)| *minute <= now - MINUTES)
        {
            self.lately.pop_front();
        }
        let place = self.lately.partition_point(|(minute, _)| *minute < at);
        if self
            .lately
            .get(place)
            .is_none_or(|(minute, _)| *minute != at)
        {
            self.lately.insert(place, (at, Counts::default()));
        }
        &mut self.lately[place].1
    }
}

fn minute(us: i64) -> i64 {
    us.div_euclid(MINUTE_US)
}

#[cfg(test)]
mod tests {
    use gudok_model::{Caller, Dialled, IdentitySource, Kind, LegId, Parsed, Termination};
    use uuid::Uuid;

    use super::*;

    const NOON: i64 = 1_000 * MINUTE_US;

    struct Day {
        rolling: Rolling,
        calls: u128,
    }

    impl Day {
        fn new() -> Self {
            let mut rolling = Rolling::default();
            rolling.begin_day(Wall(NOON - 12 * 60 * MINUTE_US));
            Self { rolling, calls: 0 }
        }

        /// A caller of a project who came to a queue so many seconds after noon and was answered, or left, so long after.
        fn call(&mut self, project: &str, queue: &str, at: i64, waited: i64, answered: bool) {
            self.calls += 1;
            let (id, at) = (CallId(Uuid::from_u128(self.calls)), NOON + at * 1_000_000);
            let end = at + waited * 1_000_000;
            let mut tell = |at, fact| self.rolling.fact(Wall(at), id, &fact);
            tell(at, arrived(project));
            let (queue, priority) = (queue.into(), 0);
            tell(at, CallEvent::Queued { queue, priority });
            let outcome = match answered {
                true => Outcome::Answered,
                false => Outcome::AbandonedQueue { short: false },
            };
            if answered {
                let (a, b) = (LegId::caller(id), LegId { call: id, index: 1 });
                let operator = Some("ivan".into());
                let waited_ms = waited.unsigned_abs() * 1_000;
                tell(
                    end,
                    CallEvent::Bridged {
                        a,
                        b,
                        operator,
                        waited_ms,
                    },
                );
            }
            let termination = Termination::success("hung-up");
            // The talk is no wait.
            let over = end + i64::from(answered) * 300_000_000;
            tell(
                over,
                CallEvent::Ended {
                    outcome,
                    termination,
                },
            );
        }
    }

    fn arrived(project: &str) -> CallEvent {
        let number = Parsed {
            raw: "100".into(),
            e164: None,
            kind: Kind::Unknown,
        };
        CallEvent::Arrived {
            project: project.into(),
            trunk: "carrier".into(),
            caller: Caller::anonymous(),
            dialled: Dialled {
                number,
                found_in: IdentitySource::From,
            },
            sip_call_id: String::new(),
            session_id: None,
            plan: "1".into(),
        }
    }

    #[test]
    fn a_day_is_of_its_calls_by_whom_and_where() {
        let mut day = Day::new();
        day.call("isp", "tech", 0, 3, true);
        day.call("isp", "tech", 1, 40, true);
        day.call("isp", "tech", 2, 30, false);
        day.call("isp", "sales", 3, 2, false);
        day.call("shop", "tech", 4, 10, true);
        let told = |project: Option<&str>, queue: &str| {
            let project = project.map(ProjectId::from);
            let it = day.rolling.today(project.as_ref(), &queue.into());
            (
                it.offered,
                it.answered,
                it.answered_in_t,
                it.abandoned,
                it.abandoned_short,
            )
        };
        assert_eq!(told(Some("isp"), "tech"), (3, 2, 1, 1, 0));
        assert_eq!(told(Some("isp"), "sales"), (1, 0, 0, 1, 1));
        assert_eq!(told(Some("shop"), "tech"), (1, 1, 1, 0, 0));
        assert_eq!(told(None, "tech"), (4, 3, 2, 1, 0));
        assert!(day.rolling.open.is_empty());
    }

    #[test]
    fn what_was_before_the_start_is_added_and_a_new_day_begins_with_nothing() {
        let mut day = Day::new();
        let before = Counts {
            offered: 10,
            answered: 9,
            ..Counts::default()
        };
        day.rolling.before("isp".into(), "tech".into(), &before);
        day.call("isp", "tech", 0, 3, true);
        let offered = |day: &Day| day.rolling.today(None, &"tech".into()).offered;
        assert_eq!(offered(&day), 11);
        // One that came before midnight and is over after it is of the day before.
        day.rolling.begin_day(Wall(NOON + 1_000_000));
        day.call("isp", "tech", 0, 3, true);
        assert_eq!(offered(&day), 0);
        day.call("isp", "tech", 2, 3, true);
        assert_eq!(offered(&day), 1);
        assert_eq!(
            day.rolling.hour(Wall(NOON + 1), None).offered,
            3,
            "an hour knows no midnight"
        );
    }

    #[test]
    fn an_hour_is_an_hour_and_its_memory_is_bounded() {
        let mut day = Day::new();
        for minute in 0..200 {
            day.call("isp", "tech", minute * 60, 3, minute % 2 == 0);
        }
        let at = |minute: i64| day.rolling.hour(Wall(NOON + minute * MINUTE_US), None);
        // The last talk ended in minute 204: of those who came in the 60 minutes before it nobody came in the last five.
        assert_eq!((at(204).offered, at(204).answered), (55, 27));
        assert_eq!(at(229).offered, 30);
        assert_eq!(at(260), Counts::default());
        assert!(
            day.rolling
                .lines
                .values()
                .all(|line| line.lately.len() <= 66)
        );
        assert_eq!(day.rolling.today(None, &"tech".into()).offered, 200);
    }
}
