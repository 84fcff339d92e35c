use std::{fs, path::Path};

use model::{Contact, ContactNumber, ContactQuery, NumberKind};

use super::*;

/// How often the file is damaged. A figure of the project's goals.
const TIMES: u64 = 1_000;

const THREADS: u64 = 4;

const CALLS: u32 = 150;

fn filled(folder: &DataFolder) {
    let mut book = open(folder);
    for at in 0..CALLS {
        let call = incoming(&format!("Caller {at}"), &format!("20{at:03}"), NOON + i64::from(at));
        book.add_call(&call, &ended(Outcome::Answered)).expect("kept");
    }
    for at in 0..60 {
        let number = ContactNumber { kind: NumberKind::Work, number: format!("30{at:03}").into() };
        let contact = Contact { name: format!("Contact {at}").into(), numbers: vec![number], ..Contact::default() };
        book.save_contact(&contact).expect("kept");
    }
}

/// Small, and the same each time (Knuth, MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn damaged(whole: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    match chance.below(4) {
        0 => bytes.truncate(chance.below(whole.len())),
        1 => {
            for _ in 0..=chance.below(8) {
                let at = chance.below(bytes.len());
                bytes[at] ^= 1 << chance.below(8);
            }
        }
        2 => {
            let from = chance.below(bytes.len());
            let to = (from + 1 + chance.below(8192)).min(bytes.len());
            bytes[from..to].fill(if chance.below(2) == 0 { 0 } else { 0xff });
        }
        _ => {
            // One page in the place of another: what a lost write leaves.
            let pages = bytes.len() / 4096;
            let (from, to) = (chance.below(pages) * 4096, chance.below(pages) * 4096);
            let page = bytes[from..from + 4096].to_vec();
            bytes[to..to + 4096].copy_from_slice(&page);
        }
    }
    bytes
}

#[test]
fn a_thousand_damages_lose_no_more_than_they_hit() {
    // Side by side, for it is the disk that is waited for.
    let told: Vec<(u32, usize)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|seed| scope.spawn(move || damages(seed))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no damage makes it panic")).collect()
    });
    let (kept_aside, rescued) = told.iter().fold((0, 0), |(files, calls), told| (files + told.0, calls + told.1));
    assert!(u64::from(kept_aside) > TIMES / 2, "{kept_aside} files were kept aside");
    // Among them files of which nothing but a few pages is left.
    let share = rescued as f64 / f64::from(kept_aside) / f64::from(CALLS);
    assert!(share > 0.4, "{share:.2} of the calls were read again");
}

/// Damages a file again and again; how many were kept aside, and how many calls were read of them.
fn damages(seed: u64) -> (u32, usize) {
    let (_temporary, folder) = folder();
    filled(&folder);
    let path = folder.path().join("book.sqlite3");
    let whole = fs::read(&path).expect("the file");
    let lease = BookLease::take(&folder);
    let mut chance = Chance(seed);
    let (mut kept_aside, mut rescued) = (0, 0);
    for time in 0..TIMES / THREADS {
        for file in fs::read_dir(folder.path()).expect("the folder") {
            let file = file.expect("a file").path();
            if file != folder.path().join("book.lock") {
                fs::remove_file(file).expect("removed");
            }
        }
        let bytes = damaged(&whole, &mut chance);
        fs::write(&path, &bytes).expect("written");
        let opened = BookFile::open(&folder, &rules(), lease.as_ref());
        let mut book = opened.book;
        match &opened.trouble {
            Some(BookTrouble::KeptAside { kept, calls, .. }) => {
                assert_eq!(fs::read(kept).expect("the old file"), bytes, "damage {time}: it is kept as it was");
                kept_aside += 1;
                rescued += calls;
            }
            Some(BookTrouble::NotKept { .. }) => assert_eq!(fs::read(&path).expect("the file"), bytes, "damage {time}"),
            None => {}
        }
        // Whatever came of it, the book works; what it cannot read it says, and the next start mends.
        let began = book.begin_call(&outgoing("600", NOON));
        let listed = book.history(&HistoryQuery { limit: 10, ..HistoryQuery::default() });
        let contacts = book.contacts(&ContactQuery { limit: 10, ..ContactQuery::default() });
        if opened.trouble.is_some() {
            assert!(began.is_ok() && listed.is_ok() && contacts.is_ok(), "damage {time}: {began:?} {listed:?} {contacts:?}");
        }
    }
    (kept_aside, rescued)
}

fn not_kept(folder: &DataFolder) -> BookError {
    let mut opened = BookFile::open(folder, &rules(), None);
    opened.book.add_call(&outgoing("600", NOON), &ended(Outcome::Answered)).expect("a book in memory works");
    match opened.trouble {
        Some(trouble @ BookTrouble::NotKept { .. }) => {
            assert!(trouble.to_string().contains("changes are lost when the program ends"), "{trouble}");
            let BookTrouble::NotKept { problem, .. } = trouble else { unreachable!("matched above") };
            problem
        }
        other => panic!("not kept: {other:?}"),
    }
}

fn with_db(path: &Path, act: impl FnOnce(&Connection)) {
    let db = Connection::open(path).expect("the file");
    act(&db);
}

#[test]
fn a_file_of_a_newer_version_stays_as_it_is() {
    let (_temporary, folder) = folder();
    filled(&folder);
    let path = folder.path().join("book.sqlite3");
    with_db(&path, |db| db.pragma_update(None, "user_version", 99).expect("changed"));
    let before = fs::read(&path).expect("the file");
    assert_eq!(not_kept(&folder), BookError::Newer { found: 99, known: 1 });
    assert_eq!(fs::read(&path).expect("the file"), before);
}

#[test]
fn a_file_of_another_program_is_kept_aside() {
    let (_temporary, folder) = folder();
    fs::create_dir_all(folder.path()).expect("a folder");
    let path = folder.path().join("book.sqlite3");
    with_db(&path, |db| db.execute_batch("CREATE TABLE theirs (x); PRAGMA user_version = 7").expect("made"));
    assert_eq!(not_kept(&folder), BookError::Damaged, "whoever has not the lease leaves it alone");
    let lease = BookLease::take(&folder);
    let opened = BookFile::open(&folder, &rules(), lease.as_ref());
    let kept = folder.path().join("book.damaged-1.sqlite3");
    assert_eq!(opened.trouble, Some(BookTrouble::KeptAside { kept: kept.clone(), calls: 0, contacts: 0 }));
    assert!(kept.exists());
}

#[test]
fn a_file_whose_tables_do_something_by_themselves_is_kept_aside_and_the_rest_of_it_is_read() {
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS id, x AS name, x AS organisation, \
        x AS note, 0 AS favourite, 0 AS lamp FROM n";
    for (evil, contacts) in [
        (format!("DROP TABLE number; DROP TABLE contact; CREATE VIEW contact AS {endless}; CREATE VIEW number AS {endless}"), 0),
        ("CREATE TRIGGER gone AFTER INSERT ON history BEGIN DELETE FROM history; DELETE FROM contact; END".to_owned(), 60),
        ("CREATE VIRTUAL TABLE pages USING dbstat".to_owned(), 60),
    ] {
        let (_temporary, folder) = folder();
        filled(&folder);
        let lacks = Connection::open(folder.path().join("book.sqlite3")).and_then(|db| db.execute_batch(&evil)).err();
        if let Some(error) = lacks {
            // Not every SQLite has that module.
            assert!(error.to_string().contains("no such module"), "{error}");
            continue;
        }
        assert_eq!(not_kept(&folder), BookError::Damaged);
        let lease = BookLease::take(&folder);
        let mut opened = BookFile::open(&folder, &rules(), lease.as_ref());
        let kept = folder.path().join("book.damaged-1.sqlite3");
        let calls = usize::try_from(CALLS).expect("few");
        assert_eq!(opened.trouble, Some(BookTrouble::KeptAside { kept, calls, contacts }), "{evil}");
        opened.book.add_call(&outgoing("600", NOON), &ended(Outcome::Answered)).expect("kept");
    }
}

#[test]
fn a_file_that_another_program_keeps_to_itself_is_left_alone() {
    let (_temporary, folder) = folder();
    filled(&folder);
    let path = folder.path().join("book.sqlite3");
    with_db(&path, |db| {
        db.pragma_update(None, "journal_mode", "DELETE").expect("changed");
        db.execute_batch("BEGIN EXCLUSIVE").expect("locked");
        assert_eq!(not_kept(&folder), BookError::Busy);
    });
}

#[test]
fn programs_that_make_the_book_at_the_same_moment_share_one() {
    for _ in 0..100 {
        let (_temporary, folder) = folder();
        let all_at_once = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for program in 0..4 {
                let (folder, all_at_once) = (&folder, &all_at_once);
                scope.spawn(move || {
                    let lease = if program == 0 { BookLease::take(folder) } else { None };
                    all_at_once.wait();
                    let mut opened = BookFile::open(folder, &rules(), lease.as_ref());
                    assert!(opened.trouble.is_none(), "{:?}", opened.trouble);
                    opened.book.add_call(&outgoing("600", NOON), &ended(Outcome::Answered)).expect("kept");
                });
            }
        });
        assert_eq!(history(&mut open(&folder), "").len(), 4);
    }
}

#[test]
fn what_cannot_be_a_file_means_a_book_in_memory() {
    let (_temporary, folder) = folder();
    fs::create_dir_all(folder.path().join("book.sqlite3")).expect("a folder in its place");
    assert!(matches!(not_kept(&folder), BookError::Failing { .. }));
}

#[test]
fn a_full_disk_is_told_and_the_book_goes_on() {
    let (_temporary, folder) = folder();
    let mut book = open(&folder);
    let pages: i64 = book.db.pragma_query_value(None, "page_count", |row| row.get(0)).expect("a count");
    let most: i64 = book.db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).expect("set");
    assert_eq!(most, pages);
    let refused = (0..500).find_map(|at| book.begin_call(&outgoing(&format!("{at:0200}"), NOON)).err());
    assert_eq!(refused, Some(BookError::Full));
    assert_eq!(BookError::Full.to_string(), "the disk is full");
    assert!(book.history(&HistoryQuery { limit: 1, ..HistoryQuery::default() }).is_ok());
    let _roomy: i64 = book.db.query_row("PRAGMA max_page_count = 100000", [], |row| row.get(0)).expect("set");
    assert!(book.begin_call(&outgoing("600", NOON)).is_ok(), "with room again it is kept again");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_book_keeps_nothing_and_is_told() {
    let (_temporary, folder) = folder();
    crate::make_private(folder.path()).expect("a folder");
    let path = folder.path().join("book.sqlite3");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
    let opened = BookFile::open(&folder, &rules(), None);
    let Some(BookTrouble::NotKept { problem: BookError::Failing { detail, .. }, path: told }) = opened.trouble else {
        panic!("it is told")
    };
    assert_eq!((detail.as_str(), told), ("it is no file", path));
}
