//! More callers than can be served, or than can be real.
use std::time::Duration;

use gudok_model::PhoneNumber;
use gudok_switchboard::{
    AtLimit, Billed, Budget, Config, Limit, LineCost, PressLimits, WhenNoDigits,
};
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::World;

/// The same day, with a few words for when there are too many.
fn with_busy() -> String {
    DAY.replace("flow = \"main\"\n", "flow = \"main\"\nbusy = \"busy\"\n")
        .replace(
            "[[flow.busy]]\nclose = \"all_busy\"",
            "[[flow.busy]]\nclose = [\"all_busy\", \"callback_promise\"]",
        )
}

#[test]
fn who_comes_when_there_are_too_many_hears_so_and_is_called_back() {
    let story = World::new(&with_busy()).tell("0 crowd\n 1 A calls\n 10 end");
    assert_snapshot!(story, @"
    1.000 A * arrived for hotline
    1.000 A lookup within 800ms
    1.000 A answer
    1.001 A * answered
    1.001 A * decided: close queue_full
    1.001 A * OWED Callback for +79990000001 by everybody
    1.001 A play all_busy callback_promise
    5.001 A hang up
    5.002 A * A over: ByUs
    5.002 A * ENDED CallbackRequested: Success queue_full
    ");
}

#[test]
fn nobody_promises_to_call_back_a_caller_without_a_number() {
    let plan = with_busy();
    let play = |call: &str| {
        let story = World::new(&plan).tell(&format!("0 crowd\n 1 A {call}\n 10 end"));
        let play = story.lines().find(|line| line.contains(" A play "));
        play.expect("it hears something").trim().to_owned()
    };
    assert_eq!(play("calls"), "1.001 A play all_busy callback_promise");
    assert_eq!(play("calls anonymous"), "1.001 A play all_busy");
}

#[test]
fn beyond_the_few_words_there_is_503() {
    let config = Config {
        brief_max: 1,
        ..Config::default()
    };
    let world = World::with(config, &with_busy(), 0);
    assert!(world.board.has_brief_room());
    let story = world.tell("0 crowd\n 1 A calls\n 1.5 listen\n 1.5 B calls\n 1.9 end");
    assert_snapshot!(story, @r"
        1.500 B * arrived for hotline
        1.500 B refuse 503 retry 5 s
        1.500 B * ENDED Failed: ServerError too-many-calls
        ");
}

/// A number whose plan does not say what becomes of such calls.
#[test]
fn without_a_flow_for_it_who_comes_when_there_are_too_many_hears_so_all_the_same() {
    let script = "0 crowd\n 1 A calls\n 10 end";
    let story = World::new(DAY).tell(script);
    assert_snapshot!(story, @r"
    1.000 A * arrived for hotline
    1.000 A * decided: close all_busy
    1.000 A answer
    1.001 A * answered
    1.001 A play all_busy
    3.001 A hang up
    3.002 A * A over: ByUs
    3.002 A * ENDED ClosedMsg: Success all_busy
    ");
    let english = DAY.replacen("flow = \"main\"", "locale = \"en\"\nflow = \"main\"", 1);
    let story = World::new(&english).tell(script);
    assert!(story.contains("play en/all_busy"), "{story}");
    let config = Config {
        brief_max: 0,
        ..Config::default()
    };
    let story = World::with(config, DAY, 0).tell(script);
    assert!(story.contains("refuse 503"), "{story}");
}

/// Their minutes are the owner's, who never chose to pay for them.
#[test]
fn words_that_nobody_asked_for_are_not_paid_for_robots_nor_beyond_the_budget() {
    let refused = |config: Config, plan: &str, script: &str| {
        let story = World::with(config, plan, 0).tell(script);
        story.contains("refuse 503") && !story.contains("A answer") && !story.contains("B answer")
    };
    let attacked = "0 crowd\n 0 attack\n 1 A calls\n 10 end";
    assert!(refused(Config::default(), DAY, attacked));
    assert!(!refused(Config::default(), &with_busy(), attacked));
    let spent = "1 A calls\n 4 A hangs up\n 4.5 crowd\n 5 listen\n 5 B calls\n 10 end";
    assert!(refused(dear(AtLimit::Brief), DAY, spent));
    assert!(!refused(dear(AtLimit::Alarm), DAY, spent));
    // Whom somebody knows is worth the words.
    let known = spent.replace("4 A hangs", "2 A is vip\n 4 A hangs");
    assert!(!refused(dear(AtLimit::Brief), DAY, &known));
}

/// `[]`: no call may end with words alone.
#[test]
fn a_number_that_may_not_end_with_such_words_refuses_instead() {
    let story = |reason: &str| {
        let with = format!("flow = \"main\"\nallow_closed = [\"{reason}\", \"night\"]\n");
        let plan = DAY.replacen("flow = \"main\"\n", &with, 1);
        let plan = plan.replace("reason = \"queue_full\"", &format!("reason = \"{reason}\""));
        World::new(&plan).tell("0 crowd\n 1 A calls\n 10 end")
    };
    let allowed = story("all_busy");
    assert!(allowed.contains("play all_busy"), "{allowed}");
    let other = story("queue_full");
    assert!(other.contains("refuse 503"), "{other}");
}

#[test]
fn words_that_are_the_same_for_everybody_are_not_recorded_and_ask_no_crm() {
    let recorded = DAY.replacen(
        "flow = \"main\"\n",
        "flow = \"main\"\nrecord = \"from_answer\"\n",
        1,
    );
    let story = |script: &str| World::new(&recorded).tell(script);
    let usual = story("1 A calls\n 2 A hangs up\n 10 end");
    let brief = story("0 crowd\n 1 A calls\n 10 end");
    assert!(brief.contains("play all_busy"), "{brief}");
    for what in ["lookup", "record"] {
        assert!(
            usual.contains(what) && !brief.contains(what),
            "{usual}\n{brief}"
        );
    }
}

#[test]
fn a_call_that_was_refused_by_an_earlier_version_is_refused_in_its_replay() {
    let config = serde_json::to_value(Config::default()).expect("a configuration");
    let mut config = config.as_object().expect("an object").clone();
    config.remove("busy_prompt").expect("the key");
    let before = serde_json::from_value(config.into()).expect("still one");
    let world = World::with(before, DAY, 0);
    assert!(!world.board.has_brief_room());
    let story = world.tell("0 crowd\n 1 A calls\n 10 end");
    assert!(story.contains("refuse 503"), "{story}");
}

#[test]
fn in_an_attack_a_caller_is_asked_for_a_digit_and_the_plan_begins_when_it_is_pressed() {
    let story =
        World::new(DAY).tell("0 attack\n 1 A calls\n 3 A presses 3\n 3.5 A hangs up\n 10 end");
    assert_snapshot!(story, @r"
        1.000 A * arrived for hotline
        1.000 A lookup within 800ms
        1.000 A * decided: human check: press 3
        1.000 A keys awaited
        1.000 A answer
        1.001 A * answered
        1.001 A play human_check digit_three
        3.000 A * decided: human check: passed
        3.000 A keys not awaited
        3.000 A silence
        3.000 A * decided: play greeting
        3.000 A play greeting
        3.500 A * A over: HungUp
        3.500 A * ENDED AbandonedIvr: Success caller-hung-up
        ");
}

#[test]
fn who_says_nothing_is_asked_twice_and_let_go() {
    let story = World::new(DAY).tell("0 attack\n 1 A calls\n 30 end");
    assert_snapshot!(story, @r"
        1.000 A * arrived for hotline
        1.000 A lookup within 800ms
        1.000 A * decided: human check: press 3
        1.000 A keys awaited
        1.000 A answer
        1.001 A * answered
        1.001 A play human_check digit_three
        5.001 A * decided: human check: press 3
        5.001 A keys awaited
        5.001 A play human_check digit_three
        9.001 A hang up
        9.002 A * A over: ByUs
        9.002 A * ENDED RejectedSpam: CallerError human-check
        ");
}

/// A journal of the version before: neither key is in the configuration that it begins with.
#[test]
fn a_call_of_an_earlier_version_is_replayed_as_it_went() {
    let config = serde_json::to_value(Config::default()).expect("a configuration");
    let mut config = config.as_object().expect("an object").clone();
    config.remove("check_listens").expect("the key");
    let press = config.get_mut("press").and_then(|it| it.as_object_mut());
    let removed = press.and_then(|press| press.remove("when_no_digits"));
    assert!(removed.is_some());
    let before: Config = serde_json::from_value(config.into()).expect("still one");
    let world = || World::with(before.clone(), DAY, 0);
    let passed = world().tell("0 attack\n 0 no digits\n 1 A calls\n 2 A hangs up\n 9 end");
    assert!(!passed.contains("human"), "{passed}");
    let asked = world().tell("0 attack\n 1 A calls\n 3 A presses 3\n 3.5 A hangs up\n 10 end");
    assert!(
        asked.contains("passed") && !asked.contains("keys"),
        "{asked}"
    );
}

/// An overloaded media thread loses the question: whoever was never asked is no robot.
#[test]
fn who_may_not_have_heard_the_question_is_let_in_and_asked_the_next_time() {
    let names = ["human_check", "digit_three", "greeting"];
    let config = Config {
        prompt_lengths: names.map(|name| (name.into(), 2_000)).into(),
        ..Config::default()
    };
    let mut world = World::with(config, DAY, 0);
    world.play("0 attack\n 1 A calls\n 1.5 listen");
    world.auto = false;
    let story = world.tell("16 A hangs up\n 20 end");
    assert_snapshot!(story, @"
     5.001 A * decided: human check: press 3
     5.001 A keys awaited
     5.001 A play human_check digit_three
    14.001 A end of play lost
    14.001 A * decided: go on
    14.001 A * decided: human check: passed
    14.001 A keys not awaited
    14.001 A silence
    14.001 A * decided: play greeting
    14.001 A play greeting
    16.000 A * A over: HungUp
    16.000 A * ENDED AbandonedIvr: Success caller-hung-up
    ");
}

#[test]
fn who_presses_anything_is_let_go_at_the_second_wrong_one() {
    let story = World::new(DAY).tell("0 attack\n 1 A calls\n 2 listen\n 2 A presses 1\n 2.1 A presses 2\n 2.2 A presses 3\n 9 end");
    assert_snapshot!(story, @r"
        2.100 A hang up
        2.101 A * A over: ByUs
        2.101 A * ENDED RejectedSpam: CallerError human-check
        ");
}

/// A voice may sound like a key; a number is not refused for an hour for what was said to the question.
#[test]
fn a_first_wrong_tone_is_not_held_against_the_number_and_a_second_one_ends_the_call() {
    let refused_after = |calls: &str| {
        let mut world = World::new(DAY);
        world.play(&format!("0 attack\n{calls}\n 50 listen"));
        let story = world.tell("50 E calls\n 51 end");
        assert_eq!(story.contains("refuse 603"), !story.contains("E answer"));
        story.contains("refuse 603")
    };
    let calls = |form: &str| {
        let said = |(at, who)| {
            format!("{at} {who} calls\n {at}.5 {who} presses 0{form}\n {at}.9 {who} hangs up")
        };
        [
            (10, "A"),
            (14, "B"),
            (18, "C"),
            (22, "D"),
            (26, "F"),
            (30, "G"),
        ]
        .map(said)
        .join("\n")
    };
    assert!(refused_after(&calls(" by info")));
    assert!(!refused_after(&calls(" by tone")));
    let ended = World::new(DAY)
        .tell("0 attack\n 1 A calls\n 2 A presses 1 by tone\n 3 A presses 2 by tone\n 9 end");
    assert!(ended.contains("RejectedSpam"), "{ended}");
    let passed = World::new(DAY)
        .tell("0 attack\n 1 A calls\n 2 A presses 1 by tone\n 3 A presses 3 by tone\n 9 end");
    assert!(passed.contains("human check: passed"), "{passed}");
}

#[test]
fn a_client_of_the_directory_is_not_asked_further_nor_again() {
    let story = World::new(DAY).tell(
        "0 attack
         1 A calls
         1.5 A is vip
         1.6 A hangs up
         2 listen
         3 B calls
         3.5 B hangs up
         9 end",
    );
    assert_snapshot!(story, @r"
        3.000 B * arrived for hotline
        3.000 B lookup within 800ms
        3.000 B answer
        3.001 B * answered
        3.001 B * decided: play greeting
        3.001 B play greeting
        3.500 B * B over: HungUp
        3.500 B * ENDED AbandonedIvr: Success caller-hung-up
        ");
}

#[test]
fn a_number_that_calls_too_often_is_refused_before_it_costs_anything() {
    let config = Config {
        press: PressLimits {
            caller: Some(Limit {
                calls: 1,
                within: Duration::from_secs(600),
            }),
            ..PressLimits::default()
        },
        ..Config::default()
    };
    let story =
        World::with(config, DAY, 0).tell("1 A calls\n 2 A hangs up\n 3 listen\n 3 B calls\n 9 end");
    assert_snapshot!(story, @r"
        3.000 B * arrived for hotline
        3.000 B refuse 603
        3.000 B * ENDED RejectedSpam: CallerError too-many-of-caller
        ");
}

/// 1.80 a started minute, at most 1.80 a day.
pub(crate) fn dear(at_limit: AtLimit) -> Config {
    Config {
        lines: vec![LineCost {
            number: PhoneNumber::try_from("+78000000001".to_owned()).expect("a number"),
            per_minute: 180,
            billed: Billed::Minute,
            alarm: Budget::default(),
            limit: Budget {
                day: Some(180),
                month: None,
            },
            at_limit,
        }],
        ..Config::default()
    }
}

#[test]
fn beyond_the_budget_of_a_line_strangers_get_a_few_words_if_the_owner_wants_it() {
    let script = "1 A calls\n 4 A hangs up\n 5 listen\n 5 B calls\n 6 B hangs up\n 7 end";
    let brief = World::with(dear(AtLimit::Brief), &with_busy(), 0).tell(script);
    assert!(brief.contains("decided: close queue_full"), "{brief}");
    let whole = World::with(dear(AtLimit::Alarm), &with_busy(), 0).tell(script);
    assert!(whole.contains("decided: play greeting"), "{whole}");
    // Without a flow of few words a caller is worth more than the minutes.
    let whole = World::with(dear(AtLimit::Brief), DAY, 0).tell(script);
    assert!(whole.contains("decided: play greeting"), "{whole}");
    // A new day has a new budget.
    let script = "1 A calls\n 4 A hangs up\n 86400 listen\n 86400 B calls\n 86401 end";
    let next = World::with(dear(AtLimit::Brief), &with_busy(), 0).tell(script);
    assert!(next.contains("decided: play greeting"), "{next}");
}

#[test]
fn somebody_is_told_of_a_budget_while_the_call_that_uses_it_up_goes_on() {
    let mut world = World::with(dear(AtLimit::Alarm), DAY, 0);
    world.play("1 A calls\n 30 end");
    let spent = world.board.spent(world.now.wall);
    assert_eq!((spent[0].live, spent[0].day.kopecks), (1, 180));
    let story = world.tell("30 listen\n 90 end");
    assert!(story.contains("! cost_limit_day"), "{story}");
}

#[test]
fn on_a_number_with_early_media_the_question_comes_after_the_answer_since_digits_do() {
    let early = DAY.replace(
        "flow = \"main\"\n",
        "flow = \"main\"\nanswer = \"early_media\"\n",
    );
    assert_ne!(early, DAY);
    let story =
        World::new(&early).tell("0 attack\n 1 A calls\n 3 A presses 3\n 3.5 A hangs up\n 10 end");
    assert_snapshot!(story, @r"
        1.000 A * arrived for hotline
        1.000 A lookup within 800ms
        1.000 A * decided: human check: press 3
        1.000 A keys awaited
        1.000 A answer
        1.001 A * answered
        1.001 A play human_check digit_three
        3.000 A * decided: human check: passed
        3.000 A keys not awaited
        3.000 A silence
        3.000 A * decided: play greeting
        3.000 A play greeting
        3.500 A * A over: HungUp
        3.500 A * ENDED AbandonedIvr: Success caller-hung-up
        ");
}

#[test]
fn a_client_that_called_before_the_attack_is_not_asked_in_it() {
    let story = World::new(DAY).tell(
        "1 A calls
         1.5 A is vip
         1.6 A hangs up
         2 attack
         2 listen
         3 B calls
         3.5 B hangs up
         9 end",
    );
    assert!(
        story.contains("play greeting") && !story.contains("human"),
        "{story}"
    );
}

/// Else a robot passes by offering no telephone-event.
#[test]
fn whose_side_agrees_to_no_events_is_asked_and_its_voice_is_listened_to() {
    let silent = World::new(DAY).tell("0 attack\n 0 no digits\n 1 A calls\n 30 end");
    assert!(silent.contains("A * ENDED RejectedSpam"), "{silent}");
    let answers = "0 attack\n 0 no digits\n 1 A calls\n 3 A presses 3\n 3.5 A hangs up\n 10 end";
    let story = World::new(DAY).tell(answers);
    let told = |line: &str| story.lines().any(|it| it.ends_with(line));
    assert!(
        told("1.000 A keys awaited") && told("3.000 A keys not awaited"),
        "{story}"
    );
    assert!(told("play greeting"), "{story}");
}

#[test]
fn whose_side_agrees_to_no_events_is_let_in_unasked_where_the_owner_says_so() {
    let merciful = Config {
        press: PressLimits {
            when_no_digits: WhenNoDigits::Pass,
            ..PressLimits::default()
        },
        ..Config::default()
    };
    let script = "0 attack\n 0 no digits\n 1 A calls\n 2 A hangs up\n 9 end";
    let story = World::with(merciful, DAY, 0).tell(script);
    assert!(
        story.contains("play greeting") && !story.contains("human"),
        "{story}"
    );
}

#[test]
fn who_fails_in_three_calls_is_refused_the_fourth() {
    let mut world = World::new(DAY);
    world.play("0 attack\n 1 A calls\n 20 B calls\n 40 C calls\n 60 listen");
    let story = world.tell("60 D calls\n 61 end");
    assert_snapshot!(story, @r"
        60.000 D * arrived for hotline
        60.000 D refuse 603
        60.000 D * ENDED RejectedSpam: CallerError too-many-failed-checks
        ");
}

#[test]
fn those_who_are_asked_take_half_of_the_line_at_most() {
    let config = Config {
        calls_max: 4,
        ..Config::default()
    };
    let story = World::with(config, DAY, 0).tell(
        "0 attack
         1 A calls +79990000001
         1.1 B calls +79990000002
         1.2 listen
         1.2 C calls +79990000003
         1.3 end",
    );
    assert_snapshot!(story, @r"
        1.200 C * arrived for hotline
        1.200 C refuse 503 retry 5 s
        1.200 C * ENDED Failed: ServerError too-many-checks
        ");
}
