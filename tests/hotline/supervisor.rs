//! Supervisors' words over real sockets: from their desk, over HTTP and from the command line, and what phones and ears make of
//! them.
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{self, Cards, Desk};
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::{MUSIC, NIGHT};
use serde_json::{Value, json};

use crate::passing::COLLEAGUE;
use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// Where the phone of 101 is.
const FIRST: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const OTHER_CALLER: &str = "+79990003344";

/// 101 answers the queue, 102 is asked by its ladder after ten minutes; both sit and take no calls. 103 supervises.
struct Floor {
    daemon: Daemon,
    first: Softphone,
    second: Softphone,
    desk: Desk,
    other_desk: Desk,
    chief: Desk,
}

fn plan() -> String {
    let groups = "operators = [\"101\"]";
    let ladder = "[queue.tech]\nrelax = [{ after = \"10m\", add = \"second\" }]";
    let second = "\n[group.second]\noperators = [\"102\"]\nring = \"10s\"\n\n[queue.tech]";
    let plan = plans::patient().replace("operators = [\"101\", \"102\"]", groups);
    let plan = plan.replace("[queue.tech]", ladder);
    plan.replacen("[queue.tech]", second, 1)
}

async fn floor(pickup: Pickup) -> Result<Floor> {
    let daemon = hotline(&plan())
        .operator("103", &["--supervisor"])
        .start()?;
    let mut first = Softphone::start_at(FIRST, "101", daemon.sip, audio::OPERATOR, pickup)?;
    let mut second = Softphone::start("102", daemon.sip, COLLEAGUE, pickup)?;
    first.register().await?;
    second.register().await?;
    let sits =
        async |who| Desk::open(daemon.web, daemon.cti, who, PASSWORD, Cards::Acknowledged).await;
    let (desk, other_desk, chief) = (sits("101").await?, sits("102").await?, sits("103").await?);
    Ok(Floor {
        daemon,
        first,
        second,
        desk,
        other_desk,
        chief,
    })
}

impl Floor {
    /// Somebody calls, and waits.
    async fn waits(&self, name: &str, number: &str) -> Result<Softphone> {
        let mut caller = Softphone::start(name, self.daemon.sip, audio::CALLER, Pickup::Never)?;
        caller.dial(HOTLINE, number).await;
        caller.established().await?;
        caller.hears_now(MUSIC, 0.3).await?;
        Ok(caller)
    }

    /// The call of this number, as soon as the database has it.
    async fn call_of(&self, number: &str) -> Result<String> {
        let found = async {
            loop {
                let calls = self.daemon.folder.verb(&["calls", "--output", "json"])?;
                let rows = calls.lines().map(serde_json::from_str::<Value>);
                let rows = rows.collect::<Result<Vec<Value>, _>>()?;
                let row = rows.iter().find(|row| row["caller_e164"] == json!(number));
                if let Some(id) = row.and_then(|row| row["call_id"].as_str()) {
                    return Ok(id.to_owned());
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, found)
            .await
            .context("no row")?
    }

    fn says(&self, words: &[&str]) -> Result<String> {
        self.daemon.folder.verb(words)
    }

    /// What is on record of the floor.
    fn told(&self) -> Result<String> {
        self.says(&["floor"])
    }
}

/// Says so, and is told why not.
async fn refused(desk: &mut Desk, cmd: &str, args: Value) -> String {
    let answer = desk.command(cmd, args).await;
    answer.expect_err("it is refused").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_calls_operators_to_the_line_and_raises_the_reserve() -> Result<()> {
    let mut floor = floor(Pickup::Never).await?;
    let raise = json!({ "group": "second", "on": true });
    let no = refused(&mut floor.desk, "reserve", raise.clone()).await;
    assert!(no.contains("not_allowed"), "{no}");
    let ready = json!({ "operator": "102", "to": "ready" });
    floor.chief.command("force", ready).await?;
    floor.other_desk.state("ready").await?;

    let caller = floor.waits("caller", CALLER).await?;
    floor.chief.command("reserve", raise).await?;
    let card = floor.other_desk.event("offer.created").await?;
    assert_eq!(card.body["data"]["call"]["group"], json!("second"));
    floor.second.ringing().await?;
    caller.hang_up().await;
    floor.other_desk.event("offer.closed").await?;

    // Lowered, it waits for its step again: the next caller rings at the first group.
    floor.says(&["reserve", "second", "off"])?;
    let again = floor.waits("again", OTHER_CALLER).await?;
    floor.says(&["force", "101", "ready"])?;
    floor.desk.event("offer.created").await?;
    again.hang_up().await;
    floor.daemon.stop()?;
    let told = floor.told()?;
    for line in [
        "102: супервизор 103 велит: на линию",
        "группа second: супервизор 103 поднимает группу в помощь",
        "группа second: администратор",
        "101: администратор",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_put_first_and_another_is_given_to_somebody() -> Result<()> {
    let at_once = Pickup::After(Duration::ZERO);
    let mut floor = floor(at_once).await?;
    let caller = floor.waits("caller", CALLER).await?;
    let other = floor.waits("other", OTHER_CALLER).await?;
    let (first, second) = (
        floor.call_of(CALLER).await?,
        floor.call_of(OTHER_CALLER).await?,
    );

    let up = json!({ "call_id": second, "priority": 7 });
    floor.chief.command("reprioritise", up).await?;
    let ready = json!({ "operator": "101", "to": "ready" });
    floor.chief.command("force", ready).await?;
    let card = floor.desk.event("offer.created").await?;
    assert_eq!(card.body["data"]["caller"]["e164"], json!(OTHER_CALLER));
    assert_eq!(card.body["data"]["call"]["priority"], json!(7));
    other.hears_now(audio::OPERATOR, 0.5).await?;

    // To 102, who takes no calls of the queue, over HTTP with the supervisor's token.
    let token = desk::sign_in(floor.daemon.web, "103", PASSWORD).await?;
    let give = json!({ "cmd": "assign", "args": { "call_id": first, "to": "102" } });
    let done = desk::post_as(floor.daemon.web, &token, "/api/v1/supervise", &give).await?;
    assert_eq!(done, json!({ "told": "сделано" }));
    let card = floor.other_desk.event("offer.created").await?;
    assert_eq!(card.body["data"]["why"][0]["code"], json!("assigned"));
    caller.hears_now(COLLEAGUE, 0.5).await?;
    floor.second.hears_now(audio::CALLER, 0.5).await?;

    caller.hang_up().await;
    other.hang_up().await;
    floor.other_desk.event("call.ended").await?;
    floor.desk.event("call.ended").await?;
    let records = floor.daemon.records()?;
    let [first, second] = records.as_slice() else {
        anyhow::bail!("{} calls", records.len());
    };
    assert_eq!(
        (first.text("operator"), second.text("operator")),
        ("102", "101")
    );
    assert!(first.line("супервизор 103 отдаёт звонок оператору 102") > 0);
    assert!(second.line("супервизор 103 меняет приоритет: 0 → 7") > 0);
    for record in &records {
        let replayed = floor.says(&["replay", record.id()])?;
        assert!(replayed.contains("различий — 0"), "{replayed}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn words_to_a_queue_are_heard_in_the_music_and_end_with_the_offer() -> Result<()> {
    let mut floor = floor(Pickup::Never).await?;
    let caller = floor.waits("caller", CALLER).await?;
    let nonsense = json!({ "queue": "tech", "prompts": ["nonsense"] });
    let no = refused(&mut floor.chief, "announce", nonsense).await;
    assert!(no.contains("unknown_prompt"), "{no}");

    // Eight seconds of it; the operator who comes to the line is rung at once, and the words end with that.
    let long = [&["announce", "tech"][..], &["night_closed"; 8]].concat();
    floor.says(&long)?;
    caller.hears_now(NIGHT, 0.3).await?;
    floor.says(&["force", "101", "ready"])?;
    floor.first.ringing().await?;
    caller.hears_now(MUSIC, 0.3).await?;
    let heard = caller.heard().secs_of(NIGHT);
    assert!(heard < 7.0, "the words went on for {heard} s");

    // Who is being offered hears none.
    let before = caller.heard().0.len();
    floor.says(&["announce", "tech", "night_closed"])?;
    caller.hears_now(MUSIC, 0.5).await?;
    let since = caller.heard_since(before).secs_of(NIGHT);
    assert!(since < 0.1, "{since} s of words while a phone rings");
    caller.hang_up().await;
    floor.desk.event("offer.closed").await?;
    let record = floor.daemon.record()?;
    assert!(
        record.line("объявляет ждущим: night_closed") > 0,
        "{:#?}",
        record.story
    );
    let told = floor.told()?;
    assert!(told.contains("слышат 1"), "{told}");
    assert!(told.contains("слышат 0"), "{told}");
    Ok(())
}

/// An alarm is silenced without a desk; what helps nobody, and what nobody hears, is said so.
#[tokio::test(flavor = "multi_thread")]
async fn words_without_a_desk_say_what_came_of_them() -> Result<()> {
    let floor = floor(Pickup::Never).await?;
    let heard = floor.says(&["announce", "tech", "night_closed"])?;
    assert!(heard.contains("Никто не слышит"), "{heard}");
    let caller = floor.waits("caller", CALLER).await?;
    let heard = floor.says(&["announce", "tech", "night_closed"])?;
    assert!(heard.contains("Слышат: 1"), "{heard}");
    caller.hang_up().await;

    let no = floor.says(&["reserve", "tech", "on"]);
    let no = format!(
        "{:#}",
        no.expect_err("no ladder adds the queue's own group")
    );
    assert!(no.contains("не добавляет лестница"), "{no}");
    let no = floor.says(&["quiet", "mood", "1h"]);
    let no = format!("{:#}", no.expect_err("there is no such alarm"));
    assert!(no.contains("такой тревоги нет"), "{no}");
    floor.says(&["quiet", "trunk_down", "carrier", "2h"])?;

    let token = desk::sign_in(floor.daemon.web, "103", PASSWORD).await?;
    let quiet = |alarm: &str, subject: &str| {
        let args = json!({ "alarm": alarm, "subject": subject, "for_s": 600 });
        json!({ "cmd": "quiet", "args": args })
    };
    let says = async |wish: Value| {
        desk::post_as(floor.daemon.web, &token, "/api/v1/supervise", &wish).await
    };
    let done = says(quiet("service_level", "tech")).await?;
    assert_eq!(done, json!({ "told": "сделано" }));
    let no = says(quiet("trunk_down", "carrier")).await?;
    assert_eq!(no["error"]["code"], json!("unknown_alarm"), "{no}");
    let told = floor.told()?;
    let quieted = told.matches("приглушена до").count();
    assert_eq!(quieted, 2, "{told}");
    Ok(())
}
