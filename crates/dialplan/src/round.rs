//! Whether a call that was stopped for its many steps was going round, or its way was only long.
use std::collections::BTreeSet;

use crate::chart;
use crate::flow::{At, What};
use crate::plan::Plan;

/// Whether some way of the plan leads from this operation to itself.
pub(crate) fn comes_back(plan: &Plan, from: At) -> bool {
    let (mut left, mut seen) = (vec![from], BTreeSet::new());
    while let Some(at) = left.pop() {
        for to in ways(plan, at) {
            if to == from {
                return true;
            }
            if seen.insert(to) {
                left.push(to);
            }
        }
    }
    false
}

fn ways(plan: &Plan, at: At) -> Vec<At> {
    let op = plan.flows.get(at.0).and_then(|flow| flow.ops.get(at.1));
    match op.map(|op| &op.what) {
        None => Vec::new(),
        Some(What::Jump(to) | What::Back(to)) => vec![(at.0, *to)],
        Some(What::Goto(target)) => target.map(|flow| (flow, 0)).into_iter().collect(),
        Some(what) => chart::ways(what, at)
            .into_iter()
            .map(|(to, _)| to)
            .collect(),
    }
}
