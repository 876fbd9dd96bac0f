//! `gudok simulate`: what such a call would meet at such an hour, by the same code that serves live calls.
mod floor;
mod picture;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use gudok_calendar::Zone;
use gudok_dialplan::plan::Plan;
use gudok_model::number::parse;
use gudok_model::{
    Caller, Dialled, IdentitySource, NumberRules, Presentation, Region, TrunkId, Wall,
};
use gudok_sim::scene::Scene;
use gudok_sim::story::{Story, simulate as play};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Refused, trunk_named};
use crate::cli::Simulate;
use crate::config::Trunk;
use crate::story as told;
use crate::voice::Voice;
use crate::{clock, numbers, plans, zones};

/// Plays one call and prints its story.
pub(crate) fn simulate(path: &Path, arguments: &Simulate) -> anyhow::Result<ExitCode> {
    let config = zones::config(path)?;
    let (_, loaded) =
        plans::read(&config.paths.dialplans).map_err(|error| Refused(error.render()))?;
    let voice = Voice::read(&config).map_err(|error| Refused(error.to_string()))?;
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
    let call = (&caller, &dialled, at);
    let floor::Floor {
        scene,
        own,
        left_out,
    } = floor::scene(&config, trunk, &plan, &voice, call, arguments)?;
    let asked = Asked {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        region: caller.region.clone(),
        at,
        crm: config.crm.is_some() && own,
        in_force: match floor::is_of_the_daemon(arguments) {
            true => super::plans::in_force_beside(&config)?,
            false => None,
        },
        left_out,
    };
    let (from, to) = (caller.clone(), dialled.clone());
    let story = play(Arc::clone(&plan), from, to, at, &scene);
    if let Some(path) = &arguments.svg {
        picture::save(path, &plan, (&caller, &dialled, at), &story)?;
    }
    match arguments.json {
        true => say!("{:#}", asked.json(&plan, &scene, &story)?),
        false => asked.tell(&scene, &story),
    }
    if !arguments.json
        && let Some(path) = &arguments.svg
    {
        say!("записан {}", path.display());
    }
    Ok(match story.outcome {
        Some(_) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    })
}

/// What was asked, for the head of the answer.
struct Asked {
    from: String,
    to: String,
    region: Option<Region>,
    at: Wall,
    /// A CRM would have been asked, and is not.
    crm: bool,
    /// The state is the daemon's, but the plan, which is on disk, is not: the version that the daemon has.
    in_force: Option<u64>,
    /// What of the daemon's state and record the plan lacks.
    left_out: Vec<String>,
}

impl Asked {
    fn tell(&self, scene: &Scene, story: &Story) {
        let (from, to, at) = (&self.from, &self.to, local(self.at));
        say!("{from} → {to}, транк {}, {at}", scene.trunk);
        if let Some(region) = &self.region {
            let time = numbers::local_time(region, self.at);
            let time = time.map_or_else(String::new, |time| format!("; там {time}"));
            say!("звонит: {}{time}", numbers::told(region));
        }
        for (schedule, set) in &scene.overrides {
            let told = set.told(&Zone::utc());
            say!("график {schedule}: {} {told}, время UTC", set.set.code());
        }
        if let Some(version) = self.in_force {
            say!(
                "план — с диска, у демона действует другой, версия {version}: так пойдёт после gudok reload; в чём разница — gudok check --against running"
            );
        }
        for told in &self.left_out {
            say!("из состояния демона не взято: {told}");
        }
        if self.crm {
            say!(
                "внешний справочник не спрашиваем, клиент — из своего; задать: --client class=vip --client tariff=100"
            );
        }
        for (since, line) in &story.lines {
            say!("{:8.1} с  {line}", since.as_secs_f64());
        }
        if story.outcome.is_none() {
            say!("вызов не кончается: это ошибка Гудка, сообщите о ней");
        }
    }

    /// The shape is described in `crates/sim/README.md`.
    fn json(&self, plan: &Plan, scene: &Scene, story: &Story) -> anyhow::Result<Value> {
        let line =
            |(at, text): &(Duration, String)| json!({ "at_s": at.as_secs_f64(), "text": text });
        let facts = story.facts.iter().map(|(at, fact)| {
            let mut shown = serde_json::to_value(fact)?;
            shown["at_s"] = at.as_secs_f64().into();
            shown["told"] = told::lines(fact).into();
            Ok(shown)
        });
        let not_offered = story.not_offered.iter().map(|(at, operator, why)| {
            json!({
                "at_s": at.as_secs_f64(), "operator": operator, "code": why.code, "text": why.text,
            })
        });
        let (outcome, termination) = story.outcome.clone().unzip();
        Ok(json!({
            "from": self.from,
            "to": self.to,
            "trunk": scene.trunk,
            "at": Timestamp::from_microsecond(self.at.0)?.to_string(),
            "plan": plan.generation(),
            "in_force": self.in_force,
            "left_out": self.left_out,
            "overrides": scene.overrides,
            "crm_not_asked": self.crm,
            "story": story.lines.iter().map(line).collect::<Vec<_>>(),
            "facts": facts.collect::<anyhow::Result<Vec<_>>>()?,
            "not_offered": not_offered.collect::<Vec<_>>(),
            "outcome": outcome,
            "termination": termination,
        }))
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

/// In the zone of the machine.
fn local(at: Wall) -> String {
    let at = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}
