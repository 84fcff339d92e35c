//! The phone's book: who was called, and who is known.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, Direction, Personal, Refusal, Remote};

/// One call of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HistoryEntry {
    /// Its number in the history; it grows with time.
    pub id: u32,
    /// On which account.
    pub account: AccountId,
    /// Who started it.
    pub direction: Direction,
    /// The far end as it told itself, or as it was dialled.
    pub remote: Remote,
    /// Who that is among the contacts of today.
    pub contact: Option<ContactName>,
    /// When it began, seconds since 1970 UTC.
    #[specta(type = u32)]
    pub started_s: i64,
    /// Length of the conversation; none when nobody answered.
    #[specta(type = Option<u32>)]
    pub talked_ms: Option<u64>,
    /// What came of it.
    pub outcome: Outcome,
    /// The cause of its end in words.
    pub words: String,
    /// SIP status behind the cause, where there is one.
    pub code: Option<u16>,
    /// Whether the user has seen it. Only missed calls are ever unseen.
    pub seen: bool,
}

/// What came of a call, as the history sorts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// There was a conversation.
    Answered,
    /// There was one, and the phone had answered by itself.
    AnsweredAutomatically,
    /// It rang here and nobody took it.
    Missed,
    /// Another phone of the user took it; not missed.
    AnsweredElsewhere,
    /// Declined or sent elsewhere: by the user, by do not disturb, or by the called.
    Declined,
    /// The called was busy, or all of this phone was.
    Busy,
    /// Something kept it from being a call.
    Failed,
    /// Given up before anybody answered.
    Cancelled,
}

/// Which part of the history is asked for, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct HistoryQuery {
    /// Part of a name, or digits of a number; everything when empty.
    pub text: String,
    /// Which kind.
    pub only: HistoryFilter,
    /// How many at most.
    pub limit: u32,
    /// Only those older than this entry: the last one of the page before.
    pub before: Option<u32>,
}

/// Which kind of calls is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum HistoryFilter {
    /// Every call.
    #[default]
    All,
    /// Calls that were missed.
    Missed,
}

/// The number of a contact in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct ContactId(pub u32);

impl std::fmt::Display for ContactId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Whom a number belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ContactName {
    /// Which contact.
    pub id: ContactId,
    /// What it is called.
    pub name: Personal,
}

/// Somebody who is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Contact {
    /// Its number in the book; none when it is new.
    pub id: Option<ContactId>,
    /// What it is called.
    pub name: Personal,
    /// Where the person works.
    pub organisation: Personal,
    /// How to reach it; the first is the one that is called.
    pub numbers: Vec<ContactNumber>,
    /// Whether it has a one-touch key.
    pub favourite: bool,
    /// Whether its key shows whether the person is in a call.
    pub lamp: bool,
    /// What else is to be known.
    pub note: Personal,
}

/// One number or address of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ContactNumber {
    /// What it is for.
    pub kind: NumberKind,
    /// The number or address as it was written.
    pub number: Personal,
}

/// What a number is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum NumberKind {
    /// At work.
    Work,
    /// On the move.
    Mobile,
    /// At home.
    Home,
    /// A SIP address.
    Sip,
    /// Another one.
    #[default]
    Other,
}

/// Which contacts are asked for, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct ContactQuery {
    /// Part of a name or organisation, or digits of a number; everybody when empty.
    pub text: String,
    /// Only those with a one-touch key.
    pub favourites: bool,
    /// How many at most.
    pub limit: u32,
    /// How many of the first are left out: those of the pages before.
    pub skip: u32,
}

/// Somebody to call, offered while a number is being typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Suggestion {
    /// What it is called; empty when only the number is known.
    pub name: Personal,
    /// What would be dialled.
    pub number: Personal,
    /// Where it is from.
    pub from: SuggestedBy,
}

/// Where a suggestion is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum SuggestedBy {
    /// The contacts.
    Contact,
    /// The history.
    History,
}

/// The forms in which contacts come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum ContactForm {
    /// vCard: 2.1, 3.0 and 4.0 are read, 3.0 is written.
    VCard,
    /// A table with a row of names on top.
    Csv,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ImportReport {
    /// Contacts that are new.
    pub added: u32,
    /// Contacts that were there and got more.
    pub updated: u32,
    /// What was left out and why, the first of it.
    pub skipped: Vec<Skipped>,
    /// How much more was.
    pub more_skipped: u32,
}

/// A part of a file that is no contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Skipped {
    /// Where it begins, from 1.
    pub line: u32,
    /// Why.
    pub fault: SkippedFault,
}

/// Why a part of a file is no contact: a code, and what its sentence is filled in with. The sentences are the page's; in English,
/// `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum SkippedFault {
    /// No property of a vCard.
    NotAProperty,
    /// A vCard without an end.
    NoEnd,
    /// A quotation mark is not closed.
    QuoteOpen,
    /// The table is longer than is read.
    TooManyRows {
        /// So many rows are.
        most: u32,
    },
    /// So is its row.
    TooManyCells {
        /// So many cells are.
        most: u32,
    },
    /// There are too many contacts.
    TooManyContacts,
    /// The contact cannot be kept.
    Contact {
        /// Why.
        refusal: Refusal,
    },
}

/// As it is printed.
impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

/// In English; the page has its own words.
impl fmt::Display for SkippedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAProperty => f.write_str("this is no property of a vCard"),
            Self::NoEnd => f.write_str("the vCard has no end"),
            Self::QuoteOpen => f.write_str("a quotation mark is not closed"),
            Self::TooManyRows { most } => write!(f, "the table is longer than {most} rows"),
            Self::TooManyCells { most } => write!(f, "the row has more than {most} cells"),
            Self::TooManyContacts => f.write_str("there are too many contacts"),
            Self::Contact { refusal } => write!(f, "{refusal}"),
        }
    }
}
