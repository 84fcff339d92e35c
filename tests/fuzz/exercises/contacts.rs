//! A file of contacts, as vCard and as a table: what is read of it is kept, and read again from what is written.

use std::hint::black_box;

use model::ContactForm;
use store::{BookFile, BookRules, text_of_file};

/// Takes `bytes` into a book in both ways.
pub fn exercise(bytes: &[u8]) {
    let text = text_of_file(bytes);
    for form in [ContactForm::VCard, ContactForm::Csv] {
        let mut book = BookFile::in_memory(&BookRules { country: "GB".into(), keep_days: 0 });
        let Ok(report) = book.import_contacts(form, &text) else { continue };
        for form in [ContactForm::VCard, ContactForm::Csv] {
            let written = book.export_contacts(form).expect("what is kept can be written");
            if report.added > 0 {
                black_box(book.import_contacts(form, &written).map_err(|error| error.to_string()).ok());
            }
        }
    }
}
