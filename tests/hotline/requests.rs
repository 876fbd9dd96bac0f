//! Who is to be called: asked for by a form, missed and made good by the next talk.
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{get_as, post_as, sign_in};
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, PATIENCE, callbacks, hotline, operator, plans};

fn lines(daemon: &Daemon, verb: &[&str]) -> Result<Vec<Value>> {
    let told = daemon.folder.verb(verb)?;
    let lines = told.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().context("a line is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_promised_a_call_once_however_often_it_asks() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let key = daemon.folder.verb(&["tokens", "add", "site"])?;
    let key = key.trim();
    let ask = async |body: Value| post_as(daemon.web, key, "/api/v1/requests", &body).await;
    let wish = json!({"number": "8 (999) 000-11-22", "note": "тариф", "basis": "форма 17"});
    // Two at once, as of somebody who presses the button twice.
    let (first, second) = tokio::join!(ask(wish.clone()), ask(wish.clone()));
    let (first, second) = (first?["request"].clone(), second?["request"].clone());
    let id = first["request_id"].as_i64().context("a number")?;
    assert_eq!(second["request_id"].as_i64(), Some(id), "{second:#}");
    let minutes = |row: &Value| {
        let at = |key: &str| row[key].as_i64().unwrap_or_default();
        (at("due_at") - at("created_at")) / 60_000_000
    };
    assert_eq!(minutes(&first), 20);
    let again = ask(wish).await?["request"].clone();
    assert_eq!(
        (again["request_id"].as_i64(), minutes(&again)),
        (Some(id), 20)
    );
    let foreign = ask(json!({"number": "+375290000001"})).await?;
    assert_eq!(foreign["error"]["code"], "number", "{foreign:#}");

    let rows = lines(&daemon, &["requests", "--open", "--json"])?;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let row = &rows[0];
    assert_eq!(
        [&row["number"], &row["source"], &row["note"], &row["basis"]],
        [CALLER, "web", "тариф", "форма 17"]
    );
    // People close it, and who comes second is told so.
    let anna = sign_in(daemon.web, "101", PASSWORD).await?;
    let done = format!("/api/v1/requests/{id}/done");
    let closed = post_as(daemon.web, &anna, &done, &json!({"note": "поговорили"})).await?;
    assert_eq!(closed["request"]["state"], "done", "{closed:#}");
    let again = post_as(daemon.web, &anna, &done, &json!({})).await?;
    assert_eq!(again["error"]["code"], "closed", "{again:#}");
    // The key is taken back.
    daemon.folder.verb(&["tokens", "revoke", "site"])?;
    let refused = ask(json!({"number": CALLER})).await?;
    assert_eq!(refused["error"]["code"], "unauthorized", "{refused:#}");
    let report = daemon.folder.verb(&["report", "callbacks"])?;
    assert!(report.contains("сходится: "), "{report}");
    daemon.stop()?;
    Ok(())
}

/// Who hangs up in the queue is in the register, with the group of the queue; the next talk with the number makes it good.
#[tokio::test(flavor = "multi_thread")]
async fn a_missed_caller_is_in_the_register_until_somebody_talks_with_them() -> Result<()> {
    let mut daemon = hotline(&plans::patient()).start()?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(9))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    daemon.log_line("call ended")?;
    let open = ["missed", "--json"];
    let rows = lines(&daemon, &open)?;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let missed = &rows[0];
    assert_eq!(
        [&missed["number"], &missed["queue"]],
        [CALLER, "tech"],
        "{missed:#}"
    );
    assert!(
        missed["owner"].is_string() && missed["open"] == true,
        "{missed:#}"
    );
    // Not by a word of somebody who is no admin.
    let request = missed["request_id"]
        .as_i64()
        .context("somebody is to call")?;
    let anna = sign_in(daemon.web, "101", PASSWORD).await?;
    let done = format!("/api/v1/requests/{request}/done");
    let refused = post_as(daemon.web, &anna, &done, &json!({"note": "не нужно"})).await?;
    assert_eq!(refused["error"]["code"], "forbidden", "{refused:#}");
    let silent = daemon
        .folder
        .run(&["requests", "done", &request.to_string()])?;
    assert!(!silent.status.success(), "an admin says why");

    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let again = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(8))
        .start(daemon.sip)?;
    let answered = desk.event("call.answered").await?;
    let contact = answered.body["call_id"].clone();
    again.finish(PATIENCE)?;
    daemon.log_line("call ended")?;
    assert_eq!(lines(&daemon, &open)?.len(), 0);
    let all = lines(&daemon, &["missed", "--all", "--json"])?;
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(
        [&all[0]["contact_call"], &all[0]["contact_way"]],
        [&contact, &json!("in")]
    );
    let told = daemon.folder.verb(&["missed"])?;
    assert!(
        told.contains("поговор") || told.contains("разговор состоялся с 1 (100%)"),
        "{told}"
    );
    let report = daemon.folder.verb(&["report", "callbacks"])?;
    assert!(report.contains("сходится: "), "{report}");
    daemon.stop()?;
    Ok(())
}

/// Somebody who presses the button until something happens, by two forms of the site.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_wishes_at_once_are_one_request() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let mut keys = Vec::new();
    for name in ["site", "shop"] {
        let key = daemon.folder.verb(&["tokens", "add", name])?;
        keys.push(key.trim().to_owned());
    }
    let web = daemon.web;
    let mut asking = tokio::task::JoinSet::new();
    for n in 0..100 {
        let key = keys[n % 2].clone();
        asking.spawn(async move {
            let wish = json!({ "number": CALLER });
            post_as(web, &key, "/api/v1/requests", &wish).await
        });
    }
    let mut ids = std::collections::BTreeSet::new();
    while let Some(asked) = asking.join_next().await {
        let asked = asked??;
        let id = asked["request"]["request_id"].as_i64();
        ids.insert(id.with_context(|| format!("a request: {asked:#}"))?);
    }
    assert_eq!(ids.len(), 1, "{ids:?}");
    let rows = lines(&daemon, &["requests", "--open", "--json"])?;
    assert_eq!(rows.len(), 1, "{rows:#?}");

    // Who asked sees how it stands, and no number: it may be another form's; who asks for another business sees nothing, and
    // neither does a guess.
    let id = ids.first().context("one")?;
    let page = format!("/api/v1/requests/{id}");
    let seen = get_as(web, &keys[1], &page).await?["request"].clone();
    assert_eq!(
        [&seen["number"], &seen["open"]],
        [&json!(null), &json!(true)]
    );
    assert!(
        seen.get("client_name").is_none() && seen.get("note").is_none(),
        "{seen:#}"
    );
    let other = daemon
        .folder
        .verb(&["tokens", "add", "else", "--project", "other"])?;
    let foreign = get_as(web, other.trim(), &page).await?;
    assert_eq!(foreign["error"]["code"], "not_found", "{foreign:#}");
    let guessed = get_as(web, "guess", &page).await?;
    assert_eq!(guessed["error"]["code"], "unauthorized", "{guessed:#}");
    daemon.stop()?;
    Ok(())
}

/// Over HTTP as at a desk: the answer is how it stands after the word, the group is asked for, a cancellation says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_word_about_a_request_is_done_when_it_is_answered() -> Result<()> {
    let mut daemon = hotline(callbacks::PLAN).start()?;
    let key = daemon.folder.verb(&["tokens", "add", "site"])?;
    let wish = json!({ "number": CALLER, "group": "tech" });
    let asked = post_as(daemon.web, key.trim(), "/api/v1/requests", &wish).await?;
    let id = asked["request"]["request_id"]
        .as_i64()
        .context("a number")?;
    let anna = sign_in(daemon.web, "101", PASSWORD).await?;
    let boris = sign_in(daemon.web, "102", PASSWORD).await?;
    let say = async |token: &str, word: &str, body: Value| {
        let page = format!("/api/v1/requests/{id}/{word}");
        post_as(daemon.web, token, &page, &body).await
    };
    let created = asked["request"]["created_at"].as_i64().context("a time")?;
    let at = created + 3_600_000_000;
    let foreign = say(&boris, "later", json!({ "at": at })).await?;
    assert_eq!(foreign["error"]["code"], "not_allowed", "{foreign:#}");
    let foreign = say(&boris, "done", json!({ "note": "говорили" })).await?;
    assert_eq!(foreign["error"]["code"], "not_allowed", "{foreign:#}");
    let later = say(&anna, "later", json!({ "at": at })).await?;
    let told = [&later["request"]["state"], &later["request"]["next_at"]];
    assert_eq!(told, [&json!("scheduled"), &json!(at)], "{later:#}");
    let silent = say(&anna, "cancel", json!({})).await?;
    assert_eq!(silent["error"]["code"], "bad_request", "{silent:#}");
    let cancelled = say(&anna, "cancel", json!({ "note": "позвонит сам" })).await?;
    let row = &cancelled["request"];
    assert_eq!(
        [&row["state"], &row["closed_by"], &row["closed_note"]],
        ["cancelled", "101", "позвонит сам"],
        "{cancelled:#}"
    );
    let again = say(&anna, "take", json!({})).await?;
    assert_eq!(again["error"]["code"], "closed", "{again:#}");
    daemon.stop()?;
    Ok(())
}

/// At the command line as over HTTP: a promise is put off, then the customer wants no calls at all; a crash forgets nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_calls_is_promised_none_but_by_their_own_wish() -> Result<()> {
    let daemon = hotline(callbacks::PLAN).start()?;
    let key = daemon.folder.verb(&["tokens", "add", "site"])?;
    let key = key.trim().to_owned();
    let wish = json!({ "number": CALLER, "group": "tech" });
    let asked = post_as(daemon.web, &key, "/api/v1/requests", &wish).await?;
    let id = asked["request"]["request_id"]
        .as_i64()
        .context("a number")?;
    let id = id.to_string();
    let told = daemon.folder.verb(&["requests", "later", &id, "2h"])?;
    assert!(told.contains("отложена до"), "{told}");
    let taken = daemon
        .folder
        .run(&["requests", "take", &id, "--operator", "102"])?;
    assert!(!taken.status.success(), "it is of 101's group");
    let why = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(why.contains("другая группа"), "{why}");
    let silent = daemon.folder.run(&["requests", "dnc", &id])?;
    assert!(!silent.status.success(), "what they said is written down");
    let said = [
        "requests",
        "dnc",
        &id,
        "--note",
        "не звоните",
        "--by",
        "petrova",
    ];
    daemon.folder.verb(&said)?;
    let rows = lines(&daemon, &["requests", "--json"])?;
    assert_eq!(
        [&rows[0]["state"], &rows[0]["closed_by"]],
        ["cancelled", "dnc"]
    );
    let daemon = daemon.crash_and_restart()?;
    let list = daemon.folder.verb(&["dnc", "list"])?;
    assert!(
        list.contains(CALLER) && list.contains("записал petrova: не звоните"),
        "{list}"
    );
    let may = daemon.folder.run(&["outbound", "check", CALLER])?;
    let told = String::from_utf8_lossy(&may.stdout).into_owned();
    assert!(told.contains("просил не звонить"), "{told}");
    // Somebody of ours in their name is refused, after the restart too; their own form is not.
    let anna = sign_in(daemon.web, "101", PASSWORD).await?;
    let by_us = post_as(daemon.web, &anna, "/api/v1/requests", &wish).await?;
    assert_eq!(by_us["error"]["code"], "dnc", "{by_us:#}");
    let as_form = json!({ "number": CALLER, "group": "tech", "source": "web" });
    let as_form = post_as(daemon.web, &anna, "/api/v1/requests", &as_form).await?;
    assert_eq!(as_form["error"]["code"], "source", "{as_form:#}");
    let own = post_as(daemon.web, &key, "/api/v1/requests", &wish).await?;
    assert_eq!(own["request"]["open"], true, "{own:#}");
    let nowhere = json!({ "number": "+74951234567" });
    let nowhere = post_as(daemon.web, &key, "/api/v1/requests", &nowhere).await?;
    assert_eq!(nowhere["error"]["code"], "no_prefix", "{nowhere:#}");
    let lift = ["dnc", "remove", CALLER, "--why", "договор № 5"];
    daemon.folder.verb(&lift)?;
    let again = daemon.folder.run(&lift)?;
    assert!(!again.status.success(), "nobody wants that any more");
    Ok(())
}
