//! Every order of a few messages and commands: whatever comes when, nothing panics, the application
//! hears of an end at most once and of nothing after it, each request gets its final answer, and
//! nothing is left behind.
use std::collections::BTreeMap;

use gudok_sip::endpoint::{Command, Event, Session};
use gudok_sip::message::Method;
use gudok_sip::{Message, Request};

use crate::bench::{ANSWER, Bench, CONTACT, OFFER, Peer, answer};

const ONE: Session = Session(1);

/// What a caller, our application and the clock may do.
const INCOMING: [&str; 17] = [
    "invite",
    "ack",
    "ack refusal",
    "bye",
    "cancel",
    "hold",
    "refresh",
    "update",
    "ring",
    "accept",
    "refuse",
    "end",
    "reoffer",
    "grant",
    "deny",
    "second",
    "half a minute",
];

/// What a caller that requires reliable ringing may do besides.
const RELIABLE: [&str; 13] = [
    "invite",
    "ack",
    "ack refusal",
    "bye",
    "cancel",
    "ring",
    "early media",
    "prack",
    "stray prack",
    "accept",
    "refuse",
    "end",
    "half a minute",
];

/// What a callee, our application and the clock may do.
const OUTGOING: [&str; 19] = [
    "100",
    "180",
    "183 b",
    "reliable 180",
    "reliable 183 b",
    "next 183",
    "200 prack",
    "481 prack",
    "200",
    "200 b",
    "486",
    "487",
    "491",
    "481",
    "bye",
    "end",
    "reoffer",
    "second",
    "half a minute",
];

struct Story {
    bench: Bench,
    peer: Peer,
    cseq: u32,
}

impl Story {
    fn incoming() -> Self {
        let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
        bench.hear(peer.invite());
        Self {
            bench,
            peer,
            cseq: 1,
        }
    }

    fn reliable() -> Self {
        let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
        peer.extra = "Require: 100rel\r\n".into();
        bench.hear(peer.invite());
        peer.extra = String::new();
        Self {
            bench,
            peer,
            cseq: 1,
        }
    }

    fn outgoing() -> Self {
        let mut bench = Bench::new();
        bench.dial_trunk();
        Self {
            bench,
            peer: Peer::new("a"),
            cseq: 0,
        }
    }

    fn act(&mut self, action: &str) {
        match action {
            "second" => drop(self.bench.after(1000)),
            "half a minute" => drop(self.bench.after(31_000)),
            "ring" => self.say(Command::Progress {
                session: ONE,
                status: 180,
                sdp: None,
            }),
            "early media" => self.say(Command::Progress {
                session: ONE,
                status: 183,
                sdp: Some(ANSWER.into()),
            }),
            "accept" => drop(self.bench.accept(ONE)),
            "refuse" => self.say(Command::Refuse {
                session: ONE,
                status: 486,
                headers: Vec::new(),
            }),
            "end" => drop(self.bench.end(ONE)),
            "reoffer" => self.say(Command::Reoffer {
                session: ONE,
                sdp: "reoffer".into(),
            }),
            "grant" => self.say(Command::AnswerReoffer {
                session: ONE,
                sdp: Some(ANSWER.into()),
            }),
            "deny" => self.say(Command::AnswerReoffer {
                session: ONE,
                sdp: None,
            }),
            other => self.hear(other),
        }
        self.answer_bye();
    }

    fn say(&mut self, command: Command) {
        self.bench.say(command);
    }

    fn hear(&mut self, action: &str) {
        let first = self.peer.clone();
        let message = match action {
            "invite" => Peer { branch: 1, ..first }.request("INVITE", 1, "", OFFER),
            "cancel" => Peer { branch: 1, ..first }.request("CANCEL", 1, "", ""),
            "ack refusal" => Peer { branch: 1, ..first }.ack_refusal(&self.bench),
            "ack" => {
                let cseq = self.cseq;
                self.peer.next(&self.bench, "ACK", cseq, "")
            }
            "bye" if self.cseq == 0 => return self.callee_bye(),
            "bye" => self.next("BYE", ""),
            "hold" => self.next("INVITE", "hold"),
            "refresh" => self.next("INVITE", OFFER),
            "update" => self.next("UPDATE", "update"),
            "prack" => self.prack(),
            "stray prack" => self.next("PRACK", ""),
            "200 prack" | "481 prack" => return self.answer_prack(&action[..3]),
            status => return self.answer(status),
        };
        self.bench.hear(message);
    }

    fn next(&mut self, method: &str, body: &str) -> String {
        self.cseq += 1;
        self.peer.next(&self.bench, method, self.cseq, body)
    }

    /// The PRACK of the last reliable response.
    fn prack(&mut self) -> String {
        let sent = self.bench.sent.iter().rev();
        let rseq = sent
            .filter_map(|(_, message)| message.headers().get("RSeq"))
            .next();
        self.peer.extra = format!("RAck: {} 1 INVITE\r\n", rseq.unwrap_or("1"));
        let prack = self.next("PRACK", "");
        self.peer.extra = String::new();
        prack
    }

    /// Our last PRACK is answered.
    fn answer_prack(&mut self, status: &str) {
        let sent = self.bench.sent.iter().rev();
        let last = sent.filter_map(|(_, message)| match message {
            Message::Request(request) if request.method == Method::Prack => Some(request.clone()),
            _ => None,
        });
        if let Some(prack) = { last }.next() {
            let status = status.parse().expect("a status");
            self.bench.hear(answer(&prack, status, "a", "", ""));
        }
    }

    /// A response to our last INVITE, of one of two branches of a fork.
    fn answer(&mut self, status: &str) {
        let (rseq, status) = match status.split_once(' ') {
            Some(("reliable", status)) => ("Require: 100rel\r\nRSeq: 7\r\n", status),
            Some(("next", status)) => ("Require: 100rel\r\nRSeq: 8\r\n", status),
            _ => ("", status),
        };
        let (status, tag) = status.split_once(' ').unwrap_or((status, "a"));
        let status: u16 = status.parse().expect("a status");
        let sdp = if status == 183 || status == 200 {
            ANSWER
        } else {
            ""
        };
        let invite = self.bench.last_request("INVITE").clone();
        let extra = format!("{CONTACT}{rseq}");
        self.bench.hear(answer(&invite, status, tag, &extra, sdp));
    }

    fn callee_bye(&mut self) {
        let invite = self.bench.last_request("INVITE");
        let from = invite.headers.get("From").unwrap_or("").to_owned();
        let call_id = invite.headers.call_id().unwrap_or("").to_owned();
        self.bench.hear(format!(
            "BYE sip:gudok@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKbye\r\nFrom: <sip:x@y>;tag=a\r\nTo: {from}\r\nCall-ID: {call_id}\r\nCSeq: 1 BYE\r\n\r\n"
        ));
    }

    /// The peer answers each BYE and CANCEL once.
    fn answer_bye(&mut self) {
        let open = |request: &Request| matches!(request.method, Method::Bye | Method::Cancel);
        let last = self
            .bench
            .sent
            .iter()
            .rev()
            .find_map(|(_, message)| match message {
                Message::Request(request) if open(request) => Some(request.clone()),
                _ => None,
            });
        if let Some(request) = last {
            self.bench.hear(answer(&request, 200, "a", "", ""));
        }
    }

    fn check(mut self, actions: &[&str]) {
        // A call that is still up is hung up; the peer answers nothing any more.
        self.bench.end(ONE).run_out();
        let mut ends = BTreeMap::new();
        for event in &self.bench.events {
            let (session, end) = match event {
                Event::Cancelled { session, .. }
                | Event::Refused { session, .. }
                | Event::Ended { session, .. } => (session, true),
                Event::Confirmed { session, .. }
                | Event::Accepted { session, .. }
                | Event::Reoffered { session, .. }
                | Event::OfferWanted { session }
                | Event::ReofferAnswered { session, .. }
                | Event::Progress { session, .. } => (session, false),
                _ => continue,
            };
            let over = ends.entry(*session).or_insert(false);
            assert!(!*over, "{event:?} after the end: {actions:?}");
            *over = end;
        }
        self.every_request_was_answered(actions);
    }

    fn every_request_was_answered(&self, actions: &[&str]) {
        let answered = |method: &str, cseq: u32| {
            self.bench.sent.iter().any(|(_, message)| match message {
                Message::Response(response) => {
                    let named = response.headers.cseq().expect("CSeq");
                    response.status >= 200
                        && named.number == cseq
                        && named.method.as_str() == method
                }
                Message::Request(_) => false,
            })
        };
        for (method, cseq) in &self.bench.heard {
            let fine = method == "ACK" || answered(method, *cseq);
            assert!(fine, "{method} {cseq} unanswered: {actions:?}");
        }
    }
}

fn play(start: fn() -> Story, actions: &[&str]) {
    let mut story = start();
    for action in actions {
        story.act(action);
    }
    story.check(actions);
}

/// All sequences of this length.
fn exhaust(start: fn() -> Story, alphabet: &[&'static str], length: u32) {
    let count = alphabet.len().pow(length);
    for mut number in 0..count {
        let mut actions = Vec::new();
        for _ in 0..length {
            actions.push(alphabet[number % alphabet.len()]);
            number /= alphabet.len();
        }
        play(start, &actions);
    }
}

/// Long random sequences.
fn wander(start: fn() -> Story, alphabet: &[&'static str], walks: u64, length: usize) {
    let mut dice = crate::simulation::Dice(7);
    for _ in 0..walks {
        let actions: Vec<&str> = (0..length)
            .map(|_| alphabet[dice.below(alphabet.len() as u64) as usize])
            .collect();
        play(start, &actions);
    }
}

#[test]
fn every_order_of_an_incoming_call() {
    exhaust(Story::incoming, &INCOMING, 2);
    wander(Story::incoming, &INCOMING, 200, 14);
}

#[test]
fn every_order_of_a_call_that_is_rung_reliably() {
    exhaust(Story::reliable, &RELIABLE, 3);
    wander(Story::reliable, &RELIABLE, 300, 14);
}

#[test]
fn every_order_of_an_outgoing_call() {
    exhaust(Story::outgoing, &OUTGOING, 2);
    wander(Story::outgoing, &OUTGOING, 200, 14);
}
