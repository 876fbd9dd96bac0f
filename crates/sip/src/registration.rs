//! A registration of ours at somebody else's registrar (RFC 3261 §10.2), without sockets: requests out, responses in.
//!
//! Kept apart from the endpoint: a registration is not a session and needs none of its state. The driver hands
//! every response whose CSeq method is REGISTER to [`Registration::handle_response`].
use std::time::Duration;

use crate::digest::{Algorithm, Challenge};
use crate::message::{Headers, Method, Request, Response};

/// RFC 3261 §17.1.2.2: Timer E starts at T1 and doubles to T2.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
/// RFC 3261 §17.1.2.2: Timer F.
const GIVE_UP: Duration = Duration::from_secs(32);
/// Refresh when this share of the time granted is over. Percent.
const REFRESH_PERCENT: u32 = 80;
/// Challenges answered for one request; more is a loop.
const CHALLENGES_MAX: u8 = 2;
/// Pauses after failures: doubled from the first to the last.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Who registers where.
#[derive(Clone)]
pub struct Config {
    /// `sip:gudok` or `sip:10.0.0.1:5060`: the Request-URI.
    pub registrar: String,
    /// `sip:101@gudok`: From and To.
    pub address: String,
    /// `<sip:101@127.0.0.1:5070>`.
    pub contact: String,
    /// `host:port` of our Via.
    pub sent_by: String,
    /// `UDP` or `TCP`.
    pub transport: &'static str,
    /// Digest user.
    pub user: String,
    /// MD5(user:realm:password); None: MD5 challenges are not answered.
    pub ha1_md5: Option<String>,
    /// SHA-256(user:realm:password).
    pub ha1_sha256: Option<String>,
    /// Wanted lifetime. Seconds.
    pub expires_secs: u32,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Config({} at {})", self.user, self.registrar)
    }
}

/// What comes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A REGISTER to send.
    Send(Vec<u8>),
    /// The registrar has our contact, for so long.
    Registered(Duration),
    /// The registrar said no, or nothing; the machine tries again by itself. 0: no answer.
    Failed(u16),
}

/// The registration of one contact.
#[derive(Debug)]
pub struct Registration {
    config: Config,
    call_id: String,
    tag: String,
    cnonce: String,
    cseq: u32,
    expires_secs: u32,
    sent: Option<Sent>,
    next: Option<Duration>,
    pause: Duration,
    outputs: std::collections::VecDeque<Output>,
}

/// The request under way.
#[derive(Debug)]
struct Sent {
    bytes: Vec<u8>,
    challenges: u8,
    again: Duration,
    interval: Duration,
    give_up: Duration,
}

impl Registration {
    /// Begins at the first [`Registration::handle_timeout`]. `random` names this registration: 32 hex digits or so.
    pub fn new(config: Config, random: &str) -> Self {
        Self {
            call_id: format!("{random}-reg"),
            tag: format!("r{random}"),
            cnonce: format!("c{random}"),
            cseq: 0,
            expires_secs: config.expires_secs,
            sent: None,
            next: Some(Duration::ZERO),
            pause: BACK_OFF.0,
            outputs: std::collections::VecDeque::new(),
            config,
        }
    }

    /// Takes the contact back (`Expires: 0`); no refresh follows.
    pub fn withdraw(&mut self, now: Duration) {
        self.expires_secs = 0;
        self.send(now, None, 0);
    }

    /// Sends, sends again, or gives up, as is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.next.is_some_and(|at| at <= now) {
            self.next = None;
            self.send(now, None, 0);
        }
        let Some(sent) = &mut self.sent else { return };
        if sent.give_up <= now {
            self.fail(now, 0, None);
        } else if sent.again <= now {
            sent.interval = (sent.interval * 2).min(T2);
            sent.again = now + sent.interval;
            self.outputs.push_back(Output::Send(sent.bytes.clone()));
        }
    }

    /// A response to one of our REGISTERs; others are ignored.
    pub fn handle_response(&mut self, now: Duration, response: &Response) {
        let ours = response.headers.call_id() == Some(self.call_id.as_str())
            && response
                .headers
                .cseq()
                .is_some_and(|cseq| cseq.number == self.cseq);
        let Some(sent) = self.sent.as_ref().filter(|_| ours) else {
            return;
        };
        let challenges = sent.challenges;
        match response.status {
            100..=199 => {}
            200..=299 => self.succeed(now, response),
            401 | 407 if challenges < CHALLENGES_MAX => match self.proof(response) {
                Some(proof) => self.send(now, Some(proof), challenges + 1),
                None => self.fail(now, response.status, None),
            },
            423 if min_expires(response).is_some_and(|min| min > self.expires_secs) => {
                self.expires_secs = min_expires(response).unwrap_or(self.expires_secs);
                self.send(now, None, 0);
            }
            status => self.fail(now, status, retry_after(response)),
        }
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Registration::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Duration> {
        let sent = self.sent.as_ref().map(|sent| sent.again.min(sent.give_up));
        [self.next, sent].into_iter().flatten().min()
    }

    fn send(&mut self, now: Duration, proof: Option<(&'static str, String)>, challenges: u8) {
        self.cseq += 1;
        let bytes = self.request(proof).to_bytes();
        self.outputs.push_back(Output::Send(bytes.clone()));
        self.sent = Some(Sent {
            bytes,
            challenges,
            again: now + T1,
            interval: T1,
            give_up: now + GIVE_UP,
        });
    }

    fn request(&self, proof: Option<(&'static str, String)>) -> Request {
        let Config {
            registrar,
            address,
            contact,
            sent_by,
            transport,
            ..
        } = &self.config;
        let mut headers = Headers::new();
        let branch = format!("z9hG4bK{}{}", self.tag, self.cseq);
        headers.push(
            "Via",
            format!("SIP/2.0/{transport} {sent_by};branch={branch};rport"),
        );
        headers.push("Max-Forwards", "70");
        headers.push("From", format!("<{address}>;tag={}", self.tag));
        headers.push("To", format!("<{address}>"));
        headers.push("Call-ID", self.call_id.clone());
        headers.push("CSeq", format!("{} REGISTER", self.cseq));
        headers.push("Contact", contact.clone());
        headers.push("Expires", self.expires_secs.to_string());
        if let Some((name, value)) = proof {
            headers.push(name, value);
        }
        Request {
            method: Method::Register,
            uri: registrar.clone(),
            headers,
            body: Vec::new(),
        }
    }

    /// Answers the strongest challenge we have a hash for.
    fn proof(&self, response: &Response) -> Option<(&'static str, String)> {
        let (asked, answered) = match response.status {
            401 => ("WWW-Authenticate", "Authorization"),
            _ => ("Proxy-Authenticate", "Proxy-Authorization"),
        };
        let challenges = response
            .headers
            .all(asked)
            .filter_map(|value| Challenge::parse(value).ok());
        let (challenge, ha1) = challenges
            .filter_map(|challenge| {
                let ha1 = match challenge.algorithm {
                    Algorithm::Md5 => self.config.ha1_md5.clone(),
                    Algorithm::Sha256 => self.config.ha1_sha256.clone(),
                };
                Some((challenge, ha1?))
            })
            .max_by_key(|(challenge, _)| challenge.algorithm)?;
        let Config {
            user, registrar, ..
        } = &self.config;
        Some((
            answered,
            challenge.answer(user, &ha1, &Method::Register, registrar, &self.cnonce, 1),
        ))
    }

    fn succeed(&mut self, now: Duration, response: &Response) {
        self.sent = None;
        self.pause = BACK_OFF.0;
        let granted = granted(response).unwrap_or(self.expires_secs);
        if self.expires_secs > 0 {
            self.next = Some(now + Duration::from_secs(granted.into()) * REFRESH_PERCENT / 100);
        }
        self.outputs
            .push_back(Output::Registered(Duration::from_secs(granted.into())));
    }

    fn fail(&mut self, now: Duration, status: u16, retry_after: Option<Duration>) {
        self.sent = None;
        self.next = (self.expires_secs > 0).then(|| now + retry_after.unwrap_or(self.pause));
        self.pause = (self.pause * 2).min(BACK_OFF.1);
        self.outputs.push_back(Output::Failed(status));
    }
}

/// The lifetime the registrar gave: of the Contact, or of the whole answer. Seconds.
fn granted(response: &Response) -> Option<u32> {
    let contact = response.headers.list("Contact").find_map(|value| {
        let expires = value
            .split(';')
            .find_map(|param| param.trim().strip_prefix("expires="))?;
        expires.parse().ok()
    });
    contact.or_else(|| response.headers.expires())
}

fn min_expires(response: &Response) -> Option<u32> {
    response.headers.get("Min-Expires")?.trim().parse().ok()
}

/// At most the longest pause: a registrar must not silence us for a day.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers.get("Retry-After")?;
    let digits: String = value
        .trim()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    Some(Duration::from_secs(digits.parse().ok()?).min(BACK_OFF.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::digest::{challenge, ha1};

    fn config() -> Config {
        Config {
            registrar: "sip:gudok".into(),
            address: "sip:101@gudok".into(),
            contact: "<sip:101@127.0.0.1:5070>".into(),
            sent_by: "127.0.0.1:5070".into(),
            transport: "UDP",
            user: "101".into(),
            ha1_md5: Some(ha1(Algorithm::Md5, "101", "gudok", "secret")),
            ha1_sha256: Some(ha1(Algorithm::Sha256, "101", "gudok", "secret")),
            expires_secs: 600,
        }
    }

    fn sent(machine: &mut Registration) -> Request {
        let Some(Output::Send(bytes)) = machine.poll_output() else {
            panic!("nothing was sent")
        };
        let Ok(Message::Request(request)) = crate::parse::parse(&bytes) else {
            panic!("no request")
        };
        request
    }

    fn response(request: &Request, status: u16, extra: &[(&'static str, String)]) -> Response {
        let mut headers = crate::endpoint::copied_headers(&request.headers);
        extra
            .iter()
            .for_each(|(name, value)| headers.push(*name, value.clone()));
        Response {
            status,
            reason: String::new(),
            headers,
            body: Vec::new(),
        }
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn registers_with_the_stronger_digest_and_refreshes_in_time() {
        let mut machine = Registration::new(config(), "abc");
        machine.handle_timeout(secs(0));
        let first = sent(&mut machine);
        let challenges = [Algorithm::Md5, Algorithm::Sha256].map(|algorithm| {
            (
                "WWW-Authenticate",
                challenge("gudok", "n", algorithm, false),
            )
        });
        machine.handle_response(secs(0), &response(&first, 401, &challenges));
        let second = sent(&mut machine);
        assert!(
            second
                .headers
                .get("Authorization")
                .is_some_and(|value| value.contains("SHA-256"))
        );
        let contact = ("Contact", "<sip:101@127.0.0.1:5070>;expires=100".to_owned());
        machine.handle_response(secs(1), &response(&second, 200, &[contact]));
        assert_eq!(machine.poll_output(), Some(Output::Registered(secs(100))));
        assert_eq!(machine.poll_timeout(), Some(secs(81)));
        machine.handle_timeout(secs(81));
        assert_eq!(sent(&mut machine).method, Method::Register);
    }

    #[test]
    fn repeats_over_udp_gives_up_and_backs_off() {
        let mut machine = Registration::new(config(), "abc");
        let (mut times, mut failures) = (Vec::new(), Vec::new());
        while let Some(at) = machine.poll_timeout().filter(|at| *at < secs(100)) {
            machine.handle_timeout(at);
            while let Some(output) = machine.poll_output() {
                match output {
                    Output::Send(_) => times.push(at.as_millis()),
                    other => failures.push((at.as_millis(), other)),
                }
            }
        }
        assert_eq!(times[..7], [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500]);
        assert_eq!(
            failures[..2],
            [(32_000, Output::Failed(0)), (65_000, Output::Failed(0))]
        );
    }

    #[test]
    fn a_wrong_secret_is_no_endless_loop_and_an_interval_too_brief_is_mended() {
        let mut machine = Registration::new(config(), "abc");
        machine.handle_timeout(secs(0));
        let mut request = sent(&mut machine);
        let brief = ("Min-Expires", "900".to_owned());
        machine.handle_response(secs(0), &response(&request, 423, &[brief]));
        request = sent(&mut machine);
        assert_eq!(request.headers.get("Expires"), Some("900"));
        let asked = (
            "WWW-Authenticate",
            challenge("gudok", "n", Algorithm::Sha256, false),
        );
        for _ in 0..CHALLENGES_MAX {
            machine.handle_response(
                secs(0),
                &response(&request, 401, std::slice::from_ref(&asked)),
            );
            request = sent(&mut machine);
        }
        machine.handle_response(secs(0), &response(&request, 401, &[asked]));
        assert_eq!(machine.poll_output(), Some(Output::Failed(401)));
        assert_eq!(machine.poll_output(), None);
    }
}
