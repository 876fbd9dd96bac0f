//! The call that everything is for: answered, heard by both, recorded, told.
use std::time::Duration;

use anyhow::Result;
use gudok_testkit::audio;
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::Daemon;
use gudok_testkit::record::Record;
use gudok_testkit::tones::{GREETING, NOTICE};
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans};

/// How long the caller stays on the line.
const STAY: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_call_is_heard_recorded_and_told() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (mut phone, mut desk) = operator(&daemon, "101", Answer::Manual).await?;
    let call = Call::new(CALLER, HOTLINE).hold(STAY).start(daemon.sip)?;

    let card = desk.event("offer.created").await?;
    let rang = phone.event("CALL_INCOMING")?;
    phone.accept()?;
    assert!(
        card.at < rang.at,
        "the card was on the screen before the phone rang"
    );
    assert_eq!(card.body["data"]["caller"]["e164"], json!(CALLER));
    assert_eq!(
        card.body["data"]["call"]["did_label"],
        json!("Горячая линия")
    );

    desk.event("call.answered").await?;
    let ended = desk.event("call.ended").await?;
    let disposition = json!({ "call_id": ended.body["call_id"], "code": "REQUEST", "note": "течёт", "done": true });
    desk.command("disposition", disposition).await?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;

    the_row_says_it_all(&record);
    the_recording_has_each_on_his_side(&daemon, &record)?;
    let at_operator = phone.heard()?;
    let talk = talk_secs(&record);
    assert!(
        at_operator.secs_of(audio::CALLER) > talk - 0.7,
        "{} s of {talk} s",
        at_operator.secs_of(audio::CALLER)
    );
    the_story_is_in_order(&record);
    let verified = daemon.folder.verb(&["recordings", "verify"])?;
    assert!(
        verified.contains("целых записей — 1, с изъяном — 0"),
        "{verified}"
    );
    let replayed = daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    the_figures_add_up(&daemon)
}

fn the_figures_add_up(daemon: &Daemon) -> Result<()> {
    let report = |by| {
        let verb = ["report", "--from", "2020-01-01", "--by", by, "--json"];
        anyhow::Ok(serde_json::from_str::<Value>(&daemon.folder.verb(&verb)?)?)
    };
    let calls = report("queue")?;
    assert_eq!(calls["adds_up"]["holds"], json!(true), "{calls:#}");
    let (row, levels) = (&calls["rows"][0], &calls["total"]["levels"]);
    assert_eq!(
        (&row["key"], &row["outcomes"]),
        (&json!("tech"), &json!({ "answered": 1 }))
    );
    for level in 0..3 {
        assert_eq!(levels[level]["of"], json!(1), "{calls:#}");
    }
    let talks = report("operator")?;
    assert_eq!(talks["adds_up"]["holds"], json!(true), "{talks:#}");
    let row = &talks["rows"][0];
    assert_eq!(
        (&row["operator"], &row["talks"]),
        (&json!("101"), &json!(1)),
        "{talks:#}"
    );
    Ok(())
}

fn talk_secs(record: &Record) -> f32 {
    record.number("talk_ms") as f32 / 1_000.0
}

fn the_row_says_it_all(record: &Record) {
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    assert_eq!(record.text("termination_reason"), "caller-hung-up");
    assert_eq!(
        (record.text("operator"), record.text("queue")),
        ("101", "tech")
    );
    assert_eq!(
        (record.text("caller_e164"), record.text("did_e164")),
        (CALLER, "+78001234567")
    );
    assert_eq!(
        (record.text("disposition"), record.text("disposition_note")),
        ("REQUEST", "течёт")
    );
    assert!(record.number("waited_ms") < 3_000, "{:#}", record.row);
    let talk = talk_secs(record);
    assert!((2.0..6.0).contains(&talk), "{:#}", record.row);
}

fn the_recording_has_each_on_his_side(daemon: &Daemon, record: &Record) -> Result<()> {
    let talk = talk_secs(record);
    let (caller, heard) = record.sound(&daemon.folder)?;
    let answered_for = (record.number("ended_at") - record.number("answered_at")) as f32 / 1e6;
    assert!(
        (caller.secs() - answered_for).abs() < 0.15,
        "{} s of {answered_for} s",
        caller.secs()
    );
    assert!(
        caller.secs_of(audio::CALLER) > answered_for - 0.7,
        "{} s",
        caller.secs_of(audio::CALLER)
    );
    assert!(
        heard.secs_of(audio::OPERATOR) > talk - 0.7,
        "{} s",
        heard.secs_of(audio::OPERATOR)
    );
    let order = [GREETING, NOTICE, audio::OPERATOR].map(|tone| heard.first(tone));
    assert!(order.is_sorted() && order[0].is_some(), "{order:?}");
    assert_eq!(
        (
            caller.secs_of(audio::OPERATOR),
            heard.secs_of(audio::CALLER)
        ),
        (0.0, 0.0),
        "nobody hears himself"
    );
    Ok(())
}

fn the_story_is_in_order(record: &Record) {
    let order = [
        "вызов с +79990001122 на +78001234567",
        "решение: play greeting notice",
        "решение: queue tech",
        "предложен оператору 101",
        "карточка на экране через",
        "звоним оператору 101",
        "соединены: оператор 101",
        "исход: поговорил с оператором",
        "результат от 101: REQUEST",
    ];
    assert!(
        order.map(|words| record.line(words)).is_sorted(),
        "{:#?}",
        record.story
    );
    for leg in 0..2 {
        let measured = &record.story[record.line(&format!("плечо {leg}: PCMA"))];
        assert!(
            measured.contains("потеряно 0") && measured.contains("MOS 4."),
            "{measured}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_and_recorded_only_after_the_notice() -> Result<()> {
    let mut daemon = hotline(&plans::open_recorded_after_notice()).start()?;
    let (phone, _desk) = operator(&daemon, "101", Answer::Auto).await?;
    Call::new(CALLER, HOTLINE)
        .tcp()
        .hold(STAY)
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    let (caller, heard) = record.sound(&daemon.folder)?;
    assert!(caller.secs_of(audio::CALLER) > 2.0 && heard.secs_of(audio::OPERATOR) > 2.0);
    assert_eq!(
        (heard.secs_of(GREETING), heard.first(NOTICE)),
        (0.0, None),
        "recorded before the notice was over"
    );
    assert!(record.tells("предупреждение о записи проиграно"));
    assert!(phone.heard()?.secs_of(audio::CALLER) > 2.0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mulaw_caller_talks_to_an_alaw_operator() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (phone, _desk) = operator(&daemon, "101", Answer::Auto).await?;
    Call::new(CALLER, HOTLINE)
        .mulaw()
        .hold(STAY)
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    assert!(
        record.tells("плечо 0: PCMU") && record.tells("плечо 1: PCMA"),
        "{:#?}",
        record.story
    );
    let (caller, heard) = record.sound(&daemon.folder)?;
    assert!(caller.secs_of(audio::CALLER) > 2.0 && heard.secs_of(audio::OPERATOR) > 2.0);
    assert!(phone.heard()?.secs_of(audio::CALLER) > 2.0);
    Ok(())
}

/// Early media that the carrier must have heard of: the answer comes behind its acknowledgement.
#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_acknowledges_early_media_is_served() -> Result<()> {
    let plan = plans::open().replace("answer = \"answer\"", "answer = \"early_media\"");
    let mut daemon = hotline(&plan).start()?;
    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .acknowledges_early_media()
        .hold(STAY)
        .start(daemon.sip)?;
    desk.event("call.answered").await?;
    call.finish(PATIENCE)?;
    desk.event("call.ended").await?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    let (caller, heard) = record.sound(&daemon.folder)?;
    assert!(caller.secs_of(audio::CALLER) > 2.0);
    assert!(heard.secs_of(audio::OPERATOR) > 2.0);
    Ok(())
}
