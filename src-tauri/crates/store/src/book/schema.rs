//! The tables, and how older forms of them become today's.

use rusqlite::Connection;

use super::BookError;

/// Tells our files from those of other programs ("Side").
const APPLICATION: i64 = 0x5369_6465;

/// Each takes a file from its place in the list to the next version. Never changed once released: only added to.
const MIGRATIONS: [&str; 1] = ["
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE party (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    number TEXT NOT NULL,
    uri TEXT NOT NULL,
    search TEXT NOT NULL,
    key TEXT NOT NULL,
    calls INTEGER NOT NULL DEFAULT 0,
    last_s INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, number, uri)
) STRICT;
CREATE INDEX party_last ON party (last_s);
CREATE INDEX party_key ON party (key);
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    direction TEXT NOT NULL,
    party INTEGER NOT NULL,
    started_s INTEGER NOT NULL,
    answered INTEGER NOT NULL DEFAULT 0,
    talked_ms INTEGER,
    outcome TEXT,
    words TEXT NOT NULL DEFAULT '',
    code INTEGER,
    seen INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX history_party ON history (party, id);
CREATE INDEX history_started ON history (started_s);
CREATE INDEX history_missed ON history (id) WHERE outcome = 'missed';
CREATE INDEX history_unseen ON history (id) WHERE seen = 0;
CREATE INDEX history_open ON history (id) WHERE outcome IS NULL;
CREATE TABLE contact (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    organisation TEXT NOT NULL,
    favourite INTEGER NOT NULL,
    lamp INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE TABLE number (
    contact INTEGER NOT NULL,
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (contact, place)
) STRICT, WITHOUT ROWID;
"];

/// The version this program writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Looks whether the file is one of ours, and not of a later version. Nothing is written.
pub(super) fn check(db: &Connection) -> Result<(), BookError> {
    // All of one moment: another program may be making it.
    let moment = db.unchecked_transaction()?;
    let application: i64 = moment.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: i64 = moment.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = moment.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    // Views, triggers and virtual tables have no page of their own: none of ours, and reading one may never end.
    let alive: i64 = moment.query_row("SELECT count(*) FROM sqlite_schema WHERE rootpage = 0", [], |row| row.get(0))?;
    moment.commit()?;
    match (application, found) {
        (APPLICATION, found) if found > VERSION => Err(BookError::Newer { found, known: VERSION }),
        (APPLICATION, _) if alive > 0 => Err(BookError::Damaged),
        (APPLICATION, found) if found >= 0 => Ok(()),
        (0, 0) if tables == 0 => Ok(()),
        _ => Err(BookError::Damaged),
    }
}

/// Brings the file to today's version.
pub(super) fn migrate(db: &mut Connection) -> Result<(), BookError> {
    let version = |db: &Connection| db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    if version(db)? == VERSION {
        return Ok(());
    }
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another program may have brought it there while this one waited its turn.
    let steps = usize::try_from(version(&transaction)?).map_err(|_| BookError::Damaged)?;
    for step in MIGRATIONS.iter().skip(steps) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}
