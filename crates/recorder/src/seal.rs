//! From a finished `.part` to a sealed recording: hash, sidecar, final names.
use std::fs::File;
use std::io;
use std::path::Path;

use gudok_journal::Seq;

use crate::bench::{Bench, Finished};
use crate::entry::Entry;
use crate::part::{Closed, SAMPLE_RATE, spill};
use crate::sidecar::{SIDECAR_VERSION, Sidecar, SidecarMark, fingerprint, make_final};
use crate::subject::rfc3339;

/// A recording that will not change any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// Its number at the media worker; of an earlier run if `recovered`.
    pub recording: u64,
    /// All there is to say about it, as the sidecar has it.
    pub sidecar: Sidecar,
    /// Finished at this start, from the journal of an earlier run. May be told twice, after another crash.
    pub recovered: bool,
}

/// Why a recording could not be sealed. It will be tried again, and at the next start.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file could not be written, read or renamed.
    #[error("cannot finish {file}")]
    Io {
        /// Under the recordings folder.
        file: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The journal does not hold the recording any more.
    #[error("cannot make {file} again: the journal has lost it")]
    Lost {
        /// Under the recordings folder.
        file: String,
    },
}

/// Seals; makes the file again from the journal first if it was not whole. The disk has it after the next
/// [`sync`](crate::sidecar::sync); until then the journal must stay.
pub(crate) fn seal(root: &Path, journal: &Path, finished: &Finished) -> Result<Sealed, SealError> {
    if !finished.is_broken() {
        return finish(finished);
    }
    let again = rebuild(root, journal, finished).ok_or_else(|| SealError::Lost {
        file: finished.named.stem.clone(),
    })?;
    match again.broken() {
        None => finish(&again),
        Some(error) => Err(failed(finished, io::Error::other(error.to_string()))),
    }
}

fn finish(finished: &Finished) -> Result<Sealed, SealError> {
    let sidecar = try_finish(finished).map_err(|source| failed(finished, source))?;
    Ok(Sealed {
        recording: finished.named.begin.recording,
        sidecar,
        recovered: false,
    })
}

fn try_finish(finished: &Finished) -> io::Result<Sidecar> {
    let (bytes, sha256) = match &finished.closed {
        Closed::Memory(whole) => {
            spill(&finished.part, whole)?;
            fingerprint(&mut whole.as_slice())?
        }
        Closed::File | Closed::Broken(_) => fingerprint(&mut File::open(&finished.part)?)?,
    };
    let mut sidecar = sidecar(finished, bytes, sha256);
    let third = finished.third.as_ref();
    sidecar.third = third.map(|third| third.finish(&sidecar.file)).transpose()?;
    make_final(&finished.part, &sidecar)?;
    Ok(sidecar)
}

fn failed(finished: &Finished, source: io::Error) -> SealError {
    SealError::Io {
        file: finished.named.stem.clone(),
        source,
    }
}

/// Makes one file again, reading the journal from the recording's first entry to its end.
fn rebuild(root: &Path, journal: &Path, finished: &Finished) -> Option<Finished> {
    let recording = finished.named.begin.recording;
    let mut bench = Bench::new(root).only(recording);
    for item in gudok_journal::read(journal, finished.first) {
        let Ok(record) = item else { continue };
        let seq: Seq = record.seq;
        let Some(entry) = Entry::decode(record) else {
            continue;
        };
        if let Some(again) = bench.apply(seq, entry).pop() {
            return Some(again);
        }
    }
    bench.interrupt().pop()
}

fn sidecar(finished: &Finished, bytes: u64, sha256: String) -> Sidecar {
    let Finished {
        named,
        story,
        started,
        start,
        ..
    } = finished;
    let consultation = named.aside.as_ref().map(|aside| aside.told(*start));
    let said_by = match consultation {
        Some(_) => "asked",
        None => "caller",
    };
    let mark = |(at_ms, name): &(u64, _)| SidecarMark {
        at_ms: *at_ms,
        name: std::sync::Arc::clone(name),
    };
    Sidecar {
        version: SIDECAR_VERSION,
        call: named.begin.call,
        project: named.begin.project.clone(),
        file: format!("{}.wav", named.stem),
        started: rfc3339(*started),
        started_us: *started,
        length_ms: story.samples * 1000 / u64::from(SAMPLE_RATE),
        samples: story.samples,
        sample_rate: SAMPLE_RATE,
        channels: [said_by.into(), "heard".into()],
        ended: finished.ended,
        gaps: story.gaps.clone(),
        gaps_omitted: story.gaps_omitted,
        marks: finished.marks.iter().map(mark).collect(),
        consultation,
        third: None,
        speakers: finished.speakers.clone(),
        speakers_omitted: finished.speakers_omitted,
        caller: story.caller,
        heard: story.heard,
        bytes,
        sha256,
        rebuilt: false,
    }
}
