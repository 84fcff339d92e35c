//! Who sent what, when: the record of a scenario's signalling.

use std::{
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};

use model::{Clock, Instant};
use sip::Message;

use crate::time::VirtualClock;

/// The record. Clones write into the same one.
#[derive(Clone, Debug)]
pub struct Ladder {
    clock: VirtualClock,
    rungs: Arc<Mutex<Vec<Rung>>>,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Rung {
    /// When it was sent.
    pub at: Instant,
    /// Who sent it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// `INVITE (sdp)`, `200 INVITE (sdp)`.
    pub what: String,
    /// The message as it was.
    pub text: String,
}

impl Ladder {
    pub(crate) fn new(clock: VirtualClock) -> Self {
        Self { clock, rungs: Arc::default() }
    }

    pub(crate) fn add(&self, from: &str, to: &str, message: &[u8]) {
        let rung = Rung {
            at: self.clock.now(),
            from: from.to_owned(),
            to: to.to_owned(),
            what: what(message),
            text: String::from_utf8_lossy(message).into_owned(),
        };
        self.rungs.lock().unwrap_or_else(PoisonError::into_inner).push(rung);
    }

    /// All messages so far.
    pub fn rungs(&self) -> Vec<Rung> {
        self.rungs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The picture from `since` on: milliseconds from there, who to whom, what.
    pub fn picture(&self, since: Instant) -> String {
        let mut picture = String::new();
        for rung in self.rungs().iter().filter(|rung| rung.at >= since) {
            let at = rung.at.since(since).as_millis();
            writeln!(picture, "{at:>7}  {:>8} -> {:<8}  {}", rung.from, rung.to, rung.what).expect("a string takes all");
        }
        picture
    }
}

fn what(message: &[u8]) -> String {
    let with_body = |word: String, body: &[u8]| if body.starts_with(b"v=0") { word + " (sdp)" } else { word };
    match Message::parse(message) {
        Ok(Message::Request(request)) => with_body(request.method.to_string(), &request.body),
        Ok(Message::Response(response)) => {
            let method = response.headers.cseq().map(|cseq| cseq.method.to_string()).unwrap_or_default();
            with_body(format!("{} {method}", response.code), &response.body)
        }
        Err(_) => "what is no SIP".to_owned(),
    }
}
