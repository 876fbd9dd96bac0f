//! Reliable provisional responses to our own calls (RFC 3262, the UAC side).
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, CONTACT, answer, config, trunk};
use crate::phone::{Phone, bench};
use gudok_sip::digest::Login;
use gudok_sip::endpoint::{Command, Event, Flow, RELIABLE_MAX, Session, Target};
use gudok_sip::{Message, Request};

/// A reliable response of 1xx to our INVITE.
fn rings(bench: &mut Bench, status: u16, tag: &str, rseq: u32, body: &str) {
    let invite = bench.last_request("INVITE").clone();
    let extra = format!("{CONTACT}Require: 100rel\r\nRSeq: {rseq}\r\n");
    bench.hear(answer(&invite, status, tag, &extra, body));
}

fn reply(bench: &mut Bench, method: &str, status: u16, tag: &str, body: &str) {
    let request = bench.last_request(method).clone();
    bench.hear(answer(&request, status, tag, CONTACT, body));
}

fn pracks(bench: &Bench) -> Vec<&Request> {
    let requests = bench.sent.iter().filter_map(|(_, message)| match message {
        Message::Request(request) if request.method.as_str() == "PRACK" => Some(request),
        _ => None,
    });
    requests.collect()
}

/// RAck and To tag of all PRACKs so far.
fn acknowledged(bench: &Bench) -> Vec<String> {
    let headers = pracks(bench).into_iter().map(|prack| &prack.headers);
    let text = headers.map(|headers| {
        let (rack, to) = (headers.get("RAck").unwrap(), headers.to_tag().unwrap());
        format!("{rack} to {to}")
    });
    text.collect()
}

fn sdp_of_answer(bench: &Bench) -> Option<&str> {
    bench.events.iter().find_map(|event| match event {
        Event::Accepted { sdp, .. } => Some(sdp.as_str()),
        _ => None,
    })
}

#[test]
fn a_183_is_acknowledged_and_its_sdp_is_the_answer() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    let invite = &bench.last_request("INVITE").headers;
    assert_eq!(
        invite.get("Supported"),
        Some("timer, 100rel, replaces, norefersub")
    );
    bench.at(100);
    rings(&mut bench, 183, "t", 700, ANSWER);
    let prack = bench.last_request("PRACK");
    assert_eq!(prack.uri, "sip:callee@10.0.0.9:5060");
    assert_eq!(prack.headers.get("RAck"), Some("700 1 INVITE"));
    assert_eq!(prack.headers.to_tag(), Some("t"));
    bench.at(120);
    reply(&mut bench, "PRACK", 200, "t", "");
    bench.at(2000);
    reply(&mut bench, "INVITE", 200, "t", "");
    assert_eq!(sdp_of_answer(&bench), Some(ANSWER));
    bench.at(9000).end(session);
    reply(&mut bench, "BYE", 200, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
       0 > INVITE 1
     100 < 183 INVITE 1
     100 > PRACK 2
     100 ! Progress 1 183 with sdp
     120 < 200 PRACK 2
    2000 < 200 INVITE 1
    2000 > ACK 1
    2000 ! Accepted 1
    9000 ! Ended 1 Us
    9000 > BYE 3
    9000 < 200 BYE 3
    ");
}

#[test]
fn a_183_again_is_no_news_and_the_prack_repeats_itself() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    rings(&mut bench, 183, "t", 1, ANSWER);
    bench.at(600);
    rings(&mut bench, 183, "t", 1, ANSWER);
    bench.at(1600);
    reply(&mut bench, "PRACK", 200, "t", "");
    rings(&mut bench, 183, "t", 1, ANSWER);
    bench.end(session);
    reply(&mut bench, "CANCEL", 200, "t", "");
    reply(&mut bench, "INVITE", 487, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
       0 > INVITE 1
       0 < 183 INVITE 1
       0 > PRACK 2
       0 ! Progress 1 183 with sdp
     500 > PRACK 2
     600 < 183 INVITE 1
    1500 > PRACK 2
    1600 < 200 PRACK 2
    1600 < 183 INVITE 1
    1600 > CANCEL 1
    1600 ! Refused 1 487 Request Terminated
    1600 < 200 CANCEL 1
    1600 < 487 INVITE 1
    1600 > ACK 1
    ");
}

#[test]
fn what_comes_out_of_order_is_ignored_until_it_comes_again() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    for (status, rseq) in [(180, 5), (183, 7), (182, 6), (183, 7), (180, 5), (183, 6)] {
        rings(&mut bench, status, "t", rseq, "");
    }
    assert_eq!(
        acknowledged(&bench),
        ["5 1 INVITE to t", "6 1 INVITE to t", "7 1 INVITE to t"]
    );
    let cseqs: Vec<_> = pracks(&bench)
        .iter()
        .map(|prack| prack.headers.cseq().unwrap().number)
        .collect();
    assert_eq!(cseqs, [2, 3, 4]);
    reply(&mut bench, "INVITE", 486, "t", "");
    bench.run_out();
}

#[test]
fn each_branch_of_a_fork_counts_by_itself() {
    let mut bench = Bench::new();
    let session = bench.dial_trunk();
    rings(&mut bench, 180, "a", 100, "");
    rings(&mut bench, 183, "b", 9, ANSWER);
    rings(&mut bench, 183, "a", 101, "early of a");
    rings(&mut bench, 180, "b", 10, "");
    assert_eq!(
        acknowledged(&bench),
        [
            "100 1 INVITE to a",
            "9 1 INVITE to b",
            "101 1 INVITE to a",
            "10 1 INVITE to b"
        ]
    );
    reply(&mut bench, "INVITE", 200, "b", "");
    assert_eq!(sdp_of_answer(&bench), Some(ANSWER), "b's own SDP");
    // The other branch answers too: its BYE comes behind its PRACKs.
    reply(&mut bench, "INVITE", 200, "a", ANSWER);
    let bye = bench.last_request("BYE");
    assert_eq!(bye.headers.to_tag(), Some("a"));
    assert_eq!(bye.headers.cseq().unwrap().number, 6);
    reply(&mut bench, "BYE", 200, "a", "");
    bench.end(session);
    assert_eq!(bench.last_request("BYE").headers.cseq().unwrap().number, 6);
    reply(&mut bench, "BYE", 200, "b", "");
    bench.run_out();
}

#[test]
fn nobody_rings_us_to_death() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    for fork in 0..20 {
        rings(&mut bench, 180, &format!("f{fork}"), 1, "");
    }
    assert_eq!(pracks(&bench).len(), 8);
    for rseq in 2..100 {
        rings(&mut bench, 180, "f0", rseq, "");
    }
    assert_eq!(pracks(&bench).len(), 7 + usize::from(RELIABLE_MAX));
    reply(&mut bench, "INVITE", 486, "f0", "");
    bench.run_out();
}

#[test]
fn a_ringing_without_a_number_is_an_ordinary_one() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    for extra in [
        "RSeq: 4\r\n",
        "Require: 100rel\r\n",
        "Require: 100rel\r\nRSeq: 0\r\n",
        "Require: 100rel\r\nRSeq: +4\r\n",
        "Require: 100rel\r\nRSeq: 99999999999\r\n",
    ] {
        bench.hear(answer(&invite, 180, "t", extra, ""));
    }
    // Without a tag there is no dialog to speak in.
    rings(&mut bench, 181, "", 1, "");
    assert!(pracks(&bench).is_empty());
    assert_eq!(bench.events.len(), 1);
    reply(&mut bench, "INVITE", 486, "t", "");
    bench.run_out();
}

#[test]
fn a_refused_or_unanswered_prack_ends_nothing() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    rings(&mut bench, 180, "t", 1, "");
    reply(&mut bench, "PRACK", 481, "t", "");
    rings(&mut bench, 183, "t", 2, ANSWER);
    bench.at(40_000);
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    bench.end(Session(1));
    reply(&mut bench, "BYE", 200, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 1
        0 < 180 INVITE 1
        0 > PRACK 2
        0 ! Progress 1 180
        0 < 481 PRACK 2
        0 < 183 INVITE 1
        0 > PRACK 3
        0 ! Progress 1 183 with sdp
      500 > PRACK 3
     1500 > PRACK 3
     3500 > PRACK 3
     7500 > PRACK 3
    11500 > PRACK 3
    15500 > PRACK 3
    19500 > PRACK 3
    23500 > PRACK 3
    27500 > PRACK 3
    31500 > PRACK 3
    40000 < 200 INVITE 1
    40000 > ACK 1
    40000 ! Accepted 1
    40000 < 200 INVITE 1
    40000 > ACK 1
    40000 ! Ended 1 Us
    40000 > BYE 4
    40000 < 200 BYE 4
    ");
}

#[test]
fn a_challenged_prack_is_sent_again_with_credentials() {
    let mut bench = Bench::new();
    let target = Target::Address {
        uri: "sip:+79990000002@10.0.0.9".into(),
        flow: trunk(),
    };
    let login = Login::new("we", Some("north"), "secret");
    bench.dial(target, Some(login));
    rings(&mut bench, 183, "t", 1, ANSWER);
    for nonce in ["n1", "n2", "n3"] {
        let stale = if nonce == "n1" { "" } else { ", stale=true" };
        let challenge =
            format!("Proxy-Authenticate: Digest realm=\"north\", nonce=\"{nonce}\"{stale}\r\n");
        let prack = bench.last_request("PRACK").clone();
        bench.hear(answer(&prack, 407, "t", &challenge, ""));
    }
    let sent = pracks(&bench);
    assert_eq!(
        sent.len(),
        3,
        "two challenges are answered, the third is not"
    );
    let proof = sent[1].headers.get("Proxy-Authorization").unwrap();
    assert!(proof.contains("nonce=\"n1\"") && proof.contains("response="));
    assert_eq!(sent[2].headers.get("RAck"), Some("1 1 INVITE"));
    assert_eq!(sent[2].headers.cseq().unwrap().number, 4);
    bench.say(Command::End {
        session: Session(1),
        reason: None,
    });
    reply(&mut bench, "CANCEL", 200, "t", "");
    reply(&mut bench, "INVITE", 487, "t", "");
    bench.run_out();
}

#[test]
fn a_callee_is_not_rung_by_us() {
    let mut bench = Bench::new();
    bench.dial_trunk();
    rings(&mut bench, 180, "t", 1, "");
    let invite = bench.last_request("INVITE");
    let from = invite.headers.get("From").unwrap().to_owned();
    let call_id = invite.headers.call_id().unwrap().to_owned();
    bench.hear(format!(
        "PRACK sip:gudok@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKp\r\nFrom: <sip:x@y>;tag=t\r\nTo: {from}\r\nCall-ID: {call_id}\r\nCSeq: 1 PRACK\r\nRAck: 1 1 INVITE\r\n\r\n"
    ));
    assert_eq!(bench.last_response().status, 481);
    reply(&mut bench, "INVITE", 486, "t", "");
    bench.run_out();
}

/// For peers in between that pass the offer on and lose the acknowledgement.
#[test]
fn where_it_is_off_nothing_is_acknowledged() {
    let mut config = config();
    config.prack = false;
    let mut bench = Bench::with(config);
    let session = bench.dial_trunk();
    let invite = &bench.last_request("INVITE").headers;
    assert_eq!(invite.get("Supported"), Some("timer, replaces, norefersub"));
    bench.end(session);
}

const NEW: &str = "v=0\r\no=- 1 2 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4002 RTP/AVP 8\r\n";
const NEW_ANSWER: &str = "v=0\r\no=- 7 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n";

/// An UPDATE of a callee that rings: its tag, its number, what it offers.
fn updates(bench: &mut Bench, tag: &str, cseq: u32, body: &str) {
    let invite = bench.last_request("INVITE").headers.clone();
    let part = |name: &str| invite.get(name).unwrap_or_default().to_owned();
    let length = body.len();
    bench.hear(format!(
        "UPDATE sip:gudok@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKu{tag}{cseq}\r\n\
         Max-Forwards: 70\r\nFrom: {};tag={tag}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} UPDATE\r\n{CONTACT}\
         Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{body}",
        part("To"),
        part("From"),
        part("Call-ID"),
    ));
}

/// A call of ours whose offer is answered by an acknowledged 183; the log is empty.
fn agreed() -> Bench {
    let mut bench = Bench::new();
    bench.dial_trunk();
    rings(&mut bench, 183, "t", 1, ANSWER);
    reply(&mut bench, "PRACK", 200, "t", "");
    bench.log();
    bench
}

fn takes(bench: &mut Bench) {
    bench.say(Command::AnswerReoffer {
        session: Session(1),
        sdp: Some(NEW_ANSWER.into()),
    });
}

#[test]
fn a_callee_changes_the_media_before_it_answers() {
    let mut bench = agreed();
    updates(&mut bench, "t", 1, NEW);
    bench.at(100);
    takes(&mut bench);
    let granted = bench.last_response();
    assert_eq!(granted.body, NEW_ANSWER.as_bytes());
    assert!(granted.headers.contact().is_some());
    // What the 200 says is older than the UPDATE.
    bench.at(200);
    reply(&mut bench, "INVITE", 200, "t", ANSWER);
    assert_eq!(sdp_of_answer(&bench), Some(NEW));
    // A refresh of theirs is known as one, and answered with what we said last.
    updates(&mut bench, "t", 2, NEW);
    assert_eq!(bench.last_response().body, NEW_ANSWER.as_bytes());
    assert_snapshot!(bench.log(), @r"
      0 < UPDATE 1
      0 ! Reoffered 1
    100 > 200 UPDATE 1
    200 < 200 INVITE 1
    200 > ACK 1
    200 ! Accepted 1
    200 < UPDATE 2
    200 > 200 UPDATE 2
    ");
}

/// RFC 3311 §5.2, case by case.
#[test]
fn an_update_of_a_callee_that_comes_at_the_wrong_time_is_refused_as_the_rfc_says() {
    // Our offer has no answer yet: none at all, or one that is not reliable.
    let mut bench = Bench::new();
    bench.dial_trunk();
    reply(&mut bench, "INVITE", 183, "t", ANSWER);
    updates(&mut bench, "t", 1, NEW);
    assert_eq!(bench.last_response().status, 491);
    // A reliable ringing without SDP answers nothing either.
    rings(&mut bench, 180, "t", 1, "");
    updates(&mut bench, "t", 2, NEW);
    assert_eq!(bench.last_response().status, 491);
    // Acknowledged, it may; but not while the former one waits, whatever the next one says.
    rings(&mut bench, 183, "t", 2, ANSWER);
    updates(&mut bench, "t", 3, NEW);
    for (cseq, body) in [(4, ANSWER), (5, "")] {
        updates(&mut bench, "t", cseq, body);
        let refusal = bench.last_response();
        assert_eq!(refusal.status, 500);
        assert!(refusal.headers.get("Retry-After").is_some());
    }
    takes(&mut bench);
    assert_eq!(bench.last_response().status, 200);
    // Older than what we have seen, and no repetition any more.
    bench.after(40_000);
    updates(&mut bench, "t", 2, ANSWER);
    assert_eq!(bench.last_response().status, 500);
}

#[test]
fn an_update_of_one_of_several_that_ring_is_not_taken() {
    let mut bench = agreed();
    rings(&mut bench, 183, "u", 1, ANSWER);
    updates(&mut bench, "t", 1, NEW);
    assert_eq!(bench.last_response().status, 488);
    updates(&mut bench, "t", 2, "");
    assert_eq!(bench.last_response().status, 200);
}

#[test]
fn an_early_change_that_is_refused_or_forgotten_leaves_the_call_as_it_was() {
    let mut bench = agreed();
    updates(&mut bench, "t", 1, NEW);
    bench.say(Command::AnswerReoffer {
        session: Session(1),
        sdp: None,
    });
    updates(&mut bench, "t", 2, NEW);
    bench.at(10_000);
    reply(&mut bench, "INVITE", 200, "t", "");
    assert_eq!(sdp_of_answer(&bench), Some(ANSWER));
    assert_snapshot!(bench.log(), @r"
        0 < UPDATE 1
        0 ! Reoffered 1
        0 > 488 UPDATE 1
        0 < UPDATE 2
        0 ! Reoffered 1
    10000 ! Refusal unanswered
    10000 > 500 UPDATE 2
    10000 < 200 INVITE 1
    10000 > ACK 1
    10000 ! Accepted 1
    ");
}

/// The application has not said yet what it thinks of it when the callee answers, refuses, or is called off.
#[test]
fn an_early_change_is_overtaken_by_the_end_of_the_ringing() {
    let mut bench = agreed();
    updates(&mut bench, "t", 1, NEW);
    reply(&mut bench, "INVITE", 200, "t", "");
    takes(&mut bench);
    bench.end(Session(1));
    reply(&mut bench, "BYE", 200, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
    0 < UPDATE 1
    0 ! Reoffered 1
    0 < 200 INVITE 1
    0 > ACK 1
    0 ! Accepted 1
    0 > 200 UPDATE 1
    0 ! Ended 1 Us
    0 > BYE 3
    0 < 200 BYE 3
    ");
    let mut bench = agreed();
    updates(&mut bench, "t", 1, NEW);
    reply(&mut bench, "INVITE", 486, "t", "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
    0 < UPDATE 1
    0 ! Reoffered 1
    0 < 486 INVITE 1
    0 > ACK 1
    0 > 487 UPDATE 1
    0 ! Refused 1 486 Phrase
    ");
    let mut bench = agreed();
    updates(&mut bench, "t", 1, NEW);
    bench.end(Session(1));
    takes(&mut bench);
    updates(&mut bench, "t", 2, ANSWER);
    reply(&mut bench, "CANCEL", 200, "t", "");
    reply(&mut bench, "INVITE", 487, "t", "");
    bench.run_out();
}

/// A phone of two has answered; the other one, which is being called off, has no say in the media of the talk.
#[test]
fn a_phone_that_has_lost_changes_nothing() {
    let mut bench = bench();
    for (address, call) in [
        ("203.0.113.5:40000", "reg-a"),
        ("203.0.113.6:40000", "reg-b"),
    ] {
        let mut phone = Phone::new(address);
        phone.call = call;
        phone.sign_in(&mut bench, "60");
    }
    bench.sent.clear();
    bench.dial(Target::User("op7".into()), None);
    let invites: Vec<(Flow, Request)> = bench
        .sent
        .iter()
        .filter_map(|(flow, message)| match message {
            Message::Request(request) => Some((*flow, request.clone())),
            Message::Response(_) => None,
        })
        .collect();
    let [(near, winner), (far, loser)] = &invites[..] else {
        panic!("two phones ring: {invites:?}");
    };
    let at = |flow: &Flow| format!("Contact: <sip:op7@{}>\r\n", flow.remote);
    let extra = format!("{}Require: 100rel\r\nRSeq: 1\r\n", at(far));
    bench.hear_on(*far, answer(loser, 183, "b", &extra, ANSWER));
    let prack = bench.last_request("PRACK").clone();
    bench.hear_on(*far, answer(&prack, 200, "b", "", ""));
    bench.hear_on(*near, answer(winner, 200, "a", &at(near), ANSWER));
    bench.log();
    let part = |name: &str| loser.headers.get(name).unwrap_or_default().to_owned();
    for (cseq, body) in [(1, NEW), (2, "")] {
        let remote = far.remote;
        bench.hear_on(
            *far,
            format!(
                "UPDATE sip:gudok@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {remote};branch=z9hG4bKl{cseq}\r\nMax-Forwards: 70\r\n\
                 From: {};tag=b\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} UPDATE\r\n{}Content-Type: application/sdp\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                part("To"),
                part("From"),
                part("Call-ID"),
                at(far),
                body.len(),
            ),
        );
    }
    assert_snapshot!(bench.log(), @"
    0 < UPDATE 1
    0 > 481 UPDATE 1
    0 < UPDATE 2
    0 > 481 UPDATE 2
    ");
}

/// What was agreed on with one branch of a proxy's fork does not hold for the other one, which answers what we offered.
#[test]
fn a_change_of_one_branch_is_not_the_answer_of_another() {
    let mut bench = agreed();
    updates(&mut bench, "t", 1, NEW);
    takes(&mut bench);
    reply(&mut bench, "INVITE", 200, "u", ANSWER);
    assert_eq!(sdp_of_answer(&bench), Some(ANSWER));
}
