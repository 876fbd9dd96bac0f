//! Who reads and says what over HTTP: every page with everybody who may come, in one table.
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{post_as, sign_in, told_as};
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator};

const PLAN: &str = r#"
[outbound]
zone = "Europe/Moscow"
night = "never"

[outbound.prefixes]
"+7999" = { minute = "1.90" }

[[outbound.cli]]
number = "+78001234567"

[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]
ring = "20s"
wrap_up = "1s"

[group.sales]
operators = ["102"]

[queue.tech]

[queue.sales]

[[flow.main]]
queue = "tech"
wait = "5m"
leave_empty = false
on_timeout = "sales"
on_full = "sorry"

[[flow.sales]]
queue = "sales"
wait = "1m"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "goodbye"
reason = "sorry"
"#;

/// Numbers of callers begin so, ours do not; no longer so when masked.
const PII: &str = "7999000";

/// Each with what it is asked with: a call of the operator's own, a request of their group, one of everybody, a missed call's.
const PAGES: [(&str, &str, &str); 34] = [
    ("GET", "/healthz", ""),
    ("GET", "/metrics", ""),
    ("GET", "/api/v1/status", ""),
    ("GET", "/api/v1/calls", ""),
    ("GET", "/api/v1/calls/CALL", ""),
    ("GET", "/api/v1/requests", ""),
    ("GET", "/api/v1/requests?closed=true", ""),
    ("GET", "/api/v1/requests/GROUP", ""),
    ("GET", "/api/v1/requests/ALL", ""),
    ("POST", "/api/v1/requests", r#"{"number": "NUMBER"}"#),
    ("POST", "/api/v1/requests/GROUP/take", "{}"),
    ("POST", "/api/v1/requests/GROUP/later", r#"{"at": LATER}"#),
    ("POST", "/api/v1/requests/ALL/later", r#"{"at": LATER}"#),
    ("POST", "/api/v1/requests/GROUP/dnc", "{}"),
    (
        "POST",
        "/api/v1/dnc",
        r#"{"number": "89990001188", "why": "не звоните"}"#,
    ),
    (
        "POST",
        "/api/v1/dnc",
        r#"{"number": "89990001188", "why": "не звоните", "project": "nobodys"}"#,
    ),
    ("GET", "/api/v1/dnc", ""),
    ("GET", "/api/v1/dnc?number=89990001188", ""),
    (
        "POST",
        "/api/v1/dnc/lift",
        r#"{"number": "89990001188", "why": "договор"}"#,
    ),
    ("GET", "/api/v1/missed", ""),
    ("GET", "/api/v1/missed?all=true", ""),
    (
        "POST",
        "/api/v1/requests/MISSED/done",
        r#"{"note": "робот"}"#,
    ),
    (
        "POST",
        "/api/v1/requests/MISSED/cancel",
        r#"{"note": "робот"}"#,
    ),
    (
        "POST",
        "/api/v1/dial",
        r#"{"number": "89990001133", "purpose": "service"}"#,
    ),
    ("GET", "/api/v1/report?from=0&to=9000000000000000", ""),
    (
        "GET",
        "/api/v1/report?from=0&to=9000000000000000&by=outbound&of=number",
        "",
    ),
    (
        "GET",
        "/api/v1/report?from=0&to=9000000000000000&by=outbound&of=day",
        "",
    ),
    ("GET", "/api/v1/wall", ""),
    (
        "POST",
        "/api/v1/supervise",
        r#"{"cmd": "reserve", "args": {"group": "tech", "on": true}}"#,
    ),
    ("GET", "/api/v1/rosters", ""),
    (
        "POST",
        "/api/v1/rosters/duty/accept",
        r#"{"person": "ivanov"}"#,
    ),
    (
        "POST",
        "/api/v1/rosters/duty/undo",
        r#"{"person": "ivanov", "why": "ошибка"}"#,
    ),
    ("GET", "/api/v1/plans", ""),
    (
        "POST",
        "/api/v1/plans/rollback",
        r#"{"reason": "проверка", "version": 9}"#,
    ),
];

/// What lives is another thing each second: of these pages the table has who may come.
const LIVE: [&str; 2] = ["/api/v1/status", "/api/v1/wall"];

/// What stands in the table for a page and whoever asks for it.
fn cell(page: &str, status: u16, body: &str) -> String {
    if LIVE.contains(&page) {
        return status.to_string();
    }
    let whole = body.contains(PII);
    let is_masked = body.contains("•••");
    match (whole, is_masked) {
        (true, true) => format!("{status} both"),
        (true, false) => format!("{status} whole"),
        (false, true) => format!("{status} masked"),
        (false, false) => status.to_string(),
    }
}

async fn number_of(daemon: &Daemon, key: &str, wish: Value) -> Result<String> {
    let asked = post_as(daemon.web, key, "/api/v1/requests", &wish).await?;
    let id = asked["request"]["request_id"].as_i64();
    Ok(id.with_context(|| format!("{asked:#}"))?.to_string())
}

/// A call that nobody answered, and one that 101 did.
async fn calls(daemon: &mut Daemon) -> Result<(String, String)> {
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(9))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    daemon.log_line("call ended")?;
    let (_phone, mut desk) = operator(daemon, "101", Answer::Auto).await?;
    let talk = Call::new("+79990001144", HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?;
    let answered = desk.event("call.answered").await?;
    let id = answered.body["call_id"]
        .as_str()
        .context("a call")?
        .to_owned();
    talk.finish(PATIENCE)?;
    daemon.log_line("call ended")?;
    let missed = daemon.folder.verb(&["missed", "--json"])?;
    let missed: Value = serde_json::from_str(missed.trim())?;
    let request = missed["request_id"].as_i64().context("to be called")?;
    Ok((id, request.to_string()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_with_everybody() -> Result<()> {
    let daemon = hotline(PLAN)
        .operator("103", &["--supervisor"])
        .operator("104", &["--admin"])
        .operator("105", &["--project", "other"])
        .operator("106", &["--project", "other", "--supervisor"]);
    let mut daemon = daemon.start()?;
    let (call, missed) = calls(&mut daemon).await?;
    let key = daemon.folder.verb(&["tokens", "add", "site"])?;
    let key = key.trim().to_owned();
    let (number, text) = ("+79990001155", "вместо +7 999 000-11-66");
    let group = number_of(&daemon, &key, json!({"number": number, "group": "tech"})).await?;
    let of_all = json!({"number": "+79990001166", "note": text});
    let of_all = number_of(&daemon, &key, of_all).await?;
    let later = jiff::Timestamp::now().as_microsecond() + 3_600_000_000;
    let filled = |text: &str| {
        text.replace("CALL", &call)
            .replace("GROUP", &group)
            .replace("MISSED", &missed)
            .replace("ALL", &of_all)
            .replace("NUMBER", number)
            .replace("LATER", &later.to_string())
    };
    let mut who = vec![("nobody", String::new())];
    for (name, id) in [
        ("other's", "105"),
        ("of sales", "102"),
        ("of tech", "101"),
        ("supervisor", "103"),
        ("other's sup", "106"),
        ("admin", "104"),
    ] {
        who.push((name, sign_in(daemon.web, id, PASSWORD).await?));
    }
    who.push(("key", key));
    let mut table = format!("{:<40}", "");
    for (name, _) in &who {
        write!(table, "{name:<12}")?;
    }
    for (method, page, body) in PAGES {
        write!(table, "\n{:<40}", format!("{method} {}", short(page)))?;
        let (path, body) = (filled(page), filled(body));
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        for (_, token) in &who {
            let (status, told) = told_as(daemon.web, token, (method, &path), &body).await?;
            write!(table, "{:<12}", cell(page, status, &told))?;
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    let table = table.join("\n");
    assert!(table.trim_start() == TABLE, "{table}");
    daemon.stop()?;
    Ok(())
}

fn short(page: &str) -> String {
    page.replace("/api/v1", "")
        .replace("from=0&to=9000000000000000", "…")
}

const TABLE: &str = "\
                                        nobody      other's     of sales    of tech     supervisor  other's sup admin       key
GET /healthz                            200         200         200         200         200         200         200         200
GET /metrics                            200         200         200         200         200         200         200         200
GET /status                             401         200         200         200         200         200         200         401
GET /calls                              401         200         200         200 whole   200 masked  200         200 whole   401
GET /calls/CALL                         401         404         404         200 whole   200 masked  404         200 whole   401
GET /requests                           401         200         200 masked  200 both    200 whole   200         200 whole   401
GET /requests?closed=true               401         200         200 masked  200 both    200 whole   200         200 whole   401
GET /requests/GROUP                     401         404         403         200 whole   200 whole   404         200 whole   200
GET /requests/ALL                       401         404         200 masked  200 masked  200 whole   404         200 whole   200
POST /requests                          401         201 masked  200 whole   200 whole   200 whole   200 whole   200 whole   200 whole
POST /requests/GROUP/take               401         404         403         409         409         404         409         401
POST /requests/GROUP/later              401         404         403         200 whole   200 whole   404         200 whole   401
POST /requests/ALL/later                401         404         200 masked  200 masked  200 whole   404         200 whole   401
POST /requests/GROUP/dnc                401         400         400         400         400         400         400         401
POST /dnc                               401         200         200         200         200         200         200         401
POST /dnc                               401         200         200         200         200         200         422         401
GET /dnc                                401         403         403         403         200 masked  200 masked  200 whole   401
GET /dnc?number=89990001188             401         403         403         403         200 masked  200 masked  200 whole   401
POST /dnc/lift                          401         403         403         403         403         403         200         401
GET /missed                             401         200         200         200 whole   200 whole   200         200 whole   401
GET /missed?all=true                    401         200         200         200 whole   200 whole   200         200 whole   401
POST /requests/MISSED/done              401         404         403         403         403         404         200 whole   401
POST /requests/MISSED/cancel            401         404         409         409         409         404         409         401
POST /dial                              401         422         422         422         422         422         422         401
GET /report?…                           401         403         403         403         200         200         200         401
GET /report?…&by=outbound&of=number     401         403         403         403         200 masked  200         200 whole   401
GET /report?…&by=outbound&of=day        401         403         403         403         200         200         200         401
GET /wall                               401         403         403         403         200         200         200         401
POST /supervise                         401         403         403         403         422         422         422         401
GET /rosters                            401         403         403         403         403         403         200         401
POST /rosters/duty/accept               401         403         403         403         403         403         422         401
POST /rosters/duty/undo                 401         403         403         403         403         403         422         401
GET /plans                              401         403         403         403         403         403         200         401
POST /plans/rollback                    401         403         403         403         403         403         422         401";
