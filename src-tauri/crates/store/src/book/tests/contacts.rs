use model::{Contact, ContactForm, ContactId, ContactNumber, ContactQuery, NumberKind};

use super::*;

fn contact(name: &str, numbers: &[&str]) -> Contact {
    let number = |number: &&str| ContactNumber { kind: NumberKind::Work, number: (*number).into() };
    Contact { name: name.into(), numbers: numbers.iter().map(number).collect(), ..Contact::default() }
}

fn names(book: &mut BookFile) -> Vec<String> {
    let query = ContactQuery { limit: 100, ..ContactQuery::default() };
    let found = book.contacts(&query).expect("the contacts");
    found.into_iter().map(|contact| contact.name.expose().to_owned()).collect()
}

#[test]
fn contacts_are_added_changed_and_deleted() {
    let (_temporary, folder) = folder();
    let mut book = open(&folder);
    let id = book.save_contact(&Contact { favourite: true, ..contact(" Ann\t", &["1001", " "]) }).expect("kept");
    let bob = book.save_contact(&contact("Bob", &["1002"])).expect("kept");
    let changed = Contact { id: Some(id), note: "a\r\nb".into(), lamp: true, ..contact("Anna", &["1001", "1003"]) };
    assert_eq!(book.save_contact(&changed), Ok(id));
    book.delete_contact(bob).expect("deleted");
    assert_eq!(book.delete_contact(bob), Err(BookError::NoSuchContact));
    assert_eq!(book.save_contact(&Contact { id: Some(bob), ..contact("Bob", &["1"]) }), Err(BookError::NoSuchContact));
    assert!(matches!(book.save_contact(&contact("", &[])), Err(BookError::Refused(_))));
    assert!(matches!(book.save_contact(&contact(&"x".repeat(201), &["1"])), Err(BookError::Refused(_))));
    drop(book);
    let mut book = open(&folder);
    let [kept] = &book.contacts(&ContactQuery { limit: 9, ..ContactQuery::default() }).expect("the contacts")[..] else {
        panic!("one contact")
    };
    assert_eq!(*kept, Contact { note: "a\nb".into(), ..changed });
    let known = book.index().find(&incoming("", "1003", 0).remote).expect("known by his number");
    assert_eq!((known.id, known.name.expose()), (id, "Anna"));
    assert_ne!(book.save_contact(&contact("Carol", &["1"])), Ok(ContactId(2)), "numbers are not used twice");
}

#[test]
fn an_import_completes_those_who_are_there() {
    let mut book = BookFile::in_memory(&rules());
    book.save_contact(&contact("Ann Smith", &["020 7946 0123"])).expect("kept");
    let table = "Name,Company,Work Phone,Mobile\nANN SMITH,Sons,+442079460123,07700 900123\nAnn Smith,,020 7946 9999,\n,,,\nBob,,,\n,,1,\n";
    let report = book.import_contacts(ContactForm::Csv, table).expect("read");
    assert_eq!((report.added, report.updated, report.skipped.len()), (3, 1, 0), "{report:?}");
    let query = ContactQuery { text: "ann smith".into(), limit: 9, ..ContactQuery::default() };
    let found = book.contacts(&query).expect("the contacts");
    let organisations: Vec<_> = found.iter().map(|contact| (contact.organisation.expose(), contact.numbers.len())).collect();
    assert_eq!(organisations, [("", 1), ("Sons", 2)], "a namesake with another number is somebody else");
    let again = book.import_contacts(ContactForm::Csv, table).expect("read");
    assert_eq!((again.added, again.updated), (0, 0));
    let refused = book.import_contacts(ContactForm::VCard, table).expect_err("no vCard");
    assert_eq!(refused.to_string(), "the file is no vCard: it has no BEGIN:VCARD");
}

#[test]
fn a_report_names_lines_and_has_an_end() {
    let mut book = BookFile::in_memory(&rules());
    let mut table = format!("Name,Phone\n{},1\n", "x".repeat(300));
    table.extend((0..80).map(|_| format!("{},1\n", "y".repeat(300))));
    let report = book.import_contacts(ContactForm::Csv, &table).expect("read");
    assert_eq!(report.skipped[0].to_string(), "line 2: a text of the contact is longer than 200 characters");
    assert_eq!((report.skipped.len(), report.more_skipped), (50, 31));
}

#[test]
fn what_is_exported_is_imported_again() {
    for form in [ContactForm::VCard, ContactForm::Csv] {
        let mut book = BookFile::in_memory(&rules());
        for contact in [contact("Ann", &["+44 20 7946 0123", "1001"]), contact("Bob", &["sip:bob@example.com"])] {
            book.save_contact(&contact).expect("kept");
        }
        let text = book.export_contacts(form).expect("written");
        let mut other = BookFile::in_memory(&rules());
        let report = other.import_contacts(form, &text).expect("read");
        assert_eq!((report.added, report.skipped.len()), (2, 0));
        assert_eq!(other.export_contacts(form), Ok(text));
    }
}

#[test]
fn what_another_program_changes_is_seen() {
    let (_temporary, folder) = folder();
    let (mut book, mut other) = (open(&folder), open(&folder));
    other.save_contact(&contact("Ann", &["1001"])).expect("kept");
    assert_eq!(book.refresh(), Ok(true));
    assert_eq!(names(&mut book), ["Ann"]);
    assert!(book.index().find(&incoming("", "1001", 0).remote).is_some());
    assert_eq!(book.refresh(), Ok(false));
    book.save_contact(&contact("Bob", &["1002"])).expect("kept");
    assert_eq!(book.refresh(), Ok(false), "its own changes are known");
    assert_eq!(names(&mut other), ["Ann", "Bob"]);
}

#[test]
fn a_file_that_names_everybody_the_same_is_read_like_any_other() {
    let mut book = BookFile::in_memory(&rules());
    let rows: String = (0..25_000).map(|n| format!("Ann,+4420{:08}\n", 10_000_000 + n)).collect();
    let report = book.import_contacts(ContactForm::Csv, &format!("Name,Phone\n{rows}")).expect("read");
    assert_eq!((report.added, report.updated, report.more_skipped), (20_000, 0, 4_950), "the book is full");
    let again = book.import_contacts(ContactForm::Csv, "Name,Company,Phone\nANN,Sons,020 1000 0007\n").expect("read");
    assert_eq!((again.added, again.updated), (0, 1));
}
