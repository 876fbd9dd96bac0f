//! Phrases that nobody recorded, spoken by a command of the admin's choice: espeak-ng, RHVoice, piper.
//!
//! They are spoken when prompts are read, one after the other, never for a call; what was spoken lies in a folder under the
//! hash of all it was made from, so that a start without the command goes on with it.
mod cache;
mod run;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;

use gudok_prompts::{RATE, ReadWavError, SAMPLES_MAX, read_wav};
use sha2::{Digest, Sha256};

use crate::config::Speech;
use cache::Cache;

/// Longest text of a phrase: it fits a pipe whole, and no phrase takes minutes to hear. Bytes.
const TEXT_MAX: usize = 4_096;
/// The largest file that can be a prompt: the longest one in 16 bits, and a head. Bytes.
const WAV_MAX: usize = SAMPLES_MAX * 2 + 64 * 1024;
/// Counts when what makes a recording of the same words changes here.
const RECIPE: &str = "gudok-speech-1";

/// Speaks what nobody recorded.
#[derive(Debug)]
pub(crate) struct Speaker<'a> {
    speech: &'a Speech,
    cache: Cache,
    /// False: what is not in the cache is not spoken.
    may_run: bool,
    /// What this run needs: never evicted by it.
    needed: RefCell<BTreeSet<String>>,
    made: Cell<usize>,
}

/// Why a phrase could not be spoken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpeakError {
    /// The folder of what was spoken cannot be written.
    #[error("{}: {error}; проверьте speech.cache и права на папку", path.display())]
    Cache {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Nobody has spoken it, and a daemon at work does not wait for it.
    #[error("ещё не озвучена; сначала gudok prompts build")]
    NotSpoken,
    /// A text that is too long to be a phrase.
    #[error("текст длиннее {TEXT_MAX} байт; разделите его на фразы")]
    TooLong,
    /// There is no such program, or it may not be run.
    #[error(
        "команда «{program}» не запускается: {error}; поставьте её или поправьте speech.command"
    )]
    NotStarted {
        /// Which.
        program: String,
        /// Why.
        error: std::io::Error,
    },
    /// It was told to end, and all it had started with it.
    #[error(
        "команда «{program}» не закончила за {secs} с и остановлена; поправьте её или увеличьте speech.timeout"
    )]
    Hung {
        /// Which.
        program: String,
        /// How long was waited.
        secs: u64,
    },
    /// More than any prompt can be; it was told to end.
    #[error("команда «{program}» выдала больше {WAV_MAX} байт и остановлена: это не фраза")]
    TooMuch {
        /// Which.
        program: String,
    },
    /// It said that it could not.
    #[error("команда «{program}» закончила с {status}: {said}")]
    Failed {
        /// Which.
        program: String,
        /// Code or signal.
        status: String,
        /// The end of its stderr.
        said: String,
    },
    /// What came is not a prompt.
    #[error("команда «{program}» выдала не то: {error}")]
    NotAPrompt {
        /// Which.
        program: String,
        /// Why.
        error: ReadWavError,
    },
}

impl<'a> Speaker<'a> {
    /// Nothing is run or created before there is something to speak.
    pub(crate) fn new(speech: &'a Speech) -> Self {
        Self {
            speech,
            cache: Cache::at(&speech.cache),
            may_run: true,
            needed: RefCell::default(),
            made: Cell::new(0),
        }
    }

    /// One that knows what was spoken before, and speaks nothing itself.
    pub(crate) fn of_cache(speech: &'a Speech) -> Self {
        Self {
            may_run: false,
            ..Self::new(speech)
        }
    }

    /// Whose voice it is, for the catalogue.
    pub(crate) fn voice(&self) -> String {
        let program = self.speech.command.first().map_or("", String::as_str);
        let voice = [program, &self.speech.voice];
        format!("синтез: {}", voice.join(" ").trim_end())
    }

    /// The samples of a text in a language (`ru`): from the cache, or spoken now.
    ///
    /// # Errors
    /// With what the command or the folder did, and what to do.
    pub(crate) fn speak(&self, locale: &str, text: &str) -> Result<Vec<i16>, SpeakError> {
        if text.len() > TEXT_MAX {
            return Err(SpeakError::TooLong);
        }
        let key = self.key(locale, text);
        let known = self.cache.get(&key);
        self.needed.borrow_mut().insert(key.clone());
        if let Some(samples) = known {
            return Ok(samples);
        }
        if !self.may_run {
            return Err(SpeakError::NotSpoken);
        }
        let out = self.cache.place(&key)?;
        let wav = run::run(self.speech, locale, text, &out);
        // What the command left there has been read, or is good for nothing.
        let _ = std::fs::remove_file(&out);
        let wav = wav?;
        let samples = read_wav(&whole(wav)).map_err(|error| SpeakError::NotAPrompt {
            program: run::program(self.speech),
            error,
        })?;
        self.cache.put(&key, &samples)?;
        self.made.set(self.made.get() + 1);
        Ok(samples)
    }

    /// Forgets what nobody needs, the oldest first, where there is too much of it. How many were spoken now, and how many
    /// were there.
    pub(crate) fn finish(&self) -> (usize, usize) {
        let needed = self.needed.borrow();
        if self.made.get() > 0 {
            self.cache.evict(&needed);
        }
        let made = self.made.get();
        (made, needed.len().saturating_sub(made))
    }

    /// The name of a recording: the hash of everything it is made from, each part behind its length.
    fn key(&self, locale: &str, text: &str) -> String {
        let parts = [RECIPE, locale, &self.speech.voice, text];
        let command = self.speech.command.iter().map(String::as_str);
        let mut hash = Sha256::new();
        for part in parts.into_iter().chain(command) {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }
}

/// A program that writes to a pipe does not know how long its WAV will be, and promises more than there is, or nothing: the
/// lengths of what came. Anything else is left as it is.
fn whole(mut wav: Vec<u8>) -> Vec<u8> {
    const HEAD: usize = 12;
    if !wav.starts_with(b"RIFF") || wav.get(8..HEAD) != Some(b"WAVE") {
        return wav;
    }
    let mut at = HEAD;
    while let Some(head) = wav.get(at..at + 8) {
        let (name, length) = head.split_at(4);
        let length = length.try_into().map_or(0, u32::from_le_bytes);
        let (data, left) = (name == b"data", wav.len() - at - 8);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if data && (length > left || length == 0) {
            // Whole samples alone.
            let left = left - left % 2;
            set_length(&mut wav, at + 4, left);
            let all = at + left;
            set_length(&mut wav, 4, all);
        }
        if data || length > left {
            break;
        }
        at += 8 + length + length % 2;
    }
    wav
}

fn set_length(wav: &mut [u8], at: usize, length: usize) {
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(place) = wav.get_mut(at..at + 4) {
        place.copy_from_slice(&length);
    }
}

/// A prompt of these samples.
fn as_wav(samples: &[i16]) -> Vec<u8> {
    let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX);
    let mut wav = Vec::with_capacity(samples.len() * 2 + 44);
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&bytes.saturating_add(36).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel.
    wav.extend_from_slice(&[1, 0, 1, 0]);
    wav.extend_from_slice(&RATE.to_le_bytes());
    wav.extend_from_slice(&(RATE * 2).to_le_bytes());
    // Two bytes a frame, 16 bits a sample.
    wav.extend_from_slice(&[2, 0, 16, 0]);
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&bytes.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}

#[cfg(test)]
mod tests;
