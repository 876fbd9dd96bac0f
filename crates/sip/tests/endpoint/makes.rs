//! Phones of several makes ring for one call, each asked in its own words.
use gudok_sip::endpoint::{Command, Invite, Target};
use gudok_sip::phones::{Answer, ForPhone, Model, Ring};
use gudok_sip::{Message, Request};
use insta::assert_snapshot;

use crate::bench::{Bench, OFFER};
use crate::phone::{Phone, bench};

/// Rings operator 7; the INVITEs, in the order of the contacts.
fn ring(bench: &mut Bench, named: Option<Model>) -> Vec<Request> {
    let session = bench.sip.allocate();
    let before = bench.sent.len();
    bench.say(Command::Invite(Box::new(Invite {
        session,
        target: Target::User("op7".into()),
        from_uri: "sip:+79990000001@gudok.example".into(),
        from_display: Some("Анна Щукина".into()),
        headers: vec![("X-Call-Id".into(), "c1".into())],
        sdp: OFFER.into(),
        credential: None,
        patience: None,
        session_id: None,
        session_expires: None,
        phone: Some(ForPhone {
            model: named,
            answer: Answer::AsModel,
            ring: Some(Ring::Caller),
            host: "gudok.example".into(),
        }),
    })));
    let sent = bench.sent[before..].iter();
    let invites = sent.filter_map(|(_, message)| match message {
        Message::Request(request) => Some(request.clone()),
        Message::Response(_) => None,
    });
    invites.collect()
}

fn told(invites: &[Request]) -> String {
    let mut text = String::new();
    for invite in invites {
        text += &format!("{}\n", invite.uri);
        for name in [
            "From",
            "P-Asserted-Identity",
            "Remote-Party-ID",
            "Call-Info",
            "Alert-Info",
            "Answer-Mode",
            "X-Call-Id",
        ] {
            for value in invite.headers.all(name) {
                let value = value.split(";tag=").next().unwrap_or_default();
                text += &format!("  {name}: {value}\n");
            }
        }
    }
    text
}

#[test]
fn each_contact_is_asked_as_its_user_agent_wants_it() {
    let mut bench = bench();
    for (address, agent, call) in [
        ("198.51.100.1:5060", "Yealink SIP-T46S 66.84.0.15", "a"),
        ("198.51.100.2:5060", "Grandstream HT802 1.0.29.8", "b"),
        ("198.51.100.3:5060", "Desk 1.0", "c"),
    ] {
        let mut phone = Phone::new(address);
        (phone.agent, phone.call) = (agent, call);
        phone.sign_in(&mut bench, "600");
    }
    let invites = ring(&mut bench, None);
    assert_snapshot!(told(&invites), @r#"
    sip:op7@198.51.100.1:5060
      From: "Анна Щукина" <sip:+79990000001@gudok.example>
      P-Asserted-Identity: "Анна Щукина" <sip:+79990000001@gudok.example>
      Call-Info: <sip:gudok.example>;answer-after=0
      Alert-Info: <http://gudok.example>;info=alert-autoanswer;delay=0
      X-Call-Id: c1
    sip:op7@198.51.100.2:5060
      From: "Anna Shchukina" <sip:+79990000001@gudok.example>
      P-Asserted-Identity: "Anna Shchukina" <sip:+79990000001@gudok.example>
      Remote-Party-ID: "Anna Shchukina" <sip:+79990000001@gudok.example>;party=calling;screen=yes;privacy=off
      X-Call-Id: c1
    sip:op7@198.51.100.3:5060
      From: "Анна Щукина" <sip:+79990000001@gudok.example>
      P-Asserted-Identity: <sip:+79990000001@gudok.example>
      Call-Info: <sip:gudok.example>;answer-after=0
      Alert-Info: <http://gudok.example>;info=alert-autoanswer;delay=0
      Answer-Mode: Auto
      X-Call-Id: c1
    "#);
}

/// What the admin says counts, whatever the phone names itself.
#[test]
fn the_setting_wins_over_the_guess() {
    let mut bench = bench();
    let mut phone = Phone::new("198.51.100.1:5060");
    phone.agent = "Yealink SIP-T46S 66.84.0.15";
    phone.sign_in(&mut bench, "600");
    let models: Vec<Model> = bench.sip.contacts().map(|contact| contact.model).collect();
    assert_eq!(models, [Model::Yealink]);
    let invites = ring(&mut bench, Some(Model::Adapter));
    assert_snapshot!(told(&invites), @r#"
    sip:op7@198.51.100.1:5060
      From: "Anna Shchukina" <sip:+79990000001@gudok.example>
      P-Asserted-Identity: "Anna Shchukina" <sip:+79990000001@gudok.example>
      Remote-Party-ID: "Anna Shchukina" <sip:+79990000001@gudok.example>;party=calling;screen=yes;privacy=off
      X-Call-Id: c1
    "#);
}
