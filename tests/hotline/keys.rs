//! A whole call through a menu and a question, with keys in each of the three forms.
use std::time::Duration;

use anyhow::Result;
use gudok_media::control::Codec;
use gudok_media::g711::{decode, encode};
use gudok_media::tones::Detector;
use gudok_phone::Answer as Pickup;
use gudok_prompts::PACKS;
use gudok_testkit::audio::{self, RATE};
use gudok_testkit::baresip::{Answer, Phone};
use gudok_testkit::carrier::Call;
use gudok_testkit::record::Record;
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::{GREETING, NOTICE};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, simulated};

/// A menu, then a question for four digits; nothing is played before, so what is pressed at once is awaited already.
const PLAN: &str = r##"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[[flow.main]]
menu = "greeting"
keys = { 1 = "account", 5 = "five" }
otherwise = "sorry"

[[flow.account]]
ask = "account"
prompts = "notice"
digits = "4-10"
check = 'answer.startsWith("45")'
otherwise = "sorry"

[[flow.account]]
close = "goodbye"
reason = "known"

[[flow.five]]
close = "goodbye"
reason = "five"

[[flow.sorry]]
close = "goodbye"
reason = "unknown"
"##;

#[tokio::test(flavor = "multi_thread")]
async fn telephone_events_stop_the_words_and_an_account_is_masked_in_the_story() -> Result<()> {
    let mut daemon = hotline(PLAN).start()?;
    let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    caller.press("1").await;
    caller.hears(NOTICE, 0.2).await?;
    caller.press("4502718306#").await;
    caller.hung_up_on().await?;
    let record = daemon.record()?;
    assert_eq!(
        record.text("termination_reason"),
        "known",
        "{:#?}",
        record.story
    );
    record.line("звонящий нажал 1");
    record.line("звонящий набрал «account»: ••••••••06");
    assert!(
        !record.story.join("\n").contains("4502718306"),
        "{:#?}",
        record.story
    );
    assert!(
        !daemon.log().contains("4502718306"),
        "the log has the account"
    );
    simulated::agrees(&record, &daemon.folder, &["--digits", "1,4502718306#"])
}

#[test]
fn keys_by_telephone_events_of_sipp_are_counted_once_each() -> Result<()> {
    let mut daemon = hotline(PLAN).start()?;
    let call = Call::new(CALLER, HOTLINE).hold(Duration::from_secs(20));
    let call = call.presses_by_events("14502718306#").start(daemon.sip)?;
    call.finish(PATIENCE)?;
    typed_the_account(&daemon.record()?);
    Ok(())
}

#[test]
fn a_key_by_the_telephone_events_of_baresip_is_heard() -> Result<()> {
    let mut daemon = hotline(PLAN).start()?;
    let mut caller = Phone::caller(CALLER, daemon.sip)?;
    caller.dial(HOTLINE, daemon.sip)?;
    caller.event("CALL_ESTABLISHED")?;
    caller.press('5')?;
    caller.event("CALL_CLOSED")?;
    let record = daemon.record()?;
    let why = record.text("termination_reason");
    assert_eq!(why, "five", "{:#?}", record.story);
    record.line("звонящий нажал 5");
    Ok(())
}

#[test]
fn several_keys_played_as_tones_are_counted_once_each() -> Result<()> {
    let mut daemon = hotline(PLAN).start()?;
    let call = Call::new(CALLER, HOTLINE).hold(Duration::from_secs(20));
    let call = call.plays_keys("14502718306#").start(daemon.sip)?;
    call.finish(PATIENCE)?;
    typed_the_account(&daemon.record()?);
    Ok(())
}

/// Went through the menu with 1 and gave `4502`, with nothing before, between and behind.
fn typed_the_account(record: &Record) {
    let why = record.text("termination_reason");
    assert_eq!(why, "known", "{:#?}", record.story);
    record.line("звонящий нажал 1");
    record.line("звонящий набрал «account»: ••••••••06");
}

/// Nobody who speaks presses a key: both packs, as a telephone line carries them.
#[test]
fn minutes_of_speech_are_no_key() {
    let (mut samples, mut keys) = (0, Vec::new());
    for prompt in PACKS.iter().flat_map(|pack| pack.prompts()) {
        samples += prompt.samples.len();
        let found = key_in(&prompt.samples);
        keys.extend(found.map(|key| (key, prompt.name)));
    }
    let minutes = samples / (60 * RATE);
    assert!(minutes >= 2, "{minutes} min");
    assert!(keys.is_empty(), "in {minutes} min: {keys:?}");
}

/// The first key that is heard in it, in A-law.
fn key_in(samples: &[i16]) -> Option<char> {
    let mut detector = Detector::default();
    let mut packets = samples.chunks(PACKET);
    packets.find_map(|packet| {
        let coded = packet.iter().map(|it| encode(Codec::Pcma, *it));
        detector.hear(coded.map(|byte| decode(Codec::Pcma, byte)))
    })
}

/// Samples of 20 ms.
const PACKET: usize = RATE / 50;

#[test]
fn keys_by_info_each_get_their_200_and_are_counted() -> Result<()> {
    let mut daemon = hotline(PLAN).start()?;
    let call = Call::new(CALLER, HOTLINE).hold(Duration::from_secs(20));
    let call = call.presses_by_info("14502#").start(daemon.sip)?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        record.text("termination_reason"),
        "known",
        "{:#?}",
        record.story
    );
    simulated::agrees(&record, &daemon.folder, &["--digits", "1,4502#"])?;
    Ok(())
}

#[test]
fn a_side_without_telephone_events_is_heard_by_its_tones() -> Result<()> {
    let mut daemon = hotline(PLAN).start()?;
    let call = Call::new(CALLER, HOTLINE).hold(Duration::from_secs(20));
    call.plays_keys("5").start(daemon.sip)?.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        record.text("termination_reason"),
        "five",
        "{:#?}",
        record.story
    );
    simulated::agrees(&record, &daemon.folder, &["--digits", "5"])
}

/// The offer at once; a caller who knows it takes it before it is said.
const OFFER: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
callback = "tech"
prompts = ["greeting"]
otherwise = "sorry"

[[flow.sorry]]
close = "goodbye"
reason = "unknown"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_back_is_promised_by_one_key_and_owed_once_however_often() -> Result<()> {
    let mut daemon = hotline(OFFER).start()?;
    for _ in 0..2 {
        let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
        caller.dial(HOTLINE, CALLER).await;
        caller.established().await?;
        caller.press("1").await;
        daemon.log_line("fact=requested")?;
        caller.hang_up().await;
        daemon.log_line("call ended")?;
    }
    let records = daemon.records()?;
    for record in &records {
        assert_eq!(
            record.text("outcome"),
            "callback_requested",
            "{:#?}",
            record.story
        );
        record.line("обещаем перезвонить на его номер за 20 мин, группа «tech»");
        let replayed = daemon.folder.verb(&["replay", record.id()])?;
        assert!(replayed.contains("различий — 0"), "{replayed}");
    }
    let owed = daemon.folder.verb(&["requests", "--open"])?;
    assert_eq!(owed.lines().count(), 1, "{owed}");
    assert!(
        owed.contains("перезвонить") && owed.contains("просил 2 раз"),
        "{owed}"
    );
    Ok(())
}

/// A queue that offers a call back; nobody is there at first.
const WAITING: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
queue = "tech"
wait = "2m"
leave_empty = false
keys = { 1 = [{ callback = "tech", prompts = ["greeting"], timeout = "1s", tries = 1 }] }
offer = { say = ["notice"], after = "5s", every = "10s" }
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "goodbye"
reason = "waited"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_asks_for_a_call_back_by_one_key_and_no_phone_rings() -> Result<()> {
    let mut daemon = hotline(WAITING).start()?;
    let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    caller.hears(NOTICE, 0.2).await?;
    caller.press("1").await;
    caller.hears(GREETING, 0.2).await?;
    caller.press("1").await;
    caller.hung_up_on().await?;
    let (_phone, desk) = operator(&daemon, "101", Answer::Auto).await?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("termination_reason")),
        ("callback_requested", "callback_promised"),
        "{:#?}",
        record.story
    );
    record.line("нажал в очереди tech клавишу 1, место за ним");
    assert!(!record.tells("предложен"), "{:#?}", record.story);
    drop(desk);
    let owed = daemon.folder.verb(&["requests", "--open"])?;
    assert_eq!(owed.lines().count(), 1, "{owed}");
    assert!(
        owed.contains("перезвонить") && owed.contains(", прождал "),
        "{owed}"
    );
    let replayed = daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stops_the_phone_that_rings_and_silence_leads_back_to_it() -> Result<()> {
    let mut daemon = hotline(WAITING).start()?;
    let (mut phone, mut desk) = operator(&daemon, "101", Answer::Manual).await?;
    let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    desk.event("offer.created").await?;
    phone.event("CALL_INCOMING")?;
    caller.press("1").await;
    desk.event("offer.closed").await?;
    caller.hears(GREETING, 0.2).await?;
    desk.event("offer.created").await?;
    phone.event("CALL_INCOMING")?;
    phone.accept()?;
    daemon.log_line("operator answered")?;
    caller.hang_up().await;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#?}", record.story);
    record.line("обратно в очередь, на своё место");
    Ok(())
}
