//! The growing file: `.part` beside its future name, playable at any moment.
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec};

/// Samples per second of every recording.
pub const SAMPLE_RATE: u32 = 8000;
/// Left the caller, right what the caller hears; 16-bit PCM.
pub(crate) const SPEC: WavSpec = WavSpec {
    channels: 2,
    sample_rate: SAMPLE_RATE,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};
/// The third track: one channel.
pub(crate) const MONO: WavSpec = WavSpec {
    channels: 1,
    ..SPEC
};
/// Audio kept in memory before there is a file: a second. Most calls that come to nothing are shorter, and the journal
/// has their audio anyway; creating and growing a file costs more than all else that is done for them.
const FIRST_BYTES: usize = 32_000;

/// A WAV in the making. The first error ends it: the file is then made again from the journal.
pub(crate) struct Part {
    path: PathBuf,
    spec: WavSpec,
    /// Bytes that have no file yet.
    first: Vec<u8>,
    file: Option<File>,
    /// Bytes of audio in the file.
    written: u64,
    error: Option<io::Error>,
}

/// What has become of it.
#[derive(Debug)]
pub(crate) enum Closed {
    /// The file is whole.
    File,
    /// It was too short for a file: these are its bytes, at most a second and a head.
    Memory(Vec<u8>),
    /// The file is not whole and must be made again from the journal.
    Broken(io::Error),
}

impl Part {
    /// Writes nothing yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self::of(SPEC, path)
    }

    /// The same for one channel.
    pub(crate) fn mono(path: PathBuf) -> Self {
        Self::of(MONO, path)
    }

    fn of(spec: WavSpec, path: PathBuf) -> Self {
        Self {
            path,
            spec,
            first: Vec::new(),
            file: None,
            written: 0,
            error: None,
        }
    }

    /// Where the file will be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends samples, interleaved where there are two channels. The header is brought up to date with each write: a file whose writer was killed
    /// otherwise says that it is empty.
    pub(crate) fn append(&mut self, samples: &[i16]) {
        if self.error.is_some() {
            return;
        }
        self.first
            .extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        if self.file.is_some() || self.first.len() >= FIRST_BYTES {
            self.write();
        }
    }

    /// Writes what is left and gives the file's place.
    pub(crate) fn close(mut self) -> (PathBuf, Closed) {
        if self.file.is_none() && self.error.is_none() {
            let mut whole = head(self.spec, self.first.len() as u64);
            whole.append(&mut self.first);
            return (self.path, Closed::Memory(whole));
        }
        self.write();
        (self.path, self.error.map_or(Closed::File, Closed::Broken))
    }

    fn write(&mut self) {
        if self.error.is_some() {
            return;
        }
        // Given back, not kept: a hundred calls would hold on to what each needed for its first second.
        let bytes = std::mem::take(&mut self.first);
        match self.try_write(&bytes) {
            Ok(()) => self.written += bytes.len() as u64,
            Err(error) => self.error = Some(error),
        }
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut head = head(self.spec, self.written + bytes.len() as u64);
        if let Some(file) = &self.file {
            file.write_all_at(bytes, head.len() as u64 + self.written)?;
            return file.write_all_at(&head, 0);
        }
        let file = create(&self.path)?;
        head.extend_from_slice(bytes);
        file.write_all_at(&head, 0)?;
        self.file = Some(file);
        Ok(())
    }
}

/// An empty file, whatever was there before. Its folder is the day's: nearly always it exists.
fn create(path: &Path) -> io::Result<File> {
    match (File::create(path), path.parent()) {
        (Err(error), Some(folder)) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            File::create(path)
        }
        (created, _) => created,
    }
}

/// Writes a short one after all, over whatever an earlier run left there.
pub(crate) fn spill(path: &Path, whole: &[u8]) -> io::Result<()> {
    create(path)?.write_all_at(whole, 0)
}

/// The head of a file with so much audio: the last of its fields is the length of the audio, the second that of all
/// that follows it. Both are 32 bits wide, which is 37 hours.
fn head(spec: WavSpec, audio_bytes: u64) -> Vec<u8> {
    let mut head = spec.into_header_for_infinite_file();
    let length = u32::try_from(audio_bytes).unwrap_or(u32::MAX);
    let rest = length.saturating_add(u32::try_from(head.len() - 8).unwrap_or(0));
    let at = head.len() - 4;
    head[at..].copy_from_slice(&length.to_le_bytes());
    head[4..8].copy_from_slice(&rest.to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(path: &Path) -> Vec<i16> {
        let reader = hound::WavReader::open(path).unwrap();
        assert_eq!(reader.spec(), SPEC);
        reader.into_samples().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn the_first_second_waits_then_the_file_plays_after_each_write() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("2026/01/02/call.part");
        let mut part = Part::new(path.clone());
        part.append(&[1; 8_000]);
        assert!(!path.exists());
        part.append(&[2; 8_000]);
        assert_eq!(samples(&path).len(), 16_000);
        part.append(&[3; 2]);
        assert_eq!(samples(&path)[15_999..], [2, 3, 3]);
        let (path, closed) = part.close();
        assert!(matches!(closed, Closed::File), "{closed:?}");
        assert_eq!(samples(&path).len(), 16_002);
    }

    #[test]
    fn a_short_one_needs_no_file_and_an_empty_one_plays() {
        let dir = tempfile::tempdir().unwrap();
        for (name, wanted) in [("empty.part", vec![]), ("short.part", vec![-5, 5])] {
            let mut part = Part::new(dir.path().join(name));
            part.append(&wanted);
            let (path, closed) = part.close();
            let Closed::Memory(whole) = closed else {
                panic!("{closed:?}")
            };
            assert!(!path.exists());
            fs::write(&path, whole).unwrap();
            assert_eq!(samples(&path), wanted);
        }
    }

    #[test]
    fn the_first_error_stays() {
        let dir = tempfile::tempdir().unwrap();
        let blocked = dir.path().join("file");
        fs::write(&blocked, "not a folder").unwrap();
        let mut part = Part::new(blocked.join("call.part"));
        part.append(&[1; 20_000]);
        part.append(&[1; 20_000]);
        assert_eq!(
            part.first.capacity(),
            0,
            "nothing is kept for a file that cannot be"
        );
        let (_, closed) = part.close();
        assert!(matches!(closed, Closed::Broken(_)), "{closed:?}");
    }
}
