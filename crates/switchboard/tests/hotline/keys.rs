//! A caller's keys: menus and questions.
use gudok_switchboard::Output;
use gudok_switchboard::desk::DeskEvent;
use insta::assert_snapshot;

use crate::world::World;

/// A menu; behind 1 a question for an account of four to eight digits.
const MENU: &str = r##"
[[number]]
did = "+78000000001"
label = "Меню"
project = "hotline"
record = "off"
flow = "main"

[group.support]
operators = ["ivan"]

[[flow.main]]
menu = ["welcome"]
keys = { 1 = "account", 2 = "bye" }
timeout = "5s"
on_invalid = ["no_such_key"]
otherwise = "bye"

[[flow.account]]
ask = "account"
prompts = ["say_account"]
digits = "4-8"
end = "#"
timeout = "6s"
between = "3s"
check = 'answer.startsWith("45")'
tries = 2
otherwise = "bye"

[[flow.account]]
menu = ["is_it_right"]
keys = { 1 = "thanks" }
barge_in = false
tries = 1
otherwise = "bye"

[[flow.thanks]]
close = "thanks"
reason = "known"

[[flow.bye]]
close = "bye"
reason = "unknown"
"##;

/// What the caller hears and does, and what is on record of it.
fn keys(script: &str) -> String {
    World::new(MENU).tell(script)
}

#[test]
fn the_first_key_stops_the_words_and_leads_on() {
    assert_snapshot!(keys("0 A calls\n 0.5 A presses 2\n 10 end"), @r###"
      0.000 A * arrived for hotline
      0.000 A lookup within 800ms
      0.000 A answer
      0.001 A * answered
      0.001 A * decided: menu welcome
      0.001 A play welcome
      0.001 A keys awaited
      0.500 A silence
      0.500 A keys not awaited
      0.500 A * typed "2" for the menu
      0.500 A * decided: close unknown
      0.500 A play bye
      2.500 A hang up
      2.501 A * A over: ByUs
      2.501 A * ENDED ClosedMsg: Success unknown
    "###);
}

#[test]
fn digits_are_taken_until_the_end_key_or_the_last_one_or_a_pause() {
    let end = "0 A calls\n 1 A presses 1\n 2 A presses 4\n 2.2 A presses 5\n 2.4 A presses 0\n 2.6 A presses 2\n 2.8 A presses #\n 4 A hangs up\n 9 end";
    assert_snapshot!(keys(end), @r###"
      0.000 A * arrived for hotline
      0.000 A lookup within 800ms
      0.000 A answer
      0.001 A * answered
      0.001 A * decided: menu welcome
      0.001 A play welcome
      0.001 A keys awaited
      1.000 A silence
      1.000 A keys not awaited
      1.000 A * typed "1" for the menu
      1.000 A * decided: ask account
      1.000 A play say_account
      1.000 A keys awaited
      2.000 A silence
      2.800 A keys not awaited
      2.800 A * typed "4502" for account
      2.800 A * decided: menu is_it_right
      2.800 A play is_it_right
      2.800 A keys awaited
      4.000 A * A over: HungUp
      4.000 A keys not awaited
      4.000 A * ENDED AbandonedIvr: Success caller-hung-up
    "###);
    // Eight are enough; the # after them is nobody's, and the 1 is heard once the words are over.
    let eight: String = "45021702"
        .chars()
        .zip(20u8..)
        .map(|(key, at)| format!("{} A presses {key}\n", f32::from(at) / 10.0))
        .collect();
    let full = keys(&format!(
        "0 A calls\n 1 A presses 1\n {eight} 2.9 A presses #\n 3.5 A presses 1\n 5.5 A presses 1\n 12 end"
    ));
    assert!(full.contains("typed \"45021702\" for account"), "{full}");
    assert!(full.contains("Success known"), "{full}");
    // Four and a pause of three seconds.
    let pause = keys(
        "0 A calls\n 1 A presses 1\n 2 A presses 4\n 3 A presses 5\n 4 A presses 0\n 5 A presses 2\n 7.5 listen\n 8.1 A hangs up\n 12 end",
    );
    assert!(
        pause.contains("8.000 A * typed \"4502\" for account"),
        "{pause}"
    );
}

#[test]
fn a_star_begins_the_answer_anew_and_silence_uses_a_try_up() {
    let story = keys(
        "0 A calls\n 1 A presses 1\n 2 A presses 9\n 2.2 A presses *\n 2.4 A presses 4\n 2.6 A presses 5\n 2.8 A presses 1\n 3 A presses 1\n 3.2 A presses #\n 20 end",
    );
    assert!(story.contains("typed \"4511\" for account"), "{story}");
    let silent = keys("0 A calls\n 1 A presses 1\n 40 end");
    assert_eq!(silent.matches("A play say_account").count(), 2, "{silent}");
    assert!(silent.contains("Success unknown"), "{silent}");
}

#[test]
fn the_end_key_after_the_pause_belongs_to_the_answer_and_not_to_the_next_question() {
    let plan = MENU.replace("barge_in = false\n", "");
    let story = World::new(&plan).tell(
        "0 A calls\n 1 A presses 1\n 2 A presses 4\n 3 A presses 5\n 4 A presses 0\n 5 A presses 2\n 8.5 A presses #\n 9 A presses 1\n 20 end",
    );
    assert!(
        story.contains("8.000 A * typed \"4502\" for account"),
        "{story}"
    );
    assert!(story.contains("Success known"), "{story}");
}

#[test]
fn a_star_that_is_stuck_uses_the_tries_up() {
    let stars: String = (20..28)
        .map(|at| format!("{} A presses *\n", f32::from(at as u8) / 10.0))
        .collect();
    let story = keys(&format!("0 A calls\n 1 A presses 1\n {stars} 30 end"));
    assert_eq!(story.matches("A play say_account").count(), 2, "{story}");
    assert!(
        story.contains("2.700 A * typed \"\" for account"),
        "{story}"
    );
    assert!(story.contains("Success unknown"), "{story}");
}

#[test]
fn a_press_that_comes_in_two_forms_is_one_also_where_the_second_meets_the_next_question() {
    let story = keys(
        "0 A calls\n 1 A presses 1\n 1.1 A presses 1 by info\n 1.9 A presses 4 by info\n 2 A presses 4\n 2.2 A presses 5\n 2.3 A presses 5 by info\n 2.4 A presses 5\n 2.5 A presses 5 by info\n 2.6 A presses 1\n 2.8 A presses #\n 2.9 A presses # by info\n 4 A hangs up\n 9 end",
    );
    assert!(story.contains("typed \"4551\" for account"), "{story}");
}

#[test]
fn keys_are_awaited_only_while_a_question_is_put_and_a_caller_who_leaves_leaves_nothing() {
    let story = keys("0 A calls\n 0.5 A presses 1\n 0.6 A hangs up\n 90 end");
    assert_eq!(story.matches("keys awaited").count(), 2, "{story}");
    assert_eq!(story.matches("keys not awaited").count(), 2, "{story}");
    assert!(story.contains("AbandonedIvr"), "{story}");
}

#[test]
fn before_the_answer_nobody_can_press_so_the_call_is_answered_first() {
    let plan = MENU.replace(
        "flow = \"main\"\n",
        "flow = \"main\"\nanswer = \"early_media\"\n",
    );
    let story = World::new(&plan).tell("0 A calls\n 0.5 A presses 2\n 9 end");
    let order = ["A early media", "A answer", "A play welcome", "typed \"2\""];
    let at: Vec<_> = order.iter().map(|words| story.find(words)).collect();
    assert!(at.is_sorted() && at[0].is_some(), "{story}");
}

#[test]
fn a_playback_that_never_ends_is_rescued() {
    let mut world = World::new(MENU);
    world.auto = false;
    world.play("0 A calls");
    let leg = gudok_model::LegId::caller(crate::world::call_id('A'));
    world.input(gudok_switchboard::Input::LegAnswered {
        leg,
        session_id: None,
    });
    world.play("400 end");
    let story = world.tell("401 end");
    assert!(story.contains("! stuck_call"), "{story}");
}

/// Nobody here: the duty engineer, who takes the call by a key; else a message.
const DUTY: &str = r#"
[[number]]
did = "+78000000001"
label = "Авария"
project = "hotline"
record = "off"
flow = "main"

[[flow.main]]
external = "+79990001122"
ring = "20s"
ack = { prompts = ["duty_ack"], timeout = "10s" }
on_not_answered = "sorry"

[[flow.sorry]]
close = "sorry"
reason = "nobody"
"#;

#[test]
fn the_engineer_takes_the_call_by_a_key_and_hears_first_what_it_is() {
    let story = World::new(DUTY).tell(
        "0 A calls\n 3 outside answers\n 4 outside presses-7\n 5.5 outside presses-1\n 20 outside hangs-up\n 30 end",
    );
    let order = [
        "play duty_ack",
        "outside: taken true",
        "bridge",
        "OverflowedExternal { answered: true }",
    ];
    let at: Vec<_> = order.iter().map(|words| story.find(words)).collect();
    assert!(at.is_sorted() && at[0].is_some(), "{story}");
}

#[test]
fn who_passes_on_is_silent_or_is_a_mailbox_that_hangs_up_takes_nobodys_call() {
    for script in [
        "0 A calls\n 3 outside answers\n 4 outside presses-2\n 40 end",
        "0 A calls\n 3 outside answers\n 40 end",
        "0 A calls\n 3 outside answers\n 4 outside hangs-up\n 40 end",
    ] {
        let story = World::new(DUTY).tell(script);
        assert!(story.contains("outside: taken false"), "{story}");
        assert!(!story.contains("bridge"), "{story}");
        assert!(story.contains("Success nobody"), "{story}");
    }
}

#[test]
fn a_caller_who_leaves_while_the_engineer_is_asked_leaves_nothing() {
    let story = World::new(DUTY).tell("0 A calls\n 3 outside answers\n 4 A hangs up\n 40 end");
    assert!(
        story.contains("OverflowedExternal { answered: false }"),
        "{story}"
    );
}

#[test]
fn who_is_on_duty_and_passes_or_is_a_mailbox_leads_to_the_next_one() {
    let roster = r#"
[roster.duty]
zone = "Europe/Moscow"
ring = "10s"
people = { anna = "+79990000101", petr = "+79990000102", ivan = "+79990000103" }
shifts = [
  { person = "anna", from = 2026-03-01T00:00:00, till = 2026-03-08T00:00:00, order = 1 },
  { person = "petr", from = 2026-03-01T00:00:00, till = 2026-03-08T00:00:00, order = 2 },
  { person = "ivan", from = 2026-03-01T00:00:00, till = 2026-03-08T00:00:00, order = 3 },
]
"#;
    let plan = DUTY
        .replace(
            "external = \"+79990001122\"\nring = \"20s\"",
            "duty = \"duty\"",
        )
        .replace("on_not_answered", "on_nobody")
        + roster;
    let story = World::new(&plan).tell(
        "0 A calls\n 3 outside answers\n 4 outside presses-2\n 6 outside answers\n 24 outside answers\n 27 outside presses-1\n 40 outside hangs-up\n 50 end",
    );
    let order = [
        "A/1 dial +79990000101",
        "A/1 play duty_ack",
        "A/2 dial +79990000102",
        "A/2 play duty_ack",
        "A/3 dial +79990000103",
        "bridge A/3",
    ];
    let at: Vec<_> = order.iter().map(|words| story.find(words)).collect();
    assert!(at.is_sorted() && at[0].is_some(), "{story}");
    assert_eq!(story.matches("taken false").count(), 2, "{story}");
}

/// The same behind a greeting, and the question takes what was typed before it.
fn greeted(ask: &str) -> String {
    let plan = MENU.replacen(
        "[[flow.main]]\n",
        "[[flow.main]]\nplay = \"greeting\"\n\n[[flow.main]]\n",
        1,
    );
    plan.replace("digits = \"4-8\"", &format!("digits = \"4-8\"{ask}"))
}

/// What was heard and typed, without the rest.
fn heard(plan: &str, script: &str) -> String {
    let story = World::new(plan).tell(script);
    let told = story.lines().filter(|line| {
        [" play ", " typed ", "ENDED"]
            .iter()
            .any(|it| line.contains(it))
    });
    told.map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn keys_pressed_during_the_greeting_answer_the_menu_behind_it() {
    let script = "0 A calls\n 0.5 A presses 2\n 0.6 A presses 2 by info\n 9 end";
    assert_snapshot!(heard(&greeted(""), script), @r#"
    0.001 A * decided: play greeting
    0.001 A play greeting
    2.001 A * typed "2" for the menu
    2.001 A play bye
    4.002 A * ENDED ClosedMsg: Success unknown
    "#);
    // What is typed ahead of a question for an account is forgotten, unless the plan wants it.
    let typed = "0 A calls\n 0.3 A presses 1\n 0.5 A presses 4\n 0.7 A presses 5\n 0.9 A presses 0\n 1.1 A presses 2\n 1.3 A presses #\n 3 A hangs up\n 9 end";
    assert_snapshot!(heard(&greeted(""), typed), @r#"
    0.001 A * decided: play greeting
    0.001 A play greeting
    2.001 A * typed "1" for the menu
    2.001 A play say_account
    3.000 A * ENDED AbandonedIvr: Success caller-hung-up
    "#);
    assert_snapshot!(heard(&greeted("\ntype_ahead = true"), typed), @r#"
    0.001 A * decided: play greeting
    0.001 A play greeting
    2.001 A * typed "1" for the menu
    2.001 A * typed "4502" for account
    2.001 A play is_it_right
    3.000 A * ENDED AbandonedIvr: Success caller-hung-up
    "#);
}

#[test]
fn what_is_taken_back_or_ended_ahead_of_a_question_leaves_it_to_be_asked() {
    let heard = |keys: &str| {
        let pressed: String = (1..)
            .zip(keys.chars())
            .map(|(n, key)| format!("{:.1} A presses {key}\n", f64::from(n) / 5.0))
            .collect();
        let script = format!("0 A calls\n {pressed} 3 A hangs up\n 9 end");
        let story = heard(&greeted("\ntype_ahead = true"), &script);
        let told = story.lines().filter(|line| line.starts_with("2.001"));
        told.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(heard("14*"), @r#"
    2.001 A * typed "1" for the menu
    2.001 A play say_account
    "#);
    assert_snapshot!(heard("1#4502#"), @r#"
    2.001 A * typed "1" for the menu
    2.001 A * typed "4502" for account
    2.001 A play is_it_right
    "#);
    assert_snapshot!(heard("14*#4502#"), @r#"
    2.001 A * typed "1" for the menu
    2.001 A * typed "4502" for account
    2.001 A play is_it_right
    "#);
}

#[test]
fn a_key_typed_ahead_that_the_menu_does_not_have_uses_up_no_try_not_even_the_only_one() {
    let script =
        "0 A calls\n 0.3 A presses 9\n 0.5 A presses 2\n 0.7 A presses 9\n 4 A presses 2\n 9 end";
    let [usual, only] = ["", "tries = 1\n"].map(|tries| {
        let keys = format!("{tries}keys = {{ 1 =");
        heard(&greeted("").replacen("keys = { 1 =", &keys, 1), script)
    });
    assert_eq!(usual, only);
    assert_snapshot!(only, @r#"
    0.001 A * decided: play greeting
    0.001 A play greeting
    2.001 A play welcome
    4.000 A * typed "2" for the menu
    4.000 A play bye
    6.001 A * ENDED ClosedMsg: Success unknown
    "#);
}

#[test]
fn keys_ahead_are_bounded_and_none_outlives_what_is_no_question() {
    let many: String = (1..=40)
        .map(|n| format!("{:.2} A presses 9\n", f64::from(n) / 50.0))
        .collect();
    let plan = greeted("").replace("keys = { 1 =", "type_ahead = false\nkeys = { 1 =");
    let story = heard(&plan, &format!("0 A calls\n {many} 3 A presses 2\n 9 end"));
    assert!(story.contains("typed \"2\" for the menu"), "{story}");
    // A message takes keys for itself.
    let message = greeted("").replacen(
        "play = \"greeting\"\n",
        "play = \"greeting\"\n\n[[flow.main]]\nvoicemail = \"leave_message\"\n",
        1,
    );
    let story = heard(
        &message,
        "0 A calls\n 0.5 A presses 2\n 9 A presses #\n 10 listen\n 20 A hangs up\n 30 end",
    );
    assert!(!story.contains("typed \"2\""), "{story}");
}

#[test]
fn the_end_of_an_answer_is_not_kept_for_the_next_question() {
    let plan = MENU.replace("digits = \"4-8\"", "digits = \"4\"").replacen(
        "[[flow.account]]\nmenu",
        "[[flow.account]]\nplay = \"thanks\"\n\n[[flow.account]]\nmenu",
        1,
    );
    let plan = plan.replace("barge_in = false\n", "");
    let script = "0 A calls\n 1 A presses 1\n 2 A presses 4\n 2.2 A presses 5\n 2.4 A presses 0\n 2.6 A presses 2\n 3.1 A presses #\n 3.5 A presses 1\n 12 end";
    assert_snapshot!(heard(&plan, script), @r#"
    0.001 A play welcome
    1.000 A * typed "1" for the menu
    1.000 A play say_account
    2.600 A * typed "4502" for account
    2.600 A * decided: play thanks
    2.600 A play thanks
    4.600 A * typed "1" for the menu
    4.600 A play thanks
    6.601 A * ENDED ClosedMsg: Success known
    "#);
}

#[test]
fn what_was_typed_is_on_the_card_and_no_log_shows_it() {
    let plan = MENU
        .replace("[[flow.thanks]]\nclose = \"thanks\"\nreason = \"known\"", "[[flow.thanks]]\nqueue = \"support\"\nwait = \"60s\"\non_timeout = \"bye\"\non_no_operators = \"bye\"\non_full = \"bye\"")
        .replace("barge_in = false\n", "");
    let mut world = World::new(&plan);
    world.play("0 operators ivan\n 0 ivan sits\n 1 A calls\n 2 A presses 1\n 3 A presses 4\n 3.1 A presses 5\n 3.2 A presses 0\n 3.3 A presses 2\n 3.4 A presses #\n 4 A presses 1\n 8 end");
    let cards = world.outputs.iter().filter_map(|output| match output {
        Output::Desk {
            event: DeskEvent::OfferCreated(card),
            ..
        } => Some(card),
        _ => None,
    });
    let cards: Vec<_> = cards.collect();
    assert_eq!(cards.len(), 1, "{:?}", world.outputs);
    assert_eq!(cards[0].answers["account"].text, "4502");
    assert!(cards[0].answers["account"].valid);
    assert!(!format!("{cards:?}").contains("4502"), "{cards:?}");
}
