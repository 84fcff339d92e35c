//! Reading a request to dial.

use model::{DialOptions, LineCall, Personal, Target};
use serde::{Deserialize, Serialize};

/// A call to be placed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dial {
    pub(crate) target: Target,
    pub(crate) headers: Vec<(String, Personal)>,
    /// Who it is from, where the user chose that.
    #[serde(default)]
    pub(crate) caller_id: Option<Personal>,
    /// The call whose far end asked for this one.
    pub(crate) referred: Option<LineCall>,
    /// Whether the call that rings there is picked up.
    pub(crate) pick_up: bool,
}

impl From<DialOptions> for Dial {
    fn from(options: DialOptions) -> Self {
        Self { target: options.target, headers: options.headers, caller_id: None, referred: None, pick_up: false }
    }
}
