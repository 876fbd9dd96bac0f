//! The bench: an endpoint, a clock, and a log that reads like a trace.
//!
//! `<` came in, `>` went out, `!` was told to the application; times in milliseconds.
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use gudok_sip::digest::Login;
use gudok_sip::endpoint::{
    Command, Config, Endpoint, Event, Flow, Input, Invite, Origin, Output, Patience, Policy,
    Session, Target, Transport, TrunkSource, UnknownSource,
};
use gudok_sip::parse::parse;
use gudok_sip::reason::Reason;
use gudok_sip::{Message, Request, Response};

pub(crate) const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
pub(crate) const ANSWER: &str = "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n";

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) fn udp(remote: &str) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: remote.parse().unwrap(),
        connection: 0,
    }
}

pub(crate) fn tcp(remote: &str, connection: u64) -> Flow {
    Flow {
        transport: Transport::Tcp,
        connection,
        ..udp(remote)
    }
}

/// The trunk lives in 10/8.
pub(crate) fn trunk() -> Flow {
    udp("10.0.0.9:5060")
}

pub(crate) fn config() -> Config {
    Config {
        contact_udp: "192.0.2.1:5060".into(),
        contact_tcp: Some("192.0.2.1:5060".into()),
        contact_tls: None,
        contacts: Vec::new(),
        prack: true,
        realm: "gudok.example".into(),
        agent: "gudok".into(),
        policy: Policy {
            trunks: vec![TrunkSource {
                trunk: "north".into(),
                network: ("10.0.0.0".parse().unwrap(), 8),
            }],
            lines: Vec::new(),
            unknown: UnknownSource::Drop,
        },
        nonce_life: Duration::from_secs(300),
        expires_secs: (30, 3600),
        sessions_max: 100,
        t1: ms(500),
    }
}

/// An endpoint under test.
pub(crate) struct Bench {
    pub(crate) sip: Endpoint,
    pub(crate) now: Duration,
    log: String,
    /// What it sent, newest last.
    pub(crate) sent: Vec<(Flow, Message)>,
    pub(crate) events: Vec<Event>,
    /// Requests that came: method and number.
    pub(crate) heard: Vec<(String, u32)>,
    /// For the calls it dials.
    pub(crate) patience: Option<Patience>,
    pub(crate) session_expires: Option<u32>,
    /// Whether the message being answered is none.
    garbage: bool,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            sip: Endpoint::new(config, [42; 32]),
            now: Duration::ZERO,
            log: String::new(),
            sent: Vec::new(),
            events: Vec::new(),
            heard: Vec::new(),
            patience: None,
            session_expires: None,
            garbage: false,
        }
    }

    /// Lets the time pass, firing each deadline when it is due.
    pub(crate) fn at(&mut self, at: u64) -> &mut Self {
        while let Some(due) = self.sip.poll_timeout().filter(|due| *due <= ms(at)) {
            self.now = self.now.max(due);
            self.sip.handle_timeout(self.now);
            self.drain();
        }
        self.now = self.now.max(ms(at));
        self
    }

    /// So much later.
    pub(crate) fn after(&mut self, later: u64) -> &mut Self {
        let at = u64::try_from(self.now.as_millis()).unwrap() + later;
        self.at(at)
    }

    /// Lets all calls run out; registrations stay. Fails if anything of a call is left.
    pub(crate) fn run_out(&mut self) -> &mut Self {
        self.after(300_000);
        assert!(self.sip.is_idle(), "left behind: {:?}", self.sip);
        self
    }

    /// A message comes from the trunk.
    pub(crate) fn hear(&mut self, message: impl AsRef<str>) -> &mut Self {
        self.hear_on(trunk(), message)
    }

    pub(crate) fn hear_on(&mut self, flow: Flow, message: impl AsRef<str>) -> &mut Self {
        self.hear_bytes(flow, message.as_ref().as_bytes())
    }

    pub(crate) fn hear_bytes(&mut self, flow: Flow, bytes: &[u8]) -> &mut Self {
        match parse(bytes) {
            Ok(message) => {
                self.note('<', &title(&message));
                if let Message::Request(request) = message {
                    let cseq = request.headers.cseq().expect("a parsed message has CSeq");
                    self.heard.push((request.method.to_string(), cseq.number));
                }
            }
            Err(_) => self.note('<', "garbage"),
        }
        self.garbage = parse(bytes).is_err();
        self.sip
            .handle_input(self.now, Input::Received { flow, bytes });
        self.drain();
        self.garbage = false;
        self
    }

    pub(crate) fn closed(&mut self, flow: Flow) -> &mut Self {
        let by_remote = flow.connection == 0;
        self.lost(flow, by_remote)
    }

    /// A connection is gone; `by_remote`: with what was sent to its peer without a number.
    pub(crate) fn lost(&mut self, flow: Flow, by_remote: bool) -> &mut Self {
        self.note('<', "closed");
        self.sip
            .handle_input(self.now, Input::FlowClosed { flow, by_remote });
        self.drain();
        self
    }

    pub(crate) fn say(&mut self, command: Command) -> &mut Self {
        self.take(Input::Command(command))
    }

    pub(crate) fn take(&mut self, input: Input<'_>) -> &mut Self {
        self.sip.handle_input(self.now, input);
        self.drain();
        self
    }

    pub(crate) fn accept(&mut self, session: Session) -> &mut Self {
        self.say(Command::Accept {
            session,
            sdp: ANSWER.into(),
        })
    }

    pub(crate) fn end(&mut self, session: Session) -> &mut Self {
        self.say(Command::End {
            session,
            reason: None,
        })
    }

    pub(crate) fn dial(&mut self, target: Target, credential: Option<Login>) -> Session {
        let session = self.sip.allocate();
        self.say(Command::Invite(Box::new(Invite {
            session,
            target,
            from_uri: "sip:+79990000001@gudok.example".into(),
            from_display: Some("Caller \"One\"".into()),
            headers: vec![
                ("X-Call-Id".into(), "c1".into()),
                ("Via".into(), "evil".into()),
            ],
            sdp: OFFER.into(),
            credential,
            patience: self.patience,
            session_id: None,
            session_expires: self.session_expires,
            phone: None,
        })));
        session
    }

    pub(crate) fn dial_trunk(&mut self) -> Session {
        self.dial(
            Target::Address {
                uri: "sip:+79990000002@10.0.0.9".into(),
                flow: trunk(),
            },
            None,
        )
    }

    /// The log since the last time it was taken.
    pub(crate) fn log(&mut self) -> String {
        std::mem::take(&mut self.log)
    }

    /// The last request it sent with this method.
    pub(crate) fn last_request(&self, method: &str) -> &Request {
        let requests = self.sent.iter().rev();
        requests
            .filter_map(|(_, message)| match message {
                Message::Request(request) if request.method.as_str() == method => Some(request),
                _ => None,
            })
            .next()
            .expect("a request of this method was sent")
    }

    /// The last response it sent.
    pub(crate) fn last_response(&self) -> &Response {
        let messages = self.sent.iter().rev();
        messages
            .filter_map(|(_, message)| match message {
                Message::Response(response) => Some(response),
                Message::Request(_) => None,
            })
            .next()
            .expect("a response was sent")
    }

    /// Where the last message went.
    pub(crate) fn last_flow(&self) -> Flow {
        self.sent.last().expect("something was sent").0
    }

    /// The session of the last incoming call.
    pub(crate) fn incoming(&self) -> Session {
        let events = self.events.iter().rev();
        events
            .filter_map(|event| match event {
                Event::Incoming { session, .. } => Some(*session),
                _ => None,
            })
            .next()
            .expect("a call came in")
    }

    fn drain(&mut self) {
        while let Some(output) = self.sip.poll_output() {
            match output {
                // The answer to garbage repeats its headers.
                Output::Send { bytes, .. } if self.garbage && parse(&bytes).is_err() => {
                    self.note('>', "as it came");
                }
                Output::Send { flow, bytes } => {
                    let message = parse(&bytes).expect("what we send can be parsed");
                    assert_eq!(message.to_bytes(), bytes, "what we send is canonical");
                    self.note('>', &title(&message));
                    self.sent.push((flow, message));
                }
                Output::Event(event) => {
                    // Told with each REGISTER; stories of it look among the events.
                    if !matches!(event, Event::Bound { .. }) {
                        self.note('!', &describe(&event));
                    }
                    self.events.push(event);
                }
            }
        }
    }

    fn note(&mut self, sign: char, text: &str) {
        writeln!(self.log, "{:>6} {sign} {text}", self.now.as_millis()).unwrap();
    }
}

/// `INVITE 1`, `200 INVITE 1`.
fn title(message: &Message) -> String {
    let cseq = message.headers().cseq().expect("a parsed message has CSeq");
    let number = cseq.number;
    match message {
        Message::Request(request) => format!("{} {number}", request.method),
        Message::Response(response) => format!("{} {} {number}", response.status, cseq.method),
    }
}

/// An event in one line.
fn describe(event: &Event) -> String {
    let short = |sdp: &Option<String>| match sdp {
        Some(_) => " with sdp",
        None => "",
    };
    match event {
        Event::Incoming {
            session,
            origin,
            brief,
            ..
        } => {
            let briefly = if *brief { ", briefly" } else { "" };
            match origin {
                Origin::Trunk(trunk) => format!("Incoming {} of trunk {trunk}{briefly}", session.0),
                Origin::User(user) => format!("Incoming {} of user {user}{briefly}", session.0),
            }
        }
        Event::Cancelled { session, said } => format!("Cancelled {}{}", session.0, words(said)),
        Event::Confirmed { session, sdp } => format!("Confirmed {}{}", session.0, short(sdp)),
        Event::Progress {
            session,
            status,
            sdp,
        } => format!("Progress {} {status}{}", session.0, short(sdp)),
        Event::Accepted { session, .. } => format!("Accepted {}", session.0),
        Event::Refused {
            session,
            status,
            reason,
            said,
            ..
        } => format!("Refused {} {status} {reason}{}", session.0, words(said)),
        Event::Ended { session, by, said } => {
            format!("Ended {} {by:?}{}", session.0, words(said))
        }
        Event::Reoffered { session, .. } => format!("Reoffered {}", session.0),
        Event::OfferWanted { session } => format!("OfferWanted {}", session.0),
        Event::ReofferAnswered { session, sdp } => {
            format!("ReofferAnswered {}{}", session.0, short(sdp))
        }
        Event::Digit { session, digit } => format!("Digit {} {digit}", session.0),
        Event::Referred { session, refer } => {
            let replaces = refer
                .replaces
                .map_or(String::new(), |other| format!(" in place of {}", other.0));
            let by = refer.by.as_ref().map_or("", |_| " by somebody");
            let to = refer.to.user_text().unwrap_or_default().into_owned();
            format!("Referred {} to {to}{replaces}{by}", session.0)
        }
        Event::ReferAnswered { session, status } => format!("ReferAnswered {} {status}", session.0),
        Event::ReferProgress {
            session,
            status,
            last,
        } => format!("ReferProgress {} {status} last: {last}", session.0),
        Event::Registered { user, live, .. } => format!("Registered {user} {live}"),
        Event::Bound { user, contacts } => format!("Bound {user} {}", contacts.len()),
        Event::Banned(ban) if ban.user => "Banned, one user".to_owned(),
        Event::Banned(_) => "Banned, everybody there".to_owned(),
        Event::Refusal { what, .. } => format!("Refusal {what}"),
        Event::Probed { id, status, .. } => format!("Probed {id} {status:?}"),
        Event::Registrar { response, .. } => format!("Registrar {}", response.status),
    }
}

/// What a party said of its end.
fn words(said: &Option<Reason>) -> String {
    let said = said.as_ref();
    said.map_or_else(String::new, |said| {
        format!(" sip {:?} q850 {:?} {:?}", said.sip, said.q850, said.text)
    })
}

/// A peer that calls us, or is called: writes its messages by hand.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) call_id: String,
    pub(crate) tag: String,
    pub(crate) branch: u32,
    /// Lines added to each request.
    pub(crate) extra: String,
    pub(crate) via_extra: String,
}

impl Peer {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            address: trunk().remote,
            call_id: format!("{name}@10.0.0.9"),
            tag: format!("{name}-tag"),
            branch: 0,
            extra: String::new(),
            via_extra: ";rport".into(),
        }
    }

    /// A request of this transaction (`branch`), to our tag where there is one.
    pub(crate) fn request(&self, method: &str, cseq: u32, to: &str, body: &str) -> String {
        let (address, call_id, tag, branch) = (self.address, &self.call_id, &self.tag, self.branch);
        let mut text = format!(
            "{method} sip:88000000000@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP {address}{};branch=z9hG4bK{call_id}-{branch}\r\n\
             Max-Forwards: 70\r\n\
             From: \"Caller\" <sip:+79990000001@10.0.0.9>;tag={tag}\r\n\
             To: <sip:88000000000@192.0.2.1>{to}\r\n\
             Call-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\n\
             Contact: <sip:caller@{address}>\r\n{}",
            self.via_extra, self.extra,
        );
        if !body.is_empty() && !self.extra.contains("Content-Type") {
            text += "Content-Type: application/sdp\r\n";
        }
        write!(text, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        text
    }

    pub(crate) fn invite(&mut self) -> String {
        self.branch += 1;
        self.request("INVITE", 1, "", OFFER)
    }

    /// The ACK of a refusal repeats branch and number of the INVITE.
    pub(crate) fn ack_refusal(&self, bench: &Bench) -> String {
        self.request("ACK", 1, &self.to_tag(bench), "")
    }

    pub(crate) fn cancel(&self) -> String {
        self.request("CANCEL", 1, "", "")
    }

    /// A request in the dialog, with a new branch.
    pub(crate) fn next(&mut self, bench: &Bench, method: &str, cseq: u32, body: &str) -> String {
        self.branch += 1;
        self.request(method, cseq, &self.to_tag(bench), body)
    }

    /// `;tag=…` of the last response of this call: our side of the dialog.
    pub(crate) fn to_tag(&self, bench: &Bench) -> String {
        let sent = bench.sent.iter().rev();
        let tags = sent.filter_map(|(_, message)| match message {
            Message::Response(response) if response.headers.call_id() == Some(&self.call_id) => {
                response.headers.to_tag()
            }
            _ => None,
        });
        let mut tags = tags.map(|tag| format!(";tag={tag}"));
        tags.next().unwrap_or_default()
    }
}

/// A response to a request that the endpoint sent.
pub(crate) fn answer(request: &Request, status: u16, tag: &str, extra: &str, body: &str) -> String {
    let mut text = format!("SIP/2.0 {status} Phrase\r\n");
    for (name, value) in request.headers.iter() {
        match name {
            "Via" | "From" | "Call-ID" | "CSeq" => write!(text, "{name}: {value}\r\n").unwrap(),
            "To" if !tag.is_empty() && !value.contains(";tag=") => {
                write!(text, "To: {value};tag={tag}\r\n").unwrap();
            }
            "To" => write!(text, "To: {value}\r\n").unwrap(),
            _ => {}
        }
    }
    text += extra;
    if !body.is_empty() {
        text += "Content-Type: application/sdp\r\n";
    }
    write!(text, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    text
}

/// The callee's Contact.
pub(crate) const CONTACT: &str = "Contact: <sip:callee@10.0.0.9:5060>\r\n";
