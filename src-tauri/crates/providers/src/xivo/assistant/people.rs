//! People as the page draws them, made of what the server tells: tables whose columns it chooses, or sheets.

use model::{AssistantNumber, AssistantPerson, PersonId, Personal, PhoneState};

use super::short;
use crate::xivo::cti::{ContactSheet, DirectoryEntry, DirectoryResult, PhoneStatus};

/// Most people of a list that are kept.
const MOST: usize = 200;
/// Most numbers of one person.
const MOST_NUMBERS: usize = 6;
/// Longest name, title or detail, in characters.
const LONGEST: usize = 120;
/// Longest number.
const LONGEST_NUMBER: usize = 64;

/// Somebody, and whether the server tells of his telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) drawn: AssistantPerson,
    /// Whether he has a telephone that can be watched.
    pub(super) has_line: bool,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Number,
    /// Yes or no, which the server tells otherwise too.
    Flag,
    Other,
    /// Its header says nothing that is known here: its content decides.
    Unknown,
}

/// Words in headers that tell what the column is, without accents; the first that fits decides.
const HEADERS: [(&str, Column); 24] = [
    ("fav", Column::Flag),
    ("mail", Column::Other),
    ("company", Column::Other),
    ("societ", Column::Other),
    ("entrepris", Column::Other),
    ("firma", Column::Other),
    ("empresa", Column::Other),
    ("numb", Column::Number),
    ("nume", Column::Number),
    ("numm", Column::Number),
    ("phone", Column::Number),
    ("tel", Column::Number),
    ("mobil", Column::Number),
    ("movil", Column::Number),
    ("handy", Column::Number),
    ("gsm", Column::Number),
    ("cell", Column::Number),
    ("poste", Column::Number),
    ("exten", Column::Number),
    ("durchwahl", Column::Number),
    ("name", Column::Name),
    ("nom", Column::Name),
    ("apellido", Column::Name),
    ("perso", Column::Flag),
];

/// The people of a table.
pub(super) fn of_table(table: &DirectoryResult) -> Vec<Person> {
    let columns: Vec<Column> = table.headers.iter().map(|header| column(header)).collect();
    let people = table.entries.iter().take(MOST).map(|entry| of_entry(&table.headers, &columns, entry));
    people.filter(Person::is_somebody).collect()
}

/// The people of sheets.
pub(super) fn of_sheets(sheets: &[ContactSheet]) -> Vec<Person> {
    sheets.iter().take(MOST).map(of_sheet).filter(Person::is_somebody).collect()
}

impl Person {
    fn is_somebody(&self) -> bool {
        !self.drawn.name.is_empty() || !self.drawn.numbers.is_empty()
    }

    /// The numbers by which his telephone is watched: which of them is its own, the server does not say.
    pub(super) fn watched(&self) -> impl Iterator<Item = &Personal> {
        let has_line = self.has_line;
        self.drawn.numbers.iter().filter(move |_| has_line).map(|number| &number.number)
    }
}

fn of_entry(headers: &[String], columns: &[Column], entry: &DirectoryEntry) -> Person {
    let has_names = columns.contains(&Column::Name);
    let (mut names, mut details, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for (at, text) in entry.columns.iter().enumerate() {
        let text = text.expose().trim();
        if text.is_empty() {
            continue;
        }
        let title = headers.get(at).map(String::as_str).unwrap_or_default();
        match columns.get(at).copied().unwrap_or(Column::Unknown) {
            Column::Name => names.push(text),
            Column::Number => numbers.push((title, text)),
            Column::Flag => {}
            Column::Unknown if is_flag(text) => {}
            Column::Unknown if looks_like_number(text) => numbers.push((title, text)),
            Column::Unknown if !has_names && names.is_empty() => names.push(text),
            Column::Unknown | Column::Other => details.push(text),
        }
    }
    let number = |(title, number): (&str, &str)| AssistantNumber {
        title: short(title, LONGEST),
        number: short(number, LONGEST_NUMBER).into(),
    };
    let id = PersonId { contact: entry.contact_id.clone(), source: entry.source.clone() };
    Person {
        drawn: AssistantPerson {
            id: (!id.contact.is_empty()).then_some(id),
            name: short(&names.join(" "), LONGEST).into(),
            detail: short(&details.join(", "), LONGEST).into(),
            numbers: numbers.into_iter().take(MOST_NUMBERS).map(number).collect(),
            phone: entry.status.and_then(phone_state),
            favourite: entry.favorite,
        },
        has_line: entry.status.is_some_and(is_line),
    }
}

fn of_sheet(sheet: &ContactSheet) -> Person {
    let mut calls: Vec<_> = sheet.actions.iter().filter(|action| action.action == "Call").collect();
    calls.sort_by_key(|action| !action.is_default);
    let numbers = calls.into_iter().flat_map(|action| &action.args).filter(|number| !number.is_empty()).take(MOST_NUMBERS);
    let number =
        |number: &Personal| AssistantNumber { title: String::new(), number: short(number.expose(), LONGEST_NUMBER).into() };
    Person {
        drawn: AssistantPerson {
            // Sheets do not say by what a favourite is named.
            id: None,
            name: short(sheet.name.expose(), LONGEST).into(),
            detail: short(sheet.subtitle.expose(), LONGEST).into(),
            numbers: numbers.map(number).collect(),
            phone: sheet.status.and_then(phone_state),
            favourite: sheet.favorite,
        },
        has_line: sheet.status.is_some_and(is_line),
    }
}

/// How a telephone is doing, as it is drawn; none where there is none, or nobody knows.
pub(super) fn phone_state(status: PhoneStatus) -> Option<PhoneState> {
    Some(match status {
        PhoneStatus::Available => PhoneState::Free,
        PhoneStatus::Calling => PhoneState::Calling,
        PhoneStatus::Ringing => PhoneState::Ringing,
        PhoneStatus::Busy => PhoneState::Busy,
        PhoneStatus::BusyAndRinging => PhoneState::BusyAndRinging,
        PhoneStatus::OnHold => PhoneState::OnHold,
        PhoneStatus::Unavailable | PhoneStatus::Deactivated => PhoneState::Unreachable,
        PhoneStatus::Unexisting | PhoneStatus::Error => return None,
    })
}

fn is_line(status: PhoneStatus) -> bool {
    status != PhoneStatus::Unexisting
}

fn column(header: &str) -> Column {
    let plain: String = header.chars().take(LONGEST).flat_map(char::to_lowercase).map(without_accent).collect();
    HEADERS.iter().find(|(word, _)| plain.contains(word)).map_or(Column::Unknown, |(_, column)| *column)
}

/// Of the letters in headers of the languages that XiVO speaks.
fn without_accent(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ä' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        other => other,
    }
}

fn is_flag(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn looks_like_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 2 && text.chars().all(|c| c.is_ascii_digit() || "+*#-./() \u{a0}".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(headers: &[&str], row: &[&str], status: Option<PhoneStatus>) -> AssistantPerson {
        let entry = DirectoryEntry {
            columns: row.iter().map(|text| Personal::from(*text)).collect(),
            status,
            contact_id: "17".into(),
            source: "internal".into(),
            favorite: false,
        };
        let headers = headers.iter().map(|header| (*header).to_owned()).collect();
        of_table(&DirectoryResult { headers, entries: vec![entry] }).pop().expect("is somebody").drawn
    }

    fn told(person: &AssistantPerson) -> (&str, &str, Vec<(&str, &str)>) {
        let numbers = person.numbers.iter().map(|number| (number.title.as_str(), number.number.expose()));
        (person.name.expose(), person.detail.expose(), numbers.collect())
    }

    #[test]
    fn columns_are_known_by_their_headers_in_the_languages_of_the_server() {
        let english = table(
            &["Firstname", "Lastname", "Number", "Mobile", "Favorite"],
            &["Bob", "Stone", "bob", "0600000001", "false"],
            Some(PhoneStatus::Available),
        );
        assert_eq!(told(&english), ("Bob Stone", "", vec![("Number", "bob"), ("Mobile", "0600000001")]));
        let french = table(
            &["Nom", "Numéro", "Mobile", "Autre numéro", "Société", "Personnel", "Favoris"],
            &["Zoé Blanc", "1004", "", "+33 1 02 03", "Acme", "false", "true"],
            None,
        );
        assert_eq!(told(&french), ("Zoé Blanc", "Acme", vec![("Numéro", "1004"), ("Autre numéro", "+33 1 02 03")]));
        let german = table(&["Vorname", "Nachname", "Rufnummer", "E-Mail"], &["Eva", "Maß", "12", "e@x.de"], None);
        assert_eq!(told(&german), ("Eva Maß", "e@x.de", vec![("Rufnummer", "12")]));
    }

    #[test]
    fn columns_whose_headers_say_nothing_are_known_by_what_is_in_them() {
        let person = table(&["A", "B", "C"], &["Bob", "+44 20 7946 0123", "true", "Lab", "1"], Some(PhoneStatus::Busy));
        assert_eq!(told(&person), ("Bob", "Lab, 1", vec![("B", "+44 20 7946 0123")]));
        assert_eq!(person.phone, Some(PhoneState::Busy));
    }

    #[test]
    fn a_sheet_is_called_by_its_usual_number_first() {
        let call = |number: &str, is_default| crate::xivo::cti::SheetAction {
            action: "Call".into(),
            args: vec![number.into()],
            is_default,
        };
        let chat = crate::xivo::cti::SheetAction { action: "Chat".into(), args: vec!["bob".into()], is_default: false };
        let sheet = ContactSheet {
            name: "Bob Stone".into(),
            subtitle: "Lab".into(),
            favorite: true,
            status: Some(PhoneStatus::Unexisting),
            actions: vec![call("0600000001", false), chat, call("1002", true)],
        };
        let person = &of_sheets(&[sheet])[0];
        assert_eq!(told(&person.drawn), ("Bob Stone", "Lab", vec![("", "1002"), ("", "0600000001")]));
        assert_eq!((person.drawn.phone, person.has_line, &person.drawn.id), (None, false, &None));
        assert_eq!(person.watched().count(), 0);
    }

    #[test]
    fn what_is_too_much_is_cut_and_nobody_is_left_out() {
        let nobody =
            ContactSheet { name: Personal::default(), subtitle: "x".into(), favorite: false, status: None, actions: Vec::new() };
        let long = ContactSheet { name: "n".repeat(5_000).into(), ..nobody.clone() };
        let people = of_sheets(&[vec![nobody], vec![long; MOST + 50]].concat());
        assert_eq!(people.len(), MOST - 1);
        assert_eq!(people[0].drawn.name.expose().len(), LONGEST);
    }
}
