//! The servers of ICE that the XiVO tells: when they are asked for again, and the first call, which waits for them.

use std::time::Duration;

use calls::io::{Capabilities, LineEvent};
use model::{Instant, LineCall, XivoAccount, XivoGeneration};

use super::{Machine, capabilities};

/// The first call waits so long for the servers, then goes without.
const FIRST_CALL_WAITS: Duration = Duration::from_secs(2);

/// When the servers are asked for again. An answer that is lost costs one turn, not all that follow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Renewal {
    pub(super) at: Option<Instant>,
    every: Option<Duration>,
}

impl Renewal {
    pub(super) fn every(now: Instant, every: Option<Duration>) -> Self {
        Self { at: every.map(|every| now + every), every }
    }

    /// Whether it is time; the next one is then set.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.at.is_some_and(|at| at <= now);
        if is_due {
            *self = Self::every(now, self.every);
        }
        is_due
    }
}

/// Dialled calls that wait for the servers, until these were told once, or a call has waited in vain.
#[derive(Debug)]
pub(super) struct FirstCalls {
    wait: bool,
    /// Whether call control was told so.
    told: bool,
    /// Those that wait, and until when the first of them does.
    waiting: Vec<LineCall>,
    until: Option<Instant>,
}

impl FirstCalls {
    /// Servers set by hand are there already, and early XiVOs tell none.
    pub(super) fn of(account: &XivoAccount) -> Self {
        let tells = matches!(account.generation, XivoGeneration::Automatic | XivoGeneration::C);
        Self { wait: tells && account.ice_servers.is_none(), told: false, waiting: Vec::new(), until: None }
    }

    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }
}

impl Machine {
    /// The line is registered, or no longer: whether a call that is dialled now has to wait.
    pub(super) fn tell_whether_calls_wait(&mut self) {
        let wait = self.first_calls.wait && self.registered && self.line.as_ref().is_some_and(|line| line.tells_ice());
        if std::mem::replace(&mut self.first_calls.told, wait) != wait {
            self.line(LineEvent::Capable(Capabilities { prepares: wait, ..capabilities(self.desk.is_some()) }));
        }
    }

    /// A call is dialled.
    pub(super) fn make_ready(&mut self, now: Instant, call: LineCall) {
        if !self.first_calls.told {
            return self.line(LineEvent::Prepared { call });
        }
        self.first_calls.waiting.push(call);
        self.first_calls.until.get_or_insert(now + FIRST_CALL_WAITS);
    }

    /// A call is hung up; whether it was one that waits, of which nobody else knows.
    pub(super) fn forget_waiting(&mut self, call: LineCall) -> bool {
        let before = self.first_calls.waiting.len();
        self.first_calls.waiting.retain(|waiting| *waiting != call);
        self.first_calls.waiting.len() != before
    }

    /// The servers are known, or are waited for no longer.
    pub(super) fn let_calls_go(&mut self) {
        (self.first_calls.wait, self.first_calls.until) = (false, None);
        self.tell_whether_calls_wait();
        for call in std::mem::take(&mut self.first_calls.waiting) {
            self.line(LineEvent::Prepared { call });
        }
    }
}
