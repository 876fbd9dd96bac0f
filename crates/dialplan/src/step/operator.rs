//! A call for one operator by name.
use gudok_model::{Name, QueueId};

use super::Walk;
use crate::decision::{Decision, StepEnd};
use crate::flow::{Op, OperatorOp, Target, Whose};
use crate::memory::Value;

/// The call for this one, by the rules of this queue.
pub(super) fn ringing(call: &OperatorOp, operator: &Name, queue: QueueId) -> Decision {
    Decision::Operator {
        operator: (&**operator).into(),
        queue,
        ring: call.ring,
        music: call.music.clone(),
    }
}

/// Where it goes on.
pub(super) fn exit(call: &OperatorOp, end: StepEnd) -> Target {
    match end {
        StepEnd::NoOperators => call.on_unavailable,
        _ => call.on_not_answered,
    }
}

impl Walk<'_> {
    /// None: nobody is called so.
    pub(super) fn named(&mut self, op: &Op, call: &OperatorOp) -> Option<Decision> {
        let name: Name = match &call.who {
            Whose::Fixed(name) => name.clone(),
            Whose::Told(told) => match told.value(&self.plan.env, &self.world(told, "")) {
                Ok(Value::Text(text)) => text.trim().into(),
                Ok(Value::Int(number)) => number.to_string().into(),
                Ok(Value::Bool(_)) | Err(_) => "".into(),
            },
        };
        // Every group has a queue of its name.
        let mut groups = self.plan.groups().iter();
        let group = groups.find(|group| group.operators.iter().any(|it| it.as_str() == &*name));
        let Some(group) = group else {
            let text = format!(
                "оператора, которого называет {}, нет ни в одной группе",
                call.who.text()
            );
            self.because("operator_unknown", &op.place, text);
            return None;
        };
        Some(ringing(call, &name, group.id.as_str().into()))
    }
}
