//! Our side calls. What the callee, and a proxy that forks, may say to it comes in any order, once, twice or never.
use gudok_sip::endpoint::{Command, Invite, Session, Target};
use gudok_sip::message::Method;
use gudok_sip::{Message, Request};

use crate::script::{ANSWER, OFFER, address, answer, endpoint, flow, request};
use crate::watch::{Phase, Watch};
use crate::{World, explore};

const ONE: Session = Session(1);

/// What may happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Move {
    Trying,
    Ringing,
    /// 200 of the first branch of a fork, and of the second.
    Answered,
    AnsweredToo,
    Busy,
    Terminated,
    /// 200 to our CANCEL.
    CancelOk,
    Bye,
    Reinvite,
    AckOfReinvite,
    NakOfReinvite,
    /// 200 to our last BYE or re-INVITE.
    Ok,
    /// 491 to it.
    Glare,
    End,
    Offer,
    Second,
    HalfMinute,
}

use Move::*;

#[derive(Clone)]
struct Calling {
    side: Watch,
    invite: Request,
    alphabet: &'static [Move],
}

impl Calling {
    fn new(alphabet: &'static [Move]) -> Self {
        let mut side = Watch::new(endpoint(0), flow(0));
        let session = side.allocate();
        side.say(Command::Invite(Box::new(Invite {
            session,
            target: Target::Address {
                uri: format!("sip:callee@{}", address(1)),
                flow: flow(0),
            },
            from_uri: format!("sip:+79990000001@{}", address(0)),
            from_display: None,
            headers: Vec::new(),
            sdp: OFFER.into(),
            credential: None,
            patience: None,
            session_id: None,
            session_expires: None,
            phone: None,
        })));
        let Some(Message::Request(invite)) = side.sent.first().cloned() else {
            panic!("it sends an INVITE");
        };
        Self {
            side,
            invite,
            alphabet,
        }
    }

    /// A request of the callee in the dialog of the first branch.
    fn callee(&mut self, method: &str, place: (u32, &str), body: &str) {
        let headers = &self.invite.headers;
        let tags = ("a", headers.from_tag().expect("we have a tag"));
        let text = request(method, place, tags, headers.call_id().unwrap_or(""), body);
        self.side.hear(text.as_bytes());
    }

    fn answer(&mut self, status: u16, tag: &str) {
        let body = if status == 200 { ANSWER } else { "" };
        let text = answer(&self.invite, status, tag, body);
        self.side.hear(text.as_bytes());
    }

    /// The last request of ours that asks for an answer.
    fn last(&self, wanted: impl Fn(&Method) -> bool) -> Option<&Request> {
        let mut sent = self.side.sent.iter().skip(1).rev();
        sent.find_map(|message| match message {
            Message::Request(request) if wanted(&request.method) => Some(request),
            _ => None,
        })
    }

    fn answer_last(&mut self, status: u16, wanted: impl Fn(&Method) -> bool) {
        let Some(request) = self.last(wanted) else {
            return;
        };
        let body = match request.method {
            Method::Invite if status == 200 => ANSWER,
            _ => "",
        };
        let text = answer(request, status, "a", body);
        self.side.hear(text.as_bytes());
    }
}

/// BYE or a re-INVITE.
fn inside(method: &Method) -> bool {
    matches!(method, Method::Bye | Method::Invite)
}

impl World for Calling {
    type Move = Move;

    fn moves(&self) -> Vec<Move> {
        self.alphabet.to_vec()
    }

    fn act(&mut self, what: Move) {
        let session = ONE;
        match what {
            Trying => self.answer(100, ""),
            Ringing => self.answer(180, "a"),
            Answered => self.answer(200, "a"),
            AnsweredToo => self.answer(200, "b"),
            Busy => self.answer(486, "a"),
            Terminated => self.answer(487, "a"),
            CancelOk => self.answer_last(200, |method| *method == Method::Cancel),
            Bye => self.callee("BYE", (2, "bye"), ""),
            Reinvite => self.callee("INVITE", (1, "again"), "v=1"),
            AckOfReinvite => self.callee("ACK", (1, "ack"), ""),
            NakOfReinvite => self.callee("ACK", (1, "again"), ""),
            Ok => self.answer_last(200, inside),
            Glare => self.answer_last(491, inside),
            End => self.side.end(ONE),
            Offer => self.side.say(Command::Reoffer {
                session,
                sdp: "v=2".into(),
            }),
            Second => self.side.wait(1_000),
            HalfMinute => self.side.wait(31_000),
        }
    }

    fn portrait(&self) -> String {
        let cancelled = self.last(|method| *method == Method::Cancel).is_some();
        format!("{}{cancelled}{:?}", self.side.portrait(), self.last(inside))
    }

    fn rest(mut self) {
        self.side.wait(400_000);
        if self.side.phase(ONE) == Some(Phase::Talking) {
            self.side.end(ONE);
            self.side.wait(400_000);
        }
        self.side.is_done();
    }
}

/// What the callee may say, and what we may; the clock stands still.
const MESSAGES: [Move; 13] = [
    Ringing,
    Answered,
    AnsweredToo,
    Busy,
    Terminated,
    CancelOk,
    Bye,
    Reinvite,
    AckOfReinvite,
    Ok,
    Glare,
    End,
    Offer,
];

/// All of it, with pauses in which things are said again.
const ALL: [Move; 17] = [
    Trying,
    Ringing,
    Answered,
    AnsweredToo,
    Busy,
    Terminated,
    CancelOk,
    Bye,
    Reinvite,
    AckOfReinvite,
    NakOfReinvite,
    Ok,
    Glare,
    End,
    Offer,
    Second,
    HalfMinute,
];

#[test]
fn six_messages_and_words_in_any_order_to_a_caller() {
    let states = explore(Calling::new(&MESSAGES), 8);
    println!("caller, 8 moves: {states} states");
    assert!(states > 100, "{states}");
}

#[test]
fn messages_words_and_pauses_in_any_order_to_a_caller() {
    let states = explore(Calling::new(&ALL), 6);
    println!("caller, with pauses, 6 moves: {states} states");
    assert!(states > 100, "{states}");
}
