//! What a caller needs of their own: how `needs` steps are read and printed, what is wrong with them, what a call keeps of them.
use gudok_calendar::Overrides;
use gudok_dialplan::print::printed;
use gudok_dialplan::{Horizon, Source, accept, load};

use crate::support::{loaded, source};

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101", "102"]

[skill.english]
101 = 5
102 = 1

[skill.law]
102 = 3

[queue.tech]
relax = [{ after = "20s", needs = { english = 1 } }]

[[flow.main]]
needs = { law = 3 }

[[flow.main]]
menu = ["choose_language"]
keys = { 1 = [{ needs = { law = 0 } }, { goto = "wait" }], 2 = [{ needs = { english = 4, law = 0 } }, { goto = "wait" }] }
tries = 1
otherwise = "wait"

[[flow.wait]]
queue = "tech"
wait = "60s"
on_timeout = "bye"
on_full = "bye"
on_no_operators = "bye"

[[flow.bye]]
close = "goodbye"
reason = "bye"
"#;

fn complaint(of: &str, by: &str) -> String {
    assert!(PLAN.contains(of), "{of}");
    let problems = load(&source(&PLAN.replacen(of, by, 1))).expect_err("it is wrong");
    let first = problems.first().expect("a problem");
    format!("{}: {}", first.code, first.message)
}

/// The last word about a skill counts, and what is chosen in a menu comes to the queue.
#[test]
fn trials_know_what_a_caller_needs() {
    let trial = |keys: &str, needs: &str| {
        format!(
            "[[test]]\nname = \"{keys}\"\ngiven = {{ from = \"+79990000001\", to = \"+78001234567\", at = \"2026-11-10T12:00\" }}\n\
             happens = [\"{keys}\", \"answered\"]\nexpect = {{ queue = [\"tech\"], needs = {{ {needs} }} }}\n\n"
        )
    };
    let tried = |text: String| {
        let mut sources = source(PLAN);
        let name = "8800.test.toml".into();
        sources.push(Source { name, text });
        let horizon = Horizon::from_date("2026-11-09").expect("a date").days(2);
        let accepted = accept(&sources, horizon).map(|accepted| accepted.tests);
        accepted.map_err(|problems| format!("{problems:#?}"))
    };
    let well = trial("keys 1", "") + &trial("keys 2", "english = 4") + &trial("silent", "law = 3");
    assert_eq!(tried(well), Ok(3));
    let wrong = tried(trial("keys 2", "english = 3")).expect_err("it is four");
    assert!(wrong.contains("ожидалось needs"), "{wrong}");
}

#[test]
fn what_does_not_fit_is_said_so() {
    let wrong = |of: &str, by: &str, starts: &str| {
        let told = complaint(of, by);
        assert!(told.starts_with(starts), "{by}: {told}");
    };
    let step = "needs = { law = 3 }";
    wrong(step, "needs = {}", "missing_key");
    wrong(step, "needs = { law = 10 }", "out_of_range");
    wrong(step, "needs = { laws = 1 }", "unknown_skill");
    wrong(step, "needs = { law = 4 }", "nobody_knows");
    // Together nobody knows both.
    let both = PLAN.replace("needs = { english = 1 } }]", "add = \"second\" }]")
        + "[group.second]\noperators = [\"103\"]\n";
    let both = both.replace(step, "needs = { law = 3, english = 2 }");
    let problems = load(&source(&both)).expect_err("nobody knows both");
    assert_eq!(problems[0].code, "nobody_knows", "{problems:?}");
    // A ladder asks less of what somebody asks for.
    let ladder = "needs = { english = 1 } }]";
    wrong(ladder, "needs = { chess = 1 } }]", "unknown_skill");
    let unasked = PLAN.replace("english = 4, law = 0", "law = 0");
    let problems = load(&source(&unasked)).expect_err("nobody asks for english");
    assert_eq!(problems[0].code, "out_of_range", "{problems:?}");
}

/// Where a ladder asks for less some day, nobody need know enough from the beginning.
#[test]
fn a_ladder_may_make_it_enough() {
    let plan = PLAN.replace("english = 4, law = 0", "english = 9, law = 0");
    loaded(&source(&plan));
}

#[test]
fn a_version_that_needs_something_else_is_another_and_is_printed() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(2);
    let of = |text: &str| loaded(&source(text)).plan;
    let other = of(&PLAN.replace("needs = { law = 3 }", "needs = { law = 2 }"));
    let told = other
        .differs_from(&of(PLAN), horizon, &Overrides::NONE)
        .lines()
        .join("\n");
    assert!(told.contains("law 3") && told.contains("law 2"), "{told}");
    let printed = printed(&source(PLAN)).expect("it is well");
    for step in ["needs = { law = 3 }", "needs = { english = 4, law = 0 }"] {
        assert!(printed.contains(step), "{printed}");
    }
    assert_eq!(
        of(&printed)
            .differs_from(&of(PLAN), horizon, &Overrides::NONE)
            .lines()
            .join("\n"),
        "вызовы пойдут как прежде"
    );
}
