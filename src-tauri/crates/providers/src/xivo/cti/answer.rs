//! Which message answers which request.

use super::{
    CtiCommand, CtiMessage,
    message::{USER_DISPLAY_NAME, USER_PREFERENCE},
};

impl CtiCommand {
    /// Whether a message is what is said when this was asked for. The server tells of services by itself too, so that what was
    /// asked for has to be in it. What is about a call is answered by nothing: it is told of the call.
    pub fn is_answered_by(&self, message: &CtiMessage) -> bool {
        match (self, message) {
            (Self::Dnd { state }, CtiMessage::UserConfig(user)) => user.dnd == Some(*state),
            (Self::Forward { when, state, destination }, CtiMessage::UserConfig(user)) => user
                .forward(*when)
                .is_some_and(|forward| forward.enabled == *state && (!state || forward.destination == *destination)),
            (Self::UserStatusUpdate { status }, CtiMessage::UserStatus(told)) => status == told,
            (Self::ToggleUniqueAccountDevice { device }, CtiMessage::LineConfig(line)) => line.device() == Some(*device),
            (Self::DisplayNameLookup { .. }, CtiMessage::Plain { kind, .. }) => *kind == USER_DISPLAY_NAME,
            (Self::SetUserPreference { .. }, CtiMessage::Plain { kind, .. }) => *kind == USER_PREFERENCE,
            (
                Self::AddFavorite { contact_id, .. } | Self::RemoveFavorite { contact_id, .. },
                CtiMessage::FavoriteUpdated(update),
            ) => update.contact_id == *contact_id,
            (
                Self::DirectoryLookUp { .. } | Self::SearchContacts { .. },
                CtiMessage::Directory(_) | CtiMessage::ContactSheets(_),
            )
            | (Self::GetFavorites | Self::GetFavoriteContacts, CtiMessage::Favorites(_) | CtiMessage::FavoriteSheets(_))
            | (Self::GetConfigLine, CtiMessage::LineConfig(_))
            | (Self::GetIceConfig, CtiMessage::IceConfig(_))
            | (Self::GetUserCallHistory { .. } | Self::GetUserCallHistoryByDays { .. }, CtiMessage::History(_))
            | (Self::GetRooms, CtiMessage::Rooms(_))
            | (Self::GetCurrentCallsPhoneEvents, CtiMessage::CurrentCalls(_)) => true,
            _ => false,
        }
    }
}
