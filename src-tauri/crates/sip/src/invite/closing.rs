//! What remains on the wire of a call that is over for the user.

use std::collections::VecDeque;

use model::Instant;

use super::{Purpose, session::Session};
use crate::{
    Method, Request,
    dialog::Dialog,
    transaction::ClientId,
    user_agent::{Answered, CallKey, Core, User},
};

/// Whether the first INVITE still has to be called off.
#[derive(Debug)]
pub(super) enum Closing {
    /// It has.
    Cancelling(Cancelling),
    /// Only answers to requests already sent, and late ones of forks, are awaited; for so long at most.
    Winding { until: Instant },
}

/// An INVITE of ours that nobody wants any more.
#[derive(Debug)]
pub(super) struct Cancelling {
    pub invite: ClientId,
    /// Value of a Reason header, or empty.
    pub reason: String,
    pub progress: Progress,
    /// Who has not ended the INVITE by then will never do so (RFC 3261 9.1).
    pub until: Instant,
}

#[derive(Debug)]
pub(super) enum Progress {
    /// RFC 3261 9.1: CANCEL may not leave before a provisional response came.
    Unheard,
    /// The CANCEL is sent.
    Sent,
}

impl Closing {
    /// Calls an INVITE off: at once, or when a provisional response has come.
    pub fn cancel(core: &mut Core, key: CallKey, invite: ClientId, reason: &str) -> Self {
        let until = core.now + core.transactions.timers().life();
        let mut closing = Self::Cancelling(Cancelling { invite, reason: reason.to_owned(), progress: Progress::Unheard, until });
        closing.provisional(core, key);
        closing
    }

    /// A provisional response came, or may have come.
    pub fn provisional(&mut self, core: &mut Core, key: CallKey) {
        let Self::Cancelling(cancelling) = self else { return };
        let Progress::Unheard = cancelling.progress else { return };
        let owner = core.owner(User::Call(key, Purpose::Cancel));
        if core.transactions.cancel(core.now, cancelling.invite, owner, &cancelling.reason).is_some() {
            cancelling.progress = Progress::Sent;
            cancelling.until = core.now + core.transactions.timers().life();
        }
    }

    /// The INVITE has its final response.
    pub fn finished(&mut self, core: &Core) {
        if let Self::Cancelling(_) = self {
            *self = Self::winding(core);
        }
    }

    /// Twice the life of a transaction: a late fork's 2xx may come at the end of the first, its BYE lives another.
    pub fn winding(core: &Core) -> Self {
        Self::Winding { until: core.now + core.transactions.timers().life() * 2 }
    }

    /// Lets the time pass; `true` when nothing has to be awaited any more.
    pub fn tick(&mut self, core: &mut Core) -> bool {
        match self {
            Self::Winding { until } => core.now >= *until,
            Self::Cancelling(Cancelling { invite, until, .. }) if core.now >= *until => {
                core.transactions.forget(*invite);
                *self = Self::winding(core);
                false
            }
            Self::Cancelling(_) => false,
        }
    }

    pub fn deadline(&self) -> Instant {
        match self {
            Self::Cancelling(Cancelling { until, .. }) | Self::Winding { until } => *until,
        }
    }
}

/// A dialog that is being ended.
#[derive(Debug)]
pub(super) struct Discarded {
    pub number: u32,
    pub dialog: Dialog,
    acks: Acks,
}

impl Discarded {
    pub fn of(session: Session, number: u32) -> Self {
        let (dialog, acks) = session.into_dialog();
        Self { number, dialog, acks }
    }

    pub fn bye(&mut self, core: &mut Core, key: CallKey, reason: &str) {
        let mut bye = self.dialog.request(Method::Bye);
        if !reason.is_empty() {
            bye.headers.push("Reason", reason);
        }
        if core.config.form.supported_in_bye {
            bye.headers.push("Supported", core.supported());
        }
        core.request(User::Call(key, Purpose::Discard { number: self.number }), bye);
    }

    /// Acknowledges a 2xx, for the first time or again.
    pub fn acknowledge(&mut self, core: &mut Core, answered: &Answered) {
        if answered.request.method == Method::Invite
            && answered.response.is_success()
            && !self.acks.repeat(core, &answered.request)
        {
            let ack = self.dialog.ack(&answered.request);
            self.acks.send(core, ack);
        }
    }

    pub fn repeat_ack(&self, core: &mut Core, invite: &Request) {
        self.acks.repeat(core, invite);
    }
}

/// The ACKs of one dialog. The ACK to a 2xx is its own transaction and must be repeated for every repeated 2xx
/// (RFC 3261 13.2.2.4).
#[derive(Debug, Default)]
pub(super) struct Acks {
    sent: VecDeque<(u32, Vec<u8>)>,
    last_at: Instant,
}

/// More INVITEs than that are not answered within the time a 2xx is repeated.
const MAX_ACKS: usize = 4;

impl Acks {
    pub fn send(&mut self, core: &mut Core, ack: Request) {
        let number = ack.headers.cseq().map_or(0, |cseq| cseq.number);
        let bytes = core.acknowledge(ack);
        if self.sent.len() >= MAX_ACKS {
            self.sent.pop_front();
        }
        self.sent.push_back((number, bytes));
        self.last_at = core.now;
    }

    /// Sends the ACK to that INVITE's 2xx again; `false` when there was none yet.
    pub fn repeat(&self, core: &mut Core, invite: &Request) -> bool {
        let number = invite.headers.cseq().map_or(0, |cseq| cseq.number);
        let Some((_, bytes)) = self.sent.iter().find(|(sent, _)| *sent == number) else { return false };
        core.transactions.send(bytes.clone());
        true
    }

    /// Sends the last one again when a 2xx may still be repeated for it.
    pub fn repeat_last(&self, core: &mut Core) {
        if let Some((_, bytes)) = self.sent.back()
            && core.now.since(self.last_at) < core.transactions.timers().life()
        {
            core.transactions.send(bytes.clone());
        }
    }
}
