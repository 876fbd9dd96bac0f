//! RFC 4475 §3.1.2 and §3.3.1, §3.3.8–9: what must not pass, and what of it can be answered.
use gudok_sip::parse::Malformed;

use crate::{refused, why};

/// A sound OPTIONS with one thing put in another's place.
fn options(from: &str, to: &str) -> String {
    const SOUND: &str = "
OPTIONS sip:user@example.com SIP/2.0
To: \"Mr. J. User\" <sip:j.user@example.com>
From: \"Caller\" <sip:caller@example.net>;tag=93334
Max-Forwards: 10
Call-ID: sound.aaskdfj3
Contact: <sip:caller@host59.example.net>
CSeq: 8 OPTIONS
Via: SIP/2.0/UDP 192.0.2.59:5050;branch=z9hG4bKkdjuw39234
Content-Length: 0

";
    assert!(SOUND.contains(from), "{from}");
    SOUND.replace(from, to)
}

#[test]
fn the_sound_one_passes() {
    crate::message(&options("Mr.", "Mr."));
}

/// §3.1.2.1 Extraneous header field separators.
#[test]
fn badinv01() {
    let via = options(":5050;branch=z9hG4bKkdjuw39234", ";;,;,,");
    assert_eq!(why(&via), Malformed::Value("Via"));
    let contact = options(
        "Contact: <sip:caller@host59.example.net>",
        "Contact: \"Joe\" <sip:joe@example.org>;;;;",
    );
    assert_eq!(why(&contact), Malformed::Value("Contact"));
    assert_eq!(
        refused(&contact).answerable().map(|headers| headers.len()),
        Some(5)
    );
}

/// §3.1.2.2 Content Length larger than message.
#[test]
fn clerr() {
    assert_eq!(
        why(&options("Content-Length: 0", "Content-Length: 9999")),
        Malformed::BodyShort
    );
}

/// §3.1.2.3 Negative Content-Length.
#[test]
fn ncl() {
    let error = refused(&options("Content-Length: 0", "Content-Length: -999"));
    assert_eq!(error.what, Malformed::Value("Content-Length"));
    assert!(error.answerable().is_some());
}

/// §3.1.2.4 Request scalar fields with overlarge values.
#[test]
fn scalar02() {
    let cseq = options("CSeq: 8 OPTIONS", "CSeq: 36893488147419103232 OPTIONS");
    assert_eq!(why(&cseq), Malformed::Value("CSeq"));
    assert_eq!(
        why(&options("Max-Forwards: 10", "Max-Forwards: 300")),
        Malformed::Value("Max-Forwards")
    );
}

/// §3.1.2.5 Response scalar fields with overlarge values.
#[test]
fn scalarlg() {
    let response = options(
        "OPTIONS sip:user@example.com SIP/2.0",
        "SIP/2.0 503 Service Unavailable",
    );
    let error = refused(&response.replace("CSeq: 8", "CSeq: 9292394834772304023312"));
    assert_eq!(
        (error.what, error.answerable()),
        (Malformed::Value("CSeq"), None)
    );
}

/// §3.1.2.6 Unterminated quoted string in display name.
#[test]
fn quotbal() {
    assert_eq!(
        why(&options("\"Mr. J. User\"", "\"Mr. J. User")),
        Malformed::Value("To")
    );
}

/// §3.1.2.7 <> enclosing Request-URI.
#[test]
fn ltgtruri() {
    let error = refused(&options(
        "OPTIONS sip:user@example.com",
        "OPTIONS <sip:user@example.com>",
    ));
    assert_eq!((error.what, error.status()), (Malformed::RequestUri, 400));
    assert!(error.answerable().is_some());
}

/// §3.1.2.8 Malformed SIP Request-URI (embedded LWS).
#[test]
fn lwsruri() {
    let lws = options(
        "OPTIONS sip:user@example.com",
        "OPTIONS sip:user@example.com; lr",
    );
    assert_eq!(why(&lws), Malformed::RequestUri);
}

/// §3.1.2.9 Multiple SP separating Request-Line elements.
#[test]
fn lwsstart() {
    let two = options(
        "OPTIONS sip:user@example.com SIP/2.0",
        "OPTIONS  sip:user@example.com  SIP/2.0",
    );
    assert_eq!(why(&two), Malformed::RequestUri);
}

/// §3.1.2.10 SP characters at end of Request-Line.
#[test]
fn trws() {
    let trailing = options("example.com SIP/2.0", "example.com SIP/2.0  ");
    assert_eq!(why(&trailing), Malformed::StartLine);
}

/// §3.1.2.11 Escaped headers in SIP Request-URI.
#[test]
fn escruri() {
    let escaped = options(
        "OPTIONS sip:user@example.com",
        "OPTIONS sip:user@example.com?Route=%3Csip:example.com%3E",
    );
    assert_eq!(why(&escaped), Malformed::RequestUri);
}

/// §3.1.2.13 Failure to enclose name-addr URI in <>.
#[test]
fn regbadct() {
    let bare = "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E";
    let text = options("Contact: <sip:caller@host59.example.net>", bare);
    assert_eq!(why(&text), Malformed::Value("Contact"));
}

/// §3.1.2.14 Spaces within addr-spec.
#[test]
fn badaspec() {
    let spaces = options("<sip:j.user@example.com>", "< sip:j.user@example.com >");
    assert_eq!(why(&spaces), Malformed::Value("To"));
}

/// §3.1.2.15 Non-token characters in display-name.
#[test]
fn baddn() {
    let comma = options("\"Caller\" <sip", "Bell, Alexander <sip");
    assert_eq!(why(&comma), Malformed::Value("From"));
}

/// §3.1.2.16 Unknown protocol version.
#[test]
fn badvers() {
    let error = refused(&options("example.com SIP/2.0", "example.com SIP/7.0"));
    assert_eq!((error.what, error.status()), (Malformed::Version, 505));
    assert!(error.answerable().is_some());
}

/// §3.1.2.17, §3.1.2.18 Start line and CSeq method mismatch.
#[test]
fn mismatch() {
    assert_eq!(
        why(&options("CSeq: 8 OPTIONS", "CSeq: 8 INVITE")),
        Malformed::MethodMismatch
    );
    let unknown = options("OPTIONS sip:", "NEWMETHOD sip:");
    let error = refused(&unknown);
    assert_eq!(
        (error.what, error.status()),
        (Malformed::UnknownMethod, 501)
    );
}

/// §3.1.2.19 Overlarge response code.
#[test]
fn bigcode() {
    for code in ["4294967301", "99", "700", "20", "2000", "-200", "+200"] {
        let status = format!("SIP/2.0 {code} better not break the receiver");
        let error = refused(&options("OPTIONS sip:user@example.com SIP/2.0", &status));
        assert_eq!(
            (error.what, error.answerable()),
            (Malformed::StartLine, None),
            "{code}"
        );
    }
}

/// §3.3.1 Missing required header fields.
#[test]
fn insuf() {
    for (name, line) in [
        (
            "Via",
            "Via: SIP/2.0/UDP 192.0.2.59:5050;branch=z9hG4bKkdjuw39234\n",
        ),
        (
            "From",
            "From: \"Caller\" <sip:caller@example.net>;tag=93334\n",
        ),
        ("To", "To: \"Mr. J. User\" <sip:j.user@example.com>\n"),
        ("Call-ID", "Call-ID: sound.aaskdfj3\n"),
        ("CSeq", "CSeq: 8 OPTIONS\n"),
    ] {
        let error = refused(&options(line, ""));
        assert_eq!(error.what, Malformed::Missing(name));
        // Nothing is matched by From and To: without them it can still be answered, as the RFC would have it.
        let can = matches!(name, "From" | "To");
        assert_eq!(error.answerable().is_some(), can, "without {name}");
    }
}

/// §3.3.8 Multiple values in single-value required fields.
#[test]
fn multi01() {
    for (name, line) in [
        ("CSeq", "CSeq: 5 OPTIONS"),
        ("Call-ID", "i: other"),
        ("To", "t: sip:other@example.com"),
        ("From", "f: sip:other@example.com;tag=3"),
        ("Max-Forwards", "Max-Forwards: 5"),
    ] {
        let error = refused(&options(
            "Content-Length: 0",
            &format!("{line}\nContent-Length: 0"),
        ));
        assert_eq!(error.what, Malformed::Twice(name));
        let answer = error
            .answerable()
            .expect("the first of each can be sent back");
        assert_eq!(
            answer.get("From"),
            Some("\"Caller\" <sip:caller@example.net>;tag=93334")
        );
    }
}

/// §3.3.9 Multiple Content-Length values.
#[test]
fn mcl01() {
    let two = options("Content-Length: 0", "Content-Length: 5\nContent-Length: 0");
    assert_eq!(why(&two), Malformed::Twice("Content-Length"));
}
