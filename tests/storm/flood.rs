//! Strangers who send as fast as they can.
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use gudok_phone::Answer;
use gudok_testkit::audio;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Folder, Setup};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::softphone::Softphone;

use crate::alone::alone;
use crate::probe::{self, percentile, request};
use crate::table::{mib, row};
use crate::{length, memory, memory_peak, metric, overrun, phones, processor};

/// What reliability.md A3 (ES2021-06) holds us to: messages a second, memory, and the answer to who may call.
const RATE: u32 = 20_000;
const MEMORY_MAX: u64 = 64 * 1024 * 1024;
const ANSWER_MAX: Duration = Duration::from_millis(200);
/// A phone that comes back waits for its turn behind everything else.
const BACK_MAX: Duration = Duration::from_secs(2);

pub(crate) const PLAN: &str = r#"
[[number]]
did = "+78001234567"
label = "Горячая линия"
answer = "answer"
record = "from_answer"
flow = "main"

[group.tech]
operators = ["101"]
strategy = "linear"
ring = "10s"

[queue.tech]
callers_max = 10

[[flow.main]]
play = ["greeting", "notice"]
notice = true

[[flow.main]]
queue = "tech"
wait = "60s"
music = "music"
on_timeout = "sorry"
on_no_operators = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "all_busy"
"#;

#[test]
fn a_flood_of_strangers_costs_neither_the_talk_nor_new_callers_nor_memory() -> Result<()> {
    let name = "flood::a_flood_of_strangers_costs_neither_the_talk_nor_new_callers_nor_memory";
    alone(name, async {
        let mut daemon = ["101", "102", "103"]
            .into_iter()
            .fold(Setup::default().plan(PLAN), |setup, id| {
                setup.operator(id, &[])
            })
            .start()?;
        let at_once = Answer::After(Duration::ZERO);
        let mut phone = Softphone::start("101", daemon.sip, audio::OPERATOR, at_once)?;
        phone.register().await?;
        let mut desk = Desk::open(
            daemon.web,
            daemon.cti,
            "101",
            gudok_testkit::daemon::PASSWORD,
            Cards::Acknowledged,
        )
        .await?;
        desk.ready().await?;
        let talk = Call::new("+79990001122", "88001234567")
            .until_killed()
            .start(daemon.sip)?;
        phone.hears(audio::CALLER, 1.0).await?;
        let late = phones::Challenged::at(daemon.sip).await?;
        let (before, worked) = (memory(&daemon), processor(&daemon));
        let heard_before = phone.heard().secs_of(audio::CALLER);
        let began = Instant::now();
        let until = began + length();
        let floods = [
            flood(daemon.sip, vec![Ipv4Addr::new(127, 0, 0, 66)], until)?,
            flood(
                daemon.sip,
                (1..=250)
                    .map(|last| Ipv4Addr::new(127, 0, 1, last))
                    .collect(),
                until,
            )?,
        ];
        let target = daemon.sip;
        let times = tokio::task::spawn_blocking(move || probe::invites(target, until));
        // Both come in the middle of it, when every share of the flood is used up.
        tokio::time::sleep(length() / 2).await;
        let back = [
            late.comes_in().await?,
            phones::comes_in_over_tcp(daemon.sip).await?,
        ];
        let times = times.await??;
        let sent: u64 = floods
            .into_iter()
            .map(|flood| flood.join().unwrap_or(0))
            .sum();
        let took = began.elapsed().as_secs_f64();
        let worked = processor(&daemon) - worked;
        let grown = memory_peak(&daemon).saturating_sub(before);
        let heard = phone.heard().secs_of(audio::CALLER) - heard_before;
        phone.hang_up().await;
        desk.event("call.ended").await?;
        let lost = metric(&daemon, "gudok_rtp_packets_lost_total").await?;
        let unread = metric(&daemon, "gudok_sip_unread_total{whose=\"strangers\"}").await?;
        let (middle, worst) = (percentile(&times, 50), percentile(&times, 99));
        let overrun = overrun(daemon.sip);
        daemon.stop()?;
        let quality = quality_of_talk(&daemon.folder)?;
        let rate = sent as f64 / took;
        row(
            "flood: messages/s, for how long",
            format!("{rate:.0}, {took:.0} s"),
            "≥ 20 000 wanted",
        );
        row(
            "flood: dropped unread, lost before the daemon saw them",
            format!("{unread}, {overrun} of {sent}"),
            "≥ 80 %",
        );
        let cost = worked / sent as f64 * 1_000_000.0;
        row(
            "flood: CPU of the daemon, all in all, a message",
            format!("{cost:.1} µs"),
            "–",
        );
        row(
            "flood: RSS before, more at its peak",
            format!("{}, {}", mib(before), mib(grown)),
            "≤ +64 MiB",
        );
        let times_told = format!("{middle:.1?}, {worst:.1?} of {}", times.len());
        row(
            "flood: a caller's INVITE→100 p50, p99",
            times_told,
            "p99 < 200 ms",
        );
        row(
            "flood: a phone comes back over UDP, TCP",
            format!("{back:.1?}"),
            "< 2 s",
        );
        row("flood: RTP packets lost in the talk", lost, "0");
        row(
            "flood: seconds of the talk that were heard",
            format!("{heard:.1} of {took:.1}"),
            "all but 1 s",
        );
        row("flood: the talk's legs", quality, "–");
        drop(talk);
        assert!(grown <= MEMORY_MAX, "{grown} bytes more");
        assert!(worst < ANSWER_MAX, "{worst:?}");
        assert!(back.iter().all(|took| *took < BACK_MAX), "{back:?}");
        assert_eq!(lost, 0.0, "of the talk");
        assert!(f64::from(heard) > took - 1.0, "{heard} of {took} s");
        let never_read = unread + overrun as f64;
        assert!(
            never_read > 0.8 * sent as f64 - 3_000.0,
            "{never_read} of {sent}"
        );
        Ok(())
    })
}

/// What `explain` says of the packets of the talk, leg by leg.
fn quality_of_talk(folder: &Folder) -> Result<String> {
    let calls = folder.verb(&["calls", "--outcome", "answered", "--output", "json"])?;
    let talk: serde_json::Value = serde_json::from_str(&calls).context("one talk on record")?;
    let story = folder.verb(&["explain", talk["call_id"].as_str().context("an id")?])?;
    let legs = story.lines().filter(|line| line.contains("джиттер"));
    Ok(legs.map(str::trim).collect::<Vec<_>>().join("; "))
}

/// REGISTER, OPTIONS and INVITE in turn, half of [`RATE`], from these addresses; gives how many were sent.
fn flood(target: SocketAddr, from: Vec<Ipv4Addr>, until: Instant) -> Result<JoinHandle<u64>> {
    const BURST: Duration = Duration::from_millis(1);
    let sockets: Vec<UdpSocket> = from
        .into_iter()
        .map(|address| UdpSocket::bind((address, 0)))
        .collect::<Result<_, _>>()?;
    let messages: Vec<Vec<u8>> = (0..3 * sockets.len() as u64)
        .map(|id| {
            let method = ["REGISTER", "OPTIONS", "INVITE"][id as usize % 3];
            let from = sockets[id as usize % sockets.len()].local_addr()?;
            Ok(request(method, "88001234567", id, from).into_bytes())
        })
        .collect::<Result<_>>()?;
    Ok(thread::spawn(move || {
        let began = Instant::now();
        let mut sent = 0_u64;
        while Instant::now() < until {
            // Bursts of a millisecond; one that came late brings what is due by now.
            let due = began.elapsed().as_micros() as u64 * u64::from(RATE / 2) / 1_000_000;
            while sent < due {
                let number = sent as usize;
                // A full buffer of ours loses the message, as a full line would.
                let _ = sockets[number % sockets.len()]
                    .send_to(&messages[number % messages.len()], target);
                sent += 1;
            }
            thread::sleep(BURST);
        }
        sent
    }))
}
