//! A carrier with as many calls as one likes: each is followed to its end, and nothing is forgotten. SIPp would take more
//! of the processor than the daemon it presses.
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

/// The carrier's addresses: one alone may not send as much as all of them do, and each has a buffer for what comes back.
const ADDRESSES: u8 = 48;
/// From the answer to the BYE.
const TALK: Duration = Duration::from_millis(200);
/// RFC 3261 §17.1: the first repetition, the longest pause of a BYE, and the end of all patience.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
const TIMER_B: Duration = Duration::from_secs(32);
/// Between two looks when there is nothing to do.
const PAUSE: Duration = Duration::from_micros(200);
/// A port at which nobody listens.
pub(crate) const SDP: &str = "v=0\r\no=storm 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n\
                   a=rtpmap:8 PCMA/8000\r\n";
/// INVITEs sent between two looks at the answers.
const BURST: usize = 16;

/// What became of one call. Moments count from the first INVITE of all.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Fate {
    /// When its INVITE was first sent.
    pub(crate) began: Duration,
    /// The final answer to it.
    pub(crate) status: u16,
    /// From the first INVITE to that answer.
    pub(crate) answered: Duration,
    /// From the first BYE to its answer; None: no BYE of ours, or no answer.
    pub(crate) hung_up: Option<Duration>,
    stage: Stage,
    since: Duration,
    due: Duration,
}

impl Fate {
    /// Whether it was answered, and that soon enough.
    pub(crate) fn is_served_in(&self, most: Duration) -> bool {
        self.status == 200 && self.answered <= most
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Stage {
    #[default]
    Calling,
    Proceeding,
    Talking,
    Leaving,
    Over,
}

/// So many new calls a second for so long, one spell after the other; returns when each call is over or beyond hope.
pub(crate) fn calls(target: SocketAddr, spells: &[(u64, Duration)]) -> Result<Vec<Fate>> {
    Carrier::new(target)?.run(spells)
}

/// How many calls have begun after so long.
fn wanted(spells: &[(u64, Duration)], mut now: Duration) -> usize {
    let mut sum = 0;
    for &(rate, length) in spells {
        sum += now.min(length).as_micros() as u64 * rate / 1_000_000;
        now = now.saturating_sub(length);
    }
    sum as usize
}

struct Carrier {
    target: SocketAddr,
    sockets: Vec<(UdpSocket, SocketAddr)>,
    fates: Vec<Fate>,
    /// To of the answered ones, with the daemon's tag.
    talks: BTreeMap<usize, String>,
    /// When, whose, and the pause before it. Only the last one of a call counts.
    due: BinaryHeap<Reverse<(Duration, usize, Duration)>>,
    /// Calls that are not over.
    open: usize,
    began: Instant,
}

impl Carrier {
    fn new(target: SocketAddr) -> Result<Self> {
        let socket = |last| -> Result<_> {
            let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 2, last), 0))?;
            socket.set_nonblocking(true)?;
            let own = socket.local_addr()?;
            Ok((socket, own))
        };
        Ok(Self {
            target,
            sockets: (1..=ADDRESSES).map(socket).collect::<Result<_>>()?,
            fates: Vec::new(),
            talks: BTreeMap::new(),
            due: BinaryHeap::new(),
            open: 0,
            began: Instant::now(),
        })
    }

    fn run(mut self, spells: &[(u64, Duration)]) -> Result<Vec<Fate>> {
        let mut bytes = [0; 4_096];
        let count = wanted(spells, Duration::MAX);
        loop {
            let missing = wanted(spells, self.began.elapsed()) - self.fates.len();
            for _ in 0..missing.min(BURST) {
                self.call();
            }
            let mut heard = false;
            for line in 0..self.sockets.len() {
                while let Ok(length) = self.sockets[line].0.recv(&mut bytes) {
                    heard = true;
                    self.hear(line, &String::from_utf8_lossy(&bytes[..length]));
                }
            }
            self.repeat();
            if self.fates.len() == count && self.open == 0 {
                return Ok(self.fates);
            }
            if !heard && missing <= BURST {
                thread::sleep(PAUSE);
            }
        }
    }

    fn call(&mut self) {
        let (id, now) = (self.fates.len(), self.began.elapsed());
        self.fates.push(Fate {
            began: now,
            since: now,
            ..Fate::default()
        });
        self.open += 1;
        self.send(id, "INVITE");
        self.wait(id, now + T1, T1);
    }

    fn wait(&mut self, id: usize, until: Duration, pause: Duration) {
        self.fates[id].due = until;
        self.due.push(Reverse((until, id, pause)));
    }

    /// Whatever the daemon says.
    fn hear(&mut self, line: usize, text: &str) {
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let id = header("Call-ID: storm-").and_then(|id| id.split('-').next()?.parse().ok());
        let Some(id) = id.filter(|id: &usize| *id < self.fates.len()) else {
            return;
        };
        let status = text.strip_prefix("SIP/2.0 ");
        let status = status.and_then(|rest| rest.get(..3)?.parse().ok());
        match (status, header("CSeq: ").unwrap_or_default()) {
            (Some(status), "1 INVITE") => {
                self.on_answer(id, status, header("To: ").unwrap_or_default());
            }
            (Some(200..), "2 BYE") => self.on_gone(id),
            // The daemon's own BYE.
            (None, _) if text.starts_with("BYE ") => {
                let _ = self.sockets[line].0.send_to(&ok(text), self.target);
                self.end(id);
            }
            _ => {}
        }
    }

    fn on_answer(&mut self, id: usize, status: u16, to: &str) {
        let now = self.began.elapsed();
        let fate = &mut self.fates[id];
        if status < 200 {
            if fate.stage == Stage::Calling {
                fate.stage = Stage::Proceeding;
            }
            return;
        }
        let is_first = fate.status == 0;
        if is_first {
            (fate.status, fate.answered) = (status, now - fate.began);
            self.talks.insert(id, to.to_owned());
        }
        self.send(id, "ACK");
        match (is_first, status) {
            (true, ..300) => {
                self.fates[id].stage = Stage::Talking;
                self.wait(id, now + TALK, T1);
            }
            (true, _) => self.end(id),
            (false, _) => {}
        }
    }

    fn on_gone(&mut self, id: usize) {
        let fate = &mut self.fates[id];
        if fate.stage == Stage::Leaving {
            fate.hung_up = Some(self.began.elapsed() - fate.since);
            self.end(id);
        }
    }

    fn end(&mut self, id: usize) {
        if self.fates[id].stage != Stage::Over {
            self.fates[id].stage = Stage::Over;
            self.open -= 1;
        }
    }

    /// What is due: repetitions of INVITE and BYE, the first BYE, the end of patience.
    fn repeat(&mut self) {
        let now = self.began.elapsed();
        while let Some(Reverse((at, id, pause))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            if self.fates[id].due == at {
                self.on_time(now, id, pause);
            }
        }
    }

    fn on_time(&mut self, now: Duration, id: usize, pause: Duration) {
        let fate = &mut self.fates[id];
        let (method, next) = match fate.stage {
            Stage::Over => return,
            // Nothing is repeated after a 100, but a final answer is waited for no longer than this.
            Stage::Proceeding if now < fate.began + 2 * TIMER_B => {
                return self.wait(id, now + T2, pause);
            }
            Stage::Calling if now < fate.since + TIMER_B => ("INVITE", pause * 2),
            Stage::Talking => {
                (fate.stage, fate.since) = (Stage::Leaving, now);
                ("BYE", T1)
            }
            Stage::Leaving if now < fate.since + TIMER_B => ("BYE", (pause * 2).min(T2)),
            Stage::Proceeding | Stage::Calling | Stage::Leaving => return self.end(id),
        };
        self.send(id, method);
        self.wait(id, now + next, next);
    }

    /// One request of this call. A full buffer of ours loses it, as a full line would: it is repeated.
    fn send(&self, id: usize, method: &str) {
        let (socket, own) = &self.sockets[id % self.sockets.len()];
        let to = self.talks.get(&id).map(String::as_str);
        let text = request(method, id, *own, self.target, to);
        let _ = socket.send_to(text.as_bytes(), self.target);
    }
}

fn request(
    method: &str,
    id: usize,
    own: SocketAddr,
    target: SocketAddr,
    to: Option<&str>,
) -> String {
    let callee = format!("<sip:88001234567@{target}>");
    let (to, cseq) = (to.unwrap_or(&callee), if method == "BYE" { 2 } else { 1 });
    let (offer, kind) = match method {
        "INVITE" => (SDP, "Content-Type: application/sdp\r\n"),
        _ => ("", ""),
    };
    // Of each run of calls the port is another.
    let (length, run) = (offer.len(), own.port());
    format!(
        "{method} sip:88001234567@{target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK-{id}-{run}-{cseq}\r\n\
         From: <sip:+79990001122@{own}>;tag=t{id}\r\nTo: {to}\r\nCall-ID: storm-{id}-{run}\r\nCSeq: {cseq} {method}\r\n\
         Max-Forwards: 70\r\nContact: <sip:trunk@{own}>\r\n{kind}Content-Length: {length}\r\n\r\n{offer}"
    )
}

/// 200 to a request of the daemon's, by its own headers.
fn ok(request: &str) -> Vec<u8> {
    format!("{}Content-Length: 0\r\n\r\n", ok_head(request)).into_bytes()
}

/// The same up to what says of a body.
pub(crate) fn ok_head(request: &str) -> String {
    let echoed = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let is_echoed = |line: &&str| echoed.iter().any(|name| line.starts_with(name));
    let headers: Vec<&str> = request.lines().filter(is_echoed).collect();
    format!("SIP/2.0 200 OK\r\n{}\r\n", headers.join("\r\n"))
}
