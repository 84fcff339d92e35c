//! Being connected and registered, and staying so.

mod connecting;
mod redial;
mod registration;
mod requests;
mod silence;
mod subscriptions;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use calls::io::{LineEnd, LineEvent};
use model::{AccountState, Instant, LineCall, OfflineCause, Personal, Secret};
use sip::{
    CallEvent, Command, Event, ExtraHeaders, Method, OutsideRequest, RequestKey, Response, SubscriptionEvent, SubscriptionKey,
    Uri, UserAgent, UserAgentConfig,
};
use tracing::{debug, info};

use self::{redial::Redial, silence::Silence};
use super::{
    backoff::{Backoff, Schedule, Stages},
    lamps::Lamps,
    targets::Targets,
    translate,
};
use crate::{
    Input, Output,
    net::{ConnectionId, Endpoint, NetRequest},
};

/// Within the two seconds a line gives us.
const SIGN_OFF_LIMIT: Duration = Duration::from_millis(1_900);
/// Without a registration to take back: for the BYEs to be answered, challenged perhaps.
const HANG_UP_LIMIT: Duration = Duration::from_millis(500);
/// The subscription to messages that wait.
const MESSAGES: SubscriptionKey = SubscriptionKey(0);

/// An account's configuration, as it is used.
pub(crate) struct Setup {
    pub(crate) endpoint: Endpoint,
    /// The domain that names the servers behind the endpoint, if one does.
    pub(crate) located_by: Option<String>,
    pub(crate) user_agent: UserAgentConfig,
    /// What names without a domain are dialled at.
    pub(crate) domain: String,
    pub(crate) register: bool,
    /// Whether it asks to be told of messages that wait.
    pub(crate) mwi: bool,
    /// What is dialled before a number to pick up the call that rings there.
    pub(crate) pickup_code: Personal,
    pub(crate) habits: Habits,
    /// How many connections its line has numbered before.
    pub(crate) connections_before: u32,
}

/// What services want done differently.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub(crate) connect: Connect,
    pub(crate) loss: Loss,
    pub(crate) schedule: Schedule,
    pub(crate) refusals: Refusals,
}

/// When an account is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connect {
    /// As long as it is switched on.
    Always,
    /// From `Presence::connect` to the end of the last call: it is ready without, and says so.
    ForCalls,
}

/// What becomes of calls whose connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// They go on, and are signalled for again over the next one.
    CallsStay,
    /// They are over, for the server forgets them too.
    CallsEnd,
}

/// What becomes of an account whose registration is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusals {
    /// It asks again after a while.
    AskAgain,
    /// It stays offline, unless the server says when to come again or is out of order.
    Final,
    /// It asks again in the stages of XiVO's own pages; a wrong password too, for the server sets that.
    InStages,
}

/// What happens to a connection that a layer above may want to know.
#[derive(Debug)]
pub(crate) enum News {
    /// It is open.
    Opened,
    /// It could not be opened, or is gone.
    Lost(OfflineCause),
    /// A request of `Presence::ask` was answered.
    Response(Box<Response>),
    /// The server did not accept the token.
    TokenRefused,
    /// Another phone has taken our place at the registrar; we take it back.
    Replaced,
}

/// The machine behind an account that can be used.
pub(crate) struct Presence {
    endpoint: Endpoint,
    domain: String,
    register: bool,
    mwi: bool,
    habits: Habits,
    news: VecDeque<News>,
    last_request: u32,
    lamps: Lamps,
    /// Our address of record, whose messages wait.
    aor: Uri,
    registrar: Uri,
    agent: UserAgent,
    link: Link,
    targets: Targets,
    redial: Redial,
    silence: Silence,
    backoff: Backoff,
    stages: Stages,
    last_connection: u32,
    calls: BTreeSet<LineCall>,
    /// Whom the far ends of calls ask us to call, until it is done.
    referrals: BTreeMap<LineCall, Referral>,
    told: Option<AccountState>,
    outputs: VecDeque<Output>,
}

/// Whom a far end asks us to call, as it wrote it.
struct Referral {
    target: Uri,
    referred_by: Option<Personal>,
}

/// The connection to the server.
#[derive(Debug)]
enum Link {
    /// None, and none is wanted: not started, stopped, or trying again cannot help.
    Down,
    /// None; the next try comes.
    Waiting { until: Instant },
    /// Being opened, or its server looked for; until then, where there are other servers.
    Opening { connection: ConnectionId, until: Option<Instant> },
    /// Open. After a refused registration, the next try is made over it. Where there are other servers, the first one must be
    /// answered by a moment.
    Open { connection: ConnectionId, register_at: Option<Instant>, answer_by: Option<Instant> },
    /// Open, and we are signing off.
    Leaving { connection: ConnectionId, until: Instant, awaits: Farewell },
}

/// What signing off still takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// The registrar's answer.
    Registrar,
    /// That the calls are over on the wire, too: an INVITE that has no answer yet cannot be called off before (RFC 3261
    /// section 9.1), and would ring on without us.
    Calls,
}

impl Link {
    /// Over what messages can be sent.
    fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Open { connection, .. } | Self::Leaving { connection, .. } => Some(*connection),
            Self::Down | Self::Waiting { .. } | Self::Opening { .. } => None,
        }
    }
}

impl Presence {
    pub(crate) fn new(setup: Setup, seed: [u8; 32]) -> Self {
        Self {
            endpoint: setup.endpoint,
            domain: setup.domain,
            register: setup.register,
            mwi: setup.mwi,
            habits: setup.habits,
            news: VecDeque::new(),
            last_request: 0,
            lamps: Lamps::new(setup.pickup_code),
            aor: setup.user_agent.aor.clone(),
            registrar: setup.user_agent.registrar.clone(),
            // Several sources, so that what is seen on the wire does not tell the waiting times; any fixed change will do.
            backoff: Backoff::new(seed.map(|byte| !byte), setup.habits.schedule),
            targets: Targets::new(setup.located_by, seed.map(|byte| byte.rotate_left(3))),
            redial: Redial::default(),
            silence: Silence::default(),
            stages: Stages::default(),
            agent: UserAgent::new(setup.user_agent, seed),
            link: Link::Down,
            last_connection: setup.connections_before,
            calls: BTreeSet::new(),
            referrals: BTreeMap::new(),
            told: None,
            outputs: VecDeque::new(),
        }
    }

    pub(crate) fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Start if self.habits.connect == Connect::ForCalls => self.tell(AccountState::Ready),
            Input::Start => self.connect(now),
            Input::Stop => self.stop(now),
            Input::Request(request) => self.on_request(now, request),
            Input::Net(event) => self.on_net(now, event),
            Input::NetworkChanged => self.on_network_changed(now),
            Input::AcceptCalls(wanted) => self.accept_calls(now, wanted),
            Input::Token(token) => self.sign_in(now, token),
            Input::NumberFrom(first) => self.agent.number_from(first),
            // SIP has no assistant.
            Input::Assist(_) => {}
            Input::Timeout => self.on_timeout(now),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Where the next connection goes.
    pub(crate) fn set_endpoint(&mut self, endpoint: Endpoint) {
        self.endpoint = endpoint;
    }

    /// The number of the last connection.
    pub(crate) fn last_connection(&self) -> u32 {
        self.last_connection
    }

    /// Whether it waits for its next try to connect.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.link, Link::Waiting { .. })
    }

    /// Whether a call goes on.
    pub(crate) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let own = match &self.link {
            Link::Waiting { until } | Link::Leaving { until, .. } => Some(*until),
            Link::Open { register_at, answer_by, .. } => [*register_at, *answer_by].into_iter().flatten().min(),
            Link::Opening { until, .. } => *until,
            Link::Down => None,
        };
        [own, self.redial.due(), self.silence.due(), self.agent.poll_timeout()].into_iter().flatten().min()
    }

    /// The next thing a layer above may want to know; to be drained after each `handle`, as the outputs are.
    pub(crate) fn poll_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// Opens the connection now, when there is none.
    pub(crate) fn connect(&mut self, now: Instant) {
        if let Link::Down | Link::Waiting { .. } = self.link {
            self.open(now);
        }
    }

    /// Whether messages can be sent.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.link, Link::Open { .. })
    }

    /// Closes a connection that no call needs any more, where it is there for calls only, as without a registration.
    pub(crate) fn release(&mut self, now: Instant) {
        let is_for_calls = self.habits.connect == Connect::ForCalls || !self.register;
        if is_for_calls && self.calls.is_empty() && self.is_open() && self.agent.is_quiet() {
            self.close(now);
        }
    }

    /// Signs in by a token from now on: registers with it, where the account is to be called.
    pub(crate) fn sign_in(&mut self, now: Instant, token: Secret) {
        let was_registered = self.register && self.told == Some(AccountState::Registered);
        self.agent(now, sip::Input::Command(Command::Bear(Some(token))));
        if self.habits.connect == Connect::ForCalls {
            return;
        }
        self.register = true;
        match self.link {
            Link::Open { .. } if !was_registered => {
                self.tell(AccountState::Registering);
                self.agent(now, sip::Input::Command(Command::Register));
            }
            Link::Down => self.open(now),
            Link::Open { .. } | Link::Waiting { .. } | Link::Opening { .. } | Link::Leaving { .. } => {}
        }
    }

    /// Whether the account is to be called: connected and registered, once `sign_in` follows, or connected for calls only.
    fn accept_calls(&mut self, now: Instant, wanted: bool) {
        self.habits.connect = if wanted { Connect::Always } else { Connect::ForCalls };
        if wanted {
            return;
        }
        match &mut self.link {
            Link::Open { register_at, .. } => {
                *register_at = None;
                if std::mem::take(&mut self.register) {
                    self.agent(now, sip::Input::Command(Command::Unregister));
                }
            }
            Link::Waiting { .. } => self.link = Link::Down,
            // What it is opened for is decided when it is open.
            Link::Opening { .. } | Link::Down | Link::Leaving { .. } => {}
        }
        self.register = false;
        self.tell(AccountState::Ready);
    }

    /// Sends a request outside of calls; `News::Response` follows, also when nobody answers.
    pub(crate) fn ask(&mut self, now: Instant, method: Method, target: Uri, headers: ExtraHeaders) {
        self.last_request = self.last_request.wrapping_add(1);
        let request = OutsideRequest {
            request: RequestKey(self.last_request),
            method,
            target,
            headers,
            content_type: String::new(),
            body: Personal::default(),
        };
        self.agent(now, sip::Input::Command(Command::Request(Box::new(request))));
    }

    fn on_timeout(&mut self, now: Instant) {
        match &mut self.link {
            Link::Waiting { until } if *until <= now => self.open(now),
            Link::Opening { connection, until: Some(until) } if *until <= now => {
                let connection = *connection;
                self.give_up_opening(now, connection);
            }
            Link::Leaving { until, .. } if *until <= now => self.stopped(now),
            Link::Open { answer_by: Some(by), .. } if *by <= now => {
                self.close(now);
                self.fall(now, OfflineCause::NoAnswer);
            }
            Link::Open { register_at, .. } if register_at.is_some_and(|at| at <= now) => {
                *register_at = None;
                self.tell(AccountState::Registering);
                self.agent(now, sip::Input::Command(Command::Register));
            }
            Link::Down | Link::Waiting { .. } | Link::Opening { .. } | Link::Open { .. } | Link::Leaving { .. } => {}
        }
        self.agent(now, sip::Input::Timeout);
        self.look_at_silence(now);
        if self.redial.due().is_some_and(|due| due <= now) {
            self.give_up_redialling();
        }
        self.leave_when_done(now);
    }

    fn stop(&mut self, now: Instant) {
        self.tell(AccountState::Offline { cause: OfflineCause::SignedOff, retry_in_s: None });
        let connection = match self.link {
            Link::Open { connection, .. } => connection,
            Link::Leaving { .. } => return,
            Link::Opening { connection, .. } => {
                self.net(NetRequest::Close { connection });
                return self.stopped(now);
            }
            Link::Down | Link::Waiting { .. } => return self.stopped(now),
        };
        let calls: Vec<LineCall> = self.calls.iter().copied().collect();
        let limit = match (self.register, calls.is_empty()) {
            (true, _) => SIGN_OFF_LIMIT,
            (false, true) if self.agent.is_quiet() => return self.stopped(now),
            (false, _) => HANG_UP_LIMIT,
        };
        let awaits = if self.register { Farewell::Registrar } else { Farewell::Calls };
        self.link = Link::Leaving { connection, until: now + limit, awaits };
        for call in calls {
            self.agent(now, sip::Input::Command(Command::HangUp { call, reason: String::new() }));
        }
        if self.register {
            self.agent(now, sip::Input::Command(Command::Unsubscribe(MESSAGES)));
            self.watch(now, Vec::new());
            self.agent(now, sip::Input::Command(Command::Unregister));
        }
        self.leave_when_done(now);
    }

    /// Ends when there is nothing left to be said.
    fn leave_when_done(&mut self, now: Instant) {
        let is_done = if self.register { self.agent.has_parted() } else { self.agent.is_quiet() };
        if matches!(self.link, Link::Leaving { awaits: Farewell::Calls, .. }) && is_done {
            self.stopped(now);
        }
    }

    fn stopped(&mut self, now: Instant) {
        self.close(now);
        self.redial = Redial::default();
        // Those that could not be ended on the wire are over all the same.
        for call in std::mem::take(&mut self.calls) {
            self.outputs.push_back(Output::Line(LineEvent::Ended { call, how: LineEnd::ConnectionLost }));
        }
        self.link = Link::Down;
        self.outputs.push_back(Output::Stopped);
    }

    /// Hands something to the user agent and does what it asks for.
    fn agent(&mut self, now: Instant, input: sip::Input<'_>) {
        self.agent.handle(now, input);
        while let Some(output) = self.agent.poll_output() {
            match output {
                sip::Output::Send(message) => self.send(message),
                sip::Output::Event(event) => self.on_event(now, event),
            }
        }
    }

    fn send(&mut self, message: Vec<u8>) {
        match self.link.connection() {
            Some(connection) => self.net(NetRequest::Send { connection, message: Bytes::from(message) }),
            None => debug!("a message is dropped: not connected"),
        }
    }

    fn on_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Registration(event) => self.on_registration(now, event),
            Event::Call(call, CallEvent::Referred { target, referred_by }) => self.on_referred(now, call, *target, referred_by),
            Event::Call(call, event) => {
                if self.redials(now, call, &event) {
                    return;
                }
                match &event {
                    CallEvent::Incoming(_) => self.calls.insert(call),
                    CallEvent::Ended(_) => {
                        self.referrals.remove(&call);
                        self.calls.remove(&call)
                    }
                    _ => false,
                };
                if let Some(event) = translate::line_event(call, event) {
                    self.outputs.push_back(Output::Line(event));
                }
            }
            Event::Notified { body, .. } => self.on_summary(body.expose()),
            Event::Subscription(MESSAGES, SubscriptionEvent::Notified { body, .. }) => self.on_summary(body.expose()),
            Event::Subscription(MESSAGES, SubscriptionEvent::Refused { code }) => {
                // It may tell without being asked, as many do.
                debug!(code, "the server takes no subscription to waiting messages");
                self.mwi = false;
            }
            Event::Subscription(key, event) => self.on_lamp(now, key, event),
            // It was heard, as anything else is.
            Event::Response { request: silence::QUESTION, .. } => {}
            Event::Response { response, .. } => self.news.push_back(News::Response(response)),
            Event::Request { .. } => debug!("nobody asked for this"),
        }
    }

    /// Tells how the account is doing, when that is news.
    fn tell(&mut self, state: AccountState) {
        if self.told.as_ref() == Some(&state) {
            return;
        }
        match &state {
            AccountState::Offline { cause, retry_in_s } => info!(%cause, retry_in_s, "offline"),
            AccountState::Registered => info!("registered"),
            AccountState::Ready => info!("connected"),
            AccountState::Disabled | AccountState::Connecting | AccountState::Registering => debug!(?state),
        }
        self.told = Some(state.clone());
        self.outputs.push_back(Output::Line(LineEvent::State(state)));
    }

    fn net(&mut self, request: NetRequest) {
        self.outputs.push_back(Output::Net(request));
    }
}

fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}
