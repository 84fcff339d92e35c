//! Those who are known.

use std::{collections::BTreeMap, sync::Arc};

use model::{Contact, ContactForm, ContactId, ContactNumber, ContactQuery, NumberKind, Personal, Refusal, Suggestion};
use rusqlite::{Connection, params};

use super::{BookError, BookFile};
use crate::{check::limit, directory::Directory, files};

/// How many contacts a book takes.
pub(super) const MOST: usize = 20_000;

/// How many numbers a contact may have.
pub(super) const MOST_NUMBERS: usize = 20;

/// Characters of a name, an organisation or a number.
const LONGEST: usize = 200;

/// Characters of a note.
const LONGEST_NOTE: usize = 4_000;

impl BookFile {
    /// Those asked for, by name.
    pub fn contacts(&mut self, query: &ContactQuery) -> Result<Vec<Contact>, BookError> {
        self.refresh()?;
        Ok(self.directory.search(query))
    }

    /// Keeps a contact: a new one when it has no number in the book yet.
    pub fn save_contact(&mut self, contact: &Contact) -> Result<ContactId, BookError> {
        self.refresh()?;
        let mut contact = tidied(contact).map_err(BookError::Refused)?;
        match contact.id {
            Some(id) if self.directory.get(id).is_none() => return Err(BookError::NoSuchContact),
            None if self.directory.len() >= MOST => return Err(BookError::Refused(Refusal::BookFull)),
            _ => {}
        }
        let transaction = self.db.transaction()?;
        let id = write(&transaction, &contact)?;
        transaction.commit()?;
        contact.id = Some(id);
        self.directory.put(id, contact);
        self.index = Arc::new(self.directory.index());
        Ok(id)
    }

    /// Forgets a contact.
    pub fn delete_contact(&mut self, id: ContactId) -> Result<(), BookError> {
        self.refresh()?;
        if self.directory.get(id).is_none() {
            return Err(BookError::NoSuchContact);
        }
        let transaction = self.db.transaction()?;
        transaction.execute("DELETE FROM number WHERE contact = ?1", [id.0])?;
        transaction.execute("DELETE FROM contact WHERE id = ?1", [id.0])?;
        transaction.commit()?;
        self.directory.remove(id);
        self.index = Arc::new(self.directory.index());
        Ok(())
    }

    /// All contacts as the text of a file.
    pub fn export_contacts(&mut self, form: ContactForm) -> Result<String, BookError> {
        self.refresh()?;
        Ok(files::write(form, self.directory.contacts()))
    }

    /// Whom somebody who types may mean; asks no disk.
    pub fn suggest(&self, typed: &str, now_s: i64) -> Vec<Suggestion> {
        self.directory.suggest(typed, &self.past, now_s)
    }

    pub(super) fn load_contacts(&mut self) -> Result<(), BookError> {
        let mut numbers: BTreeMap<u32, Vec<ContactNumber>> = BTreeMap::new();
        // A file that another program filled may have more than one takes; no more of them are read.
        let sql = format!(
            "SELECT contact, kind, number FROM number
            WHERE contact IN (SELECT id FROM contact ORDER BY id LIMIT {MOST}) AND place < {MOST_NUMBERS} ORDER BY contact, place"
        );
        let mut all = self.db.prepare(&sql)?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let number =
                ContactNumber { kind: kind_of(&row.get::<_, String>(1)?), number: Personal::from(row.get::<_, String>(2)?) };
            numbers.entry(row.get(0)?).or_default().push(number);
        }
        let sql = format!("SELECT id, name, organisation, favourite, lamp, note FROM contact ORDER BY id LIMIT {MOST}");
        let mut all = self.db.prepare(&sql)?;
        let contacts = all.query_map([], |row| {
            let id: u32 = row.get(0)?;
            let text = |at: usize| row.get::<_, String>(at).map(Personal::from);
            Ok(Contact {
                id: Some(ContactId(id)),
                name: text(1)?,
                organisation: text(2)?,
                numbers: numbers.remove(&id).unwrap_or_default(),
                favourite: row.get(3)?,
                lamp: row.get(4)?,
                note: text(5)?,
            })
        })?;
        let contacts: Vec<Contact> = contacts.collect::<Result<_, _>>()?;
        self.directory = Directory::new(self.directory.plan(), contacts);
        self.index = Arc::new(self.directory.index());
        Ok(())
    }
}

/// Puts a contact into the tables, in the place of what was there under its number.
pub(super) fn write(db: &Connection, contact: &Contact) -> Result<ContactId, BookError> {
    let Contact { id, name, organisation, numbers, favourite, lamp, note } = contact;
    let values = params![id.map(|id| id.0), name.expose(), organisation.expose(), favourite, lamp, note.expose()];
    db.prepare_cached(
        "INSERT INTO contact (id, name, organisation, favourite, lamp, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (id) DO UPDATE SET name = ?2, organisation = ?3, favourite = ?4, lamp = ?5, note = ?6",
    )?
    .execute(values)?;
    let id = match id {
        Some(id) => *id,
        None => ContactId(u32::try_from(db.last_insert_rowid()).map_err(|_| BookError::Refused(Refusal::BookFull))?),
    };
    db.prepare_cached("DELETE FROM number WHERE contact = ?1")?.execute([id.0])?;
    let mut insert = db.prepare_cached("INSERT INTO number VALUES (?1, ?2, ?3, ?4)")?;
    for (place, number) in (0_u32..).zip(numbers) {
        insert.execute(params![id.0, place, kind_text(number.kind), number.number.expose()])?;
    }
    Ok(id)
}

/// The contact as it can be kept, or why it cannot.
pub(super) fn tidied(contact: &Contact) -> Result<Contact, Refusal> {
    let line = |text: &Personal| -> Personal {
        let plain: String = text.expose().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        plain.trim().into()
    };
    let numbers = contact.numbers.iter().map(|number| ContactNumber { kind: number.kind, number: line(&number.number) });
    let note: String =
        contact.note.expose().replace("\r\n", "\n").chars().filter(|c| !c.is_control() || "\n\t".contains(*c)).collect();
    let tidied = Contact {
        id: contact.id,
        name: line(&contact.name),
        organisation: line(&contact.organisation),
        numbers: numbers.filter(|number| !number.number.is_empty()).collect(),
        favourite: contact.favourite,
        lamp: contact.lamp,
        note: note.trim().into(),
    };
    let length = |text: &Personal| text.expose().chars().count();
    if tidied.name.is_empty() && tidied.organisation.is_empty() && tidied.numbers.is_empty() {
        return Err(Refusal::ContactNameless);
    }
    if tidied.numbers.len() > MOST_NUMBERS {
        return Err(Refusal::ContactNumbers { most: limit(MOST_NUMBERS) });
    }
    let lines = tidied.numbers.iter().map(|number| &number.number).chain([&tidied.name, &tidied.organisation]);
    if lines.map(length).any(|length| length > LONGEST) {
        return Err(Refusal::ContactTooLong { most: limit(LONGEST) });
    }
    if length(&tidied.note) > LONGEST_NOTE {
        return Err(Refusal::ContactTooLong { most: limit(LONGEST_NOTE) });
    }
    Ok(tidied)
}

const KINDS: [(NumberKind, &str); 5] = [
    (NumberKind::Work, "work"),
    (NumberKind::Mobile, "mobile"),
    (NumberKind::Home, "home"),
    (NumberKind::Sip, "sip"),
    (NumberKind::Other, "other"),
];

fn kind_text(kind: NumberKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("other", |(_, text)| text)
}

pub(super) fn kind_of(text: &str) -> NumberKind {
    KINDS.iter().find(|(_, known)| *known == text).map_or(NumberKind::Other, |(kind, _)| *kind)
}
