//! Session timers that we offer (RFC 4028): agreed on, refused as too short, unknown to the callee, run out.
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, CONTACT, OFFER, answer, tcp};
use crate::phone::{Phone, bench};
use gudok_sip::endpoint::{Command, Flow, LENGTHENED_MAX, Session, Target};
use gudok_sip::{Message, Method};

const ONE: Session = Session(1);
const UPDATES: &str = "Allow: INVITE, ACK, BYE, UPDATE\r\n";

/// A call of ours that rings, with half an hour offered; the log is empty.
fn ringing() -> Bench {
    let mut bench = Bench::new();
    bench.session_expires = Some(1_800);
    bench.dial_trunk();
    bench.log();
    bench
}

/// The same, answered with these lines.
fn answered(extra: &str) -> Bench {
    let mut bench = ringing();
    reply(&mut bench, "INVITE", 200, extra, ANSWER);
    bench.log();
    bench
}

fn reply(bench: &mut Bench, method: &str, status: u16, extra: &str, body: &str) {
    let request = bench.last_request(method).clone();
    let extra = format!("{CONTACT}{extra}");
    bench.hear(answer(&request, status, "t", &extra, body));
}

fn said(bench: &Bench, method: &str) -> [Option<String>; 2] {
    let headers = &bench.last_request(method).headers;
    ["Session-Expires", "Min-SE"].map(|name| headers.get(name).map(str::to_owned))
}

fn both(expires: &str, least: &str) -> [Option<String>; 2] {
    [Some(expires.to_owned()), Some(least.to_owned())]
}

#[test]
fn a_call_of_ours_offers_a_timer_and_lets_the_callee_say_who_refreshes() {
    let bench = ringing();
    assert_eq!(said(&bench, "INVITE"), both("1800", "90"));
    let invite = &bench.last_request("INVITE").headers;
    assert!(invite.list("Supported").any(|tag| tag == "timer"));
    assert!(invite.list("Require").next().is_none());
}

#[test]
fn we_refresh_at_half_where_the_callee_says_so() {
    let mut bench = answered(&format!("{UPDATES}Session-Expires: 600;refresher=uac\r\n"));
    bench.at(299_000);
    assert_snapshot!(bench.log(), @"");
    bench.at(300_000);
    let agreed = "Session-Expires: 600;refresher=uac\r\n";
    reply(&mut bench, "UPDATE", 200, agreed, "");
    bench.at(600_000);
    assert_snapshot!(bench.log(), @r"
    300000 > UPDATE 2
    300000 < 200 UPDATE 2
    600000 > UPDATE 3
    ");
}

#[test]
fn a_callee_that_refreshes_and_falls_silent_is_lost() {
    let mut bench = answered("Session-Expires: 600;refresher=uas\r\n");
    bench.at(568_000);
    assert_snapshot!(bench.log(), @r"
    568000 ! Ended 1 Lost
    568000 > BYE 2
    ");
}

/// Nothing comes back for 32 s: the callee is gone, and so is the call.
#[test]
fn a_refresh_that_nobody_answers_ends_the_call() {
    for (status, when) in [(None, 332_000), (Some(481), 300_000), (Some(408), 300_000)] {
        let mut bench = answered(&format!("{UPDATES}Session-Expires: 600;refresher=uac\r\n"));
        bench.at(300_000);
        if let Some(status) = status {
            reply(&mut bench, "UPDATE", status, "", "");
        }
        bench.at(when);
        assert!(bench.log().contains("! Ended 1 Lost"), "{status:?}");
    }
}

#[test]
fn a_callee_without_timers_is_asked_by_update_and_any_answer_will_do() {
    let mut bench = answered(UPDATES);
    bench.at(900_000);
    assert_eq!(
        bench.last_request("UPDATE").headers.get("Session-Expires"),
        Some("1800;refresher=uac")
    );
    reply(&mut bench, "UPDATE", 200, "", "");
    bench.at(1_800_000);
    reply(&mut bench, "UPDATE", 500, "", "");
    bench.at(2_700_000);
    // It did not mean it: asked otherwise from now on.
    reply(&mut bench, "UPDATE", 405, "", "");
    bench.at(3_600_000);
    reply(&mut bench, "OPTIONS", 200, "", "");
    assert_snapshot!(bench.log(), @r"
    900000 > UPDATE 2
    900000 < 200 UPDATE 2
    1800000 > UPDATE 3
    1800000 < 500 UPDATE 3
    2700000 > UPDATE 4
    2700000 < 405 UPDATE 4
    3600000 > OPTIONS 5
    3600000 < 200 OPTIONS 5
    ");
}

#[test]
fn a_callee_without_timers_that_is_gone_is_found_out() {
    let mut bench = answered(UPDATES);
    bench.at(932_000);
    assert_snapshot!(bench.log(), @r"
    900000 > UPDATE 2
    900500 > UPDATE 2
    901500 > UPDATE 2
    903500 > UPDATE 2
    907500 > UPDATE 2
    911500 > UPDATE 2
    915500 > UPDATE 2
    919500 > UPDATE 2
    923500 > UPDATE 2
    927500 > UPDATE 2
    931500 > UPDATE 2
    932000 ! Ended 1 Lost
    932000 > BYE 3
    ");
}

/// Pain 6: a phone that died on hold sends no RTP that could be missed.
#[test]
fn a_callee_that_knows_neither_timers_nor_update_is_asked_by_options() {
    let mut bench = answered("");
    bench.at(900_000);
    let asked = bench.last_request("OPTIONS");
    let timer = asked.headers.get("Session-Expires");
    assert_eq!((timer, asked.body.is_empty()), (None, true));
    // What it says is not heard, nor where it says it is: this is no change of the session.
    reply(&mut bench, "OPTIONS", 200, "", ANSWER);
    bench.at(1_800_000);
    reply(&mut bench, "OPTIONS", 405, "", "");
    bench.at(2_732_000);
    let told = bench.log();
    assert!(told.contains("2732000 ! Ended 1 Lost"), "{told}");
    assert!(told.contains("2700000 > OPTIONS 4"), "{told}");
    assert!(!told.contains("Reoffer"), "{told}");
}

#[test]
fn a_callee_that_never_answered_such_a_question_is_left_in_peace() {
    for unheard in [None, Some(481)] {
        let mut bench = answered("");
        bench.at(900_000);
        if let Some(status) = unheard {
            reply(&mut bench, "OPTIONS", status, "", "");
        }
        // No longer, as a change of ours would wait for it.
        bench.at(905_000);
        bench.log();
        bench.at(20_000_000);
        assert_eq!((bench.log().as_str(), bench.sip.sessions()), ("", 1));
    }
}

/// RFC 4028 §7.3: the INVITE goes out again, in the same call, with what they want at least.
#[test]
fn an_invite_whose_timer_is_too_short_goes_out_again() {
    let mut bench = ringing();
    let call = bench
        .last_request("INVITE")
        .headers
        .call_id()
        .map(str::to_owned);
    reply(&mut bench, "INVITE", 422, "Min-SE: 3600\r\n", "");
    assert_eq!(said(&bench, "INVITE"), both("3600", "3600"));
    assert_eq!(
        bench.last_request("INVITE").headers.call_id(),
        call.as_deref()
    );
    let agreed = format!("{UPDATES}Session-Expires: 3600;refresher=uac\r\n");
    reply(&mut bench, "INVITE", 200, &agreed, ANSWER);
    bench.at(1_800_000);
    assert_snapshot!(bench.log(), @r"
         0 < 422 INVITE 1
         0 > ACK 1
         0 > INVITE 2
         0 < 200 INVITE 2
         0 > ACK 2
         0 ! Accepted 1
    1800000 > UPDATE 3
    ");
}

/// No call fails for its timer: beyond what is sane it goes without one.
#[test]
fn an_invite_that_is_never_long_enough_goes_without_a_timer() {
    for (least, tries) in [
        ("4000000000", 1),
        ("soon", 1),
        ("90", 1),
        ("", LENGTHENED_MAX + 1),
    ] {
        let mut bench = ringing();
        for at in 0..tries {
            let least = match least {
                "" => (2_000 * (u32::from(at) + 1)).to_string(),
                least => least.to_owned(),
            };
            reply(
                &mut bench,
                "INVITE",
                422,
                &format!("Min-SE: {least}\r\n"),
                "",
            );
        }
        assert_eq!(said(&bench, "INVITE"), [None, None], "{least}");
        let number = bench
            .last_request("INVITE")
            .headers
            .cseq()
            .map(|it| it.number);
        assert_eq!(number, Some(u32::from(tries) + 1));
        reply(&mut bench, "INVITE", 422, "Min-SE: 9000\r\n", "");
        assert!(bench.log().ends_with("! Refused 1 422 Phrase\n"));
        bench.run_out();
    }
}

/// A hold of theirs says nothing of the timer: we go on asking.
#[test]
fn a_change_of_theirs_without_a_timer_does_not_stop_ours() {
    let mut bench = answered(&format!("{UPDATES}Session-Expires: 600;refresher=uas\r\n"));
    let invite = bench.last_request("INVITE").headers.clone();
    let part = |name: &str| invite.get(name).unwrap_or_default().to_owned();
    let update = format!(
        "UPDATE sip:gudok@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKu1\r\nMax-Forwards: 70\r\n\
         From: {};tag=t\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 UPDATE\r\n{CONTACT}Content-Length: 0\r\n\r\n",
        part("To"),
        part("From"),
        part("Call-ID"),
    );
    bench.at(100_000).hear(update).at(1_000_000);
    assert_eq!(bench.sip.sessions(), 1);
    bench.end(ONE);
    assert_snapshot!(bench.log(), @r"
    100000 < UPDATE 1
    100000 > 200 UPDATE 1
    1000000 > UPDATE 2
    1000000 ! Ended 1 Us
    1000000 > BYE 3
    ");
}

/// A phone at the end of a connection, in a talk that we refresh each 5 minutes, or alone each 15; the log is empty.
fn connected(extra: &str) -> (Bench, Phone) {
    let (mut bench, mut phone) = (bench(), Phone::new("203.0.113.5:40000"));
    bench.session_expires = Some(1_800);
    phone.flow = tcp("203.0.113.5:40000", 7);
    phone.contact = "<sip:op7@x7.invalid;transport=tcp>".into();
    phone.sign_in(&mut bench, "3600");
    bench.dial(Target::User("op7".into()), None);
    let invite = bench.last_request("INVITE").clone();
    let extra = format!("Contact: {}\r\n{UPDATES}{extra}", phone.contact);
    bench.hear_on(phone.flow, answer(&invite, 200, "p", &extra, ANSWER));
    bench.log();
    (bench, phone)
}

/// Where the UPDATEs so far went.
fn refreshed(bench: &Bench) -> Vec<Flow> {
    let updates = bench.sent.iter().filter(
        |(_, message)| matches!(message, Message::Request(it) if it.method == Method::Update),
    );
    updates.map(|(flow, _)| *flow).collect()
}

const EVERY_TEN_MINUTES: &str = "Session-Expires: 600;refresher=uac\r\n";

#[test]
fn a_connection_that_breaks_under_a_refresh_ends_no_call() {
    for (extra, due) in [(EVERY_TEN_MINUTES, 300_000), ("", 900_000)] {
        let (mut bench, mut phone) = connected(extra);
        bench.at(due);
        let old = phone.flow;
        bench.closed(old);
        phone.flow = tcp("203.0.113.5:40001", 8);
        phone.sign_in(&mut bench, "3600");
        bench.at(due + 4_000);
        assert_eq!(refreshed(&bench), [old, phone.flow]);
        let update = bench.last_request("UPDATE").clone();
        let agreed = format!("Contact: {}\r\n{extra}", phone.contact);
        bench.hear_on(phone.flow, answer(&update, 200, "p", &agreed, ""));
        bench.at(2 * due + 4_000);
        assert_eq!((bench.sip.sessions(), refreshed(&bench).len()), (1, 3));
    }
}

/// It is asked again and again; who does not come back in time is lost.
#[test]
fn a_connection_that_is_gone_when_a_refresh_is_due_has_until_the_end_of_the_session() {
    for (extra, due, end) in [
        (EVERY_TEN_MINUTES, 300_000, 568_000),
        ("", 900_000, 1_768_000),
    ] {
        let (mut bench, phone) = connected(extra);
        bench.at(100_000).closed(phone.flow).at(due);
        let nowhere = tcp("203.0.113.5:40000", 0);
        for at in (due..end).step_by(4_000) {
            bench.at(at).lost(nowhere, true);
            assert_eq!(bench.sip.sessions(), 1, "{at}");
        }
        bench.log();
        bench.at(end);
        assert!(bench.log().contains(&format!("{end} ! Ended 1 Lost")));
    }
}

/// A hold that nobody heard has failed, and no more.
#[test]
fn a_connection_that_breaks_under_an_offer_of_ours_leaves_the_talk_as_it_was() {
    let (mut bench, phone) = connected("");
    bench.say(Command::Reoffer {
        session: ONE,
        sdp: ANSWER.into(),
    });
    bench.closed(phone.flow);
    assert_eq!(bench.sip.sessions(), 1);
    assert_snapshot!(bench.log(), @"
    0 > INVITE 2
    0 < closed
    0 ! ReofferAnswered 1
    0 ! Registered op7 false
    ");
}
/// RFC 3261 §14.2, RFC 3311 §5.2: our UPDATE without an offer is in nobody's way; and who changes the session lives.
#[test]
fn a_refresh_of_ours_does_not_hinder_a_change_of_theirs() {
    for method in ["INVITE", "UPDATE"] {
        let mut bench = answered(&format!("{UPDATES}{EVERY_TEN_MINUTES}"));
        bench.at(300_000);
        let invite = bench.last_request("INVITE").headers.clone();
        let part = |name: &str| invite.get(name).unwrap_or_default().to_owned();
        let theirs = |method: &str, body: &str| {
            format!(
                "{method} sip:gudok@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK{method}\r\nMax-Forwards: 70\r\n\
                 From: {};tag=t\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 {method}\r\n{CONTACT}Supported: timer\r\n\
                 Session-Expires: 600;refresher=uac\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
                part("To"),
                part("From"),
                part("Call-ID"),
                body.len(),
            )
        };
        bench
            .hear(theirs(method, OFFER))
            .say(Command::AnswerReoffer {
                session: ONE,
                sdp: Some(ANSWER.into()),
            });
        assert_eq!(bench.last_response().status, 200, "{method}");
        if method == "INVITE" {
            bench.hear(theirs("ACK", ""));
        }
        // The answer to ours is lost.
        bench.at(400_000);
        assert_eq!(bench.sip.sessions(), 1, "{method}");
    }
}

/// What was once refused as too short is not asked for again, and they are told so.
#[test]
fn the_least_interval_is_remembered() {
    let agreed = format!("{UPDATES}Session-Expires: 3600;refresher=uac\r\n");
    let mut bench = ringing();
    reply(&mut bench, "INVITE", 422, "Min-SE: 3600\r\n", "");
    reply(&mut bench, "INVITE", 200, &agreed, ANSWER);
    for at in [1_800_000, 3_600_000] {
        bench.at(at);
        assert_eq!(said(&bench, "UPDATE"), both("3600;refresher=uac", "3600"));
        reply(&mut bench, "UPDATE", 200, &agreed, "");
    }
    let mut bench = answered(UPDATES);
    bench.at(900_000);
    reply(&mut bench, "UPDATE", 422, "Min-SE: 3600\r\n", "");
    reply(&mut bench, "UPDATE", 200, "", "");
    bench.at(2_700_000);
    assert_eq!(said(&bench, "UPDATE"), both("3600;refresher=uac", "3600"));
}
