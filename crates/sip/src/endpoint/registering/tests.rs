//! Whoever guesses learns nothing of who exists, neither by the answer nor by the work behind it.
use super::*;
use crate::digest::{Challenge, ha1};
use crate::endpoint::{Command, Config, Input, Output, Policy, Transport, UnknownSource};
use crate::work;

const REALM: &str = "gudok.example";
const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
/// The first is known by both hashes, the second by one, the third to nobody. Of one length, as their names are hashed.
const USERS: [&str; 3] = ["anna1", "boris", "nobod"];

fn credential(user: &str, md5: bool) -> Credential {
    let hash = |algorithm| ha1(algorithm, user, REALM, "correct horse");
    Credential {
        user: user.into(),
        ha1_md5: md5.then(|| hash(Algorithm::Md5)),
        ha1_sha256: Some(hash(Algorithm::Sha256)),
    }
}

fn flow() -> Flow {
    Flow {
        transport: Transport::Udp,
        local: "192.0.2.1:5060".parse().expect("an address"),
        remote: "198.51.100.7:5060".parse().expect("an address"),
        connection: 0,
    }
}

fn endpoint() -> Endpoint {
    let config = Config {
        contact_udp: "192.0.2.1:5060".into(),
        contact_tcp: None,
        contact_tls: None,
        contacts: Vec::new(),
        prack: true,
        realm: REALM.into(),
        agent: "gudok".into(),
        policy: Policy {
            trunks: Vec::new(),
            lines: Vec::new(),
            unknown: UnknownSource::Drop,
        },
        nonce_life: Duration::from_secs(300),
        expires_secs: (30, 3600),
        sessions_max: 100,
        t1: Duration::from_millis(500),
    };
    let mut endpoint = Endpoint::new(config, [42; 32]);
    let users = vec![
        credential("anna1", true),
        credential("boris", false),
        credential("clerk", true),
    ];
    let command = Command::Credentials(users);
    endpoint.handle_input(Duration::ZERO, Input::Command(command));
    endpoint
}

/// What is answered.
fn answer(endpoint: &mut Endpoint, request: &str) -> String {
    let bytes = request.as_bytes();
    let flow = flow();
    endpoint.handle_input(Duration::ZERO, Input::Received { flow, bytes });
    let mut said = String::new();
    while let Some(output) = endpoint.poll_output() {
        if let Output::Send { bytes, .. } = output {
            said += &String::from_utf8_lossy(&bytes);
        }
    }
    said
}

struct Guess<'a> {
    user: &'a str,
    method: Method,
    algorithm: Algorithm,
    password: &'a str,
}

impl Guess<'_> {
    fn uri(&self) -> &'static str {
        match self.method {
            Method::Register => "sip:gudok.example",
            _ => "sip:+79990000102@gudok.example",
        }
    }

    fn request(&self, cseq: u32, proof: &str) -> String {
        let Self { user, method, .. } = self;
        let (uri, body) = match method {
            Method::Register => (self.uri(), ""),
            _ => (self.uri(), OFFER),
        };
        let kind = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;rport;branch=z9hG4bK{method}{user}{cseq}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{user}@gudok.example>;tag=f\r\nTo: <sip:{user}@gudok.example>\r\n\
             Call-ID: {method}-{user}\r\nCSeq: {cseq} {method}\r\nContact: <sip:{user}@198.51.100.7>\r\nExpires: 600\r\n\
             {kind}{proof}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// The challenge, and what comes of a proof with this password: the answers, and what was hashed for each.
    fn tried(&self, endpoint: &mut Endpoint) -> [(String, Vec<usize>); 2] {
        work::taken();
        let refusal = answer(endpoint, &self.request(1, ""));
        let first = work::taken();
        let challenges = refusal
            .lines()
            .filter_map(|line| line.strip_prefix("WWW-Authenticate: "));
        let mut challenges = challenges.filter_map(|value| Challenge::parse(value).ok());
        let challenge = challenges
            .find(|it| it.algorithm == self.algorithm)
            .expect("it is offered");
        let ha1 = ha1(self.algorithm, self.user, REALM, self.password);
        let value = challenge.answer(self.user, &ha1, &self.method, self.uri(), "cn", 1);
        work::taken();
        let answer = answer(
            endpoint,
            &self.request(2, &format!("Authorization: {value}\r\n")),
        );
        [(refusal, first), (answer, work::taken())]
    }
}

/// Without what differs from one answer to the next.
fn plain(answer: &str, user: &str) -> String {
    let drawn = |line: &str| {
        let (from, to) = match line.split(':').next() {
            Some("WWW-Authenticate") => ("nonce=\"", "\""),
            Some("To") => (";tag=", "\r"),
            _ => return line.to_owned(),
        };
        let Some((before, rest)) = line.split_once(from) else {
            return line.to_owned();
        };
        let after = rest.split_once(to).map_or("", |(_, after)| after);
        format!("{before}{from}…{after}")
    };
    let lines: Vec<String> = answer.lines().map(drawn).collect();
    lines.join("\n").replace(user, "USER")
}

#[test]
fn who_is_known_and_who_is_not_get_the_same_answer_for_the_same_work() {
    for method in [Method::Register, Method::Invite] {
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            let mut endpoint = endpoint();
            // A phone of that address is at work: its neighbours may call.
            let clerk = Guess {
                user: "clerk",
                method: Method::Register,
                algorithm: Algorithm::Sha256,
                password: "correct horse",
            };
            let [_, (signed_in, _)] = clerk.tried(&mut endpoint);
            assert!(signed_in.starts_with("SIP/2.0 200"), "{signed_in}");
            let tried = USERS.map(|user| {
                let guess = Guess {
                    user,
                    method: method.clone(),
                    algorithm,
                    password: "wrong",
                };
                let both = guess.tried(&mut endpoint);
                both.map(|(answer, hashed)| (plain(&answer, user), hashed))
            });
            for [challenge, refusal] in &tried {
                assert!(challenge.0.starts_with("SIP/2.0 401"), "{}", challenge.0);
                assert!(refusal.0.starts_with("SIP/2.0 401"), "{}", refusal.0);
                assert!(refusal.1.len() > challenge.1.len(), "the proof was judged");
            }
            assert_eq!(tried[0], tried[2], "{method} {algorithm:?}");
            assert_eq!(tried[1], tried[2], "{method} {algorithm:?}");
        }
    }
}
