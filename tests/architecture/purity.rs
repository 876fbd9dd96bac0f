//! Pure crates: no runtime, no clock, no sockets, no files, no randomness, no random order.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{MetadataCommand, PackageId};

/// Crates that must not be reached from a pure crate, at any depth.
const FORBIDDEN_CRATES: [&str; 9] = [
    "tokio",
    "mio",
    "async-std",
    "sqlx",
    "reqwest",
    "hyper",
    "socket2",
    "rustix",
    "tracing-subscriber",
];

/// Words that must not stand in a pure crate's code (tests and comments aside).
const FORBIDDEN_WORDS: [&str; 17] = [
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "thread::",
    "std::fs",
    "std::net::UdpSocket",
    "std::net::Tcp",
    "std::env",
    "std::process",
    "tokio",
    "HashMap",
    "HashSet",
    "thread_rng",
    "getrandom",
    "rand::",
    "Uuid::now_v7",
];

/// The pure crates, as the map names them in its `pure` line.
pub(crate) fn pure_crates() -> BTreeSet<String> {
    let readme = crate::read("crates/README.md");
    let line = readme
        .lines()
        .find_map(|line| line.strip_prefix("Pure: "))
        .expect("the map has a line `Pure: …`");
    line.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_pure_crate_reaches_a_runtime_or_a_socket() {
    let metadata = MetadataCommand::new()
        .manifest_path(crate::root().join("Cargo.toml"))
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo metadata --offline");
    let resolve = metadata.resolve.as_ref().expect("a resolved graph");
    let name_of = |id: &PackageId| metadata[id].name.as_str().to_owned();
    for pure in pure_crates() {
        let start = metadata
            .packages
            .iter()
            .find(|p| p.name.as_str() == format!("gudok-{pure}"));
        let start =
            start.unwrap_or_else(|| panic!("{pure} is on the map but not in the workspace"));
        let (mut todo, mut seen) = (vec![start.id.clone()], BTreeSet::new());
        while let Some(id) = todo.pop() {
            assert!(
                !FORBIDDEN_CRATES.contains(&name_of(&id).as_str()),
                "gudok-{pure} reaches {}",
                name_of(&id)
            );
            let node = resolve
                .nodes
                .iter()
                .find(|node| node.id == id)
                .expect("every package has a node");
            let normal = node.deps.iter().filter(|dep| {
                dep.dep_kinds
                    .iter()
                    .any(|kind| kind.kind == cargo_metadata::DependencyKind::Normal)
            });
            todo.extend(
                normal
                    .map(|dep| dep.pkg.clone())
                    .filter(|id| seen.insert(id.clone())),
            );
        }
    }
}

#[test]
fn no_pure_crate_has_a_clock_a_file_or_random_order() {
    let mut wrong = Vec::new();
    for name in pure_crates() {
        for file in sources(&crate::root().join("crates").join(&name).join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source file is readable");
            wrong.extend(
                offences(&text).map(|(line, word)| format!("{}:{line}: {word}", file.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_pure_crate_bans_clocks_for_clippy_and_unsafe_code() {
    for name in pure_crates() {
        let bans = crate::read(&format!("crates/{name}/.clippy.toml"));
        for word in [
            "std::time::Instant::now",
            "std::time::SystemTime::now",
            "std::collections::HashMap",
        ] {
            assert!(
                bans.contains(word),
                "crates/{name}/.clippy.toml does not ban {word}"
            );
        }
        let lib = crate::read(&format!("crates/{name}/src/lib.rs"));
        assert!(
            lib.contains("#![forbid(unsafe_code)]"),
            "crates/{name} does not forbid unsafe code"
        );
    }
}

#[test]
fn the_check_sees_what_it_forbids() {
    let text = "fn a() {}\nlet t = Instant::now();\n// HashMap in a comment\n#[cfg(test)]\nmod tests { HashMap }\n";
    assert_eq!(offences(text).collect::<Vec<_>>(), [(2, "Instant::now")]);
}

/// Line and word of each offence before the unit tests.
fn offences(text: &str) -> impl Iterator<Item = (usize, &'static str)> + '_ {
    let code = text
        .lines()
        .enumerate()
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"));
    code.filter_map(|(i, line)| {
        let code = line.split("//").next().unwrap_or_default();
        FORBIDDEN_WORDS
            .iter()
            .find(|word| code.contains(**word))
            .map(|word| (i + 1, *word))
    })
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)
        .expect("a crate has src/")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !path.ends_with("tests.rs")
        {
            files.push(path);
        }
    }
    files
}
