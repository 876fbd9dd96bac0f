//! From packets in the journal to a sealed stereo WAV with its sidecar and hash.
//!
//! ```text
//! media workers --blocks--> carrier: media journal (kernel, then disk 4/s) --> bench: .part --> sealer: .wav + .json
//!                                        \___________ after a crash: recover ___________/
//! ```
//! Audio is in the journal before it is in a file, so every file can be made again from it: a killed daemon loses
//! what had not left its media workers (≤ 150 ms), a power cut ¼ s, and both leave files that play.
//! Media never waits for a disk: when it stands still, blocks wait in a bounded queue, then are dropped with a hole.
//!
//! Reading order: [`subject`] names things, [`place`](self) finds the sample a packet belongs to, [`timeline`](self)
//! makes two channels and their [`gap`]s of packets, [`part`](self) is the growing file (below a second it is kept in
//! memory until its seal), [`third`] is the track of what the caller does not hear, [`consultation`] that of words aside, [`bench`](self) holds all open ones, [`seal`] and [`sidecar`] make them final, [`recorder`]
//! drives it with two threads, [`recover`](mod@recover) and
//! [`verify`](mod@verify) are for afterwards. `recordings/README.md` describes what lies on disk.
#![forbid(unsafe_code)]

pub mod alarm;
mod bench;
mod carrier;
pub mod consultation;
mod entry;
pub mod gap;
mod part;
mod place;
pub mod recorder;
pub mod recover;
pub mod seal;
mod sealer;
pub mod sidecar;
pub mod speakers;
pub mod subject;
pub mod third;
mod timeline;
pub mod verify;

pub use alarm::Alarm;
pub use bench::Ended;
pub use consultation::{Consultation, Consulted};
pub use gap::{Channel, Gap, GapReason};
pub use part::SAMPLE_RATE;
pub use recorder::{Busy, Event, OnEvent, Recorder, StartError, SyncBelow};
pub use recover::{Recovered, journal_dir, recover};
pub use seal::{SealError, Sealed};
pub use sidecar::Sidecar;
pub use speakers::{Role, Speaker, Spoke};
pub use subject::{Begin, Mark, file_stem};
pub use third::ThirdTrack;
pub use timeline::{RECORDING_MS_MAX, Tally};
pub use verify::{Fault, Finding, Repair, RepairError, Repaired, Verification, repair, verify};
