//! Calls back over real sockets: a key in the queue, the promise, the operator's phone, the customer's phone, both ears.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio;
use gudok_testkit::carrier::Callee;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::outside::Outside;
use gudok_testkit::softphone::Softphone;
use serde_json::json;

use crate::passing::COLLEAGUE;
use crate::{CALLER, HOTLINE, PATIENCE, hotline};

/// A queue that is left by a key for a call back, its place kept.
pub(crate) const PLAN: &str = r#"
[outbound]
zone = "Europe/Moscow"
night = "never"

[outbound.prefixes]
"+7999" = { minute = "1.90" }

[[outbound.cli]]
number = "+78001234567"

[[number]]
did = "+78001234567"
record = "from_answer"
flow = "main"

[group.tech]
operators = ["101"]
ring = "20s"
wrap_up = "1s"

[queue.tech]

[[flow.main]]
queue = "tech"
wait = "5m"
leave_empty = false
keys = { 1 = [{ callback = "tech", keep_place = true }] }
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "goodbye"
reason = "sorry"
"#;

/// Where the operator's phone is; the caller has another address.
const DESK: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// An operator whose phone is picked up soon, and who takes no calls yet; somebody who was promised a call.
struct Scene {
    daemon: Daemon,
    phone: Softphone,
    desk: Desk,
    caller: Softphone,
}

impl Scene {
    async fn promised(carrier: SocketAddr) -> Result<Self> {
        let outbound = format!(
            "[trunk.outbound]\naddress = \"{carrier}\"\nnumber = \"+78001234567\"\noptions = false\n\
             allowed_numbers = [\"+78001234567\"]\nidentity = [\"from\", \"pai\"]\n"
        );
        let daemon = hotline(PLAN).trunk(&outbound).start()?;
        let phone = phone_of_101(daemon.sip).await?;
        let desk = Desk::open(daemon.web, daemon.cti, "101", PASSWORD, Cards::Acknowledged).await?;
        let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
        caller.dial(HOTLINE, CALLER).await;
        caller.established().await?;
        caller.press("1").await;
        caller.press("1").await;
        caller.hung_up_on().await?;
        Ok(Self {
            daemon,
            phone,
            desk,
            caller,
        })
    }

    /// The desk hears that the request has come so far.
    async fn comes_to(&mut self, state: &str, end: Option<&str>) -> Result<()> {
        loop {
            let event = self.desk.event("callback.changed").await?;
            let data = &event.body["data"];
            let is_over = end.is_some_and(|end| data["end"] == json!(end));
            if data["state"] == json!(state) && (end.is_none() || is_over) {
                return Ok(());
            }
        }
    }
}

/// It is picked up soon.
async fn phone_of_101(server: SocketAddr) -> Result<Softphone> {
    let soon = Pickup::After(Duration::from_millis(400));
    let mut phone = Softphone::start_at(DESK, "101", server, COLLEAGUE, soon)?;
    phone.register().await?;
    Ok(phone)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_on_a_promise_is_called_when_an_operator_is_free() -> Result<()> {
    let callee = Callee::checking(&[("From", "sip:.78001234567@")])?;
    let mut scene = Scene::promised(callee.address).await?;
    scene.desk.command("ready", json!({})).await?;
    let card = scene.desk.event("offer.created").await?;
    assert_eq!(card.body["data"]["call"]["direction"], json!("out"));
    scene.comes_to("dialing", None).await?;
    let call = scene.desk.event("call.answered").await?.body["data"]["call_id"].clone();
    scene.phone.hears_now(audio::OPERATOR, 1.0).await?;
    scene
        .desk
        .command("hang_up", json!({ "call_id": call }))
        .await?;
    scene.comes_to("connected", Some("done")).await?;
    callee.finish(PATIENCE)?;

    let records = scene.daemon.records()?;
    let outcomes: Vec<&str> = records.iter().map(|it| it.text("outcome")).collect();
    assert_eq!(outcomes, ["callback_requested", "out"]);
    records[0].line("клиенту");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_the_customer_is_rung_is_an_attempt_and_no_second_dial() -> Result<()> {
    let outside = Outside::new()?;
    let mut scene = Scene::promised(outside.address).await?;
    scene.desk.command("ready", json!({})).await?;
    outside.hears("INVITE ")?;
    scene.comes_to("dialing", None).await?;
    let mut daemon = scene.daemon.crash_and_restart()?;
    daemon.stop()?;
    let told = daemon.folder.verb(&["requests", "--json"])?;
    // Whether the journal has the last word of the run or lost it: nobody calls before that phone is silent.
    let held = told.contains("retry_wait") || told.contains("scheduled");
    assert!(held, "{told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_before_we_do_has_the_place_and_is_not_called() -> Result<()> {
    let outside = Outside::new()?;
    let mut scene = Scene::promised(outside.address).await?;
    scene.caller.dial(HOTLINE, CALLER).await;
    scene.caller.established().await?;
    scene
        .comes_to("requested", Some("cancelled_by_customer"))
        .await?;
    scene.desk.command("ready", json!({})).await?;
    let card = scene.desk.event("offer.created").await?;
    assert_eq!(card.body["data"]["call"]["resumed"], json!(true));
    let call = scene.desk.event("call.answered").await?.body["data"]["call_id"].clone();
    scene.caller.hears_now(COLLEAGUE, 1.0).await?;
    scene
        .desk
        .command("hang_up", json!({ "call_id": call }))
        .await?;
    scene.caller.hung_up_on().await?;
    let records = scene.daemon.records()?;
    let outcomes: Vec<&str> = records.iter().map(|it| it.text("outcome")).collect();
    assert!(outcomes.contains(&"answered"), "{outcomes:?}");
    let called = records.iter().any(|it| it.tells("звоним на"));
    assert!(!called, "nobody rings who is on the line");
    Ok(())
}

/// They call first, and stand in the queue with the place of the promise, which is over by that; then the daemon is killed.
#[tokio::test(flavor = "multi_thread")]
async fn who_calls_first_and_is_cut_off_by_a_crash_is_called_as_was_promised() -> Result<()> {
    let outside = Outside::new()?;
    let mut scene = Scene::promised(outside.address).await?;
    scene.caller.dial(HOTLINE, CALLER).await;
    scene.caller.established().await?;
    scene
        .comes_to("requested", Some("cancelled_by_customer"))
        .await?;
    let mut daemon = scene.daemon.crash_and_restart()?;
    // The same phone at the address where the server is now.
    drop(scene.phone);
    let _phone = phone_of_101(daemon.sip).await?;
    let mut desk = Desk::open(daemon.web, daemon.cti, "101", PASSWORD, Cards::Acknowledged).await?;
    desk.command("ready", json!({})).await?;
    let card = desk.event("offer.created").await?;
    let request = &card.body["data"]["request"];
    assert_eq!(
        [&request["kind"], &request["source"], &request["number"]],
        [&json!("callback"), &json!("call"), &json!(CALLER)]
    );
    outside.hears("INVITE ")?;
    daemon.stop()?;
    let told = daemon.folder.verb(&["requests", "--json"])?;
    assert!(!told.contains(r#""kind":"missed""#), "{told}");
    Ok(())
}
