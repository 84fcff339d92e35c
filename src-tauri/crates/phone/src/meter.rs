//! How loud everything is now.

use std::{fmt, sync::Arc};

use audio::HubHandle;
use model::{CallId, CallLevels, Levels, MediaId};
use tokio::sync::watch;

use crate::desk::leg_id;

/// Which media session carries each call.
pub(crate) type CallSessions = Arc<Vec<(CallId, MediaId)>>;

/// Reads the hub's gauges; nobody is asked, and nothing waits.
#[derive(Clone)]
pub(crate) struct Meter {
    hub: HubHandle,
    sessions: watch::Receiver<CallSessions>,
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

impl Meter {
    pub(crate) fn new(hub: HubHandle, sessions: watch::Receiver<CallSessions>) -> Self {
        Self { hub, sessions }
    }

    /// The levels of the last 50 ms.
    pub(crate) fn read(&self) -> Levels {
        let sessions = Arc::clone(&self.sessions.borrow());
        let of_call = |&(call, media): &(CallId, MediaId)| {
            let levels = self.hub.levels(leg_id(media))?;
            Some(CallLevels { call, in_dbfs: levels.heard_dbfs.into(), out_dbfs: levels.sent_dbfs.into() })
        };
        Levels {
            microphone_dbfs: self.hub.microphone_levels().dbfs.into(),
            speaker_dbfs: self.hub.speaker_dbfs().into(),
            calls: sessions.iter().filter_map(of_call).collect(),
        }
    }
}
