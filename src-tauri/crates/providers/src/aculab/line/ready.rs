//! Making ready for calls: a connection, the list of ICE servers, a token where one is needed.

use std::time::Duration;

use calls::io::{IncomingCall, LineEvent, LineRequest};
use model::{CallerId, Instant, LineCall, LineFault, OfflineCause};

use super::{AculabLine, Callee};
use crate::{Input, sip::failed};

/// How long a call that arrives waits for the list of ICE servers before it rings. Who is called answers within seconds, and who
/// calls wants to hear that it rings.
const RINGS_WITHIN: Duration = Duration::from_secs(1);

/// A call that the line makes ready for.
pub(super) struct Preparing {
    pub needs_token: bool,
    pub caller: Option<CallerId>,
}

/// A call that nobody here has heard of yet.
pub(super) struct Arrived {
    rings_at: Instant,
    incoming: Box<IncomingCall>,
}

impl AculabLine {
    pub(super) fn prepare(&mut self, now: Instant, call: LineCall, callee: &Callee, caller: Option<CallerId>) {
        let needs_token = matches!(callee, Callee::Client(_)) && !self.has_token(now);
        self.preparing.insert(call, Preparing { needs_token, caller });
        self.presence.connect(now);
        if needs_token && let Some(keeper) = &mut self.keeper {
            let (found, question) = keeper.start(now);
            self.on_found(now, found, question);
        }
    }

    /// There is a token. Whether it is good, only the cloud knows: no call waits for a better one.
    pub(super) fn token_is_there(&mut self) {
        self.preparing.values_mut().for_each(|preparing| preparing.needs_token = false);
    }

    pub(super) fn give_up(&mut self, call: LineCall, fault: LineFault) {
        self.preparing.remove(&call);
        self.outputs.push_back(failed(call, fault));
    }

    /// There is no connection, and none soon: the calls that wait for one are over.
    pub(super) fn nothing_is_ready(&mut self, cause: &OfflineCause) {
        let hopeless = std::mem::take(&mut self.preparing).into_keys();
        let hopeless = hopeless.chain(std::mem::take(&mut self.prepared).into_keys());
        self.outputs.extend(hopeless.map(|call| failed(call, LineFault::Offline { cause: cause.clone() })));
    }

    /// A call comes from the cloud. Who is not to be called has not asked for it.
    pub(super) fn arrives(&mut self, now: Instant, incoming: Box<IncomingCall>) {
        let call = incoming.call;
        self.arrived.push(Arrived { rings_at: now + RINGS_WITHIN, incoming });
        if !self.accepts_calls {
            let refusal = LineRequest::Reject { call, code: 480, text: String::new() };
            self.presence.handle(now, Input::Request(refusal));
        }
    }

    /// Forgets a call that is over, where nobody here has heard of it.
    pub(super) fn forget_arrived(&mut self, call: LineCall) -> bool {
        let waiting = self.arrived.iter().position(|arrived| arrived.incoming.call == call);
        waiting.map(|at| self.arrived.swap_remove(at)).is_some()
    }

    pub(super) fn rings_at(&self) -> Option<Instant> {
        self.arrived.iter().map(|arrived| arrived.rings_at).min()
    }

    /// Lets calls go on that have all they wait for, or have waited long enough.
    pub(super) fn let_go(&mut self, now: Instant) {
        let awaits_list = self.list.as_mut().is_some_and(|list| list.is_awaited(now));
        let may_go = |preparing: &Preparing| self.presence.is_open() && !awaits_list && !preparing.needs_token;
        let going = self.preparing.iter().filter(|(_, preparing)| may_go(preparing));
        for call in going.map(|(call, _)| *call).collect::<Vec<_>>() {
            let caller = self.preparing.remove(&call).and_then(|preparing| preparing.caller);
            self.prepared.insert(call, caller);
            self.line(LineEvent::Prepared { call });
        }
        let rings = |arrived: &Arrived| !awaits_list || arrived.rings_at <= now;
        let (ringing, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.arrived).into_iter().partition(rings);
        self.arrived = waiting;
        for Arrived { incoming, .. } in ringing {
            self.line(LineEvent::Incoming(incoming));
        }
    }
}
