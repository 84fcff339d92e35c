//! The ring of calls: being started, ringing, or gone. A sound server that does not answer keeps nobody waiting but the ring.

use std::sync::Arc;

use audio::{DeviceWatch, RingTone, Ringing, SoundError, SoundHost, ring_anyhow};
use model::{DeviceFault, SoundFault, SoundRole};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tracing::error;

use super::stream::best_device;

/// What starting gave: the ring, and what went wrong on the way.
pub(super) type Rung = (Option<Box<dyn Ringing>>, Vec<SoundError>);

/// Rings.
#[derive(Default)]
pub(super) struct Ringer {
    ringing: Option<Box<dyn Ringing>>,
    /// On its way. It stays that when the ring is no longer wanted: of a sound server that hangs, no more than one is asked for.
    starting: Option<JoinHandle<Rung>>,
}

impl Ringer {
    pub(super) fn is_ringing(&self) -> bool {
        self.ringing.is_some()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.ringing.as_ref().is_some_and(|ringing| ringing.is_gone())
    }

    /// Begins anew, on the best device.
    pub(super) fn start(&mut self, host: &Arc<dyn SoundHost>, watch: &DeviceWatch, tone: RingTone) {
        self.stop();
        if self.starting.is_none() {
            self.starting = Some(start_ring(host, watch, tone));
        }
    }

    pub(super) fn stop(&mut self) {
        self.ringing = None;
    }

    /// What was being started. Waits for ever when nothing is. Cancel-safe.
    pub(super) async fn started(&mut self) -> Result<Rung, JoinError> {
        match &mut self.starting {
            Some(starting) => starting.await,
            None => std::future::pending().await,
        }
    }

    /// Takes what `started` returned; what the user must hear of it.
    pub(super) fn settle(&mut self, started: Result<Rung, JoinError>) -> Option<DeviceFault> {
        self.starting = None;
        let (ringing, trouble) = outcome(started);
        self.ringing = ringing;
        trouble
    }
}

/// Starts a ring on the best device, beside all else.
pub(super) fn start_ring(host: &Arc<dyn SoundHost>, watch: &DeviceWatch, tone: RingTone) -> JoinHandle<Rung> {
    let (host, mut watch) = (Arc::clone(host), watch.clone());
    spawn_blocking(move || {
        let id = best_device(&*host, &mut watch, SoundRole::Ringer);
        ring_anyhow(&*host, id.as_ref(), &tone)
    })
}

/// The ring, and what the user must hear of one that did not go as he chose.
pub(super) fn outcome(rung: Result<Rung, JoinError>) -> (Option<Box<dyn Ringing>>, Option<DeviceFault>) {
    match rung {
        Ok((ringing, troubles)) => {
            let fault = troubles.into_iter().next().map(SoundFault::from);
            let trouble = fault.map(|fault| match ringing {
                Some(_) => DeviceFault::RingsOtherwise { fault },
                None => DeviceFault::RingsUnheard { fault },
            });
            (ringing, trouble)
        }
        Err(panicked) => {
            error!(%panicked, "the ringer failed");
            (None, Some(DeviceFault::RingsUnheard { fault: SoundFault::Failed }))
        }
    }
}
