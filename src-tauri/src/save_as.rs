//! Files that the user keeps: where to, he says in the system's own dialog.

use std::{io, path::PathBuf};

use rfd::AsyncFileDialog;
use tauri::{AppHandle, Manager};
use tokio::sync::oneshot;
use tracing::info_span;

use crate::windows::MAIN;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveFailed {
    /// No dialog.
    #[error("the dialog cannot be shown: {0}")]
    Dialog(tauri::Error),
    /// The dialog went without an answer.
    #[error("the dialog was closed by the system")]
    Closed,
    /// The file.
    #[error("the file cannot be written: {0}")]
    File(io::Error),
}

/// Asks where `content` shall be, and writes it there. None when the user does not want it after all.
pub(crate) async fn save(app: &AppHandle, name: &'static str, content: Vec<u8>) -> Result<Option<PathBuf>, SaveFailed> {
    let (answer, chosen) = oneshot::channel();
    let of = app.clone();
    // Dialogs are made where windows are; waiting for the answer is done elsewhere.
    app.run_on_main_thread(move || {
        let mut dialog = AsyncFileDialog::new().set_file_name(name);
        if let Some(window) = of.get_webview_window(MAIN) {
            dialog = dialog.set_parent(&window);
        }
        let asked = dialog.save_file();
        phone::spawn("save as", info_span!("save as"), async move {
            let file = asked.await.map(|file| file.path().to_owned());
            // Nobody waits when the page is gone.
            let _heard = answer.send(file);
        });
    })
    .map_err(SaveFailed::Dialog)?;
    let Some(path) = chosen.await.map_err(|_| SaveFailed::Closed)? else { return Ok(None) };
    tokio::fs::write(&path, content).await.map_err(SaveFailed::File)?;
    Ok(Some(path))
}
