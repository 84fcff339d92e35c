//! Numbers of packets that were no audio to be heard: digits, comfort noise, what came while the far end was held.

/// Runs that are remembered at most. One lasts as long as no audio comes between its packets.
const MOST_RUNS: usize = 32;

/// Their sequence numbers, as runs from a first to a last one, in order and never adjoining.
pub(super) struct Others {
    runs: Vec<(i64, i64)>,
}

impl Others {
    pub(super) fn new() -> Self {
        Self { runs: Vec::with_capacity(MOST_RUNS) }
    }

    /// The packet of this number was no audio.
    pub(super) fn note(&mut self, number: i64) {
        let at = self.runs.partition_point(|(_, last)| *last < number);
        if self.runs.get(at).is_some_and(|(first, _)| *first <= number) {
            return;
        }
        let follows = at.checked_sub(1).filter(|before| self.runs.get(*before).is_some_and(|(_, last)| last + 1 == number));
        let precedes = self.runs.get(at).is_some_and(|(first, _)| number + 1 == *first);
        match (follows, precedes) {
            (Some(before), true) => {
                let (_, last) = self.runs.remove(at);
                self.change(before, |run| run.1 = last);
            }
            (Some(before), false) => self.change(before, |run| run.1 = number),
            (None, true) => self.change(at, |run| run.0 = number),
            (None, false) if self.runs.len() < MOST_RUNS => self.runs.insert(at, (number, number)),
            // The oldest is the least wanted; one that is older still is not wanted at all.
            (None, false) if at > 0 => {
                self.runs.remove(0);
                self.runs.insert(at - 1, (number, number));
            }
            (None, false) => {}
        }
    }

    /// Whether there was no audio in any packet between two of audio.
    pub(super) fn are_all_between(&self, before: i64, after: i64) -> bool {
        let (first, last) = (before + 1, after - 1);
        after > before && (first > last || self.runs.iter().any(|run| run.0 <= first && last <= run.1))
    }

    /// Nobody will ask for what was before this number.
    pub(super) fn forget_before(&mut self, number: i64) {
        self.runs.retain(|(_, last)| *last >= number);
    }

    fn change(&mut self, at: usize, how: impl FnOnce(&mut (i64, i64))) {
        if let Some(run) = self.runs.get_mut(at) {
            how(run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_known_in_whatever_order_their_packets_come() {
        for order in [[3, 4, 5, 6], [6, 5, 4, 3], [3, 5, 4, 6], [6, 3, 3, 5]] {
            let mut others = Others::new();
            for number in order {
                assert!(!others.are_all_between(2, 7), "{order:?} before {number}");
                others.note(number);
            }
            others.note(4);
            assert!(others.are_all_between(2, 7) && others.are_all_between(4, 7) && others.are_all_between(8, 9), "{order:?}");
            assert!(!others.are_all_between(1, 7) && !others.are_all_between(2, 8) && !others.are_all_between(7, 7));
            others.forget_before(7);
            assert!(!others.are_all_between(2, 7));
        }
    }

    #[test]
    fn no_more_than_the_newest_runs_are_kept() {
        let mut others = Others::new();
        for number in (0..1_000).map(|n| n * 2) {
            others.note(number);
        }
        others.note(1);
        assert!(others.runs.len() == MOST_RUNS && others.are_all_between(1_997, 1_999) && !others.are_all_between(1, 3));
    }
}
