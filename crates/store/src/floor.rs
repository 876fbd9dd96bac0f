//! The floor as the facts of the journal leave it: what a start restores people from. No call waits for it: it is brought up to the
//! journal at a start and now and then.
use std::collections::BTreeMap;

use gudok_model::{
    AlarmStands, Alarmed, Floor, FloorEvent, Given, GroupId, OperatorId, ProjectId, Seated, Stands,
    Wall, Which,
};
use serde::Serialize;
use sqlx::{FromRow, Sqlite, Transaction};

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
            given: self.given().await?,
            alarms: self.alarms().await?,
        })
    }

    async fn given(&self) -> Result<BTreeMap<OperatorId, Given>, QueryError> {
        let rows: Vec<(String, String)> = sqlx::query_as(sql::FLOOR_GIVEN)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("read to whom groups are given"))?;
        let given = rows.into_iter().filter_map(|(who, given)| {
            Some((OperatorId::new(who), serde_json::from_str(&given).ok()?))
        });
        Ok(given.collect())
    }

    async fn alarms(&self) -> Result<Alarmed, QueryError> {
        let rows: Vec<AlarmRow> = sqlx::query_as(sql::FLOOR_ALARMS)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("read which alarms are on"))?;
        let mut alarms = Alarmed::default();
        for row in rows {
            alarms.put(row.stands());
        }
        Ok(alarms)
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
        let known_to = i64::try_from(known_to).unwrap_or(i64::MAX);
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        write(&mut transaction, &floor).await.map_err(&failed)?;
        let moved = sqlx::query(sql::FLOOR_POSITION_SET).bind(known_to);
        moved.execute(&mut *transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }
}

/// All of it anew.
async fn write(
    transaction: &mut Transaction<'_, Sqlite>,
    floor: &Floor,
) -> Result<(), sqlx::Error> {
    let seats: Vec<&Seated> = floor.seats.values().collect();
    let alarms = floor.alarms.told();
    let alarms: Vec<AlarmRow> = alarms.into_iter().map(AlarmRow::of).collect();
    let tables = [
        (sql::FLOOR_DELETE, sql::FLOOR_INSERT, json(&seats)),
        (
            sql::FLOOR_RAISED_DELETE,
            sql::FLOOR_RAISED_INSERT,
            json(&floor.raised),
        ),
        (
            sql::FLOOR_GIVEN_DELETE,
            sql::FLOOR_GIVEN_INSERT,
            json(&floor.given),
        ),
        (
            sql::FLOOR_ALARMS_DELETE,
            sql::FLOOR_ALARMS_INSERT,
            json(&alarms),
        ),
    ];
    for (empty, fill, rows) in tables {
        sqlx::query(empty).execute(&mut **transaction).await?;
        let fill = sqlx::query(fill).bind(rows);
        fill.execute(&mut **transaction).await?;
    }
    Ok(())
}

fn json(rows: &impl Serialize) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}

/// An alarm that is on or quiet.
#[derive(FromRow, Serialize)]
struct AlarmRow {
    what: String,
    subject: String,
    /// Empty: none.
    project: String,
    since: Option<i64>,
    level: i64,
    quiet_until: Option<i64>,
}

impl AlarmRow {
    fn of(alarm: AlarmStands) -> Self {
        let AlarmStands { which, stands } = alarm;
        let project = which.project.as_ref();
        Self {
            what: which.what.to_string(),
            subject: which.subject.to_string(),
            project: project.map_or_else(String::new, ToString::to_string),
            since: stands.since.map(|at| at.0),
            level: i64::try_from(stands.level).unwrap_or(i64::MAX),
            quiet_until: stands.quiet_until.map(|at| at.0),
        }
    }

    fn stands(self) -> AlarmStands {
        AlarmStands {
            which: Which {
                what: self.what.into(),
                subject: self.subject.into(),
                project: Some(ProjectId::new(self.project)).filter(|it| !it.as_str().is_empty()),
            },
            stands: Stands {
                since: self.since.map(Wall),
                level: u64::try_from(self.level).unwrap_or(0),
                quiet_until: self.quiet_until.map(Wall),
            },
        }
    }
}
