use super::*;
use crate::message::Method;

/// An INVITE to 4990000001 with these headers.
fn invite(headers: &[(&'static str, &str)]) -> Request {
    let mut request = Request::new(Method::Invite, "sip:4990000001@gudok.example;user=phone");
    for (name, value) in headers {
        request.headers.push(*name, *value);
    }
    request
}

fn caller_of(headers: &[(&'static str, &str)]) -> String {
    let who = extract(&invite(headers), &Settings::default());
    let display = who.caller_display.as_deref().unwrap_or("-");
    format!(
        "{} | {display} | {:?} | {:?}",
        who.caller_raw, who.presentation, who.caller_source
    )
}

#[test]
fn the_caller() {
    let from = (
        "From",
        "\"Иванова\" <sip:89990000001@carrier.example;user=phone>;tag=1",
    );
    let asserted = (
        "P-Asserted-Identity",
        "\"Фирма\" <sip:login@carrier.example>, <tel:+7-999-000-00-02>",
    );
    let party = (
        "Remote-Party-ID",
        "<sip:89990000003@carrier.example>;party=calling;privacy=off",
    );
    assert_eq!(caller_of(&[from]), "89990000001 | Иванова | Allowed | From");
    assert_eq!(
        caller_of(&[from, asserted, party]),
        "+7-999-000-00-02 | Иванова | Allowed | AssertedIdentity"
    );
    assert_eq!(
        caller_of(&[from, party]),
        "89990000003 | Иванова | Allowed | RemotePartyId"
    );
    assert_eq!(caller_of(&[]), " | - | Unavailable | From");
    let context = ("From", "<tel:0000001;phone-context=+7495>");
    assert_eq!(
        caller_of(&[context]),
        "0000001;phone-context=+7495 | - | Allowed | From"
    );
    let escaped = ("From", "<sip:%2B79990000001;phone-context=x@h>");
    assert_eq!(
        caller_of(&[escaped]),
        "+79990000001;phone-context=x | - | Allowed | From"
    );
}

#[test]
fn the_caller_who_withholds() {
    let anonymous = (
        "From",
        "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1",
    );
    let asserted = ("P-Asserted-Identity", "<sip:+79990000001@carrier.example>");
    assert_eq!(caller_of(&[anonymous]), " | - | Restricted | From");
    assert_eq!(
        caller_of(&[anonymous, asserted]),
        "+79990000001 | - | Restricted | AssertedIdentity"
    );
    let privacy = ("Privacy", "critical;id");
    assert_eq!(
        caller_of(&[anonymous, asserted, privacy]),
        "+79990000001 | - | Restricted | AssertedIdentity"
    );
    let party = (
        "Remote-Party-ID",
        "<sip:+79990000001@carrier.example>;privacy=full",
    );
    assert_eq!(
        caller_of(&[anonymous, party]),
        "+79990000001 | - | Restricted | RemotePartyId"
    );
    let from = ("From", "<sip:89990000001@carrier.example>");
    assert_eq!(
        caller_of(&[from, ("Privacy", "none")]),
        "89990000001 | - | Allowed | From"
    );
    for unnamed in [
        "<sip:Restricted@carrier.example>",
        "<sip:x@anonymous.invalid>",
        "sip:Anonymous@x",
    ] {
        assert_eq!(
            caller_of(&[("From", unnamed)]),
            " | - | Restricted | From",
            "{unnamed}"
        );
    }
}

#[test]
fn a_party_withholds_its_own_name_or_number_and_nobody_elses() {
    let from = (
        "From",
        "\"Иванова\" <sip:89990000001@carrier.example>;tag=1",
    );
    let party = |params: &str| {
        let value = format!("\"Петрова\" <sip:89990000003@carrier.example>;{params}");
        caller_of(&[from, ("Remote-Party-ID", &value)])
    };
    for (params, told) in [
        ("privacy=name", "89990000003 | - | Allowed | RemotePartyId"),
        (
            "party=\"Calling\";privacy=\"uri\"",
            "89990000003 | Петрова | Restricted | RemotePartyId",
        ),
        (
            "privacy=off",
            "89990000003 | Петрова | Allowed | RemotePartyId",
        ),
        // Who is called is another one, and no caller either.
        (
            "party=called;privacy=full",
            "89990000001 | Иванова | Allowed | From",
        ),
    ] {
        assert_eq!(party(params), told, "{params}");
    }
}

#[test]
fn a_number_in_place_of_a_name_is_none() {
    for (display, shown) in [
        ("+7 (999) 000-00-01", "-"),
        ("79990000001", "-"),
        ("+79990000002", "+79990000002"),
        ("Касса 79990000001", "Касса 79990000001"),
    ] {
        let from = format!("\"{display}\" <sip:+79990000001@carrier.example>");
        let told = caller_of(&[("From", &from)]);
        assert_eq!(told, format!("+79990000001 | {shown} | Allowed | From"));
    }
}

#[test]
fn the_caller_whom_the_network_does_not_know() {
    let from = ("From", "\"Unknown\" <sip:unknown@carrier.example>");
    assert_eq!(caller_of(&[from]), " | Unknown | Unavailable | From");
}

#[test]
fn garbage_is_passed_over() {
    let from = ("From", "<sip:89990000001@carrier.example>");
    let garbage = ("P-Asserted-Identity", "\"open <sip:x@y>, <<>>,,;;");
    assert_eq!(
        caller_of(&[from, garbage]),
        "89990000001 | - | Allowed | From"
    );
    assert_eq!(
        caller_of(&[("From", "<urn:service:sos>")]),
        " | - | Unavailable | From"
    );
    let long = format!("<sip:{}@x>", "1".repeat(999));
    let who = extract(&invite(&[("From", &long)]), &Settings::default());
    assert_eq!(who.caller_raw.len(), RAW_MAX);
}

#[test]
fn the_dialled_number() {
    use DialledSource::{Diversion, HistoryInfo, RequestUri, To};
    let call = invite(&[
        ("To", "<sip:88000000001@gudok.example>"),
        (
            "Diversion",
            "<sip:88000000002@carrier.example>;reason=unconditional, <tel:+79990000009>",
        ),
        (
            "History-Info",
            "<sip:88000000003@carrier.example?Reason=SIP%3Bcause%3D302>;index=1",
        ),
        ("History-Info", "<sip:4990000001@gudok.example>;index=1.1"),
    ]);
    let dialled_by = |request: &Request, sources: &[DialledSource]| {
        let default_dialled = Some("88000000009".to_owned());
        let settings = Settings {
            dialled: sources.to_vec(),
            default_dialled,
            ..Settings::default()
        };
        let who = extract(request, &settings);
        (who.dialled_raw, who.dialled_source)
    };
    let found = |raw: &str, source| (raw.to_owned(), source);
    assert_eq!(
        dialled_by(&call, &[RequestUri, To]),
        found("4990000001", RequestUri)
    );
    assert_eq!(dialled_by(&call, &[To]), found("88000000001", To));
    assert_eq!(
        dialled_by(&call, &[Diversion, To]),
        found("88000000002", Diversion)
    );
    assert_eq!(
        dialled_by(&call, &[HistoryInfo]),
        found("88000000003", HistoryInfo)
    );
    let bare = invite(&[]);
    assert_eq!(
        dialled_by(&bare, &[Diversion, HistoryInfo]),
        found("88000000009", DialledSource::Default)
    );
    let none = Settings {
        dialled: vec![To],
        ..Settings::default()
    };
    assert_eq!(extract(&bare, &none).dialled_raw, "");
}

#[test]
fn names_are_cleaned_for_the_screen() {
    let clean = |text: &str| clean_display(text).unwrap_or_default();
    assert_eq!(clean(" ООО\t\r\n «Ромашка»  "), "ООО «Ромашка»");
    assert_eq!(clean("<b>Иван</b>\u{7}\u{0}"), "bИван/b");
    assert_eq!(clean("a\u{202E}b\u{200B}c\u{FEFF}"), "abc");
    assert_eq!(clean(&"ж".repeat(200)).chars().count(), DISPLAY_MAX);
    assert_eq!(clean_display("\u{1}\u{2} <>"), None);
}
