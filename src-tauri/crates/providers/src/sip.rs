//! Accounts at any SIP server: REGISTER, digest and calls over WebSocket (RFC 3261, RFC 7118).
//!
//! What SIP asks for is decided by `sip::UserAgent`; here is decided when to be connected, and what words and numbers of
//! call control mean on the wire.

mod backoff;
mod dtmf;
mod lamps;
mod presence;
mod target;
mod targets;
mod translate;

use std::{collections::VecDeque, path::PathBuf};

use calls::io::{Capabilities, LineEnd, LineEvent, LineRequest, Transfers};
use model::{AccountState, CalleeFault, Cause, Instant, LineCall, LineFault, OfflineCause, Password, SetupFault, SipAccount};
use sip::{Transport, Uri, UserAgentConfig, auth::Credentials};
use tracing::debug;

pub(crate) use self::{
    backoff::{Backoff, Pace, Schedule},
    presence::{Connect, Habits, Loss, News, Presence, Refusals, Setup},
};
use crate::{
    Input, Output, Provider,
    net::{AccountServer, Endpoint, KeyPin, Proxy},
};

/// Calls at once on one account; more than a person can have, fewer than could hurt.
pub(crate) const CALLS: u32 = 64;
pub(crate) const USER_AGENT: &str = concat!("Sidetone/", env!("CARGO_PKG_VERSION"));
pub(crate) const SUBPROTOCOL: &str = "sip";
const HABITS: Habits =
    Habits { connect: Connect::Always, loss: Loss::CallsStay, schedule: Schedule::WithTime, refusals: Refusals::AskAgain };

/// One account at a SIP server.
pub struct SipProvider(State);

enum State {
    /// The configuration cannot work; nothing is tried.
    Unusable(Unusable),
    Usable(Box<Presence>),
}

pub(crate) struct Unusable {
    cause: OfflineCause,
    outputs: VecDeque<Output>,
}

impl SipProvider {
    /// An account as configured. `instance` is a URN that stays the same for this phone (RFC 5626 section 4.1), or empty.
    ///
    /// The seed makes identifiers and waiting times; it must be unguessable.
    pub fn new(account: &SipAccount, instance: &str, seed: [u8; 32]) -> Self {
        Self(match setup(account, instance) {
            Ok(setup) => State::Usable(Box::new(Presence::new(setup, seed))),
            Err(cause) => State::Unusable(Unusable::new(cause)),
        })
    }
}

impl Provider for SipProvider {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            calls: CALLS,
            hold: true,
            transfer: Transfers::ByFarEnd,
            dtmf_info: true,
            prepares: false,
            elsewhere: false,
        }
    }

    fn handle(&mut self, now: Instant, input: Input) {
        match &mut self.0 {
            State::Unusable(unusable) => unusable.handle(input),
            State::Usable(presence) => {
                presence.handle(now, input);
                while let Some(news) = presence.poll_news() {
                    debug!(?news);
                }
            }
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        match &mut self.0 {
            State::Unusable(unusable) => unusable.poll_output(),
            State::Usable(presence) => presence.poll_output(),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match &self.0 {
            State::Unusable(_) => None,
            State::Usable(presence) => presence.poll_timeout(),
        }
    }
}

impl Unusable {
    pub(crate) fn new(cause: OfflineCause) -> Self {
        Self { cause, outputs: VecDeque::new() }
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn handle(&mut self, input: Input) {
        match input {
            Input::Start => {
                let state = AccountState::Offline { cause: self.cause.clone(), retry_in_s: None };
                self.outputs.push_back(Output::Line(LineEvent::State(state)));
            }
            Input::Stop => self.outputs.push_back(Output::Stopped),
            Input::Request(LineRequest::Invite { call, .. } | LineRequest::Prepare { call, .. }) => {
                self.outputs.push_back(failed(call, LineFault::Offline { cause: self.cause.clone() }))
            }
            Input::NumberFrom(_)
            | Input::Request(_)
            | Input::Assist(_)
            | Input::AcceptCalls(_)
            | Input::Token(_)
            | Input::Net(_)
            | Input::NetworkChanged
            | Input::Timeout => {}
        }
    }
}

/// Says that a call came to nothing.
pub(crate) fn failed(call: LineCall, fault: LineFault) -> Output {
    Output::Line(LineEvent::Ended { call, how: LineEnd::Failed { fault } })
}

/// What is told of a call that nobody can place, whatever the account's state.
pub(crate) fn not_callable(call: LineCall, fault: CalleeFault) -> Output {
    Output::Line(LineEvent::Ended { call, how: LineEnd::Caused { cause: Cause::NotCallable { fault } } })
}

/// Reads an account's configuration.
fn setup(account: &SipAccount, instance: &str) -> Result<Setup, OfflineCause> {
    let AccountServer { url: server, located } = account.server.parse().map_err(configuration)?;
    if !account.allow_plain_ws {
        server.refuse_plain().map_err(configuration)?;
    }
    let Password::Known(password) = &account.password else {
        return Err(configuration(SetupFault::NoPassword));
    };
    if account.user.is_empty() {
        return Err(configuration(SetupFault::NoUser));
    }
    let domain = if account.domain.is_empty() { server.bracketed_host() } else { account.domain.trim().to_owned() };
    let registrar = registrar(&domain).ok_or_else(|| configuration(SetupFault::NotADomain { domain: domain.clone() }))?;
    let mut aor = Uri::sip(account.user.expose(), &registrar.host);
    aor.port = registrar.port;
    let auth_user = if account.auth_user.is_empty() { &account.user } else { &account.auth_user };
    let mut credentials = Credentials::new(auth_user.clone(), password.clone(), &account.realm);
    if account.register {
        credentials = credentials.registered_in(&registrar.host);
    }
    let mut user_agent = UserAgentConfig::new(aor, registrar, credentials);
    user_agent.display_name = account.display_name.clone();
    user_agent.transport = Transport::WebSocket { secure: server.is_secure() };
    user_agent.expires = account.expires_s;
    user_agent.instance = instance.to_owned();
    user_agent.user_agent = USER_AGENT.to_owned();
    user_agent.max_calls = CALLS as usize;
    let endpoint = Endpoint {
        pin: KeyPin::named(&account.pin).map_err(configuration)?,
        url: server.to_string(),
        at: None,
        subprotocol: Some(SUBPROTOCOL.to_owned()),
        origin: None,
        ca_file: (!account.ca_file.is_empty()).then(|| PathBuf::from(&account.ca_file)),
        allow_plain: account.allow_plain_ws,
        proxy: Proxy::named(account.proxy.expose()),
    };
    Ok(Setup {
        endpoint,
        located_by: located.then(|| server.host().to_owned()),
        user_agent,
        domain,
        register: account.register,
        mwi: account.mwi,
        pickup_code: account.pickup_code.clone(),
        habits: HABITS,
        connections_before: 0,
    })
}

/// The URI that REGISTER is sent to; `None` when the domain is not just a host with or without a port.
fn registrar(domain: &str) -> Option<Uri> {
    let uri: Uri = format!("sip:{domain}").parse().ok()?;
    let host_and_port = uri.port.map_or_else(|| uri.host.clone(), |port| format!("{}:{port}", uri.host));
    (host_and_port == domain).then_some(uri)
}

pub(crate) fn configuration(fault: impl Into<SetupFault>) -> OfflineCause {
    OfflineCause::Configuration { fault: fault.into() }
}

#[cfg(test)]
mod tests;
