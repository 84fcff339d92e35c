//! Who takes part in a scenario: phones, each with a world of its own, and the servers they are at.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use audio::{Hub, HubHandle, MemoryHost};
use exchange::{Exchange, ExchangeWorld};
use model::{Provider, Settings};
use phone::{Phone, PhoneOptions, Randomness, World};
use providers::net::Sockets;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use store::{DataFolder, InMemory, Provisioned, SecretStore, Secrets, SettingsFile};
use tokio::time::{MissedTickBehavior, interval};
use tracing::info_span;

use super::{Scenario, Wire};
use crate::{
    far::Far,
    network::{Cable, EXCHANGE, Server},
    rtc::FakeRtc,
    seat::{Seat, settings},
    sockets,
    time::seconds,
    watch,
};

impl Scenario {
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

    pub(super) fn seat(&mut self, name: &str, server: Server, settings: Settings) {
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
    pub(super) fn hub(&self) -> HubHandle {
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
}

/// Random numbers of a seed.
struct Seeded(Mutex<StdRng>);

impl Randomness for Seeded {
    fn seed(&self) -> [u8; 32] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}
