//! What was asked of the server and not answered yet.
//!
//! Lists are asked for one after another, so that a refusal, which does not say of what, can be told apart. Switches wait for
//! nothing.

use std::{collections::VecDeque, time::Duration};

use model::{AssistantList, Instant, Personal, RoomAct};

use super::meetings;
use crate::xivo::cti::{CtiCommand, CtiMessage};

/// How long an answer may take: some directories are elsewhere.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Most switches that wait for an answer; a person has fewer hands.
const MOST_SWITCHES: usize = 32;

/// Everything that was asked.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// The lists to ask for, next one first.
    wanted: VecDeque<AssistantList>,
    list: Option<ListQuestion>,
    switches: Vec<Switch>,
}

/// A list that was asked for.
#[derive(Debug)]
pub(super) struct ListQuestion {
    pub(super) list: AssistantList,
    /// Whom was looked up, of the directory.
    pub(super) term: Personal,
    pub(super) words: Words,
    pub(super) command: CtiCommand,
    pub(super) asked: Instant,
}

/// In which words a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Those of every server.
    Usual,
    /// Those of newer ones, of lists that have such.
    Newer,
}

/// A service that was switched.
#[derive(Debug)]
struct Switch {
    command: CtiCommand,
    asked: Instant,
}

/// What was refused, or came to nothing.
pub(super) enum Lost {
    List(ListQuestion),
    Switch(CtiCommand),
}

impl Questions {
    /// Wants a list; once is enough.
    pub(super) fn want(&mut self, list: AssistantList) {
        if !self.wanted.contains(&list) {
            self.wanted.push_back(list);
        }
    }

    /// The list to ask for now, when none is being asked for.
    pub(super) fn next(&mut self) -> Option<AssistantList> {
        if self.list.is_some() { None } else { self.wanted.pop_front() }
    }

    /// A list is asked for.
    pub(super) fn ask(&mut self, question: ListQuestion) {
        self.wanted.retain(|wanted| *wanted != question.list);
        self.list = Some(question);
    }

    /// A service is switched; what was asked of it before counts no more. Whether there was room.
    pub(super) fn switch(&mut self, now: Instant, command: CtiCommand) -> bool {
        self.switches.retain(|switch| !is_same(&switch.command, &command));
        let fits = self.switches.len() < MOST_SWITCHES;
        if fits {
            self.switches.push(Switch { command, asked: now });
        }
        fits
    }

    /// Takes the question for a list that a message answers.
    pub(super) fn answered(&mut self, message: &CtiMessage) -> Option<ListQuestion> {
        self.list.take_if(|question| question.command.is_answered_by(message))
    }

    /// Forgets the switches that a message answers; whether there were any.
    pub(super) fn settled(&mut self, message: &CtiMessage) -> bool {
        let before = self.switches.len();
        self.switches.retain(|switch| !switch.command.is_answered_by(message));
        self.switches.len() < before
    }

    /// Forgets what was asked of conference rooms and is so now.
    pub(super) fn settle_rooms(&mut self, is_so: impl Fn(&Personal, &RoomAct) -> bool) {
        self.switches.retain(|switch| match &switch.command {
            CtiCommand::Room { number, act } => !is_so(number, act),
            _ => true,
        });
    }

    /// Forgets what was asked last of a conference room: it was refused.
    pub(super) fn take_last_of_room(&mut self) {
        if let Some(at) = self.switches.iter().rposition(|switch| matches!(switch.command, CtiCommand::Room { .. })) {
            self.switches.remove(at);
        }
    }

    /// When something was asked last that is not answered yet.
    pub(super) fn last_asked(&self) -> Option<Instant> {
        self.list.iter().map(|question| question.asked).chain(self.switches.iter().map(|switch| switch.asked)).max()
    }

    /// Takes what was asked last: a refusal is of that, for all it tells.
    pub(super) fn take_last(&mut self) -> Option<Lost> {
        let last = self.last_asked()?;
        if self.switches.last().is_some_and(|switch| switch.asked == last) {
            return self.switches.pop().map(|switch| Lost::Switch(switch.command));
        }
        self.list.take().map(Lost::List)
    }

    /// Takes something that was not answered in time.
    pub(super) fn take_late(&mut self, now: Instant) -> Option<Lost> {
        let is_late = |asked: Instant| asked + ANSWERS_WITHIN <= now;
        if let Some(at) = self.switches.iter().position(|switch| is_late(switch.asked)) {
            return Some(Lost::Switch(self.switches.remove(at).command));
        }
        self.list.take_if(|question| is_late(question.asked)).map(Lost::List)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let list = self.list.iter().map(|question| question.asked);
        list.chain(self.switches.iter().map(|switch| switch.asked)).min().map(|asked| asked + ANSWERS_WITHIN)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Whether two commands set the same thing.
fn is_same(one: &CtiCommand, other: &CtiCommand) -> bool {
    match (one, other) {
        (CtiCommand::Dnd { .. }, CtiCommand::Dnd { .. })
        | (CtiCommand::UserStatusUpdate { .. }, CtiCommand::UserStatusUpdate { .. })
        | (CtiCommand::ToggleUniqueAccountDevice { .. }, CtiCommand::ToggleUniqueAccountDevice { .. }) => true,
        (CtiCommand::Forward { when, .. }, CtiCommand::Forward { when: other, .. }) => when == other,
        (
            CtiCommand::AddFavorite { contact_id, .. } | CtiCommand::RemoveFavorite { contact_id, .. },
            CtiCommand::AddFavorite { contact_id: other, .. } | CtiCommand::RemoveFavorite { contact_id: other, .. },
        ) => contact_id == other,
        (CtiCommand::Room { number, act }, CtiCommand::Room { number: other, act: also }) => {
            number == other && meetings::sets_same(act, also)
        }
        _ => false,
    }
}
