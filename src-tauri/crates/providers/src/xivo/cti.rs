//! The CTI WebSocket: JSON for everything around the telephone.
//!
//! Frames from the server are read leniently ([`CtiMessage::read`]): whatever is missing is as by default, what is unknown is
//! kept by name, and nothing that comes can hurt.

mod answer;
mod command;
mod conference;
mod directory;
mod history;
mod message;
mod phone;
mod user;

pub use command::{CtiCommand, PING};
pub use conference::{
    ConferenceEvent, ConferenceRoom, JoinLeave, Participant, ParticipantChange, ParticipantEvent, Role, RoomMember,
};
pub use directory::{ContactSheet, DirectoryEntry, DirectoryResult, FavoriteChange, FavoriteUpdate, SheetAction};
pub use history::{HistoryItem, HistoryStatus};
pub use message::{CONFERENCE_ERROR, CtiMessage, NotCti};
pub use phone::{PhoneEvent, PhoneEventType, PhoneHint, PhoneStatus, WebRtcCommand};
pub use user::{ForwardState, UserConfig, UserStatus, VoicemailStatus};
