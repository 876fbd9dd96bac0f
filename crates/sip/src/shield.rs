//! What a message may cost before it is read: who sends too much is not parsed, and who matters most is served first.
//!
//! Everything here looks at the source address and a few bytes of the head. A flood of strangers meets two buckets (its
//! own, and that of all like it together) and costs a table look-up each; what passes has a [`Rank`], so that a driver
//! that has fallen behind serves talks under way before new calls, and strangers last ([`Waiting`]). Whether a new call
//! can still be taken is asked later, when it is known to be one ([`Valve`]).
//!
//! Source: RFC 7339 §5.10 and RFC 6357 §5 (requests within dialogs before new ones; refuse at the edge, cheaply).
mod copies;
mod peek;
mod rate;
mod sources;
mod valve;
mod waiting;

use std::net::IpAddr;
use std::time::Duration;

use crate::endpoint::{Flow, Source};
use peek::is_register;
pub(crate) use peek::nonce as peek_nonce;
pub use peek::{Kind, PEEK_MAX, peek};
pub use rate::Rate;
use rate::{Bucket, Room};
pub use sources::SOURCES_MAX;
use sources::Sources;
pub(crate) use sources::network;
pub use valve::{Admission, LAG_MAX, Pressure, Valve};
pub use waiting::{CALLS_LEAST, Letter, Place, Pushed, WAITING_BYTES_MAX, WAITING_MAX, Waiting};

/// How much anybody may send. Messages, whatever their size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// One stranger: an IPv4 address or an IPv6 /64. A phone that has yet to register is one.
    pub stranger: Rate,
    /// All strangers together, by datagrams; their REGISTERs not counted. Addresses of datagrams can be forged, so a flood
    /// may have any number of them.
    pub strangers: Rate,
    /// The REGISTERs of all strangers together, by datagrams: where phones come in.
    pub registers: Rate,
    /// REGISTERs beyond these that bring back a nonce of ours: sent from where they say.
    pub returning: Rate,
    /// All strangers together, over connections: whoever has one has received an answer of ours there.
    pub connected: Rate,
    /// One address with registered phones; an office behind NAT is one.
    pub phone: Rate,
    /// One address of a trunk.
    pub trunk: Rate,
    /// New calls of all trunks beyond that which are told 503, so that their callers are not left in silence.
    pub told: Rate,
    /// New calls of all trunks together that are within that and are told 503 since too many wait: as many as one trunk
    /// may send at most, so that telling them does not take the time of the talks.
    pub turned_away: Rate,
}

/// Longest INVITE that is told 503 unasked: it has to be parsed for it. Bytes.
pub const TOLD_BYTES_MAX: usize = 8_192;

impl Default for Limits {
    fn default() -> Self {
        Self {
            stranger: Rate::new(50, 200),
            strangers: Rate::new(1_000, 2_000),
            registers: Rate::new(500, 1_000),
            returning: Rate::new(500, 1_000),
            connected: Rate::new(500, 1_000),
            phone: Rate::new(500, 2_000),
            trunk: Rate::new(10_000, 20_000),
            told: Rate::new(5_000, 5_000),
            turned_away: Rate::new(20_000, 20_000),
        }
    }
}

/// Who is served first when not all can be at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rank {
    /// Responses, and requests within dialogs and transactions, of who we know.
    Talk,
    /// New calls of trunks.
    Call,
    /// Everything else of who we know: registrations, questions, calls of phones.
    Rest,
    /// Whatever strangers send.
    Stranger,
}

impl Rank {
    /// All, the first one first.
    pub const ALL: [Self; 4] = [Self::Talk, Self::Call, Self::Rest, Self::Stranger];
}

/// What was refused unread, since the start.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Refused {
    /// Of strangers.
    pub strangers: u64,
    /// Of addresses of phones.
    pub phones: u64,
    /// Of addresses of trunks.
    pub trunks: u64,
}

/// The guard before the parser.
#[derive(Debug)]
pub struct Shield {
    limits: Limits,
    strangers: Bucket,
    registers: Bucket,
    returning: Bucket,
    connected: Bucket,
    /// By datagrams, and over connections: forged datagrams do not empty the bucket of who has a connection.
    unknown: Sources,
    unknown_connected: Sources,
    /// Apart, since a phone and a trunk may share an IPv6 /64, and what one has used means nothing at the rate of the other.
    phones: Sources,
    trunks: Sources,
    told: Bucket,
    turned_away: Bucket,
    refused: Refused,
}

impl Shield {
    /// `seed`: so that nobody can choose addresses that push each other out of the table.
    pub fn new(limits: Limits, seed: u64) -> Self {
        Self {
            limits,
            strangers: Bucket::default(),
            registers: Bucket::default(),
            returning: Bucket::default(),
            connected: Bucket::default(),
            unknown: Sources::new(seed),
            unknown_connected: Sources::new(seed.rotate_left(32)),
            phones: Sources::new(!seed),
            trunks: Sources::new(!seed.rotate_left(32)),
            told: Bucket::default(),
            turned_away: Bucket::default(),
            refused: Refused::default(),
        }
    }

    /// The rank of a message, or None where it is to be dropped unread. `source`: as [`Endpoint::source`] has it.
    /// Requests within dialogs and responses of who we know may overdraw what is theirs by as much again. `returns`: whether
    /// the message brings back a nonce of ours ([`Endpoint::brings_our_nonce`]); asked only where all else is used up.
    ///
    /// [`Endpoint::source`]: crate::endpoint::Endpoint::source
    /// [`Endpoint::brings_our_nonce`]: crate::endpoint::Endpoint::brings_our_nonce
    pub fn judge(
        &mut self,
        now: Duration,
        flow: Flow,
        source: Source,
        bytes: &[u8],
        returns: impl FnOnce() -> bool,
    ) -> Option<Rank> {
        let from = flow.remote.ip();
        if source == Source::Stranger {
            let passes = match flow.transport.is_reliable() {
                true => self.takes_connected(now, from),
                false => self.takes_datagram(now, from, bytes, returns),
            };
            self.refused.strangers += u64::from(!passes);
            return passes.then_some(Rank::Stranger);
        }
        let rank = rank_of(source, peek(bytes));
        let room = if rank == Rank::Talk {
            Room::Overdraft
        } else {
            Room::Burst
        };
        let (rate, sources, refused) = match source {
            Source::Trunk => (
                self.limits.trunk,
                &mut self.trunks,
                &mut self.refused.trunks,
            ),
            _ => (
                self.limits.phone,
                &mut self.phones,
                &mut self.refused.phones,
            ),
        };
        if sources.of(now, from).take(now, rate, room) {
            return Some(rank);
        }
        *refused += 1;
        None
    }

    /// Whether a message that finds no place is told so ([`Input::Unread`]): a trunk's new call, whose carrier then takes
    /// it elsewhere. A source may be forged, so there are only so many.
    ///
    /// [`Input::Unread`]: crate::endpoint::Input::Unread
    pub fn tells(&mut self, now: Duration, source: Source, bytes: &[u8]) -> bool {
        source == Source::Trunk
            && bytes.len() <= TOLD_BYTES_MAX
            && peek(bytes) == Kind::Invite
            && self.told.take(now, self.limits.told, Room::Burst)
    }

    /// The same for a new call that may come and finds no place to wait, or lost it; what is too long or too much is
    /// counted as refused.
    pub fn turns_away(&mut self, now: Duration, bytes: &[u8]) -> bool {
        let tells = bytes.len() <= TOLD_BYTES_MAX
            && self
                .turned_away
                .take(now, self.limits.turned_away, Room::Burst);
        self.refused.trunks += u64::from(!tells);
        tells
    }

    /// Of strangers nothing is read but whether it is a REGISTER. The bucket of all of them is not asked for one who has
    /// used up its own, so that one who floods does not silence the others.
    fn takes_datagram(
        &mut self,
        now: Duration,
        from: IpAddr,
        bytes: &[u8],
        returns: impl FnOnce() -> bool,
    ) -> bool {
        let limits = &self.limits;
        let own = self.unknown.of(now, from);
        if !own.take(now, limits.stranger, Room::Burst) {
            return false;
        }
        if !is_register(bytes) {
            return self.strangers.take(now, limits.strangers, Room::Burst);
        }
        self.registers.take(now, limits.registers, Room::Burst)
            || returns() && self.returning.take(now, limits.returning, Room::Burst)
    }

    fn takes_connected(&mut self, now: Duration, from: IpAddr) -> bool {
        let own = self.unknown_connected.of(now, from);
        own.take(now, self.limits.stranger, Room::Burst)
            && self.connected.take(now, self.limits.connected, Room::Burst)
    }

    /// Sums since the start.
    pub fn refused(&self) -> Refused {
        self.refused
    }
}

fn rank_of(source: Source, kind: Kind) -> Rank {
    match (source, kind) {
        (Source::Stranger, _) => Rank::Stranger,
        (_, Kind::Response | Kind::Within) => Rank::Talk,
        (Source::Trunk, Kind::Invite) => Rank::Call,
        (Source::Trunk | Source::Phone, Kind::Invite | Kind::Other) => Rank::Rest,
    }
}

#[cfg(test)]
mod tests;
