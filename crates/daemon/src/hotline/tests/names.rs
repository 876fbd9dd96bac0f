//! A caller's name is the network's to write: whatever it holds, it is inert wherever it is shown.
use std::collections::BTreeSet;

use gudok_sip::parse::parse;
use gudok_sip::{Message, address::NameAddr};
use gudok_trace::ladder::{self, Ladder};
use serde_json::Value;
use tokio::runtime::Handle;

use super::*;
use crate::demo::desk::Desk;
use crate::story;
use crate::verbs::ladder::of_call;

/// What stands before the address of From, by what it tries.
fn hostile() -> Vec<(&'static str, String)> {
    let quoted = |text: &str| format!("\"{text}\"");
    vec![
        ("markup", quoted("<script>alert(1)</script>")),
        (
            "svg",
            quoted("</text></svg><svg onload=alert(1)>&lt;b&#60;"),
        ),
        ("quotes", quoted(r#"\"><img src=x onerror='a'>\\"#)),
        ("json", quoted(r#"\"},{\"type\":\"call.ended\"}"#)),
        ("c1", quoted("\u{9b}31mred\u{85}\u{90}")),
        (
            "bidi",
            quoted("\u{202e}0001 999 7+\u{2066}x\u{2069}\u{61c}\u{200f}"),
        ),
        (
            "invisible",
            quoted("a\u{200b}b\u{feff}c\u{ad}\u{180e}\u{e0041}"),
        ),
        // Nothing here evaluates formulas or lookups: of these three only quotes, pipes and braces are at stake.
        ("formula", quoted("=HYPERLINK(\\\"http://x\\\")")),
        ("formula-plus", quoted("+1+cmd|' /C calc'!A0")),
        ("path", quoted("../../../../etc/passwd")),
        ("lookup", quoted("${jndi:ldap://x/a}%s%n{{7*7}}")),
        ("folded", quoted("a\r\n b")),
        ("line-ends", quoted("a\u{2028}ERROR b\u{2029}c")),
        ("long", quoted(&"ы".repeat(2_048))),
        ("joined", quoted(&"z\u{351}".repeat(40))),
        ("unquoted", "= <b>".to_owned()),
    ]
}

/// Control codes, which no header may hold: such an INVITE is refused, and shown as refused.
fn unspeakable() -> Vec<(&'static str, String)> {
    let quoted = |text: &str| format!("\"{text}\"");
    vec![
        ("escape", quoted("\u{1b}[2J\u{1b}]0;x\u{7}")),
        ("nul", quoted("a\0b")),
        ("return", quoted("a\rContact: <sip:evil@x>\rb")),
    ]
}

/// Nothing that moves a cursor, ends a line, or turns text around.
fn assert_plain(what: &str, text: &str) {
    let odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(
                c,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            )
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{e0000}'..='\u{e007f}')
    };
    let found = text.chars().find(|&c| odd(c));
    assert_eq!(found, None, "{what}: {text}");
}

/// Tags of our own, no attribute that acts, every quote and every bracket of the network escaped.
fn assert_drawn(what: &str, svg: &str) {
    assert_plain(what, svg);
    let tags = svg.split('<').skip(1);
    let names: BTreeSet<&str> = tags
        .map(|tag| tag.trim_start_matches('/'))
        .map(|tag| {
            tag.split(|c: char| !c.is_ascii_alphanumeric())
                .next()
                .unwrap_or_default()
        })
        .collect();
    let ours = [
        "svg", "style", "g", "rect", "line", "path", "text", "tspan", "title", "desc",
    ];
    let more = ["defs", "marker", "polygon", "polyline", "circle"];
    for name in names {
        let known = ours.contains(&name) || more.contains(&name);
        assert!(known, "{what}: <{name} in {svg}");
    }
    for tag in svg.split('<').skip(1) {
        let inside = tag.split('>').next().unwrap_or_default();
        assert!(!inside.contains(" on"), "{what}: <{inside}>");
    }
}

/// Every text in a JSON value.
fn assert_texts(what: &str, value: &Value) {
    match value {
        Value::String(text) => assert_plain(what, text),
        Value::Array(values) => values.iter().for_each(|value| assert_texts(what, value)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            assert_plain(what, name);
            assert_texts(what, value);
        }),
        _ => {}
    }
}

/// The display name that our own parser reads in From of an INVITE of ours, and nothing beside it.
fn shown_to_a_phone(what: &str, invite: &str) -> String {
    let Ok(Message::Request(request)) = parse(invite.as_bytes()) else {
        panic!("{what}: our own INVITE cannot be read: {invite}");
    };
    let from = request.headers.all("From").collect::<Vec<_>>();
    assert_eq!(from.len(), 1, "{what}: {invite}");
    assert_eq!(request.headers.all("Contact").count(), 1, "{what}");
    let from = NameAddr::parse(from[0]).expect("well-formed");
    from.display.unwrap_or_default()
}

#[tokio::test]
async fn a_hostile_name_is_inert_in_every_sink() {
    let lines = seeing::Lines::default();
    let _told = lines.listen("trace");
    let homer = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let folder = Folder::new();
    let plan = phones::ALL_RING.replace("record = \"off\"", "record = \"from_answer\"");
    folder.write("dialplans/8800.toml", &plan);
    folder.hire_with("101", |it| it.phone_only = false).await;
    let mut config = folder.config();
    config.hep = Some(config::Hep {
        collector: homer.local_addr().expect("bound"),
        id: 1,
        password_file: None,
    });
    let running = serve::start(config, &Handle::current())
        .await
        .expect("it starts");
    let phone = phones::Phone::register(&running, "101").await;
    let mut desk = Desk::open(&running.addresses, "101", PASSWORD)
        .await
        .expect("it opens");
    desk.ready().await.expect("ready");

    let mut refused = Vec::new();
    for (what, name) in hostile() {
        let mut caller = Caller::named(&running, what).await;
        caller.display = name;
        caller.send("INVITE", OFFER).await;
        if !caller.is_taken().await {
            refused.push(what);
            continue;
        }
        let card = desk.card().await.expect("a card");
        let card: Value = serde_json::from_str(&card.text).expect("one JSON value");
        assert_eq!(card["type"], "offer.created", "{what}");
        assert_texts(what, &card["data"]);
        let display = card["data"]["caller"]["display"]
            .as_str()
            .unwrap_or_default();
        assert!(
            display.chars().count() <= 64 && !display.contains(['<', '>']),
            "{what}: {display}"
        );
        let invite = phone.expect("INVITE ").await;
        assert_eq!(shown_to_a_phone(what, &invite), display, "{what}");
        phone.respond(&invite, "180 Ringing", "").await;
        caller.send("BYE", "").await;
        let cancel = phone.expect("CANCEL ").await;
        phone.respond(&cancel, "200 OK", "").await;
        phone.respond(&invite, "487 Request Terminated", "").await;
    }
    assert_eq!(refused, ["unquoted"], "no token, and no quotes");
    for (what, name) in unspeakable() {
        let mut caller = Caller::named(&running, what).await;
        caller.display = name;
        caller.send("INVITE", OFFER).await;
        caller.expect("SIP/2.0 400", "").await;
    }
    running.shut_down(true).await;

    for line in lines.text().lines() {
        assert_plain("log", line);
        let starts = line.trim_start().split(' ').next().unwrap_or_default();
        assert!(
            starts.ends_with('Z') && starts.contains('T'),
            "a line of its own: {line}"
        );
    }
    let mut datagram = [0; 65_536];
    while let Ok(length) = homer.try_recv(&mut datagram) {
        let told = usize::from(u16::from_be_bytes([datagram[4], datagram[5]]));
        assert_eq!((&datagram[..4], told), (&b"HEP3"[..], length));
    }
    let config = folder.config();
    for file in files(&config.paths.recordings) {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .expect("text");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        assert!(name.chars().all(plain), "{name}");
        if name.ends_with(".json") {
            let text = std::fs::read_to_string(&file).expect("readable");
            assert_texts("sidecar", &serde_json::from_str(&text).expect("JSON"));
        }
    }
    let store = open_store(&config).await.expect("it opens");
    let rows = store.calls(&CallFilter::default()).await.expect("readable");
    assert_eq!(rows.len(), hostile().len() - refused.len());
    for row in rows {
        assert_texts("row", &serde_json::to_value(&row).expect("plain"));
        assert_plain("calls", &crate::verbs::calls::line(&row));
        let call = CallId(row.call_id.parse().expect("an id"));
        let told = store.call(call).await.expect("readable").expect("there");
        for fact in told.events.iter().filter_map(|event| event.decode()) {
            story::lines(&fact)
                .iter()
                .for_each(|line| assert_plain("explain", line));
        }
        let first = told.events[0].seq.try_into().expect("positive");
        let story = of_call(&config, call, first);
        assert!(story.messages.len() > 3, "the call's messages are there");
        let drawn = Ladder::new(&story);
        for full in [false, true] {
            let style = ladder::text::Style {
                width: 120,
                colour: false,
                full,
            };
            assert_plain("ladder", &ladder::text::draw(&drawn, style));
            assert_drawn("picture", &ladder::svg::draw(&drawn, full));
            assert_texts("ladder as JSON", &ladder::json::draw(&drawn, full));
        }
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files(&path),
            path => vec![path],
        })
        .collect()
}
