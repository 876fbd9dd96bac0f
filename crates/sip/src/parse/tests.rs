use super::*;

const BASE: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\n\
                    To: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n";

fn with(more: &str) -> Result<Message, ParseError> {
    parse(format!("{BASE}{more}").as_bytes())
}

fn what(more: &str) -> Malformed {
    with(more).unwrap_err().what
}

#[test]
fn the_body_is_what_content_length_says() {
    let body = |more| match with(more) {
        Ok(Message::Request(request)) => request.body,
        other => panic!("{other:?}"),
    };
    assert_eq!(body("\r\nrest"), b"rest");
    assert_eq!(body("l: 2\r\n\r\nrest"), b"re");
    assert_eq!(body("Content-Length:\r\n  04\r\n\r\nrest"), b"rest");
    assert_eq!(what("l: 5\r\n\r\nrest"), Malformed::BodyShort);
    for garbage in [
        "-1",
        "+4",
        "4x",
        "",
        "99999999999999999999",
        "4, 4",
        "65536",
    ] {
        let more = format!("Content-Length: {garbage}\r\n\r\nrest");
        assert_eq!(what(&more), Malformed::Value("Content-Length"), "{garbage}");
    }
    let twice = "Content-Length: 4\r\nl : 2\r\n\r\nrest";
    assert_eq!(what(twice), Malformed::Twice("Content-Length"));
}

#[test]
fn nothing_is_smuggled_past_us() {
    assert_eq!(what("Subject: a\nX: b\r\n\r\n"), Malformed::Control);
    assert_eq!(what("Subject: a\rX: b\r\n\r\n"), Malformed::Control);
    assert_eq!(what("Subject: a\0\r\n\r\n"), Malformed::Control);
    assert_eq!(what("Subject: a\\\r\r\n\r\n"), Malformed::Control);
    assert_eq!(what("no colon\r\n\r\n"), Malformed::HeaderLine);
    assert_eq!(what("a b: c\r\n\r\n"), Malformed::HeaderLine);
    assert_eq!(what(": c\r\n\r\n"), Malformed::HeaderLine);
    assert_eq!(what("Subject: x\r\n"), Malformed::Unfinished);
    assert_eq!(what("f: <sip:x@y>;tag=2\r\n\r\n"), Malformed::Twice("From"));
}

#[test]
fn limits_hold() {
    assert_eq!(
        what(&("X-A: y\r\n".repeat(HEADERS_MAX) + "\r\n")),
        Malformed::TooMany
    );
    assert_eq!(
        what(&format!("X-A: {}\r\n\r\n", "y".repeat(LINE_MAX))),
        Malformed::LineTooLong
    );
    let folded = format!("X-A: y\r\n{}\r\n", " zzzzzzz\r\n".repeat(LINE_MAX / 8));
    assert_eq!(what(&folded), Malformed::LineTooLong);
    assert_eq!(
        what(&("v: SIP/2.0/UDP h\r\n".repeat(VIA_MAX) + "\r\n")),
        Malformed::TooMany
    );
    let long = vec![b' '; MESSAGE_MAX + 1];
    assert_eq!(parse(&long).unwrap_err().what, Malformed::TooLong);
}

#[test]
fn keep_alives_are_told_from_garbage() {
    for bytes in [&b""[..], b"\r\n", b"\r\n\r\n"] {
        assert_eq!(parse(bytes).unwrap_err().what, Malformed::KeepAlive);
    }
    for bytes in [&b"\0\0\0\0"[..], b"x", b"\r\n\r\nx", b"\n", b"\r"] {
        assert_ne!(parse(bytes).unwrap_err().what, Malformed::KeepAlive);
    }
}

#[test]
fn a_refused_request_can_be_answered() {
    let error = with("Content-Length: -1\r\n\r\n").unwrap_err();
    let headers = error.answerable().expect("all five could be read");
    assert_eq!(headers.len(), 5);
    assert_eq!((headers.call_id(), error.status()), (Some("x"), 400));
    assert_eq!(error.to_string(), "byte 128: malformed Content-Length");

    let version = parse(with_version("SIP/7.0").as_bytes()).unwrap_err();
    assert_eq!(
        (version.status(), version.answerable().is_some()),
        (505, true)
    );
    let ack = BASE.replace("OPTIONS", "ACK") + "Content-Length: -1\r\n\r\n";
    assert_eq!(parse(ack.as_bytes()).unwrap_err().answerable(), None);
    assert_eq!(parse(b"garbage\r\n\r\n").unwrap_err().answerable(), None);
}

fn with_version(version: &str) -> String {
    BASE.replacen("SIP/2.0", version, 1) + "\r\n"
}
