//! What an arrow is called: the first line of a message and the few things in it that explain a call.
use std::net::IpAddr;

use crate::mask::{hide_numbers, plain};
use crate::peek::{Start, Verb, header, peek};

/// Longest word of the network that is shown. Characters.
const WORD_MAX: usize = 48;
/// Codecs that are named.
const CODECS_MAX: usize = 3;

/// What kind of word a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// A request.
    Request,
    /// 1xx.
    Provisional,
    /// 2xx.
    Success,
    /// 3xx, 401, 407: it goes on elsewhere or otherwise.
    Redirected,
    /// The other refusals.
    Refusal,
}

pub(super) struct Words {
    pub(super) label: String,
    pub(super) class: Class,
    pub(super) details: String,
}

pub(super) fn of(bytes: &[u8]) -> Words {
    let Some(seen) = peek(bytes) else {
        return Words {
            label: "?".to_owned(),
            class: Class::Refusal,
            details: String::new(),
        };
    };
    let (label, class) = match seen.start {
        Start::Request(verb) => (request(bytes, verb), Class::Request),
        Start::Response(status) => (response(bytes, status, seen.verb), class_of(status)),
    };
    let details: Vec<String> = [
        sdp(bytes),
        said(bytes, "Reason"),
        said(bytes, "Retry-After").map(|after| format!("Retry-After: {after}")),
        said(bytes, "Warning"),
        said(bytes, "Refer-To").map(|to| format!("Refer-To: {to}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    Words {
        label,
        class,
        details: details.join(" · "),
    }
}

fn class_of(status: u16) -> Class {
    match status {
        ..200 => Class::Provisional,
        200..300 => Class::Success,
        300..=399 | 401 | 407 => Class::Redirected,
        _ => Class::Refusal,
    }
}

fn request(bytes: &[u8], verb: Verb) -> String {
    let inside = header(bytes, "To").is_some_and(|to| memchr::memmem::find(to, b";tag=").is_some());
    match verb {
        Verb::Invite if inside => "re-INVITE".to_owned(),
        Verb::Other => {
            let first = String::from_utf8_lossy(&bytes[..bytes.len().min(WORD_MAX)]).into_owned();
            word(first.split(' ').next().unwrap_or_default())
        }
        verb => verb.name().to_owned(),
    }
}

fn response(bytes: &[u8], status: u16, verb: Verb) -> String {
    let first = bytes
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    let phrase = String::from_utf8_lossy(first.get(12..).unwrap_or_default()).into_owned();
    let phrase = word(phrase.trim());
    let gap = if phrase.is_empty() { "" } else { " " };
    match verb {
        Verb::Invite => format!("{status}{gap}{phrase}"),
        verb => format!("{status}{gap}{phrase} ({})", verb.name()),
    }
}

/// What a header of a message says, on one line, short and without anybody's number. None where there is no such header.
pub fn said(bytes: &[u8], name: &str) -> Option<String> {
    let value = header(bytes, name)?;
    let value = String::from_utf8_lossy(value);
    Some(word(&value.replace("\r\n", "")))
}

/// A word of the network: on one line, short, of single width, without anybody's number.
fn word(text: &str) -> String {
    let text = hide_numbers(&plain(text));
    // What is wide or joins its neighbours would push the columns apart.
    let narrow = |c: char| {
        if matches!(c, ' '..='~' | '\u{a0}'..='\u{2ff}' | '\u{370}'..='\u{52f}' | '•' | '…') {
            c
        } else {
            '·'
        }
    };
    let mut word: String = text.chars().take(WORD_MAX).map(narrow).collect();
    if text.chars().count() > WORD_MAX {
        word.push('…');
    }
    word
}

/// `PCMA, PCMU 127.0.0.1:4000 sendrecv`: the first audio of the body.
fn sdp(bytes: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(bytes, b"\r\n\r\n")?;
    let body = String::from_utf8_lossy(&bytes[at + 4..]).into_owned();
    let lines: Vec<&str> = body.lines().map(str::trim_end).collect();
    let start = lines.iter().position(|line| line.starts_with("m=audio "))?;
    let end = lines[start + 1..]
        .iter()
        .position(|line| line.starts_with("m="));
    let media = &lines[start..end.map_or(lines.len(), |end| start + 1 + end)];
    let session = &lines[..lines.iter().position(|line| line.starts_with("m="))?];
    let mut parts = media[0]["m=audio ".len()..].split(' ');
    let port: u16 = parts.next()?.split('/').next()?.parse().ok()?;
    let secure = parts.next().is_some_and(|profile| profile.contains("SAVP"));
    let codecs: Vec<String> = parts
        .filter_map(|payload| codec(payload, media))
        .take(CODECS_MAX)
        .collect();
    let found = |prefix: &str| {
        let own = media
            .iter()
            .chain(session)
            .find_map(|line| line.strip_prefix(prefix));
        own.map(str::to_owned)
    };
    let address = found("c=").and_then(|c| {
        c.split(' ')
            .nth(2)?
            .split('/')
            .next()?
            .parse::<IpAddr>()
            .ok()
    });
    let place = match address {
        Some(IpAddr::V6(ip)) => format!("[{ip}]:{port}"),
        Some(IpAddr::V4(ip)) => format!("{ip}:{port}"),
        None => format!("?:{port}"),
    };
    let direction = ["sendrecv", "sendonly", "recvonly", "inactive"];
    let directions = |lines: &[&str]| {
        lines.iter().find_map(|line| {
            direction
                .into_iter()
                .find(|name| line.strip_prefix("a=") == Some(*name))
        })
    };
    let direction = directions(media)
        .or_else(|| directions(session))
        .unwrap_or("sendrecv");
    let secure = if secure { "SRTP " } else { "" };
    Some(format!("{secure}{} {place} {direction}", codecs.join(", ")))
}

/// The name of a payload type; events are no codec.
fn codec(payload: &str, media: &[&str]) -> Option<String> {
    let number: u8 = payload.parse().ok()?;
    let mapped = media.iter().find_map(|line| {
        let (pt, name) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        (pt == payload).then(|| name.split('/').next().unwrap_or_default())
    });
    let name = mapped.or(match number {
        0 => Some("PCMU"),
        3 => Some("GSM"),
        4 => Some("G723"),
        8 => Some("PCMA"),
        9 => Some("G722"),
        13 => Some("CN"),
        18 => Some("G729"),
        _ => None,
    });
    let name = name.map_or_else(|| payload.to_owned(), str::to_owned);
    let fits = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
        && name.len() <= 16;
    (fits && name != "telephone-event" && name != "CN").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> String {
        let words = of(text.replace('\n', "\r\n").as_bytes());
        format!("{} | {}", words.label, words.details)
    }

    #[test]
    fn a_message_is_called_by_what_explains_the_call() {
        let head = "To: <sip:a>;tag=1\nCSeq: 1 INVITE\nContent-Type: application/sdp\n\nv=0\nc=IN IP4 0.0.0.0\na=sendonly\n";
        let hold = format!(
            "INVITE sip:a SIP/2.0\n{head}m=audio 4000 RTP/AVP 8 101 96\nc=IN IP4 192.0.2.1\n\
            a=rtpmap:101 telephone-event/8000\na=rtpmap:96 opus/48000/2\nm=video 0 RTP/AVP 1\na=inactive\n"
        );
        assert_eq!(
            label(&hold),
            "re-INVITE | PCMA, opus 192.0.2.1:4000 sendonly"
        );
        let told = [
            ("SIP/2.0 200 OK\nCSeq: 1 BYE\n\n", "200 OK (BYE) | "),
            (
                "SIP/2.0 503 \nCSeq: 1 INVITE\nRetry-After: 7\n\n",
                "503 | Retry-After: 7",
            ),
            (
                "CANCEL sip:a SIP/2.0\nReason: SIP;cause=200;text=\"x\"\n\n",
                "CANCEL | SIP;cause=200;text=\"x\"",
            ),
            (
                "SIP/2.0 486 +79990001122 \x1b[2J\u{202e}漢\nCSeq: 1 INVITE\n\n",
                "486 +7999•••1122 ·[2J·· | ",
            ),
            ("<B> sip:a SIP/2.0\n\n", "<B> | "),
            ("rubbish", "? | "),
        ];
        for (text, expected) in told {
            assert_eq!(label(text), expected);
        }
    }
}
