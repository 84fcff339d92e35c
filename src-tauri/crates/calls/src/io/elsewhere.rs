//! Calls of another telephone of the user, which a line controls (`Capabilities::elsewhere`): no sound of them is here.

use model::{Direction, DtmfDigit, Remote, Target, TelephoneFault};
use serde::{Deserialize, Serialize};

/// What another telephone is asked to do with one of its calls. What comes of it is told; so is a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Call somebody: the call is a `LineCall::Dialled`, and new.
    Dial {
        /// Whom.
        target: Target,
    },
    /// Answer it.
    Answer,
    /// End it in whatever state it is.
    HangUp,
    /// Put its far end on hold.
    Hold,
    /// Take it back.
    Resume,
    /// Press a key. Nothing is told when it was.
    Press(DtmfDigit),
    /// Connect its far end to somebody without a word. It is the call in conversation.
    Transfer {
        /// Whom.
        target: Target,
    },
    /// Hold it and call somebody whom the user consults. It is the only call.
    Consult {
        /// Whom.
        target: Target,
    },
    /// Connect its far end to that of the telephone's other call.
    CompleteTransfer,
    /// Take the consultation back.
    CancelTransfer,
    /// Make a conference of it and the telephone's other call.
    Merge,
}

/// What a line tells of a call elsewhere. Its end is `LineEvent::Ended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Elsewhere {
    /// It is there: as it is now.
    Is {
        /// Who started it.
        direction: Direction,
        /// The far end.
        remote: Remote,
        /// Where it is.
        step: Step,
    },
    /// What was asked of it is not done.
    Refused {
        /// What was asked.
        act: Act,
        /// Why.
        fault: TelephoneFault,
    },
}

/// Where a call elsewhere is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Dialled there, and not answered.
    Dialing,
    /// It rings there.
    Ringing,
    /// In conversation.
    Talking,
    /// Its far end is held there.
    Held,
}
