//! Who calls: the local client directory.
use std::collections::BTreeMap;
use std::time::Instant;

use gudok_model::{Client, ClientClass, ClientMatch, LookupError, PhoneNumber, ProjectId};
use sqlx::FromRow;

use crate::sql;
use crate::store::Store;

/// Most candidates shown to an operator.
pub const CANDIDATES_MAX: u32 = 8;

#[derive(FromRow)]
struct ClientRow {
    client_id: String,
    name: String,
    class: String,
    fields: String,
    source: String,
}

impl Store {
    /// Looks the number up among the clients of a project. Never fails: a database that does not answer is a value
    /// too. Measures itself; the deadline is the caller's.
    pub async fn client_by_number(&self, project: &ProjectId, number: &PhoneNumber) -> ClientMatch {
        let texts = [project.as_str(), number.as_str()];
        self.found(sql::CLIENTS_BY_NUMBER, texts).await
    }

    /// The same by a field of the card, or by `id`; spaces and hyphens do not count.
    pub async fn client_by_field(
        &self,
        project: &ProjectId,
        field: &str,
        value: &str,
    ) -> ClientMatch {
        let texts = [project.as_str(), field, value];
        self.found(sql::CLIENTS_BY_FIELD, texts).await
    }

    async fn found<const N: usize>(
        &self,
        statement: &'static str,
        texts: [&str; N],
    ) -> ClientMatch {
        let begun = Instant::now();
        let rows: Result<Vec<ClientRow>, _> = self.clerks.ask(statement, texts).await;
        let Ok(rows) = rows else {
            return ClientMatch::Error {
                error: LookupError::Unreachable,
            };
        };
        let took_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        let mut candidates: Vec<Client> = rows.into_iter().map(client).collect();
        match candidates.len() {
            0 => ClientMatch::None { took_ms },
            1 => ClientMatch::One {
                client: candidates.remove(0),
                took_ms,
            },
            _ => ClientMatch::Many {
                candidates,
                took_ms,
            },
        }
    }
}

fn client(row: ClientRow) -> Client {
    let fields: BTreeMap<String, String> = serde_json::from_str(&row.fields).unwrap_or_default();
    let class = serde_json::from_value::<ClientClass>(row.class.into()).unwrap_or_default();
    Client {
        id: row.client_id,
        name: row.name,
        class,
        fields,
        source: row.source,
    }
}
