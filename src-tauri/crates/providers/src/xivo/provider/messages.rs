//! What the server says by CTI.

use calls::io::LineEvent;
use model::{Instant, Remote, ServiceFault};
use tracing::{debug, warn};

use super::{IceConfig, Machine, Renewal};
use crate::xivo::{
    cti::{CONFERENCE_ERROR, CtiCommand, CtiMessage, PhoneEvent},
    events,
    joining::Mismatch,
};

impl Machine {
    /// The server says something by CTI.
    pub(super) fn on_message(&mut self, now: Instant, message: CtiMessage) {
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
                self.take_back(now);
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

    fn on_ice_config(&mut self, now: Instant, config: &IceConfig) {
        self.ice = Renewal::every(now, config.renew_after);
        self.line(LineEvent::IceServers(config.servers()));
        self.ice_config = Some(config.clone());
        self.let_calls_go();
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

    /// Asks for the calls as they are, where the two sides do not match.
    pub(super) fn look_for_mismatches(&mut self, now: Instant) {
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
}
