//! The way to the hub from other threads.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering},
    },
    thread::Thread,
};

use model::{Cleanup, DtmfDigit};

use crate::{
    CallRecording, Capture, Leg, LegLevels, MicrophoneLevels, Playback, StreamState, ToneSpec,
    cleanup::Cleaner,
    levels::{Gauge, LegGauges},
    tones::Source,
};

/// A leg's number; whoever attaches the leg chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

/// One leg's place in the mix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegRoute {
    /// Which leg.
    pub leg: LegId,
    /// Whether the microphone goes to it.
    pub microphone: bool,
    /// Whether it goes to the speaker.
    pub speaker: bool,
    /// The legs it hears; itself too, if it is named (an echo).
    pub hears: Vec<LegId>,
}

/// Commands to the hub, and its figures. Every method returns at once; a command acts at the next tick, in order.
#[derive(Clone)]
pub struct HubHandle {
    shared: Arc<Shared>,
}

impl HubHandle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Gives the hub a leg. It is heard and hears when a route names it; until then it is pulled, and pushed silence.
    /// A leg with the same number is replaced.
    pub fn attach(&self, id: LegId, leg: Box<dyn Leg>) {
        let gauges = Arc::new(LegGauges::default());
        lock(&self.shared.legs).insert(id, Arc::clone(&gauges));
        self.send(Command::Attach(id, leg, gauges));
    }

    /// Takes a leg away; it fades out in 10 ms and is dropped, not on the hub's thread.
    pub fn detach(&self, id: LegId) {
        lock(&self.shared.legs).remove(&id);
        self.send(Command::Detach(id));
    }

    /// Says who hears whom from now on, as a whole. Legs that are not named are neither heard nor spoken to; numbers
    /// that are not attached take effect when they are.
    pub fn route(&self, routes: Vec<LegRoute>) {
        let mut plan = lock(&self.shared.cleanup);
        if routes.is_empty() {
            plan.needed = false;
        } else if routes.iter().any(|route| route.microphone) {
            plan.needed = true;
        }
        self.settle(&mut plan);
        self.send(Command::Route(routes));
    }

    /// Plays a tone to the user beside the legs, or stops it.
    pub fn tone(&self, tone: Option<ToneSpec>) {
        self.send(Command::Tone(tone.map(|tone| tone.source())));
    }

    /// Plays the short sound of a pressed key to the user.
    pub fn key_tone(&self, digit: DtmfDigit) {
        self.send(Command::KeyTone(ToneSpec::Key(digit).source()));
    }

    /// Plays a tone into a leg, for its far end to hear, or stops what plays there.
    pub fn leg_tone(&self, leg: LegId, tone: Option<ToneSpec>) {
        self.source(leg, tone.map(|tone| tone.source()));
    }

    /// Plays any source into a leg, or stops what plays there.
    pub fn source(&self, leg: LegId, source: Option<Box<dyn Source>>) {
        if source.is_some()
            && let Some(gauges) = lock(&self.shared.legs).get(&leg)
        {
            gauges.given.fetch_add(1, Ordering::Relaxed);
        }
        self.send(Command::Source(leg, source));
    }

    /// Takes a leg down from now on: what it is given and what it says; or stops.
    pub fn record(&self, leg: LegId, recording: Option<CallRecording>) {
        self.send(Command::Record(leg, recording));
    }

    /// Closes the mute gate: no leg hears the microphone.
    pub fn mute(&self) {
        self.send(Command::Gate(Gate::Closed));
    }

    /// Opens the mute gate, as it is at first.
    pub fn unmute(&self) {
        self.send(Command::Gate(Gate::Open));
    }

    /// What is done to the microphone's sound; nothing at first. It runs, and takes memory, only while a leg hears the
    /// microphone.
    pub fn cleanup(&self, cleanup: Cleanup) {
        let mut plan = lock(&self.shared.cleanup);
        plan.wanted = cleanup;
        self.settle(&mut plan);
    }

    /// How loud the speaker plays: 1.0 as it is, as at first; 0.0 not at all.
    pub fn volume(&self, gain: f32) {
        self.shared.volume.set(gain);
    }

    /// Gives the hub a microphone, or takes it away. From now on its state is that of the new one.
    pub fn microphone(&self, capture: Option<Box<dyn Capture>>) {
        self.shared.gauges.capture.write(StreamState::of(capture.as_ref()));
        self.send(Command::Microphone(capture));
    }

    /// Gives the hub a speaker, or takes it away. From now on its state is that of the new one.
    pub fn speaker(&self, playback: Option<Box<dyn Playback>>) {
        self.shared.gauges.playback.write(StreamState::of(playback.as_ref()));
        self.send(Command::Speaker(playback));
    }

    /// How loud a leg is; none when it is not attached.
    pub fn levels(&self, leg: LegId) -> Option<LegLevels> {
        lock(&self.shared.legs).get(&leg).map(|gauges| gauges.read())
    }

    /// How the microphone is doing.
    pub fn microphone_levels(&self) -> MicrophoneLevels {
        let gauges = &self.shared.gauges;
        MicrophoneLevels {
            dbfs: gauges.microphone.read(),
            only_zeros: gauges.only_zeros.load(Ordering::Relaxed),
            stream: gauges.capture.read(),
        }
    }

    /// How loud the speaker plays, in dBFS (RMS over 50 ms); silence when none is open.
    pub fn speaker_dbfs(&self) -> f32 {
        self.shared.gauges.speaker.read()
    }

    /// How the speaker is doing.
    pub fn speaker_state(&self) -> StreamState {
        self.shared.gauges.playback.read()
    }

    /// Ends the driver.
    pub(crate) fn stop(&self) {
        self.send(Command::Stop);
    }

    /// Builds the clean-up here, because that takes memory and milliseconds the hub's thread does not have.
    fn settle(&self, plan: &mut CleanupPlan) {
        let now = if plan.needed { plan.wanted } else { Cleanup::OFF };
        if now != plan.running {
            plan.running = now;
            self.send(Command::Cleanup(Cleaner::new(now).map(Box::new)));
        }
    }

    fn send(&self, command: Command) {
        self.shared.inbox.send(command);
        if let Some(hub) = self.shared.waker.get() {
            hub.unpark();
        }
    }
}

/// What the hub is told.
pub(crate) enum Command {
    Attach(LegId, Box<dyn Leg>, Arc<LegGauges>),
    Detach(LegId),
    Route(Vec<LegRoute>),
    Tone(Option<Box<dyn Source>>),
    KeyTone(Box<dyn Source>),
    Source(LegId, Option<Box<dyn Source>>),
    Record(LegId, Option<CallRecording>),
    Gate(Gate),
    Cleanup(Option<Box<Cleaner>>),
    Microphone(Option<Box<dyn Capture>>),
    Speaker(Option<Box<dyn Playback>>),
    Stop,
}

/// The mute gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    Closed,
}

/// What the hub and its handles share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) inbox: Inbox,
    pub(crate) gauges: Gauges,
    pub(crate) volume: Volume,
    /// The hub's thread, when a driver runs it.
    waker: OnceLock<Thread>,
    legs: Mutex<HashMap<LegId, Arc<LegGauges>>>,
    cleanup: Mutex<CleanupPlan>,
}

impl Shared {
    /// Commands wake this thread from now on.
    pub(crate) fn wake_by(&self, hub: Thread) {
        self.waker.get_or_init(|| hub);
    }
}

/// A gain in an atomic.
pub(crate) struct Volume(AtomicU32);

impl Default for Volume {
    fn default() -> Self {
        Self(AtomicU32::new(1f32.to_bits()))
    }
}

impl Volume {
    fn set(&self, gain: f32) {
        self.0.store(gain.clamp(0.0, 1.0).to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn gain(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// Which clean-up is wanted, and which one the hub has.
struct CleanupPlan {
    wanted: Cleanup,
    running: Cleanup,
    needed: bool,
}

impl Default for CleanupPlan {
    fn default() -> Self {
        Self { wanted: Cleanup::OFF, running: Cleanup::OFF, needed: false }
    }
}

/// Figures of the devices.
#[derive(Default)]
pub(crate) struct Gauges {
    pub(crate) microphone: Gauge,
    pub(crate) speaker: Gauge,
    pub(crate) only_zeros: AtomicBool,
    pub(crate) capture: StateCell,
    pub(crate) playback: StateCell,
}

/// A stream's state in an atomic.
#[derive(Default)]
pub(crate) struct StateCell(AtomicU8);

impl StateCell {
    pub(crate) fn write(&self, state: StreamState) {
        self.0.store(state as u8, Ordering::Relaxed);
    }

    fn read(&self) -> StreamState {
        match self.0.load(Ordering::Relaxed) {
            1 => StreamState::Running,
            2 => StreamState::Gone,
            _ => StreamState::Closed,
        }
    }
}

/// Commands on their way. Senders may wait for one another; the hub never waits for them.
#[derive(Default)]
pub(crate) struct Inbox {
    queue: Mutex<VecDeque<Command>>,
    filled: AtomicBool,
    closed: AtomicBool,
}

impl Inbox {
    fn send(&self, command: Command) {
        let mut queue = lock(&self.queue);
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        queue.push_back(command);
        self.filled.store(true, Ordering::Release);
    }

    /// Swaps the waiting commands into `empty`. When a sender is just writing, they come at the next tick instead.
    pub(crate) fn take(&self, empty: &mut VecDeque<Command>) {
        if !self.has_commands() {
            return;
        }
        if let Ok(mut queue) = self.queue.try_lock() {
            mem::swap(&mut *queue, empty);
            self.filled.store(false, Ordering::Release);
        }
    }

    pub(crate) fn has_commands(&self) -> bool {
        self.filled.load(Ordering::Acquire)
    }

    /// Nobody reads any more: what is sent from now on is dropped at once.
    pub(crate) fn close(&self) {
        let mut queue = lock(&self.queue);
        self.closed.store(true, Ordering::Release);
        queue.clear();
    }
}

/// None of what these mutexes guard can be left half-written by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
