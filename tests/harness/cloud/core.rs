//! The cloud as a machine: connections with their user agents, the registrar, services, and calls between clients.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use calls::io::MediaRequest;
use exchange::{Bridges, Heard, passed_on};
use model::{Instant, LineCall, MediaId};
use sip::{
    CallEvent, Command, Event, ExtraHeaders, IncomingCall, Input, Invite, Message, Method, Output as AgentOutput, Request,
    RequestKey, Response, Role, Tokens, Transport, Uri, UserAgent, UserAgentConfig, auth::Credentials, is_keep_alive,
};

use super::{
    attended::{Attended, CloudCall},
    knobs::IceAnswer,
    mint::{Mint, Purpose},
    names::{Names, V1_KEY},
    registrar,
    seen::{Shared, Way},
};

/// Calls whose answers are remembered to have further headers.
const MOST_DRESSED: usize = 1_000;

/// A user agent: the first of a connection takes what its client asks; each call to the client has one of its own, since it
/// comes from somebody else each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AgentId {
    pub connection: u32,
    nth: u32,
}

/// A call of a user agent.
pub(super) type CallRef = (AgentId, LineCall);

/// What the machine asks for.
#[derive(Debug)]
pub(super) enum Output {
    Send(u32, Bytes),
    /// Close a WebSocket with this code.
    Close(u32, u16),
    Media(MediaId, MediaRequest),
    Hear(MediaId, Heard),
    /// A call with a service was answered: it may be recorded.
    Answered(MediaId, usize),
}

/// The whole cloud but its sockets and media.
pub(super) struct Core {
    pub names: Names,
    pub shared: Arc<Shared>,
    mint: Arc<Mint>,
    tokens: Tokens,
    agents: BTreeMap<AgentId, UserAgent>,
    bridges: Bridges<AgentId>,
    /// Call-ID of the caller, for calls between clients.
    callers: BTreeMap<AgentId, String>,
    /// Headers that the answer to an INVITE gets, by its Call-ID.
    dressed: BTreeMap<String, ExtraHeaders>,
    pub attended: BTreeMap<CallRef, Attended>,
    pub call_backs: Vec<(Instant, CloudCall)>,
    numbered: u32,
    pub outputs: VecDeque<Output>,
}

impl Core {
    pub fn new(names: Names, mint: Arc<Mint>, shared: Arc<Shared>, seed: [u8; 32]) -> Self {
        Self {
            names,
            shared,
            mint,
            tokens: Tokens::new(seed),
            agents: BTreeMap::new(),
            bridges: Bridges::default(),
            callers: BTreeMap::new(),
            dressed: BTreeMap::new(),
            attended: BTreeMap::new(),
            call_backs: Vec::new(),
            numbered: 0,
            outputs: VecDeque::new(),
        }
    }

    pub fn opened(&mut self, now: Instant, connection: u32) {
        let address = Uri::sip("cloud", &self.names.proxy());
        self.start_agent(now, AgentId { connection, nth: 0 }, address);
    }

    pub fn closed(&mut self, now: Instant, connection: u32) {
        self.agents.retain(|id, _| id.connection != connection);
        self.callers.retain(|id, _| id.connection != connection);
        self.shared.change(|state| state.seen.registered.retain(|binding| binding.connection != connection));
        let lost: Vec<CallRef> = self.attended.keys().copied().filter(|(id, _)| id.connection == connection).collect();
        for call in lost {
            self.drop_attended(call, sip::CallEnd::Failed { fault: model::LineFault::NotConnected });
        }
        for (agent, call) in self.bridges.drop_agents(|id| id.connection == connection) {
            self.command(now, agent, Command::HangUp { call, reason: String::new() });
        }
    }

    pub fn received(&mut self, now: Instant, connection: u32, bytes: Bytes) {
        if is_keep_alive(&bytes) {
            return;
        }
        self.shared.message(connection, Way::In, bytes.clone());
        let first = AgentId { connection, nth: 0 };
        match Message::parse(&bytes) {
            Ok(Message::Request(mut request)) => {
                let agent = self.agent_at(connection, &request.uri.host).unwrap_or(first);
                let service = self.service_of(&request).filter(|_| request.method == Method::Invite);
                match service.as_deref() {
                    // Not even a 100.
                    Some("silent") => {}
                    // Clients answer to it without saying so beforehand.
                    Some("prack") => {
                        request.headers.push("Supported", "100rel");
                        self.tell(now, agent, Input::Received(&request.to_bytes()));
                    }
                    Some(_) | None => self.tell(now, agent, Input::Received(&bytes)),
                }
            }
            Ok(Message::Response(response)) => {
                let host = response.headers.via().map(|via| via.host).unwrap_or_default();
                let agent = self.agent_at(connection, &host).unwrap_or(first);
                self.keep_headers(agent, &response);
                self.tell(now, agent, Input::Received(&bytes));
            }
            Err(_) => self.tell(now, first, Input::Received(&bytes)),
        }
        self.agents.retain(|id, agent| id.nth == 0 || !agent.is_quiet());
        self.callers.retain(|id, _| self.agents.contains_key(id));
    }

    pub fn timeout(&mut self, now: Instant) {
        let due = |agent: &UserAgent| agent.poll_timeout().is_some_and(|due| due <= now);
        let agents: Vec<AgentId> = self.agents.iter().filter(|(_, agent)| due(agent)).map(|(id, _)| *id).collect();
        for agent in agents {
            self.tell(now, agent, Input::Timeout);
        }
        self.attended_due(now);
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        let agents = self.agents.values().filter_map(UserAgent::poll_timeout);
        let attended = self.attended.values().filter_map(Attended::deadline);
        agents.chain(attended).chain(self.call_backs.iter().map(|(at, _)| *at)).min()
    }

    pub fn next_number(&mut self) -> u32 {
        self.numbered += 1;
        self.numbered
    }

    pub fn command(&mut self, now: Instant, agent: AgentId, command: Command) {
        self.tell(now, agent, Input::Command(command));
    }

    /// A name for a user agent that is to call the client at the other end of a connection.
    pub fn next_agent(&mut self, connection: u32) -> AgentId {
        AgentId { connection, nth: self.next_number() }
    }

    /// Starts a user agent that calls as `address`.
    pub fn start_agent(&mut self, now: Instant, id: AgentId, address: Uri) {
        let mut config = UserAgentConfig::new(address.clone(), address, Credentials::none());
        config.role = Role::Server;
        config.transport = Transport::WebSocket { secure: true };
        config.session_expires = None;
        config.user_agent = "Fake cloud".to_owned();
        let seed = std::array::from_fn(|_| u8::try_from(self.tokens.below(256)).unwrap_or(0));
        self.agents.insert(id, UserAgent::new(config, seed));
        self.tell(now, id, Input::Connected);
    }

    /// Headers that the answer to an INVITE gets besides its own.
    pub fn dress(&mut self, sip_call_id: &str, headers: ExtraHeaders) {
        if self.dressed.len() >= MOST_DRESSED {
            self.dressed.clear();
        }
        self.dressed.insert(sip_call_id.to_owned(), headers);
    }

    /// The service that a request is for.
    fn service_of(&self, request: &Request) -> Option<String> {
        request.uri.host.eq_ignore_ascii_case(&self.names.services()).then(|| request.uri.user_text())
    }

    /// The user agent that is called by this host name: each has made up its own.
    fn agent_at(&self, connection: u32, host: &str) -> Option<AgentId> {
        let mut agents = self.agents.iter().filter(|(id, _)| id.connection == connection);
        agents.find(|(_, agent)| agent.contact().host == host).map(|(id, _)| *id)
    }

    /// What a called client says in its 200 is for the caller.
    fn keep_headers(&mut self, agent: AgentId, response: &Response) {
        let is_answer = response.is_success() && response.headers.cseq().is_ok_and(|cseq| cseq.method == Method::Invite);
        if let Some(caller) = self.callers.get(&agent).filter(|_| is_answer).cloned() {
            let headers = response.headers.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            self.dress(&caller, passed_on(headers));
        }
    }

    fn tell(&mut self, now: Instant, id: AgentId, input: Input<'_>) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.handle(now, input);
        let told: Vec<AgentOutput> = std::iter::from_fn(|| agent.poll_output()).collect();
        for output in told {
            match output {
                AgentOutput::Send(message) => self.send(id.connection, message),
                AgentOutput::Event(Event::Call(call, event)) => self.on_call(now, (id, call), event),
                AgentOutput::Event(Event::Request { request, message }) => self.on_request(now, id, request, &message),
                AgentOutput::Event(
                    Event::Registration(_) | Event::Response { .. } | Event::Notified { .. } | Event::Subscription(..),
                ) => {}
            }
        }
    }

    fn send(&mut self, connection: u32, message: Vec<u8>) {
        let mut bytes = Bytes::from(message);
        if let Ok(Message::Response(mut response)) = Message::parse(&bytes)
            && response.is_success()
            && response.headers.cseq().is_ok_and(|cseq| cseq.method == Method::Invite)
            && let Some(headers) = response.headers.call_id().ok().and_then(|id| self.dressed.get(id))
        {
            for (name, value) in headers {
                response.headers.push(name, value.expose());
            }
            bytes = response.to_bytes().into();
        }
        self.shared.message(connection, Way::Out, bytes.clone());
        self.outputs.push_back(Output::Send(connection, bytes));
    }

    fn on_request(&mut self, now: Instant, agent: AgentId, request: RequestKey, message: &Request) {
        let response = match message.method {
            Method::Register => registrar::register(message, agent.connection, &self.names, &self.mint, &self.shared),
            Method::Options => self.options(message),
            _ => Some(Response::new(405, "")),
        };
        if let Some(response) = response {
            self.command(now, agent, Command::Respond { request, response: Box::new(response) });
        }
    }

    fn options(&self, message: &Request) -> Option<Response> {
        let mut response = Response::new(200, "OK");
        if !message.headers.has("X-AculabTurnRequest") {
            response.headers.push("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER");
            return Some(response);
        }
        let (key, _) = self.names.sender(message);
        match self.shared.knobs(&key).ice {
            IceAnswer::List(list) => response.set_body("application/json", list),
            IceAnswer::Refused(code) => response = Response::new(code, ""),
            IceAnswer::Garbage => response.set_body("application/json", "<html>[\"no list"),
            IceAnswer::Ignored => return None,
        }
        Some(response)
    }

    fn on_call(&mut self, now: Instant, call: CallRef, event: CallEvent) {
        if let CallEvent::Incoming(incoming) = event {
            self.on_incoming(now, call, *incoming);
        } else if self.attended.contains_key(&call) {
            self.on_attended_call(now, call, event);
        } else if let Some((other, command)) = self.bridges.relay(call, event) {
            self.command(now, other, command);
        }
    }

    fn on_incoming(&mut self, now: Instant, call: CallRef, incoming: IncomingCall) {
        let (key, client) = self.names.sender(&incoming.message);
        let is_account = self.shared.lock().knobs.contains_key(&key);
        let callee_key = self.names.key_in(&incoming.target.host).map(str::to_owned);
        if let Some(service) = self.service_of(&incoming.message) {
            // Nobody is asked for a token here.
            if is_account || key == V1_KEY {
                self.attend(now, call, (&key, &client), &service, incoming);
            } else {
                self.reject(now, call, Response::new(403, ""));
            }
        } else if callee_key.as_ref() == Some(&key) && is_account {
            self.connect(now, call, (&key, &client), incoming);
        } else {
            self.reject(now, call, Response::new(if callee_key.is_some() { 403 } else { 404 }, ""));
        }
    }

    /// Calls a client on behalf of another.
    fn connect(&mut self, now: Instant, call: CallRef, (key, client): (&str, &str), incoming: IncomingCall) {
        let callee = incoming.target.user_text();
        let purpose = Purpose::Call(&callee);
        if let Err(refusal) = registrar::authorise(&incoming.message, key, client, purpose, &self.mint, &self.shared) {
            return self.reject(now, call, refusal);
        }
        let Some(connection) = self.connection_of(key, &callee) else {
            return self.reject(now, call, Response::new(480, ""));
        };
        let agent = self.next_agent(connection);
        self.start_agent(now, agent, Uri::sip(client, &self.names.clients(key)));
        self.callers.insert(agent, incoming.sip_call_id.expose().to_owned());
        let dialled = LineCall::Dialled(self.next_number());
        self.bridges.join(call, (agent, dialled));
        let target = Uri::sip(&callee, &self.names.clients(key));
        let invite = Invite { call: dialled, from: None, target, offer: incoming.offer, headers: passed_on(incoming.headers) };
        self.command(now, agent, Command::Invite(Box::new(invite)));
    }

    /// Where a client is registered.
    pub fn connection_of(&self, key: &str, client: &str) -> Option<u32> {
        let state = self.shared.lock();
        let mut bindings = state.seen.registered.iter();
        let now = self.shared.clock.unix_seconds();
        let is_good = |since: i64, granted_s: u32| now < since + i64::from(granted_s);
        let binding = bindings.find(|binding| binding.key == key && binding.client == client);
        binding.filter(|binding| is_good(binding.since, binding.granted_s)).map(|binding| binding.connection)
    }

    pub fn reject(&mut self, now: Instant, (agent, call): CallRef, refusal: Response) {
        let headers = refusal.headers.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        self.command(now, agent, Command::Reject { call, code: refusal.code, text: refusal.reason, headers });
    }
}
