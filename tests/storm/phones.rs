//! Phones that are not registered any more and come back in the middle of a flood.
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gudok_sip::Method;
use gudok_sip::digest::{Challenge, ha1};
use gudok_testkit::daemon::PASSWORD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, UdpSocket};
use tokio::time::timeout;

/// Neither the trunk's address nor one of the flood's.
const HOME: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
const URI: &str = "sip:127.0.0.1";

/// A phone that has once been challenged at its address, as each is that was registered.
#[derive(Debug)]
pub(crate) struct Challenged {
    socket: UdpSocket,
    proof: String,
}

impl Challenged {
    pub(crate) async fn at(server: SocketAddr) -> Result<Self> {
        let socket = UdpSocket::bind((HOME, 0)).await?;
        socket.connect(server).await?;
        let phone = Self {
            socket,
            proof: String::new(),
        };
        let refusal = phone.asks(1).await?;
        let proof = proof("102", &refusal)?;
        Ok(Self { proof, ..phone })
    }

    /// Registers over UDP with the challenge of before, at the first try; how long it took.
    pub(crate) async fn comes_in(&self) -> Result<Duration> {
        let began = Instant::now();
        let answer = self.asks(2).await?;
        ensure!(answer.starts_with("SIP/2.0 200"), "{answer}");
        Ok(began.elapsed())
    }

    async fn asks(&self, cseq: u32) -> Result<String> {
        let from = self.socket.local_addr()?;
        let request = register("102", "UDP", from, cseq, &self.proof);
        self.socket.send(request.as_bytes()).await?;
        let mut bytes = [0; 4_096];
        let answer = timeout(PATIENCE, self.socket.recv(&mut bytes)).await;
        let length = answer.context("no answer over UDP")??;
        Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
    }
}

/// A phone that nobody has seen yet registers over TCP; how long it took.
pub(crate) async fn comes_in_over_tcp(server: SocketAddr) -> Result<Duration> {
    let began = Instant::now();
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((HOME, 0)))?;
    let mut stream = timeout(PATIENCE, socket.connect(server)).await??;
    let from = stream.local_addr()?;
    let mut proved = String::new();
    for (cseq, status) in [(1, "SIP/2.0 401"), (2, "SIP/2.0 200")] {
        let request = register("103", "TCP", from, cseq, &proved);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let read = timeout(PATIENCE, stream.read_buf(&mut answer)).await;
            ensure!(read.context("no answer over TCP")?? > 0, "hung up");
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        ensure!(answer.starts_with(status), "{answer}");
        if cseq == 1 {
            proved = proof("103", &answer)?;
        }
    }
    Ok(began.elapsed())
}

pub(crate) fn register(
    user: &str,
    transport: &str,
    from: SocketAddr,
    cseq: u32,
    proof: &str,
) -> String {
    format!(
        "REGISTER {URI} SIP/2.0\r\nVia: SIP/2.0/{transport} {from};rport;branch=z9hG4bK{user}{cseq}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{user}@127.0.0.1>;tag=f\r\nTo: <sip:{user}@127.0.0.1>\r\nCall-ID: back-{user}\r\n\
         CSeq: {cseq} REGISTER\r\nContact: <sip:{user}@{from}>\r\nExpires: 60\r\n{proof}Content-Length: 0\r\n\r\n"
    )
}

/// The header that answers the challenge of a 401.
pub(crate) fn proof(user: &str, refusal: &str) -> Result<String> {
    let challenge = refusal
        .lines()
        .filter_map(|line| line.strip_prefix("WWW-Authenticate:"))
        .find_map(|value| Challenge::parse(value).ok())
        .with_context(|| format!("no challenge in {refusal}"))?;
    let secret = ha1(challenge.algorithm, user, &challenge.realm, PASSWORD);
    let value = challenge.answer(user, &secret, &Method::Register, URI, "cn", 1);
    Ok(format!("Authorization: {value}\r\n"))
}
