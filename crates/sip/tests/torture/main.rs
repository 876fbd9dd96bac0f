//! The torture of RFC 4475 and RFC 5118, and what Russian trunks really send: what must pass, passes; what must not,
//! does not; what both we and rsip accept, both read alike; and the endpoint answers each message as its RFC says.
#![cfg(test)]

mod answers;
mod differential;
mod glance;
mod invalid;
mod properties;
mod rfc4475;
mod rfc5118;
mod russian;
mod valid;

use gudok_sip::message::{Message, Request, Response};
use gudok_sip::parse::{Malformed, ParseError, parse};

/// A message of the wire from readable text: line ends become CRLF, `@LEN@` the length of the body, and
/// `\xHH` a byte.
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
        out.push(u8::from_str_radix(&part[..2], 16).expect("two hex digits"));
        out.extend_from_slice(&part.as_bytes()[2..]);
    }
    out
}

fn message(text: &str) -> Message {
    let parsed = parse(&wire(text)).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let again = parse(&parsed.to_bytes()).expect("what we print, we read");
    assert_eq!(again.to_bytes(), parsed.to_bytes());
    parsed
}

fn request(text: &str) -> Request {
    match message(text) {
        Message::Request(request) => request,
        Message::Response(response) => panic!("a response: {response:?}"),
    }
}

fn response(text: &str) -> Response {
    match message(text) {
        Message::Response(response) => response,
        Message::Request(request) => panic!("a request: {request:?}"),
    }
}

fn refused(text: &str) -> ParseError {
    match parse(&wire(text)) {
        Err(error) => error,
        Ok(message) => panic!("accepted: {message:?}"),
    }
}

fn why(text: &str) -> Malformed {
    refused(text).what
}
