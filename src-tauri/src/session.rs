//! Starting with the user's session.

use phone::Phone;
use tauri::AppHandle;
use tauri_plugin_autostart::ManagerExt;
use tracing::warn;

/// Follows the settings: the desktop starts the program exactly when they say so.
pub(crate) async fn follow(app: AppHandle, phone: Phone) {
    let mut settings = phone.settings();
    loop {
        let wanted = settings.borrow_and_update().window.start_with_session;
        let app = app.clone();
        let done = tokio::task::spawn_blocking(move || {
            let started = app.autolaunch();
            match (wanted, started.is_enabled()?) {
                (true, false) => started.enable(),
                (false, true) => started.disable(),
                (true, true) | (false, false) => Ok(()),
            }
        });
        match done.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, "whether the phone starts with the session could not be changed"),
            Err(panicked) => warn!(%panicked, "whether the phone starts with the session could not be changed"),
        }
        if settings.changed().await.is_err() {
            return;
        }
    }
}
