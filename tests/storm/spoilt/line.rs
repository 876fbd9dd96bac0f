//! A peer's line to the daemon, over UDP or TCP, with the manners of a sound peer: whatever it did not wait for it answers,
//! acknowledges, and ends where it is a talk that nobody asked for.
use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::text::{
    acknowledgement, bye, first_of, header, is_final, method, status, tag, terminated,
};
use crate::callee::answer_to;

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// RFC 3261 §17.1.1.1: what is not answered is said again.
const T1: Duration = Duration::from_millis(500);
/// A datagram holds no more.
const DATAGRAM_MAX: usize = 60_000;

/// A peer's line. To be used where a thread may wait.
pub(crate) struct Line {
    pub(crate) own: SocketAddr,
    target: SocketAddr,
    way: Way,
    /// The daemon's tag in the talk that is wanted; an answer with another one is ended.
    pub(crate) talk: String,
    /// The INVITE that was heard last, of a phone's line.
    pub(crate) invite: String,
    /// What was said last, for whoever has to find out why it went wrong.
    past: VecDeque<String>,
}

/// So many messages.
const PAST_MAX: usize = 16;

enum Way {
    Datagrams(UdpSocket),
    Stream(TcpStream, Vec<u8>),
}

impl Line {
    pub(crate) fn open(host: IpAddr, target: SocketAddr, transport: &str) -> Result<Self> {
        let way = match transport {
            "TCP" => connected(host, target)?,
            _ => datagrams(host, target)?,
        };
        Ok(Self {
            own: SocketAddr::new(host, target.port()),
            target,
            way,
            talk: String::new(),
            invite: String::new(),
            past: VecDeque::new(),
        })
    }

    pub(crate) fn transport(&self) -> &'static str {
        match self.way {
            Way::Datagrams(_) => "UDP",
            Way::Stream(..) => "TCP",
        }
    }

    /// Sends a sound message.
    pub(crate) fn say(&mut self, text: &str) -> Result<()> {
        self.keep('>', text);
        match &mut self.way {
            Way::Datagrams(socket) => {
                socket.send(text.as_bytes())?;
            }
            Way::Stream(stream, _) => stream.write_all(text.as_bytes())?,
        }
        Ok(())
    }

    /// Sends what may be anything. Over TCP nobody knows where the next message would begin: the connection is given up
    /// once the daemon has read it, and is made anew.
    pub(crate) fn spoil(&mut self, bytes: &[u8]) -> Result<()> {
        let stream = match &mut self.way {
            Way::Datagrams(socket) => {
                socket.send(&bytes[..bytes.len().min(DATAGRAM_MAX)])?;
                return Ok(());
            }
            Way::Stream(stream, _) => stream,
        };
        // Who has heard enough of it may have closed it already.
        let _ = stream
            .write_all(bytes)
            .and_then(|()| stream.shutdown(Shutdown::Write));
        let until = Instant::now() + PATIENCE;
        let mut heard = Vec::new();
        while let Some(text) = self.next(until)? {
            heard.push(text);
        }
        ensure!(Instant::now() < until, "the daemon keeps what is closed");
        self.reconnect()?;
        heard.iter().try_for_each(|text| self.be_polite(text))
    }

    /// What was said last, the newest first.
    pub(crate) fn told(&self) -> String {
        let past: Vec<&str> = self.past.iter().map(String::as_str).collect();
        past.join("\n")
    }

    fn keep(&mut self, way: char, text: &str) {
        let (start, cseq) = (text.lines().next().unwrap_or(""), header(text, "CSeq"));
        self.past.truncate(PAST_MAX - 1);
        let call = header(text, "Call-ID");
        self.past
            .push_front(format!("{way} {start} ({cseq}, {call})"));
    }

    fn reconnect(&mut self) -> Result<()> {
        if let Way::Stream(..) = self.way {
            self.way = connected(self.own.ip(), self.target)?;
        }
        Ok(())
    }

    /// Sends a request and waits for its final answer, by the number and the method of its CSeq.
    pub(crate) fn ask(&mut self, request: &str) -> Result<String> {
        let cseq = header(request, "CSeq").to_owned();
        let call = header(request, "Call-ID").to_owned();
        let answer = self.exchange(request, |text| {
            is_final(text) && header(text, "CSeq") == cseq && header(text, "Call-ID") == call
        });
        answer.with_context(|| format!("no answer to {cseq} of {call}"))
    }

    /// Says a request and waits for a message; over UDP it is said again and again until that comes.
    pub(crate) fn exchange(
        &mut self,
        request: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            self.say(request)?;
            let pause = match self.way {
                Way::Datagrams(_) => T1,
                Way::Stream(..) => PATIENCE,
            };
            match self.hear_until(Instant::now() + pause, &wanted) {
                Err(_) if Instant::now() < until => {}
                heard => return heard,
            }
        }
    }

    /// Says a sound message, and waits for what must follow it: the status of the answer, a request, or nothing in particular.
    pub(crate) fn brings_about(&mut self, text: &str, follows: &str) -> Result<()> {
        self.say(text)?;
        if follows.is_empty() {
            return self.catch_up();
        }
        let cseq = header(text, "CSeq").to_owned();
        let heard = self.hear(|heard| match is_final(heard) {
            true => header(heard, "CSeq") == cseq,
            false => method(heard) == follows,
        })?;
        ensure!(
            method(&heard) == follows || status(&heard).to_string() == follows,
            "{heard} where {follows} was to follow"
        );
        self.be_polite(&heard)
    }

    /// Waits for a message; what else comes is treated as it must be.
    pub(crate) fn hear(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String> {
        self.hear_until(Instant::now() + PATIENCE, wanted)
    }

    fn hear_until(&mut self, until: Instant, wanted: impl Fn(&str) -> bool) -> Result<String> {
        loop {
            let heard = self.next(until)?;
            let text = heard.with_context(|| format!("nothing is heard after\n{}", self.told()))?;
            self.keep('<', &text);
            if wanted(&text) {
                return Ok(text);
            }
            self.be_polite(&text)?;
        }
    }

    /// Treats what has come until now as it must be.
    pub(crate) fn catch_up(&mut self) -> Result<()> {
        while let Some(text) = self.next(Instant::now())? {
            self.keep('<', &text);
            self.be_polite(&text)?;
        }
        Ok(())
    }

    pub(crate) fn be_polite(&mut self, text: &str) -> Result<()> {
        let replies = match text.starts_with("SIP/") {
            false => self.answer(text),
            true => self.acknowledge(text),
        };
        for reply in replies {
            // It may have hung up meanwhile.
            let said = self.say(&reply);
            if said.is_err() {
                self.reconnect()?;
            }
        }
        Ok(())
    }

    /// Yes to whatever is asked; what is cancelled ends.
    fn answer(&mut self, text: &str) -> Vec<String> {
        let mut replies: Vec<String> = answer_to(text, self.own).into_iter().collect();
        match method(text) {
            "INVITE" if tag(header(text, "To")).is_empty() => text.clone_into(&mut self.invite),
            "CANCEL" => replies.push(terminated(&self.invite)),
            _ => {}
        }
        replies
    }

    /// The ACK of an answer to an INVITE, and BYE where the talk is not that which is wanted.
    fn acknowledge(&mut self, text: &str) -> Vec<String> {
        if !is_final(text) || !header(text, "CSeq").ends_with("INVITE") {
            return Vec::new();
        }
        // Of all lines: who speaks from the same place may not name two transactions alike.
        static REPLIES: AtomicU32 = AtomicU32::new(0);
        let branch = format!("polite{}", REPLIES.fetch_add(1, Ordering::Relaxed));
        let ack = acknowledgement(text, self.own, self.transport(), &branch);
        let is_wanted = tag(header(text, "To")) == self.talk;
        match status(text) == 200 && !is_wanted {
            true => vec![ack, bye(text, self.own, self.transport(), &branch)],
            false => vec![ack],
        }
    }

    /// The next message; None: there is none until then, or the connection has ended.
    fn next(&mut self, until: Instant) -> Result<Option<String>> {
        let left = || {
            let left = until.saturating_duration_since(Instant::now());
            Some(left.max(Duration::from_millis(1)))
        };
        let mut bytes = [0; 65_536];
        match &mut self.way {
            Way::Datagrams(socket) => {
                socket.set_read_timeout(left())?;
                let heard = socket.recv(&mut bytes).ok();
                Ok(heard.map(|length| String::from_utf8_lossy(&bytes[..length]).into_owned()))
            }
            Way::Stream(stream, buffer) => loop {
                if let Some(text) = first_of(buffer) {
                    return Ok(Some(text));
                }
                stream.set_read_timeout(left())?;
                match stream.read(&mut bytes) {
                    Ok(0) | Err(_) => return Ok(None),
                    Ok(length) => buffer.extend_from_slice(&bytes[..length]),
                }
            },
        }
    }
}

fn datagrams(host: IpAddr, target: SocketAddr) -> Result<Way> {
    let socket = UdpSocket::bind((host, target.port()))?;
    socket.connect(target)?;
    Ok(Way::Datagrams(socket))
}

fn connected(host: IpAddr, target: SocketAddr) -> Result<Way> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(host, 0))?;
    let connecting = socket.connect(target);
    let stream = tokio::runtime::Handle::current().block_on(connecting)?;
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(Way::Stream(stream, Vec::new()))
}
