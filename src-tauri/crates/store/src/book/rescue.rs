//! What can still be read of a damaged or read-only book.

use std::path::Path;

use model::{Contact, ContactNumber};
use rusqlite::{Connection, OpenFlags, Row};

use super::{
    BookError, BookFile,
    contacts::kind_of,
    history::{CallEnd, NewCall, direction_of, outcome_of},
    open::guard,
};

/// A damaged file may lead in circles: after so many thousand steps of SQLite's machine a read is given up.
const STEPS: u32 = 200_000;

/// More rows than any book has; a damaged one may repeat itself.
const MOST_ROWS: usize = 200_000;

/// Reads what can be read of the file at `from` into `book`; the numbers of calls and contacts.
pub(super) fn copy_of(from: &Path, book: &mut BookFile) -> Result<(usize, usize), BookError> {
    let mut source = readable(from)?;
    let mut left = STEPS;
    let give_up = move || {
        left = left.saturating_sub(1);
        left == 0
    };
    source.progress_handler(1000, Some(give_up))?;
    let contacts = contacts(&source);
    let calls = calls(&source);
    let transaction = book.db.transaction()?;
    for contact in &contacts {
        super::contacts::write(&transaction, contact)?;
    }
    let plan = book.directory.plan();
    for (call, end, seen) in &calls {
        let entry = super::history::insert(&transaction, plan, call)?;
        super::history::close(&transaction, entry, end)?;
        if *seen {
            transaction.execute("UPDATE history SET seen = 1 WHERE id = ?1", [entry])?;
        }
    }
    transaction.commit()?;
    book.load_contacts()?;
    book.load_past()?;
    Ok((calls.len(), contacts.len()))
}

/// Opens the file without writing. Where nothing can be written beside it SQLite cannot tell which changes count, and reads it only
/// when it is told that nobody makes any.
fn readable(path: &Path) -> Result<Connection, BookError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match (guarded(path, flags), unchanging(path)) {
        (Err(BookError::Failing { .. } | BookError::Full | BookError::ReadOnly), Some(address)) => {
            guarded(address.as_ref(), flags | OpenFlags::SQLITE_OPEN_URI)
        }
        (opened, _) => opened,
    }
}

fn guarded(path: &Path, flags: OpenFlags) -> Result<Connection, BookError> {
    let source = Connection::open_with_flags(path, flags)?;
    guard(&source)?;
    match source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(BookError::from) {
        // Of a damaged file whatever can be read is read.
        Ok(()) | Err(BookError::Damaged) => Ok(source),
        Err(problem) => Err(problem),
    }
}

/// The address of a file that nobody changes, as SQLite writes it; none for paths that are no text.
fn unchanging(path: &Path) -> Option<String> {
    let mut written = String::new();
    for character in path.to_str()?.chars() {
        match character {
            '\\' if cfg!(windows) => written.push('/'),
            '%' => written.push_str("%25"),
            '?' => written.push_str("%3f"),
            '#' => written.push_str("%23"),
            other => written.push(other),
        }
    }
    // Else the computer of a Windows share would be taken for the address's own.
    let own = if written.starts_with('/') { "//" } else { "" };
    Some(format!("file:{own}{written}?immutable=1"))
}

fn contacts(source: &Connection) -> Vec<Contact> {
    let read = |row: &Row<'_>| {
        let contact = Contact {
            id: None,
            name: text(row, 1).into(),
            organisation: text(row, 2).into(),
            favourite: number(row, 3) != 0,
            lamp: number(row, 4) != 0,
            note: text(row, 5).into(),
            numbers: Vec::new(),
        };
        (number(row, 0), contact)
    };
    let sql = "SELECT id, name, organisation, favourite, lamp, note FROM contact WHERE id > ?1 ORDER BY id";
    let back = "SELECT id, name, organisation, favourite, lamp, note FROM contact WHERE id > ?1 ORDER BY id DESC";
    let mut found = from_both_ends(source, [sql, back], read);
    for (id, contact) in &mut found {
        let of_contact = rows(source, "SELECT kind, number FROM number WHERE contact = ?1 ORDER BY place", *id, |row| {
            ContactNumber { kind: kind_of(&text(row, 0)), number: text(row, 1).into() }
        });
        contact.numbers = of_contact;
    }
    found.retain(|(_, contact)| !contact.name.is_empty() || !contact.numbers.is_empty());
    found.into_iter().map(|(_, contact)| contact).collect()
}

fn calls(source: &Connection) -> Vec<(NewCall, CallEnd, bool)> {
    const COLUMNS: &str = "SELECT h.id, account, direction, name, number, uri, started_s, talked_ms, outcome, words, code, seen
        FROM history h JOIN party p ON p.id = h.party WHERE outcome IS NOT NULL AND h.id > ?1";
    let read = |row: &Row<'_>| {
        let call = NewCall {
            account: model::AccountId(text(row, 1)),
            direction: direction_of(&text(row, 2)),
            remote: model::Remote { name: text(row, 3).into(), number: text(row, 4).into(), uri: text(row, 5).into() },
            started_s: number(row, 6),
        };
        let end = CallEnd {
            talked_ms: row.get_ref(7).ok().and_then(|value| value.as_i64().ok()).and_then(|ms| u64::try_from(ms).ok()),
            outcome: outcome_of(&text(row, 8)),
            words: text(row, 9),
            code: row.get_ref(10).ok().and_then(|value| value.as_i64().ok()).and_then(|code| u16::try_from(code).ok()),
        };
        (number(row, 0), (call, end, number(row, 11) != 0))
    };
    let found = from_both_ends(source, [&format!("{COLUMNS} ORDER BY h.id"), &format!("{COLUMNS} ORDER BY h.id DESC")], read);
    found.into_iter().map(|(_, call)| call).collect()
}

/// Rows from the first one up to the damage, and from the last one down to it, in order.
fn from_both_ends<T>(source: &Connection, sql: [&str; 2], read: impl Fn(&Row<'_>) -> (i64, T)) -> Vec<(i64, T)> {
    let mut found = rows(source, sql[0], i64::MIN, &read);
    let last = found.iter().map(|(id, _)| *id).max().unwrap_or(i64::MIN);
    let mut behind = rows(source, sql[1], last, &read);
    behind.reverse();
    found.append(&mut behind);
    // A damaged tree may show a row twice.
    found.sort_by_key(|(id, _)| *id);
    found.dedup_by_key(|(id, _)| *id);
    found
}

/// Rows until the first that cannot be read.
fn rows<T>(source: &Connection, sql: &str, after: i64, read: impl Fn(&Row<'_>) -> T) -> Vec<T> {
    let mut found = Vec::new();
    let Ok(mut statement) = source.prepare(sql) else { return found };
    let Ok(mut rows) = statement.query([after]) else { return found };
    while let Ok(Some(row)) = rows.next() {
        found.push(read(row));
        if found.len() == MOST_ROWS {
            break;
        }
    }
    found
}

/// A text, whatever the damage has made of it.
fn text(row: &Row<'_>, at: usize) -> String {
    let bytes = row.get_ref(at).ok().and_then(|value| value.as_bytes().ok());
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

fn number(row: &Row<'_>, at: usize) -> i64 {
    row.get_ref(at).ok().and_then(|value| value.as_i64().ok()).unwrap_or_default()
}
