//! Rules begin and end with a date of the house's clock.
use gudok_calendar::parse_date;
use gudok_outbound::{Counters, Demand, Ground, Purpose, Standing, examine};

use crate::world::{Call, law, moscow, now, rules};

#[test]
fn a_rule_holds_from_the_first_minute_of_its_first_day_to_the_last_of_its_last() {
    let mut rules = rules();
    let consent = Demand::Basis {
        grounds: vec![Ground::Consent],
        proof: false,
    };
    let mut tomorrow = law("tomorrow", &[], consent);
    tomorrow.from = parse_date("2026-11-24").expect("a date");
    tomorrow.till = parse_date("2026-11-25");
    rules.law.clear();
    rules.law.insert(tomorrow.name.clone(), tomorrow);
    let call = Call::to("+74950000002", Purpose::Service, Ground::Request);
    let told = |at: &str| {
        let at = moscow(at);
        let checks = examine(&rules, &call.facts(&Counters::default(), now(at)), at);
        let mut of_law = checks.into_iter().filter(|it| &*it.rule == "tomorrow");
        of_law
            .next()
            .map(|it| (it.standing, it.text))
            .expect("it is looked at")
    };
    let (standing, text) = told("2026-11-23T23:59");
    assert_eq!(standing, Standing::Idle);
    assert!(text.contains("вступает в силу 2026-11-24"), "{text}");
    assert_eq!(told("2026-11-24T00:00").0, Standing::Failed);
    assert_eq!(told("2026-11-25T23:59").0, Standing::Failed);
    let (standing, text) = told("2026-11-26T00:00");
    assert_eq!(standing, Standing::Idle);
    assert!(text.contains("больше не действует"), "{text}");
}
