//! After the talk: who is asked how it was, what comes of the answer, and that it costs nobody else anything.
use std::time::Duration;

use gudok_model::Wall;
use gudok_switchboard::{AtLimit, Config, Input, Limit, PressLimits};
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::press::dear;
use crate::world::{Event, World};

/// The day's plan, whose callers are asked after each talk.
pub(crate) fn plan(survey: &str) -> String {
    let queue = "[queue.support]\nsurvey = \"quality\"\n";
    let survey = format!("[survey.quality]\n{survey}\n");
    DAY.replace("[queue.support]\n", queue)
        .replace("[[number]]", &format!("{survey}\n[[number]]"))
}

/// Of every talk, at once.
pub(crate) const ALL: &str = "again = \"0s\"\ntalk_min = \"0s\"";

/// A talk of `A` from 7.1 s on.
const TALK: &str = "0 operators ivan\n 0 ivan sits\n 1 A calls\n 7 ivan answers\n";

fn world(survey: &str) -> World {
    World::new(&plan(survey))
}

/// What was asked and said, and how the calls ended.
fn told(story: &str) -> String {
    let words = [
        "ASKED",
        "RATED",
        "RESOLVED",
        "rated",
        "ENDED",
        "no survey",
        "wrapped",
    ];
    let told = story
        .lines()
        .filter(|line| words.iter().any(|word| line.contains(word)));
    told.map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_operator_hangs_up_and_the_caller_rates_the_talk() {
    let script = format!("{TALK} 19 listen\n 20 ivan hangs-up\n 21 A presses 5\n 60 end");
    assert_snapshot!(world(ALL).tell(&script), @r#"
    20.000 A * A/1 over: HungUp
    20.000 [ivan] talk ended by operator
    20.000 A unbridge
    20.000 A mark survey
    20.000 A recording: pause
    20.000 A * decided: survey rate_call
    20.000 A play rate_call
    20.000 A keys awaited
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    21.000 A silence
    21.000 A keys not awaited
    21.000 A * ASKED about ivan in support
    21.000 A * typed "5" for the menu
    21.000 A * RATED 5, low: false
    21.000 A * decided: survey rate_thanks
    21.000 A play rate_thanks
    23.000 A hang up
    23.001 A * A over: ByUs
    23.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan says AUTO
    40.000 A * ivan wrapped up in 20000 ms
    40.000 [ivan] ready
    "#);
}

#[test]
fn at_the_desk_s_word_it_is_the_same() {
    let script = format!("{TALK} 19 listen\n 20 ivan says hang_up\n 21 A presses 1\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&script)), @r"
    21.000 A * ASKED about ivan in support
    21.000 A * RATED 1, low: true
    23.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn whether_the_matter_is_settled_is_asked_after_the_mark() {
    let survey = format!("{ALL}\nask_solved = \"rate_solved\"\ntell_operator = true");
    let script = format!("{TALK} 20 ivan hangs-up\n 21 A presses 2\n 22 A presses 2\n 60 end");
    assert_snapshot!(told(&world(&survey).tell(&script)), @r"
    21.000 A * ASKED about ivan in support
    21.000 A * RATED 2, low: true
    21.000 [ivan] talk rated 2, solved None
    22.000 A * RESOLVED: false
    22.000 [ivan] talk rated 2, solved Some(false)
    24.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
    // Who leaves before the second answer has given the first.
    let script = format!("{TALK} 20 ivan hangs-up\n 21 A presses 4\n 22 A hangs up\n 60 end");
    assert_snapshot!(told(&world(&survey).tell(&script)), @r"
    21.000 A * ASKED about ivan in support
    21.000 A * RATED 4, low: false
    21.000 [ivan] talk rated 4, solved None
    22.000 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn who_says_nothing_is_asked_twice_and_let_go() {
    let script = format!("{TALK} 19 listen\n 20 ivan hangs-up\n 29 A presses 7\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&script)), @r"
    22.000 A * ASKED about ivan in support
    31.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
    let silent = format!("{TALK} 20 ivan hangs-up\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&silent)), @r"
    22.000 A * ASKED about ivan in support
    36.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn a_caller_who_hangs_up_first_is_asked_nothing() {
    let script = format!("{TALK} 20 A hangs up\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&script)), @"
    20.000 A * ENDED Answered: Success caller-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn who_leaves_while_they_are_asked_has_not_ended_the_talk() {
    let script = format!("{TALK} 20 ivan hangs-up\n 21 A hangs up\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&script)), @r"
    21.000 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn a_phone_that_dies_sends_the_caller_back_and_asks_nothing() {
    let script = format!("{TALK} 20 ivan dies\n 21 A hangs up\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&script)), @"
    21.000 A * ENDED Answered: Success caller-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn short_talks_and_callers_who_were_asked_are_spared() {
    let two = format!(
        "{TALK} 30 ivan hangs-up\n 31 A presses 5\n 60 B calls\n 67 ivan answers\n 90 ivan hangs-up\n 120 end"
    );
    // Within a day once; the second caller has the same number.
    assert_snapshot!(told(&world("").tell(&two)), @r"
    31.000 A * ASKED about ivan in support
    31.000 A * RATED 5, low: false
    33.001 A * ENDED Answered: Success operator-hung-up
    50.000 A * ivan wrapped up in 20000 ms
    90.000 B * decided: no survey
    90.001 B * ENDED Answered: Success operator-hung-up
    110.000 B * ivan wrapped up in 20000 ms
    ");
    let short = format!("{TALK} 12 ivan hangs-up\n 60 end");
    assert_snapshot!(told(&world("").tell(&short)), @"
    12.000 A * decided: no survey
    12.001 A * ENDED Answered: Success operator-hung-up
    32.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn who_was_asked_in_the_run_before_is_spared_in_this_one() {
    let mut world = world("talk_min = \"0s\"");
    let before = Wall(world.now.wall.0 - 3_600_000_000);
    let number = serde_json::from_value(serde_json::json!("+79990000001")).expect("a number");
    world.put(Event::Input(Input::Surveyed {
        callers: vec![(number, before)],
    }));
    let script = format!("{TALK} 20 ivan hangs-up\n 60 end");
    assert_snapshot!(told(&world.tell(&script)), @"
    20.000 A * decided: no survey
    20.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn a_line_in_need_asks_nobody() {
    let press = PressLimits {
        attack: Some(Limit {
            calls: 100,
            within: Duration::from_secs(60),
        }),
        ..PressLimits::default()
    };
    let attacked = Config {
        press,
        ..Config::default()
    };
    let full = Config {
        calls_max: 1,
        ..Config::default()
    };
    let script = format!("{TALK} 15 attack\n 20 ivan hangs-up\n 60 end");
    assert_snapshot!(told(&World::with(attacked, &plan(ALL), 0).tell(&script)), @"
    20.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
    let script = format!("{TALK} 20 ivan hangs-up\n 60 end");
    assert_snapshot!(told(&World::with(full, &plan(ALL), 0).tell(&script)), @"
    20.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

/// The talk itself uses up what the line may cost in a day.
#[test]
fn a_line_without_money_asks_nobody_where_its_owner_spares_it() {
    let script = format!("{TALK} 100 ivan hangs-up\n 101 A presses 5\n 140 end");
    let told = |at_limit| told(&World::with(dear(at_limit), &plan(ALL), 0).tell(&script));
    assert_snapshot!(told(AtLimit::Brief), @"
    100.001 A * ENDED Answered: Success operator-hung-up
    120.000 A * ivan wrapped up in 20000 ms
    ");
    // Who only wants to be told of it has the words said all the same.
    assert_snapshot!(told(AtLimit::Alarm), @r"
    101.000 A * ASKED about ivan in support
    101.000 A * RATED 5, low: false
    103.001 A * ENDED Answered: Success operator-hung-up
    120.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn a_drain_ends_it_at_once_and_begins_none() {
    let under_way = format!("{TALK} 20 ivan hangs-up\n 21 drain\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&under_way)), @r"
    21.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
    let later = format!("{TALK} 15 drain\n 20 ivan hangs-up\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&later)), @"
    20.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn the_longest_call_is_no_longer_for_it() {
    let config = Config {
        call_max: Duration::from_secs(20),
        ..Config::default()
    };
    let script = format!("{TALK} 19 ivan hangs-up\n 60 end");
    assert_snapshot!(told(&World::with(config, &plan(ALL), 0).tell(&script)), @r"
    21.000 A * ASKED about ivan in support
    21.001 A * ENDED Answered: Success operator-hung-up
    39.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn keys_of_the_talk_are_no_answer() {
    let script = format!("{TALK} 19 A presses 1\n 20 ivan hangs-up\n 24 A presses 5\n 60 end");
    assert_snapshot!(told(&world(ALL).tell(&script)), @r"
    22.000 A * ASKED about ivan in support
    24.000 A * RATED 5, low: false
    26.001 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn who_hangs_up_too_was_not_asked() {
    let script = format!(
        "{TALK} 20 ivan hangs-up\n 20.5 A hangs up\n 60 B calls\n 67 ivan answers\n 90 ivan hangs-up\n 91 B presses 5\n 120 end"
    );
    assert_snapshot!(told(&world("talk_min = \"0s\"").tell(&script)), @r"
    20.500 A * ENDED Answered: Success operator-hung-up
    40.000 A * ivan wrapped up in 20000 ms
    91.000 B * ASKED about ivan in support
    91.000 B * RATED 5, low: false
    93.001 B * ENDED Answered: Success operator-hung-up
    110.000 B * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn a_line_that_fails_while_they_are_asked_has_not_ended_the_talk() {
    for how in ["goes silent", "is lost"] {
        let script = format!("{TALK} 20 ivan hangs-up\n 21 A {how}\n 60 end");
        let told = told(&world(ALL).tell(&script));
        assert!(
            told.contains("ENDED Answered: Success operator-hung-up"),
            "{how}: {told}"
        );
    }
}

#[test]
fn a_survey_takes_no_line_from_who_calls() {
    let full = Config {
        calls_max: 2,
        brief_max: 0,
        ..Config::default()
    };
    let script = format!("{TALK} 20 ivan hangs-up\n 21 B calls\n 22 C calls\n 23 D calls\n 26 end");
    let story = World::with(full, &plan(ALL), 0).tell(&script);
    let lines = story.lines().map(str::trim);
    let lines = lines.filter(|line| {
        ["ENDED", "refuse", "arrived"]
            .iter()
            .any(|it| line.contains(it))
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    1.000 A * arrived for hotline
    21.000 B * arrived for hotline
    22.000 C * arrived for hotline
    22.001 A * ENDED Answered: Success operator-hung-up
    23.000 D * arrived for hotline
    23.000 D refuse 503 retry 5 s
    23.000 D * ENDED Failed: ServerError too-many-calls
    ");
}
