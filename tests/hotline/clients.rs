//! Who calls: the directory, the CRM, and those nobody knows.
use std::time::Duration;

use anyhow::Result;
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use gudok_testkit::crm::{Crm, Mood};
use gudok_testkit::daemon::Setup;
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans, simulated};

const KNOWN: &str =
    r#"{"clients":[{"id":"77","name":"ООО «Пример»","class":"vip","address":"ул. Примерная, 1"}]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_crm_knows_is_on_the_card() -> Result<()> {
    let crm = Crm::start(Mood::Says(KNOWN.to_owned()))?;
    let card = card_of(with_crm(&crm, "2s"), &Call::new(CALLER, HOTLINE)).await?;
    assert_eq!(card["client"]["match"], json!("one"), "{card:#}");
    assert_eq!(card["client"]["client"]["name"], json!("ООО «Пример»"));
    assert_eq!(card["client"]["client"]["source"], json!("crm:isp1"));
    assert_eq!(
        card["client"]["client"]["fields"]["address"],
        json!("ул. Примерная, 1")
    );
    assert_eq!(crm.asked(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hung_crm_delays_nobody_and_its_late_answer_reaches_the_card() -> Result<()> {
    let crm = Crm::start(Mood::Hangs)?;
    let mut daemon = with_crm(&crm, "20s").start()?;
    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(5))
        .start(daemon.sip)?;
    let card = desk.event("offer.created").await?;
    assert_eq!(
        card.body["data"]["client"]["match"],
        json!("error"),
        "{:#}",
        card.body
    );
    desk.event("call.answered").await?;
    crm.wake(KNOWN)?;
    let late = desk.event("client.enriched").await?;
    assert_eq!(
        late.body["data"]["client"]["client"]["name"],
        json!("ООО «Пример»"),
        "{:#}",
        late.body
    );
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("client_id")),
        ("answered", "77"),
        "{:#}",
        record.row
    );
    assert!(
        record.number("bridged_at") - record.number("answered_at") < 3_000_000,
        "{:#}",
        record.row
    );
    assert!(
        record.tells("справочник не ответил") && record.tells("позже срока"),
        "{:#?}",
        record.story
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_caller_is_served_like_any_other() -> Result<()> {
    let card = card_of(hotline(&plans::open()), &Call::new("89990005566", HOTLINE)).await?;
    assert_eq!(card["client"]["match"], json!("none"), "{card:#}");
    assert_eq!(
        card["caller"]["e164"],
        json!("+79990005566"),
        "however the carrier writes it"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hides_the_number_is_served_too() -> Result<()> {
    let card = card_of(hotline(&plans::open()), &Call::anonymous(HOTLINE)).await?;
    assert_eq!(card["client"]["match"], json!("no_number"), "{card:#}");
    assert_eq!(
        (&card["caller"]["e164"], &card["caller"]["presentation"]),
        (&json!(null), &json!("restricted"))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_client_is_recognised_and_bad_rows_are_named() -> Result<()> {
    let folder = hotline(&plans::open()).folder()?;
    let csv = "id;name;phone;class\n1;ООО «Первый»;8 (999) 000-11-22;regular\n2;;+79990003344;regular\n3;Третий;12;vip\n";
    folder.write("clients.csv", csv)?;
    let import = folder.run(&["clients", "import", "clients.csv"])?;
    let said = String::from_utf8_lossy(&import.stdout);
    assert_eq!(import.status.code(), Some(2), "{said}");
    assert!(
        said.contains("clients.csv:3: ") && said.contains("clients.csv:4: "),
        "{said}"
    );
    assert!(
        said.contains("строк — 3, новых клиентов — 1, обновлено — 0, пропущено — 2"),
        "{said}"
    );

    let mut daemon = folder.serve()?;
    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(3))
        .start(daemon.sip)?;
    let card = desk.event("offer.created").await?;
    assert_eq!(
        card.body["data"]["client"]["client"]["name"],
        json!("ООО «Первый»"),
        "{:#}",
        card.body
    );
    call.finish(PATIENCE)?;
    assert_eq!(daemon.record()?.text("client_name"), "ООО «Первый»");
    Ok(())
}

/// The contract is asked for and searched by; then the queue.
const BY_CONTRACT: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
ask = "account"
prompts = "greeting"
digits = "4-10"
otherwise = "sorry"

[[flow.main]]
lookup = "answer.account"
by = "договор"
deadline = "5s"
on_none = "sorry"
on_many = "sorry"
on_error = "sorry"

[[flow.main]]
queue = "tech"
wait = "30s"
on_timeout = "sorry"
on_no_operators = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "goodbye"
reason = "unknown"
"#;

/// Somebody else's telephone; the call is the client's, and `gudok simulate` tells the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_strange_telephone_is_found_by_the_contract() -> Result<()> {
    let folder = hotline(BY_CONTRACT).folder()?;
    let csv = "id;name;phone;class;договор\n1;ООО «Первый»;+79990001199;vip;4502-17\n";
    folder.write("clients.csv", csv)?;
    let import = folder.run(&["clients", "import", "clients.csv"])?;
    assert!(import.status.success(), "{import:?}");
    let mut daemon = folder.serve()?;
    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE).hold(Duration::from_secs(5));
    let call = call.presses_by_info("450217#").start(daemon.sip)?;
    let card = desk.event("offer.created").await?;
    let client = &card.body["data"]["client"];
    assert_eq!(
        (&client["match"], &client["client"]["name"]),
        (&json!("one"), &json!("ООО «Первый»")),
        "{:#}",
        card.body
    );
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("client_id")),
        ("answered", "1"),
        "{:#}",
        record.row
    );
    record.line("по набранному, «договор»");
    assert!(
        !record.story.join("\n").contains("450217"),
        "{:#?}",
        record.story
    );
    assert!(!daemon.log().contains("450217"), "the log has the contract");
    let state = "[operator.101]\nstate = \"ready\"\nanswers = \"1s\"\n\
                 [directory.\"договор\"]\n450217 = { id = \"1\", name = \"ООО «Первый»\", class = \"vip\" }\n";
    daemon.folder.write("floor.toml", state)?;
    let told = ["--state", "floor.toml", "--digits", "450217#"];
    simulated::agrees(&record, &daemon.folder, &told)
}

/// Puts one call through and gives its card; the call must have been answered.
async fn card_of(setup: Setup, call: &Call) -> Result<Value> {
    let mut daemon = setup.start()?;
    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let call = call
        .clone()
        .hold(Duration::from_secs(3))
        .start(daemon.sip)?;
    let card = desk.event("offer.created").await?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    Ok(card.body["data"].clone())
}

fn with_crm(crm: &Crm, timeout: &str) -> Setup {
    hotline(&plans::open()).config(&format!(
        "[crm]\nname = \"isp1\"\nurl = \"http://{}/clients?phone={{number_digits}}\"\ntimeout = \"{timeout}\"\n\
         [crm.map]\nlist = \"/clients\"\nid = \"/id\"\nname = \"/name\"\nclass = \"/class\"\n\
         fields = {{ address = \"/address\" }}\n",
        crm.address
    ))
}
