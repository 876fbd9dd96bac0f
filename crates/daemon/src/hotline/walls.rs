//! The wall, carried: once a second each view that somebody watches is told what is another, and what calls for an alarm is
//! measured. What is seen and what is an alarm, the machines decide.
use std::collections::BTreeMap;

use gudok_cti::{WallRequest, WallStream};
use gudok_model::{AlarmKind, GroupId, Mono, Name, Now, OperatorId, ProjectId, QueueId, Which};
use gudok_store::Rolling;
use gudok_store::levels::{Counts, FORMULAS};
use gudok_switchboard::alarms::{Alarms, Change, Reading};
use gudok_switchboard::wall::{GroupOwes, Level, OwedNow, Picture, QueueNow, Teller, Today, View};
use gudok_switchboard::{Input, Output, measured};
use jiff::tz::TimeZone;

use super::Hotline;
use crate::upkeep::{Served, Upkeep, midnight};

/// Fewer calls of an hour make no service level that anybody should be called for.
const SERVED_MIN: u64 = 3;

/// What was found broken is held against us for so long.
const BROKEN_FOR: std::time::Duration = std::time::Duration::from_secs(600);

/// What walls and alarms are made of, beside the switchboard.
pub(super) struct Walls {
    zone: TimeZone,
    tellers: BTreeMap<View, Teller>,
    served: Rolling,
    upkeep: Upkeep,
    alarms: Alarms,
    /// When a look last found such a thing.
    found: BTreeMap<AlarmKind, Mono>,
}

impl Walls {
    pub(super) fn new() -> Self {
        Self {
            zone: TimeZone::system(),
            tellers: BTreeMap::new(),
            served: Rolling::default(),
            upkeep: Upkeep::default(),
            alarms: Alarms::default(),
            found: BTreeMap::new(),
        }
    }

    /// Every fact of a call, as it goes on record.
    pub(super) fn note(&mut self, now: Now, output: &Output) {
        if let Output::Fact { call, fact } = output {
            self.served.fact(now.wall, *call, fact);
        }
    }

    /// How callers were served before this run.
    pub(super) fn served_before(&mut self, now: Now, served: Served) {
        self.served.begin_day(midnight(now.wall, &self.zone));
        for (project, queue, minute, counts) in served {
            match minute {
                None => self.served.before(project, queue, &counts),
                Some(at) => self.served.before_in_minute(project, queue, at, &counts),
            }
        }
    }

    /// Which alarms were on when the run before ended.
    fn go_on(&mut self, now: Mono, before: &Input) {
        let Input::WordsBefore { alarms, .. } = before else {
            return;
        };
        let on = alarms.iter().filter(|it| it.stands.since.is_some());
        let on = on.filter_map(|it| {
            let Which {
                what,
                subject,
                project,
            } = it.which.clone();
            let key = (AlarmKind::named(&what)?, subject, project);
            Some((key, it.stands.level))
        });
        self.alarms.go_on(now, on);
    }

    pub(super) fn set_upkeep(&mut self, upkeep: Upkeep) {
        self.upkeep = upkeep;
    }

    /// A look at the machine has found something that must not be.
    pub(super) fn found(&mut self, now: Mono, what: &str) {
        if let Some(kind) = AlarmKind::named(what) {
            self.found.insert(kind, now);
        }
    }

    fn today(&self, view: &View, queue: &QueueId) -> Today {
        let project: Option<&ProjectId> = match view {
            View::Project(project) => Some(project),
            View::All => None,
        };
        let counts = self.served.today(project, queue);
        let terms = self.served.terms();
        let ms = |length: std::time::Duration| length.as_millis().try_into().unwrap_or(u64::MAX);
        Today {
            since: self.served.day(),
            offered: counts.offered,
            answered: counts.answered,
            abandoned: counts.abandoned,
            t_ms: ms(terms.t),
            short_ms: ms(terms.short),
            levels: levels(&counts),
        }
    }

    fn owed(&self, view: &View, group: &GroupId) -> OwedNow {
        let by_group = self.owed_by_group(view);
        let own = by_group.get(&Some(group.clone()));
        own.map_or_else(OwedNow::default, |owes| owes.owed)
    }

    /// What each group owes the callers that are seen, and what everybody does.
    fn owed_by_group(&self, view: &View) -> BTreeMap<Option<GroupId>, GroupOwes> {
        let mut sums: BTreeMap<Option<GroupId>, GroupOwes> = BTreeMap::new();
        let seen = self.upkeep.owed.iter();
        for ((_, group), owed) in seen.filter(|((project, _), _)| view.sees(project)) {
            let sum = sums.entry(group.clone()).or_insert_with(|| GroupOwes {
                group: group.clone(),
                owed: OwedNow::default(),
            });
            sum.owed.add(owed);
        }
        sums
    }

    /// Of a queue where somebody waits or is expected: who is there.
    fn of_queue(queue: &QueueNow, (expects, there): (bool, u32)) -> Option<Reading> {
        (queue.waiting > 0 || expects).then(|| Reading {
            what: AlarmKind::NobodyReady,
            subject: queue.queue.as_str().into(),
            project: None,
            level: there.into(),
        })
    }

    /// How the callers of each project were served in each of these queues in the last hour.
    fn served_lately(&self, now: Now, queues: &BTreeMap<QueueId, QueueNow>) -> Vec<Reading> {
        let hours = self.served.hours(now.wall);
        let of_plan = hours.filter(|(_, queue, _)| queues.contains_key(*queue));
        let told = of_plan.filter_map(|(project, queue, counts)| {
            let share = gudok_store::levels::sl3(&counts);
            (share.of >= SERVED_MIN).then(|| Reading {
                what: AlarmKind::ServiceLevel,
                subject: queue.as_str().into(),
                project: Some(project.clone()),
                level: share.part * 100 / share.of,
            })
        });
        told.collect()
    }

    /// What the callers of each project are owed: overdue of all groups together, and what came to nothing by group.
    fn of_debts(&self) -> Vec<Reading> {
        let mut overdue: BTreeMap<&ProjectId, u64> = BTreeMap::new();
        let mut readings = Vec::new();
        for ((project, group), owed) in &self.upkeep.owed {
            *overdue.entry(project).or_default() += u64::from(owed.overdue);
            readings.push(Reading {
                what: AlarmKind::CallbackExhausted,
                subject: group
                    .as_ref()
                    .map_or_else(Name::default, |it| it.as_str().into()),
                project: Some(project.clone()),
                level: owed.exhausted.into(),
            });
        }
        readings.extend(overdue.into_iter().map(|(project, level)| Reading {
            what: AlarmKind::CallbackOverdue,
            subject: Name::default(),
            project: Some(project.clone()),
            level,
        }));
        readings
    }

    /// Of what is of no queue and of no project.
    fn of_all(&self, now: Mono) -> Vec<Reading> {
        let held = |kind: AlarmKind| {
            let at = self.found.get(&kind);
            u64::from(at.is_some_and(|at| now.since(*at) < BROKEN_FOR))
        };
        let mut readings = vec![
            (AlarmKind::Invariant, held(AlarmKind::Invariant)),
            (
                AlarmKind::OldestWaitingBesideFree,
                held(AlarmKind::OldestWaitingBesideFree),
            ),
        ];
        readings.extend(self.upkeep.disk_free.map(|free| (AlarmKind::Disk, free)));
        let reading = |(what, level)| Reading {
            what,
            subject: Name::default(),
            project: None,
            level,
        };
        readings.into_iter().map(reading).collect()
    }
}

fn levels(counts: &Counts) -> Vec<Level> {
    let level = |formula: &gudok_store::levels::Formula| {
        let share = (formula.of)(counts);
        Level {
            name: formula.name,
            formula: formula.written,
            part: share.part,
            of: share.of,
        }
    };
    FORMULAS.iter().map(level).collect()
}

impl Hotline {
    /// What the run before leaves to this one.
    pub(super) fn begin_from(&mut self, inputs: Vec<Input>) {
        let now = self.clock.now().mono;
        for input in inputs {
            self.walls.go_on(now, &input);
            self.tell(input);
        }
    }

    /// Once a second: alarms first, so that the same picture has them.
    pub(super) fn tell_walls(&mut self, now: Now) {
        let midnight = midnight(now.wall, &self.walls.zone);
        self.walls.served.begin_day(midnight);
        self.metrics.levels(&self.walls.served.hour(now.wall, None));
        let mut all = Some(self.look_for_alarms(now));
        let views = self.bridge.views(now.mono);
        self.walls.tellers.retain(|view, _| views.contains(view));
        for view in views {
            let seen = all.take_if(|_| view == View::All);
            let picture = match seen {
                Some(seen) => self.dressed(&view, seen),
                None => self.picture(now, &view),
            };
            let teller = self.walls.tellers.entry(view.clone()).or_default();
            let told = teller.tell(now.mono, &picture);
            self.bridge.wall(&view, &told, now.wall);
        }
    }

    /// Somebody begins to watch.
    pub(super) fn wall_wanted(&mut self, request: &WallRequest) {
        let now = self.clock.now();
        let picture = self.picture(now, &request.view);
        let tellers = &mut self.walls.tellers;
        if !tellers.contains_key(&request.view) {
            let teller = Teller::of(picture.clone());
            tellers.insert(request.view.clone(), teller);
        }
        let picture = match &request.stream {
            WallStream::Supervisor => Some(picture),
            WallStream::Queue(queue) => picture.of_queue(queue),
        };
        let at = (now.mono, now.wall);
        self.bridge.wall_snapshot(request, picture.as_ref(), at);
    }

    /// The picture for a page, as JSON: of whoever asks, or of all where nobody is named. Nothing: there is none for them.
    pub(super) fn wall_page(&self, now: Now, who: Option<&OperatorId>) -> Vec<u8> {
        let view = match who {
            None => Some(View::All),
            Some(who) => self.switchboard.profile(who).and_then(View::of),
        };
        let page = view.map(|view| gudok_cti::wall_json(&self.picture(now, &view), now.wall));
        page.map_or_else(Vec::new, |page| page.to_string().into_bytes())
    }

    fn picture(&self, now: Now, view: &View) -> Picture {
        self.dressed(view, self.switchboard.picture(now.wall, view))
    }

    /// A picture with what the machine does not know.
    fn dressed(&self, view: &View, mut picture: Picture) -> Picture {
        picture.owed = self.walls.owed_by_group(view);
        for settings in self.plan.queues() {
            if let Some(queue) = picture.queues.get_mut(&settings.id) {
                queue.today = Some(self.walls.today(view, &settings.id));
                queue.owed = Some(self.walls.owed(view, &settings.group));
            }
        }
        picture
    }

    /// What was seen of everything, with the alarms that are on after the look.
    fn look_for_alarms(&mut self, now: Now) -> Picture {
        let mut picture = self.switchboard.picture(now.wall, &View::All);
        let mut readings = self.walls.of_all(now.mono);
        readings.extend(self.trunks_down());
        readings.extend(self.walls.of_debts());
        readings.extend(measured::too_long(now.wall, &picture));
        readings.extend(measured::waits(now.wall, &picture));
        readings.extend(self.walls.served_lately(now, &picture.queues));
        for queue in picture.queues.values() {
            let expects = self.switchboard.expects(&queue.queue);
            let there = self.switchboard.at_work_for(&queue.queue, now.mono);
            readings.extend(Walls::of_queue(queue, (expects, there)));
        }
        let changes = self
            .walls
            .alarms
            .look(now.mono, self.plan.alarms(), &readings);
        for change in changes {
            self.tell_alarm(change);
        }
        picture.alarms = self.switchboard.alarms_now(now.wall, &View::All);
        let alarms = picture.alarms.values();
        let loud = alarms.map(|it| (it.which.clone(), it.quiet_until.is_none()));
        self.metrics.alarms_on(loud.collect());
        picture
    }

    fn trunks_down(&self) -> Vec<Reading> {
        let standing = self.trunks.machine.standing(self.clock.elapsed());
        let reading = |it: gudok_sip::trunk::Standing| Reading {
            what: AlarmKind::TrunkDown,
            level: self.trunks.down.holds(&it.trunk).into(),
            subject: Name::from(&*it.trunk),
            project: None,
        };
        standing.into_iter().map(reading).collect()
    }

    fn tell_alarm(&mut self, change: Change) {
        let Change {
            what,
            subject,
            project,
            on,
            level,
        } = change;
        let of = project.as_ref().map_or("", ProjectId::as_str);
        let word = what.word();
        match on {
            true => {
                // The others are counted where they are found.
                if !matches!(
                    what,
                    AlarmKind::TrunkDown
                        | AlarmKind::Invariant
                        | AlarmKind::OldestWaitingBesideFree
                        | AlarmKind::BreakTooLong
                        | AlarmKind::HoldTooLong
                        | AlarmKind::CallbackExhausted
                ) {
                    self.metrics.alarm(word);
                }
                tracing::error!(what = word, %subject, project = of, level, "alarm on");
            }
            false => tracing::info!(what = word, %subject, project = of, level, "alarm off"),
        }
        self.tell(Input::Alarm {
            what,
            subject,
            project,
            level: on.then_some(level),
        });
    }
}

#[cfg(test)]
mod tests;
