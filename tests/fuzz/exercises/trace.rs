//! A frame of a stranger, taken apart for whoever looks for a fault.

use std::hint::black_box;

use sip::Trace;

/// Takes `bytes` apart; what is written is not longer than what came, but for what is said of it.
pub fn exercise(bytes: &[u8]) {
    let trace = Trace::of(bytes);
    black_box(serde_json::to_string(&trace.pieces).expect("pieces have a JSON form"));
}
