//! All that the window of a kiosk may do: each is held against the profile here, whatever the page asks.

use model::{KioskAction, KioskView, Refusal, Secret};
use phone::Phone;
use tauri::{AppHandle, State, WebviewWindow, ipc::Channel};
use tracing::info;

use crate::{bridge::Followers, kiosk::Counter};

/// What the screen shows, now and at each change.
#[tauri::command]
pub(crate) fn kiosk_follow(
    window: WebviewWindow,
    counter: State<'_, Counter>,
    followers: State<'_, Followers>,
    channel: Channel<KioskView>,
) {
    followers.follow(window.label(), "kiosk", counter.views(), channel);
}

/// Something that was touched; nothing comes of what the profile does not allow.
#[tauri::command]
pub(crate) fn kiosk_act(phone: State<'_, Phone>, counter: State<'_, Counter>, action: KioskAction) -> Result<(), Refusal> {
    for command in counter.commands(action, &phone.snapshot()) {
        phone.send(command)?;
    }
    Ok(())
}

/// Ends the program when the PIN is right; says whether it was.
#[tauri::command]
pub(crate) async fn kiosk_leave(app: AppHandle, counter: State<'_, Counter>, pin: Secret) -> Result<bool, Refusal> {
    let opens = counter.opens(pin).await;
    info!(opens, "a PIN was tried");
    if opens {
        app.exit(0);
    }
    Ok(opens)
}
