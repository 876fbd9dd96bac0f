//! Days in a row with restarts at random moments; `tests/sim/run` lives thousands of weeks.
use gudok_model::Mono;
use gudok_sim::{Broken, Report, Size, Week};

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
            live(Week { days: 2, ..Week::whole($seed) });
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
    let live = |seed| {
        live(Week {
            days: 1,
            ..Week::whole(seed)
        })
    };
    let (one, again, other) = (live(7), live(7), live(8));
    assert_eq!(one, again);
    assert_ne!(one.hash, other.hash);
}

/// Twenty weeks of all sizes, as thousands of them are lived at night: whatever their size, everybody has one outcome.
#[test]
fn weeks_of_the_small_and_of_the_middling() {
    let of = |size| move |seed: &u64| Size::by_lot(*seed) == size;
    let small = (0..).filter(of(Size::Small)).take(17);
    let middle = (0..).filter(of(Size::Middle)).take(3);
    for seed in small.chain(middle) {
        let week = Week::by_lot(seed);
        let report = live(week);
        let calls = 7 * u64::from(week.size.calls());
        let outcomes = report.outcomes.values().sum::<u64>();
        assert_eq!((report.arrivals, outcomes), (calls, calls), "{report}");
        let kept = report.requests.get("done");
        assert!(kept > Some(&0), "promises are kept: {report}");
        assert!(report.waits[1].as_secs() > 0, "somebody waits: {report}");
    }
}

/// 263 ended in the very step in which an operator was offered a promised call: no leg of it rang yet, and it looked like one that
/// stands in its queue by night.
#[test]
fn a_week_is_not_over_while_somebody_is_asked() {
    let week = Week::by_lot(263);
    assert_eq!(week.size, Size::Small);
    live(week);
}

/// What a failure prints is the very week: its size is said, and was not drawn from what is lived.
#[test]
fn a_broken_week_says_how_to_see_it_again() {
    let is_small = |seed: &u64| Size::by_lot(*seed) == Size::Small;
    let seed = (0..).find(is_small).expect("most are small");
    let drawn = Week::by_lot(seed);
    let said = Week {
        size: Size::named(drawn.size.word()).expect("it has a word"),
        ..Week::whole(seed)
    };
    assert_eq!(live(drawn).hash, live(said).hash);
    let (at, what) = (Mono(1_500_000), "nothing".to_owned());
    let week = drawn;
    let told = Broken { week, at, what }.to_string();
    let again = format!("--seed {seed} --days 7 --size small --story");
    assert!(told.ends_with(&again), "{told}");
}
