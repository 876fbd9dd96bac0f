//! What nobody may keep or show. Secrets are overwritten in place, so that lengths stay true; numbers are shortened the
//! way the log does it.
use memchr::{memchr2, memmem};

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

/// Overwrites every secret of a message with stars: what proves a password, keys of media, lines of registrations. Takes
/// anything.
pub fn hide_secrets(message: &mut [u8]) {
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
    let is_proof = PROOFS
        .iter()
        .any(|name| starts(name) && line[name.len()..].trim_ascii_start().starts_with(b":"));
    if is_proof { Hidden::Digest } else { Hidden::No }
}

fn hide_line(line: &mut [u8], hidden: &mut Hidden) {
    match *hidden {
        Hidden::No => {}
        Hidden::All => star(line),
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
/// Headers without numbers of people, whose digits say something.
const TECHNICAL: [&str; 8] = [
    "via:",
    "v:",
    "call-id:",
    "i:",
    "cseq:",
    "content-length:",
    "rseq:",
    "rack:",
];

/// A message as people may see it: numbers of people shortened, control characters out. Secrets are out already.
pub fn shown(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut shown = String::with_capacity(text.len());
    for line in head.lines() {
        let lower = line.get(..16).unwrap_or(line).to_ascii_lowercase();
        let technical = TECHNICAL.iter().any(|name| lower.starts_with(name));
        shown += &if technical {
            plain(line)
        } else {
            hide_numbers(&plain(line), " -()")
        };
        shown.push('\n');
    }
    for line in body.lines() {
        shown += "\n";
        shown += &if line.starts_with("o=") {
            plain(line)
        } else {
            hide_numbers(&plain(line), "")
        };
    }
    shown
}

/// The text with every number of seven digits and more shortened as the log does: `+7999•••1122`. Digits of one number
/// may have up to two of `between` between them.
pub fn hide_numbers(text: &str, between: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        hidden += &rest[..at];
        before = rest[..at].chars().next_back().or(before);
        let length = number_length(&rest[at..], between);
        let (found, after) = rest[at..].split_at(length);
        let digits: String = found.chars().filter(char::is_ascii_digit).collect();
        let word = before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            || after.starts_with(|c: char| c.is_ascii_alphabetic());
        let mark = hidden.ends_with("tag=") || hidden.ends_with("branch=");
        if digits.len() < NUMBER_MIN || word || mark {
            hidden += found;
        } else if digits.len() < 10 {
            hidden = hidden + "•••" + &digits[digits.len() - 2..];
        } else {
            hidden = hidden + &digits[..4] + "•••" + &digits[digits.len() - 4..];
        }
        before = found.chars().next_back();
        rest = after;
    }
    hidden + rest
}

/// Bytes of the digits, with what may stand between them, that `text` begins with.
fn number_length(text: &str, between: &str) -> usize {
    let (mut length, mut gap) = (0, 0);
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() {
            (length, gap) = (at + 1, 0);
        } else if between.contains(c) && gap < 2 {
            gap += 1;
        } else {
            break;
        }
    }
    length
}

/// Text of the network on one line: what moves the cursor, turns the direction or has no shape is a dot.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '·',
            '\u{200b}'..='\u{200f}'
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
        let message = b"INVITE sip:88001234567@10.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK8001234567\r\n\
            From: \"8 (999) 000-11-22\x1b[2J\" <sip:+79990001122@h>;tag=123456789\r\nTo: <tel:1234567>\r\nCall-ID: 79990001122\r\n\r\n\
            o=- 3900000000 1 IN IP4 10.0.0.1\r\nm=audio 28000 RTP/AVP 8 0 9 18 3 96 97 101\r\ni=+79990001122\r\n";
        insta::assert_snapshot!(shown(message), @r#"
        INVITE sip:8800•••4567@10.0.0.1:5060 SIP/2.0
        Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK8001234567
        From: "8999•••1122·[2J" <sip:+7999•••1122@h>;tag=123456789
        To: <tel:•••67>
        Call-ID: 79990001122

        o=- 3900000000 1 IN IP4 10.0.0.1
        m=audio 28000 RTP/AVP 8 0 9 18 3 96 97 101
        i=+7999•••1122
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
            before in "[ \t]{0,3}", name in "(?i)response", quoted in any::<bool>(), more in "[a-z]{1,8}=\"?[a-z,\\\\]{0,6}\"?",
        ) {
            let secret = "5ecre7";
            let value = if quoted { format!("\"{secret}\"") } else { secret.to_owned() };
            let text = format!("Authorization:{before}Digest {more},{name}={value}\r\n");
            prop_assert!(!hidden(&text).contains(secret), "{}", hidden(&text));
        }
    }
}
