//! What the media journal holds: one entry per record, so that every file can be made again from it.
use gudok_journal::Record;
use serde::{Deserialize, Serialize};

use crate::consultation::Aside;
use crate::speakers::Spoke;
use crate::subject::{Begin, Mark};

/// One record of the media journal.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Entry {
    /// A daemon started: numbers of recordings begin anew, what was open before was interrupted.
    Run,
    /// A recording begins.
    Begin(Named),
    /// A block of a media worker, as it came.
    Block(Vec<u8>),
    /// A mark.
    Mark(Mark),
    /// Somebody began or stopped to speak.
    Spoke(Spoke),
    /// The recording is over although no worker said so.
    Close(u64),
    /// The disk stood still between these monotonic moments: holes there are its doing.
    Trouble { from: u64, to: u64 },
    /// The file is final and must not be made again.
    Sealed(String),
}

/// A beginning with the file it got.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Named {
    #[serde(flatten)]
    pub(crate) begin: Begin,
    /// Under the recordings folder, without ending.
    pub(crate) stem: String,
    /// It is a word aside; None: the call's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) aside: Option<Aside>,
}

const RUN: u16 = 1;
const BEGIN: u16 = 2;
const BLOCK: u16 = 3;
const MARK: u16 = 4;
const CLOSE: u16 = 5;
const TROUBLE: u16 = 6;
const SEALED: u16 = 7;
const SPOKE: u16 = 8;

impl Entry {
    /// The kind and payload of its record.
    pub(crate) fn encode(&self) -> (u16, Vec<u8>) {
        match self {
            Self::Run => (RUN, Vec::new()),
            Self::Begin(named) => (BEGIN, json(named)),
            Self::Block(bytes) => (BLOCK, bytes.clone()),
            Self::Mark(mark) => (MARK, json(mark)),
            Self::Spoke(spoke) => (SPOKE, json(spoke)),
            Self::Close(recording) => (CLOSE, recording.to_le_bytes().to_vec()),
            Self::Trouble { from, to } => {
                (TROUBLE, [from.to_le_bytes(), to.to_le_bytes()].concat())
            }
            Self::Sealed(stem) => (SEALED, stem.clone().into_bytes()),
        }
    }

    /// Reads a record; nothing for one that another version wrote.
    pub(crate) fn decode(record: Record) -> Option<Self> {
        let payload = record.payload;
        let number = |at: usize| {
            Some(u64::from_le_bytes(
                payload.get(at..at + 8)?.try_into().ok()?,
            ))
        };
        Some(match record.kind {
            RUN => Self::Run,
            BEGIN => Self::Begin(serde_json::from_slice(&payload).ok()?),
            MARK => Self::Mark(serde_json::from_slice(&payload).ok()?),
            SPOKE => Self::Spoke(serde_json::from_slice(&payload).ok()?),
            CLOSE => Self::Close(number(0)?),
            TROUBLE => Self::Trouble {
                from: number(0)?,
                to: number(8)?,
            },
            SEALED => Self::Sealed(String::from_utf8(payload).ok()?),
            BLOCK => Self::Block(payload),
            _ => return None,
        })
    }
}

/// The kind of a block's record; blocks are appended from the queue without a copy of their own.
pub(crate) const BLOCK_KIND: u16 = BLOCK;

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain structs with string keys")
}
