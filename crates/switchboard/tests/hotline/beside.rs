//! A version of the plan beside the one in force, on the calls of a script.
use std::sync::Arc;

use gudok_dialplan::plan::Plan;
use gudok_dialplan::shadow::{Report, Shadow};
use gudok_dialplan::{Source, load};
use insta::assert_snapshot;

use crate::plans::{DAY, RING};
use crate::world::{World, call_id};

fn plan(text: &str) -> Arc<Plan> {
    let source = Source {
        name: "plan.toml".into(),
        text: text.into(),
    };
    Arc::new(load(&[source]).expect("a good plan").plan)
}

/// B leaves in the greeting, A waits and talks.
const CALLS: &str = "0 operators ivan anna
    0 ivan sits
    1 A calls
    2 B calls
    2.5 B hangs up
    8 ivan rings
    9 ivan answers
    30 A hangs up
    60 end";

fn told(report: &Report) -> String {
    let ways = report.ways.iter().map(|way| {
        let (flow, step, calls) = (&way.flow, way.step, way.calls);
        format!("{flow} {step}: {} -> {} ({calls})\n", way.before, way.after)
    });
    let (calls, otherwise) = (report.calls, report.otherwise);
    format!("{otherwise} of {calls}\n{}", ways.collect::<String>())
}

#[test]
fn it_says_which_calls_would_part_and_where_and_changes_nothing() {
    let mut plain = World::new(DAY);
    plain.play(CALLS);
    let mut world = World::new(DAY);
    world.board.watch(true);
    world.play(CALLS);
    assert!(world.outputs == plain.outputs, "to be watched is nothing");

    let urgent = plan(&DAY.replace("priority = 3", "priority = 7"));
    let (mut other, mut same) = (Shadow::new(urgent), Shadow::new(plan(DAY)));
    while let Some(seen) = world.board.poll_seen() {
        other.observe(&seen);
        same.observe(&seen);
    }
    assert_snapshot!(told(&same.report()), @"0 of 2");
    assert_snapshot!(told(&other.report()), @"
    1 of 2
    main 4: очередь «support», приоритет 3, ждать до 60 с -> очередь «support», приоритет 7, ждать до 60 с (1)
    ");
    assert_eq!(other.report().ways[0].examples, [call_id('A')]);
}

#[test]
fn a_call_that_was_not_told_whole_is_followed_no_more() {
    let mut world = World::new(DAY);
    world.play("0 operators ivan\n 1 A calls\n 1.5 end");
    world.board.watch(true);
    world.play("2 B calls\n 2.5 end");
    let mut shadow = Shadow::new(plan(&DAY.replace("\"notice\"", "\"other\"")));
    while let Some(seen) = world.board.poll_seen() {
        shadow.observe(&seen);
    }
    shadow.let_go();
    world.play("20 end");
    while let Some(seen) = world.board.poll_seen() {
        shadow.observe(&seen);
    }
    // A began before; of B something may lack.
    let report = shadow.report();
    assert_eq!((report.calls, report.otherwise, report.let_go), (1, 0, 1));
    assert_eq!(world.board.unseen(), 0);
}

#[test]
fn a_call_that_ended_is_not_lost_and_another_plan_in_force_begins_anew() {
    let mut world = World::new(DAY);
    world.board.watch(true);
    world.play("0 operators ivan\n 1 A calls\n 2 B calls\n 2.5 end");
    let mut shadow = Shadow::new(plan(&DAY.replace("\"notice\"", "\"other\"")));
    let first: Vec<_> = std::iter::from_fn(|| world.board.poll_seen()).collect();
    first.iter().for_each(|seen| shadow.observe(seen));
    // One is over: only the other is let go where decisions were left out.
    shadow.ended(call_id('A'));
    shadow.let_go();
    let report = shadow.report();
    assert_eq!((report.calls, report.let_go), (2, 1));
    assert_eq!(report.generation, first[0].generation);

    let mut under_another = first[0].clone();
    under_another.generation = "another".into();
    shadow.observe(&under_another);
    let report = shadow.report();
    assert_eq!((report.calls, report.let_go), (1, 0), "it began anew");
    assert_eq!(shadow.counts().0, 3, "the counters of /metrics did not");
    // A call of the plan before goes on, and is none of this report.
    shadow.observe(first.last().expect("a decision"));
    assert_eq!(shadow.report().calls, 1);
}

#[test]
fn who_enters_the_plan_before_late_does_not_begin_the_report_anew() {
    let mut world = World::new(DAY);
    world.board.watch(true);
    // A is being answered by the old plan while B enters the new one, in which nobody is answered first.
    world.play("0 operators ivan\n 1 A calls");
    world.plan(RING);
    world.play("1.0005 B calls\n 1.5 end");
    let seen: Vec<_> = std::iter::from_fn(|| world.board.poll_seen()).collect();
    let entered = seen.iter().filter(|seen| seen.end.is_none());
    let entered: Vec<_> = entered.map(|it| (it.call, it.in_force)).collect();
    assert_eq!(entered, [(call_id('B'), true), (call_id('A'), false)]);

    let mut shadow = Shadow::new(plan(RING));
    seen.iter().for_each(|seen| shadow.observe(seen));
    let report = shadow.report();
    assert_eq!(report.generation, *plan(RING).generation());
    assert_eq!((report.calls, shadow.counts().0), (1, 1));
}
