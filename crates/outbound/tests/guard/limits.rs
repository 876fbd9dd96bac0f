//! What is counted, what is forgotten, and when a talk is ended.
use std::time::Duration;

use gudok_model::{CallId, LegId, Mono, Now, Wall};
use gudok_outbound::{
    Attempt, Counters, Decision, Ground, Home, Input, Kopecks, Load, Output, Past, Purpose, decide,
};

use crate::world::{Call, moscow, now, number, rules, zone};

pub(crate) fn leg(index: u16) -> LegId {
    let call = CallId(uuid::Uuid::nil());
    LegId { call, index }
}

fn attempt(call: &Call, per_minute: u64) -> Attempt {
    Attempt {
        operator: call.operator.clone(),
        number: call.number.clone(),
        contact: Some(call.purpose),
        per_minute: Kopecks(per_minute),
        talk_max: Duration::from_secs(600),
    }
}

fn debt() -> Call {
    Call::to("+74950000002", Purpose::Debt, Ground::Debt)
}

/// A talk of so many seconds that begins at once.
fn talk(counters: &mut Counters, at: Now, call: &Call, secs: u64) {
    let attempt = attempt(call, 250);
    let leg = leg(1);
    counters.handle_input(at, Input::Began { leg, attempt });
    counters.handle_input(at, Input::Answered { leg });
    counters.handle_input(at.plus(Duration::from_secs(secs)), Input::Ended { leg });
}

fn rule(counters: &Counters, call: &Call, at: Wall) -> String {
    match decide(&rules(), &call.facts(counters, now(at)), at) {
        Decision::Allowed { .. } => "allowed".to_owned(),
        Decision::Blocked { rule, .. } => rule.to_string(),
    }
}

#[test]
fn a_debtor_is_talked_with_once_a_day_twice_a_week_and_eight_times_a_month() {
    // 230-ФЗ, ст. 7, ч. 3, п. 3.
    let (call, mut counters) = (debt(), Counters::default());
    let at = |text: &str| moscow(text);
    let mut talks = |text: &str| {
        let told = rule(&counters, &call, at(text));
        if told == "allowed" {
            talk(&mut counters, now(at(text)), &call, 30);
        }
        told
    };
    assert_eq!(talks("2026-11-02T12:00"), "allowed");
    assert_eq!(talks("2026-11-02T18:00"), "debt_contacts");
    assert_eq!(talks("2026-11-03T09:00"), "allowed");
    // The third within seven dates waits for the ninth: the second is of yesterday's week then, the third of today's.
    assert_eq!(talks("2026-11-08T12:00"), "debt_contacts");
    assert_eq!(talks("2026-11-09T12:00"), "allowed");
    for date in ["10", "16", "17", "23", "24"] {
        assert_eq!(talks(&format!("2026-11-{date}T12:00")), "allowed", "{date}");
    }
    // Eight within 31 dates.
    assert_eq!(talks("2026-12-01T12:00"), "debt_contacts");
    assert_eq!(talks("2026-12-02T12:00"), "debt_contacts");
    assert_eq!(talks("2026-12-03T12:00"), "allowed");
}

#[test]
fn who_was_not_reached_was_not_talked_with_but_two_cannot_ring_at_once() {
    let (call, mut counters) = (debt(), Counters::default());
    let at = now(moscow("2026-11-23T12:00"));
    let attempt = attempt(&call, 250);
    let (first, contact) = (leg(1), attempt.contact);
    counters.handle_input(
        at,
        Input::Began {
            leg: first,
            attempt,
        },
    );
    let mut other = call.clone();
    other.operator = Some("102".into());
    assert_eq!(rule(&counters, &other, at.wall), "debt_contacts");
    counters.handle_input(at, Input::Ended { leg: first });
    assert_eq!(contact, Some(Purpose::Debt));
    assert_eq!(rule(&counters, &other, at.wall), "allowed");
}

#[test]
fn one_operator_one_call_and_so_many_an_hour() {
    let mut rules = rules();
    rules.operator.per_hour = 2;
    let (call, mut counters) = (
        Call::to("+74950000002", Purpose::Service, Ground::Request),
        Counters::default(),
    );
    let told =
        |counters: &Counters, at: Now| match decide(&rules, &call.facts(counters, at), at.wall) {
            Decision::Allowed { .. } => "allowed".to_owned(),
            Decision::Blocked { rule, .. } => rule.to_string(),
        };
    let at = now(moscow("2026-11-23T12:00"));
    let begun = attempt(&call, 250);
    counters.handle_input(
        at,
        Input::Began {
            leg: leg(1),
            attempt: begun,
        },
    );
    assert_eq!(told(&counters, at), "operator_at_once");
    counters.handle_input(at, Input::Ended { leg: leg(1) });
    assert_eq!(told(&counters, at), "allowed");
    talk(&mut counters, at.plus(Duration::from_secs(60)), &call, 30);
    let later = |secs| at.plus(Duration::from_secs(secs));
    assert_eq!(told(&counters, later(3_599)), "operator_per_hour");
    assert_eq!(told(&counters, later(3_600)), "allowed");
}

#[test]
fn money_is_set_aside_for_the_longest_talk_and_counted_as_it_was() {
    let (call, mut counters) = (debt(), Counters::default());
    let at = now(moscow("2026-11-23T12:00"));
    let load =
        |counters: &Counters, at: Now| counters.usage(at, call.operator.as_ref(), &call.number).all;
    let begun = attempt(&call, 250);
    counters.handle_input(
        at,
        Input::Began {
            leg: leg(1),
            attempt: begun,
        },
    );
    let wanted = |at_once, kopecks| Load {
        at_once,
        last_hour: 1,
        last_day: Kopecks(kopecks),
    };
    assert_eq!(load(&counters, at), wanted(1, 2_500));
    counters.handle_input(at, Input::Answered { leg: leg(1) });
    let end = at.plus(Duration::from_secs(61));
    counters.handle_input(end, Input::Ended { leg: leg(1) });
    assert_eq!(load(&counters, end), wanted(0, 500));
    let day_after = at.plus(Duration::from_secs(24 * 3_600));
    assert_eq!(load(&counters, day_after).last_day, Kopecks(500));
    let later = at.plus(Duration::from_secs(25 * 3_600));
    assert_eq!(load(&counters, later), Load::default());
}

#[test]
fn a_talk_that_lasts_too_long_is_ended_once() {
    let (call, mut counters) = (debt(), Counters::default());
    let at = now(moscow("2026-11-23T12:00"));
    let begun = attempt(&call, 250);
    counters.handle_input(
        at,
        Input::Began {
            leg: leg(1),
            attempt: begun,
        },
    );
    assert_eq!(counters.poll_timeout(), None);
    let answered = at.plus(Duration::from_secs(20));
    counters.handle_input(answered, Input::Answered { leg: leg(1) });
    let due = answered.plus(Duration::from_secs(600));
    assert_eq!(counters.poll_timeout(), Some(due.mono));
    counters.handle_timeout(due);
    assert_eq!(counters.poll_output(), Some(Output::Cut { leg: leg(1) }));
    counters.handle_timeout(due);
    assert_eq!(
        (counters.poll_output(), counters.poll_timeout()),
        (None, None)
    );
    assert_eq!(counters.legs().collect::<Vec<_>>(), [leg(1)]);
}

#[test]
fn what_was_called_before_the_start_counts() {
    let (call, mut counters) = (debt(), Counters::default());
    let at = moscow("2026-11-23T12:00");
    let past = Past {
        began: moscow("2026-11-23T11:30"),
        operator: call.operator.clone(),
        number: call.number.clone(),
        contact: Some((moscow("2026-11-23T11:30"), Purpose::Debt)),
        cost: Kopecks(750),
    };
    counters.handle_input(now(at), Input::Known(past));
    assert_eq!(rule(&counters, &call, at), "debt_contacts");
    let usage = counters.usage(now(at), call.operator.as_ref(), &call.number);
    assert_eq!(usage.operator.last_hour, 1);
    assert_eq!(usage.operator.last_day, Kopecks(750));
}

#[test]
fn a_clock_that_is_set_back_forgets_nothing() {
    let (call, mut counters) = (debt(), Counters::default());
    talk(&mut counters, now(moscow("2026-11-23T12:00")), &call, 30);
    let earlier = Now {
        mono: Mono(u64::MAX),
        wall: moscow("2026-11-20T12:00"),
    };
    let usage = counters.usage(earlier, call.operator.as_ref(), &call.number);
    assert_eq!((usage.all.last_hour, usage.all.last_day), (1, Kopecks(250)));
    assert_eq!(rule(&counters, &call, earlier.wall), "debt_contacts");
}

#[test]
fn full_counters_let_nobody_out() {
    let mut rules = rules();
    rules.limits.at_once = 5_000;
    rules.limits.per_hour = 5_000;
    rules.limits.per_day = Kopecks(u64::MAX);
    rules.operator = rules.limits;
    let mut counters = Counters::default();
    let mut call = Call::to("+74950000002", Purpose::Service, Ground::Request);
    call.home = Some(Home::in_zone(zone("Europe/Moscow")));
    let at = now(moscow("2026-11-23T12:00"));
    for index in 0..1_000 {
        let number = number(&format!("+7495000{index:04}"));
        let attempt = Attempt {
            number,
            ..attempt(&call, 0)
        };
        counters.handle_input(
            at,
            Input::Began {
                leg: leg(index),
                attempt,
            },
        );
    }
    let decision = decide(&rules, &call.facts(&counters, at), at.wall);
    assert!(
        matches!(&decision, Decision::Blocked { rule, .. } if **rule == *"room"),
        "{decision:?}"
    );
}

/// Contacts of one purpose are not forgotten for those of another: with as many as can be remembered nobody calls that number.
#[test]
fn a_number_with_as_many_contacts_as_are_remembered_is_called_no_more() {
    let (call, mut counters) = (debt(), Counters::default());
    let at = moscow("2026-11-02T12:00");
    let before = |hours: i64| Wall(at.0 - hours * 3_600_000_000);
    let past = |hours, purpose| Past {
        began: before(hours),
        operator: None,
        number: call.number.clone(),
        contact: Some((before(hours), purpose)),
        cost: Kopecks(0),
    };
    let remembers = |counters: &mut Counters, past| {
        counters.handle_input(now(at), Input::Known(past));
    };
    for hours in 200..260 {
        remembers(&mut counters, past(hours, Purpose::Survey));
    }
    let survey = Call::to("+74950000002", Purpose::Survey, Ground::Consent);
    assert_eq!(rule(&counters, &survey, at), "allowed");
    for hours in 260..264 {
        remembers(&mut counters, past(hours, Purpose::Survey));
    }
    assert_eq!(rule(&counters, &survey, at), "room");
    let other = Call::to("+74950000003", Purpose::Survey, Ground::Consent);
    assert_eq!(rule(&counters, &other, at), "allowed");
    // They grow old.
    let later = moscow("2026-12-24T12:00");
    assert_eq!(rule(&counters, &survey, later), "allowed");
}
