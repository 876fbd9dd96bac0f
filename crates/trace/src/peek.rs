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
    let (first, mut rest) = line(after_line_ends(bytes));
    let start = start(first)?;
    let (mut verb, mut call_id): (Option<Verb>, Option<&[u8]>) = (None, None);
    while verb.is_none() || call_id.is_none() {
        let (header, after) = folded(rest);
        if header.is_empty() {
            break;
        }
        rest = after;
        match header[0] | 0x20 {
            b'c' => {
                if let Some(value) = named(header, b"CSeq") {
                    let token = value.rsplit(u8::is_ascii_whitespace).next();
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

/// What tells apart INVITEs with one Call-ID: a party asked to say it otherwise (422, 401) says it anew.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Attempt<'a> {
    /// The branch of the first Via; answers and the ACK of a refusal have the same.
    pub branch: &'a [u8],
    /// The number of CSeq.
    pub number: &'a [u8],
    /// To has a tag: it is of a dialog.
    pub inside: bool,
}

/// Looks at Via, To and CSeq.
pub fn attempt(bytes: &[u8]) -> Attempt<'_> {
    let (_, mut rest) = line(after_line_ends(bytes));
    let (mut via, mut to, mut number) = (None, None, None);
    while via.is_none() || to.is_none() || number.is_none() {
        let (header, after) = folded(rest);
        if header.is_empty() {
            break;
        }
        rest = after;
        let value =
            |long: &[u8], short: &[u8]| named(header, long).or_else(|| named(header, short));
        match header[0] | 0x20 {
            b'v' => via = via.or_else(|| value(b"Via", b"v")),
            b't' => to = to.or_else(|| value(b"To", b"t")),
            b'c' => number = number.or_else(|| named(header, b"CSeq")),
            _ => {}
        }
    }
    let number = number.unwrap_or_default();
    let mut words = number.split(u8::is_ascii_whitespace);
    Attempt {
        branch: parameter(via.unwrap_or_default(), b"branch").unwrap_or_default(),
        number: words.next().unwrap_or_default(),
        inside: parameter(to.unwrap_or_default(), b"tag").is_some(),
    }
}

/// The value of a parameter of the first of the values.
fn parameter<'a>(value: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let parameters = value.split(|byte| *byte == b';').skip(1);
    parameters.map(<[u8]>::trim_ascii).find_map(|parameter| {
        let (start, rest) = parameter.split_at_checked(name.len())?;
        let value = rest
            .trim_ascii_start()
            .strip_prefix(b"=")?
            .trim_ascii_start();
        let ends = |byte: &u8| *byte == b',' || byte.is_ascii_whitespace();
        let end = value.iter().position(ends).unwrap_or(value.len());
        start.eq_ignore_ascii_case(name).then(|| &value[..end])
    })
}

/// The value of the first header of this name, in its long form; folds are in it as they came.
pub fn header<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (_, mut rest) = line(after_line_ends(bytes));
    loop {
        let (header, after) = folded(rest);
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
    const VERSION: &[u8] = b"SIP/2.0";
    let is_version = |word: &[u8]| word.eq_ignore_ascii_case(VERSION);
    if let Some((version, rest)) = first.split_at_checked(VERSION.len())
        && is_version(version)
    {
        let status = rest.strip_prefix(b" ")?;
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
    let version = first.len().checked_sub(VERSION.len())?;
    let (request, version) = first.split_at(version);
    let method = request.strip_suffix(b" ").filter(|_| is_version(version))?;
    let end = memchr(b' ', method)?;
    Some(Start::Request(Verb::of(&method[..end])))
}

/// Line ends before a message are nothing (RFC 3261 §7.5).
fn after_line_ends(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|byte| !b"\r\n".contains(byte));
    &bytes[first.unwrap_or(bytes.len())..]
}

/// The first header with its folds, without its end, and what follows.
fn folded(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut end = memchr(b'\n', bytes).unwrap_or(bytes.len());
    // An empty line ends the head, whatever the body begins with.
    let is_empty = matches!(&bytes[..end], [] | [b'\r']);
    while !is_empty && matches!(bytes.get(end + 1), Some(b' ' | b'\t')) {
        let more = memchr(b'\n', &bytes[end + 1..]);
        end = more.map_or(bytes.len(), |more| end + 1 + more);
    }
    split(bytes, end)
}

/// The first line without its end, and what follows.
pub(crate) fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr(b'\n', bytes).unwrap_or(bytes.len());
    split(bytes, end)
}

fn split(bytes: &[u8], end: usize) -> (&[u8], &[u8]) {
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

    /// The messages that the parser is tortured with.
    fn torture() -> Vec<Vec<u8>> {
        let sources = [
            include_str!("../../sip/tests/torture/valid.rs"),
            include_str!("../../sip/tests/torture/invalid.rs"),
            include_str!("../../sip/tests/torture/rfc4475.rs"),
            include_str!("../../sip/tests/torture/rfc5118.rs"),
            include_str!("../../sip/tests/torture/russian.rs"),
        ];
        let texts = sources
            .iter()
            .flat_map(|source| source.split("r#\"").skip(1));
        texts
            .map(|text| wire(text.split("\"#").next().unwrap()))
            .collect()
    }

    fn wire(text: &str) -> Vec<u8> {
        let text = text.trim_start_matches('\n').replace('\n', "\r\n");
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let length = bytes(body).len().to_string();
        bytes(&text.replace("@LEN@", &length))
    }

    fn bytes(text: &str) -> Vec<u8> {
        let mut parts = text.split("\\x");
        let mut out = parts.next().unwrap_or("").as_bytes().to_vec();
        for part in parts {
            let byte = part
                .get(..2)
                .and_then(|hex| u8::from_str_radix(hex, 16).ok());
            out.extend(byte);
            out.extend_from_slice(&part.as_bytes()[byte.map_or(0, |_| 2)..]);
        }
        out
    }

    fn agrees(bytes: &[u8]) -> bool {
        let Ok(message) = gudok_sip::parse::parse(bytes) else {
            return false;
        };
        let text = String::from_utf8_lossy(bytes);
        let seen = peek(bytes).unwrap_or_else(|| panic!("{text}"));
        let (start, headers) = match &message {
            gudok_sip::Message::Request(it) => (
                Start::Request(Verb::of(it.method.as_str().as_bytes())),
                &it.headers,
            ),
            gudok_sip::Message::Response(it) => (Start::Response(it.status), &it.headers),
        };
        let cseq = headers.get("CSeq").expect("mandatory");
        let (number, method) = cseq.split_once(char::is_whitespace).expect("two words");
        assert_eq!(seen.start, start, "{text}");
        assert_eq!(seen.verb, Verb::of(method.trim().as_bytes()), "{text}");
        let call_id = headers.get("Call-ID").expect("mandatory");
        assert_eq!(String::from_utf8_lossy(seen.call_id), call_id, "{text}");
        let attempt = attempt(bytes);
        assert_eq!(String::from_utf8_lossy(attempt.number), number, "{text}");
        assert_eq!(attempt.inside, headers.to_tag().is_some(), "{text}");
        let branch = headers.top_branch().unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(attempt.branch), branch, "{text}");
        true
    }

    #[test]
    fn it_agrees_with_the_parser_about_whatever_the_parser_takes() {
        let agreed = torture().iter().filter(|bytes| agrees(bytes)).count();
        assert!(agreed > 30, "{agreed}");
        let odd = "\r\n\r\nINVITE sip:1@h sip/2.0\r\nv: SIP/2.0/UDP h;branch=b;x\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\
            Call-ID:\r\n\tabc@h\r\nCSeq: 1\tINVITE\r\nMax-Forwards: 70\r\nContact: <sip:h>\r\nContent-Length: 2\r\n\r\n x";
        assert!(agrees(odd.as_bytes()));
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
