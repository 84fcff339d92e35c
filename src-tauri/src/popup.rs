//! The window of ringing calls: beside the user's work, never in front of his keyboard.

use std::{sync::mpsc, time::Duration};

use model::{Settings, Theme};
use phone::{Phone, desktop::ringing};
use tauri::{
    AppHandle, LogicalSize, Manager, PhysicalPosition, PhysicalRect, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent,
    webview::{NewWindowResponse, PageLoadEvent},
};
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::{language, program::Desktop, web_view, windows};

/// Its label.
const LABEL: &str = "incoming";

/// The size of one call's card, in logical pixels, and the space around the window.
const CARD: (f64, f64) = (360.0, 204.0);
const GAP: f64 = 16.0;

/// Letters are not taken for greater than this; pages are made for 200 %.
const GREATEST: f64 = 2.5;

/// Cards that fit any screen; further calls ring, too.
const MOST_CARDS: usize = 3;

/// A window that could not be made is tried again after this, as long as it rings.
const AGAIN: Duration = Duration::from_secs(2);

/// Follows the phone.
pub(crate) async fn follow(app: AppHandle, phone: Phone) {
    let mut snapshots = phone.snapshots();
    let mut settings = phone.settings();
    let mut focus = app.state::<Desktop>().focus();
    let mut shown = Shown::default();
    loop {
        let wanted = settings.borrow_and_update().window.popup;
        let main_in_use = *focus.borrow_and_update();
        let ringing = ringing(&snapshots.borrow_and_update()).len();
        let cards = if wanted { cards(ringing, main_in_use) } else { 0 };
        if !shown.has(cards) {
            debug!(cards, "{}", if cards == 0 { "no call rings here" } else { "a call rings here" });
            let app = app.clone();
            // Making a window waits for the main thread; the workers have audio to carry meanwhile.
            let done = tokio::task::spawn_blocking(move || show(&app, cards)).await;
            match &done {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!(%error, "the window of a ringing call could not be shown, and is tried again"),
                Err(panicked) => warn!(%panicked, "the window of a ringing call could not be shown, and is tried again"),
            }
            shown = Shown { cards, failed: !matches!(done, Ok(Ok(()))) };
        }
        let lives = tokio::select! {
            changed = snapshots.changed() => changed.is_ok(),
            changed = focus.changed() => changed.is_ok(),
            changed = settings.changed() => changed.is_ok(),
            () = sleep(AGAIN), if shown.failed => true,
        };
        if !lives {
            return;
        }
    }
}

/// What stands on the screen, as far as is known.
#[derive(Default)]
struct Shown {
    cards: usize,
    failed: bool,
}

impl Shown {
    /// Whether it shows as many. What failed shows nothing that could be relied upon.
    fn has(&self, cards: usize) -> bool {
        self.cards == cards && !self.failed
    }
}

/// How many calls it shows: none while the phone's own window, which shows them too, is the one in use.
fn cards(ringing: usize, main_in_use: bool) -> usize {
    if main_in_use { 0 } else { ringing.min(MOST_CARDS) }
}

fn show(app: &AppHandle, cards: usize) -> tauri::Result<()> {
    match (app.get_webview_window(LABEL), cards) {
        (Some(window), 0) => window.destroy(),
        (None, 0) => Ok(()),
        (Some(window), cards) => put_in_corner(&window, cards),
        (None, cards) => make(app, cards),
    }
}

/// The address of the page. It may not ask for settings, so that its language and colours come with it.
fn page(settings: &Settings) -> String {
    let theme = match settings.window.theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    format!("incoming.html?language={}&theme={theme}", language::of(settings).code())
}

fn make(app: &AppHandle, cards: usize) -> tauri::Result<()> {
    let size = size(cards, letters(app)?);
    let settings = app.state::<Phone>().settings().borrow().clone();
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page(&settings).into()))
        .title(language::of(&settings).words().incoming_call)
        .inner_size(size.width, size.height)
        // Where an undecorated window can be resized, Tauri takes clicks for its edges, and on X11 it may be wrong about where
        // they are: no click reaches the page then, and the call is lost.
        .resizable(false)
        .decorations(false)
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .skip_taskbar(true)
        .focused(false)
        .focusable(false)
        // It never has the keyboard: else macOS would take each click for one that only brings the window to the front.
        .accept_first_mouse(true)
        .visible(false)
        .disable_drag_drop_handler()
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(|window, page| {
            if page.event() == PageLoadEvent::Finished {
                windows::report(appear(&window));
            }
        });
    let window = builder.build()?;
    web_view::restore_after_crash(&window)?;
    let of = app.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed) {
            windows::gone(&of, LABEL);
        }
    });
    put_in_corner(&window, cards)
}

fn appear(window: &WebviewWindow) -> tauri::Result<()> {
    // Once drawn, the toolkit lets a window be focused again: forbid it before each show.
    window.set_focusable(false)?;
    window.show()?;
    debug!("the window of a ringing call is shown");
    Ok(())
}

fn put_in_corner(window: &WebviewWindow, cards: usize) -> tauri::Result<()> {
    let wanted = size(cards, letters(window.app_handle())?);
    let pointer = window.cursor_position().ok();
    let under_pointer = pointer.and_then(|at| window.monitor_from_point(at.x, at.y).ok().flatten());
    let monitor = match under_pointer {
        Some(monitor) => Some(monitor),
        None => window.primary_monitor()?,
    };
    let Some(monitor) = monitor else { return web_view::fix_size(window, wanted) };
    let (area, scale) = (*monitor.work_area(), monitor.scale_factor());
    let size = within(wanted, area.size.to_logical(scale));
    web_view::fix_size(window, size)?;
    window.set_position(corner(area, scale, size))
}

/// How much greater than usual letters are. Not to be called on the main thread, which knows.
fn letters(app: &AppHandle) -> tauri::Result<f64> {
    let (tell, told) = mpsc::channel();
    app.run_on_main_thread(move || {
        let _heard = tell.send(web_view::letters());
    })?;
    Ok(told.recv().unwrap_or(1.0))
}

/// As many cards, with letters so much greater than usual: the buttons are what somebody looks for who is called.
fn size(cards: usize, letters: f64) -> LogicalSize<f64> {
    let letters = letters.clamp(1.0, GREATEST);
    LogicalSize::new(CARD.0 * letters, CARD.1 * letters * f64::from(u32::try_from(cards).unwrap_or(1)))
}

/// What has no room on the screen is scrolled.
fn within(size: LogicalSize<f64>, area: LogicalSize<f64>) -> LogicalSize<f64> {
    LogicalSize::new(size.width.min(area.width - 2.0 * GAP), size.height.min(area.height - 2.0 * GAP))
}

/// Where notices appear by habit: above the task bar on Windows, below the menu bar elsewhere.
fn corner(area: PhysicalRect<i32, u32>, scale: f64, size: LogicalSize<f64>) -> PhysicalPosition<i32> {
    let size = size.to_physical::<i32>(scale);
    let gap = (GAP * scale) as i32;
    let far = |length: u32| i32::try_from(length).unwrap_or(i32::MAX);
    let x = area.position.x + far(area.size.width) - size.width - gap;
    let bottom = area.position.y + far(area.size.height) - size.height - gap;
    PhysicalPosition::new(x, if cfg!(windows) { bottom } else { area.position.y + gap })
}

#[cfg(test)]
mod tests {
    use tauri::PhysicalSize;

    use super::*;

    #[test]
    fn it_shows_calls_unless_the_window_in_use_does() {
        assert_eq!(cards(1, false), 1);
        assert_eq!(cards(1, true), 0);
        assert_eq!(cards(9, false), MOST_CARDS);
    }

    #[test]
    fn what_could_not_be_shown_is_tried_again_though_nothing_else_rings() {
        assert!(Shown::default().has(0));
        assert!(Shown { cards: 1, failed: false }.has(1));
        assert!(!Shown { cards: 1, failed: false }.has(2));
        assert!(!Shown { cards: 1, failed: true }.has(1));
    }

    #[test]
    fn its_page_is_told_the_language_and_the_colours() {
        let mut settings = Settings::default();
        (settings.window.language, settings.window.theme) = ("de".into(), Theme::Dark);
        assert_eq!(page(&settings), "incoming.html?language=de&theme=dark");
    }

    #[test]
    fn its_page_may_see_the_state_and_act_on_ringing_calls_and_nothing_else() {
        let capability: serde_json::Value = serde_json::from_str(include_str!("../capabilities/incoming.json")).expect("JSON");
        assert_eq!(capability["windows"], serde_json::json!([LABEL]));
        assert_eq!(capability["permissions"], serde_json::json!(["allow-follow", "allow-incoming-action"]));
    }

    #[test]
    fn it_stays_inside_the_work_area_of_its_monitor() {
        let area = PhysicalRect { position: PhysicalPosition::new(1920, 30), size: PhysicalSize::new(1280, 770) };
        let at = corner(area, 2.0, size(1, 1.0));
        assert_eq!(at.x, 1920 + 1280 - 720 - 32);
        assert!(at.y >= 30 && at.y + 360 <= 800);
    }

    #[test]
    fn it_grows_with_the_letters_as_far_as_the_screen_reaches() {
        assert_eq!(size(2, 1.0), LogicalSize::new(360.0, 408.0));
        assert_eq!(size(1, 2.0), LogicalSize::new(720.0, 408.0));
        assert_eq!(size(1, -1.0), size(1, 1.0), "nobody knows");
        assert_eq!(within(size(3, 2.0), LogicalSize::new(1280.0, 800.0)), LogicalSize::new(720.0, 768.0));
    }
}
