//! Who nobody knows, what nobody may say, and what never is believed.
use std::fmt::Write as _;

use gudok_sip::Message;
use gudok_sip::digest::Login;
use gudok_sip::endpoint::{Command, Flow, Input, Line, Session, TrunkSource, UnknownSource};
use gudok_sip::shield::{Pressure, Rate, Valve};
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, CONTACT, Peer, answer, config, tcp, trunk, udp};

const METHODS: [&str; 15] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "REGISTER",
    "PRACK",
    "SUBSCRIBE",
    "NOTIFY",
    "PUBLISH",
    "INFO",
    "REFER",
    "MESSAGE",
    "UPDATE",
    "UNHEARD",
];

fn stranger() -> Flow {
    udp("203.0.113.66:5060")
}

/// What each method gets from us, sent by nobody we know.
fn answers(unknown: UnknownSource, to_tag: &str) -> String {
    let mut table = String::new();
    for method in METHODS {
        let mut config = config();
        config.policy.unknown = unknown;
        let mut bench = Bench::with(config);
        let mut peer = Peer::new("x");
        peer.address = stranger().remote;
        bench.hear_on(stranger(), peer.request(method, 1, to_tag, ""));
        let said: Vec<String> = bench
            .sent
            .iter()
            .map(|(_, message)| said(message))
            .collect();
        let said = if said.is_empty() {
            "silence".to_owned()
        } else {
            said.join(", ")
        };
        writeln!(table, "{method}: {said}").unwrap();
        assert_eq!(bench.sip.sessions(), 0, "{method}");
        assert!(bench.sip.is_idle(), "{method} leaves nothing behind");
        let acted = bench
            .events
            .iter()
            .any(|event| !format!("{event:?}").starts_with("Refusal"));
        assert!(!acted, "{method} is not acted on: {:?}", bench.events);
    }
    table
}

fn said(message: &Message) -> String {
    match message {
        Message::Response(response) => response.status.to_string(),
        Message::Request(request) => request.method.to_string(),
    }
}

#[test]
fn whatever_a_stranger_says_nothing_comes_back_but_a_challenge_to_register() {
    let silent = answers(UnknownSource::Drop, "");
    assert_snapshot!(silent, @r"
        INVITE: silence
        ACK: silence
        BYE: silence
        CANCEL: silence
        OPTIONS: silence
        REGISTER: 401
        PRACK: silence
        SUBSCRIBE: silence
        NOTIFY: silence
        PUBLISH: silence
        INFO: silence
        REFER: silence
        MESSAGE: silence
        UPDATE: silence
        UNHEARD: silence
        ");
    assert_eq!(
        answers(UnknownSource::Drop, ";tag=guessed"),
        silent.replace("401", "silence")
    );
}

#[test]
fn where_strangers_are_refused_they_all_hear_the_same() {
    assert_snapshot!(answers(UnknownSource::Forbid, ""), @r"
        INVITE: 403
        ACK: silence
        BYE: 403
        CANCEL: 403
        OPTIONS: 403
        REGISTER: 401
        PRACK: 403
        SUBSCRIBE: 403
        NOTIFY: 403
        PUBLISH: 403
        INFO: 403
        REFER: 403
        MESSAGE: 403
        UPDATE: 403
        UNHEARD: 403
        ");
}

#[test]
fn a_callers_name_with_control_characters_gets_400_from_a_trunk_and_silence_from_a_stranger() {
    let invite = Peer::new("a").invite();
    let cases = [
        invite.replace("\"Caller\"", "\"Cal\u{1b}[31mler\""),
        invite.replace("\"Caller\"", "\"Cal\u{0}ler\""),
        invite.replace(
            "From: \"Caller\" <sip:+79990000001@10.0.0.9>;tag=a-tag",
            "From: \u{7}",
        ),
        invite.replace("From:", "X-From:"),
        invite.replace("To:", "X-To:"),
        invite.replace("Contact:", "Cont\u{1}act:"),
    ];
    for text in cases {
        let mut bench = Bench::new();
        bench.hear(&text);
        let response = bench.last_response();
        assert_eq!(response.status, 400, "{text}");
        assert_eq!(response.headers.call_id(), Some("a@10.0.0.9"));
        assert!(response.headers.to_tag().is_some());
        bench.hear_on(stranger(), &text);
        assert_eq!(bench.sent.len(), 1, "strangers hear nothing");
        assert!(bench.sip.is_idle());
    }
}

/// RFC 3323 §5: what is critical and cannot be kept fails the call, with the words in the phrase.
#[test]
fn a_call_whose_privacy_is_critical_and_unknown_fails() {
    let mut bench = Bench::new();
    let mut peer = Peer::new("x");
    peer.extra = "Privacy: critical;id;cloak\r\n".into();
    bench.hear(peer.invite());
    let refusal = bench.last_response();
    assert_eq!(
        (refusal.status, refusal.reason.as_str()),
        (500, "Privacy Failure: cloak")
    );
    bench.hear(peer.ack_refusal(&bench));
    assert!(bench.sip.is_idle() && bench.log().contains("Refusal privacy"));
    for taken in ["critical;id;header;session;user", "cloak"] {
        let mut bench = Bench::new();
        let mut peer = Peer::new("y");
        peer.extra = format!("Privacy: {taken}\r\n");
        bench.hear(peer.invite());
        assert_eq!(bench.last_response().status, 100, "{taken}");
    }
}

#[test]
fn a_header_with_a_space_before_its_colon_is_the_header_and_ours_from_a_trunk_mean_nothing() {
    let mut bench = Bench::new();
    let smuggled = Peer::new("a").invite().replace(
        "Max-Forwards: 70",
        "Max-Forwards : 0\r\nX-Bypass : yes\r\nX-Gudok-Trunk: south",
    );
    bench.hear(&smuggled);
    assert_eq!(bench.last_response().status, 483, "Max-Forwards is seen");
    let twice = Peer::new("b")
        .invite()
        .replace("Call-ID:", "Call-ID : other\r\nCall-ID:");
    bench.hear(&twice);
    assert_eq!(bench.last_response().status, 400, "two Call-IDs");
    // Whose call it is, only the address says.
    let mut plain = Peer::new("c");
    plain.extra = "P-Gudok-Origin: user op7\r\nAuthorization: Digest username=\"op7\"\r\n".into();
    bench.log();
    bench.hear(plain.invite());
    assert!(bench.log().contains("Incoming 1 of trunk north"));
}

#[test]
fn who_challenges_a_call_that_we_did_not_make_gets_no_password() {
    let mut bench = Bench::new();
    let mut peer = Peer::new("a");
    bench.hear(peer.invite()).accept(Session(1));
    let ack = peer.next(&bench, "ACK", 1, "");
    bench.hear(ack).end(Session(1));
    let bye = bench.last_request("BYE").clone();
    let sent = bench.sent.len();
    let challenge = "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"n\", algorithm=MD5\r\n";
    bench.hear(answer(&bye, 407, "", challenge, ""));
    let again: Vec<String> = bench.sent[sent..]
        .iter()
        .map(|(_, message)| said(message))
        .collect();
    assert!(again.is_empty(), "{again:?}");
    bench.run_out();
}

fn password() -> Login {
    Login::new("gudok", None, "secret")
}

#[test]
fn endless_challenges_are_answered_twice_and_no_more() {
    let mut bench = Bench::new();
    let target = gudok_sip::endpoint::Target::Address {
        uri: "sip:+79990000002@10.0.0.9".into(),
        flow: trunk(),
    };
    bench.dial(target, Some(password()));
    for number in 0..50 {
        let invite = bench.last_request("INVITE").clone();
        let extra = format!(
            "WWW-Authenticate: Digest realm=\"r\", nonce=\"n{number}\", algorithm=MD5, stale=true\r\n"
        );
        bench.hear(answer(&invite, 401, "t", &extra, ""));
    }
    let proofs = bench.sent.iter().filter(|(_, message)| {
        matches!(message, Message::Request(request) if request.headers.get("Authorization").is_some())
    });
    assert_eq!(proofs.count(), 2);
    bench.run_out();
}

#[test]
fn a_party_that_moves_its_call_to_another_host_gets_no_password_there() {
    let mut bench = Bench::new();
    let target = gudok_sip::endpoint::Target::Address {
        uri: "sip:+79990000002@10.0.0.9".into(),
        flow: trunk(),
    };
    let session = bench.dial(target, Some(password()));
    let invite = bench.last_request("INVITE").clone();
    let elsewhere = CONTACT.replace("10.0.0.9", "203.0.113.66");
    assert_ne!(elsewhere, CONTACT);
    bench
        .hear(answer(&invite, 200, "t", &elsewhere, ANSWER))
        .end(session);
    let bye = bench.last_request("BYE").clone();
    let from = bench.last_flow();
    let challenge = "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5\r\n";
    bench.hear_on(from, answer(&bye, 407, "t", challenge, ""));
    let told = bench.sent.iter().filter(|(flow, message)| {
        let proves = matches!(message, Message::Request(request) if request.headers.get("Proxy-Authorization").is_some());
        proves && flow.remote.ip() == stranger().remote.ip()
    });
    assert_eq!(told.count(), 0);
    bench.run_out();
}

#[test]
fn when_new_calls_are_too_many_talks_go_on_and_each_of_the_others_has_its_answer() {
    let mut bench = Bench::new();
    bench.sip.set_valve(Valve::new(Some(Rate::new(1, 1))));
    let mut first = Peer::new("a");
    bench.hear(first.invite()).accept(Session(1));
    let ack = first.next(&bench, "ACK", 1, "");
    bench.hear(ack);
    // Nothing is left: who comes now is told when to come again, and may repeat itself.
    let mut second = Peer::new("b");
    let invite = second.invite();
    bench.hear(&invite).at(300).hear(&invite);
    let response = bench.last_response();
    assert_eq!(response.status, 503);
    let later: u64 = response
        .headers
        .get("Retry-After")
        .unwrap()
        .parse()
        .unwrap();
    assert!((5..=30).contains(&later));
    let ack = second.ack_refusal(&bench);
    bench.hear(ack);
    let bye = first.next(&bench, "BYE", 2, "");
    bench.hear(bye);
    assert_eq!(bench.last_response().status, 200, "the talk ends as ever");
    // Where there is room for the short answer, they get that.
    bench.sip.press(Pressure {
        brief_free: true,
        ..Pressure::default()
    });
    bench.log();
    bench.hear(Peer::new("c").invite());
    assert!(bench.log().contains("Incoming 2 of trunk north, briefly"));
    bench.end(Session(2));
    bench.run_out();
}

/// A copy that was on its way when the 503 went out: its caller has gone elsewhere.
#[test]
fn the_copy_of_a_refused_invite_is_no_call_when_there_is_room_again() {
    let mut bench = Bench::new();
    bench.sip.set_valve(Valve::new(Some(Rate::new(1, 1))));
    bench.hear(Peer::new("a").invite());
    let mut second = Peer::new("b");
    let invite = second.invite();
    bench.hear(&invite);
    assert_eq!(bench.last_response().status, 503);
    bench.log();
    bench.at(2_000).hear(&invite);
    assert_eq!(bench.last_response().status, 503);
    assert!(!bench.log().contains("Incoming"));
    bench.hear(Peer::new("c").invite());
    assert!(bench.log().contains("Incoming 2"), "there is room");
    for session in [Session(1), Session(2)] {
        bench.end(session);
    }
    bench.run_out();
}

/// A carrier's INVITEs beyond what it may send.
#[test]
fn an_invite_there_is_no_time_for_is_told_so_and_leaves_nothing_behind() {
    let unread = |bench: &mut Bench, flow: Flow, text: &str| {
        let bytes = text.as_bytes();
        let now = bench.now;
        bench.take(Input::Unread { flow, bytes });
        assert_eq!(bench.now, now);
    };
    let mut bench = Bench::new();
    let (mut taken, mut late) = (Peer::new("taken"), Peer::new("late"));
    let (first, second) = (taken.invite(), late.invite());
    bench.hear(&first).log();
    unread(&mut bench, trunk(), &second);
    let later = bench.last_response().headers.get("Retry-After");
    let later: u64 = later.expect("when to come again").parse().expect("seconds");
    assert!((5..=30).contains(&later), "{later}");
    let (session, told) = (bench.incoming(), bench.last_response().clone());
    let ack = late.ack_refusal(&bench);
    unread(&mut bench, trunk(), &ack);
    // Its copy, when there is time again, is no call.
    bench.hear(&second);
    assert_eq!(
        bench.last_response().headers.to_tag(),
        told.headers.to_tag()
    );
    // The copy of a call that was taken is not refused.
    unread(&mut bench, trunk(), &first);
    // Nothing else is answered, and nobody else.
    let bye = taken.next(&bench, "BYE", 2, "");
    for text in [&bye, "OPTIONS", "\0", ""] {
        unread(&mut bench, trunk(), text);
    }
    unread(&mut bench, stranger(), &second);
    assert_eq!(bench.sip.sessions(), 1);
    assert_snapshot!(bench.log(), @r"
    0 ! Refusal too_fast
    0 > 503 INVITE 1
    0 < INVITE 1
    0 ! Refusal repeated
    0 > 503 INVITE 1
    0 > 100 INVITE 1
    ");
    bench.accept(session).end(session).run_out();
}

/// The same where it is not even parsed.
#[test]
fn only_a_new_call_of_a_trunk_is_refused_without_parsing_and_its_ack_is_known_by_its_tag() {
    let mut bench = Bench::new();
    let (mut taken, mut late) = (Peer::new("taken"), Peer::new("late"));
    let (first, second) = (taken.invite(), late.invite());
    bench.hear(&first);
    let session = bench.incoming();
    let mut answer = String::new();
    let mut refuse = |bench: &mut Bench, flow: Flow, text: &str| {
        answer.clear();
        let refused = bench
            .sip
            .refuse_unread(bench.now, flow, text.as_bytes(), &mut answer);
        refused.map(|refused| {
            assert_eq!((refused.back, refused.what), (flow, "too_fast"));
            answer.clone()
        })
    };
    let told = refuse(&mut bench, trunk(), &second).expect("refused");
    let to = |text: &str| {
        let to = text.lines().find(|line| line.starts_with("To: "));
        to.map(str::to_owned)
    };
    // Its copy hears the same, read or unread, and is no call.
    let again = refuse(&mut bench, trunk(), &second).expect("refused");
    assert_eq!(to(&again), to(&told));
    bench.log();
    bench.hear(&second);
    assert_snapshot!(bench.log(), @r"
    0 < INVITE 1
    0 ! Refusal repeated
    0 > 503 INVITE 1
    ");
    let tag = bench
        .last_response()
        .headers
        .to_tag()
        .expect("a tag")
        .to_owned();
    assert!(told.contains(&tag));
    let ack = late.ack_refusal(&bench);
    let absorbed = bench.sip.absorbs_ack(trunk(), ack.as_bytes());
    // Its copy was told of.
    assert_eq!(absorbed.map(|it| it.curt), Some(false));
    assert_eq!(bench.sip.absorbs_ack(stranger(), ack.as_bytes()), None);
    let foreign = ack.replace(&tag, &"0".repeat(32));
    assert_eq!(bench.sip.absorbs_ack(trunk(), foreign.as_bytes()), None);
    // A call that is taken, what is said in it, and who nobody knows, are not refused so.
    bench.accept(session);
    let (ack, bye) = (
        taken.next(&bench, "ACK", 1, ""),
        taken.next(&bench, "BYE", 2, ""),
    );
    let reinvite = taken.next(&bench, "INVITE", 3, "");
    for text in [&first, &ack, &bye, &reinvite, "OPTIONS", ""] {
        assert_eq!(refuse(&mut bench, trunk(), text), None, "{text}");
        assert_eq!(
            bench.sip.absorbs_ack(trunk(), text.as_bytes()),
            None,
            "{text}"
        );
    }
    assert_eq!(refuse(&mut bench, stranger(), &second), None);
    bench.hear(ack).end(session).run_out();
}

#[test]
fn a_crowd_over_tcp_that_is_cut_off_leaves_nothing_behind() {
    let mut bench = Bench::new();
    for connection in 1..=1_000 {
        let flow = tcp(
            &format!("10.0.0.9:{}", 20_000 + connection % 40_000),
            connection,
        );
        for call in 0..10 {
            bench.hear_on(
                flow,
                Peer::new(&format!("c{connection}-{call}"))
                    .invite()
                    .replace("/UDP", "/TCP"),
            );
        }
        bench.closed(flow);
    }
    let sessions = bench.sip.sessions();
    assert!(sessions <= config().sessions_max, "{sessions}");
    for session in 1..=sessions as u64 {
        bench.say(Command::End {
            session: Session(session),
            reason: None,
        });
    }
    bench.run_out();
}

#[test]
fn who_knows_the_contact_of_a_registration_is_not_its_registrar() {
    let registered = |from_anywhere| {
        let mut config = config();
        config.policy.lines = vec![Line {
            token: "s3cret".into(),
            user: "line7".into(),
            trunk: "registered".into(),
            from_anywhere,
        }];
        config.policy.trunks.push(TrunkSource {
            trunk: "registered".into(),
            network: ("198.51.100.7".parse().unwrap(), 32),
        });
        Bench::with(config)
    };
    let calls = |bench: &mut Bench, from: &str, uri: &str| {
        let mut peer = Peer::new("p");
        peer.address = from.parse().unwrap();
        let invite = peer.invite().replacen("sip:88000000000@192.0.2.1", uri, 1);
        bench.hear_on(udp(from), invite);
        let log = bench.log();
        let told = log.lines().find(|line| line.contains("Incoming"));
        told.map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned())
    };
    let (carrier, other_trunk, stranger) =
        ("198.51.100.7:5060", "10.0.0.9:5060", "203.0.113.9:5060");
    let line = "sip:line7@192.0.2.1;line=s3cret";
    for (from, uri, expected) in [
        (carrier, line, Some("registered")),
        (carrier, "sip:88000000000@192.0.2.1", Some("registered")),
        (other_trunk, line, Some("north")),
        (stranger, line, None),
        (stranger, "sip:line7@192.0.2.1", None),
    ] {
        let heard = calls(&mut registered(false), from, uri);
        assert_eq!(heard.as_deref(), expected, "{from} {uri}");
    }
    let heard = calls(&mut registered(true), stranger, line);
    assert_eq!(heard.as_deref(), Some("registered"), "the admin wants it");
    let wrong = "sip:line7@192.0.2.1;line=guess";
    assert_eq!(calls(&mut registered(true), stranger, wrong), None);
}
