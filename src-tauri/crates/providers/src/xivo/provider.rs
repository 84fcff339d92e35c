//! An account at a XiVO: signed in, with the CTI beside a line that registers by SIP, or for a desk phone that is controlled.
//!
//! The two connections live apart. Calls and registration go on without the CTI, and the CTI without them; what the one lacks
//! meanwhile is told in words.

mod desk;
mod device;
mod ice;
mod line;
mod messages;
mod orders;
mod setup;

use std::{collections::VecDeque, time::Duration};

use calls::io::{Capabilities, LineEvent, Transfers};
use model::{AccountState, Instant, OfflineCause, ServiceEvent, ServiceFault, SetupFault, XivoAccount};
use tracing::{info, trace, warn};

pub(super) use self::setup::door;
use self::{
    ice::{FirstCalls, Renewal},
    line::Sip,
    orders::Orders,
};
use super::{
    assistant::{self, Assistant},
    cti::{CtiCommand, PhoneStatus},
    desk_phone::DeskPhone,
    events::Narrator,
    ice_config::IceConfig,
    joining::Joining,
    line_config::{LineConfig, LineMode},
    rest::Token,
    session::{self, CtiSession, Door},
};
use crate::{
    Input, Output, Provider,
    sip::{Presence, Unusable, configuration},
};

/// A person at a XiVO has two calls.
const CALLS: u32 = 2;

/// One account at a XiVO.
pub struct XivoProvider(State);

enum State {
    /// The configuration cannot work; nothing is tried.
    Unusable(Unusable),
    Usable(Box<Machine>),
}

impl XivoProvider {
    /// An account as configured. `instance` and `seed` as of `SipProvider::new`.
    pub fn new(account: &XivoAccount, instance: &str, seed: [u8; 32]) -> Self {
        let given = LineConfig::given(&account.line).map_err(configuration);
        Self(match door(account).and_then(|door| Ok((door, given?))) {
            Ok((door, given)) => State::Usable(Box::new(Machine { given, ..Machine::new(account, door, instance, seed) })),
            Err(cause) => State::Unusable(Unusable::new(cause)),
        })
    }
}

impl Provider for XivoProvider {
    fn capabilities(&self) -> Capabilities {
        capabilities(false)
    }

    fn handle(&mut self, now: Instant, input: Input) {
        match &mut self.0 {
            State::Usable(machine) => machine.handle(now, input),
            State::Unusable(unusable) => unusable.handle(input),
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        match &mut self.0 {
            State::Usable(machine) => machine.outputs.pop_front(),
            State::Unusable(unusable) => unusable.poll_output(),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match &self.0 {
            State::Usable(machine) => machine.poll_timeout(),
            State::Unusable(_) => None,
        }
    }
}

/// What can be done with its calls: those of a line of ours, or of its desk phone.
fn capabilities(elsewhere: bool) -> Capabilities {
    Capabilities { calls: CALLS, hold: true, transfer: Transfers::ByServer, dtmf_info: true, prepares: false, elsewhere }
}

/// The machine behind an account that can be used.
struct Machine {
    account: XivoAccount,
    door: Door,
    instance: String,
    seed: [u8; 32],
    session: CtiSession,
    token: Option<Token>,
    line: Option<LineConfig>,
    /// The line that was given in the place of asking for it, until it is taken.
    given: Option<LineConfig>,
    /// A line that the server told during a call, for after it.
    next_line: Option<LineConfig>,
    sip: Sip,
    /// The desk phone, where the line belongs to one: then there is no SIP.
    desk: Option<DeskPhone>,
    /// How the telephone was doing when it was told last.
    status: Option<PhoneStatus>,
    /// How many connections SIP has numbered.
    connections: u32,
    /// The number of the first call that arrives.
    first_call: u32,
    /// Whether the SIP WebSocket is open.
    sip_is_open: bool,
    /// Whether the last state that was told is that of a registered line.
    registered: bool,
    narrator: Narrator,
    joining: Joining,
    orders: Orders,
    assistant: Assistant,
    /// The servers of ICE as they were told last.
    ice_config: Option<IceConfig>,
    ice: Renewal,
    first_calls: FirstCalls,
    /// The line is given to another telephone, which the server says by then or not at all.
    handed_over: Option<Instant>,
    /// What tells it, once this telephone has signed off.
    handing_over: Option<CtiCommand>,
    /// Whether the calls as they are were asked for because of a mismatch, and not told since.
    healing: bool,
    /// When the next look for a mismatch is due.
    mismatch_at: Option<Instant>,
    /// When another phone has taken the line last, and whether it was told that this happens again and again.
    replaced: Option<Instant>,
    told_fight: bool,
    /// Whether it was told that the CTI is gone; once is enough until it is back.
    told_down: bool,
    started: bool,
    stopping: bool,
    outputs: VecDeque<Output>,
}

impl Machine {
    fn new(account: &XivoAccount, door: Door, instance: &str, seed: [u8; 32]) -> Self {
        Self {
            account: account.clone(),
            session: CtiSession::new(door.clone(), seed.map(|byte| byte ^ 0x55)),
            door,
            instance: instance.to_owned(),
            seed,
            token: None,
            line: None,
            given: None,
            next_line: None,
            sip: Sip::None,
            desk: None,
            status: None,
            connections: 0,
            first_call: 0,
            sip_is_open: false,
            registered: false,
            narrator: Narrator::default(),
            joining: Joining::default(),
            orders: Orders::default(),
            assistant: Assistant::default(),
            ice_config: None,
            ice: Renewal::default(),
            first_calls: FirstCalls::of(account),
            handed_over: None,
            handing_over: None,
            healing: false,
            mismatch_at: None,
            replaced: None,
            told_fight: false,
            told_down: false,
            started: false,
            stopping: false,
            outputs: VecDeque::new(),
        }
    }

    fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::NumberFrom(first) => self.first_call = first,
            // It is on its way already, or there.
            Input::Start if self.started => {}
            Input::Start => {
                self.started = true;
                self.state(AccountState::Connecting);
                self.assistant.start();
                self.session.start();
            }
            Input::Stop => self.stop(now),
            Input::Request(request) => self.on_request(now, request),
            Input::Assist(request) => self.on_assist(now, request),
            Input::Net(event) if CtiSession::owns(&event) => self.session.on_net(now, event),
            Input::Net(event) => self.sip(now, Input::Net(event)),
            Input::NetworkChanged => {
                self.session.network_changed();
                self.sip(now, Input::NetworkChanged);
            }
            Input::Timeout => self.on_timeout(now),
            // A XiVO has no switch for arriving calls and takes no token from outside.
            Input::AcceptCalls(_) | Input::Token(_) => {}
        }
        self.settle(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let sip = match &self.sip {
            Sip::None => None,
            Sip::On(presence) | Sip::Leaving(presence) => presence.poll_timeout(),
        };
        let desk = self.desk.as_ref().and_then(DeskPhone::poll_timeout);
        let ice = [self.ice.at, self.first_calls.until(), self.handed_over];
        let own = [self.session.poll_timeout(), self.assistant.poll_timeout(), self.mismatch_at];
        own.into_iter().chain(ice).chain([sip, desk]).flatten().min()
    }

    /// Does what the session and the assistant ask for, until they ask for nothing more.
    fn settle(&mut self, now: Instant) {
        self.settle_session(now);
        self.assistant.line_is(self.stack(), self.ice_in_force());
        while let Some(output) = self.assistant.poll_output() {
            match output {
                assistant::Output::Command(command) => {
                    match command {
                        CtiCommand::ToggleUniqueAccountDevice { .. } => self.hand_over(now, command),
                        command => {
                            self.session.send(&command);
                        }
                    }
                    self.settle_session(now);
                }
                assistant::Output::News(news) => self.line(LineEvent::Assistant(news)),
                assistant::Output::Trouble(fault) => self.line(LineEvent::Trouble(fault)),
            }
        }
        if !self.has_calls()
            && let Some(line) = self.next_line.take()
        {
            self.on_line_config(now, line);
        }
        let joins = self.session.is_up() && self.desk.is_none();
        let next = if joins { self.joining.next_mismatch(now) } else { None };
        self.mismatch_at = next.filter(|_| !self.healing);
    }

    fn settle_session(&mut self, now: Instant) {
        while let Some(output) = self.session.poll_output() {
            match output {
                session::Output::Net(request) => self.outputs.push_back(Output::Net(request)),
                session::Output::Token(token) => self.on_token(token),
                session::Output::Up => {
                    info!("signed in at the XiVO");
                    self.told_down = false;
                    if self.desk.is_some() {
                        self.state(AccountState::Ready);
                    }
                    if self.account.line.expose().is_empty() {
                        self.session.send(&CtiCommand::GetConfigLine);
                    }
                    self.session.send(&CtiCommand::GetIceConfig);
                    self.session.send(&CtiCommand::GetCurrentCallsPhoneEvents);
                    if let Some(line) = self.given.take() {
                        self.on_line_config(now, line);
                    }
                    self.assistant.up(now);
                }
                session::Output::Message(message) => self.on_message(now, message),
                session::Output::Down { cause, retry_in } => self.on_down(&cause, Some(retry_in)),
                session::Output::Refused(cause) => self.on_down(&cause, None),
            }
        }
    }

    fn stop(&mut self, now: Instant) {
        (self.stopping, self.handed_over) = (true, None);
        self.session.stop();
        self.assistant.lost();
        self.ice = Renewal::default();
        self.leave_desk(now);
        match self.sip {
            Sip::None => {
                self.state(AccountState::Offline { cause: OfflineCause::SignedOff, retry_in_s: None });
                self.outputs.push_back(Output::Stopped);
            }
            Sip::On(_) => self.sip(now, Input::Stop),
            // It is on its way out already.
            Sip::Leaving(_) => {}
        }
    }

    fn on_timeout(&mut self, now: Instant) {
        self.session.on_timeout(now);
        self.assistant.on_timeout(now);
        self.sip(now, Input::Timeout);
        if self.ice.is_due(now) {
            // While the CTI is away it is not; when it is back, they are asked for anyway.
            self.session.send(&CtiCommand::GetIceConfig);
        }
        if self.handed_over.is_some_and(|until| until <= now) {
            self.take_back(now);
        }
        if self.first_calls.until().is_some_and(|until| until <= now) {
            warn!("a call goes on without the servers of ICE, which the XiVO has not told");
            self.let_calls_go();
        }
        if self.mismatch_at.is_some_and(|at| at <= now) {
            self.look_for_mismatches(now);
        }
        self.at_desk(|desk| desk.on_timeout(now));
    }

    fn on_token(&mut self, token: Token) {
        self.token = Some(token);
        let endpoint = self.line.as_ref().and_then(|line| self.setup(line).ok()).map(|setup| setup.endpoint);
        if let (Sip::On(presence), Some(endpoint)) = (&mut self.sip, endpoint) {
            presence.set_endpoint(endpoint);
        }
    }

    /// The CTI is gone, or never came.
    fn on_down(&mut self, cause: &OfflineCause, retry_in: Option<Duration>) {
        self.joining.forget_told();
        self.assistant.lost();
        self.healing = false;
        self.status = None;
        self.at_desk(DeskPhone::cut_off);
        if matches!(self.sip, Sip::None) {
            let retry_in_s = retry_in.map(|wait| u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX));
            return self.state(AccountState::Offline { cause: cause.clone(), retry_in_s });
        }
        warn!(%cause, "the CTI is gone; calls go on");
        // That it will not come back is more than that it is gone.
        if std::mem::replace(&mut self.told_down, true) && retry_in.is_some() {
            return;
        }
        let cause = cause.clone();
        self.line(LineEvent::Trouble(match retry_in {
            Some(_) => ServiceFault::Gone { cause },
            None => ServiceFault::GoneForGood { cause },
        }));
    }

    fn on_line_config(&mut self, now: Instant, line: LineConfig) {
        if self.line.as_ref() == Some(&line) {
            return self.take_back(now);
        }
        self.handed_over = None;
        if self.has_calls() {
            info!("the line has changed; it is taken when the call is over");
            self.next_line = Some(line);
            return;
        }
        self.leave_desk(now);
        match &self.sip {
            Sip::On(_) => {
                info!("the line has changed");
                self.line = Some(line);
                self.sip(now, Input::Stop);
                return;
            }
            Sip::Leaving(_) => {
                self.line = Some(line);
                return;
            }
            Sip::None => self.line = Some(line),
        }
        self.begin_sip(now);
    }

    fn begin_sip(&mut self, now: Instant) {
        let Some(line) = &self.line else { return };
        let fault = match line.mode() {
            LineMode::WebRtc => match self.setup(line) {
                Ok(setup) => {
                    self.sip = Sip::On(Box::new(Presence::new(setup, self.seed)));
                    self.sip(now, Input::NumberFrom(self.first_call));
                    return self.sip(now, Input::Start);
                }
                Err(problem) => problem.into(),
            },
            LineMode::NoLine => SetupFault::NoLine,
            LineMode::DeskPhone => return self.begin_desk(now),
            LineMode::Elsewhere => SetupFault::LineElsewhere,
        };
        let cause = OfflineCause::Configuration { fault };
        self.state(AccountState::Offline { cause, retry_in_s: None });
    }

    /// Whether a call goes on, here or at the desk phone.
    fn has_calls(&self) -> bool {
        match (&self.sip, &self.desk) {
            (Sip::On(presence), _) => presence.has_calls(),
            (Sip::None | Sip::Leaving(_), Some(desk)) => desk.has_calls(),
            (Sip::None | Sip::Leaving(_), None) => false,
        }
    }

    fn narrate(&mut self, events: impl IntoIterator<Item = ServiceEvent>) {
        for event in events {
            match self.account.log_events {
                true => info!(target: "events", "RE<<< {} {}", event.group, event.kind),
                false => trace!(target: "events", "RE<<< {} {}", event.group, event.kind),
            }
            self.line(LineEvent::Service(Box::new(event)));
        }
    }

    fn state(&mut self, state: AccountState) {
        self.line(LineEvent::State(state));
    }

    fn line(&mut self, event: LineEvent) {
        self.outputs.push_back(Output::Line(event));
    }
}

#[cfg(test)]
mod tests;
