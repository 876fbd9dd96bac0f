//! Days in a row with restarts at random moments; `tests/sim/run` lives thousands of weeks.
use gudok_sim::{Report, Week};

fn live(week: Week) -> Report {
    week.hurry().unwrap_or_else(|broken| panic!("{broken}"))
}

/// Its plans change at noon and at midnight, and it dies once a day.
#[test]
fn a_whole_week() {
    let report = live(Week::whole(0));
    assert_eq!((report.arrivals, report.restarts), (35_000, 7));
    assert_eq!(report.outcomes.values().sum::<u64>(), 35_000);
    assert!(report.wrap_ups_resumed > 0, "{report}");
    let kept = report.requests.get("done");
    assert!(kept > Some(&1_000), "promises are kept: {report}");
    assert!(report.supervised > 50, "supervisors listen: {report}");
}

macro_rules! two_days {
    ($($name:ident: $seed:expr;)*) => {
        $(#[test]
        fn $name() {
            live(Week { seed: $seed, days: 2 });
        })*
    };
}

two_days! {
    two_days_of_seed_1: 1;
    two_days_of_seed_2: 2;
    two_days_of_seed_3: 3;
}

#[test]
fn the_same_seed_is_the_same_week() {
    let live = |seed| live(Week { seed, days: 1 });
    let (one, again, other) = (live(7), live(7), live(8));
    assert_eq!(one, again);
    assert_ne!(one.hash, other.hash);
}
