//! Notices what is wrong with the audio, and tells one thing from another.

use std::time::Duration;

use model::{Instant, MediaDirection, MediaTrouble};

/// Something is wrong when it lasted so long: longer than the pauses of a far end that sends nothing in silence.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was seen last of each way.
#[derive(Default)]
pub(super) struct Watch {
    now: Instant,
    connected: Option<Instant>,
    /// Since when packets are due, each way.
    receives: Option<Instant>,
    sends: Option<Instant>,
    arrived: Instant,
    left: Instant,
    /// Since when the microphone delivers zeros.
    silent: Option<Instant>,
    muted: bool,
}

impl Watch {
    /// It is `now`.
    pub(super) fn tick(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// What is due from now on.
    pub(super) fn direct(&mut self, direction: MediaDirection) {
        let since = |due: bool, before: Option<Instant>| due.then(|| before.unwrap_or(self.now));
        (self.receives, self.sends) = (since(direction.receives(), self.receives), since(direction.sends(), self.sends));
    }

    pub(super) fn connected(&mut self, connected: bool) {
        self.connected = connected.then(|| self.connected.unwrap_or(self.now));
    }

    pub(super) fn mute(&mut self, muted: bool) {
        self.muted = muted;
        self.silent = None;
    }

    pub(super) fn arrived(&mut self) {
        self.arrived = self.now;
    }

    pub(super) fn left(&mut self) {
        self.left = self.now;
    }

    /// The microphone delivered a frame: all zeros, or something.
    pub(super) fn heard(&mut self, zeros: bool) {
        self.silent = if zeros && !self.muted { self.silent.or(Some(self.now)) } else { None };
    }

    /// What is wrong at `now`; what keeps us from hearing comes first.
    pub(super) fn trouble(&self, now: Instant) -> Option<MediaTrouble> {
        let connected = self.connected?;
        let overdue = |since: Instant, last: Instant| now.since(since.max(last).max(connected)) >= PATIENCE;
        if self.receives.is_some_and(|since| overdue(since, self.arrived)) {
            return Some(MediaTrouble::NoPacketsIn);
        }
        let sends = self.sends?;
        if overdue(sends, self.left) {
            return Some(MediaTrouble::NoPacketsOut);
        }
        self.silent.filter(|since| overdue(sends, *since)).map(|_| MediaTrouble::MicrophoneSilent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets in, packets out and a microphone with or without sound for some seconds, 20 ms each; then what is wrong.
    fn after(watch: &mut Watch, seconds: u32, arrive: bool, leave: bool, zeros: bool) -> Option<MediaTrouble> {
        for _ in 0..seconds * 50 {
            watch.tick(watch.now + Duration::from_millis(20));
            if arrive {
                watch.arrived();
            }
            if leave {
                watch.left();
            }
            watch.heard(zeros);
        }
        watch.trouble(watch.now)
    }

    fn connected(direction: MediaDirection) -> Watch {
        let mut watch = Watch::default();
        watch.direct(direction);
        watch.connected(true);
        watch
    }

    #[test]
    fn each_trouble_has_its_name() {
        let both = MediaDirection::SendRecv;
        assert_eq!(after(&mut connected(both), 3, true, true, false), None);
        assert_eq!(after(&mut connected(both), 3, false, true, false), Some(MediaTrouble::NoPacketsIn));
        assert_eq!(after(&mut connected(both), 3, true, false, false), Some(MediaTrouble::NoPacketsOut));
        assert_eq!(after(&mut connected(both), 3, true, true, true), Some(MediaTrouble::MicrophoneSilent));
    }

    #[test]
    fn it_takes_two_seconds_and_ends_at_once() {
        let mut watch = connected(MediaDirection::SendRecv);
        assert_eq!(after(&mut watch, 1, false, true, false), None);
        assert!(after(&mut watch, 1, false, true, false).is_some());
        watch.arrived();
        assert_eq!(watch.trouble(watch.now), None);
    }

    #[test]
    fn what_is_not_due_is_no_trouble() {
        assert_eq!(after(&mut connected(MediaDirection::Inactive), 5, false, false, true), None);
        assert_eq!(after(&mut connected(MediaDirection::RecvOnly), 5, true, false, true), None);
        let mut muted = connected(MediaDirection::SendRecv);
        muted.mute(true);
        assert_eq!(after(&mut muted, 5, true, true, true), None);
        let mut unconnected = Watch::default();
        unconnected.direct(MediaDirection::SendRecv);
        assert_eq!(after(&mut unconnected, 5, false, false, false), None);
    }

    #[test]
    fn after_a_hold_the_patience_starts_anew() {
        let mut watch = connected(MediaDirection::Inactive);
        after(&mut watch, 60, false, false, false);
        watch.direct(MediaDirection::SendRecv);
        assert_eq!(after(&mut watch, 1, false, true, false), None);
    }
}
