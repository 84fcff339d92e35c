use model::HistoryFilter;

use super::*;

#[test]
fn calls_are_kept_newest_first_and_survive_a_restart() {
    let (_temporary, folder) = folder();
    let mut book = open(&folder);
    let first = book.begin_call(&incoming("Ann", "1001", NOON)).expect("begun");
    assert!(history(&mut book, "").is_empty(), "it goes on");
    book.end_call(first, &ended(Outcome::Answered)).expect("closed");
    book.add_call(&outgoing("600", NOON + 60), &CallEnd { code: Some(486), ..ended(Outcome::Busy) }).expect("kept");
    drop(book);
    let mut book = open(&folder);
    let entries = history(&mut book, "");
    assert_eq!(numbers(&entries), ["600", "1001"]);
    assert_eq!((entries[0].outcome, entries[0].code, entries[0].talked_ms), (Outcome::Busy, Some(486), None));
    assert_eq!((entries[1].outcome, entries[1].talked_ms), (Outcome::Answered, Some(61_000)));
    assert_eq!((entries[1].direction, entries[1].started_s), (Direction::Incoming, NOON));
    assert_eq!(entries[1].remote.name.expose(), "Ann");
    assert_eq!(book.last_dialled().expect("the history").map(|number| number.expose().to_owned()), Some("600".into()));
}

#[test]
fn who_was_missed_last_can_be_called_back_unless_he_told_no_number() {
    let mut book = BookFile::in_memory(&rules());
    assert!(book.last_missed().expect("the history").is_none());
    for (number, outcome) in [("1001", Outcome::Missed), ("1002", Outcome::Answered)] {
        book.add_call(&incoming("", number, NOON), &ended(outcome)).expect("kept");
    }
    for uri in ["", "sip:anonymous@anonymous.invalid"] {
        let remote = Remote { uri: uri.into(), ..Remote::default() };
        book.add_call(&NewCall { remote, ..incoming("", "", NOON) }, &ended(Outcome::Missed)).expect("kept");
    }
    let (account, number) = book.last_missed().expect("the history").expect("somebody");
    assert_eq!((account, number.expose()), (incoming("", "", NOON).account, "1001"));
}

#[cfg(unix)]
#[test]
fn the_file_is_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_temporary, folder) = folder();
    let mut book = open(&folder);
    book.add_call(&outgoing("600", NOON), &ended(Outcome::Answered)).expect("kept");
    for file in std::fs::read_dir(folder.path()).expect("the folder") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("its rights").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.path().display());
    }
}

#[test]
fn only_missed_calls_are_new_until_they_are_seen() {
    let mut book = BookFile::in_memory(&rules());
    for outcome in [Outcome::Missed, Outcome::AnsweredElsewhere, Outcome::Declined, Outcome::Missed, Outcome::Answered] {
        book.add_call(&incoming("", "1001", NOON), &ended(outcome)).expect("kept");
    }
    assert_eq!(book.missed(), Ok(2));
    let query = HistoryQuery { only: HistoryFilter::Missed, limit: 10, ..HistoryQuery::default() };
    let missed = book.history(&query).expect("the history");
    assert_eq!(missed.iter().map(|entry| (entry.id, entry.seen)).collect::<Vec<_>>(), [(4, false), (1, false)]);
    assert_eq!(book.mark_seen(), Ok(2));
    assert_eq!(book.missed(), Ok(0));
    assert_eq!(book.history(&query).expect("the history").len(), 2, "they stay missed");
    let by_name = HistoryQuery { text: "1001".into(), ..query };
    assert_eq!(book.history(&by_name).expect("the history").len(), 2);
}

#[test]
fn the_history_is_searched_without_accents_and_by_every_form_of_a_number() {
    let mut book = BookFile::in_memory(&rules());
    for call in [incoming("Élodie Brûlé", "+33144710203", NOON), incoming("", "+442079460123", NOON), outgoing("1001", NOON)] {
        book.add_call(&call, &ended(Outcome::Answered)).expect("kept");
    }
    let ann = model::Contact {
        name: "Ann".into(),
        numbers: vec![model::ContactNumber { kind: model::NumberKind::Work, number: "00442079460123".into() }],
        ..model::Contact::default()
    };
    book.save_contact(&ann).expect("kept");
    assert_eq!(numbers(&history(&mut book, "BRULE")), ["+33144710203"]);
    assert_eq!(numbers(&history(&mut book, "020 7946")), ["+442079460123"]);
    assert_eq!(numbers(&history(&mut book, "+44 20")), ["+442079460123"]);
    assert_eq!(numbers(&history(&mut book, "ann")), ["+442079460123"], "by the name of the contact of today");
    assert_eq!(numbers(&history(&mut book, "100")), ["1001"]);
    assert!(history(&mut book, "%_'\"").is_empty());
    let known = history(&mut book, "ann").remove(0).contact.expect("the contact");
    assert_eq!(known.name.expose(), "Ann");
}

#[test]
fn the_history_comes_in_pages() {
    let mut book = BookFile::in_memory(&rules());
    for number in 0..25 {
        book.add_call(&outgoing(&format!("20{number:02}"), NOON + number), &ended(Outcome::Answered)).expect("kept");
    }
    let mut query = HistoryQuery { limit: 10, text: "20".into(), ..HistoryQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = book.history(&query).expect("a page");
        let Some(last) = page.last() else { break };
        query.before = Some(last.id);
        seen.extend(page.into_iter().map(|entry| entry.id));
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<u32>>());
}

#[test]
fn deleted_calls_are_gone_and_so_is_who_made_them() {
    let (_temporary, folder) = folder();
    let mut book = open(&folder);
    for number in ["441234567890", "441234567891", "441234567892"] {
        book.add_call(&incoming("Zaphod Canary", number, NOON), &ended(Outcome::Missed)).expect("kept");
    }
    assert_eq!(book.delete_history(&[2, 99]), Ok(1));
    assert_eq!(history(&mut book, "canary").len(), 2);
    assert_eq!(book.suggest("zaph", NOON).len(), 2);
    let going_on = book.begin_call(&outgoing("600", NOON)).expect("begun");
    book.clear_history().expect("cleared");
    assert_eq!(book.missed(), Ok(0));
    assert!(book.suggest("zaph", NOON).is_empty());
    book.end_call(going_on, &ended(Outcome::Answered)).expect("a call that went on is kept");
    assert_eq!(numbers(&history(&mut book, "")), ["600"]);
    drop(book);
    for file in std::fs::read_dir(folder.path()).expect("the folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("its bytes");
        assert!(!bytes.windows(6).any(|part| part == b"Zaphod"), "what was cleared is not in the file");
    }
}

#[test]
fn old_calls_are_forgotten() {
    let mut book = BookFile::in_memory(&rules());
    let day = 86_400;
    for days in [400, 366, 364, 0] {
        book.add_call(&outgoing(&format!("{days}"), NOON - days * day), &ended(Outcome::Answered)).expect("kept");
    }
    assert_eq!(book.forget_old(NOON), Ok(2));
    assert_eq!(numbers(&history(&mut book, "")), ["0", "364"]);
    book.configure(BookRules { keep_days: 0, ..rules() }, NOON + 10_000 * day).expect("in force");
    assert_eq!(history(&mut book, "").len(), 2, "for ever");
    book.configure(BookRules { keep_days: 30, ..rules() }, NOON).expect("in force");
    assert_eq!(numbers(&history(&mut book, "")), ["0"]);
}

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;

/// A book with a call of each of the last hundred days.
fn hundred_days() -> BookFile {
    let mut book = BookFile::in_memory(&rules());
    for days in (0..100).rev() {
        book.add_call(&outgoing("600", NOON - days * DAY), &ended(Outcome::Answered)).expect("kept");
    }
    assert_eq!(book.forget_old(NOON), Ok(0));
    book
}

#[test]
fn a_clock_that_is_years_ahead_for_a_while_costs_a_few_old_calls_at_most() {
    let mut book = hundred_days();
    // Years ahead, and calls are made meanwhile; the program is started again and again.
    for started in 0..20 {
        assert_eq!(book.forget_old(NOON + 14 * YEAR + started * 60), Ok(0));
        book.add_call(&outgoing("601", NOON + 14 * YEAR + started * 60), &ended(Outcome::Answered)).expect("kept");
    }
    assert_eq!(book.history(&HistoryQuery { limit: 500, ..HistoryQuery::default() }).map(|found| found.len()), Ok(120));
    // It is right again, and a year later all is as it should be.
    for day in 1..=365 {
        book.forget_old(NOON + day * DAY).expect("looked");
    }
    let left = book.history(&HistoryQuery { limit: 500, ..HistoryQuery::default() }).expect("read");
    assert_eq!(left.len(), 21, "of the hundred days, the last one is a year old");
    // Ahead for good: by the second year it is believed.
    let mut moved = hundred_days();
    let days = (1..).find(|day| moved.forget_old(NOON + 2 * YEAR + day * DAY).expect("looked") > 0).expect("some day");
    assert!((5..15).contains(&days), "{days} days until the first call is forgotten");
}

#[test]
fn a_clock_that_begins_at_the_epoch_each_morning_neither_forgets_nor_keeps_for_ever() {
    let mut book = hundred_days();
    for day in 1..=300 {
        assert_eq!(book.forget_old(day * 60), Ok(0), "in 1970 nothing is old");
        book.forget_old(NOON + day * DAY).expect("looked");
    }
    let left = book.history(&HistoryQuery { limit: 500, ..HistoryQuery::default() }).expect("read");
    assert_eq!(left.len(), 66, "those of 66 days are no year old");
}

#[test]
fn dates_that_no_clock_ever_showed_forget_nothing() {
    for date in [i64::MIN, i64::MAX] {
        let mut book = hundred_days();
        book.db.execute("UPDATE setting SET value = ?1", [date.to_string()]).expect("written");
        for day in 1..=3 {
            assert_eq!(book.forget_old(NOON + day * DAY), Ok(0), "{date}");
        }
    }
}

#[test]
fn what_a_crash_left_open_is_closed_by_the_next_run() {
    let (_temporary, folder) = folder();
    let mut book = open(&folder);
    let talking = book.begin_call(&incoming("", "1001", NOON)).expect("begun");
    book.answer_call(talking, &incoming("Ann", "1001", NOON).remote).expect("noted");
    book.begin_call(&incoming("", "1002", NOON)).expect("begun");
    book.begin_call(&outgoing("1003", NOON)).expect("begun");
    // The program is gone without a word.
    drop(book);
    let mut book = open(&folder);
    assert_eq!(book.close_left_open(), Ok(3));
    let entries = history(&mut book, "");
    let outcomes: Vec<_> = entries.iter().map(|entry| (entry.remote.number.expose(), entry.outcome, entry.seen)).collect();
    assert_eq!(outcomes, [("1003", Outcome::Failed, true), ("1002", Outcome::Missed, false), ("1001", Outcome::Answered, true)]);
    assert_eq!(entries[2].remote.name.expose(), "Ann");
    assert!(entries.iter().all(|entry| entry.words.contains("unexpectedly")));
    assert_eq!(book.close_left_open(), Ok(0));
}

#[test]
fn one_program_at_a_time_keeps_the_history() {
    let (_temporary, folder) = folder();
    let lease = BookLease::take(&folder).expect("nobody has it");
    assert!(BookLease::take(&folder).is_none());
    drop(lease);
    assert!(BookLease::take(&folder).is_some());
}

#[test]
fn another_country_reads_the_numbers_anew() {
    let mut book = BookFile::in_memory(&rules());
    book.add_call(&outgoing("030901820", NOON), &ended(Outcome::Answered)).expect("kept");
    assert!(history(&mut book, "+49 30").is_empty());
    book.configure(BookRules { country: "de".into(), ..rules() }, NOON).expect("in force");
    assert_eq!(history(&mut book, "+49 30").len(), 1);
}

#[test]
fn a_book_that_another_program_filled_is_read_and_cut_in_portions() {
    let (_temporary, folder) = folder();
    drop(open(&folder));
    let db = Connection::open(folder.path().join("book.sqlite3")).expect("the file");
    let fill = format!(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 125000)
        INSERT INTO history SELECT n, 'a', 'incoming', 1, {NOON}, 1, 1, 'answered', '', 200, 1 FROM n;
        INSERT INTO party VALUES (1, 'Ann', '1001', '', 'ann', '', 125000, {NOON});
        INSERT INTO contact SELECT id, 'Ann ' || id, '', 0, 0, '' FROM history WHERE id <= 20500;
        INSERT INTO number SELECT id, 0, 'work', id FROM contact;"
    );
    db.execute_batch(&fill).expect("filled");
    drop(db);
    let mut book = open(&folder);
    assert_eq!(book.directory.len(), 20_000);
    let portions: Vec<usize> = (0..3).map(|_| book.forget_old(NOON).expect("the history")).collect();
    assert_eq!(portions, [20_000, 5_000, 0]);
    let newest = history(&mut book, "");
    assert_eq!((newest.len(), newest[0].id), (100, 125_000));
}
