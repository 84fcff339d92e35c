//! Lamps: whether somebody whom the user watches is in a call.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::Personal;

/// What a lamp shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum LampState {
    /// Nobody told yet, or the server does not tell.
    #[default]
    Unknown,
    /// In no call.
    Free,
    /// A call rings there.
    Ringing,
    /// In a call.
    Busy,
}

/// One lamp as drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LampView {
    /// Whose: the first number of a contact, as it was written.
    pub number: Personal,
    /// What it shows.
    pub state: LampState,
    /// Whether the call that rings there can be picked up here.
    pub pick_up: bool,
}
