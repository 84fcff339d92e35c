use serde_json::Value;

use super::*;

/// A session in virtual time, with everything it asked for and told.
struct Bench {
    session: CtiSession,
    now: Instant,
    asked: Vec<(QuestionId, Box<HttpRequest>)>,
    opened: Vec<(ConnectionId, Box<Endpoint>)>,
    sent: Vec<String>,
    told: Vec<String>,
    tokens: usize,
}

impl Bench {
    fn new() -> Self {
        let door = Door {
            server: "https://xivo.example.org".parse().expect("is one"),
            login: "alice".into(),
            password: Secret::new("pa55"),
            says: SaysOfItself::default(),
            ca_file: None,
            pin: None,
            allow_plain: false,
            proxy: Proxy::Direct,
        };
        let mut bench = Self {
            session: CtiSession::new(door, [1; 32]),
            now: Instant::START,
            asked: Vec::new(),
            opened: Vec::new(),
            sent: Vec::new(),
            told: Vec::new(),
            tokens: 0,
        };
        bench.session.start();
        bench.drain();
        bench
    }

    /// One that is signed in, with a token for an hour.
    fn on() -> Self {
        let mut bench = Self::new();
        bench.answer(200, r#"{"login":"alice","token":"t1.b.c","TTL":3600}"#);
        bench.open();
        bench.receive(r#"{"msgType":"LoggedOn"}"#);
        assert_eq!(bench.told, ["up"]);
        bench
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Net(NetRequest::Ask { question, request }) => self.asked.push((question, request)),
                Output::Net(NetRequest::Open { connection, endpoint }) => self.opened.push((connection, endpoint)),
                Output::Net(NetRequest::Send { message, .. }) => {
                    self.sent.push(String::from_utf8(message.to_vec()).expect("is text"));
                }
                Output::Net(NetRequest::Close { .. }) => self.told.push("close".into()),
                Output::Net(NetRequest::Probe { .. }) => self.told.push("probe".into()),
                Output::Net(NetRequest::Locate { .. }) => self.told.push("locate".into()),
                Output::Token(_) => self.tokens += 1,
                Output::Up => self.told.push("up".into()),
                Output::Message(message) => self.told.push(format!("{message:?}")),
                Output::Down { cause, .. } => self.told.push(format!("down: {cause}")),
                Output::Refused(cause) => self.told.push(format!("refused: {cause}")),
            }
        }
    }

    fn tell(&mut self, event: NetEvent) {
        self.session.on_net(self.now, event);
        self.drain();
    }

    fn answer(&mut self, status: u16, body: &str) {
        let question = self.asked.last().expect("something was asked").0;
        self.tell(NetEvent::Answered { question, answer: Ok(HttpAnswer { status, body: Secret::new(body) }) });
    }

    fn no_answer(&mut self) {
        let question = self.asked.last().expect("something was asked").0;
        self.tell(NetEvent::Answered { question, answer: Err(OfflineCause::NoAnswer) });
    }

    fn connection(&self) -> ConnectionId {
        self.opened.last().expect("something was opened").0
    }

    fn open(&mut self) {
        let connection = self.connection();
        self.tell(NetEvent::Opened { connection, addresses: Vec::new() });
    }

    fn receive(&mut self, frame: &'static str) {
        let connection = self.connection();
        self.tell(NetEvent::Received { connection, message: Bytes::from(frame) });
    }

    fn lose(&mut self) {
        let connection = self.connection();
        self.tell(NetEvent::Closed { connection, cause: lost("cut") });
    }

    fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.session.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.session.on_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn urls(&self) -> Vec<&str> {
        self.asked.iter().map(|(_, request)| request.url.as_str()).collect()
    }
}

const LOGIN: &str = "https://xivo.example.org/xuc/api/2.0/auth/login";
const CHECK: &str = "https://xivo.example.org/xuc/api/2.0/auth/check";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn it_signs_in_then_opens_the_cti_with_its_token() {
    let bench = Bench::on();
    assert_eq!(bench.urls(), [LOGIN]);
    let body: Value = serde_json::from_str(bench.asked[0].1.body.expose()).expect("is JSON");
    assert_eq!(body, serde_json::json!({"login": "alice", "password": "pa55"}));
    let endpoint = &bench.opened[0].1;
    assert_eq!(endpoint.url, "wss://xivo.example.org/xuc/api/2.0/cti?token=t1.b.c");
    assert_eq!(endpoint.subprotocol, None);
    assert!(!format!("{endpoint:?}").contains("t1"), "the token is not printed");
}

#[test]
fn commands_wait_for_the_session() {
    let mut bench = Bench::new();
    assert!(!bench.session.send(&CtiCommand::GetIceConfig));
    let mut bench = Bench::on();
    assert!(bench.session.send(&CtiCommand::GetIceConfig));
    bench.drain();
    assert_eq!(bench.sent, [r#"{"claz":"web","command":"getIceConfig"}"#]);
}

#[test]
fn a_wrong_password_is_not_tried_again() {
    let mut bench = Bench::new();
    bench.answer(401, r#"{"error":"InvalidCredentials","message":"no"}"#);
    assert_eq!(bench.told, ["refused: the server refused the user name or password (401)"]);
    bench.run_for(seconds(3_600));
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn a_dead_connection_is_seen_within_twenty_seconds_and_frames_keep_it() {
    let mut bench = Bench::on();
    for _ in 0..20 {
        bench.run_for(seconds(5));
        bench.receive(r#"{"claz":"ping"}"#);
    }
    assert_eq!((bench.sent.len(), bench.told.len()), (20, 1));
    assert_eq!(bench.sent[0], PING);
    bench.run_for(seconds(15));
    assert_eq!(bench.told.len(), 1);
    bench.run_for(seconds(5));
    assert_eq!(bench.told[1..], ["close", "down: the connection to the server was lost: the server no longer answers"]);
}

#[test]
fn a_lost_connection_comes_back_with_a_checked_token() {
    let mut bench = Bench::on();
    bench.lose();
    bench.run_for(seconds(2));
    assert_eq!(bench.urls(), [LOGIN, CHECK]);
    assert_eq!(bench.asked[1].1.headers[0].1.expose(), "Bearer t1.b.c");
    bench.answer(200, r#"{"login":"alice","token":"t2.b.c","TTL":3600}"#);
    assert_eq!(bench.opened[1].1.url, "wss://xivo.example.org/xuc/api/2.0/cti?token=t2.b.c");
    bench.open();
    bench.receive(r#"{"msgType":"LoggedOn"}"#);
    assert!(bench.session.is_up());
}

#[test]
fn an_expired_token_is_replaced_by_signing_in_anew() {
    let mut bench = Bench::on();
    bench.lose();
    bench.run_for(seconds(2));
    bench.answer(401, r#"{"error":"TokenExpired","message":"x"}"#);
    assert_eq!(bench.urls(), [LOGIN, CHECK, LOGIN]);
    bench.answer(200, r#"{"token":"t3.b.c"}"#);
    assert_eq!(bench.opened[1].1.url, "wss://xivo.example.org/xuc/api/2.0/cti?token=t3.b.c");
}

#[test]
fn the_token_is_renewed_at_half_its_life_and_the_connection_stays() {
    let mut bench = Bench::on();
    let keep_alive = |bench: &mut Bench, seconds_in_all: u64| {
        for _ in 0..seconds_in_all / 5 {
            bench.run_for(seconds(5));
            bench.receive(r#"{"claz":"ping"}"#);
        }
    };
    keep_alive(&mut bench, 1_795);
    assert_eq!(bench.urls(), [LOGIN]);
    keep_alive(&mut bench, 5);
    assert_eq!(bench.urls(), [LOGIN, CHECK]);
    // A server that does not answer just then knows the token still: it is asked again.
    bench.no_answer();
    keep_alive(&mut bench, 30);
    assert_eq!(bench.urls(), [LOGIN, CHECK, CHECK]);
    bench.answer(200, r#"{"token":"t2.b.c","TTL":"3600"}"#);
    assert_eq!((bench.tokens, bench.opened.len(), bench.told.as_slice()), (2, 1, ["up".to_owned()].as_slice()));
    // One that was thrown away while the connection is open is replaced without a word.
    keep_alive(&mut bench, 1_800);
    bench.answer(403, r#"{"error":"InvalidToken"}"#);
    assert_eq!(bench.urls().last(), Some(&LOGIN));
    bench.answer(200, r#"{"token":"t3.b.c"}"#);
    assert_eq!((bench.tokens, bench.opened.len()), (3, 1));
}

#[test]
fn tries_stay_below_what_the_edge_allows() {
    let mut bench = Bench::new();
    let mut requests = vec![bench.now];
    while bench.now < Instant::START + seconds(600) {
        match bench.opened.len() < bench.asked.len() {
            // It signs in, and the CTI is cut off at once: two requests each time.
            true => {
                bench.answer(200, r#"{"token":"t.b.c","TTL":3600}"#);
                bench.lose();
            }
            false => bench.run_for(Duration::from_millis(100)),
        }
        while requests.len() < bench.asked.len() + bench.opened.len() {
            requests.push(bench.now);
        }
    }
    for start in &requests {
        let in_a_minute = requests.iter().filter(|at| **at >= *start && **at < *start + seconds(60)).count();
        // 20 a minute and a burst of 12; half of it is for the line's SIP.
        assert!(in_a_minute <= 16, "{in_a_minute} requests within a minute");
    }
    assert!(requests.len() > 30, "it goes on trying");
}

#[test]
fn a_server_that_does_not_open_the_session_is_left_and_tried_again() {
    for refusal in [None, Some(r#"{"msgType":"LoggedOnError","ctiMessage":{"Error":"loggedOnFailed"}}"#)] {
        let mut bench = Bench::new();
        bench.answer(200, r#"{"token":"t1.b.c"}"#);
        bench.open();
        match refusal {
            Some(frame) => bench.receive(frame),
            None => bench.run_for(seconds(15)),
        }
        assert_eq!(bench.told[0], "close");
        assert!(bench.told[1].starts_with("down: "), "{:?}", bench.told);
        bench.run_for(seconds(2));
        assert_eq!(bench.asked.len(), 2);
    }
}

#[test]
fn another_network_is_tried_at_once() {
    let mut bench = Bench::on();
    bench.session.network_changed();
    bench.drain();
    assert_eq!(bench.told[1..], ["probe"]);
    for _ in 0..6 {
        bench.lose();
        bench.run_for(seconds(40));
        bench.answer(200, r#"{"token":"t.b.c"}"#);
    }
    bench.lose();
    let before = bench.asked.len();
    bench.session.network_changed();
    bench.drain();
    assert_eq!(bench.asked.len(), before + 1);
}

#[test]
fn what_is_no_frame_of_the_cti_is_passed_over() {
    let mut bench = Bench::on();
    bench.receive("nonsense");
    bench.receive(r#"{"msgType":"Sheet","ctiMessage":{}}"#);
    assert_eq!(bench.told[1..], [r#"Other { kind: "Sheet" }"#]);
}
