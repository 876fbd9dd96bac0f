//! Five hundred slips of a hand in the project's own plan: what is refused says where, and nothing panics.
use gudok_dialplan::{Problem, Severity, Source, load};

const PLAN: &str = include_str!("../../../../dialplans/8800.toml");
const MUTATIONS: usize = 500;

/// One slip, the same for the same number.
fn slip(number: usize) -> String {
    let mut lines: Vec<String> = PLAN.lines().map(str::to_owned).collect();
    // Steps of two primes: every line is met, each time with another slip.
    let at = number * 37 % lines.len();
    let line = lines[at].clone();
    let middle = line.char_indices().nth(line.chars().count() / 2);
    let middle = middle.map_or(0, |(index, _)| index);
    lines[at] = match number * 11 % 7 {
        0 => String::new(),
        1 => format!("{line}\n{line}"),
        2 => line.replace('"', ""),
        3 => line.replace('=', ""),
        4 => line[..middle].to_owned(),
        5 => line.replacen('e', "ee", 1),
        _ => line.replace(|it: char| it.is_ascii_digit(), "x"),
    };
    lines.join("\n")
}

fn has_a_place(problem: &Problem, text: &str) -> bool {
    let lines = text.lines().count() + 1;
    let within = (1..=lines).contains(&(problem.line as usize));
    *problem.file == *"8800.toml" && within && problem.column > 0
}

#[test]
fn every_refusal_of_a_mutated_plan_has_its_place() {
    let mut refused = 0;
    for number in 0..MUTATIONS {
        let text = slip(number);
        let source = Source {
            name: "8800.toml".into(),
            text: text.clone(),
        };
        let Err(problems) = load(&[source]) else {
            continue;
        };
        refused += 1;
        assert!(!problems.is_empty(), "{number}");
        assert!(
            problems.iter().any(|it| it.severity == Severity::Error),
            "{number}"
        );
        let lost = problems.iter().find(|it| !has_a_place(it, &text));
        assert!(lost.is_none(), "{number}: {lost:?}");
    }
    assert!(
        refused > MUTATIONS / 4,
        "{refused} of {MUTATIONS} were refused"
    );
}
