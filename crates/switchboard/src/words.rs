//! After a restart, and with another plan: what supervisors have set on the floor. Groups that were given last until the next plan,
//! whatever happens between; alarms are on until they go off, and quiet until their time.
use gudok_model::{AlarmStands, Floor, FloorEvent, Given, Now, OperatorId};

use crate::desk::DeskEvent;
use crate::input::{GivenBefore, Input};
use crate::switchboard::Switchboard;

/// Most people whom one word to a supervisor names; of more it says how many.
const NAMED_MAX: usize = 10;

impl Switchboard {
    /// Goes on by it. Nothing is told anew but what another plan has ended.
    pub(crate) fn go_by_words(
        &mut self,
        now: Now,
        given: Vec<GivenBefore>,
        alarms: Vec<AlarmStands>,
    ) {
        let over = given.iter().filter(|it| self.is_over(&it.given));
        let over: Vec<OperatorId> = over.map(|it| it.operator.clone()).collect();
        for GivenBefore { operator, given } in given {
            self.give_again(now, operator, given);
        }
        self.tell_over_to_all(&over);
        alarms.into_iter().for_each(|it| self.alarmed.put(it));
    }

    /// Under the plan of then; another one has ended it.
    pub(crate) fn give_again(&mut self, now: Now, operator: OperatorId, given: Given) {
        if self.is_over(&given) {
            self.floor_fact(FloorEvent::GroupsAsPlanned { operator });
        } else {
            let groups = given.groups;
            self.tell_acd(now, gudok_acd::Input::Given { operator, groups });
        }
    }

    /// Whether groups were given under another plan.
    pub(crate) fn is_over(&self, given: &Given) -> bool {
        let plan = self.plan.as_ref().map(|plan| plan.generation());
        plan != Some(&given.plan)
    }

    /// Another plan comes: nobody has other groups than it says, and they and those who direct them are told so.
    pub(crate) fn take_back_groups(&mut self) {
        if !self.config.words_kept {
            return;
        }
        let given = self.acd.given();
        for operator in &given {
            let operator = operator.clone();
            self.floor_fact(FloorEvent::GroupsAsPlanned { operator });
        }
        self.tell_over_to_all(&given);
    }

    /// Those whose other groups have ended hear so, and whoever directs them.
    pub(crate) fn tell_over_to_all(&mut self, given: &[OperatorId]) {
        if self.config.limits_whole {
            given.iter().for_each(|who| self.tell_as_planned(who));
            self.tell_whom_they_direct(given);
        }
    }

    /// In which groups they are: the plan's, of those the ones they have chosen where any is left.
    fn tell_as_planned(&mut self, operator: &OperatorId) {
        let groups = self.plan.iter().flat_map(|plan| plan.groups());
        let theirs = groups.filter(|group| group.operators.contains(operator));
        let mut theirs: Vec<&str> = theirs.map(|group| group.id.as_str()).collect();
        let chosen = self.acd.chosen(operator).unwrap_or_default();
        let is_chosen = |group: &str| chosen.iter().any(|it| it.as_str() == group);
        if theirs.iter().any(|it| is_chosen(it)) {
            theirs.retain(|it| is_chosen(it));
        }
        let text = match theirs.is_empty() {
            true => {
                "Новый план: то, куда вас перевёл супервизор, кончилось, и групп у вас нет.".into()
            }
            false => format!(
                "Новый план: вы снова в своих группах: {}.",
                theirs.join(", ")
            ),
        };
        self.tell_over(operator, text);
    }

    /// Each of those who direct somebody of these hears of theirs.
    fn tell_whom_they_direct(&mut self, given: &[OperatorId]) {
        let everybody: Vec<OperatorId> = self.seats.keys().cloned().collect();
        for by in everybody {
            let Some(reach) = self.reach(&by) else {
                continue;
            };
            let theirs = given.iter().filter(|who| **who != by);
            let theirs = theirs.filter(|who| self.reaches_operator(&reach, who));
            let names = theirs.filter_map(|who| self.profile(who));
            let names: Vec<&str> = names.map(|profile| profile.name.as_str()).collect();
            if names.is_empty() {
                continue;
            }
            let more = match names.len().saturating_sub(NAMED_MAX) {
                0 => String::new(),
                more => format!(" и ещё {more}"),
            };
            let named = names.iter().take(NAMED_MAX).copied();
            let named = named.collect::<Vec<_>>().join(", ");
            let text = format!("Новый план: переводы по группам кончились: {named}{more}.");
            self.tell_over(&by, text);
        }
    }

    fn tell_over(&mut self, operator: &OperatorId, text: String) {
        let what = "regroup_over".into();
        self.tell_desk(Some(operator), DeskEvent::Alert { what, text });
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
