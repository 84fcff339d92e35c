//! Calls that one server of a domain cannot place, and another may.

use std::{collections::BTreeMap, time::Duration};

use model::{Instant, LineCall, OfflineCause};
use sip::{CallEnd, CallEvent, Command, Invite};
use tracing::info;

use super::{Output, Presence};
use crate::{net, sip::translate};

/// How long a caller waits for another server; who has waited for a silent one is not kept for longer.
const WITHIN: Duration = Duration::from_secs(8);

/// INVITEs that nobody has answered yet, and the one that is to be sent once more.
#[derive(Debug, Default)]
pub(super) struct Redial {
    unanswered: BTreeMap<LineCall, Invite>,
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    invite: Invite,
    /// How it ended at the server before.
    end: CallEnd,
    due: Instant,
}

impl Redial {
    /// Keeps an INVITE that is being sent.
    pub(super) fn keep(&mut self, invite: &Invite) {
        self.unanswered.insert(invite.call, invite.clone());
    }

    /// Whether nobody has answered it yet.
    pub(super) fn has(&self, call: LineCall) -> bool {
        self.unanswered.contains_key(&call)
    }

    /// When the one that waits is given up.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.as_ref().map(|waiting| waiting.due)
    }

    /// The caller has hung up; whether the call was waiting for another server.
    pub(super) fn forget(&mut self, call: LineCall) -> bool {
        self.unanswered.remove(&call);
        self.waiting.take_if(|waiting| waiting.invite.call == call).is_some()
    }
}

impl Presence {
    /// Looks at what becomes of a call; whether it is to be placed by another server, and its end is not to be told.
    ///
    /// A server that says for how long it is out of service, or says nothing at all, is left. A 503 without that is of the
    /// call alone (RFC 3261 section 21.5.4), and many come from gateways behind a server that is well. While another call
    /// goes on, the account stays where that is.
    pub(super) fn redials(&mut self, now: Instant, call: LineCall, event: &CallEvent) -> bool {
        let (cause, retry_after) = match event {
            CallEvent::Sent { .. } => return false,
            CallEvent::Ended(CallEnd::Refused { code: 503, text, retry_after: Some(seconds), .. }) => {
                (OfflineCause::Refused { code: 503, text: net::quoted(text) }, Some(*seconds))
            }
            CallEvent::Ended(CallEnd::Unanswered) => (OfflineCause::NoAnswer, None),
            _ => {
                self.redial.unanswered.remove(&call);
                return false;
            }
        };
        let Some(invite) = self.redial.unanswered.remove(&call) else { return false };
        if self.calls.len() > 1 {
            return false;
        }
        let CallEvent::Ended(end) = event else { return false };
        info!(%cause, "the call is placed by another server");
        self.redial.waiting = Some(Waiting { invite, end: end.clone(), due: now + WITHIN });
        self.close(now);
        let away = retry_after.map(|seconds| self.backoff.told(seconds));
        self.turn_away(now, cause, away);
        true
    }

    /// Another server serves us: a call that waits for it is placed, once.
    pub(super) fn redial_now(&mut self, now: Instant) {
        if let Some(waiting) = self.redial.waiting.take() {
            self.agent(now, sip::Input::Command(Command::Invite(Box::new(waiting.invite))));
        }
    }

    /// There is no other server in time: the call ends as it did before.
    pub(super) fn give_up_redialling(&mut self) {
        let Some(Waiting { invite, end, .. }) = self.redial.waiting.take() else { return };
        self.calls.remove(&invite.call);
        let ended = translate::line_event(invite.call, CallEvent::Ended(end));
        self.outputs.extend(ended.map(Output::Line));
    }
}
