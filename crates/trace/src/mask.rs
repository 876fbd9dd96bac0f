//! What nobody may keep or show. Secrets are overwritten in place, so that lengths stay true; numbers are shortened the
//! way the log does it.
use std::net::Ipv4Addr;

use gudok_sip::identity::withheld_by;
use gudok_sip::message::Headers;
use memchr::{memchr, memchr_iter, memchr2, memmem};

/// What stands in the place of a byte of a secret.
const STAR: u8 = b'*';
/// Headers whose value proves a password (RFC 3261 §20.7, §20.28; RFC 7615 `rspauth`).
const PROOFS: [&[u8]; 4] = [
    b"authorization",
    b"proxy-authorization",
    b"authentication-info",
    b"proxy-authentication-info",
];
/// Parameters of a Digest that prove nothing (RFC 7616 §3.4); every other one goes.
const HARMLESS: [&[u8]; 9] = [
    b"username",
    b"realm",
    b"nonce",
    b"uri",
    b"algorithm",
    b"qop",
    b"nc",
    b"opaque",
    b"userhash",
];
/// Lines of SDP that hold keys (RFC 4568, RFC 8839, RFC 4567, RFC 8866 §5.12).
const KEYS: [&[u8]; 4] = [b"a=crypto:", b"a=ice-pwd:", b"a=key-mgmt:", b"k="];

/// The parameter of a Contact of ours at a registrar: where the admin wants it so, it is all that makes a call the trunk's.
const LINE: &[u8] = b";line=";

/// Overwrites every secret of a message with stars: what proves a password, passwords in addresses, keys of media, lines
/// of registrations. Takes anything.
pub fn hide_secrets(message: &mut [u8]) {
    hide_passwords(message);
    hide_lines_of_registrations(message);
    let mut at = 0;
    // A fold goes on where the header before it stood.
    let mut hidden = Hidden::No;
    // A CR ends a line for some, and none for others where no LF follows.
    let mut after_cr = false;
    loop {
        let end = memchr2(b'\r', b'\n', &message[at..]).map_or(message.len(), |length| at + length);
        let part = &mut message[at..end];
        let folded = matches!(part.first(), Some(b' ' | b'\t'));
        match hidden {
            _ if after_cr && part.is_empty() => {}
            Hidden::Digest if folded && !after_cr => hide_digest(part),
            Hidden::Digest | Hidden::All if folded || after_cr => star(part),
            _ => {
                hidden = secret_of(part);
                hide_line(part, &mut hidden);
            }
        }
        let Some(mark) = message.get(end) else {
            return;
        };
        (after_cr, at) = (*mark == b'\r', end + 1);
    }
}

fn hide_lines_of_registrations(message: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = memmem::find(&message[at..], LINE) {
        let from = at + found + LINE.len();
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b";?>,\"".contains(byte);
        let length = message[from..].iter().position(ends);
        at = length.map_or(message.len(), |length| from + length);
        star(&mut message[from..at]);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    No,
    /// All but the harmless parameters.
    Digest,
    /// All of it.
    All,
    /// A line of SDP; no fold follows.
    Key(usize),
}

fn secret_of(line: &[u8]) -> Hidden {
    match line.first() {
        Some(b'a' | b'A' | b'p' | b'P' | b'k' | b'K') => {}
        _ => return Hidden::No,
    }
    let starts = |name: &&[u8]| {
        line.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    if let Some(name) = KEYS.iter().find(|name| starts(name)) {
        return Hidden::Key(name.len());
    }
    let Some(name) = PROOFS.iter().find(|name| starts(name)) else {
        return Hidden::No;
    };
    match line[name.len()..].trim_ascii_start().first() {
        Some(b':') => Hidden::Digest,
        // The colon may stand in the fold (RFC 3261 §25.1, HCOLON).
        None => Hidden::All,
        Some(_) => Hidden::No,
    }
}

fn hide_line(line: &mut [u8], hidden: &mut Hidden) {
    match *hidden {
        Hidden::No | Hidden::All => {}
        Hidden::Key(from) => {
            star(&mut line[from..]);
            *hidden = Hidden::No;
        }
        Hidden::Digest => {
            let colon = line.iter().position(|byte| *byte == b':');
            let value = &mut line[colon.unwrap_or_default() + 1..];
            let lead = value.len() - value.trim_ascii_start().len();
            let (scheme, rest) = value.split_at_mut(lead);
            debug_assert!(scheme.iter().all(u8::is_ascii_whitespace));
            let digest = rest
                .get(..6)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Digest"));
            // `Authentication-Info` names no scheme; a parameter begins at once.
            let bare = rest.iter().position(|byte| b" =".contains(byte));
            let bare = bare.is_some_and(|at| rest[at] == b'=');
            if digest {
                hide_digest(&mut rest[6..]);
            } else if bare || rest.is_empty() {
                hide_digest(rest);
            } else {
                *hidden = Hidden::All;
                star(rest);
            }
        }
    }
}

/// Stars over what stands between `:` and `@` in the user part of an address (RFC 3261 §19.1.1).
fn hide_passwords(message: &mut [u8]) {
    let mut from = 0;
    // Where the password of the address begins that the last `@` stood in.
    let mut password = None;
    while let Some(at) = memchr(b'@', &message[from..]).map(|at| from + at) {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"<>\"".contains(byte);
        let begins = message[from..at].iter().rposition(ends);
        if begins.is_some() || from == 0 {
            let from = begins.map_or(0, |end| from + end + 1);
            password = password_of(&message[from..at]).map(|start| from + start);
        }
        if let Some(start) = password {
            star(&mut message[start..at]);
        }
        from = at + 1;
    }
}

/// Where the password begins in what stands before an `@`.
fn password_of(before: &[u8]) -> Option<usize> {
    let mut colons = memchr_iter(b':', before);
    let is_scheme = |at: &usize| {
        let ends = |scheme: &[u8]| {
            let start = at.checked_sub(scheme.len());
            start.is_some_and(|start| before[start..*at].eq_ignore_ascii_case(scheme))
        };
        ends(b"sip") || ends(b"sips")
    };
    colons.find(is_scheme)?;
    colons.next().map(|at| at + 1)
}

/// Stars over the values of all parameters but the harmless ones; over what is no parameter as well.
fn hide_digest(parameters: &mut [u8]) {
    let mut at = 0;
    while at < parameters.len() {
        let end = parameter_end(&parameters[at..]) + at;
        let parameter = &mut parameters[at..end];
        let equals = parameter.iter().position(|byte| *byte == b'=');
        let name = parameter[..equals.unwrap_or_default()].trim_ascii();
        let harmless = HARMLESS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
            && equals.is_some_and(|at| is_value(&parameter[at + 1..]));
        if !harmless {
            // The name stays where it is one we know; what stands in its place may be the secret.
            let known = [&b"response"[..], b"cnonce", b"rspauth", b"nextnonce"];
            let named = known.iter().any(|known| known.eq_ignore_ascii_case(name));
            star(&mut parameter[equals.filter(|_| named).map_or(0, |at| at + 1)..]);
        }
        at = end + 1;
    }
}

/// Whether it is one token or one quoted string: in anything else a secret may hide behind a harmless name.
fn is_value(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let Some(quoted) = text.strip_prefix(b"\"") else {
        return text
            .iter()
            .all(|byte| byte.is_ascii_graphic() && *byte != b'"');
    };
    let mut escaped = false;
    let end = quoted.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.is_some_and(|end| end + 1 == quoted.len())
}

/// Where the first parameter ends: at a comma outside quotes.
fn parameter_end(text: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn star(text: &mut [u8]) {
    let word = |byte: &&mut u8| !byte.is_ascii_whitespace();
    text.iter_mut().filter(word).for_each(|byte| *byte = STAR);
}

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
    if is(&COUNTS) {
        line.to_owned()
    } else if is(&WORDS) {
        hide_in_word(line)
    } else if is(&PROGRAMS) {
        hide(line, BUT_DOTS, NUMBER_MIN)
    } else {
        hide_numbers(line)
    }
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

/// Text of the network on one line: what moves the cursor, turns the direction or has no shape is a dot.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '·',
            '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' => '·',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hidden(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        hide_secrets(&mut bytes);
        assert_eq!(bytes.len(), text.len());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_proves_a_password_is_starred_and_the_rest_stays() {
        let text = "INVITE sip:a SIP/2.0\r\nAuthorization: Digest username=\"101\", realm=\"gudok\", nonce=\"n,1\",\
            \r\n uri=\"sip:a\", response=\"deadbeef\",\r\n\tcnonce=\"0a\", extra=secret, qop=auth, nc=00000001\r\n\
            Proxy-Authorization : Basic dXNlcjpwYXNz\r\n dXNlcjpwYXNz\r\nWWW-Authenticate: Digest nonce=\"x\"\r\n\
            Authentication-Info: rspauth=\"beef\", qop=auth\r\nPriority: normal\r\n\r\n\
            v=0\r\nk=clear:key\r\na=crypto:1 AES inline:abc|2^20\r\na=ice-pwd:pwd\r\na=ice-ufrag:frag\r\na=sendrecv\r\n";
        insta::assert_snapshot!(hidden(text).replace('\r', ""), @r#"
        INVITE sip:a SIP/2.0
        Authorization: Digest username="101", realm="gudok", nonce="n,1",
         uri="sip:a", response=**********,
        	cnonce=****, ************, qop=auth, nc=00000001
        Proxy-Authorization : ***** ************
         ************
        WWW-Authenticate: Digest nonce="x"
        Authentication-Info: rspauth=******, qop=auth
        Priority: normal

        v=0
        k=*********
        a=crypto:* *** ***************
        a=ice-pwd:***
        a=ice-ufrag:frag
        a=sendrecv
        "#);
    }

    #[test]
    fn the_line_of_a_registration_is_starred_wherever_it_stands() {
        let text = "INVITE sip:line7@10.0.0.1;line=0a1b SIP/2.0\r\nTo: <sip:line7@h;line=0a1b;x=1>\r\n\
            Contact: <sip:line7@10.0.0.1:5060;transport=tcp;line=0a1b>;expires=60\r\nX: ;line=";
        let starred = text.replace("0a1b", "****");
        assert_eq!(hidden(text), starred);
    }

    #[test]
    fn numbers_are_shortened_as_the_log_does_and_machines_words_are_not() {
        let message = b"INVITE sip:88001234567@10.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK800123456\r\n\
            From: \"8 (999) 000-11-22\x1b[2J\" <sip:+79990001122@h>;tag=123456789\r\nTo: <tel:1234567>\r\n\
            Call-ID: 79990001122-4711@10.0.0.1\r\nCSeq: 2147483647 INVITE\r\nContact: <sip:%2B79990001122@192.168.100.200:5060>\r\n\
            P-Asserted-Identity: <tel:+7.999.000.11.22>\r\nWarning: 399 192.168.100.200 \"8.999.000.11.22 u79990001122@h\"\r\n\
            User-Agent: Exchange-16.0.40.7(18.20.2.5)\r\nX-Leg: 79990001122abc@, +7%20999%2D000-11-22, %38%39990001122\r\n\r\n\
            o=+79990001122 3900000000 3900000001 IN IP4 10.0.0.1\r\np=+7 999 000-11-22 (office)\r\nc=IN IP4 192.168.100.200\r\n\
            m=audio 28000 RTP/AVP 8 0 9 18 3 96 97 101 102 103 104\r\ni=+79990001122\r\n";
        insta::assert_snapshot!(shown(message), @r#"
        INVITE sip:8800•••4567@10.0.0.1:5060 SIP/2.0
        Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK800123456
        From: "8999•••1122·[2J" <sip:+7999•••1122@h>;tag=123456789
        To: <tel:•••67>
        Call-ID: 7999•••1122-4711@10.0.0.1
        CSeq: 2147483647 INVITE
        Contact: <sip:%2B7999•••1122@192.168.100.200:5060>
        P-Asserted-Identity: <tel:+7999•••1122>
        Warning: 399 192.168.100.200 "8999•••1122 u7999•••1122@h"
        User-Agent: Exchange-16.0.40.7(18.20.2.5)
        X-Leg: 7999•••1122abc@, +7999•••1122, 8999•••1122

        o=+7999•••1122 3900000000 3900000001 IN IP4 10.0.0.1
        p=+7999•••1122 (office)
        c=IN IP4 192.168.100.200
        m=audio 28000 RTP/AVP 8 0 9 18 3 96 97 101 102 103 104
        i=+7999•••1122
        "#);
    }

    #[test]
    fn an_equal_word_stays_equal_and_addresses_stay() {
        let words = ["79990001122-1@h", "79990001122-2@h"].map(hide_in_word);
        assert_eq!(words, ["7999•••1122-1@h", "7999•••1122-2@h"]);
        for address in [
            "10.0.0.1 192.168.100.200",
            "192.168.100.200:5060",
            "::ffff:192.168.100.200",
            "до 192.168.100.200.",
        ] {
            assert_eq!(hide_numbers(address), address);
        }
        assert_eq!(hide_numbers("+192.168.100.200"), "+1921•••0200");
    }

    #[test]
    fn of_a_private_caller_nothing_is_shown() {
        let message = "INVITE sip:88001234567@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n\
            From: \"Ann, <b@c> 79990007788\" <sip:+79990007788@carrier.example>;tag=x\r\nf: Ann <sip:ann@c>\r\n\
            Reply-To: Ann\r\n <sip:ann@c>\r\n\
            P-Asserted-Identity: Ann <sip:79990007788@carrier.example>, <tel:+79990007788>\r\n\
            P-Asserted-Identity: <tel:+79990007788>\r\nContact: <sip:ann@192.0.2.1:5060;transport=udp>\r\n\
            Call-ID: 79990007788-1a2b@sbc\r\nPrivacy: id\r\n\r\no=79990007788 1 1 IN IP4 192.0.2.1\r\ns=79990007788\r\n";
        assert!(withholds(message.as_bytes()));
        insta::assert_snapshot!(shown_private(message.as_bytes()), @"
        INVITE sip:•••@h SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1
        From: <•••@carrier.example>;tag=x
        f: <•••@c>
        Reply-To: •••
          •••
        P-Asserted-Identity: <•••@carrier.example>
        P-Asserted-Identity: •••
        Contact: <•••@192.0.2.1:5060;transport=udp>
        Call-ID: •••-1a2b@sbc
        Privacy: id

        o=••• 1 1 IN IP4 192.0.2.1
        s=•••
        ");
        assert_eq!(keep_back("79990007788-1a2b@sbc"), "•••-1a2b@sbc");
        for (lines, withheld) in [
            ("Privacy: none", false),
            ("privacy : user", true),
            ("f: <sip:x@anonymous.invalid>", true),
            ("Remote-Party-ID: <sip:7@h>\r\n ;privacy=full", true),
            ("From: <sip:79990007788@h>\r\n\r\nPrivacy: id", false),
        ] {
            let message = format!("INVITE sip:1@h SIP/2.0\r\n{lines}\r\n");
            assert_eq!(withholds(message.as_bytes()), withheld, "{lines}");
        }
    }

    #[test]
    fn a_colon_may_stand_in_the_fold_and_a_password_in_the_address() {
        let hidden = hidden(
            "REGISTER sip:101:pass@h SIP/2.0\r\nAuthorization\r\n : Digest response=\"secret\"\r\nProxy-Authorization \r\n\t\r\n :Basic c2VjcmV0\r\n\
            From: \"a:b@c\" <SIPS:101:pa@ss@h>;tag=x:y@z\r\nContact: <sip:101@h:5060>, <sip:h:5060>, sip:101:@h\r\nCall-ID: a:b@h\r\n",
        );
        insta::assert_snapshot!(hidden.replace('\r', ""), @r#"
        REGISTER sip:101:****@h SIP/2.0
        Authorization
         * ****** *****************
        Proxy-Authorization 
        	
         ****** ********
        From: "a:b@c" <SIPS:101:*****@h>;tag=x:y@z
        Contact: <sip:101@h:5060>, <sip:h:5060>, sip:101:@h
        Call-ID: a:b@h
        "#);
    }

    proptest! {
        #[test]
        fn anything_is_taken_and_keeps_its_length(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let length = bytes.len();
            hide_secrets(&mut bytes);
            prop_assert_eq!(bytes.len(), length);
            let _ = shown(&bytes);
        }

        #[test]
        fn no_response_survives_however_it_is_written(
            name in "(?i)(proxy-)?authorization", gaps in prop::array::uniform6(GAP), response in "(?i)response",
            quoted in any::<bool>(), more in "[a-z]{1,8}=\"?[a-z,\\\\]{0,6}\"?",
        ) {
            let secret = "5ecre7";
            let value = if quoted { format!("\"{secret}\"") } else { secret.to_owned() };
            let [a, b, c, d, e, f] = gaps;
            let text = format!("{name}{a}:{b}Digest {c}{more}{d},{response}{e}={f}{value}\r\n");
            prop_assert!(!hidden(&text).contains(secret), "{}", hidden(&text));
        }

        #[test]
        fn no_number_survives_however_it_is_written(
            before in "[a-zA-Z:;@<\"]{0,3}(\\+|%2B)?", gaps in prop::array::uniform4("[ .()-]{0,2}|%20"), after in "[a-z@;>\"]{0,3}",
        ) {
            let [a, b, c, d] = gaps;
            let text = format!("{before}7{a}999{b}000{c}11{d}22{after}");
            let plain: String = hide_numbers(&text).chars().filter(char::is_ascii_digit).collect();
            prop_assert!(!plain.contains("990001122"), "{text}: {plain}");
        }
    }

    /// What may stand around a colon, a comma, an equals sign (RFC 3261 §25.1, SWS); and what some take for it.
    const GAP: &str = "[ \t]{0,2}|(\r\n|\n|\r)[ \t]{1,2}";
}
