//! The `.json` beside each `.wav`: what the recording is, where it has gaps, and its hash.
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gudok_model::{CallId, Name, ProjectId, Wall};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bench::Ended;
use crate::consultation::Consultation;
use crate::gap::Gap;
use crate::speakers::Speaker;
use crate::third::ThirdTrack;
use crate::timeline::Tally;

/// Version of the format; a reader refuses a higher one.
pub const SIDECAR_VERSION: u32 = 1;
/// Read at once when a file is hashed.
const READ_BYTES: usize = 16 << 10;
/// Longest sidecar that is read: 1000 gaps, 256 marks and 2000 stretches of voices are well below.
const SIDECAR_BYTES_MAX: u64 = 1 << 20;

/// The sidecar as it lies on disk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sidecar {
    /// [`SIDECAR_VERSION`].
    pub version: u32,
    /// Whose call it was; nil if that was lost.
    pub call: CallId,
    /// Whose number was called.
    pub project: ProjectId,
    /// Under the recordings folder, with `.wav`.
    pub file: String,
    /// First sample, RFC 3339 in UTC.
    pub started: String,
    /// The same in microseconds since 1970.
    pub started_us: Wall,
    /// Length. Milliseconds.
    pub length_ms: u64,
    /// Length. Samples per channel.
    pub samples: u64,
    /// Samples per second.
    pub sample_rate: u32,
    /// What is left and what is right: `caller`, of a word aside `asked`; and what they `heard`.
    pub channels: [Name; 2],
    /// How it ended.
    pub ended: Ended,
    /// Where there is no audio, and why.
    pub gaps: Vec<Gap>,
    /// Gaps beyond the limit.
    pub gaps_omitted: u64,
    /// What happened when.
    pub marks: Vec<SidecarMark>,
    /// It is a word aside, and whose; None: the call's own recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consultation: Option<Consultation>,
    /// What was said in the call's room and not to the caller, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub third: Option<ThirdTrack>,
    /// Who spoke when while the call had a room; elsewhere the channels tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub speakers: Vec<Speaker>,
    /// Stretches beyond the limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub speakers_omitted: u64,
    /// Packets of the left channel.
    pub caller: Tally,
    /// Packets of the right channel.
    pub heard: Tally,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// The sidecar was lost and made again from the file alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebuilt: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One mark.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SidecarMark {
    /// From the start. Milliseconds.
    pub at_ms: u64,
    /// What.
    pub name: Name,
}

/// Why a sidecar cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadSidecarError {
    /// The disk would not, or there is none.
    #[error("cannot read the sidecar")]
    Io(#[from] io::Error),
    /// It is not one.
    #[error("the sidecar makes no sense")]
    Json(#[from] serde_json::Error),
    /// A newer gudok wrote it.
    #[error("the sidecar has version {0}, this gudok reads up to {SIDECAR_VERSION}")]
    Version(u32),
}

impl Sidecar {
    /// Reads a sidecar.
    pub fn read(path: &Path) -> Result<Self, ReadSidecarError> {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(SIDECAR_BYTES_MAX)
            .read_to_end(&mut bytes)?;
        let sidecar: Self = serde_json::from_slice(&bytes)?;
        if sidecar.version > SIDECAR_VERSION {
            return Err(ReadSidecarError::Version(sidecar.version));
        }
        Ok(sidecar)
    }

    /// Writes it beside the WAV as a temporary file and gives its path; a rename makes it final.
    fn write_new(&self, path: &Path) -> io::Result<PathBuf> {
        let new = path.with_extension("json.new");
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        fs::write(&new, text)?;
        Ok(new)
    }
}

/// Size and SHA-256 (hex) of a file.
pub(crate) fn fingerprint(file: &mut impl Read) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = [0; READ_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hex::encode(hash.finalize())));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Makes names final: the WAV first, then its sidecar, whose presence says that all is done. Whatever needs room on the
/// disk comes before either. The disk has them after the next [`sync`].
pub(crate) fn make_final(part: &Path, sidecar: &Sidecar) -> io::Result<()> {
    let wav = part.with_extension("wav");
    let json = part.with_extension("json");
    let new = sidecar.write_new(&json)?;
    fs::rename(part, &wav)?;
    fs::rename(&new, &json)
}

/// Everything written below this open folder so far is on the disk; an error if any of it is not, whoever wrote it.
/// One for many files: three syncs a file would cost more than all else that is done for a short call.
pub(crate) fn sync(root: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(root)?)
}
