//! Phones in this process, and the practice exchange between them.

use std::{future::Future, sync::Arc, time::Duration};

use audio::{HubThread, SoundHost};
use exchange::{Exchange, ExchangeWorld};
use media::{RtcRuntime, WebrtcRuntime};
use model::{
    Account, AccountId, CallId, CallReport, Cleanup, Clock, Command, DialOptions, Event, IcePolicy, IceServer, Instant, Password,
    Personal, Provider, Settings, SipAccount,
};
use phone::{Follower, Phone, PhoneOptions, Randomness, SystemClock, SystemRandomness, World};
use providers::net::Sockets;
use store::{InMemory, Secrets};
use tests::Front;
use tokio::{
    sync::broadcast,
    time::{Instant as Moment, timeout},
};

use crate::Outcome;

/// Longest wait for anything that happens in a call.
const PATIENCE: Duration = Duration::from_secs(20);

/// The practice exchange on loopback with a TLS front, and the clock that all of this process share.
pub struct Office {
    pub clock: Arc<dyn Clock>,
    pub rtc: Arc<dyn RtcRuntime>,
    pub front: Front,
    exchange: Exchange,
    _hub: HubThread,
}

impl Office {
    /// Opens it for these users.
    ///
    /// # Errors
    /// When threads, a port or a certificate cannot be had.
    pub async fn open(users: &[&str]) -> Outcome<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let rtc: Arc<dyn RtcRuntime> = Arc::new(WebrtcRuntime::new()?);
        let (hub_thread, hub) = audio::start(Arc::clone(&clock))?;
        let world = ExchangeWorld { clock: Arc::clone(&clock), rtc: Arc::clone(&rtc), hub, seed: SystemRandomness.seed() };
        let exchange = Exchange::start(world, users).await?;
        let front = Front::open(exchange.url(), Arc::clone(&clock)).await?;
        Ok(Self { clock, rtc, front, exchange, _hub: hub_thread })
    }

    /// The account of one of its users.
    pub fn account(&self, user: &str) -> SipAccount {
        SipAccount {
            pin: String::new(),
            server: self.front.url.clone(),
            domain: self.exchange.domain().to_owned(),
            user: user.into(),
            display_name: Personal::default(),
            auth_user: Personal::default(),
            realm: String::new(),
            password: self.exchange.password(user).cloned().map_or(Password::Unknown, Password::Known),
            ca_file: self.front.ca.path().display().to_string(),
            allow_plain_ws: false,
            proxy: "direct".into(),
            register: true,
            expires_s: 600,
            voicemail_number: Personal::default(),
            park_number: Personal::default(),
            pickup_code: Personal::default(),
            mwi: false,
            dtmf: model::DtmfMode::default(),
            ice_servers: Vec::new(),
            ice_policy: IcePolicy::default(),
        }
    }

    /// The settings of a phone for one of its users: no clean-up, everything else as by default.
    pub fn settings(&self, user: &str) -> Settings {
        let account = Account { id: AccountId(user.into()), enabled: true, provider: Provider::Sip(self.account(user)) };
        let mut settings = Settings { accounts: vec![account], ..Settings::default() };
        settings.devices.cleanup = Cleanup::OFF;
        settings
    }

    /// Starts a phone and waits until it is registered.
    ///
    /// # Errors
    /// When threads cannot be had, or it does not register.
    pub async fn phone(&self, settings: Settings, sound: Arc<dyn SoundHost>, rtc: Arc<dyn RtcRuntime>) -> Outcome<Station> {
        let (hub_thread, hub) = audio::start(Arc::clone(&self.clock))?;
        self.phone_with_hub(settings, sound, rtc, hub, Some(hub_thread)).await
    }

    /// The same with a hub that somebody else drives.
    ///
    /// # Errors
    /// When it does not register.
    pub async fn phone_with_hub(
        &self,
        settings: Settings,
        sound: Arc<dyn SoundHost>,
        rtc: Arc<dyn RtcRuntime>,
        hub: audio::HubHandle,
        hub_thread: Option<HubThread>,
    ) -> Outcome<Station> {
        let world = World {
            clock: Arc::clone(&self.clock),
            network: Arc::new(Sockets::new(Arc::clone(&self.clock))),
            rtc,
            sound,
            hub,
            randomness: Arc::new(SystemRandomness),
            secrets: Arc::new(Secrets::new(Arc::new(InMemory::default()))),
        };
        let (phone, events) = Phone::start(world, PhoneOptions::passing(settings));
        let mut station = Station { phone, events, clock: Arc::clone(&self.clock), _hub: hub_thread };
        station.wait("registered", |event| matches!(event, Event::Registered { .. }).then_some(())).await?;
        Ok(station)
    }
}

/// An ICE server at an address.
///
/// # Errors
/// When the text is none.
pub fn ice_server(url: &str) -> Outcome<IceServer> {
    Ok(IceServer { url: url.parse()?, username: "bench".into(), credential: model::Secret::new("bench") })
}

/// A running phone.
pub struct Station {
    pub phone: Phone,
    pub events: Follower,
    clock: Arc<dyn Clock>,
    _hub: Option<HubThread>,
}

impl Station {
    /// The first event that `look` finds something in.
    ///
    /// # Errors
    /// When none comes within 20 s.
    pub async fn wait<T>(&mut self, what: &str, look: impl Fn(&Event) -> Option<T>) -> Outcome<T> {
        let found = async {
            loop {
                if let Some(found) = look(&self.events.recv().await?.event) {
                    return Ok::<T, broadcast::error::RecvError>(found);
                }
            }
        };
        let found = timeout(PATIENCE, found).await;
        Ok(found.map_err(|_| format!("a phone was never {what}"))??)
    }

    /// Dials; when it did.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub fn dial(&self, target: &str) -> Outcome<Instant> {
        let now = self.clock.now();
        self.phone.send(Command::Dial(DialOptions { target: target.parse()?, account: None, headers: Vec::new() }))?;
        Ok(now)
    }

    /// Makes a conference of all calls.
    ///
    /// # Errors
    /// When the phone has ended.
    pub fn merge(&self) -> Outcome<()> {
        let calls = self.phone.snapshot().calls.iter().map(|call| call.id).collect();
        Ok(self.phone.send(Command::Merge { calls })?)
    }

    /// Waits until audio is connected; in which call.
    ///
    /// # Errors
    /// When it is not.
    pub async fn connected(&mut self) -> Outcome<CallId> {
        self.wait("connected", |event| match event {
            Event::MediaConnected { call, .. } => Some(*call),
            _ => None,
        })
        .await
    }

    /// Ends all calls; the report of the first to end.
    ///
    /// # Errors
    /// When none ends.
    pub async fn hang_up(&mut self) -> Outcome<CallReport> {
        for call in &self.phone.snapshot().calls {
            self.phone.send(Command::HangUp { call: call.id })?;
        }
        self.ended().await
    }

    /// Waits for the end of a call; its report.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn ended(&mut self) -> Outcome<CallReport> {
        self.wait("told of an end", |event| match event {
            Event::Ended { report, .. } => Some(CallReport::clone(report)),
            _ => None,
        })
        .await
    }
}

/// Waits in real time.
pub fn pause(seconds: f64) -> impl Future<Output = ()> {
    tokio::time::sleep_until(Moment::now() + Duration::from_secs_f64(seconds))
}
