//! Where things go that the hub is done with: freeing a leg or a stream takes locks and system calls.

use std::sync::mpsc::{SyncSender, TrySendError};

use crate::{CallRecording, Capture, Leg, LegRoute, Playback, cleanup::Cleaner, tones::Source};

/// Something to be dropped.
#[expect(dead_code, reason = "what is inside is only kept to be dropped")]
pub(crate) enum Retired {
    Leg(Box<dyn Leg>),
    Capture(Box<dyn Capture>),
    Playback(Box<dyn Playback>),
    Source(Box<dyn Source>),
    Cleaner(Box<Cleaner>),
    Routes(Vec<LegRoute>),
    Recording(CallRecording),
}

/// Collects what has to be dropped. With a driver, another thread drops it; without one, the tick does.
#[derive(Default)]
pub(crate) struct Bin {
    reaper: Option<SyncSender<Retired>>,
    /// What the reaper had no room for yet.
    waiting: Vec<Retired>,
}

impl Bin {
    /// A bin that another thread empties.
    pub(crate) fn emptied_by(reaper: SyncSender<Retired>) -> Self {
        Self { reaper: Some(reaper), waiting: Vec::with_capacity(16) }
    }

    pub(crate) fn put(&mut self, retired: Retired) {
        let Some(reaper) = &self.reaper else { return drop(retired) };
        match reaper.try_send(retired) {
            Ok(()) => {}
            Err(TrySendError::Full(retired) | TrySendError::Disconnected(retired)) => self.waiting.push(retired),
        }
    }

    /// Tries again with what found no room.
    pub(crate) fn empty(&mut self) {
        while let Some(retired) = self.waiting.pop() {
            let before = self.waiting.len();
            self.put(retired);
            if self.waiting.len() > before {
                return;
            }
        }
    }
}
