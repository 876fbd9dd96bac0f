//! The 20 ms wheel: what each leg sends of its own accord.
use std::net::SocketAddr;

use super::{Engine, Kind, Transmit, phase_of};
use crate::control::{Event, MediaLeg};
use crate::dtmf::{self, EVENT};
use crate::g711::FRAME;
use crate::leg::Leg;
use crate::rtp::HEADER;

impl Engine {
    /// The legs of the phase begun last whose turn has not come, from the back: a leg that is given up in its turn
    /// moves only those that had theirs.
    pub(super) fn finish_phase(&mut self, now: u64, out: &mut impl Transmit) {
        let (phase, grid) = (phase_of(self.ticked_ms), self.ticked_ms * 1_000);
        while self.phase_left > 0 {
            self.phase_left -= 1;
            let slot = self.phases[phase].get(self.phase_left);
            let Some(Some(leg)) = slot.map(|&slot| &self.legs[usize::from(slot)]) else {
                continue;
            };
            let id = leg.id;
            self.at_work = Some(id);
            if leg.digits.is_busy() {
                self.send_digit(now, id, out);
            } else if leg.playback.is_some() {
                self.play(grid, now, id, out);
            }
            self.report(now, id, out);
            self.watch_silence(now, id);
        }
    }

    fn play(&mut self, grid: u64, now: u64, id: MediaLeg, out: &mut impl Transmit) {
        let Some(leg) = self.leg(id) else { return };
        let (true, Some(playback)) = (leg.party.is_some(), &mut leg.playback) else {
            return;
        };
        let due = playback.due(grid);
        for _ in 0..due.frames {
            if !self.play_frame(now, id, due.broken, out) {
                return self.end_playback(now, id);
            }
        }
    }

    /// Sends the next frame; false at the end of the list. Goes on in silence while the party holds.
    fn play_frame(
        &mut self,
        now: u64,
        id: MediaLeg,
        broken: bool,
        out: &mut impl Transmit,
    ) -> bool {
        let Some(Some(leg)) = self.legs.get_mut(usize::from(id.slot())) else {
            return false;
        };
        let Some(playback) = &mut leg.playback else {
            return false;
        };
        let Some((number, index)) = playback.next() else {
            return false;
        };
        let Some((to, peer)) = leg.target() else {
            return true;
        };
        let (codec, payload_type) = (peer.codec, peer.payload_type);
        let bank = leg.playback.as_ref().map(|playback| &playback.bank);
        let Some(samples) = bank.and_then(|bank| bank.frame(number, index, codec)) else {
            return true;
        };
        let stamp = leg.out.local(now, payload_type, broken);
        leg.out.count(FRAME);
        let mut frame = [0; HEADER + FRAME];
        frame[HEADER..].copy_from_slice(samples);
        out.send(
            id,
            Kind::Rtp,
            to,
            stamp.put(&mut frame, &(HEADER..HEADER + FRAME)),
        );
        self.tap_right(now, id, codec, &stamp, &frame[HEADER..]);
        true
    }

    fn end_playback(&mut self, now: u64, id: MediaLeg) {
        let Some(leg) = self.leg(id) else { return };
        leg.out.pause();
        leg.life.talk_since = now;
        if let Some(playback) = leg.playback.take() {
            self.tell(Event::PlayEnded {
                leg: id,
                play: playback.play,
            });
        }
    }

    fn send_digit(&mut self, now: u64, id: MediaLeg, out: &mut impl Transmit) {
        let Some(leg) = self.leg(id) else { return };
        let Some((to, payload_type)) = leg.digit_target() else {
            return leg.digits.clear();
        };
        let dtmf::Frame::Event { payload, first } = leg.digits.frame() else {
            return;
        };
        if first {
            leg.digit_ts = leg.out.begin_event(now);
        }
        let stamp = leg.out.event(now, payload_type, leg.digit_ts, first);
        leg.out.count(EVENT);
        let mut packet = [0; HEADER + EVENT];
        packet[HEADER..].copy_from_slice(&payload);
        out.send(
            id,
            Kind::Rtp,
            to,
            stamp.put(&mut packet, &(HEADER..HEADER + EVENT)),
        );
    }

    fn watch_silence(&mut self, now: u64, id: MediaLeg) {
        let limit = self.config.silence_us;
        let Some(leg) = self.leg(id) else { return };
        if !leg.life.silence_told && leg.is_silent(now, limit) {
            leg.life.silence_told = true;
            self.tell(Event::Silent { leg: id });
        }
    }
}

impl Leg {
    /// Whether the party has been silent for too long: `limit`, or its own in a talk. Never on hold, which is when it
    /// wants to hear nothing or is to send nothing.
    fn is_silent(&self, now: u64, limit: u64) -> bool {
        let (life, Some(party)) = (&self.life, &self.party) else {
            return false;
        };
        let peer = &party.peer;
        if !peer.send || !peer.receive || life.may_stay_silent() {
            return false;
        }
        let in_talk = (self.bridge.is_some() || self.room.is_some())
            && self.playback.is_none()
            && !life.suppresses;
        match peer.talk_silence_us.filter(|_| in_talk) {
            Some(limit) => now.saturating_sub(life.last_at.max(life.talk_since)) >= limit,
            None => now.saturating_sub(life.last_at) >= limit,
        }
    }

    fn digit_target(&self) -> Option<(SocketAddr, u8)> {
        let (to, peer) = self.target()?;
        Some((to, peer.dtmf?))
    }
}
