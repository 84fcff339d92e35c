//! The phone's own window: made when it is wanted, gone with its web view when it is closed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use store::{Place, Places, PlacesFile};
use tauri::{
    AppHandle, Manager, PhysicalPosition, PhysicalSize, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
    webview::{NewWindowResponse, PageLoadEvent},
};
use tokio::time::sleep;
use tracing::{debug, info_span, warn};

use crate::{bridge::Followers, program::Desktop, web_view};

/// The label of the phone's own window.
pub(crate) const MAIN: &str = "main";

/// Its size at first, and the least one, in logical pixels.
const SIZE: (f64, f64) = (360.0, 640.0);
const LEAST: (f64, f64) = (320.0, 480.0);

/// So long after the last window it is believed that no other one comes: a caller who tries again has called by then.
const UNDRAWN: Duration = Duration::from_secs(5);

/// Where the window was and is.
pub(crate) struct Memory {
    file: PlacesFile,
    places: Mutex<Places>,
}

impl Memory {
    pub(crate) fn load(file: PlacesFile) -> Self {
        let places = Mutex::new(file.load());
        Self { file, places }
    }

    /// Whether the user has yet to hear that a closed window leaves the phone in the tray; asks once.
    pub(crate) fn tells_of_tray_once(&self) -> bool {
        !std::mem::replace(&mut self.lock().told_of_tray, true)
    }

    pub(crate) fn save(&self) {
        if let Err(error) = self.file.save(&self.lock()) {
            warn!(%error, "the window's place could not be kept");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever looks for a window and makes it holds this: two who find none at the same time would make two.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Brings the phone's window up, making it when there is none. Not to be called on the main thread, which makes it.
pub(crate) fn show_main(app: &AppHandle) -> tauri::Result<()> {
    let _turn = turn();
    if let Some(window) = app.get_webview_window(MAIN) {
        window.unminimize()?;
        window.show()?;
        return window.set_focus();
    }
    let builder = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title("Sidetone")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(LEAST.0, LEAST.1)
        .visible(false)
        .disable_drag_drop_handler()
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(|window, page| match page.event() {
            PageLoadEvent::Started => window.state::<Desktop>().wishes.is_gone(),
            PageLoadEvent::Finished => report(show(&window)),
        });
    let window = builder.build()?;
    web_view::restore_after_crash(&window)?;
    put_in_place(&window)?;
    let of = window.clone();
    window.on_window_event(move |event| on_event(&of, event));
    Ok(())
}

/// Says in the log what a window could not do; nothing of the phone depends on it.
pub(crate) fn report(outcome: tauri::Result<()>) {
    if let Err(error) = outcome {
        warn!(%error, "a window could not do what it should");
    }
}

fn show(window: &WebviewWindow) -> tauri::Result<()> {
    if !window.is_visible()? {
        window.show()?;
        window.set_focus()?;
        window.state::<Followers>().hand_back();
        debug!("the window is shown");
    }
    Ok(())
}

/// What is to be done when a window is gone. Where none comes in a moment, nothing is drawn, and what only drawing needs ends.
pub(crate) fn gone(app: &AppHandle, label: &str) {
    app.state::<Followers>().forget(label);
    let app = app.clone();
    phone::spawn("undrawn", info_span!("window"), async move {
        sleep(UNDRAWN).await;
        // Windows are made on the main thread: none comes while it looks.
        let of = app.clone();
        let look = move || {
            if of.webview_windows().is_empty() {
                web_view::end_idle();
            }
        };
        report(app.run_on_main_thread(look));
    });
}

fn on_event(window: &WebviewWindow, event: &WindowEvent) {
    let app = window.app_handle();
    match event {
        WindowEvent::Moved(_) | WindowEvent::Resized(_) => report(remember(window)),
        WindowEvent::Focused(focused) => app.state::<Desktop>().set_main_focused(*focused),
        WindowEvent::CloseRequested { .. } => app.state::<Desktop>().on_main_closed(app),
        WindowEvent::Destroyed => {
            app.state::<Desktop>().wishes.is_gone();
            gone(app, MAIN);
            app.state::<Memory>().save();
            app.state::<Desktop>().set_main_focused(false);
        }
        _ => {}
    }
}

fn put_in_place(window: &WebviewWindow) -> tauri::Result<()> {
    let Some(place) = window.state::<Memory>().lock().of(&arrangement(window)?) else { return Ok(()) };
    window.set_size(PhysicalSize::new(place.width, place.height))?;
    window.set_position(PhysicalPosition::new(place.x, place.y))
}

fn remember(window: &WebviewWindow) -> tauri::Result<()> {
    if !window.is_visible()? || window.is_minimized()? || window.is_maximized()? {
        return Ok(());
    }
    let (position, size) = (window.outer_position()?, window.inner_size()?);
    let place = Place { x: position.x, y: position.y, width: size.width, height: size.height };
    let monitors = arrangement(window)?;
    window.state::<Memory>().lock().remember(&monitors, place);
    Ok(())
}

/// The monitors as they stand, in one line.
fn arrangement(window: &WebviewWindow) -> tauri::Result<String> {
    let mut monitors: Vec<String> = window
        .available_monitors()?
        .iter()
        .map(|monitor| {
            let (size, at) = (monitor.size(), monitor.position());
            format!("{}x{}{:+}{:+}@{}", size.width, size.height, at.x, at.y, monitor.scale_factor())
        })
        .collect();
    monitors.sort_unstable();
    Ok(monitors.join(" "))
}
