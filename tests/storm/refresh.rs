//! A session that is refreshed by us: RFC 4028 lets nobody ask sooner than after 45 s, so this is not for every run.
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use gudok_media::control::Codec;
use gudok_media::g711::encode;
use gudok_testkit::audio::{self, tone};
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Setup;
use gudok_testkit::outside::{Heard, Outside, ear, sdp};

const PATIENCE: Duration = Duration::from_secs(60);
/// What the other side waits before it comes again: it does not own the Call-ID, so up to 2 s as it likes (RFC 3261
/// §14.1). Part of the story, nothing is waited for.
const THEIR_PAUSE: Duration = Duration::from_millis(500);
/// Half of the shortest session.
const HALF: Duration = Duration::from_secs(45);
/// Samples of a packet.
const PACKET: usize = 160;

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
label = "Горячая линия"
answer = "answer"
record = "from_answer"
flow = "main"

[[flow.main]]
play = ["greeting", "notice"]
notice = true

[[flow.main]]
external = "+79990000101"
ring = "10s"
on_not_answered = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "all_busy"
"#;

/// Our refresh, a re-INVITE to who knows no UPDATE, crosses a re-INVITE of theirs: each is refused with 491, theirs comes
/// again within 2 s, ours after 2.1 to 4 s, since the Call-ID is ours (RFC 3261 §14.1); and both talk on.
#[test]
#[ignore = "takes 50 s: tests/storm/run"]
fn a_refresh_of_ours_crosses_a_change_of_theirs_and_both_come_again() -> Result<()> {
    let (outside, ear) = (Outside::patient(PATIENCE)?, ear()?);
    let mut daemon = Setup::default()
        .plan(PLAN)
        .outbound(outside.address)
        .start()?;
    let call = Call::new("+79990001122", "88001234567")
        .hold(HALF + Duration::from_secs(12))
        .start(daemon.sip)?;
    let invite = outside.hears("INVITE")?;
    let agreed = "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n";
    outside.answers(&invite, 200, agreed, &sdp(1, &ear)?)?;
    outside.hears("ACK")?;
    let answered = Instant::now();
    let voice = Voice::to(&ear, media_of(&invite)?)?;

    let refresh = outside.hears("INVITE")?;
    assert!(answered.elapsed() >= HALF - Duration::from_secs(1));
    assert_eq!(
        refresh.header("Session-Expires"),
        Some("90;refresher=uac"),
        "{}",
        refresh.text
    );
    outside.asks(&invite, "INVITE", 1, &sdp(2, &ear)?)?;
    let refused = outside.hears("SIP/2.0")?;
    assert!(refused.text.starts_with("SIP/2.0 491"), "{}", refused.text);
    outside.acknowledges(&invite, 1, &refused)?;
    outside.answers(&refresh, 491, "", "")?;
    outside.hears("ACK")?;
    let crossed = Instant::now();

    thread::sleep(THEIR_PAUSE);
    outside.asks(&invite, "INVITE", 2, &sdp(3, &ear)?)?;
    let taken = outside.hears("SIP/2.0 2")?;
    outside.acknowledges(&invite, 2, &taken)?;
    let again = outside.hears("INVITE")?;
    let waited = crossed.elapsed();
    let range = Duration::from_millis(2_000)..Duration::from_millis(5_000);
    assert!(range.contains(&waited), "{waited:?}");
    outside.answers(&again, 200, agreed, &sdp(3, &ear)?)?;
    outside.hears("ACK")?;

    voice.heard.store(false, Ordering::Relaxed);
    let goodbye = outside.hears("BYE")?;
    outside.answers(&goodbye, 200, "", "")?;
    assert!(
        voice.heard.load(Ordering::Relaxed),
        "nothing is heard after it"
    );
    voice.end()?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        record.text("outcome"),
        "overflowed_external",
        "{:#?}",
        record.story
    );
    let (_, heard) = record.sound(&daemon.folder)?;
    let spoken = heard.secs_of(audio::OPERATOR);
    assert!(spoken > HALF.as_secs_f32() + 5.0, "{spoken} s");
    Ok(())
}

/// Where the offer of this INVITE wants to be spoken to.
fn media_of(invite: &Heard) -> Result<SocketAddr> {
    let mut lines = invite.text.lines();
    let port = lines.find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next());
    let port = port.context("an offer")?.parse()?;
    Ok(SocketAddr::from(([127, 0, 0, 1], port)))
}

/// A voice that goes on, and the ear beside it.
struct Voice {
    heard: Arc<AtomicBool>,
    ends: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Voice {
    fn to(ear: &UdpSocket, there: SocketAddr) -> Result<Self> {
        let socket = ear.try_clone()?;
        socket.set_nonblocking(true)?;
        let (heard, ends) = (Arc::default(), Arc::default());
        let (hears, over) = (Arc::clone(&heard), Arc::clone(&ends));
        let thread = thread::spawn(move || speak(&socket, there, &hears, &over));
        Ok(Self {
            heard,
            ends,
            thread,
        })
    }

    fn end(self) -> Result<()> {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.join().expect("a voice does not panic")
    }
}

fn speak(
    socket: &UdpSocket,
    there: SocketAddr,
    heard: &AtomicBool,
    ends: &AtomicBool,
) -> Result<()> {
    let second = tone(audio::OPERATOR, Duration::from_secs(1)).0;
    let began = Instant::now();
    let mut bytes = [0; 2_048];
    for (number, packet) in (0_u32..).zip(second.chunks_exact(PACKET).cycle()) {
        if ends.load(Ordering::Relaxed) {
            break;
        }
        let mut rtp = vec![0x80, 8];
        rtp.extend(u16::try_from(number % 65_536)?.to_be_bytes());
        rtp.extend((number * 160).to_be_bytes());
        rtp.extend(7_u32.to_be_bytes());
        rtp.extend(packet.iter().map(|sample| encode(Codec::Pcma, *sample)));
        socket.send_to(&rtp, there)?;
        while socket.recv(&mut bytes).is_ok() {
            heard.store(true, Ordering::Relaxed);
        }
        let due = began + Duration::from_millis(20) * (number + 1);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}
