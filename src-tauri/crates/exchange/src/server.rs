//! The driver: listens on loopback, runs the machine, its media sessions and its hub.

use std::{collections::BTreeMap, io, net::Ipv4Addr, sync::Arc, time::Duration};

use audio::{HubHandle, LegId, LegRoute};
use bytes::Bytes;
use calls::io::{MediaEvent, MediaRequest};
use media::{
    RtcRuntime,
    session::{self, MediaSettings, SessionHandle},
};
use model::{Clock, Codec, MediaId, Secret};
use sip::Tokens;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use tracing::{Instrument, debug, info, info_span, warn};

use crate::{
    attendant::Heard,
    core::{Core, DOMAIN, Output},
    door::{Door, Guest},
    link::{self, LinkEvent, LinkId},
    registrar::Users,
};

/// What the exchange needs of the world.
#[derive(Clone)]
pub struct ExchangeWorld {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Peer connections.
    pub rtc: Arc<dyn RtcRuntime>,
    /// A hub of its own, driven by whoever made it.
    pub hub: HubHandle,
    /// Randomness.
    pub seed: [u8; 32],
}

/// A running exchange; dropping it ends it and all its calls.
#[derive(Debug)]
pub struct Exchange {
    url: String,
    users: Vec<(String, Secret)>,
    task: JoinHandle<()>,
}

/// Connections at once; a practice exchange has a handful.
const MOST_LINKS: usize = 128;

/// Gathering on loopback takes a millisecond.
const GATHER_FOR: Duration = Duration::from_millis(20);

impl Exchange {
    /// Starts an exchange on a free port of 127.0.0.1 with these users, each with a fresh password.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(world: ExchangeWorld, users: &[&str]) -> io::Result<Self> {
        Self::start_at(world, users, 0).await
    }

    /// The same on a given port.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_at(world: ExchangeWorld, users: &[&str], port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("ws://{}/", listener.local_addr()?);
        Ok(Self::serve(world, users, Entrance::Port(listener), url))
    }

    /// Starts an exchange without a port, for phones on a network that is not there; must be called inside a tokio runtime.
    pub fn behind_a_door(world: ExchangeWorld, users: &[&str]) -> (Self, Door) {
        let (door, guests) = Door::new();
        (Self::serve(world, users, Entrance::Door(guests), format!("wss://{DOMAIN}/")), door)
    }

    fn serve(world: ExchangeWorld, users: &[&str], entrance: Entrance, url: String) -> Self {
        let mut tokens = Tokens::new(world.seed);
        let users: Vec<(String, Secret)> = users.iter().map(|user| ((*user).to_owned(), Secret::new(tokens.word(26)))).collect();
        let known = users.iter().fold(Users::new(), |known, (user, password)| known.with(user, password.clone()));
        let core_seed: [u8; 32] = std::array::from_fn(|_| u8::try_from(tokens.below(256)).unwrap_or(0));
        let serving = Serving::new(world, Core::new(known, core_seed), tokens);
        let span = info_span!("exchange", %url);
        info!(%url, "the practice exchange runs");
        #[expect(clippy::disallowed_methods, reason = "the exchange is a program of its own beside the phone")]
        let task = tokio::spawn(serving.run(entrance).instrument(span));
        Self { url, users, task }
    }

    /// Where it is: `ws://127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The domain of its addresses.
    pub fn domain(&self) -> &'static str {
        DOMAIN
    }

    /// The password of a user.
    pub fn password(&self, user: &str) -> Option<&Secret> {
        self.users.iter().find(|(known, _)| known == user).map(|(_, password)| password)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where connections come from.
enum Entrance {
    Port(TcpListener),
    Door(mpsc::Receiver<Guest>),
}

/// Somebody who came in.
enum Arrival {
    Socket(TcpStream),
    Guest(Guest),
}

impl Entrance {
    /// The next one to come in. Waits for ever when nobody can any more. Cancel-safe.
    async fn next(&mut self) -> io::Result<Arrival> {
        match self {
            Self::Port(listener) => {
                let (stream, _) = listener.accept().await?;
                // Small messages that somebody waits for.
                if let Err(error) = stream.set_nodelay(true) {
                    debug!(%error, "TCP_NODELAY");
                }
                Ok(Arrival::Socket(stream))
            }
            Self::Door(guests) => match guests.recv().await {
                Some(guest) => Ok(Arrival::Guest(guest)),
                None => std::future::pending().await,
            },
        }
    }
}

/// The driver's own.
struct Serving {
    world: ExchangeWorld,
    core: Core,
    tokens: Tokens,
    outgoing: BTreeMap<LinkId, mpsc::Sender<Bytes>>,
    sessions: BTreeMap<MediaId, SessionHandle>,
    heard: BTreeMap<MediaId, Heard>,
    /// Ends every task of the exchange when the exchange ends.
    tasks: JoinSet<()>,
    media_outbox: mpsc::Sender<(MediaId, MediaEvent)>,
    media_events: mpsc::Receiver<(MediaId, MediaEvent)>,
    link_outbox: mpsc::Sender<(LinkId, LinkEvent)>,
    link_events: mpsc::Receiver<(LinkId, LinkEvent)>,
}

impl Serving {
    fn new(world: ExchangeWorld, core: Core, tokens: Tokens) -> Self {
        let (media_outbox, media_events) = mpsc::channel(256);
        let (link_outbox, link_events) = mpsc::channel(256);
        Self {
            world,
            core,
            tokens,
            outgoing: BTreeMap::new(),
            sessions: BTreeMap::new(),
            heard: BTreeMap::new(),
            tasks: JoinSet::new(),
            media_outbox,
            media_events,
            link_outbox,
            link_events,
        }
    }

    async fn run(mut self, mut entrance: Entrance) {
        let mut numbered = 0;
        loop {
            tokio::select! {
                arrived = entrance.next() => match arrived {
                    Ok(arrival) if self.outgoing.len() < MOST_LINKS => {
                        numbered += 1;
                        let (id, events) = (LinkId(numbered), self.link_outbox.clone());
                        match arrival {
                            Arrival::Socket(stream) => self.tasks.spawn(link::serve(id, stream, events)),
                            Arrival::Guest(guest) => self.tasks.spawn(guest.serve(id, events)),
                        };
                    }
                    Ok(_) => warn!("too many connections; one was closed"),
                    Err(error) => {
                        warn!(%error, "a connection could not be taken");
                        // Out of file descriptors, most likely: do not spin.
                        sleep(Duration::from_millis(100)).await;
                    }
                },
                Some((link, event)) = self.link_events.recv() => self.on_link(link, event),
                Some((media, event)) = self.media_events.recv() => {
                    if matches!(event, MediaEvent::Closed(_)) {
                        self.forget(media);
                    }
                    self.core.media(self.world.clock.now(), media, event);
                }
                () = due(&self.core, &*self.world.clock) => self.core.timeout(self.world.clock.now()),
                Some(ended) = self.tasks.join_next() => {
                    if ended.is_err_and(|error| error.is_panic()) {
                        warn!("a task of the exchange panicked and has ended");
                    }
                }
            }
            self.settle();
        }
    }

    fn on_link(&mut self, link: LinkId, event: LinkEvent) {
        let now = self.world.clock.now();
        match event {
            LinkEvent::Opened { outgoing, secure } => {
                self.outgoing.insert(link, outgoing);
                self.core.opened(now, link, secure);
            }
            LinkEvent::Received(message) => self.core.received(now, link, &message),
            LinkEvent::Closed => {
                self.outgoing.remove(&link);
                self.core.closed(now, link);
            }
        }
    }

    fn settle(&mut self) {
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Send(link, message) => {
                    // A reader that lets 256 messages wait is gone; dropping its queue closes the connection.
                    if self.outgoing.get(&link).is_some_and(|outgoing| outgoing.try_send(message).is_err()) {
                        self.outgoing.remove(&link);
                    }
                }
                Output::Media(media, MediaRequest::Close) => self.forget(media),
                Output::Media(media, request) => {
                    if !self.sessions.contains_key(&media) {
                        self.open_session(media);
                    }
                    if self.sessions.get(&media).is_some_and(|session| session.send(request).is_err()) {
                        self.forget(media);
                    }
                }
                Output::Hear(media, heard) => {
                    let tone = if let Heard::Tone(tone) = &heard { Some(tone.clone()) } else { None };
                    self.world.hub.leg_tone(leg_id(media), tone);
                    self.heard.insert(media, heard);
                    self.route();
                }
            }
        }
    }

    fn open_session(&mut self, media: MediaId) {
        let seed = (u64::from(self.tokens.below(u32::MAX)) << 32) | u64::from(self.tokens.below(u32::MAX));
        let mut settings = MediaSettings::new(vec![Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma], seed);
        settings.loopback = true;
        settings.gather_for = GATHER_FOR;
        let (events, mut told) = mpsc::channel(64);
        let session = session::open(Arc::clone(&self.world.rtc), Arc::clone(&self.world.clock), settings, events);
        self.world.hub.attach(leg_id(media), session.leg);
        self.sessions.insert(media, session.handle);
        let (outbox, run) = (self.media_outbox.clone(), session.run);
        self.tasks.spawn(async move {
            let forward = async {
                while let Some(event) = told.recv().await {
                    if outbox.send((media, event)).await.is_err() {
                        return;
                    }
                }
            };
            tokio::join!(run, forward);
        });
    }

    /// Dropping its handle closes the session.
    fn forget(&mut self, media: MediaId) {
        self.world.hub.detach(leg_id(media));
        self.sessions.remove(&media);
        if self.heard.remove(&media).is_some() {
            self.route();
        }
    }

    fn route(&self) {
        let route = |(media, heard): (&MediaId, &Heard)| LegRoute {
            leg: leg_id(*media),
            microphone: false,
            speaker: false,
            hears: if *heard == Heard::Echo { vec![leg_id(*media)] } else { Vec::new() },
        };
        self.world.hub.route(self.heard.iter().map(route).collect());
    }
}

fn leg_id(media: MediaId) -> LegId {
    LegId(media.0.into())
}

async fn due(core: &Core, clock: &dyn Clock) {
    match core.poll_timeout() {
        Some(due) => sleep(due.since(clock.now())).await,
        None => std::future::pending().await,
    }
}
