//! Calls of the trunk: from INVITE to BYE.
use insta::assert_snapshot;

use crate::bench::{Bench, Peer};
use gudok_sip::endpoint::{Command, Session};

const ONE: Session = Session(1);

#[test]
fn a_call_is_answered_and_hung_up_by_the_caller() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite());
    bench.at(200).say(Command::Progress {
        session: ONE,
        status: 180,
        sdp: None,
    });
    bench.at(1000).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(1010).hear(ack);
    let bye = peer.next(&bench, "BYE", 2, "");
    bench.at(5000).hear(&bye).at(5500).hear(bye);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
           0 < INVITE 1
           0 > 100 INVITE 1
           0 ! Incoming 1 of trunk north
         200 > 180 INVITE 1
        1000 > 200 INVITE 1
        1010 < ACK 1
        1010 ! Confirmed 1
        5000 < BYE 2
        5000 > 200 BYE 2
        5000 ! Ended 1 Peer
        5500 < BYE 2
        5500 > 200 BYE 2
        ");
}

#[test]
fn a_call_is_hung_up_by_us() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite()).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(10).hear(ack);
    bench.at(3000).end(ONE).end(ONE);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
            0 < INVITE 1
            0 > 100 INVITE 1
            0 ! Incoming 1 of trunk north
            0 > 200 INVITE 1
           10 < ACK 1
           10 ! Confirmed 1
         3000 ! Ended 1 Us
         3000 > BYE 1
         3500 > BYE 1
         4500 > BYE 1
         6500 > BYE 1
        10500 > BYE 1
        14500 > BYE 1
        18500 > BYE 1
        22500 > BYE 1
        26500 > BYE 1
        30500 > BYE 1
        34500 > BYE 1
        ");
}

#[test]
fn a_call_is_refused_until_the_refusal_is_acknowledged() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite());
    let headers = vec![("Retry-After".to_owned(), "10".to_owned())];
    bench.at(100).say(Command::Refuse {
        session: ONE,
        status: 486,
        headers,
    });
    assert_eq!(bench.last_response().headers.get("Retry-After"), Some("10"));
    let ack = peer.ack_refusal(&bench);
    bench.at(700).hear(ack);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 < INVITE 1
          0 > 100 INVITE 1
          0 ! Incoming 1 of trunk north
        100 > 486 INVITE 1
        600 > 486 INVITE 1
        700 < ACK 1
        ");
}

#[test]
fn the_caller_gives_up_while_it_rings() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite());
    let session = bench.incoming();
    bench.say(Command::Progress {
        session,
        status: 180,
        sdp: None,
    });
    bench.at(1000).hear(peer.cancel());
    bench.accept(session).end(session);
    let ack = peer.ack_refusal(&bench);
    bench.at(2000).hear(peer.cancel()).at(3600).hear(ack);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
           0 < INVITE 1
           0 > 100 INVITE 1
           0 ! Incoming 1 of trunk north
           0 > 180 INVITE 1
        1000 < CANCEL 1
        1000 > 200 CANCEL 1
        1000 ! Cancelled 1
        1000 > 487 INVITE 1
        1500 > 487 INVITE 1
        2000 < CANCEL 1
        2000 > 200 CANCEL 1
        2500 > 487 INVITE 1
        3600 < ACK 1
        ");
}

/// RFC 3326: what the caller says of its end is told, whichever way it ends.
#[test]
fn the_reason_of_an_end_is_told() {
    let reason = "Reason: Q.850 ;cause=16 ;text=\"Terminated\", SIP;cause=200\r\n";
    let told = "sip Some(200) q850 Some(16) Some(\"Terminated\")";
    let mut bench = Bench::new();
    let mut peer = Peer::new("c");
    bench.hear(peer.invite());
    peer.extra = reason.into();
    bench.hear(peer.cancel());
    assert!(bench.log().contains(&format!("! Cancelled 1 {told}")));

    let mut bench = Bench::new();
    let mut peer = Peer::new("b");
    bench.hear(peer.invite());
    let session = bench.incoming();
    bench.accept(session);
    bench.hear(peer.next(&bench, "ACK", 1, ""));
    peer.extra = reason.into();
    bench.hear(peer.next(&bench, "BYE", 2, ""));
    let log = bench.log();
    assert!(log.contains(&format!("! Ended 1 Peer {told}")), "{log}");
}
