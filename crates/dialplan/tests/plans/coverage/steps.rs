//! A call takes two hundred steps at most, round and round or straight on: what ends there has met nobody.
use std::fmt::Write as _;

use super::{gaps, refused};
use crate::support::{Call, loaded, source};

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
