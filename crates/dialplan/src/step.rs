//! The interpreter: from a cursor and facts to the next decision.
use crate::decision::{Cursor, Decision, Step, StepEnd};
use crate::facts::Facts;
use crate::plan::{Number, Plan};

pub(crate) fn step(
    _: &Plan,
    _: &Number,
    cursor: &Cursor,
    _: Option<StepEnd>,
    _: &Facts<'_>,
) -> Step {
    Step {
        cursor: cursor.clone(),
        decision: Decision::Close {
            prompts: vec!["technical_problem".into()],
            reason: "lost".into(),
        },
        reasons: Vec::new(),
    }
}
