//! The one window of a kiosk: it covers the screen, and nobody closes it.

use std::sync::Arc;

use model::{Command, Contact, ContactQuery, KioskAction, KioskView, Secret, Snapshot};
use phone::{
    Phone,
    desktop::{Kiosk, pin_delay},
};
use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
    webview::{NewWindowResponse, PageLoadEvent},
};
use tokio::{
    sync::{Mutex, watch},
    time::sleep,
};
use tracing::{debug, info, warn};

use crate::{bridge::Followers, language, web_view, windows};

/// Its label.
const LABEL: &str = "kiosk";

/// What the page of a kiosk asks of.
pub(crate) struct Counter {
    kiosk: Kiosk,
    directory: watch::Sender<Arc<Vec<Contact>>>,
    views: watch::Sender<Arc<KioskView>>,
    /// Wrong PINs since the start, or since the last right one. Held while one is looked at: tries come one by one.
    wrong: Mutex<u32>,
}

impl Counter {
    pub(crate) fn new(kiosk: Kiosk, phone: &Phone) -> Self {
        let view = kiosk.view(&phone.snapshot(), &[], language::of(&phone.settings().borrow()));
        let directory = watch::Sender::default();
        Self { kiosk, directory, views: watch::Sender::new(Arc::new(view)), wrong: Mutex::default() }
    }

    /// What something that was touched comes to.
    pub(crate) fn commands(&self, action: KioskAction, snapshot: &Snapshot) -> Vec<Command> {
        let directory = Arc::clone(&self.directory.borrow());
        self.kiosk.commands(action, snapshot, &directory)
    }

    pub(crate) fn views(&self) -> watch::Receiver<Arc<KioskView>> {
        self.views.subscribe()
    }

    /// Whether this PIN leads out. After wrong ones the answer takes longer and longer.
    pub(crate) async fn opens(&self, pin: Secret) -> bool {
        let mut wrong = self.wrong.lock().await;
        sleep(pin_delay(*wrong)).await;
        let Some(kept) = self.kiosk.profile().and_then(|profile| profile.pin.clone()) else { return false };
        // It takes a while by design.
        let is_right = tokio::task::spawn_blocking(move || kept.is(&pin)).await.unwrap_or(false);
        *wrong = if is_right { 0 } else { wrong.saturating_add(1) };
        is_right
    }
}

/// Follows the phone: draws it, declines who may not call, and calls at the start where that is wanted.
pub(crate) async fn follow(app: AppHandle, phone: Phone) {
    let counter = app.state::<Counter>();
    let language = language::of(&phone.settings().borrow());
    let mut snapshots = phone.snapshots();
    let mut called = false;
    let mut contacts = None;
    loop {
        let snapshot = snapshots.borrow_and_update().clone();
        if contacts.replace(snapshot.changes.contacts) != Some(snapshot.changes.contacts)
            && let Some(query) = counter.kiosk.directory()
        {
            read_directory(&counter, &phone, query).await;
        }
        for command in counter.kiosk.refusals(&snapshot) {
            send(&phone, command);
        }
        if !called {
            let first = counter.kiosk.first_call(&snapshot);
            called = !first.is_empty();
            first.into_iter().for_each(|command| send(&phone, command));
        }
        let directory = Arc::clone(&counter.directory.borrow());
        counter.views.send_replace(Arc::new(counter.kiosk.view(&snapshot, &directory, language)));
        if snapshots.changed().await.is_err() {
            return;
        }
    }
}

async fn read_directory(counter: &Counter, phone: &Phone, query: ContactQuery) {
    match phone.book().contacts(query).await {
        Ok(contacts) => {
            counter.directory.send_replace(Arc::new(contacts));
        }
        Err(error) => warn!(%error, "the directory stays as it was"),
    }
}

/// Proves now and then that the phone works, where the profile wants that.
pub(crate) async fn prove(app: AppHandle, phone: Phone) {
    let wanted = app.state::<Counter>().kiosk.loop_call();
    if let Some((number, every)) = wanted {
        phone.loop_calls(number, every).await;
    }
}

fn send(phone: &Phone, command: Command) {
    if let Err(stopped) = phone.send(command) {
        debug!(%stopped, "the kiosk came too late");
    }
}

/// Brings the window up, making it when there is none. Not to be called on the main thread, which makes it.
pub(crate) fn show(app: &AppHandle) -> tauri::Result<()> {
    let _turn = windows::turn();
    if let Some(window) = app.get_webview_window(LABEL) {
        return cover(&window);
    }
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("kiosk.html".into()))
        .title("Sidetone kiosk")
        .fullscreen(true)
        .decorations(false)
        .always_on_top(true)
        .skip_taskbar(true)
        .visible(false)
        .disable_drag_drop_handler()
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_page_load(|window, page| {
            if page.event() == PageLoadEvent::Finished {
                windows::report(cover(&window));
            }
        })
        .build()?;
    web_view::restore_after_crash(&window)?;
    let of = app.clone();
    window.on_window_event(move |event| match event {
        WindowEvent::CloseRequested { api, .. } => {
            info!("somebody wants to close the kiosk, which goes by its PIN");
            api.prevent_close();
        }
        WindowEvent::Destroyed => of.state::<Followers>().forget(LABEL),
        _ => {}
    });
    Ok(())
}

fn cover(window: &WebviewWindow) -> tauri::Result<()> {
    window.show()?;
    window.set_fullscreen(true)?;
    let counter = window.state::<Counter>();
    if counter.kiosk.profile().is_some_and(|profile| profile.hide_cursor)
        && let Err(error) = window.set_cursor_visible(false)
    {
        warn!(%error, "the pointer stays");
    }
    window.set_focus()
}
