//! The floor of the simulated call: who is there, who waits, what is set by hand.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use crate::serve::switchboard_config;
use anyhow::{Context as _, bail, ensure};
use gudok_calendar::Override;
use gudok_dialplan::load::Source;
use gudok_dialplan::plan::Plan;
use gudok_dialplan::problem::Problem;
use gudok_dialplan::{Typed, state};
use gudok_model::{
    Caller, Client, ClientClass, ClientMatch, Dialled, Name, OperatorId, TrunkId, Wall,
};
use gudok_sim::Pressing;
use gudok_sim::scene::Scene;

use crate::cli::Simulate;
use crate::config::{Config, Trunk};
use crate::control;
use crate::hotline::schedules::of_row;
use crate::span::Span;
use crate::verbs::{self, Refused};
use crate::voice::Voice;

/// Largest file of a state. Bytes.
const STATE_MAX: u64 = 1 << 20;
/// The state is asked of the daemon that runs.
const RUNNING: &str = "running";

/// The floor, and what is to be said of it.
pub(super) struct Floor {
    pub(super) scene: Scene,
    /// The client is whoever the directory of the number knows.
    pub(super) own: bool,
    /// What of the daemon's state and record the plan lacks: left out. Russian.
    pub(super) left_out: Vec<String>,
}

/// Everybody of the plan, those named, or as the state says; prompts as long as they are, the client as the directory
/// knows them: then true.
pub(super) fn scene(
    config: &Config,
    trunk: &Trunk,
    plan: &Plan,
    voice: &Voice,
    (caller, dialled, at): (&Caller, &Dialled, Wall),
    arguments: &Simulate,
) -> anyhow::Result<Floor> {
    let answers = answers(&arguments.answer_after)?;
    let everybody = || plan.groups().iter().flat_map(|group| &group.operators);
    let everybody: BTreeSet<OperatorId> = everybody().cloned().collect();
    let ready = match &arguments.ready {
        Some(ready) => named(ready, &everybody)?,
        None => everybody,
    };
    let mut scene = Scene::ready(plan, &ready, answers);
    scene.board = switchboard_config(config, voice);
    scene.trunk = TrunkId::new(trunk.name.as_str());
    let lengths = voice.lengths().into_iter();
    scene.prompts = lengths
        .map(|(name, millis)| (name.to_string(), Duration::from_millis(millis.into())))
        .collect();
    let texts = voice.catalogue().iter();
    scene.texts = texts
        .filter_map(|(name, entry)| Some((name.to_string(), entry.text.as_deref()?.to_owned())))
        .collect();
    scene.digits = digits(arguments.digits.as_deref().unwrap_or_default())?;
    let (given, left_out) = match &arguments.state {
        Some(path) => given(config, plan, at, path)?,
        None => (state::State::default(), Vec::new()),
    };
    let mut left_out: BTreeSet<String> = left_out.into_iter().collect();
    let told = told_client(&arguments.client)?;
    let own = told.is_none() && given.client.is_none();
    if own {
        scene.client.0 = client(config, plan, caller, dialled)?;
    }
    if given.overrides.is_none() {
        scene.overrides = in_force(config, at)?;
        scene.overrides.retain(|(name, _)| {
            let is_known = plan.schedule(name).is_some();
            if !is_known {
                left_out.insert(format!("нет в плане такого графика: «{name}»"));
            }
            is_known
        });
    }
    if given.accepted.is_none() && config.paths.database.exists() {
        scene.accepted = verbs::accepted(config, at)?;
        scene.accepted.retain(|(name, acceptance)| {
            let lacking = lacking(plan, name, &acceptance.person);
            let is_known = lacking.is_none();
            left_out.extend(lacking);
            is_known
        });
    }
    scene.set(given);
    scene.client.0 = told.unwrap_or(scene.client.0);
    Ok(Floor {
        scene,
        own,
        left_out: left_out.into_iter().collect(),
    })
}

/// What the plan lacks of somebody who has accepted a shift. Russian.
fn lacking(plan: &Plan, roster: &Name, person: &Name) -> Option<String> {
    let Some((_, known)) = plan.rosters().find(|(known, _)| *known == roster) else {
        return Some(format!("нет в плане такого графика дежурств: «{roster}»"));
    };
    let is_there = known.people().iter().any(|it| it.name == *person);
    (!is_there).then(|| format!("нет в графике дежурств «{roster}» такого человека: «{person}»"))
}

/// The operators of `--ready`; the plan has each of them. An empty word is nobody.
fn named(
    ready: &[String],
    everybody: &BTreeSet<OperatorId>,
) -> anyhow::Result<BTreeSet<OperatorId>> {
    let ready: BTreeSet<OperatorId> = ready
        .iter()
        .filter(|it| !it.is_empty())
        .map(|it| OperatorId::new(it.as_str()))
        .collect();
    if let Some(stranger) = ready.difference(everybody).next() {
        let known: Vec<&str> = everybody.iter().map(OperatorId::as_str).collect();
        bail!(
            "--ready: нет в плане такого оператора: «{stranger}»; есть: {}",
            known.join(", ")
        );
    }
    Ok(ready)
}

/// Whether the state is asked of the daemon that runs.
pub(super) fn is_of_the_daemon(arguments: &Simulate) -> bool {
    arguments.state.as_deref() == Some(Path::new(RUNNING))
}

/// The state, and what of the daemon's the plan lacks: in a file of the admin's such a name is a mistake.
fn given(
    config: &Config,
    plan: &Plan,
    at: Wall,
    path: &Path,
) -> anyhow::Result<(state::State, Vec<String>)> {
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let is_running = path == Path::new(RUNNING);
    let text = match is_running {
        true => control::ask(&control::path(config), "state")?,
        false => {
            let shown = path.display();
            let size = std::fs::metadata(path).with_context(|| format!("--state: {shown}"))?;
            ensure!(size.len() <= STATE_MAX, "--state: {shown}: больше 1 МиБ");
            std::fs::read_to_string(path).with_context(|| format!("--state: {shown}"))?
        }
    };
    let source = Source { name, text };
    let read = match is_running {
        true => state::read_of_another_plan(plan, at, &source),
        false => state::read(plan, at, &source).map(|state| (state, Vec::new())),
    };
    read.map_err(|problems| {
        let shown: Vec<String> = problems.iter().map(Problem::render).collect();
        let count = problems.len();
        Refused(format!(
            "{}\nсостояние не принято: ошибок — {count}",
            shown.join("\n")
        ))
        .into()
    })
}

/// What is set by hand at that moment, by the record that the daemon keeps; nothing where there is none.
fn in_force(config: &Config, at: Wall) -> anyhow::Result<Vec<(Name, Override)>> {
    if !config.paths.database.exists() {
        return Ok(Vec::new());
    }
    verbs::block_on(async {
        let store = verbs::open_store(config).await?;
        let rows = store.overrides_in_force(at).await?;
        let known = rows.into_iter().filter(|row| row.since <= at.0);
        Ok(known.filter_map(of_row).collect())
    })
}

/// The client that `--client` describes; none without it.
fn told_client(told: &[String]) -> anyhow::Result<Option<ClientMatch>> {
    if told.is_empty() {
        return Ok(None);
    }
    let mut client = Client {
        id: "simulated".into(),
        name: "Клиент".into(),
        class: ClientClass::Regular,
        fields: BTreeMap::new(),
        source: "--client".into(),
    };
    for pair in told {
        let (key, value) = pair
            .split_once('=')
            .with_context(|| format!("--client: «{pair}» — не ключ=значение; пишите class=vip"))?;
        match key {
            "name" => client.name = value.to_owned(),
            "class" => {
                client.class = serde_json::from_value(value.into()).with_context(|| {
                    format!("--client: нет класса «{value}»; есть: regular, vip, lead, engineer, blocked")
                })?;
            }
            _ => {
                client.fields.insert(key.into(), value.into());
            }
        }
    }
    Ok(Some(ClientMatch::One { client, took_ms: 0 }))
}

/// Who calls, as the local directory of the number's project knows them; without a database nobody is known.
fn client(
    config: &Config,
    plan: &Plan,
    caller: &Caller,
    dialled: &Dialled,
) -> anyhow::Result<ClientMatch> {
    let did = dialled.number.e164.as_ref();
    let project = did
        .and_then(|did| plan.number(did))
        .map(|number| number.project.clone());
    let (Some(number), Some(project)) = (caller.e164(), project) else {
        return Ok(ClientMatch::NoNumber);
    };
    if !config.paths.database.exists() {
        return Ok(ClientMatch::None { took_ms: 0 });
    }
    verbs::block_on(async {
        let store = verbs::open_store(config).await?;
        Ok(store.client_by_number(&project, number).await)
    })
}

/// `1,4502#`: the keys at each question; `1 after 40s`: in a queue.
fn digits(text: &str) -> anyhow::Result<Vec<Pressing>> {
    text.split(',').map(|keys| pressing(keys.trim())).collect()
}

fn pressing(text: &str) -> anyhow::Result<Pressing> {
    let (keys, after) = match text.split_once(" after ") {
        Some((keys, after)) => (keys, Span::try_from(after.trim().to_owned()).map(Some)),
        None => (text, Ok(None)),
    };
    match (Typed::try_from(keys.to_owned()), after) {
        (Ok(_), Ok(after)) => Ok(Pressing {
            keys: keys.to_owned(),
            after: after.map(|after| after.0),
        }),
        _ => bail!(
            "--digits: «{text}» — не клавиши телефона; пишите \"1,4502#\", в очереди \"1 after 40s\""
        ),
    }
}

fn answers(text: &str) -> anyhow::Result<Option<Duration>> {
    if text == "never" {
        return Ok(None);
    }
    let secs = text.parse();
    let secs =
        secs.with_context(|| format!("--answer-after: «{text}» — не число секунд и не never"))?;
    Ok(Some(Duration::from_secs(secs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_that_somebody_unknown_has_accepted_is_left_out() {
        let text = "[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nzone = \"UTC\"\nflow = \"main\"\n\n\
                    [roster.duty]\nzone = \"UTC\"\npeople = { ivanov = \"+79990000101\" }\nshifts = [{ person = \"ivanov\", from = 2026-11-23T20:00:00, till = 2026-11-24T08:00:00 }]\n\n\
                    [[flow.main]]\nclose = [\"goodbye\"]\nreason = \"night\"\n";
        let file = Source {
            name: "8800.toml".into(),
            text: text.into(),
        };
        let plan = gudok_dialplan::load::load(&[file]).expect("a plan").plan;
        let lacking = |roster: &str, person: &str| lacking(&plan, &roster.into(), &person.into());
        assert_eq!(lacking("duty", "ivanov"), None);
        let told = |it: Option<String>| it.unwrap_or_default();
        assert!(told(lacking("duty", "petrova")).contains("petrova"));
        assert!(told(lacking("night", "ivanov")).contains("night"));
    }
}
