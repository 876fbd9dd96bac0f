//! A registration of ours at somebody else's registrar (RFC 3261 §10.2), without sockets: requests out, responses in.
//!
//! Kept apart from the endpoint: a registration is not a session and needs none of its state. The driver hands
//! every response whose CSeq method is REGISTER to [`Registration::handle_response`].
use std::collections::VecDeque;
use std::time::Duration;

use crate::digest::{Challenge, Login};
use crate::endpoint::Transport;
use crate::entropy::{Entropy, write_hex};
use crate::message::{Headers, Method, Request, Response};

/// RFC 3261 §17.1.2.2: Timer E starts at T1 and doubles to T2.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
/// How long one request may go unanswered. Less than timer F (32 s), so that another server has its turn soon.
pub const GIVE_UP: Duration = Duration::from_secs(8);
/// Refreshed when between these shares of the time granted are over. Percent.
const REFRESH_PERCENT: (u64, u64) = (70, 80);
/// Requests of one try, challenges and 423 included; more is a loop.
pub const REQUESTS_MAX: u8 = 6;
/// Challenges of one realm answered in one try; more is a loop.
pub const CHALLENGES_MAX: u8 = 2;
/// Realms whose challenges are answered in one request; further ones are not.
pub const REALMS_MAX: usize = 4;
/// Pauses after failures: doubled from the first to the last, each shortened by up to a quarter at random.
pub const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
/// The first pause after a refusal that will not mend itself (a wrong password): registrars ban who insists.
pub const REFUSED_PAUSE: Duration = Duration::from_secs(30);
/// A connection that was of use for so long is made anew at once when it is lost; one that ends sooner is waited for ever
/// longer (RFC 5626 §4.5): some registrars close theirs after each response.
pub const FLOW_LIVED: Duration = Duration::from_secs(120);
/// A registrar that may have lost our contact is asked anew within so long, spread at random: its clients notice together.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(2);
/// And for that reason once in so long at most: a line that comes and goes storms nobody.
pub const CONFIRM_EVERY: Duration = Duration::from_secs(30);
/// Longest lifetime we let a registrar make us ask for.
const EXPIRES_MAX_SECS: u32 = 86_400;

/// Who registers where.
#[derive(Clone, Debug)]
pub struct Config {
    /// `sip:gudok` or `sip:10.0.0.1:5060`: the Request-URI.
    pub registrar: String,
    /// `sip:101@gudok`: From and To.
    pub address: String,
    /// Digest user and password.
    pub login: Login,
    /// Wanted lifetime. Seconds.
    pub expires_secs: u32,
}

/// How the registrar is reached, and how it reaches us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Way {
    /// `<sip:101@127.0.0.1:5070>`.
    pub contact: String,
    /// `host:port` of our Via.
    pub sent_by: String,
    /// For Via; a reliable one repeats nothing.
    pub transport: Transport,
}

/// What comes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A REGISTER to send.
    Send(Vec<u8>),
    /// The registrar has our contact, for so long.
    Registered(Duration),
    /// The registrar said no, or nothing; the machine tries again by itself. 0: no answer, or no connection.
    Failed(u16),
    /// The registrar has our contact no more, as we wanted, or never had it.
    Withdrawn,
}

/// The registration of one contact.
#[derive(Debug)]
pub struct Registration {
    config: Config,
    way: Way,
    entropy: Entropy,
    call_id: String,
    tag: String,
    cseq: u32,
    expires_secs: u32,
    /// Requests of this try so far.
    requests: u8,
    proofs: Vec<Proof>,
    sent: Option<Sent>,
    /// When the pause is over or the refresh is due; not before [`Self::silence`] ends.
    next: Option<Duration>,
    /// Until when the server of this way wants to be left alone (Retry-After).
    silence: Duration,
    pause: Duration,
    /// Since when the registrar has had our contact by the connection we have.
    flow_since: Option<Duration>,
    /// The next pause after a loss of the connection.
    recovery: Duration,
    /// When it was asked last, or is to be, whether it still has our contact.
    confirmed: Option<Duration>,
    /// The registrar has our contact.
    bound: bool,
    /// Nothing but the withdrawal is to be asked for any more.
    leaving: bool,
    outputs: VecDeque<Output>,
}

/// The request under way.
#[derive(Debug)]
struct Sent {
    bytes: Vec<u8>,
    /// None: the flow delivers by itself.
    again: Option<Duration>,
    interval: Duration,
    give_up: Duration,
}

/// A challenge that our requests answer. Kept for the next ones (RFC 7616 §3.3), which saves a round trip.
#[derive(Debug)]
struct Proof {
    header: &'static str,
    challenge: Challenge,
    /// Requests that answered it.
    count: u32,
    /// Challenges of this realm in this try.
    asked: u8,
}

impl Registration {
    /// Begins at the first [`Registration::handle_timeout`]. `seed` names this registration and spreads its times.
    pub fn new(config: Config, way: Way, seed: [u8; 32]) -> Self {
        let mut entropy = Entropy::new(seed);
        Self {
            call_id: write_hex(entropy.draw()),
            tag: write_hex(entropy.draw()),
            cseq: 0,
            expires_secs: config.expires_secs,
            requests: 0,
            proofs: Vec::new(),
            sent: None,
            next: Some(Duration::ZERO),
            silence: Duration::ZERO,
            pause: BACK_OFF.0,
            flow_since: None,
            recovery: BACK_OFF.0,
            confirmed: None,
            bound: false,
            leaving: false,
            outputs: VecDeque::new(),
            entropy,
            config,
            way,
        }
    }

    /// Another server, or another transport: the next request goes that way. `silence`: until when that server wants to be
    /// left alone; what another one wants is of no concern to it.
    pub fn set_way(&mut self, way: Way, silence: Duration) {
        self.way = way;
        self.silence = silence;
    }

    /// The way in use.
    pub fn way(&self) -> &Way {
        &self.way
    }

    /// Until when the server in use wants to be left alone.
    pub fn silence(&self) -> Duration {
        self.silence
    }

    /// Whether a request is under way.
    pub fn is_asking(&self) -> bool {
        self.sent.is_some()
    }

    /// Tries at once instead of at the end of the pause. Not while a request is under way, and not while the server has
    /// asked for silence. Who calls this answers for how often: the pauses are what keeps a registrar in trouble alive.
    pub fn retry(&mut self, now: Duration) {
        if self.sent.is_none() && self.next.is_some() {
            self.next = Some(now);
        }
    }

    /// The registrar lives after it was silent: tries at once, and begins with the pauses anew.
    pub fn hasten(&mut self, now: Duration) {
        if self.sent.is_none() {
            self.pause = BACK_OFF.0;
        }
        self.retry(now);
    }

    /// The registrar is well again that refused everybody: tries after the first pause, shortened at random, so that not all
    /// whom it refused come at once; the pauses begin anew.
    pub fn revive(&mut self, now: Duration) {
        let Some(next) = self.next.filter(|_| self.sent.is_none()) else {
            return;
        };
        self.pause = BACK_OFF.0;
        let soon = now + self.shortened(self.pause);
        self.next = Some(next.min(soon));
    }

    /// The registrar may not have our contact any more: the refresh comes within [`CONFIRM_WITHIN`], once in
    /// [`CONFIRM_EVERY`] at most. Until its answer the contact counts as there.
    pub fn confirm(&mut self, now: Duration) {
        let Some(next) = self.next.filter(|_| self.bound && self.sent.is_none()) else {
            return;
        };
        let within = u64::try_from(CONFIRM_WITHIN.as_millis()).unwrap_or(0);
        let soon = now + Duration::from_millis(self.entropy.below(within));
        let earliest = self.confirmed.map_or(soon, |at| at + CONFIRM_EVERY);
        let soon = soon.max(earliest);
        if soon < next {
            (self.next, self.confirmed) = (Some(soon), Some(soon));
        }
    }

    /// The connection we were registered over is gone: what was asked over it has failed, and the registrar may not
    /// reach us by it any more (RFC 5626 §4.4). Nothing where none was in use.
    pub fn flow_lost(&mut self, now: Duration) {
        if self.sent.is_some() {
            return self.fail(now, 0, None);
        }
        let Some(since) = self.flow_since.take().filter(|_| !self.leaving) else {
            return;
        };
        if now.saturating_sub(since) >= FLOW_LIVED {
            self.recovery = BACK_OFF.0;
        }
        let wait = if self.recovery == BACK_OFF.0 {
            Duration::from_millis(self.entropy.below(1_000))
        } else {
            self.shortened(self.recovery)
        };
        self.recovery = (self.recovery * 2).min(BACK_OFF.1);
        let soon = now + wait;
        self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
    }

    /// Takes the contact back (`Expires: 0`); no refresh follows. Where a request is under way, after its answer; where
    /// the registrar does not have it, nothing is asked.
    pub fn withdraw(&mut self, now: Duration) {
        self.leaving = true;
        self.next = None;
        if self.sent.is_none() {
            self.leave(now);
        }
    }

    fn leave(&mut self, now: Duration) {
        self.expires_secs = 0;
        if std::mem::take(&mut self.bound) {
            self.begin(now);
        } else {
            self.outputs.push_back(Output::Withdrawn);
        }
    }

    /// Sends, sends again, or gives up, as is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.due().is_some_and(|at| at <= now) {
            self.next = None;
            self.begin(now);
        }
        let Some(sent) = &mut self.sent else { return };
        if sent.give_up <= now {
            self.fail(now, 0, None);
        } else if sent.again.is_some_and(|at| at <= now) {
            sent.interval = (sent.interval * 2).min(T2);
            sent.again = Some(now + sent.interval);
            self.outputs.push_back(Output::Send(sent.bytes.clone()));
        }
    }

    /// A response to one of our REGISTERs; others are ignored. True: it is ours.
    pub fn handle_response(&mut self, now: Duration, response: &Response) -> bool {
        if response.headers.call_id() != Some(self.call_id.as_str()) {
            return false;
        }
        let cseq = response.headers.cseq();
        let is_current = cseq.is_some_and(|cseq| cseq.number == self.cseq);
        if self.sent.is_none() || !is_current {
            return true;
        }
        match response.status {
            100..=199 => {}
            200..=299 => self.succeed(now, response),
            401 | 407 if self.is_challenged(response) => {
                if self.leaving {
                    self.expires_secs = 0;
                }
                self.send(now);
            }
            423 if self.is_brief(response) => self.send(now),
            status => self.fail(now, status, retry_after(response)),
        }
        true
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Registration::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Duration> {
        let sent = self.sent.as_ref();
        let again = sent.and_then(|sent| sent.again);
        let give_up = sent.map(|sent| sent.give_up);
        [self.due(), again, give_up].into_iter().flatten().min()
    }

    fn due(&self) -> Option<Duration> {
        Some(self.next?.max(self.silence))
    }

    /// A new try.
    fn begin(&mut self, now: Duration) {
        self.requests = 0;
        self.proofs.iter_mut().for_each(|proof| proof.asked = 0);
        self.send(now);
    }

    fn send(&mut self, now: Duration) {
        self.cseq += 1;
        self.requests += 1;
        let bytes = self.request().to_bytes();
        self.outputs.push_back(Output::Send(bytes.clone()));
        self.sent = Some(Sent {
            bytes,
            again: (!self.way.transport.is_reliable()).then(|| now + T1),
            interval: T1,
            give_up: now + GIVE_UP,
        });
    }

    fn request(&mut self) -> Request {
        let Config {
            registrar, address, ..
        } = &self.config;
        let mut headers = Headers::new();
        let (transport, sent_by) = (self.way.transport.name(), &self.way.sent_by);
        let branch = write_hex(self.entropy.draw());
        headers.push(
            "Via",
            format!("SIP/2.0/{transport} {sent_by};branch=z9hG4bK{branch};rport"),
        );
        headers.push("Max-Forwards", "70");
        headers.push("From", format!("<{address}>;tag={}", self.tag));
        headers.push("To", format!("<{address}>"));
        headers.push("Call-ID", self.call_id.clone());
        headers.push("CSeq", format!("{} REGISTER", self.cseq));
        headers.push("Contact", self.way.contact.clone());
        headers.push("Expires", self.expires_secs.to_string());
        let cnonce = write_hex(self.entropy.draw());
        for proof in &mut self.proofs {
            proof.count += 1;
            let (challenge, count) = (&proof.challenge, proof.count);
            let login = &self.config.login;
            let value = login.answer(challenge, &Method::Register, registrar, &cnonce, count);
            headers.push(proof.header, value);
        }
        Request {
            method: Method::Register,
            uri: registrar.clone(),
            headers,
            body: Vec::new(),
        }
    }

    /// Takes the challenges of a 401 or 407 in; false when they say that our password is wrong, when there is none we
    /// can answer, or when they do not end.
    fn is_challenged(&mut self, refusal: &Response) -> bool {
        let Some((header, challenges)) = self.config.login.challenges(refusal) else {
            return false;
        };
        let mut answered = false;
        for challenge in challenges {
            let is_full = self.proofs.len() >= REALMS_MAX;
            let known =
                |it: &&mut Proof| it.header == header && it.challenge.realm == challenge.realm;
            match self.proofs.iter_mut().find(known) {
                // A proof of this try was looked at, and its nonce was not too old: it is wrong.
                Some(proof) if proof.asked > 0 && !challenge.stale => return false,
                Some(proof) if proof.asked >= CHALLENGES_MAX => return false,
                Some(proof) => {
                    proof.asked += 1;
                    (proof.challenge, proof.count) = (challenge, 0);
                    answered = true;
                }
                None if is_full => {}
                None => {
                    self.proofs.push(Proof {
                        header,
                        challenge,
                        count: 0,
                        asked: 1,
                    });
                    answered = true;
                }
            }
        }
        answered && self.requests < REQUESTS_MAX
    }

    /// 423: asks for as long as the registrar wants, where it names a longer time that makes sense.
    fn is_brief(&mut self, refusal: &Response) -> bool {
        let Some(min) = min_expires(refusal) else {
            return false;
        };
        let longer = min > self.expires_secs && min <= EXPIRES_MAX_SECS && self.expires_secs > 0;
        if longer {
            self.expires_secs = min;
        }
        longer && self.requests < REQUESTS_MAX
    }

    fn succeed(&mut self, now: Duration, response: &Response) {
        self.sent = None;
        (self.pause, self.silence) = (BACK_OFF.0, Duration::ZERO);
        if self.expires_secs == 0 {
            return self.outputs.push_back(Output::Withdrawn);
        }
        let granted = granted(response, &self.way.contact).unwrap_or(self.expires_secs);
        if granted == 0 {
            return self.fail(now, response.status, None);
        }
        self.bound = true;
        self.flow_since.get_or_insert(now);
        if self.leaving {
            return self.leave(now);
        }
        let granted = Duration::from_secs(granted.into());
        let (least, most) = REFRESH_PERCENT;
        let share = least + self.entropy.below(most - least + 1);
        let share = u32::try_from(share).unwrap_or(1);
        self.next = Some(now + granted * share / 100);
        self.outputs.push_back(Output::Registered(granted));
    }

    fn fail(&mut self, now: Duration, status: u16, retry_after: Option<Duration>) {
        self.sent = None;
        (self.bound, self.flow_since) = (false, None);
        self.outputs.push_back(Output::Failed(status));
        if self.expires_secs == 0 || self.leaving {
            return;
        }
        if matches!(status, 400..=499 if !matches!(status, 408 | 480)) {
            self.pause = self.pause.max(REFUSED_PAUSE);
        }
        if let Some(wait) = retry_after {
            let tenth = u64::try_from(wait.as_millis() / 10).unwrap_or(0);
            let more = Duration::from_millis(self.entropy.below(tenth + 1));
            self.silence = now + wait + more;
        }
        // A wait shorter than our own pause does not undo it.
        self.next = Some(now + self.shortened(self.pause));
        self.pause = (self.pause * 2).min(BACK_OFF.1);
    }

    /// By up to a quarter, so that many clients of one registrar do not come back together.
    fn shortened(&mut self, pause: Duration) -> Duration {
        let quarter = u64::try_from(pause.as_millis() / 4).unwrap_or(0);
        pause - Duration::from_millis(self.entropy.below(quarter + 1))
    }
}

/// The lifetime the registrar gave our contact, where it can be told from the others; else the shortest of all, else
/// that of the whole answer. Seconds.
fn granted(response: &Response, contact: &str) -> Option<u32> {
    let ours = contact.trim_matches(['<', '>']);
    let expires = |value: &str| {
        let params = value.rsplit('>').next().unwrap_or(value);
        let param = |it: &str| {
            let (name, value) = it.split_once('=')?;
            let named = name.trim().eq_ignore_ascii_case("expires");
            named.then(|| value.trim().parse().ok())?
        };
        params.split(';').find_map(param)
    };
    let listed: Vec<(bool, u32)> = response
        .headers
        .list("Contact")
        .filter_map(|value| Some((value.contains(ours), expires(value)?)))
        .collect();
    let own = listed.iter().find(|(own, _)| *own).map(|(_, secs)| *secs);
    let shortest = || listed.iter().map(|(_, secs)| *secs).min();
    own.or_else(shortest).or_else(|| response.headers.expires())
}

fn min_expires(response: &Response) -> Option<u32> {
    response.headers.get("Min-Expires")?.trim().parse().ok()
}

/// At most the longest pause: a registrar must not silence us for a day.
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers.get("Retry-After")?;
    let digits: String = value
        .trim()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    Some(Duration::from_secs(digits.parse().ok()?).min(BACK_OFF.1))
}

#[cfg(test)]
mod tests;
