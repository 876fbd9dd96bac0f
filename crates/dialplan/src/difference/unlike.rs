//! What is another where two steps read alike to the last key: the schedules that their words name.
use std::collections::BTreeSet;

use gudok_model::Owed;

use super::Side;
use super::same::{Alike, hours_of};
use crate::condition::Depends;
use crate::flow::{PromiseOp, What};

/// Russian.
pub(super) fn told(
    (old, before): (&Side<'_>, &What),
    (new, after): (&Side<'_>, &What),
    alike: Alike<'_>,
) -> String {
    let (asked, others) = (before.expressions(), after.expressions());
    let pairs = asked.iter().zip(&others);
    let vars = pairs.flat_map(|(before, after)| before.vars.iter().zip(&after.vars));
    let name = |index: usize| new.plan.schedule_names.get(index);
    let another = vars.filter_map(|((_, a), (_, b))| match (a.depends(), b.depends()) {
        (Depends::Opening(a), Depends::Opening(b)) if !(alike.opening)(a, b) => {
            name(b).map(|name| format!("ближайшее открытие графика {name} другое"))
        }
        (Depends::Schedule(a), Depends::Schedule(b)) => {
            let is_same = old.plan.schedules.get(a) == new.plan.schedules.get(b);
            name(b).filter(|_| !is_same).map(|name| hours(name))
        }
        _ => None,
    });
    let mut another: BTreeSet<String> = another.collect();
    if let (Some(before), Some(after)) = (owed(before), owed(after)) {
        let name = after.schedule.as_ref();
        let is_same = hours_of(old, before) == hours_of(new, after);
        another.extend(name.filter(|_| !is_same).map(|name| hours(name)));
    }
    if another.is_empty() {
        // What every step of the number is said and counted by.
        return "язык, часовой пояс или состав другой".to_owned();
    }
    another.into_iter().collect::<Vec<_>>().join(", ")
}

fn hours(name: &str) -> String {
    format!("часы графика {name} другие")
}

fn owed(what: &What) -> Option<&Owed> {
    match what {
        What::Promise(PromiseOp { owed, .. }) | What::Voicemail { owed, .. } => Some(owed),
        _ => None,
    }
}
