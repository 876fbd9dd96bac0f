//! Flows over TCP, with or without TLS and WebSocket: one task a connection, framed messages in, bytes out, everything bounded.
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gudok_sip::endpoint::{Flow, Source, Transport};
use gudok_sip::frame::{Frame, Framer, PONG};
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::ends::{Ends, Why};
use super::places::{Place, Places, Room};
use super::queue::{Queue, queue};
use super::rate::{Rate, Rates};
use super::tls::Privacy;
use super::trust::{Names, Trust};
use super::udp::canonical;
use super::ws::{self, Origins};

/// Events of all flows that wait for the core. Full: the flows wait, their peers feel it (back-pressure).
const EVENTS_MAX: usize = 1_024;
/// Ends of flows that wait for the core, of those this side brought about. Beyond it the SIP timers notice.
pub(super) const LOST_MAX: usize = 1_024;
/// Bytes read at once.
const READ_CHUNK: usize = 4_096;
/// A peer that is silent for so long is asked by the system whether its machine is still there, so often and so many
/// times: a flow may rest for hours between an answer and a goodbye.
const ASKED_AFTER: Duration = Duration::from_secs(60);
const ASKED_EVERY: Duration = Duration::from_secs(15);
const ASKED_TIMES: u32 = 4;

/// Limits of TCP flows; what goes beyond is closed at once. Who gets a place when there are few: the module `places`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Flows at one time.
    pub flows: usize,
    /// Of these, for trunks alone.
    pub trunk_reserve: usize,
    /// Flows at one time of addresses that are neither a trunk's nor a registered phone's.
    pub strangers: usize,
    /// Flows of one stranger at one time; one is an IPv4 address or a /64.
    pub flows_per_stranger: usize,
    /// Flows at one time of one trunk's or phones' address: an office behind one NAT.
    pub flows_per_known: usize,
    /// A flow that brings nothing for this long is closed; a stranger's first message has `message` to come.
    pub idle: Duration,
    /// The same for a trunk's flow over TLS, and for one that we opened: between the answer and the goodbye of a long talk
    /// nothing need come, and not every trunk can open another one to us, nor we to it.
    pub idle_trunk: Duration,
    /// A message that has begun must be whole after this.
    pub message: Duration,
    /// Opening a flow to a peer.
    pub connect: Duration,
    /// Handshakes of strangers (TLS, WebSocket), all together: each costs CPU before anything is known of who asks.
    pub handshakes: Rate,
    /// Handshakes of one address or /64, whoever it is: an office behind one NAT comes back at once after a restart.
    pub handshakes_of_one: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows: 1_024,
            trunk_reserve: 64,
            strangers: 512,
            flows_per_stranger: 100,
            flows_per_known: 512,
            idle: Duration::from_secs(120),
            idle_trunk: Duration::from_secs(4 * 3_600),
            message: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            handshakes: Rate {
                per_second: 200,
                at_once: 400,
            },
            handshakes_of_one: Rate {
                per_second: 20,
                at_once: 100,
            },
        }
    }
}

impl Limits {
    /// Places for everybody.
    pub(super) fn below_reserve(&self) -> usize {
        self.flows.saturating_sub(self.trunk_reserve)
    }

    fn welcome(&self, source: Source) -> Welcome {
        match source {
            Source::Stranger => Welcome {
                patience: self.message,
                trusted: false,
            },
            Source::Trunk | Source::Phone => Welcome {
                patience: self.idle,
                trusted: true,
            },
        }
    }
}

/// What a flow is given to begin with.
#[derive(Clone, Copy, Debug)]
struct Welcome {
    /// For what has to come first.
    patience: Duration,
    /// Whether anything will do, even a keep-alive; of a stranger it has to be a message.
    trusted: bool,
}

impl Welcome {
    /// What is left of it.
    fn since(self, begun: Instant) -> Self {
        let patience = self.patience.saturating_sub(begun.elapsed());
        Self { patience, ..self }
    }
}

/// What a flow tells the core. Its end comes once, and nothing after it.
#[derive(Debug)]
pub(super) enum Event {
    Message(Flow, Vec<u8>),
    /// With whether messages for `connection` 0 of its peer went over it, and are lost too.
    Closed(Flow, bool, Why),
}

/// What a task tells this side: accepted streams have their place in the table given here, where the limits are.
#[derive(Debug)]
pub(super) enum Told {
    Message(Flow, Vec<u8>),
    Closed(Flow, Why),
    /// A flow of ours could not be opened: the core knows it by its peer only.
    Unopened(Flow, Why),
    Accepted(TcpStream, SocketAddr),
}

/// All flows of one transport: accepted by any number of listeners, and opened by us.
#[derive(Debug)]
pub(super) struct Tcp {
    transport: Transport,
    locals: Vec<SocketAddr>,
    /// None: what is said is said openly.
    privacy: Option<Privacy>,
    /// The pages that may connect, where it is WebSocket that is spoken.
    origins: Option<Origins>,
    names: Names,
    rates: Rates,
    limits: Limits,
    places: Places,
    /// Ends that this side brought about or saw at once.
    lost: VecDeque<Event>,
    ends: Ends,
    next_connection: u64,
    told: mpsc::Receiver<Told>,
    tell: mpsc::Sender<Told>,
    stash: Option<Told>,
}

/// First connection of a transport: the core knows flows by the number of their connection alone.
fn first_connection(transport: Transport) -> u64 {
    let kind: u64 = match transport {
        Transport::Udp | Transport::Tcp => 0,
        Transport::Tls => 1,
        Transport::Ws => 2,
        Transport::Wss => 3,
    };
    (kind << 61) + 1
}

impl Tcp {
    /// Without a listener yet.
    pub(super) fn new(
        transport: Transport,
        limits: Limits,
        privacy: Option<Privacy>,
        origins: Option<Origins>,
    ) -> Self {
        let (tell, told) = mpsc::channel(EVENTS_MAX);
        Self {
            transport,
            locals: Vec::new(),
            privacy,
            origins,
            names: Names::default(),
            rates: Rates::default(),
            limits,
            places: Places::default(),
            lost: VecDeque::new(),
            ends: Ends::default(),
            next_connection: first_connection(transport),
            told,
            tell,
            stash: None,
        }
    }

    /// One more listener. Within a tokio runtime.
    pub(super) fn listen(&mut self, listener: std::net::TcpListener) -> io::Result<()> {
        let listener = TcpListener::from_std(listener)?;
        self.locals.push(listener.local_addr()?);
        tokio::spawn(accept(listener, self.tell.clone()));
        Ok(())
    }

    pub(super) fn transport(&self) -> Transport {
        self.transport
    }

    /// Where it listens, in the order of the listeners.
    pub(super) fn locals(&self) -> &[SocketAddr] {
        &self.locals
    }

    /// Whom we believe where we connect.
    pub(super) fn believe(&mut self, trust: Trust) {
        if let Some(privacy) = &mut self.privacy {
            privacy.trust = Some(trust);
        }
    }

    /// The server at this address must prove this name.
    pub(super) fn expect(&mut self, remote: SocketAddr, name: &str) {
        if !self.names.expect(remote, name) {
            tracing::error!(%remote, "TLS: what is expected there is no name of a server");
        }
    }

    /// How many flows there are.
    pub(super) fn count(&self) -> usize {
        self.places.count()
    }

    /// How flows ended, and why others did not begin.
    pub(super) fn ends(&self) -> &Ends {
        &self.ends
    }

    pub(super) async fn readable(&mut self) {
        if self.stash.is_none() && self.lost.is_empty() {
            self.stash = self.told.recv().await;
        }
    }

    /// What came. `judge` says who an address is, for those who want a place.
    pub(super) fn next(&mut self, judge: &dyn Fn(IpAddr) -> Source) -> Option<Event> {
        loop {
            if let Some(event) = self.lost.pop_front() {
                return Some(event);
            }
            match self.stash.take().or_else(|| self.told.try_recv().ok())? {
                Told::Accepted(stream, remote) => self.adopt(stream, remote, judge),
                Told::Message(flow, bytes) if self.places.get(flow.connection).is_some() => {
                    return Some(Event::Message(flow, bytes));
                }
                Told::Unopened(flow, why) if self.places.leave(flow.connection).is_some() => {
                    let connection = 0;
                    self.ends.count(why);
                    return Some(Event::Closed(Flow { connection, ..flow }, true, why));
                }
                Told::Closed(flow, why) => {
                    if let Some(place) = self.places.leave(flow.connection) {
                        self.ends.count(why);
                        return Some(Event::Closed(flow, place.by_remote, why));
                    }
                }
                // Of a flow that was cut: its end was told then.
                Told::Message(..) | Told::Unopened(..) => {}
            }
        }
    }

    /// Sends on the flow named, on any flow to the same peer, or, where none is named, on a new one. A flow that was
    /// named and is gone is not opened again: the peer's port was its own end of the connection, nobody listens
    /// there, and strangers shall not make us connect. Over TLS what names no flow goes only where the server has proved
    /// the name that is expected of it.
    pub(super) fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        let by_remote = flow.connection == 0;
        let found = if by_remote {
            self.dial(flow.remote)
        } else {
            let named = self.places.get(flow.connection).map(|_| flow.connection);
            let other = || self.places.to(flow.remote, None);
            named.or_else(other).ok_or(Why::Gone)
        };
        let place = match found.map(|connection| self.places.get_mut(connection)) {
            Ok(Some(place)) => place,
            Ok(None) => return self.lose(flow, by_remote, Why::Gone),
            Err(why) => return self.lose(flow, by_remote, why),
        };
        place.by_remote |= by_remote;
        if !place.writes.push(bytes) {
            let connection = place.flow.connection;
            self.cut(connection, Why::Deaf);
        }
    }

    /// The flow for what names only a peer, opened if need be.
    fn dial(&mut self, remote: SocketAddr) -> Result<u64, Why> {
        let name = match self.transport {
            Transport::Tls => Some(self.names.of(remote).ok_or(Why::NoName)?),
            Transport::Udp | Transport::Tcp => None,
            // A browser cannot be called: only it can open another one.
            Transport::Ws | Transport::Wss => return Err(Why::Gone),
        };
        match self.places.to(remote, name.as_deref()) {
            Some(connection) => Ok(connection),
            None => self.open(remote, name),
        }
    }

    /// Ends a flow from this side. With the place goes the connection, at once: the flow's task may wait long for a
    /// peer that does not read, and such peers would hold more descriptors than there are places.
    fn cut(&mut self, connection: u64, why: Why) {
        if let Some(place) = self.places.leave(connection) {
            place.task.abort();
            self.lose(place.flow, place.by_remote, why);
        }
    }

    /// The core is told in the next round, so that what waits for an answer fails at once (RFC 3261 §17.1.4).
    fn lose(&mut self, flow: Flow, by_remote: bool, why: Why) {
        self.ends.count(why);
        if self.lost.len() < LOST_MAX {
            self.lost.push_back(Event::Closed(flow, by_remote, why));
        }
    }

    fn make_room(
        &mut self,
        address: IpAddr,
        source: Source,
        judge: &dyn Fn(IpAddr) -> Source,
    ) -> bool {
        match self.places.room(&self.limits, address, source, judge) {
            Room::Free => true,
            Room::Of(other) => {
                self.cut(other, Why::Room);
                true
            }
            Room::None => false,
        }
    }

    fn adopt(&mut self, stream: TcpStream, remote: SocketAddr, judge: &dyn Fn(IpAddr) -> Source) {
        let (remote, now) = (canonical(remote), Instant::now());
        let address = remote.ip();
        let source = match judge(address) {
            // Behind a proxy that speaks TLS for us: the reserve is not for browsers.
            Source::Trunk if self.transport.is_of_browsers() => Source::Phone,
            source => source,
        };
        let shakes_hands = self.privacy.is_some() || self.origins.is_some();
        if shakes_hands && !self.rates.admit(now, &self.limits, address, source) {
            self.ends.count(Why::Rate);
            tracing::debug!(?source, "flow refused: too many at once");
            return;
        }
        if !self.make_room(address, source, judge) {
            self.ends.count(Why::Refused);
            tracing::debug!(?source, "flow refused: too many");
            return;
        }
        let welcome = self.limits.welcome(source);
        let local = stream.local_addr().map_or(remote, canonical);
        prepare(&stream);
        let (tell, mut limits) = (self.tell.clone(), self.limits);
        let origins = self.origins.clone();
        let Some(privacy) = &self.privacy else {
            self.enter(local, remote, source, None, |flow, writes| {
                serve(stream, origins, flow, writes, tell, limits, welcome)
            });
            return;
        };
        if source == Source::Trunk {
            limits.idle = limits.idle_trunk;
        }
        let handshake = privacy.accept(stream, limits.message);
        self.enter(local, remote, source, None, |flow, writes| async move {
            match handshake.done().await {
                // A stranger has no longer for both than for a message.
                Ok(stream) => {
                    let welcome = welcome.since(now);
                    serve(stream, origins, flow, writes, tell, limits, welcome).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "a TLS handshake came to nothing");
                    let _ = tell.send(Told::Closed(flow, Why::Handshake)).await;
                }
            }
        });
    }

    /// A new flow to a peer; over TLS to one that must prove the name.
    fn open(
        &mut self,
        remote: SocketAddr,
        name: Option<Arc<ServerName<'static>>>,
    ) -> Result<u64, Why> {
        if !self
            .places
            .is_free(&self.limits, remote.ip(), Source::Trunk)
        {
            return Err(Why::Refused);
        }
        let (tell, mut limits) = (self.tell.clone(), self.limits);
        limits.idle = limits.idle_trunk;
        let welcome = limits.welcome(Source::Trunk);
        let connecting = async move {
            let connected = timeout(limits.connect, TcpStream::connect(remote)).await;
            let stream = connected.map_err(|_| Why::Unreachable)?;
            let stream = stream.map_err(|_| Why::Unreachable)?;
            prepare(&stream);
            Ok(stream)
        };
        let (proved, thread) = (name.clone(), self.privacy.clone());
        let work = |flow, writes| async move {
            let opened = match (connecting.await, name, thread) {
                (Ok(stream), None, None) => {
                    return run(stream, flow, writes, tell, limits, welcome).await;
                }
                (Ok(stream), Some(name), Some(privacy)) => {
                    let handshake = privacy.connect(stream, (*name).clone(), limits.message);
                    handshake
                        .done()
                        .await
                        .map_err(|error| refused(remote, &name, &error))
                }
                (Ok(_), ..) => Err(Why::NoName),
                (Err(why), ..) => Err(why),
            };
            match opened {
                Ok(stream) => run(stream, flow, writes, tell, limits, welcome).await,
                Err(why) => {
                    let _ = tell.send(Told::Unopened(flow, why)).await;
                }
            }
        };
        let local = self.local_towards(remote);
        Ok(self.enter(local, remote, Source::Trunk, proved, work))
    }

    /// Our address as far as it is known before the flow is open.
    fn local_towards(&self, remote: SocketAddr) -> SocketAddr {
        let mut locals = self.locals.iter();
        let same = locals.find(|local| local.is_ipv4() == remote.is_ipv4());
        same.copied().unwrap_or_else(|| match remote {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        })
    }

    /// A flow in its place with a task at `work`; gives its connection.
    fn enter<Work: Future<Output = ()> + Send + 'static>(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        source: Source,
        proved: Option<Arc<ServerName<'static>>>,
        work: impl FnOnce(Flow, Queue) -> Work,
    ) -> u64 {
        let flow = Flow {
            transport: self.transport,
            local,
            remote,
            connection: self.next_connection,
        };
        self.next_connection += 1;
        let (writes, queue) = queue();
        let place = Place {
            flow,
            writes,
            by_remote: false,
            proved,
            task: tokio::spawn(work(flow, queue)).abort_handle(),
        };
        self.places.enter(place, source);
        flow.connection
    }
}

/// What every connection is given.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let asked = TcpKeepalive::new()
        .with_time(ASKED_AFTER)
        .with_interval(ASKED_EVERY)
        .with_retries(ASKED_TIMES);
    let _ = SockRef::from(stream).set_tcp_keepalive(&asked);
}

/// Why a server is not to be talked to. The admin must see it: no call goes there until it is mended.
fn refused(remote: SocketAddr, name: &ServerName<'_>, error: &io::Error) -> Why {
    let name = name.to_str();
    tracing::warn!(%remote, %name, %error, "TLS: the server is refused");
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => Why::Untrusted,
        _ => Why::Handshake,
    }
}

/// Accepts until the daemon ends. Out of descriptors: waits, so that the loop does not spin.
async fn accept(listener: TcpListener, tell: mpsc::Sender<Told>) {
    const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                if tell.send(Told::Accepted(stream, remote)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "TCP accept failed");
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

/// One flow that somebody opened to us.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    origins: Option<Origins>,
    flow: Flow,
    writes: Queue,
    tell: mpsc::Sender<Told>,
    limits: Limits,
    welcome: Welcome,
) {
    match origins {
        Some(origins) => {
            ws::run(
                stream,
                origins,
                flow,
                writes,
                tell,
                limits,
                welcome.patience,
            )
            .await;
        }
        None => run(stream, flow, writes, tell, limits, welcome).await,
    }
}

/// One flow, until either side ends it.
async fn run(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    flow: Flow,
    mut writes: Queue,
    tell: mpsc::Sender<Told>,
    limits: Limits,
    welcome: Welcome,
) {
    let (mut framer, mut chunk) = (Framer::new(), vec![0_u8; READ_CHUNK]);
    // Set when a message begins, so that a peer that dribbles bytes cannot hold the flow for ever.
    let (mut deadline, mut trusted) = (Instant::now() + welcome.patience, welcome.trusted);
    let why = loop {
        let goes_on = tokio::select! {
            read = timeout_at(deadline, stream.read(&mut chunk)) => match read {
                Ok(Ok(length)) if length > 0 => {
                    let waited = !framer.is_between();
                    framer.push(&chunk[..length]);
                    deliver(&mut framer, &mut stream, flow, &tell, limits).await.map(|messages| {
                        trusted |= messages > 0;
                        if !trusted {
                            // Line ends are no message: they buy a stranger no time.
                        } else if framer.is_between() {
                            deadline = Instant::now() + limits.idle;
                        } else if messages > 0 || !waited {
                            deadline = Instant::now() + limits.message;
                        }
                    })
                }
                Ok(Ok(_) | Err(_)) => Err(Why::Over),
                Err(_) if framer.is_between() => Err(Why::Idle),
                Err(_) => Err(Why::Slow),
            },
            bytes = writes.next() => match bytes {
                Some(bytes) => say(&mut stream, &bytes, limits).await,
                None => Err(Why::Over),
            },
        };
        if let Err(why) = goes_on {
            break why;
        }
    };
    let _ = tell.send(Told::Closed(flow, why)).await;
}

/// Hands whole messages to the core and answers keep-alives; gives how many messages there were, or why the flow is to be
/// closed.
async fn deliver(
    framer: &mut Framer,
    stream: &mut (impl AsyncWrite + Unpin),
    flow: Flow,
    tell: &mpsc::Sender<Told>,
    limits: Limits,
) -> Result<usize, Why> {
    let mut messages = 0;
    while let Some(frame) = framer.next() {
        match frame {
            Ok(Frame::Message(bytes)) => {
                messages += 1;
                let told = tell.send(Told::Message(flow, bytes)).await;
                told.map_err(|_| Why::Over)?;
            }
            // RFC 5626 §3.5.1: a double CRLF is answered with one.
            Ok(Frame::Ping) => say(stream, PONG, limits).await?,
            Err(error) => {
                tracing::debug!(%error, "flow closed");
                return Err(Why::Framing);
            }
        }
    }
    Ok(messages)
}

/// Writes it all.
async fn say(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    limits: Limits,
) -> Result<(), Why> {
    let writing = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    match timeout(limits.message, writing).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Why::Over),
        Err(_) => Err(Why::Deaf),
    }
}

#[cfg(test)]
mod tests;
