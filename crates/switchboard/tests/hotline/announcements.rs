//! What a caller hears of the queue while they wait.
use crate::plans::ANNOUNCED;
use crate::world::World;

/// What a story says of callers who wait.
fn heard(script: &str) -> String {
    let story = World::new(ANNOUNCED).tell(script);
    let told = [
        "play",
        "Announced",
        "bridge A",
        "bridge B",
        "dial ",
        "offered",
    ];
    let lines = story
        .lines()
        .filter(|line| told.iter().any(|it| line.contains(it)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn places_go_up_nothing_is_said_while_somebody_rings_and_who_answers_ends_it() {
    insta::assert_snapshot!(heard(
        "0 operators ivan anna
         1 A calls
         2 B calls
         20 ivan sits
         21 ivan rings
         37 ivan answers
         68 anna sits
         69 anna answers
         90 end",
    ));
}

#[test]
fn what_is_being_said_gives_way_to_who_is_asked() {
    let story = heard(
        "0 operators ivan
         1 A calls
         7 ivan sits
         20 A hangs up
         21 end",
    );
    insta::assert_snapshot!(story);
}

#[test]
fn why_the_caller_waits_again_is_said_to_its_end() {
    let story = heard(
        "0 operators ivan anna
         1 A calls
         2 ivan sits
         3 ivan answers
         30 anna sits
         60 ivan dies
         80 end",
    );
    insta::assert_snapshot!(story);
}

#[test]
fn who_is_overtaken_is_not_told_so() {
    insta::assert_snapshot!(heard(
        "0 operators ivan
         1 A calls
         8 V calls +79990000002 +78000000003
         70 V hangs up
         100 end",
    ));
}

#[test]
fn a_wait_is_said_when_enough_callers_like_this_one_have_waited() {
    insta::assert_snapshot!(heard(
        "0 operators ivan
         1 A calls
         1 B calls
         1 C calls
         1 D calls
         1 E calls
         4 Z calls
         100 listen
         100 ivan sits
         101 ivan answers
         102 ivan hangs-up
         103 ivan answers
         104 ivan hangs-up
         105 ivan answers
         106 ivan hangs-up
         107 ivan answers
         108 ivan hangs-up
         109 ivan answers
         110 F calls
         120 end",
    ));
}

/// Four callers have waited, one of them for a phone too that was lost before a word: too few to tell anything by.
#[test]
fn a_phone_that_flaps_is_one_wait() {
    let story = heard(
        "0 operators ivan anna
         1 A calls
         1 B calls
         1 C calls
         1 D calls
         4 Z calls
         100 listen
         100 ivan sits
         101 ivan answers
         101.05 ivan dies
         102 anna sits
         103 anna answers
         104 anna hangs-up
         105 anna answers
         106 anna hangs-up
         107 anna answers
         108 anna hangs-up
         109 anna answers
         110 F calls
         120 end",
    );
    assert_eq!(story.matches(" A bridge ").count(), 2, "{story}");
    let told = story.lines().last().expect("F hears something");
    assert!(told.contains("wait_minutes: None"), "{told}");
}

#[test]
fn who_is_answered_at_once_hears_none_and_an_english_number_speaks_english() {
    insta::assert_snapshot!(heard(
        "0 operators ivan
         0 ivan sits
         1 A calls
         2 ivan answers
         40 A hangs up
         41 ivan says not_ready LUNCH
         42 B calls +79990000001 +78000000002
         60 end",
    ));
}
