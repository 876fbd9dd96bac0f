//! The probes a server must pass: what other stacks were seen to get wrong.
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, OFFER, Peer, answer, config, tcp, trunk, udp};
use gudok_sip::endpoint::{Command, Flow, Session, Source, Target, Transport};
use gudok_sip::frame::{Frame, Framer};

const ONE: Session = Session(1);

fn ring(bench: &mut Bench, session: Session) {
    bench.say(Command::Progress {
        session,
        status: 180,
        sdp: None,
    });
}

/// A call that is answered and acknowledged; the log is empty.
fn talking() -> (Bench, Peer) {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite()).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack);
    bench.log();
    (bench, peer)
}

#[test]
fn an_invite_again_while_it_rings_gets_the_last_provisional_again() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    let invite = peer.invite();
    bench.hear(&invite).at(10).hear(&invite);
    bench.at(100);
    ring(&mut bench, ONE);
    bench.at(500).hear(&invite);
    assert_snapshot!(bench.log(), @r"
          0 < INVITE 1
          0 > 100 INVITE 1
          0 ! Incoming 1 of trunk north
         10 < INVITE 1
         10 > 100 INVITE 1
        100 > 180 INVITE 1
        500 < INVITE 1
        500 > 180 INVITE 1
        ");
}

#[test]
fn the_200_is_repeated_until_the_ack_and_not_after() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    let invite = peer.invite();
    bench.hear(&invite).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench
        .at(8000)
        .hear(&ack)
        .at(9000)
        .hear(ack)
        .at(9500)
        .hear(invite);
    bench.at(30_000);
    assert_snapshot!(bench.log(), @r"
           0 < INVITE 1
           0 > 100 INVITE 1
           0 ! Incoming 1 of trunk north
           0 > 200 INVITE 1
         500 > 200 INVITE 1
        1500 > 200 INVITE 1
        3500 > 200 INVITE 1
        7500 > 200 INVITE 1
        8000 < ACK 1
        8000 ! Confirmed 1
        9000 < ACK 1
        9500 < INVITE 1
        ");
}

#[test]
fn without_an_ack_the_call_is_hung_up() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite()).accept(ONE).at(31_900).log();
    bench.at(32_000);
    let bye = bench.last_request("BYE").clone();
    bench.hear(answer(&bye, 481, "", "", ""));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        32000 ! Ended 1 NoAck
        32000 > BYE 1
        32000 < 481 BYE 1
        ");
}

#[test]
fn a_refusal_of_a_cancelled_call_is_repeated_until_the_ack() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite());
    ring(&mut bench, ONE);
    bench.at(1000).hear(peer.cancel());
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
         2500 > 487 INVITE 1
         4500 > 487 INVITE 1
         8500 > 487 INVITE 1
        12500 > 487 INVITE 1
        16500 > 487 INVITE 1
        20500 > 487 INVITE 1
        24500 > 487 INVITE 1
        28500 > 487 INVITE 1
        32500 > 487 INVITE 1
        ");
}

#[test]
fn a_cancel_after_the_answer_is_too_late() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite()).accept(ONE);
    bench.at(10).hear(peer.cancel());
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(20).hear(ack).at(60_000);
    assert_eq!(bench.sip.sessions(), 1);
    assert_snapshot!(bench.log(), @r"
         0 < INVITE 1
         0 > 100 INVITE 1
         0 ! Incoming 1 of trunk north
         0 > 200 INVITE 1
        10 < CANCEL 1
        10 > 200 CANCEL 1
        20 < ACK 1
        20 ! Confirmed 1
        ");
}

#[test]
fn strays_get_481_and_a_stray_ack_gets_nothing() {
    let mut bench = Bench::new();
    let mut peer = Peer::new("a");
    for method in ["BYE", "CANCEL", "UPDATE", "INFO", "ACK"] {
        peer.branch += 1;
        bench.hear(peer.request(method, 2, ";tag=0123456789abcdef0123456789abcdef", ""));
    }
    bench.hear(peer.request("INVITE", 2, ";tag=unknown", OFFER));
    assert!(bench.sip.is_idle());
    assert_snapshot!(bench.log(), @r"
        0 < BYE 2
        0 ! Refusal no_dialog
        0 > 481 BYE 2
        0 < CANCEL 2
        0 ! Refusal no_transaction
        0 > 481 CANCEL 2
        0 < UPDATE 2
        0 ! Refusal no_dialog
        0 > 481 UPDATE 2
        0 < INFO 2
        0 ! Refusal no_dialog
        0 > 481 INFO 2
        0 < ACK 2
        0 < INVITE 2
        0 ! Refusal no_dialog
        0 > 481 INVITE 2
        ");
}

#[test]
fn a_dialog_is_named_by_all_three_of_its_names() {
    let (mut bench, peer) = talking();
    for change in 0..2 {
        let mut foreign = peer.clone();
        match change {
            0 => foreign.call_id = "other".into(),
            _ => foreign.tag = "other".into(),
        }
        let bye = foreign.next(&bench, "BYE", 2, "");
        bench.hear(bye);
        assert_eq!(bench.last_response().status, 481);
    }
    assert_eq!(bench.sip.sessions(), 1);
}

#[test]
fn a_bye_before_the_ack_is_answered_at_once() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite()).accept(ONE);
    let bye = peer.next(&bench, "BYE", 2, "");
    bench.at(700).hear(bye);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(800).hear(ack);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 < INVITE 1
          0 > 100 INVITE 1
          0 ! Incoming 1 of trunk north
          0 > 200 INVITE 1
        500 > 200 INVITE 1
        700 < BYE 2
        700 > 200 BYE 2
        700 ! Ended 1 Peer
        800 < ACK 1
        ");
}

#[test]
fn our_own_bye_waits_for_the_ack() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite()).accept(ONE);
    bench.at(100).end(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.at(600).hear(ack);
    let bye = bench.last_request("BYE").clone();
    bench.hear(answer(&bye, 200, "", "", ""));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 < INVITE 1
          0 > 100 INVITE 1
          0 ! Incoming 1 of trunk north
          0 > 200 INVITE 1
        100 ! Ended 1 Us
        500 > 200 INVITE 1
        600 < ACK 1
        600 > BYE 1
        600 < 200 BYE 1
        ");
}

#[test]
fn both_sides_hang_up_at_once() {
    let (mut bench, mut peer) = talking();
    bench.at(1000).end(ONE);
    let bye = peer.next(&bench, "BYE", 2, "");
    bench.hear(bye);
    let ours = bench.last_request("BYE").clone();
    bench.hear(answer(&ours, 481, "", "", ""));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        1000 ! Ended 1 Us
        1000 > BYE 1
        1000 < BYE 2
        1000 > 200 BYE 2
        1000 < 481 BYE 1
        ");
}

#[test]
fn a_caller_may_hang_up_before_the_answer_by_bye() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite());
    ring(&mut bench, ONE);
    let invite = peer.clone();
    let bye = peer.next(&bench, "BYE", 2, "");
    bench.at(500).hear(bye);
    let ack = invite.ack_refusal(&bench);
    bench.hear(ack);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 < INVITE 1
          0 > 100 INVITE 1
          0 ! Incoming 1 of trunk north
          0 > 180 INVITE 1
        500 < BYE 2
        500 > 200 BYE 2
        500 ! Cancelled 1
        500 > 487 INVITE 1
        500 < ACK 1
        ");
}

#[test]
fn an_older_request_gets_500() {
    let (mut bench, mut peer) = talking();
    let info = peer.next(&bench, "INFO", 7, "");
    bench.hear(info);
    let bye = peer.next(&bench, "BYE", 6, "");
    bench.hear(bye);
    assert_eq!(bench.last_response().status, 500);
    assert_eq!(bench.sip.sessions(), 1);
}

#[test]
fn unknown_methods_and_extensions_are_answered() {
    let (mut bench, mut peer) = talking();
    let mut outside = Peer::new("b");
    let mut statuses = Vec::new();
    for method in ["MESSAGE", "PUBLISH", "SUBSCRIBE", "FLY"] {
        let inside = peer.next(&bench, method, 2 + peer.branch, "");
        bench.hear(inside);
        statuses.push(bench.last_response().status);
        assert!(
            bench
                .last_response()
                .headers
                .get("Allow")
                .unwrap()
                .contains("INVITE")
        );
        outside.branch += 1;
        bench.hear(outside.request(method, 1, "", ""));
        statuses.push(bench.last_response().status);
    }
    assert_eq!(statuses, [405, 405, 405, 405, 405, 405, 501, 501]);
    outside.extra = "Require: nonsense, timer, 100rel\r\n".into();
    bench.hear(outside.invite());
    let refusal = bench.last_response();
    assert_eq!(refusal.status, 420);
    assert_eq!(refusal.headers.get("Unsupported"), Some("nonsense"));
    let session = bench.sip.sessions();
    assert_eq!(session, 1);
}

#[test]
fn options_tell_what_we_can_inside_and_outside() {
    let (mut bench, mut peer) = talking();
    let inside = peer.next(&bench, "OPTIONS", 2, "");
    bench
        .hear(inside)
        .hear(Peer::new("b").request("OPTIONS", 1, "", ""));
    let headers = &bench.last_response().headers;
    assert!(headers.get("Allow").unwrap().contains("UPDATE"));
    assert!(headers.get("Accept").unwrap().contains("application/sdp"));
    assert_eq!(
        headers.get("Supported"),
        Some("timer, 100rel, replaces, norefersub")
    );
    assert_snapshot!(bench.log(), @r"
        0 < OPTIONS 2
        0 > 200 OPTIONS 2
        0 < OPTIONS 1
        0 > 200 OPTIONS 1
        ");
}

#[test]
fn loops_and_merged_requests_are_found() {
    let mut config = config();
    config.contact_tls = Some("192.0.2.1:5061".into());
    let v6 = "[2001:db8::1]:5060".parse().unwrap();
    config.contacts = vec![(Transport::Udp, v6)];
    let (mut bench, mut peer) = (Bench::with(config), Peer::new("a"));
    let invite = peer.invite();
    bench.hear(&invite).log();
    peer.branch += 1;
    bench.hear(peer.request("INVITE", 1, "", OFFER));
    assert_eq!(bench.last_response().status, 482);
    let hops = Peer::new("b")
        .invite()
        .replace("Max-Forwards: 70", "Max-Forwards: 0");
    bench.hear(hops);
    assert_eq!(bench.last_response().status, 483);
    for (peer, sent_by) in [
        ("c", "UDP 192.0.2.1:5060"),
        ("d", "TLS 192.0.2.1:5061"),
        ("e", "UDP [2001:DB8::1]:5060"),
        ("f", "TCP [2001:db8::1]:5060"),
    ] {
        let own = format!("Via: SIP/2.0/{sent_by};branch=z9hG4bKours\r\nMax-Forwards");
        bench.hear(Peer::new(peer).invite().replace("Max-Forwards", &own));
        assert_eq!(bench.last_response().status, 482, "{sent_by}");
    }
    assert_eq!(bench.sip.sessions(), 1);
}

#[test]
fn a_full_house_says_when_to_come_again() {
    let mut config = config();
    config.sessions_max = 1;
    let mut bench = Bench::with(config);
    bench.hear(Peer::new("a").invite());
    let second = Peer::new("b").invite();
    bench.hear(&second).at(500).hear(&second);
    let later = bench.last_response().headers.get("Retry-After");
    let later: u64 = later.expect("it is told").parse().unwrap();
    assert!((5..=30).contains(&later), "{later}");
    assert_snapshot!(bench.log(), @r"
          0 < INVITE 1
          0 > 100 INVITE 1
          0 ! Incoming 1 of trunk north
          0 < INVITE 1
          0 ! Refusal too_many_sessions
          0 > 503 INVITE 1
        500 < INVITE 1
        500 ! Refusal repeated
        500 > 503 INVITE 1
        ");
}

#[test]
fn bodies_and_schemes_we_cannot_take_are_refused() {
    let mut bench = Bench::new();
    let mut peer = Peer::new("a");
    peer.extra = "Content-Type: text/plain\r\n".into();
    bench.hear(peer.invite());
    assert_eq!(bench.last_response().status, 415);
    let strange = Peer::new("b")
        .invite()
        .replace("INVITE sip:88000000000@192.0.2.1", "INVITE http:x");
    bench.hear(strange);
    assert_eq!(bench.last_response().status, 416);
    let no_contact = Peer::new("c").invite().replace("Contact:", "X-Contact:");
    bench.hear(no_contact);
    assert_eq!(bench.last_response().status, 400);
    assert!(bench.sip.is_idle());
}

#[test]
fn garbage_of_a_trunk_is_answered_where_it_can_be_and_others_hear_nothing() {
    let mut bench = Bench::new();
    let bad = Peer::new("a")
        .invite()
        .replace("Content-Length: ", "Content-Length: -");
    bench.hear(&bad);
    assert_eq!(bench.last_response().status, 400);
    let sent = bench.sent.len();
    bench
        .hear_on(udp("203.0.113.66:5060"), &bad)
        .hear("junk")
        .hear("\r\n\r\n");
    assert_eq!(bench.sent.len(), sent);
    assert_snapshot!(bench.log(), @r"
        0 < garbage
        0 ! Refusal malformed
        0 > 400 INVITE 1
        0 < garbage
        0 ! Refusal malformed
        0 < garbage
        0 ! Refusal malformed
        0 < garbage
        ");
}

#[test]
fn answers_go_where_rfc_3581_says() {
    let mut bench = Bench::new();
    let mut peer = Peer::new("a");
    let other_port = udp("10.0.0.9:33333");
    bench.hear_on(other_port, peer.invite());
    assert_eq!(bench.last_flow(), other_port);
    let via = bench.last_response().headers.via().unwrap();
    assert_eq!(via.rport(), Some(Some(33333)));
    assert_eq!(via.received(), Some("10.0.0.9".parse().unwrap()));
    let mut peer = Peer::new("b");
    peer.via_extra = String::new();
    bench.hear_on(other_port, peer.invite());
    assert_eq!(bench.last_flow(), udp("10.0.0.9:5060"));
}

#[test]
fn record_routes_come_back_in_order_and_are_followed() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    peer.extra = "Record-Route: <sip:10.0.0.2;lr>, <sip:10.0.0.3;lr>\r\n".into();
    bench.hear(peer.invite()).accept(ONE);
    let routes: Vec<_> = bench.last_response().headers.list("Record-Route").collect();
    assert_eq!(routes, ["<sip:10.0.0.2;lr>", "<sip:10.0.0.3;lr>"]);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack).end(ONE);
    let bye = bench.last_request("BYE");
    let routes: Vec<_> = bye.headers.all("Route").collect();
    assert_eq!(routes, ["<sip:10.0.0.2;lr>", "<sip:10.0.0.3;lr>"]);
    assert_eq!(bye.uri, "sip:caller@10.0.0.9:5060");
    assert_eq!(bench.last_flow(), udp("10.0.0.2:5060"));
}

#[test]
fn a_forgotten_call_gets_its_answer_after_three_minutes() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear(peer.invite());
    ring(&mut bench, ONE);
    bench.at(180_000);
    let ack = peer.ack_refusal(&bench);
    bench.hear(ack);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
             0 < INVITE 1
             0 > 100 INVITE 1
             0 ! Incoming 1 of trunk north
             0 > 180 INVITE 1
         60000 > 180 INVITE 1
        120000 > 180 INVITE 1
        180000 ! Refusal unanswered
        180000 ! Cancelled 1
        180000 > 408 INVITE 1
        180000 < ACK 1
        ");
}

#[test]
fn an_rfc_2543_caller_is_served_too() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    let old = |text: String| text.replace(";branch=z9hG4bK", ";x=");
    bench
        .hear(old(peer.invite()))
        .hear(old(peer.request("INVITE", 1, "", OFFER)));
    bench.hear(old(peer.cancel()));
    let ack = old(peer.ack_refusal(&bench));
    bench.hear(ack);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 < INVITE 1
        0 > 100 INVITE 1
        0 < CANCEL 1
        0 > 200 CANCEL 1
        0 ! Cancelled 1
        0 > 487 INVITE 1
        0 < ACK 1
        ");
}

/// The framer's messages of a byte stream, in pieces.
fn framed(stream: &[u8], piece: usize) -> (Vec<Vec<u8>>, usize) {
    let mut framer = Framer::default();
    let (mut messages, mut pings) = (Vec::new(), 0);
    for bytes in stream.chunks(piece) {
        framer.push(bytes);
        while let Some(frame) = framer.next() {
            match frame.expect("the stream is sound") {
                Frame::Message(message) => messages.push(message),
                Frame::Ping => pings += 1,
            }
        }
    }
    (messages, pings)
}

#[test]
fn tcp_may_come_byte_by_byte_and_five_requests_at_once() {
    let flow = tcp("10.0.0.9:40000", 5);
    let mut stream = b"\r\n\r\n".to_vec();
    for name in ["a", "b", "c", "d", "e"] {
        stream.extend(Peer::new(name).invite().replace("/UDP", "/TCP").bytes());
    }
    for piece in [1, stream.len()] {
        let mut bench = Bench::new();
        let (messages, pings) = framed(&stream, piece);
        assert_eq!((messages.len(), pings), (5, 1));
        for message in messages {
            bench.hear_bytes(flow, &message);
        }
        assert_eq!(bench.sip.sessions(), 5);
        assert!(bench.sent.iter().all(|(to, _)| *to == flow));
    }
}

#[test]
fn over_tcp_the_call_stays_on_its_connection() {
    let flow = tcp("10.0.0.9:40000", 5);
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    let over_tcp = |text: String| text.replace("/UDP", "/TCP");
    bench.hear_on(flow, over_tcp(peer.invite())).accept(ONE);
    let contact = bench.last_response().headers.get("Contact");
    assert_eq!(contact, Some("<sip:gudok@192.0.2.1:5060;transport=tcp>"));
    let ack = over_tcp(peer.next(&bench, "ACK", 1, ""));
    bench.at(600).hear_on(flow, ack).at(1000).end(ONE);
    assert_eq!(bench.last_flow(), flow);
    let bye = bench.last_request("BYE").clone();
    bench.hear_on(flow, answer(&bye, 200, "", "", ""));
    assert_snapshot!(bench.log(), @r"
           0 < INVITE 1
           0 > 100 INVITE 1
           0 ! Incoming 1 of trunk north
           0 > 200 INVITE 1
         500 > 200 INVITE 1
         600 < ACK 1
         600 ! Confirmed 1
        1000 ! Ended 1 Us
        1000 > BYE 1
        1000 < 200 BYE 1
        ");
}

#[test]
fn a_lost_connection_is_replaced_for_the_rest_of_the_call() {
    let flow = tcp("10.0.0.9:40000", 5);
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    let text = peer.invite().replace("/UDP", "/TCP");
    let text = text.replace("caller@10.0.0.9:5060", "caller@10.0.0.9:5060;transport=tcp");
    bench.hear_on(flow, text).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear_on(flow, ack).closed(flow).end(ONE);
    assert_eq!(bench.last_flow(), tcp("10.0.0.9:5060", 0));
    bench.closed(tcp("10.0.0.9:5060", 0));
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 1
        0 > 100 INVITE 1
        0 ! Incoming 1 of trunk north
        0 > 200 INVITE 1
        0 < ACK 1
        0 ! Confirmed 1
        0 < closed
        0 ! Ended 1 Us
        0 > BYE 1
        0 < closed
        ");
}

/// RFC 3261 §18.2.2: a carrier whose connection broke while it waited is answered at the port of its Via.
#[test]
fn a_carrier_whose_connection_broke_is_answered_over_a_new_one() {
    let flow = tcp("10.0.0.9:40000", 5);
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear_on(flow, peer.invite().replace("/UDP", "/TCP"));
    bench.closed(flow).say(Command::Refuse {
        session: ONE,
        status: 486,
        headers: Vec::new(),
    });
    assert_eq!(bench.last_response().status, 486);
    assert_eq!(bench.last_flow(), tcp("10.0.0.9:5060", 0));

    // After the 200, and before its ACK, it is the same.
    let mut peer = Peer::new("b");
    let flow = tcp("10.0.0.9:40001", 6);
    bench.hear_on(flow, peer.invite().replace("/UDP", "/TCP"));
    bench.accept(Session(2)).closed(flow).after(600);
    assert_eq!(bench.last_response().status, 200);
    assert_eq!(bench.last_flow(), tcp("10.0.0.9:5060", 0));
}

/// A carrier may keep to one connection a request: what is in a dialog is known by its tags, not by where it came.
#[test]
fn a_goodbye_over_another_connection_ends_the_talk_and_is_answered_there() {
    let tls = |port: u16, connection| Flow {
        transport: Transport::Tls,
        ..tcp(&format!("10.0.0.9:{port}"), connection)
    };
    let (first, second) = (tls(40_000, 5), tls(40_001, 6));
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    bench.hear_on(first, peer.invite().replace("/UDP", "/TLS"));
    bench.accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "").replace("/UDP", "/TLS");
    bench.hear_on(second, ack);
    let bye = peer.next(&bench, "BYE", 2, "").replace("/UDP", "/TLS");
    bench.closed(first).hear_on(second, bye);
    assert_eq!(bench.last_response().status, 200);
    assert_eq!(bench.last_flow(), second);
    bench.run_out();
}

/// Behind a proxy on a carrier's machine, or on ours, a browser is a browser.
#[test]
fn nobody_is_a_trunk_over_a_websocket() {
    let browser = Flow {
        transport: Transport::Wss,
        ..tcp("10.0.0.9:40000", 5)
    };
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    assert_eq!(bench.sip.source_of(trunk()), Source::Trunk);
    assert_eq!(bench.sip.source_of(browser), Source::Stranger);
    bench.hear_on(browser, peer.invite().replace("/UDP", "/WSS"));
    bench.hear_on(browser, "INVITE sip:a SIP/2.0\r\n\r\n");
    assert_eq!(bench.sip.sessions(), 0);
    assert!(bench.sent.is_empty(), "a stranger hears nothing");
}

/// RFC 5923: the carrier may ask us over the connection that we have opened.
#[test]
fn a_connection_that_we_open_may_be_used_both_ways() {
    let mut bench = Bench::new();
    for (flow, alias) in [(tcp("10.0.0.9:5061", 0), true), (trunk(), false)] {
        let (uri, target) = ("sip:+79990000102@10.0.0.9".to_owned(), flow);
        bench.dial(Target::Address { uri, flow: target }, None);
        let via = bench.last_request("INVITE").headers.get("Via");
        let aliased = via.is_some_and(|via| via.contains(";alias"));
        assert_eq!(aliased, alias, "{via:?}");
    }
}

#[test]
fn a_late_offer_is_answered_in_the_ack() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    peer.branch = 1;
    bench.hear(peer.request("INVITE", 1, "", "")).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, ANSWER);
    bench.at(20).hear(ack);
    assert_snapshot!(bench.log(), @r"
         0 < INVITE 1
         0 > 100 INVITE 1
         0 ! Incoming 1 of trunk north
         0 > 200 INVITE 1
        20 < ACK 1
        20 ! Confirmed 1 with sdp
        ");
}

#[test]
fn headers_in_the_uri_of_a_contact_do_not_get_into_ours() {
    let (mut bench, mut peer) = (Bench::new(), Peer::new("a"));
    let contact = "Contact: <sip:caller@10.0.0.9:5060?Route=%3Csip:evil.example%3E>";
    let invite = peer.invite();
    let old = invite.lines().find(|line| line.starts_with("Contact:"));
    let invite = invite.replace(old.expect("it has one"), contact);
    bench.hear(invite).accept(Session(1));
    bench.hear(peer.next(&bench, "ACK", 1, "")).end(Session(1));
    assert_eq!(bench.last_request("BYE").uri, "sip:caller@10.0.0.9:5060");
    let session = bench.dial_trunk();
    let invite = bench.last_request("INVITE").clone();
    let strict = "Record-Route: <sip:10.0.0.9:5060?Subject=x>\r\n";
    bench.hear(answer(
        &invite,
        200,
        "t",
        &format!("{contact}\r\n{strict}"),
        ANSWER,
    ));
    assert_eq!(bench.last_request("ACK").uri, "sip:10.0.0.9:5060");
    bench.end(session);
}
