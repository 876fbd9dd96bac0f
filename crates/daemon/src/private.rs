//! What an earlier version, a copy from a backup or somebody's hand left open to others is closed to them at the start:
//! the mask of `main` is for new files alone, and SQLite gives the files beside the database the mode of the database.
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, fchmod, fstat, open};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::config::Paths;

/// What others may do.
const OTHERS: Mode = Mode::RWXG.union(Mode::RWXO);

/// Takes the database and the folders of the journal, of the recordings and of both from the group and from others, and
/// says in one line which were not private. What belongs to another user stays as it is, and so does what a link leads
/// to: that place is the admin's. What cannot be changed is told and stops nobody.
///
/// To be called before the database is opened: closing a file drops the locks SQLite has on it.
pub(crate) fn close_to_others(paths: &Paths) {
    let closed: Vec<PathBuf> = ours(paths)
        .into_iter()
        .filter(|path| match close(path) {
            Ok(closed) => closed,
            Err(Errno::NOENT) => false,
            Err(Errno::LOOP) => {
                tell_of_link(path);
                false
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "who may read it stays as it is");
                false
            }
        })
        .collect();
    if !closed.is_empty() {
        tracing::info!(?closed, "others could read these: now they are private");
    }
}

/// Everything whose mode is ours to set. A folder that is closed hides all that is in it.
fn ours(paths: &Paths) -> Vec<PathBuf> {
    let beside = |ending: &str| {
        let mut name = paths.database.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let mut ours = vec![
        paths.database.clone(),
        beside("-wal"),
        beside("-shm"),
        paths.database.with_extension("blocks"),
        paths.database.with_extension("names"),
        paths.journal.clone(),
        paths.recordings.clone(),
    ];
    ours.extend(var(paths).map(Path::to_owned));
    ours
}

/// The folder of the database, where it is made for what Gudok keeps: the journal is in it, what admins write is not.
/// Any other may be a system's, or somebody's home.
fn var(paths: &Paths) -> Option<&Path> {
    let var = paths.database.parent()?;
    let has_a_name = var.file_name().is_some();
    let written = [Some(&paths.dialplans), paths.prompts.as_ref()];
    let shared = written.iter().flatten().any(|path| path.starts_with(var));
    (has_a_name && paths.journal.parent() == Some(var) && !shared).then_some(var)
}

/// Whether it had to be closed.
fn close(path: &Path) -> Result<bool, Errno> {
    // A pipe in the place of a file must not keep us.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = open(path, flags, Mode::empty())?;
    let is = fstat(&file)?;
    let kind = FileType::from_raw_mode(is.st_mode);
    let mode = Mode::from_raw_mode(is.st_mode);
    let known = matches!(kind, FileType::RegularFile | FileType::Directory);
    if !known || is.st_uid != geteuid().as_raw() || !mode.intersects(OTHERS) {
        return Ok(false);
    }
    fchmod(&file, mode - OTHERS)?;
    Ok(true)
}

fn tell_of_link(path: &Path) {
    let open = |there: std::fs::Metadata| there.mode() & OTHERS.as_raw_mode() != 0;
    if std::fs::metadata(path).is_ok_and(open) {
        tracing::warn!(path = %path.display(), "a link to what others may read; close it where it leads");
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::blocks::Blocks;
    use crate::hotline::tests::Folder;
    use crate::serve;

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("there").mode() & 0o7777
    }

    #[tokio::test]
    async fn what_an_earlier_version_left_open_is_private_after_a_start() {
        let folder = Folder::new();
        let paths = folder.config().paths;
        for made in [&paths.journal, &paths.recordings] {
            std::fs::create_dir(made).expect("made");
            set(made, 0o755);
        }
        std::fs::write(&paths.database, "").expect("written");
        set(&paths.database, 0o644);
        let blocks = paths.database.with_extension("blocks");
        let nobody = Blocks::fresh().expect("randomness");
        nobody.write(&blocks).expect("written");
        set(&blocks, 0o644);
        let names = paths.database.with_extension("names");
        std::fs::write(&names, "").expect("written");
        set(&names, 0o644);
        let office = tokio::runtime::Handle::current();
        let running = serve::start(folder.config(), &office).await;
        let running = running.expect("it starts");
        let told: Vec<u32> = ours(&paths).iter().map(|path| mode(path)).collect();
        assert_eq!(told, [0o600, 0o600, 0o600, 0o600, 0o600, 0o700, 0o700]);
        running.shut_down(true).await;
    }

    /// `var` with the database and the journal, as the defaults have it.
    fn laid_out(root: &Path) -> Paths {
        let paths = Paths {
            dialplans: root.join("dialplans"),
            recordings: root.join("recordings"),
            journal: root.join("var/journal"),
            database: root.join("var/gudok.db"),
            ..Paths::default()
        };
        for made in [&paths.dialplans, &paths.journal] {
            std::fs::create_dir_all(made).expect("made");
        }
        paths
    }

    #[test]
    fn a_folder_for_what_we_keep_is_closed_and_one_that_admins_use_is_not() {
        let root = tempfile::tempdir().expect("a folder");
        let mut paths = laid_out(root.path());
        let var = root.path().join("var");
        for open in [root.path(), &var, &paths.dialplans] {
            set(open, 0o2755);
        }
        close_to_others(&paths);
        assert_eq!((mode(&var), mode(&paths.dialplans)), (0o2700, 0o2755));
        paths.database = root.path().join("gudok.db");
        paths.journal = root.path().join("journal");
        close_to_others(&paths);
        assert_eq!(mode(root.path()), 0o2755, "the plans are in it");
        (paths.database, paths.journal) = ("gudok.db".into(), "journal".into());
        assert_eq!(super::var(&paths), None, "the folder it was started in");
    }

    #[test]
    fn a_link_is_not_followed() {
        let root = tempfile::tempdir().expect("a folder");
        let paths = laid_out(root.path());
        let elsewhere = root.path().join("elsewhere");
        std::fs::create_dir(&elsewhere).expect("made");
        set(&elsewhere, 0o755);
        symlink(&elsewhere, &paths.recordings).expect("linked");
        let file = elsewhere.join("another.db");
        std::fs::write(&file, "").expect("written");
        set(&file, 0o644);
        symlink(&file, &paths.database).expect("linked");
        close_to_others(&paths);
        assert_eq!((mode(&elsewhere), mode(&file)), (0o755, 0o644));
    }
}
