//! Calls that the server remembers, and its rooms, as the page draws them.

use model::{AssistantCall, AssistantMember, AssistantOutcome, AssistantRoom, Direction};

use super::short;
use crate::xivo::cti::{ConferenceRoom, HistoryItem, HistoryStatus, RoomMember};

/// Most calls that are asked for and kept.
pub(super) const MOST_CALLS: u32 = 100;
/// Most rooms.
const MOST_ROOMS: usize = 60;
/// Most people in one.
const MOST_MEMBERS: usize = 60;
/// Longest name or number, in characters.
const LONGEST: usize = 120;

/// The calls, newest first.
pub(super) fn calls(items: &[HistoryItem]) -> Vec<AssistantCall> {
    let mut calls: Vec<AssistantCall> = items.iter().take(MOST_CALLS as usize).map(call).collect();
    // Of one moment, and without any, they stay as the server has them.
    calls.sort_by(|one, other| other.started.cmp(&one.started));
    calls
}

/// The rooms.
pub(super) fn rooms(rooms: &[ConferenceRoom]) -> Vec<AssistantRoom> {
    rooms.iter().filter(|room| !room.number.is_empty()).take(MOST_ROOMS).map(room).collect()
}

fn call(item: &HistoryItem) -> AssistantCall {
    let talked_s = seconds(&item.duration).filter(|talked| *talked > 0);
    let outcome = match (&item.status, talked_s) {
        (HistoryStatus::Ongoing, _) => AssistantOutcome::Ongoing,
        (HistoryStatus::Answered, _) | (HistoryStatus::Emitted | HistoryStatus::Other(_), Some(_)) => AssistantOutcome::Answered,
        (HistoryStatus::Missed, _) | (HistoryStatus::Emitted | HistoryStatus::Other(_), None) => AssistantOutcome::NotAnswered,
    };
    AssistantCall {
        direction: if item.status == HistoryStatus::Emitted { Direction::Outgoing } else { Direction::Incoming },
        number: short(item.number.expose(), LONGEST).into(),
        name: short(item.name.expose(), LONGEST).into(),
        started: if is_moment(&item.start) { item.start.clone() } else { String::new() },
        talked_s: talked_s.filter(|_| outcome == AssistantOutcome::Answered),
        outcome,
    }
}

fn room(room: &ConferenceRoom) -> AssistantRoom {
    let mut members: Vec<AssistantMember> = room.members.iter().take(MOST_MEMBERS).map(member).collect();
    members.sort_by_key(|member| member.joined_s);
    AssistantRoom {
        number: short(room.number.expose(), LONGEST).into(),
        name: short(room.name.expose(), LONGEST).into(),
        pin: room.pin_required,
        started_s: room.started_ms.filter(|_| !members.is_empty()).map(whole_seconds),
        members,
    }
}

fn member(member: &RoomMember) -> AssistantMember {
    AssistantMember {
        name: short(member.name.expose(), LONGEST).into(),
        number: short(member.number.expose(), LONGEST).into(),
        muted: member.muted,
        joined_s: member.joined_ms.map(whole_seconds),
    }
}

fn whole_seconds(ms: i64) -> i64 {
    ms / 1_000
}

/// `hh:mm:ss` in seconds.
fn seconds(duration: &str) -> Option<u32> {
    let mut parts = duration.split(':').map(|part| part.trim().parse::<u32>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || minutes > 59 || seconds > 59 {
        return None;
    }
    hours.checked_mul(3_600)?.checked_add(minutes * 60 + seconds)
}

/// Whether it is written as `YYYY-MM-DD hh:mm:ss`.
fn is_moment(text: &str) -> bool {
    let form = b"0000-00-00 00:00:00";
    text.len() == form.len()
        && text.bytes().zip(form).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(status: HistoryStatus, start: &str, duration: &str) -> HistoryItem {
        HistoryItem {
            start: start.into(),
            duration: duration.into(),
            status,
            number: "1002".into(),
            name: "Bob".into(),
            username: "bob".into(),
        }
    }

    #[test]
    fn calls_are_told_newest_first_by_who_called_and_what_came_of_it() {
        let told = calls(&[
            item(HistoryStatus::Missed, "2026-01-04 09:12:00", "00:00:00"),
            item(HistoryStatus::Emitted, "2026-01-05 10:32:50", "01:00:25"),
            item(HistoryStatus::Emitted, "2026-01-03 08:00:00", ""),
            item(HistoryStatus::Other("abandoned".into()), "not long ago", "00:70:00"),
            item(HistoryStatus::Ongoing, "2026-01-06 00:00:00", "00:00:10"),
            item(HistoryStatus::Answered, "2026-01-02 00:00:00", "00:00:00"),
        ]);
        let told: Vec<_> =
            told.iter().map(|call| (call.started.get(8..10), call.direction, call.outcome, call.talked_s)).collect();
        let (outgoing, incoming) = (Direction::Outgoing, Direction::Incoming);
        assert_eq!(
            told,
            [
                (Some("06"), incoming, AssistantOutcome::Ongoing, None),
                (Some("05"), outgoing, AssistantOutcome::Answered, Some(3_625)),
                (Some("04"), incoming, AssistantOutcome::NotAnswered, None),
                (Some("03"), outgoing, AssistantOutcome::NotAnswered, None),
                (Some("02"), incoming, AssistantOutcome::Answered, None),
                (None, incoming, AssistantOutcome::NotAnswered, None),
            ]
        );
        assert_eq!(seconds("4294967295:59:59"), None);
    }

    #[test]
    fn more_calls_rooms_and_people_than_anybody_has_are_left_out() {
        let many = calls(&vec![item(HistoryStatus::Missed, "", ""); 1_000]);
        assert_eq!(many.len(), MOST_CALLS as usize);
        let member = RoomMember { name: "n".repeat(999).into(), number: "1".into(), muted: false, joined_ms: Some(i64::MAX) };
        let full = ConferenceRoom {
            number: "4010".into(),
            name: "team".into(),
            pin_required: true,
            started_ms: Some(1_767_000_000_999),
            members: vec![member; 1_000],
        };
        let idle = ConferenceRoom { members: Vec::new(), ..full.clone() };
        let told = rooms(&[vec![idle], vec![full; 500]].concat());
        assert_eq!((told.len(), told[0].started_s, told[1].started_s), (MOST_ROOMS, None, Some(1_767_000_000)));
        assert_eq!((told[1].members.len(), told[1].members[0].name.expose().len()), (MOST_MEMBERS, LONGEST));
    }
}
