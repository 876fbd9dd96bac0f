//! Numbers of people, shortened the way the log does it, and callers who withhold theirs.
use std::net::Ipv4Addr;

use gudok_sip::identity::withheld_by;
use gudok_sip::message::Headers;

use super::plain;

/// Fewest digits that may be somebody's number.
const NUMBER_MIN: usize = 7;
/// From so many digits on it is a number whatever letters stand beside it, and inside a machine's word as well.
const NUMBER_SURE: usize = 10;
/// What may stand between the digits of a number (RFC 3966 §5.1.1, and as people write it).
const SEPARATORS: &str = " -().";
/// In versions of programs dots stand between everything.
const BUT_DOTS: &str = " -()";
/// Most of them in a row.
const GAP_MAX: usize = 3;
/// Headers that hold no numbers of people.
const COUNTS: [&str; 4] = ["cseq:", "content-length:", "rseq:", "rack:"];
/// Headers of words that machines invent.
const WORDS: [&str; 4] = ["via:", "v:", "call-id:", "i:"];
/// Headers of programs' names.
const PROGRAMS: [&str; 2] = ["user-agent:", "server:"];
/// Lines of SDP without text for people: nothing may stand between the digits of a number there.
const TERSE: [&str; 8] = ["v=", "c=", "b=", "t=", "r=", "z=", "a=", "m="];

/// A message as people may see it: numbers of people shortened, control characters out. Secrets are out already.
pub fn shown(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut shown = String::with_capacity(text.len());
    for line in head.lines() {
        shown += &header_shown(&plain(line));
        shown.push('\n');
    }
    for line in body.lines() {
        shown += "\n";
        shown += &body_shown(&plain(line));
    }
    shown
}

/// The same of a call whose caller withholds the number: names, and who stands in From, Contact and the headers of
/// identity, are starred, and of numbers elsewhere nothing is left.
pub fn shown_private(message: &[u8]) -> String {
    let shown = shown(message);
    let mut private = String::with_capacity(shown.len());
    let (mut in_head, mut names) = (true, false);
    for line in shown.split_inclusive('\n') {
        in_head &= line != "\n";
        let is_fold = line.starts_with([' ', '\t']);
        names = in_head && (names && is_fold || PEOPLE.contains(&&*name_of(line)));
        match (names, is_fold) {
            (true, true) => private += "  •••\n",
            (true, false) => private += &without_rests(&nameless(line)),
            (false, _) => private += &without_rests(line),
        }
    }
    private
}

/// Whether the caller of this message withholds the number.
pub fn withholds(message: &[u8]) -> bool {
    let text = String::from_utf8_lossy(message);
    let (head, _) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut headers = Headers::new();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    for line in unfolded.lines() {
        if let Some((name, value)) = line.split_once(':') {
            let name = name.trim_end();
            let name = if name.eq_ignore_ascii_case("f") {
                "From"
            } else {
                name
            };
            headers.push(name.to_owned(), value.trim());
        }
    }
    withheld_by(&headers).is_some()
}

/// A word that a machine invented, such as a Call-ID, without anything of what may be a number in it.
pub fn keep_back(word: &str) -> String {
    without_rests(&hide_in_word(word))
}

/// Headers that say who somebody is.
const PEOPLE: [&str; 8] = [
    "from:",
    "f:",
    "contact:",
    "m:",
    "p-asserted-identity:",
    "p-preferred-identity:",
    "remote-party-id:",
    "reply-to:",
];

/// Of a header that says who somebody is the last host, and what stands behind it.
fn nameless(line: &str) -> String {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    let Some((_, last)) = value.rsplit_once('@') else {
        return format!("{name}: {HIDDEN}\n");
    };
    let rest = last.split([',', '"']).next().unwrap_or_default();
    let bracket = if rest.contains('>') { "<" } else { "" };
    format!("{name}: {bracket}{HIDDEN}@{}\n", rest.trim_end())
}

/// What stands where a name stood.
const HIDDEN: &str = "•••";

/// The digits that [`hide`] leaves on both sides of what it hides.
fn without_rests(text: &str) -> String {
    let digit = |c: char| c.is_ascii_digit();
    let mut parts = text.split(HIDDEN).peekable();
    let mut bare = String::with_capacity(text.len());
    let mut is_first = true;
    while let Some(part) = parts.next() {
        let part = if is_first {
            part
        } else {
            part.trim_start_matches(digit)
        };
        let is_last = parts.peek().is_none();
        bare += if is_last {
            part
        } else {
            part.trim_end_matches(|c| digit(c) || c == '+')
        };
        if !is_last {
            bare += HIDDEN;
        }
        is_first = false;
    }
    bare
}

/// `call-id:`; the whole line where it is no header.
fn name_of(line: &str) -> String {
    let name = line.split_inclusive(':').next().unwrap_or_default();
    name.replace(' ', "").to_ascii_lowercase()
}

fn header_shown(line: &str) -> String {
    let name = name_of(line);
    let is = |names: &[&str]| names.contains(&&*name);
    if is(&COUNTS) || name == "session-id:" && is_session_id(line) {
        line.to_owned()
    } else if is(&WORDS) {
        hide_in_word(line)
    } else if is(&PROGRAMS) {
        hide(line, BUT_DOTS, NUMBER_MIN)
    } else {
        hide_numbers(line)
    }
}

/// Whether a header holds random numbers of machines (RFC 7989 §5) and nothing else: the call is found by them.
fn is_session_id(line: &str) -> bool {
    let value = line.split_once(':').map_or("", |(_, value)| value);
    let number = |part: &str| part.len() == 32 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let parts = value.split(';').map(str::trim);
    parts
        .map(|part| part.strip_prefix("remote=").unwrap_or(part))
        .all(number)
}

fn body_shown(line: &str) -> String {
    if let Some(origin) = line.strip_prefix("o=") {
        // Number and version of the session are counts; who made it may be a number.
        let mut fields = origin.splitn(4, ' ');
        let hidden = |field: Option<&str>| field.map_or_else(String::new, hide_numbers);
        let user = hidden(fields.next());
        let counts: String = fields.by_ref().take(2).map(|it| format!(" {it}")).collect();
        let rest = fields.next().map(|rest| format!(" {}", hide_numbers(rest)));
        return format!("o={user}{counts}{}", rest.unwrap_or_default());
    }
    if TERSE.iter().any(|start| line.starts_with(start)) {
        hide(line, "", NUMBER_MIN)
    } else {
        hide_numbers(line)
    }
}

/// The text with every number of seven digits and more shortened as the log does: `+7999•••1122`. Between the digits of
/// one number may stand what people write there. Addresses of the network stay.
pub fn hide_numbers(text: &str) -> String {
    hide(text, SEPARATORS, NUMBER_MIN)
}

/// A word that a machine invented, such as a Call-ID: what may be a number in it is shortened. Equal words stay equal.
pub fn hide_in_word(text: &str) -> String {
    hide(text, "", NUMBER_SURE)
}

fn hide(text: &str, between: &str, least: usize) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let address = address_length(rest).filter(|_| !matches!(before, Some('+' | '.')));
        let Some(found) = Number::at(rest, between).filter(|_| address.is_none()) else {
            let escape = escape_length(rest);
            let length = address.or(escape).unwrap_or(c.len_utf8());
            hidden += &rest[..length];
            // What is escaped is no letter beside a number.
            before = Some(c).filter(|_| escape.is_none());
            rest = &rest[length..];
            continue;
        };
        let (taken, after) = rest.split_at(found.length);
        let word = before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            || after.starts_with(|c: char| c.is_ascii_alphabetic());
        let mark = ["tag=", "branch="]
            .iter()
            .any(|mark| hidden.ends_with(mark));
        let count = found.digits.len();
        if count < least || (count < NUMBER_SURE && (word || mark)) {
            hidden += taken;
        } else {
            hidden += &found.shortened();
        }
        before = taken.chars().next_back();
        rest = after;
    }
    hidden
}

/// What may be a number.
struct Number {
    digits: String,
    /// Bytes, with what stands between the digits.
    length: usize,
}

impl Number {
    /// The number that the text begins with, up to an address of the network.
    fn at(text: &str, between: &str) -> Option<Self> {
        digit(text)?;
        let (mut digits, mut at, mut length) = (String::new(), 0, 0);
        loop {
            let (mut gap, mut last) = (0, None);
            while let Some((c, bytes)) = separator(&text[at..], between).filter(|_| gap < GAP_MAX) {
                (gap, last, at) = (gap + 1, Some(c), at + bytes);
            }
            let is_address = gap > 0 && last != Some('.') && address_length(&text[at..]).is_some();
            let Some((digit, bytes)) = digit(&text[at..]).filter(|_| !is_address) else {
                break;
            };
            digits.push(digit);
            at += bytes;
            length = at;
        }
        Some(Self { digits, length })
    }

    fn shortened(&self) -> String {
        let (digits, count) = (&self.digits, self.digits.len());
        if count < NUMBER_SURE {
            format!("•••{}", &digits[count - 2..])
        } else {
            format!("{}•••{}", &digits[..4], &digits[count - 4..])
        }
    }
}

/// The digit that the text begins with, also an escaped one, and its bytes.
fn digit(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    if first.is_ascii_digit() {
        return Some((first, 1));
    }
    unescaped(text).filter(|(c, _)| c.is_ascii_digit())
}

fn separator(text: &str, between: &str) -> Option<(char, usize)> {
    let plain = text.chars().next().map(|c| (c, c.len_utf8()));
    let wanted = |found: &(char, usize)| between.contains(found.0);
    plain
        .filter(wanted)
        .or_else(|| unescaped(text).filter(wanted))
}

/// What `%41` at the beginning stands for.
fn unescaped(text: &str) -> Option<(char, usize)> {
    let length = escape_length(text)?;
    let byte = u8::from_str_radix(&text[1..length], 16).ok()?;
    Some((char::from(byte), length))
}

fn escape_length(text: &str) -> Option<usize> {
    let [b'%', high, low, ..] = text.as_bytes() else {
        return None;
    };
    (high.is_ascii_hexdigit() && low.is_ascii_hexdigit()).then_some(3)
}

/// Bytes of the IPv4 address that the text begins with.
fn address_length(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let address = text[..end.unwrap_or(text.len())].trim_end_matches('.');
    address.parse::<Ipv4Addr>().ok().map(|_| address.len())
}
