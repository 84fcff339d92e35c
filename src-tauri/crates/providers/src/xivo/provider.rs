//! An account at a XiVO: signed in, with the CTI beside a line that registers by SIP, or for a desk phone that is controlled.
//!
//! The two connections live apart. Calls and registration go on without the CTI, and the CTI without them; what the one lacks
//! meanwhile is told in words.

mod line;
mod orders;
mod setup;

use std::{collections::VecDeque, time::Duration};

use calls::io::{Capabilities, LineEvent, Transfers};
use model::{AccountState, Instant, OfflineCause, Remote, ServiceEvent, ServiceFault, SetupFault, XivoAccount};
use tracing::{debug, info, trace, warn};

pub(super) use self::setup::door;
use self::{line::Sip, orders::Orders};
use super::{
    assistant::{self, Assistant},
    cti::{CONFERENCE_ERROR, CtiCommand, CtiMessage, PhoneEvent, PhoneStatus},
    desk_phone::{self, DeskPhone},
    events::{self, Narrator},
    ice_config::IceConfig,
    joining::{Joining, Mismatch},
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
    /// Whether the SIP WebSocket is open.
    sip_is_open: bool,
    /// Whether the last state that was told is that of a registered line.
    registered: bool,
    narrator: Narrator,
    joining: Joining,
    orders: Orders,
    assistant: Assistant,
    ice_at: Option<Instant>,
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
            sip_is_open: false,
            registered: false,
            narrator: Narrator::default(),
            joining: Joining::default(),
            orders: Orders::default(),
            assistant: Assistant::default(),
            ice_at: None,
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
            Input::Assist(request) => self.assistant.ask(now, request),
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
        let own = [self.session.poll_timeout(), self.assistant.poll_timeout(), self.ice_at, self.mismatch_at];
        own.into_iter().chain([sip, desk]).flatten().min()
    }

    /// Does what the session and the assistant ask for, until they ask for nothing more.
    fn settle(&mut self, now: Instant) {
        self.settle_session(now);
        while let Some(output) = self.assistant.poll_output() {
            match output {
                assistant::Output::Command(command) => {
                    self.session.send(&command);
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
        self.stopping = true;
        self.session.stop();
        self.assistant.lost();
        self.ice_at = None;
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
        if self.ice_at.is_some_and(|at| at <= now) {
            // The answer says when next; without one it is asked for when the CTI is there again.
            self.ice_at = None;
            self.session.send(&CtiCommand::GetIceConfig);
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

    fn on_message(&mut self, now: Instant, message: CtiMessage) {
        self.assistant.heard(now, &message);
        self.narrate(events::of_cti(&message));
        match message {
            CtiMessage::LineConfig(line) => self.on_line_config(now, *line),
            CtiMessage::IceConfig(config) => self.on_ice_config(now, &config),
            CtiMessage::PhoneEvent(event) => self.on_phone_event(now, &event),
            CtiMessage::CurrentCalls(events) if self.desk.is_some() => self.at_desk(|desk| desk.heard_all(now, &events)),
            CtiMessage::PhoneStatus(status) => {
                self.status = status;
                self.at_desk(|desk| desk.is_doing(now, status));
            }
            CtiMessage::CurrentCalls(events) => {
                self.joining.heard_all(now, &events);
                if std::mem::take(&mut self.healing) {
                    self.tell_mismatches(now);
                }
            }
            CtiMessage::WebRtcCommand(command) => self.on_webrtc_command(&command),
            CtiMessage::Voicemail(status) => self.line(LineEvent::Voicemail(status.voicemail())),
            CtiMessage::Error { kind, text } => {
                debug!(kind, "the server refused something");
                if kind == CONFERENCE_ERROR {
                    self.assistant.refused_in_room(text.expose());
                } else if !self.was_of_asked(now, text.expose()) {
                    self.line(LineEvent::Trouble(ServiceFault::Refused { text: text.expose().to_owned() }));
                }
            }
            CtiMessage::Other { kind } => debug!(kind, "not known here"),
            CtiMessage::UserConfig(_)
            | CtiMessage::UsersStatuses(_)
            | CtiMessage::UserStatus(_)
            | CtiMessage::PhoneHint(_)
            | CtiMessage::History(_)
            | CtiMessage::Directory(_)
            | CtiMessage::Favorites(_)
            | CtiMessage::ContactSheets(_)
            | CtiMessage::FavoriteSheets(_)
            | CtiMessage::FavoriteUpdated(_)
            | CtiMessage::Rooms(_)
            | CtiMessage::Conference(_)
            | CtiMessage::Participant(_) => {}
            message => debug!(?message, "nobody asked for this yet"),
        }
    }

    fn on_line_config(&mut self, now: Instant, line: LineConfig) {
        if self.line.as_ref() == Some(&line) {
            return;
        }
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

    /// The line's telephone is controlled; nothing registers here.
    fn begin_desk(&mut self, now: Instant) {
        info!("the line belongs to a desk phone, which is controlled");
        self.desk = Some(DeskPhone::default());
        let status = self.status;
        self.at_desk(|desk| desk.is_doing(now, status));
        self.line(LineEvent::Capable(capabilities(true)));
        if self.session.send(&CtiCommand::GetCurrentCallsPhoneEvents) {
            self.state(AccountState::Ready);
        }
    }

    /// Hands something to the desk phone, where there is one, and does what it asks for.
    fn at_desk(&mut self, act: impl FnOnce(&mut DeskPhone)) {
        let Some(desk) = &mut self.desk else { return };
        act(desk);
        while let Some(output) = self.desk.as_mut().and_then(DeskPhone::poll_output) {
            match output {
                desk_phone::Output::Command(command) => {
                    if !self.session.send(&command) {
                        debug!(command = command.name(), "the CTI is not there for it");
                    }
                }
                desk_phone::Output::Line(event) => self.line(event),
            }
        }
    }

    /// The line is another one, or is signed off.
    fn leave_desk(&mut self, now: Instant) {
        if self.desk.is_none() {
            return;
        }
        self.at_desk(DeskPhone::leave);
        self.desk = None;
        // What the CTI told of calls was the desk phone's.
        self.joining.heard_all(now, &[]);
        self.line(LineEvent::Capable(capabilities(false)));
    }

    /// Whether a call goes on, here or at the desk phone.
    fn has_calls(&self) -> bool {
        match (&self.sip, &self.desk) {
            (Sip::On(presence), _) => presence.has_calls(),
            (Sip::None | Sip::Leaving(_), Some(desk)) => desk.has_calls(),
            (Sip::None | Sip::Leaving(_), None) => false,
        }
    }

    fn on_ice_config(&mut self, now: Instant, config: &IceConfig) {
        self.ice_at = config.renew_after.map(|after| now + after);
        self.line(LineEvent::IceServers(config.servers()));
    }

    fn on_phone_event(&mut self, now: Instant, event: &PhoneEvent) {
        if self.desk.is_some() {
            return self.at_desk(|desk| desk.heard(now, event));
        }
        let Some(call) = self.joining.heard(now, event) else { return };
        if event.other_dn.is_empty() && event.other_name.is_empty() {
            return;
        }
        if let Some(other) = self.joining.other(call).filter(|other| !other.number.is_empty()) {
            let remote = Remote { uri: self.address_of(&other.number), ..other.clone() };
            self.line(LineEvent::RemoteChanged { call, remote });
        }
    }

    fn look_for_mismatches(&mut self, now: Instant) {
        if !self.joining.mismatches(now).is_empty() {
            // The server's own list decides; what it says mends both directions of being late.
            self.healing = self.session.send(&CtiCommand::GetCurrentCallsPhoneEvents);
        }
    }

    fn tell_mismatches(&mut self, now: Instant) {
        for mismatch in self.joining.mismatches(now) {
            let fault = match mismatch {
                Mismatch::NotTold { .. } => ServiceFault::CallNotKnown,
                Mismatch::NotHere { .. } => ServiceFault::CallNotHere,
            };
            warn!(?mismatch, "calls of the CTI and of SIP do not match");
            self.line(LineEvent::Trouble(fault));
        }
        self.joining.give_up_unmatched(now);
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
