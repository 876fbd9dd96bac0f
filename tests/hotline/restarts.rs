//! What a restart must not lose.
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use gudok_model::Wall;
use gudok_phone::Answer as Pickup;
use gudok_store::Store;
use gudok_testkit::audio;
use gudok_testkit::carrier::{Call, Running};
use gudok_testkit::daemon::{Daemon, PASSWORD, Setup};
use gudok_testkit::desk::{Cards, Desk, sign_in};
use gudok_testkit::process::free_port;
use gudok_testkit::softphone::Softphone;
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_comes_back_after_a_crash_with_the_token_it_has() -> Result<()> {
    let daemon = hotline(&plans::open()).start()?;
    let kept = sign_in(daemon.web, "101", PASSWORD).await?;
    let ended = sign_in(daemon.web, "102", PASSWORD).await?;
    let before = Desk::open_with(daemon.cti, &kept, Cards::Acknowledged).await?;
    let daemon = daemon.crash_and_restart()?;
    drop(before);

    let desk = Desk::open_with(daemon.cti, &kept, Cards::Acknowledged).await?;
    let (operator, face) = (
        &desk.snapshot["operator"],
        &desk.snapshot["agent"]["display"],
    );
    assert_eq!(*operator, json!("101"), "{}", desk.snapshot);
    assert_ne!(*face, json!("logged_out"), "{}", desk.snapshot);
    drop(Desk::open_with(daemon.cti, &ended, Cards::Acknowledged).await?);

    // A new password ends what the old one began, in this run and in the next.
    daemon.folder.write("password", "another-password")?;
    let again = ["--name", "102", "--password-file", "password"];
    let verb = [&["operators", "add", "102"], again.as_slice()].concat();
    daemon.folder.verb(&verb)?;
    let mut daemon = daemon;
    daemon.reload()?;
    let refused = Desk::open_with(daemon.cti, &ended, Cards::Acknowledged).await;
    assert!(refused.is_err(), "{refused:?}");
    let daemon = daemon.crash_and_restart()?;
    let refused = Desk::open_with(daemon.cti, &ended, Cards::Acknowledged).await;
    assert!(refused.is_err(), "{refused:?}");
    drop(desk);
    Desk::open_with(daemon.cti, &kept, Cards::Acknowledged).await?;
    Ok(())
}

/// A desk of somebody at work with the softphone they have, and the token to come back with.
struct Seat {
    id: &'static str,
    token: String,
    phone: Softphone,
    desk: Desk,
}

/// Waits until this is said of somebody on the disk: what was told a moment before a crash may not have come there.
fn on_disk(daemon: &Daemon, who: &str, words: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !daemon.folder.verb(&["floor", who])?.contains(words) {
        ensure!(Instant::now() < deadline, "never on record: {words}");
    }
    Ok(())
}

impl Seat {
    async fn of(daemon: &Daemon, id: &'static str, answer: Pickup) -> Result<Self> {
        let mut seat = Self::taken(daemon, id, answer).await?;
        seat.desk.ready().await?;
        Ok(seat)
    }

    async fn taken(daemon: &Daemon, id: &'static str, answer: Pickup) -> Result<Self> {
        let token = sign_in(daemon.web, id, PASSWORD).await?;
        let mut phone = Softphone::start(id, daemon.sip, audio::OPERATOR, answer)?;
        phone.register().await?;
        let desk = Desk::open_with(daemon.cti, &token, Cards::Acknowledged).await?;
        Ok(Self {
            id,
            token,
            phone,
            desk,
        })
    }

    /// Connects to the next run as to the last.
    async fn again(self, daemon: &Daemon) -> Result<Self> {
        drop(self.desk);
        let desk = Desk::open_with(daemon.cti, &self.token, Cards::Acknowledged).await?;
        Ok(Self { desk, ..self })
    }

    fn face(&self) -> &Value {
        &self.desk.snapshot["agent"]
    }

    /// The phone registers with the next run.
    async fn picks_up(&mut self, daemon: &Daemon) -> Result<()> {
        let soon = Pickup::After(Duration::ZERO);
        self.phone = Softphone::start(self.id, daemon.sip, audio::OPERATOR, soon)?;
        self.phone.register().await
    }
}

fn plan() -> String {
    let plan = plans::patient().replace("wrap_up = \"2s\"", "wrap_up = \"10m\"");
    plan.replace(
        "operators = [\"101\", \"102\"]",
        "operators = [\"101\", \"102\", \"103\", \"104\"]",
    ) + "\n[not_ready_reasons]\nLUNCH = \"Обед\"\n"
}

fn four(plan: &str) -> Setup {
    let setup = hotline(plan).set("sip.digest", "sha256");
    setup.operator("103", &[]).operator("104", &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_takes_nobody_off_the_line_and_nobody_back_from_lunch() -> Result<()> {
    let daemon = four(&plan()).start()?;
    let soon = Pickup::After(Duration::ZERO);
    let ready = Seat::of(&daemon, "101", soon).await?;
    let mut lunch = Seat::of(&daemon, "102", soon).await?;
    let reason = json!({ "reason": "LUNCH" });
    lunch.desk.command("not_ready", reason).await?;
    let daemon = daemon.crash_and_restart()?;

    let mut ready = ready.again(&daemon).await?;
    assert_eq!(ready.face()["display"], json!("device_down"));
    ready.picks_up(&daemon).await?;
    ready.desk.state("ready").await?;
    let mut lunch = lunch.again(&daemon).await?;
    lunch.picks_up(&daemon).await?;
    lunch.desk.state("not_ready").await?;
    let again = lunch.again(&daemon).await?;
    let (face, by) = (again.face(), &again.face()["actor"]);
    assert_eq!(face["reason"], json!("LUNCH"), "{face}");
    assert_eq!(*by, json!({ "by": "operator", "who": "102" }), "{face}");

    // And calls come to who is ready, nobody having said so again.
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(1))
        .start(daemon.sip)?;
    ready.desk.event("call.answered").await?;
    call.finish(PATIENCE)?;
    let told = daemon.folder.verb(&["floor", "101"])?;
    assert!(
        told.contains("после перезапуска смена идёт дальше"),
        "{told}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn work_after_a_talk_ends_when_it_was_to_end() -> Result<()> {
    let mut daemon = four(&plan()).start()?;
    let soon = Pickup::After(Duration::ZERO);
    let mut writes = Seat::of(&daemon, "101", soon).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(1))
        .start(daemon.sip)?;
    writes.desk.state("wrap_up").await?;
    call.finish(PATIENCE)?;
    writes.desk.command("extend", json!({ "by_s": 60 })).await?;
    let writes = writes.again(&daemon).await?;
    let deadline = writes.face()["deadline"].clone();
    assert!(!deadline.is_null(), "{}", writes.desk.snapshot);

    // One more talks, and has the caller on hold.
    let mut talks = Seat::of(&daemon, "102", soon).await?;
    let call = Call::new("+79990001133", HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    let answered = talks.desk.event("call.answered").await?.body;
    let held = json!({ "call_id": answered["data"]["call_id"] });
    talks.desk.command("hold", held.clone()).await?;
    on_disk(&daemon, "102", "удержание")?;
    daemon = daemon.crash_and_restart()?;
    drop(call);

    let writes = writes.again(&daemon).await?;
    let face = writes.face();
    assert_eq!(face["display"], json!("wrap_up"), "{face}");
    assert_eq!(face["deadline"], deadline, "{face}");
    assert_eq!(face["extended"]["by_s"], json!(60), "{face}");
    let mut talks = talks.again(&daemon).await?;
    let face = talks.face();
    assert_eq!(face["display"], json!("wrap_up"), "{face}");
    assert_eq!(face["call_id"], held["call_id"], "{face}");
    talks.picks_up(&daemon).await?;
    let done = json!({
        "call_id": held["call_id"], "code": "REQUEST", "note": null, "done": true,
    });
    talks.desk.command("disposition", done).await?;
    talks.desk.state("ready").await
}

/// They wait in the queue.
fn waits(number: &str, daemon: &mut Daemon) -> Result<Running> {
    let call = Call::new(number, HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    daemon.log_line("caller queued")?;
    Ok(call)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waited_calls_again_and_stands_where_they_stood() -> Result<()> {
    const FIRST: &str = "+79990001101";
    const SECOND: &str = "+79990001102";
    let mut daemon = four(&plan()).start()?;
    let cut = [
        waits(FIRST, &mut daemon)?,
        waits(SECOND, &mut daemon)?,
        // While this one is greeted for seconds, what was told of the others comes to the disk.
        waits("+79990001103", &mut daemon)?,
    ];
    daemon = daemon.crash_and_restart()?;
    drop(cut);

    let again = [waits(SECOND, &mut daemon)?, waits(FIRST, &mut daemon)?];
    let mut seat = Seat::taken(&daemon, "101", Pickup::Never).await?;
    seat.desk.command("ready", json!({})).await?;
    let card = seat.desk.event("offer.created").await?;
    assert_eq!(card.body["data"]["caller"]["e164"], json!(FIRST));
    let owed = daemon.folder.verb(&["requests", "--json"])?;
    assert!(owed.contains(FIRST) && owed.contains(SECOND), "{owed}");
    drop(again);
    Ok(())
}

/// Where this operator's phone is has come to the disk.
async fn is_kept(daemon: &Daemon, who: &str) -> Result<()> {
    let store = Store::open(&daemon.folder.path("gudok.db")).await?;
    let deadline = Instant::now() + PATIENCE;
    while !store
        .phones(Wall(0))
        .await?
        .iter()
        .any(|it| it.operator_id == who)
    {
        ensure!(
            Instant::now() < deadline,
            "never on record: the phone of {who}"
        );
    }
    Ok(())
}

/// A phone registers for an hour and does not know that we were away: it is asked, answers, and is rung without another REGISTER.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_reached_after_a_crash_without_registering_again() -> Result<()> {
    let port = free_port()?;
    let setup = four(&plan()).listens(([127, 0, 0, 1], port).into());
    let daemon = setup.start()?;
    let seat = Seat::of(&daemon, "101", Pickup::After(Duration::ZERO)).await?;
    is_kept(&daemon, "101").await?;
    let daemon = daemon.crash_and_restart()?;

    let mut seat = seat.again(&daemon).await?;
    seat.desk.state("ready").await?;
    let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    seat.desk.event("call.answered").await?;
    Ok(())
}
