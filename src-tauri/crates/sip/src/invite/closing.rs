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
    /// Only requests already sent are awaited.
    Winding,
}

/// An INVITE of ours that nobody wants any more.
#[derive(Debug)]
pub(super) struct Cancelling {
    pub invite: ClientId,
    /// Value of a Reason header, or empty.
    pub reason: String,
    pub progress: Progress,
}

#[derive(Debug)]
pub(super) enum Progress {
    /// RFC 3261 9.1: CANCEL may not leave before a provisional response came.
    Unheard,
    /// The CANCEL is sent. Who does not end the INVITE then will never do so.
    Sent { until: Instant },
}

impl Closing {
    /// Calls an INVITE off: at once, or when a provisional response has come.
    pub fn cancel(core: &mut Core, key: CallKey, invite: ClientId, reason: &str) -> Self {
        let mut closing = Self::Cancelling(Cancelling { invite, reason: reason.to_owned(), progress: Progress::Unheard });
        closing.provisional(core, key);
        closing
    }

    /// A provisional response came, or may have come.
    pub fn provisional(&mut self, core: &mut Core, key: CallKey) {
        let Self::Cancelling(cancelling) = self else { return };
        let Progress::Unheard = cancelling.progress else { return };
        let owner = core.owner(User::Call(key, Purpose::Cancel));
        if core.transactions.cancel(core.now, cancelling.invite, owner, &cancelling.reason).is_some() {
            let until = core.now + core.transactions.timers().life();
            cancelling.progress = Progress::Sent { until };
        }
    }

    /// The INVITE has its final response.
    pub fn finished(&mut self) {
        *self = Self::Winding;
    }

    pub fn tick(&mut self, core: &mut Core) {
        if let Self::Cancelling(Cancelling { invite, progress: Progress::Sent { until }, .. }) = self
            && core.now >= *until
        {
            core.transactions.forget(*invite);
            *self = Self::Winding;
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Cancelling(Cancelling { progress: Progress::Sent { until }, .. }) => Some(*until),
            Self::Cancelling(Cancelling { progress: Progress::Unheard, .. }) | Self::Winding => None,
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
