//! The calls of the past.

use model::{AccountId, Direction, HistoryEntry, HistoryFilter, HistoryQuery, Outcome, Personal, Refusal, Remote};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, types::Value};

use super::{BookError, BookFile};
use crate::{
    directory::Past,
    fold::fold,
    numbers::{NumberKey, NumberingPlan, digits_of},
};

/// How many calls are kept whatever their age: searching stays fast, and no caller can fill the disk.
const MOST: u32 = 100_000;

/// How many entries are given at once.
const MOST_AT_ONCE: u32 = 500;

/// How many that are old are forgotten in one go, which takes a moment.
const MOST_FORGOTTEN: usize = 20_000;

/// Those who were called lately are kept in memory, so many.
const MOST_PAST: u32 = 5_000;

/// A name or address is cut to so many characters: who calls may send any length.
const LONGEST: usize = 256;

/// Up to so many calls that fit are gathered and sorted; when more fit, the newest are soon found by walking back.
const FEW: i64 = 2_000;

/// A day in seconds.
const DAY_S: i64 = 86_400;

/// What is said of calls that were open when the program ended without closing them.
const ENDED_BY_CRASH: &str = "the program ended unexpectedly during the call";

/// A call that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCall {
    /// On which account.
    pub account: AccountId,
    /// Who started it.
    pub direction: Direction,
    /// The far end, as it told itself or as it was dialled.
    pub remote: Remote,
    /// When, seconds since 1970 UTC.
    pub started_s: i64,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEnd {
    /// Length of the conversation, if there was one.
    pub talked_ms: Option<u64>,
    /// What it counts as.
    pub outcome: Outcome,
    /// The cause in words.
    pub words: String,
    /// SIP status behind it.
    pub code: Option<u16>,
}

impl BookFile {
    /// Notes a call that begins, so that a crash does not lose it; its number in the history.
    pub fn begin_call(&mut self, call: &NewCall) -> Result<u32, BookError> {
        let plan = self.plan();
        let transaction = self.db.transaction()?;
        let entry = insert(&transaction, plan, call)?;
        transaction.commit()?;
        self.remember(call);
        Ok(entry)
    }

    /// Notes that a call was answered, and by whom.
    pub fn answer_call(&mut self, entry: u32, remote: &Remote) -> Result<(), BookError> {
        let plan = self.plan();
        let transaction = self.db.transaction()?;
        let before: Option<i64> =
            transaction.query_row("SELECT party FROM history WHERE id = ?1", [entry], |row| row.get(0)).optional()?;
        let Some(before) = before else { return Ok(()) };
        let party = party(&transaction, plan, remote)?;
        transaction.execute("UPDATE history SET answered = 1, party = ?2 WHERE id = ?1", params![entry, party])?;
        recount(&transaction, &[before, party])?;
        transaction.commit()?;
        Ok(())
    }

    /// Closes a call that has begun.
    pub fn end_call(&mut self, entry: u32, end: &CallEnd) -> Result<(), BookError> {
        close(&self.db, entry, end)
    }

    /// Notes a call that is over already.
    pub fn add_call(&mut self, call: &NewCall, end: &CallEnd) -> Result<u32, BookError> {
        let plan = self.plan();
        let transaction = self.db.transaction()?;
        let entry = insert(&transaction, plan, call)?;
        close(&transaction, entry, end)?;
        transaction.commit()?;
        self.remember(call);
        Ok(entry)
    }

    /// Closes what a crash left open; how many calls that were. Only for whoever has the [`BookLease`](super::BookLease).
    pub fn close_left_open(&mut self) -> Result<usize, BookError> {
        let closed = self.db.execute(
            "UPDATE history SET words = ?1, seen = answered OR direction = 'outgoing', outcome = CASE
                WHEN answered THEN 'answered' WHEN direction = 'incoming' THEN 'missed' ELSE 'failed' END
            WHERE outcome IS NULL",
            [ENDED_BY_CRASH],
        )?;
        Ok(closed)
    }

    /// Part of the history, newest first. Calls that go on are not in it.
    pub fn history(&mut self, query: &HistoryQuery) -> Result<Vec<HistoryEntry>, BookError> {
        self.refresh()?;
        let mut conditions = vec!["outcome IS NOT NULL".to_owned(), "h.id < ?1".to_owned()];
        let mut from = "history h";
        let mut values = vec![Value::from(query.before.map_or(i64::MAX, i64::from))];
        match query.only {
            HistoryFilter::All => {}
            HistoryFilter::Missed => conditions.push("outcome = 'missed'".into()),
        }
        if !query.text.trim().is_empty() {
            let parties = self.parties(&query.text)?;
            let calls: i64 = parties.iter().map(|(_, calls)| calls).sum();
            let ids: Vec<i64> = parties.into_iter().map(|(id, _)| id).collect();
            values.push(Value::from(list(&ids)));
            let (index, hint) = if calls <= FEW { ("history h INDEXED BY history_party", "") } else { ("history h", "+") };
            // One kind of call has an index of its own, which is short.
            from = if query.only == HistoryFilter::All { index } else { "history h" };
            conditions.push(format!("{hint}h.party IN (SELECT value FROM json_each(?2))"));
        }
        let sql = format!(
            "SELECT h.id, account, direction, p.name, p.number, p.uri, started_s, talked_ms, outcome, words, code, seen
            FROM (SELECT * FROM {from} WHERE {} ORDER BY h.id DESC LIMIT {}) h JOIN party p ON p.id = h.party
            ORDER BY h.id DESC",
            conditions.join(" AND "),
            query.limit.min(MOST_AT_ONCE)
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut entry = entry(row)?;
            entry.contact = self.index.find(&entry.remote);
            found.push(entry);
        }
        Ok(found)
    }

    /// The last number that was dialled here; none when none was.
    pub fn last_dialled(&mut self) -> Result<Option<Personal>, BookError> {
        let sql = "SELECT p.name, p.number, p.uri FROM history h JOIN party p ON p.id = h.party
            WHERE direction = 'outgoing' ORDER BY h.id DESC LIMIT 1";
        let last = self.db.query_row(sql, [], |row| remote(row, 0)).optional()?;
        Ok(last.map(|remote| dialable(&remote)))
    }

    /// The last caller who was missed and can be called back, and the account he called; none when none was.
    pub fn last_missed(&mut self) -> Result<Option<(AccountId, Personal)>, BookError> {
        let sql = "SELECT p.name, p.number, p.uri, h.account FROM history h JOIN party p ON p.id = h.party
            WHERE outcome = 'missed' ORDER BY h.id DESC LIMIT 50";
        let mut missed = self.db.prepare(sql)?;
        let missed = missed.query_map([], |row| Ok((AccountId(row.get(3)?), dialable(&remote(row, 0)?))))?;
        let known = |found: &rusqlite::Result<(AccountId, Personal)>| !matches!(found, Ok((_, number)) if number.is_empty());
        Ok(missed.into_iter().find(known).transpose()?)
    }

    /// Forgets single calls; how many were there.
    pub fn delete_history(&mut self, entries: &[u32]) -> Result<usize, BookError> {
        let ids: Vec<i64> = entries.iter().map(|id| i64::from(*id)).collect();
        self.forget("outcome IS NOT NULL AND id IN (SELECT value FROM json_each(?1))", &list(&ids))
    }

    /// Forgets every call that is over.
    pub fn clear_history(&mut self) -> Result<(), BookError> {
        self.forget("outcome IS NOT NULL", &"")?;
        // What was deleted shall not stay in the changes beside the file. It stays while others read; that is no error.
        let _left: i64 = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(())
    }

    /// The user has seen the missed calls; how many were new.
    pub fn mark_seen(&mut self) -> Result<usize, BookError> {
        Ok(self.db.execute("UPDATE history SET seen = 1 WHERE seen = 0", [])?)
    }

    /// Missed calls that have not been seen.
    pub fn missed(&self) -> Result<u32, BookError> {
        Ok(self.db.prepare_cached("SELECT count(*) FROM history WHERE seen = 0")?.query_row([], |row| row.get(0))?)
    }

    /// Forgets calls that are older than the settings say, and those beyond the most that are kept, how many; some thousands in one
    /// go, and none when there are no more. What the clock says is not believed at once when it has jumped.
    pub fn forget_old(&mut self, now_s: i64) -> Result<usize, BookError> {
        let some = |condition: &str| {
            format!("id IN (SELECT id FROM history WHERE outcome IS NOT NULL AND {condition} LIMIT {MOST_FORGOTTEN})")
        };
        let mut forgotten = 0;
        if self.rules.keep_days > 0 {
            let first = self.aged_to(now_s)?.saturating_sub(i64::from(self.rules.keep_days).saturating_mul(DAY_S));
            forgotten += self.forget(&some("started_s < ?1"), &first)?;
        }
        let beyond = "SELECT id FROM history ORDER BY id DESC LIMIT 1 OFFSET ?1";
        let last: Option<i64> = self.db.query_row(beyond, [MOST], |row| row.get(0)).optional()?;
        if let Some(last) = last {
            forgotten += self.forget(&some("id <= ?1"), &last)?;
        }
        Ok(forgotten)
    }

    /// Deletes calls and, where nothing else is known of them, those who were called.
    fn forget(&mut self, condition: &str, value: &dyn ToSql) -> Result<usize, BookError> {
        let transaction = self.db.transaction()?;
        let mut parties: Vec<i64> = Vec::new();
        {
            // The value is always bound, that one shape of statement serves all.
            let sql = format!("DELETE FROM history WHERE ?1 IS NOT NULL AND {condition} RETURNING party");
            let mut statement = transaction.prepare(&sql)?;
            let mut rows = statement.query([value])?;
            while let Some(row) = rows.next()? {
                parties.push(row.get(0)?);
            }
        }
        let forgotten = parties.len();
        parties.sort_unstable();
        parties.dedup();
        recount(&transaction, &parties)?;
        transaction.commit()?;
        if forgotten > 0 {
            self.load_past()?;
        }
        Ok(forgotten)
    }

    /// Those whom a text means, with how many calls there were.
    fn parties(&self, text: &str) -> Result<Vec<(i64, i64)>, BookError> {
        let words = fold(text);
        let keys: Vec<&str> = self.directory.keys_of(text).into_iter().map(NumberKey::expose).collect();
        let sql = "SELECT id, calls FROM party WHERE instr(search, ?1) OR instr(search, ?2) OR key IN (SELECT value FROM json_each(?3))";
        let mut statement = self.db.prepare_cached(sql)?;
        let digits = digits_of(text).unwrap_or_else(|| words.clone());
        let rows = statement.query_map(params![words, digits, list(&keys)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Reads the numbers of the history by the rules of the country, when they were read by those of another.
    pub(super) fn match_history_anew(&mut self) -> Result<(), BookError> {
        let sql = "SELECT value FROM setting WHERE name = 'country'";
        let matched_by: Option<String> = self.db.query_row(sql, [], |row| row.get(0)).optional()?;
        if matched_by.as_ref() == Some(&self.rules.country) {
            return Ok(());
        }
        let plan = self.plan();
        let transaction = self.db.transaction()?;
        {
            let mut all = transaction.prepare("SELECT name, number, uri, id FROM party")?;
            let mut change = transaction.prepare("UPDATE party SET search = ?2, key = ?3 WHERE id = ?1")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let (remote, id): (Remote, i64) = (remote(row, 0)?, row.get(3)?);
                let (search, key) = sought_by(&remote, plan);
                change.execute(params![id, search, key])?;
            }
        }
        let keep = "INSERT INTO setting VALUES ('country', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";
        transaction.execute(keep, [&self.rules.country])?;
        transaction.commit()?;
        Ok(())
    }

    /// Reads who was called lately.
    pub(super) fn load_past(&mut self) -> Result<(), BookError> {
        let plan = self.plan();
        let sql = "SELECT name, number, uri, calls, last_s FROM party ORDER BY last_s DESC LIMIT ?1";
        let mut statement = self.db.prepare(sql)?;
        let rows = statement.query_map([MOST_PAST], |row| {
            let remote = remote(row, 0)?;
            let mut past = Past::new(remote.name.clone(), dialable(&remote), plan);
            (past.calls, past.last_s) = (row.get(3)?, row.get(4)?);
            Ok(past)
        })?;
        self.past = rows.collect::<Result<_, _>>()?;
        Ok(())
    }

    fn remember(&mut self, call: &NewCall) {
        let number = dialable(&call.remote);
        let known = self.past.iter().position(|past| past.number == number && past.name == call.remote.name);
        let mut past = match known {
            Some(at) => self.past.remove(at),
            None => Past::new(call.remote.name.clone(), number, self.plan()),
        };
        past.calls += 1;
        past.last_s = call.started_s;
        self.past.insert(0, past);
        self.past.truncate(MOST_PAST as usize);
    }
}

/// Puts an open call into the table.
pub(super) fn insert(db: &Connection, plan: NumberingPlan, call: &NewCall) -> Result<u32, BookError> {
    let party = party(db, plan, &call.remote)?;
    db.prepare_cached("UPDATE party SET calls = calls + 1, last_s = max(last_s, ?2) WHERE id = ?1")?
        .execute(params![party, call.started_s])?;
    db.prepare_cached("INSERT INTO history (account, direction, party, started_s) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        call.account.0,
        direction_text(call.direction),
        party,
        call.started_s
    ])?;
    u32::try_from(db.last_insert_rowid()).map_err(|_| BookError::Refused(Refusal::BookFull))
}

/// Closes a call.
pub(super) fn close(db: &Connection, entry: u32, end: &CallEnd) -> Result<(), BookError> {
    let talked_ms = end.talked_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
    let seen = end.outcome != Outcome::Missed;
    db.prepare_cached(
        "UPDATE history SET talked_ms = ?2, outcome = ?3, words = ?4, code = ?5, seen = ?6, answered = ?7 WHERE id = ?1",
    )?
    .execute(params![
        entry,
        talked_ms,
        outcome_text(end.outcome),
        cut(&end.words),
        end.code,
        seen,
        matches!(end.outcome, Outcome::Answered | Outcome::AnsweredAutomatically)
    ])?;
    Ok(())
}

/// The row of somebody, made when there is none yet.
fn party(db: &Connection, plan: NumberingPlan, remote: &Remote) -> Result<i64, BookError> {
    let (name, number, uri) = (cut(remote.name.expose()), cut(remote.number.expose()), cut(remote.uri.expose()));
    let known = "SELECT id FROM party WHERE name = ?1 AND number = ?2 AND uri = ?3";
    let known: Option<i64> = db.prepare_cached(known)?.query_row([name, number, uri], |row| row.get(0)).optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let (search, key) = sought_by(remote, plan);
    db.prepare_cached("INSERT INTO party (name, number, uri, search, key) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![name, number, uri, search, key])?;
    Ok(db.last_insert_rowid())
}

/// Counts the calls of these anew; those without any are forgotten.
fn recount(db: &Connection, parties: &[i64]) -> Result<(), BookError> {
    let these = list(parties);
    db.execute(
        "UPDATE party SET calls = (SELECT count(*) FROM history WHERE party = party.id),
            last_s = coalesce((SELECT max(started_s) FROM history WHERE party = party.id), 0)
        WHERE id IN (SELECT value FROM json_each(?1))",
        [&these],
    )?;
    db.execute("DELETE FROM party WHERE calls = 0 AND id IN (SELECT value FROM json_each(?1))", [&these])?;
    Ok(())
}

/// The text somebody is searched in, and what his number is matched by.
fn sought_by(remote: &Remote, plan: NumberingPlan) -> (String, String) {
    let number = cut(remote.number.expose());
    let mut search = vec![fold(cut(remote.name.expose())), fold(number)];
    search.extend(plan.forms(number));
    let key = plan.keys(dialable(remote).expose()).map(|keys| keys.first.expose().to_owned());
    (search.join("\n"), key.unwrap_or_default())
}

/// What would be dialled to reach the far end again: its number at the account, or its address where it has none.
/// What to dial to reach `remote`: its number, or its address where the user part is no number; empty for a caller who tells
/// neither (RFC 3323 section 4.1.1.3).
pub fn dialable(remote: &Remote) -> Personal {
    let is_hidden = remote.uri.expose().to_ascii_lowercase().contains("@anonymous.invalid");
    if is_hidden {
        Personal::default()
    } else if digits_of(remote.number.expose()).is_some() || remote.uri.is_empty() {
        remote.number.clone()
    } else {
        remote.uri.clone()
    }
}

fn remote(row: &Row<'_>, at: usize) -> rusqlite::Result<Remote> {
    let text = |at: usize| row.get::<_, String>(at).map(Personal::from);
    Ok(Remote { name: text(at)?, number: text(at + 1)?, uri: text(at + 2)? })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<HistoryEntry> {
    Ok(HistoryEntry {
        id: row.get(0)?,
        account: AccountId(row.get(1)?),
        direction: direction_of(&row.get::<_, String>(2)?),
        remote: remote(row, 3)?,
        contact: None,
        started_s: row.get(6)?,
        talked_ms: row.get::<_, Option<i64>>(7)?.and_then(|ms| u64::try_from(ms).ok()),
        outcome: outcome_of(&row.get::<_, String>(8)?),
        words: row.get(9)?,
        code: row.get::<_, Option<i64>>(10)?.and_then(|code| u16::try_from(code).ok()),
        seen: row.get(11)?,
    })
}

/// A list as JSON, which SQLite takes apart.
fn list(items: &[impl serde::Serialize]) -> String {
    serde_json::to_string(items).expect("numbers and texts have a form in JSON")
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(at, _)| &text[..at])
}

fn direction_text(direction: Direction) -> &'static str {
    match direction {
        Direction::Outgoing => "outgoing",
        Direction::Incoming => "incoming",
    }
}

pub(super) fn direction_of(text: &str) -> Direction {
    if text == "outgoing" { Direction::Outgoing } else { Direction::Incoming }
}

const OUTCOMES: [(Outcome, &str); 8] = [
    (Outcome::Answered, "answered"),
    (Outcome::AnsweredAutomatically, "answered-automatically"),
    (Outcome::Missed, "missed"),
    (Outcome::AnsweredElsewhere, "answered-elsewhere"),
    (Outcome::Declined, "declined"),
    (Outcome::Busy, "busy"),
    (Outcome::Failed, "failed"),
    (Outcome::Cancelled, "cancelled"),
];

fn outcome_text(outcome: Outcome) -> &'static str {
    OUTCOMES.iter().find(|(known, _)| *known == outcome).map_or("failed", |(_, text)| text)
}

pub(super) fn outcome_of(text: &str) -> Outcome {
    OUTCOMES.iter().find(|(_, known)| *known == text).map_or(Outcome::Failed, |(outcome, _)| *outcome)
}
