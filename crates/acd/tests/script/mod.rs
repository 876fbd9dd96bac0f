//! A script of a shift in, its log out. The one place that touches the API of the ACD.
//!
//! ```text
//! group g longest_idle 7 8 ring=20 wrap=30 cooldown=5 misses=2 memory=60
//! queue q g weight=1 max=100 aging=30 relax=20:second,45:third needs=english:3
//! skill english 7=3 8=1@600
//! phone_only 9
//! break lunch max=60 keep=1
//! cap novices 7 calls=2 talk=600 until=3000
//! 0   ready 7            seconds, verb, arguments; `ready` logs in first where needed
//! 5   queued 1 q prio=5 wait=300 leave_empty since=0 needs=english:3
//! 6   named 2 7
//! 7   empty q leave=logged_out,paused
//! 8   expect q on
//! 9   closed q on
//! 300 end
//! ```
#![expect(clippy::unwrap_used, reason = "a script with a typo is a failed test")]
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use gudok_acd::{Acd, Input, Output, Sticky};
use gudok_model::{
    Actor, AttemptId, AutoAnswer, BreakRule, CallId, CapSettings, Expiry, Forced, GroupSettings,
    Mono, Needs, Now, OfferId, OperatorId, OperatorProfile, QueueSettings, Relax, SessionId, Shift,
    SkillSettings, Strategy, Wall, WhenEmpty,
};
use uuid::Uuid;

/// Plays the script and returns the log.
pub(crate) fn run(script: &str) -> String {
    let mut stage = Stage::default();
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        stage.line(line);
    }
    stage.advance(stage.now.mono, true);
    stage.log
}

/// Wall time is the time of the script plus this, so that the two cannot be confused.
const WALL_AT_START: i64 = 1_000_000_000_000_000;

#[derive(Default)]
struct Stage {
    acd: Acd,
    now: Now,
    groups: Vec<GroupSettings>,
    queues: Vec<QueueSettings>,
    skills: Vec<SkillSettings>,
    phone_only: Vec<OperatorId>,
    caps: Vec<CapSettings>,
    breaks: Vec<BreakRule>,
    configured: bool,
    sessions: u64,
    seats: BTreeMap<OperatorId, SessionId>,
    faces: BTreeMap<OperatorId, String>,
    log: String,
    left: Vec<(OperatorId, Shift)>,
}

impl Stage {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[0] {
            "group" => self.groups.push(group(&words[1..])),
            "queue" => self.queues.push(queue(&words[1..])),
            "break" => self.breaks.push(rule(&words[1..])),
            "skill" => self.skills.push(skill(&words[1..])),
            "cap" => self.caps.push(cap(&words[1..])),
            "phone_only" => self
                .phone_only
                .extend(words[1..].iter().map(|id| (*id).into())),
            time => {
                self.advance(at(time), false);
                if !self.configured {
                    self.configure();
                }
                self.act(&words[1..]);
            }
        }
    }

    fn configure(&mut self) {
        if self.groups.is_empty() {
            self.groups
                .push(group(&["g", "longest_idle", "7", "8", "9"]));
        }
        if self.queues.is_empty() {
            self.queues.push(queue(&["q", "g"]));
        }
        self.configured = true;
        let (groups, queues) = (
            std::mem::take(&mut self.groups),
            std::mem::take(&mut self.queues),
        );
        let mut ids: Vec<OperatorId> = groups.iter().flat_map(|it| it.operators.clone()).collect();
        ids.sort();
        ids.dedup();
        let phone_only = &self.phone_only;
        let profiles = ids
            .iter()
            .map(|id| profile(id, phone_only.contains(id)))
            .collect();
        self.input(Input::Operators(profiles));
        let skills = std::mem::take(&mut self.skills);
        self.input(Input::Configured {
            groups,
            queues,
            skills,
        });
        let breaks = std::mem::take(&mut self.breaks);
        self.input(Input::Breaks(breaks));
        let caps = std::mem::take(&mut self.caps);
        self.input(Input::Caps(caps));
        for operator in ids {
            if !self.faces.contains_key(&operator) {
                self.faces.insert(operator.clone(), "logged_out".into());
                self.input(Input::Phone {
                    operator,
                    live: true,
                });
            }
        }
        self.unsaid();
    }

    fn act(&mut self, words: &[&str]) {
        let who = || OperatorId::from(words[1]);
        let flag = |word: &str| words.get(2).is_some_and(|it| *it == word);
        match words[0] {
            "end" => {}
            "reload" => self.configure(),
            "drain" => self.input(Input::Drain),
            "empty" => self.empty(&words[1..]),
            "expect" => self.input(Input::Expected {
                queue: words[1].into(),
                on: flag("on"),
            }),
            "closed" => self.input(Input::Closed {
                queue: words[1].into(),
                on: flag("on"),
            }),
            "ready" => self.ready(who()),
            "login" => self.login(who()),
            "logout" => self.input(Input::Logout {
                operator: who(),
                actor: Actor::Operator(who()),
            }),
            "not_ready" => self.input(Input::NotReady {
                operator: who(),
                reason: words[2].into(),
                actor: words.get(3).map_or(Actor::Operator(who()), |it| actor(it)),
            }),
            "by" => self.by(words[1]),
            "force" => self.force(&words[1..]),
            "preview" => self.input(Input::Preview {
                operator: who(),
                attempt: attempt(words[2]),
                lasts: secs(words[3]),
            }),
            "skip" => self.input(Input::Skipped {
                operator: who(),
                attempt: attempt(words[2]),
            }),
            "dial" => self.input(Input::Dialling {
                operator: who(),
                attempt: attempt(words[2]),
                call: call(words[3]),
                hold_max: words
                    .get(4)
                    .and_then(|it| it.strip_prefix("hold="))
                    .map(secs),
            }),
            "dial_answered" => self.input(Input::DialAnswered {
                operator: who(),
                attempt: attempt(words[2]),
            }),
            "dial_ended" => self.input(Input::DialEnded {
                operator: who(),
                attempt: attempt(words[2]),
                wrap_up: secs(words[3]),
            }),
            "readied" => self.input(Input::Ready {
                operator: who(),
                actor: actor(words[2]),
            }),
            "phone" => self.input(Input::Phone {
                operator: who(),
                live: flag("up"),
            }),
            "desk" => {
                let seat = self.seats.get(&who()).copied().unwrap_or(SessionId(0));
                let named = words.get(3).and_then(|word| word.strip_prefix("session="));
                let session = named.map_or(seat, |id| SessionId(id.parse().unwrap()));
                self.input(Input::Desk {
                    operator: who(),
                    session,
                    live: flag("up"),
                });
            }
            "queued" => self.queued(&words[1..]),
            "named" => self.named(&words[1..]),
            "aside" => self.input(Input::Aside {
                call: call(words[1]),
            }),
            "gone" => self.input(Input::Gone {
                call: call(words[1]),
            }),
            "ringing" => self.input(Input::Alerting {
                offer: offer(words[1]),
            }),
            "answer" => self.input(Input::Answered {
                offer: offer(words[1]),
            }),
            "reject" => self.input(Input::Rejected {
                offer: offer(words[1]),
            }),
            "redirect" => {
                self.input(Input::Redirected {
                    offer: offer(words[1]),
                    to: OperatorId::from(words[2]),
                });
                self.input(Input::Rejected {
                    offer: offer(words[1]),
                });
            }
            "unanswered" => self.input(Input::Unanswered {
                offer: offer(words[1]),
            }),
            "device_failed" => self.input(Input::DeviceFailed {
                offer: offer(words[1]),
            }),
            "hold" => self.input(Input::Held {
                operator: who(),
                on: true,
            }),
            "resume" => self.input(Input::Held {
                operator: who(),
                on: false,
            }),
            "ended" => self.input(Input::TalkEnded {
                operator: who(),
                call: call(words[2]),
            }),
            "in_vain" => self.input(Input::InVain {
                operator: who(),
                call: call(words[2]),
                at_most: Duration::ZERO,
            }),
            "joined" => self.input(Input::Joined {
                call: call(words[1]),
                operator: words[2].into(),
            }),
            "conferring" => self.input(Input::Conferring {
                operator: who(),
                on: flag("on"),
            }),
            "consulting" => self.input(Input::Consulting {
                operator: who(),
                on: flag("on"),
            }),
            "engaged" => self.input(Input::Engaged {
                operator: who(),
                call: call(words[3]),
                on: flag("on"),
            }),
            "disposed" | "done" => {
                let done = words[0] == "done";
                self.input(Input::Disposed {
                    operator: who(),
                    call: call(words[2]),
                    done,
                });
            }
            "extend" => self.input(Input::Extend {
                operator: who(),
                by: secs(words[2]),
            }),
            "left" => self.input(Input::WrapUpResumed {
                operator: who(),
                call: call(words[2]),
                left: secs(words[3]),
                disposed: false,
            }),
            "reserve" => self.input(Input::Reserve {
                group: words[1].into(),
                on: flag("on"),
                actor: olga(),
            }),
            "regroup" => self.input(Input::Regroup {
                operator: who(),
                groups: words[2..].iter().map(|id| (*id).into()).collect(),
                actor: olga(),
            }),
            "serve" => self.input(Input::Serves {
                operator: who(),
                groups: words[2..].iter().map(|id| (*id).into()).collect(),
            }),
            "reprioritise" => self.input(Input::Reprioritise {
                call: call(words[1]),
                priority: words[2].parse().unwrap(),
                actor: olga(),
            }),
            "assign" => self.input(Input::Assign {
                call: call(words[1]),
                to: words[2].into(),
                actor: words
                    .get(3)
                    .map_or(olga(), |by| Actor::Operator((*by).into())),
            }),
            "explain" => self.explain(words[1]),
            "position" => {
                let text = format!(
                    "position of {} is {:?}",
                    words[1],
                    self.acd.position(call(words[1]))
                );
                self.say(&text);
            }
            "written" => self.written(words[1]),
            "shift" => self.shift(words[1]),
            "view" => self.view(words[1]),
            other => panic!("no such verb: {other}"),
        }
    }

    /// `empty q leave=logged_out,paused`
    fn empty(&mut self, words: &[&str]) {
        let mut rule = WhenEmpty::default();
        for (edge, names) in words[1..].iter().filter_map(|it| it.split_once('=')) {
            let names = names.split(',').filter(|name| !name.is_empty());
            let absent = |name| serde_json::from_value(serde_json::Value::from(name)).unwrap();
            match edge {
                "join" => rule.join = names.map(absent).collect(),
                _ => rule.leave = names.map(absent).collect(),
            }
        }
        let queues = BTreeMap::from([(words[0].into(), rule)]);
        self.input(Input::WhenEmpty { queues });
    }

    fn login(&mut self, operator: OperatorId) {
        let session = self.seat(&operator);
        self.input(Input::Login { operator, session });
    }

    fn ready(&mut self, operator: OperatorId) {
        if self
            .acd
            .operator(&operator)
            .is_some_and(|view| !view.logged_in)
        {
            let session = self.seat(&operator);
            self.acd.handle_input(
                self.now,
                Input::Login {
                    operator: operator.clone(),
                    session,
                },
            );
            self.unsaid();
        }
        let actor = Actor::Operator(operator.clone());
        self.input(Input::Ready { operator, actor });
    }

    /// `force 7 lunch supervisor:9`: ready, logged_out, wrap_up_over, or the reason of a break.
    fn force(&mut self, words: &[&str]) {
        let to = match words[1] {
            "ready" => Forced::Ready,
            "logged_out" => Forced::LoggedOut,
            "wrap_up_over" => Forced::WrapUpOver,
            reason => Forced::NotReady {
                reason: reason.into(),
            },
        };
        self.input(Input::Force {
            operator: words[0].into(),
            to,
            actor: actor(words[2]),
        });
    }

    /// Where the time of the session went: of the one in hand, or of the last that is over.
    fn shift(&mut self, id: &str) {
        let last = self.left.iter().rev().find(|(who, _)| who.as_str() == id);
        let now = self.acd.shift(&id.into(), self.now.mono);
        let shift = now.or_else(|| last.map(|(_, shift)| shift.clone()));
        let shift = shift.expect("the operator had a seat");
        let secs = |us: u64| us / 1_000_000;
        let states: Vec<String> = shift
            .states_us
            .iter()
            .map(|(state, us)| format!("{state} {}", secs(*us)))
            .collect();
        let sum: u64 = shift.states_us.values().sum();
        assert_eq!(sum, shift.length_us, "I5");
        let tally = shift.tally;
        self.say(&format!(
            "{id} sat {}s: {}; calls {} talk {}s misses {} rejects {} extensions {}",
            secs(shift.length_us),
            states.join(", "),
            tally.calls,
            secs(tally.talk_us),
            tally.misses,
            tally.rejects,
            tally.extensions
        ));
    }

    /// How the work after a talk stands.
    fn written(&mut self, id: &str) {
        let view = self.acd.operator(&id.into());
        let view = view.and_then(|view| view.wrap_up);
        let view = view.expect("the operator writes something up");
        let most = view.until_most.since(Wall(WALL_AT_START)).as_secs();
        let (extended, steps) = (view.extended.as_secs(), view.extensions);
        self.say(&format!(
            "{id} added {extended}s in {steps}, until {most} at most"
        ));
    }

    /// Who made them what they are.
    fn by(&mut self, id: &str) {
        let view = self.acd.operator(&id.into());
        let view = view.expect("the operator is in the script");
        self.say(&format!("{id} is {} by {}", view.display, view.actor));
    }

    fn seat(&mut self, operator: &OperatorId) -> SessionId {
        self.sessions += 1;
        self.seats
            .insert(operator.clone(), SessionId(self.sessions));
        SessionId(self.sessions)
    }

    fn queued(&mut self, words: &[&str]) {
        let option = |name: &str| {
            let mut options = words.iter().filter_map(|word| word.split_once('='));
            options
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let queue = words.get(1).filter(|word| {
            !word.contains('=') && !["leave_empty", "resumed", "promised"].contains(word)
        });
        self.input(Input::Queued {
            call: call(words[0]),
            queue: (*queue.unwrap_or(&"q")).into(),
            priority: option("prio").map_or(5, |it| it.parse().unwrap()),
            since: option("since").map_or(self.now.mono, at),
            deadline: option("until")
                .map_or(self.now.mono + secs(option("wait").unwrap_or("600")), at),
            leave_empty: words.contains(&"leave_empty"),
            first: option("first").map_or(Vec::new(), |it| it.split(',').map(Into::into).collect()),
            sticky: option("sticky")
                .and_then(|it| it.split_once(':'))
                .map(|it| Sticky {
                    operator: it.0.into(),
                    until: self.now.mono + secs(it.1),
                }),
            resumed: words.contains(&"resumed"),
            stays: words.contains(&"stays"),
            promised: words.contains(&"promised"),
            needs: option("needs").map_or_else(Needs::new, pairs),
        });
    }

    /// For one person alone, by the rules of `q`.
    fn named(&mut self, words: &[&str]) {
        self.input(Input::Named {
            call: call(words[0]),
            queue: "q".into(),
            since: self.now.mono,
            deadline: self.now.mono + secs("20"),
            operator: words[1].into(),
        });
    }

    fn explain(&mut self, id: &str) {
        for (operator, reason) in self.acd.explain(call(id)) {
            self.say(&format!(
                "{id} not to {operator}: {} ({})",
                reason.text, reason.code
            ));
        }
    }

    fn view(&mut self, id: &str) {
        let view = self
            .acd
            .queue(&id.into(), self.now.mono)
            .expect("the queue is in the script");
        self.say(&format!(
            "{id}: waiting {} logged_in {} ready {} longest {}s",
            view.waiting,
            view.logged_in,
            view.ready,
            view.longest_wait.as_secs()
        ));
    }

    fn input(&mut self, input: Input) {
        self.acd.handle_input(self.now, input);
        self.drain();
    }

    /// Fires timers up to `until`; those at that very instant only if `including`.
    fn advance(&mut self, until: Mono, including: bool) {
        while let Some(due) = self.acd.poll_timeout() {
            if due > until || (due == until && !including) {
                break;
            }
            self.set_clock(due);
            self.acd.handle_timeout(self.now);
            self.drain();
        }
        self.set_clock(until);
    }

    fn set_clock(&mut self, mono: Mono) {
        let wall = Wall(WALL_AT_START + i64::try_from(mono.0).unwrap());
        self.now = Now { mono, wall };
    }

    fn drain(&mut self) {
        while let Some(output) = self.acd.poll_output() {
            if let Some(text) = self.word(output) {
                self.say(&text);
            }
        }
        if let Err(broken) = self.acd.check_invariants() {
            panic!("{broken}\n{}", self.log);
        }
    }

    fn unsaid(&mut self) {
        while let Some(output) = self.acd.poll_output() {
            if let Output::StateChanged { operator } = output {
                self.face(operator);
            }
        }
    }

    fn say(&mut self, text: &str) {
        let at = self.now.mono.since(Mono::default()).as_secs_f64();
        writeln!(self.log, "{at:>5} {text}").unwrap();
    }

    fn word(&mut self, output: Output) -> Option<String> {
        Some(match output {
            Output::Offer {
                offer,
                operator,
                attempt,
                ring_deadline,
                reasons,
                ..
            } => {
                let until = ring_deadline.since(Mono::default()).as_secs_f64();
                let why: Vec<&str> = reasons.iter().map(|reason| &*reason.code).collect();
                let offer = show(offer);
                format!(
                    "offer {offer} to {operator}, try {attempt}, until {until}: {}",
                    why.join(", ")
                )
            }
            Output::Joined { offer, operator } => {
                format!("joined {} by {operator}", show(offer))
            }
            Output::Won { offer, operator } => format!("won {} by {operator}", show(offer)),
            Output::OfferClosed {
                offer,
                operator,
                end,
                revoked,
            } => {
                let why = revoked.map_or(String::new(), |why| format!(" ({why:?})"));
                format!("closed {} at {operator}: {end:?}{why}", show(offer))
            }
            Output::Relaxed {
                call, queue, rung, ..
            } => format!("{} comes to step {rung} of {queue}", call.0.as_u128()),
            Output::WaitEnded { call, why } => format!("{} leaves: {why:?}", call.0.as_u128()),
            Output::StateChanged { operator } => return self.face(operator),
            Output::WrapUpEnded {
                operator,
                call,
                took,
                disposed,
            } => format!(
                "wrap-up of {} by {operator} took {}s{}",
                call.0.as_u128(),
                took.as_secs_f64(),
                if disposed { ", disposed" } else { "" }
            ),
            Output::SessionReplaced { operator, session } => {
                format!("session {} of {operator} is over", session.0)
            }
            Output::ByHand { what, actor } => format!("{actor}: {what:?}"),
            Output::Rejected { code, actual } => match actual {
                Some(actual) => format!("refused: {code} ({actual})"),
                None => format!("refused: {code}"),
            },
            Output::PreviewEnded {
                operator,
                attempt,
                timed_out,
            } => {
                let how = if timed_out { "too long" } else { "skipped" };
                format!("{operator} looked at {}: {how}", attempt.0.as_u128())
            }
            Output::SatDown { .. } | Output::Counted { .. } | Output::MindChanged { .. } => {
                return None;
            }
            Output::Left { operator, shift } => {
                self.left.push((operator, shift));
                return None;
            }
            Output::TooLong { operator, what, .. } => format!("{operator}: {what}"),
            Output::Alarm { what, .. } => format!("alarm {what}"),
        })
    }

    /// `7: ready → talking`; nothing where only the version or the endpoint changed.
    fn face(&mut self, operator: OperatorId) -> Option<String> {
        let face = self
            .acd
            .operator(&operator)
            .map_or("gone".to_owned(), |view| {
                let reason = view
                    .reason
                    .map_or(String::new(), |reason| format!("({reason})"));
                let next = view
                    .next
                    .map_or(String::new(), |next| format!(", then {next}"));
                format!("{}{reason}{next}", view.display)
            });
        let before = self
            .faces
            .insert(operator.clone(), face.clone())
            .unwrap_or_default();
        (before != face).then(|| format!("{operator}: {before} → {face}"))
    }
}

/// Who does things by hand.
fn olga() -> Actor {
    Actor::Supervisor("olga".into())
}

fn at(seconds: &str) -> Mono {
    Mono::default() + secs(seconds)
}

/// `supervisor:9`, `policy:rona`, `admin:root`, `operator:8`.
fn actor(word: &str) -> Actor {
    match word.split_once(':') {
        Some(("supervisor", who)) => Actor::Supervisor(who.into()),
        Some(("admin", who)) => Actor::Admin(who.into()),
        Some(("policy", name)) => Actor::Policy(name.into()),
        Some(("operator", who)) => Actor::Operator(who.into()),
        _ => panic!("no such actor: {word}"),
    }
}

fn secs(seconds: &str) -> Duration {
    Duration::from_secs_f64(seconds.parse().unwrap())
}

fn call(word: &str) -> CallId {
    CallId(Uuid::from_u128(word.parse().unwrap()))
}

fn attempt(word: &str) -> AttemptId {
    AttemptId(Uuid::from_u128(word.parse().unwrap()))
}

fn offer(word: &str) -> OfferId {
    let (id, index) = word.split_once('#').expect("an offer is call#index");
    OfferId {
        call: call(id),
        index: index.parse().unwrap(),
    }
}

fn show(offer: OfferId) -> String {
    format!("{}#{}", offer.call.0.as_u128(), offer.index)
}

fn profile(id: &OperatorId, phone_only: bool) -> OperatorProfile {
    OperatorProfile {
        id: id.clone(),
        name: id.to_string(),
        project: "test".into(),
        auto_answer: AutoAnswer::Off,
        phone_only,
        phone: None,
        role: gudok_model::Role::Operator,
    }
}

fn group(words: &[&str]) -> GroupSettings {
    let (options, members): (Vec<&str>, Vec<&str>) = words[2..]
        .iter()
        .copied()
        .partition(|word| word.contains('='));
    let members = members.into_iter().map(OperatorId::from).collect();
    let mut settings = GroupSettings::usual(words[0].into(), members);
    settings.strategy = strategy(words[1]);
    settings.wrap_up = secs("30");
    settings.misses_max = 0;
    for (key, value) in options.iter().filter_map(|option| option.split_once('=')) {
        match key {
            "ring" => settings.ring = secs(value),
            "wrap" => settings.wrap_up = secs(value),
            "cooldown" => settings.reject_delay = secs(value),
            "misses" => settings.misses_max = value.parse().unwrap(),
            "memory" => settings.refuse_memory = secs(value),
            "ring_max" => settings.ring_max = value.parse().unwrap(),
            "step" => settings.step = secs(value),
            "weights" => settings.weights = pairs(value),
            other => panic!("no such option: {other}"),
        }
    }
    settings
}

/// `lunch max=60 keep=1`.
fn rule(words: &[&str]) -> BreakRule {
    let mut rule = BreakRule {
        code: words[0].into(),
        max: None,
        keep_ready: 0,
    };
    for (key, value) in words[1..].iter().filter_map(|word| word.split_once('=')) {
        match key {
            "max" => rule.max = Some(secs(value)),
            "keep" => rule.keep_ready = value.parse().unwrap(),
            other => panic!("no such option: {other}"),
        }
    }
    rule
}

fn strategy(word: &str) -> Strategy {
    serde_json::from_str(&format!("{word:?}")).expect("a strategy")
}

fn queue(words: &[&str]) -> QueueSettings {
    let mut settings = QueueSettings::usual(words[0].into(), words[1].into());
    settings.weight = 1;
    settings.preempt = words.contains(&"preempt");
    for (key, value) in words[2..]
        .iter()
        .filter_map(|option| option.split_once('='))
    {
        match key {
            "weight" => settings.weight = value.parse().unwrap(),
            "max" => settings.callers_max = value.parse().unwrap(),
            "aging" => settings.aging = Some(secs(value)),
            "wrap" => settings.wrap_up = Some(secs(value)),
            "wrap_max" => settings.wrap_up_max = Some(secs(value)),
            "hold" => settings.hold_max = Some(secs(value)),
            "aging_max" => settings.aging_max = value.parse().unwrap(),
            "max_starve" => settings.max_starve = secs(value),
            "relax" => settings.relax = value.split(',').map(rung).collect(),
            "needs" => settings.needs = pairs(value),
            other => panic!("no such option: {other}"),
        }
    }
    settings
}

/// `20:second`, `20:english:1`, `20:second:english:1`: from 20 s on.
fn rung(text: &str) -> Relax {
    let words: Vec<&str> = text.split(':').collect();
    let (group, need) = match words[1..] {
        [group] => (Some(group), None),
        [skill, level] => (None, Some((skill, level))),
        [group, skill, level] => (Some(group), Some((skill, level))),
        _ => panic!("a group, or a skill and a level"),
    };
    let need = need.map(|(skill, level)| (skill.into(), level.parse().unwrap()));
    Relax {
        after: secs(words[0]),
        group: group.map(Into::into),
        needs: Needs::from_iter(need),
    }
}

/// `7:3,8:1`.
fn pairs<K: for<'a> From<&'a str> + Ord>(text: &str) -> BTreeMap<K, u8> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once(':'));
    let pairs = pairs.map(|(key, value)| (K::from(key), value.parse().unwrap()));
    pairs.collect()
}

/// `novices 7 8 calls=2 talk=600 until=3000`: the end of the admission in seconds of the script.
fn cap(words: &[&str]) -> CapSettings {
    let option = |name| {
        let options = words.iter().filter_map(|word| word.split_once('='));
        let mut options = options.filter(|(key, _)| *key == name);
        options.next().map(|(_, value)| value)
    };
    let people = words[1..].iter().filter(|word| !word.contains('='));
    CapSettings {
        id: words[0].into(),
        operators: people.map(|id| (*id).into()).collect(),
        calls_per_hour: option("calls").map(|it| it.parse().unwrap()),
        talk_max: option("talk").map(secs),
        until: option("until").map(|it| Wall(WALL_AT_START) + secs(it)),
    }
}

/// `english 7=3 8=1`.
fn skill(words: &[&str]) -> SkillSettings {
    let mut skill = SkillSettings {
        id: words[0].into(),
        levels: BTreeMap::new(),
        until: BTreeMap::new(),
    };
    for (who, known) in words[1..].iter().filter_map(|word| word.split_once('=')) {
        let (level, until) = known.split_once('@').unwrap_or((known, ""));
        skill.levels.insert(who.into(), level.parse().unwrap());
        if !until.is_empty() {
            let end = Expiry {
                at: Wall(WALL_AT_START) + secs(until),
                day: format!("на {until}-й секунде").into(),
            };
            skill.until.insert(who.into(), end);
        }
    }
    skill
}
