//! What outlives a run: the settings file, the history and contacts, and the secrets in the key store of the desktop.
//!
//! Owns the data folder, the form of the settings file and of the book with their migrations, which numbers reach the same
//! line, and every secret at rest. It never waits for the network, never spawns, and knows no other room than `model`.
//! Every call is synchronous and may block (a key store can ask the user to unlock it, for minutes): call it from the
//! blocking pool.

mod book;
mod check;
mod directory;
mod event_programs;
mod files;
mod fold;
mod folder;
mod instance;
mod kiosk;
mod numbers;
mod places;
mod plain;
mod provisioning;
mod replace;
mod ringtones;
mod secrets;
mod settings;

pub use book::{BookError, BookFile, BookLease, BookRules, BookTrouble, CallEnd, NewCall, OpenedBook, dialable};
pub use check::{check_account, check_settings};
pub use directory::NumberIndex;
pub use event_programs::{EventProgramsFile, check_event_programs};
pub use files::text_of_file;
pub use folder::{DataFolder, NoHomeFolder, make_private};
pub use instance::{instance, urn};
pub use kiosk::{KioskButton, KioskDirectory, KioskLoopCall, KioskPin, KioskProfile, PinRefused};
pub use model::SecretKey;
pub use numbers::{NumberKey, NumberKeys, NumberingPlan};
pub use places::{Place, Places, PlacesFile};
pub use provisioning::{Feature, Page, Provisioned, Provisioning};
pub use secrets::{InMemory, KeptIn, KeyStore, KeyStoreError, SecretStore, Secrets};
pub use settings::{LoadTrouble, Loaded, ReadError, SaveError, SettingsFile};
