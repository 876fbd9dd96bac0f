//! `[outbound]` and the rules of the law.
use gudok_calendar::Date;
use gudok_model::Name;
use gudok_outbound::law::KINDS;
use gudok_outbound::{
    Cli, ContactLimits, Demand, Ground, Law, Limits, Prefix, Prefixes, Purpose, Rules, Terms,
};

use super::document::{Document, Table, Value, list, word_of};
use crate::draft::DraftOutbound;
use crate::shape::outbound::{DENIED, NEVER};

pub(super) fn outbound(outbound: &DraftOutbound, document: &mut Document) {
    let DraftOutbound {
        rules,
        holidays: calendar,
        at: _,
    } = outbound;
    let Rules {
        zone,
        // Put together when all files are known: of the calendar that is named beside it.
        holidays: _,
        night,
        limits,
        operator,
        talk_max,
        prefixes,
        clis,
        // Printed on its own.
        law: _,
        places: _,
    } = rules;
    let night = night.map_or_else(|| NEVER.to_owned(), |it| it.written());
    let table = Table::default()
        .with("zone", zone.name())
        .may("holidays", calendar.as_ref())
        .with("night", night.as_str())
        .with("talk_max", *talk_max);
    document.table("outbound", &table);
    document.table("outbound.limits", &of_limits(limits));
    document.table("outbound.operator", &of_limits(operator));
    document.table("outbound.prefixes", &of_prefixes(prefixes));
    for it in clis {
        document.row("outbound.cli", &cli(it));
    }
}

fn of_limits(limits: &Limits) -> Table {
    let Limits {
        at_once,
        per_hour,
        per_day,
    } = limits;
    let roubles = i64::try_from(per_day.0 / 100).unwrap_or(i64::MAX);
    Table::default()
        .with("at_once", *at_once)
        .with("per_hour", *per_hour)
        .with("roubles_per_day", Value::Int(roubles))
}

fn of_prefixes(prefixes: &Prefixes) -> Table {
    let add = |table: Table, (beginning, prefix): (&Name, &Prefix)| {
        let Prefix { terms, place: _ } = prefix;
        match terms {
            Terms::Denied => table.with(beginning, DENIED),
            Terms::Allowed { per_minute, zone } => {
                let tariff = Table::default()
                    .with("minute", per_minute.written().as_str())
                    .may("zone", zone.as_ref().map(|it| it.name()));
                table.with(beginning, tariff)
            }
        }
    };
    prefixes.iter().fold(Table::default(), add)
}

fn cli(cli: &Cli) -> Table {
    let Cli {
        number,
        owner,
        label,
        category,
        contract,
        valid_to,
        purposes,
        place: _,
    } = cli;
    Table::default()
        .with("number", number.as_str())
        .may("owner", owner.as_deref())
        .may("label", label.as_deref())
        .may("category", category.as_deref())
        .may("contract", contract.as_deref())
        .may("valid_to", valid_to.map(day))
        .unless_empty("purposes", words(&Purpose::WORDS, purposes))
}

pub(super) fn law(law: &Law, document: &mut Document) {
    let Law {
        name,
        article,
        from,
        till,
        purposes,
        to,
        demand,
        place: _,
    } = law;
    let table = Table::default()
        .with("article", article.as_str())
        .with("from", day(*from))
        .may("till", till.map(day))
        .unless_empty("purposes", words(&Purpose::WORDS, purposes))
        .unless_empty("to", words(&KINDS, to));
    let table = match demand {
        Demand::Hours { working, days_off } => table
            .with("hours", working.written().as_str())
            .with("days_off", days_off.written().as_str()),
        Demand::Basis { grounds, proof } => table
            .with("basis", Value::List(words(&Ground::WORDS, grounds)))
            .may("proof", proof.then_some(true)),
        Demand::Contacts(limits) => table.with("contacts", contacts(*limits)),
        Demand::Label => table.with("label", true),
    };
    document.table(&format!("law.{name}"), &table);
}

fn contacts(limits: ContactLimits) -> Table {
    let ContactLimits { day, week, month } = limits;
    Table::default()
        .may("day", day)
        .may("week", week)
        .may("month", month)
}

fn words<T: PartialEq>(known: &[(&'static str, T)], meant: &[T]) -> Vec<Value> {
    list(meant.iter().map(|it| word_of(known, it)))
}

fn day(date: Date) -> Value {
    Value::Text(date.to_string())
}
