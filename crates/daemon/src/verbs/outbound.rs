//! `gudok outbound`: may this number be called, and what each rule makes of it.
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use gudok_calendar::{Zone, parse_moment};
use gudok_dialplan::plan::Plan;
use gudok_model::number::parse;
use gudok_model::{NumberRules, OperatorId, PhoneNumber, Refusal, Region, Wall};
use gudok_outbound::{
    Basis, Check, Clock, Decision, Door, Facts, Ground, Home, Purpose, REFUSALS_MAX, Refusals,
    Rules, Standing, Usage, clocks, decide, examine,
};
use gudok_trace::mask::plain;

use super::{block_on, in_force, open_store};
use crate::cli::CheckOutbound;
use crate::config::Config;
use crate::{clock, numbers, zones};

/// Through which doors one may ask, by their words.
const DOORS: [(&str, Door); 3] = [
    ("client", Door::Client),
    ("transfer", Door::Operator),
    ("plan", Door::Plan),
];

/// What the admin asks about.
struct Question {
    door: Door,
    number: PhoneNumber,
    region: Option<Region>,
    home: Home,
    operator: Option<OperatorId>,
    purpose: Purpose,
    basis: Option<Basis>,
    cli: Option<PhoneNumber>,
    at: Wall,
    /// Whoever is called wants no calls.
    refusal: Option<Refusal>,
}

/// Tells the decision and each rule. Exit code 0: the call may be made.
pub(crate) fn check(path: &Path, arguments: &CheckOutbound) -> anyhow::Result<ExitCode> {
    let config = zones::config(path)?;
    let plan = in_force::plan(&config)?;
    let rules = plan.plan.outbound();
    let rules = rules.context(
        "в плане нет [outbound]: правил исходящих нет, и вручную никому не звонят (dialplans/outbound.toml)",
    )?;
    let known = numbers::read(&config)?;
    let mut question = Question::read(arguments, rules, |number| known.region_of(number))?;
    if arguments.zone.is_none() {
        question.home = home(&config, &plan.plan, &question.number)?;
    }
    question.refusal = refusal(&config, &plan.plan, &question)?;
    if let Some(doubt) = plan.doubt {
        say!("{doubt}");
    }
    Ok(match tell(rules, &question) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

impl Question {
    fn read(
        arguments: &CheckOutbound,
        rules: &Rules,
        region: impl Fn(&PhoneNumber) -> Option<Region>,
    ) -> anyhow::Result<Self> {
        let number = e164(&arguments.number)?;
        let at = match &arguments.at {
            None => clock::wall(),
            Some(text) => parse_moment(text, &rules.zone).with_context(|| {
                format!(
                    "--at: «{text}» — не время; пишите 2026-11-23T21:30 или 2026-11-23T21:30+03:00"
                )
            })?,
        };
        let zone = arguments.zone.as_deref().map(|name| {
            Zone::parse(name).map_err(|_| anyhow!("--zone: нет такого часового пояса: «{name}»"))
        });
        Ok(Self {
            door: word("--as", &arguments.door, &DOORS)?,
            region: region(&number),
            number,
            home: zone.transpose()?.map(Home::in_zone).unwrap_or_default(),
            operator: arguments.from.as_deref().map(OperatorId::from),
            purpose: word("--purpose", &arguments.purpose, &Purpose::WORDS)?,
            basis: arguments.basis.as_deref().map(basis).transpose()?,
            cli: arguments.cli.as_deref().map(e164).transpose()?,
            at,
            refusal: None,
        })
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            door: self.door,
            number: &self.number,
            region: self.region.as_ref(),
            home: Some(&self.home),
            operator: self.operator.as_ref(),
            purpose: self.purpose,
            basis: self.basis.as_ref(),
            cli: self.cli.as_ref(),
            usage: Usage::default(),
            refusal: self.refusal.as_ref(),
            asked_at: None,
        }
    }
}

/// Where the cards of the directory say that the client lives. A CRM is not asked.
fn home(config: &Config, plan: &Plan, number: &PhoneNumber) -> anyhow::Result<Home> {
    if !config.paths.database.exists() {
        return Ok(Home::default());
    }
    let projects: BTreeSet<_> = plan.numbers().iter().map(|it| &it.project).collect();
    block_on(async {
        let store = open_store(config).await?;
        let mut home = Home::default();
        for project in projects {
            let found = Home::of(&store.client_by_number(project, number).await);
            if home.zones().is_empty() {
                home = found;
            }
        }
        Ok(home)
    })
}

/// What the database knows of whom not to call, whichever project of the plan they said it to.
fn refusal(config: &Config, plan: &Plan, question: &Question) -> anyhow::Result<Option<Refusal>> {
    if !config.paths.database.exists() {
        return Ok(None);
    }
    block_on(async {
        let store = open_store(config).await?;
        let mut refusals = Refusals::default();
        let most = u32::try_from(REFUSALS_MAX).unwrap_or(u32::MAX);
        for row in store.dnc(most).await? {
            row.refusal().map(|it| refusals.note(it));
        }
        let mut projects = plan.numbers().iter().map(|it| &it.project);
        let (number, purpose) = (&question.number, question.purpose);
        Ok(projects.find_map(|it| refusals.of(it, number, purpose).cloned()))
    })
}

fn e164(text: &str) -> anyhow::Result<PhoneNumber> {
    let parsed = parse(text, &NumberRules::default());
    let number = parsed.e164;
    number.with_context(|| format!("«{}» — не номер телефона", plain(&parsed.raw)))
}

/// `consent`, or with what proves it: `consent:№ 17`.
fn basis(text: &str) -> anyhow::Result<Basis> {
    let (ground, reference) = match text.split_once(':') {
        Some((ground, reference)) => (ground, Some(reference.trim())),
        None => (text, None),
    };
    Ok(Basis {
        ground: word("--basis", ground, &Ground::WORDS)?,
        reference: reference.filter(|it| !it.is_empty()).map(Into::into),
    })
}

fn word<T: Copy>(key: &str, text: &str, words: &[(&str, T)]) -> anyhow::Result<T> {
    let found = words.iter().find(|(word, _)| *word == text);
    if let Some((_, meant)) = found {
        return Ok(*meant);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    bail!("{key}: нет слова «{text}»; можно: {}", known.join(", "))
}

/// Whether it may be called.
fn tell(rules: &Rules, question: &Question) -> bool {
    let (facts, at) = (question.facts(), question.at);
    let region = question.region.as_ref();
    let region = region.map_or_else(|| "регион неизвестен".to_owned(), numbers::told);
    say!("{}: {region}", question.number);
    say!("{}", there(&clocks(rules, &facts, at)));
    let decision = decide(rules, &facts, at);
    say!("{}", told(&decision));
    for check in examine(rules, &facts, at) {
        say!("{}", line(&check));
    }
    say!("сколько уже звонили, здесь не учтено: пределы показаны так, будто ещё никому");
    matches!(decision, Decision::Allowed { .. })
}

fn there(clocks: &[Clock]) -> String {
    let shown = |clock: &Clock| {
        let (date, time) = (clock.local.date, clock.time());
        format!(
            "{date} {time} ({}, {})",
            clock.zone.name(),
            clock.source.told()
        )
    };
    match clocks {
        [] => "который там час, неизвестно".to_owned(),
        [only] => format!("там {}", shown(only)),
        [first, .., last] => {
            let (first, last) = (shown(first), shown(last));
            format!(
                "там может быть от {first} до {last}: годится только час, который годится везде"
            )
        }
    }
}

fn told(decision: &Decision) -> String {
    match decision {
        Decision::Allowed {
            cli, per_minute, ..
        } => match cli {
            Some(cli) => format!("МОЖНО: показываем {cli}, минута {per_minute}"),
            None => format!("МОЖНО: минута {per_minute}"),
        },
        Decision::Blocked { rule, place, text } => format!("НЕЛЬЗЯ: {rule} ({place}): {text}"),
    }
}

fn line(check: &Check) -> String {
    let mark = match check.standing {
        Standing::Passed => "да ",
        Standing::Failed => "НЕТ",
        Standing::Idle => "—  ",
    };
    format!("  {mark} {} ({}): {}", check.rule, check.place, check.text)
}
