//! Calls are found again.
use gudok_model::{CallEvent, Kind, PhoneNumber, Wall};
use gudok_store::{CallFilter, Fact, Found, Projector};

use crate::told::{MS, PHONES_SESSION_ID, TEN, call, facts, parsed, store};

#[tokio::test]
async fn calls_are_found_by_period_number_outcome_and_beginning_of_the_id() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    projector.project(&facts(1, call(1))).await.unwrap();
    let mut later = facts(100, call(2));
    later.truncate(3);
    later
        .iter_mut()
        .for_each(|fact| fact.at.0 += 3_600_000 * MS);
    projector.project(&later).await.unwrap();

    let count = async |filter: CallFilter| store.calls(&filter).await.unwrap().len();
    let number = |text: &str| PhoneNumber::try_from(text.to_owned()).ok();
    assert_eq!(count(CallFilter::default()).await, 2);
    assert_eq!(
        count(CallFilter {
            from: Some(Wall(TEN + 1)),
            ..CallFilter::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(CallFilter {
            to: Some(Wall(TEN)),
            ..CallFilter::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(CallFilter {
            number: number("+79990000001"),
            ..CallFilter::default()
        })
        .await,
        2
    );
    assert_eq!(
        count(CallFilter {
            number: number("+79990000002"),
            ..CallFilter::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(CallFilter {
            outcome: Some("answered".into()),
            ..CallFilter::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(CallFilter {
            limit: 1,
            ..CallFilter::default()
        })
        .await,
        1
    );
    for (region, calls) in [("RU-IRK", 2), ("RU-OMS", 0)] {
        let filter = CallFilter {
            region: Some(region.into()),
            ..CallFilter::default()
        };
        assert_eq!(count(filter).await, calls, "{region}");
    }
    let latest = &store.calls(&CallFilter::default()).await.unwrap()[0];
    assert_eq!(latest.call_id, call(2).to_string());
    assert_eq!(latest.caller_kind.as_deref(), Some("mobile"));
    assert_eq!(parsed("88000000000").kind, Kind::TollFree);

    assert_eq!(store.find_call("01930000").await.unwrap(), Found::Many);
    assert_eq!(
        store.find_call(&call(1).to_string()).await.unwrap(),
        Found::One(call(1))
    );
    assert_eq!(store.find_call("ffff").await.unwrap(), Found::None);
    assert_eq!(store.call(call(9)).await.unwrap(), None);
}

/// By the number of either side, and by the id of the call itself.
#[tokio::test]
async fn a_call_is_found_by_what_anybodys_log_says_of_it() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let other = Fact {
        seq: 100,
        at: Wall(TEN),
        call: call(2),
        event: CallEvent::Answered,
    };
    let mut told = facts(1, call(1));
    told.push(other);
    projector.project(&told).await.expect("applied");
    let (callers, nobodys) = ("ab30317f1a784dc48ff824d0d3715d86", "f");
    for (number, id, found) in [
        (callers, None, vec![call(1)]),
        (PHONES_SESSION_ID, None, vec![call(1)]),
        (nobodys, Some(call(2)), vec![call(2)]),
        (PHONES_SESSION_ID, Some(call(2)), vec![call(2), call(1)]),
        (nobodys, None, vec![]),
    ] {
        let rows = store.calls_of_session([number, nobodys], [None, id]).await;
        let rows = rows.expect("readable").into_iter().map(|row| row.call_id);
        let ids: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(rows.collect::<Vec<_>>(), ids, "{number} {id:?}");
    }
}
