//! Values that must not be printed: secrets, and what tells who called whom.

use std::{cell::RefCell, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize, Serializer};
use specta::Type;

/// A password, token or key. It is never printed; `expose` is for the few rooms that send or store it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Text that tells who called whom: a number, a name, an address, a session description.
///
/// `Debug` hides it. It is serialised as it is for the page and the settings, and as a pseudonym inside
/// [`Pseudonyms::replacing`], which is how journals and bundles are written.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Type)]
#[serde(transparent)]
pub struct Personal(String);

impl Personal {
    /// Wraps a personal text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the page and the wire.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(..)")
    }
}

impl From<&str> for Personal {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Personal {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for Personal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pseudonym = REPLACING.with_borrow_mut(|table| table.as_mut().map(|table| table.pseudonym(&self.0)));
        match pseudonym {
            Some(pseudonym) => serializer.serialize_str(&pseudonym),
            None => serializer.serialize_str(&self.0),
        }
    }
}

thread_local! {
    static REPLACING: RefCell<Option<Pseudonyms>> = const { RefCell::new(None) };
}

/// A table of stand-ins: the same text always gets the same pseudonym, so that a journal without names still shows
/// which calls were with the same person, and replays to the same outputs.
#[derive(Debug, Default)]
pub struct Pseudonyms {
    known: BTreeMap<Personal, Known>,
    last: usize,
    turn: u32,
}

/// A text that has a pseudonym.
#[derive(Debug)]
struct Known {
    number: usize,
    /// When it was last written.
    turn: u32,
}

impl Pseudonyms {
    /// Runs `serialise` with every [`Personal`] it writes replaced by its pseudonym.
    pub fn replacing<T>(&mut self, serialise: impl FnOnce() -> T) -> T {
        REPLACING.set(Some(std::mem::take(self)));
        let written = serialise();
        *self = REPLACING.take().unwrap_or_default();
        written
    }

    /// Begins a new turn: what was written in neither of the last two is forgotten, and gets another pseudonym should it come
    /// again. Who turns with each part of a bounded record has a bounded table.
    pub fn turn(&mut self) {
        self.known.retain(|_, known| known.turn == self.turn);
        self.turn = self.turn.wrapping_add(1);
    }

    /// What stands for `text`.
    pub fn of(&mut self, text: &Personal) -> String {
        self.pseudonym(&text.0)
    }

    fn pseudonym(&mut self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let last = &mut self.last;
        let known = self.known.entry(Personal::new(text)).or_insert_with(|| {
            *last += 1;
            Known { number: *last, turn: 0 }
        });
        known.turn = self.turn;
        format!("person-{}", known.number)
    }
}

/// Borrows a personal text for a log line; shows its length only.
pub struct Private<'a>(pub &'a str);

impl fmt::Debug for Private<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Private({} chars)", self.0.chars().count())
    }
}

impl fmt::Display for Private<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_people_are_not_printed() {
        let printed = format!("{:?} {:?} {}", Secret::new("hunter2"), Personal::new("+4420"), Private("+4420"));
        assert_eq!(printed, "Secret(..) Personal(..) Private(5 chars)");
    }

    #[test]
    fn who_is_not_written_for_two_turns_is_forgotten() {
        let mut table = Pseudonyms::default();
        let mut write = |text: &str, turn: bool| {
            if turn {
                table.turn();
            }
            table.replacing(|| serde_json::to_string(&Personal::new(text))).expect("strings serialise")
        };
        assert_eq!((write("alice", false), write("bob", false)), (r#""person-1""#.into(), r#""person-2""#.into()));
        assert_eq!(write("bob", true), r#""person-2""#);
        assert_eq!(write("bob", true), r#""person-2""#, "written in the turn before");
        assert_eq!(write("alice", false), r#""person-3""#, "a number is never given twice");
        assert_eq!(table.known.len(), 2);
    }

    #[test]
    fn the_same_person_keeps_the_same_pseudonym() {
        let mut table = Pseudonyms::default();
        let people = [Personal::new("+4420"), Personal::new("bob"), Personal::new("+4420"), Personal::new("")];
        let written = table.replacing(|| serde_json::to_string(&people)).expect("strings serialise");
        assert_eq!(written, r#"["person-1","person-2","person-1",""]"#);
        let later = table.replacing(|| serde_json::to_string(&people[1])).expect("strings serialise");
        assert_eq!(later, r#""person-2""#);
        assert_eq!(serde_json::to_string(&people[0]).expect("strings serialise"), r#""+4420""#);
    }
}
