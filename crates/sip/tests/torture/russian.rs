//! What trunks of Russian carriers and the PBXs behind them really send.
use gudok_sip::identity::{Presentation, Settings, extract};
use gudok_sip::uri::Uri;

use crate::request;

/// Compact names, `tel:` in every place, IPv6, and names in UTF-8.
pub(crate) const COMPACT: &str = "
INVITE tel:+78000000001 SIP/2.0
v: SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKa;rport
f: \"Мария Ивановна\" <tel:+79990000001>;tag=1
t: <tel:88000000001;phone-context=+7>
i: compact@sbc
m: <sip:+79990000001@[2001:db8::1]:5060>
CSeq: 1 INVITE
Max-Forwards: 70
k: 100rel, timer
c: application/sdp
l: @LEN@

v=0
";

#[test]
fn compact_names_tel_and_ipv6() {
    let request = request(COMPACT);
    let names: Vec<_> = request.headers.iter().map(|(name, _)| name).collect();
    assert_eq!(names[..5], ["Via", "From", "To", "Call-ID", "Contact"]);
    assert_eq!(
        request.headers.list("Supported").collect::<Vec<_>>(),
        ["100rel", "timer"]
    );
    let contact = request.headers.contact().unwrap();
    let address = contact.uri.as_sip().and_then(|uri| uri.socket_addr());
    assert_eq!(address, Some("[2001:db8::1]:5060".parse().unwrap()));
    let who = extract(&request, &Settings::default());
    assert_eq!(who.caller_raw, "+79990000001");
    assert_eq!(who.caller_display.as_deref(), Some("Мария Ивановна"));
    assert_eq!(who.dialled_raw, "+78000000001");
}

/// A display name in CP1251, which other stacks lose the call over.
const CP1251: &str = r#"
INVITE sip:4990000001@gudok.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb
From: "\xC8\xE2\xE0\xED\xEE\xE2\xE0" <sip:89990000001@192.0.2.1;user=phone>;tag=1
To: <sip:4990000001@gudok.example>
Call-ID: cp1251
CSeq: 2 INVITE
Subject: \xC7\xE0\xEA\xE0\xE7 \xB9 5
Organization: \xCE\xCE\xCE
Content-Length: 0

"#;

#[test]
fn cp1251_in_any_header() {
    let request = request(CP1251);
    assert_eq!(
        request.headers.from().unwrap().display.as_deref(),
        Some("Иванова")
    );
    assert_eq!(request.headers.get("Subject"), Some("Заказ № 5"));
    assert_eq!(
        request.headers.get("Organization"),
        Some("ООО"),
        "and none after it is lost"
    );
}

/// A PBX that puts a person's name where the number belongs, as it is written: the call is worth more than the grammar.
const NAMED: &str = "
INVITE sip:4990000001@gudok.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKn
From: <sip:@NAME@@192.0.2.1>;tag=1
To: <sip:4990000001@gudok.example>
Call-ID: named
CSeq: 2 INVITE
Content-Length: 0

";

#[test]
fn a_name_for_a_number_is_no_number_and_no_error() {
    for name in ["Иванова", r"\xC8\xE2\xE0\xED\xEE\xE2\xE0"] {
        let request = request(&NAMED.replace("@NAME@", name));
        let who = extract(&request, &Settings::default());
        assert_eq!(who.caller_raw, "Иванова");
    }
}

/// The carrier's line number in From, the caller in the asserted identity, withheld.
const WITHHELD: &str = "
INVITE sip:4990000001@gudok.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKc
From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1
To: <sip:88000000001@gudok.example>
Call-ID: withheld
CSeq: 2 INVITE
P-Asserted-Identity: <sip:+79990000001@carrier.example;user=phone>
Privacy: id
Diversion: <sip:88000000001@carrier.example>;reason=unconditional;counter=1
Content-Length: 0

";

#[test]
fn a_withheld_number_is_told_apart() {
    let who = extract(&request(WITHHELD), &Settings::default());
    assert_eq!(
        (who.caller_raw.as_str(), who.presentation),
        ("+79990000001", Presentation::Restricted)
    );
    assert_eq!(who.caller_display, None);
}

#[test]
fn sloppy_but_clear() {
    // No space before the bracket, an unquoted Cyrillic name with points, raw `#` and `*` in the user.
    let text = COMPACT
        .replace(
            "\"Мария Ивановна\" <tel:+79990000001>",
            "ИП Иванова М.И.<sip:*72#1@pbx.local>",
        )
        .replace(
            "tel:+78000000001 SIP",
            "sip:8(800)000-00-01@pbx_1.local SIP",
        );
    let request = request(&text);
    assert_eq!(
        request.headers.from().unwrap().display.as_deref(),
        Some("ИП Иванова М.И.")
    );
    let uri = Uri::parse(&request.uri).unwrap();
    assert_eq!(uri.user_text().as_deref(), Some("8(800)000-00-01"));
}
