//! Callers in numbered places: left there by one operator, taken by another, or given back.
use std::time::Duration;

use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::{Config, Output, PARKED_MAX};
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::transfers::talking;
use crate::world::World;

#[test]
fn parked_and_taken_by_somebody_else() {
    assert_snapshot!(talking(
        "10 ivan says park 7
         20 anna says unpark 7
         22 anna answers
         30 A hangs up
         31 end"
    ), @"
    10.000 A * ivan parks in 7
    10.000 [anna] parked in 7 by ivan
    10.000 [ivan] parked in 7 by ivan
    10.000 A/1 hang up
    10.000 [ivan] talk ended by operator
    10.000 A play music for ever
    10.000 A mark park
    10.000 A * offer A#1 closed: BridgedEnded
    10.000 [ivan] card A#1 closed: BridgedEnded
    10.000 [ivan] wrap_up
    10.001 A * A/1 over: ByUs
    20.000 A * taken from 7 by Some(anna)
    20.000 [anna] unparked from 7 by Some(anna)
    20.000 [ivan] unparked from 7 by Some(anna)
    20.000 A * queued in support at 3
    20.000 A play music for ever
    20.000 A * offered A#2 to anna
    20.000 [anna] card A#2 waited 14999 ms attempt 1 client error
    20.000 [anna] reserved
    20.020 A * popped in 20000 us, seen: true
    20.020 A * dialled A/2
    20.020 A/2 dial anna showing +79990000001, no name
    22.000 A * A/2 answered
    22.000 A bridge A/2
    22.000 A * bridged with A/2 after 16999 ms
    22.000 [anna] talk begins
    22.000 [anna] recording
    22.000 [anna] talking
    30.000 A * ivan says AUTO
    30.000 A * ivan wrapped up in 20000 ms
    30.000 [ivan] ready
    30.000 A * A over: HungUp
    30.000 A/2 hang up
    30.000 [anna] talk ended by caller
    30.000 A * offer A#2 closed: BridgedEnded
    30.000 [anna] card A#2 closed: BridgedEnded
    30.000 [anna] wrap_up
    30.000 A * ENDED Answered: Success caller-hung-up
    30.001 A * A/2 over: ByUs
    ");
}

#[test]
fn nobody_takes_the_caller_who_goes_back_to_whoever_parked_and_then_to_the_queue() {
    assert_snapshot!(talking(
        "10 ivan says hold
         11 ivan says park
         100 anna says ready
         132 ivan declines
         133 anna answers
         140 A hangs up
         141 end"
    ), @"
     10.000 A unbridge
     10.000 A play music for ever
     10.000 A * A/1 holds: true
     10.000 A mark hold
     10.000 [ivan] held
     10.000 [ivan] hold
     11.000 A * ivan parks in 1
     11.000 [anna] parked in 1 by ivan
     11.000 [ivan] parked in 1 by ivan
     11.000 A/1 hang up
     11.000 [ivan] talk ended by operator
     11.000 A play music for ever
     11.000 A mark park
     11.000 A * offer A#1 closed: BridgedEnded
     11.000 [ivan] card A#1 closed: BridgedEnded
     11.000 [ivan] wrap_up
     11.001 A * A/1 over: ByUs
     31.000 A * ivan says AUTO
     31.000 A * ivan wrapped up in 20000 ms
     31.000 [ivan] ready
    100.000 [anna] ready
    131.000 A * taken from 1 by None
    131.000 [anna] unparked from 1 by None
    131.000 [ivan] unparked from 1 by None
    131.000 A * queued in support at 3
    131.000 A play music for ever
    131.000 A * offered A#2 to ivan
    131.000 [ivan] card A#2 waited 125999 ms attempt 1 client error
    131.000 [ivan] reserved
    131.020 A * popped in 20000 us, seen: true
    131.020 A * dialled A/2
    131.020 A/2 dial ivan showing +79990000001, no name
    132.000 A * A/2 over: Declined
    132.000 A * offer A#2 closed: Rejected
    132.000 [ivan] card A#2 closed: Rejected
    132.000 A * offered A#3 to anna
    132.000 [anna] card A#3 waited 126999 ms attempt 2 client error
    132.000 [anna] reserved
    132.000 [ivan] ready
    132.020 A * popped in 20000 us, seen: true
    132.020 A * dialled A/3
    132.020 A/3 dial anna showing +79990000001, no name
    133.000 A * A/3 answered
    133.000 A bridge A/3
    133.000 A * bridged with A/3 after 127999 ms
    133.000 [anna] talk begins
    133.000 [anna] recording
    133.000 [anna] talking
    140.000 A * A over: HungUp
    140.000 A/3 hang up
    140.000 [anna] talk ended by caller
    140.000 A * offer A#3 closed: BridgedEnded
    140.000 [anna] card A#3 closed: BridgedEnded
    140.000 [anna] wrap_up
    140.000 A * ENDED Answered: Success caller-hung-up
    140.001 A * A/3 over: ByUs
    ");
}

#[test]
fn the_caller_leaves_the_place() {
    assert_snapshot!(talking(
        "10 ivan says park
         20 A hangs up
         21 anna says unpark 1
         22 end"
    ), @"
    10.000 A * ivan parks in 1
    10.000 [anna] parked in 1 by ivan
    10.000 [ivan] parked in 1 by ivan
    10.000 A/1 hang up
    10.000 [ivan] talk ended by operator
    10.000 A play music for ever
    10.000 A mark park
    10.000 A * offer A#1 closed: BridgedEnded
    10.000 [ivan] card A#1 closed: BridgedEnded
    10.000 [ivan] wrap_up
    10.001 A * A/1 over: ByUs
    20.000 A * A over: HungUp
    20.000 A * taken from 1 by None
    20.000 [anna] unparked from 1 by None
    20.000 [ivan] unparked from 1 by None
    20.000 A * ENDED Answered: Success caller-hung-up
    21.000 [anna] error slot_empty in not_ready
    ");
}

#[test]
fn what_does_not_fit_is_refused() {
    assert_snapshot!(talking(
        "10 ivan says park 0
         11 ivan says park 101
         12 anna says unpark 1
         13 ivan says consult anna
         14 ivan says park
         15 ivan says cancel_consult
         16 ivan says park 3
         17 ivan says park 3
         18 petr says unpark 3
         19 ivan says unpark 3
         20 ivan answers
         21 end"
    ), @"
    10.000 [ivan] error unknown_slot in talking
    11.000 [ivan] error unknown_slot in talking
    12.000 [anna] error slot_empty in not_ready
    13.000 A unbridge
    13.000 A play music for ever
    13.000 A * A/1 holds: true
    13.000 A mark hold
    13.000 [ivan] held
    13.000 [anna] asked by ivan: ringing, client error
    13.000 A * dialled A/2
    13.000 A/2 dial anna showing withheld, ivan (ivan)
    13.000 [ivan] asks anna: ringing
    13.000 [ivan] consult
    13.000 [anna] talking
    14.000 [ivan] error invalid_state in consult
    15.000 [ivan] asks anna: cancelled
    15.000 [anna] asked by ivan: over
    15.000 A/2 hang up
    15.000 A bridge A/1
    15.000 A * A/1 holds: false
    15.000 A mark resume
    15.000 [ivan] resumed
    15.000 [ivan] talking
    15.000 [anna] not_ready LUNCH
    15.001 A * A/2 over: ByUs
    16.000 A * ivan parks in 3
    16.000 [anna] parked in 3 by ivan
    16.000 [ivan] parked in 3 by ivan
    16.000 A/1 hang up
    16.000 [ivan] talk ended by operator
    16.000 A play music for ever
    16.000 A mark park
    16.000 A * offer A#1 closed: BridgedEnded
    16.000 [ivan] card A#1 closed: BridgedEnded
    16.000 [ivan] wrap_up
    16.001 A * A/1 over: ByUs
    17.000 [ivan] error invalid_state in wrap_up
    18.000 [petr] error stale_session in logged_out
    19.000 A * taken from 3 by Some(ivan)
    19.000 [anna] unparked from 3 by Some(ivan)
    19.000 [ivan] unparked from 3 by Some(ivan)
    19.000 A * queued in support at 3
    19.000 A play music for ever
    19.000 A * ivan says AUTO
    19.000 A * ivan wrapped up in 3000 ms
    19.000 A * offered A#2 to ivan
    19.000 [ivan] card A#2 waited 13999 ms attempt 1 client error
    19.000 [ivan] reserved
    19.020 A * popped in 20000 us, seen: true
    19.020 A * dialled A/3
    19.020 A/3 dial ivan showing +79990000001, no name
    20.000 A * A/3 answered
    20.000 A bridge A/3
    20.000 A * bridged with A/3 after 14999 ms
    20.000 [ivan] talk begins
    20.000 [ivan] recording
    20.000 [ivan] talking
    ");
}

/// The place beyond the last is refused, and the talk goes on.
#[test]
fn there_are_so_many_places() {
    let config = Config {
        park_max: Duration::from_secs(3_600),
        ..Config::default()
    };
    let plan = DAY.replace("wrap_up = \"20s\"", "wrap_up = \"0s\"");
    let mut world = World::with(config, &plan, 0);
    world.play("0 operators ivan\n 0 ivan sits");
    for n in 0..=u32::from(PARKED_MAX) {
        let at = 1 + n * 10;
        world.play(&format!("{at} end"));
        let letter = char::from_u32(0x100 + n).expect("a letter");
        world.arrives(letter, "+79990000001", "+78000000001");
        let (answered, parked) = (at + 6, at + 7);
        world.play(&format!(
            "{answered} ivan answers\n {parked} ivan says park"
        ));
    }
    let refused = |output: &&Output| matches!(output, Output::DeskResult { result: CommandResult::Error { code, .. }, .. } if &**code == "park_full");
    assert_eq!(world.outputs.iter().filter(refused).count(), 1);
    assert_eq!(
        world
            .board
            .snapshot(&"ivan".into())
            .expect("a seat")
            .parked
            .len(),
        100
    );
}

/// Nobody of another project sees or takes a caller (S07), but who parked them.
#[test]
fn a_place_is_of_its_project() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan@other anna petr@other root!@other
         0 ivan sits
         1 A calls
         6 ivan answers
         7 anna sits
         7 petr sits
         7 root sits
         8 listen
         10 ivan says park",
    );
    let seen = |name: &str| {
        let snapshot = world.board.snapshot(&name.into());
        snapshot.expect("a seat").parked.len()
    };
    assert_eq!(["ivan", "anna", "petr", "root"].map(seen), [1, 1, 0, 1]);
    let told = world.tell("11 petr says unpark 1\n 12 anna says unpark 1\n 13 end");
    for name in ["ivan", "anna", "root"] {
        assert!(told.contains(&format!("[{name}] parked in 1")), "{told}");
        assert!(
            told.contains(&format!("[{name}] unparked from 1")),
            "{told}"
        );
    }
    assert!(!told.contains("[petr] parked"), "{told}");
    assert!(told.contains("[petr] error slot_empty"), "{told}");
}
