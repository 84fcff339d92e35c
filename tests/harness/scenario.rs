//! A scenario: phones, servers and the world between them, in virtual time.

mod xivo;

use std::{
    cell::Cell,
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use audio::{Hub, HubHandle, MemoryHost};
use calls::io::{MediaEvent, MediaRequest};
use exchange::{Door, Exchange, ExchangeWorld};
use model::{CallId, Cause, Clock, Instant, MediaDirection, Provider, Settings};
use phone::{Phone, PhoneOptions, Randomness, World};
use providers::net::Sockets;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sip::{Method, Request, Response};
use store::{DataFolder, InMemory, Provisioned, SecretStore, Secrets, SettingsFile};
use tempfile::{NamedTempFile, TempDir};
use tokio::{
    runtime::{Builder, Runtime},
    time::{MissedTickBehavior, interval, sleep},
};
use tracing::info_span;

pub use self::xivo::{DESK_PHONE, OTHER_PHONE};
use crate::{
    far::{Far, FarCall, FarMedia},
    ladder::Ladder,
    network::{Cable, EXCHANGE, Server},
    panics,
    rtc::{Air, FakeRtc, air},
    seat::{Seat, settings},
    sockets,
    time::{VirtualClock, ms, seconds},
    watch,
};

/// How finely time is cut where something is waited for.
const STEP: Duration = Duration::from_millis(5);

/// A phone that is told to stop has ended after this long.
const STOPS_WITHIN: Duration = Duration::from_secs(4);

/// Phones and their world. At its end every scenario stops its phones and checks what must hold of any.
pub struct Scenario {
    runtime: Runtime,
    clock: VirtualClock,
    ladder: Ladder,
    air: Air,
    random: StdRng,
    exchange: Option<(Exchange, Door)>,
    far: Option<Far>,
    servers: Vec<(String, Far)>,
    change: fn(&mut Settings),
    provisioned: Option<Provisioned>,
    key_store: Option<Arc<dyn SecretStore>>,
    seats: Vec<Seat>,
    begun: Instant,
    finished: Cell<bool>,
    /// Where phones keep what outlives a run, each in a folder of its name; nowhere when there is none.
    home: Option<PathBuf>,
    /// The same, when it is the scenario's own.
    temporary: Option<TempDir>,
    /// What phones trust that reach the far end over sockets.
    ca: Option<NamedTempFile>,
    /// How many panics the test has asked for.
    faults: Cell<u32>,
    /// Media sessions of the far end so far; each has a seed of its own.
    far_sessions: Cell<u64>,
    wire: Wire,
    /// Whether alice's phone has an account at the exchange beside that at the XiVO.
    has_sip_too: bool,
    /// Whether alice's phone controls a desk phone, which is one more seat.
    has_desk_phone: bool,
}

/// What phones are connected by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    /// Queues in virtual time.
    Cable,
    /// WebSockets on loopback in real time.
    Sockets,
}

/// The two ends of a call between phones.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// At the caller's.
    pub caller: CallId,
    /// At the called's.
    pub called: CallId,
}

/// A call between a phone and a far end that the test plays.
#[derive(Debug)]
pub struct FarTalk {
    /// The phone's number of it.
    pub call: CallId,
    /// The far end of its signalling.
    pub far: FarCall,
    /// The far end of its audio.
    pub media: FarMedia,
}

impl Default for Scenario {
    fn default() -> Self {
        Self::seeded(1)
    }
}

impl Scenario {
    /// A world with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with other random numbers.
    pub fn seeded(seed: u64) -> Self {
        Self::on(Wire::Cable, Builder::new_current_thread().enable_time().start_paused(true), seed)
    }

    /// A world of real time, in which phones reach the far end by a real secure WebSocket on loopback.
    pub fn over_sockets() -> Self {
        Self::on(Wire::Sockets, Builder::new_current_thread().enable_all(), 1)
    }

    fn on(wire: Wire, builder: &mut Builder, seed: u64) -> Self {
        panics::count();
        let runtime = builder.build().expect("a runtime can be made");
        let clock = {
            let _inside = runtime.enter();
            VirtualClock::start()
        };
        Self {
            ladder: Ladder::new(clock.clone()),
            air: air(clock.clone(), seed),
            clock,
            random: StdRng::seed_from_u64(seed),
            exchange: None,
            far: None,
            servers: Vec::new(),
            change: |_| {},
            provisioned: None,
            key_store: None,
            seats: Vec::new(),
            begun: Instant::START,
            finished: Cell::new(false),
            home: None,
            temporary: None,
            ca: None,
            faults: Cell::new(0),
            far_sessions: Cell::new(0),
            wire,
            has_sip_too: false,
            has_desk_phone: false,
            runtime,
        }
    }

    /// Phones that come later have settings changed so.
    #[must_use]
    pub fn with_settings(mut self, change: fn(&mut Settings)) -> Self {
        self.change = change;
        self
    }

    /// Phones that come later keep their settings in their folder, under what an administrator has set by this text; nothing when
    /// it is empty.
    #[must_use]
    pub fn with_provisioning(mut self, text: &str) -> Self {
        self.provisioned = Some(Provisioned::of_text("the administrator", text).expect("it makes sense"));
        self.with_folders()
    }

    /// Phones that come later have this key store.
    #[must_use]
    pub fn with_key_store(mut self, store: Arc<dyn SecretStore>) -> Self {
        self.key_store = Some(store);
        self
    }

    /// Phones that come later have a data folder.
    #[must_use]
    pub fn with_folders(mut self) -> Self {
        let temporary = tempfile::tempdir().expect("there is room");
        self.home = Some(temporary.path().to_owned());
        self.temporary = Some(temporary);
        self
    }

    /// Phones that come later have a data folder in this one, which outlives the scenario.
    #[must_use]
    pub fn with_folders_in(mut self, home: &Path) -> Self {
        self.home = Some(home.to_owned());
        self
    }

    /// The data folder of a phone.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.home.as_ref().expect("a scenario with folders").join(name)
    }

    /// An exchange with these users, and a registered phone for each.
    #[must_use]
    pub fn with_phones<const N: usize>(mut self, names: [&str; N]) -> Self {
        let hub = self.hub();
        let rtc = Arc::new(FakeRtc::new(self.air.clone(), "exchange"));
        let world = ExchangeWorld { clock: Arc::new(self.clock.clone()), rtc, hub, seed: self.random.random() };
        let inside = self.runtime.enter();
        let (exchange, door) = Exchange::behind_a_door(world, &names);
        drop(inside);
        for name in names {
            let password = exchange.password(name).expect("the exchange knows its users").clone();
            let mut settings = settings(name, EXCHANGE, exchange.domain(), password.expose());
            (self.change)(&mut settings);
            self.seat(name, Server::Exchange(door.clone()), settings);
        }
        self.exchange = Some((exchange, door));
        self.run_until("every phone is registered", seconds(5), |t| t.seats.iter().all(Seat::is_registered));
        self.begun = self.now();
        self
    }

    /// A phone whose server the test plays; registered.
    #[must_use]
    pub fn with_far(self) -> Self {
        let mut scenario = self.with_unregistered_far();
        scenario.run_until("the phone is registered", seconds(5), |t| t.seats.iter().all(Seat::is_registered));
        scenario.begun = scenario.now();
        scenario
    }

    /// A phone whose server the test plays; it has just been started.
    #[must_use]
    pub fn with_unregistered_far(mut self) -> Self {
        let far = Far::default();
        let (url, ca) = match self.wire {
            Wire::Cable => ("wss://far.invalid/".to_owned(), None),
            Wire::Sockets => {
                let (url, ca) = self.run(sockets::listen(far.clone()));
                (url, Some(ca))
            }
        };
        let mut settings = settings("alice", &url, "far.invalid", "opensesame");
        if let (Some(ca), Provider::Sip(sip)) = (&ca, &mut settings.accounts[0].provider) {
            (sip.ca_file, sip.proxy) = (ca.path().display().to_string(), "direct".into());
        }
        self.ca = ca;
        (self.change)(&mut settings);
        self.seat("alice", Server::Far(far.clone()), settings);
        self.far = Some(far);
        self
    }

    /// A phone whose account is at a domain with these servers, the first one first, all of which the test plays. It has just
    /// been started.
    #[must_use]
    pub fn at_domain<const N: usize>(self, hosts: [&str; N]) -> Self {
        self.at_servers("example.com", hosts)
    }

    /// The same with a whole URL, whose host has these addresses.
    #[must_use]
    pub fn at_url<const N: usize>(self, hosts: [&str; N]) -> Self {
        self.at_servers("wss://example.com/", hosts)
    }

    fn at_servers<const N: usize>(mut self, server: &str, hosts: [&str; N]) -> Self {
        let servers: Vec<(String, Far)> = hosts.map(|host| (host.to_owned(), Far::default())).into();
        let mut settings = settings("alice", server, "", "opensesame");
        (self.change)(&mut settings);
        self.seat("alice", Server::Domain(servers.clone()), settings);
        self.servers = servers;
        self
    }

    /// One of a domain's servers.
    pub fn server(&self, host: &str) -> &Far {
        self.servers.iter().find(|(name, _)| name == host).map(|(_, far)| far).expect("a server of that name")
    }

    fn seat(&mut self, name: &str, server: Server, settings: Settings) {
        let sound = MemoryHost::desk();
        let cable = Cable::new(name, server, self.clock.clone(), self.ladder.clone(), self.random.random());
        let world = World {
            clock: Arc::new(self.clock.clone()),
            network: match self.wire {
                Wire::Cable => Arc::new(cable.clone()),
                Wire::Sockets => Arc::new(Sockets::new(Arc::new(self.clock.clone()))),
            },
            rtc: Arc::new(FakeRtc::new(self.air.clone(), name)),
            sound: Arc::new(sound.clone()),
            hub: self.hub(),
            randomness: Arc::new(Seeded(std::sync::Mutex::new(StdRng::seed_from_u64(self.random.random())))),
            secrets: Arc::new(Secrets::new(self.key_store.clone().unwrap_or_else(|| Arc::new(InMemory::default())))),
        };
        let _inside = self.runtime.enter();
        let folder = self.home.as_ref().map(|home| DataFolder::at(home.join(name)));
        let provisioned = self.provisioned.clone().unwrap_or_default();
        let file = folder.as_ref().filter(|_| self.provisioned.is_some());
        let settings_file = file.map(|folder| SettingsFile::at(folder.settings_file()).under(provisioned.clone()));
        let settings = provisioned.impose(settings);
        let options = PhoneOptions { folder, settings_file, provisioned, ..PhoneOptions::passing(settings) };
        let (phone, told) = Phone::start(world, options);
        let events = watch::follow(&phone, told);
        self.seats.push(Seat { name: name.to_owned(), phone, cable, sound, events });
    }

    /// A hub whose clock is virtual time.
    fn hub(&self) -> HubHandle {
        let (mut hub, handle) = Hub::new();
        let _inside = self.runtime.enter();
        phone::spawn("hub", info_span!("hub"), async move {
            let mut ticks = interval(Duration::from_millis(10));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            loop {
                ticks.tick().await;
                if !hub.is_idle() {
                    hub.tick();
                }
            }
        });
        handle
    }

    /// A phone by name.
    pub fn phone(&self, name: &str) -> &Seat {
        self.seats.iter().find(|seat| seat.name == name).expect("a phone of that name")
    }

    /// Alice's phone.
    pub fn alice(&self) -> &Seat {
        self.phone("alice")
    }

    /// Bob's phone.
    pub fn bob(&self) -> &Seat {
        self.phone("bob")
    }

    /// The far end that the test plays.
    pub fn far(&self) -> &Far {
        self.far.as_ref().expect("a scenario with a far end")
    }

    /// Lets a media session panic: the `nth` of those that a phone has open, counted from 0.
    pub fn break_session(&self, owner: &str, nth: usize) {
        self.faults.set(self.faults.get() + 1);
        self.air.break_session(owner, nth);
    }

    /// Lets a phone's next try to connect to its server panic.
    pub fn break_next_connection(&self, owner: &str) {
        self.faults.set(self.faults.get() + 1);
        self.phone(owner).cable.break_next();
    }

    /// What lies between the peers.
    pub fn air(&self) -> &Air {
        &self.air
    }

    /// Now.
    pub fn now(&self) -> Instant {
        let _inside = self.runtime.enter();
        self.clock.now()
    }

    /// Sets the clock of the wall forwards by so many seconds, or back; how much time has passed is not touched.
    pub fn set_wall_clock(&self, by_s: i64) {
        self.clock.set(by_s);
    }

    /// A number from the scenario's seed.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.random.random_range(0..bound)
    }

    /// Lets time pass.
    pub fn run_for(&self, span: Duration) {
        self.run(sleep_in(span));
    }

    /// Asks a phone for something and waits for the answer.
    pub fn ask<T>(&self, answer: impl Future<Output = T>) -> T {
        self.run(answer)
    }

    /// Everything ends at once, as when the process is killed: nobody says goodbye.
    pub fn crash(self) {
        self.finished.set(true);
    }

    /// Lets time pass until something holds.
    ///
    /// # Panics
    /// When it does not within `limit`; the message has the ladder.
    pub fn run_until(&self, what: &str, limit: Duration, holds: impl Fn(&Self) -> bool) {
        let give_up = self.now() + limit;
        // What was asked for just now has not even begun.
        self.run_for(ms(1));
        while !holds(self) {
            assert!(self.now() < give_up, "not within {limit:?}: {what}\n{}\n{}", self.states(), self.ladder());
            self.run_for(STEP);
        }
    }

    /// Runs what waits to its end, in virtual time.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn states(&self) -> String {
        self.seats.iter().map(|seat| format!("{}: {:?}\n", seat.name, seat.snapshot())).collect()
    }

    /// Who sent what, when, since all phones were registered.
    pub fn ladder(&self) -> String {
        self.ladder.picture(self.begun)
    }

    /// The record itself.
    pub fn messages(&self) -> Ladder {
        self.ladder.clone()
    }

    /// One phone dials, the other rings.
    pub fn ring(&self, caller: &str, called: &str) -> Talk {
        self.phone(caller).dial(called);
        self.run_until("the called phone rings", seconds(2), |t| t.phone(called).ringing().is_some());
        let called = self.phone(called).ringing().expect("it rings");
        let caller = self.phone(caller).newest_call().expect("it has dialled");
        Talk { caller, called }
    }

    /// One phone calls the other, which answers; audio is connected.
    pub fn call(&self, caller: &str, called: &str) -> Talk {
        let talk = self.ring(caller, called);
        self.phone(called).answer(talk.called);
        self.run_until("the call is established", seconds(2), |t| {
            t.phone(caller).is_established(talk.caller) && t.phone(called).is_established(talk.called)
        });
        talk
    }

    /// Dials a number of the exchange, or anything; audio need not come.
    pub fn dial(&self, caller: &str, target: &str) -> CallId {
        self.phone(caller).dial(target);
        self.run_for(ms(1));
        self.phone(caller).newest_call().expect("it has dialled")
    }

    /// Waits until a call is over.
    pub fn cause(&self, name: &str, call: CallId) -> Cause {
        self.run_until("the call is over", seconds(40), |t| t.phone(name).cause(call).is_some());
        self.phone(name).cause(call).expect("it is over")
    }

    /// Waits for a request at the far end.
    pub fn request(&self, method: &Method) -> Request {
        self.taken(&format!("{method} arrives at the far end"), || self.far().take_request(method))
    }

    /// The same for something that takes its time.
    pub fn request_within(&self, method: &Method, limit: Duration) -> Request {
        self.taken_within(&format!("{method} arrives at the far end"), limit, || self.far().take_request(method))
    }

    /// Waits for a response at the far end; 100 is passed over.
    pub fn response(&self, method: &Method) -> Response {
        self.taken(&format!("a response to {method} arrives at the far end"), || self.far().take_response(method))
    }

    /// Waits until `take` gives something.
    pub fn taken<T>(&self, what: &str, take: impl Fn() -> Option<T>) -> T {
        self.taken_within(what, seconds(3), take)
    }

    fn taken_within<T>(&self, what: &str, limit: Duration, take: impl Fn() -> Option<T>) -> T {
        let taken = Cell::new(None);
        self.run_until(what, limit, |_| {
            taken.set(take());
            let value = taken.take();
            let there = value.is_some();
            taken.set(value);
            there
        });
        taken.into_inner().expect("it was there")
    }

    /// A media session at the far end.
    pub fn far_media(&self) -> FarMedia {
        let _inside = self.runtime.enter();
        self.far_sessions.set(self.far_sessions.get() + 1);
        FarMedia::open(&self.air, self.clock.clone(), 6 + self.far_sessions.get())
    }

    /// The far end's offer.
    pub fn far_offer(&self, media: &FarMedia) -> String {
        media.ask(MediaRequest::Offer { account: model::AccountId("far".into()) });
        self.taken("the far end's offer", || description(media))
    }

    /// The far end's answer to a first offer.
    pub fn far_answer(&self, media: &FarMedia, offer: &str) -> String {
        media.ask(MediaRequest::Accept { account: model::AccountId("far".into()), offer: offer.into() });
        self.taken("the far end's answer", || description(media))
    }

    /// The far end's answer to a further offer.
    pub fn far_reanswer(&self, media: &FarMedia, offer: &str) -> String {
        media.ask(MediaRequest::Reaccept { offer: Some(offer.into()), direction: MediaDirection::SendRecv });
        self.taken("the far end's answer", || description(media))
    }

    /// The far end's changed offer.
    pub fn far_reoffer(&self, media: &FarMedia, direction: MediaDirection) -> String {
        media.ask(MediaRequest::Reoffer { direction, restart_ice: false });
        self.taken("the far end's offer", || description(media))
    }

    /// Alice calls the far end, which answers.
    pub fn far_call(&self) -> FarTalk {
        let call = self.dial("alice", "carol");
        let invite = self.request(&Method::Invite);
        let (far, media) = (FarCall::of(self.far(), &invite), self.far_media());
        let offer = invite.session_description().expect("an offer");
        let answer = self.far_answer(&media, &offer);
        far.reply(200, "OK", &answer);
        self.request(&Method::Ack);
        self.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
        FarTalk { call, far, media }
    }

    /// The far end calls Alice, who answers.
    pub fn far_calls(&self) -> FarTalk {
        let (call, mut far, media) = self.far_rings();
        self.alice().answer(call);
        let response = self.response(&Method::Invite);
        assert_eq!(response.code, 200);
        media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
        far.ack(&response, "");
        self.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
        FarTalk { call, far, media }
    }

    /// The far end calls Alice; it rings.
    pub fn far_rings(&self) -> (CallId, FarCall, FarMedia) {
        let media = self.far_media();
        let offer = self.far_offer(&media);
        let far = FarCall::to_phone(self.far(), &offer, "");
        assert_eq!(self.response(&Method::Invite).code, 180);
        let call = self.alice().ringing().expect("it rings");
        (call, far, media)
    }

    /// A phone's journal, as JSON lines.
    pub fn journal(&self, name: &str) -> Vec<String> {
        self.run(self.phone(name).phone.journal()).expect("the phone still runs")
    }

    /// Stops every phone and checks what must hold of any.
    ///
    /// # Panics
    /// When something does not.
    pub fn finish(&self) {
        if self.finished.replace(true) {
            return;
        }
        for seat in &self.seats {
            let lines = self.journal(&seat.name);
            let replayed = phone::replay(lines.iter().map(String::as_str));
            assert!(replayed.is_ok(), "{}: {}", seat.name, replayed.err().map(|error| error.to_string()).unwrap_or_default());
            let begun = self.now();
            self.run(seat.phone.stop());
            let took = self.now().since(begun);
            assert!(took <= STOPS_WITHIN, "{} took {took:?} to stop", seat.name);
        }
        self.run_for(ms(200));
        for seat in &self.seats {
            let name = &seat.name;
            watch::check_life(name, &seat.events.lock(), &seat.snapshot());
            assert_eq!(self.air.open_peers(name), 0, "{name}: a media session is left open");
            assert_eq!(seat.cable.open_connections(), 0, "{name}: a connection is left open");
            assert_eq!(seat.sound.rings(), [], "{name}: it rings on");
            for device in [crate::seat::MICROPHONE, crate::seat::SPEAKER] {
                assert_eq!(seat.sound.open_streams(device), 0, "{name}: {device} is left open");
            }
        }
        assert_eq!(panics::seen(), self.faults.get(), "a task panicked; its message is above");
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.finish();
        }
    }
}

/// A sleep that begins when it is first waited for, inside the runtime.
async fn sleep_in(span: Duration) {
    sleep(span).await;
}

fn description(media: &FarMedia) -> Option<String> {
    media.take(|event| match event {
        MediaEvent::OfferReady { offer } => Some(offer.expose().to_owned()),
        MediaEvent::AnswerReady { answer, .. } => Some(answer.expose().to_owned()),
        _ => None,
    })
}

/// Random numbers of a seed.
struct Seeded(std::sync::Mutex<StdRng>);

impl Randomness for Seeded {
    fn seed(&self) -> [u8; 32] {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).random()
    }
}
