//! The way back to a phone: over the flow and the path of its newest registration (RFC 5626, RFC 3327).

use crate::bench::{ANSWER, Bench, CONTACT, answer, tcp};
use crate::phone::{Phone, bench, contacts};
use gudok_sip::endpoint::Target;
use gudok_sip::{Message, Method};

/// A phone in a talk whose connection broke, or that has opened another one: its registration tells where it is.
#[test]
fn a_phone_that_registers_over_a_new_connection_gets_its_goodbye_there() {
    for broken in [true, false] {
        let (mut bench, mut phone) = (bench(), Phone::new("203.0.113.5:40000"));
        phone.flow = tcp("203.0.113.5:40000", 7);
        phone.contact = "<sip:op7@x7.invalid;transport=tcp>".into();
        phone.sign_in(&mut bench, "60");
        let session = bench.dial(Target::User("op7".into()), None);
        let invite = bench.last_request("INVITE").clone();
        let contact = format!("Contact: {}\r\n", phone.contact);
        bench.hear_on(phone.flow, answer(&invite, 200, "p", &contact, ANSWER));
        if broken {
            bench.closed(phone.flow);
        }
        phone.flow = tcp("203.0.113.5:40001", 8);
        phone.sign_in(&mut bench, "60");
        bench.end(session);
        let (flow, last) = bench.sent.last().expect("a goodbye");
        assert!(
            matches!(last, Message::Request(request) if request.method == Method::Bye),
            "{last:?}"
        );
        assert_eq!(*flow, phone.flow, "broken: {broken}");
    }
}

/// A contact that names another's phone moves nobody's talk.
#[test]
fn only_the_phone_of_the_talk_is_followed() {
    let (mut bench, mut phone) = (bench(), Phone::new("203.0.113.5:40000"));
    phone.flow = tcp("203.0.113.5:40000", 7);
    phone.contact = "<sip:op7@x7.invalid;transport=tcp>".into();
    phone.sign_in(&mut bench, "60");
    let session = bench.dial(Target::User("op7".into()), None);
    let invite = bench.last_request("INVITE").clone();
    let contact = format!("Contact: {}\r\n", phone.contact);
    bench.hear_on(phone.flow, answer(&invite, 200, "p", &contact, ANSWER));
    bench.closed(phone.flow);
    let mut other = Phone {
        user: "op8",
        call: "other",
        ..phone.clone()
    };
    other.flow = tcp("203.0.113.6:40001", 8);
    other.sign_in(&mut bench, "60");
    bench.end(session);
    let (flow, _) = bench.sent.last().expect("a goodbye");
    assert_ne!(flow.connection, 8);
}

/// What a phone says that keeps flows (RFC 5626).
fn outbound(phone: &mut Phone, bench: &mut Bench, reg_id: u32, extra: &str) {
    let proof = std::mem::take(&mut phone.proof);
    let contact = &phone.contact;
    let lines = format!(
        "Contact: {contact};+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\";reg-id={reg_id}\r\n\
         Supported: path, outbound\r\nExpires: 600\r\n{extra}"
    );
    phone.proof = proof;
    let first = phone.request("REGISTER", "sip:gudok.example", &lines, "");
    bench.hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    if refusal.status != 401 {
        return;
    }
    phone.prove(&refusal, &Method::Register, "sip:gudok.example");
    let second = phone.request("REGISTER", "sip:gudok.example", &lines, "");
    bench.hear_on(phone.flow, second);
}

/// After a restart a phone says another Contact, over another connection and under another Call-ID; the old one would ring
/// in vain until it is found dead.
#[test]
fn the_newest_flow_of_a_device_takes_the_place_of_the_one_before() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:40000"));
    phone.flow = tcp("198.51.100.7:40000", 3);
    phone.contact = "<sip:op7@192.168.1.5:5060;transport=tcp;ob>".into();
    outbound(&mut phone, &mut bench, 1, "");
    let said = |bench: &Bench, name| bench.last_response().headers.get(name).map(str::to_owned);
    assert_eq!(said(&bench, "Require").as_deref(), Some("outbound"));
    assert_eq!(said(&bench, "Flow-Timer").as_deref(), Some("120"));
    assert_eq!(said(&bench, "Supported").as_deref(), Some("path, outbound"));
    let mut again = phone.clone();
    again.flow = tcp("198.51.100.7:40001", 4);
    again.contact = "<sip:op7@192.168.1.5:5099;transport=tcp;ob>".into();
    (again.call, again.proof) = ("boot2", String::new());
    outbound(&mut again, &mut bench, 1, "");
    assert_eq!(
        contacts(&bench),
        ["<sip:op7@192.168.1.5:5099;transport=tcp;ob>;expires=600"]
    );
    // The end of the old connection takes nothing away.
    bench.closed(phone.flow);
    bench.dial(Target::User("op7".into()), None);
    assert_eq!(bench.last_flow(), again.flow);
    // A second flow of the same device stands beside it.
    again.flow = tcp("198.51.100.7:40002", 5);
    (again.call, again.proof) = ("flow2", String::new());
    outbound(&mut again, &mut bench, 2, "");
    assert_eq!(contacts(&bench).len(), 2);
}

#[test]
fn over_udp_no_flow_timer_is_told_and_without_outbound_the_uri_counts() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    outbound(&mut phone, &mut bench, 1, "");
    let headers = &bench.last_response().headers;
    assert_eq!(headers.get("Require"), Some("outbound"));
    assert_eq!(headers.get("Flow-Timer"), None);
    let mut plain = Phone::new("198.51.100.8:5060");
    plain.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().headers.get("Require"), None);
    assert_eq!(contacts(&bench).len(), 2);
}

/// A proxy before the phone (RFC 3327): requests to the phone pass it again. Where the packets go is not the Path's to say.
#[test]
fn a_path_is_kept_and_used_as_route_over_the_flow_it_came_by() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    let path = "Path: <sip:edge@203.0.113.9;lr;ob>\r\nRequire: path\r\n";
    outbound(&mut phone, &mut bench, 1, path);
    let answered = bench.last_response();
    assert_eq!(answered.status, 200);
    assert_eq!(
        answered.headers.get("Path"),
        Some("<sip:edge@203.0.113.9;lr;ob>")
    );
    let session = bench.dial(Target::User("op7".into()), None);
    let invite = bench.last_request("INVITE").clone();
    assert_eq!(
        invite.headers.get("Route"),
        Some("<sip:edge@203.0.113.9;lr;ob>")
    );
    assert_eq!(
        (invite.uri.as_str(), bench.last_flow()),
        ("sip:op7@198.51.100.7:5060", phone.flow)
    );
    bench.hear_on(phone.flow, answer(&invite, 180, "p", CONTACT, ""));
    bench.end(session);
    let cancel = bench.last_request("CANCEL");
    assert_eq!(
        cancel.headers.get("Route"),
        Some("<sip:edge@203.0.113.9;lr;ob>")
    );
    bench.after(30_000);
    let options = bench.last_request("OPTIONS");
    assert_eq!(
        options.headers.get("Route"),
        Some("<sip:edge@203.0.113.9;lr;ob>")
    );
}

#[test]
fn a_path_that_cannot_be_a_route_is_refused() {
    let many = "Path: <sip:a;lr>, <sip:b;lr>, <sip:c;lr>, <sip:d;lr>, <sip:e;lr>\r\n";
    let long = format!("Path: <sip:{}@a;lr>\r\n", "x".repeat(300));
    for path in [
        "Path: <sip:strict@203.0.113.9>\r\n",
        "Path: nonsense\r\n",
        many,
        &long,
    ] {
        let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
        outbound(&mut phone, &mut bench, 1, path);
        assert_eq!(bench.last_response().status, 400, "{path}");
    }
}

/// A phone that has called, and whose connection breaks while it waits: it is answered where it registers next.
#[test]
fn a_phone_that_registers_anew_while_it_waits_is_answered_there() {
    for (broken, answered) in [(true, false), (false, false), (true, true)] {
        let (mut bench, mut phone) = (bench(), Phone::new("203.0.113.5:40000"));
        phone.flow = tcp("203.0.113.5:40000", 7);
        phone.contact = "<sip:op7@x7.invalid;transport=tcp>".into();
        phone.sign_in(&mut bench, "60");
        let session = phone.calls(&mut bench);
        if answered {
            bench.accept(session);
        }
        if broken {
            bench.closed(phone.flow);
        }
        phone.flow = tcp("203.0.113.5:40001", 8);
        phone.sign_in(&mut bench, "60");
        if answered {
            // The 200 that went to the dead connection is repeated.
            bench.after(600);
        } else {
            bench.accept(session);
        }
        assert_eq!(bench.last_response().status, 200);
        assert_eq!(bench.last_flow(), phone.flow, "{broken} {answered}");
    }
}
