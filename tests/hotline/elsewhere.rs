//! Nobody is there: the number outside, the message, the closed hotline.
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use gudok_testkit::audio;
use gudok_testkit::carrier::{Call, Callee};
use gudok_testkit::daemon::Daemon;
use gudok_testkit::tones::{BEEP, GREETING, NIGHT, TRANSFER, VOICEMAIL};

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
    let record = daemon.record()?;
    record.line(&format!("заявка № {number} выполнена (ivanov): heard"));
    let listed = daemon.folder.verb(&["requests"])?;
    assert!(listed.contains("выполнена (ivanov): heard"), "{listed}");
    assert!(listed.contains(".wav"), "where it can be heard: {listed}");
    assert_eq!(daemon.folder.verb(&["requests", "--open"])?, "");
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
    Ok(())
}

/// What callers are owed, as soon as the database has it.
fn first_owed(daemon: &Daemon) -> Result<String> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let listed = daemon.folder.verb(&["requests", "--open"])?;
        if let Some(first) = listed.lines().next() {
            return Ok(first.to_owned());
        }
    }
    bail!("nothing is owed to anybody")
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
    Ok(())
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
