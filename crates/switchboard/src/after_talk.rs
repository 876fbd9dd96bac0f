//! After the talk: the operator hung up, and the caller is asked how it was, where the plan says so for the queue they talked
//! from. The operator's part is over before the first word of it, so it costs them nothing; the outcome and what ended the
//! talk are those of a call without a survey.
//!
//! What is asked and what an answer means is the plan's ([`mod@gudok_dialplan::survey`]); keys are taken as in a menu.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gudok_dialplan::survey::{Answer, Next, Talked};
use gudok_dialplan::{StepEnd, Survey, Surveying};
use gudok_model::{
    CallEvent, CallId, Mono, Name, Now, OperatorId, PhoneNumber, QueueId, Reason, Wall,
};

use crate::call::{Access, Call, Ending, Phase, Recording, Talk};
use crate::desk::DeskEvent;
use crate::ending::By;
use crate::output::Output;
use crate::press::Whose;
use crate::switchboard::Switchboard;

/// Most callers of whom it is known when they were asked last; beyond it the one asked longest ago is forgotten, and may be
/// asked again.
pub const ASKED_MAX: usize = 32_768;

/// A caller who is asked how the talk was.
#[derive(Clone, Debug)]
pub(crate) struct AfterTalk {
    asking: Surveying,
    /// When it began.
    since: Mono,
    /// Whether the first question was heard or answered: who hangs up before was asked nothing.
    is_asked: bool,
    queue: QueueId,
    operator: OperatorId,
    mark: Option<u8>,
    /// What the record says in the end: the talk is what the call came to.
    pub(crate) end: Ending,
}

/// When callers were asked last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    callers: BTreeMap<Whose, Wall>,
    order: BTreeSet<(Wall, Whose)>,
}

impl Asked {
    fn last(&self, caller: &Whose) -> Option<Wall> {
        self.callers.get(caller).copied()
    }

    fn note(&mut self, at: Wall, caller: Whose) {
        if let Some(before) = self.callers.insert(caller.clone(), at) {
            self.order.remove(&(before, caller.clone()));
        }
        self.order.insert((at, caller));
        while self.callers.len() > ASKED_MAX
            && let Some((_, first)) = self.order.pop_first()
        {
            self.callers.remove(&first);
        }
    }
}

impl Switchboard {
    /// The operator hung up: the caller is asked how it was, or the call ends.
    pub(crate) fn ask_or_finish(&mut self, now: Now, id: CallId, end: Ending) {
        self.touch(id);
        match self.survey_after(now, id) {
            Some((survey, talk)) => self.begin_survey(now, id, (survey, talk), end),
            None => self.finish_by(now, id, end, By::Operator),
        }
    }

    /// Whether the queue of the talk in hand has a survey, whoever is spared it.
    pub fn has_survey(&self, call: CallId) -> bool {
        let call = self.calls.get(&call);
        call.is_some_and(|call| survey_of(call).is_some())
    }

    /// What is asked after the talk of this call. A line in need, or one that is taken out of service, asks nobody.
    fn survey_after(&mut self, now: Now, id: CallId) -> Option<(Arc<Survey>, Talk)> {
        let call = self.calls.get(&id)?;
        let (survey, talk) = survey_of(call)?;
        let is_there = talk.heard && call.access == Access::Answered;
        let in_need = self.draining || self.press.is_attacked() || self.is_full() || call.brief;
        let whose = call.whose();
        let talked = Talked {
            length: now.mono.since(talk.since),
            ended: now.wall,
            asked: whose.and_then(|caller| self.asked.last(&caller)),
            draw: draw(id),
        };
        let line = call.dialled.number.e164.clone();
        if !is_there || in_need || line.is_some_and(|it| self.meter.is_closed(now.wall, &it)) {
            return None;
        }
        if let Some(why) = survey.spares(&talked) {
            self.decided_after_talk(id, "no survey".into(), why);
            return None;
        }
        Some((survey, talk))
    }

    fn begin_survey(
        &mut self,
        now: Now,
        id: CallId,
        (survey, talk): (Arc<Survey>, Talk),
        end: Ending,
    ) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.phase = Phase::Deciding;
        let leg = call.caller_leg();
        self.end_talk(now, id, &talk, By::Operator);
        // At the desk's word the phone is still there.
        self.outputs.push_back(Output::Unbridge { leg });
        self.pause_recording(id);
        let (queue, operator) = (talk.from.queue, talk.operator);
        let (asking, reason, next) = Surveying::begin(survey);
        if let Some(call) = self.calls.get_mut(&id) {
            call.after_talk = Some(Box::new(AfterTalk {
                asking,
                since: now.mono,
                is_asked: false,
                queue,
                operator,
                mark: None,
                end,
            }));
        }
        self.survey_goes_on(now, id, reason, next);
    }

    /// A question was heard to its end, or answered: the caller counts as asked from the first one on.
    pub(crate) fn survey_asked(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let whose = call.whose();
        let Some(after) = call.after_talk.as_mut().filter(|after| !after.is_asked) else {
            return;
        };
        after.is_asked = true;
        let surveyed = CallEvent::Surveyed {
            survey: after.asking.survey().name.clone(),
            queue: after.queue.clone(),
            operator: after.operator.clone(),
        };
        if let Some(caller) = whose {
            self.asked.note(now.wall, caller);
        }
        self.fact(id, surveyed);
    }

    /// Nothing of it belongs in the recording of a talk: our own words, and keys.
    fn pause_recording(&mut self, id: CallId) {
        self.mark(id, "survey");
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if call.recording == Recording::On {
            call.recording = Recording::Paused;
            let paused = Output::PauseRecording { call: id, on: true };
            self.outputs.push_back(paused);
        }
    }

    /// Whether the caller is asked how the talk was.
    pub(crate) fn is_surveyed(&self, id: CallId) -> bool {
        let call = self.calls.get(&id);
        call.is_some_and(|call| call.after_talk.is_some())
    }

    /// The caller took a question so. The answer is a fact before anything is said to it.
    pub(crate) fn survey_heard(&mut self, now: Now, id: CallId, end: StepEnd) {
        let call = self.calls.get_mut(&id);
        let Some(after) = call.and_then(|call| call.after_talk.as_mut()) else {
            return;
        };
        let heard = after.asking.heard(end);
        if let Some(answer) = heard.answer {
            self.survey_answered(id, answer);
        }
        self.survey_goes_on(now, id, heard.reason, heard.next);
    }

    fn survey_answered(&mut self, id: CallId, answer: Answer) {
        let call = self.calls.get_mut(&id);
        let Some(after) = call.and_then(|call| call.after_talk.as_mut()) else {
            return;
        };
        if let Answer::Mark(mark) = answer {
            after.mark = Some(mark);
        }
        let survey = after.asking.survey();
        let is_low = |mark| mark <= survey.low;
        let (queue, operator) = (after.queue.clone(), after.operator.clone());
        let shown = after.mark.filter(|_| survey.tell_operator);
        let shown = shown.map(|mark| DeskEvent::Rated {
            call_id: id,
            mark,
            low: is_low(mark),
            solved: match answer {
                Answer::Mark(_) => None,
                Answer::Solved(solved) => Some(solved),
            },
        });
        let who = operator.clone();
        let fact = match answer {
            Answer::Mark(mark) => CallEvent::Rated {
                low: is_low(mark),
                queue,
                operator,
                mark,
            },
            Answer::Solved(solved) => CallEvent::Resolved {
                queue,
                operator,
                solved,
            },
        };
        self.fact(id, fact);
        if let Some(shown) = shown {
            self.tell_desk(Some(&who), shown);
        }
    }

    fn survey_goes_on(&mut self, now: Now, id: CallId, reason: Reason, next: Next) {
        let call = self.calls.get(&id);
        let Some(end) = call.and_then(|call| Some(call.after_talk.as_ref()?.end.clone())) else {
            return;
        };
        let said = |prompts: &[Name]| format!("survey {}", prompts.join(" "));
        match next {
            Next::Ask { prompts, keys } => {
                self.decided_after_talk(id, said(&prompts), reason);
                // It never ends at once: no keys are kept for it.
                self.listen(now, id, prompts, None, keys);
            }
            Next::Over { prompts } => {
                self.decided_after_talk(id, said(&prompts), reason);
                self.say_and_end(now, id, prompts, end);
            }
        }
    }

    fn decided_after_talk(&mut self, id: CallId, decision: String, reason: Reason) {
        let reasons = vec![reason];
        self.fact(id, CallEvent::Decided { decision, reasons });
    }

    /// A line that is full is for who calls, not for marks: the survey that began first ends. Whether there was one.
    pub(crate) fn end_oldest_survey(&mut self, now: Now) -> bool {
        let open = self.calls.iter().filter(|(_, call)| call.is_open());
        let surveyed = open.filter_map(|(id, call)| Some((call.after_talk.as_ref()?, *id)));
        let oldest = surveyed.min_by_key(|(after, id)| (after.since, *id));
        let Some((end, id)) = oldest.map(|(after, id)| (after.end.clone(), id)) else {
            return false;
        };
        self.finish(now, id, end);
        true
    }

    /// A drain waits for talks, not for marks.
    pub(crate) fn end_surveys(&mut self, now: Now) {
        let asked = self.calls.iter().filter(|(_, call)| call.is_open());
        let asked: Vec<(CallId, Ending)> = asked
            .filter_map(|(id, call)| Some((*id, call.after_talk.as_ref()?.end.clone())))
            .collect();
        for (id, end) in asked {
            self.finish(now, id, end);
        }
    }

    /// Those of earlier runs.
    pub(crate) fn asked_before(&mut self, callers: Vec<(PhoneNumber, Wall)>) {
        for (number, at) in callers {
            self.asked.note(at, Whose::Number(number));
        }
    }
}

fn survey_of(call: &Call) -> Option<(Arc<Survey>, Talk)> {
    // Who was called by us is asked nothing.
    let talk = call.talk().filter(|_| !call.is_out())?;
    let survey = call.plan.survey(&talk.from.queue)?;
    Some((Arc::clone(survey), talk.clone()))
}

/// 0 to 99 by the random bits of the call's id, so that a replay draws the same.
fn draw(call: CallId) -> u8 {
    let bytes = call.0.as_bytes();
    let random = u16::from_be_bytes([bytes[12], bytes[13]]) % 100;
    u8::try_from(random).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(number: usize) -> Whose {
        Whose::Withheld(number as u64)
    }

    #[test]
    fn every_share_is_drawn_as_often_as_it_says() {
        let drawn = (0..1_000u128).map(|n| draw(CallId(uuid::Uuid::from_u128(n << 16))));
        let below = |share| drawn.clone().filter(|it| *it < share).count();
        assert_eq!([below(0), below(30), below(100)], [0, 300, 1_000]);
    }

    #[test]
    fn who_was_asked_longest_ago_is_forgotten_first() {
        let mut asked = Asked::default();
        for number in 0..ASKED_MAX {
            asked.note(Wall(number as i64), caller(number));
        }
        asked.note(Wall(i64::MAX), caller(0));
        asked.note(Wall(i64::MAX), caller(ASKED_MAX));
        assert_eq!(asked.last(&caller(0)), Some(Wall(i64::MAX)));
        assert_eq!(asked.last(&caller(1)), None);
        assert_eq!(asked.last(&caller(2)), Some(Wall(2)));
        assert_eq!(asked.callers.len(), ASKED_MAX);
        assert_eq!(asked.order.len(), ASKED_MAX);
    }
}
