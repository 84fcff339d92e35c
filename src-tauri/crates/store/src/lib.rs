//! What outlives a run: the settings file, and the secrets in the key store of the desktop.
//!
//! Owns the data folder, the form of the settings file with its migrations, and every secret at rest. It never waits for
//! the network, never spawns, and knows no other room than `model`. Every call is synchronous and may block (a key store
//! can ask the user to unlock it, for minutes): call it from the blocking pool.

mod check;
mod folder;
mod instance;
mod places;
mod replace;
mod secrets;
mod settings;

pub use check::{Invalid, check_account, check_settings};
pub use folder::{DataFolder, NoHomeFolder};
pub use instance::{instance, urn};
pub use places::{Place, Places, PlacesFile};
pub use secrets::{InMemory, KeptIn, KeyStore, KeyStoreError, SecretKey, SecretStore, Secrets};
pub use settings::{LoadTrouble, Loaded, ReadError, SaveError, SettingsFile};
