//! From a datagram to the other party: lock, count, tap, relay. Nothing here allocates.
use std::net::SocketAddr;

use super::mix::Voice;
use super::{Engine, Kind, Transmit};
use crate::control::{Event, MediaLeg};
use crate::g711;
use crate::leg::{Leg, Role};
use crate::outgoing::Incoming;
use crate::reception::{Place, Verdict};
use crate::rtp::Header;
use crate::tap::{Packet, Side};

/// A packet of the party that is good to be recorded and relayed.
struct Accepted {
    header: Header,
    role: Role,
    place: Place,
    first: bool,
    digit: Option<char>,
    by_tone: bool,
    bridge: Option<MediaLeg>,
    room: Option<u16>,
}

/// What the leg made of a datagram.
enum Admission {
    Good(Accepted),
    /// Not to be heard, but it has used up a sequence number that the other party should not miss.
    Skip(Place, Option<MediaLeg>),
    Nothing,
}

impl Engine {
    pub(super) fn rtp(
        &mut self,
        now: u64,
        id: MediaLeg,
        from: SocketAddr,
        datagram: &mut [u8],
        out: &mut impl Transmit,
    ) {
        let Some(leg) = self.leg(id) else { return };
        match leg.admit(now, from, datagram) {
            Admission::Good(packet) => self.pass(now, id, packet, datagram, out),
            Admission::Skip(place, Some(other)) => {
                if let Some(other) = self.leg(other) {
                    other.out.skip(id.0, place);
                }
            }
            Admission::Skip(_, None) | Admission::Nothing => {}
        }
    }

    fn pass(
        &mut self,
        now: u64,
        id: MediaLeg,
        packet: Accepted,
        datagram: &mut [u8],
        out: &mut impl Transmit,
    ) {
        if packet.first {
            self.tell(Event::Heard { leg: id });
        }
        if let Some(digit) = packet.digit {
            let by_tone = packet.by_tone;
            self.tell(Event::Digit {
                leg: id,
                digit,
                by_tone,
            });
        }
        self.tap_left(now, id, &packet, datagram);
        match (packet.bridge, packet.room) {
            (Some(other), _) => self.relay(now, id, other, packet, datagram, out),
            (None, Some(room)) => self.enter_room(now, id, room, &packet, datagram),
            (None, None) => {}
        }
    }

    fn enter_room(
        &mut self,
        now: u64,
        id: MediaLeg,
        room: u16,
        packet: &Accepted,
        datagram: &[u8],
    ) {
        let Role::Audio(codec) = packet.role else {
            return;
        };
        let header = &packet.header;
        let voice = Voice {
            place: packet.place,
            ts: header.ts,
            codec,
            payload: &datagram[header.payload.clone()],
        };
        self.hear(now, room, id, &voice);
    }

    fn tap_left(&mut self, now: u64, id: MediaLeg, packet: &Accepted, datagram: &[u8]) {
        let Role::Audio(codec) = packet.role else {
            return;
        };
        let header = &packet.header;
        self.tap(
            id,
            &Packet {
                side: Side::Left,
                codec,
                marker: header.marker,
                stream: packet.place.stream,
                seq: header.seq,
                ts: header.ts,
                at: now,
                payload: &datagram[header.payload.clone()],
            },
        );
    }

    fn relay(
        &mut self,
        now: u64,
        from: MediaLeg,
        to: MediaLeg,
        packet: Accepted,
        datagram: &mut [u8],
        out: &mut impl Transmit,
    ) {
        self.at_work = Some(to);
        let Some(leg) = self.leg(to) else { return };
        if leg.playback.is_some() || leg.digits.is_busy() {
            return;
        }
        let Some((address, peer)) = leg.target() else {
            return;
        };
        let Accepted {
            header,
            role,
            place,
            ..
        } = packet;
        let payload_type = match role {
            Role::Audio(codec) => {
                g711::convert(codec, peer.codec, &mut datagram[header.payload.clone()]);
                Some(peer.payload_type)
            }
            Role::Digit => peer.dtmf,
        };
        let codec = peer.codec;
        let Some(payload_type) = payload_type else {
            return leg.out.skip(from.0, place);
        };
        let length = header.payload.len();
        let samples = if role == Role::Digit {
            0
        } else {
            length as u32
        };
        let (ts, marker) = (header.ts, header.marker);
        let incoming = Incoming {
            source: from.0,
            place,
            ts,
            marker,
            samples,
            payload_type,
        };
        let Some(stamp) = leg.out.relay(now, &incoming) else {
            return;
        };
        leg.out.count(length);
        let ready = stamp.put(datagram, &header.payload);
        out.send(to, Kind::Rtp, address, ready);
        if role != Role::Digit {
            self.tap_right(now, to, codec, &stamp, &datagram[header.payload]);
        }
    }
}

impl Leg {
    fn admit(&mut self, now: u64, from: SocketAddr, datagram: &[u8]) -> Admission {
        let (Some(party), Some(header)) = (&mut self.party, Header::read(datagram)) else {
            self.foreign += 1;
            return Admission::Nothing;
        };
        let role = party.role(header.payload_type);
        let known = match role {
            Some(_) => party.source.accepts(now, from, &header),
            None => party.source.knows(from),
        };
        if !known {
            self.foreign += 1;
            return Admission::Nothing;
        }
        self.life.note(now, header.payload_type);
        let agreed = role.filter(|_| party.peer.receive);
        if role.is_none() && !self.reception.is_of_stream(&header) {
            self.unagreed += 1;
            return Admission::Nothing;
        }
        let verdict = self.reception.take(header.ssrc, header.seq);
        let (Verdict::Fresh(place) | Verdict::Late(place)) = verdict else {
            return Admission::Nothing;
        };
        let Some(role) = agreed else {
            self.unagreed += 1;
            return Admission::Skip(place, self.bridge);
        };
        if header.payload.is_empty() {
            return Admission::Skip(place, self.bridge);
        }
        let first = self.alive(now);
        let digit = self.look_at(now, role, verdict, &header, datagram);
        Admission::Good(Accepted {
            header,
            role,
            place,
            first,
            digit,
            by_tone: role != Role::Digit,
            bridge: self.bridge,
            room: self.room,
        })
    }

    /// Jitter of audio and digits in it, digits of telephone-events.
    fn look_at(
        &mut self,
        now: u64,
        role: Role,
        verdict: Verdict,
        header: &Header,
        datagram: &[u8],
    ) -> Option<char> {
        match (role, verdict) {
            (Role::Audio(codec), Verdict::Fresh(place)) => {
                self.reception.time(now, header.ts);
                self.life.note_voice(place, header.ts);
                self.tone(codec, header, &datagram[header.payload.clone()])
            }
            (Role::Audio(_), _) => None,
            (Role::Digit, _) => {
                self.listener
                    .hear(header.ssrc, header.ts, &datagram[header.payload.clone()])
            }
        }
    }
}
