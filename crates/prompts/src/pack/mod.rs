//! The built-in packs, embedded in the binary so that a fresh daemon has a voice.
mod en;
mod ru;

use crate::manifest::Manifest;
use crate::{music, progress, read_wav};

/// The WAV files of a folder by their names.
macro_rules! spoken {
    ($folder:literal; $($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../", $folder, "/", $name, ".wav")) as &[u8])),*]
    };
}
use spoken;

/// One prompt of a pack.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Its name in dialplans.
    pub name: &'static str,
    /// 8 kHz mono.
    pub samples: Vec<i16>,
}

/// Prompts of one language and one voice.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    script: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

/// The built-in packs; the first is the one that speaks when nobody chose.
pub const PACKS: [Pack; 2] = [
    Pack {
        script: include_str!("../../ru/pack.toml"),
        files: ru::FILES,
    },
    Pack {
        script: include_str!("../../en/pack.toml"),
        files: en::FILES,
    },
];

impl Pack {
    /// Voice, licences and texts.
    pub fn manifest(&self) -> Manifest {
        Manifest::read(self.script).expect("the embedded script is tested to be readable")
    }

    /// Everything that is spoken, in the order of names.
    pub fn prompts(&self) -> impl Iterator<Item = Prompt> {
        self.files.iter().map(|(name, bytes)| Prompt {
            name,
            samples: read_wav(bytes).expect("the embedded pack is tested to be readable"),
        })
    }
}

/// What no voice speaks, so that it is the same in every language: `music`, `beep`, the `pause` between groups of digits, and how
/// a call of ours goes: `ringing_tone`, `busy_tone`, `unobtainable_tone`.
pub fn composed() -> [Prompt; 6] {
    [
        ("music", music::hold()),
        ("beep", music::beep()),
        ("pause", music::pause()),
        ("ringing_tone", progress::ringing()),
        ("busy_tone", progress::busy()),
        ("unobtainable_tone", progress::unobtainable()),
    ]
    .map(|(name, samples)| Prompt { name, samples })
}

/// What the demo's caller and operator say, in this order.
pub fn demo() -> [Vec<i16>; 2] {
    [
        include_bytes!("../../demo/caller.wav") as &[u8],
        include_bytes!("../../demo/operator.wav"),
    ]
    .map(|bytes| read_wav(bytes).expect("the embedded pack is tested to be readable"))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use gudok_speech::Locale;

    use super::*;
    use crate::measure::Measure;

    #[test]
    fn every_prompt_is_audible_and_not_too_long() {
        let heard = composed().into_iter().filter(|it| it.name != "pause");
        for prompt in PACKS.iter().flat_map(Pack::prompts).chain(heard) {
            let said = Measure::of(&prompt.samples);
            let (name, peak) = (prompt.name, said.peak_db);
            assert!(peak > -18.0, "{name} is nearly silent: {peak}");
            assert!(peak < -0.2, "{name} clips: {peak}");
            assert!(said.loudness_db > -32.0, "{name} is faint: {said:?}");
            assert!(
                prompt.samples.len() <= crate::SAMPLES_MAX,
                "{name} is too long"
            );
        }
    }

    #[test]
    fn the_demo_has_two_voices() {
        assert!(demo().iter().all(|voice| voice.len() > 16_000));
    }

    #[test]
    fn every_file_has_its_text_and_every_text_its_file() {
        for pack in PACKS {
            let manifest = pack.manifest();
            let texts: BTreeSet<&str> = manifest.texts().map(|(name, _)| name).collect();
            let files: BTreeSet<&str> = pack.files.iter().map(|(name, _)| *name).collect();
            assert_eq!(texts, files, "{}", manifest.name);
            assert!(!manifest.licence.is_empty() && !manifest.voice.is_empty());
        }
        let russian = PACKS[0].manifest();
        assert_eq!(
            russian.text("notice"),
            Some("Для контроля качества обслуживания все разговоры записываются.")
        );
        assert_eq!(russian.text("name"), None);
    }

    #[test]
    fn every_pack_has_every_piece_of_its_language_in_the_same_words() {
        for (pack, locale) in PACKS.iter().zip(Locale::ALL) {
            let manifest = pack.manifest();
            assert_eq!(manifest.locale, locale.slug());
            let texts: BTreeMap<&str, &str> = manifest.texts().collect();
            for (name, text) in locale.pieces() {
                assert_eq!(texts.get(name), Some(&text), "{name} of {}", manifest.name);
            }
        }
    }

    #[test]
    fn what_the_russian_pack_says_whole_the_english_one_says_too() {
        let [russian, english] = PACKS.map(|pack| pack.manifest());
        for name in russian.prompt.keys() {
            assert!(english.text(name).is_some(), "{name}");
        }
    }
}
