//! The talk in the hand of its operator from the desk: what each ear hears, with one line of the operator's phone.
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_phone::{Answer as Pickup, Event};
use gudok_testkit::audio;
use gudok_testkit::tones::MUSIC;
use serde_json::{Value, json};

use crate::CALLER;
use crate::passing::{COLLEAGUE, Scene, talking};

const SOON: Pickup = Pickup::After(Duration::from_millis(400));

impl Scene {
    /// The id of the call in hand, as the desk knows it.
    pub(crate) async fn call_id(&mut self) -> Result<Value> {
        let answered = self.desk.event("call.answered").await?;
        Ok(answered.body["data"]["call_id"].clone())
    }

    /// Waits for this word on whom the desk asks.
    pub(crate) async fn consult(&mut self, state: &str) -> Result<()> {
        loop {
            let event = self.desk.event("call.consult").await;
            let event = event.with_context(|| format!("never {state}"))?;
            if event.body["data"]["state"] == json!(state) {
                return Ok(());
            }
        }
    }

    /// What the caller has heard of the colleague. Seconds.
    fn overheard(&self) -> f32 {
        self.caller.heard().secs_of(COLLEAGUE)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_from_the_desk_the_caller_hears_music_and_nobody_else_anything() -> Result<()> {
    let mut scene = talking(Pickup::Never).await?;
    let call = json!({ "call_id": scene.call_id().await? });
    scene.desk.command("hold", call.clone()).await?;
    scene.desk.event("call.held").await?;
    scene.caller.hears_now(MUSIC, 0.5).await?;
    scene.desk.command("resume", call.clone()).await?;
    scene.desk.event("call.resumed").await?;
    scene.caller.hears_now(audio::OPERATOR, 0.5).await?;
    scene.first.hears_now(audio::CALLER, 0.5).await?;

    let keys = json!({ "call_id": call["call_id"], "keys": "4276#" });
    scene.desk.command("keys", keys).await?;
    scene.caller.hang_up().await;
    scene.first.hung_up_on().await?;
    let record = scene.daemon.record()?;
    let order = ["поставило на удержание", "сняло с удержания", "тонов: 5"];
    let order = order.map(|words| record.line(words));
    assert!(order.is_sorted() && order[0] > 0, "{:#?}", record.story);
    let replayed = scene.daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn passed_on_blind_from_the_desk() -> Result<()> {
    let mut scene = talking(Pickup::Never).await?;
    let call = scene.call_id().await?;
    let nobody = json!({ "call_id": call, "to": "+74951234567" });
    let refused = scene.desk.command("transfer", nobody).await;
    let refused = refused
        .expect_err("no number outside is allowed")
        .to_string();
    assert!(refused.contains("not_allowed"), "{refused}");
    scene.caller.hears_now(audio::OPERATOR, 0.3).await?;

    let to = json!({ "call_id": call, "to": "102" });
    scene.desk.command("transfer", to).await?;
    scene.desk.event("call.transferred").await?;
    let card = scene.other_desk.event("offer.created").await?;
    assert_eq!(card.body["data"]["caller"]["e164"], json!(CALLER));
    assert_eq!(card.body["data"]["call"]["transferred_from"], json!("101"));
    scene.caller.hears_now(MUSIC, 0.2).await?;
    scene.first.hung_up_on().await?;
    scene.second.pick_up().await?;
    scene.caller.hears_now(COLLEAGUE, 0.5).await?;
    scene.second.hears_now(audio::CALLER, 0.5).await?;
    scene
        .ends_well("оператор 101 перевёл звонок: operator 102, вслепую")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_aside_from_the_desk_by_one_line_and_joined() -> Result<()> {
    let mut scene = talking(SOON).await?;
    let call = scene.call_id().await?;
    let to = json!({ "call_id": call, "to": "102" });
    scene.desk.command("consult", to).await?;
    scene.caller.hears_now(MUSIC, 0.3).await?;
    let Event::Incoming { from, .. } = scene.second.ringing().await? else {
        anyhow::bail!("nothing rings");
    };
    assert!(from.contains("(101)"), "{from}");
    scene.consult("answered").await?;
    scene.second.hears_now(audio::OPERATOR, 0.5).await?;
    scene.first.hears_now(COLLEAGUE, 0.5).await?;
    scene.caller.hears_now(MUSIC, 0.3).await?;
    let still = scene.overheard();
    assert!(still < 0.1, "the caller hears nothing of it: {still} s");

    let complete = json!({ "call_id": call });
    scene.desk.command("complete", complete).await?;
    scene.caller.hears_now(COLLEAGUE, 0.5).await?;
    scene.second.hears_now(audio::CALLER, 0.5).await?;
    scene.first.hung_up_on().await?;
    let card = scene.other_desk.event("offer.updated").await?;
    assert_eq!(card.body["data"]["caller"]["e164"], json!(CALLER));
    scene
        .ends_well("оператор 101 перевёл звонок: operator 102, после консультации")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_from_the_desk_that_is_cancelled_takes_the_caller_back() -> Result<()> {
    let mut scene = talking(SOON).await?;
    let call = scene.call_id().await?;
    let to = json!({ "call_id": call, "to": "102" });
    scene.desk.command("consult", to).await?;
    scene.consult("answered").await?;
    scene.first.hears_now(COLLEAGUE, 0.3).await?;
    let cancel = json!({ "call_id": call });
    scene.desk.command("cancel_consult", cancel).await?;
    scene.second.hung_up_on().await?;
    scene.caller.hears_now(audio::OPERATOR, 0.5).await?;
    scene.first.hears_now(audio::CALLER, 0.5).await?;
    let still = scene.overheard();
    assert!(still < 0.1, "the caller hears nothing of it: {still} s");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_leaves_and_the_one_line_goes_on_with_the_colleague() -> Result<()> {
    let mut scene = talking(SOON).await?;
    let call = scene.call_id().await?;
    let to = json!({ "call_id": call, "to": "102" });
    scene.desk.command("consult", to).await?;
    scene.consult("answered").await?;
    scene.second.hears_now(audio::OPERATOR, 0.3).await?;
    scene.caller.hang_up().await;
    scene.consult("caller_gone").await?;
    scene.second.hears_now(audio::OPERATOR, 0.5).await?;
    scene.first.hears_now(COLLEAGUE, 0.5).await?;
    scene.first.hang_up().await;
    scene.second.hung_up_on().await?;
    scene.desk.state("wrap_up").await
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_by_one_and_taken_by_another() -> Result<()> {
    let mut scene = talking(SOON).await?;
    let call = scene.call_id().await?;
    let park = json!({ "call_id": call, "slot": 7 });
    scene.desk.command("park", park).await?;
    let parked = scene.other_desk.event("call.parked").await?;
    assert_eq!(parked.body["data"]["slot"], json!(7));
    scene.first.hung_up_on().await?;
    scene.caller.hears_now(MUSIC, 0.5).await?;
    let unpark = json!({ "slot": 7 });
    scene.other_desk.command("unpark", unpark).await?;
    scene.other_desk.event("offer.created").await?;
    scene.caller.hears_now(COLLEAGUE, 0.5).await?;
    scene.second.hears_now(audio::CALLER, 0.5).await?;
    scene
        .ends_well("оператор 102 снял звонок с парковки 7")
        .await
}
