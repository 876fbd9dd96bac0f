//! Ladders of scripted exchanges.
use std::collections::BTreeMap;

use gudok_model::{CallId, LegId, Mono, Now, Wall};
use uuid::Uuid;

use super::text::Style;
use super::*;
use crate::mask::hide_secrets;

/// A call in a few words: each line a time in ms, a leg, a way and a first line, or a note.
fn story(script: &str) -> Story {
    let mut story = Story {
        title: "Вызов 0199".to_owned(),
        subtitle: "+79990001122 → +78001234567, транк carrier".to_owned(),
        names: BTreeMap::from([
            (0, "carrier".to_owned()),
            (1, "101".to_owned()),
            (2, "102".to_owned()),
        ]),
        ..Story::default()
    };
    for (seq, line) in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .enumerate()
    {
        let (ms, rest) = line.split_once(' ').unwrap();
        let ms: u64 = ms.parse().unwrap();
        let now = Now {
            mono: Mono(1_000_000 + ms * 1_000),
            wall: Wall(1_700_000_000_000_000 + ms as i64 * 1_000),
        };
        let (who, what) = rest.split_once(' ').unwrap();
        if who == "*" {
            let text = what.to_owned();
            story.notes.push((seq as u64, Note { now, text }));
            continue;
        }
        let (leg, sent) = (who[..1].parse().unwrap(), who.ends_with('<'));
        let mut kept = message(leg, sent, what);
        kept.now = now;
        story.messages.push((seq as u64, kept));
    }
    story
}

/// `INVITE`, `180 Ringing`, `200 OK BYE`; ` sdp` at the end adds a body.
fn message(leg: u16, sent: bool, what: &str) -> Kept {
    let (what, sdp) = what
        .strip_suffix(" sdp")
        .map_or((what, false), |what| (what, true));
    let verb = what.rsplit(' ').next().unwrap();
    let is_verb = verb.len() > 2 && verb.bytes().all(|byte| byte.is_ascii_uppercase());
    let cseq = if is_verb { verb } else { "INVITE" };
    let start = if what.starts_with(|c: char| c.is_ascii_digit()) {
        format!("SIP/2.0 {}", what.strip_suffix(cseq).unwrap_or(what).trim())
    } else {
        format!("{what} sip:88001234567@gudok SIP/2.0")
    };
    let body = if sdp {
        "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    } else {
        ""
    };
    let mut text = format!(
        "{start}\r\nFrom: \"<script>alert(1)</script>]]>\" <sip:+79990001122@carrier>;tag=f\r\nTo: <sip:88001234567@gudok>\r\n\
         Call-ID: c{leg}\r\nCSeq: 1 {cseq}\r\nAuthorization: Digest response=\"secret\"\r\n\r\n{body}"
    )
    .into_bytes();
    hide_secrets(&mut text);
    Kept {
        now: Now::default(),
        leg: (leg < 9).then(|| LegId {
            call: CallId(Uuid::nil()),
            index: leg,
        }),
        sent,
        transport: if leg == 2 { "TCP" } else { "UDP" },
        local: "127.0.0.1:5060".parse().unwrap(),
        remote: SocketAddr::from(([127, 0, 0, 1], 5070 + leg % 9)),
        left_out: 0,
        whole: 0,
        bytes: text.into(),
    }
}

#[test]
fn a_private_caller_stands_in_no_message_of_the_leg() {
    let mut story = story("0 0> INVITE\n 100 0< 200 OK\n 200 0> ACK\n 300 1< INVITE");
    let invite = String::from_utf8_lossy(&story.messages[0].1.bytes).into_owned();
    let private = invite.replace("\r\nTo:", "\r\nPrivacy: id\r\nTo:");
    story.messages[0].1.bytes = private.into_bytes().into();
    let ladder = Ladder::new(&story);
    let shows = |row: &Row| match row {
        Row::Arrow(arrow) => Some(arrow.text.contains("alert") || arrow.text.contains("1122")),
        _ => None,
    };
    let shown: Vec<bool> = ladder.rows.iter().filter_map(shows).collect();
    assert_eq!(shown, [false, false, false, true]);
}

const ANSWERED: &str = "
    0 0> INVITE sdp
    0 0< 100 Trying
    1 * пришёл: +79990001122 → +78001234567
    3 0< 200 OK sdp
    9 0> ACK
    500 * предложен оператору 101
    510 1< INVITE sdp
    512 2< INVITE sdp
    520 1> 180 Ringing
    1010 2< INVITE sdp
    2010 2< INVITE sdp
    9000 1> 200 OK sdp
    9001 1< ACK
    9002 2< CANCEL
    9003 * запись пошла
    9010 2> 200 OK CANCEL
    9011 2> 487 Request Terminated
    9012 2< ACK
    70000 0> BYE
    70001 0< 200 OK BYE
    70002 1< BYE
    70003 1> 200 OK BYE
";

/// A trunk's INVITE that became no call.
const REFUSED: &str = "
    0 9> INVITE sdp
    1 9< 503 Service Unavailable
    2 9> ACK
";

fn drawn(script: &str, width: usize, full: bool) -> String {
    let style = Style {
        width,
        colour: false,
        full,
    };
    text::draw(&Ladder::new(&story(script)), style)
}

#[test]
fn an_answered_call_with_three_legs() {
    insta::assert_snapshot!(drawn(ANSWERED, 140, false));
}

#[test]
fn a_narrow_terminal_gets_a_list() {
    insta::assert_snapshot!(drawn(ANSWERED, 80, false));
}

#[test]
fn a_refused_invite_in_full_shows_no_secret_and_no_number() {
    let drawn = drawn(REFUSED, 80, true);
    assert!(
        !drawn.contains("secret") && !drawn.contains("9990001122"),
        "{drawn}"
    );
    insta::assert_snapshot!(drawn);
}

#[test]
fn a_terminals_colours_come_and_go() {
    let style = Style {
        width: 100,
        colour: true,
        full: false,
    };
    let coloured = text::draw(&Ladder::new(&story(REFUSED)), style);
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain += before;
        rest = after.split_once('m').unwrap().1;
    }
    plain += rest;
    assert_eq!(plain, drawn(REFUSED, 100, false));
    assert!(coloured.contains("\x1b[31m"));
}

/// A title with a Session-ID is wider than a picture of two parties.
#[test]
fn a_title_that_is_wider_than_the_picture_goes_on_in_the_next_line() {
    let mut told = story(ANSWERED);
    let id = "4b5064208f884f16a4fc5c6dfe91d73f";
    told.title = format!(
        "Вызов 01a208f3-b566-7ff5-8194-15e851fad9f7 · 2026-11-23 15:08:39 · Session-ID {id}"
    );
    let svg = svg::draw(&Ladder::new(&told), false);
    let title = svg.lines().filter(|line| line.contains("font-size=\"18\""));
    let title: Vec<&str> = title.collect();
    assert_eq!(title.len(), 2, "{svg}");
    assert!(title[1].contains(id), "{svg}");
}

#[test]
fn the_picture_needs_nothing_and_runs_nothing() {
    let svg = svg::draw(&Ladder::new(&story(ANSWERED)), true);
    assert!(!svg.contains("<script") && !svg.contains("href") && !svg.contains("secret"));
    assert!(
        svg.contains("&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;"),
        "{svg}"
    );
    assert!(!svg.contains("9990001122"));
    let opened = svg.matches("<text").count() + svg.matches("<g>").count();
    let closed = svg.matches("</text>").count() + svg.matches("</g>").count();
    assert_eq!(opened, closed);
    insta::assert_snapshot!(svg::draw(&Ladder::new(&story(REFUSED)), false));
}

#[test]
fn three_legs_stand_side_by_side() {
    insta::assert_snapshot!(svg::draw(&Ladder::new(&story(ANSWERED)), false));
}

#[test]
fn programs_get_the_same() {
    insta::assert_json_snapshot!(json::draw(&Ladder::new(&story(REFUSED)), false));
    let full = json::draw(&Ladder::new(&story(ANSWERED)), true);
    let repeated = full["rows"].as_array().unwrap().iter();
    let repeated = repeated.filter(|row| {
        row["repeated_at_us"]
            .as_array()
            .is_some_and(|at| at.len() == 2)
    });
    assert_eq!(repeated.count(), 1);
}

#[test]
fn what_was_left_out_is_said_and_a_call_of_one_message_is_drawn() {
    let mut story = story("0 0> INVITE");
    story.messages[0].1.left_out = 7;
    let ladder = Ladder::new(&story);
    let style = Style {
        width: 100,
        colour: false,
        full: false,
    };
    let text = text::draw(&ladder, style);
    assert!(text.contains("пропущено: 7"), "{text}");
    assert!(svg::draw(&ladder, false).contains("пропущено: 7"));
    let nothing = Ladder::new(&Story::default());
    assert!(!text::draw(&nothing, style).is_empty() && !svg::draw(&nothing, true).is_empty());
}

#[test]
fn a_crowd_shares_the_last_column() {
    let mut crowd = story("0 0> INVITE");
    for index in 1..200 {
        crowd
            .messages
            .push((u64::from(index), message(index, true, "INVITE")));
    }
    let ladder = Ladder::new(&crowd);
    assert_eq!(ladder.parties.len(), PARTIES_MAX);
}

#[test]
fn a_crowd_on_the_callers_side_is_drawn_in_colour() {
    let mut crowd = story("0 0> INVITE");
    for port in 1..200 {
        let mut kept = message(0, port % 2 == 0, "INVITE");
        kept.remote.set_port(port);
        crowd.messages.push((u64::from(port), kept));
    }
    let ladder = Ladder::new(&crowd);
    assert_eq!(
        (ladder.parties.len(), ladder.us),
        (PARTIES_MAX, PARTIES_MAX - 1)
    );
    let to_us = |row: &Row| matches!(row, Row::Arrow(arrow) if arrow.party == ladder.us);
    assert!(!ladder.rows.iter().any(to_us));
    let style = Style {
        width: 400,
        colour: true,
        full: false,
    };
    assert!(text::draw(&ladder, style).contains("\x1b[36m"));
    assert!(svg::draw(&ladder, false).contains("INVITE"));
}
