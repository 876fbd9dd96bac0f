//! Bytes to a [`Message`]: our own byte-level parser for what we receive.
//!
//! Lenient where the RFC is (folding, compact names, space before the colon, any scheme, any method,
//! UTF-8 or CP1251), strict where leniency would let two readers see two messages:
//! - lines end with CRLF; a lone CR or LF in the head is refused;
//! - Content-Length is digits, once, and the body is not shorter; a longer datagram is cut
//!   (RFC 3261 §18.3), a missing one means "the rest" (datagrams only, the framer insists on it);
//! - a header that stands once must not stand twice;
//! - control characters stand only behind a backslash (quoted pairs, RFC 4475 §3.1.1.2).
//!
//! Source: RFC 3261 §7, §20, §25; RFC 4475 says what must and what must not pass.
use crate::address::{AddressError, RawNameAddr, RawVia, split_cseq};
use crate::charset;
use crate::message::{Headers, Message, Method, Request, Response};
use crate::names::{self, SINGLE};
use crate::params;
use crate::uri::Uri;

/// The longest message, head and body. Bytes.
pub const MESSAGE_MAX: usize = 64 * 1024;
/// Most header lines.
pub const HEADERS_MAX: usize = 128;
/// The longest start line or header, folds joined. Bytes.
pub const LINE_MAX: usize = 8 * 1024;
/// Most Via values: the recommended Max-Forwards (RFC 3261 §8.1.1.6); no honest request has more hops.
pub const VIA_MAX: usize = 70;
/// Most values of Contact, and of Route and Record-Route.
pub const LIST_MAX: usize = 64;

/// Why bytes are not a message, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("byte {offset}: {what}")]
pub struct ParseError {
    /// Bytes from the start to the line at fault.
    pub offset: usize,
    /// What is wrong.
    pub what: Malformed,
    headers: Option<Box<Headers>>,
}

/// What is wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// Only line ends: a keep-alive (RFC 5626 §4.4.1); no answer on UDP.
    #[error("only line ends: a keep-alive")]
    KeepAlive,
    /// Longer than [`MESSAGE_MAX`].
    #[error("message longer than {MESSAGE_MAX} bytes")]
    TooLong,
    /// No empty line ends the head.
    #[error("the head has no end")]
    Unfinished,
    /// Neither a request line nor a status line.
    #[error("neither a request line nor a status line")]
    StartLine,
    /// The version is not SIP/2.0.
    #[error("version other than SIP/2.0")]
    Version,
    /// The Request-URI is malformed.
    #[error("malformed Request-URI")]
    RequestUri,
    /// A lone CR or LF, or a control character outside a quoted pair.
    #[error("control character in the head")]
    Control,
    /// No colon, or no token before it, or a fold without a header.
    #[error("malformed header line")]
    HeaderLine,
    /// A header longer than [`LINE_MAX`].
    #[error("header longer than {LINE_MAX} bytes")]
    LineTooLong,
    /// More than [`HEADERS_MAX`] headers, [`VIA_MAX`] Vias or [`LIST_MAX`] values.
    #[error("too many headers")]
    TooMany,
    /// A header that stands once stands twice.
    #[error("{0} more than once")]
    Twice(&'static str),
    /// A mandatory header is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The value of this header is malformed.
    #[error("malformed {0}")]
    Value(&'static str),
    /// The method of CSeq is not that of the request.
    #[error("the method of CSeq is another one")]
    MethodMismatch,
    /// The body is shorter than Content-Length.
    #[error("body shorter than Content-Length")]
    BodyShort,
}

impl ParseError {
    /// What an answer needs: Via (all), From, To, Call-ID and CSeq of a request, as far as they could
    /// be read. None for responses, ACK, and requests of which any of the five is missing.
    pub fn answerable(&self) -> Option<&Headers> {
        self.headers.as_deref()
    }

    /// The status of that answer: 400, 505 or 513.
    pub fn status(&self) -> u16 {
        match self.what {
            Malformed::Version => 505,
            Malformed::TooLong => 513,
            _ => 400,
        }
    }
}

/// Parses one datagram, or one message that a framer cut from a stream.
///
/// # Errors
/// [`ParseError`] with the place, the reason, and what an answer needs.
pub fn parse(bytes: &[u8]) -> Result<Message, ParseError> {
    message(bytes).map_err(|(offset, what)| {
        let headers = salvage(bytes).map(Box::new);
        ParseError {
            offset,
            what,
            headers,
        }
    })
}

/// Place and reason.
pub(crate) type Fault = (usize, Malformed);

fn message(bytes: &[u8]) -> Result<Message, Fault> {
    if bytes.len() > MESSAGE_MAX {
        return Err((MESSAGE_MAX, Malformed::TooLong));
    }
    let mut lines = Lines::new(bytes);
    let start = lines.next()?.ok_or((0, Malformed::KeepAlive))?;
    let start = StartLine::parse(start.text).map_err(|what| (start.offset, what))?;
    let mut head = Head::default();
    while let Some(line) = lines.next()? {
        head.add(line.text).map_err(|what| (line.offset, what))?;
    }
    let body = body(&head, lines.rest()).map_err(|what| (lines.offset, what))?;
    head.complete(&start).map_err(|what| (lines.offset, what))?;
    Ok(start.into_message(head.headers, body.to_vec()))
}

/// The body as long as Content-Length says, or the rest.
fn body<'a>(head: &Head, rest: &'a [u8]) -> Result<&'a [u8], Malformed> {
    match head.content_length {
        Some(length) => rest.get(..length).ok_or(Malformed::BodyShort),
        None => Ok(rest),
    }
}

/// The head's lines with folds joined, up to the empty line.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    offset: usize,
    folded: Vec<u8>,
}

/// One line, or one header with its folds joined, and the place where it began.
pub(crate) struct Line<'b> {
    offset: usize,
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
        let end = rest
            .iter()
            .position(|&b| b == b'\n')
            .ok_or((self.offset, Malformed::Unfinished))?;
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
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.offset..]
    }
}

/// The first line, checked.
enum StartLine {
    Request(Method, String),
    Response(u16, String),
}

impl StartLine {
    fn parse(line: &[u8]) -> Result<Self, Malformed> {
        if line
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
        {
            return Self::response(line);
        }
        let line = std::str::from_utf8(line).map_err(|_| Malformed::StartLine)?;
        let (method, rest) = line.split_once(' ').ok_or(Malformed::StartLine)?;
        let (uri, version) = rest.rsplit_once(' ').ok_or(Malformed::StartLine)?;
        if !params::is_token(method) {
            return Err(Malformed::StartLine);
        }
        if !version.eq_ignore_ascii_case("SIP/2.0") {
            let sip = version
                .get(..4)
                .is_some_and(|name| name.eq_ignore_ascii_case("SIP/"));
            return Err(if sip {
                Malformed::Version
            } else {
                Malformed::StartLine
            });
        }
        request_uri(uri)?;
        Ok(Self::Request(Method::from_token(method), uri.to_owned()))
    }

    /// `SIP/2.0 200 OK`; the phrase, and the space before it, may be missing.
    fn response(line: &[u8]) -> Result<Self, Malformed> {
        let line = charset::decode(line);
        check_controls(line.as_bytes())?;
        let (version, rest) = line.split_once(' ').ok_or(Malformed::StartLine)?;
        if !version.eq_ignore_ascii_case("SIP/2.0") {
            return Err(Malformed::Version);
        }
        let (code, phrase) = rest.split_once(' ').unwrap_or((rest, ""));
        let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
        let code = code
            .parse()
            .ok()
            .filter(|code| digits && (100..700).contains(code));
        let code = code.ok_or(Malformed::StartLine)?;
        Ok(Self::Response(code, phrase.trim().to_owned()))
    }

    fn into_message(self, headers: Headers, body: Vec<u8>) -> Message {
        match self {
            Self::Request(method, uri) => Message::Request(Request {
                method,
                uri,
                headers,
                body,
            }),
            Self::Response(status, reason) => Message::Response(Response {
                status,
                reason,
                headers,
                body,
            }),
        }
    }
}

/// A `sip:` Request-URI holds no headers (RFC 3261 §19.1.1 table 1).
fn request_uri(uri: &str) -> Result<(), Malformed> {
    Uri::check(uri).map_err(|_| Malformed::RequestUri)?;
    let scheme = uri.split(':').next().unwrap_or("");
    let sip = scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips");
    // A `?` may be in the user part; headers follow the host.
    let after_user = uri.rsplit('@').next().unwrap_or(uri);
    if sip && after_user.contains('?') {
        return Err(Malformed::RequestUri);
    }
    Ok(())
}

/// The headers while they are read.
#[derive(Default)]
struct Head {
    headers: Headers,
    /// Bits by place in [`SINGLE`].
    seen: u16,
    vias: usize,
    content_length: Option<usize>,
}

impl Head {
    fn add(&mut self, line: &[u8]) -> Result<(), Malformed> {
        if self.headers.len() == HEADERS_MAX {
            return Err(Malformed::TooMany);
        }
        let (name, value) = split_header(line)?;
        let Some(known) = names::canonical(name) else {
            self.headers.push(name.to_owned(), value);
            return Ok(());
        };
        self.once(known)?;
        self.check(known, &value)?;
        self.headers.push(known, value);
        Ok(())
    }

    /// Refuses the second of a header that stands once.
    fn once(&mut self, name: &'static str) -> Result<(), Malformed> {
        let Some(place) = SINGLE.iter().position(|single| *single == name) else {
            return Ok(());
        };
        let bit = 1 << place;
        if self.seen & bit != 0 {
            return Err(Malformed::Twice(name));
        }
        self.seen |= bit;
        Ok(())
    }

    /// Checks what we, or an answer, will build on.
    fn check(&mut self, name: &'static str, value: &str) -> Result<(), Malformed> {
        let refused = |_: AddressError| Malformed::Value(name);
        match name {
            "Via" => self.via(value),
            "From" | "To" => RawNameAddr::check(value).map_err(refused),
            "Contact" if value == "*" => Ok(()),
            "Contact" | "Route" | "Record-Route" => each(value, LIST_MAX, name, RawNameAddr::check),
            "CSeq" => split_cseq(value).map(drop).map_err(refused),
            "Call-ID" if !is_call_id(value) => Err(Malformed::Value(name)),
            "Max-Forwards" if !is_below(value, 256) => Err(Malformed::Value(name)),
            "Content-Length" if !is_below(value, MESSAGE_MAX) => Err(Malformed::Value(name)),
            "Content-Length" => {
                self.content_length = value.parse().ok();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn via(&mut self, value: &str) -> Result<(), Malformed> {
        let count = |value| {
            self.vias += 1;
            RawVia::check(value)
        };
        each(value, VIA_MAX, "Via", count)?;
        if self.vias > VIA_MAX {
            Err(Malformed::TooMany)
        } else {
            Ok(())
        }
    }

    /// The five of RFC 3261 §8.1.1 (Max-Forwards is forgiven: RFC 2543 has none), and the method.
    fn complete(&self, start: &StartLine) -> Result<(), Malformed> {
        for name in MANDATORY {
            self.headers.get(name).ok_or(Malformed::Missing(name))?;
        }
        let cseq = self
            .headers
            .get("CSeq")
            .and_then(|value| split_cseq(value).ok());
        match (start, cseq) {
            (StartLine::Request(method, _), Some((_, named))) if method.as_str() != named => {
                Err(Malformed::MethodMismatch)
            }
            _ => Ok(()),
        }
    }
}

/// Without these there is no transaction.
const MANDATORY: [&str; 5] = ["Via", "From", "To", "Call-ID", "CSeq"];

/// Name and value of a header line.
pub(crate) fn split_header(line: &[u8]) -> Result<(&str, String), Malformed> {
    let colon = line
        .iter()
        .position(|&b| b == b':')
        .ok_or(Malformed::HeaderLine)?;
    let name = std::str::from_utf8(&line[..colon]).map_err(|_| Malformed::HeaderLine)?;
    let name = name.trim_end_matches([' ', '\t']);
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
fn check_controls(text: &[u8]) -> Result<(), Malformed> {
    let control = |b: u8| (b < b' ' && b != b'\t') || b == 0x7F;
    let refused = text.iter().enumerate().any(|(at, &b)| {
        let quoted = at > 0 && text[at - 1] == b'\\';
        control(b) && (!quoted || matches!(b, b'\r' | b'\n'))
    });
    if refused {
        Err(Malformed::Control)
    } else {
        Ok(())
    }
}

/// Checks each value of a list; an empty list is malformed.
fn each<'a>(
    value: &'a str,
    most: usize,
    name: &'static str,
    mut check: impl FnMut(&'a str) -> Result<(), AddressError>,
) -> Result<(), Malformed> {
    let mut count = 0;
    for one in crate::message::split_commas(value) {
        count += 1;
        if count > most {
            return Err(Malformed::TooMany);
        }
        check(one).map_err(|_| Malformed::Value(name))?;
    }
    if count == 0 {
        Err(Malformed::Value(name))
    } else {
        Ok(())
    }
}

/// `word[@word]` (RFC 3261 §25.1), read widely: visible ASCII without spaces.
fn is_call_id(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic())
}

fn is_below(value: &str, limit: usize) -> bool {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    digits && value.parse().is_ok_and(|number: usize| number < limit)
}

/// What an answer to a refused request needs, read as forgivingly as is safe: the first of each single
/// header and every Via, all well-formed enough to be sent back.
fn salvage(bytes: &[u8]) -> Option<Headers> {
    let bytes = &bytes[..bytes.len().min(MESSAGE_MAX)];
    let mut lines = Lines::new(bytes);
    let start = lines.next().ok()??;
    let method = start.text.split(|&b| b == b' ').next()?;
    let request = start
        .text
        .windows(5)
        .any(|part| part.eq_ignore_ascii_case(b" SIP/"));
    if !request || method == b"ACK" {
        return None;
    }
    let mut headers = Headers::new();
    for _ in 0..HEADERS_MAX {
        let Ok(Some(line)) = lines.next() else { break };
        let Ok((name, value)) = split_header(line.text) else {
            continue;
        };
        let Some(known) = MANDATORY
            .iter()
            .find(|m| names::canonical(name) == Some(**m))
        else {
            continue;
        };
        if *known == "Via" || headers.get(known).is_none() {
            headers.push(*known, value);
        }
    }
    let top = headers.list("Via").next()?;
    RawVia::check(top).ok()?;
    let full = |name: &&str| headers.get(name).is_some_and(|value| !value.is_empty());
    MANDATORY.iter().all(full).then_some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\n\
                        To: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n";

    fn with(more: &str) -> Result<Message, ParseError> {
        parse(format!("{BASE}{more}").as_bytes())
    }

    fn what(more: &str) -> Malformed {
        with(more).unwrap_err().what
    }

    #[test]
    fn the_body_is_what_content_length_says() {
        let body = |more| match with(more) {
            Ok(Message::Request(request)) => request.body,
            other => panic!("{other:?}"),
        };
        assert_eq!(body("\r\nrest"), b"rest");
        assert_eq!(body("l: 2\r\n\r\nrest"), b"re");
        assert_eq!(body("Content-Length:\r\n  04\r\n\r\nrest"), b"rest");
        assert_eq!(what("l: 5\r\n\r\nrest"), Malformed::BodyShort);
        for garbage in [
            "-1",
            "+4",
            "4x",
            "",
            "99999999999999999999",
            "4, 4",
            "65536",
        ] {
            let more = format!("Content-Length: {garbage}\r\n\r\nrest");
            assert_eq!(what(&more), Malformed::Value("Content-Length"), "{garbage}");
        }
        let twice = "Content-Length: 4\r\nl : 2\r\n\r\nrest";
        assert_eq!(what(twice), Malformed::Twice("Content-Length"));
    }

    #[test]
    fn nothing_is_smuggled_past_us() {
        assert_eq!(what("Subject: a\nX: b\r\n\r\n"), Malformed::Control);
        assert_eq!(what("Subject: a\rX: b\r\n\r\n"), Malformed::Control);
        assert_eq!(what("Subject: a\0\r\n\r\n"), Malformed::Control);
        assert_eq!(what("Subject: a\\\r\r\n\r\n"), Malformed::Control);
        assert_eq!(what("no colon\r\n\r\n"), Malformed::HeaderLine);
        assert_eq!(what("a b: c\r\n\r\n"), Malformed::HeaderLine);
        assert_eq!(what(": c\r\n\r\n"), Malformed::HeaderLine);
        assert_eq!(what("Subject: x\r\n"), Malformed::Unfinished);
        assert_eq!(what("f: <sip:x@y>;tag=2\r\n\r\n"), Malformed::Twice("From"));
    }

    #[test]
    fn limits_hold() {
        assert_eq!(
            what(&("X-A: y\r\n".repeat(HEADERS_MAX) + "\r\n")),
            Malformed::TooMany
        );
        assert_eq!(
            what(&format!("X-A: {}\r\n\r\n", "y".repeat(LINE_MAX))),
            Malformed::LineTooLong
        );
        let folded = format!("X-A: y\r\n{}\r\n", " zzzzzzz\r\n".repeat(LINE_MAX / 8));
        assert_eq!(what(&folded), Malformed::LineTooLong);
        assert_eq!(
            what(&("v: SIP/2.0/UDP h\r\n".repeat(VIA_MAX) + "\r\n")),
            Malformed::TooMany
        );
        let long = vec![b' '; MESSAGE_MAX + 1];
        assert_eq!(parse(&long).unwrap_err().what, Malformed::TooLong);
    }

    #[test]
    fn keep_alives_are_told_from_garbage() {
        for bytes in [&b""[..], b"\r\n", b"\r\n\r\n"] {
            assert_eq!(parse(bytes).unwrap_err().what, Malformed::KeepAlive);
        }
        for bytes in [&b"\0\0\0\0"[..], b"x", b"\r\n\r\nx", b"\n", b"\r"] {
            assert_ne!(parse(bytes).unwrap_err().what, Malformed::KeepAlive);
        }
    }

    #[test]
    fn a_refused_request_can_be_answered() {
        let error = with("Content-Length: -1\r\n\r\n").unwrap_err();
        let headers = error.answerable().expect("all five could be read");
        assert_eq!(headers.len(), 5);
        assert_eq!((headers.call_id(), error.status()), (Some("x"), 400));
        assert_eq!(error.to_string(), "byte 128: malformed Content-Length");

        let version = parse(with_version("SIP/7.0").as_bytes()).unwrap_err();
        assert_eq!(
            (version.status(), version.answerable().is_some()),
            (505, true)
        );
        let ack = BASE.replace("OPTIONS", "ACK") + "Content-Length: -1\r\n\r\n";
        assert_eq!(parse(ack.as_bytes()).unwrap_err().answerable(), None);
        assert_eq!(parse(b"garbage\r\n\r\n").unwrap_err().answerable(), None);
    }

    fn with_version(version: &str) -> String {
        BASE.replacen("SIP/2.0", version, 1) + "\r\n"
    }
}
