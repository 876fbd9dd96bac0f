//! Phones: REGISTER with digest, contacts that live and die, calls from and to them.
use insta::assert_snapshot;
use std::fmt::Write as _;

use crate::bench::{ANSWER, Bench, CONTACT, OFFER, answer, config, tcp, udp};
use gudok_sip::digest::{Algorithm, Challenge, ha1};
use gudok_sip::endpoint::{Command, Credential, Event, Flow, Session, Target};
use gudok_sip::{Message, Method, Response};

const PASSWORD: &str = "correct horse";

fn credential(user: &str, md5: bool) -> Credential {
    let realm = "gudok.example";
    Credential {
        user: user.into(),
        ha1_md5: md5.then(|| ha1(Algorithm::Md5, user, realm, PASSWORD)),
        ha1_sha256: Some(ha1(Algorithm::Sha256, user, realm, PASSWORD)),
    }
}

pub(crate) fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.say(Command::Credentials(vec![
        credential("op7", false),
        credential("op8", true),
    ]));
    bench
}

/// A phone of operator 7.
#[derive(Clone)]
pub(crate) struct Phone {
    user: &'static str,
    pub(crate) flow: Flow,
    contact: String,
    algorithm: Algorithm,
    password: &'static str,
    pub(crate) cseq: u32,
    count: u32,
    pub(crate) proof: String,
    pub(crate) call: &'static str,
}

impl Phone {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            user: "op7",
            flow: udp(address),
            contact: format!("<sip:op7@{address}>"),
            algorithm: Algorithm::Sha256,
            password: PASSWORD,
            cseq: 0,
            count: 0,
            proof: String::new(),
            call: "reg",
        }
    }

    pub(crate) fn request(&mut self, method: &str, uri: &str, extra: &str, body: &str) -> String {
        self.cseq += 1;
        let (cseq, remote, user) = (self.cseq, self.flow.remote, self.user);
        let transport = if self.flow.connection == 0 {
            "UDP"
        } else {
            "TCP"
        };
        let call = format!("{}-{remote}", self.call);
        let mut text = format!(
            "{method} {uri} SIP/2.0\r\n\
             Via: SIP/2.0/{transport} {remote};rport;branch=z9hG4bK{call}{method}{cseq}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{user}@gudok.example>;tag=f\r\n\
             To: <sip:{user}@gudok.example>\r\nCall-ID: {call}\r\nCSeq: {cseq} {method}\r\n\
             User-Agent: Desk 1.0\r\n{extra}{}",
            self.proof,
        );
        write!(text, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        text
    }

    fn register(&mut self, expires: &str) -> String {
        let extra = format!("Contact: {}\r\nExpires: {expires}\r\n", self.contact);
        self.request("REGISTER", "sip:gudok.example", &extra, "")
    }

    /// Answers the challenge of a 401.
    pub(crate) fn prove(&mut self, refusal: &Response, method: &Method, uri: &str) {
        let challenges = refusal.headers.all("WWW-Authenticate");
        let challenge = challenges
            .map(|value| Challenge::parse(value).unwrap())
            .find(|challenge| challenge.algorithm == self.algorithm)
            .expect("the algorithm is offered");
        let ha1 = ha1(self.algorithm, self.user, "gudok.example", self.password);
        self.count = 1;
        let value = challenge.answer(self.user, &ha1, method, uri, "cn", self.count);
        self.proof = format!("Authorization: {value}\r\n");
    }

    /// REGISTER, 401, REGISTER with the proof.
    pub(crate) fn sign_in(&mut self, bench: &mut Bench, expires: &str) {
        self.proof.clear();
        let first = self.register(expires);
        bench.hear_on(self.flow, first);
        let refusal = bench.last_response().clone();
        self.prove(&refusal, &Method::Register, "sip:gudok.example");
        let second = self.register(expires);
        bench.hear_on(self.flow, second);
    }

    /// INVITE, 401, INVITE with the proof.
    fn calls(&mut self, bench: &mut Bench) -> Session {
        let uri = "sip:+79990000102@gudok.example";
        let (contact, kind) = (&self.contact, "Content-Type: application/sdp");
        let extra = format!("Contact: {contact}\r\n{kind}\r\n");
        self.proof.clear();
        let first = self.request("INVITE", uri, &extra, OFFER);
        bench.hear_on(self.flow, first);
        let refusal = bench.last_response().clone();
        self.prove(&refusal, &Method::Invite, uri);
        let second = self.request("INVITE", uri, &extra, OFFER);
        bench.hear_on(self.flow, second);
        match bench.events.last() {
            Some(Event::Incoming { session, .. }) => *session,
            other => panic!("no call: {other:?}"),
        }
    }
}

fn contacts(bench: &Bench) -> Vec<String> {
    let headers = &bench.last_response().headers;
    headers.all("Contact").map(str::to_owned).collect()
}

/// The phone answers OPTIONS until the time has come.
fn alive_until(bench: &mut Bench, flow: Flow, until: u64) {
    let mut seen = bench.sent.len();
    while let Some(due) = bench
        .sip
        .poll_timeout()
        .filter(|due| due.as_millis() < until.into())
    {
        bench.at(due.as_millis().try_into().unwrap());
        for (to, message) in bench.sent.split_off(seen) {
            bench.sent.push((to, message.clone()));
            if let Message::Request(request) = message
                && request.method == Method::Options
                && to == flow
            {
                bench.hear_on(flow, answer(&request, 200, "o", "", ""));
            }
        }
        seen = bench.sent.len();
    }
    bench.at(until);
}

#[test]
fn a_phone_signs_in_and_out() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    assert_eq!(
        contacts(&bench),
        ["<sip:op7@198.51.100.7:5060>;expires=600"]
    );
    bench.at(10_000);
    phone.sign_in(&mut bench, "600");
    bench.at(20_000);
    phone.sign_in(&mut bench, "0");
    assert!(contacts(&bench).is_empty());
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
            0 < REGISTER 1
            0 > 401 REGISTER 1
            0 < REGISTER 2
            0 ! Registered op7 true
            0 > 200 REGISTER 2
        10000 < REGISTER 3
        10000 > 401 REGISTER 3
        10000 < REGISTER 4
        10000 > 200 REGISTER 4
        20000 < REGISTER 5
        20000 > 401 REGISTER 5
        20000 < REGISTER 6
        20000 ! Registered op7 false
        20000 > 200 REGISTER 6
        ");
}

#[test]
fn a_stranger_and_an_operator_get_the_same_answer() {
    let mut bench = bench();
    let mut answers = Vec::new();
    for user in ["op7", "op8", "nobody"] {
        let mut phone = Phone {
            user,
            ..Phone::new("198.51.100.7:5060")
        };
        phone.password = "wrong";
        phone.sign_in(&mut bench, "600");
        let response = bench.last_response();
        let names: Vec<String> = response
            .headers
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        answers.push((response.status, names));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_snapshot!(bench.log(), @r"
        0 < REGISTER 1
        0 > 401 REGISTER 1
        0 < REGISTER 2
        0 ! Refusal bad_digest
        0 > 401 REGISTER 2
        0 < REGISTER 1
        0 > 401 REGISTER 1
        0 < REGISTER 2
        0 ! Refusal bad_digest
        0 > 401 REGISTER 2
        0 < REGISTER 1
        0 > 401 REGISTER 1
        0 < REGISTER 2
        0 ! Refusal bad_digest
        0 > 401 REGISTER 2
        ");
}

#[test]
fn md5_is_for_those_who_may() {
    let mut bench = bench();
    let mut phone = Phone::new("198.51.100.7:5060");
    phone.algorithm = Algorithm::Md5;
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 401);
    let mut phone = Phone {
        user: "op8",
        contact: "<sip:op8@198.51.100.7>".into(),
        ..phone
    };
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn where_all_use_md5_nothing_else_is_offered() {
    let mut bench = Bench::new();
    let only_md5 = Credential {
        ha1_sha256: None,
        ..credential("op7", true)
    };
    bench.say(Command::Credentials(vec![only_md5]));
    let mut phone = Phone::new("198.51.100.7:5060");
    let first = phone.register("600");
    bench.hear_on(phone.flow, first);
    let offered: Vec<_> = bench
        .last_response()
        .headers
        .all("WWW-Authenticate")
        .map(|value| Challenge::parse(value).unwrap().algorithm)
        .collect();
    assert_eq!(offered, [Algorithm::Md5]);
    phone.algorithm = Algorithm::Md5;
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn a_proof_is_good_once_and_a_repetition_is_no_replay() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    let repeated = {
        phone.cseq -= 1;
        phone.register("600")
    };
    bench.hear_on(phone.flow, repeated);
    assert_eq!(bench.last_response().status, 200);
    let replayed = phone.register("600");
    bench.hear_on(phone.flow, replayed);
    let refusal = bench.last_response();
    assert_eq!(refusal.status, 401);
    assert!(
        refusal
            .headers
            .get("WWW-Authenticate")
            .unwrap()
            .contains("stale=true")
    );
}

#[test]
fn an_old_nonce_is_stale() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    let first = phone.register("600");
    bench.hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    phone.prove(&refusal, &Method::Register, "sip:gudok.example");
    let late = phone.register("600");
    bench.at(301_000).hear_on(phone.flow, late);
    let refusal = bench.last_response();
    assert!(
        refusal
            .headers
            .get("WWW-Authenticate")
            .unwrap()
            .contains("stale=true")
    );
}

#[test]
fn the_expiry_is_kept_within_limits() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "5");
    assert_eq!(bench.last_response().status, 423);
    assert_eq!(bench.last_response().headers.get("Min-Expires"), Some("30"));
    phone.sign_in(&mut bench, "100000");
    assert_eq!(
        contacts(&bench),
        ["<sip:op7@198.51.100.7:5060>;expires=3600"]
    );
    phone.contact = "<sip:op7@198.51.100.7:5060>;expires=60".into();
    phone.sign_in(&mut bench, "600");
    assert_eq!(contacts(&bench), ["<sip:op7@198.51.100.7:5060>;expires=60"]);
}

#[test]
fn a_user_has_five_contacts_at_most_and_the_star_clears_them() {
    let mut bench = bench();
    let mut phone = Phone::new("198.51.100.7:5060");
    for port in 1..=7 {
        phone.contact = format!("<sip:op7@198.51.100.7:{port}>");
        phone.sign_in(&mut bench, &(600 + port).to_string());
    }
    let bound = contacts(&bench);
    assert_eq!(bound.len(), 5);
    assert!(
        bound
            .iter()
            .all(|contact| !contact.contains(":1>") && !contact.contains(":2>"))
    );
    phone.contact = "*".into();
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 400);
    phone.sign_in(&mut bench, "0");
    assert_eq!(bench.last_response().status, 200);
    assert!(contacts(&bench).is_empty());
}

#[test]
fn nobody_registers_for_somebody_else() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    let first = phone.register("600");
    bench.hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    phone.prove(&refusal, &Method::Register, "sip:gudok.example");
    let foreign = phone
        .register("600")
        .replace("To: <sip:op7@", "To: <sip:op8@");
    bench.hear_on(phone.flow, foreign);
    assert_eq!(bench.last_response().status, 403);
}

#[test]
fn a_vanished_phone_is_noticed_within_35_seconds_and_may_come_back() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    alive_until(&mut bench, phone.flow, 60_100);
    bench.log();
    bench.at(119_900);
    let flow = phone.flow;
    alive_until(&mut bench, flow, 130_000);
    assert_snapshot!(bench.log(), @r"
         90000 > OPTIONS 1
         90500 > OPTIONS 1
         91500 > OPTIONS 1
         93500 > OPTIONS 1
         95000 ! Registered op7 false
        120000 > OPTIONS 1
        120000 < 200 OPTIONS 1
        120000 ! Registered op7 true
        ");
}

#[test]
fn a_contact_expires() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "60");
    bench.log();
    let flow = phone.flow;
    alive_until(&mut bench, flow, 70_000);
    bench.dial(Target::User("op7".into()), None);
    assert_snapshot!(bench.log(), @r"
        30000 > OPTIONS 1
        30000 < 200 OPTIONS 1
        60000 ! Registered op7 false
        70000 ! Refused 1 480 Unregistered
        ");
}

#[test]
fn a_contact_of_a_connection_dies_with_it() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:40000"));
    phone.flow = tcp("198.51.100.7:40000", 3);
    phone.contact = "<sip:op7@192.168.1.5:5060;transport=tcp>".into();
    phone.sign_in(&mut bench, "600");
    bench.dial(Target::User("op7".into()), None);
    assert_eq!(bench.last_flow(), phone.flow);
    let invite = bench.last_request("INVITE");
    assert!(
        invite
            .headers
            .get("Via")
            .unwrap()
            .starts_with("SIP/2.0/TCP ")
    );
    assert_eq!(invite.uri, "sip:op7@192.168.1.5:5060;transport=tcp");
    bench.at(100).closed(phone.flow);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 < REGISTER 1
          0 > 401 REGISTER 1
          0 < REGISTER 2
          0 ! Registered op7 true
          0 > 200 REGISTER 2
          0 > INVITE 1
        100 < closed
        100 ! Refused 1 503 Service Unavailable
        100 ! Registered op7 false
        ");
}

#[test]
fn behind_a_nat_packets_go_back_to_where_they_came_from() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:40000"));
    phone.contact = "<sip:op7@192.168.1.5:5060>".into();
    phone.sign_in(&mut bench, "600");
    bench.dial(Target::User("op7".into()), None);
    assert_eq!(bench.last_flow(), phone.flow);
    phone.contact = "<sip:op7@198.51.100.7:5070>".into();
    phone.sign_in(&mut bench, "600");
    bench.dial(Target::User("op7".into()), None);
    assert_eq!(bench.last_flow(), udp("198.51.100.7:5070"));
}

/// Two phones of operator 7.
fn two_phones(bench: &mut Bench) -> [Flow; 2] {
    ["198.51.100.7:5060", "198.51.100.8:5060"].map(|address| {
        let mut phone = Phone::new(address);
        phone.sign_in(bench, "600");
        phone.flow
    })
}

fn invites(bench: &Bench) -> Vec<(Flow, gudok_sip::Request)> {
    let requests = bench
        .sent
        .iter()
        .filter_map(|(flow, message)| match message {
            Message::Request(request) if request.method == Method::Invite => {
                Some((*flow, request.clone()))
            }
            _ => None,
        });
    requests.collect()
}

#[test]
fn all_phones_ring_and_the_first_answer_wins() {
    let mut bench = bench();
    two_phones(&mut bench);
    bench.log();
    let session = bench.dial(Target::User("op7".into()), None);
    let [(one, first), (two, second)] = invites(&bench).try_into().unwrap();
    bench.at(100).hear_on(one, answer(&first, 180, "a", "", ""));
    bench.hear_on(two, answer(&second, 180, "b", "", ""));
    let contact = "Contact: <sip:op7@198.51.100.8:5060>\r\n";
    bench
        .at(2000)
        .hear_on(two, answer(&second, 200, "b", contact, ANSWER));
    let cancel = bench.last_request("CANCEL").clone();
    assert!(cancel.headers.get("Reason").unwrap().contains("elsewhere"));
    bench.hear_on(one, answer(&cancel, 200, "a", "", ""));
    bench.hear_on(one, answer(&first, 487, "a", "", ""));
    bench.at(5000).end(session);
    let bye = bench.last_request("BYE").clone();
    bench.hear_on(two, answer(&bye, 200, "b", "", ""));
    assert_snapshot!(bench.log(), @r"
           0 > INVITE 1
           0 > INVITE 1
         100 < 180 INVITE 1
         100 ! Progress 1 180
         100 < 180 INVITE 1
        2000 < 200 INVITE 1
        2000 > ACK 1
        2000 > CANCEL 1
        2000 ! Accepted 1
        2000 < 200 CANCEL 1
        2000 < 487 INVITE 1
        2000 > ACK 1
        5000 ! Ended 1 Us
        5000 > BYE 2
        5000 < 200 BYE 2
        ");
}

#[test]
fn both_phones_answer_at_once() {
    let mut bench = bench();
    two_phones(&mut bench);
    bench.log();
    bench.dial(Target::User("op7".into()), None);
    let [(one, first), (two, second)] = invites(&bench).try_into().unwrap();
    let contact = |host: &str| format!("Contact: <sip:op7@{host}:5060>\r\n");
    bench.hear_on(one, answer(&first, 180, "a", "", ""));
    bench.hear_on(
        two,
        answer(&second, 200, "b", &contact("198.51.100.8"), ANSWER),
    );
    bench.hear_on(
        one,
        answer(&first, 200, "a", &contact("198.51.100.7"), ANSWER),
    );
    let bye = bench.last_request("BYE").clone();
    assert_eq!((bench.last_flow(), bye.headers.to_tag()), (one, Some("a")));
    bench.hear_on(one, answer(&bye, 200, "a", "", ""));
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 1
        0 > INVITE 1
        0 < 180 INVITE 1
        0 ! Progress 1 180
        0 < 200 INVITE 1
        0 > ACK 1
        0 > CANCEL 1
        0 ! Accepted 1
        0 < 200 INVITE 1
        0 > ACK 1
        0 > BYE 2
        0 < 200 BYE 2
        ");
}

#[test]
fn the_refusal_that_says_most_is_told_when_all_have_refused() {
    let mut bench = bench();
    two_phones(&mut bench);
    bench.log();
    bench.dial(Target::User("op7".into()), None);
    let [(one, first), _] = invites(&bench).try_into().unwrap();
    bench.at(100).hear_on(one, answer(&first, 486, "a", "", ""));
    bench.at(33_000);
    assert!(bench.log().contains("! Refused 1 486 Phrase"));
}

#[test]
fn a_phone_calls_out_with_its_digest() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    bench.log();
    phone.proof.clear();
    phone.call = "out";
    let uri = "sip:89990000003@gudok.example";
    let extra = "Contact: <sip:op7@198.51.100.7:5060>\r\nContent-Type: application/sdp\r\n";
    let first = phone.request("INVITE", uri, extra, OFFER);
    bench.hear_on(phone.flow, &first).hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    phone.prove(&refusal, &Method::Invite, uri);
    let second = phone.request("INVITE", uri, extra, OFFER);
    bench.hear_on(phone.flow, second).accept(Session(1));
    assert_eq!(bench.last_response().status, 200);
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 3
        0 > 401 INVITE 3
        0 < INVITE 3
        0 > 401 INVITE 3
        0 < INVITE 4
        0 > 100 INVITE 4
        0 ! Incoming 1 of user op7
        0 > 200 INVITE 4
        ");
}

#[test]
fn a_stranger_hears_nothing_or_403() {
    let mut phone = Phone::new("203.0.113.66:5060");
    for method in [
        "INVITE", "OPTIONS", "BYE", "CANCEL", "MESSAGE", "NONSENSE", "ACK",
    ] {
        let mut silent = bench();
        let request = phone.request(method, "sip:100@gudok.example", "", "");
        silent.hear_on(phone.flow, &request);
        assert!(silent.sent.is_empty(), "{method}");
        let mut config = config();
        config.policy.unknown = gudok_sip::endpoint::UnknownSource::Forbid;
        let mut polite = Bench::with(config);
        polite.hear_on(phone.flow, request);
        match method {
            "ACK" => assert!(polite.sent.is_empty()),
            _ => assert_eq!(polite.last_response().status, 403, "{method}"),
        }
        assert!(polite.sip.is_idle() && silent.sip.is_idle());
    }
}

#[test]
fn users_that_are_no_more_lose_their_phones() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    bench.log();
    bench.say(Command::Credentials(vec![credential("op8", true)]));
    assert_snapshot!(bench.log(), @"0 ! Registered op7 false");
}

#[test]
fn a_password_cannot_be_guessed() {
    let mut bench = bench();
    let mut thief = Phone::new("203.0.113.66:5060");
    thief.password = "guess";
    for _ in 0..12 {
        thief.sign_in(&mut bench, "600");
    }
    let log = bench.log();
    assert_eq!(log.matches("bad_digest").count(), 10);
    assert!(log.ends_with("! Refusal banned\n"));
    // The operator at home is not touched, and forged failures in its name cannot touch it.
    let mut phone = Phone::new("198.51.100.7:5060");
    for _ in 0..20 {
        thief.flow = phone.flow;
        let mut forged = thief.clone();
        forged.proof = forged.proof.replace("nonce=\"", "nonce=\"0");
        let forged = forged.register("600");
        bench.hear_on(phone.flow, forged);
    }
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn a_challenge_received_elsewhere_locks_no_phone_out() {
    let mut bench = bench();
    let mut phone = Phone::new("198.51.100.7:5060");
    // The thief has a nonce of ours, and writes the phone's address into its datagrams.
    let mut thief = Phone::new("203.0.113.66:5060");
    thief.password = "guess";
    let first = thief.register("600");
    bench.hear_on(thief.flow, first);
    let refusal = bench.last_response().clone();
    thief.prove(&refusal, &Method::Register, "sip:gudok.example");
    for _ in 0..20 {
        let forged = thief.register("600");
        bench.hear_on(phone.flow, forged);
    }
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

/// A phone in a talk whose connection broke, or that has opened another one: its registration tells where it is.
#[test]
fn a_phone_that_registers_over_a_new_connection_gets_its_goodbye_there() {
    for broken in [true, false] {
        let (mut bench, mut phone) = (bench(), Phone::new("203.0.113.5:40000"));
        phone.flow = tcp("203.0.113.5:40000", 7);
        phone.contact = "<sip:op7@x7.invalid;transport=tcp>".into();
        phone.sign_in(&mut bench, "60");
        let session = bench.dial(Target::User("op7".into()), None);
        let invite = bench.last_request("INVITE").clone();
        let contact = format!("Contact: {}\r\n", phone.contact);
        bench.hear_on(phone.flow, answer(&invite, 200, "p", &contact, ANSWER));
        if broken {
            bench.closed(phone.flow);
        }
        phone.flow = tcp("203.0.113.5:40001", 8);
        phone.sign_in(&mut bench, "60");
        bench.end(session);
        let (flow, last) = bench.sent.last().expect("a goodbye");
        assert!(
            matches!(last, Message::Request(request) if request.method == Method::Bye),
            "{last:?}"
        );
        assert_eq!(*flow, phone.flow, "broken: {broken}");
    }
}

/// A contact that names another's phone moves nobody's talk.
#[test]
fn only_the_phone_of_the_talk_is_followed() {
    let (mut bench, mut phone) = (bench(), Phone::new("203.0.113.5:40000"));
    phone.flow = tcp("203.0.113.5:40000", 7);
    phone.contact = "<sip:op7@x7.invalid;transport=tcp>".into();
    phone.sign_in(&mut bench, "60");
    let session = bench.dial(Target::User("op7".into()), None);
    let invite = bench.last_request("INVITE").clone();
    let contact = format!("Contact: {}\r\n", phone.contact);
    bench.hear_on(phone.flow, answer(&invite, 200, "p", &contact, ANSWER));
    bench.closed(phone.flow);
    let mut other = Phone {
        user: "op8",
        call: "other",
        ..phone.clone()
    };
    other.flow = tcp("203.0.113.6:40001", 8);
    other.sign_in(&mut bench, "60");
    bench.end(session);
    let (flow, _) = bench.sent.last().expect("a goodbye");
    assert_ne!(flow.connection, 8);
}

/// What a phone says that keeps flows (RFC 5626).
fn outbound(phone: &mut Phone, bench: &mut Bench, reg_id: u32, extra: &str) {
    let proof = std::mem::take(&mut phone.proof);
    let contact = &phone.contact;
    let lines = format!(
        "Contact: {contact};+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\";reg-id={reg_id}\r\n\
         Supported: path, outbound\r\nExpires: 600\r\n{extra}"
    );
    phone.proof = proof;
    let first = phone.request("REGISTER", "sip:gudok.example", &lines, "");
    bench.hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    if refusal.status != 401 {
        return;
    }
    phone.prove(&refusal, &Method::Register, "sip:gudok.example");
    let second = phone.request("REGISTER", "sip:gudok.example", &lines, "");
    bench.hear_on(phone.flow, second);
}

/// After a restart a phone says another Contact, over another connection and under another Call-ID; the old one would ring
/// in vain until it is found dead.
#[test]
fn the_newest_flow_of_a_device_takes_the_place_of_the_one_before() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:40000"));
    phone.flow = tcp("198.51.100.7:40000", 3);
    phone.contact = "<sip:op7@192.168.1.5:5060;transport=tcp;ob>".into();
    outbound(&mut phone, &mut bench, 1, "");
    let said = |bench: &Bench, name| bench.last_response().headers.get(name).map(str::to_owned);
    assert_eq!(said(&bench, "Require").as_deref(), Some("outbound"));
    assert_eq!(said(&bench, "Flow-Timer").as_deref(), Some("120"));
    assert_eq!(said(&bench, "Supported").as_deref(), Some("path, outbound"));
    let mut again = phone.clone();
    again.flow = tcp("198.51.100.7:40001", 4);
    again.contact = "<sip:op7@192.168.1.5:5099;transport=tcp;ob>".into();
    (again.call, again.proof) = ("boot2", String::new());
    outbound(&mut again, &mut bench, 1, "");
    assert_eq!(
        contacts(&bench),
        ["<sip:op7@192.168.1.5:5099;transport=tcp;ob>;expires=600"]
    );
    // The end of the old connection takes nothing away.
    bench.closed(phone.flow);
    bench.dial(Target::User("op7".into()), None);
    assert_eq!(bench.last_flow(), again.flow);
    // A second flow of the same device stands beside it.
    again.flow = tcp("198.51.100.7:40002", 5);
    (again.call, again.proof) = ("flow2", String::new());
    outbound(&mut again, &mut bench, 2, "");
    assert_eq!(contacts(&bench).len(), 2);
}

#[test]
fn over_udp_no_flow_timer_is_told_and_without_outbound_the_uri_counts() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    outbound(&mut phone, &mut bench, 1, "");
    let headers = &bench.last_response().headers;
    assert_eq!(headers.get("Require"), Some("outbound"));
    assert_eq!(headers.get("Flow-Timer"), None);
    let mut plain = Phone::new("198.51.100.8:5060");
    plain.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().headers.get("Require"), None);
    assert_eq!(contacts(&bench).len(), 2);
}

/// A proxy before the phone (RFC 3327): requests to the phone pass it again. Where the packets go is not the Path's to say.
#[test]
fn a_path_is_kept_and_used_as_route_over_the_flow_it_came_by() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    let path = "Path: <sip:edge@203.0.113.9;lr;ob>\r\nRequire: path\r\n";
    outbound(&mut phone, &mut bench, 1, path);
    let answered = bench.last_response();
    assert_eq!(answered.status, 200);
    assert_eq!(
        answered.headers.get("Path"),
        Some("<sip:edge@203.0.113.9;lr;ob>")
    );
    let session = bench.dial(Target::User("op7".into()), None);
    let invite = bench.last_request("INVITE").clone();
    assert_eq!(
        invite.headers.get("Route"),
        Some("<sip:edge@203.0.113.9;lr;ob>")
    );
    assert_eq!(
        (invite.uri.as_str(), bench.last_flow()),
        ("sip:op7@198.51.100.7:5060", phone.flow)
    );
    bench.hear_on(phone.flow, answer(&invite, 180, "p", CONTACT, ""));
    bench.end(session);
    let cancel = bench.last_request("CANCEL");
    assert_eq!(
        cancel.headers.get("Route"),
        Some("<sip:edge@203.0.113.9;lr;ob>")
    );
    bench.after(30_000);
    let options = bench.last_request("OPTIONS");
    assert_eq!(
        options.headers.get("Route"),
        Some("<sip:edge@203.0.113.9;lr;ob>")
    );
}

#[test]
fn a_path_that_cannot_be_a_route_is_refused() {
    let many = "Path: <sip:a;lr>, <sip:b;lr>, <sip:c;lr>, <sip:d;lr>, <sip:e;lr>\r\n";
    let long = format!("Path: <sip:{}@a;lr>\r\n", "x".repeat(300));
    for path in [
        "Path: <sip:strict@203.0.113.9>\r\n",
        "Path: nonsense\r\n",
        many,
        &long,
    ] {
        let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
        outbound(&mut phone, &mut bench, 1, path);
        assert_eq!(bench.last_response().status, 400, "{path}");
    }
}

/// A phone that has called, and whose connection breaks while it waits: it is answered where it registers next.
#[test]
fn a_phone_that_registers_anew_while_it_waits_is_answered_there() {
    for (broken, answered) in [(true, false), (false, false), (true, true)] {
        let (mut bench, mut phone) = (bench(), Phone::new("203.0.113.5:40000"));
        phone.flow = tcp("203.0.113.5:40000", 7);
        phone.contact = "<sip:op7@x7.invalid;transport=tcp>".into();
        phone.sign_in(&mut bench, "60");
        let session = phone.calls(&mut bench);
        if answered {
            bench.accept(session);
        }
        if broken {
            bench.closed(phone.flow);
        }
        phone.flow = tcp("203.0.113.5:40001", 8);
        phone.sign_in(&mut bench, "60");
        if answered {
            // The 200 that went to the dead connection is repeated.
            bench.after(600);
        } else {
            bench.accept(session);
        }
        assert_eq!(bench.last_response().status, 200);
        assert_eq!(bench.last_flow(), phone.flow, "{broken} {answered}");
    }
}
