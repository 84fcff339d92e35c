//! The driver: listens on loopback, runs the machine, its media sessions and its hub.

use std::{collections::BTreeMap, io, net::Ipv4Addr, sync::Arc, time::Duration};

use audio::HubHandle;
use bytes::Bytes;
use media::RtcRuntime;
use model::{Clock, Secret};
use sip::Tokens;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use tracing::{Instrument, debug, info, info_span, warn};

use crate::{
    booths::Booths,
    core::{Core, DOMAIN, Output},
    door::{Door, Guest},
    link::{self, LinkEvent, LinkId},
    operator::{Operator, Order},
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
    operator: Operator,
    task: JoinHandle<()>,
}

/// Connections at once; a practice exchange has a handful.
const MOST_LINKS: usize = 128;

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
        let (operator, orders) = Operator::new();
        let serving = Serving::new(world, Core::new(known, core_seed), tokens, orders);
        let span = info_span!("exchange", %url);
        info!(%url, "the practice exchange runs");
        #[expect(clippy::disallowed_methods, reason = "the exchange is a program of its own beside the phone")]
        let task = tokio::spawn(serving.run(entrance).instrument(span));
        Self { url, users, operator, task }
    }

    /// Where it is: `ws://127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The domain of its addresses.
    pub fn domain(&self) -> &'static str {
        DOMAIN
    }

    /// Who gives it orders.
    pub fn operator(&self) -> Operator {
        self.operator.clone()
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
    clock: Arc<dyn Clock>,
    core: Core,
    booths: Booths,
    outgoing: BTreeMap<LinkId, mpsc::Sender<Bytes>>,
    /// Ends every connection when the exchange ends.
    tasks: JoinSet<()>,
    link_outbox: mpsc::Sender<(LinkId, LinkEvent)>,
    link_events: mpsc::Receiver<(LinkId, LinkEvent)>,
    orders: mpsc::Receiver<Order>,
}

impl Serving {
    fn new(world: ExchangeWorld, core: Core, tokens: Tokens, orders: mpsc::Receiver<Order>) -> Self {
        let (link_outbox, link_events) = mpsc::channel(256);
        let clock = Arc::clone(&world.clock);
        let booths = Booths::new(world, tokens);
        Self { clock, core, booths, outgoing: BTreeMap::new(), tasks: JoinSet::new(), link_outbox, link_events, orders }
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
                Some(order) = self.orders.recv() => self.core.order(self.clock.now(), order),
                (media, event) = self.booths.event() => self.core.media(self.clock.now(), media, event),
                () = due(&self.core, &*self.clock) => self.core.timeout(self.clock.now()),
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
        let now = self.clock.now();
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
                Output::Media(media, request) => self.booths.ask(media, request),
                Output::Hear(media, heard) => self.booths.hear(media, heard),
            }
        }
    }
}

async fn due(core: &Core, clock: &dyn Clock) {
    match core.poll_timeout() {
        Some(due) => sleep(due.since(clock.now())).await,
        None => std::future::pending().await,
    }
}
