//! After a restart: the floor as the run before left it (behaviour 5.2, Q1, Q6, Q10). Who had a seat has it, with the clocks and
//! the account of the session; who was cut off while waiting has a place for a while; whom a group asked last, and who talked
//! with whom last, is known.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_acd::{EXTEND_MAX, Mind, WrapUpBefore};
use gudok_model::{
    Actor, FloorEvent, GroupId, Kept, Mono, Name, Now, OperatorId, PhoneNumber, Seated, Wall,
};

use crate::input::{Comeback, PlaceLeft};
use crate::resume::Resumed;
use crate::resumed_place::Left;
use crate::switchboard::Switchboard;

/// Who was cut off while waiting may call again for so long, and stands where they stood.
pub const PLACE_AFTER_CUT: Duration = Duration::from_secs(15 * 60);

impl Switchboard {
    /// Seats them. Whose session cannot go on (gone from the config, on their way out, on record by an earlier version) has left.
    pub(crate) fn restore(&mut self, now: Now, cut: Wall, people: Vec<Comeback>) {
        let is_over = |it: &&Comeback| it.given.as_ref().is_some_and(|given| self.is_over(given));
        let over = people.iter().filter(is_over);
        let over: Vec<OperatorId> = over.map(|it| it.seated.operator.clone()).collect();
        for comeback in people {
            self.restore_one(now, cut, &comeback);
        }
        self.tell_over_to_all(&over);
    }

    fn restore_one(&mut self, now: Now, cut: Wall, comeback: &Comeback) {
        let seated = &comeback.seated;
        let (operator, shift) = (seated.operator.clone(), seated.shift(cut, now.wall));
        let wrap_up = wrap_up(comeback);
        self.serving = wrap_up.map(|it| it.call);
        if let Some(WrapUpBefore { call, disposed, .. }) = wrap_up {
            let before = Duration::ZERO;
            let key = (call, operator.clone());
            self.resumed.insert(key, Resumed { before, disposed });
        }
        if let Some(given) = comeback.given.clone() {
            self.give_again(now, operator.clone(), given);
        }
        let person = person(now, cut, seated, wrap_up);
        if person.is_some_and(|person| self.seat_again(now, person)) {
            self.sits_again(comeback);
            return self.floor_fact(FloorEvent::Restored { operator, shift });
        }
        if let Some(wrap_up) = wrap_up {
            self.on_resumed_ended(wrap_up.call, &operator, Duration::ZERO);
        }
        self.floor_fact(FloorEvent::Left { operator, shift });
    }

    fn seat_again(&mut self, now: Now, person: gudok_acd::Restored) -> bool {
        let person = Box::new(person);
        let input = gudok_acd::Input::Restored { person };
        self.ask_acd(now, input).is_ok()
    }

    fn sits_again(&mut self, comeback: &Comeback) {
        let Seated {
            operator, session, ..
        } = &comeback.seated;
        if let Some(seat) = self.seats.get_mut(operator) {
            seat.session = comeback.has_desk().then_some(*session);
            seat.on_record.session = Some(*session);
        }
    }

    /// Whom each group that goes round asked last.
    pub(crate) fn ask_on(&mut self, now: Now, cursors: BTreeMap<GroupId, OperatorId>) {
        for (group, operator) in cursors {
            self.tell_acd(now, gudok_acd::Input::Cursor { group, operator });
        }
    }

    /// Groups stay raised by the word they were raised by.
    pub(crate) fn raise_again(&mut self, now: Now, raised: BTreeMap<GroupId, Actor>) {
        for (group, actor) in raised {
            let on = true;
            self.tell_acd(now, gudok_acd::Input::Reserve { group, on, actor });
        }
    }

    /// Who talked with whom last, the latest at the end.
    pub(crate) fn talked_before(&mut self, talks: Vec<(PhoneNumber, OperatorId)>) {
        for (number, operator) in talks {
            self.last_talks.note(number, operator);
        }
    }

    /// What each took within the hour, for the limits of the plan.
    pub(crate) fn count_on(&mut self, now: Now, talks: Vec<(OperatorId, Wall)>) {
        let mut taken: BTreeMap<OperatorId, Vec<Mono>> = BTreeMap::new();
        for (operator, began) in talks {
            let at = now.mono_at(began).min(now.mono);
            taken.entry(operator).or_default().push(at);
        }
        for (operator, at) in taken {
            self.tell_acd(now, gudok_acd::Input::Taken { operator, at });
        }
    }

    /// The places of those whom the crash cut off.
    pub(crate) fn keep_places_left(&mut self, now: Now, places: Vec<PlaceLeft>) {
        for place in places {
            let time_left = place.until.since(now.wall).min(PLACE_AFTER_CUT);
            if time_left.is_zero() {
                continue;
            }
            let since = now.mono_at(place.since).min(now.mono);
            let until = now.mono + time_left;
            let left = Left::cut_off(place.call, (place.queue, place.priority), (since, until));
            self.places.keep(now.mono, (place.caller, place.did), left);
        }
    }
}

/// As the ACD knows them. None: the session does not go on.
fn person(
    now: Now,
    cut: Wall,
    seated: &Seated,
    wrap_up: Option<WrapUpBefore>,
) -> Option<gudok_acd::Restored> {
    let kept = seated.kept.as_deref()?;
    let mut person = gudok_acd::Restored {
        operator: seated.operator.clone(),
        session: seated.session,
        not_ready: kept.not_ready.clone(),
        actor: seated.actor.clone(),
        next: seated.next.clone().zip(kept.next_by.clone()),
        idle_since: now.mono_at(kept.idle_since).min(now.mono),
        misses: kept.misses,
        cooldown_until: cooldown(now, kept),
        too_long_at: kept.too_long_at.map(|at| too_long(now, cut, at)),
        wrap_up,
        shift: seated.shift(cut, now.wall),
        chosen: seated.chosen.clone(),
    };
    // Whatever they had in hand but the work after a talk is over.
    let next = person.next.take_if(|_| wrap_up.is_none());
    next.is_none_or(|next| takes_up(&mut person, next))
        .then_some(person)
}

/// What was wished for the time after the work in hand; false: to leave.
fn takes_up(person: &mut gudok_acd::Restored, (next, by): (Name, Actor)) -> bool {
    person.actor = by;
    person.too_long_at = None;
    match &*next {
        "logged_out" => return false,
        "ready" => (person.not_ready, person.misses) = (None, 0),
        _ => person.not_ready = Some(next),
    }
    true
}

/// Never longer than it was set, whatever the clock shows now.
fn cooldown(now: Now, kept: &Kept) -> Option<Mono> {
    let until = kept.cooldown_until?;
    let set = until.since(kept.idle_since);
    Some(now.mono + until.since(now.wall).min(set))
}

/// What came to be too long while nobody could be told is told now.
fn too_long(now: Now, cut: Wall, at: Wall) -> Now {
    let mono = now.mono_at(at);
    let mono = if at > cut { mono.max(now.mono) } else { mono };
    Now { mono, wall: at }
}

/// The work after a talk that goes on: as it was set last, where it had begun.
fn wrap_up(comeback: &Comeback) -> Option<WrapUpBefore> {
    let begun = comeback.seated.wrap_up;
    let cut = comeback.wrap_up.as_ref();
    let call = cut.map(|it| it.call).or(begun.map(|it| it.call))?;
    let extend_max = comeback.extend_max.unwrap_or(EXTEND_MAX).min(EXTEND_MAX);
    let disposed = cut.is_some_and(|it| it.disposed);
    let before = |since, until| WrapUpBefore {
        call,
        since,
        until,
        extended: Duration::ZERO,
        extensions: 0,
        extend_max,
        disposed,
    };
    match (begun.filter(|it| it.call == call), cut) {
        (Some(begun), _) => Some(WrapUpBefore {
            extended: Duration::from_micros(begun.extended_us),
            extensions: begun.extensions,
            ..before(begun.since, begun.until)
        }),
        (None, Some(cut)) => Some(before(cut.since, cut.until)),
        (None, None) => None,
    }
}

/// For the record.
pub(crate) fn kept(now: Now, mind: Mind) -> Kept {
    Kept {
        not_ready: mind.not_ready,
        next_by: mind.next_by,
        idle_since: now.wall_at(mind.idle_since),
        misses: mind.misses,
        cooldown_until: mind.cooldown_until.map(|at| now.wall_at(at)),
        too_long_at: mind.too_long_at,
    }
}
