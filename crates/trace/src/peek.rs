//! What a message is, without parsing it: enough to count it and to find its call. Takes anything.
use memchr::memchr;

/// A method, of a bounded set: what counters are labelled with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "they are the methods of SIP")]
pub enum Verb {
    Invite,
    Ack,
    Bye,
    Cancel,
    Options,
    Register,
    Prack,
    Update,
    Info,
    Refer,
    Notify,
    Subscribe,
    Message,
    Publish,
    /// Whatever else the network says.
    Other,
}

/// What the first line says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// A request.
    Request(Verb),
    /// A response: 100–699.
    Response(u16),
}

/// What a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peek<'a> {
    /// The first line.
    pub start: Start,
    /// The method of CSeq; for a response, what it answers.
    pub verb: Verb,
    /// The value of Call-ID; empty where there is none.
    pub call_id: &'a [u8],
}

impl Verb {
    /// Every one.
    pub const ALL: [Self; 15] = [
        Self::Invite,
        Self::Ack,
        Self::Bye,
        Self::Cancel,
        Self::Options,
        Self::Register,
        Self::Prack,
        Self::Update,
        Self::Info,
        Self::Refer,
        Self::Notify,
        Self::Subscribe,
        Self::Message,
        Self::Publish,
        Self::Other,
    ];

    /// As on the wire; `other` for the rest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Prack => "PRACK",
            Self::Update => "UPDATE",
            Self::Info => "INFO",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Message => "MESSAGE",
            Self::Publish => "PUBLISH",
            Self::Other => "other",
        }
    }

    fn of(token: &[u8]) -> Self {
        let known = Self::ALL.iter().copied();
        known
            .filter(|verb| *verb != Self::Other)
            .find(|verb| verb.name().as_bytes() == token)
            .unwrap_or(Self::Other)
    }
}

/// Looks at the first line, CSeq and Call-ID. None where the first line is neither a request nor a response of SIP 2.0.
pub fn peek(bytes: &[u8]) -> Option<Peek<'_>> {
    let (first, mut rest) = line(bytes);
    let start = start(first)?;
    let (mut verb, mut call_id): (Option<Verb>, Option<&[u8]>) = (None, None);
    while verb.is_none() || call_id.is_none() {
        let (header, after) = line(rest);
        if header.is_empty() {
            break;
        }
        rest = after;
        match header[0] | 0x20 {
            b'c' => {
                if let Some(value) = named(header, b"CSeq") {
                    let token = value.rsplit(|byte| *byte == b' ').next();
                    verb = verb.or(Some(Verb::of(token.unwrap_or_default())));
                } else if let Some(value) = named(header, b"Call-ID") {
                    call_id = call_id.or(Some(value));
                }
            }
            b'i' => call_id = call_id.or_else(|| named(header, b"i")),
            _ => {}
        }
    }
    let verb = match (start, verb) {
        (Start::Request(own), None) => own,
        (_, Some(verb)) => verb,
        (Start::Response(_), None) => Verb::Other,
    };
    let call_id = call_id.unwrap_or_default();
    Some(Peek {
        start,
        verb,
        call_id,
    })
}

/// The value of the first header of this name, in its long form, folds left out.
pub fn header<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (_, mut rest) = line(bytes);
    loop {
        let (header, after) = line(rest);
        if header.is_empty() {
            return None;
        }
        if let Some(value) = named(header, name.as_bytes()) {
            return Some(value);
        }
        rest = after;
    }
}

fn start(first: &[u8]) -> Option<Start> {
    if let Some(status) = first.strip_prefix(b"SIP/2.0 ") {
        let digits: &[u8; 3] = status.first_chunk()?;
        let number = digits.iter().try_fold(0, |sum: u16, digit| {
            digit
                .is_ascii_digit()
                .then(|| sum * 10 + u16::from(digit - b'0'))
        })?;
        return (100..700)
            .contains(&number)
            .then_some(Start::Response(number));
    }
    let method = first.strip_suffix(b" SIP/2.0")?;
    let end = memchr(b' ', method)?;
    Some(Start::Request(Verb::of(&method[..end])))
}

/// The first line without its end, and what follows.
pub(crate) fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr(b'\n', bytes).unwrap_or(bytes.len());
    let text = &bytes[..end];
    let rest = bytes.get(end + 1..).unwrap_or_default();
    (text.strip_suffix(b"\r").unwrap_or(text), rest)
}

/// The value, if the line is a header of this name.
pub(crate) fn named<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    if !start.eq_ignore_ascii_case(name) {
        return None;
    }
    rest.trim_ascii_start()
        .strip_prefix(b":")
        .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_its_first_line_and_two_headers() {
        let invite = b"INVITE sip:1@h SIP/2.0\r\nVia: v\r\ni : abc@h \r\ncseq: 7 INVITE\r\n\r\n";
        let seen = peek(invite).unwrap();
        assert_eq!(seen.start, Start::Request(Verb::Invite));
        assert_eq!((seen.verb, seen.call_id), (Verb::Invite, &b"abc@h"[..]));
        let busy = b"SIP/2.0 486 Busy\r\nCall-ID: x\r\nCSeq: 2 BYE\r\n\r\n";
        let seen = peek(busy).unwrap();
        assert_eq!((seen.start, seen.verb), (Start::Response(486), Verb::Bye));
        assert_eq!(header(invite, "CSeq"), Some(&b"7 INVITE"[..]));
    }

    #[test]
    fn what_the_network_invents_is_other() {
        let odd = peek(b"GET / HTTP/1.1\r\n\r\n");
        assert_eq!(odd, None);
        let odd = peek(b"SHOUT sip:a SIP/2.0\r\n\r\n").unwrap();
        assert_eq!(
            (odd.start, odd.verb),
            (Start::Request(Verb::Other), Verb::Other)
        );
        for no in ["", "\r\n\r\n", "SIP/2.0 99", "SIP/2.0 999 x\r\n", "INVITE"] {
            assert_eq!(peek(no.as_bytes()), None, "{no}");
        }
    }
}
