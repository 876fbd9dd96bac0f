//! Digits as telephone-events (RFC 4733): heard once per press, and sent.
use std::collections::VecDeque;

use crate::g711::FRAME;

/// Most digits that wait to be sent on one leg; more are dropped.
pub const MAX_DIGITS: usize = 64;
/// Bytes of an event.
pub const EVENT: usize = 4;

/// Frames of tone that are sent for a digit: 100 ms.
const TONE_FRAMES: u16 = 5;
/// Packets with the end bit (RFC 4733 §2.5.1.4: three).
const END_FRAMES: u16 = 3;
/// Frames of silence after a digit: 60 ms.
const PAUSE_FRAMES: u16 = 3;
/// Level of the sent digit, −dBm0.
const VOLUME: u8 = 10;

const DIGITS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D',
];

/// The press that is heard on a leg.
#[derive(Clone, Debug, Default)]
pub struct Listener {
    last: Option<Press>,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    ssrc: u32,
    ts: u32,
    event: u8,
    duration: u16,
    ended: bool,
}

impl Listener {
    /// Takes the payload of a telephone-event; gives the digit with the first packet of a press. A lost beginning,
    /// a lost end, repeats and a press longer than one event (RFC 4733 §2.5.1.3) are all one press.
    pub fn hear(&mut self, ssrc: u32, ts: u32, payload: &[u8]) -> Option<char> {
        let &[event, flags, high, low, ..] = payload else {
            return None;
        };
        let duration = u16::from_be_bytes([high, low]);
        let now = Press {
            ssrc,
            ts,
            event,
            duration,
            ended: flags & 0x80 != 0,
        };
        let Some(last) = &mut self.last else {
            return self.begin(now);
        };
        if last.ssrc != ssrc {
            return self.begin(now);
        }
        let ahead = ts.wrapping_sub(last.ts).cast_signed();
        if ahead == 0 {
            last.ended |= now.ended;
            last.duration = last.duration.max(duration);
            return None;
        }
        if ahead < 0 {
            return None;
        }
        let goes_on =
            !last.ended && last.event == event && last.duration > 0xf000 && ahead <= 0x1_0000;
        if goes_on {
            *last = now;
            return None;
        }
        self.begin(now)
    }

    fn begin(&mut self, press: Press) -> Option<char> {
        self.last = Some(press);
        DIGITS.get(usize::from(press.event)).copied()
    }
}

/// The digits that are sent on a leg, one packet per frame of 20 ms.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    queue: VecDeque<u8>,
    step: u16,
}

/// What a digit asks to be sent in this frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frame {
    /// Nothing waits: the frame is free for audio.
    Free,
    /// The pause after a digit.
    Pause,
    /// A packet.
    Event {
        /// The payload.
        payload: [u8; EVENT],
        /// The first of its digit: a new timestamp and the marker.
        first: bool,
    },
}

impl Sender {
    /// Adds digits; what is none, or beyond [`MAX_DIGITS`], is left out.
    pub fn queue(&mut self, digits: &str) {
        let events = digits.chars().filter_map(|digit| {
            DIGITS
                .iter()
                .position(|&known| known == digit.to_ascii_uppercase())
        });
        let room = MAX_DIGITS.saturating_sub(self.queue.len());
        self.queue
            .extend(events.take(room).map(|event| event as u8));
    }

    /// Whether the leg's frames are taken.
    pub fn is_busy(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Forgets everything that was not sent.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Moves on by one frame.
    pub fn frame(&mut self) -> Frame {
        let Some(&event) = self.queue.front() else {
            return Frame::Free;
        };
        let step = self.step;
        self.step += 1;
        if step >= TONE_FRAMES + END_FRAMES {
            if self.step == TONE_FRAMES + END_FRAMES + PAUSE_FRAMES {
                self.queue.pop_front();
                self.step = 0;
            }
            return Frame::Pause;
        }
        let end = step >= TONE_FRAMES;
        let [high, low] = ((step + 1).min(TONE_FRAMES) * FRAME as u16).to_be_bytes();
        let payload = [event, u8::from(end) << 7 | VOLUME, high, low];
        Frame::Event {
            payload,
            first: step == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(digits: &str) -> Vec<(u32, [u8; EVENT])> {
        let mut sender = Sender::default();
        sender.queue(digits);
        let (mut packets, mut ts) = (Vec::new(), 0);
        for frame in 0.. {
            match sender.frame() {
                Frame::Free => break,
                Frame::Pause => {}
                Frame::Event { payload, first } => {
                    ts = if first { frame * 160 } else { ts };
                    packets.push((ts, payload));
                }
            }
        }
        packets
    }

    #[test]
    fn what_is_sent_is_heard_once_even_when_packets_are_lost() {
        let packets = sent("159#x");
        assert_eq!(packets.len(), 4 * 8);
        for lost in 0..8 {
            let mut listener = Listener::default();
            let kept = packets
                .iter()
                .enumerate()
                .filter(|(n, _)| n % 8 == lost || n % 8 == (lost + 3) % 8);
            let heard: String = kept
                .filter_map(|(_, (ts, event))| listener.hear(1, *ts, event))
                .collect();
            assert_eq!(
                heard,
                "159#",
                "only packets {lost} and {} of each digit arrived",
                (lost + 3) % 8
            );
        }
    }

    #[test]
    fn a_late_packet_of_an_earlier_press_is_silent_and_a_long_press_is_one() {
        let mut listener = Listener::default();
        assert_eq!(listener.hear(1, 100, &[5, 0, 0, 160]), Some('5'));
        assert_eq!(
            listener.hear(1, 900, &[5, 0, 0, 160]),
            Some('5'),
            "the end was lost"
        );
        assert_eq!(listener.hear(1, 100, &[5, 0x80, 1, 0]), None);
        assert_eq!(listener.hear(1, 900, &[5, 0, 0xff, 0xff]), None);
        assert_eq!(
            listener.hear(1, 900 + 0xffff, &[5, 0, 0, 160]),
            None,
            "a further segment"
        );
        assert_eq!(
            listener.hear(2, 0, &[16, 0, 0, 160]),
            None,
            "flash is no digit"
        );
        assert_eq!(listener.hear(2, 800, &[1]), None, "too short");
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut sender = Sender::default();
        sender.queue(&"1".repeat(1_000));
        assert_eq!(sender.queue.len(), MAX_DIGITS);
    }
}
