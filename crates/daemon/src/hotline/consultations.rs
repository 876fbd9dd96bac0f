//! The tracks of words aside: one more recording of the call, of the leg of whoever was asked.
use gudok_media::control::{Command, MediaLeg};
use gudok_model::{CallEvent, LegId, Name, Now, OperatorId};
use gudok_recorder::{Begin, Consulted, Sidecar};

use super::Hotline;
use super::sound::Sound;

/// What is on record of a track that is final; None: it is the call's own.
pub(super) fn sealed(sidecar: &Sidecar) -> Option<CallEvent> {
    let of = sidecar.consultation.as_ref()?;
    Some(CallEvent::ConsultationRecorded {
        by: OperatorId::new(&*of.by),
        with: of.with.clone(),
        file: sidecar.file.clone(),
        offset_ms: of.offset_ms,
        length_ms: sidecar.length_ms,
        sha256: sidecar.sha256.clone(),
    })
}

impl Sound {
    /// False: the recorder is too far behind, or the call is not recorded any more.
    fn begin_aside(&mut self, begin: Begin, leg: MediaLeg, (by, with): (Name, Name)) -> bool {
        let Some(own) = self.recordings.get(&begin.call) else {
            return false;
        };
        let (of, recording) = (own.number, begin.recording);
        let consulted = Consulted { of, by, with };
        if self.recorder.begin_aside(begin, consulted).is_err() {
            return false;
        }
        self.next += 1;
        self.asides.insert(leg, recording);
        self.unsealed.insert(recording);
        self.send(Command::Record { leg, recording });
        true
    }

    /// The recorder has no such recording: nothing of it is waited for, and what is said goes to no file.
    pub(super) fn is_refused(&mut self, recording: u64) {
        self.unsealed.remove(&recording);
        let leg = self.asides.iter().find(|(_, own)| **own == recording);
        if let Some(leg) = leg.map(|(leg, _)| *leg) {
            self.asides.remove(&leg);
            self.send(Command::StopRecording { leg });
        }
    }

    /// The leg is over, or is none of a word aside any more.
    pub(super) fn end_aside(&mut self, leg: MediaLeg) {
        if let Some(recording) = self.asides.remove(&leg)
            && self.recorder.end(recording).is_err()
        {
            tracing::error!(
                recording,
                "recorder: end not taken; the file is finished at the next start"
            );
        }
    }
}

impl Hotline {
    /// Begins the track of a word aside, as the switchboard decided.
    pub(super) fn record_consultation(
        &mut self,
        now: Now,
        leg: LegId,
        (by, with): (OperatorId, Name),
    ) {
        let Some(media) = self.legs.get(leg).map(|leg| leg.audio.leg) else {
            return;
        };
        let begin = Begin {
            recording: self.sound.next,
            call: leg.call,
            project: self.project_of(leg.call),
            at: now.wall,
        };
        if !self
            .sound
            .begin_aside(begin, media, (by.as_str().into(), with))
        {
            self.metrics.alarm("recording_refused");
            tracing::error!(%leg, "the consultation is not recorded");
        }
    }

    /// The caller comes to hear this leg.
    pub(super) fn end_consultation(&mut self, leg: LegId) {
        if let Some(leg) = self.legs.get(leg).map(|leg| leg.audio.leg) {
            self.sound.send(Command::StopRecording { leg });
            self.sound.end_aside(leg);
        }
    }
}
