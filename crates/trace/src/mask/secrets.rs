//! Secrets, overwritten in place: lengths stay true.
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
/// of registrations, keys a caller pressed (an account number comes so, one INFO each). Takes anything.
pub fn hide_secrets(message: &mut [u8]) {
    hide_passwords(message);
    hide_lines_of_registrations(message);
    hide_keys_pressed(message);
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

/// Stars over the key of an INFO: `Signal=5` (`application/dtmf-relay`), or all there is (`application/dtmf`). How long
/// it was pressed stays.
fn hide_keys_pressed(message: &mut [u8]) {
    if !message.trim_ascii_start().starts_with(b"INFO ") {
        return;
    }
    let begins = message.len() - message.trim_ascii_start().len();
    let Some(body) = body_of(&message[begins..]).map(|at| begins + at) else {
        return;
    };
    let (head, body) = message.split_at_mut(body);
    if !head
        .windows(4)
        .any(|four| four.eq_ignore_ascii_case(b"dtmf"))
    {
        return;
    }
    for line in body.split_mut(|byte| b"\r\n".contains(byte)) {
        let equals = line.iter().position(|byte| *byte == b'=');
        let name = line[..equals.unwrap_or_default()].trim_ascii();
        match equals {
            Some(at) if name.eq_ignore_ascii_case(b"Signal") => star(&mut line[at + 1..]),
            Some(_) => {}
            None => star(line),
        }
    }
}

/// Where the first empty line ends.
fn body_of(message: &[u8]) -> Option<usize> {
    let ends = [&b"\r\n\r\n"[..], b"\n\n", b"\r\r"];
    let end = |end: &[u8]| memmem::find(message, end).map(|at| at + end.len());
    ends.into_iter().filter_map(end).min()
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
