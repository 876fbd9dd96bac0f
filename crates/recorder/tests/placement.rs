//! What the microphone of each side said is at its sample in the file, bit for bit, whatever the network did.
mod stage;

use gudok_media::tap::{Record, Side};
use gudok_model::Mono;
use gudok_recorder::{Channel, Ended, Mark, verify};
use stage::{STARTED, Stage, T0, channels, pcm, wav_of};

/// 0–50 ms, the same at each run; the first packet is not late.
fn jitter(n: u64) -> f64 {
    if n == 0 {
        0.0
    } else {
        (n.wrapping_mul(2_654_435_761) >> 7 & 0x1ff) as f64 / 10.24
    }
}

/// Frames of the timeline a channel must have, or silence.
fn expected(side: Side, frames: impl Iterator<Item = Option<u64>>) -> Vec<i16> {
    frames
        .flat_map(|frame| frame.map_or(vec![0; 160], |frame| pcm(side, frame)))
        .collect()
}

#[test]
fn loss_reordering_duplicates_a_new_ssrc_and_a_pause_move_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(root.path());
    stage.begin(1);
    let lost = |n: u64| n % 37 == 5 || (400..410).contains(&n);
    let paused = |n: u64| (600..650).contains(&n);
    stage.record(
        1,
        &Record::Pause {
            at: T0 + 600 * 20_000,
        },
    );
    stage.record(
        1,
        &Record::Resume {
            at: T0 + 650 * 20_000,
        },
    );
    let mut arrivals: Vec<(f64, Side, u64)> = Vec::new();
    for n in (0..1000).filter(|n| !paused(*n)) {
        let due = n as f64 * 20.0;
        arrivals.push((due, Side::Right, n));
        if lost(n) {
            continue;
        }
        // Every 50th is overtaken by two others, one even by the next stream.
        let late = match n {
            799 | 800 => 0.0,
            798 => 45.0,
            _ if n % 50 == 20 => 45.0,
            _ => jitter(n),
        };
        arrivals.push((due + late, Side::Left, n));
        if n % 41 == 0 {
            arrivals.push((due + late + 0.1, Side::Left, n));
        }
    }
    arrivals.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (ms, side, n) in arrivals {
        match side {
            Side::Right | Side::Third => {
                stage.packet(side, 0, n as u16, n as u32 * 160, ms, n);
            }
            Side::Left => {
                // A new SSRC at 800; sequence and timestamp wrap around in the first one.
                let (stream, base) = if n < 800 {
                    (0, u32::MAX - 70_000)
                } else {
                    (1, 12_345)
                };
                let (seq, ts) = (
                    (n as u16).wrapping_add(65_000),
                    base.wrapping_add(n as u32 * 160),
                );
                stage.packet(side, stream, seq, ts, ms, n);
            }
        }
    }
    let bridged = Mark {
        recording: 1,
        at: Mono(T0 + 1_500_000),
        name: "bridged".into(),
    };
    stage.recorder.mark(bridged).unwrap();
    stage.end(1, 20_000);

    let sealed = stage.sealed();
    let (left, right) = channels(&wav_of(root.path(), 1));
    let heard = |lost: bool, n: u64| (!lost && !paused(n)).then_some(n);
    let caller = expected(Side::Left, (0..1000).map(|n| heard(lost(n), n)));
    assert_eq!(left.len(), 160_000);
    for (frame, (is, should)) in left.chunks(160).zip(caller.chunks(160)).enumerate() {
        assert_eq!(is, should, "caller's frame {frame}");
    }
    assert!(right == expected(Side::Right, (0..1000).map(|n| heard(false, n))));

    let sidecar = sealed.sidecar;
    assert_eq!(
        (sidecar.length_ms, sidecar.ended),
        (20_000, Ended::Normally)
    );
    assert_eq!(
        (sidecar.started_us, sidecar.started.as_str()),
        (STARTED, "2026-11-21T10:00:00Z")
    );
    assert_eq!(
        (sidecar.marks[0].at_ms, &*sidecar.marks[0].name),
        (1500, "bridged")
    );
    let gaps: Vec<_> = sidecar
        .gaps
        .iter()
        .map(|g| (g.channel, g.at_ms, g.length_ms, g.reason.as_str()))
        .collect();
    assert!(gaps.contains(&(Channel::Caller, 100, 20, "lost")));
    assert!(gaps.contains(&(Channel::Caller, 8000, 200, "lost")));
    assert!(gaps.contains(&(Channel::Both, 12_000, 1000, "paused")));
    let single = (0..1000).filter(|n| n % 37 == 5 && !paused(*n)).count();
    assert_eq!(gaps.len(), single + 2, "{gaps:?}");
    assert_eq!(
        (
            sidecar.heard.packets,
            sidecar.heard.lost,
            sidecar.caller.slips
        ),
        (950, 50, 0)
    );
    assert_eq!(verify(root.path()).unwrap().good, 1);
}

#[test]
fn ten_minutes_with_100_ppm_are_ten_minutes_and_stay_in_step() {
    for ppm in [100.0, -100.0] {
        let root = tempfile::tempdir().unwrap();
        let mut stage = Stage::open(root.path());
        stage.begin(1);
        let due = |n: u64| n as f64 * 20.0 * (1.0 + ppm / 1e6);
        for n in 0..30_000_u64 {
            stage.packet(
                Side::Left,
                0,
                n as u16,
                n as u32 * 160,
                due(n) + jitter(n),
                n,
            );
        }
        stage.end(1, 600_000);
        let sealed = stage.sealed();
        assert!(sealed.sidecar.length_ms.abs_diff(600_000) <= 20);
        let (left, _) = channels(&wav_of(root.path(), 1));
        // Where frame n lies: its second half is never touched by a correction.
        let mut worst = 0.0_f64;
        for n in (0..29_990).step_by(499) {
            let tail = &pcm(Side::Left, n)[130..];
            let about = (due(n) * 8.0) as usize;
            let from = about.saturating_sub(400);
            let window = &left[from..(about + 800).min(left.len())];
            let found = window
                .windows(30)
                .position(|samples| samples == tail)
                .expect("the frame is there");
            worst = worst.max(((from + found) as f64 - 130.0 - due(n) * 8.0).abs() / 8.0);
        }
        assert!(worst <= 20.0, "{ppm} ppm: {worst} ms off");
    }
}

#[test]
fn a_hole_and_the_time_after_the_last_packet_are_told() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(root.path());
    stage.begin(1);
    stage.packet(Side::Left, 0, 0, 0, 0.0, 0);
    stage.record(
        0,
        &Record::Hole {
            blocks: 2,
            from: T0 + 20_000,
            to: T0 + 400_000,
        },
    );
    stage.packet(Side::Left, 0, 20, 3200, 400.0, 20);
    stage.end(1, 1000);
    let gaps: Vec<_> = stage
        .sealed()
        .sidecar
        .gaps
        .iter()
        .map(|g| (g.channel, g.at_ms, g.length_ms, g.reason.as_str()))
        .collect();
    assert_eq!(
        gaps,
        [
            (Channel::Heard, 0, 20, "silent"),
            (Channel::Both, 20, 380, "queue_full"),
            (Channel::Heard, 400, 600, "silent"),
            (Channel::Caller, 420, 580, "silent"),
        ]
    );
    let (left, _) = channels(&wav_of(root.path(), 1));
    assert_eq!(left[3200..3360], pcm(Side::Left, 20));
    assert_eq!(left.len(), 8000);
}
