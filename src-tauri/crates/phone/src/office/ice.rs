//! Trying a STUN or TURN server: the way there, and what it answers.

use std::{path::PathBuf, time::Duration};

use media::{ProbeEnd, ProbeStep, ServerProbe};
use model::{IceServer, IceStep, IceStepView, IceTransport, IceTrial, IceUrl, Instant, OfflineCause, TrialOutcome};
use providers::net::{IceEndpoint, IcePath};
use tokio::time::timeout;

use crate::world::World;

/// How long each the way and the answer may take; calls wait much less for a server.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// A step that failed, and why in words.
type Failed = (IceStep, String);

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
                let (step, words) = unreached(cause);
                // A certificate is looked at only where there is a connection.
                let before = STEPS.into_iter().take_while(|known| *known != step).filter(|step| self.applies(*step));
                before.collect::<Vec<_>>().into_iter().for_each(|step| self.pass(step, String::new()));
                return Err((step, words));
            }
            Err(_) => return Err((IceStep::Connection, "nothing answers there within five seconds".into())),
        };
        self.pass(IceStep::Name, String::new());
        if streamed {
            self.pass(IceStep::Connection, String::new());
        }
        if server.url.transport == IceTransport::Tls {
            self.pass(IceStep::Tls, String::new());
        }
        let seed = self.world.randomness.seed();
        let seed = std::array::from_fn(|at| seed[at]);
        let mut probe = ServerProbe::new(server, seed).map_err(|error| (IceStep::Answer, error.to_string()))?;
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
                        self.pass(IceStep::Answer, String::new());
                    }
                    step = IceStep::Password;
                }
                Ok(Ok(ProbeStep::Over(end))) => return Ok(end),
                Ok(Ok(ProbeStep::Nothing)) => {}
                Ok(Err(words)) => return Err((step, words)),
                Err(_) if self.url.transport == IceTransport::Udp => {
                    return Err((
                        step,
                        "nothing was heard for five seconds: no server runs there, or a firewall stops UDP".into(),
                    ));
                }
                Err(_) => return Err((step, "it takes the connection and says nothing for five seconds".into())),
            }
        }
    }

    fn judge(&mut self, end: ProbeEnd) -> Result<(), Failed> {
        match end {
            ProbeEnd::Reflexive(address) => {
                self.pass(IceStep::Answer, format!("this computer is seen as {address}"));
                Ok(())
            }
            ProbeEnd::Relayed(address) => {
                self.pass(IceStep::Password, String::new());
                self.pass(IceStep::Relay, format!("it relays from {address}"));
                Ok(())
            }
            ProbeEnd::Refused { code, reason } => Err((IceStep::Answer, format!("it refuses: {code} {reason}"))),
            ProbeEnd::RefusedSigned { code, reason } => Err(refused_signed(code, &reason)),
            ProbeEnd::Strange(words) => Err((IceStep::Answer, words.into())),
        }
    }

    fn pass(&mut self, step: IceStep, words: String) {
        if !self.passed.iter().any(|passed| passed.step == step) {
            let ms = self.world.clock.now().since(self.begun).as_secs_f64() * 1000.0;
            self.passed.push(IceStepView { step, outcome: TrialOutcome::Passed, words, ms: Some(ms) });
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
            self.pass(IceStep::Answer, String::new());
        }
        if let Some((IceStep::Relay, _)) = &failed {
            self.pass(IceStep::Password, String::new());
        }
        let view = |step: IceStep| {
            let passed = self.passed.iter().find(|passed| passed.step == step).cloned();
            let failed = failed.as_ref().filter(|(at, _)| *at == step);
            match (failed, passed) {
                (Some((_, words)), _) => IceStepView { step, outcome: TrialOutcome::Failed, words: words.clone(), ms: None },
                (None, Some(passed)) => passed,
                (None, None) => IceStepView { step, outcome: TrialOutcome::Skipped, words: String::new(), ms: None },
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
fn unreached(cause: OfflineCause) -> Failed {
    match cause {
        OfflineCause::NameNotFound { host } => (IceStep::Name, format!("no address is known for {host}")),
        OfflineCause::KeyChanged { .. } => (IceStep::Tls, cause.to_string()),
        OfflineCause::Tls { detail } => (IceStep::Tls, detail),
        OfflineCause::Unreachable { detail } => (IceStep::Connection, detail),
        other => (IceStep::Connection, other.to_string()),
    }
}

/// What it means when a relay refuses a signed request (RFC 8656 section 19).
fn refused_signed(code: u16, reason: &str) -> Failed {
    match code {
        401 | 441 => (IceStep::Password, format!("it does not take the user name or password ({code})")),
        403 => (IceStep::Relay, "it knows the user and does not relay for him (403)".into()),
        437 => (IceStep::Relay, "it still holds an older address of ours (437); try again in a minute".into()),
        442 => (IceStep::Relay, "it relays no UDP, which is what audio needs (442)".into()),
        486 => (IceStep::Relay, "the user has as many relayed addresses as he may have (486)".into()),
        508 => (IceStep::Relay, "it has no address left to give (508)".into()),
        _ => (IceStep::Relay, format!("it refuses: {code} {reason}")),
    }
}
