//! Applying facts to the database: a batch is one transaction, and may come twice.
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use gudok_model::{CallEvent, CallId};
use serde::Serialize;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::time::Instant;

use crate::fold::{Changed, Story, UNKNOWN_PROJECT};
use crate::owed::{Changes, needs_no_call, project_of_request};
use crate::row::Fact;
use crate::sql;
use crate::store::{QueryError, Store};

/// Most calls kept in memory, so that their rows need not be read for each fact. Older ones are read again when a late
/// fact comes, such as the hash of a recording.
const STORIES_MAX: usize = 1024;
/// How long a call that has ended is kept in memory: most of what comes late, its measures and its recording, comes
/// within.
const ENDED_KEPT: Duration = Duration::from_secs(5);

const INTENT: &str = "apply the facts of calls";

/// Applies facts to the tables of calls. There must be one only; it owns the rows it has in memory.
#[derive(Debug)]
pub struct Projector {
    pool: SqlitePool,
    /// Number of the last fact applied; unknown before the first batch and after an error.
    position: Option<u64>,
    stories: BTreeMap<CallId, Box<Story>>,
    /// Those that have ended, the first one first; once for each batch that told of them since, [`STORIES_MAX`] at most.
    ended: VecDeque<(Instant, CallId)>,
}

impl Projector {
    /// A projector of this database.
    pub fn new(store: &Store) -> Self {
        Self {
            pool: store.writer.clone(),
            position: None,
            stories: BTreeMap::new(),
            ended: VecDeque::new(),
        }
    }

    /// Number of the last fact that is in the database; 0 before the first.
    pub async fn position(&mut self) -> Result<u64, QueryError> {
        if let Some(position) = self.position {
            return Ok(position);
        }
        let seq: i64 = sqlx::query_scalar(sql::POSITION)
            .fetch_one(&self.pool)
            .await
            .map_err(QueryError::because(INTENT))?;
        let seq = u64::try_from(seq).unwrap_or(0);
        self.position = Some(seq);
        Ok(seq)
    }

    /// Applies a batch in the order of the journal, in one transaction with the new position, which it gives. Facts up
    /// to the position are skipped. After an error nothing of the batch is applied and it may be tried again.
    pub async fn project(&mut self, batch: &[Fact]) -> Result<u64, QueryError> {
        let position = self.position().await?;
        let fresh: Vec<&Fact> = batch.iter().filter(|fact| fact.seq > position).collect();
        let Some(last) = fresh.iter().map(|fact| fact.seq).max() else {
            return Ok(position);
        };
        match self.apply(&fresh, last).await {
            Ok(()) => {
                self.position = Some(last);
                for fact in &fresh {
                    if let Some(story) = self.stories.get_mut(&fact.call) {
                        story.changed = Changed::default();
                    }
                }
                self.forget(&fresh, Instant::now());
                Ok(last)
            }
            Err(error) => {
                self.position = None;
                self.stories.clear();
                self.ended.clear();
                Err(QueryError::because(INTENT)(error))
            }
        }
    }

    /// Lets go of the calls that have been over for long enough, and of the oldest ones where there are too many.
    fn forget(&mut self, facts: &[&Fact], now: Instant) {
        let touched: BTreeSet<CallId> = facts.iter().map(|fact| fact.call).collect();
        for call in touched {
            let story = self.stories.get(&call);
            if story.is_some_and(|story| story.call.ended_at.is_some()) {
                self.ended.push_back((now, call));
            }
        }
        while let Some((since, call)) = self.ended.front()
            && (now - *since >= ENDED_KEPT || self.ended.len() > STORIES_MAX)
        {
            self.stories.remove(call);
            self.ended.pop_front();
        }
        while self.stories.len() > STORIES_MAX {
            self.stories.pop_first();
        }
    }

    /// The call of a fact; None: there is none, a form or a program asked for something under an id of its own.
    async fn story(
        &mut self,
        transaction: &mut Transaction<'_, Sqlite>,
        fact: &Fact,
    ) -> Result<Option<&mut Box<Story>>, sqlx::Error> {
        Ok(match self.stories.entry(fact.call) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(free) => {
                let story = load(transaction, fact).await?;
                story.map(|story| free.insert(Box::new(story)))
            }
        })
    }

    async fn apply(&mut self, facts: &[&Fact], last: u64) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let mut touched = BTreeSet::new();
        let (mut events, mut requests) = (Events::default(), Changes::default());
        for fact in facts {
            let Some(story) = self.story(&mut transaction, fact).await? else {
                let project = project_of_request(&fact.event).unwrap_or(UNKNOWN_PROJECT);
                events.push(fact, project);
                requests.push(fact, None);
                continue;
            };
            story.apply(fact);
            events.push(fact, &story.call.project);
            requests.push(fact, Some(&story.call));
            touched.insert(fact.call);
        }
        let stories: Vec<&Story> = touched
            .iter()
            .filter_map(|call| self.stories.get(call).map(Box::as_ref))
            .collect();
        let calls: Vec<_> = stories.iter().map(|story| &story.call).collect();
        let legs = changed(&stories, |it| (&it.changed.legs, &it.legs));
        let offers = changed(&stories, |it| (&it.changed.offers, &it.offers));
        let segments = changed(&stories, |it| (&it.changed.segments, &it.segments));
        events.insert(&mut transaction).await?;
        write(&mut transaction, sql::CALLS_UPSERT, &calls).await?;
        write(&mut transaction, sql::LEGS_UPSERT, &legs).await?;
        write(&mut transaction, sql::OFFERS_UPSERT, &offers).await?;
        write(&mut transaction, sql::SEGMENTS_UPSERT, &segments).await?;
        requests.write(&mut transaction).await?;
        sqlx::query(sql::POSITION_SET)
            .bind(column(last))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}

/// The rows of one table that changed.
fn changed<'a, R>(
    stories: &[&'a Story],
    of: impl Fn(&'a Story) -> (&'a BTreeSet<i64>, &'a BTreeMap<i64, Box<R>>),
) -> Vec<&'a R> {
    let tables = stories.iter().copied().map(of);
    let rows = tables.flat_map(|(changed, rows)| {
        let rows = changed.iter().filter_map(move |row| rows.get(row));
        rows.map(Box::as_ref)
    });
    rows.collect()
}

/// One statement for all rows of a table.
pub(crate) async fn write<T: Serialize>(
    transaction: &mut Transaction<'_, Sqlite>,
    statement: &'static str,
    rows: &[T],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = serde_json::to_string(rows).expect("rows are plain structs");
    sqlx::query(statement)
        .bind(rows)
        .execute(&mut **transaction)
        .await
        .map(|_| ())
}

/// A call as the database knows it. One that begins with this fact is not there; None: see [`Projector::story`].
async fn load(
    transaction: &mut Transaction<'_, Sqlite>,
    fact: &Fact,
) -> Result<Option<Story>, sqlx::Error> {
    let mut story = Story::new(fact);
    if matches!(
        fact.event,
        CallEvent::Arrived { .. } | CallEvent::Dialled { .. }
    ) {
        return Ok(Some(story));
    }
    let id = fact.call.to_string();
    let Some(call) = sqlx::query_as(sql::CALL)
        .bind(&id)
        .fetch_optional(&mut **transaction)
        .await?
    else {
        return Ok((!needs_no_call(&fact.event)).then_some(story));
    };
    story.call = call;
    let legs: Vec<crate::LegRow> = sqlx::query_as(sql::CALL_LEGS)
        .bind(&id)
        .fetch_all(&mut **transaction)
        .await?;
    let offers: Vec<crate::OfferRow> = sqlx::query_as(sql::CALL_OFFERS)
        .bind(&id)
        .fetch_all(&mut **transaction)
        .await?;
    let segments: Vec<crate::SegmentRow> = sqlx::query_as(sql::CALL_SEGMENTS)
        .bind(&id)
        .fetch_all(&mut **transaction)
        .await?;
    story.segments = segments
        .into_iter()
        .map(|segment| (segment.segment_index, Box::new(segment)))
        .collect();
    story.legs = legs
        .into_iter()
        .map(|leg| (leg.leg_index, Box::new(leg)))
        .collect();
    story.offers = offers
        .into_iter()
        .map(|offer| (offer.offer_index, Box::new(offer)))
        .collect();
    Ok(Some(story))
}

/// Facts on their way into their table. What was said of them travels beside the rows and not in them: as a text within
/// a text it would be escaped here and read letter by letter there.
#[derive(Default)]
struct Events {
    rows: Vec<EventLine>,
    /// One after the other.
    bodies: Vec<u8>,
}

/// The columns of an [`EventRow`](crate::EventRow) in their order, and in place of its body where that begins, as SQL
/// counts, and its bytes. A row as a list is found through faster than one with names, and there are many.
#[derive(Serialize)]
struct EventLine(i64, String, String, i64, String, usize, usize);

impl Events {
    fn push(&mut self, fact: &Fact, project: &str) {
        let from = self.bodies.len();
        serde_json::to_writer(&mut self.bodies, &fact.event).expect("facts have text keys");
        let body = &self.bodies[from..];
        self.rows.push(EventLine(
            column(fact.seq),
            fact.call.to_string(),
            project.to_owned(),
            fact.at.0,
            word(body),
            from + 1,
            body.len(),
        ));
    }

    async fn insert(self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
        let rows = serde_json::to_string(&self.rows).expect("rows are plain structs");
        sqlx::query(sql::EVENTS_INSERT)
            .bind(rows)
            .bind(self.bodies)
            .execute(&mut **transaction)
            .await
            .map(|_| ())
    }
}

/// The word of a fact, which is what its text begins with.
fn word(body: &[u8]) -> String {
    let word = body.strip_prefix(br#"{"event":""#).unwrap_or_default();
    let word = word.split(|byte| *byte == b'"').next().unwrap_or_default();
    String::from_utf8_lossy(word).into_owned()
}

fn column(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use gudok_model::Wall;

    use super::*;

    fn answered(call: u128) -> Fact {
        Fact {
            seq: 1,
            at: Wall(0),
            call: CallId(uuid::Uuid::from_u128(call)),
            event: CallEvent::Answered,
        }
    }

    #[tokio::test]
    async fn calls_that_are_over_leave_memory_before_those_that_live() {
        let pool = SqlitePool::connect_lazy("sqlite::memory:").expect("nothing is opened yet");
        let mut projector = Projector {
            pool,
            position: None,
            stories: BTreeMap::new(),
            ended: VecDeque::new(),
        };
        let (now, facts) = (Instant::now(), [answered(1), answered(2)]);
        for fact in &facts {
            let mut story = Story::new(fact);
            story.apply(fact);
            story.call.ended_at = (*fact == facts[1]).then_some(0);
            projector.stories.insert(fact.call, Box::new(story));
        }
        projector.forget(&[&facts[0], &facts[1]], now);
        assert_eq!(projector.stories.len(), 2, "its measures are to come");
        projector.forget(&[], now + ENDED_KEPT);
        assert!(projector.stories.keys().eq([&facts[0].call]));
        assert!(projector.ended.is_empty());
    }

    #[tokio::test]
    async fn the_queue_of_calls_that_are_over_is_as_long_as_there_are_stories() {
        let pool = SqlitePool::connect_lazy("sqlite::memory:").expect("nothing is opened yet");
        let mut projector = Projector {
            pool,
            position: None,
            stories: BTreeMap::new(),
            ended: VecDeque::new(),
        };
        let (now, over) = (Instant::now(), 2 * STORIES_MAX as u128);
        for call in 0..over {
            let fact = answered(call);
            let mut story = Story::new(&fact);
            story.call.ended_at = Some(0);
            projector.stories.insert(fact.call, Box::new(story));
            projector.forget(&[&fact, &fact, &fact], now);
            assert!(projector.ended.len() <= STORIES_MAX, "{call}");
        }
        let queued = |queue: &VecDeque<(Instant, CallId)>, call| {
            let call = answered(call).call;
            queue.iter().filter(|(_, queued)| *queued == call).count()
        };
        assert_eq!(queued(&projector.ended, over - 1), 1, "once for its batch");
        assert_eq!(queued(&projector.ended, 0), 0, "the oldest ones are gone");
        assert_eq!(projector.stories.len(), STORIES_MAX);
    }

    #[test]
    fn a_call_of_two_legs_takes_little_more_than_their_rows() {
        // A tree has room for eleven at once.
        let row = size_of_val(Story::new(&answered(1)).legs.entry(0).or_default());
        assert!(
            11 * row < size_of::<crate::LegRow>(),
            "{row} bytes of each place"
        );
    }
}
