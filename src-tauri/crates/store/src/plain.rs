//! Reading files in whose place there may be something else: a pipe would keep us waiting for ever, a device would never end.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// Refuses what is no file. A link to one is one.
pub(crate) fn is_one(path: &Path) -> io::Result<()> {
    match fs::metadata(path)?.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
    }
}

/// Opens a file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    is_one(path)?;
    File::open(path)
}

/// Reads a file, of one that is longer than `most` a byte more.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_read_as_far_as_wanted_and_nothing_else_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link, pipe) = (folder.path().join("file"), folder.path().join("link"), folder.path().join("pipe"));
        fs::write(&file, b"content").expect("written");
        symlink(&file, &link).expect("linked");
        assert_eq!(read(&file, 100).expect("a file"), b"content");
        assert_eq!(read(&link, 3).expect("a link to one"), b"cont");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
        assert!(made.success());
        for other in [&pipe, folder.path(), Path::new("/dev/zero")] {
            assert_eq!(read(other, 100).expect_err("no file").kind(), io::ErrorKind::InvalidInput, "{}", other.display());
        }
        assert_eq!(read(&folder.path().join("missing"), 100).expect_err("nothing").kind(), io::ErrorKind::NotFound);
    }
}
