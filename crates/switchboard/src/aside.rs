//! What a caller who waits may press: words that tell of the keys, and the place in the queue that is kept while a key leads to
//! words and questions. Why so: `decisions/0009`.
use std::time::Duration;

use gudok_dialplan::{Decision, Hint, StepEnd, Typed, named};
use gudok_model::{CallEvent, CallId, LegId, Mono, Now, QueueId};

use crate::call::{Phase, Wait};
use crate::legs::millis;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// Words that would be said into others in the music come so much later. 5 s.
pub(crate) const AGAIN_IN: Duration = Duration::from_secs(5);

/// A queue that was left by a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Aside {
    pub(crate) queue: QueueId,
    pub(crate) priority: u8,
    /// When the call came to it.
    pub(crate) entered: Mono,
    /// When it left by the key.
    left: Mono,
    /// How long it had been aside before.
    before: Duration,
}

impl Aside {
    /// Which queue, and at what priority.
    pub(crate) fn place(&self) -> (&QueueId, u8) {
        (&self.queue, self.priority)
    }
}

impl Wait {
    /// What is said of the keys.
    pub(crate) fn hint(&self) -> Option<&Hint> {
        self.keys.as_ref()?.hint.as_ref()
    }

    fn has_key(&self, key: char) -> bool {
        self.keys.as_ref().is_some_and(|it| it.keys.has(key))
    }
}

impl Switchboard {
    /// A wait begins: what is to be said in it, and whether keys are awaited.
    pub(crate) fn begin_wait(&mut self, now: Now, id: CallId, wait: &Wait) {
        self.plan_announcement(now, id, wait);
        if wait.keys.is_some() {
            self.await_digits(LegId::caller(id), true);
        }
        if let Some(hint) = wait.hint() {
            // Whoever comes back late has heard it.
            let first = wait.entered + hint.after;
            let due = match first > now.mono {
                true => first,
                false => now.mono + hint.every,
            };
            self.timers.set(Timer::Hint(id), due);
        }
    }

    /// A wait is over, however it ended. To be told before the phase is another one.
    pub(crate) fn end_wait(&mut self, id: CallId) {
        self.timers.cancel(Timer::Announce(id));
        self.timers.cancel(Timer::Hint(id));
        let phase = self.calls.get(&id).map(|call| &call.phase);
        if matches!(phase, Some(Phase::Waiting(wait)) if wait.keys.is_some()) {
            self.await_digits(LegId::caller(id), false);
        }
    }

    /// The keys are told of, and again later. A caller for whom somebody rings is left with the music.
    pub(crate) fn on_hint_due(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| call.is_open()) else {
            return;
        };
        let Phase::Waiting(wait) = &call.phase else {
            return;
        };
        let Some(hint) = wait.hint().cloned() else {
            return;
        };
        let speaks = wait.speaks(now.mono);
        let silent = speaks || !call.can_hear() || !call.offers.is_empty();
        let says = !silent && self.is_worth_it(now.mono, id, wait, &hint);
        let next = if speaks { AGAIN_IN } else { hint.every };
        self.timers.set(Timer::Hint(id), now.mono + next);
        if says {
            let text = named(&hint.prompts).join(", ");
            self.say_in_music(now, id, hint.prompts);
            let fact = CallEvent::Announced {
                position: None,
                wait_minutes: None,
                text,
            };
            self.fact(id, fact);
        }
    }

    /// Whether this caller is far enough back, and has long enough to wait. A wait that nobody knows is long.
    fn is_worth_it(&self, now: Mono, id: CallId, wait: &Wait, hint: &Hint) -> bool {
        let place = self.acd.position(id).unwrap_or(0);
        let is_far = hint.position.is_none_or(|least| place >= least);
        let left = hint.wait.and(self.waits.left(now, wait));
        let is_long = hint
            .wait
            .zip(left)
            .is_none_or(|(least, left)| left >= least);
        is_far && is_long
    }

    /// A key of a caller who waits. Whoever rings for them stops: they want something else. A key that is still one of their
    /// last answer is nobody's.
    pub(crate) fn on_queue_key(&mut self, now: Now, id: CallId, key: char) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.is_open()) else {
            return;
        };
        let Phase::Waiting(wait) = &call.phase else {
            return;
        };
        let mut typed = Typed::default();
        let is_late = call.presses.is_of_the_answer(now.mono, key);
        if is_late || !wait.has_key(key) || !typed.push(key) {
            return;
        }
        let aside = Aside {
            queue: wait.queue.clone(),
            priority: wait.priority,
            entered: wait.entered,
            left: now.mono,
            before: wait.aside,
        };
        let fact = CallEvent::KeyInQueue {
            queue: aside.queue.clone(),
            key,
            waited_ms: millis(call.waited(now.mono)),
        };
        call.aside = Some(aside);
        self.fact(id, fact);
        self.tell_acd(now, gudok_acd::Input::Aside { call: id });
        self.advance(now, id, Some(StepEnd::Typed(typed)));
    }

    /// The place in a queue is kept while words are heard, questions answered and people outside rung; whatever else the plan does
    /// gives it up, and so does whoever takes the call outside.
    pub(crate) fn give_up_place(&mut self, now: Now, id: CallId, decision: &Decision) {
        let keeps = match decision {
            Decision::Play { .. }
            | Decision::Ask { .. }
            | Decision::AwaitLookup { .. }
            | Decision::Find { .. }
            | Decision::Queue { .. } => true,
            // Nobody may answer there.
            Decision::External { .. } => true,
            // The ACD has a call in one place only.
            Decision::Operator { .. } => false,
            // The request says how long they had waited.
            Decision::Promise { .. } => true,
            Decision::Voicemail { .. } | Decision::Close { .. } | Decision::HangUp { .. } => false,
        };
        if !keeps {
            self.leave_place(now, id);
        }
    }

    /// The place that was kept is free. None: there was none; else how long the caller had waited.
    pub(crate) fn leave_place(&mut self, now: Now, id: CallId) -> Option<Duration> {
        let call = self.calls.get_mut(&id)?;
        call.aside.take()?;
        let waited = call.waited(now.mono);
        self.tell_acd(now, gudok_acd::Input::Gone { call: id });
        Some(waited)
    }

    /// When a call came to this queue, and how long of that it was aside: to a place that was kept, it came before.
    pub(crate) fn entered(&mut self, now: Now, id: CallId, queue: &QueueId) -> (Mono, Duration) {
        let call = self.calls.get_mut(&id);
        let aside = call.and_then(|call| call.aside.take());
        let aside = aside.filter(|aside| aside.queue == *queue);
        let fresh = (now.mono, Duration::ZERO);
        aside.map_or(fresh, |aside| {
            (aside.entered, aside.before + now.mono.since(aside.left))
        })
    }
}
