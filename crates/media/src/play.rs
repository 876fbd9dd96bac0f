//! Where a playback stands in its list of prompts.
use std::sync::Arc;

use crate::bank::Bank;

/// One frame of 20 ms. Microseconds.
pub(crate) const FRAME_US: u64 = 20_000;
/// Frames that are sent at once after a late tick; what is later than that is not made up for.
const MAX_CATCH_UP: u64 = 2;

/// A running playback.
#[derive(Clone, Debug)]
pub(crate) struct Playback {
    pub(crate) play: u32,
    pub(crate) bank: Arc<Bank>,
    prompts: Arc<[u32]>,
    repeat: bool,
    prompt: usize,
    frame: usize,
    pace: Pace,
}

/// A beat of 20 ms by the absolute time of its first frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    next_at: Option<u64>,
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Due {
    /// Frames to send now, 0–2.
    pub(crate) frames: u64,
    /// Time was lost: the next frame begins a talkspurt.
    pub(crate) broken: bool,
    /// When the first of them was due.
    first_at: u64,
}

impl Due {
    /// When the frame was due, counted from 0.
    pub(crate) fn time_of(&self, frame: u64) -> u64 {
        self.first_at + frame * FRAME_US
    }
}

impl Pace {
    /// How many frames are due at `now`.
    pub(crate) fn due(&mut self, now: u64) -> Due {
        let next_at = self.next_at.unwrap_or(now);
        let Some(late) = now.checked_sub(next_at) else {
            return Due {
                frames: 0,
                broken: false,
                first_at: next_at,
            };
        };
        let frames = late / FRAME_US + 1;
        let broken = frames > MAX_CATCH_UP;
        let (frames, first_at) = if broken { (1, now) } else { (frames, next_at) };
        self.next_at = Some(first_at + frames * FRAME_US);
        Due {
            frames,
            broken,
            first_at,
        }
    }
}

impl Playback {
    pub(crate) fn new(play: u32, (bank, prompts): (Arc<Bank>, Arc<[u32]>), repeat: bool) -> Self {
        Self {
            play,
            bank,
            prompts,
            repeat,
            prompt: 0,
            frame: 0,
            pace: Pace::default(),
        }
    }

    /// How many frames are due at `now`.
    pub(crate) fn due(&mut self, now: u64) -> Due {
        self.pace.due(now)
    }

    /// The next frame as prompt number and index; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<(u32, usize)> {
        for _ in 0..=self.prompts.len() {
            if self.prompt == self.prompts.len() {
                if !self.repeat {
                    return None;
                }
                self.prompt = 0;
            }
            let number = *self.prompts.get(self.prompt)?;
            if self.frame < self.bank.frames(number) {
                self.frame += 1;
                return Some((number, self.frame - 1));
            }
            (self.prompt, self.frame) = (self.prompt + 1, 0);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank() -> Arc<Bank> {
        let mut bank = Bank::new();
        for frames in [2, 0, 1] {
            bank.from_pcm(&frames.to_string(), &vec![0; 160 * frames])
                .expect("room");
        }
        Arc::new(bank)
    }

    fn playback(prompts: &[u32], repeat: bool) -> Playback {
        Playback::new(1, (bank(), prompts.into()), repeat)
    }

    #[test]
    fn prompts_follow_each_other_and_repeat() {
        let mut once = playback(&[0, 1, 7, 2], false);
        let frames: Vec<_> = std::iter::from_fn(|| once.next()).collect();
        assert_eq!(
            frames,
            [(0, 0), (0, 1), (2, 0)],
            "empty and unknown prompts are passed over"
        );
        let mut again = playback(&[0, 2], true);
        let frames: Vec<_> = std::iter::from_fn(|| again.next()).take(5).collect();
        assert_eq!(frames, [(0, 0), (0, 1), (2, 0), (0, 0), (0, 1)]);
        assert_eq!(playback(&[1], true).next(), None, "nothing to repeat");
        assert_eq!(playback(&[], true).next(), None);
    }

    #[test]
    fn a_late_tick_is_made_up_for_by_one_frame_and_no_more() {
        let mut playback = playback(&[0], true);
        let due = [0, 20_000, 39_000, 41_000, 80_000, 200_000, 219_000, 220_000]
            .map(|now| playback.due(now))
            .map(|due| (due.frames, due.broken));
        let whole = |frames| (frames, false);
        assert_eq!(due[..5], [whole(1), whole(1), whole(0), whole(1), whole(2)]);
        assert_eq!(due[5..], [(1, true), whole(0), whole(1)]);
    }
}
