//! What reports say: waits, regions, who came to a queue, what answered calls cost.
use gudok_model::{CallEvent, Outcome, PhoneNumber, QueueId, Region, Termination, Wall};
use gudok_store::{Fact, Projector, RegionCalls};

use crate::told::{MS, TEN, arrived, call, facts, parsed, store};

#[tokio::test]
async fn a_caller_who_leaves_the_queue_has_waited_until_the_end() {
    let (_dir, store) = store().await;
    let id = call(1);
    let events = [
        (0, arrived()),
        (
            500,
            CallEvent::Queued {
                queue: "sales".into(),
                priority: 5,
            },
        ),
        (
            4500,
            CallEvent::Ended {
                outcome: Outcome::AbandonedQueue { short: true },
                termination: Termination::caller_error("left"),
            },
        ),
    ];
    let facts: Vec<_> = events
        .into_iter()
        .zip(1..)
        .map(|((ms, event), seq)| Fact {
            seq,
            at: Wall(TEN + ms * MS),
            call: id,
            event,
        })
        .collect();
    Projector::new(&store).project(&facts).await.unwrap();
    let row = store.call(id).await.unwrap().unwrap().call;
    assert_eq!((row.waited_ms, row.talk_ms), (Some(4000), 0));
    assert_eq!(
        (row.outcome.as_deref(), row.outcome_flag),
        (Some("abandoned_queue"), Some(1))
    );
}

/// Every call of the period stands in the report once, those of before the column too.
#[tokio::test]
async fn a_report_by_region_counts_every_call() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    projector.project(&facts(1, call(1))).await.unwrap();
    for (seq, number, region) in [(100, 2, Some("RU-OMS")), (200, 3, None)] {
        let mut facts = facts(seq, call(number));
        facts.truncate(3);
        for fact in &mut facts {
            if let CallEvent::Arrived { caller, .. } = &mut fact.event {
                let known = caller.region.take();
                caller.region = region.zip(known).map(|(code, known)| Region {
                    code: code.into(),
                    ..known
                });
            }
        }
        projector.project(&facts).await.unwrap();
    }
    let report = store
        .calls_by_region(Wall(TEN), Wall(TEN + 1))
        .await
        .unwrap();
    let told =
        |it: &RegionCalls| format!("{}: {} {} {}", it.region, it.calls, it.queued, it.answered);
    let told: Vec<String> = report.iter().map(told).collect();
    assert_eq!(told, [": 1 0 0", "RU-IRK: 1 1 1", "RU-OMS: 1 0 0"]);
    let later = store
        .calls_by_region(Wall(TEN + 1), Wall(i64::MAX))
        .await
        .unwrap();
    assert!(later.is_empty(), "{later:?}");
}

#[tokio::test]
async fn who_came_to_a_queue_is_listed_with_what_became_of_them() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    projector.project(&facts(1, call(1))).await.unwrap();
    // Another one of the same story came to the reserve after four seconds.
    let mut moved = facts(100, call(2));
    let queued = moved
        .iter()
        .position(|fact| matches!(fact.event, CallEvent::Queued { .. }))
        .expect("the story has a queue");
    let mut later = moved[queued].clone();
    later.at.0 += 4_000 * MS;
    if let CallEvent::Queued { queue, .. } = &mut later.event {
        *queue = "reserve".into();
    }
    moved.insert(queued + 1, later);
    let renumbered = moved.iter_mut().zip(100..);
    renumbered.for_each(|(fact, seq)| fact.seq = seq);
    projector.project(&moved).await.unwrap();

    let listed = async |from, to, queues: &[&str]| {
        let queues: Vec<QueueId> = queues.iter().map(|name| (*name).into()).collect();
        store.queued(Wall(from), Wall(to), &queues).await.unwrap()
    };
    let all = listed(TEN, i64::MAX, &["sales"]).await;
    assert_eq!(all.len(), 2, "{all:?}");
    let (first, second) = (all[0], all[1]);
    assert_eq!(first.queued_at, TEN + 520 * MS);
    assert_eq!((first.answered, first.abandoned), (true, false));
    assert_eq!((first.waited_ms, first.talk_ms), (10_000, 60_000));
    assert!(first.pick_up_ms.is_some(), "{first:?}");
    assert_eq!((second.answered, second.waited_ms), (false, 4_000));
    let both = listed(TEN, i64::MAX, &["sales", "reserve"]).await;
    assert!(both.iter().all(|it| it.answered), "{both:?}");
    assert_eq!(listed(TEN, TEN + 520 * MS, &["sales"]).await, []);
    assert_eq!(listed(TEN, i64::MAX, &["other"]).await, []);
}

#[tokio::test]
async fn whoever_the_plan_leads_out_of_the_queue_waits_no_more() {
    let queued = || CallEvent::Queued {
        queue: "sales".into(),
        priority: 5,
    };
    let decided = |what: &str| CallEvent::Decided {
        decision: what.into(),
        reasons: Vec::new(),
    };
    let ended = || CallEvent::Ended {
        outcome: Outcome::AbandonedQueue { short: false },
        termination: Termination::caller_error("left"),
    };
    let stories = [
        // Hung up in the voicemail that followed.
        vec![
            (0, queued()),
            (30, decided("voicemail sorry")),
            (90, ended()),
        ],
        // Heard some words in between, and gave up in the queue.
        vec![
            (0, decided("queue sales")),
            (0, queued()),
            (30, decided("play please_wait")),
            (40, decided("queue sales")),
            (40, queued()),
            (60, decided("go on")),
            (90, ended()),
        ],
    ];
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    for (number, story) in (1_u64..).zip(stories) {
        let events = [(0, arrived())].into_iter().chain(story);
        let facts = events.zip(number * 100..).map(|((secs, event), seq)| Fact {
            seq,
            at: Wall(TEN + secs * 1_000 * MS),
            call: call(number.into()),
            event,
        });
        let facts: Vec<Fact> = facts.collect();
        projector.project(&facts).await.unwrap();
    }
    let sales = ["sales".into()];
    let all = store.queued(Wall(TEN), Wall(i64::MAX), &sales);
    let all = all.await.unwrap();
    let told: Vec<_> = all.iter().map(|it| (it.waited_ms, it.abandoned)).collect();
    assert_eq!(told, [(30_000, false), (90_000, true)]);
}

#[tokio::test]
async fn what_answered_calls_of_a_number_cost_is_summed_as_it_is_billed() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let ended = CallEvent::Ended {
        outcome: Outcome::Answered,
        termination: Termination::success("caller-hung-up"),
    };
    // Answered after 1 s: 30 s and 61 s of talk, one never answered, one cut without an end.
    let stories = [
        vec![
            (0, arrived()),
            (1_000, CallEvent::Answered),
            (31_000, ended.clone()),
        ],
        vec![
            (0, arrived()),
            (1_000, CallEvent::Answered),
            (62_000, ended.clone()),
        ],
        vec![(0, arrived()), (9_000, ended)],
        vec![(0, arrived()), (1_000, CallEvent::Answered)],
    ];
    let mut facts = Vec::new();
    for (n, story) in (1..).zip(stories) {
        for (at, event) in story {
            let seq = facts.len() as u64 + 1;
            let at = Wall(TEN + at * MS);
            facts.push(Fact {
                seq,
                at,
                call: call(n),
                event,
            });
        }
    }
    projector.project(&facts).await.expect("applied");
    let number = parsed("88000000000").e164.expect("a number");
    let cut = Wall(TEN + 11_000 * MS);
    let cost = async |number: &PhoneNumber, from: i64, price| {
        let sum = store.cost_since(number, Wall(from), price, cut).await;
        sum.expect("a sum")
    };
    assert_eq!(cost(&number, TEN, (180, 1)).await, (101, 303));
    assert_eq!(cost(&number, TEN, (180, 60)).await, (240, 720));
    assert_eq!(cost(&number, TEN + 1_001 * MS, (180, 60)).await, (0, 0));
    let other = parsed("88000000001").e164.expect("a number");
    assert_eq!(cost(&other, TEN, (180, 60)).await, (0, 0));
}
