//! `gudok tokens`: keys of programs that ask for calls in the name of a business, such as a form on a site.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use gudok_model::ProjectId;
use gudok_store::{ApiTokenRow, NewApiToken};
use gudok_web::requests::SCOPE;
use gudok_web::tokens::hash_of;

use super::calls::date_time;
use super::schedule::who;
use super::{block_on, open};
use crate::cli::{AddToken, Tokens};
use crate::clock::wall;

/// Longest name of a key. Characters.
const NAME_MAX: usize = 64;

pub(crate) fn tokens(path: &Path, verb: &Tokens) -> anyhow::Result<ExitCode> {
    match verb {
        Tokens::Add(wish) => add(path, wish),
        Tokens::List => list(path),
        Tokens::Revoke { name } => revoke(path, name),
    }
}

/// It is shown once: only its hash is written down.
fn add(path: &Path, wish: &AddToken) -> anyhow::Result<ExitCode> {
    let fits = (1..=NAME_MAX).contains(&wish.name.chars().count());
    ensure!(
        fits && !wish.name.chars().any(char::is_control),
        "имя ключа: от 1 до {NAME_MAX} знаков в одной строке"
    );
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).context("нет случайных чисел")?;
    let token: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let (project, by) = (ProjectId::new(wish.project.as_str()), who());
    let added = block_on(async {
        let (_, store) = open(path).await?;
        let key = NewApiToken {
            name: &wish.name,
            project: &project,
            scope: SCOPE,
            hash: &hash_of(&token),
            by: &by,
        };
        Ok(store.add_api_token(&key, wall()).await?)
    })?;
    ensure!(
        added,
        "ключ «{}» уже есть; отзовите его (gudok tokens revoke) или назовите новый иначе",
        wish.name
    );
    say!("{token}");
    Ok(ExitCode::SUCCESS)
}

fn list(path: &Path) -> anyhow::Result<ExitCode> {
    block_on(async {
        let (_, store) = open(path).await?;
        let rows = store.api_tokens().await?;
        if rows.is_empty() {
            say!("ключей нет: gudok tokens add ИМЯ");
        }
        for row in rows {
            say!("{}", line(&row));
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn line(row: &ApiTokenRow) -> String {
    let revoked = match (row.revoked_at, &row.revoked_by) {
        (Some(at), Some(by)) => format!("отозван {} ({by})", date_time(at)),
        _ => "действует".to_owned(),
    };
    format!(
        "{:<20} {:<12} {:<10} выдан {} ({})  {revoked}",
        row.name,
        row.project,
        row.scope,
        date_time(row.created_at),
        row.created_by
    )
}

fn revoke(path: &Path, name: &str) -> anyhow::Result<ExitCode> {
    let revoked = block_on(async {
        let (_, store) = open(path).await?;
        Ok(store.revoke_api_token(name, &who(), wall()).await?)
    })?;
    ensure!(
        revoked,
        "нет действующего ключа «{name}»: gudok tokens list"
    );
    say!("ключ «{name}» отозван");
    Ok(ExitCode::SUCCESS)
}
