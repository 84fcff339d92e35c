use bytes::Bytes;
use calls::io::{LineRequest, Wish};
use model::{AutoAnswerBusy, DtmfDigit, LineCall, Password, Secret, XivoGeneration};
use serde_json::{Value, json};
use sip::{Message, Method, Request, Response};

use super::*;
use crate::net::{ConnectionId, Endpoint, HttpAnswer, NetEvent, NetRequest, QuestionId};

mod ice;
mod wire;

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

/// A provider in virtual time with a XiVO that does what the test says.
struct Bench {
    provider: XivoProvider,
    now: Instant,
    states: Vec<AccountState>,
    events: Vec<LineEvent>,
    /// The library's events, `group/type`.
    told: Vec<String>,
    asked: Vec<QuestionId>,
    opened: Vec<(ConnectionId, Box<Endpoint>)>,
    commands: Vec<String>,
    sip: Vec<Message>,
    stopped: bool,
}

fn account() -> XivoAccount {
    let mut account = XivoAccount::at_server("https://xivo.example.org".into(), "alice");
    account.password = Password::Known(Secret::new("pa55"));
    account
}

fn line() -> Value {
    json!({
        "id": "42", "name": "k3v9x1qz", "password": "s1pS3cret", "xivoIp": "192.0.2.10", "hasDevice": false, "webRtc": true,
        "sipProxyName": "default"
    })
}

impl Bench {
    fn new(account: &XivoAccount) -> Self {
        let mut bench = Self {
            provider: XivoProvider::new(account, "", [1; 32]),
            now: Instant::START,
            states: Vec::new(),
            events: Vec::new(),
            told: Vec::new(),
            asked: Vec::new(),
            opened: Vec::new(),
            commands: Vec::new(),
            sip: Vec::new(),
            stopped: false,
        };
        bench.tell(Input::Start);
        bench
    }

    /// One whose CTI is open.
    fn on() -> Self {
        Self::on_with(&account())
    }

    fn on_with(account: &XivoAccount) -> Self {
        let mut bench = Self::new(account);
        bench.answer_rest("t1.b.c");
        bench.log_on();
        bench
    }

    /// One whose line is registered.
    fn registered() -> Self {
        Self::registered_with(&account())
    }

    fn registered_with(account: &XivoAccount) -> Self {
        let mut bench = Self::on_with(account);
        bench.cti("LineConfig", &line());
        bench.register();
        bench
    }

    fn log_on(&mut self) {
        let cti = self.cti_connection();
        self.tell(Input::Net(NetEvent::Opened { connection: cti, addresses: Vec::new() }));
        self.cti("LoggedOn", &Value::Null);
    }

    fn register(&mut self) {
        let connection = self.sip_connection();
        self.tell(Input::Net(NetEvent::Opened { connection, addresses: Vec::new() }));
        let contact = self.last_request(Method::Register).headers.get("Contact").expect("has one").to_owned();
        self.answer(Method::Register, 200, &[("Contact", &contact), ("Expires", "60")]);
        assert_eq!(self.states.last(), Some(&AccountState::Registered));
    }

    fn tell(&mut self, input: Input) {
        self.provider.handle(self.now, input);
        while let Some(output) = self.provider.poll_output() {
            match output {
                Output::Line(LineEvent::State(state)) => self.states.push(state),
                // What the CTI says is told beside the library's own.
                Output::Line(LineEvent::Service(event)) if matches!(event.group.as_str(), "cti" | "phone") => {}
                Output::Line(LineEvent::Service(event)) => self.told.push(format!("{}/{}", event.group, event.kind)),
                Output::Line(event) => self.events.push(event),
                Output::Net(NetRequest::Open { connection, endpoint }) => self.opened.push((connection, endpoint)),
                Output::Net(NetRequest::Send { connection, message }) if connection == self.cti_connection() => {
                    let frame: Value = serde_json::from_slice(&message).expect("is JSON");
                    self.commands.extend(frame["command"].as_str().map(str::to_owned));
                }
                Output::Net(NetRequest::Send { message, .. }) => {
                    self.sip.push(Message::parse(&message).expect("we send what can be read"));
                }
                Output::Net(NetRequest::Ask { question, .. }) => self.asked.push(question),
                Output::Net(NetRequest::Locate { .. } | NetRequest::Probe { .. } | NetRequest::Close { .. }) => {}
                Output::Stopped => self.stopped = true,
            }
        }
    }

    /// Time goes by; the CTI answers pings.
    fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.provider.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.tell(Input::Timeout);
            self.frame(r#"{"claz":"ping"}"#.to_owned());
        }
        self.now = end;
    }

    fn answer_rest(&mut self, token: &str) {
        let question = *self.asked.last().expect("something was asked");
        let body = Secret::new(json!({"token": token, "TTL": 3600}).to_string());
        self.tell(Input::Net(NetEvent::Answered { question, answer: Ok(HttpAnswer { status: 200, body }) }));
    }

    fn frame(&mut self, frame: String) {
        let connection = self.cti_connection();
        self.tell(Input::Net(NetEvent::Received { connection, message: Bytes::from(frame) }));
    }

    fn cti(&mut self, kind: &str, body: &Value) {
        self.frame(json!({"msgType": kind, "ctiMessage": body}).to_string());
    }

    fn last_opened(&self, is_sip: bool) -> Option<&(ConnectionId, Box<Endpoint>)> {
        self.opened.iter().rev().find(|(_, endpoint)| endpoint.subprotocol.is_some() == is_sip)
    }

    fn cti_connection(&self) -> ConnectionId {
        self.last_opened(false).map_or(ConnectionId(0), |(connection, _)| *connection)
    }

    fn sip_connection(&self) -> ConnectionId {
        self.last_opened(true).expect("SIP was opened").0
    }

    fn lose(&mut self, connection: ConnectionId) {
        let cause = OfflineCause::ConnectionLost { detail: "cut".into() };
        self.tell(Input::Net(NetEvent::Closed { connection, cause }));
    }

    fn last_request(&self, method: Method) -> Request {
        let mut requests = self.sip.iter().rev().filter_map(|message| match message {
            Message::Request(request) => Some(request),
            Message::Response(_) => None,
        });
        // Who is registered is asked for in between, without a contact.
        let is_question = |request: &Request| method == Method::Register && request.headers.get("Contact").is_none();
        requests.find(|request| request.method == method && !is_question(request)).expect("was sent").clone()
    }

    fn answer(&mut self, method: Method, code: u16, headers: &[(&str, &str)]) {
        self.answer_with(method, code, headers, "");
    }

    fn answer_with(&mut self, method: Method, code: u16, headers: &[(&str, &str)], body: &str) {
        let request = self.last_request(method);
        let mut response = Response { code, reason: "Words".into(), headers: sip::Headers::new(), body: body.into() };
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            response.headers.copy(name, &request.headers);
        }
        let to = request.headers.get("To").expect("has one").to_owned();
        response.headers.push("To", if to.contains(";tag=") { to } else { format!("{to};tag=far") });
        for (name, value) in headers {
            response.headers.push(name, *value);
        }
        let (connection, message) = (self.sip_connection(), Bytes::from(response.to_bytes()));
        self.tell(Input::Net(NetEvent::Received { connection, message }));
    }

    fn arrive(&mut self, call_id: &str, header: &str) {
        let invite = format!(
            "INVITE sip:k3v9x1qz@x.invalid;transport=ws SIP/2.0\r\nVia: SIP/2.0/WSS h;branch=z9hG4bK{call_id}\r\n\
             From: \"Bob\" <sip:1002@default>;tag=b\r\nTo: <sip:k3v9x1qz@default>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:asterisk@192.0.2.10>\r\n{header}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
            SDP.len()
        );
        let (connection, message) = (self.sip_connection(), Bytes::from(invite));
        self.tell(Input::Net(NetEvent::Received { connection, message }));
    }

    fn arrived(&self) -> &calls::io::IncomingCall {
        let incoming = self.events.iter().rev().find_map(|event| match event {
            LineEvent::Incoming(incoming) => Some(incoming),
            _ => None,
        });
        incoming.expect("a call arrived")
    }

    fn troubles(&self) -> Vec<String> {
        let troubles = self.events.iter().filter_map(|event| match event {
            LineEvent::Trouble(fault) => Some(fault.to_string()),
            _ => None,
        });
        troubles.collect()
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn it_comes_up_in_the_order_of_the_specification() {
    let mut bench = Bench::on();
    assert_eq!(bench.commands, ["getConfig", "getIceConfig", "getCurrentCallsPhoneEvents"]);
    assert_eq!(bench.opened.len(), 1);
    bench.cti("LineConfig", &line());
    let sip = &bench.last_opened(true).expect("SIP was opened").1;
    assert_eq!(sip.url, "wss://xivo.example.org/wssip?token=t1.b.c");
    assert_eq!(sip.subprotocol.as_deref(), Some("sip"));
    bench.register();
    let register = bench.last_request(Method::Register);
    assert_eq!(register.uri.to_string(), "sip:default");
    assert!(register.headers.get("From").is_some_and(|from| from.contains("<sip:k3v9x1qz@default>")));
    assert!(register.headers.get("User-Agent").is_some_and(|agent| agent.starts_with("XiVO XC WebRTC ")));
    assert!(register.headers.get("Contact").is_some_and(|contact| contact.contains("expires=60")));
    assert_eq!(bench.told, ["general/Started", "registration/Registered"]);
    assert_eq!(
        bench.states,
        [AccountState::Connecting, AccountState::Connecting, AccountState::Registering, AccountState::Registered]
    );
}

#[test]
fn lines_that_cannot_be_used_are_told_in_words() {
    for (line, words) in [
        (json!({"id": "-"}), "no telephone line"),
        (json!({"id": "1", "name": "x", "webRtc": true, "sipProxyName": "default"}), "no SIP password"),
        (json!({"id": "1"}), "WebRTC"),
    ] {
        let mut bench = Bench::on();
        bench.cti("LineConfig", &line);
        let Some(AccountState::Offline { cause, retry_in_s: None }) = bench.states.last() else { panic!("it is offline") };
        assert!(cause.to_string().contains(words), "{cause}");
        bench.tell(Input::Stop);
        assert!(bench.stopped);
    }
}

#[test]
fn a_configuration_that_cannot_work_is_not_tried() {
    type Change = fn(&mut XivoAccount);
    let changes: [Change; 4] = [
        |account| account.server = "wss://x".into(),
        |account| account.server = "http://xivo.example.org".into(),
        |account| account.password = Password::Unknown,
        |account| account.login = "".into(),
    ];
    for change in changes {
        let mut account = account();
        change(&mut account);
        let mut bench = Bench::new(&account);
        assert!(matches!(bench.states[..], [AccountState::Offline { cause: OfflineCause::Configuration { .. }, .. }]));
        bench.tell(Input::Stop);
        assert!(bench.stopped && bench.asked.is_empty() && bench.opened.is_empty());
    }
}

/// F25, 9.3: after 2, 20, 40 and 60 seconds, and from the beginning after a success.
#[test]
fn a_registration_that_is_refused_is_told_and_tried_again_in_stages() {
    let mut bench = Bench::on();
    bench.cti("LineConfig", &line());
    let connection = bench.sip_connection();
    bench.tell(Input::Net(NetEvent::Opened { connection, addresses: Vec::new() }));
    let registers = |bench: &Bench| {
        let is_register = |message: &&Message| matches!(message, Message::Request(request) if request.method == Method::Register);
        bench.sip.iter().filter(is_register).count()
    };
    for (code, stage) in [(503, 2), (404, 20), (503, 40), (503, 60), (503, 60)] {
        let sent = registers(&bench);
        bench.answer(Method::Register, code, &[]);
        let told = bench.states.last().cloned();
        assert!(
            matches!(&told, Some(AccountState::Offline { cause: OfflineCause::Refused { .. }, retry_in_s }) if *retry_in_s == Some(stage)),
            "{told:?}"
        );
        assert_eq!(bench.told.last().map(String::as_str), Some("registration/Unregistered"));
        bench.run_for(seconds(u64::from(stage) - 1));
        assert_eq!(registers(&bench), sent);
        bench.run_for(seconds(1));
        assert_eq!(registers(&bench), sent + 1);
    }
    let contact = bench.last_request(Method::Register).headers.get("Contact").expect("has one").to_owned();
    bench.answer(Method::Register, 200, &[("Contact", &contact), ("Expires", "60")]);
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
}

#[test]
fn calls_and_registration_go_on_without_the_cti() {
    let mut bench = Bench::registered();
    bench.lose(bench.cti_connection());
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
    assert_eq!(bench.troubles().len(), 1);
    assert!(bench.troubles()[0].starts_with("calls go on"), "{:?}", bench.troubles());
    bench.arrive("in-1", "");
    assert_eq!(bench.arrived().remote.number.expose(), "1002");
    // It comes back by itself, and the line that has not changed is left alone.
    bench.run_for(seconds(2));
    bench.answer_rest("t2.b.c");
    bench.commands.clear();
    bench.log_on();
    bench.cti("LineConfig", &line());
    assert_eq!(bench.commands, ["getConfig", "getIceConfig", "getCurrentCallsPhoneEvents"]);
    assert_eq!((bench.opened.len(), bench.states.last()), (3, Some(&AccountState::Registered)));
}

#[test]
fn sip_comes_back_with_the_newest_token_and_the_cti_stays() {
    let mut bench = Bench::registered();
    // The token is renewed at half of its hour.
    for _ in 0..60 {
        bench.run_for(seconds(30));
        let register = bench.last_request(Method::Register);
        let contact = register.headers.get("Contact").expect("has one").to_owned();
        bench.answer(Method::Register, 200, &[("Contact", &contact), ("Expires", "60")]);
    }
    bench.answer_rest("t2.b.c");
    bench.lose(bench.sip_connection());
    assert!(matches!(bench.states.last(), Some(AccountState::Offline { retry_in_s: Some(1..=2), .. })));
    assert_eq!(bench.told.last().map(String::as_str), Some("registration/Unregistered"));
    bench.run_for(seconds(2));
    assert_eq!(bench.last_opened(true).expect("again").1.url, "wss://xivo.example.org/wssip?token=t2.b.c");
    bench.register();
    assert_eq!(bench.troubles(), [""; 0]);
}

#[test]
fn a_line_that_changes_is_taken_when_no_call_goes_on() {
    let mut bench = Bench::registered();
    bench.arrive("in-1", "");
    let mut changed = line();
    changed["name"] = "other".into();
    bench.cti("LineConfig", &changed);
    assert_eq!(bench.opened.len(), 2);
    let call = bench.arrived().call;
    bench.tell(Input::Request(LineRequest::Reject { call, code: 486, text: "Busy Here".into() }));
    bench.cti("LineConfig", &changed);
    bench.answer(Method::Register, 200, &[]);
    assert_eq!(bench.opened.len(), 3);
    assert_ne!(bench.opened[2].0, bench.opened[1].0, "a connection's number is never used twice");
    bench.register();
    assert!(bench.last_request(Method::Register).headers.get("From").is_some_and(|from| from.contains("other@default")));
    assert!(!bench.states.iter().any(|state| matches!(state, AccountState::Offline { .. })), "{:?}", bench.states);
}

#[test]
fn the_server_may_ask_for_an_answer_at_once_where_the_account_allows_it() {
    let header = "Alert-Info: xivo-autoanswer\r\n";
    let mut bench = Bench::registered();
    bench.arrive("in-1", header);
    let plan = bench.arrived().plan.expect("it is asked for");
    assert_eq!((plan.delay, plan.busy), (Duration::ZERO, AutoAnswerBusy::Hold));
    bench.arrive("in-2", "");
    assert_eq!(bench.arrived().plan, None);
    bench.arrive("in-3", "Call-Info: ;answer-after=0\r\n");
    assert_eq!(bench.arrived().plan, None);

    let mut extended = account();
    extended.auto_answer_extended = true;
    let mut bench = Bench::registered_with(&extended);
    bench.arrive("in-1", "Call-Info: ;answer-after=0\r\n");
    assert!(bench.arrived().plan.is_some());

    let mut never = account();
    never.auto_answer = false;
    let mut bench = Bench::registered_with(&never);
    bench.arrive("in-1", header);
    assert_eq!(bench.arrived().plan, None);
}

#[test]
fn other_programs_act_on_the_call_they_name() {
    let mut bench = Bench::registered();
    bench.arrive("in-1", "");
    bench.arrive("in-2", "");
    let second = bench.arrived().call;
    let digit = DtmfDigit::try_from('5').expect("a key");
    bench.events.clear();
    for (body, wish) in [
        (json!({"command": "Answer", "sipCallId": "in-2"}), Wish::Answer),
        (json!({"command": "Hold", "sipCallId": "in-2"}), Wish::ToggleHold),
        (json!({"command": "ToggleMicrophone", "sipCallId": "in-2"}), Wish::ToggleMicrophone),
    ] {
        bench.cti("WebRTCCmd", &body);
        assert_eq!(bench.events.pop(), Some(LineEvent::Wish { call: Some(second), wish }));
    }
    bench.cti("WebRTCCmd", &json!({"command": "SendDtmf", "key": "5"}));
    assert_eq!(bench.events.pop(), Some(LineEvent::Wish { call: None, wish: Wish::Dtmf(digit) }));
    bench.cti("WebRTCCmd", &json!({"command": "Dance"}));
    assert_eq!(bench.events, []);
    bench.cti("WebRTCCmd", &json!({"command": "Hold", "sipCallId": "elsewhere"}));
    assert_eq!(bench.troubles(), ["another program named a call that is not here"]);
}

#[test]
fn the_cti_tells_who_is_at_the_other_end() {
    let mut bench = Bench::registered();
    bench.arrive("in-1", "");
    let call = bench.arrived().call;
    let step = json!({
        "eventType": "EventEstablished", "DN": "1001", "otherDN": "1003", "otherDName": "Carol", "uniqueId": "u.1", "linkedId": "l.1",
        "userData": {"SIPCALLID": "in-1"}
    });
    bench.cti("PhoneEvent", &step);
    let Some(LineEvent::RemoteChanged { call: changed, remote }) = bench.events.last() else { panic!("it is told") };
    assert_eq!((*changed, remote.name.expose(), remote.number.expose()), (call, "Carol", "1003"));
    assert_eq!(remote.uri.expose(), "sip:1003@default");
}

#[test]
fn a_mismatch_is_asked_about_once_and_then_told() {
    let mut bench = Bench::registered();
    bench.arrive("in-1", "");
    bench.commands.clear();
    bench.run_for(seconds(4));
    assert_eq!(bench.commands, [""; 0]);
    bench.run_for(seconds(60));
    assert_eq!(bench.commands, ["getCurrentCallsPhoneEvents"]);
    assert_eq!(bench.troubles(), [""; 0]);
    bench.cti("CurrentCallsPhoneEvents", &json!({"events": []}));
    assert_eq!(bench.troubles().len(), 1);
    assert!(bench.troubles()[0].contains("does not know of a call"));
    bench.run_for(seconds(600));
    assert_eq!((bench.commands.len(), bench.troubles().len()), (1, 1));

    // One that was only late is mended without a word.
    let mut late = Bench::registered();
    late.arrive("in-1", "");
    late.run_for(seconds(6));
    let step = json!({"eventType": "EventRinging", "uniqueId": "u.1", "userData": {"SIPCALLID": "in-1"}});
    late.cti("CurrentCallsPhoneEvents", &json!({"events": [step]}));
    late.run_for(seconds(600));
    assert_eq!(late.troubles(), [""; 0]);
}

#[test]
fn signing_off_unregisters_and_closes() {
    let mut bench = Bench::registered();
    bench.tell(Input::Stop);
    assert!(!bench.stopped);
    bench.answer(Method::Register, 200, &[]);
    assert!(bench.stopped);
    assert!(matches!(bench.states.last(), Some(AccountState::Offline { cause: OfflineCause::SignedOff, .. })));
    let mut early = Bench::on();
    early.tell(Input::Stop);
    assert!(early.stopped);
}

#[test]
fn a_line_that_is_given_is_taken_as_it_is_and_starting_twice_is_starting_once() {
    let mut given = account();
    given.line = Secret::new(json!({"msgType": "LineConfig", "ctiMessage": line()}).to_string());
    let mut bench = Bench::new(&given);
    bench.tell(Input::Start);
    bench.answer_rest("t1.b.c");
    bench.log_on();
    assert_eq!(bench.commands, ["getIceConfig", "getCurrentCallsPhoneEvents"]);
    assert_eq!(bench.asked.len(), 1, "one login");
    bench.tell(Input::Start);
    bench.register();
    assert_eq!((bench.asked.len(), bench.opened.len(), bench.states.last()), (1, 2, Some(&AccountState::Registered)));
    given.line = Secret::new("[]");
    let bench = Bench::new(&given);
    let [AccountState::Offline { cause, .. }] = &bench.states[..] else { panic!("{:?}", bench.states) };
    assert!(cause.to_string().contains("no object of JSON"), "{cause}");
}
