//! From prompt names to frames: the built-in packs, and the admin's own prompts over them.
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gudok_dialplan::in_locale;
use gudok_media::Bank;
use gudok_model::Name;
use gudok_prompts::{
    Manifest, Measure, PACKS, ReadManifestError, ReadWavError, SAMPLES_MAX, composed,
};
use gudok_speech::{Locale, PIECE_MAX, is_piece};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::plain;
use crate::speaker::{SpeakError, Speaker};

/// Audio of one frame of the bank. Milliseconds.
const FRAME_MS: u32 = 20;
/// Most prompts of an admin's folder.
const PROMPTS_MAX: usize = 4_096;
/// Largest script of an admin's folder. Bytes.
const SCRIPT_MAX: u64 = 1024 * 1024;
/// Largest recording of an admin's folder: the longest prompt in 16 bits, and a head. Bytes.
const RECORDING_MAX: u64 = SAMPLES_MAX as u64 * 2 + 64 * 1024;
/// The script of a folder.
const SCRIPT: &str = "pack.toml";

/// Every prompt that can be played.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    /// The frames, shared with the media threads.
    pub bank: Arc<Bank>,
    numbers: BTreeMap<Name, u32>,
    catalogue: Arc<BTreeMap<Name, Entry>>,
    /// The files it was read from, as they were.
    files: Vec<Seen>,
}

/// A file as it lies there.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
    path: PathBuf,
    inode: u64,
    length: u64,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

/// How many prompts are others than before.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Changes {
    /// That were not there.
    pub new: usize,
    /// That sound otherwise.
    pub changed: usize,
    /// That are there no more.
    pub gone: usize,
}

/// What is known of a prompt besides its samples.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The pack it comes from.
    pub pack: Arc<str>,
    /// Whose voice, under which licence.
    pub rights: Arc<str>,
    /// What it says, where the pack tells.
    pub text: Option<String>,
    /// How long and how loud it is.
    pub measure: Measure,
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
    /// Not a script.
    #[error("{}: {error}", path.display())]
    NotAScript {
        /// Which.
        path: PathBuf,
        /// Why.
        error: ReadManifestError,
    },
    /// The script is of another language than the folder.
    #[error("{}: locale = \"{found}\", а папка для «{expected}»", path.display())]
    OtherLocale {
        /// Which.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The script has texts that nobody spoke.
    #[error("{}: есть текст, но нет записи: {}", path.display(), names.join(", "))]
    NoRecording {
        /// Which script.
        path: PathBuf,
        /// Of which prompts.
        names: Vec<String>,
    },
    /// A text that nobody recorded could not be spoken either.
    #[error("{}: фраза «{name}»: {error}", path.display())]
    NotSpoken {
        /// Which script.
        path: PathBuf,
        /// Which prompt.
        name: String,
        /// Why.
        error: SpeakError,
    },
    /// A piece of numbers and dates that is too long: many of them follow each other.
    #[error("{name}: кусок чисел и дат длиннее {} с", PIECE_MAX.as_secs())]
    LongPiece {
        /// Which piece.
        name: Name,
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
    /// The built-in packs, and over them the `*.wav` of the folder (Russian) and of its folders by language (`en/`).
    ///
    /// # Errors
    /// When a file of the folder is not a prompt, or its script has texts that nobody recorded and no command can speak:
    /// better no start than silence for a caller. Blocks on the disk, and on the command where there is something to speak.
    pub(crate) fn read(config: &Config) -> Result<Self, VoiceError> {
        let speaker = config.speech.as_ref().map(Speaker::new);
        let folder = config.paths.prompts.as_deref();
        let voice = Self::read_with(folder, speaker.as_ref())?;
        if let Some(speaker) = speaker {
            speaker.finish();
        }
        Ok(voice)
    }

    /// The same for a daemon at work: what sounds as it did shares its memory with `before`, and no command is run for what
    /// nobody has spoken yet, which may take minutes: that is what `gudok prompts build` is for.
    ///
    /// # Errors
    /// As above, and with the first text that is not in the cache.
    pub(crate) fn reread(config: &Config, before: &Self) -> Result<Self, VoiceError> {
        let folder = config.paths.prompts.as_deref();
        if seen(folder)? == before.files {
            return Ok(before.clone());
        }
        let speaker = config.speech.as_ref().map(Speaker::of_cache);
        Reading::of(folder, speaker.as_ref())?.finish(&before.bank)
    }

    /// As at a start, by a speaker whose work is asked for afterwards.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) fn read_with(
        folder: Option<&Path>,
        speaker: Option<&Speaker<'_>>,
    ) -> Result<Self, VoiceError> {
        Reading::of(folder, speaker)?.finish(&Bank::new())
    }

    /// The number of a prompt in the bank.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// Every name with how long it takes to say. Milliseconds.
    pub(crate) fn lengths(&self) -> BTreeMap<Name, u32> {
        let millis = |number: u32| {
            let frames = u32::try_from(self.bank.frames(number)).unwrap_or(u32::MAX);
            frames.saturating_mul(FRAME_MS)
        };
        let named = self.numbers.iter();
        named
            .map(|(name, number)| (name.clone(), millis(*number)))
            .collect()
    }

    /// What this voice says otherwise than the one before it.
    pub(crate) fn changes_since(&self, before: &Self) -> Changes {
        if Arc::ptr_eq(&self.bank, &before.bank) {
            return Changes::default();
        }
        let is_new = |name: &&Name| !before.catalogue.contains_key(*name);
        let same = |name: &Name| {
            let pair = self.number(name).zip(before.number(name));
            pair.is_some_and(|(ours, theirs)| self.bank.is_alike(ours, &before.bank, theirs))
        };
        let gone = |name: &&Name| !self.catalogue.contains_key(*name);
        let (new, known): (Vec<_>, Vec<_>) = self.catalogue.keys().partition(is_new);
        Changes {
            new: new.len(),
            changed: known.into_iter().filter(|name| !same(name)).count(),
            gone: before.catalogue.keys().filter(gone).count(),
        }
    }

    /// Every prompt with what is known of it, in order of names.
    pub(crate) fn catalogue(&self) -> &BTreeMap<Name, Entry> {
        &self.catalogue
    }

    /// Every phrase that can be named in a plan, in order: pieces of numbers and other languages apart.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Name> {
        let pieces: BTreeSet<&str> = Locale::Ru.pieces().map(|(name, _)| name).collect();
        let phrase = move |name: &&Name| !name.contains('/') && !pieces.contains(&***name);
        self.numbers.keys().filter(phrase)
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

/// Packs that are laid one over the other.
#[derive(Default)]
struct Reading {
    samples: BTreeMap<Name, Vec<i16>>,
    entries: BTreeMap<Name, Entry>,
    files: Vec<Seen>,
}

impl Reading {
    fn of(folder: Option<&Path>, speaker: Option<&Speaker<'_>>) -> Result<Self, VoiceError> {
        let mut voice = Self::builtin();
        // Before they are read: what changes meanwhile is read again the next time.
        voice.files = seen(folder)?;
        let Some(folder) = folder else {
            return Ok(voice);
        };
        voice.own(folder, Locale::Ru, speaker)?;
        for locale in Locale::ALL {
            let theirs = folder.join(locale.slug());
            if theirs.is_dir() {
                voice.own(&theirs, locale, speaker)?;
            }
        }
        Ok(voice)
    }

    fn builtin() -> Self {
        let mut reading = Self::default();
        for (pack, locale) in PACKS.iter().zip(Locale::ALL) {
            let manifest = pack.manifest();
            let (name, rights) = (manifest.name.as_str().into(), rights(&manifest));
            for prompt in pack.prompts() {
                let text = manifest.text(prompt.name).map(str::to_owned);
                let known = in_locale(locale, &prompt.name.into());
                reading.add(known, prompt.samples, (&name, &rights), text);
            }
        }
        for prompt in composed() {
            let own = ("gudok".into(), "MIT OR Apache-2.0".into());
            reading.add(prompt.name.into(), prompt.samples, (&own.0, &own.1), None);
        }
        reading
    }

    /// The recordings of a folder, with its script where it has one.
    fn own(
        &mut self,
        folder: &Path,
        locale: Locale,
        speaker: Option<&Speaker<'_>>,
    ) -> Result<(), VoiceError> {
        let recordings = recordings(folder)?;
        let script = script(&folder.join(SCRIPT), locale)?;
        if let Some(script) = &script {
            let path = folder.join(SCRIPT);
            match speaker {
                Some(speaker) => self.spoken(&path, locale, (script, &recordings), speaker)?,
                None => self.all_recorded(path, locale, (script, &recordings))?,
            }
        }
        let shown = folder.display().to_string();
        let name = script.as_ref().map_or(shown, |it| it.name.clone()).into();
        let rights = script.as_ref().map_or_else(|| "—".into(), rights);
        for (prompt, samples) in recordings {
            let text = script.as_ref().and_then(|it| it.text(&prompt));
            let text = text.map(str::to_owned);
            self.add(in_locale(locale, &prompt), samples, (&name, &rights), text);
        }
        Ok(())
    }

    /// Without a command that speaks, a text must have been recorded, here or in the built-in pack.
    fn all_recorded(
        &self,
        path: PathBuf,
        locale: Locale,
        (script, recordings): (&Manifest, &Recordings),
    ) -> Result<(), VoiceError> {
        let missing = |name: &str| {
            let known = in_locale(locale, &name.into());
            !recordings.contains_key(name) && !self.samples.contains_key(&known)
        };
        let names = script.texts().map(|(name, _)| name);
        let names: Vec<String> = names
            .filter(|name| missing(name))
            .map(str::to_owned)
            .collect();
        match names.is_empty() {
            true => Ok(()),
            false => Err(VoiceError::NoRecording { path, names }),
        }
    }

    /// Texts that were not recorded here, and that the built-in pack does not say in the same words, are spoken.
    fn spoken(
        &mut self,
        path: &Path,
        locale: Locale,
        (script, recordings): (&Manifest, &Recordings),
        speaker: &Speaker<'_>,
    ) -> Result<(), VoiceError> {
        let rights = format!("{}; {}", speaker.voice(), script.licence).into();
        let pack: Arc<str> = script.name.as_str().into();
        for (name, text) in script.texts() {
            let known = in_locale(locale, &name.into());
            let said = self
                .entries
                .get(&known)
                .and_then(|entry| entry.text.as_deref());
            if recordings.contains_key(name) || said == Some(text) {
                continue;
            }
            let spoken = speaker.speak(locale.slug(), text);
            let samples = spoken.map_err(|error| VoiceError::NotSpoken {
                path: path.to_owned(),
                name: name.to_owned(),
                error,
            })?;
            self.add(known, samples, (&pack, &rights), Some(text.to_owned()));
        }
        Ok(())
    }

    fn add(
        &mut self,
        name: Name,
        samples: Vec<i16>,
        (pack, rights): (&Arc<str>, &Arc<str>),
        text: Option<String>,
    ) {
        let entry = Entry {
            pack: Arc::clone(pack),
            rights: Arc::clone(rights),
            text,
            measure: Measure::of(&samples),
        };
        self.entries.insert(name.clone(), entry);
        self.samples.insert(name, samples);
    }

    fn finish(self, before: &Bank) -> Result<Voice, VoiceError> {
        let mut bank = Bank::new();
        let mut numbers = BTreeMap::new();
        let long = |(name, entry): &(&Name, &Entry)| {
            let bare = name.rsplit('/').next().unwrap_or_default();
            is_piece(bare) && entry.measure.duration > PIECE_MAX
        };
        if let Some((name, _)) = self.entries.iter().find(long) {
            let name = name.clone();
            return Err(VoiceError::LongPiece { name });
        }
        for (name, pcm) in self.samples {
            let number =
                bank.from_pcm_like(before, &name, &pcm)
                    .map_err(|error| VoiceError::Bank {
                        name: name.clone(),
                        error,
                    })?;
            numbers.insert(name, number);
        }
        // What nobody speaks is the same in every language, unless that language has its own.
        for prompt in composed() {
            for locale in Locale::ALL {
                let known = numbers.get(prompt.name).copied();
                let other = in_locale(locale, &prompt.name.into());
                numbers.entry(other).or_insert(known.unwrap_or_default());
            }
        }
        Ok(Voice {
            bank: Arc::new(bank),
            numbers,
            catalogue: Arc::new(self.entries),
            files: self.files,
        })
    }
}

fn rights(manifest: &Manifest) -> Arc<str> {
    format!("{}; {}", manifest.voice, manifest.licence).into()
}

/// The script of a folder; None: it has none.
fn script(path: &Path, locale: Locale) -> Result<Option<Manifest>, VoiceError> {
    let unreadable = |error| VoiceError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let text = match plain::read(path, SCRIPT_MAX) {
        Ok(bytes) => String::from_utf8(bytes).map_err(std::io::Error::other),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(error),
    };
    let text = text.map_err(unreadable)?;
    let manifest = Manifest::read(&text).map_err(|error| VoiceError::NotAScript {
        path: path.to_owned(),
        error,
    })?;
    if manifest.locale != locale.slug() {
        return Err(VoiceError::OtherLocale {
            path: path.to_owned(),
            found: manifest.locale,
            expected: locale.slug(),
        });
    }
    Ok(Some(manifest))
}

/// The files of a folder and of its folders by language, in order: a reload that finds them as they were reads none.
fn seen(folder: Option<&Path>) -> Result<Vec<Seen>, VoiceError> {
    let Some(folder) = folder else {
        return Ok(Vec::new());
    };
    let theirs = Locale::ALL.map(|locale| folder.join(locale.slug()));
    let theirs = theirs.iter().filter(|theirs| theirs.is_dir());
    let mut files = Vec::new();
    for folder in std::iter::once(folder).chain(theirs.map(PathBuf::as_path)) {
        let unreadable = |error| VoiceError::Unreadable {
            path: folder.to_owned(),
            error,
        };
        let entries = std::fs::read_dir(folder).map_err(unreadable)?;
        // One more than are read, for the script.
        for entry in entries.take(PROMPTS_MAX + 1) {
            let path = entry.map_err(unreadable)?.path();
            let known = std::fs::metadata(&path).map_err(unreadable)?;
            files.push(Seen {
                inode: known.ino(),
                length: known.len(),
                changed: (known.mtime(), known.mtime_nsec()),
                path,
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Samples by the names of their files.
type Recordings = BTreeMap<Name, Vec<i16>>;

fn recordings(folder: &Path) -> Result<Recordings, VoiceError> {
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
        let bytes = plain::read(&path, RECORDING_MAX).map_err(unreadable(&path))?;
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
    use std::time::Duration;

    use gudok_media::tones::Detector;
    use gudok_prompts::Pack;

    use super::*;
    use crate::config::Speech;
    use crate::span::Span;

    fn built_in(name: &str) -> (u32, String) {
        let voice = Voice::read_with(None, None).expect("the built-in packs");
        let number = voice.number(name).expect("a prompt");
        let text = voice.catalogue().get(name).and_then(|it| it.text.clone());
        (number, text.unwrap_or_default())
    }

    #[test]
    fn a_language_has_its_own_words_and_shares_the_music() {
        assert_eq!(built_in("en/o_3").1, "third");
        assert_eq!(built_in("o_3").1, "третий");
        assert_eq!(built_in("en/music").0, built_in("music").0);
    }

    #[test]
    fn a_folder_of_the_company_lies_over_the_pack_and_its_script_is_held_to_its_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let english = folder.path().join("en");
        std::fs::create_dir(&english).expect("a folder");
        let tone = include_bytes!("../../prompts/demo/caller.wav");
        std::fs::write(folder.path().join("greeting.wav"), tone).expect("written");
        std::fs::write(english.join("hello.wav"), tone).expect("written");
        let head = "name = \"Офис\"\nlocale = \"ru\"\nvoice = \"Диктор\"\nlicence = \"договор\"\n[prompt]\n";
        let script = |texts: &str| {
            std::fs::write(folder.path().join(SCRIPT), format!("{head}{texts}")).expect("written");
            Voice::read_with(Some(folder.path()), None)
        };
        let voice = script("greeting = \"Алло!\"\n").expect("a voice");
        let greeting = &voice.catalogue()["greeting"];
        assert_eq!(
            (&*greeting.pack, &*greeting.rights),
            ("Офис", "Диктор; договор")
        );
        assert_eq!(greeting.text.as_deref(), Some("Алло!"));
        assert!(voice.number("en/hello").is_some() && voice.number("hello").is_none());
        assert_eq!(
            voice.names().filter(|name| name.starts_with("n_")).count(),
            0
        );
        let unspoken = script("greeting = \"Алло!\"\nsale = \"Скидки!\"\n");
        let said = unspoken.expect_err("nobody spoke it").to_string();
        assert!(said.ends_with("есть текст, но нет записи: sale"), "{said}");
        std::fs::rename(folder.path().join(SCRIPT), english.join(SCRIPT)).expect("moved");
        let said = Voice::read_with(Some(folder.path()), None)
            .expect_err("another language")
            .to_string();
        assert!(
            said.ends_with("locale = \"ru\", а папка для «en»"),
            "{said}"
        );
    }

    #[test]
    fn a_piece_of_a_number_that_takes_too_long_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let tone = include_bytes!("../../prompts/demo/caller.wav");
        let mut long = tone[..44].to_vec();
        long[4..8].copy_from_slice(&160_036_u32.to_le_bytes());
        long[40..44].copy_from_slice(&160_000_u32.to_le_bytes());
        long.resize(160_044, 0x10);
        std::fs::write(folder.path().join("n_40.wav"), long).expect("written");
        let said = Voice::read_with(Some(folder.path()), None);
        let said = said.expect_err("too long").to_string();
        assert_eq!(said, "n_40: кусок чисел и дат длиннее 9 с");
    }

    #[test]
    fn a_text_that_nobody_recorded_is_spoken_where_there_is_a_command() {
        let folder = tempfile::tempdir().expect("a folder");
        let tone = folder.path().join("tone");
        let wav = include_bytes!("../../prompts/demo/caller.wav");
        std::fs::write(&tone, wav).expect("written");
        let builtin = Voice::read_with(None, None).expect("the built-in packs");
        let same = builtin.catalogue()["goodbye"].text.as_ref();
        let same = same.expect("a text");
        let texts = format!("sale = \"Скидки!\"\ngreeting = \"Алло!\"\ngoodbye = {same:?}\n");
        let head =
            "name = \"Офис\"\nlocale = \"ru\"\nvoice = \"-\"\nlicence = \"договор\"\n[prompt]\n";
        std::fs::write(folder.path().join(SCRIPT), format!("{head}{texts}")).expect("written");
        let speech = |program: &str| Speech {
            command: [program, &tone.display().to_string()]
                .map(str::to_owned)
                .into(),
            voice: "anna".to_owned(),
            timeout: Span(Duration::from_secs(20)),
            cache: folder.path().join("cache"),
        };
        let speech = [speech("cat"), speech("no-such-voice")];
        let speaker = Speaker::new(&speech[0]);
        let voice = Voice::read_with(Some(folder.path()), Some(&speaker)).expect("a voice");
        let entry = &voice.catalogue()["sale"];
        assert_eq!(
            (&*entry.pack, &*entry.rights),
            ("Офис", "синтез: cat anna; договор")
        );
        assert_eq!(entry.text.as_deref(), Some("Скидки!"));
        assert_eq!(voice.catalogue()["greeting"].text.as_deref(), Some("Алло!"));
        assert_eq!(&*voice.catalogue()["goodbye"].pack, "gudok-ru");
        assert_eq!(speaker.finish(), (2, 0));
        let speaker = Speaker::new(&speech[1]);
        let said = Voice::read_with(Some(folder.path()), Some(&speaker));
        let said = said.expect_err("no such program").to_string();
        assert!(
            said.contains("фраза «greeting»: команда «no-such-voice» не запускается"),
            "{said}"
        );
    }

    /// What a caller's phone sends back of our own words, or another hotline says to us, is no key; nor is a voice.
    #[test]
    fn no_phrase_of_the_pack_sounds_like_a_key() {
        let mut heard = Vec::new();
        for prompt in PACKS.iter().flat_map(Pack::prompts).chain(composed()) {
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
