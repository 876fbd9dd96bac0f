//! What a test's caller answers after the talk.
use gudok_model::QueueId;

use super::run::Run;
use super::{End, Happens};
use crate::decision::StepEnd;
use crate::pressing::Pressing;
use crate::survey::{Answer, Next, Surveying};

impl Run<'_> {
    /// Somebody took the call. The operator hangs up first where something is pressed after it, else the caller does, and is
    /// asked nothing. How often callers are asked is no matter of one call.
    pub(super) fn talk(&mut self, queue: &QueueId) -> Option<StepEnd> {
        let answers = matches!(
            self.happens.front(),
            Some((Happens::Pressed(_) | Happens::Silent, _))
        );
        if let Some(survey) = self.plan.survey(queue).filter(|_| answers) {
            let (asking, reason, first) = Surveying::begin(survey.clone());
            self.trail(&reason);
            self.survey(asking, first);
        }
        self.over(End::Operator, None)
    }

    /// Ends: each question is put a few times at most.
    fn survey(&mut self, mut asking: Surveying, mut next: Next) {
        loop {
            match next {
                Next::Ask { prompts, keys } => {
                    self.story.says.extend(prompts);
                    let heard = asking.heard(self.press(Pressing::new(keys, false)));
                    self.trail(&heard.reason);
                    match heard.answer {
                        Some(Answer::Mark(mark)) => self.story.rating = Some(mark),
                        Some(Answer::Solved(solved)) => self.story.solved = Some(solved),
                        None => {}
                    }
                    next = heard.next;
                }
                Next::Over { prompts } => {
                    self.story.says.extend(prompts);
                    return;
                }
            }
        }
    }
}
