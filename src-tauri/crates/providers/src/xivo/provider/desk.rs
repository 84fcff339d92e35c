//! A line whose telephone is a desk phone: it is controlled, and nothing registers here.

use calls::io::LineEvent;
use model::{AccountState, Instant};
use tracing::{debug, info};

use super::{Machine, capabilities};
use crate::xivo::{
    cti::CtiCommand,
    desk_phone::{self, DeskPhone},
};

impl Machine {
    /// The line's telephone is controlled; nothing registers here.
    pub(super) fn begin_desk(&mut self, now: Instant) {
        info!("the line belongs to a desk phone, which is controlled");
        self.desk = Some(DeskPhone::numbering_from(self.first_call));
        let status = self.status;
        self.at_desk(|desk| desk.is_doing(now, status));
        self.line(LineEvent::Capable(capabilities(true)));
        if self.session.send(&CtiCommand::GetCurrentCallsPhoneEvents) {
            self.state(AccountState::Ready);
        }
    }

    /// Hands something to the desk phone, where there is one, and does what it asks for.
    pub(super) fn at_desk(&mut self, act: impl FnOnce(&mut DeskPhone)) {
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
    pub(super) fn leave_desk(&mut self, now: Instant) {
        if self.desk.is_none() {
            return;
        }
        self.at_desk(DeskPhone::leave);
        self.desk = None;
        // What the CTI told of calls was the desk phone's.
        self.joining.heard_all(now, &[]);
        self.line(LineEvent::Capable(capabilities(false)));
    }
}
