//! A simulated call beside a live one: the same floor, the same steps for the same reasons.
use std::time::Duration;

use anyhow::{Context as _, Result};
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Folder, Setup};
use gudok_testkit::record::Record;
use serde_json::Value;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans};

/// What is compared of a story as `gudok explain` tells it: what was decided, who was asked, how it ended, each with its
/// reasons. How many seconds something had lasted is a matter of the machine.
fn steps<'a>(story: impl Iterator<Item = &'a str>) -> Vec<String> {
    let kinds = [
        "решение: ",
        "в очереди ",
        "предложен",
        "соединены: ",
        "исход: ",
    ];
    let mut steps = Vec::new();
    let mut ours = false;
    for line in story {
        let reason = line.starts_with("    · ");
        ours = if reason {
            ours
        } else {
            kinds.iter().any(|kind| line.starts_with(kind))
        };
        if ours {
            steps.push(without_seconds(line));
        }
    }
    steps
}

/// `ждёт 3 с` → `ждёт N с`.
fn without_seconds(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let word = |index: usize| {
        let next = words
            .get(index + 1)
            .is_some_and(|next| *next == "с" || next.starts_with("с,"));
        let number = words[index].parse::<f64>().is_ok();
        if next && number { "N" } else { words[index] }
    };
    (0..words.len()).map(word).collect::<Vec<_>>().join(" ")
}

fn live_steps(record: &Record) -> Vec<String> {
    // Each fact has its time before it; its reasons do not.
    let lines = record.story.iter().skip(1);
    let bare = lines.map(|line| match line.starts_with(' ') {
        true => line.as_str(),
        false => line
            .split_once("  ")
            .map_or(line.as_str(), |(_, rest)| rest),
    });
    steps(bare)
}

fn simulated(folder: &Folder, more: &[&str]) -> Result<Value> {
    let verb = ["simulate", "--from", CALLER, "--to", HOTLINE, "--json"];
    Ok(serde_json::from_str(
        &folder.verb(&[&verb, more].concat())?,
    )?)
}

/// The call on record took the steps that a simulation of it takes, for the same reasons; `more` says what the caller and the
/// operators did.
pub(crate) fn agrees(record: &Record, folder: &Folder, more: &[&str]) -> Result<()> {
    let simulated = simulated_steps(&simulated(folder, more)?)?;
    assert_eq!(live_steps(record), simulated, "{:#?}", record.story);
    assert!(simulated.len() > 2, "{simulated:#?}");
    Ok(())
}

fn simulated_steps(told: &Value) -> Result<Vec<String>> {
    let facts = told["facts"].as_array().context("facts")?;
    let lines = facts
        .iter()
        .flat_map(|fact| fact["told"].as_array().into_iter().flatten());
    Ok(steps(lines.filter_map(Value::as_str)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_takes_the_steps_of_the_live_call_for_the_same_reasons() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (mut first, _first_desk) = operator(&daemon, "101", Answer::Manual).await?;
    let (mut second, _second_desk) = operator(&daemon, "102", Answer::Auto).await?;
    let running = simulated(&daemon.folder, &["--state", "running"])?;
    assert!(running["in_force"].is_null(), "{running}");
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(1))
        .start(daemon.sip)?;
    first.event("CALL_INCOMING")?;
    first.hang_up()?;
    second.event("CALL_ESTABLISHED")?;
    // The state is the daemon's, the plan is not: it is said.
    let beside = plans::open() + "\n# beside\n";
    daemon.folder.write("dialplans/8800.toml", &beside)?;
    let other = simulated(&daemon.folder, &["--state", "running"])?;
    assert_eq!(other["in_force"], 1, "{other}");
    let verb = ["simulate", "--from", CALLER, "--to", HOTLINE];
    let told = daemon
        .folder
        .verb(&[&verb[..], &["--state", "running"]].concat())?;
    assert!(
        told.contains("у демона действует другой, версия 1"),
        "{told}"
    );
    // Whom the plan on disk lacks takes no part, and is named.
    let fewer = plans::open().replacen("\"101\", ", "", 1);
    daemon.folder.write("dialplans/8800.toml", &fewer)?;
    let lacks = simulated(&daemon.folder, &["--state", "running"])?;
    let left_out = &lacks["left_out"][0];
    assert_eq!(left_out, "нет в плане такого оператора: «101»", "{lacks}");
    let nobody = daemon
        .folder
        .run(&[&verb[..], &["--ready", "101"]].concat())?;
    let error = String::from_utf8_lossy(&nobody.stderr);
    assert!(
        error.contains("--ready: нет в плане такого оператора: «101»"),
        "{error}"
    );
    daemon.folder.write("dialplans/8800.toml", &beside)?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;

    let state = "[operator.101]\nstate = \"ready\"\nanswers = \"rejects\"\n\
                 [operator.102]\nstate = \"ready\"\nanswers = \"1s\"\n";
    daemon.folder.write("floor.toml", state)?;
    agrees(&record, &daemon.folder, &["--state", "floor.toml"])?;
    record.line("предложен оператору 102");

    // As the daemon had it before the call: both are there, and the first of the list is asked first.
    let steps = simulated_steps(&running)?;
    assert!(
        steps
            .iter()
            .any(|step| step.contains("соединены: оператор 101")),
        "{steps:#?}"
    );
    let why = running["not_offered"].to_string();
    assert!(why.contains("в списке группы стоит ниже"), "{why}");
    Ok(())
}

#[test]
fn a_state_is_played_and_what_is_wrong_in_it_has_a_place() -> Result<()> {
    let folder = Setup::default().plan(&plans::patient()).folder()?;
    let busy = "[operator.101]\nstate = \"talking\"\nsince = \"2m\"\nleft = \"10s\"\n\
                [operator.102]\nstate = \"not_ready\"\nreason = \"LUNCH\"\n\
                [[waiting]]\nqueue = \"tech\"\nsince = \"40s\"\npriority = 5\n";
    folder.write("busy.toml", busy)?;
    let said = "simulate --from +79990001122 --to 88001234567 --state busy.toml --svg way.svg";
    let told = folder.verb(&said.split(' ').collect::<Vec<_>>())?;
    for words in [
        "не предлагаем 101: разговаривает",
        "не предлагаем 102: не готов: LUNCH",
        "другой вызов: предлагаем оператору 101",
        "другой вызов: разговор с оператором 101",
    ] {
        assert!(told.contains(words), "«{words}»: {told}");
    }
    let drawn = std::fs::read_to_string(folder.path("way.svg"))?;
    assert!(
        drawn.contains("queue tech") && drawn.contains("8800.toml:"),
        "{drawn}"
    );

    folder.write("wrong.toml", "[operator.109]\nstate = \"redy\"\n")?;
    let wrong = "simulate --from +79990001122 --to 88001234567 --state wrong.toml";
    let refused = folder.run(&wrong.split(' ').collect::<Vec<_>>())?;
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(64), "{error}");
    assert!(
        error.contains("wrong.toml:1:11") && error.contains("«redy»"),
        "{error}"
    );
    Ok(())
}

/// What a picture is made of: elements, the names of their attributes, the values that are addresses; as an XML parser that is not
/// ours reads it.
const PARSED: &str = "import sys, json, xml.etree.ElementTree as E\n\
    tree = E.parse(sys.argv[1])\n\
    print(json.dumps([[it.tag.split('}')[-1].lower(), [k.split('}')[-1].lower() for k in it.attrib], it.text or ''] for it in tree.iter()]))";

#[test]
fn hostile_names_are_text_in_json_and_in_pictures_and_nothing_else() -> Result<()> {
    let hostile = "<script>alert(1)</script>\" onload=\"x' & ]]> \u{202e}gnp.exe \u{feff}";
    let long = "я".repeat(4_000);
    let label = hostile.replace('\\', "").replace('"', "\\\"");
    let plan = plans::open().replace("label = \"Горячая линия\"", &format!("label = \"{label}\""));
    assert!(plan.contains("script"));
    let folder = Setup::default().plan(&plan).folder()?;
    for name in [
        hostile,
        "\u{1b}[31mred\u{7}\u{0}".trim_end_matches('\0'),
        &long,
    ] {
        let client = format!("name={name}");
        let verb = [
            "simulate", "--from", CALLER, "--to", HOTLINE, "--json", "--svg", "way.svg",
            "--client", &client,
        ];
        let told: Value = serde_json::from_str(&folder.verb(&verb)?)?;
        assert!(
            told["facts"]
                .as_array()
                .is_some_and(|facts| !facts.is_empty()),
            "{told}"
        );
        let drawn = folder.path("way.svg");
        let parsed = std::process::Command::new("python3")
            .args(["-c", PARSED])
            .arg(&drawn)
            .output()?;
        let error = String::from_utf8_lossy(&parsed.stderr).into_owned();
        assert!(parsed.status.success(), "{error}");
        let parsed: Value = serde_json::from_slice(&parsed.stdout)?;
        let elements = parsed.as_array().context("elements")?;
        for element in elements {
            let tag = element[0].as_str().unwrap_or_default();
            assert!(
                !["script", "foreignobject", "iframe", "image", "use", "a"].contains(&tag),
                "{element}"
            );
            let attributes = element[1].as_array().into_iter().flatten();
            for attribute in attributes.filter_map(Value::as_str) {
                assert!(
                    !attribute.starts_with("on") && attribute != "href",
                    "{element}"
                );
            }
        }
        let text = parsed.to_string();
        assert!(
            text.contains("<script>alert(1)"),
            "the label is text: {text}"
        );
        assert!(!std::fs::read_to_string(&drawn)?.contains("<script"));
    }
    Ok(())
}
