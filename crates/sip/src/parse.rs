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
mod ack;
mod glance;
mod head;
mod lines;
mod start;

use crate::message::{Headers, Message};
use crate::names;
use head::{Head, MANDATORY};
use start::StartLine;

pub(crate) use ack::AckHead;
pub use glance::{GLANCE_MAX, Glance, VIA_LINES_MAX};
pub(crate) use lines::{Lines, split_header};

/// The longest message, head and body. Bytes.
pub const MESSAGE_MAX: usize = 64 * 1024;
/// Most header lines.
pub const HEADERS_MAX: usize = 128;
/// The longest start line or header, folds joined. Bytes.
pub const LINE_MAX: usize = 8 * 1024;
/// Most Via values: the recommended Max-Forwards (RFC 3261 §8.1.1.6); no honest request has more hops.
pub const VIA_MAX: usize = 70;
/// Most values in one Contact, Route or Record-Route header.
pub const LIST_MAX: usize = 64;

/// From or To of an answer to a request in which they could not be read (RFC 3261 §8.2.6.2 wants both in it).
pub const UNREADABLE: &str = "<sip:unreadable@invalid.invalid>";

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
    /// So is it, and that of the request is unknown besides (RFC 4475 §3.1.2.18).
    #[error("unknown method, and that of CSeq is another one")]
    UnknownMethod,
    /// The body is shorter than Content-Length.
    #[error("body shorter than Content-Length")]
    BodyShort,
}

impl Malformed {
    /// One word of a fixed set, for counters.
    pub fn word(&self) -> &'static str {
        match self {
            Self::KeepAlive => "keep_alive",
            Self::TooLong => "too_long",
            Self::Unfinished => "unfinished",
            Self::StartLine => "start_line",
            Self::Version => "version",
            Self::RequestUri => "request_uri",
            Self::Control => "control",
            Self::HeaderLine => "header_line",
            Self::LineTooLong => "line_too_long",
            Self::TooMany => "too_many",
            Self::Twice(_) => "twice",
            Self::Missing(_) => "missing",
            Self::Value(_) => "value",
            Self::MethodMismatch => "method_mismatch",
            Self::BodyShort => "body_short",
            Self::UnknownMethod => "unknown_method",
        }
    }
}

impl ParseError {
    /// What an answer needs: Via (all), Call-ID and CSeq of a request, and From and To as far as they could be read
    /// (control characters as spaces; [`UNREADABLE`] for one that is missing or says nothing). None for responses, ACK,
    /// and requests of which one of the first three is missing.
    pub fn answerable(&self) -> Option<&Headers> {
        self.headers.as_deref()
    }

    /// The status of that answer: 400, 501, 505 or 513.
    pub fn status(&self) -> u16 {
        match self.what {
            Malformed::UnknownMethod => 501,
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
    let mut head = Head::new(bytes.len());
    while let Some(line) = lines.next()? {
        head.add(line.text).map_err(|what| (line.offset, what))?;
    }
    let body = head.checks.body(lines.rest());
    let body = body.map_err(|what| (lines.offset, what))?;
    head.complete(&start).map_err(|what| (lines.offset, what))?;
    Ok(start.into_message(head.headers, body.to_vec()))
}

/// What an answer to a refused request needs, read as forgivingly as is safe: the first of each single
/// header and every Via, as they came; no control character among them.
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
        let Some((name, value)) = salvaged(line.text) else {
            continue;
        };
        if name == "Via" || headers.get(name).is_none() {
            headers.push(name, value);
        }
    }
    // Nothing is matched by their text: without them too a caller can be answered.
    for name in ["From", "To"] {
        if headers.get(name).is_none_or(str::is_empty) {
            headers.set(name, UNREADABLE);
        }
    }
    let full = |name: &&str| headers.get(name).is_some_and(|value| !value.is_empty());
    MANDATORY.iter().all(full).then_some(headers)
}

/// Name and value of one of the headers an answer needs. From and To come back cleaned: nothing is matched by their
/// text, so that a control character in somebody's name leaves no caller without an answer.
fn salvaged(line: &[u8]) -> Option<(&'static str, String)> {
    let (name, value) = match split_header(line) {
        Ok((name, value)) => (known(name)?, value.into_owned()),
        Err(_) => {
            let clean: Vec<u8> = line
                .iter()
                .map(|&byte| if byte.is_ascii_control() { b' ' } else { byte })
                .collect();
            let (name, value) = split_header(&clean).ok()?;
            let name = known(name).filter(|name| matches!(*name, "From" | "To"))?;
            (name, value.into_owned())
        }
    };
    Some((name, value))
}

fn known(name: &str) -> Option<&'static str> {
    let name = names::canonical(name)?;
    MANDATORY.iter().copied().find(|known| *known == name)
}

#[cfg(test)]
mod tests;
