//! Phones with forwarding set: who is asked instead, and who never is.
use gudok_switchboard::Config;
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::World;

/// Offers, dials and ends of a call that ivan's phone sends away; anna would be the next one.
fn pointing(follow_redirects: bool, script: &str) -> String {
    let config = Config {
        follow_redirects,
        transfer_outside: vec!["+7495*".into()],
        ..Config::default()
    };
    let mut world = World::with(config, DAY, 0);
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
