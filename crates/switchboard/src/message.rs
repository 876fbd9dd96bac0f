//! A message after the tone (голосовая почта).
//!
//! Whoever speaks after "leave a message after the tone" knows that it is kept, so a message is recorded whether
//! or not the recording notice was played; a recording that began for the message alone pauses after it.
use std::time::Duration;

use gudok_dialplan::StepEnd;
use gudok_model::{CallId, Name, Now, Outcome};

use crate::call::{MessageStage, Phase, Recording};
use crate::output::Output;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// Prompts, the tone, then up to `max` of the caller's words.
    pub(crate) fn take_message(
        &mut self,
        now: Now,
        id: CallId,
        prompts: Vec<Name>,
        max: Duration,
    ) -> Option<StepEnd> {
        if prompts.is_empty() {
            self.beep(now, id, max);
            return None;
        }
        let leg = self.calls.get(&id)?.caller_leg();
        let limit = self.config.play_limit(prompts.len());
        let play = self.play(leg, prompts, false);
        let stage = MessageStage::Prompts { play };
        self.enter(now, id, Phase::Message { stage, max }, limit);
        None
    }

    /// A playback before or at the tone ended.
    pub(crate) fn message_goes_on(
        &mut self,
        now: Now,
        id: CallId,
        stage: MessageStage,
        max: Duration,
    ) {
        match stage {
            MessageStage::Prompts { .. } => self.beep(now, id, max),
            MessageStage::Beep { .. } => self.begin_message(now, id, max),
            MessageStage::Speaking { .. } => {}
        }
    }

    fn beep(&mut self, now: Now, id: CallId, max: Duration) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let leg = call.caller_leg();
        let play = self.play(leg, vec![self.config.beep_prompt.clone()], false);
        let stage = MessageStage::Beep { play };
        self.enter(now, id, Phase::Message { stage, max }, self.config.play_max);
    }

    fn begin_message(&mut self, now: Now, id: CallId, max: Duration) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        // Who talked before has that as the outcome, message or not.
        call.settled.get_or_insert(Outcome::Voicemail);
        let begun = match call.recording {
            Recording::Off => Some(Output::StartRecording { call: id }),
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
        let stage = MessageStage::Speaking { alone };
        self.enter(now, id, Phase::Message { stage, max }, max);
    }

    /// The message is over: `#`, its longest time, or the caller left.
    pub(crate) fn end_message(&mut self, id: CallId, alone: bool) {
        self.mark(id, "voicemail_end");
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if alone {
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
