//! Session-ID (RFC 7989): one name for a call on every leg and in every log it passes. The number of each end, its own
//! first; a B2BUA passes on the numbers of the two who talk.
use crate::entropy::{read_hex, write_hex};
use crate::message::{Headers, Request};

/// The numbers of the two ends, as the one who speaks orders them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionId {
    /// Of the speaker's end. Never zero.
    pub own: u128,
    /// Of the other end; None before it is known (the nil UUID).
    pub other: Option<u128>,
}

impl SessionId {
    /// That of an end of ours whose tag this is: random as the tag is, so nothing more is drawn, and the same at each
    /// repetition. A UUID of version 4 (RFC 4122 §4.4).
    pub fn of_tag(tag: u128) -> Self {
        let own = (tag & !(0xF << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62);
        Self { own, other: None }
    }

    /// Reads the header. None where there is none, or not 32 lower-case digits (RFC 7989 §5); what precedes the RFC and
    /// says one number (RFC 7329) counts as nothing known of the other end.
    pub fn read(headers: &Headers) -> Option<Self> {
        Self::of_value(headers.get("Session-ID")?)
    }

    /// The same of the value.
    fn of_value(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let own = read_hex(parts.next()?).filter(|own| *own != 0)?;
        let other = parts.find_map(|part| part.strip_prefix("remote="));
        let other = other.and_then(read_hex).filter(|other| *other != 0);
        Some(Self { own, other })
    }

    /// What a response to this request says: the numbers the other way round. `tag`: ours, where it has one.
    pub(crate) fn in_answer(request: &Request, tag: Option<u128>) -> Option<Self> {
        Self::answering(request.headers.get("Session-ID")?, tag)
    }

    /// The same, of the value in the request.
    pub(crate) fn answering(value: &str, tag: Option<u128>) -> Option<Self> {
        let theirs = Self::of_value(value)?;
        // In a dialog they repeat what we have told; before, our tag tells.
        let own = theirs.other.or_else(|| Some(Self::of_tag(tag?).own))?;
        let other = Some(theirs.own);
        Some(Self { own, other })
    }

    /// The number of the speaker's end as it is written: 32 lower-case hex digits.
    pub fn own_number(&self) -> String {
        write_hex(self.own)
    }

    /// For a leg that is dialled for somebody: their number, as that of our end of it (RFC 7989 §7).
    pub fn for_another(theirs: u128) -> Self {
        Self {
            own: theirs,
            other: None,
        }
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let other = write_hex(self.other.unwrap_or(0));
        write!(f, "{};remote={other}", write_hex(self.own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<String> {
        let mut headers = Headers::new();
        headers.push("Session-ID", value);
        SessionId::read(&headers).map(|id| id.to_string())
    }

    #[test]
    fn it_is_read_strictly_and_written_whole() {
        let (a, b, nil) = (
            "ab30317f1a784dc48ff824d0d3715d86",
            "47755a9de7794ba387653f2099600ef2",
            "0".repeat(32),
        );
        let both = format!("{a};remote={b}");
        assert_eq!(read(&both), Some(both));
        assert_eq!(read(a), Some(format!("{a};remote={nil}")));
        assert_eq!(
            read(&format!("{a};remote=x;y=z")),
            Some(format!("{a};remote={nil}"))
        );
        for bad in [
            &nil,
            "",
            "ab30",
            &a.to_uppercase(),
            &format!("{a}\u{0}"),
            &"f".repeat(64),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn ours_is_a_uuid_of_version_4() {
        assert_eq!(
            SessionId::of_tag(u128::MAX).to_string(),
            format!("ffffffffffff4fffbfffffffffffffff;remote={}", "0".repeat(32))
        );
    }
}
