//! The desk's end of `cti.v1`, for the demo, the examples and the tests.
use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

use crate::auth::Token;
use crate::protocol::{STREAM, SUBPROTOCOL};
use crate::server::PATH;

/// A connected desk. Answers pings while it is being read.
pub struct DeskClient {
    socket: WebSocketStream<TcpStream>,
}

/// Why the desk cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// No TCP connection.
    #[error("cannot reach the bridge")]
    Unreachable(#[from] std::io::Error),
    /// The handshake or the connection failed.
    #[error("the connection failed")]
    Broken(#[from] WsError),
    /// A frame that is not JSON.
    #[error("the server sent something that is not cti.v1")]
    NotJson(#[from] serde_json::Error),
    /// The server closed; its close code and reason.
    #[error("the server closed the connection: {code} {reason}")]
    Closed {
        /// WebSocket close code; 1006 if there was no close frame.
        code: u16,
        /// The slug.
        reason: String,
    },
    /// The system has no randomness for command ids.
    #[error("no randomness")]
    Randomness(#[from] getrandom::Error),
}

impl DeskClient {
    /// Connects and reads `hello`. The token has not been shown yet.
    pub async fn connect(server: SocketAddr) -> Result<(Self, Value), DeskError> {
        let tcp = TcpStream::connect(server).await?;
        tcp.set_nodelay(true)?;
        let mut request = format!("ws://{server}{PATH}").into_client_request()?;
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let (socket, _) = client_async(request, tcp).await?;
        let mut desk = Self { socket };
        let hello = desk.next().await?;
        Ok((desk, hello))
    }

    /// Shows the token; gives the server's `welcome`.
    pub async fn auth(&mut self, token: &Token, takeover: bool) -> Result<Value, DeskError> {
        self.send(&json!({"type": "auth", "token": token.reveal(), "takeover": takeover}))
            .await?;
        self.next().await
    }

    /// Asks for the stream; `after` is the epoch and number of the last event seen. The answer (`snapshot`
    /// or `resumed`) comes with [`next`](Self::next).
    pub async fn subscribe(&mut self, after: Option<(&str, u64)>) -> Result<(), DeskError> {
        let mut frame = json!({"type": "subscribe", "stream": STREAM});
        if let Some((epoch, seq)) = after {
            frame["epoch"] = epoch.into();
            frame["from_seq"] = seq.into();
        }
        self.send(&frame).await
    }

    /// Sends a command with a new random id, which is returned; the `result` comes with
    /// [`next`](Self::next).
    pub async fn command(&mut self, cmd: &str, args: Value) -> Result<Uuid, DeskError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let frame = json!({"type": "command", "id": id, "cmd": cmd, "args": args});
        self.send(&frame).await?;
        Ok(id)
    }

    /// Sends any frame.
    pub async fn send(&mut self, frame: &Value) -> Result<(), DeskError> {
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }

    /// The next frame of the server other than its `ping`, which is answered here.
    pub async fn next(&mut self) -> Result<Value, DeskError> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text)?;
                    if frame["type"] != "ping" {
                        return Ok(frame);
                    }
                    self.send(&json!({"type": "pong"})).await?;
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(DeskError::Closed {
                        code: frame.code.into(),
                        reason: frame.reason.to_string(),
                    });
                }
                Some(Ok(Message::Close(None))) | None => {
                    return Err(DeskError::Closed {
                        code: 1006,
                        reason: String::new(),
                    });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}
