//! Replacing a file as a whole: after a crash at any moment there is the old file or the new one, never half of one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::folder::make_private;

/// Tells apart the writers of one process; the process number tells apart the processes.
static WRITES: AtomicU32 = AtomicU32::new(0);

/// Puts `contents` in the place of `path`, readable by the user alone. Of two writers at once, the last one wins whole.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    // A link to a file elsewhere (people keep settings under version control) stays a link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_private(folder)?;
    let new = new_name(path);
    let replaced = write(&new, contents).and_then(|()| fs::rename(&new, path)).and_then(|()| sync_folder(folder));
    if replaced.is_err() {
        // The disk may be full of exactly this; that it cannot be removed is not what the user must hear.
        fs::remove_file(&new).ok();
    }
    replaced
}

fn new_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.new", std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // Truncated, for a process with our number may have died here long ago.
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

/// Makes the renaming itself durable; on Windows the file system journals it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
