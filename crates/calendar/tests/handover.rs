//! A shift that is taken by acceptance: who is called until somebody does, and after.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::handover::{EACH_MAX, KEPT_MAX};
use gudok_calendar::{
    Acceptance, Handovers, Ladder, NotAccepted, Person, Roster, Schedule, Turn, Week, Window, Zone,
};
use gudok_model::{Name, PhoneNumber, Wall};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
/// Within which a shift is to be accepted.
const WITHIN: Duration = Duration::from_secs(1_800);

fn people(count: usize) -> Vec<Person> {
    let person = |index: usize| Person {
        name: format!("p{index}").into(),
        label: String::new(),
        number: PhoneNumber::try_from(format!("+79990000{}", 100 + index)).expect("valid"),
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
    Roster::new(people(40), turns, hours).by_acceptance(Some(WITHIN))
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
fn whoever_had_the_shift_is_called_first_until_whoever_comes_accepts() {
    let (roster, mut list) = (days(), Vec::new());
    // The first shift there is: nobody can give it.
    assert_eq!(called(&roster, &list, 8 * 60), "p0");
    accepts(&roster, &mut list, 8 * 60 + 5, "p0");
    assert_eq!(called(&roster, &list, 20 * 60 - 1), "p0");
    // Whoever should be there is called at once, if the other does not answer.
    assert_eq!(called(&roster, &list, 20 * 60), "p0 p1");
    assert_eq!(awaited(&roster, &list, 20 * 60), "p1");
    accepts(&roster, &mut list, 20 * 60 + 10, "p1");
    assert_eq!(called(&roster, &list, 20 * 60 + 9), "p0 p1");
    assert_eq!(called(&roster, &list, 20 * 60 + 10), "p1");
    assert_eq!(awaited(&roster, &list, 20 * 60 + 10), "");
}

#[test]
fn what_was_said_by_mistake_is_taken_back_while_the_shift_goes_on_or_is_to_come() {
    let roster = days();
    let mut handovers = Handovers::NONE;
    let duty = Name::from("duty");
    for (minute, person) in [(8 * 60, "p0"), (19 * 60, "p1")] {
        let mut list = handovers.of("duty").to_vec();
        accepts(&roster, &mut list, minute, person);
        let said = list.pop().expect("accepted");
        assert!(handovers.accept(&duty, said));
    }
    let meant = |person: &str, minute: i64, handovers: &Handovers| {
        let found = roster.to_take_back(person, Wall(minute * MINUTE), handovers.of("duty"));
        found.map(|it| it.at.0 / MINUTE)
    };
    assert_eq!(meant("p0", 19 * 60, &handovers), Some(8 * 60));
    assert_eq!(meant("p1", 19 * 60, &handovers), Some(19 * 60));
    // Over: what was accepted then is how it was, and counts for none to come.
    assert_eq!(meant("p0", 20 * 60, &handovers), None);
    assert_eq!(meant("p2", 20 * 60, &handovers), None);

    let at = Wall(19 * HOUR);
    assert_eq!(called(&roster, handovers.of("duty"), 20 * 60), "p1");
    assert!(!handovers.take_back("duty", "p0", at) && !handovers.take_back("night", "p1", at));
    assert!(handovers.take_back("duty", "p1", at));
    assert_eq!(called(&roster, handovers.of("duty"), 20 * 60), "p0 p1");
    assert_eq!(meant("p1", 20 * 60, &handovers), None, "nothing is left");
    let mut list = handovers.of("duty").to_vec();
    accepts(&roster, &mut list, 20 * 60 + 1, "p1");
    assert_eq!(called(&roster, &list, 20 * 60 + 1), "p1", "anew");
}

#[test]
fn after_the_time_for_it_whoever_should_be_there_comes_first() {
    let (roster, mut list) = (days(), Vec::new());
    accepts(&roster, &mut list, 8 * 60, "p0");
    assert_eq!(called(&roster, &list, 20 * 60 + 29), "p0 p1");
    assert_eq!(called(&roster, &list, 20 * 60 + 30), "p1 p0");
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
    assert_eq!(called(&roster, &list, 8 * 60 + 5), "p0 p1");
    assert_eq!(called(&roster, &list, 16 * 60), "p0 p2");
    assert_eq!(called(&roster, &list, 17 * 60), "p2 p0");
}

/// Shifts passed by the clock until now, or history was lost: nobody is called at home for it.
#[test]
fn where_nobody_accepted_before_a_shift_it_goes_by_the_clock() {
    let roster = roster(&[(0, 8, 0, 1), (8, 16, 1, 1), (8, 16, 2, 2), (16, 24, 3, 1)]);
    let mut list = Vec::new();
    assert_eq!(called(&roster, &list, 9 * 60), "p1 p2");
    assert_eq!(awaited(&roster, &list, 9 * 60), "p1 p2");
    accepts(&roster, &mut list, 9 * 60, "p2");
    assert_eq!(called(&roster, &list, 9 * 60), "p2 p1");
    // From the next hand-over on it goes by acceptance.
    assert_eq!(called(&roster, &list, 16 * 60), "p1 p3");
}

#[test]
fn whoever_was_relieved_is_not_called_for_another() {
    let roster = roster(&[
        (0, 12, 0, 1),
        (0, 12, 1, 2),
        (12, 24, 2, 1),
        (12, 24, 3, 2),
        // Comes between two shifts of others: relieves nobody.
        (14, 24, 4, 3),
    ]);
    let mut list = Vec::new();
    for person in ["p0", "p1"] {
        accepts(&roster, &mut list, 0, person);
    }
    accepts(&roster, &mut list, 12 * 60, "p2");
    assert_eq!(called(&roster, &list, 12 * 60), "p2 p1 p3");
    assert_eq!(called(&roster, &list, 12 * 60 + 30), "p2 p3 p1");
    accepts(&roster, &mut list, 13 * 60, "p3");
    assert_eq!(called(&roster, &list, 13 * 60), "p2 p3");
    let ladder = roster.ladder(Wall(14 * HOUR), &list);
    assert_eq!(names(&ladder), "p2 p3 p4");
    assert!(!ladder.awaited[0].relieves);
}

/// Nobody waits for more than twenty to be rung: whose shift it is are not left out for those whose it was.
#[test]
fn of_a_crowd_those_on_duty_are_called() {
    let turns: Vec<(i64, i64, usize, u16)> = (0..30)
        .zip(0..30_u16)
        .map(|(person, order)| match person {
            0..15 => (0, 12, person, order),
            _ => (12, 24, person, order - 15),
        })
        .collect();
    let (roster, mut list) = (roster(&turns), Vec::new());
    for person in 0..15 {
        accepts(&roster, &mut list, 0, &format!("p{person}"));
    }
    let called = called(&roster, &list, 12 * 60 + 5);
    let called: Vec<&str> = called.split(' ').collect();
    assert_eq!(called.len(), 20);
    assert_eq!(called[..5], ["p0", "p1", "p2", "p3", "p4"]);
    let comes: Vec<String> = (15..30).map(|person| format!("p{person}")).collect();
    assert_eq!(called[5..], comes);
}

/// Where the numbers do not fit, whoever comes relieves whoever goes.
#[test]
fn one_relieves_another_whatever_their_numbers_are() {
    let roster = roster(&[(0, 12, 0, 1), (0, 24, 1, 2), (12, 24, 2, 3), (12, 24, 3, 4)]);
    let mut list = Vec::new();
    accepts(&roster, &mut list, 0, "p0");
    accepts(&roster, &mut list, 0, "p1");
    // p2 relieves p0, and p3 nobody.
    assert_eq!(called(&roster, &list, 12 * 60), "p1 p0 p3 p2");
    accepts(&roster, &mut list, 12 * 60, "p2");
    assert_eq!(called(&roster, &list, 12 * 60), "p1 p2 p3");
}

#[test]
fn what_was_accepted_counts_when_the_turns_before_are_removed() {
    // One shift of a week, a turn a day; the days that are over are taken out of the file.
    let week: Vec<_> = (0..7).map(|day| (day * 24, day * 24 + 24, 0, 1)).collect();
    let mut list = Vec::new();
    accepts(&roster(&week), &mut list, 5, "p0");
    let cut = roster(&week[5..]);
    let at = 5 * 24 * 60 + 60;
    assert_eq!(awaited(&cut, &list, at), "");
    assert_eq!(called(&cut, &list, at), "p0");
    // What comes after is awaited as ever, and what is still to come cannot be accepted yet.
    let next = [&week[5..], &[(168, 180, 1, 1), (180, 192, 0, 1)][..]].concat();
    assert_eq!(awaited(&roster(&next), &list, 168 * 60), "p1");
    assert_eq!(awaited(&roster(&next), &list, 180 * 60), "p0");
    let early = roster(&[(200, 212, 0, 1)]).shift_to_accept("p0", Wall(190 * HOUR), &list);
    let next = Some(Wall(200 * HOUR));
    assert_eq!(early, Err(NotAccepted::NotOnDuty { next }));
}

#[test]
fn a_long_shift_is_remembered_however_many_accept_theirs() {
    let mut handovers = Handovers::NONE;
    let duty = Name::from("duty");
    let accepted = |person: &str, minute: i64| Acceptance {
        person: person.into(),
        shift: Wall(minute * MINUTE),
        at: Wall(minute * MINUTE),
        by: person.into(),
    };
    assert!(handovers.accept(&duty, accepted("week", 1)));
    for shift in 0..1_000 {
        assert!(handovers.accept(&duty, accepted(&format!("p{}", shift % 7), 2 + shift)));
    }
    let kept = handovers.of("duty");
    assert_eq!(kept.len(), 1 + 7 * EACH_MAX);
    assert_eq!(kept[0], accepted("week", 1));
    assert_eq!(kept[kept.len() - 1], accepted("p5", 1_001));
    // However many people there were in the course of years.
    for person in 0..1_000 {
        assert!(handovers.accept(&duty, accepted(&format!("q{person}"), 2_000 + person)));
    }
    assert_eq!(handovers.of("duty").len(), KEPT_MAX);
}

/// The one to come may be accepted while the same person's shift before counts.
#[test]
fn an_early_acceptance_does_not_undo_the_one_before() {
    let roster = roster(&[(0, 12, 0, 1), (12, 14, 1, 1), (14, 24, 0, 1)]);
    let (mut handovers, duty) = (Handovers::NONE, Name::from("duty"));
    for minute in [0, 12 * 60 + 30] {
        let mut one = Vec::new();
        accepts(&roster, &mut one, minute, "p0");
        handovers.accept(&duty, one.remove(0));
    }
    let list = handovers.of("duty");
    let ladder = roster.ladder(Wall((12 * 60 + 29) * MINUTE), list);
    assert_eq!(names(&ladder), "p0 p1");
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
    assert_eq!(called(&roster, &list, 12 * 60 + 4), "p0 p1 p2 p3");
    assert_eq!(called(&roster, &list, 12 * 60 + 5), "p3 p0 p2");
    assert_eq!(called(&roster, &list, 12 * 60 + 30), "p3 p2 p0");
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
            // Everybody who should be there is called, whatever was accepted.
            prop_assert!(on_duty.iter().all(|it| ladder.people.contains(it)), "minute {}", minute);
            // Nobody is called besides, but for somebody who is awaited.
            let besides = ladder.people.len() - on_duty.len();
            let relieve = ladder.awaited.iter().filter(|it| it.relieves).count();
            prop_assert!(besides <= relieve, "minute {}: {} for {}", minute, besides, relieve);
            if ladder.awaited.is_empty() {
                prop_assert_eq!(&ladder.people, &on_duty);
            }
            let by_clock = roster.clone().by_acceptance(None);
            prop_assert_eq!(by_clock.ladder(at, &list).people, on_duty.clone());
        }
    }
}
