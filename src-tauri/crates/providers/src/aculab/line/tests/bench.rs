//! A line with everything it asked for, and the cloud's answers.

use std::time::Duration;

use bytes::Bytes;
use calls::io::{LineEvent, LineRequest};
use model::{AccountState, AculabAccount, Instant, LineCall, OfflineCause, Password, Provider as Kind, Secret};
use sip::{Message, Method, Request, Response};

use super::super::{AculabProvider, WallClock};
use crate::{
    Input, Output, Provider,
    net::{ConnectionId, HttpAnswer, HttpRequest, NetEvent, NetRequest, QuestionId},
};

pub(super) const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
pub(super) const CALL: LineCall = LineCall::Dialled(1);

/// `{"alg":"RS256"}`, `{"sub":"myClientId"}`: it does not say until when.
pub(super) const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJteUNsaWVudElkIn0.c2ln";
/// Made at 1583840007, over an hour later.
pub(super) const HOUR: &str = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIwLTAtMCIsImlhdCI6MTU4Mzg0MDAwNywibmJmIjoxNTgzODQwMDA3LCJleHAiOjE1ODM4NDM2MDcsInNjb3BlIjpbIndlYnJ0Y2NsaWVudCJdLCJzdWIiOiJteUNsaWVudElkIn0.c2ln";
pub(super) const MADE_AT: i64 = 1_583_840_007;

/// An account from its settings; the token and the key are those of the tests.
pub(super) fn account(interface: &str) -> AculabAccount {
    let text = format!(r#"{{"kind":"aculab","cloud_id":"1-2-0","interface":{interface}}}"#);
    let Ok(Kind::Aculab(mut account)) = serde_json::from_str(&text) else { panic!("{text} is no account") };
    if let model::AculabInterface::V2(client) = &mut account.interface {
        client.token = Password::Known(Secret::new(TOKEN));
        client.api_key = Password::Known(Secret::new("api"));
    }
    account
}

pub(super) const CLIENT: &str = r#"{"version":"v2","access_key":"abc123key","client_id":"myClientId"}"#;
pub(super) const CALLER: &str = r#"{"version":"v1","caller_id":"bob"}"#;

pub(super) struct Bench {
    pub provider: AculabProvider,
    pub now: Instant,
    pub states: Vec<AccountState>,
    pub events: Vec<LineEvent>,
    pub sent: Vec<Message>,
    pub net: Vec<String>,
    pub asked: Vec<(QuestionId, HttpRequest)>,
    pub stopped: bool,
    connection: ConnectionId,
}

impl Bench {
    pub fn new(account: &AculabAccount) -> Self {
        Self::at(account, MADE_AT)
    }

    /// The same at another time of day, in seconds since 1970.
    pub fn at(account: &AculabAccount, unix_s: i64) -> Self {
        let clock = WallClock { at: Instant::START, unix_s };
        let mut bench = Self {
            provider: AculabProvider::new(account, clock, [1; 32]),
            now: Instant::START,
            states: Vec::new(),
            events: Vec::new(),
            sent: Vec::new(),
            net: Vec::new(),
            asked: Vec::new(),
            stopped: false,
            connection: ConnectionId(0),
        };
        bench.tell(Input::Start);
        bench
    }

    /// A client with a pasted token, whose connection is open and whose REGISTER waits.
    pub fn registering() -> Self {
        let mut bench = Self::new(&account(CLIENT));
        bench.open();
        bench
    }

    /// The same, taken by the cloud for `expires` seconds, with an empty list of ICE servers.
    pub fn registered(expires: u32) -> Self {
        let mut bench = Self::registering();
        bench.grant(expires);
        bench.list(200, "[]");
        assert_eq!(bench.states.last(), Some(&AccountState::Registered));
        bench
    }

    pub fn tell(&mut self, input: Input) {
        self.provider.handle(self.now, input);
        while let Some(output) = self.provider.poll_output() {
            match output {
                Output::Line(LineEvent::State(state)) => self.states.push(state),
                Output::Line(event) => self.events.push(event),
                Output::Net(NetRequest::Open { connection, endpoint }) => {
                    self.connection = connection;
                    self.net.push(format!("open {}", endpoint.url));
                }
                Output::Net(NetRequest::Send { message, .. }) => {
                    self.sent.push(Message::parse(&message).expect("we send what can be read"));
                }
                Output::Net(NetRequest::Ask { question, request }) => self.asked.push((question, *request)),
                Output::Net(request) => self.net.push(format!("{request:?}").to_lowercase()),
                Output::Stopped => self.stopped = true,
            }
        }
    }

    pub fn request(&mut self, request: LineRequest) {
        self.tell(Input::Request(request));
    }

    pub fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.provider.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.tell(Input::Timeout);
            assert!(self.provider.poll_timeout().is_none_or(|next| next > self.now), "a timeout that changes nothing");
        }
        self.now = end;
    }

    pub fn run_s(&mut self, seconds: u64) {
        self.run_for(Duration::from_secs(seconds));
    }

    pub fn open(&mut self) {
        self.tell(Input::Net(NetEvent::Opened { connection: self.connection, addresses: Vec::new() }));
    }

    pub fn lose(&mut self) {
        let cause = OfflineCause::ConnectionLost { detail: "cut".into() };
        self.tell(Input::Net(NetEvent::Closed { connection: self.connection, cause }));
    }

    pub fn receive(&mut self, message: Vec<u8>) {
        self.tell(Input::Net(NetEvent::Received { connection: self.connection, message: Bytes::from(message) }));
    }

    /// The last web server that was asked answers.
    pub fn web(&mut self, status: u16, body: &str) {
        let question = self.asked.last().expect("one was asked").0;
        let answer = Ok(HttpAnswer { status, body: Secret::new(body) });
        self.tell(Input::Net(NetEvent::Answered { question, answer }));
    }

    pub fn requests(&self, method: &Method) -> Vec<&Request> {
        let requests = self.sent.iter().filter_map(|message| match message {
            Message::Request(request) if request.method == *method => Some(request),
            Message::Request(_) | Message::Response(_) => None,
        });
        requests.collect()
    }

    pub fn last(&self, method: Method) -> Request {
        (*self.requests(&method).last().unwrap_or_else(|| panic!("no {method} was sent"))).clone()
    }

    pub fn responses(&self) -> Vec<u16> {
        let codes = self.sent.iter().filter_map(|message| match message {
            Message::Response(response) => Some(response.code),
            Message::Request(_) => None,
        });
        codes.collect()
    }

    /// Answers the last request of this kind.
    pub fn answer(&mut self, method: Method, code: u16, headers: &[(&str, &str)], body: &str) {
        self.answer_as("far", method, code, headers, body);
    }

    /// The same by the one of this tag.
    pub fn answer_as(&mut self, tag: &str, method: Method, code: u16, headers: &[(&str, &str)], body: &str) {
        let request = self.last(method);
        let mut response = Response::new(code, "");
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            response.headers.copy(name, &request.headers);
        }
        let to = request.headers.get("To").expect("has one");
        response.headers.push("To", if to.contains("tag=") { to.to_owned() } else { format!("{to};tag={tag}") });
        for (name, value) in headers {
            response.headers.push(name, value);
        }
        if !body.is_empty() {
            response.set_body(if method_is_invite(&request) { "application/sdp" } else { "application/json" }, body);
        }
        self.receive(Message::Response(response).to_bytes());
    }

    /// The registrar takes the last REGISTER for so long.
    pub fn grant(&mut self, expires: u32) {
        let contact = self.last(Method::Register).headers.get("Contact").expect("has one").to_owned();
        let contact = contact.replace("expires=600", &format!("expires={expires}"));
        self.answer(Method::Register, 200, &[("Contact", &contact)], "");
    }

    /// The proxy answers the last OPTIONS.
    pub fn list(&mut self, code: u16, body: &str) {
        self.answer(Method::Options, code, &[], body);
    }

    pub fn prepare(&mut self, target: &str) {
        self.prepare_as(target, None);
    }

    pub fn prepare_as(&mut self, target: &str, caller_id: Option<&str>) {
        let (target, caller_id) = (target.parse().expect("can be dialled"), caller_id.map(Into::into));
        self.request(LineRequest::Prepare { call: CALL, target, caller_id });
    }

    pub fn is_prepared(&self) -> bool {
        self.events.contains(&LineEvent::Prepared { call: CALL })
    }

    pub fn invite(&mut self, target: &str, headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let target = target.parse().expect("can be dialled");
        self.request(LineRequest::Invite { call: CALL, target, offer: SDP.into(), headers, referred: None, pick_up: false });
    }

    pub fn dial(&mut self, target: &str) {
        self.prepare(target);
        assert!(self.is_prepared(), "{:?}", self.events);
        self.invite(target, &[]);
    }

    pub fn answered_call(&mut self, target: &str) {
        self.dial(target);
        self.answer(Method::Invite, 200, &[("Contact", "<sip:svc@127.0.0.1:5060;transport=tcp>")], SDP);
    }

    /// A request inside the dialog of our last INVITE, from the far end.
    pub fn in_call(&mut self, method: &str, headers: &str) {
        self.in_call_with(method, headers, "");
    }

    /// The same with a body.
    pub fn in_call_with(&mut self, method: &str, headers: &str, body: &str) {
        let invite = self.last(Method::Invite);
        let header = |name| invite.headers.get(name).expect("has one");
        let text = format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/WSS far.invalid;branch=z9hG4bK{method}{}\r\nFrom: {};tag=far\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: 7 {method}\r\nMax-Forwards: 70\r\nContact: <sip:svc@far.invalid>\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            invite.headers.contacts().expect("reads")[0].uri,
            self.sent.len(),
            header("To"),
            header("From"),
            header("Call-ID"),
            body.len(),
        );
        self.receive(text.into_bytes());
    }

    /// Whether a call was told of.
    pub fn rings(&self) -> bool {
        self.events.iter().any(|event| matches!(event, LineEvent::Incoming(_)))
    }

    /// The call that was told of last.
    pub fn arrived(&self) -> LineCall {
        let incoming = self.events.iter().rev().find_map(|event| match event {
            LineEvent::Incoming(incoming) => Some(incoming.call),
            _ => None,
        });
        incoming.expect("one arrived")
    }

    /// A call that arrives from `from`, to the user of our contact.
    pub fn incoming(&mut self, from: &str) {
        self.incoming_with(from, "X-Order: 17\r\n");
    }

    /// The same with these headers.
    pub fn incoming_with(&mut self, from: &str, headers: &str) {
        let contact = self.last(Method::Register).headers.contacts().expect("reads")[0].uri.clone();
        let text = format!(
            "INVITE sip:{}@cloud.example.com SIP/2.0\r\nVia: SIP/2.0/WSS 127.0.0.1:443;branch=z9hG4bKin\r\nFrom: {from};tag=ft1\r\n\
             To: <sip:myClientId@abc123key.webrtc-1-2-0.aculabcloud.net>\r\nCall-ID: in1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\
             Contact: <sip:svc@far.invalid>\r\n{headers}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
            contact.user_text(),
            SDP.len(),
        );
        self.receive(text.into_bytes());
    }
}

fn method_is_invite(request: &Request) -> bool {
    request.method == Method::Invite
}
