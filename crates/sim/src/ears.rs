//! Who hears whom while a supervisor is in a talk: nobody who only listens is heard, and whoever has left neither hears nor is heard.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{CallEvent, CallId, LegId, OperatorId, SupervisionMode};
use gudok_switchboard::output::Hears;
use gudok_switchboard::{Input, Output};

/// The rooms of all calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ears {
    rooms: BTreeMap<CallId, Vec<Hears>>,
    /// The last leg of each to whom a call was dialled.
    phones: BTreeMap<(CallId, OperatorId), LegId>,
    /// Those by whom a supervisor is in a talk.
    inside: BTreeMap<LegId, SupervisionMode>,
    /// Told to end, or over.
    gone: BTreeSet<LegId>,
    /// Calls in which something is other than it was.
    changed: BTreeSet<CallId>,
    pub(crate) supervised: u64,
}

impl Ears {
    pub(crate) fn told(&mut self, input: &Input) {
        if let Input::LegEnded { leg, .. } = input {
            self.goes(*leg);
        }
    }

    pub(crate) fn sees(&mut self, output: &Output) {
        match output {
            Output::Mix { call, parties } => {
                self.rooms.insert(*call, parties.clone());
                self.changed.insert(*call);
            }
            Output::Bridge { a, .. } => {
                self.rooms.remove(&a.call);
            }
            Output::HangUp { leg, .. } => self.goes(*leg),
            Output::Fact { call, fact } => self.fact(*call, fact),
            _ => {}
        }
    }

    /// Of a call that is over, or has no phones of ours, there is nobody to overhear.
    fn goes(&mut self, leg: LegId) {
        let first = (leg.call, OperatorId::from(""));
        let next = self.phones.range(first..).next();
        if next.is_some_and(|((call, _), _)| *call == leg.call) {
            self.gone.insert(leg);
            self.changed.insert(leg.call);
        }
    }

    fn fact(&mut self, call: CallId, fact: &CallEvent) {
        match fact {
            CallEvent::LegDialled {
                leg,
                operator: Some(operator),
                ..
            } => {
                self.phones.insert((call, operator.clone()), *leg);
            }
            CallEvent::Supervised { by, mode, on } => {
                let Some(leg) = self.phones.get(&(call, by.clone())) else {
                    return;
                };
                self.changed.insert(call);
                if *on {
                    self.supervised += 1;
                    self.inside.insert(*leg, *mode);
                } else {
                    self.inside.remove(leg);
                }
            }
            CallEvent::Ended { .. } => self.forget(call),
            _ => {}
        }
    }

    fn forget(&mut self, call: CallId) {
        self.rooms.remove(&call);
        self.phones.retain(|(of, _), _| *of != call);
        self.inside.retain(|leg, _| leg.call != call);
        self.gone.retain(|leg| leg.call != call);
    }

    /// The run is cut.
    pub(crate) fn cut(&mut self) {
        let supervised = self.supervised;
        *self = Self {
            supervised,
            ..Self::default()
        };
    }

    /// Everything is said that was to be said.
    pub(crate) fn settled(&mut self) -> Result<(), String> {
        for call in std::mem::take(&mut self.changed) {
            let room = self.rooms.get(&call).into_iter().flatten();
            for Hears { leg, from } in room.filter(|hears| !self.gone.contains(&hears.leg)) {
                for whom in from {
                    self.may_hear(*leg, *whom)?;
                }
            }
        }
        Ok(())
    }

    fn may_hear(&self, leg: LegId, whom: LegId) -> Result<(), String> {
        if self.gone.contains(&whom) {
            return Err(format!("{leg} hears {whom}, which has left"));
        }
        let hushed = match self.inside.get(&whom) {
            Some(SupervisionMode::Listen) => true,
            Some(SupervisionMode::Whisper) => leg.is_caller(),
            _ => false,
        };
        match hushed {
            true => Err(format!("{leg} hears the supervisor {whom}")),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const CALL: CallId = CallId(Uuid::from_u128(1));

    fn leg(index: u16) -> LegId {
        LegId { call: CALL, index }
    }

    /// A caller, an operator, and a supervisor who is in their talk so; who hears whom.
    fn room(mode: SupervisionMode, heard: &[(u16, &[u16])]) -> Ears {
        let mut ears = Ears::default();
        let boss = || OperatorId::from("boss");
        let dialled = CallEvent::LegDialled {
            leg: leg(2),
            operator: Some(boss()),
            number: None,
        };
        ears.fact(CALL, &dialled);
        let (by, on) = (boss(), true);
        ears.fact(CALL, &CallEvent::Supervised { by, mode, on });
        let parties = heard.iter().map(|(who, from)| Hears {
            leg: leg(*who),
            from: from.iter().map(|it| leg(*it)).collect(),
        });
        let (call, parties) = (CALL, parties.collect());
        ears.sees(&Output::Mix { call, parties });
        ears
    }

    #[test]
    fn a_listener_is_heard_by_nobody_and_a_whisper_by_the_operator_alone() {
        let listened: [(u16, &[u16]); 3] = [(0, &[1]), (1, &[0]), (2, &[0, 1])];
        room(SupervisionMode::Listen, &listened)
            .settled()
            .expect("nobody hears them");
        let heard: [(u16, &[u16]); 3] = [(0, &[1]), (1, &[0, 2]), (2, &[0, 1])];
        room(SupervisionMode::Whisper, &heard)
            .settled()
            .expect("the operator hears them");
        room(SupervisionMode::Listen, &heard)
            .settled()
            .expect_err("who listens is heard");
        let loud: [(u16, &[u16]); 3] = [(0, &[1, 2]), (1, &[0, 2]), (2, &[0, 1])];
        room(SupervisionMode::Barge, &loud)
            .settled()
            .expect("everybody hears them");
        room(SupervisionMode::Whisper, &loud)
            .settled()
            .expect_err("the caller hears a whisper");
    }

    /// The room must be said anew when somebody leaves it.
    #[test]
    fn nobody_hears_or_overhears_after_a_leave() {
        let loud: [(u16, &[u16]); 3] = [(0, &[1, 2]), (1, &[0, 2]), (2, &[0, 1])];
        let mut ears = room(SupervisionMode::Barge, &loud);
        ears.settled().expect("all are there");
        let (leg, elsewhere) = (leg(2), false);
        ears.sees(&Output::HangUp { leg, elsewhere });
        let told = ears.settled().expect_err("the room is as it was");
        assert!(told.contains("which has left"), "{told}");
    }
}
