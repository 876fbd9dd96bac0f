//! Who is connected and what each connection must still be sent. Behind one lock that is held for
//! microseconds: the core writes events in, connections take frames out, nobody waits inside.
use std::collections::BTreeMap;
use std::sync::Arc;

use gudok_model::{OperatorId, SessionId, Wall};
use gudok_switchboard::desk::{CommandResult, DeskCommand, DeskEvent, DeskSnapshot};
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{OwnedPermit, Sender};
use uuid::Uuid;

use crate::auth::Login;
use crate::bridge::{Command, CtiInput, SnapshotRequest, Stats};
use crate::config::{BATCH_MAX, Config, results_each};
use crate::protocol::{ClientCommand, Expect};
use crate::results::Claim;
use crate::seat::{Connection, Feed, Seat, Session};
use crate::shape::{ServerFrame, event_text};
use crate::stream::Text;
use crate::watch::{WallRequest, Watch};

/// The code of a command that is done, and that the disk does not have yet.
const NOT_WRITTEN: &str = "not_written";

/// Why the server ends a connection; the number is the WebSocket close code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Close {
    /// The daemon stops.
    GoingAway = 1001,
    /// A frame that is not text.
    Binary = 1003,
    /// Text that is not UTF-8.
    NotUtf8 = 1007,
    /// A frame that is not of the protocol.
    Policy = 1008,
    /// A frame above the limit.
    TooLarge = 1009,
    /// The core does not take requests.
    Busy = 1013,
    /// The token is unknown, expired or revoked.
    Unauthorized = 4001,
    /// Nothing or something else came instead of `auth`.
    AuthDeadline = 4002,
    /// Another session of this operator is at work; come again with `takeover`.
    SeatTaken = 4003,
    /// Another session took the seat.
    TakenOver = 4004,
    /// Too many connections of this operator.
    TooMany = 4005,
    /// The client does not read its answers.
    Slow = 4006,
    /// No sign of life.
    Dead = 4007,
    /// The operator logged out.
    SessionEnded = 4008,
}

impl Close {
    /// Stable slug, sent as the reason of the close frame and as the code of the last `error`.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::GoingAway => "going_away",
            Self::Binary => "binary_frame",
            Self::NotUtf8 => "not_utf8",
            Self::Policy => "bad_frame",
            Self::TooLarge => "too_large",
            Self::Busy => "busy",
            Self::Unauthorized => "unauthorized",
            Self::AuthDeadline => "auth_expected",
            Self::SeatTaken => "seat_taken",
            Self::TakenOver => "taken_over",
            Self::TooMany => "too_many_connections",
            Self::Slow => "slow",
            Self::Dead => "dead",
            Self::SessionEnded => "session_ended",
        }
    }

    /// Whether the core asked for it, and so needs no news of it.
    fn is_by_core(self) -> bool {
        matches!(self, Self::TakenOver | Self::SessionEnded)
    }
}

/// The way into a seat.
pub(crate) struct Joined {
    pub(crate) connection: u64,
    pub(crate) session: SessionId,
}

/// What a connection is to send now.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) frames: Vec<Text>,
    /// The core is to be asked for a snapshot.
    pub(crate) snapshot: Option<SnapshotRequest>,
    /// Pictures it is to be asked for.
    pub(crate) walls: Vec<WallRequest>,
    /// After the frames.
    pub(crate) close: Option<Close>,
    /// The limit of a batch was reached; there may be more.
    pub(crate) more: bool,
}

/// All seats.
pub(crate) struct Hub {
    pub(crate) epoch: String,
    pub(crate) config: Config,
    pub(crate) seats: BTreeMap<OperatorId, Seat>,
    pub(crate) watch: Watch,
    last_connection: u64,
    last_session: u64,
    pub(crate) stats: Stats,
}

impl Hub {
    /// Sessions are numbered on from `session_base`, so that those of a former run are never met again.
    pub(crate) fn new(config: Config, epoch: String, session_base: u64) -> Self {
        Self {
            epoch,
            config,
            seats: BTreeMap::new(),
            watch: Watch::default(),
            last_connection: 0,
            last_session: session_base,
            stats: Stats::default(),
        }
    }

    /// Lets an authenticated connection in, or says why not. `permit` carries the news to the core, in
    /// the order in which seats are taken and left.
    pub(crate) fn join(
        &mut self,
        login: &Login,
        takeover: bool,
        wake: Arc<Notify>,
        permit: OwnedPermit<CtiInput>,
    ) -> Result<Joined, Close> {
        let seat = seat(&mut self.seats, &self.config, &login.operator);
        if seat.connections.len() >= self.config.connections_per_operator_max {
            return Err(Close::TooMany);
        }
        let present = seat.session.filter(|s| seat.is_attended(s.id));
        let session = match (seat.session, present) {
            (_, Some(session)) if session.login == login.number => session.id,
            (_, Some(_)) if !takeover => return Err(Close::SeatTaken),
            (Some(session), None) if session.is_of(login) => {
                permit.send(connected(login, session.id, false));
                session.id
            }
            _ => {
                self.last_session += 1;
                let id = SessionId(self.last_session);
                permit.send(connected(login, id, true));
                id
            }
        };
        seat.session = Some(Session {
            id: session,
            login: login.number,
            is_expected: false,
        });
        self.last_connection += 1;
        let connection = Connection::new(self.last_connection, session, wake);
        seat.connections.push(connection);
        let connection = self.last_connection;
        let primary = seat.is_primary(connection);
        let seq = seat.ring.last_seq();
        let welcome =
            ServerFrame::welcome(&login.operator, session.0, primary, &self.epoch, seq).text();
        seat.direct(connection, welcome);
        Ok(Joined {
            connection,
            session,
        })
    }

    /// A session of an earlier run goes on: whoever signed in then comes back to it.
    pub(crate) fn expect(&mut self, operator: &OperatorId, session: SessionId) {
        let seat = seat(&mut self.seats, &self.config, operator);
        seat.session.get_or_insert(Session {
            id: session,
            login: 0,
            is_expected: true,
        });
    }

    /// The token was renewed on a live connection.
    pub(crate) fn renew(&mut self, connection: u64, login: &Login) {
        let Some(seat) = self.seats.get_mut(&login.operator) else {
            return;
        };
        let Some(renewed) = seat.connection(connection).map(|c| c.session) else {
            return;
        };
        if let Some(session) = seat.session.as_mut().filter(|s| s.id == renewed) {
            session.login = login.number;
        }
        let primary = seat.is_primary(connection);
        let seq = seat.ring.last_seq();
        let welcome =
            ServerFrame::welcome(&login.operator, renewed.0, primary, &self.epoch, seq).text();
        seat.direct(connection, welcome);
    }

    /// The connection is gone. The core hears of it when it was the last one of its session.
    pub(crate) fn leave(
        &mut self,
        operator: &OperatorId,
        connection: u64,
        permit: OwnedPermit<CtiInput>,
    ) {
        let Some(seat) = self.seats.get_mut(operator) else {
            return;
        };
        let Some(gone) = seat.remove(connection) else {
            return;
        };
        let is_last = seat.connections.iter().all(|c| c.session != gone.session);
        // A session that the core closed itself is no news to it.
        if is_last && !gone.close.is_some_and(Close::is_by_core) {
            permit.send(CtiInput::Lost {
                operator: operator.clone(),
                session: gone.session,
            });
        }
    }

    /// The client wants the stream: from after `seen`, or from a snapshot.
    pub(crate) fn subscribe(
        &mut self,
        operator: &OperatorId,
        connection: u64,
        after: Option<(String, u64)>,
    ) {
        let Some(seat) = self.seats.get_mut(operator) else {
            return;
        };
        let known = after
            .filter(|(epoch, _)| *epoch == self.epoch)
            .map(|(_, seq)| seq);
        let resumable = known.filter(|seq| seat.ring.can_resume(*seq));
        let resumed = resumable
            .map(|seq| ServerFrame::resumed(&self.epoch, seq, seat.ring.last_seq()).text());
        let Some(connection) = seat.connection(connection) else {
            return;
        };
        connection.feed =
            resumable.map_or(Feed::AwaitsSnapshot, |seq| Feed::Live { next: seq + 1 });
        if let Some(resumed) = resumed {
            connection.announce(resumed);
            self.stats.resumes += 1;
        }
    }

    /// Takes a command: hands it to the core, or answers it at once.
    pub(crate) fn command(
        &mut self,
        operator: &OperatorId,
        connection: u64,
        command: ClientCommand,
        core: &Sender<CtiInput>,
    ) {
        let each = results_each(self.seats.len());
        let Some(seat) = self.seats.get_mut(operator) else {
            return;
        };
        let Some(session) = seat.connection(connection).map(|c| c.session) else {
            return;
        };
        if seat.session.is_none_or(|present| present.id != session) {
            return seat.reply(connection, command.id, &refusal("stale_session"));
        }
        match seat.results.claim(command.id, connection) {
            Claim::Waiting => {}
            Claim::Done(result) => seat.reply(connection, command.id, &result),
            Claim::Busy => seat.reply(connection, command.id, &refusal("busy")),
            Claim::Fresh => {
                let from = (operator, session, connection);
                hand_on(seat, from, command, core, each);
            }
        }
    }

    /// The core's answer to a command; a second answer to the same id changes nothing, but the one that follows
    /// [`unwritten`](Self::unwritten).
    pub(crate) fn result(&mut self, operator: &OperatorId, id: Uuid, result: &CommandResult) {
        let each = results_each(self.seats.len());
        let Some(seat) = self.seats.get_mut(operator) else {
            return;
        };
        for connection in seat.results.answer(id, result, each) {
            seat.reply(connection, id, result);
        }
    }

    /// The command is done, and the disk has not taken it: who waits is told so.
    pub(crate) fn unwritten(&mut self, operator: &OperatorId, id: Uuid) {
        let each = results_each(self.seats.len());
        let Some(seat) = self.seats.get_mut(operator) else {
            return;
        };
        let told = refusal(NOT_WRITTEN);
        for connection in seat.results.unwritten(id, &told, each) {
            seat.reply(connection, id, &told);
        }
    }

    /// What came of a command in a run before.
    pub(crate) fn recall(&mut self, operator: &OperatorId, id: Uuid, result: &CommandResult) {
        let each = results_each(self.seats.len());
        let seat = seat(&mut self.seats, &self.config, operator);
        seat.results.recall(id, result, each);
    }

    /// Appends an event to the operator's stream.
    pub(crate) fn event(&mut self, operator: &OperatorId, event: &DeskEvent, at: Wall) {
        let bytes_max = self.config.ring_bytes(self.seats.len());
        let seat = seat(&mut self.seats, &self.config, operator);
        seat.fence.saw(event);
        let epoch = &self.epoch;
        seat.ring
            .push(bytes_max, |seq| event_text(epoch, seq, at, event));
        self.stats.events += 1;
        for connection in &seat.connections {
            if matches!(connection.feed, Feed::Live { .. }) {
                connection.wake.notify_one();
            }
        }
    }

    /// The core's snapshot, stamped with the position that the stream has now.
    pub(crate) fn snapshot(
        &mut self,
        request: &SnapshotRequest,
        snapshot: Option<&DeskSnapshot>,
        at: Wall,
    ) {
        let Some(seat) = self.seats.get_mut(&request.operator) else {
            return;
        };
        let seq = seat.ring.last_seq();
        if let Some(snapshot) = snapshot {
            seat.fence.saw_snapshot(snapshot);
        }
        let Some(connection) = seat.connection(request.connection) else {
            return;
        };
        connection.snapshot_asked = false;
        if connection.feed != Feed::AwaitsSnapshot {
            return;
        }
        match snapshot {
            Some(snapshot) => {
                connection.feed = Feed::Live { next: seq + 1 };
                let text = ServerFrame::snapshot(&self.epoch, seq, at, snapshot).text();
                seat.direct(request.connection, text);
            }
            None => connection.end(Close::Unauthorized),
        }
    }

    /// Whether what the client saw is still so. Only the core's own thread may ask: then the last state
    /// it emitted is the present one.
    pub(crate) fn is_met(&self, operator: &OperatorId, expect: Expect) -> Result<(), String> {
        self.seats
            .get(operator)
            .map_or(Ok(()), |seat| seat.fence.check(expect))
    }

    /// The core ended a session: its connections are told so and closed.
    pub(crate) fn close(&mut self, operator: &OperatorId, session: SessionId) {
        let Some(seat) = self.seats.get_mut(operator) else {
            return;
        };
        let why = if seat.session.is_some_and(|present| present.id == session) {
            seat.session = None;
            Close::SessionEnded
        } else {
            Close::TakenOver
        };
        for connection in &mut seat.connections {
            if connection.session == session {
                connection.end(why);
            }
        }
    }

    /// The daemon stops: every connection is closed after what it has still to be sent.
    pub(crate) fn close_all(&mut self) {
        for connection in self
            .seats
            .values_mut()
            .flat_map(|seat| &mut seat.connections)
        {
            connection.end(Close::GoingAway);
        }
    }

    /// Takes what a connection is to send now.
    pub(crate) fn take(&mut self, operator: &OperatorId, connection: u64) -> Batch {
        let mut batch = Batch::default();
        let Some(seat) = self.seats.get_mut(operator) else {
            return batch;
        };
        let ring = &seat.ring;
        let Some(connection) = seat.connections.iter_mut().find(|c| c.id == connection) else {
            return batch;
        };
        while batch.frames.len() < BATCH_MAX {
            if let Some(text) = connection.next_direct() {
                batch.frames.push(text);
                continue;
            }
            let Feed::Live { next } = connection.feed else {
                break;
            };
            if next > ring.last_seq() {
                break;
            }
            if let Some(text) = ring.get(next) {
                batch.frames.push(text.clone());
                connection.feed = Feed::Live { next: next + 1 };
            } else {
                let reset = ServerFrame::reset(&self.epoch, "slow").text();
                batch.frames.push(reset.into());
                connection.feed = Feed::AwaitsSnapshot;
                self.stats.resets += 1;
            }
        }
        if connection.feed == Feed::AwaitsSnapshot && !connection.snapshot_asked {
            connection.snapshot_asked = true;
            batch.snapshot = Some(SnapshotRequest {
                operator: operator.clone(),
                connection: connection.id,
            });
        }
        let close = connection.close;
        let id = connection.id;
        self.take_walls(operator, id, &mut batch);
        batch.more = batch.frames.len() >= BATCH_MAX;
        batch.close = close.filter(|_| !batch.more);
        batch
    }

    /// Puts an answer into the connection's own queue.
    pub(crate) fn direct(&mut self, operator: &OperatorId, connection: u64, text: String) {
        if let Some(seat) = self.seats.get_mut(operator) {
            seat.direct(connection, text);
        }
    }

    /// Position of the operator's stream.
    pub(crate) fn last_seq(&self, operator: &OperatorId) -> u64 {
        self.seats
            .get(operator)
            .map_or(0, |seat| seat.ring.last_seq())
    }
}

/// The operator's seat, made at the first mention: the core names only operators it knows, and so do
/// tokens, so there are no more seats than operators.
fn seat<'a>(
    seats: &'a mut BTreeMap<OperatorId, Seat>,
    config: &Config,
    operator: &OperatorId,
) -> &'a mut Seat {
    seats
        .entry(operator.clone())
        .or_insert_with(|| Seat::new(config.ring_events_max))
}

fn hand_on(
    seat: &mut Seat,
    (operator, session, connection): (&OperatorId, SessionId, u64),
    command: ClientCommand,
    core: &Sender<CtiInput>,
    each: usize,
) {
    let operator = operator.clone();
    let id = command.id;
    // The card is on the screen: the core only takes note, so the answer need not wait for it.
    let (input, at_once) = match command.command {
        DeskCommand::PopAck { offer_id: offer } => (
            CtiInput::PopAck {
                operator,
                session,
                offer,
            },
            true,
        ),
        wish => {
            let command = Command {
                operator,
                session,
                id: id.to_string(),
                command: wish,
                expect: command.expect,
            };
            (CtiInput::Command(command), false)
        }
    };
    match core.try_send(input) {
        Ok(()) if at_once => {
            seat.results.answer(id, &CommandResult::Ok, each);
            seat.reply(connection, id, &CommandResult::Ok);
        }
        Ok(()) => {}
        Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
            seat.results.release(id);
            seat.reply(connection, id, &refusal("busy"));
        }
    }
}

fn connected(login: &Login, session: SessionId, takeover: bool) -> CtiInput {
    CtiInput::Connected {
        operator: login.operator.clone(),
        session,
        takeover,
    }
}

/// A command refused before it reached the core.
pub(crate) fn refusal(code: &str) -> CommandResult {
    CommandResult::Error {
        code: code.into(),
        actual: None,
    }
}
