//! What the run before leaves to this one of people and callers, as inputs that the switchboard is told before the first call: who
//! had a seat, what they had to write up, whom groups asked last, who was cut off while waiting, who talked with whom.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_model::{OperatorId, SessionId, StickyBy, Strategy, Wall};
use gudok_store::{LeftOpen, OpenWait, Store};
use gudok_switchboard::input::{Comeback, PlaceLeft};
use gudok_switchboard::{Input, PLACE_AFTER_CUT};

use crate::cut;
use crate::cut_work::Work;

/// People, or places, of one input: a record of the journal has a longest length.
const PEOPLE_AT_ONCE: usize = 256;
/// How far back it is looked who talked with whom.
const TALKS_WITHIN: Duration = Duration::from_secs(31 * 24 * 3_600);
/// What `calls_per_hour` counts.
const LATELY: Duration = Duration::from_secs(3_600);
/// Answered calls of which that is read, from the newest.
const TALKS_MAX: u32 = 4_096;

/// What a start begins with.
pub(crate) struct Left<'a> {
    /// What the record has no end of.
    pub open: &'a LeftOpen,
    /// When the run before was alive for the last time.
    pub cut: Wall,
    /// When this one begins.
    pub now: Wall,
}

/// In the order they are to be told, after the plan and the operators.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn inputs(
    left: &Left<'_>,
    plan: &Plan,
    store: &Store,
) -> anyhow::Result<Vec<Input>> {
    let mut inputs = of_people(left, plan, store).await?;
    inputs.extend(groups(plan, store).await?);
    inputs.extend(places(left, store).await?);
    inputs.extend(talks(left, plan, store).await?);
    inputs.extend(lately(left, plan, store).await?);
    Ok(inputs)
}

/// Whose desks may come back, and to which sessions.
pub(crate) fn desks(inputs: &[Input]) -> Vec<(OperatorId, SessionId)> {
    let people = inputs.iter().filter_map(|input| match input {
        Input::Restored { people, .. } => Some(people),
        _ => None,
    });
    let desks = people.flatten().filter(|comeback| comeback.has_desk());
    let desks = desks.map(|it| (it.seated.operator.clone(), it.seated.session));
    desks.collect()
}

/// Those with a seat, and what those without one have to write up.
async fn of_people(left: &Left<'_>, plan: &Plan, store: &Store) -> anyhow::Result<Vec<Input>> {
    let floor = store.floor().await?;
    let mut inputs = Input::words_before(&floor, PEOPLE_AT_ONCE);
    let mut work = Work::of(cut::wrap_ups(left.open, plan, left.now));
    let mut people: Vec<Comeback> = floor
        .seats
        .into_values()
        .map(|seated| {
            let wrap_up = work.goes_on(&seated);
            let extend_max = wrap_up.as_ref();
            let extend_max = extend_max.and_then(|it| cut::extend_max(left.open, plan, it));
            Comeback {
                given: floor.given.get(&seated.operator).cloned(),
                seated,
                wrap_up,
                extend_max,
            }
        })
        .collect();
    // Who came to a group first stands in it first.
    people.sort_by_key(|it| it.given.as_ref().map(|given| given.at));
    let people = people.chunks(PEOPLE_AT_ONCE);
    inputs.extend(people.map(|people| Input::Restored {
        cut: left.cut,
        people: people.to_vec(),
    }));
    inputs.extend(work.of_nobody_there());
    Ok(inputs)
}

/// Whom those asked last that go round (the others ask nobody after somebody), and which are raised.
async fn groups(plan: &Plan, store: &Store) -> anyhow::Result<Option<Input>> {
    let mut groups = plan.groups().iter();
    let cursors = match groups.any(|group| group.strategy == Strategy::RoundRobin) {
        true => store.cursors().await?,
        false => BTreeMap::new(),
    };
    let raised = store.floor().await?.raised;
    let is_news = !cursors.is_empty() || !raised.is_empty();
    Ok(is_news.then_some(Input::GroupsBefore { cursors, raised }))
}

/// Of this crash, and of those before whose callers may still call again.
async fn places(left: &Left<'_>, store: &Store) -> anyhow::Result<Vec<Input>> {
    let now_cut = left
        .open
        .waiting
        .iter()
        .map(|wait| (wait.clone(), left.cut));
    let since = Wall(left.now.0.saturating_sub(micros(PLACE_AFTER_CUT)));
    let before = store.places_cut(since).await?;
    let places: Vec<PlaceLeft> = before.into_iter().chain(now_cut).map(place).collect();
    let places = places.chunks(PEOPLE_AT_ONCE);
    let inputs = places.map(|places| Input::PlacesLeft {
        places: places.to_vec(),
    });
    Ok(inputs.collect())
}

fn place((wait, cut): (OpenWait, Wall)) -> PlaceLeft {
    PlaceLeft {
        call: wait.call,
        caller: wait.caller,
        did: wait.did,
        queue: wait.queue,
        priority: wait.priority,
        since: wait.since,
        until: cut + PLACE_AFTER_CUT,
    }
}

/// Where some queue asks for them.
async fn talks(left: &Left<'_>, plan: &Plan, store: &Store) -> anyhow::Result<Option<Input>> {
    let mut sticky = plan.queues().iter().filter_map(|queue| queue.sticky);
    if !sticky.any(|sticky| sticky.by == StickyBy::Last) {
        return Ok(None);
    }
    let since = Wall(left.now.0.saturating_sub(micros(TALKS_WITHIN)));
    let talks = store.last_talks(since, TALKS_MAX).await?;
    Ok(Some(Input::TalkedBefore { talks }))
}

/// Where some limit counts the calls of an hour: those of the last one, of whom it binds.
async fn lately(left: &Left<'_>, plan: &Plan, store: &Store) -> anyhow::Result<Option<Input>> {
    let counts = plan
        .caps()
        .iter()
        .filter(|cap| cap.calls_per_hour.is_some());
    let bound: BTreeSet<&OperatorId> = counts.flat_map(|cap| &cap.operators).collect();
    if bound.is_empty() {
        return Ok(None);
    }
    let since = Wall(left.now.0.saturating_sub(micros(LATELY)));
    let mut talks = store.talks_since(since, TALKS_MAX).await?;
    talks.retain(|(who, _)| bound.contains(who));
    Ok((!talks.is_empty()).then_some(Input::TalkedLately { talks }))
}

fn micros(span: Duration) -> i64 {
    span.as_micros().try_into().unwrap_or(i64::MAX)
}
