//! How late packets come, and so how much delay playing needs.

use crate::codec::SAMPLES_PER_MS;

const MS: i64 = SAMPLES_PER_MS as i64;

/// How long an observation counts. It bounds how fast the delay may fall after the network calmed down.
const MEMORY: i64 = 3_500 * MS;

/// The same for what copies and coarse copies need; with the second for which a network counts as one that loses packets, and
/// that for which too much delay waits for a pause, it makes less than five, too.
const RESTORED_MEMORY: i64 = 2_500 * MS;

/// Observations kept at most: packets of 10 ms for the memory, and copies of lost ones.
const MOST_OBSERVATIONS: usize = 400;

/// One observation in so many may be later than what is waited for: a single late packet costs less than the delay of waiting
/// for its like.
const LATE_ONE_IN: usize = 150;

/// Observations by which a stream is known; until then there is an allowance for what has not shown yet.
const KNOWN_AFTER: i64 = 1_500 * MS;
const ALLOWANCE: i64 = 15 * MS;

/// Kept above the latest packet, because packets are taken over in steps of 10 ms and may begin anywhere between two.
const MARGIN: i64 = 10 * MS;

/// Longest delay that is ever aimed at above the earliest packet.
const LONGEST: i64 = 400 * MS;

/// Remembers how late packets came relative to their timestamps.
pub(super) struct Delays {
    /// When it was pulled, and how much later than its timestamp says that was; a ring.
    observed: Vec<(i64, i64)>,
    oldest: usize,
    since: Option<i64>,
    /// The latest copy or coarse copy that was offered while packets were lost, and when; then the one before it.
    restored: [Option<(i64, i64)>; 2],
    /// The earliest that counts.
    earliest: Option<i64>,
    target: i64,
}

impl Delays {
    pub(super) fn new() -> Self {
        let observed = Vec::with_capacity(MOST_OBSERVATIONS);
        Self { observed, oldest: 0, since: None, restored: [None; 2], earliest: None, target: 0 }
    }

    /// A packet came `delay` samples after its timestamp, on the scale of `pulled`.
    pub(super) fn observe(&mut self, pulled: i64, delay: i64) {
        if self.observed.len() < MOST_OBSERVATIONS {
            self.observed.push((pulled, delay));
        } else if let Some(place) = self.observed.get_mut(self.oldest) {
            *place = (pulled, delay);
            self.oldest = (self.oldest + 1) % MOST_OBSERVATIONS;
        }
        self.since.get_or_insert(pulled);
        self.aim(pulled);
    }

    /// Packets are lost, and what would restore one came `delay` samples after the timestamp of the one it restores.
    ///
    /// All of these are waited for, not all but a few: a target that rises and falls with each loss would be heard more than
    /// the loss.
    pub(super) fn observe_restorable(&mut self, pulled: i64, delay: i64) {
        let [current, before] = &mut self.restored;
        match current {
            Some((since, latest)) if pulled - *since <= RESTORED_MEMORY / 2 => *latest = delay.max(*latest),
            _ => *before = current.replace((pulled, delay)),
        }
    }

    /// The delay that playing needs now, on the same scale as observations.
    pub(super) fn target(&self) -> i64 {
        self.target
    }

    /// The earliest observation of late.
    pub(super) fn earliest(&self) -> Option<i64> {
        self.earliest
    }

    /// The mean of what was observed lately.
    pub(super) fn mean(&self) -> i64 {
        let sum: i64 = self.observed.iter().map(|(_, delay)| delay).sum();
        if self.observed.is_empty() { 0 } else { sum / self.observed.len() as i64 }
    }

    /// Aims anew as old observations expire.
    pub(super) fn aim(&mut self, pulled: i64) {
        let recent = || self.observed.iter().filter(|(at, _)| pulled - at <= MEMORY).map(|(_, delay)| *delay);
        let (mut count, mut earliest) = (0, i64::MAX);
        for delay in recent() {
            count += 1;
            earliest = earliest.min(delay);
        }
        if count == 0 {
            return;
        }
        self.earliest = Some(earliest);
        // The rank-th latest, by keeping the few latest in order.
        let mut latest = [i64::MIN; MOST_OBSERVATIONS / LATE_ONE_IN + 1];
        let rank = (count / LATE_ONE_IN).min(latest.len() - 1);
        for mut delay in recent() {
            for place in latest.iter_mut().take(rank + 1) {
                if delay > *place {
                    std::mem::swap(&mut delay, place);
                }
            }
        }
        let restored =
            self.restored.iter().flatten().filter(|(since, _)| pulled - since <= RESTORED_MEMORY).map(|(_, delay)| *delay).max();
        let needed = latest.get(rank).copied().unwrap_or(earliest).max(restored.unwrap_or(i64::MIN));
        let known = self.since.is_some_and(|since| pulled - since >= KNOWN_AFTER);
        let allowance = if known { 0 } else { (ALLOWANCE - (needed - earliest)).max(0) };
        self.target = (needed + allowance).min(earliest + LONGEST) + MARGIN;
    }
}
