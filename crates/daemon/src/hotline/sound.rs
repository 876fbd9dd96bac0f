//! The media threads and the recorder, as the hotline uses them.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_media::control::{ClosedBy, Command, Event, MediaLeg};
use gudok_model::{CallEvent, CallId, EndCause, LegId, LegQuality, Mono, Name, Now, ProjectId};
use gudok_recorder::{Begin, Mark, Recorder, Spoke, file_stem};
use gudok_switchboard::{DigitForm, Input};
use gudok_wire::media::{Media, OpenError, Port, WorkerLoad};

use super::Hotline;
use super::audio::Capabilities;
use super::behind::{Behind, Sent};
use super::consultations;
use super::rooms::{Rooms, Voice};
use crate::clock::of_audio;
use crate::metrics::Metrics;

/// What an overloaded worker has not taken is offered again so soon: half of what a caller takes for a gap in a word.
pub(super) const OFFERED_AGAIN: Duration = Duration::from_millis(20);

/// Media and recordings.
pub(crate) struct Sound {
    media: Media,
    pub(super) recorder: Recorder,
    capabilities: Capabilities,
    /// Living recordings.
    pub(super) recordings: BTreeMap<CallId, Recording>,
    /// Those of words aside, by the leg of whoever was asked.
    pub(super) asides: BTreeMap<MediaLeg, u64>,
    /// Calls whose legs are mixed.
    pub(super) rooms: Rooms,
    /// Numbers of those whose file is not final yet.
    pub(super) unsealed: BTreeSet<u64>,
    pub(super) next: u64,
    metrics: Metrics,
    behind: Behind,
    gone: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Recording {
    pub(super) number: u64,
    leg: MediaLeg,
}

impl Sound {
    pub(crate) fn new(
        media: Media,
        recorder: Recorder,
        capabilities: Capabilities,
        metrics: Metrics,
    ) -> Self {
        Self {
            media,
            recorder,
            capabilities,
            recordings: BTreeMap::new(),
            asides: BTreeMap::new(),
            rooms: Rooms::default(),
            unsealed: BTreeSet::new(),
            next: 1,
            metrics,
            behind: Behind::default(),
            gone: false,
        }
    }

    /// What our SDP says.
    pub(super) fn sdp(&self) -> Capabilities {
        self.capabilities.clone()
    }

    /// A leg for a call, over IPv6 or IPv4; all legs of one call share a worker.
    pub(super) fn open(&self, call: CallId, v6: bool) -> Result<Port, OpenError> {
        let (high, low) = call.0.as_u64_pair();
        self.media.open(high ^ low, v6)
    }

    /// A command to the leg's worker, in its turn; never blocks the hotline. What an overloaded worker may lose: [`Behind`].
    pub(super) fn send(&mut self, command: Command) {
        let media = &self.media;
        let sent = self.behind.send(command, |command| media.send(command));
        self.note(sent);
    }

    /// Sends what an overloaded worker did not take before; whether it is still behind.
    pub(super) fn catch_up(&mut self) -> bool {
        if self.behind.is_empty() {
            return false;
        }
        let media = &self.media;
        let sent = self.behind.catch_up(|command| media.send(command));
        self.note(sent);
        !self.behind.is_empty()
    }

    fn note(&mut self, sent: Sent) {
        if sent == Sent::Well {
            return;
        }
        self.gone |= sent == Sent::Gone;
        self.metrics.alarm("media_command_lost");
        tracing::error!(
            ?sent,
            "media command lost: a media worker is overloaded or has ended"
        );
    }

    /// A media thread has ended: its legs are mute and nothing here can mend that.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// The leg is over.
    pub(super) fn close(&mut self, leg: MediaLeg) {
        self.send(Command::Close { leg });
    }

    /// Marks a moment.
    pub(super) fn mark(&self, now: Now, call: CallId, name: Name) {
        if let Some(recording) = self.recordings.get(&call) {
            // A recorder that is too far behind loses a mark, never audio.
            let _ = self.recorder.mark(Mark {
                recording: recording.number,
                at: of_audio(now.mono),
                name,
            });
        }
    }

    /// Notes that somebody in the call's room began or stopped to speak.
    pub(super) fn spoke(&self, at: Mono, voice: Voice, on: bool) {
        let Voice { call, party, role } = voice;
        if let Some(recording) = self.recordings.get(&call) {
            // As a mark: a recorder that is too far behind loses it.
            let _ = self.recorder.spoke(Spoke {
                recording: recording.number,
                at: of_audio(at),
                party,
                role,
                on,
            });
        }
    }

    /// Whether every recording is final.
    pub(super) fn is_sealed(&self) -> bool {
        self.unsealed.is_empty()
    }

    /// How busy the media threads are.
    pub(super) fn load(&self) -> Vec<WorkerLoad> {
        self.media.load()
    }

    fn begin(
        &mut self,
        now: Now,
        call: CallId,
        leg: MediaLeg,
        project: ProjectId,
    ) -> Option<String> {
        if self.recordings.contains_key(&call) {
            return None;
        }
        let number = self.next;
        self.next += 1;
        self.recorder
            .begin(Begin {
                recording: number,
                call,
                project,
                at: now.wall,
            })
            .ok()?;
        self.recordings.insert(call, Recording { number, leg });
        self.unsealed.insert(number);
        self.send(Command::Record {
            leg,
            recording: number,
        });
        Some(file_stem(call, now.wall))
    }

    /// The caller's media is closed and all its packets are in the tap: the file can be finished.
    fn end_of(&mut self, leg: MediaLeg) {
        self.end_aside(leg);
        let over = self
            .recordings
            .iter()
            .find(|(_, recording)| recording.leg == leg);
        if let Some((&call, &recording)) = over {
            self.recordings.remove(&call);
            if self.recorder.end(recording.number).is_err() {
                tracing::error!(%call, "recorder: end not taken; the file is finished at the next start");
            }
        }
    }
}

impl Hotline {
    pub(super) fn media_event(&mut self, event: Event) {
        let input = match event {
            Event::Heard { leg } => self.legs.of_media(leg).map(|leg| Input::LegHeard { leg }),
            Event::PlayEnded { leg, play } => self
                .legs
                .of_media(leg)
                .map(|leg| Input::PlayEnded { leg, play }),
            Event::Digit {
                leg,
                digit,
                by_tone,
            } => {
                let form = match by_tone {
                    true => DigitForm::Tone,
                    false => DigitForm::Event,
                };
                let leg = self.legs.of_media(leg);
                leg.map(|leg| Input::Digit { leg, digit, form })
            }
            Event::Silent { leg } => {
                if let Some(leg) = self.legs.of_media(leg) {
                    self.hang_up(leg, None, EndCause::MediaTimeout);
                }
                None
            }
            Event::Speaks { leg, on } => {
                self.speaks(self.clock.now().mono, leg, on);
                None
            }
            Event::RecordingHole { worker, blocks } => {
                self.metrics.alarm("recording_hole");
                tracing::error!(
                    worker,
                    blocks,
                    "recorder too slow: a stretch of audio is missing in recordings"
                );
                None
            }
            Event::Closed { leg, by, stats } => {
                self.closed(leg, by, &stats);
                None
            }
            Event::TapLost { worker } => {
                self.metrics.alarm("tap_lost");
                tracing::error!(
                    worker,
                    "a bug: this media thread records nothing any more; restart the daemon when it is quiet"
                );
                None
            }
        };
        if let Some(input) = input {
            self.tell(input);
        }
    }

    fn closed(&mut self, media: MediaLeg, by: ClosedBy, stats: &gudok_media::control::Stats) {
        if by == ClosedBy::Bug {
            self.metrics.alarm("panic");
            // Its party still waits for us.
            if let Some(leg) = self.legs.of_media(media) {
                self.hang_up(leg, None, EndCause::Panic);
            }
        }
        let now = self.clock.now();
        if let Some(voice) = self.sound.rooms.left(media) {
            self.sound.spoke(now.mono, voice, false);
        }
        self.sound.end_of(media);
        let Some((leg, codec)) = self.legs.measured(media) else {
            return;
        };
        let quality = LegQuality {
            received: stats.received,
            sent: stats.sent,
            lost: stats.lost,
            duplicate: stats.duplicate,
            reordered: stats.reordered,
            jitter_us_max: stats.jitter_us_max,
            jitter_us_mean: stats.jitter_us_mean,
            gap_ms_max: stats.gap_ms_max,
            remote_loss_permille: stats.remote_loss_permille,
            rtt_us: stats.rtt_us,
            foreign: stats.foreign,
            mos: stats.mos,
            codec: codec.to_owned(),
        };
        self.metrics.quality(&quality);
        self.paper
            .measured(now, leg.call, CallEvent::LegMeasured { leg, quality });
    }

    /// Whose number the call dialled; a call that is over already belongs to nobody we know.
    pub(super) fn project_of(&self, call: CallId) -> ProjectId {
        self.switchboard
            .project(call)
            .cloned()
            .unwrap_or_else(|| ProjectId::from("unknown"))
    }

    /// Begins the recording of a call, as the switchboard decided.
    pub(super) fn start_recording(&mut self, now: Now, call: CallId) {
        let Some(leg) = self.legs.get(LegId::caller(call)) else {
            return;
        };
        let (media, answered_at) = (leg.audio.leg, leg.answered_at);
        let project = self.project_of(call);
        match self.sound.begin(now, call, media, project) {
            Some(file) => {
                let since = answered_at.map_or(Duration::ZERO, |at| now.mono.since(at));
                let offset_ms = since.as_millis().try_into().unwrap_or(u64::MAX);
                self.paper
                    .measured(now, call, CallEvent::RecordingStarted { file, offset_ms });
            }
            None => {
                self.metrics.alarm("recording_refused");
                tracing::error!(%call, "the call is not recorded");
                self.tell(Input::NotRecorded { call });
            }
        }
    }

    /// What the recorder tells.
    pub(super) fn recorder_event(&mut self, event: gudok_recorder::Event) {
        let now = self.clock.now();
        match event {
            gudok_recorder::Event::Sealed(sealed) => {
                let (call, file) = (sealed.sidecar.call, &sealed.sidecar.file);
                tracing::info!(%call, file, recovered = sealed.recovered, "recording sealed");
                if !sealed.recovered {
                    self.sound.unsealed.remove(&sealed.recording);
                }
                sealed_facts(&sealed)
                    .into_iter()
                    .for_each(|(call, fact)| self.paper.measured(now, call, fact));
            }
            // The call ended before the first packet; the record says so by having no file.
            gudok_recorder::Event::Nothing { recording } => {
                self.sound.unsealed.remove(&recording);
            }
            gudok_recorder::Event::Alarm(alarm) => match alarm_name(&alarm) {
                Some(name) => {
                    if let gudok_recorder::Alarm::Refused { recording } = alarm {
                        self.sound.is_refused(recording);
                    }
                    self.metrics.alarm(name);
                    tracing::error!(?alarm, "recorder");
                }
                None => tracing::info!("recorder: the disk is well again"),
            },
        }
    }
}

/// The facts of a finished recording: what is missing in it, then where it lies.
fn sealed_facts(sealed: &gudok_recorder::Sealed) -> Vec<(CallId, CallEvent)> {
    let sidecar = &sealed.sidecar;
    let gap = |gap: &gudok_recorder::Gap| CallEvent::RecordingGap {
        at_ms: gap.at_ms,
        length_ms: gap.length_ms,
        reason: gap.reason.as_str().into(),
    };
    // Silence is no loss; what was paused, dropped or never came is.
    let gaps = sidecar
        .gaps
        .iter()
        .filter(|gap| gap.reason.as_str() != "silent")
        .map(gap);
    if let Some(fact) = consultations::sealed(sidecar) {
        return vec![(sidecar.call, fact)];
    }
    let file = CallEvent::RecordingSealed {
        file: sidecar.file.clone(),
        length_ms: sidecar.length_ms,
        sha256: sidecar.sha256.clone(),
    };
    gaps.chain([file])
        .map(|fact| (sidecar.call, fact))
        .collect()
}

/// None: the end of a trouble, not one more.
fn alarm_name(alarm: &gudok_recorder::Alarm) -> Option<&'static str> {
    use gudok_recorder::Alarm;
    Some(match alarm {
        Alarm::DiskError { .. } => "disk_error",
        Alarm::DiskSlow { .. } => "disk_slow",
        Alarm::DiskFull { .. } => "disk_full",
        Alarm::DiskWell => return None,
        Alarm::SealFailed { .. } => "seal_failed",
        Alarm::Refused { .. } => "recording_refused",
        Alarm::JournalDamaged { .. } => "journal_damaged",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_all_clear_is_no_alarm() {
        use gudok_recorder::Alarm;
        assert_eq!(alarm_name(&Alarm::DiskWell), None);
        let full = Alarm::DiskFull { below_percent: 1 };
        assert_eq!(alarm_name(&full), Some("disk_full"));
    }
}
