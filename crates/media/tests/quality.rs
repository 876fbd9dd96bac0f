//! Reports, silence and the figures of a leg.
mod common;

use common::{Party, SILENCE_US, Sent, Stage, keyed};
use gudok_media::control::{Command, Event, MediaLeg};
use gudok_media::{Bank, Kind};

/// One direction of a network: every 20th RTP packet is lost, every second one is late.
#[derive(Default)]
struct Line {
    taken: usize,
    packets: u64,
    flying: Vec<(u64, Sent)>,
}

impl Line {
    /// Takes what the leg sent; it arrives `delay` ms after `ms`, or `jitter` later.
    fn load(&mut self, stage: &Stage, leg: MediaLeg, ms: u64, delay: u64, jitter: u64) {
        let sent = &stage.net.sent[self.taken..];
        for sent in sent.iter().filter(|sent| sent.leg == leg) {
            let mut arrival = ms + delay;
            if sent.kind == Kind::Rtp {
                self.packets += 1;
                arrival += self.packets % 2 * jitter;
            }
            if sent.kind == Kind::Rtcp || self.packets % 20 != 3 {
                self.flying.push((arrival, sent.clone()));
            }
        }
        self.taken = stage.net.sent.len();
    }

    /// Delivers what is there at `ms`.
    fn unload(&mut self, stage: &mut Stage, to: &Party, ms: u64) {
        for (_, sent) in self.flying.iter().filter(|(arrival, _)| *arrival == ms) {
            let peer = &to.peer;
            let from = if sent.kind == Kind::Rtp {
                peer.rtp
            } else {
                peer.rtcp
            };
            stage.arrive(to.leg, sent.kind, from, &sent.bytes);
        }
    }
}

/// Two stages call each other over such a network; gives one of them and its leg of the call.
fn talk(seconds: u64, delay: u64, jitter: u64) -> (Stage, Party) {
    let (mut near, mut far) = (Stage::new(Bank::new()), Stage::new(Bank::new()));
    let (here, there) = (near.party(), far.party());
    let (mut source, mut sink) = (near.party(), far.party());
    near.bridge(&here, &source);
    far.bridge(&there, &sink);
    let (mut out, mut back) = (Line::default(), Line::default());
    for ms in 0..seconds * 1_000 {
        near.wait(1);
        far.wait(1);
        if ms % 20 == 0 {
            let n = (ms / 20) as u32;
            near.speak(&mut source, &keyed(1, n));
            far.speak(&mut sink, &keyed(2, n));
        }
        out.load(&near, here.leg, ms, delay, jitter);
        back.load(&far, there.leg, ms, delay, jitter);
        out.unload(&mut far, &there, ms);
        back.unload(&mut near, &here, ms);
    }
    (near, here)
}

#[test]
fn reports_of_both_ends_give_round_trip_loss_and_score() {
    let (mut near, here) = talk(30, 40, 0);
    let stats = near.close(&here);
    let rtt = stats.rtt_us.expect("reports went both ways");
    assert!(rtt.abs_diff(80_000) <= 2_000, "twice 40 ms: {rtt}");
    let loss = stats.remote_loss_permille.expect("reports went both ways");
    assert!(loss.abs_diff(50) <= 10, "every 20th packet: {loss}");
    let own = stats.lost * 1_000 / (stats.lost + stats.received);
    assert!(own.abs_diff(50) <= 10, "every 20th packet: {own}");
    assert!((3.7..4.0).contains(&stats.mos), "5 % loss: {}", stats.mos);
    let bye = near.net.sent.last().expect("a good-bye");
    assert_eq!((bye.leg, bye.kind), (here.leg, Kind::Rtcp));
}

#[test]
fn jitter_is_measured_in_microseconds() {
    let (mut near, here) = talk(10, 40, 4);
    let stats = near.close(&here);
    assert!((2_000..4_500).contains(&stats.jitter_us_mean), "{stats:?}");
    assert!(stats.jitter_us_max >= stats.jitter_us_mean);
}

#[test]
fn reports_come_every_five_seconds_and_not_together() {
    let mut stage = Stage::new(Bank::new());
    let parties: Vec<_> = (0..20).map(|_| stage.party()).collect();
    stage.wait(60_000);
    let mut moments = std::collections::BTreeSet::new();
    for party in &parties {
        let reports = stage.net.sent.iter().filter(|sent| sent.leg == party.leg);
        let moments_of_leg: Vec<u64> = reports.map(|report| report.at).collect();
        assert!(
            (8..=24).contains(&moments_of_leg.len()),
            "{moments_of_leg:?}"
        );
        moments.extend(moments_of_leg);
    }
    assert!(moments.len() > 150, "spread");
}

#[test]
fn a_dead_leg_is_told_once_but_not_on_hold() {
    let mut stage = Stage::new(Bank::new());
    let mut caller = stage.party();
    let silent = Event::Silent { leg: caller.leg };
    let told = |stage: &Stage| {
        stage
            .events
            .iter()
            .filter(|event| **event == silent)
            .count()
    };
    stage.speak(&mut caller, &keyed(1, 0));
    stage.wait(SILENCE_US / 1_000 - 20);
    assert_eq!(told(&stage), 0);
    stage.wait(60_000);
    assert_eq!(told(&stage), 1);
    stage.speak(&mut caller, &keyed(1, 1));
    caller.peer.receive = false;
    stage.agree(&caller);
    stage.wait(60_000);
    assert_eq!(told(&stage), 1, "on hold");
    caller.peer.receive = true;
    stage.agree(&caller);
    stage.wait(SILENCE_US / 1_000 + 20);
    assert_eq!(told(&stage), 2);
}

#[test]
fn the_longest_gap_and_the_first_packet_are_told() {
    let mut stage = Stage::new(Bank::new());
    let mut caller = stage.party();
    for pause in [20, 20, 700, 20] {
        stage.speak(&mut caller, &keyed(1, 0));
        stage.wait(pause);
    }
    stage.speak(&mut caller, &keyed(1, 0));
    assert_eq!(stage.events, [Event::Heard { leg: caller.leg }]);
    assert_eq!(stage.close(&caller).gap_ms_max, 700);
}

#[test]
fn a_leg_that_heard_nothing_has_no_score() {
    let mut stage = Stage::new(Bank::new());
    let caller = stage.party();
    stage.tell(Command::Stop { leg: caller.leg });
    assert_eq!(stage.close(&caller).mos, 0.0);
    assert!(
        stage.net.sent.is_empty(),
        "no good-bye where nothing was said"
    );
}
