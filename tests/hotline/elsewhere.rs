//! Nobody is there: the number outside, the message, the closed hotline.
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use gudok_testkit::audio;
use gudok_testkit::carrier::{Call, Callee};
use gudok_testkit::daemon::Daemon;
use gudok_testkit::tones::{BEEP, GREETING, NIGHT, TRANSFER, VOICEMAIL};
use serde_json::{Value, json};

use crate::simulated::agrees;
use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

#[test]
fn without_operators_a_number_outside_answers() -> Result<()> {
    let callee = Callee::answering()?;
    let mut daemon = hotline(&plans::with_overflow())
        .outbound(callee.address)
        .start()?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(6))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    callee.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.number("outcome_flag")),
        ("overflowed_external", 1),
        "{:#}",
        record.row
    );
    assert!(record.number("talk_ms") > 2_000, "{:#}", record.row);
    let (_, heard) = record.sound(&daemon.folder)?;
    let order = [GREETING, TRANSFER, audio::OPERATOR].map(|tone| heard.first(tone));
    assert!(order.is_sorted() && order[0].is_some(), "{order:?}");
    assert!(heard.secs_of(audio::OPERATOR) > 2.0);
    Ok(())
}

#[test]
fn when_the_number_outside_is_busy_the_caller_leaves_a_message() -> Result<()> {
    let callee = Callee::busy()?;
    let mut daemon = hotline(&plans::with_overflow())
        .outbound(callee.address)
        .start()?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(6))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    callee.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "voicemail", "{:#}", record.row);
    assert!(record.tells("занято"), "{:#?}", record.story);
    Ok(())
}

#[test]
fn without_operators_the_caller_leaves_a_message() -> Result<()> {
    let mut daemon = hotline(&plans::with_message()).start()?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(6))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let owed = first_owed(&daemon)?;
    assert!(
        owed.contains("сообщение") && owed.contains("ждёт"),
        "{owed}"
    );
    let number = owed.split_whitespace().nth(1).unwrap_or_default();
    let closing = [
        "requests", "done", number, "--note", "heard", "--by", "ivanov",
    ];
    daemon.folder.verb(&closing)?;
    // Who comes second is told so.
    let again = daemon.folder.run(&closing)?;
    assert!(!again.status.success());
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(
        said.contains("уже закрыта: выполнена (ivanov): heard"),
        "{said}"
    );
    let unknown = daemon.folder.run(&["requests", "done", "999999"])?;
    assert!(!unknown.status.success());
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert!(said.contains("нет заявки № 999999"), "{said}");
    // The same from the daemon itself, which is asked by whoever knew it as open.
    let told = closed_by_socket(&daemon, number)?;
    assert!(told.contains(r#""code":"closed""#), "{told}");
    let told = closed_by_socket(&daemon, "999999")?;
    assert!(told.contains(r#""code":"not_found""#), "{told}");
    let record = daemon.record()?;
    record.line(&format!("заявка № {number} выполнена (ivanov): heard"));
    let listed = daemon.folder.verb(&["requests"])?;
    assert!(listed.contains("выполнена (ivanov): heard"), "{listed}");
    assert!(listed.contains(".wav"), "where it can be heard: {listed}");
    assert_eq!(
        daemon.folder.verb(&["requests", "--open"])?,
        "открытых заявок нет\n"
    );
    let replayed = daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    assert_eq!(record.text("outcome"), "voicemail", "{:#}", record.row);
    let (said, heard) = record.sound(&daemon.folder)?;
    let order = [GREETING, VOICEMAIL, BEEP].map(|tone| heard.first(tone));
    assert!(order.is_sorted() && order[0].is_some(), "{order:?}");
    let beep = heard.last(BEEP).unwrap_or_default();
    assert!(
        said.last(audio::CALLER) > Some(beep + 1.0),
        "the message comes after the beep"
    );
    the_marks_are_of_the_recording(&daemon, record.text("recording_file"))
}

/// The hotline counts its time from elsewhere than the packets do.
fn the_marks_are_of_the_recording(daemon: &Daemon, recording: &str) -> Result<()> {
    let file = recording.replace(".wav", ".json");
    let sidecar = std::fs::read(daemon.folder.path("recordings").join(file))?;
    let sidecar: Value = serde_json::from_slice(&sidecar)?;
    let marks: Vec<Option<&str>> = sidecar["marks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|mark| mark["name"].as_str())
        .collect();
    let message = [Some("voicemail_begin"), Some("voicemail_end")];
    assert_eq!(marks, message, "{sidecar:#}");
    let at = |mark: usize| sidecar["marks"][mark]["at_ms"].as_u64();
    let length = sidecar["length_ms"].as_u64();
    assert!(at(0) > Some(0) && at(0) < at(1), "{sidecar:#}");
    assert!(at(1) <= length.map(|it| it + 100), "{sidecar:#}");
    Ok(())
}

/// What the daemon itself says to it.
fn closed_by_socket(daemon: &Daemon, request: &str) -> Result<String> {
    let mut door = UnixStream::connect(daemon.folder.path("gudok.sock"))?;
    let request: u64 = request.parse()?;
    let word = json!({ "Done": { "note": "" } });
    let said = json!({ "by": ["petrova", "main"], "of": { "Request": { "request": request, "word": word } } });
    writeln!(door, "say {said}")?;
    let mut told = String::new();
    door.read_to_string(&mut told)?;
    Ok(told)
}

#[test]
fn a_message_that_a_crash_cuts_is_owed_as_far_as_it_was_spoken() -> Result<()> {
    let daemon = hotline(&plans::with_message()).start()?;
    let call = Call::new(CALLER, HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    let id = speaking(&daemon)?;
    // Words of 4 s: as long as another caller takes to listen and to go.
    Call::new("89990000077", HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let daemon = daemon.crash_and_restart()?;
    call.vanish()?;
    let owed = ["requests", "--open"];
    listed(&daemon, &owed, &[&id, "сообщение", "+79990001122"])?;
    let calls = ["calls", "--output", "json"];
    listed(&daemon, &calls, &[&id, "\"voicemail\""])?;
    Ok(())
}

/// The first call, as soon as its caller speaks.
fn speaking(daemon: &Daemon) -> Result<String> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let calls = daemon.folder.verb(&["calls", "--output", "json"])?;
        let Some(first) = calls.lines().next() else {
            continue;
        };
        let first: Value = serde_json::from_str(first)?;
        let id = first["call_id"].as_str().context("its id")?;
        let story = daemon.folder.verb(&["explain", id])?;
        if story.contains("звонящий говорит сообщение") {
            return Ok(id.to_owned());
        }
    }
    bail!("no message begins")
}

/// What callers are owed, as soon as the database has it.
fn first_owed(daemon: &Daemon) -> Result<String> {
    listed(daemon, &["requests", "--open"], &[])
}

/// The first line of what a verb prints that has all these words, as soon as the database has it.
fn listed(daemon: &Daemon, verb: &[&str], words: &[&str]) -> Result<String> {
    let end = Instant::now() + PATIENCE;
    let mut said = String::new();
    while Instant::now() < end {
        said = daemon.folder.verb(verb)?;
        let has_all = |line: &&str| words.iter().all(|word| line.contains(word));
        if let Some(first) = said.lines().find(has_all) {
            return Ok(first.to_owned());
        }
    }
    bail!("no line with {words:?} in {said}")
}

#[test]
fn at_night_the_caller_hears_that_it_is_closed() -> Result<()> {
    let mut daemon = hotline(&plans::closed()).start()?;
    Call::new(CALLER, HOTLINE)
        .hold(PATIENCE)
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("termination_reason")),
        ("closed_msg", "closed"),
        "{:#}",
        record.row
    );
    assert!(
        record.tells("график «office» закрыт"),
        "{:#?}",
        record.story
    );
    let (_, heard) = record.sound(&daemon.folder)?;
    assert!(
        heard.secs_of(NIGHT) > 0.2 && heard.first(GREETING).is_none(),
        "to its end, and nothing else"
    );
    agrees(&record, &daemon.folder, &[])
}

#[test]
fn at_night_the_duty_engineer_answers() -> Result<()> {
    let callee = Callee::answering()?;
    let mut daemon = hotline(&plans::closed_with_duty())
        .outbound(callee.address)
        .start()?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(5))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    callee.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.number("outcome_flag")),
        ("overflowed_external", 1),
        "{:#}",
        record.row
    );
    let (said, heard) = record.sound(&daemon.folder)?;
    assert!(heard.secs_of(audio::OPERATOR) > 1.5 && said.secs_of(audio::CALLER) > 1.5);
    Ok(())
}
