//! A supervisor in the talk of an operator: what each ear hears of the three voices, in each way, and what the recording has of them.
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use gudok_phone::{Answer as Pickup, Event};
use gudok_testkit::audio::{self, CALLER as CLIENT, OPERATOR, Sound};
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::record::Record;
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::MUSIC;
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, hotline, plans, ready_desk};

/// What the supervisor says.
const BOSS: f64 = 620.0;

/// A caller in a talk with 101; 303 supervises, and takes no calls.
struct Ears {
    daemon: Daemon,
    caller: Softphone,
    operator: Softphone,
    boss: Softphone,
    desk: Desk,
    boss_desk: Desk,
    call: Value,
}

async fn talking() -> Result<Ears> {
    let daemon = hotline(&plans::open())
        .operator("303", &["--supervisor"])
        .start()?;
    let (at_once, soon) = (Duration::ZERO, Duration::from_millis(200));
    let mut operator = Softphone::start("101", daemon.sip, OPERATOR, Pickup::After(at_once))?;
    let mut boss = Softphone::start("303", daemon.sip, BOSS, Pickup::After(soon))?;
    operator.register().await?;
    boss.register().await?;
    let boss_desk =
        Desk::open(daemon.web, daemon.cti, "303", PASSWORD, Cards::Acknowledged).await?;
    let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let mut caller = Softphone::start("caller", daemon.sip, CLIENT, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    caller.hears(OPERATOR, 0.5).await?;
    let answered = desk.event("call.answered").await?;
    Ok(Ears {
        call: answered.body["data"]["call_id"].clone(),
        daemon,
        caller,
        operator,
        boss,
        desk,
        boss_desk,
    })
}

impl Ears {
    async fn say(&mut self, cmd: &str) -> Result<Value> {
        let args = json!({ "call_id": self.call });
        self.boss_desk.command(cmd, args).await
    }

    /// Waits until the supervisor's desk has this.
    async fn is(&mut self, mode: &str, state: &str) -> Result<()> {
        loop {
            let event = self.boss_desk.event("supervision.state").await;
            let event = event.with_context(|| format!("never {mode} {state}"))?;
            let data = &event.body["data"];
            if data["mode"] == json!(mode) && data["state"] == json!(state) {
                return Ok(());
            }
        }
    }

    /// Waits until the operator's desk is shown the supervisor so.
    async fn operator_sees(&mut self, mode: &str) -> Result<()> {
        let seen = self.desk.event("supervision.started").await?;
        assert_eq!(seen.body["data"]["by"], json!("303"));
        assert_eq!(seen.body["data"]["mode"], json!(mode));
        Ok(())
    }

    /// Each hears these for a second at once, and nobody of the three besides.
    async fn hear(&self, caller: &[f64], operator: &[f64], boss: &[f64]) -> Result<()> {
        only(&self.caller, caller).await.context("the caller")?;
        only(&self.operator, operator)
            .await
            .context("the operator")?;
        only(&self.boss, boss).await.context("the supervisor")
    }

    /// So far the caller has not heard a bit of the supervisor.
    fn caller_has_not_heard_the_boss(&self) {
        let heard = self.caller.heard().secs_with(BOSS);
        assert!(heard == 0.0, "{heard} s of the supervisor");
    }
}

async fn only(phone: &Softphone, voices: &[f64]) -> Result<()> {
    let all = [CLIENT, OPERATOR, BOSS].into_iter();
    let others: Vec<f64> = all.filter(|it| !voices.contains(it)).collect();
    phone.hears_only(voices, &others, 1.0).await
}

/// The sidecar, and what was said to others than the caller.
fn beside(daemon: &Daemon, record: &Record) -> Result<(Value, Sound)> {
    let recordings = daemon.folder.path("recordings");
    let file = recordings.join(record.text("recording_file"));
    let sidecar = std::fs::read_to_string(file.with_extension("json"))?;
    let sidecar: Value = serde_json::from_str(&sidecar)?;
    let third = sidecar["third"]["file"].as_str().context("a third track")?;
    let mut third = audio::read_wav(&recordings.join(third))?;
    ensure!(third.len() == 1, "one channel");
    Ok((sidecar, third.remove(0)))
}

/// To whom the supervisor spoke, in order.
fn roles(sidecar: &Value) -> Vec<&str> {
    let speakers = sidecar["speakers"].as_array().map_or(&[][..], |it| it);
    let own = speakers.iter().filter(|it| it["party"] == json!("303"));
    let mut roles: Vec<&str> = own.filter_map(|it| it["role"].as_str()).collect();
    roles.dedup();
    roles
}

fn replays_well(daemon: &Daemon, record: &Record) -> Result<()> {
    let replayed = daemon.folder.verb(&["replay", record.id()])?;
    ensure!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_is_heard_by_nobody_who_whispers_by_one_who_barges_in_by_all() -> Result<()> {
    let mut ears = talking().await?;
    let args = json!({ "call_id": ears.call });
    let refused = ears.desk.command("listen", args).await;
    let refused = refused.expect_err("101 is no supervisor").to_string();
    ensure!(refused.contains("not_allowed"), "{refused}");

    ears.say("listen").await?;
    let Event::Incoming { from, .. } = ears.boss.ringing().await? else {
        anyhow::bail!("nothing rings");
    };
    assert!(from.contains("101"), "why it rings: {from}");
    ears.is("listen", "on").await?;
    ears.operator_sees("listen").await?;
    ears.boss_desk.state("talking").await?;
    ears.hear(&[OPERATOR], &[CLIENT], &[CLIENT, OPERATOR])
        .await
        .context("listening")?;
    assert_eq!(ears.operator.heard().secs_with(BOSS), 0.0);

    ears.say("whisper").await?;
    ears.operator_sees("whisper").await?;
    ears.hear(&[OPERATOR], &[CLIENT, BOSS], &[CLIENT, OPERATOR])
        .await
        .context("whispering")?;
    ears.caller_has_not_heard_the_boss();

    ears.say("barge").await?;
    ears.operator_sees("barge").await?;
    ears.hear(&[OPERATOR, BOSS], &[CLIENT, BOSS], &[CLIENT, OPERATOR])
        .await
        .context("barging in")?;

    ears.boss.hang_up().await;
    ears.is("barge", "left").await?;
    ears.desk.event("supervision.stopped").await?;
    ears.boss_desk.state("not_ready").await?;
    only(&ears.caller, &[OPERATOR]).await?;
    only(&ears.operator, &[CLIENT]).await?;
    ears.caller.hang_up().await;
    ears.operator.hung_up_on().await?;
    told_of_it(&mut ears.daemon)
}

/// The record, the three tracks and who spoke in them.
fn told_of_it(daemon: &mut Daemon) -> Result<()> {
    let record = daemon.record()?;
    assert_eq!(record.text("operator"), "101", "{:#}", record.row);
    let story = ["слушает", "подсказывает", "вступил", "вышел"];
    let story = story.map(|how| record.line(&format!("супервизор 303 {how}")));
    assert!(story.is_sorted(), "{:#?}", record.story);

    let (said, heard) = record.sound(&daemon.folder)?;
    assert_eq!([BOSS, OPERATOR].map(|it| said.secs_with(it)), [0.0, 0.0]);
    let barged = heard.secs_of_only(&[OPERATOR, BOSS], &[CLIENT]);
    assert!(barged >= 1.0, "barged in for {barged} s");
    let alone = heard.first_with(OPERATOR) < heard.first_with(BOSS);
    assert!(alone, "who only listens or whispers is not in the talk");
    let (sidecar, third) = beside(daemon, &record)?;
    let whispered = third.secs_of_only(&[BOSS], &[CLIENT, OPERATOR]);
    assert!(whispered >= 1.0, "whispered for {whispered} s");
    assert_eq!([CLIENT, OPERATOR].map(|it| third.secs_with(it)), [0.0, 0.0]);
    assert_eq!(roles(&sidecar), ["whisper", "heard"], "{sidecar:#}");
    replays_well(daemon, &record)
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_over_the_caller_talks_on_with_the_supervisor() -> Result<()> {
    let mut ears = talking().await?;
    ears.say("whisper").await?;
    ears.is("whisper", "on").await?;
    ears.hear(&[OPERATOR], &[CLIENT, BOSS], &[CLIENT, OPERATOR])
        .await?;
    ears.say("take_over").await?;
    ears.operator.hung_up_on().await?;
    let ended = ears.desk.event("call.ended").await?;
    assert_eq!(ended.body["data"]["by"], json!("supervisor"));
    ears.desk.state("wrap_up").await?;
    let card = ears.boss_desk.event("offer.updated").await?;
    assert_eq!(card.body["data"]["caller"]["e164"], json!(CALLER));
    assert_eq!(card.body["data"]["why"][0]["code"], json!("taken_over"));
    only(&ears.caller, &[BOSS]).await?;
    only(&ears.boss, &[CLIENT]).await?;

    ears.caller.hang_up().await;
    ears.boss.hung_up_on().await?;
    ears.boss_desk.state("wrap_up").await?;
    let record = ears.daemon.record()?;
    assert_eq!(record.text("operator"), "303", "{:#}", record.row);
    assert!(record.tells("супервизор 303 забрал разговор"));
    let (_, heard) = record.sound(&ears.daemon.folder)?;
    assert!(heard.last(BOSS) > heard.last(OPERATOR), "one recording");
    replays_well(&ears.daemon, &record)
}

/// The operator's phone holds nobody: the caller hears music, the two have a word, and no file has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_word_while_the_caller_is_on_hold_is_on_no_record() -> Result<()> {
    let mut ears = talking().await?;
    let call = json!({ "call_id": ears.call });
    ears.say("whisper").await?;
    ears.is("whisper", "on").await?;
    ears.desk.command("hold", call.clone()).await?;
    ears.caller.hears_now(MUSIC, 0.5).await?;
    let since = ears.caller.heard().0.len();
    only(&ears.operator, &[BOSS]).await?;
    only(&ears.boss, &[OPERATOR]).await?;
    let meanwhile = ears.caller.heard_since(since);
    assert_eq!([OPERATOR, BOSS].map(|it| meanwhile.secs_of(it)), [0.0; 2]);
    ears.desk.command("resume", call).await?;
    ears.hear(&[OPERATOR], &[CLIENT, BOSS], &[CLIENT, OPERATOR])
        .await?;
    ears.caller.hang_up().await;
    ears.boss.hung_up_on().await?;
    ears.is("whisper", "talk_over").await?;
    let record = ears.daemon.record()?;
    let (_, heard) = record.sound(&ears.daemon.folder)?;
    assert_eq!(heard.secs_with(BOSS), 0.0);
    let (_, third) = beside(&ears.daemon, &record)?;
    assert_eq!(third.secs_with(OPERATOR), 0.0);
    replays_well(&ears.daemon, &record)
}
