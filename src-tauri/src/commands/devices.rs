//! The sound devices, and how loud they are.

use std::time::Duration;

use model::{DevicesView, Levels, Refusal};
use phone::Phone;
use serde::Deserialize;
use tauri::{State, WebviewWindow, ipc::Channel};

use crate::bridge::Followers;

/// How often a page is told the levels; they are measured over as long.
const LEVELS_EVERY: Duration = Duration::from_millis(50);

/// The sound devices, as long as the page follows them.
#[tauri::command]
pub(crate) fn follow_devices(
    window: WebviewWindow,
    phone: State<'_, Phone>,
    followers: State<'_, Followers>,
    channel: Channel<DevicesView>,
) -> Result<(), Refusal> {
    followers.follow(window.label(), "devices", phone.devices()?, channel);
    Ok(())
}

/// The page no longer looks at the devices.
#[tauri::command]
pub(crate) fn leave_devices(window: WebviewWindow, followers: State<'_, Followers>) {
    followers.leave(window.label(), "devices");
}

/// Whose levels a page shows.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Metered {
    /// The calls'.
    Calls,
    /// The devices', which are opened for it.
    Devices,
}

impl Metered {
    fn subject(self) -> &'static str {
        match self {
            Self::Calls => "levels of calls",
            Self::Devices => "levels of devices",
        }
    }
}

/// How loud it is, about 20 times a second, as long as the page shows it.
#[tauri::command]
pub(crate) fn follow_levels(
    window: WebviewWindow,
    phone: State<'_, Phone>,
    followers: State<'_, Followers>,
    of: Metered,
    channel: Channel<Levels>,
) -> Result<(), Refusal> {
    let open = match of {
        Metered::Calls => None,
        Metered::Devices => Some(phone.open_devices()?),
    };
    let phone = Phone::clone(&phone);
    let read = move || {
        // The devices close when this goes with its follower.
        let _open = &open;
        phone.levels()
    };
    followers.poll(window.label(), of.subject(), LEVELS_EVERY, read, channel);
    Ok(())
}

/// The page no longer shows them.
#[tauri::command]
pub(crate) fn leave_levels(window: WebviewWindow, followers: State<'_, Followers>, of: Metered) {
    followers.leave(window.label(), of.subject());
}
