//! Whether two operations of two versions do the same.
use gudok_calendar::Schedule;
use gudok_model::Owed;

use super::Side;
use crate::condition::{Condition, Depends, Var};
use crate::flow::{
    AskOp, Assign, Assigned, DutyOp, FindOp, PromiseOp, Question, QueueOp, What, Whose,
};
use crate::line::{Utterance, shown};
use crate::step::decision;

/// Which schedules of two versions are the same, by their places in each.
#[derive(Clone, Copy)]
pub(super) struct Alike<'a> {
    /// In whether they are open, and why not.
    pub(super) hours: &'a dyn Fn(usize, usize) -> bool,
    /// In when they open next.
    pub(super) opening: &'a dyn Fn(usize, usize) -> bool,
}

/// Whether two operations do the same where schedules are alike by this. Who stands in a roster is told apart, as who sits in a group is.
pub(super) fn is_same(
    (old, before): (&Side<'_>, &What),
    (new, after): (&Side<'_>, &What),
    alike: Alike<'_>,
) -> bool {
    let (lines, others) = (before.lines(), after.lines());
    let mut pairs = lines.iter().zip(&others);
    let said = lines.len() == others.len()
        && pairs.all(|(line, other)| is_said_the_same((old, line), (new, other), alike));
    said && does_the_same((old, before), (new, after), alike)
}

/// Whether two lines are heard the same by every call.
fn is_said_the_same(
    (old, before): (&Side<'_>, &[Utterance]),
    (new, after): (&Side<'_>, &[Utterance]),
    alike: Alike<'_>,
) -> bool {
    let is_same = |(before, after): (&Utterance, &Utterance)| match (before, after) {
        (Utterance::Prompt(before), Utterance::Prompt(after)) => before == after,
        (Utterance::Value(before), Utterance::Value(after)) => {
            let spoken = old.number.locale == new.number.locale && before.manner == after.manner;
            let value = is_told_the_same((old, &before.value), (new, &after.value), alike);
            spoken && value && before.otherwise == after.otherwise
        }
        (Utterance::Prompt(_), Utterance::Value(_))
        | (Utterance::Value(_), Utterance::Prompt(_)) => false,
    };
    before.len() == after.len() && before.iter().zip(after).all(is_same)
}

/// The same of two operations that say the same.
fn does_the_same(
    (old, before): (&Side<'_>, &What),
    (new, after): (&Side<'_>, &What),
    alike: Alike<'_>,
) -> bool {
    match (before, after) {
        (What::Duty(before), What::Duty(after)) => {
            let of = |duty: &DutyOp| {
                let (name, music) = (duty.name.clone(), duty.music.clone());
                let ack = duty.ack.as_ref().map(|ack| ack.saying(Vec::<()>::new()));
                (name, duty.trunk.clone(), music, ack)
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
                (Some(before), Some(after)) => is_told_the_same((old, before), (new, after), alike),
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
                        is_told_the_same((old, before), (new, after), alike)
                    }
                    (Assigned::Fixed(_), Assigned::Told(_))
                    | (Assigned::Told(_), Assigned::Fixed(_)) => false,
                };
                before.name == after.name && value
            };
            before.len() == after.len() && before.iter().zip(after).all(is_same)
        }
        (What::Needs(before), What::Needs(after)) => before == after,
        (What::Operator(before), What::Operator(after)) => {
            let who = match (&before.who, &after.who) {
                (Whose::Fixed(before), Whose::Fixed(after)) => before == after,
                (Whose::Told(before), Whose::Told(after)) => {
                    is_told_the_same((old, before), (new, after), alike)
                }
                (Whose::Fixed(_), Whose::Told(_)) | (Whose::Told(_), Whose::Fixed(_)) => false,
            };
            who && (before.ring, &before.music) == (after.ring, &after.music)
        }
        (What::Find(before), What::Find(after)) => {
            let of = |find: &FindOp| (find.by.clone(), find.within);
            let within = before.within.is_some() || {
                old.number.lookup_deadline == new.number.lookup_deadline
            };
            let value = is_told_the_same((old, &before.value), (new, &after.value), alike);
            within && value && of(before) == of(after)
        }
        // Ways are compared by their order: each has its own.
        (What::Queue(a), What::Queue(b)) => {
            let exits = |queue: &QueueOp| {
                let exits = [
                    queue.on_no_operators,
                    queue.on_error,
                    queue.on_removed,
                    queue.on_closed,
                ];
                exits.map(|target| target.is_some())
            };
            exits(a) == exits(b) && is_decided_the_same((old, before), (new, after))
        }
        (What::Promise(before), What::Promise(after)) => {
            let of = |side: &Side<'_>, promise: &PromiseOp| {
                let schedule = hours_of(side, &promise.owed).cloned();
                let zone = schedule.map(|it| (it, side.number.zone.clone()));
                let said = (side.number.locale, zone);
                let place = promise.keep_place;
                (promise.owed.clone(), promise.typed.clone(), said, place)
            };
            of(old, before) == of(new, after)
        }
        (What::Voicemail { owed, .. }, What::Voicemail { owed: other, .. }) => {
            hours_of(old, owed) == hours_of(new, other)
                && is_decided_the_same((old, before), (new, after))
        }
        (before, after) if is_of_conditions(before) || is_of_conditions(after) => false,
        _ => is_decided_the_same((old, before), (new, after)),
    }
}

fn is_decided_the_same(
    (old, before): (&Side<'_>, &What),
    (new, after): (&Side<'_>, &What),
) -> bool {
    let before = decision(old.number, before, &mut shown);
    before == decision(new.number, after, &mut shown)
}

/// The schedule in whose hours what is owed falls due.
pub(super) fn hours_of<'a>(side: &Side<'a>, owed: &Owed) -> Option<&'a Schedule> {
    side.plan.schedule(owed.schedule.as_ref()?)
}

/// Operations of which a decision says too little.
fn is_of_conditions(what: &What) -> bool {
    let duty = matches!(what, What::Duty(_) | What::Operator(_) | What::Promise(_));
    duty || matches!(
        what,
        What::Menu(_) | What::Ask(_) | What::Find(_) | What::Set(_) | What::Needs(_)
    )
}

/// Whether an expression comes to the same for every call at every hour: the same words about the same schedules, rosters
/// and clock. When they open next is asked of the one hour.
fn is_told_the_same(
    (old, before): (&Side<'_>, &Condition),
    (new, after): (&Side<'_>, &Condition),
    alike: Alike<'_>,
) -> bool {
    let hours = |a, b| old.plan.schedules.get(a) == new.plan.schedules.get(b);
    let alike = Alike {
        hours: &hours,
        ..alike
    };
    is_told_alike((old, before), (new, after), alike)
}

/// The same at one time, at which schedules are alike by this.
pub(super) fn is_told_alike(
    (old, before): (&Side<'_>, &Condition),
    (new, after): (&Side<'_>, &Condition),
    alike: Alike<'_>,
) -> bool {
    let is_same = |(before, after): (&Var, &Var)| match (before.depends(), after.depends()) {
        (Depends::Schedule(a), Depends::Schedule(b)) => (alike.hours)(a, b),
        (Depends::Opening(a), Depends::Opening(b)) => {
            old.number.zone == new.number.zone && (alike.opening)(a, b)
        }
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
    (before.keys, before.tries) == (after.keys, after.tries)
}
