//! Flows over TCP, with or without TLS: one task a connection, framed messages in, bytes out, everything bounded.
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use gudok_sip::endpoint::{Flow, Source, Transport};
use gudok_sip::frame::{Frame, Framer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::places::{Place, Places, Room};
use super::tls::Handshakes;

/// Events of all flows that wait for the core. Full: the flows wait, their peers feel it (back-pressure).
const EVENTS_MAX: usize = 1_024;
/// Messages that wait to be written on one flow. Full: the peer does not read, the flow is closed.
const WRITES_MAX: usize = 64;
/// Ends of flows that wait for the core, of those this side brought about. Beyond it the SIP timers notice.
const LOST_MAX: usize = 1_024;
/// Bytes read at once.
const READ_CHUNK: usize = 4_096;

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
    /// The same for a trunk's flow over TLS: between the answer and the goodbye of a long talk nothing need come, and we
    /// have no way to open another one.
    pub idle_trunk_tls: Duration,
    /// A message that has begun must be whole after this.
    pub message: Duration,
    /// Opening a flow to a peer.
    pub connect: Duration,
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
            idle_trunk_tls: Duration::from_secs(4 * 3_600),
            message: Duration::from_secs(10),
            connect: Duration::from_secs(5),
        }
    }
}

impl Limits {
    /// Places for everybody.
    pub(super) fn below_reserve(&self) -> usize {
        self.flows.saturating_sub(self.trunk_reserve)
    }
}

/// What a flow tells the core. Its end comes once, and nothing after it.
#[derive(Debug)]
pub(super) enum Event {
    Message(Flow, Vec<u8>),
    /// With whether messages for `connection` 0 of its peer went over it, and are lost too.
    Closed(Flow, bool),
}

/// What a task tells this side: accepted streams have their place in the table given here, where the limits are.
#[derive(Debug)]
enum Told {
    Message(Flow, Vec<u8>),
    Closed(Flow),
    /// A flow of ours could not be opened: the core knows it by its peer only.
    Unopened(Flow),
    Accepted(TcpStream, SocketAddr),
}

/// First connection over TLS: the core knows flows by the number of their connection alone.
const TLS_CONNECTIONS: u64 = 1 << 62;

/// All flows of one listener.
#[derive(Debug)]
pub(super) struct Tcp {
    local: SocketAddr,
    /// None: what is said is said openly.
    tls: Option<Handshakes>,
    limits: Limits,
    places: Places,
    /// Ends that this side brought about or saw at once.
    lost: VecDeque<Event>,
    next_connection: u64,
    told: mpsc::Receiver<Told>,
    tell: mpsc::Sender<Told>,
    stash: Option<Told>,
}

impl Tcp {
    pub(super) fn listen(
        listener: std::net::TcpListener,
        limits: Limits,
        tls: Option<Handshakes>,
    ) -> io::Result<Self> {
        let listener = TcpListener::from_std(listener)?;
        let local = listener.local_addr()?;
        let (tell, told) = mpsc::channel(EVENTS_MAX);
        tokio::spawn(accept(listener, tell.clone()));
        Ok(Self {
            local,
            next_connection: tls.as_ref().map_or(1, |_| TLS_CONNECTIONS),
            tls,
            limits,
            places: Places::default(),
            lost: VecDeque::new(),
            told,
            tell,
            stash: None,
        })
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.local
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
                Told::Unopened(flow) if self.places.leave(flow.connection).is_some() => {
                    let connection = 0;
                    return Some(Event::Closed(Flow { connection, ..flow }, true));
                }
                Told::Closed(flow) => {
                    if let Some(place) = self.places.leave(flow.connection) {
                        return Some(Event::Closed(flow, place.by_remote));
                    }
                }
                // Of a flow that was cut: its end was told then.
                Told::Message(..) | Told::Unopened(_) => {}
            }
        }
    }

    /// Sends on the flow named, on any flow to the same peer, or, where none is named, on a new one. A flow that was
    /// named and is gone is not opened again: the peer's port was its own end of the connection, nobody listens
    /// there, and strangers shall not make us connect.
    pub(super) fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        let by_remote = flow.connection == 0;
        let named = self.places.get(flow.connection).map(|_| flow.connection);
        let connection = match named.or_else(|| self.places.to(flow.remote)) {
            Some(connection) => Some(connection),
            None if by_remote => self.open(flow.remote),
            None => None,
        };
        let place = connection.and_then(|connection| self.places.get_mut(connection));
        let Some(place) = place else {
            return self.lose(flow, by_remote);
        };
        place.by_remote |= by_remote;
        if place.writes.try_send(bytes).is_err() {
            let connection = place.flow.connection;
            self.cut(connection);
        }
    }

    /// Ends a flow from this side. With the place goes the connection, at once: the flow's task may wait long for a
    /// peer that does not read, and such peers would hold more descriptors than there are places.
    fn cut(&mut self, connection: u64) {
        if let Some(place) = self.places.leave(connection) {
            place.task.abort();
            self.lose(place.flow, place.by_remote);
        }
    }

    /// The core is told in the next round, so that what waits for an answer fails at once (RFC 3261 §17.1.4).
    fn lose(&mut self, flow: Flow, by_remote: bool) {
        if self.lost.len() < LOST_MAX {
            self.lost.push_back(Event::Closed(flow, by_remote));
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
                self.cut(other);
                true
            }
            Room::None => false,
        }
    }

    fn adopt(&mut self, stream: TcpStream, remote: SocketAddr, judge: &dyn Fn(IpAddr) -> Source) {
        let source = judge(remote.ip());
        if !self.make_room(remote.ip(), source, judge) {
            tracing::debug!(?source, "TCP flow refused: too many");
            return;
        }
        let patience = match source {
            Source::Stranger => self.limits.message,
            Source::Trunk | Source::Phone => self.limits.idle,
        };
        let local = stream.local_addr().unwrap_or(self.local);
        let _ = stream.set_nodelay(true);
        let (tell, mut limits) = (self.tell.clone(), self.limits);
        let Some(tls) = &self.tls else {
            self.enter(local, remote, source, |flow, writes| {
                run(stream, flow, writes, tell, limits, patience)
            });
            return;
        };
        if source == Source::Trunk {
            limits.idle = limits.idle_trunk_tls;
        }
        let (handshake, begun) = (tls.begin(stream, limits.message), Instant::now());
        self.enter(local, remote, source, |flow, writes| async move {
            match handshake.done().await {
                // A stranger has no longer for both than for a message.
                Ok(stream) => {
                    let left = patience.saturating_sub(begun.elapsed());
                    run(stream, flow, writes, tell, limits, left).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "a TLS handshake came to nothing");
                    let _ = tell.send(Told::Closed(flow)).await;
                }
            }
        });
    }

    /// None: no place; or TLS, where we only answer on flows that others opened: whose certificate to believe is not
    /// known of a bare address.
    fn open(&mut self, remote: SocketAddr) -> Option<u64> {
        if self.tls.is_some() {
            return None;
        }
        if !self
            .places
            .is_free(&self.limits, remote.ip(), Source::Trunk)
        {
            return None;
        }
        let (tell, limits) = (self.tell.clone(), self.limits);
        let work = |flow, writes| async move {
            match timeout(limits.connect, TcpStream::connect(remote)).await {
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    run(stream, flow, writes, tell, limits, limits.idle).await;
                }
                Ok(Err(_)) | Err(_) => {
                    let _ = tell.send(Told::Unopened(flow)).await;
                }
            }
        };
        Some(self.enter(self.local, remote, Source::Trunk, work))
    }

    /// A flow in its place with a task at `work`; gives its connection.
    fn enter<Work: Future<Output = ()> + Send + 'static>(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        source: Source,
        work: impl FnOnce(Flow, mpsc::Receiver<Vec<u8>>) -> Work,
    ) -> u64 {
        let flow = Flow {
            transport: if self.tls.is_some() {
                Transport::Tls
            } else {
                Transport::Tcp
            },
            local,
            remote,
            connection: self.next_connection,
        };
        self.next_connection += 1;
        let (writes, queue) = mpsc::channel(WRITES_MAX);
        let place = Place {
            flow,
            writes,
            by_remote: false,
            task: tokio::spawn(work(flow, queue)).abort_handle(),
        };
        self.places.enter(place, source);
        flow.connection
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

/// One flow, until either side ends it; `patience` is for its first byte.
async fn run(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    flow: Flow,
    mut writes: mpsc::Receiver<Vec<u8>>,
    tell: mpsc::Sender<Told>,
    limits: Limits,
    patience: Duration,
) {
    let (mut framer, mut chunk) = (Framer::new(), vec![0_u8; READ_CHUNK]);
    // Set when a message begins, so that a peer that dribbles bytes cannot hold the flow for ever.
    let mut deadline = Instant::now() + patience;
    loop {
        let goes_on = tokio::select! {
            read = timeout_at(deadline, stream.read(&mut chunk)) => match read {
                Ok(Ok(length)) if length > 0 => {
                    let began = framer.unread() == 0;
                    framer.push(&chunk[..length]);
                    let alive = deliver(&mut framer, &mut stream, flow, &tell, limits).await;
                    if framer.unread() == 0 {
                        deadline = Instant::now() + limits.idle;
                    } else if began {
                        deadline = Instant::now() + limits.message;
                    }
                    alive
                }
                Ok(Ok(_) | Err(_)) | Err(_) => false,
            },
            bytes = writes.recv() => match bytes {
                Some(bytes) => say(&mut stream, &bytes, limits).await,
                None => false,
            },
        };
        if !goes_on {
            break;
        }
    }
    let _ = tell.send(Told::Closed(flow)).await;
}

/// Hands whole messages to the core and answers keep-alives; false when the flow is to be closed.
async fn deliver(
    framer: &mut Framer,
    stream: &mut (impl AsyncWrite + Unpin),
    flow: Flow,
    tell: &mpsc::Sender<Told>,
    limits: Limits,
) -> bool {
    while let Some(frame) = framer.next() {
        match frame {
            Ok(Frame::Message(bytes)) => {
                if tell.send(Told::Message(flow, bytes)).await.is_err() {
                    return false;
                }
            }
            // RFC 5626 §3.5.1: a double CRLF is answered with one.
            Ok(Frame::Ping) => {
                if !say(stream, b"\r\n", limits).await {
                    return false;
                }
            }
            Err(error) => {
                tracing::debug!(%error, "TCP flow closed");
                return false;
            }
        }
    }
    true
}

/// Writes it all; false when the flow is to be closed.
async fn say(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8], limits: Limits) -> bool {
    let writing = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    matches!(timeout(limits.message, writing).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests;
