//! Files that the user keeps: where to, he says in the system's own dialog.

use std::path::PathBuf;

use model::Refusal;
use phone::Phone;
use rfd::AsyncFileDialog;
use tauri::{AppHandle, Manager};
use tokio::sync::oneshot;
use tracing::info_span;

use crate::{language, windows::MAIN};

/// Asks where `content` shall be, and writes it there. None when the user does not want it after all.
pub(crate) async fn save(app: &AppHandle, name: &'static str, content: Vec<u8>) -> Result<Option<PathBuf>, Refusal> {
    let (answer, chosen) = oneshot::channel();
    let of = app.clone();
    // Dialogs are made where windows are; waiting for the answer is done elsewhere.
    app.run_on_main_thread(move || {
        let title = language::of(&of.state::<Phone>().settings().borrow()).words().save_file;
        let mut dialog = AsyncFileDialog::new().set_title(title).set_file_name(name);
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
    .map_err(|error| Refusal::NoDialog { detail: error.to_string() })?;
    let Some(path) = chosen.await.map_err(|_| Refusal::DialogClosed)? else {
        return Ok(None);
    };
    let written = tokio::fs::write(&path, content).await;
    written.map_err(|problem| Refusal::FileUnwritten { detail: problem.to_string() })?;
    Ok(Some(path))
}
