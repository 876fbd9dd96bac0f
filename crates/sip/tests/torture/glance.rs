//! What is refused without being parsed: whatever a look takes, the parser takes and reads the same; and the refusal is,
//! byte for byte, the one it would hear if it were parsed.
use std::time::Duration;

use gudok_sip::endpoint::{
    Absorbed, Config, Endpoint, Flow, Input, Output, Policy, Transport, TrunkSource, UnknownSource,
};
use gudok_sip::parse::{Glance, parse};
use gudok_sip::{Message, Request};
use proptest::prelude::*;

use crate::differential::corpus;
use crate::wire;

/// INVITEs as carriers send them, each with something that an answer repeats in its own way.
fn invites() -> Vec<String> {
    let with = |vias: &str, from: &str, more: &str| {
        format!(
            "INVITE sip:88001234567@192.0.2.1 SIP/2.0\n{vias}\nFrom: {from}\nTo: <sip:88001234567@192.0.2.1>\n\
             Call-ID: 7f@10.0.0.9\nCSeq: 7 INVITE\nMax-Forwards: 70\nContact: <sip:trunk@10.0.0.9>\n{more}Content-Length: @LEN@\n\nv=0\n"
        )
    };
    let via = "Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bK7";
    let from = "\"Иванов, \\\"И\\\"\" <sip:+79990001122@10.0.0.9;user=phone>;tag=a1";
    let vias = [
        via,
        "Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK7;rport",
        "v:SIP/2.0/udp 10.0.0.9:5060;RPORT=1;branch=z9hG4bK7;received=10.0.0.1;rport=2",
        "Via: SIP / 2.0 / TCP  10.0.0.8 : 5060 ; branch = z9hG4bK7 ; received=x ; keep",
        "Via: SIP/2.0/UDP sbc.example.ru;branch=z9hG4bK7, SIP/2.0/UDP 10.0.0.3;branch=\"a,b\"\nVia: SIP/2.0/UDP c",
        "Via: SIP/2.0/UDP [2001:DB8:0:0::1]:5060;branch=z9hG4bK7;rport",
        "Via: SIP/2.0/UDP 10.0.0.9;branch=1",
        "Via: SIP/2.0/UDP 10.0.0.9",
    ];
    let id =
        "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000\n";
    let mut all: Vec<String> = vias.iter().map(|vias| with(vias, from, "")).collect();
    all.push(with(via, "sip:anonymous@anonymous.invalid", id));
    all.push(with(via, "sip:a@b;tag=1", &format!("Session-ID:\n{id}")));
    all.push(with(via, from, "X-A:\nSupported: 100rel, timer\n"));
    all
}

fn endpoint() -> Endpoint {
    let config = Config {
        contact_udp: "192.0.2.1:5060".into(),
        contact_tcp: None,
        contact_tls: None,
        contacts: Vec::new(),
        prack: true,
        realm: "gudok.example".into(),
        agent: "gudok\r\n1".into(),
        policy: Policy {
            trunks: vec![TrunkSource {
                trunk: "north".into(),
                network: ("10.0.0.0".parse().unwrap(), 8),
            }],
            lines: Vec::new(),
            unknown: UnknownSource::Drop,
        },
        nonce_life: Duration::from_secs(300),
        expires_secs: (30, 3600),
        sessions_max: 100,
        t1: Duration::from_millis(500),
    };
    Endpoint::new(config, [7; 32])
}

fn flow(transport: Transport) -> Flow {
    Flow {
        transport,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: "10.0.0.9:5066".parse().unwrap(),
        connection: u64::from(transport.is_reliable()),
    }
}

/// Holds a look against the parser; true where it was taken.
fn agrees(bytes: &[u8]) -> bool {
    let Some(glance) = Glance::of(bytes) else {
        return false;
    };
    let text = String::from_utf8_lossy(bytes);
    let parsed = parse(bytes).unwrap_or_else(|error| panic!("{error}: {text}"));
    let Message::Request(Request {
        method,
        uri,
        headers,
        ..
    }) = parsed
    else {
        panic!("no request: {text}");
    };
    assert_eq!((glance.method, glance.uri), (method.as_str(), uri.as_str()));
    let vias: Vec<&str> = headers.list("Via").collect();
    assert_eq!(glance.vias().collect::<Vec<_>>(), vias, "{text}");
    let read = [glance.from, glance.to, glance.call_id, glance.cseq];
    let names = ["From", "To", "Call-ID", "CSeq"];
    assert_eq!(
        read.map(Some),
        names.map(|name| headers.get(name)),
        "{text}"
    );
    assert_eq!(glance.to_tag(), headers.to_tag(), "{text}");
    assert_eq!(glance.from_tag(), headers.from_tag(), "{text}");
    true
}

/// Refuses it both ways; true where it was refused unparsed.
fn is_refused_alike(bytes: &[u8], transport: Transport) -> bool {
    let (mut curt, flow, now) = (endpoint(), flow(transport), Duration::ZERO);
    let (mut whole, mut answer) = (curt.clone(), String::new());
    let refused = curt.refuse_unread(now, flow, bytes, &mut answer);
    assert!(curt.poll_output().is_none(), "nothing more is to be done");
    let Some(refused) = refused else {
        return false;
    };
    whole.handle_input(now, Input::Unread { flow, bytes });
    let sent = std::iter::from_fn(|| whole.poll_output()).find_map(|output| match output {
        Output::Send { flow, bytes } => Some((flow, String::from_utf8(bytes).expect("text"))),
        Output::Event(_) => None,
    });
    assert_eq!(Some((refused.back, answer)), sent);
    assert_eq!(curt.counters(), whole.counters());
    assert!(curt.is_idle(), "and nothing is left of it");
    // Its copy is no call, and its ACK is nobody's.
    whole = curt.clone();
    whole.handle_input(now, Input::Received { flow, bytes });
    assert_eq!(whole.sessions(), 0);
    true
}

#[test]
fn what_carriers_send_is_refused_without_parsing_in_the_very_same_words() {
    for text in invites() {
        let bytes = wire(&text);
        for transport in [Transport::Udp, Transport::Tcp] {
            assert!(
                agrees(&bytes) && is_refused_alike(&bytes, transport),
                "{text}"
            );
        }
    }
}

#[test]
fn what_takes_more_than_a_look_is_left_to_the_parser() {
    let invite = &invites()[0];
    let spoilt = [
        ("CSeq: 7 INVITE", "CSeq: 7\n INVITE"),
        ("Call-ID: ", "Call-ID : "),
        ("\"Иванов", "\"\\xC8\\xE2"),
        ("Max-Forwards: 70", "Max-Forwards: 256"),
        ("Max-Forwards: 70", "l: 1"),
        ("CSeq: 7 INVITE", "CSeq: 7 BYE"),
        ("From:", "Fr:"),
        ("@LEN@", "5000"),
        ("Contact: <", "Contact: >"),
        ("a1", "a\\x07"),
    ];
    for (what, by) in spoilt {
        let text = invite.replacen(what, by, 1);
        assert_ne!(&text, invite, "{what}");
        assert!(Glance::of(&wire(&text)).is_none(), "{by}");
    }
    let after_a_line = [b"\r\n", &*wire(invite)].concat();
    assert!(Glance::of(&after_a_line).is_none() && parse(&after_a_line).is_ok());
    let vias = "Via: SIP/2.0/UDP 10.0.0.9\n".repeat(9);
    let many = invite.replacen("Via:", &format!("{vias}Via:"), 1);
    assert!(Glance::of(&wire(&many)).is_none() && parse(&wire(&many)).is_ok());
}

/// The ACK of a refusal, as who sent the INVITE would write it.
fn ack(invite: &str, answer: &str) -> String {
    let told = answer.lines().find(|line| line.starts_with("To: "));
    let to = "To: <sip:88001234567@192.0.2.1>";
    let ack = invite
        .replace("INVITE", "ACK")
        .replace(to, told.unwrap_or_default());
    ack.replace("v=0\n", "")
}

/// Refuses it, and gives the endpoint with the ACK.
fn refused(invite: &str) -> (Endpoint, String) {
    let (mut curt, mut answer) = (endpoint(), String::new());
    let (flow, bytes) = (flow(Transport::Udp), wire(invite));
    let refused = curt.refuse_unread(Duration::ZERO, flow, &bytes, &mut answer);
    assert!(refused.is_some(), "{invite}");
    (curt, ack(invite, &answer))
}

#[test]
fn the_ack_of_a_refusal_is_absorbed_as_the_parser_would_and_nobody_elses() {
    let flow = flow(Transport::Udp);
    for invite in invites() {
        let (mut curt, ack) = refused(&invite);
        let mut whole = curt.clone();
        let bytes = wire(&ack);
        let absorbed = curt.absorbs_ack(flow, &bytes);
        let call_id = "7f@10.0.0.9";
        assert_eq!(
            absorbed,
            Some(Absorbed {
                call_id,
                curt: true
            }),
            "{ack}"
        );
        whole.handle_input(
            Duration::ZERO,
            Input::Received {
                flow,
                bytes: &bytes,
            },
        );
        assert!(whole.poll_output().is_none());
        assert_eq!(curt.counters(), whole.counters());
        // Of another branch, port or tag, it acknowledges something else.
        let other = [
            ("branch=", "branch=z"),
            (";tag=", ";tag=0"),
            ("ACK sip", "BYE sip"),
        ];
        for (what, by) in other.iter().filter(|(what, _)| ack.contains(what)) {
            let text = ack.replace(what, by);
            assert_eq!(curt.absorbs_ack(flow, &wire(&text)), None, "{text}");
        }
        let mut elsewhere = flow;
        elsewhere.remote.set_ip([203, 0, 113, 9].into());
        assert_eq!(curt.absorbs_ack(elsewhere, &bytes), None, "no trunk's");
    }
}

proptest! {
    #[test]
    fn an_ack_that_is_absorbed_would_have_done_nothing(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..3_usize, "\\PC|[\\r\\n\\t\\x00;,:<>\"= ]|\\r\\n|;rport|;tag=|;received="),
            0..4,
        ),
    ) {
        let (mut curt, ack) = refused(which.get::<String>(&invites()));
        let (mut bytes, flow) = (wire(&ack), flow(Transport::Udp));
        for (place, instead, text) in edits {
            let at = place.index(bytes.len());
            let end = (at + instead).min(bytes.len());
            bytes.splice(at..end, text.bytes());
        }
        let mut whole = curt.clone();
        if curt.absorbs_ack(flow, &bytes).is_some() {
            whole.handle_input(Duration::ZERO, Input::Received { flow, bytes: &bytes });
            let said = std::iter::from_fn(|| whole.poll_output());
            let said = said.filter(|output| matches!(output, Output::Send { .. })).count();
            prop_assert_eq!((said, whole.sessions()), (0, 0));
            prop_assert!(whole.is_idle() && curt.is_idle());
        }
    }

    #[test]
    fn whatever_a_look_takes_the_parser_takes_and_reads_the_same(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..3_usize, "\\PC|[\\r\\n\\t\\x00;,:<>\"= ]|\\r\\n|;rport|;tag=|;received="),
            0..4,
        ),
        tcp in any::<bool>(),
    ) {
        let corpus = [invites(), invites(), corpus()].concat();
        let mut bytes = wire(which.get::<String>(&corpus));
        for (place, instead, text) in edits {
            let at = place.index(bytes.len());
            let end = (at + instead).min(bytes.len());
            bytes.splice(at..end, text.bytes());
        }
        agrees(&bytes);
        is_refused_alike(&bytes, if tcp { Transport::Tcp } else { Transport::Udp });
    }
}
