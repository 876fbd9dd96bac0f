//! A shift that is taken by acceptance: who is called until somebody does, and after.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::{
    Acceptance, Ladder, NotAccepted, Person, Roster, Schedule, Turn, Week, Window, Zone,
};
use gudok_model::{PhoneNumber, Wall};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
/// Within which a shift is to be accepted.
const WITHIN: Duration = Duration::from_secs(1_800);

fn people(count: usize) -> Vec<Person> {
    let person = |index: usize| Person {
        name: format!("p{index}").into(),
        label: String::new(),
        number: PhoneNumber::try_from(format!("+7999000010{index}")).expect("valid"),
        ring: Duration::from_secs(20),
    };
    (0..count).map(person).collect()
}

/// From and till in hours, who, in which order.
fn roster(turns: &[(i64, i64, usize, u16)]) -> Roster {
    let turn = |(from, till, person, order): &(i64, i64, usize, u16)| Turn {
        person: *person,
        substitute: None,
        from: Wall(from * HOUR),
        till: Wall(till * HOUR),
        order: *order,
    };
    let hours = Schedule {
        zone: Zone::utc(),
        windows: vec![Window::parse("daily 00:00-24:00").expect("valid")],
        holidays: None,
        week: Week::Five,
        dates: BTreeMap::new(),
        short_by: 0,
    };
    let turns = turns.iter().map(turn).collect();
    Roster::new(people(5), turns, hours).by_acceptance(Some(WITHIN))
}

/// At that minute, by the person or for them.
fn accepts(roster: &Roster, list: &mut Vec<Acceptance>, minute: i64, person: &str) {
    let at = Wall(minute * MINUTE);
    let shift = roster.shift_to_accept(person, at, list);
    list.push(Acceptance {
        person: person.into(),
        shift: shift.expect("a shift to accept"),
        at,
        by: person.into(),
    });
}

fn called(roster: &Roster, list: &[Acceptance], minute: i64) -> String {
    let ladder = roster.ladder(Wall(minute * MINUTE), list);
    names(&ladder)
}

fn names(ladder: &Ladder<'_>) -> String {
    let names: Vec<&str> = ladder.people.iter().map(|it| &*it.name).collect();
    names.join(" ")
}

fn awaited(roster: &Roster, list: &[Acceptance], minute: i64) -> String {
    let ladder = roster.ladder(Wall(minute * MINUTE), list);
    let names = ladder.awaited.iter().map(|it| &*it.person.name);
    names.collect::<Vec<_>>().join(" ")
}

/// Days and nights of two people.
fn days() -> Roster {
    roster(&[
        (8, 20, 0, 1),
        (20, 32, 1, 1),
        (32, 44, 0, 1),
        (44, 56, 1, 1),
    ])
}

#[test]
fn whoever_had_the_shift_is_called_until_whoever_comes_accepts() {
    let (roster, mut list) = (days(), Vec::new());
    // The first shift there is: nobody can give it.
    assert_eq!(called(&roster, &list, 8 * 60), "p0");
    accepts(&roster, &mut list, 8 * 60 + 5, "p0");
    assert_eq!(called(&roster, &list, 20 * 60 - 1), "p0");
    assert_eq!(called(&roster, &list, 20 * 60), "p0");
    assert_eq!(awaited(&roster, &list, 20 * 60), "p1");
    accepts(&roster, &mut list, 20 * 60 + 10, "p1");
    assert_eq!(called(&roster, &list, 20 * 60 + 9), "p0");
    assert_eq!(called(&roster, &list, 20 * 60 + 10), "p1");
    assert_eq!(awaited(&roster, &list, 20 * 60 + 10), "");
}

#[test]
fn after_the_time_for_it_both_are_called_and_the_one_who_had_it_first() {
    let (roster, mut list) = (days(), Vec::new());
    accepts(&roster, &mut list, 8 * 60, "p0");
    assert_eq!(called(&roster, &list, 20 * 60 + 29), "p0");
    assert_eq!(called(&roster, &list, 20 * 60 + 30), "p0 p1");
    assert_eq!(
        roster.next_due(Wall(20 * HOUR)),
        Some(Wall(20 * HOUR + 30 * MINUTE))
    );
    // Nobody accepts the next one either: it is p0's own, and p0 accepted last.
    assert_eq!(called(&roster, &list, 32 * 60), "p0");
    accepts(&roster, &mut list, 33 * 60, "p0");
    assert_eq!(called(&roster, &list, 33 * 60), "p0");
}

#[test]
fn a_shift_that_nobody_accepted_leaves_the_one_before_it_in_charge() {
    let roster = roster(&[(0, 8, 0, 1), (8, 16, 1, 1), (16, 24, 2, 1)]);
    let mut list = Vec::new();
    accepts(&roster, &mut list, 0, "p0");
    assert_eq!(called(&roster, &list, 9 * 60), "p0 p1");
    assert_eq!(called(&roster, &list, 16 * 60), "p0");
    assert_eq!(called(&roster, &list, 17 * 60), "p0 p2");
    // Where nobody ever accepted, it is the shift before by the clock.
    assert_eq!(called(&roster, &[], 17 * 60), "p1 p2");
}

#[test]
fn a_shift_is_accepted_two_hours_early_and_taken_at_its_hour() {
    let (roster, mut list) = (days(), Vec::new());
    accepts(&roster, &mut list, 8 * 60, "p0");
    let early = roster.shift_to_accept("p1", Wall(18 * HOUR - 1), &list);
    let next = Some(Wall(20 * HOUR));
    assert_eq!(early, Err(NotAccepted::NotOnDuty { next }));
    accepts(&roster, &mut list, 18 * 60, "p1");
    assert_eq!(called(&roster, &list, 19 * 60), "p0");
    assert_eq!(called(&roster, &list, 20 * 60), "p1");
    let shift = Wall(20 * HOUR);
    let again = roster.shift_to_accept("p1", Wall(21 * HOUR), &list);
    assert_eq!(again, Err(NotAccepted::Already { shift }));
    let never = roster.shift_to_accept("p3", Wall(21 * HOUR), &list);
    assert_eq!(never, Err(NotAccepted::NotOnDuty { next: None }));
}

#[test]
fn after_a_time_without_anybody_there_is_nobody_to_give_it() {
    let roster = roster(&[(20, 32, 0, 1), (44, 56, 1, 1)]);
    let mut list = Vec::new();
    accepts(&roster, &mut list, 20 * 60, "p0");
    assert_eq!(called(&roster, &list, 40 * 60), "");
    assert_eq!(called(&roster, &list, 44 * 60), "p1");
    assert_eq!(awaited(&roster, &list, 44 * 60), "p1");
    assert!(!roster.ladder(Wall(44 * HOUR), &list).awaited[0].relieves);
}

#[test]
fn of_two_who_come_the_one_who_accepted_is_called_first() {
    let roster = roster(&[(0, 12, 0, 1), (0, 12, 1, 2), (12, 24, 2, 1), (12, 24, 3, 2)]);
    let mut list = Vec::new();
    accepts(&roster, &mut list, 0, "p0");
    accepts(&roster, &mut list, 0, "p1");
    accepts(&roster, &mut list, 12 * 60 + 5, "p3");
    assert_eq!(called(&roster, &list, 12 * 60 + 4), "p0 p1");
    assert_eq!(called(&roster, &list, 12 * 60 + 5), "p3 p0 p1");
    assert_eq!(called(&roster, &list, 12 * 60 + 30), "p3 p0 p1 p2");
    accepts(&roster, &mut list, 13 * 60, "p2");
    assert_eq!(called(&roster, &list, 13 * 60), "p2 p3");
}

prop_compose! {
    fn turn()(person in 0usize..5, from in 0i64..72, length in 1i64..14, order in 0u16..3) -> (i64, i64, usize, u16) {
        (from, from + length, person, order)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn somebody_is_called_exactly_when_somebody_is_on_duty(
        turns in prop::collection::vec(turn(), 0..14),
        wishes in prop::collection::vec((0i64..80 * 60, 0usize..5), 0..20),
    ) {
        let (roster, mut list) = (roster(&turns), Vec::new());
        let mut wishes = wishes;
        wishes.sort_unstable();
        for minute in (0..90 * 60).step_by(5) {
            while let Some((at, person)) = wishes.first().copied().filter(|wish| wish.0 <= minute) {
                wishes.remove(0);
                let (person, at) = (format!("p{person}"), Wall(at * MINUTE));
                if let Ok(shift) = roster.shift_to_accept(&person, at, &list) {
                    prop_assert!(shift.0 <= at.0 + gudok_calendar::handover::EARLY);
                    list.push(Acceptance { person: person.as_str().into(), shift, at, by: person });
                }
            }
            let at = Wall(minute * MINUTE);
            let ladder = roster.ladder(at, &list);
            let on_duty: Vec<&Person> = roster.on_duty(at).collect();
            prop_assert_eq!(ladder.people.is_empty(), on_duty.is_empty(), "minute {}", minute);
            for (place, person) in ladder.people.iter().enumerate() {
                prop_assert!(!ladder.people[..place].contains(person), "twice");
            }
            // All who accepted are called, and so is everybody else on duty once it is overdue.
            let overdue = |person: &&Person| {
                let waits = ladder.awaited.iter().find(|it| it.person.name == person.name);
                waits.is_none_or(|it| at >= it.due)
            };
            prop_assert!(on_duty.iter().filter(|it| overdue(it)).all(|it| ladder.people.contains(it)));
            if ladder.awaited.is_empty() {
                prop_assert_eq!(&ladder.people, &on_duty);
            }
            let by_clock = roster.clone().by_acceptance(None);
            prop_assert_eq!(by_clock.ladder(at, &list).people, on_duty.clone());
        }
    }
}
