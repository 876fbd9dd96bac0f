//! Text cut at one byte and trimmed, as often as the parser does it: by vector instructions, where the standard library's
//! patterns go character by character.
use memchr::{memchr, memrchr};

/// What stands before and behind the first `at`, which is ASCII; None where there is none.
pub(crate) fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = memchr(at, text.as_bytes())?;
    Some((&text[..place], &text[place + 1..]))
}

/// The same of the last one.
pub(crate) fn cut_last(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = memrchr(at, text.as_bytes())?;
    Some((&text[..place], &text[place + 1..]))
}

/// Whether it is there.
pub(crate) fn has(text: &str, byte: u8) -> bool {
    memchr(byte, text.as_bytes()).is_some()
}

/// [`str::trim`], which seldom finds anything to trim.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        [only] if only.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Without the spaces and tabs around.
pub(crate) fn trim_blanks(text: &str) -> &str {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let bytes = text.as_bytes();
    let from = bytes.iter().position(is_text).unwrap_or(bytes.len());
    let to = bytes
        .iter()
        .rposition(is_text)
        .map_or(from, |last| last + 1);
    &text[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_the_standard_library_does_it(text in "[ \\t;=a-cжя\u{a0}]{0,12}") {
            prop_assert_eq!(cut(&text, b';'), text.split_once(';'));
            prop_assert_eq!(cut_last(&text, b'='), text.rsplit_once('='));
            prop_assert_eq!(has(&text, b';'), text.contains(';'));
            prop_assert_eq!(trim(&text), text.trim());
            prop_assert_eq!(trim_blanks(&text), text.trim_matches([' ', '\t']));
        }
    }
}
