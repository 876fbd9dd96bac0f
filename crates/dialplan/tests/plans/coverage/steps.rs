//! A call takes two hundred steps at most, round and round or straight on: what ends there has met nobody.
use std::fmt::Write as _;

use gudok_dialplan::{Decision, StepEnd};

use super::{gaps, refused};
use crate::support::{Call, loaded, source, typed};

/// A number whose calls begin with these steps, and a group behind `help`.
fn plan(allow: &str, steps: &str) -> String {
    format!(
        r#"
[[number]]
did = "+78001234567"
label = "Горячая"
record = "off"
allow_closed = [{allow}]
flow = "main"

[group.tech]
operators = ["101"]

{steps}

[[flow.help]]
queue = "tech"
wait = "60s"
on_timeout = "message"
on_no_operators = "message"
on_full = "message"

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "taken"
"#
    )
}

/// So many phrases one after the other, then help.
fn phrases(count: usize) -> String {
    let mut steps = String::new();
    for step in 0..count {
        let flow = if step < 100 { "main" } else { "more" };
        if step == 100 {
            steps.push_str("[[flow.main]]\ngoto = \"more\"\n\n");
        }
        writeln!(steps, "[[flow.{flow}]]\nplay = [\"greeting\"]\n").expect("a string takes all");
    }
    plan("", &format!("{steps}[[flow.more]]\ngoto = \"help\"\n"))
}

#[test]
fn the_two_hundredth_step_is_taken_and_the_next_one_is_not() {
    // The phrases, two jumps, the queue, and a message where it is full.
    assert_eq!(gaps(&phrases(196), "2026-11-10", 1), "");
    insta::assert_snapshot!(gaps(&phrases(197), "2026-11-10", 1), @r#"
Hours steps_exceeded 8800.toml:618:1: вт 10.11.2026 00:00–24:00 (1)
  8800.toml:611:1: очередь «tech»: никого нет на линии, или служба останавливается
"#);
    let long = phrases(198);
    insta::assert_snapshot!(gaps(&long, "2026-11-10", 1), @"Hours steps_exceeded 8800.toml:614:1: вт 10.11.2026 00:00–24:00 (1)");
    // And so the live code ends it.
    let call = Call::at("+78001234567", "2026-11-10T12:00");
    let story = |text: &str| call.story(&loaded(&source(text)).plan, &[]);
    assert!(story(&long).ends_with("reason: \"steps_exceeded\" }"));
    assert!(story(&phrases(197)).contains("Queue {"));
}

/// A queue with a key, and so many phrases for who has waited in vain.
fn behind_a_queue(count: usize) -> String {
    let mut steps = String::from(
        "[[flow.main]]\nqueue = \"tech\"\nwait = \"60s\"\nkeys = { 1 = [{ callback = \"tech\" }] }\non_timeout = \"late\"\non_no_operators = \"late\"\non_full = \"message\"\n\n",
    );
    for _ in 0..count {
        writeln!(steps, "[[flow.late]]\nplay = [\"greeting\"]\n").expect("a string takes all");
    }
    plan("", &format!("{steps}[[flow.late]]\ngoto = \"message\"\n"))
}

/// What becomes of a caller who leaves the queue by its key for as long as there is one, answers so in between, and then
/// meets nobody: the last decision.
fn pressed_for_ever(text: &str, answers: &[StepEnd]) -> Decision {
    let plan = loaded(&source(text)).plan;
    let call = Call::at("+78001234567", "2026-11-10T12:00");
    let (number, mut cursor) = plan.enter(&call.dialled, &call.trunk).expect("ours");
    let (mut end, mut answers) = (None, answers.iter().cycle().copied());
    loop {
        let step = plan.step(number, &cursor, end, &call.facts());
        cursor = step.cursor;
        end = match &step.decision {
            Decision::Queue { keys: Some(_), .. } => Some(typed("1")),
            Decision::Queue { keys: None, .. } => Some(StepEnd::NoOperators),
            Decision::Ask { .. } => answers.next(),
            Decision::Play { .. } => Some(StepEnd::Played),
            _ => return step.decision,
        };
    }
}

/// Who has come back to the queue again and again has fewer steps left behind it than who came to it once.
#[test]
fn steps_that_keys_of_a_queue_may_take_are_counted() {
    let told = |count| gaps(&behind_a_queue(count), "2026-11-10", 1);
    let longest = (1..99).rev().find(|count| told(*count).is_empty());
    let longest = longest.expect("a few phrases are not too many");
    assert!((70..99).contains(&longest), "{longest}");
    let silent = StepEnd::Silent;
    let other = typed("2");
    for answers in [&[silent][..], &[silent, other, silent, silent, silent]] {
        let heard = pressed_for_ever(&behind_a_queue(longest), answers);
        assert!(matches!(heard, Decision::Voicemail { .. }), "{heard:?}");
        let cut = pressed_for_ever(&behind_a_queue(98), answers);
        assert!(format!("{cut:?}").contains("steps_exceeded"), "{cut:?}");
    }
}

const ROUND: &str = r#"
[[flow.main]]
menu = ["welcome"]
otherwise = "main"
[flow.main.keys]
1 = "help"
"#;

#[test]
fn a_menu_that_a_silent_caller_goes_round_is_a_gap_unless_it_is_allowed() {
    insta::assert_snapshot!(refused(&source(&plan("", ROUND))), @r#"
    uncovered

      × номер «Горячая»: вызов может дойти здесь до предела в 200 шагов и кончиться закрывающей
      │ фразой, ни с кем не поговорив (причина steps_exceeded): вт 10.11.2026 04:00 – вт 14.12.2027
      │ 24:00; всего 9596 ч из 9596 ч
        ╭─[8800.toml:14:1]
     13 │ [[flow.main]]
     14 │ menu = ["welcome"]
        · ────
     15 │ otherwise = "main"
        ╰────

      сюда ведёт безусловный путь
      поставьте раньше очередь, внешний номер или голосовую почту, или разрешите такой конец номеру:
      allow_closed = ["steps_exceeded"]
      [en] a call may end here without having met anybody (reason steps_exceeded): 575760 min in 1
      stretches
      no condition stands on the way here
      put a queue, an external number or voicemail before it, or allow the number to end so:
      allow_closed = ["steps_exceeded"]

    circle

      ⚠ звонок может ходить по кругу через ветку «main»
        ╭─[8800.toml:14:1]
     13 │ [[flow.main]]
     14 │ menu = ["welcome"]
        · ────
     15 │ otherwise = "main"
        ╰────

      круг оборвётся после 200 шагов закрывающей фразой
      [en] a call can go round through flow `main`
      after 200 steps the circle is cut by the closing message
    "#);
    assert_eq!(
        gaps(&plan("\"steps_exceeded\"", ROUND), "2026-11-10", 1),
        ""
    );
}

#[test]
fn a_menu_that_only_keys_lead_round_is_none() {
    let again = ROUND.replace("otherwise = \"main\"", "otherwise = \"help\"");
    let again = again.replace("1 = \"help\"", "1 = \"help\"\n\"*\" = \"main\"");
    let plan = loaded(&source(&plan("", &again))).plan;
    let coverage = plan.coverage(super::from("2026-11-10", 1));
    assert_eq!(super::gaps_of(&coverage), "");
    let ends: Vec<String> = coverage.numbers[0].stretches[0]
        .ends
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        ends,
        [
            "очередь tech",
            "голосовая почта",
            "круг по клавишам звонящего (с 8800.toml:14:1)"
        ]
    );
}

/// Whoever is told to hold the line until somebody comes may hold it for nothing.
#[test]
fn a_phrase_said_again_until_somebody_is_there_is_a_gap() {
    let wait = r#"
[[flow.main]]
when = 'queue.tech.ready > 0'
goto = "help"

[[flow.main]]
play = ["please_wait"]

[[flow.main]]
goto = "main"
"#;
    insta::assert_snapshot!(gaps(&plan("", wait), "2026-11-10", 1), @r#"
Hours steps_exceeded 8800.toml:18:1: вт 10.11.2026 00:00–24:00 (1)
  8800.toml:14:1: если неверно: queue.tech.ready > 0
"#);
}
