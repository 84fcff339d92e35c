//! A server that says nothing to a call: whether it lives is asked long before the call is given up, after 32 s (RFC 3261
//! section 17.1.1.2, timer B).

use std::time::Duration;

use model::{Instant, LineCall};
use sip::{Command, Method, OutsideRequest, RequestKey};
use tracing::info;

use super::{Loss, Presence};
use crate::net::NetRequest;

/// A server that is at work says so within 200 ms (RFC 3261 section 17.2.1); the rest is for a slow network.
const LISTENS: Duration = Duration::from_secs(2);
/// What it may take to give a sign of life when asked for one; as long as the connection itself may take
/// ([`NetRequest::Probe`]).
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);
/// Our question. Those of layers above are numbered from one.
pub(super) const QUESTION: RequestKey = RequestKey(0);

/// How long a server has said nothing at all since a call was handed to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Silence {
    /// It has said something, or there was nothing to say.
    #[default]
    No,
    /// Until then it need not say anything.
    Listens { until: Instant },
    /// It was asked for a sign of life. Where another server could take the call, it has until then.
    Asked { until: Option<Instant> },
}

impl Silence {
    /// When it is looked at again.
    pub(super) fn due(self) -> Option<Instant> {
        match self {
            Self::No => None,
            Self::Listens { until } => Some(until),
            Self::Asked { until } => until,
        }
    }
}

impl Presence {
    /// A call was handed to the server.
    pub(super) fn listen(&mut self, now: Instant) {
        if self.silence == Silence::No {
            self.silence = Silence::Listens { until: now + LISTENS };
        }
    }

    /// Asks a server that has said nothing for a sign of life, by the connection and by SIP; leaves one that gives none.
    ///
    /// One that answers the question works on the call, however long that takes: placed elsewhere too, the call would ring twice.
    pub(super) fn look_at_silence(&mut self, now: Instant) {
        if self.silence.due().is_none_or(|due| due > now) {
            return;
        }
        match self.silence {
            Silence::No => {}
            Silence::Listens { .. } => {
                let another = self.call_for_another_server();
                self.silence = Silence::Asked { until: another.map(|_| now + SIGN_OF_LIFE) };
                if let Some(connection) = self.link.connection() {
                    self.net(NetRequest::Probe { connection });
                }
                if another.is_some() {
                    let options = OutsideRequest {
                        request: QUESTION,
                        method: Method::Options,
                        target: self.registrar.clone(),
                        headers: Vec::new(),
                        content_type: String::new(),
                        body: model::Personal::default(),
                    };
                    self.agent(now, sip::Input::Command(Command::Request(Box::new(options))));
                }
            }
            Silence::Asked { .. } => {
                self.leave_silent_server(now);
            }
        }
    }

    /// Has another server place the call that this one says nothing to; whether there is such a call.
    pub(super) fn leave_silent_server(&mut self, now: Instant) -> bool {
        let was_asked = matches!(std::mem::take(&mut self.silence), Silence::Asked { .. });
        let Some(call) = self.call_for_another_server().filter(|_| was_asked) else { return false };
        info!("the server gives no sign of life");
        // Its end is what moves it, as after 32 s.
        self.agent(now, sip::Input::Command(Command::Abandon { call }));
        true
    }

    /// The call that nobody has answered, where another server could take it: the account has one, and keeps no other call here.
    fn call_for_another_server(&self) -> Option<LineCall> {
        let [call] = self.calls.iter().copied().collect::<Vec<_>>()[..] else { return None };
        let may_move = self.habits.loss == Loss::CallsStay && self.targets.are_several();
        (may_move && self.redial.has(call)).then_some(call)
    }
}
