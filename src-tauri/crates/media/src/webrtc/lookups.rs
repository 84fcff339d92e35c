//! Names of STUN and TURN servers that are being looked up.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use model::IceServer;

use crate::runtime::ServerWays;

type Lookup = Pin<Box<dyn Future<Output = Found> + Send>>;

/// The addresses of a server, or why there are none.
pub(super) type Found = Result<Vec<SocketAddr>, String>;

/// Every look-up of a connection, beside each other: a name that nobody knows keeps none of the others waiting.
#[derive(Default)]
pub(super) struct Lookups(Vec<(IceServer, Lookup)>);

impl Lookups {
    /// Begins to look for a server.
    pub(super) fn begin(&mut self, ways: &Arc<dyn ServerWays>, server: &IceServer) {
        let (ways, url) = (Arc::clone(ways), server.url.clone());
        self.0.push((server.clone(), Box::pin(async move { ways.find(&url).await })));
    }

    /// Whether all are over.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next one that is over. Pending while there is none.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<(IceServer, Found)> {
        for at in 0..self.0.len() {
            if let Poll::Ready(found) = self.0[at].1.as_mut().poll(context) {
                let (server, _) = self.0.swap_remove(at);
                return Poll::Ready((server, found));
            }
        }
        Poll::Pending
    }
}
