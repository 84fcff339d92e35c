//! What the server of an account does for its user beside calls here: his services, the people, calls and rooms it knows, and the
//! rooms he is in.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, Direction, Personal};

/// The assistant of one account as drawn. Its lists are too large for the snapshot: they are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantView {
    /// Which account.
    pub account: AccountId,
    /// How everything is.
    pub state: AssistantState,
    /// What has changed of the lists.
    pub changes: AssistantChanges,
}

/// What the server tells of its user, without lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantState {
    /// Whether the server can be asked. While it cannot, nothing is known but the lists of before, without how anybody's
    /// telephone is doing.
    pub online: bool,
    /// The user's name; empty when the server does not tell.
    pub name: Personal,
    /// Whether the server sends the user no calls, to none of his telephones; none when it does not tell.
    pub do_not_disturb: Option<bool>,
    /// His forwards, each once; those that the server does not tell of are missing.
    pub forwards: Vec<AssistantForward>,
    /// What he says he is doing, by the name of one of `statuses`; none when the server does not tell.
    pub status: Option<String>,
    /// What he may say; nothing when the server has no such thing.
    pub statuses: Vec<AssistantStatus>,
    /// Which telephone his line is on, where he may choose; none where he may not, or the server does not tell.
    pub device: Option<LineDevice>,
    /// How far the account has come with SIP, in the names of XiVO's own library.
    pub stack: StackStatus,
    /// The STUN and TURN servers that the next call uses: those that the server names, or those that were set by hand. None
    /// before either is known.
    pub ice_servers: Option<Vec<IceServersView>>,
    /// Whether he has a voice mail box; none when the server does not tell. What waits in it is the account's voice mail.
    pub voicemail_box: Option<bool>,
    /// How the list of calls is.
    pub history: ListState,
    /// How the list of people who were looked up is.
    pub directory: ListState,
    /// Whom they were looked up by; empty when nobody was.
    pub term: Personal,
    /// How the list of favourites is.
    pub favourites: ListState,
    /// How the list of conference rooms is.
    pub rooms: ListState,
}

/// A telephone that a line can be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum LineDevice {
    /// This program.
    Here,
    /// The desk phone, which is controlled from here.
    DeskPhone,
}

/// How far an account at a XiVO has come with SIP. The names are those of XiVO's own library (`getSipStackStatus`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub enum StackStatus {
    /// There is no SIP: it is not begun, the line cannot be used, or belongs to a desk phone.
    #[default]
    NotInitialized,
    /// The line is asked for.
    Initializing,
    /// The connection of SIP was lost, and is tried again after a while.
    WaitingForSip,
    /// A call that was dialled waits for the servers of ICE. Nothing else does.
    WaitingForIce,
    /// The connection of SIP is being opened.
    Starting,
    /// It is open.
    Started,
    /// It was closed for good.
    Stopped,
}

/// STUN and TURN servers that are used with one user name; its credential is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct IceServersView {
    /// Their addresses.
    pub urls: Vec<String>,
    /// TURN user; empty for STUN.
    pub username: Personal,
}

/// Counters of the lists: when one has grown, its list is to be asked for again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantChanges {
    /// The calls.
    pub history: u32,
    /// The people who were looked up.
    pub directory: u32,
    /// The favourites.
    pub favourites: u32,
    /// The conference rooms.
    pub rooms: u32,
    /// The conference rooms that the user is in.
    pub meetings: u32,
}

/// The lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AssistantList {
    /// The calls that the server remembers, newest first.
    History,
    /// The people who were looked up.
    Directory,
    /// The favourites.
    Favourites,
    /// The conference rooms.
    Rooms,
}

/// How a list is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "list", rename_all = "kebab-case")]
pub enum ListState {
    /// Nobody has asked for it.
    #[default]
    Unasked,
    /// It was asked for, for the first time or for something else than before.
    Asked,
    /// It is there; it may be asked for again meanwhile.
    Known,
    /// The server said nothing when it was asked for: it may have no such thing.
    NoAnswer,
    /// The server refused it.
    Refused {
        /// In the server's words.
        words: String,
    },
}

/// A forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantForward {
    /// When.
    pub when: ForwardWhen,
    /// Whether it is on.
    pub on: bool,
    /// Where to, also while it is off; empty when there was nothing yet.
    pub number: Personal,
}

/// When a server forwards calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardWhen {
    /// Always.
    Always,
    /// When the line is busy.
    Busy,
    /// When nobody answers.
    NoAnswer,
}

/// Something the user may say he is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantStatus {
    /// How it is named to the server.
    pub name: String,
    /// How it is named to people.
    pub title: String,
    /// Its colour as `#rrggbb`; empty when the server names none.
    pub colour: String,
}

/// A call that the server remembers, on whichever telephone of the user it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantCall {
    /// Who started it.
    pub direction: Direction,
    /// Number of the other one; may be empty.
    pub number: Personal,
    /// His name; may be empty.
    pub name: Personal,
    /// When it began, `YYYY-MM-DD hh:mm:ss` by the server's clock, which names no zone; empty when it does not tell.
    pub started: String,
    /// Length of the conversation in seconds; none when there was none.
    pub talked_s: Option<u32>,
    /// What came of it.
    pub outcome: AssistantOutcome,
}

/// What came of a call that the server remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AssistantOutcome {
    /// There was a conversation.
    Answered,
    /// There was none; of an incoming call: it was missed.
    NotAnswered,
    /// It goes on.
    Ongoing,
}

/// Somebody the server knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantPerson {
    /// What he is called by to the server; without it he cannot be made a favourite.
    pub id: Option<PersonId>,
    /// His name.
    pub name: Personal,
    /// What else the server tells of him, in its order with commas between; may be empty.
    pub detail: Personal,
    /// How he is called; the first is the one that is meant.
    pub numbers: Vec<AssistantNumber>,
    /// How his telephone is doing, kept up to date while the list is shown; none when the server does not tell.
    pub phone: Option<PhoneState>,
    /// Whether he is a favourite.
    pub favourite: bool,
}

/// What somebody is called by to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PersonId {
    /// Within its directory.
    pub contact: String,
    /// The directory.
    pub source: String,
}

/// A number of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantNumber {
    /// What it is for, in the server's language; may be empty.
    pub title: String,
    /// What is dialled.
    pub number: Personal,
}

/// How somebody's telephone is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneState {
    /// In no call.
    Free,
    /// Calling somebody.
    Calling,
    /// Ringing.
    Ringing,
    /// In a call.
    Busy,
    /// In a call, and another one rings.
    BusyAndRinging,
    /// Holding a call.
    OnHold,
    /// Switched off, or not connected.
    Unreachable,
}

/// A conference room of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantRoom {
    /// What is dialled to come in.
    pub number: Personal,
    /// Its name; may be empty.
    pub name: Personal,
    /// Whether it asks for a PIN.
    pub pin: bool,
    /// Since when somebody is in it, seconds since 1970 UTC; none when nobody is.
    #[specta(type = Option<u32>)]
    pub started_s: Option<i64>,
    /// Who is in it, in the order in which they came.
    pub members: Vec<AssistantMember>,
}

/// Somebody in a conference room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantMember {
    /// His name; may be empty.
    pub name: Personal,
    /// His number; may be empty.
    pub number: Personal,
    /// Whether his microphone is off.
    pub muted: bool,
    /// Since when, seconds since 1970 UTC; none when the server does not tell.
    #[specta(type = Option<u32>)]
    pub joined_s: Option<i64>,
}

/// A conference room of the server that the user is in. The server tells of it by itself, as long as he is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantMeeting {
    /// What is dialled to come in; requests name it by this.
    pub number: Personal,
    /// Its name; may be empty.
    pub name: Personal,
    /// Whether the user may do what its organizers may.
    pub organizer: bool,
    /// Who is in it, himself too, by their numbers in it.
    pub participants: Vec<AssistantParticipant>,
}

/// Somebody in a conference room that the user is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AssistantParticipant {
    /// His number in the room; requests name him by this.
    pub index: u32,
    /// His name; may be empty.
    pub name: Personal,
    /// His number; may be empty.
    pub number: Personal,
    /// Whether it is the user himself.
    pub me: bool,
    /// Whether he is an organizer.
    pub organizer: bool,
    /// Whether the room hears nothing of him.
    pub muted: bool,
    /// Whether he speaks.
    pub talking: bool,
    /// Whether he hears nothing of the room.
    pub deaf: bool,
}

/// What is done in a conference room. `index` is whom it is done to, by his number in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "act", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "index is always who")]
pub enum RoomAct {
    /// Let the room hear nothing of the user.
    MuteMe,
    /// Let it hear him again.
    UnmuteMe,
    /// Let the room hear nothing of the others.
    MuteAll,
    /// Let it hear them again.
    UnmuteAll,
    /// Let the room hear nothing of somebody.
    Mute { index: u32 },
    /// Let it hear him again.
    Unmute { index: u32 },
    /// Put somebody out.
    Kick { index: u32 },
    /// Let somebody hear nothing of the room.
    Deafen { index: u32 },
    /// Let him hear it again.
    Undeafen { index: u32 },
    /// Put everything back to how it was at first.
    Reset,
    /// End it for all.
    Close,
    /// Call somebody into it.
    Invite {
        /// His number.
        number: Personal,
        /// Whether as an organizer.
        organizer: bool,
    },
    /// Bring in the other one of the user's other call.
    Include {
        /// Whether as an organizer.
        organizer: bool,
    },
}

impl RoomAct {
    /// Whether only an organizer may do it.
    pub fn needs_organizer(&self) -> bool {
        !matches!(self, Self::MuteMe | Self::UnmuteMe)
    }
}

/// What can be asked of an account's server. What comes of a switch is what the server says then, not what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum AssistantRequest {
    /// Send the user no calls, to none of his telephones, or send them again.
    DoNotDisturb {
        /// None when true.
        on: bool,
    },
    /// Forward his calls, or no longer.
    Forward {
        /// When.
        when: ForwardWhen,
        /// Whether.
        on: bool,
        /// Where to; as before when it is switched off and this is empty.
        number: Personal,
    },
    /// Say what he is doing.
    Status {
        /// The name of one of the statuses.
        name: String,
    },
    /// Have his line on another of its telephones.
    Device {
        /// Which.
        device: LineDevice,
    },
    /// Make somebody a favourite, or no longer.
    Favourite {
        /// Whom.
        person: PersonId,
        /// A favourite when true.
        on: bool,
    },
    /// Look somebody up; an empty term ends that, and forgets who was found.
    Search {
        /// Part of a name or number.
        term: Personal,
    },
    /// Do something in a conference room that he is in.
    Room {
        /// Its number.
        number: Personal,
        /// What.
        act: RoomAct,
    },
    /// These lists are drawn from now on, and no others: each is asked for now, and told of while it is drawn. Asked again, they
    /// are brought up to date.
    Show {
        /// Which; none when the assistant is closed.
        lists: Vec<AssistantList>,
    },
}

/// What an account's line tells of its assistant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssistantNews {
    /// How everything is.
    State(Box<AssistantState>),
    /// The whole list of calls.
    History(Vec<AssistantCall>),
    /// The whole list of people who were looked up.
    Directory(Vec<AssistantPerson>),
    /// The whole list of favourites.
    Favourites(Vec<AssistantPerson>),
    /// The whole list of rooms.
    Rooms(Vec<AssistantRoom>),
    /// All rooms that the user is in.
    Meetings(Vec<AssistantMeeting>),
}
