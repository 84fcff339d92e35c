//! A conference of three at the host (9): B and C hear each other through the hub in the middle.
//!
//! Call control is not part of it: three hubs and four media sessions over loopback, routed as a conference is.

use std::{process, sync::Arc};

use audio::{HubHandle, HubThread, LegId, LegRoute, SAMPLE_RATE_HZ, SoundHost};
use calls::io::{Description, MediaEvent, MediaRequest};
use media::{
    RtcRuntime, WebrtcRuntime,
    session::{self, MediaSettings, SessionHandle},
};
use model::{AccountId, Clock, Codec};
use phone::SystemClock;
use tokio::{runtime::Runtime, sync::mpsc};

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        figures::{note, tell},
        phones::pause,
        scorer::Scorer,
        usage::{Counters, tasks},
    },
};

/// How long the jitter buffers may take to settle before anything is measured.
const SETTLE_S: f64 = 6.0;

/// Measures all.
pub async fn run() -> Outcome {
    let scorer = Scorer::find().await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let rtc: Arc<dyn RtcRuntime> = Arc::new(WebrtcRuntime::new()?);
    let place = |number: u64| Place::open(number, Arc::clone(&clock), Arc::clone(&rtc));
    let (mut host, mut b, mut c) = (place(0)?, place(10)?, place(20)?);

    host.call(LegId(1), &mut b, LegId(1)).await?;
    host.hub.route(vec![route(1, &[])]);
    b.hub.route(vec![route(1, &[])]);
    let speech = match &scorer {
        Ok(scorer) => Arc::clone(&scorer.speech),
        Err(_) => tone(),
    };
    for place in [&host, &b, &c] {
        place.desk.speak(Arc::clone(&speech));
    }
    pause(SETTLE_S).await;
    let plain = host.cpu_of(20.0).await?;

    host.call(LegId(2), &mut c, LegId(1)).await?;
    c.hub.route(vec![route(1, &[])]);
    host.hub.route(vec![route(1, &[2]), route(2, &[1])]);
    pause(SETTLE_S).await;
    let conference = host.cpu_of(20.0).await?;
    note(&format!(
        "the host takes {:.2} s of CPU a minute in a plain call, {:.2} in the conference",
        plain * 3.0,
        conference * 3.0
    ));

    // Only C speaks.
    host.desk.speak(Arc::from([]));
    b.desk.speak(Arc::from([]));
    c.desk.speak(Arc::clone(&speech));
    pause(0.5).await;
    b.desk.speak(Arc::from([]));
    c.desk.speak(Arc::clone(&speech));
    pause(speech.len() as f64 / f64::from(SAMPLE_RATE_HZ) + 0.5).await;
    let (at_b, at_c) = (b.desk.heard().samples(), c.desk.heard().samples());
    match &scorer {
        Ok(scorer) => tell("9.pesq", scorer.pesq(&at_b).await?),
        Err(missing) => note(&format!("quality is not measured: {missing}")),
    }
    tell("9.self", 20.0 * (level(&at_c) / level(&speech)).max(1e-6).log10());
    tell("9.cpu", conference / plain);
    Ok(())
}

fn route(leg: u64, hears: &[u64]) -> LegRoute {
    LegRoute { leg: LegId(leg), microphone: true, speaker: true, hears: hears.iter().copied().map(LegId).collect() }
}

fn tone() -> Arc<[f32]> {
    (0..SAMPLE_RATE_HZ * 10).map(|at| 0.2 * (at as f32 * 440.0 / SAMPLE_RATE_HZ as f32 * std::f32::consts::TAU).sin()).collect()
}

fn level(samples: &[f32]) -> f64 {
    (samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

/// One party: a hub with its desk, and the threads it lives on.
struct Place {
    number: u64,
    clock: Arc<dyn Clock>,
    rtc: Arc<dyn RtcRuntime>,
    desk: Desk,
    hub: HubHandle,
    /// Its sessions live here. Taken out at the end: a runtime may not be dropped inside of another.
    runtime: Option<Runtime>,
    threads: Vec<u32>,
    sessions: Vec<End>,
    _hub: HubThread,
}

/// One session.
struct End {
    handle: SessionHandle,
    events: mpsc::Receiver<MediaEvent>,
}

impl Place {
    fn open(number: u64, clock: Arc<dyn Clock>, rtc: Arc<dyn RtcRuntime>) -> Outcome<Self> {
        let before = tasks(process::id())?;
        let (hub_thread, hub) = audio::start(Arc::clone(&clock))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let threads = tasks(process::id())?.into_iter().filter(|task| !before.contains(task)).collect();
        let desk = Desk::new(Arc::clone(&clock));
        hub.microphone(Some(desk.open_microphone(None)?));
        hub.speaker(Some(desk.open_speaker(None)?));
        Ok(Self { number, clock, rtc, desk, hub, runtime: Some(runtime), threads, sessions: Vec::new(), _hub: hub_thread })
    }

    fn session(&mut self, leg: LegId) -> Outcome<&mut End> {
        let (sender, events) = mpsc::channel(256);
        let settings = MediaSettings::new(vec![Codec::Opus], self.number + leg.0);
        let opened = session::open(Arc::clone(&self.rtc), Arc::clone(&self.clock), settings, sender);
        self.hub.attach(leg, opened.leg);
        self.runtime.as_ref().ok_or("the place is closed")?.spawn(opened.run);
        self.sessions.push(End { handle: opened.handle, events });
        self.sessions.last_mut().ok_or_else(|| "no session".into())
    }

    /// Connects a leg of ours with a leg of another place.
    async fn call(&mut self, own: LegId, other: &mut Self, theirs: LegId) -> Outcome {
        let (caller, called) = (self.session(own)?, other.session(theirs)?);
        let account = || AccountId("bench".into());
        caller.handle.send(MediaRequest::Offer { account: account() })?;
        let offer: Description =
            caller.wait(|event| if let MediaEvent::OfferReady { offer } = event { Some(offer) } else { None }).await?;
        called.handle.send(MediaRequest::Accept { account: account(), offer })?;
        let answer =
            called.wait(|event| if let MediaEvent::AnswerReady { answer, .. } = event { Some(answer) } else { None }).await?;
        called.handle.send(MediaRequest::Answered)?;
        caller.handle.send(MediaRequest::Apply { answer })?;
        for end in [caller, called] {
            end.wait(|event| matches!(event, MediaEvent::Connected { .. }).then_some(())).await?;
            end.handle.send(MediaRequest::Microphone { open: true })?;
        }
        Ok(())
    }

    /// Seconds of CPU that its threads take in so many seconds.
    async fn cpu_of(&mut self, seconds: f64) -> Outcome<f64> {
        let before = Counters::of(process::id(), &self.threads)?;
        pause(seconds).await;
        for end in &mut self.sessions {
            while end.events.try_recv().is_ok() {}
        }
        Ok(Counters::of(process::id(), &self.threads)?.since(&before).cpu_s)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl End {
    async fn wait<T>(&mut self, mut look: impl FnMut(MediaEvent) -> Option<T>) -> Outcome<T> {
        loop {
            let event = self.events.recv().await.ok_or("a session ended")?;
            if let Some(found) = look(event) {
                return Ok(found);
            }
        }
    }
}
