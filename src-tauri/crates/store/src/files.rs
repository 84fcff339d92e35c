//! Contacts as files: read with forgiveness, written so that others read them.

mod csv;
#[cfg(test)]
mod tests;
mod vcard;

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use model::{Contact, ContactForm, NumberKind, Refusal, Skipped, SkippedFault};

use crate::fold::fold;

/// Far above any real file of contacts without pictures.
const LARGEST_MB: u32 = 32;

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) contacts: Vec<Drafted>,
    /// Which parts of it are no contacts.
    pub(crate) skipped: Vec<Skipped>,
}

/// A part that is no contact, from this line on.
pub(crate) fn no_contact(line: usize, fault: SkippedFault) -> Skipped {
    Skipped { line: u32::try_from(line).unwrap_or(u32::MAX), fault }
}

/// A contact as it stands in a file.
#[derive(Debug)]
pub(crate) struct Drafted {
    /// Where it begins, from 1.
    pub(crate) line: usize,
    pub(crate) contact: Contact,
}

/// Reads a file; the error says why it is none of that form.
pub(crate) fn read(form: ContactForm, text: &str) -> Result<Read, Refusal> {
    if text.len() >> 20 >= LARGEST_MB as usize {
        return Err(Refusal::FileTooLarge { most_mb: LARGEST_MB });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match form {
        ContactForm::VCard => vcard::read(text),
        ContactForm::Csv => csv::read(text),
    }
}

/// Writes contacts.
pub(crate) fn write<'a>(form: ContactForm, contacts: impl Iterator<Item = &'a Contact>) -> String {
    match form {
        ContactForm::VCard => vcard::write(contacts),
        ContactForm::Csv => csv::write(contacts),
    }
}

/// The text of a file, whatever program wrote it: by its mark, else UTF-8, else what Windows writes in the west.
pub fn text_of_file(bytes: &[u8]) -> Cow<'_, str> {
    let encoding = Encoding::for_bom(bytes).map_or_else(|| without_mark(bytes), |(encoding, _)| encoding);
    encoding.decode(bytes).0
}

fn without_mark(bytes: &[u8]) -> &'static Encoding {
    if str::from_utf8(bytes).is_ok() && !bytes.contains(&0) {
        return UTF_8;
    }
    // Western text in UTF-16 has a zero in every second byte.
    let beginning = &bytes[..bytes.len().min(64)];
    let zeros = |from: usize| beginning.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    match (zeros(0), zeros(1)) {
        (0, 0) => WINDOWS_1252,
        (even, odd) if odd > even => UTF_16LE,
        _ => UTF_16BE,
    }
}

/// What a number is for, by the words programs use for it; none for what cannot be called.
fn kind_by_words(words: &str) -> Option<NumberKind> {
    const NONE: [&str; 4] = ["fax", "pager", "telex", "tty"];
    const KINDS: [(NumberKind, &[&str]); 4] = [
        (NumberKind::Sip, &["sip", "voip"]),
        (NumberKind::Mobile, &["mobile", "mobil", "cell", "handy", "portable", "movil", "iphone"]),
        (
            NumberKind::Work,
            &["work", "business", "office", "company", "arbeit", "geschaft", "buro", "dienst", "travail", "bureau", "trabajo"],
        ),
        (NumberKind::Home, &["home", "privat", "domicile", "maison", "casa", "particular"]),
    ];
    let folded = fold(words);
    if NONE.iter().any(|word| folded.contains(word)) {
        return None;
    }
    let found = KINDS.iter().find(|(_, known)| known.iter().any(|word| folded.contains(word)));
    Some(found.map_or(NumberKind::Other, |(kind, _)| *kind))
}
