//! Replacing a file as a whole: after a crash at any moment there is the old file or the new one, never half of one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use crate::folder::make_private;

/// No write takes longer, unless the machine sleeps meanwhile.
const LONGEST_WRITE: Duration = Duration::from_secs(60 * 60);

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
    remove_left_behind(path, folder);
    replaced
}

/// Removes what writers of the same file left behind that were killed before they were done. They are told by their age beside the
/// file itself, both by the clock of the disk; where one cannot be looked at or removed, it is as harmless as before.
fn remove_left_behind(path: &Path, folder: &Path) {
    let written = |path: &Path| fs::metadata(path).and_then(|known| known.modified());
    let (Ok(now), Ok(files)) = (written(path), fs::read_dir(folder)) else { return };
    for file in files.flatten().map(|file| file.path()).filter(|file| is_new_name(file, path)) {
        let age = written(&file).ok().and_then(|then| now.duration_since(then).ok());
        if age.is_some_and(|age| age > LONGEST_WRITE) {
            fs::remove_file(&file).ok();
        }
    }
}

/// Whether a file was to take the place of `path`.
fn is_new_name(file: &Path, path: &Path) -> bool {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (file, name) = (name(file), name(path));
    let numbers = file.strip_prefix(&name).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".new"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers.and_then(|numbers| numbers.split_once('-')).is_some_and(|(one, other)| is_number(one) && is_number(other))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_writer_left_behind_goes_with_a_later_write_and_nothing_else_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let path = at("settings.toml");
        replace(&path, b"first").expect("written");
        let others = ["settings.toml.7-0.new.txt", "settings.toml.x-0.new", "other.toml.7-0.new", "settings.toml.damaged"];
        let killed = ["settings.toml.7-0.new", "settings.toml.4711-12.new"];
        let of = |name: &str, age: Duration| {
            fs::write(at(name), b"half").expect("written");
            let then = fs::metadata(&path).and_then(|known| known.modified()).expect("a time") - age;
            File::options().write(true).open(at(name)).and_then(|file| file.set_modified(then)).expect("set");
        };
        others.iter().chain(&killed).for_each(|name| of(name, LONGEST_WRITE * 2));
        of("settings.toml.8-0.new", Duration::from_secs(5));
        assert!(replace(&path, b"second").is_ok() && fs::read(&path).expect("there") == b"second");
        assert!(killed.iter().all(|name| !at(name).exists()));
        assert!(others.iter().chain(&["settings.toml.8-0.new"]).all(|name| at(name).exists()), "somebody may write that still");
    }
}
