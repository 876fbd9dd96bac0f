//! When the last run was cut, and the last word of the calls that were alive then.
use std::path::Path;
use std::time::UNIX_EPOCH;

use gudok_model::{CallEvent, Outcome, Termination, Wall};

/// When the last run was alive for the last time, as its journals tell: while calls live, audio is written several
/// times a second. None where there was no run. To be asked before anything of this run is written.
pub(crate) fn last_alive(journals: [&Path; 2]) -> Option<Wall> {
    let files = journals
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten();
    let changed = files.filter_map(|file| file.ok()?.metadata().ok()?.modified().ok());
    let since = changed.max()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Wall(since.as_micros().try_into().unwrap_or(i64::MAX)))
}

/// The end of a call that the daemon did not live to see.
pub(crate) fn last_word(talked: bool) -> CallEvent {
    CallEvent::Ended {
        outcome: if talked {
            Outcome::Answered
        } else {
            Outcome::Failed
        },
        termination: Termination::server_error("daemon-restarted"),
    }
}
