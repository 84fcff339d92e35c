//! The accounts' lines: one task each, started and stopped as settings change.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use calls::io::{LineEvent, LineRequest};
use model::{Account, AccountId, AccountState, OfflineCause, Provider, Settings, SipAccount, WireMessage};
use providers::{
    Line, LineInput, Provider as Machine,
    aculab::{AculabProvider, WallClock},
    sip::SipProvider,
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tracing::{error, info_span};

use crate::{spawn::spawn, world::World};

/// Requests that may wait for a line; a line takes one in microseconds.
const WAITING: usize = 1024;

/// A line signs off within two seconds.
const SIGN_OFF: Duration = Duration::from_millis(2500);

/// All running lines.
pub(crate) struct Lines {
    world: World,
    practice: Option<SipAccount>,
    instance: String,
    outbox: mpsc::Sender<(AccountId, LineEvent)>,
    tap: mpsc::Sender<WireMessage>,
    running: BTreeMap<AccountId, Running>,
}

struct Running {
    /// As it was started; a changed account is started anew.
    account: Account,
    inbox: mpsc::Sender<LineInput>,
    task: JoinHandle<()>,
}

impl Lines {
    pub(crate) fn new(
        world: World,
        practice: Option<SipAccount>,
        instance: String,
        outbox: mpsc::Sender<(AccountId, LineEvent)>,
        tap: mpsc::Sender<WireMessage>,
    ) -> Self {
        Self { world, practice, instance, outbox, tap, running: BTreeMap::new() }
    }

    /// Starts, restarts and stops lines so that they fit the settings; secrets are filled in already.
    pub(crate) fn configure(&mut self, settings: &Settings) {
        let wanted = |id: &AccountId| settings.accounts.iter().find(|account| account.enabled && account.id == *id);
        self.running.retain(|id, running| wanted(id).is_some_and(|account| *account == running.account));
        for account in settings.accounts.iter().filter(|account| account.enabled) {
            if !self.running.contains_key(&account.id)
                && let Some(running) = self.start(account)
            {
                self.running.insert(account.id.clone(), running);
            }
        }
    }

    fn start(&self, account: &Account) -> Option<Running> {
        let id = account.id.clone();
        let machine = match (&account.provider, &self.practice) {
            (Provider::Practice, Some(sip)) => machine(&Provider::Sip(sip.clone()), &self.instance, &self.world),
            (provider, _) => machine(provider, &self.instance, &self.world),
        };
        let provider = match machine {
            Ok(provider) => provider,
            Err(detail) => {
                self.tell_unusable(id, detail.to_owned());
                return None;
            }
        };
        let (inbox, requests) = mpsc::channel(WAITING);
        let line = Line {
            account: id,
            provider,
            network: Arc::clone(&self.world.network),
            clock: Arc::clone(&self.world.clock),
            inbox: requests,
            outbox: self.outbox.clone(),
            tap: Some(self.tap.clone()),
        };
        let task = spawn("line", info_span!("line"), line.run());
        Some(Running { account: account.clone(), inbox, task })
    }

    fn tell_unusable(&self, id: AccountId, detail: String) {
        let state = AccountState::Offline { cause: OfflineCause::Configuration { detail }, retry_in_s: None };
        let outbox = self.outbox.clone();
        spawn("line state", info_span!("line", %id), async move {
            // Nobody listens only when the phone is stopping.
            let _heard = outbox.send((id, LineEvent::State(state))).await;
        });
    }

    /// Hands a request to a line; whether it could be.
    pub(crate) fn send(&self, account: &AccountId, request: LineRequest) -> bool {
        let Some(line) = self.running.get(account) else { return false };
        let taken = line.inbox.try_send(LineInput::Request(request)).is_ok();
        if !taken {
            error!(%account, "the line does not take requests any more");
        }
        taken
    }

    /// Tells every line that the network changed.
    pub(crate) fn network_changed(&self) {
        for (account, line) in &self.running {
            if line.inbox.try_send(LineInput::NetworkChanged).is_err() {
                error!(%account, "the line does not take requests any more");
            }
        }
    }

    /// Tells every line to sign off; the future ends when all of them have.
    pub(crate) fn stop(&mut self) -> impl Future<Output = ()> + use<> {
        let running = std::mem::take(&mut self.running);
        // Dropping the inboxes tells all of them at once; then they are waited for.
        let tasks: Vec<_> = running.into_values().map(|line| line.task).collect();
        async move {
            for task in tasks {
                if timeout(SIGN_OFF, task).await.is_err() {
                    error!("a line did not sign off in time");
                }
            }
        }
    }
}

/// The machine behind an account, as configured; or why there is none. `instance` as in [`SipProvider::new`].
pub(crate) fn machine(provider: &Provider, instance: &str, world: &World) -> Result<Box<dyn Machine>, &'static str> {
    let seed = world.randomness.seed();
    match provider {
        Provider::Practice => Err("the practice exchange does not run"),
        Provider::Sip(sip) => Ok(Box::new(SipProvider::new(sip, instance, seed))),
        Provider::Aculab(aculab) => {
            let clock = WallClock { at: world.clock.now(), unix_s: world.clock.unix_seconds() };
            Ok(Box::new(AculabProvider::new(aculab, clock, seed)))
        }
    }
}
