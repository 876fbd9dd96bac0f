//! The switchboard with people around it: what happens, and what must be true after it.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::{Plan, Source, load};
use gudok_model::{
    AutoAnswer, CallId, Kind, LegId, Mono, Now, OperatorId, OperatorProfile, Parsed, Role,
    SessionId, Wall,
};
use gudok_switchboard::desk::DeskEvent;
use gudok_switchboard::input::ReferTo;
use gudok_switchboard::{Config, Input, Output, Switchboard};
use uuid::Uuid;

use crate::deeds::{Deed, Word};
use crate::moves::Move::{self, *};
use crate::portrait::{START, portrait};
use crate::scenes::{Extra, Scene};
use crate::search::Floor;
use crate::watch::Watch;
use crate::wire::{Hears, Line, Wire};

pub(crate) const OPERATORS: [&str; 3] = ["anna", "ivan", "petr"];

/// Who may be in the talks of others.
pub(crate) const SUPERVISOR: u8 = 2;

/// Operators may pass callers on to it.
pub(crate) const OUTSIDE: &str = "+74951234567";

/// Everybody sits at the same desk number.
pub(crate) const DESK: SessionId = SessionId(1);

/// Who calls, and who is called.
pub(crate) const CUSTOMER: &str = "+79990000001";

/// A promise that nobody has kept for so long while the world was silent is let go: it would be tried for ever.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Timers that a world at rest may still need.
const TIMERS_MAX: usize = 600;

/// Monday 2026-03-02, 12:00 in Moscow.
const NOON: i64 = 1_772_442_000_000_000;

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) scene: &'static Scene,
    pub(crate) board: Switchboard,
    pub(crate) now: Now,
    pub(crate) wire: Wire,
    pub(crate) watch: Watch,
    plans: [Arc<Plan>; 2],
    pub(crate) plan: usize,
    /// What the wire, the prompts and the desks say at once.
    soon: VecDeque<Input>,
    resting: bool,
    pub(crate) said: u32,
    pub(crate) config: Config,
}

impl Floor for World {
    type Move = Move;

    fn moves(&self) -> Vec<Move> {
        self.open()
    }

    fn act(&mut self, what: Move) -> Result<(), String> {
        self.pass_a_little(what);
        match what {
            Arrives(who) => self.arrives(call(who)),
            Phone(who, deed) => {
                let leg = self.wire.phone(&self.operator(who)).expect("a leg");
                self.deed(leg, deed)
            }
            Leg(leg, deed) => self.deed(leg, deed),
            Customer(deed) => {
                let leg = self.wire.customer().expect("a leg");
                self.deed(leg, deed)
            }
            Said(leg) => self.said(leg),
            PopAck(who) => self.pop_acked(who),
            Says(who, word) => self.says(who, word),
            Refers(who, to) => {
                let number = to.number();
                self.refers(who, ReferTo::Person { number })
            }
            Joins(who) => {
                let leg = self.wire.second(&self.operator(who)).expect("a leg");
                self.refers(who, ReferTo::Party { leg })
            }
            Dials(who, to) => self.dials(who, to.number()),
            Asks | CallsOut(_) | Looks(_) | Skips(_) | Takes(_) | PutsOff(_) | Forgoes(_) => {
                self.owes(what)
            }
            Contact(who, live) => self.contact(who, live),
            Desk(who, live) => self.desk(who, live),
            Timer => {
                self.board.handle_timeout(self.now);
                self.settle()
            }
            Instant => Ok(()),
            Reload => {
                self.plan = 1 - self.plan;
                self.configure()
            }
            Drain => self.tell(Input::Drain),
            Restart => self.restart(),
        }
    }

    fn rest(mut self) -> Result<(), String> {
        self.resting = true;
        let lines: Vec<(LegId, Line)> = self
            .wire
            .lines()
            .map(|(leg, it)| (*leg, it.clone()))
            .collect();
        for (leg, line) in lines {
            match line.hears {
                _ if line.dismissed => self.deliver(Deed::Ends.input(leg))?,
                Hears::Words => self.said(leg)?,
                _ => {}
            }
        }
        self.settle()?;
        let patience = self.now.mono + PATIENCE;
        for _ in 0..TIMERS_MAX {
            if self.now.mono >= patience || self.is_left_to_people() {
                self.lets_go()?;
            }
            if self.board.poll_timeout().is_none() {
                return self.watch.is_over(&self.wire, &self.board);
            }
            self.act(Timer)?;
        }
        Err(format!("it does not come to rest: {:?}", self.board))
    }

    fn portrait(&self) -> u64 {
        portrait(&[&self.board, &self.wire, &self.plan, &self.watch.cases()])
    }
}

impl World {
    pub(crate) fn new(scene: &'static Scene) -> Result<Self, String> {
        Self::with(scene, config())
    }

    /// As an earlier version would have it.
    pub(crate) fn earlier(scene: &'static Scene) -> Result<Self, String> {
        let told_once = false;
        Self::with(
            scene,
            Config {
                told_once,
                ..config()
            },
        )
    }

    fn with(scene: &'static Scene, config: Config) -> Result<Self, String> {
        let now = Now {
            mono: Mono(START),
            wall: Wall(NOON),
        };
        let mut world = Self {
            scene,
            board: Switchboard::new(config.clone()),
            now,
            wire: Wire::default(),
            watch: Watch::default(),
            plans: scene.plans.map(plan),
            plan: 0,
            soon: VecDeque::new(),
            resting: false,
            said: 0,
            config,
        };
        world.begin(&[true; OPERATORS.len()])?;
        for who in scene.ready {
            world.desk(*who, true)?;
            world.says(*who, Word::Ready)?;
        }
        for what in scene.before {
            world.act(*what)?;
        }
        Ok(world)
    }

    /// The config, the operators and the phones, as after a start.
    pub(crate) fn begin(&mut self, phones: &[bool]) -> Result<(), String> {
        let operators = OPERATORS.map(profile).to_vec();
        self.tell(Input::Operators { operators })?;
        self.configure()?;
        for (who, live) in (0..).zip(phones) {
            self.contact(who, *live)?;
        }
        Ok(())
    }

    fn configure(&mut self) -> Result<(), String> {
        let plan = self.plans[self.plan].clone();
        self.board.set_plan(self.now, plan);
        self.settle()
    }

    pub(crate) fn operator(&self, who: u8) -> OperatorId {
        OPERATORS[usize::from(who)].into()
    }

    /// No two things happen at the same moment, but where something is due at it.
    fn pass_a_little(&mut self, what: Move) {
        let due = self.board.poll_timeout();
        let next = self.now.plus(Duration::from_millis(1));
        match (what, due) {
            (Timer | Instant, Some(due)) => self.now = self.now.plus(due.since(self.now.mono)),
            (_, Some(due)) if due <= next.mono => {}
            (_, _) => self.now = next,
        }
    }

    pub(crate) fn tell(&mut self, input: Input) -> Result<(), String> {
        self.hand_in(input)?;
        self.settle()
    }

    fn hand_in(&mut self, input: Input) -> Result<(), String> {
        self.watch.told(&input);
        self.board.handle_input(self.now, input);
        self.drain_outputs()
    }

    /// Whatever is said at once is said, until there is nothing more.
    fn settle(&mut self) -> Result<(), String> {
        self.drain_outputs()?;
        while let Some(input) = self.soon.pop_front() {
            self.deliver(input)?;
        }
        self.watch.agrees(&self.wire)
    }

    fn drain_outputs(&mut self) -> Result<(), String> {
        while let Some(output) = self.board.poll_output() {
            self.watch.sees(self.now.wall, &self.wire, &output)?;
            self.wire.performs(&output);
            self.react(&output);
        }
        self.board.check_invariants()
    }

    /// What comes by itself, where the scene does not leave it to chance.
    fn react(&mut self, output: &Output) {
        let by_chance = |extra| self.scene.wants(extra) && !self.resting;
        let input = match output {
            Output::Answer { leg } => Some(Deed::Answers.input(*leg)),
            Output::Refuse { leg, .. } | Output::HangUp { leg, .. }
                if !by_chance(Extra::Crossing) =>
            {
                Some(Deed::Ends.input(*leg))
            }
            Output::Play {
                leg,
                play,
                repeat: false,
                ..
            } if !by_chance(Extra::Prompts) => Some(Input::PlayEnded {
                leg: *leg,
                play: *play,
            }),
            Output::Bridge { b, .. } if !by_chance(Extra::Heard) => {
                Some(Input::LegHeard { leg: *b })
            }
            Output::Desk {
                operator,
                event: DeskEvent::OfferCreated(card),
            } if !by_chance(Extra::Cards) => Some(Input::PopAcked {
                operator: operator.clone(),
                offer: card.offer_id,
            }),
            _ => None,
        };
        self.soon.extend(input);
    }

    /// As a driver would: a leg that is over says nothing, a playback that was replaced does not end.
    fn deliver(&mut self, input: Input) -> Result<(), String> {
        match &input {
            Input::LegAnswered { leg, .. } | Input::LegHeard { leg } => {
                let Some(line) = self.wire.line_mut(*leg) else {
                    return Ok(());
                };
                line.answered = true;
                line.heard |= matches!(input, Input::LegHeard { .. });
            }
            Input::LegEnded { leg, .. } if self.wire.is_over(*leg).is_none() => return Ok(()),
            Input::PlayEnded { leg, play } => {
                let line = self.wire.line_mut(*leg);
                let heard = line.filter(|it| it.hears == Hears::Words && it.play == *play);
                let Some(line) = heard else {
                    return Ok(());
                };
                line.hears = Hears::Nothing;
            }
            Input::PopAcked { operator, offer } => {
                let who = OPERATORS
                    .map(OperatorId::from)
                    .iter()
                    .position(|id| id == operator);
                let seat = self.wire.seat_mut(who.expect("one of ours") as u8);
                match seat.card.as_mut().filter(|card| card.offer == *offer) {
                    Some(card) => card.shown = true,
                    None => return Ok(()),
                }
            }
            _ => {}
        }
        self.hand_in(input)
    }
}

fn config() -> Config {
    Config {
        transfer_outside: vec!["+7495*".into()],
        call_max: Duration::from_secs(900),
        requeues_max: 2,
        ..Config::default()
    }
}

fn plan(text: &str) -> Arc<Plan> {
    let source = Source {
        name: "plan.toml".into(),
        text: text.into(),
    };
    Arc::new(load(&[source]).expect("a good plan").plan)
}

fn profile(name: &str) -> OperatorProfile {
    OperatorProfile {
        id: name.into(),
        name: name.into(),
        project: "main".into(),
        auto_answer: AutoAnswer::Off,
        phone_only: false,
        phone: None,
        role: match name == OPERATORS[usize::from(SUPERVISOR)] {
            true => Role::Supervisor,
            false => Role::Operator,
        },
    }
}

/// The caller of this number.
pub(crate) fn call(who: u8) -> CallId {
    CallId(Uuid::from_u128(u128::from(who) + 1))
}

pub(crate) fn parsed(number: &str) -> Parsed {
    Parsed {
        raw: number.into(),
        e164: number.to_owned().try_into().ok(),
        kind: Kind::Unknown,
    }
}
