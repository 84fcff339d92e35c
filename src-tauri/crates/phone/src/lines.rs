//! The accounts' lines: one task each, started and stopped as settings change.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use calls::io::{LineEvent, LineRequest};
use model::{
    Account, AccountId, AccountState, AssistantRequest, OfflineCause, Password, Personal, Provider, Secret, SecretKey, Settings,
    SetupFault, SipAccount, WireMessage,
};
use providers::{
    Line, LineInput, Provider as Machine,
    aculab::{AculabProvider, Token, WallClock},
    sip::SipProvider,
    xivo::XivoProvider,
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tracing::{error, info_span};

use crate::{spawn::spawn, world::World};

/// Requests that may wait for a line; a line takes one in microseconds.
const WAITING: usize = 1024;

/// A line signs off within two seconds; all of them do so at once.
const SIGN_OFF: Duration = Duration::from_millis(2500);

/// So many calls may arrive on one line; those of the next line of its account have higher numbers.
const CALLS_OF_A_LINE: u32 = 1 << 20;

/// All running lines.
pub(crate) struct Lines {
    world: World,
    practice: Option<SipAccount>,
    instance: String,
    outbox: mpsc::Sender<(AccountId, LineEvent)>,
    tap: mpsc::Sender<WireMessage>,
    running: BTreeMap<AccountId, Running>,
    /// The first number of the next line's calls, by account: a line that gives way still ends its own.
    first_calls: BTreeMap<AccountId, u32>,
}

struct Running {
    /// As it was started or is now; an account that changed otherwise is started anew.
    account: Account,
    inbox: mpsc::Sender<LineInput>,
    task: JoinHandle<()>,
}

impl Running {
    /// Whether it serves `account` as it is now: unchanged, or but for what a line takes over while its calls go on.
    fn takes(&mut self, account: &Account) -> bool {
        let Some(changes) = taken_over(&self.account, account) else { return false };
        self.account = account.clone();
        changes.into_iter().all(|change| self.inbox.try_send(change).is_ok())
    }

    /// Another line of the same account is about to start.
    fn give_way(&self) {
        // One that takes nothing more signs off as it loses its inbox, and says so.
        let _taken = self.inbox.try_send(LineInput::GiveWay);
    }
}

/// What to tell a line that runs `before` so that it runs `account`; none when it has to be started anew.
fn taken_over(before: &Account, account: &Account) -> Option<Vec<LineInput>> {
    if before == account {
        return Some(Vec::new());
    }
    let mut before = before.clone();
    let (Provider::Aculab(old), Provider::Aculab(new)) = (&mut before.provider, &account.provider) else { return None };
    // The log looks it up by itself.
    old.log_level = new.log_level;
    let (Some(old), Some(new)) = (old.client_mut(), new.client()) else { return (before == *account).then(Vec::new) };
    let accepts = (old.accept_calls != new.accept_calls).then_some(LineInput::AcceptCalls(new.accept_calls));
    let token = match &new.token {
        token if *token == old.token => None,
        Password::Known(token) if Token::is_one(token) => Some(LineInput::Token(token.clone())),
        // The line says what is wrong when it starts.
        Password::Known(_) | Password::Unknown => return None,
    };
    // How long it rings is call control's; what the line fetched itself, and was kept, is no news to it.
    old.ring_for_s = new.ring_for_s;
    (old.accept_calls, old.token, old.fetched) = (new.accept_calls, new.token.clone(), new.fetched.clone());
    (before == *account).then(|| accepts.into_iter().chain(token).collect())
}

/// Whether the user gives other credentials than before; a token that the line fetched by itself is none of his.
fn signs_in_anew(before: &Account, account: &Account) -> bool {
    let names = |account: &Account| match &account.provider {
        Provider::Sip(sip) => Some((sip.user.clone(), sip.auth_user.clone())),
        Provider::Xivo(xivo) => Some((xivo.login.clone(), Personal::default())),
        Provider::Practice | Provider::Aculab(_) => None,
    };
    let secrets = |account: &Account| {
        let mut account = account.clone();
        let given = account.passwords().into_iter().filter(|(key, _)| !matches!(key, SecretKey::FetchedToken { .. }));
        given.map(|(_, password)| password.clone()).collect::<Vec<_>>()
    };
    names(before) != names(account) || secrets(before) != secrets(account)
}

impl Lines {
    pub(crate) fn new(
        world: World,
        practice: Option<SipAccount>,
        instance: String,
        outbox: mpsc::Sender<(AccountId, LineEvent)>,
        tap: mpsc::Sender<WireMessage>,
    ) -> Self {
        Self { world, practice, instance, outbox, tap, running: BTreeMap::new(), first_calls: BTreeMap::new() }
    }

    /// Starts, restarts and stops lines so that they fit the settings. Accounts whose secrets are still asked for stay as they
    /// are; those of all others are filled in already.
    pub(crate) fn configure(&mut self, settings: &Settings, asked_for: &[AccountId]) {
        let wanted = |id: &AccountId| settings.accounts.iter().find(|account| account.enabled && account.id == *id);
        let ready = |account: &&Account| account.enabled && !asked_for.contains(&account.id);
        for account in settings.accounts.iter().filter(ready) {
            if self.running.get(&account.id).is_some_and(|running| signs_in_anew(&running.account, account)) {
                self.tell(account.id.clone(), LineEvent::SignsInAnew);
            }
        }
        self.running.retain(|id, running| {
            let account = wanted(id);
            let stays = asked_for.contains(id) || account.is_some_and(|account| running.takes(account));
            if !stays && account.is_some() {
                running.give_way();
            }
            stays
        });
        for account in settings.accounts.iter().filter(ready) {
            if !self.running.contains_key(&account.id)
                && let Some(running) = self.start(account)
            {
                self.running.insert(account.id.clone(), running);
            }
        }
    }

    fn start(&mut self, account: &Account) -> Option<Running> {
        let id = account.id.clone();
        let machine = match (&account.provider, &self.practice) {
            (Provider::Practice, Some(sip)) => machine(&Provider::Sip(sip.clone()), &self.instance, &self.world),
            (provider, _) => machine(provider, &self.instance, &self.world),
        };
        let provider = match machine {
            Ok(provider) => provider,
            Err(fault) => {
                self.tell_unusable(id, fault);
                return None;
            }
        };
        let (inbox, requests) = mpsc::channel(WAITING);
        let next = self.first_calls.entry(id.clone()).or_default();
        let first_call = std::mem::replace(next, next.wrapping_add(CALLS_OF_A_LINE));
        let line = Line {
            account: id,
            first_call,
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

    fn tell_unusable(&self, id: AccountId, fault: SetupFault) {
        let state = AccountState::Offline { cause: OfflineCause::Configuration { fault }, retry_in_s: None };
        self.tell(id, LineEvent::State(state));
    }

    fn tell(&self, id: AccountId, event: LineEvent) {
        let outbox = self.outbox.clone();
        spawn("line state", info_span!("line", %id), async move {
            // Nobody listens only when the phone is stopping.
            let _heard = outbox.send((id, event)).await;
        });
    }

    /// Hands a request to a line; whether it could be.
    pub(crate) fn send(&self, account: &AccountId, request: LineRequest) -> bool {
        self.hand(account, LineInput::Request(request))
    }

    /// Hands a line what the user asks for beside calls; whether it could be.
    pub(crate) fn assist(&self, account: &AccountId, request: AssistantRequest) -> bool {
        self.hand(account, LineInput::Assist(request))
    }

    fn hand(&self, account: &AccountId, input: LineInput) -> bool {
        let Some(line) = self.running.get(account) else { return false };
        let taken = line.inbox.try_send(input).is_ok();
        if !taken {
            error!(%account, "the line does not take requests any more");
        }
        taken
    }

    /// Lets a line sign in by this token from now on; fine where it does not run.
    pub(crate) fn sign_in(&self, account: &AccountId, token: Secret) {
        if let Some(line) = self.running.get(account)
            && line.inbox.try_send(LineInput::Token(token)).is_err()
        {
            error!(%account, "the line does not take requests any more");
        }
    }

    /// Tells every line that the network changed.
    pub(crate) fn network_changed(&self) {
        for (account, line) in &self.running {
            if line.inbox.try_send(LineInput::NetworkChanged).is_err() {
                error!(%account, "the line does not take requests any more");
            }
        }
    }

    /// Tells every line to sign off; the future ends when all of them have, or their time is over.
    pub(crate) fn stop(&mut self) -> impl Future<Output = ()> + use<> {
        let running = std::mem::take(&mut self.running);
        // Dropping the inboxes tells all of them at once; then they are waited for. What one panicked over is written down.
        let tasks: Vec<_> = running.into_values().map(|line| line.task).collect();
        async move {
            let all = async {
                for task in tasks {
                    let _ended = task.await;
                }
            };
            if timeout(SIGN_OFF, all).await.is_err() {
                error!("a line did not sign off in time");
            }
        }
    }
}

/// The machine behind an account, as configured; or why there is none. `instance` as in [`SipProvider::new`].
pub(crate) fn machine(provider: &Provider, instance: &str, world: &World) -> Result<Box<dyn Machine>, SetupFault> {
    let seed = world.randomness.seed();
    match provider {
        Provider::Practice => Err(SetupFault::NoPractice),
        Provider::Sip(sip) => Ok(Box::new(SipProvider::new(sip, instance, seed))),
        Provider::Aculab(aculab) => {
            let clock = WallClock { at: world.clock.now(), unix_s: world.clock.unix_seconds() };
            Ok(Box::new(AculabProvider::new(aculab, clock, seed)))
        }
        Provider::Xivo(xivo) => Ok(Box::new(XivoProvider::new(xivo, instance, seed))),
    }
}

#[cfg(test)]
mod tests {
    use model::{AculabAccount, AculabClient, AculabInterface};

    use super::*;

    fn account(change: impl FnOnce(&mut AculabClient)) -> Account {
        let mut client = AculabClient::new("abc123key".into(), "bob");
        client.token = Password::Known(Secret::new("a.b.c"));
        change(&mut client);
        let aculab = AculabAccount::at_cloud("1-2-0".into(), AculabInterface::V2(client));
        Account { id: AccountId("cloud".into()), enabled: true, provider: Provider::Aculab(aculab) }
    }

    fn told(account: &Account) -> Option<String> {
        Some(format!("{:?}", taken_over(&self::account(|_| {}), account)?))
    }

    #[test]
    fn a_line_takes_over_whether_it_is_called_and_its_token_and_for_all_else_is_started_anew() {
        assert_eq!(told(&account(|_| {})).as_deref(), Some("[]"));
        assert_eq!(told(&account(|client| client.accept_calls = false)).as_deref(), Some("[AcceptCalls(false)]"));
        assert_eq!(told(&account(|client| client.fetched = Password::Known(Secret::new("{}")))).as_deref(), Some("[]"));
        let token = account(|client| client.token = Password::Known(Secret::new("d.e.f")));
        let told_of_token = told(&token).expect("it is taken over");
        assert!(told_of_token.starts_with("[Token(") && !told_of_token.contains("d.e.f"), "{told_of_token}");
        let mut louder = account(|_| {});
        let Provider::Aculab(aculab) = &mut louder.provider else { panic!("it is at the cloud") };
        aculab.log_level = Some(6);
        assert_eq!(told(&louder).as_deref(), Some("[]"), "calls go on when more is logged");
        assert_eq!(told(&account(|client| client.ring_for_s = 20)).as_deref(), Some("[]"));
        for anew in [
            account(|client| client.token = Password::Unknown),
            account(|client| client.token = Password::Known(Secret::new("no token"))),
            account(|client| client.max_concurrent = 2),
            account(|client| (client.accept_calls, client.client_id) = (false, "carol".into())),
        ] {
            assert_eq!(told(&anew), None);
        }
    }
}
