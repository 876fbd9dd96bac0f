//! What of a call reaches the recorder.
mod common;

use std::sync::Arc;

use common::{Stage, keyed};
use gudok_media::Bank;
use gudok_media::control::{Command, Event};
use gudok_media::tap::{BlockQueue, Packet, Record, Side};

#[test]
fn a_recording_begins_pauses_and_ends_and_its_timeline_is_monotonic() {
    let mut stage = Stage::new(Bank::new());
    let mut caller = stage.party();
    stage.wait(1_000);
    stage.tell(Command::Record {
        leg: caller.leg,
        recording: 9,
    });
    for n in 0..30 {
        match n {
            10 => stage.tell(Command::PauseRecording {
                leg: caller.leg,
                on: true,
            }),
            20 => stage.tell(Command::PauseRecording {
                leg: caller.leg,
                on: false,
            }),
            _ => {}
        }
        stage.speak(&mut caller, &keyed(1, n));
        stage.wait(20);
    }
    stage.close(&caller);
    let story = stage.records(|record| {
        Some(match record {
            Record::Start(start) => format!("start {} {} {}", start.at, start.wall, start.again),
            Record::Packet(Packet { payload, at, .. }) => {
                let n = (0..30)
                    .find(|&n| keyed(1, n) == payload)
                    .expect("a frame of the caller");
                format!("frame {n} {at}")
            }
            other => format!("{other:?}"),
        })
    });
    let mut expected = vec!["start 1000000 1700000001000000 false".to_owned()];
    expected.extend((0..10).map(|n| format!("frame {n} {}", 1_000_000 + n * 20_000)));
    expected.push("Pause { at: 1200000 }".into());
    expected.push("Resume { at: 1400000 }".into());
    expected.extend((20..30).map(|n| format!("frame {n} {}", 1_000_000 + n * 20_000)));
    expected.push("End { at: 1600000 }".into());
    assert_eq!(story, expected);
}

#[test]
fn what_is_tapped_is_handed_over_within_a_fifth_of_a_second() {
    let mut stage = Stage::new(Bank::new());
    let mut caller = stage.party();
    stage.tell(Command::Record {
        leg: caller.leg,
        recording: 9,
    });
    for n in 0..100 {
        stage.speak(&mut caller, &keyed(1, n));
        stage.wait(20);
        if let Some(block) = stage.taps.next() {
            let records = gudok_media::tap::read(block.bytes()).expect("a block");
            let age = stage.now
                - records
                    .filter_map(|tapped| at(tapped.record))
                    .min()
                    .expect("packets");
            assert!(age <= 200_000, "{age} µs");
            stage.taps.give_back(block);
        }
    }
}

fn at(record: Record<'_>) -> Option<u64> {
    match record {
        Record::Packet(packet) => Some(packet.at),
        _ => None,
    }
}

#[test]
fn a_stalled_recorder_costs_a_hole_an_alarm_and_nothing_else() {
    let mut stage = Stage::with_taps(Bank::new(), Arc::new(BlockQueue::new(2, || ())));
    let (mut caller, operator) = (stage.party(), stage.party());
    stage.tell(Command::Record {
        leg: caller.leg,
        recording: 9,
    });
    stage.bridge(&caller, &operator);
    for n in 0..100 {
        stage.speak(&mut caller, &keyed(1, n));
        stage.wait(20);
    }
    assert_eq!(stage.heard(&operator).len(), 100, "the call goes on");
    let alarms = stage
        .events
        .iter()
        .filter(|event| matches!(event, Event::RecordingHole { .. }))
        .count();
    assert!(alarms > 0);
    while let Some(block) = stage.taps.next() {
        stage.taps.give_back(block);
    }
    stage.speak(&mut caller, &keyed(1, 100));
    let story = stage.records(|record| match record {
        Record::Hole { blocks, from, to } => {
            Some(format!("{blocks} blocks, {} ms", (to - from) / 1_000))
        }
        Record::Start(start) => Some(format!("start {} again {}", start.at, start.again)),
        Record::Packet(packet) if packet.payload == keyed(1, 100) => Some("the latest".into()),
        _ => None,
    });
    assert!(story[0].ends_with("ms"), "{story:?}");
    assert_eq!(story[1..], ["start 0 again true", "the latest"]);
    assert!(stage.recorded(Side::Left).is_empty());
}
