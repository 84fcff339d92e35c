//! Requests to dial, and whom they are for.

use model::{DialOptions, LineCall, Personal, Remote, Target};
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

/// What is known of whoever is dialled as `target`, before anyone answers: the number or user part, and the address where one was
/// dialled.
pub fn remote_of(target: &str) -> Remote {
    let number = target.split_once(':').map_or(target, |(_, rest)| rest);
    let number = number.split('@').next().unwrap_or(number);
    let uri = if target.contains('@') { target } else { "" };
    Remote { name: "".into(), number: number.into(), uri: uri.into() }
}
