//! A glance at the head of a message: enough to rank it, never to believe it.
use memchr::{memchr, memchr_iter, memmem, memrchr};

/// How far the glance goes for the tag of To. Bytes; who hides it further down ranks as a new request.
pub const PEEK_MAX: usize = 4_096;

/// What a message seems to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An answer to something of ours.
    Response,
    /// A request within a dialog or about a transaction: ACK, BYE, CANCEL, PRACK, and whatever has a tag in To.
    Within,
    /// An INVITE for a new call.
    Invite,
    /// Any other request, a keep-alive, or no SIP at all.
    Other,
}

/// What the bytes seem to be. Allocates nothing and reads at most [`PEEK_MAX`] of them.
pub fn peek(bytes: &[u8]) -> Kind {
    let bytes = &bytes[..bytes.len().min(PEEK_MAX)];
    let Some(space) = memchr(b' ', &bytes[..bytes.len().min(METHOD_MAX)]) else {
        return Kind::Other;
    };
    match &bytes[..space] {
        start if start.eq_ignore_ascii_case(b"SIP/2.0") => Kind::Response,
        b"ACK" | b"BYE" | b"CANCEL" | b"PRACK" => Kind::Within,
        b"REGISTER" | b"OPTIONS" | b"PUBLISH" => Kind::Other,
        _ if has_to_tag(bytes) => Kind::Within,
        b"INVITE" => Kind::Invite,
        _ => Kind::Other,
    }
}

/// Whether it is a REGISTER.
pub(super) fn is_register(bytes: &[u8]) -> bool {
    bytes.starts_with(b"REGISTER ")
}

/// The first nonce of a digest in it, as far as a glance tells; not a `cnonce`.
pub(crate) fn nonce(bytes: &[u8]) -> Option<&str> {
    const NAME: &[u8] = b"nonce=\"";
    let bytes = &bytes[..bytes.len().min(PEEK_MAX)];
    let begins = |at: &usize| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        before.is_none_or(|before| !before.is_ascii_alphanumeric())
    };
    let at = memmem::find_iter(bytes, NAME).find(begins)?;
    let value = &bytes[at + NAME.len()..];
    std::str::from_utf8(&value[..memchr(b'"', value)?]).ok()
}

/// Longest method (or version) and the space after it.
const METHOD_MAX: usize = 32;

/// Whether the first To has a tag, as far as a glance tells.
fn has_to_tag(bytes: &[u8]) -> bool {
    memchr_iter(b'\n', bytes)
        .map(|end| &bytes[end + 1..])
        .find_map(to_value)
        .is_some_and(|to| {
            let after_uri = memrchr(b'>', to).map_or(to, |end| &to[end..]);
            after_uri
                .windows(TAG.len())
                .any(|part| part.eq_ignore_ascii_case(TAG))
        })
}

const TAG: &[u8] = b";tag=";

/// The value of the line that begins here, if it is To.
fn to_value(line: &[u8]) -> Option<&[u8]> {
    let ([b't' | b'T', b'o' | b'O', rest @ ..] | [b't' | b'T', rest @ ..]) = line else {
        return None;
    };
    let rest = rest.trim_ascii_start();
    let value = rest.strip_prefix(b":")?;
    Some(&value[..memchr(b'\n', value).unwrap_or(value.len())])
}
