//! Tables (RFC 4180) as address books write them: Google, Outlook, Thunderbird, and plain ones.
//!
//! A table is opened in spreadsheets, which take a cell that begins with `=`, `+`, `-` or `@` for a formula. Such cells get
//! an apostrophe in front, which spreadsheets hide and reading takes off again; a telephone number keeps its `+`, for a
//! formula of digits does nothing but show them. The same is done within a cell where one would begin in a spreadsheet that
//! separates them by something else (`;` where numbers have a comma).

use std::borrow::Cow;

use model::{Contact, ContactNumber, NumberKind, Personal, Refusal, Skipped, SkippedFault};

use super::{Drafted, Read, kind_by_words, no_contact};
use crate::{check::limit, fold::fold};

/// More columns than any address book writes (Outlook has 92).
const MOST_COLUMNS: usize = 500;

/// More rows than a book takes contacts.
const MOST_ROWS: usize = 50_000;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Given,
    Middle,
    Family,
    Organisation,
    Note,
    Favourite,
    Lamp,
    Number(NumberKind),
    /// What the number of this place is for, and the number.
    TypeOf(u32),
    Typed(u32),
    Other,
}

/// A row with the number of the line it begins in.
struct Record {
    line: usize,
    cells: Vec<String>,
}

pub(super) fn read(text: &str) -> Result<Read, Refusal> {
    let (text, separator) = separated(text);
    let mut read = Read::default();
    let mut records = records(text, separator, &mut read.skipped).into_iter();
    let Some(first) = records.next() else { return Err(Refusal::TableEmpty) };
    let names: Vec<Column> = first.cells.iter().map(|cell| column(cell)).collect();
    let is_named = names.iter().any(|column| matches!(column, Column::Number(_) | Column::Typed(_)))
        && !first.cells.iter().any(|cell| looks_like_number(cell));
    if is_named {
        for record in records {
            draft(&mut read, record, |contact, cells| fill(contact, &names, cells));
        }
    } else if first.cells.iter().any(|cell| looks_like_number(cell)) {
        for record in std::iter::once(first).chain(records) {
            draft(&mut read, record, guess);
        }
    } else {
        return Err(Refusal::NoNumbers);
    }
    Ok(read)
}

fn draft(read: &mut Read, record: Record, fill: impl FnOnce(&mut Contact, &[String])) {
    if record.cells.iter().all(|cell| cell.trim().is_empty()) {
        return;
    }
    let mut contact = Contact::default();
    let cells: Vec<String> = record.cells.iter().map(|cell| as_written(cell.trim()).into_owned()).collect();
    fill(&mut contact, &cells);
    read.contacts.push(Drafted { line: record.line, contact });
}

fn fill(contact: &mut Contact, names: &[Column], cells: &[String]) {
    let mut parts = [const { String::new() }; 3];
    let mut kinds: Vec<(u32, &str)> = Vec::new();
    for (column, cell) in names.iter().zip(cells) {
        if cell.is_empty() {
            continue;
        }
        let text = || Personal::from(cell.as_str());
        match column {
            Column::Name if contact.name.is_empty() => contact.name = text(),
            Column::Organisation if contact.organisation.is_empty() => contact.organisation = text(),
            Column::Note if contact.note.is_empty() => contact.note = text(),
            Column::Given => parts[0].clone_from(cell),
            Column::Middle => parts[1].clone_from(cell),
            Column::Family => parts[2].clone_from(cell),
            Column::Favourite => contact.favourite = is_yes(cell),
            Column::Lamp => contact.lamp = is_yes(cell),
            Column::Number(kind) => contact.numbers.push(ContactNumber { kind: *kind, number: text() }),
            Column::TypeOf(place) => kinds.push((*place, cell)),
            Column::Typed(place) => {
                let words = kinds.iter().find(|(of, _)| of == place).map_or("", |(_, words)| words);
                // Several numbers of one type stand in one cell there.
                for number in cell.split(" ::: ") {
                    if let Some(kind) = kind_by_words(words) {
                        contact.numbers.push(ContactNumber { kind, number: number.into() });
                    }
                }
            }
            Column::Name | Column::Organisation | Column::Note | Column::Other => {}
        }
    }
    if contact.name.is_empty() {
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        contact.name = parts.join(" ").into();
    }
}

/// A row of a table without names: the first text is the name, what looks like a number is one.
fn guess(contact: &mut Contact, cells: &[String]) {
    for cell in cells.iter().filter(|cell| !cell.is_empty()) {
        if looks_like_number(cell) {
            contact.numbers.push(ContactNumber { kind: NumberKind::Other, number: cell.as_str().into() });
        } else if contact.name.is_empty() {
            contact.name = cell.as_str().into();
        }
    }
}

fn column(name: &str) -> Column {
    let name = fold(name);
    if let Some(rest) = name.strip_prefix("phone ")
        && let Some((place, what)) = rest.split_once(" - ")
        && let Ok(place) = place.parse()
    {
        return match what {
            "value" => Column::Typed(place),
            "type" | "label" => Column::TypeOf(place),
            _ => Column::Other,
        };
    }
    match name.as_str() {
        "name" | "full name" | "fullname" | "display name" | "file as" | "contact" | "anzeigename" | "nom complet"
        | "nombre completo" => Column::Name,
        "given name" | "first name" | "firstname" | "vorname" | "prenom" | "nombre" => Column::Given,
        "middle name" | "additional name" => Column::Middle,
        "family name" | "last name" | "lastname" | "surname" | "nachname" | "nom" | "nom de famille" | "apellidos"
        | "apellido" => Column::Family,
        "organization"
        | "organisation"
        | "company"
        | "organization name"
        | "organization 1 - name"
        | "firma"
        | "societe"
        | "entreprise"
        | "empresa" => Column::Organisation,
        "notes" | "note" | "notizen" | "remarques" | "notas" => Column::Note,
        "favourite" | "favorite" => Column::Favourite,
        "lamp" => Column::Lamp,
        _ if is_number_column(&name) => kind_by_words(&name).map_or(Column::Other, Column::Number),
        _ => Column::Other,
    }
}

fn is_number_column(name: &str) -> bool {
    const WORDS: [&str; 13] = [
        "phone",
        "telephone",
        "telefon",
        "telefono",
        "tel",
        "mobile",
        "mobil",
        "cell",
        "handy",
        "portable",
        "movil",
        "number",
        "extension",
    ];
    const WHOLE: [&str; 6] = ["work", "home", "business", "sip", "sip address", "nummer"];
    let has_word = name.split([' ', '-', '_', '/', '(', ')', '.']).any(|word| WORDS.contains(&word));
    // Street and account numbers are none to call; whose assistant it is, no table tells.
    let other = ["id number", "house", "street", "account", "assistant", "government", "isdn", "phonetic"];
    (has_word || WHOLE.contains(&name)) && !other.iter().any(|word| name.contains(word))
}

fn looks_like_number(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    digits >= 2 && cell.trim().chars().all(|c| c.is_ascii_digit() || "+*#-.()/' \u{a0}".contains(c))
}

fn is_yes(cell: &str) -> bool {
    matches!(fold(cell).as_str(), "yes" | "true" | "1" | "x")
}

/// The table and what stands between its cells: told by its first line, else what that line has most of.
fn separated(text: &str) -> (&str, char) {
    let first = text.lines().next().unwrap_or_default();
    if let Some(told) = first.strip_prefix("sep=")
        && let Some(separator) = told.chars().next()
    {
        let rest = text[first.len()..].trim_start_matches(['\r', '\n']);
        return (rest, separator);
    }
    let mut quoted = false;
    let mut counts = [(',', 0), (';', 0), ('\t', 0)];
    for c in first.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        if let Some((_, count)) = counts.iter_mut().find(|(separator, _)| *separator == c && !quoted) {
            *count += 1;
        }
    }
    // Of two as frequent ones, the comma.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    (text, most.map_or(',', |(separator, _)| *separator))
}

fn records(text: &str, separator: char, skipped: &mut Vec<Skipped>) -> Vec<Record> {
    let mut found: Vec<Record> = Vec::new();
    let mut record = Record { line: 1, cells: Vec::new() };
    let (mut cell, mut quoted, mut line) = (String::new(), false, 1);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c == '\n' || (c == '\r' && characters.peek() != Some(&'\n')) {
            line += 1;
        }
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            c if quoted => cell.push(c),
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            // One too many is enough for the row to be passed over.
            c if c == separator && record.cells.len() > MOST_COLUMNS => cell.clear(),
            c if c == separator => record.cells.push(std::mem::take(&mut cell)),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' => {
                record.cells.push(std::mem::take(&mut cell));
                close(std::mem::replace(&mut record, Record { line, cells: Vec::new() }), &mut found, skipped);
                if found.len() == MOST_ROWS {
                    skipped.push(no_contact(line, SkippedFault::TooManyRows { most: limit(MOST_ROWS) }));
                    return found;
                }
            }
            c => cell.push(c),
        }
    }
    if quoted {
        skipped.push(no_contact(record.line, SkippedFault::QuoteOpen));
    }
    if !cell.is_empty() || !record.cells.is_empty() {
        record.cells.push(cell);
        close(record, &mut found, skipped);
    }
    found
}

fn close(record: Record, found: &mut Vec<Record>, skipped: &mut Vec<Skipped>) {
    if record.cells.len() > MOST_COLUMNS {
        skipped.push(no_contact(record.line, SkippedFault::TooManyCells { most: limit(MOST_COLUMNS) }));
    } else if record.cells.iter().any(|cell| !cell.trim().is_empty()) {
        found.push(record);
    }
}

pub(super) fn write<'a>(contacts: impl Iterator<Item = &'a Contact>) -> String {
    let contacts: Vec<&Contact> = contacts.collect();
    let numbers = contacts.iter().map(|contact| contact.numbers.len()).max().unwrap_or_default().max(1);
    let mut names: Vec<String> = ["Name", "Organization", "Notes", "Favourite", "Lamp"].map(str::to_owned).into();
    names.extend((1..=numbers).flat_map(|place| [format!("Phone {place} - Type"), format!("Phone {place} - Value")]));
    let mut text = String::new();
    write_row(&mut text, &names);
    for contact in contacts {
        let flag = |is: bool| if is { "yes".to_owned() } else { String::new() };
        let mut cells = vec![
            contact.name.expose().to_owned(),
            contact.organisation.expose().to_owned(),
            contact.note.expose().to_owned(),
            flag(contact.favourite),
            flag(contact.lamp),
        ];
        for ContactNumber { kind, number } in &contact.numbers {
            let kind = match kind {
                NumberKind::Work => "Work",
                NumberKind::Mobile => "Mobile",
                NumberKind::Home => "Home",
                NumberKind::Sip => "SIP",
                NumberKind::Other => "Other",
            };
            cells.extend([kind.to_owned(), number.expose().to_owned()]);
        }
        cells.resize(names.len(), String::new());
        write_row(&mut text, &cells);
    }
    text
}

fn write_row(text: &mut String, cells: &[String]) {
    let quoted = |cell: &String| {
        let cell = harmless(cell);
        let needs_quotes = cell.contains(['"', ',', ';', '\t', '\r', '\n']) || cell.trim() != cell;
        if needs_quotes { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    };
    text.push_str(&cells.iter().map(quoted).collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}

/// What spreadsheets take for the beginning of a formula, and the sign that says it is none.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// What a cell begins behind in a spreadsheet that was told of another separator, to which our quotes then mean nothing.
const BOUNDARY: [char; 6] = [',', ';', '\t', '\r', '\n', '"'];

fn harmless(cell: &str) -> String {
    let is_telephone = cell.starts_with('+') && cell[1..].chars().all(|c| c.is_ascii_digit() || " -.()".contains(c));
    if is_telephone {
        return cell.to_owned();
    }
    let mut written = String::with_capacity(cell.len());
    let mut begins = true;
    for c in cell.chars() {
        if begins && FORMULA.contains(&c) {
            written.push('\'');
        }
        begins = BOUNDARY.contains(&c);
        written.push(c);
    }
    written
}

fn as_written(cell: &str) -> Cow<'_, str> {
    if !cell.contains('\'') {
        return cell.into();
    }
    let mut read = String::with_capacity(cell.len());
    let (mut begins, mut characters) = (true, cell.chars().peekable());
    while let Some(c) = characters.next() {
        let meant = if begins && c == '\'' { characters.next_if(|next| FORMULA.contains(next)).unwrap_or(c) } else { c };
        begins = BOUNDARY.contains(&meant);
        read.push(meant);
    }
    read.into()
}
