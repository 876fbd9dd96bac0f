//! Who has accepted which shift: what the daemon remembers after a start, and the record.
use gudok_model::Wall;
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most rows of one answer: the newest. Far more than there are people in the rosters of a plan; a shift may last for months, so
/// what others said since is no reason to forget it.
pub const ACCEPTANCES_MAX: u32 = 20_000;

/// One of them; words are checked by whoever accepts.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct AcceptanceRow {
    /// Which roster.
    pub roster: String,
    /// Who is on duty with it.
    pub person: String,
    /// The first moment of the shift. Microseconds since 1970, here and below.
    pub shift: i64,
    /// When it was said.
    pub at: i64,
    /// Who said it.
    pub who: String,
}

/// One that was taken back; words are checked by whoever takes it back.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct UndoneRow {
    /// Of which roster.
    pub roster: String,
    /// Whose.
    pub person: String,
    /// When it was said that is taken back: [`AcceptanceRow::at`].
    pub at: i64,
    /// When it was taken back. Microseconds since 1970.
    pub undone_at: i64,
    /// Who took it back.
    pub who: String,
    /// Why.
    pub why: String,
}

impl Store {
    /// Writes down that one is taken back. It stays on record.
    pub async fn undo_acceptance(&self, row: &UndoneRow) -> Result<(), QueryError> {
        let done = sqlx::query(sql::ACCEPTANCE_UNDO)
            .bind(&row.roster)
            .bind(&row.person)
            .bind(row.at)
            .bind(row.undone_at)
            .bind(&row.who)
            .bind(&row.why)
            .execute(&self.writer)
            .await;
        done.map_err(QueryError::because(
            "write down that a shift is not accepted",
        ))?;
        Ok(())
    }

    /// The last so many that were taken back by a moment, newest first.
    pub async fn acceptances_undone(
        &self,
        by: Wall,
        limit: u32,
    ) -> Result<Vec<UndoneRow>, QueryError> {
        let rows = sqlx::query_as(sql::ACCEPTANCES_UNDONE)
            .bind(by.0)
            .bind(limit.min(ACCEPTANCES_MAX))
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list acceptances that were taken back"))
    }

    /// Writes one down.
    pub async fn accept_shift(&self, row: &AcceptanceRow) -> Result<(), QueryError> {
        let done = sqlx::query(sql::ACCEPTANCE_INSERT)
            .bind(&row.roster)
            .bind(&row.person)
            .bind(row.shift)
            .bind(row.at)
            .bind(&row.who)
            .execute(&self.writer)
            .await;
        done.map_err(QueryError::because("write down an accepted shift"))?;
        Ok(())
    }

    /// What was said by a moment and not taken back by then, newest first: of each person of a roster the last so many.
    pub async fn acceptances(&self, by: Wall, each: u32) -> Result<Vec<AcceptanceRow>, QueryError> {
        let rows = sqlx::query_as(sql::ACCEPTANCES)
            .bind(by.0)
            .bind(each)
            .bind(ACCEPTANCES_MAX)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list accepted shifts"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_latest_acceptances_are_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let row = |person: &str, at| AcceptanceRow {
            roster: "duty".into(),
            person: person.into(),
            shift: 100,
            at,
            who: "petrova".into(),
        };
        let (first, second, third) = (row("ivanov", 90), row("petrova", 110), row("sidorov", 300));
        for row in [&first, &second, &third] {
            store.accept_shift(row).await.unwrap();
        }
        let known = store.acceptances(Wall(200), 10).await.unwrap();
        let expected = [second.clone(), first.clone()];
        assert_eq!(known, expected, "nothing of what is to come");
        let last = store.acceptances(Wall(400), 1).await.unwrap();
        assert_eq!(last, [third, second, first]);
    }

    #[tokio::test]
    async fn what_is_taken_back_counts_no_more_and_stays_on_record() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let said = |at| AcceptanceRow {
            roster: "duty".into(),
            person: "ivanov".into(),
            shift: 100,
            at,
            who: "petrova".into(),
        };
        let undone = UndoneRow {
            roster: "duty".into(),
            person: "ivanov".into(),
            at: 110,
            undone_at: 120,
            who: "sidorov".into(),
            why: "not him".into(),
        };
        store.accept_shift(&said(90)).await.unwrap();
        // The answer to the first may come sooner than its row.
        store.undo_acceptance(&undone).await.unwrap();
        store.accept_shift(&said(110)).await.unwrap();
        let before = store.acceptances(Wall(119), 10).await.unwrap();
        assert_eq!(before, [said(110), said(90)]);
        let after = store.acceptances(Wall(120), 1).await.unwrap();
        assert_eq!(after, [said(90)], "the one before counts again");
        let list = |by| store.acceptances_undone(Wall(by), 10);
        assert_eq!(list(119).await.unwrap(), []);
        assert_eq!(list(200).await.unwrap(), [undone]);
    }

    #[tokio::test]
    async fn whoever_has_a_long_shift_is_not_forgotten_for_those_who_change_daily() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let row = |roster: &str, person: &str, at| AcceptanceRow {
            roster: roster.into(),
            person: person.into(),
            shift: at,
            at,
            who: person.into(),
        };
        let long = row("duty", "petrova", 1);
        store.accept_shift(&long).await.unwrap();
        // The same name in another roster is somebody else's shift.
        for at in 2..30 {
            let next = row(
                "night",
                ["ivanov", "petrova"][at % 2],
                at.try_into().unwrap(),
            );
            store.accept_shift(&next).await.unwrap();
        }
        let known = store.acceptances(Wall(100), 2).await.unwrap();
        let told: Vec<(&str, i64)> = known.iter().map(|it| (&*it.person, it.at)).collect();
        let expected = [
            ("petrova", 29),
            ("ivanov", 28),
            ("petrova", 27),
            ("ivanov", 26),
            ("petrova", 1),
        ];
        assert_eq!(told, expected);
    }
}
