//! A line under attack: whoever calls has to show that it is a person.
use std::time::Duration;

use anyhow::Result;
use gudok_testkit::audio::{CALLER as CALLER_TONE, write_tone};
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Daemon;
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::{
    BEEP, GOODBYE, GREETING, MUSIC, NIGHT, NOTICE, PLEASE_WAIT, TRANSFER, VOICEMAIL,
};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans};

/// The tones that stand for the words «один» … «девять».
const DIGITS: [(&str, f64); 9] = [
    ("digit_one", GREETING),
    ("digit_two", NOTICE),
    ("digit_three", MUSIC),
    ("digit_four", NIGHT),
    ("digit_five", TRANSFER),
    ("digit_six", VOICEMAIL),
    ("digit_seven", BEEP),
    ("digit_eight", PLEASE_WAIT),
    ("digit_nine", GOODBYE),
];

/// A hotline under attack that is quick to ask.
fn attacked() -> Result<Daemon> {
    let folder = hotline(&plans::open()).folder()?;
    let says = |name: &str, hertz| {
        let file = folder.path("prompts").join(name).with_extension("wav");
        write_tone(&file, hertz, Duration::from_millis(400))
    };
    says("human_check", CALLER_TONE)?;
    for (name, hertz) in DIGITS {
        says(name, hertz)?;
    }
    let daemon = folder.serve()?;
    daemon.folder.verb(&["attack", "on"])?;
    Ok(daemon)
}

#[test]
fn in_an_attack_who_offers_no_events_and_says_nothing_is_let_go_after_two_questions() -> Result<()>
{
    let mut daemon = attacked()?;
    silent(CALLER).start(daemon.sip)?.finish(PATIENCE)?;
    let record = daemon.record()?;
    let ended = (record.text("outcome"), record.text("termination_reason"));
    assert_eq!(
        ended,
        ("rejected_spam", "human-check"),
        "{:#?}",
        record.story
    );
    let asked = record
        .story
        .iter()
        .filter(|line| line.contains("human check: press"));
    assert_eq!(asked.count(), 2, "{:#?}", record.story);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_attack_who_offers_no_events_and_plays_the_digit_reaches_the_queue() -> Result<()> {
    let mut daemon = attacked()?;
    let (_phone, _desk) = operator(&daemon, "101", Answer::Auto).await?;
    let mut caller = Softphone::by_tones("caller", daemon.sip, CALLER_TONE)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    let digit = 1 + caller.hears_one_of(&DIGITS.map(|(_, hertz)| hertz)).await?;
    caller.press(&digit.to_string()).await;
    daemon.log_line("operator answered")?;
    caller.hang_up().await;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#?}", record.story);
    record.line("human check: passed");
    let replayed = daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

/// Who calls from elsewhere.
const OTHER: &str = "+79990003344";

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_an_attack_forgets_neither_the_mode_nor_people_nor_bots() -> Result<()> {
    let mut daemon = attacked()?;
    let mut caller = Softphone::by_tones("caller", daemon.sip, CALLER_TONE)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    let digit = 1 + caller.hears_one_of(&DIGITS.map(|(_, hertz)| hertz)).await?;
    caller.press(&digit.to_string()).await;
    caller.hung_up_on().await?;
    daemon.log_line("call ended")?;
    for _ in 0..3 {
        silent(OTHER).start(daemon.sip)?.finish(PATIENCE)?;
        daemon.log_line("call ended")?;
    }

    let mut daemon = daemon.crash_and_restart()?;
    let told = daemon.folder.verb(&["attack"])?;
    assert!(told.contains("включён вручную; сейчас проверяем"), "{told}");
    let known = Call::new(CALLER, HOTLINE).hold(PATIENCE);
    known.start(daemon.sip)?.finish(PATIENCE)?;
    daemon.log_line("call ended")?;
    let bot = Call::new(OTHER, HOTLINE).refused(603);
    bot.start(daemon.sip)?.finish(PATIENCE)?;
    daemon.log_line("call ended")?;

    let records = daemon.records()?;
    let [.., known, bot] = records.as_slice() else {
        panic!("six calls: {records:?}");
    };
    assert_eq!(bot.text("termination_reason"), "too-many-failed-checks");
    assert!(!known.tells("human check"), "{:#?}", known.story);
    let replayed = daemon.folder.verb(&["replay", known.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

/// It offers no events and says nothing.
fn silent(from: &str) -> Call {
    Call::new(from, HOTLINE).without_events().hold(PATIENCE)
}
