//! A fake of Aculab Cloud on loopback: the registrar with its tokens, services with real media, calls between clients, the
//! web services, and knobs that make it fail.
//!
//! It is made of the practice exchange's own rooms: a `sip::UserAgent` for each connection and `exchange::Booths` for media.
//! Its names are those of the real cloud; clients are led to [`FakeCloud::socket_url`] and [`FakeCloud::web_url`] instead.
//! It keeps real time, on a thread of its own.

mod attended;
pub(crate) mod certificate;
mod control;
mod core;
pub(crate) mod http;
mod knobs;
mod mint;
mod names;
mod registrar;
mod seen;
mod server;
mod services;
mod socket;
mod web;

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, mpsc::sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use exchange::{Booths, ExchangeWorld};
use media::WebrtcRuntime;
use model::{Clock, DtmfDigit, Secret};
use phone::{Randomness, SystemClock, SystemRandomness};
use sip::Tokens;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

pub use self::{
    attended::CloudCall,
    knobs::{CloudRegistering, IceAnswer, Knobs, TokenUrl},
    mint::TokenTerms,
    seen::{Binding, Seen, ServiceCall, Way, WireMessage},
    server::Closing,
    services::SERVICE_TONE_HZ,
};
use self::{
    core::Core,
    knobs::Upgrades,
    mint::Mint,
    names::Names,
    seen::Shared,
    server::{Order, Serving},
    socket::Reception,
    web::WebServer,
};

/// Orders that may wait.
const WAITING: usize = 64;

/// What the cloud is to be.
#[derive(Clone, Debug)]
pub struct CloudOptions {
    /// Its id.
    pub cloud: String,
    /// Its accounts.
    pub accounts: Vec<CloudAccount>,
    /// Where it listens on loopback; on a free port when 0.
    pub port: u16,
    /// A folder for recordings of the calls with services.
    pub recordings: Option<PathBuf>,
    /// Where the authority to trust is written, a PEM file; to a temporary one when nothing is said.
    pub ca: Option<PathBuf>,
}

/// An account at the cloud.
#[derive(Clone, Debug)]
pub struct CloudAccount {
    /// Access key of WebRTC.
    pub key: String,
    /// User of the web services.
    pub user: String,
    /// His API access key.
    pub api_key: Secret,
}

/// The running cloud; dropping it ends it.
pub struct FakeCloud {
    options: CloudOptions,
    port: u16,
    ca: PathBuf,
    _temporary: Option<NamedTempFile>,
    mint: Arc<Mint>,
    shared: Arc<Shared>,
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl CloudAccount {
    /// An account with this access key, whose user and API key are made from it.
    pub fn new(key: &str) -> Self {
        Self { key: key.to_owned(), user: format!("{key}@example.com"), api_key: Secret::new(format!("api-key-of-{key}")) }
    }
}

impl Default for CloudOptions {
    /// Cloud `1-2-0` with one account, `abc123key`.
    fn default() -> Self {
        Self { cloud: "1-2-0".into(), accounts: vec![CloudAccount::new("abc123key")], port: 0, recordings: None, ca: None }
    }
}

impl FakeCloud {
    /// Starts it.
    ///
    /// # Errors
    /// When the port is taken, or no thread or certificate can be had.
    pub fn start(options: CloudOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        let port = listener.local_addr()?.port();
        let (tls, authority) = certificate::door()?;
        let temporary = if options.ca.is_none() { Some(NamedTempFile::with_suffix(".pem")?) } else { None };
        let ca = options.ca.clone().or_else(|| Some(temporary.as_ref()?.path().to_owned())).unwrap_or_default();
        std::fs::write(&ca, authority)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let shared = Arc::new(Shared::new(Arc::clone(&clock)));
        shared.change(|state| {
            state.knobs = options.accounts.iter().map(|account| (account.key.clone(), Knobs::default())).collect();
        });
        let mint = Arc::new(Mint::new(&options.cloud));
        let web = Arc::new(WebServer { cloud: options.cloud.clone(), accounts: options.accounts.clone() });
        let (events, link_events) = mpsc::channel(256);
        let (orders, inbox) = mpsc::channel(WAITING);
        let (hub_thread, hub) = audio::start(Arc::clone(&clock))?;
        let rtc = Arc::new(WebrtcRuntime::new().map_err(io::Error::other)?);
        let names = Names { cloud: options.cloud.clone() };
        let core = Core::new(names, Arc::clone(&mint), Arc::clone(&shared), SystemRandomness.seed());
        let world = ExchangeWorld { clock, rtc, hub, seed: SystemRandomness.seed() };
        let tokens = Tokens::new(world.seed);
        let (mint_of_all, shared_by_all) = (Arc::clone(&mint), Arc::clone(&shared));
        let reception = Reception { tls, web, mint: mint_of_all, shared: shared_by_all, events, orders: orders.downgrade() };
        let recordings = options.recordings.clone();
        let serving = Serving { core, booths: Booths::new(world, tokens), reception, link_events, orders: inbox, recordings };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _entered = runtime.enter();
            server::listener(listener)?
        };
        let thread = thread::Builder::new().name("fake-cloud".into()).spawn(move || {
            runtime.block_on(serving.run(listener));
            drop(hub_thread);
        })?;
        Ok(Self { options, port, ca, _temporary: temporary, mint, shared, orders: Some(orders), thread: Some(thread) })
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it speaks SIP; the certificate is good for `localhost` and for the cloud's own names.
    pub fn socket_url(&self) -> String {
        format!("wss://localhost:{}/sipproxy", self.port)
    }

    /// The same without TLS.
    pub fn plain_url(&self) -> String {
        format!("ws://localhost:{}/sipproxy", self.port)
    }

    /// Where its web services are.
    pub fn web_url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// A user's own server, that gives a token for a client id of the first account; of another with `/KEY` behind it.
    pub fn token_url(&self) -> String {
        format!("https://localhost:{}/token", self.port)
    }

    /// The authority to trust, a PEM file.
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// What it was to be.
    pub fn options(&self) -> &CloudOptions {
        &self.options
    }

    /// Its first account.
    pub fn account(&self) -> &CloudAccount {
        self.options.accounts.first().expect("a cloud without accounts has none to ask for")
    }

    /// A token of the first account that allows everything for an hour.
    pub fn token(&self, client: &str) -> String {
        self.token_of(&TokenTerms::new(&self.account().key, client))
    }

    /// A token on these terms.
    pub fn token_of(&self, terms: &TokenTerms) -> String {
        self.mint.token(terms, self.shared.clock.unix_seconds())
    }

    /// Turns the knobs of the first account.
    pub fn knobs(&self, turn: impl FnOnce(&mut Knobs)) {
        self.knobs_of(&self.account().key, turn);
    }

    /// Turns the knobs of an account.
    pub fn knobs_of(&self, key: &str, turn: impl FnOnce(&mut Knobs)) {
        self.shared.change(|state| turn(state.knobs.entry(key.to_owned()).or_default()));
    }

    /// Answers requests for a WebSocket with 503 for so long.
    pub fn refuse_upgrades_for(&self, span: Duration) {
        let now = self.shared.clock.now();
        self.shared.change(|state| state.upgrades = Upgrades::refused_for(now, span));
    }

    /// Closes every WebSocket.
    pub fn close_connections(&self, closing: Closing) {
        self.order(Order::Close(None, closing));
    }

    /// Closes the WebSocket over which a client of the first account is registered.
    pub fn close_connection_of(&self, client: &str, closing: Closing) {
        self.order(Order::Close(Some((self.account().key.clone(), client.to_owned())), closing));
    }

    /// Lets a service call a client of the first account; the number of the call in [`Seen::calls`].
    pub fn call(&self, client: &str, from: &str, service: &str) -> usize {
        self.place(CloudCall {
            key: self.account().key.clone(),
            client: client.to_owned(),
            from: from.to_owned(),
            service: service.to_owned(),
            ring_for: Duration::from_secs(60),
            headers: Vec::new(),
        })
    }

    /// Lets a service call a client; the number of the call in [`Seen::calls`].
    pub fn place(&self, call: CloudCall) -> usize {
        let (sender, number) = sync_channel(1);
        self.order(Order::Call(call, sender));
        number.recv().expect("the cloud answers at once")
    }

    /// Lets a service hang up, with the value of a Reason header.
    pub fn hang_up(&self, call: usize, reason: &str) {
        self.order(Order::HangUp(call, reason.to_owned()));
    }

    /// Lets a service press keys.
    pub fn press(&self, call: usize, digits: &str) {
        self.order(Order::Press(call, DtmfDigit::parse_all(digits).expect("digits")));
    }

    /// What it has seen so far.
    pub fn seen(&self) -> Seen {
        self.shared.lock().seen.clone()
    }

    /// The messages that came to it, oldest first.
    pub fn received(&self) -> Vec<WireMessage> {
        self.shared.lock().seen.received().cloned().collect()
    }

    /// Waits until `find` makes something of what was seen.
    ///
    /// # Panics
    /// When that does not happen within `limit`.
    pub fn wait_for<T>(&self, what: &str, limit: Duration, find: impl Fn(&Seen) -> Option<T>) -> T {
        self.shared.wait(limit, find).unwrap_or_else(|| {
            let seen = self.seen();
            let lines = seen.messages.iter().rev().take(30).rev();
            let lines: Vec<String> = lines
                .map(|message| {
                    format!("{:>8?} {:?} {}", message.at, message.way, message.text().lines().next().unwrap_or_default())
                })
                .collect();
            panic!("the cloud has not seen {what} in {limit:?}; calls: {:?}; last messages:\n{}", seen.calls, lines.join("\n"))
        })
    }

    fn order(&self, order: Order) {
        let orders = self.orders.as_ref().expect("it is there until it is dropped");
        assert!(orders.try_send(order).is_ok(), "the cloud does not do what it is told any more");
    }
}

impl Drop for FakeCloud {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || thread::panicking(), "the fake cloud has panicked");
        }
    }
}
