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

/// Every `file › function` in backticks, in the rows of tables.
fn rows(readme: &str) -> Vec<(String, String)> {
    let rows = readme.lines().filter(|line| line.starts_with('|'));
    let code = rows.flat_map(|line| line.split('`').skip(1).step_by(2));
    let pairs = code.filter_map(|code| code.split_once(" › "));
    pairs
        .map(|(file, function)| (file.to_owned(), function.to_owned()))
        .collect()
}
