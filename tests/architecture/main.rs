//! The map is a document and a test: arrows, purity and the walk of an INVITE.
//!
//! `crates/README.md` draws what may import what. An arrow that is not drawn, a clock or a runtime in a pure
//! crate, a row of the walk that names no function, or a table that names a test that is not there fails here.
mod arrows;
mod named;
mod purity;
mod walk;

use std::path::PathBuf;

/// The root of the workspace.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
        .to_owned()
}

/// A file of the workspace as text.
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
