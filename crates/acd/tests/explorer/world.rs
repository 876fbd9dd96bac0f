//! One floor with its clock: what may happen next, and what must be true after it.
use std::time::Duration;

use gudok_acd::{Acd, Input, Sticky};
use gudok_model::{
    Actor, AutoAnswer, BreakRule, CallId, CapSettings, Mono, Now, OfferId, OperatorId,
    OperatorProfile, SessionId, Wall, WhenEmpty,
};
use uuid::Uuid;

use crate::moves::Extra;
use crate::moves::Move::{self, *};
use crate::plays::{Plan, Play};
use crate::portrait::portrait;
use crate::search::Floor;
use crate::watch::Watch;
use crate::watch::hand::KEPT_FOR;

/// Everybody sits at the same desk number: it is told from [`STALE`] alone.
pub(crate) const SEAT: SessionId = SessionId(1);
const STALE: SessionId = SessionId(0);

/// The clock begins late, so that a moment is told from every other number by its size.
pub(crate) const START: u64 = 1 << 41;

/// How long a caller is kept in the queue.
const WAIT: Duration = Duration::from_secs(40);
/// In the floors with weights it is long enough to starve.
const LONG_WAIT: Duration = Duration::from_secs(400);

/// Timers that a world at rest may still need.
const TIMERS_MAX: usize = 600;

/// The reason of breaks.
pub(crate) const LUNCH: &str = "lunch";

/// Where a caller is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Caller {
    Before,
    Here,
    Over,
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) play: &'static Play,
    pub(crate) acd: Acd,
    pub(crate) now: Now,
    pub(crate) plan: usize,
    pub(crate) draining: bool,
    pub(crate) watch: Watch,
}

impl Floor for World {
    type Move = Move;

    fn moves(&self) -> Vec<Move> {
        self.open_moves()
    }

    fn act(&mut self, what: Move) -> Result<(), String> {
        self.pass_a_little(what);
        let operator = |who: u8| self.operator(who);
        match what {
            Arrives(who) => self.arrives(who),
            GivesUp(who) | HangsUp(who) => self.tell(Input::Gone { call: call(who) }),
            StepsAside(who) => self.tell(Input::Aside { call: call(who) }),
            ComesBack(who) => self.comes_back(who),
            Rings(who) => self.tell(Input::Alerting {
                offer: self.offer(who),
            }),
            Answers(who) => self.tell(Input::Answered {
                offer: self.offer(who),
            }),
            AnswersLate(who) => self.answers_late(who),
            Rejects(who) => self.tell(Input::Rejected {
                offer: self.offer(who),
            }),
            Fails(who) => self.tell(Input::DeviceFailed {
                offer: self.offer(who),
            }),
            Ends(who) => self.tell(Input::TalkEnded {
                operator: operator(who),
                call: self.in_hand(who),
            }),
            Done(who) => self.tell(Input::Disposed {
                operator: operator(who),
                call: self.in_hand(who),
                done: true,
            }),
            Extends(who) => self.tell(Input::Extend {
                operator: operator(who),
                by: Duration::from_secs(400),
            }),
            Phone(who, live) => self.phone(who, live),
            Desk(who, live) => self.desk(who, SEAT, live),
            StaleDesk(who) => self.desk(who, STALE, false),
            Login(who) => self.tell(Input::Login {
                operator: operator(who),
                session: SEAT,
            }),
            Logout(who) => self.tell(Input::Logout {
                operator: operator(who),
                actor: Actor::Operator(operator(who)),
            }),
            Ready(who) => self.tell(Input::Ready {
                operator: operator(who),
                actor: Actor::Operator(operator(who)),
            }),
            Break(who) => self.tell(Input::NotReady {
                operator: operator(who),
                reason: LUNCH.into(),
                actor: Actor::Operator(operator(who)),
            }),
            ForcedReady(_) | ForcedBreak(_) | ForcedOut(_) | ForcedDone(_) | Usurped(_) => {
                self.word(what)
            }
            Previews(_) | Skips(_) | Dials(_) | DialAnswers(_) | DialEnds(_) => {
                self.calls_out(what)
            }
            Raises(_) | Meddles(_) | Regroups(_) | Reprioritises(..) | Assigns(..) | Expects(_)
            | Closes(_) => self.by_hand(what),
            Engaged(who, on) => self.tell(Input::Engaged {
                operator: operator(who),
                call: CallId(Uuid::from_u128(1_000 + u128::from(who))),
                on,
            }),
            Timer => self.timer(),
            Instant => Ok(()),
            Restart => self.restart(),
            Reload => {
                self.plan = 1 - self.plan;
                self.configure()
            }
            Drain => {
                self.draining = true;
                self.tell(Input::Drain)
            }
        }
    }

    /// Nobody says anything any more; the line notices who is silent. Everything must come to an end by itself.
    fn rest(mut self) -> Result<(), String> {
        for who in self.people() {
            let view = self.acd.operator(&self.operator(who)).expect("known");
            if view.offer.is_some() && matches!(&*view.display, "talking" | "hold") {
                self.act(Ends(who))?;
            }
            if self.watch.person(&self.operator(who)).rings_somebody() {
                self.act(DialEnds(who))?;
            }
        }
        for _ in 0..TIMERS_MAX {
            if self.acd.poll_timeout().is_none() {
                return self.watch.is_over();
            }
            self.act(Timer)?;
        }
        Err(format!("it does not come to rest: {:?}", self.acd))
    }

    fn portrait(&self) -> u64 {
        portrait(self)
    }
}

impl World {
    /// The first plan, and everybody ready.
    pub(crate) fn new(play: &'static Play) -> Result<Self, String> {
        let mut world = Self {
            play,
            acd: Acd::new(),
            now: Now {
                mono: Mono(START),
                wall: Wall(START as i64),
            },
            plan: 0,
            draining: false,
            watch: Watch::new(play),
        };
        world.open(&[true; 8])?;
        for who in world.people() {
            for what in [Login(who), Ready(who)] {
                world.act(what)?;
            }
        }
        Ok(world)
    }

    /// The config and the phones, as after a start.
    pub(crate) fn open(&mut self, phones: &[bool]) -> Result<(), String> {
        let profiles = self.people().map(|who| OperatorProfile {
            id: self.operator(who),
            name: String::new(),
            project: "test".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: false,
            phone: None,
            role: gudok_model::Role::Operator,
        });
        let profiles = profiles.collect();
        self.tell(Input::Operators(profiles))?;
        self.configure()?;
        for who in self.people() {
            self.phone(who, phones[usize::from(who)])?;
        }
        Ok(())
    }

    fn configure(&mut self) -> Result<(), String> {
        self.tell(Input::Breaks(vec![BreakRule {
            code: LUNCH.into(),
            max: None,
            keep_ready: self.play.keep_ready,
        }]))?;
        self.tell_cap()?;
        let Plan { groups, queues } = self.play.plans[self.plan]();
        self.tell_edges()?;
        self.tell(Input::Configured {
            groups,
            queues,
            skills: Vec::new(),
        })
    }

    fn tell_cap(&mut self) -> Result<(), String> {
        let Some(most) = self.play.cap else {
            return Ok(());
        };
        let everybody = self.people().map(|who| self.operator(who));
        self.tell(Input::Caps(vec![CapSettings {
            id: "novices".into(),
            operators: everybody.collect(),
            calls_per_hour: Some(most),
            talk_max: None,
            until: None,
        }]))
    }

    fn tell_edges(&mut self) -> Result<(), String> {
        let Some((join, leave)) = self.play.empty else {
            return Ok(());
        };
        let [join, leave] = [join, leave].map(|it| it.iter().copied().collect());
        let queues = [("p".into(), WhenEmpty { join, leave })].into();
        self.tell(Input::WhenEmpty { queues })
    }

    pub(crate) fn people(&self) -> std::ops::Range<u8> {
        0..self.play.operators.len() as u8
    }

    pub(crate) fn operator(&self, who: u8) -> OperatorId {
        OperatorId::from(self.play.operators[usize::from(who)])
    }

    /// No two things happen at the same moment, but where something is due at it.
    fn pass_a_little(&mut self, what: Move) {
        let due = self.acd.poll_timeout();
        let next = self.now.plus(Duration::from_millis(1));
        match (what, due) {
            (Timer | Instant, Some(due)) => self.now = self.now.plus(due.since(self.now.mono)),
            (_, Some(due)) if due <= next.mono => {}
            (_, _) => self.now = next,
        }
    }

    fn arrives(&mut self, who: u8) -> Result<(), String> {
        let (since, (_, priority)) = (self.now.mono, self.play.callers[usize::from(who)]);
        let kept = who == 0 && self.play.extras.contains(&Extra::Sticky);
        let sticky = kept.then(|| Sticky {
            operator: self.operator(0),
            until: since + KEPT_FOR,
        });
        self.queued(who, (since, since + self.patience()), priority, sticky)
    }

    fn patience(&self) -> Duration {
        if self.play.extras.is_empty() {
            WAIT
        } else {
            LONG_WAIT
        }
    }

    /// The plan brings them back with what it came with.
    fn comes_back(&mut self, who: u8) -> Result<(), String> {
        let place = self.watch.place(call(who)).expect("they wait");
        let (times, priority) = ((place.since, place.deadline), place.priority);
        self.queued(who, times, priority, None)
    }

    fn queued(
        &mut self,
        who: u8,
        (since, deadline): (Mono, Mono),
        priority: u8,
        sticky: Option<Sticky>,
    ) -> Result<(), String> {
        let (queue, _) = self.play.callers[usize::from(who)];
        self.tell(Input::Queued {
            call: call(who),
            queue: queue.into(),
            priority,
            since,
            deadline,
            leave_empty: who % 2 == 1,
            first: Vec::new(),
            sticky,
            resumed: false,
            stays: false,
            promised: false,
            needs: gudok_model::Needs::new(),
        })
    }

    fn phone(&mut self, who: u8, live: bool) -> Result<(), String> {
        let operator = self.operator(who);
        self.tell(Input::Phone { operator, live })
    }

    fn desk(&mut self, who: u8, session: SessionId, live: bool) -> Result<(), String> {
        let operator = self.operator(who);
        self.tell(Input::Desk {
            operator,
            session,
            live,
        })
    }

    /// The other phone was first: nothing may come of it.
    fn answers_late(&mut self, who: u8) -> Result<(), String> {
        let offer = self.watch.last_lost(&self.operator(who)).expect("one was");
        let before = (
            self.acd.operator(&self.operator(who)),
            self.acd.poll_timeout(),
        );
        self.tell(Input::Answered { offer })?;
        let after = (
            self.acd.operator(&self.operator(who)),
            self.acd.poll_timeout(),
        );
        if before == after {
            Ok(())
        } else {
            Err(format!("I2: a late answer changed something: {after:?}"))
        }
    }

    fn offer(&self, who: u8) -> OfferId {
        let view = self.acd.operator(&self.operator(who)).expect("known");
        view.offer.expect("one is in hand")
    }

    fn in_hand(&self, who: u8) -> CallId {
        let view = self.acd.operator(&self.operator(who)).expect("known");
        view.call.expect("one is in hand")
    }

    pub(crate) fn tell(&mut self, input: Input) -> Result<(), String> {
        let early = self.acd.poll_timeout() == Some(self.now.mono);
        let plan = &self.play.plans[self.plan];
        self.watch.hears(self.now, early, &input, plan);
        self.acd.handle_input(self.now, input);
        self.check()
    }

    fn timer(&mut self) -> Result<(), String> {
        self.watch.time_is(self.now.mono);
        self.acd.handle_timeout(self.now);
        self.check()
    }

    fn check(&mut self) -> Result<(), String> {
        while let Some(output) = self.acd.poll_output() {
            self.watch.sees(self.now, output)?;
        }
        self.acd.check_invariants()?;
        self.watch.agrees(&self.acd, self.now)
    }
}
/// The caller of this number.
pub(crate) fn call(who: u8) -> CallId {
    CallId(Uuid::from_u128(u128::from(who) + 1))
}
