//! What legs hear that comes to an end, and what becomes of a playback whose end nobody tells: an overloaded media thread
//! loses orders, and its words with them. The caller is not to stand in silence for it.
use std::time::Duration;

use gudok_dialplan::in_locale;
use gudok_model::{CallEvent, LegId, Name, Now, Reason};
use gudok_speech::Locale;

use crate::call::{Leg, Phase};
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// How much later than its own length a playback may end before its end counts as lost. 5 s.
pub const PLAYBACK_LATE: Duration = Duration::from_secs(5);

/// A playback that began in this step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    leg: LegId,
    play: u32,
    lasts: Duration,
}

impl Switchboard {
    /// Starts a playback in the language of the call's number; its number comes back with
    /// [`Input::PlayEnded`](crate::Input::PlayEnded), or with its deadline.
    pub(crate) fn play(&mut self, leg: LegId, prompts: Vec<Name>, repeat: bool) -> u32 {
        let Some(call) = self.calls.get_mut(&leg.call) else {
            return 0;
        };
        call.next_play += 1;
        let play = call.next_play;
        let locale = call.number.locale;
        let prompts = match locale {
            Locale::Ru => prompts,
            other => prompts.iter().map(|it| in_locale(other, it)).collect(),
        };
        self.hears_no_end(leg);
        if !repeat && let Some(lasts) = self.config.lasts(&prompts) {
            self.awaits_end(Begun { leg, play, lasts });
        }
        self.outputs.push_back(Output::Play {
            leg,
            play,
            prompts,
            repeat,
        });
        play
    }

    /// Silence on a leg.
    pub(crate) fn stop_play(&mut self, leg: LegId) {
        self.hears_no_end(leg);
        self.outputs.push_back(Output::StopPlay { leg });
    }

    fn leg_mut(&mut self, leg: LegId) -> Option<&mut Leg> {
        self.calls.get_mut(&leg.call)?.legs.get_mut(&leg.index)
    }

    fn awaits_end(&mut self, begun: Begun) {
        if let Some(leg) = self.leg_mut(begun.leg) {
            leg.playing = Some(begun.play);
            self.begun.push(begun);
        }
    }

    /// No end of a playback is awaited there any more: it came, or something else is heard.
    pub(crate) fn hears_no_end(&mut self, leg: LegId) {
        let known = self.leg_mut(leg).and_then(|leg| leg.playing.take());
        if known.is_some() {
            self.timers.cancel(Timer::Playback(leg));
        }
    }

    /// The end of this playback came. One that was replaced has none.
    pub(crate) fn play_ended(&mut self, leg: LegId, play: u32) {
        if self.leg_mut(leg).is_some_and(|it| it.playing == Some(play)) {
            self.hears_no_end(leg);
        }
    }

    /// Sets the deadlines of what began in this step and is still heard.
    pub(crate) fn time_playbacks(&mut self, now: Now) {
        while let Some(Begun { leg, play, lasts }) = self.begun.pop() {
            if self.leg_mut(leg).is_some_and(|it| it.playing == Some(play)) {
                let due = now.mono + lasts + PLAYBACK_LATE;
                self.timers.set(Timer::Playback(leg), due);
            }
        }
    }

    /// Nobody told of the end: the call goes on as if somebody had. But a notice that may not have been heard lets no
    /// recording begin.
    pub(crate) fn on_playback_lost(&mut self, now: Now, leg: LegId) {
        let Some(play) = self.leg_mut(leg).and_then(|leg| leg.playing.take()) else {
            return;
        };
        self.outputs.push_back(Output::PlayLost { leg, play });
        let reason = Reason {
            code: "playback_lost".into(),
            place: None,
            text: "конец фразы не сообщён вовремя: идём дальше".into(),
        };
        let decided = CallEvent::Decided {
            decision: "go on".into(),
            reasons: vec![reason],
        };
        self.fact(leg.call, decided);
        let call = self.calls.get_mut(&leg.call);
        if leg.is_caller() && call.as_ref().is_some_and(|call| call.check.is_some()) {
            return self.was_not_asked(now, leg.call);
        }
        match call.map(|call| &mut call.phase) {
            Some(Phase::Playing { notice, .. }) => *notice = None,
            Some(Phase::Dialling(_)) if leg.is_caller() => {
                return self.out_untold(now, leg.call, play);
            }
            _ => {}
        }
        self.on_play_ended(now, leg, play);
    }
}
