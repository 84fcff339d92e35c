//! The exchange as a machine: connections with their user agents, the registrar, the numbers and the bridges.

mod attending;

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use calls::io::MediaRequest;
use model::{Instant, LineCall, MediaId};
use sip::{
    CallEvent, Command, Event, IncomingCall, Input, Invite, Method, NameAddr, Output as AgentOutput, Request, RequestKey,
    Response, Role, Tokens, Transport, Uri, UserAgent, UserAgentConfig, auth::Credentials,
};

use crate::{
    attendant::Attendant,
    booths::Heard,
    bridge::{Bridges, passed_on},
    link::LinkId,
    number::Number,
    operator::Ordered,
    registrar::{Registered, Registrar, Users},
    roaming::Carrier,
    transfer::Transfers,
};

/// The host part of every address here.
pub(crate) const DOMAIN: &str = "practice.invalid";

/// The far end of a call: which connection, and its name there.
pub(crate) type CallRef = (LinkId, LineCall);

/// What the machine asks for.
#[derive(Debug)]
pub(crate) enum Output {
    Send(LinkId, Bytes),
    Media(MediaId, MediaRequest),
    /// What the far end of a session hears from now on.
    Hear(MediaId, Heard),
}

/// The whole exchange.
pub(crate) struct Core {
    registrar: Registrar,
    tokens: Tokens,
    pub(crate) links: BTreeMap<LinkId, Link>,
    pub(crate) attendants: BTreeMap<CallRef, Attendant>,
    pub(crate) bridges: Bridges<LinkId>,
    /// Users to be called back, and when.
    call_backs: Vec<(Instant, String)>,
    pub(crate) transfers: Transfers,
    pub(crate) ordered: Ordered,
    numbered: u32,
    /// How many registrations were taken.
    registrations: u64,
    outputs: VecDeque<Output>,
}

/// A connection.
pub(crate) struct Link {
    pub(crate) agent: UserAgent,
    /// Who has registered over it.
    pub(crate) user: Option<String>,
    /// His binding: when he registered, counted, and by which contact.
    pub(crate) binding: Option<(u64, String)>,
    pub(crate) carrier: Carrier,
}

impl Core {
    pub(crate) fn new(users: Users, seed: [u8; 32]) -> Self {
        let mut tokens = Tokens::new(seed);
        Self {
            registrar: Registrar::new(users, &mut tokens),
            tokens,
            links: BTreeMap::new(),
            attendants: BTreeMap::new(),
            bridges: Bridges::default(),
            call_backs: Vec::new(),
            transfers: Transfers::default(),
            ordered: Ordered::default(),
            numbered: 0,
            registrations: 0,
            outputs: VecDeque::new(),
        }
    }

    pub(crate) fn opened(&mut self, now: Instant, link: LinkId, secure: bool) {
        let address = Uri::sip("exchange", DOMAIN);
        let mut config = UserAgentConfig::new(address.clone(), address, Credentials::none());
        config.role = Role::Server;
        config.transport = Transport::WebSocket { secure };
        config.user_agent = format!("Sidetone practice exchange {}", env!("CARGO_PKG_VERSION"));
        let agent = UserAgent::new(config, self.seed());
        self.links.insert(link, Link { agent, user: None, binding: None, carrier: Carrier::Own });
        self.tell_agent(now, link, Input::Connected);
    }

    pub(crate) fn received(&mut self, now: Instant, link: LinkId, message: &[u8]) {
        let addressee = self.addressee(now, link, message);
        self.tell_agent(now, addressee, Input::Received(message));
    }

    /// Lets go of a user agent and its calls.
    pub(crate) fn forget(&mut self, now: Instant, link: LinkId) {
        self.links.remove(&link);
        let lost: Vec<CallRef> = self.attendants.keys().copied().filter(|(of, _)| *of == link).collect();
        for call in lost {
            self.drop_attendant(call);
        }
        for other in self.bridges.drop_agents(|of| of == link) {
            self.command(now, other.0, Command::HangUp { call: other.1, reason: String::new() });
        }
    }

    pub(crate) fn timeout(&mut self, now: Instant) {
        let links: Vec<LinkId> = self
            .links
            .iter()
            .filter(|(_, link)| link.agent.poll_timeout().is_some_and(|due| due <= now))
            .map(|(id, _)| *id)
            .collect();
        for link in links {
            self.tell_agent(now, link, Input::Timeout);
        }
        let due: Vec<CallRef> = self
            .attendants
            .iter()
            .filter(|(_, attendant)| attendant.deadline().is_some_and(|due| due <= now))
            .map(|(call, _)| *call)
            .collect();
        for call in due {
            self.attendant_due(now, call);
        }
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.call_backs).into_iter().partition(|(at, _)| *at <= now);
        self.call_backs = later;
        for (_, user) in due {
            self.call_back(&user);
        }
        self.transfers_due(now);
        self.roaming_due(now);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let agents = self.links.values().filter_map(|link| link.agent.poll_timeout());
        let attendants = self.attendants.values().filter_map(Attendant::deadline);
        let call_backs = self.call_backs.iter().map(|(at, _)| *at);
        let roaming = self.links.values().filter_map(Link::forgotten_at);
        agents.chain(attendants).chain(call_backs).chain(self.transfers.deadline()).chain(roaming).min()
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn seed(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| u8::try_from(self.tokens.below(256)).unwrap_or(0))
    }

    pub(crate) fn next_number(&mut self) -> u32 {
        self.numbered += 1;
        self.numbered
    }

    pub(crate) fn command(&mut self, now: Instant, link: LinkId, command: Command) {
        self.tell_agent(now, link, Input::Command(command));
    }

    pub(crate) fn tell_agent(&mut self, now: Instant, id: LinkId, input: Input<'_>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let carrier = link.carried_by(id);
        link.agent.handle(now, input);
        let told: Vec<AgentOutput> = std::iter::from_fn(|| link.agent.poll_output()).collect();
        for output in told {
            match output {
                AgentOutput::Send(message) => {
                    // Without one the phone is away, and nothing can be said to it.
                    self.outputs.extend(carrier.map(|carrier| Output::Send(carrier, message.into())));
                }
                AgentOutput::Event(Event::Call(call, event)) => self.on_call(now, (id, call), event),
                AgentOutput::Event(Event::Request { request, message }) => self.on_request(now, id, request, &message),
                // A server does not register, sends no requests of its own outside calls, and takes no notices.
                AgentOutput::Event(
                    Event::Registration(_) | Event::Response { .. } | Event::Notified { .. } | Event::Subscription(..),
                ) => {}
            }
        }
    }

    fn on_request(&mut self, now: Instant, link: LinkId, request: RequestKey, message: &Request) {
        let response = match message.method {
            Method::Register => self.register(now, link, message),
            Method::Options => Response::new(200, "OK"),
            _ => Response::new(405, "Method Not Allowed"),
        };
        self.command(now, link, Command::Respond { request, response: Box::new(response) });
    }

    fn register(&mut self, now: Instant, link: LinkId, message: &Request) -> Response {
        match self.registrar.register(message) {
            Registered::Here { user, response } => {
                self.came_back(now, &user, link);
                self.registrations += 1;
                if let Some(link) = self.links.get_mut(&link) {
                    link.user = Some(user);
                    let contact = response.headers.get("Contact").unwrap_or_default();
                    link.binding = Some((self.registrations, contact.to_owned()));
                }
                response
            }
            Registered::Asked { user, mut response } => {
                let link = self.link_of(&user).and_then(|link| self.links.get(&link));
                if let Some((_, contact)) = link.and_then(|link| link.binding.as_ref()).filter(|(_, contact)| !contact.is_empty())
                {
                    response.headers.push("Contact", contact.clone());
                }
                response
            }
            Registered::Gone { user, response } => {
                if let Some(link) = self.links.get_mut(&link).filter(|link| link.user.as_deref() == Some(&user)) {
                    (link.user, link.binding) = (None, None);
                }
                response
            }
            Registered::Refused(response) => response,
        }
    }

    pub(crate) fn link_of(&self, user: &str) -> Option<LinkId> {
        let is_here = |link: &Link| link.carrier == Carrier::Own && link.user.as_deref() == Some(user);
        // One phone a user: he is where he registered last.
        let here = self.links.iter().filter(|(_, link)| is_here(link));
        here.max_by_key(|(_, link)| link.binding.as_ref().map(|(nth, _)| *nth)).map(|(id, _)| *id)
    }

    fn on_call(&mut self, now: Instant, call: CallRef, event: CallEvent) {
        if self.note_order(now, call, &event) {
            return;
        }
        if let CallEvent::Incoming(incoming) = event {
            self.on_incoming(now, call, *incoming);
        } else if self.attendants.contains_key(&call) {
            self.on_attended_call(now, call, event);
        } else if let Some(other) = self.bridges.other(call)
            && let Some((link, command)) = self.bridges.relay(call, event)
            && let Some(command) = self.as_ordered(other, command)
        {
            self.command(now, link, command);
        }
    }

    fn on_incoming(&mut self, now: Instant, call: CallRef, incoming: IncomingCall) {
        let dialled = incoming.target.user_text();
        if self.links.get(&call.0).is_none_or(|link| link.user.is_none()) {
            self.reject(now, call, 403, "Register First");
        } else if let Ok(Some(replaces)) = incoming.message.headers.replaces() {
            self.on_replacing(now, call, incoming, &replaces);
        } else if let Some(number) = Number::of_digits(&dialled) {
            self.start_attendant(now, call, number, incoming.offer);
        } else if let Some(callee) = self.link_of(&dialled) {
            self.connect(now, call, incoming, callee, Uri::sip(&dialled, DOMAIN));
        } else {
            self.reject(now, call, 404, "Not Found");
        }
    }

    /// Calls somebody on behalf of who has called.
    pub(crate) fn connect(&mut self, now: Instant, call: CallRef, incoming: IncomingCall, callee: LinkId, target: Uri) {
        let dialled = LineCall::Dialled(self.next_number());
        let from = self.caller(call.0).map(|from| from.with_display_name(&display_name(&incoming.message)));
        let headers = passed_on(incoming.headers);
        self.bridges.join(call, (callee, dialled));
        let invite = Invite { call: dialled, from, target, offer: incoming.offer, headers };
        self.command(now, callee, Command::Invite(Box::new(invite)));
    }

    /// Who is at the other end of a connection, as those he calls see him: by the name he has registered.
    pub(crate) fn caller(&self, link: LinkId) -> Option<NameAddr> {
        let user = self.links.get(&link)?.user.as_deref()?;
        Some(NameAddr::new(Uri::sip(user, DOMAIN)))
    }

    pub(crate) fn reject(&mut self, now: Instant, call: CallRef, code: u16, text: &str) {
        self.command(now, call.0, Command::Reject { call: call.1, code, text: text.into(), headers: Vec::new() });
    }
}

/// The name a caller gives himself; empty when he gives none.
fn display_name(invite: &Request) -> String {
    invite.headers.from().ok().and_then(|from| from.display_name).unwrap_or_default()
}
