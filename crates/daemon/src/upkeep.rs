//! What the wall and the alarms need of the database and the disks: looked at in the office, told to the hotline.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_model::{GroupId, ProjectId, QueueId, Wall};
use gudok_store::levels::{Counts, Terms};
use gudok_store::report::{Asked, OTHERS};
use gudok_store::{OwedBy, QueryError, Store};
use gudok_switchboard::wall::OwedNow;
use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;

use crate::clock::wall;
use crate::config::Config;
use crate::hotline::Order;
use crate::serve::until;

/// It is looked so often: promises are made in minutes, and disks fill in hours.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How far back the figures of a start go, at the most but for those of the day.
const HOUR_US: i64 = 3_600_000_000;
const MINUTE_US: i64 = 60_000_000;

/// How things are beside the calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Upkeep {
    /// What callers of each project are owed by each group; None: by everybody.
    pub owed: BTreeMap<(ProjectId, Option<GroupId>), OwedNow>,
    /// Free space of the fullest disk. Percent; None: nobody can tell.
    pub disk_free: Option<u64>,
}

/// How callers were served before this run: by project, queue and minute of arrival; None: some time today.
pub(crate) type Served = Vec<(ProjectId, QueueId, Option<Wall>, Counts)>;

/// Tells the hotline until the daemon stops.
pub(crate) async fn watch(
    store: Store,
    folders: Vec<PathBuf>,
    orders: mpsc::Sender<Order>,
    stopped: watch::Receiver<bool>,
) {
    let stop = until(stopped);
    tokio::pin!(stop);
    loop {
        let look = async {
            match look(&store, &folders, wall()).await {
                Ok(upkeep) => drop(orders.send(Order::Upkeep(Box::new(upkeep))).await),
                Err(error) => {
                    tracing::warn!(%error, "the wall does not know what callers are owed");
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        tokio::select! {
            () = look => {}
            () = &mut stop => return,
        }
    }
}

/// Where recordings, the journal and the database lie.
pub(crate) fn folders(config: &Config) -> Vec<PathBuf> {
    let paths = &config.paths;
    let database = paths.database.parent().unwrap_or(Path::new("."));
    let folders = [&*paths.recordings, &*paths.journal, database];
    folders.map(Path::to_path_buf).into()
}

async fn look(store: &Store, folders: &[PathBuf], now: Wall) -> Result<Upkeep, QueryError> {
    let rows = store.owed_by_group(now).await?;
    let folders = folders.to_vec();
    let free = spawn_blocking(move || free(&folders)).await;
    let mut upkeep = Upkeep {
        disk_free: free.unwrap_or_default(),
        ..Upkeep::default()
    };
    rows.iter().for_each(|row| upkeep.add(row));
    Ok(upkeep)
}

impl Upkeep {
    fn add(&mut self, row: &OwedBy) {
        let owner = row.owner.as_deref().map(GroupId::from);
        let key = (ProjectId::from(row.project.as_str()), owner);
        let count = |it: i64| u32::try_from(it).unwrap_or(u32::MAX);
        let owed = OwedNow {
            open: count(row.open),
            overdue: count(row.overdue),
            oldest: row.oldest_at.map(Wall),
            missed: count(row.missed),
            missed_overdue: count(row.missed_overdue),
            exhausted: count(row.exhausted),
        };
        self.owed.insert(key, owed);
    }
}

/// Free space of the fullest file system. Percent.
fn free(folders: &[PathBuf]) -> Option<u64> {
    let stats = folders.iter().filter_map(|it| rustix::fs::statvfs(it).ok());
    let percent = stats.map(|it| it.f_bavail.saturating_mul(100) / it.f_blocks.max(1));
    percent.min()
}

/// When the day of this moment began, by the clock of the machine.
pub(crate) fn midnight(now: Wall, zone: &TimeZone) -> Wall {
    let moment = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
    let began = moment.to_zoned(zone.clone()).start_of_day();
    began.map_or(now, |began| Wall(began.timestamp().as_microsecond()))
}

/// How callers were served who came today, or in the last hour, before this run began.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn served(store: &Store, plan: &Plan, now: Wall) -> Result<Served, QueryError> {
    let projects: BTreeSet<&ProjectId> = plan.numbers().iter().map(|it| &it.project).collect();
    let mut served = Served::new();
    for project in projects {
        let asked = |from| Asked {
            from,
            to: now,
            project: Some(project),
            terms: Terms::default(),
        };
        let day = asked(midnight(now, &TimeZone::system()));
        let day = store.report(&day, |call| call.queue.clone().unwrap_or_default());
        for (queue, tally) in day.await?.rows {
            served.push((project.clone(), queue.as_str().into(), None, tally.counts));
        }
        let hour = asked(Wall(now.0 - HOUR_US));
        let hour = store.report(&hour, |call| {
            let minute = call.arrived_at.div_euclid(MINUTE_US) * MINUTE_US;
            format!("{minute} {}", call.queue.as_deref().unwrap_or_default())
        });
        for (key, tally) in hour.await?.rows {
            let parts = key.split_once(' ').filter(|_| key != OTHERS);
            let minute = parts.and_then(|(minute, queue)| Some((minute.parse().ok()?, queue)));
            if let Some((minute, queue)) = minute {
                let at = Some(Wall(minute));
                served.push((project.clone(), QueueId::from(queue), at, tally.counts));
            }
        }
    }
    served.retain(|(_, queue, _, _)| !queue.as_str().is_empty());
    Ok(served)
}

#[cfg(test)]
mod tests {
    use gudok_model::{CallEvent, CallId, RequestKind};
    use gudok_store::{Fact, Projector};

    use super::*;

    #[tokio::test]
    async fn what_is_owed_is_told_by_group_with_the_oldest() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("gudok.db"))
            .await
            .expect("opens");
        let promised = |call: u128, at: i64, due: i64| Fact {
            seq: u64::try_from(call).expect("small"),
            at: Wall(at),
            call: CallId(uuid::Uuid::from_u128(call)),
            event: CallEvent::Requested {
                kind: RequestKind::Callback,
                number: None,
                due: Wall(due),
                group: Some("tech".into()),
                length_ms: None,
                waited_ms: None,
                detail: Box::default(),
            },
        };
        let facts = [promised(1, 20, 100), promised(2, 10, 900)];
        Projector::new(&store)
            .project(&facts)
            .await
            .expect("applied");
        let folders = [dir.path().to_path_buf()];
        let upkeep = look(&store, &folders, Wall(500)).await.expect("told");
        let owed: Vec<_> = upkeep
            .owed
            .iter()
            .map(|((_, group), it)| (group.clone(), *it))
            .collect();
        let of_tech = OwedNow {
            open: 2,
            overdue: 1,
            oldest: Some(Wall(10)),
            ..OwedNow::default()
        };
        assert_eq!(owed, [(Some("tech".into()), of_tech)]);
        assert!(upkeep.disk_free.is_some_and(|percent| percent <= 100));
    }

    #[tokio::test]
    async fn all_that_is_owed_is_counted_and_nothing_that_was_only_missed() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("gudok.db"))
            .await
            .expect("opens");
        let promised = |n: u32| Fact {
            seq: n.into(),
            at: Wall(i64::from(n)),
            call: CallId(uuid::Uuid::from_u128(n.into())),
            event: CallEvent::Requested {
                kind: if n > 1_100 {
                    RequestKind::Missed
                } else {
                    RequestKind::Callback
                },
                number: None,
                due: Wall(5_000),
                group: Some("tech".into()),
                length_ms: None,
                waited_ms: None,
                detail: Box::default(),
            },
        };
        let facts: Vec<Fact> = (1..=1_200).map(promised).collect();
        Projector::new(&store)
            .project(&facts)
            .await
            .expect("applied");
        let upkeep = look(&store, &[], Wall(9_000)).await.expect("told");
        let owed: Vec<_> = upkeep
            .owed
            .values()
            .map(|it| (it.open, it.overdue, it.missed, it.missed_overdue))
            .collect();
        assert_eq!(owed, [(1_100, 1_100, 100, 100)]);
    }

    #[test]
    fn a_day_begins_at_midnight_where_the_machine_is() {
        let zone = TimeZone::get("Asia/Irkutsk").expect("known");
        let utc = |text: &str| {
            let at: jiff::Timestamp = text.parse().expect("a moment");
            Wall(at.as_microsecond())
        };
        let began = midnight(utc("2026-11-22T17:30:00Z"), &zone);
        assert_eq!(began, utc("2026-11-22T16:00:00Z"));
    }
}
