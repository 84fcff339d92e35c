//! How loud everything is now.

use std::{fmt, sync::Arc};

use audio::{HubHandle, ToneSpec};
use model::{CallId, CallLevels, Levels, MediaId};
use tokio::sync::watch;

use crate::desk::leg_id;

/// Which media session carries each call.
pub(crate) type CallSessions = Arc<Vec<(CallId, MediaId)>>;

/// Reads the hub's gauges, and lets a tone be heard there; nobody is asked, and nothing waits.
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

    /// Lets the far end of a call hear a tone, or no longer.
    pub(crate) fn say(&self, call: CallId, tone: Option<ToneSpec>) {
        let sessions = Arc::clone(&self.sessions.borrow());
        if let Some(&(_, media)) = sessions.iter().find(|(of, _)| *of == call) {
            self.hub.leg_tone(leg_id(media), tone);
        }
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
