//! The state, and what to do with it.

use model::{CallId, Command, Refusal, Snapshot};
use phone::{Phone, desktop::IncomingAction};
use tauri::{AppHandle, State, WebviewWindow, ipc::Channel};

use crate::{bridge::Followers, program};

/// The whole state now and at each change.
#[tauri::command]
pub(crate) fn follow(
    window: WebviewWindow,
    phone: State<'_, Phone>,
    followers: State<'_, Followers>,
    channel: Channel<Snapshot>,
) {
    followers.follow(window.label(), "snapshot", phone.snapshots(), channel);
}

/// Anything a person can ask of the phone.
#[tauri::command]
pub(crate) fn send(phone: State<'_, Phone>, command: Command) -> Result<(), Refusal> {
    Ok(phone.send(command)?)
}

/// All that the window of a ringing call may do. Who answers there wants the phone's own window next.
#[tauri::command]
pub(crate) fn incoming_action(
    app: AppHandle,
    phone: State<'_, Phone>,
    call: CallId,
    action: IncomingAction,
) -> Result<(), Refusal> {
    if action == IncomingAction::Redirect {
        program::ask_where_to(&app, call);
        return Ok(());
    }
    let Some(command) = action.command(call, &phone.snapshot()) else { return Ok(()) };
    phone.send(command)?;
    if action.answers() {
        program::bring_up_later(&app);
    }
    Ok(())
}
