//! Which work after a talk goes on where somebody has several without an end: what they did last. The others ended when it began.
use std::collections::BTreeMap;

use gudok_model::{OperatorId, Seated, Wall};
use gudok_switchboard::Input;
use gudok_switchboard::input::ResumedWrapUp;

/// What people have to write up, as the record of calls has it.
pub(crate) struct Work {
    open: BTreeMap<OperatorId, Vec<ResumedWrapUp>>,
    over: Vec<ResumedWrapUp>,
}

impl Work {
    pub(crate) fn of(wrap_ups: Vec<ResumedWrapUp>) -> Self {
        let mut open: BTreeMap<OperatorId, Vec<ResumedWrapUp>> = BTreeMap::new();
        for it in wrap_ups {
            open.entry(it.operator.clone()).or_default().push(it);
        }
        let over = Vec::new();
        Self { open, over }
    }

    /// Of somebody who has a seat: that of the call they were in or wrote up. None: the record of calls has none of it.
    pub(crate) fn goes_on(&mut self, seated: &Seated) -> Option<ResumedWrapUp> {
        let all = self.open.remove(&seated.operator)?;
        let begun = seated.wrap_up.map(|it| (it.call, it.since));
        let talks = seated.call.filter(|_| seated.talks_since.is_some());
        let call = begun.map(|(call, _)| call).or(talks);
        let chosen = match call {
            Some(call) => all.iter().rposition(|it| it.call == call),
            None => last(&all),
        };
        let since = begun.map(|(_, since)| since);
        self.choose(all, chosen, since)
    }

    /// Of those without a seat, and all that is over.
    pub(crate) fn of_nobody_there(mut self) -> Option<Input> {
        let open = std::mem::take(&mut self.open);
        let wrap_ups = open.into_values().filter_map(|all| {
            let chosen = last(&all);
            self.choose(all, chosen, None)
        });
        let wrap_ups: Vec<ResumedWrapUp> = wrap_ups.collect();
        let over = self.over;
        let is_news = !wrap_ups.is_empty() || !over.is_empty();
        is_news.then_some(Input::Resumed { wrap_ups, over })
    }

    /// `since`: when what goes on began, where that is on record.
    fn choose(
        &mut self,
        mut all: Vec<ResumedWrapUp>,
        chosen: Option<usize>,
        since: Option<Wall>,
    ) -> Option<ResumedWrapUp> {
        let goes_on = chosen.map(|chosen| all.remove(chosen));
        let began = since.or(goes_on.as_ref().map(|it| it.since));
        // Of one call a person has one work: its end is that of all.
        let call = goes_on.as_ref().map(|it| it.call);
        for mut it in all.into_iter().filter(|it| Some(it.call) != call) {
            it.until = it.until.min(began.unwrap_or(it.until).max(it.since));
            self.over.push(it);
        }
        goes_on
    }
}

/// What was begun last.
fn last(all: &[ResumedWrapUp]) -> Option<usize> {
    let each = all.iter().enumerate();
    let last = each.max_by_key(|(_, it)| (it.since, it.call));
    last.map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use gudok_model::{CallId, Floor, FloorEvent, SessionId};

    use super::*;

    fn call(n: u128) -> CallId {
        CallId(uuid::Uuid::from_u128(n))
    }

    fn work(n: u128, since: i64, until: i64) -> ResumedWrapUp {
        ResumedWrapUp {
            call: call(n),
            operator: "anna".into(),
            since: Wall(since),
            until: Wall(until),
            disposed: false,
        }
    }

    fn seat(facts: &[FloorEvent]) -> Seated {
        let mut floor = Floor::default();
        let (operator, session) = (OperatorId::from("anna"), SessionId(1));
        let sat = FloorEvent::SatDown {
            operator: operator.clone(),
            session,
        };
        for fact in std::iter::once(&sat).chain(facts) {
            floor.apply(Wall(0), fact);
        }
        floor.seats.remove(&operator).expect("they have sat down")
    }

    fn over(work: Work) -> (Vec<u128>, Vec<(u128, i64, i64)>) {
        let Some(Input::Resumed { wrap_ups, over }) = work.of_nobody_there() else {
            return Default::default();
        };
        let goes_on = wrap_ups.iter().map(|it| it.call.0.as_u128());
        let over = over.iter();
        let over = over.map(|it| (it.call.0.as_u128(), it.since.0, it.until.0));
        (goes_on.collect(), over.collect())
    }

    #[test]
    fn what_somebody_writes_up_goes_on_and_what_was_open_before_is_over() {
        let set = |n| FloorEvent::WrapUpSet {
            operator: "anna".into(),
            call: call(n),
            since: Wall(50),
            until: Wall(80),
            extended_us: 0,
            extensions: 0,
        };
        let both = || Work::of(vec![work(1, 10, 90), work(2, 50, 80)]);
        let mut work_of = both();
        let goes_on = work_of.goes_on(&seat(&[set(2)]));
        assert_eq!(goes_on.map(|it| it.call), Some(call(2)));
        assert_eq!(over(work_of), (vec![], vec![(1, 10, 50)]));

        // The record of calls knows nothing of it: they had dialled.
        let mut work_of = both();
        assert_eq!(work_of.goes_on(&seat(&[set(3)])), None);
        assert_eq!(over(work_of), (vec![], vec![(1, 10, 50), (2, 50, 50)]));
    }

    #[test]
    fn of_whoever_has_no_seat_the_last_goes_on() {
        let all = vec![work(2, 50, 80), work(1, 10, 90), work(2, 40, 70)];
        assert_eq!(over(Work::of(all)), (vec![2], vec![(1, 10, 50)]));
        assert!(Work::of(Vec::new()).of_nobody_there().is_none());
    }
}
