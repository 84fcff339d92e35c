//! A user agent whose far end is the test itself.

use std::{collections::VecDeque, fmt::Write, time::Duration};

use model::{Instant, LineCall, Personal, Secret};

use super::super::{Command, Event, Input, Invite, Output, UserAgent, UserAgentConfig};
use crate::{Headers, Message, Method, Request, Response, Uri, auth::Credentials};

/// What the tests offer and answer; the machines never look into it.
pub(super) const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";
pub(super) const ANSWER: &str = "v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nt=0 0\r\n";

pub(super) const CALL: LineCall = LineCall::Dialled(1);
pub(super) const INCOMING: LineCall = LineCall::Received(0);

pub(super) fn uri(text: &str) -> Uri {
    text.parse().expect("a URI")
}

pub(super) fn config() -> UserAgentConfig {
    let credentials = Credentials::new("alice".into(), Secret::new("secret"), "");
    UserAgentConfig {
        display_name: "Alice".into(),
        ..UserAgentConfig::new(uri("sip:alice@example.com"), uri("sip:example.com"), credentials)
    }
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A user agent, connected, and what it has said.
pub(super) struct Line {
    pub ua: UserAgent,
    pub now: Instant,
    pub sent: VecDeque<Message>,
    pub events: VecDeque<Event>,
    pub ladder: String,
}

impl Line {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: UserAgentConfig) -> Self {
        let ua = UserAgent::new(config, [1; 32]);
        let (sent, events) = (VecDeque::new(), VecDeque::new());
        let mut line = Self { ua, now: Instant::START, sent, events, ladder: String::new() };
        line.handle(Input::Connected);
        line
    }

    pub fn handle(&mut self, input: Input<'_>) {
        self.ua.handle(self.now, input);
        while let Some(output) = self.ua.poll_output() {
            match output {
                Output::Send(bytes) => {
                    let message = Message::parse(&bytes).expect("we write what we can read");
                    writeln!(self.ladder, "{} -> {}", self.now, describe(&message)).expect("a string takes all");
                    self.sent.push_back(message);
                }
                Output::Event(event) => {
                    writeln!(self.ladder, "{}    * {}", self.now, tell(&event)).expect("a string takes all");
                    self.events.push_back(event);
                }
            }
        }
    }

    pub fn command(&mut self, command: Command) {
        self.handle(Input::Command(command));
    }

    /// Lets the time pass, timeout by timeout.
    pub fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.ua.poll_timeout().filter(|at| *at <= end) {
            assert!(at > self.now || self.ua.poll_timeout().is_some(), "time stands still");
            self.now = at.max(self.now);
            self.handle(Input::Timeout);
            assert!(self.ua.poll_timeout().is_none_or(|next| next > self.now), "a timeout that changes nothing");
        }
        self.now = end;
    }

    pub fn receive(&mut self, message: impl Into<Message>) {
        let message = message.into();
        writeln!(self.ladder, "{} <- {}", self.now, describe(&message)).expect("a string takes all");
        self.handle(Input::Received(&message.to_bytes()));
    }

    pub fn receive_text(&mut self, text: &str) {
        self.handle(Input::Received(text.replace('\n', "\r\n").as_bytes()));
    }

    /// The next message, which must be a request.
    pub fn request(&mut self, method: Method) -> Request {
        match self.sent.pop_front() {
            Some(Message::Request(request)) if request.method == method => request,
            other => panic!("{method} expected, got {other:?}\n{}", self.ladder),
        }
    }

    /// The next message, which must be a response.
    pub fn response(&mut self, code: u16) -> Response {
        match self.sent.pop_front() {
            Some(Message::Response(response)) if response.code == code => response,
            other => panic!("{code} expected, got {other:?}\n{}", self.ladder),
        }
    }

    pub fn silent(&self) {
        assert!(self.sent.is_empty(), "nothing expected, got {:?}\n{}", self.sent, self.ladder);
    }

    /// Events since last asked, as text.
    pub fn told(&mut self) -> Vec<String> {
        self.events.drain(..).map(|event| tell(&event)).collect()
    }

    pub fn dial(&mut self) -> Request {
        self.command(invite(CALL, "sip:bob@example.com", Some(OFFER)));
        self.request(Method::Invite)
    }

    /// A call of ours, answered by `tag` and acknowledged; gives the INVITE.
    pub fn answered_call(&mut self) -> Request {
        let invite = self.dial();
        self.receive(answer(&invite, 200, "bob", &[("Contact", "<sip:bob@192.0.2.9>"), ("Allow", "INVITE, UPDATE")], ANSWER));
        self.request(Method::Ack);
        self.events.clear();
        invite
    }

    /// A call of theirs, answered and acknowledged; gives their INVITE and our 200.
    pub fn accepted_call(&mut self) -> (Request, Response) {
        let invite = incoming(&self.ua.contact(), &[], OFFER);
        self.receive(invite.clone());
        self.command(Command::Accept { call: INCOMING, description: Some(ANSWER.into()), headers: Vec::new() });
        let ok = self.response(200);
        self.receive(in_dialog(&invite, &ok, Method::Ack, 1, &[], ""));
        self.events.clear();
        (invite, ok)
    }
}

pub(super) fn invite(call: LineCall, target: &str, offer: Option<&str>) -> Command {
    let offer = offer.map(Personal::from);
    Command::Invite(Box::new(Invite { call, from: None, target: uri(target), offer, headers: Vec::new() }))
}

fn add(headers: &mut Headers, extra: &[(&str, &str)]) {
    for (name, value) in extra {
        headers.push(name, value);
    }
}

/// A response of the far end to a request of ours.
pub(super) fn answer(request: &Request, code: u16, tag: &str, extra: &[(&str, &str)], body: &str) -> Response {
    let mut response = Response::to_request(request, code, "");
    let mut to = request.headers.to().expect("ours is readable");
    if to.tag().is_none() && !tag.is_empty() {
        to.set_tag(tag);
    }
    response.headers.set("To", to);
    add(&mut response.headers, extra);
    if !body.is_empty() {
        response.set_body("application/sdp", body);
    }
    response
}

/// An INVITE of theirs to us.
pub(super) fn incoming(target: &Uri, extra: &[(&str, &str)], body: &str) -> Request {
    let mut request = Request::new(Method::Invite, target.clone());
    for (name, value) in [
        ("Via", "SIP/2.0/WSS proxy.example.com;branch=z9hG4bK-in-1"),
        ("Max-Forwards", "70"),
        ("From", "\"Bob\" <sip:bob@example.com>;tag=bob"),
        ("To", "<sip:alice@example.com>"),
        ("Call-ID", "in-1"),
        ("CSeq", "1 INVITE"),
        ("Contact", "<sip:bob@192.0.2.9>"),
    ] {
        request.headers.push(name, value);
    }
    add(&mut request.headers, extra);
    if !body.is_empty() {
        request.set_body("application/sdp", body);
    }
    request
}

/// A request of theirs in the dialog of their INVITE and our response.
pub(super) fn in_dialog(
    invite: &Request,
    ours: &Response,
    method: Method,
    number: u32,
    extra: &[(&str, &str)],
    body: &str,
) -> Request {
    let target = ours.headers.contacts().ok().and_then(|contacts| contacts.into_iter().next()).expect("we name a contact");
    let mut request = Request::new(method.clone(), target.uri);
    request.headers.push("Via", format!("SIP/2.0/WSS proxy.example.com;branch=z9hG4bK-{method}-{number}"));
    request.headers.push("Max-Forwards", 70);
    request.headers.copy("From", &invite.headers);
    request.headers.copy("To", &ours.headers);
    request.headers.copy("Call-ID", &invite.headers);
    request.headers.push("CSeq", format!("{number} {method}"));
    if matches!(method, Method::Invite | Method::Update) {
        request.headers.push("Contact", "<sip:bob@192.0.2.9>");
    }
    add(&mut request.headers, extra);
    if !body.is_empty() {
        request.set_body("application/sdp", body);
    }
    request
}

/// A request of theirs in the dialog of our INVITE and their response.
pub(super) fn from_callee(invite: &Request, theirs: &Response, method: Method, number: u32, body: &str) -> Request {
    let contact = invite.headers.contacts().ok().and_then(|contacts| contacts.into_iter().next()).expect("we name a contact");
    let mut request = Request::new(method.clone(), contact.uri);
    request.headers.push("Via", format!("SIP/2.0/WSS proxy.example.com;branch=z9hG4bK-{method}-{number}-callee"));
    request.headers.push("Max-Forwards", 70);
    request.headers.push("From", theirs.headers.get("To").expect("copied"));
    request.headers.push("To", theirs.headers.get("From").expect("copied"));
    request.headers.copy("Call-ID", &invite.headers);
    request.headers.push("CSeq", format!("{number} {method}"));
    if matches!(method, Method::Invite | Method::Update) {
        request.headers.push("Contact", "<sip:bob@192.0.2.9>");
    }
    if !body.is_empty() {
        request.set_body("application/sdp", body);
    }
    request
}

/// One line about a message, without what is random.
pub(super) fn describe(message: &Message) -> String {
    let headers = message.headers();
    let cseq = headers.cseq().map_or_else(|_| "?".into(), |cseq| cseq.to_string());
    let mut line = match message {
        Message::Request(request) => {
            let host = if request.uri.host.ends_with(".invalid") { "me" } else { &request.uri.host };
            let user = request.uri.user.as_deref().map(|user| format!("{user}@")).unwrap_or_default();
            format!("{} {user}{host} ({})", request.method, cseq.split(' ').next().unwrap_or(""))
        }
        Message::Response(response) => format!("{} ({cseq})", response.code),
    };
    for name in ["RSeq", "RAck", "Session-Expires", "Min-SE", "Retry-After", "Reason", "Unsupported", "Event", "Route"] {
        for value in headers.all(name) {
            write!(line, " {name}: {value}").expect("a string takes all");
        }
    }
    for name in ["Authorization", "Proxy-Authorization"] {
        if headers.has(name) {
            write!(line, " {name}").expect("a string takes all");
        }
    }
    let body = match message {
        Message::Request(request) => &request.body,
        Message::Response(response) => &response.body,
    };
    if !body.is_empty() {
        let kind = headers.content_type().unwrap_or_default();
        let first = String::from_utf8_lossy(body).lines().next().unwrap_or("").to_owned();
        write!(line, " [{}]", if kind == "application/sdp" { "sdp".into() } else { first }).expect("a string takes all");
    }
    line
}

/// One line about an event.
pub(super) fn tell(event: &Event) -> String {
    match event {
        Event::Registration(event) => format!("{event:?}"),
        Event::Subscription(key, event) => format!("{key:?} {event:?}"),
        Event::Call(_, super::super::CallEvent::Incoming(call)) => {
            format!("Incoming {{ offer: {}, replaces: {:?} }}", call.offer.is_some(), call.replaces)
        }
        Event::Call(_, event) => format!("{event:?}"),
        Event::Response { request, response } => format!("{request:?} {}", response.code),
        Event::Request { request, message } => format!("{request:?} {}", message.method),
        Event::Notified { package, .. } => format!("Notified {package}"),
    }
}
