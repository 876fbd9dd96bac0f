//! What a step of the matcher costs, whom it picks, and what the literal algorithm costs that walks over members and callers.
//!
//! Two hours of the floor: everybody talks and callers wait (whoever becomes free takes the most urgent of them), and
//! everybody is free (whoever comes is offered to the member who has been idle longest). A step is one input with all that
//! comes out; a round is a hang-up, an offer, its ringing and answer, and somebody who comes: four steps. The literal
//! algorithm only picks, lives through the same rounds at first, and must have picked the same.
//!
//! The same with callers who need something of their own, in queues that let go of those for whom nobody knows enough, and with
//! limits of everybody ([`Mix`]).
//!
//! `cargo bench -p gudok-acd --bench matcher`, and with `-- needs` the rows of one mix alone.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use gudok_acd::{Acd, Input, Output};
use gudok_model::{
    Absence, Actor, AutoAnswer, CallId, CapSettings, GroupId, GroupSettings, Mono, Needs, Now,
    OfferId, OperatorId, OperatorProfile, QueueId, QueueSettings, SessionId, SkillId,
    SkillSettings, Strategy, WhenEmpty,
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
    mix: Mix,
}

/// What makes it harder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mix {
    /// Nothing.
    Plain,
    /// Every fifth caller needs one of [`KINDS`] things.
    Needs,
    /// Every caller needs another thing: a queue keeps apart as many as it may, and asks for the others as for anybody.
    Different,
    /// As [`Self::Needs`], and queues let go of those for whom nobody knows enough.
    BelowSkill,
    /// Everybody has a limit of calls an hour and of talk a shift, which none reaches.
    Limits,
}

impl Mix {
    const ALL: [(&'static str, Self); 5] = [
        ("plain", Self::Plain),
        ("needs", Self::Needs),
        ("different", Self::Different),
        ("below_skill", Self::BelowSkill),
        ("limits", Self::Limits),
    ];

    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, mix)| *mix == self);
        found.expect("all of them are there").0
    }

    /// What a caller needs; None: nothing of their own.
    fn kind(self, call: u64) -> Option<usize> {
        match self {
            Self::Plain | Self::Limits => None,
            Self::Needs | Self::BelowSkill => {
                (call.is_multiple_of(5)).then_some((call / 5) as usize % KINDS)
            }
            Self::Different => Some(call as usize),
        }
    }
}

/// Different needs of their own.
const KINDS: usize = 30;
/// So many a queue keeps apart.
const KEPT_APART: usize = 32;
/// Skills of which each operator lacks one.
const SPECIAL: usize = 4;
/// Skills that everybody has at the highest level: their levels make one need another.
const COMMON: u32 = 7;

fn main() {
    let only = std::env::args().skip(1).find(|it| !it.starts_with('-'));
    println!(
        "| mix | operators | in a group | waiting | queues | hour | p50 | p99 | p99.9 | round | literal | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mixes = Mix::ALL.into_iter();
    for (_, mix) in mixes.filter(|(name, _)| only.as_ref().is_none_or(|it| it == name)) {
        for times in [1, 3, 10] {
            rows(Size {
                operators: 1_000 * times,
                waiting: 5_000 * times,
                queues: 50 * times,
                members: 60,
                mix,
            });
        }
        // The growth that others feel: one group, longer and longer.
        for members in [400, 1_200, 4_000] {
            rows(Size {
                operators: members,
                waiting: 5_000,
                queues: 1,
                members,
                mix,
            });
        }
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
            mix,
        } = size;
        let mix = mix.name();
        let hour = if busy { "all talk" } else { "all free" };
        let waiting = if busy { waiting } else { 0 };
        let ratio = literal.as_secs_f64() / ours.as_secs_f64();
        println!(
            "| {mix} | {operators} | {members} | {waiting} | {queues} | {hour} | {p50:.1?} | {p99:.1?} | {p999:.1?} | {ours:.1?} | {literal:.1?} | {ratio:.1} |"
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
        if self.size.mix == Mix::BelowSkill {
            let rule = WhenEmpty {
                leave: [Absence::LoggedOut, Absence::BelowSkill].into(),
                ..WhenEmpty::default()
            };
            let queues =
                (0..self.size.queues).map(|at| (QueueId::new(name("q", at)), rule.clone()));
            self.tell(Input::WhenEmpty {
                queues: queues.collect(),
            });
        }
        let groups = (0..self.size.queues).map(|at| group(self.size, at));
        let queues = (0..self.size.queues).map(|at| QueueSettings {
            callers_max: u32::MAX,
            ..QueueSettings::usual(QueueId::new(name("q", at)), GroupId::new(name("g", at)))
        });
        self.tell(Input::Configured {
            groups: groups.collect(),
            queues: queues.collect(),
            skills: skills(self.size),
        });
        self.tell(Input::Caps(caps(self.size)));
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
            leave_empty: self.size.mix == Mix::BelowSkill,
            first: Vec::new(),
            sticky: None,
            resumed: false,
            stays: false,
            promised: false,
            needs: self
                .size
                .mix
                .kind(self.calls)
                .map_or_else(Needs::new, needs),
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
    mix: Mix,
    members: Vec<Vec<usize>>,
    /// What each queue keeps apart, as it met it.
    kinds: Vec<Vec<usize>>,
    /// Since when; None: talks.
    free: Vec<Option<u64>>,
    /// By when they came.
    waiting: Vec<(u64, usize, Option<usize>)>,
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
        let mut literal = Self {
            mix: size.mix,
            members: groups.collect(),
            kinds: vec![Vec::new(); size.queues],
            free,
            waiting: Vec::new(),
            steps: 0,
        };
        for call in 1..=floor.calls {
            literal.comes(call, floor.queue_of(call));
        }
        literal.waiting.retain(|(call, ..)| busy && !talks(call));
        literal
    }

    fn comes(&mut self, call: u64, queue: usize) {
        let kinds = &mut self.kinds[queue];
        let kept = self.mix.kind(call).filter(|kind| {
            let is_known = kinds.contains(kind);
            if !is_known && kinds.len() < KEPT_APART {
                kinds.push(*kind);
            }
            kinds.contains(kind)
        });
        self.waiting.push((call, queue, kept));
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
            Event::Comes { call, queue } => self.comes(call, queue),
        }
        self.pick()
    }

    fn pick(&mut self) -> Option<Picked> {
        let found = self
            .waiting
            .iter()
            .enumerate()
            .find_map(|(at, (_, queue, kind))| {
                let knows = |who: usize| kind.is_none_or(|kind| who % SPECIAL != kind % SPECIAL);
                let idle = |who: &usize| {
                    let since = self.free[*who].filter(|_| knows(*who))?;
                    Some((since, *who))
                };
                let (_, who) = self.members[*queue].iter().filter_map(idle).min()?;
                Some((at, who))
            });
        let (at, who) = found?;
        self.free[who] = None;
        Some((self.waiting.remove(at).0, who))
    }
}

/// Who is of the kind lacks what it needs; besides, a level of each common skill, so that no two kinds are one.
fn needs(kind: usize) -> Needs {
    let digit = |place: u32| kind / 9_usize.pow(place) % 9 + 1;
    let common = (0..COMMON).map(|place| (common(place), digit(place) as u8));
    common.chain([(special(kind % SPECIAL), 1)]).collect()
}

fn special(which: usize) -> SkillId {
    SkillId::from(name("s", which).as_str())
}

fn common(which: u32) -> SkillId {
    SkillId::from(name("c", which as usize).as_str())
}

fn skills(size: Size) -> Vec<SkillSettings> {
    if matches!(size.mix, Mix::Plain | Mix::Limits) {
        return Vec::new();
    }
    let skill = |id: SkillId, who: &dyn Fn(usize) -> bool| SkillSettings {
        id,
        levels: (0..size.operators)
            .filter(|it| who(*it))
            .map(|it| (operator(it), 9))
            .collect(),
        until: std::collections::BTreeMap::new(),
    };
    let lacks = |which| move |who: usize| who % SPECIAL != which;
    let special = (0..SPECIAL).map(|which| skill(special(which), &lacks(which)));
    let common = (0..COMMON).map(|which| skill(common(which), &|_| true));
    special.chain(common).collect()
}

fn caps(size: Size) -> Vec<CapSettings> {
    let cap = || CapSettings {
        id: "all".into(),
        operators: (0..size.operators).map(operator).collect(),
        calls_per_hour: Some(1_000),
        talk_max: Some(Duration::from_secs(86_400)),
        until: None,
    };
    (size.mix == Mix::Limits).then(cap).into_iter().collect()
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
