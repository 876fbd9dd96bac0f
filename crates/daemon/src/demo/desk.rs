//! The demo operator's desk: a program that speaks `cti.v1` as a browser would.
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::PATIENCE;
use crate::serve::Addresses;

/// A connected desk.
pub(super) struct Desk {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    commands: u32,
}

/// The screen pop.
pub(super) struct Card {
    /// As it came, indented.
    pub text: String,
    /// Its call.
    pub call: String,
    /// Who calls, in a few words.
    pub client: String,
    /// When it was shown.
    pub at: Instant,
}

impl Desk {
    /// Signs in over HTTP, connects, subscribes.
    pub(super) async fn open(
        addresses: &Addresses,
        operator: &str,
        password: &str,
    ) -> anyhow::Result<Self> {
        let token = sign_in(addresses.web, operator, password).await?;
        let mut request = format!("ws://{}/cti", addresses.cti).into_client_request()?;
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", "cti.v1".parse()?);
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        let mut desk = Self {
            socket,
            commands: 0,
        };
        desk.send(&json!({ "type": "auth", "token": token }))
            .await?;
        desk.send(&json!({ "type": "subscribe", "stream": "agent:self" }))
            .await?;
        desk.frame(|frame| frame["type"] == "snapshot")
            .await
            .context("нет снимка состояния")?;
        Ok(desk)
    }

    /// Takes calls from now on.
    pub(super) async fn ready(&mut self) -> anyhow::Result<()> {
        self.command("ready", json!({})).await?;
        self.frame(|frame| frame["data"]["display"] == "ready")
            .await
            .context("оператор не стал готов")?;
        Ok(())
    }

    /// Waits for the card and says that it is on the screen.
    pub(super) async fn card(&mut self) -> anyhow::Result<Card> {
        let frame = self
            .frame(|frame| frame["type"] == "offer.created")
            .await
            .context("карточка не пришла")?;
        let at = Instant::now();
        let data = &frame["data"];
        self.command("pop_ack", json!({ "offer_id": data["offer_id"] }))
            .await?;
        let caller = data["caller"]["e164"].as_str().unwrap_or("номер скрыт");
        let name = data["client"]["client"]["name"]
            .as_str()
            .unwrap_or("неизвестный клиент");
        Ok(Card {
            text: serde_json::to_string_pretty(&frame)?,
            call: data["call_id"].as_str().unwrap_or_default().to_owned(),
            client: format!("{caller}, {name}"),
            at,
        })
    }

    /// Says what the call was about and ends the wrap-up.
    pub(super) async fn finish(&mut self, call: &str) -> anyhow::Result<()> {
        self.frame(|frame| frame["type"] == "call.ended")
            .await
            .context("конец разговора не пришёл")?;
        let snapshot = self.snapshot().await?;
        let code = snapshot["state"]["dispositions"][0].clone();
        self.command(
            "disposition",
            json!({ "call_id": call, "code": code, "note": "показ", "done": true }),
        )
        .await
    }

    async fn snapshot(&mut self) -> anyhow::Result<Value> {
        self.send(&json!({ "type": "subscribe", "stream": "agent:self" }))
            .await?;
        self.frame(|frame| frame["type"] == "snapshot").await
    }

    async fn command(&mut self, cmd: &str, args: Value) -> anyhow::Result<()> {
        self.commands += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.commands);
        self.send(&json!({ "type": "command", "id": id, "cmd": cmd, "args": args }))
            .await?;
        let result = self
            .frame(|frame| frame["type"] == "result" && frame["id"] == json!(id))
            .await?;
        if result["error"].is_null() {
            Ok(())
        } else {
            bail!("{cmd}: {result}")
        }
    }

    async fn send(&mut self, frame: &Value) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }

    async fn frame(&mut self, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let next = async {
            while let Some(message) = self.socket.next().await {
                let Message::Text(text) = message? else {
                    continue;
                };
                let frame: Value = serde_json::from_str(&text)?;
                if wanted(&frame) {
                    return Ok(frame);
                }
            }
            bail!("соединение рабочего места закрыто")
        };
        tokio::time::timeout(PATIENCE, next)
            .await
            .context("слишком долго")?
    }
}

/// `POST /api/v1/session`.
async fn sign_in(web: SocketAddr, operator: &str, password: &str) -> anyhow::Result<String> {
    let body = json!({ "operator": operator, "password": password }).to_string();
    let mut stream = TcpStream::connect(web).await?;
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: {web}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await??;
    let body = answer.split_once("\r\n\r\n").context("нет ответа HTTP")?.1;
    let answer: Value = serde_json::from_str(body).context("ответ входа — не JSON")?;
    Ok(answer["token"]
        .as_str()
        .context("вход не удался")?
        .to_owned())
}
