//! After the talk: the operator hangs up and the caller presses a mark, or the caller hangs up first; and what is on record of it.
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio;
use gudok_testkit::daemon::Daemon;
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::record::Record;
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::{GREETING, NOTICE};
use serde_json::json;

use crate::{CALLER, HOTLINE, hotline, plans, ready_desk, simulated};

/// Where the phone of 101 is: what comes from the trunk's address is the trunk's.
const OPERATOR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Two questions in phrases that can be told apart by ear, after each talk however short.
const SURVEY: &str = r#"
[survey.quality]
prompts = "greeting"
ask_solved = "notice"
thanks = "goodbye"
again = "0s"
talk_min = "0s"
tell_operator = true
"#;

/// A caller and 101, who hear each other.
struct Talk {
    daemon: Daemon,
    caller: Softphone,
    operator: Softphone,
    desk: Desk,
}

async fn talk() -> Result<Talk> {
    let queue = "[queue.tech]\nsurvey = \"quality\"\n";
    let plan = plans::open().replace("[queue.tech]\n", queue) + SURVEY;
    let daemon = hotline(&plan).start()?;
    let at_once = Pickup::After(Duration::ZERO);
    let mut operator = Softphone::start_at(OPERATOR, "101", daemon.sip, audio::OPERATOR, at_once)?;
    operator.register().await?;
    let desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    caller.hears(audio::OPERATOR, 0.5).await?;
    Ok(Talk {
        daemon,
        caller,
        operator,
        desk,
    })
}

/// The outcome and the termination are those of a call without a survey, and the same again in a replay.
fn is_a_talk_that_the_operator_ended(daemon: &Daemon, record: &Record) -> Result<()> {
    assert_eq!(record.text("outcome"), "answered", "{:#?}", record.story);
    assert_eq!(record.text("termination_reason"), "operator-hung-up");
    let replayed = daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_hangs_up_and_the_caller_presses_a_low_mark() -> Result<()> {
    let mut it = talk().await?;
    it.operator.hang_up().await;
    it.desk.event("call.ended").await?;
    it.desk.state("wrap_up").await?;
    it.caller.hears_now(GREETING, 0.3).await?;
    it.caller.press("2").await;
    let rated = it.desk.event("call.rated").await?;
    assert_eq!(rated.body["data"]["mark"], json!(2));
    assert_eq!(rated.body["data"]["low"], json!(true));
    it.caller.hears_now(NOTICE, 0.3).await?;
    it.caller.press("1").await;
    it.caller.hung_up_on().await?;
    it.daemon.log_line("the talk was rated low")?;
    let metrics = gudok_testkit::desk::get(it.daemon.web, "/metrics").await?;
    let counted = metrics.as_str().unwrap_or_default();
    for line in [
        r#"gudok_survey_asked_total{queue="tech"} 1"#,
        r#"gudok_survey_marks_total{queue="tech",mark="2"} 1"#,
        r#"gudok_survey_low_total{queue="tech"} 1"#,
    ] {
        assert!(counted.contains(line), "no {line} in\n{counted}");
    }

    let record = it.daemon.record()?;
    is_a_talk_that_the_operator_ended(&it.daemon, &record)?;
    let answers = ["rating", "rating_low", "solved"].map(|column| record.number(column));
    assert_eq!(answers, [2, 1, 1], "{:#}", record.row);
    let order = [
        "101 положил трубку, опрос «quality»",
        "оценка разговора с 101: 2, низкая",
        "вопрос решён",
    ];
    let order = order.map(|words| record.line(words));
    assert!(order.is_sorted(), "{:#?}", record.story);
    // The talk, and the recording of it, end where the operator hung up.
    let asked = record.number("surveyed_at") - record.number("bridged_at");
    assert!(
        record.number("talk_ms") <= asked / 1_000,
        "{:#}",
        record.row
    );
    let (_, heard) = record.sound(&it.daemon.folder)?;
    let once = heard.secs_of(GREETING);
    let recorded = record.number("recording_ms");
    assert!(once < 2.0 && recorded > 500, "{once} s of {recorded} ms");
    let low = it.daemon.folder.verb(&["calls", "--low"])?;
    assert!(low.contains("оценка 2, низкая, вопрос решён"), "{low}");
    let state = "[operator.101]\nstate = \"ready\"\nanswers = \"1s\"\n";
    it.daemon.folder.write("floor.toml", state)?;
    let told = ["--state", "floor.toml", "--digits", "2,1"];
    simulated::agrees(&record, &it.daemon.folder, &told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_first_is_asked_nothing() -> Result<()> {
    let mut it = talk().await?;
    it.caller.hang_up().await;
    it.desk.event("call.ended").await?;
    let record = it.daemon.record()?;
    assert_eq!(record.text("termination_reason"), "caller-hung-up");
    assert!(record.row["surveyed_at"].is_null(), "{:#}", record.row);
    assert!(!record.tells("опрос"), "{:#?}", record.story);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_of_it_leaves_the_mark_on_record() -> Result<()> {
    let mut it = talk().await?;
    it.operator.hang_up().await;
    it.caller.hears_now(GREETING, 0.3).await?;
    it.caller.press("5").await;
    it.desk.event("call.rated").await?;
    it.caller.hears_now(NOTICE, 0.3).await?;
    let records = it.daemon.crash_and_restart()?.records()?;
    let record = records.last().context("the call is on record")?;
    assert_eq!(record.text("outcome"), "answered", "{:#?}", record.story);
    assert_eq!(record.text("termination_reason"), "daemon-restarted");
    assert_eq!(record.number("rating"), 5, "{:#}", record.row);
    Ok(())
}
