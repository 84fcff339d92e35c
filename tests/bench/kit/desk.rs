//! Sound devices that know the time: what was said and heard when.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use audio::{
    Capture, Device, DeviceId, FRAME_SAMPLES, Flow, Frame, Playback, RingTone, Ringing, SAMPLE_RATE_HZ, SoundError, SoundHost,
};
use model::{Clock, Instant};

/// Time of a frame.
const FRAME: Duration = Duration::from_millis(10);

/// A microphone that hears a script, and a speaker that keeps what it plays.
///
/// Both are as quick as devices can be that work in steps of 10 ms: a frame is read when its last sample has been spoken,
/// and a frame that is written is heard from 10 ms later on, when the one before it has been played.
#[derive(Clone)]
pub struct Desk {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    script: Arc<[f32]>,
    /// Sample of the script that is spoken next; it is repeated for ever.
    at: usize,
    /// When each frame of the script was read, since it began.
    read: Vec<Instant>,
    /// What was written, with the time.
    played: Vec<(Instant, Frame)>,
    /// When it was last told to ring.
    rang: Option<Instant>,
}

/// A recording, 48 kHz mono, that knows when each sample was heard.
pub struct Heard(Vec<(Instant, Frame)>);

impl Desk {
    /// A silent desk.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Arc::default() }
    }

    /// Speaks this from now on, over and over, and forgets what was heard before.
    pub fn speak(&self, script: Arc<[f32]>) {
        *self.lock() = State { script, ..State::default() };
    }

    /// When a sample of the script was spoken, counting on through its repetitions.
    pub fn spoken_at(&self, sample: usize) -> Option<Instant> {
        let read = *self.lock().read.get(sample / FRAME_SAMPLES)?;
        // Read when its end was spoken.
        Some(Instant::after_start((read.since_start() + span_of(sample % FRAME_SAMPLES)).saturating_sub(FRAME)))
    }

    /// What was heard since the script began.
    pub fn heard(&self) -> Heard {
        Heard(self.lock().played.clone())
    }

    /// When it was last told to ring.
    pub fn rang_at(&self) -> Option<Instant> {
        self.lock().rang
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    /// The samples one after another.
    pub fn samples(&self) -> Vec<f32> {
        self.0.iter().flat_map(|(_, frame)| frame).copied().collect()
    }

    /// When a sample was heard.
    pub fn heard_at(&self, sample: usize) -> Option<Instant> {
        let (written, _) = self.0.get(sample / FRAME_SAMPLES)?;
        Some(*written + FRAME + span_of(sample % FRAME_SAMPLES))
    }

    /// The first sample heard at or after a moment.
    pub fn sample_at(&self, moment: Instant) -> usize {
        self.0.partition_point(|(written, _)| *written + FRAME < moment) * FRAME_SAMPLES
    }
}

fn span_of(samples: usize) -> Duration {
    Duration::from_secs_f64(samples as f64 / f64::from(SAMPLE_RATE_HZ))
}

impl SoundHost for Desk {
    fn devices(&self) -> Result<Vec<Device>, SoundError> {
        Ok(Vec::new())
    }

    fn open_microphone(&self, _: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        Ok(Box::new(self.clone()))
    }

    fn open_speaker(&self, _: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        Ok(Box::new(self.clone()))
    }

    fn ring(&self, _: Option<&DeviceId>, _: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
        let now = self.clock.now();
        self.lock().rang = Some(now);
        Ok(Box::new(self.clone()))
    }
}

impl Capture for Desk {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        let now = self.clock.now();
        let mut state = self.lock();
        let State { script, at, read, .. } = &mut *state;
        if script.is_empty() {
            frame.fill(0.0);
            return Flow::Ok;
        }
        for sample in frame.iter_mut() {
            *sample = script[*at];
            *at = (*at + 1) % script.len();
        }
        read.push(now);
        Flow::Ok
    }
}

impl Playback for Desk {
    fn write(&mut self, frame: &Frame) -> Flow {
        let now = self.clock.now();
        self.lock().played.push((now, *frame));
        Flow::Ok
    }

    fn delay(&self) -> Option<Duration> {
        Some(FRAME)
    }
}

impl Ringing for Desk {
    fn is_gone(&self) -> bool {
        false
    }
}
