//! Strangers, and the trunk's own address, that open connections and do nothing good with them: they reset them at once
//! or in the middle of a message, leave a TLS handshake half done, or dribble.
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gudok_phone::Answer;
use gudok_testkit::audio;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Daemon, PASSWORD, Setup};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::softphone::Softphone;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use crate::alone::alone;
use crate::flood::PLAN;
use crate::table::{mib, row};
use crate::{length, memory, metric};

/// Connections of one round. Open at the same time: a tenth of them, so that the test's own descriptors suffice.
const ROUND: usize = 1_000;
const AT_ONCE: usize = 100;
/// Rounds of the short run, and of one that lasts a minute.
const ROUNDS: (usize, usize) = (2, 10);
/// Connections that dribble beside it.
const DRIBBLING: usize = 50;
const DRIP: Duration = Duration::from_millis(20);
/// What may be left of memory, where an allocator keeps what the busiest moment needed.
const MEMORY_MAX: u64 = 16 * 1024 * 1024;
/// Looks at the daemon's sockets, of which the least is what it holds.
const LOOKS: usize = 10;
/// How long the daemon may take to let go of the last ones.
const SETTLED: Duration = Duration::from_secs(5);

/// What a connection has said when it is reset.
const WORDS: [&[u8]; 4] = [
    b"",
    b"\r\n\r\n",
    b"INVITE sip:88001234567@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK",
    b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nContent-Length: 60000\r\n\r\nhalf of it",
];
/// The head of a record that holds a ClientHello, and nothing of it.
const HALF_A_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

#[test]
fn connections_that_are_reset_half_open_or_dribble_leave_nothing_behind() -> Result<()> {
    let name = "resets::connections_that_are_reset_half_open_or_dribble_leave_nothing_behind";
    alone(name, async {
        let pair = tempfile::tempdir()?;
        let daemon = besieged(pair.path())?;
        let tls = daemon.tls.context("TLS is on")?;
        let (phone, mut desk) = operator(&daemon).await?;
        let talk = Call::new("+79990001122", "88001234567")
            .until_killed()
            .start(daemon.sip)?;
        phone.hears(audio::CALLER, 1.0).await?;

        // What the first ones need is kept: queues, buffers, threads that have never run.
        round(daemon.sip, tls, 0).await?;
        let held = settled(&daemon, usize::MAX).await?;
        let before = memory(&daemon);
        let heard_before = phone.heard().secs_of(audio::CALLER);
        let began = Instant::now();
        let rounds = match length().as_secs() {
            0..60 => ROUNDS.0,
            _ => ROUNDS.1,
        };
        let dribbling = tokio::spawn(dribble(daemon.sip));
        for number in 1..=rounds {
            round(daemon.sip, tls, number).await?;
        }
        let took = began.elapsed();
        let dribbled = dribbling.await??;
        let left = settled(&daemon, held).await?;
        let grown = memory(&daemon).saturating_sub(before);
        let heard = phone.heard().secs_of(audio::CALLER) - heard_before;
        let took_all = began.elapsed().as_secs_f32();
        phone.hang_up().await;
        desk.event("call.ended").await?;
        let lost = metric(&daemon, "gudok_rtp_packets_lost_total").await?;
        drop(talk);
        let connections = rounds * ROUND;
        row("resets: connections", connections, "-");
        row("resets: bytes that dribbled", dribbled, "-");
        row("resets: took", format!("{took:.1?}"), "-");
        row("resets: sockets after the first round", held, "-");
        row("resets: sockets after the last", left, "as before");
        row("resets: memory", mib(grown), "<= 16 MiB");
        row("resets: packets of the talk lost", lost, "0");
        assert!(grown <= MEMORY_MAX, "{grown} bytes more");
        assert_eq!(lost, 0.0, "of the talk");
        assert!(heard > took_all - 1.0, "{heard} of {took_all} s");
        Ok(())
    })
}

fn besieged(pair: &std::path::Path) -> Result<Daemon> {
    let key = rcgen::KeyPair::generate()?;
    let params = rcgen::CertificateParams::new(["localhost".to_owned()])?;
    std::fs::write(pair.join("tls.crt"), params.self_signed(&key)?.pem())?;
    std::fs::write(pair.join("tls.key"), key.serialize_pem())?;
    let folder = pair.display();
    let tls = format!(
        "[sip.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{folder}/tls.crt\"\nkey = \"{folder}/tls.key\"\n"
    );
    let setup = Setup::default().plan(PLAN).operator("101", &[]);
    setup.config(&tls).start()
}

async fn operator(daemon: &Daemon) -> Result<(Softphone, Desk)> {
    let at_once = Answer::After(Duration::ZERO);
    let mut phone = Softphone::start("101", daemon.sip, audio::OPERATOR, at_once)?;
    phone.register().await?;
    let desk = Desk::open(daemon.web, daemon.cti, "101", PASSWORD, Cards::Acknowledged);
    let mut desk = desk.await?;
    desk.ready().await?;
    Ok((phone, desk))
}

/// A thousand connections, opened and reset: from the trunk's address and from strangers', over TCP and half over TLS.
async fn round(tcp: SocketAddr, tls: SocketAddr, number: usize) -> Result<()> {
    for batch in 0..ROUND / AT_ONCE {
        let mut open = Vec::with_capacity(AT_ONCE);
        for place in 0..AT_ONCE {
            let host = match place % 2 {
                0 => Ipv4Addr::LOCALHOST,
                _ => Ipv4Addr::new(127, 0, 2, (place + batch) as u8),
            };
            let (to, words) = match place % 5 {
                4 => (tls, HALF_A_HELLO),
                kind => (tcp, WORDS[(kind + number) % WORDS.len()]),
            };
            let mut stream = connect(host, to).await?;
            // Who has no place for it may have closed it already.
            let _ = stream.write_all(words).await;
            open.push(stream);
        }
        for stream in open {
            stream.set_zero_linger()?;
        }
    }
    Ok(())
}

async fn connect(from: Ipv4Addr, to: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    Ok(socket.connect(to).await?)
}

/// Connections that say a byte at a time of a message that never ends; gives how many bytes they got rid of.
async fn dribble(to: SocketAddr) -> Result<usize> {
    let mut open = Vec::new();
    for place in 0..DRIBBLING {
        open.push(connect(Ipv4Addr::new(127, 0, 3, place as u8), to).await?);
    }
    let mut drops = 0;
    for drop in b"INVITE sip:88001234567@127.0.0.1 SIP/2.0\r\n" {
        for stream in &mut open {
            drops += usize::from(stream.write_all(&[*drop]).await.is_ok());
        }
        tokio::time::sleep(DRIP).await;
    }
    for stream in open {
        stream.set_zero_linger()?;
    }
    Ok(drops)
}

/// Sockets of the daemon; not its files, of which the journal and the database open more as they need.
pub(crate) fn sockets(daemon: &Daemon) -> Result<usize> {
    let open = std::fs::read_dir(format!("/proc/{}/fd", daemon.id()))?;
    // One that was closed meanwhile is none.
    let links = open.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
    Ok(links
        .filter(|link| link.to_string_lossy().starts_with("socket:"))
        .count())
}

/// Waits until the daemon holds no flow, and no more sockets than so many; gives how many there are.
async fn settled(daemon: &Daemon, most: usize) -> Result<usize> {
    let until = Instant::now() + SETTLED;
    loop {
        let mut flows = 0.0;
        for transport in ["TCP", "TLS"] {
            let name = format!("gudok_sip_flows{{transport=\"{transport}\"}}");
            flows += metric(daemon, &name).await?;
        }
        // The socket by which we asked takes a moment to go.
        let mut left = usize::MAX;
        for _ in 0..LOOKS {
            tokio::time::sleep(DRIP).await;
            left = left.min(sockets(daemon)?);
        }
        if flows == 0.0 && left <= most {
            return Ok(left);
        }
        ensure!(
            Instant::now() < until,
            "{left} sockets and {flows} flows where {most} and none were"
        );
    }
}
