//! Our side is called. The peer's six messages are fixed bytes, as if it had written them all in advance; whatever
//! of them comes, comes in any order, once, twice or never.
use gudok_sip::Message;
use gudok_sip::endpoint::{Command, Session};
use gudok_sip::message::Method;

use crate::script::{ANSWER, OFFER, answer, endpoint, flow, request};
use crate::watch::{Phase, Watch};
use crate::{World, explore};

const ONE: Session = Session(1);

/// What may happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Move {
    Invite,
    Cancel,
    Ack,
    /// The ACK of a refusal.
    Nak,
    Bye,
    Reinvite,
    AckOfReinvite,
    NakOfReinvite,
    /// 200 to the last request of ours.
    Ok,
    Accept,
    End,
    Offer,
    Second,
    HalfMinute,
}

use Move::*;

#[derive(Clone)]
struct Called {
    side: Watch,
    /// Our tag, as the peer will learn it.
    tag: String,
    /// Whether calls are answered at once.
    eager: bool,
    alphabet: &'static [Move],
    acked: bool,
}

impl Called {
    fn new(eager: bool, alphabet: &'static [Move]) -> Self {
        let mut called = Self {
            side: Watch::new(endpoint(0), flow(0)),
            tag: String::new(),
            eager,
            alphabet,
            acked: false,
        };
        called.tag = called.clone().our_tag();
        called
    }

    /// The dice are given: the tag of the answer can be known before the question.
    fn our_tag(mut self) -> String {
        self.act(Invite);
        self.act(Accept);
        let last = self.side.sent.last().expect("it answered");
        last.headers().to_tag().expect("with a tag").to_owned()
    }

    fn text(&self, what: Move) -> Option<String> {
        let tag = self.tag.as_str();
        let (method, place, tag, body) = match what {
            Invite => ("INVITE", (1, "one"), "", OFFER),
            Cancel => ("CANCEL", (1, "one"), "", ""),
            Ack => ("ACK", (1, "two"), tag, ""),
            Nak => ("ACK", (1, "one"), tag, ""),
            Reinvite => ("INVITE", (2, "three"), tag, "v=1"),
            AckOfReinvite => ("ACK", (2, "four"), tag, ""),
            NakOfReinvite => ("ACK", (2, "three"), tag, ""),
            Bye => ("BYE", (3, "five"), tag, ""),
            _ => return None,
        };
        Some(request(method, place, ("peer", tag), "call", body))
    }

    /// 200 to our last BYE or re-INVITE.
    fn answer(&mut self) {
        let ours = self
            .side
            .sent
            .iter()
            .rev()
            .find_map(|message| match message {
                Message::Request(request) if request.method != Method::Ack => Some(request),
                _ => None,
            });
        if let Some(request) = ours {
            let body = match request.method {
                Method::Invite => OFFER,
                _ => "",
            };
            let text = answer(request, 200, "peer", body);
            self.side.hear(text.as_bytes());
        }
    }

    fn accept(&mut self) {
        let (session, sdp) = (ONE, ANSWER.into());
        self.side.say(Command::Accept { session, sdp });
    }
}

impl World for Called {
    type Move = Move;

    fn moves(&self) -> Vec<Move> {
        self.alphabet.to_vec()
    }

    fn act(&mut self, what: Move) {
        let session = ONE;
        match what {
            Accept => self.accept(),
            End => self.side.end(ONE),
            Offer => self.side.say(Command::Reoffer {
                session,
                sdp: "v=2".into(),
            }),
            Ok => self.answer(),
            Second => self.side.wait(1_000),
            HalfMinute => self.side.wait(31_000),
            message => {
                let text = self.text(message).expect("a message");
                // There are phones that repeat the branch of the INVITE in every ACK.
                let is_ack = matches!(message, Ack | Nak);
                self.acked |= is_ack && self.side.phase(ONE) == Some(Phase::Talking);
                self.side.hear(text.as_bytes());
            }
        }
        if self.eager && self.side.phase(ONE) == Some(Phase::Ringing) {
            self.accept();
        }
    }

    fn portrait(&self) -> String {
        let last = self
            .side
            .sent
            .iter()
            .rev()
            .find_map(|message| match message {
                Message::Request(request) if request.method != Method::Ack => Some(request),
                _ => None,
            });
        format!("{}{}{last:?}", self.side.portrait(), self.acked)
    }

    fn rest(mut self) {
        self.side.wait(400_000);
        // Without a session timer only an acknowledged talk goes on by itself.
        if self.side.phase(ONE) == Some(Phase::Talking) {
            assert!(self.acked, "a talk that was never acknowledged goes on");
            self.side.end(ONE);
            self.side.wait(400_000);
        }
        self.side.is_done();
    }
}

/// What the peer may send, and what becomes of it; the clock stands still.
const MESSAGES: [Move; 11] = [
    Invite,
    Cancel,
    Ack,
    Nak,
    Bye,
    Reinvite,
    AckOfReinvite,
    NakOfReinvite,
    Ok,
    Accept,
    End,
];

/// All of it, with our own offers and with pauses in which things are said again.
const ALL: [Move; 14] = [
    Invite,
    Cancel,
    Ack,
    Nak,
    Bye,
    Reinvite,
    AckOfReinvite,
    NakOfReinvite,
    Ok,
    Accept,
    End,
    Offer,
    Second,
    HalfMinute,
];

#[test]
fn six_messages_in_any_order_to_a_phone_that_is_answered_at_once() {
    let states = explore(Called::new(true, &MESSAGES), 8);
    println!("callee, answered at once, 8 moves: {states} states");
    assert!(states > 100, "{states}");
}

#[test]
fn six_messages_and_words_in_any_order_to_a_phone_that_rings() {
    let states = explore(Called::new(false, &MESSAGES), 8);
    println!("callee, ringing, 8 moves: {states} states");
    assert!(states > 100, "{states}");
}

#[test]
fn messages_words_and_pauses_in_any_order_to_a_phone_that_rings() {
    let states = explore(Called::new(false, &ALL), 7);
    println!("callee, ringing, with pauses, 7 moves: {states} states");
    assert!(states > 100, "{states}");
}
