//! A message box of Windows, whose buttons are in the system's language.

use std::{io, ptr};

use model::Refusal;
use tauri::{AppHandle, Manager};
use tokio::task::spawn_blocking;
use windows_sys::Win32::UI::WindowsAndMessaging::{IDOK, MB_DEFBUTTON2, MB_ICONWARNING, MB_OKCANCEL, MessageBoxW};

use super::Question;
use crate::windows::MAIN;

pub(super) async fn ask(app: &AppHandle, question: Question) -> Result<bool, Refusal> {
    let over = app.get_webview_window(MAIN).and_then(|window| window.hwnd().ok()).map(|handle| handle.0.expose_provenance());
    // The box waits for its answer itself.
    let answered = spawn_blocking(move || {
        let text = wide(&format!("{}\n\n{}\n\n{}", question.asks, question.about, question.advice));
        let title = wide(question.title);
        let over = over.map_or(ptr::null_mut(), ptr::with_exposed_provenance_mut);
        // SAFETY: both texts end with a zero and outlive the call; a window that is gone by now makes the call fail.
        match unsafe { MessageBoxW(over, text.as_ptr(), title.as_ptr(), MB_OKCANCEL | MB_ICONWARNING | MB_DEFBUTTON2) } {
            0 => Err(Refusal::NoDialog { detail: io::Error::last_os_error().to_string() }),
            button => Ok(button == IDOK),
        }
    });
    answered.await.map_err(|_panicked| Refusal::DialogClosed)?
}

/// As Windows reads text.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
