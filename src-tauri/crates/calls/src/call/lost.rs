//! A call that has lost the way of its audio, the server, or both.

use std::time::Duration;

use model::Instant;
use serde::{Deserialize, Serialize};

/// How long a call is kept that can neither be heard nor signalled. A cable that is out for a minute ends no call: when it is
/// in again, the account may wait half a minute for its next try, and the search for a path needs the account.
const PATIENCE: Duration = Duration::from_secs(95);

/// How long a path may come back by itself; what broke it may be about to be told by the account, too.
const FIRST_LOOK: Duration = Duration::from_millis(200);
/// Between one search for another path and the next.
const NEXT_LOOK: Duration = Duration::from_secs(5);

/// How long a call rings whose caller cannot tell that he gives up. A server repeats what it has to say for 32 s (RFC 3261
/// section 17.1.2.2), and the account has been tried again several times by then.
const RINGS_ON_FOR: Duration = Duration::from_secs(35);

/// How long is looked for a path: as long, and for the same reason.
const LONGEST_LOOK: Duration = PATIENCE;

/// What is lost, and since when. One of the two alone ends no call: without the server the audio goes on, and without the
/// audio path the server can still help to find another.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Lost {
    path: Option<Instant>,
    line: Option<Instant>,
    /// When to look for another path.
    look_at: Option<Instant>,
}

impl Lost {
    /// The audio path was lost, or found again.
    pub(super) fn path(&mut self, now: Instant, lost: bool) {
        self.path = lost.then(|| self.path.unwrap_or(now));
        let soon = now + FIRST_LOOK;
        self.look_at = lost.then(|| self.look_at.map_or(soon, |at| at.min(soon)));
    }

    /// The account became unreachable, or reachable again.
    pub(super) fn line(&mut self, now: Instant, lost: bool) {
        self.line = lost.then(|| self.line.unwrap_or(now));
    }

    /// Whether the account is unreachable.
    pub(super) fn is_line_lost(self) -> bool {
        self.line.is_some()
    }

    /// When to stop ringing.
    pub(super) fn ringing_ends(self) -> Option<Instant> {
        Some(self.line? + RINGS_ON_FOR)
    }

    /// When to end the search for a path, and the call.
    pub(super) fn search_ends(self) -> Option<Instant> {
        Some(self.path? + LONGEST_LOOK)
    }

    /// When to look for another path. It takes the server's help.
    pub(super) fn look_due(self) -> Option<Instant> {
        self.look_at.filter(|_| self.line.is_none())
    }

    /// Another path is being looked for.
    pub(super) fn looks(&mut self, now: Instant) {
        self.look_at = Some(now + NEXT_LOOK);
    }

    /// When to give the call up.
    pub(super) fn due(self) -> Option<Instant> {
        Some(self.path?.max(self.line?) + PATIENCE)
    }
}
