//! Phones whose connection broke in a call: the call waits for a while, and goes on over the connection they come back by.

use std::time::Duration;

use model::Instant;
use sip::{Input, Message};

use crate::{
    core::{Core, Link},
    link::LinkId,
};

/// How long a call waits for its phone; as long as any request of the phone does (RFC 3261 timer B).
const PATIENCE: Duration = Duration::from_secs(32);

/// How what a user agent says reaches the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// By its own connection.
    Own,
    /// By the one the phone came back by.
    Other(LinkId),
    /// Not at all, until then.
    Gone { forgotten_at: Instant },
}

impl Link {
    /// The connection that carries it, when one does; `own` is its own.
    pub(crate) fn carried_by(&self, own: LinkId) -> Option<LinkId> {
        match self.carrier {
            Carrier::Own => Some(own),
            Carrier::Other(other) => Some(other),
            Carrier::Gone { .. } => None,
        }
    }

    /// When it is forgotten.
    pub(crate) fn forgotten_at(&self) -> Option<Instant> {
        match self.carrier {
            Carrier::Gone { forgotten_at } => Some(forgotten_at),
            Carrier::Own | Carrier::Other(_) => None,
        }
    }
}

impl Core {
    /// A connection is gone: calls of a phone that may come back wait, everything else of it ends.
    pub(crate) fn closed(&mut self, now: Instant, connection: LinkId) {
        let carried: Vec<LinkId> = self.carried_by(connection).collect();
        for id in carried {
            match self.links.get_mut(&id) {
                Some(link) if link.user.is_some() && !link.agent.is_quiet() => {
                    link.carrier = Carrier::Gone { forgotten_at: now + PATIENCE };
                    self.tell_agent(now, id, Input::Disconnected);
                }
                _ => self.forget(now, id),
            }
        }
    }

    /// Forgets those whose phone did not come back.
    pub(crate) fn roaming_due(&mut self, now: Instant) {
        let due = |link: &Link| link.forgotten_at().is_some_and(|at| at <= now);
        let late: Vec<LinkId> = self.links.iter().filter(|(_, link)| due(link)).map(|(id, _)| *id).collect();
        for id in late {
            self.forget(now, id);
        }
    }

    /// `user` has registered over a connection: his calls that waited go on over it.
    pub(crate) fn came_back(&mut self, now: Instant, user: &str, connection: LinkId) {
        let waits = |link: &Link| link.user.as_deref() == Some(user) && link.forgotten_at().is_some();
        let waiting: Vec<LinkId> = self.links.iter().filter(|(_, link)| waits(link)).map(|(id, _)| *id).collect();
        for id in waiting {
            self.carry(now, id, connection);
        }
    }

    /// Whom a message that came by a connection is for: the user agent whose call it names, else the connection's own. A
    /// phone that speaks of its call over another connection has left the one before, though that may not know yet.
    pub(crate) fn addressee(&mut self, now: Instant, connection: LinkId, message: &[u8]) -> LinkId {
        let user = self.links.get(&connection).and_then(|link| link.user.clone());
        let is_another = |(id, link): &(&LinkId, &Link)| **id != connection && link.user.is_some() && link.user == user;
        if !self.links.iter().any(|link| is_another(&link)) {
            return connection;
        }
        let parsed = Message::parse(message);
        let headers = match &parsed {
            Ok(Message::Request(request)) => &request.headers,
            Ok(Message::Response(response)) => &response.headers,
            Err(_) => return connection,
        };
        let Ok(call_id) = headers.call_id() else { return connection };
        let has_it = |(_, link): &(&LinkId, &Link)| link.agent.has_call(call_id);
        let Some((id, carrier)) = self.links.iter().filter(is_another).find(has_it).map(|(id, link)| (*id, link.carried_by(*id)))
        else {
            return connection;
        };
        if carrier != Some(connection) {
            self.tell_agent(now, id, Input::Disconnected);
            self.carry(now, id, connection);
        }
        id
    }

    fn carry(&mut self, now: Instant, id: LinkId, connection: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.carrier = Carrier::Other(connection);
        }
        self.tell_agent(now, id, Input::Connected);
    }

    fn carried_by(&self, connection: LinkId) -> impl Iterator<Item = LinkId> {
        self.links.iter().filter(move |(id, link)| link.carried_by(**id) == Some(connection)).map(|(id, _)| *id)
    }
}
