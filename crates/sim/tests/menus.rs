//! Every key of a plan is reached by `simulate` and leads where the plan says.
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use gudok_dialplan::{Plan, Source, load};
use gudok_model::{
    Caller, Dialled, IdentitySource, NumberRules, Presentation, Termination, Wall, number,
};
use gudok_sim::{Pressing, Scene, Story, simulate};

const KEYS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#"];

/// A plan of menus within menus, and every way through it: what is pressed, and why the call ends then.
#[derive(Default)]
struct Garden {
    text: String,
    ways: Vec<(Vec<String>, String)>,
    seed: u64,
    flows: u32,
}

impl Garden {
    fn of(seed: u64) -> Self {
        let mut garden = Self {
            seed,
            ..Self::default()
        };
        garden.text =
            "[[number]]\ndid = \"+78001234567\"\nrecord = \"off\"\nflow = \"f0\"\n".into();
        garden.flow(0, &[]);
        garden
    }

    fn below(&mut self, bound: u64) -> usize {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.seed >> 33) % bound).expect("small")
    }

    /// A flow that is a menu, or asks for four digits and then is one, or ends the call.
    fn flow(&mut self, depth: usize, pressed: &[String]) -> String {
        let name = format!("f{}", self.flows);
        self.flows += 1;
        let mut pressed = pressed.to_vec();
        let mut text = String::new();
        if depth > 2 || (depth > 0 && self.below(3) == 0) {
            write!(
                text,
                "[[flow.{name}]]\nclose = \"bye\"\nreason = \"{name}\"\n"
            )
            .expect("text");
            self.ways.push((pressed, name.clone()));
            self.text += &text;
            return name;
        }
        if self.below(4) == 0 {
            write!(text, "[[flow.{name}]]\nask = \"a{depth}\"\nprompts = [\"say\"]\ndigits = \"4\"\notherwise = [{{ close = \"bye\", reason = \"lost\" }}]\n").expect("text");
            pressed.push("4502".into());
        }
        write!(text, "[[flow.{name}]]\nmenu = \"menu\"\ntries = 1\n").expect("text");
        let (first, count) = (self.below(12), 1 + self.below(4));
        let mut keys = Vec::new();
        for at in 0..count {
            let key = KEYS[(first + at) % 12];
            let mut way = pressed.clone();
            way.push(key.to_owned());
            keys.push(if self.below(4) == 0 {
                let reason = format!("{name}k{at}");
                self.ways.push((way, reason.clone()));
                format!("\"{key}\" = [{{ close = \"bye\", reason = \"{reason}\" }}]")
            } else {
                format!("\"{key}\" = \"{}\"", self.flow(depth + 1, &way))
            });
        }
        let mut silent = pressed.clone();
        silent.push(String::new());
        let reason = format!("{name}s");
        self.ways.push((silent, reason.clone()));
        writeln!(
            text,
            "keys = {{ {} }}\notherwise = [{{ close = \"bye\", reason = \"{reason}\" }}]",
            keys.join(", ")
        )
        .expect("text");
        self.text += &text;
        name
    }

    fn plan(&self) -> Arc<Plan> {
        let source = Source {
            name: "garden.toml".into(),
            text: self.text.clone(),
        };
        let loaded = load(&[source])
            .unwrap_or_else(|problems| panic!("{}\n{}", problems[0].render(), self.text));
        Arc::new(loaded.plan)
    }
}

fn story(plan: &Arc<Plan>, digits: Vec<String>) -> Story {
    told(plan, digits, Scene::staffed(plan))
}

fn told(plan: &Arc<Plan>, digits: Vec<String>, scene: Scene) -> Story {
    let digits = digits.into_iter().map(Pressing::from).collect();
    let rules = NumberRules::default();
    let from = Caller {
        number: number::parse("89990001974", &rules),
        display: None,
        presentation: Presentation::Allowed,
        asserted_by: IdentitySource::Pai,
        region: None,
    };
    let to = Dialled {
        number: number::parse("88001234567", &rules),
        found_in: IdentitySource::RequestUri,
    };
    let scene = Scene { digits, ..scene };
    simulate(
        Arc::clone(plan),
        from,
        to,
        Wall(1_794_153_600_000_000),
        &scene,
    )
}

#[test]
fn every_key_of_any_plan_is_reached_and_leads_where_it_says() {
    let mut ways = 0;
    for seed in 1..=40 {
        let garden = Garden::of(seed);
        let plan = garden.plan();
        for (digits, reason) in &garden.ways {
            let story = story(&plan, digits.clone());
            let (_, termination) = story.outcome.clone().expect("an end");
            let told: Vec<_> = story.lines.iter().map(|(_, line)| line.as_str()).collect();
            assert_eq!(
                termination,
                Termination::success(reason),
                "{digits:?}\n{}\n{}",
                garden.text,
                told.join("\n")
            );
            ways += 1;
        }
    }
    assert!(ways > 200, "{ways} ways are too few to prove anything");
}

/// A queue that nobody is behind does not let the call in: keys are kept for the question after it.
#[test]
fn keys_are_not_spent_on_a_queue_that_the_call_never_stood_in() {
    let source = Source {
        name: "empty.toml".into(),
        text: r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
queue = "tech"
wait = "1m"
keys = { 1 = "bye" }
on_timeout = "bye"
on_no_operators = "choice"
on_full = "bye"

[[flow.choice]]
menu = "menu"
keys = { 2 = [{ close = "bye", reason = "chosen" }] }
tries = 1
otherwise = "bye"

[[flow.bye]]
close = "bye"
reason = "left"
"#
        .into(),
    };
    let plan = Arc::new(load(&[source]).expect("a plan").plan);
    let nobody = Scene::ready(&plan, &BTreeSet::new(), None);
    let told = told(&plan, vec!["2".into()], nobody);
    let (_, termination) = told.outcome.expect("an end");
    assert_eq!(
        termination,
        Termination::success("chosen"),
        "{:#?}",
        told.lines
    );
}
