//! What a message says, as far as a peer has to know it, and the messages by which it answers.
use std::net::SocketAddr;

use crate::carrier::ok_head;

/// The first value of a header, by its long name; empty where there is none.
pub(crate) fn header<'a>(text: &'a str, name: &str) -> &'a str {
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap_or("").trim()
}

/// The tag of a From or a To.
pub(crate) fn tag(value: &str) -> &str {
    let (_, behind) = value.rsplit_once(";tag=").unwrap_or(("", ""));
    behind.split(';').next().unwrap_or("")
}

/// The status of a response; 0 for a request.
pub(crate) fn status(text: &str) -> u16 {
    let rest = text.strip_prefix("SIP/2.0 ").unwrap_or("");
    let digits = rest.get(..3).unwrap_or("");
    digits.parse().unwrap_or(0)
}

pub(crate) fn is_final(text: &str) -> bool {
    status(text) >= 200
}

/// The method of a request.
pub(crate) fn method(text: &str) -> &str {
    match status(text) {
        0 => text.split(' ').next().unwrap_or(""),
        _ => "",
    }
}

/// Takes the first whole message of a stream.
pub(crate) fn first_of(stream: &mut Vec<u8>) -> Option<String> {
    let blank = stream.iter().take_while(|byte| b"\r\n".contains(byte));
    let blank = blank.count();
    stream.drain(..blank);
    let head = stream.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&stream[..head]).into_owned();
    let whole = head + header(&text, "Content-Length").parse().unwrap_or(0);
    let bytes = stream.get(..whole)?.to_vec();
    stream.drain(..whole);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The ACK of an answer to an INVITE: that of a refusal is of the transaction that was refused.
pub(crate) fn acknowledgement(
    answer: &str,
    own: SocketAddr,
    transport: &str,
    branch: &str,
) -> String {
    let via = match status(answer) {
        ..300 => format!("SIP/2.0/{transport} {own};rport;branch=z9hG4bK{branch}ack"),
        _ => header(answer, "Via").to_owned(),
    };
    let cseq = header(answer, "CSeq");
    let number = cseq.split(' ').next().unwrap_or("1");
    following(answer, "ACK", &via, number)
}

/// 487 to an INVITE that was cancelled.
pub(crate) fn terminated(invite: &str) -> String {
    let head = ok_head(invite).replace("SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated");
    let to = header(invite, "To");
    let head = head.replace(&format!("To: {to}"), &format!("To: {to};tag=callee"));
    format!("{head}Content-Length: 0\r\n\r\n")
}

/// BYE to a talk that nobody wants.
pub(crate) fn bye(answer: &str, own: SocketAddr, transport: &str, branch: &str) -> String {
    let via = format!("SIP/2.0/{transport} {own};rport;branch=z9hG4bK{branch}bye");
    following(answer, "BYE", &via, "2147483000")
}

fn following(answer: &str, method: &str, via: &str, number: &str) -> String {
    let [from, to, call] = ["From", "To", "Call-ID"].map(|name| header(answer, name));
    format!(
        "{method} sip:88000000000@192.0.2.1 SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\n\
         Call-ID: {call}\r\nCSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
    )
}
