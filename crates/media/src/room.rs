//! A room: up to eight parties, each of whom hears those it is to hear, mixed.
//!
//! Every 20 ms each party's voice is taken from its jitter buffer, and each gets the sum of the others it hears, in 32
//! bits and saturated. Who hears whom is a matrix, so one room is a conference, a listener whom nobody hears, or a whisper
//! that one party hears and another does not.

use crate::control::{Codec, Hears, MediaLeg};
use crate::g711::FRAME;
use crate::jitter::Jitter;
use crate::play::{FRAME_US, Pace};
use crate::reception::Place;

/// Most parties of a room; those beyond are not let in.
pub const PARTIES_MAX: usize = 8;
/// Mean energy of a sample beyond which somebody speaks: 43 dB below full scale.
const SPEECH: i64 = 230 * 230;
/// By so much speech must outweigh silence, or silence speech, before it is told. Microseconds.
pub const SPEAKS_AFTER_US: u64 = 200_000;
/// The same in frames.
const HYSTERESIS: u8 = (SPEAKS_AFTER_US / FRAME_US) as u8;

/// See the module.
pub(crate) struct Room {
    /// Given by whoever made it; on the same worker as its parties.
    pub(crate) name: MediaLeg,
    /// The millisecond of 20 in which it is mixed.
    pub(crate) phase: u8,
    pub(crate) pace: Pace,
    seats: [Option<Box<Seat>>; PARTIES_MAX],
}

pub(crate) struct Seat {
    pub(crate) leg: MediaLeg,
    /// Bit n: it hears who sits at n.
    from: u8,
    jitter: Jitter,
    /// Its voice in the present 20 ms.
    voice: [i16; FRAME],
    /// Some of that was sent by the party.
    came: bool,
    meter: Meter,
}

/// Whether somebody speaks.
#[derive(Default)]
struct Meter {
    loud: u8,
    speaks: bool,
}

impl Room {
    pub(crate) fn new(name: MediaLeg, phase: u8) -> Self {
        Self {
            name,
            phase,
            pace: Pace::default(),
            seats: std::array::from_fn(|_| None),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.seats.iter().all(Option::is_none)
    }

    pub(crate) fn leg(&self, seat: usize) -> Option<MediaLeg> {
        Some(self.seats.get(seat)?.as_ref()?.leg)
    }

    pub(crate) fn seat_of(&self, leg: MediaLeg) -> Option<usize> {
        let sits = |seat: &Option<Box<Seat>>| seat.as_ref().is_some_and(|seat| seat.leg == leg);
        self.seats.iter().position(sits)
    }

    /// Lets a party in, who hears nobody yet; false if there is no seat.
    pub(crate) fn enter(&mut self, leg: MediaLeg) -> bool {
        let free = self.seats.iter_mut().find(|seat| seat.is_none());
        let entered = free.is_some();
        if let Some(free) = free {
            *free = Some(Box::new(Seat::new(leg)));
        }
        entered
    }

    /// The party leaves; whether it was speaking.
    pub(crate) fn leave(&mut self, leg: MediaLeg) -> bool {
        let Some(at) = self.seat_of(leg) else {
            return false;
        };
        for seat in self.seats.iter_mut().flatten() {
            seat.from &= !(1 << at);
        }
        self.seats[at].take().is_some_and(|seat| seat.meter.speaks)
    }

    /// Says whom a party hears; whether it heard nobody before and hears somebody now. Who is not in the room, and it
    /// itself, are left out.
    pub(crate) fn hears(&mut self, hears: &Hears) -> bool {
        let Some(at) = self.seat_of(hears.leg) else {
            return false;
        };
        let seats = hears.from.iter().filter_map(|&leg| self.seat_of(leg));
        let from = seats
            .filter(|&seat| seat != at)
            .fold(0, |from, seat| from | 1 << seat);
        let before = self.seats[at]
            .as_mut()
            .map(|seat| std::mem::replace(&mut seat.from, from));
        before == Some(0) && from != 0
    }

    /// Takes a packet of a party.
    pub(crate) fn packet(
        &mut self,
        now: u64,
        leg: MediaLeg,
        (place, ts): (Place, u32),
        codec: Codec,
        payload: &[u8],
    ) {
        let seat = self.seat_of(leg).and_then(|at| self.seats[at].as_mut());
        if let Some(seat) = seat {
            seat.jitter.put(now, place, ts, codec, payload);
        }
    }

    /// The next 20 ms of a party's voice; whether it began or stopped to speak.
    pub(crate) fn listen(&mut self, seat: usize, now: u64) -> Option<bool> {
        let seat = self.seats.get_mut(seat)?.as_mut()?;
        let frame = seat.jitter.take(now);
        (seat.voice, seat.came) = (frame.samples, frame.came);
        seat.meter.measure(&seat.voice)
    }

    /// What a party hears; silence if it is to hear nobody: a carrier ends a call to which nothing is sent for long.
    pub(crate) fn heard_by(&self, seat: usize) -> Option<[i16; FRAME]> {
        let from = self.seats.get(seat)?.as_ref()?.from;
        Some(self.mix(from))
    }

    /// What is said to others in the room and not to this party, who hears somebody; none if nobody says such a thing.
    pub(crate) fn said_aside(&self, seat: usize) -> Option<[i16; FRAME]> {
        let from = self.seats.get(seat)?.as_ref()?.from;
        let heard = self.seats.iter().flatten().fold(0, |all, it| all | it.from);
        let aside = heard & !from & !(1 << seat) & self.present();
        (from != 0 && aside != 0).then(|| self.mix(aside))
    }

    /// Whose voice came in this frame.
    fn present(&self) -> u8 {
        let came = |seat: &Option<Box<Seat>>| seat.as_ref().is_some_and(|seat| seat.came);
        let seats = self.seats.iter().enumerate();
        seats.fold(0, |all, (at, seat)| all | u8::from(came(seat)) << at)
    }

    fn mix(&self, from: u8) -> [i16; FRAME] {
        let mut sum = [0i32; FRAME];
        for (at, seat) in self.seats.iter().enumerate() {
            let Some(seat) = seat.as_ref().filter(|_| from >> at & 1 == 1) else {
                continue;
            };
            for (sum, &sample) in sum.iter_mut().zip(&seat.voice) {
                *sum += i32::from(sample);
            }
        }
        sum.map(|it| it.clamp(i16::MIN.into(), i16::MAX.into()) as i16)
    }
}

impl Seat {
    fn new(leg: MediaLeg) -> Self {
        Self {
            leg,
            from: 0,
            jitter: Jitter::new(),
            voice: [0; FRAME],
            came: false,
            meter: Meter::default(),
        }
    }
}

impl Meter {
    /// Takes 20 ms; says when it has changed.
    fn measure(&mut self, voice: &[i16; FRAME]) -> Option<bool> {
        let square = |&it: &i16| i64::from(i32::from(it) * i32::from(it));
        let energy: i64 = voice.iter().map(square).sum();
        self.loud = if energy >= SPEECH * FRAME as i64 {
            (self.loud + 1).min(HYSTERESIS)
        } else {
            self.loud.saturating_sub(1)
        };
        let speaks = match self.loud {
            0 => false,
            HYSTERESIS => true,
            _ => self.speaks,
        };
        (std::mem::replace(&mut self.speaks, speaks) != speaks).then_some(speaks)
    }
}
