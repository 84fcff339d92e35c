use std::time::Duration;

use bytes::Bytes;
use calls::io::LineRequest;
use model::{DtmfMode, IcePolicy, Personal, Secret};
use sip::{Message, Method, Request, Response};

use super::*;
use crate::net::{ConnectionId, NetEvent, NetRequest, Place};

mod calling;
mod elsewhere;
mod leaving;
mod registering;

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

fn account() -> SipAccount {
    SipAccount {
        server: "wss://pbx.example.com/ws".into(),
        domain: String::new(),
        user: "alice".into(),
        display_name: "Alice".into(),
        auth_user: Personal::default(),
        realm: String::new(),
        password: Password::Known(Secret::new("hunter2")),
        ca_file: String::new(),
        pin: String::new(),
        allow_plain_ws: false,
        proxy: Personal::default(),
        register: true,
        expires_s: 600,
        voicemail_number: Personal::default(),
        park_number: Personal::default(),
        pickup_code: Personal::default(),
        mwi: false,
        dtmf: DtmfMode::Automatic,
        ice_servers: Vec::new(),
        ice_policy: IcePolicy::All,
    }
}

/// A provider in virtual time, with everything it asked for.
struct Bench {
    provider: SipProvider,
    now: Instant,
    states: Vec<AccountState>,
    events: Vec<LineEvent>,
    sent: Vec<Message>,
    net: Vec<String>,
    stopped: bool,
    connection: ConnectionId,
}

impl Bench {
    fn new(account: &SipAccount) -> Self {
        Self::seeded(account, 1)
    }

    fn seeded(account: &SipAccount, seed: u8) -> Self {
        let mut bench = Self {
            provider: SipProvider::new(account, "urn:uuid:6c8f4a0e-0000-4000-8000-000000000001", [seed; 32]),
            now: Instant::START,
            states: Vec::new(),
            events: Vec::new(),
            sent: Vec::new(),
            net: Vec::new(),
            stopped: false,
            connection: ConnectionId(0),
        };
        bench.tell(Input::Start);
        bench
    }

    /// One whose server has taken the registration.
    fn registered() -> Self {
        let mut bench = Self::new(&account());
        bench.open();
        bench.accept_registration();
        assert_eq!(bench.states.last(), Some(&AccountState::Registered));
        bench
    }

    fn tell(&mut self, input: Input) {
        self.provider.handle(self.now, input);
        while let Some(output) = self.provider.poll_output() {
            match output {
                Output::Line(LineEvent::State(state)) => self.states.push(state),
                Output::Line(event) => self.events.push(event),
                Output::Net(NetRequest::Locate { connection, domain }) => {
                    self.connection = connection;
                    self.net.push(format!("locate {domain}"));
                }
                Output::Net(NetRequest::Open { connection, endpoint }) => {
                    self.connection = connection;
                    self.net.push(match &endpoint.at {
                        None => format!("open {}", endpoint.url),
                        Some(place) => format!("open {} at {place}", endpoint.url),
                    });
                }
                Output::Net(NetRequest::Send { message, .. }) => {
                    self.sent.push(Message::parse(&message).expect("we send what can be read"));
                }
                Output::Net(NetRequest::Probe { .. }) => self.net.push("probe".into()),
                Output::Net(NetRequest::Close { .. }) => self.net.push("close".into()),
                Output::Net(NetRequest::Ask { .. }) => self.net.push("ask".into()),
                Output::Stopped => self.stopped = true,
            }
        }
    }

    fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.provider.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.tell(Input::Timeout);
        }
        self.now = end;
    }

    fn open(&mut self) {
        self.tell(Input::Net(NetEvent::Opened { connection: self.connection, addresses: Vec::new() }));
    }

    /// The connection is open, to the first of these addresses of its host.
    fn open_at(&mut self, addresses: &[&str]) {
        let addresses = addresses.iter().map(|host| Place { host: (*host).to_owned(), port: 443 }).collect();
        self.tell(Input::Net(NetEvent::Opened { connection: self.connection, addresses }));
    }

    fn lose(&mut self, cause: OfflineCause) {
        self.tell(Input::Net(NetEvent::Closed { connection: self.connection, cause }));
    }

    fn receive(&mut self, message: Vec<u8>) {
        self.tell(Input::Net(NetEvent::Received { connection: self.connection, message: Bytes::from(message) }));
    }

    fn last_request(&self, method: Method) -> Request {
        let requests = self.sent.iter().rev().filter_map(|message| match message {
            Message::Request(request) => Some(request),
            Message::Response(_) => None,
        });
        requests.into_iter().find(|request| request.method == method).expect("was sent").clone()
    }

    fn responses(&self) -> Vec<u16> {
        let responses = self.sent.iter().filter_map(|message| match message {
            Message::Response(response) => Some(response.code),
            Message::Request(_) => None,
        });
        responses.collect()
    }

    /// Answers the last request of this kind.
    fn answer(&mut self, method: Method, code: u16, headers: &[(&str, &str)]) {
        let request = self.last_request(method);
        let mut response = Response { code, reason: "Words".into(), headers: sip::Headers::new(), body: Vec::new() };
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            response.headers.copy(name, &request.headers);
        }
        let to = request.headers.get("To").expect("has one");
        response.headers.push("To", if to.contains("tag=") { to.to_owned() } else { format!("{to};tag=far") });
        for (name, value) in headers {
            response.headers.push(name, value);
        }
        if headers.contains(&("Content-Type", "application/sdp")) {
            response.body = SDP.into();
        }
        self.receive(Message::Response(response).to_bytes());
    }

    fn accept_registration(&mut self) {
        let contact = self.last_request(Method::Register).headers.get("Contact").expect("has one").to_owned();
        self.answer(Method::Register, 200, &[("Contact", &format!("{contact};expires=600"))]);
    }

    fn offline(&self) -> (&OfflineCause, Option<u32>) {
        match self.states.last() {
            Some(AccountState::Offline { cause, retry_in_s }) => (cause, *retry_in_s),
            other => panic!("{other:?}"),
        }
    }

    fn dial(&mut self, target: &str) -> LineCall {
        let call = LineCall::Dialled(1);
        let target = target.parse().expect("can be dialled");
        self.request(LineRequest::Invite {
            call,
            target,
            offer: SDP.into(),
            headers: Vec::new(),
            referred: None,
            pick_up: false,
        });
        call
    }

    fn request(&mut self, request: LineRequest) {
        self.tell(Input::Request(request));
    }

    /// A request inside the dialog of our last INVITE, from the far end.
    fn request_in_call(&mut self, method: &str, headers: &str, body: &str) {
        let invite = self.last_request(Method::Invite);
        let (from, call_id) = (invite.headers.get("From").expect("has one"), invite.headers.get("Call-ID").expect("has one"));
        let text = format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/WSS far.invalid;branch=z9hG4bK{method}{}\r\nFrom: <sip:600@pbx.example.com>;tag=far\r\n\
             To: {from}\r\nCall-ID: {call_id}\r\nCSeq: 7 {method}\r\nMax-Forwards: 70\r\nContact: <sip:600@far.invalid>\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            invite.headers.contacts().expect("reads")[0].uri,
            self.sent.len(),
            body.len(),
        );
        self.receive(text.into_bytes());
    }

    fn answered(&mut self) -> LineCall {
        let call = self.dial("600");
        let contact = ("Contact", "<sip:600@far.invalid;transport=ws>");
        self.answer(Method::Invite, 200, &[contact, ("Content-Type", "application/sdp")]);
        call
    }
}

fn lost() -> OfflineCause {
    OfflineCause::ConnectionLost { detail: "cut".into() }
}
