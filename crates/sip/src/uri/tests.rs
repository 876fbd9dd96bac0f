use super::*;

fn sip(text: &str) -> SipUri {
    match Uri::parse(text) {
        Ok(Uri::Sip(uri)) => uri,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_is_parsed_prints_as_it_was() {
    for text in [
        "sip:a@[2001:db8::1]:5060",
        "sip:88005553535@192.0.2.1:5062;transport=tcp;lr",
        "sips:example.com",
        "sip:user;par=u%40example.net@example.com",
        "sip:sips%3Auser%40example.com@example.net",
        "tel:+7-999-000-00-01;phone-context=example.com",
        "soap.beep://192.0.2.103:3002",
        "urn:service:sos",
        "sip:a@b?Replaces=x%3Bto-tag%3D1",
    ] {
        assert_eq!(Uri::parse(text).map(|u| u.to_string()).as_deref(), Ok(text));
        assert_eq!(Uri::check(text), Ok(()));
    }
}

#[test]
fn parts_are_found() {
    let uri = sip("sip:+79990000001;phone-context=x:secret@Host.example:5070;user=phone");
    assert_eq!(uri.user.as_deref(), Some("+79990000001;phone-context=x"));
    assert_eq!(uri.password.as_deref(), Some("secret"));
    assert_eq!(
        (uri.port, uri.params.get("user")),
        (Some(5070), Some("phone"))
    );
    assert!(
        !uri.to_string().contains("secret"),
        "passwords do not spread"
    );
    assert_eq!(
        sip("sip:[::1]").socket_addr(),
        Some("[::1]:5060".parse().unwrap())
    );
    for (uri, port) in [
        ("sip:192.0.2.1;transport=TLS", 5061),
        ("sip:192.0.2.1;transport=tcp", 5060),
        ("sip:192.0.2.1:5070;transport=tls", 5070),
        ("sips:192.0.2.1", 5061),
    ] {
        let port = Some(([192, 0, 2, 1], port).into());
        assert_eq!(sip(uri).socket_addr(), port, "{uri}");
    }
}

#[test]
fn refused() {
    for text in [
        "",
        "sip:",
        "sip:@host",
        "sip:a@",
        "sip:a@b@c",
        "sip:a@b:99999",
        "sip:a@b:",
        "sip:a@[::1",
        "sip:a b@c",
        "<sip:a@b>",
        "sip:a@b;",
        "sip:a@b;;lr",
        "sip:%zz@b",
        "tel:",
        "nocolon",
        "1x:y",
        "sip:a@ж",
        "sip:a@b?",
    ] {
        assert!(Uri::parse(text).is_err(), "{text}");
        assert!(Uri::check(text).is_err(), "{text}");
    }
}

#[test]
fn comparison_follows_the_rfc() {
    let same = |a: &str, b: &str| sip(a).is_same(&sip(b));
    assert!(same(
        "sip:%61lice@atlanta.com;transport=TCP",
        "sip:alice@AtLanTa.CoM;Transport=tcp"
    ));
    assert!(same(
        "sip:carol@chicago.com",
        "sip:carol@chicago.com;newparam=5"
    ));
    assert!(!same("sip:ALICE@a.com", "sip:alice@a.com"));
    assert!(!same("sip:bob@b.com", "sip:bob@b.com:5060"));
    assert!(!same("sip:bob@b.com", "sip:bob@b.com;transport=udp"));
    assert!(!same("sip:c@c.com;newparam=5", "sip:c@c.com;newparam=6"));
}

#[test]
fn users_are_escaped_and_decoded() {
    assert_eq!(escape_user("a b@ж"), "a%20b%40%D0%B6");
    assert_eq!(unescape("a%20b%40%D0%B6"), "a b@ж");
    assert_eq!(unescape("100%"), "100%");
}
