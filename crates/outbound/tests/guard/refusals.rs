//! Who wants no calls is not called, whatever else lets them be.
use gudok_model::{Actor, PhoneNumber, Refusal, Wall};
use gudok_outbound::{
    Counters, DNC, Decision, Door, Facts, Ground, Home, Noted, Purpose, REFUSALS_MAX, Refusals,
    decide,
};
use proptest::prelude::*;

use crate::world::{Call, moscow, now, number, rules, zone};

const MOBILE: &str = "+79990000002";

fn refusal(number: PhoneNumber, purpose: Option<Purpose>, at: Wall) -> Refusal {
    Refusal {
        project: "main".into(),
        number,
        purpose: purpose.map(|it| it.word().into()),
        by: Actor::Operator("anna".into()),
        at,
        why: "не звоните".to_owned(),
    }
}

fn asked<'a>(facts: Facts<'a>, refusal: &'a Refusal, asked_at: Option<Wall>) -> Facts<'a> {
    Facts {
        refusal: Some(refusal),
        asked_at,
        ..facts
    }
}

#[test]
fn whoever_refused_is_told_by_whom_and_when_and_asks_again_for_one_call() {
    let (rules, noon) = (rules(), moscow("2026-11-24T12:00"));
    let mut call = Call::to(MOBILE, Purpose::Service, Ground::Request);
    call.home = Some(Home::in_zone(zone("Europe/Moscow")));
    let before = Wall(noon.0 - 3_600_000_000);
    let said = refusal(number(MOBILE), None, before);
    let counters = Counters::default();
    let facts = || call.facts(&counters, now(noon));
    assert_eq!(call.told(&rules, noon), "allowed");
    let Decision::Blocked { rule, place, text } =
        decide(&rules, &asked(facts(), &said, None), noon)
    else {
        panic!("nobody is called who wants none");
    };
    assert_eq!((&*rule, &*place), (DNC, "anna 2026-11-24 11:00"));
    assert_eq!(
        text,
        "просил не звонить: записал anna 2026-11-24 11:00: «не звоните»"
    );
    let earlier = asked(facts(), &said, Some(Wall(before.0 - 1)));
    assert!(matches!(
        decide(&rules, &earlier, noon),
        Decision::Blocked { .. }
    ));
    let later = asked(facts(), &said, Some(Wall(before.0 + 1)));
    assert!(matches!(
        decide(&rules, &later, noon),
        Decision::Allowed { .. }
    ));
    // A colleague's or the duty's phone is no customer's.
    let duty = Facts {
        door: Door::Plan,
        ..asked(facts(), &said, None)
    };
    assert!(matches!(
        decide(&rules, &duty, noon),
        Decision::Allowed { .. }
    ));
}

#[test]
fn what_is_refused_holds_for_its_project_and_purpose_until_it_is_lifted() {
    let mut refusals = Refusals::default();
    let (customer, project) = (number(MOBILE), "main".into());
    let advertising = refusal(customer.clone(), Some(Purpose::Advertising), Wall(1));
    assert_eq!(refusals.note(advertising.clone()), Noted::New);
    let again = Refusal {
        at: Wall(5),
        ..advertising.clone()
    };
    assert_eq!(refusals.note(again), Noted::Again);
    let said = refusals.of(&project, &customer, Purpose::Advertising);
    assert_eq!(said.map(|it| it.at), Some(Wall(5)), "the last word");
    let of = |refusals: &Refusals, project: &str, purpose| {
        refusals.of(&project.into(), &customer, purpose).is_some()
    };
    assert!(of(&refusals, "main", Purpose::Advertising));
    assert!(!of(&refusals, "main", Purpose::Service));
    assert!(!of(&refusals, "other", Purpose::Advertising));
    refusals.note(refusal(customer.clone(), None, Wall(2)));
    assert!(of(&refusals, "main", Purpose::Service));
    assert!(refusals.lift(&project, &customer, None).is_some());
    assert!(refusals.lift(&project, &customer, None).is_none());
    assert!(!of(&refusals, "main", Purpose::Service));
    assert!(of(&refusals, "main", Purpose::Advertising), "that stands");
}

#[test]
fn beyond_the_limit_nothing_is_forgotten_and_whoever_says_it_is_told() {
    let mut refusals = Refusals::default();
    let customer = |n: usize| -> PhoneNumber {
        let digits = format!("+7999{n:07}");
        digits.try_into().expect("a number")
    };
    for n in 0..REFUSALS_MAX {
        assert_eq!(
            refusals.note(refusal(customer(n), None, Wall(0))),
            Noted::New
        );
    }
    let more = refusal(customer(REFUSALS_MAX), None, Wall(0));
    assert_eq!(refusals.note(more), Noted::Full);
    let first = refusals.of(&"main".into(), &customer(0), Purpose::Debt);
    assert!(first.is_some() && refusals.len() == REFUSALS_MAX);
}

proptest! {
    /// Whatever the hour, the purpose, the ground and the number to show: no call to a customer leaves who wants none and has not
    /// asked for it since.
    #[test]
    fn nothing_is_ever_dialled_to_who_wants_no_calls(
        purpose in 0..4_usize,
        ground in 0..4_usize,
        minutes in 0..525_600_i64,
        asked_at in prop::option::of(0..1_000_i64),
    ) {
        let rules = rules();
        let (_, purpose) = Purpose::WORDS[purpose];
        let (_, ground) = Ground::WORDS[ground];
        let at = Wall(moscow("2026-01-01T00:00").0 + minutes * 60_000_000);
        let call = Call::to(MOBILE, purpose, ground);
        let said = refusal(number(MOBILE), None, Wall(at.0 - 1_000_000));
        let asked_at = asked_at.map(|ago| Wall(said.at.0 - ago));
        let counters = Counters::default();
        let facts = asked(call.facts(&counters, now(at)), &said, asked_at);
        let blocked = matches!(decide(&rules, &facts, at), Decision::Blocked { .. });
        prop_assert!(blocked);
    }
}
