//! A mistake in one call ends that call, and neither the account's other calls nor its registration.

use std::panic::{AssertUnwindSafe, catch_unwind};

use model::LineFault;

use super::{CallEnd, CallEvent, CallKey, Core, UserAgent};
use crate::invite::Call;

impl UserAgent {
    /// Lets every call act.
    pub(super) fn each_guarded(&mut self, act: impl Fn(&mut Call, &mut Core)) {
        let keys: Vec<CallKey> = self.calls.keys().copied().collect();
        for key in keys {
            self.guarded(key, &act);
        }
    }

    /// Lets a call act. When it panics it is ended, for the user and, so far as that still goes, on the wire.
    pub(super) fn guarded(&mut self, key: CallKey, act: impl FnOnce(&mut Call, &mut Core)) {
        let Some(call) = self.calls.get_mut(&key) else {
            tracing::debug!(?key, "there is no such call any more");
            return;
        };
        let core = &mut self.core;
        if catch_unwind(AssertUnwindSafe(|| act(call, core))).is_ok() {
            return;
        }
        tracing::error!(?key, "the signalling of a call panicked; the call is ended");
        core.tell(key, CallEvent::Ended(CallEnd::Failed { fault: LineFault::Confused }));
        // That was its last word to the user. What is left of it may not be able to say goodbye either; then the far end learns it from a 481.
        core.unheard = Some(key);
        if catch_unwind(AssertUnwindSafe(|| call.hang_up(core, ""))).is_err() {
            tracing::error!(?key, "and it could not be ended on the wire");
        }
        core.unheard = None;
        self.calls.remove(&key);
    }
}
