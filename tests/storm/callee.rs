//! Somebody outside who answers every call at once.
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::carrier::{SDP, ok_head};

/// How often the thread looks whether it may go.
const LOOK: Duration = Duration::from_millis(100);

/// An address that answers until this is dropped.
pub(crate) struct Callee {
    pub(crate) address: SocketAddr,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Callee {
    pub(crate) fn start() -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 3, 1), 0))?;
        socket.set_read_timeout(Some(LOOK))?;
        let (address, over) = (socket.local_addr()?, Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&over);
        let answer = move || answer(&socket, address, &seen);
        let thread = thread::Builder::new().name("callee".into()).spawn(answer);
        Ok(Self {
            address,
            over,
            thread: Some(thread.context("a thread")?),
        })
    }
}

impl Drop for Callee {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(socket: &UdpSocket, own: SocketAddr, over: &AtomicBool) {
    let mut bytes = [0; 8_192];
    while !over.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut bytes) else {
            continue;
        };
        let request = String::from_utf8_lossy(&bytes[..length]);
        if let Some(answer) = answer_to(&request, own) {
            let _ = socket.send_to(answer.as_bytes(), from);
        }
    }
}

/// Yes to whatever is asked; to the same request the same words.
pub(crate) fn answer_to(request: &str, own: SocketAddr) -> Option<String> {
    let method = request.split(' ').next()?;
    let (kind, body) = match method {
        "ACK" => return None,
        "INVITE" => ("Content-Type: application/sdp\r\n", SDP),
        _ if method.starts_with("SIP/") => return None,
        _ => ("", ""),
    };
    let length = body.len();
    let mut head = String::new();
    for line in ok_head(request).lines() {
        let tag = if line.starts_with("To:") && !line.contains(";tag=") {
            ";tag=callee"
        } else {
            ""
        };
        head += &format!("{line}{tag}\r\n");
    }
    Some(format!(
        "{head}Contact: <sip:callee@{own}>\r\n{kind}Content-Length: {length}\r\n\r\n{body}"
    ))
}
