//! How long callers wait, not on average but each: the queue of `gudok-acd`, lived through by millions of callers, has the
//! distribution that the theory says, where what the theory supposes is so (callers at random, talks and patience of
//! exponential length, somebody who is free takes the call at once).
#![cfg(test)]
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_acd::{Acd, Input, Output};
use gudok_model::{
    Actor, AutoAnswer, CallId, GroupSettings, Mono, Now, OperatorId, OperatorProfile,
    QueueSettings, SessionId, Strategy, Wall,
};
use uuid::Uuid;

/// Callers of a run. So many that chance is well below what is asked for.
const CALLERS: usize = 2_000_000;
/// The queue has forgotten by then that it began empty.
const FORGOTTEN: usize = 10_000;
/// Parts of a run by whose difference chance is judged.
const PARTS: usize = 30;

/// What is asked for: of the share itself.
const NEAR: f64 = 0.02;
/// Chance may make a third of it.
const ERROR_MAX: f64 = NEAR / 3.0;

/// Seconds a caller waits at least.
const GRID: [f64; 7] = [0.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0];

/// Callers, operators and how they are; means in seconds.
#[derive(Clone, Copy)]
struct Model {
    operators: u32,
    between: f64,
    talk: f64,
    patience: Option<f64>,
}

/// Seven in ten of the operators' time is used, and nobody gives up.
#[test]
fn waits_are_those_of_erlang_c() {
    let model = Model {
        operators: 6,
        between: 180.0 / 4.2,
        talk: 180.0,
        patience: None,
    };
    holds("Erlang C", model, |secs| erlang_c(model, secs));
}

/// More callers than can be served: whoever waits too long gives up.
#[test]
fn waits_are_those_of_erlang_a() {
    let model = Model {
        operators: 6,
        between: 180.0 / 6.6,
        talk: 180.0,
        patience: Some(120.0),
    };
    holds("Erlang A", model, |secs| erlang_a(model, secs));
}

fn holds(name: &str, model: Model, theory: impl Fn(f64) -> f64) {
    let waits = Line::new(model).live();
    for secs in GRID {
        let (said, (lived, error)) = (theory(secs), share(&waits, secs));
        println!("{name}: P(W > {secs:>2} s) {said:.5}, lived {lived:.5} ± {error:.5}");
        assert!(
            error <= ERROR_MAX * said,
            "{name}: too few callers for {secs} s"
        );
        let off = (lived - said).abs();
        assert!(
            off <= NEAR * said,
            "{name}: P(W > {secs} s) is {lived}, not {said}"
        );
    }
}

/// The share of those who waited longer, and its standard error, as the parts differ.
fn share(waits: &[Duration], secs: f64) -> (f64, f64) {
    let longer = |part: &[Duration]| {
        let longer = part.iter().filter(|wait| wait.as_secs_f64() > secs).count();
        longer as f64 / part.len() as f64
    };
    let parts: Vec<f64> = waits
        .chunks_exact(waits.len() / PARTS)
        .map(longer)
        .collect();
    let count = parts.len() as f64;
    let mean = parts.iter().sum::<f64>() / count;
    let squares: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
    (mean, (squares / (count * (count - 1.0))).sqrt())
}

/// `C(n, a) · exp(-(nμ - λ) t)` (Erlang 1917), by its sum.
fn erlang_c(model: Model, secs: f64) -> f64 {
    let Model {
        operators,
        between,
        talk,
        ..
    } = model;
    let (load, count) = (talk / between, f64::from(operators));
    let all = count / (count - load);
    let busy = all / (all + below(model));
    busy * (-(count / talk - 1.0 / between) * secs).exp()
}

/// `P(W > t) = e^(-θt) · λJ(t) / (E + λJ(0))`, `J(t) = ∫ exp(λ(1 - e^(-θx))/θ - nμx) dx` from t on (Zeltyn and Mandelbaum
/// 2005, §5), by Simpson's rule; `E` is [`below`] with one operator less.
fn erlang_a(model: Model, secs: f64) -> f64 {
    let patience = model.patience.expect("somebody gives up");
    let (arrivals, leaving) = (1.0 / model.between, 1.0 / patience);
    let ends = f64::from(model.operators) / model.talk;
    let under = |x: f64| (arrivals * (1.0 - (-leaving * x).exp()) / leaving - ends * x).exp();
    let from = |begin: f64| {
        // By then it is nothing.
        let (end, steps) = (begin + 60.0 / ends, 20_000);
        let step = (end - begin) / f64::from(steps);
        let inner = (1..steps).map(|at| {
            let weight = if at % 2 == 1 { 4.0 } else { 2.0 };
            weight * under(begin + f64::from(at) * step)
        });
        (under(begin) + under(end) + inner.sum::<f64>()) * step / 3.0
    };
    let load = model.talk / model.between;
    // `below` is taken to the last of all operators, and here to the one before.
    let free = below(model) * load / f64::from(model.operators);
    (-leaving * secs).exp() * arrivals * from(secs) / (free + arrivals * from(0.0))
}

/// The states with somebody free beside the one where all talk and nobody waits: `Σ (a^j / j!) / (a^n / n!)`, j < n.
fn below(model: Model) -> f64 {
    let load = model.talk / model.between;
    let (mut sum, mut term) = (0.0, 1.0);
    for talking in (1..=model.operators).rev() {
        term *= f64::from(talking) / load;
        sum += term;
    }
    sum
}

/// What happens by itself.
enum Event {
    Comes,
    GivesUp(CallId),
    HangsUp(OperatorId, CallId),
}

struct Line {
    model: Model,
    acd: Acd,
    now: Mono,
    agenda: BTreeMap<(Mono, u64), Event>,
    since: BTreeMap<CallId, Mono>,
    planned: u64,
    waits: Vec<Duration>,
    chance: u64,
}

impl Line {
    fn new(model: Model) -> Self {
        let mut line = Self {
            model,
            acd: Acd::new(),
            now: Mono(0),
            agenda: BTreeMap::new(),
            since: BTreeMap::new(),
            planned: 0,
            waits: Vec::with_capacity(CALLERS),
            chance: 1,
        };
        line.open();
        line.then(model.between, Event::Comes);
        line
    }

    fn open(&mut self) {
        let operators: Vec<OperatorId> = (0..self.model.operators)
            .map(|who| OperatorId::new(who.to_string()))
            .collect();
        let profiles = operators.iter().map(|id| OperatorProfile {
            id: id.clone(),
            name: String::new(),
            project: "theory".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: true,
            phone: None,
            role: gudok_model::Role::Operator,
        });
        self.tell(Input::Operators(profiles.collect()));
        let group = GroupSettings {
            strategy: Strategy::LongestIdle,
            ring: Duration::from_secs(20),
            wrap_up: Duration::ZERO,
            reject_delay: Duration::ZERO,
            misses_max: 0,
            refuse_memory: Duration::ZERO,
            ..GroupSettings::usual("all".into(), operators.clone())
        };
        let queue = QueueSettings {
            callers_max: u32::MAX,
            ..QueueSettings::usual("line".into(), "all".into())
        };
        self.tell(Input::Configured {
            groups: vec![group],
            queues: vec![queue],
            skills: Vec::new(),
        });
        for operator in operators {
            let (live, session) = (true, SessionId(1));
            self.tell(Input::Phone {
                operator: operator.clone(),
                live,
            });
            self.tell(Input::Login {
                operator: operator.clone(),
                session,
            });
            let actor = Actor::Operator(operator.clone());
            self.tell(Input::Ready { operator, actor });
        }
    }

    /// How long each of the callers waited, in the order in which their waits were over.
    fn live(mut self) -> Vec<Duration> {
        while self.waits.len() < FORGOTTEN + CALLERS {
            let ((at, _), event) = self.agenda.pop_first().expect("somebody always comes");
            self.now = at;
            match event {
                Event::Comes => self.comes(),
                Event::GivesUp(call) if self.since.contains_key(&call) => {
                    self.waited(call);
                    self.tell(Input::Gone { call });
                }
                Event::GivesUp(_) => {}
                Event::HangsUp(operator, call) => self.tell(Input::TalkEnded { operator, call }),
            }
        }
        self.waits.split_off(FORGOTTEN)
    }

    fn comes(&mut self) {
        self.then(self.model.between, Event::Comes);
        let call = CallId(Uuid::from_u128(u128::from(self.planned)));
        self.since.insert(call, self.now);
        if let Some(patience) = self.model.patience {
            self.then(patience, Event::GivesUp(call));
        }
        self.tell(Input::Queued {
            call,
            queue: "line".into(),
            priority: 5,
            since: self.now,
            deadline: Mono(u64::MAX),
            leave_empty: false,
            first: Vec::new(),
            sticky: None,
            resumed: false,
            stays: false,
            promised: false,
            needs: gudok_model::Needs::new(),
        });
    }

    fn waited(&mut self, call: CallId) {
        let since = self.since.remove(&call).expect("they came");
        self.waits.push(self.now.since(since));
    }

    /// Tells it; whoever is rung takes the call at once.
    fn tell(&mut self, input: Input) {
        self.acd.handle_input(self.moment(), input);
        while let Some(output) = self.acd.poll_output() {
            match output {
                Output::Offer { offer, .. } => {
                    let answered = Input::Answered { offer };
                    self.acd.handle_input(self.moment(), answered);
                }
                Output::Won { offer, operator } => {
                    self.waited(offer.call);
                    self.then(self.model.talk, Event::HangsUp(operator, offer.call));
                }
                _ => {}
            }
        }
    }

    fn moment(&self) -> Now {
        Now {
            mono: self.now,
            wall: Wall(0),
        }
    }

    /// After so many seconds on average, exponentially distributed.
    fn then(&mut self, mean: f64, event: Event) {
        let after = Duration::from_secs_f64(-mean * self.unit().ln());
        self.planned += 1;
        self.agenda.insert((self.now + after, self.planned), event);
    }

    /// Above zero and at most one: splitmix64 (Steele, Lea and Flood 2014).
    fn unit(&mut self) -> f64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((z >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}
