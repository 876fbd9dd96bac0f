//! Why flows end, and why some never begin: for the log, the counters, and whoever chooses another way.
use std::fmt;

/// Why a flow is gone, or could not be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The peer hung up, or the network did.
    Over,
    /// It was gone already when something was to go over it.
    Gone,
    /// Nothing came for longer than a flow may rest.
    Idle,
    /// A message was not whole in time.
    Slow,
    /// What came was no SIP.
    Framing,
    /// The peer does not read what we send.
    Deaf,
    /// It made room for another one.
    Room,
    /// There was no place for it.
    Refused,
    /// Nobody takes connections there, or not in time.
    Unreachable,
    /// The handshake of TLS came to nothing.
    Handshake,
    /// The server's certificate is not believed, or is of another name.
    Untrusted,
    /// No name is expected of the server, so that no certificate could prove anything.
    NoName,
    /// Too many handshakes were wanted at once.
    Rate,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Over,
        Self::Gone,
        Self::Idle,
        Self::Slow,
        Self::Framing,
        Self::Deaf,
        Self::Room,
        Self::Refused,
        Self::Unreachable,
        Self::Handshake,
        Self::Untrusted,
        Self::NoName,
        Self::Rate,
    ];

    /// A slug, for a label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Gone => "gone",
            Self::Idle => "idle",
            Self::Slow => "slow",
            Self::Framing => "framing",
            Self::Deaf => "deaf",
            Self::Room => "room",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Handshake => "handshake",
            Self::Untrusted => "untrusted",
            Self::NoName => "no_name",
            Self::Rate => "rate",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends([u64; Why::ALL.len()]);

impl Ends {
    pub(super) fn count(&mut self, why: Why) {
        self.0[why as usize] += 1;
    }

    pub(super) fn of(&self, why: Why) -> u64 {
        self.0[why as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_under_its_own_name() {
        let mut ends = Ends::default();
        for (place, why) in Why::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, place, "{why}");
            ends.count(why);
            assert_eq!(ends.of(why), 1, "{why}");
        }
    }
}
