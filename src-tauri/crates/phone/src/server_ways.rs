//! The way of a call to STUN and TURN servers: by the network of the world, trusting what the account trusts.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use media::{ServerStream, ServerWays};
use model::IceUrl;
use providers::net::{IceEndpoint, Network, OpenStream};
use tokio::time::timeout;

/// A server that took longer would come too late for any call.
const PATIENCE: Duration = Duration::from_secs(10);

/// Leads the calls of one account.
pub(crate) struct AccountWays {
    network: Arc<dyn Network>,
    ca_file: Option<PathBuf>,
}

impl AccountWays {
    /// `ca_file` is a path, or empty.
    pub(crate) fn new(network: &Arc<dyn Network>, ca_file: &str) -> Self {
        Self { network: Arc::clone(network), ca_file: (!ca_file.is_empty()).then(|| ca_file.into()) }
    }
}

#[async_trait]
impl ServerWays for AccountWays {
    async fn find(&self, url: &IceUrl) -> Result<Vec<SocketAddr>, String> {
        let found = timeout(PATIENCE, self.network.find(url)).await;
        found.map_err(|_| "no name server answers")?.map_err(|cause| cause.to_string())
    }

    async fn open(&self, url: &IceUrl) -> Result<ServerStream, String> {
        let endpoint = IceEndpoint { url: url.clone(), ca_file: self.ca_file.clone() };
        let reached = timeout(PATIENCE, self.network.reach(&endpoint)).await;
        let path = reached.map_err(|_| "it does not answer")?.map_err(|cause| cause.to_string())?;
        let OpenStream { io, local, remote } = path.into_stream()?.ok_or("it is reached by datagrams")?;
        Ok(ServerStream { io: Box::new(io), local, remote })
    }
}

impl fmt::Debug for AccountWays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountWays").finish_non_exhaustive()
    }
}
