//! Our end: a media session on the real runtime, with a hub that speaks a tone into it.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use audio::{FRAME_SAMPLES, Frame};
use calls::io::{Description, MediaEvent, MediaRequest};
use media::{
    WebrtcRuntime,
    session::{MediaSettings, OpenSession, SessionHandle, open},
};
use model::{AccountId, Clock, Codec, DtmfDigit, MediaDirection, MediaStatistics};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, interval, timeout},
};

use crate::{
    SOON,
    tone::{Ear, Heard, OURS, THEIRS, heard},
};

/// One certificate for all, as in the phone.
static RUNTIME: LazyLock<Arc<WebrtcRuntime>> =
    LazyLock::new(|| Arc::new(WebrtcRuntime::new().expect("a certificate can be made")));

struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> model::Instant {
        model::Instant::after_start(self.0.elapsed())
    }

    fn unix_seconds(&self) -> i64 {
        0
    }
}

pub struct Ours {
    handle: SessionHandle,
    events: mpsc::Receiver<MediaEvent>,
    heard: watch::Receiver<Heard>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// What flows, from our side, and what the far end wants, from its own.
pub type Flow = (MediaDirection, MediaDirection);

impl Ours {
    pub fn open(codecs: &[Codec]) -> Self {
        let (sender, events) = mpsc::channel(256);
        let settings = MediaSettings::new(codecs.to_vec(), 1);
        let OpenSession { handle, mut leg, run } =
            open(Arc::clone(&RUNTIME) as _, Arc::new(TokioClock(Instant::now())), settings, sender);
        let (listened, heard) = watch::channel(Heard::nothing(THEIRS));
        let hub = async move {
            let (mut tone, mut ear) = (OURS.samples(), Ear::new(THEIRS));
            let mut ticks = interval(Duration::from_millis(10));
            loop {
                ticks.tick().await;
                let mut frame: Frame = std::array::from_fn(|_| tone.next().unwrap_or(0.0));
                leg.push(&frame);
                frame = [0.0; FRAME_SAMPLES];
                leg.pull(&mut frame);
                listened.send_replace(ear.hear(frame));
            }
        };
        let tasks = vec![tokio::spawn(run), tokio::spawn(hub)];
        let ours = Self { handle, events, heard, tasks };
        ours.ask(MediaRequest::Microphone { open: true });
        ours
    }

    pub fn ask(&self, request: MediaRequest) {
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

    async fn offered(&mut self) -> Description {
        self.wait("our offer", |event| if let MediaEvent::OfferReady { offer } = event { Some(offer) } else { None }).await
    }

    async fn answered(&mut self) -> (Description, Flow) {
        self.wait("our answer", |event| match event {
            MediaEvent::AnswerReady { answer, direction, remote, .. } => Some((answer, (direction, remote))),
            MediaEvent::Refused { fault, .. } => panic!("their offer is refused: {fault}"),
            _ => None,
        })
        .await
    }

    /// A first offer.
    pub async fn offer(&mut self) -> Description {
        self.ask(MediaRequest::Offer { account: account() });
        self.offered().await
    }

    /// Answers a first offer.
    pub async fn accept(&mut self, offer: Description) -> Description {
        self.ask(MediaRequest::Accept { account: account(), offer });
        let (answer, _) = self.answered().await;
        self.ask(MediaRequest::Answered);
        answer
    }

    pub async fn apply(&mut self, answer: Description) -> Flow {
        self.ask(MediaRequest::Apply { answer });
        self.wait("the end of applying", |event| match event {
            MediaEvent::Applied { direction, remote, .. } => Some((direction, remote)),
            MediaEvent::Refused { fault, .. } => panic!("their answer is refused: {fault}"),
            _ => None,
        })
        .await
    }

    pub async fn reoffer(&mut self, direction: MediaDirection, restart_ice: bool) -> Description {
        self.ask(MediaRequest::Reoffer { direction, restart_ice });
        self.offered().await
    }

    pub async fn reaccept(&mut self, offer: Description) -> (Description, Flow) {
        self.ask(MediaRequest::Reaccept { offer: Some(offer), direction: MediaDirection::SendRecv });
        self.answered().await
    }

    /// Asks for an answer to what cannot be answered; the SIP status we refuse it with.
    pub async fn refuse(&mut self, offer: Description) -> u16 {
        self.ask(MediaRequest::Reaccept { offer: Some(offer), direction: MediaDirection::SendRecv });
        self.wait("our refusal", |event| match event {
            MediaEvent::Refused { code, .. } => Some(code),
            MediaEvent::AnswerReady { .. } => panic!("it is answered"),
            _ => None,
        })
        .await
    }

    pub async fn connected(&mut self) {
        self.wait("our connection", |event| match event {
            MediaEvent::Connected { .. } => Some(()),
            MediaEvent::Failed { fault } => panic!("we cannot connect: {fault}"),
            _ => None,
        })
        .await;
    }

    /// Why we did not connect; that we did not is part of it.
    pub async fn failed(&mut self) -> String {
        self.wait("our failure", |event| match event {
            MediaEvent::Failed { fault } => Some(fault.to_string()),
            MediaEvent::Connected { .. } => panic!("we connected"),
            _ => None,
        })
        .await
    }

    pub async fn send_digits(&mut self, digits: &[DtmfDigit]) {
        let (tone, gap) = (Duration::from_millis(60), Duration::from_millis(50));
        self.ask(MediaRequest::SendDtmf { digits: digits.to_vec(), tone, gap });
        self.wait("the end of our digits", |event| match event {
            MediaEvent::DtmfSent => Some(()),
            MediaEvent::DtmfUnavailable => panic!("the far end takes no digits"),
            _ => None,
        })
        .await;
    }

    pub async fn digit(&mut self) -> (DtmfDigit, Duration) {
        self.wait("a digit", |event| match event {
            MediaEvent::Dtmf { digit, duration } => Some((digit, duration)),
            _ => None,
        })
        .await
    }

    /// Closes it; the last figures. Nothing follows them.
    pub async fn close(&mut self) -> MediaStatistics {
        self.ask(MediaRequest::Close);
        let last = self.wait("our end", |event| if let MediaEvent::Closed(last) = event { Some(*last) } else { None }).await;
        assert!(self.events.recv().await.is_none(), "nothing follows the end");
        last
    }

    /// Waits until the user hears the far end's tone.
    pub async fn hears(&mut self) {
        heard(&mut self.heard, "we hear them", Heard::is_tone).await;
    }

    /// Whether the user has heard the far end's tone in the last tenth of a second, and nothing else.
    pub fn hears_now(&self) -> bool {
        self.heard.borrow().is_tone()
    }

    /// Whether the user has heard nothing in that time.
    pub fn hears_nothing_now(&self) -> bool {
        self.heard.borrow().is_silence()
    }

    /// Waits until the user hears nothing.
    pub async fn hears_nothing(&mut self) {
        heard(&mut self.heard, "we hear nothing", Heard::is_silence).await;
    }
}

fn account() -> AccountId {
    AccountId("practice".into())
}
