//! A roster agrees with a list of turns that is read every minute.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::roster::TURNS_MAX;
use gudok_calendar::{Person, Roster, Schedule, Turn, Week, Window, Zone};
use gudok_model::{PhoneNumber, Wall};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;
const MINUTES: i64 = 3 * 1440;

/// When somebody must be on duty.
const HOURS: [&[&str]; 4] = [
    &["daily 00:00-24:00"],
    &["daily 20:00-08:00"],
    &["mon-fri 09:00-18:00"],
    &[],
];

fn people(count: usize) -> Vec<Person> {
    let person = |index: usize| Person {
        name: format!("p{index}").into(),
        label: String::new(),
        number: PhoneNumber::try_from(format!("+7999000010{index}")).expect("valid"),
        ring: Duration::from_secs(20),
    };
    (0..count).map(person).collect()
}

fn hours(windows: &[&str]) -> Schedule {
    let window = |text: &&str| Window::parse(text).expect("valid");
    Schedule {
        zone: Zone::parse("Asia/Irkutsk").expect("valid"),
        windows: windows.iter().map(window).collect(),
        holidays: None,
        week: Week::Five,
        dates: BTreeMap::new(),
        short_by: 0,
    }
}

prop_compose! {
    fn turn()(
        person in 0usize..5,
        substitute in prop::option::weighted(0.2, 0usize..5),
        from in 0..MINUTES / 15,
        length in 0i64..120,
        order in 0u16..3,
    ) -> Turn {
        let from = from * 15;
        Turn { person, substitute, from: Wall(from * MINUTE), till: Wall((from + length * 15) * MINUTE), order }
    }
}

/// Who is on duty, said a second time and more plainly.
fn plainly(turns: &[Turn], at: Wall) -> Vec<String> {
    let mut there: Vec<(u16, usize)> = turns
        .iter()
        .filter(|turn| turn.from <= at && at < turn.till)
        .map(|turn| (turn.order, turn.substitute.unwrap_or(turn.person)))
        .filter(|(_, person)| *person < 4)
        .collect();
    there.sort_unstable();
    let mut names: Vec<String> = Vec::new();
    for (_, person) in there {
        let name = format!("p{person}");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_roster_is_what_its_turns_say(
        turns in prop::collection::vec(turn(), 0..12),
        windows in prop::sample::select(&HOURS[..]),
    ) {
        let hours = hours(windows);
        let roster = Roster::new(people(4), turns.clone(), hours.clone());
        let end = roster.ends().unwrap_or(Wall(0));
        let mut bare = Vec::new();
        for minute in -10..MINUTES * 2 {
            let at = Wall(minute * MINUTE);
            let said: Vec<String> = roster.on_duty(at).map(|person| person.name.to_string()).collect();
            prop_assert_eq!(&said, &plainly(&turns, at), "minute {}", minute);
            if minute >= 0 && at < end && said.is_empty() && hours.closed_because(at).is_none() {
                bare.push(at);
            }
        }
        // Every minute that needs somebody and has nobody is in a gap, and no other is.
        let gaps = roster.gaps(Wall(0));
        if gaps.len() < gudok_calendar::roster::GAPS_MAX {
            let covered = |at: &Wall| gaps.iter().any(|(from, till)| from <= at && at < till);
            let minutes: i64 = gaps.iter().map(|(from, till)| (till.0 - from.0) / MINUTE).sum();
            prop_assert!(bare.iter().all(covered));
            prop_assert_eq!(minutes, i64::try_from(bare.len()).expect("few"));
        }
    }
}

/// Two people in turns that all lie one over the other, as many as a roster may have: gone through in their number, not in
/// its square.
#[test]
fn turns_that_all_overlap_are_laid_out() {
    let turn = |number: i64| Turn {
        person: usize::from(number % 2 == 1),
        substitute: None,
        from: Wall(number * MINUTE),
        till: Wall((TURNS_MAX as i64 + number) * MINUTE),
        order: u16::try_from(number % 100).expect("small"),
    };
    let turns = (0..TURNS_MAX as i64).map(turn).collect();
    let roster = Roster::new(people(2), turns, hours(&[]));
    let names = |minute: i64| -> Vec<&str> {
        let there = roster.on_duty(Wall(minute * MINUTE));
        there.map(|person| &*person.name).collect()
    };
    assert_eq!(names(0), ["p0"]);
    assert_eq!(names(TURNS_MAX as i64 - 1), ["p0", "p1"]);
    assert_eq!(names(2 * TURNS_MAX as i64 - 2), ["p1"]);
    assert_eq!(names(2 * TURNS_MAX as i64), [""; 0]);
}
