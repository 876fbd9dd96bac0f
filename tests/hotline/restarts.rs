//! What a restart must not lose.
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gudok_model::Wall;
use gudok_phone::Answer as Pickup;
use gudok_store::Store;
use gudok_testkit::audio;
use gudok_testkit::carrier::{Call, Callee, Running};
use gudok_testkit::daemon::{Daemon, PASSWORD, Setup};
use gudok_testkit::desk::{Cards, Desk, get_as, sign_in};
use gudok_testkit::outside::Outside;
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

/// Waits until this is said of somebody, or of everybody, on the disk: what was told a moment before a crash may not have come there.
fn on_disk(daemon: &Daemon, who: &str, words: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let verb = ["floor", who];
    let verb = &verb[..if who.is_empty() { 1 } else { 2 }];
    while !daemon.folder.verb(verb)?.contains(words) {
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

/// Where calls may go, a ladder with a second group, and an alarm at the first second of waiting.
fn directed() -> String {
    let ladder = "[group.second]\noperators = [\"104\"]\nring = \"10s\"\n\n[queue.tech]\nrelax = [{ after = \"10m\", add = \"second\" }]";
    plan().replacen("[queue.tech]", ladder, 1)
        + r#"
[[alarm]]
what = "oldest_waiting"
on = "1s"
off = "0s"
for = "0s"

[outbound]
zone = "Europe/Moscow"
night = "never"

[outbound.prefixes]
"+7495" = { minute = "1.90" }
"+7999" = { minute = "1.90" }

[[outbound.cli]]
number = "+78001234567"
"#
}

/// With a supervisor, 105, and a way out.
fn directed_floor(carrier: SocketAddr) -> Result<Daemon> {
    let outbound = format!(
        "[trunk.outbound]\naddress = \"{carrier}\"\nnumber = \"+78001234567\"\noptions = false\n\
         allowed_numbers = [\"+78001234567\"]\nidentity = [\"from\", \"pai\"]\n"
    );
    let setup = four(&directed()).operator("105", &["--supervisor"]);
    setup.trunk(&outbound).start()
}

/// The alarm of the queue, as the wall has it.
async fn alarm(daemon: &Daemon, chief: &Seat) -> Result<Value> {
    let mut wall = get_as(daemon.web, &chief.token, "/api/v1/wall").await?;
    let alarms = wall["alarms"].as_array_mut().context("no alarms")?;
    let of_queue = |it: &&mut Value| it["what"] == json!("oldest_waiting");
    let found = alarms.iter_mut().find(of_queue).map(Value::take);
    found.with_context(|| format!("it is not on: {alarms:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talk_that_was_dialled_is_written_up_and_what_a_supervisor_set_goes_on() -> Result<()> {
    let callee = Callee::answering()?;
    let mut daemon = directed_floor(callee.address)?;
    let soon = Pickup::After(Duration::ZERO);
    let mut dials = Seat::taken(&daemon, "101", soon).await?;
    let moved = Seat::taken(&daemon, "102", soon).await?;
    let mut chief = Seat::taken(&daemon, "105", Pickup::Never).await?;
    let second = json!({ "operator": "102", "groups": ["second"] });
    chief.desk.command("regroup", second).await?;
    let waiting = waits(CALLER, &mut daemon)?;
    on_disk(&daemon, "", "тревога oldest_waiting (tech")?;
    let quiet = json!({ "alarm": "oldest_waiting", "subject": "tech", "for_s": 600 });
    chief.desk.command("quiet", quiet).await?;
    let before = alarm(&daemon, &chief).await?;
    ensure!(!before["quiet_until"].is_null(), "{before}");
    let client = json!({ "number": "+74951234567", "purpose": "service", "basis": "request" });
    dials.desk.command("dial", client).await?;
    let call = dials.desk.event("call.answered").await?.body["data"]["call_id"].clone();
    on_disk(&daemon, "101", ": разговор")?;
    daemon = daemon.crash_and_restart()?;
    drop((waiting, callee));

    let mut dials = dials.again(&daemon).await?;
    let face = dials.face();
    assert_eq!(face["display"], json!("wrap_up"), "{face}");
    assert_eq!(face["call_id"], call, "{face}");
    assert!(!face["deadline"].is_null(), "{face}");
    dials.picks_up(&daemon).await?;
    let done = json!({ "call_id": call, "code": "REQUEST", "note": null, "done": true });
    dials.desk.command("disposition", done).await?;
    dials.desk.state("not_ready").await?;
    let moved = moved.again(&daemon).await?;
    let face = moved.face();
    assert_eq!(face["groups"], json!(["second"]), "{face}");
    // Nobody waits any more, and nobody knows yet that this lasts: it is on, and quiet as long as before.
    let now = alarm(&daemon, &chief).await?;
    for what in ["since", "quiet_until"] {
        assert_eq!(now[what], before[what], "{now}");
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
    // The phone may have answered before the desk was back.
    if seat.face()["display"] != json!("ready") {
        seat.desk.state("ready").await?;
    }
    let caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    seat.desk.event("call.answered").await?;
    Ok(())
}

/// The request to call this number, once the database has what the start told of it.
fn owed_to(daemon: &Daemon, number: &str) -> Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let rows = daemon.folder.verb(&["requests", "--json"])?;
        let rows = rows.lines().map(serde_json::from_str::<Value>);
        let rows = rows.collect::<Result<Vec<Value>, _>>()?;
        if let Some(row) = rows.iter().find(|row| row["number"] == json!(number)) {
            return Ok(row["call_id"].clone());
        }
        ensure!(Instant::now() < deadline, "never on record: {rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waited_in_a_crash_is_called_from_a_desk_of_the_next_run() -> Result<()> {
    const FIRST: &str = "+79990001101";
    let outside = Outside::new()?;
    let mut daemon = directed_floor(outside.address)?;
    let cut = [
        waits(FIRST, &mut daemon)?,
        waits("+79990001102", &mut daemon)?,
        // While this one is greeted for seconds, what was told of the others comes to the disk.
        waits("+79990001103", &mut daemon)?,
    ];
    daemon = daemon.crash_and_restart()?;
    drop(cut);

    let mut seat = Seat::taken(&daemon, "101", Pickup::After(Duration::ZERO)).await?;
    let take = json!({ "request": owed_to(&daemon, FIRST)? });
    seat.desk.command("callback_take", take).await?;
    let invite = outside.hears("INVITE ")?;
    assert!(invite.text.contains("79990001101"), "{}", invite.text);
    Ok(())
}
