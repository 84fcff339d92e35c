//! The conference rooms that the user is in: who is there, who speaks, and what he may do about it.
//!
//! The server tells of a room by itself, from the moment he comes in until he leaves; what it does about a request it tells of
//! the people concerned. It does not tell again of those that he has been in since before the CTI was lost: such a room is
//! remembered for as long as its call goes on, and held against the server's list of rooms.

use model::{AssistantMeeting, AssistantParticipant, Personal, RoomAct, ServiceFault, Target};
use tracing::debug;

use super::{LONGEST, short};
use crate::xivo::{
    cti::{
        ConferenceEvent, ConferenceRoom, CtiCommand, CtiMessage, JoinLeave, Participant, ParticipantChange, ParticipantEvent,
        PhoneEventType, Role, RoomMember,
    },
    events::user_of,
};

/// Most rooms; a person has two calls.
const MOST_MEETINGS: usize = 8;
/// Most people in one.
const MOST_PARTICIPANTS: usize = 200;

/// The rooms.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    rooms: Vec<Meeting>,
    /// Those of before the CTI was lost, until it says which calls there are.
    before: Vec<Meeting>,
    changed: bool,
    /// Whether the server's list of rooms is needed.
    unsure: bool,
}

/// One of them.
#[derive(Debug)]
struct Meeting {
    /// Our end of the call with it, as the server numbers it.
    unique_id: String,
    drawn: AssistantMeeting,
    /// It was told before the CTI was lost: some may have come and gone.
    is_old: bool,
}

impl Meetings {
    /// All rooms, when anything about them has changed.
    pub(super) fn take_news(&mut self) -> Option<Vec<AssistantMeeting>> {
        std::mem::take(&mut self.changed).then(|| self.rooms.iter().map(|meeting| meeting.drawn.clone()).collect())
    }

    /// They are to be told, whatever they are.
    pub(super) fn tell(&mut self) {
        self.changed = true;
    }

    /// The CTI is gone: nothing can be shown of them.
    pub(super) fn lost(&mut self) {
        self.changed |= !self.rooms.is_empty();
        self.before.extend(self.rooms.drain(..).filter(|meeting| !meeting.unique_id.is_empty()));
        self.before.truncate(MOST_MEETINGS);
    }

    /// Whether the server's list of rooms is needed; once.
    pub(super) fn take_unsure(&mut self) -> bool {
        std::mem::take(&mut self.unsure)
    }

    /// The server says something.
    pub(super) fn heard(&mut self, message: &CtiMessage) {
        match message {
            CtiMessage::Conference(event) => match event.what {
                JoinLeave::Join => self.came_in(event),
                JoinLeave::Leave => {
                    self.before.retain(|meeting| !meeting.is(&event.unique_id, &event.number));
                    self.keep(|meeting| !meeting.is(&event.unique_id, &event.number));
                }
            },
            CtiMessage::Participant(event) => self.on_participant(event),
            // Whose call is over is in the room no more, though it does not say so.
            CtiMessage::PhoneEvent(event) if matches!(event.kind, PhoneEventType::Released | PhoneEventType::Failure) => {
                let stays = |meeting: &Meeting| meeting.unique_id.is_empty() || meeting.unique_id != event.unique_id;
                self.before.retain(stays);
                self.keep(stays);
            }
            CtiMessage::CurrentCalls(calls) => {
                let goes_on = |id: &str| id.is_empty() || calls.iter().any(|call| call.unique_id == id);
                self.keep(|meeting| goes_on(&meeting.unique_id));
                let before = std::mem::take(&mut self.before);
                self.come_back(before.into_iter().filter(|meeting| goes_on(&meeting.unique_id)));
            }
            CtiMessage::Rooms(rooms) => self.compare(rooms),
            _ => {}
        }
    }

    /// What is asked of the server.
    ///
    /// # Errors
    /// When it cannot be done.
    pub(super) fn command(&self, number: Personal, act: RoomAct) -> Result<CtiCommand, ServiceFault> {
        let Some(meeting) = self.of(&number) else { return Err(ServiceFault::NotInRoom) };
        if act.needs_organizer() && !meeting.organizer {
            return Err(ServiceFault::NotOrganizer);
        }
        let act = match act {
            RoomAct::Invite { number, organizer } => {
                let target = number.expose().trim().parse::<Target>().map_err(|_| ServiceFault::NotANumber)?;
                RoomAct::Invite { number: user_of(target.expose()), organizer }
            }
            // The command names no room.
            RoomAct::Include { .. } if self.rooms.len() > 1 => return Err(ServiceFault::SeveralRooms),
            act => {
                if index_of(&act).is_some_and(|index| meeting.participants.iter().all(|one| one.index != index)) {
                    return Err(ServiceFault::NobodyInRoom);
                }
                act
            }
        };
        Ok(CtiCommand::Room { number, act })
    }

    /// Whether it is as it was asked to be; none where that cannot be seen.
    pub(super) fn is_so(&self, number: &Personal, act: &RoomAct) -> Option<bool> {
        let meeting = self.of(number);
        let of = |index: u32| meeting.and_then(|meeting| meeting.participants.iter().find(|one| one.index == index));
        let me = meeting.and_then(|meeting| meeting.participants.iter().find(|one| one.me));
        Some(match *act {
            RoomAct::MuteMe => me?.muted,
            RoomAct::UnmuteMe => !me?.muted,
            RoomAct::Mute { index } => of(index)?.muted,
            RoomAct::Unmute { index } => !of(index)?.muted,
            RoomAct::Deafen { index } => of(index)?.deaf,
            RoomAct::Undeafen { index } => !of(index)?.deaf,
            RoomAct::Kick { index } => of(index).is_none(),
            RoomAct::Close => meeting.is_none(),
            RoomAct::MuteAll | RoomAct::UnmuteAll | RoomAct::Reset | RoomAct::Invite { .. } | RoomAct::Include { .. } => {
                return None;
            }
        })
    }

    fn of(&self, number: &Personal) -> Option<&AssistantMeeting> {
        self.rooms.iter().map(|meeting| &meeting.drawn).find(|meeting| meeting.number == *number)
    }

    /// Rooms of before, whose calls go on.
    fn come_back(&mut self, before: impl Iterator<Item = Meeting>) {
        for meeting in before {
            let is_told = self.rooms.iter().any(|known| known.is(&meeting.unique_id, &meeting.drawn.number));
            if !is_told && self.rooms.len() < MOST_MEETINGS {
                self.rooms.push(Meeting { is_old: true, ..meeting });
                (self.changed, self.unsure) = (true, true);
            }
        }
    }

    /// What the server's list says of rooms of before: who is not in it has gone. Who has come since is not known by his number
    /// in the room until the server tells of him.
    fn compare(&mut self, rooms: &[ConferenceRoom]) {
        for meeting in self.rooms.iter_mut().filter(|meeting| meeting.is_old) {
            let Some(room) = rooms.iter().find(|room| room.number == meeting.drawn.number) else { continue };
            let before = meeting.drawn.clone();
            meeting.drawn.participants.retain_mut(|one| {
                let is_he = |member: &&RoomMember| match one.number.is_empty() || member.number.is_empty() {
                    true => one.name == member.name,
                    false => one.number == member.number,
                };
                let Some(member) = room.members.iter().find(is_he) else { return one.me };
                one.muted = member.muted;
                one.talking &= !member.muted;
                true
            });
            self.changed |= before != meeting.drawn;
        }
    }

    fn came_in(&mut self, event: &ConferenceEvent) {
        self.before.retain(|meeting| !meeting.is(&event.unique_id, &event.number));
        self.keep(|meeting| !meeting.is(&event.unique_id, &event.number));
        if self.rooms.len() >= MOST_MEETINGS {
            return debug!("a person is not in so many rooms");
        }
        let mut drawn = AssistantMeeting {
            number: short(event.number.expose(), LONGEST).into(),
            name: short(event.name.expose(), LONGEST).into(),
            organizer: false,
            participants: Vec::new(),
        };
        for participant in &event.participants {
            put(&mut drawn, participant);
        }
        self.rooms.push(Meeting { unique_id: event.unique_id.clone(), drawn, is_old: false });
        self.changed = true;
    }

    fn on_participant(&mut self, event: &ParticipantEvent) {
        let is_only = self.rooms.len() == 1 && event.unique_id.is_empty() && event.number.is_empty();
        let Some(meeting) = self.rooms.iter_mut().find(|meeting| is_only || meeting.is(&event.unique_id, &event.number)) else {
            return debug!("somebody in a room that we are not in");
        };
        let is_old = meeting.is_old;
        let (drawn, index) = (&mut meeting.drawn, event.participant.index);
        let before = drawn.clone();
        match event.what {
            ParticipantChange::Join => put(drawn, &event.participant),
            // He may have come while nobody told.
            ParticipantChange::Update if is_old => put(drawn, &event.participant),
            ParticipantChange::Update if drawn.participants.iter().any(|one| one.index == index) => {
                put(drawn, &event.participant)
            }
            ParticipantChange::Update => debug!("something about somebody who has left"),
            ParticipantChange::Leave => drawn.participants.retain(|one| one.index != index),
        }
        self.changed |= before != *drawn;
    }

    fn keep(&mut self, keep: impl FnMut(&Meeting) -> bool) {
        let mut keep = keep;
        let before = self.rooms.len();
        self.rooms.retain(|meeting| keep(meeting));
        self.changed |= self.rooms.len() != before;
    }
}

impl Meeting {
    /// Whether an event is of it: by our end of the call, else by the number of the room.
    fn is(&self, unique_id: &str, number: &Personal) -> bool {
        match unique_id.is_empty() || self.unique_id.is_empty() {
            true => self.drawn.number == *number,
            false => self.unique_id == *unique_id,
        }
    }
}

/// Puts somebody into a room, in the place of who had his number in it.
fn put(meeting: &mut AssistantMeeting, told: &Participant) {
    let known = meeting.participants.iter().position(|one| one.index == told.index);
    let before = known.map(|at| meeting.participants.remove(at));
    if meeting.participants.len() >= MOST_PARTICIPANTS {
        return debug!("more people than a room has");
    }
    // Who speaks now is told without his name, perhaps.
    let kept = |told: &Personal, before: Option<&Personal>| match (told.is_empty(), before) {
        (true, Some(before)) => before.clone(),
        _ => short(told.expose(), LONGEST).into(),
    };
    let participant = AssistantParticipant {
        index: told.index,
        name: kept(&told.name, before.as_ref().map(|before| &before.name)),
        number: kept(&told.phone, before.as_ref().map(|before| &before.number)),
        me: told.is_me,
        organizer: told.role == Role::Organizer,
        muted: told.muted,
        talking: told.talking,
        deaf: told.deaf,
    };
    let at = meeting.participants.partition_point(|one| one.index < told.index);
    meeting.participants.insert(at, participant);
    meeting.organizer = meeting.participants.iter().any(|one| one.me && one.organizer);
}

/// Whether two acts set the same thing, so that the later one counts.
pub(super) fn sets_same(one: &RoomAct, other: &RoomAct) -> bool {
    subject(one) == subject(other)
}

/// What an act is about.
fn subject(act: &RoomAct) -> (u8, Option<u32>, Option<&Personal>) {
    match act {
        RoomAct::MuteMe | RoomAct::UnmuteMe => (0, None, None),
        RoomAct::MuteAll | RoomAct::UnmuteAll => (1, None, None),
        RoomAct::Mute { index } | RoomAct::Unmute { index } => (2, Some(*index), None),
        RoomAct::Deafen { index } | RoomAct::Undeafen { index } => (3, Some(*index), None),
        RoomAct::Kick { index } => (4, Some(*index), None),
        RoomAct::Reset => (5, None, None),
        RoomAct::Close => (6, None, None),
        RoomAct::Invite { number, .. } => (7, None, Some(number)),
        RoomAct::Include { .. } => (8, None, None),
    }
}

/// Whom an act is done to.
fn index_of(act: &RoomAct) -> Option<u32> {
    subject(act).1
}
