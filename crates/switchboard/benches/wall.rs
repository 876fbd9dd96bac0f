//! What a second of the walls costs, and what the plain way costs: each watcher's picture computed and written out whole.
//!
//! 50 queues, 1 000 operators, 5 000 who wait, five projects; four supervisors of each watch, and an admin. In the second between
//! two looks twenty callers come and twenty give up. What is written is text by `Debug`, for both alike: the wire's own form is of
//! another crate, and costs no more.
//!
//! Counted is the time on the processor (Linux), so that other work of the machine is not ours.
//!
//! `cargo bench --workspace --bench wall`
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::Source;
use gudok_model::{
    Actor, AutoAnswer, CallId, Caller, Dialled, EndCause, IdentitySource, LegId, Now, NumberRules,
    OperatorId, OperatorProfile, Presentation, ProjectId, Role, number::parse,
};
use gudok_switchboard::wall::{Teller, View};
use gudok_switchboard::{Config, Input, Switchboard, measured};
use uuid::Uuid;

const PROJECTS: usize = 5;
const QUEUES: usize = 50;
const OPERATORS: usize = 1_000;
const WAITING: u128 = 5_000;
/// Who watch each project.
const SUPERVISORS: usize = 4;
/// Who come, and who give up, in a second.
const MOVES: u128 = 20;
const SECONDS: usize = 41;

fn main() {
    let mut floor = Floor::new();
    let mut tellers: BTreeMap<View, Teller> = BTreeMap::new();
    let (mut ours, mut plain, mut told) = (Vec::new(), Vec::new(), 0);
    for _ in 0..SECONDS {
        floor.second();
        let begun = spent();
        told = floor.tick(&mut tellers);
        ours.push(spent() - begun);
        let begun = spent();
        floor.plainly();
        plain.push(spent() - begun);
    }
    // The first look tells everything.
    let (ours, plain) = (median(&mut ours), median(&mut plain));
    let ratio = plain.as_secs_f64() / ours.as_secs_f64();
    println!("| news of the last second | a second of the walls | plainly | ratio |");
    println!("|---|---|---|---|");
    println!("| {told} | {ours:.1?} | {plain:.1?} | {ratio:.1} |");
}

/// What this thread has had of a processor so far.
fn spent() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("it runs on Linux");
    let nanos = told
        .split_whitespace()
        .next()
        .and_then(|it| it.parse().ok());
    Duration::from_nanos(nanos.expect("nanoseconds come first"))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

struct Floor {
    board: Switchboard,
    now: Now,
    first: u128,
    next: u128,
    views: Vec<View>,
}

impl Floor {
    fn new() -> Self {
        let config = Config {
            calls_max: 20_000,
            ..Config::default()
        };
        let projects = (0..PROJECTS).map(|at| View::Project(ProjectId::new(name("p", at))));
        let mut floor = Self {
            board: Switchboard::new(config),
            now: Now::default(),
            first: 1,
            next: 1,
            views: projects.chain([View::All]).collect(),
        };
        let sources = [Source {
            name: "bench.toml".into(),
            text: plan(),
        }];
        let loaded = gudok_dialplan::load(&sources).expect("a plan");
        floor.board.set_plan(floor.now, Arc::new(loaded.plan));
        let operators = (0..OPERATORS).map(profile).collect();
        floor.tell(Input::Operators { operators });
        for who in 0..OPERATORS {
            let operator = operator(who);
            floor.tell(Input::Phone {
                operator: operator.clone(),
                live: true,
            });
            // They sit there and talk with nobody: so all who come wait.
            floor.tell(Input::Force {
                operator,
                to: gudok_model::Forced::NotReady {
                    reason: "LUNCH".into(),
                },
                actor: Actor::Admin("root".into()),
            });
        }
        (0..WAITING).for_each(|_| floor.comes());
        let picture = floor.board.picture(floor.now.wall, &View::All);
        let waiting: u32 = picture.queues.values().map(|it| it.waiting).sum();
        assert_eq!(u128::from(waiting), WAITING, "all of them wait");
        floor
    }

    fn tell(&mut self, input: Input) {
        self.board.handle_input(self.now, input);
        while self.board.poll_output().is_some() {}
    }

    fn comes(&mut self) {
        let id = self.next;
        self.next += 1;
        let number = |raw: &str| parse(raw, &NumberRules::default());
        let at = usize::try_from(id).unwrap_or(0) % QUEUES;
        let call = CallId(Uuid::from_u128(id));
        self.tell(Input::CallArrived {
            call,
            trunk: "carrier".into(),
            caller: Caller {
                number: number("+79160000001"),
                display: None,
                presentation: Presentation::Allowed,
                asserted_by: IdentitySource::From,
                region: None,
            },
            withheld: None,
            dialled: Dialled {
                number: number(&did(at)),
                found_in: IdentitySource::RequestUri,
            },
            sip_call_id: String::new(),
            session_id: None,
            brief: false,
            no_digits: false,
        });
        self.tell(Input::LegAnswered {
            leg: LegId::caller(call),
            session_id: None,
        });
    }

    fn second(&mut self) {
        self.now = self.now.plus(Duration::from_secs(1));
        self.board.handle_timeout(self.now);
        while self.board.poll_output().is_some() {}
        for _ in 0..MOVES {
            let call = CallId(Uuid::from_u128(self.first));
            self.first += 1;
            self.tell(Input::LegEnded {
                leg: LegId::caller(call),
                cause: EndCause::HungUp,
                said: None,
            });
            self.comes();
        }
    }

    /// As the driver does it: everything once, of which the alarms are measured; each view that is watched once, and its news written.
    fn tick(&self, tellers: &mut BTreeMap<View, Teller>) -> usize {
        let all = self.board.picture(self.now.wall, &View::All);
        let readings = measured::waits(self.now.wall, &all).len();
        let readings = readings + measured::too_long(self.now.wall, &all).len();
        std::hint::black_box(readings);
        let (mut told, mut text) = (0, String::new());
        let mut all = Some(all);
        for view in &self.views {
            let picture = match view {
                View::All => all.take().unwrap_or_default(),
                view => self.board.picture(self.now.wall, view),
            };
            let teller = tellers.entry(view.clone()).or_default();
            for news in teller.tell(self.now.mono, &picture) {
                write!(text, "{news:?}").expect("a string takes all");
                told += 1;
            }
        }
        std::hint::black_box(text);
        told
    }

    /// Every watcher by themselves, and all of it each time.
    fn plainly(&self) {
        for view in &self.views {
            let watchers = match view {
                View::All => 1,
                View::Project(_) => SUPERVISORS,
            };
            for _ in 0..watchers {
                let picture = self.board.picture(self.now.wall, view);
                std::hint::black_box(format!("{picture:?}"));
            }
        }
    }
}

fn plan() -> String {
    let mut text = String::from("[not_ready_reasons]\nLUNCH = \"Обед\"\n");
    for at in 0..QUEUES {
        let (did, project, each) = (did(at), name("p", at % PROJECTS), OPERATORS / QUEUES);
        let people = (at * each..(at + 1) * each).map(|who| format!("\"{}\"", name("o", who)));
        let people = people.collect::<Vec<_>>().join(", ");
        write!(
            text,
            r#"
[[number]]
did = "{did}"
project = "{project}"
record = "off"
flow = "f{at}"

[group.g{at}]
operators = [{people}]

[queue.q{at}]
group = "g{at}"
callers_max = 1000

[[flow.f{at}]]
queue = "q{at}"
wait = "60m"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"
on_no_operators = "sorry"
"#
        )
        .expect("a string takes all");
    }
    text + "\n[[flow.sorry]]\nclose = \"all_busy\"\nreason = \"nobody_came\"\n"
}

fn profile(who: usize) -> OperatorProfile {
    let queue = who / (OPERATORS / QUEUES);
    OperatorProfile {
        id: operator(who),
        name: format!("Оператор {who}"),
        project: ProjectId::new(name("p", queue % PROJECTS)),
        auto_answer: AutoAnswer::Off,
        phone_only: true,
        phone: None,
        role: Role::Operator,
    }
}

fn operator(who: usize) -> OperatorId {
    OperatorId::new(name("o", who))
}

fn did(at: usize) -> String {
    format!("+7800555{at:04}")
}

fn name(kind: &str, at: usize) -> String {
    format!("{kind}{at}")
}
