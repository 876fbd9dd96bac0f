//! What may happen next.
use gudok_model::{LegId, SupervisionMode};

use crate::deeds::{Deed, To, Word};
use crate::scenes::Extra;
use crate::search;
use crate::wire::{Hears, Line, Who};
use crate::world::{OPERATORS, SUPERVISOR, World, call};

/// One thing that may happen: to a caller or an operator, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    Arrives(u8),
    /// Of the last leg to this operator's phone.
    Phone(u8, Deed),
    /// Of any leg: of the caller, outside, told to end, or by which an operator dialled.
    Leg(LegId, Deed),
    /// Of whoever is rung by a call of ours: the way to a scene, and no move of its own.
    Customer(Deed),
    /// The words that a leg hears are over.
    Said(LegId),
    PopAck(u8),
    Says(u8, Word),
    /// The phone passes the caller on.
    Refers(u8, To),
    /// The phone joins the caller with whom it dialled.
    Joins(u8),
    /// The phone dials.
    Dials(u8, To),
    /// A form asks for a call.
    Asks,
    /// An operator calls a client, looks at whom to call, and does not.
    CallsOut(u8),
    Looks(u8),
    Skips(u8),
    /// What an operator says of a promise: they call now, later, or nobody need.
    Takes(u8),
    PutsOff(u8),
    Forgoes(u8),
    Contact(u8, bool),
    Desk(u8, bool),
    /// The next thing is due.
    Timer,
    /// The next thing is due, and something else comes first.
    Instant,
    Reload,
    Drain,
    Restart,
}

use Move::*;

const MODES: [SupervisionMode; 4] = [
    SupervisionMode::Listen,
    SupervisionMode::Whisper,
    SupervisionMode::Barge,
    SupervisionMode::TakeOver,
];

impl search::Deed for Move {
    const TIMER: Self = Timer;

    fn is_rare(self) -> bool {
        matches!(
            self,
            Reload | Drain | Restart | Says(_, Word::Logout) | Contact(_, false) | Desk(_, false)
        )
    }
}

impl World {
    pub(crate) fn open(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        self.arrivals(&mut moves);
        if self.scene.wants(Extra::Owing) {
            moves.push(Asks);
        }
        for (leg, line) in self.wire.lines() {
            self.moves_of_line(*leg, line, &mut moves);
        }
        for who in 0..OPERATORS.len() as u8 {
            self.moves_of_person(who, &mut moves);
        }
        if let Some(due) = self.board.poll_timeout() {
            moves.push(Timer);
            if due > self.now.mono {
                moves.push(Instant);
            }
        }
        for (extra, what) in [
            (Extra::Reload, Reload),
            (Extra::Drain, Drain),
            (Extra::Restart, Restart),
        ] {
            if self.scene.wants(extra) && !(what == Drain && self.board.is_draining()) {
                moves.push(what);
            }
        }
        moves
    }

    /// They are alike, and come in their order.
    fn arrivals(&self, moves: &mut Vec<Move>) {
        let next = (0..2).find(|who| !self.watch.knows(call(*who)));
        moves.extend(next.map(Arrives));
    }

    fn moves_of_line(&self, leg: LegId, line: &Line, moves: &mut Vec<Move>) {
        if line.hears == Hears::Words && self.scene.wants(Extra::Prompts) {
            moves.push(Said(leg));
        }
        let deeds: &[Deed] = match (&line.who, line.answered) {
            _ if line.dismissed => return self.moves_of_dismissed(leg, line, moves),
            (Who::Caller | Who::Second(_), _) => &[Deed::HangsUp],
            (Who::Outside, false) => &[Deed::Answers, Deed::Declines],
            (_, true) => &[Deed::HangsUp, Deed::Dies],
            (_, false) => &[Deed::Answers, Deed::Declines, Deed::Unreachable],
        };
        moves.extend(deeds.iter().map(|deed| Leg(leg, *deed)));
        if !matches!(line.who, Who::Operator(_)) {
            return;
        }
        if !line.answered && !line.rings {
            moves.push(Leg(leg, Deed::Rings));
        }
        if line.answered && !line.heard {
            moves.push(Leg(leg, Deed::Heard));
        }
        if line.answered && self.scene.wants(Extra::ByPhone) {
            moves.push(Leg(leg, Deed::Holds(!line.holds)));
        }
    }

    /// It ends, or says something that crosses our word on the wire.
    fn moves_of_dismissed(&self, leg: LegId, line: &Line, moves: &mut Vec<Move>) {
        moves.push(Leg(leg, Deed::Ends));
        moves.push(Leg(leg, Deed::HangsUp));
        if !line.answered && !matches!(line.who, Who::Caller | Who::Second(_)) {
            moves.push(Leg(leg, Deed::Answers));
        }
    }

    fn moves_of_person(&self, who: u8, moves: &mut Vec<Move>) {
        let person = self.operator(who);
        let view = self.board.snapshot(&person).expect("one of ours").state;
        let seat = self.wire.seat(who);
        if self.scene.wants(Extra::Phones) {
            moves.push(Contact(who, !seat.phone));
        }
        if self.scene.wants(Extra::Desks) || !seat.desk {
            moves.push(Desk(who, !seat.desk));
        }
        self.moves_by_phone(who, moves);
        if !seat.desk {
            return;
        }
        if seat.card.is_some_and(|card| !card.shown) {
            moves.push(PopAck(who));
        }
        self.moves_of_ours(who, &view.display, moves);
        let words = self.words(&view.display);
        moves.extend(words.into_iter().map(|word| Says(who, word)));
        if self.scene.wants(Extra::Seats) {
            let is_ready = &*view.display == "ready";
            moves.push(Says(who, if is_ready { Word::Break } else { Word::Ready }));
            moves.push(Says(who, Word::Logout));
        }
        if self.scene.wants(Extra::Supervise) && who == SUPERVISOR {
            moves.extend(MODES.map(|mode| Says(who, Word::Supervise(mode))));
            moves.push(Says(who, Word::Leave));
        }
        for other in (0..OPERATORS.len() as u8).filter(|other| *other != who) {
            self.moves_to(who, &view.display, To::Operator(other), moves);
        }
        for to in [To::Queue, To::Outside] {
            self.moves_to(who, &view.display, to, moves);
        }
    }

    /// Calls that begin with us.
    fn moves_of_ours(&self, who: u8, display: &str, moves: &mut Vec<Move>) {
        if self.scene.wants(Extra::Outgoing) {
            match display {
                "ready" | "not_ready" => moves.extend([CallsOut(who), Looks(who)]),
                "preview" => moves.extend([CallsOut(who), Skips(who)]),
                _ => {}
            }
        }
        if self.scene.wants(Extra::Owing) && self.watch.requests.promise().is_some() {
            moves.extend([Takes(who), PutsOff(who), Forgoes(who)]);
        }
    }

    /// What fits the state; what does not is refused, and changes nothing.
    fn words(&self, display: &str) -> Vec<Word> {
        let mut words = Vec::new();
        let mut when = |extra, of: &[Word]| {
            if self.scene.wants(extra) {
                words.extend_from_slice(of);
            }
        };
        match display {
            "talking" => when(Extra::Hand, &[Word::Hold, Word::Mute(true), Word::Park]),
            "hold" => when(Extra::Hand, &[Word::Resume, Word::Park]),
            "consult" => {
                let asking = [Word::Complete, Word::CancelConsult, Word::Conference];
                when(Extra::Consult, &asking);
                when(Extra::Consult, &[Word::DropCaller, Word::DropAsked]);
            }
            "ready" | "not_ready" => when(Extra::Hand, &[Word::Unpark]),
            _ => {}
        }
        match display {
            "reserved" | "ringing" => words.push(Word::Reject),
            "talking" | "hold" | "consult" | "dialing" => words.push(Word::HangUp),
            "wrap_up" => words.push(Word::Done),
            _ => {}
        }
        words
    }

    fn moves_to(&self, who: u8, display: &str, to: To, moves: &mut Vec<Move>) {
        if !matches!(display, "talking" | "hold") {
            return;
        }
        if self.scene.wants(Extra::Transfer) {
            moves.push(Says(who, Word::Transfer(to)));
        }
        if self.scene.wants(Extra::Consult) && to != To::Queue {
            moves.push(Says(who, Word::Consult(to)));
        }
    }

    fn moves_by_phone(&self, who: u8, moves: &mut Vec<Move>) {
        if !self.scene.wants(Extra::ByPhone) {
            return;
        }
        let other = To::Operator((who + 1) % 3);
        if self.wire.talk(&self.operator(who)).is_some() {
            moves.push(Refers(who, other));
        }
        match self.wire.second(&self.operator(who)) {
            Some(_) => moves.push(Joins(who)),
            None => moves.push(Dials(who, other)),
        }
    }
}
