//! Where phones are registered, so that a start can ask them whether they are there.
use gudok_model::{OperatorId, Wall};
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most contacts of one answer.
pub const PHONES_MAX: u32 = 50_000;

/// A contact of a phone.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct PhoneRow {
    /// Whose.
    pub operator_id: String,
    /// As registered.
    pub uri: String,
    /// Our socket, `address:port`.
    pub local: String,
    /// Where its packets go, `address:port`.
    pub remote: String,
    /// User-Agent.
    pub agent: String,
    /// The proxies before it, one a line.
    pub routes: String,
    /// `+sip.instance`.
    pub instance: Option<String>,
    /// `reg-id`.
    pub reg_id: Option<i64>,
    /// Call-ID of the last REGISTER.
    pub sip_call_id: String,
    /// Its number.
    pub cseq: i64,
    /// The end of it. Microseconds since 1970.
    pub expires_at: i64,
}

impl Store {
    /// The contacts of these operators are these from now on, and no others; the last word of an operator counts.
    ///
    /// # Errors
    /// When the database does not take it; then nothing has changed.
    pub async fn phones_bound(
        &self,
        batch: &[(OperatorId, Vec<PhoneRow>)],
    ) -> Result<(), QueryError> {
        let failed = QueryError::because("write down where phones are");
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        for (operator, rows) in batch {
            let forget = sqlx::query(sql::phones::FORGET).bind(operator.as_str());
            forget.execute(&mut *transaction).await.map_err(&failed)?;
            for row in rows {
                let insert = sqlx::query(sql::phones::INSERT)
                    .bind(operator.as_str())
                    .bind(&row.uri)
                    .bind(&row.local)
                    .bind(&row.remote)
                    .bind(&row.agent)
                    .bind(&row.routes)
                    .bind(&row.instance)
                    .bind(row.reg_id)
                    .bind(&row.sip_call_id)
                    .bind(row.cseq)
                    .bind(row.expires_at);
                insert.execute(&mut *transaction).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)
    }

    /// The contacts whose time has not come at this moment, in the order they were written; the others are forgotten.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn phones(&self, at: Wall) -> Result<Vec<PhoneRow>, QueryError> {
        let failed = QueryError::because("list where phones are");
        let expired = sqlx::query(sql::phones::EXPIRED).bind(at.0);
        expired.execute(&self.writer).await.map_err(&failed)?;
        let rows = sqlx::query_as(sql::phones::ALL_BOUND)
            .bind(PHONES_MAX)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(operator: &str, uri: &str, expires_at: i64) -> PhoneRow {
        PhoneRow {
            operator_id: operator.into(),
            uri: uri.into(),
            local: "192.0.2.1:5060".into(),
            remote: "198.51.100.7:5060".into(),
            agent: "Phone/1".into(),
            routes: String::new(),
            instance: Some("\"<urn:uuid:1>\"".into()),
            reg_id: Some(1),
            sip_call_id: "c".into(),
            cseq: 7,
            expires_at,
        }
    }

    async fn uris(store: &Store, at: i64) -> String {
        let rows = store.phones(Wall(at)).await.unwrap();
        let uris: Vec<_> = rows.into_iter().map(|row| row.uri).collect();
        uris.join(" ")
    }

    #[tokio::test]
    async fn the_last_word_of_each_operator_counts_until_its_time() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let of = |who: &str, rows: Vec<PhoneRow>| (OperatorId::new(who), rows);
        let two = vec![row("101", "sip:a", 10), row("101", "sip:b", 30)];
        let first = [of("101", two), of("102", vec![row("102", "sip:c", 20)])];
        store.phones_bound(&first).await.unwrap();
        assert_eq!(
            store.phones(Wall(5)).await.unwrap()[0],
            row("101", "sip:a", 10)
        );
        assert_eq!(uris(&store, 10).await, "sip:b sip:c");
        let gone = [
            of("101", vec![row("101", "sip:d", 40)]),
            of("101", Vec::new()),
        ];
        store.phones_bound(&gone).await.unwrap();
        assert_eq!(uris(&store, 10).await, "sip:c");
    }
}
