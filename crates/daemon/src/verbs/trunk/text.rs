//! SIP messages out of a text: a log, a paste. Lines may end with LF alone, and anything may stand between messages.
use super::capture::{Capture, Captured, MESSAGES_MAX, Passed};

/// Most lines of one text.
const LINES_MAX: usize = 1_000_000;
/// Most lines of one head that are kept; the parser refuses half of it.
const HEAD_MAX: usize = 256;
/// Longest body that is taken at its word. Bytes.
const BODY_MAX: usize = 64 * 1024;

/// Takes every message of a text.
pub(super) fn read(name: &str, bytes: &[u8], into: &mut Capture) {
    let mut split = bytes.split(|&byte| byte == b'\n').map(chomp);
    let lines: Vec<&[u8]> = split.clone().take(LINES_MAX).collect();
    if split.nth(LINES_MAX).is_some() {
        into.pass(Passed::TooMany);
    }
    let mut at = 0;
    while at < lines.len() {
        if !is_start(lines[at]) {
            at += 1;
            continue;
        }
        if into.messages.len() >= MESSAGES_MAX {
            into.pass(Passed::TooMany);
            at += 1;
            continue;
        }
        let (message, next) = message(&lines, at);
        into.keep(Captured {
            place: format!("{name}, строка {}", at + 1),
            source: None,
            bytes: message,
        });
        at = next;
    }
}

/// Whether bytes begin with a request line or a status line.
pub(super) fn is_start(bytes: &[u8]) -> bool {
    let line = bytes.split(|&byte| byte == b'\n').next().map(chomp);
    let line = line.unwrap_or_default();
    if line.starts_with(b"SIP/2.0 ") {
        return true;
    }
    let method = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    let named = !method.is_empty() && method.iter().all(u8::is_ascii_uppercase);
    named && line.len() > method.len() + b" SIP/2.0".len() && line.ends_with(b" SIP/2.0")
}

fn chomp(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The message that begins at a line, with the line ends it had on the wire, and the line after it.
fn message(lines: &[&[u8]], start: usize) -> (Vec<u8>, usize) {
    let head = lines[start + 1..]
        .iter()
        .take(HEAD_MAX)
        .take_while(|line| !line.is_empty() && !is_start(line))
        .count();
    let end = start + 1 + head;
    let head = &lines[start..end];
    let blank = lines.get(end).is_some_and(|line| line.is_empty());
    let wanted = head.iter().find_map(|line| length(line)).unwrap_or(0);
    let body = if blank { end + 1 } else { end };
    let found = match blank {
        true => body_lines(&lines[body..], wanted),
        false => (wanted == 0).then_some(0),
    };
    // A log that leaves bodies out keeps their length; the parser would miss them.
    let kept = |line: &&&[u8]| found.is_some() || length(line).is_none();
    let mut message = Vec::new();
    for line in head.iter().filter(kept) {
        message.extend_from_slice(line);
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"\r\n");
    let next = body + found.unwrap_or(0);
    for line in &lines[body..next] {
        message.extend_from_slice(line);
        message.extend_from_slice(b"\r\n");
    }
    (message, next)
}

/// How many lines are a body of this length; None where its end is not the end of a line, so that it is not there.
fn body_lines(lines: &[&[u8]], wanted: usize) -> Option<usize> {
    let mut length = 0;
    if wanted == 0 {
        return Some(0);
    }
    for (count, line) in lines.iter().enumerate() {
        // The last line may go without its end.
        if length + line.len() == wanted || length + line.len() + 2 == wanted {
            return Some(count + 1);
        }
        length += line.len() + 2;
        if length > wanted.min(BODY_MAX) {
            return None;
        }
    }
    None
}

/// The value of a Content-Length line.
fn length(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line).ok()?;
    let (name, value) = line.split_once(':')?;
    let name = name.trim();
    let named = name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("l");
    value.trim().parse().ok().filter(|_| named)
}
