//! The running program: Tauri around the phone, and what the windows share.

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use model::{CallId, Command, DialOptions, Target};
use phone::{
    EventPrograms, Interruptions, Phone, Show,
    desktop::{Kiosk, dials_at_once},
};
use store::PlacesFile;
use tauri::{AppHandle, Emitter, Manager, RunEvent, webview::PermissionResponse};
use tauri_plugin_deep_link::DeepLinkExt;
use tokio::{
    runtime::{Handle, Runtime},
    sync::{mpsc, watch},
    time::sleep,
};
use tracing::{info, info_span};

use crate::{
    awake,
    bridge::Followers,
    commands::{about, assistant, book, calls, devices, diagnosis, event_programs, export, kiosk as kiosk_commands, settings},
    engine::Engine,
    failure::Failure,
    kiosk, language, notify, popup, session, shortcuts, supervise, tray, tray_host, updates, web_view,
    windows::{self, MAIN, Memory},
    wishes::{Wish, Wishes},
};

/// Sentences that may wait to be told.
const SENTENCES: usize = 8;

/// How long the main thread may take to end. Libraries of the desktop wait in it, without a limit, for services that they ask.
const LONGEST_END: Duration = Duration::from_secs(5);

/// What the windows, the tray and the pages know together.
pub(crate) struct Desktop {
    pub(crate) folder: PathBuf,
    tray: AtomicBool,
    main_in_use: watch::Sender<bool>,
    sentences: mpsc::Sender<String>,
    /// What the page of the phone's own window is yet to hear.
    pub(crate) wishes: Wishes,
}

impl Desktop {
    fn new(engine: &Engine, sentences: mpsc::Sender<String>) -> Self {
        Self {
            folder: engine.folder.path().to_owned(),
            tray: AtomicBool::new(false),
            main_in_use: watch::Sender::new(false),
            sentences,
            wishes: Wishes::default(),
        }
    }

    /// Whether somebody shows our icon, so that the phone can be reached without a window.
    pub(crate) fn has_tray(&self) -> bool {
        self.tray.load(Ordering::Relaxed)
    }

    pub(crate) fn set_tray(&self, shown: bool) {
        self.tray.store(shown, Ordering::Relaxed);
    }

    /// Whether the phone's own window has the keyboard, and so its user's eyes.
    pub(crate) fn focus(&self) -> watch::Receiver<bool> {
        self.main_in_use.subscribe()
    }

    pub(crate) fn set_main_focused(&self, focused: bool) {
        self.main_in_use.send_if_modified(|known| std::mem::replace(known, focused) != focused);
    }

    /// The phone lives on in the tray, if the user likes that; where there is none, it could not be reached any more.
    pub(crate) fn on_main_closed(&self, app: &AppHandle) {
        let settings = app.state::<Phone>().settings();
        if !self.has_tray() || !settings.borrow().window.close_to_tray {
            app.exit(0);
        } else if app.state::<Memory>().tells_of_tray_once() {
            self.tell(language::of(&settings.borrow()).words().goes_on_in_tray);
        }
    }

    /// Tells the user something once, outside of any window.
    pub(crate) fn tell(&self, sentence: &str) {
        // So many that wait mean that nobody reads them.
        if self.sentences.try_send(sentence.to_owned()).is_err() {
            tracing::debug!("a sentence for the user was dropped");
        }
    }
}

/// The engine as long as it runs. Clones are the same.
#[derive(Clone)]
struct Running {
    engine: Arc<Mutex<Option<Engine>>>,
    runtime: Handle,
}

impl Running {
    /// Ends calls and signs off, once, and waits for it.
    fn stop(&self) {
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(engine) = engine {
            self.runtime.block_on(engine.stop());
        }
    }

    /// The same where the main thread does not come to it, and ends the process, too; nothing where it has begun.
    async fn end_without_windows(&self) {
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(engine) = engine {
            tracing::warn!("the desktop does not answer: the windows are left as they are");
            engine.stop().await;
            std::process::exit(0);
        }
    }
}

/// Runs until the user or the system ends it.
pub(crate) fn run(
    runtime: Runtime,
    engine: Engine,
    shows: mpsc::Receiver<Show>,
    first: Option<Show>,
    of_kiosk: Option<Kiosk>,
) -> Result<ExitCode, Failure> {
    tauri::async_runtime::set(runtime.handle().clone());
    let _inside = runtime.enter();
    let (sentences, told) = mpsc::channel(SENTENCES);
    let desktop = Desktop::new(&engine, sentences);
    let (phone, folder) = (engine.phone.clone(), engine.folder.clone());
    let builder = tauri::Builder::default()
        // The menu of macOS has a key that ends the program; a kiosk goes by its PIN.
        .enable_macos_default_menu(of_kiosk.is_none())
        .manage(phone.clone())
        .manage(desktop)
        .manage(Followers::new(runtime.handle().clone(), engine.phone.snapshots()))
        .manage(diagnosis::ShownBundle::default())
        .manage(EventPrograms::load(&folder, phone.office().clone()))
        .manage(Memory::load(PlacesFile::at(folder.places_file())))
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_autostart::Builder::new().args(["--minimized"]).build())
        .plugin(navigation_guard())
        .on_permission_request(|_, _| PermissionResponse::Deny)
        .invoke_handler(tauri::generate_handler![
            about::about,
            about::install_update,
            about::show_folder,
            assistant::assistant_directory,
            assistant::assistant_favourites,
            assistant::assistant_history,
            assistant::assistant_meetings,
            assistant::assistant_rooms,
            book::clear_history,
            book::contacts,
            book::delete_contact,
            book::delete_history,
            book::history,
            book::import_contacts,
            book::mark_seen,
            book::save_contact,
            book::suggest,
            calls::follow,
            calls::incoming_action,
            calls::send,
            devices::follow_devices,
            devices::follow_levels,
            devices::leave_devices,
            devices::leave_levels,
            diagnosis::accept_key,
            diagnosis::call_stories,
            diagnosis::diagnose,
            diagnosis::follow_service_events,
            diagnosis::ladder,
            diagnosis::leave_service_events,
            event_programs::event_programs,
            event_programs::save_event_programs,
            export::save_export,
            diagnosis::support_bundle,
            diagnosis::trace,
            kiosk_commands::kiosk_act,
            kiosk_commands::kiosk_follow,
            kiosk_commands::kiosk_leave,
            settings::accept_provisioning,
            settings::check_settings,
            settings::forget_provisioning,
            settings::forget_secret,
            settings::keep_ringtone,
            settings::offer_provisioning,
            settings::save_settings,
            settings::set_secret,
            settings::settings,
            settings::try_account,
            settings::try_ice,
            settings::registered_clients,
            settings::order_token,
        ]);
    let running = Running { engine: Arc::new(Mutex::new(Some(engine))), runtime: runtime.handle().clone() };
    let (made, app) = watch::channel(None);
    phone::spawn("signals", info_span!("signals"), end_when_asked(app, running.clone()));
    let app = build(builder).inspect_err(|_| running.stop())?;
    let handle = app.handle().clone();
    made.send_replace(Some(handle.clone()));
    let is_kiosk = of_kiosk.is_some();
    if let Some(of_kiosk) = of_kiosk {
        // Before its window, whose page asks for it.
        app.manage(kiosk::Counter::new(of_kiosk, &phone));
        phone::spawn("kiosk", info_span!("kiosk"), kiosk::follow(handle.clone(), phone.clone()));
        phone::spawn("loop calls", info_span!("loop call"), kiosk::prove(handle.clone(), phone.clone()));
        phone::spawn("awake", info_span!("awake"), awake::always());
        let guarded = handle.clone();
        supervise::end_with_guard(move || guarded.exit(0));
    }
    #[cfg(target_os = "macos")]
    awake::no_nap();
    phone::spawn("windows", info_span!("windows"), show_when_wanted(handle.clone(), first, shows));
    if !is_kiosk {
        follow_on_desktop(&handle, &phone, told);
        updates::look(&phone, &folder);
    }
    phone::spawn("session", info_span!("session"), session::follow(handle.clone(), phone));
    let inside = running.clone();
    let code = app.run_return(move |app, event| on_event(app, event, &inside));
    running.stop();
    runtime.shutdown_background();
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Begins with the desktop, which waits for a screen that does not answer and for a session bus that does not.
fn build(builder: tauri::Builder<tauri::Wry>) -> Result<tauri::App, Failure> {
    // Whoever would do it later panics where the screen cannot be reached.
    #[cfg(target_os = "linux")]
    gtk::init().map_err(|_| Failure::no_display())?;
    let built = builder.build(tauri::generate_context!());
    built.map_err(|error| Failure::new(format!("the window system cannot be used: {error}")))
}

/// What shows the phone beside its window, and what reaches it from other programs. A kiosk has none of it.
fn follow_on_desktop(handle: &AppHandle, phone: &Phone, told: mpsc::Receiver<String>) {
    #[cfg(windows)]
    notify::introduce(handle);
    hear_links(handle);
    let (present, host) = watch::channel(false);
    phone::spawn("tray host", info_span!("tray"), tray_host::follow(present));
    phone::spawn("tray", info_span!("tray"), tray::follow(handle.clone(), phone.clone(), host));
    phone::spawn("popup", info_span!("popup"), popup::follow(handle.clone(), phone.clone()));
    phone::spawn("notifications", info_span!("notifications"), notify::follow(handle.clone(), phone.clone(), told));
    phone::spawn("awake", info_span!("awake"), awake::follow(phone.clone()));
    let programs = handle.state::<EventPrograms>().inner().clone();
    phone::spawn("event programs", info_span!("event programs"), programs.follow(phone.clone()));
    phone::spawn("shortcuts", info_span!("shortcuts"), shortcuts::follow(handle.clone(), phone.clone()));
}

fn on_event(app: &AppHandle, event: RunEvent, running: &Running) {
    match event {
        // The last window has gone. That alone ends nothing: the phone is more than its windows.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        RunEvent::Exit => {
            app.state::<Memory>().save();
            // The menu and the session of macOS, and the session of Windows, end the process here: nothing behind the loop is run.
            if cfg!(any(windows, target_os = "macos")) {
                app.webview_windows().into_values().for_each(|window| windows::report(window.hide()));
                running.stop();
            }
        }
        // Somebody wants the program that already runs, by its icon.
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => bring_up_later(app),
        _ => {}
    }
}

/// Brings the window up at the start and for whoever asks.
async fn show_when_wanted(app: AppHandle, first: Option<Show>, mut shows: mpsc::Receiver<Show>) {
    let mut next = first;
    loop {
        if let Some(show) = next.take() {
            let app = app.clone();
            // Making a window waits for the main thread; the workers have audio to carry meanwhile.
            if let Err(panicked) = tokio::task::spawn_blocking(move || bring_up(&app, show.target)).await {
                tracing::warn!(%panicked, "the window could not be brought up");
            }
        }
        next = match shows.recv().await {
            None => return,
            show => show,
        };
    }
}

/// Brings the window up; a target is filled in as its number, or called where the user wants that of links.
fn bring_up(app: &AppHandle, target: Option<Target>) {
    if app.try_state::<kiosk::Counter>().is_some() {
        // Its profile says who can be called; a link does not.
        return windows::report(kiosk::show(app));
    }
    let phone = app.state::<Phone>();
    if let Some(target) = &target
        && dials_at_once(&phone.settings().borrow(), target)
    {
        send(app, Command::Dial(DialOptions { target: target.clone(), account: None, headers: Vec::new() }));
    } else if let Some(target) = target {
        tell_page(app, Wish::Show(target));
    }
    windows::report(windows::show_main(app));
}

/// On macOS a link comes to the running program; elsewhere it starts a second one, which hands it over.
fn hear_links(app: &AppHandle) {
    let to = app.clone();
    app.deep_link().on_open_url(move |event| {
        for link in event.urls() {
            match Target::from_link(link.as_str()) {
                Ok(target) => {
                    let app = to.clone();
                    tauri::async_runtime::spawn_blocking(move || bring_up(&app, Some(target)));
                }
                Err(_) => tracing::warn!("a link that names nobody who could be called was refused"),
            }
        }
    });
}

/// The same from the main thread, which must not wait for a window that it makes itself.
pub(crate) fn bring_up_later(app: &AppHandle) {
    let later = app.clone();
    tauri::async_runtime::spawn_blocking(move || bring_up(&later, None));
}

/// Brings the window up to ask where the caller of a ringing call is to be sent.
pub(crate) fn ask_where_to(app: &AppHandle, call: CallId) {
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || {
        tell_page(&app, Wish::Redirect(call));
        windows::report(windows::show_main(&app));
    });
}

/// Tells the page of the phone's own window, or the next one as soon as it listens.
fn tell_page(app: &AppHandle, wish: Wish) {
    match app.state::<Desktop>().wishes.keep(wish) {
        Some(Wish::Show(target)) => windows::report(app.emit_to(MAIN, "target", target)),
        Some(Wish::Redirect(call)) => windows::report(app.emit_to(MAIN, "redirect", call)),
        None => {}
    }
}

/// Passes a click on a tray or notification to the phone.
pub(crate) fn send(app: &AppHandle, command: Command) {
    if let Err(stopped) = app.state::<Phone>().send(command) {
        tracing::warn!(%stopped, "a click came too late");
    }
}

/// Pages come from the program itself; nothing leads them elsewhere.
fn navigation_guard() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri::plugin::Builder::new("navigation-guard").on_navigation(|_, url| web_view::is_ours(url)).build()
}

/// Ends the program when the session or its user says so, also before there is an app.
async fn end_when_asked(app: watch::Receiver<Option<AppHandle>>, running: Running) {
    match Interruptions::new() {
        Ok(mut interruptions) => interruptions.next().await,
        Err(error) => return tracing::warn!(%error, "signals cannot be heard"),
    }
    info!("asked to end");
    let app = app.borrow().clone();
    if let Some(app) = app {
        app.exit(0);
        sleep(LONGEST_END).await;
    }
    running.end_without_windows().await;
}
