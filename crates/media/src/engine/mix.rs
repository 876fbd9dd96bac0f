//! Rooms: who comes and goes, and what each party hears every 20 ms. Only commands allocate.
use super::{Engine, Kind, Transmit, phase_of};
use crate::control::{Event, Hears, MediaLeg};
use crate::g711::{self, FRAME};
use crate::reception::Place;
use crate::room::{PARTIES_MAX, Room};
use crate::rtp::HEADER;

/// A packet of a party, on its way into a room.
pub(super) struct Voice<'a> {
    pub(super) place: Place,
    pub(super) ts: u32,
    pub(super) codec: crate::control::Codec,
    pub(super) payload: &'a [u8],
}

impl Engine {
    /// The room as it is from the next frame on; nobody in it: it is over.
    pub(super) fn mix(&mut self, now: u64, name: MediaLeg, parties: &[Hears]) {
        let phase = parties.iter().find_map(|it| Some(self.leg(it.leg)?.phase));
        let Some(phase) = phase else {
            return self.unmix(name);
        };
        let before = self.find_room(name).map(|index| self.parties(index));
        for leg in before.into_iter().flatten().flatten() {
            if !parties
                .iter()
                .any(|it| it.leg == leg || it.from.contains(&leg))
            {
                self.leave(leg);
            }
        }
        let index = self.room_named(name, phase);
        for hears in parties {
            self.enter(now, index, hears.leg);
        }
        for &leg in parties.iter().flat_map(|hears| &hears.from) {
            self.enter(now, index, leg);
        }
        for hears in parties {
            self.hears(now, index, hears);
        }
    }

    /// Everybody leaves the room.
    pub(super) fn unmix(&mut self, name: MediaLeg) {
        let room = self.find_room(name).map(|index| self.parties(index));
        for leg in room.into_iter().flatten().flatten() {
            self.leave(leg);
        }
    }

    /// Takes a leg out of the room it is in, if it is in one. An empty room is no more.
    pub(super) fn leave(&mut self, id: MediaLeg) {
        let Some(leg) = self.leg(id) else { return };
        let Some(index) = leg.room.take() else { return };
        leg.out.pause();
        self.vacate(index, id);
    }

    /// Frees the seat of a leg that may be gone already.
    pub(super) fn vacate(&mut self, index: u16, id: MediaLeg) {
        let Some(place) = self.rooms.get_mut(usize::from(index)) else {
            return;
        };
        let Some(room) = place.as_mut() else { return };
        let spoke = room.leave(id);
        if room.is_empty() {
            *place = None;
        }
        if spoke {
            self.tell(Event::Speaks { leg: id, on: false });
        }
    }

    /// Takes a packet of a party of a room.
    pub(super) fn hear(&mut self, now: u64, index: u16, id: MediaLeg, voice: &Voice<'_>) {
        if let Some(Some(room)) = self.rooms.get_mut(usize::from(index)) {
            let when = (voice.place, voice.ts);
            room.packet(now, id, when, voice.codec, voice.payload);
        }
    }

    /// The rooms of the phase begun last whose turn has not come. One in whose turn a panic was met has had it.
    pub(super) fn finish_rooms(&mut self, now: u64, out: &mut impl Transmit) {
        let (phase, grid) = (phase_of(self.ticked_ms), self.ticked_ms * 1_000);
        while self.rooms_left > 0 {
            self.rooms_left -= 1;
            let Some(Some(room)) = self.rooms.get_mut(self.rooms_left) else {
                continue;
            };
            if usize::from(room.phase) != phase {
                continue;
            }
            let due = room.pace.due(grid);
            for frame in 0..due.frames {
                let beat = Beat {
                    index: self.rooms_left,
                    now,
                    at: due.time_of(frame),
                    broken: due.broken,
                };
                self.beat(&beat, out);
            }
        }
    }

    fn beat(&mut self, beat: &Beat, out: &mut impl Transmit) {
        let legs = self.parties(beat.index);
        for (seat, &leg) in legs.iter().enumerate() {
            self.listen(beat, seat, leg);
        }
        for (seat, leg) in legs.iter().enumerate() {
            if let Some(leg) = *leg {
                self.at_work = Some(leg);
                self.say(beat, seat, leg, out);
                self.record_aside(beat, seat, leg);
            }
        }
    }

    fn listen(&mut self, beat: &Beat, seat: usize, leg: Option<MediaLeg>) {
        let Some(leg) = leg else { return };
        self.at_work = Some(leg);
        let room = self.rooms[beat.index].as_mut();
        if let Some(on) = room.and_then(|room| room.listen(seat, beat.at)) {
            self.tell(Event::Speaks { leg, on });
        }
    }

    /// Sends a party its 20 ms, unless something is played or pressed for it.
    fn say(&mut self, beat: &Beat, seat: usize, id: MediaLeg, out: &mut impl Transmit) {
        let room = self.rooms[beat.index].as_ref();
        let Some(samples) = room.and_then(|room| room.heard_by(seat)) else {
            return;
        };
        let Some(leg) = self.leg(id) else { return };
        if leg.playback.is_some() || leg.digits.is_busy() {
            return;
        }
        let Some((to, peer)) = leg.target() else {
            return leg.out.pause();
        };
        let (codec, payload_type) = (peer.codec, peer.payload_type);
        let mut packet = [0; HEADER + FRAME];
        for (byte, &sample) in packet[HEADER..].iter_mut().zip(&samples) {
            *byte = g711::encode(codec, sample);
        }
        let stamp = leg.out.local(beat.now, payload_type, beat.broken);
        leg.out.count(FRAME);
        let ready = stamp.put(&mut packet, &(HEADER..HEADER + FRAME));
        out.send(id, Kind::Rtp, to, ready);
        self.tap_right(beat.now, id, codec, &stamp, &packet[HEADER..]);
    }

    fn record_aside(&mut self, beat: &Beat, seat: usize, id: MediaLeg) {
        if self.leg(id).is_none_or(|leg| leg.recording.is_none()) {
            return;
        }
        let room = self.rooms[beat.index].as_ref();
        if let Some(samples) = room.and_then(|room| room.said_aside(seat)) {
            self.tap_third(beat.now, beat.at, id, &samples);
        }
    }

    fn find_room(&self, name: MediaLeg) -> Option<usize> {
        let named = |room: &Option<Box<Room>>| room.as_ref().is_some_and(|it| it.name == name);
        self.rooms.iter().position(named)
    }

    /// The place of the room of this name; a new one if there is none.
    fn room_named(&mut self, name: MediaLeg, phase: u8) -> usize {
        if let Some(index) = self.find_room(name) {
            return index;
        }
        let free = self.rooms.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.rooms.push(None);
            self.rooms.len() - 1
        });
        self.rooms[index] = Some(Box::new(Room::new(name, phase)));
        index
    }

    fn parties(&self, index: usize) -> [Option<MediaLeg>; PARTIES_MAX] {
        let room = self.rooms.get(index).and_then(Option::as_ref);
        std::array::from_fn(|seat| room.and_then(|room| room.leg(seat)))
    }

    /// A leg that is open and not there yet sits down; what it was part of is over.
    fn enter(&mut self, now: u64, index: usize, id: MediaLeg) {
        let at = index as u16;
        if self.leg(id).is_none_or(|leg| leg.room == Some(at)) {
            return;
        }
        self.unbridge(id);
        self.leave(id);
        let room = self.rooms[index].as_mut();
        if !room.is_some_and(|room| room.enter(id)) {
            return;
        }
        if let Some(leg) = self.leg(id) {
            leg.room = Some(at);
            leg.out.pause();
            leg.life.talk_since = now;
        }
    }

    /// Whom it hears; what was played to one that heard nobody stops.
    fn hears(&mut self, now: u64, index: usize, hears: &Hears) {
        let room = self.rooms[index].as_mut();
        let begins = room.is_some_and(|room| room.hears(hears));
        if let Some(leg) = self.leg(hears.leg).filter(|_| begins)
            && leg.playback.take().is_some()
        {
            leg.out.pause();
            leg.life.talk_since = now;
        }
    }
}

/// One frame of one room.
struct Beat {
    index: usize,
    now: u64,
    /// When it was due.
    at: u64,
    /// Time was lost before it.
    broken: bool,
}
