//! TCP flows: one task a connection, framed messages in, bytes out, everything bounded.
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use gudok_sip::endpoint::{Flow, Transport};
use gudok_sip::frame::{Frame, Framer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// Events of all flows that wait for the core. Full: the flows wait, their peers feel it (back-pressure).
const EVENTS_MAX: usize = 1_024;
/// Messages that wait to be written on one flow. Full: the peer does not read, the flow is closed.
const WRITES_MAX: usize = 64;
/// Bytes read at once.
const READ_CHUNK: usize = 4_096;

/// Limits of TCP flows; what goes beyond is closed at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Flows at one time.
    pub flows: usize,
    /// Flows of one source address at one time.
    pub flows_per_source: usize,
    /// A flow that brings nothing for this long is closed.
    pub idle: Duration,
    /// A message that has begun must be whole after this.
    pub message: Duration,
    /// Opening a flow to a peer.
    pub connect: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flows: 1_024,
            flows_per_source: 100,
            idle: Duration::from_secs(120),
            message: Duration::from_secs(10),
            connect: Duration::from_secs(5),
        }
    }
}

/// What a flow tells the core.
#[derive(Debug)]
pub(super) enum Event {
    Message(Flow, Vec<u8>),
    Closed(Flow),
}

/// What a task tells this side: accepted streams have their place in the table given here, where the limits are.
#[derive(Debug)]
enum Told {
    Event(Event),
    Accepted(TcpStream, SocketAddr),
}

/// All TCP flows.
#[derive(Debug)]
pub(super) struct Tcp {
    local: SocketAddr,
    limits: Limits,
    flows: BTreeMap<u64, (Flow, mpsc::Sender<Vec<u8>>)>,
    next_connection: u64,
    told: mpsc::Receiver<Told>,
    tell: mpsc::Sender<Told>,
    stash: Option<Told>,
}

impl Tcp {
    pub(super) fn listen(listener: std::net::TcpListener, limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::from_std(listener)?;
        let local = listener.local_addr()?;
        let (tell, told) = mpsc::channel(EVENTS_MAX);
        tokio::spawn(accept(listener, tell.clone()));
        Ok(Self {
            local,
            limits,
            flows: BTreeMap::new(),
            next_connection: 1,
            told,
            tell,
            stash: None,
        })
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    pub(super) async fn readable(&mut self) {
        if self.stash.is_none() {
            self.stash = self.told.recv().await;
        }
    }

    pub(super) fn next(&mut self) -> Option<Event> {
        loop {
            match self.stash.take().or_else(|| self.told.try_recv().ok())? {
                Told::Accepted(stream, remote) => self.adopt(stream, remote),
                Told::Event(event) => {
                    if let Event::Closed(flow) = &event {
                        self.flows.remove(&flow.connection);
                    }
                    return Some(event);
                }
            }
        }
    }

    /// Sends on the flow named, on any flow to the same peer, or on a new one.
    pub(super) fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        let known = self
            .flows
            .get(&flow.connection)
            .map(|_| flow.connection)
            .or_else(|| {
                self.flows
                    .iter()
                    .find(|(_, (f, _))| f.remote == flow.remote)
                    .map(|(connection, _)| *connection)
            });
        let connection = match known {
            Some(connection) => connection,
            None if self.has_room(flow.remote.ip()) => self.open(flow.remote),
            None => return self.report_closed(flow),
        };
        let Some((flow, writes)) = self.flows.get(&connection) else {
            return;
        };
        if writes.try_send(bytes).is_err() {
            let flow = *flow;
            self.flows.remove(&connection);
            self.report_closed(flow);
        }
    }

    fn has_room(&self, source: IpAddr) -> bool {
        let of_source = self
            .flows
            .values()
            .filter(|(flow, _)| flow.remote.ip() == source)
            .count();
        self.flows.len() < self.limits.flows && of_source < self.limits.flows_per_source
    }

    fn adopt(&mut self, stream: TcpStream, remote: SocketAddr) {
        if !self.has_room(remote.ip()) {
            tracing::debug!("TCP flow refused: too many");
            return;
        }
        let local = stream.local_addr().unwrap_or(self.local);
        let (flow, writes) = self.enter(local, remote);
        tokio::spawn(run(stream, flow, writes, self.tell.clone(), self.limits));
    }

    fn open(&mut self, remote: SocketAddr) -> u64 {
        let (flow, writes) = self.enter(self.local, remote);
        let (tell, limits) = (self.tell.clone(), self.limits);
        tokio::spawn(async move {
            match timeout(limits.connect, TcpStream::connect(remote)).await {
                Ok(Ok(stream)) => run(stream, flow, writes, tell, limits).await,
                Ok(Err(_)) | Err(_) => {
                    let _ = tell.send(Told::Event(Event::Closed(flow))).await;
                }
            }
        });
        flow.connection
    }

    fn enter(&mut self, local: SocketAddr, remote: SocketAddr) -> (Flow, mpsc::Receiver<Vec<u8>>) {
        let flow = Flow {
            transport: Transport::Tcp,
            local,
            remote,
            connection: self.next_connection,
        };
        self.next_connection += 1;
        let (write, writes) = mpsc::channel(WRITES_MAX);
        self.flows.insert(flow.connection, (flow, write));
        (flow, writes)
    }

    /// Tells the core in the next round; where the queue is full the SIP timers notice.
    fn report_closed(&mut self, flow: Flow) {
        let _ = self.tell.try_send(Told::Event(Event::Closed(flow)));
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

/// One flow, until either side ends it.
async fn run(
    mut stream: TcpStream,
    flow: Flow,
    mut writes: mpsc::Receiver<Vec<u8>>,
    tell: mpsc::Sender<Told>,
    limits: Limits,
) {
    let _ = stream.set_nodelay(true);
    let (mut framer, mut chunk) = (Framer::new(), vec![0_u8; READ_CHUNK]);
    // Set when a message begins, so that a peer that dribbles bytes cannot hold the flow for ever.
    let mut deadline = Instant::now() + limits.idle;
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
                Some(bytes) => matches!(timeout(limits.message, stream.write_all(&bytes)).await, Ok(Ok(()))),
                None => false,
            },
        };
        if !goes_on {
            break;
        }
    }
    let _ = tell.send(Told::Event(Event::Closed(flow))).await;
}

/// Hands whole messages to the core and answers keep-alives; false when the flow is to be closed.
async fn deliver(
    framer: &mut Framer,
    stream: &mut TcpStream,
    flow: Flow,
    tell: &mpsc::Sender<Told>,
    limits: Limits,
) -> bool {
    while let Some(frame) = framer.next() {
        match frame {
            Ok(Frame::Message(bytes)) => {
                if tell
                    .send(Told::Event(Event::Message(flow, bytes)))
                    .await
                    .is_err()
                {
                    return false;
                }
            }
            // RFC 5626 §3.5.1: a double CRLF is answered with one.
            Ok(Frame::Ping) => {
                if !matches!(
                    timeout(limits.message, stream.write_all(b"\r\n")).await,
                    Ok(Ok(()))
                ) {
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
