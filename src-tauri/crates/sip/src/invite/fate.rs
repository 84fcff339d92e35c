//! What becomes of a session after a message.

use model::LineFault;

use crate::{Response, user_agent::CallEnd};

/// What becomes of a session after a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes on.
    Lives,
    /// We have to end it, with `reason` as the Reason header of the BYE.
    Ends { end: CallEnd, reason: &'static str },
    /// The far end ended it.
    Hung { code: Option<u16> },
}

impl Fate {
    /// Nothing is heard of the far end any more.
    pub fn vanished() -> Self {
        Self::fails(LineFault::Vanished, "SIP;cause=408;text=\"Session expired\"")
    }

    /// The far end says that there is no such call.
    pub fn forgotten() -> Self {
        Self::fails(LineFault::Forgotten, "SIP;cause=481;text=\"Call/Transaction Does Not Exist\"")
    }

    /// What a refusal means for the session whatever was asked for: 481 says that the far end knows nothing of it any more
    /// (RFC 5057 section 5).
    pub fn of_response(response: &Response) -> Self {
        if response.code == 481 { Self::forgotten() } else { Self::Lives }
    }

    fn fails(fault: LineFault, reason: &'static str) -> Self {
        Self::Ends { end: CallEnd::Failed { fault }, reason }
    }
}
