//! The DTLS association in use, and one that may take its place.
//!
//! Whoever has another certificate is somebody else, and the association with him replaces the old one at once. The same certificate
//! tells less: many servers, and this phone, have one for all their calls. So another association is begun *beside* the one in use
//! where the far end wants it (RFC 8842 section 3.1), says hello anew (RFC 6347 section 4.2.8), or cannot be understood any more on a
//! new path. What is in use goes on until the other is established, and is never the worse for one that is not.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rtc::shared::error::Error;

use super::{
    association::{Association, AssociationEvent},
    identity::Identity,
};
use crate::sdp::Fingerprint;

/// On a new path nothing may be understood for so long before it is taken for another end with the same certificate.
const DOUBT: Duration = Duration::from_secs(1);

const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

/// What a description does to the association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// The one in use is gone, or there was none.
    Anew,
    /// The one in use goes on, if only until another takes its place.
    GoesOn,
}

/// Both.
pub(crate) struct Associations {
    identity: Arc<Identity>,
    /// Whom they are with.
    fingerprints: Vec<Fingerprint>,
    is_client: bool,
    current: Option<Association>,
    next: Option<Association>,
    doubt_at: Option<Instant>,
}

impl Associations {
    /// None yet.
    pub(crate) fn new(identity: Arc<Identity>) -> Self {
        Self { identity, fingerprints: Vec::new(), is_client: false, current: None, next: None, doubt_at: None }
    }

    /// The far end is described: its certificate, and whether we say hello.
    pub(crate) fn describe(&mut self, fingerprints: &[Fingerprint], is_client: bool) -> Result<Begun, Error> {
        let same_end = self.fingerprints == fingerprints;
        self.fingerprints = fingerprints.to_vec();
        let turned = std::mem::replace(&mut self.is_client, is_client) != is_client;
        match &self.current {
            Some(_) if same_end && !turned => {}
            // A server waits: the hello begins another.
            Some(current) if same_end && current.is_established() => {
                self.next = if is_client { Some(self.another(true)?) } else { None };
            }
            Some(_) | None => {
                self.current = Some(self.another(is_client)?);
                self.next = None;
                return Ok(Begun::Anew);
            }
        }
        Ok(Begun::GoesOn)
    }

    /// The far end has ended the one in use: whoever is described next begins anew, though it may have the same certificate.
    pub(crate) fn end(&mut self) {
        self.fingerprints.clear();
    }

    /// Whether the handshake of the one in use is on its way or done.
    pub(crate) fn has_begun(&self) -> bool {
        self.current.as_ref().is_some_and(Association::has_begun)
    }

    /// The path is there.
    pub(crate) fn start(&mut self, now: Instant) -> Result<(), Error> {
        self.current.as_mut().map_or(Ok(()), |current| current.start(now))
    }

    /// The path is that to the far end as it was described last.
    pub(crate) fn start_beside(&mut self, now: Instant) {
        if let Some(Err(error)) = self.next.as_mut().map(|next| next.start(now)) {
            tracing::debug!(%error, "another DTLS association did not begin");
            self.next = None;
        }
    }

    /// The path is another one; whether the far end is, shows when it is heard.
    pub(crate) fn doubt(&mut self, now: Instant) {
        let may_be_another = self.is_client && self.next.is_none();
        self.doubt_at = may_be_another.then_some(now + DOUBT);
    }

    /// What it sends is understood.
    pub(crate) fn trust(&mut self) {
        self.doubt_at = None;
    }

    pub(crate) fn handle_datagram(&mut self, now: Instant, bytes: &[u8]) -> Vec<AssociationEvent> {
        let established = self.current.as_ref().is_some_and(Association::is_established);
        if established && self.next.is_none() && is_hello(bytes) {
            self.begin_beside(now, false);
        }
        match &mut self.next {
            Some(next) if next.has_begun() && is_of_handshake(bytes) => {
                let events = next.handle_datagram(now, bytes);
                events.into_iter().filter_map(|event| self.of_next(event)).collect()
            }
            _ => self.current.as_mut().map(|current| current.handle_datagram(now, bytes)).unwrap_or_default(),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<AssociationEvent> {
        if self.doubt_at.take_if(|at| *at <= now).is_some() {
            self.begin_beside(now, true);
        }
        if let Some(event) = self.next.as_mut().and_then(|next| next.handle_timeout(now)) {
            return self.of_next(event);
        }
        self.current.as_mut()?.handle_timeout(now)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let both = [&self.current, &self.next].into_iter().flatten().filter_map(Association::poll_timeout);
        both.chain(self.doubt_at).min()
    }

    pub(crate) fn poll_datagram(&mut self, now: Instant) -> Option<BytesMut> {
        [&mut self.current, &mut self.next].into_iter().flatten().find_map(|association| association.poll_datagram(now))
    }

    /// Queues close_notify.
    pub(crate) fn close(&mut self, now: Instant) {
        [&mut self.current, &mut self.next].into_iter().flatten().for_each(|association| association.close(now));
    }

    fn another(&self, is_client: bool) -> Result<Association, Error> {
        Association::new(&self.identity, self.fingerprints.clone(), is_client)
    }

    fn begin_beside(&mut self, now: Instant, is_client: bool) {
        let begun = self.another(is_client).and_then(|mut another| another.start(now).map(|()| another));
        match begun {
            Ok(another) => self.next = Some(another),
            Err(error) => tracing::debug!(%error, "another DTLS association did not begin"),
        }
    }

    /// What becomes of the one beside: it takes the place of the other, or nobody hears of it.
    fn of_next(&mut self, event: AssociationEvent) -> Option<AssociationEvent> {
        match event {
            AssociationEvent::Established(_) => {
                self.current = self.next.take();
                Some(event)
            }
            AssociationEvent::Closed | AssociationEvent::Failed(_) => {
                tracing::debug!("another DTLS association came to nothing; the one in use goes on");
                self.next = None;
                None
            }
        }
    }
}

/// Whether a datagram is the ClientHello of a new association: a record of the first epoch whose message has the type 1 (RFC 6347
/// sections 4.2.2 and 4.3.1).
fn is_hello(datagram: &[u8]) -> bool {
    datagram.first() == Some(&HANDSHAKE) && datagram.get(3..5) == Some(&[0, 0]) && datagram.get(13) == Some(&CLIENT_HELLO)
}

/// Whether it may belong to a handshake. Alerts of the later epochs are of the association in use; one in the clear is of neither
/// that could be told.
fn is_of_handshake(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(&(HANDSHAKE | CHANGE_CIPHER_SPEC)))
}
