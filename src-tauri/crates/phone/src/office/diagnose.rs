//! Everything that a call of an account depends on, looked at in turn.

use std::{net::SocketAddr, time::Duration};

use media::{ProbeEnd, ProbeStep, ServerProbe};
use model::{Account, AccountStep, Check, IceServer, IceTransport, IceUrl, Instant, Provider, Secret, TrialOutcome};
use providers::net::{Endpoint, IceEndpoint, IcePath, Proxy, ServerFacts};
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
    if let Some(endpoint) = endpoint(&account.provider) {
        let facts = world.network.inspect(&endpoint).await;
        report.server(&facts, &endpoint);
    }
    let trial = office.try_account(account.clone(), None).await;
    for step in trial.steps.iter().filter(|step| matches!(step.step, AccountStep::WebSocket | AccountStep::Registration)) {
        let name = if step.step == AccountStep::WebSocket { "websocket" } else { "registration" };
        report.add(name, step.outcome, step.words.clone());
    }
    if let Some(failed) = trial.failed().filter(|failed| failed.step < AccountStep::WebSocket) {
        report.add("account", TrialOutcome::Failed, failed.words.clone());
    }
    let servers: Vec<IceUrl> = account.provider.ice_servers().iter().map(|server| server.url.clone()).collect();
    for url in &servers {
        let Some(trial) = office.try_ice(account.clone(), url, None).await else { continue };
        let seen: Vec<&str> = trial.steps.iter().map(|step| step.words.as_str()).filter(|words| !words.is_empty()).collect();
        let outcome = if trial.failed().is_some() { TrialOutcome::Failed } else { TrialOutcome::Passed };
        report.add(&url.to_string(), outcome, seen.join("; "));
    }
    let (outcome, words) = nat(world, &servers).await;
    report.add("nat", outcome, words);
    report.checks
}

fn endpoint(provider: &Provider) -> Option<Endpoint> {
    let at = |url: String, ca_file: &str| Endpoint {
        url,
        subprotocol: None,
        origin: None,
        ca_file: (!ca_file.is_empty()).then(|| ca_file.into()),
        pin: None,
        allow_plain: true,
        proxy: Proxy::System,
    };
    match provider {
        Provider::Practice => None,
        Provider::Sip(sip) => Some(Endpoint { pin: sip.pin.parse().ok(), ..at(sip.server.clone(), &sip.ca_file) }),
        Provider::Aculab(aculab) => Some(at(aculab.server(), &aculab.ca_file)),
        Provider::Xivo(xivo) => Some(at(xivo.server.clone(), &xivo.ca_file)),
    }
}

struct Report<'a> {
    world: &'a World,
    begun: Instant,
    checks: Vec<Check>,
}

impl Report<'_> {
    /// The time is that since the check before it.
    fn add(&mut self, name: &str, outcome: TrialOutcome, words: String) {
        let now = self.world.clock.now();
        let ms = now.since(self.begun).as_secs_f64() * 1000.0;
        self.begun = now;
        self.checks.push(Check { name: name.to_owned(), outcome, words, ms: Some(ms) });
    }

    fn server(&mut self, facts: &ServerFacts, endpoint: &Endpoint) {
        let addresses: Vec<String> = facts.addresses.iter().map(ToString::to_string).collect();
        let found = if addresses.is_empty() { TrialOutcome::Failed } else { TrialOutcome::Passed };
        let reached = facts.reached.map_or_else(String::new, |reached| format!("; {reached} answers"));
        let words =
            if addresses.is_empty() { "the server's name has no address".into() } else { addresses.join(", ") + &reached };
        self.add("dns", found, words);
        let is_secure = endpoint.url.starts_with("wss:");
        match (&facts.trouble, is_secure) {
            (Some(cause), _) if facts.reached.is_some() => self.add("tls", TrialOutcome::Failed, cause.to_string()),
            (Some(cause), _) => self.add("connection", TrialOutcome::Failed, cause.to_string()),
            (None, false) => self.add("tls", TrialOutcome::Skipped, "signalling is not encrypted".into()),
            (None, true) => self.certificate(facts),
        }
        self.clock(facts);
    }

    fn certificate(&mut self, facts: &ServerFacts) {
        let left = facts.valid_until_unix_s.map(|until| until - self.world.clock.unix_seconds());
        let ends = left.map_or_else(String::new, |left| format!(", valid for {} more days", left / 86_400));
        let soon = if left.is_some_and(|left| left < ENDS_SOON_S) { "; it is to be renewed soon" } else { "" };
        let version = facts.tls_version.as_deref().unwrap_or("TLS");
        let key = facts.key.map_or_else(String::new, |key| format!("; its key is {key}"));
        let words = format!("{version}, {} certificates, trusted{ends}{soon}{key}", facts.certificates);
        self.add("tls", TrialOutcome::Passed, words);
    }

    fn clock(&mut self, facts: &ServerFacts) {
        let Some(theirs) = facts.unix_s else {
            return self.add("clock", TrialOutcome::Skipped, "the server does not tell the time".into());
        };
        let off = self.world.clock.unix_seconds() - theirs;
        if off.abs() <= CLOCK_MAY_DIFFER_S {
            return self.add("clock", TrialOutcome::Passed, format!("{off} s from the server's"));
        }
        let words =
            format!("this computer's clock is {off} s from the server's: certificates and tokens may be refused; set it right");
        self.add("clock", TrialOutcome::Failed, words);
    }
}

/// What lies between this computer and the servers, by how two of them see one port of it (RFC 4787 section 4.1).
async fn nat(world: &World, servers: &[IceUrl]) -> (TrialOutcome, String) {
    let mut urls: Vec<IceUrl> = Vec::new();
    for url in servers.iter().filter(|url| url.transport == IceTransport::Udp) {
        if !urls.iter().any(|known| (&known.host, known.port) == (&url.host, url.port)) {
            urls.push(IceUrl { relays: false, ..url.clone() });
        }
    }
    let Some(first) = urls.first() else {
        return (TrialOutcome::Skipped, "no STUN or TURN server over UDP to look through".into());
    };
    let endpoint = IceEndpoint { url: first.clone(), ca_file: None };
    let Ok(Ok(mut path)) = timeout(PATIENCE, world.network.reach(&endpoint)).await else {
        return (TrialOutcome::Failed, "no server can be asked".into());
    };
    let local = path.local();
    let mut seen: Vec<SocketAddr> = Vec::new();
    for (nth, url) in urls.iter().enumerate().take(2) {
        if nth > 0 && path.turn_to(url).await.is_err() {
            break;
        }
        seen.extend(seen_as(world, &mut path, url).await);
    }
    match seen.as_slice() {
        [] => (TrialOutcome::Failed, "no server answers over UDP: a firewall stops it; calls need TURN over TCP or TLS".into()),
        [one, ..] if Some(one.ip()) == local.map(|local| local.ip()) => {
            (TrialOutcome::Passed, "there is none: this computer is seen by its own address".into())
        }
        [one] => (TrialOutcome::Passed, format!("behind a NAT as {}; a second STUN server would tell its kind", one.ip())),
        [one, other, ..] if one == other => {
            (TrialOutcome::Passed, format!("behind a NAT as {}, the same for every server: calls can be direct", one.ip()))
        }
        [one, ..] => (
            TrialOutcome::Failed,
            format!("behind a NAT as {}, another port for every server (symmetric): calls need a TURN server", one.ip()),
        ),
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
