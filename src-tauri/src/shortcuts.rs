//! Keys that work in every program, when the user wants them.

#[cfg(target_os = "linux")]
mod portal;

use model::Shortcuts;
use phone::{
    Phone,
    desktop::{Shortcut, Words, fill, target_of_shortcut},
};
use tauri::{AppHandle, Manager};
use tauri_plugin_global_shortcut::{GlobalShortcutExt, ShortcutState};
use tracing::warn;

use crate::{
    language,
    program::{self, Desktop},
};

/// Follows the settings.
pub(crate) async fn follow(app: AppHandle, phone: Phone) {
    #[cfg(target_os = "linux")]
    if is_wayland() {
        return portal::follow(app, phone).await;
    }
    let mut settings = phone.settings();
    let mut known = Shortcuts::default();
    loop {
        let (wanted, words) = {
            let settings = settings.borrow_and_update();
            (settings.shortcuts.clone(), language::of(&settings).words())
        };
        if wanted != known {
            let (to, keys) = (app.clone(), wanted.clone());
            // Asking for keys waits for the main thread; the workers have audio to carry meanwhile.
            match tokio::task::spawn_blocking(move || put_in_force(&to, &keys, words)).await {
                Ok(Ok(())) => {}
                Ok(Err(trouble)) => app.state::<Desktop>().tell(&trouble),
                Err(panicked) => warn!(%panicked, "the shortcuts could not be put in force"),
            }
            known = wanted;
        }
        if settings.changed().await.is_err() {
            return;
        }
    }
}

/// Asks for all keys anew; the sentence says which could not be had.
fn put_in_force(app: &AppHandle, keys: &Shortcuts, words: &Words) -> Result<(), String> {
    if app.try_state::<Watching>().is_none() {
        if !keys.enabled {
            return Ok(());
        }
        // Only now: watching the keyboard costs wake-ups that nobody should pay who does not use it.
        app.plugin(tauri_plugin_global_shortcut::Builder::new().build()).map_err(|error| none(words, &error))?;
        app.manage(Watching);
    }
    let all = app.global_shortcut();
    all.unregister_all().map_err(|error| none(words, &error))?;
    if !keys.enabled {
        return Ok(());
    }
    let mut refused = Vec::new();
    for (text, shortcut) in keys_of(keys) {
        if text.is_empty() {
            continue;
        }
        let taken = all.on_shortcut(text, move |app, _, event| {
            if event.state == ShortcutState::Pressed {
                press(app, shortcut);
            }
        });
        if let Err(error) = taken {
            warn!(%error, text, "a shortcut could not be had");
            refused.push(text);
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(fill(words.keys_are_taken, refused.join(", "))) }
}

/// That no key could be had, as the user is told it; why is in the log.
fn none(words: &Words, error: &dyn std::fmt::Display) -> String {
    warn!(%error, "the keyboard cannot be watched");
    words.no_keys_here.to_owned()
}

/// Each key with what it does; empty ones do nothing.
fn keys_of(keys: &Shortcuts) -> [(&str, Shortcut); 5] {
    [
        (&keys.answer, Shortcut::Answer),
        (&keys.hang_up, Shortcut::HangUp),
        (&keys.mute, Shortcut::Mute),
        (&keys.hold, Shortcut::Hold),
        (&keys.show, Shortcut::Show),
    ]
}

/// The keyboard is being watched.
struct Watching;

fn press(app: &AppHandle, shortcut: Shortcut) {
    if shortcut == Shortcut::Show {
        program::bring_up_later(app);
    } else if let Some(command) = target_of_shortcut(shortcut, &app.state::<Phone>().snapshot()) {
        program::send(app, command);
    }
}

/// Under Wayland no program sees keys that are meant for another.
#[cfg(target_os = "linux")]
fn is_wayland() -> bool {
    std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty())
}
