//! Names to addresses.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{LookupIpStrategy, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
};
use tokio::time;
use tracing::debug;

/// One name server that does not answer may not use up the time of the others.
const QUERY_LIMIT: Duration = Duration::from_secs(2);
/// All of them together may not use up the ten seconds of an opening.
const LOOKUP_LIMIT: Duration = Duration::from_secs(6);

/// The addresses of `host`, both families; none when it cannot be found.
///
/// The system's configuration and hosts file are read anew each time: they change when the machine changes networks.
pub(crate) async fn resolve(host: &str) -> Vec<IpAddr> {
    if let Some(known) = known(host) {
        return known;
    }
    match resolver() {
        Some(resolver) => resolve_by(&resolver, host).await,
        None => Vec::new(),
    }
}

/// The same, by this resolver.
pub(super) async fn resolve_by(resolver: &TokioResolver, host: &str) -> Vec<IpAddr> {
    if let Some(known) = known(host) {
        return known;
    }
    match time::timeout(LOOKUP_LIMIT, resolver.lookup_ip(host)).await {
        Ok(Ok(found)) => found.iter().collect(),
        Ok(Err(error)) => {
            debug!(%error, "name not found");
            Vec::new()
        }
        Err(_) => {
            debug!("no name server answers");
            Vec::new()
        }
    }
}

/// Addresses that nobody is asked for.
fn known(host: &str) -> Option<Vec<IpAddr>> {
    if let Ok(address) = host.parse() {
        return Some(vec![address]);
    }
    // RFC 6761 section 6.3: never asked from anybody.
    let is_this_computer = host == "localhost" || host.ends_with(".localhost");
    is_this_computer.then(|| vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()])
}

/// Asks the system's name servers; none when that is impossible.
pub(super) fn resolver() -> Option<TokioResolver> {
    // Without a configuration (a container without network) the hosts file still counts.
    let mut builder = TokioResolver::builder_tokio().unwrap_or_else(|error| {
        debug!(%error, "the system names no name server");
        TokioResolver::builder_with_config(ResolverConfig::default(), TokioRuntimeProvider::default())
    });
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.timeout = QUERY_LIMIT;
    options.attempts = 2;
    // Used for one look-up, so there is nothing to keep.
    options.cache_size = 0;
    builder.build().inspect_err(|error| debug!(%error, "no resolver")).ok()
}
