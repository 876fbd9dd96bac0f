//! The rules of calls out, and whom the plan calls that they do not let it call.
use std::sync::Arc;

use gudok_calendar::Holidays;
use gudok_model::PhoneNumber;
use gudok_outbound::{Demand, Rules, Terms};

use super::Linked;
use crate::draft::Draft;
use crate::flow::What;
use crate::text::{Laid, Problems, Spot, error, warning};

/// The rules with their law and their calendar. None: the plan has none.
pub(super) fn rules(
    draft: &mut Draft,
    holidays: Option<Arc<Holidays>>,
    problems: &mut Problems<'_>,
) -> Option<Arc<Rules>> {
    let Some(outbound) = draft.outbound.take() else {
        for (word, at) in &draft.law_at {
            idle_law(word, at, problems);
        }
        return None;
    };
    let law = std::mem::take(&mut draft.law);
    let off = law.values().find(|law| match law.demand {
        Demand::Hours { working, days_off } => working != days_off,
        _ => false,
    });
    if let Some(law) = off.filter(|_| outbound.holidays.is_none()) {
        let name = &law.name;
        let ru = format!("правило «{name}» различает рабочие и выходные, а holidays не назван");
        let en = format!("`{name}` tells days off from working days, and there is no `holidays`");
        let said = warning("no_calendar", ru, en);
        problems.say(
            &outbound.at,
            said.remedy((
                "пока каждый день считается и рабочим, и выходным; добавьте в [outbound] holidays = \"ru\"",
                "until then each day counts as both; add holidays = \"ru\" to [outbound]",
            )),
        );
    }
    Some(Arc::new(Rules {
        holidays,
        law,
        ..outbound.rules
    }))
}

/// A law that rules nothing: without `[outbound]` nobody is called, and nothing is asked.
fn idle_law(name: &str, at: &Spot, problems: &mut Problems<'_>) {
    let ru = format!("правило закона «{name}» ничего не значит: в плане нет [outbound]");
    let en = format!("`[law.{name}]` means nothing: the plan has no [outbound]");
    let said = warning("unused", ru, en);
    problems.say(
        at,
        said.remedy((
            "добавьте [outbound] (dialplans/outbound.toml) или уберите правило",
            "add [outbound] (dialplans/outbound.toml), or take the rule away",
        )),
    );
}

/// Numbers that the plan calls and that no prefix allows: such a step would never reach anybody.
pub(crate) fn shut(linked: &Linked, problems: &mut Problems<'_>) {
    let Some(rules) = &linked.outbound else {
        return;
    };
    let is_shut = |number: &PhoneNumber| {
        let terms = rules.prefixes.find(number).map(|(_, it)| &it.terms);
        !matches!(terms, Some(Terms::Allowed { .. }))
    };
    for (flow, spots) in linked.flows.iter().zip(&linked.spots) {
        for (op, laid) in flow.ops.iter().zip(spots) {
            for number in called(linked, &op.what).filter(|it| is_shut(it)) {
                say(number, laid, problems);
            }
        }
    }
}

/// Every number that a step calls.
fn called<'a>(linked: &'a Linked, what: &'a What) -> impl Iterator<Item = &'a PhoneNumber> {
    let (fixed, roster) = match what {
        What::External { number, .. } => (Some(number), None),
        What::Duty(duty) => (None, linked.rosters.get(duty.roster)),
        _ => (None, None),
    };
    let people = roster.into_iter().flat_map(|it| it.roster.people());
    fixed.into_iter().chain(people.map(|person| &person.number))
}

fn say(number: &PhoneNumber, laid: &Laid, problems: &mut Problems<'_>) {
    let ru = format!("план звонит на {number}, а [outbound.prefixes] этого не разрешает");
    let en = format!("the plan calls {number}, which [outbound.prefixes] does not allow");
    let said = error("outbound_denied", ru, en);
    problems.say_laid(
        laid,
        said.remedy((
            "добавьте направление: \"+79\" = { minute = \"2.50\" }",
            "add the prefix: \"+79\" = { minute = \"2.50\" }",
        )),
    );
}
