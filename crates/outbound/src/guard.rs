//! The decision. Every rule is looked at, in one order; the first that is not kept is the refusal.
use gudok_calendar::Zone;
use gudok_model::number::parse;
use gudok_model::{Kind, Name, NumberRules, OperatorId, PhoneNumber, Refusal, Region, Wall};

use crate::counters::{Load, Usage};
use crate::home::Home;
use crate::hours::{Clock, Source, holds, zones};
use crate::law::{Demand, Idle, Law};
use crate::limits::{Kopecks, Limits};
use crate::prefixes::Terms;
use crate::purpose::{Basis, Door, Purpose};
use crate::register::Cli;
use crate::rules::Rules;

mod demand;

/// The rule that says where calls go at all: the one refusal that no hour lifts, but another plan alone.
pub const PREFIX: &str = "prefix";

/// The rule of those who want no calls. Its place is who has written that down, and when.
pub const DNC: &str = "dnc";

/// What is known of the call that somebody wants to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts<'a> {
    /// Through which door it leaves.
    pub door: Door,
    /// Whom.
    pub number: &'a PhoneNumber,
    /// What the number tells of its place.
    pub region: Option<&'a Region>,
    /// Where they are known to live: counts beside what the number tells.
    pub home: Option<&'a Home>,
    /// Who calls; None: the plan.
    pub operator: Option<&'a OperatorId>,
    /// For what.
    pub purpose: Purpose,
    /// On which ground.
    pub basis: Option<&'a Basis>,
    /// The number to show; None: the first of the register that fits.
    pub cli: Option<&'a PhoneNumber>,
    /// What was called so far.
    pub usage: Usage,
    /// They have said that they want no such calls.
    pub refusal: Option<&'a Refusal>,
    /// When they asked for this very call themselves: on a call of theirs, or by a form. None: they did not.
    pub asked_at: Option<Wall>,
}

/// Whether a call may be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It may.
    Allowed {
        /// The number to show. None through doors on which no client is called: what is shown there is not ours to say.
        cli: Option<PhoneNumber>,
        /// A begun minute.
        per_minute: Kopecks,
        /// Whether some rule counts it as a contact.
        counted: bool,
        /// Every rule that was kept.
        why: Vec<Check>,
    },
    /// It may not.
    Blocked {
        /// The first rule that is not kept.
        rule: Name,
        /// Where it is written.
        place: Name,
        /// Why, as people are told. Russian.
        text: String,
    },
}

/// One rule and what it makes of the call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// `prefix`, `dnc` (where they have refused), `night`, `at_once`, `per_hour`, `per_day`, the same with `operator_` before, `room`, `cli`, or the name of
    /// a `[law.NAME]`.
    pub rule: Name,
    /// Where it is written.
    pub place: Name,
    /// What it makes of the call.
    pub standing: Standing,
    /// Russian.
    pub text: String,
}

/// What a rule makes of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is kept.
    Passed,
    /// It is not.
    Failed,
    /// It says nothing of such a call, or not today.
    Idle,
}

/// Whether this call may be made now.
pub fn decide(rules: &Rules, facts: &Facts<'_>, now: Wall) -> Decision {
    let checks = examine(rules, facts, now);
    let failed = checks.iter().find(|it| it.standing == Standing::Failed);
    let terms = rules.prefixes.find(facts.number).map(|(_, it)| &it.terms);
    match (failed, terms) {
        (None, Some(Terms::Allowed { per_minute, .. })) => Decision::Allowed {
            cli: shown(rules, facts, now).map(|cli| cli.number.clone()),
            per_minute: *per_minute,
            counted: is_counted(rules, facts, now),
            why: checks,
        },
        (Some(failed), _) => Decision::Blocked {
            rule: failed.rule.clone(),
            place: failed.place.clone(),
            text: failed.text.clone(),
        },
        // Nothing but an allowed prefix lets a call out, whatever the checks say.
        (None, _) => Decision::Blocked {
            rule: PREFIX.into(),
            place: rules.places.outbound.clone(),
            text: "нет разрешённого направления".to_owned(),
        },
    }
}

/// Every rule with what it makes of this call, in the order in which they are asked.
pub fn examine(rules: &Rules, facts: &Facts<'_>, now: Wall) -> Vec<Check> {
    let mut checks = vec![prefix(rules, facts)];
    if facts.door == Door::Client {
        checks.extend(refusal(rules, facts));
    }
    if facts.door != Door::Plan {
        checks.extend(night(rules, now));
    }
    let price = price(rules, facts).for_talk(rules.talk_max);
    let of_all = (&rules.limits, facts.usage.all, &rules.places.limits);
    checks.extend(limits(["at_once", "per_hour", "per_day"], of_all, price));
    if facts.operator.is_some() {
        let names = ["operator_at_once", "operator_per_hour", "operator_per_day"];
        let own = (
            &rules.operator,
            facts.usage.operator,
            &rules.places.operator,
        );
        checks.extend(limits(names, own, price));
    }
    if facts.usage.is_full {
        let text = "счётчики исходящих полны: ещё один звонок сосчитать негде";
        checks.push(Check::of("room", &rules.places.limits, false, text));
    }
    if facts.door == Door::Client {
        checks.push(cli(rules, facts, now));
        let laws = rules.law.values();
        checks.extend(laws.map(|law| by_law(rules, law, facts, now)));
    }
    checks
}

/// What the clocks of whoever is called show, each time of day once. Empty: nobody knows where they are.
pub fn clocks(rules: &Rules, facts: &Facts<'_>, now: Wall) -> Vec<Clock> {
    Clock::read(&zones_of(rules, facts), now)
}

impl Check {
    fn of(rule: &str, place: &Name, is_kept: bool, text: impl Into<String>) -> Self {
        let standing = match is_kept {
            true => Standing::Passed,
            false => Standing::Failed,
        };
        Self {
            rule: rule.into(),
            place: place.clone(),
            standing,
            text: text.into(),
        }
    }
}

fn prefix(rules: &Rules, facts: &Facts<'_>) -> Check {
    let Some((beginning, prefix)) = rules.prefixes.find(facts.number) else {
        let text =
            "направления нет в [outbound.prefixes]: звонить можно только туда, что там названо";
        return Check::of(PREFIX, &rules.places.outbound, false, text);
    };
    match &prefix.terms {
        Terms::Denied => {
            let text = format!("направление {beginning} запрещено");
            Check::of(PREFIX, &prefix.place, false, text)
        }
        Terms::Allowed { per_minute, .. } => {
            let text = format!("направление {beginning} разрешено, минута {per_minute}");
            Check::of(PREFIX, &prefix.place, true, text)
        }
    }
}

/// Who asks for a call after they wanted none has asked for that one: a new consent, and for nothing else.
fn refusal(rules: &Rules, facts: &Facts<'_>) -> Option<Check> {
    let said = facts.refusal?;
    let clock = Clock {
        zone: rules.zone.clone(),
        local: rules.zone.local(said.at),
        source: Source::House,
    };
    let when = format!("{} {}", clock.local.date, clock.time());
    let (who, why) = (said.who(), &said.why);
    let of = match &said.purpose {
        Some(_) => format!(" (цель «{}»)", facts.purpose.told()),
        None => String::new(),
    };
    let place = Name::from(format!("{who} {when}"));
    let asked = facts.asked_at.filter(|at| *at > said.at);
    let text = match asked {
        Some(_) => format!("просил не звонить{of} {when}, но потом сам попросил об этом звонке"),
        None => format!("просил не звонить{of}: записал {who} {when}: «{why}»"),
    };
    Some(Check::of(DNC, &place, asked.is_some(), text))
}

fn night(rules: &Rules, now: Wall) -> Option<Check> {
    let night = rules.night?;
    let clock = Clock {
        zone: rules.zone.clone(),
        local: rules.zone.local(now),
        source: Source::House,
    };
    let is_night = holds(night, clock.minute());
    let text = format!(
        "ночь {} по часам {}: сейчас {}",
        night.written(),
        rules.zone.name(),
        clock.time()
    );
    Some(Check::of("night", &rules.places.night, !is_night, text))
}

/// `price`: what the longest talk costs.
fn limits(
    names: [&str; 3],
    (limits, load, place): (&Limits, Load, &Name),
    price: Kopecks,
) -> [Check; 3] {
    let [at_once, per_hour, per_day] = names;
    let (calls, hour) = (load.at_once, load.last_hour);
    let cost = load.last_day + price;
    [
        Check::of(
            at_once,
            place,
            calls < limits.at_once,
            format!("сейчас исходящих {calls}, можно {}", limits.at_once),
        ),
        Check::of(
            per_hour,
            place,
            hour < limits.per_hour,
            format!("за час исходящих {hour}, можно {}", limits.per_hour),
        ),
        Check::of(
            per_day,
            place,
            cost <= limits.per_day,
            format!(
                "за сутки {}, этот звонок — до {price}, можно {}",
                load.last_day, limits.per_day
            ),
        ),
    ]
}

fn cli(rules: &Rules, facts: &Facts<'_>, now: Wall) -> Check {
    let today = rules.today(now);
    let outbound = &rules.places.outbound;
    let Some(wanted) = facts.cli else {
        return match shown(rules, facts, now) {
            Some(cli) => Check::of("cli", &cli.place, true, format!("покажем {}", cli.number)),
            None => {
                let text = "в реестре [[outbound.cli]] нет номера, который можно показать при таком звонке";
                Check::of("cli", outbound, false, text)
            }
        };
    };
    let Some(cli) = rules.clis.iter().find(|it| it.number == *wanted) else {
        let text = format!("номера {wanted} нет в реестре [[outbound.cli]]");
        return Check::of("cli", outbound, false, text);
    };
    let fault = match cli.valid_to {
        Some(last) if !cli.is_valid(today) => format!("договор номера {wanted} кончился {last}"),
        _ if !cli.serves(facts.purpose) => {
            format!("номер {wanted} не для цели «{}»", facts.purpose.told())
        }
        _ => return Check::of("cli", &cli.place, true, format!("покажем {wanted}")),
    };
    Check::of("cli", &cli.place, false, fault)
}

/// The number of the register to show: the one that is wanted, or the first that fits and lacks nothing that is demanded.
fn shown<'a>(rules: &'a Rules, facts: &Facts<'_>, now: Wall) -> Option<&'a Cli> {
    if facts.door != Door::Client {
        return None;
    }
    let today = rules.today(now);
    let serves = |cli: &&Cli| cli.is_valid(today) && cli.serves(facts.purpose);
    if let Some(wanted) = facts.cli {
        return rules
            .clis
            .iter()
            .filter(serves)
            .find(|it| it.number == *wanted);
    }
    let kind = kind_of(facts.number);
    let labels = rules.law.values().filter(|it| it.demand == Demand::Label);
    let mut labels = labels.filter(|it| it.idle(today, facts.purpose, kind).is_none());
    let whole = labels.next().is_some();
    let mut fit = rules.clis.iter().filter(serves);
    let labelled = fit.clone().find(|it| it.lacks().is_empty());
    match whole {
        true => labelled.or_else(|| fit.next()),
        false => fit.next(),
    }
}

fn by_law(rules: &Rules, law: &Law, facts: &Facts<'_>, now: Wall) -> Check {
    let today = rules.today(now);
    let Some(idle) = law.idle(today, facts.purpose, kind_of(facts.number)) else {
        let (is_kept, text) = match &law.demand {
            Demand::Hours { working, days_off } => {
                let clocks = clocks(rules, facts, now);
                demand::hours(rules, (*working, *days_off), &clocks)
            }
            Demand::Basis { grounds, proof } => demand::basis(grounds, *proof, facts.basis),
            Demand::Contacts(limits) => {
                let zones = zones_of(rules, facts).into_iter();
                let zones: Vec<Zone> = zones.map(|(zone, _)| zone).collect();
                demand::contacts(law, *limits, (&facts.usage.contacts, &zones), now)
            }
            Demand::Label => demand::label(shown(rules, facts, now)),
        };
        let text = format!("{}: {text}", law.article);
        return Check::of(&law.name, &law.place, is_kept, text);
    };
    let why = match idle {
        Idle::Early => format!("вступает в силу {}", law.from),
        Idle::Over => "больше не действует".to_owned(),
        Idle::Purpose => format!("не о цели «{}»", facts.purpose.told()),
        Idle::Number => "не о таких номерах".to_owned(),
    };
    Check {
        rule: law.name.clone(),
        place: law.place.clone(),
        standing: Standing::Idle,
        text: format!("{}: {why}", law.article),
    }
}

/// Whether a rule in force counts contacts of such calls.
fn is_counted(rules: &Rules, facts: &Facts<'_>, now: Wall) -> bool {
    let (today, kind) = (rules.today(now), kind_of(facts.number));
    let mut laws = rules.law.values();
    facts.door == Door::Client
        && laws.any(|law| {
            matches!(law.demand, Demand::Contacts(_))
                && law.idle(today, facts.purpose, kind).is_none()
        })
}

fn price(rules: &Rules, facts: &Facts<'_>) -> Kopecks {
    match rules.prefixes.find(facts.number).map(|(_, it)| &it.terms) {
        Some(Terms::Allowed { per_minute, .. }) => *per_minute,
        Some(Terms::Denied) | None => Kopecks(0),
    }
}

fn zones_of(rules: &Rules, facts: &Facts<'_>) -> Vec<(Zone, Source)> {
    let of_prefix = match rules.prefixes.find(facts.number).map(|(_, it)| &it.terms) {
        Some(Terms::Allowed { zone, .. }) => zone.as_ref(),
        Some(Terms::Denied) | None => None,
    };
    let home = facts.home.map(Home::zones).unwrap_or_default();
    zones(home, facts.region, of_prefix)
}

fn kind_of(number: &PhoneNumber) -> Kind {
    parse(number.as_str(), &NumberRules::default()).kind
}
