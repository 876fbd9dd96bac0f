//! What is recorded, and what its file is called.
use gudok_model::{CallId, Mono, Name, ProjectId, Wall};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most marks of one recording; later ones are dropped.
pub const MARKS_MAX: usize = 256;

/// The beginning of a recording. Sent before the media worker is told to record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Begin {
    /// The number the media worker tags its packets with. Never used twice in one run of the daemon.
    pub recording: u64,
    /// Whose call it is; names the file.
    pub call: CallId,
    /// Whose number was called.
    pub project: ProjectId,
    /// Now, on the wall clock; its UTC date names the folder.
    pub at: Wall,
}

/// Something worth finding again in a recording, such as `queued` or `bridged anna`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// Which recording.
    pub recording: u64,
    /// When, on the clock of the packets.
    pub at: Mono,
    /// What. At most 128 bytes; longer ones are cut.
    pub name: Name,
}

/// The file of a call under the recordings folder, without its ending: `2026/11/21/<call-id>`.
///
/// A pure function of the call, so that the record of the call can name the file before it exists.
pub fn file_stem(call: CallId, at: Wall) -> String {
    let date = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{}/{call}", date.strftime("%Y/%m/%d"))
}

/// A moment for people: RFC 3339 in UTC.
pub(crate) fn rfc3339(at: Wall) -> String {
    Timestamp::from_microsecond(at.0)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_date_and_call() {
        let call = CallId(uuid::Uuid::from_u128(0x0192));
        let at = Wall(1_795_305_599_999_999);
        assert_eq!(
            file_stem(call, at),
            "2026/11/21/00000000-0000-0000-0000-000000000192"
        );
        assert_eq!(rfc3339(at), "2026-11-21T23:59:59.999999Z");
    }
}
