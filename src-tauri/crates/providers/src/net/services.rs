//! Servers that a domain names by DNS: for SIP over secure WebSocket, for STUN and TURN.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    proto::rr::{RData, RecordType},
};
use model::{IceTransport, IceUrl, OfflineCause};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{pin, time::timeout};
use tracing::debug;

use super::{dns, words};

/// A domain that names more servers than this is not listened to further.
const MOST_SERVERS: usize = 8;
/// What finding the servers of a domain may take before it is taken for its own only server.
const LOCATE_LIMIT: Duration = Duration::from_secs(3);
/// No answer is believed for longer.
const LONGEST_VALID: Duration = Duration::from_secs(24 * 3_600);
/// Servers of one STUN or TURN domain that are asked beside each other: the second may live where the first does not.
const ICE_SERVERS: usize = 2;
/// How long the servers that a domain names are waited for where its own address is known: some name servers answer only
/// questions for addresses, and no call waits for them.
const LATE: Duration = Duration::from_millis(50);

/// A host and a TCP or UDP port on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// With brackets around an address of IPv6.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{open}{}{close}:{}", self.host, self.port)
    }
}

/// A server that a domain names (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedServer {
    /// Those of a lower priority are asked first.
    pub priority: u16,
    /// Its share among those of the same priority.
    pub weight: u16,
    /// Where it is.
    pub place: Place,
}

/// The servers that a domain names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// In any order; none leaves the domain itself.
    pub servers: Vec<NamedServer>,
    /// How long that may be believed.
    pub valid_for: Duration,
}

/// The order in which servers are asked: by priority, and among the same priority by chance and weight (RFC 2782).
pub fn in_order(servers: &[NamedServer], random: &mut StdRng) -> Vec<Place> {
    let mut left: Vec<&NamedServer> = servers.iter().collect();
    // Those of no weight come first, so that they have a small chance.
    left.sort_by_key(|server| (server.priority, server.weight > 0));
    let mut ordered = Vec::new();
    while let Some(first) = left.first() {
        let equals = left.iter().take_while(|server| server.priority == first.priority);
        let sums: Vec<u32> = equals
            .scan(0, |sum, server| {
                *sum += u32::from(server.weight);
                Some(*sum)
            })
            .collect();
        let drawn = random.random_range(0..=sums.last().copied().unwrap_or_default());
        let chosen = sums.iter().position(|sum| *sum >= drawn).unwrap_or_default();
        ordered.push(left.remove(chosen).place.clone());
    }
    ordered
}

/// The servers of `domain` for SIP over secure WebSocket (RFC 3263 section 4). The path is not for DNS to say.
pub(super) async fn sip(domain: &str) -> Result<Located, OfflineCause> {
    let Some(resolver) = dns::resolver() else { return Ok(Located::default()) };
    timeout(LOCATE_LIMIT, sip_by(&resolver, domain)).await.unwrap_or_else(|_| {
        debug!("no name server tells the servers of the domain");
        Ok(Located::default())
    })
}

async fn sip_by(resolver: &TokioResolver, domain: &str) -> Result<Located, OfflineCause> {
    // RFC 7118 section 5.3 has its services named by NAPTR; for domains without one, both names that are in use are tried.
    let [ws, wss] = ["_sips._ws", "_sips._wss"].map(|service| format!("{service}.{domain}"));
    let (named, ws, wss) = tokio::join!(by_naptr(resolver, domain), by_srv(resolver, &ws), by_srv(resolver, &wss));
    match [named, ws, wss].into_iter().find(|answer| *answer != Answer::Nothing) {
        Some(Answer::Servers(located)) => Ok(located),
        Some(Answer::NotOffered) => Err(OfflineCause::NotSipOverWebSocket {
            detail: format!("the domain {} says that it has no server for it", words::quoted(domain)),
        }),
        Some(Answer::Nothing) | None => Ok(Located::default()),
    }
}

/// The addresses of a STUN or TURN server in the order to ask them, the first of each family of each server.
pub(super) async fn ice(url: &IceUrl) -> Result<Vec<SocketAddr>, OfflineCause> {
    let places = match (url.port, url.host.parse::<IpAddr>()) {
        (None, Err(_)) => match dns::resolver() {
            Some(resolver) => ice_by(&resolver, url).await?,
            None => Places::Own(Vec::new()),
        },
        (Some(_), _) | (_, Ok(_)) => Places::Own(dns::resolve(&url.host).await),
    };
    let mut found = Vec::new();
    match places {
        Places::Own(addresses) => found.extend(one_of_each_family(&addresses, url.port())),
        Places::Named(places) => {
            for place in places {
                found.extend(one_of_each_family(&dns::resolve(&place.host).await, place.port));
            }
        }
    }
    if found.is_empty() {
        return Err(OfflineCause::NameNotFound { host: words::quoted(&url.host) });
    }
    Ok(found)
}

/// Where a STUN or TURN server is.
enum Places {
    /// At the addresses of the host that was written.
    Own(Vec<IpAddr>),
    /// Where its domain says.
    Named(Vec<Place>),
}

async fn ice_by(resolver: &TokioResolver, url: &IceUrl) -> Result<Places, OfflineCause> {
    let service = match (url.relays, url.transport) {
        (false, _) => "_stun._udp",
        (true, IceTransport::Udp) => "_turn._udp",
        (true, IceTransport::Tcp) => "_turn._tcp",
        (true, IceTransport::Tls) => "_turns._tcp",
    };
    let name = format!("{service}.{}", url.host);
    let (named, own) = (by_srv(resolver, &name), dns::resolve_by(resolver, &url.host));
    pin!(named, own);
    let answer = tokio::select! {
        answer = &mut named => answer,
        addresses = &mut own => {
            let patience = if addresses.is_empty() { LOCATE_LIMIT } else { LATE };
            match timeout(patience, named).await {
                Ok(answer @ (Answer::Servers(_) | Answer::NotOffered)) => answer,
                Ok(Answer::Nothing) | Err(_) => return Ok(Places::Own(addresses)),
            }
        }
    };
    match answer {
        Answer::Nothing => Ok(Places::Own(own.await)),
        Answer::NotOffered => Err(OfflineCause::NameNotFound { host: words::quoted(&name) }),
        Answer::Servers(located) => {
            // Which of equal servers it is needs no better chance than that of std's hash tables.
            let mut random = StdRng::seed_from_u64(RandomState::new().hash_one(&url.host));
            let mut places = in_order(&located.servers, &mut random);
            places.truncate(ICE_SERVERS);
            Ok(Places::Named(places))
        }
    }
}

/// IPv4 first, as calls gather their candidates: on many networks IPv6 is there and leads nowhere.
fn one_of_each_family(addresses: &[IpAddr], port: u16) -> impl Iterator<Item = SocketAddr> {
    let first = |v4: bool| addresses.iter().find(|address| address.is_ipv4() == v4).copied();
    [first(true), first(false)].into_iter().flatten().map(move |address| SocketAddr::new(address, port))
}

/// What a name server says of a service.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// Nothing, or it does not answer.
    Nothing,
    /// That there is decidedly none (RFC 2782, a target of one dot).
    NotOffered,
    /// Which servers there are.
    Servers(Located),
}

/// The services that a domain names for secure WebSockets, and their servers (RFC 3263 section 4.1).
async fn by_naptr(resolver: &TokioResolver, domain: &str) -> Answer {
    let Ok(found) = resolver.lookup(absolute(domain), RecordType::NAPTR).await else { return Answer::Nothing };
    let mut services: Vec<(u16, u16, String)> = found
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::NAPTR(naptr) => Some(naptr),
            _ => None,
        })
        .filter(|naptr| naptr.services.eq_ignore_ascii_case(b"SIPS+D2W") && naptr.flags.eq_ignore_ascii_case(b"s"))
        .map(|naptr| (naptr.order, naptr.preference, naptr.replacement.to_ascii()))
        .collect();
    services.sort();
    match services.first() {
        Some((_, _, name)) => by_srv(resolver, name).await,
        None => Answer::Nothing,
    }
}

async fn by_srv(resolver: &TokioResolver, name: &str) -> Answer {
    let found = match resolver.srv_lookup(absolute(name)).await {
        Ok(found) => found,
        Err(error) => {
            debug!(%error, "no servers by that name");
            return Answer::Nothing;
        }
    };
    let records = found.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(srv) => Some((srv, record.ttl)),
        _ => None,
    });
    let mut servers: Vec<(NamedServer, u32)> = records
        .map(|(srv, ttl)| {
            let host = srv.target.to_ascii().trim_end_matches('.').to_ascii_lowercase();
            (NamedServer { priority: srv.priority, weight: srv.weight, place: Place { host, port: srv.port } }, ttl)
        })
        .collect();
    if servers.is_empty() {
        return Answer::Nothing;
    }
    servers.retain(|(server, _)| !server.place.host.is_empty() && server.place.port != 0);
    servers.sort_by_key(|(server, _)| server.priority);
    servers.truncate(MOST_SERVERS);
    let Some(ttl) = servers.iter().map(|(_, ttl)| *ttl).min() else { return Answer::NotOffered };
    let valid_for = Duration::from_secs(u64::from(ttl)).min(LONGEST_VALID);
    Answer::Servers(Located { servers: servers.into_iter().map(|(server, _)| server).collect(), valid_for })
}

/// A name that no search list of this computer's network is put behind: who runs that network names no servers of others.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
