//! What the facts of the floor come to of what supervisors set, people chose, alarms told and operators dialled.
use std::collections::BTreeMap;

use gudok_model::{
    Actor, CallId, Floor, FloorEvent, Name, OperatorId, SessionId, Shift, Tally, Wall, Which,
};

fn at(secs: i64) -> Wall {
    Wall(1_795_320_000_000_000 + secs * 1_000_000)
}

fn ivan() -> OperatorId {
    "ivan".into()
}

fn sat_down(session: u64) -> FloorEvent {
    FloorEvent::SatDown {
        operator: ivan(),
        session: SessionId(session),
    }
}

fn left(session: u64) -> FloorEvent {
    FloorEvent::Left {
        operator: ivan(),
        shift: Shift {
            session: SessionId(session),
            length_us: 0,
            states_us: BTreeMap::new(),
            tally: Tally::default(),
        },
    }
}

/// In a call that ivan dialled.
fn dialled(display: &str) -> FloorEvent {
    FloorEvent::State {
        operator: ivan(),
        version: 1,
        display: display.into(),
        reason: None,
        next: None,
        since: at(0),
        call: Some(CallId(uuid::Uuid::from_u128(1))),
        actor: Actor::Operator(ivan()),
        dialled: true,
        kept: None,
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
fn a_talk_that_the_operator_dialled_is_none_of_a_queue() {
    let facts = [
        (0, sat_down(5)),
        (100, dialled("dialing")),
        (110, dialled("talking")),
    ];
    let shift = fold(&facts).seats[&ivan()].shift(at(150), at(200));
    let tally = (shift.tally.calls, shift.tally.dialled, shift.tally.talk_us);
    assert_eq!(tally, (0, 1, 40_000_000));
    // Nobody answered yet: that is no talk.
    let shift = fold(&facts[..2]).seats[&ivan()].shift(at(150), at(200));
    assert_eq!((shift.tally.calls, shift.tally.dialled), (0, 0));
}

fn regrouped(groups: &[&str], actor: Actor, plan: Option<&str>) -> FloorEvent {
    FloorEvent::Regrouped {
        operator: ivan(),
        groups: groups.iter().map(|group| (*group).into()).collect(),
        actor,
        plan: plan.map(Into::into),
    }
}

#[test]
fn what_is_given_lasts_over_sessions_and_what_is_chosen_for_one() {
    let olga = || Actor::Supervisor("olga".into());
    let own = || Actor::Operator(ivan());
    let given = |floor: &Floor| {
        let given = floor.given.get(&ivan());
        given.map(|it| (it.groups.len(), it.plan.clone(), it.at))
    };
    let chosen = |floor: &Floor| floor.seats.get(&ivan())?.chosen.clone();
    let mut facts = vec![
        (0, sat_down(5)),
        (1, regrouped(&["a", "b"], olga(), Some("p1"))),
        (2, regrouped(&["b"], own(), None)),
    ];
    let floor = fold(&facts);
    assert_eq!(given(&floor), Some((2, "p1".into(), at(1))));
    assert_eq!(chosen(&floor), Some(vec!["b".into()]));
    facts.extend([(9, left(5)), (9, sat_down(6))]);
    let floor = fold(&facts);
    assert_eq!(given(&floor), Some((2, "p1".into(), at(1))));
    assert_eq!(chosen(&floor), None);
    // A supervisor's next word ends a choice, another plan what was given.
    facts.push((10, regrouped(&["b"], own(), None)));
    facts.push((11, regrouped(&["c"], olga(), Some("p1"))));
    assert_eq!(chosen(&fold(&facts)), None);
    let operator = ivan();
    facts.push((12, FloorEvent::GroupsAsPlanned { operator }));
    assert_eq!(given(&fold(&facts)), None);
    // Nobody knows how long the word of an earlier version goes.
    facts.push((13, regrouped(&["c"], olga(), None)));
    assert_eq!(given(&fold(&facts)), None);
}

#[test]
fn alarms_are_as_they_were_told_last() {
    let (what, subject) = (Name::from("disk"), Name::default());
    let which = Which {
        what: what.clone(),
        subject: subject.clone(),
        project: None,
    };
    let on = FloorEvent::AlarmOn {
        what: what.clone(),
        subject: subject.clone(),
        project: None,
        level: 4,
    };
    let quiet = FloorEvent::AlarmQuiet {
        what: what.clone(),
        subject: subject.clone(),
        project: None,
        until: Some(at(90)),
        actor: Actor::Admin("root".into()),
    };
    let off = FloorEvent::AlarmOff {
        what,
        subject,
        project: None,
    };
    let stands = |facts: &[(i64, FloorEvent)]| {
        let alarms = fold(facts).alarms;
        let stands = alarms.iter().find(|(it, _)| **it == which);
        stands.map(|(_, it)| (it.since, it.quiet_until))
    };
    let mut facts = vec![(5, on), (7, quiet)];
    assert_eq!(stands(&facts), Some((Some(at(5)), Some(at(90)))));
    facts.push((8, off));
    assert_eq!(stands(&facts), Some((None, Some(at(90)))));
}
