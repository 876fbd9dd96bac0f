//! What an admin sees of a call: its ladder, as text, picture, capture and JSON.
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use serde_json::Value;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans};

#[tokio::test(flavor = "multi_thread")]
async fn the_ladder_of_a_call_tells_who_said_what_and_hides_secrets() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (phone, _desk) = operator(&daemon, "101", Answer::Auto).await?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let record = daemon.record()?;
    drop(phone);
    let folder = &daemon.folder;
    let ladder = |more: &[&str]| folder.verb(&[&["ladder", record.id()], more].concat());

    let text = ladder(&[])?;
    let order = [
        "вызов с",
        "INVITE",
        "100 Trying",
        "пришёл",
        "200 OK",
        "запись пошла",
        "ACK",
        "предложен оператору 101",
        "INVITE",
        "соединены: оператор 101",
        "BYE",
        "исход: поговорил с оператором",
        "200 OK (BYE)",
    ];
    let mut rest = text.as_str();
    for words in order {
        let at = rest
            .find(words)
            .with_context(|| format!("«{words}» is not in its place:\n{text}"))?;
        rest = &rest[at..];
    }
    assert!(
        text.contains("carrier") && text.contains("оператор 101"),
        "{text}"
    );
    assert!(text.contains("PCMA 127.0.0.1:"), "{text}");
    let writing = text
        .lines()
        .find(|line| line.contains("101: оформляет звонок до"));
    let writing = writing.with_context(|| text.clone())?;
    assert!(
        !writing.contains('•'),
        "a time is no phone number: {writing}"
    );
    let floor = folder.verb(&["floor", "101"])?;
    let order = [
        "101: начал смену",
        "101: на линии; на линию и с линии: сам",
        "101: разговор",
        "101: оформляет звонок до",
    ];
    let mut rest = floor.as_str();
    for words in order {
        let at = rest
            .find(words)
            .with_context(|| format!("«{words}» is not in its place:\n{floor}"))?;
        rest = &rest[at..];
    }
    assert!(folder.verb(&["floor", "nobody"])?.contains("ничего нет"));
    let full = ladder(&["--full"])?;
    for whole in ["79990001122", "88001234567", "78001234567"] {
        assert!(
            !text.contains(whole) && !full.contains(whole),
            "{whole}:\n{full}"
        );
    }
    assert!(full.contains("Max-Forwards: "), "{full}");

    let svg = folder.path("call.svg");
    ladder(&["--svg", "call.svg", "--full"])?;
    let svg = std::fs::read_to_string(svg)?;
    assert!(
        svg.starts_with("<svg ") && svg.contains("соединены"),
        "{svg}"
    );
    assert!(!svg.contains("<script") && !svg.contains("79990001122"));

    let json: Value = serde_json::from_str(&ladder(&["--json"])?)?;
    assert_eq!(json["parties"][1]["name"], "гудок", "{json:#}");
    let rows = json["rows"].as_array().context("rows")?;
    let messages = rows.iter().filter(|row| row["kind"] == "message");
    assert!(messages.count() >= 12, "{json:#}");

    // The capture has the numbers, and the trainer reads it.
    ladder(&["--pcap", "call.pcap"])?;
    let learnt = folder.verb(&["trunk", "learn", "call.pcap", "--expect", CALLER])?;
    assert!(learnt.contains("вызов"), "{learnt}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_invite_has_a_ladder_by_its_call_id() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (socket, here) = carrier()?;
    let call_id = format!("{}-odd@carrier", CALLER.trim_start_matches('+'));
    let invite = format!(
        "INVITE sip:{HOTLINE}@gudok SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKodd\r\nMax-Forwards: 70\r\n\
         From: <sip:{CALLER}@carrier>;tag=f\r\nTo: <sip:{HOTLINE}@gudok>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:carrier@{here}>\r\nRequire: telepathy\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(invite.as_bytes(), daemon.sip)?;
    let mut answer = [0; 2_048];
    let length = socket.recv(&mut answer)?;
    assert!(answer[..length].starts_with(b"SIP/2.0 420"));
    daemon.stop()?;
    let listed = daemon.folder.verb(&["ladder", "--refused"])?;
    assert!(
        listed.contains("420") && listed.contains("•••") && !listed.contains(&call_id),
        "{listed}"
    );
    let as_listed = listed.split_whitespace().last().unwrap_or_default();
    for name in [call_id.as_str(), as_listed] {
        let text = daemon.folder.verb(&["ladder", name])?;
        assert!(text.contains("420 Bad Extension"), "{text}");
    }
    for more in ["--json", "--full"] {
        let both = daemon.folder.run(&["ladder", "--refused", more])?;
        assert!(!both.status.success(), "{more}");
    }
    let nobody = daemon.folder.run(&["ladder", "nobody"])?;
    assert!(!nobody.status.success());
    Ok(())
}

#[test]
fn a_beginning_that_two_calls_have_is_said_to_be_too_short() -> Result<()> {
    let mut daemon = hotline(&plans::closed()).start()?;
    for _ in 0..2 {
        Call::new(CALLER, HOTLINE)
            .hold(PATIENCE)
            .start(daemon.sip)?
            .finish(PATIENCE)?;
        daemon.log_line("call ended")?;
    }
    daemon.stop()?;
    let said = daemon.folder.run(&["ladder", "0"])?;
    let error = String::from_utf8_lossy(&said.stderr);
    assert!(
        !said.status.success() && error.contains("несколько"),
        "{error}"
    );
    Ok(())
}

fn carrier() -> Result<(std::net::UdpSocket, std::net::SocketAddr)> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let here = socket.local_addr()?;
    Ok((socket, here))
}
