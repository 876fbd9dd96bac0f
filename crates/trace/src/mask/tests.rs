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

/// A random number by which a call is found in all logs stays whole, where it is one.
#[test]
fn a_session_id_is_shown_whole() {
    let id = "ab30317f1a784dc0123456789123d86a";
    for (said, seen) in [
        (
            format!("Session-ID: {id};remote={id}"),
            format!("Session-ID: {id};remote={id}"),
        ),
        (format!("Session-ID : {id}"), format!("Session-ID : {id}")),
        (
            format!("Session-ID: {id};to=79990007788"),
            "Session-ID: ab30317f1a784dc0123•••9123d86a;to=7999•••7788".to_owned(),
        ),
        (
            "Session-ID: 79990007788".to_owned(),
            "Session-ID: 7999•••7788".to_owned(),
        ),
    ] {
        assert_eq!(shown(said.as_bytes()), seen + "\n");
    }
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
