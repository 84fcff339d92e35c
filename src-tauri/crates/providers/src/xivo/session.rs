//! Being signed in, and the CTI WebSocket that goes with it, as a machine in virtual time.
//!
//! A token is got by login and password, renewed at half of its life, and checked before each new connection.

use std::{collections::VecDeque, path::PathBuf, time::Duration};

use bytes::Bytes;
use model::{Instant, OfflineCause, Personal, Secret};
use tracing::{debug, info};

use super::{
    XucServer,
    cti::{CtiCommand, CtiMessage, PING},
    rest::{RestError, SaysOfItself, Session, Token, login_body, read_answer},
};
use crate::{
    net::{ConnectionId, Endpoint, HttpAnswer, HttpMethod, HttpRequest, KeyPin, NetEvent, NetRequest, Proxy, QuestionId},
    sip::{Backoff, Pace, Schedule},
};

/// The numbers of its connections begin here; those of SIP begin at one.
const FIRST_CONNECTION: u32 = 1 << 31;
/// The server may take ten seconds to know us.
const LOG_ON_LIMIT: Duration = Duration::from_secs(15);
/// As XiVO's own pages.
const PING_EVERY: Duration = Duration::from_secs(5);
/// Pings without any frame after them; then the connection is dead.
const MISSED: u32 = 3;
/// The Edge counts requests: how waits between tries grow.
pub(super) const SCHEDULE: Schedule = Schedule::Doubling { held: Duration::from_secs(30) };
/// When a new token could not be asked for, it is tried again after this.
const RENEW_AGAIN: Duration = Duration::from_secs(30);

/// Where to sign in, and as whom.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) server: XucServer,
    pub(super) login: Personal,
    pub(super) password: Secret,
    pub(super) says: SaysOfItself,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) pin: Option<KeyPin>,
    pub(super) allow_plain: bool,
    pub(super) proxy: Proxy,
}

/// What it asks for and tells.
#[derive(Debug)]
pub(super) enum Output {
    Net(NetRequest),
    /// A token, for the next connections.
    Token(Token),
    /// The CTI is open for commands.
    Up,
    /// The server says something by CTI.
    Message(CtiMessage),
    /// It is not signed in, or the CTI is gone; it is tried again after a while.
    Down {
        cause: OfflineCause,
        retry_in: Duration,
    },
    /// Trying again cannot help.
    Refused(OfflineCause),
}

#[derive(Debug)]
enum State {
    /// Not started, stopped, or refused.
    Idle,
    Waiting {
        until: Instant,
    },
    /// A token is asked for, to open the CTI with.
    Asking {
        question: QuestionId,
    },
    Opening {
        connection: ConnectionId,
    },
    /// Open; the server has not said yet that it knows us.
    LoggingOn {
        connection: ConnectionId,
        until: Instant,
    },
    On {
        connection: ConnectionId,
        ping_at: Instant,
        missed: u32,
    },
}

/// The machine.
pub(super) struct CtiSession {
    door: Door,
    state: State,
    session: Option<Session>,
    renew_at: Option<Instant>,
    /// The question for the next token while the CTI is open.
    renewing: Option<QuestionId>,
    backoff: Backoff,
    numbered: u32,
    outputs: VecDeque<Output>,
}

impl CtiSession {
    pub(super) fn new(door: Door, seed: [u8; 32]) -> Self {
        Self {
            door,
            state: State::Idle,
            session: None,
            renew_at: None,
            renewing: None,
            backoff: Backoff::new(seed, SCHEDULE),
            numbered: 0,
            outputs: VecDeque::new(),
        }
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let own = match &self.state {
            State::Waiting { until } | State::LoggingOn { until, .. } => Some(*until),
            State::On { ping_at, .. } => Some(*ping_at),
            State::Idle | State::Asking { .. } | State::Opening { .. } => None,
        };
        let renewal = self.renew_at.filter(|_| self.renewing.is_none() && matches!(self.state, State::On { .. }));
        [own, renewal].into_iter().flatten().min()
    }

    pub(super) fn start(&mut self) {
        let question = self.ask();
        self.state = State::Asking { question };
    }

    pub(super) fn stop(&mut self) {
        self.close();
        self.state = State::Idle;
    }

    /// Whether commands may be sent.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, State::On { .. })
    }

    /// Sends a command; whether it could be.
    pub(super) fn send(&mut self, command: &CtiCommand) -> bool {
        let State::On { connection, .. } = self.state else { return false };
        debug!(target: "messages", "S>>> {}", command.name());
        self.frame(connection, command.to_json());
        true
    }

    /// Whether an event of the network is about one of its connections or questions.
    pub(super) fn owns(event: &NetEvent) -> bool {
        match event {
            NetEvent::Located { connection, .. }
            | NetEvent::Opened { connection, .. }
            | NetEvent::Received { connection, .. }
            | NetEvent::Closed { connection, .. } => connection.0 >= FIRST_CONNECTION,
            NetEvent::Answered { .. } => true,
        }
    }

    /// The machine's network changed.
    pub(super) fn network_changed(&mut self) {
        match self.state {
            State::Waiting { .. } => {
                self.backoff.reset();
                self.start();
            }
            State::Opening { .. } => {
                // It may be on its way through a network that is no longer there.
                self.close();
                self.start();
            }
            State::On { connection, .. } | State::LoggingOn { connection, .. } => {
                self.net(NetRequest::Probe { connection });
            }
            State::Idle | State::Asking { .. } => {}
        }
    }

    pub(super) fn on_net(&mut self, now: Instant, event: NetEvent) {
        match (&self.state, event) {
            (_, NetEvent::Answered { question, answer }) => self.on_answer(now, question, &answer),
            (State::Opening { connection }, NetEvent::Opened { connection: opened, .. }) if *connection == opened => {
                self.state = State::LoggingOn { connection: opened, until: now + LOG_ON_LIMIT };
            }
            (state, NetEvent::Received { connection, message }) if state.connection() == Some(connection) => {
                self.on_frame(now, connection, &message);
            }
            (state, NetEvent::Closed { connection, cause }) if state.connection() == Some(connection) => {
                self.fall(now, of_cti(cause));
            }
            (state, event) => debug!(?state, ?event, "of a connection that was given up"),
        }
    }

    pub(super) fn on_timeout(&mut self, now: Instant) {
        match &mut self.state {
            State::Waiting { until } if *until <= now => self.start(),
            State::LoggingOn { until, .. } if *until <= now => {
                self.close();
                self.fall(now, lost("the server did not open the session within 15 seconds"));
            }
            State::On { ping_at, missed, .. } if *ping_at <= now && *missed >= MISSED => {
                self.close();
                self.fall(now, lost("the server no longer answers"));
            }
            State::On { connection, ping_at, missed } if *ping_at <= now => {
                *ping_at = now + PING_EVERY;
                *missed += 1;
                let connection = *connection;
                self.frame(connection, PING.to_owned());
            }
            State::Idle
            | State::Waiting { .. }
            | State::Asking { .. }
            | State::Opening { .. }
            | State::LoggingOn { .. }
            | State::On { .. } => {}
        }
        if self.renew_at.is_some_and(|at| at <= now) {
            self.renew();
        }
    }

    /// Asks for the next token, also before its time: the line's SIP is about to connect again, and may have been refused
    /// because of this one. While the CTI is away it is asked for with that.
    pub(super) fn renew(&mut self) {
        if self.is_up() && self.renewing.is_none() {
            let question = self.ask();
            self.renewing = Some(question);
        }
    }

    /// Asks for a token: for the next one when there is one.
    fn ask(&mut self) -> QuestionId {
        self.numbered = self.numbered.wrapping_add(1);
        let question = QuestionId(self.numbered);
        let (method, url, headers, body) = match &self.session {
            Some(session) => {
                let authorization = ("Authorization".to_owned(), session.token.authorization());
                (HttpMethod::Get, self.door.server.check_url(), vec![authorization], Secret::default())
            }
            None => {
                let kind = ("Content-Type".to_owned(), Secret::new("application/json"));
                let body = login_body(&self.door.login, &self.door.password, &self.door.says);
                (HttpMethod::Post, self.door.server.login_url(), vec![kind], body)
            }
        };
        let Door { ca_file, pin, allow_plain, proxy, .. } = self.door.clone();
        let request = HttpRequest { method, url, basic: None, headers, body, ca_file, pin, allow_plain, proxy };
        self.net(NetRequest::Ask { question, request: Box::new(request) });
        question
    }

    fn on_answer(&mut self, now: Instant, question: QuestionId, answer: &Result<HttpAnswer, OfflineCause>) {
        let opens = matches!(self.state, State::Asking { question: asked } if asked == question);
        if !opens && self.renewing != Some(question) {
            return debug!("the answer to a question that nobody asks any more");
        }
        self.renewing = self.renewing.filter(|asked| *asked != question);
        match read_answer(answer, self.session.as_ref().map(|session| &session.token)) {
            Ok(session) => {
                self.renew_at = Some(now + session.renew_after());
                self.outputs.push_back(Output::Token(session.token.clone()));
                self.session = Some(session);
                if opens {
                    self.open();
                }
            }
            Err(error) => self.on_refusal(now, opens, error),
        }
    }

    fn on_refusal(&mut self, now: Instant, opens: bool, error: RestError) {
        match (&self.session, error) {
            // The token is kept: the server may know it still.
            (_, RestError::NoResponse(cause)) if opens => self.fall(now, cause),
            (Some(_), RestError::NoResponse(_)) => self.renew_at = Some(now + RENEW_AGAIN),
            (Some(_), error) => {
                info!(%error, "signing in anew");
                self.session = None;
                let question = self.ask();
                match opens {
                    true => self.state = State::Asking { question },
                    false => self.renewing = Some(question),
                }
            }
            (None, RestError::InvalidCredentials) => {
                self.close();
                self.state = State::Idle;
                // What SIP and HTTP both call it.
                self.outputs.push_back(Output::Refused(OfflineCause::WrongPassword { code: 401 }));
            }
            (None, error) if opens => self.fall(now, OfflineCause::Unreachable { detail: error.to_string() }),
            (None, _) => self.renew_at = Some(now + RENEW_AGAIN),
        }
    }

    fn open(&mut self) {
        let Some(session) = &self.session else { return };
        let url = self.door.server.cti_url(&session.token);
        self.numbered = self.numbered.wrapping_add(1);
        let connection = ConnectionId(FIRST_CONNECTION | self.numbered);
        self.state = State::Opening { connection };
        let Door { ca_file, pin, allow_plain, proxy, .. } = self.door.clone();
        let endpoint = Endpoint { url, at: None, subprotocol: None, origin: None, ca_file, pin, allow_plain, proxy };
        self.net(NetRequest::Open { connection, endpoint: Box::new(endpoint) });
    }

    fn on_frame(&mut self, now: Instant, connection: ConnectionId, frame: &[u8]) {
        // Whatever it says, it is a sign of life.
        if let State::On { missed, .. } = &mut self.state {
            *missed = 0;
        }
        let message = match CtiMessage::read(frame) {
            Ok(message) => message,
            Err(error) => return debug!(%error, "passed over"),
        };
        debug!(target: "messages", "RS<<< {}", message.kind());
        match (&self.state, message) {
            (State::LoggingOn { .. }, CtiMessage::LoggedOn) => {
                self.state = State::On { connection, ping_at: now + PING_EVERY, missed: 0 };
                self.backoff.online(now);
                self.outputs.push_back(Output::Up);
            }
            (State::LoggingOn { .. }, CtiMessage::LoggedOnError(why)) => {
                self.close();
                self.session = None;
                self.fall(now, lost(&format!("the server did not open the session: {why}")));
            }
            (State::On { .. }, CtiMessage::Alive) => {}
            (State::On { .. }, message) => self.outputs.push_back(Output::Message(message)),
            // Some come before: they are as good as later.
            (State::LoggingOn { .. }, message) => self.outputs.push_back(Output::Message(message)),
            (State::Idle | State::Waiting { .. } | State::Asking { .. } | State::Opening { .. }, _) => {}
        }
    }

    fn fall(&mut self, now: Instant, cause: OfflineCause) {
        let pace = match &cause {
            // Nothing is tried again until the user has looked at it.
            OfflineCause::Configuration { .. } | OfflineCause::KeyChanged { .. } => {
                self.state = State::Idle;
                return self.outputs.push_back(Output::Refused(cause));
            }
            OfflineCause::Tls { .. } => Pace::Slow,
            _ => Pace::Quick,
        };
        let wait = self.backoff.wait(now, pace);
        self.state = State::Waiting { until: now + wait };
        self.renewing = None;
        self.outputs.push_back(Output::Down { cause, retry_in: wait });
    }

    fn close(&mut self) {
        if let Some(connection) = self.state.connection() {
            self.net(NetRequest::Close { connection });
        }
        self.renewing = None;
    }

    fn frame(&mut self, connection: ConnectionId, frame: String) {
        self.net(NetRequest::Send { connection, message: Bytes::from(frame) });
    }

    fn net(&mut self, request: NetRequest) {
        self.outputs.push_back(Output::Net(request));
    }
}

impl State {
    fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Opening { connection } | Self::LoggingOn { connection, .. } | Self::On { connection, .. } => Some(*connection),
            Self::Idle | Self::Waiting { .. } | Self::Asking { .. } => None,
        }
    }
}

fn lost(detail: &str) -> OfflineCause {
    OfflineCause::ConnectionLost { detail: detail.to_owned() }
}

/// What connections say of SIP, said of the CTI.
fn of_cti(cause: OfflineCause) -> OfflineCause {
    match cause {
        OfflineCause::NotSipOverWebSocket { detail } => {
            OfflineCause::Unreachable { detail: format!("the XUC does not open its CTI: {detail}") }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
