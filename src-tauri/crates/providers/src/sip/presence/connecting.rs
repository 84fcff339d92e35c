//! Getting a connection, and what becomes of the account when there is none.

use std::time::Duration;

use calls::io::{LineEnd, LineEvent};
use model::{AccountState, Instant, OfflineCause};
use sip::Command;
use tracing::{debug, info};

use super::{Connect, Link, Loss, News, Output, Presence, Silence, whole_seconds};
use crate::{
    net::{ConnectionId, Endpoint, NetEvent, NetRequest},
    sip::{
        backoff::Pace,
        targets::{After, Begin},
    },
};

/// What a server may take to answer the registration while there are others to try. It is open already: a server that is
/// well answers within a second.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);

impl Presence {
    /// Opens a connection, by a new round of the account's servers.
    pub(super) fn open(&mut self, now: Instant) {
        match self.targets.begin(now) {
            Begin::Locate(domain) => {
                let connection = self.next_connection();
                self.link = Link::Opening { connection, until: None };
                self.tell_connecting();
                self.net(NetRequest::Locate { connection, domain });
            }
            Begin::Open => self.open_next(now),
        }
    }

    /// Opens a connection to the next server of this round.
    fn open_next(&mut self, now: Instant) {
        let Some((at, patience)) = self.targets.next() else {
            let Some((until, cause)) = self.targets.sent_away() else { return self.link = Link::Down };
            self.link = Link::Waiting { until };
            return self.tell(AccountState::Offline { cause, retry_in_s: Some(whole_seconds(until.since(now))) });
        };
        let connection = self.next_connection();
        self.link = Link::Opening { connection, until: patience.map(|patience| now + patience) };
        self.tell_connecting();
        let endpoint = Endpoint { at, ..self.endpoint.clone() };
        self.net(NetRequest::Open { connection, endpoint: Box::new(endpoint) });
    }

    fn next_connection(&mut self) -> ConnectionId {
        self.last_connection = self.last_connection.wrapping_add(1);
        ConnectionId(self.last_connection)
    }

    fn tell_connecting(&mut self) {
        if self.habits.connect == Connect::Always {
            self.tell(AccountState::Connecting);
        }
    }

    pub(super) fn on_net(&mut self, now: Instant, event: NetEvent) {
        match (&self.link, event) {
            (Link::Opening { connection, .. }, NetEvent::Located { connection: wanted, located }) if *connection == wanted => {
                self.targets.located(now, located);
                self.open_next(now);
            }
            (Link::Opening { connection, .. }, NetEvent::Opened { connection: opened, addresses }) if *connection == opened => {
                self.targets.opened(addresses);
                self.on_opened(now, opened);
            }
            (Link::Opening { connection, .. }, NetEvent::Closed { connection: closed, cause }) if *connection == closed => {
                self.fall(now, cause);
            }
            (link, NetEvent::Received { connection, message }) if link.connection() == Some(connection) => {
                self.silence = Silence::No;
                self.agent(now, sip::Input::Received(&message));
                self.leave_when_done(now);
            }
            (Link::Leaving { connection, .. }, NetEvent::Closed { connection: closed, .. }) if *connection == closed => {
                self.link = Link::Down;
                self.agent(now, sip::Input::Disconnected);
                self.outputs.push_back(Output::Stopped);
            }
            (Link::Open { connection, .. }, NetEvent::Closed { connection: closed, cause }) if *connection == closed => {
                self.link = Link::Down;
                self.agent(now, sip::Input::Disconnected);
                if self.habits.loss == Loss::CallsEnd {
                    self.end_calls(now);
                }
                if !self.leave_silent_server(now) {
                    self.fall(now, cause);
                }
            }
            (link, event) => debug!(?link, ?event, "of a connection that was given up"),
        }
    }

    fn on_opened(&mut self, now: Instant, connection: ConnectionId) {
        let answer_by = (self.register && self.targets.has_more()).then(|| now + ANSWER_PATIENCE);
        self.link = Link::Open { connection, register_at: None, answer_by };
        self.lamps.forget();
        if self.register {
            self.tell(AccountState::Registering);
        }
        self.agent(now, sip::Input::Connected);
        self.news.push_back(News::Opened);
        if self.register {
            self.agent(now, sip::Input::Command(Command::Register));
        } else {
            self.serves(now);
            self.tell(AccountState::Ready);
            self.redial_now(now);
        }
    }

    /// The server that we are connected to serves us.
    pub(super) fn serves(&mut self, now: Instant) {
        self.backoff.online(now);
        self.targets.serves(now);
    }

    /// Nobody took the connection within the patience there is while there are other servers.
    pub(super) fn give_up_opening(&mut self, now: Instant, connection: ConnectionId) {
        self.net(NetRequest::Close { connection });
        self.fall(now, OfflineCause::Unreachable { detail: "no answer within three seconds".into() });
    }

    /// Calls that the server has forgotten with their connection. Who is still in one hears of its end from us, should
    /// there be another connection soon.
    fn end_calls(&mut self, now: Instant) {
        for call in std::mem::take(&mut self.calls) {
            self.outputs.push_back(Output::Line(LineEvent::Ended { call, how: LineEnd::ConnectionLost }));
            self.agent(now, sip::Input::Command(Command::HangUp { call, reason: String::new() }));
        }
    }

    /// Has no connection any more: turns to the next server, or goes offline and says when it is tried again.
    pub(super) fn fall(&mut self, now: Instant, cause: OfflineCause) {
        self.turn_away(now, cause, None);
    }

    /// The same; the server that failed may have told for how long it is not to be asked.
    pub(super) fn turn_away(&mut self, now: Instant, cause: OfflineCause, stay_away: Option<Duration>) {
        self.news.push_back(News::Lost(cause.clone()));
        let pace = match &cause {
            OfflineCause::WrongPassword { .. }
            | OfflineCause::InvalidToken { .. }
            | OfflineCause::NoToken { .. }
            | OfflineCause::Configuration { .. }
            | OfflineCause::KeyChanged { .. }
            | OfflineCause::SignedOff => {
                self.link = Link::Down;
                self.give_up_redialling();
                // Another key stands between the user and any further call until he has looked at it.
                if self.habits.connect == Connect::Always || matches!(cause, OfflineCause::KeyChanged { .. }) {
                    self.tell(AccountState::Offline { cause, retry_in_s: None });
                }
                return;
            }
            OfflineCause::Tls { .. } => Pace::Slow,
            OfflineCause::NameNotFound { .. }
            | OfflineCause::Unreachable { .. }
            | OfflineCause::NotSipOverWebSocket { .. }
            | OfflineCause::ConnectionLost { .. }
            | OfflineCause::NoAnswer
            | OfflineCause::Refused { .. } => Pace::Quick,
        };
        match self.targets.fails(now, cause.clone(), pace, stay_away) {
            After::Next => {
                info!(%cause, "the next server is tried");
                return self.open_next(now);
            }
            After::Anew => {
                info!(%cause, "another server is looked for");
                return self.open(now);
            }
            After::Wait => {}
        }
        self.give_up_redialling();
        if self.habits.connect == Connect::ForCalls {
            self.link = Link::Down;
            return;
        }
        let (cause, pace) = self.targets.verdict().unwrap_or((cause, pace));
        let wait = now + self.backoff.wait(now, pace);
        let until = self.targets.sent_away().map_or(wait, |(until, _)| wait.max(until));
        self.link = Link::Waiting { until };
        self.tell(AccountState::Offline { cause, retry_in_s: Some(whole_seconds(until.since(now))) });
    }

    /// Lets go of an open connection ourselves.
    pub(super) fn close(&mut self, now: Instant) {
        if let Some(connection) = self.link.connection() {
            self.net(NetRequest::Close { connection });
            self.link = Link::Down;
            self.silence = Silence::No;
            self.agent(now, sip::Input::Disconnected);
            if self.habits.loss == Loss::CallsEnd {
                self.end_calls(now);
            }
        }
    }

    pub(super) fn on_network_changed(&mut self, now: Instant) {
        self.targets.forget();
        match self.link {
            Link::Waiting { .. } => {
                self.backoff.reset();
                self.open(now);
            }
            Link::Opening { connection, .. } => {
                // It may be on its way through a network that is no longer there.
                self.net(NetRequest::Close { connection });
                self.open(now);
            }
            Link::Open { connection, .. } => self.net(NetRequest::Probe { connection }),
            Link::Down | Link::Leaving { .. } => {}
        }
    }
}
