//! A supervisor's word about an operator. Who may say it is decided at the door; here it is done, recorded and told.
use gudok_model::{Actor, FloorEvent, Forced, Name, Now, OperatorId};

use crate::desk::{CommandResult, DeskEvent};
use crate::floor::Rejection;
use crate::output::Output;
use crate::supervise::rank;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// Does it and answers whoever said it at another door than a desk.
    pub(crate) fn on_force(&mut self, now: Now, operator: OperatorId, to: Forced, actor: Actor) {
        let result = match self.force(now, operator.clone(), to.clone(), actor.clone()) {
            Ok(()) => CommandResult::Ok,
            Err(Rejection { code, actual }) => CommandResult::Error { code, actual },
        };
        self.outputs.push_back(Output::Forced {
            operator,
            to,
            actor,
            result,
        });
    }

    /// Does it, records it and tells the operator.
    pub(crate) fn force(
        &mut self,
        now: Now,
        operator: OperatorId,
        to: Forced,
        actor: Actor,
    ) -> Result<(), Rejection> {
        if let Forced::NotReady { reason } = &to
            && !self.knows_reason(reason)
        {
            return Err(Rejection {
                code: "unknown_reason".into(),
                actual: None,
            });
        }
        if to == Forced::Ready && actor.commands() {
            // Who was logged out by such a word has no desk to sit down at again: this word is their seat, too.
            self.sit_by_phone(now, &operator);
        }
        let input = gudok_acd::Input::Force {
            operator: operator.clone(),
            to: to.clone(),
            actor: actor.clone(),
        };
        self.ask_acd(now, input)?;
        self.tell_forced(&operator, &to, &actor);
        self.floor_fact(FloorEvent::Forced {
            operator,
            to,
            actor,
        });
        Ok(())
    }

    fn tell_forced(&mut self, operator: &OperatorId, to: &Forced, actor: &Actor) {
        let who = rank(actor);
        let text = match to {
            Forced::Ready => format!("{who} вывел вас на линию."),
            Forced::NotReady { reason } => {
                format!("{who} снял вас с линии: {}.", self.break_told(reason))
            }
            Forced::LoggedOut => format!("{who} завершил вашу смену."),
            Forced::WrapUpOver => format!("{who} завершил обработку звонка."),
        };
        let alert = DeskEvent::Alert {
            what: "forced".into(),
            text,
        };
        self.tell_desk(Some(operator), alert);
    }

    /// The break in the words of the plan.
    fn break_told(&self, reason: &Name) -> String {
        let reasons = self.plan.as_ref().map(|plan| plan.not_ready_reasons());
        let mut reasons = reasons.into_iter().flatten();
        let choice = reasons.find(|choice| choice.code == *reason);
        choice.map_or_else(|| reason.to_string(), |choice| choice.label.clone())
    }

    /// Whether operators may take a break for this.
    pub(crate) fn knows_reason(&self, reason: &Name) -> bool {
        let reasons = self.plan.as_ref().map(|plan| plan.not_ready_reasons());
        reasons.is_some_and(|known| known.iter().any(|choice| choice.code == *reason))
    }
}
