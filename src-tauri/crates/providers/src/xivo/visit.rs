//! A short visit at a XUC without a line: sign in, open the CTI, ask, hear the answer, leave.

use std::{collections::VecDeque, time::Duration};

use model::{Clock, Instant, OfflineCause, Personal, XivoAccount};
use tokio::time::timeout;
use tracing::debug;

use super::{
    cti::{CtiCommand, CtiMessage},
    provider::door,
    session::{CtiSession, Output},
};
use crate::net::{Connection, ConnectionId, NetEvent, NetRequest, Network, Outgoing};

/// What was heard and not asked for is kept for later questions, this much of it.
const MOST_HEARD: usize = 256;
/// Signing in ends by itself, one way or the other; every part of it has a limit of its own.
const SIGN_IN_WITHIN: Duration = Duration::from_secs(60);

/// Somebody who visits. Dropping it leaves.
pub struct Visit<'a> {
    network: &'a dyn Network,
    clock: &'a dyn Clock,
    session: CtiSession,
    connection: Option<(ConnectionId, Connection)>,
    heard: VecDeque<CtiMessage>,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// It could not be asked.
    #[error("{0}")]
    Offline(OfflineCause),
    /// The server did not do it.
    #[error("the XiVO refused it: {}", .0.expose())]
    Refused(Personal),
    /// The server says nothing that would be an answer.
    #[error("the XiVO did not answer within {} seconds", .0.as_secs())]
    NoAnswer(Duration),
}

impl<'a> Visit<'a> {
    /// Signs in.
    ///
    /// # Errors
    /// When it cannot be.
    pub async fn begin(
        network: &'a dyn Network,
        clock: &'a dyn Clock,
        account: &XivoAccount,
        seed: [u8; 32],
    ) -> Result<Self, VisitError> {
        let door = door(account).map_err(VisitError::Offline)?;
        let mut visit = Self { network, clock, session: CtiSession::new(door, seed), connection: None, heard: VecDeque::new() };
        visit.session.start();
        let signed_in = async {
            visit.settle().await?;
            while !visit.session.is_up() {
                visit.step().await?;
            }
            Ok(())
        };
        match timeout(SIGN_IN_WITHIN, signed_in).await {
            Ok(signed_in) => signed_in.map_err(VisitError::Offline)?,
            Err(_) => return Err(VisitError::NoAnswer(SIGN_IN_WITHIN)),
        }
        Ok(visit)
    }

    /// What was said so far answers nothing that is asked from now on.
    pub fn forget_heard(&mut self) {
        self.heard.clear();
    }

    /// Asks for something; what follows from it is heard.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn ask(&mut self, command: &CtiCommand) -> Result<(), VisitError> {
        if !self.session.send(command) {
            return Err(VisitError::Offline(OfflineCause::ConnectionLost { detail: "the CTI is gone".into() }));
        }
        self.settle().await.map_err(VisitError::Offline)
    }

    /// The first thing said, also earlier, that `pick` takes.
    ///
    /// # Errors
    /// When the server refuses something meanwhile, or says nothing that fits within the time.
    pub async fn hear<T>(&mut self, within: Duration, mut pick: impl FnMut(&CtiMessage) -> Option<T>) -> Result<T, VisitError> {
        let heard = async {
            loop {
                while let Some(message) = self.heard.pop_front() {
                    if let CtiMessage::Error { text, .. } = message {
                        return Err(VisitError::Refused(text));
                    }
                    if let Some(picked) = pick(&message) {
                        return Ok(picked);
                    }
                }
                self.step().await.map_err(VisitError::Offline)?;
            }
        };
        timeout(within, heard).await.unwrap_or(Err(VisitError::NoAnswer(within)))
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Waits for what comes next, and does what follows from it.
    async fn step(&mut self) -> Result<(), OfflineCause> {
        let until = self.session.poll_timeout().map(|at| at.since(self.now()));
        let Some((connection, open)) = &mut self.connection else {
            // There is nothing to wait for but the session's own time.
            tokio::time::sleep(until.unwrap_or(SIGN_IN_WITHIN)).await;
            self.session.on_timeout(self.clock.now());
            return self.settle().await;
        };
        let connection = *connection;
        let received = match until {
            Some(until) => timeout(until, open.incoming.recv()).await.ok(),
            None => Some(open.incoming.recv().await),
        };
        let now = self.now();
        match received {
            None => self.session.on_timeout(now),
            Some(Some(Ok(message))) => self.session.on_net(now, NetEvent::Received { connection, message }),
            Some(Some(Err(cause))) => self.session.on_net(now, NetEvent::Closed { connection, cause }),
            Some(None) => {
                let cause = OfflineCause::ConnectionLost { detail: "the server closed it".into() };
                self.session.on_net(now, NetEvent::Closed { connection, cause });
            }
        }
        self.settle().await
    }

    async fn settle(&mut self) -> Result<(), OfflineCause> {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Net(request) => self.net(request).await,
                Output::Message(message) if self.heard.len() < MOST_HEARD => self.heard.push_back(message),
                Output::Message(_) => debug!("nobody asked for so much"),
                Output::Token(_) | Output::Up => {}
                Output::Down { cause, .. } | Output::Refused(cause) => return Err(cause),
            }
        }
        Ok(())
    }

    async fn net(&mut self, request: NetRequest) {
        match request {
            NetRequest::Ask { question, request } => {
                let answer = self.network.ask(&request).await;
                self.session.on_net(self.clock.now(), NetEvent::Answered { question, answer });
            }
            // It goes where the account says.
            NetRequest::Locate { .. } => {}
            NetRequest::Open { connection, endpoint } => {
                let event = match self.network.open(&endpoint).await {
                    Ok(open) => {
                        let addresses = open.addresses.clone();
                        self.connection = Some((connection, open));
                        NetEvent::Opened { connection, addresses }
                    }
                    Err(cause) => NetEvent::Closed { connection, cause },
                };
                self.session.on_net(self.clock.now(), event);
            }
            NetRequest::Send { message, .. } => {
                if let Some((_, open)) = &self.connection
                    && open.outgoing.send(Outgoing::Message(message)).await.is_err()
                {
                    debug!("the connection is gone, which is heard next");
                }
            }
            NetRequest::Close { .. } => self.connection = None,
            NetRequest::Probe { .. } => {}
        }
    }
}
