//! Phones with forwarding set: who is asked instead, and who never is.
use gudok_switchboard::Config;
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::World;

fn follows(follow_redirects: bool) -> World {
    let config = Config {
        follow_redirects,
        transfer_outside: vec!["+7495*".into()],
        ..Config::default()
    };
    World::with(config, DAY, 0)
}

/// Offers, dials and ends of a call that ivan's phone sends away; anna would be the next one.
fn pointing(follow_redirects: bool, script: &str) -> String {
    let mut world = follows(follow_redirects);
    world.play(
        "0 operators ivan anna petr
         0 ivan sits
         0 anna sits
         0 petr sits
         1 A calls
         6 listen",
    );
    let story = world.tell(script);
    let told = |line: &&str| {
        let words = ["offered", "dial ", "card", "over:", "talk begins"];
        words.iter().any(|word| line.contains(word))
    };
    story.lines().filter(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_phone_that_points_to_a_colleague_hands_the_offer_on_with_its_card() {
    assert_snapshot!(pointing(true, "7 ivan points-to-petr\n 9 petr answers\n 10 end"), @r"
    7.000 A * A/1 over: Declined
    7.000 [ivan] card A#1 closed: Rejected
    7.000 A * offered A#2 to petr
    7.000 [petr] card A#2 waited 1999 ms attempt 2 client error
    7.020 A/2 dial petr showing +79990000001, no name
    9.000 [petr] talk begins
    ");
}

#[test]
fn nobody_follows_unless_the_admin_says_so() {
    assert_snapshot!(pointing(false, "7 ivan points-to-petr\n 9 end"), @r"
    7.000 A * A/1 over: Declined
    7.000 [ivan] card A#1 closed: Rejected
    7.000 A * offered A#2 to anna
    7.000 [anna] card A#2 waited 1999 ms attempt 2 client error
    7.020 A/2 dial anna showing +79990000001, no name
    ");
}

/// A number outside is nobody of ours, though transfers may go there.
#[test]
fn numbers_outside_are_never_called_for_it() {
    assert_snapshot!(pointing(true, "7 ivan points-to-+74951234567\n 9 end"), @r"
    7.000 A * A/1 over: Declined
    7.000 [ivan] card A#1 closed: Rejected
    7.000 A * offered A#2 to anna
    7.000 [anna] card A#2 waited 1999 ms attempt 2 client error
    7.020 A/2 dial anna showing +79990000001, no name
    ");
}

/// Ivan talks with a caller; anna, petr and olga are free, and not ready: colleagues may call them.
fn consulting(follow_redirects: bool, script: &str) -> String {
    let mut world = follows(follow_redirects);
    world.play(
        "0 operators ivan anna petr olga
         0 ivan sits
         1 A calls
         6 ivan answers
         7 anna sits
         7 anna says not_ready LUNCH
         7 petr sits
         7 petr says not_ready LUNCH
         7 olga sits
         7 olga says not_ready LUNCH
         8 listen",
    );
    world.tell(script)
}

/// The colleague whose phone points away is free again, the next one is asked with a ringing of their own, and is who the
/// caller is joined with.
#[test]
fn a_consultation_follows_to_the_colleague() {
    assert_snapshot!(consulting(
        true,
        "11 ivan dials anna
         12 anna rings
         30 anna points-to-petr
         50 petr answers
         55 ivan joins
         56 A hangs up"
    ), @r"
    11.000 [anna] asked by ivan: ringing, client error
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    11.000 [ivan] consult
    12.000 A * A/3 rings
    30.000 A * A/3 over: Declined
    30.000 [anna] asked by ivan: over
    30.000 [petr] asked by ivan: ringing, client error
    30.000 A * dialled A/4
    30.000 A/4 dial petr showing withheld, ivan (ivan)
    30.000 [anna] not_ready LUNCH
    30.000 [petr] talking
    50.000 A * A/4 answered
    50.000 A/2 answer
    50.000 A/2 bridge A/4
    50.000 [petr] asked by ivan: answered, client error
    50.001 A * A/2 answered
    55.000 [ivan] talk ended by operator
    55.000 A/1 refer: 202
    55.000 A * ivan passes on to operator petr, with a word
    55.000 A/1 refer goes: 200
    55.000 A * offer A#1 closed: BridgedEnded
    55.000 [ivan] card A#1 closed: BridgedEnded
    55.000 [petr] asked by ivan: over
    55.000 A/1 hang up
    55.000 A/2 hang up
    55.000 A/4 talks with +79990000001, no name
    55.000 A * offered A#2 to petr
    55.000 [petr] card A#2 client error
    55.000 A bridge A/4
    55.000 A * bridged with A/4 after 49999 ms
    55.000 [petr] talk begins
    55.000 [petr] recording
    55.000 [ivan] wrap_up
    55.000 [petr] talking
    55.001 A * A/1 over: ByUs
    55.001 A * A/2 over: ByUs
    56.000 A * A over: HungUp
    56.000 A/4 hang up
    56.000 [petr] talk ended by caller
    56.000 A * offer A#2 closed: BridgedEnded
    56.000 [petr] card A#2 closed: BridgedEnded
    56.000 [petr] wrap_up
    56.000 A * ENDED Answered: Success caller-hung-up
    ");
}

/// Two phones are followed, none of them twice, and never to who asks.
#[test]
fn a_consultation_goes_in_no_circle() {
    assert_snapshot!(consulting(
        true,
        "11 ivan dials anna
         12 anna points-to-petr
         13 petr points-to-anna
         20 ivan dials anna
         21 anna points-to-petr
         22 petr points-to-olga
         23 olga points-to-nobody
         30 ivan dials anna
         31 anna points-to-ivan
         40 ivan dials anna
         41 anna points-to-+74951234567"
    ), @r"
    11.000 [anna] asked by ivan: ringing, client error
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    11.000 [ivan] consult
    12.000 A * A/3 over: Declined
    12.000 [anna] asked by ivan: over
    12.000 [petr] asked by ivan: ringing, client error
    12.000 A * dialled A/4
    12.000 A/4 dial petr showing withheld, ivan (ivan)
    12.000 [anna] not_ready LUNCH
    12.000 [petr] talking
    13.000 A * A/4 over: Declined
    13.000 [petr] asked by ivan: over
    13.000 A/2 refuse 603
    13.000 [ivan] talking
    13.000 [petr] not_ready LUNCH
    13.001 A * A/2 over: ByUs
    20.000 [anna] asked by ivan: ringing, client error
    20.000 A * dialled A/5
    20.000 A * dialled A/6
    20.000 A/5 ring
    20.000 A/6 dial anna showing withheld, ivan (ivan)
    20.000 [anna] talking
    20.000 [ivan] consult
    21.000 A * A/6 over: Declined
    21.000 [anna] asked by ivan: over
    21.000 [petr] asked by ivan: ringing, client error
    21.000 A * dialled A/7
    21.000 A/7 dial petr showing withheld, ivan (ivan)
    21.000 [anna] not_ready LUNCH
    21.000 [petr] talking
    22.000 A * A/7 over: Declined
    22.000 [petr] asked by ivan: over
    22.000 [olga] asked by ivan: ringing, client error
    22.000 A * dialled A/8
    22.000 A/8 dial olga showing withheld, ivan (ivan)
    22.000 [petr] not_ready LUNCH
    22.000 [olga] talking
    23.000 A * A/8 over: Declined
    23.000 [olga] asked by ivan: over
    23.000 A/5 refuse 603
    23.000 [ivan] talking
    23.000 [olga] not_ready LUNCH
    23.001 A * A/5 over: ByUs
    30.000 [anna] asked by ivan: ringing, client error
    30.000 A * dialled A/9
    30.000 A * dialled A/10
    30.000 A/9 ring
    30.000 A/10 dial anna showing withheld, ivan (ivan)
    30.000 [anna] talking
    30.000 [ivan] consult
    31.000 A * A/10 over: Declined
    31.000 [anna] asked by ivan: over
    31.000 A/9 refuse 603
    31.000 [ivan] talking
    31.000 [anna] not_ready LUNCH
    31.001 A * A/9 over: ByUs
    40.000 [anna] asked by ivan: ringing, client error
    40.000 A * dialled A/11
    40.000 A * dialled A/12
    40.000 A/11 ring
    40.000 A/12 dial anna showing withheld, ivan (ivan)
    40.000 [anna] talking
    40.000 [ivan] consult
    41.000 A * A/12 over: Declined
    41.000 [anna] asked by ivan: over
    41.000 A/11 refuse 603
    41.000 [ivan] talking
    41.000 [anna] not_ready LUNCH
    ");
}

#[test]
fn a_consultation_follows_nobody_unless_the_admin_says_so() {
    assert_snapshot!(consulting(false, "11 ivan dials anna\n 12 anna points-to-petr"), @r"
    11.000 [anna] asked by ivan: ringing, client error
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    11.000 [ivan] consult
    12.000 A * A/3 over: Declined
    12.000 [anna] asked by ivan: over
    12.000 A/2 refuse 603
    12.000 [ivan] talking
    12.000 [anna] not_ready LUNCH
    ");
}

/// A call between operators goes on to who is free; who has a call in hand is not rung for it, and the phone that dialled
/// hears that it was declined.
#[test]
fn a_call_between_operators_follows_to_the_colleague() {
    assert_snapshot!(consulting(
        true,
        "11 anna dials petr
         12 petr points-to-olga
         13 olga answers
         20 olga hangs-up
         30 anna dials petr
         31 petr points-to-ivan
         45 anna dials petr
         46 petr points-to-olga
         47 olga points-to-petr"
    ), @r"
        11.000 ? ring
        11.000 ?/1 dial petr showing withheld, anna (anna)
        11.000 [anna] talking
        11.000 [petr] talking
        12.000 ?/2 dial olga showing withheld, anna (anna)
        12.000 [petr] not_ready LUNCH
        12.000 [olga] talking
        13.000 ? answer
        13.000 ? bridge ?/2
        20.000 ? hang up
        20.000 [olga] not_ready LUNCH
        20.001 [anna] not_ready LUNCH
        30.000 ? ring
        30.000 ?/1 dial petr showing withheld, anna (anna)
        30.000 [anna] talking
        30.000 [petr] talking
        31.000 ? refuse 603
        31.000 [petr] not_ready LUNCH
        31.001 [anna] not_ready LUNCH
        45.000 ? ring
        45.000 ?/1 dial petr showing withheld, anna (anna)
        45.000 [anna] talking
        45.000 [petr] talking
        46.000 ?/2 dial olga showing withheld, anna (anna)
        46.000 [petr] not_ready LUNCH
        46.000 [olga] talking
        47.000 ? refuse 603
        47.000 [olga] not_ready LUNCH
        ");
}

/// Nobody answers at the second phone: it has rung for as long as any other, and both ends are told.
#[test]
fn a_call_between_operators_that_was_followed_ends_by_itself() {
    assert_snapshot!(consulting(
        true,
        "11 anna dials petr
         30 petr points-to-olga
         31 olga rings
         100 end"
    ), @r"
        11.000 ? ring
        11.000 ?/1 dial petr showing withheld, anna (anna)
        11.000 [anna] talking
        11.000 [petr] talking
        30.000 ?/2 dial olga showing withheld, anna (anna)
        30.000 [petr] not_ready LUNCH
        30.000 [olga] talking
        60.000 ?/2 hang up
        60.000 ? refuse 480
        60.001 [olga] not_ready LUNCH
        60.001 [anna] not_ready LUNCH
        ");
}
