//! What a caller hears of the queue while they wait (behaviour Q9): the place, the expected wait, a few words.
//!
//! It is a playback in the music and no more: the matcher does not know of it, and whoever answers ends it with the bridge.
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::{Announce, named};
use gudok_model::{CallEvent, CallId, LegId, Name, Now};
use gudok_speech::{Phrase, Wait as SaidWait, say};

use crate::aside::AGAIN_IN;
use crate::call::{Intro, Phase, Wait};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// The first announcement comes this long after the caller came to the queue: who is answered sooner needs none. 5 s.
pub const ANNOUNCE_AFTER: Duration = Duration::from_secs(5);

/// What is said this time.
struct Words {
    position: Option<u32>,
    wait: Option<SaidWait>,
    phrase: Phrase,
}

impl Switchboard {
    /// The first one of a wait is to come.
    pub(crate) fn plan_announcement(&mut self, now: Now, id: CallId, wait: &Wait) {
        if wait.announce.is_some() {
            self.timers
                .set(Timer::Announce(id), now.mono + ANNOUNCE_AFTER);
        }
    }

    /// Says what there is to say, and comes again. A caller for whom somebody rings is left with the music: the next word
    /// they hear is the operator's.
    pub(crate) fn on_announcement_due(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| call.is_open()) else {
            return;
        };
        let Phase::Waiting(wait) = &call.phase else {
            return;
        };
        let Some(announce) = wait.announce.clone() else {
            return;
        };
        let speaks = wait.speaks(now.mono);
        let silent = speaks || !call.can_hear() || !call.offers.is_empty();
        // Words of the keys alone are no reason to leave it out.
        let next = match speaks && wait.hint().is_some() {
            true => AGAIN_IN,
            false => announce.every,
        };
        self.timers.set(Timer::Announce(id), now.mono + next);
        if !silent {
            self.announce(now, id, &announce);
        }
    }

    fn announce(&mut self, now: Now, id: CallId, announce: &Arc<Announce>) {
        let Some(words) = self.words(now, id, announce) else {
            return;
        };
        let Words {
            position,
            wait,
            phrase,
        } = words;
        let pieces = phrase.pieces.into_iter().map(Name::from);
        let prompts: Vec<Name> = pieces.chain(announce.prompts.iter().cloned()).collect();
        if prompts.is_empty() {
            return;
        }
        let fact = CallEvent::Announced {
            position,
            wait_minutes: wait.map(|wait| match wait {
                SaidWait::UnderMinute => 0,
                SaidWait::Minutes(minutes) => minutes,
            }),
            text: told(&phrase.text, &announce.prompts),
        };
        self.say_in_music(now, id, prompts);
        if let Some(call) = self.calls.get_mut(&id) {
            call.position_said = position.or(call.position_said);
        }
        self.fact(id, fact);
    }

    /// Says these to a caller who waits; after them the music goes on.
    pub(crate) fn say_in_music(&mut self, now: Now, id: CallId, prompts: Vec<Name>) {
        let until = now.mono + self.config.play_limit(prompts.len());
        let play = self.play(LegId::caller(id), prompts, false);
        if let Some(call) = self.calls.get_mut(&id)
            && let Phase::Waiting(waits) = &mut call.phase
        {
            waits.intro = Some(Intro {
                play,
                until,
                gives_way: true,
            });
        }
    }

    /// The words in the music are over: the music goes on, or what a supervisor has said meanwhile is heard.
    pub(crate) fn intro_ended(&mut self, now: Now, id: CallId) {
        let call = self.calls.get_mut(&id);
        let Some(Phase::Waiting(wait)) = call.map(|call| &mut call.phase) else {
            return;
        };
        wait.intro = None;
        let (then, music) = (std::mem::take(&mut wait.then), wait.music.clone());
        if then.is_empty() {
            self.play(LegId::caller(id), vec![music], true);
        } else {
            self.say_in_music(now, id, then);
        }
    }

    /// Somebody is asked to take the call: an announcement that is being said ends within a frame, and the music goes on.
    pub(crate) fn hush(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let leg = call.caller_leg();
        let Phase::Waiting(wait) = &mut call.phase else {
            return;
        };
        wait.then.clear();
        // In a journal of an earlier version it is heard to its end.
        let hushes = self.config.keys_ahead;
        if wait
            .intro
            .take_if(|intro| hushes && intro.gives_way)
            .is_some()
        {
            let music = wait.music.clone();
            self.play(leg, vec![music], true);
        }
    }

    /// The place is not said where it is worse than the caller was told before; the wait not where it is not known.
    fn words(&self, now: Now, id: CallId, announce: &Announce) -> Option<Words> {
        let call = self.calls.get(&id)?;
        let Phase::Waiting(wait) = &call.phase else {
            return None;
        };
        let locale = call.number.locale;
        let better = |place: &u32| call.position_said.is_none_or(|said| *place <= said);
        let place = announce.position.then(|| self.acd.position(id)).flatten();
        let place = place.filter(better);
        let place = place.and_then(|place| Some((place, say::position(locale, place)?)));
        let expected = announce.wait.then(|| self.waits.left(now.mono, wait));
        let expected = expected.flatten().and_then(SaidWait::rounded);
        let (position, phrase) = place.map_or((None, Phrase::default()), |(place, said)| {
            (Some(place), said)
        });
        Some(Words {
            position,
            wait: expected,
            phrase: match expected {
                Some(wait) => phrase.and(wait.phrase(locale)),
                None => phrase,
            },
        })
    }
}

/// For the record: `Вы третий в очереди. Примерное время ожидания пять минут. please_wait`.
fn told(phrase: &str, prompts: &[Name]) -> String {
    let phrase = (!phrase.is_empty()).then(|| format!("{phrase}."));
    let names = (!prompts.is_empty()).then(|| named(prompts).join(", "));
    [phrase, names]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}
