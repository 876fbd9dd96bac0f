//! Those who direct the others: in their ears, in their talks, in their place; and words about people, callers and queues.
use gudok_model::{CallId, Forced, GroupId, OperatorId, SupervisionMode};
use gudok_switchboard::desk::DeskCommand;
use gudok_switchboard::{Directive, Input, LiveCall, Speaker};

use crate::world::{Event, World};

const WAYS: [SupervisionMode; 4] = [
    SupervisionMode::Listen,
    SupervisionMode::Whisper,
    SupervisionMode::Barge,
    SupervisionMode::TakeOver,
];

impl World {
    /// A supervisor looks at the wall and does something about it.
    pub(crate) fn directs(&mut self, by: &OperatorId) -> Result<(), String> {
        if self.rng.permille(400) {
            return self.goes_into_a_talk(by);
        }
        let Some(directive) = self.directive() else {
            return Ok(());
        };
        if self.rng.permille(300) {
            self.commands += 1;
            let (by, id) = (Speaker::Admin("petrova".into()), self.commands.to_string());
            return self.tell(Input::Directed { by, id, directive });
        }
        self.command(by, DeskCommand::Direct(directive))
    }

    /// By their own phone, in another way soon, and out of it again, if the talk lasts so long.
    fn goes_into_a_talk(&mut self, by: &OperatorId) -> Result<(), String> {
        let talks = |call: &LiveCall| {
            matches!(&*call.state, "talk" | "hold") && !call.operators.contains(by)
        };
        let Some(call_id) = self.some_call(talks) else {
            return Ok(());
        };
        let (mode, next) = (self.way(), self.way());
        let (changes, leaves) = (self.rng.ms(2_000, 30_000), self.rng.ms(15_000, 90_000));
        let next = DeskCommand::Supervise {
            call_id,
            mode: next,
        };
        self.after(changes, Event::Says(by.clone(), Box::new(next)));
        let leave = DeskCommand::Leave { call_id };
        self.after(leaves, Event::Says(by.clone(), Box::new(leave)));
        self.command(by, DeskCommand::Supervise { call_id, mode })
    }

    fn way(&mut self) -> SupervisionMode {
        let lot = usize::try_from(self.rng.below(4)).unwrap_or(0);
        WAYS.get(lot).copied().unwrap_or(SupervisionMode::Listen)
    }

    fn directive(&mut self) -> Option<Directive> {
        let waits = |call: &LiveCall| &*call.state == "queue";
        Some(match self.rng.below(8) {
            0 | 1 => Directive::Force {
                operator: self.somebody(),
                to: self.forced(),
            },
            2 => Directive::Regroup {
                operator: self.somebody(),
                groups: self.some_groups(),
            },
            3 => Directive::Reserve {
                group: "reserve".into(),
                on: self.rng.permille(500),
            },
            4 | 5 => Directive::Reprioritise {
                call_id: self.some_call(waits)?,
                priority: u8::try_from(self.rng.below(10)).unwrap_or(0),
            },
            6 => Directive::Assign {
                call_id: self.some_call(waits)?,
                to: self.someone_free()?,
            },
            _ => Directive::Announce {
                queue: "tech".into(),
                prompts: vec!["please_wait".into()],
            },
        })
    }

    fn forced(&mut self) -> Forced {
        match self.rng.below(6) {
            0 => Forced::LoggedOut,
            1 => Forced::WrapUpOver,
            2 => Forced::NotReady {
                reason: "BREAK".into(),
            },
            _ => Forced::Ready,
        }
    }

    fn somebody(&mut self) -> OperatorId {
        let people = u64::try_from(self.operators.len()).unwrap_or(0);
        let index = usize::try_from(self.rng.below(people)).unwrap_or(0);
        let found = self.operators.keys().nth(index);
        found.cloned().unwrap_or_else(|| "101".into())
    }

    fn some_groups(&mut self) -> Vec<GroupId> {
        let mut groups: Vec<GroupId> = Vec::new();
        for name in ["tech", "sales", "reserve"] {
            if self.rng.permille(600) {
                groups.push(name.into());
            }
        }
        groups
    }

    /// One of the calls on the wall, by lot.
    fn some_call(&mut self, fits: impl Fn(&LiveCall) -> bool) -> Option<CallId> {
        let live = self.board.live(self.now.mono);
        let calls: Vec<CallId> = live
            .iter()
            .filter(|it| fits(it))
            .map(|it| it.call)
            .collect();
        let lot = self.rng.below(u64::try_from(calls.len()).unwrap_or(0));
        calls.get(usize::try_from(lot).unwrap_or(0)).copied()
    }
}
