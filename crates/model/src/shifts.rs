//! What people did in their shifts, as the facts of the floor tell it: a fold, by quarters of an hour, so that the day of any time
//! zone is a sum of whole ones. Told in pieces or at once, the facts come to the same.
//!
//! How long is told by the clock that never steps, when by the one on the wall. The account that the floor itself keeps (I5) is
//! told at the end of a session and held against this one.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::actor::{LOGIN, RONA};
use crate::seated::{DEVICE_DOWN, TALKS, WRAP_UP};
use crate::{CallId, FloorEvent, Kept, Name, Now, OperatorId, SessionId, Shift, Tally, Wall};

mod figures;

pub use figures::{Figure, Figures};

/// The piece of time that is counted by. Microseconds. Every zone there is begins its day with one.
pub const QUARTER_US: i64 = 900_000_000;
/// Longest time that is told by quarters; the rest of what lasts longer is all in its last one.
const QUARTERS_MAX: i64 = 400 * 96;
/// Most reasons of one quarter that are told apart.
pub const REASONS_MAX: usize = 32;
/// The reason of those beyond.
pub const OTHERS: &str = "…";
/// Why somebody takes no calls whom nobody let go: no breaks. The last is told of who did not come back after a restart.
const NO_BREAKS: [&str; 3] = [LOGIN, RONA, "device"];
/// How the reason of somebody who is ready and has reached a limit begins; its name follows.
pub const CAPPED: &str = "cap:";

/// Everybody who has a seat, each with what is booked so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shifts {
    /// By operator.
    pub seats: BTreeMap<OperatorId, AtDesk>,
}

/// Somebody who has a seat.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AtDesk {
    session: SessionId,
    display: Name,
    reason: Option<Name>,
    /// Booked up to here.
    from: Now,
    /// The run in which this is known is over: what comes until the next is nobody's.
    cut: bool,
    tally: Tally,
    /// The break that lasts, a lost phone or a restart in the middle of it or not.
    pause: Option<Name>,
    /// It was counted as too long.
    is_too_long: bool,
    /// What was told last of what is behind the state. None: nothing yet.
    kept: Option<Kept>,
    /// The call whose paperwork was counted last.
    written: Option<CallId>,
    /// The floor's account when this one began.
    told: BTreeMap<Name, u64>,
    /// What this one came to since.
    ours: BTreeMap<Name, u64>,
}

/// What is to be added, by operator and the first moment of the quarter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Booked {
    /// All of it.
    pub quarters: BTreeMap<(OperatorId, Wall), Quarter>,
}

/// What somebody did in a quarter of an hour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quarter {
    /// What can be added up.
    pub figures: Figures,
    /// Not ready, by reason. Microseconds.
    pub reasons: BTreeMap<Name, i64>,
    /// The first moment with a seat.
    pub first: Wall,
    /// The last one.
    pub last: Wall,
}

impl Shifts {
    /// The next fact.
    pub fn apply(&mut self, now: Now, event: &FloorEvent, booked: &mut Booked) {
        match event {
            FloorEvent::SatDown { operator, session } => {
                self.gone(now, operator, None, booked);
                let mut book = Book::of(operator, booked);
                book.add(now.wall, Figure::Logins, 1);
                let seat = AtDesk::new(*session, now);
                self.seats.insert(operator.clone(), seat);
            }
            FloorEvent::Restored { operator, shift } => {
                let seat = self.seats.entry(operator.clone());
                let seat = seat.or_insert_with(|| AtDesk::unknown(now, shift));
                seat.goes_on(now, shift, &mut Book::of(operator, booked));
            }
            FloorEvent::Left { operator, shift } => {
                let session = self.seats.get(operator).map(|seat| seat.session);
                if session == Some(shift.session) {
                    self.gone(now, operator, Some(shift), booked);
                }
            }
            event => {
                let who = event.operator();
                if let Some((who, seat)) = who.and_then(|who| Some((who, self.seats.get_mut(who)?)))
                {
                    seat.apply(now, event, &mut Book::of(who, booked));
                }
            }
        }
    }

    /// A run ended then. None: a journal that does not tell; then it ended with the last fact of anybody here.
    pub fn cut(&mut self, at: Option<Wall>, booked: &mut Booked) {
        let last = self.seats.values().map(|seat| seat.from.wall).max();
        let Some(at) = at.or(last) else { return };
        for (who, seat) in &mut self.seats {
            seat.ends_run(at, &mut Book::of(who, booked));
        }
    }

    /// What has come since the last fact of each, up to a moment of this run.
    pub fn up_to(&self, at: Wall) -> Booked {
        let mut booked = Booked::default();
        self.clone().cut(Some(at), &mut booked);
        booked
    }

    /// Whether somebody has a seat, in a run that goes on.
    pub fn sits(&self, who: &OperatorId) -> bool {
        self.seats.get(who).is_some_and(|seat| !seat.cut)
    }

    /// A seat is given up: by a word (then its account is told), by somebody else who sits down, or by the run that ended.
    fn gone(&mut self, now: Now, who: &OperatorId, shift: Option<&Shift>, booked: &mut Booked) {
        let Some(mut seat) = self.seats.remove(who) else {
            return;
        };
        let mut book = Book::of(who, booked);
        let lives = !seat.cut;
        if lives {
            seat.book(now, &mut book);
        }
        let at = seat.from.wall;
        if let Some(shift) = shift {
            seat.counts(at, &shift.tally, &mut book);
        }
        match shift.filter(|_| lives) {
            None => book.add(at, Figure::Cuts, 1),
            Some(shift) => {
                book.add(at, Figure::Logouts, 1);
                book.add(at, Figure::Checked, 1);
                book.add(at, Figure::Wrong, i64::from(!seat.agrees(shift)));
            }
        }
    }
}

impl AtDesk {
    fn new(session: SessionId, from: Now) -> Self {
        Self {
            session,
            display: "not_ready".into(),
            reason: Some(LOGIN.into()),
            from,
            cut: false,
            tally: Tally::default(),
            pause: None,
            is_too_long: false,
            kept: None,
            written: None,
            told: BTreeMap::new(),
            ours: BTreeMap::new(),
        }
    }

    /// Whose beginning is not on record any more.
    fn unknown(now: Now, shift: &Shift) -> Self {
        Self {
            tally: shift.tally,
            ..Self::new(shift.session, now)
        }
    }

    fn apply(&mut self, now: Now, event: &FloorEvent, book: &mut Book<'_>) {
        match event {
            FloorEvent::State {
                display,
                reason,
                call,
                kept,
                ..
            } => {
                self.book(now, book);
                self.keeps(kept.as_deref());
                self.shows(now.wall, display, reason.as_ref(), *call, book);
            }
            FloorEvent::Kept { kept, .. } => {
                self.book(now, book);
                self.keeps(Some(kept));
                self.takes_break(now.wall, book);
            }
            FloorEvent::Counted { tally, .. } => self.counts(now.wall, tally, book),
            _ => {}
        }
    }

    fn keeps(&mut self, kept: Option<&Kept>) {
        if let Some(kept) = kept {
            self.kept = Some(kept.clone());
        }
    }

    fn shows(
        &mut self,
        at: Wall,
        display: &Name,
        reason: Option<&Name>,
        call: Option<CallId>,
        book: &mut Book<'_>,
    ) {
        let was_asked = matches!(&*self.display, "reserved" | "ringing");
        if was_asked && &**display == DEVICE_DOWN {
            book.add(at, Figure::Lost, 1);
        }
        self.display = display.clone();
        self.reason = reason.cloned();
        self.takes_break(at, book);
        if TALKS.contains(&&**display) {
            self.written = None;
        }
        if &**display == WRAP_UP && self.written != call {
            book.add(at, Figure::WrapUps, 1);
            self.written = call;
        }
    }

    /// A break lasts while they want no calls: neither a lost phone nor a talk in the middle of it ends it.
    fn takes_break(&mut self, at: Wall, book: &mut Book<'_>) {
        let reason = self.wants_none();
        let pause = reason.filter(|it| !NO_BREAKS.contains(&&**it));
        if self.pause != pause {
            book.add(at, Figure::Breaks, i64::from(pause.is_some()));
            (self.pause, self.is_too_long) = (pause, false);
        }
    }

    /// Why they want no calls, as far as it is known: what is shown tells it of who has no work, what is behind it of the others.
    fn wants_none(&self) -> Option<Name> {
        match (&*self.display, &self.kept) {
            ("ready", _) => None,
            ("not_ready", _) => {
                let reason = self.reason.as_ref();
                reason.filter(|it| !it.starts_with(CAPPED)).cloned()
            }
            (_, Some(kept)) => kept.not_ready.clone(),
            (DEVICE_DOWN, None) => self.pause.clone(),
            (_, None) => None,
        }
    }

    /// What was done since it was told last.
    fn counts(&mut self, at: Wall, tally: &Tally, book: &mut Book<'_>) {
        let was = std::mem::replace(&mut self.tally, *tally);
        let more = |is: u32, was: u32| i64::from(is.saturating_sub(was));
        let longer = |is: u64, was: u64| int(is.saturating_sub(was));
        for (figure, count) in [
            (Figure::Calls, more(tally.calls, was.calls)),
            (Figure::Dialled, more(tally.dialled, was.dialled)),
            (Figure::TalkUs, longer(tally.talk_us, was.talk_us)),
            (Figure::Misses, more(tally.misses, was.misses)),
            (Figure::Rejects, more(tally.rejects, was.rejects)),
            (Figure::Extensions, more(tally.extensions, was.extensions)),
        ] {
            if count > 0 {
                book.add(at, figure, count);
            }
        }
    }

    /// The state so far lasted until now; a run that has ended is followed by this one.
    fn book(&mut self, now: Now, book: &mut Book<'_>) {
        match self.cut {
            true => self.comes_back(now, book),
            false => {
                self.spends(int(micros(now.mono.0, self.from.mono.0)), book);
                self.from = now;
            }
        }
    }

    /// What the states of the session are told to be so far.
    fn goes_on(&mut self, now: Now, shift: &Shift, book: &mut Book<'_>) {
        if !self.cut {
            self.ends_run(now.wall, book);
        }
        self.counts(self.from.wall, &shift.tally, book);
        self.comes_back(now, book);
        self.session = shift.session;
        (self.display, self.reason) = (DEVICE_DOWN.into(), None);
        self.told = shift.states_us.clone();
        self.ours.clear();
    }

    fn comes_back(&mut self, now: Now, book: &mut Book<'_>) {
        let away = now.wall.0.saturating_sub(self.from.wall.0).max(0);
        book.spread(self.from.wall, away, &[Figure::Session, Figure::Down], None);
        (self.from, self.cut) = (now, false);
    }

    fn ends_run(&mut self, at: Wall, book: &mut Book<'_>) {
        if self.cut {
            return;
        }
        let spent = at.0.saturating_sub(self.from.wall.0).max(0);
        self.spends(spent, book);
        self.from.wall = self.from.wall.max(at);
        self.cut = true;
    }

    /// In what is shown, from where it is booked up to.
    fn spends(&mut self, us: i64, book: &mut Book<'_>) {
        let ours = self.ours.entry(self.display.clone()).or_default();
        *ours = ours.saturating_add(us.unsigned_abs());
        let (from, state) = (self.from.wall, Figure::of_state(&self.display));
        let not_ready = &*self.display == "not_ready";
        let reason = self.reason.as_ref().filter(|_| not_ready);
        book.spread(from, us, &[Figure::Session, state], reason);
        if self.pause.is_none() || !not_ready {
            return;
        }
        book.spread(from, us, &[Figure::BreakUs], None);
        let Some(too_long_at) = self.kept.as_ref().and_then(|it| it.too_long_at) else {
            return;
        };
        let over = Wall(from.0.max(too_long_at.0));
        let over_us = from.0.saturating_add(us).saturating_sub(over.0);
        if over_us > 0 {
            book.spread(over, over_us, &[Figure::TooLongUs], None);
            book.add(over, Figure::TooLong, i64::from(!self.is_too_long));
            self.is_too_long = true;
        }
    }

    /// I5: what the floor counted in each state is what came of its facts.
    fn agrees(&self, shift: &Shift) -> bool {
        let since = |(state, us): (&Name, &u64)| {
            let before = self.told.get(state).copied().unwrap_or(0);
            (state.clone(), us.saturating_sub(before))
        };
        let before: u64 = self.told.values().sum();
        let length = shift.length_us.saturating_sub(before);
        let mut told: BTreeMap<Name, u64> = shift.states_us.iter().map(since).collect();
        let mut ours = self.ours.clone();
        told.retain(|_, us| *us > 0);
        ours.retain(|_, us| *us > 0);
        told == ours && ours.values().sum::<u64>() == length
    }
}

impl Booked {
    /// I5 of all of it: the states and the time without us are the time with a seat, and what the floor counted is the same.
    ///
    /// # Errors
    /// With the quarter that is wrong.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |quarter: &Quarter| {
            let figures = &quarter.figures;
            !figures.is_whole() || figures.get(Figure::Wrong) > 0
        };
        let wrong = self.quarters.iter().find(|(_, quarter)| wrong(quarter));
        wrong.map_or(Ok(()), |wrong| Err(format!("I5: {wrong:?}")))
    }
}

impl Quarter {
    fn new(at: Wall) -> Self {
        Self {
            figures: Figures::default(),
            reasons: BTreeMap::new(),
            first: at,
            last: at,
        }
    }

    fn lasts(&mut self, reason: &Name, us: i64) {
        let has_room = self.reasons.len() < REASONS_MAX || self.reasons.contains_key(reason);
        let reason = if has_room {
            reason.clone()
        } else {
            OTHERS.into()
        };
        *self.reasons.entry(reason).or_default() += us;
    }
}

/// The pages of one operator.
struct Book<'a> {
    who: &'a OperatorId,
    booked: &'a mut Booked,
}

impl<'a> Book<'a> {
    fn of(who: &'a OperatorId, booked: &'a mut Booked) -> Self {
        Self { who, booked }
    }

    fn at(&mut self, at: Wall) -> &mut Quarter {
        let begins = Wall(at.0.div_euclid(QUARTER_US) * QUARTER_US);
        let key = (self.who.clone(), begins);
        let quarter = self.booked.quarters.entry(key);
        let quarter = quarter.or_insert_with(|| Quarter::new(at));
        quarter.first = quarter.first.min(at);
        quarter.last = quarter.last.max(at);
        quarter
    }

    fn add(&mut self, at: Wall, figure: Figure, count: i64) {
        if count != 0 {
            self.at(at).figures.add(figure, count);
        }
    }

    /// So long from there on, in the quarters it lies in.
    fn spread(&mut self, from: Wall, us: i64, figures: &[Figure], reason: Option<&Name>) {
        let (mut at, mut left, mut pieces) = (from.0, us, 0);
        while left > 0 {
            let ends = (at.div_euclid(QUARTER_US) + 1) * QUARTER_US;
            pieces += 1;
            let part = match pieces < QUARTERS_MAX {
                true => left.min(ends - at),
                false => left,
            };
            let quarter = self.at(Wall(at));
            quarter.last = quarter.last.max(Wall((at + part).min(ends)));
            for figure in figures {
                quarter.figures.add(*figure, part);
            }
            if let Some(reason) = reason {
                quarter.lasts(reason, part);
            }
            (at, left) = (at + part, left - part);
        }
    }
}

fn micros(later: u64, earlier: u64) -> u64 {
    later.saturating_sub(earlier)
}

fn int(us: u64) -> i64 {
    i64::try_from(us).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
