//! The sockets of a worker's legs, and their places.
use std::net::{SocketAddr, UdpSocket};

use gudok_media::control::MediaLeg;
use gudok_media::{Kind, Transmit};

use super::super::Pair;

/// The sockets of all legs, by place.
#[derive(Default)]
pub(super) struct Sockets {
    pub(super) pairs: Vec<Option<Pair>>,
    pub(super) sent: u64,
    pub(super) failed: u64,
    /// A leg whose sending has a bug.
    #[cfg(test)]
    pub(super) broken: Option<MediaLeg>,
}

impl Sockets {
    pub(super) fn put(&mut self, pair: Pair) {
        let slot = usize::from(pair.leg.slot());
        if self.pairs.len() <= slot {
            self.pairs.resize_with(slot + 1, || None);
        }
        self.pairs[slot] = Some(pair);
    }

    /// Closes the leg's sockets and gives its port.
    pub(super) fn take(&mut self, leg: MediaLeg) -> Option<u16> {
        let place = self.pairs.get_mut(usize::from(leg.slot()))?;
        place.take_if(|pair| pair.leg == leg).map(|pair| pair.port)
    }
}

impl Transmit for Sockets {
    fn send(&mut self, leg: MediaLeg, kind: Kind, to: SocketAddr, datagram: &[u8]) {
        #[cfg(test)]
        assert_ne!(self.broken, Some(leg), "a bug");
        let Some(Some(pair)) = self.pairs.get(usize::from(leg.slot())) else {
            return;
        };
        match pair.of(kind).send_to(datagram, to) {
            Ok(_) => self.sent += 1,
            Err(_) => self.failed += 1,
        }
    }
}

impl Pair {
    pub(super) fn of(&self, kind: Kind) -> &UdpSocket {
        match kind {
            Kind::Rtp => &self.rtp,
            Kind::Rtcp => &self.rtcp,
        }
    }
}

pub(super) fn token(leg: MediaLeg, kind: Kind) -> u64 {
    u64::from(leg.slot()) << 1 | u64::from(kind == Kind::Rtcp)
}

pub(super) fn place(token: u64) -> (usize, Kind) {
    let kind = if token & 1 == 0 {
        Kind::Rtp
    } else {
        Kind::Rtcp
    };
    (usize::try_from(token >> 1).unwrap_or(usize::MAX), kind)
}
