//! The tasks behind flows: one a listener that waits for connections, one a connection.
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use gudok_sip::endpoint::Flow;
use gudok_sip::frame::{Frame, Framer, PONG};
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::ends::Why;
use super::super::queue::Queue;
use super::super::ws::{self, Origins};
use super::{Limits, Told, Welcome};

/// Bytes read at once.
const READ_CHUNK: usize = 4_096;
/// A peer that is silent for so long is asked by the system whether its machine is still there, so often and so many
/// times: a flow may rest for hours between an answer and a goodbye.
const ASKED_AFTER: Duration = Duration::from_secs(60);
const ASKED_EVERY: Duration = Duration::from_secs(15);
const ASKED_TIMES: u32 = 4;

/// What every connection is given.
pub(super) fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let asked = TcpKeepalive::new()
        .with_time(ASKED_AFTER)
        .with_interval(ASKED_EVERY)
        .with_retries(ASKED_TIMES);
    let _ = SockRef::from(stream).set_tcp_keepalive(&asked);
}

/// Why a server is not to be talked to. The admin must see it: no call goes there until it is mended.
pub(super) fn refused(remote: SocketAddr, name: &ServerName<'_>, error: &io::Error) -> Why {
    let name = name.to_str();
    tracing::warn!(%remote, %name, %error, "TLS: the server is refused");
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => Why::Untrusted,
        _ => Why::Handshake,
    }
}

/// Accepts until the daemon ends. Out of descriptors: waits, so that the loop does not spin.
pub(super) async fn accept(listener: TcpListener, tell: mpsc::Sender<Told>) {
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
pub(super) async fn serve(
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
pub(super) async fn run(
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
