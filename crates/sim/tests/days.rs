//! Two hundred seeds, spread over the cores. A failure prints its seed and how to see it again.
use gudok_sim::{DAY_CALLS, Day};

/// Calls of a part of a day: two hours at noon, a night and a morning elsewhere.
const PART: u32 = 1_500;

fn live(seeds: std::ops::Range<u64>, calls: u32) {
    for seed in seeds {
        if let Err(failure) = (Day { seed, calls }).live() {
            panic!("{failure}");
        }
    }
}

macro_rules! seeds {
    ($calls:expr; $($name:ident: $seeds:expr;)*) => {
        $(#[test]
        fn $name() {
            live($seeds, $calls);
        })*
    };
}

seeds! { PART;
    seeds_from_0: 0..16;
    seeds_from_16: 16..32;
    seeds_from_32: 32..48;
    seeds_from_48: 48..64;
    seeds_from_64: 64..80;
    seeds_from_80: 80..96;
    seeds_from_96: 96..112;
    seeds_from_112: 112..128;
    seeds_from_128: 128..144;
    seeds_from_144: 144..160;
    seeds_from_160: 160..176;
}

// Whole days: 5 000 calls, a night at either end.
seeds! { DAY_CALLS;
    days_from_176: 176..180;
    days_from_180: 180..184;
    days_from_184: 184..188;
    days_from_188: 188..192;
    days_from_192: 192..196;
    days_from_196: 196..200;
}

#[test]
fn the_same_seed_is_the_same_day_and_another_is_not() {
    let live = |seed| Day { seed, calls: 200 }.live().expect("a good day");
    let (one, again, other) = (live(7), live(7), live(8));
    assert_eq!(one, again);
    assert_ne!(one.hash, other.hash);
}

/// The cast is worth its pay: over a whole day every way to end, and every trouble, has been seen.
#[test]
fn a_day_has_everything_in_it() {
    let report = Day::whole(42).live().expect("a good day");
    assert_eq!(report.arrivals, u64::from(DAY_CALLS));
    assert_eq!(report.outcomes.values().sum::<u64>(), 5_000);
    insta::assert_debug_snapshot!((report.outcomes.keys(), report.offers.keys()), @r"
    (
        [
            Answered,
            AbandonedIvr,
            AbandonedQueue {
                short: false,
            },
            AbandonedQueue {
                short: true,
            },
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
        ],
        [
            BridgedEnded,
            Rejected,
            NoAnswer,
            DeviceError,
            Lost,
            CallerGone,
            Revoked,
            Expired,
        ],
    )
    ");
}
