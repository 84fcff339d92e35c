//! The task that runs a provider: it waits, the provider decides.

use std::{
    collections::VecDeque,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use calls::io::{LineEnd, LineEvent, LineRequest};
use futures_util::{FutureExt, future::BoxFuture};
use model::{AccountId, AssistantRequest, Cause, Clock, Instant, InternalFault, OfflineCause, Secret, WireMessage, WireWay};
use sip::Trace;
use tokio::{sync::mpsc, task, time};
use tracing::{Instrument, debug, error, info_span};

use crate::{
    Input, Output, Provider,
    net::{
        Connection, ConnectionId, Endpoint, HttpAnswer, HttpRequest, Located, NetEvent, NetRequest, Network, Outgoing, QuestionId,
    },
};

/// Signing off may not hold up the end of the phone.
const SIGN_OFF_LIMIT: Duration = Duration::from_secs(2);

/// What a line is told from outside.
#[derive(Debug)]
pub enum LineInput {
    /// Call control asks for something.
    Request(LineRequest),
    /// The user asks for something beside calls, where the service has such.
    Assist(AssistantRequest),
    /// The machine's network changed or it woke up.
    NetworkChanged,
    /// Whether to be called from now on, where the account has such a switch.
    AcceptCalls(bool),
    /// The token to sign in with from now on, where the account has one.
    Token(Secret),
    /// Sign off. Dropping the sender says the same.
    Stop,
    /// Sign off for another line of the same account, which speaks from now on: of this one only the ends of calls are told.
    GiveWay,
}

/// One account on the wire. Inbox: requests of call control. Outbox: the run loop.
///
/// [`Line::run`] ends when the inbox closes; then it signs off, waiting at most two seconds.
pub struct Line {
    /// Whose line it is.
    pub account: AccountId,
    /// Who decides.
    pub provider: Box<dyn Provider>,
    /// The network it is run over.
    pub network: Arc<dyn Network>,
    /// Where it reads the time.
    pub clock: Arc<dyn Clock>,
    /// The number of the first call that arrives. Another than those of a line of the account that gives way to it, whose calls
    /// still end meanwhile.
    pub first_call: u32,
    /// What it is told.
    pub inbox: mpsc::Receiver<LineInput>,
    /// What it tells. When nobody listens any more, it signs off too.
    pub outbox: mpsc::Sender<(AccountId, LineEvent)>,
    /// Who keeps its messages, if anybody: what does not fit there is not kept.
    pub tap: Option<mpsc::Sender<WireMessage>>,
}

impl Line {
    /// Goes online and serves until told to stop. The caller spawns it.
    pub async fn run(self) {
        let span = info_span!("account", id = %self.account);
        Running { line: self, links: Links::default(), ended: Vec::new(), gives_way: false }.run().instrument(span).await;
    }
}

/// Whether the line goes on.
enum Flow {
    Continue,
    /// The provider has signed off.
    Stopped,
    /// Nobody listens to us.
    Unheard,
}

struct Running {
    line: Line,
    links: Links,
    /// Calls that a mistake has ended, to be told.
    ended: Vec<LineEvent>,
    /// Whether another line speaks for the account.
    gives_way: bool,
}

impl Running {
    async fn run(mut self) {
        let capable = LineEvent::Capable(self.line.provider.capabilities());
        if !self.tell(capable).await {
            return;
        }
        self.decide(Input::NumberFrom(self.line.first_call));
        self.decide(Input::Start);
        loop {
            match self.settle().await {
                Flow::Continue => {}
                Flow::Stopped => return,
                Flow::Unheard => break,
            }
            let input = tokio::select! {
                input = self.line.inbox.recv() => match input {
                    Some(LineInput::Request(request)) => Input::Request(request),
                    Some(LineInput::Assist(request)) => Input::Assist(request),
                    Some(LineInput::NetworkChanged) => Input::NetworkChanged,
                    Some(LineInput::AcceptCalls(wanted)) => Input::AcceptCalls(wanted),
                    Some(LineInput::Token(token)) => Input::Token(token),
                    Some(LineInput::Stop) | None => break,
                    Some(LineInput::GiveWay) => {
                        self.gives_way = true;
                        break;
                    }
                },
                event = self.links.next() => self.heard(event),
                () = wake_at(self.line.provider.poll_timeout(), &*self.line.clock) => Input::Timeout,
            };
            let is_message = matches!(input, Input::Net(NetEvent::Received { .. }));
            self.decide(input);
            if is_message {
                // A storm of them gets no more turns than anybody else: the sound of a call is not late for it.
                task::yield_now().await;
            }
        }
        if time::timeout(SIGN_OFF_LIMIT, self.sign_off()).await.is_err() {
            debug!("signing off took too long, left without");
        }
    }

    /// Tells the provider to stop and serves it until it has.
    async fn sign_off(&mut self) {
        self.decide(Input::Stop);
        while !matches!(self.settle().await, Flow::Stopped) {
            let input = tokio::select! {
                event = self.links.next() => self.heard(event),
                () = wake_at(self.line.provider.poll_timeout(), &*self.line.clock) => Input::Timeout,
            };
            self.decide(input);
        }
    }

    fn heard(&self, event: NetEvent) -> Input {
        if let NetEvent::Received { message, .. } = &event {
            self.keep(WireWay::Received, message);
        }
        Input::Net(event)
    }

    /// Keeps a message for those who look for a fault.
    fn keep(&self, way: WireWay, message: &[u8]) {
        if sip::is_keep_alive(message) {
            return;
        }
        let Some(tap) = &self.line.tap else { return };
        let Ok(place) = tap.try_reserve() else { return };
        let Trace { title, described, sip_call_id, pieces } = Trace::of(message);
        let (at, account) = (self.line.clock.now(), self.line.account.clone());
        place.send(WireMessage { at, account, way, title, described, sip_call_id, pieces });
    }

    /// Lets the provider decide. One that panics over an input has not taken it: the call it was about is over, everything
    /// else of the account goes on.
    fn decide(&mut self, input: Input) {
        let now = self.line.clock.now();
        let call = match &input {
            Input::Request(request) => request.call(),
            Input::NumberFrom(_)
            | Input::Start
            | Input::Stop
            | Input::Assist(_)
            | Input::AcceptCalls(_)
            | Input::Token(_)
            | Input::Net(_)
            | Input::NetworkChanged
            | Input::Timeout => None,
        };
        let provider = &mut self.line.provider;
        if catch_unwind(AssertUnwindSafe(|| provider.handle(now, input))).is_ok() {
            return;
        }
        error!(?call, "the account panicked over something it was told; that is passed over");
        let how = LineEnd::Caused { cause: Cause::Internal { fault: InternalFault::Signalling } };
        self.ended.extend(call.map(|call| LineEvent::Ended { call, how }));
    }

    /// Does everything the provider asks for.
    async fn settle(&mut self) -> Flow {
        let mut heard = true;
        for event in std::mem::take(&mut self.ended) {
            heard &= self.tell(event).await;
        }
        while let Some(output) = self.line.provider.poll_output() {
            match output {
                Output::Line(event) => heard &= self.tell(event).await,
                Output::Net(request) => {
                    if let NetRequest::Send { message, .. } = &request {
                        self.keep(WireWay::Sent, message);
                    }
                    self.links.obey(request, &self.line.network);
                }
                Output::Stopped => return Flow::Stopped,
            }
        }
        if heard { Flow::Continue } else { Flow::Unheard }
    }

    /// Whether somebody listened.
    async fn tell(&mut self, event: LineEvent) -> bool {
        if self.gives_way && !matches!(event, LineEvent::Ended { .. }) {
            return true;
        }
        self.line.outbox.send((self.line.account.clone(), event)).await.is_ok()
    }
}

async fn wake_at(deadline: Option<Instant>, clock: &dyn Clock) {
    match deadline {
        Some(deadline) => time::sleep(deadline.since(clock.now())).await,
        None => std::future::pending().await,
    }
}

/// The connections of a line, in whatever state. Few: one for SIP, two for XiVO.
#[derive(Default)]
struct Links {
    links: Vec<(ConnectionId, Link)>,
    /// Questions that web servers have not answered yet.
    asking: Vec<(QuestionId, Answering)>,
    /// Domains whose servers are being looked for.
    locating: Vec<(ConnectionId, Locating)>,
    /// Events we know of ourselves, before those of the network.
    known: VecDeque<NetEvent>,
}

type Locating = BoxFuture<'static, Result<Located, OfflineCause>>;
type Answering = BoxFuture<'static, Result<HttpAnswer, OfflineCause>>;

enum Link {
    Opening(BoxFuture<'static, Result<Connection, OfflineCause>>),
    Open(Connection),
}

impl Links {
    fn obey(&mut self, request: NetRequest, network: &Arc<dyn Network>) {
        match request {
            NetRequest::Locate { connection, domain } => self.locating.push((connection, locate(network.clone(), domain))),
            NetRequest::Open { connection, endpoint } => {
                self.links.push((connection, Link::Opening(open(network.clone(), endpoint))));
            }
            NetRequest::Send { connection, message } => self.put(connection, Outgoing::Message(message)),
            NetRequest::Probe { connection } => self.put(connection, Outgoing::Probe),
            NetRequest::Close { connection } => self.forget(connection),
            NetRequest::Ask { question, request } => self.asking.push((question, ask(network.clone(), request))),
        }
    }

    /// Never waits: who lets its queue fill is as good as gone.
    fn put(&mut self, connection: ConnectionId, outgoing: Outgoing) {
        let open = self.links.iter().find_map(|(id, link)| match link {
            Link::Open(open) if *id == connection => Some(open),
            Link::Open(_) | Link::Opening(_) => None,
        });
        let Some(open) = open else {
            debug!(?connection, "nothing is sent on a connection that is not open");
            return;
        };
        match open.outgoing.try_send(outgoing) {
            Ok(()) => {}
            // Its last item, which says why, is in the other queue.
            Err(mpsc::error::TrySendError::Closed(_)) => {}
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.forget(connection);
                let cause = OfflineCause::ConnectionLost { detail: "the server does not take what is sent".into() };
                self.known.push_back(NetEvent::Closed { connection, cause });
            }
        }
    }

    fn forget(&mut self, connection: ConnectionId) {
        self.links.retain(|(id, _)| *id != connection);
        self.locating.retain(|(id, _)| *id != connection);
    }

    /// The next thing that happens on any of them.
    async fn next(&mut self) -> NetEvent {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<NetEvent> {
        if let Some(event) = self.known.pop_front() {
            return Poll::Ready(event);
        }
        for index in 0..self.asking.len() {
            if let Poll::Ready(answer) = self.asking[index].1.as_mut().poll(cx) {
                let (question, _) = self.asking.remove(index);
                return Poll::Ready(NetEvent::Answered { question, answer });
            }
        }
        for index in 0..self.locating.len() {
            if let Poll::Ready(located) = self.locating[index].1.as_mut().poll(cx) {
                let (connection, _) = self.locating.remove(index);
                return Poll::Ready(match located {
                    Ok(located) => NetEvent::Located { connection, located },
                    Err(cause) => NetEvent::Closed { connection, cause },
                });
            }
        }
        for index in 0..self.links.len() {
            if let Poll::Ready(event) = self.poll_link(index, cx) {
                return Poll::Ready(event);
            }
        }
        Poll::Pending
    }

    fn poll_link(&mut self, index: usize, cx: &mut Context<'_>) -> Poll<NetEvent> {
        let (connection, link) = &mut self.links[index];
        let connection = *connection;
        let lost = match link {
            Link::Opening(opening) => match std::task::ready!(opening.as_mut().poll(cx)) {
                Ok(mut open) => {
                    let addresses = std::mem::take(&mut open.addresses);
                    *link = Link::Open(open);
                    return Poll::Ready(NetEvent::Opened { connection, addresses });
                }
                Err(cause) => cause,
            },
            Link::Open(open) => match std::task::ready!(open.incoming.poll_recv(cx)) {
                Some(Ok(message)) => return Poll::Ready(NetEvent::Received { connection, message }),
                Some(Err(cause)) => cause,
                None => OfflineCause::ConnectionLost { detail: "it ended without a word".into() },
            },
        };
        self.links.remove(index);
        Poll::Ready(NetEvent::Closed { connection, cause: lost })
    }
}

fn locate(network: Arc<dyn Network>, domain: String) -> Locating {
    Box::pin(async move {
        AssertUnwindSafe(network.locate(&domain)).catch_unwind().await.unwrap_or_else(|_| {
            error!("looking for the servers of a domain panicked");
            Ok(Located::default())
        })
    })
}

fn ask(network: Arc<dyn Network>, request: Box<HttpRequest>) -> Answering {
    Box::pin(async move {
        AssertUnwindSafe(network.ask(&request)).catch_unwind().await.unwrap_or_else(|_| {
            error!("asking a web server panicked");
            Err(OfflineCause::Unreachable { detail: "the phone made a mistake while asking the web server".into() })
        })
    })
}

fn open(network: Arc<dyn Network>, endpoint: Box<Endpoint>) -> BoxFuture<'static, Result<Connection, OfflineCause>> {
    Box::pin(async move {
        // A connection that panics while it is made has not been made, and is tried again like any other.
        AssertUnwindSafe(network.open(&endpoint)).catch_unwind().await.unwrap_or_else(|_| {
            error!("connecting panicked");
            Err(OfflineCause::ConnectionLost { detail: "the phone made a mistake while connecting".into() })
        })
    })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "each test has a far end beside it, in virtual time")]
mod tests;
