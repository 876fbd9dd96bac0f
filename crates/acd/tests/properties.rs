//! Whatever comes in, in whatever order: the invariants hold after every step, and the outputs alone
//! tell the whole state.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_acd::{Acd, Input, Output, Restored, Sticky, WrapUpBefore};
use gudok_model::{
    Absence, Actor, AttemptId, AutoAnswer, BreakRule, CallId, CapSettings, Expiry, Forced,
    GroupSettings, Mono, Needs, Now, OfferEnd, OfferId, OperatorId, OperatorProfile, QueueSettings,
    Relax, SessionId, Shift, SkillSettings, Strategy as Choosing, Tally, Wall, WhenEmpty,
};
use proptest::prelude::*;
use uuid::Uuid;

const OPERATORS: u8 = 5;
const CALLS: u8 = 6;
/// Ways to be set up.
const VARIANTS: u8 = 7;

/// One thing that happens. Small numbers: collisions are wanted.
#[derive(Clone, Debug)]
enum Step {
    Wait(u16),
    Input(Input),
    /// An input about an offer: the one this operator has in hand, or a stale one.
    Phone(u8, PhoneSays),
    /// The talk of the operator, if there is one, is over.
    TalkEnds(u8),
    /// It was none: nobody was reached, and the work after it is of so many seconds at most.
    InVain(u8, u64),
    /// The operator is kept for this caller, for whom they have in hand what they have.
    Kept(u8, u8),
    Disposed(u8, bool),
    /// A wrap-up of the run before.
    Resumed(u8, u64),
    /// Somebody who had a seat in the run before: ready or not, with a wish and with work of so many seconds or none.
    Restored(u8, bool, Option<u64>),
    Configured(u8),
}

#[derive(Clone, Copy, Debug)]
enum PhoneSays {
    Rings,
    Answers,
    Rejects,
    GivesUp,
    Fails,
}

fn operator(index: u8) -> OperatorId {
    OperatorId::from(["a", "b", "c", "d", "e"][usize::from(index % OPERATORS)])
}

fn call(index: u8) -> CallId {
    CallId(Uuid::from_u128(u128::from(index % CALLS)))
}

/// Three skills: everybody has another mix, `e` has none.
fn skills() -> Vec<SkillSettings> {
    let skill = |id: &str, levels: &[(u8, u8)]| SkillSettings {
        id: id.into(),
        levels: levels
            .iter()
            .map(|&(who, level)| (operator(who), level))
            .collect(),
        until: ends(levels),
    };
    vec![
        skill("english", &[(0, 5), (1, 2), (2, 1)]),
        skill("law", &[(1, 3), (3, 1)]),
        skill("gas", &[(0, 1), (3, 9)]),
    ]
}

/// Whoever knows it best does so for two minutes.
fn ends(levels: &[(u8, u8)]) -> BTreeMap<OperatorId, Expiry> {
    let best = levels.iter().max_by_key(|(_, level)| *level);
    let end = |(who, _): &(u8, u8)| {
        let (at, day) = (Wall(120_000_000), "01.01.1970".into());
        (operator(*who), Expiry { at, day })
    };
    best.map(end).into_iter().collect()
}

fn needs(list: &[(&str, u8)]) -> Needs {
    let need = |(skill, level): &(&str, u8)| ((*skill).into(), *level);
    list.iter().map(need).collect()
}

/// Ways to be set up: shared operators, weights, ladders, needs, phones that are taken, and each kind of strategy.
fn configured(variant: u8) -> Input {
    let group = |id: &str, members: &[u8], strategy, wrap_up| {
        let operators = members.iter().map(|&index| operator(index)).collect();
        let mut group = GroupSettings::usual(id.into(), operators);
        group.strategy = strategy;
        group.wrap_up = Duration::from_secs(wrap_up);
        group.misses_max = 2;
        group.weights = [(operator(1), 7), (operator(3), 2)].into();
        group.ring_max = 3;
        group
    };
    let relax = |after, group: Option<&str>, levels: &[(&str, u8)]| Relax {
        after: Duration::from_secs(after),
        group: group.map(Into::into),
        needs: needs(levels),
    };
    let queue = |id: &str, group: &str, weight, aging: Option<u64>| {
        let mut queue = QueueSettings::usual(id.into(), group.into());
        queue.weight = weight;
        queue.callers_max = 4;
        queue.aging = aging.map(Duration::from_secs);
        queue.wrap_up = (id == "q").then_some(Duration::from_secs(40));
        queue.wrap_up_max = (id == "q").then_some(Duration::from_secs(45));
        queue.hold_max = Some(Duration::from_secs(9));
        queue
    };
    let (groups, mut queues) = match variant % VARIANTS {
        0 => (
            vec![group("g", &[0, 1, 2, 3], Choosing::LongestIdle, 30)],
            vec![queue("p", "g", 1, None), queue("q", "g", 1, Some(10))],
        ),
        1 => (
            vec![
                group("g", &[0, 1, 2], Choosing::RoundRobin, 0),
                group("h", &[2, 3, 1, 4], Choosing::Linear, 20),
            ],
            vec![queue("p", "g", 1, Some(7)), queue("q", "h", 50, None)],
        ),
        2 => (
            vec![
                group("g", &[0, 1, 2, 3, 4], Choosing::RingAll, 10),
                group("h", &[2, 3], Choosing::LongestIdle, 15),
            ],
            vec![queue("p", "g", 9, None), queue("q", "h", 1, None)],
        ),
        3 => (
            vec![group("g", &[3, 1], Choosing::RingAll, 10)],
            vec![queue("p", "g", 1, None)],
        ),
        4 => (
            vec![
                group("g", &[0, 1, 2, 3], Choosing::FewestCalls, 10),
                group("h", &[1, 4], Choosing::LeastOccupied, 5),
            ],
            vec![queue("p", "g", 1, Some(10)), queue("q", "g", 3, None)],
        ),
        5 => (
            vec![
                group("g", &[4, 3, 2, 1, 0], Choosing::Progressive, 0),
                group("h", &[0, 1, 2], Choosing::WeightedRandom, 5),
            ],
            vec![queue("p", "g", 1, None), queue("q", "h", 2, Some(20))],
        ),
        _ => (
            vec![
                group("g", &[0, 1, 2], Choosing::Random, 10),
                group("h", &[1, 2, 3, 4], Choosing::LeastTalk, 0),
            ],
            vec![queue("p", "g", 1, None), queue("q", "h", 1, None)],
        ),
    };
    for queue in &mut queues {
        let is_first = queue.id.as_str() == "p";
        match variant % VARIANTS {
            1 | 2 if is_first => queue.relax = vec![relax(15, Some("h"), &[])],
            4 if is_first => {
                queue.needs = needs(&[("english", 4), ("gas", 1)]);
                queue.relax = vec![
                    relax(5, None, &[("english", 2)]),
                    relax(12, Some("h"), &[("gas", 0)]),
                    relax(20, None, &[("english", 0)]),
                ];
            }
            4 => queue.needs = needs(&[("law", 1)]),
            5 => {
                queue.preempt = true;
                queue.needs = match is_first {
                    true => needs(&[("english", 1)]),
                    false => Needs::new(),
                };
            }
            6 => {
                queue.preempt = is_first;
                queue.relax = vec![relax(10, is_first.then_some("h"), &[("law", 1)])];
                queue.needs = needs(&[("law", 3)]);
                queue.max_starve = Duration::from_secs(8);
                queue.aging_max = 6;
            }
            _ => {}
        }
    }
    Input::Configured {
        groups,
        queues,
        skills: skills(),
    }
}

/// Whoever may have a word in it, and who may not.
fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(Actor::Operator("a".into())),
        Just(Actor::Supervisor("e".into())),
        Just(Actor::Admin("root".into())),
        Just(Actor::Policy("phone_only".into())),
        Just(Actor::Policy("rona".into())),
    ]
}

/// What an operator's own calls come to.
fn dials(operator: OperatorId) -> impl Strategy<Value = Input> {
    (0u128..3, 0..CALLS, 0u8..5, 0u64..20).prop_map(move |(attempt, id, kind, secs)| {
        let (operator, attempt) = (operator.clone(), AttemptId(Uuid::from_u128(attempt)));
        let wrap_up = Duration::from_secs(secs);
        match kind {
            0 => Input::Preview {
                operator,
                attempt,
                lasts: wrap_up,
            },
            1 => Input::Skipped { operator, attempt },
            2 => Input::Dialling {
                operator,
                attempt,
                call: call(id),
                hold_max: (id % 2 == 0).then_some(wrap_up),
            },
            3 => Input::DialAnswered { operator, attempt },
            _ => Input::DialEnded {
                operator,
                attempt,
                wrap_up,
            },
        }
    })
}

fn forced() -> impl Strategy<Value = Forced> {
    prop_oneof![
        Just(Forced::Ready),
        Just(Forced::NotReady {
            reason: "lunch".into()
        }),
        Just(Forced::LoggedOut),
        Just(Forced::WrapUpOver),
    ]
}

/// What a caller needs besides the queue: mostly nothing.
fn own_needs() -> impl Strategy<Value = Needs> {
    prop_oneof![
        4 => Just(Needs::new()),
        1 => (1u8..6).prop_map(|level| needs(&[("english", level)])),
        1 => Just(needs(&[("law", 2), ("gas", 1)])),
    ]
}

/// A limit of some people, one bit each, in any of its parts; now and then none.
fn caps() -> impl Strategy<Value = Input> {
    let parts = (
        0u8..1 << OPERATORS,
        prop::option::of(1u32..4),
        prop::option::of(1u64..60),
        prop::option::weighted(0.3, 1i64..200),
    );
    let rule = parts.prop_map(|(people, calls_per_hour, talk, until)| CapSettings {
        id: "some".into(),
        operators: (0..OPERATORS)
            .filter(|bit| people & (1 << bit) != 0)
            .map(operator)
            .collect(),
        calls_per_hour,
        talk_max: talk.map(Duration::from_secs),
        until: until.map(|secs| Wall(secs * 1_000_000)),
    });
    prop::collection::vec(rule, 0..3).prop_map(Input::Caps)
}

/// The absences of a rule of `p`, one bit each; who is logged out is absent in any case.
fn empty(join: u8, leave: u8) -> Input {
    let all = [
        Absence::Paused,
        Absence::InUse,
        Absence::Ringing,
        Absence::Unavailable,
        Absence::WrapUp,
        Absence::BelowSkill,
    ];
    let absences = |bits: u8| {
        let some = all
            .iter()
            .zip(0..)
            .filter(|(_, bit)| bits & (1 << bit) != 0);
        let some = some.map(|(absence, _)| *absence);
        some.chain([Absence::LoggedOut]).collect()
    };
    let rule = WhenEmpty {
        join: absences(join),
        leave: absences(leave),
    };
    let queues = BTreeMap::from([("p".into(), rule)]);
    Input::WhenEmpty { queues }
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..OPERATORS;
    let person = who.clone().prop_flat_map(|index| {
        let id = operator(index);
        let session = SessionId(u64::from(index));
        let own = Actor::Operator(id.clone());
        prop_oneof![
            4 => Just(Input::Login { operator: id.clone(), session }),
            1 => Just(Input::Login { operator: id.clone(), session: SessionId(77) }),
            8 => Just(Input::Ready { operator: id.clone(), actor: own.clone() }),
            1 => actor().prop_map({
                let operator = id.clone();
                move |actor| Input::Ready { operator: operator.clone(), actor }
            }),
            2 => actor().prop_map({
                let operator = id.clone();
                move |actor| Input::NotReady { operator: operator.clone(), reason: "lunch".into(), actor }
            }),
            1 => Just(Input::Logout { operator: id.clone(), actor: own }),
            2 => (actor(), forced()).prop_map({
                let operator = id.clone();
                move |(actor, to)| Input::Force { operator: operator.clone(), to, actor }
            }),
            3 => any::<bool>().prop_map({
                let operator = id.clone();
                move |live| Input::Desk { operator: operator.clone(), session, live }
            }),
            6 => prop::bool::weighted(0.8).prop_map({
                let operator = id.clone();
                move |live| Input::Phone { operator: operator.clone(), live }
            }),
            1 => any::<bool>().prop_map({
                let operator = id.clone();
                move |on| Input::Held { operator: operator.clone(), on }
            }),
            4 => dials(id.clone()),
            1 => Just(Input::Extend { operator: id, by: Duration::from_secs(7) }),
        ]
    });
    let caller = (
        0..CALLS,
        any::<bool>(),
        0u8..10,
        1u64..200,
        0u64..30,
        any::<bool>(),
        prop::collection::vec(0..OPERATORS, 0..4),
        prop::option::of((0..OPERATORS, 1u64..200)),
        own_needs(),
    );
    let queued = caller.prop_map(
        |(id, p, priority, wait, since, leave_empty, first, sticky, needs)| Input::Queued {
            call: call(id),
            queue: if p { "p".into() } else { "q".into() },
            priority,
            since: Mono(since * 1_000_000),
            deadline: Mono(wait * 1_000_000),
            leave_empty,
            first: first.into_iter().map(operator).collect(),
            sticky: sticky.map(|(who, until)| Sticky {
                operator: operator(who),
                until: Mono(until * 1_000_000),
            }),
            resumed: p && leave_empty,
            stays: priority == 4,
            promised: p && priority == 3,
            needs,
        },
    );
    let named = (0..CALLS, any::<bool>(), 0u64..30, 1u64..200, 0..OPERATORS).prop_map(
        |(id, p, since, until, who)| Input::Named {
            call: call(id),
            queue: if p { "p".into() } else { "q".into() },
            since: Mono(since * 1_000_000),
            deadline: Mono(until * 1_000_000),
            operator: operator(who),
        },
    );
    let says = prop_oneof![
        3 => Just(PhoneSays::Rings),
        4 => Just(PhoneSays::Answers),
        1 => Just(PhoneSays::Rejects),
        1 => Just(PhoneSays::GivesUp),
        1 => Just(PhoneSays::Fails),
    ];
    prop_oneof![
        3 => (0u16..400).prop_map(Step::Wait),
        8 => person.prop_map(Step::Input),
        6 => queued.prop_map(Step::Input),
        2 => named.prop_map(Step::Input),
        1 => (0..CALLS).prop_map(|id| Step::Input(Input::Gone { call: call(id) })),
        3 => (0..CALLS).prop_map(|id| Step::Input(Input::Aside { call: call(id) })),
        9 => (who.clone(), says).prop_map(|(who, says)| Step::Phone(who, says)),
        3 => who.clone().prop_map(Step::TalkEnds),
        1 => (who.clone(), 0u64..20).prop_map(|(who, at_most)| Step::InVain(who, at_most)),
        1 => (who.clone(), 0..CALLS).prop_map(|(who, id)| Step::Kept(who, id)),
        1 => caps().prop_map(Step::Input),
        2 => (0..CALLS, who.clone()).prop_map(|(id, who)| Step::Input(Input::Joined {
            call: call(id),
            operator: operator(who),
        })),
        1 => (0..CALLS, who.clone(), any::<bool>()).prop_map(|(id, who, on)| Step::Input(Input::Engaged {
            operator: operator(who),
            call: call(id),
            on,
        })),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, done)| Step::Disposed(who, done)),
        1 => (who.clone(), 0u64..40).prop_map(|(who, left)| Step::Resumed(who, left)),
        2 => (who, any::<bool>(), prop::option::of(0u64..40))
            .prop_map(|(who, takes, left)| Step::Restored(who, takes, left)),
        2 => by_hand().prop_map(Step::Input),
        1 => (0..VARIANTS).prop_map(Step::Configured),
        1 => (0u8..64, 0u8..64).prop_map(|(join, leave)| Step::Input(empty(join, leave))),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(p, on)| Step::Input(Input::Expected {
            queue: if p { "p".into() } else { "q".into() },
            on,
        })),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(p, on)| Step::Input(Input::Closed {
            queue: if p { "p".into() } else { "q".into() },
            on,
        })),
    ]
}

/// Somebody of the run before, who leaves or goes to lunch after the work they have.
fn restored(index: u8, takes: bool, left: Option<u64>, now: Now) -> Restored {
    let who = operator(index);
    let actor = Actor::Operator(who.clone());
    let next = if takes { "lunch" } else { "logged_out" };
    let wrap_up = left.map(|left| WrapUpBefore {
        call: call(index),
        since: Wall(now.wall.0 - 10_000_000),
        until: now.plus(Duration::from_secs(left)).wall,
        extended: Duration::from_secs(5),
        extensions: 1,
        extend_max: Duration::from_secs(30),
        disposed: false,
    });
    let session = SessionId(90 + u64::from(index));
    Restored {
        operator: who,
        session,
        not_ready: (!takes).then(|| "lunch".into()),
        next: wrap_up.map(|_| (next.into(), actor.clone())),
        actor,
        idle_since: now.mono - Duration::from_secs(3),
        misses: 1,
        cooldown_until: takes.then(|| now.mono + Duration::from_secs(2)),
        too_long_at: (!takes).then(|| now.plus(Duration::from_secs(4))),
        wrap_up,
        shift: Shift {
            session,
            length_us: 0,
            states_us: BTreeMap::new(),
            tally: Tally::default(),
        },
        chosen: takes.then(|| vec!["first".into()]),
    }
}

/// What a supervisor may do, and now and then somebody who may not.
fn by_hand() -> impl Strategy<Value = Input> {
    let actor = prop_oneof![
        9 => Just(Actor::Supervisor("olga".into())),
        1 => Just(Actor::Operator("a".into())),
    ];
    let group = prop_oneof![Just("g"), Just("h")];
    let groups = prop::collection::vec(group.clone(), 0..3);
    (
        0u8..5,
        actor,
        0..OPERATORS,
        0..CALLS,
        0u8..11,
        group,
        groups,
        any::<bool>(),
    )
        .prop_map(
            |(what, actor, who, id, priority, group, groups, on)| match what {
                0 => Input::Reserve {
                    group: group.into(),
                    on,
                    actor,
                },
                1 => Input::Regroup {
                    operator: operator(who),
                    groups: groups.into_iter().map(Into::into).collect(),
                    actor,
                },
                2 => Input::Reprioritise {
                    call: call(id),
                    priority,
                    actor,
                },
                3 => Input::Serves {
                    operator: operator(who),
                    groups: groups.into_iter().map(Into::into).collect(),
                },
                _ => Input::Assign {
                    call: call(id),
                    to: operator(who),
                    actor,
                },
            },
        )
}

/// Whether a limit alone keeps them from calls: they are as ready as they said.
fn is_bound(acd: &Acd, id: &OperatorId) -> bool {
    let capped = acd.operator(id).is_some_and(|view| view.capped.is_some());
    capped && acd.mind(id).is_some_and(|mind| mind.not_ready.is_none())
}

/// Whether a word that they are ready is refused: a limit binds them, and they have nothing in hand.
fn is_barred(acd: &Acd, id: &OperatorId) -> bool {
    let view = acd.operator(id);
    view.is_some_and(|view| view.capped.is_some() && &*view.display == "not_ready")
}

/// The state as somebody knows it who has seen the outputs and nothing else (I9).
#[derive(Default)]
struct Witness {
    offers: BTreeMap<OfferId, (OperatorId, Mono)>,
    closed: Vec<OfferId>,
    won: BTreeMap<CallId, OfferId>,
    shown: BTreeMap<OperatorId, String>,
    /// Who has a seat, and since when (I5).
    seats: BTreeMap<OperatorId, (SessionId, Mono)>,
    /// I6: whom a person made ready since they were last made not ready.
    willing: BTreeMap<OperatorId, bool>,
}

impl Witness {
    fn sees(&mut self, acd: &Acd, now: Now, output: Output) -> Result<(), TestCaseError> {
        match output {
            Output::Offer {
                offer,
                operator,
                expires,
                ring_deadline,
                ..
            } => {
                prop_assert!(!self.closed.contains(&offer), "{offer} is made twice");
                prop_assert!(ring_deadline < expires);
                let rung = self.offers.values().find(|(other, _)| *other == operator);
                prop_assert!(rung.is_none(), "I1: {operator} rings already");
                prop_assert!(
                    !self.won.contains_key(&offer.call),
                    "{} is talking",
                    offer.call
                );
                self.offers.insert(offer, (operator, expires));
            }
            Output::Joined { offer, operator } => {
                prop_assert!(!self.closed.contains(&offer), "{offer} is made twice");
                self.offers.insert(offer, (operator, now.mono));
                let former = self.won.insert(offer.call, offer);
                prop_assert!(former.is_none(), "I2: won twice");
            }
            Output::Won { offer, operator } => {
                prop_assert_eq!(self.offers.get(&offer).map(|it| &it.0), Some(&operator));
                prop_assert!(
                    self.won.insert(offer.call, offer).is_none(),
                    "I2: won twice"
                );
            }
            Output::OfferClosed {
                offer,
                operator,
                end,
                revoked,
            } => {
                prop_assert!((end == OfferEnd::Revoked) == revoked.is_some());
                let open = self.offers.remove(&offer);
                prop_assert_eq!(
                    open.as_ref().map(|it| &it.0),
                    Some(&operator),
                    "I3: closed twice"
                );
                let won = self.won.get(&offer.call) == Some(&offer);
                if won {
                    self.won.remove(&offer.call);
                    let ends = matches!(end, OfferEnd::BridgedEnded | OfferEnd::DeviceError);
                    prop_assert!(ends, "a talk ended as {end:?}");
                } else if let Some((_, expires)) = open {
                    prop_assert!(now.mono <= expires, "I3: closed after the lease");
                }
                self.closed.push(offer);
            }
            Output::SatDown { operator, session } => {
                let former = self.seats.insert(operator, (session, now.mono));
                prop_assert!(former.is_none(), "I5: two sessions at once");
            }
            Output::Left { operator, shift } => {
                let (session, since) = self.seats.remove(&operator).expect("they sat down");
                let length = now.mono.since(since).as_micros();
                prop_assert_eq!(shift.session, session);
                prop_assert_eq!(u128::from(shift.length_us), length, "I5: the session");
                let sum: u64 = shift.states_us.values().sum();
                prop_assert_eq!(sum, shift.length_us, "I5: the states");
            }
            Output::StateChanged { operator } => {
                let view = acd.operator(&operator).map(|view| view.display.to_string());
                let display = view.unwrap_or_default();
                if display == "ready" {
                    prop_assert!(
                        self.willing.get(&operator) == Some(&true),
                        "I6: nobody asked"
                    );
                }
                if display == "logged_out" || (display == "not_ready" && !is_bound(acd, &operator))
                {
                    self.willing.insert(operator.clone(), false);
                }
                self.shown.insert(operator, display);
            }
            Output::MindChanged { operator } => {
                let wants = acd.mind(&operator).map(|it| it.not_ready.is_none());
                if wants == Some(false) {
                    self.willing.insert(operator, false);
                }
            }
            Output::WrapUpEnded { .. }
            | Output::TooLong { .. }
            | Output::PreviewEnded { .. }
            | Output::Counted { .. }
            | Output::WaitEnded { .. }
            | Output::Relaxed { .. }
            | Output::ByHand { .. }
            | Output::SessionReplaced { .. }
            | Output::Rejected { .. }
            | Output::Alarm { .. } => {}
        }
        Ok(())
    }

    fn agrees(&self, acd: &Acd) -> Result<(), TestCaseError> {
        for id in acd.operators() {
            let view = acd.operator(id).expect("it was listed a moment ago");
            let shown = self.shown.get(id).map_or("logged_out", String::as_str);
            prop_assert_eq!(shown, &*view.display, "I5: {} changed without a word", id);
            let offered = self
                .offers
                .iter()
                .find(|(_, (who, _))| who == id)
                .map(|it| *it.0);
            prop_assert_eq!(offered, view.offer, "I9: {}", id);
        }
        Ok(())
    }
}

struct World {
    acd: Acd,
    now: Now,
    witness: Witness,
}

impl World {
    /// A floor set up in one of the ways; the first so many people sit there, ready.
    fn new(variant: u8, ready: u8) -> Self {
        let mut world = Self {
            acd: Acd::new(),
            now: Now::default(),
            witness: Witness::default(),
        };
        let profiles = (0..OPERATORS).map(|index| OperatorProfile {
            id: operator(index),
            name: String::new(),
            project: "test".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: index == 4,
            phone: None,
            role: gudok_model::Role::Operator,
        });
        world
            .acd
            .handle_input(world.now, Input::Operators(profiles.collect()));
        world.acd.handle_input(world.now, configured(variant));
        let lunch = BreakRule {
            code: "lunch".into(),
            max: Some(Duration::from_secs(25)),
            keep_ready: u32::from(variant % 2),
        };
        let breaks = Input::Breaks(vec![lunch]);
        world.acd.handle_input(world.now, breaks);
        for index in 0..ready {
            let (operator, session) = (operator(index), SessionId(u64::from(index)));
            let phone = Input::Phone {
                operator: operator.clone(),
                live: true,
            };
            let login = Input::Login {
                operator: operator.clone(),
                session,
            };
            let actor = Actor::Operator(operator.clone());
            for input in [phone, login, Input::Ready { operator, actor }] {
                world.input(input).expect("nothing has happened yet");
            }
        }
        world
    }

    fn play(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Wait(tenths) => {
                let until = self
                    .now
                    .plus(Duration::from_millis(u64::from(tenths) * 100));
                while let Some(due) = self.acd.poll_timeout().filter(|due| *due <= until.mono) {
                    let late = due.since(self.now.mono);
                    self.now = self.now.plus(late);
                    self.acd.handle_timeout(self.now);
                    self.check()?;
                    let next = self.acd.poll_timeout();
                    prop_assert!(next.is_none_or(|next| next > due), "a timer fires twice");
                }
                self.now = until;
                Ok(())
            }
            Step::Input(input) => self.input(input),
            Step::Configured(variant) => self.input(configured(variant)),
            Step::Phone(index, says) => self.phone_says(index, says),
            Step::TalkEnds(index) => {
                let operator = operator(index);
                let call = self.in_hand(&operator);
                self.input(Input::TalkEnded { operator, call })
            }
            Step::InVain(index, at_most) => {
                let operator = operator(index);
                let call = self.in_hand(&operator);
                self.input(Input::InVain {
                    operator,
                    call,
                    at_most: Duration::from_secs(at_most),
                })
            }
            Step::Kept(index, id) => {
                let operator = operator(index);
                let of = self.in_hand(&operator);
                self.input(Input::Kept {
                    operator,
                    call: call(id),
                    of,
                })
            }
            Step::Resumed(index, left) => self.input(Input::WrapUpResumed {
                operator: operator(index),
                call: call(index),
                left: Duration::from_secs(left),
                disposed: false,
            }),
            Step::Restored(index, takes, left) => {
                let person = restored(index, takes, left, self.now);
                self.comes_back(&person);
                let person = Box::new(person);
                self.input(Input::Restored { person })
            }
            Step::Disposed(index, done) => {
                let operator = operator(index);
                let call = self.in_hand(&operator);
                self.input(Input::Disposed {
                    operator,
                    call,
                    done,
                })
            }
        }
    }

    /// Who has no seat and nothing in hand has them again, and is as willing as they were.
    fn comes_back(&mut self, person: &Restored) {
        let who = &person.operator;
        let view = self.acd.operator(who);
        if view.is_some_and(|view| !view.logged_in && view.call.is_none()) {
            let seat = (person.session, self.now.mono);
            self.witness.seats.insert(who.clone(), seat);
            let willing = person.not_ready.is_none();
            self.witness.willing.insert(who.clone(), willing);
        }
    }

    fn in_hand(&self, operator: &OperatorId) -> CallId {
        self.acd
            .operator(operator)
            .and_then(|view| view.call)
            .unwrap_or(call(0))
    }

    fn phone_says(&mut self, index: u8, says: PhoneSays) -> Result<(), TestCaseError> {
        let in_hand = self
            .acd
            .operator(&operator(index))
            .and_then(|view| view.offer);
        let stale = OfferId {
            call: call(index),
            index: 1,
        };
        let offer = in_hand.unwrap_or(stale);
        self.input(match says {
            PhoneSays::Rings => Input::Alerting { offer },
            PhoneSays::Answers => Input::Answered { offer },
            PhoneSays::Rejects => Input::Rejected { offer },
            PhoneSays::GivesUp => Input::Unanswered { offer },
            PhoneSays::Fails => Input::DeviceFailed { offer },
        })
    }

    fn input(&mut self, input: Input) -> Result<(), TestCaseError> {
        let made_ready = match &input {
            Input::Ready { operator, actor } if actor.may_make_ready(operator) => Some(operator),
            Input::Force {
                operator,
                to: Forced::Ready,
                actor,
            } if actor.commands() => Some(operator),
            _ => None,
        };
        if let Some(who) = made_ready.filter(|who| !is_barred(&self.acd, who)) {
            self.witness.willing.insert(who.clone(), true);
        }
        self.acd.handle_input(self.now, input);
        self.check()
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        while let Some(output) = self.acd.poll_output() {
            self.witness.sees(&self.acd, self.now, output)?;
        }
        self.acd.check_invariants().map_err(TestCaseError::fail)?;
        self.witness.agrees(&self.acd)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// I1–I7 and I9 over random lives.
    #[test]
    fn the_invariants_hold_whatever_happens(variant in 0..VARIANTS, ready in 0..OPERATORS, steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new(variant, ready);
        for step in steps {
            world.play(step)?;
        }
    }

    /// Nobody is stuck: an hour after the last event every offer and every wait is over.
    #[test]
    fn everything_ends(variant in 0..VARIANTS, ready in 0..OPERATORS, steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new(variant, ready);
        for step in steps {
            world.play(step)?;
        }
        for index in 0..OPERATORS {
            world.play(Step::TalkEnds(index))?;
            // As the legs of every call end.
            for attempt in 0..3 {
                world.input(Input::DialEnded {
                    operator: operator(index),
                    attempt: AttemptId(Uuid::from_u128(attempt)),
                    wrap_up: Duration::from_secs(5),
                })?;
            }
        }
        for index in 0..6 {
            // Whoever auto-answers is not in the world any more: offers ring out.
            world.play(Step::Wait(6000 + index))?;
        }
        for index in 0..CALLS {
            prop_assert_eq!(world.acd.position(call(index)), None);
        }
        for id in world.acd.operators() {
            let view = world.acd.operator(id).unwrap();
            prop_assert_eq!(view.call, None, "{} still has work", id);
        }
    }

    /// A machine that was written down and read back goes on as the one that was not.
    #[test]
    fn a_snapshot_goes_on(variant in 0..VARIANTS, before in prop::collection::vec(step(), 1..60), after in prop::collection::vec(step(), 1..20)) {
        let mut world = World::new(variant, 3);
        for step in before {
            world.play(step)?;
        }
        let text = serde_json::to_string(&world.acd).unwrap();
        let mut copy: Acd = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&copy, &world.acd);
        for step in after {
            if let Step::Input(input) = step {
                copy.handle_input(world.now, input.clone());
                world.acd.handle_input(world.now, input);
                prop_assert_eq!(&copy, &world.acd);
            }
        }
    }
}
