//! Every zone of Russia at the edges of its hours, all the year: clocks are not set there.
use gudok_calendar::{DAY_MINUTES, Zone};
use gudok_model::{Confidence, Region, Wall};
use gudok_numbering::Subject;
use gudok_outbound::{Counters, Decision, Ground, Home, Purpose, Source, clocks, decide};

use crate::world::{Call, moscow, now, rules, zone};

fn of(code: &str) -> Call {
    let subject = Subject::by_code(code).expect("a subject");
    let mut call = Call::to("+74950000002", Purpose::Service, Ground::Request);
    call.region = Some(Region {
        code: code.into(),
        also: None,
        name: subject.name.into(),
        zone: Some(subject.zone.into()),
        confidence: Confidence::Exact,
    });
    call
}

/// One minute earlier.
fn before(at: Wall) -> Wall {
    Wall(at.0 - 60_000_000)
}

#[test]
fn every_subject_by_its_own_clock_in_winter_and_in_summer() {
    let rules = rules();
    let refused = "house_hours law.toml:house_hours";
    let mut offsets = std::collections::BTreeSet::new();
    for subject in Subject::ALL {
        let (call, there) = (of(subject.code), zone(subject.zone));
        for date in [
            "2026-01-13",
            "2026-03-29",
            "2026-07-14",
            "2026-10-25",
            "2026-12-15",
        ] {
            let at = |time: &str| there.moment(&format!("{date}T{time}")).expect("a time");
            let (opens, closes) = (at("09:00"), at("21:00"));
            assert_eq!(
                call.told(&rules, before(opens)),
                refused,
                "{}",
                subject.name
            );
            assert_eq!(call.told(&rules, opens), "allowed", "{}", subject.name);
            assert_eq!(
                call.told(&rules, before(closes)),
                "allowed",
                "{}",
                subject.name
            );
            assert_eq!(call.told(&rules, closes), refused, "{}", subject.name);
            // No clock is set: the day is always as far from Moscow's.
            offsets.insert(moscow(&format!("{date}T09:00")).0 - opens.0);
        }
    }
    // Kaliningrad is an hour behind Moscow, Kamchatka nine ahead: eleven offsets, the same all the year.
    let hours: Vec<i64> = offsets.iter().map(|it| it / 3_600_000_000).collect();
    assert_eq!(hours, (-1..=9).collect::<Vec<i64>>());
}

#[test]
fn a_number_that_may_be_anywhere_is_called_when_it_is_day_everywhere() {
    let rules = rules();
    let mobile = Call::to("+79990000002", Purpose::Service, Ground::Request);
    let allowed: Vec<u16> = (0..DAY_MINUTES)
        .filter(|minute| {
            let time = format!("2026-11-24T{:02}:{:02}", minute / 60, minute % 60);
            mobile.told(&rules, moscow(&time)) == "allowed"
        })
        .collect();
    // From nine in Kaliningrad (ten in Moscow) to nine in the evening on Kamchatka (noon in Moscow).
    let expected: Vec<u16> = (10 * 60..12 * 60).collect();
    assert_eq!(allowed, expected);
}

#[test]
fn two_subjects_that_share_a_number_narrow_each_other() {
    let rules = rules();
    let mut call = of("RU-KGD");
    let region = call.region.as_mut().expect("it has one");
    region.also = Some("RU-SAM".into());
    region.confidence = Confidence::Mixed;
    let at = |name: &str, time: &str| {
        let there: Zone = zone(name);
        there.moment(&format!("2026-11-24T{time}")).expect("a time")
    };
    let refused = "house_hours law.toml:house_hours";
    assert_eq!(call.told(&rules, at("Europe/Samara", "09:00")), refused);
    assert_eq!(
        call.told(&rules, at("Europe/Kaliningrad", "09:00")),
        "allowed"
    );
    assert_eq!(call.told(&rules, at("Europe/Samara", "20:59")), "allowed");
    assert_eq!(
        call.told(&rules, at("Europe/Kaliningrad", "20:59")),
        refused
    );
}

#[test]
fn the_place_on_the_card_and_that_of_the_number_narrow_each_other() {
    let (rules, mut call) = (rules(), of("RU-KAM"));
    let refused = "house_hours law.toml:house_hours";
    call.home = Some(Home::in_zone(zone("Europe/Moscow")));
    let at = |time: &str| moscow(&format!("2026-11-24T{time}"));
    // Nine in the evening on Kamchatka is noon in Moscow.
    assert_eq!(call.told(&rules, at("08:59")), refused);
    assert_eq!(call.told(&rules, at("09:00")), "allowed");
    assert_eq!(call.told(&rules, at("11:59")), "allowed");
    assert_eq!(call.told(&rules, at("12:00")), refused);
}

#[test]
fn a_card_tells_of_a_number_that_may_be_anywhere_and_is_named() {
    let rules = rules();
    let mut mobile = Call::to("+79990000002", Purpose::Service, Ground::Request);
    let at = moscow("2026-11-24T15:00");
    assert_eq!(mobile.told(&rules, at), "house_hours law.toml:house_hours");
    mobile.home = Some(Home::in_zone(zone("Europe/Moscow")));
    assert_eq!(mobile.told(&rules, at), "allowed");
    mobile.home = Some(Home::in_zone(zone("Asia/Vladivostok")));
    let facts = mobile.facts(&Counters::default(), now(at));
    let Decision::Blocked { text, .. } = decide(&rules, &facts, at) else {
        panic!("it is night there");
    };
    let there = "там 2026-11-24 22:00 (Asia/Vladivostok, по карточке клиента)";
    assert!(text.contains(there), "{text}");
    let clocks = clocks(&rules, &facts, at);
    assert_eq!(clocks.len(), 1);
    assert_eq!(clocks[0].source, Source::Card);
}
