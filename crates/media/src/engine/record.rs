//! Recordings: what of a leg goes to the tap.
use super::Engine;
use crate::control::{Codec, Event, MediaLeg};
use crate::g711::{self, FRAME};
use crate::leg::Recording;
use crate::rtp::Stamp;
use crate::tap::{Packet, Record, Side, Start};

impl Engine {
    pub(super) fn record(&mut self, now: u64, id: MediaLeg, number: u64) {
        self.end_recording(now, id);
        let wall = self.wall_offset.saturating_add_unsigned(now);
        let told_at = self.tap.as_ref().map_or(0, |tap| tap.holes());
        let recording = Recording {
            number,
            since: now,
            wall,
            paused: false,
            aside: 0,
            told_at,
        };
        let Some(leg) = self.leg(id) else { return };
        leg.recording = Some(recording);
        self.write(now, number, &recording.start(false));
    }

    /// Writes to the tap. A panic there is the tap's and no leg's.
    pub(super) fn write(&mut self, now: u64, recording: u64, record: &Record<'_>) {
        let at_work = self.at_work.take();
        if let Some(tap) = &mut self.tap {
            tap.write(now, recording, record);
        }
        self.at_work = at_work;
    }

    pub(super) fn pause_recording(&mut self, now: u64, id: MediaLeg, on: bool) {
        let Some(recording) = self.leg(id).and_then(|leg| leg.recording.as_mut()) else {
            return;
        };
        if std::mem::replace(&mut recording.paused, on) == on {
            return;
        }
        let number = recording.number;
        let record = if on {
            Record::Pause { at: now }
        } else {
            Record::Resume { at: now }
        };
        self.write(now, number, &record);
    }

    pub(super) fn end_recording(&mut self, now: u64, id: MediaLeg) {
        let Some(recording) = self.leg(id).and_then(|leg| leg.recording.take()) else {
            return;
        };
        self.write(now, recording.number, &Record::End { at: now });
    }

    /// Records what was sent to the leg.
    pub(super) fn tap_right(
        &mut self,
        now: u64,
        id: MediaLeg,
        codec: Codec,
        stamp: &Stamp,
        payload: &[u8],
    ) {
        let Stamp {
            marker, seq, ts, ..
        } = *stamp;
        self.tap(
            id,
            &Packet {
                side: Side::Right,
                codec,
                marker,
                stream: 0,
                seq,
                ts,
                at: now,
                payload,
            },
        );
    }

    /// Records what was said in the leg's room and not to it. `due` is when the frame was due.
    pub(super) fn tap_third(&mut self, now: u64, due: u64, id: MediaLeg, samples: &[i16; FRAME]) {
        let Some(recording) = self.leg(id).and_then(|leg| leg.recording.as_mut()) else {
            return;
        };
        let seq = recording.aside;
        recording.aside = seq.wrapping_add(1);
        let ts = (due.saturating_sub(recording.since) / 125) as u32;
        let codec = Codec::Pcma;
        let payload = samples.map(|sample| g711::encode(codec, sample));
        self.tap(
            id,
            &Packet {
                side: Side::Third,
                codec,
                marker: false,
                stream: 0,
                seq,
                ts,
                at: now,
                payload: &payload,
            },
        );
    }

    /// Records a packet, if the leg is recorded now.
    pub(super) fn tap(&mut self, id: MediaLeg, packet: &Packet<'_>) {
        let (Some(tap), Some(Some(leg))) = (&self.tap, self.legs.get_mut(usize::from(id.slot())))
        else {
            return;
        };
        let Some(recording) = &mut leg.recording else {
            return;
        };
        let again = recording.told_at != tap.holes();
        recording.told_at = tap.holes();
        let recording = *recording;
        if again {
            self.write(packet.at, recording.number, &recording.start(true));
        }
        if !recording.paused {
            self.write(packet.at, recording.number, &Record::Packet(*packet));
        }
    }

    pub(super) fn tell_holes(&mut self) {
        let Some(blocks) = self.tap.as_ref().map(|tap| tap.holes()) else {
            return;
        };
        if blocks > self.holes_told {
            self.holes_told = blocks;
            self.tell(Event::RecordingHole {
                worker: self.config.worker,
                blocks,
            });
        }
    }
}

impl Recording {
    fn start(&self, again: bool) -> Record<'static> {
        let Self {
            since,
            wall,
            paused,
            ..
        } = *self;
        Record::Start(Start {
            at: since,
            wall,
            paused,
            again,
        })
    }
}
