//! What a user agrees to outside of any page: a page that somebody has broken into could click on its own buttons.

use model::{EventProgram, Refusal};
use phone::{Phone, desktop::fill};
use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult, MessageLevel};
use tauri::{AppHandle, Manager};
use tokio::sync::oneshot;
use tracing::info_span;

use crate::{language, windows::MAIN};

/// Asks, in the system's own dialog, whether these programs may be started by themselves from now on.
pub(crate) async fn to_programs(app: &AppHandle, programs: &[EventProgram]) -> Result<bool, Refusal> {
    let lines: Vec<String> = programs.iter().map(line).collect();
    let (answer, chosen) = oneshot::channel();
    let of = app.clone();
    // Dialogs are made where windows are; waiting for the answer is done elsewhere.
    app.run_on_main_thread(move || {
        let words = language::of(&of.state::<Phone>().settings().borrow()).words();
        let mut dialog = AsyncMessageDialog::new()
            .set_level(MessageLevel::Warning)
            .set_title("Sidetone")
            .set_description(fill(words.may_programs_run, lines.join("\n")))
            .set_buttons(MessageButtons::OkCancel);
        if let Some(window) = of.get_webview_window(MAIN) {
            dialog = dialog.set_parent(&window);
        }
        let asked = dialog.show();
        phone::spawn("consent", info_span!("consent"), async move {
            // Nobody waits when the page is gone.
            let _heard = answer.send(asked.await == MessageDialogResult::Ok);
        });
    })
    .map_err(|error| Refusal::NoDialog { detail: error.to_string() })?;
    chosen.await.map_err(|_| Refusal::DialogClosed)
}

/// When it is started, the program, and its arguments, each told from the next.
fn line(program: &EventProgram) -> String {
    let arguments = program.arguments.iter().map(|argument| format!(" {argument:?}"));
    format!("{}: {}{}", program.on.name(), program.program, arguments.collect::<String>())
}

#[cfg(test)]
mod tests {
    use model::CallMoment;

    use super::*;

    #[test]
    fn what_is_asked_names_the_program_and_each_argument() {
        let program = EventProgram {
            on: CallMoment::Missed,
            program: "/usr/bin/logger".into(),
            arguments: vec!["-t".into(), "two words".into()],
        };
        assert_eq!(line(&program), r#"missed: /usr/bin/logger "-t" "two words""#);
    }
}
