//! A phone in a browser, as far as SIP goes: a program that speaks TCP, and between it and the daemon a WebSocket that says
//! what a browser would. Its Contact is no address (RFC 7118 §5.2): only the socket leads to it.
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use gudok_sip::frame::{Frame, Framer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

/// Stands in a Contact for the address and the transport that the program behind has.
const NOWHERE: &str = "@d4u8k2.invalid;transport=ws";

/// Gives the TCP address that leads to the daemon's WebSocket for whoever connects; call within a tokio runtime.
pub async fn browser(daemon: SocketAddr, origin: &str) -> Result<SocketAddr> {
    leading_to(daemon, origin, None).await
}

/// The same over TLS, with a daemon that proves to be `localhost` to these roots.
pub async fn browser_over_tls(
    daemon: SocketAddr,
    origin: &str,
    trusts: ClientConfig,
) -> Result<SocketAddr> {
    let connector = TlsConnector::from(Arc::new(trusts));
    leading_to(daemon, origin, Some(connector)).await
}

async fn leading_to(
    daemon: SocketAddr,
    origin: &str,
    tls: Option<TlsConnector>,
) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    let origin: HeaderValue = origin.parse()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (origin, tls) = (origin.clone(), tls.clone());
            tokio::spawn(async move {
                let way = TcpStream::connect(daemon).await?;
                let Some(tls) = tls else {
                    return carry(stream, way, daemon, origin).await;
                };
                let way = tls.connect("localhost".try_into()?, way).await?;
                carry(stream, way, daemon, origin).await
            });
        }
    });
    Ok(at)
}

async fn carry(
    mut program: TcpStream,
    way: impl AsyncRead + AsyncWrite + Unpin,
    daemon: SocketAddr,
    origin: HeaderValue,
) -> Result<()> {
    let mut request = format!("ws://{daemon}/").into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("Origin", origin);
    headers.insert("Sec-WebSocket-Protocol", HeaderValue::from_static("sip"));
    let (mut socket, _) = client_async(request, way).await?;
    let (mut framer, mut chunk, mut own) = (Framer::new(), vec![0; 65_536], String::new());
    loop {
        tokio::select! {
            read = program.read(&mut chunk) => {
                let length = read?;
                if length == 0 {
                    return Ok(());
                }
                framer.push(&chunk[..length]);
                while let Some(frame) = framer.next() {
                    let Frame::Message(bytes) = frame? else { continue };
                    let text = String::from_utf8(bytes)?;
                    if let Some(contact) = contact(&text) {
                        contact.clone_into(&mut own);
                    }
                    socket.send(Message::text(hidden(&text, &own))).await?;
                }
            }
            message = socket.next() => {
                let text = match message.context("the daemon hung up")?? {
                    Message::Text(text) => text.replace(NOWHERE, &own),
                    _ => continue,
                };
                program.write_all(text.as_bytes()).await?;
            }
        }
    }
}

/// What a browser behind a NAT would say: neither its Contact nor the address of its sound leads to it. Both addresses are
/// of the same length, as the length of the body is told.
fn hidden(text: &str, own: &str) -> String {
    let text = &text.replace("IN IP4 127.0.0.1", "IN IP4 192.0.2.7");
    if own.is_empty() {
        text.to_owned()
    } else {
        text.replace(own, NOWHERE)
    }
}

/// Where the program wants to be reached: `@host:port;transport=tcp` of its Contact.
fn contact(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| line.starts_with("Contact: "))?;
    let from = line.find('@')?;
    let end = line[from..].find(";transport=tcp")? + ";transport=tcp".len();
    Some(&line[from..from + end])
}
