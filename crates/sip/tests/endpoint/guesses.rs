//! Who proves that they are a phone of ours, and who only guesses.
use insta::assert_snapshot;

use crate::bench::{Bench, udp};
use crate::phone::{PASSWORD, Phone, bench, credential};
use gudok_sip::Method;
use gudok_sip::digest::{Algorithm, Challenge};
use gudok_sip::endpoint::{Command, Credential};

#[test]
fn a_stranger_and_an_operator_get_the_same_answer() {
    let mut bench = bench();
    let mut answers = Vec::new();
    for user in ["op7", "op8", "nobody"] {
        let mut phone = Phone {
            user,
            ..Phone::new("198.51.100.7:5060")
        };
        phone.password = "wrong";
        phone.sign_in(&mut bench, "600");
        let response = bench.last_response();
        let names: Vec<String> = response
            .headers
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        answers.push((response.status, names));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_snapshot!(bench.log(), @r"
        0 < REGISTER 1
        0 > 401 REGISTER 1
        0 < REGISTER 2
        0 ! Refusal bad_digest
        0 > 401 REGISTER 2
        0 < REGISTER 1
        0 > 401 REGISTER 1
        0 < REGISTER 2
        0 ! Refusal bad_digest
        0 > 401 REGISTER 2
        0 < REGISTER 1
        0 > 401 REGISTER 1
        0 < REGISTER 2
        0 ! Refusal bad_digest
        0 > 401 REGISTER 2
        ");
}

#[test]
fn md5_is_for_those_who_may() {
    let mut bench = bench();
    let mut phone = Phone::new("198.51.100.7:5060");
    phone.algorithm = Algorithm::Md5;
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 401);
    let mut phone = Phone {
        user: "op8",
        contact: "<sip:op8@198.51.100.7>".into(),
        ..phone
    };
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn where_all_use_md5_nothing_else_is_offered() {
    let mut bench = Bench::new();
    let only_md5 = Credential {
        ha1_sha256: None,
        ..credential("op7", true)
    };
    bench.say(Command::Credentials(vec![only_md5]));
    let mut phone = Phone::new("198.51.100.7:5060");
    let first = phone.register("600");
    bench.hear_on(phone.flow, first);
    let offered: Vec<_> = bench
        .last_response()
        .headers
        .all("WWW-Authenticate")
        .map(|value| Challenge::parse(value).unwrap().algorithm)
        .collect();
    assert_eq!(offered, [Algorithm::Md5]);
    phone.algorithm = Algorithm::Md5;
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn a_proof_is_good_once_and_a_repetition_is_no_replay() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    let repeated = {
        phone.cseq -= 1;
        phone.register("600")
    };
    bench.hear_on(phone.flow, repeated);
    assert_eq!(bench.last_response().status, 200);
    let replayed = phone.register("600");
    bench.hear_on(phone.flow, replayed);
    let refusal = bench.last_response();
    assert_eq!(refusal.status, 401);
    assert!(
        refusal
            .headers
            .get("WWW-Authenticate")
            .unwrap()
            .contains("stale=true")
    );
}

#[test]
fn an_old_nonce_is_stale() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    let first = phone.register("600");
    bench.hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    phone.prove(&refusal, &Method::Register, "sip:gudok.example");
    let late = phone.register("600");
    bench.at(301_000).hear_on(phone.flow, late);
    let refusal = bench.last_response();
    assert!(
        refusal
            .headers
            .get("WWW-Authenticate")
            .unwrap()
            .contains("stale=true")
    );
}

#[test]
fn a_password_cannot_be_guessed() {
    let mut bench = bench();
    let mut thief = Phone::new("203.0.113.66:5060");
    thief.password = "guess";
    for _ in 0..12 {
        thief.sign_in(&mut bench, "600");
    }
    let log = bench.log();
    assert_eq!(log.matches("bad_digest").count(), 10);
    assert!(log.ends_with("! Refusal banned\n"));
    // The operator at home is not touched, and forged failures in its name cannot touch it.
    let mut phone = Phone::new("198.51.100.7:5060");
    for _ in 0..20 {
        thief.flow = phone.flow;
        let mut forged = thief.clone();
        forged.proof = forged.proof.replace("nonce=\"", "nonce=\"0");
        let forged = forged.register("600");
        bench.hear_on(phone.flow, forged);
    }
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn a_challenge_received_elsewhere_locks_no_phone_out() {
    let mut bench = bench();
    let mut phone = Phone::new("198.51.100.7:5060");
    // The thief has a nonce of ours, and writes the phone's address into its datagrams.
    let mut thief = Phone::new("203.0.113.66:5060");
    thief.password = "guess";
    let first = thief.register("600");
    bench.hear_on(thief.flow, first);
    let refusal = bench.last_response().clone();
    thief.prove(&refusal, &Method::Register, "sip:gudok.example");
    for _ in 0..20 {
        let forged = thief.register("600");
        bench.hear_on(phone.flow, forged);
    }
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

/// A nonce says where our challenge went: from anywhere else nothing is judged, neither wrong passwords nor right ones.
#[test]
fn a_password_cannot_be_guessed_with_a_challenge_received_elsewhere() {
    let mut bench = bench();
    let mut thief = Phone::new("203.0.113.66:5060");
    let first = thief.register("600");
    bench.hear_on(thief.flow, first);
    let received_elsewhere = bench.last_response().clone();
    thief.flow = udp("203.0.113.200:5060");
    thief.password = PASSWORD;
    thief.prove(&received_elsewhere, &Method::Register, "sip:gudok.example");
    let lucky = thief.register("600");
    bench.log();
    bench.hear_on(thief.flow, lucky);
    let anew = bench.last_response().clone();
    assert_eq!(anew.status, 401, "not even the right one");
    let value = anew.headers.get("WWW-Authenticate").unwrap();
    assert!(value.contains("stale=true"), "{value}");
    let log = bench.log();
    assert!(
        log.contains("foreign_nonce") && !log.contains("Registered"),
        "{log}"
    );
    // The phone that has moved answers the challenge it gets there.
    thief.prove(&anew, &Method::Register, "sip:gudok.example");
    let moved = thief.register("600");
    bench.hear_on(thief.flow, moved);
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn one_misconfigured_phone_does_not_close_out_its_office_on_ipv6() {
    let mut bench = bench();
    let mut phone = Phone::new("[2001:db8::7]:5060");
    phone.sign_in(&mut bench, "600");
    let mut wrong = Phone {
        user: "op8",
        password: "old password",
        call: "wrong",
        ..Phone::new("[2001:db8::8]:5060")
    };
    for _ in 0..20 {
        wrong.sign_in(&mut bench, "600");
    }
    assert!(bench.log().ends_with("! Refusal banned\n"), "of that user");
    let mut third = Phone::new("[2001:db8::9]:5060");
    third.call = "third";
    third.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn a_nonce_that_comes_back_shows_that_its_sender_is_where_it_says() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    let first = phone.register("600");
    bench.hear_on(phone.flow, &first);
    let refusal = bench.last_response().clone();
    phone.prove(&refusal, &Method::Register, "sip:gudok.example");
    let second = phone.register("600");
    let from = phone.flow.remote.ip();
    let elsewhere = udp("198.51.100.8:5060").remote.ip();
    assert!(!bench.sip.brings_our_nonce(from, first.as_bytes()));
    assert!(bench.sip.brings_our_nonce(from, second.as_bytes()));
    assert!(!bench.sip.brings_our_nonce(elsewhere, second.as_bytes()));
    // The client's own nonce is none of ours, wherever it stands.
    let turned = second.replace("nonce=\"", "cnonce=\"");
    assert!(!bench.sip.brings_our_nonce(from, turned.as_bytes()));
}
