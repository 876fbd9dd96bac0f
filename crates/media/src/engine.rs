//! All legs of one worker: packets, commands and time in; packets, events and tap records out.
//!
//! The engine owns no socket and no clock. Its driver calls [`Engine::packet`] for each datagram, [`Engine::tick`]
//! every millisecond and [`Engine::command`] as commands come; `now` is monotonic microseconds and never goes back.
//!
//! A panic within any of them is a bug that must cost one leg and not the worker's others. The engine always knows
//! which leg it works on ([`Engine::at_work`]); the driver catches the panic, gives that leg up
//! ([`Engine::give_up`]), and calls [`Engine::tick`] again, which goes on where it was.

mod frames;
mod mix;
mod receive;
mod record;
mod reports;

use std::collections::VecDeque;
use std::net::SocketAddr;

#[cfg(doc)]
use crate::control::Peer;
use crate::control::{ClosedBy, Command, Event, MediaLeg, Stats};
use crate::leg::Leg;
use crate::outgoing::Outgoing;
use crate::play::Playback;
use crate::room::Room;
use crate::tap::{Record, TapWriter};

/// Most events that wait to be polled. Beyond that all but [`Event::Closed`] are dropped and counted.
pub const MAX_EVENTS: usize = 4_096;
/// Milliseconds in which the frames of all legs are spread.
const PHASES: usize = 20;

/// RTP or RTCP: which socket of the leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The even port.
    Rtp,
    /// The odd port.
    Rtcp,
}

/// Where the engine's datagrams go.
pub trait Transmit {
    /// Sends from the leg's socket. Must not block; a datagram that cannot be sent is lost.
    fn send(&mut self, leg: MediaLeg, kind: Kind, to: SocketAddr, datagram: &[u8]);
}

/// Settings of an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// Number of the worker; in the upper bits of its legs.
    pub worker: u16,
    /// Of the random beginnings of streams.
    pub seed: u64,
    /// [`Event::Silent`] after so long without RTP and RTCP; [`Peer::talk_silence_us`] may be shorter. Microseconds.
    pub silence_us: u64,
}

/// See the module.
pub struct Engine {
    config: Config,
    tap: Option<TapWriter>,
    holes_told: u64,
    legs: Vec<Option<Leg>>,
    open: usize,
    phases: [Vec<u16>; PHASES],
    /// The latest millisecond whose phase was begun.
    ticked_ms: u64,
    /// Legs of that phase whose turn is still to come; not 0 between ticks only after a panic.
    phase_left: usize,
    /// A room keeps its place while it lasts.
    rooms: Vec<Option<Box<Room>>>,
    /// Rooms that were not looked at in that millisecond; as above.
    rooms_left: usize,
    /// The leg that is worked on. Kept after a packet or a command; the next one sets it anew.
    at_work: Option<MediaLeg>,
    /// Wall clock minus monotonic clock. Microseconds.
    wall_offset: i64,
    events: VecDeque<Event>,
    events_dropped: u64,
}

impl Engine {
    /// An engine without legs. Without `tap` nothing is recorded.
    pub fn new(config: Config, tap: Option<TapWriter>) -> Self {
        Self {
            config,
            tap,
            holes_told: 0,
            legs: Vec::new(),
            open: 0,
            phases: std::array::from_fn(|_| Vec::new()),
            ticked_ms: 0,
            phase_left: 0,
            rooms: Vec::new(),
            rooms_left: 0,
            at_work: None,
            wall_offset: 0,
            events: VecDeque::with_capacity(MAX_EVENTS),
            events_dropped: 0,
        }
    }

    /// Tells how far the wall clock is ahead of the monotonic one, in microseconds. Recordings and sender reports
    /// that begin from now on use it.
    pub fn set_wall_offset(&mut self, micros: i64) {
        self.wall_offset = micros;
    }

    /// Adds a leg. One that stands at the same place and was not closed is forgotten.
    pub fn open(&mut self, now: u64, id: MediaLeg) {
        self.at_work = Some(id);
        let slot = usize::from(id.slot());
        if self.legs.len() <= slot {
            self.legs.resize_with(slot + 1, || None);
        }
        self.remove(slot);
        let random = |purpose| self.random(id, purpose);
        let out = Outgoing::new(now, random(1) as u32, random(2) as u16, random(3) as u32);
        let phase = self.lightest_phase();
        let mut leg = Leg::new(now, id, phase, out);
        leg.reports.next_at = now + self.report_interval(id, 0);
        self.phases[usize::from(phase)].push(id.slot());
        self.legs[slot] = Some(leg);
        self.open += 1;
    }

    /// Does what a command says. One about a leg that is not open does nothing.
    pub fn command(&mut self, now: u64, command: Command, out: &mut impl Transmit) {
        self.at_work = Some(command.leg());
        match command {
            Command::Peer { leg, peer } => {
                if let Some(leg) = self.leg(leg) {
                    leg.agree(now, peer);
                }
            }
            Command::Play {
                leg,
                play,
                bank,
                prompts,
                repeat,
            } => {
                if let Some(leg) = self.leg(leg) {
                    leg.out.pause();
                    leg.playback = Some(Playback::new(play, (bank, prompts), repeat));
                }
            }
            Command::Stop { leg } => {
                if let Some(leg) = self.leg(leg) {
                    leg.out.pause();
                    leg.playback = None;
                    leg.life.talk_since = now;
                }
            }
            Command::Bridge { a, b } => self.bridge(now, a, b),
            Command::Unbridge { leg } => self.unbridge(leg),
            Command::Mix { room, parties } => self.mix(now, room, &parties),
            Command::Unmix { room } => self.unmix(room),
            Command::Record { leg, recording } => self.record(now, leg, recording),
            Command::StopRecording { leg } => self.end_recording(now, leg),
            Command::PauseRecording { leg, on } => self.pause_recording(now, leg, on),
            Command::SendDigits { leg, digits } => {
                if let Some(leg) = self.leg(leg) {
                    leg.digits.queue(&digits);
                }
            }
            Command::Listen { leg, on } => {
                if let Some(leg) = self.leg(leg) {
                    leg.listen(on);
                }
            }
            Command::ListenForHash { leg } => {
                if let Some(leg) = self.leg(leg) {
                    leg.listen_for_hash();
                }
            }
            Command::Close { leg } => self.close(now, leg, out),
        }
    }

    /// Takes a datagram that came to a leg. The buffer is used up.
    pub fn packet(
        &mut self,
        now: u64,
        leg: MediaLeg,
        kind: Kind,
        from: SocketAddr,
        datagram: &mut [u8],
        out: &mut impl Transmit,
    ) {
        self.at_work = Some(leg);
        match kind {
            Kind::Rtp => self.rtp(now, leg, from, datagram, out),
            Kind::Rtcp => self.rtcp(now, leg, from, datagram),
        }
    }

    /// Lets time pass: frames, digits, reports, silence, and blocks of the tap that are due.
    pub fn tick(&mut self, now: u64, out: &mut impl Transmit) {
        let ms = now / 1_000;
        loop {
            self.finish_phase(now, out);
            self.finish_rooms(now, out);
            if self.ticked_ms >= ms {
                break;
            }
            self.ticked_ms = (self.ticked_ms + 1).max((ms + 1).saturating_sub(PHASES as u64));
            self.phase_left = self.phases[phase_of(self.ticked_ms)].len();
            self.rooms_left = self.rooms.len();
        }
        self.at_work = None;
        if let Some(tap) = &mut self.tap {
            tap.tick(now);
        }
        self.tell_holes();
    }

    /// The leg that was being worked on when a call of the engine did not return. `None`: no leg's work, but the
    /// tap's.
    pub fn at_work(&self) -> Option<MediaLeg> {
        self.at_work
    }

    /// Closes a leg that a panic was met on, without a word to its party: whatever the leg is made of is not to be
    /// relied on. What must happen comes first, and [`Event::Closed`] comes even if the leg was half opened.
    pub fn give_up(&mut self, now: u64, id: MediaLeg) {
        let leg = self.leg(id).is_some();
        let leg = leg.then(|| self.remove(usize::from(id.slot()))).flatten();
        let other = leg.as_ref().and_then(|leg| leg.bridge);
        if let Some(other) = other.and_then(|other| self.leg(other)) {
            other.bridge = None;
            other.out.pause();
        }
        let stats = leg.as_ref().map_or_else(Stats::default, Leg::stats);
        self.tell_closed(id, ClosedBy::Bug, stats);
        if let Some(recording) = leg.and_then(|leg| leg.recording) {
            self.write(now, recording.number, &Record::End { at: now });
        }
    }

    /// Records nothing from now on: a panic was met in the tap. False if there was no tap to lose.
    pub fn lose_tap(&mut self) -> bool {
        let had = self.tap.take().is_some();
        if had {
            let worker = self.config.worker;
            self.tell(Event::TapLost { worker });
        }
        had
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether an event waits that somebody waits for: any but the figures of a leg whose end was ordered.
    pub fn hurries(&self) -> bool {
        let is_figures =
            |event: &Event| matches!(event, Event::Closed { by, .. } if *by == ClosedBy::Command);
        !self.events.iter().all(is_figures)
    }

    /// Legs that are open.
    pub fn legs(&self) -> usize {
        self.open
    }

    /// Whether nothing will happen until a command comes: no legs, no events, nothing to flush.
    pub fn is_idle(&self) -> bool {
        let tap_is_empty = self.tap.as_ref().is_none_or(|tap| tap.deadline().is_none());
        self.open == 0 && self.events.is_empty() && tap_is_empty
    }

    /// Events that were dropped because nobody polled.
    pub fn events_dropped(&self) -> u64 {
        self.events_dropped
    }

    /// Hands the last block over, at the end of the worker.
    pub fn flush(&mut self, now: u64) {
        if let Some(tap) = &mut self.tap {
            tap.flush(now);
        }
    }

    fn leg(&mut self, id: MediaLeg) -> Option<&mut Leg> {
        let place = self.legs.get_mut(usize::from(id.slot()))?;
        place.as_mut().filter(|leg| leg.id == id)
    }

    fn bridge(&mut self, now: u64, a: MediaLeg, b: MediaLeg) {
        if a == b || self.leg(a).is_none() || self.leg(b).is_none() {
            return;
        }
        for leg in [a, b] {
            self.unbridge(leg);
            self.leave(leg);
        }
        for (id, other) in [(a, b), (b, a)] {
            if let Some(leg) = self.leg(id) {
                leg.bridge = Some(other);
                leg.playback = None;
                leg.out.pause();
                leg.life.talk_since = now;
            }
        }
    }

    fn unbridge(&mut self, id: MediaLeg) {
        let Some(other) = self.leg(id).and_then(|leg| leg.bridge) else {
            return;
        };
        for id in [id, other] {
            if let Some(leg) = self.leg(id) {
                leg.bridge = None;
                leg.out.pause();
            }
        }
    }

    /// The leg is out and its end told before the tap is touched: nobody repeats a command whose tap panicked.
    fn close(&mut self, now: u64, id: MediaLeg, out: &mut impl Transmit) {
        if self.leg(id).is_none() {
            return;
        }
        self.unbridge(id);
        self.leave(id);
        self.say_goodbye(now, id, out);
        let Some(leg) = self.remove(usize::from(id.slot())) else {
            return;
        };
        self.tell_closed(id, ClosedBy::Command, leg.stats());
        if let Some(recording) = leg.recording {
            self.write(now, recording.number, &Record::End { at: now });
        }
    }

    fn tell_closed(&mut self, leg: MediaLeg, by: ClosedBy, stats: Stats) {
        let stats = Box::new(stats);
        self.tell(Event::Closed { leg, by, stats });
    }

    fn remove(&mut self, slot: usize) -> Option<Leg> {
        let leg = self.legs[slot].take()?;
        self.open -= 1;
        self.phases[usize::from(leg.phase)].retain(|&other| usize::from(other) != slot);
        if let Some(room) = leg.room {
            self.vacate(room, leg.id);
        }
        Some(leg)
    }

    fn lightest_phase(&self) -> u8 {
        let lightest = (0..PHASES).min_by_key(|&phase| self.phases[phase].len());
        lightest.unwrap_or(0) as u8
    }

    fn tell(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS || matches!(event, Event::Closed { .. }) {
            self.events.push_back(event);
        } else {
            self.events_dropped += 1;
        }
    }

    /// The same for the same seed, leg and purpose (splitmix64).
    fn random(&self, leg: MediaLeg, purpose: u64) -> u64 {
        let mut mixed = self.config.seed ^ leg.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for _ in 0..2 {
            mixed = mixed.wrapping_add(purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
        }
        mixed
    }
}

/// The phase of a millisecond.
fn phase_of(ms: u64) -> usize {
    (ms % PHASES as u64) as usize
}
