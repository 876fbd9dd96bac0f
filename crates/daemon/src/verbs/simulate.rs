//! `gudok simulate`: what such a call would meet at such an hour, by the same code that serves live calls.
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use gudok_dialplan::Typed;
use gudok_dialplan::plan::Plan;
use gudok_model::number::parse;
use gudok_model::{
    Caller, Client, ClientClass, ClientMatch, Dialled, IdentitySource, NumberRules, OperatorId,
    Presentation, TrunkId, Wall,
};
use gudok_sim::scene::Scene;
use gudok_sim::story::simulate as play;
use jiff::Timestamp;

use super::{Refused, trunk_named};
use crate::cli::Simulate;
use crate::config::{self, Config, Trunk};
use crate::voice::Voice;
use crate::{clock, numbers, plans};

/// Plays one call and prints its story.
pub(crate) fn simulate(path: &Path, arguments: &Simulate) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let (_, loaded) =
        plans::read(&config.paths.dialplans).map_err(|error| Refused(error.render()))?;
    let voice =
        Voice::read(config.paths.prompts.as_deref()).map_err(|error| Refused(error.to_string()))?;
    let plan = Arc::new(loaded.plan);
    let at = moment(arguments)?;
    let trunk = trunk_named(&config, arguments.trunk.as_deref())?;
    let rules = rules(trunk);
    let dialled = Dialled {
        number: parse(&arguments.to, &rules),
        found_in: IdentitySource::RequestUri,
    };
    ensure!(
        dialled.number.e164.is_some(),
        "--to: «{}» — не номер телефона",
        arguments.to
    );
    is_ours(&plan, &dialled, trunk)?;
    let mut caller = caller(&arguments.from, &rules);
    let numbering = numbers::read(&config)?;
    caller.region = caller.e164().and_then(|number| numbering.region_of(number));
    let region = caller.region.clone();
    let client = match told_client(&arguments.client)? {
        Some(client) => client,
        None => client(&config, &plan, &caller, &dialled)?,
    };
    let scene = scene(trunk, &plan, &voice, client, arguments)?;
    let told = play(Arc::clone(&plan), caller, dialled, at, &scene);
    say!(
        "{} → {}, транк {}, {}",
        arguments.from,
        arguments.to,
        trunk.name,
        local(at)
    );
    if let Some(region) = region {
        let time = numbers::local_time(&region, at);
        let time = time.map_or_else(String::new, |time| format!("; там {time}"));
        say!("звонит: {}{time}", numbers::told(&region));
    }
    if config.crm.is_some() && arguments.client.is_empty() {
        say!(
            "внешний справочник не спрашиваем, клиент — из своего; задать: --client class=vip --client tariff=100"
        );
    }
    for (since, line) in &told.lines {
        say!("{:8.1} с  {line}", since.as_secs_f64());
    }
    match told.outcome {
        Some(_) => Ok(ExitCode::SUCCESS),
        None => {
            say!("вызов не кончается: это ошибка Гудка, сообщите о ней");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn moment(arguments: &Simulate) -> anyhow::Result<Wall> {
    let Some(text) = &arguments.at else {
        return Ok(clock::wall());
    };
    let at: Timestamp = text
        .parse()
        .with_context(|| format!("--at: «{text}» — не время; пишите 2026-11-07T03:05+07:00"))?;
    Ok(Wall(at.as_microsecond()))
}

fn rules(trunk: &Trunk) -> NumberRules {
    NumberRules {
        home_code: trunk.home_code.as_ref().map(|code| code.0.clone()),
        strip: None,
    }
}

/// A call to a number that no plan serves would be refused; who asks has mistyped it.
fn is_ours(plan: &Plan, dialled: &Dialled, trunk: &Trunk) -> anyhow::Result<()> {
    let name = TrunkId::new(trunk.name.as_str());
    if plan.enter(dialled, &name).is_some() {
        return Ok(());
    }
    let number = dialled.number.e164.as_ref();
    if number.is_some_and(|number| plan.number(number).is_some()) {
        bail!(
            "--to: по плану этот номер приходит по другому транку, не по «{}»; укажите --trunk",
            trunk.name
        );
    }
    let ours: Vec<String> = plan
        .numbers()
        .iter()
        .flat_map(|number| &number.dids)
        .map(ToString::to_string)
        .collect();
    let default = trunk.default_did.as_ref();
    let hint = default.map_or_else(String::new, |did| {
        format!(
            "; вызов на чужой номер принял бы default_did: --to {}",
            did.0
        )
    });
    bail!(
        "--to: номера {} нет ни в одном плане; есть: {}{hint}",
        dialled.number.raw,
        ours.join(", ")
    )
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

fn caller(from: &str, rules: &NumberRules) -> Caller {
    if from == "anonymous" {
        return Caller::anonymous();
    }
    let number = parse(from, rules);
    Caller {
        number,
        display: None,
        presentation: Presentation::Allowed,
        asserted_by: IdentitySource::From,
        region: None,
    }
}

/// Everybody of the plan, or those named; prompts as long as they are, the client as the directory knows them.
fn scene(
    trunk: &Trunk,
    plan: &Plan,
    voice: &Voice,
    client: ClientMatch,
    arguments: &Simulate,
) -> anyhow::Result<Scene> {
    let answers = answers(&arguments.answer_after)?;
    let everybody = || plan.groups().iter().flat_map(|group| &group.operators);
    let ready = match &arguments.ready {
        Some(ready) => ready
            .iter()
            .map(|name| OperatorId::new(name.as_str()))
            .collect(),
        None => everybody().cloned().collect(),
    };
    let mut scene = Scene::ready(plan, &ready, answers);
    scene.trunk = TrunkId::new(trunk.name.as_str());
    scene.prompts = voice
        .lengths()
        .map(|(name, length)| (name.to_string(), length))
        .collect();
    scene.client.0 = client;
    scene.digits = digits(arguments.digits.as_deref().unwrap_or_default())?;
    Ok(scene)
}

/// `1,4502#`: the keys at each question.
fn digits(text: &str) -> anyhow::Result<Vec<String>> {
    let keys = text.split(',').map(str::trim);
    let keys = keys.map(|keys| match Typed::try_from(keys.to_owned()) {
        Ok(_) => Ok(keys.to_owned()),
        Err(_) => bail!("--digits: «{keys}» — не клавиши телефона; пишите \"1,4502#\""),
    });
    keys.collect()
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

/// Who calls, as the local directory of the number's project knows them; without a database nobody is known.
fn client(
    config: &Config,
    plan: &Plan,
    caller: &Caller,
    dialled: &Dialled,
) -> anyhow::Result<ClientMatch> {
    let project = dialled
        .number
        .e164
        .as_ref()
        .and_then(|did| plan.number(did))
        .map(|number| number.project.clone());
    let (Some(number), Some(project)) = (caller.e164(), project) else {
        return Ok(ClientMatch::NoNumber);
    };
    if !config.paths.database.exists() {
        return Ok(ClientMatch::None { took_ms: 0 });
    }
    super::block_on(async {
        let store = super::open_store(config).await?;
        Ok(store.client_by_number(&project, number).await)
    })
}

/// In the zone of the machine.
fn local(at: Wall) -> String {
    let at = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}
