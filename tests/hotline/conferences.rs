//! A conference: the caller, the operator and whoever the operator asked aside from the desk. What each ear hears of the three
//! voices, step by step, and what the one recording has of them.
use anyhow::{Context, Result, ensure};
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio::{self, Sound};
use gudok_testkit::daemon::Daemon;
use gudok_testkit::record::Record;
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::MUSIC;
use serde_json::{Value, json};

use crate::passing::{COLLEAGUE, Scene, talking};

/// Everybody's voice.
const VOICES: [f64; 3] = [audio::CALLER, audio::OPERATOR, COLLEAGUE];

/// Three who hear each other; the call's id besides.
async fn three() -> Result<(Scene, Value)> {
    let mut scene = talking(Pickup::Never).await?;
    let call = scene.call_id().await?;
    let early = scene.say("conference", &call, json!({})).await;
    let early = early.expect_err("nobody was asked yet").to_string();
    ensure!(early.contains("invalid_state"), "{early}");

    scene.say("consult", &call, json!({ "to": "102" })).await?;
    scene.second.pick_up().await?;
    scene.consult("answered").await?;
    hears_of(&scene.first, &[COLLEAGUE]).await?;
    hears_of(&scene.second, &[audio::OPERATOR]).await?;
    scene.caller.hears_now(MUSIC, 0.3).await?;

    scene.say("conference", &call, json!({})).await?;
    scene.consult("conference").await?;
    scene.all_three().await?;
    Ok((scene, call))
}

impl Scene {
    /// A command of the operator's desk about this call.
    async fn say(&mut self, cmd: &str, call: &Value, mut args: Value) -> Result<Value> {
        args["call_id"] = call.clone();
        self.desk.command(cmd, args).await
    }

    /// Each hears the two others.
    async fn all_three(&self) -> Result<()> {
        hears_of(&self.caller, &[audio::OPERATOR, COLLEAGUE]).await?;
        hears_of(&self.first, &[audio::CALLER, COLLEAGUE]).await?;
        hears_of(&self.second, &[audio::CALLER, audio::OPERATOR]).await
    }

    /// The operator's voice reaches nobody, now and while the operator listens on; the others hear each other.
    async fn operator_is_silent(&self) -> Result<()> {
        hears_of(&self.caller, &[COLLEAGUE]).await?;
        hears_of(&self.second, &[audio::CALLER]).await?;
        let phones = [&self.caller, &self.second];
        let since = phones.map(|phone| phone.heard().0.len());
        hears_of(&self.first, &[audio::CALLER, COLLEAGUE]).await?;
        for (phone, since) in phones.into_iter().zip(since) {
            let heard = phone.heard_since(since).secs_with(audio::OPERATOR);
            ensure!(heard == 0.0, "{heard} s of a voice that is off");
        }
        Ok(())
    }
}

/// Waits for a second of exactly these of the three voices.
async fn hears_of(phone: &Softphone, voices: &[f64]) -> Result<()> {
    let others: Vec<f64> = VOICES
        .into_iter()
        .filter(|it| !voices.contains(it))
        .collect();
    phone.hears_only(voices, &others, 1.0).await
}

/// The caller alone is on the left, whoever the caller heard on the right; gives the right.
fn recorded(daemon: &Daemon, record: &Record) -> Result<Sound> {
    let (said, heard) = record.sound(&daemon.folder)?;
    let verified = daemon.folder.verb(&["recordings", "verify"])?;
    assert!(
        verified.contains("целых записей — 1, с изъяном — 0"),
        "{verified}"
    );
    let said_secs = said.secs_of(audio::CALLER);
    assert!(
        said_secs > 2.5,
        "as long as the others heard: {said_secs} s"
    );
    assert_eq!([1, 2].map(|it| said.secs_with(VOICES[it])), [0.0, 0.0]);
    assert_eq!(heard.secs_with(audio::CALLER), 0.0, "nobody is an echo");
    let together = heard.secs_of_only(&VOICES[1..], &VOICES[..1]);
    assert!(together >= 1.0, "both others at once: {together} s");
    let (music, asked) = (heard.last(MUSIC), heard.first_with(COLLEAGUE));
    let aside = music.is_some() && music <= asked;
    assert!(
        aside,
        "the word aside is nobody else's: {music:?}, {asked:?}"
    );
    Ok(heard)
}

/// Who spoke in the room, to whom, from and to which millisecond.
type Stretch = (String, String, u64, u64);

/// The stretches of the sidecar; each is of the recording.
fn speakers(daemon: &Daemon, record: &Record) -> Result<Vec<Stretch>> {
    let recordings = daemon.folder.path("recordings");
    let file = recordings.join(record.text("recording_file"));
    let text = std::fs::read_to_string(file.with_extension("json"))?;
    let sidecar: Value = serde_json::from_str(&text)?;
    assert_eq!(sidecar["third"], Value::Null, "all is the caller's too");
    let length = sidecar["length_ms"].as_u64().context("a length")?;
    let told = sidecar["speakers"].as_array().context("speakers")?;
    let stretch = |it: &Value| {
        let word = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
        let ms = |key: &str| {
            it[key]
                .as_u64()
                .with_context(|| format!("no {key} in {it}"))
        };
        let (from, to) = (ms("from_ms")?, ms("to_ms")?);
        ensure!(from < to && to <= length, "{it} of {length} ms");
        Ok((word("party"), word("role"), from, to))
    };
    told.iter().map(stretch).collect()
}

/// When this party spoke, as one of three of whom the caller hears two.
fn of(told: &[Stretch], party: &str) -> Vec<(u64, u64)> {
    let known = [("caller", "caller"), ("101", "heard"), ("102", "heard")];
    let is_known = |it: &Stretch| known.contains(&(it.0.as_str(), it.1.as_str()));
    assert!(told.iter().all(is_known), "{told:?}");
    let theirs = told.iter().filter(|it| it.0 == party);
    theirs.map(|it| (it.2, it.3)).collect()
}

fn replays_well(daemon: &Daemon, record: &Record) -> Result<()> {
    let replayed = daemon.folder.verb(&["replay", record.id()])?;
    ensure!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hear_each_other_one_is_silenced_and_one_is_sent_out() -> Result<()> {
    let (mut scene, call) = three().await?;
    scene.say("mute", &call, json!({ "on": true })).await?;
    let muted = scene.desk.event("call.muted").await?;
    assert_eq!(muted.body["data"]["on"], json!(true));
    scene.operator_is_silent().await?;
    scene.say("mute", &call, json!({ "on": false })).await?;
    scene.all_three().await?;

    scene
        .say("drop", &call, json!({ "party": "asked" }))
        .await?;
    scene.second.hung_up_on().await?;
    hears_of(&scene.caller, &[audio::OPERATOR]).await?;
    hears_of(&scene.first, &[audio::CALLER]).await?;
    scene.caller.hang_up().await;
    scene.first.hung_up_on().await?;

    let record = scene.daemon.record()?;
    assert_eq!(record.text("operator"), "101", "{:#}", record.row);
    let story = ["конференция, участников: 3", "отключён", "включён"];
    assert!(story.map(|words| record.line(words)).is_sorted());
    let heard = recorded(&scene.daemon, &record)?;
    let alone = heard.secs_of_only(&[COLLEAGUE], &[audio::OPERATOR]);
    assert!(alone >= 1.0, "while the operator was silent: {alone} s");
    let told = speakers(&scene.daemon, &record)?;
    assert!(!of(&told, "caller").is_empty() && !of(&told, "102").is_empty());
    let operator = of(&told, "101");
    let pauses = operator.windows(2).map(|it| it[1].0 - it[0].1);
    let silent = pauses.max().unwrap_or_default();
    assert!(silent >= 2_000, "silent, and heard again: {operator:?}");
    replays_well(&scene.daemon, &record)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_who_hangs_up_leaves_the_two_others_with_each_other() -> Result<()> {
    let (scene, _) = three().await?;
    scene.first.hang_up().await;
    hears_of(&scene.caller, &[COLLEAGUE]).await?;
    hears_of(&scene.second, &[audio::CALLER]).await?;
    let Scene {
        mut daemon,
        caller,
        mut second,
        mut desk,
        ..
    } = scene;
    desk.state("wrap_up").await?;
    caller.hang_up().await;
    second.hung_up_on().await?;

    let record = daemon.record()?;
    assert_eq!(record.text("operator"), "102", "{:#}", record.row);
    let story = [
        "конференция, участников: 3",
        "operator 102, после консультации",
    ];
    assert!(story.map(|words| record.line(words)).is_sorted());
    let heard = recorded(&daemon, &record)?;
    assert!(heard.last(COLLEAGUE) > heard.last(audio::OPERATOR));
    let told = speakers(&daemon, &record)?;
    let all = ["caller", "101", "102"].map(|party| of(&told, party));
    assert!(all.iter().all(|spoken| !spoken.is_empty()), "{told:?}");
    replays_well(&daemon, &record)
}
