//! Shifts that are accepted, or not, while calls come.
use gudok_calendar::Acceptance;
use gudok_model::Wall;
use gudok_switchboard::{Input, Output};

use crate::world::World;

/// Two people of whom the second comes half an hour after noon of the tests.
const PLAN: &str = r#"
[[number]]
did = "+78000000001"
label = "hotline"
record = "off"
flow = "main"
zone = "Europe/Moscow"

[roster.duty]
zone = "Europe/Moscow"
handover = "accept"
accept_within = "10m"
shifts = [
  { person = "ivanov", from = 2026-03-02T08:00:00, till = 2026-03-02T12:30:00 },
  { person = "petrova", from = 2026-03-02T12:30:00, till = 2026-03-02T23:00:00 },
]

[roster.duty.people]
ivanov = "+79990000101"
petrova = "+79990000102"

[[flow.main]]
duty = "duty"
on_nobody = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "nobody"
"#;

fn accepts(world: &mut World, person: &str) {
    let at = world.now.wall;
    world.input(Input::Accepted {
        roster: "duty".into(),
        acceptance: Acceptance {
            person: person.into(),
            shift: at,
            at,
            by: person.into(),
        },
    });
}

fn alarms(world: &World) -> Vec<String> {
    let alarm = |it: &Output| match it {
        Output::Alarm { what, detail } => Some(format!("{what}: {detail}")),
        _ => None,
    };
    world.outputs.iter().filter_map(alarm).collect()
}

#[test]
fn a_shift_that_nobody_accepts_in_time_is_an_alarm_once() {
    let mut world = World::new(PLAN);
    accepts(&mut world, "ivanov");
    world.play("2390 end");
    assert_eq!(alarms(&world), [""; 0]);
    // Forty minutes after noon it was to be accepted; it is said then and not again.
    world.play("7200 end");
    let told = "handover_overdue: roster `duty`: petrova has not accepted the shift";
    assert_eq!(alarms(&world), [told]);
    crate::schedules::replays(&world);
}

#[test]
fn the_call_goes_to_whoever_has_accepted_and_to_the_one_before_until_then() {
    let mut world = World::new(PLAN);
    accepts(&mut world, "ivanov");
    world.play("1805 A calls\n 1806 A hangs up\n 1810 end");
    accepts(&mut world, "petrova");
    let told = world.tell("1815 B calls\n 1816 B hangs up\n 7200 end");
    let dialled: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("+7999000010"))
        .collect();
    assert_eq!(dialled.len(), 2, "{told}");
    assert!(dialled[0].contains("+79990000101"), "{told}");
    assert!(dialled[1].contains("+79990000102"), "{told}");
}

#[test]
fn what_was_accepted_by_mistake_is_taken_back_for_the_next_call_and_is_an_alarm_again() {
    let mut world = World::new(PLAN);
    accepts(&mut world, "ivanov");
    // Past the hour by which she was to accept: an alarm, her word, and no word of hers.
    world.play("4300 end");
    let alarm = "handover_overdue: roster `duty`: petrova has not accepted the shift";
    assert_eq!(alarms(&world), [alarm]);
    accepts(&mut world, "petrova");
    let handovers = |world: &World| world.board.overrides().handovers().of("duty").to_vec();
    let said = handovers(&world).pop().expect("she has accepted");
    let take_back = |at| Input::TakenBack {
        roster: "duty".into(),
        person: "petrova".into(),
        at,
        by: "sidorov".into(),
        why: "not she".into(),
    };
    world.input(take_back(Wall(said.at.0 + 1)));
    assert_eq!(handovers(&world).len(), 2, "another word of hers stays");
    world.input(take_back(said.at));
    assert_eq!(alarms(&world), [alarm, alarm]);
    assert_eq!(handovers(&world).len(), 1);
    crate::schedules::replays(&world);
}

#[test]
fn a_start_is_told_who_accepted_before_it_and_only_then_there_is_an_alarm() {
    let mut world = World::at(PLAN, 2);
    world.play("5 end");
    assert_eq!(alarms(&world), [""; 0]);
    let at = Wall(world.now.wall.0 - 3_600_000_000);
    world.input(Input::Accepted {
        roster: "duty".into(),
        acceptance: Acceptance {
            person: "petrova".into(),
            shift: at,
            at,
            by: "petrova".into(),
        },
    });
    world.play("3600 end");
    assert_eq!(alarms(&world), [""; 0]);
}
