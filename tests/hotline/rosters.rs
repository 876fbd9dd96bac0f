//! Duty rosters while the daemon runs: tables that people bring, and shifts that somebody has to take.
use std::time::Duration;

use anyhow::{Context as _, Result};
use gudok_store::{AcceptanceRow, Store};
use gudok_testkit::carrier::{Call, Callee};
use gudok_testkit::daemon::{Daemon, Folder, PASSWORD};
use gudok_testkit::desk::{get, post_as, sign_in};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// A workbook that another program wrote: `crates/workbook/tests/books/README.md`.
const BOOK: &[u8] = include_bytes!("../../crates/workbook/tests/books/openpyxl.xlsx");

/// Nobody is there: whoever is on duty by this roster is called, then a message is taken.
fn plan(roster: &str) -> Result<String> {
    let external = "external = \"+79990000101\"\nring = \"10s\"\non_not_answered = \"message\"";
    let duty = "duty = \"duty\"\non_nobody = \"message\"";
    let plan = plans::with_overflow();
    anyhow::ensure!(plan.contains(external), "the plan of the tests has changed");
    let people = "people = { ivanov = \"+79990000101\", petrova = { number = \"+79990000102\", name = \"Анна Петрова\" } }";
    let roster = format!("\n[roster.duty]\nzone = \"UTC\"\n{people}\n{roster}\n");
    Ok(plan.replace(external, duty) + &roster)
}

#[test]
fn a_workbook_takes_the_place_of_the_table_and_comes_back() -> Result<()> {
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let plan = plan("shifts = \"duty.roster.csv\"")?;
    let folder = hotline(&plan).outbound(nobody).folder()?;
    std::fs::write(folder.path("book.xlsx"), BOOK)?;
    let import = ["roster", "import", "duty", "book.xlsx"];
    let told = folder.verb(&import)?;
    assert!(told.contains("duty.roster.csv: смен — 2"), "{told}");
    let shown = folder.verb(&["roster", "show", "duty"])?;
    assert!(
        shown.contains("1. ivanov") && shown.contains("2. Анна Петрова"),
        "{shown}"
    );
    assert!(
        shown.starts_with("по файлам на диске: демон не отвечает\n"),
        "{shown}"
    );
    folder.verb(&["check"])?;

    // Out and in again: the same turns.
    let table = std::fs::read_to_string(folder.path("dialplans/duty.roster.csv"))?;
    folder.verb(&["roster", "export", "duty", "out.xlsx"])?;
    let again = folder.verb(&["roster", "import", "duty", "out.xlsx"])?;
    assert!(again.contains("смен — 2"), "{again}");
    let first = folder.verb(&["roster", "show", "duty"])?;
    folder.verb(&["roster", "export", "duty", "out.csv"])?;
    folder.verb(&["roster", "import", "duty", "out.csv"])?;
    assert_eq!(
        folder
            .verb(&["roster", "show", "duty"])?
            .lines()
            .skip(2)
            .collect::<Vec<_>>(),
        first.lines().skip(2).collect::<Vec<_>>()
    );
    assert!(table.contains("31.12.2125 20:00"), "{table}");

    // Whoever is not in the plan is told with the cell; the table stays.
    let kept = std::fs::read(folder.path("dialplans/duty.roster.csv"))?;
    let without = plan.replace("Анна Петрова", "Пётр Первый");
    folder.write("dialplans/8800.toml", &without)?;
    let refused = folder.run(&import)?;
    let told = String::from_utf8(refused.stderr)?;
    assert_eq!(refused.status.code(), Some(64), "{told}");
    assert!(
        told.contains("Дежурства!A4: в people нет «Анна Петрова»"),
        "{told}"
    );
    assert!(told.contains("таблица не принята"), "{told}");
    std::fs::write(folder.path("book.xlsx"), &BOOK[..BOOK.len() / 2])?;
    assert!(folder.verb(&import).is_err(), "half a workbook");
    assert!(kept == std::fs::read(folder.path("dialplans/duty.roster.csv"))?);
    Ok(())
}

/// ivanov until so many minutes ago, then petrova.
fn handed_over(minutes: i64, within: &str) -> Result<String> {
    let at = |hours: i64| {
        let at = Timestamp::now() - SignedDuration::from_mins(minutes)
            + SignedDuration::from_hours(hours);
        at.strftime("%Y-%m-%dT%H:%M:00").to_string()
    };
    let (before, change, after) = (at(-8), at(0), at(12));
    plan(&format!(
        "handover = \"accept\"\naccept_within = \"{within}\"\nshifts = [\n\
         {{ person = \"ivanov\", from = {before}, till = {change} }},\n\
         {{ person = \"petrova\", from = {change}, till = {after} }},\n]"
    ))
}

/// ivanov had accepted the shift before, as the record of an earlier day has it.
fn accepted_long_ago(folder: &Folder) -> Result<()> {
    let at = Timestamp::now() - SignedDuration::from_hours(8);
    let row = AcceptanceRow {
        roster: "duty".into(),
        person: "ivanov".into(),
        shift: at.as_microsecond(),
        at: at.as_microsecond(),
        who: "ivanov".into(),
    };
    let path = folder.path("gudok.db");
    tokio::runtime::Runtime::new()?.block_on(async {
        let store = Store::open(&path).await?;
        store.accept_shift(&row).await?;
        Ok(())
    })
}

#[test]
fn a_shift_is_accepted_and_a_crash_does_not_forget_it() -> Result<()> {
    let callee = Callee::answering()?;
    let plan = handed_over(5, "30m")?;
    let folder = hotline(&plan).outbound(callee.address).folder()?;
    accepted_long_ago(&folder)?;
    let daemon = folder.serve()?;
    let verb = |daemon: &Daemon, arguments: &str| {
        let words: Vec<&str> = arguments.split(' ').collect();
        daemon.folder.verb(&words)
    };
    // She has not accepted: whoever had the shift is called first, and that is said everywhere.
    // No operator is ready: an empty word behind `--ready`.
    let simulate = "simulate --ready  --from +79990001122 --to 88001234567";
    for (told, called) in [
        (verb(&daemon, simulate)?, "1-й по порядку: ivanov"),
        (verb(&daemon, "roster show duty")?, "1. ivanov"),
    ] {
        assert!(
            told.contains(called) && told.contains("не принимает Анна Петрова"),
            "{told}"
        );
    }
    assert!(verb(&daemon, "check")?.contains("внимание: график дежурств «duty»: смену с"));
    for (wrong, why) in [
        ("roster accept dutty petrova", "есть: duty"),
        ("roster accept duty petrov", "есть: ivanov, petrova"),
        ("roster accept duty ivanov", "нет смен впереди"),
    ] {
        let words: Vec<&str> = wrong.split(' ').collect();
        let refused = daemon.folder.run(&words)?;
        let told = String::from_utf8(refused.stderr)?;
        assert!(
            !refused.status.success() && told.contains(why),
            "{wrong}: {told}"
        );
    }
    let told = verb(&daemon, "roster accept duty petrova --by sidorov")?;
    assert!(
        told.contains("смена принята") && told.contains("1. Анна Петрова"),
        "{told}"
    );

    let mut daemon = daemon.crash_and_restart()?;
    let again = daemon
        .folder
        .run(&["roster", "accept", "duty", "petrova"])?;
    let told = String::from_utf8(again.stderr)?;
    assert!(told.contains("уже принята"), "{told}");
    let shown = verb(&daemon, "roster show duty")?;
    assert!(
        shown.contains("1. Анна Петрова") && shown.contains("(сказал sidorov)"),
        "{shown}"
    );
    assert!(!verb(&daemon, "check")?.contains("не принимает"));
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    callee.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "overflowed_external");
    assert!(
        record.tells("1-й по порядку: Анна Петрова"),
        "{:#?}",
        record.story
    );
    let replayed = daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_that_was_accepted_by_mistake_is_taken_back_and_stays_so() -> Result<()> {
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let plan = handed_over(5, "30m")?;
    let folder = hotline(&plan)
        .outbound(nobody)
        .operator("103", &["--admin"])
        .folder()?;
    tokio::task::block_in_place(|| accepted_long_ago(&folder))?;
    let daemon = folder.serve()?;
    let verb = |daemon: &Daemon, arguments: &str| {
        let words: Vec<&str> = arguments.split(' ').collect();
        daemon.folder.verb(&words)
    };
    let undo = "roster accept duty petrova --undo --why mistake --by sidorov";
    assert!(verb(&daemon, undo).is_err(), "she has accepted nothing");
    verb(&daemon, "roster accept duty petrova")?;
    assert!(verb(&daemon, "roster accept duty petrova --undo").is_err());
    let told = verb(&daemon, undo)?;
    assert!(
        told.contains("принятие смены снято: petrova") && told.contains("1. ivanov"),
        "{told}"
    );

    let mut daemon = daemon.crash_and_restart()?;
    let shown = verb(&daemon, "roster show duty")?;
    assert!(shown.contains("1. ivanov"), "{shown}");
    assert!(shown.contains("mistake (sidorov)"), "{shown}");
    assert!(verb(&daemon, "check")?.contains("не принимает Анна Петрова"));
    // Another word of hers counts, and is taken back over HTTP.
    verb(&daemon, "roster accept duty petrova")?;
    let admin = sign_in(daemon.web, "103", PASSWORD).await?;
    let (path, person) = ("/api/v1/rosters/duty/undo", "petrova");
    let wish = json!({ "person": person, "why": "not she" });
    let other = sign_in(daemon.web, "101", PASSWORD).await?;
    let refused = post_as(daemon.web, &other, path, &wish).await?;
    assert_eq!(refused["error"]["code"], "forbidden", "{refused}");
    let nameless = json!({ "person": person, "why": " " });
    let wrong = post_as(daemon.web, &admin, path, &nameless).await?;
    assert_eq!(wrong["error"]["code"], "bad_reason", "{wrong}");
    let told = post_as(daemon.web, &admin, path, &wish).await?;
    let told = told["told"].as_str().context("what was done")?;
    assert!(told.contains("1. ivanov"), "{told}");
    let again = post_as(daemon.web, &admin, path, &wish).await?;
    assert_eq!(again["error"]["code"], "not_accepted", "{again}");
    assert!(verb(&daemon, "roster show duty")?.contains("not she (103)"));
    daemon.stop()
}

/// This person is on duty now and for a week.
fn sheet(who: &str) -> String {
    let at = |hours: i64| {
        let at = Timestamp::now() + SignedDuration::from_hours(hours);
        at.strftime("%d.%m.%Y %H:%M").to_string()
    };
    format!("Сотрудник;С;По\n{who};{};{}\n", at(-24), at(168))
}

#[test]
fn who_is_on_duty_today_is_called_after_a_rollback() -> Result<()> {
    let callee = Callee::answering()?;
    let first = plan("shifts = \"duty.roster.csv\"")?;
    let folder = hotline(&first).outbound(callee.address).folder()?;
    let (file, roster) = ("dialplans/8800.toml", "dialplans/duty.roster.csv");
    folder.write(roster, &sheet("ivanov"))?;
    let mut daemon = folder.serve()?;
    let verb = |daemon: &Daemon, words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        daemon.folder.verb(&words)
    };
    let second = first.replace("Горячая линия", "Горячая линия, осень");
    daemon.folder.write(file, &second)?;
    verb(&daemon, "reload")?;
    // The shifts of the week: no change of the plan.
    daemon.folder.write(roster, &sheet("petrova"))?;
    verb(&daemon, "reload")?;
    let told = verb(&daemon, "rollback --reason early")?;
    assert!(
        told.contains("действует версия 4 (откат к версии 1)"),
        "{told}"
    );
    assert!(
        told.contains("таблица смен duty.roster.csv: с диска"),
        "{told}"
    );
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    callee.finish(PATIENCE)?;
    // One that does not fit keeps nobody from going back: the one in force stays.
    verb(&daemon, "reload")?;
    daemon.folder.write(roster, &sheet("sidorov"))?;
    let told = verb(&daemon, "rollback 1 --reason early")?;
    assert!(
        told.contains("таблица смен duty.roster.csv: та, что действовала"),
        "{told}"
    );
    assert!(told.contains("к этой версии не подходят"), "{told}");
    let shown = verb(&daemon, "plans show 6")?;
    assert!(shown.contains("petrova;"), "{shown}");
    // Nor does one that cannot be read bring back whoever was on duty then.
    std::fs::write(daemon.folder.path(roster), b"\xcf\xf0")?;
    let told = verb(&daemon, "rollback 2 --reason early")?;
    assert!(
        told.contains("таблица смен duty.roster.csv: та, что действовала"),
        "{told}"
    );
    let record = daemon.record()?;
    assert!(
        record.tells("1-й по порядку: Анна Петрова"),
        "{:#?}",
        record.story
    );
    Ok(())
}

#[test]
fn a_shift_is_accepted_for_its_hour_and_shown_as_calls_go() -> Result<()> {
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let plan = handed_over(-60, "30m")?;
    let mut daemon = hotline(&plan).outbound(nobody).start()?;
    let accept = ["roster", "accept", "duty", "petrova"];
    let told = daemon.folder.verb(&accept)?;
    assert!(
        told.contains("дежурит petrova с ")
            && told.contains("с этого часа звонить будут\n  1. Анна"),
        "{told}"
    );
    // What is being written is not what calls go by.
    let show = ["roster", "show", "duty"];
    let right = daemon.folder.verb(&show)?;
    assert!(!right.contains("на диске"), "{right}");
    let other = plan.replacen("person = \"ivanov\"", "person = \"petrova\"", 1);
    daemon.folder.write("dialplans/8800.toml", &other)?;
    let shown = daemon.folder.verb(&show)?;
    assert!(
        shown.contains("1. ivanov") && shown.contains("на диске этот график другой"),
        "{shown}"
    );
    daemon.reload()?;
    let shown = daemon.folder.verb(&show)?;
    assert!(
        shown.contains("1. Анна Петрова") && !shown.contains("на диске"),
        "{shown}"
    );
    daemon.stop()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_that_is_overdue_is_told_and_accepted_over_http() -> Result<()> {
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let plan = handed_over(60, "10m")?;
    let mut daemon = hotline(&plan)
        .outbound(nobody)
        .operator("103", &["--admin"])
        .start()?;
    daemon.log_line("petrova has not accepted the shift")?;
    let health = get(daemon.web, "/healthz").await?;
    assert_eq!(
        health["details"]["shifts_overdue"],
        json!(["duty"]),
        "{health:#}"
    );
    assert_eq!(health["ready"], true, "calls are taken all the same");
    let page = get(daemon.web, "/metrics").await?;
    let page = page.as_str().unwrap_or_default();
    assert!(page.contains("gudok_shifts_overdue 1"), "{page}");
    assert!(
        page.contains("gudok_alarms_total{what=\"handover_overdue\"} 1"),
        "{page}"
    );

    let reloaded = daemon.folder.verb(&["reload"])?;
    assert!(reloaded.contains("не принимает Анна Петрова"), "{reloaded}");
    let admin = sign_in(daemon.web, "103", PASSWORD).await?;
    let other = sign_in(daemon.web, "101", PASSWORD).await?;
    let accept = "/api/v1/rosters/duty/accept";
    let wish = json!({ "person": "petrova" });
    let refused = post_as(daemon.web, &other, accept, &wish).await?;
    assert_eq!(refused["error"]["code"], "forbidden", "{refused}");
    let wrong = post_as(daemon.web, &admin, accept, &json!({ "person": "petrov" })).await?;
    assert_eq!(wrong["error"]["code"], "unknown_person", "{wrong}");
    let told = post_as(daemon.web, &admin, accept, &wish).await?;
    let told = told["told"].as_str().context("what was done")?;
    assert!(told.contains("1. Анна Петрова"), "{told}");
    let shown = daemon.folder.verb(&["roster", "show", "duty"])?;
    assert!(shown.contains("(сказал 103)"), "{shown}");
    daemon.stop()
}
