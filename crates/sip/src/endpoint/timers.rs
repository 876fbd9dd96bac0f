//! The one timer structure: deadlines in order, each with its owner.
use std::collections::BTreeSet;
use std::time::Duration;

use super::Session;
use super::tables::ClientKey;

/// Whose deadline it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Owner {
    /// A client transaction.
    Client(ClientKey),
    /// A server transaction.
    Server(u128),
    /// A session.
    Session(Session),
    /// A registered contact.
    Contact(u64),
}

/// Deadlines ordered by time. An owner has at most one; it remembers which, in its `armed` field.
#[derive(Clone, Default, Debug)]
pub(super) struct Timers(BTreeSet<(Duration, Owner)>);

impl Timers {
    /// Moves an owner's deadline from what it remembers to `next`.
    pub(super) fn arm(
        &mut self,
        owner: Owner,
        armed: &mut Option<Duration>,
        next: Option<Duration>,
    ) {
        if *armed == next {
            return;
        }
        if let Some(old) = *armed {
            self.0.remove(&(old, owner));
        }
        if let Some(new) = next {
            self.0.insert((new, owner));
        }
        *armed = next;
    }

    /// Takes one owner whose deadline has come. Its `armed` field is stale until it is armed again.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Owner> {
        let first = *self.0.first()?;
        (first.0 <= now && self.0.remove(&first)).then_some(first.1)
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Duration> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Whether nothing waits but contacts.
    pub(super) fn only_contacts(&self) -> bool {
        let mut owners = self.0.iter().map(|(_, owner)| owner);
        owners.all(|owner| matches!(owner, Owner::Contact(_)))
    }
}
