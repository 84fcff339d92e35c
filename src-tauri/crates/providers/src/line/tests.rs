use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use calls::io::{Capabilities, Transfers};
use model::{AccountState, Cause, LineCall, Secret};

use super::*;
use crate::{
    net::{HttpMethod, Proxy},
    test_clock::TestClock,
};

const CONNECTION: ConnectionId = ConnectionId(7);

/// Writes down what it is told, and asks for what the test wants.
struct Scripted {
    told: Arc<Mutex<Vec<String>>>,
    answer: fn(&Input) -> Vec<Output>,
    outputs: VecDeque<Output>,
    wake: Option<Instant>,
}

impl Provider for Scripted {
    fn capabilities(&self) -> Capabilities {
        Capabilities { calls: 1, hold: true, transfer: Transfers::ByFarEnd, dtmf_info: true, prepares: false, elsewhere: false }
    }

    fn handle(&mut self, now: Instant, input: Input) {
        self.told.lock().expect("not poisoned").push(format!("{now} {input:?}"));
        match input {
            Input::Start => self.wake = Some(now + Duration::from_secs(5)),
            Input::Timeout => self.wake = None,
            _ => {}
        }
        self.outputs.extend((self.answer)(&input));
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.wake
    }
}

/// Hands out connections whose far ends the test holds.
struct FakeNetwork(mpsc::Sender<FarEnd>);

struct FarEnd {
    sent: mpsc::Receiver<Outgoing>,
    arriving: mpsc::Sender<Result<Bytes, OfflineCause>>,
}

#[async_trait]
impl Network for FakeNetwork {
    async fn open(&self, _: &Endpoint) -> Result<Connection, OfflineCause> {
        time::sleep(Duration::from_millis(20)).await;
        let (outgoing, sent) = mpsc::channel(2);
        let (arriving, incoming) = mpsc::channel(2);
        self.0.send(FarEnd { sent, arriving }).await.map_err(|_| OfflineCause::NoAnswer)?;
        Ok(Connection { outgoing, incoming, addresses: Vec::new() })
    }

    async fn ask(&self, request: &HttpRequest) -> Result<HttpAnswer, OfflineCause> {
        time::sleep(Duration::from_millis(20)).await;
        Ok(HttpAnswer { status: 200, body: Secret::new(request.url.clone()) })
    }
}

struct Bench {
    inbox: Option<mpsc::Sender<LineInput>>,
    outbox: mpsc::Receiver<(AccountId, LineEvent)>,
    far_ends: mpsc::Receiver<FarEnd>,
    told: Arc<Mutex<Vec<String>>>,
    line: tokio::task::JoinHandle<()>,
}

impl Bench {
    fn new(answer: fn(&Input) -> Vec<Output>) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let provider = Scripted { told: told.clone(), answer, outputs: VecDeque::new(), wake: None };
        let (inbox, to_line) = mpsc::channel(4);
        let (from_line, outbox) = mpsc::channel(4);
        let (opened, far_ends) = mpsc::channel(4);
        let line = Line {
            account: AccountId("office".into()),
            provider: Box::new(provider),
            network: Arc::new(FakeNetwork(opened)),
            clock: Arc::new(TestClock::new()),
            inbox: to_line,
            outbox: from_line,
            tap: None,
            first_call: 0,
        };
        Self { inbox: Some(inbox), outbox, far_ends, told, line: tokio::spawn(line.run()) }
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().expect("not poisoned").clone()
    }

    async fn ended_after(self) -> Duration {
        let started = time::Instant::now();
        self.line.await.expect("no panic");
        started.elapsed()
    }
}

fn open() -> Output {
    let endpoint = Endpoint {
        at: None,
        url: "wss://x/".into(),
        subprotocol: None,
        origin: None,
        ca_file: None,
        pin: None,
        allow_plain: false,
        proxy: Proxy::Direct,
    };
    Output::Net(NetRequest::Open { connection: CONNECTION, endpoint: Box::new(endpoint) })
}

fn send(text: &'static str) -> Output {
    Output::Net(NetRequest::Send { connection: CONNECTION, message: Bytes::from(text) })
}

#[tokio::test(start_paused = true)]
async fn messages_go_both_ways_in_order_and_timeouts_come_on_time() {
    let mut bench = Bench::new(|input| match input {
        Input::Start => vec![open()],
        Input::Net(NetEvent::Opened { .. }) => vec![send("one"), send("two")],
        Input::NetworkChanged => vec![Output::Net(NetRequest::Probe { connection: CONNECTION })],
        _ => vec![],
    });
    let mut far_end = bench.far_ends.recv().await.expect("opened");
    assert_eq!(far_end.sent.recv().await, Some(Outgoing::Message("one".into())));
    assert_eq!(far_end.sent.recv().await, Some(Outgoing::Message("two".into())));
    far_end.arriving.send(Ok("three".into())).await.expect("open");
    bench.inbox.as_ref().expect("running").send(LineInput::NetworkChanged).await.expect("running");
    assert_eq!(far_end.sent.recv().await, Some(Outgoing::Probe));
    far_end.arriving.send(Err(OfflineCause::NoAnswer)).await.expect("open");
    time::sleep(Duration::from_secs(6)).await;
    let told = bench.told().join("\n");
    for said in [
        "0.000s Start",
        "0.020s Net(Opened(7))",
        "Received(7, 5 bytes)",
        "NetworkChanged",
        "Closed(7, the server did",
        "5.000s Timeout",
    ] {
        assert!(told.contains(said), "{said} in {told}");
    }
    assert!(matches!(bench.outbox.recv().await, Some((_, LineEvent::Capable(_)))));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_nothing_is_lost() {
    let mut bench = Bench::new(|input| match input {
        Input::Start => vec![open()],
        Input::Net(NetEvent::Opened { .. }) => vec![send("1"), send("2"), send("3"), send("4")],
        _ => vec![],
    });
    let _far_end = bench.far_ends.recv().await.expect("opened");
    time::sleep(Duration::from_secs(1)).await;
    let told = bench.told();
    assert!(told.last().is_some_and(|last| last.contains("does not take what is sent")), "{told:?}");
    assert_eq!(told.len(), 4, "one end is enough: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn closing_the_inbox_signs_off() {
    let mut bench = Bench::new(|input| match input {
        Input::Start => vec![open()],
        Input::Stop => vec![send("goodbye")],
        Input::Net(NetEvent::Received { .. }) => vec![Output::Stopped],
        _ => vec![],
    });
    let mut far_end = bench.far_ends.recv().await.expect("opened");
    time::sleep(Duration::from_secs(1)).await;
    bench.inbox = None;
    assert_eq!(far_end.sent.recv().await, Some(Outgoing::Message("goodbye".into())));
    far_end.arriving.send(Ok("goodbye".into())).await.expect("open");
    assert!(bench.ended_after().await < Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn signing_off_takes_two_seconds_at_most() {
    let bench = Bench::new(|_| vec![]);
    time::sleep(Duration::from_secs(1)).await;
    bench.inbox.as_ref().expect("running").send(LineInput::Stop).await.expect("running");
    let took = bench.ended_after().await;
    assert!((Duration::from_secs(2)..Duration::from_millis(2_100)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_gives_way_tells_the_ends_of_its_calls_and_nothing_else() {
    let call = LineCall::Received(3);
    let mut bench = Bench::new(|input| match input {
        Input::Stop => vec![
            Output::Line(LineEvent::Ended { call: LineCall::Received(3), how: LineEnd::Bye { code: None } }),
            Output::Line(LineEvent::State(AccountState::Offline { cause: OfflineCause::SignedOff, retry_in_s: None })),
            Output::Stopped,
        ],
        _ => vec![],
    });
    bench.inbox.take().expect("running").send(LineInput::GiveWay).await.expect("running");
    bench.line.await.expect("no panic");
    assert!(matches!(bench.outbox.recv().await, Some((_, LineEvent::Capable(_)))));
    assert!(matches!(bench.outbox.recv().await, Some((_, LineEvent::Ended { call: ended, .. })) if ended == call));
    assert!(bench.outbox.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_line_that_nobody_listens_to_signs_off() {
    let bench = Bench::new(|input| match input {
        Input::Request(_) => vec![Output::Line(LineEvent::State(AccountState::Ready))],
        Input::Stop => vec![Output::Stopped],
        _ => vec![],
    });
    let Bench { inbox, outbox, line, told, .. } = bench;
    drop(outbox);
    let ring = LineRequest::Ring { call: LineCall::Received(1) };
    // Whether the line has gone already or goes upon this, is not ours to say.
    let _ = inbox.expect("running").send(LineInput::Request(ring)).await;
    line.await.expect("no panic");
    assert!(told.lock().expect("not poisoned").len() <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_over_one_call_ends_that_call_and_goes_on() {
    let mut bench = Bench::new(|input| match input {
        Input::Request(LineRequest::Ring { .. }) => panic!("a fault of the test"),
        Input::NetworkChanged => vec![Output::Line(LineEvent::State(AccountState::Ready))],
        _ => vec![],
    });
    let call = LineCall::Received(3);
    let inbox = bench.inbox.clone().expect("running");
    inbox.send(LineInput::Request(LineRequest::Ring { call })).await.expect("running");
    inbox.send(LineInput::NetworkChanged).await.expect("running");
    assert!(matches!(bench.outbox.recv().await, Some((_, LineEvent::Capable(_)))));
    let Some((_, LineEvent::Ended { call: ended, how: LineEnd::Caused { cause: Cause::Internal { .. } } })) =
        bench.outbox.recv().await
    else {
        panic!("the call is over")
    };
    assert_eq!(ended, call);
    assert!(matches!(bench.outbox.recv().await, Some((_, LineEvent::State(AccountState::Ready)))));
}

#[tokio::test(start_paused = true)]
async fn a_web_server_is_asked_beside_everything_else() {
    let mut bench = Bench::new(|input| match input {
        Input::Start => {
            let request = HttpRequest {
                method: HttpMethod::Get,
                url: "https://x/".into(),
                basic: None,
                headers: Vec::new(),
                body: Secret::default(),
                ca_file: None,
                pin: None,
                allow_plain: false,
                proxy: Proxy::Direct,
            };
            let question = Output::Net(NetRequest::Ask { question: QuestionId(3), request: Box::new(request) });
            vec![question, Output::Line(LineEvent::State(AccountState::Connecting))]
        }
        Input::Net(NetEvent::Answered { question: QuestionId(3), answer: Ok(answer) })
            if answer.body.expose() == "https://x/" =>
        {
            vec![Output::Line(LineEvent::State(AccountState::Ready))]
        }
        _ => vec![],
    });
    let mut states = Vec::new();
    while states.last() != Some(&AccountState::Ready) {
        if let (_, LineEvent::State(state)) = bench.outbox.recv().await.expect("the line runs") {
            states.push(state);
        }
    }
    assert_eq!(states, [AccountState::Connecting, AccountState::Ready]);
}
