mod contacts;
mod damage;
mod history;

use model::{AccountId, Direction, HistoryEntry, HistoryQuery, Outcome, Remote};

use super::*;
use crate::DataFolder;

const NOON: i64 = 1_700_000_000;

fn rules() -> BookRules {
    BookRules { country: "gb".into(), keep_days: 365 }
}

fn folder() -> (tempfile::TempDir, DataFolder) {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = DataFolder::at(temporary.path().join("sidetone"));
    (temporary, folder)
}

fn open(folder: &DataFolder) -> BookFile {
    let opened = BookFile::open(folder, &rules(), None);
    assert_eq!(opened.trouble, None);
    opened.book
}

fn incoming(name: &str, number: &str, started_s: i64) -> NewCall {
    NewCall {
        account: AccountId("desk".into()),
        direction: Direction::Incoming,
        remote: Remote { name: name.into(), number: number.into(), uri: format!("sip:{number}@pbx.invalid").into() },
        started_s,
    }
}

fn outgoing(number: &str, started_s: i64) -> NewCall {
    let remote = Remote { name: "".into(), number: number.into(), uri: "".into() };
    NewCall { direction: Direction::Outgoing, remote, ..incoming("", number, started_s) }
}

fn ended(outcome: Outcome) -> CallEnd {
    let talked_ms = (outcome == Outcome::Answered).then_some(61_000);
    CallEnd { talked_ms, outcome, words: "the call was ended".into(), code: None }
}

fn history(book: &mut BookFile, text: &str) -> Vec<HistoryEntry> {
    book.history(&HistoryQuery { text: text.into(), limit: 100, ..HistoryQuery::default() }).expect("the history")
}

fn numbers(entries: &[HistoryEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.remote.number.expose()).collect()
}
