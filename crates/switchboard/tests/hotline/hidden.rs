//! Callers who withhold the number and are kept out all the same.
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::{World, call_id};

/// The day's plan, with the block list of an admin.
fn with_list() -> String {
    let list = "[[flow.main]]\nwhen = 'client.class == \"blocked\"'\nthen = [{ hangup = true, allow_hangup = \"blocked\" }]\n\n";
    let plan = DAY.replacen(
        "[[flow.main]]\nplay = \"greeting\"",
        &format!("{list}[[flow.main]]\nplay = \"greeting\""),
        1,
    );
    assert_ne!(plan, DAY);
    plan
}

/// What the record has of how calls came and ended.
fn told(script: &str) -> String {
    let story = World::new(&with_list()).tell(script);
    let wanted = |line: &&str| ["client", "ENDED"].iter().any(|word| line.contains(word));
    story.lines().filter(wanted).collect::<Vec<_>>().join("\n")
}

/// By a call that is over; the next one of the same caller meets the plan's block list, those of others do not.
#[test]
fn a_caller_who_hides_is_blocked_by_a_call_of_theirs() {
    assert_snapshot!(told(
        "1 A calls hidden-7
         3 A hangs up
         4 block A 3600
         5 B calls hidden-7
         6 C calls hidden-8
         7 C hangs up
         8 D calls
         9 D hangs up
         20 end"
    ), @r"
        1.000 A * client no_number
        3.000 A * ENDED AbandonedIvr: Success caller-hung-up
        5.000 B * client скрытый номер
        5.002 B * ENDED RejectedSpam: Success blocked
        6.000 C * client no_number
        7.000 C * ENDED AbandonedIvr: Success caller-hung-up
        9.000 D * ENDED AbandonedIvr: Success caller-hung-up
        ");
}

/// Its time is over, or it is lifted by another call of theirs.
#[test]
fn a_block_ends() {
    assert_snapshot!(told(
        "1 A calls hidden-7
         2 A hangs up
         3 block A 10
         4 B calls hidden-7
         13 C calls hidden-7
         14 C hangs up
         20 block C 3600
         21 unblock B
         22 D calls hidden-7
         23 D hangs up
         30 end"
    ), @r"
         1.000 A * client no_number
         2.000 A * ENDED AbandonedIvr: Success caller-hung-up
         4.000 B * client скрытый номер
         4.002 B * ENDED RejectedSpam: Success blocked
        13.000 C * client no_number
        14.000 C * ENDED AbandonedIvr: Success caller-hung-up
        22.000 D * client no_number
        23.000 D * ENDED AbandonedIvr: Success caller-hung-up
        ");
}

/// A number that can be seen belongs into the directory; a call that never was is nobody's.
#[test]
fn who_shows_the_number_is_not_blocked_so() {
    let mut world = World::new(&with_list());
    world.play("1 A calls\n 2 B calls anonymous\n 3 block A 99\n 3 block B 99\n 3 block Z 99");
    assert_eq!(world.board.blocked(world.now.wall), []);
    for name in ['A', 'B', 'Z'] {
        assert!(!world.board.can_block(call_id(name)));
    }
}
