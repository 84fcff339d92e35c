//! A way in without a port: connections that are two queues, for phones on a network that is not there.

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::link::{LinkEvent, LinkId};

/// Messages that may wait on a connection in either direction, as on a socket's.
const WAITING: usize = 256;

/// Lets phones into an exchange that has no port. Clones lead to the same exchange.
#[derive(Clone, Debug)]
pub struct Door(mpsc::Sender<Guest>);

/// A connection through a [`Door`], as the phone holds it. Dropping it hangs up.
#[derive(Debug)]
pub struct DoorLink {
    /// To the exchange, one whole SIP message each.
    pub outgoing: mpsc::Sender<Bytes>,
    /// From it. It ends when the exchange closes the connection.
    pub incoming: mpsc::Receiver<Bytes>,
}

impl Door {
    /// A door and the queue of those who come in.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Guest>) {
        let (guests, queue) = mpsc::channel(WAITING);
        (Self(guests), queue)
    }

    /// A new connection; none when the exchange has ended.
    pub async fn enter(&self) -> Option<DoorLink> {
        let (outgoing, from_phone) = mpsc::channel(WAITING);
        let (to_phone, incoming) = mpsc::channel(WAITING);
        self.0.send(Guest { from_phone, to_phone }).await.ok()?;
        Some(DoorLink { outgoing, incoming })
    }
}

/// The exchange's end of a connection.
#[derive(Debug)]
pub(crate) struct Guest {
    from_phone: mpsc::Receiver<Bytes>,
    to_phone: mpsc::Sender<Bytes>,
}

impl Guest {
    /// Serves the connection until either end lets go.
    pub(crate) async fn serve(self, id: LinkId, events: mpsc::Sender<(LinkId, LinkEvent)>) {
        let Self { mut from_phone, to_phone } = self;
        if events.send((id, LinkEvent::Opened { outgoing: to_phone, secure: true })).await.is_err() {
            return;
        }
        while let Some(message) = from_phone.recv().await {
            if events.send((id, LinkEvent::Received(message))).await.is_err() {
                return;
            }
        }
        // The exchange is gone only when it stops.
        let _heard = events.send((id, LinkEvent::Closed)).await;
    }
}
