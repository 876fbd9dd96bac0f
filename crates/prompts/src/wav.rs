//! Reading a prompt from a WAV file: 8 kHz, mono, 16 bit or A-law, nothing else, and a clear word when it is not.
use std::io::Cursor;

use crate::{RATE, SAMPLES_MAX, alaw};

/// Why a WAV file cannot be a prompt.
#[derive(Debug, thiserror::Error)]
pub enum ReadWavError {
    /// Not a WAV file that can be read.
    #[error("not a readable WAV file")]
    Unreadable(#[from] hound::Error),
    /// Another format than the one prompts have.
    #[error(
        "{rate} Hz, {channels} channels, {bits} bits; a prompt is 8000 Hz, 1 channel, 16 bits or A-law (sox in.wav -r 8000 -c 1 -b 16 out.wav)"
    )]
    Format {
        /// Found. Hz.
        rate: u32,
        /// Found.
        channels: u16,
        /// Found.
        bits: u16,
    },
    /// Longer than [`SAMPLES_MAX`].
    #[error("longer than {} s", SAMPLES_MAX / RATE as usize)]
    TooLong,
    /// No samples at all.
    #[error("no samples")]
    Empty,
}

/// Reads one prompt.
///
/// # Errors
/// When the bytes are not a WAV file of the one format, or it is empty or too long.
pub fn read_wav(bytes: &[u8]) -> Result<Vec<i16>, ReadWavError> {
    if let Some(encoded) = alaw::find(bytes) {
        return from_alaw(&encoded);
    }
    let mut reader = hound::WavReader::new(Cursor::new(bytes))?;
    let spec = reader.spec();
    if (spec.sample_rate, spec.channels, spec.bits_per_sample) != (RATE, 1, 16) {
        return Err(ReadWavError::Format {
            rate: spec.sample_rate,
            channels: spec.channels,
            bits: spec.bits_per_sample,
        });
    }
    if reader.duration() as usize > SAMPLES_MAX {
        return Err(ReadWavError::TooLong);
    }
    not_empty(reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?)
}

fn from_alaw(encoded: &alaw::Encoded<'_>) -> Result<Vec<i16>, ReadWavError> {
    let alaw::Encoded {
        rate,
        channels,
        bytes,
    } = *encoded;
    if (rate, channels) != (RATE, 1) {
        let bits = 8;
        return Err(ReadWavError::Format {
            rate,
            channels,
            bits,
        });
    }
    if bytes.len() > SAMPLES_MAX {
        return Err(ReadWavError::TooLong);
    }
    not_empty(bytes.iter().map(|it| alaw::decode(*it)).collect())
}

fn not_empty(samples: Vec<i16>) -> Result<Vec<i16>, ReadWavError> {
    match samples.is_empty() {
        true => Err(ReadWavError::Empty),
        false => Ok(samples),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        samples
            .iter()
            .for_each(|s| writer.write_sample(*s).unwrap());
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn reads_what_it_wrote_and_names_what_is_wrong() {
        assert_eq!(read_wav(&wav(8_000, 1, &[1, -2, 3])).unwrap(), [1, -2, 3]);
        assert!(matches!(
            read_wav(&wav(16_000, 1, &[1])),
            Err(ReadWavError::Format { rate: 16_000, .. })
        ));
        assert!(matches!(
            read_wav(&wav(8_000, 2, &[1, 2])),
            Err(ReadWavError::Format { channels: 2, .. })
        ));
        assert!(matches!(
            read_wav(&wav(8_000, 1, &[])),
            Err(ReadWavError::Empty)
        ));
        assert!(matches!(
            read_wav(b"RIFFxxxx"),
            Err(ReadWavError::Unreadable(_))
        ));
    }
}
