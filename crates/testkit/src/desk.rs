//! An operator's desk: signs in over HTTP, speaks `cti.v1`, shows cards and says so.
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One desk. A task of its own keeps the connection, so that cards are acknowledged while the test does other things.
#[derive(Debug)]
pub struct Desk {
    frames: mpsc::UnboundedReceiver<Frame>,
    commands: mpsc::UnboundedSender<Value>,
    /// The state of the first snapshot.
    pub snapshot: Value,
    /// Came, and nobody has asked for them yet.
    unread: VecDeque<Frame>,
}

/// What the server says.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When it came.
    pub at: Instant,
    /// The frame.
    pub body: Value,
}

/// What the desk does with cards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cards {
    /// Shows and acknowledges them at once.
    Acknowledged,
    /// A desk that hangs: never acknowledges.
    Ignored,
}

impl Desk {
    /// Signs in, connects, subscribes; returns with the first snapshot taken.
    pub async fn open(
        web: SocketAddr,
        cti: SocketAddr,
        operator: &str,
        password: &str,
        cards: Cards,
    ) -> Result<Self> {
        let token = sign_in(web, operator, password).await?;
        Self::open_with(cti, &token, cards).await
    }

    /// Connects with a token of before, subscribes; returns with the first snapshot taken.
    pub async fn open_with(cti: SocketAddr, token: &str, cards: Cards) -> Result<Self> {
        let mut socket = connect(cti).await?;
        send(&mut socket, &json!({ "type": "auth", "token": token })).await?;
        send(
            &mut socket,
            &json!({ "type": "subscribe", "stream": "agent:self" }),
        )
        .await?;
        let (tell, frames) = mpsc::unbounded_channel();
        let (commands, todo) = mpsc::unbounded_channel();
        tokio::spawn(keep(socket, tell, todo, cards));
        let mut desk = Self {
            frames,
            commands,
            snapshot: Value::Null,
            unread: VecDeque::new(),
        };
        desk.snapshot = desk.event("snapshot").await?.body["state"].take();
        Ok(desk)
    }

    /// Takes calls from now on; returns when the state says so.
    pub async fn ready(&mut self) -> Result<()> {
        self.command("ready", json!({})).await?;
        self.state("ready").await
    }

    /// Waits until the operator's state is this.
    pub async fn state(&mut self, display: &str) -> Result<()> {
        loop {
            let state = self
                .event("agent.state")
                .await
                .with_context(|| format!("never {display}"))?;
            if state.body["data"]["display"] == json!(display) {
                return Ok(());
            }
        }
    }

    /// A command and its result; an error when it was refused.
    pub async fn command(&mut self, cmd: &str, args: Value) -> Result<Value> {
        let id = self.begin(cmd, args)?;
        let result = self.result(&id).await?;
        ensure!(result["ok"] == json!(true), "{cmd} was refused: {result}");
        Ok(result)
    }

    /// Gives a command and waits for nothing; its id.
    pub fn begin(&mut self, cmd: &str, args: Value) -> Result<String> {
        // Of all desks of a test no two commands have one id.
        static GIVEN: AtomicU32 = AtomicU32::new(1);
        let number = GIVEN.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012}");
        self.repeat(&id, cmd, args)?;
        Ok(id)
    }

    /// Gives a command with an id that was given before.
    pub fn repeat(&mut self, id: &str, cmd: &str, args: Value) -> Result<()> {
        let command = json!({ "type": "command", "id": id, "cmd": cmd, "args": args });
        Ok(self.commands.send(command)?)
    }

    /// What came of it, done or not.
    pub async fn result(&mut self, id: &str) -> Result<Value> {
        let of = |frame: &Value| frame["type"] == "result" && frame["id"] == json!(id);
        Ok(self.frame(of).await?.body)
    }

    /// Watches a stream for supervisors from now on; its picture.
    pub async fn watch(&mut self, stream: &str) -> Result<Value> {
        self.subscribe(stream)?;
        let of = |frame: &Value| frame["type"] == "snapshot" && frame["stream"] == json!(stream);
        Ok(self.frame(of).await?.body["state"].take())
    }

    /// Asks for a stream that must not be had; what was said.
    pub async fn refused(&mut self, stream: &str) -> Result<Value> {
        self.subscribe(stream)?;
        let of = |frame: &Value| frame["type"] == "refused" && frame["stream"] == json!(stream);
        Ok(self.frame(of).await?.body)
    }

    fn subscribe(&self, stream: &str) -> Result<()> {
        let frame = json!({ "type": "subscribe", "stream": stream });
        Ok(self.commands.send(frame)?)
    }

    /// The first event of this type that was not asked for yet, now or when it comes.
    pub async fn event(&mut self, kind: &str) -> Result<Frame> {
        self.frame(|frame| frame["type"] == json!(kind))
            .await
            .with_context(|| format!("no {kind}"))
    }

    async fn frame(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Frame> {
        if let Some(place) = self.unread.iter().position(|frame| wanted(&frame.body)) {
            return self.unread.remove(place).context("it is there");
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let next = tokio::time::timeout_at(deadline, self.frames.recv()).await;
            let Ok(next) = next else {
                bail!("the desk waited in vain; unread: {:#?}", self.unread)
            };
            let frame = next.context("the desk's connection is gone")?;
            if wanted(&frame.body) {
                return Ok(frame);
            }
            self.unread.push_back(frame);
        }
    }
}

/// Keeps the connection until either side ends it.
async fn keep(
    mut socket: Socket,
    tell: mpsc::UnboundedSender<Frame>,
    mut todo: mpsc::UnboundedReceiver<Value>,
    cards: Cards,
) {
    let mut acks = 0_u32;
    loop {
        let outgoing = tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    let at = Instant::now();
                    let Ok(body) = serde_json::from_str::<Value>(&text) else { return };
                    let reply = reply_to(&body, cards, &mut acks);
                    if tell.send(Frame { at, body }).is_err() {
                        return;
                    }
                    reply
                }
                Some(Ok(_)) => None,
                Some(Err(_)) | None => return,
            },
            command = todo.recv() => match command {
                Some(command) => Some(command),
                None => return,
            },
        };
        if let Some(outgoing) = outgoing
            && send(&mut socket, &outgoing).await.is_err()
        {
            return;
        }
    }
}

fn reply_to(frame: &Value, cards: Cards, acks: &mut u32) -> Option<Value> {
    if frame["type"] == "ping" {
        return Some(json!({ "type": "pong" }));
    }
    if frame["type"] != "offer.created" || cards == Cards::Ignored {
        return None;
    }
    *acks += 1;
    let id = format!("00000000-0000-4000-9000-{acks:012}");
    let args = json!({ "offer_id": frame["data"]["offer_id"] });
    Some(json!({ "type": "command", "id": id, "cmd": "pop_ack", "args": args }))
}

async fn connect(cti: SocketAddr) -> Result<Socket> {
    let mut request = format!("ws://{cti}/cti").into_client_request()?;
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", "cti.v1".parse()?);
    let (socket, _) = tokio_tungstenite::connect_async(request).await?;
    Ok(socket)
}

async fn send(socket: &mut Socket, frame: &Value) -> Result<()> {
    Ok(socket.send(Message::text(frame.to_string())).await?)
}

/// `POST /api/v1/session`, by hand: the test depends on no HTTP client's habits.
pub async fn sign_in(web: SocketAddr, operator: &str, password: &str) -> Result<String> {
    let answer = post(
        web,
        "/api/v1/session",
        &json!({ "operator": operator, "password": password }),
    )
    .await?;
    Ok(answer["token"]
        .as_str()
        .with_context(|| format!("no token: {answer}"))?
        .to_owned())
}

/// Asks a page for something as who has this token; the answer's body.
pub async fn post_as(web: SocketAddr, token: &str, path: &str, body: &Value) -> Result<Value> {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {web}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Authorization: Bearer {token}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    exchange(web, &request).await
}

/// What a page answers to who has this token, or none: the status and the body as it came.
pub async fn told_as(
    web: SocketAddr,
    token: &str,
    (method, path): (&str, &str),
    body: &Value,
) -> Result<(u16, String)> {
    let (head, body) = match (token, method) {
        ("", _) => (String::new(), body.to_string()),
        (token, "GET") => (format!("Authorization: Bearer {token}\r\n"), String::new()),
        (token, _) => (
            format!("Authorization: Bearer {token}\r\n"),
            body.to_string(),
        ),
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {web}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{head}\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let answer = answered(web, &request).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    Ok((status.context("no status")?, body.to_owned()))
}

async fn post(web: SocketAddr, path: &str, body: &Value) -> Result<Value> {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {web}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    exchange(web, &request).await
}

/// `GET` as who has this token.
pub async fn get_as(web: SocketAddr, token: &str, path: &str) -> Result<Value> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {web}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    exchange(web, &request).await
}

/// `GET` of a JSON or text resource; text comes as a JSON string.
pub async fn get(web: SocketAddr, path: &str) -> Result<Value> {
    exchange(
        web,
        &format!("GET {path} HTTP/1.1\r\nHost: {web}\r\nConnection: close\r\n\r\n"),
    )
    .await
}

async fn answered(web: SocketAddr, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(web).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await??;
    Ok(answer)
}

async fn exchange(web: SocketAddr, request: &str) -> Result<Value> {
    let answer = answered(web, request).await?;
    let body = answer.split_once("\r\n\r\n").context("no HTTP answer")?.1;
    Ok(serde_json::from_str(body).unwrap_or_else(|_| json!(body)))
}
