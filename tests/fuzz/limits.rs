//! How long one input may take.

use std::time::{Duration, Instant};

/// What one input may take.
pub const LIMIT: Duration = Duration::from_millis(50);
/// The same where an input is seconds of sound, or is written to files.
pub const LIMIT_OF_MUCH: Duration = Duration::from_secs(2);
/// A machine that does other things is slow now and then, a parser that is slow is slow each time.
const ATTEMPTS: u32 = 10;

/// Does something with an input, several times if it has to; how long it took at best.
///
/// # Panics
/// When that is longer than `limit`.
pub fn within(limit: Duration, input: &[u8], exercise: fn(&[u8])) -> Duration {
    let took = || {
        let begun = Instant::now();
        exercise(input);
        begun.elapsed()
    };
    let mut quickest = took();
    for _ in 1..ATTEMPTS {
        if quickest <= limit {
            break;
        }
        quickest = quickest.min(took());
    }
    assert!(quickest <= limit, "slower than {limit:?} for {} bytes: {quickest:?}", input.len());
    quickest
}
