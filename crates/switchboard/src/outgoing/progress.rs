//! What the operator hears while the customer is rung, and why nobody was reached: the ringing tone, the carrier's own sound from
//! its first packet on, and a tone at the end. The carrier hears nothing of the operator before somebody answers.
use std::time::Duration;

use gudok_model::{CallId, EndCause, LegId, Name, Now, Termination};
use serde::{Deserialize, Serialize};

use super::{Dialling, How, Stage};
use crate::call::{Call, Phase};
use crate::ending::By;
use crate::output::Output;
use crate::switchboard::Switchboard;

/// The longest an operator hears that nobody was reached, where the tone tells no end.
pub(crate) const VAIN_TONE_MAX: Duration = Duration::from_secs(10);

/// The tones of a call of ours, by the names of prompts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CallTones {
    /// The customer's phone rings. Repeated.
    pub ringing: Name,
    /// It is busy, nobody answers, they decline, or a rule says no.
    pub busy: Name,
    /// There is no such number, or no way to it.
    pub unobtainable: Name,
}

impl Default for CallTones {
    fn default() -> Self {
        Self {
            ringing: "ringing_tone".into(),
            busy: "busy_tone".into(),
            unobtainable: "unobtainable_tone".into(),
        }
    }
}

/// What the operator hears while the customer is rung.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// Nothing yet.
    Silence,
    /// Our ringing tone.
    Tone,
    /// What the customer's carrier sends.
    Theirs,
}

impl Switchboard {
    /// The customer's phone rings: our tone, until their carrier is heard.
    pub(super) fn let_it_ring(&mut self, id: CallId) {
        let Some(tones) = self.config.call_tones.clone() else {
            return;
        };
        if let Some((own, progress @ Progress::Silence)) = self.progress(id) {
            *progress = Progress::Tone;
            self.play(own, vec![tones.ringing], true);
        }
    }

    /// The first sound of the customer's leg. Before an answer it is the carrier's.
    pub(crate) fn on_customer_heard(&mut self, leg: LegId) {
        if self.config.call_tones.is_none() {
            return;
        }
        let Some((own, progress)) = self.progress(leg.call) else {
            return;
        };
        if std::mem::replace(progress, Progress::Theirs) == Progress::Tone {
            self.stop_play(own);
        }
        self.outputs.push_back(Output::Bridge { a: leg, b: own });
    }

    /// The customer answered: whatever was heard until now is over.
    pub(super) fn end_progress(&mut self, id: CallId) {
        match self.progress(id).map(|(own, progress)| (own, *progress)) {
            Some((own, Progress::Tone)) => self.stop_play(own),
            Some((own, Progress::Theirs)) => {
                self.outputs.push_back(Output::Unbridge { leg: own });
            }
            Some((_, Progress::Silence)) | None => {}
        }
    }

    /// The operator hears that nobody was reached, and why; then the call ends so. False: there is nothing to hear, or nobody to
    /// hear it.
    pub(super) fn is_heard_in_vain(&mut self, now: Now, id: CallId, how: &How) -> bool {
        let Some(tone) = self.tone_of(how) else {
            return false;
        };
        let call = self.calls.get(&id);
        let Some(dialling) = call.and_then(|call| call.dialling()).cloned() else {
            return false;
        };
        if !matches!(dialling.stage, Stage::Customer(_)) {
            return false;
        }
        let talk = dialling.talk;
        // Who rings no more in vain is told so; who is gone already is not.
        self.dismiss(LegId::caller(id), false);
        let play = self.play(talk.leg, vec![tone], false);
        let end = how.termination();
        let stage = Stage::Vain { play, end };
        let phase = Phase::Dialling(Box::new(Dialling { talk, stage }));
        self.enter(now, id, phase, VAIN_TONE_MAX);
        true
    }

    /// The operator has heard it. False: it was something else.
    pub(crate) fn vain_heard(&mut self, now: Now, leg: LegId, ended: u32) -> bool {
        let call = self.calls.get(&leg.call);
        let dialling = call.and_then(|call| call.dialling());
        let end = dialling.and_then(|dialling| match &dialling.stage {
            Stage::Vain { play, end } if *play == ended => Some(end.clone()),
            _ => None,
        });
        match end {
            Some(end) => self.end_in_vain(now, leg.call, end),
            None => return false,
        }
        true
    }

    /// As it was told when nobody was reached.
    pub(super) fn end_in_vain(&mut self, now: Now, id: CallId, end: Termination) {
        self.finish_by(now, id, super::over::in_vain(end), By::System);
    }

    /// The operator hears no more of this attempt in vain: they are kept for its customer, who calls.
    pub(crate) fn stop_vain_tone(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id).filter(|call| call.ending.is_none());
        let stage = call.and_then(Call::dialling).map(|it| &it.stage);
        if let Some(Stage::Vain { end, .. }) = stage {
            let end = end.clone();
            self.end_in_vain(now, id, end);
        }
    }

    fn tone_of(&self, how: &How) -> Option<Name> {
        let tones = self.config.call_tones.as_ref()?;
        match how {
            How::Missed(EndCause::Panic | EndCause::Cut | EndCause::ByUs) => None,
            How::Missed(EndCause::Busy | EndCause::Declined | EndCause::NoAnswer)
            | How::Denied(_) => Some(tones.busy.clone()),
            How::Missed(_) => Some(tones.unobtainable.clone()),
            How::Reached
            | How::OperatorGone(_)
            | How::CalledIn
            | How::NobodyInQueue
            | How::Failed(_) => None,
        }
    }

    /// The operator's leg and what is heard on it. None: nobody is rung.
    fn progress(&mut self, id: CallId) -> Option<(LegId, &mut Progress)> {
        match &mut self.calls.get_mut(&id)?.phase {
            Phase::Dialling(dialling) => match &mut dialling.stage {
                Stage::Customer(progress) => Some((dialling.talk.leg, progress)),
                _ => None,
            },
            _ => None,
        }
    }
}
