//! The daemon dies and starts anew, as `gudok_daemon` does: calls are cut, what is left to be written up goes on, and everybody
//! comes back by themselves.
use gudok_model::{CallId, GroupId, Mono, OperatorId};
use gudok_switchboard::input::ResumedWrapUp;
use gudok_switchboard::{Config, Input, Switchboard};

use crate::hotline;
use crate::world::{Event, World};

/// What an operator had to write up when the run was cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cut {
    pub(crate) call: CallId,
    pub(crate) operator: OperatorId,
    /// In which group they were asked.
    pub(crate) group: Option<GroupId>,
    pub(crate) since: Mono,
    pub(crate) disposed: bool,
}

impl Event {
    /// Whether it happens to people and the admin, and not to a call or a connection of the run that is cut.
    fn outlives(&self) -> bool {
        match self {
            Self::Tell(input) => matches!(**input, Input::Phone { .. }),
            Self::Calls(_)
            | Self::Tick(_)
            | Self::Disposes(..)
            | Self::Reload(_)
            | Self::Roster(_)
            | Self::Drain
            | Self::Restart => true,
            Self::Leaves(_)
            | Self::Look(_)
            | Self::TalkOver(_)
            | Self::Hold(..)
            | Self::Mends(..)
            | Self::Refuses(..) => false,
        }
    }
}

impl World {
    /// Everything that was in memory is gone.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        self.trace.note(self.now.mono, &"restart");
        self.say(|| "→ restart".into());
        let left = self.watch.cut(self.now.mono);
        self.legs.clear();
        self.agenda.retain(Event::outlives);
        for person in self.operators.values_mut() {
            person.is_cut_off();
        }
        self.board = Switchboard::new(Config::default());
        self.board.set_plan(self.now, self.plans[self.plan].clone());
        self.drain_outputs()?;
        self.tell(Input::Operators {
            operators: hotline::operators(),
        })?;
        let wrap_ups = left.into_iter().map(|cut| self.resumed(cut)).collect();
        self.tell(Input::Resumed { wrap_ups })
    }

    /// As long as the plan in force has it for the group: no queue of these days says otherwise.
    fn resumed(&self, cut: Cut) -> ResumedWrapUp {
        let mut groups = self.plans[self.plan].groups().iter();
        let group = groups.find(|it| Some(&it.id) == cut.group.as_ref());
        let lasts = group.map(|group| group.wrap_up).unwrap_or_default();
        let since = hotline::clock(cut.since).wall;
        ResumedWrapUp {
            call: cut.call,
            operator: cut.operator,
            since,
            until: since + lasts,
            disposed: cut.disposed,
        }
    }
}
