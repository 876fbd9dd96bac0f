//! The daemon dies and starts anew, as `gudok_daemon` does: calls are cut, everybody has the seat they had, what is left to be
//! written up goes on, and phones and desks come back by themselves.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Booked, CallId, Floor, GroupId, Mono, OperatorId, Seated};
use gudok_switchboard::input::{Comeback, ResumedWrapUp};
use gudok_switchboard::{Input, Switchboard};

use crate::hotline;
use crate::world::{Event, Part, World};

/// What an operator had to write up when the run was cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cut {
    pub(crate) call: CallId,
    pub(crate) operator: OperatorId,
    /// In which group they were asked.
    pub(crate) group: Option<GroupId>,
    pub(crate) since: Mono,
    pub(crate) disposed: bool,
}

impl Event {
    /// Whether it happens to people and the admin, and not to a call or a connection of the run that is cut.
    fn outlives(&self) -> bool {
        match self {
            Self::Tell(input) => matches!(**input, Input::Phone { .. }),
            Self::Calls(_)
            | Self::Tick(_)
            | Self::Disposes(..)
            | Self::CallsBack(_)
            | Self::Reload(_)
            | Self::Roster(_)
            | Self::Drain
            | Self::Restart => true,
            Self::Leaves(_)
            | Self::Look(_)
            | Self::TalkOver(_)
            | Self::Hold(..)
            | Self::Mends(..)
            | Self::Says(..)
            | Self::Refuses(..) => false,
        }
    }
}

impl World {
    /// Everything that was in memory is gone.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        self.trace.note(self.now.mono, &"restart");
        self.looks.closely(self.now.mono);
        self.say(|| "→ restart".into());
        let left = self.watch.cut(self.now.mono);
        self.legs.clear();
        self.agenda.retain(Event::outlives);
        for person in self.operators.values_mut() {
            person.is_cut_off();
        }
        self.board = Switchboard::new(hotline::config());
        self.board.set_plan(self.now, self.plans[self.plan].clone());
        self.drain_outputs()?;
        self.tell(Input::Operators {
            operators: hotline::operators(self.size),
        })?;
        let wrap_ups = left.into_iter().map(|cut| self.resumed(cut));
        let each = wrap_ups.map(|it| (it.operator.clone(), it));
        let each: BTreeMap<OperatorId, ResumedWrapUp> = each.collect();
        let before = self.floor.clone();
        let mut booked = Booked::default();
        self.shifts.cut(Some(self.now.wall), &mut booked);
        booked.check()?;
        self.restore(&before, each.clone())?;
        self.everybody_is_as_they_were(&before)?;
        self.everybody_writes_on(&before, &each)?;
        let raised = before.raised;
        let cursors = BTreeMap::new();
        self.tell(Input::GroupsBefore { cursors, raised })?;
        let requests = self.watch.promises.open().cloned().collect();
        self.tell(Input::Owed { requests })?;
        self.come_back();
        Ok(())
    }

    fn restore(
        &mut self,
        before: &Floor,
        mut wrap_ups: BTreeMap<OperatorId, ResumedWrapUp>,
    ) -> Result<(), String> {
        let words = Input::words_before(before, usize::MAX);
        let people = before.seats.values().cloned().map(|seated| Comeback {
            wrap_up: wrap_ups
                .remove(&seated.operator)
                .or(after_a_call_out(&seated)),
            extend_max: None,
            given: before.given.get(&seated.operator).cloned(),
            seated,
        });
        let (cut, people): (_, Vec<Comeback>) = (self.now.wall, people.collect());
        for words in words {
            self.tell(words)?;
        }
        self.tell(Input::Restored { cut, people })?;
        let wrap_ups = wrap_ups.into_values().collect();
        let over = Vec::new();
        self.tell(Input::Resumed { wrap_ups, over })
    }

    /// Phones and desks, mostly within the minute for which who was ready stays so.
    fn come_back(&mut self) {
        let people: Vec<OperatorId> = self.operators.keys().cloned().collect();
        for id in people {
            for part in [Part::Phone, Part::Desk] {
                let notices = self.rng.ms(500, 70_000);
                self.after(notices, Event::Mends(id.clone(), part));
            }
        }
    }

    /// No seat is lost, nobody is other than they were or wished to be, and what is written up ends when it was to end.
    fn everybody_is_as_they_were(&self, before: &Floor) -> Result<(), String> {
        for (id, was) in &before.seats {
            let is = self.floor.seats.get(id);
            let fits = match is {
                None => leaves(was),
                Some(is) => is.session == was.session && is_as_before(was, is),
            };
            if !fits {
                return Err(format!("restart: {id} was {was:?} and is {is:?}"));
            }
        }
        Ok(())
    }

    /// Whoever had a talk or its paperwork in hand has it in hand still, and to the same moment: who is given the next call in the
    /// middle of it, or kept from calls by one that nobody knows of, is seen here.
    fn everybody_writes_on(
        &self,
        before: &Floor,
        wrap_ups: &BTreeMap<OperatorId, ResumedWrapUp>,
    ) -> Result<(), String> {
        let lasts = |it: &&ResumedWrapUp| {
            it.until > self.now.wall && before.seats.contains_key(&it.operator)
        };
        for resumed in wrap_ups.values().filter(lasts) {
            let writes = |floor: &Floor| floor.seats.get(&resumed.operator)?.wrap_up;
            // What the floor says of it goes before what its group would have: an attempt in vain is soon written up.
            let told = writes(before).filter(|it| it.call == resumed.call);
            let until = told.map_or(resumed.until, |it| it.until);
            let writes = writes(&self.floor);
            let goes_on = writes.is_some_and(|it| it.call == resumed.call && it.until == until);
            if until > self.now.wall && !goes_on {
                return Err(format!("restart: {resumed:?} is ignored: {writes:?}"));
            }
        }
        Ok(())
    }

    /// I7: the work after a talk ends when it was to end, of a run before too.
    pub(crate) fn nobody_writes_for_ever(&self, id: &OperatorId) -> Result<(), String> {
        let seat = self.floor.seats.get(id);
        let writes = seat.filter(|seat| &*seat.display == "wrap_up");
        let until = writes.and_then(|seat| seat.wrap_up).map(|it| it.until);
        match until.filter(|until| *until + Duration::from_secs(1) < self.now.wall) {
            Some(until) => Err(format!(
                "I7: {id} was to write up until {until:?}: {seat:?}"
            )),
            None => Ok(()),
        }
    }

    /// As long as the plan in force has it for the group: no queue of these days says otherwise.
    fn resumed(&self, cut: Cut) -> ResumedWrapUp {
        let mut groups = self.plans[self.plan].groups().iter();
        let group = groups.find(|it| Some(&it.id) == cut.group.as_ref());
        let lasts = group.map(|group| group.wrap_up).unwrap_or_default();
        let since = hotline::clock(cut.since).wall;
        ResumedWrapUp {
            call: cut.call,
            operator: cut.operator,
            since,
            until: since + lasts,
            disposed: cut.disposed,
        }
    }
}

/// Of a call that no offer led to the floor alone knows what is to be written up.
fn after_a_call_out(seated: &Seated) -> Option<ResumedWrapUp> {
    let written = seated.wrap_up?;
    Some(ResumedWrapUp {
        call: written.call,
        operator: seated.operator.clone(),
        since: written.since,
        until: written.until,
        disposed: false,
    })
}

/// Whoever was on the way out, with nothing to write up.
fn leaves(was: &Seated) -> bool {
    was.next.as_deref() == Some("logged_out")
}

fn is_as_before(was: &Seated, is: &Seated) -> bool {
    let (Some(then), Some(now)) = (&was.kept, &is.kept) else {
        return false;
    };
    let wished = match was.next.as_deref() {
        None => then.not_ready.as_deref(),
        Some("ready") => None,
        Some(reason) => Some(reason),
    };
    let writes = is.wrap_up.is_some();
    let wants = match writes {
        true => is.next == was.next && now.not_ready == then.not_ready,
        false => is.next.is_none() && now.not_ready.as_deref() == wished,
    };
    let on_time = was.wrap_up.is_none_or(|it| match is.wrap_up {
        Some(goes_on) => goes_on.until == it.until,
        None => false,
    });
    let sums: u64 = is.states_us.values().sum();
    let summed: u64 = was.states_us.values().sum();
    wants && on_time && sums >= summed && now.misses <= then.misses
}
