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

impl Store {
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

    /// What was said by a moment, newest first: of each person of a roster the last so many.
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
