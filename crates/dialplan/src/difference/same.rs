//! Whether two operations of two versions do the same.
use super::Side;
use crate::condition::{Condition, Depends, Var};
use crate::flow::{AskOp, Assign, Assigned, DutyOp, Question, What};
use crate::step::decision;

/// Whether two operations do the same. Who stands in a roster is told apart, as who sits in a group is.
pub(super) fn is_same((old, before): (&Side<'_>, &What), (new, after): (&Side<'_>, &What)) -> bool {
    match (before, after) {
        (What::Duty(before), What::Duty(after)) => {
            let of = |duty: &DutyOp| {
                let (name, music) = (duty.name.clone(), duty.music.clone());
                (name, duty.trunk.clone(), music, duty.ack.clone())
            };
            of(before) == of(after)
        }
        (What::Menu(before), What::Menu(after)) => {
            let keys = before.keys.keys().eq(after.keys.keys());
            let reads = before.reads == after.reads;
            keys && reads && is_asked_the_same(&before.question, &after.question)
        }
        (What::Ask(before), What::Ask(after)) => {
            let checked = match (&before.check, &after.check) {
                (Some(before), Some(after)) => is_told_the_same((old, before), (new, after)),
                (before, after) => before.is_none() && after.is_none(),
            };
            let of = |ask: &AskOp| (ask.name.clone(), ask.least, ask.phone);
            let same = of(before) == of(after);
            checked && same && is_asked_the_same(&before.question, &after.question)
        }
        (What::Set(before), What::Set(after)) => {
            let is_same = |(before, after): (&Assign, &Assign)| {
                let value = match (&before.value, &after.value) {
                    (Assigned::Fixed(before), Assigned::Fixed(after)) => before == after,
                    (Assigned::Told(before), Assigned::Told(after)) => {
                        is_told_the_same((old, before), (new, after))
                    }
                    (Assigned::Fixed(_), Assigned::Told(_))
                    | (Assigned::Told(_), Assigned::Fixed(_)) => false,
                };
                before.name == after.name && value
            };
            before.len() == after.len() && before.iter().zip(after).all(is_same)
        }
        (What::Promise(before), What::Promise(after)) => {
            old.number.locale == new.number.locale && before == after
        }
        (What::Duty(_) | What::Menu(_) | What::Ask(_) | What::Set(_) | What::Promise(_), _)
        | (_, What::Duty(_) | What::Menu(_) | What::Ask(_) | What::Set(_) | What::Promise(_)) => {
            false
        }
        _ => decision(old.number, before) == decision(new.number, after),
    }
}

/// Whether an expression comes to the same for every call at every hour: the same words about the same schedules, rosters
/// and clock.
fn is_told_the_same(
    (old, before): (&Side<'_>, &Condition),
    (new, after): (&Side<'_>, &Condition),
) -> bool {
    is_told_alike((old, before), (new, after), |a, b| {
        old.plan.schedules.get(a) == new.plan.schedules.get(b)
    })
}

/// The same at one time, at which schedules are alike by this.
pub(super) fn is_told_alike(
    (old, before): (&Side<'_>, &Condition),
    (new, after): (&Side<'_>, &Condition),
    are_alike: impl Fn(usize, usize) -> bool,
) -> bool {
    let is_same = |(before, after): (&Var, &Var)| match (before.depends(), after.depends()) {
        (Depends::Schedule(a), Depends::Schedule(b)) => are_alike(a, b),
        (Depends::Roster(a), Depends::Roster(b)) => {
            let (old, new) = (old.plan.rosters.get(a), new.plan.rosters.get(b));
            old.map(|it| &it.roster) == new.map(|it| &it.roster)
        }
        (Depends::Clock(_), Depends::Clock(_)) => old.number.zone == new.number.zone,
        (a, b) => a == b,
    };
    let vars = before.vars.iter().zip(&after.vars);
    let vars = vars.map(|((_, before), (_, after))| (before, after));
    before.text == after.text && vars.into_iter().all(is_same)
}

fn is_asked_the_same(before: &Question, after: &Question) -> bool {
    let of = |question: &Question| {
        let again = (question.on_invalid.clone(), question.on_timeout.clone());
        let prompts = question.prompts.clone();
        (prompts, question.keys, question.tries, again)
    };
    of(before) == of(after)
}
