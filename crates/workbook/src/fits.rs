//! Bounds of a file and of what is packed in it, before anything of it is parsed.
use std::fmt;
use std::io::{Cursor, Read as _, copy, sink};

use zip::ZipArchive;

use crate::read::{FILE_MAX, OLD, PARTS_MAX, STYLE_TAG_MAX, STYLE_TAGS_MAX, UNPACKED_MAX};

/// Everything is unpacked once, to nowhere: what the file says of itself is not believed.
pub(crate) fn fits(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > FILE_MAX {
        return Err(format!("файл больше {} МиБ", FILE_MAX >> 20));
    }
    if bytes.starts_with(OLD) {
        return Err(
            "это книга прежнего вида (.xls) или под паролем; сохраните её как «Книга Excel (.xlsx)» без пароля".into(),
        );
    }
    let broken =
        |error: &dyn fmt::Display| format!("это не книга XLSX, или она испорчена: {error}");
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if parts.len() > PARTS_MAX {
        return Err(format!("в файле больше {PARTS_MAX} частей: это не таблица"));
    }
    let mut left = UNPACKED_MAX;
    for place in 0..parts.len() {
        let part = parts.by_index(place).map_err(|error| broken(&error))?;
        let looks = looks_into(&part.name().map_err(|error| broken(&error))?);
        let mut part = part.take(left + 1);
        let mut text = Vec::new();
        let unpacked = match looks {
            Some(_) => part.read_to_end(&mut text).map(|length| length as u64),
            None => copy(&mut part, &mut sink()),
        };
        let unpacked = unpacked.map_err(|error| broken(&error))?;
        let Some(rest) = left.checked_sub(unpacked) else {
            return Err(format!(
                "распакованный файл больше {} МиБ",
                UNPACKED_MAX >> 20
            ));
        };
        left = rest;
        if let Some(why) = looks.and_then(|looks| looks(&text)) {
            return Err(broken(&why));
        }
    }
    Ok(())
}

/// What is wrong with a part, if something is.
type Look = fn(&[u8]) -> Option<&'static str>;

/// Parts by which a small file makes the parser take a lot of memory. It knows them by these names, whatever the case.
fn looks_into(name: &str) -> Option<Look> {
    let name = name.to_ascii_lowercase();
    let looks: [(&str, Look); 2] = [("sharedstrings.xml", promises), ("styles.xml", repeats)];
    let found = looks.into_iter().find(|(ending, _)| name.ends_with(ending));
    found.map(|(_, look)| look)
}

/// The parser makes room for as many texts as are promised; each takes a byte at least.
fn promises(part: &[u8]) -> Option<&'static str> {
    const COUNT: &[u8] = b"uniqueCount";
    let mut rest = part;
    while let Some(place) = rest.windows(COUNT.len()).position(|it| it == COUNT) {
        rest = &rest[place + COUNT.len()..];
        let besides = |it: &&u8| matches!(it, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\'');
        let before = rest.iter().take_while(besides).count();
        let digits = rest[before..].iter().take_while(|it| it.is_ascii_digit());
        let count = digits.fold(0_usize, |sum, digit| {
            sum.saturating_mul(10)
                .saturating_add(usize::from(digit - b'0'))
        });
        if count > part.len() {
            return Some("обещано больше текстов, чем в ней помещается");
        }
    }
    None
}

/// The parser copies the font and the format for each style.
fn repeats(part: &[u8]) -> Option<&'static str> {
    let mut tags = part.split(|byte| *byte == b'<');
    let is_long = tags.any(|tag| tag.len() > STYLE_TAG_MAX);
    let count = part.iter().filter(|byte| **byte == b'<').count();
    (is_long || count > STYLE_TAGS_MAX).then_some("слишком много оформления")
}
