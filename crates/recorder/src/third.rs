//! The third track: what was said in a call's room and not to the caller. A mono file beside the call's own, which begins
//! with the first such word; most recordings have none.
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use gudok_media::tap::{Packet, Side};
use serde::{Deserialize, Serialize};

use crate::part::{Closed, Part, SAMPLE_RATE, spill};
use crate::sidecar::fingerprint;
use crate::timeline::Timeline;

/// The ending of its name, before that of the file.
const ENDING: &str = "third";

/// The track while it is recorded.
pub(crate) struct Third {
    start: u64,
    timeline: Timeline,
    part: Part,
}

/// The track when it is over.
#[derive(Debug)]
pub(crate) struct ThirdPart {
    pub(crate) part: PathBuf,
    pub(crate) closed: Closed,
    offset_ms: u64,
    samples: u64,
}

/// The track as the sidecar has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ThirdTrack {
    /// Under the recordings folder, with `.wav`.
    pub file: String,
    /// Its first sample, from the start of the recording. Milliseconds.
    pub offset_ms: u64,
    /// Length. Samples; one channel.
    pub samples: u64,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
}

impl Third {
    /// Begins with this packet's arrival. `part` is the call's own.
    pub(crate) fn new(part: &Path, at: u64) -> Self {
        Self {
            start: at,
            timeline: Timeline::new(at, false),
            part: Part::mono(beside(part)),
        }
    }

    /// Takes a packet: one channel of a timeline of its own.
    pub(crate) fn packet(&mut self, packet: &Packet<'_>) {
        self.timeline.packet(&Packet {
            side: Side::Left,
            ..*packet
        });
    }

    pub(crate) fn drain(&mut self, now: u64) {
        let Self { timeline, part, .. } = self;
        // Nothing is written for the time after the last word, which may be most of a call.
        let until = now.min(timeline.spoken_until());
        while timeline.settled(until, |samples| part.append(&left(samples))) {}
    }

    /// Ends where its audio ends. `start` is that of the recording.
    pub(crate) fn close(self, start: u64) -> ThirdPart {
        let offset_ms = self.start.saturating_sub(start) / 1000;
        let Self {
            timeline, mut part, ..
        } = self;
        let story = timeline.finish(None, |samples| part.append(&left(samples)));
        let (part, closed) = part.close();
        ThirdPart {
            part,
            closed,
            offset_ms,
            samples: story.samples,
        }
    }
}

impl ThirdPart {
    /// Gives up the memory of a short one for a file.
    pub(crate) fn spill(&mut self) {
        if let Closed::Memory(whole) = &self.closed {
            self.closed = spill(&self.part, whole).map_or_else(Closed::Broken, |()| Closed::File);
        }
    }

    /// Makes its name final, before that of the call's own. `wav` is that under the recordings folder.
    pub(crate) fn finish(&self, wav: &str) -> io::Result<ThirdTrack> {
        if let Closed::Memory(whole) = &self.closed {
            spill(&self.part, whole)?;
        }
        let (bytes, sha256) = fingerprint(&mut File::open(&self.part)?)?;
        fs::rename(&self.part, self.part.with_extension("wav"))?;
        Ok(ThirdTrack {
            file: beside(Path::new(wav)).to_string_lossy().into_owned(),
            offset_ms: self.offset_ms,
            samples: self.samples,
            bytes,
            sha256,
        })
    }
}

impl ThirdTrack {
    /// Length. Milliseconds.
    pub fn length_ms(&self) -> u64 {
        self.samples * 1000 / u64::from(SAMPLE_RATE)
    }
}

/// The third track's name for a file of the call's own: `ID.third.wav` for `ID.wav`.
pub(crate) fn beside(own: &Path) -> PathBuf {
    let ending = own
        .extension()
        .and_then(|it| it.to_str())
        .unwrap_or_default();
    own.with_extension(format!("{ENDING}.{ending}"))
}

/// The name of the call's own file, if this is the name of a third track.
pub(crate) fn own_of(third: &Path) -> Option<PathBuf> {
    let stem = Path::new(third.file_stem()?);
    let ending = third.extension()?;
    (stem.extension()? == ENDING).then(|| third.with_file_name(stem).with_extension(ending))
}

fn left(interleaved: &[i16]) -> Vec<i16> {
    interleaved.iter().step_by(2).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_track_lies_beside_the_calls_own() {
        let own = Path::new("2026/11/21/0193.wav");
        let third = beside(own);
        assert_eq!(third, Path::new("2026/11/21/0193.third.wav"));
        assert_eq!(own_of(&third).as_deref(), Some(own));
        assert_eq!(own_of(own), None);
    }
}
