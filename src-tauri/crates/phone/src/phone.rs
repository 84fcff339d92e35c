//! The phone as its faces see it: commands in, snapshots and events out.

use std::{fmt, sync::Arc};

use model::{
    AccountId, Clock, Command, DevicesView, Levels, LoopCheckView, Refusal, Secret, ServiceRow, Settings, SipAccount, Snapshot,
    TimedEvent, Trouble, UpdateView,
};
use providers::net::Network;
use store::{DataFolder, Provisioned, SettingsFile};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tracing::info_span;

use crate::{
    assistants::{AllLists, AssistantLists},
    book::Book,
    desk::Onlookers,
    diagnosis::WireTrace,
    follower::Follower,
    meter::Meter,
    office::Office,
    run_loop::{Request, RunLoop, Told},
    spawn::spawn,
    world::World,
};

/// Requests that may wait for the run loop; it takes one in microseconds.
const WAITING: usize = 256;

/// Events a slow follower may lag behind before he misses some. The room for them is taken at once: for pointers, therefore.
const FOLLOWED: usize = 1024;

/// What a phone is started with.
#[derive(Clone, Debug)]
pub struct PhoneOptions {
    /// The configuration, without secrets: the world's key store has them.
    pub settings: Settings,
    /// The account that stands behind `Provider::Practice`; none when no practice exchange runs.
    pub practice: Option<SipAccount>,
    /// The URN by which registrars know this phone again; none when empty.
    pub instance: String,
    /// Where history, contacts and recordings are kept. Without one, history and contacts are forgotten at the end of the run, and
    /// nothing is recorded unless the settings name a folder.
    pub folder: Option<DataFolder>,
    /// Where changed settings are written; nowhere for a phone that keeps none.
    pub settings_file: Option<SettingsFile>,
    /// What others have set: it is in `settings` already, and cannot be changed.
    pub provisioned: Provisioned,
    /// What was wrong with the settings when they were read: the user must hear it.
    pub troubles: Vec<Trouble>,
}

impl PhoneOptions {
    /// A phone that keeps nothing and has no practice exchange.
    pub fn passing(settings: Settings) -> Self {
        Self {
            settings,
            practice: None,
            instance: String::new(),
            folder: None,
            settings_file: None,
            provisioned: Provisioned::default(),
            troubles: Vec::new(),
        }
    }
}

/// A running phone. Clones are the same phone.
#[derive(Clone)]
pub struct Phone {
    requests: mpsc::Sender<Request>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    events: broadcast::Sender<Arc<TimedEvent>>,
    service_events: watch::Receiver<Arc<Vec<ServiceRow>>>,
    settings: watch::Receiver<Arc<Settings>>,
    book: Book,
    assistants: watch::Receiver<AllLists>,
    devices: watch::Sender<Arc<DevicesView>>,
    meter: Meter,
    metered: watch::Sender<()>,
    office: Office,
    clock: Arc<dyn Clock>,
}

/// Keeps the sound devices open, so that their levels can be seen without a call; until it is dropped.
#[derive(Debug)]
pub struct DevicesOpen {
    _watched: watch::Receiver<()>,
}

/// The phone has stopped, or is too far behind to take a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the phone is not running")]
pub struct PhoneStopped;

impl From<PhoneStopped> for Refusal {
    fn from(_: PhoneStopped) -> Self {
        Self::Stopped
    }
}

/// Tells the run loop when this computer comes to another network, as long as there is one.
async fn watch_network(network: Arc<dyn Network>, requests: mpsc::Sender<Request>) {
    loop {
        tokio::select! {
            () = network.changed() => if requests.send(Request::NetworkChanged).await.is_err() {
                return;
            },
            () = requests.closed() => return,
        }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phone").field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl Phone {
    /// Starts a phone in `world`; must be called inside a tokio runtime. Also returned: its facts from the first one on.
    pub fn start(world: World, options: PhoneOptions) -> (Self, Follower) {
        let (requests, inbox) = mpsc::channel(WAITING);
        let (snapshot, snapshots) = watch::channel(Arc::new(Snapshot::default()));
        let (events, from_the_start) = broadcast::channel(FOLLOWED);
        let onlookers = Onlookers::default();
        let (devices, metered) = (onlookers.devices.clone(), onlookers.levels.clone());
        let (sessions, carried) = watch::channel(Arc::default());
        let meter = Meter::new(world.hub.clone(), carried);
        let (settings, in_force) = watch::channel(Arc::new(options.settings.clone()));
        let (lists, assistants) = watch::channel(AllLists::default());
        let clock = Arc::clone(&world.clock);
        let (file, provisioned) = (options.settings_file.clone(), options.provisioned.clone());
        let office = Office::new(world.clone(), file, provisioned, in_force.clone());
        let (service_events, told_by_services) = watch::channel(Arc::default());
        let told = Told { snapshot, events: events.clone(), onlookers, sessions, settings, lists, service_events };
        spawn("network watch", info_span!("network"), watch_network(Arc::clone(&world.network), requests.clone()));
        let run_loop = RunLoop::new(world, options, inbox, told);
        let book = run_loop.book();
        spawn("run loop", info_span!("phone"), run_loop.run());
        let (settings, service_events) = (in_force, told_by_services);
        let phone = Self {
            requests,
            snapshots,
            events,
            service_events,
            settings,
            book,
            assistants,
            devices,
            meter,
            metered,
            office,
            clock,
        };
        (phone, Follower::new(from_the_start))
    }

    /// A phone whose run loop somebody else plays.
    #[cfg(test)]
    pub(crate) fn of_parts(
        requests: mpsc::Sender<Request>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        events: broadcast::Sender<Arc<TimedEvent>>,
        world: World,
    ) -> Self {
        let (_, in_force) = watch::channel(Arc::default());
        let (_, sessions) = watch::channel(Arc::default());
        let (_, assistants) = watch::channel(AllLists::default());
        let meter = Meter::new(world.hub.clone(), sessions);
        let clock = Arc::clone(&world.clock);
        let office = Office::new(world, None, Provisioned::default(), in_force.clone());
        let (devices, metered) = (watch::Sender::default(), watch::Sender::default());
        let (_, service_events) = watch::channel(Arc::default());
        let (settings, book) = (in_force, Book::closed());
        Self { requests, snapshots, events, service_events, settings, book, assistants, devices, meter, metered, office, clock }
    }

    /// Hands a command to the phone; its outcome arrives in the snapshot.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub fn send(&self, command: Command) -> Result<(), PhoneStopped> {
        self.requests.try_send(Request::Command(command)).map_err(|_| PhoneStopped)
    }

    /// The state as it is, and a way to wait for the next one.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// The state as it is.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// The sound devices, kept up to date as long as somebody holds a receiver.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub fn devices(&self) -> Result<watch::Receiver<Arc<DevicesView>>, PhoneStopped> {
        let devices = self.devices.subscribe();
        self.requests.try_send(Request::LookAtDevices).map_err(|_| PhoneStopped)?;
        Ok(devices)
    }

    /// How loud everything is now: the last 50 ms. For bars that move; it costs next to nothing.
    pub fn levels(&self) -> Levels {
        self.meter.read()
    }

    /// Opens the sound devices for somebody who looks at their levels.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub fn open_devices(&self) -> Result<DevicesOpen, PhoneStopped> {
        let watched = self.metered.subscribe();
        self.requests.try_send(Request::LookAtDevices).map_err(|_| PhoneStopped)?;
        Ok(DevicesOpen { _watched: watched })
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn unix_seconds(&self) -> i64 {
        self.clock.unix_seconds()
    }

    /// Lets an account sign in by this token from now on.
    pub(crate) fn sign_in(&self, account: AccountId, token: Secret) -> Result<(), PhoneStopped> {
        self.requests.try_send(Request::SignIn(account, token)).map_err(|_| PhoneStopped)
    }

    /// Puts a loop call into the snapshot.
    pub(crate) fn show_loop_check(&self, view: LoopCheckView) -> Result<(), PhoneStopped> {
        self.requests.try_send(Request::LoopCheck(view)).map_err(|_| PhoneStopped)
    }

    /// Puts a version that can be installed into the snapshot.
    pub(crate) fn show_update(&self, view: UpdateView) -> Result<(), PhoneStopped> {
        self.requests.try_send(Request::Update(view)).map_err(|_| PhoneStopped)
    }

    /// The settings, to be read, checked and saved.
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// Facts from now on.
    pub fn events(&self) -> Follower {
        Follower::new(self.events.subscribe())
    }

    /// The last events of services by their own names, oldest first, and a way to wait for the next one.
    pub fn service_events(&self) -> watch::Receiver<Arc<Vec<ServiceRow>>> {
        self.service_events.clone()
    }

    /// The configuration in force, without secrets, and a way to wait for the next one.
    pub fn settings(&self) -> watch::Receiver<Arc<Settings>> {
        self.settings.clone()
    }

    /// The history and contacts.
    pub fn book(&self) -> Book {
        self.book.clone()
    }

    /// The lists of an account's assistant as they are; empty ones where it has none. `AssistantView::changes` tells when to
    /// look again.
    pub fn assistant(&self, account: &AccountId) -> Arc<AssistantLists> {
        self.assistants.borrow().get(account).cloned().unwrap_or_default()
    }

    /// The machine's network changed or it woke up: connections are checked now.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub fn network_changed(&self) -> Result<(), PhoneStopped> {
        self.requests.try_send(Request::NetworkChanged).map_err(|_| PhoneStopped)
    }

    /// The journal as JSON lines.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub async fn journal(&self) -> Result<Vec<String>, PhoneStopped> {
        let (reply, lines) = oneshot::channel();
        self.requests.send(Request::Journal(reply)).await.map_err(|_| PhoneStopped)?;
        lines.await.map_err(|_| PhoneStopped)
    }

    /// The last messages of all accounts, without secrets.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub async fn trace(&self) -> Result<WireTrace, PhoneStopped> {
        let (reply, trace) = oneshot::channel();
        self.requests.send(Request::Trace(reply)).await.map_err(|_| PhoneStopped)?;
        trace.await.map_err(|_| PhoneStopped)
    }

    /// What to send to somebody who helps: a text in which nobody is named.
    ///
    /// # Errors
    /// When the phone has stopped.
    pub async fn support_bundle(&self) -> Result<String, PhoneStopped> {
        let (reply, bundle) = oneshot::channel();
        self.requests.send(Request::Bundle(reply)).await.map_err(|_| PhoneStopped)?;
        bundle.await.map_err(|_| PhoneStopped)
    }

    /// Ends calls, signs the accounts off and stops; returns when that is done, after three seconds at most.
    pub async fn stop(&self) {
        let (reply, done) = oneshot::channel();
        if self.requests.send(Request::Stop(reply)).await.is_ok() {
            // An error means that the loop ended before it could say so: it has stopped all the same.
            let _stopped = done.await;
        }
    }
}
