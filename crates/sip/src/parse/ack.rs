//! An ACK as far as it takes to know that it acknowledges a refusal: the topmost Via, To and Call-ID, wherever they stand.
//! For when there is no time to parse. What else is in it is not asked: the tag of To proves enough, and the rest is about
//! nothing.
use memchr::memchr;

use crate::message::split_commas;
use crate::text;

/// The first of each, unchecked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AckHead<'a> {
    /// One value.
    pub(crate) via: &'a str,
    pub(crate) to: &'a str,
    pub(crate) call_id: &'a str,
}

impl<'a> AckHead<'a> {
    /// Reads it. None: no ACK, or one of which only the parser can say what is in it: folded lines, spaces before a colon.
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(b"ACK ")?;
        rest = next_line(rest)?.1;
        let (mut via, mut to, mut call_id) = (None, None, None);
        while via.is_none() || to.is_none() || call_id.is_none() {
            let (line, after) = next_line(rest)?;
            let found = match line.first()? | 0x20 {
                b'v' => (&mut via, value(line, b"Via", b"v")),
                b't' => (&mut to, value(line, b"To", b"t")),
                b'c' => (&mut call_id, value(line, b"Call-ID", b"i")),
                b'i' => (&mut call_id, value(line, b"i", b"i")),
                _ => {
                    rest = after;
                    continue;
                }
            };
            if let (place @ None, Some(value)) = found {
                *place = Some(unfolded(value, after)?);
            }
            rest = after;
        }
        Some(Self {
            via: split_commas(via?).next()?,
            to: to?,
            call_id: call_id?,
        })
    }
}

/// A line without its end, and what follows it.
fn next_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, rest) = bytes.split_at_checked(memchr(b'\n', bytes)?)?;
    Some((line.strip_suffix(b"\r")?, &rest[1..]))
}

/// What stands behind the colon, if the line is a header of this name.
fn value<'a>(line: &'a [u8], long: &[u8], short: &[u8]) -> Option<&'a [u8]> {
    let is = |name: &[u8]| {
        let (start, rest) = line.split_at_checked(name.len())?;
        let rest = rest.strip_prefix(b":")?;
        start.eq_ignore_ascii_case(name).then_some(rest)
    };
    is(long).or_else(|| is(short))
}

/// The value, unless the line goes on in the next one.
fn unfolded<'a>(value: &'a [u8], after: &[u8]) -> Option<&'a str> {
    if let [b' ' | b'\t', ..] = after {
        return None;
    }
    let value = text::trim_blanks(std::str::from_utf8(value).ok()?);
    Some(value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACK: &str = "ACK sip:1@h SIP/2.0\r\nMax-Forwards: 70\r\nVia: SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b\r\n\
        From: <sip:a@b>\r\nTo: <sip:c@d>;tag=x\r\nCall-ID: 7@h\r\nCSeq: 1 ACK\r\n\r\n";

    fn read(text: &str) -> Option<[&str; 3]> {
        AckHead::of(text.as_bytes()).map(|it| [it.via, it.to, it.call_id])
    }

    #[test]
    fn the_first_of_each_is_read_in_whatever_form_and_order() {
        let wanted = Some(["SIP/2.0/UDP a;branch=1", "<sip:c@d>;tag=x", "7@h"]);
        assert_eq!(read(ACK), wanted);
        let short = ACK.replace("Via:", "v:").replace("To: ", "t:\t");
        assert_eq!(read(&short.replace("Call-ID", "I")), wanted);
        let again = ACK.replace("CSeq", "To: other\r\nv: other\r\ncall-id: other\r\nCSeq");
        assert_eq!(read(&again), wanted);
        let neighbours = ACK.replace("Max-Forwards", "Timestamp: 1\r\nContact: x\r\nVersion");
        assert_eq!(read(&neighbours), wanted);
    }

    #[test]
    fn what_takes_more_than_a_look_is_left_alone() {
        for (what, by) in [
            ("ACK sip", "ACKNOWLEDGE sip"),
            ("ACK sip", "INVITE sip"),
            ("To:", "To :"),
            ("To:", "Tom:"),
            ("Call-ID: 7@h", "Call-ID:"),
            ("tag=x", "tag=x\r\n ;y"),
            ("tag=x\r\n", "tag=x\n"),
            ("Call-ID: 7@h\r\n", "\r\nCall-ID: 7@h"),
        ] {
            let text = ACK.replace(what, by);
            assert_ne!(text, ACK, "{what}");
            let none = read(&text).is_none();
            assert!(none, "{text}");
        }
        for end in 0..ACK.find("CSeq").expect("it is there") {
            assert_eq!(read(&ACK[..end]), None, "{end}");
        }
    }
}
