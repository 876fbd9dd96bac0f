//! Flows over WebSocket (RFC 7118): browsers, one SIP message in each message of theirs.
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gudok_sip::endpoint::Flow;
use gudok_sip::frame::PONG;
use gudok_sip::parse::MESSAGE_MAX;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use super::ends::Why;
use super::queue::Queue;
use super::tcp::{Limits, Told};

/// What is spoken (RFC 7118 §4.1).
const SUBPROTOCOL: &str = "sip";
/// How often we ask whether the browser is still there: pages cannot ask (RFC 6455 §5.5.2).
const PING_EVERY: Duration = Duration::from_secs(30);
/// Bytes read at once.
const READ_CHUNK: usize = 4_096;
/// Longest head of an upgrade. Bytes; those of browsers, cookies included, are shorter.
const HEAD_MAX: usize = 16 * 1_024;
/// How a head ends (RFC 9112 §2.1).
const HEAD_END: &[u8] = b"\r\n\r\n";
/// What one flow may wait to write, when its peer does not read; a message more and it is over.
const UNWRITTEN_MAX: usize = 4 * MESSAGE_MAX;

/// Which pages may connect.
#[derive(Clone, Debug, Default)]
pub struct Origins(Arc<[String]>);

impl Origins {
    /// `https://desk.example.ru` and the like. What sends no Origin is no page, and may always.
    pub fn new(pages: &[String]) -> Self {
        Self(pages.into())
    }

    fn allow(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|page| origin == page.as_str())
    }
}

/// A stream whose message, once it has begun, must come whole in time: a peer that dribbles holds no flow.
pub(super) struct Hurried<S> {
    stream: S,
    /// What was read before the library, and what it gets in one piece first: the head of the upgrade, and what came behind it.
    read: VecDeque<Bytes>,
    patience: Duration,
    late: Pin<Box<Sleep>>,
    begun: bool,
}

impl<S> Hurried<S> {
    fn new(stream: S, patience: Duration) -> Self {
        Self {
            stream,
            read: VecDeque::new(),
            patience,
            late: Box::pin(sleep_until(Instant::now())),
            begun: false,
        }
    }

    /// Why it is over, when the time for a message is.
    fn late(&self) -> Why {
        if self.begun { Why::Slow } else { Why::Idle }
    }

    /// Reads the head of the upgrade to its end: the library takes one that comes in small pieces for an attack, and some
    /// proxies pass it on so. Who dribbles has as little time as ever.
    async fn read_head(&mut self) -> io::Result<()>
    where
        S: AsyncRead + Unpin,
    {
        let mut head = Vec::new();
        // What was looked through is not looked through again, however small the pieces are.
        let mut looked = 0;
        let end = loop {
            let unseen = head.get(looked..).unwrap_or_default();
            if let Some(at) = unseen.windows(HEAD_END.len()).position(|it| it == HEAD_END) {
                break looked + at + HEAD_END.len();
            }
            looked = head.len().saturating_sub(HEAD_END.len() - 1);
            if head.len() > HEAD_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut piece = [0; 512];
            match self.read(&mut piece).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => head.extend_from_slice(&piece[..count]),
            }
        };
        let mut head = Bytes::from(head);
        let behind = head.split_off(end);
        self.read.extend([head, behind]);
        self.read.retain(|it| !it.is_empty());
        Ok(())
    }

    /// A message is whole; the next byte begins another one.
    fn whole(&mut self) {
        self.begun = false;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Hurried<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(read) = self.read.front_mut() {
            let fits = read.len().min(buffer.remaining());
            buffer.put_slice(&read.split_to(fits));
            self.read.retain(|it| !it.is_empty());
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before && !self.begun {
            self.begun = true;
            let end = Instant::now() + self.patience;
            self.late.as_mut().reset(end);
        }
        if polled.is_pending() && self.begun && self.late.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Hurried<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

type Socket<S> = WebSocketStream<Hurried<S>>;

/// One flow, from its upgrade until either side ends it; `patience` is for the upgrade and the first message.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    origins: Origins,
    flow: Flow,
    mut writes: Queue,
    tell: mpsc::Sender<Told>,
    limits: Limits,
    patience: Duration,
) {
    let first = Instant::now() + patience;
    let upgrade = upgrade(Hurried::new(stream, limits.message), origins);
    let why = match timeout_at(first, upgrade).await {
        Ok(Ok(mut socket)) => {
            let talk = talk(&mut socket, flow, &mut writes, &tell, limits, first);
            talk.await.err().unwrap_or(Why::Over)
        }
        Ok(Err(why)) => why,
        Err(_) => Why::Slow,
    };
    let _ = tell.send(Told::Closed(flow, why)).await;
}

async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: Hurried<S>,
    origins: Origins,
) -> Result<Socket<S>, Why> {
    stream
        .read_head()
        .await
        .map_err(|error| not_upgraded(&error.into()))?;
    let limits = WebSocketConfig::default()
        .read_buffer_size(READ_CHUNK)
        .write_buffer_size(0)
        .max_write_buffer_size(UNWRITTEN_MAX)
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX));
    #[expect(
        clippy::result_large_err,
        reason = "the signature is given by tungstenite"
    )]
    let check = |request: &Request, response: Response| checked(&origins, request, response);
    let mut socket = accept_hdr_async_with_config(stream, check, Some(limits))
        .await
        .map_err(|error| not_upgraded(&error))?;
    socket.get_mut().whole();
    Ok(socket)
}

fn not_upgraded(error: &Error) -> Why {
    tracing::debug!(%error, "a WebSocket handshake came to nothing");
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Why::Slow,
        _ => Why::Handshake,
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the signature is given by tungstenite"
)]
fn checked(
    origins: &Origins,
    request: &Request,
    mut response: Response,
) -> Result<Response, ErrorResponse> {
    // A browser always sends Origin; a page we do not know must not speak as its user.
    let origin = request.headers().get(ORIGIN);
    if origin.is_some_and(|origin| !origins.allow(origin)) {
        return Err(refusal(
            StatusCode::FORBIDDEN,
            "this origin is not in sip.ws.origins",
        ));
    }
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    if !offered.any(|name| name.trim().eq_ignore_ascii_case(SUBPROTOCOL)) {
        return Err(refusal(
            StatusCode::BAD_REQUEST,
            "offer the subprotocol sip",
        ));
    }
    let chosen = HeaderValue::from_static(SUBPROTOCOL);
    response
        .headers_mut()
        .insert(SEC_WEBSOCKET_PROTOCOL, chosen);
    Ok(response)
}

fn refusal(status: StatusCode, remedy: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(remedy.into()));
    *response.status_mut() = status;
    response
}

/// Carries messages until one side ends.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
    flow: Flow,
    writes: &mut Queue,
    tell: &mpsc::Sender<Told>,
    limits: Limits,
    first: Instant,
) -> Result<(), Why> {
    // Pongs are signs of life, but not before the first message: a stranger must say something in time.
    let (mut deadline, mut spoken) = (first, false);
    let mut ping = Instant::now() + PING_EVERY;
    loop {
        tokio::select! {
            came = timeout_at(deadline, socket.next()) => {
                let message = came.map_err(|_| socket.get_ref().late())?.ok_or(Why::Over)?;
                let message = message.map_err(|error| reason(&error))?;
                socket.get_mut().whole();
                spoken |= hear(socket, message, flow, tell, limits).await?;
                if spoken {
                    deadline = Instant::now() + limits.idle;
                }
            }
            bytes = writes.next() => {
                let bytes = bytes.ok_or(Why::Over)?;
                say(socket, message_of(bytes), limits).await?;
            }
            () = sleep_until(ping) => {
                ping = Instant::now() + PING_EVERY;
                say(socket, Message::Ping(Bytes::new()), limits).await?;
            }
        }
    }
}

/// True when it was a message for the core.
async fn hear<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
    message: Message,
    flow: Flow,
    tell: &mpsc::Sender<Told>,
    limits: Limits,
) -> Result<bool, Why> {
    let bytes: Vec<u8> = match message {
        Message::Text(text) => Bytes::from(text).into(),
        Message::Binary(bytes) => bytes.into(),
        Message::Close(_) => return Err(Why::Over),
        // A pong to their ping is sent by the library.
        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(false),
    };
    if bytes == b"\r\n\r\n" {
        // RFC 5626 §4.4.1, which RFC 7118 §6 allows.
        say(socket, message_of(PONG.to_vec()), limits).await?;
        return Ok(false);
    }
    if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
        return Ok(false);
    }
    let told = tell.send(Told::Message(flow, bytes)).await;
    told.map_err(|_| Why::Over)?;
    Ok(true)
}

/// Text where it is text: some libraries in browsers take nothing else.
fn message_of(bytes: Vec<u8>) -> Message {
    match String::from_utf8(bytes) {
        Ok(text) => Message::Text(Utf8Bytes::from(text)),
        Err(error) => Message::Binary(error.into_bytes().into()),
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
    message: Message,
    limits: Limits,
) -> Result<(), Why> {
    match timeout(limits.message, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(reason(&error)),
        Err(_) => Err(Why::Deaf),
    }
}

fn reason(error: &Error) -> Why {
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Why::Slow,
        Error::Capacity(_) | Error::Protocol(_) | Error::Utf8(_) => Why::Framing,
        Error::WriteBufferFull(_) => Why::Deaf,
        _ => Why::Over,
    }
}

#[cfg(test)]
mod tests;
