//! Transfers: whom to, and how one is getting on.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{CallId, Personal, Target};

/// Whom the far end of a call is transferred to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum TransferTo {
    /// To somebody who is not asked (blind transfer).
    Blind {
        /// Whom.
        target: Target,
    },
    /// To somebody whom the user talks to first; `CompleteTransfer` or `CancelTransfer` follows.
    Consult {
        /// Whom.
        target: Target,
    },
    /// To the far end of another call (attended transfer).
    Call {
        /// Which.
        call: CallId,
    },
}

/// How the transfer of a call is getting on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum TransferView {
    /// The far end asks us to call somebody; `AllowTransfer` answers.
    Asked {
        /// Whom.
        target: Personal,
    },
    /// The user talks to the one whom the call shall be transferred to.
    Consulting {
        /// In which call.
        with: CallId,
    },
    /// The far end was asked to call somebody.
    Moving {
        /// What is heard of it.
        words: String,
    },
    /// It did not work; the call is here again.
    Failed {
        /// Why.
        message: String,
    },
}
