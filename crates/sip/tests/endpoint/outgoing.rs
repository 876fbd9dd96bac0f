//! Calls of ours: to a trunk and to the phones of an operator.
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, CONTACT, Peer, answer, ms, trunk, udp};
use gudok_sip::digest::Login;
use gudok_sip::endpoint::{Command, Event, Patience, Probe, Reached, Session, Target};
use gudok_sip::parse::parse;
use gudok_sip::{Message, Request};

/// The trunk answers the last request of this method.
fn reply(bench: &mut Bench, method: &str, status: u16, tag: &str, body: &str) {
    let request = bench.last_request(method).clone();
    bench.hear(answer(&request, status, tag, CONTACT, body));
}

fn header<'a>(request: &'a Request, name: &'a str) -> Vec<&'a str> {
    request.headers.all(name).collect()
}

#[test]
fn a_call_rings_is_answered_and_hung_up_by_us() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    bench.at(600);
    reply(&mut bench, "INVITE", 100, "", "");
    bench.at(2000);
    reply(&mut bench, "INVITE", 180, "t", "");
    bench.at(3000);
    reply(&mut bench, "INVITE", 180, "t", "");
    reply(&mut bench, "INVITE", 183, "t", ANSWER);
    bench.at(4000);
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    bench.at(4500);
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    bench.at(9000).end(session);
    bench.at(9020);
    reply(&mut bench, "BYE", 200, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
           0 > INVITE 1
         500 > INVITE 1
         600 < 100 INVITE 1
        2000 < 180 INVITE 1
        2000 ! Progress 1 180
        3000 < 180 INVITE 1
        3000 < 183 INVITE 1
        3000 ! Progress 1 183 with sdp
        4000 < 200 INVITE 1
        4000 > ACK 1
        4000 ! Accepted 1
        4500 < 200 INVITE 1
        4500 > ACK 1
        9000 ! Ended 1 Us
        9000 > BYE 2
        9020 < 200 BYE 2
        ");
}

#[test]
fn the_invite_carries_what_was_asked_and_nothing_forged() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    let invite = bench.last_request("INVITE");
    assert_eq!(invite.uri, "sip:+79990000002@10.0.0.9");
    assert_eq!(header(invite, "X-Call-Id"), ["c1"]);
    assert_eq!(header(invite, "Via").len(), 1);
    assert_eq!(header(invite, "Contact"), ["<sip:gudok@192.0.2.1:5060>"]);
    assert_eq!(header(invite, "To"), ["<sip:+79990000002@10.0.0.9>"]);
    let from = invite.headers.from().unwrap();
    assert_eq!(from.display.as_deref(), Some("Caller \"One\""));
    assert_eq!(from.tag().unwrap().len(), 32);
    assert!(invite.headers.get("Require").is_none());
    assert_eq!(bench.last_flow(), trunk());
}

#[test]
fn nobody_answers() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
            0 > INVITE 1
          500 > INVITE 1
         1500 > INVITE 1
         3500 > INVITE 1
         7500 > INVITE 1
        15500 > INVITE 1
        31500 > INVITE 1
        32000 ! Refused 1 408 Request Timeout
        ");
}

#[test]
fn it_rings_too_long() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    reply(&mut bench, "INVITE", 180, "t", "");
    bench.at(180_100);
    reply(&mut bench, "CANCEL", 200, "t", "");
    reply(&mut bench, "INVITE", 487, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
             0 > INVITE 1
             0 < 180 INVITE 1
             0 ! Progress 1 180
        180000 > CANCEL 1
        180000 ! Refused 1 408 Request Timeout
        180100 < 200 CANCEL 1
        180100 < 487 INVITE 1
        180100 > ACK 1
        ");
}

#[test]
fn the_line_is_busy() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    reply(&mut bench, "INVITE", 486, "t", "");
    bench.at(500);
    reply(&mut bench, "INVITE", 486, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 > INVITE 1
          0 < 486 INVITE 1
          0 > ACK 1
          0 ! Refused 1 486 Phrase
        500 < 486 INVITE 1
        500 > ACK 1
        ");
}

#[test]
fn a_ringing_call_is_cancelled() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    reply(&mut bench, "INVITE", 180, "t", "");
    bench.at(1000).say(Command::End {
        session,
        reason: Some("SIP;cause=200".into()),
    });
    let (invite, cancel) = (bench.last_request("INVITE"), bench.last_request("CANCEL"));
    assert_eq!(header(cancel, "Via"), header(invite, "Via"));
    assert_eq!(header(cancel, "Reason"), ["SIP;cause=200"]);
    assert_eq!(cancel.uri, invite.uri);
    reply(&mut bench, "CANCEL", 200, "t", "");
    reply(&mut bench, "INVITE", 487, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
           0 > INVITE 1
           0 < 180 INVITE 1
           0 ! Progress 1 180
        1000 > CANCEL 1
        1000 ! Refused 1 487 Request Terminated
        1000 < 200 CANCEL 1
        1000 < 487 INVITE 1
        1000 > ACK 1
        ");
}

#[test]
fn a_cancel_waits_for_a_provisional() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    bench.at(100).end(session);
    bench.at(700);
    reply(&mut bench, "INVITE", 100, "", "");
    bench.at(720);
    reply(&mut bench, "CANCEL", 200, "t", "");
    reply(&mut bench, "INVITE", 487, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 > INVITE 1
        100 ! Refused 1 487 Request Terminated
        500 > INVITE 1
        700 < 100 INVITE 1
        700 > CANCEL 1
        720 < 200 CANCEL 1
        720 < 487 INVITE 1
        720 > ACK 1
        ");
}

#[test]
fn a_cancel_crosses_the_answer() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    reply(&mut bench, "INVITE", 180, "t", "");
    bench.at(1000).end(session);
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    reply(&mut bench, "CANCEL", 481, "t", "");
    bench.at(1500);
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    reply(&mut bench, "BYE", 200, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
           0 > INVITE 1
           0 < 180 INVITE 1
           0 ! Progress 1 180
        1000 > CANCEL 1
        1000 ! Refused 1 487 Request Terminated
        1000 < 200 INVITE 1
        1000 > ACK 1
        1000 > BYE 2
        1000 < 481 CANCEL 1
        1500 > BYE 2
        1500 < 200 INVITE 1
        1500 > ACK 1
        1500 < 200 BYE 2
        ");
}

#[test]
fn every_extra_answer_of_a_fork_is_acknowledged_and_hung_up() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    reply(&mut bench, "INVITE", 180, "t1", "");
    reply(&mut bench, "INVITE", 180, "t2", "");
    let invite = bench.last_request("INVITE").clone();
    bench
        .at(1000)
        .hear(answer(&invite, 200, "t1", CONTACT, ANSWER));
    bench
        .at(1010)
        .hear(answer(&invite, 200, "t2", CONTACT, ANSWER));
    let bye = bench.last_request("BYE").clone();
    assert_eq!(bye.headers.to_tag(), Some("t2"));
    bench.hear(answer(&bye, 200, "t2", "", ""));
    bench
        .at(1510)
        .hear(answer(&invite, 200, "t2", CONTACT, ANSWER));
    assert_eq!(bench.last_request("ACK").headers.to_tag(), Some("t2"));
    bench.at(2000).end(session);
    assert_eq!(bench.last_request("BYE").headers.to_tag(), Some("t1"));
    reply(&mut bench, "BYE", 200, "t1", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
           0 > INVITE 1
           0 < 180 INVITE 1
           0 ! Progress 1 180
           0 < 180 INVITE 1
        1000 < 200 INVITE 1
        1000 > ACK 1
        1000 ! Accepted 1
        1010 < 200 INVITE 1
        1010 > ACK 1
        1010 > BYE 2
        1010 < 200 BYE 2
        1510 < 200 INVITE 1
        1510 > ACK 1
        2000 ! Ended 1 Us
        2000 > BYE 2
        2000 < 200 BYE 2
        ");
}

#[test]
fn an_answer_without_sdp_takes_that_of_the_early_media() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    reply(&mut bench, "INVITE", 183, "t", ANSWER);
    reply(&mut bench, "INVITE", 200, "t", "");
    bench.end(session);
    reply(&mut bench, "BYE", 200, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 1
        0 < 183 INVITE 1
        0 ! Progress 1 183 with sdp
        0 < 200 INVITE 1
        0 > ACK 1
        0 ! Accepted 1
        0 ! Ended 1 Us
        0 > BYE 2
        0 < 200 BYE 2
        ");
}

#[test]
fn an_answer_without_any_sdp_is_no_answer() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    reply(&mut bench, "INVITE", 200, "t", "");
    reply(&mut bench, "BYE", 200, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 1
        0 < 200 INVITE 1
        0 > ACK 1
        0 > BYE 2
        0 ! Refused 1 488 Answer Without SDP
        0 < 200 BYE 2
        ");
}

#[test]
fn routes_are_followed_in_reverse() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    let extra =
        "Record-Route: <sip:10.0.0.2;lr>, <sip:10.0.0.3;lr>\r\nContact: <sip:x@10.9.9.9>\r\n";
    bench.hear(answer(&invite, 200, "t", extra, ANSWER));
    let routes = ["<sip:10.0.0.3;lr>", "<sip:10.0.0.2;lr>"];
    let ack = bench.last_request("ACK").clone();
    assert_eq!(header(&ack, "Route"), routes);
    assert_eq!(ack.uri, "sip:x@10.9.9.9");
    assert_eq!(bench.last_flow(), udp("10.0.0.3:5060"));
    bench.end(session);
    assert_eq!(header(bench.last_request("BYE"), "Route"), routes);
    assert_eq!(bench.last_flow(), udp("10.0.0.3:5060"));
}

fn credential() -> Login {
    Login::new("line7", Some("north.example"), "secret")
}

fn dial_with_password(bench: &mut Bench) {
    let target = Target::Address {
        uri: "sip:+79990000002@10.0.0.9".into(),
        flow: trunk(),
    };
    bench.dial(target, Some(credential()));
}

const ASK: &str = "Proxy-Authenticate: Digest realm=\"north.example\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\nProxy-Authenticate: Digest realm=\"north.example\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"\r\n";

#[test]
fn a_challenge_is_answered_once_with_the_strongest_hash() {
    let mut bench = Bench::new();
    dial_with_password(&mut bench);
    let first = bench.last_request("INVITE").clone();
    bench.hear(answer(&first, 407, "t", ASK, ""));
    let second = bench.last_request("INVITE").clone();
    let proof = second.headers.get("Proxy-Authorization").unwrap();
    assert!(
        proof.contains("SHA-256") && proof.contains("nonce=\"n2\""),
        "{proof}"
    );
    assert_eq!(second.headers.cseq().unwrap().number, 2);
    assert_eq!(second.headers.call_id(), first.headers.call_id());
    assert_ne!(second.headers.top_branch(), first.headers.top_branch());
    bench.at(50).hear(answer(&second, 407, "u", ASK, ""));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
         0 > INVITE 1
         0 < 407 INVITE 1
         0 > ACK 1
         0 > INVITE 2
        50 < 407 INVITE 2
        50 > ACK 2
        50 ! Refused 1 407 Phrase
        ");
}

#[test]
fn a_stale_nonce_may_be_asked_for_again_but_not_for_ever() {
    let mut bench = Bench::new();
    dial_with_password(&mut bench);
    let stale = ASK.replace("qop", "stale=true, qop");
    for tag in ["t", "u", "v"] {
        let invite = bench.last_request("INVITE").clone();
        bench.hear(answer(&invite, 407, tag, &stale, ""));
    }
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 1
        0 < 407 INVITE 1
        0 > ACK 1
        0 > INVITE 2
        0 < 407 INVITE 2
        0 > ACK 2
        0 > INVITE 3
        0 < 407 INVITE 3
        0 > ACK 3
        0 ! Refused 1 407 Phrase
        ");
}

/// Whoever can put a challenge in our way learns nothing of a password by naming another realm (ES2021-05).
#[test]
fn a_challenge_of_another_realm_is_not_answered() {
    for realm in [
        "south.example",
        "NORTH.example",
        "north.example ",
        "north.example.evil.example",
        "",
    ] {
        let mut bench = Bench::new();
        dial_with_password(&mut bench);
        let invite = bench.last_request("INVITE").clone();
        let other = ASK.replace("north.example", realm);
        bench.hear(answer(&invite, 407, "t", &other, ""));
        bench.run_out();
        let log = bench.log();
        assert_eq!(log.matches("> INVITE").count(), 1, "{realm:?}\n{log}");
        assert!(
            log.ends_with("0 ! Refused 1 407 Phrase\n"),
            "{realm:?}\n{log}"
        );
        let sent = bench.last_request("INVITE");
        assert!(
            sent.headers.get("Proxy-Authorization").is_none(),
            "{realm:?}"
        );
    }
}

#[test]
fn without_a_password_a_challenge_ends_the_call() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    bench.hear(answer(&invite, 407, "t", ASK, ""));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 1
        0 < 407 INVITE 1
        0 > ACK 1
        0 ! Refused 1 407 Phrase
        ");
}

#[test]
fn the_callee_hangs_up() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    let invite = bench.last_request("INVITE").clone();
    let from = invite.headers.get("From").unwrap();
    let call_id = invite.headers.call_id().unwrap();
    let bye = format!(
        "BYE sip:gudok@192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKbye\r\nFrom: <sip:+79990000002@10.0.0.9>;tag=t\r\nTo: {from}\r\nCall-ID: {call_id}\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\n\r\n"
    );
    bench.at(3000).hear(bye);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
           0 > INVITE 1
           0 < 200 INVITE 1
           0 > ACK 1
           0 ! Accepted 1
        3000 < BYE 1
        3000 > 200 BYE 1
        3000 ! Ended 1 Peer
        ");
}

#[test]
fn bad_addresses_and_a_full_house_are_refused_at_once() {
    let mut config = crate::bench::config();
    config.sessions_max = 1;
    let mut bench = Bench::with(config);
    for uri in ["no uri", "sip:a b@c", "sip:a@b\r\nX: y"] {
        let target = Target::Address {
            uri: uri.into(),
            flow: trunk(),
        };
        bench.dial(target, None);
    }
    bench.dial(Target::User("nobody".into()), None);
    bench.dial_trunk();
    bench.dial_trunk();
    assert_snapshot!(bench.log(), @r"
        0 ! Refused 1 400 Bad Target URI
        0 ! Refused 2 400 Bad Target URI
        0 ! Refused 3 400 Bad Target URI
        0 ! Refused 4 480 Unregistered
        0 > INVITE 1
        0 ! Refused 6 503 Too Many Sessions
        ");
    assert_eq!(bench.sip.sessions(), 1);
}

#[test]
fn a_connection_that_fails_fails_the_call() {
    let mut bench = Bench::new();
    let target = Target::Address {
        uri: "sip:+79990000002@10.0.0.9;transport=tcp".into(),
        flow: crate::bench::tcp("10.0.0.9:5060", 0),
    };
    bench.dial(target, None);
    let invite = Message::Request(bench.last_request("INVITE").clone()).to_bytes();
    assert!(matches!(parse(&invite), Ok(Message::Request(_))));
    bench.at(ms(100).as_millis() as u64);
    bench.closed(crate::bench::tcp("10.0.0.9:5060", 0));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 > INVITE 1
        100 < closed
        100 ! Refused 1 503 Service Unavailable
        ");
}

#[test]
fn a_trunk_that_takes_the_connection_and_drops_it_fails_the_call_at_once() {
    let mut bench = Bench::new();
    let target = Target::Address {
        uri: "sip:+79990000002@10.0.0.9;transport=tcp".into(),
        flow: crate::bench::tcp("10.0.0.9:5060", 0),
    };
    bench.dial(target, None);
    // The connection got a number below; the machine asked for its peer only.
    let connected = crate::bench::tcp("10.0.0.9:5060", 7);
    bench.at(100).lost(connected, false);
    bench
        .at(200)
        .lost(crate::bench::tcp("10.0.0.8:5060", 8), true);
    bench.at(300).lost(connected, true);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 > INVITE 1
        100 < closed
        200 < closed
        300 < closed
        300 ! Refused 1 503 Service Unavailable
        ");
}

fn patience(progress: Option<u64>) -> Patience {
    Patience {
        answer: ms(4_000),
        progress: progress.map(ms),
    }
}

fn how_it_failed(bench: &Bench) -> (Reached, u16) {
    match bench.events.last() {
        Some(Event::Refused {
            reached, status, ..
        }) => (*reached, *status),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trunk_that_says_trying_and_no_more_is_given_up_where_there_is_another_one() {
    for (said, progress, reached) in [
        (100, 12_000, Reached::Server),
        (183, 180_000, Reached::Callee),
    ] {
        let mut bench = Bench::new();
        bench.patience = Some(patience(Some(12_000)));
        bench.dial_trunk();
        reply(&mut bench, "INVITE", said, "t", "");
        bench.at(progress - 1);
        let over = |it: &Event| matches!(it, Event::Refused { .. });
        assert!(!bench.events.iter().any(over), "after {said}");
        bench.at(progress);
        assert_eq!(how_it_failed(&bench), (reached, 408));
        assert!(bench.log().contains("> CANCEL"), "{}", bench.log());
    }
}

/// Carriers say there what the network behind them has met (RFC 6432).
#[test]
fn a_refusal_says_why() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    let reason = "Contact: <sip:x@y>\r\nReason: Q.850;cause=1;text=\"Unallocated\"\r\n";
    bench.hear(answer(&invite, 404, "t", reason, ""));
    let told = bench.log();
    let words = "404 Phrase sip None q850 Some(1) Some(\"Unallocated\")";
    assert!(told.contains(words), "{told}");
}

#[test]
fn a_call_that_never_left_is_told_from_one_that_failed() {
    let mut bench = Bench::new();
    let target = Target::Address {
        uri: "sip:a b@".into(),
        flow: trunk(),
    };
    bench.dial(target, None);
    assert_eq!(how_it_failed(&bench), (Reached::Nothing, 400));
}

#[test]
fn a_trunk_that_says_nothing_is_given_up_soon_and_its_late_answer_is_ended() {
    let mut bench = Bench::new();
    bench.patience = Some(patience(None));
    bench.dial_trunk();
    bench.at(4_000);
    let refused = bench.events.last();
    assert!(
        matches!(
            refused,
            Some(Event::Refused {
                reached: Reached::Silence,
                status: 408,
                ..
            })
        ),
        "{refused:?}"
    );
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    reply(&mut bench, "BYE", 200, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
            0 > INVITE 1
          500 > INVITE 1
         1500 > INVITE 1
         3500 > INVITE 1
         4000 ! Refused 1 408 Request Timeout
         4000 < 200 INVITE 1
         4000 > ACK 1
         4000 > BYE 2
         4000 < 200 BYE 2
        ");
}

#[test]
fn a_trunk_that_says_trying_may_take_its_time() {
    let mut bench = Bench::new();
    bench.patience = Some(patience(None));
    bench.dial_trunk();
    reply(&mut bench, "INVITE", 100, "t", "");
    bench.at(5_000);
    let invite = bench.last_request("INVITE").clone();
    bench.hear(answer(&invite, 503, "t", "Retry-After: 7\r\n", ""));
    let refused = bench.events.last();
    assert!(
        matches!(
            refused,
            Some(Event::Refused {
                reached: Reached::Callee,
                status: 503,
                retry_after: Some(wait),
                ..
            }) if *wait == ms(7_000)
        ),
        "{refused:?}"
    );
    bench.run_out();
}

#[test]
fn a_trunk_is_asked_whether_it_lives() {
    let mut bench = Bench::new();
    let probe = |id| {
        Command::Probe(Probe {
            id,
            uri: "sip:carrier.example".into(),
            flow: trunk(),
            wait: ms(4_000),
        })
    };
    bench.say(probe(1));
    let options = bench.last_request("OPTIONS").clone();
    bench.hear(answer(&options, 404, "t", "", ""));
    bench.say(probe(2));
    bench.at(10_000);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
           0 > OPTIONS 1
           0 < 404 OPTIONS 1
           0 ! Probed 1 Some(404)
           0 > OPTIONS 1
         500 > OPTIONS 1
        1500 > OPTIONS 1
        3500 > OPTIONS 1
        4000 ! Probed 2 None
        ");
}

const THEIRS: &str = "ab30317f1a784dc48ff824d0d3715d86";
const NIL: &str = "00000000000000000000000000000000";

fn session_id(headers: &gudok_sip::Headers) -> String {
    headers.get("Session-ID").unwrap_or_default().to_owned()
}

/// RFC 7989: one number from the first request to the last, theirs behind it as soon as it is known; ACK and CANCEL too.
#[test]
fn a_call_of_ours_names_both_ends() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    let (own, other) = (
        session_id(&invite.headers)[..32].to_owned(),
        &session_id(&invite.headers)[32..],
    );
    assert_eq!(other, format!(";remote={NIL}"));
    let theirs = format!("{CONTACT}Session-ID: {THEIRS};remote={own}\r\n");
    bench.hear(answer(&invite, 200, "t", &theirs, ANSWER));
    let both = format!("{own};remote={THEIRS}");
    assert_eq!(session_id(&bench.last_request("ACK").headers), both);
    bench.say(Command::TalksWith {
        session: Session(1),
        number: 7,
    });
    bench.end(Session(1));
    let ends = format!("{:032x};remote={THEIRS}", 7);
    assert_eq!(session_id(&bench.last_request("BYE").headers), ends);
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    bench
        .hear(answer(&invite, 180, "t", CONTACT, ""))
        .end(session);
    let cancel = bench.last_request("CANCEL");
    assert_eq!(session_id(&cancel.headers), session_id(&invite.headers));
}

/// A caller that says none is not told one; one that does hears its own number behind ours in every answer.
#[test]
fn a_call_of_theirs_is_answered_in_kind() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite()).accept(Session(1));
    assert_eq!(session_id(&bench.last_response().headers), "");
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    peer.extra = format!("Session-ID: {THEIRS};remote={NIL}\r\n");
    bench.hear(peer.invite()).accept(Session(1));
    let said = session_id(&bench.last_response().headers);
    assert_eq!(&said[32..], format!(";remote={THEIRS}"));
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack);
    // They name both from now on, and we say the same the other way round.
    peer.extra = format!("Session-ID: {THEIRS};remote={}\r\n", &said[..32]);
    let options = peer.next(&bench, "OPTIONS", 2, "");
    bench.hear(options);
    assert_eq!(session_id(&bench.last_response().headers), said);
    bench.end(Session(1));
    assert_eq!(session_id(&bench.last_request("BYE").headers), said);
    // What is none is passed over.
    let (mut bench, mut peer) = (Bench::new(), Peer::new("b"));
    peer.extra = format!("Session-ID: {}\r\n", "x".repeat(300));
    bench.hear(peer.invite()).accept(Session(1));
    assert_eq!(session_id(&bench.last_response().headers), "");
}
