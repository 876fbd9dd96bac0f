//! What is between the switchboard and people: legs with what is heard on them, desks with what they show.
use std::collections::BTreeMap;

use gudok_model::{CallId, LegId, OfferId, OperatorId};
use gudok_switchboard::Output;
use gudok_switchboard::desk::DeskEvent;
use gudok_switchboard::output::DialTarget;

use crate::world::OPERATORS;

/// A leg that is not over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) who: Who,
    pub(crate) rings: bool,
    pub(crate) answered: bool,
    /// It was told to end.
    pub(crate) dismissed: bool,
    pub(crate) heard: bool,
    pub(crate) holds: bool,
    pub(crate) hears: Hears,
    /// The playback.
    pub(crate) play: u32,
}

/// At the other end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    Caller,
    Operator(OperatorId),
    /// By which an operator dials.
    Second(OperatorId),
    Outside,
}

/// What is heard on a leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hears {
    Nothing,
    /// To their end.
    Words,
    /// Without an end.
    Music,
    Leg(LegId),
    Room,
    /// The caller speaks a message.
    Beep,
}

/// What an operator has before them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Seat {
    pub(crate) phone: bool,
    pub(crate) desk: bool,
    pub(crate) card: Option<Card>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Card {
    pub(crate) offer: OfferId,
    pub(crate) shown: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    lines: BTreeMap<LegId, Line>,
    seats: [Seat; OPERATORS.len()],
}

impl Line {
    pub(crate) fn new(who: Who) -> Self {
        Self {
            who,
            rings: false,
            answered: false,
            dismissed: false,
            heard: false,
            holds: false,
            hears: Hears::Nothing,
            play: 0,
        }
    }
}

impl Wire {
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&LegId, &Line)> {
        self.lines.iter()
    }

    pub(crate) fn line(&self, leg: LegId) -> Option<&Line> {
        self.lines.get(&leg)
    }

    pub(crate) fn line_mut(&mut self, leg: LegId) -> Option<&mut Line> {
        self.lines.get_mut(&leg)
    }

    pub(crate) fn begins(&mut self, leg: LegId, who: Who) {
        self.lines.insert(leg, Line::new(who));
    }

    pub(crate) fn is_over(&mut self, leg: LegId) -> Option<Line> {
        self.lines.remove(&leg)
    }

    pub(crate) fn of_call(&self, call: CallId) -> impl Iterator<Item = (&LegId, &Line)> {
        let last = LegId {
            call,
            index: u16::MAX,
        };
        self.lines.range(LegId::caller(call)..=last)
    }

    pub(crate) fn seat(&self, who: u8) -> Seat {
        self.seats[usize::from(who)]
    }

    pub(crate) fn seat_mut(&mut self, who: u8) -> &mut Seat {
        &mut self.seats[usize::from(who)]
    }

    /// The daemon is gone, and every leg with it.
    pub(crate) fn cut(&mut self) {
        self.lines.clear();
        for seat in &mut self.seats {
            (seat.desk, seat.card) = (false, None);
        }
    }

    /// The leg that was dialled last to this operator's phone and is not told to end.
    pub(crate) fn phone(&self, operator: &OperatorId) -> Option<LegId> {
        let theirs = |line: &&Line| line.who == Who::Operator(operator.clone());
        self.last(theirs)
    }

    /// To whom one of our calls is.
    pub(crate) fn customer(&self) -> Option<LegId> {
        let mut lines = self.lines.iter();
        let found = lines.find(|(leg, line)| leg.is_caller() && line.who == Who::Outside);
        found.map(|(leg, _)| *leg)
    }

    /// By which they talk.
    pub(crate) fn talk(&self, operator: &OperatorId) -> Option<LegId> {
        let leg = self.phone(operator)?;
        self.lines[&leg].answered.then_some(leg)
    }

    /// By which they dialled.
    pub(crate) fn second(&self, operator: &OperatorId) -> Option<LegId> {
        self.last(|line| line.who == Who::Second(operator.clone()))
    }

    fn last(&self, of: impl Fn(&&Line) -> bool) -> Option<LegId> {
        let mut lines = self.lines.iter().rev();
        let found = lines.find(|(_, line)| !line.dismissed && of(line));
        found.map(|(leg, _)| *leg)
    }

    /// What an output does to legs and desks.
    pub(crate) fn performs(&mut self, output: &Output) {
        match output {
            Output::Dial { leg, target, .. } => {
                let who = match target {
                    DialTarget::Operator { operator } => Who::Operator(operator.clone()),
                    DialTarget::External { .. } | DialTarget::Customer { .. } => Who::Outside,
                };
                self.begins(*leg, who);
            }
            Output::Refuse { leg, .. } | Output::HangUp { leg, .. } => {
                self.hears(*leg, Hears::Nothing);
                if let Some(line) = self.lines.get_mut(leg) {
                    line.dismissed = true;
                }
            }
            Output::Play {
                leg, play, repeat, ..
            } => {
                self.hears(*leg, if *repeat { Hears::Music } else { Hears::Words });
                if let Some(line) = self.lines.get_mut(leg) {
                    line.play = *play;
                }
            }
            Output::StopPlay { leg } => self.hears(*leg, Hears::Nothing),
            Output::MarkRecording { call, mark } if &**mark == "voicemail_begin" => {
                self.hears(LegId::caller(*call), Hears::Beep);
            }
            Output::Bridge { a, b } => {
                self.hears(*a, Hears::Leg(*b));
                self.hears(*b, Hears::Leg(*a));
            }
            Output::Unbridge { leg } => self.unbridged(*leg),
            Output::Mix { call, parties } => {
                let rooms = self.lines.iter_mut();
                for (_, line) in
                    rooms.filter(|(leg, line)| leg.call == *call && line.hears == Hears::Room)
                {
                    line.hears = Hears::Nothing;
                }
                for party in parties {
                    self.hears(party.leg, Hears::Room);
                }
            }
            Output::Desk { operator, event } => self.at_desk(operator, event),
            _ => {}
        }
    }

    /// Whoever was heard before is heard no more.
    fn hears(&mut self, leg: LegId, what: Hears) {
        let before = self.lines.get_mut(&leg);
        let before = before.map(|line| std::mem::replace(&mut line.hears, what));
        if let Some(Hears::Leg(other)) = before
            && what != Hears::Leg(other)
            && let Some(line) = self.lines.get_mut(&other)
            && line.hears == Hears::Leg(leg)
        {
            line.hears = Hears::Nothing;
        }
    }

    fn unbridged(&mut self, leg: LegId) {
        if let Some(Hears::Leg(other)) = self.lines.get(&leg).map(|line| line.hears) {
            self.hears(leg, Hears::Nothing);
            self.hears(other, Hears::Nothing);
        }
    }

    fn at_desk(&mut self, operator: &OperatorId, event: &DeskEvent) {
        let who = OPERATORS
            .map(OperatorId::from)
            .iter()
            .position(|id| id == operator);
        let Some(seat) = who.and_then(|who| self.seats.get_mut(who)) else {
            return;
        };
        match event {
            DeskEvent::OfferCreated(card) => {
                seat.card = Some(Card {
                    offer: card.offer_id,
                    shown: false,
                });
            }
            DeskEvent::OfferClosed { offer_id, .. } => {
                seat.card = seat.card.filter(|card| card.offer != *offer_id);
            }
            _ => {}
        }
    }
}
