//! The request line or the status line.
use super::Malformed;
use super::lines::check_controls;
use crate::message::{Headers, Message, Method, Request, Response};
use crate::uri::{Uri, is_plain};
use crate::{charset, params, text};

/// The first line, checked.
pub(super) enum StartLine {
    Request(Method, String),
    Response(u16, String),
}

impl StartLine {
    pub(super) fn parse(line: &[u8]) -> Result<Self, Malformed> {
        if line
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
        {
            return Self::response(line);
        }
        let line = std::str::from_utf8(line).map_err(|_| Malformed::StartLine)?;
        let (method, uri) = request_line(line)?;
        Ok(Self::Request(Method::from_token(method), uri.to_owned()))
    }

    /// `SIP/2.0 200 OK`; the phrase, and the space before it, may be missing.
    fn response(line: &[u8]) -> Result<Self, Malformed> {
        let line = charset::decode(line);
        check_controls(line.as_bytes())?;
        let (version, rest) = text::cut(&line, b' ').ok_or(Malformed::StartLine)?;
        if !version.eq_ignore_ascii_case("SIP/2.0") {
            return Err(Malformed::Version);
        }
        let (code, phrase) = text::cut(rest, b' ').unwrap_or((rest, ""));
        let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
        let code = code
            .parse()
            .ok()
            .filter(|code| digits && (100..700).contains(code));
        let code = code.ok_or(Malformed::StartLine)?;
        Ok(Self::Response(code, phrase.trim().to_owned()))
    }

    pub(super) fn into_message(self, headers: Headers, body: Vec<u8>) -> Message {
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

/// Method and Request-URI of a request line, nothing copied.
pub(super) fn request_line(line: &str) -> Result<(&str, &str), Malformed> {
    let (method, rest) = text::cut(line, b' ').ok_or(Malformed::StartLine)?;
    let (uri, version) = text::cut_last(rest, b' ').ok_or(Malformed::StartLine)?;
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
    Ok((method, uri))
}

/// A `sip:` Request-URI holds no headers (RFC 3261 §19.1.1 table 1).
fn request_uri(uri: &str) -> Result<(), Malformed> {
    if is_plain(uri) {
        return Ok(());
    }
    Uri::check(uri).map_err(|_| Malformed::RequestUri)?;
    let scheme = text::cut(uri, b':').map_or(uri, |(scheme, _)| scheme);
    let sip = scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips");
    // A `?` may be in the user part; headers follow the host.
    let after_user = text::cut_last(uri, b'@').map_or(uri, |(_, after)| after);
    if sip && text::has(after_user, b'?') {
        return Err(Malformed::RequestUri);
    }
    Ok(())
}
