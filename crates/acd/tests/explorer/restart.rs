//! The daemon is killed and starts anew: calls are cut, wrap-ups go on, phones are there as before. Who had a seat has it where the
//! floor wants it so, as the facts of the floor have it; else nobody sits.
use std::time::Duration;

use gudok_acd::{Acd, EXTEND_MAX, Input, Restored, WrapUpBefore};
use gudok_model::{CallId, OperatorId};

use crate::moves::Extra;
use crate::world::World;

/// Who has what to write up, and for how long still.
type Left = Vec<(OperatorId, CallId, Duration)>;

impl World {
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        let text = serde_json::to_string(&self.acd).map_err(|err| err.to_string())?;
        let copy: Acd = serde_json::from_str(&text).map_err(|err| err.to_string())?;
        if copy != self.acd {
            return Err("what is written down is not what was".into());
        }
        let before = self.acd.clone();
        let (phones, left) = self.watch.cut(self.now.mono);
        self.acd = Acd::new();
        self.draining = false;
        self.open(&phones)?;
        let back = self.come_back(&before, &left)?;
        for (operator, call, left) in left {
            if back.contains(&operator) {
                continue;
            }
            self.tell(Input::WrapUpResumed {
                operator,
                call,
                left,
                disposed: false,
            })?;
        }
        Ok(())
    }

    /// Who sits again.
    fn come_back(&mut self, before: &Acd, left: &Left) -> Result<Vec<OperatorId>, String> {
        if !self.play.extras.contains(&Extra::Comeback) {
            return Ok(Vec::new());
        }
        let people = self.people().map(|who| self.operator(who));
        let people = people.filter_map(|id| self.comeback(before, &id, left));
        let people: Vec<Restored> = people.collect();
        let back = people.iter().map(|it| it.operator.clone()).collect();
        for person in people {
            let person = Box::new(person);
            self.tell(Input::Restored { person })?;
        }
        Ok(back)
    }

    /// As `restored.rs` of the switchboard has it. None: nobody who sits again.
    fn comeback(&self, before: &Acd, id: &OperatorId, left: &Left) -> Option<Restored> {
        let (view, mind) = (before.operator(id)?, before.mind(id)?);
        let mut person = Restored {
            operator: id.clone(),
            session: view.session?,
            not_ready: mind.not_ready,
            actor: view.actor.clone(),
            next: view.next.clone().zip(mind.next_by),
            idle_since: mind.idle_since,
            misses: mind.misses,
            cooldown_until: mind.cooldown_until,
            too_long_at: None,
            wrap_up: left.iter().find(|it| it.0 == *id).map(|(_, call, left)| {
                let extended = view
                    .wrap_up
                    .map(|it| (it.since, it.extended, it.extensions));
                let (since, extended, extensions) =
                    extended.unwrap_or((self.now.wall, Duration::ZERO, 0));
                WrapUpBefore {
                    call: *call,
                    since,
                    until: self.now.wall + *left,
                    extended,
                    extensions,
                    extend_max: EXTEND_MAX,
                    disposed: false,
                }
            }),
            shift: before.shift(id, self.now.mono)?,
            chosen: None,
        };
        let at_once = person.next.take_if(|_| person.wrap_up.is_none());
        match at_once {
            Some((next, _)) if *next == *"logged_out" => return None,
            Some((next, by)) if *next == *"ready" => {
                (person.not_ready, person.actor, person.misses) = (None, by, 0);
            }
            Some((next, by)) => (person.not_ready, person.actor) = (Some(next), by),
            None => {}
        }
        Some(person)
    }
}
