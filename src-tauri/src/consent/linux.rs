//! A dialog of GTK.

use std::cell::Cell;

use gtk::{
    Box, ButtonsType, DialogFlags, Label, MessageDialog, MessageType, PolicyType, ResponseType, ScrolledWindow, pango::WrapMode,
    prelude::*,
};
use model::Refusal;
use tauri::{AppHandle, Manager};
use tokio::sync::oneshot;

use super::Question;
use crate::windows::MAIN;

/// What it is about scrolls from this height on, in logical pixels: the buttons are to be on any screen.
const HIGHEST: i32 = 240;

/// As many letters stand in one line of it.
const WIDEST: i32 = 64;

pub(super) async fn ask(app: &AppHandle, question: Question) -> Result<bool, Refusal> {
    let (answer, answered) = oneshot::channel();
    let of = app.clone();
    // Dialogs are made where windows are; waiting for the answer is done elsewhere.
    app.run_on_main_thread(move || show(&of, &question, answer))
        .map_err(|error| Refusal::NoDialog { detail: error.to_string() })?;
    answered.await.map_err(|_| Refusal::DialogClosed)
}

/// It ends with the window that it stands over, and keeps nobody from any other one: a call that rings meanwhile is answered as ever.
fn show(app: &AppHandle, question: &Question, answer: oneshot::Sender<bool>) {
    let over = app.get_webview_window(MAIN).and_then(|window| window.gtk_window().ok());
    let dialog = MessageDialog::new(
        over.as_ref(),
        DialogFlags::DESTROY_WITH_PARENT,
        MessageType::Warning,
        ButtonsType::None,
        question.asks,
    );
    dialog.set_title(question.title);
    dialog.set_secondary_text(Some(question.advice));
    if let Ok(area) = dialog.message_area().downcast::<Box>() {
        let about = about(&question.about);
        area.pack_start(&about, true, true, 0);
        area.reorder_child(&about, 1);
    }
    let no = dialog.add_button(question.no, ResponseType::Cancel);
    dialog.add_button(question.yes, ResponseType::Accept);
    dialog.set_default_response(ResponseType::Cancel);
    let answer = Cell::new(Some(answer));
    dialog.connect_response(move |dialog, response| {
        let Some(answer) = answer.take() else { return };
        // Nobody waits when the page's window is gone.
        let _heard = answer.send(response == ResponseType::Accept);
        if response != ResponseType::DeleteEvent {
            dialog.close();
        }
    });
    dialog.show_all();
    no.grab_focus();
    dialog.present();
}

/// What the question is about, to be read whole.
fn about(lines: &str) -> ScrolledWindow {
    let label = Label::new(Some(lines));
    label.set_xalign(0.0);
    label.set_line_wrap(true);
    label.set_line_wrap_mode(WrapMode::WordChar);
    label.set_max_width_chars(WIDEST);
    let scrolled = ScrolledWindow::builder()
        .hscrollbar_policy(PolicyType::Never)
        // Nobody shall overlook that there is more.
        .overlay_scrolling(false)
        .propagate_natural_height(true)
        .propagate_natural_width(true)
        .max_content_height(HIGHEST)
        .build();
    scrolled.add(&label);
    scrolled
}
