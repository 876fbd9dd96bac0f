//! Two hundred seeded days, spread over the cores. A failure prints its seed and how to see it again.
use std::collections::BTreeSet;

use gudok_model::{OfferEnd, Outcome};
use gudok_sim::{DAY_CALLS, Day};

/// Whole days: 5 000 calls, a night at either end. One of twenty is asked after each step, the others now and then.
fn live(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let day = Day::whole(seed);
        let lived = if seed.is_multiple_of(20) {
            day.live()
        } else {
            day.hurry()
        };
        if let Err(failure) = lived {
            panic!("{failure}");
        }
    }
}

macro_rules! seeds {
    ($($name:ident: $seeds:expr;)*) => {
        $(#[test]
        fn $name() {
            live($seeds);
        })*
    };
}

seeds! {
    seeds_from_0: 0..10;
    seeds_from_10: 10..20;
    seeds_from_20: 20..30;
    seeds_from_30: 30..40;
    seeds_from_40: 40..50;
    seeds_from_50: 50..60;
    seeds_from_60: 60..70;
    seeds_from_70: 70..80;
    seeds_from_80: 80..90;
    seeds_from_90: 90..100;
    seeds_from_100: 100..110;
    seeds_from_110: 110..120;
    seeds_from_120: 120..130;
    seeds_from_130: 130..140;
    seeds_from_140: 140..150;
    seeds_from_150: 150..160;
    seeds_from_160: 160..170;
    seeds_from_170: 170..180;
    seeds_from_180: 180..190;
    seeds_from_190: 190..200;
}

#[test]
fn the_same_seed_is_the_same_day_and_another_is_not() {
    let live = |seed| Day { seed, calls: 200 }.live().expect("a good day");
    let (one, again, other) = (live(7), live(7), live(8));
    assert_eq!(one, again);
    assert_ne!(one.hash, other.hash);
}

/// Whoever looks seldom sees the same day.
#[test]
fn a_day_in_a_hurry_is_the_same_day() {
    let day = Day {
        seed: 7,
        calls: 200,
    };
    let (whole, hurried) = (
        day.live().expect("a good day"),
        day.hurry().expect("a good day"),
    );
    assert_eq!(
        (whole.outcomes, whole.offers, whole.inputs, whole.span),
        (
            hurried.outcomes,
            hurried.offers,
            hurried.inputs,
            hurried.span
        )
    );
}

/// The cast is worth its pay: over some days every way to end, and every trouble, has been seen.
#[test]
fn days_have_everything_in_them() {
    let days = [2, 3, 7].map(|seed| Day::whole(seed).hurry().expect("a good day"));
    for report in &days {
        assert_eq!(report.arrivals, u64::from(DAY_CALLS));
        assert_eq!(report.outcomes.values().sum::<u64>(), 5_000);
        assert!(report.announcements > 50, "callers are told: {report}");
        let reached = report.calls_out.get(&Outcome::Out { reached: true });
        assert!(reached > Some(&100), "clients are called: {report}");
        assert!(report.supervised > 5, "supervisors listen: {report}");
        let ends = ["cancelled_by_customer", "done", "opened"];
        let seen = |end: &&str| report.requests.contains_key(&**end);
        assert!(ends.iter().all(seen), "requests end: {report}");
    }
    let outcomes: BTreeSet<Outcome> = days
        .iter()
        .flat_map(|day| day.outcomes.keys().copied())
        .collect();
    let offers: BTreeSet<OfferEnd> = days
        .iter()
        .flat_map(|day| day.offers.keys().copied())
        .collect();
    insta::assert_debug_snapshot!((outcomes, offers), @r"
    (
        {
            Answered,
            AbandonedIvr,
            AbandonedQueue {
                short: false,
            },
            AbandonedQueue {
                short: true,
            },
            CallbackRequested,
            Voicemail,
            OverflowedExternal {
                answered: false,
            },
            OverflowedExternal {
                answered: true,
            },
            ClosedMsg,
            RejectedSpam,
            Failed,
        },
        {
            BridgedEnded,
            Rejected,
            NoAnswer,
            DeviceError,
            Lost,
            CallerGone,
            Revoked,
            Expired,
        },
    )
    ");
}
