//! The streams of supervisors: what each view is told is kept once, and sent to whoever may see it and asked for it. Who may is
//! looked at with every frame, so that a right that was taken back ends the stream and not the next connection.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gudok_model::{Mono, OperatorId, Wall};
use gudok_switchboard::wall::{Picture, Told, View};

use crate::config::{BATCH_MAX, WATCH_KEPT, WATCHED_MAX, WATCHES_MAX};
use crate::hub::{Batch, Hub};
use crate::protocol::WallStream;
use crate::seat::{Connection, Feed};
use crate::shape::{ServerFrame, wall_text};
use crate::stream::{Ring, Text};

/// A connection waits for the picture of a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WallRequest {
    /// Whose connection it is.
    pub operator: OperatorId,
    /// What they see.
    pub view: View,
    /// Which stream.
    pub stream: WallStream,
    pub(crate) connection: u64,
}

/// A stream as one view has it.
type Channel = (View, WallStream);

/// Who may see what, and what they were told.
#[derive(Default)]
pub(crate) struct Watch {
    staff: BTreeMap<OperatorId, View>,
    /// What each of them saw first in this run.
    first: BTreeMap<OperatorId, View>,
    /// Who has seen something else since: a number they were told may be of another view, and nothing is gone on from it.
    moved: BTreeSet<OperatorId>,
    channels: BTreeMap<Channel, Kept>,
}

struct Kept {
    ring: Ring,
    /// Somebody was there; None: nobody has been for so long that nothing is kept.
    seen: Option<Mono>,
}

/// One stream of one connection.
pub(crate) struct WallFeed {
    view: View,
    feed: Feed,
    asked: bool,
    /// Sent before the events.
    first: VecDeque<Text>,
}

impl Hub {
    /// Who has a wall from now on, and what they see on it.
    pub(crate) fn staff(&mut self, staff: BTreeMap<OperatorId, View>) {
        for (operator, view) in &staff {
            let first = self.watch.first.entry(operator.clone());
            if first.or_insert_with(|| view.clone()) != view {
                self.watch.moved.insert(operator.clone());
            }
        }
        self.watch.staff = staff;
        self.wake_watchers();
    }

    /// The client wants a stream: from after what it has seen, or from a snapshot.
    pub(crate) fn watch(
        &mut self,
        operator: &OperatorId,
        connection: u64,
        stream: WallStream,
        after: Option<(String, u64)>,
    ) {
        let view = self.watch.staff.get(operator).cloned();
        let moved = self.watch.moved.contains(operator);
        let known = after.filter(|(epoch, _)| !moved && *epoch == self.epoch);
        let seat = self.seats.get_mut(operator);
        let Some(connection) = seat.and_then(|seat| seat.connection(connection)) else {
            return;
        };
        let Some(view) = view else {
            return connection.announce(ServerFrame::refused(&stream, "not_allowed").text());
        };
        if !connection.watches.contains_key(&stream) && connection.watches.len() >= WATCHES_MAX {
            return connection.announce(ServerFrame::refused(&stream, "too_many_streams").text());
        }
        let channel = (view, stream);
        let kept = self
            .watch
            .channels
            .get(&channel)
            .filter(|it| it.seen.is_some());
        let resumed = kept.zip(known).and_then(|(kept, (_, seq))| {
            let last = kept.ring.last_seq();
            kept.ring.can_resume(seq).then_some((seq, last))
        });
        let mut feed = WallFeed::new(channel.0);
        if let Some((seq, last)) = resumed {
            feed.feed = Feed::Live { next: seq + 1 };
            let frame = ServerFrame::wall_resumed(&self.epoch, &channel.1, (seq, last));
            feed.first.push_back(frame.text().into());
            self.stats.resumes += 1;
        } else {
            // The picture that is on its way is for whoever asks again too.
            let present = connection.watches.get(&channel.1);
            feed.asked = present.is_some_and(|it| it.view == feed.view && it.asked);
        }
        connection.watches.insert(channel.1, feed);
        connection.wake.notify_one();
    }

    /// The core's picture for a connection; None: the viewer sees no such queue.
    pub(crate) fn wall_snapshot(
        &mut self,
        request: &WallRequest,
        picture: Option<&Picture>,
        at: Wall,
        now: Mono,
    ) {
        let channel = (request.view.clone(), request.stream.clone());
        let has_room = self.watch.has_room(&channel);
        let seat = self.seats.get_mut(&request.operator);
        let Some(connection) = seat.and_then(|seat| seat.connection(request.connection)) else {
            return;
        };
        let feed = connection.watches.get_mut(&request.stream);
        let awaits =
            |feed: &&mut WallFeed| feed.view == request.view && feed.feed == Feed::AwaitsSnapshot;
        let Some(feed) = feed.filter(awaits) else {
            return;
        };
        feed.asked = false;
        let (Some(picture), true) = (picture, has_room) else {
            let code = match has_room {
                true => "unknown_stream",
                false => "too_many_streams",
            };
            connection.watches.remove(&request.stream);
            return connection.announce(ServerFrame::refused(&request.stream, code).text());
        };
        let events_max = self.config.ring_events_max;
        let kept = self.watch.channels.entry(channel);
        let kept = kept.or_insert_with(|| Kept::new(events_max));
        kept.seen = Some(now);
        let seq = kept.ring.last_seq();
        feed.feed = Feed::Live { next: seq + 1 };
        let frame = ServerFrame::wall_snapshot((&self.epoch, seq, at), &request.stream, picture);
        feed.first.push_back(frame.text().into());
        connection.wake.notify_one();
    }

    /// Appends what a view is told to its streams.
    pub(crate) fn wall(&mut self, view: &View, told: &[Told], at: Wall) {
        let share = self
            .config
            .ring_bytes(self.seats.len() + self.watch.channels.len());
        for told in told {
            let queues = told.queues.iter().cloned().map(WallStream::Queue);
            for stream in queues.chain([WallStream::Supervisor]) {
                let channel = (view.clone(), stream);
                let kept = self.watch.channels.get_mut(&channel);
                let Some(kept) = kept.filter(|it| it.seen.is_some()) else {
                    continue;
                };
                let epoch = &self.epoch;
                kept.ring.push(share, |seq| {
                    wall_text((epoch, seq, at), &channel.1, &told.event)
                });
                self.stats.events += 1;
            }
        }
        self.wake_watchers();
    }

    /// The views that somebody watches, or has watched of late; streams of the others are let go.
    pub(crate) fn views(&mut self, now: Mono) -> BTreeSet<View> {
        let connections = self.seats.values().flat_map(|seat| &seat.connections);
        let watched: BTreeSet<Channel> = connections.flat_map(Connection::channels).collect();
        for (channel, kept) in &mut self.watch.channels {
            if watched.contains(channel) {
                kept.seen = Some(now);
            } else if kept.seen.is_some_and(|seen| now.since(seen) > WATCH_KEPT) {
                kept.let_go();
            }
        }
        let kept = self
            .watch
            .channels
            .iter()
            .filter(|(_, it)| it.seen.is_some());
        kept.map(|((view, _), _)| view.clone()).collect()
    }

    /// What a connection is to be sent of these streams.
    pub(crate) fn take_walls(&mut self, operator: &OperatorId, connection: u64, batch: &mut Batch) {
        let Self {
            seats,
            watch,
            epoch,
            stats,
            ..
        } = self;
        let seat = seats.get_mut(operator);
        let Some(connection) = seat.and_then(|seat| seat.connection(connection)) else {
            return;
        };
        let view = watch.staff.get(operator);
        connection.watches.retain(|stream, feed| {
            let stays = view == Some(&feed.view);
            if !stays {
                let refused = ServerFrame::refused(stream, "not_allowed").text();
                batch.frames.push(refused.into());
            }
            stays
        });
        let id = connection.id;
        for (stream, feed) in &mut connection.watches {
            let channel = (feed.view.clone(), stream.clone());
            let ring = watch.channels.get(&channel).map(|kept| &kept.ring);
            if feed.take(ring, batch) {
                batch
                    .frames
                    .push(ServerFrame::wall_reset(epoch, stream).text().into());
                stats.resets += 1;
            }
            if feed.feed == Feed::AwaitsSnapshot && !std::mem::replace(&mut feed.asked, true) {
                batch.walls.push(WallRequest {
                    operator: operator.clone(),
                    view: channel.0,
                    stream: channel.1,
                    connection: id,
                });
            }
        }
    }

    fn wake_watchers(&self) {
        let connections = self.seats.values().flat_map(|seat| &seat.connections);
        for connection in connections.filter(|it| !it.watches.is_empty()) {
            connection.wake.notify_one();
        }
    }
}

impl Watch {
    /// Whether this stream is kept, or one more may be. None is forgotten: a position in it must never be taken for one in another.
    fn has_room(&self, channel: &Channel) -> bool {
        self.channels.contains_key(channel) || self.channels.len() < WATCHED_MAX
    }
}

impl Kept {
    fn new(events_max: usize) -> Self {
        Self {
            ring: Ring::new(events_max),
            seen: None,
        }
    }

    /// Nothing is kept any more, and no position of before can be gone on from.
    fn let_go(&mut self) {
        self.seen = None;
        self.ring.forget();
    }
}

impl WallFeed {
    fn new(view: View) -> Self {
        Self {
            view,
            feed: Feed::AwaitsSnapshot,
            asked: false,
            first: VecDeque::new(),
        }
    }

    /// Moves frames into the batch; true: the position has left the ring, a snapshot is needed.
    fn take(&mut self, ring: Option<&Ring>, batch: &mut Batch) -> bool {
        while batch.frames.len() < BATCH_MAX {
            if let Some(text) = self.first.pop_front() {
                batch.frames.push(text);
                continue;
            }
            let (Feed::Live { next }, Some(ring)) = (self.feed, ring) else {
                return false;
            };
            if next > ring.last_seq() {
                return false;
            }
            let Some(text) = ring.get(next) else {
                self.feed = Feed::AwaitsSnapshot;
                return true;
            };
            batch.frames.push(text.clone());
            self.feed = Feed::Live { next: next + 1 };
        }
        false
    }

    pub(crate) fn view(&self) -> &View {
        &self.view
    }
}
