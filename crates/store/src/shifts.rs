//! What operators did in their shifts: a projection of the facts of the floor of its own, as no start waits for it. It is brought up
//! to the journal now and then, and before each report.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::shifts::{AtDesk, Quarter};
use gudok_model::{
    Booked, Figure, Figures, FloorEvent, Name, Now, OperatorId, ProjectId, Shifts, Wall,
};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};

use crate::sql::shifts as sql;
use crate::store::{QueryError, Store};

/// How long quarters are kept. Days.
pub const SHIFTS_KEPT_DAYS: i64 = 750;
/// Spans asked for with one statement.
const SPANS_PAGE: usize = 5_000;

/// One word of the journal on its way into the shifts.
#[derive(Clone, PartialEq, Debug)]
pub struct ShiftFact {
    /// Its number in the journal; facts are applied in this order, each once.
    pub seq: u64,
    /// What.
    pub said: ShiftSaid,
}

/// What the shifts are made of.
#[derive(Clone, PartialEq, Debug)]
pub enum ShiftSaid {
    /// A fact of the floor, and when it happened.
    Floor(Now, FloorEvent),
    /// A run begins; the one before ended then. None: an earlier version did not tell.
    Began(Option<Wall>),
}

/// Somebody who has been at a desk. Who was removed may have left their id to somebody of another project: those are two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShiftPerson {
    /// Who.
    pub operator: OperatorId,
    /// Whose operator it is, or was; None: nobody knows.
    pub project: Option<ProjectId>,
    /// As people call them, or did last; None: nobody knows.
    pub name: Option<String>,
}

/// A part of somebody's time: whole quarters of an hour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Whose.
    pub operator: OperatorId,
    /// The first moment.
    pub from: Wall,
    /// The first one after it.
    pub to: Wall,
    /// What they did for this business; None: what they did for nobody knows whom.
    pub project: Option<ProjectId>,
}

impl Span {
    /// As the rows have it.
    fn project(&self) -> &str {
        self.project.as_ref().map_or("", ProjectId::as_str)
    }
}

/// What came in a span.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Worked {
    /// What can be added up.
    pub figures: Figures,
    /// Not ready, by reason. Microseconds.
    pub reasons: BTreeMap<Name, i64>,
    /// The first moment with a seat, and the last; None: there was none.
    pub there: Option<(Wall, Wall)>,
    /// They sit there still at the end of what is known.
    pub sits: bool,
}

impl Worked {
    fn add(&mut self, quarter: &Quarter) {
        self.figures += &quarter.figures;
        for (reason, us) in &quarter.reasons {
            *self.reasons.entry(reason.clone()).or_default() += us;
        }
        self.was_there(quarter.first, quarter.last);
    }

    fn was_there(&mut self, first: Wall, last: Wall) {
        let (earliest, latest) = self.there.unwrap_or((first, last));
        self.there = Some((earliest.min(first), latest.max(last)));
    }
}

impl Store {
    /// Number of the last record of the journal that the shifts are made of.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn shifts_known_to(&self) -> Result<u64, QueryError> {
        let seq: i64 = sqlx::query_scalar(sql::POSITION)
            .fetch_one(&self.readers)
            .await
            .map_err(QueryError::because("tell how far the shifts are known"))?;
        Ok(u64::try_from(seq).unwrap_or(0))
    }

    /// Applies facts in the order of the journal, in one transaction with the number `known_to`, up to which it was read from
    /// `known` on. Where that is not how far they are known any more, somebody else was faster: then nothing is done.
    ///
    /// # Errors
    /// When the database does not take it; then nothing of it is applied.
    pub async fn apply_shifts(
        &self,
        facts: &[ShiftFact],
        known: u64,
        known_to: u64,
    ) -> Result<(), QueryError> {
        let failed = QueryError::because("apply the facts of shifts");
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        // The first statement writes: from here on nobody else does.
        let moved = sqlx::query(sql::POSITION_SET)
            .bind(column(known))
            .bind(column(known_to))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        if moved.rows_affected() == 0 {
            return Ok(());
        }
        let fresh = facts.iter().filter(|fact| fact.seq > known);
        apply(&mut transaction, fresh).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// Everybody who has been at a desk.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn shift_people(&self) -> Result<Vec<ShiftPerson>, QueryError> {
        let rows: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(sql::PEOPLE)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("tell who has been at a desk"))?;
        let people = rows
            .into_iter()
            .map(|(operator, project, name)| ShiftPerson {
                operator: OperatorId::new(operator),
                project: project.map(ProjectId::new),
                name,
            });
        Ok(people.collect())
    }

    /// The first quarter of an hour in which anybody is known to have been at a desk; None: there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn shifts_since(&self) -> Result<Option<Wall>, QueryError> {
        let since: Option<i64> = sqlx::query_scalar(sql::SINCE)
            .fetch_one(&self.readers)
            .await
            .map_err(QueryError::because("tell since when shifts are known"))?;
        Ok(since.map(Wall))
    }

    /// What came in each span, in their order. Who has a seat is where they were told to be last, up to `known_to`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn worked(&self, spans: &[Span], known_to: Wall) -> Result<Vec<Worked>, QueryError> {
        let failed = QueryError::because("tell what people did in their shifts");
        let mut moment = self.readers.begin().await.map_err(&failed)?;
        let mut worked = Vec::with_capacity(spans.len());
        for page in spans.chunks(SPANS_PAGE) {
            worked.extend(of_page(&mut moment, page).await.map_err(&failed)?);
        }
        let (shifts, projects) = seats(&mut moment).await.map_err(failed)?;
        let lately = shifts.up_to(known_to);
        for (span, worked) in spans.iter().zip(&mut worked) {
            let project = projects.get(&span.operator).map(String::as_str);
            if project != Some(span.project()) {
                continue;
            }
            let from = (span.operator.clone(), span.from);
            let to = (span.operator.clone(), span.to);
            // A span that ends before it begins has nothing in it.
            let to = to.max(from.clone());
            for (_, quarter) in lately.quarters.range(from..to) {
                worked.add(quarter);
            }
            worked.sits = (span.from..span.to).contains(&known_to) && shifts.sits(&span.operator);
        }
        Ok(worked)
    }

    /// Forgets what was before a moment.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn forget_shifts(&self, before: Wall) -> Result<(), QueryError> {
        let failed = QueryError::because("forget shifts of long ago");
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        for statement in [sql::QUARTERS_FORGET, sql::REASONS_FORGET] {
            let forget = sqlx::query(statement).bind(before.0);
            forget.execute(&mut *transaction).await.map_err(&failed)?;
        }
        for statement in [sql::PEOPLE_FORGET, sql::SEATS_FORGET] {
            let forget = sqlx::query(statement);
            forget.execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)
    }
}

async fn apply(
    transaction: &mut Transaction<'_, Sqlite>,
    facts: impl Iterator<Item = &ShiftFact>,
) -> Result<(), sqlx::Error> {
    let (mut shifts, _) = seats(transaction).await?;
    let (before, mut booked) = (shifts.clone(), Booked::default());
    for fact in facts {
        match &fact.said {
            ShiftSaid::Floor(now, event) => shifts.apply(*now, event, &mut booked),
            ShiftSaid::Began(cut) => shifts.cut(*cut, &mut booked),
        }
    }
    let quarters = booked.quarters.iter();
    let rows: Vec<Value> = quarters.clone().map(|(of, it)| row(of, it)).collect();
    add(transaction, sql::QUARTERS_ADD, rows).await?;
    let reasons = quarters.flat_map(|((who, at), quarter)| {
        let reasons = quarter.reasons.iter();
        reasons.map(move |(reason, us)| json!([who, at, reason, us]))
    });
    let reasons: Vec<Value> = reasons.collect();
    add(transaction, sql::REASONS_ADD, reasons).await?;
    let worked: BTreeSet<&OperatorId> = booked.quarters.keys().map(|(who, _)| who).collect();
    let worked = worked.into_iter().map(|who| json!([who]));
    add(transaction, sql::PEOPLE_UPSERT, worked.collect()).await?;
    let people: BTreeSet<&OperatorId> = before.seats.keys().chain(shifts.seats.keys()).collect();
    let people = people
        .into_iter()
        .chain(booked.quarters.keys().map(|(who, _)| who));
    let people: BTreeSet<&OperatorId> = people.collect();
    let people = people
        .into_iter()
        .map(|who| json!([who, shifts.seats.get(who)]));
    add(transaction, sql::SEATS_UPSERT, people.collect()).await
}

async fn add(
    transaction: &mut Transaction<'_, Sqlite>,
    statement: &'static str,
    rows: Vec<Value>,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = Value::Array(rows).to_string();
    let add = sqlx::query(statement).bind(rows);
    add.execute(&mut **transaction).await.map(drop)
}

fn row((who, at): &(OperatorId, Wall), quarter: &Quarter) -> Value {
    let head = [
        json!(who),
        json!(at),
        json!(quarter.first),
        json!(quarter.last),
    ];
    let figures = quarter.figures.values().map(Value::from);
    head.into_iter().chain(figures).collect()
}

/// And whose those are who have one. A seat of a later gudok, which this one cannot read, is nobody's.
async fn seats(
    transaction: &mut Transaction<'_, Sqlite>,
) -> Result<(Shifts, BTreeMap<OperatorId, String>), sqlx::Error> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(sql::SEATS)
        .fetch_all(&mut **transaction)
        .await?;
    let seats = rows.into_iter().filter_map(|(who, seat, project)| {
        let seat: AtDesk = serde_json::from_str(&seat).ok()?;
        let who = OperatorId::new(who);
        Some(((who.clone(), seat), (who, project)))
    });
    let (seats, projects) = seats.unzip();
    Ok((Shifts { seats }, projects))
}

async fn of_page(
    moment: &mut Transaction<'_, Sqlite>,
    spans: &[Span],
) -> Result<Vec<Worked>, sqlx::Error> {
    let asked = spans.iter();
    let asked = asked.map(|it| json!([it.operator, it.from, it.to, it.project()]));
    let asked = Value::Array(asked.collect()).to_string();
    let mut worked = vec![Worked::default(); spans.len()];
    let rows = sqlx::query(sql::WORKED).bind(&asked);
    for row in rows.fetch_all(&mut **moment).await? {
        if let Some(worked) = at(&mut worked, row.try_get(0)?) {
            worked.was_there(Wall(row.try_get(1)?), Wall(row.try_get(2)?));
            worked.figures = figures(&row)?;
        }
    }
    let reasons = sqlx::query_as(sql::REASONS).bind(asked);
    let reasons: Vec<(i64, String, i64)> = reasons.fetch_all(&mut **moment).await?;
    for (span, reason, us) in reasons {
        if let Some(worked) = at(&mut worked, span) {
            worked.reasons.insert(reason.as_str().into(), us);
        }
    }
    Ok(worked)
}

fn at(worked: &mut [Worked], span: i64) -> Option<&mut Worked> {
    worked.get_mut(usize::try_from(span).ok()?)
}

fn figures(row: &SqliteRow) -> Result<Figures, sqlx::Error> {
    let mut figures = Figures::default();
    for (place, figure) in Figure::all().enumerate() {
        figures.add(figure, row.try_get(3 + place)?);
    }
    Ok(figures)
}

fn column(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn columns_stand_in_the_order_of_the_figures() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info('shift_quarter')")
                .fetch_all(&store.readers)
                .await
                .unwrap();
        let figures: Vec<&str> = Figure::all().map(Figure::name).collect();
        assert_eq!(columns[5..], figures);
        // And in both statements.
        let flat = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat(sql::QUARTERS_ADD).contains(&figures.join(", ")));
        let sums = figures.iter().map(|it| format!("sum({it})"));
        let sums = sums.collect::<Vec<_>>().join(", ");
        assert!(flat(sql::WORKED).contains(&sums));
        let places = (0..4 + figures.len()).map(|place| format!("value->>{place}"));
        let places = places.collect::<Vec<_>>().join(", ");
        assert!(flat(sql::QUARTERS_ADD).contains(&places));
    }
}
