//! Fields that cannot stay as they are.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use super::FileFault;

/// A field that cannot stay as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FieldProblem {
    /// Its dotted name, items of lists by id or position (`accounts.office.server`).
    pub field: String,
    /// What is wrong; without the value where that may be personal.
    pub fault: FieldFault,
}

/// As it is printed.
impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.fault)
    }
}

/// What is wrong with a field: a code, and what its sentence is filled in with. The sentences are the page's; in English,
/// `Display`, to follow the name of the field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum FieldFault {
    /// There is nothing.
    Missing,
    /// Another one has it, or is the same.
    Twice,
    /// There are too many.
    TooMany {
        /// So many may be.
        most: u32,
    },
    /// The number is too small or too large.
    NotBetween {
        /// The smallest.
        from: u32,
        /// The largest.
        to: u32,
    },
    /// So are the seconds.
    NotSeconds {
        /// The fewest.
        from: u32,
        /// The most.
        to: u32,
    },
    /// It is none of a few numbers.
    NoneOf {
        /// These.
        numbers: Vec<u32>,
    },
    /// There must be one at least.
    None,
    /// It has line breaks, or is too long.
    NotOneLine {
        /// So many bytes may be.
        most: u32,
    },
    /// It becomes a header field, and holds what cannot stand in one.
    NotPlain,
    /// No name of an account.
    NotAName,
    /// No host name.
    NotAHost,
    /// More than the part before the @ of an address.
    NotAUser,
    /// It holds a character that must not be there.
    Character {
        /// This one.
        character: String,
    },
    /// A `%` without two hexadecimal digits behind it.
    Escape,
    /// No address of a server.
    NotAnAddress {
        /// What one looks like.
        like: String,
    },
    /// The way there is not encrypted.
    NotEncrypted {
        /// `ws` or `http`; with an `s` behind it, it would be.
        scheme: String,
        /// The setting that allows it.
        allowed_by: String,
    },
    /// No proxy.
    NotAProxy,
    /// No fingerprint of a key.
    NotAFingerprint,
    /// Nothing that can be called.
    NotATarget,
    /// A TURN server without a user name.
    TurnUser,
    /// Relays only, and there is none.
    NoRelay,
    /// A path that begins nowhere.
    NotAWholePath,
    /// No country.
    NotACountry,
    /// No language.
    NotALanguage,
    /// No key that may be taken from every program.
    NotAShortcut,
    /// A list of callers that is too long, or has an empty one in it.
    Callers {
        /// So many may be.
        most: u32,
    },
    /// No cloud, at Aculab Cloud.
    NotACloud,
    /// No access key there.
    NotAnAccessKey,
    /// No client there.
    NotAClient,
    /// No list of clients there.
    NotClients,
    /// No filter of the log.
    NotALogFilter {
        /// In the words of what reads it.
        detail: String,
    },
    /// A batch file, which takes what callers say of themselves for commands.
    BatchFile,
    /// Somebody else has set it.
    SetBy {
        /// Who, or where it stands.
        source: String,
        /// Whom to ask about it; empty when it does not say.
        contact: String,
    },
    /// What an administrator has set cannot be read, so that nothing can be changed.
    RulesDamaged {
        /// Its file.
        file: String,
        /// What is wrong with it.
        fault: FileFault,
    },
}

/// In English; the page has its own words. What stands in brackets after the names at the cloud is what its libraries say,
/// by which its documentation helps.
impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Twice => f.write_str("is there twice"),
            Self::TooMany { most } => write!(f, "may be {most} at most"),
            Self::NotBetween { from, to } => write!(f, "must be from {from} to {to}"),
            Self::NotSeconds { from, to } => write!(f, "must be from {from} to {to} seconds"),
            Self::NoneOf { numbers } => {
                write!(f, "must be {}", numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "))
            }
            Self::None => f.write_str("must be one at least"),
            Self::NotOneLine { most } => write!(f, "may have {most} characters at most and no line breaks"),
            Self::NotPlain => f.write_str("may have plain letters, digits and signs only"),
            Self::NotAName => f.write_str("has 1 to 64 characters, no slash, and no blank at either end"),
            Self::NotAHost => f.write_str("is not a host name"),
            Self::NotAUser => f.write_str("is the part before the @ only, without blanks"),
            Self::Character { character } => write!(f, "must not have the character '{character}'"),
            Self::Escape => f.write_str("has a % that is not followed by two hexadecimal digits"),
            Self::NotAnAddress { like } => write!(f, "is no address such as {like}"),
            Self::NotEncrypted { scheme, allowed_by } => {
                write!(f, "with {scheme}:// anyone on the way can read along; use {scheme}s://, or set {allowed_by}")
            }
            Self::NotAProxy => f.write_str("is not empty, \"direct\" or http://host:port"),
            Self::NotAFingerprint => f.write_str("is a SHA-256 of 64 hexadecimal digits, with or without colons"),
            Self::NotATarget => f.write_str("is no number or address that can be called"),
            Self::TurnUser => f.write_str("is missing: a TURN server asks for a user name"),
            Self::NoRelay => f.write_str("is relays only, and there is no TURN server"),
            Self::NotAWholePath => f.write_str("must be the whole path, from the root on"),
            Self::NotACountry => f.write_str("is a country of two letters (ISO 3166), as gb or de"),
            Self::NotALanguage => f.write_str("is no language code, as en or de"),
            Self::NotAShortcut => f.write_str("is a key with Ctrl, Alt or Super, as Ctrl+Alt+A"),
            Self::Callers { most } => write!(f, "are {most} numbers or addresses at most, none of them empty"),
            Self::NotACloud => f.write_str("is three numbers with hyphens, as 1-2-0 (Invalid cloudId)"),
            Self::NotAnAccessKey => f.write_str("is 1 to 63 small letters and digits (Invalid webRtcAccessKey)"),
            Self::NotAClient => f.write_str("is made of letters, digits and + - _ . only (Invalid clientId)"),
            Self::NotClients => {
                f.write_str("are client ids with commas between them, as bob,agent*, or * for all (Invalid clientId)")
            }
            Self::NotALogFilter { detail } => write!(f, "is no log filter: {detail}"),
            Self::BatchFile => f.write_str("must be a program and no batch file: that would run what a caller calls himself"),
            Self::SetBy { source, contact } if contact.is_empty() => write!(f, "is set by {source}"),
            Self::SetBy { source, contact } => write!(f, "is set by {source}; ask {contact}"),
            Self::RulesDamaged { file, fault } => {
                write!(f, "cannot be changed while the administrator's file is damaged: {file}: {fault}")
            }
        }
    }
}
