//! The lists of an account's assistant; what is asked of it goes by `send`.

use model::{AccountId, AssistantCall, AssistantMeeting, AssistantPerson, AssistantRoom};
use phone::Phone;
use tauri::State;

/// The calls that its server remembers, newest first.
#[tauri::command]
pub(crate) fn assistant_history(phone: State<'_, Phone>, account: AccountId) -> Vec<AssistantCall> {
    phone.assistant(&account).history.to_vec()
}

/// The people who were looked up.
#[tauri::command]
pub(crate) fn assistant_directory(phone: State<'_, Phone>, account: AccountId) -> Vec<AssistantPerson> {
    phone.assistant(&account).directory.to_vec()
}

/// The favourites.
#[tauri::command]
pub(crate) fn assistant_favourites(phone: State<'_, Phone>, account: AccountId) -> Vec<AssistantPerson> {
    phone.assistant(&account).favourites.to_vec()
}

/// The conference rooms.
#[tauri::command]
pub(crate) fn assistant_rooms(phone: State<'_, Phone>, account: AccountId) -> Vec<AssistantRoom> {
    phone.assistant(&account).rooms.to_vec()
}

/// The conference rooms that the user is in.
#[tauri::command]
pub(crate) fn assistant_meetings(phone: State<'_, Phone>, account: AccountId) -> Vec<AssistantMeeting> {
    phone.assistant(&account).meetings.to_vec()
}
