//! The sound of the desk: keeps devices open while they are needed, obeys call control's wishes, and rings.
//!
//! A task of its own, because opening a device may take seconds.

mod ringer;
mod stream;
mod trial;
mod view;

use std::{sync::Arc, time::Duration};

use audio::{
    Capture, Country, Device, DeviceWatch, HubHandle, LegId, LegRoute, Playback, RingPattern, RingSound, RingTone, SoundError,
    SoundHost, ToneSpec,
};
use calls::io::{ProgressTone, Ring, Route, SoundRequest};
use model::{
    Cleanup, Clock, DeviceFault, DevicePreferences, DeviceTrial, DevicesView, Instant, MediaId, Ringtone, Settings, SoundRole,
    TrialView,
};
use tokio::{
    sync::{mpsc, watch},
    task::{JoinHandle, spawn_blocking},
    time::{MissedTickBehavior, interval, timeout},
};
use tracing::{debug, error, info, info_span, warn};

use self::{ringer::Ringer, stream::Stream, trial::Trial};
use crate::{spawn::spawn, world::World};

/// Requests that may wait while devices are being opened.
const WAITING: usize = 1024;

/// How often open devices are looked after.
const LOOK: Duration = Duration::from_millis(500);

/// Devices are listed anew so often while they are in use: some sound servers move a stream without a word.
const LIST: Duration = Duration::from_secs(2);

/// A trial is looked after so often.
const FOLLOW: Duration = Duration::from_millis(50);

/// How long devices stay open after the last sound, so that the next call need not wait for them.
const LINGER: Duration = Duration::from_secs(3);

/// How long devices are kept open for a call that has been dialled and not yet been heard.
const EXPECT: Duration = Duration::from_secs(20);

/// What the desk is told.
#[derive(Debug)]
enum DeskRequest {
    Sound(SoundRequest),
    /// A call has been dialled: open the devices before there is anything to hear.
    Expect,
    Configure {
        devices: DevicePreferences,
        country: String,
        ringtone: Ringtone,
    },
    /// A face wants to see the devices, or how loud they are.
    Look,
    /// A face wants a device tried, or no longer.
    Try(Option<DeviceTrial>),
}

/// What the desk tells.
#[derive(Debug)]
pub(crate) enum DeskNews {
    /// A device is missing or failed.
    Trouble(DeviceFault),
    /// What was wrong with the device of this role is over.
    Works(SoundRole),
    /// The microphone is open for a call that is being answered.
    Microphone,
    /// A call wants the microphone and there has been none for it; why.
    NoMicrophone(DeviceFault),
    /// The same, and there is no speaker either.
    NoDevices,
    /// How a trial is getting on; none when there is none.
    Trial(Option<TrialView>),
}

/// Who looks at the devices.
#[derive(Debug, Default)]
pub(crate) struct Onlookers {
    /// Who sees which there are.
    pub(crate) devices: watch::Sender<Arc<DevicesView>>,
    /// Who sees how loud they are; they are open meanwhile.
    pub(crate) levels: watch::Sender<()>,
}

/// The way to the desk's task.
pub(crate) struct Desk {
    inbox: Option<mpsc::Sender<DeskRequest>>,
    task: JoinHandle<()>,
}

impl Desk {
    pub(crate) fn start(world: &World, settings: &Settings, onlookers: Onlookers, outbox: mpsc::Sender<DeskNews>) -> Self {
        let (inbox, requests) = mpsc::channel(WAITING);
        let working = Working {
            clock: Arc::clone(&world.clock),
            host: Arc::clone(&world.sound),
            hub: world.hub.clone(),
            outbox,
            watch: DeviceWatch::new(settings.devices.clone()),
            cleanup: settings.devices.cleanup,
            country: Country::of_code(&settings.calls.tones),
            volume: gain(settings.devices.volume),
            ringtone: ring_tone(&settings.calls.ringtone, gain(settings.devices.volume)),
            microphone: Stream::new(SoundRole::Microphone),
            captured: false,
            awaited: false,
            speaker: Stream::new(SoundRole::Speaker),
            ringer: Ringer::default(),
            ring: None,
            tone: None,
            routed: false,
            listing: None,
            keep_until: None,
            trial: None,
            onlookers,
        };
        let task = spawn("desk", info_span!("desk"), working.run(requests));
        Self { inbox: Some(inbox), task }
    }

    pub(crate) fn send(&self, request: SoundRequest) {
        self.tell(DeskRequest::Sound(request));
    }

    pub(crate) fn expect_call(&self) {
        self.tell(DeskRequest::Expect);
    }

    pub(crate) fn configure(&self, settings: &Settings) {
        let (devices, calls) = (settings.devices.clone(), &settings.calls);
        self.tell(DeskRequest::Configure { devices, country: calls.tones.clone(), ringtone: calls.ringtone.clone() });
    }

    /// Tries a device, or stops trying.
    pub(crate) fn try_device(&self, trial: Option<DeviceTrial>) {
        self.tell(DeskRequest::Try(trial));
    }

    /// The devices are listed as long as somebody looks at them.
    pub(crate) fn look(&self) {
        self.tell(DeskRequest::Look);
    }

    fn tell(&self, request: DeskRequest) {
        if let Some(inbox) = &self.inbox
            && inbox.try_send(request).is_err()
        {
            error!("the sound desk does not take requests any more");
        }
    }

    /// Silences everything and lets the devices go.
    pub(crate) async fn stop(&mut self) {
        self.inbox = None;
        if timeout(LINGER, &mut self.task).await.is_err() {
            warn!("the sound devices did not close in time");
        }
    }
}

/// The desk's own.
struct Working {
    clock: Arc<dyn Clock>,
    host: Arc<dyn SoundHost>,
    hub: HubHandle,
    outbox: mpsc::Sender<DeskNews>,
    watch: DeviceWatch,
    cleanup: Cleanup,
    country: Country,
    /// How loud speaker and ringer are.
    volume: f32,
    ringtone: RingTone,
    microphone: Stream<dyn Capture>,
    /// Whether it has been open since the devices were closed last.
    captured: bool,
    /// Whether a call that is being answered waits for it.
    awaited: bool,
    speaker: Stream<dyn Playback>,
    listing: Option<JoinHandle<Result<Vec<Device>, SoundError>>>,
    ringer: Ringer,
    ring: Option<Ring>,
    tone: Option<ProgressTone>,
    /// Whether any session has a place in the mix.
    routed: bool,
    /// Devices stay open until then although nothing is heard.
    keep_until: Option<Instant>,
    trial: Option<Trial>,
    onlookers: Onlookers,
}

impl Working {
    async fn run(mut self, mut requests: mpsc::Receiver<DeskRequest>) {
        self.hub.cleanup(self.cleanup);
        let mut look = interval(LOOK);
        let mut list = interval(LIST);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        list.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut follow = interval(FOLLOW);
        follow.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // An idle phone does not wake up.
            let in_use = self.microphone.is_in_use() || self.speaker.is_in_use() || self.ringer.is_ringing();
            let tries = self.trial.as_ref().is_some_and(Trial::is_going_on);
            tokio::select! {
                request = requests.recv() => match request {
                    Some(request) => self.obey(request).await,
                    None => break,
                },
                opened = self.microphone.opened() => {
                    let hub = &self.hub;
                    let news = self.microphone.settle(opened, |capture| hub.microphone(capture));
                    self.captured |= self.microphone.is_open();
                    self.tell(news).await;
                    self.tell_microphone().await;
                }
                opened = self.speaker.opened() => {
                    let news = self.speaker.settle(opened, |playback| self.hub.speaker(playback));
                    self.tell(news).await;
                    self.tell_microphone().await;
                }
                started = self.ringer.started() => {
                    let trouble = self.ringer.settle(started);
                    self.rung(trouble).await;
                }
                present = listed(&mut self.listing) => self.improve(present),
                _ = look.tick(), if in_use => self.look().await,
                _ = list.tick(), if in_use || self.onlookers.devices.receiver_count() > 0 => self.list(),
                _ = follow.tick(), if tries => self.follow_trial().await,
            }
        }
        self.ringer.stop();
        self.hub.route(Vec::new());
        self.hub.tone(None);
        self.close_devices();
    }

    async fn obey(&mut self, request: DeskRequest) {
        if is_of_a_call(&request) {
            self.stop_trial().await;
        }
        match request {
            DeskRequest::Sound(SoundRequest::Route(routes)) => {
                self.routed = !routes.is_empty();
                self.hub.route(routes.into_iter().map(leg_route).collect());
                self.tell_microphone().await;
            }
            DeskRequest::Sound(SoundRequest::Tone(tone)) => {
                self.tone = tone;
                self.play_tone();
            }
            DeskRequest::Sound(SoundRequest::Ring(ring)) => {
                self.ring = ring;
                self.play_tone();
                self.ring();
            }
            DeskRequest::Sound(SoundRequest::Capture) => {
                (self.awaited, self.keep_until) = (true, Some(self.clock.now() + EXPECT));
                self.microphone.retry();
                self.tell_microphone().await;
            }
            DeskRequest::Sound(SoundRequest::KeyTone(digit)) => self.hub.key_tone(digit),
            // The run loop gives these to those who write files.
            DeskRequest::Sound(SoundRequest::Record { .. } | SoundRequest::EndRecording { .. }) => {}
            DeskRequest::Sound(SoundRequest::Digit { media, digit, tone }) => {
                let keys = |digit| ToneSpec::Digits { digits: vec![digit], tone, gap: Duration::ZERO };
                self.hub.leg_tone(leg_id(media), digit.map(keys));
            }
            DeskRequest::Expect => self.keep_until = Some(self.clock.now() + EXPECT),
            DeskRequest::Look => self.list(),
            DeskRequest::Try(Some(trial)) => self.start_trial(trial).await,
            DeskRequest::Try(None) => self.stop_trial().await,
            DeskRequest::Configure { devices, country, ringtone } => {
                self.cleanup = devices.cleanup;
                self.hub.cleanup(self.cleanup);
                self.volume = gain(devices.volume);
                self.hub.volume(self.volume);
                let _changes = self.watch.prefer(devices);
                self.country = Country::of_code(&country);
                self.ringtone = ring_tone(&ringtone, self.volume);
                self.list();
            }
        }
        if self.is_heard() || self.keep_until.is_some() {
            self.open_devices();
        }
    }

    fn play_tone(&self) {
        // A soft ring goes to the ear, under what is being said; a progress tone has the ear to itself.
        let soft = (self.ring == Some(Ring::Soft)).then_some(ToneSpec::Ringtone(RingPattern::Soft));
        self.hub.tone(self.tone.map(|tone| tone_spec(tone, self.country)).or(soft));
    }

    fn ring(&mut self) {
        if self.ring == Some(Ring::Full) {
            self.ringer.start(&self.host, &self.watch, self.ringtone.clone());
        } else {
            self.ringer.stop();
        }
    }

    /// It rings, or not; by now that may not be wanted any more.
    async fn rung(&mut self, trouble: Option<DeviceFault>) {
        if self.ring == Some(Ring::Full) {
            self.tell(trouble.map(DeskNews::Trouble)).await;
        } else {
            self.ringer.stop();
        }
    }

    fn is_heard(&self) -> bool {
        let is_looked_at = self.onlookers.levels.receiver_count() > 0;
        let is_tried = self.trial.as_ref().is_some_and(Trial::needs_streams);
        self.routed || self.tone.is_some() || self.ring == Some(Ring::Soft) || is_tried || is_looked_at
    }

    /// Whether a call sounds or rings.
    fn has_a_call(&self) -> bool {
        self.routed || self.tone.is_some() || self.ring.is_some()
    }

    fn open_devices(&mut self) {
        self.microphone.open(&self.host, &self.watch, |host, id| host.open_microphone(id));
        self.speaker.open(&self.host, &self.watch, |host, id| host.open_speaker(id));
    }

    fn close_devices(&mut self) {
        self.captured = false;
        self.microphone.close(|capture| self.hub.microphone(capture));
        self.speaker.close(|playback| self.hub.speaker(playback));
    }

    /// Replaces devices that have died, and closes those no longer needed.
    async fn look(&mut self) {
        let now = self.clock.now();
        if self.is_heard() {
            self.keep_until = Some(self.keep_until.unwrap_or(now).max(now + LINGER));
        } else if self.keep_until.take_if(|until| now >= *until).is_some() {
            self.close_devices();
        }
        if self.ringer.is_gone() {
            self.ring();
        }
        if self.keep_until.is_some() {
            let lost_microphone = self.microphone.check(self.hub.microphone_levels().stream);
            let lost_speaker = self.speaker.check(self.hub.speaker_state());
            self.tell(lost_microphone).await;
            self.tell(lost_speaker).await;
            self.open_devices();
        }
    }

    /// Asks which devices there are; `improve` has the answer.
    fn list(&mut self) {
        if self.listing.is_none() {
            let host = Arc::clone(&self.host);
            self.listing = Some(spawn_blocking(move || host.devices()));
        }
    }

    fn improve(&mut self, present: Vec<Device>) {
        for change in self.watch.see(present) {
            info!(?change, "sound devices");
        }
        self.show_devices();
        if !self.is_heard() && self.keep_until.is_none() {
            return;
        }
        self.microphone.improve(&self.host, &self.watch, |host, id| host.open_microphone(id));
        self.speaker.improve(&self.host, &self.watch, |host, id| host.open_speaker(id));
    }

    fn show_devices(&self) {
        let view = view::devices(&self.watch, self.microphone.told(), self.speaker.told());
        self.onlookers.devices.send_if_modified(|shown| {
            let changed = **shown != view;
            if changed {
                *shown = Arc::new(view);
            }
            changed
        });
    }

    /// Says that a call may be answered, or that it has to do without a microphone from its begin on; one that breaks later is
    /// looked for again.
    async fn tell_microphone(&mut self) {
        let news = match self.microphone.failure().filter(|_| !self.captured) {
            // Whether there is a speaker at least is known in a moment.
            Some(_) if self.speaker.is_opening() => return,
            Some(_) if self.awaited && self.speaker.failure().is_some() => DeskNews::NoDevices,
            Some(fault) if self.routed || self.awaited => DeskNews::NoMicrophone(fault.clone()),
            None if self.awaited && self.captured => DeskNews::Microphone,
            Some(_) | None => return,
        };
        self.awaited = false;
        // The run loop is gone only when the phone stops.
        let _heard = self.outbox.send(news).await;
    }

    async fn tell(&mut self, news: Option<DeskNews>) {
        let Some(news) = news else { return };
        if let DeskNews::Trouble(fault) = &news {
            warn!("{fault}");
        }
        // The run loop is gone only when the phone stops.
        let _heard = self.outbox.send(news).await;
        self.list();
    }
}

/// The devices that were asked for; none when they cannot be listed. Waits for ever when nobody asked. Cancel-safe.
async fn listed(listing: &mut Option<JoinHandle<Result<Vec<Device>, SoundError>>>) -> Vec<Device> {
    let Some(asked) = listing else { return std::future::pending().await };
    let answer = asked.await;
    *listing = None;
    match answer {
        Ok(Ok(present)) => present,
        Ok(Err(error)) => {
            debug!(%error, "the sound devices cannot be listed");
            Vec::new()
        }
        Err(panicked) => {
            error!(%panicked, "listing the sound devices failed");
            Vec::new()
        }
    }
}

/// Whether it begins something of a call, which has the devices to itself.
fn is_of_a_call(request: &DeskRequest) -> bool {
    match request {
        DeskRequest::Expect | DeskRequest::Sound(SoundRequest::Capture) => true,
        DeskRequest::Sound(SoundRequest::Route(routes)) => !routes.is_empty(),
        DeskRequest::Sound(SoundRequest::Tone(tone)) => tone.is_some(),
        DeskRequest::Sound(SoundRequest::Ring(ring)) => ring.is_some(),
        DeskRequest::Sound(
            SoundRequest::KeyTone(_)
            | SoundRequest::Record { .. }
            | SoundRequest::EndRecording { .. }
            | SoundRequest::Digit { .. },
        )
        | DeskRequest::Look
        | DeskRequest::Try(_)
        | DeskRequest::Configure { .. } => false,
    }
}

/// A loudness in percent as a factor.
fn gain(percent: u32) -> f32 {
    percent.min(100) as f32 / 100.0
}

/// A ringtone as the ringer plays it.
fn ring_tone(ringtone: &Ringtone, volume: f32) -> RingTone {
    let sound = match ringtone {
        Ringtone::Classic => RingSound::Pattern(RingPattern::Classic),
        Ringtone::Bell => RingSound::Pattern(RingPattern::Bell),
        Ringtone::Chime => RingSound::Pattern(RingPattern::Chime),
        Ringtone::Marimba => RingSound::Pattern(RingPattern::Marimba),
        Ringtone::Digital => RingSound::Pattern(RingPattern::Digital),
        Ringtone::Soft => RingSound::Pattern(RingPattern::Soft),
        Ringtone::File(path) => RingSound::File(path.into()),
    };
    RingTone { sound, volume }
}

fn leg_route(route: Route) -> LegRoute {
    LegRoute {
        leg: leg_id(route.media),
        microphone: route.microphone,
        speaker: route.speaker,
        hears: route.hears.into_iter().map(leg_id).collect(),
    }
}

/// The hub's number of a media session.
pub(crate) fn leg_id(media: MediaId) -> LegId {
    LegId(media.0.into())
}

fn tone_spec(tone: ProgressTone, country: Country) -> ToneSpec {
    match tone {
        ProgressTone::Ringback => ToneSpec::Ringback(country),
        ProgressTone::Busy => ToneSpec::Busy(country),
        ProgressTone::Congestion => ToneSpec::Congestion(country),
        ProgressTone::AutoAnswer => ToneSpec::AutoAnswer,
    }
}

#[cfg(test)]
mod tests;
