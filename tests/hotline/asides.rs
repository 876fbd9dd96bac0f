//! What is said aside is recorded on a track of its own, and is in no channel of the caller's.
use anyhow::{Context, Result, ensure};
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio::{self, Sound};
use gudok_testkit::daemon::Daemon;
use gudok_testkit::record::Record;
use gudok_testkit::tones::MUSIC;
use serde_json::{Value, json};

use crate::passing::{COLLEAGUE, Scene, talking_in};
use crate::plans;

/// Tones are looked for in windows of a tenth of a second: how much later one may be found. Seconds.
const WINDOWS: f32 = 0.2;

/// Who asks a colleague is recorded with them.
fn recorded_asides() -> String {
    let both = "record = \"from_answer\"\nrecord_consultations = \"colleagues\"\n";
    plans::open().replacen("record = \"from_answer\"\n", both, 1)
}

/// The track of the word aside: its sidecar, whoever was asked, whoever asked.
fn aside(daemon: &Daemon, record: &Record) -> Result<(Value, Sound, Sound)> {
    let own = daemon
        .folder
        .path("recordings")
        .join(record.text("recording_file"));
    let file = own.with_extension("consultation.wav");
    let text = std::fs::read_to_string(file.with_extension("json"))?;
    let mut channels = audio::read_wav(&file)?.into_iter();
    let (asked, asks) = channels
        .next()
        .zip(channels.next())
        .context("two channels")?;
    Ok((serde_json::from_str(&text)?, asked, asks))
}

impl Scene {
    /// The colleague is asked from the desk; both have spoken for a while, and the caller has heard music alone.
    async fn asked_aside(&mut self) -> Result<Value> {
        let call = self.call_id().await?;
        let args = json!({ "call_id": call, "to": "102" });
        self.desk.command("consult", args).await?;
        self.second.pick_up().await?;
        self.consult("answered").await?;
        self.second.hears_now(audio::OPERATOR, 1.0).await?;
        self.first.hears_now(COLLEAGUE, 1.0).await?;
        self.caller.hears_now(MUSIC, 0.5).await?;
        let heard = self.caller.heard().secs_with(COLLEAGUE);
        ensure!(heard == 0.0, "the caller hears {heard} s of it");
        Ok(call)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_aside_has_a_track_of_its_own_that_ends_when_the_caller_is_joined() -> Result<()> {
    let mut scene = talking_in(&recorded_asides(), Pickup::Never).await?;
    let call = scene.asked_aside().await?;
    scene
        .desk
        .command("complete", json!({ "call_id": call }))
        .await?;
    scene.caller.hears_now(COLLEAGUE, 1.0).await?;
    scene.second.hears_now(audio::CALLER, 1.0).await?;
    scene.caller.hang_up().await;
    scene.second.hung_up_on().await?;

    let record = scene.daemon.record()?;
    let (said, heard) = record.sound(&scene.daemon.folder)?;
    let others = [audio::OPERATOR, COLLEAGUE].map(|it| said.secs_with(it));
    assert_eq!(others, [0.0, 0.0], "the caller alone is on the left");
    let (sidecar, asked, asks) = aside(&scene.daemon, &record)?;
    assert!(asked.secs_of_only(&[COLLEAGUE], &[]) >= 1.0);
    assert!(asks.secs_of_only(&[audio::OPERATOR], &[]) >= 1.0);
    for track in [&asked, &asks] {
        let callers = [audio::CALLER, MUSIC].map(|it| track.secs_with(it));
        assert_eq!(callers, [0.0, 0.0], "nothing of the caller's is in it");
    }
    let of = &sidecar["consultation"];
    assert_eq!(
        (&of["by"], &of["with"], &of["of"]),
        (
            &json!("101"),
            &json!("operator 102"),
            &json!(record.text("recording_file"))
        )
    );
    let begins = of["offset_ms"].as_f64().context("an offset")? as f32 / 1e3;
    let ends = begins + sidecar["length_ms"].as_f64().context("a length")? as f32 / 1e3;
    let (music, joined) = (heard.first(MUSIC), heard.first_with(COLLEAGUE));
    let is_between = music.is_some_and(|it| it <= begins + WINDOWS)
        && joined.is_some_and(|it| ends <= it + WINDOWS);
    assert!(is_between, "{music:?} {begins} {ends} {joined:?}");

    let verified = scene.daemon.folder.verb(&["recordings", "verify"])?;
    assert!(
        verified.contains("целых записей — 2, с изъяном — 0"),
        "{verified}"
    );
    let told = record.line("консультация оператора 101 (operator 102) записана отдельно");
    assert!(told > 0, "{:#?}", record.story);
    let replayed = scene.daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_plan_does_not_say_so_nothing_of_a_word_aside_is_kept() -> Result<()> {
    let mut scene = talking_in(&plans::open(), Pickup::Never).await?;
    let call = scene.asked_aside().await?;
    scene
        .desk
        .command("cancel_consult", json!({ "call_id": call }))
        .await?;
    scene.caller.hears_now(audio::OPERATOR, 0.5).await?;
    scene.caller.hang_up().await;
    scene.first.hung_up_on().await?;
    let record = scene.daemon.record()?;
    let (said, heard) = record.sound(&scene.daemon.folder)?;
    assert_eq!(
        [&said, &heard].map(|it| it.secs_with(COLLEAGUE)),
        [0.0, 0.0]
    );
    let verified = scene.daemon.folder.verb(&["recordings", "verify"])?;
    assert!(
        verified.contains("целых записей — 1, с изъяном — 0"),
        "{verified}"
    );
    Ok(())
}
