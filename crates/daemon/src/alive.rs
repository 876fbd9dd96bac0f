//! A sign of life on the disk, so that a start knows to within seconds when the run before was cut, though nothing was written
//! then: at night nobody calls for hours.
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use gudok_model::Wall;
use tokio::sync::watch;

use crate::clock::wall;
use crate::serve::until;

/// Between two signs.
const EVERY: Duration = Duration::from_secs(5);
/// The file, which is empty: the time it was changed tells. It lies with the journal, which tells by its own files too.
const NAME: &str = "alive";

/// Until the daemon stops. What the disk refuses is nothing to act on: the journal says so itself.
pub(crate) async fn beat(journal: PathBuf, stopped: watch::Receiver<bool>) {
    let stop = until(stopped);
    tokio::pin!(stop);
    loop {
        let journal = journal.clone();
        let _ = tokio::task::spawn_blocking(move || sign(&journal, wall())).await;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = &mut stop => return,
        }
    }
}

fn sign(journal: &Path, now: Wall) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true);
    let since = u64::try_from(now.0).unwrap_or(0);
    let now = UNIX_EPOCH + Duration::from_micros(since);
    file.open(journal.join(NAME))?.set_modified(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cut::last_alive;

    #[test]
    fn a_quiet_run_is_known_to_have_been_alive() {
        let dir = tempfile::tempdir().expect("a folder");
        for now in [5_000_000, 9_000_000] {
            sign(dir.path(), Wall(now)).expect("signed");
            let alive = last_alive([dir.path(), dir.path()]);
            assert_eq!(alive, Some(Wall(now)));
        }
        let records = gudok_journal::read(dir.path(), gudok_journal::Seq(0));
        assert_eq!(records.count(), 0, "no part of the journal");
    }
}
