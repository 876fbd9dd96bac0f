//! Calls to whoever is on duty, one after the other.
use gudok_calendar::Ladder;

use super::{OVER, Walk};
use crate::decision::{Decision, Step};
use crate::flow::{At, DutyOp, Op};
use crate::words;

impl Walk<'_> {
    /// Calls the next one on duty who was not called yet; None, with a reason: nobody is left.
    pub(super) fn duty(&mut self, at: At, op: &Op, duty: &DutyOp) -> Option<Step> {
        let name = &duty.name;
        let ladder = self.ladder(op, duty)?;
        let mut there = ladder.people.into_iter();
        let Some(person) = there.find(|person| !self.tried.contains(&person.name)) else {
            let called = self.tried.len();
            let text = match called {
                0 => format!("график дежурств «{name}»: сейчас никто не дежурит"),
                _ => format!("график дежурств «{name}»: не ответил никто, звонили — {called}"),
            };
            self.because("duty_nobody", &op.place, text);
            return None;
        };
        let (label, number) = (&person.label, person.number.masked());
        let (place, secs) = (self.tried.len() + 1, person.ring.as_secs());
        let text = format!(
            "график дежурств «{name}», {place}-й по порядку: {label}, {number}, звонить до {secs} с"
        );
        self.because("duty", &op.place, text);
        self.tried.push(person.name.clone());
        let ack = self.ack(duty.ack.as_ref(), op);
        let decision = Decision::External {
            number: person.number.clone(),
            trunk: duty.trunk.clone(),
            ring: person.ring,
            music: duty.music.clone(),
            ack,
        };
        let step = u16::try_from(at.1).unwrap_or(OVER);
        let tried = std::mem::take(&mut self.tried);
        let mut step = self.step(self.flow_name(at), step, decision);
        step.cursor.tried = tried;
        Some(step)
    }
}

impl<'a> Walk<'a> {
    /// Who is called now. Before the first of them it is said which shifts are not accepted: it is why somebody is called
    /// whose hours are over.
    fn ladder(&mut self, op: &Op, duty: &DutyOp) -> Option<Ladder<'a>> {
        let (now, facts) = (self.facts.now, self.facts);
        let roster = &self.plan.rosters.get(duty.roster)?.roster;
        let ladder = roster.ladder(now, facts.overrides.handovers().of(&duty.name));
        if self.tried.is_empty() {
            for awaited in &ladder.awaited {
                let text = words::awaited(&duty.name, awaited, now, &roster.hours().zone);
                self.because("duty_awaited", &op.place, text);
            }
        }
        Some(ladder)
    }
}
