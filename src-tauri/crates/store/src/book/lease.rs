//! Which of several programs keeps the history of the folder: it alone closes what a crash left open.

use std::fs::{File, OpenOptions};

use crate::{DataFolder, folder::make_private};

/// Held while a phone runs with the folder; the system takes it back however the program ends.
#[derive(Debug)]
pub struct BookLease {
    _file: File,
}

impl BookLease {
    /// Takes the lease; none when another program has it or none can be had.
    pub fn take(folder: &DataFolder) -> Option<Self> {
        make_private(folder.path()).ok()?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = folder.path().join("book.lock");
        // Whoever opens a pipe that nobody reads waits for ever.
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            return None;
        }
        let file = options.open(path).ok()?;
        file.try_lock().ok()?;
        Some(Self { _file: file })
    }
}
