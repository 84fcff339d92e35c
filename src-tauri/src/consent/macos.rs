//! An alert of macOS.

use model::Refusal;
use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult, MessageLevel};
use tauri::{AppHandle, Manager};
use tokio::sync::oneshot;
use tracing::info_span;

use super::Question;
use crate::windows::MAIN;

pub(super) async fn ask(app: &AppHandle, question: Question) -> Result<bool, Refusal> {
    let (answer, answered) = oneshot::channel();
    let of = app.clone();
    // Dialogs are made where windows are; waiting for the answer is done elsewhere.
    app.run_on_main_thread(move || {
        // The first button is the one that the return key presses: it is the one that changes nothing.
        let mut dialog = AsyncMessageDialog::new()
            .set_level(MessageLevel::Warning)
            .set_title(question.asks)
            .set_description(format!("{}\n\n{}", question.about, question.advice))
            .set_buttons(MessageButtons::OkCancelCustom(question.no.into(), question.yes.into()));
        if let Some(window) = of.get_webview_window(MAIN) {
            dialog = dialog.set_parent(&window);
        }
        let asked = dialog.show();
        phone::spawn("consent", info_span!("consent"), async move {
            let agreed = asked.await == MessageDialogResult::Custom(question.yes.into());
            // Nobody waits when the page is gone.
            let _heard = answer.send(agreed);
        });
    })
    .map_err(|error| Refusal::NoDialog { detail: error.to_string() })?;
    answered.await.map_err(|_| Refusal::DialogClosed)
}
