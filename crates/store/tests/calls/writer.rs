//! The writer between the journal and the database, whatever is late or away.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gudok_store::writer::QUEUE_MAX;
use gudok_store::{CallFilter, Fact, Store, Trouble, Writer, WriterHooks};
use sqlx::ConnectOptions;

use crate::told::{call, facts, store};

/// A writer over a journal that is a plain list.
fn writer(
    store: &Store,
    journal: Vec<Fact>,
    awake: Arc<AtomicBool>,
) -> (Writer, std::sync::mpsc::Receiver<Trouble>) {
    let (tell, told) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let reread = Box::new(move |after: u64, limit: usize| {
        let asleep = !awake.swap(true, Ordering::Relaxed);
        let later = journal
            .iter()
            .filter(|fact| fact.seq > after)
            .take(limit)
            .cloned();
        if asleep { Vec::new() } else { later.collect() }
    });
    let on_trouble = Box::new(move |trouble| {
        let _ = tell.lock().expect("never poisoned").send(trouble);
    });
    (
        Writer::start(store, WriterHooks { reread, on_trouble }),
        told,
    )
}

#[tokio::test]
async fn the_writer_begins_with_what_the_journal_holds_and_goes_on_with_what_is_sent() {
    let (_dir, store) = store().await;
    let writer = writer(&store, facts(1, call(1)), Arc::new(AtomicBool::new(true))).0;
    for fact in facts(20, call(2)) {
        writer.send(fact);
    }
    writer.close().await;
    for id in [call(1), call(2)] {
        assert_eq!(
            store
                .call(id)
                .await
                .unwrap()
                .unwrap()
                .call
                .disposition
                .as_deref(),
            Some("sold")
        );
    }
}

#[tokio::test]
async fn what_did_not_fit_into_memory_is_read_from_the_journal() {
    let (_dir, store) = store().await;
    let mut journal = Vec::new();
    for n in 0..600 {
        journal.extend(facts(1 + n * 19, call(u128::from(n))));
    }
    assert!(journal.len() > QUEUE_MAX + 2000);
    // The first question finds nothing: everything must come by sending, until memory is full.
    let (writer, told) = writer(&store, journal.clone(), Arc::new(AtomicBool::new(false)));
    let last = journal.last().unwrap().seq;
    journal.into_iter().for_each(|fact| writer.send(fact));
    let mut applied = writer.applied();
    applied.wait_for(|applied| *applied == last).await.unwrap();
    assert_eq!(told.try_recv(), Ok(Trouble::Behind));
    writer.close().await;
    let calls = store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(calls.len(), 600);
    assert!(calls.iter().all(|call| call.disposition.is_some()));
}

#[tokio::test]
async fn a_database_that_is_away_loses_nothing() {
    let (dir, store) = store().await;
    // Another process takes a table away: every batch fails.
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("gudok.db"));
    let mut other = file.connect().await.unwrap();
    sqlx::query("DROP TABLE leg")
        .execute(&mut other)
        .await
        .unwrap();
    let (writer, told) = writer(&store, vec![], Arc::new(AtomicBool::new(true)));
    facts(1, call(1))
        .into_iter()
        .for_each(|fact| writer.send(fact));
    let down = tokio::task::spawn_blocking(move || (told.recv(), told))
        .await
        .unwrap();
    assert!(matches!(down.0, Ok(Trouble::Down { .. })));
    let table = "CREATE TABLE leg (call_id TEXT, leg_index BIGINT, project TEXT, operator TEXT, number TEXT,
        dialled_at BIGINT, ringing_at BIGINT, answered_at BIGINT, ended_at BIGINT, cause TEXT, held_ms BIGINT,
        held_since BIGINT, codec TEXT, packets BIGINT, lost BIGINT, jitter_us_max BIGINT, mos DOUBLE PRECISION,
        quality TEXT, said_sip BIGINT, said_q850 BIGINT, said TEXT, session_id TEXT, PRIMARY KEY (call_id, leg_index))";
    sqlx::query(table).execute(&mut other).await.unwrap();
    let mut applied = writer.applied();
    applied.wait_for(|applied| *applied == 19).await.unwrap();
    writer.close().await;
    assert_eq!(store.call(call(1)).await.unwrap().unwrap().legs.len(), 2);
    assert!(down.1.try_iter().any(|trouble| trouble == Trouble::Well));
}
