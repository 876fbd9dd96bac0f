//! `gudok dnc`: customers who want no calls.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use gudok_model::number::parse;
use gudok_model::{Actor, NumberRules, Wall};
use gudok_outbound::REFUSALS_MAX;
use gudok_store::{DNC_SHOWN, DncAsked, DncRow, DncShown};
use gudok_trace::mask::plain;
use gudok_web::RefusalWish;
use serde_json::Value;

use super::calls::date_time;
use super::requests::{done_of, reader, tell, words};
use super::schedule::who;
use super::{block_on, open};
use crate::cli::{Customer, Dnc};
use crate::config;
use crate::control::{Of, Say};

pub(crate) fn dnc(path: &Path, verb: &Dnc) -> anyhow::Result<ExitCode> {
    match verb {
        Dnc::Add(customer) => say_of(path, customer, false),
        Dnc::Remove(customer) => say_of(path, customer, true),
        Dnc::List { number, all, json } => list(path, number.as_deref(), (*all, *json)),
    }
}

fn say_of(path: &Path, customer: &Customer, lift: bool) -> anyhow::Result<ExitCode> {
    let by = words("--by", customer.by.clone().unwrap_or_else(who))?;
    let wish = RefusalWish {
        number: customer.number.clone(),
        purpose: customer.purpose.clone(),
        why: words("--why", customer.why.clone())?,
        project: customer.project.clone(),
    };
    // Who sits at the machine is of no project: the daemon knows the plan's.
    let say = Say {
        by: reader(by, ""),
        of: Of::Customer { wish, lift },
    };
    let told = tell(&config::read(path)?, &say)?;
    let others = of_all(&told["error"]["holds"]);
    if !others.is_empty() {
        bail!(
            "об этом он не просил; он просит не звонить {others}: gudok dnc list НОМЕР, --purpose"
        );
    }
    done_of(&told)?;
    say!("{}", came(&told, customer.purpose.as_deref(), lift));
    Ok(ExitCode::SUCCESS)
}

/// What came of it. Without figures where the database is late: the journal has it, no more is known.
fn came(told: &Value, purpose: Option<&str>, lift: bool) -> String {
    let holds = of_all(&told["holds"]);
    match (lift, told["closed"].as_u64()) {
        (false, None) => "записано; базы ещё не дождались: gudok dnc list".to_owned(),
        (true, None) => "снято; базы ещё не дождались: gudok dnc list".to_owned(),
        (false, Some(closed)) => {
            let said = match told["again"].as_bool() {
                Some(true) => {
                    "записано снова: об этом он уже просил, теперь стоят новые слова и время"
                }
                _ => "записано",
            };
            format!("{said}; просит не звонить {holds}; закрыто заявок: {closed}")
        }
        (true, Some(_)) if holds.is_empty() => "снято: звонить можно".to_owned(),
        (true, Some(_)) => {
            let lifted = of(purpose.unwrap_or_default());
            format!("снято ({lifted}); но он просит не звонить {holds}, и это стоит")
        }
    }
}

/// What somebody wants no calls for.
fn of_all(holds: &Value) -> String {
    let all = holds.as_array().into_iter().flatten();
    let all = all.map(|it| of(it.as_str().unwrap_or_default()));
    all.collect::<Vec<_>>().join(", ")
}

fn of(purpose: &str) -> String {
    match purpose {
        "" => "ни о чём".to_owned(),
        purpose => format!("о {purpose}"),
    }
}

fn list(path: &Path, number: Option<&str>, (all, json): (bool, bool)) -> anyhow::Result<ExitCode> {
    let number = number.map(|raw| {
        let number = parse(raw, &NumberRules::default()).e164;
        number.context("это не номер телефона; пишите целиком: +79990001122")
    });
    let number = number.transpose()?;
    let most = match json {
        true => u32::try_from(REFUSALS_MAX).unwrap_or(u32::MAX),
        false => DNC_SHOWN,
    };
    let asked = DncAsked {
        project: None,
        number: number.as_ref(),
        all,
        most,
    };
    block_on(async {
        let (_, store) = open(path).await?;
        let shown = store.dnc_of_late(&asked).await?;
        for row in &shown.rows {
            match json {
                true => say!("{}", serde_json::to_string(row)?),
                false => say!("{}", line(row)),
            }
        }
        if let Some(rest) = rest(&shown).filter(|_| !json) {
            say!("{rest}");
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What is said of those that are not shown.
fn rest(shown: &DncShown) -> Option<String> {
    let (few, total) = (shown.rows.len(), shown.total);
    if total == 0 {
        return Some("никто не просил не звонить".to_owned());
    }
    let is_all = i64::try_from(few).is_ok_and(|few| few >= total);
    (!is_all).then(|| {
        format!(
            "показаны {few} из {total}, последние; один номер — gudok dnc list НОМЕР, все — --json"
        )
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
    use serde_json::json;

    use super::*;

    #[test]
    fn the_answer_says_what_is_new_what_was_closed_and_what_still_holds() {
        let told = |again, closed, holds| json!({"done": true, "again": again, "closed": closed, "holds": holds});
        let added = |told: &Value| came(told, None, false);
        let lifted = |told: &Value| came(told, Some("advertising"), true);
        assert_eq!(
            added(&told(false, 2, json!([null]))),
            "записано; просит не звонить ни о чём; закрыто заявок: 2"
        );
        let again = added(&told(true, 0, json!(["advertising"])));
        assert!(again.starts_with("записано снова: "), "{again}");
        assert!(
            again.ends_with("не звонить о advertising; закрыто заявок: 0"),
            "{again}"
        );
        let stands = lifted(&told(true, 0, json!([null])));
        assert_eq!(
            stands,
            "снято (о advertising); но он просит не звонить ни о чём, и это стоит"
        );
        assert_eq!(lifted(&told(true, 0, json!([]))), "снято: звонить можно");
        let late = added(&json!({"done": true}));
        assert!(late.contains("базы ещё не дождались"), "{late}");
    }

    #[test]
    fn who_is_not_shown_is_counted() {
        let shown = |rows, total| DncShown {
            rows: vec![DncRow::default(); rows],
            total,
        };
        assert_eq!(
            rest(&shown(0, 0)).as_deref(),
            Some("никто не просил не звонить")
        );
        assert_eq!(rest(&shown(3, 3)), None);
        let told = rest(&shown(2, 3)).expect("one is left");
        assert!(told.starts_with("показаны 2 из 3, последние"), "{told}");
    }

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
