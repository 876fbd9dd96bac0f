//! One row for each rule: what it lets through, what it does not, and the article it names.
use gudok_calendar::parse_date;
use gudok_outbound::{
    Basis, Counters, Decision, Door, Ground, Home, Purpose, Standing, decide, examine,
};

use crate::world::{Call, allowed, moscow, now, number, prefixes, rules, zone};

/// A working Monday, noon.
const NOON: &str = "2026-11-23T12:00";

fn service() -> Call {
    Call::to("+74950000002", Purpose::Service, Ground::Request)
}

fn debt() -> Call {
    Call::to("+74950000002", Purpose::Debt, Ground::Debt)
}

#[test]
fn debtors_are_called_from_8_to_22_on_working_days_and_from_9_to_20_on_days_off() {
    // 230-ФЗ, ст. 7, ч. 3, п. 1. A Monday, a Saturday, a holiday on a Friday, a Saturday that is worked.
    for (at, wanted) in [
        ("2026-11-23T07:59", "debt_hours law.toml:debt_hours"),
        ("2026-11-23T08:00", "allowed"),
        ("2026-11-23T21:59", "allowed"),
        ("2026-11-23T22:00", "debt_hours law.toml:debt_hours"),
        ("2026-11-21T08:59", "debt_hours law.toml:debt_hours"),
        ("2026-11-21T09:00", "allowed"),
        ("2026-11-21T19:59", "allowed"),
        ("2026-11-21T20:00", "debt_hours law.toml:debt_hours"),
        ("2026-05-01T08:30", "debt_hours law.toml:debt_hours"),
        ("2026-05-01T20:30", "debt_hours law.toml:debt_hours"),
        ("2026-02-28T21:30", "allowed"),
        // No calendar of 2027: the narrower hours on any day.
        ("2027-03-01T08:30", "debt_hours law.toml:debt_hours"),
        ("2027-03-01T12:00", "allowed"),
    ] {
        assert_eq!(debt().told(&rules(), moscow(at)), wanted, "{at}");
    }
}

#[test]
fn others_are_called_by_the_hours_of_the_house() {
    for (at, wanted) in [
        ("2026-11-23T08:59", "house_hours law.toml:house_hours"),
        ("2026-11-23T09:00", "allowed"),
        ("2026-11-23T20:59", "allowed"),
        ("2026-11-23T21:00", "house_hours law.toml:house_hours"),
    ] {
        assert_eq!(service().told(&rules(), moscow(at)), wanted, "{at}");
    }
}

#[test]
fn a_ground_is_named_and_advertising_proves_the_consent() {
    let with = |purpose, basis: Option<(Ground, Option<&str>)>| {
        let mut call = Call::to("+74950000002", purpose, Ground::Request);
        call.basis = basis.map(|(ground, reference)| Basis {
            ground,
            reference: reference.map(Into::into),
        });
        call.told(&rules(), moscow(NOON))
    };
    let (ads, debt) = (Purpose::Advertising, Purpose::Debt);
    let no_consent = "ads_consent law.toml:ads_consent";
    assert_eq!(with(ads, None), no_consent);
    assert_eq!(with(ads, Some((Ground::Contract, Some("1")))), no_consent);
    assert_eq!(with(ads, Some((Ground::Consent, None))), no_consent);
    assert_eq!(with(ads, Some((Ground::Consent, Some("7")))), "allowed");
    assert_eq!(with(debt, None), "debt_basis law.toml:debt_basis");
    assert_eq!(with(debt, Some((Ground::Debt, None))), "allowed");
}

#[test]
fn mobile_numbers_are_called_from_a_number_with_a_label() {
    // 41-ФЗ; 126-ФЗ, ст. 45, п. 9.1. In force from 1 September 2025.
    let mut mobile = Call::to("+79990000002", Purpose::Service, Ground::Request);
    mobile.home = Some(Home::in_zone(zone("Europe/Moscow")));
    let mut rules = rules();
    assert_eq!(mobile.told(&rules, moscow(NOON)), "allowed");
    rules.clis[0].label = None;
    assert_eq!(mobile.told(&rules, moscow(NOON)), "label law.toml:label");
    assert_eq!(service().told(&rules, moscow(NOON)), "allowed");
    assert_eq!(mobile.told(&rules, moscow("2025-08-31T12:00")), "allowed");
    // A second number that has everything is shown in its place.
    rules.clis.push(crate::world::cli("+74950000003"));
    let at = moscow(NOON);
    let counters = Counters::default();
    let decision = decide(&rules, &mobile.facts(&counters, now(at)), at);
    let Decision::Allowed { cli, .. } = decision else {
        panic!("{decision:?}");
    };
    assert_eq!(cli, Some(number("+74950000003")));
}

#[test]
fn only_numbers_of_the_register_are_shown_while_their_contract_lasts() {
    let mut rules = rules();
    let mut call = service();
    call.cli = Some(number("+74950000009"));
    let nowhere = "cli outbound.toml:1:1";
    assert_eq!(call.told(&rules, moscow(NOON)), nowhere);
    call.cli = Some(number("+74950000001"));
    assert_eq!(call.told(&rules, moscow(NOON)), "allowed");
    rules.clis[0].valid_to = parse_date("2026-11-23");
    assert_eq!(call.told(&rules, moscow("2026-11-23T20:00")), "allowed");
    let over = "cli outbound.toml:cli +74950000001";
    assert_eq!(call.told(&rules, moscow("2026-11-24T12:00")), over);
    rules.clis[0].valid_to = None;
    rules.clis[0].purposes = vec![Purpose::Debt];
    assert_eq!(call.told(&rules, moscow(NOON)), over);
    call.cli = None;
    assert_eq!(call.told(&rules, moscow(NOON)), nowhere);
    rules.clis.clear();
    assert_eq!(call.told(&rules, moscow(NOON)), nowhere);
}

#[test]
fn the_longest_prefix_decides_and_without_one_nothing_is_called() {
    let told = |text: &str| {
        let mut call = Call::to(text, Purpose::Service, Ground::Request);
        call.home = Some(Home::in_zone(zone("Europe/Moscow")));
        call.told(&rules(), moscow(NOON))
    };
    assert_eq!(told("+78090000001"), "prefix outbound.toml:+7809");
    assert_eq!(told("+375290000001"), "prefix outbound.toml:1:1");
    assert_eq!(told("+74950000002"), "allowed");
    let mut bare = rules();
    bare.prefixes = prefixes(&[]);
    assert_eq!(
        service().told(&bare, moscow(NOON)),
        "prefix outbound.toml:1:1"
    );
}

#[test]
fn abroad_somebody_must_say_what_time_it_is() {
    let mut rules = rules();
    rules.prefixes = prefixes(&[("+375", allowed(900))]);
    let abroad = Call::to("+375290000001", Purpose::Service, Ground::Request);
    let unknown = "house_hours law.toml:house_hours";
    assert_eq!(abroad.told(&rules, moscow(NOON)), unknown);
    let terms = gudok_outbound::Terms::Allowed {
        per_minute: gudok_outbound::Kopecks(900),
        zone: Some(zone("Europe/Minsk")),
    };
    rules.prefixes = prefixes(&[("+375", terms)]);
    assert_eq!(abroad.told(&rules, moscow(NOON)), "allowed");
}

#[test]
fn rules_that_are_not_of_this_call_are_told_as_such() {
    let (rules, call, at) = (rules(), service(), moscow(NOON));
    let counters = Counters::default();
    let checks = examine(&rules, &call.facts(&counters, now(at)), at);
    let told = |standing| {
        let of = checks.iter().filter(|it| it.standing == standing);
        of.map(|it| &*it.rule).collect::<Vec<&str>>()
    };
    let idle = [
        "ads_consent",
        "debt_basis",
        "debt_contacts",
        "debt_hours",
        "label",
    ];
    assert_eq!(told(Standing::Idle), idle);
    assert!(told(Standing::Failed).is_empty());
    assert!(checks.iter().all(|it| !it.place.is_empty()));
    let hours = checks.iter().find(|it| &*it.rule == "house_hours");
    let text = &hours.expect("it is asked").text;
    assert!(text.starts_with("статья о house_hours: "), "{text}");
}

#[test]
fn the_plan_calls_at_night_and_an_operator_does_not() {
    let mut rules = rules();
    rules.night = Some(crate::world::span("23:00-07:00"));
    let mut call = debt();
    for (door, night) in [
        (Door::Plan, "allowed"),
        (Door::Operator, "night outbound.toml:2:1"),
        (Door::Client, "night outbound.toml:2:1"),
    ] {
        call.door = door;
        assert_eq!(call.told(&rules, moscow("2026-11-23T23:00")), night);
        assert_eq!(call.told(&rules, moscow("2026-11-24T06:59")), night);
        // No client is called through the first two doors: the law of such calls says nothing.
        assert_eq!(call.told(&rules, moscow("2026-11-24T12:00")), "allowed");
    }
}
