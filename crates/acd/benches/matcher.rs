//! What a step of the matcher costs, whom it picks, and what the literal algorithm costs that walks over members and callers.
//!
//! Two hours of the floor: everybody talks and callers wait (whoever becomes free takes the most urgent of them), and
//! everybody is free (whoever comes is offered to the member who has been idle longest). A step is one input with all that
//! comes out; a round is a hang-up, an offer, its ringing and answer, and somebody who comes: four steps. The literal
//! algorithm only picks, lives through the same rounds at first, and must have picked the same.
//!
//! `cargo bench -p gudok-acd`
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use gudok_acd::{Acd, Input, Output};
use gudok_model::{
    Actor, AutoAnswer, CallId, GroupId, GroupSettings, Mono, Now, OfferId, OperatorId,
    OperatorProfile, QueueId, QueueSettings, SessionId, Strategy,
};
use uuid::Uuid;

/// Times that somebody hangs up and somebody comes, in a pass.
const ROUNDS: usize = 5_000;
const PASSES: usize = 7;
/// The literal algorithm lives through so many before.
const LITERAL: usize = 300;

/// How large a floor is.
#[derive(Clone, Copy)]
struct Size {
    operators: usize,
    waiting: usize,
    queues: usize,
    members: usize,
}

fn main() {
    println!(
        "| operators | in a group | waiting | queues | hour | p50 | p99 | p99.9 | round | literal | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for times in [1, 3, 10] {
        rows(Size {
            operators: 1_000 * times,
            waiting: 5_000 * times,
            queues: 50 * times,
            members: 60,
        });
    }
    // The growth that others feel: one group, longer and longer.
    for members in [400, 1_200, 4_000] {
        rows(Size {
            operators: members,
            waiting: 5_000,
            queues: 1,
            members,
        });
    }
}

fn rows(size: Size) {
    for busy in [true, false] {
        let mut floor = Floor::new(size, busy);
        let mut literal = Literal::new(size, busy, &floor);
        let mut theirs = Vec::new();
        for _ in 0..LITERAL {
            let (picked, events) = floor.round();
            let begun = Instant::now();
            let same = literal.round(&events);
            theirs.push(begun.elapsed());
            assert_eq!(picked, same, "the two pick the same");
        }
        let passes: Vec<[Duration; 4]> = (0..PASSES).map(|_| floor.pass()).collect();
        // The middle of them: other work of the machine is not ours.
        let [p50, p99, p999, ours] = [0, 1, 2, 3].map(|which| {
            let mut of: Vec<Duration> = passes.iter().map(|pass| pass[which]).collect();
            quantiles(&mut of)[0]
        });
        let [literal, ..] = quantiles(&mut theirs);
        let Size {
            operators,
            waiting,
            queues,
            members,
        } = size;
        let hour = if busy { "all talk" } else { "all free" };
        let waiting = if busy { waiting } else { 0 };
        let ratio = literal.as_secs_f64() / ours.as_secs_f64();
        println!(
            "| {operators} | {members} | {waiting} | {queues} | {hour} | {p50:.1?} | {p99:.1?} | {p999:.1?} | {ours:.1?} | {literal:.1?} | {ratio:.1} |"
        );
    }
}

fn quantiles(times: &mut [Duration]) -> [Duration; 3] {
    times.sort_unstable();
    [500, 990, 999].map(|at| times[(times.len() - 1) * at / 1000])
}

/// What happens, by number.
#[derive(Clone, Copy)]
enum Event {
    Free(usize),
    Comes { call: u64, queue: usize },
}

/// Caller and operator.
type Picked = (u64, usize);

struct Floor {
    acd: Acd,
    now: Now,
    size: Size,
    busy: bool,
    calls: u64,
    /// Longest talk first.
    talking: VecDeque<Picked>,
    times: Vec<Duration>,
}

impl Floor {
    fn new(size: Size, busy: bool) -> Self {
        let mut floor = Self {
            acd: Acd::new(),
            now: Now::default(),
            size,
            busy,
            calls: 0,
            talking: VecDeque::new(),
            times: Vec::new(),
        };
        floor.open();
        if busy {
            // One for everybody, and then those who wait.
            for _ in 0..size.operators + size.waiting {
                floor.comes();
            }
        }
        floor
    }

    fn open(&mut self) {
        let profiles = (0..self.size.operators).map(|who| OperatorProfile {
            id: operator(who),
            name: String::new(),
            project: "bench".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: true,
            phone: None,
            role: gudok_model::Role::Operator,
        });
        self.tell(Input::Operators(profiles.collect()));
        let groups = (0..self.size.queues).map(|at| group(self.size, at));
        let queues = (0..self.size.queues).map(|at| QueueSettings {
            callers_max: u32::MAX,
            ..QueueSettings::usual(QueueId::new(name("q", at)), GroupId::new(name("g", at)))
        });
        self.tell(Input::Configured {
            groups: groups.collect(),
            queues: queues.collect(),
            skills: Vec::new(),
        });
        for who in 0..self.size.operators {
            let operator = || operator(who);
            self.tell(Input::Phone {
                operator: operator(),
                live: true,
            });
            self.tell(Input::Login {
                operator: operator(),
                session: SessionId(1),
            });
            self.tell(Input::Ready {
                operator: operator(),
                actor: Actor::Operator(operator()),
            });
        }
    }

    /// Quantiles of a step, and the median of a round.
    fn pass(&mut self) -> [Duration; 4] {
        let (mut steps, mut rounds) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            self.times.clear();
            self.round();
            rounds.push(self.times.iter().sum());
            steps.append(&mut self.times);
        }
        let [p50, p99, p999] = quantiles(&mut steps);
        [p50, p99, p999, quantiles(&mut rounds)[0]]
    }

    /// The longest talk ends, and where callers wait one more comes. Gives who was picked, and what happened.
    fn round(&mut self) -> (Vec<Picked>, Vec<Event>) {
        let (mut picked, mut events) = (Vec::new(), Vec::new());
        if !self.busy {
            picked.extend(self.comes_told(&mut events));
        }
        if let Some((call, who)) = self.talking.pop_front() {
            events.push(Event::Free(who));
            picked.extend(self.tell(Input::TalkEnded {
                operator: operator(who),
                call: id(call),
            }));
        }
        if self.busy {
            picked.extend(self.comes_told(&mut events));
        }
        (picked, events)
    }

    fn comes_told(&mut self, events: &mut Vec<Event>) -> Vec<Picked> {
        let picked = self.comes();
        events.push(Event::Comes {
            call: self.calls,
            queue: self.queue_of(self.calls),
        });
        picked
    }

    fn comes(&mut self) -> Vec<Picked> {
        self.calls += 1;
        self.tell(Input::Queued {
            call: id(self.calls),
            queue: QueueId::new(name("q", self.queue_of(self.calls))),
            priority: 5,
            since: self.now.mono,
            deadline: Mono(u64::MAX),
            leave_empty: false,
            first: Vec::new(),
            sticky: None,
            resumed: false,
            promised: false,
            needs: gudok_model::Needs::new(),
        })
    }

    fn queue_of(&self, call: u64) -> usize {
        (call as usize * 7) % self.size.queues
    }

    /// Tells it, and answers every phone that rings. Each input is a step.
    fn tell(&mut self, input: Input) -> Vec<Picked> {
        self.now = self.now.plus(Duration::from_millis(1));
        let mut offered = self.step(input);
        let mut picked = Vec::new();
        while let Some((offer, who)) = offered.pop() {
            picked.push((offer.call.0.as_u128() as u64, who));
            self.step(Input::Alerting { offer });
            offered.extend(self.step(Input::Answered { offer }));
        }
        self.talking.extend(&picked);
        picked
    }

    fn step(&mut self, input: Input) -> Vec<(OfferId, usize)> {
        let begun = Instant::now();
        self.acd.handle_input(self.now, input);
        let mut offered = Vec::new();
        while let Some(output) = self.acd.poll_output() {
            if let Output::Offer {
                offer, operator, ..
            } = output
            {
                offered.push((offer, operator));
            }
        }
        self.times.push(begun.elapsed());
        let number = |who: &OperatorId| who.as_str()[1..].parse().expect("a number");
        offered
            .iter()
            .map(|(offer, who)| (*offer, number(who)))
            .collect()
    }
}

/// The rule as it reads: the first caller for whom anybody is free, and of those the one who has been idle longest.
struct Literal {
    members: Vec<Vec<usize>>,
    /// Since when; None: talks.
    free: Vec<Option<u64>>,
    /// By when they came.
    waiting: Vec<(u64, usize)>,
    steps: u64,
}

impl Literal {
    /// As the other floor is now.
    fn new(size: Size, busy: bool, floor: &Floor) -> Self {
        let groups = (0..size.queues).map(|at| members(size, at).collect());
        let mut free: Vec<Option<u64>> = vec![Some(0); size.operators];
        for (_, who) in &floor.talking {
            free[*who] = None;
        }
        let talks = |call: &u64| floor.talking.iter().any(|(it, _)| it == call);
        let waiting = (1..=floor.calls).filter(|call| busy && !talks(call));
        Self {
            members: groups.collect(),
            free,
            waiting: waiting.map(|call| (call, floor.queue_of(call))).collect(),
            steps: 0,
        }
    }

    fn round(&mut self, events: &[Event]) -> Vec<Picked> {
        events
            .iter()
            .filter_map(|event| self.step(*event))
            .collect()
    }

    fn step(&mut self, event: Event) -> Option<Picked> {
        self.steps += 1;
        match event {
            Event::Free(who) => self.free[who] = Some(self.steps),
            Event::Comes { call, queue } => self.waiting.push((call, queue)),
        }
        self.pick()
    }

    fn pick(&mut self) -> Option<Picked> {
        let found = self
            .waiting
            .iter()
            .enumerate()
            .find_map(|(at, (_, queue))| {
                let idle = |who: &usize| self.free[*who].map(|since| (since, *who));
                let (_, who) = self.members[*queue].iter().filter_map(idle).min()?;
                Some((at, who))
            });
        let (at, who) = found?;
        self.free[who] = None;
        Some((self.waiting.remove(at).0, who))
    }
}

fn group(size: Size, at: usize) -> GroupSettings {
    GroupSettings {
        strategy: Strategy::LongestIdle,
        ring: Duration::from_secs(20),
        wrap_up: Duration::ZERO,
        reject_delay: Duration::from_secs(5),
        misses_max: 2,
        refuse_memory: Duration::ZERO,
        ..GroupSettings::usual(
            GroupId::new(name("g", at)),
            members(size, at).map(operator).collect(),
        )
    }
}

/// Groups overlap: each begins where a third of the one before is left behind.
fn members(size: Size, at: usize) -> impl Iterator<Item = usize> {
    let first = at * size.operators / size.queues;
    (0..size.members).map(move |member| (first + member) % size.operators)
}

/// So that the order of names is that of numbers.
fn name(kind: &str, at: usize) -> String {
    format!("{kind}{at:06}")
}

fn operator(who: usize) -> OperatorId {
    OperatorId::new(name("o", who))
}

fn id(call: u64) -> CallId {
    CallId(Uuid::from_u128(u128::from(call)))
}
