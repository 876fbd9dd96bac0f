//! The head cut into lines, and a line into name and value.
use std::borrow::Cow;

use memchr::memchr;

use super::{Fault, LINE_MAX, Malformed};
use crate::{charset, class, params};

/// The head's lines with folds joined, up to the empty line.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    pub(super) offset: usize,
    folded: Vec<u8>,
}

/// One line, or one header with its folds joined, and the place where it began.
pub(crate) struct Line<'b> {
    pub(super) offset: usize,
    pub(crate) text: &'b [u8],
}

impl<'a> Lines<'a> {
    /// Line ends before the start line are skipped (RFC 3261 §7.5).
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut offset = 0;
        while bytes[offset..].starts_with(b"\r\n") {
            offset += 2;
        }
        Self {
            bytes,
            offset,
            folded: Vec::new(),
        }
    }

    /// The next line; None after the empty line, and at once when there is nothing at all.
    pub(crate) fn next(&mut self) -> Result<Option<Line<'_>>, Fault> {
        let start = self.offset;
        if start == self.bytes.len() {
            return if start == 0 || self.bytes.iter().all(|b| b"\r\n".contains(b)) {
                Ok(None)
            } else {
                Err((start, Malformed::Unfinished))
            };
        }
        let first = self.raw()?;
        if first.is_empty() {
            return Ok(None);
        }
        if !self.folds() {
            return Ok(Some(Line {
                offset: start,
                text: first,
            }));
        }
        self.folded.clear();
        self.folded.extend_from_slice(first);
        while self.folds() {
            let more = self.raw()?;
            self.folded.push(b' ');
            self.folded.extend_from_slice(trim(more));
            if self.folded.len() > LINE_MAX {
                return Err((start, Malformed::LineTooLong));
            }
        }
        Ok(Some(Line {
            offset: start,
            text: &self.folded,
        }))
    }

    /// One line of the wire without its CRLF.
    fn raw(&mut self) -> Result<&'a [u8], Fault> {
        let rest = &self.bytes[self.offset..];
        let end = memchr(b'\n', rest).ok_or((self.offset, Malformed::Unfinished))?;
        let line = rest[..end]
            .strip_suffix(b"\r")
            .ok_or((self.offset, Malformed::Control))?;
        if line.len() > LINE_MAX {
            return Err((self.offset, Malformed::LineTooLong));
        }
        self.offset += end + 1;
        Ok(line)
    }

    /// Whether the next line continues this one.
    fn folds(&self) -> bool {
        matches!(self.bytes.get(self.offset), Some(b' ' | b'\t'))
    }

    /// What follows the head.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.offset..]
    }
}
/// Name and value of a header line.
pub(crate) fn split_header(line: &[u8]) -> Result<(&str, Cow<'_, str>), Malformed> {
    let colon = memchr(b':', line).ok_or(Malformed::HeaderLine)?;
    let name = std::str::from_utf8(&line[..colon]).map_err(|_| Malformed::HeaderLine)?;
    let name = match name.as_bytes() {
        [.., b' ' | b'\t'] => name.trim_end_matches([' ', '\t']),
        _ => name,
    };
    if !params::is_token(name) {
        return Err(Malformed::HeaderLine);
    }
    let value = trim(&line[colon + 1..]);
    check_controls(value)?;
    Ok((name, charset::decode(value)))
}

/// Without the spaces and tabs around; other control characters stay and are refused.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Control characters but the tab stand only behind a backslash, CR and LF nowhere.
pub(super) fn check_controls(text: &[u8]) -> Result<(), Malformed> {
    if !text.iter().any(|&b| class::is(b, class::CONTROL)) {
        return Ok(());
    }
    let refused = text.iter().enumerate().any(|(at, &b)| {
        let quoted = at > 0 && text[at - 1] == b'\\' && !matches!(b, b'\r' | b'\n');
        class::is(b, class::CONTROL) && !quoted
    });
    if refused {
        Err(Malformed::Control)
    } else {
        Ok(())
    }
}
