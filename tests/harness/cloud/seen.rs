//! What the cloud has seen: messages, calls, registrations, connections.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use model::{Clock, Instant, MediaStatistics};
use sip::{CallEnd, Message, Request, Response};

use super::knobs::{Knobs, Upgrades};

/// Messages that are kept, the latest.
const MOST_MESSAGES: usize = 20_000;

/// One SIP message as it went over a connection.
#[derive(Clone, Debug)]
pub struct WireMessage {
    /// When.
    pub at: Instant,
    /// Which connection, counted from one.
    pub connection: u32,
    /// Which way.
    pub way: Way,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the cloud.
    In,
    /// From it.
    Out,
}

/// A call that a service has taken or made.
#[derive(Clone, Debug)]
pub struct ServiceCall {
    /// The service.
    pub service: String,
    /// Access key of the account at the other end.
    pub key: String,
    /// Client id at the other end.
    pub client: String,
    /// Whether it was answered.
    pub answered: bool,
    /// Whether media has connected.
    pub connected: bool,
    /// Digits that the client has sent.
    pub digits: String,
    /// How it ended.
    pub ended: Option<CallEnd>,
    /// Latest figures of its audio.
    pub media: Option<MediaStatistics>,
    /// What was said and heard, on the left and the right of a WAV file; once the call is over and the file is complete.
    pub recording: Option<PathBuf>,
}

/// Where a client has registered.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Access key of its account.
    pub key: String,
    /// Its id.
    pub client: String,
    /// Over which connection.
    pub connection: u32,
    /// When, in Unix seconds.
    pub since: i64,
    /// For how long, seconds.
    pub granted_s: u32,
}

/// Everything at once.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Messages, oldest first.
    pub messages: Vec<WireMessage>,
    /// Calls with services, in their order.
    pub calls: Vec<ServiceCall>,
    /// Who is registered.
    pub registered: Vec<Binding>,
    /// Connections that are open.
    pub open: u32,
    /// Connections there have been.
    pub opened: u32,
    /// The Origin header of each of them, in their order; none where there was none.
    pub origins: Vec<Option<String>>,
    /// Requests for a WebSocket that were refused.
    pub refused: u32,
    /// Paths of web services that were asked.
    pub asked: Vec<String>,
}

impl WireMessage {
    /// The message as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The request, when it is one.
    pub fn request(&self) -> Option<Request> {
        match Message::parse(&self.bytes) {
            Ok(Message::Request(request)) => Some(request),
            Ok(Message::Response(_)) | Err(_) => None,
        }
    }

    /// The response, when it is one.
    pub fn response(&self) -> Option<Response> {
        match Message::parse(&self.bytes) {
            Ok(Message::Response(response)) => Some(response),
            Ok(Message::Request(_)) | Err(_) => None,
        }
    }
}

impl Seen {
    /// The messages that came to the cloud, oldest first.
    pub fn received(&self) -> impl Iterator<Item = &WireMessage> {
        self.messages.iter().filter(|message| message.way == Way::In)
    }

    /// Whether a client of an account is registered.
    pub fn is_registered(&self, key: &str, client: &str) -> bool {
        self.registered.iter().any(|binding| binding.key == key && binding.client == client)
    }

    /// The calls of a client with a service, in their order.
    pub fn calls_of(&self, client: &str, service: &str) -> Vec<&ServiceCall> {
        self.calls.iter().filter(|call| call.client == client && call.service == service).collect()
    }
}

/// What the cloud's tasks and its owner share.
pub(super) struct Shared {
    pub clock: Arc<dyn Clock>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub seen: Seen,
    pub knobs: BTreeMap<String, Knobs>,
    pub upgrades: Upgrades,
}

impl Shared {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Changes something, and wakes whoever waits for a change.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change, as long as `limit`, until `find` makes something of what was seen.
    pub fn wait<T>(&self, limit: std::time::Duration, find: impl Fn(&Seen) -> Option<T>) -> Option<T> {
        let until = self.clock.now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(found) = find(&state.seen) {
                return Some(found);
            }
            let left = until.since(self.clock.now());
            if left.is_zero() {
                return None;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub fn knobs(&self, key: &str) -> Knobs {
        self.lock().knobs.get(key).cloned().unwrap_or_default()
    }

    pub fn message(&self, connection: u32, way: Way, bytes: Bytes) {
        let at = self.clock.now();
        self.change(|state| {
            let messages = &mut state.seen.messages;
            if messages.len() >= MOST_MESSAGES {
                messages.drain(..MOST_MESSAGES / 2);
            }
            messages.push(WireMessage { at, connection, way, bytes });
        });
    }
}
