//! Header text as it really comes: UTF-8 as RFC 3261 §7.3.1 says, or CP1251 as Russian PBXs send it.
use std::borrow::Cow;

/// UTF-8 text of header bytes: as they are where they are valid UTF-8, else read as CP1251.
///
/// Every byte string has a reading; CP1251 text of two or more Cyrillic letters is practically never
/// valid UTF-8 by chance (it would need each letter pair to form a lead and a continuation byte).
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|&byte| cp1251(byte)).collect(),
    }
}

/// The character of one CP1251 byte. 0x98 has none and becomes U+0098, as browsers do.
fn cp1251(byte: u8) -> char {
    match byte {
        0..0x80 => char::from(byte),
        0x80..0xC0 => HIGH[usize::from(byte - 0x80)],
        // The alphabet А–я lies in order in both.
        0xC0..=0xFF => char::from_u32(0x0410 + u32::from(byte - 0xC0)).unwrap_or('\u{FFFD}'),
    }
}

/// CP1251 0x80–0xBF.
#[rustfmt::skip]
const HIGH: [char; 64] = [
    'Ђ', 'Ѓ', '‚', 'ѓ', '„', '…', '†', '‡', '€', '‰', 'Љ', '‹', 'Њ', 'Ќ', 'Ћ', 'Џ',
    'ђ', '‘', '’', '“', '”', '•', '–', '—', '\u{98}', '™', 'љ', '›', 'њ', 'ќ', 'ћ', 'џ',
    '\u{A0}', 'Ў', 'ў', 'Ј', '¤', 'Ґ', '¦', '§', 'Ё', '©', 'Є', '«', '¬', '\u{AD}', '®', 'Ї',
    '°', '±', 'І', 'і', 'ґ', 'µ', '¶', '·', 'ё', '№', 'є', '»', 'ј', 'Ѕ', 'ѕ', 'ї',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_stays_and_cp1251_is_read() {
        assert_eq!(decode("Иванов Ё".as_bytes()), "Иванов Ё");
        assert_eq!(
            decode(b"\xC8\xE2\xE0\xED\xEE\xE2 \xA8 \xB95"),
            "Иванов Ё №5"
        );
        assert_eq!(decode(b"plain"), "plain");
    }

    #[test]
    fn every_byte_has_a_reading() {
        for byte in 0..=255 {
            assert_eq!(decode(&[byte, 0xFF]).chars().count(), 2);
        }
    }
}
