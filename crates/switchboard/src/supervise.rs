//! A supervisor's words: who may say them and of whom is decided here, so that a replay sees the same; they are done, recorded
//! and told to whomever they concern. One way for the desk, the pages and the command line.
//!
//! Named policies: whoever or whatever is of another project is unknown to a supervisor. A priority that was said by hand holds
//! wherever the caller comes to wait after it, but for an emergency of the plan. Words said to a queue are heard by those of its
//! callers whom the speaker's word reaches, at once, where nobody is being asked to take them; later, where they are just being
//! told why they wait again; nobody hears them who comes later.
use std::time::Duration;

use gudok_acd::output::ByHand;
use gudok_model::{
    Actor, CallEvent, CallId, FloorEvent, Forced, GroupId, Name, Now, OperatorId, ProjectId,
    QueueId, Which,
};
use serde::{Deserialize, Serialize};

use crate::call::Phase;
use crate::desk::{CommandResult, DeskEvent};
use crate::floor::Rejection;
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::whose::Reach;

/// Most prompts that are said to a queue at once.
pub const ANNOUNCED_MAX: usize = 8;
/// Most groups that one operator may be given.
pub const REGROUPED_MAX: usize = 64;

/// What a supervisor may want.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "directive", rename_all = "snake_case")]
pub enum Directive {
    /// An operator is to be this.
    Force {
        /// Who.
        operator: OperatorId,
        /// What.
        #[serde(flatten)]
        to: Forced,
    },
    /// A group is asked at once for those who wait in each queue whose ladder adds it; or again only when its step comes.
    Reserve {
        /// Which group.
        group: GroupId,
        /// Raised, or lowered.
        on: bool,
    },
    /// An operator works for these groups and no others, until the next plan.
    Regroup {
        /// Who.
        operator: OperatorId,
        /// All of them, at most [`REGROUPED_MAX`].
        groups: Vec<GroupId>,
    },
    /// A caller who waits has another priority.
    Reprioritise {
        /// Which call.
        call_id: CallId,
        /// 0–9.
        priority: u8,
    },
    /// A caller who waits is offered to this operator next.
    Assign {
        /// Which call.
        call_id: CallId,
        /// To whom.
        to: OperatorId,
    },
    /// Something is said to those who wait in a queue; the music goes on after it.
    Announce {
        /// Which queue.
        queue: QueueId,
        /// What, by the names of prompts: 1 to [`ANNOUNCED_MAX`].
        prompts: Vec<Name>,
    },
    /// Nobody wants to hear of an alarm for a while, whether it is on or not.
    Quiet {
        /// Which: `service_level` …
        alarm: Name,
        /// The queue, the trunk, the operator or the group; empty: of all there is.
        subject: Name,
        /// Of this project alone. None: a supervisor's own, of an admin's word each.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        /// For so long, at most a day; 0: they do again. Seconds.
        for_s: u32,
    },
}

impl Directive {
    /// The call it is about, where it names one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::Reprioritise { call_id, .. } | Self::Assign { call_id, .. } => Some(*call_id),
            Self::Force { .. }
            | Self::Reserve { .. }
            | Self::Regroup { .. }
            | Self::Announce { .. }
            | Self::Quiet { .. } => None,
        }
    }
}

/// Who says it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "speaker", content = "who", rename_all = "snake_case")]
pub enum Speaker {
    /// Whoever signed in as this operator; what they may is their role's.
    Operator(OperatorId),
    /// Whoever runs the server, by the name they gave.
    Admin(Name),
}

/// What whoever said it is told beside that it is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToSpeaker {
    /// The operator is busy: it comes after the present work.
    AfterWork,
    /// So many callers hear the words.
    Heard(u32),
}

impl ToSpeaker {
    /// For whoever said it. Russian.
    pub fn text(self) -> String {
        match self {
            Self::AfterWork => "Оператор занят: после нынешнего звонка.".to_owned(),
            Self::Heard(0) => {
                "Никто не слышит: в очереди не ждёт никто, или всех как раз соединяют.".to_owned()
            }
            Self::Heard(heard) => format!("Слышат: {heard}."),
        }
    }
}

/// Done, with what more there is to say of it, or why not.
type Answer = Result<Option<ToSpeaker>, Rejection>;

pub(crate) fn refused(code: &str) -> Rejection {
    Rejection {
        code: code.into(),
        actual: None,
    }
}

/// Whose word it was, for whom it concerns. Russian.
pub(crate) fn rank(actor: &Actor) -> &'static str {
    match actor {
        Actor::Admin(_) => "Администратор",
        _ => "Супервизор",
    }
}

impl Switchboard {
    /// Does it and answers whoever said it at another door than a desk.
    pub(crate) fn on_directed(&mut self, now: Now, by: Speaker, id: String, directive: Directive) {
        let (result, told) = match self.direct(now, &by, directive) {
            Ok(told) => (CommandResult::Ok, told),
            Err(Rejection { code, actual }) => (CommandResult::Error { code, actual }, None),
        };
        self.outputs.push_back(Output::Directed {
            by,
            id,
            result,
            told,
        });
    }

    /// The same from a desk, which is told what more there is to say of it.
    pub(crate) fn direct_from_desk(
        &mut self,
        now: Now,
        operator: &OperatorId,
        directive: Directive,
    ) -> Result<(), Rejection> {
        let told = self.direct(now, &Speaker::Operator(operator.clone()), directive)?;
        if let Some(told) = told {
            let what = match told {
                ToSpeaker::AfterWork => "forced_later",
                ToSpeaker::Heard(_) => "announced",
            };
            let alert = DeskEvent::Alert {
                what: what.into(),
                text: told.text(),
            };
            self.tell_desk(Some(operator), alert);
        }
        Ok(())
    }

    /// Does it, where this speaker may have it done.
    pub(crate) fn direct(&mut self, now: Now, by: &Speaker, directive: Directive) -> Answer {
        let (actor, reach) = self.speaks(by)?;
        self.is_within(&reach, &directive)?;
        match directive {
            Directive::Force { operator, to } => {
                self.force(now, operator.clone(), to, actor.clone())?;
                return Ok(self.comes_after_work(&operator, &actor));
            }
            Directive::Announce { queue, prompts } => {
                let heard = self.announce_to(now, (queue, prompts), &reach, actor)?;
                return Ok(Some(ToSpeaker::Heard(heard)));
            }
            Directive::Reserve { group, on } => self.reserve(now, (group, on), actor),
            Directive::Regroup { operator, groups } => self.regroup(now, (operator, groups), actor),
            Directive::Reprioritise { call_id, priority } => {
                let call = call_id;
                let raise = gudok_acd::Input::Reprioritise {
                    call,
                    priority,
                    actor,
                };
                self.ask_acd(now, raise)
            }
            Directive::Assign { call_id, to } => {
                let call = call_id;
                self.ask_acd(now, gudok_acd::Input::Assign { call, to, actor })
            }
            Directive::Quiet {
                alarm,
                subject,
                project,
                for_s,
            } => {
                let length = Duration::from_secs(for_s.into());
                let which = Which {
                    what: alarm,
                    subject,
                    project,
                };
                self.quiet(now, (by, actor), which, length)
            }
        }
        .map(|()| None)
    }

    /// Whether what this actor has just said of somebody is still to come.
    fn comes_after_work(&self, operator: &OperatorId, actor: &Actor) -> Option<ToSpeaker> {
        let next_by = self.acd.operator(operator).and_then(|it| it.next_by);
        (next_by.as_ref() == Some(actor)).then_some(ToSpeaker::AfterWork)
    }

    /// A group that no ladder adds would be raised for nobody.
    fn reserve(
        &mut self,
        now: Now,
        (group, on): (GroupId, bool),
        actor: Actor,
    ) -> Result<(), Rejection> {
        if on && self.config.reserve_helps && self.acd.helps_nobody(&group) {
            return Err(refused("no_ladder"));
        }
        self.ask_acd(now, gudok_acd::Input::Reserve { group, on, actor })
    }

    /// In whose name somebody speaks, and how far it goes; `not_allowed` of who directs nobody.
    fn speaks(&self, by: &Speaker) -> Result<(Actor, Reach), Rejection> {
        match by {
            Speaker::Admin(name) => Ok((Actor::Admin(name.clone()), Reach::All)),
            Speaker::Operator(id) => {
                let actor = self.supervisor(id)?;
                let reach = self.reach(id).ok_or_else(|| refused("not_allowed"))?;
                Ok((actor, reach))
            }
        }
    }

    /// Whether all that it names is within reach; what is not is unknown, as what is not there.
    fn is_within(&self, reach: &Reach, directive: &Directive) -> Result<(), Rejection> {
        let person = |who| self.reaches_operator(reach, who);
        let group = |group: &GroupId| self.reaches_group(reach, group);
        let (known, code) = match directive {
            Directive::Force { operator, .. } => (person(operator), "unknown_operator"),
            Directive::Regroup { operator, .. } if !person(operator) => (false, "unknown_operator"),
            Directive::Regroup { groups, .. } => (groups.iter().all(group), "unknown_group"),
            Directive::Reserve { group: which, .. } => (group(which), "unknown_group"),
            Directive::Reprioritise { call_id, .. } => {
                (self.reaches_call(reach, *call_id), "unknown_call")
            }
            Directive::Assign { call_id, .. } if !self.reaches_call(reach, *call_id) => {
                (false, "unknown_call")
            }
            Directive::Assign { to, .. } => (person(to), "unknown_operator"),
            Directive::Announce { queue, .. } => {
                (self.reaches_queue(reach, queue), "unknown_queue")
            }
            // Judged with the alarm.
            Directive::Quiet { .. } => (true, "unknown_alarm"),
        };
        known.then_some(()).ok_or_else(|| refused(code))
    }

    fn regroup(
        &mut self,
        now: Now,
        (operator, groups): (OperatorId, Vec<GroupId>),
        actor: Actor,
    ) -> Result<(), Rejection> {
        if groups.len() > REGROUPED_MAX {
            return Err(refused("too_many_groups"));
        }
        let regroup = gudok_acd::Input::Regroup {
            operator,
            groups,
            actor,
        };
        self.ask_acd(now, regroup)
    }

    /// The ACD has done it: it goes on record, and whomever it concerns is told.
    pub(crate) fn on_by_hand(&mut self, now: Now, what: ByHand, actor: Actor) {
        match what {
            ByHand::Reserve { group, on } => {
                self.tell_reserve(&group, on);
                self.floor_fact(FloorEvent::Reserved { group, on, actor });
            }
            ByHand::Regroup { operator, groups } => {
                // Who has chosen themselves knows it.
                if actor.commands() {
                    self.tell_regrouped(&operator, &groups, &actor);
                }
                let plan = self.plan.as_ref().map(|plan| plan.generation().clone());
                let plan = plan.filter(|_| actor.commands() && self.config.words_kept);
                self.floor_fact(FloorEvent::Regrouped {
                    operator,
                    groups,
                    actor,
                    plan,
                });
            }
            ByHand::Reprioritise { call, from, to } => {
                let by = actor;
                self.fact(call, CallEvent::Reprioritised { by, from, to });
                self.ranks_anew(now, call, to);
            }
            ByHand::Assign { call, operator } => {
                let (by, to) = (actor, operator);
                self.fact(call, CallEvent::Assigned { by, to });
            }
        }
    }

    /// What is made of the priority later says the new one, and so does the card of whoever is being asked.
    fn ranks_anew(&mut self, now: Now, id: CallId, priority: u8) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.by_hand = Some(priority);
        if let Phase::Waiting(wait) = &mut call.phase {
            wait.priority = priority;
        }
        self.renew_cards(now, id);
    }

    fn tell_reserve(&mut self, group: &GroupId, on: bool) {
        let (what, text) = match on {
            true => (
                "reserve_raised",
                "Ваша группа поднята в помощь: звонки очередей идут и вам.",
            ),
            false => (
                "reserve_lowered",
                "Ваша группа больше не в помощи: звонки идут как обычно.",
            ),
        };
        for operator in self.members_of(group) {
            let alert = DeskEvent::Alert {
                what: what.into(),
                text: text.into(),
            };
            self.tell_desk(Some(&operator), alert);
        }
    }

    fn tell_regrouped(&mut self, operator: &OperatorId, groups: &[GroupId], actor: &Actor) {
        let names: Vec<&str> = groups.iter().map(GroupId::as_str).collect();
        let who = rank(actor);
        let text = match names.is_empty() {
            true => format!("{who} вывел вас из всех групп."),
            false => format!("{who} перевёл вас в группы: {}.", names.join(", ")),
        };
        let alert = DeskEvent::Alert {
            what: "regrouped".into(),
            text,
        };
        self.tell_desk(Some(operator), alert);
    }
}
