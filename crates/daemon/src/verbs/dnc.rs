//! `gudok dnc`: customers who want no calls.
use std::path::Path;
use std::process::ExitCode;

use gudok_model::{Actor, Wall};
use gudok_store::{DNC_SHOWN, DncRow};
use gudok_trace::mask::plain;
use gudok_web::RefusalWish;

use super::calls::date_time;
use super::requests::{reader, say_it, words};
use super::schedule::who;
use super::{block_on, open};
use crate::cli::{Customer, Dnc};
use crate::config;
use crate::control::{Of, Say};

pub(crate) fn dnc(path: &Path, verb: &Dnc) -> anyhow::Result<ExitCode> {
    match verb {
        Dnc::Add(customer) => say_of(path, customer, false),
        Dnc::Remove(customer) => say_of(path, customer, true),
        Dnc::List { all, json } => list(path, *all, *json),
    }
}

fn say_of(path: &Path, customer: &Customer, lift: bool) -> anyhow::Result<ExitCode> {
    let by = words("--by", customer.by.clone().unwrap_or_else(who))?;
    let wish = RefusalWish {
        number: customer.number.clone(),
        purpose: customer.purpose.clone(),
        why: words("--why", customer.why.clone())?,
        project: Some(customer.project.clone()),
    };
    let say = Say {
        by: reader(by, &customer.project),
        of: Of::Customer { wish, lift },
    };
    say_it(&config::read(path)?, &say)?;
    match lift {
        false => say!("записано: просит не звонить; его заявки закрыты"),
        true => say!("снято: звонить можно"),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(path: &Path, all: bool, json: bool) -> anyhow::Result<ExitCode> {
    block_on(async {
        let (_, store) = open(path).await?;
        let rows = store.dnc(None, all, DNC_SHOWN).await?;
        if rows.is_empty() && !json {
            say!("никто не просил не звонить");
        }
        for row in &rows {
            match json {
                true => say!("{}", serde_json::to_string(row)?),
                false => say!("{}", line(row)),
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What was said comes from people.
fn line(row: &DncRow) -> String {
    let of = match row.purpose.as_str() {
        "" => "ни о чём",
        purpose => purpose,
    };
    let lifted = row.lifted_at.map_or_else(String::new, |at| {
        let why = row.lifted_why.as_deref().unwrap_or_default();
        let by = whose(row.lifted_by.as_deref().unwrap_or_default());
        format!("; снято {} ({by}): {why}", date_time(at))
    });
    let Wall(at) = Wall(row.said_at);
    plain(&format!(
        "{:<14} {:<12} {of:<12} {}  записал {}: {}{lifted}",
        row.number,
        row.project,
        date_time(at),
        whose(&row.said_by),
        row.why,
    ))
}

fn whose(by: &str) -> String {
    match serde_json::from_str::<Actor>(by) {
        Ok(Actor::Operator(who) | Actor::Supervisor(who)) => who.to_string(),
        Ok(Actor::Admin(name) | Actor::Policy(name)) => name.to_string(),
        Err(_) => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_whom_not_to_call_who_has_written_it_and_why() {
        let row = DncRow {
            project: "main".to_owned(),
            number: "+79990000042".to_owned(),
            said_by: r#"{"by":"operator","who":"101"}"#.to_owned(),
            why: "не звоните".to_owned(),
            ..DncRow::default()
        };
        let told = line(&row);
        assert!(
            told.starts_with("+79990000042   main         ни о чём "),
            "{told}"
        );
        assert!(told.ends_with("записал 101: не звоните"), "{told}");
        let lifted = DncRow {
            purpose: "advertising".to_owned(),
            lifted_at: Some(0),
            lifted_by: Some(r#"{"by":"admin","who":"ivanov"}"#.to_owned()),
            lifted_why: Some("договор № 5".to_owned()),
            ..row
        };
        let told = line(&lifted);
        assert!(told.contains(" advertising "), "{told}");
        assert!(told.ends_with("(ivanov): договор № 5"), "{told}");
    }
}
