//! How much work a large plan is.
use gudok_dialplan::Horizon;

use crate::large;
use crate::support::{loaded, source};

/// Two hundred schedules of windows, short weeks and holidays, fifty numbers that each look at some of them: the work is
/// that of the cells, and not of the minutes of a year (576 000 for each number).
#[test]
fn fifty_numbers_and_two_hundred_schedules_are_little_work() {
    let plan = loaded(&source(&large::plan())).plan;
    let coverage = plan.coverage(Horizon::from_date("2026-11-10").expect("a date"));
    let cells: usize = coverage.numbers.iter().map(|number| number.cells).sum();
    assert!(coverage.numbers.iter().all(|number| number.gaps.is_empty()));
    assert!(cells > 50_000, "{cells}");
    assert!(coverage.evaluated < 10_000, "{}", coverage.evaluated);
    assert!(coverage.walked < 10_000, "{}", coverage.walked);
}
