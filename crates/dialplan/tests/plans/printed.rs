//! A plan that is printed is the same plan, and printed again it is the same text.
use gudok_dialplan::print::{NotPrinted, printed, reads_alike};
use gudok_dialplan::{Plan, Source, load};
use proptest::prelude::*;

use crate::keys::MENU;
use crate::schema::EVERY_KEY;
use crate::subflows::CALLS;
use crate::support::{hotline, source};
use crate::{coverage, large};

/// What a plan comes to, without places.
fn made(plan: &Plan) -> impl PartialEq + std::fmt::Debug + use<> {
    let rosters = plan.rosters().map(|(name, it)| (name.clone(), it.clone()));
    let schedules = plan
        .schedules()
        .map(|(name, it)| (name.clone(), it.clone()));
    let numbers = plan.numbers().iter().map(|it| it.dids.clone());
    (
        (plan.groups().to_vec(), plan.queues().to_vec()),
        rosters.collect::<Vec<_>>(),
        schedules.collect::<Vec<_>>(),
        numbers.collect::<Vec<_>>(),
        (
            plan.external_numbers().clone(),
            plan.trunks().clone(),
            plan.prompts().keys().cloned().collect::<Vec<_>>(),
        ),
        (
            plan.dispositions().to_vec(),
            plan.not_ready_reasons().to_vec(),
            plan.tells_supervision(),
            plan.alarms().to_vec(),
            plan.outbound().map(|rules| {
                let mut rules = (**rules).clone();
                rules.forget_places();
                rules
            }),
        ),
    )
}

/// Prints it, reads what was printed, prints that; the text.
pub(crate) fn comes_back(sources: &[Source]) -> String {
    let text = printed(sources).unwrap_or_else(|why| panic!("{why}"));
    let back = source(&text);
    assert!(reads_alike(sources, &back), "{text}");
    let of = |files: &[Source]| made(&load(files).expect("a plan").plan);
    assert_eq!(of(sources), of(&back), "{text}");
    let again = printed(&back).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(again, text);
    text
}

#[test]
fn every_plan_of_the_project_comes_back() {
    comes_back(&hotline());
    let demo = include_str!("../../../daemon/src/demo/8800.toml");
    let provider = include_str!("../../../sim/tests/provider/provider.toml");
    let large = large::plan();
    for text in [MENU, CALLS, EVERY_KEY, demo, provider, &large] {
        comes_back(&source(text));
    }
}

#[test]
fn however_a_plan_is_cut_into_files_it_is_printed_alike() {
    let one = comes_back(&hotline());
    let mut files = hotline();
    files.reverse();
    files.push(Source {
        name: "more.test.toml".into(),
        text: "no plan".into(),
    });
    assert_eq!(printed(&files).expect("a plan"), one);
}

/// Where a number stands among the others means nothing.
#[test]
fn numbers_in_other_files_are_printed_alike() {
    let number = |last: char| {
        format!(
            "[[number]]\ndid = \"+7800123450{last}\"\nrecord = \"off\"\nzone = \"UTC\"\nflow = \"main\"\n\n"
        )
    };
    let flow = "[[flow.main]]\nclose = [\"goodbye\"]\nreason = \"night\"\n";
    let files = |first: String, second: String| {
        let file = |name: &str, text: String| Source {
            name: name.into(),
            text,
        };
        [file("a.toml", first), file("b.toml", second + flow)]
    };
    let one = files(number('1'), number('2'));
    let other = files(number('2'), number('1'));
    assert!(reads_alike(&one, &other));
    let (one, other) = (
        printed(&one).expect("a plan"),
        printed(&other).expect("a plan"),
    );
    assert_eq!(one, other);
    assert!(one.find("+78001234501") < one.find("+78001234502"), "{one}");
}

#[test]
fn what_is_no_plan_is_not_printed() {
    let why = printed(&source("[[number]]\n")).expect_err("no plan");
    assert!(matches!(why, NotPrinted::Mistakes(_)));
    assert!(why.to_string().contains("8800.toml:1:1"), "{why}");
    assert!(!reads_alike(&source("["), &source("[")));
}

/// Another value of the same kind: true for false, one more, another length of time.
fn other(value: &toml::Value) -> Option<toml::Value> {
    match value {
        toml::Value::Boolean(flag) => Some((!flag).into()),
        toml::Value::Integer(number) => Some((number - 1).into()),
        toml::Value::String(text) => {
            let seconds = text.strip_suffix('s').and_then(|it| it.parse::<u32>().ok());
            Some(match seconds {
                Some(seconds) => format!("{}s", seconds + 1).into(),
                None => format!("{text}1").into(),
            })
        }
        _ => None,
    }
}

/// Every document in which one value of this one is another.
fn others(value: &toml::Value) -> Vec<toml::Value> {
    match value {
        toml::Value::Table(table) => {
            let of = |(key, inner): (&String, &toml::Value)| {
                let with = |inner| {
                    let mut table = table.clone();
                    table.insert(key.clone(), inner);
                    toml::Value::Table(table)
                };
                others(inner).into_iter().map(with).collect::<Vec<_>>()
            };
            table.iter().flat_map(of).collect()
        }
        toml::Value::Array(list) => {
            let of = |(place, inner): (usize, &toml::Value)| {
                let with = |inner| {
                    let mut list = list.clone();
                    list[place] = inner;
                    toml::Value::Array(list)
                };
                others(inner).into_iter().map(with).collect::<Vec<_>>()
            };
            list.iter().enumerate().flat_map(of).collect()
        }
        leaf => other(leaf).into_iter().collect(),
    }
}

/// Nothing that may stand in a plan is lost in print: whatever value is another, another text is printed.
#[test]
fn another_value_is_printed_otherwise() {
    let document: toml::Value = toml::from_str(EVERY_KEY).expect("TOML");
    let (text, mut plans) = (comes_back(&source(EVERY_KEY)), 0);
    for other in others(&document) {
        let other = source(&toml::to_string(&other).expect("TOML"));
        match printed(&other) {
            Ok(printed) => assert_ne!(printed, text, "{}", other[0].text),
            Err(NotPrinted::Mistakes(_)) => continue,
            Err(NotPrinted::Unlike) => panic!("{}", other[0].text),
        }
        assert!(!reads_alike(&source(EVERY_KEY), &other));
        plans += 1;
    }
    assert!(plans > 80, "{plans}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, max_global_rejects: 8192, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_the_plan((text, _) in coverage::brute::plan()) {
        let files = source(&text);
        prop_assume!(load(&files).is_ok());
        comes_back(&files);
    }

    /// What people write between quotes comes back, whatever it is.
    #[test]
    fn words_come_back(label in "\\PC{1,30}", note in "[\\x00-\\x7f]{1,20}", quoted in "[a-z']{0,8}") {
        let label = toml::Value::String(label);
        let note = toml::Value::String(note);
        let asked = toml::Value::String(format!("caller.display == {quoted:?}"));
        let text = format!("[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nlabel = {label}\nschedule = \"office\"\nflow = \"words\"\nafter_hours = \"words\"\n[schedule.office]\nzone = \"Asia/Irkutsk\"\ndates = {{ 2026-07-17 = {{ closed = {note} }} }}\n[[flow.words]]\nwhen = {asked}\nthen = [{{ close = [\"goodbye\"], reason = \"night\" }}]\n[[flow.words]]\nclose = [\"goodbye\"]\nreason = \"gone\"\n");
        let files = source(&text);
        comes_back(&files);
    }
}
