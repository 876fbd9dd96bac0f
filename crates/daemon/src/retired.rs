//! What was in force and calls may go by still: plans and prompts. Each is freed here, in the office, when nobody else holds it: to
//! free a large one takes time that a call or the sound of one does not have.
use std::sync::Arc;

use gudok_dialplan::plan::Plan;

use crate::voice::Voice;

/// Most former prompts at once. A reload that would bring one more is refused: somebody has heard the oldest for hours, or
/// recordings change faster than calls end.
pub(crate) const VOICES_MAX: usize = 64;

/// See the module.
#[derive(Default)]
pub(crate) struct Retired {
    plans: Vec<Arc<Plan>>,
    voices: Vec<Arc<Voice>>,
}

impl Retired {
    pub(crate) fn is_empty(&self) -> bool {
        self.plans.is_empty() && self.voices.is_empty()
    }

    /// Whether there is no room for another voice.
    pub(crate) fn is_full(&self) -> bool {
        self.voices.len() >= VOICES_MAX
    }

    pub(crate) fn plan(&mut self, plan: Arc<Plan>) {
        self.plans.push(plan);
    }

    pub(crate) fn voice(&mut self, voice: Arc<Voice>) {
        self.voices.push(voice);
    }

    /// Those that nobody holds any more, to be dropped where that takes no time from a call.
    pub(crate) fn over(&mut self) -> Self {
        Self {
            plans: take(&mut self.plans, |plan| Arc::strong_count(plan) == 1),
            voices: take(&mut self.voices, is_silent),
        }
    }
}

/// No call looks words up in it, and none is hearing of it: a playback holds its bank alone. In this order: who could hold the
/// bank anew has held the voice.
fn is_silent(voice: &Arc<Voice>) -> bool {
    Arc::strong_count(voice) == 1 && Arc::strong_count(&voice.bank) == 1
}

fn take<T>(all: &mut Vec<T>, is_over: impl Fn(&T) -> bool) -> Vec<T> {
    let (over, still) = all.drain(..).partition(is_over);
    *all = still;
    over
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gudok_model::Mono;

    use super::*;
    use crate::hotline::Voices;

    fn voice() -> Arc<Voice> {
        Arc::new(Voice::read_with(None, None).expect("the built-in packs"))
    }

    /// The one that is forgotten is the oldest of more than calls look through.
    #[test]
    fn a_bank_is_freed_here_whoever_lets_go_of_it_last() {
        let mut retired = Retired::default();
        let (first, next) = (voice(), voice());
        let mut voices = Voices::new(Arc::clone(&first), Duration::from_secs(3_600));
        retired.voice(Arc::clone(&first));
        let (weak, playback) = (Arc::downgrade(&first.bank), Arc::clone(&first.bank));
        drop(first);
        let is_over = |retired: &mut Retired| {
            drop(retired.over());
            weak.upgrade().is_none()
        };
        for at in 0..9 {
            assert!(!is_over(&mut retired), "a call may want it, {at}");
            voices.comes(Mono(at), Arc::clone(&next));
        }
        assert!(!is_over(&mut retired), "one is hearing it");
        drop(playback);
        assert!(weak.upgrade().is_some(), "not where the sound ends");
        assert!(is_over(&mut retired));
        assert!(retired.is_empty());
    }

    #[test]
    fn there_is_an_end_to_how_many_are_kept() {
        let mut retired = Retired::default();
        let held = voice();
        for _ in 0..VOICES_MAX {
            assert!(!retired.is_full());
            retired.voice(Arc::clone(&held));
        }
        assert!(retired.is_full());
        drop(held);
        let _one = retired.voices.pop();
        assert!(!retired.is_full());
    }
}
