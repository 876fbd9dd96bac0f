//! Reliable provisional responses to the callers of the trunk (RFC 3262, the UAS side).
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, OFFER, Peer, config};
use gudok_sip::endpoint::{Command, Event, Session};

const ONE: Session = Session(1);

/// A call whose INVITE has this header.
fn called(header: &str) -> (Bench, Peer) {
    called_with(header, OFFER)
}

fn called_with(header: &str, offer: &str) -> (Bench, Peer) {
    called_at(Bench::new(), header, offer)
}

fn called_at(mut bench: Bench, header: &str, offer: &str) -> (Bench, Peer) {
    let mut peer = Peer::new("a");
    peer.extra = format!("{header}\r\n");
    peer.branch += 1;
    bench.hear(peer.request("INVITE", 1, "", offer));
    peer.extra = String::new();
    (bench, peer)
}

fn supported() -> (Bench, Peer) {
    called("Supported: timer, 100rel")
}

fn required() -> (Bench, Peer) {
    called("Require: 100rel")
}

fn ring(bench: &mut Bench, status: u16, sdp: Option<&str>) {
    bench.say(Command::Progress {
        session: ONE,
        status,
        sdp: sdp.map(String::from),
    });
}

fn header(bench: &Bench, name: &str) -> Option<String> {
    bench.last_response().headers.get(name).map(str::to_owned)
}

/// RSeq of the last response.
fn rseq(bench: &Bench) -> u32 {
    header(bench, "RSeq").expect("an RSeq").parse().unwrap()
}

fn body(bench: &Bench) -> &str {
    std::str::from_utf8(&bench.last_response().body).unwrap()
}

/// A PRACK with this RAck.
fn prack(bench: &Bench, peer: &mut Peer, cseq: u32, rack: &str, body: &str) -> String {
    let extra = std::mem::replace(&mut peer.extra, format!("RAck: {rack}\r\n"));
    let request = peer.next(bench, "PRACK", cseq, body);
    peer.extra = extra;
    request
}

/// The PRACK of the last response.
fn prack_last(bench: &Bench, peer: &mut Peer, cseq: u32) -> String {
    prack(bench, peer, cseq, &format!("{} 1 INVITE", rseq(bench)), "")
}

#[test]
fn early_media_is_acknowledged_and_the_call_answered() {
    let (mut bench, mut peer) = supported();
    bench.at(100);
    ring(&mut bench, 180, None);
    assert_eq!(header(&bench, "RSeq"), None);
    bench.at(200);
    ring(&mut bench, 183, Some(ANSWER));
    assert_eq!(header(&bench, "Require").as_deref(), Some("100rel"));
    assert!((1..1 << 31).contains(&rseq(&bench)));
    let prack = prack_last(&bench, &mut peer, 2);
    bench.at(250).hear(prack);
    assert!(body(&bench).is_empty());
    bench.at(3000).say(Command::Accept {
        session: ONE,
        sdp: "another answer".into(),
    });
    assert_eq!(body(&bench), ANSWER, "the answer was given already");
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(3050).hear(ack);
    let bye = peer.next(&bench, "BYE", 3, "");
    bench.at(9000).hear(bye).run_out();
    assert_snapshot!(bench.log(), @r"
       0 < INVITE 1
       0 > 100 INVITE 1
       0 ! Incoming 1 of trunk north
     100 > 180 INVITE 1
     200 > 183 INVITE 1
     250 < PRACK 2
     250 > 200 PRACK 2
    3000 > 200 INVITE 1
    3050 < ACK 1
    3050 ! Confirmed 1
    9000 < BYE 3
    9000 > 200 BYE 3
    9000 ! Ended 1 Peer
    ");
}

#[test]
fn a_lost_183_is_repeated_at_doubling_intervals() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    let first = rseq(&bench);
    bench.at(8000);
    assert_eq!(rseq(&bench), first);
    let prack = prack_last(&bench, &mut peer, 2);
    bench.hear(prack).at(31_000).end(ONE);
    let ack = peer.ack_refusal(&bench);
    bench.hear(ack).run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 > 183 INVITE 1
      500 > 183 INVITE 1
     1500 > 183 INVITE 1
     3500 > 183 INVITE 1
     7500 > 183 INVITE 1
     8000 < PRACK 2
     8000 > 200 PRACK 2
    31000 > 480 INVITE 1
    31000 < ACK 1
    31500 > 480 INVITE 1
    32500 > 480 INVITE 1
    34500 > 480 INVITE 1
    38500 > 480 INVITE 1
    42500 > 480 INVITE 1
    46500 > 480 INVITE 1
    50500 > 480 INVITE 1
    54500 > 480 INVITE 1
    58500 > 480 INVITE 1
    62500 > 480 INVITE 1
    ");
}

#[test]
fn a_lost_200_to_a_prack_is_said_again() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    let prack = prack_last(&bench, &mut peer, 2);
    bench.at(100).hear(&prack).at(600).hear(prack);
    bench.at(1000).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack);
    bench.at(2000).end(ONE).run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 > 183 INVITE 1
      100 < PRACK 2
      100 > 200 PRACK 2
      600 < PRACK 2
      600 > 200 PRACK 2
     1000 > 200 INVITE 1
     1000 < ACK 1
     1000 ! Confirmed 1
     2000 ! Ended 1 Us
     2000 > BYE 1
     2500 > BYE 1
     3500 > BYE 1
     5500 > BYE 1
     9500 > BYE 1
    13500 > BYE 1
    17500 > BYE 1
    21500 > BYE 1
    25500 > BYE 1
    29500 > BYE 1
    33500 > BYE 1
    ");
}

#[test]
fn a_caller_that_never_acknowledges_is_refused() {
    let (mut bench, peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    bench.at(32_000);
    let ack = peer.ack_refusal(&bench);
    bench.hear(ack).run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 > 183 INVITE 1
      500 > 183 INVITE 1
     1500 > 183 INVITE 1
     3500 > 183 INVITE 1
     7500 > 183 INVITE 1
    15500 > 183 INVITE 1
    31500 > 183 INVITE 1
    32000 ! Refusal unacknowledged
    32000 ! Cancelled 1
    32000 > 504 INVITE 1
    32000 < ACK 1
    ");
}

#[test]
fn a_prack_of_something_else_is_refused() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    let rseq = rseq(&bench);
    let racks = [
        format!("{} 1 INVITE", rseq + 1),
        format!("{rseq} 2 INVITE"),
        format!("{rseq} 1 UPDATE"),
        format!("+{rseq} 1 INVITE"),
        format!("{rseq} 1 INVITE again"),
        format!("{rseq} 99999999999 INVITE"),
        format!("{rseq} 1 INVITE"),
        format!("{rseq} 1 INVITE"),
    ];
    let mut statuses = Vec::new();
    for (cseq, rack) in (2..).zip(&racks) {
        let prack = prack(&bench, &mut peer, cseq, rack, "");
        bench.hear(prack);
        statuses.push(bench.last_response().status);
    }
    assert_eq!(statuses, [481, 481, 481, 400, 400, 400, 200, 481]);
    let none = peer.next(&bench, "PRACK", 20, "");
    bench.hear(none);
    assert_eq!(bench.last_response().status, 400);
    let mut stranger = Peer::new("b");
    let outside = prack(&bench, &mut stranger, 1, &racks[6], "");
    bench.hear(outside);
    assert_eq!(bench.last_response().status, 481);
    bench.end(ONE).run_out();
}

#[test]
fn the_200_waits_for_the_prack_of_the_answer() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    bench.at(100).accept(ONE).accept(ONE);
    ring(&mut bench, 180, None);
    bench.say(Command::Refuse {
        session: ONE,
        status: 486,
        headers: Vec::new(),
    });
    bench.say(Command::Reoffer {
        session: ONE,
        sdp: "music".into(),
    });
    let prack = prack_last(&bench, &mut peer, 2);
    bench.at(700).hear(prack);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(800).hear(ack);
    assert_eq!(bench.last_request("INVITE").body, b"music");
    let bye = peer.next(&bench, "BYE", 3, "");
    bench.at(900).hear(bye).run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 > 183 INVITE 1
      500 > 183 INVITE 1
      700 < PRACK 2
      700 > 200 PRACK 2
      700 > 200 INVITE 1
      800 < ACK 1
      800 ! Confirmed 1
      800 > INVITE 1
      900 < BYE 3
      900 > 200 BYE 3
      900 ! Ended 1 Peer
     1300 > INVITE 1
     2300 > INVITE 1
     4300 > INVITE 1
     8300 > INVITE 1
    16300 > INVITE 1
    32300 > INVITE 1
    ");
}

#[test]
fn a_200_does_not_wait_for_the_prack_of_a_mere_ringing() {
    let (mut bench, mut peer) = required();
    ring(&mut bench, 180, None);
    let late = prack_last(&bench, &mut peer, 2);
    bench.at(100).accept(ONE);
    assert_eq!(body(&bench), ANSWER);
    let again = prack(&bench, &mut peer, 3, "1 1 INVITE", "");
    bench.at(200).hear(&late).hear(late).hear(again);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(300).hear(ack).end(ONE).run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 > 180 INVITE 1
      100 > 200 INVITE 1
      200 < PRACK 2
      200 > 200 PRACK 2
      200 < PRACK 2
      200 > 200 PRACK 2
      200 < PRACK 3
      200 > 481 PRACK 3
      300 < ACK 1
      300 ! Confirmed 1
      300 ! Ended 1 Us
      300 > BYE 1
      800 > BYE 1
     1800 > BYE 1
     3800 > BYE 1
     7800 > BYE 1
    11800 > BYE 1
    15800 > BYE 1
    19800 > BYE 1
    23800 > BYE 1
    27800 > BYE 1
    31800 > BYE 1
    ");
}

#[test]
fn what_comes_of_an_answer_whose_183_nobody_acknowledges() {
    for (what, status, event) in [
        ("silence", 504, "NoAck"),
        ("cancel", 487, "Peer"),
        ("bye", 487, "Peer"),
        ("end", 480, "Us"),
    ] {
        let (mut bench, mut peer) = supported();
        ring(&mut bench, 183, Some(ANSWER));
        bench.accept(ONE);
        match what {
            "cancel" => drop(bench.hear(peer.cancel())),
            "bye" => {
                let bye = peer.next(&bench, "BYE", 2, "");
                bench.hear(bye);
            }
            "end" => drop(bench.end(ONE).end(ONE)),
            _ => drop(bench.at(32_000)),
        }
        assert_eq!(bench.last_response().status, status, "{what}");
        let ends: Vec<String> = bench.events.iter().map(|e| format!("{e:?}")).collect();
        let ends: Vec<_> = ends.iter().filter(|e| e.starts_with("Ended")).collect();
        assert!(
            ends.len() == 1 && ends[0].contains(event),
            "{what}: {ends:?}"
        );
        assert!(
            !bench
                .events
                .iter()
                .any(|e| matches!(e, Event::Cancelled { .. }))
        );
        bench.run_out();
    }
}

#[test]
fn the_caller_gives_up_before_it_acknowledges() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    let prack = prack_last(&bench, &mut peer, 2);
    let cancel = Peer {
        branch: 1,
        ..peer.clone()
    };
    bench.at(200).hear(cancel.cancel()).hear(prack);
    let ack = cancel.ack_refusal(&bench);
    bench.at(300).hear(ack).run_out();
    assert_snapshot!(bench.log(), @r"
      0 < INVITE 1
      0 > 100 INVITE 1
      0 ! Incoming 1 of trunk north
      0 > 183 INVITE 1
    200 < CANCEL 1
    200 > 200 CANCEL 1
    200 ! Cancelled 1
    200 > 487 INVITE 1
    200 < PRACK 2
    200 ! Refusal no_dialog
    200 > 481 PRACK 2
    300 < ACK 1
    ");
}

#[test]
fn with_require_each_ringing_is_reliable_and_waits_its_turn() {
    let (mut bench, mut peer) = required();
    ring(&mut bench, 180, None);
    let first = rseq(&bench);
    bench.at(100);
    ring(&mut bench, 183, Some(ANSWER));
    ring(&mut bench, 182, None);
    let prack = prack_last(&bench, &mut peer, 2);
    bench.at(200).hear(prack);
    assert_eq!(rseq(&bench), first + 1);
    assert_eq!(body(&bench), ANSWER, "the newest keeps the SDP");
    let prack = prack_last(&bench, &mut peer, 3);
    bench.at(300).hear(prack);
    ring(&mut bench, 183, Some("a third"));
    assert_eq!((rseq(&bench), body(&bench)), (first + 2, ""));
    let prack = prack_last(&bench, &mut peer, 4);
    bench.at(400).hear(prack).at(60_300);
    assert_eq!(rseq(&bench), first + 3, "the reminder has its own number");
    let prack = prack_last(&bench, &mut peer, 5);
    bench.hear(prack).accept(ONE);
    assert_eq!(body(&bench), ANSWER);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack).end(ONE).run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 > 180 INVITE 1
      200 < PRACK 2
      200 > 200 PRACK 2
      200 > 182 INVITE 1
      300 < PRACK 3
      300 > 200 PRACK 3
      300 > 183 INVITE 1
      400 < PRACK 4
      400 > 200 PRACK 4
    60300 > 183 INVITE 1
    60300 < PRACK 5
    60300 > 200 PRACK 5
    60300 > 200 INVITE 1
    60300 < ACK 1
    60300 ! Confirmed 1
    60300 ! Ended 1 Us
    60300 > BYE 1
    60800 > BYE 1
    61800 > BYE 1
    63800 > BYE 1
    67800 > BYE 1
    71800 > BYE 1
    75800 > BYE 1
    79800 > BYE 1
    83800 > BYE 1
    87800 > BYE 1
    91800 > BYE 1
    ");
}

#[test]
fn an_invite_again_gets_the_reliable_one_again() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    let first = rseq(&bench);
    peer.extra = "Supported: timer, 100rel\r\n".into();
    let again = peer.request("INVITE", 1, "", OFFER);
    bench.at(100).hear(again);
    assert_eq!(rseq(&bench), first);
    bench.end(ONE).run_out();
}

#[test]
fn an_offer_in_a_prack_is_answered_if_it_changes_nothing() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    let rack = format!("{} 1 INVITE", rseq(&bench));
    let same = prack(&bench, &mut peer, 2, &rack, OFFER);
    bench.hear(same);
    assert_eq!((bench.last_response().status, body(&bench)), (200, ANSWER));
    bench.end(ONE).run_out();

    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    let rack = format!("{} 1 INVITE", rseq(&bench));
    let other = prack(&bench, &mut peer, 2, &rack, "other");
    bench.log();
    bench.hear(other).at(5000).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack).end(ONE).run_out();
    assert_snapshot!(bench.log(), @r"
        0 < PRACK 2
        0 > 488 PRACK 2
     5000 > 200 INVITE 1
     5000 < ACK 1
     5000 ! Confirmed 1
     5000 ! Ended 1 Us
     5000 > BYE 1
     5500 > BYE 1
     6500 > BYE 1
     8500 > BYE 1
    12500 > BYE 1
    16500 > BYE 1
    20500 > BYE 1
    24500 > BYE 1
    28500 > BYE 1
    32500 > BYE 1
    36500 > BYE 1
    ");
}

#[test]
fn an_offer_of_ours_in_a_183_is_answered_in_its_prack() {
    let (mut bench, mut peer) = called_with("Require: 100rel", "");
    ring(&mut bench, 180, None);
    assert_eq!(
        bench.last_response().status,
        100,
        "the first has to bring an offer"
    );
    ring(&mut bench, 183, Some(ANSWER));
    let rack = format!("{} 1 INVITE", rseq(&bench));
    let prack = prack(&bench, &mut peer, 2, &rack, OFFER);
    bench.at(100).hear(prack).at(200).accept(ONE);
    assert_eq!(body(&bench), "", "what is agreed on is not offered again");
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(300).hear(ack);
    let told = bench
        .events
        .iter()
        .any(|event| matches!(event, Event::Confirmed { sdp: Some(sdp), .. } if sdp == OFFER));
    assert!(told, "the answer is told with the ACK");
    bench.end(ONE).run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 > 183 INVITE 1
      100 < PRACK 2
      100 > 200 PRACK 2
      200 > 200 INVITE 1
      300 < ACK 1
      300 ! Confirmed 1 with sdp
      300 ! Ended 1 Us
      300 > BYE 1
      800 > BYE 1
     1800 > BYE 1
     3800 > BYE 1
     7800 > BYE 1
    11800 > BYE 1
    15800 > BYE 1
    19800 > BYE 1
    23800 > BYE 1
    27800 > BYE 1
    31800 > BYE 1
    ");
}

/// For peers in between that pass the offer on and lose the acknowledgement.
#[test]
fn where_it_is_off_an_offer_is_ignored_and_a_demand_refused() {
    let off = || {
        let mut config = config();
        config.prack = false;
        Bench::with(config)
    };
    let (mut bench, _) = called_at(off(), "Supported: timer, 100rel", OFFER);
    ring(&mut bench, 183, Some(ANSWER));
    assert_eq!(header(&bench, "RSeq"), None);
    let (bench, _) = called_at(off(), "Require: 100rel", OFFER);
    assert_eq!(bench.last_response().status, 420);
    assert_eq!(header(&bench, "Unsupported").as_deref(), Some("100rel"));
}

/// An INFO overtook it on the way; refused, it would not come again, and the answer would never go out.
#[test]
fn a_prack_that_was_overtaken_counts_and_one_of_nothing_does_not() {
    let (mut bench, mut peer) = required();
    ring(&mut bench, 183, Some(ANSWER));
    let rack = format!("{} 1 INVITE", rseq(&bench));
    let late = prack(&bench, &mut peer, 2, &rack, "");
    let wrong = prack(&bench, &mut peer, 2, "1 1 INVITE", "");
    let info = peer.next(&bench, "INFO", 3, "");
    bench.hear(info);
    bench.hear(wrong);
    assert_eq!(bench.last_response().status, 500);
    bench.hear(late);
    assert_eq!(bench.last_response().status, 200);
}

/// The caller's address changes before the answer (RFC 3311 §5.1); nothing is offered, so nothing is pending.
#[test]
fn an_update_without_an_offer_is_answered_while_it_rings() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 180, None);
    peer.extra = "Contact: <sip:moved@10.0.0.9:5070>\r\n".into();
    let update = peer.next(&bench, "UPDATE", 2, "");
    bench.hear(update);
    assert_eq!(bench.last_response().status, 200);
    assert_eq!(
        header(&bench, "Contact").as_deref(),
        Some("<sip:gudok@192.0.2.1:5060>")
    );
    peer.extra = String::new();
    let offer = peer.next(&bench, "UPDATE", 3, OFFER);
    bench.hear(offer);
    assert_eq!(bench.last_response().status, 500, "ours is still due");
}

const HOLD: &str = "v=0\r\no=- 1 2 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\n";
const HELD: &str = "v=0\r\no=- 7 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\na=recvonly\r\n";

/// What is agreed on early may be changed before the answer (RFC 3311 §5.1), which then has nothing more to agree on.
#[test]
fn an_update_with_an_offer_is_answered_once_the_183_is_acknowledged() {
    let (mut bench, mut peer) = supported();
    ring(&mut bench, 183, Some(ANSWER));
    let prack = prack_last(&bench, &mut peer, 2);
    let early = peer.next(&bench, "UPDATE", 3, HOLD);
    bench.hear(prack);
    bench
        .at(100)
        .hear(&early)
        .at(150)
        .say(Command::AnswerReoffer {
            session: ONE,
            sdp: Some(HELD.into()),
        });
    assert_eq!(body(&bench), HELD);
    // The same again changes nothing, and asks nobody.
    let again = peer.next(&bench, "UPDATE", 4, HOLD);
    bench.at(200).hear(again);
    assert_eq!(body(&bench), HELD);
    bench.at(3000).accept(ONE);
    assert_eq!(body(&bench), "", "the first answer is past");
    let ack = peer.next(&bench, "ACK", 1, "");
    let refresh = peer.next(&bench, "INVITE", 5, HOLD);
    bench.at(3100).hear(ack).hear(refresh);
    assert_eq!(body(&bench), HELD);
    let ack = peer.next(&bench, "ACK", 5, "");
    let bye = peer.next(&bench, "BYE", 6, "");
    bench.hear(ack).hear(bye).run_out();
    assert_snapshot!(bench.log(), @r"
       0 < INVITE 1
       0 > 100 INVITE 1
       0 ! Incoming 1 of trunk north
       0 > 183 INVITE 1
       0 < PRACK 2
       0 > 200 PRACK 2
     100 < UPDATE 3
     100 ! Reoffered 1
     150 > 200 UPDATE 3
     200 < UPDATE 4
     200 > 200 UPDATE 4
    3000 > 200 INVITE 1
    3100 < ACK 1
    3100 ! Confirmed 1
    3100 < INVITE 5
    3100 > 200 INVITE 5
    3100 < ACK 5
    3100 < BYE 6
    3100 > 200 BYE 6
    3100 ! Ended 1 Peer
    ");
}

/// The 200 does not wait for the application's word on an UPDATE; the other way round it may come.
#[test]
fn an_update_under_way_outlives_the_answer_and_not_the_call() {
    let held = || {
        let (mut bench, mut peer) = supported();
        ring(&mut bench, 183, Some(ANSWER));
        let prack = prack_last(&bench, &mut peer, 2);
        let update = peer.next(&bench, "UPDATE", 3, HOLD);
        let second = peer.next(&bench, "UPDATE", 4, OFFER);
        bench.hear(prack).hear(update).hear(second);
        assert_eq!(bench.last_response().status, 500, "one at a time");
        bench.log();
        (bench, peer)
    };
    let (mut bench, mut peer) = held();
    bench.accept(ONE);
    assert_eq!(body(&bench), "");
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack).at(50).say(Command::AnswerReoffer {
        session: ONE,
        sdp: Some(HELD.into()),
    });
    assert_eq!(body(&bench), HELD);
    let (mut bench, mut peer) = held();
    peer.branch = 1;
    bench.hear(peer.cancel());
    let ack = peer.ack_refusal(&bench);
    bench.hear(ack).run_out();
    assert_snapshot!(bench.log(), @r"
    0 < CANCEL 1
    0 > 200 CANCEL 1
    0 ! Cancelled 1
    0 > 487 UPDATE 3
    0 > 487 INVITE 1
    0 < ACK 1
    ");
    let (mut bench, _) = held();
    bench.at(10_000);
    assert_snapshot!(bench.log(), @r"
    10000 ! Refusal unanswered
    10000 > 500 UPDATE 3
    ");
}
