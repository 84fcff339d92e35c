use model::{ContactNumber, NumberKind, SuggestedBy};

use super::*;

fn contact(id: u32, name: &str, numbers: &[&str]) -> Contact {
    let number = |number: &&str| ContactNumber { kind: NumberKind::Work, number: (*number).into() };
    Contact { id: Some(ContactId(id)), name: name.into(), numbers: numbers.iter().map(number).collect(), ..Contact::default() }
}

fn directory(contacts: Vec<Contact>) -> Directory {
    Directory::new(NumberingPlan::of_country("gb"), contacts)
}

fn remote(number: &str, uri: &str) -> Remote {
    Remote { name: "".into(), number: number.into(), uri: uri.into() }
}

fn past(name: &str, number: &str, calls: u32, last_s: i64) -> Past {
    let mut past = Past::new(name.into(), number.into(), NumberingPlan::of_country("gb"));
    (past.calls, past.last_s) = (calls, last_s);
    past
}

fn names(suggestions: &[model::Suggestion]) -> Vec<&str> {
    suggestions.iter().map(|suggestion| suggestion.name.expose()).collect()
}

#[test]
fn a_caller_is_known_by_any_form_of_the_number() {
    let index = directory(vec![
        contact(1, "Ann", &["020 7946 0123", "sip:ann@example.com"]),
        contact(2, "Bob", &["1001"]),
        contact(3, "Carol", &["442079460999"]),
    ])
    .index();
    let name = |number: &str, uri: &str| index.find(&remote(number, uri)).map(|found| found.name.expose().to_owned());
    assert_eq!(name("+442079460123", "sip:+442079460123@trunk.example.com").as_deref(), Some("Ann"));
    assert_eq!(name("00442079460123", "").as_deref(), Some("Ann"));
    assert_eq!(name("2079460123", "").as_deref(), Some("Ann"), "a trunk that leaves out the 0");
    assert_eq!(name("ann", "sip:ann@example.com:5060").as_deref(), Some("Ann"));
    assert_eq!(name("1001", "sip:1001@pbx.example.com").as_deref(), Some("Bob"));
    assert_eq!(name("+442079460999", "").as_deref(), Some("Carol"), "kept without its +");
    assert_eq!(name("1002", "sip:1002@pbx.example.com"), None);
    assert_eq!(name("anonymous", "sip:anonymous@anonymous.invalid"), None);
}

#[test]
fn contacts_are_found_by_parts_of_names_and_digits() {
    let directory = directory(vec![
        contact(1, "Élodie Brûlé", &["+33 1 44 71 02 03"]),
        Contact { organisation: "Søren & Sons".into(), favourite: true, ..contact(2, "Zoë Ann Smith", &["020 7946 0123"]) },
        contact(3, "ann", &["sip:ann.other@example.com"]),
    ]);
    let found = |text: &str, favourites: bool| {
        let query = ContactQuery { text: text.into(), favourites, limit: 10, skip: 0 };
        directory.search(&query).iter().map(|contact| contact.id.map_or(0, |id| id.0)).collect::<Vec<_>>()
    };
    assert_eq!(found("", false), [3, 1, 2], "everybody, by name");
    assert_eq!(found("", true), [2]);
    assert_eq!(found("BRULE elo", false), [1]);
    assert_eq!(found("soren", false), [2]);
    assert_eq!(found("ann", false), [3, 2]);
    assert_eq!(found("020 79", false), [2]);
    assert_eq!(found("+44 20", false), [2]);
    assert_eq!(found("0144", false), [] as [u32; 0], "a French number is not dialled so here");
    assert_eq!(found("example.com", false), [3]);
    assert_eq!(found("nobody", false), [] as [u32; 0]);
}

#[test]
fn suggestions_begin_with_what_begins_so_and_contacts_before_strangers() {
    let directory =
        directory(vec![contact(1, "Bertha Anson", &["2001"]), contact(2, "Anne", &["2002"]), contact(3, "Joanna", &["2003"])]);
    let history = [past("Anders", "2004", 50, 1_000_000), past("Visitor", "2005", 9, 1_000_000)];
    let suggested = directory.suggest("an", &history, 1_000_000);
    assert_eq!(names(&suggested), ["Anne", "Anders", "Bertha Anson", "Joanna"]);
    assert_eq!(suggested[1].from, SuggestedBy::History);
    assert_eq!(names(&directory.suggest("200", &history, 0)), ["Anne", "Bertha Anson", "Joanna", "Anders", "Visitor"]);
    assert!(directory.suggest("  ", &history, 0).is_empty());
}

#[test]
fn who_is_called_often_and_lately_comes_first() {
    let directory = directory(vec![contact(1, "Anna", &["2001"]), contact(2, "Annabel", &["2002", "020 7946 0123"])]);
    let day = 86_400;
    let history = [past("", "2001", 3, 0), past("", "+442079460123", 3, 360 * day), past("Anne", "2009", 1, 0)];
    let suggested = directory.suggest("ann", &history, 365 * day);
    assert_eq!(names(&suggested), ["Annabel", "Anna", "Anne"]);
    assert_eq!(suggested[0].number.expose(), "020 7946 0123", "the number that is called");
}

#[test]
fn a_number_is_offered_once_and_under_the_name_of_the_contact() {
    let directory = directory(vec![contact(1, "Ann", &["020 7946 0123"])]);
    let history =
        [past("ANN AT WORK", "+442079460123", 9, 0), past("ANN", "00442079460123", 2, 0), past("", "+442079460124", 1, 0)];
    let suggested = directory.suggest("02079", &history, 0);
    let numbers: Vec<&str> = suggested.iter().map(|suggestion| suggestion.number.expose()).collect();
    assert_eq!(numbers, ["020 7946 0123", "+442079460124"]);
}

#[test]
fn eight_are_enough() {
    let many = (1..100).map(|id| contact(id, &format!("Ann {id}"), &[&format!("30{id:02}")])).collect();
    assert_eq!(directory(many).suggest("ann", &[], 0).len(), 8);
}
