//! Who gets the call, and when the phone rings.
use std::time::Duration;

use anyhow::Result;
use gudok_testkit::baresip::{Answer, Phone};
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::PASSWORD;
use gudok_testkit::desk::Cards;
use serde_json::json;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans, ready_desk};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_rejects_and_the_next_one_gets_the_call() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (mut first, _first_desk) = operator(&daemon, "101", Answer::Manual).await?;
    let (mut second, _second_desk) = operator(&daemon, "102", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(5))
        .start(daemon.sip)?;
    first.event("CALL_INCOMING")?;
    first.hang_up()?;
    second.event("CALL_ESTABLISHED")?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("operator")),
        ("answered", "102"),
        "{:#}",
        record.row
    );
    let order = [
        "предложен оператору 101",
        "предложение 101: оператор отказался",
        "предложен оператору 102",
    ];
    assert!(
        order.map(|words| record.line(words)).is_sorted(),
        "{:#?}",
        record.story
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_rejects_and_the_phone_stops_ringing() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (mut first, mut first_desk) = operator(&daemon, "101", Answer::Manual).await?;
    let (mut second, _second_desk) = operator(&daemon, "102", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(5))
        .start(daemon.sip)?;
    let card = first_desk.event("offer.created").await?;
    first.event("CALL_INCOMING")?;
    first_desk
        .command(
            "reject",
            json!({ "offer_id": card.body["data"]["offer_id"] }),
        )
        .await?;
    first.event("CALL_CLOSED")?;
    second.event("CALL_ESTABLISHED")?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("operator")),
        ("answered", "102"),
        "{:#}",
        record.row
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_never_acknowledges_delays_the_phone_by_the_budget_only() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let mut phone = Phone::register("101", PASSWORD, daemon.sip, Answer::Manual)?;
    let mut desk = ready_desk(&daemon, "101", Cards::Ignored).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?;
    let card = desk.event("offer.created").await?;
    let rang = phone.event("CALL_INCOMING")?;
    phone.accept()?;
    let later = rang.at.saturating_duration_since(card.at);
    assert!(
        (Duration::from_millis(250)..Duration::from_secs(2)).contains(&later),
        "{later:?}"
    );
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    let order = [
        "карточка не подтверждена вовремя, звоним всё равно",
        "звоним оператору 101",
    ];
    assert!(
        order.map(|words| record.line(words)).is_sorted(),
        "{:#?}",
        record.story
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_callers_and_one_operator_the_second_waits_until_the_work_after_the_first_is_done()
-> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let first = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?;
    desk.event("call.answered").await?;
    let second = Call::new("+79990003344", HOTLINE)
        .hold(Duration::from_secs(9))
        .start(daemon.sip)?;
    desk.event("call.ended").await?;
    desk.event("call.answered").await?;
    first.finish(PATIENCE)?;
    second.finish(PATIENCE)?;
    let records = daemon.records()?;
    let [first, second] = records.as_slice() else {
        panic!("{} calls", records.len())
    };
    assert_eq!(
        (first.text("outcome"), second.text("outcome")),
        ("answered", "answered")
    );
    assert_eq!(
        (first.text("operator"), second.text("operator")),
        ("101", "101")
    );
    let pause = second.number("bridged_at") - first.number("ended_at");
    assert!(
        (1_900_000..4_000_000).contains(&pause),
        "the work after the call takes 2 s, then it rings: {pause} µs"
    );
    assert!(second.number("waited_ms") > 2_000, "{:#}", second.row);
    Ok(())
}
