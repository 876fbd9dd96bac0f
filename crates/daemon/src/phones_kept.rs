//! Phones stay registered over a restart: where each one is lies in the database, and a start asks it whether it is there.
//!
//! Not in the journal: nobody is told anything that rests on it. A word that is lost costs its phone the wait until its next
//! REGISTER, as if nothing had been written.
use std::time::Duration;

use gudok_model::{OperatorId, Wall};
use gudok_sip::registrar::KeptContact;
use gudok_store::{PhoneRow, QueryError, Store};
use tokio::sync::mpsc;

use crate::clock::wall;

/// Words that wait for the database: thousands of phones come back within a second after a network failure. Of more the rest is
/// dropped; a phone's next REGISTER says it again.
const WAITING_MAX: usize = 4_096;
/// Words of one transaction.
const BATCH_MAX: usize = 256;

type Word = (OperatorId, Vec<PhoneRow>);

/// Where the hotline writes down where phones are.
#[derive(Debug)]
pub(crate) struct Book(mpsc::Sender<Word>);

impl Book {
    /// Opens it; what is said goes to the database from the `office`, until the book is closed.
    pub(crate) fn open(store: Store, office: &tokio::runtime::Handle) -> Self {
        let (words, said) = mpsc::channel(WAITING_MAX);
        office.spawn(write_down(store, said));
        Self(words)
    }

    /// The contacts of an operator are these from now on.
    pub(crate) fn keep(&self, now: Wall, user: &str, contacts: Vec<KeptContact>) {
        let rows = contacts.into_iter().map(|it| row(now, it)).collect();
        let _dropped_beyond_the_limit = self.0.try_send((OperatorId::new(user), rows));
    }
}

/// Where phones were when it was written down last, and are still to be.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn at_start(store: &Store) -> Result<Vec<KeptContact>, QueryError> {
    let now = wall();
    let rows = store.phones(now).await?;
    Ok(rows.into_iter().filter_map(|it| kept(now, it)).collect())
}

async fn write_down(store: Store, mut said: mpsc::Receiver<Word>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while said.recv_many(&mut batch, BATCH_MAX).await > 0 {
        if let Err(error) = store.phones_bound(&batch).await {
            tracing::warn!(%error, "where phones are is not written down: after a restart they are reached when they register");
        }
        batch.clear();
    }
}

fn row(now: Wall, contact: KeptContact) -> PhoneRow {
    let left = i64::try_from(contact.left.as_micros()).unwrap_or(i64::MAX);
    let (instance, reg_id) = contact.outbound.unzip();
    PhoneRow {
        operator_id: contact.user,
        uri: contact.uri,
        local: contact.local.to_string(),
        remote: contact.remote.to_string(),
        agent: contact.agent,
        routes: contact.routes.join("\n"),
        instance,
        reg_id: reg_id.map(i64::from),
        sip_call_id: contact.call_id,
        cseq: contact.cseq.into(),
        expires_at: now.0.saturating_add(left),
    }
}

/// None of a row that somebody else has written.
fn kept(now: Wall, row: PhoneRow) -> Option<KeptContact> {
    let left = u64::try_from(row.expires_at.saturating_sub(now.0)).ok()?;
    let reg_id = row.reg_id.and_then(|it| u32::try_from(it).ok());
    Some(KeptContact {
        user: row.operator_id,
        uri: row.uri,
        local: row.local.parse().ok()?,
        remote: row.remote.parse().ok()?,
        agent: row.agent,
        routes: row.routes.lines().map(str::to_owned).collect(),
        outbound: row.instance.zip(reg_id),
        call_id: row.sip_call_id,
        cseq: row.cseq.try_into().ok()?,
        left: Duration::from_micros(left),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> KeptContact {
        KeptContact {
            user: "101".into(),
            uri: "sip:101@198.51.100.7:5062;line=1".into(),
            local: "192.0.2.1:5060".parse().expect("an address"),
            remote: "198.51.100.7:40000".parse().expect("an address"),
            agent: "Phone/1.0".into(),
            routes: vec!["<sip:10.0.0.1;lr>".into(), "<sip:10.0.0.2;lr>".into()],
            outbound: Some(("\"<urn:uuid:1>\"".into(), 2)),
            call_id: "c1".into(),
            cseq: 7,
            left: Duration::from_secs(600),
        }
    }

    #[test]
    fn what_is_written_down_comes_back_with_the_time_that_is_left() {
        let (now, later) = (Wall(1_000_000), Wall(201_000_000));
        let back = kept(later, row(now, contact())).expect("it is good for 400 s more");
        let left = Duration::from_secs(400);
        assert_eq!(back, KeptContact { left, ..contact() });
        assert_eq!(
            kept(Wall(700_000_000), row(now, contact())),
            None,
            "its time is over"
        );
        let spoilt = PhoneRow {
            remote: "nowhere".into(),
            ..row(now, contact())
        };
        assert_eq!(kept(later, spoilt), None);
    }
}
