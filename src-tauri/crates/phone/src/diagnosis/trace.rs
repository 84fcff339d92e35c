//! The last messages of all accounts, for whoever looks for a fault: bounded, without secrets.

use std::collections::VecDeque;

use model::{TraceRow, WireMessage, WireWay};
use serde::{Deserialize, Serialize};

/// How much is kept: some hundred messages.
const MOST_BYTES: usize = 256 * 1024;

/// The messages, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    messages: VecDeque<WireMessage>,
    bytes: usize,
}

impl Trace {
    /// Keeps a message, and forgets the oldest ones for it.
    pub(crate) fn add(&mut self, message: WireMessage) {
        self.bytes += message.bytes();
        self.messages.push_back(message);
        while self.bytes > MOST_BYTES
            && let Some(oldest) = self.messages.pop_front()
        {
            self.bytes -= oldest.bytes();
        }
    }

    pub(crate) fn copy(&self) -> Vec<WireMessage> {
        self.messages.iter().cloned().collect()
    }
}

/// What was sent and received, as its user may see it: with people, without secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireTrace {
    /// When the phone's clock began, seconds since 1970.
    pub started_unix_s: i64,
    /// The messages, oldest first.
    pub messages: Vec<WireMessage>,
}

impl WireTrace {
    /// Takes away what does not have `text` in it, whatever the case; an empty text leaves everything.
    pub fn keep(&mut self, text: &str) {
        let wanted = text.trim().to_lowercase();
        let fits = |message: &WireMessage| {
            message.account.0.to_lowercase().contains(&wanted)
                || message.title.to_lowercase().contains(&wanted)
                || message.text().to_lowercase().contains(&wanted)
        };
        self.messages.retain(|message| wanted.is_empty() || fits(message));
    }

    /// The messages as drawn.
    pub fn rows(&self) -> Vec<TraceRow> {
        let row = |message: &WireMessage| TraceRow {
            at_ms: message.at.since_start().as_secs_f64() * 1000.0,
            account: message.account.0.clone(),
            sent: message.way == WireWay::Sent,
            title: message.what(),
            text: message.text().into(),
        };
        self.messages.iter().map(row).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use model::{AccountId, Instant, Piece};

    use super::*;

    pub(in crate::diagnosis) fn message(ms: u64, way: WireWay, frame: &str) -> WireMessage {
        let sip::Trace { title, described, sip_call_id, pieces } = sip::Trace::of(frame.as_bytes());
        let at = Instant::after_start(Duration::from_millis(ms));
        WireMessage { at, account: AccountId("office".into()), way, title, described, sip_call_id, pieces }
    }

    #[test]
    fn the_oldest_messages_make_room_for_new_ones() {
        let mut trace = Trace::default();
        let long = Piece::Plain("x".repeat(10_000));
        for ms in 0..100 {
            let mut message = message(ms, WireWay::Sent, "OPTIONS sip:a SIP/2.0\r\n\r\n");
            message.pieces.push(long.clone());
            trace.add(message);
        }
        let kept = trace.copy();
        assert!(trace.bytes <= MOST_BYTES && (20..30).contains(&kept.len()), "{}", kept.len());
        assert_eq!(kept.last().expect("the newest").at, Instant::after_start(Duration::from_millis(99)));
    }

    #[test]
    fn a_search_looks_at_everything_in_any_case() {
        let bye = message(1, WireWay::Received, "BYE sip:a SIP/2.0\r\nCall-ID: Seven\r\n\r\n");
        let info = message(2, WireWay::Sent, "INFO sip:b SIP/2.0\r\n\r\n");
        let mut trace = WireTrace { started_unix_s: 0, messages: vec![bye, info] };
        trace.keep("");
        assert_eq!(trace.messages.len(), 2);
        trace.keep("seven");
        let rows = trace.rows();
        assert_eq!((rows.len(), rows[0].title.as_str(), rows[0].sent, rows[0].at_ms), (1, "BYE", false, 1.0));
    }
}
