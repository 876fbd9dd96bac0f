//! Every row of the walk names a file and a function that exist.

#[test]
fn every_row_of_the_walk_exists() {
    let rows = rows(&crate::read("crates/README.md"));
    assert!(rows.len() >= 14, "the walk has {} rows", rows.len());
    for (file, function) in rows {
        let text = crate::read(&format!("crates/{file}"));
        let defined = [format!("fn {function}("), format!("fn {function}<")]
            .iter()
            .any(|d| text.contains(d));
        assert!(defined, "{file} has no function {function}");
    }
}

#[test]
fn rows_are_read_as_written() {
    let row = "| 2 | bytes | `sip/src/parse.rs › parse`, then `wire/src/sip/mod.rs › next` |\n| no | row |\n";
    let expected = [
        ("sip/src/parse.rs", "parse"),
        ("wire/src/sip/mod.rs", "next"),
    ];
    assert_eq!(
        rows(row),
        expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
}

/// Every `file › function` in backticks.
fn rows(readme: &str) -> Vec<(String, String)> {
    let pairs = readme.split('`').filter_map(|code| code.split_once(" › "));
    pairs
        .map(|(file, function)| (file.trim().to_owned(), function.trim().to_owned()))
        .collect()
}
