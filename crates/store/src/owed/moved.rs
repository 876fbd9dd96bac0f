//! How far a request is: one fact, several columns.
use gudok_model::{CallEvent, OperatorId, RequestState, Wall};
use sqlx::{Sqlite, Transaction};

use super::int;
use crate::fold::slug;
use crate::row::Fact;
use crate::sql;

/// The open request of a key goes on.
pub(super) struct Moved {
    seq: i64,
    project: String,
    number: String,
    kind: String,
    word: &'static str,
    told: String,
    columns: Columns,
}

/// What of a state has a column.
#[derive(Default)]
struct Columns {
    lease_by: Option<String>,
    lease_until: Option<i64>,
    epoch: Option<i64>,
    /// Dialled once more.
    dials: bool,
    /// How often by now, where the state says it.
    attempts: Option<i64>,
    next_at: Option<i64>,
    rule: Option<String>,
}

impl Moved {
    pub(super) fn of(fact: &Fact) -> Option<Self> {
        let CallEvent::RequestMoved {
            project,
            number,
            kind,
            to,
        } = &fact.event
        else {
            return None;
        };
        Some(Self {
            seq: int(fact.seq),
            project: project.to_string(),
            number: number.to_string(),
            kind: slug(kind),
            word: to.word(),
            told: serde_json::to_string(to).unwrap_or_default(),
            columns: Columns::of(to),
        })
    }

    pub(super) async fn write(
        self,
        transaction: &mut Transaction<'_, Sqlite>,
    ) -> Result<(), sqlx::Error> {
        let columns = self.columns;
        let moving = sqlx::query(sql::owed::REQUEST_MOVED)
            .bind(self.project)
            .bind(self.number)
            .bind(self.kind)
            .bind(self.word)
            .bind(self.told)
            .bind(columns.lease_by)
            .bind(columns.lease_until)
            .bind(columns.epoch)
            .bind(columns.dials)
            .bind(columns.attempts)
            .bind(columns.next_at)
            .bind(columns.rule)
            .bind(self.seq);
        moving.execute(&mut **transaction).await.map(|_| ())
    }
}

impl Columns {
    fn of(state: &RequestState) -> Self {
        match state {
            RequestState::Requested | RequestState::ByHand => Self::default(),
            RequestState::Scheduled { at } => Self::next(*at),
            RequestState::Leased {
                by, epoch, until, ..
            } => Self {
                lease_until: Some(until.0),
                ..Self::lease(by, Some(*epoch))
            },
            RequestState::Dialing { by, epoch, .. } => Self {
                dials: true,
                ..Self::lease(by, Some(*epoch))
            },
            RequestState::Connected { by, .. } => Self::lease(by, None),
            RequestState::RetryWait { attempts, at, .. } => Self {
                attempts: Some((*attempts).into()),
                ..Self::next(*at)
            },
            RequestState::Exhausted { attempts } => Self {
                attempts: Some((*attempts).into()),
                ..Self::default()
            },
            RequestState::BlockedByLaw { rule, until } => Self {
                rule: Some(rule.to_string()),
                ..Self::next(*until)
            },
        }
    }

    fn next(Wall(at): Wall) -> Self {
        Self {
            next_at: Some(at),
            ..Self::default()
        }
    }

    fn lease(by: &OperatorId, epoch: Option<u32>) -> Self {
        Self {
            lease_by: Some(by.to_string()),
            epoch: epoch.map(i64::from),
            ..Self::default()
        }
    }
}
