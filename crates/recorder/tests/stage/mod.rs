//! A recorder with a media worker on a clock of its own: the script says what happens when, nothing sleeps.
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audio_codec_algorithms::decode_alaw;
use gudok_media::control::Codec;
use gudok_media::tap::{Packet, Record, Side, Start, TapWriter};
use gudok_model::{CallId, Wall};
use gudok_recorder::{Alarm, Begin, Event, OnEvent, Recorder, Sealed, StartError};

/// Only a hang takes this long.
pub(crate) const HANG: Duration = Duration::from_secs(30);
/// 2026-11-21 10:00 UTC.
pub(crate) const STARTED: Wall = Wall(1_795_255_200_000_000);
/// The worker's clock at the start of recording 1.
pub(crate) const T0: u64 = 5_000_000;

pub(crate) struct Stage {
    pub(crate) recorder: Recorder,
    pub(crate) events: Receiver<Event>,
    pub(crate) tap: TapWriter,
}

impl Stage {
    pub(crate) fn open(root: &Path) -> Self {
        Self::start(|on_event| Recorder::start(root, on_event))
    }

    /// With a recorder of the test's making.
    pub(crate) fn start(recorder: impl FnOnce(OnEvent) -> Result<Recorder, StartError>) -> Self {
        let (tell, events) = channel();
        let tell = Mutex::new(tell);
        let on_event = Arc::new(move |event| {
            // The disk of whoever runs the tests may be as full as it likes.
            if matches!(event, Event::Alarm(Alarm::DiskFull { .. })) {
                return;
            }
            let _ = tell.lock().expect("never poisoned").send(event);
        });
        let recorder = recorder(on_event).expect("a fresh folder");
        let tap = TapWriter::new(0, recorder.sink().expect("room"));
        Self {
            recorder,
            events,
            tap,
        }
    }

    pub(crate) fn begin(&mut self, recording: u64) {
        let begin = Begin {
            recording,
            call: call(recording),
            project: "demo".into(),
            at: STARTED,
        };
        self.recorder.begin(begin).expect("room");
        let start = Start {
            at: T0,
            wall: STARTED.0,
            paused: false,
            again: false,
        };
        self.tap.write(T0, recording, &Record::Start(start));
    }

    /// One packet: `ms` after the start, `frame` of the keyed noise of its side.
    pub(crate) fn packet(
        &mut self,
        side: Side,
        stream: u8,
        seq: u16,
        ts: u32,
        ms: f64,
        frame: u64,
    ) {
        let at = T0 + (ms * 1000.0) as u64;
        let payload = noise(side, frame);
        let (codec, payload) = (Codec::Pcma, payload.as_slice());
        let packet = Packet {
            side,
            codec,
            marker: false,
            stream,
            seq,
            ts,
            at,
            payload,
        };
        self.tap.write(at, 1, &Record::Packet(packet));
    }

    pub(crate) fn record(&mut self, recording: u64, record: &Record<'_>) {
        self.tap.write(T0, recording, record);
    }

    pub(crate) fn end(&mut self, recording: u64, ms: u64) {
        self.tap
            .write(T0, recording, &Record::End { at: T0 + ms * 1000 });
        self.tap.flush(T0 + ms * 1000);
    }

    pub(crate) fn event(&self) -> Event {
        self.events.recv_timeout(HANG).expect("an event")
    }

    pub(crate) fn sealed(&self) -> Sealed {
        match self.event() {
            Event::Sealed(sealed) => *sealed,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn call(recording: u64) -> CallId {
    CallId(uuid::Uuid::from_u128(recording.into()))
}

/// 160 bytes that no other frame of any side has.
pub(crate) fn noise(side: Side, frame: u64) -> [u8; 160] {
    let mut state = (frame + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (side as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    let mut bytes = [0; 160];
    for byte in &mut bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = (state >> 32) as u8;
    }
    bytes
}

/// The noise as the file must have it.
pub(crate) fn pcm(side: Side, frame: u64) -> Vec<i16> {
    noise(side, frame)
        .iter()
        .map(|byte| decode_alaw(*byte))
        .collect()
}

/// Left and right channel of a file.
pub(crate) fn channels(wav: &Path) -> (Vec<i16>, Vec<i16>) {
    let samples: Vec<i16> = hound::WavReader::open(wav)
        .expect("a WAV")
        .into_samples()
        .map(|sample| sample.expect("whole"))
        .collect();
    let channel = |n: usize| samples.iter().skip(n).step_by(2).copied().collect();
    (channel(0), channel(1))
}

pub(crate) fn wav_of(root: &Path, recording: u64) -> PathBuf {
    root.join(format!("2026/11/21/{}.wav", call(recording)))
}
