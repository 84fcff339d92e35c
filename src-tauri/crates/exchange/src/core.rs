//! The exchange as a machine: connections with their user agents, the registrar, the numbers and the bridges.

use std::collections::{BTreeMap, VecDeque};

use audio::ToneSpec;
use bytes::Bytes;
use calls::io::{Description, MediaEvent, MediaRequest};
use model::{AccountId, DtmfDigit, Instant, LineCall, MediaDirection, MediaId};
use sip::{
    CallEnd, CallEvent, Command, Event, IncomingCall, Input, Invite, Method, NameAddr, Output as AgentOutput, Reliability,
    Request, RequestKey, Response, Role, Tokens, Transport, Uri, UserAgent, UserAgentConfig, auth::Credentials,
};

use crate::{
    attendant::{Attendant, Stage},
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

/// The name of the numbers that call.
const NAME: &str = "Practice exchange";

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

    fn start_attendant(&mut self, now: Instant, call: CallRef, number: Number, offer: Option<Description>) {
        if number == Number::Busy {
            self.reject(now, call, 486, "Busy Here");
            return;
        }
        self.attend(call, number, offer, None);
    }

    pub(crate) fn attend(&mut self, call: CallRef, number: Number, offer: Option<Description>, in_place_of: Option<CallRef>) {
        let media = MediaId(self.next_number());
        let account = AccountId("exchange".into());
        let request = match offer {
            Some(offer) => MediaRequest::Accept { account, offer },
            None => MediaRequest::Offer { account },
        };
        self.outputs.push_back(Output::Media(media, request));
        let mut attendant = Attendant::new(number, media);
        attendant.in_place_of = in_place_of;
        self.attendants.insert(call, attendant);
    }

    fn call_back(&mut self, user: &str) {
        let Some(link) = self.link_of(user) else { return };
        let call = self.call_out(link, Number::Echo, Uri::sip(user, DOMAIN));
        if let Some(attendant) = self.attendants.get_mut(&call) {
            attendant.seen_as = Number::CallBack;
        }
    }

    /// Lets a number call somebody.
    pub(crate) fn call_out(&mut self, link: LinkId, number: Number, target: Uri) -> CallRef {
        let media = MediaId(self.next_number());
        let call = (link, LineCall::Dialled(self.next_number()));
        self.outputs.push_back(Output::Media(media, MediaRequest::Offer { account: AccountId("exchange".into()) }));
        let mut attendant = Attendant::new(number, media);
        attendant.calls = Some(target);
        self.attendants.insert(call, attendant);
        call
    }

    pub(crate) fn media(&mut self, now: Instant, media: MediaId, event: MediaEvent) {
        let Some((call, attendant)) = self.attendants.iter_mut().find(|(_, attendant)| attendant.media == media) else { return };
        let call = *call;
        match event {
            MediaEvent::Accepted => {
                // Told at once, so that the caller knows that somebody is there while our answer is being made.
                self.command(now, call.0, Command::Ring { call: call.1 });
            }
            MediaEvent::OfferReady { offer } => match call.1 {
                LineCall::Dialled(_) => self.send_call_out(now, call, offer),
                LineCall::Received(_) => self.alert(now, call, offer),
            },
            MediaEvent::AnswerReady { answer, .. } if attendant.stage == Stage::Preparing => self.alert(now, call, answer),
            MediaEvent::AnswerReady { answer, .. } => {
                self.command(now, call.0, Command::AnswerReoffer { call: call.1, description: answer });
            }
            MediaEvent::Refused { code, fault } => {
                if attendant.stage == Stage::Preparing {
                    self.reject(now, call, code, &fault.to_string());
                    self.drop_attendant(call);
                } else {
                    self.command(now, call.0, Command::RefuseReoffer { call: call.1, code });
                }
            }
            MediaEvent::Dtmf { digit, .. } => attendant.digit(now, digit),
            MediaEvent::Failed { .. } | MediaEvent::Died { .. } => {
                self.command(now, call.0, Command::HangUp { call: call.1, reason: String::new() });
                self.drop_attendant(call);
            }
            MediaEvent::Applied { .. }
            | MediaEvent::Connected { .. }
            | MediaEvent::FirstPacket
            | MediaEvent::Interrupted
            | MediaEvent::RelayRefused { .. }
            | MediaEvent::DtmfSent
            | MediaEvent::DtmfUnavailable
            | MediaEvent::Statistics(_)
            | MediaEvent::Trouble(_)
            | MediaEvent::Closed(_) => {}
        }
    }

    /// Our description of an arrived call is there: it is answered, or rings on, or plays first.
    fn alert(&mut self, now: Instant, call: CallRef, description: Description) {
        let Some(attendant) = self.attendants.get_mut(&call) else { return };
        let Some(wait) = attendant.answers_after() else {
            // It rings until the caller gives up.
            attendant.stage = Stage::Talking { until: None };
            return;
        };
        let early = attendant.heard_before_answer();
        if wait.is_zero() {
            self.accept(now, call, Some(description));
            return;
        }
        attendant.stage = Stage::Alerting { answer_at: now + wait };
        attendant.description = Some(description.clone());
        if early != Heard::Silence {
            let media = attendant.media;
            let progress =
                Command::Progress { call: call.1, code: 183, description: Some(description), reliable: Reliability::Plain };
            self.command(now, call.0, progress);
            self.outputs.push_back(Output::Hear(media, early));
        }
    }

    fn accept(&mut self, now: Instant, call: CallRef, description: Option<Description>) {
        let Some(attendant) = self.attendants.get_mut(&call) else { return };
        attendant.answered(now);
        let (media, heard, replaced) = (attendant.media, attendant.heard(), attendant.in_place_of.take());
        self.command(now, call.0, Command::Accept { call: call.1, description, headers: Vec::new() });
        self.outputs.push_back(Output::Hear(media, heard));
        if let Some(replaced) = replaced {
            self.hang_up_attended(now, replaced);
        }
    }

    fn send_call_out(&mut self, now: Instant, call: CallRef, offer: Description) {
        let Some(attendant) = self.attendants.get(&call) else { return };
        let (Some(target), headers) = (attendant.calls.clone(), attendant.headers.clone()) else { return };
        let from = Some(NameAddr::new(Uri::sip(attendant.seen_as.digits(), DOMAIN)).with_display_name(NAME));
        let invite = Invite { call: call.1, from, target, offer: Some(offer), headers };
        self.command(now, call.0, Command::Invite(Box::new(invite)));
    }

    fn on_attended_call(&mut self, now: Instant, call: CallRef, event: CallEvent) {
        self.tell_who_transferred(now, call, &event);
        let Some(attendant) = self.attendants.get_mut(&call) else { return };
        let media = attendant.media;
        match event {
            CallEvent::Answered { answer, .. } => {
                attendant.answered(now);
                self.outputs.push_back(Output::Hear(media, self.attendants.get(&call).map_or(Heard::Silence, Attendant::heard)));
                self.apply(media, answer);
            }
            CallEvent::Confirmed { answer } | CallEvent::ReofferConfirmed { answer } => self.apply(media, answer),
            CallEvent::Reoffered { offer, .. } => {
                let request = MediaRequest::Reaccept { offer, direction: MediaDirection::SendRecv };
                self.outputs.push_back(Output::Media(media, request));
            }
            CallEvent::Info { body, .. } => {
                if let Some(digit) = info_digit(body.expose()) {
                    attendant.digit(now, digit);
                }
            }
            CallEvent::Referred { target, .. } => self.on_referred(now, call, &target),
            CallEvent::Ended(end) => {
                let number = attendant.number;
                self.drop_attendant(call);
                self.after(now, call, number, &end);
            }
            CallEvent::Sent { .. }
            | CallEvent::Incoming(_)
            | CallEvent::EarlyAnswer { .. }
            | CallEvent::Progress { .. }
            | CallEvent::ReofferWithdrawn
            | CallEvent::ReofferAnswered { .. }
            | CallEvent::ReofferRefused { .. }
            | CallEvent::RemoteChanged { .. }
            | CallEvent::InfoAnswered { .. }
            | CallEvent::ReferAnswered { .. }
            | CallEvent::ReferProgress { .. } => {}
        }
    }

    fn apply(&mut self, media: MediaId, answer: Option<Description>) {
        if let Some(answer) = answer {
            self.outputs.push_back(Output::Media(media, MediaRequest::Apply { answer }));
        }
    }

    fn attendant_due(&mut self, now: Instant, call: CallRef) {
        let Some(attendant) = self.attendants.get_mut(&call) else { return };
        match attendant.stage {
            Stage::Preparing => {}
            Stage::Alerting { .. } => {
                // A 183 with the answer has been sent unreliably, so the 200 has to carry it too (RFC 3261 13.2.1).
                let description = attendant.description.take();
                self.accept(now, call, description);
            }
            Stage::Talking { .. } => {
                let number = attendant.number;
                self.hang_up_attended(now, call);
                self.after(now, call, number, &CallEnd::Local);
            }
            Stage::Collecting { .. } => {
                let tone: ToneSpec = attendant.read_back();
                let media = attendant.media;
                self.outputs.push_back(Output::Hear(media, Heard::Tone(tone)));
            }
        }
    }

    /// What a number does when its call is over.
    fn after(&mut self, now: Instant, call: CallRef, number: Number, end: &CallEnd) {
        let user = self.links.get(&call.0).and_then(|link| link.user.clone());
        if let (Number::CallBack, CallEnd::Local | CallEnd::Bye { .. }, Some(user)) = (number, end, user) {
            self.call_backs.push((now + std::time::Duration::from_secs(2), user));
        }
    }

    pub(crate) fn hang_up_attended(&mut self, now: Instant, call: CallRef) {
        // First, so that the end of the call, which is told at once, finds nobody and nothing is done twice.
        self.drop_attendant(call);
        self.command(now, call.0, Command::HangUp { call: call.1, reason: String::new() });
    }

    fn drop_attendant(&mut self, call: CallRef) {
        if let Some(attendant) = self.attendants.remove(&call) {
            self.outputs.push_back(Output::Media(attendant.media, MediaRequest::Close));
        }
    }
}

/// The name a caller gives himself; empty when he gives none.
fn display_name(invite: &Request) -> String {
    invite.headers.from().ok().and_then(|from| from.display_name).unwrap_or_default()
}

/// The digit of an INFO body: `Signal=5`, or just the digit.
fn info_digit(body: &str) -> Option<DtmfDigit> {
    let value = body.lines().find_map(|line| line.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("signal")));
    let text = value.map_or(body, |(_, value)| value).trim();
    text.chars().next().and_then(|digit| DtmfDigit::try_from(digit).ok())
}
