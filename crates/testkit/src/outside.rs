//! Somebody outside who is called, and writes its own messages: what SIPp cannot say, since it says one thing at a time.
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use gudok_media::control::Codec;
use gudok_media::g711::encode;

use crate::audio::tone;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody outside.
#[derive(Debug)]
pub struct Outside {
    line: UdpSocket,
    /// Where it is called.
    pub address: SocketAddr,
}

/// What was said to it, and by whom.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The message.
    pub text: String,
    from: SocketAddr,
}

impl Heard {
    /// The first value of a header, by its long name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Outside {
    /// On loopback.
    pub fn new() -> Result<Self> {
        Self::patient(PATIENCE)
    }

    /// The same for long silences.
    pub fn patient(patience: Duration) -> Result<Self> {
        let line = UdpSocket::bind("127.0.0.1:0")?;
        line.set_read_timeout(Some(patience))?;
        let address = line.local_addr()?;
        Ok(Self { line, address })
    }

    /// The next message that begins so; what is repeated meanwhile is passed over.
    pub fn hears(&self, beginning: &str) -> Result<Heard> {
        let mut bytes = [0; 4_096];
        loop {
            let heard = self.line.recv_from(&mut bytes);
            let (count, from) = heard.with_context(|| format!("no {beginning}"))?;
            let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
            if text.starts_with(beginning) {
                return Ok(Heard { text, from });
            }
        }
    }

    /// Answers a request, with these header lines and this SDP.
    pub fn answers(&self, request: &Heard, status: u16, headers: &str, body: &str) -> Result<()> {
        let repeated = ["Via", "From", "Call-ID", "CSeq"];
        let lines = repeated.map(|name| line(name, request.header(name).unwrap_or("")));
        let to = request.header("To").unwrap_or("");
        let to = match to.contains(";tag=") {
            true => to.to_owned(),
            false => format!("{to};tag=outside"),
        };
        let (lines, own) = (lines.concat(), self.address);
        let text = format!(
            "SIP/2.0 {status} Answer\r\n{lines}To: {to}\r\nContact: <sip:outside@{own}>\r\n{headers}{}",
            with_body(body)
        );
        self.line.send_to(text.as_bytes(), request.from)?;
        Ok(())
    }

    /// A request in the dialog that this INVITE began.
    pub fn asks(&self, invite: &Heard, method: &str, number: u32, body: &str) -> Result<()> {
        self.says(invite, method, number, &format!("{method}{number}"), body)
    }

    /// The ACK of this answer to a re-INVITE with this number; that of a refusal is of the transaction that was refused.
    pub fn acknowledges(&self, invite: &Heard, number: u32, answer: &Heard) -> Result<()> {
        let branch = match answer.text.starts_with("SIP/2.0 2") {
            true => format!("ACK{number}"),
            false => format!("INVITE{number}"),
        };
        self.says(invite, "ACK", number, &branch, "")
    }

    fn says(
        &self,
        invite: &Heard,
        method: &str,
        number: u32,
        branch: &str,
        body: &str,
    ) -> Result<()> {
        let part = |name: &str| invite.header(name).unwrap_or("");
        let (own, from, to, call) = (self.address, part("To"), part("From"), part("Call-ID"));
        let text = format!(
            "{method} sip:gudok@{} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
             From: {from};tag=outside\r\nTo: {to}\r\nCall-ID: {call}\r\nCSeq: {number} {method}\r\n\
             Contact: <sip:outside@{own}>\r\n{}",
            invite.from,
            with_body(body)
        );
        self.line.send_to(text.as_bytes(), invite.from)?;
        Ok(())
    }
}

fn line(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

fn with_body(body: &str) -> String {
    let kind = match body {
        "" => "",
        _ => "Content-Type: application/sdp\r\n",
    };
    format!("{kind}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A description that names this ear.
pub fn sdp(version: u32, ear: &UdpSocket) -> Result<String> {
    let port = ear.local_addr()?.port();
    Ok(format!(
        "v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
    ))
}

/// Where it hears.
pub fn ear() -> Result<UdpSocket> {
    let ear = UdpSocket::bind("127.0.0.1:0")?;
    ear.set_read_timeout(Some(PATIENCE))?;
    Ok(ear)
}

/// Where this description wants to hear.
pub fn hears_at(described: &Heard) -> Result<SocketAddr> {
    let lines = || described.text.lines();
    let port = lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next());
    let host = lines().find_map(|line| line.strip_prefix("c=IN IP4 "));
    let (host, port) = host.zip(port).context("nothing is described")?;
    Ok(SocketAddr::new(host.trim().parse()?, port.parse()?))
}

/// Says a tone there in A-law, a packet each 20 ms, as long as anybody asks for more.
pub fn says(ear: &UdpSocket, to: SocketAddr, hertz: f64, more: impl Fn() -> bool) -> Result<()> {
    let second = tone(hertz, Duration::from_secs(1)).0;
    let (mut number, mut began) = (0_u16, Instant::now());
    for samples in second.chunks_exact(SAMPLES).cycle() {
        if !more() {
            return Ok(());
        }
        let mut packet = vec![0x80, 8];
        packet.extend(number.to_be_bytes());
        packet.extend((u32::from(number) * SAMPLES as u32).to_be_bytes());
        packet.extend(0x00c0_ffee_u32.to_be_bytes());
        packet.extend(samples.iter().map(|it| encode(Codec::Pcma, *it)));
        ear.send_to(&packet, to)?;
        number += 1;
        began += PACKET;
        std::thread::sleep(began.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// Samples of a packet.
const SAMPLES: usize = 160;
const PACKET: Duration = Duration::from_millis(20);
