//! What a restart keeps of the floor (behaviour 5.2, Q1, Q6, Q10): the daemon dies, and the next one is told what the facts of the
//! run before came to.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{
    Actor, AlarmKind, CallEvent, CallId, EndCause, Floor, FloorEvent, GroupId, LegId, OperatorId,
    SessionId, Wall,
};
use gudok_switchboard::desk::{DeskCommand, DeskEvent, OperatorState};
use gudok_switchboard::input::PlaceLeft;
use gudok_switchboard::wall::View;
use gudok_switchboard::{Config, Input, Output, PLACE_AFTER_CUT};
use proptest::prelude::*;

use crate::random::{Step, step, take};
use crate::world::{World, call_id, parsed, profile};

const PLAN: &str = r#"
[not_ready_reasons.LUNCH]
text = "Обед"
max = "40m"

[dispositions]
SOLVED = "Решено"

[[number]]
did = "+78000000001"
project = "hotline"
answer = "answer"
record = "off"
flow = "main"

[group.support]
operators = ["ivan", "anna", "petr"]
strategy = "longest_idle"
ring = "15s"
wrap_up = "20s"
reject_delay = "30s"
misses_max = 2

[queue.support]
wrap_up_max = "60s"

[[flow.main]]
queue = "support"
wait = "10m"
leave_empty = false
on_timeout = "bye"
on_full = "bye"

[[flow.bye]]
close = "goodbye"
reason = "all_busy"
"#;

fn state(world: &World, who: &str) -> OperatorState {
    let snapshot = world.board.snapshot(&OperatorId::from(who));
    snapshot.expect("the operator is in the config").state
}

/// `not_ready(LUNCH) by operator ivan, then ready`
fn face(world: &World, who: &str) -> String {
    let state = state(world, who);
    let reason = state.reason.map(|it| format!("({it})")).unwrap_or_default();
    let next = state
        .next
        .map(|it| format!(", then {it}"))
        .unwrap_or_default();
    let actor = state.actor.expect("facts of the floor are told");
    format!("{}{reason} by {actor}{next}", state.display)
}

/// Whom calls were offered to, in order.
fn offered(world: &World) -> Vec<String> {
    let offers = world.outputs.iter().filter_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Offered { operator, .. },
            ..
        } => Some(operator.to_string()),
        _ => None,
    });
    offers.collect()
}

fn played(script: &str) -> World {
    let mut world = World::new(PLAN);
    world.play(script);
    world
}

#[test]
fn who_was_ready_is_ready_when_phone_and_desk_are_back_in_time() {
    let mut world = played(
        "0 operators ivan
         0 ivan sits
         100 restart 30",
    );
    assert_eq!(face(&world, "ivan"), "device_down by operator ivan");
    world.play(
        "131 ivan phone up
         135 A calls
         140 ivan desk 1",
    );
    assert_eq!(offered(&world), ["ivan"]);
    world.play("141 A hangs up");
    assert_eq!(face(&world, "ivan"), "ready by operator ivan");
    world.play("300 end");
    assert_eq!(face(&world, "ivan"), "ready by operator ivan");
}

#[test]
fn who_is_not_back_in_time_is_ready_no_more() {
    let mut world = played(
        "0 operators ivan anna
         0 ivan sits
         0 anna sits
         0 anna says not_ready LUNCH
         100 restart 1
         110 ivan phone up
         161.1 ivan desk 1
         161.1 anna phone up
         161.1 anna desk 1",
    );
    let faces = ["ivan", "anna"].map(|who| face(&world, who));
    let kept = [
        "not_ready(device) by policy restart",
        "not_ready(LUNCH) by operator anna",
    ];
    assert_eq!(faces, kept);
    world.play("170 ivan says ready\n171 end");
    assert_eq!(face(&world, "ivan"), "ready by operator ivan");
}

#[test]
fn another_sign_in_is_another_session_and_ready_by_nobody() {
    let world = played(
        "0 operators ivan
         0 ivan sits
         100 restart 20
         121 ivan phone up
         121 ivan desk 7",
    );
    assert_eq!(face(&world, "ivan"), "not_ready(login) by policy login");
    let left = world.outputs.iter().find_map(|output| match output {
        Output::Floor {
            event: FloorEvent::Left { shift, .. },
        } => Some(shift),
        _ => None,
    });
    let shift = left.expect("the session is over");
    let secs: BTreeMap<&str, u64> = shift
        .states_us
        .iter()
        .map(|(state, us)| (&**state, us / 1_000_000))
        .collect();
    assert_eq!(shift.session, SessionId(1));
    assert_eq!(
        secs,
        [("device_down", 21), ("not_ready", 0), ("ready", 100)].into()
    );
    let sum: u64 = shift.states_us.values().sum();
    assert_eq!(sum, shift.length_us, "I5");
}

/// A break is as long as it was when it began, and told of once.
#[test]
fn a_break_goes_on() {
    let alerts = |world: &World| {
        let alerts = world.outputs.iter().filter(|output| {
            matches!(output, Output::Desk { event: DeskEvent::Alert { what, .. }, .. } if &**what == "break_too_long")
        });
        alerts.count()
    };
    let began = "0 operators ivan
         0 ivan sits
         60 ivan says not_ready LUNCH";
    let mut world = played(began);
    let deadline = state(&world, "ivan").deadline;
    world.play("1000 restart 100\n1101 ivan phone up\n1101 ivan desk 1");
    assert_eq!(state(&world, "ivan").deadline, deadline);
    world.play("2459 end");
    assert_eq!(alerts(&world), 0);
    world.play("2461 end");
    assert_eq!(alerts(&world), 1);
    // Told before the next crash, it is not told again; come to be too long while nobody could tell, it is.
    world.play("2500 restart 10\n2600 end");
    assert_eq!(alerts(&world), 1);
    let mut world = played(began);
    world.play("1000 restart 2000\n3001 end");
    assert_eq!(alerts(&world), 1);
}

#[test]
fn work_after_a_talk_ends_when_it_was_to_end_however_it_was_extended() {
    let mut world = played(
        "0 operators ivan
         0 ivan sits
         1 A calls
         4 ivan answers
         10 A hangs up
         12 ivan says extend 15
         13 ivan says not_ready LUNCH
         14 restart 5
         20 ivan phone up
         20 ivan desk 1",
    );
    assert_eq!(face(&world, "ivan"), "wrap_up by operator ivan, then LUNCH");
    let extended = state(&world, "ivan").extended.expect("on record");
    assert_eq!((extended.by_s, extended.times), (15, 1));
    world.play("44 end");
    assert_eq!(face(&world, "ivan"), "wrap_up by operator ivan, then LUNCH");
    world.play("46 end");
    assert_eq!(face(&world, "ivan"), "not_ready(LUNCH) by operator ivan");
    let took = world.outputs.iter().find_map(|output| match output {
        Output::Fact {
            fact: CallEvent::WrapUpEnded { took_ms, .. },
            ..
        } => Some(*took_ms),
        _ => None,
    });
    let took = took.expect("it has ended");
    assert!((34_900..=35_000).contains(&took), "{took}");
}

#[test]
fn a_talk_that_was_cut_is_written_up_and_counts() {
    let mut world = played(
        "0 operators ivan
         0 ivan sits
         1 A calls
         4 ivan answers
         34 restart 6",
    );
    assert_eq!(face(&world, "ivan"), "wrap_up by operator ivan");
    let tally = world.floor.seats[&"ivan".into()].tally;
    assert_eq!((tally.calls, tally.talk_us / 1_000_000), (1, 30));
    world.play("45 ivan phone up\n45 ivan desk 1\n61 end");
    assert_eq!(face(&world, "ivan"), "ready by operator ivan");
    // What rang is void, and what was wished for the time after it is so.
    let mut world = played(
        "0 operators ivan
         0 ivan sits
         1 A calls
         4 ivan says not_ready LUNCH
         5 restart 1",
    );
    world.play("6 ivan phone up\n6 ivan desk 1");
    assert_eq!(face(&world, "ivan"), "not_ready(LUNCH) by operator ivan");
    let mut world = played(
        "0 operators ivan
         0 ivan sits
         1 A calls
         4 ivan says logout
         5 restart 1",
    );
    assert_eq!(state(&world, "ivan").display, "logged_out".into());
    assert!(world.floor.seats.is_empty());
    world.play("6 end");
}

/// Who is idle longest is asked first, who refused is left alone as long as ever, and a miss is one of two.
#[test]
fn the_line_of_the_free_is_as_it_was() {
    let back = "101 petr phone up
         101 petr desk 1
         101 ivan phone up
         101 ivan desk 1
         101 anna phone up
         101 anna desk 1";
    let mut world = played(
        "0 operators ivan anna petr
         10 anna sits
         20 ivan sits
         30 petr sits
         100 restart 1",
    );
    world.play(back);
    world.play("102 A calls\n103 B calls\n104 C calls\n110 end");
    assert_eq!(offered(&world), ["anna", "ivan", "petr"]);

    let mut world = played(
        "0 operators ivan
         0 ivan sits
         80 A calls
         85 ivan declines
         100 restart 1
         101 ivan phone up
         101 ivan desk 1
         102 B calls
         114 end",
    );
    assert_eq!(offered(&world), ["ivan"]);
    world.play("116 end");
    assert_eq!(offered(&world), ["ivan", "ivan"]);
}

#[test]
fn who_has_talked_least_has_talked_least_after_a_restart() {
    let plan = PLAN.replace("longest_idle", "fewest_calls");
    let mut world = World::new(&plan);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         4 ivan answers
         10 A hangs up
         40 anna sits
         100 restart 1
         101 ivan phone up
         101 ivan desk 1
         101 anna phone up
         101 anna desk 1
         102 B calls
         105 end",
    );
    assert_eq!(offered(&world), ["ivan", "anna"]);
}

fn groups(cursors: BTreeMap<GroupId, OperatorId>) -> Input {
    let raised = BTreeMap::new();
    Input::GroupsBefore { cursors, raised }
}

/// Raised by hand, it is asked at once for those who wait.
#[test]
fn a_reserve_that_was_raised_is_raised() {
    let plan = PLAN.replace(
        "[queue.support]",
        "[group.second]\noperators = [\"petr\"]\nring = \"15s\"\n\n[queue.support]\nrelax = [{ after = \"5m\", add = \"second\" }]",
    );
    let plan = plan.replace("\"ivan\", \"anna\", \"petr\"", "\"ivan\", \"anna\"");
    let offers = |raised: BTreeMap<GroupId, Actor>| {
        let mut world = World::new(&plan);
        world.play("0 operators ivan anna petr\n0 petr sits");
        let cursors = BTreeMap::new();
        world.input(Input::GroupsBefore { cursors, raised });
        world.play("1 A calls\n10 end");
        offered(&world)
    };
    let actor = Actor::Supervisor("olga".into());
    assert_eq!(offers([("second".into(), actor)].into()), ["petr"]);
    assert!(offers(BTreeMap::new()).is_empty());
}

#[test]
fn a_group_goes_round_from_whom_it_asked_last() {
    let plan = PLAN.replace("longest_idle", "round_robin");
    let mut world = World::new(&plan);
    world.play(
        "0 operators ivan anna petr
         0 ivan sits
         0 anna sits
         0 petr sits",
    );
    let cursors = BTreeMap::from([
        ("support".into(), "anna".into()),
        ("gone".into(), "anna".into()),
    ]);
    world.input(groups(cursors));
    let cursors = BTreeMap::from([("support".into(), "nobody".into())]);
    world.input(groups(cursors));
    world.play("1 A calls\n2 B calls\n5 end");
    assert_eq!(offered(&world), ["petr", "ivan"]);
}

#[test]
fn a_caller_waits_for_whom_they_talked_with_in_the_run_before() {
    let plan = PLAN.replace(
        "[queue.support]",
        "[queue.support]\nsticky = { by = \"last\", wait = \"30s\" }",
    );
    let mut world = World::new(&plan);
    world.play("0 operators ivan anna\n0 ivan sits\n1 anna sits");
    let number = parsed("+79990000001").e164.expect("a number");
    let talks = vec![(number.clone(), "ivan".into()), (number, "anna".into())];
    world.input(Input::TalkedBefore { talks });
    world.play("2 A calls +79990000001\n4 end");
    assert_eq!(offered(&world), ["anna"]);
}

/// Of +79990000001.
fn place(priority: u8, since: Wall, until: Wall) -> PlaceLeft {
    let number = |text: &str| parsed(text).e164.expect("a number");
    PlaceLeft {
        call: call_id('Z'),
        caller: number("+79990000001"),
        did: number("+78000000001"),
        queue: "support".into(),
        priority,
        since,
        until,
    }
}

/// Of whom desks were shown cards, in order.
fn cards(world: &World) -> Vec<char> {
    let cards = world.outputs.iter().filter_map(|output| match output {
        Output::Desk {
            event: DeskEvent::OfferCreated(card),
            ..
        } => ['A', 'B']
            .into_iter()
            .find(|it| call_id(*it) == card.offer_id.call),
        _ => None,
    });
    cards.collect()
}

#[test]
fn who_was_cut_off_while_waiting_stands_where_they_stood() {
    let mut world = played("0 operators ivan\n1000 end");
    let now = world.now.wall;
    let since = Wall(now.0 - 200_000_000);
    world.input(Input::PlacesLeft {
        places: vec![place(0, since, now + PLACE_AFTER_CUT)],
    });
    world.play(
        "1001 B calls +79990000002
         1060 A calls +79990000001
         1100 ivan sits",
    );
    assert_eq!(cards(&world), ['A']);
    let waited = world.outputs.iter().find_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Resumed { waited_ms, .. },
            ..
        } => Some(*waited_ms),
        _ => None,
    });
    assert_eq!(waited.map(|ms| ms / 1_000), Some(260));
}

#[test]
fn the_place_is_kept_for_its_time_and_an_emergency_stays_one() {
    let mut world = played("0 operators ivan\n1000 end");
    let now = world.now.wall;
    let since = Wall(now.0 - 200_000_000);
    // A clock that was set back does not keep it for longer than ever.
    let until = now + PLACE_AFTER_CUT + Duration::from_secs(86_400);
    world.input(Input::PlacesLeft {
        places: vec![place(0, since, until)],
    });
    world.play(
        "1890 B calls +79990000002
         1901 A calls +79990000001
         1910 ivan sits",
    );
    assert_eq!(cards(&world), ['B']);

    let mut world = played("0 operators ivan\n1000 end");
    let now = world.now.wall;
    world.input(Input::PlacesLeft {
        places: vec![place(9, now, now + PLACE_AFTER_CUT)],
    });
    world.play("1500 B calls +79990000002\n1540 A calls +79990000001\n1560 ivan sits");
    assert_eq!(cards(&world), ['A']);
}

/// Everybody who calls hangs up, and what is to be written up is.
fn falls_silent(world: &mut World) {
    for letter in ['A', 'B', 'C', 'D', 'E'] {
        let call = call_id(letter);
        for index in 0..64 {
            let (leg, cause) = (LegId { call, index }, EndCause::HungUp);
            let said = None;
            world.input(Input::LegEnded { leg, cause, said });
        }
    }
    let later = world.now.mono + Duration::from_secs(5 * 3_600);
    world.run_until(later);
}

/// Phones and desks of these.
fn come_back(world: &mut World, people: &[(OperatorId, SessionId)]) {
    for (operator, session) in people {
        let (operator, session) = (operator.clone(), *session);
        let phone = Input::Phone {
            operator: operator.clone(),
            live: true,
        };
        world.input(phone);
        world.input(Input::DeskConnected {
            operator,
            session,
            takeover: false,
        });
    }
}

/// What each is in the end, whoever has a desk: `ready`, `LUNCH`, `logged_out` …, and by whose word.
fn minds(world: &World, people: &[(OperatorId, SessionId)]) -> Vec<String> {
    let faces = people.iter().map(|(who, _)| face(world, who.as_str()));
    faces.collect()
}

/// What the record has of a wrap-up under way: whose, of which call and until when.
fn writing(world: &World) -> BTreeMap<OperatorId, (CallId, Wall)> {
    let seats = world.floor.seats.values();
    let writing = seats.filter_map(|seat| {
        let wrap_up = seat.wrap_up?;
        Some((seat.operator.clone(), (wrap_up.call, wrap_up.until)))
    });
    writing.collect()
}

/// An alarm of the queue comes or goes, or anna, who supervises, keeps it quiet or loud.
fn rings(world: &mut World, (kind, deed): (usize, u8)) {
    let kinds = [AlarmKind::OldestWaiting, AlarmKind::NobodyReady];
    let (what, subject) = (kinds[kind], "support".into());
    world.input(match deed {
        0 | 1 => Input::Alarm {
            what,
            subject,
            project: what.is_of_project().then(|| "hotline".into()),
            level: (deed == 0).then_some(7),
        },
        deed => Input::DeskCommand {
            operator: "anna".into(),
            session: SessionId(1),
            id: String::new(),
            command: DeskCommand::Quiet {
                alarm: what.word().into(),
                subject,
                for_s: u32::from(deed - 2) * 30,
            },
        },
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// The journal is cut at any record. Invariants are checked after each input; who had a desk becomes, once nothing is in
    /// hand, what they would have become without a crash, and what is written up ends when it was to end. Everybody works for the
    /// groups they worked for, and alarms are on and quiet as they were.
    #[test]
    fn cut_anywhere_the_floor_goes_on(
        plan in 0..crate::plans::ALL.len(),
        away in 0..50u64,
        steps in prop::collection::vec(step(), 1..80),
        alarms in prop::collection::vec((0..2usize, 0..5u8), 0..8),
    ) {
        let mut world = World::with(Config::default(), crate::plans::ALL[plan], 0);
        let operators = ["ivan", "anna^", "petr"].map(profile).to_vec();
        world.input(Input::Operators { operators });
        for name in ["ivan", "anna", "petr"] {
            world.sits(name);
        }
        for step in steps.into_iter().filter(survives) {
            take(&mut world, step);
        }
        for alarm in alarms {
            rings(&mut world, alarm);
        }
        let mut people: Vec<_> = world
            .floor
            .seats
            .values()
            .filter(|seat| world.board.snapshot(&seat.operator).is_some_and(|it| it.state.endpoint_up))
            .map(|seat| (seat.operator.clone(), seat.session))
            .collect();
        let writing_before = writing(&world);
        let mut dead = world.twin();
        world.restart(Duration::from_secs(away));
        for who in ["ivan", "anna", "petr"] {
            let seated = |world: &World| world.floor.seats.contains_key(&OperatorId::from(who));
            if seated(&world) == seated(&dead) {
                prop_assert_eq!(state(&world, who).groups, state(&dead, who).groups);
            }
        }
        let alarms = |it: &World| it.board.picture(world.now.wall, &View::All).alarms;
        prop_assert_eq!(alarms(&world), alarms(&dead));
        // Who was on the way out has left.
        people.retain(|(who, _)| world.floor.seats.contains_key(who));
        come_back(&mut world, &people);
        come_back(&mut dead, &people);
        for (operator, (call, until)) in writing_before {
            if until > world.now.wall {
                let now = writing(&world).remove(&operator);
                prop_assert_eq!(now, Some((call, until)));
            }
        }
        falls_silent(&mut world);
        falls_silent(&mut dead);
        prop_assert_eq!(minds(&world, &people), minds(&dead, &people));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// The last facts of a step did not come to the disk: what is restored may be a step behind, and is sound.
    #[test]
    fn cut_in_the_midst_of_a_step_it_is_sound(
        plan in 0..crate::plans::ALL.len(),
        lost in 1..6usize,
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::with(Config::default(), crate::plans::ALL[plan], 0);
        let operators = ["ivan", "anna", "petr*"].map(profile).to_vec();
        world.input(Input::Operators { operators });
        for name in ["ivan", "anna", "petr"] {
            world.sits(name);
        }
        for step in steps {
            take(&mut world, step);
        }
        let facts = world.outputs.iter().filter_map(|output| match output {
            Output::Floor { event } => Some(event),
            _ => None,
        });
        let facts: Vec<&FloorEvent> = facts.collect();
        let mut floor = Floor::default();
        for fact in facts.iter().rev().skip(lost).rev() {
            floor.apply(world.now.wall, fact);
        }
        world.floor = floor;
        let people: Vec<_> = world.floor.seats.values().map(|seat| (seat.operator.clone(), seat.session)).collect();
        world.restart(Duration::from_secs(7));
        come_back(&mut world, &people);
        falls_silent(&mut world);
    }
}

/// Of what a plan or a list of operators does beside is not asked here.
fn survives(step: &Step) -> bool {
    !matches!(step, Step::Operators(_) | Step::Plan(_) | Step::Drain)
}
