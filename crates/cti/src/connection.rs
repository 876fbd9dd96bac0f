//! One socket from the handshake to its end.
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::{SinkExt, StreamExt};
use gudok_model::{OperatorId, Wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::mpsc::{OwnedPermit, Sender};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Error as WsError, Message};

use crate::auth::{Authenticate, Login, Token};
use crate::bridge::{CtiInput, Shared};
use crate::config::{DEAD_AFTER, HEARTBEAT_SECS, OPENING_DEADLINE, WRITE_DEADLINE};
use crate::hub::Close;
use crate::protocol::{ClientFrame, FrameError};
use crate::shape::ServerFrame;
use crate::stream::Text;

/// Time for the core to take the news of a connection; it takes microseconds unless it hangs.
const CORE_DEADLINE: Duration = Duration::from_secs(5);
/// What a client may still send after our close frame, so that it gets to read why: bytes and time.
const LINGER_BYTES: usize = 256 * 1024;
const LINGER: Duration = Duration::from_secs(1);

/// Serves one upgraded socket: `hello`, `auth`, then frames both ways until one side ends it.
pub(crate) async fn serve_connection(
    mut socket: WebSocketStream<TcpStream>,
    hub: Shared,
    core: Sender<CtiInput>,
    auth: Arc<dyn Authenticate>,
) {
    let why = match open(&mut socket, &hub, &core, auth.as_ref()).await {
        Ok((login, connection, wake, permit)) => {
            let mut desk = Desk {
                socket: &mut socket,
                hub: &hub,
                core: &core,
                auth: auth.as_ref(),
                connection,
                operator: login.operator.clone(),
                login: login.number,
                wake,
                seen: Instant::now(),
            };
            let why = desk.run().await;
            hub.lock().leave(&login.operator, connection, permit);
            tracing::info!(operator = %login.operator, why = why.map(Close::slug), "desk left");
            why
        }
        Err(why) => why,
    };
    if let Some(why) = why {
        farewell(socket, why).await;
    }
}

/// Says hello and waits for the token. An error is the reason to close; `None`: the peer is gone.
async fn open(
    socket: &mut WebSocketStream<TcpStream>,
    hub: &Shared,
    core: &Sender<CtiInput>,
    auth: &dyn Authenticate,
) -> Result<(Login, u64, Arc<Notify>, OwnedPermit<CtiInput>), Option<Close>> {
    let hello = ServerFrame::hello(&hub.lock().epoch, wall_now()).text();
    write(socket, vec![hello.into()]).await?;
    let first = timeout(OPENING_DEADLINE, first_frame(socket)).await;
    let (token, takeover) = match first.unwrap_or(Err(Some(Close::AuthDeadline))) {
        Ok(ClientFrame::Auth { token, takeover }) => (token, takeover),
        Ok(_) => return Err(Some(Close::AuthDeadline)),
        Err(why) => {
            hub.lock().stats.bad_frames += 1;
            return Err(why);
        }
    };
    let Some(login) = auth.login(&token) else {
        hub.lock().stats.unauthorized += 1;
        tracing::warn!("desk with an unknown token refused");
        return Err(Some(Close::Unauthorized));
    };
    // Both places are taken before the seat is: then the news of it cannot get stuck or out of order.
    let (come, go) = (permit(core).await?, permit(core).await?);
    let wake = Arc::new(Notify::new());
    let joined = hub.lock().join(&login, takeover, wake.clone(), come);
    let joined = joined.map_err(Some)?;
    tracing::info!(operator = %login.operator, session = joined.session.0, "desk connected");
    Ok((login, joined.connection, wake, go))
}

async fn permit(core: &Sender<CtiInput>) -> Result<OwnedPermit<CtiInput>, Option<Close>> {
    let reserved = timeout(CORE_DEADLINE, core.clone().reserve_owned()).await;
    reserved.ok().and_then(Result::ok).ok_or(Some(Close::Busy))
}

/// The first text frame.
async fn first_frame(
    socket: &mut WebSocketStream<TcpStream>,
) -> Result<ClientFrame, Option<Close>> {
    loop {
        match socket.next().await.ok_or(None)? {
            Ok(Message::Text(text)) => {
                return ClientFrame::parse(&text).map_err(|_| Some(Close::Policy));
            }
            Ok(Message::Binary(_)) => return Err(Some(Close::Binary)),
            Ok(Message::Close(_)) => return Err(None),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            Err(error) => return Err(close_for(&error)),
        }
    }
}

/// An authenticated connection.
struct Desk<'a> {
    socket: &'a mut WebSocketStream<TcpStream>,
    hub: &'a Shared,
    core: &'a Sender<CtiInput>,
    auth: &'a dyn Authenticate,
    connection: u64,
    operator: OperatorId,
    login: u64,
    wake: Arc<Notify>,
    /// When the client last gave a sign of life.
    seen: Instant,
}

impl Desk<'_> {
    /// Until one side ends it. `None`: the peer is gone, there is nobody to say goodbye to.
    async fn run(&mut self) -> Option<Close> {
        let heartbeat = Duration::from_secs(HEARTBEAT_SECS);
        let mut next_ping = Instant::now() + heartbeat;
        loop {
            if let Err(why) = self.flush().await {
                return why;
            }
            let dead_at = self.seen + DEAD_AFTER;
            tokio::select! {
                // The heartbeat first: it also asks whether the token is still good, and a client that
                // never stops talking must not escape the question. Then what the client says: a sign
                // of life must count before the verdict.
                biased;
                () = sleep_until(next_ping) => {
                    next_ping += heartbeat;
                    if let Err(why) = self.beat().await {
                        return why;
                    }
                }
                message = self.socket.next() => {
                    if let Err(why) = self.heard(message) {
                        return why;
                    }
                }
                () = self.wake.notified() => {}
                () = sleep_until(dead_at) => {
                    self.hub.lock().stats.dead += 1;
                    return Some(Close::Dead);
                }
            }
        }
    }

    /// Sends what the hub has for us.
    async fn flush(&mut self) -> Result<(), Option<Close>> {
        loop {
            let batch = self.hub.lock().take(&self.operator, self.connection);
            if !batch.frames.is_empty() {
                write(self.socket, batch.frames).await?;
            }
            if let Some(request) = batch.snapshot {
                permit(self.core)
                    .await?
                    .send(CtiInput::SnapshotWanted(request));
            }
            for request in batch.walls {
                let wish = CtiInput::WallWanted(request);
                permit(self.core).await?.send(wish);
            }
            if batch.close.is_some() {
                return Err(batch.close);
            }
            if !batch.more {
                return Ok(());
            }
        }
    }

    /// Takes one message of the client.
    fn heard(&mut self, message: Option<Result<Message, WsError>>) -> Result<(), Option<Close>> {
        self.seen = Instant::now();
        match message.ok_or(None)? {
            Ok(Message::Text(text)) => self.understand(&text),
            Ok(Message::Binary(_)) => Err(self.bad(Close::Binary)),
            Ok(Message::Close(_)) => Err(None),
            // Pings are answered by the library.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Ok(()),
            Err(error) => Err(close_for(&error).and_then(|why| self.bad(why))),
        }
    }

    fn understand(&mut self, text: &str) -> Result<(), Option<Close>> {
        let frame = match ClientFrame::parse(text) {
            Ok(frame) => frame,
            Err(FrameError::BadCommand { id, misfit, .. }) => {
                self.answer(&ServerFrame::misfit(id, misfit));
                return Ok(());
            }
            Err(error) => {
                self.answer(&ServerFrame::bad(&error));
                return Err(self.bad(Close::Policy));
            }
        };
        match frame {
            ClientFrame::Auth { token, .. } => return self.renew(&token),
            ClientFrame::Subscribe { after } => {
                self.hub
                    .lock()
                    .subscribe(&self.operator, self.connection, after);
                self.wake.notify_one();
            }
            ClientFrame::Watch { stream, after } => {
                let mut hub = self.hub.lock();
                hub.watch(&self.operator, self.connection, stream, after);
            }
            ClientFrame::Command(command) => {
                self.hub
                    .lock()
                    .command(&self.operator, self.connection, command, self.core);
            }
            ClientFrame::Ping => self.answer(&ServerFrame::pong(wall_now())),
            ClientFrame::Pong => {}
        }
        Ok(())
    }

    /// A new token of the same operator prolongs the connection.
    fn renew(&mut self, token: &Token) -> Result<(), Option<Close>> {
        let login = self
            .auth
            .login(token)
            .filter(|login| login.operator == self.operator);
        let login = login.ok_or(Some(Close::Unauthorized))?;
        self.login = login.number;
        self.hub.lock().renew(self.connection, &login);
        Ok(())
    }

    /// A heartbeat: the library's ping for the transport, ours for pages, which cannot see the former.
    async fn beat(&mut self) -> Result<(), Option<Close>> {
        if !self.auth.is_live(self.login) {
            return Err(Some(Close::Unauthorized));
        }
        let seq = self.hub.lock().last_seq(&self.operator);
        let ping = ServerFrame::ping(wall_now(), seq).text();
        let both = async {
            self.socket.feed(Message::Ping(Bytes::new())).await?;
            self.socket.send(Message::text(ping)).await
        };
        in_time(both).await
    }

    fn answer(&self, frame: &ServerFrame<'_>) {
        self.hub
            .lock()
            .direct(&self.operator, self.connection, frame.text());
    }

    fn bad(&self, why: Close) -> Option<Close> {
        self.hub.lock().stats.bad_frames += 1;
        Some(why)
    }
}

/// Sends frames in one go; a client that does not take them in time is dropped without a word.
async fn write(
    socket: &mut WebSocketStream<TcpStream>,
    frames: Vec<Text>,
) -> Result<(), Option<Close>> {
    in_time(async {
        for frame in frames {
            socket.feed(Message::Text(frame)).await?;
        }
        socket.flush().await
    })
    .await
}

async fn in_time(sending: impl Future<Output = Result<(), WsError>>) -> Result<(), Option<Close>> {
    match timeout(WRITE_DEADLINE, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

/// Whether the client can still be told what was wrong.
fn close_for(error: &WsError) -> Option<Close> {
    match error {
        WsError::Capacity(CapacityError::MessageTooLong { .. }) => Some(Close::TooLarge),
        WsError::Utf8(_) => Some(Close::NotUtf8),
        _ => None,
    }
}

/// The last words: an `error`, the close frame, and a moment for the client to read them. Without the
/// moment, closing a socket with unread input would send RST and destroy them.
async fn farewell(mut socket: WebSocketStream<TcpStream>, why: Close) {
    let error = ServerFrame::error(why.slug(), remedy(why)).text();
    let close = CloseFrame {
        code: (why as u16).into(),
        reason: why.slug().into(),
    };
    let words = async {
        socket.feed(Message::text(error)).await?;
        socket.send(Message::Close(Some(close))).await
    };
    let said = timeout(LINGER, words).await;
    if !matches!(said, Ok(Ok(()))) {
        return;
    }
    let tcp = socket.get_mut();
    let drain = async {
        tcp.shutdown().await?;
        let mut rest = tcp.take(LINGER_BYTES as u64);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    if timeout(LINGER, drain).await.is_err() {
        tracing::debug!("desk did not close in time");
    }
}

/// What the client's maker is to do.
fn remedy(why: Close) -> &'static str {
    match why {
        Close::GoingAway => "the server stops; connect again soon and resume",
        Close::Binary => "send text frames with JSON",
        Close::NotUtf8 => "send UTF-8",
        Close::Policy => "send frames of cti.v1, see protocol.md",
        Close::TooLarge => "send frames of at most 64 KiB",
        Close::Busy => "connect again in a few seconds",
        Close::Unauthorized => "log in for a new token",
        Close::AuthDeadline => "send auth as the first frame, within 10 s",
        Close::SeatTaken => {
            "this operator is at work elsewhere; send auth with takeover to replace it"
        }
        Close::TakenOver => "another desk took the seat",
        Close::TooMany => "close another desk of this operator first",
        Close::Slow => "read faster",
        Close::Dead => "answer pings",
        Close::SessionEnded => "logged out",
    }
}

/// The system's clock, for people. Timers use tokio's.
fn wall_now() -> Wall {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Wall::default() + since
}
