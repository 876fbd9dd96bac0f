//! Alarms with hysteresis: readings in, what came on and went off out. The rules are the plan's, the readings the driver's; what
//! is on is told to the [`Switchboard`](crate::Switchboard) as an input ([`Input::Alarm`](crate::Input)), which records it, shows it and keeps it quiet.
//!
//! An alarm comes on when its level has been at `on` or beyond for as long as its rule says, and goes off as soon as it is at
//! `off` or beyond; in between it stays as it is. Whatever is measured no more is well.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{AlarmKind, AlarmRule, Mono, Name, ProjectId};

/// Most subjects that are watched: queues and trunks times kinds. Beyond it the last by name are not.
pub const READINGS_MAX: usize = 10_000;

/// What was on in the run before stays so for so long, whatever is measured: at a start nothing is measured well yet.
pub const SETTLES: Duration = Duration::from_secs(60);

/// What was measured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Of what.
    pub what: AlarmKind,
    /// The queue, the trunk, the operator or the group; empty: of all there is.
    pub subject: Name,
    /// Whose callers or people, where each project has its own ([`AlarmKind::is_of_project`]).
    pub project: Option<ProjectId>,
    /// As its kind measures.
    pub level: u64,
}

/// An alarm came on or went off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What.
    pub what: AlarmKind,
    /// Of whom; empty: of all there is.
    pub subject: Name,
    /// Whose callers or people.
    pub project: Option<ProjectId>,
    /// On or off.
    pub on: bool,
    /// What it was at then; of what is measured no more, what it was at last.
    pub level: u64,
}

/// What, of whom, and whose.
pub type Key = (AlarmKind, Name, Option<ProjectId>);

/// What was measured last, and what came of it.
#[derive(Debug, Default)]
pub struct Alarms {
    watched: BTreeMap<Key, Watched>,
}

#[derive(Clone, Copy, Debug)]
struct Watched {
    on: bool,
    /// Since when the level calls for an alarm that is not on yet.
    calls: Option<Mono>,
    level: u64,
    /// On until then in any case.
    stays: Option<Mono>,
}

impl Alarms {
    /// After a restart: these were on, by their last levels.
    pub fn go_on(&mut self, now: Mono, alarms: impl IntoIterator<Item = (Key, u64)>) {
        for (key, level) in alarms {
            let is = Watched {
                on: true,
                calls: None,
                level,
                stays: Some(now + SETTLES),
            };
            self.watched.insert(key, is);
        }
    }

    /// Takes in what was measured now, all of it.
    pub fn look(&mut self, now: Mono, rules: &[AlarmRule], readings: &[Reading]) -> Vec<Change> {
        let mut former = std::mem::take(&mut self.watched);
        let mut changes = Vec::new();
        for reading in readings.iter().take(READINGS_MAX) {
            let project = reading.project.clone();
            let key = (reading.what, reading.subject.clone(), project);
            let before = former.remove(&key);
            let is = next(now, &rule(rules, reading), before, reading.level);
            if is.on != before.is_some_and(|it| it.on) {
                changes.push(change(&key, is));
            }
            self.watched.insert(key, is);
        }
        for (key, it) in former.into_iter().filter(|(_, it)| it.on) {
            match it.stays_at(now) {
                true => drop(self.watched.insert(key, it)),
                false => changes.push(change(&key, Watched { on: false, ..it })),
            }
        }
        changes
    }
}

impl Watched {
    fn stays_at(&self, now: Mono) -> bool {
        self.stays.is_some_and(|until| now < until)
    }
}

fn change((what, subject, project): &Key, is: Watched) -> Change {
    Change {
        what: *what,
        subject: subject.clone(),
        project: project.clone(),
        on: is.on,
        level: is.level,
    }
}

fn next(now: Mono, rule: &AlarmRule, before: Option<Watched>, level: u64) -> Watched {
    if let Some(before) = before.filter(|it| it.on) {
        let on = before.stays_at(now) || !rule.goes(level);
        return Watched {
            on,
            calls: None,
            level,
            stays: before.stays,
        };
    }
    let since = before.and_then(|it| it.calls).unwrap_or(now);
    let calls = rule.comes(level).then_some(since);
    let on = calls.is_some_and(|since| now.since(since) >= rule.lasts);
    Watched {
        on,
        calls,
        level,
        stays: None,
    }
}

/// The rule of the plan for this queue, else for all, else the usual one.
fn rule(rules: &[AlarmRule], reading: &Reading) -> AlarmRule {
    let of_kind = || rules.iter().filter(|rule| rule.what == reading.what);
    let own = of_kind().find(|rule| {
        let queue = rule.queue.as_ref();
        queue.is_some_and(|queue| queue.as_str() == &*reading.subject)
    });
    let rule = own.or_else(|| of_kind().find(|rule| rule.queue.is_none()));
    rule.cloned().unwrap_or_else(|| reading.what.usual())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::Duration;

    use insta::assert_snapshot;

    use super::*;

    fn rule(what: AlarmKind, queue: Option<&str>, levels: (u64, u64), lasts: u64) -> AlarmRule {
        AlarmRule {
            what,
            queue: queue.map(Into::into),
            on: levels.0,
            off: levels.1,
            lasts: Duration::from_secs(lasts),
        }
    }

    /// One reading a second, `-` where nothing is measured; what is told beside it.
    fn picture(rules: &[AlarmRule], what: AlarmKind, levels: &str) -> String {
        let (mut alarms, mut told) = (Alarms::default(), String::new());
        for (at, level) in (0_u64..).zip(levels.split_whitespace()) {
            let readings: Vec<Reading> = level
                .parse()
                .map(|level| Reading {
                    what,
                    subject: "tech".into(),
                    project: None,
                    level,
                })
                .into_iter()
                .collect();
            let changes = alarms.look(Mono(at * 1_000_000), rules, &readings);
            let words = changes.iter().map(|it| match it.on {
                true => " on",
                false => " off",
            });
            let words: String = words.collect();
            writeln!(told, "{at:2} s {level:>3}{words}").expect("a string takes all");
        }
        told
    }

    #[test]
    fn it_comes_on_when_it_lasts_and_goes_off_at_once_past_the_other_level() {
        let rules = [rule(AlarmKind::ServiceLevel, None, (70, 80), 3)];
        let levels = "75 70 69 71 70 60 50 50 75 79 70 80 79 70 70 70 70 100";
        assert_snapshot!(picture(&rules, AlarmKind::ServiceLevel, levels), @"
         0 s  75
         1 s  70
         2 s  69
         3 s  71
         4 s  70
         5 s  60
         6 s  50
         7 s  50 on
         8 s  75
         9 s  79
        10 s  70
        11 s  80 off
        12 s  79
        13 s  70
        14 s  70
        15 s  70
        16 s  70 on
        17 s 100 off
        ");
    }

    #[test]
    fn what_is_bad_when_high_and_what_is_measured_no_more() {
        let levels = "0 299 300 400 61 60 300 - 300";
        assert_snapshot!(picture(&[], AlarmKind::OldestWaiting, levels), @"
         0 s   0
         1 s 299
         2 s 300 on
         3 s 400
         4 s  61
         5 s  60 off
         6 s 300 on
         7 s   - off
         8 s 300 on
        ");
    }

    /// What is measured at a start is not believed at once, and what is measured no more is not well at once.
    #[test]
    fn what_was_on_before_a_restart_is_on_for_a_minute_and_then_as_it_is_measured() {
        let was_on = |reading: Option<u64>, secs: u64| {
            let mut alarms = Alarms::default();
            let (what, subject) = (AlarmKind::OldestWaiting, Name::from("tech"));
            alarms.go_on(Mono(0), [((what, subject.clone(), None), 310)]);
            let reading = reading.map(|level| Reading {
                what,
                subject,
                project: None,
                level,
            });
            let changes = alarms.look(Mono(secs * 1_000_000), &[], reading.as_slice());
            let again = alarms.look(Mono(200_000_000), &[], reading.as_slice());
            let told = changes.into_iter().chain(again);
            told.map(|it| it.on).collect::<Vec<bool>>()
        };
        for secs in [1, 59, 60] {
            assert_eq!(was_on(None, secs), [false], "told off, once");
            assert_eq!(was_on(Some(60), secs), [false], "well by its rule");
            assert!(was_on(Some(300), secs).is_empty(), "on, and told of");
        }
        let mut alarms = Alarms::default();
        alarms.go_on(Mono(0), [((AlarmKind::Disk, Name::default(), None), 4)]);
        assert!(alarms.look(Mono(59_999_999), &[], &[]).is_empty());
        assert_eq!(alarms.look(Mono(60_000_000), &[], &[]).len(), 1);
    }

    #[test]
    fn a_queue_has_its_own_rule_or_that_of_all() {
        let all = rule(AlarmKind::OldestWaiting, None, (10, 5), 0);
        let own = rule(AlarmKind::OldestWaiting, Some("tech"), (3, 1), 0);
        let other = rule(AlarmKind::OldestWaiting, Some("sales"), (1, 0), 0);
        let levels = "2 3 1";
        let told = picture(&[all.clone(), other, own], AlarmKind::OldestWaiting, levels);
        assert_eq!(told, " 0 s   2\n 1 s   3 on\n 2 s   1 off\n");
        let told = picture(&[all], AlarmKind::OldestWaiting, levels);
        assert!(!told.contains("on"), "{told}");
    }

    /// One project's callers wait, the other's are served: the one alarm says nothing of the other.
    #[test]
    fn each_project_has_its_own_alarm_of_a_queue_by_the_rule_of_the_queue() {
        let rules = [rule(AlarmKind::OldestWaiting, Some("tech"), (30, 10), 0)];
        let reading = |project: &str, level| Reading {
            what: AlarmKind::OldestWaiting,
            subject: "tech".into(),
            project: Some(project.into()),
            level,
        };
        let mut alarms = Alarms::default();
        let told = |changes: Vec<Change>| {
            let told = changes.into_iter();
            told.map(|it| (it.project.expect("its project").to_string(), it.on))
                .collect::<Vec<_>>()
        };
        let seen = [reading("gas", 5), reading("isp", 31)];
        let came = told(alarms.look(Mono(0), &rules, &seen));
        assert_eq!(came, [("isp".to_owned(), true)]);
        let seen = [reading("gas", 40)];
        let came = told(alarms.look(Mono(1_000_000), &rules, &seen));
        let gone = [("gas".to_owned(), true), ("isp".to_owned(), false)];
        assert_eq!(came, gone, "of whom nobody waits any more is well");
    }

    #[test]
    fn every_usual_rule_is_steady_and_names_itself() {
        for (word, kind) in AlarmKind::WORDS {
            let usual = kind.usual();
            assert!(usual.is_steady(), "{word}");
            assert_eq!((kind.word(), usual.what), (word, kind));
            assert!(!usual.comes(usual.off) && !usual.goes(usual.on), "{word}");
        }
    }
}
