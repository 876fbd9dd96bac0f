//! A rush on a whole floor: twenty operators with phones of their own, three times as many callers at once. By its voice
//! each ear tells whom it hears.
use std::collections::BTreeMap;

use anyhow::{Context, Result};
use gudok_phone::Answer;
use gudok_testkit::audio::Sound;
use gudok_testkit::baresip::Phone;
use gudok_testkit::daemon::{Daemon, PASSWORD, Setup};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::softphone::Softphone;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{HOTLINE, ready_desk};

const OPERATORS: usize = 20;
const CALLERS: usize = 60;
/// How long a caller listens to the operator before hanging up. Seconds.
const LISTENS: f32 = 1.0;

/// Who was heard by whom: operator and caller, by their places.
type Pairs = Vec<(usize, usize)>;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_callers_at_once_are_each_heard_by_one_of_twenty_operators() -> Result<()> {
    let mut daemon = setup().start()?;
    let floor = floor(&daemon).await?;
    let by_callers = rush(&daemon).await?;
    let by_operators = heard_by_operators(floor)?;
    daemon.stop()?;
    let rows = rows(&daemon)?;

    let mut callers: Vec<usize> = by_callers.iter().map(|(_, caller)| *caller).collect();
    callers.sort_unstable();
    assert_eq!(callers, (0..CALLERS).collect::<Vec<_>>());
    assert_eq!(sorted(by_callers), sorted(by_operators));
    assert_eq!(rows.len(), CALLERS);
    nobody_speaks_with_two(&rows);
    Ok(())
}

/// Callers hear ringing until somebody answers: nothing but operators is ever heard.
fn setup() -> Setup {
    let names: Vec<String> = (0..OPERATORS).map(|n| format!("\"{}\"", name(n))).collect();
    let plan = format!(
        r#"
[[number]]
did = "+78001234567"
label = "Горячая линия"
answer = "ring"
record = "from_answer"
flow = "main"

[group.floor]
operators = [{}]
strategy = "longest_idle"
ring = "15s"
wrap_up = "0s"

[queue.floor]
callers_max = 100

[[flow.main]]
queue = "floor"
wait = "60s"
on_timeout = "sorry"
on_full = "sorry"
on_no_operators = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "all_busy"
"#,
        names.join(", ")
    );
    let setup = Setup::default().set("sip.digest", "md5").plan(&plan);
    (0..OPERATORS).fold(setup, |setup, n| setup.operator(&name(n), &[]))
}

fn name(operator: usize) -> String {
    (201 + operator).to_string()
}

/// The voices of operators and of callers, none of them near another. Hz.
fn voice_of_operator(n: usize) -> f64 {
    500.0 + 47.0 * n as f64
}

fn voice_of_caller(n: usize) -> f64 {
    1_500.0 + 31.0 * n as f64
}

/// Everybody at work, by baresip: phones first, then desks that are ready.
async fn floor(daemon: &Daemon) -> Result<Vec<(Phone, Desk)>> {
    let mut floor = Vec::new();
    for n in 0..OPERATORS {
        let phone = Phone::with_voice(voice_of_operator(n), &name(n), PASSWORD, daemon.sip)?;
        let desk = ready_desk(daemon, &name(n), Cards::Acknowledged).await?;
        floor.push((phone, desk));
    }
    Ok(floor)
}

/// All call at once; each stays until it has heard its operator for a while.
async fn rush(daemon: &Daemon) -> Result<Pairs> {
    let (sip, mut calls) = (daemon.sip, JoinSet::new());
    for n in 0..CALLERS {
        calls.spawn(async move {
            let user = format!("caller{n}");
            let mut caller = Softphone::start(&user, sip, voice_of_caller(n), Answer::Never)?;
            caller.dial(HOTLINE, &number(n)).await;
            caller.established().await?;
            let voices: Vec<f64> = (0..OPERATORS).map(voice_of_operator).collect();
            let operator = caller.hears_one_of(&voices).await?;
            caller.hears(voices[operator], LISTENS).await?;
            caller.hang_up().await;
            let heard = caller.heard();
            let others = voices.iter().filter(|voice| heard.secs_of(**voice) > 0.0);
            anyhow::ensure!(others.count() == 1, "caller {n} heard more than one");
            Ok((operator, n))
        });
    }
    calls.join_all().await.into_iter().collect()
}

fn number(caller: usize) -> String {
    format!("+7999000{:04}", 1_000 + caller)
}

/// What each phone kept of each of its calls: one voice, that of a caller.
fn heard_by_operators(floor: Vec<(Phone, Desk)>) -> Result<Pairs> {
    let mut pairs = Vec::new();
    for (operator, (phone, _desk)) in floor.into_iter().enumerate() {
        for heard in phone.heard_each()? {
            pairs.push((operator, only_caller(&heard).context("whom it heard")?));
        }
    }
    Ok(pairs)
}

fn only_caller(heard: &Sound) -> Result<usize> {
    let voices = (0..CALLERS).filter(|n| heard.secs_of(voice_of_caller(*n)) > 0.0);
    let voices: Vec<usize> = voices.collect();
    anyhow::ensure!(voices.len() == 1, "{voices:?} in {} s", heard.secs());
    Ok(voices[0])
}

fn sorted(mut pairs: Pairs) -> Pairs {
    pairs.sort_unstable();
    pairs
}

/// The calls on record.
fn rows(daemon: &Daemon) -> Result<Vec<Value>> {
    let told = daemon
        .folder
        .verb(&["calls", "--output", "json", "--limit", "100"])?;
    let rows = told.lines().map(|line| Ok(serde_json::from_str(line)?));
    rows.collect()
}

/// Each was answered, and no operator's talk begins before the last one has ended.
fn nobody_speaks_with_two(rows: &[Value]) {
    let mut talks: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for row in rows {
        assert_eq!(row["outcome"], "answered", "{row:#}");
        let (end, talk) = (row["ended_at"].as_i64(), row["talk_ms"].as_i64());
        let (end, talk) = (end.expect("ended"), talk.expect("talked") * 1_000);
        let who = row["operator"].as_str().expect("answered by somebody");
        talks.entry(who).or_default().push((end - talk, end));
    }
    assert_eq!(talks.len(), OPERATORS, "all are rung before one is again");
    for (who, mut talks) in talks {
        talks.sort_unstable();
        let apart = talks.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        assert!(apart, "{who}: {talks:?}");
    }
}
