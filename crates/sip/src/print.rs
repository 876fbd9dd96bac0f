//! A message to bytes: what we send.
//!
//! Content-Length is ours and right by construction. CR and LF cannot get into a line, whatever the
//! values hold: they are written as spaces, and a header whose name is no token is left out.
use crate::message::{Headers, Message, Request, Response};
use crate::{names, params};

impl Request {
    /// The request as it goes onto the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(room(&self.headers, &self.body));
        line(
            &mut out,
            &[self.method.as_str(), " ", &self.uri, " SIP/2.0"],
        );
        finish(&mut out, &self.headers, &self.body);
        out
    }
}

impl Response {
    /// The response as it goes onto the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(room(&self.headers, &self.body));
        line(
            &mut out,
            &["SIP/2.0 ", &self.status.to_string(), " ", &self.reason],
        );
        finish(&mut out, &self.headers, &self.body);
        out
    }
}

impl Message {
    /// The message as it goes onto the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

/// A good guess of the length.
fn room(headers: &Headers, body: &[u8]) -> usize {
    let lines: usize = headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4)
        .sum();
    lines + body.len() + 128
}

fn finish(out: &mut Vec<u8>, headers: &Headers, body: &[u8]) {
    for (name, value) in headers.iter() {
        if params::is_token(name) && names::canonical(name) != Some("Content-Length") {
            line(out, &[name, ": ", value]);
        }
    }
    line(out, &["Content-Length: ", &body.len().to_string()]);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

/// One line; nothing else writes line ends, but the end of the head and what is refused unparsed (`endpoint/curt`), which
/// has none in what it repeats.
pub(crate) fn line(out: &mut Vec<u8>, parts: &[&str]) {
    let start = out.len();
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    for byte in &mut out[start..] {
        if matches!(byte, b'\r' | b'\n') {
            *byte = b' ';
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use crate::message::{Headers, Method, Request, Response};

    #[test]
    fn line_ends_cannot_be_smuggled_in() {
        let mut headers = Headers::new();
        headers.push("Subject", "a\r\nX-Evil: 1\r\n\r\n");
        headers.push("X\r\nY", "left out");
        headers.push("l", "998");
        headers.push("content-length", "999");
        let (uri, body) = ("sip:a@b\r\nX: y".into(), b"\r\n\0".to_vec());
        let request = Request {
            method: Method::Invite,
            uri,
            headers,
            body,
        };
        insta::assert_snapshot!(request.to_bytes().escape_ascii(), @r"INVITE sip:a@b  X: y SIP/2.0\r\nSubject: a  X-Evil: 1    \r\nContent-Length: 3\r\n\r\n\r\n\x00");
    }

    #[test]
    fn responses_print() {
        let response = Response {
            status: 180,
            reason: "Ringing".into(),
            headers: Headers::new(),
            body: vec![],
        };
        assert_eq!(
            response.to_bytes(),
            b"SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n"
        );
    }
}
