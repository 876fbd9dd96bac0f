//! `gudok schema`: what may stand in a plan or in its tests, for editors that know JSON Schema.
use std::process::ExitCode;

use gudok_dialplan::schema;

/// Prints the schema of plans, or of the tests beside them.
pub(crate) fn schema(tests: bool) -> ExitCode {
    let text = match tests {
        false => schema::of_plan(),
        true => schema::of_tests(),
    };
    say!("{}", text.trim_end());
    ExitCode::SUCCESS
}
