//! Calls that begin with us, over real sockets: the operator's phone, the carrier, both ears, the recording and the rows.
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_phone::{Answer as Pickup, Event};
use gudok_testkit::audio;
use gudok_testkit::carrier::Callee;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{Cards, Desk, post_as, sign_in};
use gudok_testkit::outside::Outside;
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::NOTICE;
use serde_json::{Value, json};

use crate::passing::{COLLEAGUE, FIRST};
use crate::{PATIENCE, hotline, plans, ready_desk};

/// Where calls may go, and from which number.
const RULES: &str = r#"
[outbound]
zone = "Europe/Moscow"
night = "never"

[outbound.prefixes]
"+7495" = { minute = "1.90" }

[[outbound.cli]]
number = "+74950000001"
"#;

/// An operator with a phone that is picked up soon.
pub(crate) struct Scene {
    pub(crate) daemon: Daemon,
    pub(crate) phone: Softphone,
    desk: Desk,
}

impl Scene {
    /// Calls leave for there.
    pub(crate) async fn with(carrier: std::net::SocketAddr) -> Result<Self> {
        let daemon = calling_by(carrier)?;
        let phone = phone_of_101(&daemon).await?;
        let desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
        Ok(Self {
            daemon,
            phone,
            desk,
        })
    }

    pub(crate) async fn dial(&mut self, number: &str) -> Result<Value> {
        let wanted = json!({
            "number": number, "purpose": "service", "basis": "request", "reference": "заявка 17"
        });
        self.desk.command("dial", wanted).await
    }

    pub(crate) async fn comes_to(&mut self, state: &str) -> Result<()> {
        loop {
            let event = self.desk.event("call.dialling").await;
            let event = event.with_context(|| format!("never {state}"))?;
            if event.body["data"]["state"] == json!(state) {
                return Ok(());
            }
        }
    }
}

fn calling_by(carrier: std::net::SocketAddr) -> Result<Daemon> {
    let outbound = format!(
        "[trunk.outbound]\naddress = \"{carrier}\"\nnumber = \"+78001234567\"\noptions = false\n\
         allowed_numbers = [\"+78001234567\", \"+74950000001\"]\nidentity = [\"from\", \"pai\"]\n"
    );
    let plan = plans::open_recorded_after_notice() + RULES;
    hotline(&plan).trunk(&outbound).start()
}

/// It is picked up soon.
async fn phone_of_101(daemon: &Daemon) -> Result<Softphone> {
    let soon = Pickup::After(Duration::from_millis(400));
    let mut phone = Softphone::start_at(FIRST, "101", daemon.sip, COLLEAGUE, soon)?;
    phone.register().await?;
    Ok(phone)
}

/// The desk does not hear what came of its command, since the daemon is killed, and asks once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_answer_a_crash_took_away_is_answered_and_done_no_second_time() -> Result<()>
{
    let outside = Outside::new()?;
    let daemon = calling_by(outside.address)?;
    let phone = phone_of_101(&daemon).await?;
    let token = sign_in(daemon.web, "101", PASSWORD).await?;
    let mut desk = Desk::open_with(daemon.cti, &token, Cards::Acknowledged).await?;
    let nobody = json!({ "request": "0198c0de-0000-7000-8000-000000000001", "why": "ошибка" });
    let refused = desk.begin("callback_cancel", nobody.clone())?;
    let no = desk.result(&refused).await?;
    assert_eq!(no["error"]["code"], json!("unknown_request"), "{no}");
    let client = json!({ "number": "+74951234567", "purpose": "service", "basis": "request" });
    let dial = desk.begin("dial", client.clone())?;
    outside.hears("INVITE ")?;
    let mut daemon = daemon.crash_and_restart()?;
    drop((desk, phone));

    let _phone = phone_of_101(&daemon).await?;
    let mut desk = Desk::open_with(daemon.cti, &token, Cards::Acknowledged).await?;
    desk.repeat(&dial, "dial", client.clone())?;
    let done = desk.result(&dial).await?;
    assert_eq!(done["ok"], json!(true), "{done}");
    desk.repeat(&refused, "callback_cancel", nobody)?;
    assert_eq!(desk.result(&refused).await?, no);
    let calls = daemon.records()?;
    let outcomes: Vec<&str> = calls.iter().map(|it| it.text("outcome")).collect();
    assert_eq!(outcomes.len(), 1, "no second call: {outcomes:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_rings_the_own_phone_and_then_the_client_who_is_told_that_they_are_recorded()
-> Result<()> {
    let callee = Callee::checking(&[
        ("From", "sip:.74950000001@"),
        ("P-Asserted-Identity", "sip:.74950000001@"),
    ])?;
    let mut scene = Scene::with(callee.address).await?;
    scene.dial("8 (495) 123-45-67").await?;
    let Event::Incoming { from, .. } = scene.phone.ringing().await? else {
        anyhow::bail!("nothing rings");
    };
    assert!(from.contains("74951234567"), "{from}");
    let card = scene.desk.event("offer.updated").await?;
    assert_eq!(card.body["data"]["call"]["direction"], json!("out"));
    scene.comes_to("ringing").await?;
    scene.comes_to("notice").await?;
    let call = scene.desk.event("call.answered").await?.body["data"]["call_id"].clone();
    scene.desk.event("recording.started").await?;
    // What the client says, and not before they were told.
    scene.phone.hears_now(audio::OPERATOR, 1.0).await?;
    scene
        .desk
        .command("hang_up", json!({ "call_id": call }))
        .await?;
    scene.phone.hung_up_on().await?;
    callee.finish(PATIENCE)?;
    scene.desk.state("wrap_up").await?;

    let record = scene.daemon.record()?;
    let told = [
        "direction",
        "outcome",
        "operator",
        "caller_e164",
        "did_e164",
    ];
    assert_eq!(
        told.map(|column| record.text(column)),
        ["out", "out", "101", "+74951234567", "+74950000001"],
        "{:#}",
        record.row
    );
    assert_eq!(record.number("outcome_flag"), 1);
    let order = [
        "звоним мы: оператор 101",
        "звоним оператору 101",
        "звоним на +74951234567 (плечо 0)",
        "плечо 0 ответило",
        "предупреждение о записи проиграно",
        "соединены: оператор 101",
        "дозвонились клиенту",
    ];
    assert!(
        order.map(|words| record.line(words)).is_sorted(),
        "{:#?}",
        record.story
    );
    assert!(
        record.tells("цель: обслуживание, основание: просил позвонить «заявка 17»"),
        "{:#?}",
        record.story
    );
    let (said, heard) = record.sound(&scene.daemon.folder)?;
    assert!(
        said.secs_of(audio::OPERATOR) > 0.5,
        "the client is recorded"
    );
    assert!(heard.secs_of(COLLEAGUE) > 0.5, "the operator is recorded");
    assert!(
        heard.secs_of(NOTICE) < 0.2,
        "nothing is recorded before the notice is over"
    );
    let replayed = scene.daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    let drawn = scene.daemon.folder.verb(&["ladder", record.id()])?;
    assert!(drawn.contains("звоним мы"), "{drawn}");
    let report = scene.daemon.folder.verb(&["report"])?;
    assert!(!report.contains("не сходится"), "{report}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_do_not_allow_rings_nobody_and_says_why() -> Result<()> {
    let carrier = Outside::new()?;
    let mut scene = Scene::with(carrier.address).await?;
    let refused = scene.dial("+79161234567").await;
    let refused = refused.expect_err("no such prefix").to_string();
    for words in [
        "outbound_denied",
        "\"rule\":\"prefix\"",
        "8800.toml:",
        "направления нет",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let record = scene.daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("termination_reason")),
        ("out", "outbound-denied"),
        "{:#}",
        record.row
    );
    assert!(
        record.tells("звонить нельзя, правило prefix"),
        "{:#?}",
        record.story
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_calls_by_the_phone_of_whoever_is_signed_in() -> Result<()> {
    let carrier = Outside::new()?;
    let mut scene = Scene::with(carrier.address).await?;
    let token = sign_in(scene.daemon.web, "101", PASSWORD).await?;
    let wish = |number: &str| json!({ "number": number, "purpose": "service", "basis": "request" });
    let dial =
        async |number: &str| post_as(scene.daemon.web, &token, "/api/v1/dial", &wish(number)).await;
    let refused = dial("+79161234567").await?;
    assert_eq!(refused["error"]["rule"], json!("prefix"), "{refused}");
    let begun = dial("84951234567").await?;
    assert!(begun["call"].is_string(), "{begun}");
    let invite = carrier.hears("INVITE")?;
    carrier.answers(&invite, 486, "", "")?;
    scene.comes_to("busy").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_who_is_busy_leaves_the_operator_ready() -> Result<()> {
    let callee = Callee::busy()?;
    let mut scene = Scene::with(callee.address).await?;
    scene.dial("+74951234567").await?;
    scene.comes_to("busy").await?;
    scene.phone.hung_up_on().await?;
    callee.finish(PATIENCE)?;
    scene.desk.state("ready").await?;
    let record = scene.daemon.record()?;
    assert_eq!(
        (
            record.text("outcome"),
            record.text("termination_reason"),
            record.number("outcome_flag")
        ),
        ("out", "busy", 0),
        "{:#}",
        record.row
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_hangs_up_while_the_client_is_rung_takes_the_call_back() -> Result<()> {
    let carrier = Outside::new()?;
    let mut scene = Scene::with(carrier.address).await?;
    scene.dial("+74951234567").await?;
    let invite = carrier.hears("INVITE")?;
    carrier.answers(&invite, 180, "", "")?;
    scene.comes_to("ringing").await?;
    scene.phone.hang_up().await;
    let cancel = carrier.hears("CANCEL")?;
    carrier.answers(&cancel, 200, "", "")?;
    carrier.answers(&invite, 487, "", "")?;
    carrier.hears("ACK")?;
    scene.comes_to("cancelled").await?;
    scene.desk.state("ready").await?;
    let record = scene.daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("termination_reason")),
        ("out", "operator-hung-up"),
        "{:#}",
        record.row
    );
    Ok(())
}
