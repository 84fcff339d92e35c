//! About the program itself.

use std::path::PathBuf;

use model::{CallId, Refusal, Target};
use phone::Phone;
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, State};
use tauri_plugin_opener::OpenerExt;

use crate::{program::Desktop, updates};

/// What the page shows of the program.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct About {
    version: &'static str,
    data_folder: PathBuf,
    desktop: DesktopAbilities,
    /// Whether it knows who publishes new versions.
    updates: bool,
    /// A link that opened this window; told once.
    first_target: Option<Target>,
    /// A ringing call that this window was opened for, to send its caller elsewhere; told once.
    first_redirect: Option<CallId>,
}

/// What the desktop can do for the phone.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DesktopAbilities {
    tray: bool,
    session: String,
}

/// The program and where it keeps things.
#[tauri::command]
pub(crate) fn about(desktop: State<'_, Desktop>) -> About {
    let (first_target, first_redirect) = desktop.wishes.listens();
    About {
        version: env!("CARGO_PKG_VERSION"),
        data_folder: desktop.folder.clone(),
        desktop: DesktopAbilities { tray: desktop.has_tray(), session: std::env::var("XDG_SESSION_TYPE").unwrap_or_default() },
        updates: updates::source().is_some(),
        first_target,
        first_redirect,
    }
}

/// The folders a page can open.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Folder {
    /// Settings, history, contacts.
    Data,
}

/// Opens one of the phone's folders in the desktop's file manager.
#[tauri::command]
pub(crate) fn show_folder(app: AppHandle, desktop: State<'_, Desktop>, which: Folder) -> Result<(), Refusal> {
    let folder = match which {
        Folder::Data => &desktop.folder,
    };
    let opened = app.opener().open_path(folder.to_string_lossy(), None::<&str>);
    opened.map_err(|error| Refusal::NotOpened { detail: error.to_string() })
}

/// Hands the new version to the system's own installer, which asks for what it needs; not in a call.
#[tauri::command]
pub(crate) fn install_update(app: AppHandle, phone: State<'_, Phone>) -> Result<(), Refusal> {
    let package = phone.update_to_install()?;
    let opened = app.opener().open_path(package.to_string_lossy(), None::<&str>);
    opened.map_err(|error| Refusal::NotOpened { detail: error.to_string() })
}
