//! REFER and Replaces: who is to be called instead, and who takes whose place (RFC 3515, 3891, 4488, 5057).
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, CONTACT, Peer, answer};
use crate::phone::{Phone, bench as bench_with_users};
use gudok_sip::endpoint::{Command, REFER_LIFE, Session};
use gudok_sip::{Method, Request};

const ONE: Session = Session(1);
const TWO: Session = Session(2);

/// Calls of peers `a` and `b` in progress.
fn two_calls() -> (Bench, Peer, Peer) {
    let mut bench = Bench::new();
    let [a, b] = [("a", ONE), ("b", TWO)].map(|(name, session)| {
        let mut peer = Peer::new(name);
        bench.hear(peer.invite()).accept(session);
        let ack = peer.next(&bench, "ACK", 1, "");
        bench.hear(ack);
        peer
    });
    bench.log();
    (bench, a, b)
}

fn refer(bench: &mut Bench, peer: &mut Peer, cseq: u32, lines: &str) {
    peer.extra = lines.into();
    let refer = peer.next(bench, "REFER", cseq, "");
    peer.extra.clear();
    bench.hear(refer);
}

/// Answers the last NOTIFY, and gives its state and its fragment.
fn notified(bench: &mut Bench, status: u16) -> (String, String) {
    let notify = bench.last_request("NOTIFY").clone();
    bench.hear(answer(&notify, status, "", "", ""));
    let state = notify.headers.get("Subscription-State").unwrap().to_owned();
    (state, String::from_utf8(notify.body).unwrap())
}

fn take(bench: &mut Bench, refer: u32, status: u16) {
    bench.say(Command::AnswerRefer {
        session: ONE,
        refer,
        status,
    });
}

fn progress(bench: &mut Bench, refer: u32, status: u16) {
    bench.say(Command::ReferProgress {
        session: ONE,
        refer,
        status,
    });
}

/// `Replaces` of a call of a peer's, as it would write it into Refer-To.
fn replaces_of(bench: &Bench, peer: &Peer) -> String {
    let tag = peer.to_tag(bench);
    let ours = tag.strip_prefix(";tag=").unwrap();
    let (id, theirs) = (peer.call_id.replace('@', "%40"), &peer.tag);
    format!("{id}%3Bto-tag%3D{ours}%3Bfrom-tag%3D{theirs}")
}

#[test]
fn a_blind_transfer_is_told_from_100_to_the_end_in_order() {
    let (mut bench, mut peer, _) = two_calls();
    refer(
        &mut bench,
        &mut peer,
        2,
        "Refer-To: <sip:102@192.0.2.1>\r\nReferred-By: <sip:101@g>\r\n",
    );
    take(&mut bench, 2, 202);
    assert_eq!(
        bench.last_request("NOTIFY").headers.get("Event"),
        Some("refer;id=2")
    );
    // Two words while the first is under way: the newest is told.
    progress(&mut bench, 2, 180);
    progress(&mut bench, 2, 183);
    assert_eq!(
        notified(&mut bench, 200),
        ("active;expires=180".into(), "SIP/2.0 100 Trying\r\n".into())
    );
    bench.at(5_000);
    assert_eq!(
        notified(&mut bench, 200).1,
        "SIP/2.0 183 Session Progress\r\n"
    );
    progress(&mut bench, 2, 200);
    assert_eq!(
        notified(&mut bench, 200),
        (
            "terminated;reason=noresource".into(),
            "SIP/2.0 200 OK\r\n".into()
        )
    );
    // It is over: nothing more is told, and the next REFER is welcome.
    progress(&mut bench, 2, 500);
    refer(&mut bench, &mut peer, 3, "Refer-To: <tel:+74950000000>\r\n");
    take(&mut bench, 3, 403);
    assert_snapshot!(bench.log(), @"
       0 < REFER 2
       0 ! Referred 1 to 102 by somebody
       0 > 202 REFER 2
       0 > NOTIFY 1
       0 < 200 NOTIFY 1
       0 > NOTIFY 2
     500 > NOTIFY 2
    1500 > NOTIFY 2
    3500 > NOTIFY 2
    5000 < 200 NOTIFY 2
    5000 > NOTIFY 3
    5000 < 200 NOTIFY 3
    5000 < REFER 3
    5000 ! Referred 1 to +74950000000
    5000 > 403 REFER 3
    ");
    bench.end(ONE).end(TWO).run_out();
}

#[test]
fn an_attended_transfer_names_the_other_call() {
    let (mut bench, mut peer, other) = two_calls();
    let replaces = replaces_of(&bench, &other);
    refer(
        &mut bench,
        &mut peer,
        2,
        &format!("Refer-To: <sip:102@192.0.2.1?Replaces={replaces}>\r\n"),
    );
    take(&mut bench, 2, 202);
    progress(&mut bench, 2, 200);
    bench.end(ONE).end(TWO);
    assert_eq!(notified(&mut bench, 200).1, "SIP/2.0 100 Trying\r\n");
    // The application has ended the calls; the BYE waits until the last word is heard.
    assert_eq!(notified(&mut bench, 200).1, "SIP/2.0 200 OK\r\n");
    assert_snapshot!(bench.log(), @"
    0 < REFER 2
    0 ! Referred 1 to 102 in place of 2
    0 > 202 REFER 2
    0 > NOTIFY 1
    0 ! Ended 1 Us
    0 ! Ended 2 Us
    0 > BYE 1
    0 < 200 NOTIFY 1
    0 > NOTIFY 2
    0 < 200 NOTIFY 2
    0 > BYE 3
    ");
    bench.run_out();
}

#[test]
fn a_reference_to_a_call_that_is_not_there_is_declined() {
    let (mut bench, mut peer, other) = two_calls();
    let gone = replaces_of(&bench, &other).replace("b%40", "x%40");
    let own = replaces_of(&bench, &peer);
    for (cseq, replaces, status) in [(2, gone, 603), (3, own, 603), (4, "nonsense".into(), 400)] {
        refer(
            &mut bench,
            &mut peer,
            cseq,
            &format!("Refer-To: <sip:102@192.0.2.1?Replaces={replaces}>\r\n"),
        );
        assert_eq!(bench.last_response().status, status, "{replaces}");
    }
    refer(
        &mut bench,
        &mut peer,
        5,
        "Refer-To: <sip:102@192.0.2.1;method=BYE>\r\n",
    );
    assert_eq!(bench.last_response().status, 603);
    assert_eq!(bench.sip.sessions(), 2, "the calls are well");
    bench.end(ONE).end(TWO).run_out();
}

#[test]
fn who_does_not_want_to_know_is_not_told() {
    let (mut bench, mut peer, _) = two_calls();
    refer(
        &mut bench,
        &mut peer,
        2,
        "Refer-To: <sip:102@192.0.2.1>\r\nRefer-Sub: false\r\nSupported: norefersub\r\n",
    );
    take(&mut bench, 2, 202);
    assert_eq!(
        bench.last_response().headers.get("Refer-Sub"),
        Some("false")
    );
    progress(&mut bench, 2, 200);
    refer(
        &mut bench,
        &mut peer,
        3,
        "Refer-To: <sip:103@192.0.2.1>\r\n",
    );
    // The answer to a NOTIFY that nobody wants ends the telling.
    take(&mut bench, 3, 202);
    notified(&mut bench, 481);
    progress(&mut bench, 3, 200);
    assert_snapshot!(bench.log(), @"
    0 < REFER 2
    0 ! Referred 1 to 102
    0 > 202 REFER 2
    0 < REFER 3
    0 ! Referred 1 to 103
    0 > 202 REFER 3
    0 > NOTIFY 1
    0 < 481 NOTIFY 1
    ");
    bench.end(ONE).end(TWO).run_out();
}

#[test]
fn a_reference_ends_by_itself_and_one_at_a_time() {
    let (mut bench, mut peer, _) = two_calls();
    refer(
        &mut bench,
        &mut peer,
        2,
        "Refer-To: <sip:102@192.0.2.1>\r\n",
    );
    refer(
        &mut bench,
        &mut peer,
        3,
        "Refer-To: <sip:103@192.0.2.1>\r\n",
    );
    assert_eq!(bench.last_response().status, 491);
    take(&mut bench, 2, 202);
    notified(&mut bench, 200);
    let life = u64::try_from(REFER_LIFE.as_millis()).unwrap();
    bench.at(life);
    assert_eq!(notified(&mut bench, 200).0, "terminated;reason=timeout");
    // One that the application forgets gets 500.
    refer(
        &mut bench,
        &mut peer,
        4,
        "Refer-To: <sip:103@192.0.2.1>\r\n",
    );
    bench.after(10_000);
    assert_eq!(bench.last_response().status, 500);
    bench.end(ONE).end(TWO).run_out();
}

#[test]
fn outside_a_call_nobody_is_passed_on() {
    let mut bench = Bench::new();
    let mut peer = Peer::new("a");
    peer.extra = "Refer-To: <sip:102@192.0.2.1>\r\n".into();
    peer.branch = 1;
    bench.hear(peer.request("REFER", 1, "", ""));
    assert_eq!(bench.last_response().status, 403);
    let mut peer = Peer::new("b");
    // Before the answer there is nobody to pass on either.
    bench.hear(peer.invite());
    peer.extra = "Refer-To: <sip:102@192.0.2.1>\r\n".into();
    let early = peer.next(&bench, "REFER", 2, "");
    bench.hear(early);
    assert_eq!(bench.last_response().status, 403);
    bench.end(ONE);
}

#[test]
fn we_refer_a_party_and_are_told() {
    let mut bench = Bench::new();
    for session in [ONE, TWO] {
        bench.dial_trunk();
        let invite = bench.last_request("INVITE").clone();
        bench.hear(answer(
            &invite,
            200,
            &format!("t{}", session.0),
            CONTACT,
            ANSWER,
        ));
    }
    bench.log();
    bench.say(Command::Refer {
        session: ONE,
        to: "sip:103@gudok.example".into(),
        replaces: Some(TWO),
    });
    let refer = bench.last_request("REFER").clone();
    let second = bench.last_request("INVITE").clone();
    let to = refer.headers.get("Refer-To").unwrap();
    let (id, tag) = (
        second.headers.call_id().unwrap(),
        second.headers.from_tag().unwrap(),
    );
    assert_eq!(
        to,
        format!("<sip:103@gudok.example?Replaces={id}%3Bto-tag%3Dt2%3Bfrom-tag%3D{tag}>")
    );
    bench.hear(answer(&refer, 202, "", "", ""));
    for (cseq, state, status) in [
        (1, "active", "100 Trying"),
        (2, "terminated;reason=noresource", "200 OK"),
    ] {
        bench.hear(notify(&refer, cseq, "refer", state, status));
        assert_eq!(bench.last_response().status, 200);
    }
    bench.hear(notify(&refer, 3, "refer", "active", "200 OK"));
    assert_eq!(bench.last_response().status, 481, "nobody waits for it");
    bench.hear(notify(&refer, 4, "presence", "active", "200 OK"));
    assert_eq!(bench.last_response().status, 489);
    assert_snapshot!(bench.log(), @"
    0 > REFER 2
    0 < 202 REFER 2
    0 ! ReferAnswered 1 202
    0 < NOTIFY 1
    0 > 200 NOTIFY 1
    0 ! ReferProgress 1 100 last: false
    0 < NOTIFY 2
    0 > 200 NOTIFY 2
    0 ! ReferProgress 1 200 last: true
    0 < NOTIFY 3
    0 > 481 NOTIFY 3
    0 < NOTIFY 4
    0 > 489 NOTIFY 4
    ");
    bench.end(ONE).end(TWO).run_out();
}

/// A NOTIFY of the party that we referred.
fn notify(refer: &Request, cseq: u32, event: &str, state: &str, status: &str) -> String {
    let header = |name| refer.headers.get(name).unwrap();
    let body = format!("SIP/2.0 {status}\r\n");
    format!(
        "NOTIFY sip:gudok@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKn{cseq}\r\n\
         Max-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} NOTIFY\r\nEvent: {event}\r\n\
         Subscription-State: {state}\r\nContent-Type: message/sipfrag\r\nContent-Length: {}\r\n\r\n{body}",
        header("To"),
        header("From"),
        header("Call-ID"),
        body.len(),
    )
}

/// An INVITE of operator 8 with `Replaces`, proved.
fn replacing(bench: &mut Bench, replaces: &str) -> u16 {
    let mut phone = Phone::new("10.9.9.8:5060");
    phone.flow.remote = "203.0.113.8:5060".parse().unwrap();
    // Each transaction has a name of its own.
    phone.cseq = u32::try_from(bench.heard.len()).unwrap();
    phone.sign_in(bench, "60");
    phone.call = "take";
    phone.proof.clear();
    let uri = "sip:102@gudok.example";
    let lines =
        format!("Contact: <sip:op7@203.0.113.8>\r\nRequire: replaces\r\nReplaces: {replaces}\r\n");
    let first = phone.request("INVITE", uri, &lines, "");
    bench.hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    if refusal.status != 401 {
        return refusal.status;
    }
    phone.prove(&refusal, &Method::Invite, uri);
    let second = phone.request("INVITE", uri, &lines, "");
    bench.hear_on(phone.flow, second);
    bench.last_response().status
}

#[test]
fn a_call_in_the_place_of_another_says_whose() {
    let mut bench = bench_with_users();
    let mut peer = Peer::new("a");
    bench.hear(peer.invite()).accept(ONE);
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack);
    let tag = peer.to_tag(&bench).replace(";tag=", "");
    let names = format!("{};to-tag={tag};from-tag={}", peer.call_id, peer.tag);
    assert_eq!(replacing(&mut bench, &names), 100);
    let last = bench.events.last().map(|event| format!("{event:?}"));
    assert!(last.unwrap().contains("replaces: Some(Session(1))"));
    let two = bench.incoming();
    bench.end(two);
    // Answered, though only a ringing one was meant.
    assert_eq!(replacing(&mut bench, &format!("{names};early-only")), 486);
    // Swapped or foreign tags: there is no such call.
    let swapped = format!("{};from-tag={tag};to-tag={}", peer.call_id, peer.tag);
    assert_eq!(replacing(&mut bench, &swapped), 481);
    assert_eq!(replacing(&mut bench, "nonsense"), 400);
    // Over for us, though its BYE has no answer yet.
    bench.end(ONE);
    assert_eq!(replacing(&mut bench, &names), 603);
}

#[test]
fn a_carrier_takes_nobodys_place() {
    let (mut bench, peer, _) = two_calls();
    let tag = peer.to_tag(&bench).replace(";tag=", "");
    let mut thief = Peer::new("c");
    thief.extra = format!(
        "Replaces: {};to-tag={tag};from-tag={}\r\n",
        peer.call_id, peer.tag
    );
    bench.hear(thief.invite());
    assert_eq!(bench.last_response().status, 403);
    assert_eq!(bench.sip.sessions(), 2);
}
