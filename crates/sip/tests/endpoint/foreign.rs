//! From where a response is believed. Who guesses a branch of ours must also be somebody who may have been asked.
use std::net::SocketAddr;

use gudok_sip::endpoint::{Command, Event, Flow, Session, Target, TrunkSource};

use crate::bench::{ANSWER, Bench, CONTACT, answer, tcp, trunk, udp};
use crate::phone::{self, Phone};

/// Two trunks, one of which is called at an address that it does not call from, and two phones.
fn stage() -> Bench {
    let mut bench = phone::bench();
    let network = |trunk: &str, address: &str, length| TrunkSource {
        trunk: trunk.into(),
        network: (address.parse().unwrap(), length),
    };
    let sources = vec![
        network("north", "10.0.0.0", 8),
        network("south", "172.16.0.0", 12),
    ];
    bench.say(Command::Sources(sources));
    let sbc = TrunkSource::host(&"north".into(), "198.51.100.5".parse().unwrap());
    bench.say(Command::CalledAt(vec![sbc]));
    for (user, address) in [("op7", "192.168.1.5:5060"), ("op8", "192.168.2.8:5060")] {
        let mut phone = Phone::new(address);
        (phone.user, phone.contact) = (user, format!("<sip:{user}@{address}>"));
        phone.sign_in(&mut bench, "600");
    }
    bench
}

/// Whether a 200 to the last INVITE is believed from there; where not, the right one still is.
fn is_believed(target: Target, from: Flow) -> bool {
    let mut bench = stage();
    let session = bench.dial(target, None);
    let asked = bench.last_flow();
    let invite = bench.last_request("INVITE").clone();
    let answered = answer(&invite, 200, "t", CONTACT, ANSWER);
    let accepted = |bench: &Bench, session: Session| {
        let mut events = bench.events.iter();
        events.any(|event| matches!(event, Event::Accepted { session: it, .. } if *it == session))
    };
    bench.hear_on(from, &answered);
    if accepted(&bench, session) {
        return true;
    }
    let refusal = bench.events.last();
    assert!(
        matches!(refusal, Some(Event::Refusal { what: "foreign_response", flow, asked: Some(it) })
            if *flow == from && *it == asked),
        "{refusal:?}"
    );
    bench.hear_on(asked, &answered);
    assert!(accepted(&bench, session), "who was asked is not silenced");
    false
}

fn address(flow: Flow) -> Target {
    Target::Address {
        uri: format!("sip:+79990000002@{}", flow.remote),
        flow,
    }
}

#[test]
fn a_response_is_believed_from_who_was_asked_and_who_is_one_with_it() {
    let sbc = udp("198.51.100.5:5060");
    let hop = udp("203.0.113.9:5060");
    let v6 = |remote: &str| udp(remote);
    let phone = Target::User("op7".into());
    for (asked, from, believed, why) in [
        (address(trunk()), trunk(), true, "itself"),
        (
            address(trunk()),
            udp("10.0.0.9:40000"),
            true,
            "another port",
        ),
        (
            address(trunk()),
            tcp("10.0.0.9:40000", 7),
            true,
            "another transport",
        ),
        (
            address(trunk()),
            udp("[::ffff:10.0.0.9]:5060"),
            true,
            "the same as IPv6 writes it",
        ),
        (
            address(trunk()),
            udp("10.7.7.7:5060"),
            true,
            "another source of the trunk",
        ),
        (address(trunk()), sbc, true, "where the trunk is called"),
        (
            address(sbc),
            udp("10.7.7.7:5060"),
            true,
            "a source, asked at its other address",
        ),
        (
            address(trunk()),
            udp("172.16.0.1:5060"),
            false,
            "another trunk",
        ),
        (address(trunk()), udp("192.168.1.5:5060"), false, "a phone"),
        (
            address(trunk()),
            udp("203.0.113.66:5060"),
            false,
            "a stranger",
        ),
        (
            phone.clone(),
            udp("192.168.1.5:61000"),
            true,
            "its NAT chose another port",
        ),
        (
            phone.clone(),
            udp("192.168.2.8:5060"),
            true,
            "where a phone is registered",
        ),
        (phone.clone(), udp("203.0.113.66:5060"), false, "a stranger"),
        (phone, udp("10.7.7.7:5060"), false, "a trunk"),
        (
            address(hop),
            udp("203.0.113.9:1"),
            true,
            "a hop that nobody knows, itself",
        ),
        (
            address(hop),
            udp("10.7.7.7:5060"),
            true,
            "behind a hop that nobody knows",
        ),
        (
            address(hop),
            udp("203.0.113.66:5060"),
            false,
            "a stranger for a hop",
        ),
        (
            address(v6("[2001:db8::1]:5060")),
            v6("[2001:db8::2]:5060"),
            true,
            "the same /64",
        ),
        (
            address(v6("[2001:db8::1]:5060")),
            v6("[2001:db8:0:1::1]:5060"),
            false,
            "another /64",
        ),
    ] {
        assert_eq!(is_believed(asked, from), believed, "{why}");
    }
}

#[test]
fn whose_line_it_was_is_known_by_who_was_asked_though_it_never_calls_from_there() {
    let bench = stage();
    let of = |host: &str| bench.sip.trunk_with(host.parse().unwrap());
    assert_eq!(of("198.51.100.5"), Some("north"));
    assert_eq!(of("10.0.0.9"), Some("north"));
    assert_eq!(of("203.0.113.66"), None);
}

#[test]
fn over_a_connection_its_other_end_is_believed_whatever_its_address_says() {
    let there = tcp("203.0.113.9:5060", 3);
    let moved = Flow {
        remote: SocketAddr::from(([203, 0, 113, 10], 5060)),
        ..there
    };
    assert!(is_believed(address(there), moved));
    assert!(!is_believed(
        address(there),
        Flow {
            connection: 4,
            ..moved
        }
    ));
}
