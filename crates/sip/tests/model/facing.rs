//! Two machines and a network between them that delivers in any order, twice, or not at all. When it has done its
//! worst it becomes a good one, and both sides must come to agree.
use gudok_sip::Message;
use gudok_sip::endpoint::{Command, Invite, Session, Target};

use crate::script::{ANSWER, OFFER, address, endpoint, flow};
use crate::watch::{Phase, Watch};
use crate::{World, explore};

const ONE: Session = Session(1);
const CALLER: usize = 0;
const CALLEE: usize = 1;

/// What may happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Move {
    Deliver(usize),
    Lose(usize),
    Double(usize),
    Accept,
    End(usize),
    Offer(usize),
    Second,
}

use Move::*;

#[derive(Clone)]
struct Facing {
    sides: [Watch; 2],
    /// To whom, and what; in the order it was sent.
    packets: Vec<(usize, Message)>,
    /// What the network may still lose or double, and how often the applications may still change their mind.
    faults: u32,
    words: u32,
    pauses: u32,
}

impl Facing {
    fn new(faults: u32, words: u32, pauses: u32) -> Self {
        let sides = [CALLER, CALLEE].map(|side| Watch::new(endpoint(side), flow(side)));
        let mut facing = Self {
            sides,
            packets: Vec::new(),
            faults,
            words,
            pauses,
        };
        let session = facing.sides[CALLER].allocate();
        facing.sides[CALLER].say(Command::Invite(Box::new(Invite {
            session,
            target: Target::Address {
                uri: format!("sip:callee@{}", address(CALLEE)),
                flow: flow(CALLER),
            },
            from_uri: format!("sip:+79990000001@{}", address(CALLER)),
            from_display: None,
            headers: Vec::new(),
            sdp: OFFER.into(),
            credential: None,
            patience: None,
            session_id: None,
            session_expires: None,
            phone: None,
        })));
        facing.collect();
        facing
    }

    fn collect(&mut self) {
        for side in [CALLER, CALLEE] {
            let sent = std::mem::take(&mut self.sides[side].sent);
            self.packets
                .extend(sent.into_iter().map(|it| (1 - side, it)));
        }
    }

    fn deliver(&mut self, at: usize) {
        let (side, message) = self.packets.remove(at);
        self.sides[side].hear(&message.to_bytes());
        self.collect();
    }

    /// Both clocks go on; nothing moves on the network.
    fn wait(&mut self, long: u64) {
        self.sides.iter_mut().for_each(|side| side.wait(long));
        self.collect();
    }

    /// The network is a good one from now on.
    fn calm(&mut self) {
        let until = self.sides[CALLER].now + crate::script::ms(400_000);
        loop {
            if !self.packets.is_empty() {
                self.deliver(0);
                continue;
            }
            let due = self.sides.iter().filter_map(Watch::next_due).min();
            let Some(due) = due.filter(|due| *due <= until) else {
                return;
            };
            self.sides.iter_mut().for_each(|side| side.tick(due));
            self.collect();
        }
    }

    fn is_talking(&self, side: usize) -> bool {
        self.sides[side].phase(ONE) == Some(Phase::Talking)
    }
}

impl World for Facing {
    type Move = Move;

    fn moves(&self) -> Vec<Move> {
        let packets = 0..self.packets.len();
        // Of two equal packets it does not matter which.
        let first = |at: &usize| !self.packets[..*at].contains(&self.packets[*at]);
        let packets: Vec<usize> = packets.filter(first).collect();
        let mut moves: Vec<Move> = packets.iter().map(|at| Deliver(*at)).collect();
        if self.faults > 0 {
            moves.extend(packets.iter().flat_map(|at| [Lose(*at), Double(*at)]));
        }
        if self.sides[CALLEE].phase(ONE) == Some(Phase::Ringing) {
            moves.push(Accept);
        }
        for side in [CALLER, CALLEE] {
            let phase = self.sides[side].phase(ONE);
            if self.words > 0 && phase.is_some_and(|phase| phase != Phase::Over) {
                moves.push(End(side));
            }
            if self.words > 0 && phase == Some(Phase::Talking) {
                moves.push(Offer(side));
            }
        }
        if self.pauses > 0 {
            moves.push(Second);
        }
        moves
    }

    fn act(&mut self, what: Move) {
        let session = ONE;
        match what {
            Deliver(at) => self.deliver(at),
            Lose(at) => {
                self.faults -= 1;
                self.packets.remove(at);
            }
            Double(at) => {
                self.faults -= 1;
                self.packets.push(self.packets[at].clone());
                self.deliver(at);
            }
            Accept => self.sides[CALLEE].say(Command::Accept {
                session,
                sdp: ANSWER.into(),
            }),
            End(side) => {
                self.words -= 1;
                self.sides[side].end(ONE);
            }
            Offer(side) => {
                self.words -= 1;
                let sdp = format!("v={side}");
                self.sides[side].say(Command::Reoffer { session, sdp });
            }
            Second => {
                self.pauses -= 1;
                self.wait(1_000);
            }
        }
        self.collect();
    }

    fn portrait(&self) -> String {
        let mut packets: Vec<_> = self.packets.iter().map(|it| format!("{it:?}")).collect();
        packets.sort();
        let [caller, callee] = [CALLER, CALLEE].map(|side| self.sides[side].portrait());
        let left = (self.faults, self.words, self.pauses);
        format!("{caller}{callee}{packets:?}{left:?}")
    }

    fn rest(mut self) {
        self.calm();
        assert_eq!(
            self.is_talking(CALLER),
            self.is_talking(CALLEE),
            "one side talks alone"
        );
        if self.is_talking(CALLER) {
            self.sides[CALLER].end(ONE);
            self.collect();
            self.calm();
        }
        self.sides.iter().for_each(Watch::is_done);
    }
}

#[test]
fn two_sides_and_a_network_that_reorders() {
    let states = explore(Facing::new(0, 3, 0), 16);
    println!("facing, reordering, 16 moves: {states} states");
    assert!(states > 100, "{states}");
}

#[test]
fn two_sides_and_a_network_that_loses_and_doubles() {
    let states = explore(Facing::new(2, 2, 0), 9);
    println!("facing, losing and doubling, 9 moves: {states} states");
    assert!(states > 100, "{states}");
}

#[test]
fn two_sides_and_a_network_that_dawdles() {
    let states = explore(Facing::new(1, 2, 2), 7);
    println!("facing, with pauses, 7 moves: {states} states");
    assert!(states > 100, "{states}");
}
