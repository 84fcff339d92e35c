use std::time::Duration;

use bytes::Bytes;
use calls::io::{LineEnd, LineRequest};
use model::{DtmfDigit, DtmfMode, IcePolicy, LineFault, Personal, Secret, TlsFault};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sip::{Message, Method, Request, Response};

use super::*;
use crate::net::{ConnectionId, NetEvent, NetRequest, Place};

mod elsewhere;
mod leaving;

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

#[test]
fn an_account_connects_registers_and_tells_each_step_once() {
    let mut bench = Bench::new(&account());
    assert_eq!(bench.net, ["open wss://pbx.example.com/ws"]);
    bench.open();
    let register = bench.last_request(Method::Register);
    assert_eq!(register.uri.to_string(), "sip:pbx.example.com");
    bench.accept_registration();
    assert_eq!(bench.states, [AccountState::Connecting, AccountState::Registering, AccountState::Registered]);
    for _ in 0..3 {
        let sent = bench.sent.len();
        let expires = bench.now + Duration::from_secs(600);
        while bench.sent.len() == sent {
            bench.run_for(Duration::from_secs(1));
            assert!(bench.now < expires, "refreshed before it expired");
        }
        bench.accept_registration();
    }
    assert_eq!(bench.states.len(), 3, "a refresh is no news");
}

#[test]
fn what_cannot_work_is_said_once_and_never_tried() {
    let unknown = Password::Unknown;
    for (bad, words) in [
        (SipAccount { server: "p bx".into(), ..account() }, "\"p bx\" is not an address of the form wss://host/path"),
        (
            SipAccount { server: "https://pbx".into(), ..account() },
            "the server's address must begin with wss://, not with https://",
        ),
        (SipAccount { password: unknown, ..account() }, "its password is not known"),
        (SipAccount { user: "".into(), ..account() }, "it has no user name"),
        (SipAccount { domain: "a b".into(), ..account() }, "\"a b\" is no domain"),
        (SipAccount { domain: "x;y=z".into(), ..account() }, "\"x;y=z\" is no domain"),
        (SipAccount { domain: "u@x".into(), ..account() }, "\"u@x\" is no domain"),
        (
            SipAccount { server: "ws://pbx/".into(), ..account() },
            "ws:// to pbx would let anyone on the way read along; use wss://, or allow plain ws:// for this account",
        ),
    ] {
        let mut bench = Bench::new(&bad);
        let (cause, retry) = bench.offline();
        assert_eq!((cause.to_string(), retry), (format!("the account cannot be used: {words}"), None));
        bench.tell(Input::NetworkChanged);
        bench.dial("600");
        assert!(matches!(&bench.events[..], [LineEvent::Ended { how: LineEnd::Failed { .. }, .. }]));
        bench.tell(Input::Stop);
        assert!(bench.stopped && bench.net.is_empty());
    }
}

#[test]
fn plain_websockets_can_be_allowed() {
    let bench = Bench::new(&SipAccount { server: "ws://pbx:8088/ws".into(), allow_plain_ws: true, ..account() });
    assert_eq!(bench.net, ["open ws://pbx:8088/ws"]);
}

#[test]
fn an_account_that_does_not_register_is_ready_when_connected() {
    let mut bench = Bench::new(&SipAccount { register: false, ..account() });
    bench.open();
    assert_eq!(bench.states.last(), Some(&AccountState::Ready));
    assert!(bench.sent.is_empty());
    bench.dial("*80#");
    assert_eq!(bench.last_request(Method::Invite).uri.to_string(), "sip:*80%23@pbx.example.com");
}

#[test]
fn a_lost_connection_is_opened_again_within_half_a_second() {
    for seed in 0..50 {
        let mut bench = Bench::seeded(&account(), seed);
        bench.open();
        bench.accept_registration();
        bench.run_for(Duration::from_secs(60));
        bench.lose(lost());
        assert_eq!(bench.offline(), (&lost(), Some(1)));
        bench.run_for(Duration::from_millis(400));
        assert_eq!(bench.net.len(), 2, "opened again");
        bench.open();
        bench.accept_registration();
        assert_eq!(bench.states.last(), Some(&AccountState::Registered));
    }
}

#[test]
fn an_outage_of_five_seconds_is_over_two_seconds_later() {
    for seed in 0..50 {
        let mut bench = Bench::seeded(&account(), seed);
        bench.open();
        bench.accept_registration();
        bench.run_for(Duration::from_secs(60));
        bench.lose(lost());
        let back = bench.now + Duration::from_secs(5);
        while bench.now < back + Duration::from_secs(2) {
            let tries = bench.net.len();
            bench.run_for(Duration::from_millis(10));
            if bench.net.len() > tries {
                if bench.now >= back {
                    bench.open();
                    bench.accept_registration();
                    break;
                }
                bench.lose(OfflineCause::Unreachable { detail: "refused".into() });
            }
        }
        assert_eq!(bench.states.last(), Some(&AccountState::Registered), "seed {seed}");
    }
}

#[test]
fn a_bad_certificate_is_tried_again_but_slowly() {
    let mut bench = Bench::new(&account());
    let cause = OfflineCause::Tls { fault: TlsFault::Revoked };
    bench.lose(cause.clone());
    let (told, retry) = bench.offline();
    assert_eq!(told, &cause);
    assert!(retry.is_some_and(|seconds| (15..=30).contains(&seconds)));
    bench.run_for(Duration::from_secs(14));
    assert_eq!(bench.net.len(), 1);
    bench.run_for(Duration::from_secs(20));
    assert_eq!(bench.net.len(), 2);
}

#[test]
fn a_wrong_password_ends_all_tries() {
    let mut bench = Bench::new(&account());
    bench.open();
    let challenge = ("WWW-Authenticate", "Digest realm=\"pbx\", nonce=\"n\", algorithm=MD5, qop=\"auth\"");
    bench.answer(Method::Register, 401, &[challenge]);
    assert!(bench.last_request(Method::Register).headers.has("Authorization"));
    bench.answer(Method::Register, 401, &[challenge]);
    assert!(matches!(bench.offline(), (OfflineCause::WrongPassword { code: 401 }, None)));
    assert_eq!(bench.net.last().map(String::as_str), Some("close"));
    bench.run_for(Duration::from_secs(3600));
    bench.tell(Input::NetworkChanged);
    assert_eq!(bench.net.len(), 2);
}

#[test]
fn a_server_that_is_busy_is_asked_again_when_it_says_over_the_same_connection() {
    let mut bench = Bench::new(&account());
    bench.open();
    bench.answer(Method::Register, 503, &[("Retry-After", "20")]);
    let (cause, retry_in_s) = bench.offline();
    assert_eq!(cause, &OfflineCause::Refused { code: 503, text: "Words".into() });
    assert!(retry_in_s.is_some_and(|seconds| (20..=22).contains(&seconds)), "{retry_in_s:?}");
    bench.run_for(Duration::from_millis(19_990));
    assert_eq!(bench.sent.len(), 1);
    bench.run_for(Duration::from_millis(2_010));
    assert_eq!(bench.sent.len(), 2);
    bench.accept_registration();
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
    assert_eq!(bench.net.len(), 1, "one connection");
}

#[test]
fn a_server_that_does_not_answer_is_left_and_tried_anew() {
    let mut bench = Bench::new(&account());
    bench.open();
    bench.run_for(Duration::from_millis(32_500));
    assert!(bench.states.iter().any(|state| matches!(state, AccountState::Offline { cause: OfflineCause::NoAnswer, .. })));
    assert_eq!(bench.net.get(1).map(String::as_str), Some("close"));
}

#[test]
fn another_network_is_used_at_once() {
    let mut bench = Bench::registered();
    bench.tell(Input::NetworkChanged);
    assert_eq!(bench.net.last().map(String::as_str), Some("probe"));
    bench.lose(lost());
    bench.tell(Input::NetworkChanged);
    assert!(bench.net.last().is_some_and(|last| last.starts_with("open")), "does not wait");
    bench.tell(Input::NetworkChanged);
    assert_eq!(bench.net.iter().rev().nth(1).map(String::as_str), Some("close"), "that was on the old network");
}

#[test]
fn calls_that_cannot_be_placed_end_in_words() {
    let mut bench = Bench::new(&account());
    let call = bench.dial("600");
    let how = LineEnd::Failed { fault: LineFault::NotConnected };
    assert_eq!(bench.events, [LineEvent::Ended { call, how }]);
    let mut bench = Bench::registered();
    bench.dial("bob@[::zz]");
    assert!(
        matches!(&bench.events[..], [LineEvent::Ended { how: LineEnd::Caused { cause: Cause::NotCallable { .. } }, .. }]),
        "{:?}",
        bench.events
    );
}

#[test]
fn a_call_goes_out_and_its_words_come_back_one_for_one() {
    let mut bench = Bench::registered();
    let call = bench.dial("600");
    bench.answer(Method::Invite, 180, &[("Contact", "<sip:600@far.invalid>")]);
    bench.answer(Method::Invite, 200, &[("Contact", "<sip:600@far.invalid>"), ("Content-Type", "application/sdp")]);
    bench.last_request(Method::Ack);
    let told: Vec<_> = bench.events.iter().map(|event| format!("{event:?}")).collect();
    for (at, start) in ["Sent", "Progress", "Answered"].into_iter().enumerate() {
        assert!(told[at].starts_with(start), "{told:?}");
    }
    bench.request_in_call("BYE", "Reason: SIP;cause=480\r\n", "");
    assert_eq!(bench.events.last(), Some(&LineEvent::Ended { call, how: LineEnd::Bye { code: Some(480) } }));
}

#[test]
fn digits_go_and_come_by_info() {
    let mut bench = Bench::registered();
    let call = bench.answered();
    let digit = DtmfDigit::try_from('#').expect("a key");
    bench.request(LineRequest::SendDtmf {
        call,
        digit,
        duration: Duration::from_millis(120),
        form: calls::io::InfoForm::DtmfRelay,
    });
    let info = bench.last_request(Method::Info);
    assert_eq!(info.headers.get("Content-Type"), Some("application/dtmf-relay"));
    assert_eq!(info.body, b"Signal=#\r\nDuration=120\r\n");
    bench.answer(Method::Info, 415, &[]);
    assert_eq!(bench.events.last(), Some(&LineEvent::DtmfFailed { call, code: 415 }));
    bench.request_in_call("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=11\r\nDuration=90\r\n");
    assert_eq!(bench.events.last(), Some(&LineEvent::Dtmf { call, digit, duration: Duration::from_millis(90) }));
    assert_eq!(bench.responses(), [200]);
}

#[test]
fn whom_the_far_end_asks_for_is_told_and_called_as_it_wrote_it() {
    let mut bench = Bench::registered();
    let call = bench.answered();
    let refer = "Refer-To: <sip:601@pbx.example.com;x=y>\r\nReferred-By: <sip:boss@pbx.example.com>\r\n";
    bench.request_in_call("REFER", refer, "");
    let target: model::Target = "601".parse().expect("a number");
    assert_eq!(bench.events.last(), Some(&LineEvent::Referred { call, target: target.clone() }));
    assert_eq!(bench.responses(), [0u16; 0], "the user is asked first");
    bench.request(LineRequest::AnswerRefer { call, accept: true });
    assert_eq!(bench.responses(), [202]);
    let new = LineCall::Dialled(9);
    bench.request(LineRequest::Invite {
        call: new,
        target,
        offer: SDP.into(),
        headers: Vec::new(),
        referred: Some(call),
        pick_up: false,
    });
    let invite = bench.last_request(Method::Invite);
    assert_eq!(invite.uri.to_string(), "sip:601@pbx.example.com;x=y");
    assert_eq!(invite.headers.get("Referred-By"), Some("<sip:boss@pbx.example.com>"));
}

#[test]
fn a_transfer_that_is_not_wanted_is_declined() {
    let mut bench = Bench::registered();
    let call = bench.answered();
    bench.request_in_call("REFER", "Refer-To: <sip:601@pbx.example.com>\r\n", "");
    bench.request(LineRequest::AnswerRefer { call, accept: false });
    assert_eq!(bench.responses(), [603]);
}

#[test]
fn an_incoming_call_brings_the_headers_that_tell_something() {
    let mut bench = Bench::registered();
    let contact = bench.last_request(Method::Register).headers.contacts().expect("reads")[0].uri.clone();
    let invite = format!(
        "INVITE {contact} SIP/2.0\r\nVia: SIP/2.0/WSS far.invalid;branch=z9hG4bK1\r\nFrom: \"Bob\" <sip:bob@pbx.example.com>;tag=b\r\n\
         To: <sip:alice@pbx.example.com>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:bob@far.invalid>\r\n\
         Call-Info: <sip:x>;answer-after=0\r\nX-Queue: sales\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    );
    bench.receive(invite.into_bytes());
    let Some(LineEvent::Incoming(incoming)) = bench.events.last() else { panic!("{:?}", bench.events) };
    let names: Vec<_> = incoming.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Call-Info"]);
    assert_eq!(incoming.x_headers.iter().collect::<Vec<_>>(), [("X-Queue", "sales")]);
    assert_eq!(incoming.offer.as_ref().map(Personal::expose), Some(SDP));
    let call = incoming.call;
    bench.request(LineRequest::Reject { call, code: 486, text: String::new() });
    assert_eq!(bench.responses().last(), Some(&486));
}

/// Hours of bad luck: whatever happens in whatever order, it neither panics nor gets stuck, and always signs off.
#[test]
fn no_order_of_events_gets_an_account_stuck() {
    for seed in 0..40_u8 {
        let mut rng = StdRng::seed_from_u64(u64::from(seed));
        let mut bench = Bench::seeded(&account(), seed);
        for step in 0..300 {
            match rng.random_range(0..12) {
                0 | 1 => bench.open(),
                2 => bench.lose(lost()),
                3 => bench.lose(OfflineCause::Tls { fault: TlsFault::Unreadable }),
                4 => bench.tell(Input::NetworkChanged),
                5 if matches!(bench.sent.last(), Some(Message::Request(_))) => {
                    let Some(Message::Request(request)) = bench.sent.last().cloned() else { continue };
                    let code = [100, 180, 200, 302, 408, 423, 486, 491, 500, 503, 603][rng.random_range(0..11)];
                    bench.answer(request.method, code, &[("Contact", "<sip:x@far.invalid>"), ("Expires", "60")]);
                }
                6 => {
                    let target = "600".parse().expect("a number");
                    let call = LineCall::Dialled(step);
                    bench.request(LineRequest::Invite {
                        call,
                        target,
                        offer: SDP.into(),
                        headers: Vec::new(),
                        referred: None,
                        pick_up: false,
                    });
                }
                7 => bench.request(LineRequest::HangUp { call: LineCall::Dialled(rng.random_range(0..300)) }),
                8 => bench.receive((0..rng.random_range(0..200)).map(|_| rng.random_range(0..=255)).collect()),
                _ => bench.run_for(Duration::from_millis(rng.random_range(0..20_000))),
            }
            let alive = matches!(bench.states.last(), Some(AccountState::Offline { retry_in_s: None, .. }))
                || bench.provider.poll_timeout().is_some()
                || matches!(bench.states.last(), Some(AccountState::Connecting));
            assert!(alive, "seed {seed} step {step}: nothing will ever happen again in {:?}", bench.states.last());
        }
        bench.tell(Input::Stop);
        bench.run_for(Duration::from_secs(2));
        assert!(bench.stopped, "seed {seed}");
        let ended = bench.events.iter().filter(|event| matches!(event, LineEvent::Ended { .. })).count();
        let dialled = bench.events.iter().filter(|event| matches!(event, LineEvent::Sent { .. })).count();
        assert!(ended >= dialled, "seed {seed}: every call has ended");
    }
}
