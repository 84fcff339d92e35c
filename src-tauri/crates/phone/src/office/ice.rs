//! Trying a STUN or TURN server: the way there, and what it answers.

use std::{path::PathBuf, time::Duration};

use media::{ProbeEnd, ProbeStep, ServerProbe};
use model::{IceServer, IceStep, IceStepView, IceTransport, IceTrial, IceUrl, Instant, OfflineCause, TrialFact, TrialOutcome};
use providers::net::{IceEndpoint, IcePath};
use tokio::time::timeout;

use crate::world::World;

/// How long each the way and the answer may take; calls wait much less for a server.
const PATIENCE_S: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(PATIENCE_S as u64);

/// First pause before a datagram is repeated; each is twice as long as the one before (RFC 8489 section 6.2.1).
const REPEAT: Duration = Duration::from_millis(500);

const STEPS: [IceStep; 6] =
    [IceStep::Name, IceStep::Connection, IceStep::Tls, IceStep::Answer, IceStep::Password, IceStep::Relay];

/// Tries `server`, whose credential is filled in already.
pub(super) async fn run(world: &World, server: IceServer, ca_file: Option<PathBuf>) -> IceTrial {
    let mut trial = Trial { world, url: server.url.clone(), begun: world.clock.now(), passed: Vec::new() };
    match trial.go(&server, ca_file).await {
        Ok(()) => trial.whole(None),
        Err(failed) => trial.whole(Some(failed)),
    }
}

/// A step that failed, and why.
type Failed = (IceStep, TrialFact);

struct Trial<'a> {
    world: &'a World,
    url: IceUrl,
    begun: Instant,
    passed: Vec<IceStepView>,
}

impl Trial<'_> {
    async fn go(&mut self, server: &IceServer, ca_file: Option<PathBuf>) -> Result<(), Failed> {
        let endpoint = IceEndpoint { url: server.url.clone(), ca_file };
        let streamed = server.url.transport != IceTransport::Udp;
        let opened = timeout(PATIENCE, self.world.network.reach(&endpoint)).await;
        let mut path = match opened {
            Ok(Ok(path)) => path,
            Ok(Err(cause)) => {
                let step = unreached(&cause);
                // A certificate is looked at only where there is a connection.
                let before = STEPS.into_iter().take_while(|known| *known != step).filter(|step| self.applies(*step));
                before.collect::<Vec<_>>().into_iter().for_each(|step| self.pass(step, TrialFact::Plain));
                return Err((step, TrialFact::Offline { cause }));
            }
            Err(_) => return Err((IceStep::Connection, TrialFact::NoAnswer { seconds: PATIENCE_S })),
        };
        self.pass(IceStep::Name, TrialFact::Plain);
        if streamed {
            self.pass(IceStep::Connection, TrialFact::Plain);
        }
        if server.url.transport == IceTransport::Tls {
            self.pass(IceStep::Tls, TrialFact::Plain);
        }
        let seed = self.world.randomness.seed();
        let seed = std::array::from_fn(|at| seed[at]);
        let mut probe = ServerProbe::new(server, seed)
            .map_err(|error| (IceStep::Answer, TrialFact::NotAsked { words: error.to_string() }))?;
        let end = self.ask(&mut path, &mut probe).await?;
        self.judge(end)?;
        if let Some(goodbye) = probe.farewell() {
            // A relay that does not hear it forgets the address in a few minutes.
            let _sent = path.send(&goodbye).await;
        }
        Ok(())
    }

    /// Asks until the server has given its last answer.
    async fn ask(&mut self, path: &mut IcePath, probe: &mut ServerProbe) -> Result<ProbeEnd, Failed> {
        let mut step = IceStep::Answer;
        loop {
            let answered = timeout(PATIENCE, exchange(path, probe)).await;
            match answered {
                Ok(Ok(ProbeStep::AsksForPassword)) => {
                    if step == IceStep::Answer {
                        self.pass(IceStep::Answer, TrialFact::Plain);
                    }
                    step = IceStep::Password;
                }
                Ok(Ok(ProbeStep::Over(end))) => return Ok(end),
                Ok(Ok(ProbeStep::Nothing)) => {}
                Ok(Err(detail)) => return Err((step, TrialFact::Offline { cause: self.broken(detail) })),
                Err(_) if self.url.transport == IceTransport::Udp => {
                    return Err((step, TrialFact::NoAnswerOverUdp { seconds: PATIENCE_S }));
                }
                Err(_) => return Err((step, TrialFact::NoAnswer { seconds: PATIENCE_S })),
            }
        }
    }

    fn judge(&mut self, end: ProbeEnd) -> Result<(), Failed> {
        match end {
            ProbeEnd::Reflexive(address) => {
                self.pass(IceStep::Answer, TrialFact::SeenAs { address: address.to_string() });
                Ok(())
            }
            ProbeEnd::Relayed(address) => {
                self.pass(IceStep::Password, TrialFact::Plain);
                self.pass(IceStep::Relay, TrialFact::RelaysFrom { address: address.to_string() });
                Ok(())
            }
            ProbeEnd::Refused { code, reason } => Err((IceStep::Answer, TrialFact::Refused { error: code, text: reason })),
            ProbeEnd::RefusedSigned { code, reason } => Err(refused_signed(code, reason)),
            ProbeEnd::Strange(detail) => Err((IceStep::Answer, TrialFact::NotUnderstood { detail: detail.into() })),
        }
    }

    /// What it means when the way to the server goes: over UDP there is none that could be lost.
    fn broken(&self, detail: String) -> OfflineCause {
        match self.url.transport {
            IceTransport::Udp => OfflineCause::Unreachable { detail },
            IceTransport::Tcp | IceTransport::Tls => OfflineCause::ConnectionLost { detail },
        }
    }

    fn pass(&mut self, step: IceStep, fact: TrialFact) {
        if !self.passed.iter().any(|passed| passed.step == step) {
            let ms = self.world.clock.now().since(self.begun).as_secs_f64() * 1000.0;
            self.passed.push(IceStepView { step, outcome: TrialOutcome::Passed, fact, ms: Some(ms) });
        }
    }

    /// Whether a server of this kind comes to a step at all.
    fn applies(&self, step: IceStep) -> bool {
        match step {
            IceStep::Name | IceStep::Answer => true,
            IceStep::Connection => self.url.transport != IceTransport::Udp,
            IceStep::Tls => self.url.transport == IceTransport::Tls,
            IceStep::Password | IceStep::Relay => self.url.relays,
        }
    }

    /// Every step, with the one that failed.
    fn whole(mut self, failed: Option<Failed>) -> IceTrial {
        if let Some((IceStep::Password | IceStep::Relay, _)) = &failed {
            self.pass(IceStep::Answer, TrialFact::Plain);
        }
        if let Some((IceStep::Relay, _)) = &failed {
            self.pass(IceStep::Password, TrialFact::Plain);
        }
        let view = |step: IceStep| {
            let passed = self.passed.iter().find(|passed| passed.step == step).cloned();
            let failed = failed.as_ref().filter(|(at, _)| *at == step);
            match (failed, passed) {
                (Some((_, fact)), _) => IceStepView { step, outcome: TrialOutcome::Failed, fact: fact.clone(), ms: None },
                (None, Some(passed)) => passed,
                (None, None) => IceStepView { step, outcome: TrialOutcome::Skipped, fact: TrialFact::Plain, ms: None },
            }
        };
        IceTrial { steps: STEPS.into_iter().map(view).collect() }
    }
}

/// Sends the request, over UDP again and again, and takes the first message that means something.
pub(super) async fn exchange(path: &mut IcePath, probe: &mut ServerProbe) -> Result<ProbeStep, String> {
    let repeats = matches!(path, IcePath::Udp(_));
    let mut pause = REPEAT;
    path.send(probe.request()).await?;
    loop {
        let received = if repeats {
            match timeout(pause, path.receive()).await {
                Ok(received) => received?,
                Err(_) => {
                    pause *= 2;
                    path.send(probe.request()).await?;
                    continue;
                }
            }
        } else {
            path.receive().await?
        };
        match probe.handle(&received) {
            ProbeStep::Nothing => {}
            step => return Ok(step),
        }
    }
}

/// At which step a server fails that cannot be reached.
fn unreached(cause: &OfflineCause) -> IceStep {
    match cause {
        OfflineCause::NameNotFound { .. } => IceStep::Name,
        OfflineCause::KeyChanged { .. } | OfflineCause::Tls { .. } => IceStep::Tls,
        OfflineCause::Unreachable { .. }
        | OfflineCause::NotSipOverWebSocket { .. }
        | OfflineCause::ConnectionLost { .. }
        | OfflineCause::WrongPassword { .. }
        | OfflineCause::InvalidToken { .. }
        | OfflineCause::NoToken { .. }
        | OfflineCause::NoAnswer
        | OfflineCause::Refused { .. }
        | OfflineCause::Configuration { .. }
        | OfflineCause::SignedOff => IceStep::Connection,
    }
}

/// What it means when a relay refuses a signed request (RFC 8656 section 19).
fn refused_signed(error: u16, text: String) -> Failed {
    match error {
        401 | 441 => (IceStep::Password, TrialFact::WrongPassword { error }),
        403 => (IceStep::Relay, TrialFact::NotForThisUser),
        437 => (IceStep::Relay, TrialFact::StillHeld),
        442 => (IceStep::Relay, TrialFact::NoUdp),
        486 => (IceStep::Relay, TrialFact::UserHasEnough),
        508 => (IceStep::Relay, TrialFact::NoneLeft),
        _ => (IceStep::Relay, TrialFact::Refused { error, text }),
    }
}
