//! Files to messages: SIP as text, or a capture, pcap or pcapng. What is passed over is counted with its reason.
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::calls::CALLS_MAX;
use super::{pcap, pcapng, text};

/// Most bytes of one file.
pub(super) const FILE_MAX: u64 = 64 * 1024 * 1024;
/// Most messages kept of all files together; further ones are counted.
pub(super) const MESSAGES_MAX: usize = 20_000;
/// Most bytes of all messages kept.
const KEPT_MAX: usize = 64 * 1024 * 1024;

/// What the files hold.
#[derive(Default, Debug)]
pub(super) struct Capture {
    /// Messages in the order they were captured.
    pub messages: Vec<Captured>,
    /// What was passed over, and how many times.
    pub passed: BTreeMap<Passed, usize>,
    /// Bytes of all messages.
    kept: usize,
}

/// One message, not yet parsed.
#[derive(Debug)]
pub(super) struct Captured {
    /// Where it was: `invite.txt, строка 3`.
    pub place: String,
    /// Who sent it, where the file says so.
    pub source: Option<IpAddr>,
    /// As on the wire, or as near as a text tells.
    pub bytes: Vec<u8>,
}

/// Why something in a file is no message to learn from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Passed {
    /// Another link type or protocol than IP.
    NotIp,
    /// Neither UDP nor TCP.
    NotUdp,
    /// A part of an IP packet whose other parts are not there.
    Fragment,
    /// Captured with too short a snapshot, or lengths that cannot be; a message of a stream with a gap.
    Cut,
    /// Not SIP: sound, keep-alives, streams from their middle on.
    NotSip,
    /// The file breaks off or turns to nonsense; what follows is lost.
    BrokenOff,
    /// Beyond [`MESSAGES_MAX`], [`KEPT_MAX`], [`CALLS_MAX`] or the lines of a text.
    TooMany,
    /// SIP that our parser refuses.
    Malformed,
    /// Responses and other methods.
    NotInvite,
    /// A re-INVITE.
    InDialog,
    /// The same call again: retransmission, or the second try with a password.
    Again,
    /// Not from an address of the trunk.
    Elsewhere,
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::NotIp => "не IP",
            Self::NotUdp => "IP, но не UDP и не TCP",
            Self::Fragment => {
                "части IP-пакетов, остальных нет: фильтр port берёт только первые, снимайте с фильтром host"
            }
            Self::Cut => "обрезанное при съёмке (tcpdump -s 0), потерянное или испорченное",
            Self::NotSip => "не SIP",
            Self::BrokenOff => "файл обрывается или испорчен, дальше не прочитан",
            Self::TooMany => {
                return write!(
                    f,
                    "сверх предела (строк и байтов, {MESSAGES_MAX} сообщений или {CALLS_MAX} вызовов)"
                );
            }
            Self::Malformed => "SIP с ошибкой, в работе будет отклонён",
            Self::NotInvite => "ответы и другие запросы SIP",
            Self::InDialog => "INVITE внутри разговора",
            Self::Again => "повторы того же вызова (Call-ID)",
            Self::Elsewhere => "INVITE не с адресов этого транка",
        };
        f.write_str(text)
    }
}

/// Why a file was not read at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum FormatError {
    /// Compressed.
    #[error("файл сжат; распакуйте его")]
    Compressed,
    /// A capture of something else than Ethernet, Linux cooked, raw IP or loopback.
    #[error(
        "съёмка с канального уровня {0} не читается; годятся Ethernet, Linux cooked, raw IP, loopback"
    )]
    Link(u32),
}

impl Capture {
    /// Adds what one file holds.
    ///
    /// # Errors
    /// When the file is of a format that is not read.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), FormatError> {
        match bytes {
            [0x1F, 0x8B, ..] | [0x28, 0xB5, 0x2F, 0xFD, ..] => Err(FormatError::Compressed),
            _ => {
                if let Some(pcap) = pcap::Pcap::open(bytes) {
                    pcap?.read(name, self);
                } else if let Some(pcapng) = pcapng::Pcapng::open(bytes) {
                    pcapng.read(name, self)?;
                } else {
                    text::read(name, bytes, self);
                }
                Ok(())
            }
        }
    }

    /// Keeps a message, as far as there is room.
    pub(super) fn keep(&mut self, message: Captured) {
        let kept = self.kept.saturating_add(message.bytes.len());
        if self.messages.len() < MESSAGES_MAX && kept <= KEPT_MAX {
            self.kept = kept;
            self.messages.push(message);
        } else {
            self.pass(Passed::TooMany);
        }
    }

    /// Counts something that is no message to learn from.
    pub(super) fn pass(&mut self, why: Passed) {
        *self.passed.entry(why).or_default() += 1;
    }
}
