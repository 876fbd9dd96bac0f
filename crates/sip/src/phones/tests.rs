use std::fmt::Write as _;

use insta::assert_snapshot;

use super::*;
use crate::uri::Uri;

/// The headers of a call that is to be answered by itself, and of one that rings.
fn written(model: Model) -> String {
    let mut from = NameAddr::new(Uri::parse("sip:+79990000001@pbx.example").expect("a URI"));
    from.display = Some(model.display("Анна Щукина").into_owned());
    let mut text = format!("From: {from}\n");
    for (title, answer, ring) in [
        ("answers", Answer::AsModel, Some(Ring::Caller)),
        ("caller", Answer::Never, Some(Ring::Caller)),
        ("colleague", Answer::Never, Some(Ring::Colleague)),
    ] {
        let call = ForPhone {
            model: None,
            answer,
            ring,
            host: "pbx.example".to_owned(),
        };
        for (name, value) in model.words(&call, &from) {
            let is_identity = name.starts_with("P-") || name.starts_with("Remote");
            if !is_identity || title == "answers" {
                let title = if is_identity { "" } else { title };
                writeln!(text, "{title:>9} {name}: {value}").expect("memory");
            }
        }
    }
    text
}

#[test]
fn each_make_gets_its_words() {
    let all: String = Model::ALL
        .map(|model| format!("{}\n{}", model.name(), written(model)))
        .join("\n");
    assert_snapshot!(all, @r#"
    yealink
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: "Анна Щукина" <sip:+79990000001@pbx.example>
      answers Alert-Info: <http://pbx.example>;info=alert-autoanswer;delay=0
      answers Call-Info: <sip:pbx.example>;answer-after=0
       caller Alert-Info: <http://127.0.0.1>;info=alert-external;x-line-id=0
    colleague Alert-Info: <http://127.0.0.1>;info=alert-internal;x-line-id=0

    snom
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: "Анна Щукина" <sip:+79990000001@pbx.example>
      answers Alert-Info: <http://pbx.example>;info=alert-autoanswer;delay=0
      answers Call-Info: <sip:pbx.example>;answer-after=0
       caller Alert-Info: <http://127.0.0.1>;info=alert-external;x-line-id=0
    colleague Alert-Info: <http://127.0.0.1>;info=alert-internal;x-line-id=0

    adapter
    From: "Anna Shchukina" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: "Anna Shchukina" <sip:+79990000001@pbx.example>
              Remote-Party-ID: "Anna Shchukina" <sip:+79990000001@pbx.example>;party=calling;screen=yes;privacy=off

    grandstream
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: "Анна Щукина" <sip:+79990000001@pbx.example>
      answers Call-Info: <sip:pbx.example>;answer-after=0
      answers Alert-Info: <http://127.0.0.1>;info=alert-external
       caller Alert-Info: <http://127.0.0.1>;info=alert-external
    colleague Alert-Info: <http://127.0.0.1>;info=alert-internal

    polycom
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: "Анна Щукина" <sip:+79990000001@pbx.example>
      answers Alert-Info: Ring Answer
      answers Call-Info: <sip:pbx.example>;answer-after=0
       caller Alert-Info: <http://127.0.0.1>;info=alert-external
    colleague Alert-Info: <http://127.0.0.1>;info=alert-internal

    fanvil
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: "Анна Щукина" <sip:+79990000001@pbx.example>
      answers Alert-Info: <http://pbx.example>;info=alert-autoanswer;delay=0
      answers Call-Info: <sip:pbx.example>;answer-after=0
       caller Alert-Info: <http://127.0.0.1>;info=alert-external
    colleague Alert-Info: <http://127.0.0.1>;info=alert-internal

    linphone
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: <sip:+79990000001@pbx.example>
      answers Call-Info: <sip:pbx.example>;answer-after=0

    baresip
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: <sip:+79990000001@pbx.example>
      answers Call-Info: <sip:pbx.example>;answer-after=0
      answers Alert-Info: <http://pbx.example>;info=alert-autoanswer;delay=0
      answers Answer-Mode: Auto

    microsip
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: <sip:+79990000001@pbx.example>
      answers Call-Info: <sip:pbx.example>;answer-after=0
      answers X-AUTOANSWER: TRUE

    zoiper
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: <sip:+79990000001@pbx.example>
      answers Call-Info: <sip:pbx.example>;answer-after=0

    generic
    From: "Анна Щукина" <sip:+79990000001@pbx.example>
              P-Asserted-Identity: <sip:+79990000001@pbx.example>
      answers Call-Info: <sip:pbx.example>;answer-after=0
      answers Alert-Info: <http://pbx.example>;info=alert-autoanswer;delay=0
      answers Answer-Mode: Auto
       caller Alert-Info: <urn:alert:source:external>
    colleague Alert-Info: <urn:alert:source:internal>
    "#);
}

#[test]
fn makes_are_guessed_by_how_they_name_themselves() {
    for (agent, model) in [
        ("Yealink SIP-T46S 66.84.0.15", Model::Yealink),
        ("snomD785/10.1.73.16", Model::Snom),
        ("Grandstream GXP2160 1.0.11.6", Model::Grandstream),
        ("Grandstream HT802 1.0.29.8", Model::Adapter),
        ("Cisco/SPA112-1.4.1(002)", Model::Adapter),
        ("PolycomVVX-VVX_410-UA/5.9.0.9373", Model::Polycom),
        ("Poly/PolyEdge-E350/8.1.3", Model::Polycom),
        ("Fanvil X3S 2.12.1", Model::Fanvil),
        ("LinphoneAndroid/5.2.3 (phone)", Model::Linphone),
        ("baresip v1.0.0 (x86_64/linux)", Model::Baresip),
        ("MicroSIP/3.21.3", Model::MicroSip),
        ("Z 5.6.1 v2.10.19.9", Model::Zoiper),
        ("Zulu 5.0", Model::Generic),
        ("not a Yealink", Model::Generic),
        ("é", Model::Generic),
        ("", Model::Generic),
    ] {
        assert_eq!(Model::guess(agent), model, "{agent}");
    }
}

#[test]
fn names_are_their_own() {
    for model in Model::ALL {
        assert_eq!(Model::named(model.name()), Some(model));
        let agents = model.template().agents;
        assert!(agents.iter().all(|it| *it == it.to_ascii_lowercase()));
    }
    assert_eq!(Model::named("Yealink"), None);
}

#[test]
fn a_box_does_not_show_who_is_nobody() {
    let call = ForPhone {
        model: None,
        answer: Answer::Never,
        ring: None,
        host: "pbx.example".to_owned(),
    };
    for (user, name, kept) in [
        ("anonymous", None, "full"),
        ("Anonymous", Some("Anna (101)"), "uri"),
        ("+79990000001", None, "off"),
    ] {
        let uri = Uri::parse(&format!("sip:{user}@pbx.example")).expect("a URI");
        let mut from = NameAddr::new(uri);
        from.display = name.map(str::to_owned);
        let words = Model::Adapter.words(&call, &from);
        let (_, party) = words.last().expect("Remote-Party-ID");
        let ending = format!(";party=calling;screen=yes;privacy={kept}");
        assert!(party.ends_with(&ending), "{party}");
    }
}

#[test]
fn only_a_receiver_on_a_hook_is_lifted_by_hand_alone() {
    let by_hand = Model::ALL.into_iter().filter(|it| !it.answers_by_itself());
    assert_eq!(by_hand.collect::<Vec<_>>(), [Model::Adapter]);
}

#[test]
fn what_the_admin_chose_is_said_to_any_make() {
    let from = NameAddr::new(Uri::parse("sip:anonymous@pbx.example").expect("a URI"));
    let names = |answer, ring| -> Vec<String> {
        let call = ForPhone {
            model: None,
            answer,
            ring,
            host: "pbx.example".to_owned(),
        };
        let words = Model::Grandstream.words(&call, &from).into_iter();
        words.map(|(name, _)| name).skip(1).collect()
    };
    let ring = Some(Ring::Caller);
    assert_eq!(names(Answer::AnswerMode, None), ["Answer-Mode"]);
    assert_eq!(names(Answer::AlertInfo, ring), ["Alert-Info"]);
    assert_eq!(names(Answer::CallInfo, ring), ["Call-Info", "Alert-Info"]);
    assert_eq!(names(Answer::All, ring).len(), 3);
    assert!(names(Answer::Never, None).is_empty());
}
