//! What a XiVO does for its user beside calls, as a machine over the CTI: his services, people, the calls and rooms it knows.
//!
//! It holds what the server told, never what was asked of it; while the CTI is away it holds no more than the lists of before.

mod hints;
mod lists;
mod meetings;
mod past;
mod people;
mod questions;
mod services;

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use model::{
    AssistantCall, AssistantList, AssistantNews, AssistantRequest, AssistantRoom, AssistantState, IceServersView, Instant,
    ListState, PersonId, Personal, ServiceFault, ServiceSwitch, StackStatus,
};
use tracing::debug;

use self::{
    hints::Hints,
    meetings::Meetings,
    people::Person,
    questions::{ListQuestion, Lost, Questions, Words},
};
use super::cti::{CtiCommand, CtiMessage, FavoriteChange, FavoriteUpdate, PhoneEventType, UserConfig};
use crate::net::quoted;

/// The server writes down a call a moment after it is over.
const WRITTEN_AFTER: Duration = Duration::from_secs(3);
/// Longest term that is looked up, name or number, in characters.
const LONGEST: usize = 120;

/// What it asks for and tells.
#[derive(Debug)]
pub(super) enum Output {
    /// For the server.
    Command(CtiCommand),
    /// For the page.
    News(AssistantNews),
    /// Something was not done, in words for the user.
    Trouble(ServiceFault),
}

/// The machine.
#[derive(Debug, Default)]
pub(super) struct Assistant {
    state: AssistantState,
    /// The state as it was told last.
    told: AssistantState,
    user: UserConfig,
    history: Vec<AssistantCall>,
    directory: Vec<Person>,
    favourites: Vec<Person>,
    rooms: Vec<AssistantRoom>,
    meetings: Meetings,
    /// Lists that have changed and are not told yet.
    changed: BTreeSet<AssistantList>,
    /// Lists that are drawn.
    shown: BTreeSet<AssistantList>,
    /// Lists that this server knows in the words of newer ones only.
    newer: BTreeSet<AssistantList>,
    /// Whether who was looked up came as sheets, which are followed by a table that tells more.
    sheets: bool,
    /// Whether that table is still to come of somebody who is of no interest any more.
    stale_table: bool,
    questions: Questions,
    hints: Hints,
    history_at: Option<Instant>,
    rooms_at: Option<Instant>,
    outputs: VecDeque<Output>,
}

impl Assistant {
    /// The account begins: whatever was told of it before holds no more.
    pub(super) fn start(&mut self) {
        *self = Self::default();
        self.outputs.push_back(Output::News(AssistantNews::State(Box::default())));
        self.changed = [AssistantList::History, AssistantList::Directory, AssistantList::Favourites, AssistantList::Rooms].into();
        self.meetings.tell();
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        // A list before the state that says it is there.
        if let Some(list) = self.changed.pop_first() {
            return Some(Output::News(self.list(list)));
        }
        if let Some(meetings) = self.meetings.take_news() {
            return Some(Output::News(AssistantNews::Meetings(meetings)));
        }
        if self.told == self.state {
            return None;
        }
        self.told.clone_from(&self.state);
        Some(Output::News(AssistantNews::State(Box::new(self.state.clone()))))
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        [self.questions.poll_timeout(), self.history_at, self.rooms_at].into_iter().flatten().min()
    }

    /// When something was asked last that is not answered yet.
    pub(super) fn last_asked(&self) -> Option<Instant> {
        self.questions.last_asked()
    }

    /// The CTI is open. What it told before it said so counts already.
    pub(super) fn up(&mut self, now: Instant) {
        self.state.online = true;
        self.want_shown();
        self.settle(now);
    }

    /// The CTI is gone: nothing is known any more of what may change meanwhile.
    pub(super) fn lost(&mut self) {
        let before = std::mem::take(&mut self.state);
        let kept = |list: ListState| if list == ListState::Asked { ListState::Unasked } else { list };
        // What calls use is no matter of the CTI's.
        (self.state.stack, self.state.ice_servers) = (before.stack, before.ice_servers);
        self.state.history = kept(before.history);
        self.state.directory = kept(before.directory);
        self.state.term = before.term;
        self.state.favourites = kept(before.favourites);
        self.user = UserConfig::default();
        self.questions.clear();
        self.hints.forget();
        self.newer.clear();
        (self.sheets, self.stale_table) = (false, false);
        (self.history_at, self.rooms_at) = (None, None);
        self.forget_phones(AssistantList::Directory);
        self.forget_phones(AssistantList::Favourites);
        self.set_rooms(Vec::new());
        self.meetings.lost();
    }

    /// How far SIP has come, and which servers of ICE are in force.
    pub(super) fn line_is(&mut self, stack: StackStatus, ice_servers: Option<Vec<IceServersView>>) {
        (self.state.stack, self.state.ice_servers) = (stack, ice_servers);
    }

    /// The user asks for something.
    pub(super) fn ask(&mut self, now: Instant, request: AssistantRequest) {
        match request {
            AssistantRequest::Show { lists } => self.show(lists),
            AssistantRequest::Search { term } => self.search(&term),
            AssistantRequest::DoNotDisturb { on } => self.switch(now, Ok(CtiCommand::Dnd { state: on })),
            AssistantRequest::Forward { when, on, number } => {
                let command = services::forward(&self.user, when, on, &number);
                self.switch(now, command);
            }
            AssistantRequest::Status { name } => {
                let is_known = self.state.statuses.iter().any(|status| status.name == name);
                let command = CtiCommand::UserStatusUpdate { status: name };
                self.switch(now, is_known.then_some(command).ok_or(ServiceFault::StatusNotKnown));
            }
            AssistantRequest::Device { device } => {
                let command = CtiCommand::ToggleUniqueAccountDevice { device };
                self.switch(now, self.state.device.map(|_| command).ok_or(ServiceFault::NoChoiceOfDevice));
            }
            AssistantRequest::Favourite { person, on } => {
                let command = self.favourite(person, on);
                self.switch(now, command);
            }
            AssistantRequest::Room { number, act } => {
                let command = self.meetings.command(number, act);
                self.switch(now, command);
            }
        }
        self.settle(now);
    }

    /// The server says something.
    pub(super) fn heard(&mut self, now: Instant, message: &CtiMessage) {
        let is_table = matches!(message, CtiMessage::Directory(_));
        if is_table && std::mem::take(&mut self.stale_table) {
            return;
        }
        let was_asked = self.questions.settled(message);
        if let Some(question) = self.questions.answered(message) {
            if question.words == Words::Newer {
                self.newer.insert(question.list);
            }
            if !self.is_stale(&question) {
                self.take_list(now, message);
            }
        } else if is_table && std::mem::take(&mut self.sheets) {
            self.take_list(now, message);
        }
        match message {
            CtiMessage::UserConfig(user) => {
                self.user.update(UserConfig::clone(user));
                services::show_user(&self.user, &mut self.state);
            }
            CtiMessage::LineConfig(line) => self.state.device = line.device(),
            CtiMessage::UsersStatuses(statuses) => self.state.statuses = services::statuses(statuses),
            CtiMessage::UserStatus(name) => self.state.status = Some(services::status_name(name)),
            CtiMessage::FavoriteUpdated(FavoriteUpdate { change: FavoriteChange::Failed, .. }) if was_asked => {
                self.trouble(ServiceFault::FavouriteNotChanged);
            }
            CtiMessage::FavoriteUpdated(update) => self.on_favourite(update),
            CtiMessage::PhoneHint(hint) => self.on_hint(hint),
            CtiMessage::PhoneEvent(event) if matches!(event.kind, PhoneEventType::Released | PhoneEventType::Failure) => {
                self.history_at = self.is_shown(AssistantList::History).then(|| now + WRITTEN_AFTER);
            }
            _ => {}
        }
        self.meetings.heard(message);
        if self.meetings.take_unsure() {
            self.questions.want(AssistantList::Rooms);
        }
        let meetings = &self.meetings;
        self.questions.settle_rooms(|number, act| meetings.is_so(number, act) == Some(true));
        self.settle(now);
    }

    /// The server refuses something; whether it was of what is asked here, for all it tells.
    pub(super) fn refused(&mut self, now: Instant, words: &str) -> bool {
        let Some(lost) = self.questions.take_last() else { return false };
        let words = quoted(words);
        match lost {
            Lost::Switch(command) => self.trouble(ServiceFault::ChangeRefused { what: what(&command), text: words }),
            Lost::List(question) => self.gave_nothing(now, &question, ListState::Refused { words }),
        }
        self.settle(now);
        true
    }

    /// The server refuses something about a conference room: the last one that was asked for.
    pub(super) fn refused_in_room(&mut self, words: &str) {
        self.questions.take_last_of_room();
        self.trouble(ServiceFault::RoomRefused { text: quoted(words) });
    }

    pub(super) fn on_timeout(&mut self, now: Instant) {
        while let Some(lost) = self.questions.take_late(now) {
            match lost {
                Lost::Switch(CtiCommand::Room { number, act }) => {
                    if self.meetings.is_so(&number, &act) == Some(false) {
                        self.trouble(ServiceFault::RoomUnanswered);
                    }
                }
                Lost::Switch(command) if self.is_so(&command) => debug!("it is so, in words of the server's own"),
                Lost::Switch(command) => self.trouble(ServiceFault::ChangeUnanswered { what: what(&command) }),
                Lost::List(question) => self.gave_nothing(now, &question, ListState::NoAnswer),
            }
        }
        if self.history_at.is_some_and(|at| at <= now) {
            self.history_at = None;
            self.questions.want(AssistantList::History);
        }
        if self.rooms_at.is_some_and(|at| at <= now) {
            self.rooms_at = None;
            self.questions.want(AssistantList::Rooms);
        }
        self.settle(now);
    }

    fn show(&mut self, lists: Vec<AssistantList>) {
        let before = std::mem::replace(&mut self.shown, lists.into_iter().collect());
        for hidden in before.difference(&self.shown).copied().collect::<Vec<_>>() {
            match hidden {
                AssistantList::History => self.history_at = None,
                AssistantList::Rooms => self.rooms_at = None,
                AssistantList::Directory | AssistantList::Favourites => self.forget_phones(hidden),
            }
        }
        self.want_shown();
    }

    fn is_shown(&self, list: AssistantList) -> bool {
        self.shown.contains(&list)
    }

    fn want_shown(&mut self) {
        for list in self.shown.clone() {
            if list != AssistantList::Directory || !self.state.term.is_empty() {
                self.want(list);
            }
        }
    }

    fn want(&mut self, list: AssistantList) {
        if !self.state.online {
            return;
        }
        self.questions.want(list);
        if *self.list_state(list) != ListState::Known {
            *self.list_state(list) = ListState::Asked;
        }
    }

    fn search(&mut self, term: &Personal) {
        let term = term.expose().trim();
        if term.chars().count() > LONGEST {
            return self.trouble(ServiceFault::TermTooLong);
        }
        self.state.term = term.into();
        self.state.directory = ListState::Unasked;
        self.stale_table |= std::mem::take(&mut self.sheets);
        self.set_directory(Vec::new());
        if !term.is_empty() {
            self.want(AssistantList::Directory);
        }
    }

    fn favourite(&self, person: PersonId, on: bool) -> Result<CtiCommand, ServiceFault> {
        let mut known = self.directory.iter().chain(&self.favourites);
        if !known.any(|known| known.drawn.id.as_ref() == Some(&person)) {
            return Err(ServiceFault::PersonNotKnown);
        }
        let PersonId { contact: contact_id, source } = person;
        Ok(match on {
            true => CtiCommand::AddFavorite { contact_id, source },
            false => CtiCommand::RemoveFavorite { contact_id, source },
        })
    }

    fn switch(&mut self, now: Instant, command: Result<CtiCommand, ServiceFault>) {
        if !self.state.online {
            return self.trouble(ServiceFault::NotConnected);
        }
        let command = match command {
            Ok(command) => command,
            Err(fault) => return self.trouble(fault),
        };
        match self.questions.switch(now, command.clone()) {
            true => self.outputs.push_back(Output::Command(command)),
            false => self.trouble(ServiceFault::StillAsked),
        }
    }

    /// Whether a service is as it was asked to be.
    fn is_so(&self, command: &CtiCommand) -> bool {
        match command {
            CtiCommand::Dnd { state } => self.user.dnd == Some(*state),
            CtiCommand::Forward { when, state, .. } => self.user.forward(*when).is_some_and(|forward| forward.enabled == *state),
            CtiCommand::UserStatusUpdate { status } => self.state.status.as_ref() == Some(status),
            CtiCommand::ToggleUniqueAccountDevice { device } => self.state.device == Some(*device),
            _ => false,
        }
    }

    /// Asks for what is wanted next, and to be told of the telephones that are shown.
    fn settle(&mut self, now: Instant) {
        if !self.state.online {
            return;
        }
        while let Some(list) = self.questions.next() {
            // Nobody is looked up any more, perhaps.
            if list != AssistantList::Directory || !self.state.term.is_empty() {
                let words = if self.newer.contains(&list) { Words::Newer } else { Words::Usual };
                self.ask_for(now, list, words);
            }
        }
        let directory = self.directory.iter().filter(|_| self.shown.contains(&AssistantList::Directory));
        let favourites = self.favourites.iter().filter(|_| self.shown.contains(&AssistantList::Favourites));
        let watched = favourites.chain(directory).flat_map(Person::watched);
        self.outputs.extend(self.hints.settle(watched).into_iter().map(Output::Command));
    }

    fn ask_for(&mut self, now: Instant, list: AssistantList, words: Words) {
        let term = self.state.term.clone();
        let command = match (list, words) {
            (AssistantList::History, _) => CtiCommand::GetUserCallHistory { size: Some(past::MOST_CALLS) },
            (AssistantList::Directory, Words::Usual) => CtiCommand::DirectoryLookUp { term: term.clone() },
            (AssistantList::Directory, Words::Newer) => CtiCommand::SearchContacts { term: term.clone() },
            (AssistantList::Favourites, Words::Usual) => CtiCommand::GetFavorites,
            (AssistantList::Favourites, Words::Newer) => CtiCommand::GetFavoriteContacts,
            (AssistantList::Rooms, _) => CtiCommand::GetRooms,
        };
        self.outputs.push_back(Output::Command(command.clone()));
        self.questions.ask(ListQuestion { list, term, words, command, asked: now });
    }

    /// Whether somebody was looked up who is of no interest any more: the next one is wanted already.
    fn is_stale(&self, question: &ListQuestion) -> bool {
        question.list == AssistantList::Directory && question.term != self.state.term
    }

    /// A question for a list was refused, or not answered: once more in the words of newer servers, where there are such.
    fn gave_nothing(&mut self, now: Instant, question: &ListQuestion, so: ListState) {
        let has_newer = matches!(question.list, AssistantList::Directory | AssistantList::Favourites);
        if self.is_stale(question) {
            return;
        }
        match has_newer && question.words == Words::Usual {
            true => self.ask_for(now, question.list, Words::Newer),
            false => *self.list_state(question.list) = so,
        }
    }

    fn trouble(&mut self, fault: ServiceFault) {
        self.outputs.push_back(Output::Trouble(fault));
    }
}

/// What a command changes, in words.
fn what(command: &CtiCommand) -> ServiceSwitch {
    match command {
        CtiCommand::Dnd { .. } => ServiceSwitch::DoNotDisturb,
        CtiCommand::Forward { .. } => ServiceSwitch::Forward,
        CtiCommand::UserStatusUpdate { .. } => ServiceSwitch::Status,
        CtiCommand::ToggleUniqueAccountDevice { .. } => ServiceSwitch::Device,
        _ => ServiceSwitch::Favourite,
    }
}

/// The beginning of a text that may be of any length, without what cannot be drawn.
fn short(text: &str, longest: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(longest).collect()
}

#[cfg(test)]
mod tests;
