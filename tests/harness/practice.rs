//! The practice exchange as programs reach it.

use std::sync::Arc;

use exchange::{Practice, PracticeWorld};
use media::WebrtcRuntime;
use phone::{Randomness as _, SystemClock, SystemRandomness};

/// A practice exchange on loopback, with real media; must be called inside a tokio runtime.
///
/// # Panics
/// When threads, a port or a certificate cannot be had.
pub async fn practice() -> Practice {
    let world = PracticeWorld {
        clock: Arc::new(SystemClock::start()),
        rtc: Arc::new(WebrtcRuntime::new().expect("a certificate")),
        seed: SystemRandomness.seed(),
    };
    Practice::start(world).await.expect("the exchange starts")
}
