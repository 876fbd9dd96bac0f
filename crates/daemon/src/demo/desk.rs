//! The demo operator's desk: the bridge's own client, with a sign-in before it.
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use gudok_cti::Token;
use gudok_cti::client::DeskClient;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::PATIENCE;
use crate::doors::Addresses;

/// A connected desk.
pub(crate) struct Desk(DeskClient);

/// The screen pop.
pub(crate) struct Card {
    /// As it came, indented.
    pub text: String,
    /// Its call.
    pub call: String,
    /// Who calls, in a few words.
    pub client: String,
    /// When it was shown.
    pub at: Instant,
}

impl Card {
    fn of(frame: &Value, at: Instant) -> anyhow::Result<Self> {
        let data = &frame["data"];
        let caller = data["caller"]["e164"].as_str().unwrap_or("номер скрыт");
        let name = data["client"]["client"]["name"]
            .as_str()
            .unwrap_or("неизвестный клиент");
        Ok(Self {
            text: serde_json::to_string_pretty(frame)?,
            call: data["call_id"].as_str().unwrap_or_default().to_owned(),
            client: format!("{caller}, {name}"),
            at,
        })
    }
}

impl Desk {
    /// Signs in over HTTP, connects, subscribes.
    pub(crate) async fn open(
        addresses: &Addresses,
        operator: &str,
        password: &str,
    ) -> anyhow::Result<Self> {
        let token = Token::new(sign_in(addresses.web, operator, password).await?);
        let (mut client, _) = DeskClient::connect(addresses.cti).await?;
        client.auth(&token, false).await?;
        client.subscribe(None).await?;
        let mut desk = Self(client);
        desk.frame(|frame| frame["type"] == "snapshot")
            .await
            .context("нет снимка состояния")?;
        Ok(desk)
    }

    /// Takes calls from now on.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<()> {
        let id = self.0.command("ready", json!({})).await?.to_string();
        // The state is told at once, its answer when the disk has it.
        let refused = |frame: &Value| frame["id"] == json!(id) && !frame["error"].is_null();
        let frame = self
            .frame(|frame| frame["data"]["display"] == "ready" || refused(frame))
            .await
            .context("оператор не стал готов")?;
        ensure!(!refused(&frame), "оператор не стал готов: {frame}");
        Ok(())
    }

    /// Waits for the card and says that it is on the screen.
    pub(crate) async fn card(&mut self) -> anyhow::Result<Card> {
        let card = tokio::time::timeout(PATIENCE, self.next_card());
        card.await.context("карточка не пришла")?
    }

    /// The same, for as long as it takes. Frames that are no cards are read past, so that the desk stays alive.
    pub(crate) async fn next_card(&mut self) -> anyhow::Result<Card> {
        loop {
            let frame = self.0.next().await?;
            if frame["type"] == "offer.created" {
                let at = Instant::now();
                self.0
                    .command("pop_ack", json!({ "offer_id": frame["data"]["offer_id"] }))
                    .await?;
                return Card::of(&frame, at);
            }
        }
    }

    /// Says what the call was about and ends the wrap-up.
    pub(crate) async fn finish(&mut self, call: &str) -> anyhow::Result<()> {
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
        self.0.subscribe(None).await?;
        self.frame(|frame| frame["type"] == "snapshot").await
    }

    async fn command(&mut self, cmd: &str, args: Value) -> anyhow::Result<()> {
        let id = self.0.command(cmd, args).await?.to_string();
        let result = self
            .frame(|frame| frame["type"] == "result" && frame["id"] == json!(id))
            .await?;
        if result["error"].is_null() {
            Ok(())
        } else {
            bail!("{cmd}: {result}")
        }
    }

    async fn frame(&mut self, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let next = async {
            loop {
                let frame = self.0.next().await?;
                if wanted(&frame) {
                    return Ok(frame);
                }
            }
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
