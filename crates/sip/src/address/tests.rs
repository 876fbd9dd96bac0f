use super::*;

#[test]
fn name_addrs_of_all_shapes() {
    let addr = NameAddr::parse("\"J \\\"R\\\" <x>\"  <sip:j@x.com;lr> ; tag = 9a ;q=0.1").unwrap();
    assert_eq!(addr.display.as_deref(), Some("J \"R\" <x>"));
    assert_eq!((addr.tag(), addr.uri.param("lr")), (Some("9a"), Some("")));
    assert_eq!(
        addr.to_string(),
        "\"J \\\"R\\\" <x>\" <sip:j@x.com;lr>;tag=9a;q=0.1"
    );

    let bare = NameAddr::parse("sip:j@x.com;tag=1").unwrap();
    assert_eq!((bare.tag(), bare.uri.param("tag")), (Some("1"), None));

    let words = NameAddr::parse("Иванов И. (дом) <tel:+79990000001>").unwrap();
    assert_eq!(words.display.as_deref(), Some("Иванов И. (дом)"));
    assert_eq!(NameAddr::parse("\"\" <sip:a@b>").unwrap().display, None);
}

#[test]
fn malformed_name_addrs() {
    for value in [
        "\"Mr. J. User <sip:j@example.com>",
        "< sip:a@b >",
        "<sip:a@b",
        "sip:a@b?Route=%3Csip:c%3E",
        "Bell, Alexander <sip:a@b>;tag=43",
        "<sip:a@b>;;",
        "<sip:a@b> x",
        "\"Joe\" <sip:j@x>;;;;",
        "",
        "sip:a@b;",
    ] {
        assert!(NameAddr::parse(value).is_err(), "{value}");
        assert!(RawNameAddr::check(value).is_err(), "{value}");
    }
}

#[test]
fn via_with_spaces_is_read_and_stamped() {
    let mut via =
        Via::parse("SIP  /   2.0 /UDP     192.0.2.2 : 5070 ;branch=z9hG4bK1;rport").unwrap();
    assert_eq!((via.transport.as_str(), via.port), ("UDP", Some(5070)));
    assert_eq!((via.branch(), via.rport()), (Some("z9hG4bK1"), Some(None)));
    via.stamp("198.51.100.7:1024".parse().unwrap());
    assert_eq!(
        via.to_string(),
        "SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bK1;rport=1024;received=198.51.100.7"
    );
    assert_eq!(via.rport(), Some(Some(1024)));
    assert_eq!(via.received(), Some("198.51.100.7".parse().unwrap()));
}

#[test]
fn malformed_vias() {
    for value in [
        "SIP/2.0/UDP 192.0.2.15;;,;,,",
        "SIP/7.0/UDP x",
        "SIP/2.0/UDP",
        "SIP/2.0 x",
        "SIP/2.0/UDP x:99999",
        "SIP/2.0/UDP [::1",
        "SIP/2.0/UDP x;",
        "",
    ] {
        assert!(Via::parse(value).is_err(), "{value}");
        assert!(RawVia::check(value).is_err(), "{value}");
    }
}

#[test]
fn cseq_is_below_two_to_the_31() {
    assert_eq!(
        CSeq::parse("0009   INVITE").unwrap().to_string(),
        "9 INVITE"
    );
    assert!(CSeq::parse("2147483647 ACK").is_ok());
    for value in [
        "2147483648 ACK",
        "36893488147419103232 REGISTER",
        "-1 ACK",
        "1",
        "ACK 1",
        "1 A B",
    ] {
        assert_eq!(CSeq::parse(value), Err(AddressError::CSeq), "{value}");
    }
}

#[test]
fn getters() {
    let mut headers = Headers::new();
    headers.push("Via", "SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2");
    headers.push("From", "<sip:a@b;tag=no>;tag=yes");
    headers.push("To", "sip:a@b");
    headers.push("Expires", "99999999999999");
    assert_eq!(headers.top_branch(), Some("1"));
    assert_eq!((headers.from_tag(), headers.to_tag()), (Some("yes"), None));
    assert_eq!(headers.expires(), Some(u32::MAX));
}
