//! Contacts that come from a file.

use std::collections::{BTreeMap, BTreeSet};

use model::{Contact, ContactForm, ContactNumber, ImportReport, SkippedFault};

use super::{
    BookError, BookFile,
    contacts::{MOST, MOST_NUMBERS, tidied, write},
};
use crate::{
    files::{self, Drafted},
    fold::fold,
    numbers::{NumberKey, NumberingPlan},
};

/// Sentences of a report; a file that is none of ours would have one per line.
const MOST_SKIPPED: usize = 50;

impl BookFile {
    /// Takes contacts from a file. One that is there already, by name and a number, gets what it has not; all or none of
    /// them are kept.
    pub fn import_contacts(&mut self, form: ContactForm, text: &str) -> Result<ImportReport, BookError> {
        self.refresh()?;
        let read = files::read(form, text).map_err(BookError::Refused)?;
        let mut report = ImportReport { skipped: read.skipped, ..ImportReport::default() };
        let plan = self.plan();
        let mut by_name: BTreeMap<String, Namesakes> = BTreeMap::new();
        for contact in self.directory.contacts() {
            by_name.entry(fold(contact.name.expose())).or_default().push(plan, contact.clone());
        }
        let mut count = self.directory.len();
        let transaction = self.db.transaction()?;
        for Drafted { line, contact } in read.contacts {
            let contact = match tidied(&contact) {
                Ok(contact) => contact,
                Err(problem) => {
                    report.skipped.push(files::no_contact(line, SkippedFault::Contact { refusal: problem }));
                    continue;
                }
            };
            let namesakes = by_name.entry(fold(contact.name.expose())).or_default();
            if let Some(known) = namesakes.same_person(plan, &contact) {
                if let Some(known) = namesakes.complete(plan, known, contact) {
                    write(&transaction, known)?;
                    report.updated += 1;
                }
                continue;
            }
            if count >= MOST {
                report.skipped.push(files::no_contact(line, SkippedFault::TooManyContacts));
                continue;
            }
            let id = write(&transaction, &contact)?;
            namesakes.push(plan, Contact { id: Some(id), ..contact });
            count += 1;
            report.added += 1;
        }
        transaction.commit()?;
        self.load_contacts()?;
        let more = report.skipped.len().saturating_sub(MOST_SKIPPED);
        report.skipped.truncate(MOST_SKIPPED);
        report.more_skipped = u32::try_from(more).unwrap_or(u32::MAX);
        Ok(report)
    }
}

/// Contacts of one name. They are found by their numbers without looking at each: a file may name everybody the same.
#[derive(Default)]
struct Namesakes {
    contacts: Vec<Contact>,
    /// The first that has a number; those that say nothing are alike.
    by_number: BTreeMap<Option<NumberKey>, usize>,
    numberless: BTreeSet<usize>,
}

impl Namesakes {
    fn push(&mut self, plan: NumberingPlan, contact: Contact) {
        self.contacts.push(contact);
        self.index(plan, self.contacts.len() - 1);
    }

    fn index(&mut self, plan: NumberingPlan, at: usize) {
        let numbers = &self.contacts[at].numbers;
        for number in numbers {
            let first = self.by_number.entry(key(plan, number)).or_insert(at);
            *first = at.min(*first);
        }
        match numbers.is_empty() {
            true => self.numberless.insert(at),
            false => self.numberless.remove(&at),
        };
    }

    /// The first that shares a number with a contact, or may: one of both has none.
    fn same_person(&self, plan: NumberingPlan, contact: &Contact) -> Option<usize> {
        if contact.numbers.is_empty() {
            return (!self.contacts.is_empty()).then_some(0);
        }
        let sharing = contact.numbers.iter().filter_map(|number| self.by_number.get(&key(plan, number)));
        sharing.chain(self.numberless.first()).min().copied()
    }

    /// Gives one of them what another contact of the same person has besides; nothing when that is nothing.
    fn complete(&mut self, plan: NumberingPlan, at: usize, other: Contact) -> Option<&Contact> {
        let known = &mut self.contacts[at];
        let before = known.clone();
        for number in other.numbers {
            let is_there = known.numbers.iter().any(|one| key(plan, one) == key(plan, &number));
            if known.numbers.len() < MOST_NUMBERS && !is_there {
                known.numbers.push(number);
            }
        }
        if known.organisation.is_empty() {
            known.organisation = other.organisation;
        }
        if known.note.is_empty() {
            known.note = other.note;
        }
        known.favourite |= other.favourite;
        known.lamp |= other.lamp;
        if *known == before {
            return None;
        }
        self.index(plan, at);
        self.contacts.get(at)
    }
}

fn key(plan: NumberingPlan, number: &ContactNumber) -> Option<NumberKey> {
    plan.keys(number.number.expose()).map(|keys| keys.first)
}
