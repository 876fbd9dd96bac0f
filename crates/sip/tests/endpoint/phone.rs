//! A phone on paper: it registers with digest, answers and calls.
use std::fmt::Write as _;

use crate::bench::{Bench, OFFER, udp};
use gudok_sip::digest::{Algorithm, Challenge, ha1};
use gudok_sip::endpoint::{Command, Credential, Event, Flow, Session};
use gudok_sip::{Method, Response};

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) fn credential(user: &str, md5: bool) -> Credential {
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
    pub(crate) user: &'static str,
    pub(crate) flow: Flow,
    pub(crate) contact: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) password: &'static str,
    pub(crate) cseq: u32,
    pub(crate) count: u32,
    pub(crate) proof: String,
    pub(crate) call: &'static str,
    pub(crate) agent: &'static str,
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
            agent: "Desk 1.0",
        }
    }

    pub(crate) fn request(&mut self, method: &str, uri: &str, extra: &str, body: &str) -> String {
        self.cseq += 1;
        let (cseq, remote, user) = (self.cseq, self.flow.remote, self.user);
        let agent = self.agent;
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
             User-Agent: {agent}\r\n{extra}{}",
            self.proof,
        );
        write!(text, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        text
    }

    pub(crate) fn register(&mut self, expires: &str) -> String {
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
    pub(crate) fn calls(&mut self, bench: &mut Bench) -> Session {
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

pub(crate) fn contacts(bench: &Bench) -> Vec<String> {
    let headers = &bench.last_response().headers;
    headers.all("Contact").map(str::to_owned).collect()
}
