//! A message after the tone (голосовая почта).
//!
//! Whoever speaks after "leave a message after the tone" knows that it is kept, so a message is recorded whether
//! or not the recording notice was played; a recording that began for the message alone pauses after it.
use std::time::Duration;

use gudok_dialplan::StepEnd;
use gudok_model::{CallEvent, CallId, LegId, Mono, Name, Now, Outcome, Owed};

use crate::call::{Message, MessageStage, Phase, Recording};
use crate::legs::millis;
use crate::output::Output;
use crate::switchboard::Switchboard;

/// A message that ends by hanging up before this is none: who hangs up at the tone has said nothing. 3 s, as other voice
/// mail has it.
pub const MESSAGE_MIN: Duration = Duration::from_secs(3);

impl Switchboard {
    /// Prompts, the tone, then up to `max` of the caller's words, which somebody is to listen to.
    pub(crate) fn take_message(
        &mut self,
        now: Now,
        id: CallId,
        prompts: Vec<Name>,
        (max, owed): (Duration, Owed),
    ) -> Option<StepEnd> {
        // A journal of an earlier version has every message as one.
        let least = if self.config.requests {
            MESSAGE_MIN
        } else {
            Duration::ZERO
        };
        let wanted = Message { max, least, owed };
        self.record_again(id);
        if prompts.is_empty() {
            self.beep(now, id, wanted);
            return None;
        }
        let leg = self.calls.get(&id)?.caller_leg();
        let limit = self.config.play_limit(prompts.len());
        let play = self.play(leg, prompts, false);
        let stage = MessageStage::Prompts { play };
        self.enter(now, id, Phase::Message { stage, wanted }, limit);
        None
    }

    /// A call that was to be recorded and could not be: once more, so that it is known before the tone.
    fn record_again(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id)
            && call.recording == Recording::Refused
        {
            call.recording = Recording::On;
            self.outputs.push_back(Output::StartRecording { call: id });
        }
    }

    /// Nothing is recorded though it was to be. Before the tone nobody is asked to speak for nothing; who speaks already, and
    /// who was to speak and has a number, is called back.
    pub(crate) fn on_not_recorded(&mut self, now: Now, id: CallId) {
        self.touch(id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.recording = Recording::Refused;
        if let Phase::Message { stage, wanted } = &call.phase
            && !matches!(stage, MessageStage::Speaking { .. })
        {
            let (owed, has_number) = (wanted.owed.clone(), call.caller.e164().is_some());
            if has_number {
                self.owe_an_ear(now, id, &owed, None);
            }
            self.rescue(now, id, "not-recorded");
        }
    }

    /// A playback before or at the tone ended.
    pub(crate) fn message_goes_on(
        &mut self,
        now: Now,
        id: CallId,
        stage: MessageStage,
        wanted: Message,
    ) {
        match stage {
            MessageStage::Prompts { .. } => self.beep(now, id, wanted),
            MessageStage::Beep { .. } => self.begin_message(now, id, wanted),
            MessageStage::Speaking { .. } => {}
        }
    }

    fn beep(&mut self, now: Now, id: CallId, wanted: Message) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let leg = call.caller_leg();
        let play = self.play(leg, vec![self.config.beep_prompt.clone()], false);
        let stage = MessageStage::Beep { play };
        let limit = self.config.play_max;
        self.enter(now, id, Phase::Message { stage, wanted }, limit);
    }

    fn begin_message(&mut self, now: Now, id: CallId, wanted: Message) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let begun = match call.recording {
            Recording::Off | Recording::Refused => Some(Output::StartRecording { call: id }),
            Recording::Paused => Some(Output::PauseRecording {
                call: id,
                on: false,
            }),
            Recording::On => None,
        };
        let alone = begun.is_some();
        call.recording = Recording::On;
        self.outputs.extend(begun);
        self.mark(id, "voicemail_begin");
        self.tell_message(now, id, &wanted.owed);
        if self.config.keys_ahead {
            let leg = LegId::caller(id);
            self.outputs.push_back(Output::AwaitHash { leg });
        }
        let since = now.mono;
        let stage = MessageStage::Speaking { alone, since };
        let max = wanted.max;
        self.enter(now, id, Phase::Message { stage, wanted }, max);
    }

    /// Told before a word of it is lost: a crash leaves nobody to say what it was for.
    fn tell_message(&mut self, now: Now, id: CallId, owed: &Owed) {
        if self.config.messages_begin {
            let began = CallEvent::MessageBegan {
                group: owed.group.clone(),
                within_ms: millis(self.due(now, id, owed).since(now.wall)),
            };
            self.fact(id, began);
        }
    }

    /// The message is over by `#` or its longest time; the plan goes on. Whoever is thanked for it has left one, however
    /// short.
    pub(crate) fn on_message_over(&mut self, now: Now, id: CallId) {
        let call = self.calls.get_mut(&id);
        let phase = call.map(|call| std::mem::replace(&mut call.phase, Phase::Deciding));
        if let Some(Phase::Message {
            stage: MessageStage::Speaking { alone, since },
            wanted,
        }) = phase
        {
            let wanted = Message {
                least: Duration::ZERO,
                ..wanted
            };
            self.end_message(now, id, &wanted, (alone, since));
        }
        self.advance(now, id, Some(StepEnd::Played));
    }

    /// The message is over: `#`, its longest time, or the caller left. One that is long enough is to be listened to.
    pub(crate) fn end_message(
        &mut self,
        now: Now,
        id: CallId,
        wanted: &Message,
        (alone, since): (bool, Mono),
    ) {
        self.mark(id, "voicemail_end");
        if self.config.keys_ahead {
            self.await_digits(LegId::caller(id), false);
        }
        let length = now.mono.since(since);
        let recording = self.calls.get(&id).map(|call| call.recording);
        let is_recorded = recording != Some(Recording::Refused);
        if length >= wanted.least {
            let kept = is_recorded.then_some(length);
            self.owe_an_ear(now, id, &wanted.owed, kept);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if length >= wanted.least {
            // Who talked before has that as the outcome, message or not.
            call.settled.get_or_insert(Outcome::Voicemail);
        }
        if alone && is_recorded {
            call.recording = Recording::Paused;
            self.outputs
                .push_back(Output::PauseRecording { call: id, on: true });
        }
    }

    /// Marks the moment in the recording, where there is one.
    pub(crate) fn mark(&mut self, call: CallId, mark: &str) {
        let recording = self.calls.get(&call).map(|call| call.recording);
        if recording == Some(Recording::On) {
            self.outputs.push_back(Output::MarkRecording {
                call,
                mark: mark.into(),
            });
        }
    }
}
