//! `gudok trunk learn --live`: new INVITEs as they come, for the one admin who asks, and only while he asks. Nothing is
//! written anywhere; numbers are whole, since they are what is to be learnt, secrets are not there.
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use gudok_model::{Mono, Now};
use gudok_sip::endpoint::{Endpoint, Flow, Source};
use gudok_sip::shield::{self, Kind};
use gudok_trace::{Kept, mask, pcap};

/// Who has not asked for so long has gone, and another may ask.
const GONE: Duration = Duration::from_secs(5);
/// Most INVITEs that wait to be asked for; further ones are counted.
const WAITING_MAX: usize = 64;
/// Most of them from addresses of no trunk: a scanner does not crowd the carrier out.
const STRANGERS_MAX: usize = 16;

/// How a question is answered when it is heard, before the capture.
pub(crate) const HEARD: &str = "tap";

/// INVITEs of one trunk and of strangers, waiting for the one who asks.
#[derive(Debug)]
pub(super) struct Tap {
    asker: u64,
    trunk: String,
    asked: Mono,
    waiting: Vec<Kept>,
    strangers: usize,
    /// Addresses that are the trunk's, of those that called.
    known: BTreeSet<IpAddr>,
    missed: u64,
}

impl Tap {
    pub(super) fn new(now: Mono, asker: u64, trunk: &str) -> Self {
        Self {
            asker,
            trunk: trunk.to_owned(),
            asked: now,
            waiting: Vec::new(),
            strangers: 0,
            known: BTreeSet::new(),
            missed: 0,
        }
    }

    /// Whether its asker has gone.
    pub(super) fn is_left(&self, now: Mono) -> bool {
        now.since(self.asked) > GONE
    }

    /// Whether it is this one's.
    pub(super) fn is_of(&self, asker: u64, trunk: &str) -> bool {
        (self.asker, self.trunk.as_str()) == (asker, trunk)
    }

    /// A message came: a new INVITE of the trunk or of a stranger is kept while there is room.
    pub(super) fn hear(&mut self, now: Now, flow: &Flow, bytes: &[u8], endpoint: &Endpoint) {
        if shield::peek(bytes) != Kind::Invite || bytes.len() > gudok_trace::MESSAGE_BYTES_MAX {
            return;
        }
        let uri = bytes.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let trunk = endpoint.trunk_called(*flow, &String::from_utf8_lossy(uri));
        let is_ours = trunk.as_deref() == Some(self.trunk.as_str());
        // Of another trunk, or of a phone of ours.
        if !is_ours && (trunk.is_some() || endpoint.source_of(*flow) == Source::Phone) {
            return;
        }
        if self.waiting.len() >= WAITING_MAX || !is_ours && self.strangers >= STRANGERS_MAX {
            self.missed += 1;
            return;
        }
        let from = flow.remote.ip().to_canonical();
        if is_ours {
            self.known.insert(from);
        } else {
            self.strangers += 1;
        }
        let mut bytes = bytes.to_vec();
        mask::hide_secrets(&mut bytes);
        self.waiting.push(Kept {
            now,
            leg: None,
            sent: false,
            // The capture is to hold whole messages, not the stream they came by.
            transport: "UDP",
            local: flow.local,
            remote: flow.remote,
            left_out: 0,
            whole: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            bytes: bytes.into(),
        });
    }

    /// What waits, and nothing of it afterwards: a line `tap MISSED [ADDRESS,…]`, then a capture.
    pub(super) fn ask(&mut self, now: Mono) -> Vec<u8> {
        self.asked = now;
        let known: Vec<String> = self.known.iter().map(ToString::to_string).collect();
        let mut told = format!("{HEARD} {} {}\n", self.missed, known.join(",")).into_bytes();
        told.extend(pcap::capture(self.waiting.iter().map(Kept::seen)));
        self.waiting.clear();
        self.known.clear();
        (self.strangers, self.missed) = (0, 0);
        told
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use gudok_model::Wall;
    use gudok_sip::endpoint::{Config, Policy, Transport, TrunkSource, UnknownSource};

    use super::*;

    fn at(secs: u64) -> Now {
        Now {
            mono: Mono(secs * 1_000_000),
            wall: Wall(0),
        }
    }

    fn from(host: [u8; 4]) -> Flow {
        Flow {
            transport: Transport::Tls,
            local: SocketAddr::from(([192, 0, 2, 1], 5061)),
            remote: SocketAddr::from((host, 40_000)),
            connection: 3,
        }
    }

    /// Of "north" is 10/8, of "south" 172.16/12.
    fn endpoint() -> Endpoint {
        let network = |trunk: &str, address: [u8; 4], length| TrunkSource {
            trunk: trunk.into(),
            network: (address.into(), length),
        };
        let config = Config {
            contact_udp: "192.0.2.1:5060".into(),
            contact_tcp: None,
            contact_tls: None,
            contacts: Vec::new(),
            prack: true,
            realm: "gudok.example".into(),
            agent: "gudok".into(),
            policy: Policy {
                trunks: vec![
                    network("north", [10, 0, 0, 0], 8),
                    network("south", [172, 16, 0, 0], 12),
                ],
                lines: Vec::new(),
                unknown: UnknownSource::Drop,
            },
            nonce_life: Duration::from_secs(300),
            expires_secs: (30, 3_600),
            sessions_max: 10,
            t1: Duration::from_millis(500),
        };
        Endpoint::new(config, [1; 32])
    }

    const INVITE: &[u8] = b"INVITE sip:1@a SIP/2.0\r\nTo: <sip:1@a>\r\nAuthorization: Digest response=\"abcdef\"\r\n\r\n";

    fn told(tap: &mut Tap) -> String {
        String::from_utf8_lossy(&tap.ask(at(1).mono)).into_owned()
    }

    #[test]
    fn new_calls_of_the_trunk_and_of_strangers_are_kept_without_secrets_until_they_are_asked_for() {
        let (endpoint, mut tap) = (endpoint(), Tap::new(at(0).mono, 7, "north"));
        let inside = String::from_utf8_lossy(INVITE).replace("a>", "a>;tag=1");
        let long = [INVITE, &[b' '; gudok_trace::MESSAGE_BYTES_MAX]].concat();
        for (host, bytes) in [
            ([10, 0, 0, 9], INVITE),
            ([203, 0, 113, 66], INVITE),
            ([172, 16, 0, 9], INVITE),
            ([10, 0, 0, 9], inside.as_bytes()),
            ([10, 0, 0, 9], b"OPTIONS sip:1@a SIP/2.0\r\n\r\n"),
            ([10, 0, 0, 9], b"INVITE"),
            ([10, 0, 0, 9], &long),
        ] {
            tap.hear(at(0), &from(host), bytes, &endpoint);
        }
        let first = told(&mut tap);
        assert!(first.starts_with("tap 0 10.0.0.9\n"), "{first}");
        assert_eq!(first.matches("INVITE sip:1@a").count(), 2, "{first}");
        assert!(!first.contains("abcdef"), "{first}");
        assert_eq!(told(&mut tap).matches("INVITE").count(), 0, "once");
    }

    #[test]
    fn a_scanner_does_not_crowd_the_carrier_out_and_what_finds_no_room_is_counted() {
        let (endpoint, mut tap) = (endpoint(), Tap::new(at(0).mono, 7, "north"));
        for _ in 0..100 {
            tap.hear(at(0), &from([203, 0, 113, 66]), INVITE, &endpoint);
        }
        for _ in 0..100 {
            tap.hear(at(0), &from([10, 0, 0, 9]), INVITE, &endpoint);
        }
        let missed = 200 - WAITING_MAX;
        let told = told(&mut tap);
        assert!(told.starts_with(&format!("tap {missed} ")), "{told}");
        assert_eq!(tap.waiting.len(), 0);
    }

    #[test]
    fn one_asks_at_a_time_and_is_forgotten_when_silent() {
        let mut tap = Tap::new(at(0).mono, 7, "north");
        assert!(tap.is_of(7, "north") && !tap.is_of(8, "north") && !tap.is_of(7, "south"));
        tap.ask(at(4).mono);
        assert!(!tap.is_left(at(9).mono) && tap.is_left(at(10).mono));
    }
}
