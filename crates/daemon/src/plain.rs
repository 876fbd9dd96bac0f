//! Files that are read while the daemon is at work: plain ones alone, and none that is larger than it may be.
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file; nobody is waited for who would write into a pipe.
///
/// # Errors
/// When it cannot be opened, or is a pipe, a device or a folder.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let nonblock = OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options()
        .read(true)
        .custom_flags(nonblock)
        .open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "это не обычный файл",
        )),
    }
}

/// The whole of it, at most so many bytes.
///
/// # Errors
/// As above, when it cannot be read, and when there is more.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        false => Ok(bytes),
        true => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("файл больше предела, {most} байт"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_and_files_that_are_too_large_are_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let (pipe, file) = (folder.path().join("pipe"), folder.path().join("file"));
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).expect("a pipe");
        std::fs::write(&file, "12345").expect("written");
        let kind = |path: &Path, most| read(path, most).map_err(|error| error.kind());
        assert_eq!(kind(&pipe, 5), Err(io::ErrorKind::InvalidInput));
        assert_eq!(kind(folder.path(), 5), Err(io::ErrorKind::InvalidInput));
        assert_eq!(kind(&file, 4), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(kind(&file, 5), Ok(b"12345".to_vec()));
    }
}
