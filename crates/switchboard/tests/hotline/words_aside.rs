//! What is said aside is on a track of its own where the plan has it so, and ends there when the caller comes to hear it.
use std::collections::BTreeMap;

use gudok_model::{CallId, LegId};
use gudok_switchboard::{Config, Output};
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::World;

/// A plan in which what is said aside is recorded, where the call is.
pub(crate) fn recorded(plan: &str) -> String {
    let may_be = !plan.contains("record = \"off\"");
    let flow = match may_be {
        true => "\nrecord_consultations = \"all\"\nflow = ",
        false => "\nflow = ",
    };
    plan.replace("\nflow = ", flow)
}

/// As long as a leg is on the track of a word aside, the caller does not hear it: no bridge and no room joins the two.
pub(crate) fn stay_aside(outputs: &[Output]) {
    let mut aside: BTreeMap<CallId, LegId> = BTreeMap::new();
    let apart = |aside: &BTreeMap<CallId, LegId>, one: LegId, other: LegId| {
        let joined = one.is_caller() && aside.get(&one.call) == Some(&other);
        assert!(
            !joined,
            "the caller hears {other}, which is on tape as aside"
        );
    };
    for output in outputs {
        match output {
            Output::RecordConsultation { leg, .. } => {
                let before = aside.insert(leg.call, *leg);
                assert_eq!(before, None, "two words aside at once");
            }
            Output::EndConsultation { leg } => {
                let ended = aside.remove(&leg.call);
                assert_eq!(ended, Some(*leg), "an end without a beginning");
            }
            Output::Bridge { a, b } => {
                apart(&aside, *a, *b);
                apart(&aside, *b, *a);
            }
            Output::Mix { parties, .. } => {
                for hears in parties {
                    hears
                        .from
                        .iter()
                        .for_each(|from| apart(&aside, hears.leg, *from));
                }
            }
            _ => {}
        }
    }
}

/// Of a whole story: what is recorded of what is said aside, and what is said to whom meanwhile.
fn told(rule: &str, script: &str) -> String {
    let number = format!("flow = \"main\"\nrecord_consultations = \"{rule}\"\n");
    let plan = DAY.replacen("flow = \"main\"\n", &number, 1);
    let config = Config {
        transfer_outside: vec!["+7495*".into()],
        ..Config::default()
    };
    let mut world = World::with(config, &plan, 0);
    world.play(
        "0 operators ivan anna petr
         0 ivan sits
         1 A calls
         6 ivan answers
         7 anna sits
         7 anna says not_ready LUNCH
         8 listen",
    );
    let story = world.tell(script);
    let words = [" record", " mark ", "word aside", " bridge ", " mix"];
    let is_of_it = |line: &&str| words.iter().any(|word| line.contains(word));
    story
        .lines()
        .filter(is_of_it)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn with_a_colleague_until_they_have_the_caller() {
    assert_snapshot!(told(
        "colleagues",
        "10 ivan says consult anna
         12 anna answers
         20 ivan says complete
         40 A hangs up
         80 end"
    ), @"
    10.000 A mark hold
    12.000 A/1 bridge A/2
    12.000 A mark consultation
    12.000 A/2 word aside recorded: ivan with operator anna
    20.000 A/2 word aside is over
    20.000 A mark consultation_end
    20.000 A bridge A/2
    20.000 [anna] recording
    ");
}

#[test]
fn until_the_caller_comes_in_and_again_from_the_phones_second_line() {
    assert_snapshot!(told(
        "colleagues",
        "10 ivan says consult anna
         12 anna answers
         15 ivan says conference
         20 ivan says drop asked
         30 ivan holds
         31 ivan dials anna
         33 anna answers
         36 anna hangs-up
         37 ivan resumes
         50 A hangs up
         80 end"
    ), @"
    10.000 A mark hold
    12.000 A/1 bridge A/2
    12.000 A mark consultation
    12.000 A/2 word aside recorded: ivan with operator anna
    15.000 A/2 word aside is over
    15.000 A mark consultation_end
    15.000 A bridge A/1
    15.000 A mark resume
    15.000 A mix: A hears [A/1 A/2], A/1 hears [A A/2], A/2 hears [A/1 A]
    20.000 A mix ends
    20.000 A bridge A/1
    30.000 A mark hold
    33.000 A/3 bridge A/4
    33.000 A mark consultation
    33.000 A/4 word aside recorded: ivan with operator anna
    36.000 A/4 word aside is over
    36.000 A mark consultation_end
    37.000 A bridge A/1
    37.000 A mark resume
    ");
}

#[test]
fn the_two_who_talk_on_without_the_caller_are_recorded_to_the_end() {
    assert_snapshot!(told(
        "colleagues",
        "10 ivan says consult anna
         12 anna answers
         20 A hangs up
         30 anna hangs-up
         80 end"
    ), @"
    10.000 A mark hold
    12.000 A/1 bridge A/2
    12.000 A mark consultation
    12.000 A/2 word aside recorded: ivan with operator anna
    30.000 A/2 word aside is over
    30.000 A mark consultation_end
    ");
}

/// Consent: nobody's by default, colleagues' alone, or everybody's; who did not answer said nothing.
#[test]
fn whose_words_are_recorded_is_the_plans_to_say() {
    let asked = |who: &str| {
        format!(
            "10 ivan says consult {who}\n12 {} answers\n20 ivan says cancel_consult\n30 end",
            match who {
                "anna" => "anna",
                _ => "outside",
            }
        )
    };
    let recorded = |rule, who: &str| told(rule, &asked(who)).matches("recorded:").count();
    let table = ["off", "colleagues", "all"]
        .map(|rule| [recorded(rule, "anna"), recorded(rule, "+74951234567")]);
    assert_eq!(table, [[0, 0], [1, 0], [1, 1]]);
    let unanswered = told(
        "all",
        "10 ivan says consult anna\n12 anna rings\n20 ivan says cancel_consult\n30 end",
    );
    assert!(!unanswered.contains("recorded:"), "{unanswered}");
}

/// A call whose own recording could not begin has no word aside on record either.
#[test]
fn of_a_call_that_is_not_recorded_nothing_is() {
    let story = told(
        "all",
        "9 A is not recorded\n10 ivan says consult anna\n12 anna answers\n20 end",
    );
    assert!(!story.contains("recorded:"), "{story}");
}
