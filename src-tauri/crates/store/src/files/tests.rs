use model::{ContactNumber, NumberKind, Refusal};
use proptest::prelude::*;

use super::*;

fn contacts(form: ContactForm, text: &str) -> Vec<Contact> {
    read(form, text).expect("a file of that form").contacts.into_iter().map(|drafted| drafted.contact).collect()
}

fn numbers(contact: &Contact) -> Vec<(NumberKind, &str)> {
    contact.numbers.iter().map(|number| (number.kind, number.number.expose())).collect()
}

#[test]
fn cards_of_every_version_are_read() {
    let text = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Br=C3=BBl=C3=A9;=C3=89lodie\r\n\
        TEL;WORK;VOICE:+33 1 44 71 02 03\r\nTEL;CELL;PREF:+33 6 12 34 56 78\r\nTEL;WORK;FAX:+33 1 44 71 02 04\r\n\
        NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo and a long line that goes =\r\non here\r\n\
        PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\n /9j/TEL:1\r\n\r\nEND:VCARD\r\n\
        begin:vcard\nversion:3.0\nfn:Smith\\, Ann\norg:Sons\\; Daughters;Sales\nitem1.TEL;type=HOME;type=VOICE:(020) 7946\n  0123\n\
        item1.X-ABLabel:x\nIMPP;X-SERVICE-TYPE=SIP:sip:ann@example.com\nIMPP:xmpp:ann@example.com\nend:vcard\n\
        BEGIN:VCARD\nVERSION:4.0\nN:Doe;Jo;Quincy;Dr.;Jr.\nTEL;VALUE=uri;TYPE=\"work,voice\";PREF=1:tel:+1-212-555-0123\nEND:VCARD\n";
    let found = contacts(ContactForm::VCard, text);
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].name.expose(), "Élodie Brûlé");
    assert_eq!(numbers(&found[0]), [(NumberKind::Mobile, "+33 6 12 34 56 78"), (NumberKind::Work, "+33 1 44 71 02 03")]);
    assert_eq!(found[0].note.expose(), "one\r\ntwo and a long line that goes on here");
    assert_eq!(found[1].name.expose(), "Smith, Ann");
    assert_eq!(found[1].organisation.expose(), "Sons; Daughters, Sales");
    assert_eq!(numbers(&found[1]), [(NumberKind::Home, "(020) 7946 0123"), (NumberKind::Sip, "sip:ann@example.com")]);
    assert_eq!(found[2].name.expose(), "Dr. Jo Quincy Doe Jr.");
    assert_eq!(numbers(&found[2]), [(NumberKind::Work, "+1-212-555-0123")]);
}

#[test]
fn other_character_sets_and_cards_within_cards_are_understood() {
    let text = "BEGIN:VCARD\nN;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:M=FCller;J=F6rg\nAGENT:\nBEGIN:VCARD\nFN:Somebody else\nTEL:1\n\
        END:VCARD\nTEL:2\nEND:VCARD\nBEGIN:VCARD\nFN:No end\nTEL:3\nBEGIN:VCARD\nFN:Last\nwhat is this\nTEL:4\n";
    let read = read(ContactForm::VCard, text).expect("cards");
    let names: Vec<&str> = read.contacts.iter().map(|drafted| drafted.contact.name.expose()).collect();
    assert_eq!(names, ["Jörg Müller", "No end", "Last"]);
    assert_eq!(numbers(&read.contacts[0].contact), [(NumberKind::Other, "2")]);
    assert_eq!(
        read.skipped.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["line 10: the vCard has no end", "line 15: this is no property of a vCard", "line 13: the vCard has no end"]
    );
}

#[test]
fn the_tables_of_other_address_books_are_read() {
    let google = "First Name,Middle Name,Last Name,Organization Name,Notes,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\r\n\
        Ann,,Smith,Sons,\"two\nlines\",Mobile,+44 7700 900123 ::: +44 7700 900124,Work Fax,020 1\r\n";
    let found = contacts(ContactForm::Csv, google);
    assert_eq!(
        (found[0].name.expose(), found[0].organisation.expose(), found[0].note.expose()),
        ("Ann Smith", "Sons", "two\nlines")
    );
    assert_eq!(numbers(&found[0]), [(NumberKind::Mobile, "+44 7700 900123"), (NumberKind::Mobile, "+44 7700 900124")]);

    let outlook = "\"Title\",\"First Name\",\"Last Name\",\"Company\",\"Business Street\",\"Business Fax\",\"Business Phone\",\"Business Phone 2\",\"Mobile Phone\",\"Account\",\"Assistant's Phone\"\n\
        \"\",\"Bob\",\"O\"\"Neil\",\"\",\"1 Road\",\"020 9\",\"020 7946 0123\",\"\",\"07700 900123\",\"\",\"99\"\n";
    let found = contacts(ContactForm::Csv, outlook);
    assert_eq!(found[0].name.expose(), "Bob O\"Neil");
    assert_eq!(numbers(&found[0]), [(NumberKind::Work, "020 7946 0123"), (NumberKind::Mobile, "07700 900123")]);

    let thunderbird = "First Name\tLast Name\tDisplay Name\tWork Phone\tHome Phone\tFax Number\tMobile Number\tOrganization\n\
        C\tD\tCarol D\t1\t2\t3\t4\tInc\n";
    let found = contacts(ContactForm::Csv, thunderbird);
    assert_eq!(found[0].name.expose(), "Carol D");
    assert_eq!(numbers(&found[0]), [(NumberKind::Work, "1"), (NumberKind::Home, "2"), (NumberKind::Mobile, "4")]);

    let german = "sep=;\nVorname;Nachname;Telefon (geschäftlich);Handy\nJörg;Müller;030 1;0151 2\n";
    assert_eq!(numbers(&contacts(ContactForm::Csv, german)[0]), [(NumberKind::Work, "030 1"), (NumberKind::Mobile, "0151 2")]);

    let nameless = contacts(ContactForm::Csv, "Dave;1004\n\nErin;+44 20 7946 0123;x\n");
    assert_eq!((nameless[1].name.expose(), numbers(&nameless[1])), ("Erin", vec![(NumberKind::Other, "+44 20 7946 0123")]));
}

#[test]
fn what_is_no_file_of_contacts_is_refused_in_words() {
    assert_eq!(read(ContactForm::VCard, "Name,Phone\nA,1\n").expect_err("a table"), Refusal::NotAVcard);
    assert_eq!(read(ContactForm::Csv, "").expect_err("nothing"), Refusal::TableEmpty);
    assert_eq!(read(ContactForm::Csv, "BEGIN:VCARD\nFN:x\nEND:VCARD\n").expect_err("a card"), Refusal::NoNumbers);
    assert_eq!(Refusal::NotAVcard.to_string(), "the file is no vCard: it has no BEGIN:VCARD");
}

#[test]
fn a_table_with_an_open_quotation_mark_is_read_up_to_it() {
    let read = read(ContactForm::Csv, "Name,Phone\nAnn,1001\n\"Bob,1002\nCarol,1003\n").expect("a table");
    assert_eq!(read.contacts.len(), 2);
    assert_eq!(read.skipped.iter().map(ToString::to_string).collect::<Vec<_>>(), ["line 3: a quotation mark is not closed"]);
}

#[test]
fn no_cell_of_a_written_table_is_a_formula() {
    let evil = |text: &str| Contact {
        name: text.into(),
        organisation: text.into(),
        note: text.into(),
        numbers: vec![ContactNumber { kind: NumberKind::Work, number: text.into() }],
        ..Contact::default()
    };
    for text in ["=HYPERLINK(\"x\")", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "'=1+1"] {
        let contact = evil(text);
        let table = write(ContactForm::Csv, [&contact].into_iter());
        let row = table.lines().nth(1).expect("a row");
        assert!(row.split(',').all(|cell| cell.trim_start_matches('"').starts_with(['\'', 'W']) || cell.is_empty()), "{row}");
        assert_eq!(contacts(ContactForm::Csv, &table), [contact], "and it comes back as it was");
    }
    // Whatever the spreadsheet takes for the end of a cell.
    for text in ["Ann;=1+1", "a\n-2+3\r@b", "b\"=c\"", "c\t=\td", "x,+1", ";''=", "it's; 'fine', isn't it", "\"';=", "'"] {
        let contact = Contact { name: "Ann".into(), organisation: text.into(), note: text.into(), ..evil("1001") };
        let table = write(ContactForm::Csv, [&contact].into_iter());
        let begins = table.split(|c| ",;\t\r\n\"".contains(c)).filter_map(|cell| cell.chars().next());
        assert!(begins.clone().all(|first| !"=+-@".contains(first)), "{table}");
        let found = contacts(ContactForm::Csv, &table);
        assert_eq!(found, [contact], "and it comes back as it was: {table:?}");
    }
    let telephone = write(ContactForm::Csv, [&evil("+44 (0)20 7946-0123")].into_iter());
    assert!(telephone.contains(",+44 (0)20 7946-0123"), "{telephone}");
}

#[test]
fn files_are_text_whatever_program_wrote_them() {
    let text = "Näme,Phone";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let swapped: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    let all = [
        text.as_bytes().to_vec(),
        marked(b"\xef\xbb\xbf", text.as_bytes()),
        marked(b"\xff\xfe", &utf16),
        marked(b"\xfe\xff", &swapped),
        utf16,
        swapped,
        b"N\xe4me,Phone".to_vec(),
    ];
    for bytes in all {
        assert_eq!(text_of_file(&bytes), text, "{bytes:?}");
    }
}

fn a_contact() -> impl Strategy<Value = Contact> {
    let kind =
        prop::sample::select(vec![NumberKind::Work, NumberKind::Mobile, NumberKind::Home, NumberKind::Sip, NumberKind::Other]);
    let number = (
        kind,
        prop::sample::select(vec!["+44 20 7946 0123", "1001", "sip:bob@example.com", "bob@example.com", "*80#", "-1;,\\"]),
    )
        .prop_map(|(kind, number)| ContactNumber { kind, number: number.into() });
    let text = "[ -~\u{e9}\u{4e2d}\u{1f600}]{0,90}";
    let note = "[ -~\u{e9}\n\\\\]{0,200}";
    (text, text, note, prop::collection::vec(number, 1..5), any::<(bool, bool)>()).prop_map(
        |(name, organisation, note, numbers, (favourite, lamp))| Contact {
            id: None,
            name: name.trim().into(),
            organisation: organisation.trim().into(),
            note: note.trim().into(),
            numbers,
            favourite,
            lamp,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(list in prop::collection::vec(a_contact(), 1..6)) {
        for form in [ContactForm::VCard, ContactForm::Csv] {
            let text = write(form, list.iter());
            let read = read(form, &text).expect("a file of ours");
            prop_assert_eq!(&read.skipped, &[]);
            let found: Vec<Contact> = read.contacts.into_iter().map(|drafted| drafted.contact).collect();
            prop_assert_eq!(&found, &list, "{:?} {}", form, text);
        }
    }

    #[test]
    fn no_file_is_too_odd(text in "(BEGIN:VCARD|END:VCARD|TEL|N|;|:|=|\"|,|\n|\r|\\\\|QUOTED-PRINTABLE|é|'|[ -~]){0,60}") {
        for form in [ContactForm::VCard, ContactForm::Csv] {
            let _read = read(form, &text);
        }
    }
}

#[test]
fn files_made_to_be_slow_or_large_are_neither() {
    let folds = |head: &str| format!("BEGIN:VCARD\n{head}\n{}", " =\n".repeat(400_000));
    for head in ["NOTE;ENCODING=QUOTED-PRINTABLE", "NOTE;ENCODING=QUOTED-PRINTABLE:x", "x"] {
        assert_eq!(contacts(ContactForm::VCard, &folds(head)).len(), 1, "{head}");
    }
    let read = read(ContactForm::VCard, &format!("BEGIN:VCARD\n{}", "\n".repeat(3_000_000))).expect("a card");
    assert_eq!(read.skipped.last().map(|skipped| skipped.line), Some(1_000_000));
    let wide = format!("Name,Phone\nAnn,600\n{}\nBob,700\n", ",".repeat(4_000_000));
    let read = super::read(ContactForm::Csv, &wide).expect("a table");
    assert_eq!((read.contacts.len(), read.skipped.len(), read.skipped[0].line), (2, 1, 3));
}
