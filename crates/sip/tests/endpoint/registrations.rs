//! Phones: REGISTER with digest, contacts that live and die, calls from and to them.
use insta::assert_snapshot;

use crate::bench::{ANSWER, Bench, OFFER, answer, config, ms, tcp, udp};
use crate::phone::{Phone, bench, contacts, credential};
use gudok_sip::endpoint::{Command, Event, Flow, Session, Target};
use gudok_sip::registrar::KeptContact;
use gudok_sip::{Message, Method};

/// The phone answers OPTIONS until the time has come.
fn alive_until(bench: &mut Bench, flow: Flow, until: u64) {
    let mut seen = bench.sent.len();
    while let Some(due) = bench
        .sip
        .poll_timeout()
        .filter(|due| due.as_millis() < until.into())
    {
        bench.at(due.as_millis().try_into().unwrap());
        for (to, message) in bench.sent.split_off(seen) {
            bench.sent.push((to, message.clone()));
            if let Message::Request(request) = message
                && request.method == Method::Options
                && to == flow
            {
                bench.hear_on(flow, answer(&request, 200, "o", "", ""));
            }
        }
        seen = bench.sent.len();
    }
    bench.at(until);
}

#[test]
fn a_phone_signs_in_and_out() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    assert_eq!(
        contacts(&bench),
        ["<sip:op7@198.51.100.7:5060>;expires=600"]
    );
    bench.at(10_000);
    phone.sign_in(&mut bench, "600");
    bench.at(20_000);
    phone.sign_in(&mut bench, "0");
    assert!(contacts(&bench).is_empty());
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
            0 < REGISTER 1
            0 > 401 REGISTER 1
            0 < REGISTER 2
            0 ! Registered op7 true
            0 > 200 REGISTER 2
        10000 < REGISTER 3
        10000 > 401 REGISTER 3
        10000 < REGISTER 4
        10000 > 200 REGISTER 4
        20000 < REGISTER 5
        20000 > 401 REGISTER 5
        20000 < REGISTER 6
        20000 ! Registered op7 false
        20000 > 200 REGISTER 6
        ");
}

#[test]
fn the_expiry_is_kept_within_limits() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "5");
    assert_eq!(bench.last_response().status, 423);
    assert_eq!(bench.last_response().headers.get("Min-Expires"), Some("30"));
    phone.sign_in(&mut bench, "100000");
    assert_eq!(
        contacts(&bench),
        ["<sip:op7@198.51.100.7:5060>;expires=3600"]
    );
    phone.contact = "<sip:op7@198.51.100.7:5060>;expires=60".into();
    phone.sign_in(&mut bench, "600");
    assert_eq!(contacts(&bench), ["<sip:op7@198.51.100.7:5060>;expires=60"]);
}

#[test]
fn a_user_has_five_contacts_at_most_and_the_star_clears_them() {
    let mut bench = bench();
    let mut phone = Phone::new("198.51.100.7:5060");
    for port in 1..=7 {
        phone.contact = format!("<sip:op7@198.51.100.7:{port}>");
        phone.sign_in(&mut bench, &(600 + port).to_string());
    }
    let bound = contacts(&bench);
    assert_eq!(bound.len(), 5);
    assert!(
        bound
            .iter()
            .all(|contact| !contact.contains(":1>") && !contact.contains(":2>"))
    );
    phone.contact = "*".into();
    phone.sign_in(&mut bench, "600");
    assert_eq!(bench.last_response().status, 400);
    phone.sign_in(&mut bench, "0");
    assert_eq!(bench.last_response().status, 200);
    assert!(contacts(&bench).is_empty());
}

#[test]
fn nobody_registers_for_somebody_else() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    let first = phone.register("600");
    bench.hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    phone.prove(&refusal, &Method::Register, "sip:gudok.example");
    let foreign = phone
        .register("600")
        .replace("To: <sip:op7@", "To: <sip:op8@");
    bench.hear_on(phone.flow, foreign);
    assert_eq!(bench.last_response().status, 403);
}

#[test]
fn a_vanished_phone_is_noticed_within_35_seconds_and_may_come_back() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    alive_until(&mut bench, phone.flow, 60_100);
    bench.log();
    bench.at(119_900);
    let flow = phone.flow;
    alive_until(&mut bench, flow, 130_000);
    assert_snapshot!(bench.log(), @r"
         90000 > OPTIONS 1
         90500 > OPTIONS 1
         91500 > OPTIONS 1
         93500 > OPTIONS 1
         95000 ! Registered op7 false
        120000 > OPTIONS 1
        120000 < 200 OPTIONS 1
        120000 ! Registered op7 true
        ");
}

#[test]
fn a_contact_expires() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "60");
    bench.log();
    let flow = phone.flow;
    alive_until(&mut bench, flow, 70_000);
    bench.dial(Target::User("op7".into()), None);
    assert_snapshot!(bench.log(), @r"
        30000 > OPTIONS 1
        30000 < 200 OPTIONS 1
        60000 ! Registered op7 false
        70000 ! Refused 1 480 Unregistered
        ");
}

#[test]
fn a_contact_of_a_connection_dies_with_it() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:40000"));
    phone.flow = tcp("198.51.100.7:40000", 3);
    phone.contact = "<sip:op7@192.168.1.5:5060;transport=tcp>".into();
    phone.sign_in(&mut bench, "600");
    bench.dial(Target::User("op7".into()), None);
    assert_eq!(bench.last_flow(), phone.flow);
    let invite = bench.last_request("INVITE");
    assert!(
        invite
            .headers
            .get("Via")
            .unwrap()
            .starts_with("SIP/2.0/TCP ")
    );
    assert_eq!(invite.uri, "sip:op7@192.168.1.5:5060;transport=tcp");
    bench.at(100).closed(phone.flow);
    bench.run_out();
    assert_snapshot!(bench.log(), @r"
          0 < REGISTER 1
          0 > 401 REGISTER 1
          0 < REGISTER 2
          0 ! Registered op7 true
          0 > 200 REGISTER 2
          0 > INVITE 1
        100 < closed
        100 ! Refused 1 503 Service Unavailable
        100 ! Registered op7 false
        ");
}

#[test]
fn behind_a_nat_packets_go_back_to_where_they_came_from() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:40000"));
    phone.contact = "<sip:op7@192.168.1.5:5060>".into();
    phone.sign_in(&mut bench, "600");
    bench.dial(Target::User("op7".into()), None);
    assert_eq!(bench.last_flow(), phone.flow);
    phone.contact = "<sip:op7@198.51.100.7:5070>".into();
    phone.sign_in(&mut bench, "600");
    bench.dial(Target::User("op7".into()), None);
    assert_eq!(bench.last_flow(), udp("198.51.100.7:5070"));
}

/// Two phones of operator 7.
fn two_phones(bench: &mut Bench) -> [Flow; 2] {
    ["198.51.100.7:5060", "198.51.100.8:5060"].map(|address| {
        let mut phone = Phone::new(address);
        phone.sign_in(bench, "600");
        phone.flow
    })
}

fn invites(bench: &Bench) -> Vec<(Flow, gudok_sip::Request)> {
    let requests = bench
        .sent
        .iter()
        .filter_map(|(flow, message)| match message {
            Message::Request(request) if request.method == Method::Invite => {
                Some((*flow, request.clone()))
            }
            _ => None,
        });
    requests.collect()
}

#[test]
fn all_phones_ring_and_the_first_answer_wins() {
    let mut bench = bench();
    two_phones(&mut bench);
    bench.log();
    let session = bench.dial(Target::User("op7".into()), None);
    let [(one, first), (two, second)] = invites(&bench).try_into().unwrap();
    bench.at(100).hear_on(one, answer(&first, 180, "a", "", ""));
    bench.hear_on(two, answer(&second, 180, "b", "", ""));
    let contact = "Contact: <sip:op7@198.51.100.8:5060>\r\n";
    bench
        .at(2000)
        .hear_on(two, answer(&second, 200, "b", contact, ANSWER));
    let cancel = bench.last_request("CANCEL").clone();
    assert!(cancel.headers.get("Reason").unwrap().contains("elsewhere"));
    bench.hear_on(one, answer(&cancel, 200, "a", "", ""));
    bench.hear_on(one, answer(&first, 487, "a", "", ""));
    bench.at(5000).end(session);
    let bye = bench.last_request("BYE").clone();
    bench.hear_on(two, answer(&bye, 200, "b", "", ""));
    assert_snapshot!(bench.log(), @r"
           0 > INVITE 1
           0 > INVITE 1
         100 < 180 INVITE 1
         100 ! Progress 1 180
         100 < 180 INVITE 1
        2000 < 200 INVITE 1
        2000 > ACK 1
        2000 > CANCEL 1
        2000 ! Accepted 1
        2000 < 200 CANCEL 1
        2000 < 487 INVITE 1
        2000 > ACK 1
        5000 ! Ended 1 Us
        5000 > BYE 2
        5000 < 200 BYE 2
        ");
}

#[test]
fn both_phones_answer_at_once() {
    let mut bench = bench();
    two_phones(&mut bench);
    bench.log();
    bench.dial(Target::User("op7".into()), None);
    let [(one, first), (two, second)] = invites(&bench).try_into().unwrap();
    let contact = |host: &str| format!("Contact: <sip:op7@{host}:5060>\r\n");
    bench.hear_on(one, answer(&first, 180, "a", "", ""));
    bench.hear_on(
        two,
        answer(&second, 200, "b", &contact("198.51.100.8"), ANSWER),
    );
    bench.hear_on(
        one,
        answer(&first, 200, "a", &contact("198.51.100.7"), ANSWER),
    );
    let bye = bench.last_request("BYE").clone();
    assert_eq!((bench.last_flow(), bye.headers.to_tag()), (one, Some("a")));
    bench.hear_on(one, answer(&bye, 200, "a", "", ""));
    assert_snapshot!(bench.log(), @r"
        0 > INVITE 1
        0 > INVITE 1
        0 < 180 INVITE 1
        0 ! Progress 1 180
        0 < 200 INVITE 1
        0 > ACK 1
        0 > CANCEL 1
        0 ! Accepted 1
        0 < 200 INVITE 1
        0 > ACK 1
        0 > BYE 2
        0 < 200 BYE 2
        ");
}

#[test]
fn the_refusal_that_says_most_is_told_when_all_have_refused() {
    let mut bench = bench();
    two_phones(&mut bench);
    bench.log();
    bench.dial(Target::User("op7".into()), None);
    let [(one, first), _] = invites(&bench).try_into().unwrap();
    bench.at(100).hear_on(one, answer(&first, 486, "a", "", ""));
    bench.at(33_000);
    assert!(bench.log().contains("! Refused 1 486 Phrase"));
}

/// Of the phone whose refusal is told, whoever said something first.
#[test]
fn a_refusal_is_told_with_its_own_reason() {
    for (busy, told) in [
        ("", "! Refused 1 486 Phrase\n"),
        (
            "Reason: Q.850;cause=17\r\n",
            "! Refused 1 486 Phrase sip None q850 Some(17) None\n",
        ),
    ] {
        let mut bench = bench();
        two_phones(&mut bench);
        bench.log();
        bench.dial(Target::User("op7".into()), None);
        let [(one, first), (two, second)] = invites(&bench).try_into().unwrap();
        let broken = "Reason: Q.850;cause=41\r\n";
        bench.hear_on(two, answer(&second, 500, "b", broken, ""));
        bench.hear_on(one, answer(&first, 486, "a", busy, ""));
        let log = bench.log() + "\n";
        assert!(log.contains(told), "{log}");
    }
}

#[test]
fn a_phone_calls_out_with_its_digest() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    bench.log();
    phone.proof.clear();
    phone.call = "out";
    let uri = "sip:89990000003@gudok.example";
    let extra = "Contact: <sip:op7@198.51.100.7:5060>\r\nContent-Type: application/sdp\r\n";
    let first = phone.request("INVITE", uri, extra, OFFER);
    bench.hear_on(phone.flow, &first).hear_on(phone.flow, first);
    let refusal = bench.last_response().clone();
    phone.prove(&refusal, &Method::Invite, uri);
    let second = phone.request("INVITE", uri, extra, OFFER);
    bench.hear_on(phone.flow, second).accept(Session(1));
    assert_eq!(bench.last_response().status, 200);
    assert_snapshot!(bench.log(), @r"
        0 < INVITE 3
        0 > 401 INVITE 3
        0 < INVITE 3
        0 > 401 INVITE 3
        0 < INVITE 4
        0 > 100 INVITE 4
        0 ! Incoming 1 of user op7
        0 > 200 INVITE 4
        ");
}

#[test]
fn a_stranger_hears_nothing_or_403() {
    let mut phone = Phone::new("203.0.113.66:5060");
    for method in [
        "INVITE", "OPTIONS", "BYE", "CANCEL", "MESSAGE", "NONSENSE", "ACK",
    ] {
        let mut silent = bench();
        let request = phone.request(method, "sip:100@gudok.example", "", "");
        silent.hear_on(phone.flow, &request);
        assert!(silent.sent.is_empty(), "{method}");
        let mut config = config();
        config.policy.unknown = gudok_sip::endpoint::UnknownSource::Forbid;
        let mut polite = Bench::with(config);
        polite.hear_on(phone.flow, request);
        match method {
            "ACK" => assert!(polite.sent.is_empty()),
            _ => assert_eq!(polite.last_response().status, 403, "{method}"),
        }
        assert!(polite.sip.is_idle() && silent.sip.is_idle());
    }
}

#[test]
fn users_that_are_no_more_lose_their_phones() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut bench, "600");
    bench.log();
    bench.say(Command::Credentials(vec![credential("op8", true)]));
    assert_snapshot!(bench.log(), @"0 ! Registered op7 false");
}

/// What of the phones is written down when the process dies, and what is asked after it.
fn kept(bench: &Bench) -> Vec<KeptContact> {
    let last = bench.events.iter().rev().find_map(|event| match event {
        Event::Bound { contacts, .. } => Some(contacts.clone()),
        _ => None,
    });
    last.expect("it was told where the phone is")
}

#[test]
fn after_a_restart_a_phone_is_asked_and_rung_once_it_answers() {
    let (mut before, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut before, "600");
    before.at(100_000);
    let mut contacts = kept(&before);
    assert_eq!(contacts[0].left.as_secs(), 600, "as it was told");
    contacts[0].left = ms(500_000);

    let mut bench = bench();
    bench.say(Command::BoundBefore(contacts.clone()));
    // Nobody knows yet.
    bench.dial(Target::User("op7".into()), None);
    bench.at(0);
    let request = bench.last_request("OPTIONS").clone();
    bench.hear_on(phone.flow, answer(&request, 200, "o", "", ""));
    // The refresh takes the place of the binding, and an older one does not.
    phone.sign_in(&mut bench, "600");
    bench.say(Command::BoundBefore(contacts));
    assert_eq!(crate::phone::contacts(&bench).len(), 1);
    bench.dial(Target::User("op7".into()), None);
    assert_snapshot!(bench.log(), @r"
    0 > OPTIONS 1
    0 ! Refused 1 480 Unregistered
    0 < 200 OPTIONS 1
    0 ! Registered op7 true
    0 < REGISTER 3
    0 > 401 REGISTER 3
    0 < REGISTER 4
    0 > 200 REGISTER 4
    0 > INVITE 1
    ");
}

#[test]
fn a_phone_that_went_while_we_were_away_is_not_rung() {
    let (mut before, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.sign_in(&mut before, "60");
    let contacts = kept(&before);
    let mut bench = bench();
    bench.say(Command::BoundBefore(contacts.clone()));
    bench.at(59_000);
    assert!(!bench.log().contains("Registered"), "{}", bench.log());
    bench.at(61_000);
    assert_eq!(
        kept(&bench),
        [],
        "its time is over: forgotten on the disk too"
    );

    // Of who may not register any more, whose time was over, and what no REGISTER could have said.
    let mut bench = crate::phone::bench();
    let spoilt = |change: fn(&mut KeptContact)| {
        let mut contact = contacts[0].clone();
        change(&mut contact);
        contact
    };
    bench.say(Command::BoundBefore(vec![
        spoilt(|it| it.user = "nobody".into()),
        spoilt(|it| it.left = ms(0)),
        spoilt(|it| it.uri = "tel:+79990001122".into()),
        spoilt(|it| it.routes = vec!["<sip:10.0.0.1;lr>".into(); 5]),
    ]));
    bench.run_out();
    assert_eq!(bench.log(), "");
}

#[test]
fn a_phone_behind_a_connection_has_to_come_by_itself() {
    let (mut bench, mut phone) = (bench(), Phone::new("198.51.100.7:5060"));
    phone.flow = tcp("198.51.100.7:40000", 1);
    phone.sign_in(&mut bench, "600");
    let told = bench
        .events
        .iter()
        .any(|it| matches!(it, Event::Bound { .. }));
    assert!(!told, "there is nothing to write down");
}
