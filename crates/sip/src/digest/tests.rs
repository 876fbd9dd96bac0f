use super::*;

const REALM: &str = "gudok.example";

fn nonces() -> Nonces {
    Nonces::new([7; 32], Duration::from_secs(300))
}

fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// A client that answers our challenge, and what the server says to it.
fn talk(server: &mut Nonces, header: &str, password: &str, count: u32, now: Duration) -> Verdict {
    let challenge = Challenge::parse(header).unwrap();
    let secret = ha1(challenge.algorithm, "ivanova", REALM, password);
    let uri = "sip:gudok.example";
    let answer = challenge.answer("ivanova", &secret, &Method::Register, uri, "c0ffee", count);
    let proof = Authorization::parse(&answer).unwrap();
    let stored = ha1(proof.algorithm, "ivanova", REALM, "secret");
    verify(server, &proof, &Method::Register, uri, &stored, now)
}

#[test]
fn the_example_of_the_rfc_holds() {
    // RFC 7616 §3.9.1.
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, wanted) in [
        (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (
            Algorithm::Sha256,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let ha1 = ha1(
            algorithm,
            "Mufasa",
            "http-auth@example.org",
            "Circle of Life",
        );
        let qop = ClientCount {
            cnonce: cnonce.into(),
            nc: "00000001".into(),
            count: 1,
        };
        let method = Method::Other("GET".into());
        let got = response(
            algorithm,
            &ha1,
            nonce,
            Some(&qop),
            &method,
            "/dir/index.html",
        );
        assert_eq!(got, wanted);
    }
}

#[test]
fn a_phone_registers_and_a_guesser_does_not() {
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        let mut server = nonces();
        let header = challenge(REALM, &server.issue(at(1), 0), algorithm, false);
        assert_eq!(
            talk(&mut server, &header, "guess", 1, at(2)),
            Verdict::Wrong
        );
        assert_eq!(
            talk(&mut server, &header, "secret", 1, at(2)),
            Verdict::Proved
        );
        assert_eq!(
            talk(&mut server, &header, "secret", 1, at(3)),
            Verdict::Stale,
            "replayed"
        );
        assert_eq!(
            talk(&mut server, &header, "secret", 2, at(3)),
            Verdict::Proved
        );
        assert_eq!(
            talk(&mut server, &header, "secret", 3, at(302)),
            Verdict::Stale,
            "too old"
        );
    }
}

#[test]
fn a_nonce_of_another_server_is_wrong() {
    let mut other = Nonces::new([8; 32], Duration::from_secs(300));
    let header = challenge(REALM, &other.issue(at(1), 0), Algorithm::Sha256, false);
    assert_eq!(
        talk(&mut nonces(), &header, "secret", 1, at(2)),
        Verdict::Wrong
    );
}

#[test]
fn a_proof_is_for_one_method_and_one_resource() {
    let mut server = nonces();
    let header = challenge(REALM, &server.issue(at(1), 0), Algorithm::Md5, false);
    let secret = ha1(Algorithm::Md5, "u", REALM, "p");
    let answer = Challenge::parse(&header).unwrap();
    let answer = answer.answer("u", &secret, &Method::Invite, "sip:100@x", "c", 1);
    let proof = Authorization::parse(&answer).unwrap();
    let mut say = |method, uri| verify(&mut server, &proof, &method, uri, &secret, at(1));
    assert_eq!(say(Method::Register, "sip:100@x"), Verdict::Wrong);
    assert_eq!(say(Method::Invite, "sip:101@x"), Verdict::Wrong);
    assert_eq!(
        say(Method::Invite, "sip:100@x:5060;transport=udp"),
        Verdict::Proved
    );
}

#[test]
fn without_qop_a_nonce_is_good_for_one_request() {
    let mut server = nonces();
    let nonce = server.issue(at(1), 0);
    let header = format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\"");
    assert_eq!(
        talk(&mut server, &header, "secret", 1, at(1)),
        Verdict::Proved
    );
    assert_eq!(
        talk(&mut server, &header, "secret", 1, at(1)),
        Verdict::Stale
    );
}

#[test]
fn what_we_send() {
    insta::assert_snapshot!(challenge("a\"b\r\n", "n", Algorithm::Sha256, true), @r#"Digest realm="ab", nonce="n", stale=true, qop="auth", algorithm=SHA-256"#);
    let challenge =
        Challenge::parse("digest  REALM=\"a, b\" , nonce=\"x\\\"y\",qop=\"auth-int,auth\"");
    let challenge = challenge.unwrap();
    insta::assert_snapshot!(challenge.answer("u", "ha1", &Method::Bye, "sip:x", "c", 31), @r#"Digest username="u", realm="a, b", nonce="x\"y", uri="sip:x", response="d26fc9c416c9db6533d5d40068b48897", algorithm=MD5, qop=auth, cnonce="c", nc=0000001f"#);
}

#[test]
fn what_is_not_understood() {
    let error = |value: &str| Authorization::parse(value).unwrap_err();
    assert_eq!(error("Basic abc"), DigestError::Scheme);
    assert_eq!(error("Digest"), DigestError::Scheme);
    assert_eq!(error("Digest x"), DigestError::Params);
    assert_eq!(
        error("Digest username=\"a\", username=\"b\""),
        DigestError::Params
    );
    assert_eq!(
        error("Digest username=\"a\""),
        DigestError::Missing("realm")
    );
    let full = "Digest username=a,realm=b,nonce=c,uri=d,response=e";
    assert_eq!(
        error(&format!("{full},qop=auth-int")),
        DigestError::Unsupported("qop")
    );
    assert_eq!(
        error(&format!("{full},qop=auth,nc=1,cnonce=x")),
        DigestError::Params
    );
    assert_eq!(
        error(&format!("{full},algorithm=MD5-sess")),
        DigestError::Unsupported("algorithm")
    );
    assert!(Authorization::parse(full).is_ok());
}
