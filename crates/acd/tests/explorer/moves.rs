//! What may happen next.
use crate::search::Deed;
use crate::world::{Caller, World, call};

/// What may happen on floors that want it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extra {
    Aside,
    Engaged,
    Drain,
    Leaving,
    Stale,
    Extend,
    Return,
    /// A supervisor's words, and words of who is none.
    Force,
    /// Calls that operators make.
    Outbound,
    /// A supervisor's hand: a reserve, other groups, another priority, one operator next.
    ByHand,
    /// The first caller comes for the first operator before anybody else.
    Sticky,
    /// Somebody is expected behind the queue, or nobody is any more.
    Expected,
    /// Who had a seat has it after a restart.
    Comeback,
    /// A queue is closed and lets nobody wait, or is open again.
    Closing,
}

impl Extra {
    pub(crate) const ALL: [Self; 14] = [
        Self::Aside,
        Self::Engaged,
        Self::Drain,
        Self::Leaving,
        Self::Stale,
        Self::Extend,
        Self::Return,
        Self::Force,
        Self::Outbound,
        Self::ByHand,
        Self::Sticky,
        Self::Expected,
        Self::Comeback,
        Self::Closing,
    ];
}

/// One thing that may happen: to a caller or an operator, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    Arrives(u8),
    GivesUp(u8),
    HangsUp(u8),
    StepsAside(u8),
    ComesBack(u8),
    Rings(u8),
    Answers(u8),
    /// The answer of a phone whose offer is closed already.
    AnswersLate(u8),
    Rejects(u8),
    Fails(u8),
    Ends(u8),
    Done(u8),
    Extends(u8),
    Phone(u8, bool),
    Desk(u8, bool),
    /// A word of a desk that was left long ago.
    StaleDesk(u8),
    Login(u8),
    Logout(u8),
    Ready(u8),
    Break(u8),
    Engaged(u8, bool),
    /// By a supervisor.
    ForcedReady(u8),
    ForcedBreak(u8),
    ForcedOut(u8),
    ForcedDone(u8),
    /// By who may not.
    Usurped(u8),
    /// Whom to call is on the screen.
    Previews(u8),
    Skips(u8),
    Dials(u8),
    DialAnswers(u8),
    DialEnds(u8),
    /// By hand the reserve is asked at once, or no more.
    Raises(bool),
    /// By hand somebody works for the reserve alone.
    Regroups(u8),
    /// By hand a caller has this priority.
    Reprioritises(u8, u8),
    /// By hand a caller is offered to this operator next.
    Assigns(u8, u8),
    /// The reserve is asked by the word of who may not.
    Meddles(bool),
    /// Somebody is to be there, or nobody is.
    Expects(bool),
    /// The queue is closed and lets nobody wait, or is open again.
    Closes(bool),
    /// The next thing is due.
    Timer,
    /// The next thing is due, and something else comes first.
    Instant,
    Restart,
    Reload,
    Drain,
}

use Move::*;

impl Deed for Move {
    const TIMER: Self = Timer;

    fn is_rare(self) -> bool {
        matches!(
            self,
            Restart | Reload | Drain | Logout(_) | ForcedOut(_) | Phone(_, false) | Desk(_, false)
        )
    }
}

/// What a supervisor makes of a caller: less urgent than any other, or an emergency.
const PRIORITIES: [u8; 2] = [2, 9];

impl World {
    /// All that may happen next.
    pub(crate) fn open_moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for who in 0..self.play.callers.len() as u8 {
            self.moves_of_caller(who, &mut moves);
        }
        for who in self.people() {
            self.moves_of_phone(who, &mut moves);
            self.moves_of_person(who, &mut moves);
        }
        if let Some(due) = self.acd.poll_timeout() {
            moves.push(Timer);
            // In the very moment in which a limit ends the machine may free somebody before the timer, and the watch does not.
            if due > self.now.mono && !self.watch.frees_somebody(due) {
                moves.push(Instant);
            }
        }
        moves.extend([Restart, Reload]);
        self.moves_of_supervisor(&mut moves);
        if self.wants(Extra::Drain) && !self.draining {
            moves.push(Drain);
        }
        moves
    }

    fn wants(&self, extra: Extra) -> bool {
        self.play.extras.contains(&extra)
    }

    fn moves_of_caller(&self, who: u8, moves: &mut Vec<Move>) {
        let caller = |who: u8| self.watch.caller(call(who));
        match caller(who) {
            Caller::Before if who == 0 || caller(who - 1) != Caller::Before => {
                moves.push(Arrives(who));
            }
            Caller::Over if self.wants(Extra::Return) => moves.push(Arrives(who)),
            Caller::Before | Caller::Over => {}
            Caller::Here if !self.acd.waits(call(who)) => moves.push(HangsUp(who)),
            Caller::Here => {
                moves.push(GivesUp(who));
                match self.acd.kept_in(call(who)) {
                    Some(_) => moves.push(ComesBack(who)),
                    None if self.wants(Extra::Aside) => moves.push(StepsAside(who)),
                    None => {}
                }
            }
        }
    }

    fn moves_of_supervisor(&self, moves: &mut Vec<Move>) {
        if self.wants(Extra::Expected) {
            moves.push(Expects(!self.watch.is_expected()));
        }
        if self.wants(Extra::Closing) {
            moves.push(Closes(!self.watch.is_closed()));
        }
        if !self.wants(Extra::ByHand) {
            return;
        }
        moves.push(Raises(!self.watch.is_raised()));
        moves.extend([Meddles(!self.watch.is_raised()), Regroups(0)]);
        for who in 0..self.play.callers.len() as u8 {
            if self.acd.waits(call(who)) {
                moves.extend(PRIORITIES.map(|to| Reprioritises(who, to)));
                moves.extend(self.people().map(|to| Assigns(who, to)));
            }
        }
    }

    fn moves_of_phone(&self, who: u8, moves: &mut Vec<Move>) {
        let view = self.acd.operator(&self.operator(who)).expect("known");
        match &*view.display {
            "reserved" => moves.extend([Rings(who), Answers(who), Rejects(who), Fails(who)]),
            "ringing" => moves.extend([Answers(who), Rejects(who), Fails(who)]),
            "talking" if view.offer.is_some() => moves.extend([Ends(who), Fails(who)]),
            "wrap_up" => moves.push(Done(who)),
            _ => {}
        }
        if &*view.display == "wrap_up" && self.wants(Extra::Extend) {
            moves.push(Extends(who));
        }
        if self.watch.last_lost(&self.operator(who)).is_some() {
            moves.push(AnswersLate(who));
        }
        let person = self.watch.person(&self.operator(who));
        moves.push(Phone(who, !person.phone));
    }

    fn moves_of_person(&self, who: u8, moves: &mut Vec<Move>) {
        let person = self.watch.person(&self.operator(who));
        if !person.seat {
            return moves.push(Login(who));
        }
        moves.push(Desk(who, !person.desk));
        moves.push(if person.said_ready {
            Break(who)
        } else {
            Ready(who)
        });
        if self.wants(Extra::Leaving) {
            moves.push(Logout(who));
        }
        if self.wants(Extra::Stale) {
            moves.push(StaleDesk(who));
        }
        if self.wants(Extra::Force) {
            moves.push(match person.said_ready {
                true => ForcedBreak(who),
                false => ForcedReady(who),
            });
            moves.extend([ForcedOut(who), ForcedDone(who), Usurped(who)]);
        }
        if self.wants(Extra::Outbound) {
            moves.extend([Previews(who), Dials(who)]);
            moves.extend(person.dials().iter().map(|what| what(who)));
        }
        if self.wants(Extra::Engaged) && (person.engaged || person.is_free()) {
            moves.push(Engaged(who, !person.engaged));
        }
    }
}
