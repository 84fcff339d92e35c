//! Frames from the server.

use model::Personal;
use serde_json::Value;

use super::{
    ConferenceEvent, ConferenceRoom, ContactSheet, DirectoryResult, FavoriteUpdate, HistoryItem, ParticipantEvent, PhoneEvent,
    PhoneHint, PhoneStatus, UserConfig, UserStatus, VoicemailStatus, WebRtcCommand,
};
use crate::{
    net,
    xivo::{
        fields::{self, Fields},
        ice_config::IceConfig,
        line_config::LineConfig,
    },
};

/// The kind of error that is about a command to a conference room.
pub const CONFERENCE_ERROR: &str = "ConferenceCommandError";
/// Kinds whose members are not documented.
pub(super) const USER_PREFERENCE: &str = "UserPreference";
pub(super) const USER_DISPLAY_NAME: &str = "UserDisplayName";
/// Longest name of a kind of message that is kept.
const LONGEST_NAME: usize = 60;

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CtiMessage {
    /// A sign of life, or another frame without a kind.
    Alive,
    /// The session is open: commands may be sent.
    LoggedOn,
    /// It is not, and will not be.
    LoggedOnError(String),
    /// The user's line.
    LineConfig(Box<LineConfig>),
    /// STUN and TURN servers.
    IceConfig(IceConfig),
    /// A step of a call.
    PhoneEvent(Box<PhoneEvent>),
    /// The calls as they are now, by their last step.
    CurrentCalls(Vec<PhoneEvent>),
    /// How our telephone is doing.
    PhoneStatus(Option<PhoneStatus>),
    /// How somebody's telephone is doing.
    PhoneHint(PhoneHint),
    /// Another program of the user asks for something.
    WebRtcCommand(WebRtcCommand),
    /// Who the user is, and his services.
    UserConfig(Box<UserConfig>),
    /// How many voice messages wait.
    Voicemail(VoicemailStatus),
    /// What users may say they are doing.
    UsersStatuses(Vec<UserStatus>),
    /// What the user is doing.
    UserStatus(String),
    /// What the user may.
    RightProfile(String),
    /// The calls the server remembers.
    History(Vec<HistoryItem>),
    /// People that were looked up.
    Directory(DirectoryResult),
    /// The favourites.
    Favorites(DirectoryResult),
    /// People that were looked up, as newer servers tell.
    ContactSheets(Vec<ContactSheet>),
    /// The favourites, as newer servers tell.
    FavoriteSheets(Vec<ContactSheet>),
    /// A favourite more or less.
    FavoriteUpdated(FavoriteUpdate),
    /// The user has come into a conference room, or left it.
    Conference(Box<ConferenceEvent>),
    /// Something about somebody in it.
    Participant(Box<ParticipantEvent>),
    /// The conference rooms.
    Rooms(Vec<ConferenceRoom>),
    /// What was asked for did not work; the kind of error and what the server says.
    Error {
        /// `Error`, `ConferenceCommandError`, …
        kind: String,
        /// Its words.
        text: Personal,
    },
    /// An answer whose members are not documented.
    Plain {
        /// Which.
        kind: &'static str,
        /// Its body, as it came.
        body: Personal,
    },
    /// A kind that is not known here, or a known one that makes no sense.
    Other {
        /// Which.
        kind: String,
    },
}

/// A frame that is no object of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of the CTI is no object of JSON")]
pub struct NotCti;

impl CtiMessage {
    /// Reads a frame.
    ///
    /// # Errors
    /// When it is no object of JSON at all.
    pub fn read(frame: &[u8]) -> Result<Self, NotCti> {
        let frame: Value = serde_json::from_slice(frame).map_err(|_| NotCti)?;
        if !frame.is_object() {
            return Err(NotCti);
        }
        let Some(kind) = Fields::of(&frame).text("msgType") else { return Ok(Self::Alive) };
        let body = frame.get("ctiMessage").unwrap_or(&Value::Null);
        Ok(Self::of(&kind, body).unwrap_or_else(|| Self::Other { kind: kind.chars().take(LONGEST_NAME).collect() }))
    }

    /// As the server calls it.
    pub fn kind(&self) -> &str {
        match self {
            Self::Alive => "ping",
            Self::LoggedOn => "LoggedOn",
            Self::LoggedOnError(_) => "LoggedOnError",
            Self::LineConfig(_) => "LineConfig",
            Self::IceConfig(_) => "IceConfig",
            Self::PhoneEvent(_) => "PhoneEvent",
            Self::CurrentCalls(_) => "CurrentCallsPhoneEvents",
            Self::PhoneStatus(_) => "PhoneStatusUpdate",
            Self::PhoneHint(_) => "PhoneHintStatusEvent",
            Self::WebRtcCommand(_) => "WebRTCCmd",
            Self::UserConfig(_) => "UserConfigUpdate",
            Self::Voicemail(_) => "VoiceMailStatusUpdate",
            Self::UsersStatuses(_) => "UsersStatuses",
            Self::UserStatus(_) => "UserStatusUpdate",
            Self::RightProfile(_) => "RightProfile",
            Self::History(_) => "CallHistory",
            Self::Directory(_) => "DirectoryResult",
            Self::Favorites(_) => "Favorites",
            Self::ContactSheets(_) => "ContactSheet",
            Self::FavoriteSheets(_) => "FavoriteContactSheet",
            Self::FavoriteUpdated(_) => "FavoriteUpdated",
            Self::Conference(_) => "ConferenceEvent",
            Self::Participant(_) => "ConferenceParticipantEvent",
            Self::Rooms(_) => "ConferenceList",
            Self::Plain { kind, .. } => kind,
            Self::Error { kind, .. } | Self::Other { kind } => kind,
        }
    }

    fn of(kind: &str, body: &Value) -> Option<Self> {
        let fields = Fields::of(body);
        let sheets = || fields.list("sheets").map(ContactSheet::read).collect();
        Some(match kind {
            "LoggedOn" => Self::LoggedOn,
            "LoggedOnError" => Self::LoggedOnError(error_words(body)),
            "LineConfig" => Self::LineConfig(Box::new(LineConfig::read(body))),
            "IceConfig" => Self::IceConfig(IceConfig::read(body)),
            "PhoneEvent" => Self::PhoneEvent(Box::new(PhoneEvent::read(body))),
            "CurrentCallsPhoneEvents" => Self::CurrentCalls(fields.list("events").map(PhoneEvent::read).collect()),
            "PhoneStatusUpdate" => Self::PhoneStatus(PhoneStatus::read(fields)),
            "PhoneHintStatusEvent" => Self::PhoneHint(PhoneHint::read(body)?),
            "WebRTCCmd" => Self::WebRtcCommand(WebRtcCommand::read(body)),
            "UserConfigUpdate" => Self::UserConfig(Box::new(UserConfig::read(body))),
            "VoiceMailStatusUpdate" => Self::Voicemail(VoicemailStatus::read(body)),
            "UsersStatuses" | "CtiStatuses" => Self::UsersStatuses(fields::list(body).filter_map(UserStatus::read).collect()),
            "UserStatusUpdate" => Self::UserStatus(fields.text("status")?),
            "RightProfile" => Self::RightProfile(fields.text("profile")?),
            // Newer servers have richer items, of which these members are the same.
            "CallHistory" | "RichCallHistory" => Self::History(fields::list(body).filter_map(HistoryItem::read).collect()),
            "DirectoryResult" => Self::Directory(DirectoryResult::read(body)),
            "Favorites" => Self::Favorites(DirectoryResult::read(body)),
            "ContactSheet" => Self::ContactSheets(sheets()),
            "FavoriteContactSheet" => Self::FavoriteSheets(sheets()),
            "FavoriteUpdated" => Self::FavoriteUpdated(FavoriteUpdate::read(body)),
            "ConferenceEvent" => Self::Conference(Box::new(ConferenceEvent::read(body)?)),
            "ConferenceParticipantEvent" => Self::Participant(Box::new(ParticipantEvent::read(body)?)),
            "ConferenceList" => Self::Rooms(fields::list(body).map(ConferenceRoom::read).collect()),
            USER_PREFERENCE => Self::Plain { kind: USER_PREFERENCE, body: net::quoted(&body.to_string()).into() },
            USER_DISPLAY_NAME => Self::Plain { kind: USER_DISPLAY_NAME, body: net::quoted(&body.to_string()).into() },
            "Error" | CONFERENCE_ERROR | "AgentError" => Self::Error { kind: kind.to_owned(), text: error_words(body).into() },
            _ => return None,
        })
    }
}

/// What an error says. Its shape is not documented: the usual member, else whatever there is.
fn error_words(body: &Value) -> String {
    let fields = Fields::of(body);
    let said = ["Error", "error", "message"].into_iter().find_map(|name| fields.text(name));
    net::quoted(&said.or_else(|| fields::text(body)).unwrap_or_else(|| body.to_string()))
}

#[cfg(test)]
mod tests;
