//! A call that has lost both the server and the far end.

use std::time::Duration;

use model::Instant;
use serde::{Deserialize, Serialize};

/// How long a call is kept that can neither be heard nor signalled: longer than a cable is out or a network changes,
/// shorter than anybody listens to silence.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is lost, and since when. One of the two alone ends no call: without the server the audio goes on, and without the
/// audio path the server can still help to find another.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Lost {
    path: Option<Instant>,
    line: Option<Instant>,
}

impl Lost {
    /// The audio path was lost, or found again.
    pub(super) fn path(&mut self, now: Instant, lost: bool) {
        self.path = lost.then(|| self.path.unwrap_or(now));
    }

    /// The account became unreachable, or reachable again.
    pub(super) fn line(&mut self, now: Instant, lost: bool) {
        self.line = lost.then(|| self.line.unwrap_or(now));
    }

    /// When to give the call up.
    pub(super) fn due(self) -> Option<Instant> {
        Some(self.path?.max(self.line?) + PATIENCE)
    }
}
