//! A request that its customer's own call had closed is open again.
use gudok_model::CallEvent;
use sqlx::{Sqlite, Transaction};

use super::int;
use crate::fold::slug;
use crate::row::Fact;
use crate::sql;

/// The one that this call closed, where no other of its key is open by now.
pub(super) struct Back {
    seq: i64,
    /// The request, by the call it came by.
    id: String,
    project: String,
    number: String,
    kind: String,
    closed_by: String,
    word: &'static str,
    told: String,
    next_at: Option<i64>,
}

impl Back {
    pub(super) fn of(fact: &Fact) -> Option<Self> {
        let CallEvent::RequestBack {
            project,
            number,
            kind,
            call,
            to,
        } = &fact.event
        else {
            return None;
        };
        Some(Self {
            seq: int(fact.seq),
            id: fact.call.to_string(),
            project: project.to_string(),
            number: number.to_string(),
            kind: slug(kind),
            closed_by: call.to_string(),
            word: to.word(),
            told: serde_json::to_string(to).unwrap_or_default(),
            next_at: to.at().map(|at| at.0),
        })
    }

    pub(super) async fn write(
        self,
        transaction: &mut Transaction<'_, Sqlite>,
    ) -> Result<(), sqlx::Error> {
        let opening = sqlx::query(sql::owed::REQUEST_BACK)
            .bind(self.project)
            .bind(self.number)
            .bind(self.kind)
            .bind(self.id)
            .bind(self.closed_by)
            .bind(self.word)
            .bind(self.told)
            .bind(self.next_at)
            .bind(self.seq);
        opening.execute(&mut **transaction).await.map(|_| ())
    }
}
