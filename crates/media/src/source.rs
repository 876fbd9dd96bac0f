//! Whose packets are heard: the signalled address, exactly; behind a NAT the one address that proves to be the party.
//!
//! A stranger who knows the port can neither be heard nor draw our stream to itself (RTP bleed): sending goes to
//! the signalled address until another port or address of the host that the party's SIP comes from has sent [`PROOF`]
//! packets of one live stream, in sequence, at the pace of speech, while the signalled one was silent. Of any other
//! host nothing is learned: to be believed a thief would have to sit behind the same NAT as the phone.
use std::net::{IpAddr, SocketAddr};

use crate::rtp::Header;

/// Packets in a row that make an address the party's.
pub const PROOF: u8 = 4;
/// Addresses that are looked at together while learning.
const CANDIDATES: usize = 4;
/// Arrival may stray from the timestamps by so much. Microseconds.
const PACE_SLACK_US: u64 = 15_000;
/// Sequence numbers that may be missing between two packets of a candidate.
const MAX_GAP: u16 = 4;

/// The lock of one leg.
#[derive(Clone, Debug)]
pub struct Source {
    signalled: SocketAddr,
    /// The host that may be learned, in canonical form.
    learn: Option<IpAddr>,
    learned: Option<SocketAddr>,
    candidates: [Option<Candidate>; CANDIDATES],
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    from: SocketAddr,
    ssrc: u32,
    seq: u16,
    ts: u32,
    at: u64,
    count: u8,
}

impl Source {
    /// A lock on the signalled address; `learn` as in [`crate::control::Peer::learn`].
    pub fn new(signalled: SocketAddr, learn: Option<IpAddr>) -> Self {
        Self {
            signalled,
            learn: canonical(learn),
            learned: None,
            candidates: [None; CANDIDATES],
        }
    }

    /// The party was signalled again: another address is another lock, the same one keeps what was learned.
    pub fn signal(&mut self, signalled: SocketAddr, learn: Option<IpAddr>) {
        if (signalled, canonical(learn)) != (self.signalled, self.learn) {
            *self = Self::new(signalled, learn);
        }
    }

    /// Where to send.
    pub fn target(&self) -> SocketAddr {
        self.learned.unwrap_or(self.signalled)
    }

    /// The learned address, if it was learned.
    pub fn learned(&self) -> Option<SocketAddr> {
        self.learned
    }

    /// Whether a packet of an agreed payload type is the party's.
    pub fn accepts(&mut self, now: u64, from: SocketAddr, header: &Header) -> bool {
        if from == self.signalled {
            (self.learn, self.learned) = (None, None);
            return true;
        }
        if let Some(learned) = self.learned {
            return from == learned;
        }
        self.learn == Some(from.ip().to_canonical()) && self.prove(now, from, header)
    }

    /// Whether a packet of another payload type is the party's; proves nothing.
    pub fn knows(&self, from: SocketAddr) -> bool {
        from == self.target()
    }

    fn prove(&mut self, now: u64, from: SocketAddr, header: &Header) -> bool {
        let seen = Candidate {
            from,
            ssrc: header.ssrc,
            seq: header.seq,
            ts: header.ts,
            at: now,
            count: 1,
        };
        let known = self
            .candidates
            .iter_mut()
            .flatten()
            .find(|candidate| candidate.from == from);
        let Some(known) = known else {
            *self.weakest() = Some(seen);
            return false;
        };
        let count = if known.is_followed_by(&seen) {
            known.count + 1
        } else {
            1
        };
        *known = Candidate { count, ..seen };
        if count >= PROOF {
            self.learned = Some(from);
            self.candidates = [None; CANDIDATES];
        }
        self.learned.is_some()
    }

    /// The place for a newcomer: an empty one, else that of who has proved least.
    fn weakest(&mut self) -> &mut Option<Candidate> {
        let rank =
            |place: &Option<Candidate>| place.map_or((0, 0), |known| (known.count, known.at));
        let [first, rest @ ..] = &mut self.candidates;
        rest.iter_mut().fold(first, |weakest, next| {
            if rank(next) < rank(weakest) {
                next
            } else {
                weakest
            }
        })
    }
}

/// An IPv4 host that an IPv6 socket names is the same host.
fn canonical(host: Option<IpAddr>) -> Option<IpAddr> {
    host.map(|host| host.to_canonical())
}

impl Candidate {
    /// One live stream: the next numbers, and time that passes as fast as its timestamps say.
    fn is_followed_by(&self, next: &Self) -> bool {
        let gap = next.seq.wrapping_sub(self.seq);
        let step_us = u64::from(next.ts.wrapping_sub(self.ts)) * 125;
        let elapsed = next.at.saturating_sub(self.at);
        self.ssrc == next.ssrc
            && (1..=MAX_GAP).contains(&gap)
            && step_us >= 5_000 * u64::from(gap)
            && elapsed.abs_diff(step_us) <= PACE_SLACK_US
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn host(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("a host"))
    }

    fn nth(ssrc: u32, n: u16) -> Header {
        let (seq, ts) = (n, u32::from(n) * 160);
        Header {
            marker: false,
            payload_type: 8,
            seq,
            ts,
            ssrc,
            payload: 12..172,
        }
    }

    #[test]
    fn without_learning_only_the_signalled_address_is_heard() {
        let mut source = Source::new(address("10.0.0.1:4000"), None);
        for n in 0..100 {
            assert!(!source.accepts(u64::from(n) * 20_000, address("10.0.0.1:4002"), &nth(1, n)));
        }
        assert!(source.accepts(0, address("10.0.0.1:4000"), &nth(1, 0)));
        assert_eq!(source.target(), address("10.0.0.1:4000"));
    }

    #[test]
    fn a_live_stream_is_learned_once() {
        let (signalled, nat, thief) = ("192.168.1.5:4000", "203.0.113.9:61000", "203.0.113.9:1");
        let mut source = Source::new(address(signalled), host("203.0.113.9"));
        let heard: Vec<bool> = (0..5)
            .map(|n| source.accepts(u64::from(n) * 20_000, address(nat), &nth(1, n)))
            .collect();
        assert_eq!(heard, [false, false, false, true, true]);
        assert_eq!(source.target(), address(nat));
        for n in 0..100 {
            assert!(!source.accepts(u64::from(n) * 20_000, address(thief), &nth(2, n)));
        }
        assert!(
            source.accepts(0, address(signalled), &nth(3, 0)),
            "the signalled one has the last word"
        );
        assert_eq!(source.target(), address(signalled));
        assert!(!source.accepts(0, address(nat), &nth(1, 9)));
    }

    #[test]
    fn sprayers_prove_nothing() {
        let mut source = Source::new(address("192.168.1.5:4000"), host("198.51.100.1"));
        for n in 0..10_000u16 {
            let now = u64::from(n) * 100;
            assert!(
                !source.accepts(now, address("198.51.100.1:1"), &nth(1, n)),
                "too fast"
            );
            let other = SocketAddr::from(([198, 51, 100, 1], n));
            assert!(
                !source.accepts(now, other, &nth(1, n)),
                "another port each time"
            );
        }
        for n in 0..50 {
            assert!(
                !source.accepts(
                    u64::from(n) * 1_000_000,
                    address("198.51.100.1:3"),
                    &nth(1, n)
                ),
                "too slow"
            );
            assert!(
                !source.accepts(u64::from(n) * 20_000, address("198.51.100.1:4"), &nth(1, 7)),
                "stands"
            );
        }
    }

    #[test]
    fn no_host_but_the_one_of_the_signalling_is_learned() {
        let mut source = Source::new(address("192.168.1.5:4000"), host("::ffff:203.0.113.9"));
        for n in 0..100 {
            let now = u64::from(n) * 20_000;
            assert!(!source.accepts(now, address("198.51.100.1:61000"), &nth(1, n)));
            assert!(
                !source.accepts(now, address("192.168.1.5:4002"), &nth(2, n)),
                "not even another port of the signalled one"
            );
        }
        let heard = (0..4)
            .map(|n| source.accepts(u64::from(n) * 20_000, address("203.0.113.9:7"), &nth(3, n)));
        assert_eq!(heard.last(), Some(true), "the port does not matter");
    }
}
