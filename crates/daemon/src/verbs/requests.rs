//! `gudok requests`: what callers were promised and are owed, and who has done it.
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use gudok_model::{PhoneNumber, ProjectId, RequestKind, RequestState, Role, Wall};
use gudok_store::RequestRow;
use gudok_trace::mask::plain;
use gudok_web::Reader;
use serde_json::Value;

use super::calls::date_time;
use super::schedule::who;
use super::{block_on, open};
use crate::cli::{CloseRequest, RequestVerb, Requests};
use crate::clock::wall;
use crate::config::Config;
use crate::control::{self, Of, SAY, Say, Spoken};
use crate::hotline::promised::RequestKey;
use crate::slugs;

/// Longest word about a request, and longest name of who says it. Characters.
const WORDS_MAX: usize = 400;

pub(crate) fn requests(path: &Path, arguments: &Requests) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        None => list(path, arguments),
        Some(RequestVerb::Take { request, operator }) => {
            said(path, (*request, operator.clone()), Spoken::Take)
        }
        Some(RequestVerb::Later { request, time, by }) => {
            let ahead = i64::try_from(time.as_micros())?;
            let at = wall().0.saturating_add(ahead);
            let by = by.clone().unwrap_or_else(who);
            said(path, (*request, by), Spoken::Later { at })
        }
        Some(RequestVerb::Done(which)) => close(path, which, |note| Spoken::Done { note }),
        Some(RequestVerb::Cancel(which)) => {
            named(which)?;
            close(path, which, |note| Spoken::Cancel { note })
        }
        Some(RequestVerb::Dnc(which)) => {
            named(which)?;
            close(path, which, |note| Spoken::Refuse { note })
        }
    }
}

/// Why, where it must be said.
fn named(which: &CloseRequest) -> anyhow::Result<()> {
    let note = which.note.as_deref().unwrap_or_default();
    ensure!(!note.trim().is_empty(), "скажите почему: --note");
    Ok(())
}

fn close(
    path: &Path,
    which: &CloseRequest,
    word: fn(String) -> Spoken,
) -> anyhow::Result<ExitCode> {
    let note = words("--note", which.note.clone().unwrap_or_default())?;
    let by = words("--by", which.by.clone().unwrap_or_else(who))?;
    said(path, (which.request, by), word(note))
}

fn list(path: &Path, arguments: &Requests) -> anyhow::Result<ExitCode> {
    block_on(async {
        let (_, store) = open(path).await?;
        let now = wall();
        let rows = store.requests(None, !arguments.open).await?;
        if rows.is_empty() && !arguments.json {
            say!("{}", none(arguments.open));
        }
        for row in rows {
            match arguments.json {
                true => say!("{}", serde_json::to_string(&row)?),
                false => say!("{}", line(&row, now)),
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn none(open: bool) -> &'static str {
    match open {
        true => "открытых заявок нет",
        false => "заявок нет",
    }
}

/// What is said goes the way of the pages, with the same checks.
fn said(path: &Path, (request, by): (i64, String), word: Spoken) -> anyhow::Result<ExitCode> {
    let (config, row) = block_on(async {
        let (config, store) = open(path).await?;
        let row = store.request(request).await?;
        anyhow::Ok((config, row))
    })?;
    let row = row.with_context(|| format!("нет заявки № {request}"))?;
    ensure!(
        row.open,
        "заявка № {} уже закрыта: {}",
        row.request_id,
        ending(&row)
    );
    let done = done(&word);
    let by = reader(by, &row.project);
    let of = Of::Request { request, word };
    say_it(&config, &Say { by, of })?;
    say!("заявка № {request} {done}");
    Ok(ExitCode::SUCCESS)
}

fn done(word: &Spoken) -> String {
    match word {
        Spoken::Take => "в работе: звонит телефон оператора".to_owned(),
        Spoken::Later { at } => format!("отложена до {}", date_time(*at)),
        Spoken::Cancel { .. } => "отменена".to_owned(),
        Spoken::Done { .. } => "выполнена".to_owned(),
        Spoken::Refuse { .. } => "закрыта: номеру больше не звонят".to_owned(),
    }
}

/// Whoever is at the machine is an admin; who takes a request is the operator whose phone rings.
pub(super) fn reader(by: String, project: &str) -> Reader {
    Reader {
        operator: by.as_str().into(),
        project: project.into(),
        role: Role::Admin,
    }
}

/// Tells the running daemon, and says in Russian why nothing came of it.
pub(super) fn say_it(config: &Config, say: &Say) -> anyhow::Result<()> {
    done_of(&tell(config, say)?)
}

/// What the running daemon answers.
pub(super) fn tell(config: &Config, say: &Say) -> anyhow::Result<Value> {
    let request = format!("{SAY}{}", serde_json::to_string(say)?);
    let told = control::ask(&control::path(config), &request)?;
    serde_json::from_str(&told).context("демон ответил непонятно")
}

/// Whether it was done, and in Russian why not.
pub(super) fn done_of(told: &Value) -> anyhow::Result<()> {
    let error = &told["error"];
    match error["code"].as_str() {
        None => Ok(()),
        // A rule of the plan has a text for people of its own.
        Some("outbound_denied") => bail!(
            "звонить нельзя ({}): {}",
            error["rule"].as_str().unwrap_or_default(),
            error["text"].as_str().unwrap_or_default()
        ),
        Some(code) => bail!("{}", why(code)),
    }
}

fn why(code: &str) -> String {
    let known = match code {
        "closed" => "заявка уже закрыта: gudok requests",
        "not_found" => "такой заявки нет: gudok requests",
        "not_allowed" => "этому оператору её не взять: её должна другая группа",
        "invalid_state" | "customer_calls" => {
            "по ней звонят сейчас, или клиент на линии: gudok requests --open"
        }
        "unknown_request" => "машина по ней не звонит: это сообщение, или ей не хватило места",
        "bad_moment" | "at" => "откладывать можно не дальше чем на 30 дней",
        "note" => "скажите почему: --note",
        "reason_missing" => "скажите, что сказал клиент",
        "note_too_long" => "слишком длинно: не больше 400 знаков",
        "number" => {
            "это не номер телефона, или номер заявки неизвестен; пишите целиком: +79990001122"
        }
        "project" => "назовите, чей это клиент: --project (в плане их несколько или ни одного)",
        "unknown_project" => {
            "такого проекта нет ни у номеров плана, ни у операторов: gudok numbers, gudok operators list"
        }
        "unknown_purpose" => "такой цели нет; бывают service, debt, advertising и survey",
        "unknown_refusal" => {
            "этот номер звонить не запрещал, или не этому проекту: gudok dnc list НОМЕР"
        }
        "dnc_full" => {
            "записать некуда: номеров, просивших не звонить, уже столько, сколько хранится"
        }
        "disk" => "диск не принимает журнал: ничего не сделано, повторите, когда примет",
        "unavailable" => {
            "в журнале это, возможно, есть, а базы ещё не дождались: gudok requests покажет позже"
        }
        _ => return format!("не сделано ({code}): gudok requests --open покажет, как она"),
    };
    known.to_owned()
}

/// Which it is for the switchboard; a message is none.
pub(crate) fn key(row: &RequestRow) -> Option<RequestKey> {
    let kind = match row.kind.as_str() {
        "callback" => RequestKind::Callback,
        "missed" => RequestKind::Missed,
        _ => return None,
    };
    Some(RequestKey {
        project: ProjectId::new(row.project.as_str()),
        number: PhoneNumber::try_from(row.number.clone()?).ok()?,
        kind,
    })
}

pub(super) fn words(key: &str, text: String) -> anyhow::Result<String> {
    ensure!(
        text.chars().count() <= WORDS_MAX,
        "{key}: не больше {WORDS_MAX} знаков"
    );
    Ok(text)
}

/// Numbers and names come from the network and from a CRM.
fn line(row: &RequestRow, now: Wall) -> String {
    let what = match (row.kind.as_str(), row.length_ms) {
        ("callback", _) => "перезвонить".to_owned(),
        ("missed", _) => "пропущен".to_owned(),
        (_, Some(ms)) => format!("сообщение {} с", ms / 1_000),
        ("voicemail", None) => "без записи".to_owned(),
        (kind, None) => kind.to_owned(),
    };
    let again = match row.asked {
        ..=1 => String::new(),
        asked => format!(", просил {asked} раз"),
    };
    let waited = row
        .waited_ms
        .map_or_else(String::new, |ms| format!(", прождал {} с", ms / 1_000));
    plain(&format!(
        "№ {:<8} {what:<15} {:<14} {:<12} до {}  {}{again}{waited}  вызов {}{}{}{}",
        row.request_id,
        row.number.as_deref().unwrap_or("номер скрыт"),
        row.owner.as_deref().unwrap_or("для всех"),
        date_time(row.due_at),
        state(row, now),
        row.last_call_id,
        row.client_name
            .as_ref()
            .map_or_else(String::new, |name| format!("  {name}")),
        row.recording
            .as_ref()
            .map_or_else(String::new, |file| format!("  запись {file}")),
        row.note
            .as_ref()
            .map_or_else(String::new, |note| format!(": {note}")),
    ))
}

fn state(row: &RequestRow, now: Wall) -> String {
    if !row.open {
        return ending(row);
    }
    let how = standing(row);
    match now.since(Wall(row.due_at)) {
        Duration::ZERO => how,
        late => format!("{how}, просрочена на {} мин", late.as_secs() / 60),
    }
}

/// How far one is that is open, as the journal told it last.
fn standing(row: &RequestRow) -> String {
    let told = row.told.as_deref();
    let state = told.and_then(|told| serde_json::from_str::<RequestState>(told).ok());
    let Some(state) = state else {
        return "ждёт".to_owned();
    };
    let at = state.at();
    let at = at.map_or_else(String::new, |Wall(at)| format!(", {}", date_time(at)));
    format!("{}{at}", slugs::request(&state))
}

/// How and by whom it was closed.
pub(crate) fn ending(row: &RequestRow) -> String {
    let by = row.closed_by.as_deref().unwrap_or("?");
    let how = match (row.state.as_str(), by) {
        (_, "caller") => "не нужна: позвонил сам, ответили".to_owned(),
        ("done", "contact") => "выполнена: поговорили".to_owned(),
        ("done", by) => format!("выполнена ({by})"),
        (_, "dnc") => "отменена: просит не звонить".to_owned(),
        (_, by) => format!("отменена ({by})"),
    };
    match &row.closed_note {
        Some(note) => format!("{how}: {note}"),
        None => how,
    }
}
