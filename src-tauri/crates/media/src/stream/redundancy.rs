//! What is done about the loss that the far end reports.

use crate::red::MOST_COPIES;

/// Old copies are sent from this loss on, and until it is below the other.
const ON: f64 = 0.01;
const OFF: f64 = 0.003;

/// From these losses on, two and three old copies.
const MORE_COPIES: [f64; 2] = [0.03, 0.09];

/// A copy is given up when the loss is below this share of what it was added for. The far end waits longer for more copies, and each
/// change of its delay is heard: a call with 5 % of loss whose reports pass 9 % now and then scores 3.5 (PESQ-WB) when the third
/// copy comes and goes, and 4.0 when it stays.
const HOLD: f64 = 0.5;

/// How far the estimate moves to a report, up and down; the first loss counts at once. Reports are of some fifty packets.
const RISE: f64 = 0.2;
const DECAY: f64 = 0.1;

/// Loss that the encoder prepares for at most; beyond, it spends too much of the bitrate on copies.
const MOST_LOSS_PERCENT: f64 = 25.0;

/// The answer to loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Redundancy {
    /// Old payloads in each RED packet; 0: no RED.
    pub(super) copies: usize,
    /// Whether the encoder puts a coarse copy of the packet before into each.
    pub(super) fec: bool,
    /// Loss the encoder prepares for.
    pub(super) loss_percent: u8,
}

/// Follows the reports.
#[derive(Default)]
pub(super) struct LossFollower {
    loss: f64,
    lossy: bool,
    /// How many of [`MORE_COPIES`] are in force.
    more: usize,
}

impl LossFollower {
    /// Takes a report, a share of 0 to 1; call it about once a second, with the last one when there is no new one.
    pub(super) fn reported(&mut self, loss: f64) {
        let loss = if loss.is_finite() { loss.clamp(0.0, 1.0) } else { 0.0 };
        let share = match loss > self.loss {
            true if !self.lossy => 1.0,
            true => RISE,
            false => DECAY,
        };
        self.loss += (loss - self.loss) * share;
        self.lossy = self.loss >= if self.lossy { OFF } else { ON };
        let reached = |share: f64| MORE_COPIES.iter().filter(|limit| self.loss >= **limit * share).count();
        self.more = self.more.clamp(reached(1.0), reached(HOLD));
    }

    /// What to do, given what the far end understands.
    pub(super) fn answer(&self, red: bool, fec: bool) -> Redundancy {
        if !self.lossy {
            return Redundancy::default();
        }
        if red {
            // Whole copies are better than coarse ones and make those a waste.
            return Redundancy { copies: (1 + self.more).min(MOST_COPIES), ..Redundancy::default() };
        }
        let percent = (self.loss * 100.0).ceil().min(MOST_LOSS_PERCENT);
        Redundancy { copies: 0, fec, loss_percent: percent as u8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_come_with_loss_and_go_some_time_after_it() {
        let mut follower = LossFollower::default();
        follower.reported(0.005);
        assert_eq!(follower.answer(true, true), Redundancy::default());
        follower.reported(0.015);
        assert_eq!(follower.answer(true, true).copies, 1);
        (0..10).for_each(|_| follower.reported(0.05));
        assert_eq!(follower.answer(true, true).copies, 2);
        (0..10).for_each(|_| follower.reported(0.2));
        assert_eq!(follower.answer(true, true).copies, 3);
        // A copy stays until it is clear that fewer do.
        (0..60).for_each(|_| follower.reported(0.05));
        assert_eq!(follower.answer(true, true).copies, 3);
        (0..60).for_each(|_| follower.reported(0.04));
        assert_eq!(follower.answer(true, true).copies, 2);
        (0..60).for_each(|_| follower.reported(0.02));
        assert_eq!(follower.answer(true, true).copies, 2);
        (0..10).for_each(|_| follower.reported(0.2));
        let mut seconds = 0;
        while follower.answer(true, true).copies > 0 {
            follower.reported(0.0);
            seconds += 1;
        }
        assert!((20..60).contains(&seconds), "{seconds} s");
    }

    #[test]
    fn copies_do_not_come_and_go_with_the_chance_of_single_reports() {
        use rand::{RngExt as _, SeedableRng as _};
        let mut random = rand::rngs::StdRng::seed_from_u64(5);
        let mut follower = LossFollower::default();
        let mut report = || (0..50).filter(|_| random.random_bool(0.05)).count() as f64 / 50.0;
        let mut copies = |seconds: u32| -> Vec<usize> {
            let second = |_| {
                follower.reported(report());
                follower.answer(true, true).copies
            };
            (0..seconds).map(second).collect()
        };
        copies(10);
        let changes = copies(600).windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(changes <= 2, "{changes} changes in ten minutes of 5 % loss");
    }

    #[test]
    fn a_far_end_without_red_gets_forward_error_correction() {
        let mut follower = LossFollower::default();
        follower.reported(0.1);
        assert_eq!(follower.answer(false, true), Redundancy { copies: 0, fec: true, loss_percent: 10 });
        assert!(!follower.answer(false, false).fec);
    }

    #[test]
    fn a_senseless_report_is_no_loss() {
        let mut follower = LossFollower::default();
        for loss in [f64::NAN, f64::INFINITY, -3.0] {
            follower.reported(loss);
            assert_eq!(follower.answer(true, true), Redundancy::default());
        }
    }
}
