//! Tests that a document calls by name exist: `file::test`, or the name of the test alone.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Documents whose tables name tests.
const DOCUMENTS: [&str; 2] = ["tests/README.md", "crates/acd/README.md"];

#[test]
fn every_test_that_a_table_names_exists() {
    let mut defined = BTreeSet::new();
    for folder in ["crates", "tests"] {
        collect(&crate::root().join(folder), &mut defined);
    }
    for document in DOCUMENTS {
        let named = names(&crate::read(document));
        assert!(named.len() > 20, "{document} names {} tests", named.len());
        let missing: Vec<&String> = named.iter().filter(|it| !defined.contains(*it)).collect();
        assert!(missing.is_empty(), "{document}: no such tests: {missing:?}");
    }
}

#[test]
fn names_are_read_as_written() {
    let text = "| беда | `talks::hold_and_back`; в `sip`: `a_cancel_crosses_the_answer`, `Restart`, `x.rs` |\nno `a::row`\n";
    let expected = ["a_cancel_crosses_the_answer", "talks::hold_and_back"];
    assert!(names(text).iter().eq(expected), "{:?}", names(text));
}

/// Of the rows of tables what is written as a test: `file::test`, or a name of four words or more.
fn names(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let code = rows.flat_map(|line| line.split('`').skip(1).step_by(2));
    let is_name = |it: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        !it.is_empty() && it.chars().all(plain)
    };
    let is_test = |it: &&str| match it.split_once("::") {
        Some((file, test)) => is_name(file) && is_name(test),
        None => is_name(it) && it.matches('_').count() >= 3,
    };
    code.filter(is_test).map(str::to_owned).collect()
}

/// Every test of every file, alone and with the name of its file or, of `tests.rs` and `mod.rs`, of its folder. What a macro makes is
/// not seen.
fn collect(folder: &Path, defined: &mut BTreeSet<String>) {
    let entries = fs::read_dir(folder).expect("a folder of the workspace");
    for entry in entries {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect(&path, defined);
        } else if path.extension().is_some_and(|it| it == "rs") {
            of_file(&path, defined);
        }
    }
}

fn of_file(path: &Path, defined: &mut BTreeSet<String>) {
    let text = fs::read_to_string(path).expect("a source file");
    let named = |path: &Path| Some(path.file_stem()?.to_str()?.to_owned());
    let file = named(path).filter(|it| it != "tests" && it != "mod");
    let file = file.or_else(|| named(path.parent()?)).unwrap_or_default();
    for name in tests_of(&text) {
        defined.insert(format!("{file}::{name}"));
        defined.insert(name);
    }
}

/// The functions that the lines right before them call a test.
fn tests_of(text: &str) -> Vec<String> {
    let (mut tests, mut is_test) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            let mut name = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            tests.extend(name.next().map(str::to_owned));
            is_test = false;
        } else {
            // Between the two there are further attributes and what is said of it.
            is_test &= line.starts_with("#[") || line.starts_with("//");
        }
    }
    tests
}

#[test]
fn a_helper_is_no_test() {
    let text = "#[test]\n#[ignore]\nfn a_test() {}\n// fn not_this\nfn a_helper() {}\n#[tokio::test(flavor = \"x\")]\nasync fn another() {}";
    assert_eq!(tests_of(text), ["a_test", "another"]);
}
