//! The machine with a call in some phase, and a talk beside it.
use std::time::Duration;

use gudok_sip::digest::{Algorithm, Challenge, Login, ha1};
use gudok_sip::endpoint::{
    Command, Config, Credential, Endpoint, Event, Flow, Input, Invite, Output, Policy, Session,
    Target, Transport, TrunkSource, UnknownSource,
};
use gudok_sip::identity::{Settings, extract};
use gudok_sip::parse::parse;
use gudok_sip::sdp::{Capabilities, Description, Direction, Local};
use gudok_sip::{Message, Method, Request};

use crate::marks::Marked;
use crate::messages::{Names, request, response, sdp};

pub(crate) const TRUNK: &str = "10.0.0.9:5060";
const STRANGER: &str = "203.0.113.66:5060";
const PASSWORD: &str = "correct horse";
const REALM: &str = "gudok.example";
const SDP: &str = "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n";

/// How far the call is that the message is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// There is none, and the sender is the trunk.
    Quiet,
    /// There is none, and the sender is unknown.
    Stranger,
    /// We ring, reliably.
    Rung,
    /// Our 200 waits for its ACK.
    Answered,
    Talking,
    /// We call.
    Dialled,
    /// We have called, and want it no more.
    Cancelled,
    /// Our re-INVITE is under way.
    Offered,
    /// Our BYE is under way.
    Left,
}

#[derive(Clone)]
pub(crate) struct Stage {
    phase: Phase,
    sip: Endpoint,
    now: Duration,
    /// The talk beside.
    beside: (Session, Names),
    /// The call that the case is about.
    ours: Option<Session>,
    names: Names,
    /// The last request of ours per method.
    asked: Vec<Request>,
    challenge: Option<String>,
    /// Of the ringing that waits for its PRACK.
    rseq: String,
    sessions: Vec<Session>,
}

/// What came of an input.
#[derive(Default)]
struct Heard {
    sent: Vec<(Flow, Vec<u8>)>,
    events: Vec<Event>,
}

fn flow(remote: &str) -> Flow {
    Flow {
        transport: Transport::Udp,
        local: "192.0.2.1:5060".parse().expect("an address"),
        remote: remote.parse().expect("an address"),
        connection: 0,
    }
}

fn config() -> Config {
    Config {
        contact_udp: "192.0.2.1:5060".into(),
        contact_tcp: None,
        contact_tls: None,
        contacts: Vec::new(),
        prack: true,
        realm: REALM.into(),
        agent: "gudok".into(),
        policy: Policy {
            trunks: vec![TrunkSource {
                trunk: "north".into(),
                network: ("10.0.0.0".parse().expect("a network"), 8),
            }],
            lines: Vec::new(),
            unknown: UnknownSource::Drop,
        },
        nonce_life: Duration::from_secs(300),
        expires_secs: (30, 3600),
        sessions_max: 100,
        t1: Duration::from_millis(500),
    }
}

fn names(call_id: &str) -> Names {
    Names {
        call_id: call_id.into(),
        from: call_id.into(),
        to: String::new(),
        cseq: 1,
        branch: format!("{call_id}1"),
    }
}

impl Stage {
    pub(crate) fn new(phase: Phase) -> Self {
        let mut stage = Self {
            phase,
            sip: Endpoint::new(config(), [42; 32]),
            now: Duration::ZERO,
            beside: (Session(0), names("beside")),
            ours: None,
            names: names("ours"),
            asked: Vec::new(),
            challenge: None,
            rseq: String::new(),
            sessions: Vec::new(),
        };
        stage.say(Command::Credentials(vec![Credential {
            user: "op7".into(),
            ha1_md5: None,
            ha1_sha256: Some(ha1(Algorithm::Sha256, "op7", REALM, PASSWORD)),
        }]));
        let (session, names) = stage.called("beside", false);
        stage.acknowledge(names.clone());
        stage.beside = (session, names);
        stage.sessions.clear();
        stage.prepare(phase);
        stage
    }

    fn prepare(&mut self, phase: Phase) {
        match phase {
            Phase::Quiet | Phase::Stranger => self.be_challenged(),
            Phase::Rung | Phase::Answered | Phase::Talking | Phase::Left => {
                let (session, names) = self.called("ours", phase == Phase::Rung);
                (self.ours, self.names) = (Some(session), names.clone());
                if matches!(phase, Phase::Talking | Phase::Left) {
                    self.acknowledge(names);
                }
                if phase == Phase::Left {
                    self.end(session);
                }
            }
            Phase::Dialled | Phase::Cancelled | Phase::Offered => self.dial(phase),
        }
    }

    /// An incoming call: rung, or answered.
    fn called(&mut self, call_id: &str, rung: bool) -> (Session, Names) {
        let extra = match rung {
            true => "Supported: 100rel\r\n",
            false => "",
        };
        let mut names = names(call_id);
        let heard = self.hear(&plain(&request("INVITE", &names, extra, &sdp("sendrecv"))));
        let session = heard.incoming().expect("a call");
        let word = match rung {
            true => Command::Progress {
                session,
                status: 183,
                sdp: Some(SDP.into()),
            },
            false => Command::Accept {
                session,
                sdp: SDP.into(),
            },
        };
        let heard = self.say(word);
        let answer = heard.sent.last().map(|(_, bytes)| parse(bytes));
        let Some(Ok(Message::Response(answer))) = answer else {
            panic!("it answers");
        };
        self.rseq = answer.headers.get("RSeq").unwrap_or("").to_owned();
        names.to = answer.headers.to_tag().expect("with a tag").into();
        (session, names)
    }

    fn acknowledge(&mut self, names: Names) {
        let branch = format!("{}ack", names.call_id);
        let names = Names { branch, ..names };
        self.hear(&plain(&request("ACK", &names, "", "")));
    }

    fn dial(&mut self, phase: Phase) {
        let session = self.sip.allocate();
        self.ours = Some(session);
        self.sessions.push(session);
        self.say(Command::Invite(Box::new(Invite {
            session,
            target: Target::Address {
                uri: "sip:+79990000002@10.0.0.9".into(),
                flow: flow(TRUNK),
            },
            from_uri: "sip:+79990000001@gudok.example".into(),
            from_display: None,
            headers: Vec::new(),
            sdp: SDP.into(),
            credential: Some(Login::new("north", None, "secret")),
            patience: None,
            session_id: None,
            session_expires: None,
            phone: None,
        })));
        match phase {
            Phase::Cancelled => {
                self.hear(&plain(&self.answer("INVITE", 180, "", "")));
                self.end(session);
            }
            Phase::Offered => {
                self.hear(&plain(&self.answer("INVITE", 200, "", &sdp("sendrecv"))));
                let sdp = SDP.replace("7 1", "7 2");
                self.say(Command::Reoffer { session, sdp });
            }
            _ => {}
        }
    }

    fn be_challenged(&mut self) {
        let names = names("challenge");
        let text = request("REGISTER", &names, "", "").replace("«to.user|88000000000»", "op7");
        let heard = self.hear(&plain(&text));
        let answer = heard.sent.last().map(|(_, bytes)| parse(bytes));
        let Some(Ok(Message::Response(refusal))) = answer else {
            panic!("it challenges");
        };
        let challenge = refusal
            .headers
            .get("WWW-Authenticate")
            .expect("a challenge");
        self.challenge = Some(challenge.to_owned());
    }

    /// What proves that this REGISTER is of op7.
    pub(crate) fn proof(&self) -> String {
        let challenge = self.challenge.as_deref().expect("it was challenged");
        let challenge = Challenge::parse(challenge).expect("ours");
        let ha1 = ha1(Algorithm::Sha256, "op7", REALM, PASSWORD);
        challenge.answer("op7", &ha1, &Method::Register, "sip:gudok.example", "cn", 1)
    }

    /// A request in the dialog.
    pub(crate) fn inside(&self, method: &str, extra: &str, body: &str) -> String {
        let names = Names {
            cseq: 2,
            branch: "inside".into(),
            ..self.names.clone()
        };
        request(method, &names, extra, body)
    }

    /// The PRACK that is waited for.
    pub(crate) fn prack(&self) -> String {
        let rack = crate::messages::RACK.replace("rseq|1", &format!("rseq|{}", self.rseq));
        self.inside("PRACK", &rack, "")
    }

    pub(crate) fn cancel(&self) -> String {
        let to = String::new();
        let names = Names {
            to,
            ..self.names.clone()
        };
        request("CANCEL", &names, crate::messages::REASON, "")
    }

    pub(crate) fn ack(&self) -> String {
        let names = Names {
            branch: "ack".into(),
            ..self.names.clone()
        };
        request("ACK", &names, "", "")
    }

    /// An answer to the last request of ours with this method.
    pub(crate) fn answer(&self, method: &str, status: u16, extra: &str, body: &str) -> String {
        let mut asked = self.asked.iter().rev();
        let asked = asked.find(|it| it.method.as_str() == method);
        let headers = &asked.expect("it asked").headers;
        let get = |name: &str| headers.get(name).unwrap_or("").to_owned();
        let to = headers.to_tag().unwrap_or("callee").to_owned();
        let names = Names {
            call_id: get("Call-ID"),
            from: get("From"),
            to,
            cseq: headers.cseq().map_or(0, |cseq| cseq.number),
            branch: String::new(),
        };
        response(status, &get("Via"), &names, method, extra, body)
    }

    fn end(&mut self, session: Session) {
        let reason = None;
        self.say(Command::End { session, reason });
    }

    fn say(&mut self, command: Command) -> Heard {
        self.sip.handle_input(self.now, Input::Command(command));
        self.listen()
    }

    fn hear(&mut self, bytes: &[u8]) -> Heard {
        let flow = flow(TRUNK);
        self.sip
            .handle_input(self.now, Input::Received { flow, bytes });
        self.listen()
    }

    fn listen(&mut self) -> Heard {
        let mut heard = Heard::default();
        while let Some(output) = self.sip.poll_output() {
            match output {
                Output::Send { flow, bytes } => {
                    if let Ok(Message::Request(request)) = parse(&bytes) {
                        self.asked.push(request);
                    }
                    heard.sent.push((flow, bytes));
                }
                Output::Event(event) => heard.events.push(event),
            }
        }
        heard
    }

    /// What the sound message brings about: statuses, methods, and names of events.
    pub(crate) fn effect(&self, marked: &str) -> String {
        let heard = self.clone().hear(&plain(marked));
        let sent = heard.sent.iter().map(|(_, bytes)| match parse(bytes) {
            Ok(Message::Response(response)) => response.status.to_string(),
            Ok(Message::Request(request)) => request.method.to_string(),
            Err(error) => error.to_string(),
        });
        let name = |event: &Event| format!("{event:?}").split(' ').next().map(str::to_owned);
        let words: Vec<String> = sent.chain(heard.events.iter().filter_map(name)).collect();
        words.join(" ")
    }

    /// Hears the case, and must come through it.
    pub(crate) fn survives(mut self, case: &str, bytes: &[u8]) {
        let stranger = self.phase == Phase::Stranger;
        let flow = flow(if stranger { STRANGER } else { TRUNK });
        self.sip
            .handle_input(self.now, Input::Received { flow, bytes });
        let heard = self.listen();
        let garbage = parse(bytes).is_err();
        self.is_measured(case, bytes, &heard, garbage);
        self.react(case, heard.events);
        self.is_alive(case);
        self.wait(case, 5);
        for session in self.sessions.clone().into_iter().chain(self.ours) {
            self.end(session);
        }
        self.wait(case, 400);
        let left = (self.sip.sessions(), self.sip.transactions());
        assert_eq!(
            left,
            (1, 0),
            "{case}: only the talk beside is left: {:?}",
            self.sip
        );
        self.beside_ends(case);
    }

    /// Whatever is said can be read, unless it repeats garbage, and is no more than what it answers allows.
    fn is_measured(&self, case: &str, bytes: &[u8], heard: &Heard, garbage: bool) {
        for (to, sent) in &heard.sent {
            assert!(
                garbage || parse(sent).is_ok(),
                "{case}: we say {}",
                shown(sent)
            );
            assert!(
                sent.len() <= 2 * bytes.len() + 2_048,
                "{case}: {} bytes",
                sent.len()
            );
            assert!(
                to.remote.ip() != flow("192.0.2.1:1").remote.ip(),
                "{case}: to ourselves"
            );
        }
        assert!(
            heard.sent.len() <= 3,
            "{case}: {} messages",
            heard.sent.len()
        );
        if self.phase == Phase::Stranger {
            let challenge = |sent: &[u8]| sent.starts_with(b"SIP/2.0 401");
            let total: usize = heard.sent.iter().map(|(_, sent)| sent.len()).sum();
            let only = heard.sent.iter().all(|(_, sent)| {
                challenge(sent)
                    || sent.starts_with(b"SIP/2.0 4")
                    || sent.starts_with(b"SIP/2.0 200")
            });
            let register = bytes.starts_with(b"REGISTER");
            assert!(
                register || heard.sent.is_empty(),
                "{case}: a stranger is answered"
            );
            assert!(
                only && total <= 2 * bytes.len(),
                "{case}: {total} bytes to a stranger"
            );
        }
    }

    /// The application does what it does, and reads what it reads.
    fn react(&mut self, case: &str, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Incoming {
                    session, request, ..
                } => {
                    self.sessions.push(session);
                    extract(&request, &Settings::default());
                    describe(&request.body);
                    let (status, sdp) = (183, Some(SDP.into()));
                    self.say(Command::Progress {
                        session,
                        status,
                        sdp,
                    });
                    let sdp = SDP.into();
                    self.say(Command::Accept { session, sdp });
                }
                Event::Reoffered { session, sdp, .. } => {
                    describe(sdp.as_bytes());
                    let sdp = Some(SDP.into());
                    self.say(Command::AnswerReoffer { session, sdp });
                }
                Event::OfferWanted { session } => {
                    let sdp = Some(SDP.into());
                    self.say(Command::AnswerReoffer { session, sdp });
                }
                Event::Accepted { sdp, .. } => describe(sdp.as_bytes()),
                Event::Referred { session, refer } => {
                    let (refer, status) = (refer.number, 202);
                    self.say(Command::AnswerRefer {
                        session,
                        refer,
                        status,
                    });
                }
                Event::Ended { session, .. } if session == self.beside.0 => {
                    panic!("{case}: the talk beside is disturbed")
                }
                _ => {}
            }
        }
    }

    fn wait(&mut self, case: &str, secs: u64) {
        let until = self.now + Duration::from_secs(secs);
        while let Some(due) = self.sip.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.sip.handle_timeout(self.now);
            let heard = self.listen();
            let disturbed = |event: &Event| matches!(event, Event::Ended { session, .. } if *session == self.beside.0);
            assert!(
                !heard.events.iter().any(disturbed),
                "{case}: the talk beside is lost"
            );
        }
        self.now = until;
    }

    /// OPTIONS is answered at once, and so is the talk beside.
    fn is_alive(&mut self, case: &str) {
        let alive = names("alive");
        let heard = self.hear(&plain(&request("OPTIONS", &alive, "", "")));
        assert_eq!(heard.statuses(), [200], "{case}: OPTIONS");
        let info = Names {
            cseq: 2,
            branch: "info".into(),
            ..self.beside.1.clone()
        };
        let heard = self.hear(&plain(&request("INFO", &info, "", "")));
        assert_eq!(heard.statuses(), [200], "{case}: INFO in the talk beside");
    }

    fn beside_ends(&mut self, case: &str) {
        self.asked.clear();
        let session = self.beside.0;
        let reason = None;
        let heard = self.say(Command::End { session, reason });
        let ended = |event: &Event| matches!(event, Event::Ended { .. });
        assert_eq!(
            heard.events.iter().filter(|it| ended(it)).count(),
            1,
            "{case}: one end"
        );
        self.hear(&plain(&self.answer("BYE", 200, "", "")));
        self.wait(case, 40);
        assert!(self.sip.is_idle(), "{case} leaves behind: {:?}", self.sip);
    }
}

impl Heard {
    fn statuses(&self) -> Vec<u16> {
        let messages = self.sent.iter().map(|(_, bytes)| parse(bytes));
        let responses = messages.filter_map(|message| match message {
            Ok(Message::Response(response)) => Some(response.status),
            _ => None,
        });
        responses.collect()
    }

    fn incoming(&self) -> Option<Session> {
        self.events.iter().find_map(|event| match event {
            Event::Incoming { session, .. } => Some(*session),
            _ => None,
        })
    }
}

/// Without the marks.
fn plain(marked: &str) -> Vec<u8> {
    Marked::parse(marked).text.into_bytes()
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(600).collect()
}

/// Reads a description and answers it: that may fail, and what comes of it must be one.
fn describe(body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    let rtp = "192.0.2.1:30000".parse().expect("an address");
    let mut local = Local::new(1, rtp, 30_001, Capabilities::default());
    if let Ok((_, answer)) = local.answer(&text, Direction::SendRecv) {
        Description::parse(&answer).expect("what we write, we read");
    }
}
