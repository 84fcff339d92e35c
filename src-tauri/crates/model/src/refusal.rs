//! Why something that was asked for was not done.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{FieldProblem, FileFault, OfflineCause};

/// Why it was not done: a code, and what its sentence is filled in with. The sentences are the page's; in English, `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Refusal {
    /// The phone has stopped.
    Stopped,
    /// The phone made a mistake.
    Broken,
    /// The phone was started without a settings file.
    NothingIsKept,
    /// There is no such account.
    NoAccount,
    /// The account has no such STUN or TURN server.
    NoServer,
    /// Fields of the settings, or of what was ordered, cannot be as they are.
    Fields {
        /// Which, one at least.
        problems: Vec<FieldProblem>,
    },
    /// The settings file is left as it is, since it cannot be read.
    FileUnread {
        /// Why.
        fault: FileFault,
    },
    /// A file cannot be written.
    FileUnwritten {
        /// What the system says.
        detail: String,
    },
    /// The system shows no dialog.
    NoDialog {
        /// What it says.
        detail: String,
    },
    /// The system has closed the dialog.
    DialogClosed,
    /// The user did not allow a program that was to be started by itself.
    NotAllowed,
    /// The desktop opens no folder, or no installer.
    NotOpened {
        /// What it says.
        detail: String,
    },
    /// A sound file is too large.
    SoundTooLarge {
        /// How large it may be, MB.
        most_mb: u32,
    },
    /// It cannot be played.
    SoundUnplayable {
        /// In the words of what reads it.
        detail: String,
    },
    /// No fingerprint of a key.
    NotAFingerprint,
    /// The server has not shown that key.
    KeyNotShown,
    /// There is no key store.
    NoKeyStore {
        /// What the system says.
        detail: String,
    },
    /// The key store is locked.
    KeyStoreLocked {
        /// What the system says.
        detail: String,
    },
    /// The key store failed.
    KeyStoreFailed {
        /// What the system says.
        detail: String,
    },
    /// What it holds is no text.
    KeyStoreNotText,
    /// The disk is full.
    DiskFull,
    /// The history and contacts may not be written.
    BookReadOnly,
    /// They are busy.
    BookBusy,
    /// They are damaged, and mended at the next start.
    BookDamaged,
    /// A later version of the program wrote them.
    BookNewer,
    /// The system does not let them be used.
    BookFailed {
        /// What it says.
        detail: String,
    },
    /// They fail otherwise.
    BookBroken {
        /// SQLite's number of it (<https://sqlite.org/rescode.html>).
        error: i32,
    },
    /// The contact has been deleted.
    NoContact,
    /// A contact without a name and number.
    ContactNameless,
    /// It has too many numbers.
    ContactNumbers {
        /// So many it may have.
        most: u32,
    },
    /// A text of it is too long.
    ContactTooLong {
        /// So many characters it may have.
        most: u32,
    },
    /// There are too many contacts, or calls.
    BookFull,
    /// The file is too large.
    FileTooLarge {
        /// How large it may be, MB.
        most_mb: u32,
    },
    /// It is no vCard.
    NotAVcard,
    /// The table is empty.
    TableEmpty,
    /// It has no column with numbers.
    NoNumbers,
    /// What is remembered of the calls cannot be read.
    JournalDamaged {
        /// How, in English.
        words: String,
    },
    /// Not during a call.
    InCall,
    /// Nobody looks for new versions.
    UpdatesOff,
    /// There is no new version.
    NoUpdate,
    /// The address is not by https.
    NotHttps,
    /// A web server answers so.
    HttpStatus {
        /// Its status.
        status: u16,
    },
    /// It cannot be asked.
    Offline {
        /// Why.
        cause: OfflineCause,
    },
    /// What a web server wants to set makes no sense.
    OfferDamaged {
        /// Where it is from.
        url: String,
        /// How.
        fault: FileFault,
    },
    /// Something else was shown last than what is agreed to.
    OfferNotShown,
    /// The account has no way to the web services of the cloud.
    NoCloud,
    /// The key of the web services is not known.
    NoCloudKey,
    /// The cloud does not take the user name or the key.
    CloudWrongKey,
    /// The cloud refuses.
    CloudRefused {
        /// Its own four digits, or `HTTP nnn`.
        status: String,
        /// Its words; empty when it says nothing.
        text: String,
    },
    /// Its answer makes no sense.
    CloudNotUnderstood,
}

impl std::error::Error for Refusal {}

/// In English; the page has its own words.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the phone is not running"),
            Self::Broken => f.write_str("the phone made a mistake: its log has more about it"),
            Self::NothingIsKept => f.write_str("this phone was started without a settings file: changes last until it ends"),
            Self::NoAccount => f.write_str("there is no such account"),
            Self::NoServer => f.write_str("the account has no such server"),
            Self::Fields { problems } => {
                let words = problems.iter().map(|FieldProblem { field, fault }| format!("{field} {fault}"));
                f.write_str(&words.collect::<Vec<_>>().join("; "))
            }
            Self::FileUnread { fault } => write!(f, "the settings were not saved, to keep those in the file: {fault}"),
            Self::FileUnwritten { detail } => write!(f, "the file cannot be written: {detail}"),
            Self::NoDialog { detail } => write!(f, "the dialog cannot be shown: {detail}"),
            Self::DialogClosed => f.write_str("the system closed the dialog"),
            Self::NotAllowed => f.write_str("the program was not allowed: nothing has changed"),
            Self::NotOpened { detail } => write!(f, "it could not be opened: {detail}"),
            Self::SoundTooLarge { most_mb } => write!(f, "a ringtone may have {most_mb} MB at most"),
            Self::SoundUnplayable { detail } => write!(f, "this file cannot be played: {detail}"),
            Self::NotAFingerprint => write!(f, "it {}", crate::FieldFault::NotAFingerprint),
            Self::KeyNotShown => f.write_str("the server has not shown that key: look at its fingerprint once more"),
            Self::NoKeyStore { detail } => {
                write!(f, "there is no key store on this machine or it does not run ({detail})")
            }
            Self::KeyStoreLocked { detail } => write!(f, "the key store is locked ({detail})"),
            Self::KeyStoreFailed { detail } => write!(f, "the key store failed: {detail}"),
            Self::KeyStoreNotText => f.write_str("what the key store holds is no text"),
            Self::DiskFull => f.write_str("the disk is full"),
            Self::BookReadOnly => f.write_str("the history and contacts may not be written"),
            Self::BookBusy => f.write_str("the history and contacts are busy; try again in a moment"),
            Self::BookDamaged => f.write_str("the history and contacts are damaged; they are mended at the next start"),
            Self::BookNewer => f.write_str("the history and contacts were written by a newer version of Sidetone"),
            Self::BookFailed { detail } => write!(f, "the history and contacts failed: {detail}"),
            Self::BookBroken { error } => write!(f, "the history and contacts failed (SQLite error {error})"),
            Self::NoContact => f.write_str("there is no such contact"),
            Self::ContactNameless => f.write_str("a contact needs a name or a number"),
            Self::ContactNumbers { most } => write!(f, "a contact has {most} numbers at most"),
            Self::ContactTooLong { most } => write!(f, "a text of the contact is longer than {most} characters"),
            Self::BookFull => f.write_str("there is no room for more contacts or calls"),
            Self::FileTooLarge { most_mb } => write!(f, "the file is larger than {most_mb} MB"),
            Self::NotAVcard => f.write_str("the file is no vCard: it has no BEGIN:VCARD"),
            Self::TableEmpty => f.write_str("the table is empty"),
            Self::NoNumbers => f.write_str("the first line names no column with numbers, as Phone, Mobile or Work Phone"),
            Self::JournalDamaged { words } => write!(f, "what is remembered of the calls cannot be read: {words}"),
            Self::InCall => f.write_str("the phone is in a call"),
            Self::UpdatesOff => f.write_str("looking for new versions is switched off"),
            Self::NoUpdate => f.write_str("there is no new version"),
            Self::NotHttps => f.write_str("the address has to begin with https://"),
            Self::HttpStatus { status } => write!(f, "the web server answered {status}"),
            Self::Offline { cause } => write!(f, "{cause}"),
            Self::OfferDamaged { url, fault } => write!(f, "{url}: {fault}"),
            Self::OfferNotShown => f.write_str("what would be changed has to be shown first"),
            Self::NoCloud => f.write_str("the account has no way to the web services of the cloud"),
            Self::NoCloudKey => f.write_str("the account's API access key is not known"),
            Self::CloudWrongKey => f.write_str("the cloud refused the user name or the API access key (401)"),
            Self::CloudRefused { status, text } if text.is_empty() => write!(f, "the cloud refused: {status}"),
            Self::CloudRefused { status, text } => write!(f, "the cloud refused ({status}): {text}"),
            Self::CloudNotUnderstood => f.write_str("the cloud's answer cannot be understood"),
        }
    }
}
