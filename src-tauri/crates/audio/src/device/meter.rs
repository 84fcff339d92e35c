//! What a device's callback and the hub tell each other besides samples.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

/// Frames without a callback after which a stream is dead: half a second.
const SILENT_FRAMES: u32 = 50;

/// The same before its first callback: a wireless headset takes its time to wake up.
const STARTING_FRAMES: u32 = 300;

/// Numbers that the callback writes and the hub reads. Relaxed order will do: each stands alone, and being a callback
/// late in one of them only adds to the noise that `DriftControl` is made for.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    callbacks: AtomicU64,
    last_ns: AtomicU64,
    longest_gap_ns: AtomicU64,
    beyond_ns: AtomicU64,
    playing: AtomicBool,
    dead: AtomicBool,
}

impl Meter {
    /// A callback came, at `now` of the stream's clock. For the callback.
    pub(crate) fn called(&self, now: Duration) {
        let now = nanos(now);
        let last = self.last_ns.swap(now, Ordering::Relaxed);
        if self.callbacks.fetch_add(1, Ordering::Relaxed) > 0 {
            self.longest_gap_ns.fetch_max(now.saturating_sub(last), Ordering::Relaxed);
        }
    }

    /// Sound lies ready: play it. For the hub.
    pub(crate) fn play(&self) {
        self.playing.store(true, Ordering::Relaxed);
    }

    /// Nothing lies ready any more: silence until `play`. For the callback.
    pub(crate) fn run_dry(&self) {
        self.playing.store(false, Ordering::Relaxed);
    }

    /// Whether sound is played.
    pub(crate) fn is_playing(&self) -> bool {
        self.playing.load(Ordering::Relaxed)
    }

    /// How long sound still travels on the device's side of the callback. For the callback.
    pub(crate) fn set_beyond(&self, beyond: Duration) {
        self.beyond_ns.store(nanos(beyond), Ordering::Relaxed);
    }

    /// What `set_beyond` said.
    pub(crate) fn beyond(&self) -> Duration {
        Duration::from_nanos(self.beyond_ns.load(Ordering::Relaxed))
    }

    /// The stream reported an error that it does not survive.
    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// How long ago the last callback was; nothing before the first.
    pub(crate) fn since_last(&self, now: Duration) -> Duration {
        if self.callbacks.load(Ordering::Relaxed) == 0 {
            return Duration::ZERO;
        }
        now.saturating_sub(Duration::from_nanos(self.last_ns.load(Ordering::Relaxed)))
    }

    /// The longest time between two callbacks since this was asked last; zero without two.
    pub(crate) fn take_longest_gap(&self) -> Duration {
        Duration::from_nanos(self.longest_gap_ns.swap(0, Ordering::Relaxed))
    }
}

/// Watches, frame by frame, whether a stream still lives.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    callbacks: u64,
    quiet_frames: u32,
    gone: bool,
}

impl Pulse {
    /// Whether the stream is dead, and stays so. To be asked once a frame.
    pub(crate) fn is_gone(&mut self, meter: &Meter) -> bool {
        let callbacks = meter.callbacks.load(Ordering::Relaxed);
        self.quiet_frames = if callbacks == self.callbacks { self.quiet_frames + 1 } else { 0 };
        self.callbacks = callbacks;
        let patience = if callbacks == 0 { STARTING_FRAMES } else { SILENT_FRAMES };
        self.gone |= self.quiet_frames >= patience || meter.dead.load(Ordering::Relaxed);
        self.gone
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames until the stream is told dead.
    fn frames_until_gone(meter: &Meter) -> u32 {
        let mut pulse = Pulse::default();
        (1..).find(|_| pulse.is_gone(meter)).unwrap_or(0)
    }

    #[test]
    fn half_a_second_without_a_callback_is_death() {
        let meter = Meter::default();
        assert_eq!(frames_until_gone(&meter), 300);
        meter.called(Duration::ZERO);
        assert_eq!(frames_until_gone(&meter), 51);
    }

    #[test]
    fn an_error_is_death_at_once_and_for_good() {
        let meter = Meter::default();
        let mut pulse = Pulse::default();
        assert!(!pulse.is_gone(&meter));
        meter.die();
        assert!(pulse.is_gone(&meter));
        meter.called(Duration::from_secs(1));
        assert!(pulse.is_gone(&meter));
    }
}
