//! What desks and phones see of a supervisor in a talk: why the supervisor's phone rings, how it goes, and who is there.
use gudok_model::{CallId, OperatorId, SupervisionMode};

use crate::call::Call;
use crate::desk::DeskEvent;
use crate::in_hand::{SupervisedBy, Supervising};
use crate::supervision::Supervision;
use crate::switchboard::Switchboard;

impl Switchboard {
    pub(crate) fn tell_supervisor(&mut self, supervision: &Supervision, state: &str) {
        let event = DeskEvent::Supervision(self.supervising(supervision, state));
        self.tell_desk(Some(&supervision.by), event);
    }

    fn supervising(&self, supervision: &Supervision, state: &str) -> Supervising {
        let call_id = supervision.leg.call;
        let talk = self.calls.get(&call_id).and_then(Call::talk);
        Supervising {
            call_id,
            operator: talk.map(|talk| talk.operator.clone()),
            mode: supervision.mode,
            state: state.into(),
        }
    }

    /// The talk of somebody else, for a desk that draws itself from nothing.
    pub(crate) fn supervised_at(&self, by: &OperatorId) -> Option<Supervising> {
        let supervision = self.supervises(by)?;
        let state = if supervision.answered {
            "on"
        } else {
            "ringing"
        };
        Some(self.supervising(supervision, state))
    }

    /// The operator is shown who is in their talk.
    pub(crate) fn show_supervision(
        &mut self,
        supervision: &Supervision,
        before: Option<SupervisionMode>,
        after: Option<SupervisionMode>,
    ) {
        let (call_id, by) = (supervision.leg.call, supervision.by.clone());
        let Some(call) = self.calls.get(&call_id) else {
            return;
        };
        let Some(operator) = call.talk().map(|talk| talk.operator.clone()) else {
            return;
        };
        let seen = |mode: Option<SupervisionMode>| mode.filter(|mode| call.is_shown(*mode));
        let event = match (seen(before), seen(after)) {
            (_, Some(mode)) => DeskEvent::SupervisionStarted { call_id, by, mode },
            (Some(_), None) => DeskEvent::SupervisionStopped { call_id, by },
            (None, None) => return,
        };
        self.tell_desk(Some(&operator), event);
    }

    /// The talk became that of another operator, who is shown who is in it.
    pub(crate) fn show_supervisions(&mut self, id: CallId) {
        let call = self.calls.get(&id);
        let all = call.map_or(Vec::new(), |call| call.supervisions.clone());
        for supervision in all.into_iter().filter(|it| it.answered) {
            self.show_supervision(&supervision, None, Some(supervision.mode));
        }
    }

    pub(crate) fn tell_taken_over(&mut self, operator: &OperatorId, by: &OperatorId) {
        let name = self.seats.get(by).map(|seat| seat.profile.name.clone());
        let name = name.unwrap_or_default();
        let alert = DeskEvent::Alert {
            what: "taken_over".into(),
            text: format!("Разговор забрал супервизор {name} ({by})."),
        };
        self.tell_desk(Some(operator), alert);
    }
}

impl Call {
    /// Whether the operator is shown a supervisor who is in the talk so.
    fn is_shown(&self, mode: SupervisionMode) -> bool {
        mode.is_heard_by_operator() || self.plan.tells_supervision()
    }

    /// Who is in the talk, as its operator is shown.
    pub(crate) fn supervised_by(&self) -> Vec<SupervisedBy> {
        let all = self.supervisions.iter();
        let shown = all.filter(|it| it.answered && self.is_shown(it.mode));
        let shown = shown.map(|it| SupervisedBy {
            by: it.by.clone(),
            mode: it.mode,
        });
        shown.collect()
    }
}

/// Why their phone rings. Russian, for its display.
pub(crate) fn phone_words(mode: SupervisionMode) -> &'static str {
    match mode {
        SupervisionMode::Listen => "Слушать",
        SupervisionMode::Whisper => "Подсказать",
        SupervisionMode::Barge => "Вмешаться",
        SupervisionMode::TakeOver => "Забрать разговор",
    }
}
