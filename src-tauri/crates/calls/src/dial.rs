//! Reading a request to dial.

use model::{DialOptions, Personal, Target};
use serde::{Deserialize, Serialize};

/// A call to be placed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dial {
    pub(crate) target: Target,
    pub(crate) headers: Vec<(String, Personal)>,
}

impl From<DialOptions> for Dial {
    fn from(options: DialOptions) -> Self {
        Self { target: options.target, headers: options.headers }
    }
}
