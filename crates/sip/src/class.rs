//! Sets of bytes, looked up in one table: the parser asks for each byte of each message.

/// Of a token (RFC 3261 §25.1).
pub(crate) const TOKEN: u8 = 1;
/// Of a parameter's name: a token, or what URIs may have there besides (`paramchar`).
pub(crate) const PARAM_NAME: u8 = 2;
/// Of a parameter's value without quotes.
pub(crate) const PARAM_VALUE: u8 = 4;
/// Of a URI behind its scheme: what is visible but what delimits it in a header. Letters beyond ASCII have no business
/// there without escapes (RFC 3261 §25.1), but PBXs write names of people as users, and a call is worth more than that.
pub(crate) const URI: u8 = 8;
/// Of a host name. The underscore is no host character, but it is in use.
pub(crate) const HOST: u8 = 16;
/// A control character other than the tab.
pub(crate) const CONTROL: u8 = 32;

/// Of a user in a URI that nobody has to look at twice: no escape, no separator.
pub(crate) const USER: u8 = 64;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = classes_of(byte as u8);
        byte += 1;
    }
    classes
};

/// Whether a byte is of a set.
pub(crate) fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// Whether there is text and all of it is of a set.
pub(crate) fn all(text: &str, class: u8) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is(byte, class))
}

/// How many bytes of a set it begins with.
pub(crate) fn run(text: &[u8], class: u8) -> usize {
    let is_other = |&byte: &u8| !is(byte, class);
    text.iter().position(is_other).unwrap_or(text.len())
}

const fn classes_of(byte: u8) -> u8 {
    let letter = byte.is_ascii_alphanumeric();
    let token = letter || in_set(byte, b"-.!%*_+`'~");
    let mut classes = 0;
    if token {
        classes |= TOKEN;
    }
    if token || in_set(byte, b"[]/:&$()") {
        classes |= PARAM_NAME;
    }
    if byte > b' ' && byte != 0x7F && !in_set(byte, b"\"<>,") {
        classes |= PARAM_VALUE;
    }
    if (byte.is_ascii_graphic() || !byte.is_ascii()) && !in_set(byte, b"<>\"\\") {
        classes |= URI;
    }
    if letter || in_set(byte, b"-._") {
        classes |= HOST;
    }
    if letter || in_set(byte, b"+-._*") {
        classes |= USER;
    }
    if byte.is_ascii_control() && byte != b'\t' {
        classes |= CONTROL;
    }
    classes
}

const fn in_set(byte: u8, set: &[u8]) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_are_those_of_the_grammar() {
        let members = |class| (0..=255).filter(|&b| is(b, class)).collect::<Vec<u8>>();
        let token = b"!%'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_`abcdefghijklmnopqrstuvwxyz~";
        assert_eq!(members(TOKEN), token);
        assert!(
            is(0xD0, URI)
                && !members(URI)
                    .iter()
                    .any(|b| b.is_ascii_control() || *b == b' ')
        );
        assert!(is(0xD0, PARAM_VALUE) && !is(b' ', PARAM_VALUE));
        let user = b"*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
        assert_eq!(members(USER), user);
        assert_eq!(
            [b"ab@c", &b"@"[..], b"abc"].map(|text| run(text, USER)),
            [2, 0, 3]
        );
        assert_eq!(members(CONTROL).len(), 32);
        assert!(all("a-b.c_d", HOST) && !all("", HOST));
    }
}
