//! The core's end of the bridge: events and answers go in, wishes of the desks come out.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gudok_model::{Mono, OfferId, OperatorId, SessionId, Wall};
use gudok_switchboard::desk::{CommandResult, DeskCommand, DeskEvent, DeskSnapshot};
use gudok_switchboard::wall::{Picture, Told, View};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::config::{BATCH_MAX, CORE_QUEUE_MAX, Config};
use crate::hub::Hub;
use crate::protocol::Expect;
use crate::server::Server;
use crate::watch::WallRequest;

/// What the desks want of the core. Order is kept: a session's `Connected` comes before its commands, and
/// its `Lost` after them.
#[derive(Debug)]
pub enum CtiInput {
    /// A session has its first connection (again). Becomes `Input::DeskConnected`.
    Connected {
        /// Who.
        operator: OperatorId,
        /// The session: a new one, or the one that was lost and has come back with the same token.
        session: SessionId,
        /// True for a new session: whatever older one the core still holds has no desk any more, or was
        /// asked to give way. False for one that came back.
        takeover: bool,
    },
    /// A session has no connection any more. Becomes `Input::DeskLost`.
    Lost {
        /// Who.
        operator: OperatorId,
        /// Which session.
        session: SessionId,
    },
    /// A command, the first time its id is seen. To be passed through [`Bridge::fence`].
    Command(Command),
    /// The card is on the screen. Becomes `Input::PopAcked`; already answered `ok`.
    PopAck {
        /// Who.
        operator: OperatorId,
        /// From which session.
        session: SessionId,
        /// For which offer.
        offer: OfferId,
    },
    /// A connection needs the whole picture. To be answered by [`Bridge::snapshot`].
    SnapshotWanted(SnapshotRequest),
    /// A supervisor's connection needs the picture of a wall. To be answered by [`Bridge::wall_snapshot`].
    WallWanted(WallRequest),
}

/// A desk's command. Answered exactly once with [`Bridge::result`].
#[derive(Clone, PartialEq, Debug)]
pub struct Command {
    /// Who.
    pub operator: OperatorId,
    /// From which session.
    pub session: SessionId,
    /// UUID text.
    pub id: String,
    /// What.
    pub command: DeskCommand,
    /// What the desk saw when it decided.
    pub expect: Expect,
}

/// A connection waits for a snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotRequest {
    /// Whose picture.
    pub operator: OperatorId,
    /// For which connection.
    pub(crate) connection: u64,
}

/// Counters since the start, for the metrics page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Sockets open now, authenticated or not.
    pub connections: u64,
    /// Sockets closed at once since a limit of connections was reached.
    pub refused: u64,
    /// Clients that failed to authenticate.
    pub unauthorized: u64,
    /// Frames that were not of the protocol.
    pub bad_frames: u64,
    /// Connections that gave no sign of life.
    pub dead: u64,
    /// Events appended to streams.
    pub events: u64,
    /// Subscriptions resumed without a snapshot.
    pub resumes: u64,
    /// Clients that fell so far behind that they were reset.
    pub resets: u64,
}

/// The core's handle. Its calls never wait and never fail; what cannot be delivered now is delivered when
/// the desk comes back, or replaced by a snapshot.
///
/// One thread should own it (the one that owns the switchboard): consistency of snapshots rests on calls
/// being made in the order in which the switchboard speaks.
#[derive(Clone)]
pub struct Bridge {
    hub: Shared,
}

/// The hub behind its lock.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Hub>>);

/// Makes a bridge: the core's handle, the server to be run, and the queue of what the desks want
/// ([`CORE_QUEUE_MAX`] places, and two more for each connection; above that commands are refused with
/// `busy` and newcomers wait).
///
/// `started` numbers the sessions, so that those of different runs differ.
///
/// # Errors
/// The system has no randomness for the epoch.
pub fn open(
    config: Config,
    started: Wall,
) -> Result<(Bridge, Server, mpsc::Receiver<CtiInput>), getrandom::Error> {
    let mut epoch = [0; 8];
    getrandom::fill(&mut epoch)?;
    let places = CORE_QUEUE_MAX + 2 * config.connections_max;
    let (core, wishes) = mpsc::channel(places);
    let base = started.0.try_into().unwrap_or(0);
    let hub = Hub::new(config.clone(), hex::encode(epoch), base);
    let hub = Shared(Arc::new(Mutex::new(hub)));
    let server = Server::new(config, hub.clone(), core);
    Ok((Bridge { hub }, server, wishes))
}

impl Bridge {
    /// Appends an event to the operator's stream; all subscribed connections get it.
    pub fn event(&self, operator: &OperatorId, event: &DeskEvent, at: Wall) {
        self.hub.lock().event(operator, event, at);
    }

    /// Answers a command. The id is the one of [`Command::id`]; a second answer is ignored.
    pub fn result(&self, operator: &OperatorId, id: &str, result: &CommandResult) {
        if let Ok(id) = Uuid::try_parse(id) {
            self.hub.lock().result(operator, id, result);
        }
    }

    /// The command is done, and the disk has not taken it: who waits is told `not_written`, and so is who repeats it, until
    /// [`result`](Self::result) says the rest.
    pub fn unwritten(&self, operator: &OperatorId, id: &str) {
        if let Ok(id) = Uuid::try_parse(id) {
            self.hub.lock().unwritten(operator, id);
        }
    }

    /// What came of a command in a run before, oldest first: a repeat of its id is answered so and done no second time. To be
    /// told before desks are let in.
    pub fn recall(&self, operator: &OperatorId, id: &str, result: &CommandResult) {
        if let Ok(id) = Uuid::try_parse(id) {
            self.hub.lock().recall(operator, id, result);
        }
    }

    /// A session of an earlier run goes on, and whoever signed in then comes back to it. To be told before desks are let in; of
    /// somebody who works without a desk it means nothing.
    pub fn expect(&self, operator: &OperatorId, session: SessionId) {
        self.hub.lock().expect(operator, session);
    }

    /// Closes a session's connections: another one took the seat, or the operator logged out. No
    /// [`CtiInput::Lost`] follows.
    pub fn close(&self, operator: &OperatorId, session: SessionId) {
        self.hub.lock().close(operator, session);
    }

    /// Answers a request for a snapshot; `None` if there is no such operator any more (the connection is
    /// closed).
    ///
    /// To be called after all events that the switchboard has emitted so far were passed to
    /// [`event`](Self::event), in the same turn in which the snapshot was taken: the position of the
    /// stream is stamped here.
    pub fn snapshot(&self, request: &SnapshotRequest, snapshot: Option<&DeskSnapshot>, at: Wall) {
        self.hub.lock().snapshot(request, snapshot, at);
    }

    /// Says who has a wall from now on, and what they see on it; to be said before anybody connects, and when it changes. A
    /// stream whose viewer sees something else from now on ends.
    pub fn staff(&self, staff: BTreeMap<OperatorId, View>) {
        self.hub.lock().staff(staff);
    }

    /// The views that are to be told of news: somebody watches, or did within [`WATCH_KEPT`](crate::config::WATCH_KEPT).
    pub fn views(&self, now: Mono) -> BTreeSet<View> {
        self.hub.lock().views(now)
    }

    /// Tells a view the news, in the order in which they are to be read.
    pub fn wall(&self, view: &View, told: &[Told], at: Wall) {
        for some in told.chunks(BATCH_MAX) {
            self.hub.lock().wall(view, some, at);
        }
    }

    /// Answers a request for the picture of a wall; None: there is no such stream for the viewer. News of the same view that
    /// are told later may repeat what is in it.
    pub fn wall_snapshot(
        &self,
        request: &WallRequest,
        picture: Option<&Picture>,
        (now, at): (Mono, Wall),
    ) {
        let mut hub = self.hub.lock();
        hub.wall_snapshot(request, picture, at, now);
    }

    /// Lets a command through if what it expects is still so; otherwise gives the answer for [`result`](Self::result): `stale` with
    /// the present value. To be called in the turn in which the command is given to the switchboard, with all events passed on.
    ///
    /// # Errors
    /// The command is not to be done, and is to be answered so.
    pub fn fence(&self, command: &Command) -> Result<(), CommandResult> {
        let hub = self.hub.lock();
        let met = hub.is_met(&command.operator, command.expect);
        met.map_err(|actual| CommandResult::Error {
            code: "stale".into(),
            actual: Some(actual.into()),
        })
    }

    /// Names this run of the daemon; positions of another epoch mean nothing.
    pub fn epoch(&self) -> String {
        self.hub.lock().epoch.clone()
    }

    /// Counters for the metrics page.
    pub fn stats(&self) -> Stats {
        self.hub.lock().stats
    }
}

impl Shared {
    /// A panic while the lock was held cannot leave the hub worse than a missed frame, so we go on.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Hub> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
