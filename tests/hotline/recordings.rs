//! Recordings that change under a daemon at work: a reload takes them, calls go on with what they hear, and one that cannot be
//! played changes nothing.
use std::time::Duration;

use anyhow::Result;
use gudok_testkit::audio::write_tone;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Daemon;
use gudok_testkit::tones::{MUSIC, NIGHT, TRANSFER};
use serde_json::json;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// Heard in no test by another name.
const SALE: f64 = 2_400.0;

fn records(daemon: &Daemon, name: &str, frequency: f64) -> Result<()> {
    let path = daemon.folder.path(&format!("prompts/{name}.wav"));
    write_tone(&path, frequency, Duration::from_secs(1))
}

fn call(daemon: &Daemon) -> Result<()> {
    let call = Call::new(CALLER, HOTLINE).hold(PATIENCE);
    call.start(daemon.sip)?.finish(PATIENCE)
}

#[test]
fn a_recording_made_anew_or_named_for_the_first_time_is_heard_after_a_reload() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("night_closed")).start()?;
    call(&daemon)?;
    records(&daemon, "night_closed", TRANSFER)?;
    call(&daemon)?;
    let told = daemon.asks_to_reload()?;
    assert_eq!(
        told["voice"],
        json!({ "new": 0, "changed": 1, "gone": 0 }),
        "{told}"
    );
    call(&daemon)?;

    // The plan names what is recorded in the same breath.
    records(&daemon, "sale", SALE)?;
    let plan = plans::only_says("sale");
    daemon.folder.write("dialplans/8800.toml", &plan)?;
    let told = daemon.asks_to_reload()?;
    assert_eq!(told["done"], json!(true), "{told}");
    assert_eq!(told["voice"]["new"], json!(1), "{told}");
    call(&daemon)?;

    // A file that is no recording: all stays as it was.
    daemon.folder.write("prompts/sale.wav", "RIFF")?;
    let told = daemon.asks_to_reload()?;
    assert_eq!(told["done"], json!(false), "{told}");
    assert!(
        told["text"]
            .as_str()
            .is_some_and(|text| text.contains("sale.wav")),
        "{told}"
    );
    call(&daemon)?;

    let records = daemon.records()?;
    let heard = [NIGHT, NIGHT, TRANSFER, SALE, SALE];
    assert_eq!(records.len(), heard.len());
    for (record, tone) in records.iter().zip(heard) {
        let (_, sound) = record.sound(&daemon.folder)?;
        assert!(sound.secs_of(tone) > 0.8, "{tone}: {:#?}", record.story);
    }
    let replayed = daemon.folder.verb(&["replay", records[2].id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[test]
fn who_waits_hears_the_music_on_that_is_another_one_for_the_next() -> Result<()> {
    let mut daemon = hotline(&plans::patient()).start()?;
    let waiting = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(7))
        .start(daemon.sip)?;
    daemon.log_line("caller queued")?;
    records(&daemon, "music", SALE)?;
    let told = daemon.asks_to_reload()?;
    assert_eq!(told["voice"]["changed"], json!(1), "{told}");
    let late = Call::new("+79990003344", HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?;
    daemon.log_line("caller queued")?;
    late.finish(PATIENCE)?;
    waiting.finish(PATIENCE)?;
    let records = daemon.records()?;
    let of = |index: usize, tone: f64| -> Result<f32> {
        let (_, sound) = records[index].sound(&daemon.folder)?;
        Ok(sound.secs_of(tone))
    };
    assert!(
        of(0, MUSIC)? > 2.0 && of(0, SALE)? < 0.1,
        "{:#?}",
        records[0].story
    );
    assert!(
        of(1, SALE)? > 0.5 && of(1, MUSIC)? < 0.1,
        "{:#?}",
        records[1].story
    );
    Ok(())
}
