//! The far end's audio: a media session whose ear and mouth the test holds.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use audio::FRAME_SAMPLES;
use calls::io::{MediaEvent, MediaRequest};
use media::session::{self, MediaSettings, SessionHandle};
use model::Codec;
use tokio::{
    sync::mpsc,
    time::{Duration, interval},
};
use tracing::info_span;

use crate::{
    rtc::{Air, FakeRtc},
    time::VirtualClock,
};

/// A session at the far end. Dropping it closes it.
#[derive(Debug)]
pub struct FarMedia {
    handle: SessionHandle,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    events: VecDeque<MediaEvent>,
    heard: Vec<f32>,
    to_say: VecDeque<f32>,
    echoes: bool,
    closed: bool,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FarMedia {
    /// Opens a session; must be called inside the scenario's runtime.
    pub(crate) fn open(air: &Air, clock: VirtualClock, seed: u64) -> Self {
        let settings = MediaSettings::new(vec![Codec::Opus, Codec::Pcmu], seed);
        let (outbox, mut told) = mpsc::channel(64);
        let session = session::open(Arc::new(FakeRtc::new(air.clone(), "far")), Arc::new(clock), settings, outbox);
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (ear, mut leg) = (Arc::clone(&shared), session.leg);
        phone::spawn("far media", info_span!("far"), async move {
            let listen = async {
                while let Some(event) = told.recv().await {
                    lock(&ear).events.push_back(event);
                }
                lock(&ear).closed = true;
            };
            let talk = async {
                let mut ticks = interval(Duration::from_millis(10));
                while !lock(&ear).closed {
                    ticks.tick().await;
                    let mut frame = [0.0; FRAME_SAMPLES];
                    leg.pull(&mut frame);
                    let mut shared = lock(&ear);
                    shared.heard.extend(frame);
                    if !shared.echoes {
                        let there = shared.to_say.len().min(FRAME_SAMPLES);
                        frame.fill(0.0);
                        frame.iter_mut().zip(shared.to_say.drain(..there)).for_each(|(sample, said)| *sample = said);
                    }
                    drop(shared);
                    leg.push(&frame);
                }
            };
            tokio::join!(session.run, listen, talk);
        });
        let media = Self { handle: session.handle, shared };
        media.ask(MediaRequest::Microphone { open: true });
        media
    }

    /// Asks the session for something.
    pub fn ask(&self, request: MediaRequest) {
        self.handle.send(request).expect("the far end's session runs");
    }

    /// Takes the first event that `pick` can use.
    pub fn take<T>(&self, pick: impl Fn(&MediaEvent) -> Option<T>) -> Option<T> {
        let mut shared = lock(&self.shared);
        let at = shared.events.iter().position(|event| pick(event).is_some())?;
        shared.events.remove(at).and_then(|event| pick(&event))
    }

    /// Says `samples`, behind what is still to be said.
    pub fn say(&self, samples: &[f32]) {
        lock(&self.shared).to_say.extend(samples);
    }

    /// Gives back what is heard.
    pub fn echo(&self) {
        lock(&self.shared).echoes = true;
    }

    /// Takes what was heard since the last call.
    pub fn take_heard(&self) -> Vec<f32> {
        std::mem::take(&mut lock(&self.shared).heard)
    }
}
