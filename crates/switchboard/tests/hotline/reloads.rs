//! Ten thousand reloads while callers wait and talk: whoever came first is served first, as if there had been none.
use std::sync::Arc;

use gudok_dialplan::plan::Plan;
use gudok_dialplan::{Source, load};

use crate::plans::DAY;
use crate::world::{Event, World};

const RELOADS: usize = 10_000;
/// Who calls, in this order.
const CALLERS: &str = "ABCDEFGH";

/// Callers wait however long; the versions differ in what nobody of them meets.
fn text(night: &str) -> String {
    DAY.replace("callers_max = 2", "callers_max = 20")
        .replace("wait = \"60s\"", "wait = \"600s\"\nleave_empty = false")
        .replace("wrap_up = \"20s\"", "wrap_up = \"0s\"")
        .replace("reason = \"night\"", &format!("reason = \"{night}\""))
}

fn plan(text: String) -> Arc<Plan> {
    let name = "plan.toml".into();
    Arc::new(load(&[Source { name, text }]).expect("a good plan").plan)
}

/// Everybody waits before the only operator sits down; one after the other is served.
fn script() -> Vec<String> {
    let mut lines = vec!["0 operators ivan".to_owned()];
    let calls = CALLERS.chars().zip(1..);
    lines.extend(calls.map(|(letter, at)| format!("{at} {letter} calls")));
    lines.push("20 ivan sits".to_owned());
    for (letter, at) in CALLERS.chars().zip((30..).step_by(10)) {
        lines.push(format!("{at} ivan rings"));
        lines.push(format!("{} ivan answers", at + 1));
        lines.push(format!("{} {letter} hangs up", at + 5));
    }
    lines
}

fn story(reloads: usize) -> String {
    let mut world = World::new(&text("night"));
    let versions = [plan(text("late")), plan(text("night"))];
    let script = script();
    let each = reloads.div_ceil(script.len());
    for line in &script {
        world.play(line);
        for version in versions
            .iter()
            .cycle()
            .take(if reloads == 0 { 0 } else { each })
        {
            world.put(Event::Plan(Arc::clone(version)));
        }
    }
    world.tell("200 end")
}

#[test]
fn ten_thousand_reloads_change_no_order() {
    let plain = story(0);
    let bridged = plain.lines().filter(|line| line.contains("* bridged with"));
    let order: String = bridged
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(order, CALLERS, "{plain}");
    assert!(story(RELOADS) == plain, "a reload shows");
}
