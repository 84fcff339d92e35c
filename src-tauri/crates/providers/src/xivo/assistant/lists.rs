//! The lists of the assistant: the calls, people and rooms that the server told, as they are drawn.

use std::time::Duration;

use model::{AssistantList, AssistantNews, AssistantOutcome, AssistantRoom, Instant, ListState};
use tracing::debug;

use super::{
    Assistant, past,
    people::{self, Person},
};
use crate::xivo::cti::{CtiMessage, FavoriteChange, FavoriteUpdate, PhoneHint};

/// While a call goes on in the history, it is asked for again after this.
const ONGOING_AGAIN: Duration = Duration::from_secs(2);
/// The server does not tell by itself who comes and goes in its rooms.
const ROOMS_AGAIN: Duration = Duration::from_secs(15);

impl Assistant {
    pub(super) fn take_list(&mut self, now: Instant, message: &CtiMessage) {
        match message {
            CtiMessage::History(items) => {
                let calls = past::calls(items);
                let goes_on = calls.iter().any(|call| call.outcome == AssistantOutcome::Ongoing);
                if goes_on && self.is_shown(AssistantList::History) {
                    self.history_at = Some(now + ONGOING_AGAIN);
                }
                if calls != self.history {
                    self.history = calls;
                    self.changed.insert(AssistantList::History);
                }
                self.state.history = ListState::Known;
            }
            CtiMessage::Rooms(rooms) => {
                self.set_rooms(past::rooms(rooms));
                self.rooms_at = self.is_shown(AssistantList::Rooms).then(|| now + ROOMS_AGAIN);
                self.state.rooms = ListState::Known;
            }
            CtiMessage::Directory(table) => self.take_found(people::of_table(table)),
            CtiMessage::ContactSheets(sheets) => {
                self.take_found(people::of_sheets(sheets));
                self.sheets = true;
            }
            CtiMessage::Favorites(table) => self.take_favourites(people::of_table(table)),
            CtiMessage::FavoriteSheets(sheets) => self.take_favourites(people::of_sheets(sheets)),
            _ => {}
        }
    }

    fn take_found(&mut self, mut people: Vec<Person>) {
        if !self.is_shown(AssistantList::Directory) {
            forget_phones(&mut people);
        }
        self.set_directory(people);
        self.state.directory = ListState::Known;
    }

    fn take_favourites(&mut self, mut people: Vec<Person>) {
        if !self.is_shown(AssistantList::Favourites) {
            forget_phones(&mut people);
        }
        if people != self.favourites {
            self.favourites = people;
            self.changed.insert(AssistantList::Favourites);
        }
        self.state.favourites = ListState::Known;
    }

    pub(super) fn on_favourite(&mut self, update: &FavoriteUpdate) {
        let is_favourite = match update.change {
            FavoriteChange::Added => true,
            FavoriteChange::Removed => false,
            FavoriteChange::Failed => return debug!("somebody else could not change a favourite"),
        };
        let is_meant = |person: &Person| {
            let id = person.drawn.id.as_ref();
            id.is_some_and(|id| id.contact == update.contact_id && id.source == update.source)
        };
        for person in self.directory.iter_mut().filter(|person| is_meant(person)) {
            if std::mem::replace(&mut person.drawn.favourite, is_favourite) != is_favourite {
                self.changed.insert(AssistantList::Directory);
            }
        }
        let before = self.favourites.len();
        self.favourites.retain(|person| is_favourite || !is_meant(person));
        if self.favourites.len() != before {
            self.changed.insert(AssistantList::Favourites);
        }
        // Where a new one belongs among the others, the server knows.
        if is_favourite && self.is_shown(AssistantList::Favourites) {
            self.want(AssistantList::Favourites);
        }
    }

    pub(super) fn on_hint(&mut self, hint: &PhoneHint) {
        if !self.hints.has(&hint.number) {
            return debug!("nobody watches that telephone");
        }
        let phone = people::phone_state(hint.status);
        for (list, people) in [(AssistantList::Directory, &mut self.directory), (AssistantList::Favourites, &mut self.favourites)]
        {
            if !self.shown.contains(&list) {
                continue;
            }
            for person in people.iter_mut() {
                let is_his = person.watched().any(|number| *number == hint.number);
                if is_his && std::mem::replace(&mut person.drawn.phone, phone) != phone {
                    self.changed.insert(list);
                }
            }
        }
    }

    pub(super) fn forget_phones(&mut self, list: AssistantList) {
        let people = if list == AssistantList::Directory { &mut self.directory } else { &mut self.favourites };
        if forget_phones(people) {
            self.changed.insert(list);
        }
    }

    pub(super) fn set_directory(&mut self, people: Vec<Person>) {
        if people != self.directory {
            self.directory = people;
            self.changed.insert(AssistantList::Directory);
        }
    }

    pub(super) fn set_rooms(&mut self, rooms: Vec<AssistantRoom>) {
        if rooms != self.rooms {
            self.rooms = rooms;
            self.changed.insert(AssistantList::Rooms);
        }
    }

    pub(super) fn list_state(&mut self, list: AssistantList) -> &mut ListState {
        match list {
            AssistantList::History => &mut self.state.history,
            AssistantList::Directory => &mut self.state.directory,
            AssistantList::Favourites => &mut self.state.favourites,
            AssistantList::Rooms => &mut self.state.rooms,
        }
    }

    pub(super) fn list(&self, list: AssistantList) -> AssistantNews {
        let drawn = |people: &[Person]| people.iter().map(|person| person.drawn.clone()).collect();
        match list {
            AssistantList::History => AssistantNews::History(self.history.clone()),
            AssistantList::Directory => AssistantNews::Directory(drawn(&self.directory)),
            AssistantList::Favourites => AssistantNews::Favourites(drawn(&self.favourites)),
            AssistantList::Rooms => AssistantNews::Rooms(self.rooms.clone()),
        }
    }
}

/// How nobody's telephone is doing any more; whether somebody's was known.
fn forget_phones(people: &mut [Person]) -> bool {
    people.iter_mut().filter_map(|person| person.drawn.phone.take()).count() > 0
}
