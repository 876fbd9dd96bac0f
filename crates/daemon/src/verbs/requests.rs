//! `gudok requests`: what callers were promised and are owed, and who has done it.
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use gudok_model::{CallId, PhoneNumber, ProjectId, RequestEnd, RequestKind, RequestState, Wall};
use gudok_store::RequestRow;
use gudok_trace::mask::plain;

use super::calls::date_time;
use super::schedule::who;
use super::{block_on, open};
use crate::cli::{CloseRequest, RequestVerb, Requests};
use crate::clock::wall;
use crate::config::Config;
use crate::control::{self, CLOSE_REQUEST, REFUSED};
use crate::hotline::promised::{Closing, RequestKey};
use crate::slugs;

/// Longest word about a request, and longest name of who says it. Characters.
const WORDS_MAX: usize = 400;

pub(crate) fn requests(path: &Path, arguments: &Requests) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        None => list(path, arguments),
        Some(RequestVerb::Done(which)) => close(path, which, RequestEnd::Done),
        Some(RequestVerb::Cancel(which)) => close(path, which, RequestEnd::Cancelled),
    }
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

fn close(path: &Path, which: &CloseRequest, end: RequestEnd) -> anyhow::Result<ExitCode> {
    let (config, row) = block_on(async {
        let (config, store) = open(path).await?;
        let row = store.request(which.request).await?;
        anyhow::Ok((config, row))
    })?;
    let row = row.with_context(|| format!("нет заявки № {}", which.request))?;
    ensure!(
        row.open,
        "заявка № {} уже закрыта: {}",
        row.request_id,
        ending(&row)
    );
    say!("{}", told(&config, &closing(&row, which, end)?)?.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn closing(row: &RequestRow, which: &CloseRequest, end: RequestEnd) -> anyhow::Result<Closing> {
    ensure!(
        row.kind != "missed" || which.note.is_some(),
        "пропущенный вызов закрывает разговор с этим номером; если разговора не будет, скажите почему: --note"
    );
    let note = which.note.clone().map(|note| words("--note", note));
    Ok(Closing {
        call: CallId(row.call_id.parse().context("номер вызова в базе")?),
        request: u64::try_from(row.request_id).context("номер заявки")?,
        end,
        by: words("--by", which.by.clone().unwrap_or_else(who))?,
        note: note.transpose()?,
        key: key(row),
    })
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

fn words(key: &str, text: String) -> anyhow::Result<String> {
    ensure!(
        text.chars().count() <= WORDS_MAX,
        "{key}: не больше {WORDS_MAX} знаков"
    );
    Ok(text)
}

fn told(config: &Config, closing: &Closing) -> anyhow::Result<String> {
    let request = format!("{CLOSE_REQUEST}{}", serde_json::to_string(closing)?);
    let told = control::ask(&control::path(config), &request)?;
    if let Some(why) = told.strip_prefix(REFUSED) {
        bail!("{}", why.trim_end());
    }
    Ok(told)
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
