//! Whatever happens, in whatever order: no panic, the invariants hold after every input, every call ends exactly
//! once, every leg is told to end, and the same inputs give the same outputs again.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_model::{
    CallEvent, CallId, ClientMatch, EndCause, Forced, LegId, Mono, OfferEnd, OfferId, OperatorId,
    OperatorProfile, Role, SessionId, SupervisionMode,
};
use gudok_switchboard::desk::{DeskCommand, DeskEvent};
use gudok_switchboard::in_hand::{Keys, Party};
use gudok_switchboard::{Config, DigitForm, Directive, Input, Output, Speaker, Switchboard};
use proptest::prelude::*;

use crate::plans;
use crate::words_aside;
use crate::world::{World, call_id, dial_out, feed, parsed, profile};

const CALLERS: [char; 5] = ['A', 'B', 'C', 'D', 'E'];
/// Whom a phone may dial.
const TARGETS: [&str; 8] = [
    "ivan",
    "anna",
    "petr",
    "support",
    "second",
    "+74951234567",
    // One plan with rules of calls out does not allow it.
    "+74957654321",
    "nobody",
];
const MODES: [SupervisionMode; 4] = [
    SupervisionMode::Listen,
    SupervisionMode::Whisper,
    SupervisionMode::Barge,
    SupervisionMode::TakeOver,
];
const OPERATORS: [&str; 3] = ["ivan", "anna", "petr"];

/// One thing that happens. Small numbers: collisions are wanted.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(u32),
    Arrives(usize),
    Leg(usize, u16, LegDeed),
    /// The leg that was last dialled to this operator, outside, or to a customer.
    LastLeg(usize, LegDeed),
    /// The leg by which the operator dialled last.
    Second(usize, LegDeed),
    LookedUp(usize),
    /// A key of a caller, or of the number outside that was last dialled.
    Digit(Option<usize>, char, DigitForm),
    Phone(usize, bool),
    Desk(usize, u64, bool),
    /// The phone of an operator dials a colleague, somebody outside, or nobody.
    Dials(usize, u8),
    /// The same, somebody answers, and the caller is joined with them.
    Joins(usize, u8),
    /// It asks for somebody else in its place.
    Refers(usize, u8),
    DeskLost(usize, u64),
    PopAck(usize, usize, u16),
    Command(usize, u64, usize, u16, u8),
    /// About the call that is on the operator's screen.
    Own(usize, u8),
    /// A word of who runs the server: about this operator, this caller or a queue.
    Directed(usize, usize, u8),
    Operators(u8),
    Plan(usize),
    Drain,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum LegDeed {
    Rings,
    Answers,
    Ends(u8),
    Held(bool),
    Heard,
    PlayEnded(u32),
    PointsTo(usize),
}

fn leg_deed() -> impl Strategy<Value = LegDeed> {
    prop_oneof![
        2 => Just(LegDeed::Rings),
        4 => Just(LegDeed::Answers),
        3 => (0..12u8).prop_map(LegDeed::Ends),
        1 => any::<bool>().prop_map(LegDeed::Held),
        1 => Just(LegDeed::Heard),
        2 => (0..6u32).prop_map(LegDeed::PlayEnded),
        2 => (0..OPERATORS.len()).prop_map(LegDeed::PointsTo),
    ]
}

/// Few enough, that answers, ends and both keys of a number outside come up.
fn key() -> impl Strategy<Value = char> {
    prop::sample::select(vec!['0', '1', '2', '5', '6', '*', '#'])
}

fn form() -> impl Strategy<Value = DigitForm> {
    prop::sample::select(vec![DigitForm::Event, DigitForm::Info, DigitForm::Tone])
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let (caller, who) = (0..CALLERS.len(), 0..OPERATORS.len());
    prop_oneof![
        10 => (0..6_000u32).prop_map(Step::Wait),
        1 => (6_000..200_000u32).prop_map(Step::Wait),
        6 => caller.clone().prop_map(Step::Arrives),
        5 => (caller.clone(), 0..6u16, leg_deed()).prop_map(|(c, l, d)| Step::Leg(c, l, d)),
        3 => (who.clone(), 0..8u8).prop_map(|(o, to)| Step::Dials(o, to)),
        4 => (who.clone(), 0..9u8).prop_map(|(o, to)| Step::Refers(o, to)),
        3 => (who.clone(), 0..8u8).prop_map(|(o, to)| Step::Joins(o, to)),
        4 => (0..OPERATORS.len(), leg_deed()).prop_map(|(o, d)| Step::Second(o, d)),
        30 => (0..OPERATORS.len() + 2, leg_deed()).prop_map(|(o, d)| Step::LastLeg(o, d)),
        2 => caller.clone().prop_map(Step::LookedUp),
        12 => (prop::option::weighted(0.7, caller.clone()), key(), form())
            .prop_map(|(who, key, form)| Step::Digit(who, key, form)),
        4 => (who.clone(), prop::bool::weighted(0.8)).prop_map(|(o, on)| Step::Phone(o, on)),
        4 => (who.clone(), 1..3u64, any::<bool>()).prop_map(|(o, s, t)| Step::Desk(o, s, t)),
        1 => (who.clone(), 1..3u64).prop_map(|(o, s)| Step::DeskLost(o, s)),
        3 => (who.clone(), caller.clone(), 1..4u16).prop_map(|(o, c, i)| Step::PopAck(o, c, i)),
        4 => (who.clone(), caller.clone(), 0..16u8).prop_map(|(o, c, k)| Step::Directed(o, c, k)),
        10 => (who, 1..3u64, caller, 1..4u16, 0..54u8)
            .prop_map(|(o, s, c, i, k)| Step::Command(o, s, c, i, k)),
        8 => (0..OPERATORS.len(), 0..43u8).prop_map(|(o, k)| Step::Own(o, k)),
        1 => (0..3u8).prop_map(Step::Operators),
        1 => (0..plans::ALL.len()).prop_map(Step::Plan),
        1 => (0..20u8).prop_map(|n| if n == 0 { Step::Drain } else { Step::Wait(1) }),
    ]
}

const CAUSES: [EndCause; 13] = [
    EndCause::HungUp,
    EndCause::ByUs,
    EndCause::Busy,
    EndCause::Declined,
    EndCause::NoAnswer,
    EndCause::NotFound,
    EndCause::Unreachable,
    EndCause::NoCommonCodec,
    EndCause::MediaAddress,
    EndCause::Refused,
    EndCause::MediaTimeout,
    EndCause::SessionTimeout,
    EndCause::Panic,
];

fn leg_input(leg: LegId, deed: LegDeed) -> Input {
    match deed {
        LegDeed::Rings => Input::LegRinging { leg },
        LegDeed::Answers => Input::LegAnswered {
            leg,
            session_id: None,
        },
        LegDeed::Ends(cause) => Input::LegEnded {
            leg,
            cause: CAUSES[usize::from(cause) % CAUSES.len()],
            said: None,
        },
        LegDeed::Held(on) => Input::LegHeld { leg, on },
        LegDeed::Heard => Input::LegHeard { leg },
        LegDeed::PlayEnded(play) => Input::PlayEnded { leg, play },
        LegDeed::PointsTo(who) => Input::LegRedirected {
            leg,
            to: OPERATORS[who].into(),
        },
    }
}

fn command(kind: u8, offer_id: OfferId) -> DeskCommand {
    let call_id = offer_id.call;
    match kind {
        0 | 1 => DeskCommand::Ready,
        2 => DeskCommand::NotReady {
            reason: "LUNCH".into(),
        },
        3 => DeskCommand::Reject { offer_id },
        4 => DeskCommand::HangUp { call_id },
        5 => DeskCommand::Disposition {
            call_id,
            code: "SOLVED".into(),
            note: None,
            done: true,
        },
        6 => DeskCommand::Logout,
        7 | 8 => DeskCommand::Hold { call_id },
        9 => DeskCommand::Resume { call_id },
        10 => DeskCommand::Keys {
            call_id,
            keys: Keys::new("12#".into()).expect("keys"),
        },
        11 => DeskCommand::Complete { call_id },
        12 => DeskCommand::CancelConsult { call_id },
        13 | 14 => DeskCommand::Park {
            call_id,
            slot: (kind == 13).then_some(1),
        },
        15 | 16 => DeskCommand::Unpark { slot: 1 },
        30 | 31 => DeskCommand::Mute {
            call_id,
            on: kind == 30,
        },
        37..=40 => DeskCommand::Dial(dial_out(
            ["+74951234567", "+74957654321", "+79990001122"][usize::from(kind) % 3],
            "service",
            Some("request"),
        )),
        41 => DeskCommand::Preview(dial_out("+74951234567", "service", Some("request"))),
        42 => DeskCommand::Skip(Some("busy_line".into())),
        32..=34 => DeskCommand::Conference { call_id },
        35 | 36 => DeskCommand::Drop {
            call_id,
            party: match kind {
                35 => Party::Caller,
                _ => Party::Asked,
            },
        },
        43..=50 => DeskCommand::Supervise {
            call_id,
            mode: MODES[usize::from(kind) % MODES.len()],
        },
        51 => DeskCommand::Leave { call_id },
        52 | 53 => DeskCommand::Serve {
            groups: ["second", "support"][..usize::from(kind) - 51]
                .iter()
                .map(|group| (*group).into())
                .collect(),
        },
        to => hand_over(call_id, TARGETS[usize::from(to) % TARGETS.len()], to),
    }
}

/// Ivan takes calls; the others do, and supervise.
pub(crate) fn person(name: &str) -> OperatorProfile {
    let role = match name.starts_with("ivan") {
        true => Role::Operator,
        false => Role::Supervisor,
    };
    OperatorProfile {
        role,
        ..profile(name)
    }
}

fn directive(operator: &str, call_id: CallId, kind: u8) -> Directive {
    let group = ["support", "second"][usize::from(kind) % 2].into();
    let operator = OperatorId::from(operator);
    match kind {
        0 => Directive::Force {
            operator,
            to: Forced::Ready,
        },
        1 => Directive::Force {
            operator,
            to: Forced::LoggedOut,
        },
        2..=4 => Directive::Reserve {
            group,
            on: kind < 4,
        },
        5 | 6 => Directive::Regroup {
            operator,
            groups: vec![group],
        },
        7..=9 => Directive::Reprioritise {
            call_id,
            priority: kind,
        },
        10..=13 => Directive::Assign {
            call_id,
            to: operator,
        },
        _ => Directive::Announce {
            queue: "support".into(),
            prompts: vec!["greeting".into()],
        },
    }
}

fn hand_over(call_id: CallId, to: &str, kind: u8) -> DeskCommand {
    let to = parsed(to);
    match kind % 2 {
        0 => DeskCommand::Transfer { call_id, to },
        _ => DeskCommand::Consult { call_id, to },
    }
}

pub(crate) fn take(world: &mut World, step: Step) {
    let operator = |index: usize| OperatorId::from(OPERATORS[index]);
    let offer = |caller: usize, index| OfferId {
        call: call_id(CALLERS[caller]),
        index,
    };
    match step {
        Step::Wait(ms) => {
            let until = world.now.mono + Duration::from_millis(ms.into());
            world.run_until(until);
        }
        Step::Arrives(caller) => world.arrives(CALLERS[caller], "+79990000001", "+78000000001"),
        Step::Leg(caller, index, deed) => {
            let call = call_id(CALLERS[caller]);
            world.input(leg_input(LegId { call, index }, deed));
        }
        Step::LastLeg(who, deed) => {
            let others = ["outside", "customer"];
            let mut names = OPERATORS.iter().chain(&others);
            let name = names.nth(who).copied().unwrap_or("outside");
            if let Some(leg) = world.last_leg(name) {
                world.input(leg_input(leg, deed));
            }
        }
        Step::Dials(who, to) => world.dials(OPERATORS[who], TARGETS[usize::from(to)]),
        Step::Joins(who, to) if world.last_leg(OPERATORS[who]).is_some() => {
            let to = TARGETS[usize::from(to)];
            world.dials(OPERATORS[who], to);
            if let Some(leg) = world.last_leg(to) {
                world.input(Input::LegAnswered {
                    leg,
                    session_id: None,
                });
            }
            world.asks(OPERATORS[who], None);
        }
        Step::Refers(who, to) if world.last_leg(OPERATORS[who]).is_some() => {
            world.asks(OPERATORS[who], TARGETS.get(usize::from(to)).copied());
        }
        Step::Joins(..) | Step::Refers(..) => {}
        Step::Second(who, deed) => {
            if let Some(leg) = world.last_leg(&format!("{}'s second", OPERATORS[who])) {
                world.input(leg_input(leg, deed));
            }
        }
        Step::LookedUp(caller) => world.input(Input::LookupDone {
            call: call_id(CALLERS[caller]),
            client: ClientMatch::None { took_ms: 3 },
        }),
        Step::Digit(who, digit, form) => {
            let caller = who.map(|caller| LegId::caller(call_id(CALLERS[caller])));
            if let Some(leg) = caller.or_else(|| world.last_leg("outside")) {
                world.input(Input::Digit { leg, digit, form });
            }
        }
        Step::Phone(who, live) => world.input(Input::Phone {
            operator: operator(who),
            live,
        }),
        Step::Desk(who, session, takeover) => world.input(Input::DeskConnected {
            operator: operator(who),
            session: SessionId(session),
            takeover,
        }),
        Step::DeskLost(who, session) => world.input(Input::DeskLost {
            operator: operator(who),
            session: SessionId(session),
        }),
        Step::PopAck(who, caller, index) => world.input(Input::PopAcked {
            operator: operator(who),
            offer: offer(caller, index),
        }),
        Step::Command(who, session, caller, index, kind) => world.input(Input::DeskCommand {
            operator: operator(who),
            session: SessionId(session),
            id: "c".into(),
            command: command(kind, offer(caller, index)),
        }),
        Step::Own(who, kind) => {
            if let Some(offer) = world.last_offer(OPERATORS[who]) {
                world.input(Input::DeskCommand {
                    operator: operator(who),
                    session: SessionId(1),
                    id: "c".into(),
                    command: command(kind, offer),
                });
            }
        }
        Step::Directed(who, caller, kind) => {
            let call_id = call_id(CALLERS[caller]);
            let directive = directive(OPERATORS[who], call_id, kind);
            let by = Speaker::Admin("root".into());
            let id = String::new();
            world.input(Input::Directed { by, id, directive });
        }
        Step::Operators(variant) => world.input(Input::Operators {
            operators: match variant {
                0 => vec![person("ivan"), person("anna*"), person("petr")],
                1 => vec![person("ivan"), person("anna")],
                _ => vec![person("ivan*"), person("petr")],
            },
        }),
        Step::Plan(variant) => world.plan(plans::ALL[variant]),
        Step::Drain => world.input(Input::Drain),
    }
}

/// What the record and the wire must look like when everything is over.
fn judge(outputs: &[Output]) {
    let mut arrived: BTreeMap<CallId, u32> = BTreeMap::new();
    let mut ended: BTreeMap<CallId, u32> = BTreeMap::new();
    let mut out = BTreeSet::new();
    let mut open_offers = BTreeSet::new();
    let mut open_cards = BTreeSet::new();
    let mut offered = BTreeMap::new();
    let mut passed_on: BTreeMap<CallId, String> = BTreeMap::new();
    let mut work: BTreeMap<(CallId, OperatorId), i32> = BTreeMap::new();
    for output in outputs {
        match output {
            Output::Fact { call, fact } => match fact {
                // By an operator's own hand no offer leads to a talk.
                CallEvent::Dialled { .. } => {
                    out.insert(*call);
                    *arrived.entry(*call).or_default() += 1;
                }
                CallEvent::Arrived { .. } => *arrived.entry(*call).or_default() += 1,
                CallEvent::Ended { .. } => *ended.entry(*call).or_default() += 1,
                CallEvent::Offered {
                    offer, operator, ..
                } => {
                    offered.insert(*offer, operator.clone());
                    let first = passed_on.remove(call);
                    let meant = first.is_none_or(|to| to == format!("operator {operator}"));
                    assert!(meant, "{call} was for somebody else than {operator}");
                    assert!(open_offers.insert(*offer), "{offer} offered twice");
                }
                CallEvent::OfferClosed { offer, end, .. } => {
                    assert!(open_offers.remove(offer), "{offer} closed twice");
                    let begins = i32::from(*end == OfferEnd::BridgedEnded);
                    let operator = offered[offer].clone();
                    *work.entry((*call, operator)).or_default() += begins;
                }
                CallEvent::Transferred {
                    to,
                    attended: false,
                    ..
                } if to.starts_with("operator ") => {
                    passed_on.insert(*call, to.clone());
                }
                CallEvent::WrapUpEnded { operator, .. } => {
                    *work.entry((*call, operator.clone())).or_default() -= 1;
                }
                _ => {}
            },
            Output::Answer { leg } | Output::Refuse { leg, .. } if is_of_the_hotline(*leg) => {
                assert!(
                    arrived.contains_key(&leg.call),
                    "answered before it was written"
                );
            }
            Output::Desk { event, .. } => match event {
                DeskEvent::OfferCreated(card) => {
                    open_cards.insert(card.offer_id);
                }
                DeskEvent::OfferClosed { offer_id, .. } => {
                    open_cards.remove(offer_id);
                }
                _ => {}
            },
            Output::Alarm { what, .. } => {
                assert_ne!(&**what, "queue_refused");
            }
            _ => {}
        }
    }
    assert!(open_offers.is_empty(), "offers left open: {open_offers:?}");
    assert_eq!(arrived, ended, "a call has other than one end");
    work.retain(|(call, _), left| *left != 0 && !out.contains(call));
    assert!(work.is_empty(), "talks less wrap-ups: {work:?}");
}

/// Who only listens is heard by nobody, and who whispers by no caller.
fn nobody_is_overheard(outputs: &[Output]) {
    let mut phones: BTreeMap<(CallId, OperatorId), LegId> = BTreeMap::new();
    let mut present: BTreeMap<LegId, SupervisionMode> = BTreeMap::new();
    for output in outputs {
        match output {
            Output::Fact { call, fact } => match fact {
                CallEvent::LegDialled {
                    leg,
                    operator: Some(operator),
                    ..
                } => {
                    phones.insert((*call, operator.clone()), *leg);
                }
                CallEvent::Supervised { by, mode, on } => {
                    let leg = phones[&(*call, by.clone())];
                    present.remove(&leg);
                    if *on && *mode != SupervisionMode::TakeOver {
                        present.insert(leg, *mode);
                    }
                }
                _ => {}
            },
            Output::Mix { parties, .. } => {
                for (hears, from) in parties
                    .iter()
                    .flat_map(|it| it.from.iter().map(|leg| (it.leg, leg)))
                {
                    let fits = match present.get(from) {
                        Some(SupervisionMode::Listen) => false,
                        Some(SupervisionMode::Whisper) => !hears.is_caller(),
                        _ => true,
                    };
                    assert!(fits, "{hears} hears {from}");
                }
            }
            _ => {}
        }
    }
}

/// Not of operators among themselves.
fn is_of_the_hotline(leg: LegId) -> bool {
    CALLERS.iter().any(|letter| call_id(*letter) == leg.call)
}

/// Where every leg that is told to end does end, no call is ever stuck, but for phones that died too often.
fn never_stuck(outputs: &[Output]) {
    for output in outputs {
        if let Output::Alarm { what, detail } = output {
            let limited = detail.contains("operators-phones-died");
            assert!(&**what != "stuck_call" || limited, "{detail}");
        }
    }
}

/// Limits that are met all the time.
fn tight() -> Config {
    Config {
        calls_max: 3,
        legs_max: 4,
        requeues_max: 1,
        play_max: Duration::from_secs(1),
        call_max: Duration::from_secs(300),
        ..Config::default()
    }
}

/// The same events again: word for word the same.
fn replays(world: &World, config: Config) {
    let mut board = Switchboard::new(config);
    let mut again = Vec::new();
    for (now, event) in &world.journal {
        feed(&mut board, *now, event.clone());
        again.extend(std::iter::from_fn(|| board.poll_output()));
    }
    assert!(again == world.outputs, "a replay differs");
}

/// Every caller hangs up, every leg is over, and hours pass.
pub(crate) fn close_down(world: &mut World) {
    for letter in CALLERS {
        for index in 0..64 {
            let call = call_id(letter);
            let leg = LegId { call, index };
            world.input(Input::LegEnded {
                leg,
                cause: EndCause::HungUp,
                said: None,
            });
        }
    }
    let dialled = world.outputs.iter().filter_map(|output| match output {
        Output::Dial { leg, .. } => Some(*leg),
        _ => None,
    });
    for leg in dialled.collect::<BTreeSet<LegId>>() {
        world.input(Input::LegEnded {
            leg,
            cause: EndCause::HungUp,
            said: None,
        });
    }
    let later = world.now.mono + Duration::from_secs(5 * 3_600);
    world.run_until(later);
    assert_eq!(world.board.calls_alive(), 0, "calls left in memory");
    assert_eq!(world.board.intercoms_alive(), 0, "operators talk for ever");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 768, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(
        plan in 0..plans::ALL.len(),
        auto in prop::bool::weighted(0.8),
        tightly in prop::bool::weighted(0.2),
        desks in prop::bool::weighted(0.8),
        timed in any::<bool>(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut config = if tightly { tight() } else { Config::default() };
        config.transfer_outside = vec!["+7495*".into()];
        config.follow_redirects = true;
        if timed {
            let names = ["greeting", "notice", "voicemail_intro", "beep", "please_wait"];
            config.prompt_lengths = names.map(|name| (name.into(), 2_000)).into();
        }
        let text = words_aside::recorded(plans::ALL[plan]);
        let mut world = World::with(config.clone(), &text, 0);
        world.auto = auto;
        let star = if desks { "" } else { "*" };
        let operators = OPERATORS.iter().map(|name| person(&format!("{name}{star}"))).collect();
        world.input(Input::Operators { operators });
        for name in OPERATORS {
            let operator = OperatorId::from(name);
            if desks {
                world.sits(name);
            } else {
                world.input(Input::Phone { operator, live: true });
            }
        }
        for step in steps {
            take(&mut world, step);
        }
        close_down(&mut world);
        judge(&world.outputs);
        nobody_is_overheard(&world.outputs);
        words_aside::stay_aside(&world.outputs);
        if auto && !tightly {
            never_stuck(&world.outputs);
        }
        replays(&world, config);
    }
}

#[test]
fn time_alone_ends_every_call() {
    // No leg ever answers anything: deadlines alone must bring every call to its end.
    for plan in plans::ALL {
        let mut world = World::new(plan);
        world.auto = false;
        world.arrives('A', "+79990000001", "+78000000001");
        world.run_until(Mono(0) + Duration::from_secs(6 * 3_600));
        assert_eq!(world.board.calls_alive(), 0);
        judge(&world.outputs);
    }
}
