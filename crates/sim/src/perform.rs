//! Both directions: what the switchboard asks of the world, and what the world does by itself.
use gudok_model::{CallId, LegId};
use gudok_switchboard::output::Hears;
use gudok_switchboard::{Input, Output};

use crate::hotline;
use crate::leg::{SILENCE_MAX, TALK_MEAN, TALK_MIN, is_heard_in_vain};
use crate::world::{Event, World};

impl World {
    /// Does what is asked for. Nothing here speaks to the switchboard at once: answers take their time.
    pub(crate) fn perform(&mut self, output: Output) -> Result<(), String> {
        match output {
            Output::Answer { leg } => self.answer(leg),
            Output::Refuse { leg, .. } | Output::HangUp { leg, .. } => self.end_leg(leg),
            Output::Dial {
                leg,
                target,
                auto_answer,
                ..
            } => self.dial(leg, target, auto_answer),
            Output::Play {
                leg,
                play,
                prompts,
                repeat,
            } => self.play(leg, play, &prompts, repeat),
            Output::StopPlay { leg } => self.hears_nothing(leg),
            Output::AwaitDigits { leg, on } => self.asks(leg, on),
            Output::Bridge { a, b } => self.bridge(a, b)?,
            Output::Unbridge { leg } => self.unbridge(leg.call),
            Output::Mix { call, parties } => self.mix(call, &parties)?,
            Output::Fact { call, fact } => self.hears_of(call, &fact),
            Output::MarkRecording { call, mark } => self.marked(call, &mark),
            Output::Lookup { call, number, .. } => self.look_up(call, &number),
            Output::Search {
                call,
                search,
                value,
                ..
            } => self.search(call, search, &value),
            Output::Desk { operator, event } => self.desk_event(&operator, event),
            Output::DeskClose { operator, session } => self.desk_closed(&operator, session),
            Output::Ring { .. }
            | Output::AwaitHash { .. }
            | Output::SendKeys { .. }
            | Output::Identify { .. }
            | Output::EarlyMedia { .. }
            | Output::AnswerRefer { .. }
            | Output::ReferProgress { .. }
            | Output::StartRecording { .. }
            | Output::PauseRecording { .. }
            | Output::RecordConsultation { .. }
            | Output::EndConsultation { .. }
            | Output::DeskResult { .. }
            | Output::Forced { .. }
            | Output::Directed { .. }
            | Output::Asked { .. }
            | Output::RequestDone { .. }
            | Output::RefusalDone { .. }
            | Output::Dialled { .. }
            | Output::Floor { .. }
            | Output::PlayLost { .. }
            | Output::Alarm { .. } => {}
        }
        Ok(())
    }

    /// Something happens in the world.
    pub(crate) fn happens(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Tell(input) => self.deliver(*input),
            Event::Calls(index) => self.calls(index),
            Event::Leaves(call) => self.leaves(call),
            Event::Look(call) => self.look(call),
            Event::TalkOver(leg) => self.talk_over(leg),
            Event::Hold(leg, on) => self.holds(leg, on),
            Event::Tick(id) => self.tick(&id),
            Event::Mends(id, part) => self.mends(&id, part),
            Event::Disposes(id, call) => self.disposes(&id, call),
            Event::Refuses(id, offer) => self.refuses(&id, offer),
            Event::CallsBack(request) => self.calls_back(request),
            Event::Says(id, command) => self.command(&id, *command),
            Event::Reload(index) => self.reload(index),
            Event::Roster(whole) => self.roster(whole),
            Event::Drain => self.tell(Input::Drain),
            Event::Restart => self.restart(),
        }
    }

    /// Gives an input that was planned before, if the driver would still give it: a leg ends once, and
    /// nothing is heard of it afterwards.
    pub(crate) fn deliver(&mut self, input: Input) -> Result<(), String> {
        let Some(leg) = leg_of(&input) else {
            return self.tell(input);
        };
        let Some(known) = self.legs.get_mut(&leg).filter(|known| !known.over) else {
            return Ok(());
        };
        match &input {
            Input::LegEnded { .. } => (known.over, known.over_at) = (true, Some(self.now.mono)),
            Input::LegAnswered { .. } if known.answered => return Ok(()),
            Input::LegAnswered { .. } => known.answered = true,
            Input::PlayEnded { play, .. } if known.play == Some(*play) => known.play = None,
            _ => {}
        }
        let (ended, bridged) = (known.over, known.bridged);
        if ended && bridged {
            self.unbridge(leg.call);
        }
        self.tell(input)?;
        if ended && leg.is_caller() {
            self.after(std::time::Duration::from_secs(2), Event::Look(leg.call));
        }
        self.mind_silence(leg.call);
        Ok(())
    }

    /// I8, and no caller in silence.
    fn look(&mut self, call: CallId) -> Result<(), String> {
        let legs = self.legs.range(
            LegId::caller(call)..=LegId {
                call,
                index: u16::MAX,
            },
        );
        let caller = self.legs.get(&LegId::caller(call));
        let silent = caller.filter(|caller| caller.is_in_silence());
        let since = silent.and_then(|caller| caller.silent_since);
        if since.is_some_and(|since| self.now.mono.since(since) >= SILENCE_MAX) {
            return Err(format!("the caller of {call} hears nothing"));
        }
        let Some(gone) = caller.filter(|caller| caller.over) else {
            return Ok(());
        };
        let mut left = legs.filter(|(_, leg)| !leg.over && !leg.told).peekable();
        let (any, now) = (left.peek().is_some(), self.now.mono);
        if let Some((id, _)) = left.find(|(_, leg)| !is_heard_in_vain(gone, leg, now)) {
            return Err(format!("I8: leg {id} lives on without its caller"));
        }
        if any {
            self.after(SILENCE_MAX, Event::Look(call));
        }
        Ok(())
    }

    fn holds(&mut self, leg: LegId, on: bool) -> Result<(), String> {
        let there = self
            .legs
            .get(&leg)
            .is_some_and(|leg| leg.talks && !leg.told);
        if there {
            self.deliver(Input::LegHeld { leg, on })
        } else {
            Ok(())
        }
    }

    fn hears_nothing(&mut self, leg: LegId) {
        if let Some(known) = self.legs.get_mut(&leg) {
            known.play = None;
        }
        self.mind_silence(leg.call);
    }

    fn asks(&mut self, leg: LegId, on: bool) {
        if let Some(known) = self.legs.get_mut(&leg) {
            known.asked = on;
        }
        match on {
            true if leg.is_caller() => self.presses(leg),
            true => self.takes_by_key(leg),
            false => self.mind_silence(leg.call),
        }
    }

    /// Who hears whom in a call with a third party: each hears whoever it is told, and all who are in it may end the talk.
    fn mix(&mut self, call: CallId, room: &[Hears]) -> Result<(), String> {
        if room.is_empty() {
            self.unbridge(call);
        }
        for Hears { leg, from } in room {
            let known = self.legs.get_mut(leg).filter(|known| !known.over);
            let known = known.ok_or(format!("a room with {leg}, which is over"))?;
            known.bridged = !from.is_empty();
            if known.bridged {
                (known.play, known.silent_since) = (None, None);
            }
            if !leg.is_caller() && !std::mem::replace(&mut known.talks, true) {
                let lasts = TALK_MIN + self.rng.about(TALK_MEAN);
                self.after(lasts, Event::TalkOver(*leg));
            }
        }
        self.mind_silence(call);
        Ok(())
    }

    fn unbridge(&mut self, call: CallId) {
        let legs = self.legs.range_mut(
            LegId::caller(call)..=LegId {
                call,
                index: u16::MAX,
            },
        );
        for (_, leg) in legs {
            leg.bridged = false;
        }
        self.mind_silence(call);
    }

    fn marked(&mut self, call: CallId, mark: &str) {
        let speaks = match mark {
            "voicemail_begin" => true,
            "voicemail_end" => false,
            _ => return,
        };
        if let Some(leg) = self.legs.get_mut(&LegId::caller(call)) {
            leg.speaks = speaks;
        }
        if speaks {
            self.speaks(call);
        }
        self.mind_silence(call);
    }

    fn reload(&mut self, index: usize) -> Result<(), String> {
        self.plan = index;
        self.looks.closely(self.now.mono);
        let plan = self.plans[index].clone();
        self.say(|| format!("→ plan {}", plan.generation()));
        self.board.set_plan(self.now, plan);
        self.drain_outputs()
    }

    fn roster(&mut self, whole: bool) -> Result<(), String> {
        self.looks.closely(self.now.mono);
        let mut operators = hotline::operators(self.size);
        if !whole {
            operators.retain(|profile| !matches!(profile.id.as_str(), "103" | "113" | "120"));
        }
        self.tell(Input::Operators { operators })
    }
}

/// The leg an input is about.
fn leg_of(input: &Input) -> Option<LegId> {
    match input {
        Input::LegRinging { leg }
        | Input::LegAnswered { leg, .. }
        | Input::LegEnded { leg, .. }
        | Input::LegRedirected { leg, .. }
        | Input::LegHeld { leg, .. }
        | Input::LegHeard { leg }
        | Input::PlayEnded { leg, .. }
        | Input::Referred { leg, .. }
        | Input::OperatorDials { leg, .. }
        | Input::Digit { leg, .. } => Some(*leg),
        Input::Operators { .. }
        | Input::CallArrived { .. }
        | Input::LookupDone { .. }
        | Input::SearchDone { .. }
        | Input::Phone { .. }
        | Input::DeskConnected { .. }
        | Input::DeskLost { .. }
        | Input::PopAcked { .. }
        | Input::DeskCommand { .. }
        | Input::Force { .. }
        | Input::Directed { .. }
        | Input::WordsBefore { .. }
        | Input::Restored { .. }
        | Input::GroupsBefore { .. }
        | Input::PlacesLeft { .. }
        | Input::TalkedBefore { .. }
        | Input::TalkedLately { .. }
        | Input::Alarm { .. }
        | Input::Resumed { .. }
        | Input::Dial { .. }
        | Input::OutboundBefore { .. }
        | Input::Asked { .. }
        | Input::RequestWord { .. }
        | Input::Refusal { .. }
        | Input::RefusedBefore { .. }
        | Input::Owed { .. }
        | Input::Drain
        | Input::Attack { .. }
        | Input::PressBefore { .. }
        | Input::Block { .. }
        | Input::Blocked { .. }
        | Input::Surveyed { .. }
        | Input::NotRecorded { .. }
        | Input::Spent { .. }
        | Input::Schedule { .. }
        | Input::Accepted { .. }
        | Input::TakenBack { .. }
        | Input::Prompts { .. }
        | Input::DutyNumber { .. } => None,
    }
}
