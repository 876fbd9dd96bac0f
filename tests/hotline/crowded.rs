//! More messages than fit one turn: the daemon was held up, and finds them all at once.
use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gudok_testkit::daemon::Daemon;

use crate::{hotline, plans};

/// Served in the order in which they came, before the daemon sees that it has fallen behind.
const FIRST_TURN: usize = 64;
const OPTIONS: usize = 90;
const INVITES: usize = 5;
const BYES: usize = 10;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn what_waits_is_served_by_rank_and_nothing_of_it_is_lost() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("goodbye")).start()?;
    let trunk = UdpSocket::bind("127.0.0.1:0")?;
    trunk.connect(daemon.sip)?;
    trunk.set_read_timeout(Some(PATIENCE))?;
    let from = trunk.local_addr()?;
    hold(&daemon)?;
    let kinds = [("OPTIONS", OPTIONS), ("INVITE", INVITES), ("BYE", BYES)];
    for (method, count) in kinds {
        for number in 0..count {
            trunk.send(message(method, number, from).as_bytes())?;
        }
    }
    signal(&daemon, "CONT")?;
    let mut answers = Vec::new();
    let (mut bytes, all) = ([0; 4_096], OPTIONS + INVITES + BYES);
    while answers.len() < all {
        let length = trunk
            .recv(&mut bytes)
            .with_context(|| format!("{} of {all}: {answers:?}", answers.len()))?;
        answers.extend(first_answer(&String::from_utf8_lossy(&bytes[..length])));
    }
    // Then talks, though they came last, new calls, and the rest.
    let order = [
        vec!["OPTIONS"; FIRST_TURN],
        vec!["BYE"; BYES],
        vec!["INVITE"; INVITES],
        vec!["OPTIONS"; OPTIONS - FIRST_TURN],
    ];
    assert_eq!(answers, order.concat());
    daemon.stop()
}

/// What was answered, at its first answer.
fn first_answer(text: &str) -> Option<&'static str> {
    let answers = [
        ("SIP/2.0 200", "OPTIONS"),
        ("SIP/2.0 100", "INVITE"),
        ("SIP/2.0 481", "BYE"),
    ];
    let of = |(status, method): &(&str, &str)| {
        text.starts_with(status) && text.contains(&format!(" {method}\r\n"))
    };
    answers.iter().find(|it| of(it)).map(|(_, method)| *method)
}

/// A request of the carrier; the BYE is that of a talk which we do not know.
fn message(method: &str, number: usize, from: SocketAddr) -> String {
    let tag = if method == "BYE" { ";tag=ours" } else { "" };
    format!(
        "{method} sip:88009999999@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};rport;branch=z9hG4bK{method}{number}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:+79990001122@{from}>;tag=t{number}\r\nTo: <sip:88009999999@127.0.0.1>{tag}\r\n\
         Call-ID: {method}-{number}\r\nCSeq: 1 {method}\r\nContact: <sip:trunk@{from}>\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Returns when the daemon stands still.
fn hold(daemon: &Daemon) -> Result<()> {
    signal(daemon, "STOP")?;
    let began = Instant::now();
    let state = || -> Result<bool> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.id()))?;
        Ok(stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.starts_with(" T")))
    };
    while !state()? {
        ensure!(began.elapsed() < PATIENCE, "it goes on");
        std::thread::yield_now();
    }
    Ok(())
}

fn signal(daemon: &Daemon, name: &str) -> Result<()> {
    let status = Command::new("kill")
        .args([format!("-{name}"), daemon.id().to_string()])
        .status()?;
    ensure!(status.success(), "kill -{name}: {status}");
    Ok(())
}
