//! How calls end on the wire.

use model::{Cause, LineFault};
use serde::{Deserialize, Serialize};

/// How a call ended on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnd {
    /// We ended it: BYE, CANCEL or refusal went out.
    Local,
    /// The far end sent BYE, with its Reason header if any (RFC 3326).
    Bye {
        /// `cause` of the Reason header.
        code: Option<u16>,
    },
    /// The caller gave up while it rang here, with the Reason header's cause (200: answered elsewhere).
    Cancelled {
        /// `cause` of the Reason header.
        code: Option<u16>,
    },
    /// Nobody answered our INVITE at all.
    Unanswered,
    /// Our INVITE was refused, or rang too long (408).
    Refused {
        /// SIP status.
        code: u16,
        /// Its words.
        text: String,
    },
    /// For a cause that the service has its own list for.
    Caused {
        /// It.
        cause: Cause,
    },
    /// The connection went and the call could not be kept.
    ConnectionLost,
    /// The far end broke the protocol in a way that ends the call.
    Failed {
        /// What happened.
        fault: LineFault,
    },
}
