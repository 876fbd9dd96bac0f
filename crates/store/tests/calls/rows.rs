//! From facts to rows, whatever comes twice or in pieces.
use gudok_model::{CallEvent, NO_DISPOSITION};
use gudok_store::Projector;

use crate::told::{call, facts, store};

#[tokio::test]
async fn a_wrap_up_that_ran_out_takes_back_nothing_that_was_said() {
    let (_dir, store) = store().await;
    let id = call(1);
    let mut told = facts(1, id);
    let mut auto = told.last().expect("facts").clone();
    auto.seq += 1;
    auto.event = CallEvent::Disposed {
        operator: "anna".into(),
        code: NO_DISPOSITION.into(),
        note: None,
    };
    told.push(auto);
    Projector::new(&store).project(&told).await.unwrap();
    let row = store.call(id).await.unwrap().unwrap().call;
    let said = (row.disposition.as_deref(), row.disposition_note.as_deref());
    assert_eq!(said, (Some("sold"), Some("перезвонить")));
}

#[tokio::test]
async fn a_whole_call_becomes_one_row_with_legs_offers_and_facts() {
    let (_dir, store) = store().await;
    let id = call(1);
    Projector::new(&store).project(&facts(1, id)).await.unwrap();
    let story = store.call(id).await.unwrap().unwrap();
    insta::assert_json_snapshot!(story.call, @r#"
    {
      "call_id": "01930000-0000-0000-0000-000000000001",
      "project": "demo",
      "trunk": "carrier",
      "did_raw": "88000000000",
      "did_e164": "+78000000000",
      "caller_raw": "8 (999) 000-00-01",
      "caller_e164": "+79990000001",
      "caller_kind": "mobile",
      "caller_presentation": "allowed",
      "caller_display": null,
      "sip_call_id": "abc@192.0.2.1",
      "plan": "8800.toml#1",
      "arrived_at": 1795255200000000,
      "answered_at": 1795255200020000,
      "queued_at": 1795255200520000,
      "bridged_at": 1795255210520000,
      "ended_at": 1795255270531000,
      "outcome": "answered",
      "outcome_flag": null,
      "termination_result": "success",
      "termination_reason": "caller-hung-up",
      "waited_ms": 10000,
      "talk_ms": 60000,
      "talking_since": null,
      "talking_leg": null,
      "operator": "anna",
      "queue": "sales",
      "client_id": null,
      "client_name": null,
      "client_match": null,
      "disposition": "sold",
      "disposition_note": "перезвонить",
      "recording_file": "2026/11/21/x.wav",
      "recording_ms": 70500,
      "recording_sha256": "ab",
      "last_seq": 19,
      "session_id": "ab30317f1a784dc48ff824d0d3715d86",
      "caller_region": "RU-IRK",
      "caller_zone": "Asia/Irkutsk",
      "caller_region_confidence": "mobile",
      "survey": null,
      "surveyed_at": null,
      "rating": null,
      "rating_low": null,
      "solved": null,
      "direction": null
    }
    "#);
    insta::assert_json_snapshot!(story.legs, @r#"
    [
      {
        "call_id": "01930000-0000-0000-0000-000000000001",
        "leg_index": 0,
        "project": "demo",
        "operator": null,
        "number": null,
        "dialled_at": 1795255200000000,
        "ringing_at": null,
        "answered_at": 1795255200020000,
        "ended_at": 1795255270520000,
        "cause": "hung_up",
        "held_ms": 0,
        "held_since": null,
        "codec": "PCMA",
        "packets": 3500,
        "lost": 7,
        "jitter_us_max": 0,
        "mos": 4.25,
        "quality": "{\"received\":3500,\"sent\":0,\"lost\":7,\"duplicate\":0,\"reordered\":0,\"jitter_us_max\":0,\"jitter_us_mean\":0,\"gap_ms_max\":0,\"remote_loss_permille\":null,\"rtt_us\":null,\"foreign\":0,\"mos\":4.25,\"codec\":\"PCMA\"}",
        "said_sip": null,
        "said_q850": 16,
        "said": "Terminated",
        "session_id": null
      },
      {
        "call_id": "01930000-0000-0000-0000-000000000001",
        "leg_index": 1,
        "project": "demo",
        "operator": "anna",
        "number": null,
        "dialled_at": 1795255205031000,
        "ringing_at": 1795255205100000,
        "answered_at": 1795255210500000,
        "ended_at": 1795255270530000,
        "cause": "by_us",
        "held_ms": 5000,
        "held_since": null,
        "codec": null,
        "packets": null,
        "lost": null,
        "jitter_us_max": null,
        "mos": null,
        "quality": null,
        "said_sip": null,
        "said_q850": null,
        "said": null,
        "session_id": "47755a9de7794ba387653f2099600ef2"
      }
    ]
    "#);
    insta::assert_json_snapshot!(story.offers, @r#"
    [
      {
        "call_id": "01930000-0000-0000-0000-000000000001",
        "offer_index": 1,
        "project": "demo",
        "operator": "anna",
        "offered_at": 1795255205000000,
        "popped_us": 28000,
        "pop_acknowledged": 1,
        "ended_at": 1795255270530000,
        "outcome": "bridged_ended",
        "wrapped_at": null
      }
    ]
    "#);
    let told: Vec<_> = story
        .events
        .iter()
        .map(|event| event.event.as_str())
        .collect();
    assert_eq!((told.len(), told[0], told[9]), (19, "arrived", "bridged"));
    assert_eq!(story.events[1].decode(), Some(CallEvent::Answered));
}

#[tokio::test]
async fn a_batch_that_comes_twice_or_in_pieces_gives_the_same_rows() {
    let (_dir, store) = store().await;
    let (whole, pieces) = (facts(1, call(1)), facts(20, call(2)));
    let mut projector = Projector::new(&store);
    assert_eq!(projector.project(&whole).await.unwrap(), 19);
    assert_eq!(projector.project(&whole).await.unwrap(), 19);
    // Each fact alone, by a projector that remembers nothing, each twice.
    for fact in &pieces {
        for _ in 0..2 {
            Projector::new(&store)
                .project(std::slice::from_ref(fact))
                .await
                .unwrap();
        }
    }
    let mut first = store.call(call(1)).await.unwrap().unwrap();
    let second = store.call(call(2)).await.unwrap().unwrap();
    assert_eq!((first.events.len(), second.events.len()), (19, 19));
    let id = second.call.call_id.clone();
    (first.call.call_id, first.call.last_seq) = (id.clone(), second.call.last_seq);
    first
        .legs
        .iter_mut()
        .for_each(|leg| leg.call_id.clone_from(&id));
    first
        .offers
        .iter_mut()
        .for_each(|offer| offer.call_id.clone_from(&id));
    assert_eq!(
        (first.call, first.legs, first.offers),
        (second.call, second.legs, second.offers)
    );
}
