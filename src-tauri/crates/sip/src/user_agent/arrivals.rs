//! Requests that arrive, and what is refused before anybody hears of it.

use super::{ACCEPT, ALLOW, CallKey, Core, Event, MAX_ASKED, RequestKey, Role, UserAgent};
use crate::{
    Method, Request, Uri, body,
    invite::{Arrival, Call},
    session_timer::{SessionTimer, TooShort},
    transaction::ServerId,
};

/// So many times as many calls are remembered as may be live: each costs a few kilobytes for 32 s.
const REMEMBERED: usize = 4;

/// A refusal: status and the headers that say why.
struct Refused {
    code: u16,
    headers: Vec<(&'static str, String)>,
}

impl Refused {
    fn new(code: u16) -> Self {
        Self { code, headers: Vec::new() }
    }

    fn with(code: u16, name: &'static str, value: impl Into<String>) -> Self {
        Self { code, headers: vec![(name, value.into())] }
    }
}

impl UserAgent {
    /// A new request.
    pub(super) fn arrived(&mut self, id: ServerId, request: Box<Request>) {
        if let Some(key) = self.calls.values().find(|call| call.is_of(&request)).map(Call::key) {
            return self.guarded(key, |call, core| call.receive_request(core, id, &request));
        }
        if let Some(subscription) = self.subscriptions.values_mut().find(|subscription| subscription.is_of(&request)) {
            return subscription.received(&mut self.core, id, &request);
        }
        let done = if request.headers.to().is_ok_and(|to| to.tag().is_some()) {
            // RFC 3261 12.2.2: it believes in a dialog that we do not have.
            Err(Refused::new(481))
        } else {
            self.arrived_outside(id, request)
        };
        if let Err(Refused { code, headers }) = done {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            self.core.reply_with(id, code, &headers);
        }
    }

    /// RFC 3261 8.2, in its order: method, address, extensions, content.
    fn arrived_outside(&mut self, id: ServerId, request: Box<Request>) -> Result<(), Refused> {
        let serves = self.core.config.role == Role::Server;
        match (&request.method, serves) {
            (Method::Invite, _) | (Method::Options | Method::Notify | Method::Refer, false) => {}
            (Method::Bye | Method::Prack | Method::Update | Method::Info | Method::Cancel | Method::Ack, _) => {
                return Err(Refused::new(481));
            }
            (_, true) => return self.ask(id, request),
            (Method::Message, false) if self.core.config.form.takes_messages => {}
            (Method::Register | Method::Message | Method::Publish, false) => return Err(Refused::with(405, "Allow", ALLOW)),
            (Method::Subscribe, false) => return Err(Refused::with(489, "Allow-Events", "message-summary")),
            (Method::Other(_), false) => return Err(Refused::with(501, "Allow", ALLOW)),
        }
        if !serves && !self.is_ours(&request.uri) {
            return Err(Refused::new(if request.uri.is_sip() { 404 } else { 416 }));
        }
        let unknown = Core::unknown_required(&request);
        if !unknown.is_empty() {
            return Err(Refused::with(420, "Unsupported", unknown.join(", ")));
        }
        match request.method {
            Method::Invite => self.invited(id, request),
            Method::Options => {
                let supported = self.core.supported();
                let headers = [("Allow", ALLOW), ("Accept", ACCEPT), ("Supported", &supported)];
                self.core.reply_with(id, 200, &headers);
                Ok(())
            }
            Method::Message => {
                self.core.reply(id, 200);
                Ok(())
            }
            Method::Notify => self.notified(id, &request),
            // A REFER outside of a call would let strangers dial with our phone.
            _ => Err(Refused::new(403)),
        }
    }

    /// Whether a request is addressed to us: to our contact, our user, or one of its other names.
    fn is_ours(&self, uri: &Uri) -> bool {
        let (aor, user) = (&self.core.config.aor, uri.user_text());
        let contact = self.core.contact().uri;
        // Some servers put their own host beside the user of our contact.
        let is_contact = uri.host.eq_ignore_ascii_case(&contact.host) || user == contact.user_text();
        uri.is_sip() && (is_contact || user == aor.user_text() || self.core.config.aliases.contains(&user))
    }

    /// Refuses what nobody should hear ring.
    fn invited(&mut self, id: ServerId, invite: Box<Request>) -> Result<(), Refused> {
        let headers = &invite.headers;
        if body::is_unsupported(headers, &invite.body) {
            return Err(Refused::with(415, "Accept", "application/sdp"));
        }
        let shortest = self.core.config.min_se;
        if let Err(TooShort) = SessionTimer::of_request(self.core.now, headers, shortest) {
            return Err(Refused::with(422, "Min-SE", shortest.to_string()));
        }
        let replaces = match headers.replaces() {
            Ok(None) => None,
            Err(_) => return Err(Refused::new(400)),
            Ok(Some(replaces)) => {
                match self.named_by(&replaces) {
                    Some(Ok(key)) => Some(key),
                    Some(Err(code)) => return Err(Refused::new(code)),
                    // A server's other connections may have it: its user knows.
                    None if self.core.config.role == Role::Server => None,
                    None => return Err(Refused::new(481)),
                }
            }
        };
        let most = self.core.config.max_calls;
        // Strangers who never acknowledge a refusal may fill the memory of calls, but not keep the user from dialling.
        if self.live_calls() >= most || self.calls.len() >= REMEMBERED * most {
            return Err(Refused::with(503, "Retry-After", "5"));
        }
        let key = CallKey::Received(self.next_received);
        let arrival = Arrival { transaction: id, invite, replaces };
        if let Some(call) = Call::receive(&mut self.core, key, arrival) {
            self.next_received += 1;
            self.calls.insert(key, call);
        }
        Ok(())
    }

    /// A NOTIFY without a subscription: servers send waiting messages so (RFC 3842); nothing else is taken.
    fn notified(&mut self, id: ServerId, notify: &Request) -> Result<(), Refused> {
        let package = notify.headers.get("Event").unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if package != "message-summary" {
            return Err(Refused::with(489, "Allow-Events", "message-summary"));
        }
        self.core.reply(id, 200);
        let body = String::from_utf8_lossy(&notify.body).into_owned().into();
        self.core.push(Event::Notified { package, body });
        Ok(())
    }

    /// A request for whom we serve.
    fn ask(&mut self, id: ServerId, message: Box<Request>) -> Result<(), Refused> {
        if self.asked.len() >= MAX_ASKED {
            return Err(Refused::with(503, "Retry-After", "5"));
        }
        let request = RequestKey(self.next_asked);
        self.next_asked = self.next_asked.wrapping_add(1);
        self.asked.insert(request, id);
        self.core.push(Event::Request { request, message });
        Ok(())
    }
}
