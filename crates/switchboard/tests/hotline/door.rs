//! The only door out: where the plan has `[outbound]`, whatever rings outside asks it, and counts.
use std::collections::BTreeSet;

use gudok_model::{CallEvent, LegId};
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Config, Output};
use proptest::prelude::*;

use crate::plans::OUT;
use crate::random::{Step, step, take};
use crate::transfers::talking_in;
use crate::world::World;

/// The lines of a story that have these words, without what the time is.
fn lines<'s>(story: &'s str, words: &str) -> Vec<&'s str> {
    let with = story.lines().map(str::trim).filter(|it| it.contains(words));
    with.collect()
}

const DIALLED: &str = "dial +79990001122";

#[test]
fn a_step_of_the_plan_goes_out_while_the_limits_let_it() {
    let world = World::new(OUT);
    let story = world.tell(
        "1 A calls
         3 outside answers
         4 B calls
         10 outside hangs-up
         20 C calls
         40 end",
    );
    // The second at once hears the message; when the first is over the next goes out.
    let dialled = lines(&story, DIALLED);
    assert_eq!(dialled.len(), 2, "{story}");
    assert!(
        dialled[0].contains("A/1") && dialled[1].contains("C/1"),
        "{story}"
    );
    assert_eq!(lines(&story, "! outbound_denied").len(), 1, "{story}");
    assert_eq!(
        lines(&story, "B * decided: outbound_denied").len(),
        1,
        "{story}"
    );
    assert_eq!(lines(&story, "B * decided: voicemail").len(), 1, "{story}");
}

#[test]
fn the_hour_is_counted_and_comes_to_its_end() {
    let story = World::new(OUT).tell(
        "1 A calls
         2 outside busy
         10 B calls
         11 outside busy
         20 C calls
         21 outside busy
         30 D calls
         3700 E calls
         3701 outside busy
         3702 end",
    );
    let dialled: Vec<&str> = lines(&story, DIALLED);
    let who = dialled.iter().map(|line| line.split_whitespace().nth(1));
    let who: Vec<Option<&str>> = who.collect();
    let wanted = ["A/1", "B/1", "C/1", "E/1"].map(Some);
    assert_eq!(who, wanted, "{story}");
}

#[test]
fn the_plan_calls_at_night() {
    let story = World::at(OUT, 12).tell(
        "1 A calls
         3 outside answers
         10 A hangs up
         20 end",
    );
    assert_eq!(lines(&story, DIALLED).len(), 1, "{story}");
}

#[test]
fn a_talk_outside_ends_when_it_has_lasted_long_enough() {
    let story = World::new(OUT).tell(
        "1 A calls
         3 outside answers
         100 end",
    );
    let told = lines(&story, "decided: talk_max");
    assert_eq!(told, ["63.000 A * decided: talk_max"], "{story}");
    assert_eq!(lines(&story, "63.000 A/1 hang up").len(), 1, "{story}");
    let ended = lines(&story, "ENDED OverflowedExternal { answered: true }");
    assert_eq!(ended.len(), 1, "{story}");
}

#[test]
fn operators_pass_callers_on_to_what_the_rules_allow() {
    let to = |number: &str| talking_in(OUT, &format!("20 ivan refers {number}\n21 end"));
    let allowed = to("+74951234567");
    assert_eq!(lines(&allowed, "dial +74951234567").len(), 1, "{allowed}");
    // `transfer_outside` has it, the rules do not: the talk goes on.
    let denied = to("+74957654321");
    assert_eq!(lines(&denied, "A/1 refer: 403").len(), 1, "{denied}");
    assert!(lines(&denied, "dial +7495").is_empty(), "{denied}");
    assert!(lines(&denied, "talk ended").is_empty(), "{denied}");
}

#[test]
fn operators_call_nobody_outside_at_night() {
    let plan = OUT.replace("23:00-07:00", "11:00-14:00");
    let passed = talking_in(&plan, "20 ivan refers +74951234567\n21 end");
    assert_eq!(lines(&passed, "A/1 refer: 403").len(), 1, "{passed}");
    let asked = talking_in(&plan, "10 ivan holds\n11 ivan dials +74951234567\n12 end");
    assert!(lines(&asked, "dial +7495").is_empty(), "{asked}");
    assert_eq!(
        lines(&asked, "decided: outbound_denied").len(),
        1,
        "{asked}"
    );
}

#[test]
fn a_consultation_counts_until_it_is_joined_and_the_talk_is_over() {
    let story = talking_in(
        OUT,
        "10 ivan holds
         11 ivan dials +74951234567
         13 outside answers
         20 ivan joins
         30 B calls
         40 A hangs up
         41 end",
    );
    assert_eq!(lines(&story, "dial +74951234567").len(), 1, "{story}");
    assert_eq!(lines(&story, "A * bridged with A/3").len(), 1, "{story}");
}

/// A blind transfer by the phone that is ringing somebody: one leg takes the place of the other, and is not the second at
/// once.
#[test]
fn a_consultation_that_rings_becomes_a_transfer() {
    let story = talking_in(
        OUT,
        "10 ivan holds
         11 ivan dials +74951234567
         13 ivan joins
         14 end",
    );
    assert_eq!(lines(&story, "dial +74951234567").len(), 2, "{story}");
    assert!(lines(&story, "outbound_denied").is_empty(), "{story}");
}

/// Nobody rings outside but to a prefix of [`OUT`], and never two at once: a leg counts until it is over or told to end.
fn keeps_the_rules(outputs: &[Output]) {
    let mut open: BTreeSet<LegId> = BTreeSet::new();
    for output in outputs {
        match output {
            Output::Dial {
                leg,
                target: DialTarget::External { number, .. },
                ..
            } => {
                let number = number.as_str();
                let is_allowed = number.starts_with("+7999") || number.starts_with("+7495123");
                assert!(is_allowed, "{number} was called");
                open.insert(*leg);
                assert!(open.len() <= 1, "at once: {open:?}");
            }
            Output::HangUp { leg, .. }
            | Output::Fact {
                fact: CallEvent::LegEnded { leg, .. },
                ..
            } => {
                open.remove(leg);
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn whatever_operators_and_callers_do_nothing_else_goes_out(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let config = Config {
            transfer_outside: vec!["+7*".into()],
            follow_redirects: true,
            ..Config::default()
        };
        let mut world = World::with(config, OUT, 0);
        world.play("0 operators ivan anna petr\n0 ivan sits\n0 anna sits\n0 petr sits");
        for it in steps {
            if !matches!(it, Step::Plan(_)) {
                take(&mut world, it);
            }
        }
        keeps_the_rules(&world.outputs);
    }
}
