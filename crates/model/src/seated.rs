//! What the facts of the floor come to, as of one moment: who has a seat, what they do there and did so far. A start restores
//! people from it; told twice or told anew from the beginning, the facts come to the same.
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Alarmed, CallId, FloorEvent, Given, GroupId, Kept, Name, OperatorId, ProjectId,
    SessionId, Shift, Tally, Wall, Which,
};

/// Displayed while there is no link to somebody's phone or desk.
pub const DEVICE_DOWN: &str = "device_down";
/// Displayed during work after a talk.
pub(crate) const WRAP_UP: &str = "wrap_up";
/// Displayed during a talk.
pub(crate) const TALKS: [&str; 4] = ["talking", "hold", "consult", "conference"];

fn which(what: &Name, subject: &Name, project: &Option<ProjectId>) -> Which {
    Which {
        what: what.clone(),
        subject: subject.clone(),
        project: project.clone(),
    }
}

/// Everybody who has a seat, and what is set by hand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Floor {
    /// By operator.
    pub seats: BTreeMap<OperatorId, Seated>,
    /// Groups that are asked at once by hand, and whose word that is.
    pub raised: BTreeMap<GroupId, Actor>,
    /// Who works for other groups than the plan's by a supervisor's word, with a seat or without.
    pub given: BTreeMap<OperatorId, Given>,
    /// The alarms that are on or quiet.
    pub alarms: Alarmed,
}

/// Somebody who has a seat.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seated {
    /// Who.
    pub operator: OperatorId,
    /// The session.
    pub session: SessionId,
    /// What they are shown as.
    pub display: Name,
    /// The states before are booked up to here.
    pub from: Wall,
    /// What is taken up when the present work ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Name>,
    /// The call in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// Whose word made them what they are.
    pub actor: Actor,
    /// What is true of them behind what is shown. None: an earlier version told nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Box<Kept>>,
    /// How long each state was displayed. Microseconds.
    #[serde(default)]
    pub states_us: BTreeMap<Name, u64>,
    /// What was done.
    #[serde(default)]
    pub tally: Tally,
    /// The talk that lasts and is not counted yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talks_since: Option<Wall>,
    /// That talk is one they dialled.
    #[serde(default)]
    pub dialled: bool,
    /// For which of their groups they take calls in this session, as they said last; None: for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Vec<GroupId>>,
    /// The work after a talk that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up: Option<WritesUp>,
}

/// Work after a talk, as it was set last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WritesUp {
    /// Of which call.
    pub call: CallId,
    /// When it began.
    pub since: Wall,
    /// When it ends.
    pub until: Wall,
    /// Added so far. Microseconds.
    pub extended_us: u64,
    /// In how many steps.
    pub extensions: u32,
}

impl Floor {
    /// The next fact, of this moment.
    pub fn apply(&mut self, at: Wall, event: &FloorEvent) {
        match event {
            FloorEvent::SatDown { operator, session } => {
                let seated = Seated::new(operator, *session, at);
                self.seats.insert(operator.clone(), seated);
            }
            FloorEvent::Restored { operator, shift } => self.restored(at, operator, shift),
            FloorEvent::Left { operator, shift } => {
                let over = |seat: &Seated| seat.session == shift.session;
                if self.seats.get(operator).is_some_and(over) {
                    self.seats.remove(operator);
                }
            }
            FloorEvent::Reserved { group, on, actor } => {
                self.raised.remove(group);
                if *on {
                    self.raised.insert(group.clone(), actor.clone());
                }
            }
            FloorEvent::Regrouped {
                operator,
                groups,
                actor,
                plan,
            } => self.regrouped(at, operator, (groups, plan.as_ref()), actor),
            FloorEvent::GroupsAsPlanned { operator } => drop(self.given.remove(operator)),
            FloorEvent::AlarmOn {
                what,
                subject,
                project,
                level,
            } => drop(self.alarms.comes(at, which(what, subject, project), *level)),
            FloorEvent::AlarmOff {
                what,
                subject,
                project,
            } => drop(self.alarms.goes(&which(what, subject, project))),
            FloorEvent::AlarmQuiet {
                what,
                subject,
                project,
                until,
                ..
            } => self.alarms.hush(at, which(what, subject, project), *until),
            event => {
                let seat = event.operator().and_then(|who| self.seats.get_mut(who));
                if let Some(seat) = seat {
                    seat.apply(at, event);
                }
            }
        }
    }

    /// A supervisor's word goes before what the person has chosen, which is over with it.
    fn regrouped(
        &mut self,
        at: Wall,
        operator: &OperatorId,
        (groups, plan): (&[GroupId], Option<&Name>),
        actor: &Actor,
    ) {
        let commands = actor.commands();
        if let Some(seat) = self.seats.get_mut(operator) {
            seat.chosen = (!commands).then(|| groups.to_vec());
        }
        if !commands {
            return;
        }
        self.given.remove(operator);
        if let Some(plan) = plan {
            let given = Given {
                groups: groups.to_vec(),
                plan: plan.clone(),
                at,
                actor: actor.clone(),
            };
            self.given.insert(operator.clone(), given);
        }
    }

    fn restored(&mut self, at: Wall, operator: &OperatorId, shift: &Shift) {
        let seat = self.seats.entry(operator.clone());
        let seat = seat.or_insert_with(|| Seated::new(operator, shift.session, at));
        seat.session = shift.session;
        seat.states_us.clone_from(&shift.states_us);
        seat.tally = shift.tally;
        seat.is_shown(at, &DEVICE_DOWN.into(), None, false);
        seat.from = at;
    }
}

impl Seated {
    fn new(operator: &OperatorId, session: SessionId, at: Wall) -> Self {
        Self {
            operator: operator.clone(),
            session,
            display: "not_ready".into(),
            from: at,
            next: None,
            call: None,
            actor: Actor::Policy(crate::LOGIN.into()),
            kept: None,
            states_us: BTreeMap::new(),
            tally: Tally::default(),
            talks_since: None,
            dialled: false,
            chosen: None,
            wrap_up: None,
        }
    }

    fn apply(&mut self, at: Wall, event: &FloorEvent) {
        match event {
            FloorEvent::State {
                display,
                next,
                call,
                actor,
                kept,
                dialled,
                ..
            } => {
                self.book(at);
                self.next.clone_from(next);
                self.actor = actor.clone();
                self.is_shown(at, display, *call, *dialled);
                if let Some(kept) = kept {
                    self.kept = Some(kept.clone());
                }
            }
            FloorEvent::Kept { kept, .. } => self.kept = Some(kept.clone()),
            FloorEvent::WrapUpSet {
                call,
                since,
                until,
                extended_us,
                extensions,
                ..
            } => {
                self.wrap_up = Some(WritesUp {
                    call: *call,
                    since: *since,
                    until: *until,
                    extended_us: *extended_us,
                    extensions: *extensions,
                });
            }
            FloorEvent::Counted { tally, .. } => {
                if tally.talk_us != self.tally.talk_us {
                    self.talks_since = None;
                }
                self.tally = *tally;
            }
            _ => {}
        }
    }

    /// The state so far lasted until now.
    fn book(&mut self, at: Wall) {
        let spent = self.states_us.entry(self.display.clone()).or_default();
        *spent = spent.saturating_add(micros(at.since(self.from)));
        self.from = self.from.max(at);
    }

    fn is_shown(&mut self, at: Wall, display: &Name, call: Option<CallId>, dialled: bool) {
        let talks = TALKS.contains(&&**display) && call.is_some();
        self.dialled = talks && dialled;
        self.talks_since = self.talks_since.or(Some(at)).filter(|_| talks);
        if &**display != WRAP_UP {
            self.wrap_up = None;
        }
        self.display = display.clone();
        self.call = call;
    }

    /// The session as it stands `now`, when a run that was cut at `cut` is followed by another: the time between is nobody's
    /// work, and a talk that was cut is over.
    pub fn shift(&self, cut: Wall, now: Wall) -> Shift {
        let mut so_far = self.clone();
        so_far.book(cut);
        let away = so_far.states_us.entry(DEVICE_DOWN.into()).or_default();
        *away = away.saturating_add(micros(now.since(so_far.from)));
        let mut tally = self.tally;
        if let Some(since) = self.talks_since {
            let talked = micros(cut.since(since));
            let counted = match self.dialled {
                true => &mut tally.dialled,
                false => &mut tally.calls,
            };
            *counted = counted.saturating_add(1);
            tally.talk_us = tally.talk_us.saturating_add(talked);
            if self.dialled {
                tally.dialled_us = tally.dialled_us.saturating_add(talked);
            }
        }
        let states = so_far.states_us.values();
        Shift {
            session: self.session,
            length_us: states.fold(0, |sum: u64, us| sum.saturating_add(*us)),
            states_us: so_far.states_us,
            tally,
        }
    }
}

fn micros(time: Duration) -> u64 {
    time.as_micros().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Wall {
        Wall(1_795_320_000_000_000 + secs * 1_000_000)
    }

    fn state(display: &str, call: Option<CallId>) -> FloorEvent {
        FloorEvent::State {
            operator: "ivan".into(),
            version: 1,
            display: display.into(),
            reason: None,
            next: None,
            since: at(0),
            call,
            actor: Actor::Operator("ivan".into()),
            dialled: false,
            kept: None,
        }
    }

    fn sat_down(session: u64) -> FloorEvent {
        FloorEvent::SatDown {
            operator: "ivan".into(),
            session: SessionId(session),
        }
    }

    fn left(session: u64) -> FloorEvent {
        FloorEvent::Left {
            operator: "ivan".into(),
            shift: Shift {
                session: SessionId(session),
                length_us: 0,
                states_us: BTreeMap::new(),
                tally: Tally::default(),
            },
        }
    }

    fn fold(facts: &[(i64, FloorEvent)]) -> Floor {
        let mut floor = Floor::default();
        for (secs, fact) in facts {
            floor.apply(at(*secs), fact);
        }
        floor
    }

    #[test]
    fn a_talk_that_was_cut_counts_and_the_time_away_is_no_work() {
        let call = Some(CallId(uuid::Uuid::from_u128(1)));
        let facts = [
            (0, sat_down(5)),
            (0, state("ready", None)),
            (100, state("talking", call)),
            (130, state("hold", call)),
        ];
        let floor = fold(&facts);
        let shift = floor.seats[&"ivan".into()].shift(at(150), at(200));
        let secs = |state: &str| shift.states_us.get(state).map(|us| us / 1_000_000);
        let booked = ["ready", "talking", "hold", DEVICE_DOWN].map(secs);
        assert_eq!(booked, [Some(100), Some(30), Some(20), Some(50)]);
        assert_eq!(shift.length_us, 200_000_000);
        let tally = (shift.tally.calls, shift.tally.talk_us);
        assert_eq!(tally, (1, 50_000_000));

        // Counted a moment before the crash, it is not counted again.
        let mut floor = floor;
        let counted = FloorEvent::Counted {
            operator: "ivan".into(),
            tally: shift.tally,
        };
        floor.apply(at(150), &counted);
        let again = floor.seats[&"ivan".into()].shift(at(150), at(200));
        assert_eq!(again, shift);
    }

    #[test]
    fn a_talk_goes_on_in_a_conference() {
        let call = Some(CallId(uuid::Uuid::from_u128(1)));
        let facts = [
            (0, sat_down(5)),
            (100, state("talking", call)),
            (130, state("conference", call)),
        ];
        let shift = fold(&facts).seats[&"ivan".into()].shift(at(150), at(200));
        assert_eq!((shift.tally.calls, shift.tally.talk_us), (1, 50_000_000));
    }

    #[test]
    fn a_session_that_goes_on_goes_on_with_what_it_had() {
        let facts = [(0, sat_down(5)), (0, state("ready", None))];
        let mut floor = fold(&facts);
        let shift = floor.seats[&"ivan".into()].shift(at(60), at(100));
        let restored = FloorEvent::Restored {
            operator: "ivan".into(),
            shift,
        };
        floor.apply(at(100), &restored);
        floor.apply(at(130), &state("ready", None));
        let shift = floor.seats[&"ivan".into()].shift(at(200), at(200));
        let secs = |state: &str| shift.states_us[state] / 1_000_000;
        assert_eq!(["ready", DEVICE_DOWN].map(secs), [60 + 70, 40 + 30]);
        assert_eq!(shift.length_us, 200_000_000, "I5");
    }

    #[test]
    fn the_last_word_about_a_group_is_what_it_is() {
        let reserved = |on, who: &str| FloorEvent::Reserved {
            group: "reserve".into(),
            on,
            actor: Actor::Supervisor(who.into()),
        };
        let raised = fold(&[(0, reserved(true, "olga")), (1, reserved(true, "petrova"))]).raised;
        let by = Actor::Supervisor("petrova".into());
        assert_eq!(raised, [("reserve".into(), by)].into());
        let lowered = [(0, reserved(true, "olga")), (1, reserved(false, "petrova"))];
        assert!(fold(&lowered).raised.is_empty());
    }

    #[test]
    fn only_the_end_of_the_session_in_hand_is_the_end() {
        let taken_over = [(0, sat_down(5)), (9, left(5)), (9, sat_down(6))];
        let floor = fold(&taken_over);
        assert_eq!(floor.seats[&"ivan".into()].session, SessionId(6));
        let late = [(0, sat_down(6)), (9, left(5))];
        assert_eq!(fold(&late).seats.len(), 1);
        assert!(fold(&[(0, sat_down(6)), (9, left(6))]).seats.is_empty());
        // Whoever has no seat is shown as nothing.
        assert!(fold(&[(0, state("logged_out", None))]).seats.is_empty());
    }
}
