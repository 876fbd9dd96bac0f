//! Who may import whom, as `crates/README.md` says between ```arrows fences.
use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Crate name (without `gudok-`) to what it may import.
type Arrows = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_arrow_is_on_the_map() {
    let (map, code) = (drawn(&crate::read("crates/README.md")), real());
    let mut wrong = Vec::new();
    for (from, targets) in &code {
        match map.get(from) {
            None => wrong.push(format!("{from} is not on the map")),
            Some(allowed) => {
                wrong.extend(
                    targets
                        .difference(allowed)
                        .map(|to| format!("{from} -> {to} is not on the map")),
                );
            }
        }
    }
    wrong.extend(
        map.keys()
            .filter(|name| !code.contains_key(*name))
            .map(|n| format!("{n} is drawn but does not exist")),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_map_has_no_arrow_from_pure_to_io() {
    let text = crate::read("crates/README.md");
    let (map, pure) = (drawn(&text), crate::purity::pure_crates());
    for name in &pure {
        for target in &map[name] {
            assert!(pure.contains(target), "{name} is pure, {target} is not");
        }
    }
}

/// Lines `from -> a b c` of the fence; `-> (nothing)` for none.
fn drawn(readme: &str) -> Arrows {
    let fence = readme
        .split("```arrows")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    fence
        .expect("crates/README.md has an ```arrows fence")
        .lines()
        .filter_map(|line| line.split_once("->"))
        .map(|(from, to)| {
            let targets = to.split_whitespace().filter(|word| !word.starts_with('('));
            (from.trim().to_owned(), targets.map(str::to_owned).collect())
        })
        .collect()
}

/// Normal dependencies among our crates.
fn real() -> Arrows {
    let metadata = MetadataCommand::new()
        .manifest_path(crate::root().join("Cargo.toml"))
        .no_deps()
        .exec();
    let packages = metadata.expect("cargo metadata").packages;
    packages
        .iter()
        .filter(|package| short(&package.name) != "tests")
        .map(arrows_of)
        .collect()
}

fn arrows_of(package: &Package) -> (String, BTreeSet<String>) {
    let normal = package
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Normal);
    let ours = normal
        .filter(|d| d.name.starts_with("gudok-"))
        .map(|d| short(&d.name).to_owned());
    (short(&package.name).to_owned(), ours.collect())
}

fn short(name: &str) -> &str {
    name.strip_prefix("gudok-").unwrap_or(name)
}
