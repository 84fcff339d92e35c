//! The user agent: one account's end of one connection, as a machine in virtual time.
//!
//! It is told bytes, commands and the time ([`UserAgent::handle`]); it asks for messages to be sent and tells what
//! happened ([`UserAgent::poll_output`]). After each `handle`, drain `poll_output` until `None`, then read
//! `poll_timeout`. The connection may come and go: calls stay, and what the far end has not answered is sent again.

mod arrivals;
mod config;
mod core;
mod guard;
mod io;
mod registration;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use model::{Instant, LineCall, LineFault};

pub(crate) use self::core::{ACCEPT, ALLOW, Answered, Core, User};
pub use config::{Form, Refresh, Role, Transport, UserAgentConfig};
pub use io::{
    CallEnd, CallEvent, CallKey, Command, Description, Event, ExtraHeaders, IncomingCall, Input, Invite, Output, OutsideRequest,
    ReferSubscription, Reliability, RequestKey, Subscribe, SubscriptionEvent, SubscriptionKey,
};
pub use registration::RegistrationEvent;

use crate::{
    Message, Method, Replaces, Response, compose,
    invite::{Call, Provisional, Reinvitation, Rejection},
    is_keep_alive,
    register::Registration,
    subscribe::Subscription,
    transaction::{Happened, Refusal, ServerId, earlier},
};

/// Most requests outside of calls that wait for the user's answer.
const MAX_ASKED: usize = 64;

/// Most subscriptions at once.
const MAX_SUBSCRIPTIONS: usize = 64;

/// One account's end of one connection.
#[derive(Debug)]
pub struct UserAgent {
    core: Core,
    registration: Registration,
    calls: BTreeMap<CallKey, Call>,
    next_received: u32,
    subscriptions: BTreeMap<SubscriptionKey, Subscription>,
    asked: BTreeMap<RequestKey, ServerId>,
    next_asked: u32,
}

impl UserAgent {
    /// A user agent without a connection. `seed` is where its tags, branches and pauses come from; nobody may guess it,
    /// and the same seed and inputs give the same outputs.
    pub fn new(config: UserAgentConfig, seed: [u8; 32]) -> Self {
        let mut core = Core::new(config, seed);
        let registration = Registration::new(&mut core);
        Self {
            core,
            registration,
            calls: BTreeMap::new(),
            next_received: 0,
            subscriptions: BTreeMap::new(),
            asked: BTreeMap::new(),
            next_asked: 0,
        }
    }

    /// Takes one input at the time `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.core.now = now;
        match input {
            Input::Connected => {
                // First who we are, so that the server knows us again; then what ends waiting, then what starts it.
                let newest = self.core.transactions.newest();
                self.core.connected();
                self.registration.connected(&mut self.core);
                self.each_guarded(Call::reconnected);
                // Who registers tells the calls when the server knows him again.
                if !self.registration.is_wanted() {
                    self.each_guarded(Call::renew);
                }
                self.core.transactions.reconnected(newest);
            }
            Input::Disconnected => {
                self.core.disconnected();
                self.registration.disconnected(&mut self.core);
                self.subscriptions.values_mut().for_each(|subscription| subscription.disconnected(&mut self.core));
            }
            Input::Received(bytes) => self.receive(bytes),
            Input::Timeout => self.tick(),
            Input::Command(command) => self.command(command),
        }
        self.settle();
    }

    /// Numbers calls that arrive from `first` on.
    pub fn number_from(&mut self, first: u32) {
        self.next_received = first;
    }

    /// The next thing it asks for.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.core.poll_output()
    }

    /// When it wants `Input::Timeout`.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let calls = self.calls.values().filter_map(Call::deadline).min();
        let subscriptions = self.subscriptions.values().filter_map(Subscription::deadline).min();
        let own = earlier(self.core.transactions.deadline(), self.registration.deadline());
        earlier(own, earlier(calls, subscriptions))
    }

    /// Whether no call is left and nothing of ours waits for an answer: the connection may be closed without harm.
    pub fn is_quiet(&self) -> bool {
        self.has_parted() && !self.core.transactions.awaits(|_| true)
    }

    /// Whether no call is live, nor an INVITE of ours to be called off, nor a BYE to be answered: it may be challenged.
    pub fn has_parted(&self) -> bool {
        self.calls.values().all(Call::is_settled) && !self.core.transactions.awaits(|owner| owner.user.is_bye())
    }

    /// Whether it has a call of that Call-ID.
    pub fn has_call(&self, call_id: &str) -> bool {
        self.calls.values().any(|call| call.call_id() == Some(call_id))
    }

    /// Our contact: what a request to us has as its Request-URI.
    pub fn contact(&self) -> crate::Uri {
        self.core.contact().uri
    }

    /// The call that a `Replaces` names, or the status to refuse it with (RFC 3891 section 3); `None` when it names none.
    pub fn named_by(&self, replaces: &Replaces) -> Option<Result<CallKey, u16>> {
        self.calls.values().find_map(|call| Some(call.replaceable(replaces)?.map(|()| call.key())))
    }

    /// What takes the place of a call at its far end; none before the answer.
    pub fn replaces(&self, call: CallKey) -> Option<Replaces> {
        self.calls.get(&call).and_then(Call::to_be_replaced)
    }

    fn receive(&mut self, bytes: &[u8]) {
        if is_keep_alive(bytes) {
            return;
        }
        match Message::parse(bytes) {
            Ok(Message::Response(response)) => self.core.transactions.receive_response(self.core.now, response),
            Ok(Message::Request(request)) => {
                let refused = request.clone();
                if let Err(Refusal { code }) = self.core.transactions.receive_request(self.core.now, request) {
                    // Without a transaction: whoever floods us is not remembered.
                    let tag = self.core.tokens.tag();
                    let mut response = compose::response(&refused, code, "", Some(&tag));
                    if code == 503 {
                        response.headers.push("Retry-After", 5);
                    }
                    self.core.transactions.send(response.to_bytes());
                }
            }
            Err(error) => {
                tracing::warn!(reason = %error.reason, "a message cannot be read");
                if let Some(reply) = error.reply {
                    let tag = self.core.tokens.tag();
                    self.core.transactions.send(reply.response(&error.reason, &tag).to_bytes());
                }
            }
        }
    }

    fn tick(&mut self) {
        self.core.transactions.tick(self.core.now);
        self.registration.tick(&mut self.core);
        self.each_guarded(Call::tick);
        self.subscriptions.values_mut().for_each(|subscription| subscription.tick(&mut self.core));
    }

    /// Hands what happened to those whom it concerns, and forgets calls of which nothing is left.
    fn settle(&mut self) {
        while let Some(happened) = self.core.transactions.poll_happened() {
            match happened {
                Happened::Response { owner, request, response } => {
                    if response.is_success() {
                        self.core.accepted(&response);
                    }
                    self.answered(&owner.user, &Answered { attempts: owner.attempts, request, response });
                }
                Happened::Unanswered { owner, request } => {
                    let response = Box::new(Response::new(408, ""));
                    self.answered(&owner.user, &Answered { attempts: owner.attempts, request, response });
                }
                Happened::Request { id, request } => self.arrived(id, request),
                Happened::Ack { request } => {
                    if let Some(key) = self.calls.values().find(|call| call.is_of(&request)).map(Call::key) {
                        self.guarded(key, |call, core| call.acknowledged(core, &request));
                    }
                }
                Happened::Cancelled { id, cancel } => {
                    let code = compose::reason_code(&cancel.headers);
                    let core = &mut self.core;
                    if !self.calls.values_mut().any(|call| call.cancelled(core, id, code)) {
                        tracing::debug!("a CANCEL came for an INVITE that no call waits on");
                    }
                }
            }
        }
        self.core.transactions.sweep(self.core.now);
        let core = &self.core;
        self.calls.retain(|_, call| !call.is_over(core));
        self.subscriptions.retain(|_, subscription| !subscription.is_over());
        let transactions = &self.core.transactions;
        self.asked.retain(|_, id| transactions.open_request(*id).is_some());
    }

    fn answered(&mut self, user: &User, answered: &Answered) {
        match user {
            User::Registration => {
                let was_known = self.registration.is_known();
                self.registration.answered(&mut self.core, answered);
                if !was_known && self.registration.is_known() {
                    self.each_guarded(Call::renew);
                }
            }
            User::Call(key, purpose) => {
                if self.calls.contains_key(key) {
                    self.guarded(*key, |call, core| call.answered_by(core, purpose, answered));
                }
            }
            User::Request(request) => self.outside_answered(*request, answered),
            User::Subscription(key) => {
                if let Some(subscription) = self.subscriptions.get_mut(key) {
                    subscription.answered(&mut self.core, answered);
                }
            }
        }
    }

    fn outside_answered(&mut self, request: RequestKey, answered: &Answered) {
        let response = &answered.response;
        if response.is_provisional() {
            return;
        }
        if let 401 | 407 = response.code {
            let number = answered.request.headers.cseq().map_or(1, |cseq| cseq.number.saturating_add(1));
            match self.core.authorise(User::Request(request), answered, number) {
                Ok(_) => return,
                Err(refusal) => tracing::debug!(?refusal, "a challenge is not answered"),
            }
        }
        self.core.push(Event::Response { request, response: response.clone() });
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Register => self.registration.start(&mut self.core),
            Command::Bear(token) => {
                self.core.set_bearer(token);
                self.registration.token_changed(&mut self.core);
            }
            Command::Unregister => self.registration.stop(&mut self.core),
            Command::Invite(invite) => self.dial(*invite),
            Command::Ring { call } => {
                self.progress(call, Provisional { code: 180, description: None, reliable: Reliability::Plain })
            }
            Command::Progress { call, code, description, reliable } => {
                self.progress(call, Provisional { code, description, reliable });
            }
            Command::Accept { call, description, headers } => {
                self.with(call, |call, core| match compose::check_extra_headers(&headers) {
                    Ok(()) => call.accept(core, description, headers),
                    Err(error) => call.reject(core, &Rejection { code: 500, text: error.to_string(), headers: Vec::new() }),
                })
            }
            Command::Reject { call, code, text, headers } => {
                self.with(call, |call, core| call.reject(core, &Rejection { code, text, headers }));
            }
            Command::Abandon { call } => self.with(call, Call::abandon),
            Command::HangUp { call, reason } => self.with(call, |call, core| call.hang_up(core, &reason)),
            Command::Reoffer { call, offer } => {
                self.with(call, |call, core| call.reoffer(core, Reinvitation::Invite(offer)));
            }
            Command::Update { call, offer } => {
                self.with(call, |call, core| call.reoffer(core, Reinvitation::Update(offer)));
            }
            Command::AnswerReoffer { call, description } => {
                self.with(call, |call, core| call.answer_reoffer(core, Ok(description)));
            }
            Command::RefuseReoffer { call, code } => self.with(call, |call, core| call.answer_reoffer(core, Err(code))),
            Command::AckAnswer { call, answer } => self.with(call, |call, core| call.ack_answer(core, &answer)),
            Command::Info { call, content_type, body } => {
                self.with_session(call, |session, core| session.info(core, &content_type, &body));
            }
            Command::Refer { call, target, replaces } => self.refer(call, target, replaces),
            Command::AcceptRefer { call } => self.with_session(call, |session, core| session.accept_refer(core)),
            Command::RefuseRefer { call, code } => {
                self.with_session(call, |session, core| session.refuse_refer(core, code));
            }
            Command::NotifyRefer { call, code, text } => {
                self.with_session(call, |session, core| session.notify_refer(core, code, &text));
            }
            Command::Request(request) => self.request(*request),
            Command::Subscribe(subscribe) => self.subscribe(*subscribe),
            Command::Unsubscribe(key) => {
                if let Some(subscription) = self.subscriptions.get_mut(&key) {
                    subscription.stop(&mut self.core);
                }
            }
            Command::CatchUp(key) => {
                if let Some(subscription) = self.subscriptions.get_mut(&key) {
                    subscription.catch_up(&mut self.core);
                }
            }
            Command::Respond { request, response } => self.respond(request, &response),
        }
    }

    fn with(&mut self, key: CallKey, act: impl FnOnce(&mut Call, &mut Core)) {
        self.guarded(key, act);
    }

    fn with_session(&mut self, key: CallKey, act: impl FnOnce(&mut crate::invite::Session, &mut Core)) {
        self.with(key, |call, core| match call.talking() {
            Some(session) => act(session, core),
            None => tracing::debug!(?key, "a command for a call that is not answered"),
        });
    }

    fn progress(&mut self, call: CallKey, provisional: Provisional) {
        self.with(call, |call, core| call.progress(core, provisional));
    }

    /// Calls that are not over; others may be remembered for 32 s, because late responses and repeats belong to them.
    fn live_calls(&self) -> usize {
        self.calls.values().filter(|call| !call.is_settled()).count()
    }

    fn dial(&mut self, invite: Invite) {
        let key = invite.call;
        let dialled = match (key, self.live_calls() < self.core.config.max_calls) {
            // A call of ours is named as dialled, and once.
            (LineCall::Received(_), _) => Err(LineFault::Confused),
            _ if self.calls.contains_key(&key) => Err(LineFault::Confused),
            (LineCall::Dialled(_), false) => Err(LineFault::TooMany),
            (LineCall::Dialled(_), true) => Ok(()),
        };
        let dialled = dialled.map_err(|fault| CallEnd::Failed { fault });
        match dialled.and_then(|()| Call::dial(&mut self.core, invite)) {
            Ok(call) => {
                self.calls.insert(key, call);
            }
            Err(end) => self.core.tell(key, CallEvent::Ended(end)),
        }
    }

    fn refer(&mut self, call: CallKey, target: crate::Uri, replaces: Option<CallKey>) {
        let other = replaces.map(|other| self.replaces(other));
        let replaces = match other {
            Some(None) => {
                let text = String::from("the other call is not answered");
                return self.core.tell(call, CallEvent::ReferAnswered { code: 481, text });
            }
            Some(Some(replaces)) => Some(replaces),
            None => None,
        };
        self.with_session(call, |session, core| session.refer(core, target, replaces.as_ref()));
    }

    fn subscribe(&mut self, subscribe: Subscribe) {
        let key = subscribe.key;
        if self.subscriptions.contains_key(&key) {
            return;
        }
        if self.subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return self.core.push(Event::Subscription(key, SubscriptionEvent::Refused { code: 503 }));
        }
        let subscription = Subscription::start(&mut self.core, subscribe);
        self.subscriptions.insert(key, subscription);
    }

    fn request(&mut self, outside: OutsideRequest) {
        let OutsideRequest { request: key, method, target, headers, content_type, body } = outside;
        let refusal = match (&method, compose::check_extra_headers(&headers)) {
            (Method::Invite | Method::Ack | Method::Bye | Method::Cancel | Method::Prack | Method::Update, _) => {
                Some(String::from("this request belongs to a call"))
            }
            (_, Err(error)) => Some(error.to_string()),
            (_, Ok(())) => None,
        };
        if let Some(text) = refusal {
            let response = Box::new(Response::new(400, &text));
            return self.core.push(Event::Response { request: key, response });
        }
        let mut request = self.core.outside_request(method, target, &headers);
        if request.method == Method::Options {
            request.headers.push("Supported", self.core.supported());
        }
        if !matches!(request.method, Method::Message | Method::Options) {
            request.headers.set("Contact", self.core.contact());
        }
        if !body.is_empty() {
            request.set_body(&content_type, body.expose());
        }
        if self.core.request(User::Request(key), request).is_none() {
            let response = Box::new(Response::new(503, "there are too many requests under way"));
            self.core.push(Event::Response { request: key, response });
        }
    }

    fn respond(&mut self, key: RequestKey, answer: &Response) {
        let Some(id) = self.asked.remove(&key) else { return };
        let tag = self.core.tokens.tag();
        let Some(mut response) = self.core.response(id, answer.code, &answer.reason, &tag) else { return };
        for (name, value) in answer.headers.iter() {
            response.headers.push(name, value);
        }
        response.body.clone_from(&answer.body);
        self.core.respond(id, &response);
    }
}
