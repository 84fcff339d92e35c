//! The desktop's notifications, played by the test: it sees what is shown and presses the buttons.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use zbus::{Connection, connection, object_server::SignalEmitter, zvariant::OwnedValue};

use super::screen::{Screen, eventually};

const PATH: &str = "/org/freedesktop/Notifications";

/// The service; it goes with this.
pub(super) struct Notifications<'a> {
    screen: &'a Screen,
    bus: Connection,
    shown: Arc<Mutex<Vec<Shown>>>,
}

/// A notification.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    id: u32,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) actions: Vec<String>,
    pub(super) urgency: u8,
    pub(super) category: String,
    pub(super) closed: bool,
}

struct Shelf(Arc<Mutex<Vec<Shown>>>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Shelf {
    #[expect(clippy::too_many_arguments, reason = "the interface is the desktop's")]
    fn notify(
        &mut self,
        _application: String,
        _replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expire_ms: i32,
    ) -> u32 {
        let mut shown = lock(&self.0);
        let id = u32::try_from(shown.len() + 1).expect("few notifications");
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value.clone()).ok()).unwrap_or_default();
        let category = hints.get("category").and_then(|value| String::try_from(value.clone()).ok()).unwrap_or_default();
        shown.push(Shown { id, title, body, actions, urgency, category, closed: false });
        id
    }

    fn close_notification(&mut self, id: u32) {
        lock(&self.0).iter_mut().filter(|shown| shown.id == id).for_each(|shown| shown.closed = true);
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup", "persistence"].map(String::from).into()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("test".into(), "sidetone".into(), "1".into(), "1.2".into())
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, action: &str) -> zbus::Result<()>;
}

impl<'a> Notifications<'a> {
    /// Puts the service on the desktop.
    pub(super) fn open(screen: &'a Screen) -> Self {
        let shown = Arc::default();
        let service = Shelf(Arc::clone(&shown));
        let bus = screen.runtime.block_on(async {
            connection::Builder::address(screen.bus())?
                .serve_at(PATH, service)?
                .name("org.freedesktop.Notifications")?
                .build()
                .await
        });
        Self { screen, bus: bus.expect("the service is on the bus"), shown }
    }

    /// Waits for a notification that fits.
    pub(super) fn wait_for(&self, what: &str, fits: impl Fn(&Shown) -> bool) -> Shown {
        eventually(what, || lock(&self.shown).iter().find(|shown| fits(shown)).cloned())
    }

    /// How many fit, closed ones too.
    pub(super) fn count(&self, fits: impl Fn(&Shown) -> bool) -> usize {
        lock(&self.shown).iter().filter(|shown| fits(shown)).count()
    }

    /// Presses one of its buttons.
    pub(super) fn press(&self, shown: &Shown, action: &str) {
        let pressed = async {
            let emitter = SignalEmitter::new(&self.bus, PATH)?;
            Shelf::action_invoked(&emitter, shown.id, action).await
        };
        self.screen.runtime.block_on(pressed).expect("the signal is sent");
    }
}

fn lock(shown: &Mutex<Vec<Shown>>) -> MutexGuard<'_, Vec<Shown>> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}
