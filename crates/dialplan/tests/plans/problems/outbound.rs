//! Calls out and the rules of the law.
use gudok_dialplan::load;
use gudok_outbound::{Kopecks, Limits, Terms};

use super::{GOOD, with};
use crate::support::source;

/// What is usual, and one prefix.
const OUTBOUND: &str =
    "\n[outbound]\nzone = \"Europe/Moscow\"\nprefixes = { \"+7\" = { minute = \"2,5\" } }\n";

fn outbound(more: &str) -> String {
    with(&format!("{OUTBOUND}{more}"))
}

#[test]
fn what_is_not_said_is_usual_and_without_the_table_there_are_no_rules() {
    let plan = |text: &str| load(&source(text)).expect("a plan").plan;
    assert!(plan(GOOD).outbound().is_none());
    let plan = plan(&format!("{GOOD}{OUTBOUND}"));
    let rules = plan.outbound().expect("there are rules");
    assert_eq!(
        (rules.limits, rules.operator),
        (Limits::ALL, Limits::OPERATOR)
    );
    let night = rules.night.map(|it| it.written());
    assert_eq!(night.as_deref(), Some("23:00-07:00"));
    let terms: Vec<&Terms> = rules.prefixes.iter().map(|(_, it)| &it.terms).collect();
    let per_minute = Kopecks(250);
    let zone = None;
    assert_eq!(terms, [&Terms::Allowed { per_minute, zone }]);
    assert_eq!(*rules.places.outbound, *"8800.toml:37:2");
}

#[test]
fn prefixes_prices_and_labels_are_checked() {
    let text = "\n[outbound]\nzone = \"Europe/Moscow\"\nnight = \"late\"\n[outbound.prefixes]\n\"8495\" = \"denied\"\n\"+7\" = \"allowed\"\n\"+79\" = { minute = \"2.505\" }\n\n[[outbound.cli]]\nnumber = \"84950000001\"\nlabel = \"ООО «Ромашка»\"\n";
    insta::assert_snapshot!(with(text));
}

#[test]
fn a_rule_demands_one_thing_and_says_since_when() {
    let text = "\n[law.both]\narticle = \"1\"\nfrom = 2026-01-01\nhours = \"09:00-21:00\"\nlabel = true\n\n[law.none]\narticle = \"2\"\nfrom = 2026-01-01\nproof = true\n\n[law.night]\narticle = \"3\"\nfrom = \"вчера\"\nhours = \"22:00-08:00\"\n\n[law.debt]\nfrom = 2026-01-01\npurposes = [\"dept\"]\nbasis = []\n";
    insta::assert_snapshot!(outbound(text));
}

#[test]
fn a_number_of_the_plan_that_may_not_be_called_is_an_error() {
    let text = "\n[[flow.out]]\nexternal = \"+375290000001\"\nring = \"30s\"\non_not_answered = \"night\"\n\n[[number]]\ndid = \"+78001234568\"\nflow = \"out\"\nzone = \"UTC\"\nrecord = \"off\"\n";
    insta::assert_snapshot!(outbound(text));
}

#[test]
fn a_rule_names_its_article() {
    let said =
        outbound("\n[law.blank]\narticle = \" \"\nfrom = 2026-01-01\nhours = \"09:00-21:00\"\n");
    assert!(said.contains("no_article"), "{said}");
    assert!(said.contains("[8800.toml:42:11]"), "{said}");
}
