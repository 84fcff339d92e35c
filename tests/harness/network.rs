//! A network without sockets: each phone has a cable to a server, and the cable can be cut, frozen, delayed or lossy.

mod wire;

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use exchange::Door;
use model::{Clock, Instant, OfflineCause, Secret};
use providers::net::{Connection, Endpoint, HttpAnswer, HttpRequest, Located, NamedServer, Network, Place};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    sync::{Notify, mpsc},
    time::sleep,
};

use self::wire::Carried;
use crate::{far::Far, ladder::Ladder, time::VirtualClock, xuc::Xuc};

/// Where an exchange is reached; also beside a XUC.
pub(crate) const EXCHANGE: &str = "wss://exchange.invalid/";

/// What stands at the other end of a cable.
#[derive(Clone, Debug)]
pub enum Server {
    /// An exchange.
    Exchange(Door),
    /// A far end that the test plays.
    Far(Far),
    /// Several of them, each with the name of its host: the servers of a domain, or of a URL whose host has several addresses,
    /// the first one first.
    Domain(Vec<(String, Far)>),
    /// A XUC, with an exchange behind it.
    Xuc(Xuc, Door),
}

/// How a cable is doing.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    /// New connections fail with this.
    pub refusing: Option<OfflineCause>,
    /// The fingerprint of the server's key, for connections that know it by one.
    pub key: Option<String>,
    /// New connections get no answer.
    pub deaf: bool,
    /// New connections are closed as soon as they are open.
    pub closing: bool,
    /// Nothing comes through; it is kept and comes later.
    pub frozen: bool,
    /// One way.
    pub delay: Duration,
    /// Share of messages that never arrive.
    pub loss: f64,
    /// Share of messages that arrive twice.
    pub twice: f64,
}

/// One phone's network. Clones are the same cable.
#[derive(Clone)]
pub struct Cable(Arc<Shared>);

struct Shared {
    owner: String,
    server: Server,
    clock: VirtualClock,
    ladder: Ladder,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    weather: Weather,
    /// That of single hosts, where it is another.
    local: BTreeMap<String, Weather>,
    /// For how long what the domain says of its servers is valid.
    valid_for: Duration,
    /// Hosts that were tried, in order.
    tried: Vec<String>,
    located: u32,
    frozen_since: Option<Instant>,
    random: StdRng,
    /// Grows with each cut: connections of an earlier one are gone.
    cuts: u32,
    sip_cuts: u32,
    open: u32,
    tries: u32,
    /// Whether the next try to connect is a mistake.
    broken: bool,
    /// What web servers say at an address: a status and a text.
    pages: BTreeMap<String, (u16, String)>,
    /// What web servers were asked for.
    asked: Vec<String>,
}

impl fmt::Debug for Cable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cable({})", self.0.owner)
    }
}

impl Cable {
    pub(crate) fn new(owner: &str, server: Server, clock: VirtualClock, ladder: Ladder, seed: u64) -> Self {
        let state = State {
            weather: Weather::default(),
            local: BTreeMap::new(),
            valid_for: Duration::from_secs(300),
            tried: Vec::new(),
            located: 0,
            frozen_since: None,
            random: StdRng::seed_from_u64(seed),
            cuts: 0,
            sip_cuts: 0,
            open: 0,
            tries: 0,
            broken: false,
            pages: BTreeMap::new(),
            asked: Vec::new(),
        };
        Self(Arc::new(Shared {
            owner: owner.to_owned(),
            server,
            clock,
            ladder,
            state: Mutex::new(state),
            changed: Notify::new(),
        }))
    }

    /// What web servers were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    fn turn_to(&self, url: &str) -> Option<(u16, String)> {
        let mut state = self.state();
        state.asked.push(url.to_owned());
        state.pages.get(url).cloned()
    }

    /// A web server says this at an address from now on.
    pub fn page(&self, url: &str, status: u16, text: &str) {
        self.state().pages.insert(url.to_owned(), (status, text.to_owned()));
    }

    /// Ends the open connections, as a server that is killed does.
    pub fn cut(&self) {
        self.state().cuts += 1;
        self.0.changed.notify_waiters();
    }

    /// Ends the open connections that carry SIP.
    pub fn cut_sip(&self) {
        self.state().sip_cuts += 1;
        self.0.changed.notify_waiters();
    }

    /// Changes the weather.
    pub fn weather(&self, change: impl FnOnce(&mut Weather)) {
        let mut state = self.state();
        change(&mut state.weather);
        state.frozen_since = match (state.weather.frozen, state.frozen_since) {
            (true, since) => Some(since.unwrap_or(self.0.clock.now())),
            (false, _) => None,
        };
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// Changes the weather before one host of a domain: for new connections.
    pub fn weather_at(&self, host: &str, change: impl FnOnce(&mut Weather)) {
        change(self.state().local.entry(host.to_owned()).or_default());
    }

    /// The hosts of a domain that the phone has tried to connect to since the last time this was asked.
    pub fn tried(&self) -> Vec<String> {
        std::mem::take(&mut self.state().tried)
    }

    /// How often a domain was asked for its servers.
    pub fn located(&self) -> u32 {
        self.state().located
    }

    /// New connections fail as if nobody listened.
    pub fn refuse(&self) {
        self.weather(|weather| weather.refusing = Some(OfflineCause::Unreachable { detail: "connection refused".into() }));
    }

    /// New connections fail because the server shows another key than the account is known by; until it is pinned to that.
    pub fn change_key(&self, found: &str) {
        self.weather(|weather| weather.key = Some(found.to_owned()));
    }

    /// The next try to connect panics.
    pub(crate) fn break_next(&self) {
        self.state().broken = true;
    }

    /// Everything is well again.
    pub fn mend(&self) {
        self.weather(|weather| *weather = Weather::default());
    }

    /// Open connections.
    pub fn open_connections(&self) -> u32 {
        self.state().open
    }

    /// How often the phone has tried to connect.
    pub fn tries(&self) -> u32 {
        self.state().tries
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self, share: impl FnOnce(&Weather) -> f64) -> bool {
        let mut state = self.state();
        let share = share(&state.weather);
        share > 0.0 && state.random.random_bool(share)
    }

    fn server_name(&self) -> &'static str {
        match self.0.server {
            Server::Exchange(_) => "exchange",
            Server::Far(_) | Server::Domain(_) => "far",
            Server::Xuc(..) => "xivo",
        }
    }

    /// The XUC at its other end.
    pub fn xuc(&self) -> Option<&Xuc> {
        match &self.0.server {
            Server::Xuc(xuc, _) => Some(xuc),
            Server::Exchange(_) | Server::Far(_) | Server::Domain(_) => None,
        }
    }

    async fn connect(&self, endpoint: &Endpoint, login: &str) -> Option<(mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>)> {
        match &self.0.server {
            Server::Xuc(xuc, _) if endpoint.subprotocol.is_none() => Some(xuc.connected(login)),
            Server::Exchange(door) | Server::Xuc(_, door) => door.enter().await.map(|link| (link.outgoing, link.incoming)),
            Server::Far(far) => Some(far.connected()),
            Server::Domain(servers) => {
                let found = match &endpoint.at {
                    Some(place) => servers.iter().find(|(name, _)| *name == place.host),
                    None => servers.first(),
                };
                found.map(|(_, far)| far.connected())
            }
        }
    }

    /// Where a URL of several servers leads: to the first of them, and the others are at the other addresses of its host.
    fn addresses(&self, endpoint: &Endpoint) -> Vec<Place> {
        match &self.0.server {
            Server::Domain(servers) if endpoint.at.is_none() => {
                servers.iter().map(|(host, _)| Place { host: host.clone(), port: 443 }).collect()
            }
            Server::Domain(_) | Server::Exchange(_) | Server::Far(_) | Server::Xuc(..) => {
                endpoint.at.clone().into_iter().collect()
            }
        }
    }
}

#[async_trait]
impl Network for Cable {
    async fn locate(&self, _domain: &str) -> Result<Located, OfflineCause> {
        let Server::Domain(servers) = &self.0.server else { return Ok(Located::default()) };
        let valid_for = {
            let mut state = self.state();
            state.located += 1;
            state.valid_for
        };
        let named = servers.iter().zip(1..).map(|((host, _), priority)| NamedServer {
            priority,
            weight: 0,
            place: Place { host: host.clone(), port: 443 },
        });
        Ok(Located { servers: named.collect(), valid_for })
    }

    async fn open(&self, endpoint: &Endpoint) -> Result<Connection, OfflineCause> {
        let weather = {
            let mut state = self.state();
            state.tries += 1;
            state.tried.extend(endpoint.at.as_ref().map(|place| place.host.clone()));
            let local = endpoint.at.as_ref().and_then(|place| state.local.get(&place.host));
            local.unwrap_or(&state.weather).clone()
        };
        sleep(weather.delay * 2).await;
        assert!(!std::mem::take(&mut self.state().broken), "a fault of the test");
        if let Some(cause) = weather.refusing {
            return Err(cause);
        }
        if let (Some(expected), Some(found)) = (endpoint.pin, weather.key)
            && found != expected.to_string()
        {
            return Err(OfflineCause::KeyChanged { expected: expected.to_string(), found });
        }
        if weather.deaf || weather.frozen {
            sleep(Duration::from_secs(10)).await;
            return Err(OfflineCause::Unreachable { detail: "no answer within 10 s".into() });
        }
        let login = match self.xuc() {
            Some(xuc) if !endpoint.url.starts_with(EXCHANGE) => xuc.admits(endpoint)?,
            Some(_) | None => String::new(),
        };
        if weather.closing {
            let (outgoing, _nobody) = mpsc::channel(1);
            let (to_phone, incoming) = mpsc::channel(1);
            let cause = OfflineCause::ConnectionLost { detail: "the server closed it".into() };
            // The queue has room for it.
            let _told = to_phone.try_send(Err(cause));
            return Ok(Connection { outgoing, incoming, addresses: Vec::new() });
        }
        let (to_server, from_server) =
            self.connect(endpoint, &login).await.ok_or(OfflineCause::Unreachable { detail: "the exchange has ended".into() })?;
        let carried = match (&endpoint.subprotocol, endpoint.url.starts_with(EXCHANGE)) {
            (None, _) => Carried::Other,
            (Some(_), true) => Carried::Sip,
            (Some(_), false) => Carried::SipThroughXuc,
        };
        let (outgoing, incoming) = wire::lay(self.clone(), carried, to_server, from_server);
        Ok(Connection { outgoing, incoming, addresses: self.addresses(endpoint) })
    }

    async fn ask(&self, request: &HttpRequest) -> Result<HttpAnswer, OfflineCause> {
        if let Some((status, text)) = self.turn_to(&request.url) {
            return Ok(HttpAnswer { status, body: Secret::new(text) });
        }
        let weather = self.state().weather.clone();
        sleep(weather.delay * 2).await;
        if let (Some(expected), Some(found)) = (request.pin, weather.key)
            && found != expected.to_string()
        {
            return Err(OfflineCause::KeyChanged { expected: expected.to_string(), found });
        }
        match (self.xuc(), weather.refusing) {
            (Some(_), Some(cause)) => Err(cause),
            (Some(xuc), None) => xuc.answer(request),
            (None, _) => Err(OfflineCause::Unreachable { detail: "no web server is at the end of this cable".into() }),
        }
    }

    async fn download(&self, request: &HttpRequest, to: &Path, most: u64) -> Result<(), OfflineCause> {
        let unreachable = |detail: &str| OfflineCause::Unreachable { detail: detail.into() };
        let (_, text) = self.turn_to(&request.url).ok_or_else(|| unreachable("no web server is at the end of this cable"))?;
        // As long as a slow line takes.
        sleep(Duration::from_secs(3)).await;
        if text.len() as u64 > most {
            return Err(unreachable("it is too long"));
        }
        std::fs::write(to, text).map_err(|error| unreachable(&error.to_string()))
    }
}
