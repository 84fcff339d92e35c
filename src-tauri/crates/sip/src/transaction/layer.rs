//! All transactions of one user agent, and which of them a message belongs to.

use std::collections::{BTreeMap, VecDeque};

use model::Instant;

use super::{
    Tick, Timers,
    client::Client,
    earlier,
    invite_client::{InviteClient, Verdict},
    invite_server::{AckVerdict, InviteServer},
    received::{Received, ServerMachine, server_key},
    server::Server,
};
use crate::{Method, Request, Response, Tokens, Via, compose};

/// Most requests of ours at once. They follow from calls, which are capped, so that this is only ever met by a fault.
const MAX_CLIENTS: usize = 512;

/// Most requests of theirs at once. Beyond them refusals that nobody acknowledges are forgotten; where all still wait for our
/// user, a flood is answered with 503.
const MAX_SERVERS: usize = 256;

/// A request of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientId(u64);

/// A request of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerId(u64);

/// A moment in the order of transactions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newest(u64);

/// What the users of transactions are told. `O` says whose request it was.
#[derive(Debug)]
pub(crate) enum Happened<O> {
    /// A response to a request of ours.
    Response { owner: O, request: Box<Request>, response: Box<Response> },
    /// Nobody answered a request of ours (Timers B and F).
    Unanswered { owner: O, request: Box<Request> },
    /// A new request.
    Request { id: ServerId, request: Box<Request> },
    /// An ACK to a 2xx.
    Ack { request: Box<Request> },
    /// A CANCEL for a request that our user may still answer. It has been answered with 200.
    Cancelled { id: ServerId, cancel: Box<Request> },
}

/// Why a request was not taken into a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub code: u16,
}

/// All transactions of one user agent.
#[derive(Debug)]
pub(crate) struct Transactions<O> {
    timers: Timers,
    via: Via,
    next: u64,
    clients: BTreeMap<ClientId, Requested<O>>,
    servers: BTreeMap<ServerId, Received>,
    happened: VecDeque<Happened<O>>,
    outgoing: VecDeque<Vec<u8>>,
}

#[derive(Debug)]
struct Requested<O> {
    owner: O,
    branch: String,
    request: Request,
    machine: ClientMachine,
}

#[derive(Debug)]
enum ClientMachine {
    Invite(InviteClient),
    Other(Client),
}

impl<O: Clone> Transactions<O> {
    /// `via` names our end; each request gets a copy with its own branch.
    pub fn new(timers: Timers, via: Via) -> Self {
        Self {
            timers,
            via,
            next: 0,
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            happened: VecDeque::new(),
            outgoing: VecDeque::new(),
        }
    }

    pub fn timers(&self) -> Timers {
        self.timers
    }

    /// The next message to send.
    pub fn poll_outgoing(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    /// The next thing that happened.
    pub fn poll_happened(&mut self) -> Option<Happened<O>> {
        self.happened.pop_front()
    }

    /// Sends a request in a new transaction. `None` when there are too many already.
    pub fn request(&mut self, now: Instant, owner: O, mut request: Request, tokens: &mut Tokens) -> Option<ClientId> {
        let branch = tokens.branch();
        request.headers.remove("Via");
        request.headers.push_front("Via", self.via_with(&branch));
        self.start(now, owner, request, branch)
    }

    /// Sends the CANCEL of an INVITE that has been answered provisionally; `None` when it has not, or is over.
    pub fn cancel(&mut self, now: Instant, invite: ClientId, owner: O, reason: &str) -> Option<ClientId> {
        let requested = self.clients.get(&invite)?;
        match &requested.machine {
            ClientMachine::Invite(machine) if machine.is_proceeding() => {}
            ClientMachine::Invite(_) | ClientMachine::Other(_) => return None,
        }
        let cancel = compose::cancel(&requested.request, reason);
        let branch = requested.branch.clone();
        self.start(now, owner, cancel, branch)
    }

    fn start(&mut self, now: Instant, owner: O, request: Request, branch: String) -> Option<ClientId> {
        if self.clients.len() >= MAX_CLIENTS {
            tracing::warn!(method = %request.method, "too many requests at once; one is not sent");
            return None;
        }
        let machine = match request.method {
            Method::Invite => ClientMachine::Invite(InviteClient::start(now, self.timers)),
            _ => ClientMachine::Other(Client::start(now, self.timers)),
        };
        self.outgoing.push_back(request.to_bytes());
        let id = ClientId(self.next_number());
        self.clients.insert(id, Requested { owner, branch, request, machine });
        Some(id)
    }

    /// Sends a message that belongs to no transaction: an ACK to a 2xx, or a response repeated by our user.
    pub fn send(&mut self, message: Vec<u8>) {
        self.outgoing.push_back(message);
    }

    /// A Via with a fresh branch, for an ACK to a 2xx.
    pub fn via(&self, tokens: &mut Tokens) -> Via {
        self.via_with(&tokens.branch())
    }

    fn via_with(&self, branch: &str) -> Via {
        let mut via = self.via.clone();
        via.params.set("branch", branch);
        via
    }

    /// The request of a transaction of theirs that our user may still answer.
    pub fn open_request(&self, id: ServerId) -> Option<&Request> {
        self.servers.get(&id).filter(|received| received.is_open()).map(|received| &received.request)
    }

    /// Sends a response; returns its bytes, which the user of a 2xx to INVITE repeats. `None` when it is too late.
    pub fn respond(&mut self, now: Instant, id: ServerId, response: &Response) -> Option<Vec<u8>> {
        let received = self.servers.get_mut(&id).filter(|received| received.is_open())?;
        match &mut received.machine {
            ServerMachine::Invite(machine) => machine.respond(now, response.code),
            ServerMachine::Other(machine) => machine.respond(now, response.code),
        }
        received.last_response = response.to_bytes();
        let bytes = received.last_response.clone();
        self.outgoing.push_back(bytes.clone());
        Some(bytes)
    }

    /// Forgets a request of ours, so that nothing of it is heard any more.
    pub fn forget(&mut self, id: ClientId) {
        self.clients.remove(&id);
    }

    /// Forgets all requests of such owners.
    pub fn forget_all(&mut self, is_of: impl Fn(&O) -> bool) {
        self.clients.retain(|_, requested| !is_of(&requested.owner));
    }

    /// Whether a request of that owner is still under way or its repetitions may still come.
    pub fn any_of(&self, mut is_of: impl FnMut(&O) -> bool) -> bool {
        self.clients.values().any(|requested| is_of(&requested.owner))
    }

    /// Whether a request of that owner waits for its final response.
    pub fn awaits(&self, mut is_of: impl FnMut(&O) -> bool) -> bool {
        let is_pending = |machine: &ClientMachine| match machine {
            ClientMachine::Invite(machine) => machine.is_unheard() || machine.is_proceeding(),
            ClientMachine::Other(machine) => machine.is_pending(),
        };
        self.clients.values().any(|requested| is_of(&requested.owner) && is_pending(&requested.machine))
    }

    /// Takes a response.
    pub fn receive_response(&mut self, now: Instant, response: Response) {
        let Some(id) = self.client_of(&response) else {
            tracing::debug!(code = response.code, "dropped a response that belongs to no request of ours");
            return;
        };
        let Some(requested) = self.clients.get_mut(&id) else { return };
        let (deliver, acknowledge) = match &mut requested.machine {
            ClientMachine::Invite(machine) => match machine.receive(now, response.code) {
                Verdict::Deliver => (true, false),
                Verdict::AcknowledgeAndDeliver => (true, true),
                Verdict::Acknowledge => (false, true),
                Verdict::Drop => (false, false),
            },
            ClientMachine::Other(machine) => (machine.receive(now, response.code), false),
        };
        if acknowledge {
            self.outgoing.push_back(compose::ack_of_refusal(&requested.request, &response).to_bytes());
        }
        if deliver {
            let (owner, request) = (requested.owner.clone(), Box::new(requested.request.clone()));
            self.happened.push_back(Happened::Response { owner, request, response: Box::new(response) });
        }
    }

    /// RFC 3261 17.1.3: the branch of the top Via and the method of CSeq. Our responses carry one Via.
    fn client_of(&self, response: &Response) -> Option<ClientId> {
        let via = response.headers.via().ok()?;
        let method = response.headers.cseq().ok()?.method;
        let branch = via.branch()?;
        let found = |requested: &Requested<O>| requested.branch == branch && requested.request.method == method;
        self.clients.iter().find(|(_, requested)| found(requested)).map(|(id, _)| *id)
    }

    /// Takes a request.
    pub fn receive_request(&mut self, now: Instant, request: Request) -> Result<(), Refusal> {
        if request.method == Method::Ack {
            self.receive_ack(now, request);
            return Ok(());
        }
        let key = server_key(&request, &request.method);
        if let Some(received) = self.servers.values().find(|received| received.key == key) {
            if received.repeats_response() {
                self.outgoing.push_back(received.last_response.clone());
            }
            return Ok(());
        }
        if request.method == Method::Cancel {
            self.receive_cancel(now, request);
            return Ok(());
        }
        if !self.has_room() {
            return Err(Refusal { code: 503 });
        }
        if self.is_merged(&request) {
            return Err(Refusal { code: 482 });
        }
        let id = self.serve(now, key, request.clone());
        self.happened.push_back(Happened::Request { id, request: Box::new(request) });
        Ok(())
    }

    /// Whether one more request may be remembered. Strangers who call and never acknowledge our refusal would keep everybody
    /// else away for 32 s, the far end of a call in conversation included: the oldest of such refusals makes room. Whoever
    /// still acknowledges or repeats it is an unknown again.
    fn has_room(&mut self) -> bool {
        if self.servers.len() < MAX_SERVERS {
            return true;
        }
        let lingering = self.servers.iter().find(|(_, received)| received.is_refused()).map(|(id, _)| *id);
        lingering.is_some_and(|id| self.servers.remove(&id).is_some())
    }

    fn serve(&mut self, now: Instant, key: String, request: Request) -> ServerId {
        let machine = match request.method {
            Method::Invite => ServerMachine::Invite(InviteServer::start(now, self.timers)),
            _ => ServerMachine::Other(Server::start(now, self.timers)),
        };
        let id = ServerId(self.next_number());
        self.servers.insert(id, Received { key, request, last_response: Vec::new(), machine });
        id
    }

    fn receive_ack(&mut self, now: Instant, ack: Request) {
        let key = server_key(&ack, &Method::Invite);
        let matching = self.servers.values_mut().find(|received| received.key == key);
        let verdict = match matching.map(|received| &mut received.machine) {
            Some(ServerMachine::Invite(machine)) => machine.acknowledge(now),
            // The ACK to a 2xx has a branch of its own.
            Some(ServerMachine::Other(_)) | None => AckVerdict::Deliver,
        };
        if verdict == AckVerdict::Deliver {
            self.happened.push_back(Happened::Ack { request: Box::new(ack) });
        }
    }

    /// RFC 3261 9.2: a CANCEL is answered by itself, whatever becomes of what it cancels.
    fn receive_cancel(&mut self, now: Instant, cancel: Request) {
        let key = server_key(&cancel, &Method::Invite);
        let target = self.servers.iter().find(|(_, received)| received.key == key);
        let target = target.map(|(id, received)| (*id, received.is_open(), received.to_tag()));
        let code = if target.is_some() { 200 } else { 481 };
        let tag = target.as_ref().and_then(|(_, _, tag)| tag.clone());
        let response = compose::response(&cancel, code, "", tag.as_deref());
        if self.has_room() {
            let key = server_key(&cancel, &Method::Cancel);
            let id = self.serve(now, key, cancel.clone());
            self.respond(now, id, &response);
        } else {
            self.outgoing.push_back(response.to_bytes());
        }
        if let Some((id, true, _)) = target {
            self.happened.push_back(Happened::Cancelled { id, cancel: Box::new(cancel) });
        }
    }

    /// RFC 3261 8.2.2.2: the same request has come by another way already.
    fn is_merged(&self, request: &Request) -> bool {
        let identity = |request: &Request| {
            let headers = &request.headers;
            Some((headers.from().ok()?.tag()?.to_owned(), headers.cseq().ok()?))
        };
        if request.headers.to().is_ok_and(|to| to.tag().is_some()) {
            return false;
        }
        let (Some(own), Ok(call_id)) = (identity(request), request.headers.call_id()) else { return false };
        let of_call = self.servers.values().filter(|received| received.request.headers.call_id() == Ok(call_id));
        of_call.into_iter().any(|received| identity(&received.request).as_ref() == Some(&own))
    }

    /// Lets the time pass.
    pub fn tick(&mut self, now: Instant) {
        for requested in self.clients.values_mut() {
            let tick = match &mut requested.machine {
                ClientMachine::Invite(machine) => machine.tick(now),
                ClientMachine::Other(machine) => machine.tick(now),
            };
            match tick {
                Tick::Nothing => {}
                Tick::Repeat => self.outgoing.push_back(requested.request.to_bytes()),
                Tick::GiveUp => {
                    let (owner, request) = (requested.owner.clone(), Box::new(requested.request.clone()));
                    self.happened.push_back(Happened::Unanswered { owner, request });
                }
            }
        }
        for received in self.servers.values_mut() {
            match received.tick(now) {
                Tick::Nothing => {}
                Tick::Repeat => self.outgoing.push_back(received.last_response.clone()),
                Tick::GiveUp => {
                    received.say_trying(now);
                    self.outgoing.push_back(received.last_response.clone());
                }
            }
        }
    }

    /// Forgets what is over. Over a reliable transport that is most transactions as soon as they are answered.
    pub fn sweep(&mut self, now: Instant) {
        self.clients.retain(|_, requested| !requested.is_over_at(now));
        self.servers.retain(|_, received| !received.is_over_at(now));
    }

    /// When `tick` is due.
    pub fn deadline(&self) -> Option<Instant> {
        let clients = self.clients.values().filter_map(Requested::deadline).min();
        let servers = self.servers.values().filter_map(Received::deadline).min();
        earlier(clients, servers)
    }

    /// The newest transaction, for `reconnected`.
    pub fn newest(&self) -> Newest {
        Newest(self.next)
    }

    /// A new connection: what nobody has answered or acknowledged yet goes out again over it, up to what was `newest` when
    /// the connection came; the rest has gone out over it already.
    pub fn reconnected(&mut self, newest: Newest) {
        for (_, requested) in self.clients.iter().filter(|(id, _)| id.0 <= newest.0) {
            let worth = match &requested.machine {
                ClientMachine::Invite(machine) => machine.is_unheard(),
                ClientMachine::Other(machine) => machine.is_pending(),
            };
            if worth {
                self.outgoing.push_back(requested.request.to_bytes());
            }
        }
        for received in self.servers.values() {
            if received.is_refused() {
                self.outgoing.push_back(received.last_response.clone());
            }
        }
    }

    fn next_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl<O> Requested<O> {
    fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.deadline(),
            ClientMachine::Other(machine) => machine.deadline(),
        }
    }

    /// Over, or to linger no longer (timers of zero length).
    fn is_over_at(&self, now: Instant) -> bool {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.is_over(now),
            ClientMachine::Other(machine) => machine.is_over(now),
        }
    }
}
