//! `gudok recordings verify` and `repair`: is every recording what it was sealed as, and what can be mended.
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use gudok_model::{CallId, Wall};
use hound::WavSpec;

use crate::bench::Ended;
use crate::consultation::Consultation;
use crate::part::{MONO, SAMPLE_RATE, SPEC};
use crate::recover::{Recovered, is_live, recover};
use crate::sidecar::{SIDECAR_VERSION, Sidecar, fingerprint, make_final, sync};
use crate::subject::rfc3339;
use crate::third::{ThirdTrack, beside, own_of};
use crate::timeline::Tally;

/// Folders are `YYYY/MM/DD`; nothing lies deeper.
const DEPTH_MAX: usize = 3;
/// Bytes before the first sample of a file of ours.
const WAV_HEAD_BYTES: u64 = 44;

/// What is wrong with a recording.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// The bytes are not those that were sealed: changed, cut or rotten.
    HashMismatch,
    /// A sidecar without its file.
    MissingWav,
    /// A file without its sidecar.
    MissingSidecar,
    /// A file that was never finished, and no daemon runs that would.
    PartLeft,
    /// Not a WAV, or not a sidecar, that can be read.
    Unreadable,
    /// A word aside whose call's recording is gone: it was to be deleted with it.
    CallGone,
}

impl Fault {
    /// For people.
    pub fn text_ru(self) -> &'static str {
        match self {
            Self::HashMismatch => "файл изменён или повреждён: контрольная сумма не совпадает",
            Self::MissingWav => "описание есть, а самой записи нет",
            Self::MissingSidecar => "запись есть, а описания к ней нет",
            Self::PartLeft => "запись не завершена",
            Self::Unreadable => "файл не читается",
            Self::CallGone => {
                "консультация осталась без записи своего звонка: удалите и её (.wav и .json)"
            }
        }
    }
}

/// One thing found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// Under the recordings folder.
    pub file: PathBuf,
    /// What is wrong.
    pub fault: Fault,
}

/// The outcome of a verification.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verification {
    /// Recordings that are exactly what was sealed.
    pub good: u64,
    /// Everything else, in order of files.
    pub findings: Vec<Finding>,
}

/// What a repair did to one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repaired {
    /// Under the recordings folder.
    pub file: PathBuf,
    /// What was wrong.
    pub fault: Fault,
}

/// The outcome of a repair.
#[derive(Debug, Default)]
pub struct Repair {
    /// What the journal still held.
    pub recovered: Recovered,
    /// What was mended without it.
    pub repaired: Vec<Repaired>,
    /// What is still wrong: nothing can bring back bytes that are gone.
    pub left: Vec<Finding>,
}

/// Why nothing was repaired.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// A daemon records here; it repairs by itself at its start.
    #[error("a daemon records into this folder; stop it first")]
    Live,
    /// The folder cannot be read.
    #[error("cannot read the recordings folder")]
    Io(#[from] io::Error),
}

/// Reads every recording below `root` and compares it with its sidecar. Changes nothing; may run beside the daemon,
/// whose open files are then no finding.
pub fn verify(root: &Path) -> io::Result<Verification> {
    let live = is_live(root)?;
    let mut verification = Verification::default();
    for file in files(root)? {
        let own = own_of(&file);
        let found = match ending(&file) {
            "wav" if own.is_some_and(|own| own.with_extension("json").exists()) => continue,
            "json" => check(&file),
            "wav" if !file.with_extension("json").exists() => Some((file, Fault::MissingSidecar)),
            "part" if !live => Some((file, Fault::PartLeft)),
            _ => continue,
        };
        match found {
            None => verification.good += 1,
            Some((file, fault)) => verification.findings.push(Finding {
                file: below(root, &file),
                fault,
            }),
        }
    }
    Ok(verification)
}

/// Finishes what the journal holds, then mends what can be mended from the files alone: an unfinished file gets its
/// right length, a file without a sidecar gets one that says it was made again. Only while no daemon runs.
pub fn repair(root: &Path) -> Result<Repair, RepairError> {
    if is_live(root)? {
        return Err(RepairError::Live);
    }
    let disk = File::open(root)?;
    let mut repair = Repair {
        recovered: recover(root),
        ..Repair::default()
    };
    for finding in verify(root)?.findings {
        let path = root.join(&finding.file);
        let mended = match finding.fault {
            Fault::PartLeft => finish_part(root, &path, Ended::Interrupted),
            Fault::MissingSidecar => finish_part(root, &path, Ended::Normally),
            Fault::HashMismatch | Fault::MissingWav | Fault::Unreadable | Fault::CallGone => {
                Ok(false)
            }
        };
        match mended {
            Ok(true) => repair.repaired.push(Repaired {
                file: finding.file,
                fault: finding.fault,
            }),
            Ok(false) | Err(_) => repair.left.push(finding),
        }
    }
    sync(&disk)?;
    Ok(repair)
}

/// What is wrong with a final recording, and which file it is; nothing if all is well.
pub(crate) fn check(json: &Path) -> Option<(PathBuf, Fault)> {
    let wav = json.with_extension("wav");
    let Ok(sidecar) = Sidecar::read(json) else {
        return Some((json.to_owned(), Fault::Unreadable));
    };
    if !wav.exists() {
        return Some((wav, Fault::MissingWav));
    }
    let Ok((bytes, sha256)) = File::open(&wav).and_then(|mut file| fingerprint(&mut file)) else {
        return Some((wav, Fault::Unreadable));
    };
    if (bytes, &sha256) != (sidecar.bytes, &sidecar.sha256) {
        return Some((wav, Fault::HashMismatch));
    }
    if samples(&wav, SPEC) != Some(sidecar.samples) {
        return Some((wav, Fault::Unreadable));
    }
    let of = sidecar.consultation.as_ref();
    if of.is_some_and(|of| !of.has_its_call(json)) {
        return Some((wav, Fault::CallGone));
    }
    check_third(&beside(&wav), sidecar.third.as_ref()?)
}

fn check_third(wav: &Path, track: &ThirdTrack) -> Option<(PathBuf, Fault)> {
    let fault = match File::open(wav).and_then(|mut file| fingerprint(&mut file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Fault::MissingWav,
        Err(_) => Fault::Unreadable,
        Ok(found) if found != (track.bytes, track.sha256.clone()) => Fault::HashMismatch,
        Ok(_) if samples(wav, MONO) != Some(track.samples) => Fault::Unreadable,
        Ok(_) => return None,
    };
    Some((wav.to_owned(), fault))
}

/// Samples per channel, if it is a WAV of ours.
fn samples(wav: &Path, spec: WavSpec) -> Option<u64> {
    let reader = hound::WavReader::open(wav).ok()?;
    (reader.spec() == spec).then(|| u64::from(reader.duration()))
}

/// Gives an unfinished or undescribed file the right sizes, a sidecar and its final name. `false`: it is empty or
/// no WAV of ours.
fn finish_part(root: &Path, path: &Path, ended: Ended) -> io::Result<bool> {
    // Only the journal knows where it belongs.
    if own_of(path).is_some() {
        return Ok(false);
    }
    let bytes = fs::metadata(path)?.len();
    let frames = bytes.saturating_sub(WAV_HEAD_BYTES) / 4;
    if frames == 0 {
        return Ok(false);
    }
    if ended == Ended::Interrupted {
        set_length(path, frames)?;
    }
    let Some(samples) = samples(path, SPEC) else {
        return Ok(false);
    };
    let sidecar = rebuilt(root, path, samples, ended)?;
    make_final(path, &sidecar)?;
    Ok(true)
}

/// Cuts half frames off and writes both sizes into the head (RIFF at 4, data at 40).
fn set_length(path: &Path, frames: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    let data = u32::try_from(frames * 4).map_err(|_| io::ErrorKind::FileTooLarge)?;
    file.set_len(WAV_HEAD_BYTES + u64::from(data))?;
    file.write_all_at(&(data.saturating_add(36)).to_le_bytes(), 4)?;
    file.write_all_at(&data.to_le_bytes(), 40)?;
    file.sync_all()
}

fn rebuilt(root: &Path, path: &Path, samples: u64, ended: Ended) -> io::Result<Sidecar> {
    let (bytes, sha256) = fingerprint(&mut File::open(path)?)?;
    let started = started(path, samples)?;
    let name = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let call = name
        .get(..36)
        .and_then(|id| id.parse().ok())
        .unwrap_or_default();
    // Whose word aside it was the journal alone knew; whose call it goes with, its name tells.
    let consultation = Consultation::of_name(root, path);
    let said_by = if consultation.is_some() {
        "asked"
    } else {
        "caller"
    };
    Ok(Sidecar {
        version: SIDECAR_VERSION,
        call: CallId(call),
        project: "unknown".into(),
        file: below(root, &path.with_extension("wav"))
            .to_string_lossy()
            .into_owned(),
        started: rfc3339(started),
        started_us: started,
        length_ms: samples * 1000 / u64::from(SAMPLE_RATE),
        samples,
        sample_rate: SAMPLE_RATE,
        channels: [said_by.into(), "heard".into()],
        ended,
        gaps: Vec::new(),
        gaps_omitted: 0,
        marks: Vec::new(),
        consultation,
        third: None,
        speakers: Vec::new(),
        speakers_omitted: 0,
        caller: Tally::default(),
        heard: Tally::default(),
        bytes,
        sha256,
        rebuilt: true,
    })
}

/// The best guess there is: the last write less the length.
fn started(path: &Path, samples: u64) -> io::Result<Wall> {
    let written = File::open(path)?.metadata()?.modified()?;
    let since = written
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let length_us = i64::try_from(samples * 125).unwrap_or(0);
    Ok(Wall(
        i64::try_from(since.as_micros())
            .unwrap_or(0)
            .saturating_sub(length_us),
    ))
}

/// All files of recordings in order; the media journal and links are left out.
fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let dated = entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
            if kind.is_dir() && dated && depth < DEPTH_MAX {
                folders.push((path, depth + 1));
            } else if kind.is_file() && depth == DEPTH_MAX {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn ending(path: &Path) -> &str {
    path.extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
}

fn below(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}
