//! Sends keys, one after another.

use std::{collections::VecDeque, time::Duration};

use model::DtmfDigit;

use super::TelephoneEventPayload;

/// Time between two packets of a key, in ms.
const UPDATE_MS: u32 = 20;

/// How often the end of a key is said (RFC 4733 section 2.5.1.4).
const END_PACKETS: u32 = 3;

/// Keys that may wait; whoever queues more is not dialling.
const LONGEST_QUEUE: usize = 1_024;

/// Longest single tone.
const LONGEST_TONE: Duration = Duration::from_secs(60);

/// Length of a key that is let go before its tone has begun, and pause behind a key that was held.
const USUAL_TONE_MS: u32 = 100;
const USUAL_GAP_MS: u32 = 70;

struct Key {
    digit: DtmfDigit,
    tone_ms: u32,
    gap_ms: u32,
    /// Still down: the tone goes on until it is let go.
    down: bool,
}

enum State {
    Idle,
    /// The key is down since `played_ms`, of which `told_ms` went into finished segments.
    Tone {
        key: Key,
        played_ms: u32,
        told_ms: u32,
        started: bool,
        segment_at: u32,
    },
    /// The key is up for `passed_ms`; its end was said `said` times.
    Gap {
        key: Key,
        passed_ms: u32,
        said: u32,
        last: TelephoneEventPayload,
        segment_at: u32,
    },
}

/// The queue of keys and the one on its way. Driven by [`DtmfSender::step`] every 20 ms of audio that is not sent meanwhile.
pub(crate) struct DtmfSender {
    queue: VecDeque<Key>,
    state: State,
}

/// One packet of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// First packet of a key.
    pub(crate) marker: bool,
    /// RTP timestamp: where the key, or the segment of a long one, began.
    pub(crate) timestamp: u32,
    /// What it says.
    pub(crate) payload: TelephoneEventPayload,
}

impl DtmfSender {
    pub(crate) fn new() -> Self {
        Self { queue: VecDeque::new(), state: State::Idle }
    }

    /// Queues digits behind those that still wait; `false` when there is no room for all of them.
    pub(crate) fn queue(&mut self, digits: &[DtmfDigit], tone: Duration, gap: Duration) -> bool {
        if self.queue.len() + digits.len() > LONGEST_QUEUE {
            return false;
        }
        let ms = |span: Duration| u32::try_from(span.min(LONGEST_TONE).as_millis()).unwrap_or(0);
        let tone_ms = ms(tone).max(UPDATE_MS * 2);
        self.queue.extend(digits.iter().map(|digit| Key { digit: *digit, tone_ms, gap_ms: ms(gap), down: false }));
        true
    }

    /// Queues a key that stays down until `release`, or for the longest tone there is.
    pub(crate) fn press(&mut self, digit: DtmfDigit) -> bool {
        self.release();
        let tone_ms = u32::try_from(LONGEST_TONE.as_millis()).unwrap_or(u32::MAX);
        self.queue.push_back(Key { digit, tone_ms, gap_ms: USUAL_GAP_MS, down: true });
        self.queue.len() <= LONGEST_QUEUE
    }

    /// Lets the key go that is down: its tone ends with the next packet.
    pub(crate) fn release(&mut self) {
        if let Some(key) = self.queue.back_mut().filter(|key| key.down) {
            (key.tone_ms, key.down) = (USUAL_TONE_MS, false);
        } else if let State::Tone { key, played_ms, .. } = &mut self.state
            && key.down
        {
            (key.tone_ms, key.down) = ((*played_ms + UPDATE_MS).max(UPDATE_MS * 2), false);
        }
    }

    /// Whether nothing waits and nothing is on its way.
    pub(crate) fn idle(&self) -> bool {
        self.queue.is_empty() && matches!(self.state, State::Idle)
    }

    /// Forgets everything, for a far end that takes no digits any more.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.state = State::Idle;
    }

    /// Lets 20 ms pass. `timestamp` is the audio's at their start, `audio_hz` its clock and `event_hz` the clock in which durations
    /// are told. `None`: nothing to send in this step.
    pub(crate) fn step(&mut self, timestamp: u32, audio_hz: u32, event_hz: u32) -> Option<Step> {
        if matches!(self.state, State::Idle) {
            let key = self.queue.pop_front()?;
            self.state = State::Tone { key, played_ms: 0, told_ms: 0, started: false, segment_at: timestamp };
        }
        let ticks = |ms: u32| u16::try_from(ms.saturating_mul(event_hz / 1_000)).unwrap_or(u16::MAX);
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => None,
            State::Tone { key, mut played_ms, mut told_ms, started, mut segment_at } => {
                played_ms = (played_ms + UPDATE_MS).min(key.tone_ms);
                // The duration has 16 bits. What is longer goes on in another segment, which starts where the one before
                // ended and is not marked (RFC 4733 section 2.5.1.3).
                if (played_ms - told_ms).saturating_mul(event_hz / 1_000) > u32::from(u16::MAX) {
                    let told = played_ms - UPDATE_MS - told_ms;
                    told_ms += told;
                    segment_at = segment_at.wrapping_add(told.saturating_mul(audio_hz / 1_000));
                }
                let end = played_ms >= key.tone_ms;
                let payload = TelephoneEventPayload { event: key.digit.event(), end, duration: ticks(played_ms - told_ms) };
                self.state = if end {
                    State::Gap { key, passed_ms: 0, said: 1, last: payload, segment_at }
                } else {
                    State::Tone { key, played_ms, told_ms, started: true, segment_at }
                };
                Some(Step { marker: !started, timestamp: segment_at, payload })
            }
            State::Gap { key, passed_ms, said, last, segment_at } => {
                let passed_ms = passed_ms + UPDATE_MS;
                let repeat = (said < END_PACKETS).then_some(Step { marker: false, timestamp: segment_at, payload: last });
                let said = said + u32::from(repeat.is_some());
                // The last packet covered the end of the tone, so one step of the gap is over when the state is entered.
                if said < END_PACKETS || passed_ms + UPDATE_MS <= key.gap_ms.next_multiple_of(UPDATE_MS) {
                    self.state = State::Gap { key, passed_ms, said, last, segment_at };
                }
                repeat
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<DtmfDigit> {
        DtmfDigit::parse_all(text).expect("digits")
    }

    /// Every 20 ms what is sent, until idle; with its time in ms.
    fn run(sender: &mut DtmfSender, audio_hz: u32, event_hz: u32) -> Vec<(u32, Step)> {
        let mut sent = Vec::new();
        for step in 0..10_000 {
            if sender.idle() {
                break;
            }
            if let Some(packet) = sender.step(1_000 + step * 20 * audio_hz / 1_000, audio_hz, event_hz) {
                sent.push((step * 20, packet));
            }
        }
        sent
    }

    #[test]
    fn a_key_starts_marked_grows_each_20_ms_and_ends_three_times() {
        let mut sender = DtmfSender::new();
        assert!(sender.queue(&digits("5"), Duration::from_millis(100), Duration::from_millis(70)));
        let sent = run(&mut sender, 8_000, 8_000);
        let said: Vec<_> = sent.iter().map(|(at, s)| (*at, s.marker, s.payload.duration, s.payload.end)).collect();
        assert_eq!(
            said,
            [
                (0, true, 160, false),
                (20, false, 320, false),
                (40, false, 480, false),
                (60, false, 640, false),
                (80, false, 800, true),
                (100, false, 800, true),
                (120, false, 800, true),
            ]
        );
        assert!(sent.iter().all(|(_, s)| s.timestamp == 1_000 && s.payload.event == 5));
    }

    #[test]
    fn a_second_string_waits_for_the_first_and_keys_are_a_gap_apart() {
        let mut sender = DtmfSender::new();
        sender.queue(&digits("12"), Duration::from_millis(100), Duration::from_millis(70));
        sender.queue(&digits("#"), Duration::from_millis(100), Duration::from_millis(70));
        let sent = run(&mut sender, 48_000, 8_000);
        let starts: Vec<_> = sent.iter().filter(|(_, s)| s.marker).map(|(at, s)| (*at, s.payload.event)).collect();
        assert_eq!(starts, [(0, 1), (180, 2), (360, 11)]);
    }

    #[test]
    fn a_long_tone_is_told_in_segments_that_follow_each_other() {
        let mut sender = DtmfSender::new();
        sender.queue(&digits("7"), Duration::from_secs(3), Duration::from_millis(70));
        let sent = run(&mut sender, 48_000, 48_000);
        assert_eq!(sent.iter().filter(|(_, s)| s.marker).count(), 1);
        let mut segments: Vec<(u32, u16)> = Vec::new();
        for (_, step) in &sent {
            match segments.last_mut() {
                Some((at, longest)) if *at == step.timestamp => *longest = step.payload.duration,
                _ => segments.push((step.timestamp, step.payload.duration)),
            }
        }
        assert_eq!(segments.len(), 3);
        for pair in segments.windows(2) {
            assert_eq!(pair[0].0 + u32::from(pair[0].1), pair[1].0);
        }
        assert_eq!(segments.iter().map(|(_, length)| u32::from(*length)).sum::<u32>(), 144_000);
        assert_eq!(sent.iter().filter(|(_, s)| s.payload.end).count(), 3);
    }

    #[test]
    fn a_key_sounds_until_it_is_let_go() {
        let mut sender = DtmfSender::new();
        assert!(sender.press(digits("5")[0]));
        let step = |sender: &mut DtmfSender| sender.step(1_000, 8_000, 8_000).expect("a packet");
        let said: Vec<_> = (0..20).map(|_| step(&mut sender).payload).map(|payload| (payload.duration, payload.end)).collect();
        assert_eq!((said[0], said[19]), ((160, false), (3_200, false)));
        sender.release();
        assert_eq!(step(&mut sender).payload, TelephoneEventPayload { event: 5, end: true, duration: 3_360 });
        run(&mut sender, 8_000, 8_000);
        assert!(sender.idle());
    }

    #[test]
    fn a_key_let_go_before_its_turn_has_the_usual_length() {
        let mut sender = DtmfSender::new();
        sender.queue(&digits("1"), Duration::from_millis(100), Duration::from_millis(70));
        assert!(sender.press(digits("2")[0]));
        sender.release();
        sender.release();
        let sent = run(&mut sender, 8_000, 8_000);
        assert_eq!(sent.last().map(|(_, step)| (step.payload.event, step.payload.duration)), Some((2, 800)));
    }

    #[test]
    fn a_queue_without_end_is_refused() {
        let mut sender = DtmfSender::new();
        assert!(!sender.queue(&vec![digits("1")[0]; 2_000], Duration::from_millis(100), Duration::from_millis(70)));
        assert!(sender.idle());
    }
}
