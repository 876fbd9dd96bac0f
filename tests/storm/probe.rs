//! A caller of the trunk that asks again and again how long the answer takes.
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Later than this counts as never: the next one is sent.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two probes.
const PAUSE: Duration = Duration::from_millis(40);

/// Any request, as the address it comes from would write it.
pub(crate) fn request(method: &str, number: &str, id: u64, from: SocketAddr) -> String {
    format!(
        "{method} sip:{number}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK-{id}-{method}\r\n\
         From: <sip:+79990001122@{from}>;tag=t{id}\r\nTo: <sip:{number}@127.0.0.1>\r\nCall-ID: storm-{id}-{from}\r\n\
         CSeq: 1 {method}\r\nMax-Forwards: 70\r\nContact: <sip:storm@{from}>\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Calls a number that nobody has until `until`; times from each INVITE to its first answer, sorted.
pub(crate) fn invites(target: SocketAddr, until: Instant) -> Result<Vec<Duration>> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let from = socket.local_addr()?;
    let mut times = Vec::new();
    for id in 0.. {
        if Instant::now() >= until {
            break;
        }
        let began = Instant::now();
        socket.send_to(
            request("INVITE", "88009999999", id, from).as_bytes(),
            target,
        )?;
        times.push(first_answer(&socket, id, began));
        socket.set_read_timeout(Some(PAUSE))?;
        acknowledge(&socket, id, target)?;
    }
    times.sort_unstable();
    Ok(times)
}

fn first_answer(socket: &UdpSocket, id: u64, began: Instant) -> Duration {
    let ours = format!("Call-ID: storm-{id}-");
    let mut answer = [0; 2_048];
    while began.elapsed() < PATIENCE {
        let left = PATIENCE
            .saturating_sub(began.elapsed())
            .max(Duration::from_millis(1));
        if socket.set_read_timeout(Some(left)).is_err() {
            break;
        }
        let read = socket.recv(&mut answer).unwrap_or(0);
        if String::from_utf8_lossy(&answer[..read]).contains(&ours) {
            return began.elapsed();
        }
    }
    PATIENCE
}

/// Reads until the pause is over, and acknowledges the refusal.
fn acknowledge(socket: &UdpSocket, id: u64, target: SocketAddr) -> Result<()> {
    let mut answer = [0; 2_048];
    while let Ok(read) = socket.recv(&mut answer) {
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        let Some(to) = answer.lines().find(|line| line.starts_with("To:")) else {
            continue;
        };
        if answer.starts_with("SIP/2.0 1") {
            continue;
        }
        let ack = request("ACK", "88009999999", id, socket.local_addr()?)
            .replace(&format!("{id}-ACK\r"), &format!("{id}-INVITE\r"))
            .replace("To: <sip:88009999999@127.0.0.1>", to);
        socket.send_to(ack.as_bytes(), target)?;
    }
    Ok(())
}

/// The value below which so many percent of the sorted times lie.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let place = times.len() * percent / 100;
    times
        .get(place.min(times.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}
