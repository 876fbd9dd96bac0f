//! Flows over TCP, with or without TLS and WebSocket: one task a connection, framed messages in, bytes out, everything bounded.
mod limits;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use gudok_sip::endpoint::{Flow, Source, Transport};
use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::ends::{Ends, Why};
use super::places::{Place, Places, Room};
use super::queue::{Queue, queue};
use super::rate::Rates;
use super::tls::Privacy;
use super::trust::{Names, Trust};
use super::udp::canonical;
use super::ws::Origins;
pub use limits::Limits;
use limits::Welcome;
use tasks::{accept, prepare, refused, run, serve};

/// Events of all flows that wait for the core. Full: the flows wait, their peers feel it (back-pressure).
const EVENTS_MAX: usize = 1_024;
/// Ends of flows that wait for the core, of those this side brought about. Beyond it the SIP timers notice.
pub(super) const LOST_MAX: usize = 1_024;

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
