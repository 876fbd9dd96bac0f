//! Scripts of a network: when each packet comes, what is played.
use proptest::prelude::*;

use super::*;

/// A sender whose every sample tells its number, a network, and a beat of 20 ms.
struct Line {
    jitter: Jitter,
    now: u64,
    sent: u64,
}

impl Line {
    fn new() -> Self {
        Self {
            jitter: Jitter::new(),
            now: 1_000_000,
            sent: 0,
        }
    }

    fn packet_at(&mut self, n: u64, at: u64, ts: u32) {
        let place = Place { stream: 0, ext: n };
        self.jitter
            .put(at, place, ts, Codec::Pcma, &[loud(n); FRAME]);
    }

    /// How much lies in the buffer. Milliseconds.
    fn waits(&self) -> i64 {
        let clock = self.jitter.clock.as_ref().expect("a clock");
        (clock.at + FRAME as i64 - clock.play) / 8
    }

    /// Packets of twenty milliseconds, late as said or lost; gives what was played in each beat.
    fn run(&mut self, packets: u64, late_ms: impl Fn(u64) -> Option<u64>) -> Vec<Frame> {
        let all = self.sent..self.sent + packets;
        self.sent = all.end;
        let mut arrivals: Vec<(u64, u64)> = all
            .clone()
            .filter_map(|n| Some((1_000_000 + n * 20_000 + late_ms(n)? * 1_000, n)))
            .collect();
        arrivals.sort_unstable();
        let mut arrivals = arrivals.into_iter().peekable();
        let beat = |it: &mut Self| {
            it.now += 20_000;
            while let Some((at, n)) = arrivals.next_if(|(at, _)| *at <= it.now) {
                it.packet_at(n, at, n as u32 * 160);
            }
            it.jitter.take(it.now)
        };
        let mut beat = beat;
        all.map(|_| beat(self)).collect()
    }
}

/// The byte of packet `n`; never silence.
fn loud(n: u64) -> u8 {
    0x80 | (n % 32) as u8
}

fn energy(frame: &Frame) -> i64 {
    frame.samples.iter().map(|&it| i64::from(it).pow(2)).sum()
}

/// Frames in which nothing came, after the first ten.
fn missing(frames: &[Frame]) -> usize {
    frames.iter().skip(10).filter(|it| !it.came).count()
}

/// 0–`most` ms, the same at each run.
fn uneven(n: u64, most: u64) -> u64 {
    (n.wrapping_mul(2_654_435_761) >> 7) % (most + 1)
}

#[test]
fn the_depth_follows_the_network_up_and_down() {
    let mut line = Line::new();
    assert_eq!(missing(&line.run(200, |_| Some(0))), 0);
    assert_eq!(line.jitter.spread.depth(), 160, "an even network");
    line.run(500, |n| Some(uneven(n, 60)));
    let deep = line.jitter.spread.depth() / 8;
    assert!((75..=95).contains(&deep), "{deep} ms for 0-60 ms");
    let rough = line.run(500, |n| Some(uneven(n, 60)));
    assert!(missing(&rough) <= 15, "{} of 500", missing(&rough));
    line.run(1_000, |_| Some(0));
    assert_eq!(line.jitter.spread.depth(), 160, "even again");
}

#[test]
fn beyond_120_ms_nobody_is_waited_for() {
    let mut line = Line::new();
    line.run(1_000, |n| Some(uneven(n, 300)));
    assert_eq!(line.jitter.spread.depth(), 960);
}

#[test]
fn what_is_lost_is_repeated_and_fades_within_80_ms() {
    let mut line = Line::new();
    let frames = line.run(60, |n| (!(30..40).contains(&n)).then_some(0));
    let first = frames.iter().rposition(|it| !it.came).expect("some") - 9;
    let energies: Vec<i64> = frames[first - 1..first + 11].iter().map(energy).collect();
    assert!(energies[1] > energies[0] / 2, "nearly as loud");
    assert!(
        energies[..5].windows(2).all(|it| it[1] < it[0]),
        "{energies:?}"
    );
    assert_eq!(energies[5..11], [0; 6], "silence, not a hum");
    assert!(energies[11] > 0, "and back at once");
}

#[test]
fn one_that_is_late_beyond_its_turn_is_no_echo() {
    let mut line = Line::new();
    line.run(50, |n| Some(if n == 40 { 200 } else { 0 }));
    // Half a second later the ring has come round to its place.
    let frames = line.run(50, |n| (n > 75).then_some(0));
    assert!(frames[..20].iter().all(|it| !it.came));
}

#[test]
fn a_clock_that_stood_still_or_jumped_is_heard_again_at_once() {
    for jump in [-90_000_i64, -2_400, 2_400, 90_000] {
        let mut line = Line::new();
        line.run(50, |_| Some(0));
        let mut came = 0;
        for n in 50..150_u64 {
            let at = 1_000_000 + n * 20_000;
            let ts = (n as i64 * 160 + jump) as u32;
            line.packet_at(n, at, ts);
            came += usize::from(line.jitter.take(at + 10_000).came);
        }
        assert!(came >= 90, "{came} of 100 after a jump of {jump}");
    }
}

#[test]
fn a_burst_after_a_stall_is_played_and_the_delay_is_made_up_for() {
    let mut line = Line::new();
    line.run(100, |_| Some(0));
    let stalled = line.run(200, |n| Some(if n < 115 { (115 - n) * 20 } else { 0 }));
    assert!(stalled[20..].iter().all(|it| it.came));
    line.run(500, |_| Some(0));
    let waits = line.waits();
    assert!(waits <= 60, "{waits} ms lie in the buffer");
}

#[test]
fn ten_minutes_with_a_sender_of_another_clock_neither_starve_nor_pile_up() {
    for period in [19_996, 20_004] {
        let mut line = Line::new();
        let (mut missed, mut n) = (0, 0);
        for beat in 0..30_000 {
            line.now += 20_000;
            while n * period <= line.now - 1_000_000 {
                line.packet_at(n, 1_000_000 + n * period, n as u32 * 160);
                n += 1;
            }
            missed += u32::from(!line.jitter.take(line.now).came && beat > 10);
            assert!(
                line.waits() <= 100,
                "{} ms in the buffer at {n}",
                line.waits()
            );
        }
        assert!(
            missed <= 10,
            "{missed} frames missed, one packet in {period} µs"
        );
    }
}

proptest! {
    /// Whatever comes: the depth is 20-120 ms, nothing overflows, and after a second of an even network all is heard.
    #[test]
    fn any_network_ends_in_peace(
        story in proptest::collection::vec((0u64..400, any::<bool>(), 0usize..400, any::<u32>()), 0..300),
    ) {
        let mut line = Line::new();
        let mut ts = 0_u32;
        for (n, (late_ms, jumps, length, jump)) in story.into_iter().enumerate() {
            ts = ts.wrapping_add(if jumps && late_ms > 300 { jump } else { 160 });
            let at = line.now + late_ms * 100;
            let place = Place { stream: (n / 50) as u8, ext: n as u64 };
            line.jitter.put(at, place, ts, Codec::Pcmu, &vec![0x10; length]);
            line.now += 20_000;
            line.jitter.take(line.now);
            prop_assert!(DEPTH.contains(&line.jitter.spread.depth()));
        }
        let mut came = 0;
        for n in 0..300_u64 {
            let place = Place { stream: 9, ext: n };
            line.jitter.put(line.now, place, n as u32 * 160, Codec::Pcma, &[loud(n); FRAME]);
            line.now += 20_000;
            came = if line.jitter.take(line.now).came { came + 1 } else { 0 };
        }
        prop_assert!(came >= 100, "{} in a row", came);
    }
}
