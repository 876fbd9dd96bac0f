//! The growing file: `.part` beside its future name, playable at any moment.
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

/// Samples per second of every recording.
pub const SAMPLE_RATE: u32 = 8000;
/// Left the caller, right what the caller hears; 16-bit PCM.
pub(crate) const SPEC: WavSpec = WavSpec {
    channels: 2,
    sample_rate: SAMPLE_RATE,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

/// A WAV in the making. The first error ends it: the file is then made again from the journal.
pub(crate) struct Part {
    path: PathBuf,
    writer: Option<WavWriter<BufWriter<File>>>,
    error: Option<hound::Error>,
}

impl Part {
    /// Creates the folder and an empty file, whatever was there before.
    pub(crate) fn create(path: PathBuf) -> Self {
        let (writer, error) = match open(&path) {
            Ok(writer) => (Some(writer), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            path,
            writer,
            error,
        }
    }

    /// Appends interleaved samples. The header is brought up to date each time: a file whose writer was killed
    /// otherwise says that it is empty.
    pub(crate) fn append(&mut self, samples: &[i16]) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        if let Err(error) = write(writer, samples) {
            self.error = Some(error);
            self.writer = None;
        }
    }

    /// Closes the file; the error if it is not whole.
    pub(crate) fn close(mut self) -> (PathBuf, Result<(), hound::Error>) {
        let closed = self.writer.take().map_or(Ok(()), WavWriter::finalize);
        (self.path, self.error.take().map_or(closed, Err))
    }
}

fn open(path: &Path) -> Result<WavWriter<BufWriter<File>>, hound::Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    WavWriter::new(
        BufWriter::with_capacity(32 << 10, File::create(path)?),
        SPEC,
    )
}

fn write(writer: &mut WavWriter<BufWriter<File>>, samples: &[i16]) -> Result<(), hound::Error> {
    let mut batch = writer.get_i16_writer(u32::try_from(samples.len()).unwrap_or(u32::MAX));
    for sample in samples {
        batch.write_sample(*sample);
    }
    batch.flush()?;
    writer.flush()
}
