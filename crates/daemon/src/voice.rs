//! From prompt names to frames: the built-in pack, and the admin's own prompts over it.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gudok_media::Bank;
use gudok_model::Name;
use gudok_prompts::ReadWavError;

/// Audio of one frame of the bank.
const FRAME: Duration = Duration::from_millis(20);
/// Most prompts of an admin's folder.
const PROMPTS_MAX: usize = 4_096;

/// Every prompt that can be played.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    /// The frames, shared with the media threads.
    pub bank: Arc<Bank>,
    numbers: BTreeMap<Name, u32>,
}

/// Why an admin's prompt cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VoiceError {
    /// The folder or a file cannot be read.
    #[error("{}: не читается: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Not a prompt.
    #[error("{}: {error}", path.display())]
    NotAPrompt {
        /// Which.
        path: PathBuf,
        /// Why.
        error: ReadWavError,
    },
    /// Too much of it.
    #[error("{name}: {error}")]
    Bank {
        /// Which prompt.
        name: Name,
        /// Why.
        error: gudok_media::bank::BankError,
    },
}

impl Voice {
    /// The built-in pack, and the `*.wav` of the folder over it.
    ///
    /// # Errors
    /// When a file of the folder is not a prompt: better no start than silence for a caller.
    pub(crate) fn read(folder: Option<&Path>) -> Result<Self, VoiceError> {
        let builtin = gudok_prompts::builtin();
        let mut samples: BTreeMap<Name, Vec<i16>> = builtin
            .into_iter()
            .map(|prompt| (Name::from(prompt.name), prompt.samples))
            .collect();
        if let Some(folder) = folder {
            samples.extend(own(folder)?);
        }
        let mut bank = Bank::new();
        let mut numbers = BTreeMap::new();
        for (name, pcm) in samples {
            let number = bank
                .from_pcm(&name, &pcm)
                .map_err(|error| VoiceError::Bank {
                    name: name.clone(),
                    error,
                })?;
            numbers.insert(name, number);
        }
        Ok(Self {
            bank: Arc::new(bank),
            numbers,
        })
    }

    /// The number of a prompt in the bank.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// Every name with how long it takes to say.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = (&Name, Duration)> {
        let length =
            |number: u32| FRAME * u32::try_from(self.bank.frames(number)).unwrap_or(u32::MAX);
        self.numbers
            .iter()
            .map(move |(name, number)| (name, length(*number)))
    }

    /// Every name that can be played, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Name> {
        self.numbers.keys()
    }

    /// Names of the plan that nobody recorded.
    pub(crate) fn missing<'a>(&self, wanted: impl IntoIterator<Item = &'a Name>) -> Vec<Name> {
        wanted
            .into_iter()
            .filter(|name| self.number(name).is_none())
            .cloned()
            .collect()
    }
}

fn own(folder: &Path) -> Result<BTreeMap<Name, Vec<i16>>, VoiceError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| VoiceError::Unreadable { path, error }
    };
    let mut prompts = BTreeMap::new();
    for entry in std::fs::read_dir(folder)
        .map_err(unreadable(folder))?
        .take(PROMPTS_MAX)
    {
        let path = entry.map_err(unreadable(folder))?.path();
        let (Some(name), Some("wav")) = (
            path.file_stem(),
            path.extension().and_then(|ending| ending.to_str()),
        ) else {
            continue;
        };
        let bytes = std::fs::read(&path).map_err(unreadable(&path))?;
        let samples = gudok_prompts::read_wav(&bytes).map_err(|error| VoiceError::NotAPrompt {
            path: path.clone(),
            error,
        })?;
        prompts.insert(Name::from(name.to_string_lossy().as_ref()), samples);
    }
    Ok(prompts)
}

#[cfg(test)]
mod tests {
    use gudok_media::tones::Detector;

    /// What a caller's phone sends back of our own words, or another hotline says to us, is no key; nor is a voice.
    #[test]
    fn no_phrase_of_the_pack_sounds_like_a_key() {
        let mut heard = Vec::new();
        for prompt in gudok_prompts::builtin() {
            for quieter in [1, 4, 16] {
                let mut detector = Detector::default();
                let packets = prompt.samples.chunks(160);
                let key =
                    |packet: &[i16]| detector.hear(packet.iter().map(|sample| sample / quieter));
                heard.extend(packets.filter_map(key).map(|key| (prompt.name, key)));
            }
        }
        assert_eq!(heard, []);
    }
}
