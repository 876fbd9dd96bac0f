use uuid::Uuid;

use super::*;
use crate::{Actor, Mono};

const SEC: i64 = 1_000_000;
/// A quarter begins with it.
const BEGAN: i64 = 1_795_320_000_000_000;

fn now(secs: i64) -> Now {
    Now {
        mono: Mono::START + std::time::Duration::from_secs(secs.unsigned_abs()),
        wall: Wall(BEGAN + secs * SEC),
    }
}

fn ivan() -> OperatorId {
    "ivan".into()
}

fn call(n: u128) -> Option<CallId> {
    Some(CallId(Uuid::from_u128(n)))
}

fn sat_down(session: u64) -> FloorEvent {
    FloorEvent::SatDown {
        operator: ivan(),
        session: SessionId(session),
    }
}

fn shown(display: &str, reason: Option<&str>, call: Option<CallId>) -> FloorEvent {
    FloorEvent::State {
        operator: ivan(),
        version: 1,
        display: display.into(),
        reason: reason.map(Name::from),
        next: None,
        since: Wall(0),
        call,
        actor: Actor::Operator(ivan()),
        dialled: false,
        kept: None,
    }
}

fn state(display: &str) -> FloorEvent {
    shown(display, None, call(1))
}

/// The state, and what is behind it.
fn behind(mut event: FloorEvent, not_ready: Option<&str>, too_long_at: Option<Wall>) -> FloorEvent {
    if let FloorEvent::State { kept, .. } = &mut event {
        *kept = Some(Box::new(mind(not_ready, too_long_at)));
    }
    event
}

fn behind_alone(not_ready: Option<&str>) -> FloorEvent {
    FloorEvent::Kept {
        operator: ivan(),
        kept: Box::new(mind(not_ready, None)),
    }
}

fn mind(not_ready: Option<&str>, too_long_at: Option<Wall>) -> Kept {
    Kept {
        not_ready: not_ready.map(Name::from),
        next_by: None,
        idle_since: Wall(0),
        misses: 0,
        cooldown_until: None,
        too_long_at,
    }
}

fn shift(states: &[(&str, u64)], tally: Tally) -> Shift {
    let states = states.iter();
    let states_us: BTreeMap<Name, u64> = states
        .map(|(state, secs)| ((*state).into(), secs * 1_000_000))
        .collect();
    Shift {
        session: SessionId(5),
        length_us: states_us.values().sum(),
        states_us,
        tally,
    }
}

fn left(states: &[(&str, u64)]) -> FloorEvent {
    FloorEvent::Left {
        operator: ivan(),
        shift: shift(states, Tally::default()),
    }
}

/// All of it, by figure: microseconds are told as seconds.
fn total(booked: &Booked) -> BTreeMap<&'static str, i64> {
    let mut total = Figures::default();
    for quarter in booked.quarters.values() {
        assert!(quarter.figures.is_whole(), "{quarter:?}");
        total += &quarter.figures;
    }
    let told = Figure::all().map(|figure| match figure.name().ends_with("_us") {
        true => (figure.name(), total.get(figure) / SEC),
        false => (figure.name(), total.get(figure)),
    });
    told.filter(|(_, sum)| *sum != 0).collect()
}

fn fold(facts: &[(i64, FloorEvent)]) -> (Shifts, Booked) {
    let (mut shifts, mut booked) = (Shifts::default(), Booked::default());
    for (secs, fact) in facts {
        shifts.apply(now(*secs), fact, &mut booked);
    }
    (shifts, booked)
}

#[test]
fn the_states_of_a_session_are_its_length_and_lie_in_their_quarters() {
    let facts = [
        (890, sat_down(5)),
        (890, state("ready")),
        (1_000, state("talking")),
        (1_850, state("wrap_up")),
        (1_900, state("ready")),
        (
            2_000,
            left(&[("ready", 210), ("talking", 850), ("wrap_up", 50)]),
        ),
    ];
    let (shifts, booked) = fold(&facts);
    assert!(shifts.seats.is_empty());
    let expected = [
        ("session_us", 1_110),
        ("ready_us", 210),
        ("talking_us", 850),
        ("wrap_up_us", 50),
        ("logins", 1),
        ("logouts", 1),
        ("wrap_ups", 1),
        ("checked", 1),
    ];
    assert_eq!(total(&booked), expected.into());
    let quarters = booked.quarters.iter().map(|((_, at), quarter)| {
        let secs = |wall: Wall| (wall.0 - BEGAN) / SEC;
        (secs(*at), secs(quarter.first), secs(quarter.last))
    });
    let expected = [(0, 890, 900), (900, 900, 1_800), (1_800, 1_800, 2_000)];
    assert!(quarters.eq(expected));
}

#[test]
fn the_time_without_us_is_in_no_state() {
    let facts = [
        (0, sat_down(5)),
        (0, state("ready")),
        (60, state("talking")),
    ];
    let (mut shifts, mut booked) = fold(&facts);
    shifts.cut(Some(now(100).wall), &mut booked);
    // Cut once more before anybody was back: nothing happened meanwhile.
    shifts.cut(Some(now(150).wall), &mut booked);
    assert!(!shifts.sits(&ivan()));
    let talked = Tally {
        calls: 1,
        talk_us: 40_000_000,
        ..Tally::default()
    };
    let before = shift(
        &[("ready", 60), ("talking", 40), (DEVICE_DOWN, 100)],
        talked,
    );
    let mut restored = now(200);
    restored.mono = Mono::START;
    let fact = FloorEvent::Restored {
        operator: ivan(),
        shift: before,
    };
    shifts.apply(restored, &fact, &mut booked);
    let over = Now {
        mono: Mono::START + std::time::Duration::from_secs(30),
        wall: now(230).wall,
    };
    let states = [("ready", 60), ("talking", 40), (DEVICE_DOWN, 130)];
    let fact = FloorEvent::Left {
        operator: ivan(),
        shift: shift(&states, talked),
    };
    shifts.apply(over, &fact, &mut booked);
    let expected = [
        ("session_us", 230),
        ("ready_us", 60),
        ("talking_us", 40),
        ("device_down_us", 30),
        ("down_us", 100),
        ("logins", 1),
        ("logouts", 1),
        ("calls", 1),
        ("talk_us", 40),
        ("checked", 1),
    ];
    assert_eq!(total(&booked), expected.into());
}

#[test]
fn a_session_that_does_not_go_on_ended_when_the_run_did() {
    let (mut shifts, mut booked) = fold(&[(0, sat_down(5)), (0, state("ready"))]);
    shifts.cut(Some(now(100).wall), &mut booked);
    shifts.apply(now(500), &left(&[("ready", 100)]), &mut booked);
    let expected = [
        ("session_us", 100),
        ("ready_us", 100),
        ("logins", 1),
        ("cuts", 1),
    ];
    assert_eq!(total(&booked), expected.into());
    // An old journal does not tell when it was: then with the last fact.
    let (mut shifts, mut booked) = fold(&[(0, sat_down(5)), (70, state("ready"))]);
    shifts.cut(None, &mut booked);
    assert_eq!(total(&booked)["session_us"], 70);
    assert!(shifts.up_to(now(900).wall).quarters.is_empty());
}

#[test]
fn a_break_is_one_whatever_comes_in_the_middle_and_its_excess_is_told() {
    let lunch = |too_long_at: Option<i64>| {
        let state = shown("not_ready", Some("LUNCH"), None);
        match too_long_at {
            Some(secs) => behind(state, Some("LUNCH"), Some(now(secs).wall)),
            None => state,
        }
    };
    let facts = [
        (0, sat_down(5)),
        (0, shown("not_ready", Some(LOGIN), None)),
        (10, lunch(Some(70))),
        (40, state(DEVICE_DOWN)),
        (50, lunch(None)),
        (100, lunch(None)),
        (110, state("ready")),
        (120, shown("not_ready", Some(RONA), None)),
        (130, state("ready")),
    ];
    let (_, booked) = fold(&facts);
    let told = total(&booked);
    let of = |figure: &str| told.get(figure).copied().unwrap_or(0);
    assert_eq!((of("breaks"), of("break_us")), (1, 30 + 60));
    assert_eq!((of("too_long"), of("too_long_us")), (1, 40));
    assert_eq!((of("not_ready_us"), of("device_down_us")), (110, 10));
    let quarter = booked.quarters.values().next().expect("booked");
    let reasons: Vec<(&str, i64)> = quarter
        .reasons
        .iter()
        .map(|(why, us)| (&**why, us / SEC))
        .collect();
    assert_eq!(reasons, [("LUNCH", 90), (LOGIN, 10), (RONA, 10)]);
}

#[test]
fn a_call_in_the_middle_of_a_break_is_no_end_of_it_and_no_part() {
    let lunch = || shown("not_ready", Some("LUNCH"), None);
    let facts = [
        (0, sat_down(5)),
        (10, behind(lunch(), Some("LUNCH"), Some(now(45).wall))),
        // They call somebody themselves.
        (30, state("dialing")),
        (40, state("talking")),
        (90, lunch()),
        (100, behind(state("ready"), None, None)),
        // The next one begins while they have no phone.
        (110, state(DEVICE_DOWN)),
        (120, behind_alone(Some("LUNCH"))),
        (130, lunch()),
        (150, behind(state("ready"), None, None)),
    ];
    let told = total(&fold(&facts).1);
    assert_eq!((told["breaks"], told["break_us"]), (2, 20 + 10 + 20));
    assert_eq!((told["too_long"], told["too_long_us"]), (1, 10));
}

#[test]
fn who_has_reached_a_limit_takes_no_break() {
    let capped = || shown("not_ready", Some("cap:novices"), None);
    let facts = [
        (0, sat_down(5)),
        (0, behind(state("ready"), None, None)),
        (10, capped()),
        (40, state("ready")),
        (50, capped()),
        (60, state("talking")),
        (70, state("ready")),
    ];
    let (_, booked) = fold(&facts);
    let told = total(&booked);
    let breaks = ["breaks", "break_us"].map(|figure| told.get(figure));
    assert_eq!(breaks, [None, None]);
    let mut quarters = booked.quarters.values();
    let reasons = &quarters.next().expect("booked").reasons;
    assert_eq!(reasons.get("cap:novices"), Some(&(40 * SEC)));
}

#[test]
fn what_was_asked_and_lost_by_the_link_is_no_miss_and_paperwork_counts_once() {
    let facts = [
        (0, sat_down(5)),
        (0, state("ready")),
        (5, state("ringing")),
        (9, state(DEVICE_DOWN)),
        (20, state("ready")),
        (30, state("talking")),
        (40, state("wrap_up")),
        // Extended: told again.
        (45, state("wrap_up")),
        (50, state(DEVICE_DOWN)),
        (55, state("wrap_up")),
        (60, state("talking")),
        (70, state("wrap_up")),
    ];
    let told = total(&fold(&facts).1);
    assert_eq!((told["lost"], told["wrap_ups"]), (1, 2));
    assert_eq!(told.get("misses"), None);
}

#[test]
fn a_clock_that_is_set_moves_when_and_not_how_long() {
    let (mut shifts, mut booked) = fold(&[(0, sat_down(5)), (0, state("ready"))]);
    let mut back = now(600);
    back.wall = now(-3_000).wall;
    shifts.apply(back, &state("talking"), &mut booked);
    let mut on = now(700);
    on.wall = now(90_000).wall;
    shifts.apply(on, &left(&[("ready", 600), ("talking", 100)]), &mut booked);
    let told = total(&booked);
    assert_eq!((told["session_us"], told["checked"]), (700, 1));
    assert_eq!(told.get("wrong"), None);
    assert!(booked.check().is_ok());
}

/// Numbers by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// A life by chance: its facts, and whether a run was cut before each.
fn life(chance: &mut Chance) -> Vec<(Now, bool, FloorEvent)> {
    const STATES: [&str; 6] = [
        "ready",
        "ringing",
        "talking",
        "wrap_up",
        "not_ready",
        DEVICE_DOWN,
    ];
    let (mut at, mut facts) = (now(0), Vec::new());
    let mut spent: BTreeMap<Name, u64> = BTreeMap::new();
    let mut display = Name::from("not_ready");
    facts.push((at, false, sat_down(5)));
    for _ in 0..chance.below(60) {
        let us = chance.below(3_000_000_000);
        let cut = chance.below(8) == 0;
        // In a run the wall may be set; between runs it is all there is.
        let moves = i64::try_from(us).expect("small");
        at.wall = Wall(at.wall.0 + moves);
        if cut {
            *spent.entry(DEVICE_DOWN.into()).or_default() += us;
            at.mono = Mono::START;
            let operator = ivan();
            let states_us = spent.clone();
            let shift = Shift {
                states_us,
                length_us: spent.values().sum(),
                ..shift(&[], Tally::default())
            };
            facts.push((at, true, FloorEvent::Restored { operator, shift }));
            display = DEVICE_DOWN.into();
            continue;
        }
        at.mono.0 += us;
        *spent.entry(display).or_default() += us;
        if chance.below(5) == 0 {
            at.wall.0 -= i64::try_from(chance.below(5_000_000_000)).expect("small");
        }
        let next = STATES[usize::try_from(chance.below(6)).expect("small")];
        display = next.into();
        let reason = (next == "not_ready").then_some("LUNCH");
        facts.push((
            at,
            false,
            shown(next, reason, call(u128::from(chance.below(3)))),
        ));
    }
    let shift = Shift {
        length_us: spent.values().sum(),
        states_us: spent,
        ..shift(&[], Tally::default())
    };
    facts.push((
        at,
        false,
        FloorEvent::Left {
            operator: ivan(),
            shift,
        },
    ));
    facts
}

#[test]
fn whatever_the_life_its_states_are_its_length_and_pieces_come_to_the_same() {
    let mut chance = Chance(8_800);
    for _ in 0..500 {
        let facts = life(&mut chance);
        let mut whole = (Shifts::default(), Booked::default());
        let mut pieces = Shifts::default();
        let mut sum = Figures::default();
        for (at, cut, fact) in &facts {
            let mut piece = Booked::default();
            let last = pieces.seats.get(&ivan()).map(|seat| seat.from.wall);
            if *cut {
                whole.0.cut(last, &mut whole.1);
                pieces.cut(last, &mut piece);
            }
            whole.0.apply(*at, fact, &mut whole.1);
            pieces.apply(*at, fact, &mut piece);
            piece.quarters.values().for_each(|it| sum += &it.figures);
        }
        assert_eq!(whole.1.check(), Ok(()), "{facts:?}");
        let mut total = Figures::default();
        whole
            .1
            .quarters
            .values()
            .for_each(|it| total += &it.figures);
        assert_eq!(total, sum, "{facts:?}");
        assert_eq!(total.get(Figure::Checked), 1);
        let Some((_, _, FloorEvent::Left { shift, .. })) = facts.last() else {
            unreachable!("a life has an end")
        };
        assert_eq!(total.get(Figure::Session).unsigned_abs(), shift.length_us);
    }
}
