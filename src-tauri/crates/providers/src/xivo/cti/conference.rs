//! Conference rooms of the server.

use std::time::Duration;

use model::Personal;
use serde_json::Value;

use crate::xivo::fields::Fields;

/// The user has come into a room, or left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConferenceEvent {
    /// Which of the two.
    pub what: JoinLeave,
    /// Our end of the call with the room.
    pub unique_id: String,
    /// Name of the room.
    pub name: Personal,
    /// Its number.
    pub number: Personal,
    /// For how long it has been going on.
    pub since: Duration,
    /// Who is in it.
    pub participants: Vec<Participant>,
}

/// Coming or leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinLeave {
    /// Came.
    Join,
    /// Left.
    Leave,
}

/// Something about somebody in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantEvent {
    /// What.
    pub what: ParticipantChange,
    /// Our end of the call with the room.
    pub unique_id: String,
    /// Number of the room; empty when the server does not repeat it.
    pub number: Personal,
    /// Who.
    pub participant: Participant,
}

/// What there is about somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParticipantChange {
    /// Came.
    Join,
    /// Is another than before: replaces the one with the same index.
    Update,
    /// Left.
    Leave,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// His number in the room; what commands name.
    pub index: u32,
    /// For how long he has been there.
    pub since: Duration,
    /// Whether it is the user himself.
    pub is_me: bool,
    /// What he may.
    pub role: Role,
    /// His name.
    pub name: Personal,
    /// His telephone.
    pub phone: Personal,
    /// Whether his microphone is off.
    pub muted: bool,
    /// Whether he speaks.
    pub talking: bool,
    /// Whether he hears nothing.
    pub deaf: bool,
}

/// What somebody may in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Speak and listen.
    User,
    /// Mute, put out, end.
    Organizer,
}

/// A room of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConferenceRoom {
    /// Its number.
    pub number: Personal,
    /// Its name.
    pub name: Personal,
    /// Whether it asks for a PIN.
    pub pin_required: bool,
    /// When the first of those in it came, milliseconds since 1970; none when nobody is in it.
    pub started_ms: Option<i64>,
    /// Who is in it.
    pub members: Vec<RoomMember>,
}

/// Somebody in a room that we are not in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomMember {
    /// His name.
    pub name: Personal,
    /// His number.
    pub number: Personal,
    /// Whether his microphone is off.
    pub muted: bool,
    /// When he came, milliseconds since 1970.
    pub joined_ms: Option<i64>,
}

impl ConferenceEvent {
    pub(super) fn read(body: &Value) -> Option<Self> {
        let fields = Fields::of(body);
        let what = match fields.text("eventType")?.as_str() {
            "Join" => JoinLeave::Join,
            "Leave" => JoinLeave::Leave,
            _ => return None,
        };
        Some(Self {
            what,
            unique_id: fields.text("uniqueId").unwrap_or_default(),
            name: fields.personal("conferenceName"),
            number: fields.personal("conferenceNumber"),
            since: seconds(fields),
            participants: fields.list("participants").filter_map(|value| Participant::read(Fields::of(value))).collect(),
        })
    }
}

impl ParticipantEvent {
    pub(super) fn read(body: &Value) -> Option<Self> {
        let fields = Fields::of(body);
        let what = match fields.text("eventType")?.as_str() {
            "Join" => ParticipantChange::Join,
            "Update" => ParticipantChange::Update,
            "Leave" => ParticipantChange::Leave,
            _ => return None,
        };
        Some(Self {
            what,
            unique_id: fields.text("uniqueId").unwrap_or_default(),
            number: fields.personal("conferenceNumber"),
            participant: Participant::read(fields)?,
        })
    }
}

impl Participant {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let flag = |name| fields.flag(name).unwrap_or_default();
        let role = fields.text("role").unwrap_or_default();
        let phone = fields.text("callerIdNum").or_else(|| fields.text("phoneNumber")).unwrap_or_default();
        Some(Self {
            index: fields.fitting("index")?,
            since: seconds(fields),
            is_me: flag("isMe"),
            role: if role.eq_ignore_ascii_case("Organizer") { Role::Organizer } else { Role::User },
            name: fields.personal("callerIdName"),
            phone: phone.into(),
            muted: flag("isMuted"),
            talking: flag("isTalking"),
            deaf: flag("isDeaf"),
        })
    }
}

impl ConferenceRoom {
    pub(super) fn read(value: &Value) -> Self {
        let fields = Fields::of(value);
        Self {
            number: fields.personal("number"),
            name: fields.personal("name"),
            pin_required: fields.flag("pinRequired").unwrap_or_default(),
            started_ms: moment(fields, "startTime"),
            members: fields.list("members").map(RoomMember::read).collect(),
        }
    }
}

impl RoomMember {
    fn read(value: &Value) -> Self {
        let fields = Fields::of(value);
        Self {
            name: fields.personal("name"),
            number: fields.personal("number"),
            muted: fields.flag("muted").unwrap_or_default(),
            joined_ms: moment(fields, "joinTime"),
        }
    }
}

/// A moment; zero says that there is none.
fn moment(fields: Fields<'_>, name: &str) -> Option<i64> {
    fields.number(name).filter(|ms| *ms > 0)
}

fn seconds(fields: Fields<'_>) -> Duration {
    Duration::from_secs(fields.fitting("since").unwrap_or_default())
}
