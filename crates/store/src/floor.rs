//! The floor as the facts of the journal leave it: what a start restores people from. No call waits for it: it is brought up to the
//! journal at a start and now and then.
use gudok_model::{Floor, FloorEvent, GroupId, Seated, Wall};

use crate::sql;
use crate::store::{QueryError, Store};

/// One fact of the floor on its way from the journal into the database.
#[derive(Clone, PartialEq, Debug)]
pub struct FloorFact {
    /// Its number in the journal; facts are applied in this order, each once.
    pub seq: u64,
    /// When it happened.
    pub at: Wall,
    /// What.
    pub event: FloorEvent,
}

impl Store {
    /// Number of the last record of the journal that the floor is made of.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn floor_known_to(&self) -> Result<u64, QueryError> {
        let seq: i64 = sqlx::query_scalar(sql::FLOOR_POSITION)
            .fetch_one(&self.readers)
            .await
            .map_err(QueryError::because("tell how far the floor is known"))?;
        Ok(u64::try_from(seq).unwrap_or(0))
    }

    /// Everybody who has a seat. A row of a later gudok, which this one cannot read, is nobody.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn floor(&self) -> Result<Floor, QueryError> {
        let rows: Vec<(String,)> = sqlx::query_as(sql::FLOOR)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("read who has a seat"))?;
        let seats = rows.iter().filter_map(|(seated,)| {
            let seated: Seated = serde_json::from_str(seated).ok()?;
            Some((seated.operator.clone(), seated))
        });
        let raised: Vec<(String, String)> = sqlx::query_as(sql::FLOOR_RAISED)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("read which groups are raised"))?;
        let raised = raised.into_iter().filter_map(|(group, actor)| {
            Some((GroupId::new(group), serde_json::from_str(&actor).ok()?))
        });
        Ok(Floor {
            seats: seats.collect(),
            raised: raised.collect(),
        })
    }

    /// Applies facts in the order of the journal, in one transaction with the number `known_to`, up to which it was read. Facts
    /// up to the number before are skipped: a batch may come twice.
    ///
    /// # Errors
    /// When the database does not take it; then nothing of it is applied.
    pub async fn apply_floor(&self, facts: &[FloorFact], known_to: u64) -> Result<(), QueryError> {
        let failed = QueryError::because("apply the facts of the floor");
        let before = self.floor_known_to().await?;
        if known_to <= before {
            return Ok(());
        }
        let mut floor = self.floor().await?;
        for fact in facts.iter().filter(|fact| fact.seq > before) {
            floor.apply(fact.at, &fact.event);
        }
        let seats: Vec<&Seated> = floor.seats.values().collect();
        let seats = serde_json::to_string(&seats).unwrap_or_default();
        let raised = serde_json::to_string(&floor.raised).unwrap_or_default();
        let known_to = i64::try_from(known_to).unwrap_or(i64::MAX);
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        let empty = sqlx::query(sql::FLOOR_DELETE);
        empty.execute(&mut *transaction).await.map_err(&failed)?;
        let fill = sqlx::query(sql::FLOOR_INSERT).bind(seats);
        fill.execute(&mut *transaction).await.map_err(&failed)?;
        let empty = sqlx::query(sql::FLOOR_RAISED_DELETE);
        empty.execute(&mut *transaction).await.map_err(&failed)?;
        let fill = sqlx::query(sql::FLOOR_RAISED_INSERT).bind(raised);
        fill.execute(&mut *transaction).await.map_err(&failed)?;
        let moved = sqlx::query(sql::FLOOR_POSITION_SET).bind(known_to);
        moved.execute(&mut *transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }
}
