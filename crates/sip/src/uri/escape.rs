//! `%41` and back.
use std::borrow::Cow;

/// Decodes `%41`.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((&byte, tail)) = rest.split_first() {
        let pair = tail.get(..2).and_then(|pair| hex::decode(pair).ok());
        let (decoded, used) = match pair {
            Some(pair) if byte == b'%' => (pair[0], 3),
            _ => (byte, 1),
        };
        out.push(decoded);
        rest = &rest[used..];
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// Escapes what must not stand in a user part (RFC 3261 §25.1).
pub fn escape_user(user: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&b);
    if user.bytes().all(plain) {
        return Cow::Borrowed(user);
    }
    let mut out = String::with_capacity(user.len() + 8);
    for byte in user.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    Cow::Owned(out)
}
