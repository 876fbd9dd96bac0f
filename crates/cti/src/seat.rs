//! One operator's seat: the stream, the remembered results, the session in it and its connections.
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use gudok_model::SessionId;
use gudok_switchboard::desk::{CommandResult, DeskEvent, DeskSnapshot};
use gudok_switchboard::wall::View;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::auth::Login;
use crate::config::DIRECT_MAX;
use crate::hub::Close;
use crate::protocol::{Expect, WallStream};
use crate::results::Results;
use crate::shape::ServerFrame;
use crate::stream::{Ring, Text};
use crate::watch::WallFeed;

/// One operator's seat.
pub(crate) struct Seat {
    pub(crate) ring: Ring,
    pub(crate) results: Results,
    pub(crate) fence: Fence,
    /// Who sits here; stays after the connection is lost, so that the same login can come back to it.
    pub(crate) session: Option<Session>,
    /// In order of coming. Those of a session that was taken over stay until the core closes it.
    pub(crate) connections: Vec<Connection>,
}

/// A login at work.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) login: u64,
    /// Of an earlier run: whichever sign-in of then comes first has it.
    pub(crate) is_expected: bool,
}

impl Session {
    /// Whether who signed in so comes back to it.
    pub(crate) fn is_of(self, login: &Login) -> bool {
        self.login == login.number || (self.is_expected && login.is_of_before)
    }
}

/// One socket.
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) session: SessionId,
    pub(crate) wake: Arc<Notify>,
    pub(crate) feed: Feed,
    pub(crate) snapshot_asked: bool,
    /// Streams for supervisors.
    pub(crate) watches: BTreeMap<WallStream, WallFeed>,
    pub(crate) close: Option<Close>,
    /// Answers for this connection alone, each with the stream's position when it was given: it is sent
    /// after the events up to there, so that cause comes before effect.
    direct: VecDeque<(u64, Text)>,
}

/// Which part of the stream a connection is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Feed {
    /// Nothing: it has not subscribed.
    Off,
    /// Nothing until the core answers.
    AwaitsSnapshot,
    /// The event `next` and all after it.
    Live {
        /// 1, 2, …
        next: u64,
    },
}

impl Seat {
    pub(crate) fn new(ring_events_max: usize) -> Self {
        Self {
            ring: Ring::new(ring_events_max),
            results: Results::default(),
            fence: Fence::default(),
            session: None,
            connections: Vec::new(),
        }
    }

    /// Whether a connection of the session is there.
    pub(crate) fn is_attended(&self, session: SessionId) -> bool {
        self.connections
            .iter()
            .any(|c| c.session == session && c.close.is_none())
    }

    /// Whether this is the oldest connection of the session in the seat: it alone sounds and takes focus.
    pub(crate) fn is_primary(&self, connection: u64) -> bool {
        self.primary() == Some(connection)
    }

    pub(crate) fn connection(&mut self, id: u64) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|c| c.id == id)
    }

    /// Removes a connection and hands its role to the next.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Connection> {
        let index = self.connections.iter().position(|c| c.id == id)?;
        let was_primary = self.is_primary(id);
        let gone = self.connections.remove(index);
        self.results.forget_connection(id);
        if was_primary && let Some(heir) = self.primary() {
            self.direct(heir, ServerFrame::desk(true).text());
        }
        Some(gone)
    }

    /// Queues the answer to a command.
    pub(crate) fn reply(&mut self, connection: u64, id: Uuid, result: &CommandResult) {
        self.direct(connection, ServerFrame::result(id, result).text());
    }

    /// Queues a frame for one connection; one that leaves [`DIRECT_MAX`] of them unread is closed.
    pub(crate) fn direct(&mut self, connection: u64, text: String) {
        let position = self.ring.last_seq();
        let Some(connection) = self.connection(connection) else {
            return;
        };
        if connection.direct.len() >= DIRECT_MAX {
            return connection.end(Close::Slow);
        }
        connection.direct.push_back((position, text.into()));
        connection.wake.notify_one();
    }

    fn primary(&self) -> Option<u64> {
        let session = self.session?.id;
        let mut living = self.connections.iter().filter(|c| c.close.is_none());
        living.find(|c| c.session == session).map(|c| c.id)
    }
}

impl Connection {
    pub(crate) fn new(id: u64, session: SessionId, wake: Arc<Notify>) -> Self {
        Self {
            id,
            session,
            wake,
            feed: Feed::Off,
            snapshot_asked: false,
            watches: BTreeMap::new(),
            close: None,
            direct: VecDeque::new(),
        }
    }

    /// What it watches, and in which views.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (View, WallStream)> {
        let watches = self.watches.iter();
        watches.map(|(stream, feed)| (feed.view().clone(), stream.clone()))
    }

    /// Marks the connection for closing; the first reason stands.
    pub(crate) fn end(&mut self, why: Close) {
        self.close.get_or_insert(why);
        self.wake.notify_one();
    }

    /// Queues a frame before everything else, events too.
    pub(crate) fn announce(&mut self, text: String) {
        self.direct.push_front((0, text.into()));
        self.wake.notify_one();
    }

    /// The next answer, if the events before it are out.
    pub(crate) fn next_direct(&mut self) -> Option<Text> {
        let (position, _) = self.direct.front()?;
        match self.feed {
            Feed::Live { next } if next <= *position => None,
            Feed::Live { .. } | Feed::Off | Feed::AwaitsSnapshot => {
                self.direct.pop_front().map(|(_, text)| text)
            }
        }
    }
}

/// The versions a command may be fenced with, as last told to the desks.
#[derive(Default)]
pub(crate) struct Fence {
    agent_version: Option<u64>,
    offer_epoch: Option<u32>,
}

impl Fence {
    pub(crate) fn saw(&mut self, event: &DeskEvent) {
        match event {
            DeskEvent::State(state) => self.agent_version = Some(state.version),
            DeskEvent::OfferCreated(card) | DeskEvent::OfferUpdated(card) => {
                self.offer_epoch = Some(card.offer_epoch);
            }
            DeskEvent::OfferClosed { .. } => self.offer_epoch = None,
            DeskEvent::Ringing { .. }
            | DeskEvent::Dialling { .. }
            | DeskEvent::Answered { .. }
            | DeskEvent::Held { .. }
            | DeskEvent::Resumed { .. }
            | DeskEvent::Consult { .. }
            | DeskEvent::AskedAside(_)
            | DeskEvent::Transferred { .. }
            | DeskEvent::Muted { .. }
            | DeskEvent::SupervisionStarted { .. }
            | DeskEvent::SupervisionStopped { .. }
            | DeskEvent::Supervision(_)
            | DeskEvent::Parked(_)
            | DeskEvent::Unparked { .. }
            | DeskEvent::Ended { .. }
            | DeskEvent::Rated { .. }
            | DeskEvent::ClientEnriched { .. }
            | DeskEvent::RecordingStarted { .. }
            | DeskEvent::CallbackChanged(_)
            | DeskEvent::CallbackDue(_)
            | DeskEvent::Alert { .. } => {}
        }
    }

    pub(crate) fn saw_snapshot(&mut self, snapshot: &DeskSnapshot) {
        self.agent_version = Some(snapshot.state.version);
        self.offer_epoch = snapshot.card.as_ref().map(|card| card.offer_epoch);
    }

    /// The present value that is not the expected one. Nothing told yet is not what was expected.
    pub(crate) fn check(&self, expect: Expect) -> Result<(), String> {
        let version = expect
            .agent_version
            .filter(|v| self.agent_version != Some(*v));
        let epoch = expect.offer_epoch.filter(|e| self.offer_epoch != Some(*e));
        match (version, epoch) {
            (None, None) => Ok(()),
            (Some(_), _) => Err(said("agent_version", self.agent_version)),
            (None, Some(_)) => Err(said("offer_epoch", self.offer_epoch.map(u64::from))),
        }
    }
}

fn said(what: &str, value: Option<u64>) -> String {
    value.map_or_else(|| format!("{what} none"), |value| format!("{what} {value}"))
}
