//! Keys on Wayland: given by the desktop's portal, which is played by the test.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::CallState;
use zbus::{
    Connection, connection,
    object_server::SignalEmitter,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::{
    notifications::Notifications,
    screen::{Screen, eventually},
};
use crate::interop::program::Program;

const PATH: &str = "/org/freedesktop/portal/desktop";
const SESSION: &str = "/org/freedesktop/portal/desktop/session/test/sidetone";

type Values = HashMap<String, OwnedValue>;

/// Which keys were wanted, by name.
type Wanted = Arc<Mutex<HashMap<String, String>>>;

struct Portal(Wanted);

#[zbus::interface(name = "org.freedesktop.portal.GlobalShortcuts")]
impl Portal {
    async fn create_session(
        &self,
        options: Values,
        #[zbus(connection)] bus: &Connection,
        #[zbus(header)] header: zbus::message::Header<'_>,
    ) -> OwnedObjectPath {
        let results = HashMap::from([("session_handle", Value::from(SESSION))]);
        answer(bus, &header, &options, results).await
    }

    async fn bind_shortcuts(
        &mut self,
        _session: OwnedObjectPath,
        shortcuts: Vec<(String, Values)>,
        _parent_window: String,
        options: Values,
        #[zbus(connection)] bus: &Connection,
        #[zbus(header)] header: zbus::message::Header<'_>,
    ) -> OwnedObjectPath {
        let trigger = |values: &Values| String::try_from(values["preferred_trigger"].clone()).expect("text");
        let wanted = shortcuts.iter().map(|(id, values)| (id.clone(), trigger(values)));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(wanted);
        answer(bus, &header, &options, HashMap::new()).await
    }

    #[zbus(signal)]
    async fn activated(
        emitter: &SignalEmitter<'_>,
        session: ObjectPath<'_>,
        shortcut: &str,
        at_ms: u64,
        options: HashMap<&str, Value<'_>>,
    ) -> zbus::Result<()>;
}

/// Says that a request is granted; its path.
async fn answer(
    bus: &Connection,
    header: &zbus::message::Header<'_>,
    options: &Values,
    results: HashMap<&str, Value<'_>>,
) -> OwnedObjectPath {
    let sender = header.sender().expect("it has a name").trim_start_matches(':').replace('.', "_");
    let token = String::try_from(options["handle_token"].clone()).expect("text");
    let path = ObjectPath::try_from(format!("{PATH}/request/{sender}/{token}")).expect("a path");
    let signal = (0u32, results);
    bus.emit_signal(header.sender().map(|name| name.as_str()), &path, "org.freedesktop.portal.Request", "Response", &signal)
        .await
        .expect("it is sent");
    path.into()
}

/// The program as on Wayland; its window is on X all the same.
fn start(screen: &Screen) -> Program {
    screen.settings("[shortcuts]\nenabled = true\n");
    let mut command = screen.sidetone(&["--minimized"]);
    let program = Program::start("sidetone", command.env("WAYLAND_DISPLAY", "wayland-test"));
    screen.wait_for("registration", |snapshot| {
        snapshot.accounts.iter().any(|account| account.state == model::AccountState::Registered)
    });
    program
}

#[test]
fn a_key_of_the_portal_answers_the_call_that_rings() {
    let Some(screen) = Screen::open() else { return };
    let wanted = Wanted::default();
    let bus = screen.runtime.block_on(async {
        let builder = connection::Builder::address(screen.bus())?.serve_at(PATH, Portal(Arc::clone(&wanted)))?;
        builder.name("org.freedesktop.portal.Desktop")?.build().await
    });
    let bus = bus.expect("the bus takes a portal");
    let _program = start(&screen);
    eventually("keys that are wanted", || {
        let wanted = wanted.lock().unwrap_or_else(PoisonError::into_inner);
        (wanted.get("answer").map(String::as_str) == Some("CTRL+ALT+a") && wanted.len() == 5).then_some(())
    });
    screen.dial("602");
    screen.wait_for("ringing call", |snapshot| snapshot.calls.iter().any(|call| call.state == CallState::Incoming));
    screen.runtime.block_on(async {
        let emitter = SignalEmitter::new(&bus, PATH).expect("a path");
        let session = ObjectPath::try_from(SESSION).expect("a path");
        Portal::activated(&emitter, session, "answer", 1, HashMap::new()).await.expect("it is sent");
    });
    screen.wait_for("conversation", |snapshot| {
        snapshot.calls.iter().any(|call| matches!(call.state, CallState::Established { .. }))
    });
}

#[test]
fn a_desktop_without_the_portal_is_told_what_to_do_instead() {
    let Some(screen) = Screen::open() else { return };
    let notifications = Notifications::open(&screen);
    let _program = start(&screen);
    notifications.wait_for("a sentence", |shown| shown.body.contains("sidetone-cli answer"));
}
