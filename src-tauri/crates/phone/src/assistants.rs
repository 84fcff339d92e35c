//! The run loop's side of the accounts' assistants: what their lines told last.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use model::{
    AccountId, AssistantCall, AssistantChanges, AssistantList, AssistantMeeting, AssistantNews, AssistantPerson,
    AssistantRequest, AssistantRoom, AssistantState, AssistantView, Provider, Settings,
};
use tokio::sync::watch;

/// The lists of all assistants.
pub(crate) type AllLists = BTreeMap<AccountId, Arc<AssistantLists>>;

/// The lists of one account's assistant; each is bounded by the line that tells it.
#[derive(Clone, Debug, Default)]
pub struct AssistantLists {
    /// The calls that the server remembers, newest first.
    pub history: Arc<[AssistantCall]>,
    /// The people who were looked up.
    pub directory: Arc<[AssistantPerson]>,
    /// The favourites.
    pub favourites: Arc<[AssistantPerson]>,
    /// The conference rooms.
    pub rooms: Arc<[AssistantRoom]>,
    /// The conference rooms that the user is in.
    pub meetings: Arc<[AssistantMeeting]>,
}

/// All assistants, in the user's order of accounts.
pub(crate) struct Assistants {
    known: Vec<Known>,
    lists: watch::Sender<AllLists>,
}

struct Known {
    view: AssistantView,
    /// The lists that are drawn, for a line that is started anew.
    shown: BTreeSet<AssistantList>,
}

impl Assistants {
    pub(crate) fn new(lists: watch::Sender<AllLists>) -> Self {
        Self { known: Vec::new(), lists }
    }

    /// Puts settings in force: accounts that stay keep what was told.
    pub(crate) fn configure(&mut self, settings: &Settings) {
        let mut known = std::mem::take(&mut self.known);
        let with_assistant =
            settings.accounts.iter().filter(|account| account.enabled && matches!(account.provider, Provider::Xivo(_)));
        let kept = |id: &AccountId| match known.iter().position(|known| known.view.account == *id) {
            Some(at) => known.swap_remove(at),
            None => {
                let (state, changes) = (AssistantState::default(), AssistantChanges::default());
                Known { view: AssistantView { account: id.clone(), state, changes }, shown: BTreeSet::new() }
            }
        };
        self.known = with_assistant.map(|account| &account.id).map(kept).collect();
        self.lists.send_modify(|lists| lists.retain(|id, _| self.known.iter().any(|known| known.view.account == *id)));
    }

    /// Remembers what is drawn of an account that has an assistant; whether it has one.
    pub(crate) fn hear(&mut self, account: &AccountId, request: &AssistantRequest) -> bool {
        let Some(known) = self.known.iter_mut().find(|known| known.view.account == *account) else { return false };
        if let AssistantRequest::Show { lists } = request {
            known.shown = lists.iter().copied().collect();
        }
        true
    }

    /// What a line that has just been started is to be asked, because it is drawn.
    pub(crate) fn once_more(&self, account: &AccountId) -> Option<AssistantRequest> {
        let known = self.known.iter().find(|known| known.view.account == *account && !known.shown.is_empty())?;
        Some(AssistantRequest::Show { lists: known.shown.iter().copied().collect() })
    }

    /// Takes what a line tells. Of an account that is no longer used, it comes too late.
    pub(crate) fn take(&mut self, account: &AccountId, news: AssistantNews) {
        let Some(Known { view, .. }) = self.known.iter_mut().find(|known| known.view.account == *account) else { return };
        let changes = &mut view.changes;
        // Whoever hears that a list has changed finds it changed.
        self.lists.send_modify(|lists| {
            let lists = Arc::make_mut(lists.entry(account.clone()).or_default());
            let changed = match news {
                AssistantNews::State(state) => {
                    view.state = *state;
                    return;
                }
                AssistantNews::History(calls) => {
                    lists.history = calls.into();
                    &mut changes.history
                }
                AssistantNews::Directory(people) => {
                    lists.directory = people.into();
                    &mut changes.directory
                }
                AssistantNews::Favourites(people) => {
                    lists.favourites = people.into();
                    &mut changes.favourites
                }
                AssistantNews::Rooms(rooms) => {
                    lists.rooms = rooms.into();
                    &mut changes.rooms
                }
                AssistantNews::Meetings(meetings) => {
                    lists.meetings = meetings.into();
                    &mut changes.meetings
                }
            };
            *changed = changed.wrapping_add(1);
        });
    }

    pub(crate) fn views(&self) -> Vec<AssistantView> {
        self.known.iter().map(|known| known.view.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use model::{Account, AssistantOutcome, Direction, XivoAccount};

    use super::*;

    fn settings(names: &[&str]) -> Settings {
        let account = |name: &&str| Account {
            id: AccountId((*name).to_owned()),
            enabled: true,
            provider: Provider::Xivo(XivoAccount::at_server("https://xivo.invalid".into(), name)),
        };
        Settings { accounts: names.iter().map(account).collect(), ..Settings::default() }
    }

    fn history() -> AssistantNews {
        let call = AssistantCall {
            direction: Direction::Incoming,
            number: "1002".into(),
            name: "Bob".into(),
            started: String::new(),
            talked_s: None,
            outcome: AssistantOutcome::NotAnswered,
        };
        AssistantNews::History(vec![call])
    }

    #[test]
    fn a_list_is_there_when_its_counter_has_grown_and_goes_with_its_account() {
        let (sender, lists) = watch::channel(AllLists::default());
        let mut assistants = Assistants::new(sender);
        assistants.configure(&settings(&["a", "b"]));
        let (a, b) = (AccountId("a".into()), AccountId("b".into()));
        assistants.take(&b, history());
        assert_eq!((assistants.views()[0].changes.history, assistants.views()[1].changes.history), (0, 1));
        assert_eq!(lists.borrow()[&b].history.len(), 1);
        // Another order, and one account less.
        assistants.configure(&settings(&["c", "b"]));
        let order: Vec<AccountId> = assistants.views().into_iter().map(|view| view.account).collect();
        assert_eq!((order, assistants.views()[1].changes.history), (vec![AccountId("c".into()), b.clone()], 1));
        let show = AssistantRequest::Show { lists: vec![AssistantList::Rooms, AssistantList::History, AssistantList::Rooms] };
        assert!(!assistants.hear(&a, &show) && assistants.hear(&b, &show));
        let shown = AssistantRequest::Show { lists: vec![AssistantList::History, AssistantList::Rooms] };
        assert_eq!((assistants.once_more(&a), assistants.once_more(&b)), (None, Some(shown)));
        assistants.take(&a, history());
        assert!(!lists.borrow().contains_key(&a), "that comes too late");
        assistants.configure(&settings(&[]));
        assert!(lists.borrow().is_empty());
    }
}
