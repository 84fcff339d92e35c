//! Trying an account: the same line as in use, on its own, and what its states tell.

use std::{sync::Arc, time::Duration};

use calls::io::LineEvent;
use model::{
    Account, AccountId, AccountState, AccountStep, AccountTrial, Clock, Instant, OfflineCause, Provider, TrialFact, TrialOutcome,
    TrialStep,
};
use providers::Line;
use tokio::{sync::mpsc, time::timeout};
use tracing::info_span;

use crate::{lines::machine, spawn::spawn, world::World};

/// How long a trial may take: longer than any server that answers needs.
const PATIENCE_S: u32 = 10;

/// A line signs off within two seconds.
const SIGN_OFF: Duration = Duration::from_millis(2500);

/// Events of the line that may wait.
const WAITING: usize = 16;

const STEPS: [AccountStep; 6] = [
    AccountStep::Settings,
    AccountStep::Name,
    AccountStep::Connection,
    AccountStep::Tls,
    AccountStep::WebSocket,
    AccountStep::Registration,
];

/// Tries `account`; its secrets are filled in already.
pub(super) async fn run(world: &World, account: Account) -> AccountTrial {
    let problems = store::check_account(&account);
    if let Some(problem) = problems.first() {
        return nothing_tried(TrialFact::Field { problem: problem.clone() });
    }
    let mut provider = account.provider;
    let server = match &mut provider {
        Provider::Practice => return all_passed(Times::default(), false),
        Provider::Sip(sip) => {
            // Without a registration there is nothing that the password is good for: it is tried by registering.
            sip.register = true;
            sip.server.clone()
        }
        Provider::Aculab(aculab) => aculab.server(),
        // Who looks for its scheme wants to know whether it is by TLS.
        Provider::Xivo(xivo) => {
            if xivo.server.to_ascii_lowercase().starts_with("http:") {
                "ws:".into()
            } else {
                "wss:".into()
            }
        }
    };
    let encrypted = !server.to_ascii_lowercase().starts_with("ws:");
    // An instance of its own: the binding of the phone itself is left alone.
    let provider = match machine(&provider, "", world) {
        Ok(machine) => machine,
        Err(fault) => return nothing_tried(TrialFact::Offline { cause: OfflineCause::Configuration { fault } }),
    };
    let (inbox, requests) = mpsc::channel(WAITING);
    let (outbox, mut events) = mpsc::channel(WAITING);
    let line = Line {
        account: AccountId("trial".into()),
        provider,
        network: Arc::clone(&world.network),
        clock: Arc::clone(&world.clock),
        inbox: requests,
        outbox,
        tap: None,
        first_call: 0,
    };
    let task = spawn("account trial", info_span!("trial"), line.run());
    let mut watched = Watched { clock: Arc::clone(&world.clock), begun: world.clock.now(), times: Times::default() };
    let trial = match timeout(Duration::from_secs(PATIENCE_S.into()), watched.outcome(&mut events)).await {
        Ok(Ok(())) => all_passed(watched.times, encrypted),
        Ok(Err(cause)) => failed_at(step_of(&cause), &TrialFact::Offline { cause }, watched.times),
        Err(_) => {
            let step = if watched.times.connected.is_some() { AccountStep::Registration } else { AccountStep::Connection };
            failed_at(step, &TrialFact::NoAnswer { seconds: PATIENCE_S }, watched.times)
        }
    };
    // It signs off when nobody can ask it anything any more; a full outbox would keep it from that.
    drop(inbox);
    let drained = async { while events.recv().await.is_some() {} };
    if timeout(SIGN_OFF, drained).await.is_err() {
        task.abort();
    }
    trial
}

/// A trial that could not begin.
pub(super) fn nothing_tried(fact: TrialFact) -> AccountTrial {
    failed_at(AccountStep::Settings, &fact, Times::default())
}

/// When the line came how far, ms after the beginning.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    connected: Option<f64>,
    registered: Option<f64>,
}

struct Watched {
    clock: Arc<dyn Clock>,
    begun: Instant,
    times: Times,
}

impl Watched {
    async fn outcome(&mut self, events: &mut mpsc::Receiver<(AccountId, LineEvent)>) -> Result<(), OfflineCause> {
        while let Some((_, event)) = events.recv().await {
            let LineEvent::State(state) = event else { continue };
            let ms = self.clock.now().since(self.begun).as_secs_f64() * 1000.0;
            match state {
                AccountState::Registering => self.times.connected = self.times.connected.or(Some(ms)),
                AccountState::Registered | AccountState::Ready => {
                    self.times.registered = Some(ms);
                    return Ok(());
                }
                AccountState::Offline { cause, .. } => return Err(cause),
                AccountState::Connecting | AccountState::Disabled => {}
            }
        }
        Err(OfflineCause::NoAnswer)
    }
}

/// At which step an account fails that is offline for this cause.
fn step_of(cause: &OfflineCause) -> AccountStep {
    match cause {
        OfflineCause::Configuration { .. } => AccountStep::Settings,
        OfflineCause::NameNotFound { .. } => AccountStep::Name,
        OfflineCause::Unreachable { .. } => AccountStep::Connection,
        OfflineCause::Tls { .. } | OfflineCause::KeyChanged { .. } => AccountStep::Tls,
        OfflineCause::NotSipOverWebSocket { .. } => AccountStep::WebSocket,
        OfflineCause::ConnectionLost { .. }
        | OfflineCause::WrongPassword { .. }
        | OfflineCause::InvalidToken { .. }
        | OfflineCause::NoToken { .. }
        | OfflineCause::NoAnswer
        | OfflineCause::Refused { .. }
        | OfflineCause::SignedOff => AccountStep::Registration,
    }
}

fn all_passed(times: Times, encrypted: bool) -> AccountTrial {
    let outcome = |step| if step == AccountStep::Tls && !encrypted { TrialOutcome::Skipped } else { TrialOutcome::Passed };
    AccountTrial { steps: STEPS.into_iter().map(|step| step_view(step, outcome(step), TrialFact::Plain, times)).collect() }
}

fn failed_at(failed: AccountStep, fact: &TrialFact, times: Times) -> AccountTrial {
    let view = |step: AccountStep| match step.cmp(&failed) {
        std::cmp::Ordering::Less => step_view(step, TrialOutcome::Passed, TrialFact::Plain, times),
        std::cmp::Ordering::Equal => step_view(step, TrialOutcome::Failed, fact.clone(), times),
        std::cmp::Ordering::Greater => step_view(step, TrialOutcome::Skipped, TrialFact::Plain, times),
    };
    AccountTrial { steps: STEPS.into_iter().map(view).collect() }
}

fn step_view(step: AccountStep, outcome: TrialOutcome, fact: TrialFact, times: Times) -> TrialStep {
    let ms = match step {
        AccountStep::WebSocket => times.connected,
        AccountStep::Registration => times.registered,
        AccountStep::Settings | AccountStep::Name | AccountStep::Connection | AccountStep::Tls => None,
    };
    TrialStep { step, outcome, fact, ms }
}
