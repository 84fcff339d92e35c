//! An account at the cloud, as a line: the general SIP line with what only the cloud does around it.

mod ready;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use calls::io::{Capabilities, LineEnd, LineEvent, LineRequest, Transfers};
use model::{
    AccountState, AculabAccount, AculabInterface, CalleeFault, CallerId, DeclineCode, Instant, LineCall, LineFault, OfflineCause,
    Secret, TokenFault,
};
use sip::{Method, Response, Uri};

use self::ready::{Arrived, Preparing};
use super::{
    causes,
    dial::{self, Callee},
    ice_list::{IceList, TURN_REQUEST},
    setup::{self, Names},
    token::Token,
    token_keeper::{Found, Question, TokenKeeper},
};
use crate::{
    Input, Output, Provider,
    net::{NetEvent, NetRequest},
    sip::{News, Presence, Unusable, not_callable},
};

/// The time of day, for tokens: they tell their end by it. A clock that is set later is not noticed.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    /// A moment on the phone's clock, …
    pub at: Instant,
    /// … and the seconds since 1970 then.
    pub unix_s: i64,
}

impl WallClock {
    /// Seconds since 1970 at `now`.
    pub(super) fn unix_at(&self, now: Instant) -> i64 {
        let elapsed = i64::try_from(now.since(self.at).as_secs()).unwrap_or(i64::MAX);
        self.unix_s.saturating_add(elapsed)
    }
}

/// One account at Aculab Cloud, by either interface.
pub struct AculabProvider(State);

enum State {
    /// The configuration cannot work; nothing is tried.
    Unusable(Unusable),
    Usable(Box<AculabLine>),
}

impl AculabProvider {
    /// An account as configured. The seed makes identifiers and waiting times; it must be unguessable.
    pub fn new(account: &AculabAccount, clock: WallClock, seed: [u8; 32]) -> Self {
        Self(match AculabLine::new(account, clock, seed) {
            Ok(line) => State::Usable(Box::new(line)),
            Err(cause) => State::Unusable(Unusable::new(cause)),
        })
    }
}

impl Provider for AculabProvider {
    fn capabilities(&self) -> Capabilities {
        let calls = match &self.0 {
            State::Unusable(_) => 1,
            State::Usable(line) => line.most_calls,
        };
        Capabilities { calls, hold: false, transfer: Transfers::Never, dtmf_info: false, prepares: true, elsewhere: false }
    }

    fn handle(&mut self, now: Instant, input: Input) {
        match &mut self.0 {
            State::Unusable(unusable) => unusable.handle(input),
            State::Usable(line) => line.handle(now, input),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        match &mut self.0 {
            State::Unusable(unusable) => unusable.poll_output(),
            State::Usable(line) => line.outputs.pop_front(),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match &self.0 {
            State::Unusable(_) => None,
            State::Usable(line) => line.deadline(),
        }
    }
}

struct AculabLine {
    names: Names,
    proxy: Uri,
    presence: Presence,
    /// The cloud's list; none when the account has its own.
    list: Option<IceList>,
    /// Where tokens come from; none where there are no tokens.
    keeper: Option<TokenKeeper>,
    accepts_calls: bool,
    most_calls: u32,
    /// Whether a token is there, and until when.
    token: Held,
    preparing: BTreeMap<LineCall, Preparing>,
    /// Made ready, and not yet offered; and who each is from, where that was chosen.
    prepared: BTreeMap<LineCall, Option<CallerId>>,
    /// Calls to services: the cloud takes no changed offers for them. And the fork whose audio was heard before the answer.
    to_services: BTreeMap<LineCall, Option<u32>>,
    /// Calls that arrived before the list.
    arrived: Vec<Arrived>,
    /// Why it cannot be called though it is to be, as it was told last.
    unready: Option<AccountState>,
    outputs: VecDeque<Output>,
}

#[derive(Debug, PartialEq)]
enum Held {
    Nothing,
    Token { token: Token, expires: Option<Instant> },
}

impl AculabLine {
    fn new(account: &AculabAccount, clock: WallClock, seed: [u8; 32]) -> Result<Self, OfflineCause> {
        let (setup, names) = setup::read(account)?;
        let (keeper, accepts_calls, most_calls) = match &account.interface {
            AculabInterface::V1(_) => (None, false, 1),
            AculabInterface::V2(client) => {
                (Some(TokenKeeper::new(account, client, clock)?), client.accept_calls, client.max_concurrent)
            }
        };
        Ok(Self {
            proxy: Uri::sip("", &names.proxy_domain),
            names,
            presence: Presence::new(setup, seed),
            list: account.ice_servers.is_none().then(IceList::default),
            keeper,
            accepts_calls,
            most_calls,
            token: Held::Nothing,
            preparing: BTreeMap::new(),
            prepared: BTreeMap::new(),
            to_services: BTreeMap::new(),
            arrived: Vec::new(),
            unready: None,
            outputs: VecDeque::new(),
        })
    }

    fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Start => self.start(now),
            Input::Request(request) => self.on_request(now, request),
            Input::Net(NetEvent::Answered { question, answer }) => {
                if let Some(keeper) = &mut self.keeper {
                    let (found, next) = keeper.answered(now, question, answer);
                    if let Some(Found::Token { token, .. }) = &found {
                        let to_keep = keeper.to_keep(now, token);
                        self.line(LineEvent::TokenToKeep(to_keep));
                    }
                    self.on_found(now, found, next);
                }
            }
            Input::AcceptCalls(wanted) => self.accept_calls(now, wanted),
            Input::Token(token) => self.on_new_token(now, &token),
            // The cloud has no assistant.
            Input::Assist(_) => {}
            Input::Timeout => {
                self.on_timeout(now);
                self.presence.handle(now, Input::Timeout);
            }
            Input::NetworkChanged => {
                if self.accepts_calls && self.token == Held::Nothing {
                    let question = self.keeper.as_mut().and_then(TokenKeeper::network_changed);
                    self.on_found(now, None, question);
                }
                self.presence.handle(now, Input::NetworkChanged);
            }
            input @ (Input::NumberFrom(_) | Input::Stop | Input::Net(_)) => self.presence.handle(now, input),
        }
        self.settle(now);
    }

    fn deadline(&self) -> Option<Instant> {
        let list = self.list.as_ref().and_then(IceList::deadline);
        let keeper = self.keeper.as_ref().and_then(TokenKeeper::deadline);
        [self.presence.poll_timeout(), list, keeper, self.rings_at()].into_iter().flatten().min()
    }

    fn start(&mut self, now: Instant) {
        if self.keeper.as_ref().is_some_and(|keeper| keeper.keeps_in_vain(now)) {
            self.line(LineEvent::TokenToKeep(None));
        }
        if !self.accepts_calls {
            self.presence.handle(now, Input::Start);
            // Others are fetched when a call needs them.
            let found = self.keeper.as_mut().and_then(|keeper| keeper.at_hand(now));
            return self.on_found(now, found, None);
        }
        self.line(LineEvent::State(AccountState::Connecting));
        if let Some(keeper) = &mut self.keeper {
            let (found, question) = keeper.start(now);
            self.on_found(now, found, question);
        }
    }

    fn on_found(&mut self, now: Instant, found: Option<Found>, question: Option<Question>) {
        if let Some((question, request)) = question {
            self.outputs.push_back(Output::Net(NetRequest::Ask { question, request: Box::new(request) }));
        }
        match found {
            Some(Found::Token { token, expires }) => self.take_token(now, token, expires),
            Some(Found::None { fault, retry_in }) => self.on_no_token(&fault, retry_in),
            None => {}
        }
    }

    fn take_token(&mut self, now: Instant, token: Token, expires: Option<Instant>) {
        self.line(LineEvent::Expires(expires));
        let view = self.keeper.as_ref().and_then(|keeper| keeper.view(&token));
        self.line(LineEvent::SignedInAs(view));
        self.presence.sign_in(now, Secret::new(token.text()));
        self.token = Held::Token { token, expires };
        self.token_is_there();
    }

    /// Signs in by a token from outside.
    fn on_new_token(&mut self, now: Instant, text: &Secret) {
        let (Some(keeper), Ok(token)) = (&mut self.keeper, text.expose().parse()) else { return };
        let found = keeper.given(now, token);
        self.on_found(now, Some(found), None);
    }

    /// Begins or ends to be called; calls go on.
    fn accept_calls(&mut self, now: Instant, wanted: bool) {
        if self.keeper.is_none() || self.accepts_calls == wanted {
            return;
        }
        self.accepts_calls = wanted;
        self.presence.handle(now, Input::AcceptCalls(wanted));
        if !wanted {
            return;
        }
        self.line(LineEvent::State(AccountState::Connecting));
        let is_kept_new = self.keeper.as_ref().is_some_and(|keeper| keeper.deadline().is_some());
        match std::mem::replace(&mut self.token, Held::Nothing) {
            Held::Token { token, expires } if is_kept_new && expires.is_none_or(|expires| now < expires) => {
                self.take_token(now, token, expires);
            }
            held => {
                self.token = held;
                if let Some(keeper) = &mut self.keeper {
                    let (found, question) = keeper.start(now);
                    self.on_found(now, found, question);
                }
            }
        }
    }

    /// Who registers hears of it; calls that need one are over. One that is in use goes on being used.
    fn on_no_token(&mut self, fault: &TokenFault, retry_in: Option<Duration>) {
        let in_vain = self.preparing.iter().filter(|(_, preparing)| preparing.needs_token);
        for call in in_vain.map(|(call, _)| *call).collect::<Vec<_>>() {
            self.give_up(call, LineFault::NoToken { fault: fault.clone() });
        }
        if self.accepts_calls && self.token == Held::Nothing {
            let retry_in_s = retry_in.map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX));
            let cause = OfflineCause::NoToken { fault: fault.clone() };
            let state = AccountState::Offline { cause, retry_in_s };
            self.unready = Some(state.clone());
            self.line(LineEvent::State(state));
        }
    }

    fn has_token(&self, now: Instant) -> bool {
        match &self.token {
            Held::Nothing => false,
            Held::Token { expires, .. } => expires.is_none_or(|expires| now < expires),
        }
    }

    fn on_request(&mut self, now: Instant, request: LineRequest) {
        match request {
            LineRequest::Prepare { call, target, caller_id } => {
                let callee = dial::callee(&target, &self.names);
                let both = callee.and_then(|callee| Ok((callee, dial::caller_id(caller_id.as_ref(), &self.names)?)));
                match both {
                    Ok((callee, caller)) => self.prepare(now, call, &callee, caller),
                    Err(fault) => self.outputs.push_back(not_callable(call, fault)),
                }
            }
            LineRequest::Invite { call, target, offer, headers, referred, pick_up } => {
                let caller = self.prepared.remove(&call).flatten();
                let callee = dial::callee(&target, &self.names);
                let from = caller.map(|caller| dial::from(&caller, &self.names)).transpose();
                let addressed = callee.and_then(|callee| Ok((callee.target(&self.names)?, callee, from?)));
                // Others would say things about us that the cloud does not want said.
                let foreign = headers.iter().any(|(name, _)| !name.starts_with("X-"));
                match addressed {
                    _ if foreign => self.outputs.push_back(not_callable(call, CalleeFault::HeaderNotOurs)),
                    Err(fault) => self.outputs.push_back(not_callable(call, fault)),
                    Ok((target, callee, from)) => {
                        if let Callee::Service(_) = callee {
                            self.to_services.insert(call, None);
                        }
                        let request = LineRequest::Invite { call, target, offer, headers, referred, pick_up };
                        self.presence.ask_from(now, from, request);
                    }
                }
            }
            LineRequest::HangUp { call } if self.preparing.remove(&call).is_some() || self.prepared.remove(&call).is_some() => {}
            LineRequest::Reoffer { call, .. } if self.to_services.contains_key(&call) => {
                let text = String::from("Reinvite not available");
                self.line(LineEvent::ReofferRefused { call, code: 488, text });
            }
            LineRequest::Reject { call, code, text } => {
                let code = DeclineCode::try_from(code).unwrap_or_default().status();
                self.presence.handle(now, Input::Request(LineRequest::Reject { call, code, text }));
            }
            request => self.presence.handle(now, Input::Request(request)),
        }
    }

    fn on_timeout(&mut self, now: Instant) {
        if let Some(keeper) = &mut self.keeper {
            // Tokens are dear: who is not called fetches the next one when a call needs it.
            let question = if self.accepts_calls { keeper.on_time(now) } else { keeper.rest(now) };
            self.on_found(now, None, question);
        }
        if self.list.as_mut().is_some_and(|list| list.is_due(now)) {
            self.ask_for_list(now);
        }
    }

    fn ask_for_list(&mut self, now: Instant) {
        let (name, value) = TURN_REQUEST;
        self.presence.ask(now, Method::Options, self.proxy.clone(), vec![(name.to_owned(), value.into())]);
    }

    /// Takes what the presence says, until it says no more.
    fn settle(&mut self, now: Instant) {
        loop {
            if let Some(output) = self.presence.poll_output() {
                self.on_output(now, output);
            } else if let Some(news) = self.presence.poll_news() {
                self.on_news(now, news);
            } else {
                break;
            }
        }
        self.let_go(now);
        if self.preparing.is_empty() && self.prepared.is_empty() {
            self.presence.release(now);
            while let Some(output) = self.presence.poll_output() {
                self.on_output(now, output);
            }
        }
    }

    fn on_output(&mut self, now: Instant, output: Output) {
        let event = match output {
            Output::Line(event) => event,
            other @ (Output::Net(_) | Output::Stopped) => return self.outputs.push_back(other),
        };
        match event {
            LineEvent::Incoming(mut incoming) => {
                let (remote, kind) = dial::caller(incoming.remote, &self.names);
                (incoming.remote, incoming.caller) = (remote, Some(kind));
                self.arrives(now, incoming);
            }
            LineEvent::Ended { call, how } => {
                self.to_services.remove(&call);
                if !self.forget_arrived(call) {
                    self.line(LineEvent::Ended { call, how: causes::line_end(how) });
                }
            }
            LineEvent::Progress { call, fork, answer: Some(_), .. } => {
                if let Some(heard) = self.to_services.get_mut(&call) {
                    heard.get_or_insert(fork);
                }
                self.line(event);
            }
            // Another one answers than the one that was heard: nothing new can be offered to it.
            LineEvent::Answered { call, fork, .. }
                if self.to_services.get(&call).is_some_and(|of| of.is_some_and(|of| of != fork)) =>
            {
                let cause = causes::of_code(488, sip::reason_phrase(488));
                self.line(LineEvent::Ended { call, how: LineEnd::Caused { cause } });
                let refusal = LineRequest::Reject { call, code: 488, text: sip::reason_phrase(488).to_owned() };
                self.presence.handle(now, Input::Request(refusal));
            }
            // Connected for a call, and not to be called: it stays as it is with that.
            LineEvent::State(AccountState::Ready) if self.accepts_calls && self.token == Held::Nothing => {
                let unready = self.unready.clone();
                self.outputs.extend(unready.map(|state| Output::Line(LineEvent::State(state))));
            }
            // The cloud knows no transfers, and strangers shall not dial with our account.
            LineEvent::Referred { call, .. } => {
                let refusal = LineRequest::AnswerRefer { call, accept: false };
                self.presence.handle(now, Input::Request(refusal));
            }
            event => self.line(event),
        }
    }

    fn on_news(&mut self, now: Instant, news: News) {
        match news {
            News::Opened => {
                if let Some(list) = &mut self.list {
                    list.opened(now);
                    if list.is_due(now) {
                        self.ask_for_list(now);
                    }
                }
            }
            News::Lost(cause) => {
                if let Some(list) = &mut self.list {
                    list.lost();
                }
                self.nothing_is_ready(&cause);
            }
            News::Response(response) => self.on_list(now, &response),
            // A client of a cloud may be several phones: nobody looks for it.
            News::Replaced => {}
            News::TokenRefused => {
                self.token = Held::Nothing;
                self.line(LineEvent::SignedInAs(None));
                self.line(LineEvent::Expires(None));
                if let Some(keeper) = &mut self.keeper {
                    let (next, fetches) = (keeper.refused(now), keeper.fetches());
                    if fetches {
                        self.line(LineEvent::TokenToKeep(None));
                    }
                    self.on_found(now, None, next);
                }
            }
        }
    }

    fn on_list(&mut self, now: Instant, response: &Response) {
        let Some(list) = &mut self.list else { return };
        if let Some(servers) = list.answered(now, response.code, &response.body) {
            self.line(LineEvent::IceServers(servers));
        }
    }

    fn line(&mut self, event: LineEvent) {
        self.outputs.push_back(Output::Line(event));
    }
}

#[cfg(test)]
mod tests;
