//! Changes of a call in progress: hold, refresh, glare, session timers, digits.
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, CONTACT, OFFER, Peer, answer};
use gudok_sip::endpoint::{Command, Session};

const ONE: Session = Session(1);
const HOLD: &str = "v=0\r\no=- 1 2 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\n";

/// A call of the trunk in progress, with these lines in its INVITE; the log is empty.
fn called_with(extra: &str) -> (Bench, Peer) {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    peer.extra = extra.into();
    bench.hear(peer.invite()).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    peer.extra.clear();
    bench.hear(ack);
    bench.log();
    (bench, peer)
}

fn called() -> (Bench, Peer) {
    called_with("")
}

/// A call of ours in progress; the log is empty.
fn dialled(extra: &str) -> Bench {
    let mut bench = Bench::new();
    bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    let extra = format!("{CONTACT}{extra}");
    bench.hear(answer(&invite, 200, "t", &extra, ANSWER));
    bench.log();
    bench
}

fn reply(bench: &mut Bench, method: &str, status: u16, body: &str) {
    let request = bench.last_request(method).clone();
    bench.hear(answer(&request, status, "t", CONTACT, body));
}

fn say_hold(bench: &mut Bench) {
    bench.say(Command::Reoffer {
        session: ONE,
        sdp: HOLD.into(),
    });
}

#[test]
fn the_caller_holds_and_the_application_answers() {
    let (mut bench, mut peer) = called();
    let hold = peer.next(&bench, "INVITE", 2, HOLD);
    bench.at(1000).hear(&hold).at(1100).hear(hold);
    bench.at(1200).say(Command::AnswerReoffer {
        session: ONE,
        sdp: Some(ANSWER.into()),
    });
    assert_eq!(bench.last_response().body, ANSWER.as_bytes());
    let ack = peer.next(&bench, "ACK", 2, "");
    bench.at(1800).hear(ack);
    assert_snapshot!(bench.log(), @r"
        1000 < INVITE 2
        1000 > 100 INVITE 2
        1000 ! Reoffered 1
        1100 < INVITE 2
        1100 > 100 INVITE 2
        1200 > 200 INVITE 2
        1700 > 200 INVITE 2
        1800 < ACK 2
        ");
}

fn show(bench: &mut Bench, value: &str) {
    let name = "P-Asserted-Identity".to_owned();
    bench.say(Command::Show {
        session: ONE,
        headers: vec![(name, value.to_owned())],
    });
}

/// Pain 21: after a transfer the phone shows with whom it talks by now.
#[test]
fn a_party_is_told_with_whom_it_talks_by_now() {
    const CALLER: &str = "\"Anna\" <sip:+79990000001@pbx.example>";
    let asserted = |bench: &Bench, method: &str| {
        let request = bench.last_request(method);
        let said = request.headers.get("P-Asserted-Identity");
        (said.unwrap_or_default().to_owned(), request.body.is_empty())
    };
    // By UPDATE, which touches no media; whoever knows none gets a re-INVITE with the media as they are.
    let mut bench = dialled("Allow: INVITE, UPDATE\r\n");
    show(&mut bench, CALLER);
    assert_eq!(asserted(&bench, "UPDATE"), (CALLER.to_owned(), true));
    reply(&mut bench, "UPDATE", 200, "");
    let mut bench = dialled("");
    show(&mut bench, CALLER);
    assert_eq!(asserted(&bench, "INVITE"), (CALLER.to_owned(), false));
    assert_eq!(bench.last_request("INVITE").body, OFFER.as_bytes());

    // Behind a change that is under way, once, and in what comes later.
    let mut bench = dialled("Allow: INVITE, UPDATE\r\n");
    say_hold(&mut bench);
    show(&mut bench, CALLER);
    reply(&mut bench, "INVITE", 200, ANSWER);
    assert_eq!(asserted(&bench, "UPDATE"), (CALLER.to_owned(), true));
    reply(&mut bench, "UPDATE", 200, "");
    let told = bench.log();
    assert_eq!(told.matches("> UPDATE").count(), 1, "{told}");
    say_hold(&mut bench);
    assert_eq!(asserted(&bench, "INVITE").0, CALLER);

    // Nobody writes a header of their own.
    let mut bench = dialled("Allow: INVITE, UPDATE\r\n");
    show(&mut bench, "<sip:a@b>\r\nX-Evil: 1");
    assert_eq!(asserted(&bench, "UPDATE").0, "");
}

#[test]
fn a_hold_that_is_refused_leaves_the_call_as_it_was() {
    let (mut bench, mut peer) = called();
    let hold = peer.next(&bench, "INVITE", 2, HOLD);
    bench.hear(hold).say(Command::AnswerReoffer {
        session: ONE,
        sdp: None,
    });
    let ack = peer.request("ACK", 2, "", "");
    bench.at(100).hear(ack).at(60_000);
    assert_eq!(bench.sip.sessions(), 1);
    assert_snapshot!(bench.log(), @r"
          0 < INVITE 2
          0 > 100 INVITE 2
          0 ! Reoffered 1
          0 > 488 INVITE 2
        100 < ACK 2
        ");
}

#[test]
fn a_hold_the_application_forgets_gets_500() {
    let (mut bench, mut peer) = called();
    let hold = peer.next(&bench, "INVITE", 2, HOLD);
    bench.hear(hold).at(10_000);
    let ack = peer.request("ACK", 2, "", "");
    bench.hear(ack);
    assert_snapshot!(bench.log(), @r"
            0 < INVITE 2
            0 > 100 INVITE 2
            0 ! Reoffered 1
        10000 ! Refusal unanswered
        10000 > 500 INVITE 2
        10000 < ACK 2
        ");
}

#[test]
fn a_hold_may_be_cancelled() {
    let (mut bench, mut peer) = called();
    let hold = peer.next(&bench, "INVITE", 2, HOLD);
    bench.hear(hold);
    bench.at(50).hear(peer.request("CANCEL", 2, "", ""));
    let ack = peer.request("ACK", 2, "", "");
    bench.hear(ack).say(Command::AnswerReoffer {
        session: ONE,
        sdp: Some(ANSWER.into()),
    });
    assert_snapshot!(bench.log(), @r"
         0 < INVITE 2
         0 > 100 INVITE 2
         0 ! Reoffered 1
        50 < CANCEL 2
        50 > 200 CANCEL 2
        50 > 487 INVITE 2
        50 < ACK 2
        ");
}

#[test]
fn a_refresh_is_answered_without_the_application() {
    let (mut bench, mut peer) = called();
    let refresh = peer.next(&bench, "INVITE", 2, OFFER);
    bench.hear(refresh);
    assert_eq!(bench.last_response().body, ANSWER.as_bytes());
    let ack = peer.next(&bench, "ACK", 2, "");
    bench.hear(ack);
    let update = peer.next(&bench, "UPDATE", 3, "");
    bench.hear(update);
    assert!(bench.last_response().body.is_empty());
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 2
        0 > 200 INVITE 2
        0 < ACK 2
        0 < UPDATE 3
        0 > 200 UPDATE 3
        ");
}

#[test]
fn a_reinvite_without_sdp_asks_for_our_offer_and_its_ack_brings_the_answer() {
    let (mut bench, mut peer) = called();
    let refresh = peer.next(&bench, "INVITE", 2, "");
    bench.hear(refresh).at(100).say(Command::AnswerReoffer {
        session: ONE,
        sdp: Some(OFFER.into()),
    });
    assert_eq!(bench.last_response().body, OFFER.as_bytes());
    let ack = peer.next(&bench, "ACK", 2, HOLD);
    bench.hear(ack);
    assert_snapshot!(bench.log(), @r"
          0 < INVITE 2
          0 > 100 INVITE 2
          0 ! OfferWanted 1
        100 > 200 INVITE 2
        100 < ACK 2
        100 ! ReofferAnswered 1 with sdp
        ");
}

#[test]
fn an_update_with_an_offer_asks_the_application() {
    let (mut bench, mut peer) = called();
    let update = peer.next(&bench, "UPDATE", 2, HOLD);
    bench
        .hear(&update)
        .at(500)
        .hear(&update)
        .at(600)
        .say(Command::AnswerReoffer {
            session: ONE,
            sdp: Some(ANSWER.into()),
        });
    bench.at(1000).hear(update);
    assert_snapshot!(bench.log(), @r"
           0 < UPDATE 2
           0 ! Reoffered 1
         500 < UPDATE 2
         600 > 200 UPDATE 2
        1000 < UPDATE 2
        1000 > 200 UPDATE 2
        ");
}

#[test]
fn a_second_change_before_the_first_is_answered_gets_500() {
    let (mut bench, mut peer) = called();
    let hold = peer.next(&bench, "INVITE", 2, HOLD);
    let update = peer.next(&bench, "UPDATE", 3, OFFER);
    bench.hear(hold).hear(update);
    let refusal = bench.last_response();
    assert_eq!(refusal.status, 500);
    assert!(
        refusal
            .headers
            .get("Retry-After")
            .unwrap()
            .parse::<u8>()
            .unwrap()
            <= 10
    );
}

#[test]
fn a_bye_during_a_hold_ends_both() {
    let (mut bench, mut peer) = called();
    let hold = peer.next(&bench, "INVITE", 2, HOLD);
    let bye = peer.next(&bench, "BYE", 3, "");
    bench.hear(hold).hear(bye);
    peer.branch -= 1;
    let ack = peer.request("ACK", 2, "", "");
    bench.hear(ack);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 2
        0 > 100 INVITE 2
        0 ! Reoffered 1
        0 < BYE 3
        0 > 200 BYE 3
        0 > 487 INVITE 2
        0 ! Ended 1 Peer
        0 < ACK 2
        ");
}

#[test]
fn we_hold_and_the_callee_answers() {
    let mut bench = dialled("");
    bench.at(1000);
    say_hold(&mut bench);
    reply(&mut bench, "INVITE", 100, "");
    reply(&mut bench, "INVITE", 200, OFFER);
    assert_eq!(bench.last_request("ACK").headers.cseq().unwrap().number, 2);
    bench.at(1500);
    reply(&mut bench, "INVITE", 200, OFFER);
    assert_snapshot!(bench.log(), @r"
        1000 > INVITE 2
        1000 < 100 INVITE 2
        1000 < 200 INVITE 2
        1000 > ACK 2
        1000 ! ReofferAnswered 1 with sdp
        1500 < 200 INVITE 2
        1500 > ACK 2
        ");
}

#[test]
fn offers_wait_for_one_another_and_the_latest_wins() {
    let mut bench = dialled("");
    say_hold(&mut bench);
    for version in [3, 4] {
        bench.say(Command::Reoffer {
            session: ONE,
            sdp: HOLD.replace("1 2", &format!("1 {version}")),
        });
    }
    reply(&mut bench, "INVITE", 488, "");
    let last = bench.last_request("INVITE").clone();
    assert!(String::from_utf8_lossy(&last.body).contains("- 1 4 IN"));
    reply(&mut bench, "INVITE", 200, OFFER);
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 2
        0 < 488 INVITE 2
        0 > ACK 2
        0 ! ReofferAnswered 1
        0 > INVITE 3
        0 < 200 INVITE 3
        0 > ACK 3
        0 ! ReofferAnswered 1 with sdp
        ");
}

#[test]
fn glare_is_solved_within_the_time_of_the_rfc() {
    // We own the Call-ID: 2.1–4 s.
    let mut bench = dialled("");
    say_hold(&mut bench);
    reply(&mut bench, "INVITE", 491, "");
    let retry = bench.sip.poll_timeout().unwrap().as_millis();
    assert!((2100..=4000).contains(&retry), "{retry}");
    bench.at(4000);
    reply(&mut bench, "INVITE", 200, OFFER);
    assert!(bench.log().ends_with("4000 ! ReofferAnswered 1 with sdp\n"));
    // We do not: 0–2 s; and their change at the same time gets 491.
    let (mut bench, mut peer) = called();
    say_hold(&mut bench);
    let theirs = peer.next(&bench, "INVITE", 2, HOLD);
    bench.hear(theirs);
    assert_eq!(bench.last_response().status, 491);
    reply(&mut bench, "INVITE", 491, "");
    let ack = peer.request("ACK", 2, "", "");
    bench.hear(ack).at(2000);
    assert_eq!(
        bench.last_request("INVITE").headers.cseq().unwrap().number,
        2
    );
}

#[test]
fn endless_glare_is_given_up() {
    let mut bench = dialled("");
    say_hold(&mut bench);
    for _ in 0..4 {
        reply(&mut bench, "INVITE", 491, "");
        bench.after(4100);
    }
    bench.at(120_000);
    assert!(bench.log().ends_with("! ReofferAnswered 1\n"));
    assert_eq!(bench.sip.sessions(), 1);
}

#[test]
fn a_change_nobody_answers_ends_the_call() {
    let mut bench = dialled("");
    say_hold(&mut bench);
    bench.at(31_999).log();
    bench.run_out();
    assert!(
        bench
            .log()
            .starts_with(" 32000 ! Ended 1 Lost\n 32000 > BYE 3\n")
    );
}

#[test]
fn a_change_of_a_call_they_have_forgotten_ends_it() {
    let mut bench = dialled("");
    say_hold(&mut bench);
    reply(&mut bench, "INVITE", 481, "");
    reply(&mut bench, "BYE", 481, "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 2
        0 < 481 INVITE 2
        0 > ACK 2
        0 ! Ended 1 Lost
        0 > BYE 3
        0 < 481 BYE 3
        ");
}

#[test]
fn a_hold_under_way_when_we_hang_up_is_still_acknowledged() {
    let mut bench = dialled("");
    say_hold(&mut bench);
    bench.at(100).end(ONE);
    let hold = bench.last_request("INVITE").clone();
    reply(&mut bench, "BYE", 200, "");
    bench.at(200).hear(answer(&hold, 200, "t", CONTACT, OFFER));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 > INVITE 2
        100 ! Ended 1 Us
        100 > BYE 3
        100 < 200 BYE 3
        200 < 200 INVITE 2
        200 > ACK 2
        ");
}

#[test]
fn the_caller_keeps_the_session_alive_or_loses_it() {
    let (mut bench, mut peer) = called_with("Session-Expires: 90\r\nSupported: timer\r\n");
    let agreed = bench.last_response().headers.clone();
    assert_eq!(agreed.get("Session-Expires"), Some("90;refresher=uac"));
    assert_eq!(agreed.get("Require"), Some("timer"));
    peer.extra = "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n".into();
    let update = peer.next(&bench, "UPDATE", 2, "");
    bench.at(45_000).hear(update);
    let agreed = &bench.last_response().headers;
    assert_eq!(agreed.get("Session-Expires"), Some("90;refresher=uac"));
    bench.at(105_000);
    let bye = bench.last_request("BYE").clone();
    bench.hear(answer(&bye, 200, "", "", ""));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
         45000 < UPDATE 2
         45000 > 200 UPDATE 2
        105000 ! Ended 1 Lost
        105000 > BYE 1
        105000 < 200 BYE 1
        ");
}

#[test]
fn we_keep_the_session_alive_when_asked_to() {
    let mut bench = dialled("Session-Expires: 120;refresher=uac\r\nAllow: INVITE, UPDATE\r\n");
    bench.at(60_000);
    let update = bench.last_request("UPDATE").clone();
    assert_eq!(
        update.headers.get("Session-Expires"),
        Some("120;refresher=uac")
    );
    let agreed = format!("{CONTACT}Session-Expires: 120;refresher=uac\r\n");
    bench.hear(answer(&update, 200, "t", &agreed, ""));
    bench.at(120_000);
    let update = bench.last_request("UPDATE").clone();
    bench.hear(answer(&update, 405, "t", "", ""));
    bench.at(124_000);
    let again = bench.last_request("INVITE").clone();
    assert_eq!(again.body, OFFER.as_bytes());
    bench.hear(answer(&again, 200, "t", &agreed, ANSWER));
    bench.at(130_000);
    assert_eq!(bench.sip.sessions(), 1);
    assert_snapshot!(bench.log(), @r"
         60000 > UPDATE 2
         60000 < 200 UPDATE 2
        120000 > UPDATE 3
        120000 < 405 UPDATE 3
        124000 > INVITE 4
        124000 < 200 INVITE 4
        124000 > ACK 4
        ");
}

/// They want longer intervals than ours (RFC 4028 §7.4): the refresh goes out again at once, with what they said.
#[test]
fn a_refresh_that_comes_too_soon_for_them_is_made_longer() {
    let mut bench = dialled("Session-Expires: 90;refresher=uac\r\nAllow: INVITE, UPDATE\r\n");
    bench.at(45_000);
    let update = bench.last_request("UPDATE").clone();
    bench.hear(answer(&update, 422, "t", "Min-SE: 300\r\n", ""));
    let again = bench.last_request("UPDATE").clone();
    let said = |name| again.headers.get(name);
    assert_eq!(said("Session-Expires"), Some("300;refresher=uac"));
    assert_eq!(said("Min-SE"), Some("300"));
    let agreed = format!("{CONTACT}Session-Expires: 300;refresher=uac\r\n");
    bench.hear(answer(&again, 200, "t", &agreed, ""));
    bench.at(195_000);
    let update = bench.last_request("UPDATE").clone();
    bench.hear(answer(&update, 200, "t", &agreed, ""));
    assert_snapshot!(bench.log(), @r"
     45000 > UPDATE 2
     45000 < 422 UPDATE 2
     45000 > UPDATE 3
     45000 < 200 UPDATE 3
    195000 > UPDATE 4
    195000 < 200 UPDATE 4
    ");
}

#[test]
fn an_answered_call_whose_refresher_is_lost_is_hung_up() {
    let mut bench = dialled("Session-Expires: 90;refresher=uas\r\n");
    bench.at(60_000);
    reply(&mut bench, "BYE", 200, "");
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
    60000 ! Ended 1 Lost
    60000 > BYE 2
    60000 < 200 BYE 2
    ");
}

#[test]
fn we_refresh_a_call_of_theirs_when_they_ask_us_to() {
    let (mut bench, mut peer) =
        called_with("Session-Expires: 90;refresher=uas\r\nSupported: timer\r\nAllow: UPDATE\r\n");
    let agreed = bench.last_response().headers.get("Session-Expires");
    assert_eq!(agreed, Some("90;refresher=uas"));
    bench.at(45_000);
    let update = bench.last_request("UPDATE").clone();
    assert_eq!(
        update.headers.get("Session-Expires"),
        Some("90;refresher=uac")
    );
    // Theirs too short, in the middle of the call: it stays as it is.
    peer.extra = "Session-Expires: 20\r\nSupported: timer\r\n".into();
    let theirs = peer.next(&bench, "UPDATE", 2, "");
    bench.hear(theirs);
    assert_eq!(bench.last_response().headers.get("Min-SE"), Some("90"));
    let agreed = format!("{CONTACT}Session-Expires: 90;refresher=uac\r\n");
    bench.hear(answer(&update, 200, "", &agreed, ""));
    bench.at(90_000);
    assert_eq!(bench.sip.sessions(), 1);
    assert_snapshot!(bench.log(), @r"
    45000 > UPDATE 1
    45000 < UPDATE 2
    45000 > 422 UPDATE 2
    45000 < 200 UPDATE 1
    90000 > UPDATE 2
    ");
}

#[test]
fn too_short_a_session_gets_422() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    peer.extra = "Session-Expires: 30\r\nSupported: timer\r\n".into();
    bench.hear(peer.invite());
    let refusal = bench.last_response();
    assert_eq!(
        (refusal.status, refusal.headers.get("Min-SE")),
        (422, Some("90"))
    );
    assert!(bench.sip.is_idle());
}

#[test]
fn digits_come_by_info_once_each() {
    let (mut bench, mut peer) = called();
    peer.extra = "Content-Type: application/dtmf-relay\r\n".into();
    let digit = peer.next(&bench, "INFO", 2, "Signal=5\r\nDuration=160\r\n");
    bench.hear(&digit).at(500).hear(digit);
    peer.extra = "Content-Type: text/plain\r\n".into();
    let other = peer.next(&bench, "INFO", 3, "hello");
    bench.hear(other);
    peer.extra.clear();
    let empty = peer.next(&bench, "INFO", 4, "");
    bench.hear(empty);
    assert_snapshot!(bench.log(), @r"
          0 < INFO 2
          0 > 200 INFO 2
          0 ! Digit 1 5
        500 < INFO 2
        500 > 200 INFO 2
        500 < INFO 3
        500 > 415 INFO 3
        500 < INFO 4
        500 > 200 INFO 4
        ");
}
