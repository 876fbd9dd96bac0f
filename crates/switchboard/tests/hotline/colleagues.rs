//! Operators among themselves, with no caller in the call.
use gudok_switchboard::{INTERCOMS_MAX, Output};
use insta::assert_snapshot;

use crate::transfers::talking;
use crate::world::World;

#[test]
fn operators_talk_among_themselves() {
    assert_snapshot!(talking(
        "10 anna dials ivan
         11 petr sits
         12 anna dials petr
         13 petr answers
         14 petr refers support
         15 A hangs up
         16 anna second hangs-up
         17 anna dials support
         18 anna dials anna"
    ), @"
    10.000 ? refuse 486
    11.000 [petr] not_ready login
    11.000 [petr] ready
    12.000 ? ring
    12.000 ?/1 dial petr showing withheld, anna (anna)
    12.000 [anna] talking
    12.000 [petr] talking
    13.000 ? answer
    13.000 ? bridge ?/1
    14.000 ?/1 refer: 403
    15.000 A * A over: HungUp
    15.000 A/1 hang up
    15.000 [ivan] talk ended by caller
    15.000 A * offer A#1 closed: BridgedEnded
    15.000 [ivan] card A#1 closed: BridgedEnded
    15.000 [ivan] wrap_up
    15.000 A * ENDED Answered: Success caller-hung-up
    15.001 A * A/1 over: ByUs
    16.000 ?/1 hang up
    16.000 [anna] not_ready LUNCH
    16.001 [petr] ready
    17.000 ? refuse 404
    18.000 ? refuse 486
    ");
}

#[test]
fn one_call_at_a_time_for_operators_among_themselves() {
    assert_snapshot!(talking(
        "10 petr sits
         11 anna dials petr
         12 anna dials ivan
         13 petr dials ivan
         14 petr answers
         15 A hangs up
         16 ivan says disposition SOLVED done
         17 ivan dials anna
         18 anna dials ivan
         19 end"
    ), @"
    10.000 [petr] not_ready login
    10.000 [petr] ready
    11.000 ? ring
    11.000 ?/1 dial petr showing withheld, anna (anna)
    11.000 [anna] talking
    11.000 [petr] talking
    12.000 ? refuse 486
    13.000 ? refuse 486
    14.000 ? answer
    14.000 ? bridge ?/1
    15.000 A * A over: HungUp
    15.000 A/1 hang up
    15.000 [ivan] talk ended by caller
    15.000 A * offer A#1 closed: BridgedEnded
    15.000 [ivan] card A#1 closed: BridgedEnded
    15.000 [ivan] wrap_up
    15.000 A * ENDED Answered: Success caller-hung-up
    15.001 A * A/1 over: ByUs
    16.000 A * ivan says SOLVED
    16.000 A * ivan wrapped up in 1000 ms
    16.000 [ivan] ready
    17.000 ? refuse 486
    18.000 ? refuse 486
    ");
}

#[test]
fn who_consults_or_is_consulted_dials_nobody_else() {
    assert_snapshot!(talking(
        "10 petr sits
         11 petr says not_ready LUNCH
         12 ivan dials anna
         13 ivan dials petr
         14 anna dials petr
         15 A hangs up"
    ), @"
    10.000 [petr] not_ready login
    10.000 [petr] ready
    11.000 [petr] not_ready LUNCH
    12.000 [anna] asked by ivan: ringing, client error
    12.000 A * dialled A/2
    12.000 A * dialled A/3
    12.000 A/2 ring
    12.000 A/3 dial anna showing withheld, ivan (ivan)
    12.000 [anna] talking
    12.000 [ivan] consult
    13.000 ? refuse 486
    14.000 ? refuse 486
    15.000 A * A over: HungUp
    15.000 [anna] asked by ivan: over
    15.000 A/3 hang up
    15.000 A/2 refuse 480
    15.000 A/1 hang up
    15.000 [ivan] talk ended by caller
    15.000 [ivan] wrap_up
    15.000 [anna] not_ready LUNCH
    15.000 A * offer A#1 closed: BridgedEnded
    15.000 [ivan] card A#1 closed: BridgedEnded
    15.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn who_did_not_answer_a_colleague_has_a_rest_and_a_phone_that_rings_in_vain_is_named() {
    assert_snapshot!(talking(
        "10 A hangs up
         11 listen
         11 petr sits
         12 anna dials petr
         13 anna second hangs-up
         14 anna dials petr
         23 anna dials petr
         24 anna second hangs-up
         34 anna dials petr
         35 petr declines
         46 anna dials petr
         47 anna second hangs-up
         60 anna dials petr
         61 anna second hangs-up
         75 anna dials petr
         76 anna second hangs-up"
    ), @"
    11.000 [petr] not_ready login
    11.000 [petr] ready
    12.000 ? ring
    12.000 ?/1 dial petr showing withheld, anna (anna)
    12.000 [anna] talking
    12.000 [petr] talking
    13.000 ?/1 hang up
    13.000 [anna] not_ready LUNCH
    13.001 [petr] ready
    14.000 ? refuse 486
    23.000 ? ring
    23.000 ?/1 dial petr showing withheld, anna (anna)
    23.000 [anna] talking
    23.000 [petr] talking
    24.000 ?/1 hang up
    24.000 [anna] not_ready LUNCH
    24.001 [petr] ready
    30.000 A * ivan says AUTO
    30.000 A * ivan wrapped up in 20000 ms
    30.000 [ivan] ready
    34.000 ? ring
    34.000 ?/1 dial petr showing withheld, anna (anna)
    34.000 [anna] talking
    34.000 [petr] talking
    35.000 ? refuse 603
    35.000 [petr] ready
    35.001 [anna] not_ready LUNCH
    46.000 ? ring
    46.000 ?/1 dial petr showing withheld, anna (anna)
    46.000 [anna] talking
    46.000 [petr] talking
    47.000 ?/1 hang up
    47.000 [anna] not_ready LUNCH
    47.001 [petr] ready
    60.000 ? ring
    60.000 ?/1 dial petr showing withheld, anna (anna)
    60.000 [anna] talking
    60.000 [petr] talking
    61.000 ! intercom_in_vain
    61.000 ?/1 hang up
    61.000 [anna] not_ready LUNCH
    61.001 [petr] ready
    75.000 ? ring
    75.000 ?/1 dial petr showing withheld, anna (anna)
    75.000 [anna] talking
    75.000 [petr] talking
    76.000 ?/1 hang up
    76.000 [anna] not_ready LUNCH
    ");
}

/// A house full of people who ring each other takes no call more, and one that is over makes room.
#[test]
fn so_many_calls_among_operators_at_one_time() {
    let names: Vec<String> = (0..2 * INTERCOMS_MAX + 2)
        .map(|n| format!("o{n}"))
        .collect();
    let mut world = World::new(crate::plans::OUT);
    world.play(&format!("0 operators {}", names.join(" ")));
    for name in &names {
        world.sits(name);
    }
    let pairs: Vec<(&String, &String)> = names.iter().zip(&names[1..]).step_by(2).collect();
    let (last, first) = (pairs[INTERCOMS_MAX], pairs[0]);
    for (who, whom) in &pairs[..INTERCOMS_MAX] {
        world.dials(who, whom);
    }
    assert_eq!(world.board.intercoms_alive(), INTERCOMS_MAX);
    world.dials(last.0, last.1);
    assert_eq!(world.board.intercoms_alive(), INTERCOMS_MAX);
    assert!(
        refused(&world),
        "the last of all is refused: {}",
        world.story
    );
    world.play(&format!("10 {} second hangs-up\n11 end", first.0));
    world.dials(last.0, last.1);
    assert_eq!(world.board.intercoms_alive(), INTERCOMS_MAX);
    assert!(!refused(&world), "there is room again");
}

/// Whether the call that was begun last was refused.
fn refused(world: &World) -> bool {
    let mut outputs = world.outputs.iter().rev();
    let last = outputs.find(|output| {
        matches!(
            output,
            Output::Refuse { .. } | Output::Dial { .. } | Output::Ring { .. }
        )
    });
    matches!(last, Some(Output::Refuse { status: 503, .. }))
}
