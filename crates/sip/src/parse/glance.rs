//! A request read where it lies: what a refusal repeats and what names its transaction, nothing copied. For when there is no
//! time to parse: it asks of a message what the parser asks, by the same functions, and declines whatever takes more than a
//! look — folded lines, control characters, text that is not UTF-8, many Vias. What it declines goes to the parser.
use memchr::{memchr, memmem};

use super::head::Checks;
use super::start::request_line;
use crate::address::{RawNameAddr, split_cseq};
use crate::message::split_commas;
use crate::{class, params, text};

/// Longest message that is read so. Bytes; no line can be longer.
pub const GLANCE_MAX: usize = super::LINE_MAX;
/// Most lines of Via. Two carriers' proxies in a row make four.
pub const VIA_LINES_MAX: usize = 8;

/// A request of which every line is as the parser wants it.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// The method, as written.
    pub method: &'a str,
    /// The Request-URI.
    pub uri: &'a str,
    /// From.
    pub from: &'a str,
    /// To.
    pub to: &'a str,
    /// Call-ID.
    pub call_id: &'a str,
    /// CSeq.
    pub cseq: &'a str,
    /// Session-ID, the first one.
    pub(crate) session_id: Option<&'a str>,
    vias: [&'a str; VIA_LINES_MAX],
    via_lines: usize,
}

impl<'a> Glance<'a> {
    /// Reads it. None: not a request, or one that only the parser can judge. What comes back, the parser takes, and reads
    /// the same in it.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        const END: &[u8] = b"\r\n\r\n";
        if bytes.len() > GLANCE_MAX {
            return None;
        }
        let head = memmem::find(bytes, END)? + 2;
        let (head, rest) = (&bytes[..head], &bytes[head + 2..]);
        if !is_plain(head) {
            return None;
        }
        let mut lines = Lines(std::str::from_utf8(head).ok()?);
        let (method, uri) = request_line(lines.next()?).ok()?;
        let mut glance = Self {
            method,
            uri,
            from: "",
            to: "",
            call_id: "",
            cseq: "",
            session_id: None,
            vias: [""; VIA_LINES_MAX],
            via_lines: 0,
        };
        let mut checks = Checks::default();
        for line in &mut lines {
            checks.count().ok()?;
            glance.take(line, &mut checks)?;
        }
        checks.body(rest).ok()?;
        (lines.0.is_empty() && glance.is_complete()).then_some(glance)
    }

    /// All Via values, the topmost first.
    pub fn vias(&self) -> impl Iterator<Item = &'a str> {
        let lines = self.vias.into_iter().take(self.via_lines);
        lines.flat_map(split_commas)
    }

    /// The tag of To; None before the dialog.
    pub fn to_tag(&self) -> Option<&'a str> {
        tag_of(self.to)
    }

    /// The tag of From.
    pub fn from_tag(&self) -> Option<&'a str> {
        tag_of(self.from)
    }

    /// The number of CSeq.
    pub(crate) fn cseq_number(&self) -> Option<u32> {
        split_cseq(self.cseq).ok().map(|(number, _)| number)
    }

    fn take(&mut self, line: &'a str, checks: &mut Checks) -> Option<()> {
        let (name, rest) = line.split_at_checked(class::run(line.as_bytes(), class::TOKEN))?;
        let value = text::trim_blanks(rest.strip_prefix(':')?);
        if name.is_empty() {
            return None;
        }
        match checks.take(name, value).ok()? {
            Some("Via") => {
                *self.vias.get_mut(self.via_lines)? = value;
                self.via_lines += 1;
            }
            Some("From") => self.from = value,
            Some("To") => self.to = value,
            Some("Call-ID") => self.call_id = value,
            Some("CSeq") => self.cseq = value,
            None if name.eq_ignore_ascii_case("Session-ID") => {
                self.session_id.get_or_insert(value);
            }
            Some(_) | None => {}
        }
        Some(())
    }

    /// The five, none of which the checks let be empty, and the method of CSeq.
    fn is_complete(&self) -> bool {
        let all = [self.from, self.to, self.call_id];
        let cseq = split_cseq(self.cseq);
        self.via_lines > 0
            && all.iter().all(|value| !value.is_empty())
            && cseq.is_ok_and(|(_, method)| method == self.method)
    }
}

fn tag_of(value: &str) -> Option<&str> {
    params::find(RawNameAddr::parse(value).ok()?.params, "tag")
}

/// Whether no control character is in it but the tab and the ends of lines. Without branches, so that many bytes are looked
/// at at once.
fn is_plain(head: &[u8]) -> bool {
    let pairs = head.iter().zip(&head[1..]);
    let bad = pairs.fold(0, |bad, (&byte, &next)| {
        let control = (byte < b' ') & !matches!(byte, b'\t' | b'\r' | b'\n') | (byte == 0x7F);
        bad | u8::from(control | ((byte == b'\r') & (next != b'\n')))
    });
    bad == 0
}

/// Lines without folds, as far as they are so.
struct Lines<'a>(&'a str);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let end = memchr(b'\n', self.0.as_bytes())?;
        let (line, rest) = self.0.split_at_checked(end)?;
        let [.., b'\r'] = line.as_bytes() else {
            return None;
        };
        let line = &line[..line.len() - 1];
        if matches!(line.as_bytes(), [] | [b' ' | b'\t', ..]) {
            return None;
        }
        self.0 = &rest[1..];
        Some(line)
    }
}
