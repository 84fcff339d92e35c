//! Two whole sessions against each other over the real runtime, on loopback.

#![expect(clippy::disallowed_methods, reason = "these tests run on real sockets and in real time")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use audio::{FRAME_SAMPLES, Frame};
use calls::io::{Description, MediaEvent, MediaRequest};
use model::{AccountId, Clock, Codec, DtmfDigit, MediaDirection};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, interval, timeout},
};

use super::*;
use crate::{Peer, PeerError, WebrtcRuntime};

const SOON: Duration = Duration::from_secs(8);

struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> model::Instant {
        model::Instant::after_start(self.0.elapsed())
    }

    fn unix_seconds(&self) -> i64 {
        0
    }
}

/// A session with a hub of its own, which speaks a tone into it and listens.
struct End {
    handle: SessionHandle,
    events: mpsc::Receiver<MediaEvent>,
    hears: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn start(seed: u64, codecs: &[Codec]) -> End {
    start_over(Arc::new(WebrtcRuntime::new().expect("a certificate can be made")), seed, codecs)
}

fn start_over(runtime: Arc<dyn RtcRuntime>, seed: u64, codecs: &[Codec]) -> End {
    let (sender, events) = mpsc::channel(256);
    let settings = MediaSettings::new(codecs.to_vec(), seed);
    let OpenSession { handle, mut leg, run } = open(runtime, Arc::new(TokioClock(Instant::now())), settings, sender);
    let hears = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&hears);
    let hub = async move {
        let tone: Frame = std::array::from_fn(|n| 0.3 * (n as f32 * std::f32::consts::TAU * 10.0 / FRAME_SAMPLES as f32).sin());
        let mut frame = [0.0; FRAME_SAMPLES];
        let mut ticks = interval(Duration::from_millis(10));
        loop {
            ticks.tick().await;
            leg.push(&tone);
            leg.pull(&mut frame);
            let power = frame.iter().map(|sample| sample * sample).sum::<f32>() / FRAME_SAMPLES as f32;
            heard.store(power > 0.01, Ordering::Relaxed);
        }
    };
    let tasks = vec![tokio::spawn(run), tokio::spawn(hub)];
    let end = End { handle, events, hears, tasks };
    end.ask(MediaRequest::Microphone { open: true });
    end
}

impl End {
    fn ask(&self, request: MediaRequest) {
        self.handle.send(request).expect("the session takes requests");
    }

    /// The next event that `look` finds something in.
    async fn wait<T>(&mut self, what: &str, mut look: impl FnMut(MediaEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the session runs");
                if let Some(found) = look(event) {
                    break found;
                }
            }
        };
        timeout(SOON, found).await.unwrap_or_else(|_| panic!("{what} does not come"))
    }

    async fn offer(&mut self) -> Description {
        self.wait("an offer", |event| if let MediaEvent::OfferReady { offer } = event { Some(offer) } else { None }).await
    }

    async fn answer(&mut self) -> (Description, MediaDirection, MediaDirection) {
        self.wait("an answer", |event| match event {
            MediaEvent::AnswerReady { answer, direction, remote, .. } => Some((answer, direction, remote)),
            _ => None,
        })
        .await
    }

    async fn applied(&mut self) -> (MediaDirection, MediaDirection) {
        self.wait("the end of applying", |event| match event {
            MediaEvent::Applied { direction, remote, .. } => Some((direction, remote)),
            _ => None,
        })
        .await
    }

    async fn connected(&mut self) {
        self.wait("a connection", |event| matches!(event, MediaEvent::Connected { .. }).then_some(())).await;
    }

    async fn refused(&mut self) -> (u16, String) {
        self.wait("a refusal", |event| {
            if let MediaEvent::Refused { code, fault } = event { Some((code, fault.to_string())) } else { None }
        })
        .await
    }

    async fn hears(&self, wanted: bool) {
        let until = Instant::now() + SOON;
        while self.hears.load(Ordering::Relaxed) != wanted {
            assert!(Instant::now() < until, "hears: {}", !wanted);
            tokio::task::yield_now().await;
        }
    }
}

fn account() -> AccountId {
    AccountId("practice".into())
}

const CODECS: [Codec; 2] = [Codec::Opus, Codec::Pcmu];

async fn call() -> (End, End) {
    let (mut caller, mut called) = (start(1, &CODECS), start(2, &CODECS));
    caller.ask(MediaRequest::Offer { account: account() });
    let offer = caller.offer().await;
    called.ask(MediaRequest::Accept { account: account(), offer });
    let (answer, _, _) = called.answer().await;
    called.ask(MediaRequest::Answered);
    caller.ask(MediaRequest::Apply { answer });
    assert_eq!(caller.applied().await, (MediaDirection::SendRecv, MediaDirection::SendRecv));
    caller.connected().await;
    called.connected().await;
    (caller, called)
}

async fn reoffer(from: &mut End, to: &mut End, direction: MediaDirection, restart_ice: bool) -> (MediaDirection, MediaDirection) {
    from.ask(MediaRequest::Reoffer { direction, restart_ice });
    let offer = Some(from.offer().await);
    to.ask(MediaRequest::Reaccept { offer, direction: MediaDirection::SendRecv });
    let (answer, flows, _) = to.answer().await;
    from.ask(MediaRequest::Apply { answer });
    (from.applied().await.0, flows)
}

#[tokio::test]
async fn both_ends_hear_each_other_and_hold_and_resume() {
    let (mut caller, mut called) = call().await;
    caller.hears(true).await;
    called.hears(true).await;

    let held = reoffer(&mut caller, &mut called, MediaDirection::SendOnly, false).await;
    assert_eq!(held, (MediaDirection::SendOnly, MediaDirection::RecvOnly));
    caller.hears(false).await;
    called.hears(true).await;

    let resumed = reoffer(&mut caller, &mut called, MediaDirection::SendRecv, false).await;
    assert_eq!(resumed, (MediaDirection::SendRecv, MediaDirection::SendRecv));
    caller.hears(true).await;

    let inactive = reoffer(&mut called, &mut caller, MediaDirection::Inactive, false).await;
    assert_eq!(inactive, (MediaDirection::Inactive, MediaDirection::Inactive));
    caller.hears(false).await;
    called.hears(false).await;
    reoffer(&mut called, &mut caller, MediaDirection::SendRecv, false).await;
    caller.hears(true).await;
    called.hears(true).await;
}

#[tokio::test]
async fn an_ice_restart_is_heard_by_nobody() {
    let (mut caller, mut called) = call().await;
    called.hears(true).await;
    reoffer(&mut called, &mut caller, MediaDirection::SendRecv, true).await;
    called.connected().await;
    caller.connected().await;
    called.hears(true).await;
    caller.hears(true).await;
}

#[tokio::test]
async fn crossing_offers_are_rolled_back() {
    let (mut caller, mut called) = call().await;
    caller.ask(MediaRequest::Reoffer { direction: MediaDirection::SendOnly, restart_ice: true });
    caller.offer().await;
    caller.ask(MediaRequest::Rollback);
    let held = reoffer(&mut called, &mut caller, MediaDirection::SendOnly, false).await;
    assert_eq!(held, (MediaDirection::SendOnly, MediaDirection::RecvOnly));
    caller.hears(true).await;
}

#[tokio::test]
async fn what_the_far_end_takes_back_is_as_if_it_had_never_been_answered() {
    let (mut caller, mut called) = call().await;
    called.hears(true).await;
    // Held by an offer that restarts ICE, too: the answer never reaches the caller.
    caller.ask(MediaRequest::Reoffer { direction: MediaDirection::SendOnly, restart_ice: true });
    let offer = Some(caller.offer().await);
    called.ask(MediaRequest::Reaccept { offer, direction: MediaDirection::SendRecv });
    assert_eq!(called.answer().await.1, MediaDirection::RecvOnly);
    called.ask(MediaRequest::Withdrawn);
    caller.ask(MediaRequest::Rollback);
    assert_eq!(called.applied().await, (MediaDirection::SendRecv, MediaDirection::SendRecv));
    caller.hears(true).await;
    called.hears(true).await;
    // Before the answer is made, and where our offer was wanted.
    called.ask(MediaRequest::Reaccept { offer: None, direction: MediaDirection::SendRecv });
    called.ask(MediaRequest::Withdrawn);
    called.offer().await;
    assert_eq!(called.applied().await.0, MediaDirection::SendRecv);
    let held = reoffer(&mut called, &mut caller, MediaDirection::SendOnly, true).await;
    assert_eq!(held, (MediaDirection::SendOnly, MediaDirection::RecvOnly));
    called.hears(false).await;
    reoffer(&mut called, &mut caller, MediaDirection::SendRecv, false).await;
    called.hears(true).await;
    caller.hears(true).await;
}

/// The caller's end of the path is a socket of the test, which hears whatever is sent there.
#[tokio::test]
async fn nothing_is_sent_to_where_a_caller_says_he_is_before_he_is_answered() {
    let (mut caller, mut called) = (start(1, &CODECS), start(2, &CODECS));
    caller.ask(MediaRequest::Offer { account: account() });
    let offer = caller.offer().await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    let port = socket.local_addr().expect("an address").port();
    let others = |line: &&str| !line.starts_with("a=candidate:");
    let described: Vec<&str> = offer.expose().lines().filter(others).collect();
    let offer = format!("{}\r\na=candidate:1 1 udp 2130706431 127.0.0.1 {port} typ host\r\n", described.join("\r\n"));
    called.ask(MediaRequest::Accept { account: account(), offer: offer.as_str().into() });
    called.answer().await;
    let mut check = [0; 1500];
    assert!(timeout(Duration::from_secs(1), socket.recv(&mut check)).await.is_err(), "it rings, and the caller hears of it");
    called.ask(MediaRequest::Answered);
    timeout(SOON, socket.recv(&mut check)).await.expect("a check comes").expect("it is heard");
}

#[tokio::test]
async fn the_same_answer_twice_is_applied_once() {
    let (mut caller, mut called) = (start(1, &CODECS), start(2, &CODECS));
    caller.ask(MediaRequest::Offer { account: account() });
    let offer = caller.offer().await;
    called.ask(MediaRequest::Accept { account: account(), offer });
    let (answer, _, _) = called.answer().await;
    called.ask(MediaRequest::Answered);
    for _ in 0..2 {
        caller.ask(MediaRequest::Apply { answer: answer.clone() });
        assert_eq!(caller.applied().await.0, MediaDirection::SendRecv);
    }
    caller.connected().await;
    caller.hears(true).await;
}

/// Behind some servers the other one is somebody else after a while: the caller hears of it as his session is refreshed.
#[tokio::test]
async fn an_answer_to_a_refresh_may_lead_to_somebody_else() {
    let (mut caller, mut called, mut other) = (start(1, &CODECS), start(2, &CODECS), start(3, &CODECS));
    caller.ask(MediaRequest::Offer { account: account() });
    let offer = caller.offer().await;
    for (end, is_first) in [(&mut called, true), (&mut other, false)] {
        end.ask(MediaRequest::Accept { account: account(), offer: offer.clone() });
        let (answer, _, _) = end.answer().await;
        end.ask(MediaRequest::Answered);
        caller.ask(if is_first { MediaRequest::Apply { answer } } else { MediaRequest::Refreshed { answer } });
        assert_eq!(caller.applied().await.0, MediaDirection::SendRecv);
        end.connected().await;
        end.hears(true).await;
    }
    called.ask(MediaRequest::Close);
    caller.hears(true).await;
}

#[tokio::test]
async fn an_offer_that_cannot_be_answered_is_refused_at_once() {
    let mut session = start(1, &[Codec::Opus]);
    for (offer, code) in [("garbage", 400), ("v=0\r\nm=audio 5000 RTP/AVP 0\r\n", 488)] {
        session.ask(MediaRequest::Accept { account: account(), offer: offer.into() });
        assert_eq!(session.refused().await.0, code);
    }
    session.ask(MediaRequest::Apply { answer: "v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\n".into() });
    assert_eq!(session.refused().await.0, 488);
}

#[tokio::test]
async fn a_late_offer_is_ours_and_their_answer_settles_it() {
    let (mut caller, mut called) = call().await;
    called.ask(MediaRequest::Reaccept { offer: None, direction: MediaDirection::SendRecv });
    let offer = Some(called.offer().await);
    caller.ask(MediaRequest::Reaccept { offer, direction: MediaDirection::SendRecv });
    let (answer, _, _) = caller.answer().await;
    called.ask(MediaRequest::Apply { answer });
    assert_eq!(called.applied().await.0, MediaDirection::SendRecv);
    called.hears(true).await;
}

#[tokio::test]
async fn digits_arrive_once_and_in_order() {
    let (caller, mut called) = call().await;
    called.hears(true).await;
    let digits = DtmfDigit::parse_all("15#").expect("digits");
    let (tone, gap) = (Duration::from_millis(60), Duration::from_millis(50));
    caller.ask(MediaRequest::SendDtmf { digits: digits.clone(), tone, gap });
    for expected in digits {
        let digit =
            called.wait("a digit", |event| if let MediaEvent::Dtmf { digit, .. } = event { Some(digit) } else { None }).await;
        assert_eq!(digit, expected);
    }
}

#[tokio::test]
async fn closing_is_the_last_word() {
    let (mut caller, _called) = call().await;
    caller.ask(MediaRequest::Close);
    caller.wait("the end", |event| matches!(event, MediaEvent::Closed(_)).then_some(())).await;
    assert!(caller.events.recv().await.is_none());
}

/// A machine without a socket to give.
struct NoSockets;

#[async_trait::async_trait]
impl RtcRuntime for NoSockets {
    async fn open(&self, _settings: PeerSettings) -> Result<Box<dyn Peer>, PeerError> {
        Err(PeerError::System("no socket".into()))
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_opened_says_so_to_whoever_asks_and_can_be_closed() {
    let failed = |event| matches!(event, MediaEvent::Failed { .. }).then_some(());
    let closed = |event| matches!(event, MediaEvent::Closed(_)).then_some(());
    let mut asked_at_once = start_over(Arc::new(NoSockets), 1, &CODECS);
    asked_at_once.ask(MediaRequest::Offer { account: account() });
    asked_at_once.wait("the failure", failed).await;
    asked_at_once.ask(MediaRequest::Close);
    asked_at_once.wait("the end", closed).await;

    let mut prepared = start_over(Arc::new(NoSockets), 1, &CODECS);
    prepared.wait("the failure", failed).await;
    prepared.ask(MediaRequest::Offer { account: account() });
    prepared.wait("the failure, for the call that asks", failed).await;
    prepared.ask(MediaRequest::Close);
    prepared.wait("the end", closed).await;
}
