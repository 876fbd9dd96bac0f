//! What is said over SIP, seen: counted, kept for `gudok ladder`, told to a HOMER collector, written to the log at
//! `trace`. Nothing here waits, and nothing of a call depends on it.
use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, SocketAddr, UdpSocket};

use anyhow::Context;
use gudok_model::{LegId, Mono, Now};
use gudok_sip::endpoint::{Absorbed, Endpoint, Flow};
use gudok_sip::message::Headers;
use gudok_trace::{Keeper, Peek, Seen, Start, Verb, hep, mask, peek};
use gudok_web::metrics::Counter;

use super::Paper;
use super::legs::Legs;
use super::tap::Tap;
use crate::config::{self, Config};
use crate::metrics::{Metrics, Signalling};

/// The log target of messages; they are told at `trace` alone.
const TARGET: &str = "gudok::sip";

/// Sees every message that comes and goes.
pub(crate) struct Seeing {
    /// None: nothing is kept, and nothing is told to a collector.
    keeper: Option<Keeper>,
    outlets: Outlets,
    signalling: Signalling,
    /// While an admin learns from live calls.
    tap: Option<Box<Tap>>,
    private: Private,
}

/// Most calls of private callers remembered for the log; of the one that began longest ago answers tell again what they
/// tell of others.
const PRIVATE_MAX: usize = 1_024;

/// The calls whose callers withhold the number, by their Call-IDs: their answers and goodbyes do not say so. Filled while
/// messages are logged, and then alone.
#[derive(Default)]
struct Private {
    calls: VecDeque<u64>,
    hasher: RandomState,
}

/// Where the messages of calls go.
struct Outlets {
    journal: bool,
    collector: Option<Collector>,
    /// Messages the disk was too far behind for.
    shed: Counter,
    /// Messages that did not go to the collector.
    dropped: Counter,
}

/// A HOMER collector. What the system cannot take at once is dropped and counted: its socket is the bounded queue.
#[derive(Debug)]
struct Collector {
    socket: UdpSocket,
    agent: u32,
    key: Option<String>,
    /// Where others see us over IPv4 and IPv6: a socket that listens on all addresses has none of its own.
    own: [Option<IpAddr>; 2],
}

/// Who is who, asked for a message that no call is known for.
#[derive(Clone, Copy)]
pub(super) struct Who<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) legs: &'a Legs,
}

impl Seeing {
    /// From the configuration. `seed`: secret.
    ///
    /// # Errors
    /// When there is no socket for the collector, or its password cannot be read.
    pub(crate) fn open(
        config: &Config,
        seed: &[u8; 32],
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        let collector = config.hep.as_ref();
        let collector = collector.map(|hep| Collector::open(hep, config));
        let collector = collector.transpose()?;
        let journal = config.journal.sip;
        let wanted = journal || collector.is_some();
        let seed = u64::from_be_bytes(seed[8..16].try_into().unwrap_or_default());
        let signalling = Signalling::new(metrics);
        Ok(Self {
            keeper: wanted.then(|| Keeper::new(seed)),
            outlets: Outlets {
                journal,
                collector,
                shed: signalling.shed(),
                dropped: signalling.hep_dropped(),
            },
            signalling,
            tap: None,
            private: Private::default(),
        })
    }

    /// Whether the collector's password can be read.
    ///
    /// # Errors
    /// When it cannot.
    pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
        config.hep.as_ref().map_or(Ok(()), |hep| key(hep).map(drop))
    }

    /// A message came.
    pub(super) fn heard(
        &mut self,
        now: Now,
        flow: &Flow,
        bytes: &[u8],
        who: Who<'_>,
        paper: &mut Paper,
    ) {
        if let Some(tap) = &mut self.tap {
            tap.hear(now, flow, bytes, who.endpoint);
        }
        self.pass(now, false, flow, bytes, who, paper);
    }

    /// An INVITE came that is answered unread.
    pub(super) fn missed(
        &mut self,
        now: Now,
        flow: &Flow,
        bytes: &[u8],
        who: Who<'_>,
        paper: &mut Paper,
    ) {
        if let Some(tap) = &mut self.tap {
            tap.miss(flow, bytes, who.endpoint);
        }
        self.pass(now, false, flow, bytes, who, paper);
    }

    /// Whether a call that is turned away is to be seen like any other: some a second are kept for the ladder, and all are
    /// told to a log that wants to know everything. The rest need only be counted: [`Self::turned_away`].
    pub(super) fn wants_refused(&mut self, now: Mono) -> bool {
        tracing::enabled!(target: TARGET, tracing::Level::TRACE)
            || self
                .keeper
                .as_mut()
                .is_some_and(|keeper| keeper.keeps_refused(now))
    }

    /// A call was turned away that nobody need see.
    pub(super) fn turned_away(&mut self, flow: &Flow, bytes: &[u8], endpoint: &Endpoint) {
        if let Some(tap) = &mut self.tap {
            tap.miss(flow, bytes, endpoint);
        }
        self.signalling
            .passed(false, &of_invite(Start::Request(Verb::Invite)));
        self.signalling
            .passed(true, &of_invite(Start::Response(503)));
    }

    /// The ACK of a refusal came, which nobody has parsed. It is seen where its INVITE was. `now`: asked where it is.
    pub(super) fn absorbed(
        &mut self,
        now: impl FnOnce() -> Now,
        flow: &Flow,
        (bytes, ack): (&[u8], Absorbed<'_>),
        who: Who<'_>,
        paper: &mut Paper,
    ) {
        let keeper = self.keeper.as_ref().filter(|_| !ack.curt);
        let knows = || keeper.is_some_and(|keeper| keeper.knows(ack.call_id.as_bytes()));
        if tracing::enabled!(target: TARGET, tracing::Level::TRACE) || knows() {
            return self.heard(now(), flow, bytes, who, paper);
        }
        let ack = Peek {
            start: Start::Request(Verb::Ack),
            verb: Verb::Ack,
            call_id: b"",
        };
        self.signalling.passed(false, &ack);
    }

    /// What came since this one asked last. None: somebody else is asking.
    pub(super) fn tapped(&mut self, now: Mono, asker: u64, trunk: &str) -> Option<Vec<u8>> {
        let old = self.tap.take().filter(|tap| !tap.is_left(now));
        let tap = old.unwrap_or_else(|| {
            tracing::info!(trunk, "new INVITEs are shown to the admin while he asks");
            Box::new(Tap::new(now, asker, trunk))
        });
        let tap = self.tap.insert(tap);
        tap.is_of(asker, trunk).then(|| tap.ask(now))
    }

    /// We say something.
    pub(super) fn said(
        &mut self,
        now: Now,
        flow: &Flow,
        bytes: &[u8],
        who: Who<'_>,
        paper: &mut Paper,
    ) {
        self.pass(now, true, flow, bytes, who, paper);
    }

    fn pass(
        &mut self,
        now: Now,
        sent: bool,
        flow: &Flow,
        bytes: &[u8],
        who: Who<'_>,
        paper: &mut Paper,
    ) {
        if tracing::enabled!(target: TARGET, tracing::Level::TRACE) {
            self.private.log(sent, flow, bytes);
        }
        let Some(peeked) = peek(bytes) else {
            return;
        };
        self.signalling.passed(sent, &peeked);
        let Some(keeper) = &mut self.keeper else {
            return;
        };
        let outlets = &mut self.outlets;
        keeper.pass(
            now,
            sent,
            flow,
            bytes,
            &peeked,
            || who.endpoint.source_of(*flow),
            |tag| who.legs.id_of_session(who.endpoint.session_of_tag(tag)?),
            &mut |seen| outlets.take(paper, seen),
        );
    }

    /// The INVITE with these headers is this leg.
    pub(super) fn bind(&mut self, invite: &Headers, leg: LegId, paper: &mut Paper) {
        let outlets = &mut self.outlets;
        let call_id = invite.get("Call-ID").unwrap_or_default();
        let tag = invite.from_tag().unwrap_or_default();
        if let Some(keeper) = &mut self.keeper {
            keeper.bind(call_id, tag, leg, &mut |seen| outlets.take(paper, seen));
        }
    }

    /// A leg is over; its last messages still pass.
    pub(super) fn over(&mut self, now: Mono, leg: LegId) {
        if let Some(keeper) = &mut self.keeper {
            keeper.over(now, leg);
        }
    }

    /// Now and then: forgets calls that have been over long enough, tells the metrics how things stand.
    pub(super) fn tick(&mut self, now: Mono, endpoint: &Endpoint, paper: &mut Paper) {
        self.signalling.stands(endpoint);
        self.tap = self.tap.take().filter(|tap| !tap.is_left(now));
        self.forget(Some(now), paper);
    }

    /// Nothing comes after.
    pub(super) fn close(&mut self, paper: &mut Paper) {
        self.forget(None, paper);
    }

    fn forget(&mut self, now: Option<Mono>, paper: &mut Paper) {
        let outlets = &mut self.outlets;
        if let Some(keeper) = &mut self.keeper {
            keeper.forget(now, &mut |seen| outlets.take(paper, seen));
            self.signalling.left_out(keeper.sums().left_out);
        }
    }
}

impl Outlets {
    fn take(&mut self, paper: &mut Paper, seen: &Seen<'_>) {
        if self.journal && !paper.message(seen) {
            self.shed.inc();
        }
        if let Some(collector) = &self.collector
            && !collector.tell(seen)
        {
            self.dropped.inc();
        }
    }
}

impl Collector {
    fn open(hep: &config::Hep, config: &Config) -> anyhow::Result<Self> {
        let any = if hep.collector.is_ipv4() {
            SocketAddr::from(([0, 0, 0, 0], 0))
        } else {
            SocketAddr::from(([0_u16; 8], 0))
        };
        let open = || {
            let socket = UdpSocket::bind(any)?;
            socket.set_nonblocking(true)?;
            socket.connect(hep.collector)?;
            Ok::<_, std::io::Error>(socket)
        };
        let socket =
            open().with_context(|| format!("hep.collector {} недоступен", hep.collector))?;
        Ok(Self {
            socket,
            agent: hep.id,
            key: key(hep)?,
            own: [false, true].map(|v6| config.advertised(v6)),
        })
    }

    /// False when it was dropped.
    fn tell(&self, seen: &Seen<'_>) -> bool {
        let correlation = match seen.leg {
            Some(leg) => leg.call.to_string(),
            None => {
                let call_id = peek(seen.bytes).map_or(&b""[..], |peeked| peeked.call_id);
                String::from_utf8_lossy(call_id).into_owned()
            }
        };
        let seen = &Seen {
            local: self.seen_by_others(seen),
            ..*seen
        };
        let datagram = hep::wrap(seen, self.agent, self.key.as_deref(), &correlation);
        self.socket.send(&datagram).is_ok()
    }

    fn seen_by_others(&self, seen: &Seen<'_>) -> SocketAddr {
        let v6 = seen.remote.ip().to_canonical().is_ipv6();
        let own = self.own[usize::from(v6)].filter(|_| seen.local.ip().is_unspecified());
        own.map_or(seen.local, |own| SocketAddr::new(own, seen.local.port()))
    }
}

/// A message of an INVITE, as far as it is counted.
fn of_invite(start: Start) -> Peek<'static> {
    Peek {
        start,
        verb: Verb::Invite,
        call_id: b"",
    }
}

fn key(hep: &config::Hep) -> anyhow::Result<Option<String>> {
    let Some(file) = &hep.password_file else {
        return Ok(None);
    };
    let key = std::fs::read_to_string(file);
    let key = key.with_context(|| format!("{}: пароль HEP не читается", file.display()))?;
    Ok(Some(key.trim_end().to_owned()))
}

impl Private {
    /// One line, without secrets and with numbers shortened; of private callers without names and numbers.
    #[cold]
    fn log(&mut self, sent: bool, flow: &Flow, bytes: &[u8]) {
        let mut text = bytes.to_vec();
        mask::hide_secrets(&mut text);
        let text = if self.is_of(bytes) {
            mask::shown_private(&text)
        } else {
            mask::shown(&text)
        };
        tracing::trace!(target: TARGET, sent, transport = flow.transport.name(), remote = %flow.remote, ?text, "message");
    }

    fn is_of(&mut self, bytes: &[u8]) -> bool {
        let call_id = peek(bytes).map_or(&b""[..], |peeked| peeked.call_id);
        let call = self.hasher.hash_one(call_id);
        if self.calls.contains(&call) {
            return true;
        }
        let withholds = mask::withholds(bytes);
        if withholds {
            self.calls.truncate(PRIVATE_MAX - 1);
            self.calls.push_front(call);
        }
        withholds
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::Wall;

    use super::*;

    #[test]
    fn what_answers_a_private_caller_is_logged_without_the_caller_too() {
        let message = |start: &str, id: &str, more: &str| {
            format!(
                "{start}\r\nFrom: <sip:79990007788@c>;tag=a\r\nCall-ID: {id}\r\nCSeq: 1 INVITE\r\n{more}\r\n"
            )
        };
        let mut private = Private::default();
        let mut is_of =
            |start: &str, id: &str, more: &str| private.is_of(message(start, id, more).as_bytes());
        let invite = "INVITE sip:88001234567@h SIP/2.0";
        assert!(is_of(invite, "one", "Privacy: id\r\n"));
        assert!(!is_of(invite, "other", ""));
        assert!(is_of("SIP/2.0 180 Ringing", "one", ""));
        assert!(!is_of("SIP/2.0 180 Ringing", "other", ""));
        for call in 0..2 * PRIVATE_MAX {
            assert!(is_of(invite, &call.to_string(), "Privacy: id\r\n"));
        }
        assert_eq!(private.calls.len(), PRIVATE_MAX);
    }

    #[test]
    fn the_collector_hears_where_we_are_seen_and_not_that_we_listen_everywhere() {
        let homer = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let address = homer.local_addr().expect("bound");
        socket.connect(address).expect("connected");
        let own = IpAddr::from([192, 0, 2, 7]);
        let collector = Collector {
            socket,
            agent: 1,
            key: None,
            own: [Some(own), None],
        };
        let seen = Seen {
            now: Now {
                mono: Mono(0),
                wall: Wall(0),
            },
            leg: None,
            sent: true,
            transport: "UDP",
            local: "[::]:5060".parse().expect("an address"),
            remote: "[::ffff:192.0.2.1]:5060".parse().expect("an address"),
            left_out: 0,
            whole: 0,
            bytes: b"",
        };
        assert!(collector.tell(&seen));
        let mut datagram = [0; 512];
        let length = homer.recv(&mut datagram).expect("it came");
        let source = [0, 0, 0, 3, 0, 10, 192, 0, 2, 7];
        assert!(datagram[..length].windows(10).any(|chunk| chunk == source));
    }
}
