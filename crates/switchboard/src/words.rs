//! After a restart, and with another plan: what supervisors have set on the floor. Groups that were given last until the next plan,
//! whatever happens between; alarms are on until they go off, and quiet until their time.
use gudok_model::{AlarmStands, Floor, FloorEvent, Given, Now, OperatorId};

use crate::input::{GivenBefore, Input};
use crate::switchboard::Switchboard;

impl Switchboard {
    /// Goes on by it. Nothing is told anew but what another plan has ended.
    pub(crate) fn go_by_words(
        &mut self,
        now: Now,
        given: Vec<GivenBefore>,
        alarms: Vec<AlarmStands>,
    ) {
        for GivenBefore { operator, given } in given {
            self.give_again(now, operator, given);
        }
        alarms.into_iter().for_each(|it| self.alarmed.put(it));
    }

    /// Under the plan of then; another one has ended it.
    pub(crate) fn give_again(&mut self, now: Now, operator: OperatorId, given: Given) {
        let plan = self.plan.as_ref().map(|plan| plan.generation());
        if plan == Some(&given.plan) {
            let groups = given.groups;
            self.tell_acd(now, gudok_acd::Input::Given { operator, groups });
        } else {
            self.floor_fact(FloorEvent::GroupsAsPlanned { operator });
        }
    }

    /// Another plan comes: nobody has other groups than it says.
    pub(crate) fn take_back_groups(&mut self) {
        if !self.config.words_kept {
            return;
        }
        for operator in self.acd.given() {
            self.floor_fact(FloorEvent::GroupsAsPlanned { operator });
        }
    }
}

impl Input {
    /// What a start says of them beside [`Comeback::given`](crate::input::Comeback), in inputs of so many people or alarms at most: a
    /// record of the journal has a longest length.
    pub fn words_before(floor: &Floor, most: usize) -> Vec<Self> {
        let away = floor.given.iter();
        let away = away.filter(|(operator, _)| !floor.seats.contains_key(*operator));
        let given = away.map(|(operator, given)| GivenBefore {
            operator: operator.clone(),
            given: given.clone(),
        });
        let mut given: Vec<GivenBefore> = given.collect();
        // Who came to a group first stands in it first.
        given.sort_by_key(|it| it.given.at);
        let given = given.chunks(most).map(|given| Self::WordsBefore {
            given: given.to_vec(),
            alarms: Vec::new(),
        });
        let alarms = floor.alarms.told();
        let alarms = alarms.chunks(most).map(|alarms| Self::WordsBefore {
            given: Vec::new(),
            alarms: alarms.to_vec(),
        });
        given.chain(alarms).collect()
    }
}
