//! The line's SIP: what is handed to it, what it tells, and who else takes the line.

use std::time::Duration;

use calls::io::LineEvent;
use model::{AccountState, Instant, OfflineCause, ServiceFault};
use tracing::{debug, warn};

use super::Machine;
use crate::{
    Input, Output,
    sip::{News, Presence},
};

/// Phones that take the line from each other more often than this do so again and again.
const SAME_FIGHT: Duration = Duration::from_secs(600);

/// The line's SIP.
pub(super) enum Sip {
    /// None: the line is not known, or cannot be used by SIP.
    None,
    On(Box<Presence>),
    /// It signs off, because the line has changed.
    Leaving(Box<Presence>),
}

impl Machine {
    /// Hands something to the line's SIP and does what it asks for.
    pub(super) fn sip(&mut self, now: Instant, input: Input) {
        let stops = matches!(input, Input::Stop);
        let (mut outputs, mut news) = (Vec::new(), Vec::new());
        match &mut self.sip {
            Sip::None => return,
            Sip::On(presence) | Sip::Leaving(presence) => {
                presence.handle(now, input);
                self.connections = presence.last_connection();
                outputs.extend(std::iter::from_fn(|| presence.poll_output()));
                news.extend(std::iter::from_fn(|| presence.poll_news()));
            }
        }
        if stops {
            self.sip = match std::mem::replace(&mut self.sip, Sip::None) {
                Sip::On(presence) | Sip::Leaving(presence) => Sip::Leaving(presence),
                Sip::None => Sip::None,
            };
        }
        for news in news {
            self.on_sip_news(now, news);
        }
        for output in outputs {
            self.on_sip_output(now, output);
        }
    }

    fn on_sip_news(&mut self, now: Instant, news: News) {
        match news {
            News::Opened => {
                self.sip_is_open = true;
                self.narrate([self.narrator.opened()]);
            }
            News::Lost(cause) => {
                if !std::mem::take(&mut self.sip_is_open) {
                    self.narrate([self.narrator.not_opened(&cause)]);
                }
                // The next try is made by a token that was looked at: it may be this one that was refused.
                self.session.renew();
            }
            News::Replaced => self.on_replaced(now),
            News::Response(_) | News::TokenRefused => debug!("nobody asked for this"),
        }
    }

    /// Another phone has registered for the line, which has room for one: it was taken back at once, and calls go on.
    fn on_replaced(&mut self, now: Instant) {
        let again = self.replaced.replace(now).is_some_and(|before| now.since(before) < SAME_FIGHT);
        let fault = match (again, self.told_fight) {
            (false, _) => ServiceFault::LineTaken,
            (true, false) => ServiceFault::LineFought,
            (true, true) => return,
        };
        self.told_fight = again;
        warn!("another phone has taken the line");
        self.line(LineEvent::Trouble(fault));
    }

    pub(super) fn on_sip_output(&mut self, now: Instant, output: Output) {
        match output {
            Output::Net(request) => self.outputs.push_back(Output::Net(request)),
            Output::Stopped => {
                self.sip = Sip::None;
                self.sip_is_open = false;
                match self.stopping {
                    true => self.outputs.push_back(Output::Stopped),
                    // It is another telephone's, as soon as the server says so.
                    false if self.handed_over.is_some() => self.signed_off(),
                    // The line has changed: on with the new one.
                    false => self.begin_sip(now),
                }
            }
            Output::Line(LineEvent::Incoming(incoming)) => self.on_arrival(now, incoming),
            Output::Line(event) => self.on_line_event(now, event),
        }
    }

    fn on_line_event(&mut self, now: Instant, event: LineEvent) {
        match &event {
            LineEvent::Sent { call, sip_call_id } => {
                let number = self.narrator.other(*call);
                self.joining.began(now, *call, sip_call_id.clone(), number);
            }
            LineEvent::Ended { call, .. } => self.joining.ended(now, *call),
            LineEvent::State(AccountState::Offline { cause: OfflineCause::SignedOff, .. }) if !self.stopping => {
                // Only the old line; the new one follows.
                let narrated = self.narrator.told(&event);
                return self.narrate(narrated);
            }
            LineEvent::State(state) => {
                self.registered = *state == AccountState::Registered;
                self.tell_whether_calls_wait();
            }
            _ => {}
        }
        let narrated = self.narrator.told(&event);
        self.line(event);
        self.narrate(narrated);
    }
}
