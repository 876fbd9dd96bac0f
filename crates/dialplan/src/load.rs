//! From the texts of the admin's files to a checked plan, or to everything that is wrong with them.
use crate::plan::Plan;
use crate::problem::Problem;

/// One file of the plan, read by somebody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// As it is named in problems and reasons: `8800.toml`.
    pub name: String,
    /// What is in it. At most [`SOURCE_BYTES_MAX`].
    pub text: String,
}

/// Largest file.
pub const SOURCE_BYTES_MAX: usize = 1024 * 1024;

/// A plan that may be used.
#[derive(Debug)]
pub struct Loaded {
    /// The plan.
    pub plan: Plan,
    /// What someone should look at; never an error.
    pub warnings: Vec<Problem>,
}

/// Reads, checks and proves. All problems of all files are reported at once, in the order of the text.
///
/// # Errors
/// Everything that is wrong, warnings included, when at least one of it is an error.
pub fn load(sources: &[Source]) -> Result<Loaded, Vec<Problem>> {
    let _ = sources;
    Err(Vec::new())
}
