//! Opening the book, whatever has become of the file.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, config::DbConfig};

use super::{BookError, BookFile, BookLease, BookRules, BookTrouble, OpenedBook, rescue, schema, version};
use crate::{
    DataFolder,
    directory::{Directory, NumberIndex},
    folder::make_private,
    numbers::NumberingPlan,
    plain,
};

/// How long another program (an import, say) is waited for.
const WAIT: Duration = Duration::from_secs(2);
/// The same where SQLite does not wait by itself: so many times, with a pause behind each.
const TRIES: u32 = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// How many damaged files are kept before the program refuses to move one more away.
const MOST_KEPT_ASIDE: u32 = 99;

impl BookFile {
    /// Opens the book of `folder`. Always gives a book to run with: a damaged one is moved aside, by whoever has the lease,
    /// and what can be read of it goes into a new one; one that cannot be used at all is left alone, and this one lives in
    /// memory.
    pub fn open(folder: &DataFolder, rules: &BookRules, lease: Option<&BookLease>) -> OpenedBook {
        let path = folder.path().join("book.sqlite3");
        let problem = match connect(&path).and_then(|db| Self::over(db, rules)) {
            Ok(book) => return OpenedBook { book, trouble: None },
            Err(problem) => problem,
        };
        if problem == BookError::Damaged
            && lease.is_some()
            && let Some(opened) = Self::replace_damaged(&path, rules)
        {
            return opened;
        }
        let mut book = Self::in_memory(rules);
        if matches!(problem, BookError::ReadOnly | BookError::Full | BookError::Failing { .. }) && path.is_file() {
            // Who may only read, or has no room to write, sees at least what there was.
            let _copied = rescue::copy_of(&path, &mut book);
        }
        OpenedBook { book, trouble: Some(BookTrouble::NotKept { problem, path }) }
    }

    /// A book that is forgotten at the end of the run.
    pub fn in_memory(rules: &BookRules) -> Self {
        let opened = Connection::open_in_memory().map_err(BookError::from).and_then(|db| Self::over(db, rules));
        opened.expect("an empty database in memory can be made; without memory nothing could be done")
    }

    fn over(mut db: Connection, rules: &BookRules) -> Result<Self, BookError> {
        schema::migrate(&mut db)?;
        let plan = NumberingPlan::of_country(&rules.country);
        let version = version(&db)?;
        let index = Arc::new(NumberIndex::none(plan));
        let directory = Directory::new(plan, []);
        let mut book = Self { db, rules: rules.clone(), directory, index, past: Vec::new(), version };
        book.load_contacts()?;
        book.match_history_anew()?;
        book.load_past()?;
        Ok(book)
    }

    /// None when the damaged file cannot be moved away or nothing can be put in its place.
    fn replace_damaged(path: &Path, rules: &BookRules) -> Option<OpenedBook> {
        let kept = keep_aside(path).ok()?;
        let mut book = connect(path).and_then(|db| Self::over(db, rules)).ok()?;
        let (calls, contacts) = rescue::copy_of(&kept, &mut book).unwrap_or_default();
        Some(OpenedBook { book, trouble: Some(BookTrouble::KeptAside { kept, calls, contacts }) })
    }
}

fn connect(path: &Path) -> Result<Connection, BookError> {
    create(path).map_err(|error| of_disk(&error))?;
    whole(path).map_err(|problem| {
        // What SQLite says of a folder or a disk that takes nothing is a number.
        let of_disk = matches!(problem, BookError::Failing { .. }).then(|| write_beside(path).err().map(|error| of_disk(&error)));
        of_disk.flatten().unwrap_or(problem)
    })
}

fn of_disk(error: &io::Error) -> BookError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => BookError::Full,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => BookError::ReadOnly,
        _ => BookError::Failing { detail: error.to_string(), sqlite: None },
    }
}

/// Tries whether there is room beside the file for the index of its changes, which SQLite makes of 32 KiB.
fn write_beside(path: &Path) -> io::Result<()> {
    let trial = with_end(path, "-trial");
    let written = fs::write(&trial, [0; 32 * 1024]);
    let removed = fs::remove_file(&trial);
    written.and(removed)
}

fn whole(path: &Path) -> Result<Connection, BookError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(WAIT)?;
    guard(&db)?;
    schema::check(&db)?;
    // A crash of the program loses nothing; one of the machine may lose the last calls, and never the file.
    when_free(|| db.pragma_update(None, "journal_mode", "WAL"))?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    // What is deleted is gone from the file, too.
    db.pragma_update(None, "secure_delete", "ON")?;
    let verdict: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(BookError::Damaged);
    }
    // Whoever looks first and writes then is not waited for by SQLite when another program has written in between.
    db.set_transaction_behavior(TransactionBehavior::Immediate);
    Ok(db)
}

/// For what SQLite does not wait with by itself: programs that begin with a new book at the same moment.
fn when_free(mut act: impl FnMut() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    for _ in 0..TRIES {
        match act() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                #[expect(clippy::disallowed_methods, reason = "SQLite does not tell when the other program is done")]
                thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
    act()
}

/// What a damaged file could do to us is refused: its schema runs no code, and pages are looked at before use.
pub(super) fn guard(db: &Connection) -> Result<(), BookError> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    db.pragma_update(None, "cell_size_check", "ON")?;
    // In KiB: the index of names is in memory already.
    db.pragma_update(None, "cache_size", -1024)?;
    Ok(())
}

/// SQLite would make it readable by others.
fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make_private(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        // Into a pipe or a device SQLite writes, too, and finds nothing there again.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => plain::is_one(path),
        Err(error) => Err(error),
    }
}

/// Gives the file, with the changes that stand beside it, a name that nothing has yet.
fn keep_aside(path: &Path) -> io::Result<PathBuf> {
    let names = (1..=MOST_KEPT_ASIDE).map(|n| path.with_file_name(format!("book.damaged-{n}.sqlite3")));
    let mut free = names.filter(|name| fs::symlink_metadata(name).is_err());
    let kept = free.next().ok_or_else(|| io::Error::other("there are too many damaged files beside it"))?;
    // The changes first: without its file a new one would take them for its own.
    for beside in ["-wal", "-shm"] {
        match fs::rename(with_end(path, beside), with_end(&kept, beside)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, &kept)?;
    Ok(kept)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
