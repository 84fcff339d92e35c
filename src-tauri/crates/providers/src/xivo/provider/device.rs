//! A line that its user may have on one of several telephones, and how far it has come here.

use std::time::Duration;

use calls::io::LineEvent;
use model::{AccountState, AssistantRequest, IceServersView, Instant, ServiceFault, StackStatus};
use tracing::{info, warn};

use super::{Machine, line::Sip};
use crate::{
    Input,
    xivo::{
        cti::CtiCommand,
        ice_config::{IceChoice, IceEntry},
    },
};

/// The server tells where the line is within this, or it is where it was.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

impl Machine {
    /// The user asks for something beside calls.
    pub(super) fn on_assist(&mut self, now: Instant, request: AssistantRequest) {
        if matches!(request, AssistantRequest::Device { .. }) && self.has_calls() {
            return self.line(LineEvent::Trouble(ServiceFault::DeviceInCall));
        }
        self.assistant.ask(now, request);
    }

    /// The line goes to another telephone, when the server is told so. It wants this one to sign off before.
    pub(super) fn hand_over(&mut self, now: Instant, command: CtiCommand) {
        self.handed_over = Some(now + TOLD_WITHIN);
        match self.sip {
            Sip::None => {
                self.session.send(&command);
            }
            Sip::On(_) | Sip::Leaving(_) => {
                info!("the line goes to another telephone");
                self.handing_over = Some(command);
                self.sip(now, Input::Stop);
            }
        }
    }

    /// This telephone has signed off.
    pub(super) fn signed_off(&mut self) {
        self.state(AccountState::Connecting);
        if let Some(command) = self.handing_over.take() {
            self.session.send(&command);
        }
    }

    /// It stays, after all.
    pub(super) fn take_back(&mut self, now: Instant) {
        self.handing_over = None;
        if self.handed_over.take().is_some() && matches!(self.sip, Sip::None) && self.desk.is_none() {
            warn!("the line stays here");
            self.begin_sip(now);
        }
    }

    /// How far SIP has come, in the names of XiVO's own library.
    pub(super) fn stack(&self) -> StackStatus {
        match &self.sip {
            _ if self.stopping => StackStatus::Stopped,
            Sip::None if self.started && self.line.is_none() => StackStatus::Initializing,
            Sip::None => StackStatus::NotInitialized,
            Sip::Leaving(_) => StackStatus::Stopped,
            Sip::On(_) if self.first_calls.until().is_some() => StackStatus::WaitingForIce,
            Sip::On(_) if self.sip_is_open => StackStatus::Started,
            Sip::On(presence) if presence.is_waiting() => StackStatus::WaitingForSip,
            Sip::On(_) => StackStatus::Starting,
        }
    }

    /// The servers of ICE that the next call uses, without their secrets.
    pub(super) fn ice_in_force(&self) -> Option<Vec<IceServersView>> {
        let choice = IceChoice::of(&self.account);
        let entries = choice.in_force(self.ice_config.as_ref())?;
        let view = |entry: &IceEntry| IceServersView { urls: entry.urls.clone(), username: entry.username.clone().into() };
        Some(entries.iter().map(view).collect())
    }
}
