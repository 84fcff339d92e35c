//! A call that is transferred, or takes the place of another.

use model::{AccountId, Cause, Direction, Instant, LineCall, Target, TransferView};

use super::{Answer, Call, Phase};
use crate::{io::LineRequest, outbox::Outbox, transfer::ASK_FOR};

impl Call {
    /// Whether this is the call that the account's line names so.
    pub(crate) fn is_of(&self, account: &AccountId, line: LineCall) -> bool {
        self.account == *account && self.line == line && self.is_live()
    }

    /// Where its far end can be called.
    pub(crate) fn remote_target(&self) -> Option<Target> {
        let parsed = |text: &str| text.parse().ok();
        parsed(self.remote.uri.expose()).or_else(|| parsed(self.remote.number.expose()))
    }

    /// Why it is over.
    pub(crate) fn cause(&self) -> Option<&Cause> {
        match &self.phase {
            Phase::Ended(ended) => Some(&ended.cause),
            Phase::Waiting { .. }
            | Phase::Preparing { .. }
            | Phase::Offering { .. }
            | Phase::Inviting { .. }
            | Phase::Judging
            | Phase::Alerting { .. }
            | Phase::Talking => None,
        }
    }

    /// Its far end is somewhere else now.
    pub(crate) fn leave_to_others(&mut self, now: Instant, out: &mut Outbox) {
        if self.is_live() {
            out.line(&self.account, LineRequest::HangUp { call: self.line });
            self.end(now, Cause::Transferred, out);
        }
    }

    /// It can be answered, and nobody is asked: it takes the place of a call that was.
    pub(crate) fn alert_silently(&mut self, now: Instant, out: &mut Outbox) {
        if matches!(self.phase, Phase::Judging) {
            self.phase = Phase::Alerting { answer: Answer::Coming { wanted: false }, give_up_at: now + ASK_FOR };
        }
        self.tell_arrival(now, out);
    }

    /// Whether the user had his server make it.
    pub(crate) fn is_on_behalf(&self) -> bool {
        self.direction == Direction::Outgoing && matches!(self.line, LineCall::Received(_))
    }

    /// The call whose place it should take is over (RFC 3891 section 3); nobody has heard of it.
    pub(crate) fn comes_too_late(&mut self, now: Instant, out: &mut Outbox) {
        out.line(&self.account, LineRequest::Reject { call: self.line, code: 603, text: "Decline".into() });
        self.end(now, Cause::Cancelled, out);
    }

    /// Its transfer, when it looks otherwise than it was told.
    pub(crate) fn transfer_to_tell(&mut self) -> Option<Option<TransferView>> {
        let view = self.transfer.view();
        (view != self.transfer_told).then(|| {
            self.transfer_told.clone_from(&view);
            view
        })
    }
}
