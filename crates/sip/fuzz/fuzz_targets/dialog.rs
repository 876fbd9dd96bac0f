//! Any play of whole calls: messages of a peer in any order, damaged anywhere, from anybody, with words of the application,
//! lost connections and pauses between. No panic; what is said can be read; a stranger hears nothing but challenges; a
//! session ends once; and in the end nothing is left.
#![no_main]
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_sip::endpoint::{Command, Endpoint, Event, Flow, Input, Invite, Output, Session, Target, Transport};
use gudok_sip::parse::parse;
use gudok_sip::{Message, Method, Request};

#[path = "../../tests/model/script.rs"]
#[allow(dead_code)]
mod script;

use script::{ANSWER, OFFER, answer, endpoint, flow, request};

/// What a play may take; more finds nothing new.
const STEPS_MAX: usize = 64;
const EDITS: [&[u8]; 16] = [
    b"", b"\r\n", b"\r\n\r\n", b"\r\n ", b";", b",", b"<", b">", b"\"", b":", b"@", b"\0", b"\xff", b"0", b"4294967296", b"=",
];

const METHODS: [&str; 12] =
    ["INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "INFO", "PRACK", "OPTIONS", "REFER", "NOTIFY", "REGISTER", "X"];

/// The play, read from the fuzzer's bytes; after them comes nothing but zeros.
struct Dice<'a>(&'a [u8]);

impl Dice<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() % bound
    }
}

struct Play {
    sip: Endpoint,
    now: Duration,
    sessions: BTreeMap<Session, bool>,
    /// The tag of our last answer, and the last requests of ours.
    tag: String,
    asked: Vec<Request>,
}

fn stranger() -> Flow {
    Flow { remote: "203.0.113.66:5060".parse().expect("an address"), ..flow(0) }
}

fn connected() -> Flow {
    Flow { transport: Transport::Tcp, connection: 7, ..flow(0) }
}

impl Play {
    fn new() -> Self {
        Self { sip: endpoint(0), now: Duration::ZERO, sessions: BTreeMap::new(), tag: String::new(), asked: Vec::new() }
    }

    fn step(&mut self, dice: &mut Dice<'_>) {
        match dice.below(8) {
            0..=3 => self.message(dice),
            4 | 5 => self.word(dice),
            6 => self.wait([1, 100, 500, 1_000, 4_000, 11_000, 33_000, 181_000][dice.below(8)]),
            _ => {
                let (flow, by_remote) = (connected(), dice.below(2) == 0);
                self.sip.handle_input(self.now, Input::FlowClosed { flow, by_remote });
                self.listen(false, true);
            }
        }
    }

    fn message(&mut self, dice: &mut Dice<'_>) {
        let from = [flow(0), flow(0), flow(0), connected(), stranger()][dice.below(5)];
        // A stranger knows none of the names that the peer and we have drawn.
        let mut bytes = match from == stranger() {
            true => self.text_of_stranger(dice),
            false => self.text(dice),
        }
        .into_bytes();
        for _ in 0..dice.below(4) {
            damage(&mut bytes, dice);
        }
        self.sip.handle_input(self.now, Input::Received { flow: from, bytes: &bytes });
        let read = parse(&bytes);
        let register = matches!(&read, Ok(Message::Request(it)) if it.method == Method::Register);
        self.listen(read.is_err(), register || from != stranger());
    }

    /// A message of the peer: of its own call, of the call that we have begun, or an answer to our last requests.
    fn text(&self, dice: &mut Dice<'_>) -> String {
        let statuses = [100, 180, 183, 200, 202, 302, 401, 407, 481, 486, 487, 491, 503, 603];
        let kind = dice.below(3);
        let body = ["", "", OFFER, "v=1"][dice.below(4)];
        if kind == 2 && !self.asked.is_empty() {
            let request = &self.asked[self.asked.len() - 1 - dice.below(self.asked.len().min(8))];
            let tag = ["a", "b"][dice.below(2)];
            return answer(request, statuses[dice.below(statuses.len())], tag, body);
        }
        let method = METHODS[dice.below(METHODS.len())];
        let place = (dice.below(6) as u32, ["one", "two", "three", "four"][dice.below(4)]);
        let dialled = self.asked.iter().find(|it| it.method == Method::Invite).filter(|_| kind == 1);
        if let Some(invite) = dialled {
            let tags = (["a", "b"][dice.below(2)], invite.headers.from_tag().unwrap_or(""));
            return request(method, place, tags, invite.headers.call_id().unwrap_or(""), body);
        }
        let to = ["", self.tag.as_str()][dice.below(2)];
        request(method, place, ("peer", to), "call", body)
    }

    fn text_of_stranger(&self, dice: &mut Dice<'_>) -> String {
        let method = METHODS[dice.below(METHODS.len())];
        let to = ["", "x"][dice.below(2)];
        request(method, (1, "foreign"), ("foreign", to), "foreign", ["", OFFER][dice.below(2)])
    }

    fn word(&mut self, dice: &mut Dice<'_>) {
        let sessions: Vec<Session> = self.sessions.keys().copied().collect();
        if dice.below(4) == 0 && sessions.len() < 8 {
            return self.dial();
        }
        let Some(&session) = sessions.get(dice.below(sessions.len().max(1))) else { return };
        let sdp = ANSWER.to_owned();
        let command = match dice.below(7) {
            0 => Command::Progress { session, status: 180 + dice.below(10) as u16, sdp: None },
            1 => Command::Progress { session, status: 183, sdp: Some(sdp) },
            2 => Command::Accept { session, sdp },
            3 => Command::Refuse { session, status: 486, headers: vec![("X\r\nY".into(), "a\r\nb".into())] },
            4 => Command::Reoffer { session, sdp: "v=2".into() },
            5 => Command::AnswerReoffer { session, sdp: (dice.below(2) == 0).then_some(sdp) },
            _ => Command::End { session, reason: Some("SIP;cause=200\r\nX: y".into()) },
        };
        self.say(command);
    }

    fn say(&mut self, command: Command) {
        self.sip.handle_input(self.now, Input::Command(command));
        self.listen(false, true);
    }

    fn dial(&mut self) {
        let session = self.sip.allocate();
        self.sessions.insert(session, false);
        self.say(Command::Invite(Box::new(Invite {
            session,
            target: Target::Address { uri: "sip:callee@192.0.2.2".into(), flow: flow(0) },
            from_uri: "sip:caller@192.0.2.1".into(),
            from_display: Some("A \"B\"".into()),
            headers: Vec::new(),
            sdp: OFFER.into(),
            credential: None,
            patience: None,
            session_id: None,
            session_expires: None,
            phone: None,
        })));
    }

    fn wait(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(due) = self.sip.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.sip.handle_timeout(self.now);
            self.listen(false, true);
        }
        self.now = until;
    }

    /// `garbage`: the answer may repeat what nobody can read. `heard`: whether anything may be said at all.
    fn listen(&mut self, garbage: bool, heard: bool) {
        while let Some(output) = self.sip.poll_output() {
            match output {
                Output::Send { bytes, .. } => {
                    assert!(heard, "a stranger is answered: {}", String::from_utf8_lossy(&bytes));
                    match parse(&bytes) {
                        Ok(Message::Request(request)) if request.method != Method::Ack => self.asked.push(request),
                        Ok(Message::Response(response)) => {
                            self.tag = response.headers.to_tag().unwrap_or("").to_owned();
                        }
                        Ok(_) => {}
                        Err(error) => assert!(garbage, "{error}: {}", String::from_utf8_lossy(&bytes)),
                    }
                }
                Output::Event(event) => self.on_event(&event),
            }
        }
    }

    fn on_event(&mut self, event: &Event) {
        let (session, end) = match event {
            Event::Incoming { session, .. } => {
                assert_eq!(self.sessions.insert(*session, false), None, "a session comes once");
                return;
            }
            Event::Cancelled { session, .. } | Event::Refused { session, .. } | Event::Ended { session, .. } => (session, true),
            Event::Accepted { session, .. }
            | Event::Confirmed { session, .. }
            | Event::Progress { session, .. }
            | Event::Reoffered { session, .. }
            | Event::OfferWanted { session }
            | Event::ReofferAnswered { session, .. } => (session, false),
            _ => return,
        };
        let over = self.sessions.get_mut(session).expect("a known session");
        assert!(!*over, "{event:?} after the end");
        *over = end;
    }

    fn end(mut self) {
        for session in self.sessions.keys().copied().collect::<Vec<_>>() {
            self.say(Command::End { session, reason: None });
        }
        self.wait(400_000);
        assert!(self.sip.is_idle(), "left behind: {:?}", self.sip);
    }
}

/// One thing replaced, put in or cut off.
fn damage(bytes: &mut Vec<u8>, dice: &mut Dice<'_>) {
    if bytes.is_empty() {
        return;
    }
    let at = (dice.next() * 256 + dice.next()) % bytes.len();
    let to = (at + dice.below(16)).min(bytes.len());
    match dice.below(4) {
        0 => bytes.truncate(at),
        1 => bytes[at] = dice.next() as u8,
        _ => drop(bytes.splice(at..to, EDITS[dice.below(16)].iter().copied())),
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (mut play, mut dice) = (Play::new(), Dice(bytes));
    for _ in 0..STEPS_MAX {
        if dice.0.is_empty() {
            break;
        }
        play.step(&mut dice);
    }
    play.end();
});
