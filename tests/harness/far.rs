//! A far end that the test plays: a server that takes what a phone says, and says what the test tells it, byte by byte.
//!
//! It registers phones by itself. Everything else waits for the test.

mod call;
mod media;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use sip::{Message, Method, Request, Response};
use tokio::sync::mpsc;
use tracing::info_span;

pub use self::{call::FarCall, media::FarMedia};

/// The far end. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Far(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    registering: Registering,
    to_phone: Option<mpsc::Sender<Bytes>>,
    inbox: VecDeque<Message>,
    contact: String,
    registrations: Vec<Option<u32>>,
    numbered: u32,
}

/// What becomes of a REGISTER.
#[derive(Clone, Debug)]
pub enum Registering {
    /// Granted for so many seconds.
    Granted(u32),
    /// Asked for a password, and granted whatever it is.
    Challenged(u32),
    /// Asked for a password, whatever is sent.
    Mistrusted,
    /// Refused with this code and these words.
    Refused(u16, &'static str),
    /// Refused by a server that is out of service for so many seconds.
    SentAway(u32),
    /// Not answered.
    Ignored,
}

impl Default for Registering {
    fn default() -> Self {
        Self::Granted(600)
    }
}

impl Far {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What becomes of REGISTER from now on.
    pub fn registering(&self, registering: Registering) {
        self.state().registering = registering;
    }

    /// `expires` of each REGISTER that came, as the phone asked.
    pub fn registrations(&self) -> Vec<Option<u32>> {
        self.state().registrations.clone()
    }

    /// The address at which the phone wants to be called.
    pub fn contact(&self) -> String {
        self.state().contact.clone()
    }

    /// A phone has connected: its way to us, and ours to it. The newest connection is the one that is spoken over.
    pub(crate) fn connected(&self) -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
        let (to_far, mut from_phone) = mpsc::channel::<Bytes>(256);
        let (to_phone, from_far) = mpsc::channel(256);
        self.state().to_phone = Some(to_phone.clone());
        let far = self.clone();
        phone::spawn("far end", info_span!("far"), async move {
            while let Some(message) = from_phone.recv().await {
                if let Some(answer) = far.take_in(&message)
                    && to_phone.send(answer.into()).await.is_err()
                {
                    return;
                }
            }
        });
        (to_far, from_far)
    }

    fn take_in(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            // A refusal repeats what was wrong with the request, as it came (RFC 3261 8.2.6.2).
            Err(_) if bytes.starts_with(b"SIP/2.0 4") || bytes.starts_with(b"SIP/2.0 5") => return None,
            Err(error) => panic!("a phone of ours speaks SIP: {error}"),
        };
        let mut state = self.state();
        match &message {
            Message::Request(request) if request.method == Method::Register => return state.register(request),
            Message::Request(_) | Message::Response(_) => state.inbox.push_back(message),
        }
        None
    }

    /// Says something to the phone.
    pub fn say(&self, message: impl Into<Vec<u8>>) {
        let to_phone = self.state().to_phone.clone().expect("a phone is connected");
        to_phone.try_send(Bytes::from(message.into())).expect("the phone is still there and takes what is said");
    }

    /// Takes the first request of this method out of what came.
    pub fn take_request(&self, method: &Method) -> Option<Request> {
        let mut state = self.state();
        let at = state.inbox.iter().position(|message| matches!(message, Message::Request(it) if it.method == *method))?;
        match state.inbox.remove(at) {
            Some(Message::Request(request)) => Some(request),
            Some(Message::Response(_)) | None => None,
        }
    }

    /// Takes the first response to this method out of what came; provisional ones other than 100 too.
    pub fn take_response(&self, method: &Method) -> Option<Response> {
        let mut state = self.state();
        let fits = |response: &Response| response.code != 100 && response.headers.cseq().is_ok_and(|cseq| cseq.method == *method);
        let at = state.inbox.iter().position(|message| matches!(message, Message::Response(it) if fits(it)))?;
        match state.inbox.remove(at) {
            Some(Message::Response(response)) => Some(response),
            Some(Message::Request(_)) | None => None,
        }
    }

    /// How many messages nobody has taken.
    pub fn untaken(&self) -> usize {
        self.state().inbox.len()
    }

    /// Forgets what nobody has taken.
    pub fn forget(&self) {
        self.state().inbox.clear();
    }

    /// Answers a request outside of a call, or with a response that makes no dialog.
    pub fn answer(&self, request: &Request, code: u16, reason: &str) {
        self.say(answer(request, code, reason, "", "", ""));
    }

    /// Refuses a request because the server is out of service for so many seconds.
    pub fn send_away(&self, request: &Request, seconds: u32) {
        self.say(answer(request, 503, "Service Unavailable", "", &format!("Retry-After: {seconds}\r\n"), ""));
    }

    /// A word that was not used before.
    pub(crate) fn word(&self) -> String {
        let mut state = self.state();
        state.numbered += 1;
        format!("far{}", state.numbered)
    }
}

impl State {
    fn register(&mut self, request: &Request) -> Option<Vec<u8>> {
        let contacts = request.headers.contacts().expect("a phone of ours writes its address well");
        let asked = contacts.first().and_then(|contact| contact.expires()).or(request.headers.expires());
        self.registrations.push(asked);
        let is_answered = request.headers.has("Authorization");
        let granted = match self.registering {
            Registering::Granted(seconds) => seconds,
            Registering::Challenged(seconds) if is_answered => seconds,
            Registering::Challenged(_) | Registering::Mistrusted => {
                self.numbered += 1;
                let nonce = self.numbered;
                let challenge =
                    format!("WWW-Authenticate: Digest realm=\"far\", nonce=\"n{nonce}\", qop=\"auth\", algorithm=SHA-256\r\n");
                return Some(answer(request, 401, "Unauthorized", "r", &challenge, ""));
            }
            Registering::Refused(code, words) => return Some(answer(request, code, words, "r", "", "")),
            Registering::SentAway(seconds) => {
                let later = format!("Retry-After: {seconds}\r\n");
                return Some(answer(request, 503, "Service Unavailable", "r", &later, ""));
            }
            Registering::Ignored => return None,
        };
        let Some(contact) = contacts.first() else { return Some(answer(request, 200, "OK", "r", "", "")) };
        self.contact = contact.uri.to_string();
        let granted = if asked == Some(0) { 0 } else { granted };
        let binding = format!("Contact: <{}>;expires={granted}\r\n", contact.uri);
        Some(answer(request, 200, "OK", "r", &binding, ""))
    }
}

/// A response as text. `tag` goes to `To` when it has none; `headers` are whole lines.
fn answer(request: &Request, code: u16, reason: &str, tag: &str, headers: &str, sdp: &str) -> Vec<u8> {
    let header = |name: &str| request.headers.get(name).unwrap_or_default().to_owned();
    let vias: String = request.headers.all("Via").map(|via| format!("Via: {via}\r\n")).collect();
    let to = header("To");
    let to = if tag.is_empty() || to.contains("tag=") { to } else { format!("{to};tag={tag}") };
    let body = body(sdp);
    format!(
        "SIP/2.0 {code} {reason}\r\n{vias}From: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {}\r\n{headers}{body}",
        header("From"),
        header("Call-ID"),
        header("CSeq"),
    )
    .into_bytes()
}

/// The end of a message: with a session description, when there is one.
fn body(sdp: &str) -> String {
    let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!("{kind}Content-Length: {}\r\n\r\n{sdp}", sdp.len())
}
