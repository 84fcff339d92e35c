//! Everything that a call of an account depends on, looked at in turn.

use std::{cmp::Reverse, net::SocketAddr, time::Duration};

use media::{ProbeEnd, ProbeStep, ServerProbe};
use model::{
    Account, AccountStep, Check, CheckFact, IceServer, IceTransport, IceUrl, Instant, Provider, Secret, TrialFact, TrialOutcome,
    TrialStep,
};
use providers::net::{AccountServer, Endpoint, IceEndpoint, IcePath, Place, Proxy, ServerFacts};
use tokio::time::timeout;

use super::{Office, ice};
use crate::world::World;

/// A server that has not answered by then does not.
const PATIENCE: Duration = Duration::from_secs(5);
/// From there on certificates and tokens begin to fail.
const CLOCK_MAY_DIFFER_S: i64 = 60;
/// A certificate that ends so soon is to be renewed.
const ENDS_SOON_S: i64 = 14 * 86_400;

pub(super) async fn run(office: &Office, world: &World, account: Account) -> Vec<Check> {
    let mut report = Report { world, begun: world.clock.now(), checks: Vec::new() };
    if let Some(endpoint) = endpoint(world, &account.provider).await {
        let facts = world.network.inspect(&endpoint).await;
        report.server(&facts, &endpoint);
    }
    let trial = office.try_account(account.clone(), None).await;
    for step in trial.steps.iter().filter(|step| matches!(step.step, AccountStep::WebSocket | AccountStep::Registration)) {
        let name = if step.step == AccountStep::WebSocket { "websocket" } else { "registration" };
        report.add(name, step.outcome, of_step(step));
    }
    if let Some(failed) = trial.failed().filter(|failed| failed.step < AccountStep::WebSocket) {
        report.add("account", TrialOutcome::Failed, of_step(failed));
    }
    let servers: Vec<IceUrl> = account.provider.ice_servers().iter().map(|server| server.url.clone()).collect();
    for url in &servers {
        let Some(trial) = office.try_ice(account.clone(), url, None).await else { continue };
        let (outcome, fact) = match trial.failed() {
            None => (TrialOutcome::Passed, CheckFact::ServerWorks),
            Some(failed) => (TrialOutcome::Failed, CheckFact::ServerFails { step: failed.step, fact: failed.fact.clone() }),
        };
        report.add(&url.to_string(), outcome, fact);
    }
    let (outcome, fact) = nat(world, &servers).await;
    report.add("nat", outcome, fact);
    report.checks
}

async fn endpoint(world: &World, provider: &Provider) -> Option<Endpoint> {
    let at = |url: String, ca_file: &str, pin: &str| Endpoint {
        url,
        at: None,
        subprotocol: None,
        origin: None,
        ca_file: (!ca_file.is_empty()).then(|| ca_file.into()),
        pin: pin.parse().ok(),
        allow_plain: true,
        proxy: Proxy::System,
    };
    match provider {
        Provider::Practice => None,
        Provider::Sip(sip) => {
            let server: AccountServer = sip.server.parse().ok()?;
            let first = if server.located { first_server(world, server.url.host()).await } else { None };
            Some(Endpoint { at: first, ..at(server.url.to_string(), &sip.ca_file, &sip.pin) })
        }
        Provider::Aculab(aculab) => Some(at(aculab.server(), &aculab.ca_file, &aculab.pin)),
        Provider::Xivo(xivo) => Some(at(xivo.server.clone(), &xivo.ca_file, &xivo.pin)),
    }
}

/// The server that a domain names first; none where it is the server itself.
async fn first_server(world: &World, domain: &str) -> Option<Place> {
    // That it has decidedly none is found out by the trial.
    let located = world.network.locate(domain).await.ok()?;
    let first = located.servers.into_iter().min_by_key(|server| (server.priority, Reverse(server.weight)))?;
    Some(first.place)
}

struct Report<'a> {
    world: &'a World,
    begun: Instant,
    checks: Vec<Check>,
}

impl Report<'_> {
    /// The time is that since the check before it.
    fn add(&mut self, name: &str, outcome: TrialOutcome, fact: CheckFact) {
        let now = self.world.clock.now();
        let ms = now.since(self.begun).as_secs_f64() * 1000.0;
        self.begun = now;
        self.checks.push(Check { name: name.to_owned(), outcome, fact, ms: Some(ms) });
    }

    fn server(&mut self, facts: &ServerFacts, endpoint: &Endpoint) {
        let addresses: Vec<String> = facts.addresses.iter().map(ToString::to_string).collect();
        if addresses.is_empty() {
            self.add("dns", TrialOutcome::Failed, CheckFact::NoAddress);
        } else {
            let reached = facts.reached.map(|reached| reached.to_string());
            self.add("dns", TrialOutcome::Passed, CheckFact::Addresses { addresses, reached });
        }
        let is_secure = endpoint.url.starts_with("wss:");
        match (&facts.trouble, is_secure) {
            (Some(cause), _) => {
                let name = if facts.reached.is_some() { "tls" } else { "connection" };
                self.add(name, TrialOutcome::Failed, CheckFact::Offline { cause: cause.clone() });
            }
            (None, false) => self.add("tls", TrialOutcome::Skipped, CheckFact::NotEncrypted),
            (None, true) => self.certificate(facts),
        }
        self.clock(facts);
    }

    fn certificate(&mut self, facts: &ServerFacts) {
        let left_s = facts.valid_until_unix_s.map(|until| until - self.world.clock.unix_seconds());
        let fact = CheckFact::Certificate {
            version: facts.tls_version.clone().unwrap_or_else(|| "TLS".into()),
            certificates: u32::try_from(facts.certificates).unwrap_or(u32::MAX),
            days_left: left_s.map(|left| i32::try_from(left / 86_400).unwrap_or(i32::MAX)),
            ends_soon: left_s.is_some_and(|left| left < ENDS_SOON_S),
            key: facts.key.map(|key| key.to_string()),
        };
        self.add("tls", TrialOutcome::Passed, fact);
    }

    fn clock(&mut self, facts: &ServerFacts) {
        let Some(theirs) = facts.unix_s else {
            return self.add("clock", TrialOutcome::Skipped, CheckFact::ClockUnknown);
        };
        let off_s = i32::try_from(self.world.clock.unix_seconds() - theirs).unwrap_or(i32::MAX);
        let is_right = i64::from(off_s).abs() <= CLOCK_MAY_DIFFER_S;
        if is_right {
            self.add("clock", TrialOutcome::Passed, CheckFact::Clock { off_s });
        } else {
            self.add("clock", TrialOutcome::Failed, CheckFact::ClockWrong { off_s });
        }
    }
}

/// How a step of the account's trial went.
fn of_step(step: &TrialStep) -> CheckFact {
    match &step.fact {
        TrialFact::Plain => CheckFact::Plain,
        TrialFact::Offline { cause } => CheckFact::Offline { cause: cause.clone() },
        fact => CheckFact::Tried { fact: fact.clone() },
    }
}

/// What lies between this computer and the servers, by how two of them see one port of it (RFC 4787 section 4.1).
async fn nat(world: &World, servers: &[IceUrl]) -> (TrialOutcome, CheckFact) {
    let mut urls: Vec<IceUrl> = Vec::new();
    for url in servers.iter().filter(|url| url.transport == IceTransport::Udp) {
        if !urls.iter().any(|known| (&known.host, known.port()) == (&url.host, url.port())) {
            urls.push(IceUrl { relays: false, ..url.clone() });
        }
    }
    let Some(first) = urls.first() else {
        return (TrialOutcome::Skipped, CheckFact::NoServer);
    };
    let endpoint = IceEndpoint { url: first.clone(), ca_file: None };
    let Ok(Ok(mut path)) = timeout(PATIENCE, world.network.reach(&endpoint)).await else {
        return (TrialOutcome::Failed, CheckFact::NoServerReached);
    };
    let local = path.local();
    let mut seen: Vec<SocketAddr> = Vec::new();
    for (nth, url) in urls.iter().enumerate().take(2) {
        if nth > 0 && path.turn_to(url).await.is_err() {
            break;
        }
        seen.extend(seen_as(world, &mut path, url).await);
    }
    let address = |seen: &SocketAddr| seen.ip().to_string();
    match seen.as_slice() {
        [] => (TrialOutcome::Failed, CheckFact::UdpBlocked),
        [one, ..] if Some(one.ip()) == local.map(|local| local.ip()) => (TrialOutcome::Passed, CheckFact::NoNat),
        [one] => (TrialOutcome::Passed, CheckFact::Nat { address: address(one) }),
        [one, other, ..] if one == other => (TrialOutcome::Passed, CheckFact::NatForAll { address: address(one) }),
        [one, ..] => (TrialOutcome::Failed, CheckFact::NatSymmetric { address: address(one) }),
    }
}

/// How a server sees this computer.
async fn seen_as(world: &World, path: &mut IcePath, url: &IceUrl) -> Option<SocketAddr> {
    let server = IceServer { url: url.clone(), username: "".into(), credential: Secret::default() };
    let seed = world.randomness.seed();
    let mut probe = ServerProbe::new(&server, std::array::from_fn(|at| seed[at])).ok()?;
    match timeout(PATIENCE, ice::exchange(path, &mut probe)).await {
        Ok(Ok(ProbeStep::Over(ProbeEnd::Reflexive(address)))) => Some(address),
        _ => None,
    }
}
