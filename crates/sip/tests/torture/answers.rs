//! Every message of RFC 4475 and RFC 5118 to an endpoint, as if its trunk had sent it: expected and got, side by side.
use std::fmt::Write as _;
use std::time::Duration;

use gudok_sip::digest::{Algorithm, Challenge, ha1};
use gudok_sip::endpoint::{
    Command, Config, Credential, Endpoint, Event, Flow, Input, Invite, Output, Policy, Target,
    Transport, TrunkSource, UnknownSource,
};
use gudok_sip::parse::parse;
use gudok_sip::{Message, Request, Response};

use crate::{rfc4475, rfc5118, wire};

/// One message of an RFC.
pub(crate) struct Row {
    pub(crate) section: &'static str,
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) expected: Expected,
    pub(crate) text: String,
}

/// What the endpoint is to make of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expected {
    /// 100, and the application hears of a call.
    Call,
    /// This final answer.
    Answered(u16),
    /// This final answer with this header.
    Refused(u16, &'static str),
    /// Challenged; with the right password this answer.
    Proved(u16),
    /// Challenged; with the right password these are bound.
    Bound(&'static [&'static str]),
    /// A response: nothing, where it answers nothing of ours; and put in our own call's terms it is heard.
    OurCall(u16),
    /// Nothing is sent, nothing happens.
    Silence,
}

const REALM: &str = "example.com";
const PASSWORD: &str = "correct horse";
/// Whoever registers in these messages, by the address-of-record.
const USERS: [&str; 5] = ["user", "watson", "j.user", "null-\0-null", "nobody"];

struct Stage {
    sip: Endpoint,
    flow: Flow,
    now: Duration,
}

/// What came of an input.
#[derive(Default)]
struct Heard {
    responses: Vec<Response>,
    requests: Vec<Request>,
    /// Answers that repeat a faulty header of the request, and are no better: the status.
    repeated: Vec<u16>,
    events: Vec<Event>,
}

impl Stage {
    fn new(peer: &str) -> Self {
        let networks = [("10.0.0.0", 8), ("2001:db8::", 32)];
        let trunks = networks.map(|(address, bits)| TrunkSource {
            trunk: "north".into(),
            network: (address.parse().unwrap(), bits),
        });
        let config = Config {
            contact_udp: "192.0.2.9:5060".into(),
            contact_tcp: None,
            contact_tls: None,
            contacts: Vec::new(),
            prack: true,
            realm: REALM.into(),
            agent: "gudok".into(),
            policy: Policy {
                trunks: trunks.into(),
                lines: Vec::new(),
                unknown: UnknownSource::Drop,
            },
            nonce_life: Duration::from_secs(300),
            expires_secs: (30, 3600),
            sessions_max: 100,
            t1: Duration::from_millis(500),
        };
        let mut stage = Self {
            sip: Endpoint::new(config, [42; 32]),
            flow: Flow {
                transport: Transport::Udp,
                local: "192.0.2.9:5060".parse().unwrap(),
                remote: peer.parse().unwrap(),
                connection: 0,
            },
            now: Duration::ZERO,
        };
        let users = USERS.map(|user| Credential {
            user: user.into(),
            ha1_md5: None,
            ha1_sha256: Some(ha1(Algorithm::Sha256, user, REALM, PASSWORD)),
        });
        stage.put(Input::Command(Command::Credentials(users.into())));
        stage
    }

    fn put(&mut self, input: Input<'_>) -> Heard {
        self.sip.handle_input(self.now, input);
        self.listen()
    }

    fn listen(&mut self) -> Heard {
        let mut heard = Heard::default();
        while let Some(output) = self.sip.poll_output() {
            match output {
                Output::Send { bytes, .. } => match parse(&bytes) {
                    Ok(Message::Response(response)) => heard.responses.push(response),
                    Ok(Message::Request(request)) => heard.requests.push(request),
                    // It repeats a faulty header of the request.
                    Err(_) => heard.repeated.push(status_of(&bytes)),
                },
                Output::Event(event) => heard.events.push(event),
            }
        }
        heard
    }

    fn hear(&mut self, bytes: &[u8]) -> Heard {
        let flow = self.flow;
        self.put(Input::Received { flow, bytes })
    }

    /// The same REGISTER with the proof that its challenge asks for.
    fn prove(&mut self, text: &str, refusal: &Response) -> Heard {
        let Ok(Message::Request(request)) = parse(&wire(text)) else {
            panic!("a challenged request is one");
        };
        let to = request.headers.to().expect("To");
        let user = to.uri.user_text();
        let user = user.as_deref().unwrap_or("nobody");
        let value = refusal
            .headers
            .get("WWW-Authenticate")
            .expect("a challenge");
        let challenge = Challenge::parse(value).expect("ours");
        let ha1 = ha1(Algorithm::Sha256, user, REALM, PASSWORD);
        let answer = challenge.answer(user, &ha1, &request.method, &request.uri, "cn", 1);
        // We write no nulls. They read one, behind a backslash.
        let answer = answer.replace("null--null", "null-\\\\x00-null");
        self.hear(&wire(&text.replacen(
            "\n\n",
            &format!("\nAuthorization: {answer}\n\n"),
            1,
        )))
    }

    /// The message in the place of an answer to an INVITE of ours.
    fn graft(&mut self, text: &str) -> Heard {
        let session = self.sip.allocate();
        let target = Target::Address {
            uri: "sip:user@example.edu".into(),
            flow: self.flow,
        };
        let heard = self.put(Input::Command(Command::Invite(Box::new(Invite {
            session,
            target,
            from_uri: "sip:user@example.com".into(),
            from_display: None,
            headers: Vec::new(),
            sdp: "v=0".into(),
            credential: None,
            patience: None,
            session_id: None,
            session_expires: None,
            phone: None,
        }))));
        let [invite] = heard.requests.as_slice() else {
            panic!("one INVITE");
        };
        let Ok(Message::Response(mut response)) = parse(&wire(text)) else {
            panic!("a valid response");
        };
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            response
                .headers
                .set(name, invite.headers.get(name).unwrap_or(""));
        }
        let heard = self.hear(&response.to_bytes());
        let reason = None;
        self.put(Input::Command(Command::End { session, reason }));
        heard
    }

    /// Everything calls leave behind goes with time, and OPTIONS is answered all the while.
    fn leaves_nothing(&mut self, name: &str) {
        let options = wire(
            "\nOPTIONS sip:a@192.0.2.9 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKalive\nFrom: <sip:b@c>;tag=1\n\
             To: <sip:a@b>\nCall-ID: alive\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n",
        );
        let alive = self.hear(&options);
        assert_eq!(statuses(&alive), [200], "{name}: OPTIONS");
        let end = Duration::from_secs(400);
        while let Some(due) = self.sip.poll_timeout().filter(|due| *due < end) {
            self.now = due;
            self.sip.handle_timeout(due);
            self.listen();
        }
        assert!(self.sip.is_idle(), "{name} leaves behind: {:?}", self.sip);
    }
}

/// `SIP/2.0 400 …`
fn status_of(bytes: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(bytes);
    let code = text.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.expect("a status line")
}

fn statuses(heard: &Heard) -> Vec<u16> {
    heard.responses.iter().map(|it| it.status).collect()
}

impl Heard {
    /// In words that the expectation can be compared with.
    fn told(&self) -> String {
        let calls = |event: &&Event| matches!(event, Event::Incoming { .. });
        let repeated = self.repeated.iter().copied();
        let all = statuses(self).into_iter().chain(repeated);
        let mut words: Vec<String> = all.map(|it| it.to_string()).collect();
        words.extend(self.events.iter().filter(calls).map(|_| "call".to_owned()));
        match words.is_empty() {
            true => "silence".into(),
            false => words.join(" "),
        }
    }
}

/// What was wanted and what came, in the same words.
fn play(row: &Row, peer: &str) -> (String, String) {
    let mut stage = Stage::new(peer);
    let first = stage.hear(&wire(&row.text));
    let challenged = || statuses(&first) == [401];
    let pair = match row.expected {
        Expected::Silence => ("silence".into(), first.told()),
        Expected::Call => ("100 call".into(), first.told()),
        Expected::Answered(status) => (status.to_string(), first.told()),
        Expected::Refused(status, header) => {
            let (name, _) = header.split_once(": ").expect("a header");
            let value = first.responses.last().and_then(|it| it.headers.get(name));
            let got = format!("{} {name}: {}", first.told(), value.unwrap_or(""));
            (format!("{status} {header}"), got)
        }
        Expected::Proved(status) if challenged() => {
            let second = stage.prove(&row.text, &first.responses[0]);
            (
                format!("401, proved {status}"),
                format!("401, proved {}", second.told()),
            )
        }
        Expected::Bound(contacts) if challenged() => {
            let second = stage.prove(&row.text, &first.responses[0]);
            let bound = second
                .responses
                .iter()
                .flat_map(|it| it.headers.all("Contact"));
            let bound: Vec<&str> = bound
                .filter_map(|it| it.split(";expires=").next())
                .collect();
            let got = format!("401, proved {}, bound {bound:?}", second.told());
            (format!("401, proved 200, bound {contacts:?}"), got)
        }
        Expected::Proved(_) | Expected::Bound(_) => ("401".into(), first.told()),
        Expected::OurCall(status) => {
            let stray = stage.sip.counters().stray;
            let ours = stage.graft(&row.text);
            let accepted = ours
                .events
                .iter()
                .any(|it| matches!(it, Event::Accepted { .. }));
            let got = match (accepted, stray) {
                (true, 1) => "accepted",
                (false, 1) => "nothing more",
                _ => "not stray",
            };
            let wanted = if status == 200 {
                "accepted"
            } else {
                "nothing more"
            };
            let as_ours = |what: &str| format!("silence, as ours {what}");
            (as_ours(wanted), format!("{}, as ours {got}", first.told()))
        }
    };
    stage.leaves_nothing(row.name);
    pair
}

/// All rows; fails if one differs, and prints the table in any case.
fn table(rows: &[Row], peer: &str) {
    let mut table = String::new();
    let mut wrong = Vec::new();
    for row in rows {
        let (wanted, got) = play(row, peer);
        let (section, name, about) = (row.section, row.name, row.about);
        let mark = if wanted == got { "ok   " } else { "WRONG" };
        writeln!(table, "{mark} {section:<9} {name:<30} → {wanted} → {got}").unwrap();
        if wanted != got {
            wrong.push(format!("{name}: {about}"));
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{table}{wrong:#?}");
}

#[test]
fn rfc_4475_is_answered_as_it_says() {
    let rows = rfc4475::messages();
    assert_eq!(rows.len(), 49);
    table(&rows, "10.0.0.9:5060");
}

#[test]
fn rfc_5118_is_answered_as_it_says() {
    let rows = rfc5118::messages();
    assert_eq!(rows.len(), 12);
    table(&rows, "[2001:db8::9:1]:5060");
}
