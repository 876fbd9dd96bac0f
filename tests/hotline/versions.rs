//! Versions of the plan: what is in force after a refused reload and a crash, the history, and the way back.
use std::time::{Duration, Instant};

use anyhow::Result;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{get, post_as, sign_in};
use gudok_testkit::tones::{GOODBYE, NIGHT};
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// A call that the plan ends by itself; by which plan it went.
fn call(daemon: &mut Daemon) -> Result<()> {
    Call::new(CALLER, HOTLINE)
        .hold(PATIENCE)
        .start(daemon.sip)?
        .finish(PATIENCE)
}

fn health(daemon: &Daemon) -> Result<Value> {
    let runtime = tokio::runtime::Runtime::new()?;
    let page = runtime.block_on(get(daemon.web, "/healthz"))?;
    Ok(page["details"]["plan_stands"].clone())
}

/// Every call heard this, in order.
fn heard(daemon: &mut Daemon, prompts: &[f64]) -> Result<()> {
    let records = daemon.records()?;
    assert_eq!(records.len(), prompts.len());
    for (record, prompt) in records.iter().zip(prompts) {
        let (_, heard) = record.sound(&daemon.folder)?;
        let story = record.story.join("\n");
        assert!(heard.secs_of(*prompt) > 0.2, "{story}");
    }
    Ok(())
}

#[test]
fn a_crash_after_a_refused_reload_starts_with_the_plan_that_was_in_force() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("night_closed")).start()?;
    assert_eq!(health(&daemon)?["refused"], Value::Null);
    let bad = plans::only_says("goodbye").replace("reason", "raeson");
    daemon.folder.write("dialplans/8800.toml", &bad)?;
    let refused = daemon.reload()?;
    assert!(refused.contains("refused"), "{refused}");

    let mut daemon = daemon.crash_and_restart()?;
    daemon.logged("действует версия 1")?;
    daemon.logged("8800.toml:10:1")?;
    let stands = health(&daemon)?;
    assert_eq!(stands["version"], 1, "{stands}");
    assert_eq!(stands["refused"]["place"], "8800.toml:8:1", "{stands}");
    call(&mut daemon)?;

    // A test that fails keeps no hotline down either.
    daemon
        .folder
        .write("dialplans/8800.toml", &plans::only_says("goodbye"))?;
    daemon.folder.write("dialplans/8800.test.toml", FAILS)?;
    let mut daemon = daemon.crash_and_restart()?;
    daemon.logged("8800.test.toml:4:21")?;
    assert_eq!(health(&daemon)?["version"], 1);
    call(&mut daemon)?;

    std::fs::remove_file(daemon.folder.path("dialplans/8800.test.toml"))?;
    let taken = daemon.reload()?;
    assert!(taken.contains("in force"), "{taken}");
    let good = json!({ "version": 2, "differs_from_disk": false, "refused": null });
    assert_eq!(health(&daemon)?, good);
    call(&mut daemon)?;
    heard(&mut daemon, &[NIGHT, NIGHT, GOODBYE])
}

/// What no plan here does.
const FAILS: &str = r#"[[test]]
name = "goodbye"
given = { from = "+79990000042", to = "+78001234567", at = "2026-11-10T12:00+03:00" }
expect = { reason = "bye", ends = "closed" }
"#;

#[test]
fn every_version_is_on_record_and_one_goes_back_by_a_command_and_stays_back() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("night_closed")).start()?;
    let verb = |daemon: &Daemon, arguments: &[&str]| daemon.folder.verb(arguments);
    daemon
        .folder
        .write("dialplans/8800.toml", &plans::only_says("goodbye"))?;
    let told = verb(
        &daemon,
        &["reload", "--reason", "winter", "--author", "petrova"],
    )?;
    assert!(told.contains("действует версия 2"), "{told}");
    assert!(told.contains("168 ч в неделю пойдут иначе"), "{told}");
    let again = verb(&daemon, &["reload"])?;
    assert!(again.contains("план тот же"), "{again}");
    call(&mut daemon)?;

    let back = daemon.folder.run(&["rollback"])?;
    assert!(!back.status.success(), "a reason is asked for");
    let told = verb(
        &daemon,
        &["rollback", "--reason", "too early", "--author", "ivanov"],
    )?;
    assert!(
        told.contains("действует версия 3 (откат к версии 1)"),
        "{told}"
    );
    assert!(told.contains("файлы на диске другие"), "{told}");
    call(&mut daemon)?;
    let plans = verb(&daemon, &["plans"])?;
    let newest: Vec<&str> = plans.lines().filter(|line| line.contains("20")).collect();
    assert!(
        newest[0].contains("откат к версии 1, ivanov: too early"),
        "{plans}"
    );
    assert!(plans.contains("gudok reload, petrova: winter"), "{plans}");
    assert!(plans.contains("файлы на диске не те"), "{plans}");
    assert!(verb(&daemon, &["plans", "show", "1"])?.contains("night_closed"));
    assert!(verb(&daemon, &["plans", "show", "2", "--diff"])?.contains("168 ч"));
    verb(&daemon, &["plans", "show", "1", "--out", "first"])?;
    let saved = std::fs::read_to_string(daemon.folder.path("first/8800.toml"))?;
    assert_eq!(saved, plans::only_says("night_closed"));
    let in_force = verb(&daemon, &["plans", "print"])?;
    assert!(
        in_force.contains("close = [\"night_closed\"]"),
        "{in_force}"
    );
    assert_eq!(verb(&daemon, &["plans", "print", "first"])?, in_force);
    assert_ne!(verb(&daemon, &["plans", "print", "dialplans"])?, in_force);

    // Neither a signal, sent for a certificate perhaps, nor a crash brings back what was gone back from.
    daemon.reload()?;
    let mut daemon = daemon.crash_and_restart()?;
    let held = json!({ "version": 3, "differs_from_disk": true, "refused": null });
    assert_eq!(health(&daemon)?, held);
    call(&mut daemon)?;

    let late = daemon
        .folder
        .run(&["rollback", "--expected", "2", "--reason", "no"])?;
    let told = String::from_utf8(late.stderr)?;
    assert!(told.contains("действует версия 3, а не 2"), "{told}");
    for impossible in ["99", "3"] {
        let refused = daemon
            .folder
            .run(&["rollback", impossible, "--reason", "no"])?;
        assert_eq!(refused.status.code(), Some(64), "{impossible}");
    }
    let told = verb(&daemon, &["reload", "--json"])?;
    let told: Value = serde_json::from_str(&told)?;
    assert_eq!((&told["done"], &told["version"]), (&json!(true), &json!(4)));
    call(&mut daemon)?;
    heard(&mut daemon, &[GOODBYE, NIGHT, NIGHT, GOODBYE])
}

#[test]
fn to_go_back_to_what_lies_on_disk_leaves_no_difference() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("night_closed")).start()?;
    let goodbye = plans::only_says("goodbye");
    daemon.folder.write("dialplans/8800.toml", &goodbye)?;
    daemon.folder.verb(&["reload"])?;
    // The admin puts the old files back by hand, and then goes back all the same; a test beside them is new.
    let night = plans::only_says("night_closed");
    daemon.folder.write("dialplans/8800.toml", &night)?;
    let passes = FAILS.replace(r#""bye""#, r#""closed""#);
    daemon.folder.write("dialplans/8800.test.toml", &passes)?;
    let told = daemon.folder.verb(&["rollback", "--reason", "early"])?;
    assert!(!told.contains("файлы на диске другие"), "{told}");
    daemon.reload()?;
    daemon.log_line("in force already")?;
    let same = json!({ "version": 3, "differs_from_disk": false, "refused": null });
    assert_eq!(health(&daemon)?, same);
    let plans = daemon.folder.verb(&["plans"])?;
    assert!(!plans.contains("файлы на диске не те"), "{plans}");
    let daemon = daemon.crash_and_restart()?;
    assert_eq!(health(&daemon)?, same);
    Ok(())
}

#[test]
fn a_hold_ends_when_the_files_are_those_that_were_gone_back_to() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("night_closed")).start()?;
    let (night, goodbye) = (
        plans::only_says("night_closed"),
        plans::only_says("goodbye"),
    );
    daemon.folder.write("dialplans/8800.toml", &goodbye)?;
    daemon.folder.verb(&["reload"])?;
    daemon.folder.verb(&["rollback", "--reason", "early"])?;
    daemon.folder.write("dialplans/8800.toml", &night)?;
    daemon.reload()?;
    // A crash does not bring the hold back: it is over in the journal too.
    let mut daemon = daemon.crash_and_restart()?;
    daemon.folder.write("dialplans/8800.toml", &goodbye)?;
    daemon.reload()?;
    let taken = json!({ "version": 4, "differs_from_disk": false, "refused": null });
    assert_eq!(health(&daemon)?, taken);
    Ok(())
}

/// Says this by day and by night, and names a table of shifts.
fn with_roster(prompt: &str) -> String {
    plans::only_says(prompt)
        + "\n[roster.duty]\nzone = \"Asia/Irkutsk\"\nshifts = \"duty.roster.csv\"\n\
           [roster.duty.people]\nivanov = \"+79990000101\"\npetrova = \"+79990000102\"\n"
}

fn sheet(who: &str) -> String {
    format!("Сотрудник;С;По\n{who};12.01.2030 20:00;13.01.2030 8:00\n")
}

#[test]
fn a_roster_is_taken_under_the_plan_that_was_gone_back_to() -> Result<()> {
    let roster = "dialplans/duty.roster.csv";
    let night = with_roster("night_closed");
    // Nobody is called: who is on duty is on duty in 2030.
    let outside = "127.0.0.1:9".parse()?;
    let folder = hotline(&night).outbound(outside).folder()?;
    folder.write(roster, &sheet("ivanov"))?;
    let mut daemon = folder.serve()?;
    let goodbye = with_roster("goodbye");
    daemon.folder.write("dialplans/8800.toml", &goodbye)?;
    daemon.reload()?;
    daemon.folder.verb(&["rollback", "--reason", "early"])?;
    daemon.log_line("reload: the plan is in force")?;

    // The shifts of the week are put there, as every week; a test beside the plan too.
    daemon.folder.write(roster, &sheet("petrova"))?;
    let passes = FAILS.replace(r#""bye""#, r#""closed""#);
    daemon.folder.write("dialplans/8800.test.toml", &passes)?;
    daemon.reload()?;
    let held = |version| json!({ "version": version, "differs_from_disk": true, "refused": null });
    assert_eq!(health(&daemon)?, held(4));
    let shown = daemon.folder.verb(&["plans", "show", "4"])?;
    assert!(shown.contains("petrova;12.01.2030"), "{shown}");
    assert!(shown.contains("night_closed"), "{shown}");
    let plans = daemon.folder.verb(&["plans"])?;
    assert!(plans.contains("SIGHUP, откат к версии 1 в силе"), "{plans}");
    call(&mut daemon)?;

    // A wrong one is refused with its place, and changes nothing.
    daemon.folder.write(roster, &sheet("sidorov"))?;
    daemon.reload()?;
    daemon.log_line("duty.roster.csv:2:1")?;
    assert_eq!(health(&daemon)?["version"], 4);

    // A start does the same, and goes on so after the next one.
    daemon.folder.write(roster, &sheet("ivanov"))?;
    let daemon = daemon.crash_and_restart()?;
    assert_eq!(health(&daemon)?, held(5));
    let mut daemon = daemon.crash_and_restart()?;
    assert_eq!(health(&daemon)?, held(5));
    call(&mut daemon)?;

    // Who changes the plan itself means it.
    let changed = goodbye.replace("closed\"", "bye\"");
    daemon.folder.write("dialplans/8800.toml", &changed)?;
    std::fs::remove_file(daemon.folder.path("dialplans/8800.test.toml"))?;
    let taken = daemon.reload()?;
    assert!(taken.contains("in force"), "{taken}");
    assert_eq!(health(&daemon)?["differs_from_disk"], false);
    call(&mut daemon)?;
    heard(&mut daemon, &[NIGHT, NIGHT, GOODBYE])
}

#[test]
fn the_tests_of_a_version_are_those_that_were_put_beside_it_last() -> Result<()> {
    let daemon = hotline(&plans::only_says("night_closed")).start()?;
    let passes = FAILS.replace(r#""bye""#, r#""closed""#);
    daemon.folder.write("dialplans/8800.test.toml", &passes)?;
    let told = daemon.folder.verb(&["reload"])?;
    assert!(told.contains("план тот же"), "{told}");
    let shown = daemon.folder.verb(&["plans", "show", "1"])?;
    assert!(shown.contains("[[test]]"), "{shown}");
    Ok(())
}

#[test]
fn what_is_held_back_is_refused_no_more() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("night_closed")).start()?;
    let goodbye = plans::only_says("goodbye");
    daemon.folder.write("dialplans/8800.toml", &goodbye)?;
    daemon.folder.verb(&["reload"])?;
    daemon.folder.verb(&["rollback", "--reason", "early"])?;
    let bad = goodbye.replace("reason", "raeson");
    daemon.folder.write("dialplans/8800.toml", &bad)?;
    daemon.reload()?;
    daemon.log_line("reload: refused")?;
    assert_ne!(health(&daemon)?["refused"], Value::Null);
    daemon.folder.write("dialplans/8800.toml", &goodbye)?;
    daemon.reload()?;
    let held = json!({ "version": 3, "differs_from_disk": true, "refused": null });
    assert_eq!(health(&daemon)?, held);
    Ok(())
}

#[test]
fn a_command_is_told_each_complaint_with_its_place() -> Result<()> {
    let daemon = hotline(&plans::only_says("night_closed")).start()?;
    let bad = plans::only_says("goodbye").replace("reason", "raeson");
    daemon.folder.write("dialplans/8800.toml", &bad)?;
    let refused = daemon.folder.run(&["reload", "--json"])?;
    assert_eq!(refused.status.code(), Some(64));
    let told: Value = serde_json::from_slice(&refused.stdout)?;
    assert_eq!(
        (&told["done"], &told["version"]),
        (&json!(false), &json!(1))
    );
    let complaints = told["complaints"].as_array().expect("a list");
    let first = &complaints[0];
    assert_eq!(
        (&first["file"], &first["line"], &first["column"]),
        (&json!("8800.toml"), &json!(8), &json!(1)),
        "{told}"
    );
    let refused = daemon.folder.run(&["reload"])?;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("8800.toml:10:1"), "{said}");
    assert!(said.contains("действует прежняя версия 1"), "{said}");
    Ok(())
}

#[test]
fn a_version_beside_tells_which_calls_would_go_otherwise_and_no_call_notices() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("night_closed")).start()?;
    let verb = |daemon: &Daemon, words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        daemon.folder.verb(&words)
    };
    assert!(verb(&daemon, "shadow status").is_err(), "there is none");
    std::fs::create_dir(daemon.folder.path("next"))?;
    let bad = plans::only_says("goodbye").replace("reason", "raeson");
    daemon.folder.write("next/8800.toml", &bad)?;
    let refused = daemon.folder.run(&["shadow", "start", "next"])?;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("8800.toml:8:1"));

    daemon
        .folder
        .write("next/8800.toml", &plans::only_says("goodbye"))?;
    verb(
        &daemon,
        "shadow start next --reason winter --author petrova",
    )?;
    call(&mut daemon)?;
    let told = verb(&daemon, "shadow status")?;
    assert!(told.contains("вызовов 1, иначе пошли бы 1"), "{told}");
    assert!(told.contains("поток main, шаг 1: 1"), "{told}");
    assert!(told.contains("закрывающая фраза: goodbye"), "{told}");
    assert!(told.contains("petrova: winter"), "{told}");
    let runtime = tokio::runtime::Runtime::new()?;
    let page = runtime.block_on(get(daemon.web, "/metrics"))?.to_string();
    assert!(page.contains("gudok_shadow_otherwise_total 1"), "{page}");
    verb(&daemon, "shadow off")?;
    assert!(verb(&daemon, "shadow status").is_err(), "it is off");
    assert!(
        verb(&daemon, "plans")?.starts_with("*   1"),
        "nothing came into force"
    );
    heard(&mut daemon, &[NIGHT])
}

#[tokio::test]
async fn an_admin_changes_the_plan_over_http_and_nobody_else() -> Result<()> {
    let plan = plans::only_says("night_closed");
    let daemon = hotline(&plan).operator("103", &["--admin"]).start()?;
    let token = sign_in(daemon.web, "103", PASSWORD).await?;
    let other = sign_in(daemon.web, "101", PASSWORD).await?;
    daemon
        .folder
        .write("dialplans/8800.toml", &plans::only_says("goodbye"))?;
    let (reload, wish) = ("/api/v1/plans/reload", json!({ "reason": "winter" }));
    let refused = post_as(daemon.web, &other, reload, &wish).await?;
    assert_eq!(refused["error"]["code"], "forbidden", "{refused}");
    let told = post_as(daemon.web, &token, reload, &wish).await?;
    assert_eq!(
        (&told["done"], &told["version"]),
        (&json!(true), &json!(2)),
        "{told}"
    );
    let bad = plans::only_says("goodbye").replace("reason", "raeson");
    daemon.folder.write("dialplans/8800.toml", &bad)?;
    let told = post_as(daemon.web, &token, reload, &wish).await?;
    let places: Vec<_> = told["complaints"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(
        (&places[0]["file"], &places[0]["line"]),
        (&json!("8800.toml"), &json!(8))
    );
    // Somebody was quicker: nothing is gone back from that nobody has seen.
    let late = json!({ "reason": "too early", "expected": 1 });
    let told = post_as(daemon.web, &token, "/api/v1/plans/rollback", &late).await?;
    assert_eq!(
        (&told["done"], &told["version"]),
        (&json!(false), &json!(2)),
        "{told}"
    );
    let back = json!({ "reason": "too early", "expected": 2 });
    let told = post_as(daemon.web, &token, "/api/v1/plans/rollback", &back).await?;
    assert_eq!(
        (&told["version"], &told["differs_from_disk"]),
        (&json!(3), &json!(true))
    );
    // Who did it is on record.
    let listed = daemon.folder.verb(&["plans"])?;
    assert!(listed.contains("API, 103: winter"), "{listed}");
    assert!(
        listed.contains("откат к версии 1, 103: too early"),
        "{listed}"
    );
    Ok(())
}

/// Slips of a hand; each is refused.
const SLIPS: [(&str, &str); 6] = [
    ("reason", "raeson"),
    ("close", "clsoe"),
    ("+78001234567", "8001"),
    ("flow = \"main\"", "flow = \"mian\""),
    ("label", "lable"),
    ("]]", "]"),
];

#[test]
fn refused_plans_one_after_the_other_cost_no_call() -> Result<()> {
    let good = plans::only_says("night_closed");
    let mut daemon = hotline(&good).start()?;
    let mut calls = Vec::new();
    let mut slowest = Duration::ZERO;
    for round in 0..8 {
        let call = Call::new(CALLER, HOTLINE).hold(PATIENCE);
        calls.push(call.start(daemon.sip)?);
        for (right, wrong) in SLIPS {
            let bad = good.replacen(right, wrong, 1);
            daemon.folder.write("dialplans/8800.toml", &bad)?;
            let began = Instant::now();
            let told = daemon.asks_to_reload()?;
            slowest = slowest.max(began.elapsed());
            assert_eq!(
                (&told["done"], &told["version"]),
                (&json!(false), &json!(1)),
                "{round}: {bad}"
            );
            let complaints = told["complaints"].as_array().into_iter().flatten();
            let placed = |it: &Value| {
                it["file"] == "8800.toml" && it["line"].is_u64() && it["column"].is_u64()
            };
            let places: Vec<bool> = complaints.map(placed).collect();
            assert!(!places.is_empty() && !places.contains(&false), "{told}");
        }
    }
    println!(
        "the slowest of {} refusals took {slowest:?}",
        8 * SLIPS.len()
    );
    for call in calls {
        call.finish(PATIENCE)?;
    }
    heard(&mut daemon, &[NIGHT; 8])
}
