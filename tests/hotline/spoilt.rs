//! Spoilt messages over real sockets, in a network that holds the daemon and nothing else: after each the daemon answers
//! OPTIONS, and when it is over nothing is left. The same spoils as in `crates/sip/tests/anomalies`, where every field of
//! every message has its turn; here those of a new call, over UDP and TCP.
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::marks::Marked;
use crate::scanners::counted;
use crate::spoil::SPOILS;
use crate::{HOTLINE, hotline, plans};

/// Every so-manieth case goes over TCP, on a connection of its own.
const OVER_TCP: usize = 4;
/// A datagram holds no more.
const DATAGRAM_MAX: usize = 60_000;
/// What OPTIONS may take; one in a hundred may meet a busy machine.
const SOON: Duration = Duration::from_millis(200);
/// What it may take at the worst.
const AT_ALL: Duration = Duration::from_secs(5);

#[test]
fn spoilt_calls_leave_the_daemon_as_it_was() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("goodbye")).alone().start()?;
    let this = std::env::current_exe()?;
    let target = format!("GUDOK_SPOILT={}", daemon.sip);
    let sender = ["spoilt::sender", "--exact", "--ignored", "--nocapture"];
    let mut arguments = vec![target.as_str(), this.to_str().context("a path")?];
    arguments.extend(sender);
    let said = daemon.beside("env", &arguments)?;
    ensure!(said.contains("1 passed"), "{said}");
    let arrived = counted(&daemon, "gudok_sip_requests_total")?;
    println!("{said}{arrived} requests were read");
    // Calls that nobody acknowledged are given up after 32 s, their transactions 32 s later.
    let began = Instant::now();
    let left = || -> Result<f64> {
        Ok(counted(&daemon, "gudok_calls_active")? + counted(&daemon, "gudok_sip_sessions")?)
    };
    while left()? > 0.0 {
        ensure!(
            began.elapsed() < Duration::from_secs(100),
            "{} left",
            left()?
        );
    }
    assert_eq!(counted(&daemon, "gudok_legs ")?, 0.0);
    daemon.stop()?;
    let log = daemon.log();
    ensure!(!log.contains("panicked"), "{log}");
    Ok(())
}

/// The other half, within the daemon's network.
#[test]
#[ignore = "started by the test above, in the daemon's own network"]
fn sender() -> Result<()> {
    let target: SocketAddr = std::env::var("GUDOK_SPOILT")?.parse()?;
    let line = UdpSocket::bind("127.0.0.1:0")?;
    line.connect(target)?;
    line.set_read_timeout(Some(AT_ALL))?;
    let own = line.local_addr()?;
    let (mut count, mut late) = (0_usize, 0_usize);
    let fields = Marked::parse(&invite(own, target, 0)).fields.len();
    for field in 0..fields {
        for (name, spoil) in SPOILS {
            count += 1;
            let marked = Marked::parse(&invite(own, target, count));
            let bytes = marked.spoilt(&marked.fields[field], spoil);
            match count % OVER_TCP == 0 || bytes.len() > DATAGRAM_MAX {
                // Closed again before it is answered, as scanners do.
                true => drop(TcpStream::connect(target)?.write_all(&bytes)),
                false => drop(line.send(&bytes)?),
            }
            let took = asked(&line, own, target, count);
            let took = took.with_context(|| format!("{} {name}", marked.fields[field].name))?;
            late += usize::from(took > SOON);
        }
    }
    println!("{count} spoilt calls, {late} slow answers");
    ensure!(count > 1_000 && late * 100 <= count, "{late} of {count}");
    Ok(())
}

/// How long OPTIONS takes.
fn asked(line: &UdpSocket, own: SocketAddr, target: SocketAddr, number: usize) -> Result<Duration> {
    let options = format!(
        "OPTIONS sip:{target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bKalive{number}\r\nMax-Forwards: 70\r\n\
         From: <sip:a@{own}>;tag=1\r\nTo: <sip:{target}>\r\nCall-ID: alive\r\nCSeq: {number} OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    let began = Instant::now();
    line.send(options.as_bytes())?;
    let wanted = format!("CSeq: {number} OPTIONS\r\n");
    let mut bytes = [0; 65_535];
    loop {
        let length = line.recv(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes[..length]);
        if text.starts_with("SIP/2.0 200") && text.contains(&wanted) {
            return Ok(began.elapsed());
        }
    }
}

/// A new call with its fields marked.
fn invite(own: SocketAddr, target: SocketAddr, number: usize) -> String {
    let ip = own.ip();
    let sdp = format!(
        "«sdp.v|v=0»\r\n«sdp.o|o=- 1 1 IN IP4 {ip}»\r\ns=-\r\n«sdp.c|c=IN «sdp.c.type|IP4» «sdp.c.address|{ip}»»\r\n\
         t=0 0\r\n«sdp.m|m=audio «sdp.m.port|9000» «sdp.m.proto|RTP/AVP» «sdp.m.formats|8»»\r\n«sdp.direction|a=sendrecv»\r\n"
    );
    let length = Marked::parse(&sdp).text.len();
    format!(
        "«start.method|INVITE» «start.uri|sip:{HOTLINE}@{target}» «start.version|SIP/2.0»\r\n\
         «via|Via: SIP/2.0/«via.transport|UDP» «via.host|{own}»;rport;branch=«via.branch|z9hG4bKspoilt{number}»»\r\n\
         Max-Forwards: «hops|70»\r\n«from|From: «from.display|\"A\"» <sip:«from.user|+79990001122»@{own}>;tag=«from.tag|s{number}»»\r\n\
         «to|To: <sip:{HOTLINE}@{target}>»\r\nCall-ID: «callid|spoilt{number}»\r\nCSeq: «cseq|«cseq.number|1» INVITE»\r\n\
         Contact: «contact|<sip:trunk@«contact.host|{own}»>»\r\nContent-Type: «ctype|application/sdp»\r\n\
         Content-Length: «length|{length}»\r\n\r\n{sdp}"
    )
}
