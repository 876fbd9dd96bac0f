//! Who is signed in, over a restart and after another password: tokens are asked for in memory, and written down as hashes.
use std::collections::BTreeSet;
use std::sync::Arc;

use gudok_model::{OperatorId, ProjectId, Wall};
use gudok_store::{QueryError, SessionRow, Store};
use gudok_web::tokens::PER_OPERATOR_MAX;
use gudok_web::{Answer, OnRecord, SignIns, Tokens, Unavailable};

use crate::clock::wall;

/// Those of the runs before: whoever is signed in is so after a restart, with the same token.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn at_start(store: &Store) -> Result<Arc<Tokens>, QueryError> {
    let (tokens, now) = (Tokens::default(), wall());
    let rows = store.sessions(now).await?;
    tokens.restore(rows.into_iter().map(of_row).collect(), now);
    Ok(Arc::new(tokens))
}

/// Whose password was changed, or who was removed, since it was last looked is signed in no more: another process writes
/// that down.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn look_again(tokens: &Tokens, store: &Store) -> Result<(), QueryError> {
    // In this order: who signs in meanwhile is not among them.
    let known = tokens.on_record();
    let rows = store.sessions(wall()).await?;
    let there: BTreeSet<_> = rows.into_iter().map(|row| row.token_hash).collect();
    tokens.end(&(&known - &there));
    Ok(())
}

fn of_row(row: SessionRow) -> OnRecord {
    OnRecord {
        hash: row.token_hash,
        operator: OperatorId::new(row.operator_id),
        project: ProjectId::new(row.project),
        expires_at: Wall(row.expires_at),
    }
}

/// The record of sign-ins.
pub(crate) struct Book(pub Store);

impl SignIns for Book {
    fn keep<'a>(
        &'a self,
        hash: &'a str,
        operator: &'a OperatorId,
        at: Wall,
        expires_at: Wall,
    ) -> Answer<'a, ()> {
        let each = u32::try_from(PER_OPERATOR_MAX).unwrap_or(u32::MAX);
        Box::pin(async move {
            let life = (at, expires_at);
            let kept = self.0.sign_in_kept(hash, operator, life, each).await;
            kept.map_err(|error| Unavailable(error.to_string()))
        })
    }

    fn end<'a>(&'a self, hash: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let ended = self.0.signed_out(hash).await;
            ended
                .map(drop)
                .map_err(|error| Unavailable(error.to_string()))
        })
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{AutoAnswer, OperatorProfile};
    use gudok_store::NewOperator;

    use super::*;

    fn anna(password: &str) -> NewOperator<'_> {
        let profile = OperatorProfile {
            id: "anna".into(),
            name: "Анна".into(),
            project: "isp1".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: false,
            phone: None,
            role: gudok_model::Role::Operator,
        };
        NewOperator {
            profile,
            realm: "gudok",
            password,
        }
    }

    #[tokio::test]
    async fn a_token_is_good_after_a_restart_and_ends_with_its_password() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("gudok.db"))
            .await
            .expect("opens");
        let added = store.add_operator(&anna("long-password"), wall()).await;
        added.expect("added");
        let tokens = at_start(&store).await.expect("read");
        let issued = tokens.issue(&"anna".into(), &"isp1".into(), wall());
        let issued = issued.expect("issued");
        let book = Book(store.clone());
        let (operator, hash) = ("anna".into(), &issued.hash);
        let kept = book.keep(hash, &operator, wall(), issued.expires_at);
        kept.await.expect("kept");
        tokens.kept(&issued.hash);
        // One that the database did not take is nobody's loss as long as this run lasts.
        let other = tokens.issue(&"anna".into(), &"isp1".into(), wall());
        let other = other.expect("issued").token;

        let next = at_start(&store).await.expect("read");
        assert!(next.session(&issued.token).is_some() && next.session(&other).is_none());

        let changed = store.update_operator(&anna("other-password")).await;
        changed.expect("changed");
        look_again(&tokens, &store).await.expect("read");
        assert!(tokens.session(&issued.token).is_none() && tokens.session(&other).is_some());
        let next = at_start(&store).await.expect("read");
        assert_eq!(next.count(), 0);
    }
}
