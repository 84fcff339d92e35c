//! The frame side of a session's audio, on the hub's thread.

use std::sync::Arc;

use audio::{FRAME_SAMPLES, Frame, Leg};
use rtrb::Producer;
use tokio::sync::Notify;

/// The far end of a call, as the hub mixes it.
pub struct StreamLeg {
    to_stream: Producer<Frame>,
    captured_some: Arc<Notify>,
}

impl StreamLeg {
    pub(super) fn new(to_stream: Producer<Frame>, captured_some: Arc<Notify>) -> Self {
        Self { to_stream, captured_some }
    }
}

impl Leg for StreamLeg {
    fn pull(&mut self, frame: &mut Frame) {
        *frame = [0.0; FRAME_SAMPLES];
    }

    fn push(&mut self, frame: &Frame) {
        // A full ring means that the session's task is stuck; what it misses is gone.
        let _ = self.to_stream.push(*frame);
        self.captured_some.notify_one();
    }
}
