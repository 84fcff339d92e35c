//! The tray icon: draws [`TrayView`], passes clicks on.

use phone::{
    Phone,
    desktop::{TrayAction, TrayEntry, TrayPicture, TrayView},
};
use tauri::{
    AppHandle, Manager,
    image::Image,
    include_image,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};
use tokio::sync::watch;
use tracing::warn;

use crate::{
    language,
    program::{self, Desktop},
};

/// Follows the phone, and the desktop's tray, which may come later than we do or go.
pub(crate) async fn follow(app: AppHandle, phone: Phone, mut host: watch::Receiver<bool>) {
    let mut snapshots = phone.snapshots();
    let mut settings = phone.settings();
    let mut icon: Option<Icon> = None;
    loop {
        let language = language::of(&settings.borrow_and_update());
        let view = TrayView::of(&snapshots.borrow_and_update(), language);
        let present = *host.borrow_and_update();
        // An icon that has been made shows itself to the next tray.
        if present || icon.is_some() {
            let (app, last) = (app.clone(), icon.take());
            // Drawing waits for the main thread; the workers have audio to carry meanwhile.
            let drawn = tokio::task::spawn_blocking(move || draw(&app, last, view)).await;
            icon = drawn.unwrap_or_else(|panicked| {
                warn!(%panicked, "the tray icon could not be drawn");
                None
            });
        }
        app.state::<Desktop>().set_tray(present && icon.is_some());
        let lives = tokio::select! {
            changed = snapshots.changed() => changed.is_ok(),
            changed = host.changed() => changed.is_ok(),
            changed = settings.changed() => changed.is_ok(),
        };
        if !lives {
            return;
        }
    }
}

/// Draws the difference; `None` when no icon can be had.
fn draw(app: &AppHandle, icon: Option<Icon>, view: TrayView) -> Option<Icon> {
    let drawn = match icon {
        Some(icon) => icon.update(app, view),
        None => Icon::make(app, view),
    };
    drawn.inspect_err(|error| warn!(%error, "the tray icon could not be drawn")).ok()
}

/// The icon with what it shows.
struct Icon {
    icon: TrayIcon,
    shown: TrayView,
}

impl Icon {
    fn make(app: &AppHandle, view: TrayView) -> tauri::Result<Self> {
        let builder = TrayIconBuilder::with_id("sidetone");
        // The menu bar of macOS would write it beside the picture, where room is scarce.
        let builder = if cfg!(target_os = "macos") { builder } else { builder.title("Sidetone") };
        let icon = builder
            .icon(picture(view.picture))
            .tooltip(&view.tooltip)
            .menu(&menu(app, &view.menu)?)
            .show_menu_on_left_click(false)
            .on_menu_event(|app, event| on_click(app, &event.id().0))
            .on_tray_icon_event(|icon, event| {
                if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
                    program::bring_up_later(icon.app_handle());
                }
            })
            .build(app)?;
        Ok(Self { icon, shown: view })
    }

    fn update(self, app: &AppHandle, view: TrayView) -> tauri::Result<Self> {
        if view.picture != self.shown.picture {
            self.icon.set_icon(Some(picture(view.picture)))?;
        }
        if view.tooltip != self.shown.tooltip {
            self.icon.set_tooltip(Some(&view.tooltip))?;
        }
        if view.menu != self.shown.menu {
            self.icon.set_menu(Some(menu(app, &view.menu)?))?;
        }
        Ok(Self { icon: self.icon, shown: view })
    }
}

fn picture(picture: TrayPicture) -> Image<'static> {
    match picture {
        TrayPicture::Ringing => include_image!("../icons/tray-ringing.png"),
        TrayPicture::InCall => include_image!("../icons/tray-call.png"),
        TrayPicture::Offline => include_image!("../icons/tray-offline.png"),
        TrayPicture::DoNotDisturb => include_image!("../icons/tray-dnd.png"),
        TrayPicture::Missed => include_image!("../icons/tray-missed.png"),
        TrayPicture::Idle => include_image!("../icons/tray-idle.png"),
    }
}

fn menu(app: &AppHandle, entries: &[TrayEntry]) -> tauri::Result<Menu<tauri::Wry>> {
    let menu = Menu::new(app)?;
    for entry in entries {
        let item: Box<dyn IsMenuItem<tauri::Wry>> = match entry {
            TrayEntry::Do { label, action } => Box::new(MenuItem::with_id(app, id(action)?, plain(label), true, None::<&str>)?),
            TrayEntry::Switch { label, on, action } => {
                Box::new(CheckMenuItem::with_id(app, id(action)?, plain(label), true, *on, None::<&str>)?)
            }
            TrayEntry::Words(label) => Box::new(MenuItem::new(app, plain(label), false, None::<&str>)?),
            TrayEntry::Line => Box::new(PredefinedMenuItem::separator(app)?),
        };
        menu.append(&*item)?;
    }
    Ok(menu)
}

/// An entry carries what it does: a click can only mean what the menu said when it was opened.
fn id(action: &TrayAction) -> tauri::Result<String> {
    Ok(serde_json::to_string(action)?)
}

/// An ampersand would underline the letter behind it.
fn plain(label: &str) -> String {
    label.replace('&', "&&")
}

fn on_click(app: &AppHandle, id: &str) {
    match serde_json::from_str(id) {
        Ok(TrayAction::Show) => program::bring_up_later(app),
        Ok(TrayAction::Quit) => app.exit(0),
        Ok(TrayAction::Command(command)) => program::send(app, command),
        Err(error) => warn!(%error, "a click in the tray means nothing"),
    }
}
