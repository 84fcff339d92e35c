//! The transfer of one call: where it is, and what is told of it.

use std::time::Duration;

use model::{CallId, Instant, LineCall, Target, TransferFault, TransferStage, TransferView};
use serde::{Deserialize, Serialize};

/// How long the far end may take to agree to be held before it is asked to call somebody all the same.
pub(crate) const HOLD_WITHIN: Duration = Duration::from_secs(3);

/// How long nothing may be heard of the call that the far end was asked for: a server that tells anything tells at once
/// that it tries.
pub(crate) const FIRST_WORD_WITHIN: Duration = Duration::from_secs(30);

/// How long that call may ring once it was heard of.
pub(crate) const RING_WITHIN: Duration = Duration::from_secs(180);

/// How long the far end has to hang up when it told the end of its report and not how it ended.
pub(crate) const HANG_UP_WITHIN: Duration = Duration::from_secs(5);

/// How long who sent us to somebody else has to hang up once he was told that we talk to them (RFC 5589 section 6.1 has him
/// do so). Some never do, and the call would stay on hold for ever.
pub(crate) const PART_WITHIN: Duration = Duration::from_secs(5);

/// How long the user may think about a far end that asks us to call somebody: its request is answered before it is
/// repeated for the last time (RFC 3261, timer F).
pub(crate) const ASK_FOR: Duration = Duration::from_secs(25);

/// How long the server may take to call the user for a consultation, and to take it back.
pub(crate) const SERVER_CALLS_WITHIN: Duration = Duration::from_secs(10);
pub(crate) const SERVER_ENDS_WITHIN: Duration = Duration::from_secs(3);

/// How long a failure is shown.
pub(crate) const SHOW_FOR: Duration = Duration::from_secs(8);

/// The transfer of a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Transfer {
    /// None.
    #[default]
    None,
    /// The far end is being held; then it is asked.
    Holding { order: Order, until: Instant },
    /// The far end was asked to call somebody.
    Referred { order: Order, stage: TransferStage, until: Instant, ended: bool },
    /// The user talks to the one whom the call shall be transferred to.
    Consulting { with: CallId, was_held: bool },
    /// The server moves the one call that is in conversation: this one is to be that.
    TakingFloor { order: Order, until: Instant },
    /// The far end is being held; then the server is to call somebody whom the user consults.
    HoldingToConsult { target: Target, was_held: bool, until: Instant },
    /// The server was asked to call somebody.
    Ordered { was_held: bool, until: Instant },
    /// The server takes the consultation back.
    Returning { with: CallId, was_held: bool, until: Instant },
    /// The far end asks us to call somebody.
    Asked { target: Target, until: Instant },
    /// We call whom the far end asked for.
    Taking { by: CallId },
    /// We talk to whom the far end asked for, and it has been told.
    Taken { by: CallId, until: Instant },
    /// It did not work.
    Failed { fault: TransferFault, until: Instant },
}

/// What is asked of the far end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) target: Target,
    /// The call that the new one takes the place of.
    pub(crate) other: Option<Other>,
    /// Whether the call was held before: then it stays so when the transfer fails.
    pub(crate) was_held: bool,
}

/// The other call of an attended transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Other {
    pub(crate) id: CallId,
    pub(crate) line: LineCall,
}

impl Transfer {
    /// Whether another transfer of this call can begin.
    pub(crate) fn is_free(&self) -> bool {
        matches!(self, Self::None | Self::Failed { .. } | Self::Taken { .. })
    }

    /// When it wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Holding { until, .. }
            | Self::Referred { until, .. }
            | Self::TakingFloor { until, .. }
            | Self::HoldingToConsult { until, .. }
            | Self::Ordered { until, .. }
            | Self::Returning { until, .. }
            | Self::Asked { until, .. }
            | Self::Taken { until, .. }
            | Self::Failed { until, .. } => Some(*until),
            Self::None | Self::Consulting { .. } | Self::Taking { .. } => None,
        }
    }

    /// As drawn.
    pub(crate) fn view(&self) -> Option<TransferView> {
        match self {
            Self::None | Self::Taking { .. } | Self::Taken { .. } => None,
            Self::Holding { .. } | Self::TakingFloor { .. } | Self::HoldingToConsult { .. } => {
                Some(TransferView::Moving { stage: TransferStage::Holding })
            }
            Self::Referred { stage, .. } => Some(TransferView::Moving { stage: *stage }),
            Self::Ordered { .. } => Some(TransferView::Moving { stage: TransferStage::ServerCalls }),
            Self::Consulting { with, .. } | Self::Returning { with, .. } => Some(TransferView::Consulting { with: *with }),
            Self::Asked { target, .. } => Some(TransferView::Asked { target: target.clone().into() }),
            Self::Failed { fault, .. } => Some(TransferView::Failed { fault: fault.clone() }),
        }
    }
}
